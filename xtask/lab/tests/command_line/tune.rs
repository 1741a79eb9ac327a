//! What a tuning run says, and what it refuses. A shell stands in for Python, and scripts of its own for the tools.
#![cfg(unix)]

use serde_json::Value;

use crate::studio::{Studio, short_wav};

const MANIFEST: &str = "file\tkind\nmachine.wav\tsynthetic female\nperson.wav\thuman sung female\nmany.wav\tchoir\n";

/// The ranges of human singers that a run reads.
const RANGES: &str = include_str!("../../../../docs/human_ranges.tsv");

/// Every statistic, as far above the median of people as this.
fn statistics(above: f64) -> String {
    let lines = || RANGES.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let header = lines().next().expect("a header");
    let p50 = header.iter().position(|name| *name == "p50").expect("medians");
    let value = |line: &[&str]| above + line[p50].parse::<f64>().expect("a median");
    lines().skip(1).map(|line| format!(", \"{}\": {}", line[0], value(&line))).collect()
}

/// Measures everybody as the median of people, but for the second singer, who is far above. Files follow five words of
/// options.
fn measuring() -> String {
    format!(
        "shift 5
        for f; do
            case \"$f\" in *.seed2.wav) v='{}' ;; *) v='{}' ;; esac
            test -s \"$f\" && echo \"{{\\\"file\\\": \\\"${{f##*/}}\\\"$v}}\"
        done",
        statistics(1000.0),
        statistics(0.0)
    )
}

/// Everything that a run can be given.
fn material() -> Studio {
    let studio = Studio::new();
    for folder in ["material", "tools"] {
        std::fs::create_dir(studio.path(folder)).expect("a folder");
    }
    studio
        .with("material/MANIFEST.tsv", MANIFEST)
        .with("material/machine.wav", short_wav())
        .with("material/person.wav", short_wav())
        .with("tools/voice_stats.py", measuring())
}

const TUNE: [&str; 9] = ["tune", "--material", "material", "--tools", "tools", "--python", "sh", "--seeds", "2"];

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

/// The files that were rendered.
fn renders(studio: &Studio) -> Vec<String> {
    let entries = std::fs::read_dir(studio.path("target/tune/renders")).expect("a folder");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn without_recordings_and_tools_the_demo_singer_is_measured() {
    let studio = Studio::new();
    let report: Value = serde_json::from_str(&studio.done(&["tune", "--seeds", "1", "--json"])).expect("JSON only");
    assert_eq!(report["sections"].as_array().map(Vec::len), Some(1));
    assert_eq!((value(&report, 0, 0, "n"), value(&report, 0, 0, "p50")), (2.0, 7.393));
    let left_out = report["left_out"].as_array().expect("what was left out");
    let options = ["--material DIR", "--material DIR", "--tools DIR"];
    assert!(
        left_out.len() == 3 && left_out.iter().zip(options).all(|(line, option)| line.to_string().contains(option))
    );
    let written = ["demo_man.seed1.wav", "demo_man.wav", "demo_woman.seed1.wav", "demo_woman.wav"];
    assert_eq!(renders(&studio), written);
}

#[test]
fn machines_are_held_against_people_and_people_against_themselves() {
    let studio = material();
    let report = tuned(&studio, &[]);
    // One of two singers is human, in every statistic.
    let drift = &report["sections"][0]["rows"][0];
    assert_eq!((&drift["name"], &drift["remark"]), (&Value::from("drift_c"), &Value::from("machine 1007.4")));
    assert_eq!((value(&report, 0, 0, "n"), value(&report, 0, 0, "inside %")), (2.0, 50.0));
    assert!((value(&report, 0, 0, "median") - 507.393).abs() < 1e-6);
    // One of two leaves a person as they are.
    assert_eq!(report["sections"][2]["rows"][0]["remark"], "+0.0 +13526.3");
    assert_eq!((value(&report, 1, 0, "of them within 15 %"), value(&report, 1, 0, "left the range")), (1.0, 1.0));
    let written = ["machine.seed1.wav", "machine.seed2.wav", "person.seed1.wav", "person.seed2.wav"];
    assert_eq!((renders(&studio), &report["left_out"]), (written.map(str::to_owned).to_vec(), &serde_json::json!([])));
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
    for name in ["tools/voice_stats.py", "material/MANIFEST.tsv", "material/person.wav"] {
        refused(&without(name), &[], &[name]);
    }
    refused(&material(), &["--quality"], &["tools/quality.py"]);
    refused(&material(), &["--takes", "--file", "nobody"], &["--file 'nobody'"]);
    refused(&material(), &["--try", "drift"], &["--try 'drift'", "ID=V1,V2"]);
    refused(&material(), &["--try", "seed=1,2"], &["seed", "--seeds"]);
    refused(&material(), &["--set", "take=2"], &["take", "--take"]);
    material().refuses(&["tune", "--tools", "tools", "--python", "absent/python"], &["absent/python"]);
    Studio::new().refuses(&["tune", "--material", "absent"], &["folder 'absent'", "--material"]);
    Studio::new().refuses(&["tune", "--tools", "absent"], &["folder 'absent'", "--tools"]);
    Studio::new().refuses(&["tune", "--takes", "--file", "nobody"], &["--file 'nobody'", "demo_woman, demo_man"]);
    for option in [&["--quality"][..], &["--python", "sh"]] {
        assert_eq!(Studio::new().run(&[&["tune"], option].concat()).status.code(), Some(2), "{option:?} needs --tools");
    }
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
