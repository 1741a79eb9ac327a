//! How much of the voice is harmonics and how much is breath noise, band by band.
//!
//! In: a stretch of the signal and its f0. Out: harmonics-to-noise ratios in 0–1, 1–3, 3–6 and 6–10 kHz. The stretch is
//! compared with itself one period later: what repeats is voice, what does not is noise; with correlation c the ratio
//! is c/(1 − c). A gliding period would be taken for noise, at 8 kHz already with a glide of one cent, so first the
//! period and its rate of change are refined by least squares, and the later copy is read along that warp, as in
//! pitch-synchronous comb filtering. Sources: Boersma, IFA Proceedings 17, 1993, eq. 4, for the ratio; Yumoto, Gould &
//! Baer, "Harmonics-to-noise ratio as an index of the degree of hoarseness", JASA 71, 1982, for comparing periods.

mod warp;

use std::f32::consts::TAU;
use std::sync::Arc;

use fourier::{Complex32, RealToComplex};

use warp::Warp;

/// The bands, Hz. Source: docs/voice.md, "Human against machine" (the bands of its harmonics-to-noise ratios).
pub const BANDS_HZ: [[f64; 2]; 4] = [[80.0, 1000.0], [1000.0, 3000.0], [3000.0, 6000.0], [6000.0, 10_000.0]];
/// The range of a ratio, dB. Chosen: from no voice at all to as little noise as single precision can show.
pub const RANGE_DB: [f32; 2] = [-10.0, 60.0];

/// The lowest voice, Hz; a lower one is treated as this one. Source: docs/design.md §5.
const MIN_F0_HZ: f64 = 60.0;
/// Length of what is compared with itself a period later, seconds: 512 samples at 24 kHz. A harmonic within 2 / this =
/// 94 Hz of a band's edge counts in both bands; leaving the edges out lost more than that adds. Measured: twice as long
/// cost twice as much and was, over many calls, no nearer to the truth; shorter stretches of a vibrato are also
/// straighter.
const COMPARED_S: f64 = 0.0213;
/// Above this share of the rate nothing is measured. Chosen: the filters before it and the interpolation between
/// samples roll off there; higher would measure them.
const HIGHEST_PER_RATE: f64 = 0.44;
/// A band narrower than this, as a ratio of its ends, is not measured. Chosen: narrower bands have too few bins to be
/// sure of.
const LEAST_WIDTH: f64 = 1.15;

/// A stretch that peaks below this is silence. Chosen: the square of anything smaller could not be distinguished from
/// zero.
const SILENCE: f32 = 1e-15;
/// Power of a band, in a stretch that peaks at 1, below which there is only rounding. Chosen: larger would drop bands
/// of dark voices, smaller would measure rounding.
const SILENT_POWER: f32 = 1e-9;

/// Lower limit of the curvature of the error against a shift, as a share of that of pure harmonics. Chosen: noise has
/// none, and would seem to gain by any shift; smaller lets it gain more, larger corrects quiet harmonics less.
const LEAST_STIFFNESS: f32 = 0.3;
/// The largest share of the noise that a shift may remove. Chosen: 20 dB; larger makes noise look harmonic, smaller
/// limits the ratio of clean voices.
const MOST_GAINED: f32 = 0.99;

/// Finds harmonics-to-noise ratios.
#[derive(Clone)]
pub struct HarmonicityFinder {
    rate_hz: f64,
    warp: Warp,
    fft: Arc<dyn RealToComplex<f32>>,
    /// The stretch, scaled to a peak of 1 so that nothing can overflow.
    stretch: Vec<f32>,
    /// The stretch from its second period on, read along the warp.
    later: Vec<f32>,
    /// A Hann window, as long as what was compared last.
    taper: Vec<f32>,
    padded: Vec<f32>,
    /// Spectra of the stretch and of its later copy.
    spectra: [Vec<Complex32>; 2],
    scratch: Vec<Complex32>,
    /// First bin of each band, and the one after its last.
    bins: [[usize; 2]; 4],
}

impl HarmonicityFinder {
    /// For a signal of this rate, 8 to 48 kHz. Allocates.
    pub fn new(rate_hz: f64) -> Self {
        let compared = (COMPARED_S * rate_hz).ceil() as usize;
        let fft_len = compared.next_power_of_two();
        let fft = fourier::forward(fft_len);
        let bins = BANDS_HZ.map(|[from_hz, to_hz]| {
            let to_hz = to_hz.min(HIGHEST_PER_RATE * rate_hz);
            let place = |hz: f64| (hz * fft_len as f64 / rate_hz).round() as usize;
            if to_hz < LEAST_WIDTH * from_hz { [0, 0] } else { [place(from_hz), place(to_hz)] }
        });
        Self {
            rate_hz,
            warp: Warp::new(),
            stretch: vec![0.0; compared + (rate_hz / MIN_F0_HZ).ceil() as usize + warp::MARGIN],
            later: vec![0.0; compared],
            taper: Vec::with_capacity(compared),
            padded: fft.make_input_vec(),
            spectra: [fft.make_output_vec(), fft.make_output_vec()],
            scratch: fft.make_scratch_vec(),
            bins,
            fft,
        }
    }

    /// Samples needed for a voice of `f0_hz`; the moment is in their middle.
    pub fn stretch_len(&self, f0_hz: f32) -> usize {
        let period_s = 1.0 / f64::from(f0_hz).max(MIN_F0_HZ);
        self.later.len() + (period_s * self.rate_hz).ceil() as usize + warp::MARGIN
    }

    /// The ratio in each of [`BANDS_HZ`] in the middle of `stretch`, dB, within [`RANGE_DB`]. It is the range's lower
    /// end where the band is above the rate's range, the signal is unvoiced (`f0_hz` 0), or the stretch is much too
    /// short. Of a stretch longer than [`Self::stretch_len`] the middle is used. Realtime-safe.
    pub fn find(&mut self, stretch: &[f32], f0_hz: f32) -> [f32; 4] {
        let lowest = [RANGE_DB[0]; 4];
        if f0_hz.is_nan() || f0_hz <= 0.0 {
            return lowest;
        }
        let len = self.stretch_len(f0_hz).min(stretch.len());
        let stretch = &stretch[(stretch.len() - len) / 2..][..len];
        let period = (self.rate_hz / f64::from(f0_hz).max(MIN_F0_HZ)) as f32;
        let compared = (len - (period.ceil() as usize + warp::MARGIN).min(len)).min(self.later.len());
        let peak = stretch.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        if compared < self.later.len() / 2 || !(SILENCE..f32::INFINITY).contains(&peak) {
            return lowest;
        }
        for (to, from) in self.stretch.iter_mut().zip(stretch) {
            *to = from / peak;
        }
        let stretch = &self.stretch[..len];
        self.warp.read(stretch, period, &mut self.later[..compared]);
        self.transform(compared);
        self.bins.map(|bins| self.ratio_db(bins))
    }

    /// The spectra of both copies under a Hann window.
    fn transform(&mut self, compared: usize) {
        self.shape_taper(compared);
        let copies = [&self.stretch[warp::MARGIN / 2..], &self.later[..]];
        for (copy, spectrum) in copies.into_iter().zip(&mut self.spectra) {
            for ((padded, weight), sample) in self.padded.iter_mut().zip(&self.taper).zip(copy) {
                *padded = weight * sample;
            }
            self.padded[compared..].fill(0.0);
            // The lengths were made to fit in `new`; a failure would leave the last spectrum, never a panic.
            let _ = self.fft.process_with_scratch(&mut self.padded, spectrum, &mut self.scratch);
        }
    }

    /// Makes the taper one of `len` samples, unless it already is.
    fn shape_taper(&mut self, len: usize) {
        if self.taper.len() == len {
            return;
        }
        let step = Complex32::from_polar(1.0, TAU / len as f32);
        let mut turn = Complex32::from_polar(1.0, 0.5 * TAU / len as f32);
        self.taper.clear();
        for _ in 0..len {
            self.taper.push(0.5 - 0.5 * turn.re);
            turn *= step;
        }
    }

    /// The ratio in the bins from one to before another.
    fn ratio_db(&self, [from, to]: [usize; 2]) -> f32 {
        let [earlier, later] = self.spectra.each_ref().map(|spectrum| &spectrum[from..to]);
        let power = |bins: &[Complex32]| bins.iter().map(Complex32::norm_sqr).sum::<f32>();
        let powers = [power(earlier), power(later)];
        if powers[0].min(powers[1]) < SILENT_POWER {
            return RANGE_DB[0];
        }
        // A voice whose level changes repeats itself all the same: both copies are brought to one level.
        let gain = (powers[0] / powers[1]).sqrt();
        let (mut noise, mut pull, mut stiffness, mut stiffest) = (0.0, 0.0, 0.0, f32::MIN_POSITIVE);
        for (bin, (earlier, later)) in earlier.iter().zip(later).enumerate() {
            let later = later.scale(gain);
            noise += (earlier - later).norm_sqr();
            let common = earlier * later.conj();
            let turn = (from + bin) as f32;
            pull += turn * common.im;
            stiffness += turn * turn * common.re;
            stiffest += turn * turn * earlier.norm_sqr();
        }
        // Corrects for a last shift of one copy: in the highest band a hundredth of a sample matters. Noise has no
        // stiffness against a shift, so its apparent gain is limited.
        noise -= (pull * pull / stiffness.max(LEAST_STIFFNESS * stiffest)).min(MOST_GAINED * noise);
        // 1 − c as half the power of the difference: computed from c it would lose its last digits.
        let noise_share = (0.5 * noise / powers[0]).clamp(1e-9, 1.0 - 1e-9);
        let [lowest_db, highest_db] = RANGE_DB;
        (10.0 * ((1.0 - noise_share) / noise_share).log10()).clamp(lowest_db, highest_db)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::{Take, Voice, Vowel, sing_vowel};
    use crate::dsp::noise::{Performance, Stream, noise};

    const RATE_HZ: f64 = 24_000.0;
    const LEN: usize = 16_384;

    fn sung(vowel: Vowel, f0_hz: f64, semitones_per_s: f64) -> Take {
        let glide = move |time_s: f64| f0_hz * (semitones_per_s / 12.0 * (time_s - 0.35)).exp2();
        let voice = if f0_hz < 180.0 { Voice::Man } else { Voice::Woman };
        sing_vowel(voice, vowel, glide, 0.7, RATE_HZ)
    }

    fn white() -> Vec<f32> {
        let singer = Performance::default();
        (0..LEN).map(|i| noise(singer, Stream::Drift, 0, i as i64) as f32).collect()
    }

    /// Power in each band.
    fn powers(samples: &[f32]) -> [f64; 4] {
        let fft = fourier::forward(LEN);
        let mut spectrum = fft.make_output_vec();
        let hann = |i: usize| 0.5 - 0.5 * (TAU * i as f32 / LEN as f32).cos();
        let mut windowed: Vec<f32> = (0..LEN).map(|i| hann(i) * samples[i]).collect();
        fft.process(&mut windowed, &mut spectrum).unwrap();
        BANDS_HZ.map(|band_hz| {
            let [from, to] = band_hz.map(|hz| (hz * LEN as f64 / RATE_HZ) as usize);
            spectrum[from..to].iter().map(|bin| f64::from(bin.norm_sqr())).sum()
        })
    }

    /// The middle of many ratios found in a take with noise of a gain.
    fn found(take: &Take, noise_gain: f32) -> [f32; 4] {
        let white = white();
        let noisy = take.samples.iter().zip(white.iter().cycle());
        let samples: Vec<f32> = noisy.map(|(sample, noise)| sample + noise_gain * noise).collect();
        let mut finder = HarmonicityFinder::new(RATE_HZ);
        let mut found: [Vec<f32>; 4] = Default::default();
        for middle in (3600..13_200).step_by(240) {
            // An f0 that is a little off, as those of trackers are.
            let f0_hz = 1.002 * take.truth.f0_hz(middle as f64 / RATE_HZ).unwrap() as f32;
            let len = finder.stretch_len(f0_hz);
            let ratios = finder.find(&samples[middle - len / 2..][..len], f0_hz);
            found.iter_mut().zip(ratios).for_each(|(found, ratio_db)| found.push(ratio_db));
        }
        found.map(|mut ratios| {
            ratios.sort_by(f32::total_cmp);
            ratios[ratios.len() / 2]
        })
    }

    fn noise_is_found(f0_hz: f64, semitones_per_s: f64) {
        let take = sung(Vowel::Ah, f0_hz, semitones_per_s);
        let (voice, noise) = (powers(&take.samples), powers(&white()));
        for (band, ratio_db) in (0..4).flat_map(|band| [5.0_f32, 10.0, 20.0, 30.0].map(|ratio_db| (band, ratio_db))) {
            let gain = (voice[band] / noise[band]).sqrt() as f32 * 10.0_f32.powf(-0.05 * ratio_db);
            let found_db = found(&take, gain)[band];
            assert!((found_db - ratio_db).abs() < 2.0, "{f0_hz} Hz, band {band}: {found_db} for {ratio_db} dB");
        }
    }

    #[test]
    fn noise_in_a_held_note_is_found() {
        // No f0 with a strong harmonic within 90 Hz of an edge: it would count in both bands.
        [80.0, 105.0, 150.0, 220.0, 310.0, 430.0].into_iter().for_each(|f0_hz| noise_is_found(f0_hz, 0.0));
    }

    #[test]
    fn noise_in_a_glide_is_found() {
        [105.0, 150.0, 220.0].into_iter().for_each(|f0_hz| noise_is_found(f0_hz, 2.0));
    }

    #[test]
    fn a_clean_voice_is_clean() {
        for (vowel, f0_hz) in Vowel::ALL.into_iter().flat_map(|vowel| [100.0, 220.0, 500.0].map(|f0_hz| (vowel, f0_hz)))
        {
            let found = found(&sung(vowel, f0_hz, 0.0), 0.0);
            assert!(found.iter().all(|ratio_db| *ratio_db > 35.0), "{vowel:?} {f0_hz} Hz: {found:?}");
        }
    }

    #[test]
    fn anything_finite_gives_something_in_range() {
        let signals: [fn(usize) -> f32; 6] = [
            |_| 0.0,
            |_| f32::MAX,
            |_| 1e-40,
            |i| if i % 7 == 0 { f32::MAX } else { f32::MIN },
            |i| if i == 300 { 1.0 } else { 0.0 },
            |i| (0.05 * i as f32).sin(),
        ];
        for rate_hz in [8000.0, 24_000.0, 48_000.0] {
            let mut finder = HarmonicityFinder::new(rate_hz);
            for (signal, len) in signals.into_iter().flat_map(|signal| [0, 60, 400, 5000].map(|len| (signal, len))) {
                let stretch: Vec<f32> = (0..len).map(signal).collect();
                for f0_hz in [0.0, -1.0, 1e-9, 60.0, 300.0, 1100.0, 1e9] {
                    let [lowest_db, highest_db] = RANGE_DB;
                    let found = finder.find(&stretch, f0_hz);
                    assert!(found.iter().all(|ratio_db| (lowest_db..=highest_db).contains(ratio_db)), "{found:?}");
                }
            }
        }
        let mut narrow = HarmonicityFinder::new(8000.0);
        let sine: Vec<f32> = (0..5000).map(|i| (0.2 * i as f32).sin()).collect();
        assert_eq!(narrow.find(&sine, 254.6)[3], RANGE_DB[0]);
    }
}
