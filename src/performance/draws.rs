//! Chance note by note, as a function of the place in the bar.
//!
//! In: who sings, where, and what for. Out: numbers that are the same whenever the song comes by there.

use crate::dsp::noise::{Performance, Stream, noise};
use crate::settings::Settings;

/// Cells per sixteenth note: no two notes share one.
const CELLS_PER_SIXTEENTH: f64 = 4.0;

/// Chance at one place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draws {
    who: Performance,
    cell: i64,
}

impl Draws {
    /// At a song position, seconds.
    pub(super) fn at(settings: &Settings, position_s: f64) -> Self {
        let cell = settings.tempo.cell(position_s, CELLS_PER_SIXTEENTH);
        Self { who: settings.performance, cell }
    }

    /// Uniform in `0..1`.
    pub(super) fn unit(self, stream: Stream, draw: u32) -> f64 {
        0.5 + 0.5 * noise(self.who, stream, draw, self.cell)
    }

    /// Nearly normal, of unit variance, within ±3: a sum of three, numbered from `draw` on.
    pub(super) fn normal(self, stream: Stream, draw: u32) -> f64 {
        (0..3).map(|k| noise(self.who, stream, draw + k, self.cell)).sum()
    }
}
