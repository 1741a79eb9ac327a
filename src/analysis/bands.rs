//! Power of a short stretch in the band that separates vowels from breaths and sibilants.
//!
//! In: the slow signal around a moment. Out: its power in the vowel band, 0.5–2.5 kHz (docs/design.md §5). The filter
//! is a Kaiser-windowed sinc, so nothing is remembered from one stretch to the next.

use crate::dsp::dot::{STRETCHES, dots};
use crate::dsp::sinc::kaiser_window;

/// Edges of the vowel band, Hz. Source: docs/design.md §5.
const VOWEL_BAND_HZ: std::ops::Range<f64> = 500.0..2500.0;
/// Filter length to either side, seconds. Chosen: edges are 400 Hz wide, and a vowel is still separated from the nasal
/// before it; longer has sharper edges and blurs onsets.
const HALF_LENGTH_S: f64 = 0.0013;
/// Kaiser's β. Chosen: 50 dB of stop band; larger suppresses more and widens the edges.
const KAISER_BETA: f64 = 5.0;

/// A band-pass for the vowel band.
#[derive(Clone, Debug)]
pub(super) struct VowelBand {
    taps: Vec<f32>,
}

impl VowelBand {
    /// For a slow signal of this rate. Allocates.
    pub(super) fn new(rate_hz: f64) -> Self {
        let half = (HALF_LENGTH_S * rate_hz).round() as i32;
        let low_pass = |edge_hz: f64, n: f64| {
            let x = 2.0 * edge_hz / rate_hz;
            let phase = std::f64::consts::PI * n * x;
            if n == 0.0 { x } else { x * phase.sin() / phase }
        };
        let tap = |n: i32| {
            let n = f64::from(n);
            let band = low_pass(VOWEL_BAND_HZ.end, n) - low_pass(VOWEL_BAND_HZ.start, n);
            (band * kaiser_window(n / f64::from(half + 1), KAISER_BETA)) as f32
        };
        Self { taps: (-half..=half).map(tap).collect() }
    }

    /// How many samples a stretch must be longer than what is measured.
    pub(super) fn extra_len(&self) -> usize {
        self.taps.len() - 1
    }

    /// Mean power of the band in a stretch.
    pub(super) fn power(&self, stretch: &[f32]) -> f32 {
        let n_values = stretch.len() - self.extra_len();
        let filtered = (0..n_values).step_by(STRETCHES).flat_map(|first| {
            let values = dots(&self.taps, &stretch[first..]);
            values.into_iter().take(n_values - first)
        });
        filtered.map(|value| value * value).sum::<f32>() / n_values as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vowels_pass_and_the_rest_does_not() {
        let band = VowelBand::new(12_000.0);
        let gain_db = |f_hz: f32| {
            let tone: Vec<f32> = (0..600).map(|n| (n as f32 * f_hz / 12_000.0 * std::f32::consts::TAU).sin()).collect();
            10.0 * (2.0 * band.power(&tone)).log10()
        };
        assert!(gain_db(1000.0).abs() < 1.0 && gain_db(2000.0).abs() < 1.0);
        assert!(gain_db(60.0) < -15.0 && gain_db(4000.0) < -35.0, "{} {}", gain_db(60.0), gain_db(4000.0));
    }
}
