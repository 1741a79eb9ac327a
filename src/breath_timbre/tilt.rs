//! How the tone of breath tilts a colour.
//!
//! In: a colour, how much brighter it is to be. Out: the colour tilted within the range of breath.

use crate::analysis::envelope::{BANDS, Envelope, frequencies_hz};

/// Between these the tone of breath tilts, Hz. Source: docs/design.md §7, breath's own range; its middle stays.
const TILT_HZ: [f32; 2] = [1000.0, 8000.0];

/// A tilt in colours.
#[derive(Clone, Debug)]
pub(super) struct Tilt {
    /// Share of the whole tilt at each frequency, -0.5 to 0.5.
    shares: [f32; BANDS],
}

impl Tilt {
    pub(super) fn new() -> Self {
        let [low, high] = TILT_HZ.map(f32::log2);
        let share = |hz: f32| ((hz.log2() - low) / (high - low)).clamp(0.0, 1.0) - 0.5;
        Self { shares: frequencies_hz().map(share) }
    }

    /// A colour that rises by so much more over breath's range, dB.
    pub(super) fn tilted(&self, mut colour: Envelope, tone_db: f32) -> Envelope {
        colour.levels_db.iter_mut().zip(self.shares).for_each(|(level_db, share)| *level_db += tone_db * share);
        colour
    }
}
