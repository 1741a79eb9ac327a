//! `cargo xtask test`: everything a change must pass, as named steps; the first that fails ends it.
//!
//! In: the workspace as it is. Out: each step's own output, its time, and a summary; exit status 0 if all passed. All
//! steps share the one target folder.

#![allow(clippy::disallowed_methods, reason = "the time of each step is for people, no sound depends on it")]

use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context;

mod mutants;
mod daw;
mod steps;
mod system_packages;
mod validators;

/// Run everything that a change must pass
///
/// Installs the system packages it lacks if it may, and names them if it may not. clap-validator and pluginval check
/// the bundles where the environment variables CLAP_VALIDATOR and PLUGINVAL are paths to these programs.
///
/// With --daw it asks instead what the plugin does in a DAW. Ardour (installed where it is not there, if that is
/// allowed) runs without a window: it has the demo vocal on a track, Con Anima on it as VST3, and Humanize automated
/// over three sections, in each mode. The session is exported twice, which must give the same samples, and the vocal's
/// own where Humanize is 0 %. From 8 s on it must be the bounce with the same settings, and what tells them apart is
/// said. Everything is below target/daw.
///
/// With --mutants it asks instead whether the tests would notice if the code were wrong. cargo-mutants (installed under
/// target/mutants/tool where it is not there) lists small wrong changes of src/analysis, src/score, src/plan,
/// src/breath_timbre, src/performance, src/engine and src/params. They are made one by one in a copy of the workspace
/// as it is, uncommitted changes included, under target/mutants/tree; the workspace itself is never touched. Each is
/// judged by the tests that concern its part of the crate, in the debug profile. A test that fails has caught it; so
/// has one that does not end in five times its usual time and 20 s. What does not build is not counted. Each mutant
/// gets a line, a table at the end names those that survived, and target/mutants/results.json holds everything. The
/// exit status is 0 if at least one mutant counted and 85 % of those that did were caught.
#[derive(clap::Args)]
pub(crate) struct Test {
    /// Leave out the release bundle and its tests in hosts
    #[arg(long)]
    quick: bool,
    /// Test the plugin in Ardour, and do nothing else
    #[arg(long, conflicts_with_all = ["quick", "mutants"])]
    daw: bool,
    /// With --daw: a VST3 that is built already
    #[arg(long, value_name = "FILE.vst3", requires = "daw")]
    bundle: Option<PathBuf>,
    /// With --daw: the song's beats per minute
    #[arg(long, value_name = "BPM", default_value_t = daw::TEMPO_BPM, requires = "daw")]
    tempo: f64,
    /// With --daw: silence in front of the vocal; without any, the song's beginning is not the same twice
    #[arg(long, value_name = "SECONDS", default_value_t = daw::LEAD_S, requires = "daw", value_parser = lead)]
    lead: f64,
    /// With --daw: any parameter by its id, for the plugin and the bounce; may be repeated
    #[arg(long, value_name = "ID=VALUE", requires = "daw")]
    set: Vec<String>,
    /// With --daw: a parameter, or a field that the plugin keeps in the session, for the plugin alone
    #[arg(long, value_name = "ID=VALUE", requires = "daw")]
    plugin_set: Vec<String>,
    /// Judge the tests by a random sample of mutants, and do nothing else
    #[arg(long, conflicts_with = "quick")]
    mutants: bool,
    /// For so long at most: the first build and the tests without mutants take their part of it. Another mutant is
    /// begun only if as many minutes are left as one has taken on average
    #[arg(long, value_name = "MINUTES", default_value_t = 30.0, requires = "mutants", value_parser = minutes)]
    budget: f64,
    /// Which mutants: others with each seed, with one seed always the same, as many of them as the budget holds
    #[arg(long, value_name = "N", default_value_t = 1, requires = "mutants")]
    seed: u64,
}

fn minutes(text: &str) -> Result<f64, String> {
    let minutes = text.parse().ok().filter(|minutes: &f64| (0.0..=100_000.0).contains(minutes) && *minutes > 0.0);
    minutes.ok_or_else(|| "it takes a number of minutes above 0".to_owned())
}

fn lead(text: &str) -> Result<f64, String> {
    let lead_s = text.parse().ok().filter(|lead_s| (0.0..=5.0).contains(lead_s));
    lead_s.ok_or_else(|| "it takes seconds between 0 and 5".to_owned())
}

/// One thing that must pass.
struct Step {
    name: &'static str,
    is_quick: bool,
    run: fn() -> anyhow::Result<()>,
}

const STEPS: [Step; 8] = [
    Step { name: "system packages", is_quick: true, run: system_packages::require },
    Step { name: "format", is_quick: true, run: steps::format },
    Step { name: "lints", is_quick: true, run: steps::lints },
    Step { name: "tests", is_quick: true, run: steps::tests },
    Step { name: "doc tests", is_quick: true, run: steps::doc_tests },
    Step { name: "release bundle", is_quick: false, run: steps::release_bundle },
    Step { name: "VST3 host", is_quick: false, run: steps::vst3_host },
    Step { name: "validators", is_quick: false, run: steps::validators },
];

impl Test {
    /// Runs the steps in order, or a sample of mutants.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        if self.mutants {
            return mutants::Sample { budget_minutes: self.budget, seed: self.seed }.run();
        }
        if self.daw {
            let (bundle, tempo_bpm, lead_s) = (self.bundle.as_deref(), self.tempo, self.lead);
            return daw::Daw { bundle, tempo_bpm, lead_s, set: &self.set, plugin_set: &self.plugin_set }.run();
        }
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
        assert_eq!(left_out, ["release bundle", "VST3 host", "validators"]);
    }

    #[test]
    fn a_lead_ends_before_the_sections_do() {
        assert_eq!((lead("0"), lead("2.5")), (Ok(0.0), Ok(2.5)));
        assert!(["-1", "6", "NaN", "long"].into_iter().all(|wrong| lead(wrong).is_err()));
    }

    #[test]
    fn a_budget_is_a_time_above_zero() {
        assert_eq!(minutes("2.5"), Ok(2.5));
        for wrong in ["0", "-3", "inf", "NaN", "soon"] {
            assert!(minutes(wrong).is_err(), "{wrong}");
        }
    }
}
