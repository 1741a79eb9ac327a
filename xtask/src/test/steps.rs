//! The steps of `cargo xtask test` that build, lint and run.

use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use super::validators;
use crate::bundle::{Bundle, VST3_BUNDLE};
use crate::python;
use crate::workspace::{self, run};

/// The test in a real VST3 host; it is given the bundle and this program, whose bounce the plugin's output must equal.
const HOST_TEST: &str = "tests/vst3_host.py";

/// Its requirements, pinned.
const HOST_TEST_REQUIREMENTS: &str = "tests/requirements.txt";

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

/// Doc tests are run separately, because nextest runs none. Of all packages, as the tests before: one alone has other
/// features of its dependencies, which would be compiled again.
pub(super) fn doc_tests() -> anyhow::Result<()> {
    cargo(&["test", "--doc", "--workspace"])
}

pub(super) fn release_bundle() -> anyhow::Result<()> {
    Bundle::release().run()
}

pub(super) fn vst3_host() -> anyhow::Result<()> {
    let requirements = workspace::root().join(HOST_TEST_REQUIREMENTS);
    let python = python::environment(&workspace::target_folder().join("venv"), &requirements)?;
    let bundle = workspace::target_folder().join(VST3_BUNDLE);
    ensure!(bundle.exists(), "there is no bundle '{}'", bundle.display());
    let this = std::env::current_exe().context("cannot find this program's own path")?;
    run(Command::new(python).arg(HOST_TEST).arg(bundle).arg(this))
}

/// Other people's checks of what is bundled, where a path to them is given.
pub(super) fn validators() -> anyhow::Result<()> {
    validators::run(&workspace::target_folder().join("bundled"), |name| std::env::var_os(name))
}

fn cargo(args: &[&str]) -> anyhow::Result<()> {
    run(Command::new("cargo").args(args))
}
