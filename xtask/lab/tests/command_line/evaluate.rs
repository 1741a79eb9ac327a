//! What an evaluation says, and what it refuses.

use std::process::{Command, Output};

use serde_json::Value;

use crate::studio::{Studio, short_wav};

const MANIFEST: &str = "file\tsr\tkind\naudio.wav\t48000\thuman sung female\n";

fn evaluate(studio: &Studio, args: &[&str]) -> Output {
    let mut command = Command::new(crate::PROGRAM);
    command.arg("evaluate").args(args).current_dir(studio.path(""));
    command.output().expect("the command line runs")
}

fn evaluated(studio: &Studio, args: &[&str]) -> String {
    let output = evaluate(studio, args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.is_empty(), "{args:?}: {stderr}");
    String::from_utf8(output.stdout).expect("text")
}

fn refused(studio: &Studio, args: &[&str], culprits: &[&str]) {
    let output = evaluate(studio, args);
    let stderr = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1), "{args:?}: {stderr}");
    assert!(stderr.starts_with("error: ") && stderr.lines().count() == 1, "{args:?}: {stderr}");
    assert!(output.stdout.is_empty(), "{args:?}");
    for culprit in culprits {
        assert!(stderr.contains(culprit), "{args:?} must name {culprit}: {stderr}");
    }
}

/// A folder with one recording, and its reference if there is one.
fn material(reference: Option<&str>) -> Studio {
    let studio = Studio::new().with("MANIFEST.tsv", MANIFEST).with("audio.wav", short_wav());
    std::fs::create_dir(studio.path("reference")).expect("a folder");
    match reference {
        Some(reference) => studio.with("reference/audio.f0.csv", reference),
        None => studio,
    }
}

fn names(report: &Value, section: usize) -> Vec<String> {
    let rows = report["sections"][section]["rows"].as_array().expect("rows");
    rows.iter().map(|row| row["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn the_demo_singer_needs_no_material() {
    let studio = Studio::new();
    let text = evaluated(&studio, &["--only", "steady 440 Hz, 10 dB", "--mode", "live"]);
    assert!(text.contains("steady 440 Hz, 10 dB") && !text.contains("demo song"), "{text}");
    assert!(text.lines().last().expect("a summary").contains(" of 3 targets reached, "), "{text}");
    let left_out = text.split("\nLeft out\n").nth(1).expect("what was left out");
    assert!(left_out.contains("Note onsets, within 30 ms, all: ") && left_out.contains("--material DIR"), "{text}");
    let report: Value = serde_json::from_str(&evaluated(&studio, &["--only", "440", "--json"])).expect("JSON only");
    let expected: Vec<String> = ["steady", "glide"]
        .iter()
        .flat_map(|kind| ["clean", "20 dB", "10 dB"].map(|noise| format!("{kind} 440 Hz, {noise}")))
        .collect();
    assert_eq!(names(&report, 0), expected);
    let count = |key: &str| report[key].as_u64().expect("a count");
    assert_eq!((count("targets"), count("passed") + count("missed")), (18, 18));
}

#[test]
fn a_folder_of_recordings_is_listened_to() {
    let studio = material(Some("time_s,praat_hz,world_hz\n0,0,0\n0.05,220,221\n0.08,220,0\n"));
    let json = evaluated(&studio, &["--material", ".", "--only", "audio", "--json"]);
    let report: Value = serde_json::from_str(&json).expect("JSON only");
    let rows: Vec<Vec<String>> = (0..6).map(|section| names(&report, section)).collect();
    let audio = vec!["audio".to_owned()];
    assert_eq!(rows, [vec![], audio.clone(), vec![], vec![], audio.clone(), audio]);
    assert_eq!(report["left_out"], serde_json::json!([]));
    assert_eq!(report["sections"][1]["rows"][0]["measures"]["voicing agreed %"]["target"], ">=95");
}

#[test]
fn what_it_cannot_use_is_named() {
    let good = "time_s,praat_hz,world_hz\n0,0,0\n";
    refused(&Studio::new(), &["--mode", "slow"], &["--mode", "slow", "Live, Studio, Phrase"]);
    refused(&Studio::new(), &["--only", "yodel"], &["--only", "yodel"]);
    refused(&Studio::new(), &["--material", "absent"], &["folder 'absent'", "--material"]);
    let listen = ["--material", ".", "--only", "audio"];
    refused(&Studio::new(), &listen, &["MANIFEST.tsv"]);
    refused(&Studio::new().with("MANIFEST.tsv", "file\tsr\n"), &listen, &["MANIFEST.tsv", "column 'kind'"]);
    refused(&Studio::new().with("MANIFEST.tsv", "file\tkind\n"), &listen, &["MANIFEST.tsv", "no files"]);
    refused(&Studio::new().with("MANIFEST.tsv", MANIFEST), &listen, &["audio.wav"]);
    refused(&material(None), &listen, &["audio.f0.csv"]);
    refused(&material(Some(&format!("{good}0.005,many,0\n"))), &listen, &["audio.f0.csv", "line 3"]);
}
