//! Which note is sung at each time.
//!
//! In: a pitch per hop. Out: the nearest semitone per hop, steady through vibrato and slides: the median over a fifth
//! of a second is used, with hysteresis: it must leave the last note by more than half a semitone before the note
//! changes.

use std::ops::Range;

/// A semitone by its MIDI number; 69 is A4, 440 Hz.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Note(pub(super) i32);

impl Note {
    /// Its pitch in cents above MIDI note 0.
    pub(super) fn cents(self) -> f64 {
        f64::from(self.0) * 100.0
    }

    /// Its name as musicians write it: A4, C♯5.
    pub(super) fn name(self) -> String {
        const NAMES: [&str; 12] = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
        format!("{}{}", NAMES[self.0.rem_euclid(12) as usize], self.0.div_euclid(12) - 1)
    }
}

/// Half the span of the median, seconds. Chosen: longer than half a vibrato cycle, shorter than half a short note.
const HALF_SPAN_S: f64 = 0.1;

/// How far the median must leave a note, cents. Chosen: more than half a semitone, as hysteresis; larger changes later,
/// smaller flickers.
const LEAST_DEPARTURE_CENTS: f64 = 62.0;

/// The note of each hop; `None` where nothing within the span has a pitch.
pub(super) fn notes(pitch: &[Option<f64>], hop_s: f64) -> Vec<Option<Note>> {
    let half_span = ((HALF_SPAN_S / hop_s).round() as usize).max(1);
    let mut current: Option<Note> = None;
    let mut note_at = |k: usize| {
        let span = k.saturating_sub(half_span)..(k + half_span + 1).min(pitch.len());
        let mut sorted: Vec<f64> = pitch[span].iter().flatten().copied().collect();
        sorted.sort_by(f64::total_cmp);
        let median = sorted.get(sorted.len() / 2).copied();
        current = median.map(|median| match current {
            Some(note) if (median - note.cents()).abs() < LEAST_DEPARTURE_CENTS => note,
            _ => Note((median / 100.0).round() as i32),
        });
        current
    };
    let mut notes: Vec<_> = (0..pitch.len()).map(&mut note_at).collect();
    // Short runs, which the median passes on its way from one note to the next, are no notes.
    for run in runs(&notes).into_iter().filter(|run| run.len() < half_span) {
        if let Some(Some(next)) = notes.get(run.end).copied() {
            notes[run].fill(Some(next));
        }
    }
    notes
}

/// The stretches of one note each, as ranges of hops.
pub(super) fn runs(notes: &[Option<Note>]) -> Vec<Range<usize>> {
    let mut start = 0;
    let stretches = notes.chunk_by(|a, b| a == b).map(|stretch| {
        start += stretch.len();
        start - stretch.len()..start
    });
    stretches.filter(|run| notes[run.start].is_some()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_keys() {
        assert_eq!([69, 60, 61, 0].map(|semitone| Note(semitone).name()), ["A4", "C4", "C♯4", "C-1"]);
    }

    #[test]
    fn vibrato_is_one_note_and_a_melody_is_several() {
        let vibrato = |k: usize, note: f64| Some(note + 70.0 * (k as f64 * 0.005 * 6.0 * std::f64::consts::TAU).sin());
        let melody: Vec<_> = (0..600)
            .map(|k| match k {
                0..200 => vibrato(k, 5700.0),
                200..300 => None,
                300..450 => vibrato(k, 6000.0),
                _ => vibrato(k, 6200.0),
            })
            .collect();
        let notes = notes(&melody, 0.005);
        let sung: Vec<_> = runs(&notes).iter().map(|run| notes[run.start]).collect();
        assert_eq!(sung, [Some(Note(57)), Some(Note(60)), Some(Note(62))]);
    }
}
