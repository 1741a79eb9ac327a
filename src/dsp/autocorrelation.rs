//! How like itself a stretch of a signal is, some samples later.
//!
//! In: samples, and zeros behind them, so that none meets another around the end. Out: the sums of the products of all
//! samples with those so many later. The power spectrum is transformed back (Wiener–Khinchin). The samples are real and
//! so is their power spectrum, so both transforms have half the length and are complex: even samples are the real parts
//! and odd ones the imaginary parts. What joins the two transforms is computed in one step from one to the other, pair
//! by pair of bins. Source: Press et al., "Numerical Recipes", 3rd ed., §12.3 (real functions) and §13.2.

use std::f64::consts::PI;
use std::sync::Arc;

use fourier::{Complex32, Fft};

/// Computes autocorrelations of one length.
#[derive(Clone)]
pub struct Autocorrelation {
    forward: Arc<dyn Fft<f32>>,
    inverse: Arc<dyn Fft<f32>>,
    /// Pairs of samples; then their spectrum, and so on.
    pairs: Vec<Complex32>,
    scratch: Vec<Complex32>,
    /// Cosine and sine of `π·bin` over the number of pairs, for bins up to half of it.
    turns: Vec<[f32; 2]>,
}

impl Autocorrelation {
    /// For at most `len` samples and lags together, an even number. Allocates.
    pub fn new(len: usize) -> Self {
        debug_assert!(len.is_multiple_of(2) && len > 0, "{len}");
        let n_pairs = (len / 2).max(1);
        let (forward, inverse) = (fourier::complex_forward(n_pairs), fourier::complex_inverse(n_pairs));
        let scratch_len = forward.get_inplace_scratch_len().max(inverse.get_inplace_scratch_len());
        let turn = |bin: usize| (PI * bin as f64 / n_pairs as f64).sin_cos();
        let turns = (0..=n_pairs / 2).map(turn).map(|(sine, cosine)| [cosine as f32, sine as f32]);
        Self {
            turns: turns.collect(),
            pairs: vec![Complex32::default(); n_pairs],
            scratch: vec![Complex32::default(); scratch_len],
            forward,
            inverse,
        }
    }

    /// Fills `out` with the sums at lag 0, 1 and so on. `samples` and `out` together may be as long as was told to
    /// [`Self::new`]. Realtime-safe.
    pub fn compute(&mut self, samples: &[f32], out: &mut [f32]) {
        debug_assert!(samples.len() + out.len() <= 2 * self.pairs.len());
        let (whole, rest) = samples.as_chunks::<2>();
        let (given, zeros) = self.pairs.split_at_mut(whole.len());
        given.iter_mut().zip(whole).for_each(|(pair, [even, odd])| *pair = Complex32::new(*even, *odd));
        zeros.fill(Complex32::default());
        zeros.iter_mut().zip(rest).for_each(|(pair, last)| pair.re = *last);
        self.forward.process_with_scratch(&mut self.pairs, &mut self.scratch);
        self.square();
        self.inverse.process_with_scratch(&mut self.pairs, &mut self.scratch);
        // Neither transform is normalised.
        let scale = 1.0 / self.pairs.len() as f32;
        let (whole, rest) = out.as_chunks_mut::<2>();
        let last = self.pairs.get(whole.len()).map(|pair| pair.re);
        whole.iter_mut().zip(&self.pairs).for_each(|(out, pair)| *out = [scale * pair.re, scale * pair.im]);
        rest.iter_mut().zip(last).for_each(|(out, last)| *out = scale * last);
    }

    /// Replaces the spectrum of the pairs by that of the pairs of sums.
    ///
    /// With `E` and `O` the spectra of even and odd samples, the spectrum of all is `E + wO` in one bin and `E − wO` in
    /// the one half the length further, `w` being a turn by the bin. The pairs' spectrum `Z` has `E` and `iO` as its
    /// two parts that are symmetric about bin 0. Half the sum of the powers in both bins is what the spectrum of the
    /// even sums has there, and half their difference, turned back, what that of the odd ones has.
    fn square(&mut self) {
        let n_pairs = self.pairs.len();
        let (before, behind) = self.pairs.split_at_mut(n_pairs / 2 + 1);
        let (first, inner) = before.split_at_mut(1);
        let Complex32 { re, im } = first[0];
        first[0] = Complex32::new(re * re + im * im, 2.0 * re * im);
        // From both ends to the middle, where an even number of pairs has a bin of its own.
        let n_mirrored = behind.len();
        let (mirrored, middle) = inner.split_at_mut(n_mirrored);
        let turns = &self.turns[1..];
        for ((here, there), [cosine, sine]) in mirrored.iter_mut().zip(behind.iter_mut().rev()).zip(turns) {
            let (power, other_power) = (here.norm_sqr(), there.norm_sqr());
            let mean = 0.5 * (power + other_power);
            let apart = (here.re * there.im + there.re * here.im) * cosine - 0.5 * (power - other_power) * sine;
            (*here, *there) = (
                Complex32::new(mean - apart * sine, apart * cosine),
                Complex32::new(mean + apart * sine, apart * cosine),
            );
        }
        middle.iter_mut().for_each(|middle| *middle = Complex32::new(middle.norm_sqr(), 0.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_are_those_of_the_products() {
        for (len, n_samples) in [(2, 1), (4, 2), (6, 3), (8, 5), (12, 7), (16, 9), (768, 504), (770, 503), (1024, 1)] {
            let samples: Vec<f32> = (0..n_samples).map(|n| (n as f32 * 0.7).sin() + (n as f32 * 2.3).cos()).collect();
            let mut sums = vec![0.0; (len - n_samples).min(n_samples + 2)];
            Autocorrelation::new(len).compute(&samples, &mut sums);
            for (lag, sum) in sums.iter().enumerate() {
                let later = samples.iter().skip(lag);
                let wanted: f64 = samples.iter().zip(later).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                let most = 2e-6 * n_samples as f64;
                assert!((f64::from(*sum) - wanted).abs() < most, "{sum} for {wanted} at {lag} of {len}");
            }
        }
    }
}
