//! How far from the beat a singer sets a note: a series with a memory, as people's timing has.
//!
//! In: where in the bar a note begins, and its phrase. Out: its deviation in standard deviations. Human timing does not
//! jitter, it wanders: its spectrum falls with frequency, and listeners prefer that to white deviations (Hennig et al.,
//! "The nature and perception of fluctuations in human musical rhythms", PLoS ONE 6, 2011). Octaves of equal weight,
//! each a smooth curve over the cells of the bar, give 1/f; their values are a pure function of the cell.

use crate::dsp::lattice::{self, Lattice};
use crate::dsp::noise::{Performance, Stream, noise};

/// Cells per point of the octaves' curves (DESIGN §6: 1 to 32). The first is white. Deviations of notes two to eight
/// cells apart then have a DFA exponent of 0.9 to 1.0 at full memory, and 0.5 without (tests/timing.rs).
const OCTAVES: usize = 6;
/// The share of the variance that a phrase has as a whole, at full memory, so that its words stay together. A decision.
const PHRASE_SHARE: f64 = 0.2;
/// The most that a phrase's last note lingers, in standard deviations. A decision: at the default 10 ms a last note is
/// then longer by two to five periods, which is nearer to breathing than to rubato.
const MOST_LINGER: f64 = 2.0;
/// The largest deviation, in standard deviations (DESIGN §6).
pub(super) const MOST_DEVIATION: f64 = 2.5;

/// The series of deviations.
#[derive(Clone, Debug)]
pub(super) struct Series {
    /// From two cells on.
    octaves: [Lattice; OCTAVES - 1],
}

impl Series {
    pub(super) fn new() -> Self {
        let octave = |k: usize| Lattice::new(Stream::Timing, k as u32 + 1, 0.5_f64.powi(k as i32 + 1));
        Self { octaves: std::array::from_fn(octave) }
    }

    /// The deviation of a note in `cell` whose phrase begins in `phrase_cell`: of unit variance, within
    /// ±[`MOST_DEVIATION`]. `memory` goes from 0, white, to 1, 1/f. Realtime-safe.
    pub(super) fn at(&mut self, who: Performance, cell: i64, phrase_cell: i64, memory: f64) -> f64 {
        let phrase_variance = PHRASE_SHARE * memory;
        let octave_variance = (1.0 - phrase_variance) * memory / OCTAVES as f64;
        let white_variance = 1.0 - phrase_variance - octave_variance * (OCTAVES - 1) as f64;
        let slow: f64 = self.octaves.iter_mut().map(|octave| octave.at(who, cell, 1.0).value / lattice::RMS).sum();
        let deviation = octave_variance.sqrt() * slow
            + white_variance.sqrt() * bell(who, Stream::Timing, cell)
            + phrase_variance.sqrt() * bell(who, Stream::TimingPhrase, phrase_cell);
        deviation.clamp(-MOST_DEVIATION, MOST_DEVIATION)
    }
}

/// By how much the last note of the phrase that begins in `phrase_cell` lingers, in standard deviations of the notes'
/// times: nothing at half of all ends, at most [`MOST_LINGER`].
pub(super) fn linger(who: Performance, phrase_cell: i64) -> f64 {
    bell(who, Stream::TimingLinger, phrase_cell).clamp(0.0, MOST_LINGER)
}

/// A number of unit variance, near enough to normal: the sum of three that are uniform.
fn bell(who: Performance, stream: Stream, cell: i64) -> f64 {
    (0..3).map(|k| noise(who, stream, 0, cell.wrapping_mul(3) + k)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Deviations of notes two to eight cells apart, in phrases of nine.
    fn notes(take: u32, memory: f64, count: usize) -> Vec<f64> {
        let who = Performance { seed: 1, take };
        let mut series = Series::new();
        let (mut cell, mut phrase_cell) = (0, 0);
        let mut deviations = Vec::with_capacity(count);
        for k in 0..count {
            cell += [4, 2, 2, 8, 4, 4, 2][k % 7];
            phrase_cell = if k % 9 == 0 { cell } else { phrase_cell };
            deviations.push(series.at(who, cell, phrase_cell, memory));
        }
        deviations
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
}
