//! The steps of `cargo xtask test` that build, lint and run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use crate::bundle::Bundle;
use crate::workspace;

/// The test in a real VST3 host, given the bundle and this program, which bounces what the plugin must equal.
const HOST_TEST: &str = "tests/vst3_host.py";

/// What it needs, pinned.
const HOST_TEST_REQUIREMENTS: &str = "tests/requirements.txt";

/// What the bundler makes of the name in bundler.toml, within the target folder.
const VST3_BUNDLE: &str = "bundled/Con Anima.vst3";

pub(super) fn format() -> anyhow::Result<()> {
    cargo(&["fmt", "--all", "--check"])
}

/// Not with all features: the standalone program needs headers that the plugin does not.
pub(super) fn lints() -> anyhow::Result<()> {
    cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    cargo(&["clippy", "--no-default-features", "-p", "con_anima", "--", "-D", "warnings"])
}

pub(super) fn tests() -> anyhow::Result<()> {
    let mut nextest = Command::new("cargo");
    nextest.args(["nextest", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    if nextest.status().is_ok_and(|status| status.success()) {
        cargo(&["nextest", "run", "--workspace"])
    } else {
        cargo(&["test", "--workspace", "--lib", "--bins", "--tests"])
    }
}

/// Doc tests stand apart, because nextest runs none.
pub(super) fn doc_tests() -> anyhow::Result<()> {
    cargo(&["test", "--doc"])
}

pub(super) fn release_bundle() -> anyhow::Result<()> {
    Bundle::release().run()
}

pub(super) fn vst3_host() -> anyhow::Result<()> {
    let requirements = workspace::root().join(HOST_TEST_REQUIREMENTS);
    let python = python_with(&requirements)?;
    let bundle = workspace::target_folder().join(VST3_BUNDLE);
    ensure!(bundle.exists(), "there is no bundle '{}'", bundle.display());
    let this = std::env::current_exe().context("cannot find this program's own path")?;
    run(Command::new(python).arg(HOST_TEST).arg(bundle).arg(this))
}

/// The interpreter of an environment that has these requirements; made or brought up to date when they changed.
fn python_with(requirements: &Path) -> anyhow::Result<PathBuf> {
    let wanted = std::fs::read_to_string(requirements);
    let wanted = wanted.with_context(|| format!("cannot read '{}'", requirements.display()))?;
    let folder = workspace::target_folder().join("venv");
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let record = folder.join("installed_requirements.txt");
    if !python.exists() {
        run(Command::new(if cfg!(windows) { "python" } else { "python3" }).args(["-m", "venv"]).arg(&folder))?;
    }
    if std::fs::read_to_string(&record).ok().as_ref() != Some(&wanted) {
        run(Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(requirements))?;
        std::fs::write(&record, &wanted).with_context(|| format!("cannot write '{}'", record.display()))?;
    }
    Ok(python)
}

fn cargo(args: &[&str]) -> anyhow::Result<()> {
    run(Command::new("cargo").args(args))
}

/// Runs a command in the workspace's root, its output going where ours goes.
pub(super) fn run(command: &mut Command) -> anyhow::Result<()> {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let text = words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    let status = command.current_dir(workspace::root()).status().with_context(|| format!("cannot run '{text}'"))?;
    ensure!(status.success(), "'{text}' ended with {status}");
    Ok(())
}
