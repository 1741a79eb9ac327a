//! Chance, as a function of the place in the bar.
//!
//! In: who sings, where, and what for. Out: numbers that are the same whenever the song comes by there.

use rand_distr::{Distribution, StandardNormal};

use crate::dsp::noise::{Performance, Stream, generator, noise};
use crate::settings::{Settings, Tempo};

/// The furthest that chance takes a deviation, standard deviations.
/// Chosen: one draw in twenty lies further; without a limit one note of a song may stand out of it.
pub(super) const MOST_DEVIATION: f64 = 2.0;

/// Parts of a sixteenth that chance tells apart for notes. Chosen: at 31 ms without a tempo no two notes share one.
const NOTE_CELLS_PER_SIXTEENTH: f64 = 4.0;

/// What chance depends on besides the place: who sings, and where the beats lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chance {
    performance: Performance,
    tempo: Tempo,
}

impl Chance {
    /// That of these settings.
    pub fn of(settings: &Settings) -> Self {
        let Settings { performance, tempo, .. } = *settings;
        Self { performance, tempo }
    }
}

/// Chance at one place, for one purpose. What is drawn is numbered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Draws {
    who: Performance,
    stream: Stream,
    cell: i64,
}

impl Draws {
    /// At a song position, seconds, the same within so many even parts of a sixteenth note.
    pub(super) fn at(stream: Stream, chance: &Chance, position_s: f64, per_sixteenth: f64) -> Self {
        Self { who: chance.performance, stream, cell: chance.tempo.cell(position_s, per_sixteenth) }
    }

    /// For the note that begins at a song position, seconds: no two notes share it.
    pub(super) fn of_note(stream: Stream, chance: &Chance, onset_s: f64) -> Self {
        Self::at(stream, chance, onset_s, NOTE_CELLS_PER_SIXTEENTH)
    }

    /// The same everywhere in the song.
    pub(super) fn of_singer(stream: Stream, settings: &Settings) -> Self {
        Self { who: settings.performance, stream, cell: 0 }
    }

    /// Uniform in `0..1`.
    pub(super) fn unit(self, draw: u32) -> f64 {
        0.5 + 0.5 * noise(self.who, self.stream, draw, self.cell)
    }

    /// Uniform between two values.
    pub(super) fn between(self, draw: u32, [low, high]: [f64; 2]) -> f64 {
        low + (high - low) * self.unit(draw)
    }

    /// Normal, of unit variance.
    pub(super) fn normal(self, draw: u32) -> f64 {
        normal(self.who, self.stream, draw, self.cell)
    }

    /// Normal, of nearly unit variance, within ±[`MOST_DEVIATION`].
    pub(super) fn deviation(self, draw: u32) -> f64 {
        self.normal(draw).clamp(-MOST_DEVIATION, MOST_DEVIATION)
    }
}

/// A normal number of unit variance for a cell.
pub(super) fn normal(who: Performance, stream: Stream, draw: u32, cell: i64) -> f64 {
    StandardNormal.sample(&mut generator(who, stream, draw, cell.wrapping_mul(WORDS_PER_NORMAL)))
}

/// Words of the generator that lie between two cells' normal numbers: one takes two of them, seldom more.
/// Source: computed; the ziggurat of `rand_distr` takes 64 bits in 99 of 100 draws.
const WORDS_PER_NORMAL: i64 = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviations_are_normal_and_those_of_neighbours_have_nothing_in_common() {
        let at = |k: i32| Draws::at(Stream::NotePitch, &Chance::of(&Settings::NEUTRAL), f64::from(k) * 0.5, 4.0);
        let found: Vec<f64> = (-2000..2000).map(|k| at(k).deviation(0)).collect();
        let mean = found.iter().sum::<f64>() / found.len() as f64;
        let sd = (found.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / found.len() as f64).sqrt();
        assert!(mean.abs() < 0.05 && (sd - 0.96).abs() < 0.05, "{mean} ± {sd}");
        assert!(found.iter().all(|x| x.abs() <= MOST_DEVIATION));
        let products = found.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>() / found.len() as f64;
        assert!(products.abs() < 0.06, "{products}");
    }
}
