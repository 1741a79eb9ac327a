//! `install`, as far as it needs no build.

use std::process::Command;

use crate::PROGRAM;

#[test]
fn a_dry_run_names_the_users_own_folders_and_writes_nothing() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let said = |args: &[&str]| {
        let mut install = Command::new(PROGRAM);
        install.arg("install").args(args).env("HOME", home.path()).env("LOCALAPPDATA", home.path());
        let output = install.output().expect("the command line runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    for (args, verb) in [(["--dry-run"].as_slice(), "would install"), (&["--dry-run", "--uninstall"], "would remove")] {
        let text = said(args);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2, "a line for each bundle: {text}");
        for (line, name) in lines.iter().zip(["Con Anima.vst3", "Con Anima.clap"]) {
            assert!(line.starts_with(verb) && line.contains(name), "{line}");
            assert!(line.contains(&*home.path().to_string_lossy()), "{line}");
        }
    }
    assert_eq!(said(&["--uninstall"]).matches("nothing to remove").count(), 2);
    assert_eq!(std::fs::read_dir(home.path()).expect("the folder is there").count(), 0);
}

#[test]
fn without_a_home_there_is_no_place_for_it() {
    let mut install = Command::new(PROGRAM);
    let output = install.args(["install", "--dry-run"]).env_remove("HOME").env_remove("LOCALAPPDATA").output();
    let output = output.expect("the command line runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains(if cfg!(windows) { "LOCALAPPDATA" } else { "HOME" }), "{stderr}");
}
