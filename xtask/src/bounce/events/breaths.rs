//! The breaths of a bounce, as the engine reports them.
//!
//! In: what the engine reports, and hop traces in song order. Out: each inhalation, added or the take's own, with its
//! beginning and end. Added breaths are reported in the time of the output, because they exist only there; the take's
//! own are found in the input, and move with the note that follows.

use std::ops::Range;

use con_anima::gesture::{EmptyRest, Inhaled};

use super::notes::Song;
use super::{Breath, BreathKind, Rest};
use crate::bounce::gather::Place;
use crate::measure::breaths::{self, Breath as Heard};

/// The furthest that a breath is moved, seconds. Source: computed from 150 ms by which Phrase moves notes and 60 ms by
/// which movement displaces the pointer, with room.
const FURTHEST_S: f64 = 0.25;

/// An inhalation that was added.
pub(in crate::bounce) fn added_breath(inhaled: &Inhaled, place: Place) -> Breath {
    let [start_s, end_s] =
        [inhaled.start_position_samples, inhaled.end_position_samples].map(|position| place.file_s(position));
    Breath {
        kind: if inhaled.is_by_hand { BreathKind::ByHand } else { BreathKind::Added },
        start_s,
        end_s,
        sung_s: start_s,
        song_s: place.song_s(inhaled.start_position_samples),
        level_db: f64::from(inhaled.level_db),
    }
}

/// A rest that could hold an inhalation and has none.
pub(in crate::bounce) fn empty_rest(rest: &EmptyRest, place: Place) -> Rest {
    Rest {
        start_s: place.file_s(rest.start_position_samples),
        end_s: place.file_s(rest.end_position_samples),
        song_s: place.song_s(rest.start_position_samples),
        reason: rest.reason,
    }
}

impl Song<'_> {
    /// The take's own breaths among these hops.
    pub(in crate::bounce) fn own_breaths(&self) -> impl Iterator<Item = Heard> {
        breaths::breaths(self.hops, self.place.sample_rate_hz).into_iter()
    }

    /// One of them, with the time at which it is sung.
    pub(in crate::bounce) fn own(&self, heard: &Heard) -> Breath {
        let Range { start: song_s, end: song_end_s } = heard.times_s;
        let [start_s, end_s] = [song_s, song_end_s].map(|song_s| song_s - self.place.song_s(self.place.start_samples));
        let earliest = ((song_s - FURTHEST_S) * self.place.sample_rate_hz) as i64;
        let sung_s = self.heard_s(start_s, self.hop_at(earliest));
        Breath { kind: BreathKind::Own, start_s, end_s, sung_s, song_s, level_db: heard.level_db }
    }
}

#[cfg(test)]
mod tests {
    use con_anima::analysis::{Frame, Phase};
    use con_anima::engine::HopTrace;

    use super::*;
    use crate::bounce::events::only_breaths;
    use crate::bounce::gather::tests::gathered;

    fn breaths(hops: &[HopTrace], sample_rate_hz: f64, start_samples: i64) -> Vec<Breath> {
        only_breaths(&gathered(hops, sample_rate_hz, start_samples).events).copied().collect()
    }

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
