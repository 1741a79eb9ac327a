//! What is to be done with each note and rest: plain numbers, from the score, the seed and the settings.
//!
//! In: a note with the one before it, the profile of the take, who sings, what is asked for. Out: a [`NotePlan`], or an
//! [`InhalePlan`] for a rest. Pure functions: nothing depends on what was planned before, nothing is carried, smoothed
//! or slewed from plan to plan, so that the same bar is planned alike from any start.

mod draws;
mod inhale;
mod pitch;
mod shares;
mod spread;
mod timing;

pub use draws::Chance;
pub use inhale::{InhalePlan, LONGEST_PAUSE_S, is_long_enough};
pub use pitch::{Lean, PitchPlan, Vibrato, offsets};
pub use shares::Shares;
pub(crate) use shares::lack;
pub use spread::Spread;
pub(crate) use timing::{LEAD_PER_STEP, LEAD_S, LEAST_AGE_S, SILENCE_MARGIN_S};
pub use timing::{SpreadSettings, TimingAsked, is_movable, vowel_end};

use crate::dsp::noise::Stream;
use crate::score::{Course, Note, Profile};
use crate::settings::Settings;
use draws::Draws;

/// What is to be done with a note.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NotePlan {
    /// How much of each movement is added.
    pub shares: Shares,
    /// Its pitch.
    pub pitch: PitchPlan,
    /// How far it lies off its level, in standard deviations of what is asked for.
    pub level: f32,
    /// How much of what is asked for is missing in the take's level, `0..=1`.
    pub level_share: f32,
}

impl NotePlan {
    /// Plans a note, `before` which another began, if that is known. `offsets` is what the notes of the song come to.
    /// Realtime-safe.
    pub fn new(
        note: &Note,
        before: Option<&Note>,
        profile: &Profile,
        offsets: Spread,
        settings: &Settings,
        sample_rate_hz: f64,
    ) -> Self {
        let shares = Shares::of(profile, note.course, settings);
        let level = Draws::of_note(Stream::NoteLevel, &Chance::of(settings), note.onset as f64 / sample_rate_hz);
        Self {
            shares,
            pitch: pitch::pitch(note, before, &shares, offsets, settings, sample_rate_hz),
            // Nobody sings a held vowel louder all at once.
            level: if note.is_continued { 0.0 } else { level.deviation(0) as f32 },
            // Several voices have levels of their own.
            level_share: if note.is_polyphonic { 0.0 } else { shares.drift },
        }
    }
}

/// The share of deviations from the beat that is added to a note whose pitch goes like `course`, if that is known,
/// `0..=1`.
pub fn timing_share(profile: &Profile, course: Option<Course>, settings: &Settings) -> f32 {
    shares::timing(profile, course, settings)
}

/// Whether timing is asked for at all.
pub fn is_timed(settings: &Settings) -> bool {
    timing::is_on(settings)
}
