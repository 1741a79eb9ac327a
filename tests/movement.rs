//! What pitch comes out: movement in its band, with its size and slope, within its bound, and without bias.

mod common;

use common::{band_rms, displacement_s, options, pitch_cents, power_spectrum, render_constant, tone};
use con_anima::dsp::noise::Performance;
use con_anima::settings::{Mode, Settings};

const RATE_HZ: f64 = 48_000.0;
/// Higher than anybody sings, so that nobody's breath, effort and notes move with it: knobs are literal on average.
const TONE_HZ: f64 = 4100.0;
/// The voice for which jitter is literal.
const VOICE_HZ: f64 = 220.0;
const SECONDS: f64 = 120.0;
/// Seconds left out at both ends: the Hilbert transform's edges.
const MARGIN_S: f64 = 1.0;

fn moved(settings: Settings, mode: Mode) -> Vec<f64> {
    moved_for(SECONDS, settings, mode)
}

fn moved_for(seconds: f64, settings: Settings, mode: Mode) -> Vec<f64> {
    let rendered = render_constant(&[tone(TONE_HZ, RATE_HZ, seconds)], &options(RATE_HZ, mode), settings);
    let displacement = displacement_s(&rendered.channels[0], TONE_HZ, RATE_HZ);
    let margin = (MARGIN_S * RATE_HZ) as usize;
    displacement[margin..displacement.len() - margin].to_vec()
}

/// The spectrum of the pitch in cents, from 500 values a second.
fn spectrum(displacement: &[f64]) -> Vec<(f64, f64)> {
    power_spectrum(&pitch_cents(displacement, 96, RATE_HZ), RATE_HZ / 96.0, 8192)
}

fn settings(seed: u32) -> Settings {
    Settings { amount: 1.0, performance: Performance { seed, take: 1 }, ..Settings::NEUTRAL }
}

#[test]
fn drift_has_its_size_pace_and_bound_and_no_bias() {
    for seed in 1..=3 {
        let displacement = moved(Settings { drift_cents: 10.0, ..settings(seed) }, Mode::Studio);
        let spectrum = spectrum(&displacement);
        let (rms, paced) = (band_rms(&spectrum, 0.3..3.5), band_rms(&spectrum, 0.6..2.0));
        let (slower, faster) = (band_rms(&spectrum, 0.02..0.3), band_rms(&spectrum, 3.5..20.0));
        let mean = displacement.iter().sum::<f64>() / displacement.len() as f64;
        let largest_ms = displacement.iter().map(|e| (e - mean).abs() * 1000.0).fold(0.0, f64::max);
        let bias = mean_pitch_cents(&displacement);
        println!("{rms:.2} c rms, {slower:.2} {paced:.2} {faster:.2} c, at most {largest_ms:.2} ms, bias {bias:.3}");
        assert!((rms / 10.0 - 1.0).abs() < 0.15, "{rms}");
        // It swings about once in a second, so that every note of that length has as much; but in no one rhythm, and
        // what is slower is a lean, what is faster a tremble.
        assert!(paced > 0.75 * rms && paced < 0.95 * rms, "{paced} of {rms}");
        assert!(slower < 0.15 * rms && faster < 0.35 * rms, "{slower} {faster} of {rms}");
        // 0.36 ms per cent for these octaves; the mean displacement, which the phase cannot show, is small.
        assert!(largest_ms < 3.6, "{largest_ms}");
        assert!(bias.abs() < 0.1, "{bias}");
    }
}

/// The pitch offset of the straight line that fits the displacement best, cents.
fn mean_pitch_cents(displacement: &[f64]) -> f64 {
    let n = displacement.len() as f64;
    let mean = displacement.iter().sum::<f64>() / n;
    let centre = (n - 1.0) / 2.0;
    let covariance: f64 = displacement.iter().enumerate().map(|(k, e)| (k as f64 - centre) * (e - mean)).sum();
    let variance = n * (n * n - 1.0) / 12.0;
    1200.0 * (1.0 + covariance / variance * RATE_HZ).log2()
}

#[test]
fn tremble_has_its_size_in_its_band() {
    let displacement = moved(Settings { tremble_cents: 6.0, ..settings(1) }, Mode::Studio);
    let spectrum = spectrum(&displacement);
    let (rms, slow) = (band_rms(&spectrum, 3.5..30.0), band_rms(&spectrum, 0.3..3.5));
    println!("{rms:.2} c rms in 3.5-30 Hz, {slow:.2} c in 0.3-3.5 Hz");
    assert!((rms / 6.0 - 1.0).abs() < 0.15, "{rms}");
    // A lattice of 16 Hz reaches below its band.
    assert!(slow < 0.65 * rms, "{slow}");
}

/// Local jitter by its definition: the mean absolute difference of neighbouring periods over the mean period.
fn local_jitter_percent(displacement: &[f64], f0_hz: f64) -> f64 {
    // The n-th period mark of the output is where t + e(t) = n·T: to first order at t = n·T − e(n·T).
    let period = RATE_HZ / f0_hz;
    let n_periods = (displacement.len() as f64 / period) as usize - 1;
    let mark = |n: usize| n as f64 / f0_hz - displacement[(n as f64 * period) as usize];
    let periods: Vec<f64> = (1..n_periods).map(|n| mark(n) - mark(n - 1)).collect();
    let differences: f64 = periods.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum();
    100.0 * differences / periods.iter().skip(1).sum::<f64>()
}

#[test]
fn jitter_is_the_knobs_percentage_and_above_the_tremble() {
    let displacement = moved(Settings { jitter_percent: 0.5, ..settings(1) }, Mode::Studio);
    let jitter = local_jitter_percent(&displacement, VOICE_HZ);
    let spectrum = spectrum(&displacement);
    let (slow, all) = (band_rms(&spectrum, 0.3..20.0), band_rms(&spectrum, 0.3..250.0));
    println!("{jitter:.3} % local; {slow:.2} c below 20 Hz of {all:.2} c");
    assert!((jitter / 0.5 - 1.0).abs() < 0.15, "{jitter}");
    assert!(slow < 0.25 * all, "{slow} {all}");
}

#[test]
fn live_mode_keeps_the_size_within_its_short_reach() {
    // In Live a note begins with any sound: phrases as long as singers', and what they have on average.
    let (mut square, mut largest_ms) = (0.0, 0.0_f64);
    for seed in 1..=20 {
        let settings = Settings { drift_cents: 12.0, tremble_cents: 6.0, ..settings(seed) };
        let displacement = moved_for(6.5, settings, Mode::Live);
        let pitch = pitch_cents(&displacement, 96, RATE_HZ);
        square += band_rms(&power_spectrum(&pitch, RATE_HZ / 96.0, 1024), 0.3..3.5).powi(2) / 20.0;
        let mean = displacement.iter().sum::<f64>() / displacement.len() as f64;
        largest_ms = displacement.iter().map(|e| (e - mean).abs() * 1000.0).fold(largest_ms, f64::max);
    }
    let rms = square.sqrt();
    println!("{rms:.2} c rms, at most {largest_ms:.2} ms");
    assert!((rms / 12.0 - 1.0).abs() < 0.15, "{rms}");
    assert!(largest_ms < 10.0, "{largest_ms}");
}

#[test]
fn takes_and_seeds_move_differently() {
    let first = moved(Settings { drift_cents: 10.0, ..settings(1) }, Mode::Studio);
    let other = Settings { performance: Performance { seed: 1, take: 2 }, ..settings(1) };
    let second = moved(Settings { drift_cents: 10.0, ..other }, Mode::Studio);
    let (a, b) = (pitch_cents(&first, 96, RATE_HZ), pitch_cents(&second, 96, RATE_HZ));
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    let correlation = dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt();
    println!("correlation of two takes {correlation:.3}");
    assert!(correlation.abs() < 0.3, "{correlation}");
}
