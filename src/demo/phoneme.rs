//! Voices, vowels and consonants, and their formants.
//!
//! In: a phoneme. Out: the posture of the vocal tract for it. A vowel is a target of its own, a consonant a target that
//! is shifted towards the vowel next to it. Source of the vowels: Peterson & Barney, "Control methods used in a study
//! of the vowels", JASA 24, 1952 (their means of men and of women); of the consonants: Klatt, JASA 67, 1980, table III;
//! of the murmurs: Fujimura, "Analysis of nasal consonants", JASA 34, 1962.

use super::tract::{FORMANTS, Posture};

/// The vocal tract that sings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Voice {
    /// A tract of about 14.5 cm.
    #[default]
    Woman,
    /// A tract of about 17.5 cm.
    Man,
}

/// A sung vowel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vowel {
    /// As in "father".
    Ah,
    /// As in "cat".
    Ae,
    /// As in "bed".
    Eh,
    /// As in "see".
    Ee,
    /// As in "sit".
    Ih,
    /// As in "law".
    Oh,
    /// As in "moon".
    Oo,
    /// As in "cup".
    Uh,
}

impl Vowel {
    /// Every vowel.
    pub const ALL: [Self; 8] = [Self::Ah, Self::Ae, Self::Eh, Self::Ee, Self::Ih, Self::Oh, Self::Oo, Self::Uh];
}

/// What comes before a vowel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consonant {
    /// Nothing: the vowel begins by itself.
    #[default]
    None,
    /// Nasal, at the lips.
    M,
    /// Nasal, at the ridge behind the teeth.
    N,
    /// Lateral.
    L,
    /// Approximant, with a low F3.
    R,
    /// Approximant, at the lips.
    W,
    /// Approximant, at the palate.
    Y,
    /// Fricative, at the ridge behind the teeth.
    S,
    /// Fricative, behind the ridge.
    Sh,
    /// Fricative, at lip and teeth.
    F,
    /// Breath.
    H,
    /// Voiceless plosive, at the lips.
    P,
    /// Voiceless plosive, at the ridge.
    T,
    /// Voiceless plosive, at the velum.
    K,
    /// Voiced plosive, at the lips.
    B,
    /// Voiced plosive, at the ridge.
    D,
    /// Voiced plosive, at the velum.
    G,
}

impl Consonant {
    /// Every consonant, [`Consonant::None`] first.
    pub const ALL: [Self; 17] = {
        use Consonant::{B, D, F, G, H, K, L, M, N, None, P, R, S, Sh, T, W, Y};
        [None, M, N, L, R, W, Y, S, Sh, F, H, P, T, K, B, D, G]
    };
}

/// Ratio of a woman's formants to a man's, whose tract is longer. Source: Peterson & Barney 1952 (the mean ratio of
/// F2).
const WOMAN_PER_MAN: f64 = 1.17;
/// Bandwidths of vowel formants, in hertz. Source: Klatt 1980, table II, rounded to one set for all.
const BANDWIDTHS_HZ: [f64; FORMANTS] = [80.0, 100.0, 150.0, 250.0, 300.0];
/// Frequency of the nasal pole and zero while they cancel each other, in hertz. Chosen: between their places in
/// murmurs; it is not heard.
const NASAL_REST_HZ: f64 = 1000.0;
/// The highest F3 of a consonant, as a share of F4. Source: Peterson & Barney 1952 (that of their highest vowel).
const HIGHEST_F3: f64 = 0.9;
/// How far the tongue is already on its way to the vowel when a consonant opens, for F1, F2 and F3: 0 is the bare
/// consonant, 1 the vowel. Klatt's (1980) targets lean towards the vowel. Chosen: within what locus equations find (0.3
/// to 0.8 for F2, Sussman et al., JASA 90, 1991); larger makes consonants less distinct.
const COARTICULATION: [f64; 3] = [0.35, 0.4, 0.4];

impl Voice {
    /// The formants of the neutral tube, in hertz: the odd quarter waves of its length, except F4 and F5, which singers
    /// draw together towards F3 (Sundberg, "Articulatory interpretation of the singing formant", JASA 55, 1974); those
    /// were chosen by comparing spectrograms of sung recordings.
    pub(super) fn resting_formants_hz(self) -> [f64; FORMANTS] {
        match self {
            Self::Woman => [590.0, 1750.0, 2900.0, 3700.0, 4350.0],
            Self::Man => [500.0, 1500.0, 2500.0, 3250.0, 3850.0],
        }
    }

    /// The formants above the fifth, in hertz: the further odd quarter waves, without end.
    pub(super) fn higher_formants_hz(self) -> impl Iterator<Item = f64> {
        (6..).map(move |number| (f64::from(number) - 0.5) * 1000.0 * self.scale())
    }

    fn scale(self) -> f64 {
        match self {
            Self::Woman => WOMAN_PER_MAN,
            Self::Man => 1.0,
        }
    }

    /// A posture with these three formants, the higher ones at rest.
    fn posture(self, lower_hz: [f64; 3]) -> Posture {
        let mut formants_hz = self.resting_formants_hz();
        formants_hz[..3].copy_from_slice(&lower_hz);
        let bandwidths_hz = BANDWIDTHS_HZ;
        Posture { formants_hz, bandwidths_hz, nasal_pole_hz: NASAL_REST_HZ, nasal_zero_hz: NASAL_REST_HZ }
    }
}

/// The five formants of a vowel as sung at `f0_hz`, in hertz. Notes above F1 raise it, as sopranos do.
///
/// ```
/// use con_anima::demo::{Voice, Vowel, formants_hz};
/// assert_eq!(formants_hz(Voice::Man, Vowel::Ee, 110.0)[..3], [270.0, 2290.0, 3010.0]);
/// assert!(formants_hz(Voice::Woman, Vowel::Ee, 900.0)[0] > 900.0);
/// ```
pub fn formants_hz(voice: Voice, vowel: Vowel, f0_hz: f64) -> [f64; 5] {
    vowel_posture(voice, vowel).at_pitch(f0_hz).formants_hz
}

/// The posture of a vowel on a low note.
pub(super) fn vowel_posture(voice: Voice, vowel: Vowel) -> Posture {
    let (man_hz, woman_hz) = match vowel {
        Vowel::Ah => ([730.0, 1090.0, 2440.0], [850.0, 1220.0, 2810.0]),
        Vowel::Ae => ([660.0, 1720.0, 2410.0], [860.0, 2050.0, 2850.0]),
        Vowel::Eh => ([530.0, 1840.0, 2480.0], [610.0, 2330.0, 2990.0]),
        Vowel::Ee => ([270.0, 2290.0, 3010.0], [310.0, 2790.0, 3310.0]),
        Vowel::Ih => ([390.0, 1990.0, 2550.0], [430.0, 2480.0, 3070.0]),
        Vowel::Oh => ([570.0, 840.0, 2410.0], [590.0, 920.0, 2710.0]),
        Vowel::Oo => ([300.0, 870.0, 2240.0], [370.0, 950.0, 2670.0]),
        Vowel::Uh => ([640.0, 1190.0, 2390.0], [760.0, 1400.0, 2780.0]),
    };
    voice.posture(match voice {
        Voice::Man => man_hz,
        Voice::Woman => woman_hz,
    })
}

/// The posture while a consonant is held.
pub(super) fn closed_posture(voice: Voice, consonant: Consonant, vowel: Posture) -> Posture {
    let mut posture = voice.posture(locus_hz(voice, consonant, vowel));
    match consonant {
        Consonant::M => murmur(&mut posture, voice, [900.0, 1150.0]),
        Consonant::N => murmur(&mut posture, voice, [1050.0, 1700.0]),
        // Sound from closed lips comes through the walls of the neck, in a low mode; everything above it is damped.
        Consonant::B | Consonant::D | Consonant::G => posture.bandwidths_hz = [80.0, 600.0, 800.0, 1000.0, 1000.0],
        // The open glottis damps the first formant most (Klatt 1980).
        Consonant::H => posture.bandwidths_hz = [300.0, 150.0, 200.0, 300.0, 350.0],
        Consonant::L => posture.bandwidths_hz = [60.0, 150.0, 280.0, 350.0, 400.0],
        Consonant::Y => posture.bandwidths_hz = [60.0, 250.0, 400.0, 350.0, 400.0],
        Consonant::R | Consonant::W => posture.bandwidths_hz = [70.0, 120.0, 200.0, 350.0, 400.0],
        _ => {}
    }
    posture
}

/// The posture of the moment in which a consonant opens to a vowel, or a vowel closes to it.
pub(super) fn edge_posture(voice: Voice, consonant: Consonant, vowel: Posture) -> Posture {
    let locus_hz = locus_hz(voice, consonant, vowel);
    let lean = |i: usize| locus_hz[i] + COARTICULATION[i] * (vowel.formants_hz[i] - locus_hz[i]);
    voice.posture(std::array::from_fn(lean))
}

/// A murmur: a low first formant, a nasal pole and zero (in hertz, of a man) and lossy upper formants.
fn murmur(posture: &mut Posture, voice: Voice, [pole_hz, zero_hz]: [f64; 2]) {
    posture.formants_hz[0] = 270.0 * voice.scale();
    posture.bandwidths_hz = [80.0, 250.0, 300.0, 400.0, 500.0];
    (posture.nasal_pole_hz, posture.nasal_zero_hz) = (pole_hz * voice.scale(), zero_hz * voice.scale());
}

/// The formant targets (loci) of a consonant; one without a place of articulation leaves the vowel's.
fn locus_hz(voice: Voice, consonant: Consonant, vowel: Posture) -> [f64; 3] {
    let man_hz: [f64; 3] = match consonant {
        Consonant::None | Consonant::H => return std::array::from_fn(|i| vowel.formants_hz[i]),
        Consonant::M => [400.0, 1270.0, 2130.0],
        Consonant::N => [400.0, 1450.0, 2470.0],
        Consonant::L => [310.0, 1050.0, 2880.0],
        Consonant::R => [310.0, 1060.0, 1380.0],
        Consonant::W => [290.0, 610.0, 2150.0],
        Consonant::Y => [260.0, 2070.0, 3020.0],
        Consonant::S => [320.0, 1390.0, 2530.0],
        Consonant::Sh => [300.0, 1840.0, 2750.0],
        Consonant::F => [340.0, 1100.0, 2080.0],
        Consonant::P => [350.0, 1100.0, 2150.0],
        Consonant::B => [200.0, 1100.0, 2150.0],
        Consonant::T => [350.0, 1600.0, 2600.0],
        Consonant::D => [200.0, 1600.0, 2600.0],
        Consonant::K => [300.0, 1990.0, 2850.0],
        Consonant::G => [200.0, 1990.0, 2850.0],
    };
    // A consonant's F3 stays below the singer's F4, which does not scale with it.
    let [f1_hz, f2_hz, f3_hz] = man_hz.map(|hz| hz * voice.scale());
    [f1_hz, f2_hz, f3_hz.min(HIGHEST_F3 * voice.resting_formants_hz()[3])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formants_are_in_order() {
        for voice in [Voice::Woman, Voice::Man] {
            for (vowel, consonant) in Vowel::ALL.into_iter().flat_map(|v| Consonant::ALL.map(|c| (v, c))) {
                let vowel = vowel_posture(voice, vowel);
                for posture in [vowel, closed_posture(voice, consonant, vowel), edge_posture(voice, consonant, vowel)] {
                    assert!(posture.formants_hz.is_sorted(), "{consonant:?}: {posture:?}");
                }
            }
        }
    }

    #[test]
    fn consonants_pull_the_formants_of_the_vowel() {
        let ah = vowel_posture(Voice::Woman, Vowel::Ah);
        assert!(edge_posture(Voice::Woman, Consonant::D, ah).formants_hz[1] > ah.formants_hz[1] + 200.0);
        assert!(edge_posture(Voice::Woman, Consonant::W, ah).formants_hz[1] < ah.formants_hz[1] - 200.0);
        assert_eq!(edge_posture(Voice::Woman, Consonant::H, ah), ah);
    }
}
