//! The same voice is heard the same, at any sample rate, on any noise floor, in any channel; a rough voice is one.

mod common;

use common::{options, resampled};
use con_anima::analysis::Frame;
use con_anima::demo::{Voice, Vowel, demo_song, sing, sing_vowel};
use con_anima::dsp::noise::{Performance, Stream, noise_run};
use con_anima::engine::HopTrace;
use con_anima::offline::{Rendered, render};
use con_anima::settings::{Mode, Settings};

const RATE_HZ: f64 = 48_000.0;
const BREATHING: Settings = Settings { amount: 1.0, inhale_db: -33.0, inhale_chance: 1.0, ..Settings::NEUTRAL };

fn demo() -> Vec<f32> {
    sing(&demo_song(), RATE_HZ).samples
}

fn heard(channels: &[Vec<f32>], rate_hz: f64, mode: Mode) -> Rendered {
    render(channels, &options(rate_hz, mode), |_| BREATHING, |_| ()).expect("valid options")
}

/// When notes begin, seconds.
fn onsets_s(rendered: &Rendered, rate_hz: f64) -> Vec<f64> {
    let is_onset = |hop: &&HopTrace| hop.frame.onset.is_some();
    rendered.hops.iter().filter(is_onset).map(|hop| hop.position_samples as f64 / rate_hz).collect()
}

fn n_inhaled(rendered: &Rendered) -> usize {
    rendered.hops.iter().filter(|hop| hop.inhaled.is_some()).count()
}

/// The share of hops that are so.
fn share(rendered: &Rendered, is_so: impl Fn(&Frame) -> bool) -> f64 {
    rendered.hops.iter().filter(|hop| is_so(&hop.frame)).count() as f64 / rendered.hops.len() as f64
}

fn added(samples: &[f32], noise: impl Fn(usize) -> f64) -> Vec<f32> {
    samples.iter().enumerate().map(|(n, sample)| (f64::from(*sample) + noise(n)) as f32).collect()
}

fn white(n: usize) -> Vec<f64> {
    let mut noise = vec![0.0; n];
    noise_run(Performance { seed: 9, take: 1 }, Stream::DemoConsonant, 7, 0, &mut noise);
    noise
}

/// Harmonics of `f0_hz` as a vowel has them, with pulses that alternate: every second is softer by `softer`.
fn growl(f0_hz: f64, softer: f64, seconds: f64) -> Vec<f32> {
    let sing = |hz: f64| sing_vowel(Voice::Man, Vowel::Ah, move |_| hz, seconds, RATE_HZ).samples;
    // Alternating pulses are the voice itself and one an octave below.
    let (whole, half) = (sing(f0_hz), sing(0.5 * f0_hz));
    whole.iter().zip(half).map(|(whole, half)| (1.0 - 0.5 * softer as f32) * whole + softer as f32 * half).collect()
}

#[test]
fn notes_and_breaths_are_the_same_at_every_sample_rate() {
    let song = demo();
    for mode in [Mode::Studio, Mode::Phrase] {
        let reference = heard(std::slice::from_ref(&song), RATE_HZ, mode);
        let expected = onsets_s(&reference, RATE_HZ);
        assert!(expected.len() > 15);
        for rate_hz in [16_000.0, 22_050.0, 32_000.0, 44_100.0, 64_000.0, 96_000.0] {
            let rendered = heard(&[resampled(&song, RATE_HZ, rate_hz)], rate_hz, mode);
            let found = onsets_s(&rendered, rate_hz);
            let is_same = |at: &&f64| found.iter().any(|other| (*at - other).abs() < 0.005);
            let n_same = expected.iter().filter(is_same).count();
            println!("{rate_hz} Hz, {mode:?}: {} of {}, {n_same} alike", found.len(), expected.len());
            assert!(found.len().abs_diff(expected.len()) <= 1 && n_same + 1 >= expected.len(), "{rate_hz} {mode:?}");
            assert!(n_inhaled(&rendered).abs_diff(n_inhaled(&reference)) <= 1, "{rate_hz} Hz, {mode:?}");
        }
    }
}

#[test]
fn an_offset_a_rumble_and_a_room_change_neither_notes_nor_breaths() {
    let song = demo();
    let clean = heard(std::slice::from_ref(&song), RATE_HZ, Mode::Phrase);
    let expected = onsets_s(&clean, RATE_HZ);
    let noise = white(song.len());
    let rumble = |n: usize| {
        let time_s = n as f64 / RATE_HZ;
        [7.0, 13.0, 19.0, 29.0].map(|hz| (std::f64::consts::TAU * hz * time_s + hz).sin()).iter().sum::<f64>()
    };
    for (name, noisy) in [
        ("offset of 0.03", added(&song, |_| 0.03)),
        ("rumble at −54 dBFS", added(&song, |n| 0.0014 * rumble(n))),
        ("hiss at −80 dBFS", added(&song, |n| 0.0001 * noise[n])),
        ("hiss at −60 dBFS", added(&song, |n| 0.001 * noise[n])),
        ("hiss at −50 dBFS", added(&song, |n| 0.0032 * noise[n])),
    ] {
        let rendered = heard(&[noisy], RATE_HZ, Mode::Phrase);
        let found = onsets_s(&rendered, RATE_HZ);
        let n_alike = expected.iter().filter(|at| found.iter().any(|other| (*at - other).abs() < 0.01)).count();
        let inhaled = [&clean, &rendered].map(n_inhaled);
        println!("{name}: {} of {} notes, {n_alike} alike, {inhaled:?} breaths", found.len(), expected.len());
        assert!(found.len().abs_diff(expected.len()) <= 1 && n_alike + 1 >= expected.len(), "{name}");
        assert!(inhaled[0] > 0 && inhaled[0].abs_diff(inhaled[1]) <= 1, "{name}: {inhaled:?}");
    }
}

#[test]
fn an_offset_goes_through_unchanged() {
    let song = demo()[..96_000].to_vec();
    let offset: Vec<f32> = song.iter().map(|sample| sample + 0.03).collect();
    let rendered =
        render(std::slice::from_ref(&offset), &options(RATE_HZ, Mode::Studio), |_| Settings::NEUTRAL, |_| ());
    assert!(rendered.expect("valid options").channels[0] == offset);
}

#[test]
fn a_voice_is_heard_in_any_channel_and_polarity() {
    let song = demo();
    let silent = vec![0.0; song.len()];
    let scaled = |gain: f32| song.iter().map(|sample| gain * sample).collect::<Vec<_>>();
    let expected = heard(&[song.clone(), song.clone()], RATE_HZ, Mode::Phrase);
    for (name, channels) in [
        ("side", [song.clone(), scaled(-1.0)]),
        ("nearly side", [song.clone(), scaled(-0.9)]),
        ("left", [song.clone(), silent.clone()]),
        ("right", [silent, song.clone()]),
    ] {
        let rendered = heard(&channels, RATE_HZ, Mode::Phrase);
        let [wanted, found] = [&expected, &rendered].map(|rendered| onsets_s(rendered, RATE_HZ));
        let n_alike = wanted.iter().filter(|at| found.iter().any(|other| (*at - other).abs() < 0.003)).count();
        assert!(found.len() == wanted.len() && n_alike == wanted.len(), "{name}: {n_alike} of {}", wanted.len());
        let n_voiced = share(&rendered, |frame| frame.f0_hz > 0.0) - share(&expected, |frame| frame.f0_hz > 0.0);
        assert!(n_voiced.abs() < 0.005, "{name}: {n_voiced}");
        assert_eq!(n_inhaled(&rendered), n_inhaled(&expected), "{name}");
    }
}

#[test]
fn a_side_only_voice_is_moved_by_its_periods() {
    let song = demo();
    let flipped = song.iter().map(|sample| -sample).collect::<Vec<_>>();
    let timed = Settings { amount: 1.0, timing_ms: 30.0, ..Settings::NEUTRAL };
    let n_steps = |channels: &[Vec<f32>]| {
        let rendered = render(channels, &options(RATE_HZ, Mode::Phrase), |_| timed, |_| ()).expect("valid options");
        rendered.hops.iter().filter(|hop| hop.step.is_some()).count()
    };
    assert_eq!(n_steps(&[song.clone(), flipped]), n_steps(&[song.clone(), song]));
}

#[test]
fn a_growl_is_one_voice_that_keeps_its_octave() {
    for (f0_hz, softer) in [(110.0, 0.1), (150.0, 0.25), (196.0, 0.25), (220.0, 0.5), (330.0, 0.1)] {
        let rendered = heard(&[growl(f0_hz, softer, 3.0)], RATE_HZ, Mode::Phrase);
        assert!(share(&rendered, |frame| frame.is_polyphonic) < 0.05, "{f0_hz} Hz, {softer}");
        let sung: Vec<f32> = rendered.hops.iter().map(|hop| hop.frame.f0_hz).filter(|f0_hz| *f0_hz > 0.0).collect();
        let n_jumps = sung.windows(2).filter(|pair| !(0.7..1.4).contains(&(pair[1] / pair[0]))).count();
        assert!(n_jumps == 0 && sung.len() > 2000, "{f0_hz} Hz, {softer}: {n_jumps} jumps in {}", sung.len());
    }
}

#[test]
fn a_hum_is_no_second_voice_and_nobody_sings_in_its_rests() {
    let song = demo();
    let clean = heard(std::slice::from_ref(&song), RATE_HZ, Mode::Phrase);
    for mains_hz in [50.0, 60.0] {
        let hum = |n: usize| {
            let turn = std::f64::consts::TAU * mains_hz * n as f64 / RATE_HZ;
            let partials: [(f64, f64); 4] = [(1.0, 1.0), (2.0, 0.3), (3.0, 0.5), (5.0, 0.25)];
            partials.map(|(number, gain)| gain * (number * turn + number).sin()).iter().sum::<f64>()
        };
        // −40 dBFS rms: 20 dB below the voice.
        let rendered = heard(&[added(&song, |n| 0.0115 * hum(n))], RATE_HZ, Mode::Phrase);
        assert!(share(&rendered, |frame| frame.is_polyphonic) < 0.05, "{mains_hz} Hz");
        let [voiced, truly] = [&rendered, &clean].map(|rendered| share(rendered, |frame| frame.f0_hz > 0.0));
        assert!((voiced - truly).abs() < 0.06, "{mains_hz} Hz: {voiced} for {truly}");
    }
}

#[test]
fn a_choir_is_several_voices_and_its_bleed_is_not() {
    let vowel = |hz: f64| sing_vowel(Voice::Woman, Vowel::Ah, move |_| hz, 4.0, RATE_HZ).samples;
    let [lead, third, fifth] = [220.0, 277.2, 329.6].map(vowel);
    let mixed = |gain: f32| -> Vec<f32> { (0..lead.len()).map(|n| lead[n] + gain * (third[n] + fifth[n])).collect() };
    let polyphonic = |gain: f32| {
        let rendered = heard(&[mixed(gain)], RATE_HZ, Mode::Phrase);
        let later = rendered.hops[1500..].iter();
        later.clone().filter(|hop| hop.frame.is_polyphonic).count() as f64 / later.count() as f64
    };
    assert!(polyphonic(1.0) > 0.97, "a chord");
    assert!(polyphonic(0.02) < 0.03, "bleed 31 dB below");
}

#[test]
fn the_whistle_register_is_not_an_octave_low() {
    for f0_hz in [1000.0, 1100.0, 1250.0, 1320.0, 1480.0, 1570.0, 1680.0, 2000.0] {
        for (mode, has_harmonics) in
            [Mode::Studio, Mode::Phrase].into_iter().flat_map(|mode| [(mode, false), (mode, true)])
        {
            let tone = |n: usize| {
                let turn = std::f64::consts::TAU * f0_hz * n as f64 / RATE_HZ;
                let overtones = if has_harmonics { 0.3 * (2.0 * turn).sin() + 0.1 * (3.0 * turn).sin() } else { 0.0 };
                0.2 * (turn.sin() + overtones) * (n as f64 / 2400.0).min(1.0)
            };
            let rendered = heard(&[(0..48_000).map(|n| tone(n) as f32).collect()], RATE_HZ, mode);
            let pitches = rendered.hops.iter().map(|hop| f64::from(hop.frame.f0_hz)).filter(|hz| *hz > 0.0);
            let (mut n_right, mut n_wrong) = (0, 0);
            pitches.for_each(|hz| if (hz / f0_hz - 1.0).abs() < 0.01 { n_right += 1 } else { n_wrong += 1 });
            assert!(n_wrong <= 4, "{f0_hz} Hz, {mode:?}: {n_wrong} wrong");
            assert!(n_right > 650 || f0_hz > 1700.0, "{f0_hz} Hz, {mode:?}: {n_right} right");
        }
    }
}
