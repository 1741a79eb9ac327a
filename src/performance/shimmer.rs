//! Period-to-period level movement: a gain lattice at the rate of the jitter (docs/design.md §3).

use crate::dsp::lattice::{self, Lattice};
use crate::dsp::noise::Stream;
use crate::dsp::units::MEAN_ABSOLUTE;
use crate::settings::Settings;

use super::movement::JITTER_REFERENCE_HZ;

/// Lattice rate, Hz. Source: docs/design.md §3.
const SHIMMER_RATE_HZ: f64 = 180.0;

/// Level movement in dB over song position.
#[derive(Clone, Debug)]
pub struct Shimmer {
    lattice: Lattice,
    sample_rate_hz: f64,
    /// Lattice amplitude, dB, that gives a voice at 220 Hz a local shimmer of 1 dB.
    amplitude_per_db: f64,
}

impl Shimmer {
    /// Shimmer for audio of this rate.
    pub fn new(sample_rate_hz: f64) -> Self {
        let neighbour = lattice::autocorrelation(SHIMMER_RATE_HZ / JITTER_REFERENCE_HZ);
        let variance = 2.0 * (lattice::autocorrelation(0.0) - neighbour);
        Self {
            lattice: Lattice::new(Stream::Shimmer, 0, SHIMMER_RATE_HZ),
            sample_rate_hz,
            amplitude_per_db: 1.0 / (MEAN_ABSOLUTE * variance.sqrt()),
        }
    }

    /// The gain at a song position, dB; exactly 0 when nothing is asked for. Realtime-safe.
    pub fn at_db(&mut self, settings: &Settings, position_samples: i64) -> f32 {
        let depth_db = f64::from(settings.amount) * f64::from(settings.shimmer_db);
        if depth_db <= 0.0 {
            return 0.0;
        }
        let point = self.lattice.at(settings.performance, position_samples, self.sample_rate_hz);
        (depth_db * self.amplitude_per_db * point.value) as f32
    }
}
