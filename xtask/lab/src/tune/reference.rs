//! The reference statistics of recordings, by a program on Praat and WORLD that shares no code with the engine.
//!
//! In: files. Out: their statistics by name.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use super::script::Script;

/// The script's name in the tools folder.
pub(super) const SCRIPT: &str = "voice_stats.py";

/// The options with which the table of human ranges was made: without band aperiodicity, and of the first 16 seconds.
const OPTIONS: [&str; 3] = ["--no-d4c", "--end", "16"];

/// The statistics of one recording. What could not be measured is missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Statistics(BTreeMap<String, f64>);

impl Statistics {
    /// The value of a statistic.
    pub(super) fn get(&self, id: &str) -> Option<f64> {
        self.0.get(id).copied()
    }

    /// One line of the program, which must be about `file`.
    fn parse(line: &str, file: &Path) -> anyhow::Result<Self> {
        let row: BTreeMap<String, Value> = serde_json::from_str(line).context("a line is no JSON object")?;
        if let Some(error) = row.get("error").and_then(Value::as_str) {
            bail!("{error}");
        }
        let name = row.get("file").and_then(Value::as_str);
        let is_same = name.is_some_and(|name| file.file_name().is_some_and(|file| file.to_string_lossy() == name));
        ensure!(is_same, "the line is about '{}'", name.unwrap_or_default());
        Ok(Self(row.into_iter().filter_map(|(id, value)| Some((id, value.as_f64()?))).collect()))
    }

    /// Values by their names.
    pub(super) fn of(values: &[(&str, f64)]) -> Self {
        Self(values.iter().map(|(id, value)| ((*id).to_owned(), *value)).collect())
    }
}

/// The values of one statistic, where it could be measured.
pub(super) fn values(measured: &[Statistics], id: &str) -> Vec<f64> {
    measured.iter().filter_map(|statistics| statistics.get(id)).collect()
}

/// Measures files, in their order; `progress` is told how many are done.
pub(super) fn statistics(
    script: &Script,
    files: &[PathBuf],
    n_jobs: usize,
    progress: impl FnMut(usize),
) -> anyhow::Result<Vec<Statistics>> {
    let mut args: Vec<OsString> = OPTIONS.iter().map(OsString::from).collect();
    args.extend(["--jobs".into(), n_jobs.to_string().into()]);
    args.extend(files.iter().map(OsString::from));
    let lines = script.lines(&args, progress)?;
    ensure!(
        lines.len() == files.len(),
        "'{}' measured {} of {} files",
        script.path.display(),
        lines.len(),
        files.len()
    );
    let measure = |(line, file): (&String, &PathBuf)| {
        Statistics::parse(line, file)
            .with_context(|| format!("'{}' cannot measure '{}'", script.path.display(), file.display()))
    };
    lines.iter().zip(files).map(measure).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_kept_and_what_is_not_measured_is_not() {
        let line = r#"{"file": "a.wav", "drift_c": 7.5, "inton_sd_c": null, "n_notes": 12}"#;
        let parsed = Statistics::parse(line, Path::new("/x/a.wav")).expect("a good line");
        assert_eq!(parsed, Statistics::of(&[("drift_c", 7.5), ("n_notes", 12.0)]));
        assert_eq!(values(&[parsed, Statistics::default()], "drift_c"), [7.5]);
        for (line, culprit) in [
            ("Traceback", "no JSON"),
            (r#"{"file": "b.wav"}"#, "about 'b.wav'"),
            (r#"{"file": "a.wav", "error": "too short"}"#, "too short"),
        ] {
            let refusal = Statistics::parse(line, Path::new("/x/a.wav")).expect_err("no statistics").to_string();
            assert!(refusal.contains(culprit), "{refusal}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn each_file_must_be_measured() {
        let folder = tempfile::tempdir().expect("a folder");
        let script = Script { python: "sh".into(), path: folder.path().join("stats.sh") };
        // Files follow five words of options.
        let text = r#"shift 5; for f; do echo "{\"file\": \"${f##*/}\", \"drift_c\": ${#f}}"; done"#;
        std::fs::write(&script.path, text).expect("a script");
        let files = [PathBuf::from("/x/a.wav"), PathBuf::from("/x/bcd.wav")];
        let measured = statistics(&script, &files, 2, |_| ()).expect("two lines");
        assert_eq!(values(&measured, "drift_c"), [8.0, 10.0]);
        std::fs::write(&script.path, "echo '{\"file\": \"a.wav\"}'").expect("a script");
        let refusal = statistics(&script, &files, 2, |_| ()).expect_err("one line").to_string();
        assert!(refusal.contains("stats.sh' measured 1 of 2 files"), "{refusal}");
    }
}
