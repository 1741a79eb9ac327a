//! How well the detected onsets agree with the notes that are sung.
//!
//! In: the notes, each with the span of time in which it may be said to begin, and the detected onsets. Out: precision,
//! recall and F1 by one-to-one matching, and the number of onsets inside held notes. The method is that of `mir_eval`'s
//! transcription scores (Raffel et al., ISMIR 2014), with spans where a reference is not sharp.

use con_anima::analysis::Onset;

use super::pitch_score::{median, share};
use super::references::{REFERENCE_HOP_S, ReferencePitch};
use super::track::Track;
use crate::report::{Cell, Column};

/// An onset further than this from the note's is not its onset, seconds. Source: docs/voice.md, "Further reference
/// values" (listeners notice 10 to 20 ms at soft vocal onsets, and references are no sharper).
const TOLERANCE_S: f64 = 0.03;

/// A constant delay of a synthesizer against its score that is larger than this is not corrected, seconds. Chosen:
/// larger would match onsets of other notes.
const FURTHEST_OFFSET_S: f64 = 0.15;

/// The voicing of a consonant begins at most this long before its vowel, seconds. Source: docs/voice.md, "Further
/// reference values" (30 to 150 ms).
const LONGEST_CONSONANT_S: f64 = 0.15;

/// An onset this near to a note's belongs to the note's beginning, seconds. Chosen: longer than a consonant's release;
/// larger hides false onsets.
const BEGINNING_S: f64 = 0.06;

/// An onset this near to a note's end belongs to the next consonant or to the release, seconds. Chosen: larger hides
/// false onsets, smaller counts true ones as false.
const ENDING_S: f64 = 0.08;

/// A vowel is held where both references have had its pitch for this long, seconds. Chosen: longer scores fewer
/// moments.
const HELD_S: f64 = 0.06;
/// The share of that time for which they must have it. Chosen: a synthesizer whose vowel turns to noise for a tenth of
/// a second, or begins before its note's time, does not hold it there.
const HELD_SHARE: f64 = 0.8;

/// False onsets in held notes are counted per so many seconds of held notes. Source: definition.
const COUNTED_PER_S: f64 = 20.0;

/// Target for F1. Chosen: as a goal of the analysis.
const F1: f64 = 0.9;
/// Target for false onsets in held notes. Chosen: as a goal of the analysis.
const HELD_ONSETS: f64 = 1.0;

/// A sung note.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SungNote {
    /// Its onset in the score, seconds.
    pub(super) onset_s: f64,
    /// Its end in the score, seconds.
    pub(super) end_s: f64,
    /// The span in which it may be said to begin, seconds; both ends are the same where the truth is exact.
    pub(super) begins_s: [f64; 2],
    /// Its beginning cannot be heard, so neither finding nor missing it counts.
    pub(super) is_optional: bool,
}

/// The columns of the table.
pub(super) const COLUMNS: &[Column] = &[
    Column { name: "F1", decimals: 3 },
    Column { name: "precision", decimals: 3 },
    Column { name: "recall", decimals: 3 },
    Column { name: "inside held, per 20 s", decimals: 2 },
    Column { name: "F1 by score alone", decimals: 3 },
    Column { name: "the same, offset out", decimals: 3 },
    Column { name: "offset ms", decimals: 1 },
];

/// Scores the onsets of a track. `reference` has the pitch where it is certain; without it notes count as held to their
/// ends.
pub(super) fn cells(track: &Track, notes: &[SungNote], reference: Option<&[ReferencePitch]>) -> Vec<Cell> {
    let heard_s = note_onsets(&track.onsets());
    let matching = Matching::new(notes, &heard_s);
    let by_score: Vec<SungNote> = notes.iter().map(|note| SungNote { begins_s: [note.onset_s; 2], ..*note }).collect();
    let offset_s = offset_s(&by_score, &heard_s);
    let moved_s: Vec<f64> = heard_s.iter().map(|heard_s| heard_s - offset_s.unwrap_or(0.0)).collect();
    vec![
        Cell::at_least(matching.f1(), F1),
        Cell::plain(matching.precision()),
        Cell::plain(matching.recall()),
        Cell::at_most(held_onsets(notes, &heard_s, |time_s| is_voiced_before(time_s, reference)), HELD_ONSETS),
        Cell::plain(Matching::new(&by_score, &heard_s).f1()),
        Cell::plain(Matching::new(&by_score, &moved_s).f1()),
        Cell::plain(offset_s.map(|offset_s| 1000.0 * offset_s)),
    ]
}

/// The onsets of notes. A voiced consonant and its vowel are one note, which begins at the vowel.
fn note_onsets(onsets: &[(f64, Onset)]) -> Vec<f64> {
    let is_vowels_consonant = |index: usize, time_s: f64| {
        let next = onsets.get(index + 1);
        next.is_some_and(|&(next_s, next)| next == Onset::Vowel && next_s - time_s <= LONGEST_CONSONANT_S)
    };
    let of_notes = onsets
        .iter()
        .enumerate()
        .filter(|&(index, &(time_s, onset))| !(onset == Onset::Voicing && is_vowels_consonant(index, time_s)));
    of_notes.map(|(_, &(time_s, _))| time_s).collect()
}

/// Which notes were found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Matching {
    n_heard: usize,
    n_missed: usize,
    n_extra: usize,
}

impl Matching {
    /// Matches in order of time: an onset takes, of the notes it may belong to, the one whose span ends first. This
    /// finds the largest possible number of matches.
    fn new(notes: &[SungNote], heard_s: &[f64]) -> Self {
        let mut is_heard = vec![false; notes.len()];
        let mut matching = Self::default();
        for time_s in heard_s {
            let [earliest_s, latest_s] = [time_s - TOLERANCE_S, time_s + TOLERANCE_S];
            let fits = |note: &SungNote| note.begins_s[0] <= latest_s && earliest_s <= note.begins_s[1];
            let free = (0..notes.len()).filter(|&k| !is_heard[k] && fits(&notes[k]));
            match free.min_by(|&a, &b| notes[a].begins_s[1].total_cmp(&notes[b].begins_s[1])) {
                Some(k) => is_heard[k] = true,
                None => matching.n_extra += 1,
            }
        }
        for (_, is_heard) in notes.iter().zip(is_heard).filter(|(note, _)| !note.is_optional) {
            match is_heard {
                true => matching.n_heard += 1,
                false => matching.n_missed += 1,
            }
        }
        matching
    }

    fn precision(self) -> Option<f64> {
        share(self.n_heard, self.n_heard + self.n_extra)
    }

    fn recall(self) -> Option<f64> {
        share(self.n_heard, self.n_heard + self.n_missed)
    }

    fn f1(self) -> Option<f64> {
        share(2 * self.n_heard, 2 * self.n_heard + self.n_missed + self.n_extra)
    }
}

/// The median delay of the detected notes against the score, over the notes that have an onset nearby.
fn offset_s(notes: &[SungNote], heard_s: &[f64]) -> Option<f64> {
    let offsets_s = notes.iter().filter_map(|note| {
        let offsets_s = heard_s.iter().map(|heard_s| heard_s - note.onset_s);
        offsets_s.min_by(|a, b| a.abs().total_cmp(&b.abs())).filter(|offset_s| offset_s.abs() <= FURTHEST_OFFSET_S)
    });
    median(offsets_s.collect())
}

/// Whether the reference is certain of voicing before a moment.
fn is_voiced_before(time_s: f64, reference: Option<&[ReferencePitch]>) -> bool {
    let Some(reference) = reference else { return true };
    let before = (time_s - HELD_S)..time_s;
    let n_voiced = reference.iter().filter(|point| before.contains(&point.time_s) && point.f0_hz > 0.0).count();
    n_voiced as f64 >= HELD_SHARE * HELD_S / REFERENCE_HOP_S
}

/// Onsets in the middle of notes, per 20 s of notes.
fn held_onsets(notes: &[SungNote], heard_s: &[f64], is_voiced_before: impl Fn(f64) -> bool) -> Option<f64> {
    let is_near_beginning = |time_s: f64, note: &SungNote| {
        let [first_s, last_s] = [note.begins_s[0].min(note.onset_s), note.begins_s[1].max(note.onset_s)];
        (first_s - BEGINNING_S..=last_s + BEGINNING_S).contains(&time_s)
    };
    let is_held = |time_s: f64| {
        notes.iter().any(|note| (note.onset_s..note.end_s - ENDING_S).contains(&time_s))
            && !notes.iter().any(|note| is_near_beginning(time_s, note))
            && is_voiced_before(time_s)
    };
    let held_s: f64 = notes.iter().map(|note| note.end_s - note.onset_s).sum();
    let n_held = heard_s.iter().filter(|time_s| is_held(**time_s)).count();
    // With less than that time, one onset counts as one and is not scaled up to a rate.
    (held_s > 0.0).then(|| n_held as f64 * COUNTED_PER_S / held_s.max(COUNTED_PER_S))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes(onsets_s: &[f64]) -> Vec<SungNote> {
        let note =
            |&onset_s: &f64| SungNote { onset_s, end_s: onset_s + 1.0, begins_s: [onset_s; 2], is_optional: false };
        onsets_s.iter().map(note).collect()
    }

    #[test]
    fn each_onset_serves_one_note_and_each_note_takes_one() {
        let notes = notes(&[1.0, 2.0, 3.0]);
        let matching = Matching::new(&notes, &[1.0, 1.01, 2.029, 3.031]);
        assert_eq!(matching, Matching { n_heard: 2, n_missed: 1, n_extra: 2 });
        assert_eq!((matching.precision(), matching.f1()), (Some(0.5), Some(4.0 / 7.0)));
        assert_eq!(Matching::new(&notes, &[]).f1(), Some(0.0), "deafness is not accuracy");
    }

    #[test]
    fn close_notes_do_not_take_each_others_onsets() {
        // The second onset fits both notes; given to the first it would leave the second without.
        let matching = Matching::new(&notes(&[1.0, 1.05]), &[0.99, 1.025]);
        assert_eq!(matching, Matching { n_heard: 2, n_missed: 0, n_extra: 0 });
        assert_eq!(Matching::new(&notes(&[1.0, 1.05]), &[1.025, 1.06]).n_heard, 2);
    }

    #[test]
    fn an_optional_note_neither_helps_nor_hurts() {
        let mut notes = notes(&[1.0, 2.0]);
        notes[1].is_optional = true;
        for heard_s in [&[1.0][..], &[1.0, 2.0]] {
            assert_eq!(Matching::new(&notes, heard_s), Matching { n_heard: 1, n_missed: 0, n_extra: 0 });
        }
    }

    #[test]
    fn a_span_is_as_right_as_its_ends() {
        let mut notes = notes(&[1.0]);
        notes[0].begins_s = [1.02, 1.1];
        let n_heard = |time_s: f64| Matching::new(&notes, &[time_s]).n_heard;
        assert_eq!([0.98, 1.0, 1.06, 1.12, 1.14].map(n_heard), [0, 1, 1, 1, 0]);
    }

    #[test]
    fn a_steady_lag_is_found_and_taken_out() {
        let notes = notes(&[1.0, 2.0, 3.0]);
        let offset_s = offset_s(&notes, &[1.09, 2.1, 3.095, 3.7]).expect("three are near");
        assert!((offset_s - 0.095).abs() < 1e-9);
    }

    #[test]
    fn only_the_middle_of_a_note_is_held() {
        // Twenty seconds of them, of which two are looked at.
        let notes = notes(&std::array::from_fn::<f64, 20, _>(|k| 1.0 + 2.0 * k as f64));
        // Before all notes, near an onset, held, near an end, in the rest, near an onset, held.
        let heard_s = [0.5, 1.05, 1.5, 1.95, 2.5, 2.95, 3.2];
        assert_eq!(held_onsets(&notes, &heard_s, |_| true), Some(2.0));
        assert_eq!(held_onsets(&notes[..2], &heard_s, |_| true), Some(2.0));
        assert_eq!(held_onsets(&notes, &heard_s, |time_s| time_s < 2.0), Some(1.0));
    }

    #[test]
    fn a_voiced_consonant_is_no_note_of_its_own() {
        let onsets = [(1.0, Onset::Voicing), (1.1, Onset::Vowel), (2.0, Onset::Voicing), (2.3, Onset::Vowel)];
        assert_eq!(note_onsets(&onsets), [1.1, 2.0, 2.3]);
        assert_eq!(note_onsets(&[(1.0, Onset::Voicing), (1.1, Onset::Legato)]), [1.0, 1.1]);
    }
}
