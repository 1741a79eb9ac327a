//! When notes are sung.

use con_anima::settings::{Mode, Settings};

use crate::sung::{
    alone, correlation, lateness_ms, mean, notes, onsets_s, planned_ms, rendered, sd, settings, song, sound, values,
};

/// By how much the song's notes come later, over so many seeds, ms, as heard in the sound.
fn late_ms(n_seeds: u32, changes: &[(&str, f64)]) -> Vec<f64> {
    let samples = song().samples;
    let notes_s = onsets_s(&samples);
    let of_seed = |seed| {
        let settings = settings(&[&[("only_missing", 0.0), ("seed", f64::from(seed))], changes].concat());
        lateness_ms(&notes_s, &sound(&samples, settings))
    };
    (1..=n_seeds).flat_map(of_seed).collect()
}

pub(crate) fn timing_spreads_the_onsets() {
    let [none, some, most] = [(0.0, 1), (10.0, 1), (30.0, 2)].map(|(ms, n_seeds)| late_ms(n_seeds, &[("timing", ms)]));
    println!("{:.1}, {:.1}, {:.1} ms sd over {} notes", sd(&none), sd(&some), sd(&most), most.len());
    assert!(most.len() > 50, "{}", most.len());
    assert!(sd(&none) < 6.0 && sd(&some) > sd(&none) + 2.0, "{} {}", sd(&none), sd(&some));
    assert!((20.0..42.0).contains(&sd(&most)), "{}", sd(&most));
}

pub(crate) fn feel_moves_the_onsets() {
    let [early_ms, late_ms] = [-40.0, 25.0].map(|feel| mean(&late_ms(1, &[("feel", feel)])));
    println!("{early_ms:.1} ms for -40, {late_ms:.1} ms for 25");
    assert!((late_ms - early_ms - 65.0).abs() < 4.0 && (late_ms - 25.0).abs() < 8.0, "{early_ms} {late_ms}");
}

/// How much a note's lateness has to do with that of the note before, over so many takes.
fn tie(memory: f64) -> f64 {
    let samples = song().samples;
    let (mut before, mut behind) = (Vec::new(), Vec::new());
    for take in 1..=6 {
        let settings = alone(&[("timing", 20.0), ("memory", memory), ("take", f64::from(take)), ("only_missing", 0.0)]);
        let late_ms = planned_ms(&rendered(&samples, Mode::Phrase, settings));
        before.extend_from_slice(&late_ms[..late_ms.len() - 1]);
        behind.extend_from_slice(&late_ms[1..]);
    }
    correlation(&before, &behind)
}

pub(crate) fn memory_ties_notes_to_those_before() {
    let [none, most] = [0.0, 100.0].map(tie);
    println!("{none:.2} without, {most:.2} at 100 %");
    assert!(none.abs() < 0.3 && most > none + 0.25, "{none} {most}");
}

pub(crate) fn modes_reach_as_far_as_they_look_ahead() {
    let samples = song().samples;
    for (index, mode, early_ms, late_ms) in
        [(0.0, Mode::Live, 0.0, 60.0), (1.0, Mode::Studio, 12.0, 100.0), (2.0, Mode::Phrase, 150.0, 150.0)]
    {
        assert_eq!(values(&[("mode", index)]).mode(), mode);
        for (feel, timing) in [(-40.0, 60.0), (40.0, 60.0)] {
            let changes = [("feel", feel), ("timing", timing), ("amount", 150.0), ("only_missing", 0.0)];
            let planned = planned_ms(&rendered(&samples, mode, settings(&changes)));
            let [least, most] = [f64::min, f64::max].map(|pick| planned.iter().copied().fold(0.0, pick));
            println!("{mode:?}, {feel} ms: {least:.0} to {most:.0} ms");
            assert!(least >= -early_ms && most <= late_ms, "{mode:?}: {least} {most}");
            assert!(if feel < 0.0 { least < -0.9 * early_ms.min(80.0) + 1e-6 } else { most > 50.0 }, "{mode:?}");
        }
    }
    // What comes out lies where the input lies, in every mode.
    for mode in Mode::ALL {
        let still = rendered(&samples, mode, Settings { amount: 0.0, ..settings(&[]) });
        assert!(still.channels[0] == samples, "{mode:?}");
        assert!(notes(&still).iter().all(|note| note.planned_ms == 0.0));
    }
}
