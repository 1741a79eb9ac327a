//! The envelope of a high voice: interpolated through its harmonics.
//!
//! In: a stretch of the slow signal and its f0. Out: levels without a trace of the harmonics. The spectrum is cut into
//! one piece around each multiple of f0; the power of each piece is the harmonic's, or that of the noise there. A cubic
//! through their logarithms is the envelope. No peaks are picked, so noise and a slightly wrong f0 do no harm. Source:
//! Paul, "The spectral envelope estimation vocoder", IEEE Trans. ASSP 29, 1981, §III, which picks peaks and joins them
//! by lines. Smoothing over f0 (Morise, "CheapTrick", Speech Communication 67, 2015) was tried: it comes no nearer to
//! the same vowel sung low (4.4 dB rms at 500 Hz, here 4.3) and costs four times as much.

use std::f32::consts::TAU;
use std::sync::Arc;

use fourier::{Complex32, RealToComplex};

use super::scale::cubic;
use super::{BANDS, Levels};

/// Periods transformed at a time. Chosen: with four, the main lobe of a harmonic just fills its own piece; more blur
/// moving formants, fewer mix neighbouring harmonics.
const PERIODS: f32 = 4.0;
/// Higher voices than this are treated as if they had it, Hz. Chosen: above any sung note; it bounds the cost.
const MAX_F0_HZ: f32 = 1600.0;
/// Harmonics at most. Chosen: as many as the lowest voice of the cross-fade has at any rate.
const MAX_HARMONICS: usize = 128;
/// Least power density relative to the mean. Chosen: the range of single precision; it only keeps the logarithm finite.
const FLOOR: f32 = 1e-10;

/// Finds the envelope from harmonics.
#[derive(Clone)]
pub(super) struct Joiner {
    rate_hz: f32,
    lowest_f0_hz: f32,
    frequencies_hz: Levels,
    fft: Arc<dyn RealToComplex<f32>>,
    padded: Vec<f32>,
    spectrum: Vec<Complex32>,
    scratch: Vec<Complex32>,
    /// Cumulative power: the sum of all bins before each. `[n / 2 + 2]`
    power_before: Vec<f64>,
}

impl Joiner {
    /// For voices from `lowest_f0_hz` on; levels are wanted at `frequencies_hz`. Allocates.
    pub(super) fn new(rate_hz: f64, lowest_f0_hz: f64, frequencies_hz: [f64; BANDS]) -> Self {
        let longest = (f64::from(PERIODS) * rate_hz / lowest_f0_hz).ceil() as usize + 1;
        let fft_len = longest.next_power_of_two();
        let fft = fourier::forward(fft_len);
        Self {
            rate_hz: rate_hz as f32,
            lowest_f0_hz: lowest_f0_hz as f32,
            frequencies_hz: frequencies_hz.map(|hz| hz as f32),
            padded: fft.make_input_vec(),
            spectrum: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            power_before: vec![0.0; fft_len / 2 + 2],
            fft,
        }
    }

    /// Power density at the frequencies, dB relative to white sound of the stretch's power.
    pub(super) fn levels_db(&mut self, stretch: &[f32], f0_hz: f32) -> Levels {
        // At low rates two harmonics at least must fit into the band.
        let f0_hz = f0_hz.min(MAX_F0_HZ.min(0.2 * self.rate_hz)).max(self.lowest_f0_hz);
        self.transform(stretch, f0_hz);
        let bins_per_hz = self.padded.len() as f32 / self.rate_hz;
        let (mut harmonics_db, mut n) = ([0.0; MAX_HARMONICS], 0);
        let scale = 1.0 / (self.density(0.0, 0.5 * self.rate_hz * bins_per_hz) + f32::MIN_POSITIVE);
        while n < MAX_HARMONICS && (n as f32 + 1.5) * f0_hz <= 0.5 * self.rate_hz {
            let [from, to] = [n as f32 + 0.5, n as f32 + 1.5].map(|place| place * f0_hz * bins_per_hz);
            harmonics_db[n] = 10.0 * (scale * self.density(from, to)).max(FLOOR).log10();
            n += 1;
        }
        // Below the first harmonic and above the last, their levels are held.
        let level = |number: usize| harmonics_db[number.clamp(1, n.max(1)) - 1];
        self.frequencies_hz.map(|hz| {
            let place = hz / f0_hz;
            let below = place as usize;
            let around = [level(below.saturating_sub(1)), level(below), level(below + 1), level(below + 2)];
            cubic(around, place - below as f32)
        })
    }

    /// The cumulative power spectrum of a few periods in the middle of the stretch.
    fn transform(&mut self, stretch: &[f32], f0_hz: f32) {
        let length = PERIODS * self.rate_hz / f0_hz;
        let n = (length as usize).min(stretch.len()).min(self.padded.len());
        let middle = &stretch[(stretch.len() - n) / 2..][..n];
        // A Hann window from a rotating phasor, so that its length is that of the periods to a fraction of a sample.
        let step = Complex32::from_polar(1.0, TAU / length);
        let mut turn = Complex32::from_polar(1.0, -0.5 * TAU / length * (n as f32 - 1.0));
        for (padded, sample) in self.padded.iter_mut().zip(middle) {
            *padded = (0.5 + 0.5 * turn.re) * sample;
            turn *= step;
        }
        self.padded[n..].fill(0.0);
        // The lengths were made to fit in `new`; a failure would leave the last spectrum, never a panic.
        let _ = self.fft.process_with_scratch(&mut self.padded, &mut self.spectrum, &mut self.scratch);
        let mut sum = 0.0;
        for (before, bin) in self.power_before[1..].iter_mut().zip(&self.spectrum) {
            sum += f64::from(bin.norm_sqr());
            *before = sum;
        }
    }

    /// The mean power between two positions, in bins.
    fn density(&self, from: f32, to: f32) -> f32 {
        ((self.power_until(to) - self.power_until(from)) / f64::from(to - from)) as f32
    }

    /// The cumulative power up to a position, in bins; a bin extends half a bin either way.
    fn power_until(&self, place: f32) -> f64 {
        let last = self.power_before.len() - 1;
        let place = (place + 0.5).clamp(0.0, last as f32);
        let left = (place as usize).min(last - 1);
        let before = &self.power_before;
        before[left] + f64::from(place - left as f32) * (before[left + 1] - before[left])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_between_two_places_is_that_of_the_bins_and_their_parts() {
        let mut joiner = Joiner::new(16_000.0, 300.0, std::array::from_fn(|band| 100.0 * (band + 1) as f64));
        // Bin k has the power k + 1.
        let mut sum = 0.0;
        for (k, before) in joiner.power_before[1..].iter_mut().enumerate() {
            sum += k as f64 + 1.0;
            *before = sum;
        }
        for k in [0, 1, 9, 40] {
            // A bin extends half a bin either way, and has one density all over.
            let (place, power) = (k as f32, k as f32 + 1.0);
            for (from, to) in [(-0.5, 0.5), (-0.5, 0.0), (-0.2, 0.3)] {
                assert!((joiner.density(place + from, place + to) - power).abs() < 1e-3, "{k} {from} {to}");
            }
            assert!((joiner.density(place, place + 1.0) - (power + 0.5)).abs() < 1e-3);
        }
    }
}
