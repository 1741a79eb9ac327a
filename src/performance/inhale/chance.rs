//! Chance, as a function of the place in the bar.
//!
//! In: who breathes, where, and what for. Out: numbers that are the same whenever the song comes by there.

use crate::dsp::noise::{Performance, Stream, noise};

/// What is drawn by chance for an inhalation.
#[derive(Clone, Copy, Debug)]
#[repr(u32)]
pub(super) enum Draw {
    Chance = 0,
    /// And the two behind it: a sum of three is nearly normal.
    Duration = 1,
    Level = 4,
    Pause = 7,
    Rise = 8,
    Colour = 9,
}

/// Chance at a place in the bar.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chance {
    /// Who breathes.
    pub(super) who: Performance,
    /// The place.
    pub(super) cell: i64,
}

impl Chance {
    /// Uniform in `0..1`.
    pub(super) fn unit(self, draw: Draw) -> f64 {
        0.5 + 0.5 * noise(self.who, Stream::Inhale, draw as u32, self.cell)
    }

    /// Nearly normal, of unit variance, within ±3: a sum of three.
    pub(super) fn normal(self, draw: Draw) -> f64 {
        (0..3).map(|k| noise(self.who, Stream::Inhale, draw as u32 + k, self.cell)).sum()
    }
}
