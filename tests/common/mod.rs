//! Signals with known truth, and measurements that share no code with the engine.
#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(missing_docs, unreachable_pub, reason = "test code")]

pub mod vowel;

use std::f64::consts::PI;

use con_anima::offline::{Options, Rendered, render};
use con_anima::settings::{Mode, Settings};
use fourier::Complex64;

pub fn tone(frequency_hz: f64, sample_rate_hz: f64, seconds: f64) -> Vec<f32> {
    let n_samples = (seconds * sample_rate_hz) as usize;
    (0..n_samples).map(|n| (0.5 * (2.0 * PI * frequency_hz * n as f64 / sample_rate_hz).sin()) as f32).collect()
}

/// A voice-like buzz: harmonics that fall by 12 dB an octave, up to 0.4 of the rate, with 0.2 s of true silence in
/// every half second.
pub fn phrases(f0_hz: f64, sample_rate_hz: f64, seconds: f64) -> Vec<f32> {
    let n_samples = (seconds * sample_rate_hz) as usize;
    let n_harmonics = ((0.4 * sample_rate_hz / f0_hz) as u32).min(40);
    let voice = |t: f64| {
        let harmonic = |k: f64| (2.0 * PI * f0_hz * k * t + k * k).sin() / (k * k);
        0.3 * (1..=n_harmonics).map(|k| harmonic(f64::from(k))).sum::<f64>()
    };
    let is_gap = |t: f64| t % 0.5 > 0.3;
    let sample = |n: usize| {
        let t = n as f64 / sample_rate_hz;
        if is_gap(t) { 0.0 } else { voice(t) as f32 }
    };
    (0..n_samples).map(sample).collect()
}

/// The same recording at another rate, by a Hann-windowed sinc of 32 zero crossings to either side.
pub fn resampled(samples: &[f32], from_hz: f64, to_hz: f64) -> Vec<f32> {
    const CROSSINGS: f64 = 32.0;
    let cutoff = (to_hz / from_hz).min(1.0);
    let reach = CROSSINGS / cutoff;
    let weight = |x: f64| {
        let angle = PI * x * cutoff;
        let sinc = if angle.abs() < 1e-12 { 1.0 } else { angle.sin() / angle };
        cutoff * sinc * (0.5 + 0.5 * (PI * x / reach).cos())
    };
    let value = |n: usize| {
        let place = n as f64 * from_hz / to_hz;
        let first = (place - reach).ceil().max(0.0) as usize;
        let last = ((place + reach).floor() as usize).min(samples.len() - 1);
        (first..=last).map(|k| f64::from(samples[k]) * weight(k as f64 - place)).sum::<f64>() as f32
    };
    (0..(samples.len() as f64 * to_hz / from_hz) as usize).map(value).collect()
}

pub fn options(sample_rate_hz: f64, mode: Mode) -> Options {
    Options { sample_rate_hz, mode, start_samples: 0, block_samples: 512 }
}

pub fn render_constant(channels: &[Vec<f32>], options: &Options, settings: Settings) -> Rendered {
    render(channels, options, |_| settings, |_| ()).expect("these options are valid")
}

/// What the offline renderer gives as a host gives it back: with the latency in front, and as long as the input.
pub fn offline(input: &[Vec<f32>], options: &Options, settings_at: impl Fn(i64) -> Settings) -> Vec<Vec<f32>> {
    let mut channels = render(input, options, settings_at, |_| ()).expect("these options are valid").channels;
    let latency_samples = options.mode.latency_samples(options.sample_rate_hz) as usize;
    for channel in &mut channels {
        let n_samples = channel.len();
        channel.splice(0..0, vec![0.0; latency_samples]);
        channel.truncate(n_samples);
    }
    channels
}

/// Every bit of every sample; `assert_eq` on floats would let −0 and 0 pass as equal.
pub fn bits(channels: &[Vec<f32>]) -> Vec<Vec<u32>> {
    channels.iter().map(|channel| channel.iter().map(|sample| sample.to_bits()).collect()).collect()
}

/// Displacement of a tone from strict time, seconds per sample: its unwrapped phase by the Hilbert transform, less
/// that of a tone of `frequency_hz`. A constant remains. The ends are unreliable for some tens of periods.
pub fn displacement_s(samples: &[f32], frequency_hz: f64, sample_rate_hz: f64) -> Vec<f64> {
    let quadrature = hilbert(samples);
    let mut last = 0.0;
    let mut turns = 0.0;
    let mut displacement = Vec::with_capacity(samples.len());
    for (n, (&real, imaginary)) in samples.iter().zip(quadrature).enumerate() {
        let strict = (frequency_hz * n as f64 / sample_rate_hz).fract();
        let phase = imaginary.atan2(f64::from(real)) / (2.0 * PI) - strict;
        turns -= (phase + turns - last).round();
        last = phase + turns;
        displacement.push(last / frequency_hz);
    }
    displacement
}

fn hilbert(samples: &[f32]) -> Vec<f64> {
    let n = samples.len();
    let forward = fourier::forward_f64(n);
    let mut time: Vec<f64> = samples.iter().map(|&sample| f64::from(sample)).collect();
    let mut spectrum = forward.make_output_vec();
    forward.process(&mut time, &mut spectrum).expect("the lengths fit");
    for bin in &mut spectrum {
        *bin *= Complex64::new(0.0, -1.0) / n as f64;
    }
    spectrum[0] = Complex64::default();
    if n.is_multiple_of(2) {
        spectrum[n / 2] = Complex64::default();
    }
    fourier::inverse_f64(n).process(&mut spectrum, &mut time).expect("the lengths fit");
    time
}

/// Pitch movement in cents, one value every `step` samples: the displacement's mean slope over each step.
pub fn pitch_cents(displacement_s: &[f64], step: usize, sample_rate_hz: f64) -> Vec<f64> {
    let slope = |pair: &[f64]| (pair[step] - pair[0]) * sample_rate_hz / step as f64;
    displacement_s.windows(step + 1).step_by(step).map(|pair| 1200.0 * (1.0 + slope(pair)).log2()).collect()
}

/// One-sided power spectrum: (frequency Hz, power per Hz) by Welch's method with Hann windows of `window` values.
pub fn power_spectrum(values: &[f64], rate_hz: f64, window: usize) -> Vec<(f64, f64)> {
    let fft = fourier::forward_f64(window);
    let hann: Vec<f64> = (0..window).map(|n| 0.5 - 0.5 * (2.0 * PI * n as f64 / window as f64).cos()).collect();
    let gain: f64 = hann.iter().map(|weight| weight * weight).sum();
    let mut power = vec![0.0; window / 2 + 1];
    let mut n_windows = 0.0;
    let mut spectrum = fft.make_output_vec();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    for segment in values.windows(window).step_by(window / 2) {
        let mut time: Vec<f64> = segment.iter().zip(&hann).map(|(value, weight)| (value - mean) * weight).collect();
        fft.process(&mut time, &mut spectrum).expect("the lengths fit");
        for (sum, bin) in power.iter_mut().zip(&spectrum) {
            *sum += 2.0 * bin.norm_sqr() / (gain * rate_hz);
        }
        n_windows += 1.0;
    }
    power.iter().enumerate().map(|(bin, sum)| (bin as f64 * rate_hz / window as f64, sum / n_windows)).collect()
}

/// Rms within a band of a power spectrum.
pub fn band_rms(spectrum: &[(f64, f64)], band_hz: std::ops::Range<f64>) -> f64 {
    let bin_hz = spectrum[1].0;
    spectrum.iter().filter(|(f_hz, _)| band_hz.contains(f_hz)).map(|(_, power)| power * bin_hz).sum::<f64>().sqrt()
}
