//! The spectral envelope: the transfer function of the vocal tract at one moment.
//!
//! In: about 30 ms of the slow signal around the moment, and its f0. Out: an [`Envelope`], levels at fixed frequencies,
//! relative to the stretch's own level. Linear prediction finds the resonances of a low voice and of unvoiced sound; on
//! a high voice it finds the harmonics instead, so there the envelope is interpolated through the harmonics. Between
//! 220 and 280 Hz the two methods are cross-faded, so that a gliding voice has no jump. Sources: docs/design.md §5; the
//! methods name theirs.

mod harmonics;
mod prediction;
mod scale;

use harmonics::Joiner;
use prediction::Predictor;
use scale::{cubic, erb_rate, frequency_hz};

/// Frequencies at which the envelope is known, spaced by half a critical band. Measured: on low notes of the demo
/// singer 136 of 144 second formants are found within 5 %, with half as many frequencies 93.
pub const BANDS: usize = 64;

/// The lowest and the highest of them, Hz. Chosen: the range of aspiration and of the formants; wider spaces the same
/// number of frequencies further apart.
const RANGE_HZ: [f32; 2] = [100.0, 10_000.0];
/// Above this share of the rate the last known level is held. Chosen: the filters before it roll off there; higher
/// would measure them.
const HIGHEST_PER_RATE: f64 = 0.46;
/// Length of the analysed stretch, seconds. Chosen: two and a half periods of the lowest voice; longer blurs moving
/// formants, shorter shows the harmonics of low voices.
const STRETCH_S: f64 = 0.030;
/// Below the first f0 linear prediction alone is used, above the second the harmonics alone, Hz. Source: docs/design.md
/// §5.
const CROSS_FADE_HZ: [f32; 2] = [220.0, 280.0];
/// Levels are limited to this range around the stretch's own, dB. Chosen: what is beyond it is rounding; narrower would
/// cut off true valleys or peaks.
const RANGE_DB: [f32; 2] = [-90.0, 60.0];
/// A stretch that peaks below this is silence. Chosen: the square of anything smaller could not be distinguished from
/// zero.
const SILENCE: f32 = 1e-15;

/// Levels at fixed frequencies, dB.
type Levels = [f32; BANDS];

/// The spectral envelope of one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Envelope {
    /// Power density at each of [`frequencies_hz`], dB relative to white sound of the stretch's own power over the
    /// whole band, 0 to half the rate; `-90.0..=60.0`.
    pub levels_db: Levels,
}

impl Envelope {
    /// The envelope of silence, and of white noise.
    pub const FLAT: Self = Self { levels_db: [0.0; BANDS] };

    /// The envelope at `share` (`0..=1`) of the way from this to another, interpolated in dB.
    pub fn towards(&self, other: &Self, share: f32) -> Self {
        let level = |band: usize| self.levels_db[band] + share * (other.levels_db[band] - self.levels_db[band]);
        Self { levels_db: std::array::from_fn(level) }
    }

    /// The level at any frequency, dB; outside the known range the level at its end. A cubic through the neighbouring
    /// levels keeps the peak of a formant between two of them (Catmull & Rom, "A class of local interpolating splines",
    /// 1974).
    pub fn level_db(&self, frequency_hz: f32) -> f32 {
        let [lowest, highest] = RANGE_HZ.map(erb_rate);
        let place = (erb_rate(frequency_hz.max(0.0)) - lowest) / (highest - lowest) * (BANDS - 1) as f32;
        let place = place.clamp(0.0, (BANDS - 1) as f32);
        let band = (place as usize).min(BANDS - 2);
        let level = |index: usize| self.levels_db[index.min(BANDS - 1)];
        let around = [level(band.saturating_sub(1)), level(band), level(band + 1), level(band + 2)];
        cubic(around, place - band as f32)
    }
}

impl Default for Envelope {
    fn default() -> Self {
        Self::FLAT
    }
}

/// The frequencies of an [`Envelope`], Hz: 100 Hz to 10 kHz, evenly spaced in critical bands.
pub fn frequencies_hz() -> [f32; BANDS] {
    let [lowest, highest] = RANGE_HZ.map(erb_rate);
    std::array::from_fn(|band| frequency_hz(lowest + (highest - lowest) * band as f32 / (BANDS - 1) as f32))
}

/// Finds envelopes.
#[derive(Clone)]
pub struct EnvelopeFinder {
    /// The stretch, scaled to a peak of 1. `[stretch_len]`
    stretch: Vec<f32>,
    predictor: Predictor,
    joiner: Joiner,
}

impl EnvelopeFinder {
    /// For a slow signal of this rate, 8 to 48 kHz. Allocates.
    pub fn new(rate_hz: f64) -> Self {
        let stretch_len = (STRETCH_S * rate_hz).round() as usize;
        let known_hz = frequencies_hz().map(|hz| f64::from(hz).min(HIGHEST_PER_RATE * rate_hz));
        Self {
            stretch: vec![0.0; stretch_len],
            predictor: Predictor::new(rate_hz, stretch_len, known_hz),
            joiner: Joiner::new(rate_hz, f64::from(CROSS_FADE_HZ[0]), known_hz),
        }
    }

    /// Length of the stretch that one envelope is found in, samples of the slow signal; the moment is in its middle.
    pub fn stretch_len(&self) -> usize {
        self.stretch.len()
    }

    /// The envelope in the middle of `stretch`, of which [`Self::stretch_len`] samples are used; missing samples count
    /// as silence. `f0_hz` is 0 where unvoiced. Realtime-safe.
    pub fn find(&mut self, stretch: &[f32], f0_hz: f32) -> Envelope {
        if !self.take(stretch) {
            return Envelope::FLAT;
        }
        let share = joined_share(f0_hz);
        let mut levels_db = [0.0; BANDS];
        if share < 1.0 {
            let predicted = self.predictor.levels_db(&self.stretch);
            levels_db = predicted.map(|level_db| (1.0 - share) * level_db);
        }
        if share > 0.0 {
            let joined = self.joiner.levels_db(&self.stretch, f0_hz);
            levels_db.iter_mut().zip(joined).for_each(|(sum_db, level_db)| *sum_db += share * level_db);
        }
        let [lowest, highest] = RANGE_DB;
        Envelope { levels_db: levels_db.map(|level_db| level_db.clamp(lowest, highest)) }
    }

    /// Copies the middle of a stretch, scaled to a peak of 1 so that nothing can overflow; `false` if it is silent.
    fn take(&mut self, stretch: &[f32]) -> bool {
        let len = self.stretch.len();
        let stretch = &stretch[stretch.len().saturating_sub(len) / 2..];
        let stretch = &stretch[..stretch.len().min(len)];
        let peak = stretch.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        if !(SILENCE..f32::INFINITY).contains(&peak) {
            return false;
        }
        let first = (len - stretch.len()) / 2;
        self.stretch.fill(0.0);
        let taken = &mut self.stretch[first..first + stretch.len()];
        taken.iter_mut().zip(stretch).for_each(|(to, from)| *to = from / peak);
        true
    }
}

/// The share of the harmonics method in the cross-fade, `0..=1`.
fn joined_share(f0_hz: f32) -> f32 {
    let [start_hz, end_hz] = CROSS_FADE_HZ;
    let x = ((f0_hz - start_hz) / (end_hz - start_hz)).clamp(0.0, 1.0);
    x * x * (3.0 - 2.0 * x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::{Voice, Vowel, formants_hz, sing_vowel};

    const RATE_HZ: f64 = 24_000.0;
    const VOICES: [Voice; 2] = [Voice::Woman, Voice::Man];

    fn sung(voice: Voice, vowel: Vowel, f0_hz: f64, rate_hz: f64) -> Vec<f32> {
        let mut samples = sing_vowel(voice, vowel, move |_| f0_hz, 0.3, rate_hz).samples;
        samples.split_off((0.1 * rate_hz) as usize)
    }

    fn envelope(voice: Voice, vowel: Vowel, f0_hz: f64) -> Envelope {
        let mut finder = EnvelopeFinder::new(RATE_HZ);
        let len = finder.stretch_len();
        finder.find(&sung(voice, vowel, f0_hz, RATE_HZ)[..len], f0_hz as f32)
    }

    /// Whether the envelope peaks within a ratio of a frequency.
    fn peaks_near(envelope: &Envelope, frequency_hz: f64, tolerance: f64) -> bool {
        let step = 1.0 + 0.02 * tolerance;
        let mut place_hz = frequency_hz / (1.0 + tolerance);
        while place_hz < frequency_hz * (1.0 + tolerance) {
            let [before, here, after] =
                [place_hz / step, place_hz, place_hz * step].map(|hz| envelope.level_db(hz as f32));
            if here >= before && here > after {
                return true;
            }
            place_hz *= step;
        }
        false
    }

    #[test]
    fn low_voices_show_their_formants() {
        let mut found = [0; 3];
        let pitches_hz = [90.0, 110.0, 130.0, 150.0, 170.0, 190.0, 210.0, 225.0, 240.0];
        for (voice, vowel) in VOICES.into_iter().flat_map(|voice| Vowel::ALL.map(|vowel| (voice, vowel))) {
            for f0_hz in pitches_hz {
                let envelope = envelope(voice, vowel, f0_hz);
                for (formant, tolerance) in [0.08, 0.05, 0.05].into_iter().enumerate() {
                    let formant_hz = formants_hz(voice, vowel, f0_hz)[formant];
                    found[formant] += usize::from(peaks_near(&envelope, formant_hz, tolerance));
                }
            }
        }
        // Of 144 each. The missing ones are vowels whose F1 is between the first two harmonics.
        assert!(found[0] >= 120 && found[1] >= 130 && found[2] == 144, "{found:?}");
    }

    /// How far two envelopes differ from 0.3 to 8 kHz, dB rms, apart from level and tilt: the source's change with f0.
    fn difference_db(a: &Envelope, b: &Envelope) -> f64 {
        let frequencies_hz: Vec<f32> = (0..200).map(|i| 300.0 + 38.5 * i as f32).collect();
        let octaves: Vec<f64> = frequencies_hz.iter().map(|hz| f64::from(hz.log2())).collect();
        let difference = |hz: &f32| f64::from(a.level_db(*hz) - b.level_db(*hz));
        let differences: Vec<f64> = frequencies_hz.iter().map(difference).collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let centred = |values: &[f64]| values.iter().map(|value| value - mean(values)).collect::<Vec<_>>();
        let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let (octaves, differences) = (centred(&octaves), centred(&differences));
        let tilt = product(&octaves, &differences) / product(&octaves, &octaves);
        (product(&differences, &differences) / 200.0 - tilt * tilt * product(&octaves, &octaves) / 200.0).sqrt()
    }

    #[test]
    fn high_voices_have_the_shape_of_low_ones() {
        for (voice, vowel) in VOICES.into_iter().flat_map(|voice| Vowel::ALL.map(|vowel| (voice, vowel))) {
            let low = envelope(voice, vowel, 110.0);
            let f1_hz = formants_hz(voice, vowel, 110.0)[0];
            // Above F1 the singer changes the vowel.
            for f0_hz in [300.0, 400.0, 500.0, 600.0, 700.0, 800.0].into_iter().filter(|f0_hz| *f0_hz < f1_hz) {
                let difference_db = difference_db(&envelope(voice, vowel, f0_hz), &low);
                assert!(difference_db < 4.0, "{voice:?} {vowel:?} at {f0_hz} Hz: {difference_db} dB");
            }
        }
    }

    #[test]
    fn a_glide_across_both_methods_has_no_jump() {
        for vowel in Vowel::ALL {
            let mut before = envelope(Voice::Woman, vowel, 212.0);
            for f0_hz in (213..290).step_by(4).map(f64::from) {
                let here = envelope(Voice::Woman, vowel, f0_hz);
                let steps = here.levels_db.iter().zip(before.levels_db).map(|(here, before)| (here - before).abs());
                let largest_db = steps.fold(0.0, f32::max);
                assert!(largest_db < 6.0, "{vowel:?} at {f0_hz} Hz: {largest_db} dB");
                before = here;
            }
        }
    }

    #[test]
    fn loudness_does_not_matter() {
        let samples = sung(Voice::Woman, Vowel::Ah, 250.0, RATE_HZ);
        let mut finder = EnvelopeFinder::new(RATE_HZ);
        let [loud, quiet] = [30.0, 1e-6].map(|gain| {
            let scaled: Vec<f32> = samples.iter().map(|sample| gain * sample).collect();
            finder.find(&scaled, 250.0)
        });
        for (loud_db, quiet_db) in loud.levels_db.into_iter().zip(quiet.levels_db) {
            assert!((loud_db - quiet_db).abs() < 0.01, "{loud_db} {quiet_db}");
        }
    }

    #[test]
    fn white_noise_is_flat_and_level_zero() {
        use crate::dsp::noise::{Performance, Stream, noise};
        let singer = Performance::default();
        let samples: Vec<f32> = (0..48_000).map(|i| noise(singer, Stream::Drift, 0, i) as f32).collect();
        let mut finder = EnvelopeFinder::new(RATE_HZ);
        for f0_hz in [0.0, 250.0, 400.0] {
            let mut means = [0.0; BANDS];
            for stretch in samples.chunks_exact(finder.stretch_len()) {
                let found = finder.find(stretch, f0_hz).levels_db;
                means.iter_mut().zip(found).for_each(|(mean, level_db)| *mean += 720.0 / 48_000.0 * level_db);
            }
            // Below 600 Hz removing the pre-emphasis amplifies the little power that is left there.
            let first = frequencies_hz().into_iter().filter(|hz| *hz < 600.0).count();
            // The mean of a logarithm is below the logarithm of the mean, by up to 2.5 dB.
            assert!(means[first..].iter().all(|mean_db| (-3.5..2.0).contains(mean_db)), "{f0_hz}: {means:?}");
        }
    }

    #[test]
    fn anything_finite_gives_something_finite() {
        for rate_hz in [8000.0, 24_000.0, 48_000.0] {
            let mut finder = EnvelopeFinder::new(rate_hz);
            let signals: [fn(usize) -> f32; 7] = [
                |_| 0.0,
                |_| 1.0,
                |_| f32::MAX,
                |_| 1e-40,
                |i| if i == 9 { -1.0 } else { 0.0 },
                |i| if i % 2 == 0 { f32::MAX } else { f32::MIN },
                |i| (i as f32 * 0.1).sin(),
            ];
            for (signal, len) in signals.into_iter().flat_map(|signal| [0, 1, 100, 3000].map(|len| (signal, len))) {
                let stretch: Vec<f32> = (0..len).map(signal).collect();
                for f0_hz in [0.0, 1e-9, 60.0, 230.0, 260.0, 500.0, 1e9] {
                    let envelope = finder.find(&stretch, f0_hz);
                    assert!(envelope.levels_db.iter().all(|level_db| level_db.is_finite()), "{len} {f0_hz}");
                }
            }
            assert_eq!(finder.find(&[0.0; 3000], 0.0), Envelope::FLAT);
        }
    }
}
