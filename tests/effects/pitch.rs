//! What moves the pitch.

use std::f64::consts::TAU;

use con_anima::demo::Take;
use con_anima::dsp::noise::Performance;
use con_anima::settings::Settings;

use crate::sung::{
    alone, centres_cents, cents, cycles, heard, mean, movement_cents, rms, sd, seconds, settings, song, sound, vowel,
    vowel_of,
};

const SLOW_HZ: std::ops::Range<f64> = 0.5..3.5;
const FAST_HZ: std::ops::Range<f64> = 5.0..30.0;

/// Slow and fast movement of a long note, cents rms, over two seeds.
fn movements(changes: &[(&str, f64)]) -> [f64; 2] {
    let voice = vowel();
    let of = |seed: f64| {
        let output = sound(&voice, settings(&[changes, &[("seed", seed)]].concat()));
        [movement_cents(&output, SLOW_HZ), movement_cents(&output, FAST_HZ)]
    };
    let [first, second] = [of(1.0), of(2.0)];
    [0.5 * (first[0] + second[0]), 0.5 * (first[1] + second[1])]
}

pub(crate) fn drift_is_slow_movement() {
    let [none, usual, most] = [0.0, 9.8, 50.0].map(|cents| movements(&[("drift", cents)]));
    println!("slow and fast: {none:.1?} without, {usual:.1?} by default, {most:.1?} at 50 cents");
    assert!(most[0] > 25.0 && most[0] < 75.0, "{most:?}");
    assert!(usual[0] > 1.3 * none[0] && most[0] > 3.0 * usual[0], "{none:?} {usual:?} {most:?}");
    assert!(most[1] < 0.35 * most[0], "what is fast is no drift: {most:?}");
}

pub(crate) fn tremble_is_fast_movement() {
    let [none, usual, most] = [0.0, 8.5, 20.0].map(|cents| movements(&[("tremble", cents)]));
    println!("slow and fast: {none:.1?} without, {usual:.1?} by default, {most:.1?} at 20 cents");
    assert!(usual[1] > 2.0 * none[1] && most[1] > 1.8 * usual[1], "{none:?} {usual:?} {most:?}");
    assert!((8.0..24.0).contains(&most[1]), "{most:?}");
    assert!(most[0] - none[0] < 0.6 * most[1], "what is slow is no tremble: {none:?} {most:?}");
}

pub(crate) fn intonation_spreads_the_notes_centres() {
    let take = song();
    let spread = |intonation: f64, n_seeds: u32| {
        let centres = (1..=n_seeds).flat_map(|seed| {
            let settings = settings(&[("intonation", intonation), ("drift", 3.0), ("seed", f64::from(seed))]);
            centres_cents(&take, &sound(&take.samples, settings))
        });
        sd(&centres.collect::<Vec<_>>())
    };
    let [none, some, most] = [(0.0, 1), (11.0, 4), (30.0, 2)].map(|(cents, n_seeds)| spread(cents, n_seeds));
    println!("{none:.1} cents without, {some:.1} at 11, {most:.1} at 30");
    assert!(none < 7.0 && (7.0..17.0).contains(&some) && (17.0..36.0).contains(&most), "{none} {some} {most}");
}

/// Pitch of the song's notes behind rests as they begin, re where they go, cents.
fn beginnings_cents(take: &Take, settings: Settings) -> Vec<f64> {
    let hops = heard(&sound(&take.samples, settings));
    let starts = take.truth.notes.iter().filter(|note| !note.is_legato);
    let pitch = |range_s: std::ops::Range<f64>, f0_hz: f64| {
        let within =
            hops.iter().filter(|hop| range_s.contains(&seconds(hop.position_samples)) && hop.frame.f0_hz > 0.0);
        mean(&within.map(|hop| 1200.0 * (f64::from(hop.frame.f0_hz) / f0_hz).log2()).collect::<Vec<_>>())
    };
    starts
        .map(|note| {
            let at_s = note.onset_s;
            pitch(at_s + 0.01..at_s + 0.05, note.f0_hz) - pitch(at_s + 0.2..at_s + 0.3, note.f0_hz)
        })
        .collect()
}

pub(crate) fn scoops_begin_below() {
    let take = song();
    let level = beginnings_cents(&take, alone(&[("scoop", 0.0)]));
    let of = |scoop: f64| -> Vec<f64> {
        let seeds = (1..=2).map(|seed| alone(&[("scoop", scoop), ("seed", f64::from(seed))]));
        let below =
            |cents: Vec<f64>| cents.into_iter().zip(&level).map(|(cents, level)| cents - level).collect::<Vec<_>>();
        seeds.map(|settings| beginnings_cents(&take, settings)).flat_map(below).collect()
    };
    let [usual, most] = [50.0, 200.0].map(of);
    println!("{usual:.0?}\n{most:.0?}");
    let deepest = |cents: &[f64]| cents.iter().copied().fold(0.0, f64::min);
    assert!(rms(&level) < 8.0, "{level:?}");
    assert!((-60.0..-5.0).contains(&deepest(&usual)) && deepest(&most) < 2.2 * deepest(&usual), "{usual:?} {most:?}");
    assert!(most.iter().all(|cents| *cents < 5.0), "from below: {most:?}");
    let n_scooped = most.iter().filter(|cents| **cents < -15.0).count();
    assert!(n_scooped >= 1 && n_scooped + 2 < most.len(), "now and then: {most:?}");
}

/// The late part of a long note with added vibrato: 500 values a second, cents.
fn vibrato(changes: &[(&str, f64)]) -> Vec<f64> {
    let calm = [("drift", 1.0), ("tremble", 1.0)];
    cents(&sound(&vowel(), settings(&[&calm, changes].concat())))
}

pub(crate) fn vibrato_swings_as_far_as_asked() {
    let [none, some, most] = [0.0, 30.0, 100.0].map(|cents| vibrato(&[("vibrato", cents)]));
    let extents = [&some, &most].map(|swing| mean(&cycles(swing).1));
    println!("{:.1} cents rms without, extents {extents:.1?}", sd(&none));
    assert!(sd(&none) < 16.0 && (18.0..36.0).contains(&extents[0]) && (62.0..115.0).contains(&extents[1]));
}

pub(crate) fn vibrato_swings_as_fast_as_asked() {
    for rate_hz in [4.0, 5.8, 8.0] {
        let rates = cycles(&vibrato(&[("vibrato", 60.0), ("vibrato_rate", rate_hz)])).0;
        println!("{:.2} Hz for {rate_hz}", mean(&rates));
        assert!((mean(&rates) / rate_hz - 1.0).abs() < 0.09, "{} for {rate_hz}", mean(&rates));
    }
}

/// How far rates and extents vary, as parts of their means.
fn irregularity(swing: &[f64]) -> [f64; 2] {
    let (rates, extents) = cycles(swing);
    [sd(&rates) / mean(&rates), sd(&extents) / mean(&extents)]
}

pub(crate) fn vibrato_is_uneven_added_or_the_takes_own() {
    let added = [0.0, 100.0].map(|life| {
        irregularity(&vibrato(&[("vibrato", 60.0), ("vibrato_life", life), ("drift", 0.0), ("tremble", 0.0)]))
    });
    println!("added: {added:.3?}");
    assert!(added[1][0] > 1.8 * added[0][0] && added[1][0] > 0.035, "{added:.3?}");
    assert!(added[1][1] > added[0][1] + 0.04, "{added:.3?}");
    // A machine's own.
    let machine = vowel_of(|time_s| 30.0 * (TAU * 5.5 * time_s).sin());
    let own = [0.0, 50.0, 100.0].map(|life| {
        let pitch = [1.0, 2.0].map(|seed| {
            let still = [("drift", 0.0), ("tremble", 0.0), ("intonation", 0.0), ("timing", 0.0)];
            let changes = [&still[..], &[("vibrato_life", life), ("seed", seed)]].concat();
            irregularity(&cents(&sound(&machine, settings(&changes))))
        });
        [0, 1].map(|k| 0.5 * (pitch[0][k] + pitch[1][k]))
    });
    println!("the take's own: {own:.3?}");
    assert!(own[0][0] < 0.02 && own[0][1] < 0.06, "at 0 % it is left as it is: {own:.3?}");
    assert!(own[2][0] > 1.4 * own[1][0] && own[1][0] > 1.5 * own[0][0] && own[2][1] > own[0][1] + 0.08, "{own:.3?}");
}

/// A part of the pitch alone, as a seed and take sing it on one long note, cents.
pub(crate) fn course(id: &str, depth: f64, who: Performance) -> Vec<f64> {
    let output = sound(&vowel(), Settings { performance: who, ..alone(&[(id, depth), ("only_missing", 0.0)]) });
    cents(&output)
}
