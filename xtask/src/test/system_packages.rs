//! The system packages that the tests need: installed where that is allowed, named where it is not.
//!
//! In: nothing. Out: the packages are present, or an error.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::bail;

use super::say;
use crate::workspace;

/// Debian's name of a package, and why it is needed.
struct Package {
    name: &'static str,
    reason: &'static str,
    /// A command that succeeds where the package, or an equivalent, is present.
    probe: &'static [&'static str],
}

/// The system packages that `cargo xtask test` needs beside the Rust toolchain.
const PACKAGES: &[Package] = &[
    Package {
        name: "python3-venv",
        reason: "the test in a VST3 host runs in a Python environment of its own",
        probe: &["python3", "-c", "import venv, ensurepip"],
    },
    Package {
        name: "xvfb",
        reason: "the test of the window's keys runs on a display without a screen",
        probe: &["sh", "-c", "command -v Xvfb"],
    },
    Package {
        name: "xdotool",
        reason: "the test of the window's keys presses them by it",
        // Not by its version: it asks for a display first.
        probe: &["sh", "-c", "command -v xdotool"],
    },
    Package {
        name: "libgl1-mesa-dri",
        reason: "the window is drawn without a graphics card by it",
        probe: &["dpkg", "--status", "libgl1-mesa-dri"],
    },
];

/// What `cargo xtask test --daw` needs beside these.
const ARDOUR: &[Package] = &[Package {
    name: "ardour",
    reason: "the test in a DAW runs in Ardour",
    probe: &["sh", "-c", "ls /usr/lib/ardour*/luasession"],
}];

/// So long is waited for another program that installs something, seconds: a machine that has just started often does.
/// Chosen: longer than a few packages take.
const LOCK_TIMEOUT: &str = "DPkg::Lock::Timeout=300";

/// Makes sure that all are present.
pub(super) fn require() -> anyhow::Result<()> {
    require_all(PACKAGES)
}

/// Makes sure that Ardour is present.
pub(super) fn require_ardour() -> anyhow::Result<()> {
    require_all(ARDOUR)
}

fn require_all(packages: &[Package]) -> anyhow::Result<()> {
    if !Path::new("/etc/debian_version").exists() {
        let needed: Vec<_> = packages.iter().map(described).collect();
        return say(&format!("not a Debian system; what Debian calls {} must be there", needed.join(", ")));
    }
    let missing: Vec<&Package> = packages.iter().filter(|package| !is_there(package)).collect();
    if missing.is_empty() {
        return say("all there");
    }
    let names = missing.iter().map(|package| package.name);
    let install: Vec<&str> =
        ["install", "-y", "--no-install-recommends", "-o", LOCK_TIMEOUT].into_iter().chain(names).collect();
    if !is_root() {
        let described: Vec<_> = missing.iter().copied().map(described).collect();
        bail!("missing: {}; install with: sudo apt-get {}", described.join(", "), install.join(" "));
    }
    // A fresh container has no package lists yet.
    workspace::run(Command::new("apt-get").args(["update", "--quiet"]))?;
    workspace::run(Command::new("apt-get").args(install).env("DEBIAN_FRONTEND", "noninteractive"))
}

fn described(package: &Package) -> String {
    format!("{} ({})", package.name, package.reason)
}

fn is_there(package: &Package) -> bool {
    let mut probe = Command::new(package.probe[0]);
    probe.args(&package.probe[1..]).stdout(Stdio::null()).stderr(Stdio::null());
    probe.status().is_ok_and(|status| status.success())
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
