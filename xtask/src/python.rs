//! External Python programs, run in an environment of their own.
//!
//! In: requirements; a script and its arguments. Out: an interpreter; the lines that the script prints, as they come.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::workspace::run;

/// The interpreter of an environment in `folder` that has these requirements; it is made, or brought up to date when
/// they have changed.
pub(crate) fn environment(folder: &Path, requirements: &Path) -> anyhow::Result<PathBuf> {
    let wanted = std::fs::read_to_string(requirements);
    let wanted = wanted.with_context(|| format!("cannot read '{}'", requirements.display()))?;
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let record = folder.join("installed_requirements.txt");
    if !python.exists() {
        run(Command::new(if cfg!(windows) { "python" } else { "python3" }).args(["-m", "venv"]).arg(folder))?;
    }
    if std::fs::read_to_string(&record).ok().as_ref() != Some(&wanted) {
        run(Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(requirements))?;
        std::fs::write(&record, &wanted).with_context(|| format!("cannot write '{}'", record.display()))?;
    }
    Ok(python)
}

/// A script and its interpreter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Script {
    /// The interpreter.
    pub(crate) python: PathBuf,
    /// The program.
    pub(crate) path: PathBuf,
}

impl Script {
    /// Runs it to its end and returns the lines it prints; `progress` is called with their number so far.
    pub(crate) fn lines(&self, args: &[OsString], mut progress: impl FnMut(usize)) -> anyhow::Result<Vec<String>> {
        let Self { python, path } = self;
        // A file, not a pipe: a pipe would fill up while the lines are read.
        let mut errors = tempfile::tempfile().context("cannot make a temporary file")?;
        let mut command = Command::new(python);
        command.arg(path).args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors.try_clone()?);
        let mut child = command.spawn().with_context(|| format!("cannot run '{}'", python.display()))?;
        let mut lines = Vec::new();
        for line in child.stdout.take().into_iter().flat_map(|stdout| BufReader::new(stdout).lines()) {
            lines.push(line.with_context(|| format!("cannot read what '{}' prints", path.display()))?);
            progress(lines.len());
        }
        let status = child.wait().with_context(|| format!("cannot wait for '{}'", path.display()))?;
        if !status.success() {
            let mut text = Vec::new();
            errors.rewind()?;
            errors.read_to_end(&mut text)?;
            let text = String::from_utf8_lossy(&text).into_owned();
            let last = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it does not say why");
            bail!("'{}' ended with {status}: {last}", path.display());
        }
        Ok(lines)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// The output of a shell script: any interpreter will do.
    fn said(text: &str) -> anyhow::Result<Vec<String>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("script.sh");
        std::fs::write(&path, text)?;
        Script { python: PathBuf::from("sh"), path }.lines(&["a".into(), "b c".into()], |_| ())
    }

    #[test]
    fn a_script_gets_its_arguments_and_is_read_to_its_end() {
        assert_eq!(said("echo $#; echo a warning >&2; echo \"$2\"").expect("it succeeds"), ["2", "b c"]);
    }

    #[test]
    fn a_failing_script_is_named_with_its_last_word() {
        let error = said("echo half; echo a trace >&2; echo 'no such module' >&2; echo >&2; exit 3").expect_err("3");
        let error = error.to_string();
        assert!(error.contains("script.sh' ended with") && error.ends_with(": no such module"), "{error}");
        let script = Script { python: PathBuf::from("/absent/python"), path: PathBuf::from("x.py") };
        let error = script.lines(&[], |_| ()).expect_err("no interpreter").to_string();
        assert!(error.contains("/absent/python"), "{error}");
    }
}
