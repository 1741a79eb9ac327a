//! A change of mode while audio runs: another latency, without a click and without a gap.
//!
//! In: the mode that is asked for. Out: when to change over, and the fade around it. The sound fades out at the old
//! latency and in at the new one. There it passes as it came in, until the first sample that came in after the change
//! is due: what lies before it was not analysed for this mode.

use std::ops::Range;

use crate::dsp::motion::Span;
use crate::dsp::sinc::{TAPS_AFTER, TAPS_BEFORE};
use crate::dsp::units::amplitude;
use crate::gesture::Gesture;
use crate::render::Reach;
use crate::settings::{Listen, Mode, Settings};

/// How long each of the two fades lasts, seconds. Chosen: shorter clicks on low voices, longer is a gap.
const FADE_S: f64 = 0.01;

/// The mode that is asked for, and how far the sound has faded.
#[derive(Clone, Debug)]
pub(super) struct ModeChange {
    wanted: Option<Mode>,
    fade_samples: usize,
    /// Samples of the fade that are left to sound: all where nothing fades, none where the sound is away.
    heard_samples: usize,
}

impl ModeChange {
    pub(super) fn new(sample_rate_hz: f64) -> Self {
        let fade_samples = (FADE_S * sample_rate_hz).ceil() as usize;
        Self { wanted: None, fade_samples, heard_samples: fade_samples }
    }

    /// Ends the change under way and its fade. Returns the mode that was asked for.
    pub(super) fn reset(&mut self) -> Option<Mode> {
        self.heard_samples = self.fade_samples;
        self.wanted.take()
    }

    /// Asks for a mode: the sound begins to fade out.
    pub(super) fn ask(&mut self, mode: Mode) {
        self.wanted = Some(mode);
    }

    /// The mode that is asked for, until it is taken.
    pub(super) fn wanted(&self) -> Option<Mode> {
        self.wanted
    }

    /// The mode to change to now: where a hop may be cut and the sound has faded out, or none has come in yet.
    pub(super) fn take(&mut self, is_free: bool, is_first: bool) -> Option<Mode> {
        if is_first {
            self.heard_samples = self.fade_samples;
            return self.wanted.take();
        }
        self.wanted.take_if(|_| is_free && self.heard_samples == 0)
    }

    /// How many samples may come in until the mode may be taken, if one is asked for.
    pub(super) fn wait_samples(&self) -> usize {
        // Where the sound is away already, only the next place for a cut is waited for, which is looked for in each.
        self.wanted.map_or(usize::MAX, |_| self.heard_samples.max(1))
    }

    /// Fades these samples of the block, `[channel][sample]`.
    pub(super) fn fade(&mut self, channels: &mut [&mut [f32]], range: Range<usize>) {
        let is_leaving = self.wanted.is_some();
        if !is_leaving && self.heard_samples == self.fade_samples {
            return;
        }
        for index in range {
            self.heard_samples = match is_leaving {
                true => self.heard_samples.saturating_sub(1),
                false => (self.heard_samples + 1).min(self.fade_samples),
            };
            let gain = self.heard_samples as f32 / self.fade_samples as f32;
            channels.iter_mut().for_each(|channel| channel[index] *= gain);
        }
    }
}

/// The gesture of a hop that passes as it came in.
pub(super) fn passing(settings: &Settings) -> Gesture {
    let is_heard = settings.listen == Listen::Output;
    let output = amplitude(settings.output_db);
    let flat = |value| Span { start: value, end: value };
    Gesture {
        gain: flat(if is_heard { output } else { 0.0 }),
        noise_gain: flat(output),
        dry: flat(if settings.is_bypassed { 1.0 } else { 0.0 }),
        is_jump: true,
        ..Gesture::default()
    }
}

/// How far the read pointer may go: ahead as far as the latency allows, less the interpolator's taps and two samples by
/// which a path may overshoot its ends; behind as far as the ring holds samples in every mode.
pub(super) fn reach(sample_rate_hz: f64, mode: Mode) -> Reach {
    let ahead_samples = f64::from(mode.latency_samples(sample_rate_hz)) - TAPS_AFTER as f64 - 2.0;
    let behind_samples = f64::from(Mode::Phrase.latency_samples(sample_rate_hz)) - TAPS_BEFORE as f64 - 2.0;
    Reach { behind_samples, ahead_samples }
}
