//! What `measure` prints and writes, and what it refuses.

use std::f64::consts::TAU;

use serde_json::Value;

use crate::studio::{Studio, noise, short_wav, wav};

/// Three seconds of a voice that nobody hears, and its pitch as a table: A3 with vibrato of 40 cents at 5.5 Hz.
fn studio_with_vibrato() -> Studio {
    let pitch = |k: u32| {
        let time_s = f64::from(k) * 0.005;
        let hz = 220.0 * (40.0 / 1200.0 * (TAU * 5.5 * time_s).sin()).exp2();
        format!("{time_s:.3},{:.4}\n", if (0.5..2.5).contains(&time_s) { hz } else { 0.0 })
    };
    let table: String = (0..600).map(pitch).collect();
    let quiet = wav(1, 1, 48_000, 16, &[0; 2 * 3 * 48_000]);
    Studio::new().with("in.wav", quiet).with("f0.csv", "time_s,f0_hz\n".to_owned() + &table)
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("one object per line and nothing else")).collect()
}

#[test]
fn somebody_elses_pitch_track_is_measured_as_it_is() {
    let studio = studio_with_vibrato();
    let found = &lines(&studio.done(&["measure", "in.wav", "--json", "--f0", "f0.csv"]))[0];
    let near = |id: &str, truth: f64, most: f64| {
        let value = found[id].as_f64().unwrap_or_else(|| panic!("{id}: {}", found[id]));
        assert!((value - truth).abs() <= most, "{id}: {value} for {truth}");
    };
    assert_eq!((&found["file"], &found["seconds"]), (&Value::from("in.wav"), &Value::from(3.0)));
    near("n_notes", 1.0, 0.0);
    near("note_len_s", 2.0, 0.02);
    near("voiced_frac", 2.0 / 3.0, 0.01);
    near("f0_med_hz", 220.0, 1.0);
    near("vib_rate_hz", 5.5, 0.1);
    near("vib_extent_c", 40.0, 1.5);
    near("vib_band_c", 40.0 / 2.0_f64.sqrt(), 1.0);
    near("drift_c", 0.0, 0.5);
    for id in ["level_dbfs", "inton_sd_c", "jitter_loc", "shimmer_loc", "hnr_0_1k", "breath_dur_s"] {
        assert_eq!(found[id], Value::Null, "{id}");
    }
}

#[test]
fn what_is_no_number_is_counted() {
    let samples = (0..48_000).map(|n| if n % 20_000 == 5 { f32::NAN } else { 0.1 * (0.03 * n as f32).sin() });
    let bytes: Vec<u8> = samples.flat_map(f32::to_le_bytes).collect();
    let studio = Studio::new().with("in.wav", wav(3, 1, 48_000, 32, &bytes)).with("whole.wav", short_wav());
    let texts = ["in.wav", "whole.wav"].map(|name| studio.done(&["measure", name]));
    assert!(texts[0].contains("3 samples of no valid value") && !texts[1].contains("no valid value"), "{texts:?}");
    assert_eq!(lines(&studio.done(&["measure", "in.wav", "--json"]))[0]["bad_samples"], 3);
}

#[test]
fn a_part_of_a_file_is_measured_in_the_files_own_time() {
    let studio = studio_with_vibrato();
    let part = ["measure", "in.wav", "--json", "--f0", "f0.csv", "--start", "1.5", "--end", "2.75"];
    let found = &lines(&studio.done(&part))[0];
    assert_eq!(found["seconds"], 1.25);
    assert!(found["voiced_frac"].as_f64().is_some_and(|share| (share - 0.8).abs() < 0.01), "{found}");
    studio.done(&[&part[..], &["--frames", "frames.csv"]].concat());
    let frames = String::from_utf8(studio.bytes("frames.csv")).expect("text");
    let times_s: Vec<f64> = frames
        .lines()
        .skip(1)
        .map(|line| line.split(',').next().and_then(|time| time.parse().ok()).expect("a time"))
        .collect();
    assert!(times_s[0] >= 1.499 && times_s[0] < 1.503 && times_s[times_s.len() - 1] > 2.745 && times_s.len() > 900);
}

#[test]
fn people_get_a_table_with_human_takes_beside() {
    let text = studio_with_vibrato().done(&["measure", "in.wav", "--f0", "f0.csv"]);
    let row = |id: &str| {
        let line = text.lines().find(|line| line.split_whitespace().next() == Some(id)).expect(id);
        line.split_whitespace().take(6).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(text.starts_with("in.wav: 3.00 s\n"), "{text}");
    assert_eq!(row("drift_c")[2..], ["5.37", "7.39", "13.5", "below"]);
    assert_eq!(row("vib_rate_hz")[2..], ["4.30", "5.27", "6.35", "inside"]);
    assert_eq!(row("jitter_loc")[1], "-");
}

#[test]
fn every_file_has_its_line() {
    let studio = Studio::new().with("a.wav", short_wav()).with("b.wav", wav(1, 1, 8_000, 16, &noise(32_000)));
    let found = lines(&studio.done(&["measure", "a.wav", "b.wav", "--json"]));
    assert_eq!(found.iter().map(|line| &line["file"]).collect::<Vec<_>>(), ["a.wav", "b.wav"]);
    assert_eq!(found[1]["seconds"], 2.0);
    assert_eq!(studio.names(), ["a.wav", "b.wav"], "nothing is written unasked");
}

#[test]
fn frames_and_a_picture_are_written_on_request() {
    let studio = Studio::new().with("in.wav", short_wav());
    let command = ["measure", "in.wav", "--frames", "frames.csv", "--plot", "heard.svg"];
    studio.done(&command);
    let frames = String::from_utf8(studio.bytes("frames.csv")).expect("text");
    assert!(frames.starts_with("time_s,level_db,") && frames.lines().count() > 70, "{frames}");
    let svg = String::from_utf8(studio.bytes("heard.svg")).expect("text");
    assert!(svg.starts_with("<svg ") && svg.contains("in.wav") && !svg.contains("NaN"));
    studio.refuses(&command, &["frames.csv", "exists", "--force"]);
    studio.done(&[&command[..], &["--force"]].concat());
}

#[test]
fn what_cannot_be_measured_is_refused_in_a_line() {
    let studio = studio_with_vibrato().with("none.csv", "0,220\n0.005,high\n").with("empty.wav", "");
    let cases: [(&[&str], &[&str]); 12] = [
        (&["absent.wav"], &["absent.wav"]),
        (&["empty.wav"], &["empty.wav", "empty"]),
        (&["in.wav", "--start", "3"], &["in.wav", "3.00 s long"]),
        (&["in.wav", "--start", "2", "--end", "1"], &["--start 2", "--end 1"]),
        (&["in.wav", "--end", "nan"], &["--end", "NaN"]),
        (&["in.wav", "--f0", "none.csv"], &["none.csv", "line 2", "high"]),
        (&["in.wav", "--f0", "absent.csv"], &["absent.csv"]),
        (&["in.wav", "in.wav", "--f0", "f0.csv"], &["--f0", "single", "2"]),
        (&["in.wav", "in.wav", "--plot", "a.svg"], &["--plot", "single"]),
        (&["in.wav", "--plot", "a.pdf"], &["a.pdf", ".svg", ".png"]),
        (&["in.wav", "--f0", "f0.csv", "--frames", "f0.csv", "--force"], &["f0.csv", "same file"]),
        (&["in.wav", "--frames", "absent/frames.csv"], &["absent/frames.csv"]),
    ];
    for (args, culprits) in cases {
        studio.refuses(&[&["measure"], args].concat(), culprits);
    }
    assert_eq!(studio.run(&["measure"]).status.code(), Some(2));
}
