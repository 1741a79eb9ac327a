//! How much of a time of its own a take lacks.
//!
//! In: its notes, as they are found, and what is known of the take by then. Out: the share of deviations from the beat
//! that is added. Where the host tells the tempo, the notes' own distance from the beat says it; else, whoever sings
//! alive is taken to sing in time as people do. It hangs on the input alone: notes are planned before they are sung.

use super::grid::Grid;
use super::{lack, lifeless};
use crate::analysis::take::TakeStatistics;
use crate::performance::foresight::Course;
use crate::settings::{Settings, Tempo};

/// A take whose notes lie this many times as far off the beat as is asked for, sd, needs no more: a singer to a click
/// reads 28 to 48 ms (VOICE.md), a machine 0, and 10 are asked for by default.
const TIMING_PER_MS: f32 = 2.0;
/// Whoever drifts by this much, cents, or moves by this much in a note, cents rms, is alive: nearly as in
/// [`super::Missing`] at the default of Drift. When notes are sung does not hang on its knob.
const LIVING_DRIFT_CENTS: f32 = 4.0;
const LIVING_MOVEMENT_CENTS: f32 = 7.4;
/// Fewer notes do not tell how a take lies on the beats.
const LEAST_NOTES: usize = 3;
/// What is added as long as nothing is known of the take: in doubt less. A decision: with 0.4 people's
/// notes were moved by up to 4.2 ms sd, with this by 3.6 (`xtask tune`, 15 seeds).
const UNKNOWN_SHARE: f32 = 0.3;

/// A note that is found.
#[derive(Clone, Copy, Debug)]
pub(in crate::performance) struct Found<'a> {
    /// Its song position, seconds.
    pub(in crate::performance) onset_s: f64,
    /// A phrase begins with it.
    pub(in crate::performance) is_phrase_start: bool,
    /// What the take had of its own up to then.
    pub(in crate::performance) take: &'a TakeStatistics,
    /// How the note before went.
    pub(in crate::performance) last: Option<Course>,
}

/// Follows how a take's notes lie in time.
#[derive(Clone, Debug, Default)]
pub(in crate::performance) struct OwnTime {
    beats: Grid,
    /// The share that is lacking in a living take; `None` where nothing is known.
    lacking: Option<f32>,
}

impl OwnTime {
    /// A note is found; returns the share of its deviation that is added, `0..=1`. Realtime-safe.
    pub(in crate::performance) fn find(&mut self, found: &Found<'_>, settings: &Settings) -> f32 {
        if found.is_phrase_start {
            self.beats.begin_phrase();
            self.lacking = None;
        }
        self.beats.add(settings.tempo.sixteenths(found.onset_s));
        let seen = found.last.map(|course| lack(course.movement_cents as f32, LIVING_MOVEMENT_CENTS));
        let told =
            found.take.drift_cents.map(|cents| lack(cents, LIVING_DRIFT_CENTS).min(lifeless(found.take.vibrato)));
        self.lacking = told.or(seen).or(self.lacking);
        // Without a tempo nobody knows where the beats lie.
        let off_beat = self.beats.deviation(LEAST_NOTES).filter(|_| settings.tempo != Tempo::UNKNOWN);
        let off_beat = off_beat.map(|turns| turns * settings.tempo.sixteenth_ms());
        let lacking = off_beat.map(|off_ms| lack(off_ms, TIMING_PER_MS * settings.timing_ms)).or(self.lacking);
        1.0 - settings.only_missing * (1.0 - lacking.unwrap_or(UNKNOWN_SHARE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Settings = Settings { amount: 1.0, only_missing: 1.0, timing_ms: 10.0, ..Settings::NEUTRAL };

    fn share(settings: &Settings, drift_cents: f32, off_s: f64) -> f32 {
        let mut own = OwnTime::default();
        let take = TakeStatistics { drift_cents: Some(drift_cents), ..TakeStatistics::UNKNOWN };
        let mut share = 0.0;
        for note in 0..8 {
            let onset_s = 0.625 * f64::from(note) + if note % 2 == 0 { off_s } else { -off_s };
            share = own.find(&Found { onset_s, is_phrase_start: note == 0, take: &take, last: None }, settings);
        }
        share
    }

    #[test]
    fn notes_on_the_beat_are_moved_and_others_are_not() {
        let settings = Settings { tempo: Tempo { beats_per_s: 1.6, origin_beats: 0.0 }, ..SETTINGS };
        let (tight, loose) = (share(&settings, 6.0, 0.001), share(&settings, 6.0, 0.03));
        assert!(tight > 0.9 && loose < 0.1, "{tight} {loose}");
        let everything = Settings { only_missing: 0.0, ..settings };
        assert_eq!(share(&everything, 6.0, 0.03), 1.0);
    }

    #[test]
    fn without_a_tempo_whoever_lives_keeps_their_time() {
        assert_eq!(share(&SETTINGS, 6.0, 0.001), 0.0);
        assert!(share(&SETTINGS, 0.2, 0.001) > 0.99);
    }
}
