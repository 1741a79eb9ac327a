//! The last seconds of movement, as they arrived.
//!
//! In: one [`HopTrace`] per hop, the sample rate. Out: columns for drawing (a few hops each) and where song seconds
//! begin. Points are on a time axis of their own, *elapsed samples*, because the song position jumps when the transport
//! does; each jump begins a new run, so that no line is drawn across it.

use std::collections::VecDeque;

use crate::analysis::Phase;
use crate::engine::HopTrace;
use crate::monitor::SILENCE_DB;

/// How much is shown, seconds. Chosen: longer shows more of the song and less detail.
pub(super) const WINDOW_S: f64 = 6.0;
/// What is kept beyond the window, seconds. Chosen: more than the drawing lags behind the newest hop; more only costs
/// memory.
const MARGIN_S: f64 = 0.5;
/// Hops kept at most, whatever sample rate the host gives. Source: computed from the window and its margin at the
/// finest hop rate, 1500 hops per second.
const MAX_POINTS: usize = 9750;
/// The gap that a jump leaves, seconds. Chosen: wide enough to be seen; wider shows less.
const JUMP_GAP_S: f64 = 0.06;

/// One hop at its position on the time axis.
#[derive(Clone, Copy, Debug)]
struct Point {
    elapsed_samples: i64,
    hop: HopTrace,
    begins_run: bool,
}

/// Some neighbouring hops, drawn as one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Column {
    /// Middle of the hops on the time axis.
    pub elapsed_samples: f64,
    /// Pitch movement: lowest, mean and highest, cents.
    pub cents: [f32; 3],
    /// Loudest input level, dBFS rms.
    pub level_db: f32,
    /// The levels of breath.
    pub breath: Breath,
    /// Something was sung in it: where nothing is, no pitch is moved.
    pub is_sung: bool,
    /// Not connected to the column before.
    pub begins_run: bool,
}

/// The loudest breath of each kind in some hops, dBFS rms; [`SILENCE_DB`] where there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Breath {
    /// Added to the voice.
    pub aspiration_db: f32,
    /// An added inhalation.
    pub inhalation_db: f32,
    /// The take's own breath.
    pub own_db: f32,
}

impl Default for Breath {
    fn default() -> Self {
        Self { aspiration_db: SILENCE_DB, inhalation_db: SILENCE_DB, own_db: SILENCE_DB }
    }
}

impl Breath {
    fn add(&mut self, hop: &HopTrace) {
        let own_db = (hop.frame.phase == Phase::Breath).then_some(hop.frame.level_db);
        for (loudest_db, level_db) in [
            (&mut self.aspiration_db, hop.aspiration_db),
            (&mut self.inhalation_db, hop.inhalation_db),
            (&mut self.own_db, own_db),
        ] {
            *loudest_db = loudest_db.max(level_db.unwrap_or(SILENCE_DB));
        }
    }
}

/// An inhalation that has been added.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct AddedBreath {
    /// Its beginning and its end on the time axis.
    pub span_samples: [f64; 2],
    /// Its level, dBFS rms.
    pub level_db: f32,
    /// It was asked for by hand.
    pub is_by_hand: bool,
}

/// A note that has been sung.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SungNote {
    /// Where its vowel began in the input, on the time axis.
    pub onset_samples: f64,
    /// How much later than that it was planned, ms; 0 where its time was not changed.
    pub planned_ms: f32,
    /// How much later than that it was sung, ms.
    pub sung_ms: f32,
}

/// The history ring.
#[derive(Debug)]
pub(super) struct Trace {
    points: VecDeque<Point>,
    columns: Vec<Column>,
    sample_rate_hz: f64,
    hop_samples: i64,
}

impl Default for Trace {
    fn default() -> Self {
        Self { points: VecDeque::new(), columns: Vec::new(), sample_rate_hz: 48_000.0, hop_samples: 64 }
    }
}

impl Trace {
    /// Sets the hop rate; another sample rate discards the past.
    pub(super) fn set_rate(&mut self, sample_rate_hz: f32, hops_per_s: f32) {
        if sample_rate_hz <= 0.0 || hops_per_s <= 0.0 {
            return;
        }
        if f64::from(sample_rate_hz) != self.sample_rate_hz {
            self.points.clear();
            self.sample_rate_hz = f64::from(sample_rate_hz);
        }
        self.hop_samples = (sample_rate_hz / hops_per_s).round() as i64;
    }

    /// The sample rate of the time axis, Hz.
    pub(super) fn sample_rate_hz(&self) -> f64 {
        self.sample_rate_hz
    }

    /// Adds the next hop. A step of the song position other than one hop begins a new run.
    pub(super) fn push(&mut self, hop: HopTrace) {
        let point = match self.points.back() {
            Some(last) if hop.position_samples - last.hop.position_samples == self.hop_samples => {
                Point { elapsed_samples: last.elapsed_samples + self.hop_samples, hop, begins_run: false }
            }
            Some(last) => {
                let gap_samples = (JUMP_GAP_S * self.sample_rate_hz) as i64;
                Point { elapsed_samples: last.elapsed_samples + gap_samples, hop, begins_run: true }
            }
            None => Point { elapsed_samples: 0, hop, begins_run: true },
        };
        self.points.push_back(point);
        let oldest = point.elapsed_samples - ((WINDOW_S + MARGIN_S) * self.sample_rate_hz) as i64;
        while self.points.len() > MAX_POINTS || self.points.front().is_some_and(|point| point.elapsed_samples < oldest)
        {
            self.points.pop_front();
        }
    }

    /// The newest hop and its position on the time axis.
    pub(super) fn newest(&self) -> Option<(f64, HopTrace)> {
        self.points.back().map(|point| (point.elapsed_samples as f64, point.hop))
    }

    /// The window that ends at `head_samples`, in about `n_columns` columns.
    ///
    /// Columns hold the same hops from one frame to the next while the window moves on, so that the trace does not
    /// shimmer.
    pub(super) fn columns(&mut self, head_samples: f64, n_columns: usize) -> &[Column] {
        let window_samples = WINDOW_S * self.sample_rate_hz;
        let column_samples = ((window_samples / n_columns.max(1) as f64) as i64).max(1);
        let from_samples = (head_samples - window_samples) as i64 - column_samples;
        self.columns.clear();
        let mut group = Group::default();
        for point in self.points.iter().filter(|point| point.elapsed_samples >= from_samples) {
            let key = point.elapsed_samples.div_euclid(column_samples);
            if group.n_hops > 0 && (key != group.key || point.begins_run) {
                self.columns.push(group.column());
                group = Group::default();
            }
            group.add(point, key);
        }
        if group.n_hops > 0 {
            self.columns.push(group.column());
        }
        &self.columns
    }

    /// The notes that have been sung, in their order.
    pub(super) fn notes(&self) -> impl Iterator<Item = SungNote> {
        self.points.iter().filter_map(|point| {
            let note = point.hop.note?;
            let since_onset = point.hop.position_samples - note.onset_position_samples;
            let onset_samples = (point.elapsed_samples - since_onset) as f64;
            Some(SungNote { onset_samples, planned_ms: note.planned_ms, sung_ms: note.realized_ms })
        })
    }

    /// The inhalations that have been added, in their order.
    pub(super) fn breaths(&self) -> impl Iterator<Item = AddedBreath> {
        self.points.iter().filter_map(|point| {
            let inhaled = point.hop.inhaled?;
            let elapsed_samples =
                |position_samples: i64| (point.elapsed_samples + position_samples - point.hop.position_samples) as f64;
            let span_samples = [inhaled.start_position_samples, inhaled.end_position_samples].map(elapsed_samples);
            Some(AddedBreath { span_samples, level_db: inhaled.level_db, is_by_hand: inhaled.is_by_hand })
        })
    }

    /// The starts of the song's whole seconds: position on the time axis and the second.
    pub(super) fn seconds(&self) -> impl Iterator<Item = (f64, i64)> {
        let second = |point: &Point| (point.hop.position_samples as f64 / self.sample_rate_hz).floor() as i64;
        self.points.iter().zip(self.points.iter().skip(1)).filter_map(move |(before, point)| {
            let begins = !point.begins_run && second(before) != second(point);
            begins.then(|| (point.elapsed_samples as f64, second(point)))
        })
    }
}

/// Hops gathered into a column.
#[derive(Default)]
struct Group {
    key: i64,
    n_hops: usize,
    is_sung: bool,
    begins_run: bool,
    elapsed_sum: f64,
    cents_sum: f32,
    cents_range: [f32; 2],
    level_db: f32,
    breath: Breath,
}

impl Group {
    fn add(&mut self, point: &Point, key: i64) {
        let HopTrace { pitch_cents, frame, .. } = point.hop;
        if self.n_hops == 0 {
            let cents_range = [pitch_cents; 2];
            *self =
                Self { key, begins_run: point.begins_run, cents_range, level_db: frame.level_db, ..Self::default() };
        }
        self.n_hops += 1;
        self.elapsed_sum += point.elapsed_samples as f64;
        self.cents_sum += pitch_cents;
        self.cents_range = [self.cents_range[0].min(pitch_cents), self.cents_range[1].max(pitch_cents)];
        self.level_db = self.level_db.max(frame.level_db);
        self.breath.add(&point.hop);
        self.is_sung |= matches!(frame.phase, Phase::Vowel | Phase::Consonant);
    }

    fn column(&self) -> Column {
        let [low, high] = self.cents_range;
        Column {
            elapsed_samples: self.elapsed_sum / self.n_hops as f64,
            cents: [low, self.cents_sum / self.n_hops as f32, high],
            level_db: self.level_db,
            breath: self.breath,
            is_sung: self.is_sung,
            begins_run: self.begins_run,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{Frame, Onset};
    use crate::gesture::{Inhaled, TimedNote};

    fn hop(position_samples: i64) -> HopTrace {
        let pitch_cents = (position_samples as f32 * 0.001).sin();
        let frame = Frame { level_db: -20.0, ..Frame::SILENCE };
        HopTrace { position_samples, pitch_cents, frame, ..HopTrace::default() }
    }

    fn play(trace: &mut Trace, from_samples: i64, n_hops: i64) {
        (0..n_hops).for_each(|index| trace.push(hop(from_samples + 64 * index)));
    }

    #[test]
    fn a_jump_of_the_song_breaks_the_line() {
        let mut trace = Trace::default();
        play(&mut trace, 0, 750);
        play(&mut trace, 0, 750);
        let (head, _) = trace.newest().unwrap();
        let starts: Vec<_> = trace.columns(head, 400).iter().filter(|column| column.begins_run).collect();
        assert_eq!(starts.len(), 2);
        assert!(head > 2.0 * 48_000.0);
    }

    #[test]
    fn the_ring_is_bounded_by_time_and_by_number() {
        let mut trace = Trace::default();
        play(&mut trace, 0, 100_000);
        assert!(trace.points.len() <= (6.5 * 750.0) as usize + 1);
        trace.set_rate(384_000.0, 384_000.0);
        (0..20_000).for_each(|index| trace.push(hop(index)));
        assert_eq!(trace.points.len(), MAX_POINTS);
    }

    #[test]
    fn notes_lie_where_they_were_in_the_input_and_go_with_the_ring() {
        let mut trace = Trace::default();
        play(&mut trace, 0, 1000);
        let note = TimedNote {
            onset_position_samples: 63_000,
            kind: Onset::Voicing,
            planned_ms: 25.0,
            realized_ms: 1000.0 / 48.0,
        };
        trace.push(HopTrace { note: Some(note), ..hop(64_000) });
        play(&mut trace, 64_064, 100);
        let sung = SungNote { onset_samples: 63_000.0, planned_ms: 25.0, sung_ms: note.realized_ms };
        assert_eq!(trace.notes().collect::<Vec<_>>(), [sung]);
        play(&mut trace, 64_064 + 6400, 6000);
        assert_eq!(trace.notes().count(), 0);
    }

    #[test]
    fn added_breaths_lie_where_they_are_heard() {
        let mut trace = Trace::default();
        play(&mut trace, 48_000, 1000);
        let inhaled = Inhaled {
            start_position_samples: 90_000,
            end_position_samples: 112_001,
            level_db: -51.5,
            is_by_hand: true,
        };
        trace.push(HopTrace { inhaled: Some(inhaled), ..hop(112_000) });
        let added = AddedBreath { span_samples: [42_000.0, 64_001.0], level_db: -51.5, is_by_hand: true };
        assert_eq!(trace.breaths().collect::<Vec<_>>(), [added]);
    }

    #[test]
    fn columns_hold_the_loudest_breath_of_each_kind() {
        let mut trace = Trace::default();
        for index in 0..750 {
            let phase = if index < 300 { Phase::Breath } else { Phase::Vowel };
            let frame = Frame { phase, level_db: if index == 7 { -40.0 } else { -45.0 }, ..Frame::SILENCE };
            let aspiration_db = (phase == Phase::Vowel).then_some(-60.0);
            trace.push(HopTrace { frame, aspiration_db, ..hop(64 * index) });
        }
        let columns = trace.columns(48_000.0, 60);
        let loudest_db = |of: fn(&Breath) -> f32| columns.iter().map(|c| of(&c.breath)).fold(f32::MIN, f32::max);
        assert_eq!(loudest_db(|breath| breath.own_db), -40.0);
        assert_eq!(loudest_db(|breath| breath.aspiration_db), -60.0);
        assert_eq!(loudest_db(|breath| breath.inhalation_db), SILENCE_DB);
        assert_eq!(columns[0].breath.aspiration_db, SILENCE_DB);
        assert_eq!(columns.last().unwrap().breath.own_db, SILENCE_DB);
    }

    #[test]
    fn columns_hold_all_hops_of_the_window_and_their_extremes() {
        let mut trace = Trace::default();
        play(&mut trace, 0, 4500);
        let (head, _) = trace.newest().unwrap();
        let columns = trace.columns(head, 800).to_vec();
        assert!((780..=820).contains(&columns.len()), "{}", columns.len());
        for Column { cents: [low, mean, high], .. } in &columns {
            assert!(low <= mean && mean <= high);
        }
        let moved = trace.columns(head + 100.0, 800);
        assert_eq!(moved[100..110], columns[100..110], "columns shimmer while the window moves");
    }

    #[test]
    fn where_nothing_is_sung_no_pitch_is_moved() {
        let mut trace = Trace::default();
        trace.set_rate(48_000.0, 750.0);
        for number in 0..4000_i64 {
            let phase = if number < 2000 { Phase::Vowel } else { Phase::Silence };
            let frame = Frame { phase, ..Frame::SILENCE };
            trace.push(HopTrace { position_samples: 64 * number, frame, ..HopTrace::default() });
        }
        let (head, _) = trace.newest().unwrap();
        let columns = trace.columns(head, 400);
        let n_sung = columns.iter().filter(|column| column.is_sung).count();
        let sung_part = n_sung as f64 / columns.len() as f64;
        assert!((0.48..0.52).contains(&sung_part) && columns[0].is_sung, "{sung_part}");
    }

    #[test]
    fn seconds_are_those_of_the_song() {
        let mut trace = Trace::default();
        play(&mut trace, 48_000 * 61 - 6400, 200);
        assert_eq!(trace.seconds().collect::<Vec<_>>(), [(6400.0, 61)]);
    }
}
