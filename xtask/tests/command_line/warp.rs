//! What `warp` makes of its curves, and which it refuses.

use std::f64::consts::TAU;

use serde_json::Value;

use crate::studio::{Studio, chunk, wav};

const RATE_HZ: u32 = 48_000;
const N: usize = 96_000;

fn floats(values: impl Iterator<Item = f32>) -> Vec<u8> {
    values.flat_map(f32::to_le_bytes).collect()
}

fn curve(values: impl Iterator<Item = f32>) -> Vec<u8> {
    wav(3, 1, RATE_HZ, 32, &floats(values))
}

/// Two seconds of a 200 Hz voice in 16-bit stereo, and curves.
fn studio() -> Studio {
    let harmonic = |n: usize, k: f64| (TAU * 200.0 * k * n as f64 / f64::from(RATE_HZ) + k * k).sin() / (k * k);
    let voice = |n: usize| 0.3 * (1..20).map(|k| harmonic(n, f64::from(k))).sum::<f64>();
    let data = (0..N).flat_map(|n| [(20_000.0 * voice(n)) as i16; 2]).flat_map(i16::to_le_bytes).collect::<Vec<u8>>();
    Studio::new()
        .with("in.wav", wav(1, 2, RATE_HZ, 16, &data))
        .with("still.wav", curve((0..N).map(|_| 0.0)))
        .with("up.wav", curve((0..N).map(|_| 30.0)))
        .with("late.wav", curve((0..N).map(|n| if n < N / 2 { 0.0 } else { 20.0 })))
}

#[test]
fn a_voice_is_moved_in_steps_of_its_periods() {
    let studio = studio();
    let text = studio.done(&["warp", "in.wav", "out.wav", "--cents", "up.wav", "--shift", "late.wav", "--json"]);
    let found: Value = serde_json::from_str(&text).expect("one object and nothing else");
    let out = studio.bytes("out.wav");
    assert_eq!(chunk(&out, "data").len(), 4 * N);
    assert!(chunk(&out, "data").chunks_exact(4).all(|pair| pair[..2] == pair[2..]), "both channels alike");
    assert_eq!((&found["samples"], &found["channels"], &found["mode"]), (&N.into(), &2.into(), &"studio".into()));
    // 30 cents are 17.5 ms a second: seven periods in two, and four for the shift.
    let by_periods = found["steps"]["by_periods"].as_u64().expect("a number");
    assert!((6..=12).contains(&by_periods), "{found}");
    assert_eq!((&found["steps"]["in_noise"], &found["refused_steps"]), (&0.into(), &0.into()));
    let each = found["each_step"].as_array().expect("a list");
    assert_eq!(each.len() as u64, by_periods);
    for step in each {
        let (ms, correlation) = (step["size_ms"].as_f64(), step["correlation"].as_f64());
        assert!(ms.is_some_and(|ms| ms < -4.9 && (ms / 5.0 - (ms / 5.0).round()).abs() < 1e-3), "{step}");
        assert!(correlation.is_some_and(|correlation| correlation > 0.9999), "{step}");
    }
    // The first step takes 10 of the 20 ms at once.
    assert!(found["largest_undone_ms"].as_f64().is_some_and(|ms| (7.0..16.0).contains(&ms)), "{found}");
    let list = String::from_utf8_lossy(&chunk(&out, "LIST")).into_owned();
    assert!(list.contains("in.wav moved along cents=up.wav shift=late.wav mode=studio"), "{list}");
}

#[test]
fn curves_of_nothing_change_nothing_and_the_block_size_does_not_matter() {
    let studio = studio();
    studio.done(&["warp", "in.wav", "same.wav", "--cents", "still.wav", "--shift", "still.wav"]);
    assert!(chunk(&studio.bytes("same.wav"), "data") == chunk(&studio.bytes("in.wav"), "data"));
    for (out, block) in [("a.wav", "1"), ("b.wav", "700")] {
        studio.done(&["warp", "in.wav", out, "--cents", "up.wav", "--mode", "phrase", "--block", block]);
    }
    assert!(studio.bytes("a.wav") == studio.bytes("b.wav"));
}

#[test]
fn curves_that_do_not_fit_are_refused() {
    let studio = studio()
        .with("whole.wav", wav(1, 1, RATE_HZ, 16, &[0; 2 * N]))
        .with("short.wav", curve((0..N - 1).map(|_| 0.0)))
        .with("slow.wav", wav(3, 1, 44_100, 32, &[0; 4 * N]))
        .with("wide.wav", wav(3, 2, RATE_HZ, 32, &[0; 8 * N]))
        .with("far.wav", curve((0..N).map(|n| if n == 7 { 401.0 } else { 0.0 })))
        .with("early.wav", curve((0..N).map(|n| if n == 9 { -68.0 } else { 0.0 })))
        .with("nan.wav", curve((0..N).map(|_| f32::NAN)))
        .with("there.wav", "something");
    let cases: [(&str, &[&str], &[&str]); 10] = [
        ("out.wav", &["whole.wav"], &["whole.wav", "float"]),
        ("out.wav", &["short.wav"], &["short.wav", "96000", "95999"]),
        ("out.wav", &["slow.wav"], &["slow.wav", "48000", "44100"]),
        ("out.wav", &["wide.wav"], &["wide.wav", "one channel", "2"]),
        ("out.wav", &["far.wav"], &["far.wav", "-400", "401", "sample 7"]),
        ("out.wav", &["up.wav", "--shift", "early.wav"], &["early.wav", "-67.5", "-68", "sample 9"]),
        ("out.wav", &["nan.wav"], &["nan.wav", "NaN"]),
        ("up.wav", &["up.wav", "--force"], &["up.wav", "same file"]),
        ("in.wav", &["up.wav", "--force"], &["in.wav", "same file"]),
        ("there.wav", &["up.wav"], &["there.wav", "--force"]),
    ];
    for (out, options, culprits) in cases {
        studio.refuses(&[&["warp", "in.wav", out, "--cents"], options].concat(), culprits);
    }
}
