//! What makes the voice's periods and its notes uneven.

use crate::sung::{HELD_S, jitter_percent, level_changes_db, mean, sd, settings, shimmer_db, song, sound, vowel};

/// Jitter, percent, and shimmer, dB, of a long note.
fn perturbation(changes: &[(&str, f64)]) -> [f64; 2] {
    let output = sound(&vowel(), settings(&[&[("breath", 0.0), ("tremble", 0.0)], changes].concat()));
    [jitter_percent(&output, &HELD_S), shimmer_db(&output, &HELD_S)]
}

pub(crate) fn jitter_is_unequal_periods() {
    let [none, some, most] = [0.0, 0.5, 3.0].map(|percent| perturbation(&[("jitter", percent)]));
    println!("jitter and shimmer: {none:.3?} without, {some:.3?} at 0.5 %, {most:.3?} at 3 %");
    assert!(none[0] < 0.05 && (0.3..0.75).contains(&some[0]) && (1.8..4.5).contains(&most[0]), "{some:?} {most:?}");
    assert!(some[1] < none[1] + 0.1, "levels are another knob's: {none:?} {some:?}");
}

pub(crate) fn shimmer_is_unequal_levels() {
    let [none, some, most] = [0.0, 0.3, 2.0].map(|db| perturbation(&[("shimmer", db), ("jitter", 0.0)]));
    println!("jitter and shimmer: {none:.3?} without, {some:.3?} at 0.3 dB, {most:.3?} at 2 dB");
    assert!(none[1] < 0.05 && (0.15..0.5).contains(&some[1]) && (1.0..3.2).contains(&most[1]), "{some:?} {most:?}");
    assert!(most[0] < 0.7, "periods are another knob's: {none:?} {most:?}");
}

pub(crate) fn notes_have_levels_within_limits() {
    let take = song();
    // By how much the song's notes are louder, over so many seeds, dB.
    let changes_db = |level_db: f64, n_seeds: u32| -> Vec<f64> {
        let changes = |seed| {
            let settings = settings(&[("level", level_db), ("only_missing", 0.0), ("seed", f64::from(seed))]);
            level_changes_db(&take, &sound(&take.samples, settings))
        };
        (1..=n_seeds).flat_map(changes).collect()
    };
    let [none, some, most] = [(0.0, 1), (1.5, 2), (6.0, 2)].map(|(db, n_seeds)| changes_db(db, n_seeds));
    let spread = [&none, &some, &most].map(|changes| sd(changes));
    let loudest = most.iter().copied().fold(f64::MIN, f64::max);
    println!("{spread:.2?} dB sd, {:.1} on average, {loudest:.1} at most", mean(&most));
    assert!(spread[0] < 0.4 && (0.9..2.4).contains(&spread[1]) && (3.5..8.0).contains(&spread[2]), "{spread:?}");
    // Two standard deviations, and what little else moves levels.
    assert!(loudest < 13.0 && mean(&most).abs() < 4.0, "{loudest}");
}
