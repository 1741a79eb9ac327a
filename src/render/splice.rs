//! When the read pointer steps, and how far: timing is stepped where it is not heard, never ramped (DESIGN §3).
//!
//! In: how far the pointer is from where it is asked to be, at a hop's start, and what was heard around it. Out: a
//! step, or none. In silence the pointer goes straight to its place. In a vowel it steps by whole periods, where the
//! voice repeats itself. A consonant, a sibilant, a breath is moved and never stretched: no step falls into it, unless
//! the pointer comes to the end of its reach. Several voices at once have no period: their steps wait for silence.

use crate::analysis::{Known, Phase};
use crate::dsp::sinc::TAPS;

pub(super) mod crossfade;

use super::pointer::Reach;

/// Length of the crossfade when the pointer jumps, seconds: a few periods of a middle voice. With it a loop over a
/// steady tone adds no step beyond the fade's own slope (tests/engine_contract.rs).
const JUMP_FADE_S: f64 = 0.004;
/// In silence a place that moves is followed in steps of at least this, seconds: a fade now and then, not always.
const LEAST_SILENT_STEP_S: f64 = 0.001;

/// Why the pointer stepped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// The song jumped.
    Jump,
    /// Nothing was heard.
    Silence,
}

/// A step of the read pointer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Why.
    pub kind: StepKind,
    /// How far, samples; positive reads later audio.
    pub size_samples: f64,
}

/// Where things stand at a hop's start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Situation {
    /// Absolute index of the hop's first sample.
    pub(super) first: i64,
    /// Where the pointer is, samples from there.
    pub(super) pointer_samples: f64,
    /// How much further it is asked to be.
    pub(super) undone_samples: f64,
    /// What timing asks for.
    pub(super) shift_samples: f64,
    /// How far the pointer may go.
    pub(super) reach: Reach,
}

/// What to do at a hop's start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Decision {
    /// Nothing is due, or this is no place for it.
    Wait,
    /// A step is due, but the places are too unlike.
    Refuse,
    /// Step.
    Take(Plan),
}

/// A step to take now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Plan {
    pub(super) kind: StepKind,
    pub(super) size_samples: f64,
    pub(super) fade_samples: usize,
    /// How alike the two places are, `-1..=1`.
    pub(super) correlation: f64,
}

/// Decides on steps.
#[derive(Clone, Debug)]
pub(super) struct Splicer {
    jump_fade_samples: usize,
    least_silent_step_samples: f64,
    /// Absolute index before which no step is taken.
    rest_until: i64,
    /// What timing asked for a hop ago.
    last_shift_samples: f64,
}

impl Splicer {
    pub(super) fn new(sample_rate_hz: f64) -> Self {
        Self {
            jump_fade_samples: (JUMP_FADE_S * sample_rate_hz).ceil() as usize,
            least_silent_step_samples: LEAST_SILENT_STEP_S * sample_rate_hz,
            rest_until: 0,
            last_shift_samples: 0.0,
        }
    }

    pub(super) fn reset(&mut self) {
        self.rest_until = 0;
        self.last_shift_samples = 0.0;
    }

    /// The pointer jumps at absolute index `first`. Returns the samples to fade over.
    pub(super) fn jump(&mut self, first: i64) -> usize {
        self.rest_until = first + self.jump_fade_samples as i64;
        self.jump_fade_samples
    }

    /// Whether, and how far, to step at the start of a hop.
    pub(super) fn decide(&mut self, now: &Situation, known_at: &impl Fn(i64) -> Option<Known>) -> Decision {
        let is_still = self.last_shift_samples == now.shift_samples;
        self.last_shift_samples = now.shift_samples;
        if now.undone_samples == 0.0 || now.first < self.rest_until {
            return Decision::Wait;
        }
        self.in_silence(now, is_still, known_at).map_or(Decision::Wait, Decision::Take)
    }

    /// A step to the very place, if nothing can be heard here nor there while it is faded.
    fn in_silence(
        &mut self,
        now: &Situation,
        is_still: bool,
        known_at: &impl Fn(i64) -> Option<Known>,
    ) -> Option<Plan> {
        let target_samples = now.reach.clamp(now.pointer_samples + now.undone_samples);
        let size_samples = target_samples - now.pointer_samples;
        let is_whole = (size_samples - now.undone_samples).abs() < 1.0;
        let is_due = size_samples.abs() >= self.least_silent_step_samples || (is_still && is_whole);
        let is_quiet_at = |displacement_samples: f64| {
            let from = now.first + displacement_samples.floor() as i64 - TAPS as i64 / 2;
            is_quiet(from, from + (self.jump_fade_samples + TAPS) as i64, known_at)
        };
        if !is_due || !is_quiet_at(now.pointer_samples) || !is_quiet_at(target_samples) {
            return None;
        }
        self.rest_until = now.first + self.jump_fade_samples as i64;
        let (kind, fade_samples) = (StepKind::Silence, self.jump_fade_samples);
        Some(Plan { kind, size_samples, fade_samples, correlation: 1.0 })
    }
}

/// Whether nothing is heard from absolute index `from` until `until`, as far as that is known.
fn is_quiet(from: i64, until: i64, known_at: &impl Fn(i64) -> Option<Known>) -> bool {
    // Before the first sample there was silence.
    let mut at = from.max(0);
    while at < until {
        let Some(known) = known_at(at) else { return at > from.max(0) };
        let is_quiet = known.end - i64::from(known.frame.quiet_samples) <= at;
        if !is_quiet && !(known.is_decided && known.frame.phase == Phase::Silence) {
            return false;
        }
        at = known.end;
    }
    true
}
