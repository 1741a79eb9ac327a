//! How far off a grid the notes of a take lie: off semitones, or off sixteenths.
//!
//! In: where each note lies, in turns of the grid, as it begins. Out: the deviation from the grid, wherever its lines
//! lie: the take's own tuning, or its own habit, is that which fits its notes best. Remembered are a few notes, none of
//! them longer than the phrase before.

use std::f64::consts::TAU;

/// Notes remembered: as many as a short phrase has.
const N_NOTES: usize = 8;

/// The notes of this phrase and of the one before.
#[derive(Clone, Debug, Default)]
pub(super) struct Grid {
    turns: [f64; N_NOTES],
    /// Of these, from the newest on, so many are of this phrase, and so many more of the one before.
    n_now: usize,
    n_before: usize,
}

impl Grid {
    /// The notes of the phrase before the last are forgotten.
    pub(super) fn begin_phrase(&mut self) {
        (self.n_now, self.n_before) = (0, self.n_now);
    }

    /// A note lies so many turns from any line.
    pub(super) fn add(&mut self, turns: f64) {
        self.turns.rotate_right(1);
        self.turns[0] = turns;
        self.n_now = (self.n_now + 1).min(N_NOTES);
        self.n_before = self.n_before.min(N_NOTES - self.n_now);
    }

    /// The newest note lies elsewhere: more is known of it.
    pub(super) fn amend(&mut self, turns: f64) {
        if self.n_now > 0 {
            self.turns[0] = turns;
        }
    }

    /// How far the notes lie off their grid, turns sd; `None` where they are fewer than so many. Circular statistics:
    /// Mardia & Jupp, "Directional statistics", 2000, §2.3.
    pub(super) fn deviation(&self, least_notes: usize) -> Option<f32> {
        let n = self.n_now + self.n_before;
        if n < least_notes {
            return None;
        }
        let sum = |part: fn(f64) -> f64| self.turns[..n].iter().map(|turns| part(TAU * turns)).sum::<f64>();
        let resultant = sum(f64::cos).hypot(sum(f64::sin)) / n as f64;
        Some(((-2.0 * resultant.clamp(1e-6, 1.0).ln()).sqrt() / TAU) as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tuned_take_is_on_its_grid_wherever_that_lies_and_a_person_is_not() {
        let deviation_cents = |offs: [f64; 6]| {
            let mut grid = Grid::default();
            let notes = [0.0, 200.0, 400.0, 500.0, 700.0, 400.0];
            notes.iter().zip(offs).for_each(|(note, off)| grid.add((9037.0 + note + off) / 100.0));
            100.0 * grid.deviation(3).expect("enough")
        };
        assert!(deviation_cents([0.0; 6]) < 0.01);
        let off_cents = deviation_cents([12.0, -12.0, 12.0, -12.0, 12.0, -12.0]);
        assert!((off_cents - 12.0).abs() < 2.0, "{off_cents}");
    }

    #[test]
    fn what_becomes_known_of_a_note_counts() {
        let mut grid = Grid::default();
        [0.0, 0.4].into_iter().for_each(|turns| grid.add(turns));
        assert_eq!(grid.deviation(3), None);
        assert!(grid.deviation(2).is_some_and(|turns| turns > 0.1));
        grid.amend(5.0);
        assert!(grid.deviation(2).is_some_and(|turns| turns < 1e-4));
    }

    #[test]
    fn two_phrases_are_remembered() {
        let mut grid = Grid::default();
        [0.0, 0.3, 0.0, 0.3].into_iter().for_each(|turns| grid.add(turns));
        grid.begin_phrase();
        assert!(grid.deviation(3).is_some_and(|turns| turns > 0.1));
        grid.begin_phrase();
        assert_eq!(grid.deviation(3), None);
        [0.0, 1.0, 2.0].into_iter().for_each(|turns| grid.add(turns));
        assert!(grid.deviation(3).is_some_and(|turns| turns < 1e-4));
    }
}
