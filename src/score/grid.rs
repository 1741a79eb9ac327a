//! How far the notes of a take lie off a grid: off semitones, or off sixteenths.
//!
//! In: where each note lies, in turns of the grid. Out: the deviation from the grid, wherever its lines lie: the take's
//! own tuning, or its own habit, is that which fits its notes best.

use std::f64::consts::TAU;

use super::Deviation;

/// How far notes lie off their grid, turns. Circular statistics: Mardia & Jupp, "Directional statistics", 2000, §2.3.
pub(super) fn deviation(turns: impl Iterator<Item = f64>) -> Deviation {
    let (mut cos, mut sin, mut n_notes) = (0.0, 0.0, 0);
    for angle in turns.map(|turns| TAU * turns) {
        (cos, sin, n_notes) = (cos + angle.cos(), sin + angle.sin(), n_notes + 1);
    }
    if n_notes == 0 {
        return Deviation::UNKNOWN;
    }
    // A resultant of nothing would be infinitely far off.
    let resultant = (f64::hypot(cos, sin) / n_notes as f64).clamp(1e-6, 1.0);
    Deviation { sd: ((-2.0 * resultant.ln()).sqrt() / TAU) as f32, n_notes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tuned_take_is_on_its_grid_wherever_that_lies_and_a_person_is_not() {
        let off_cents = |offs: [f64; 6]| {
            let notes = [0.0, 200.0, 400.0, 500.0, 700.0, 400.0];
            let found = deviation(notes.iter().zip(offs).map(|(note, off)| (9037.0 + note + off) / 100.0));
            assert_eq!((found.n_notes, found.of(7)), (6, None));
            100.0 * found.of(6).expect("enough")
        };
        assert!(off_cents([0.0; 6]) < 0.01);
        let found = off_cents([12.0, -12.0, 12.0, -12.0, 12.0, -12.0]);
        assert!((found - 12.0).abs() < 2.0, "{found}");
        assert_eq!(deviation(std::iter::empty()).of(1), None);
    }
}
