//! The one movement of the one read pointer (docs/design.md §3): `y(n) = x(n + e(n))`.
//!
//! In: the motion of a hop, the history. Out: samples at displaced positions.

use crate::dsp::history::History;
use crate::dsp::motion::{Motion, Span};
use crate::dsp::sinc::{SincTable, TAPS, TAPS_BEFORE};

/// The displacement over one hop: the cubic through both ends with their slopes (Hermite).
///
/// The movement is itself piecewise cubic, so this is exact between its knots.
#[derive(Clone, Copy, Debug, Default)]
pub struct Path {
    /// Coefficients over the hop's time from 0 to 1, samples.
    cubic: [f64; 4],
}

impl Path {
    /// The path of a hop.
    pub fn new(warp: Span<Motion>, hop_samples: usize) -> Self {
        let hop_samples = hop_samples as f64;
        let Span { start, end } = warp;
        let rise = end.displacement_samples - start.displacement_samples;
        let (left, right) = (start.slope * hop_samples, end.slope * hop_samples);
        let cubic = [start.displacement_samples, left, 3.0 * rise - 2.0 * left - right, left + right - 2.0 * rise];
        Self { cubic }
    }

    /// Displacement at `u` (`0..=1`) of the hop, samples.
    #[inline]
    pub fn at(&self, u: f64) -> f64 {
        let [a, b, c, d] = self.cubic;
        a + u * (b + u * (c + u * d))
    }

    /// Whether the displacement is zero throughout.
    pub fn is_zero(&self) -> bool {
        self.cubic == [0.0; 4]
    }
}

/// Reads a channel at a displaced position.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    table: SincTable,
}

impl Reader {
    /// The channel's value at `index + displacement_samples`. A whole number gives that very sample.
    ///
    /// `history` must hold the samples from `TAPS_BEFORE - 1` before the position to `TAPS_AFTER` after it.
    #[inline]
    pub fn read(&self, history: &History, channel: usize, index: i64, displacement_samples: f64) -> f32 {
        let (whole, fraction) = split(displacement_samples);
        self.read_at(history, channel, index + whole, fraction)
    }

    /// The channel's value a `fraction` (`0.0..1.0`) of a sample after the sample of absolute index `place`.
    #[inline]
    pub fn read_at(&self, history: &History, channel: usize, place: i64, fraction: f64) -> f32 {
        debug_assert!(history.holds(place - (TAPS_BEFORE as i64 - 1), TAPS), "{place} is not within reach");
        if fraction == 0.0 {
            return history.window(channel, place, 1)[0];
        }
        let window = history.window(channel, place - (TAPS_BEFORE as i64 - 1), TAPS);
        self.table.place(fraction).read(window)
    }
}

/// The largest whole number that is not above a displacement, and the rest.
#[inline]
pub fn split(displacement_samples: f64) -> (i64, f64) {
    // `f64::floor` is a library call on baseline x86-64; this is not, and is the same within ±2^63.
    let truncated = displacement_samples as i64;
    let whole = truncated - i64::from(displacement_samples < truncated as f64);
    (whole, displacement_samples - whole as f64)
}
