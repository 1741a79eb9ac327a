//! A machine's vibrato in the take becomes a singer's; a singer's, and a voice without any, are left alone.

mod common;

use std::f64::consts::TAU;

use common::{bits, options, render_constant};
use con_anima::demo::{Voice, Vowel, sing_vowel};
use con_anima::dsp::noise::Performance;
use con_anima::engine::HopTrace;
use con_anima::offline::Options;
use con_anima::settings::{Mode, Settings};

const RATE_HZ: f64 = 48_000.0;
/// The default: half life, and only what is missing.
const LIFE: Settings = Settings { amount: 1.0, only_missing: 1.0, vibrato_life: 0.5, ..Settings::NEUTRAL };

const SWING_HZ: f64 = 5.5;
const EXTENT_CENTS: f64 = 25.0;

/// A machine's vibrato, cents.
fn machine(time_s: f64) -> f64 {
    EXTENT_CENTS * (TAU * SWING_HZ * time_s).sin()
}

/// A singer's: its rate varies by 6 %, its depth by 19 %.
fn singer(time_s: f64) -> f64 {
    let turned = 0.36 * (TAU * 0.83 * time_s).sin() + 0.18 * (TAU * 1.9 * time_s).sin();
    let deeper = 0.2 * (TAU * 0.61 * time_s).sin() + 0.18 * (TAU * 1.43 * time_s).sin();
    EXTENT_CENTS * (1.0 + deeper) * (TAU * SWING_HZ * time_s + turned).sin()
}

/// One vowel on a pitch that moves by so many cents.
fn vowel(cents: impl Fn(f64) -> f64 + Send + Sync + 'static, seconds: f64) -> Vec<f32> {
    sing_vowel(Voice::Man, Vowel::Ah, move |time_s| 160.0 * (cents(time_s) / 1200.0).exp2(), seconds, RATE_HZ).samples
}

/// Length of a phrase with the rest behind it, seconds.
const PHRASE_S: f64 = 3.0;
/// Where the pitch steps in it, and where the rest begins, seconds.
const STEP_S: f64 = 1.4;
const REST_S: f64 = 2.4;

/// Phrases of two notes a whole tone apart.
fn song(n_phrases: usize) -> Vec<f32> {
    let phrase = |k: usize| {
        let step = if k.is_multiple_of(2) { 200.0 } else { -200.0 };
        let mut samples = vowel(move |time_s| machine(time_s) + if time_s < STEP_S { 0.0 } else { step }, REST_S);
        samples.resize((PHRASE_S * RATE_HZ) as usize, 0.0);
        samples
    };
    (0..n_phrases).flat_map(phrase).collect()
}

fn hops(samples: &[f32], mode: Mode, settings: Settings) -> Vec<HopTrace> {
    render_constant(&[samples.to_vec()], &options(RATE_HZ, mode), settings).hops
}

fn seconds(hop: &HopTrace) -> f64 {
    hop.position_samples as f64 / RATE_HZ
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Standard deviation as a part of the mean.
fn variation(values: &[f64]) -> f64 {
    let mean = mean(values);
    (values.iter().map(|value| (value / mean - 1.0).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
}

/// Rates (Hz) and extents (cents) of the cycles of a swing, one value per hop, that begin where it rises through 0.
fn cycles(cents: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let hops_per_s = RATE_HZ / 64.0;
    let crossings: Vec<(usize, f64)> = (1..cents.len())
        .filter(|at| cents[at - 1] < 0.0 && cents[*at] >= 0.0)
        .map(|at| (at, at as f64 - cents[at] / (cents[at] - cents[at - 1])))
        .collect();
    let extent = |cycle: &[f64]| {
        let (low, high) = cycle.iter().fold((0.0, 0.0), |(low, high): (f64, f64), x| (low.min(*x), high.max(*x)));
        0.5 * (high - low)
    };
    crossings
        .windows(2)
        .map(|pair| (hops_per_s / (pair[1].1 - pair[0].1), extent(&cents[pair[0].0..pair[1].0])))
        .unzip()
}

#[test]
fn a_machines_vibrato_becomes_a_singers() {
    let voice = vowel(machine, 9.0);
    for mode in Mode::ALL {
        let (mut rates, mut extents, mut all) = (Vec::new(), Vec::new(), Vec::new());
        for seed in 1..=6 {
            let settings = Settings { performance: Performance { seed, take: 1 }, ..LIFE };
            let hops = hops(&voice, mode, settings);
            let within = hops.iter().filter(|hop| (2.5..8.5).contains(&seconds(hop)));
            // What is heard is the input where the pointer is, and the pointer moves.
            let sung = |hop: &HopTrace| {
                machine(seconds(hop) + f64::from(hop.displacement_ms) / 1000.0) + f64::from(hop.pitch_cents)
            };
            let cents: Vec<f64> = within.map(sung).collect();
            let (new_rates, new_extents) = cycles(&cents);
            rates.extend(new_rates);
            extents.extend(new_extents);
            all.extend(cents);
            let furthest_ms = hops.iter().map(|hop| hop.displacement_ms.abs()).fold(0.0, f32::max);
            assert!(furthest_ms < 1.5, "{mode:?}: {furthest_ms} ms");
        }
        let (rate_variation, extent_variation) = (variation(&rates), variation(&extents));
        println!(
            "{mode:?}: {:.2} Hz ± {:.1} %, {:.1} cents ± {:.1} %, centre {:.2} cents",
            mean(&rates),
            100.0 * rate_variation,
            mean(&extents),
            100.0 * extent_variation,
            mean(&all)
        );
        assert!((0.03..0.08).contains(&rate_variation) && (0.10..0.25).contains(&extent_variation));
        assert!((mean(&rates) / SWING_HZ - 1.0).abs() < 0.03 && (mean(&extents) / EXTENT_CENTS - 1.0).abs() < 0.1);
        assert!(mean(&all).abs() < 0.5);
    }
}

#[test]
fn a_singers_vibrato_is_left_alone() {
    let voice = vowel(singer, 9.0);
    let added = |only_missing: f32| {
        let hops = hops(&voice, Mode::Phrase, Settings { only_missing, ..LIFE });
        let squares: Vec<f64> = hops.iter().map(|hop| f64::from(hop.pitch_cents).powi(2)).collect();
        mean(&squares).sqrt()
    };
    let (missing, everything) = (added(1.0), added(0.0));
    println!("added: {missing:.2} cents, {everything:.2} if nothing counts");
    assert!(missing < 0.2 * everything && everything > 4.0, "{missing} {everything}");
}

#[test]
fn nothing_is_added_where_nothing_swings_or_nothing_is_asked() {
    let drifting = vowel(|time_s| 12.0 * (TAU * 0.9 * time_s).sin(), 6.0);
    let swinging = vowel(machine, 6.0);
    let still = Settings { amount: 0.0, ..LIFE };
    let regular = Settings { vibrato_life: 0.0, ..LIFE };
    for mode in Mode::ALL {
        let latency = mode.latency_samples(RATE_HZ) as usize;
        for (voice, settings) in [(&drifting, LIFE), (&swinging, still), (&swinging, regular)] {
            let rendered = render_constant(std::slice::from_ref(voice), &options(RATE_HZ, mode), settings);
            assert_eq!(rendered.hops.iter().map(|hop| hop.displacement_ms.abs()).fold(0.0, f32::max), 0.0);
            let heard = &rendered.channels[0][..voice.len() - latency];
            assert!(bits(&[heard.to_vec()]) == bits(&[voice[..heard.len()].to_vec()]), "{mode:?}");
        }
    }
}

#[test]
fn notes_begin_where_they_began() {
    let song = song(5);
    for mode in Mode::ALL {
        let hops = hops(&song, mode, LIFE);
        let furthest_ms = |phase_s: std::ops::Range<f64>| {
            let within = hops.iter().filter(|hop| phase_s.contains(&(seconds(hop) % PHRASE_S)));
            within.map(|hop| hop.displacement_ms.abs()).fold(0.0, f32::max)
        };
        let (inside, at_start, at_step) =
            (furthest_ms(0.5..1.2), furthest_ms(0.0..0.1), furthest_ms(STEP_S..STEP_S + 0.02));
        println!("{mode:?}: {inside} ms within notes, {at_start} behind a rest, {at_step} where the pitch steps");
        assert!(inside > 0.1 && at_start == 0.0, "{mode:?}");
        // Only Phrase sees it coming; the others let go when it is there.
        assert!(at_step < if mode == Mode::Phrase { 0.02 } else { 0.5 }, "{mode:?}");
        let behind_step = hops.iter().filter(|hop| (STEP_S..STEP_S + 0.15).contains(&(seconds(hop) % PHRASE_S)));
        let [furthest, over] = [hops.iter().collect(), behind_step.collect::<Vec<_>>()]
            .map(|hops| hops.iter().map(|hop| hop.pitch_cents.abs()).fold(0.0, f32::max));
        println!("{furthest} cents at most, {over} behind steps");
        assert!(furthest < 25.0 && over < 20.0, "{mode:?}: {furthest} cents, {over} behind steps");
    }
}

#[test]
fn it_is_the_same_at_any_block_size_and_from_any_start() {
    let song = song(6);
    let cut = (4.0 * RATE_HZ) as usize + 17;
    for mode in Mode::ALL {
        let whole = render_constant(std::slice::from_ref(&song), &options(RATE_HZ, mode), LIFE);
        assert!(whole.channels[0][..song.len() - 40_000] != song[..song.len() - 40_000], "something is done");
        for block_samples in [1, 61, 4096] {
            let options = Options { block_samples, ..options(RATE_HZ, mode) };
            let again = render_constant(std::slice::from_ref(&song), &options, LIFE);
            assert!(bits(&again.channels) == bits(&whole.channels), "{mode:?} in blocks of {block_samples}");
        }
        let options = Options { start_samples: cut as i64, ..options(RATE_HZ, mode) };
        let tail = render_constant(&[song[cut..].to_vec()], &options, LIFE).channels.remove(0);
        let from = (11.6 * RATE_HZ) as usize;
        assert!(whole.channels[0][from..] == tail[from - cut..], "{mode:?}");
        let moved = whole.hops.iter().filter(|hop| seconds(hop) > 11.6).any(|hop| hop.pitch_cents.abs() > 3.0);
        assert!(moved, "{mode:?}: something is done behind the cut");
    }
}
