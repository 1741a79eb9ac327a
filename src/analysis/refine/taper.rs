//! A Hann taper, and the power of a signal under it at one place after another.
//!
//! In: the length of the taper; squares of a signal. Out: its weights; the sum of the squares under it, as it is moved
//! on value by value. A Hann taper is one period of a raised cosine, so that sum follows from the plain sum of the
//! squares and from one bin of their Fourier transform, both of which are updated with the one square that comes in and
//! the one that goes out. Source: Jacobsen & Lyons, "The sliding DFT", IEEE Signal Processing Magazine 20(2), 2003.

use std::f64::consts::TAU;

use fourier::Complex64;

/// Sums that are made side by side. Chosen: two vector registers of two double-precision values.
const LANES: usize = 4;

/// The weights of a Hann taper of one length at a time.
#[derive(Clone, Debug)]
pub(super) struct Taper {
    weights: Vec<f32>,
    /// Cosine and sine of the taper's one period at its samples.
    cosines: Vec<f64>,
    sines: Vec<f64>,
    /// Length of the current taper, samples.
    len: usize,
}

impl Taper {
    /// With room for `max_len` samples. Allocates.
    pub(super) fn new(max_len: usize) -> Self {
        Self { weights: vec![0.0; max_len], cosines: vec![0.0; max_len], sines: vec![0.0; max_len], len: 0 }
    }

    /// Samples in the longest taper.
    pub(super) fn max_len(&self) -> usize {
        self.weights.len()
    }

    /// Makes the taper one of `len` samples, at most [`Self::max_len`], unless it already is. Realtime-safe.
    pub(super) fn shape(&mut self, len: usize) {
        if self.len == len {
            return;
        }
        self.len = len;
        let step = Complex64::from_polar(1.0, TAU / len as f64);
        let mut turn = Complex64::from_polar(1.0, 0.5 * TAU / len as f64);
        for ((weight, cosine), sine) in self.weights.iter_mut().zip(&mut self.cosines).zip(&mut self.sines).take(len) {
            *weight = (0.5 - 0.5 * turn.re) as f32;
            (*cosine, *sine) = (turn.re, turn.im);
            turn *= step;
        }
    }

    /// The weights.
    pub(super) fn weights(&self) -> &[f32] {
        &self.weights[..self.len]
    }

    /// The power under the taper at the beginning of `squares`, which must be as long as it at least.
    pub(super) fn power<'a>(&self, squares: &'a [f32]) -> TaperedPower<'a> {
        let len = self.len;
        let (cosines, sines) = (&self.cosines[..len], &self.sines[..len]);
        let turning = Complex64::new(inner(cosines, squares), inner(sines, squares));
        let step = TAU / len as f64;
        TaperedPower {
            squares,
            len,
            sum: sum(&squares[..len]),
            turning,
            back: Complex64::from_polar(1.0, -step),
            first: Complex64::from_polar(1.0, 0.5 * step),
        }
    }
}

/// The power under a taper at a place that moves on.
pub(super) struct TaperedPower<'a> {
    /// The squares from this place on.
    squares: &'a [f32],
    len: usize,
    sum: f64,
    /// The bin of the taper's own period, with the phase counted from this place.
    turning: Complex64,
    back: Complex64,
    first: Complex64,
}

impl TaperedPower<'_> {
    /// The sum of the squares under the taper.
    pub(super) fn now(&self) -> f32 {
        (0.5 * (self.sum - self.turning.re)).max(0.0) as f32
    }

    /// Moves on by a value; where there is none behind the taper, as if it were zero.
    pub(super) fn advance(&mut self) {
        let Some((gone, rest)) = self.squares.split_first() else { return };
        let come = rest.get(self.len - 1).copied().unwrap_or(0.0);
        let change = f64::from(come) - f64::from(*gone);
        self.sum += change;
        self.turning = (self.turning + self.first * change) * self.back;
        self.squares = rest;
    }
}

/// The inner product, as far as both are long.
fn inner(weights: &[f64], values: &[f32]) -> f64 {
    let ((weights, weights_rest), (values, values_rest)) = (weights.as_chunks::<LANES>(), values.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (weights, values) in weights.iter().zip(values) {
        for ((sum, weight), value) in sums.iter_mut().zip(weights).zip(values) {
            *sum += weight * f64::from(*value);
        }
    }
    let from = values.as_flattened();
    let rest = from[weights.len() * LANES..].iter().chain(values_rest);
    let rest: f64 = weights_rest.iter().zip(rest).map(|(weight, value)| weight * f64::from(*value)).sum();
    sums.iter().sum::<f64>() + rest
}

/// The sum.
fn sum(values: &[f32]) -> f64 {
    let (values, rest) = values.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for values in values {
        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += f64::from(*value));
    }
    sums.iter().sum::<f64>() + rest.iter().map(|value| f64::from(*value)).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_power_is_that_under_the_taper_wherever_it_has_moved_to() {
        let squares: Vec<f32> =
            (0..900).map(|n| ((n as f32 * 0.37).sin() + 0.1 * (n as f32 * 1.9).cos()).powi(2)).collect();
        let mut taper = Taper::new(600);
        for len in [1, 2, 7, 128, 129, 200, 600] {
            taper.shape(len);
            let mut power = taper.power(&squares);
            for first in 0..300 {
                let under = taper.weights().iter().zip(&squares[first..]);
                let wanted: f64 = under.map(|(weight, square)| f64::from(*weight) * f64::from(*square)).sum();
                assert!((f64::from(power.now()) - wanted).abs() < 1e-6 * wanted.max(1e-3), "{len} at {first}");
                power.advance();
            }
        }
    }

    #[test]
    fn a_taper_is_a_hann_window_of_any_length() {
        let mut taper = Taper::new(601);
        for len in [601, 128, 3] {
            taper.shape(len);
            for (n, weight) in taper.weights().iter().enumerate() {
                let wanted = (std::f64::consts::PI * (n as f64 + 0.5) / len as f64).sin().powi(2);
                assert!((f64::from(*weight) - wanted).abs() < 1e-7, "{n} of {len}");
            }
        }
    }
}
