//! What the read pointer's steps cost on vowels of exactly known pitch and phase: pitch, purity, place.

#![allow(clippy::print_stdout, reason = "a test says what it measured")]

mod common;

use common::options;
use common::vowel::{Deviation, Vowel, deviations, pitch_error_cents, random, sinad_db};
use con_anima::offline::{Rendered, warp};
use con_anima::render::StepKind;
use con_anima::settings::Mode;

const RATE_HZ: f64 = 48_000.0;

fn warped(samples: &[f32], mode: Mode, cents: &[f32], shift_ms: &[f32]) -> Rendered {
    warp(&[samples.to_vec()], &options(RATE_HZ, mode), cents, shift_ms, |_| ()).expect("valid options")
}

fn n_steps(rendered: &Rendered, kind: StepKind) -> usize {
    rendered.hops.iter().filter(|hop| hop.step.is_some_and(|step| step.kind == kind)).count()
}

fn worst_db(deviations: &[Deviation]) -> f64 {
    deviations.iter().map(|deviation| deviation.sinad_db).fold(f64::INFINITY, f64::min)
}

fn largest_step(samples: &[f32]) -> f32 {
    samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
}

/// Renders a vowel of 5 s at a constant offset and asserts what must come out. Measured: SINAD 102–104 dB at every
/// pitch, which is the reader's own; the pitch to 0.0000 c.
fn assert_constant_offset_is_pure(f0_hz: f64, mode: Mode, cents: f32, limit_db: f64) {
    const N: usize = 240_000;
    let slope = (f64::from(cents) / 1200.0).exp2() - 1.0;
    let vowel = Vowel::new(f0_hz, RATE_HZ);
    let rendered = warped(&vowel.samples(N), mode, &[cents; N], &[]);
    let found = deviations(&rendered.channels[0], &vowel, |n| slope * n as f64, 12_000..N - 4000, (1920, 480));
    let ((sinad, median), (rms, most)) = (sinad_db(&found), pitch_error_cents(&found));
    let undone_ms = rendered.hops.iter().map(|hop| hop.undone_ms.abs()).fold(0.0, f32::max);
    let n_periods = n_steps(&rendered, StepKind::Periods);
    println!(
        "{f0_hz} Hz, {mode:?}, {cents} c: SINAD {sinad:.1} dB, median {median:.1}, worst {:.1}; {rms:.4} c rms, \
         {most:.4} at most; {n_periods} steps, at most {undone_ms:.2} ms",
        worst_db(&found)
    );
    assert!(sinad >= limit_db && median >= 100.0, "{sinad} {median}");
    assert!(rms <= 0.05 && most <= 0.2, "{rms} {most}");
    assert!(undone_ms <= 10.0 && n_periods >= 3, "{undone_ms} {n_periods}");
}

#[test]
fn a_constant_offset_runs_for_ever_and_leaves_vowels_pure() {
    for f0_hz in [110.0, 147.0, 196.0, 262.0, 330.0, 440.0] {
        assert_constant_offset_is_pure(f0_hz, Mode::Studio, 20.0, 95.0);
    }
    assert_constant_offset_is_pure(220.0, Mode::Phrase, -20.0, 95.0);
}

#[test]
fn the_lowest_and_highest_voices_stay_pure_too() {
    for f0_hz in [70.0, 600.0, 700.0, 800.0] {
        assert_constant_offset_is_pure(f0_hz, Mode::Studio, 20.0, 90.0);
    }
    assert_constant_offset_is_pure(120.0, Mode::Live, 20.0, 90.0);
    assert_constant_offset_is_pure(300.0, Mode::Live, -20.0, 90.0);
}

#[test]
fn every_sample_rate_is_stepped_as_finely() {
    let slope = (20.0_f64 / 1200.0).exp2() - 1.0;
    for rate_hz in [8_000.0, 22_050.0, 44_100.0, 96_000.0, 192_000.0] {
        let vowel = Vowel::new(220.0, rate_hz);
        let (n, frame) = (2 * rate_hz as usize, (0.04 * rate_hz) as usize);
        let (samples, cents) = (vowel.samples(n), vec![20.0; n]);
        let rendered = warp(&[samples], &options(rate_hz, Mode::Studio), &cents, &[], |_| ()).expect("valid options");
        let found =
            deviations(&rendered.channels[0], &vowel, |n| slope * n as f64, n / 10..n - frame, (frame, frame / 2));
        let ((sinad, median), (rms, _)) = (sinad_db(&found), pitch_error_cents(&found));
        let (n_periods, worst) = (n_steps(&rendered, StepKind::Periods), worst_db(&found));
        println!(
            "{rate_hz} Hz: SINAD {sinad:.1} dB, median {median:.1}, worst {worst:.1}; {rms:.4} c rms, {n_periods} steps"
        );
        // At 8 kHz the formants lie near half the rate, where the polynomial through the correlations is less exact: a
        // stretch with a step has 73 dB there, those without 101.
        let (limit_db, step_db) = if rate_hz < 16_000.0 { (85.0, 35.0) } else { (95.0, 6.0) };
        assert!(sinad >= limit_db && worst >= median - step_db, "{sinad} {worst} at {rate_hz} Hz");
        assert!(rms <= 0.05 && n_periods >= 4, "{rms} {n_periods} at {rate_hz} Hz");
    }
}

#[test]
fn breath_in_a_vowel_stays_what_it_is() {
    const N: usize = 240_000;
    let slope = (20.0_f64 / 1200.0).exp2() - 1.0;
    for f0_hz in [110.0, 220.0, 440.0] {
        let vowel = Vowel::new(f0_hz, RATE_HZ);
        let mut samples = vowel.samples(N);
        let power = samples.iter().map(|x| x * x).sum::<f32>() / N as f32;
        // White noise 25 dB below the voice.
        let noise = (12.0 * power * 10_f32.powf(-2.5)).sqrt();
        samples.iter_mut().zip(random(7)).for_each(|(sample, uniform)| *sample += noise * (uniform as f32 - 0.5));
        let purity = |samples: &[f32], slope: f64| {
            sinad_db(&deviations(samples, &vowel, |n| slope * n as f64, 12_000..N - 4000, (1920, 960))).0
        };
        let rendered = warped(&samples, Mode::Studio, &[20.0; N], &[]);
        let (dry, wet) = (purity(&samples, 0.0), purity(&rendered.channels[0], slope));
        println!("{f0_hz} Hz: harmonics over noise {dry:.2} dB dry, {wet:.2} dB moved");
        assert!(dry - wet <= 0.5, "{dry} {wet}");
    }
}

/// A pitch curve of 15 c rms from 0.2 to 10 Hz: a sum of sines.
fn lively(n_samples: usize) -> Vec<f32> {
    let sines: Vec<(f64, f64)> =
        random(3).take(12).enumerate().map(|(k, phase)| (0.2 * 50_f64.powf(k as f64 / 11.0), phase)).collect();
    let amplitude = 15.0 * (2.0 / sines.len() as f64).sqrt();
    let at = |time_s: f64| {
        let sine = |&(rate_hz, phase): &(f64, f64)| (std::f64::consts::TAU * (rate_hz * time_s + phase)).sin();
        amplitude * sines.iter().map(sine).sum::<f64>()
    };
    (0..n_samples).map(|n| at(n as f64 / RATE_HZ) as f32).collect()
}

#[test]
fn a_lively_pitch_is_followed() {
    const N: usize = 480_000;
    let cents = lively(N);
    let mut motion = vec![0.0];
    motion.extend(cents.iter().scan(0.0, |sum, cents| {
        *sum += (f64::from(*cents) / 1200.0).exp2() - 1.0;
        Some(*sum)
    }));
    for f0_hz in [110.0, 220.0, 440.0] {
        let vowel = Vowel::new(f0_hz, RATE_HZ);
        let rendered = warped(&vowel.samples(N), Mode::Studio, &cents, &[]);
        let found = deviations(&rendered.channels[0], &vowel, |n| motion[n], 12_000..N - 4000, (960, 240));
        let ((sinad, _), (rms, most)) = (sinad_db(&found), pitch_error_cents(&found));
        let n_periods = n_steps(&rendered, StepKind::Periods);
        println!("{f0_hz} Hz: {rms:.4} c rms, {most:.4} at most, SINAD {sinad:.1} dB; {n_periods} steps");
        assert!(rms <= 0.12 && most <= 1.0 && sinad >= 95.0, "{rms} {most} {sinad}");
    }
}

#[test]
fn no_pitch_and_no_shift_is_the_input_bit_for_bit() {
    let samples = Vowel::new(220.0, RATE_HZ).samples(96_000);
    for mode in Mode::ALL {
        let rendered = warped(&samples, mode, &[0.0; 96_000], &[0.0; 96_000]);
        assert!(common::bits(std::slice::from_ref(&samples)) == common::bits(&rendered.channels), "{mode:?}");
    }
}

/// The shift of the k-th note, ms: within ±30.
fn shifts_ms() -> Vec<f32> {
    random(11).take(15).map(|uniform| (60.0 * uniform - 30.0) as f32).collect()
}

#[test]
fn notes_are_shifted_in_the_gaps_between_them_to_where_they_should_be() {
    // Notes of 0.3 s that rise and fall within 20 ms, and 0.2 s of silence around each.
    const NOTE: usize = 24_000;
    let vowel = Vowel::new(233.0, RATE_HZ);
    let loudness = |time: f64| {
        let into = time.rem_euclid(NOTE as f64) - 4800.0;
        (into.min(14_400.0 - into) / 960.0).clamp(0.0, 1.0)
    };
    let note_at = |time: f64| loudness(time) * vowel.at(time).0;
    let shifts_ms = shifts_ms();
    let n = NOTE * shifts_ms.len();
    let samples: Vec<f32> = (0..n).map(|at| note_at(at as f64) as f32).collect();
    let curve: Vec<f32> = (0..n).map(|at| shifts_ms[at / NOTE]).collect();
    let rendered = warped(&samples, Mode::Studio, &vec![0.0; n], &curve);
    for (note, shift_ms) in shifts_ms.iter().enumerate() {
        // From 40 ms on, when the pointer has stepped, to 40 ms before the next may step.
        let (mut error, mut signal) = (0.0, 0.0);
        for at in note * NOTE + 1920..(note + 1) * NOTE - 1920 {
            let exact = note_at(at as f64 - f64::from(*shift_ms) * RATE_HZ / 1000.0);
            error += (f64::from(rendered.channels[0][at]) - exact).powi(2);
            signal += exact * exact;
        }
        // 0.1 ms beside, or half a period, it would be 13 dB and less.
        let found_db = 10.0 * (signal / error).log10();
        println!("note {note} by {shift_ms:.2} ms: {found_db:.1} dB over the difference from the exact note");
        assert!(found_db >= 90.0, "{found_db}");
    }
    assert!(n_steps(&rendered, StepKind::Silence) >= 14 && n_steps(&rendered, StepKind::Periods) == 0);
}

#[test]
fn a_vowel_is_shifted_by_whole_periods_without_a_trace() {
    const NOTE: usize = 24_000;
    // It begins in its place, so that only whole periods follow.
    let shifts_ms: Vec<f32> = std::iter::once(0.0).chain(shifts_ms()).collect();
    let n = NOTE * shifts_ms.len();
    for f0_hz in [110.0, 233.0, 440.0] {
        let vowel = Vowel::new(f0_hz, RATE_HZ);
        let samples = vowel.samples(n);
        let curve: Vec<f32> = (0..n).map(|at| shifts_ms[at / NOTE]).collect();
        let rendered = warped(&samples, Mode::Studio, &vec![0.0; n], &curve);
        // Stretches of 10 ms.
        let found = deviations(&rendered.channels[0], &vowel, |_| 0.0, 12_000..n - 4000, (480, 240));
        let ((sinad, _), (rms, most)) = (sinad_db(&found), pitch_error_cents(&found));
        // A quarter of a second behind each change everything is done that can be; early notes change 30 ms early.
        let sung = rendered.hops.iter().filter(|hop| (12_000..n as i64 - 4000).contains(&hop.position_samples));
        let settled = sung.filter(|hop| (14_400..22_000).contains(&hop.position_samples.rem_euclid(NOTE as i64)));
        let undone_ms = settled.map(|hop| hop.undone_ms.abs()).fold(0.0, f32::max);
        let n_periods = n_steps(&rendered, StepKind::Periods);
        println!(
            "{f0_hz} Hz: {n_periods} steps, worst 10 ms {:.1} dB, all {sinad:.1} dB; pitch {rms:.4} c rms, \
             {most:.4} at most; {undone_ms:.2} ms from its place at most",
            worst_db(&found)
        );
        assert!(n_periods >= 20 && worst_db(&found) >= 60.0, "{n_periods}");
        assert!(most <= 1.0, "{most}");
        // Half a period, and the twentieth that a step must be worth.
        assert!(f64::from(undone_ms) <= 0.526 * 1000.0 / f0_hz, "{undone_ms}");
        assert!(largest_step(&rendered.channels[0][1000..n - 1000]) <= 1.001 * largest_step(&samples));
    }
}
