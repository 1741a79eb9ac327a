//! Only what is missing: how much of each movement a take lacks.
//!
//! In: what the last seconds of the take had of their own, what is asked for. Out: the share of each that is added. Two
//! movements that have nothing to do with each other add up by their squares; so what a take lacks of a target is the
//! root of the difference of squares. Shares change from note to note, a little at a time, and at once where a phrase
//! begins.

mod grid;
pub(super) mod own_time;

use super::foresight::Course;
use super::own_vibrato;
use crate::analysis::take::{TakeStatistics, Vibrato};
use crate::settings::Settings;
use grid::Grid;
pub(super) use own_time::OwnTime;

/// Running drift, cents, of a voice that lacks none, for each cent of the knob. Singers of the material read 5.4 to 9.5
/// (tuned ones 0.4 to 0.7, synthetic ones 0 to 2.6), so that the default of 9.8 leaves them alone. The statistics of
/// the take leave out glides and the heads of notes, and so read lower than the knob. With 0.36 diphones, which move as
/// they are joined, were left too still.
const DRIFT_PER_CENT: f32 = 0.446;
/// The same for movement at the speed of vibrato, and for faster movement, for each cent of Tremble. A still voice with
/// one cent reads 0.85 and 0.29 (the demo's woman, six seeds). With those two machines' F0 sd lay within what people do
/// in 78 % of renders instead of 84, and people were left alone with these as well (`xtask tune`).
const SWING_PER_CENT: f32 = 0.71;
const FLUTTER_PER_CENT: f32 = 0.61;
/// A take whose notes begin so far off on average, cents, for each cent of the knob, scoops as asked for: the knob is
/// typical of scoops, and not every note has one.
const SCOOP_PER_CENT: f32 = 0.5;
/// A take whose notes lie this much of the intonation asked for off their grid, cents sd, is as much out of tune.
/// Trained singers read 10.6 (VOICE.md).
const INTONATION_PER_CENT: f32 = 0.75;
/// Fewer notes tell nothing of a grid: with three, four that were tuned by a machine were over before they were known
/// as such.
const LEAST_NOTES: usize = 2;
/// Cents from one line of the notes' grid to the next.
const SEMITONE_CENTS: f64 = 100.0;
/// Where nothing else is known, a note that moves by this much of the drift asked for, cents rms, has all it needs:
/// singers' notes read 12 to 48 cents, machines' 1.3 to 9 (VOICE.md, F0 sd, with flutter); it is 7.8 at the default.
/// With 8.9 a person's calm notes leaned as machines' do.
const SEEN_PER_CENT: f32 = 0.8;
/// … unless its notes lie so far off their grid, cents sd: then the take is a singer's, however calm a note may be. The
/// first is what eight notes that are in tune read if one strays; the second is far from that, and less than people
/// read (14 to 37). Told by so many notes.
const STRAY_CENTS: f32 = 12.5;
const ASTRAY_CENTS: f32 = 18.0;
const LEAST_STRAYING_NOTES: usize = 4;
/// Whose vibrato's rate varies by this part is alive (VOICE.md: 4 to 8 %), and moves as singers do: in a deep vibrato
/// little drift is read.
const LIVING_RATE_VARIATION: f32 = 0.05;
/// What is added as long as nothing is known of the take: in doubt less. A decision: with 0.65 people's short takes
/// were changed by more than 15 % (`xtask tune`).
const UNKNOWN_SHARE: f32 = 0.4;
/// Shares change by so much from note to note: all of it in four. A decision.
const MOST_CHANGE: f32 = 0.25;
/// What is known so much later is taken into account, where that much is known, seconds: Phrase sees half a second.
pub(super) const FORESIGHT_S: f64 = 0.45;

/// The share of each movement that is added, `0..=1`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shares {
    pub(super) drift: f32,
    pub(super) intonation: f32,
    pub(super) swing: f32,
    pub(super) flutter: f32,
    pub(super) jitter: f32,
    pub(super) scoop: f32,
    pub(super) vibrato: f32,
}

impl Shares {
    /// Everything is added.
    #[cfg(test)]
    pub(super) const ALL: Self = Self::even(1.0);

    /// The same of each.
    const fn even(share: f32) -> Self {
        Self {
            drift: share,
            intonation: share,
            swing: share,
            flutter: share,
            jitter: share,
            scoop: share,
            vibrato: share,
        }
    }

    /// What a take lacks of what is asked for; where that cannot be told, as `unknown` has it.
    fn lacking(take: &TakeStatistics, off_cents: Option<f32>, settings: &Settings, unknown: Self) -> Self {
        let part = |present: Option<f32>, target: f32, unknown: f32| {
            present.map_or(unknown, |present| 1.0 - settings.only_missing * (1.0 - lack(present, target)))
        };
        let most = 1.0 - settings.only_missing * (1.0 - lifeless(take.vibrato));
        let vibrato_cents = take.drift_cents.map(|_| take.vibrato.map_or(0.0, |vibrato| vibrato.extent_cents));
        Self {
            drift: part(take.drift_cents, DRIFT_PER_CENT * settings.drift_cents, unknown.drift).min(most),
            intonation: part(off_cents, INTONATION_PER_CENT * settings.intonation_cents, unknown.intonation),
            swing: part(take.vibrato_band_cents, SWING_PER_CENT * settings.tremble_cents, unknown.swing).min(most),
            flutter: part(take.flutter_cents, FLUTTER_PER_CENT * settings.tremble_cents, unknown.flutter).min(most),
            jitter: part(take.jitter_percent, settings.jitter_percent, unknown.jitter),
            scoop: part(take.scoop_cents, SCOOP_PER_CENT * settings.scoop_cents, unknown.scoop),
            vibrato: part(vibrato_cents, settings.vibrato_cents, unknown.vibrato),
        }
    }

    /// As long as nothing is known of a take.
    fn unknown(settings: &Settings) -> Self {
        Self::even(1.0 - settings.only_missing * (1.0 - UNKNOWN_SHARE))
    }

    /// As long as nothing is known of a take but how its note moves, and perhaps how far its notes lie off their grid.
    fn seen(cents: f32, off_cents: Option<f32>, settings: &Settings) -> Self {
        let astray_cents = off_cents.map_or(0.0, |off_cents| (off_cents - STRAY_CENTS).max(0.0));
        let lacking = lack(cents, SEEN_PER_CENT * settings.drift_cents);
        let lacking = lacking.min(lack(astray_cents, ASTRAY_CENTS - STRAY_CENTS));
        let share = 1.0 - settings.only_missing * (1.0 - lacking);
        let unknown = Self::unknown(settings);
        // What does not move is no singer's, and needs a singer's ear; what does may still have been put in tune.
        let intonation = share.max(unknown.intonation);
        Self { drift: share, intonation, swing: share, flutter: share, vibrato: share, ..unknown }
    }

    fn towards(self, other: Self) -> Self {
        let step = |from: f32, to: f32| to.clamp(from - MOST_CHANGE, from + MOST_CHANGE);
        Self {
            drift: step(self.drift, other.drift),
            // Each note has its own as it is.
            intonation: other.intonation,
            swing: step(self.swing, other.swing),
            flutter: step(self.flutter, other.flutter),
            jitter: step(self.jitter, other.jitter),
            scoop: step(self.scoop, other.scoop),
            vibrato: step(self.vibrato, other.vibrato),
        }
    }
}

/// The share of a target that is lacking where so much is present.
pub(super) fn lack(present: f32, target: f32) -> f32 {
    if target > 0.0 { (1.0 - (present / target).powi(2)).max(0.0).sqrt() } else { 1.0 }
}

/// How much of a life a vibrato lacks: all of it where there is none.
fn lifeless(vibrato: Option<Vibrato>) -> f32 {
    let varies = |vibrato: Vibrato| own_vibrato::whole(vibrato.rate_variation, vibrato.cycles_s);
    vibrato.map_or(1.0, |vibrato| lack(varies(vibrato), LIVING_RATE_VARIATION))
}

/// Follows what is missing.
#[derive(Clone, Debug, Default)]
pub(super) struct Missing {
    shares: Option<Shares>,
    /// Something has been told since this phrase began, and in the one before.
    is_told: bool,
    was_told: bool,
    pitches: Grid,
    /// What was seen of the last note as it began.
    seen: Option<Course>,
}

impl Missing {
    /// Forgets the take: the song jumps.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    /// The note that was sung ends, and went like this. Its end may be calmer than what was seen of its beginning.
    /// Realtime-safe.
    pub(super) fn end(&mut self, course: Course) {
        let turns = course.centre_cents / SEMITONE_CENTS;
        match self.seen {
            Some(seen) if seen.movement_cents <= course.movement_cents => {}
            Some(_) => self.pitches.amend(turns),
            None => self.pitches.add(turns),
        }
    }

    /// A note begins, perhaps a phrase with it, of whose own pitch so much is seen. Realtime-safe.
    pub(super) fn begin(
        &mut self,
        take: &TakeStatistics,
        course: Option<Course>,
        settings: &Settings,
        is_phrase_start: bool,
    ) {
        if is_phrase_start {
            (self.was_told, self.is_told) = (self.is_told, false);
            self.pitches.begin_phrase();
        }
        self.seen = course;
        course.into_iter().for_each(|course| self.pitches.add(course.centre_cents / SEMITONE_CENTS));
        let was_known = self.is_told || self.was_told;
        self.is_told |= take.drift_cents.is_some();
        // What was told before the last phrase is forgotten.
        let last = self.shares.filter(|_| self.is_told || self.was_told || !is_phrase_start);
        let off_cents = |least_notes| self.pitches.deviation(least_notes).map(|turns| turns * SEMITONE_CENTS as f32);
        let straying_cents = off_cents(LEAST_STRAYING_NOTES);
        let seen = course.map(|course| Shares::seen(course.movement_cents as f32, straying_cents, settings));
        let unknown = seen.or(last).unwrap_or_else(|| Shares::unknown(settings));
        let off_cents = off_cents(LEAST_NOTES);
        let lacking = Shares::lacking(take, off_cents, settings, unknown);
        // To learn what a take is like is no change of it.
        let near = last.filter(|_| !is_phrase_start && was_known);
        self.shares = Some(near.map_or(lacking, |last| last.towards(lacking)));
    }

    /// The shares over the note that is sung; before the first, those of an unknown take.
    pub(super) fn shares(&self, settings: &Settings) -> Shares {
        self.shares.unwrap_or_else(|| Shares::unknown(settings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Settings =
        Settings { amount: 1.0, only_missing: 1.0, drift_cents: 12.0, jitter_percent: 0.3, ..Settings::NEUTRAL };

    fn take(drift_cents: f32) -> TakeStatistics {
        TakeStatistics { held_s: 1.0, drift_cents: Some(drift_cents), ..TakeStatistics::default() }
    }

    #[test]
    fn what_is_there_is_not_added_again() {
        let share = |drift_cents, only_missing| {
            Shares::lacking(&take(drift_cents), None, &Settings { only_missing, ..SETTINGS }, Shares::ALL).drift
        };
        assert!(share(0.2, 1.0) > 0.99 && share(5.4, 1.0) == 0.0);
        assert!((share(2.6, 1.0) - 0.874).abs() < 0.01, "{}", share(2.6, 1.0));
        assert_eq!(share(5.4, 0.0), 1.0);
        assert_eq!(share(5.4, 0.5), 0.5);
    }

    #[test]
    fn shares_change_slowly_within_a_phrase_and_at_once_with_the_next() {
        let mut missing = Missing::default();
        missing.begin(&take(0.1), None, &SETTINGS, true);
        assert!(missing.shares(&SETTINGS).drift > 0.99);
        missing.begin(&take(6.0), None, &SETTINGS, false);
        assert!((missing.shares(&SETTINGS).drift - 1.0 + MOST_CHANGE).abs() < 0.01);
        missing.begin(&take(6.0), None, &SETTINGS, true);
        assert_eq!(missing.shares(&SETTINGS).drift, 0.0);
    }

    #[test]
    fn what_was_told_two_phrases_ago_is_forgotten() {
        let mut missing = Missing::default();
        missing.begin(&take(6.0), None, &SETTINGS, true);
        let nothing = TakeStatistics::default();
        missing.begin(&nothing, None, &SETTINGS, true);
        assert_eq!(missing.shares(&SETTINGS).drift, 0.0);
        missing.begin(&nothing, None, &SETTINGS, true);
        assert!((missing.shares(&SETTINGS).drift - UNKNOWN_SHARE).abs() < 1e-6);
    }

    #[test]
    fn of_an_unknown_take_the_note_itself_tells() {
        let nothing = TakeStatistics::default();
        let share = |movement_cents| {
            let mut missing = Missing::default();
            let course = Course { centre_cents: 9000.0, movement_cents };
            missing.begin(&nothing, Some(course), &SETTINGS, true);
            missing.shares(&SETTINGS).drift
        };
        assert!(share(1.0) > 0.98 && share(15.0) == 0.0, "{} {}", share(1.0), share(15.0));
    }

    #[test]
    fn a_calm_note_of_a_take_that_is_out_of_tune_is_left_alone() {
        let share = |offs: [f64; 5]| {
            let settings = Settings { intonation_cents: 15.0, ..SETTINGS };
            let mut missing = Missing::default();
            for off_cents in offs {
                let course = Course { centre_cents: 9000.0 + off_cents, movement_cents: 2.0 };
                missing.begin(&TakeStatistics::default(), Some(course), &settings, false);
            }
            missing.shares(&settings).drift
        };
        assert!(share([0.0, 1.0, -1.0, 2.0, 0.0]) > 0.95 && share([20.0, -22.0, 25.0, -18.0, 20.0]) == 0.0);
        assert!(share([0.0, 0.0, 0.0, 0.0, 28.0]) > 0.95, "one that strays makes no singer");
    }

    #[test]
    fn what_is_learnt_of_a_take_counts_at_once_and_a_living_vibrato_is_a_life() {
        let moving = Course { centre_cents: 9000.0, movement_cents: 20.0 };
        let mut missing = Missing::default();
        missing.begin(&TakeStatistics::default(), Some(moving), &SETTINGS, true);
        assert_eq!(missing.shares(&SETTINGS).drift, 0.0);
        missing.begin(&take(0.2), Some(moving), &SETTINGS, false);
        assert!(missing.shares(&SETTINGS).drift > 0.99);
        let drift_share = |rate_variation| {
            let vibrato =
                Vibrato { rate_hz: 5.5, extent_cents: 30.0, rate_variation, cycles_s: 1.5, ..Vibrato::default() };
            let swinging = TakeStatistics { vibrato: Some(vibrato), ..take(0.2) };
            Shares::lacking(&swinging, None, &SETTINGS, Shares::ALL).drift
        };
        assert!(drift_share(0.001) > 0.99 && drift_share(0.06) == 0.0, "{} {}", drift_share(0.001), drift_share(0.06));
    }

    #[test]
    fn a_note_that_began_astray_is_judged_by_its_end() {
        let intonation = |end: Option<f64>| {
            let settings = Settings { intonation_cents: 15.0, ..SETTINGS };
            let course = |centre_cents, movement_cents| Course { centre_cents, movement_cents };
            let mut missing = Missing::default();
            missing.begin(&take(0.2), Some(course(9030.0, 50.0)), &settings, true);
            end.into_iter().for_each(|centre_cents| missing.end(course(centre_cents, 3.0)));
            missing.begin(&take(0.2), Some(course(9201.0, 2.0)), &settings, false);
            missing.shares(&settings).intonation
        };
        assert!(intonation(None) < 0.5 && intonation(Some(9000.0)) > 0.99);
    }
}
