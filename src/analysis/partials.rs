//! The partials of the last tenth of a second: which steady tones it is made of.
//!
//! In: the slow signal. Out: the peaks of its spectrum that are as narrow as a tone's, and whether a pitch has all
//! of its harmonics. A peak's place between the bins is that of a parabola through the logarithms around it. Source:
//! Smith, "Spectral Audio Signal Processing", chapter "Spectral Peak Detection".

use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

/// Length of the window, seconds: tones 25 Hz apart are told apart, and speech has hardly moved.
const WINDOW_S: f64 = 0.085;
/// Where partials are looked for, Hz: below lies the mains' hum, above vibrato smears them and the combs of low voices
/// are everywhere.
const RANGE_HZ: std::ops::Range<f64> = 72.0..1500.0;
/// Partials kept, the lowest first; a triad of low voices has fewer.
const MAX_PARTIALS: usize = 40;
/// Weaker than the strongest by more than this is the window's side lobes, or noise.
const LEAST_SHARE: f32 = 1e-3;
/// By how much a peak stands out of the bins two away: a steady tone by 24 and more. With 5 the peaks of whispering and
/// of reverberation counted for twice as much as with 10; with 14 those of real choirs begin to be lost.
const LEAST_SHARPNESS: f32 = 10.0;

/// Harmonics are asked for up to here, Hz.
const HARMONICS_TO_HZ: f32 = 1300.0;
const MAX_HARMONICS: usize = HARMONICS_TO_HZ as usize / super::pitch::MIN_F0_HZ as usize;
/// From this harmonic on the error of the pitch counts, and one more bin on either side is looked at.
const WIDE_FROM: usize = 7;
/// Every other harmonic of a pitch lies so far below its neighbours, dB, where the pitch is but half of a voice's whose
/// pulses alternate.
const ALTERNATING_DB: f32 = 4.0;
/// A smaller count of harmonics shows nothing of that kind.
const LEAST_ALTERNATING: usize = 4;
/// Deeper than this below the strongest harmonic is noise, dB.
const HARMONIC_RANGE_DB: f32 = 35.0;
/// A tone.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Partial {
    pub(super) f_hz: f32,
    pub(super) power: f32,
}

/// The tones of one moment, lowest first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Partials {
    list: [Partial; MAX_PARTIALS],
    len: usize,
}

impl Partials {
    pub(super) const NONE: Self = Self { list: [Partial { f_hz: 0.0, power: 0.0 }; MAX_PARTIALS], len: 0 };

    pub(super) fn as_slice(&self) -> &[Partial] {
        &self.list[..self.len]
    }
}

/// Finds partials.
#[derive(Clone)]
pub(super) struct Spectrum {
    bin_hz: f32,
    /// The bins of the range, with two more on either side that its peaks are compared with.
    bins: std::ops::Range<usize>,
    taper: Vec<f32>,
    fft: Arc<dyn RealToComplex<f32>>,
    tapered: Vec<f32>,
    spectrum: Vec<Complex32>,
    scratch: Vec<Complex32>,
    powers: Vec<f32>,
}

impl Spectrum {
    /// For a slow signal of this rate. Allocates.
    pub(super) fn new(rate_hz: f64) -> Self {
        let len = super::pitch::good_fft_len((WINDOW_S * rate_hz).ceil() as usize);
        let fft = RealFftPlanner::new().plan_fft_forward(len);
        let bin_hz = rate_hz / len as f64;
        let last = ((RANGE_HZ.end / bin_hz) as usize).min(len / 2 - 2);
        let turn = |n: usize| std::f64::consts::TAU * n as f64 / len as f64;
        Self {
            bin_hz: bin_hz as f32,
            bins: ((RANGE_HZ.start / bin_hz) as usize).max(3)..last,
            taper: (0..len).map(|n| (0.5 - 0.5 * turn(n).cos()) as f32).collect(),
            tapered: fft.make_input_vec(),
            spectrum: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            powers: vec![0.0; last + 2],
            fft,
        }
    }

    /// Samples of the slow signal that are looked at.
    pub(super) fn window_len(&self) -> usize {
        self.taper.len()
    }

    /// The distance of the spectrum's bins, Hz.
    pub(super) fn bin_hz(&self) -> f32 {
        self.bin_hz
    }

    /// Looks at `window`, [`Self::window_len`] samples. Realtime-safe.
    pub(super) fn look(&mut self, window: &[f32]) {
        debug_assert_eq!(window.len(), self.window_len());
        for (tapered, (sample, taper)) in self.tapered.iter_mut().zip(window.iter().zip(&self.taper)) {
            *tapered = sample * taper;
        }
        // The lengths were made to fit in `new`; a failure would leave the last window's result, never a panic.
        let _ = self.fft.process_with_scratch(&mut self.tapered, &mut self.spectrum, &mut self.scratch);
        self.powers.iter_mut().zip(&self.spectrum).for_each(|(power, bin)| *power = bin.norm_sqr());
    }

    /// Rms of what was looked at in the range of partials; 1 for a tone whose amplitude is √2.
    pub(super) fn amplitude(&self) -> f32 {
        // A Hann window of N samples takes 3/8 of the power, half of which lies at negative frequencies.
        let scale = 16.0 / (3.0 * (self.window_len() * self.window_len()) as f32);
        (scale * self.powers[self.bins.clone()].iter().sum::<f32>()).sqrt()
    }

    /// The partials of what was looked at.
    pub(super) fn partials(&self) -> Partials {
        let mut found = Partials::NONE;
        let least = LEAST_SHARE * self.powers[self.bins.clone()].iter().copied().fold(0.0, f32::max);
        for bin in self.bins.clone() {
            let here = self.powers[bin];
            let [left, right] = [self.powers[bin - 1], self.powers[bin + 1]];
            let is_peak = here > least && here > left && here >= right;
            let is_sharp = here > LEAST_SHARPNESS * (self.powers[bin - 2] + self.powers[bin + 2]);
            if is_peak && is_sharp && found.len < MAX_PARTIALS {
                let shift = parabola_shift([left, here, right]);
                found.list[found.len] = Partial { f_hz: (bin as f32 + shift) * self.bin_hz, power: here };
                found.len += 1;
            }
        }
        found
    }

    /// The levels of a pitch's harmonics, dB, and how many there are.
    fn harmonics_db(&self, f0_hz: f32) -> ([f32; MAX_HARMONICS], usize) {
        let n_harmonics = ((HARMONICS_TO_HZ / f0_hz) as usize).min(MAX_HARMONICS);
        let mut levels_db = [0.0_f32; MAX_HARMONICS];
        for (number, level_db) in (1..).zip(&mut levels_db[..n_harmonics]) {
            let n_bins_around = if number < WIDE_FROM { 1 } else { 2 };
            *level_db = self.level_db(number as f32 * f0_hz, n_bins_around);
        }
        let strongest_db = levels_db[..n_harmonics].iter().copied().fold(f32::NEG_INFINITY, f32::max);
        levels_db.iter_mut().for_each(|level_db| *level_db = level_db.max(strongest_db - HARMONIC_RANGE_DB));
        (levels_db, n_harmonics)
    }

    /// Whether a pitch is an octave below that of a voice whose pulses alternate, as they do in a growl: each of its
    /// odd harmonics is weaker than those beside it.
    pub(super) fn is_subharmonic(&self, f0_hz: f32) -> bool {
        let (levels_db, n) = self.harmonics_db(f0_hz);
        let neighbour_db = |index: usize| if index < n { levels_db[index] } else { f32::INFINITY };
        let is_weak = |index: usize| {
            let before_db = index.checked_sub(1).map_or(f32::INFINITY, neighbour_db);
            before_db.min(neighbour_db(index + 1)) - levels_db[index] >= ALTERNATING_DB
        };
        n >= LEAST_ALTERNATING && (0..n).step_by(2).all(is_weak)
    }

    /// How far the two harmonics of a low pitch that are missed most lie below their neighbours, dB.
    pub(super) fn missing_db(&self, f0_hz: f32) -> f32 {
        let (levels_db, n_harmonics) = self.harmonics_db(f0_hz);
        let levels_db = &levels_db[..n_harmonics];
        let (mut most_db, mut second_db) = (0.0_f32, 0.0_f32);
        for around in levels_db.windows(3) {
            let missing_db = around[0].min(around[2]) - around[1];
            second_db = second_db.max(missing_db.min(most_db));
            most_db = most_db.max(missing_db);
        }
        0.5 * (most_db + second_db)
    }

    /// The highest level within some bins of a frequency, dB.
    fn level_db(&self, f_hz: f32, n_bins_around: usize) -> f32 {
        let middle = (f_hz / self.bin_hz).round() as usize;
        let from = middle.saturating_sub(n_bins_around).max(1);
        let to = (middle + n_bins_around + 1).min(self.powers.len());
        let around = self.powers.get(from..to).unwrap_or_default();
        10.0 * around.iter().copied().fold(1e-12, f32::max).log10()
    }
}

/// Where the parabola through the logarithms of three powers is highest, in bins from the middle.
fn parabola_shift(powers: [f32; 3]) -> f32 {
    let [left, here, right] = powers.map(|power| power.max(1e-30).ln());
    let curvature = left - 2.0 * here + right;
    if curvature < 0.0 { (0.5 * (left - right) / curvature).clamp(-0.5, 0.5) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tones_are_found_where_they_are() {
        let mut spectrum = Spectrum::new(12_000.0);
        let tone = |n: usize, f_hz: f32| (std::f32::consts::TAU * f_hz * n as f32 / 12_000.0).sin();
        let window: Vec<f32> = (0..spectrum.window_len()).map(|n| tone(n, 123.4) + 0.1 * tone(n, 567.8)).collect();
        spectrum.look(&window);
        let partials = spectrum.partials();
        let [low, high] = partials.as_slice() else { panic!("{partials:?}") };
        assert!((low.f_hz - 123.4).abs() < 0.5 && (high.f_hz - 567.8).abs() < 0.5, "{low:?} {high:?}");
        assert!((low.power / high.power / 100.0 - 1.0).abs() < 0.2);
        assert!((spectrum.amplitude() - 0.505_f32.sqrt()).abs() < 0.01, "{}", spectrum.amplitude());
    }

    #[test]
    fn what_is_30_db_below_the_strongest_is_no_partial_however_loud_all_is() {
        let mut spectrum = Spectrum::new(12_000.0);
        let tone = |n: usize, f_hz: f32| (std::f32::consts::TAU * f_hz * n as f32 / 12_000.0).sin();
        for gain in [1.0, 0.01, 1e-4] {
            for (weaker_db, n_found) in [(-26.0, 2), (-34.0, 1)] {
                let weak = 10_f32.powf(weaker_db / 20.0);
                let sample = |n: usize| gain * (tone(n, 200.0) + weak * tone(n, 700.0));
                spectrum.look(&(0..spectrum.window_len()).map(sample).collect::<Vec<_>>());
                assert_eq!(spectrum.partials().as_slice().len(), n_found, "{weaker_db} dB, {gain}");
            }
        }
    }

    #[test]
    fn a_pitch_below_a_growl_is_told_from_a_voice_and_from_a_chord() {
        let mut spectrum = Spectrum::new(12_000.0);
        let mut is_subharmonic = |level: &dyn Fn(usize) -> f32| {
            let tone = |n: usize, number: usize| {
                level(number) * (std::f32::consts::TAU * 110.0 * (number * n) as f32 / 12_000.0).sin()
            };
            let sample = |n: usize| (1..=12).map(|number| tone(n, number)).sum();
            spectrum.look(&(0..spectrum.window_len()).map(sample).collect::<Vec<_>>());
            spectrum.is_subharmonic(110.0)
        };
        assert!(is_subharmonic(&|number| if number % 2 == 1 { 0.1 } else { 1.0 }), "a growl at 220 Hz");
        assert!(!is_subharmonic(&|number| 1.0 / number as f32), "a voice at 110 Hz");
        assert!(!is_subharmonic(&|number| if [2, 3, 4, 6, 8, 9, 10, 12].contains(&number) { 1.0 } else { 0.0 }));
    }

    #[test]
    fn the_common_fundamental_of_a_chord_misses_harmonics() {
        let mut spectrum = Spectrum::new(12_000.0);
        let mut missing_db = |numbers: &[f32]| {
            let tone = |n: usize, number: f32| (std::f32::consts::TAU * 70.0 * number * n as f32 / 12_000.0).sin();
            let window: Vec<f32> = (0..spectrum.window_len())
                .map(|n| numbers.iter().map(|number| tone(n, *number) / number).sum())
                .collect();
            spectrum.look(&window);
            spectrum.missing_db(70.0)
        };
        assert!(missing_db(&[2.0, 3.0, 4.0, 6.0, 8.0, 9.0, 10.0, 12.0]) > 15.0);
        assert!(missing_db(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]) < 1.0);
    }

    #[test]
    fn silence_has_no_partials() {
        let mut spectrum = Spectrum::new(12_000.0);
        spectrum.look(&vec![0.0; spectrum.window_len()]);
        assert!(spectrum.partials().as_slice().is_empty());
        assert_eq!(spectrum.amplitude(), 0.0);
        assert!(spectrum.level_db(1e9, 1).is_finite());
    }
}
