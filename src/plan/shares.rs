//! Only what is missing: how much of each movement a take lacks.
//!
//! In: the note and the profile of the take, what is asked for. Out: the share of each movement that is added. Two
//! movements that have nothing to do with each other add up by their squares; so what a take lacks of a target is the
//! root of the difference of squares.

use crate::analysis::take::{Vibrato, whole_variation};
use crate::score::{Course, Profile};
use crate::settings::{Settings, Tempo};

/// Running drift, cents, of a voice that lacks none, for each cent of the knob. Singers of the material read 5.4 to 9.5
/// (tuned ones 0.4 to 0.7, synthetic ones 0 to 2.6), so that the default leaves them alone. The statistics of the take
/// leave out glides and the heads of notes, and so read lower than the knob.
/// Measured: `cargo lab tune`; with 0.36 diphones, which move as they are joined, were left too still.
const DRIFT_PER_CENT: f32 = 0.446;
/// The same for movement at the speed of vibrato, and for faster movement, for each cent of Tremble.
/// Measured: `cargo lab tune`; a still voice with one cent reads 0.85 and 0.29 (the demo's woman, six seeds), but with
/// those machines' F0 sd lay within what people do in 78 % of renders instead of 84.
const SWING_PER_CENT: f32 = 0.71;
const FLUTTER_PER_CENT: f32 = 0.61;
/// A take whose notes begin so far off on average, cents, for each cent of the knob, scoops as asked for.
/// Chosen: the knob is typical of scoops, and not every note has one.
const SCOOP_PER_CENT: f32 = 0.5;
/// A take whose notes lie this much of the intonation asked for off their grid, cents sd, is as much out of tune.
/// Source: docs/voice.md, trained singers read 10.6 cents.
const INTONATION_PER_CENT: f32 = 0.69;
/// Fewer notes tell nothing of a grid.
/// Chosen: with three, four that were tuned by a machine were over before they were known as such.
const LEAST_NOTES: usize = 2;
/// Cents of a semitone. Source: definition.
const SEMITONE_CENTS: f32 = 100.0;
/// Where nothing else is known, a note that moves by this much of the drift asked for, cents rms, has all it needs:
/// 7.8 cents at the default.
/// Measured: `cargo lab tune`; singers' notes read 12 to 48 cents, machines' 1.3 to 9, and with 8.9 a person's calm
/// notes leaned as machines' do.
const SEEN_PER_CENT: f32 = 0.8;
/// A take whose notes lie further off their grid than the first, cents sd, lacks less, and nothing from the second on:
/// then it is a singer's, however calm a note may be. It is told by so many notes.
/// Measured: `cargo lab tune`; eight notes that are in tune read 12 if one strays, people 14 to 37.
const ASTRAY_CENTS: [f32; 2] = [12.5, 18.0];
const LEAST_STRAYING_NOTES: usize = 4;
/// A take whose vibrato's rate varies by this part moves as singers do: in a deep vibrato little drift is read.
/// Source: docs/voice.md, 4 to 8 %.
const LIVING_RATE_VARIATION: f32 = 0.05;
/// What is added as long as nothing is known of the take.
/// Measured: `cargo lab tune`; with 0.65 people's short takes were changed by more than 15 %.
const UNKNOWN_SHARE: f32 = 0.4;

/// A take whose notes lie this many times as far off the beat as is asked for, sd, needs no more.
/// Source: docs/voice.md, a singer to a click reads 28 to 48 ms, a machine 0; 10 are asked for by default.
const TIMING_PER_MS: f32 = 2.0;
/// Whoever drifts by this much, cents, or moves by this much in a note, cents rms, sings in time as people do.
/// Chosen: nearly as for drift at its default; when notes are sung must not depend on that knob.
const LIVING_DRIFT_CENTS: f32 = 4.0;
const LIVING_MOVEMENT_CENTS: f32 = 7.4;
/// Fewer notes do not tell how a take lies on the beats.
/// Chosen: of two, one may be a syncopation.
const LEAST_TIMED_NOTES: usize = 3;
/// The share of timing as long as nothing is known of the take.
/// Measured: `cargo lab tune`; with 0.4 people's notes were moved by up to 4.2 ms sd, with this by 3.6.
const UNKNOWN_TIMING_SHARE: f32 = 0.3;

/// What is lacking is told in steps, so many of them. Measured: `tests/repeats.rs`; what was heard in the first seconds
/// behind a start differs a little from what is heard there otherwise, and unrounded every note told by it does.
/// Chosen: a step changes a movement by a quarter of a dB.
const STEPS: f32 = 32.0;

/// The share of each movement that is added, `0..=1`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shares {
    /// Of slow movement, and of what goes with it.
    pub drift: f32,
    /// Of notes' centres.
    pub intonation: f32,
    /// Of movement at the speed of vibrato.
    pub swing: f32,
    /// Of faster movement.
    pub flutter: f32,
    /// Of unequal periods.
    pub jitter: f32,
    /// Of beginnings from below.
    pub scoop: f32,
    /// Of vibrato.
    pub vibrato: f32,
}

impl Shares {
    /// Everything is added.
    pub const ALL: Self = Self::even(1.0);

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

    /// What a take lacks at a note whose pitch goes like `course`, as far as that is known.
    pub(super) fn of(profile: &Profile, course: Option<Course>, settings: &Settings) -> Self {
        let Profile { take, off_pitch, before, .. } = profile;
        let off_cents = |least_notes| off_pitch.of(least_notes).map(|semitones| SEMITONE_CENTS * semitones);
        // The note itself says most, the one before it more than nothing.
        let seen = course.or(*before).map(|course| course.movement_cents as f32);
        let unknown = Self::unknown(settings);
        let unknown = seen.map_or(unknown, |seen| unknown.seen(seen, off_cents(LEAST_STRAYING_NOTES), settings));
        let part = |present: Option<f32>, target: f32, unknown: f32| {
            present.map_or(unknown, |present| added(lack(present, target), settings))
        };
        let most = added(lifeless(take.vibrato), settings);
        let vibrato_cents = take.drift_cents.map(|_| take.vibrato.map_or(0.0, |vibrato| vibrato.extent_cents));
        let intonation_cents = INTONATION_PER_CENT * settings.intonation_cents;
        Self {
            drift: part(take.drift_cents, DRIFT_PER_CENT * settings.drift_cents, unknown.drift).min(most),
            intonation: part(off_cents(LEAST_NOTES), intonation_cents, unknown.intonation),
            swing: part(take.vibrato_band_cents, SWING_PER_CENT * settings.tremble_cents, unknown.swing).min(most),
            flutter: part(take.flutter_cents, FLUTTER_PER_CENT * settings.tremble_cents, unknown.flutter).min(most),
            jitter: part(take.jitter_percent, settings.jitter_percent, unknown.jitter),
            scoop: part(take.scoop_cents, SCOOP_PER_CENT * settings.scoop_cents, unknown.scoop),
            vibrato: part(vibrato_cents, settings.vibrato_cents, unknown.vibrato),
        }
    }

    /// As long as nothing is known of a take.
    pub(crate) fn unknown(settings: &Settings) -> Self {
        Self::even(added(UNKNOWN_SHARE, settings))
    }

    /// The same where a note moves by so many cents, and perhaps how far the notes lie off their grid is known.
    fn seen(self, cents: f32, off_cents: Option<f32>, settings: &Settings) -> Self {
        let [from_cents, to_cents] = ASTRAY_CENTS;
        let astray_cents = off_cents.map_or(0.0, |off_cents| (off_cents - from_cents).max(0.0));
        let lacking = lack(cents, SEEN_PER_CENT * settings.drift_cents).min(lack(astray_cents, to_cents - from_cents));
        let share = added(lacking, settings);
        // What does not move is no singer's, and needs a singer's ear; what does may still have been put in tune.
        let intonation = share.max(self.intonation);
        Self { drift: share, intonation, swing: share, flutter: share, vibrato: share, ..self }
    }
}

/// The share of deviations from the beat that is added. Whoever moves as people do is taken to sing in time as people
/// do, unless the host tells the tempo and the notes lie on its beats. Distance from the beat alone is no sign of a
/// person: the vowels of a quantized song lie 16 to 41 ms off, because their consonants differ in length.
pub(super) fn timing(profile: &Profile, course: Option<Course>, settings: &Settings) -> f32 {
    let Profile { take, off_beat, before, .. } = profile;
    let seen = course.or(*before).map(|course| lack(course.movement_cents as f32, LIVING_MOVEMENT_CENTS));
    let told = take.drift_cents.map(|cents| lack(cents, LIVING_DRIFT_CENTS).min(lifeless(take.vibrato)));
    // Without a tempo nobody knows where the beats lie.
    let off_beat = off_beat.of(LEAST_TIMED_NOTES).filter(|_| settings.tempo != Tempo::UNKNOWN);
    let off_ms = off_beat.map(|sixteenths| sixteenths * settings.tempo.sixteenth_ms());
    let off = off_ms.map(|off_ms| lack(off_ms, TIMING_PER_MS * settings.timing_ms));
    let lacking = [off, told.or(seen)].into_iter().flatten().reduce(f32::max);
    added(lacking.unwrap_or(UNKNOWN_TIMING_SHARE), settings)
}

/// What is added where so much is lacking: all of what is asked for where Only What's Missing is off.
fn added(lacking: f32, settings: &Settings) -> f32 {
    1.0 - settings.only_missing * (1.0 - (lacking * STEPS).round() / STEPS)
}

/// The share of a target that is lacking where so much is present.
pub(crate) fn lack(present: f32, target: f32) -> f32 {
    if target > 0.0 { (1.0 - (present / target).powi(2)).max(0.0).sqrt() } else { 1.0 }
}

/// How much of a singer's irregularity a vibrato lacks: all of it where there is none.
fn lifeless(vibrato: Option<Vibrato>) -> f32 {
    let varies = |vibrato: Vibrato| whole_variation(vibrato.rate_variation, vibrato.cycles_s);
    vibrato.map_or(1.0, |vibrato| lack(varies(vibrato), LIVING_RATE_VARIATION))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::take::TakeStatistics;
    use crate::score::Deviation;

    const SETTINGS: Settings = Settings {
        amount: 1.0,
        only_missing: 1.0,
        drift_cents: 12.0,
        jitter_percent: 0.3,
        intonation_cents: 15.0,
        timing_ms: 10.0,
        ..Settings::NEUTRAL
    };

    fn drifting(drift_cents: f32) -> Profile {
        let take = TakeStatistics { held_s: 1.0, drift_cents: Some(drift_cents), ..TakeStatistics::default() };
        Profile { take, ..Profile::UNKNOWN }
    }

    fn moving(movement_cents: f64) -> Option<Course> {
        Some(Course { centre_cents: 9000.0, movement_cents })
    }

    #[test]
    fn what_is_there_is_not_added_again() {
        let share = |drift_cents, only_missing| {
            Shares::of(&drifting(drift_cents), None, &Settings { only_missing, ..SETTINGS }).drift
        };
        assert!(share(0.2, 1.0) > 0.99 && share(5.4, 1.0) == 0.0);
        assert!((share(2.6, 1.0) - 0.874).abs() < 0.01, "{}", share(2.6, 1.0));
        assert_eq!(share(5.4, 0.0), 1.0);
        assert_eq!(share(5.4, 0.5), 0.5);
    }

    #[test]
    fn of_an_unknown_take_the_note_itself_tells_or_the_one_before() {
        let share = |course, before| Shares::of(&Profile { before, ..Profile::UNKNOWN }, course, &SETTINGS).drift;
        assert!(share(moving(1.0), None) > 0.98 && share(moving(15.0), None) == 0.0);
        assert_eq!(share(moving(15.0), moving(1.0)), 0.0);
        assert_eq!(share(None, moving(15.0)), 0.0);
        assert!((share(None, None) - UNKNOWN_SHARE).abs() <= 0.5 / STEPS);
        // What is known of the take says more than a note.
        assert!(Shares::of(&drifting(0.2), moving(20.0), &SETTINGS).drift > 0.99);
    }

    #[test]
    fn takes_that_differ_by_next_to_nothing_lack_the_same() {
        let share = |drift_cents| Shares::of(&drifting(drift_cents), None, &SETTINGS).drift;
        let shares = [2.6, 2.600_01, 2.599_99].map(share);
        assert_eq!([shares[1], shares[2]], [shares[0]; 2]);
        let steps: Vec<f32> = (0..=540).map(|k| share(k as f32 / 100.0)).collect();
        assert!(steps.is_sorted_by(|a, b| a >= b) && steps[0] == 1.0 && steps[540] == 0.0);
        let mut distinct = steps;
        distinct.dedup();
        assert!(distinct.len() > 25 && distinct.len() <= STEPS as usize + 1, "{}", distinct.len());
    }

    #[test]
    fn a_calm_note_of_a_take_that_is_out_of_tune_is_left_alone() {
        let share = |sd_cents: f32, n_notes| {
            let off_pitch = Deviation { sd: sd_cents / 100.0, n_notes };
            Shares::of(&Profile { off_pitch, ..Profile::UNKNOWN }, moving(2.0), &SETTINGS).drift
        };
        assert!(share(3.0, 5) > 0.95 && share(22.0, 5) == 0.0 && share(22.0, 3) > 0.95);
    }

    #[test]
    fn a_vibrato_that_varies_is_a_singers() {
        let share = |rate_variation| {
            let vibrato =
                Vibrato { rate_hz: 5.5, extent_cents: 30.0, rate_variation, cycles_s: 1.5, ..Vibrato::default() };
            let mut profile = drifting(0.2);
            profile.take.vibrato = Some(vibrato);
            Shares::of(&profile, None, &SETTINGS).drift
        };
        assert!(share(0.001) > 0.99 && share(0.06) == 0.0, "{} {}", share(0.001), share(0.06));
    }

    #[test]
    fn notes_on_the_beat_are_moved_and_others_are_not() {
        let settings = Settings { tempo: Tempo { beats_per_s: 1.6, origin_beats: 0.0 }, ..SETTINGS };
        let share = |settings: &Settings, drift_cents, off_ms: f32| {
            let off_beat = Deviation { sd: off_ms / settings.tempo.sixteenth_ms(), n_notes: 5 };
            timing(&Profile { off_beat, ..drifting(drift_cents) }, None, settings)
        };
        let (tight, loose) = (share(&settings, 6.0, 1.0), share(&settings, 6.0, 30.0));
        assert!(tight > 0.9 && loose < 0.1, "{tight} {loose}");
        let machine = share(&settings, 0.2, 30.0);
        assert!(machine > 0.99, "a quantized song's consonants are no singer's timing: {machine}");
        assert_eq!(share(&Settings { only_missing: 0.0, ..settings }, 6.0, 30.0), 1.0);
        // Without a tempo whoever moves keeps their time.
        assert!(share(&SETTINGS, 6.0, 1.0) == 0.0 && share(&SETTINGS, 0.2, 1.0) > 0.99);
    }
}
