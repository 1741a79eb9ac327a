//! External Python programs, run in an environment of their own.
//!
//! In: requirements. Out: an interpreter.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use crate::workspace::run;

/// The interpreter of an environment in `folder` that has these requirements; it is made, or brought up to date when
/// they have changed.
pub fn environment(folder: &Path, requirements: &Path) -> anyhow::Result<PathBuf> {
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
