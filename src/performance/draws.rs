//! Chance, as a function of the place in the bar.
//!
//! In: who sings, where, and what for. Out: numbers that are the same whenever the song comes by there.

use crate::dsp::noise::{Performance, Stream, noise};
use crate::settings::Settings;

/// Chance at one place, for one purpose. What is drawn is numbered; a normal number takes three.
#[derive(Clone, Copy, Debug, PartialEq)]
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

    /// Uniform in `0..1`, and never what it was at another place before.
    ///
    /// The two places' random bits are compared: the lowest that differs, and its value here, tell in which part of the
    /// range the number lies. Of two neighbours that both do so with the one before them, the parts always differ (Cole
    /// & Vishkin, "Deterministic coin tossing with applications to optimal parallel list ranking", Inf. Control 70,
    /// 1986); so no memory is needed beyond the last place. The parts have their share of the range, and numbers keep
    /// away from where these meet.
    pub(super) fn unlike(self, draw: u32, before: Option<Self>) -> f64 {
        let bits = |draws: Self| (2_f64.powi(31) * (noise(draws.who, draws.stream, draw, draws.cell) + 1.0)) as u32;
        let here = bits(self);
        let differing = (here ^ before.map_or(!here, bits)).trailing_zeros().min(31);
        let half = f64::from(here >> differing & 1);
        // The first bit has the lower half of the range, the next the half of what is left, and so on.
        let width = 0.5_f64.powi(differing as i32 + 2);
        let start = 1.0 - 4.0 * width + half * width;
        start + width * (EDGE + (1.0 - 2.0 * EDGE) * self.unit(draw + 1))
    }

    /// Nearly normal, of unit variance, within ±[`MOST_DEVIATION`], and never what it was at another place before;
    /// takes two numbers.
    pub(super) fn deviation(self, draw: u32, before: Option<Self>) -> f64 {
        let share = self.unlike(draw, before);
        // The logistic distribution comes near the normal one (Johnson, Kotz & Balakrishnan, "Continuous univariate
        // distributions" 2, 1995, §23).
        ((share / (1.0 - share)).ln() / LOGISTIC_TO_NORMAL).clamp(-MOST_DEVIATION, MOST_DEVIATION)
    }
}

/// Numbers keep this far from where parts of the range meet, as a share of the part.
const EDGE: f64 = 0.1;
/// Of the logistic distribution, so that what is left of it within the limits has unit variance (computed).
const LOGISTIC_TO_NORMAL: f64 = 1.61;
/// The furthest that chance takes a deviation, standard deviations.
const MOST_DEVIATION: f64 = 2.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Vec<Draws> {
        let at = |k: i32| Draws::at(Stream::NotePitch, &Settings::NEUTRAL, f64::from(k) * 0.5, 4.0);
        (0..4000).map(at).collect()
    }

    #[test]
    fn neighbours_never_weigh_the_same() {
        let numbers: Vec<f64> = places().windows(2).map(|pair| pair[1].unlike(0, Some(pair[0]))).collect();
        let nearest = numbers.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(f64::MAX, f64::min);
        assert!(nearest > 1e-4, "{nearest}");
        let near = numbers.windows(2).filter(|pair| (pair[1] - pair[0]).abs() < 0.02).count();
        assert!(near < 60, "{near} of 4000 are within 2 % of their neighbour; by mere chance 160");
        let share = |from: f64, to: f64| numbers.iter().filter(|n| (from..to).contains(*n)).count() as f64 / 4000.0;
        for quarter in [0.0, 0.25, 0.5, 0.75] {
            assert!(
                (share(quarter, quarter + 0.25) - 0.25).abs() < 0.025,
                "{quarter}: {}",
                share(quarter, quarter + 0.25)
            );
        }
    }

    #[test]
    fn deviations_are_nearly_normal() {
        let found: Vec<f64> = places().windows(2).map(|pair| pair[1].deviation(0, Some(pair[0]))).collect();
        let mean = found.iter().sum::<f64>() / found.len() as f64;
        let sd = (found.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / found.len() as f64).sqrt();
        assert!(mean.abs() < 0.05 && (sd - 1.0).abs() < 0.05, "{mean} ± {sd}");
        assert!(found.iter().all(|x| x.abs() <= MOST_DEVIATION));
    }
}
