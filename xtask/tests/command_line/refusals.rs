//! Garbage in: one line that names the culprit, and nothing written.

use crate::studio::{Studio, short_wav, wav};

#[test]
fn recordings_that_are_none() {
    let truncated = short_wav()[..10_044].to_vec();
    let cases: [(&str, Vec<u8>, &[&str]); 9] = [
        ("text.wav", b"These are my notes, not my song.\n".repeat(40).to_vec(), &["text.wav", "WAV"]),
        ("text.mp3", b"These are my notes, not my song.\n".repeat(400).to_vec(), &["text.mp3"]),
        ("empty.wav", Vec::new(), &["empty.wav", "empty"]),
        ("cut.wav", truncated, &["cut.wav", "4800", "2500"]),
        ("header.wav", short_wav()[..30].to_vec(), &["header.wav"]),
        ("nothing.wav", wav(1, 1, 48_000, 16, &[]), &["nothing.wav", "no samples"]),
        ("still.wav", wav(1, 1, 0, 16, &[1, 2]), &["still.wav", " 0"]),
        ("slow.wav", wav(1, 1, 7_999, 16, &[1, 2]), &["slow.wav", "7999", "8000"]),
        ("fast.wav", wav(3, 1, 384_001, 32, &[0; 8]), &["fast.wav", "384001", "384000"]),
    ];
    for (name, bytes, culprits) in cases {
        Studio::new().with(name, bytes).refused(&[name], culprits);
    }
}

#[test]
fn recordings_that_are_not_there() {
    let studio = Studio::new();
    studio.refused(&["absent.wav"], &["absent.wav"]);
    studio.refused(&["."], &["'.'", "folder"]);
}

#[test]
fn parameters_that_do_not_exist_or_do_not_take_their_value() {
    let studio = Studio::new().with("in.wav", short_wav());
    let cases: [(&[&str], &[&str]); 13] = [
        (&["--set", "drft=3"], &["drft=3", "drift"]),
        (&["--set", "drift=51"], &["drift=51", "50"]),
        (&["--set", "drift=many"], &["many", "number"]),
        (&["--set", "drift"], &["'drift'", "ID=VALUE"]),
        (&["--set", "breathe=on"], &["breathe", "--automation", "12.5,breathe,on"]),
        (&["--set", "mode=slow"], &["slow", "Live, Studio, Phrase"]),
        (&["--amount", "151"], &["--amount", "151", "150"]),
        (&["--amount", "-1"], &["--amount", "-1"]),
        (&["--seed", "1.5"], &["--seed", "1.5", "whole"]),
        (&["--take", "0"], &["--take", "99"]),
        (&["--mode", "slow"], &["--mode", "slow", "Live, Studio, Phrase"]),
        (&["--preset", "lively"], &["lively", "intimate"]),
        (&["--start-seconds", "nan"], &["--start-seconds", "NaN"]),
    ];
    for (options, culprits) in cases {
        studio.refused(&[&["in.wav"], options].concat(), culprits);
    }
}

#[test]
fn presets_that_are_none() {
    let studio = Studio::new()
        .with("in.wav", short_wav())
        .with("broken.toml", "[values\ndrift = 1")
        .with("bare.toml", "drift = 1")
        .with("far.toml", "[values]\ndrift = 100");
    for (preset, culprit) in
        [("broken.toml", "preset"), ("bare.toml", "[values]"), ("far.toml", "drift"), ("absent.toml", "preset")]
    {
        studio.refused(&["in.wav", "--preset", preset], &[preset, culprit]);
    }
}

#[test]
fn automation_that_is_none() {
    let cases: [(&str, &[&str]); 5] = [
        ("0,drift,1\n1,mode,Live\n", &["line 2", "mode", "--mode"]),
        ("0,drift,51\n", &["line 1", "drift", "51"]),
        ("0,drft,1\n", &["line 1", "drft"]),
        ("soon,drift,1\n", &["line 1", "soon"]),
        ("", &["no points"]),
    ];
    for (table, culprits) in cases {
        let studio = Studio::new().with("in.wav", short_wav()).with("moves.csv", table);
        studio.refused(&["in.wav", "--automation", "moves.csv"], &[&["moves.csv"], culprits].concat());
    }
    let studio = Studio::new().with("in.wav", short_wav()).with("moves.csv", b"0,drift,\xff\xfe\n");
    studio.refused(&["in.wav", "--automation", "moves.csv"], &["moves.csv", "UTF-8"]);
    studio.refused(&["in.wav", "--automation", "absent.csv"], &["absent.csv"]);
}

#[test]
fn outputs_that_cannot_be_written() {
    let studio = Studio::new().with("in.wav", short_wav()).with("out.wav", "mine");
    std::fs::create_dir(studio.path("folder.wav")).expect("a folder");
    studio.refused(&["in.wav", "-o", "out.wav"], &["out.wav", "exists", "--force"]);
    studio.refused(&["in.wav", "-o", "absent/out.wav"], &["absent/out.wav"]);
    studio.refused(&["in.wav", "-o", "out.wav/out.wav"], &["out.wav/out.wav"]);
    studio.refused(&["in.wav", "-o", "folder.wav", "--force"], &["folder.wav", "folder"]);
    studio.refused(&["in.wav", "-o", "out.mp3"], &["out.mp3", ".wav"]);
    studio.refused(&["in.wav", "--plot", "plot.pdf"], &["plot.pdf", ".svg", ".png"]);
    studio.refused(&["in.wav", "-o", "new.wav", "--plot", "absent/plot.svg"], &["absent/plot.svg"]);
}

/// Nobody, not even root, makes files in /proc.
#[test]
#[cfg(target_os = "linux")]
fn a_folder_that_takes_no_files() {
    let studio = Studio::new().with("in.wav", short_wav());
    studio.refused(&["in.wav", "-o", "/proc/out.wav"], &["/proc/out.wav"]);
    studio.refused(&["in.wav", "--plot", "/proc/out.svg"], &["/proc/out.svg"]);
}

#[test]
fn an_output_that_is_an_input_under_any_name() {
    let studio = Studio::new().with("in.wav", short_wav()).with("moves.csv", "0,drift,1\n");
    std::fs::create_dir(studio.path("folder")).expect("a folder");
    std::fs::hard_link(studio.path("in.wav"), studio.path("hard.wav")).expect("a hard link");
    let absolute = studio.path("in.wav").display().to_string();
    for output in ["in.wav", "./in.wav", "folder/../in.wav", "hard.wav", &absolute] {
        studio.refused(&["in.wav", "-o", output, "--force"], &["same file", "in.wav"]);
        studio.refused(&["hard.wav", "-o", output, "--force"], &["same file", "hard.wav"]);
    }
}

#[test]
#[cfg(unix)]
fn an_output_that_links_to_an_input() {
    let studio = Studio::new().with("in.wav", short_wav());
    std::os::unix::fs::symlink("in.wav", studio.path("soft.wav")).expect("a symbolic link");
    std::os::unix::fs::symlink("nowhere.wav", studio.path("dangling.wav")).expect("a symbolic link");
    studio.refused(&["in.wav", "-o", "soft.wav", "--force"], &["soft.wav", "same file"]);
    studio.refused(&["soft.wav", "-o", "in.wav", "--force"], &["in.wav", "same file"]);
    studio.refused(&["in.wav", "-o", "dangling.wav"], &["dangling.wav", "exists"]);
}

#[test]
fn usage_errors_have_a_status_of_their_own() {
    let studio = Studio::new().with("in.wav", short_wav());
    for args in [&["in.wav", "--block", "0"][..], &["in.wav", "--bits", "8"], &["in.wav", "--loud"]] {
        let output = studio.bounce(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
        assert_eq!(studio.names(), ["in.wav"]);
    }
}
