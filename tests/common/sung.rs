//! What becomes of sung material, measured in the sound that comes out: pitch, onsets, levels, breath.
#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(missing_docs, unreachable_pub, reason = "test code")]

use std::f64::consts::TAU;
use std::ops::Range;

use con_anima::demo::{Take, Voice, Vowel, demo_song, sing, sing_vowel};
use con_anima::engine::HopTrace;
use con_anima::gesture::{Inhaled, TimedNote};
use con_anima::offline::{Options, Rendered, render};
use con_anima::params::Values;
use con_anima::settings::{Mode, Settings};
use fourier::Complex64;

use crate::common::{band_rms, displacement_s, pitch_cents, power_spectrum};

pub const RATE_HZ: f64 = 48_000.0;
/// Samples per hop at that rate.
pub const HOP: usize = 64;
/// The pitch of [`vowel`], for which jitter and shimmer are literal.
pub const VOWEL_HZ: f64 = 220.0;

/// A new instance's values, but for these.
pub fn values(changes: &[(&str, f64)]) -> Values {
    let mut values = Values::default();
    for (id, value) in changes {
        values.set(id, *value).unwrap_or_else(|error| panic!("{error}"));
    }
    values
}

/// What the engine is asked to do by them.
pub fn settings(changes: &[(&str, f64)]) -> Settings {
    values(changes).settings()
}

/// A new instance's values, every movement and all breath at none, but for these.
pub fn alone(changes: &[(&str, f64)]) -> Settings {
    let none = ["drift", "tremble", "intonation", "scoop", "jitter", "timing", "breath", "shimmer", "level"];
    let none = none.map(|id| (id, 0.0)).into_iter().chain([("inhale", -60.0)]);
    settings(&none.chain(changes.iter().copied()).collect::<Vec<_>>())
}

pub fn song() -> Take {
    sing(&demo_song(), RATE_HZ)
}

/// The song's first two phrases and the rests behind them.
pub fn short_song() -> Take {
    let mut song = demo_song();
    song.notes.retain(|note| note.onset_s < 10.0);
    song.duration_s = 11.2;
    sing(&song, RATE_HZ)
}

/// When the long note of [`vowel`] is known and well under way, seconds.
pub const HELD_S: Range<f64> = 3.0..8.0;

/// A short note, a rest and a long note, as still as a machine's: when the second begins it is known what the take is
/// like.
pub fn vowel() -> Vec<f32> {
    vowel_of(|_| 0.0)
}

/// The same with a pitch that moves by so many cents.
pub fn vowel_of(cents: impl Fn(f64) -> f64 + Send + Sync + 'static) -> Vec<f32> {
    let f0_hz = move |time_s: f64| VOWEL_HZ * (cents(time_s) / 1200.0).exp2();
    let mut samples = sing_vowel(Voice::Woman, Vowel::Ah, f0_hz, HELD_S.end + 0.2, RATE_HZ).samples;
    let gate = |n: usize| {
        let time_s = n as f64 / RATE_HZ;
        let gate = ((1.4 - time_s) / 0.02).max((time_s - 1.9) / 0.02).clamp(0.0, 1.0);
        (0.5 - 0.5 * (gate * std::f64::consts::PI).cos()) as f32
    };
    samples.iter_mut().enumerate().for_each(|(n, sample)| *sample *= gate(n));
    samples
}

pub fn rendered(samples: &[f32], mode: Mode, settings: Settings) -> Rendered {
    let options = Options { sample_rate_hz: RATE_HZ, mode, start_samples: 0, block_samples: 4096 };
    render(&[samples.to_vec()], &options, |_| settings, |_| ()).expect("valid options")
}

/// In Phrase, which knows most.
pub fn sound(samples: &[f32], settings: Settings) -> Vec<f32> {
    rendered(samples, Mode::Phrase, settings).channels.remove(0)
}

/// What the analysis hears in a sound, hop by hop.
pub fn heard(samples: &[f32]) -> Vec<HopTrace> {
    rendered(samples, Mode::Phrase, Settings::NEUTRAL).hops
}

pub fn notes(rendered: &Rendered) -> Vec<TimedNote> {
    rendered.hops.iter().filter_map(|hop| hop.note).collect()
}

pub fn planned_ms(rendered: &Rendered) -> Vec<f64> {
    notes(rendered).iter().map(|note| f64::from(note.planned_ms)).collect()
}

pub fn inhaled(rendered: &Rendered) -> Vec<Inhaled> {
    rendered.hops.iter().filter_map(|hop| hop.inhaled).collect()
}

pub fn seconds(position: i64) -> f64 {
    position as f64 / RATE_HZ
}

pub fn samples_of(range_s: &Range<f64>) -> Range<usize> {
    (range_s.start * RATE_HZ) as usize..(range_s.end * RATE_HZ) as usize
}

pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Standard deviation.
pub fn sd(values: &[f64]) -> f64 {
    let mean = mean(values);
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
}

pub fn rms(values: &[f64]) -> f64 {
    (values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64).sqrt()
}

/// Pearson's correlation.
pub fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let (mean_a, mean_b) = (mean(a), mean(b));
    let products: Vec<f64> = a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b)).collect();
    mean(&products) / (sd(a) * sd(b)).max(1e-12)
}

pub fn power(samples: &[f32]) -> f64 {
    samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / samples.len() as f64
}

pub fn db(power: f64) -> f64 {
    10.0 * power.max(1e-30).log10()
}

/// Level of a stretch of time, dBFS rms.
pub fn level_db(samples: &[f32], range_s: &Range<f64>) -> f64 {
    db(power(&samples[samples_of(range_s)]))
}

/// Only what lies within a band.
pub fn band(samples: &[f32], band_hz: Range<f64>) -> Vec<f32> {
    let (forward, inverse) = (fourier::forward_f64(samples.len()), fourier::inverse_f64(samples.len()));
    let mut time: Vec<f64> = samples.iter().map(|sample| f64::from(*sample)).collect();
    let mut spectrum = forward.make_output_vec();
    forward.process(&mut time, &mut spectrum).expect("lengths fit");
    for (bin, value) in spectrum.iter_mut().enumerate() {
        let is_within = bin > 0 && band_hz.contains(&(bin as f64 * RATE_HZ / samples.len() as f64));
        *value = if is_within { *value / samples.len() as f64 } else { Complex64::default() };
    }
    let last = spectrum.len() - 1;
    spectrum[last].im = 0.0;
    inverse.process(&mut spectrum, &mut time).expect("lengths fit");
    time.into_iter().map(|sample| sample as f32).collect()
}

/// The first harmonic of [`vowel`].
fn fundamental(samples: &[f32]) -> Vec<f32> {
    band(samples, 0.5 * VOWEL_HZ..1.5 * VOWEL_HZ)
}

/// How far a moved [`vowel`] is from strict time, seconds per sample, by the phase of its first harmonic. Steps by
/// whole periods do not show.
pub fn displacement(samples: &[f32]) -> Vec<f64> {
    displacement_s(&fundamental(samples), VOWEL_HZ, RATE_HZ)
}

/// Pitch of a moved [`vowel`] off its own while it is held, cents, 500 values a second.
pub fn cents(samples: &[f32]) -> Vec<f64> {
    pitch_cents(&displacement(samples)[samples_of(&HELD_S)], 96, RATE_HZ)
}

/// Rms of a moved vowel's pitch between two speeds, cents.
pub fn movement_cents(samples: &[f32], speed_hz: Range<f64>) -> f64 {
    band_rms(&power_spectrum(&cents(samples), RATE_HZ / 96.0, 1024), speed_hz)
}

/// Local jitter of a moved [`vowel`], percent: the mean difference of neighbouring periods.
pub fn jitter_percent(samples: &[f32], range_s: &Range<f64>) -> f64 {
    let displacement = displacement(samples);
    let period = RATE_HZ / VOWEL_HZ;
    let marks: Vec<f64> = (0..)
        .map(|n| (samples_of(range_s).start as f64 + f64::from(n) * period) as usize)
        .take_while(|mark| *mark < samples_of(range_s).end)
        .map(|mark| displacement[mark])
        .collect();
    let bend = |at: &[f64]| (at[2] - 2.0 * at[1] + at[0]).abs();
    100.0 * mean(&marks.windows(3).map(bend).collect::<Vec<_>>()) * VOWEL_HZ
}

/// Local shimmer of a moved [`vowel`], dB: the mean difference in level of neighbouring periods.
pub fn shimmer_db(samples: &[f32], range_s: &Range<f64>) -> f64 {
    let fundamental = fundamental(samples);
    let period = (RATE_HZ / VOWEL_HZ).round() as usize;
    let levels: Vec<f64> =
        fundamental[samples_of(range_s)].chunks_exact(period).map(|period| db(power(period))).collect();
    mean(&levels.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect::<Vec<_>>())
}

/// Cycles of a swing of 500 values a second: their rates, Hz, and extents, from the middle to the peak.
pub fn cycles(swing: &[f64]) -> (Vec<f64>, Vec<f64>) {
    // Over 22 ms, so that what is faster crosses no middle of its own; and around where the swing itself lies by then.
    let smooth: Vec<f64> = swing.windows(11).map(mean).collect();
    let middles: Vec<f64> =
        (0..smooth.len()).map(|at| mean(&smooth[at.saturating_sub(100)..(at + 100).min(smooth.len())])).collect();
    let swing: Vec<f64> = smooth.iter().zip(middles).map(|(value, middle)| value - middle).collect();
    let crossings: Vec<usize> = (1..swing.len()).filter(|at| swing[at - 1] < 0.0 && swing[*at] >= 0.0).collect();
    let extent = |cycle: &[f64]| {
        let (low, high) = cycle.iter().fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(*x), high.max(*x)));
        0.5 * (high - low)
    };
    crossings.windows(2).map(|pair| (500.0 / (pair[1] - pair[0]) as f64, extent(&swing[pair[0]..pair[1]]))).unzip()
}

/// Sounding pitch re the truth in the middle of each held note of the song, cents.
pub fn centres_cents(take: &Take, output: &[f32]) -> Vec<f64> {
    let hops = heard(output);
    let held = take.truth.notes.iter().filter(|note| note.end_s - note.onset_s > 0.35);
    let centre = |note: &con_anima::demo::SungNote| {
        let inner = note.onset_s + 0.12..note.end_s - 0.1;
        let within = hops.iter().filter(|hop| inner.contains(&seconds(hop.position_samples)) && hop.frame.f0_hz > 0.0);
        let mut cents: Vec<f64> = within.map(|hop| 1200.0 * (f64::from(hop.frame.f0_hz) / note.f0_hz).log2()).collect();
        cents.sort_by(f64::total_cmp);
        cents.get(cents.len() / 2).copied()
    };
    held.filter_map(centre).collect()
}

/// When notes begin in a sound, seconds, by what is heard of it.
pub fn onsets_s(samples: &[f32]) -> Vec<f64> {
    let hops = heard(samples);
    hops.iter().filter(|hop| hop.frame.onset.is_some()).map(|hop| seconds(hop.position_samples)).collect()
}

/// How much later each of these notes begins in a sound, ms, by what is heard of it.
pub fn lateness_ms(notes_s: &[f64], output: &[f32]) -> Vec<f64> {
    let moved = onsets_s(output);
    let late = |onset_s: &f64| {
        let nearest = moved.iter().map(|at| at - onset_s).min_by(|a, b| a.abs().total_cmp(&b.abs()))?;
        (nearest.abs() < 0.12).then_some(1000.0 * nearest)
    };
    notes_s.iter().filter_map(late).collect()
}

/// How much each note's level differs from the song's, dB.
pub fn level_changes_db(take: &Take, output: &[f32]) -> Vec<f64> {
    let inner = |note: &con_anima::demo::SungNote| note.onset_s + 0.1..note.end_s - 0.08;
    let inner: Vec<Range<f64>> = take.truth.notes.iter().map(inner).filter(|range| !range.is_empty()).collect();
    inner.iter().map(|range| level_db(output, range) - level_db(&take.samples, range)).collect()
}

/// Where the song rests for long enough to breathe, seconds.
pub fn rests_s(take: &Take) -> Vec<Range<f64>> {
    let inner =
        take.truth.gaps.iter().filter(|gap| gap.start_s > 1.0 && gap.end_s < take.samples.len() as f64 / RATE_HZ);
    inner.map(|gap| gap.start_s..gap.end_s).collect()
}

/// A singer's wandering, cents.
pub fn wander_cents(time_s: f64) -> f64 {
    let part = |cents: f64, hz: f64| cents * (TAU * hz * time_s + hz).sin();
    part(14.0, 0.81) + part(9.0, 1.86) + part(9.0, 4.46) + part(3.0, 9.1)
}
