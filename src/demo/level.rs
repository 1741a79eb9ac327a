//! The strength of the voice source that brings a vowel out at an even level.
//!
//! In: the posture at a pitch. Out: the amplitude for the source. Where a harmonic coincides with F1 a vowel is 15 dB
//! louder than where F1 is between two harmonics; singers even that out by effort and synthesizers by levelling. The
//! level is predicted harmonic by harmonic, source times tract. Source: Fant, "Acoustic Theory of Speech Production",
//! 1960, ch. 1, for the gain of formants in cascade.

use super::glottis::harmonic_powers;
use super::tract::{FORMANTS, Posture};

/// Harmonics in the prediction. Chosen: those within F5 on the lowest usual notes; more cost time and change little.
const HARMONICS: usize = 60;
/// The level that vowels are brought near to, as an RMS amplitude. Chosen: any would do, because the take is then
/// scaled to its peak.
const TARGET_RMS: f64 = 0.1;
/// How much of the distance to the target is made up for; the rest is the vowel's own loudness. Chosen: the vowels of
/// the demo are within 6 dB; 1 makes them all equally loud, 0 leaves the full differences.
const EVENNESS: f64 = 0.8;

/// Predicts levels from the source's spectrum.
pub(super) struct Leveller {
    source_powers: Vec<f64>,
    /// The last posture, f0 and answer: most notes hold both.
    last: Option<(Posture, f64, f64)>,
}

impl Leveller {
    /// A leveller for the singer's source.
    pub(super) fn new() -> Self {
        Self { source_powers: harmonic_powers(HARMONICS), last: None }
    }

    /// The source amplitude for a posture (as sung at that pitch) and an f0 in hertz.
    pub(super) fn amplitude(&mut self, posture: Posture, f0_hz: f64) -> f64 {
        if let Some((last_posture, last_f0_hz, amplitude)) = self.last
            && (last_posture, last_f0_hz) == (posture, f0_hz)
        {
            return amplitude;
        }
        let power_at = |(index, power): (usize, &f64)| power * power_gain(posture, (index + 1) as f64 * f0_hz);
        let rms = self.source_powers.iter().enumerate().map(power_at).sum::<f64>().sqrt();
        let amplitude = (TARGET_RMS / rms).powf(EVENNESS);
        self.last = Some((posture, f0_hz, amplitude));
        amplitude
    }
}

/// The gain of the formants in cascade at a frequency in hertz, as a power (Fant 1960, ch. 1).
fn power_gain(posture: Posture, frequency_hz: f64) -> f64 {
    let gain = |formant: usize| {
        let (centre_hz, bandwidth_hz) = (posture.formants_hz[formant], posture.bandwidths_hz[formant]);
        let resonance = centre_hz.powi(2) + 0.25 * bandwidth_hz.powi(2);
        let detuned = resonance - frequency_hz.powi(2);
        resonance.powi(2) / (detuned.powi(2) + (bandwidth_hz * frequency_hz).powi(2))
    };
    (0..FORMANTS).map(gain).product()
}

#[cfg(test)]
mod tests {
    use super::super::phoneme::{Voice, Vowel, formants_hz, vowel_posture};
    use super::*;

    #[test]
    fn evens_out_most_of_the_difference_between_vowels() {
        let mut leveller = Leveller::new();
        let mut amplitude =
            |vowel, f0_hz| leveller.amplitude(vowel_posture(Voice::Woman, vowel).at_pitch(f0_hz), f0_hz);
        let (on_f1, between) = (amplitude(Vowel::Oh, 590.0), amplitude(Vowel::Oh, 390.0));
        let difference_db = 20.0 * (between / on_f1).log10();
        assert!((3.0..15.0).contains(&difference_db), "{difference_db} dB");
        assert_eq!(amplitude(Vowel::Oh, 390.0), between);
    }

    #[test]
    fn gains_are_one_at_zero_and_peak_at_the_formants() {
        let posture = vowel_posture(Voice::Man, Vowel::Ah);
        assert!((power_gain(posture, 0.0) - 1.0).abs() < 1e-12);
        let first_hz = formants_hz(Voice::Man, Vowel::Ah, 100.0)[0];
        assert!(power_gain(posture, first_hz) > 2.0 * power_gain(posture, 0.8 * first_hz));
    }
}
