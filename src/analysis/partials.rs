//! The partials of the last tenth of a second: the steady tones it is made of.
//!
//! In: the slow signal. Out: the peaks of its spectrum that are as narrow as a tone's, and whether a pitch has all of
//! its harmonics. A peak's position between the bins is that of a parabola through the logarithms around it. Source:
//! Smith, "Spectral Audio Signal Processing", chapter "Spectral Peak Detection".

use std::sync::Arc;

use fourier::{Complex32, RealToComplex};

/// Length of the window, seconds. Chosen: tones 25 Hz apart are separated, and speech has hardly moved; longer
/// separates more and smears movement.
const WINDOW_S: f64 = 0.085;
/// Where partials are looked for, Hz. Chosen: below is mains hum; above, vibrato smears the partials and the harmonics
/// of low voices are everywhere.
const RANGE_HZ: std::ops::Range<f64> = 72.0..1500.0;
/// Partials kept, the lowest first. Chosen: a triad of low voices has fewer; more cost time.
const MAX_PARTIALS: usize = 40;
/// Power relative to the strongest partial below which a peak is a side lobe or noise. Chosen: 30 dB; larger misses
/// soft partials, smaller admits side lobes.
const LEAST_SHARE: f32 = 1e-3;
/// Power of a peak relative to the sum of the bins two away; a steady tone has 24 and more. Measured: on the test
/// material, with 5 the peaks of whispering and reverberation counted for twice as much as with 10; with 14 those of
/// real choirs begin to be lost.
const LEAST_SHARPNESS: f32 = 10.0;

/// Harmonics are examined up to here, Hz. Chosen: higher harmonics are smeared by vibrato and by the pitch's own error.
const HARMONICS_TO_HZ: f32 = 1300.0;
/// Harmonics at most. Source: computed from the lowest pitch.
const MAX_HARMONICS: usize = HARMONICS_TO_HZ as usize / super::pitch::MIN_F0_HZ as usize;
/// From this harmonic on one more bin on either side is examined. Chosen: there the error of the pitch exceeds a bin's
/// width; smaller finds neighbouring peaks.
const WIDE_FROM: usize = 7;
/// Every other harmonic is this far below its neighbours, dB, where the pitch is half that of a voice whose pulses
/// alternate. Chosen: larger misses growls, smaller finds them in ordinary voices.
const ALTERNATING_DB: f32 = 4.0;
/// A smaller count of harmonics is no evidence of that. Chosen: more misses high voices, fewer decides by chance.
const LEAST_ALTERNATING: usize = 4;
/// What is further below the strongest harmonic is noise, dB. Chosen: larger counts noise as harmonics, smaller ignores
/// soft ones.
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
    /// The bins of the range, with two more on either side for comparison with its peaks.
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
        let fft = fourier::forward(len);
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

    /// Length of the window, samples of the slow signal.
    pub(super) fn window_len(&self) -> usize {
        self.taper.len()
    }

    /// Width of a bin, Hz.
    pub(super) fn bin_hz(&self) -> f32 {
        self.bin_hz
    }

    /// Analyses `window`, [`Self::window_len`] samples. Realtime-safe.
    pub(super) fn look(&mut self, window: &[f32]) {
        debug_assert_eq!(window.len(), self.window_len());
        for (tapered, (sample, taper)) in self.tapered.iter_mut().zip(window.iter().zip(&self.taper)) {
            *tapered = sample * taper;
        }
        // The lengths were made to fit in `new`; a failure would leave the last window's result, never a panic.
        let _ = self.fft.process_with_scratch(&mut self.tapered, &mut self.spectrum, &mut self.scratch);
        self.powers.iter_mut().zip(&self.spectrum).for_each(|(power, bin)| *power = bin.norm_sqr());
    }

    /// Rms of the window in the range of partials; 1 for a tone whose amplitude is √2.
    pub(super) fn amplitude(&self) -> f32 {
        // A Hann window of N samples has 3/8 of the power, half of which is at negative frequencies.
        let scale = 16.0 / (3.0 * (self.window_len() * self.window_len()) as f32);
        (scale * self.powers[self.bins.clone()].iter().sum::<f32>()).sqrt()
    }

    /// The partials of the last window.
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

    /// Whether a pitch is an octave below that of a voice whose pulses alternate, as in a growl: then each of its odd
    /// harmonics is weaker than its neighbours.
    pub(super) fn is_subharmonic(&self, f0_hz: f32) -> bool {
        let (levels_db, n) = self.harmonics_db(f0_hz);
        let neighbour_db = |index: usize| if index < n { levels_db[index] } else { f32::INFINITY };
        let is_weak = |index: usize| {
            let before_db = index.checked_sub(1).map_or(f32::INFINITY, neighbour_db);
            before_db.min(neighbour_db(index + 1)) - levels_db[index] >= ALTERNATING_DB
        };
        n >= LEAST_ALTERNATING && (0..n).step_by(2).all(is_weak)
    }

    /// How far the two weakest harmonics of a low pitch are below their neighbours, dB.
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

/// The vertex of the parabola through the logarithms of three powers, in bins from the middle.
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
    fn what_is_broader_than_a_tone_is_no_partial() {
        let mut spectrum = Spectrum::new(12_000.0);
        let (tau, len) = (std::f32::consts::TAU, spectrum.window_len());
        // A tone, and one that comes and goes so fast that it fills several bins.
        let mut n_found = |width_hz: f32| {
            let sample = |n: usize| {
                let time_s = (n as f32 - 0.5 * len as f32) / 12_000.0;
                (tau * 503.0 * time_s).sin() * (-0.5 * (tau * width_hz * time_s).powi(2)).exp()
            };
            spectrum.look(&(0..len).map(sample).collect::<Vec<_>>());
            spectrum.partials().as_slice().len()
        };
        assert_eq!([0.0, 60.0].map(&mut n_found), [1, 0]);
    }

    #[test]
    fn high_harmonics_are_found_although_the_pitch_is_a_little_off() {
        let mut spectrum = Spectrum::new(12_000.0);
        let tone = |n: usize, number: f32| (std::f32::consts::TAU * 70.0 * number * n as f32 / 12_000.0).sin();
        let sample = |n: usize| (1_u8..=12).map(|number| tone(n, f32::from(number))).sum();
        spectrum.look(&(0..spectrum.window_len()).map(sample).collect::<Vec<_>>());
        // The twelfth is then 2.6 bins from where it is looked for.
        for off_hz in [-0.217, 0.0, 0.217].map(|bins| bins * spectrum.bin_hz) {
            let (levels_db, _) = spectrum.harmonics_db(70.0 + off_hz);
            let loudest_db = levels_db[..12].iter().copied().fold(f32::MIN, f32::max);
            assert!(levels_db[..12].iter().all(|db| loudest_db - db < 5.0), "{off_hz} Hz: {:.1?}", &levels_db[..12]);
        }
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
