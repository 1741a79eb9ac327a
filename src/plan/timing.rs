//! How far from the beat a singer sets a note.
//!
//! In: where in the bar a note begins, how much of a timing of its own the take lacks, the settings over it. Out: how
//! much later than in the input it is to be sung. People's timing does not jitter, it wanders: its spectrum falls with
//! frequency, and listeners prefer that to white deviations (Hennig et al., "The nature and perception of fluctuations
//! in human musical rhythms", PLoS ONE 6, 2011). Octaves of equal weight, each a smooth curve over the cells of the
//! bar, give 1/f; their values are a pure function of the cell.

use super::draws::normal;
use crate::dsp::lattice::{self, Lattice};
use crate::dsp::noise::{Performance, Stream};
use crate::settings::{Settings, Tempo};

/// Cells per point of the octaves' curves: 1, which is white, to 32.
/// Source: docs/design.md §6. Measured: deviations of notes two to eight cells apart have a DFA exponent of 0.9 to 1.0
/// at full memory, and 0.5 without (the test below).
const OCTAVES: usize = 6;
/// The largest deviation, in standard deviations.
/// Source: docs/design.md §6.
const MOST_DEVIATION: f64 = 2.5;

/// How much later than in the input a note at a song position, seconds, is to be sung, ms; no earlier and no later than
/// `reach_ms`. Realtime-safe.
pub(super) fn late_ms(position_s: f64, share: f32, spread: Spread, settings: &Settings, reach_ms: [f64; 2]) -> f64 {
    if !is_on(settings) {
        return 0.0;
    }
    let deviation = spread.normalized(SpreadSettings::of(settings).deviation(position_s));
    let wanted_ms = f64::from(share * settings.timing_ms) * deviation + f64::from(settings.feel_ms);
    let [early_ms, late_ms] = reach_ms;
    (f64::from(settings.amount) * wanted_ms).clamp(-early_ms, late_ms)
}

/// What the deviations of a song's notes depend on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpreadSettings {
    performance: Performance,
    memory: f32,
    tempo: Tempo,
}

impl SpreadSettings {
    /// Those of these settings.
    pub fn of(settings: &Settings) -> Self {
        let Settings { performance, memory, tempo, .. } = *settings;
        Self { performance, memory, tempo }
    }

    /// The deviation of a note at a song position, seconds.
    fn deviation(&self, position_s: f64) -> f64 {
        deviation(self.performance, self.tempo.sixteenth(position_s), f64::from(self.memory))
    }
}

/// Mean and standard deviation of the deviations that the notes of a song draw. Those of a few dozen notes, most of
/// whose power is slow, are seldom 0 and 1; where the song is known they are made so, and the knobs are literal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    mean: f64,
    sd: f64,
}

impl Spread {
    /// As of a very long song.
    pub const UNIT: Self = Self { mean: 0.0, sd: 1.0 };

    /// Of notes at song positions, seconds: of all of them, or where they are very many of some that are spread evenly.
    /// Realtime-safe.
    pub fn of(positions_s: impl Iterator<Item = f64> + Clone, settings: &SpreadSettings) -> Self {
        let every = positions_s.clone().count().div_ceil(MOST_COUNTED).max(1);
        let (mut sum, mut squares, mut n) = (0.0, 0.0, 0.0);
        for deviation in positions_s.step_by(every).map(|position_s| settings.deviation(position_s)) {
            (sum, squares, n) = (sum + deviation, squares + deviation * deviation, n + 1.0);
        }
        if n < LEAST_COUNTED {
            return Self::UNIT;
        }
        let mean = sum / n;
        let sd = (squares / n - mean * mean).max(0.0).sqrt();
        Self { mean, sd: sd.max(LEAST_SPREAD) }
    }

    fn normalized(self, deviation: f64) -> f64 {
        ((deviation - self.mean) / self.sd).clamp(-MOST_DEVIATION, MOST_DEVIATION)
    }
}

/// Notes that are counted for it. Chosen: their mean and spread differ from those of all by a twentieth of the spread,
/// and all are counted while one note is planned.
const MOST_COUNTED: usize = 192;
/// Fewer notes have no spread of their own. Chosen: fewer say nothing of it.
const LEAST_COUNTED: f64 = 4.0;
/// It is at least this, so that a few notes that lie together are not torn apart. Chosen: less than half of what it
/// usually is.
const LEAST_SPREAD: f64 = 0.4;

/// Whether timing is asked for at all.
pub(super) fn is_on(settings: &Settings) -> bool {
    settings.amount > 0.0 && (settings.timing_ms > 0.0 || settings.feel_ms != 0.0)
}

/// The deviation of a note in a cell: of unit variance, within ±[`MOST_DEVIATION`]. `memory` goes from 0, white, to 1,
/// 1/f.
fn deviation(who: Performance, cell: i64, memory: f64) -> f64 {
    let octave_variance = memory / OCTAVES as f64;
    let white_variance = 1.0 - octave_variance * (OCTAVES - 1) as f64;
    let octave = |k: i32| Lattice::new(Stream::Timing, k as u32, 0.5_f64.powi(k)).at(who, cell, 1.0).value;
    let slow: f64 = (1..OCTAVES as i32).map(octave).sum::<f64>() / lattice::RMS;
    let deviation = octave_variance.sqrt() * slow + white_variance.sqrt() * normal(who, Stream::Timing, 0, cell);
    deviation.clamp(-MOST_DEVIATION, MOST_DEVIATION)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Deviations of notes two to eight cells apart.
    fn notes(take: u32, memory: f64, count: usize) -> Vec<f64> {
        let cells = (0..count).scan(0, |cell, k| {
            *cell += [4, 2, 2, 8, 4, 4, 2][k % 7];
            Some(*cell)
        });
        cells.map(|cell| deviation(Performance { seed: 1, take }, cell, memory)).collect()
    }

    /// Rms about the best line of each stretch of the summed deviations.
    fn fluctuation(profile: &[f64], len: usize) -> f64 {
        let x_mean = (len - 1) as f64 / 2.0;
        let x_square: f64 = (0..len).map(|x| (x as f64 - x_mean).powi(2)).sum();
        let stretches = profile.chunks_exact(len);
        let n = stretches.len() as f64;
        let residual = |stretch: &[f64]| {
            let mean = stretch.iter().sum::<f64>() / len as f64;
            let slope = stretch.iter().enumerate().map(|(x, y)| (x as f64 - x_mean) * y).sum::<f64>() / x_square;
            let distance = |(x, y): (usize, &f64)| (y - mean - slope * (x as f64 - x_mean)).powi(2);
            stretch.iter().enumerate().map(distance).sum::<f64>() / len as f64
        };
        (stretches.map(residual).sum::<f64>() / n).sqrt()
    }

    /// The exponent of detrended fluctuation analysis (Peng et al., "Mosaic organization of DNA nucleotides", Phys.
    /// Rev. E 49, 1994) over 4 to 64 notes, mean of many takes.
    fn exponent(memory: f64) -> f64 {
        const LENGTHS: [usize; 5] = [4, 8, 16, 32, 64];
        let takes = 1..=20;
        let n_takes = takes.clone().count() as f64;
        let of_take = |take| {
            let profile: Vec<f64> = notes(take, memory, 512)
                .into_iter()
                .scan(0.0, |sum, deviation| {
                    *sum += deviation;
                    Some(*sum)
                })
                .collect();
            let points = LENGTHS.map(|len| ((len as f64).ln(), fluctuation(&profile, len).ln()));
            let x_mean = points.iter().map(|(x, _)| x).sum::<f64>() / points.len() as f64;
            let rise: f64 = points.iter().map(|(x, y)| (x - x_mean) * y).sum();
            rise / points.iter().map(|(x, _)| (x - x_mean).powi(2)).sum::<f64>()
        };
        takes.map(of_take).sum::<f64>() / n_takes
    }

    #[test]
    fn with_memory_it_is_one_over_f_and_without_it_is_white() {
        let [white, default, full] = [0.0, 0.8, 1.0].map(exponent);
        println!("DFA exponents: {white:.2} without memory, {default:.2} by default, {full:.2} at full memory");
        assert!((white - 0.5).abs() < 0.1 && (full - 0.9).abs() < 0.1, "{white} {full}");
        assert!(white < default && default < full);
    }

    #[test]
    fn its_variance_is_one_and_it_is_bounded() {
        for memory in [0.0, 0.5, 1.0] {
            let all: Vec<f64> = (1..=40).flat_map(|take| notes(take, memory, 400)).collect();
            let mean = all.iter().sum::<f64>() / all.len() as f64;
            let rms = (all.iter().map(|x| x * x).sum::<f64>() / all.len() as f64).sqrt();
            assert!(mean.abs() < 0.05 && (rms - 1.0).abs() < 0.05, "{memory}: mean {mean}, rms {rms}");
            assert!(all.iter().all(|x| x.abs() <= MOST_DEVIATION));
        }
    }

    #[test]
    fn over_a_song_that_is_known_the_knobs_are_literal() {
        let settings = Settings { amount: 1.0, timing_ms: 10.0, feel_ms: 5.0, memory: 0.8, ..Settings::NEUTRAL };
        for seed in 1..=20 {
            let settings = Settings { performance: Performance { seed, take: 1 }, ..settings };
            let positions_s = (0..60).map(|k| 0.37 * f64::from(k) + if k % 3 == 0 { 0.11 } else { 0.0 });
            let spread = Spread::of(positions_s.clone(), &SpreadSettings::of(&settings));
            let late: Vec<f64> = positions_s.map(|at| late_ms(at, 1.0, spread, &settings, [150.0; 2])).collect();
            let mean = late.iter().sum::<f64>() / late.len() as f64;
            let sd = (late.iter().map(|ms| (ms - mean).powi(2)).sum::<f64>() / late.len() as f64).sqrt();
            assert!((mean - 5.0).abs() < 0.5 && (sd - 10.0).abs() < 0.5, "seed {seed}: {mean} ± {sd}");
        }
    }

    #[test]
    fn notes_that_lie_together_are_not_torn_apart() {
        let settings = Settings { amount: 1.0, timing_ms: 10.0, memory: 0.8, ..Settings::NEUTRAL };
        let spread = Spread::of((0..10).map(|_| 3.0), &SpreadSettings::of(&settings));
        assert_eq!(late_ms(3.0, 1.0, spread, &settings, [150.0; 2]), 0.0);
        // Far from all of them they are not all put as far off as notes may be.
        let others = (0..200).map(|k| late_ms(0.25 * f64::from(k), 1.0, spread, &settings, [150.0; 2]).abs());
        assert!(others.filter(|late_ms| *late_ms > 24.9).count() < 100);
    }

    #[test]
    fn of_a_very_long_song_some_notes_are_counted_that_are_spread_evenly() {
        let settings = SpreadSettings::of(&Settings { memory: 0.8, ..Settings::NEUTRAL });
        let all = (0..1000).map(|k| 0.5 * f64::from(k));
        assert_eq!(Spread::of(all.clone(), &settings), Spread::of(all.step_by(6), &settings));
    }

    #[test]
    fn timing_is_on_where_anything_is_asked_for() {
        let neutral = Settings { amount: 1.0, ..Settings::NEUTRAL };
        let asked = [Settings { timing_ms: 8.0, ..neutral }, Settings { feel_ms: -3.0, ..neutral }];
        assert!(asked.iter().all(is_on) && !is_on(&neutral));
        assert!(asked.iter().all(|settings| !is_on(&Settings { amount: 0.0, ..*settings })));
    }
}
