//! Where the read pointer steps, and where it must not; and that nothing breaks it.

mod common;

use common::vowel::{Vowel, random};
use common::{bits, options};
use con_anima::demo::{Take, demo_song, sing};
use con_anima::dsp::motion::{Motion, Span};
use con_anima::engine::{Engine, HopTrace, SongPosition};
use con_anima::gesture::Gesture;
use con_anima::offline::{Options, Rendered, warp};
use con_anima::render::StepKind;
use con_anima::settings::{Mode, Settings};
use proptest::prelude::*;

const RATE_HZ: f64 = 48_000.0;

fn warped(channels: &[Vec<f32>], mode: Mode, cents: &[f32], shift_ms: &[f32]) -> Rendered {
    warp(channels, &options(RATE_HZ, mode), cents, shift_ms, |_| ()).expect("valid options")
}

/// Steps of a kind: song position, displacement behind the step, size, all in samples.
fn steps(hops: &[HopTrace], kind: StepKind) -> Vec<(i64, f64, f64)> {
    let of_kind = |hop: &HopTrace| {
        let size = hop.step.filter(|step| step.kind == kind)?.size_samples;
        Some((hop.position_samples, f64::from(hop.displacement_ms) * RATE_HZ / 1000.0, size))
    };
    hops.iter().filter_map(of_kind).collect()
}

/// Another shift within ±30 ms every 0.35 s.
fn restless(n_samples: usize) -> Vec<f32> {
    let shifts: Vec<f32> =
        random(5).take(n_samples / 16_800 + 1).map(|uniform| (60.0 * uniform - 30.0) as f32).collect();
    (0..n_samples).map(|n| shifts[n / 16_800]).collect()
}

/// Noise between 1 and 4 kHz, roughly: whispering without formants.
fn noise(n_samples: usize, seed: u64) -> Vec<f32> {
    let mut last = [0.0_f64; 2];
    let filter = |uniform: f64| {
        let next = uniform - 0.5 + 1.4 * last[0] - 0.7 * last[1];
        last = [next, last[0]];
        (0.1 * next) as f32
    };
    random(seed).take(n_samples).map(filter).collect()
}

fn demo() -> Take {
    sing(&demo_song(), RATE_HZ)
}

#[test]
fn a_song_is_stepped_in_its_vowels_and_gaps_and_nowhere_else() {
    let take = demo();
    let n = take.samples.len();
    let rendered = warped(std::slice::from_ref(&take.samples), Mode::Studio, &vec![0.0; n], &restless(n));
    let (by_periods, in_silence) = (steps(&rendered.hops, StepKind::Periods), steps(&rendered.hops, StepKind::Silence));
    println!("{} steps by periods, {} in silence", by_periods.len(), in_silence.len());
    assert!(by_periods.len() >= 30 && in_silence.len() >= 5);
    assert!(steps(&rendered.hops, StepKind::Noise).is_empty());
    // The folds' pitch is known; the tract delays what is heard of it by a millisecond, hops are 1.3 ms long, and the
    // tracker's edges are that of its windows: within 8 ms of voice counts as voice.
    let is_voiced =
        |at: f64| [-0.008, 0.0, 0.008].iter().any(|beside| take.truth.f0_hz(at / RATE_HZ + beside).is_some());
    let mut n_outside = 0;
    for (position, displacement, size) in &by_periods {
        let there = *position as f64 + displacement;
        // The whole fade, at the new and the old place.
        let places = [there, there + 200.0, there - size, there - size + 200.0];
        n_outside += usize::from(!places.into_iter().all(is_voiced));
    }
    assert_eq!(n_outside, 0);
    let largest = |samples: &[f32]| samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
    let (dry, wet) = (largest(&take.samples), largest(&rendered.channels[0]));
    assert!(wet <= 1.01 * dry, "a click: {wet} {dry}");
}

#[test]
fn consonants_and_breaths_are_moved_and_not_stretched() {
    let take = demo();
    let n = take.samples.len();
    let rendered = warped(std::slice::from_ref(&take.samples), Mode::Studio, &vec![0.0; n], &restless(n));
    // Where neither folds nor silence are for 40 ms, the displacement stays what it is.
    let is_noise = |position: i64| {
        let at = position as f64 / RATE_HZ;
        take.truth.sounding.iter().any(|span| span.contains(at))
            && (-4..=4).all(|k| take.truth.f0_hz(at + f64::from(k) * 0.01).is_none())
    };
    let mut n_checked = 0;
    for pair in rendered.hops.windows(2) {
        let source = pair[1].position_samples + (f64::from(pair[1].displacement_ms) * RATE_HZ / 1000.0) as i64;
        if is_noise(source) {
            n_checked += 1;
            assert!(pair[1].step.is_none_or(|step| step.kind == StepKind::Silence), "{pair:?}");
        }
    }
    println!("{n_checked} hops of noise");
    assert!(n_checked > 50);
}

#[test]
fn noise_is_stepped_only_at_the_end_of_the_reach_and_keeps_its_power() {
    const N: usize = 480_000;
    let samples = noise(N, 1);
    let shifted = warped(std::slice::from_ref(&samples), Mode::Studio, &[0.0; N], &restless(N));
    assert!(shifted.hops.iter().skip(1).all(|hop| hop.step.is_none()), "timing waits");
    // 40 cents move the pointer by 23 ms a second: the end of its reach, 88 ms ahead, is near after 3.3 s.
    let moved = warped(std::slice::from_ref(&samples), Mode::Studio, &[40.0; N], &[]);
    let in_noise = steps(&moved.hops, StepKind::Noise);
    let first_s = in_noise.first().map_or(0.0, |(position, ..)| *position as f64 / RATE_HZ);
    println!("{} steps, the first after {first_s:.2} s", in_noise.len());
    assert!(steps(&moved.hops, StepKind::Periods).is_empty());
    assert!((3.0..3.6).contains(&first_s), "{first_s}");
    assert!(in_noise.len() > 20 && in_noise.iter().all(|(_, _, size)| (-290.0..-90.0).contains(size)));
    let movement = moved.hops.iter().skip(10).take_while(|hop| hop.position_samples < N as i64);
    assert!(movement.clone().all(|hop| (hop.pitch_cents - 40.0).abs() < 0.01), "nothing is withheld");
    // Power of 5 ms around each step, on average: an uncorrelated fade would lose 1.3 dB there.
    let power = |samples: &[f32], at: usize| samples[at..at + 288].iter().map(|x| x * x).sum::<f32>();
    let total = |samples: &[f32], shift: f64| -> f32 {
        in_noise.iter().map(|(at, displacement, _)| power(samples, (*at as f64 + shift * displacement) as usize)).sum()
    };
    let change_db = 10.0 * (total(&moved.channels[0], 0.0) / total(&samples, 1.0)).log10();
    println!("{change_db:.2} dB in the fades");
    assert!(change_db.abs() < 0.7, "{change_db}");
}

#[test]
fn chords_are_stepped_only_in_silence() {
    const N: usize = 384_000;
    let voices = [220.0, 277.18, 329.63].map(|f0_hz| Vowel::new(f0_hz, RATE_HZ).samples(N));
    let chord: Vec<f32> = (0..N).map(|n| voices.iter().map(|voice| voice[n]).sum::<f32>() / 3.0).collect();
    let rendered = warped(&[chord], Mode::Studio, &[0.0; N], &restless(N));
    let heard = rendered.hops.iter().filter(|hop| hop.frame.is_polyphonic).count();
    assert!(2 * heard > rendered.hops.len(), "it is heard as a chord");
    // Until there is evidence, a chord is a voice like any other, and must repeat itself like one.
    let late = rendered.hops.iter().filter(|hop| hop.frame.is_polyphonic);
    assert!(late.filter(|hop| hop.position_samples < N as i64).all(|hop| hop.step.is_none()));
}

#[test]
fn silence_stays_silent_wherever_the_pointer_goes() {
    const N: usize = 96_000;
    let rendered = warped(&[vec![0.0; N]], Mode::Studio, &[35.0; N], &restless(N));
    assert!(rendered.channels[0].iter().all(|sample| *sample == 0.0));
    assert!(!steps(&rendered.hops, StepKind::Silence).is_empty());
}

#[test]
fn all_channels_share_one_pointer() {
    let take = demo();
    let n = take.samples.len();
    let half: Vec<f32> = take.samples.iter().map(|sample| 0.5 * sample).collect();
    let rendered = warped(&[take.samples.clone(), take.samples, half], Mode::Studio, &vec![15.0; n], &restless(n));
    let [left, right, half] = &rendered.channels[..] else { panic!("three channels") };
    assert!(left == right);
    assert!(left.iter().zip(half).all(|(whole, half)| 0.5 * whole == *half || whole.abs() < 1e-29));
}

#[test]
fn steps_do_not_depend_on_the_block_size() {
    let take = demo();
    let n = take.samples.len();
    let cents: Vec<f32> = (0..n).map(|at| 30.0 * (at as f32 * 2e-4).sin()).collect();
    for mode in Mode::ALL {
        let at = |block_samples| {
            let options = Options { block_samples, ..options(RATE_HZ, mode) };
            warp(std::slice::from_ref(&take.samples), &options, &cents, &restless(n), |_| ()).expect("valid options")
        };
        let expected = at(1 << 20);
        assert!(!steps(&expected.hops, StepKind::Periods).is_empty());
        for block_samples in [1, 64, 97, 1000] {
            let found = at(block_samples);
            assert!(
                expected.hops == found.hops && bits(&expected.channels) == bits(&found.channels),
                "{block_samples}"
            );
        }
    }
}

#[test]
fn behind_a_gap_nothing_is_left_of_the_start() {
    let take = demo();
    let n = take.samples.len();
    let shift_ms = restless(n);
    let whole = warped(std::slice::from_ref(&take.samples), Mode::Studio, &vec![0.0; n], &shift_ms);
    // From within the first phrase, in a vowel that stands still.
    let steady = take.truth.notes.iter().map(|note| note.steady).find(|steady| steady.duration_s() > 0.2);
    let cut = (steady.expect("a held note").start_s * RATE_HZ) as usize + 4011;
    let options = Options { start_samples: cut as i64, ..options(RATE_HZ, Mode::Studio) };
    let rendered = warp(&[take.samples[cut..].to_vec()], &options, &vec![0.0; n - cut], &shift_ms[cut..], |_| ());
    let found = rendered.expect("valid options").channels.remove(0);
    let mut gaps = take.truth.gaps.iter().filter(|gap| gap.start_s * RATE_HZ > cut as f64);
    let from = (gaps.nth(1).expect("a second gap").end_s * RATE_HZ) as usize;
    println!("cut at {cut}, the same from {from} of {n} on");
    assert!(from + 48_000 < n && found[from - cut..] == whole.channels[0][from..]);
    assert!(found != whole.channels[0][cut..], "it did start elsewhere");
}

prop_compose! {
    /// A motion with any slopes that a pitch of two octaves may have, and a shift.
    fn any_gesture()(
        start in -5000.0_f64..5000.0, end in -5000.0_f64..5000.0, left in -0.75_f64..3.0, right in -0.75_f64..3.0,
        shift_samples in -40_000.0_f64..40_000.0, is_jump in proptest::bool::weighted(0.02),
        is_moving in proptest::bool::weighted(0.3),
    ) -> Gesture {
        let moving = Span {
            start: Motion { displacement_samples: start, slope: left },
            end: Motion { displacement_samples: end, slope: right },
        };
        let warp = if is_moving { moving } else { Span::default() };
        Gesture { warp, shift_samples, gain: Span { start: 1.0, end: 1.0 }, is_jump, ..Gesture::default() }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// In builds with debug assertions, the reader and the search check every place they read.
    #[test]
    fn no_gesture_seek_or_mode_reads_what_is_not_there(
        gestures in proptest::collection::vec(any_gesture(), 1..40), is_constant in any::<bool>(),
        calls in proptest::collection::vec((1_usize..3000, 0_u8..20, any::<i32>()), 20..60),
        rate_hz in prop_oneof![Just(8_000.0), Just(44_100.0), Just(48_000.0), Just(192_000.0)],
    ) {
        let voice = Vowel::new(150.0, rate_hz).samples(6000);
        let mut engine = Engine::new(rate_hz, 2, Mode::Studio).unwrap();
        let mut n_hops = 0;
        for (len, event, position) in calls {
            let mut left: Vec<f32> = voice.iter().cycle().skip(position as usize % 6000).take(len).copied().collect();
            let mut right: Vec<f32> = left.iter().map(|sample| 0.3 * sample).collect();
            if event < 3 {
                engine.set_mode(Mode::ALL[usize::from(event)]);
            }
            let position = if event == 3 { SongPosition::At(i64::from(position)) } else { SongPosition::FreeRunning };
            let mut drive = |_: &_| {
                n_hops += 1;
                gestures[if is_constant { 0 } else { n_hops / 7 % gestures.len() }]
            };
            engine.process_driven(&mut [&mut left, &mut right], position, &mut drive, &mut |_| ());
            prop_assert!(left.iter().chain(&right).all(|sample| sample.abs() < 20.0));
        }
    }

    #[test]
    fn settings_that_jump_all_the_time_are_survived(
        amounts in proptest::collection::vec(0.0_f32..1.5, 2..8), block in 1_usize..2000,
    ) {
        let voice = Vowel::new(220.0, RATE_HZ).samples(48_000);
        let mut engine = Engine::new(RATE_HZ, 1, Mode::Studio).unwrap();
        for (k, block) in voice.chunks(block).enumerate() {
            let amount = amounts[k % amounts.len()];
            let settings = Settings { amount, drift_cents: 50.0, tremble_cents: 20.0, ..Settings::NEUTRAL };
            let mut block = block.to_vec();
            engine.process(&mut [&mut block], &settings, SongPosition::FreeRunning, &mut |_| ());
            prop_assert!(block.iter().all(|sample| sample.abs() < 1.0));
        }
    }
}
