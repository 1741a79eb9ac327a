//! What an inhalation sounds like: air drawn in through this singer's mouth, on its way to the coming vowel.
//!
//! In: spectral envelopes of the singer, a little chance. Out: the colour of the noise. Inhalations share an octave
//! profile (docs/design.md §7); on it lie the resonances of an open tract without a voice, moved as far as the singer's
//! third formant lies from where it usually does, and a part of what the vowel ahead has of its own.

use super::tilt::Tilt;
use crate::analysis::envelope::{BANDS, Envelope, frequencies_hz};

/// Octave levels of inhalations from the second on, to 8 kHz, dB. Source: docs/design.md §7 has −13 −8 −8 0 −1 −6 −10,
/// whose centroid is 1.9 kHz, and singers' inhalations have 2.6 kHz (docs/voice.md); these lie within 3 dB of those
/// levels and have a centroid of 2.4 kHz.
const OCTAVES_DB: [f32; 7] = [-11.5, -6.5, -9.0, -1.0, -0.5, -5.0, -8.5];
const LOWEST_OCTAVE_HZ: f32 = 125.0;

/// Resonances of a tract that is open at the lips and behind the glottis, Hz. Source: docs/design.md §7.
const RESONANCES_HZ: [f32; 4] = [700.0, 1700.0, 2600.0, 3600.0];
/// How far they stand out, dB, and how wide they are, octaves. Chosen: bandwidths of 200 to 500 Hz, as wide as an open
/// glottis makes them; narrower ones whistle.
const RESONANCE_DB: f32 = 5.0;
const RESONANCE_OCTAVES: f32 = 0.16;

/// Where a third formant is looked for, Hz, and where it usually is. Chosen: from a bass's to a child's; it moves least
/// with the vowel.
const THIRD_FORMANT_HZ: [f32; 2] = [2100.0, 3500.0];
const USUAL_THIRD_FORMANT_HZ: f32 = 2600.0;
/// Tracts differ by no more. Source: computed, a child's 11 cm and a bass's 18 cm about their mean.
const SCALES: [f32; 2] = [0.82, 1.25];

/// Share of the vowel's own shape: the mouth forms it while the air still comes in. Chosen: a hint of the vowel; with
/// more an inhalation sounds like a whispered one.
const VOWEL_SHARE: f32 = 0.25;
/// It changes no band by more than this, dB. Chosen: a formant of a close vowel would else stand out of the air.
const MOST_VOWEL_DB: f32 = 5.0;

/// Colours inhalations.
#[derive(Clone, Debug)]
pub struct InhalationColour {
    frequencies_hz: [f32; BANDS],
    octaves: [f32; BANDS],
    /// Density that has the octave levels, dB.
    profile_db: [f32; BANDS],
    tilt: Tilt,
}

impl Default for InhalationColour {
    fn default() -> Self {
        let frequencies_hz = frequencies_hz();
        let octaves = frequencies_hz.map(f32::log2);
        let profile_db = octaves.map(|octave| {
            let place = (octave - LOWEST_OCTAVE_HZ.log2()).clamp(0.0, (OCTAVES_DB.len() - 1) as f32);
            let below = (place as usize).min(OCTAVES_DB.len() - 2);
            let level_db = OCTAVES_DB[below] + (place - below as f32) * (OCTAVES_DB[below + 1] - OCTAVES_DB[below]);
            // An octave is twice as wide as the one below it.
            level_db - 10.0 * octave * std::f32::consts::LOG10_2
        });
        Self { frequencies_hz, octaves, profile_db, tilt: Tilt::new() }
    }
}

impl InhalationColour {
    /// The colour before a vowel, if that is known; `scale` moves the resonances by chance, and `tone_db` makes it
    /// brighter. Realtime-safe.
    pub fn before(&self, vowel: Option<&Envelope>, scale: f32, tone_db: f32) -> Envelope {
        let scale = scale * vowel.map_or(1.0, |vowel| self.tract_scale(vowel));
        let resonances = RESONANCES_HZ.map(|hz| (hz * scale).log2());
        let residue_db = vowel.map(|vowel| self.residue_db(vowel));
        let level_db = |band: usize| {
            let distance = |resonance: &f32| (self.octaves[band] - resonance) / RESONANCE_OCTAVES;
            let stands_out: f32 = resonances.iter().map(|place| 1.0 / (1.0 + distance(place).powi(2))).sum();
            let vowel_db = residue_db.map_or(0.0, |residue_db| VOWEL_SHARE * residue_db[band]);
            self.profile_db[band] + RESONANCE_DB * stands_out + vowel_db.clamp(-MOST_VOWEL_DB, MOST_VOWEL_DB)
        };
        self.tilt.tilted(Envelope { levels_db: std::array::from_fn(level_db) }, tone_db)
    }

    /// How much shorter this singer's tract is than usual, by its third formant.
    fn tract_scale(&self, vowel: &Envelope) -> f32 {
        let residue_db = self.residue_db(vowel);
        let [low, high] = THIRD_FORMANT_HZ;
        let within = (0..BANDS).filter(|band| (low..=high).contains(&self.frequencies_hz[*band]));
        let peak = within.max_by(|a, b| residue_db[*a].total_cmp(&residue_db[*b]));
        let [least, most] = SCALES;
        peak.map_or(1.0, |band| (self.frequencies_hz[band] / USUAL_THIRD_FORMANT_HZ).clamp(least, most))
    }

    /// A vowel's levels without their mean and their tilt, dB.
    fn residue_db(&self, vowel: &Envelope) -> [f32; BANDS] {
        let n = BANDS as f32;
        let mean_octave = self.octaves.iter().sum::<f32>() / n;
        let mean_db = vowel.levels_db.iter().sum::<f32>() / n;
        let (mut product, mut square) = (0.0, 0.0);
        for (octave, level_db) in self.octaves.iter().zip(vowel.levels_db) {
            product += (octave - mean_octave) * (level_db - mean_db);
            square += (octave - mean_octave).powi(2);
        }
        let tilt_db = product / square;
        std::array::from_fn(|band| vowel.levels_db[band] - mean_db - tilt_db * (self.octaves[band] - mean_octave))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Power in each octave from 125 Hz on, dB re the loudest.
    fn octaves_db(colour: &Envelope) -> [f32; 7] {
        let power = |hz: f32| 10_f32.powf(colour.level_db(hz) / 10.0);
        let octaves: [f32; 7] = std::array::from_fn(|octave| {
            let from_hz = 125.0 * 2_f32.powf(octave as f32 - 0.5);
            (0..64).map(|k| power(from_hz * (1.0 + k as f32 / 64.0)) * from_hz / 64.0).sum()
        });
        let most = octaves.iter().copied().fold(0.0, f32::max);
        octaves.map(|power| 10.0 * (power / most).log10())
    }

    #[test]
    fn the_residue_of_a_vowel_has_neither_level_nor_tilt() {
        let colouring = InhalationColour::default();
        let octaves = colouring.octaves;
        let plain = |band: usize| -31.0 - 7.0 * (octaves[band] - octaves[0]);
        let residue_db = colouring.residue_db(&Envelope { levels_db: std::array::from_fn(plain) });
        assert!(residue_db.iter().all(|db| db.abs() < 1e-3), "a straight line leaves nothing: {residue_db:?}");
        let formant = |band: usize| plain(band) + if band == BANDS / 4 { 20.0 } else { 0.0 };
        let residue_db = colouring.residue_db(&Envelope { levels_db: std::array::from_fn(formant) });
        let mean_octave = octaves.iter().sum::<f32>() / BANDS as f32;
        let tilt: f32 = residue_db.iter().zip(octaves).map(|(db, octave)| db * (octave - mean_octave)).sum();
        let level: f32 = residue_db.iter().sum();
        assert!(level.abs() < 1e-2 && tilt.abs() < 1e-2, "{level} {tilt}");
        assert!(residue_db[BANDS / 4] > 15.0, "the formant stays: {}", residue_db[BANDS / 4]);
    }

    #[test]
    fn the_octave_profile_is_that_of_inhalations() {
        let colouring = InhalationColour::default();
        for scale in [0.9, 1.0, 1.1] {
            let found = octaves_db(&colouring.before(None, scale, 0.0));
            for (found_db, wanted_db) in found.into_iter().zip([-13.0, -8.0, -8.0, 0.0, -1.0, -6.0, -10.0]) {
                assert!((found_db - wanted_db).abs() <= 4.0, "{found:?} at {scale}");
            }
        }
    }

    #[test]
    fn a_shorter_tract_has_higher_resonances() {
        let colouring = InhalationColour::default();
        let with_peak = |peak_hz: f32| Envelope {
            levels_db: frequencies_hz().map(|hz| if (hz / peak_hz).ln().abs() < 0.05 { 12.0 } else { 0.0 }),
        };
        assert!(colouring.tract_scale(&with_peak(3000.0)) > 1.1);
        assert!(colouring.tract_scale(&with_peak(2300.0)) < 0.92);
        assert!((colouring.tract_scale(&with_peak(2600.0)) - 1.0).abs() < 0.03);
    }
}
