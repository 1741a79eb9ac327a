//! The share of noise in a voice.
//!
//! In: the spectral envelope and the harmonics-to-noise ratio by band at one moment. Out: the power of the noise as a
//! share of the whole.

use super::envelope::{BANDS, Envelope, frequencies_hz};

/// Upper edges of the bands of the ratio, Hz. Source: docs/voice.md, "Human against machine" (the bands of its
/// harmonics-to-noise ratios).
const BANDS_HZ: [f32; 4] = [1000.0, 3000.0, 6000.0, 10_000.0];
/// How much too low the noise is measured, dB: the ratio takes noise close to the harmonics for part of them. Measured:
/// the median over the demo singer's vowels with breath of 12 to 32 dB below them.
const UNHEARD_DB: f32 = 2.0;
/// Less noise than this counts as none, dB. Chosen: far below any microphone's noise; it only keeps the value finite.
const LEAST_DB: f32 = -90.0;

/// The bands in which the envelope's frequencies are.
#[derive(Clone, Debug)]
pub(super) struct NoiseShare {
    /// Bandwidth that each frequency stands for, Hz.
    widths_hz: [f32; BANDS],
    /// The band of the ratio that each frequency belongs to.
    bands: [usize; BANDS],
}

impl NoiseShare {
    pub(super) fn new() -> Self {
        let frequencies = frequencies_hz();
        let width = |band: usize| {
            let (before, after) = (frequencies[band.saturating_sub(1)], frequencies[(band + 1).min(BANDS - 1)]);
            0.5 * (after - before)
        };
        let band = |hz: f32| BANDS_HZ.iter().position(|edge_hz| hz <= *edge_hz).unwrap_or(BANDS_HZ.len() - 1);
        Self { widths_hz: std::array::from_fn(width), bands: frequencies.map(band) }
    }

    /// The power of the noise re the whole voice, dB.
    pub(super) fn level_db(&self, envelope: &Envelope, hnr_db: &[f32; 4]) -> f32 {
        let noise_parts = hnr_db.map(|db| 1.0 / (1.0 + 10_f32.powf(db / 10.0)));
        let (mut all, mut noise) = (0.0, 0.0);
        for ((level_db, width_hz), band) in envelope.levels_db.iter().zip(self.widths_hz).zip(self.bands) {
            let power = width_hz * 10_f32.powf(level_db / 10.0);
            all += power;
            noise += power * noise_parts[band];
        }
        if all > 0.0 { (10.0 * (noise / all).log10() + UNHEARD_DB).clamp(LEAST_DB, 0.0) } else { LEAST_DB }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_counts_by_the_power_of_its_band() {
        let share = NoiseShare::new();
        let none = share.level_db(&Envelope::FLAT, &[60.0; 4]);
        assert!(none < -57.0, "{none}");
        assert_eq!(share.level_db(&Envelope::FLAT, &[60.0, -60.0, -60.0, -60.0]), 0.0);
        // Of the band from 100 Hz to 10 kHz, nine parts in a hundred are below 1 kHz.
        let low = share.level_db(&Envelope::FLAT, &[-60.0, 60.0, 60.0, 60.0]);
        assert!((low - (10.0 * 0.09_f32.log10() + UNHEARD_DB)).abs() < 0.5, "{low}");
    }
}
