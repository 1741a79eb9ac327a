//! The spectrum of a curve's movement, 0 to 20 Hz.
//!
//! In: values on the 5 ms grid, at least two. Out: their periodogram through a Hann window, scaled so that the powers
//! of all bins sum up to the mean square. Padded with zeros to 5.12 s or more, so that a bin is at most 0.2 Hz wide.

use std::f64::consts::{PI, TAU};
use std::ops::Range;

use super::numbers::slope;
use super::track::HOP_S;

/// Faster movement is jitter rather than pitch, Hz. Source: docs/voice.md, "Human against machine".
const HIGHEST_HZ: f64 = 20.0;
/// The shortest transform, hops. Source: computed from a bin width of 0.2 Hz at most.
const LEAST_HOPS: usize = 1024;

/// Powers by frequency.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spectrum {
    bin_hz: f64,
    powers: Vec<f64>,
}

impl Spectrum {
    /// The spectrum of a curve without its mean.
    pub(super) fn new(curve: &[f64]) -> Self {
        let n = curve.len();
        let window: Vec<f64> = (1..=n).map(|k| 0.5 - 0.5 * (TAU * k as f64 / (n + 1) as f64).cos()).collect();
        let weight: f64 = window.iter().sum();
        let mean = curve.iter().zip(&window).map(|(value, weight)| value * weight).sum::<f64>() / weight;
        let windowed: Vec<f64> = curve.iter().zip(&window).map(|(value, weight)| (value - mean) * weight).collect();
        let n_hops = n.max(LEAST_HOPS).next_power_of_two();
        let bin_hz = 1.0 / (n_hops as f64 * HOP_S);
        let scale = 2.0 / (window.iter().map(|weight| weight * weight).sum::<f64>() * n_hops as f64);
        let n_bins = (HIGHEST_HZ / bin_hz).ceil() as usize;
        let powers = (0..n_bins).map(|bin| scale * power(&windowed, 2.0 * PI * bin as f64 / n_hops as f64)).collect();
        Self { bin_hz, powers }
    }

    fn bins(&self, band_hz: &Range<f64>) -> impl Iterator<Item = (f64, f64)> {
        let bins = self.powers.iter().enumerate().map(|(bin, power)| (bin as f64 * self.bin_hz, *power));
        bins.filter(|(hz, _)| band_hz.contains(hz))
    }

    /// The mean square of the movement in a band.
    pub(super) fn power(&self, band_hz: &Range<f64>) -> f64 {
        self.bins(band_hz).map(|(_, power)| power).sum()
    }

    /// The root mean square of the movement in a band.
    pub(super) fn rms(&self, band_hz: &Range<f64>) -> f64 {
        self.power(band_hz).sqrt()
    }

    /// The frequency in a band with the most power.
    pub(super) fn peak_hz(&self, band_hz: &Range<f64>) -> Option<f64> {
        self.bins(band_hz).max_by(|a, b| a.1.total_cmp(&b.1)).map(|(hz, _)| hz)
    }

    /// The slope of the power over some bands, dB per octave; falling is negative. `None` where nothing moves.
    pub(super) fn slope_db_per_octave(&self, bands_hz: &[Range<f64>]) -> Option<f64> {
        let bins = bands_hz.iter().flat_map(|band_hz| self.bins(band_hz)).filter(|(_, power)| *power > 0.0);
        // A millionth of a cent keeps an almost empty bin from dominating the line.
        let points: Vec<_> = bins.map(|(hz, power)| (hz.log2(), 10.0 * (power + 1e-12).log10())).collect();
        slope(&points)
    }
}

/// The squared magnitude of one Fourier coefficient.
fn power(values: &[f64], radians_per_hop: f64) -> f64 {
    let (sin, cos) = radians_per_hop.sin_cos();
    let (mut re, mut im, mut sum_re, mut sum_im) = (1.0, 0.0, 0.0, 0.0);
    for value in values {
        sum_re += value * re;
        sum_im += value * im;
        (re, im) = (re * cos - im * sin, re * sin + im * cos);
    }
    sum_re * sum_re + sum_im * sum_im
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sine_has_its_power_at_its_frequency() {
        for (hz, amplitude) in [(1.0, 14.0), (5.5, 40.0), (12.0, 3.0)] {
            let curve: Vec<f64> = (0..400).map(|k| 7.0 + amplitude * (TAU * hz * k as f64 * HOP_S).sin()).collect();
            let spectrum = Spectrum::new(&curve);
            let rms = spectrum.rms(&(hz - 0.9..hz + 0.9));
            assert!((rms / amplitude * 2.0_f64.sqrt() - 1.0).abs() < 0.03, "{hz} Hz: {rms}");
            assert!(spectrum.peak_hz(&(0.5..20.0)).is_some_and(|peak_hz| (peak_hz - hz).abs() < 0.11));
            assert!(spectrum.rms(&(hz + 2.0..20.0)) < 0.02 * amplitude);
        }
    }

    #[test]
    fn nothing_moves_in_a_level_curve() {
        let spectrum = Spectrum::new(&[5.0; 200]);
        assert!(spectrum.rms(&(0.0..20.0)) < 1e-9);
    }
}
