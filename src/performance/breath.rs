//! What breath sounds like: noise of a level and a colour, perhaps pulsed by the vocal folds.
//!
//! These are the words in which the performer tells the renderer of breath, and what both kinds of it share. Noise is
//! shaped in segments of the absolute hop grid, so that its colour is a pure function of the song; its level follows
//! hop by hop.

use crate::analysis::envelope::{BANDS, Envelope, frequencies_hz};

use crate::dsp::motion::Span;
use crate::dsp::noise::Performance;

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

/// Whether the hop of this number on the absolute grid tells of a segment.
pub fn is_segment_due(hop_number: i64) -> bool {
    (hop_number + SEGMENT_LEAD_HOPS).rem_euclid(HOPS_PER_SEGMENT) == 0
}

/// Between these the tone of breath tilts, Hz. Source: docs/design.md §7, breath's own range; its middle stays.
const TILT_HZ: [f32; 2] = [1000.0, 8000.0];

/// A tilt in colours.
#[derive(Clone, Debug)]
pub(super) struct Tilt {
    /// Share of the whole tilt at each frequency, -0.5 to 0.5.
    shares: [f32; BANDS],
}

impl Tilt {
    pub(super) fn new() -> Self {
        let [low, high] = TILT_HZ.map(f32::log2);
        let share = |hz: f32| ((hz.log2() - low) / (high - low)).clamp(0.0, 1.0) - 0.5;
        Self { shares: frequencies_hz().map(share) }
    }

    /// A colour that rises by so much more over breath's range, dB.
    pub(super) fn tilted(&self, mut colour: Envelope, tone_db: f32) -> Envelope {
        colour.levels_db.iter_mut().zip(self.shares).for_each(|(level_db, share)| *level_db += tone_db * share);
        colour
    }
}
