//! `cargo xtask test`: everything a change must pass, as named steps; the first that fails ends it.
//!
//! In: the workspace as it is. Out: each step's own output, its time, and a summary; exit status 0 if all passed. All
//! steps share the one target folder.

#![allow(clippy::disallowed_methods, reason = "the time of each step is for people, no sound depends on it")]

use std::io::Write;
use std::time::Instant;

use anyhow::Context;

mod steps;
mod system_packages;

/// Run everything that a change must pass
///
/// Installs the system packages it lacks if it may, and names them if it may not.
#[derive(clap::Args)]
pub(crate) struct Test {
    /// Leave out the release bundle and the test in a VST3 host
    #[arg(long)]
    quick: bool,
}

/// One thing that must pass.
struct Step {
    name: &'static str,
    is_quick: bool,
    run: fn() -> anyhow::Result<()>,
}

const STEPS: [Step; 7] = [
    Step { name: "system packages", is_quick: true, run: system_packages::require },
    Step { name: "format", is_quick: true, run: steps::format },
    Step { name: "lints", is_quick: true, run: steps::lints },
    Step { name: "tests", is_quick: true, run: steps::tests },
    Step { name: "doc tests", is_quick: true, run: steps::doc_tests },
    Step { name: "release bundle", is_quick: false, run: steps::release_bundle },
    Step { name: "VST3 host", is_quick: false, run: steps::vst3_host },
];

impl Test {
    /// Runs the steps in order.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let start = Instant::now();
        let mut table = String::new();
        for step in STEPS.iter().filter(|step| step.is_quick || !self.quick) {
            say(&format!("\n── {} ──", step.name))?;
            let step_start = Instant::now();
            let outcome = (step.run)();
            let verdict = if outcome.is_ok() { "passed" } else { "FAILED" };
            table += &format!("{:<18}{verdict}{:>8.1} s\n", step.name, step_start.elapsed().as_secs_f64());
            if let Err(error) = outcome {
                say(&format!("\n{table}"))?;
                return Err(error.context(format!("'{}' failed", step.name)));
            }
        }
        say(&format!("\n{table}{:<18}passed{:>8.1} s", "all", start.elapsed().as_secs_f64()))
    }
}

fn say(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{text}").context("cannot write to stdout")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quick_test_leaves_out_what_needs_the_release_bundle_and_nothing_else() {
        let left_out: Vec<_> = STEPS.iter().filter(|step| !step.is_quick).map(|step| step.name).collect();
        assert_eq!(left_out, ["release bundle", "VST3 host"]);
    }
}
