//! The consonants: their manner, lengths, levels and noise.
//!
//! In: a consonant. Out: its articulation; [`Frication`] turns white noise into the noise of a place of articulation.
//! Noise made at the front of the mouth is shaped by the short cavity before it only, so a few bands in parallel are
//! enough, and it bypasses the vocal tract. Sources: Jongman et al., "Acoustic characteristics of English fricatives",
//! JASA 108, 2000, for the spectral peaks; Stevens, "Acoustic Phonetics", 1998, ch. 7 and 8, for bursts and durations.
//! Levels and lengths were chosen by comparing spectrograms with those of sung recordings.

use super::phoneme::Consonant;
use std::f64::consts::{PI, TAU};

/// How a consonant is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Manner {
    /// No consonant.
    Absent,
    /// Voice through a narrowed or nasal tract; `is_abrupt` when a closure opens at the vowel onset.
    Sonorant { is_abrupt: bool },
    /// Breath through the tract.
    Breath,
    /// Noise at a narrowing.
    Fricative,
    /// Closure and burst, the burst `voice_delay_s` seconds before the vowel onset.
    Plosive { voice_delay_s: f64, is_voiced: bool },
}

/// Everything about a consonant except its formants.
#[derive(Clone, Copy, Debug)]
pub(super) struct Articulation {
    pub(super) manner: Manner,
    /// From its start to the vowel onset, seconds.
    pub(super) duration_s: f64,
    /// Level of the voice source in it, relative to the vowel.
    pub(super) voice_db: f64,
    /// Level of its noise, before the bands.
    pub(super) noise_db: f64,
    pub(super) bands: &'static [NoiseBand],
}

/// A band of noise.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoiseBand {
    centre_hz: f64,
    bandwidth_hz: f64,
    level_db: f64,
}

const fn band(centre_hz: f64, bandwidth_hz: f64, level_db: f64) -> NoiseBand {
    NoiseBand { centre_hz, bandwidth_hz, level_db }
}

// The bands of noise by place. Source: Jongman et al. 2000 for the peaks of fricatives (women: s near 7.5 kHz, sh near
// 3.8 kHz, f flat), Stevens 1998 for bursts (lips low and diffuse, ridge above 4 kHz, velum near F2).
const S_BANDS: &[NoiseBand] = &[band(7600.0, 3600.0, 0.0), band(11_000.0, 5000.0, -4.0)];
const SH_BANDS: &[NoiseBand] = &[band(3600.0, 1500.0, 0.0), band(6200.0, 3000.0, -5.0)];
const F_BANDS: &[NoiseBand] = &[band(9000.0, 9000.0, 0.0), band(2000.0, 2500.0, -4.0)];
const LIP_BANDS: &[NoiseBand] = &[band(900.0, 1000.0, 0.0), band(3000.0, 3500.0, -10.0)];
const RIDGE_BANDS: &[NoiseBand] = &[band(4800.0, 2600.0, 0.0), band(8000.0, 4000.0, -3.0)];
const VELUM_BANDS: &[NoiseBand] = &[band(2300.0, 700.0, 0.0), band(5200.0, 2500.0, -9.0)];

/// How a consonant is articulated.
pub(super) const fn articulation(consonant: Consonant) -> Articulation {
    match consonant {
        Consonant::None => voice(Manner::Absent, 0.0, 0.0),
        Consonant::M | Consonant::N => voice(Manner::Sonorant { is_abrupt: true }, 0.090, -7.0),
        Consonant::L => voice(Manner::Sonorant { is_abrupt: false }, 0.080, -5.0),
        Consonant::R | Consonant::W | Consonant::Y => voice(Manner::Sonorant { is_abrupt: false }, 0.090, -4.0),
        Consonant::H => noise(Manner::Breath, 0.090, 0.0, &[]),
        Consonant::S => noise(Manner::Fricative, 0.140, -17.0, S_BANDS),
        Consonant::Sh => noise(Manner::Fricative, 0.130, -12.0, SH_BANDS),
        Consonant::F => noise(Manner::Fricative, 0.110, -34.0, F_BANDS),
        Consonant::P => noise(plosive(0.045), 0.110, -14.0, LIP_BANDS),
        Consonant::T => noise(plosive(0.055), 0.120, -10.0, RIDGE_BANDS),
        Consonant::K => noise(plosive(0.065), 0.130, -8.0, VELUM_BANDS),
        Consonant::B => Articulation { voice_db: -12.0, ..noise(VOICED_PLOSIVE, 0.070, -20.0, LIP_BANDS) },
        Consonant::D => Articulation { voice_db: -12.0, ..noise(VOICED_PLOSIVE, 0.070, -16.0, RIDGE_BANDS) },
        Consonant::G => Articulation { voice_db: -12.0, ..noise(VOICED_PLOSIVE, 0.075, -14.0, VELUM_BANDS) },
    }
}

const VOICED_PLOSIVE: Manner = Manner::Plosive { voice_delay_s: 0.012, is_voiced: true };

const fn plosive(voice_delay_s: f64) -> Manner {
    Manner::Plosive { voice_delay_s, is_voiced: false }
}

const fn voice(manner: Manner, duration_s: f64, voice_db: f64) -> Articulation {
    Articulation { manner, duration_s, voice_db, noise_db: f64::NEG_INFINITY, bands: &[] }
}

const fn noise(manner: Manner, duration_s: f64, noise_db: f64, bands: &'static [NoiseBand]) -> Articulation {
    Articulation { manner, duration_s, voice_db: f64::NEG_INFINITY, noise_db, bands }
}

/// The filter that gives noise the spectrum of a place of articulation.
pub(super) struct Frication {
    bands: Vec<(f64, [BandPass; 2])>,
}

impl Frication {
    /// A filter for bands of noise at a sample rate in hertz; bands that do not fit below half of it are left out.
    pub(super) fn new(bands: &[NoiseBand], sample_rate_hz: f64) -> Self {
        let fitting = bands.iter().filter(|band| band.centre_hz < 0.45 * sample_rate_hz);
        // Two in a row give the steep edges of a real cavity; each alone must be wider by the root of (root 2 - 1).
        let filter = |band: &NoiseBand| BandPass::new(band.centre_hz, band.bandwidth_hz / 0.644, sample_rate_hz);
        let bands = fitting.map(|band| (10_f64.powf(band.level_db / 20.0), [filter(band), filter(band)]));
        Self { bands: bands.collect() }
    }

    /// Filters one sample.
    pub(super) fn step(&mut self, input: f64) -> f64 {
        let pass = |(gain, [first, second]): &mut (f64, [BandPass; 2])| *gain * second.step(first.step(input));
        self.bands.iter_mut().map(pass).sum()
    }
}

/// A second-order band-pass with gain 1 at its centre, by the bilinear transform; zeros at 0 Hz and half the rate.
struct BandPass {
    gain: f64,
    feedback: [f64; 2],
    past: [f64; 2],
}

impl BandPass {
    fn new(centre_hz: f64, bandwidth_hz: f64, sample_rate_hz: f64) -> Self {
        let angle = TAU * centre_hz / sample_rate_hz;
        // The tangent gives the exact bandwidth at any rate; a band too wide for the rate is limited.
        let alpha = (PI * (bandwidth_hz / sample_rate_hz).min(0.45)).tan();
        let norm = 1.0 + alpha;
        Self { gain: alpha / norm, feedback: [-2.0 * angle.cos() / norm, (1.0 - alpha) / norm], past: [0.0; 2] }
    }

    fn step(&mut self, input: f64) -> f64 {
        let output = self.gain * input + self.past[0];
        self.past = [self.past[1] - self.feedback[0] * output, -self.gain * input - self.feedback[1] * output];
        output
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::noise::{Performance, Stream, noise_run};

    /// Centre of gravity of a consonant's noise, in hertz, at 48 kHz.
    fn centroid_hz(consonant: Consonant) -> f64 {
        let mut filter = Frication::new(articulation(consonant).bands, 48_000.0);
        let mut noise = [0.0; 4096];
        noise_run(Performance { seed: 0, take: 0 }, Stream::DemoConsonant, 0, 0, &mut noise);
        let noise = noise.map(|value| filter.step(value));
        let (mut power, mut moment) = (0.0, 0.0);
        for bin in (4..2048).step_by(7) {
            let turn = |(index, value): (usize, &f64)| {
                let angle = TAU * (bin * index % 4096) as f64 / 4096.0;
                [value * angle.cos(), value * angle.sin()]
            };
            let [re, im] = noise.iter().enumerate().map(turn).fold([0.0; 2], |sum, x| [sum[0] + x[0], sum[1] + x[1]]);
            power += re * re + im * im;
            moment += (re * re + im * im) * bin as f64 * 48_000.0 / 4096.0;
        }
        moment / power
    }

    #[test]
    fn noise_lies_where_the_consonant_is_made() {
        let bounds_hz = [
            (Consonant::S, 6500.0..9500.0),
            (Consonant::Sh, 3200.0..5500.0),
            (Consonant::T, 4500.0..7500.0),
            (Consonant::K, 2000.0..3500.0),
            (Consonant::P, 600.0..3000.0),
        ];
        for (consonant, bounds_hz) in bounds_hz {
            let centroid_hz = centroid_hz(consonant);
            assert!(bounds_hz.contains(&centroid_hz), "{consonant:?}: {centroid_hz} Hz");
        }
    }

    #[test]
    fn low_rates_leave_high_bands_out() {
        assert_eq!(Frication::new(S_BANDS, 8000.0).bands.len(), 0);
        assert_eq!(Frication::new(S_BANDS, 48_000.0).bands.len(), 2);
    }
}
