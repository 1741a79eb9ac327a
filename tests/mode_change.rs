//! The mode is changed while a voice sounds: a fade, then the same voice at the new latency, at any block size.

mod common;

use common::{bits, vowel::Vowel};
use con_anima::engine::{Engine, SongPosition};
use con_anima::params::Values;
use con_anima::settings::{Mode, Settings};

/// Each of the two fades, seconds, and what a hop may add until the song is cut.
const FADE_S: f64 = 0.01;
const CUT_S: f64 = 0.01;

/// A change of mode at a sample of the input.
type Change = (usize, Mode);

/// What comes out of an engine that begins in Studio, and changes.
fn changed(input: &[f32], rate_hz: f64, settings: &Settings, changes: &[Change], block: usize) -> Vec<f32> {
    let mut engine = Engine::new(rate_hz, 1, Mode::Studio).expect("a good rate");
    let mut output = input.to_vec();
    let mut at = 0;
    while at < output.len() {
        changes.iter().filter(|(when, _)| *when == at).for_each(|(_, mode)| engine.set_mode(*mode));
        let next = changes.iter().map(|(when, _)| *when).filter(|when| *when > at).min();
        let len = block.min(output.len() - at).min(next.unwrap_or(usize::MAX) - at);
        let position = if at == 0 { SongPosition::StartAt(0) } else { SongPosition::FreeRunning };
        engine.process(&mut [&mut output[at..at + len]], settings, position, &mut |_| ());
        at += len;
    }
    output
}

fn voice(rate_hz: f64, seconds: f64) -> Vec<f32> {
    Vowel::new(150.0, rate_hz).samples((seconds * rate_hz) as usize)
}

/// The greatest step from sample to sample, from silence on.
fn greatest_step(samples: &[f32]) -> f32 {
    let from_silence = [&[0.0], samples].concat();
    from_silence.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
}

fn rms(samples: &[f32]) -> f32 {
    (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32).sqrt()
}

#[test]
fn untouched_the_input_comes_at_the_new_latency_after_a_fade() {
    for rate_hz in [8_000.0, 44_100.0, 48_000.0, 192_000.0] {
        let input = voice(rate_hz, 3.0);
        let when = (1.5 * rate_hz) as usize;
        for mode in [Mode::Live, Mode::Phrase] {
            let output = changed(&input, rate_hz, &Settings::NEUTRAL, &[(when, mode)], 512);
            let before = Mode::Studio.latency_samples(rate_hz) as usize;
            assert_eq!(output[before..when], input[..when - before], "{mode:?} at {rate_hz}");
            let after = mode.latency_samples(rate_hz) as usize;
            let back = when + ((2.0 * FADE_S + CUT_S) * rate_hz) as usize;
            assert_eq!(output[back..], input[back - after..input.len() - after], "{mode:?} at {rate_hz}");
            // What the fade itself moves in a sample.
            let faded = input.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs())) / (FADE_S * rate_hz) as f32;
            let (step, usual) = (greatest_step(&output), greatest_step(&input));
            assert!(step <= usual + faded, "{mode:?} at {rate_hz}: {step} for {usual} and {faded}");
        }
    }
}

#[test]
fn the_voice_is_never_away_for_longer_than_the_fades() {
    let rate_hz = 48_000.0;
    let input = voice(rate_hz, 6.0);
    let settings = Values::default().settings();
    let changes = [(100_000, Mode::Phrase), (170_000, Mode::Live), (230_000, Mode::Studio)];
    let output = changed(&input, rate_hz, &settings, &changes, 512);
    let window = (2.0 * (2.0 * FADE_S + CUT_S) * rate_hz) as usize;
    let usual = rms(&input);
    for (at, heard) in (0..).step_by(window).zip(output.chunks_exact(window)).skip(5) {
        assert!(rms(heard) > 0.3 * usual, "at {:.3} s: {} for {usual}", f64::from(at) / rate_hz, rms(heard));
    }
    let unchanged = changed(&input, rate_hz, &settings, &[], 512);
    assert!(greatest_step(&output) <= 1.5 * greatest_step(&unchanged), "{}", greatest_step(&output));
}

#[test]
fn what_comes_in_after_the_change_is_sung_as_from_a_start_there() {
    let rate_hz = 48_000.0;
    let input = voice(rate_hz, 9.0);
    let settings = Values::default().settings();
    let when = 64 * 1500;
    let output = changed(&input, rate_hz, &settings, &[(when, Mode::Live)], 512);
    // The cut falls where the first fade is over.
    let cut = when + (FADE_S * rate_hz) as usize;
    let mut engine = Engine::new(rate_hz, 1, Mode::Live).expect("a good rate");
    let mut alone = input[cut..].to_vec();
    engine.process(&mut [&mut alone], &settings, SongPosition::StartAt(cut as i64), &mut |_| ());
    let settled = (0.1 * rate_hz) as usize;
    assert!(bits(&[output[cut + settled..].to_vec()]) == bits(&[alone[settled..].to_vec()]));
}

#[test]
fn the_change_is_the_same_at_any_block_size() {
    let rate_hz = 48_000.0;
    let input = voice(rate_hz, 4.0);
    let settings = Values::default().settings();
    let changes = [(50_001, Mode::Live), (50_300, Mode::Phrase), (120_000, Mode::Studio)];
    let expected = bits(&[changed(&input, rate_hz, &settings, &changes, 512)]);
    for block in [1, 37, 4096] {
        assert!(bits(&[changed(&input, rate_hz, &settings, &changes, block)]) == expected, "block {block}");
    }
}

#[test]
fn a_mode_that_is_asked_for_before_any_sound_is_there_at_once() {
    let input = voice(48_000.0, 1.0);
    let output = changed(&input, 48_000.0, &Settings::NEUTRAL, &[(0, Mode::Live)], 100);
    assert_eq!(output[480..], input[..48_000 - 480]);
}
