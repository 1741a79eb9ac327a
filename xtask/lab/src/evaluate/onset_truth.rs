//! Where the notes of a score begin in its recording.
//!
//! In: a score, the reference pitch and the recording's vowels. Out: for each note the span in which it may be said to
//! begin. Synthesizers put a note's consonant, or its vowel, or neither on the score's onset, so the recording is
//! searched: for where the vowel opens, or else where the voice starts, and where the pitch arrives near the score's
//! onset. A note without such a moment gets the file's usual one.

use super::onset_score::SungNote;
use super::pitch_score::{distance_cents, median};
use super::references::{Note, ReferencePitch};
use super::vowel_truth::VowelLevel;

/// Where a note's beginning is searched around the score's onset, seconds. Measured: on the test material; sung
/// consonants take up to 150 ms, and its statistical singers lag by 60 ms more.
const SEARCHED_S: [f64; 2] = [-0.06, 0.2];

/// A moment further than this from the file's usual lag is another event, seconds. Chosen: larger accepts other events,
/// smaller loses late notes.
const USUAL_S: f64 = 0.07;

/// The shortest voiced consonant, seconds. If a vowel opens sooner after the voice starts, the vowel is what starts,
/// and the note begins with either. Source: docs/voice.md, "Further reference values" (30 to 150 ms).
const SHORTEST_CONSONANT_S: f64 = 0.03;

/// The shortest break in the voice, seconds; it is counted where not both trackers are voiced, because one tracker
/// stays voiced through many consonants. Chosen: about the closure of a flap; longer misses short consonants, shorter
/// finds dropouts.
const SHORTEST_BREAK_S: f64 = 0.02;

/// The pitch has arrived when it is this near to the note, cents. Chosen: less than what counts as a legato step.
const ARRIVED_CENTS: f64 = 60.0;

/// It must have been so for this long, seconds. Chosen: excludes a glide that crosses the note.
const ARRIVED_S: f64 = 0.03;

/// Smaller steps between notes have no arrival, cents. Source: docs/design.md §5 (a legato step).
const LEAST_STEP_CENTS: f64 = 80.0;

/// The notes with the spans of their beginnings. Repetitions of a pitch without a gap are optional on request.
pub(super) fn sung_notes(
    notes: &[Note],
    reference: &[ReferencePitch],
    vowels: Option<&VowelLevel>,
    are_repeats_optional: bool,
) -> Vec<SungNote> {
    let starts_s = voice_starts_s(reference);
    let starts: Vec<Option<Start>> = notes.iter().map(|note| start(note, &starts_s, vowels)).collect();
    let arrival_lags_s: Vec<Option<f64>> =
        notes.iter().enumerate().map(|(k, note)| arrival_lag_s(note, previous(notes, k), reference)).collect();
    let usual_start_s = median(starts.iter().flatten().map(|start| start.lag_s).collect());
    let usual_arrival_s = median(arrival_lags_s.iter().flatten().copied().collect());
    let sung_note = |k: usize| {
        let note = notes[k];
        let start = starts[k].filter(|start| is_near(start.lag_s, usual_start_s));
        let start_s = start.map(|start| start.lag_s).or(usual_start_s);
        let voice_s = start.and_then(|start| start.voice_lag_s);
        let arrival_s = arrival_lags_s[k].filter(|lag_s| is_near(*lag_s, usual_arrival_s));
        // The start of the voice is enough; without one, the note also begins where the pitch arrives.
        let has_start = starts[k].is_some();
        let arrival_s = if has_start { arrival_s } else { arrival_s.or(usual_arrival_s) };
        let lags_s = [start_s, voice_s, arrival_s].into_iter().flatten();
        let first_s = lags_s.clone().min_by(f64::total_cmp).unwrap_or(0.0);
        let last_s = lags_s.max_by(f64::total_cmp).unwrap_or(0.0);
        SungNote {
            onset_s: note.onset_s,
            end_s: note.onset_s + note.duration_s,
            begins_s: [note.onset_s + first_s, note.onset_s + last_s],
            is_optional: are_repeats_optional && previous(notes, k).is_some_and(|previous| repeats(previous, &note)),
        }
    };
    (0..notes.len()).map(sung_note).collect()
}

/// The start of a note, and its lag after the score's onset, seconds.
#[derive(Clone, Copy, Debug)]
struct Start {
    /// The vowel, or the voice where the vowel does not stand out.
    lag_s: f64,
    /// The voice, where it starts with the vowel and not with a consonant before it.
    voice_lag_s: Option<f64>,
}

fn start(note: &Note, starts_s: &[f64], vowels: Option<&VowelLevel>) -> Option<Start> {
    let voice_lag_s = start_lag_s(note, starts_s);
    let opens_s = |vowels: &VowelLevel| vowels.opens_s(note.onset_s + SEARCHED_S[0]..=note.onset_s + SEARCHED_S[1]);
    let Some(vowel_s) = vowels.and_then(opens_s) else { return Some(Start { lag_s: voice_lag_s?, voice_lag_s: None }) };
    let lag_s = vowel_s - note.onset_s;
    let is_with_vowel = |voice_s: &f64| (0.0..=SHORTEST_CONSONANT_S).contains(&(lag_s - voice_s));
    Some(Start { lag_s, voice_lag_s: voice_lag_s.filter(is_with_vowel) })
}

fn previous(notes: &[Note], k: usize) -> Option<&Note> {
    notes.get(k.checked_sub(1)?)
}

fn repeats(previous: &Note, note: &Note) -> bool {
    let gap_s = note.onset_s - previous.onset_s - previous.duration_s;
    gap_s < 0.01 && distance_cents(previous.f0_hz, note.f0_hz) < LEAST_STEP_CENTS
}

fn is_near(lag_s: f64, usual_s: Option<f64>) -> bool {
    usual_s.is_some_and(|usual_s| (lag_s - usual_s).abs() <= USUAL_S)
}

/// The moments at which both trackers become voiced again.
fn voice_starts_s(reference: &[ReferencePitch]) -> Vec<f64> {
    let mut voiced_until_s = f64::NEG_INFINITY;
    let mut starts_s = Vec::new();
    for point in reference.iter().filter(|point| point.f0_hz > 0.0) {
        if point.time_s - voiced_until_s >= SHORTEST_BREAK_S {
            starts_s.push(point.time_s);
        }
        voiced_until_s = point.time_s;
    }
    starts_s
}

/// The lag of the voice's last start after the score's onset: the last, because a vowel follows its consonants.
fn start_lag_s(note: &Note, starts_s: &[f64]) -> Option<f64> {
    let mut lags_s = starts_s.iter().map(|start_s| start_s - note.onset_s);
    lags_s.rfind(|lag_s| (SEARCHED_S[0]..=SEARCHED_S[1]).contains(lag_s))
}

/// The lag of the pitch's arrival after the score's onset, where it comes from another note.
fn arrival_lag_s(note: &Note, previous: Option<&Note>, reference: &[ReferencePitch]) -> Option<f64> {
    previous.filter(|previous| distance_cents(previous.f0_hz, note.f0_hz) >= LEAST_STEP_CENTS)?;
    let searched_s = note.onset_s + SEARCHED_S[0]..=note.onset_s + SEARCHED_S[1];
    let has_arrived =
        |point: &ReferencePitch| point.f0_hz > 0.0 && distance_cents(point.f0_hz, note.f0_hz) <= ARRIVED_CENTS;
    let stays = |k: usize| {
        let until_s = reference[k].time_s + ARRIVED_S;
        reference[k..].iter().take_while(|point| point.time_s <= until_s).all(has_arrived)
    };
    let begin = reference.partition_point(|point| point.time_s < *searched_s.start());
    // A pitch that is there already has arrived in the consonant before, which says nothing about the vowel.
    if reference.get(begin).is_none_or(has_arrived) {
        return None;
    }
    let first = (begin..reference.len()).find(|&k| stays(k)).filter(|&k| searched_s.contains(&reference[k].time_s))?;
    Some(reference[first].time_s - note.onset_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP_S: f64 = 0.005;

    fn note(onset_s: f64, f0_hz: f64) -> Note {
        Note { onset_s, duration_s: 1.0, f0_hz }
    }

    fn reference(f0_hz: impl Fn(f64) -> f64) -> Vec<ReferencePitch> {
        let point = |k: i32| ReferencePitch { time_s: f64::from(k) * STEP_S, f0_hz: f0_hz(f64::from(k) * STEP_S) };
        (0..1200).map(point).collect()
    }

    fn assert_near(span_s: [f64; 2], expected_s: [f64; 2]) {
        let is_near = span_s.iter().zip(expected_s).all(|(a, b)| (a - b).abs() <= STEP_S);
        assert!(is_near, "{span_s:?} for {expected_s:?}");
    }

    #[test]
    fn a_late_voice_and_a_late_pitch_move_the_truth() {
        // Two notes after a consonant of 0.1 s each, a legato step that arrives 0.06 s late, and a repetition.
        let notes = [note(1.0, 220.0), note(2.0, 220.0), note(3.0, 330.0), note(4.0, 330.0)];
        let reference = reference(|time_s| match time_s {
            _ if time_s < 1.1 || (2.0..2.1).contains(&time_s) => 0.0,
            _ if time_s < 3.06 => 220.0,
            _ => 330.0,
        });
        let sung = sung_notes(&notes, &reference, None, true);
        assert_near(sung[0].begins_s, [1.1, 1.1]);
        assert_near(sung[1].begins_s, [2.1, 2.1]);
        assert_near(sung[2].begins_s, [3.06, 3.1]);
        assert_near(sung[3].begins_s, [4.06, 4.1]);
        let optional: Vec<bool> = sung.iter().map(|note| note.is_optional).collect();
        assert_eq!(optional, [false, true, false, true]);
    }

    #[test]
    fn a_vowel_behind_a_voiced_consonant_is_where_its_note_begins() {
        // The voice starts on the score, as a nasal of 20 and 60 ms; the third note is all as quiet.
        let notes = [note(0.5, 220.0), note(2.0, 220.0), note(3.5, 220.0)];
        let is_rest = |time_s: f64| notes.iter().any(|note| (note.onset_s - 0.2..note.onset_s).contains(&time_s));
        let gain = |time_s: f64| match time_s {
            _ if is_rest(time_s) => 0.0001,
            _ if (0.5..0.52).contains(&time_s) || (2.0..2.06).contains(&time_s) || time_s >= 3.5 => 0.05,
            _ => 0.5,
        };
        let sample = |n: u32| {
            let time_s = f64::from(n) / 8000.0;
            (gain(time_s) * (std::f64::consts::TAU * 1000.0 * time_s).sin()) as f32
        };
        let vowels = VowelLevel::new(&[(0..40_000).map(sample).collect()], 8000.0);
        let reference = reference(|time_s| if is_rest(time_s) { 0.0 } else { 220.0 });
        let sung = sung_notes(&notes, &reference, Some(&vowels), false);
        assert_near(sung[0].begins_s, [0.5, 0.515]);
        assert_near(sung[1].begins_s, [2.055, 2.055]);
        // A vowel as quiet as a nasal is still its note's loudest.
        assert_near(sung[2].begins_s, [3.495, 3.495]);
    }

    #[test]
    fn a_pitch_that_was_there_before_did_not_arrive() {
        let notes = [note(1.0, 220.0), note(2.0, 330.0)];
        let reference = reference(|time_s| if time_s < 1.8 { 220.0 } else { 330.0 });
        assert_near(sung_notes(&notes, &reference, None, false)[1].begins_s, [2.0, 2.0]);
    }

    #[test]
    fn without_a_reference_the_score_is_the_truth() {
        let sung = sung_notes(&[note(1.0, 220.0), note(2.0, 330.0)], &[], None, false);
        assert_eq!(sung[1].begins_s, [2.0, 2.0]);
    }

    #[test]
    fn a_glide_across_a_note_does_not_arrive() {
        let notes = [note(1.0, 220.0), note(2.0, 330.0)];
        // It shoots to 440 Hz within 50 ms and comes back 0.15 s after the onset.
        let reference = reference(|time_s| match time_s {
            _ if time_s < 2.0 => 220.0,
            _ if time_s < 2.05 => 220.0 * (20.0 * (time_s - 2.0)).exp2(),
            _ if time_s < 2.15 => 440.0,
            _ => 330.0,
        });
        assert_near(sung_notes(&notes, &reference, None, false)[1].begins_s, [2.15, 2.15]);
    }
}
