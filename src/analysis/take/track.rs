//! The pitch of the last seconds, with its means over any stretch.
//!
//! In: one pitch per window. Out: means over stretches of one note, by age. Sums are whole thousandths of a cent, so
//! that a mean is exact and does not depend on where the sums began.

use super::super::grid::windows;

/// Windows kept. Chosen: twice what is between the newest and the oldest that is asked for, 2.7 s; more only costs
/// memory.
const CAPACITY: usize = windows(5.5);
/// Steps per cent. Chosen: thousandths are far below any audible difference, and sums of seconds still fit in integers.
const RESOLUTION: f64 = 1000.0;

/// A stretch of windows of one note, by age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Note {
    /// Age of its first window, as far as that was searched.
    pub(super) oldest: usize,
    /// Age of its last.
    pub(super) newest: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Point {
    /// Sum of all pitches before this one, thousandths of a cent.
    sum_before: i64,
    /// Windows since voicing began; `None` where unvoiced.
    in_run: Option<u32>,
    /// Whether a note begins here.
    is_beginning: bool,
    /// Windows since the note began, once that is known; `None` where no note is held.
    in_note: Option<u32>,
}

/// The pitch of the last windows.
#[derive(Clone, Debug)]
pub(super) struct Track {
    ring: Vec<Point>,
    n_seen: usize,
    sum: i64,
}

impl Track {
    /// Allocates.
    pub(super) fn new() -> Self {
        Self { ring: vec![Point::default(); CAPACITY], n_seen: 0, sum: 0 }
    }

    pub(super) fn reset(&mut self) {
        (self.n_seen, self.sum) = (0, 0);
    }

    /// Adds a window: its pitch in cents, and whether a note begins with it. `is_cut` where the song position jumps.
    pub(super) fn push(&mut self, cents: Option<f32>, is_beginning: bool, is_cut: bool) {
        let before = self.get(0).and_then(|point| point.in_run).filter(|_| !is_cut);
        let in_run = cents.map(|_| before.map_or(0, |before| before.saturating_add(1)));
        let point = Point { sum_before: self.sum, in_run, is_beginning: is_beginning || is_cut, in_note: None };
        self.ring[self.n_seen % CAPACITY] = point;
        self.sum += cents.map_or(0, |cents| (f64::from(cents) * RESOLUTION).round() as i64);
        self.n_seen += 1;
    }

    /// Records whether the window of an age belongs to a held note; `is_glide` if it leads from one to another. Once
    /// for each window, in order.
    pub(super) fn settle(&mut self, age: usize, is_glide: bool) {
        let before = self.get(age + 1).and_then(|point| point.in_note);
        let Some(point) = self.get(age) else { return };
        let in_note = point.in_run.filter(|_| !is_glide).map(|_| match before {
            Some(before) if !point.is_beginning => before.saturating_add(1),
            _ => 0,
        });
        self.ring[(self.n_seen - 1 - age) % CAPACITY].in_note = in_note;
    }

    fn get(&self, age: usize) -> Option<Point> {
        (age < self.n_seen.min(CAPACITY)).then(|| self.ring[(self.n_seen - 1 - age) % CAPACITY])
    }

    /// The note held at an age: at most `reach` windows to the newer side, as far as it goes to the older.
    pub(super) fn note_around(&self, age: usize, reach: usize) -> Option<Note> {
        let in_note = |age: usize| self.get(age).and_then(|point| point.in_note);
        let since = in_note(age)?;
        let goes_on = |newer: &usize| in_note(*newer).is_some_and(|newer_since| newer_since > since);
        let newest = (age.saturating_sub(reach)..age).rev().take_while(goes_on).last().unwrap_or(age);
        Some(Note { oldest: (age + since as usize).min(CAPACITY / 2), newest })
    }

    /// For how many windows voicing has lasted at an age, notes or not.
    pub(super) fn in_run(&self, age: usize) -> Option<usize> {
        self.get(age).and_then(|point| point.in_run).map(|in_run| in_run as usize)
    }

    /// Windows since the last note began, if no more than `longest`.
    pub(super) fn last_beginning(&self, longest: usize) -> Option<usize> {
        (0..=longest).find(|&age| self.get(age).is_some_and(|point| point.is_beginning))
    }

    /// The mean pitch from age `oldest` to age `newest`, all of which must be voiced, cents.
    pub(super) fn mean_cents(&self, oldest: usize, newest: usize) -> f32 {
        let sum_behind = newest.checked_sub(1).and_then(|age| self.get(age)).map_or(self.sum, |point| point.sum_before);
        let sum_before = self.get(oldest).map_or(sum_behind, |point| point.sum_before);
        ((sum_behind - sum_before) as f64 / (RESOLUTION * (oldest + 1 - newest) as f64)) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_those_of_the_stretch_and_do_not_depend_on_what_was_before() {
        let (mut long, mut short) = (Track::new(), Track::new());
        (0..5000).for_each(|k| add(&mut long, Some(5000.0 + (k % 17) as f32 * 0.37), false));
        for k in 0..300 {
            let cents = (k % 50 != 49).then_some(6000.0 + (k % 7) as f32);
            add(&mut long, cents, k == 0);
            add(&mut short, cents, k == 0);
        }
        assert_eq!(short.mean_cents(7, 1), 6003.0);
        assert_eq!(long.mean_cents(40, 3), short.mean_cents(40, 3));
        assert_eq!(long.note_around(20, 100), short.note_around(20, 100));
    }

    fn add(track: &mut Track, cents: Option<f32>, is_beginning: bool) {
        track.push(cents, is_beginning, false);
        track.settle(0, false);
    }

    #[test]
    fn a_note_ends_at_rests_and_where_another_begins() {
        let mut track = Track::new();
        (0..10).for_each(|_| add(&mut track, Some(1.0), false));
        add(&mut track, None, false);
        (0..20).for_each(|k| add(&mut track, Some(1.0), k == 12));
        assert_eq!(track.note_around(3, 100), Some(Note { oldest: 7, newest: 0 }));
        assert_eq!(track.note_around(15, 100), Some(Note { oldest: 19, newest: 8 }));
        assert_eq!(track.note_around(15, 2), Some(Note { oldest: 19, newest: 13 }));
        assert_eq!((track.note_around(20, 100), track.in_run(0)), (None, Some(19)));
        assert_eq!(track.note_around(25, 100), Some(Note { oldest: 30, newest: 21 }));
        assert_eq!((track.last_beginning(6), track.last_beginning(7)), (None, Some(7)));
    }

    #[test]
    fn a_glide_parts_two_notes() {
        let mut track = Track::new();
        for k in 0..30 {
            track.push(Some(1.0), k == 0, false);
            track.settle(2, (12..15).contains(&k));
        }
        assert_eq!(track.note_around(5, 100), Some(Note { oldest: 16, newest: 2 }));
        assert_eq!(track.note_around(22, 100), Some(Note { oldest: 29, newest: 20 }));
    }
}
