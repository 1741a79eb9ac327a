//! Chance, as a function of the place in the bar.
//!
//! In: who sings, where, and what for. Out: numbers that are the same whenever the song comes by there.

use crate::dsp::noise::{Performance, Stream, noise};
use crate::settings::Settings;

/// Chance at one place, for one purpose. What is drawn is numbered; a normal number takes three.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draws {
    who: Performance,
    stream: Stream,
    cell: i64,
}

impl Draws {
    /// At a song position, seconds, the same within so many even parts of a sixteenth note.
    pub(super) fn at(stream: Stream, settings: &Settings, position_s: f64, per_sixteenth: f64) -> Self {
        Self { who: settings.performance, stream, cell: settings.tempo.cell(position_s, per_sixteenth) }
    }

    /// Uniform in `0..1`.
    pub(super) fn unit(self, draw: u32) -> f64 {
        0.5 + 0.5 * noise(self.who, self.stream, draw, self.cell)
    }

    /// Uniform between two values.
    pub(super) fn between(self, draw: u32, [low, high]: [f64; 2]) -> f64 {
        low + (high - low) * self.unit(draw)
    }

    /// Nearly normal, of unit variance, within ±3: a sum of three.
    pub(super) fn normal(self, draw: u32) -> f64 {
        (0..3).map(|k| noise(self.who, self.stream, draw + k, self.cell)).sum()
    }
}
