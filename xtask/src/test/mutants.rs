//! `cargo xtask test --mutants`: would the tests notice if the code were wrong?
//!
//! In: the workspace as it is. Out: a sample of small wrong changes (mutants), each judged by the tests that concern
//! its part of the crate, and a table of those that no test noticed. cargo-mutants lists what can be changed; the
//! changes are made in a copy, one after the other, so that only what depends on each is rebuilt.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use super::say;
use crate::workspace::run;

mod concerns;
mod list;
mod programs;
mod report;
mod tree;

use concerns::PARTS;
use list::Mutant;
use programs::{Program, Run, UNIT_TESTS};
use report::{Judged, Outcome, Summary};
use tree::Tree;

/// The share of mutants that must be noticed, percent. Chosen: higher asks for tests of every detail, lower lets
/// untested code through.
const LEAST_CAUGHT_PERCENT: f64 = 85.0;
/// A test program that takes this many times its usual time, and [`LIMIT_MORE`] more, is taken to hang. Chosen: larger
/// waits longer for each hanging mutant, smaller stops slow ones.
const LIMIT_FACTOR: u32 = 5;
/// The constant part of that limit. Chosen: room for start-up on a busy machine.
const LIMIT_MORE: Duration = Duration::from_secs(20);
/// The version whose list is known to be read correctly; another one that is installed already is used all the same.
const CARGO_MUTANTS: &str = "cargo-mutants@27.1.0";

/// Which mutants, and for how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub(super) budget_minutes: f64,
    pub(super) seed: u64,
}

impl Sample {
    /// Judges as many mutants as the budget holds.
    pub(super) fn run(self) -> anyhow::Result<()> {
        let start = Instant::now();
        let Self { budget_minutes, seed } = self;
        let budget = Duration::try_from_secs_f64(60.0 * budget_minutes).context("no such budget")?;
        let lister = cargo_mutants()?;
        let tree = Tree::up_to_date()?;
        let mut mutants = listed(&lister, &tree)?;
        let n_listed = mutants.len();
        list::shuffle(&mut mutants, seed);
        say(&format!("{n_listed} mutants; the tests without any come first"))?;
        let usual = usual_times(&tree)?;
        let mut judged: Vec<Judged> = Vec::new();
        for mutant in mutants {
            let spent = judged.iter().map(|one| one.seconds).sum::<f64>();
            let mean = Duration::from_secs_f64(spent / judged.len().max(1) as f64);
            if start.elapsed() + mean >= budget {
                break;
            }
            let mutant_start = Instant::now();
            let outcome = tree.with(&mutant, || judge(&tree, &mutant, &usual))??;
            let one = Judged { mutant, outcome, seconds: mutant_start.elapsed().as_secs_f64() };
            say(&one.line())?;
            judged.push(one);
            self.record(&judged, n_listed)?;
        }
        self.record(&judged, n_listed)?;
        say(&format!("\n{}", report::table(&judged, n_listed)))?;
        verdict(&Summary::new(&judged), budget_minutes)
    }

    /// Writes the results so far, so that an interrupted run has results too.
    fn record(self, judged: &[Judged], n_listed: usize) -> anyhow::Result<()> {
        let path = tree::home().join("results.json");
        let json = report::json(judged, self.seed, self.budget_minutes, n_listed);
        std::fs::write(&path, format!("{json:#}\n")).with_context(|| format!("cannot write '{}'", path.display()))
    }
}

fn verdict(summary: &Summary, budget_minutes: f64) -> anyhow::Result<()> {
    let Some(percent) = summary.caught_percent() else {
        bail!("no mutant was judged in {budget_minutes} minutes; a larger --budget is needed");
    };
    let Summary { caught, counted, .. } = summary;
    let caught = format!("{caught} of {counted} mutants were caught, {percent:.1} %");
    ensure!(percent >= LEAST_CAUGHT_PERCENT, "{caught}; it must be {LEAST_CAUGHT_PERCENT} %");
    say(&caught)
}

/// The program that lists mutants: the one that is installed, or one installed into the target folder now.
fn cargo_mutants() -> anyhow::Result<Command> {
    let folder = tree::home().join("tool");
    let own = folder.join("bin").join(format!("cargo-mutants{}", std::env::consts::EXE_SUFFIX));
    let answers = |program: &std::ffi::OsStr| {
        let mut probe = Command::new(program);
        probe.args(["mutants", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    };
    for program in ["cargo-mutants".as_ref(), own.as_os_str()] {
        if answers(program) {
            return Ok(Command::new(program));
        }
    }
    say(&format!("{CARGO_MUTANTS} is not there and is installed into '{}'", folder.display()))?;
    let mut install = Command::new("cargo");
    install.args(["install", "--locked", CARGO_MUTANTS, "--root"]).arg(&folder);
    install.env("CARGO_TARGET_DIR", folder.join("build"));
    run(&mut install).context(
        "cargo-mutants is not installed and could not be (is crates.io reachable?); \
         install it with: cargo install --locked cargo-mutants",
    )?;
    ensure!(answers(own.as_os_str()), "cargo-mutants was installed, but '{}' does not run", own.display());
    Ok(Command::new(own))
}

/// Every mutant of the parts that are mutated.
fn listed(lister: &Command, tree: &Tree) -> anyhow::Result<Vec<Mutant>> {
    let mut list = Command::new(lister.get_program());
    list.args(["mutants", "--list", "--json", "--package", "con_anima", "--dir"]).arg(&tree.folder);
    for part in &PARTS {
        list.arg("--file").arg(format!("src/{}.rs", part.name)).arg("--file").arg(format!("src/{}/**", part.name));
    }
    let output = list.stderr(Stdio::inherit()).output().context("cannot run cargo-mutants")?;
    ensure!(output.status.success(), "cargo-mutants could not list mutants: {}", output.status);
    let mutants = list::parse(&String::from_utf8_lossy(&output.stdout))?;
    ensure!(!mutants.is_empty(), "cargo-mutants lists no mutant");
    let stray = mutants.iter().find(|mutant| concerns::part_of(&mutant.file).is_none());
    ensure!(stray.is_none(), "no tests are known to concern {stray:?}");
    Ok(mutants)
}

/// The usual time of each program, by its name and, for the unit tests, the part's.
type Times = Vec<(String, Duration)>;

/// Runs every test without any mutant: only tests that pass then can judge.
fn usual_times(tree: &Tree) -> anyhow::Result<Times> {
    let mut times = Vec::new();
    for knows_window in [true, false] {
        let names: Vec<&str> = [UNIT_TESTS].into_iter().chain(concerns::all_tests(knows_window)).collect();
        let built = programs::build(tree, &names, knows_window, Stdio::inherit())?;
        for program in &built.context("the tests do not build without any mutant")? {
            let parts = PARTS.iter().filter(|part| part.knows_window == knows_window);
            let filters: Vec<_> = match program.name == UNIT_TESTS {
                true => parts.map(|part| Some(unit_filter(part.name))).collect(),
                false => vec![None],
            };
            for filter in filters {
                let label = label(program, filter.as_deref());
                times.push((label.clone(), usual_time(tree, program, filter.as_deref(), &label)?));
            }
        }
    }
    say("")?;
    Ok(times)
}

/// How long a program takes that passes.
fn usual_time(tree: &Tree, program: &Program, filter: Option<&str>, label: &str) -> anyhow::Result<Duration> {
    let start = Instant::now();
    let run = program.run(&tree.folder, filter, Duration::from_secs(600))?;
    ensure!(run == Run::Passed, "the tests fail without any mutant: {label}, {run:?}");
    say(&format!("passed     {:>7.1} s  {label}", start.elapsed().as_secs_f64()))?;
    Ok(start.elapsed())
}

/// The part of a unit test's name that selects those of a part of the crate.
fn unit_filter(part: &str) -> String {
    format!("{part}::")
}

fn label(program: &Program, filter: Option<&str>) -> String {
    filter.map_or_else(|| program.name.clone(), |filter| format!("{} of {filter}", program.name))
}

/// The outcome of the mutant that is in the copy now.
fn judge(tree: &Tree, mutant: &Mutant, usual: &Times) -> anyhow::Result<Outcome> {
    let part = concerns::part_of(&mutant.file).context("a mutant of no part")?;
    // The unit tests alone come first: most mutants need nothing else to be built.
    for names in [&[UNIT_TESTS] as &[&str]].into_iter().chain(part.rounds) {
        let Some(mut programs) = programs::build(tree, names, part.knows_window, Stdio::null())? else {
            return Ok(Outcome::Unbuildable);
        };
        // In the table's order, which begins with the tests most likely to notice.
        programs.sort_by_key(|program| names.iter().position(|name| *name == program.name));
        for program in &programs {
            let filter = (program.name == UNIT_TESTS).then(|| unit_filter(part.name));
            let label = label(program, filter.as_deref());
            let time = usual.iter().find(|(name, _)| *name == label).map_or(Duration::ZERO, |(_, time)| *time);
            match program.run(&tree.folder, filter.as_deref(), time * LIMIT_FACTOR + LIMIT_MORE)? {
                Run::Passed => {}
                Run::Failed(test) => return Ok(Outcome::Caught(format!("{}: {test}", program.name))),
                Run::TimedOut => return Ok(Outcome::TimedOut(label)),
            }
        }
    }
    Ok(Outcome::Survived)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enough_is_85_percent_of_at_least_one() {
        let summary = |counted, caught| Summary { tried: counted, counted, caught };
        assert!(verdict(&summary(20, 17), 30.0).is_ok());
        let error = verdict(&summary(20, 16), 30.0).unwrap_err().to_string();
        assert!(error.contains("16 of 20") && error.contains("80.0 %") && error.contains("85 %"), "{error}");
        assert!(verdict(&summary(0, 0), 0.1).unwrap_err().to_string().contains("--budget"));
    }
}
