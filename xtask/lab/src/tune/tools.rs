//! The programs that measure and share no code with the engine: Python scripts in a folder of their own.
//!
//! In: the command line. Out: scripts that exist, and an interpreter that runs them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use xtask::python;

use super::script::Script;
use super::{Tune, quality, reference};

/// The folder and the interpreter, as far as they were given.
pub(super) struct Found {
    folder: PathBuf,
    python: Option<PathBuf>,
}

/// The folder and the interpreter.
pub(super) struct Tools {
    folder: PathBuf,
    python: PathBuf,
}

impl Found {
    /// Looks for what the command line names; nothing is written. `None` if it names no folder.
    pub(super) fn new(tune: &Tune) -> anyhow::Result<Option<Self>> {
        let Some(folder) = &tune.tools else { return Ok(None) };
        ensure!(folder.is_dir(), "there is no folder '{}': --tools takes one with programs", folder.display());
        for script in [Some(reference::SCRIPT), tune.quality.then_some(quality::SCRIPT)].into_iter().flatten() {
            let path = folder.join(script);
            ensure!(path.is_file(), "there is no '{}': --tools takes a folder that has it", path.display());
        }
        let python = tune.python.as_deref().map(runnable).transpose()?;
        Ok(Some(Self { folder: std::path::absolute(folder)?, python }))
    }

    /// The same with an interpreter: without one that was given, that of an environment in `environment`, which is made
    /// if it is not there.
    pub(super) fn ready(self, environment: &Path) -> anyhow::Result<Tools> {
        let own = || python::environment(environment, &self.folder.join("requirements.txt"));
        let python = self.python.map_or_else(own, Ok)?;
        Ok(Tools { folder: self.folder, python })
    }
}

impl Tools {
    /// A script in the folder.
    pub(super) fn script(&self, name: &str) -> Script {
        Script { python: self.python.clone(), path: self.folder.join(name) }
    }
}

/// An interpreter that starts; otherwise an error.
fn runnable(python: &Path) -> anyhow::Result<PathBuf> {
    let nothing = Command::new(python).args(["-c", ""]).stdin(Stdio::null()).output();
    let nothing = nothing.with_context(|| format!("cannot run '{}'", python.display()))?;
    ensure!(nothing.status.success(), "'{}' runs no Python: it ended with {}", python.display(), nothing.status);
    Ok(python.to_owned())
}
