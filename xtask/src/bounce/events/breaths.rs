//! The breaths of a bounce, as the engine reports them.
//!
//! In: hop traces in song order. Out: each inhalation, added or the take's own, with its beginning and end. Added
//! breaths are reported in the time of the output, because they exist only there; the take's own are found in the
//! input, and move with the note that follows.

use std::ops::Range;

use con_anima::engine::HopTrace;
use con_anima::gesture::{EmptyRest, Inhaled};

use super::notes::Song;
use super::{Breath, BreathKind, Rest};
use crate::measure::breaths::{self, Breath as Heard};

/// The furthest that a breath is moved, seconds. Source: computed from 150 ms by which Phrase moves notes and 60 ms by
/// which movement displaces the pointer, with room.
const FURTHEST_S: f64 = 0.25;

/// All breaths of a file in song order. `start_samples` is the song position of its first sample.
pub(super) fn breaths(hops: &[HopTrace], sample_rate_hz: f64, start_samples: i64) -> Vec<Breath> {
    let song = Song { hops, sample_rate_hz, start_samples };
    let added = hops.iter().filter_map(|hop| hop.inhaled).map(|inhaled| song.added(&inhaled));
    let own = breaths::breaths(hops, sample_rate_hz).into_iter().map(|heard| song.own(&heard));
    let mut breaths: Vec<Breath> = added.chain(own).collect();
    breaths.sort_by(|one, other| one.start_s.total_cmp(&other.start_s));
    breaths
}

/// The rests of a file that could hold an inhalation and have none, in song order.
pub(super) fn empty_rests(hops: &[HopTrace], sample_rate_hz: f64, start_samples: i64) -> Vec<Rest> {
    let song = Song { hops, sample_rate_hz, start_samples };
    let rest = |rest: EmptyRest| Rest {
        start_s: song.file_s(rest.start_position_samples),
        end_s: song.file_s(rest.end_position_samples),
        song_s: rest.start_position_samples as f64 / sample_rate_hz,
        reason: rest.reason,
    };
    hops.iter().filter_map(|hop| hop.empty_rest).map(rest).collect()
}

impl Song<'_> {
    fn added(&self, inhaled: &Inhaled) -> Breath {
        let [start_s, end_s] =
            [inhaled.start_position_samples, inhaled.end_position_samples].map(|position| self.file_s(position));
        Breath {
            kind: if inhaled.is_by_hand { BreathKind::ByHand } else { BreathKind::Added },
            start_s,
            end_s,
            sung_s: start_s,
            song_s: inhaled.start_position_samples as f64 / self.sample_rate_hz,
            level_db: f64::from(inhaled.level_db),
        }
    }

    fn own(&self, heard: &Heard) -> Breath {
        let Range { start: song_s, end: song_end_s } = heard.times_s;
        let file_start_s = self.start_samples as f64 / self.sample_rate_hz;
        let [start_s, end_s] = [song_s, song_end_s].map(|song_s| song_s - file_start_s);
        let earliest = ((song_s - FURTHEST_S) * self.sample_rate_hz) as i64;
        let sung_s = self.heard_s(start_s, self.hop_at(earliest));
        Breath { kind: BreathKind::Own, start_s, end_s, sung_s, song_s, level_db: heard.level_db }
    }
}

#[cfg(test)]
mod tests {
    use con_anima::analysis::{Frame, Phase};

    use super::*;

    /// Hops of 10 ms at 1000 Hz, from song position 5000 on. The take breathes in from 1 s to 1.3 s and is heard
    /// `late_ms` later; two breaths are added, from 0.2 s to 0.5 s and, by hand, from 2 s to 2.4 s.
    fn hops(late_ms: f32) -> Vec<HopTrace> {
        let inhaled = |k: i64, from: i64, until: i64, is_by_hand: bool| {
            (until == k).then_some(Inhaled {
                start_position_samples: 5000 + 10 * from,
                end_position_samples: 5000 + 10 * until,
                level_db: -51.0,
                is_by_hand,
            })
        };
        let hop = |k: i64| {
            let phase = if (100..130).contains(&k) { Phase::Breath } else { Phase::Silence };
            HopTrace {
                position_samples: 5000 + 10 * k,
                displacement_ms: -late_ms,
                inhaled: inhaled(k, 20, 50, false).or(inhaled(k, 200, 240, true)),
                frame: Frame { phase, level_db: -45.0, ..Frame::SILENCE },
                ..HopTrace::default()
            }
        };
        (0..300).map(hop).collect()
    }

    #[test]
    fn breaths_stand_in_song_order_each_in_its_own_time() {
        for late_ms in [0.0, 40.0, -120.0] {
            let found = breaths(&hops(late_ms), 1000.0, 5000);
            let sung_s = 1.0 + f64::from(late_ms) / 1000.0;
            let expected = [
                (BreathKind::Added, 0.2, 0.5, 0.2, -51.0),
                (BreathKind::Own, 1.0, 1.3, sung_s, -45.0),
                (BreathKind::ByHand, 2.0, 2.4, 2.0, -51.0),
            ];
            assert_eq!(found.len(), 3);
            for (breath, (kind, start_s, end_s, sung_s, level_db)) in found.iter().zip(expected) {
                let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a} for {b} in {breath:?}");
                assert_eq!(breath.kind, kind);
                near(breath.start_s, start_s);
                near(breath.end_s, end_s);
                near(breath.sung_s, sung_s);
                near(breath.song_s, start_s + 5.0);
                near(breath.level_db, level_db);
            }
        }
    }

    #[test]
    fn hops_without_breath_have_none() {
        assert!(breaths(&[], 48_000.0, 0).is_empty());
        assert!(breaths(&[HopTrace::default(); 3], 48_000.0, 0).is_empty());
    }
}
