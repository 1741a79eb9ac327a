//! What a tuning run says, and what it refuses. A shell stands in for Python, and scripts of its own for the tools.
#![cfg(unix)]

use serde_json::Value;

use crate::studio::{Studio, short_wav};

const MANIFEST: &str = "file\tkind\nmachine.wav\tsynthetic female\nperson.wav\thuman sung female\nmany.wav\tchoir\n";

const STATISTICS: [&str; 11] = [
    "drift_c",
    "note_trend_c_s",
    "dev_sd_c",
    "vib_band_c",
    "flutter_c",
    "slow_slope",
    "inton_sd_c",
    "flat_frac",
    "scoop_abs_c",
    "jitter_loc",
    "am_slow_db",
];

/// Measures 9 of the second singer and 2 of everybody else. Files follow five words of options.
fn measuring() -> String {
    let numbers: String = STATISTICS.iter().map(|id| format!(", \\\"{id}\\\": $v")).collect();
    format!(
        "shift 5
        for f; do
            case \"$f\" in *.seed2.wav) v=9 ;; *) v=2 ;; esac
            test -s \"$f\" && echo \"{{\\\"file\\\": \\\"${{f##*/}}\\\"{numbers}}}\"
        done"
    )
}

/// Everything that a run needs.
fn material() -> Studio {
    let studio = Studio::new();
    for folder in ["material", "tools"] {
        std::fs::create_dir(studio.path(folder)).expect("a folder");
    }
    let ranges = STATISTICS.iter().fold("stat\tp10\tp50\tp90\n".to_owned(), |text, id| text + id + "\t1\t2\t4\n");
    studio
        .with("material/MANIFEST.tsv", MANIFEST)
        .with("material/machine.wav", short_wav())
        .with("material/person.wav", short_wav())
        .with("material/human_ranges.tsv", ranges)
        .with("tools/voice_stats.py", measuring())
}

const TUNE: [&str; 7] = ["tune", "--material", ".", "--python", "sh", "--seeds", "2"];

fn tuned(studio: &Studio, args: &[&str]) -> Value {
    let json = studio.done(&[&TUNE, args, &["--json"]].concat());
    serde_json::from_str(&json).expect("JSON only")
}

fn refused(studio: &Studio, args: &[&str], culprits: &[&str]) {
    studio.refuses(&[&TUNE, args].concat(), culprits);
}

fn value(report: &Value, section: usize, row: usize, column: &str) -> f64 {
    report["sections"][section]["rows"][row]["measures"][column]["value"].as_f64().expect("a value")
}

#[test]
fn machines_are_held_against_people_and_people_against_themselves() {
    let studio = material();
    let report = tuned(&studio, &[]);
    // One of two singers is human, in every statistic.
    let drift = &report["sections"][0]["rows"][0];
    assert_eq!((&drift["name"], &drift["remark"]), (&Value::from("drift_c"), &Value::from("machine 9.00")));
    assert_eq!((value(&report, 0, 0, "n"), value(&report, 0, 0, "inside %")), (2.0, 50.0));
    assert_eq!(value(&report, 0, 10, "median"), 5.5);
    // One of two leaves a person as they are.
    assert_eq!(report["sections"][2]["rows"][0]["remark"], "+0.0 +350.0");
    assert_eq!((value(&report, 1, 0, "of them within 15 %"), value(&report, 1, 0, "left the range")), (1.0, 1.0));
    let mut written: Vec<_> = std::fs::read_dir(studio.path("target/tune/renders"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    written.sort();
    assert_eq!(written, ["machine.seed1.wav", "machine.seed2.wav", "person.seed1.wav", "person.seed2.wav"]);
}

#[test]
fn a_trial_has_a_row_for_each_value() {
    let report = tuned(&material(), &["--try", "drift=8,12"]);
    let rows = report["sections"][0]["rows"].as_array().expect("rows");
    assert_eq!(rows.iter().map(|row| &row["name"]).collect::<Vec<_>>(), ["drift=8", "drift=12"]);
    assert_eq!(value(&report, 0, 1, "mean"), 50.0);
}

#[test]
fn what_is_not_there_is_named_before_anything_is_sung() {
    let without = |name: &str| {
        let studio = material();
        std::fs::remove_file(studio.path(name)).expect("a file");
        studio
    };
    for name in ["tools/voice_stats.py", "material/MANIFEST.tsv", "material/human_ranges.tsv", "material/person.wav"] {
        refused(&without(name), &[], &[name]);
    }
    refused(&material(), &["--quality"], &["tools/quality.py"]);
    refused(&material(), &["--takes", "--file", "nobody"], &["--file 'nobody'"]);
    refused(&material(), &["--try", "drift"], &["--try 'drift'", "ID=V1,V2"]);
    refused(&material(), &["--try", "seed=1,2"], &["seed", "--seeds"]);
    refused(&material(), &["--set", "take=2"], &["take", "--take"]);
    material().refuses(&["tune", "--material", ".", "--python", "absent/python"], &["absent/python"]);
}

#[test]
fn a_tool_that_fails_is_named_with_its_last_word() {
    let fails = |script: &str, culprits: &[&str]| {
        let studio = material().with("tools/voice_stats.py", script);
        // What was sung stays, so there must be a folder for it.
        std::fs::create_dir(studio.path("target")).expect("a folder");
        refused(&studio, &[], &[&["tools/voice_stats.py"], culprits].concat());
    };
    fails("echo trace >&2; echo no such module >&2; exit 1", &["no such module"]);
    fails("echo '{\"file\": \"machine.seed1.wav\"}'", &["1 of 2 files"]);
    fails(&measuring().replace("\"$f\" &&", "\"$f\" && f=x &&"), &["machine.seed1.wav"]);
}
