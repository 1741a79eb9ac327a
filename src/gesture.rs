//! What the singer does in one hop, as the renderer is told of it, and what came of notes and rests.
//!
//! In: nothing; these are plain values. Out: the seam between [`crate::performance`], which makes gestures,
//! [`crate::render`], which turns them into sound, and whoever lists or shows them. Noise is shaped in segments of the
//! absolute hop grid, so that its colour is a pure function of the song; its level follows hop by hop.

use crate::analysis::Onset;
use crate::analysis::envelope::Envelope;
use crate::dsp::motion::{Motion, Span};
use crate::dsp::noise::Performance;

/// What the singer does in one hop of the absolute grid.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gesture {
    /// Continuous displacement of the read pointer, samples (positive reads later audio), with its slope, samples per
    /// sample: the pitch. Where a hop does not begin as the last one ended, the renderer keeps the pointer where it is.
    pub warp: Span<Motion>,
    /// Displacement that timing asks for on top, samples (positive reads later audio, so sounds earlier), taken up in
    /// steps where they are not heard.
    pub shift_samples: f64,
    /// What no step takes up of the shift is given back by a pitch deviation that is not heard, cents; 0: it is not.
    pub settling_cents: f64,
    /// Linear gain of the voice, with the output gain; 0 where it is not listened to.
    pub gain: Span<f32>,
    /// Linear gain of the untouched input that is taken away, with the output gain: what remains is what was added.
    pub taken: Span<f32>,
    /// How much of its brightness the voice loses, `0..=1`: 0 none.
    pub softness: Span<f32>,
    /// Breath in the voice.
    pub aspiration: Noise,
    /// Breath between phrases.
    pub inhalation: Noise,
    /// Linear gain of both: the output gain.
    pub noise_gain: Span<f32>,
    /// Share of the untouched input, `0..=1`: the bypass.
    pub dry: Span<f32>,
    /// The song jumped, or began, here: the pointer goes at once to where it is asked to be.
    pub is_jump: bool,
    /// Gain added at the hop's start by Level Life and shimmer, dB.
    pub moved_db: f32,
    /// The note whose vowel begins here, and when.
    pub note: Option<TimedNote>,
    /// The added inhalation that ends here.
    pub inhaled: Option<Inhaled>,
    /// The rest without any whose end has come into sight.
    pub empty_rest: Option<EmptyRest>,
}

/// Hops of a segment. Chosen: 10.7 ms at 48 kHz, a third of what a tongue needs from vowel to vowel.
pub const HOPS_PER_SEGMENT: i64 = 8;
/// A segment is told of so many hops before it begins. Source: computed, as far as the filter that shapes it reaches to
/// either side.
pub const SEGMENT_LEAD_HOPS: i64 = 4;

/// Noise to add to the voice in one hop.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Noise {
    /// Rms, linear re full scale, before the output gain.
    pub rms: Span<f32>,
    /// No sample of it goes beyond this, linear.
    pub most: f32,
    /// How the segment that begins [`SEGMENT_LEAD_HOPS`] after this hop is shaped; only in the hops that tell of one
    /// ([`is_segment_due`]), and not where none will be heard.
    pub shape: Option<Shape>,
}

impl Noise {
    /// Whether there is none in this hop.
    pub fn is_silent(&self) -> bool {
        self.rms.start == 0.0 && self.rms.end == 0.0
    }
}

/// The shape of a segment of noise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// Whose breath it is.
    pub performance: Performance,
    /// Song position of its first sample: the noise itself is a function of it.
    pub position_samples: i64,
    /// Its power density by frequency; the level does not matter.
    pub colour: Envelope,
    /// How the vocal folds let it through; `None` if they stand open.
    pub pulse: Option<Pulse>,
}

/// How vibrating vocal folds let noise through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pulse {
    /// Part of a period since they closed, at the segment's first sample, `0..1`.
    pub phase: f32,
    /// Periods per sample.
    pub turns_per_sample: f32,
    /// How much of the noise follows them, `0..=1`.
    pub depth: f32,
}

/// Whether a segment's shape is given with the hop of this number on the absolute grid.
pub fn is_segment_due(hop_number: i64) -> bool {
    (hop_number + SEGMENT_LEAD_HOPS).rem_euclid(HOPS_PER_SEGMENT) == 0
}

/// What was planned for a note and what came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimedNote {
    /// Song position of its onset in the input, samples.
    pub onset_position_samples: i64,
    /// How it begins.
    pub kind: Onset,
    /// How much later than in the input it was to be sung, ms.
    pub planned_ms: f32,
    /// How much later it was sung, ms.
    pub realized_ms: f32,
}

/// An inhalation that was added.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inhaled {
    /// Song position of its beginning in the output, samples.
    pub start_position_samples: i64,
    /// Song position of its end in the output, samples.
    pub end_position_samples: i64,
    /// Its level, dBFS rms over its whole length.
    pub level_db: f32,
    /// It was asked for by hand (`breathe`).
    pub is_by_hand: bool,
}

/// A rest that could hold an inhalation and has none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EmptyRest {
    /// Song position where the voice ends before it, samples.
    pub start_position_samples: i64,
    /// Song position where the phrase behind it begins, samples.
    pub end_position_samples: i64,
    /// Why it has none.
    pub reason: Reason,
}

/// Why a rest has no inhalation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Inhale is off, or Humanize at 0 %.
    Off,
    /// The take breathes itself there.
    OwnBreath,
    /// Inhale Chance left it out.
    Chance,
    /// There is no room for one, in the rest or within the look-ahead.
    NoRoom,
    /// Nothing has been sung before it that would need one.
    NothingSung,
    /// Another is under way.
    Busy,
}
