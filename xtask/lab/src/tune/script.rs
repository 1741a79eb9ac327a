//! Python programs that measure.
//!
//! In: a script and its arguments. Out: the lines that it prints, as they come.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// A script and its interpreter.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Script {
    /// The interpreter.
    pub(super) python: PathBuf,
    /// The program.
    pub(super) path: PathBuf,
}

impl Script {
    /// Runs it to its end and returns the lines it prints; `progress` is called with their number so far.
    pub(super) fn lines(&self, args: &[OsString], mut progress: impl FnMut(usize)) -> anyhow::Result<Vec<String>> {
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
