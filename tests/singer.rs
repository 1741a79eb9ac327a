//! What is known of the singer: the envelope, the vibration of the vocal folds, and what the take has of its own.

mod common;

use std::f64::consts::TAU;

use con_anima::analysis::take::TakeStatistics;
use con_anima::analysis::{Frame, Singer};
use con_anima::demo::{Voice, Vowel, demo_song, sing, sing_vowel};
use con_anima::engine::{Engine, SongPosition};
use con_anima::settings::{Mode, Settings};

const RATE_HZ: f64 = 48_000.0;

/// What is known hop by hop: song position, frame and singer.
fn known(samples: &[f32], mode: Mode, start: usize) -> Vec<(i64, Frame, Singer)> {
    let mut engine = Engine::new(RATE_HZ, 1, mode).expect("a valid rate");
    let silence = vec![0.0; engine.latency_samples() as usize];
    let mut known = Vec::new();
    let mut position = start as i64;
    for hop in [&samples[start..], &silence].concat().chunks_mut(engine.hop_samples()) {
        let mut traced = None;
        let length = hop.len() as i64;
        engine.process(&mut [hop], &Settings::NEUTRAL, SongPosition::At(position), &mut |trace| traced = Some(*trace));
        position += length;
        known.extend(traced.map(|trace| (trace.position_samples, trace.frame, engine.singer())));
    }
    known
}

fn sung(voice: Voice, f0_hz: impl Fn(f64) -> f64 + Send + Sync + 'static, duration_s: f64) -> Vec<f32> {
    sing_vowel(voice, Vowel::Ah, f0_hz, duration_s, RATE_HZ).samples
}

/// The statistics at the end of a sung tone of six seconds, whose pitch moves by so many cents.
fn statistics(f0_hz: f64, cents: impl Fn(f64) -> f64 + Send + Sync + 'static) -> TakeStatistics {
    let samples = sung(Voice::Woman, move |time_s| f0_hz * (cents(time_s) / 1200.0).exp2(), 6.0);
    let known = known(&samples, Mode::Phrase, 0);
    known[(5.9 * RATE_HZ) as usize / 64].2.take
}

#[test]
fn the_folds_are_followed_through_a_glide() {
    for mode in Mode::ALL {
        let truth_periods = |t: f64| 110.0 * t + 20.0 * t * t;
        let samples = sung(Voice::Man, |t| 110.0 + 40.0 * t, 2.0);
        let errors: Vec<f64> = known(&samples, mode, 0)
            .iter()
            .filter(|(position, frame, _)| (9_600..86_400).contains(position) && frame.f0_hz > 0.0)
            .map(|(position, frame, _)| {
                // Where the LF pulse of Rd 0.8 has its excitation.
                let truth = truth_periods(*position as f64 / RATE_HZ) - 0.591;
                (f64::from(frame.glottal_phase) - truth + 0.5).rem_euclid(1.0) - 0.5
            })
            .collect();
        let worst = errors.iter().copied().map(f64::abs).fold(0.0, f64::max);
        println!("{mode:?}: {worst:.3} periods at most of {} hops", errors.len());
        assert!(errors.len() > 1000 && worst < 0.14, "{mode:?}: {worst}");
    }
}

#[test]
fn the_envelope_has_the_formants_of_the_vowel_in_every_mode() {
    for mode in Mode::ALL {
        for f0_hz in [110.0, 196.0] {
            let take = sing_vowel(Voice::Man, Vowel::Eh, move |_| f0_hz, 2.0, RATE_HZ);
            let second_hz = take.truth.formants_hz(1.0)[1] as f32;
            let known = known(&take.samples, mode, 0);
            let envelope = known[(1.0 * RATE_HZ) as usize / 64].2.envelope.expect("a sung moment");
            let level_db = |hz: f32| envelope.level_db(hz);
            let peak_hz =
                (0..200).map(|k| 1000.0 + 10.0 * k as f32).max_by(|a, b| level_db(*a).total_cmp(&level_db(*b)));
            assert!(peak_hz.is_some_and(|hz| (hz / second_hz - 1.0).abs() < 0.06), "{peak_hz:?} for {second_hz}");
        }
    }
}

#[test]
fn silence_has_no_envelope() {
    let samples = [sung(Voice::Man, |_| 150.0, 1.0), vec![0.0; 72_000]].concat();
    let known = known(&samples, Mode::Studio, 0);
    assert!(known[700].2.envelope.is_some() && known[1700].2.envelope.is_none());
}

#[test]
fn a_steady_take_has_nothing_of_its_own() {
    let found = statistics(220.0, |_| 0.0);
    println!("{found:?}");
    assert!(found.held_s > 2.0 && found.vibrato.is_none());
    for cents in [found.drift_cents, found.vibrato_band_cents, found.flutter_cents] {
        assert!(cents.is_some_and(|cents| cents < 0.15), "{found:?}");
    }
    assert!(found.jitter_percent.is_some_and(|percent| percent < 0.02), "{found:?}");
}

#[test]
fn movements_are_told_apart_by_their_speed() {
    let sine = |rms: f64, hz: f64| move |t: f64| rms * 2_f64.sqrt() * (TAU * hz * t + 0.3).sin();
    for (hz, part) in [(1.3, 0), (6.0, 1), (20.0, 2)] {
        let found = statistics(220.0, sine(8.0, hz));
        let parts =
            [found.drift_cents, found.vibrato_band_cents, found.flutter_cents].map(|cents| cents.expect("held"));
        println!("{hz} Hz: {parts:.2?}");
        for (k, cents) in parts.into_iter().enumerate() {
            let expected = if k == part { 6.0..9.5 } else { 0.0..3.0 };
            assert!(expected.contains(&f64::from(cents)), "{hz} Hz: {parts:?}");
        }
    }
}

#[test]
fn a_vibrato_is_read_with_its_rate_its_extent_and_their_life() {
    for (rate_hz, extent_cents) in [(4.8, 25.0), (5.5, 45.0), (6.6, 80.0)] {
        let found = statistics(330.0, move |t| extent_cents * (TAU * rate_hz * t).sin()).vibrato.expect("vibrato");
        println!("{rate_hz} Hz, {extent_cents} c: {found:?}");
        assert!((f64::from(found.rate_hz) / rate_hz - 1.0).abs() < 0.03, "{found:?}");
        assert!((f64::from(found.extent_cents) / extent_cents - 1.0).abs() < 0.1, "{found:?}");
        assert!(found.rate_variation < 0.02 && found.extent_variation < 0.06, "a machine's: {found:?}");
    }
    let living = |t: f64| {
        let phase = TAU * (5.5 * t + 0.12 * (TAU * 0.7 * t).sin() + 0.07 * (TAU * 1.9 * t).sin());
        (45.0 + 12.0 * (TAU * 0.9 * t).sin()) * phase.sin()
    };
    let found = statistics(330.0, living).vibrato.expect("vibrato");
    println!("living: {found:?}");
    assert!(found.rate_variation > 0.06 && found.extent_variation > 0.12, "a singer's: {found:?}");
}

#[test]
fn wandering_is_no_vibrato() {
    // Twelve cents rms, its power falling by f^-1.3 from 0.4 to 20 Hz, as a singer's does.
    let wandering = |t: f64| {
        let partial = |k: f64| 9.4 * k.powf(-0.65) * (TAU * 0.37 * k * t + k * k * 1.7).sin();
        (1..54).map(|k| partial(f64::from(k))).sum::<f64>()
    };
    let found = statistics(220.0, wandering);
    println!("{found:?}");
    assert_eq!(found.vibrato, None);
}

#[test]
fn a_glide_from_note_to_note_is_no_drift() {
    // A fifth up in 1.6 s and down again: 440 cents/s.
    let glide = |t: f64| 700.0 * ((t - 1.0) / 1.6).clamp(0.0, 1.0) - 700.0 * ((t - 3.6) / 1.6).clamp(0.0, 1.0);
    let found = statistics(220.0, glide);
    println!("{found:?}");
    assert!(found.drift_cents.is_none_or(|cents| cents < 2.0), "{found:?}");
}

#[test]
fn a_scoop_is_found_where_the_voice_begins() {
    // Three notes, each from 90 cents below, with time to breathe in between.
    let mut samples = Vec::new();
    for f0_hz in [196.0, 220.0, 247.0] {
        let curve = move |t: f64| f0_hz * (-90.0 * (-t / 0.04_f64).exp() / 1200.0).exp2();
        samples.extend(sung(Voice::Man, curve, 0.9));
        samples.resize(samples.len() + 19_200, 0.0);
    }
    let known = known(&samples, Mode::Phrase, 0);
    let scoop_cents = known.last().and_then(|(.., singer)| singer.take.scoop_cents).expect("notes behind rests");
    // Read 5 to 27 ms behind the beginning.
    assert!((40.0..75.0).contains(&scoop_cents), "{scoop_cents}");
    assert!(statistics(220.0, |_| 0.0).scoop_cents.is_none_or(|cents| cents < 5.0));
}

#[test]
fn six_seconds_behind_any_start_the_same_is_known() {
    let song = sing(&demo_song(), RATE_HZ).samples;
    for mode in Mode::ALL {
        let whole = known(&song, mode, 0);
        for start in [77_777, 160_000] {
            let part = known(&song, mode, start);
            let first = start as i64 + 6 * 48_000;
            let behind = |known: &[(i64, Frame, Singer)]| -> Vec<(i64, Frame, Singer)> {
                known.iter().filter(|(position, ..)| *position >= first).copied().collect()
            };
            let (whole, part) = (behind(&whole), behind(&part));
            assert!(whole.len() > 1000);
            let differing = whole.iter().zip(&part).find(|(a, b)| a != b);
            assert!(differing.is_none(), "{mode:?} from {start}: {differing:?}");
        }
    }
}
