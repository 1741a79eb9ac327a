//! The notes of a bounce, as the engine reports them.
//!
//! In: the hops around a note that timing has placed. Out: its beginning and end in the input and in the output. Pitch
//! and voicing of a hop belong to its time in the input, the read pointer to its time in the output.

use con_anima::analysis::Phase;
use con_anima::engine::HopTrace;
use con_anima::gesture::TimedNote;

use super::{Note, SILENCE_TOLERANCE_MS};
use crate::bounce::gather::Place;
use crate::measure::numbers::median;

/// The hops with their times.
pub(in crate::bounce) struct Song<'a> {
    /// Hops in song order.
    pub(in crate::bounce) hops: &'a [HopTrace],
    /// Where the file lies in the song.
    pub(in crate::bounce) place: Place,
}

impl Song<'_> {
    /// Where a hop begins; after the last one, where the last one begins, because its length is unknown.
    fn start_s(&self, hop: usize) -> f64 {
        let hop = self.hops.get(hop).or(self.hops.last());
        hop.map_or(0.0, |hop| self.place.file_s(hop.position_samples))
    }

    /// The number of the hop that begins at a position, or of the next.
    pub(in crate::bounce) fn hop_at(&self, position_samples: i64) -> usize {
        self.hops.partition_point(|hop| hop.position_samples < position_samples)
    }

    /// A note that was sung in a hop; `next_onset` is the position of the note behind it, `before` the one before.
    pub(in crate::bounce) fn note(
        &self,
        sung_hop: usize,
        note: &TimedNote,
        next_onset: Option<i64>,
        before: Option<&Note>,
    ) -> Note {
        let first = self.hop_at(note.onset_position_samples);
        let until = next_onset.map_or(self.hops.len(), |next| self.hop_at(next));
        let span = &self.hops[first..until.max(first)];
        // Live hears a voice some hops behind the onset that was learned.
        let begun = span.iter().position(is_voiced).unwrap_or(0);
        let rest = span[begun..].iter().position(is_rest).map_or(span.len(), |rest| begun + rest);
        let n_hops = span[..rest].iter().rposition(is_voiced).map_or(rest.min(1), |last| last + 1);
        let end = first + n_hops;
        let heard = || span[..n_hops].iter().filter(|hop| is_voiced(hop)).map(|hop| hop.frame);
        let f0s_hz: Vec<f64> = heard().map(|frame| f64::from(frame.f0_hz)).collect();
        let levels_db: Vec<f64> = heard().map(|frame| f64::from(frame.level_db)).collect();
        let onset_s = self.place.file_s(note.onset_position_samples);
        let end_s = self.start_s(end).max(onset_s);
        let sung_s = onset_s + f64::from(note.realized_ms) / 1000.0;
        let is_behind_rest = before.is_none_or(|before| self.rests(before.end_s, first));
        let left = before.and_then(|before| before.f0_hz).filter(|_| !is_behind_rest);
        Note {
            onset_s,
            end_s,
            sung_s,
            sung_end_s: self.heard_s(end_s, sung_hop).max(sung_s),
            song_s: self.place.song_s(note.onset_position_samples),
            planned_ms: f64::from(note.planned_ms),
            realized_ms: f64::from(note.realized_ms),
            kind: note.kind,
            f0_hz: median(&f0s_hz),
            level_db: median(&levels_db),
            tolerance_ms: left.map_or(SILENCE_TOLERANCE_MS, |f0_hz| 500.0 / f0_hz),
        }
    }

    /// Whether the voice rests between a moment and a hop.
    fn rests(&self, from_s: f64, until: usize) -> bool {
        let from = self.place.position(from_s);
        self.hops[self.hop_at(from).min(until)..until].iter().any(is_rest)
    }

    /// When a moment of the input is first heard in the output, from a hop of the output on, file time.
    pub(super) fn heard_s(&self, input_s: f64, from: usize) -> f64 {
        let is_reached = |hop: &&HopTrace| {
            self.place.file_s(hop.position_samples) + f64::from(hop.displacement_ms) / 1000.0 >= input_s
        };
        let hop = self.hops[from..].iter().find(is_reached).or(self.hops.last());
        input_s - hop.map_or(0.0, |hop| f64::from(hop.displacement_ms) / 1000.0)
    }
}

fn is_rest(hop: &HopTrace) -> bool {
    matches!(hop.frame.phase, Phase::Silence | Phase::Breath)
}

fn is_voiced(hop: &HopTrace) -> bool {
    hop.frame.f0_hz > 0.0
}

#[cfg(test)]
mod tests {
    use con_anima::analysis::{Frame, Onset};

    use super::*;
    use crate::bounce::events::only_notes;
    use crate::bounce::gather::tests::gathered;

    fn notes(hops: &[HopTrace], sample_rate_hz: f64, start_samples: i64) -> Vec<Note> {
        only_notes(&gathered(hops, sample_rate_hz, start_samples).events).copied().collect()
    }

    /// Hops of 10 ms at 1000 Hz, from song position 100 on: a note, a consonant, a note that is followed legato by a
    /// third, silence. The pointer reads `late_hops` before the output's time.
    fn hops(late_hops: usize) -> Vec<HopTrace> {
        let frame = |k: usize| match k {
            5..20 => Frame { f0_hz: 200.0, level_db: -20.0, phase: Phase::Vowel, ..Frame::SILENCE },
            20..25 => Frame { level_db: -30.0, phase: Phase::Consonant, ..Frame::SILENCE },
            25..40 => Frame { f0_hz: 250.0, level_db: -10.0, phase: Phase::Vowel, ..Frame::SILENCE },
            40..60 => Frame { f0_hz: 400.0, level_db: -15.0, phase: Phase::Vowel, ..Frame::SILENCE },
            _ => Frame::SILENCE,
        };
        let position = |k: usize| 100 + 10 * k as i64;
        let note = |k: usize| {
            let kind = [(5, Onset::Voicing), (25, Onset::Voicing), (40, Onset::Legato)];
            let (onset, kind) = kind.into_iter().find(|(onset, _)| onset + late_hops == k)?;
            let (planned_ms, realized_ms) = (10.0 * late_hops as f32 + 2.2, 10.0 * late_hops as f32);
            Some(TimedNote { onset_position_samples: position(onset), kind, planned_ms, realized_ms })
        };
        let hop = |k: usize| HopTrace {
            position_samples: position(k),
            displacement_ms: -10.0 * late_hops as f32,
            frame: frame(k),
            note: note(k),
            ..HopTrace::default()
        };
        (0..80).map(hop).collect()
    }

    #[test]
    fn a_note_ends_with_its_voice_or_the_next() {
        for late_hops in [0, 3] {
            let notes = notes(&hops(late_hops), 1000.0, 100);
            let late_s = 0.01 * late_hops as f64;
            let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a} for {b}");
            for (note, (onset_s, end_s, f0_hz)) in
                notes.iter().zip([(0.05, 0.2, 200.0), (0.25, 0.4, 250.0), (0.4, 0.6, 400.0)])
            {
                near(note.onset_s, onset_s);
                near(note.end_s, end_s);
                near(note.song_s, onset_s + 0.1);
                near(note.sung_s, onset_s + late_s);
                near(note.sung_end_s, end_s + late_s);
                assert_eq!(note.f0_hz, Some(f0_hz));
            }
            assert_eq!(notes.iter().map(|note| note.level_db).collect::<Vec<_>>(), [-20.0, -10.0, -15.0].map(Some));
        }
    }

    #[test]
    fn a_voice_that_is_heard_behind_its_learned_onset_belongs_to_the_note() {
        let late: Vec<HopTrace> = hops(0)
            .into_iter()
            .enumerate()
            .map(|(k, hop)| if (5..9).contains(&k) { HopTrace { frame: Frame::SILENCE, ..hop } } else { hop })
            .collect();
        let [late, whole] = [late, hops(0)].map(|hops| notes(&hops, 1000.0, 100));
        assert_eq!(late, whole);
    }

    #[test]
    fn a_note_may_be_half_a_period_of_the_last_from_its_plan_unless_there_was_silence() {
        let notes = notes(&hops(0), 1000.0, 100);
        // The consonant between the first two is no silence.
        assert_eq!(notes.iter().map(|note| note.tolerance_ms).collect::<Vec<_>>(), [2.0, 2.5, 2.0]);
        assert_eq!(notes.iter().map(Note::is_as_planned).collect::<Vec<_>>(), [false, true, false]);
    }

    #[test]
    fn hops_without_notes_have_none() {
        assert!(notes(&[], 48_000.0, 0).is_empty());
        assert!(notes(&[HopTrace::default(); 3], 48_000.0, 0).is_empty());
    }
}
