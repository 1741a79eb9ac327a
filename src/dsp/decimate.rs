//! A slower copy of a signal for analysis: low-passed and taken every few samples.
//!
//! In: all channels by absolute index. Out: their mean, one value per [`Decimator::factor`] samples, flat to 0.35 of
//! the new rate. The filter is a Kaiser-windowed sinc (Oppenheim & Schafer, "Discrete-Time Signal Processing", 3rd
//! ed., §7.5.3); only the values that are kept are computed.

use super::history::History;
use super::sinc::kaiser_window;

/// Filter length in new samples either way: with β 6 the band from 0.35 to 0.65 of the new rate is the transition.
const HALF_LENGTH: usize = 6;
/// 60 dB of stop band: an alias that low cannot move a pitch estimate.
const KAISER_BETA: f64 = 6.0;

/// Low-passes and keeps every `factor`-th sample.
#[derive(Clone, Debug)]
pub struct Decimator {
    factor: usize,
    taps: Vec<f32>,
}

impl Decimator {
    /// Keeps one of `factor` samples. Allocates.
    pub fn new(factor: usize) -> Self {
        if factor == 1 {
            return Self { factor, taps: vec![1.0] };
        }
        let half = (HALF_LENGTH * factor) as i32;
        let tap = |n: i32| {
            let x = f64::from(n) / factor as f64;
            let sinc = if n == 0 { 1.0 } else { (std::f64::consts::PI * x).sin() / (std::f64::consts::PI * x) };
            sinc * kaiser_window(f64::from(n) / f64::from(half), KAISER_BETA)
        };
        let taps: Vec<f64> = (-half..half).map(tap).collect();
        let sum: f64 = taps.iter().sum();
        Self { factor, taps: taps.iter().map(|tap| (tap / sum) as f32).collect() }
    }

    /// Samples per value.
    pub fn factor(&self) -> usize {
        self.factor
    }

    /// How much older than the newest sample it was made of a value is, samples.
    pub fn delay_samples(&self) -> usize {
        self.taps.len() / 2
    }

    /// The value made of the samples up to absolute index `newest`. Realtime-safe.
    pub fn value(&self, history: &History, newest: i64) -> f32 {
        let first = newest + 1 - self.taps.len() as i64;
        let channel_value = |channel| dot(&self.taps, history.window(channel, first, self.taps.len()));
        (0..history.n_channels()).map(channel_value).sum::<f32>() / history.n_channels() as f32
    }
}

/// The inner product, in eight running sums so that the compiler can use vector registers.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 8;
    let mut sums = [0.0_f32; LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    rest + ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]))
}
