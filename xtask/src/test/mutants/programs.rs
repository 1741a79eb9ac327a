//! Test programs: building and running them.
//!
//! In: the copy of the workspace, names of tests. Out: programs; whether one passes, fails or hangs.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::Value;

use super::tree::Tree;

/// The name of the crate's unit tests among the programs.
pub(super) const UNIT_TESTS: &str = "unit tests";

/// A test program.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Program {
    /// Its file's name in `tests/`, or [`UNIT_TESTS`].
    pub(super) name: String,
    path: PathBuf,
}

/// The result of running a program.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Run {
    Passed,
    /// This test failed, or ended the whole program.
    Failed(String),
    TimedOut,
}

/// Builds the programs of these names. `None` if they do not build: then `log` has the reason.
pub(super) fn build(
    tree: &Tree,
    names: &[&str],
    with_window: bool,
    log: Stdio,
) -> anyhow::Result<Option<Vec<Program>>> {
    let mut cargo = Command::new("cargo");
    cargo.args(["test", "--package", "con_anima", "--no-run", "--message-format", "json-render-diagnostics"]);
    if !with_window {
        cargo.arg("--no-default-features");
    }
    for name in names {
        if *name == UNIT_TESTS {
            cargo.arg("--lib")
        } else {
            cargo.args(["--test", name])
        };
    }
    cargo.current_dir(&tree.folder).env("CARGO_TARGET_DIR", &tree.build_folder);
    // Debug data are not needed here, and linking is faster without them.
    cargo.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_INCREMENTAL", "1");
    let output = cargo.stdin(Stdio::null()).stderr(log).output().context("cannot run cargo")?;
    if !output.status.success() {
        return Ok(None);
    }
    let programs = programs(&String::from_utf8_lossy(&output.stdout));
    let missing: Vec<_> = names.iter().filter(|name| !programs.iter().any(|program| program.name == **name)).collect();
    ensure!(missing.is_empty(), "cargo built no program for {missing:?}");
    Ok(Some(programs))
}

/// The test programs in cargo's messages.
fn programs(messages: &str) -> Vec<Program> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let program = |message: Value| {
        let path = message["executable"].as_str().filter(|_| message["profile"]["test"] == true)?.into();
        let is_integration = message["target"]["kind"][0] == "test";
        let name = if is_integration { message["target"]["name"].as_str()? } else { UNIT_TESTS }.to_owned();
        Some(Program { name, path })
    };
    messages.filter_map(program).collect()
}

impl Program {
    /// Runs the tests whose names contain `filter`, until all have passed, one fails or the time is over.
    pub(super) fn run(&self, folder: &Path, filter: Option<&str>, limit: Duration) -> anyhow::Result<Run> {
        let mut command = Command::new(&self.path);
        command.args(filter).current_dir(folder).env("CARGO_MANIFEST_DIR", folder);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().with_context(|| format!("cannot run '{}'", self.path.display()))?;
        let output = child.stdout.take().context("a program's output is missing")?;
        std::thread::scope(|scope| {
            let (sender, lines) = channel();
            scope.spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    if sender.send(line).is_err() {
                        break;
                    }
                }
            });
            follow(&mut child, &lines, limit)
        })
    }
}

/// Waits for the first failure, the end, or the time limit, and then ends the program.
fn follow(child: &mut Child, lines: &Receiver<String>, limit: Duration) -> anyhow::Result<Run> {
    let end = Instant::now() + limit;
    loop {
        let run = match lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(line) => match failed(&line) {
                Some(test) => Run::Failed(test.to_owned()),
                None => continue,
            },
            Err(RecvTimeoutError::Timeout) => Run::TimedOut,
            Err(RecvTimeoutError::Disconnected) => {
                let status = child.wait().context("cannot wait for a program of tests")?;
                return Ok(if status.success() { Run::Passed } else { Run::Failed(status.to_string()) });
            }
        };
        child.kill().and_then(|()| child.wait()).context("cannot end a program of tests")?;
        return Ok(run);
    }
}

/// The name of the failed test in a line of a program's output.
fn failed(line: &str) -> Option<&str> {
    line.strip_prefix("test ")?.strip_suffix(" ... FAILED")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_programs_are_picked_from_cargos_messages() {
        let message = |kind: &str, name: &str, is_test: bool, executable: &str| {
            format!(
                r#"{{"target": {{"kind": [{kind}], "name": "{name}"}}, "profile": {{"test": {is_test}}},
                "executable": {executable}}}"#
            )
            .replace('\n', "")
        };
        let messages = [
            message(r#""lib", "cdylib""#, "con_anima", false, "null"),
            message(r#""lib", "cdylib""#, "con_anima", true, r#""/d/con_anima-1""#),
            message(r#""test""#, "hearing", true, r#""/d/hearing-2""#),
            r#"{"reason": "build-finished", "success": true}"#.to_owned(),
        ];
        let names: Vec<_> = programs(&messages.join("\n")).into_iter().map(|program| program.name).collect();
        assert_eq!(names, [UNIT_TESTS, "hearing"]);
    }

    #[test]
    fn a_failed_test_is_read_from_its_line() {
        assert_eq!(failed("test a_voice_is_heard ... FAILED"), Some("a_voice_is_heard"));
        assert_eq!(failed("test a_voice_is_heard ... ok"), None);
        assert_eq!(failed("test result: FAILED. 3 passed"), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_does_not_end_is_ended() {
        let program = Program { name: "sleep".to_owned(), path: "/bin/sleep".into() };
        let run = program.run(Path::new("/"), Some("30"), Duration::from_millis(50)).unwrap();
        assert_eq!(run, Run::TimedOut);
        let passed = program.run(Path::new("/"), Some("0"), Duration::from_secs(10)).unwrap();
        assert_eq!(passed, Run::Passed);
        let failed = program.run(Path::new("/"), Some("no time"), Duration::from_secs(10)).unwrap();
        assert!(matches!(failed, Run::Failed(_)));
    }
}
