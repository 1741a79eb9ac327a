//! How far off their grid the notes of a take lie.
//!
//! In: the pitch of each note, as it begins. Out: the deviation from semitones, wherever those lie: the take's own
//! tuning is that which fits its notes best. Remembered are a few notes, none of them longer than the phrase before.

use std::f64::consts::TAU;

/// Notes remembered: as many as a short phrase has.
const N_NOTES: usize = 8;
/// Fewer tell nothing.
const LEAST_NOTES: usize = 3;
/// Cents from one line of the grid to the next.
const GRID_CENTS: f64 = 100.0;

/// The notes of this phrase and of the one before.
#[derive(Clone, Debug, Default)]
pub(super) struct Centres {
    cents: [f64; N_NOTES],
    /// Of these, from the newest on, so many are of this phrase, and so many more of the one before.
    n_now: usize,
    n_before: usize,
}

impl Centres {
    /// The notes of the phrase before the last are forgotten.
    pub(super) fn begin_phrase(&mut self) {
        (self.n_now, self.n_before) = (0, self.n_now);
    }

    /// A note lies at a pitch, cents re any.
    pub(super) fn add(&mut self, cents: f64) {
        self.cents.rotate_right(1);
        self.cents[0] = cents;
        self.n_now = (self.n_now + 1).min(N_NOTES);
        self.n_before = self.n_before.min(N_NOTES - self.n_now);
    }

    /// How far the notes lie off their grid, cents sd; `None` where they are too few. Circular statistics: Mardia &
    /// Jupp, "Directional statistics", 2000, §2.3.
    pub(super) fn deviation_cents(&self) -> Option<f32> {
        let n = self.n_now + self.n_before;
        if n < LEAST_NOTES {
            return None;
        }
        let turn = |cents: &f64| TAU * cents / GRID_CENTS;
        let sum = |part: fn(f64) -> f64| self.cents[..n].iter().map(turn).map(part).sum::<f64>();
        let resultant = sum(f64::cos).hypot(sum(f64::sin)) / n as f64;
        Some(((-2.0 * resultant.clamp(1e-6, 1.0).ln()).sqrt() * GRID_CENTS / TAU) as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tuned_take_is_on_its_grid_wherever_that_lies_and_a_person_is_not() {
        let deviation_cents = |offs: [f64; 6]| {
            let mut centres = Centres::default();
            let notes = [0.0, 200.0, 400.0, 500.0, 700.0, 400.0];
            notes.iter().zip(offs).for_each(|(note, off)| centres.add(9037.0 + note + off));
            centres.deviation_cents().expect("enough")
        };
        assert!(deviation_cents([0.0; 6]) < 0.01);
        let off_cents = deviation_cents([12.0, -12.0, 12.0, -12.0, 12.0, -12.0]);
        assert!((off_cents - 12.0).abs() < 2.0, "{off_cents}");
    }

    #[test]
    fn two_phrases_are_remembered() {
        let mut centres = Centres::default();
        [0.0, 30.0, 0.0, 30.0].map(|cents| centres.add(cents));
        centres.begin_phrase();
        assert!(centres.deviation_cents().is_some_and(|cents| cents > 10.0));
        centres.begin_phrase();
        assert_eq!(centres.deviation_cents(), None);
        [0.0, 100.0, 200.0].map(|cents| centres.add(cents));
        assert!(centres.deviation_cents().is_some_and(|cents| cents < 0.01));
    }
}
