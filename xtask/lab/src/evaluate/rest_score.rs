//! Whether the rests between phrases are found, and none inside notes.
//!
//! In: the notes and the phase of each hop. Out: number of rests found and of false ones.

use std::ops::Range;

use con_anima::analysis::{Frame, Phase};

use super::onset_score::SungNote;
use super::track::Track;
use crate::report::{Cell, Column};

/// The shortest rest that separates phrases, seconds. Source: docs/design.md §5.
const SHORTEST_REST_S: f64 = 0.18;

/// A rest is found when this share of it is detected as one. Chosen: reverberation and the next consonant take the
/// other half.
const FOUND_SHARE: f64 = 0.5;

/// The columns of the table.
pub(super) const COLUMNS: &[Column] = &[
    Column { name: "rests", decimals: 0 },
    Column { name: "found", decimals: 0 },
    Column { name: "invented", decimals: 0 },
];

/// Scores the phases of a track.
pub(super) fn cells(track: &Track, notes: &[SungNote]) -> Vec<Cell> {
    let rests = rests_s(notes);
    let n_found = rests.iter().filter(|rest_s| is_found(track, rest_s)).count() as f64;
    let n_rests = rests.len() as f64;
    vec![Cell::plain(n_rests), Cell::at_least(n_found, n_rests), Cell::at_most(n_invented(track, notes) as f64, 0.0)]
}

fn is_rest(frame: &Frame) -> bool {
    matches!(frame.phase, Phase::Silence | Phase::Breath)
}

fn rests_s(notes: &[SungNote]) -> Vec<Range<f64>> {
    let gaps_s = notes.windows(2).map(|pair| pair[0].end_s..pair[1].onset_s);
    gaps_s.filter(|gap_s| gap_s.end - gap_s.start >= SHORTEST_REST_S).collect()
}

fn is_found(track: &Track, rest_s: &Range<f64>) -> bool {
    let (n_rest, n) =
        track.within(rest_s.clone()).fold((0, 0), |(n_rest, n), frame| (n_rest + usize::from(is_rest(frame)), n + 1));
    n > 0 && n_rest as f64 > FOUND_SHARE * n as f64
}

/// The number of notes inside which a rest is detected that is long enough to separate phrases.
fn n_invented(track: &Track, notes: &[SungNote]) -> usize {
    let heard_s = track.stretches(is_rest);
    let is_inside = |heard_s: &Range<f64>, note: &SungNote| {
        heard_s.end.min(note.end_s) - heard_s.start.max(note.onset_s) >= SHORTEST_REST_S
    };
    notes.iter().filter(|note| heard_s.iter().any(|heard_s| is_inside(heard_s, note))).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes from 1 to 2 s and from 3 to 4 s.
    fn notes() -> Vec<SungNote> {
        let note = |onset_s| SungNote { onset_s, end_s: onset_s + 1.0, begins_s: [onset_s; 2], is_optional: false };
        vec![note(1.0), note(3.0)]
    }

    fn track(rests_s: &[Range<f64>], phase: Phase) -> Track {
        let hop_s = 0.01;
        let frame = |k: i32| {
            let is_rest = rests_s.iter().any(|rest_s| rest_s.contains(&((f64::from(k) + 0.5) * hop_s)));
            Frame { phase: if is_rest { phase } else { Phase::Vowel }, ..Frame::SILENCE }
        };
        Track { hop_s, frames: (0..500).map(frame).collect() }
    }

    fn score(rests_s: &[Range<f64>], phase: Phase) -> [Option<f64>; 3] {
        let cells = cells(&track(rests_s, phase), &notes());
        [cells[0].value, cells[1].value, cells[2].value]
    }

    #[test]
    fn most_of_a_rest_must_be_heard() {
        for phase in [Phase::Silence, Phase::Breath] {
            assert_eq!(score(&[2.0..2.6], phase), [Some(1.0), Some(1.0), Some(0.0)]);
            assert_eq!(score(&[2.0..2.4], phase), [Some(1.0), Some(0.0), Some(0.0)]);
        }
        assert_eq!(score(&[2.0..3.0], Phase::Consonant), [Some(1.0), Some(0.0), Some(0.0)]);
    }

    #[test]
    fn a_rest_inside_a_note_is_invented_once_it_parts_phrases() {
        assert_eq!(score(&[2.0..3.0, 1.4..1.55], Phase::Silence)[2], Some(0.0));
        assert_eq!(score(&[2.0..3.0, 1.4..1.6], Phase::Silence)[2], Some(1.0));
        assert_eq!(
            score(&[1.9..3.1], Phase::Silence)[2],
            Some(0.0),
            "a tenth of a second at either end is a consonant"
        );
        assert_eq!(score(&[1.5..3.5], Phase::Silence)[2], Some(2.0), "two notes are torn");
    }
}
