//! What a singer does with the pitch of a note: where it is centred, how it leans, how it begins, how it swings.
//!
//! In: the note, the one before, how much of each the take lacks, the settings over it. Out: plain numbers, which
//! [`crate::performance`] turns into movement. Sources: docs/design.md §3 and §6; docs/voice.md.

use std::f64::consts::PI;

use super::draws::{Chance, Draws, MOST_DEVIATION};
use super::shares::Shares;
use super::spread::{Drawn, Spread};
use crate::dsp::noise::Stream;
use crate::score::{LearnedScore, Note};
use crate::settings::Settings;

/// How often a phrase begins with a scoop, and how often a note that an upward leap leads to.
/// Source: docs/voice.md, 30 to 70 % of phrase starts.
const PHRASE_SCOOPS: f64 = 0.55;
const LEAP_SCOOPS: f64 = 0.35;
/// An upward leap, cents.
/// Chosen: more than a whole tone; with less, stepwise melodies scoop on every other note.
const LEAP_CENTS: f64 = 250.0;
/// Within a phrase no note is scooped that begins so soon behind another, seconds.
/// Chosen: faster notes have no time to settle.
const SCOOP_PAUSE_S: f64 = 0.7;
/// Times in which a scoop settles, seconds.
/// Source: docs/voice.md, 10 to 60 ms.
const SCOOP_TIMES_S: [f64; 2] = [0.025, 0.055];
/// Scoops differ by these factors.
/// Chosen: the knob is the middle; wider, and the deepest sound like a habit of their own.
const SCOOP_FACTORS: [f64; 2] = [0.5, 1.35];

/// How far notes lean to either side, for each cent of intonation.
/// Measured: `cargo lab tune`; with 0.9 machines' songs had slopes of 17 cents/s at the median, with this 27
/// (docs/voice.md: singers 14 to 86, trained ones 34).
const LEAN_PER_CENT: f64 = 1.9;
/// The lean is that times the first where the note's length is known, and times the second where it is not, which is
/// where it is long.
/// Measured: `cargo lab tune`; with 1.05 for known lengths machines' notes moved by 67 cents/s at the median, and in a
/// third of the songs by more than people do.
const KNOWN_LEAN: f64 = 0.8;
const UNKNOWN_LEAN: f64 = 0.82;
/// A note whose length is known leans over so many times that: it ends two thirds of the way.
/// Measured: `cargo lab tune`; with 1 drift was human in 67 % of the songs, with 1.5 in 93 %, with 2 in 87 %.
const LEAN_PER_LENGTH: f64 = 1.5;
/// So much of a lean lies on the far side of the centre where the length is not known: most of those notes end before
/// the lean is half over.
/// Measured: `cargo lab tune`; without this they began further off than they ended, with half of it the centres of a
/// tenor's long notes lay 26 to 28 cents apart, sd (docs/voice.md: singers' 10 to 24).
const UNKNOWN_OUTWARD: f64 = 0.4;
/// Leans differ by these factors.
/// Source: docs/voice.md, people's notes are seldom flat.
const LEAN_FACTORS: [f64; 2] = [0.6, 1.3];
/// So many notes lean back: they begin off, and come to be in tune. All others begin nearer, and wander.
/// Source: docs/design.md §6, drift starts in tune and grows with the note's age.
const LEANS_BACK: f64 = 0.15;
/// Over less than this notes lean less, seconds.
/// Chosen: as far as a syllable of 0.4 s; a full lean in less is a bend.
const FULL_LEAN_S: f64 = 0.6;
/// The times over which notes lean, seconds; the last also where the length is not known.
/// Measured: `cargo lab tune`; with 0.9 notes of two seconds did not lean at all, with 1.5 those moved more than
/// shorter ones.
const LEAN_TIMES_S: [f64; 2] = [0.2, 1.9];
/// The furthest that a note's beginning and end lie off, for each cent of intonation, unless it is centred further off.
/// Chosen: 43 cents at the default; without it a note of the demo slid by a hundred.
const MOST_OFF: f64 = 2.3;

/// A note at the pitch of the one before lies no further from it, cents, and keeps so much of where that was centred.
/// Chosen: nobody aims again who is there; without it the two of a repeated note were up to 75 cents apart.
const SAME_PITCH_CENTS: f64 = 60.0;
const KEPT: f64 = 0.8;

/// A repeated note, and a held voice that goes on, settle in these times from where they come, seconds.
/// Chosen: a portamento; and slow enough for no bend to be heard in a held vowel.
const REPEATED_SETTLE_S: f64 = 0.1;
const CONTINUED_SETTLE_S: f64 = 0.8;

/// Added vibrato begins so long into a note, seconds.
/// Source: docs/design.md §3, ramped in over 0.3 to 0.5 s.
const VIBRATO_DELAYS_S: [f64; 2] = [0.3, 0.55];
/// What is drawn by chance for a note.
#[derive(Clone, Copy, Debug)]
#[repr(u32)]
enum Draw {
    Offset = 0,
    Lean = 4,
    IsBack = 6,
    IsScooped = 12,
    Scoop = 13,
    VibratoDelay = 16,
    VibratoPhase = 17,
    ScoopTime = 27,
}

/// The pitch of a note, in plain units.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PitchPlan {
    /// Where it is centred, off its pitch, cents.
    pub offset_cents: f64,
    /// How it moves over its length.
    pub lean: Lean,
    /// So far below it begins, cents.
    pub scoop_cents: f64,
    /// Time constant with which that settles, seconds.
    pub scoop_s: f64,
    /// If it begins where the note before has got to: the time in which it settles where it is centred, seconds.
    pub goes_on_s: Option<f64>,
    /// Vibrato that is added.
    pub vibrato: Vibrato,
}

/// The way a note goes over its length.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lean {
    /// It begins so much below its centre and ends so much above it, cents.
    pub cents: f64,
    /// By this part of that it begins nearer and ends further off.
    pub outward: f64,
    /// The length over which it leans, seconds.
    pub seconds: f64,
}

/// The vibrato of a note.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Vibrato {
    /// From the middle to either side, cents.
    pub cents: f64,
    /// Cycles per second.
    pub rate_hz: f64,
    /// How irregular it is, `0..=1`.
    pub life: f64,
    /// So long into the note it begins, seconds.
    pub delay_s: f64,
    /// The part of a cycle in which it would be at song position 0: the same for all of a singer's notes.
    pub phase: f64,
}

/// Plans the pitch of a note, `before` which another began, if that is known.
pub(super) fn pitch(
    note: &Note,
    before: Option<&Note>,
    shares: &Shares,
    offsets: Spread,
    settings: &Settings,
    sample_rate_hz: f64,
) -> PitchPlan {
    if note.is_polyphonic {
        return PitchPlan::default();
    }
    let chance = Chance::of(settings);
    let draws = draws(note, &chance, sample_rate_hz);
    let vibrato = vibrato(note, draws, shares, settings);
    if note.is_continued {
        return PitchPlan { vibrato, goes_on_s: Some(CONTINUED_SETTLE_S), ..PitchPlan::default() };
    }
    let intonation_cents = f64::from(settings.intonation_cents);
    let offset = offsets.normalized(offset(note, before, &chance, sample_rate_hz), MOST_DEVIATION);
    let lean = lean(draws, offset);
    let since_s = before.map_or(f64::INFINITY, |before| (note.onset - before.onset) as f64 / sample_rate_hz);
    PitchPlan {
        offset_cents: f64::from(shares.intonation) * intonation_cents * offset,
        lean: lean_over(f64::from(shares.drift) * intonation_cents * lean, length_s(note, sample_rate_hz)),
        scoop_cents: f64::from(shares.scoop * settings.scoop_cents) * scoop(note, since_s, draws),
        scoop_s: draws.between(Draw::ScoopTime as u32, SCOOP_TIMES_S),
        goes_on_s: before.is_some_and(|before| is_repeated(note, before)).then_some(REPEATED_SETTLE_S),
        vibrato,
    }
}

/// Whether a note has the pitch of the one before.
fn is_repeated(note: &Note, before: &Note) -> bool {
    let step_cents = note.course.zip(before.course).map(|(here, before)| here.centre_cents - before.centre_cents);
    !note.is_phrase_start && step_cents.is_some_and(|step_cents| step_cents.abs() < SAME_PITCH_CENTS)
}

/// How far a note leans up that is centred at `offset`, for each cent of intonation.
fn lean(draws: Draws, offset: f64) -> f64 {
    let lean = LEAN_PER_CENT * draws.between(Draw::Lean as u32, LEAN_FACTORS);
    // What lies far off leans little: neither its beginning nor its end may lie much further.
    let lean = lean.min((MOST_OFF - offset.abs()).max(LEAN_PER_CENT * LEAN_FACTORS[0]));
    let is_back = draws.unit(Draw::IsBack as u32) < LEANS_BACK;
    lean.copysign(if is_back { -offset } else { offset })
}

/// What the centres of a learned song's notes come to: the longer a note, the more it counts. Realtime-safe.
pub fn offsets(song: &LearnedScore, chance: &Chance) -> Spread {
    let sample_rate_hz = song.sample_rate_hz();
    // Only those that are counted are looked at.
    Spread::of(song.begun(), |index| {
        let (before, note) = song.note_behind(index);
        let drawn = |note: Note| Drawn {
            deviation: offset(&note, before.as_ref(), chance, sample_rate_hz),
            weight: length_s(&note, sample_rate_hz).unwrap_or(0.0),
        };
        note.map_or(Drawn { deviation: 0.0, weight: 0.0 }, drawn)
    })
}

/// Where a note is centred, `before` which another began, for each cent of intonation: as it is drawn.
fn offset(note: &Note, before: Option<&Note>, chance: &Chance, sample_rate_hz: f64) -> f64 {
    let drawn = |note: &Note| draws(note, chance, sample_rate_hz).deviation(Draw::Offset as u32);
    // A held voice that went on has come back to its pitch.
    let centred = |before: &Note| if before.is_continued { 0.0 } else { drawn(before) };
    let kept = before.filter(|before| is_repeated(note, before)).map(centred);
    kept.map_or_else(|| drawn(note), |kept| KEPT * kept + (1.0 - KEPT * KEPT).sqrt() * drawn(note))
}

/// How long a note is, seconds, if that is known.
fn length_s(note: &Note, sample_rate_hz: f64) -> Option<f64> {
    note.end.map(|end| (end - note.onset) as f64 / sample_rate_hz)
}

fn draws(note: &Note, chance: &Chance, sample_rate_hz: f64) -> Draws {
    Draws::of_note(Stream::NotePitch, chance, note.onset as f64 / sample_rate_hz)
}

/// A lean of so many cents over a note's length, if that is known: then it leaves the centre where it is, and nothing
/// displaced at the note's end.
fn lean_over(cents: f64, length_s: Option<f64>) -> Lean {
    let [shortest_s, longest_s] = LEAN_TIMES_S;
    let (factor, seconds, outward) = match length_s {
        Some(length_s) => {
            let seconds = (LEAN_PER_LENGTH * length_s).clamp(shortest_s, longest_s);
            // The mean of the half cosine as far as the note goes.
            let turn = PI * (length_s / seconds).min(1.0);
            (KNOWN_LEAN, seconds, turn.sin() / turn)
        }
        None => (UNKNOWN_LEAN, longest_s, UNKNOWN_OUTWARD),
    };
    Lean { cents: factor * cents * (seconds / FULL_LEAN_S).min(1.0), outward, seconds }
}

/// How far below its pitch a note begins that begins so long behind the one before, for each cent of scoop.
fn scoop(note: &Note, since_s: f64, draws: Draws) -> f64 {
    let is_leap = note.leap_cents > LEAP_CENTS && since_s > SCOOP_PAUSE_S;
    let chance = match note.is_phrase_start {
        true => PHRASE_SCOOPS,
        false if is_leap => LEAP_SCOOPS,
        false => 0.0,
    };
    let is_scooped = draws.unit(Draw::IsScooped as u32) < chance;
    if is_scooped { draws.between(Draw::Scoop as u32, SCOOP_FACTORS) } else { 0.0 }
}

fn vibrato(note: &Note, draws: Draws, shares: &Shares, settings: &Settings) -> Vibrato {
    Vibrato {
        cents: f64::from(shares.vibrato * settings.vibrato_cents),
        rate_hz: f64::from(settings.vibrato_rate_hz),
        life: f64::from(settings.vibrato_life),
        phase: Draws::of_singer(Stream::NotePitch, settings).unit(Draw::VibratoPhase as u32),
        // A voice that goes on has been swinging for long.
        delay_s: if note.is_continued {
            f64::NEG_INFINITY
        } else {
            draws.between(Draw::VibratoDelay as u32, VIBRATO_DELAYS_S)
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Onset;
    use crate::dsp::noise::Performance;
    use crate::score::{Course, score_of};

    const SETTINGS: Settings = Settings {
        amount: 1.0,
        intonation_cents: 11.0,
        scoop_cents: 50.0,
        vibrato_cents: 40.0,
        vibrato_life: 0.5,
        ..Settings::NEUTRAL
    };

    fn note(onset: i64) -> Note {
        Note { is_phrase_start: true, ..Note::at(onset, Onset::Voicing) }
    }

    fn planned(note: &Note, before: Option<&Note>) -> PitchPlan {
        pitch(note, before, &Shares::ALL, Spread::UNIT, &SETTINGS, 48_000.0)
    }

    #[test]
    fn notes_spread_as_asked_and_scoops_come_now_and_then() {
        let (mut squares, mut n_scoops) = (0.0, 0);
        for k in 0..400 {
            let plan = planned(&note(96_000 * k), None);
            squares += plan.offset_cents.powi(2) / 400.0;
            n_scoops += u32::from(plan.scoop_cents > 0.0);
            assert!(plan.scoop_cents == 0.0 || (20.0..80.0).contains(&plan.scoop_cents));
        }
        assert!((9.0..12.5).contains(&f64::sqrt(squares)), "{}", squares.sqrt());
        assert!((170..270).contains(&n_scoops), "{n_scoops} of 400");
        let leap = |leap_cents, since| {
            let plans = (0..400).map(|k| {
                let before = note(96_000 * k - since);
                let note = Note { is_phrase_start: false, leap_cents, ..note(96_000 * k) };
                planned(&note, Some(&before))
            });
            plans.filter(|plan| plan.scoop_cents > 0.0).count()
        };
        assert_eq!((leap(0.0, 48_000), leap(-700.0, 48_000), leap(700.0, 24_000)), (0, 0, 0));
        assert!((90..190).contains(&leap(700.0, 48_000)));
    }

    #[test]
    fn the_centres_of_a_song_that_is_known_lie_about_its_pitch_and_spread_as_asked() {
        let begun = (0..12).map(|k| Note { end: Some(30_000 * k + 20_000), ..note(30_000 * k) });
        let song = score_of(0..20, begun.clone(), []);
        for seed in 1..=20 {
            let performance = Performance { seed, take: 1 };
            let settings = Settings { performance, ..SETTINGS };
            let spread = offsets(&song, &Chance::of(&settings));
            let centre = |note: Note| pitch(&note, None, &Shares::ALL, spread, &settings, 48_000.0).offset_cents;
            let centres: Vec<f64> = begun.clone().map(centre).collect();
            let mean = centres.iter().sum::<f64>() / 12.0;
            let sd = (centres.iter().map(|cents| (cents - mean).powi(2)).sum::<f64>() / 12.0).sqrt();
            assert!(mean.abs() < 1.0 && (sd - 11.0).abs() < 1.0, "seed {seed}: {mean} ± {sd} for 11 cents");
        }
    }

    #[test]
    fn a_note_whose_length_is_known_leans_about_its_centre() {
        for length_s in [0.08_f64, 0.3, 0.7, 1.5, 1.9] {
            let Lean { cents, outward, seconds } = lean_over(20.0, Some(length_s));
            let n_steps = 1000;
            let at = |k: i32| outward - (PI * length_s * (f64::from(k) + 0.5) / f64::from(n_steps) / seconds).cos();
            let mean = (0..n_steps).map(at).sum::<f64>() / f64::from(n_steps);
            assert!(mean.abs() < 1e-3 && cents > 0.0, "{length_s} s: {mean} of {cents} cents");
        }
        let full = |length_s| lean_over(20.0, Some(length_s)).cents;
        assert!(full(0.2) < 0.6 * full(0.5) && full(0.5) == full(1.5), "{} {}", full(0.2), full(0.5));
    }

    #[test]
    fn a_repeated_note_is_centred_near_the_one_before_and_another_is_not() {
        let at = |centre_cents| Some(Course { centre_cents, movement_cents: 1.0 });
        let step = |cents: f64| {
            let steps = (0..300).map(|k| {
                let (first, second) = (note(96_000 * k), note(96_000 * k + 24_000));
                let first = Note { course: at(9000.0), ..first };
                let second = Note { is_phrase_start: false, course: at(9000.0 + cents), ..second };
                let [before, here] = [planned(&first, None), planned(&second, Some(&first))];
                (here.offset_cents - before.offset_cents).powi(2) / 300.0
            });
            steps.sum::<f64>().sqrt()
        };
        println!("{:.1} cents apart, others {:.1}", step(5.0), step(200.0));
        assert!(step(5.0) < 0.5 * step(200.0), "{} {}", step(5.0), step(200.0));
    }

    #[test]
    fn a_voice_that_goes_on_keeps_its_vibrato_and_nothing_else() {
        let plan = planned(&Note { is_continued: true, ..note(192_000) }, None);
        assert!(plan.vibrato.cents > 30.0 && plan.vibrato.delay_s < 0.0);
        assert_eq!(PitchPlan { vibrato: Vibrato::default(), goes_on_s: None, ..plan }, PitchPlan::default());
        let choir = planned(&Note { is_polyphonic: true, ..note(0) }, None);
        assert_eq!(choir, PitchPlan::default());
    }
}
