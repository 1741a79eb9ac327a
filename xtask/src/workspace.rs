//! Paths of the workspace and its target folder, and commands that run there.
//!
//! In: nothing. Out: paths.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, ensure};

/// The folder of the workspace's `Cargo.toml`.
pub fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map_or(here.clone(), PathBuf::from)
}

/// The one folder for everything that is built or generated.
pub fn target_folder() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => std::path::absolute(&folder).unwrap_or(folder.into()),
        None => root().join("target"),
    }
}

/// Runs a command in the workspace's root, with its output going where ours goes.
pub fn run(command: &mut Command) -> anyhow::Result<()> {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let text = words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    let status = command.current_dir(root()).status().with_context(|| format!("cannot run '{text}'"))?;
    ensure!(status.success(), "'{text}' ended with {status}");
    Ok(())
}
