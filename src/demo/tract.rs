//! The vocal tract: formants in cascade, with a nasal pole and zero.
//!
//! In: source samples and the posture of the moment. Out: sound. A cascade of second-order resonators gives the right
//! levels of a vowel's formants by itself (Fant, "Acoustic Theory of Speech Production", 1960); a pole and a zero,
//! which cancel in vowels, make the murmur of nasals. Above the five moving formants fixed ones continue up to the band
//! limit, as in a real tube; without them everything above 5 kHz would be missing. Sources: Klatt, JASA 67, 1980, sec.
//! II.A; Gold & Rabiner, "Analysis of digital and analog formant synthesizers", IEEE Trans. Audio 16, 1968, for the
//! higher poles; Sundberg, "Formant technique in a professional female singer", Acustica 32, 1975, for F1 and f0.

use super::phoneme::Voice;
use super::track::Mix;
use std::f64::consts::{PI, TAU};

/// Formants that move. Source: Klatt 1980, sec. II.A.
pub(super) const FORMANTS: usize = 5;
/// Bandwidth of the nasal pole and zero, in hertz. Source: Klatt 1980, table I.
const NASAL_BANDWIDTH_HZ: f64 = 100.0;
/// Formants above this share of the sample rate are left out. Chosen: higher ones would be distorted by the band's end.
const HIGHEST_PER_RATE: f64 = 0.45;
/// The highest formant, in hertz. Chosen: beyond it there is no source to shape.
const HIGHEST_HZ: f64 = 20_000.0;
/// Bandwidth of a fixed higher formant, as a share of its frequency: radiation losses grow with it (Fant 1960).
/// Measured: by comparing the long-term spectrum with that of recordings.
const HIGHER_BANDWIDTH: f64 = 0.08;
/// A singer keeps F1 at least this factor above f0. Source: Sundberg 1975 (who finds them meeting; slightly above keeps
/// f0 stable).
const F1_ABOVE_F0: f64 = 1.02;
/// The least distances of F2 above F1 and of F3 above F2, in hertz, when F1 is raised. Source: Peterson & Barney 1952
/// (about as close as their vowels come).
const LEAST_SPACING_HZ: [f64; 2] = [250.0, 400.0];

/// The setting of the tract: the formants, and the nasal pole and zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Posture {
    pub(super) formants_hz: [f64; FORMANTS],
    pub(super) bandwidths_hz: [f64; FORMANTS],
    pub(super) nasal_pole_hz: f64,
    pub(super) nasal_zero_hz: f64,
}

impl Mix for Posture {
    fn mix(self, other: Self, amount: f64) -> Self {
        let between = |a: [f64; FORMANTS], b: [f64; FORMANTS]| std::array::from_fn(|i| a[i].mix(b[i], amount));
        Self {
            formants_hz: between(self.formants_hz, other.formants_hz),
            bandwidths_hz: between(self.bandwidths_hz, other.bandwidths_hz),
            nasal_pole_hz: self.nasal_pole_hz.mix(other.nasal_pole_hz, amount),
            nasal_zero_hz: self.nasal_zero_hz.mix(other.nasal_zero_hz, amount),
        }
    }
}

impl Posture {
    /// The posture as it is sung at `f0_hz`: high notes raise F1, and F1 raises the next two.
    pub(super) fn at_pitch(mut self, f0_hz: f64) -> Self {
        self.formants_hz[0] = self.formants_hz[0].max(F1_ABOVE_F0 * f0_hz);
        for (lower, spacing_hz) in LEAST_SPACING_HZ.into_iter().enumerate() {
            self.formants_hz[lower + 1] = self.formants_hz[lower + 1].max(self.formants_hz[lower] + spacing_hz);
        }
        self
    }
}

/// The filter.
pub(super) struct Tract {
    posture: Option<Posture>,
    is_settled: bool,
    nasal_zero: Antiresonator,
    nasal_pole: Resonator,
    moving: Vec<Resonator>,
    fixed: Vec<Resonator>,
    sample_rate_hz: f64,
}

impl Tract {
    /// A tract at rest for a sample rate in hertz.
    pub(super) fn new(voice: Voice, sample_rate_hz: f64) -> Self {
        let highest_hz = HIGHEST_HZ.min(HIGHEST_PER_RATE * sample_rate_hz);
        // Which formants exist depends on their resting frequencies: one that came and went as it moved would click.
        let moving = voice.resting_formants_hz().into_iter().filter(|&formant_hz| formant_hz < highest_hz).count();
        let higher = voice.higher_formants_hz().take_while(|&formant_hz| formant_hz < highest_hz);
        let resonator = |hz| Resonator::new(PolePair::fixed([hz, HIGHER_BANDWIDTH * hz], sample_rate_hz));
        Self {
            posture: None,
            is_settled: false,
            nasal_zero: Antiresonator::default(),
            nasal_pole: Resonator::default(),
            moving: vec![Resonator::default(); moving],
            fixed: higher.map(resonator).collect(),
            sample_rate_hz,
        }
    }

    /// Moves to a posture over the next samples; the first posture applies at once.
    pub(super) fn move_to(&mut self, posture: Posture, over_samples: usize) {
        let is_held = self.posture == Some(posture);
        if is_held && self.is_settled {
            return;
        }
        self.is_settled = is_held;
        let is_first = self.posture.replace(posture).is_none();
        let over_samples = if is_first { 0 } else { over_samples };
        let nasal = [posture.nasal_zero_hz, posture.nasal_pole_hz].map(|hz| [hz, NASAL_BANDWIDTH_HZ]);
        let oral = posture.formants_hz.into_iter().zip(posture.bandwidths_hz).map(<[f64; 2]>::from);
        let pairs = [&mut self.nasal_zero.pair, &mut self.nasal_pole.pair].into_iter();
        let pairs = pairs.chain(self.moving.iter_mut().map(|resonator| &mut resonator.pair));
        for (pair, shape_hz) in pairs.zip(nasal.into_iter().chain(oral)) {
            pair.aim(shape_hz, self.sample_rate_hz, over_samples);
        }
    }

    /// Filters one sample.
    pub(super) fn step(&mut self, source: f64) -> f64 {
        let nasal = self.nasal_pole.step(self.nasal_zero.step(source));
        let oral = self.moving.iter_mut().fold(nasal, |signal, resonator| resonator.step(signal));
        self.fixed.iter_mut().fold(oral, |signal, resonator| resonator.step(signal))
    }

    /// Sets all resonances to zero.
    pub(super) fn rest(&mut self) {
        let resonators = self.moving.iter_mut().chain(&mut self.fixed).chain([&mut self.nasal_pole]);
        resonators.for_each(|resonator| resonator.past = [0.0; 2]);
        self.nasal_zero.past = [0.0; 2];
    }
}

/// The feedback coefficients of a pole pair (Klatt 1980, sec. II.A), interpolated linearly from sample to sample:
/// steps, even small ones, would be heard as a buzz at their rate.
#[derive(Clone, Default)]
struct PolePair {
    now: [f64; 2],
    target: [f64; 2],
    slope: [f64; 2],
}

impl PolePair {
    fn fixed(shape_hz: [f64; 2], sample_rate_hz: f64) -> Self {
        let mut pair = Self::default();
        pair.aim(shape_hz, sample_rate_hz, 0);
        pair
    }

    /// Sets the target centre and bandwidth, to be reached over some samples; 0 is at once.
    fn aim(&mut self, [centre_hz, bandwidth_hz]: [f64; 2], sample_rate_hz: f64, over_samples: usize) {
        // A frequency beyond the band is limited to just inside it.
        let centre_hz = centre_hz.min(0.48 * sample_rate_hz);
        let radius = (-PI * bandwidth_hz / sample_rate_hz).exp();
        self.now = self.target;
        self.target = [2.0 * radius * (TAU * centre_hz / sample_rate_hz).cos(), -radius * radius];
        if over_samples == 0 {
            self.now = self.target;
        }
        let length = over_samples.max(1) as f64;
        self.slope = std::array::from_fn(|i| (self.target[i] - self.now[i]) / length);
    }

    fn advance(&mut self) -> [f64; 3] {
        let [b, c] = std::array::from_fn(|i| self.now[i] + self.slope[i]);
        self.now = [b, c];
        [1.0 - b - c, b, c]
    }
}

/// A pole pair with gain 1 at 0 Hz (Klatt 1980, sec. II.A).
#[derive(Clone, Default)]
struct Resonator {
    pair: PolePair,
    past: [f64; 2],
}

impl Resonator {
    fn new(pair: PolePair) -> Self {
        Self { pair, past: [0.0; 2] }
    }

    fn step(&mut self, input: f64) -> f64 {
        let [a, b, c] = self.pair.advance();
        let output = a * input + b * self.past[0] + c * self.past[1];
        self.past = [output, self.past[0]];
        output
    }
}

/// A zero pair with gain 1 at 0 Hz, the exact inverse of a [`Resonator`] (Klatt 1980, sec. II.A).
#[derive(Clone, Default)]
struct Antiresonator {
    pair: PolePair,
    past: [f64; 2],
}

impl Antiresonator {
    fn step(&mut self, input: f64) -> f64 {
        let [a, b, c] = self.pair.advance();
        let output = (input - b * self.past[0] - c * self.past[1]) / a;
        self.past = [input, self.past[0]];
        output
    }
}

#[cfg(test)]
mod tests {
    use super::super::phoneme::{Vowel, vowel_posture};
    use super::*;

    fn gain_db(vowel: Vowel, frequency_hz: f64, sample_rate_hz: f64) -> f64 {
        let mut tract = Tract::new(Voice::Woman, sample_rate_hz);
        tract.move_to(vowel_posture(Voice::Woman, vowel), 0);
        let length = (0.1 * sample_rate_hz) as usize;
        let (mut re, mut im) = (0.0, 0.0);
        for index in 0..length {
            let response = tract.step(if index == 0 { 1.0 } else { 0.0 });
            let angle = TAU * frequency_hz * index as f64 / sample_rate_hz;
            (re, im) = (re + response * angle.cos(), im + response * angle.sin());
        }
        10.0 * (re * re + im * im).log10()
    }

    #[test]
    fn stands_out_at_its_formants() {
        let formants_hz = vowel_posture(Voice::Woman, Vowel::Eh).formants_hz;
        for &formant_hz in &formants_hz[..3] {
            let peak_db = gain_db(Vowel::Eh, formant_hz, 48_000.0);
            let beside_db = [0.85, 1.15].map(|factor| gain_db(Vowel::Eh, factor * formant_hz, 48_000.0));
            assert!(
                beside_db.iter().all(|side_db| peak_db > side_db + 2.0),
                "{formant_hz} Hz: {peak_db} {beside_db:?}"
            );
        }
    }

    #[test]
    fn sounds_alike_at_every_rate() {
        for rate_hz in [22_050.0, 44_100.0, 96_000.0, 384_000.0] {
            for frequency_hz in [300.0, 1000.0, 3000.0] {
                let difference_db =
                    gain_db(Vowel::Ah, frequency_hz, rate_hz) - gain_db(Vowel::Ah, frequency_hz, 48_000.0);
                assert!(difference_db.abs() < 3.0, "{rate_hz} Hz, at {frequency_hz} Hz: {difference_db} dB");
            }
        }
    }

    #[test]
    fn the_nasal_pair_cancels_in_vowels() {
        let pair = PolePair::fixed([1000.0, NASAL_BANDWIDTH_HZ], 48_000.0);
        let mut zero = Antiresonator { pair: pair.clone(), past: [0.0; 2] };
        let mut pole = Resonator::new(pair);
        for index in 0..1000 {
            let input = f64::from(index * 7919 % 101);
            assert!((pole.step(zero.step(input)) - input).abs() < 1e-6);
        }
    }

    #[test]
    fn high_notes_raise_f1_and_keep_the_order() {
        for f0_hz in [60.0, 400.0, 1100.0] {
            let formants_hz = vowel_posture(Voice::Woman, Vowel::Oo).at_pitch(f0_hz).formants_hz;
            assert!(formants_hz[0] >= f0_hz && formants_hz.is_sorted(), "{f0_hz}: {formants_hz:?}");
        }
    }
}
