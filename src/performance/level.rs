//! How loud each part of what is heard is: the voice, the breath added to it, the input itself.
//!
//! In: the settings, and where a hop lies. Out: gains over the hop. Shimmer and the take's own breaths ride on the
//! voice alone; the output gain is everybody's; what is listened to comes and goes without a click.

use super::breath::amplitude;
use super::own_breaths::OwnBreaths;
use super::shimmer::Shimmer;
use super::{Lookahead, Moment, Span};
use crate::dsp::ramp::Ramp;
use crate::settings::{Listen, Settings};

/// How long output gain, bypass and the choice of what is heard take to follow: long enough for no click, short enough
/// to sit on the beat.
const FOLLOW_MS: f64 = 10.0;

/// Linear gains in a hop.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Levels {
    /// Of the voice.
    pub(super) voice: Span<f32>,
    /// Of the input that is taken away.
    pub(super) taken: Span<f32>,
    /// Of breath.
    pub(super) noise: Span<f32>,
    /// Share of the untouched input, `0..=1`.
    pub(super) dry: Span<f32>,
    /// Shimmer at the hop's start, dB.
    pub(super) shimmer_db: f32,
}

/// Decides on levels.
#[derive(Clone, Debug)]
pub(super) struct Level {
    hop_samples: i64,
    shimmer: Shimmer,
    own_breaths: OwnBreaths,
    output: Ramp,
    voice_share: Ramp,
    taken_share: Ramp,
    bypass: Ramp,
    /// The voice's gain at the end of the last hop; `None` before the first.
    voice: Option<f32>,
}

impl Level {
    pub(super) fn new(sample_rate_hz: f64, hop_samples: usize) -> Self {
        let hops = (FOLLOW_MS / 1000.0 * sample_rate_hz / hop_samples as f64).ceil() as u32;
        Self {
            hop_samples: hop_samples as i64,
            shimmer: Shimmer::new(sample_rate_hz),
            own_breaths: OwnBreaths::new(sample_rate_hz, hop_samples),
            output: Ramp::new(1.0, hops),
            voice_share: Ramp::new(1.0, hops),
            taken_share: Ramp::new(0.0, hops),
            bypass: Ramp::new(0.0, hops),
            voice: None,
        }
    }

    /// Forgets what was before.
    pub(super) fn reset(&mut self) {
        self.voice = None;
        self.own_breaths.reset();
    }

    /// The levels in the hop of the grid from song position `grid_start` on. Realtime-safe.
    pub(super) fn at(
        &mut self,
        moment: &Moment,
        grid_start: i64,
        settings: &Settings,
        ahead: &Lookahead<'_>,
    ) -> Levels {
        let (voice_share, taken_share) = match settings.listen {
            Listen::Output => (1.0, 0.0),
            Listen::Breath => (0.0, 0.0),
            Listen::Added => (1.0, 1.0),
        };
        let is_first = self.voice.is_none();
        let follow = |ramp: &mut Ramp, target| {
            if is_first {
                ramp.snap(target);
            }
            Span { start: ramp.value(), end: ramp.advance(target) }
        };
        let output = follow(&mut self.output, amplitude(settings.output_db));
        let voice_share = follow(&mut self.voice_share, voice_share);
        let taken_share = follow(&mut self.taken_share, taken_share);
        let dry = follow(&mut self.bypass, if settings.is_bypassed { 1.0 } else { 0.0 });
        if moment.is_jump {
            self.own_breaths.reset();
        }
        let own_db = self.own_breaths.at(moment.heard(), settings, ahead);
        let shimmer_db = self.shimmer.at_db(settings, grid_start);
        let later_db = self.shimmer.at_db(settings, grid_start + self.hop_samples);
        let end = output.end * voice_share.end * amplitude(own_db.end + later_db);
        let start = match self.voice.replace(end) {
            Some(last) if !moment.is_jump => last,
            _ => output.start * voice_share.start * amplitude(own_db.start + shimmer_db),
        };
        let taken = Span { start: output.start * taken_share.start, end: output.end * taken_share.end };
        Levels { voice: Span { start, end }, taken, noise: output, dry, shimmer_db }
    }
}
