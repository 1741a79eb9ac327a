//! Frames, song position and seed → one [`Gesture`] per hop: what the singer does.
//!
//! In: a [`Moment`] (where in the song), the settings that came in with that audio, and what is known of the audio
//! ahead. Out: the motion of the read pointer, where timing asks it to be, and the gain over one hop. All movement is a
//! pure function of position; timing knows the notes since the last jump. That the pointer itself does not jump when
//! the settings change is the renderer's work.

use crate::analysis::Known;
use crate::dsp::ramp::Ramp;
use crate::settings::{Mode, Settings};

pub mod movement;
pub mod shimmer;
mod timing;

pub use movement::{Motion, Movement};
use shimmer::Shimmer;
pub use timing::TimedNote;
use timing::{Place, Timed, Timing};

/// How long output gain and bypass take to follow: long enough for no click, short enough to sit on the beat.
const FOLLOW_MS: f64 = 10.0;

/// One hop of the song, before it is rendered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// Song position of the first sample to render, not necessarily on the hop grid.
    pub position_samples: i64,
    /// Absolute index of that sample.
    pub index: i64,
    /// The song jumped here, or began here.
    pub is_jump: bool,
    /// Where the read pointer is, samples from that position: what is heard now lies there.
    pub pointer_samples: f64,
}

/// A hop of the input that may still lie ahead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ahead {
    /// What is known of it.
    pub known: Known,
    /// Song position of its first sample.
    pub position_samples: i64,
    /// The settings that it came in with.
    pub settings: Settings,
}

/// What is known of the hop that holds an absolute index; `None` where nothing is known, or no longer.
pub type Lookahead<'a> = dyn Fn(i64) -> Option<Ahead> + 'a;

/// A value at the start and at the end of a hop of the absolute grid.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Span<T> {
    /// At the hop's first sample.
    pub start: T,
    /// At the next hop's first sample.
    pub end: T,
}

/// What the singer does in one hop of the absolute grid.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gesture {
    /// Continuous displacement of the read pointer, samples (positive reads later audio), with its slope, samples per
    /// sample: the pitch. Where a hop does not begin as the last one ended, the renderer keeps the pointer where it is.
    pub warp: Span<Motion>,
    /// Displacement that timing asks for on top, samples (positive reads later audio, so sounds earlier), taken up in
    /// steps where they are not heard; 0 asks for none.
    pub shift_samples: f64,
    /// Linear gain, with the output gain.
    pub gain: Span<f32>,
    /// Share of the untouched input, `0..=1`: the bypass.
    pub dry: Span<f32>,
    /// The song jumped, or began, here: the pointer goes at once to where it is asked to be.
    pub is_jump: bool,
    /// Gain added by shimmer at the hop's start, dB.
    pub shimmer_db: f32,
    /// The note whose vowel begins here, and when.
    pub note: Option<TimedNote>,
}

/// Decides hop by hop what the singer does.
#[derive(Clone, Debug)]
pub struct Performer {
    hop_samples: i64,
    movement: Movement,
    shimmer: Shimmer,
    timing: Timing,
    output: Ramp,
    bypass: Ramp,
    last: Option<LastHop>,
}

/// What the next hop continues from.
#[derive(Clone, Copy, Debug)]
struct LastHop {
    settings: Settings,
    /// The movement at the end of that hop.
    motion: Motion,
    /// Linear gain at the end of that hop.
    gain: f32,
}

impl Performer {
    /// A performer for one mode, whose movement may displace the read pointer by `reach_samples` either way.
    pub fn new(sample_rate_hz: f64, hop_samples: usize, mode: Mode, reach_samples: f64) -> Self {
        let follow_hops = (FOLLOW_MS / 1000.0 * sample_rate_hz / hop_samples as f64).ceil() as u32;
        let budget_s = (reach_samples / sample_rate_hz).min(mode.movement_budget_ms() / 1000.0);
        Self {
            hop_samples: hop_samples as i64,
            movement: Movement::new(sample_rate_hz, budget_s),
            shimmer: Shimmer::new(sample_rate_hz),
            timing: Timing::new(sample_rate_hz, mode),
            output: Ramp::new(1.0, follow_hops),
            bypass: Ramp::new(0.0, follow_hops),
            last: None,
        }
    }

    /// Forgets what was done before.
    pub fn reset(&mut self) {
        self.last = None;
        self.timing.reset();
    }

    /// What the singer does in the hop that holds `moment`. `ahead` tells what is known of the hop that holds an
    /// absolute index.
    pub fn perform(&mut self, moment: &Moment, settings: &Settings, ahead: &Lookahead<'_>) -> Gesture {
        let grid_start = moment.position_samples.div_euclid(self.hop_samples) * self.hop_samples;
        let is_first = self.last.is_none();
        let unchanged = self.last.filter(|last| !moment.is_jump && last.settings == *settings);
        self.movement.set(settings);
        let start = unchanged.map_or_else(|| self.movement.at(grid_start), |last| last.motion);
        let warp = Span { start, end: self.movement.at(grid_start + self.hop_samples) };
        let shimmer_db = self.shimmer.at_db(settings, grid_start);
        let gain = self.gain(moment, settings, grid_start);
        self.last = Some(LastHop { settings: *settings, motion: warp.end, gain: gain.end });
        let dry = self.dry(settings, is_first);
        let Timed { shift_samples, note } = self.time(moment, settings, ahead);
        Gesture { warp, shift_samples, gain, dry, is_jump: moment.is_jump, shimmer_db, note }
    }

    fn time(&mut self, moment: &Moment, settings: &Settings, ahead: &Lookahead<'_>) -> Timed {
        if moment.is_jump {
            self.timing.reset();
        }
        let &Moment { position_samples, index, pointer_samples, .. } = moment;
        let place = Place { index, position_samples, pointer_samples };
        self.timing.at(place, settings, &mut self.movement, ahead)
    }

    fn gain(&mut self, moment: &Moment, settings: &Settings, grid_start: i64) -> Span<f32> {
        let target = decibels_to_gain(settings.output_db);
        let last = self.last.filter(|_| !moment.is_jump);
        if self.last.is_none() {
            self.output.snap(target);
        }
        let start_output = self.output.value();
        let end_output = self.output.advance(target);
        let shimmer = |shimmer: &mut Shimmer, position| decibels_to_gain(shimmer.at_db(settings, position));
        let start = match last {
            Some(last) => last.gain,
            None => start_output * shimmer(&mut self.shimmer, grid_start),
        };
        Span { start, end: end_output * shimmer(&mut self.shimmer, grid_start + self.hop_samples) }
    }

    fn dry(&mut self, settings: &Settings, is_first: bool) -> Span<f32> {
        let target = if settings.is_bypassed { 1.0 } else { 0.0 };
        if is_first {
            self.bypass.snap(target);
        }
        Span { start: self.bypass.value(), end: self.bypass.advance(target) }
    }
}

fn decibels_to_gain(db: f32) -> f32 {
    // Exactly 1 at 0 dB, so that an untouched signal stays bit-exact.
    if db == 0.0 { 1.0 } else { 10_f32.powf(db / 20.0) }
}
