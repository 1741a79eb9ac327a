//! The colour of the air that rushes through the glottis while it sings: the tract's own, where it is heard.
//!
//! In: the voice's spectral envelope. Out: the same without its lower part. Sources: docs/design.md §7; Klatt & Klatt,
//! "Analysis, synthesis, and perception of voice quality variations among female and male talkers", JASA 87, 1990, for
//! the noise above the first formant.

use super::tilt::Tilt;
use crate::analysis::envelope::{BANDS, Envelope, frequencies_hz};

/// Nothing is added below the first, everything above the second, Hz: below 500 Hz no breath is heard beside the voice,
/// and the filter that shapes it is 190 Hz wide to either side. Source: docs/design.md §7, and computed for voices that
/// fall by 6 to 14 dB per octave: higher up, breath would miss the octave about 1 kHz; lower down, it would not be 60
/// dB down at 500 Hz.
const CUT_HZ: [f32; 2] = [600.0, 820.0];
/// What is cut off is attenuated by so much, dB. Chosen: nothing of it is audible; more changes nothing.
const CUT_DB: f32 = -120.0;

/// Colours the air in a voice.
#[derive(Clone, Debug)]
pub struct AspirationColour {
    cuts_db: [f32; BANDS],
    tilt: Tilt,
}

impl Default for AspirationColour {
    fn default() -> Self {
        let [from_hz, to_hz] = CUT_HZ;
        let cut_db = |hz: f32| {
            let share = ((hz - from_hz) / (to_hz - from_hz)).clamp(0.0, 1.0);
            (80.0 * (std::f32::consts::FRAC_PI_2 * share).sin().log10()).max(CUT_DB)
        };
        Self { cuts_db: frequencies_hz().map(cut_db), tilt: Tilt::new() }
    }
}

impl AspirationColour {
    /// The colour of the air in a voice of this envelope; `tone_db` makes it brighter. Realtime-safe.
    pub fn of(&self, mut voice: Envelope, tone_db: f32) -> Envelope {
        voice.levels_db.iter_mut().zip(self.cuts_db).for_each(|(level_db, cut_db)| *level_db += cut_db);
        self.tilt.tilted(voice, tone_db)
    }
}
