//! The breaths that the take has itself, made softer or louder.
//!
//! In: the phases heard now and a little later. Out: a gain that has left its rest only where a breath sounds, from its
//! first moment to its last, so that nothing else changes.

use crate::analysis::Phase;
use crate::dsp::motion::Span;
use crate::dsp::ramp::Ramp;
use crate::score::Lookahead;
use crate::settings::Settings;

/// Time in which the gain comes and goes within a breath, seconds. Chosen: no click, and shorter than any breath.
const FOLLOW_S: f64 = 0.012;

/// Rides the take's own breaths.
#[derive(Clone, Debug)]
pub(super) struct OwnBreaths {
    follow_samples: i64,
    gain_db: Ramp,
}

impl OwnBreaths {
    pub(super) fn new(sample_rate_hz: f64, hop_samples: usize) -> Self {
        let hops = (FOLLOW_S * sample_rate_hz / hop_samples as f64).ceil() as u32;
        Self { follow_samples: i64::from(hops) * hop_samples as i64, gain_db: Ramp::new(0.0, hops) }
    }

    pub(super) fn reset(&mut self) {
        self.gain_db.snap(0.0);
    }

    /// The gain in a hop that hears the input at absolute index `heard`, dB; exactly 0 outside breaths. Realtime-safe.
    pub(super) fn at(&mut self, heard: i64, settings: &Settings, ahead: &Lookahead<'_>) -> Span<f32> {
        let start = self.gain_db.value();
        let wanted_db = settings.amount * settings.breath_keep_db;
        if wanted_db == 0.0 && start == 0.0 {
            return Span::default();
        }
        // It is on its way back when the breath ends.
        let is_breath = |index| ahead(index).is_some_and(|hop| hop.known.frame.phase == Phase::Breath);
        let is_within = is_breath(heard) && is_breath(heard + self.follow_samples);
        Span { start, end: self.gain_db.advance(if is_within { wanted_db } else { 0.0 }) }
    }
}
