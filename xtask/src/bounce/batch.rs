//! Many recordings, one after the other or several at a time.
//!
//! In: a list. Out: a line for each recording as soon as it is done, a total, and the errors of those that failed: one
//! that fails keeps no other from its turn.

#![allow(clippy::disallowed_methods, reason = "how long a batch takes is for people, no sound depends on it")]

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use serde_json::{Map, Value, json};

use super::list::Item;
use super::summary::{SCHEMA_VERSION, Summary};
use crate::interrupt;
use crate::on_one_line;
use crate::progress::is_due;

/// What became of one recording.
pub(super) enum Outcome {
    Written(Box<Summary>),
    /// It was done before.
    Skipped,
    /// Only what would be done was asked for: how it would be described.
    Planned(String),
}

/// How much is done of everything.
pub(super) struct Overall {
    start: Instant,
    n_items: usize,
    n_done: AtomicUsize,
    /// Of sound that was sung.
    sung_ms: AtomicU64,
    last_line_ms: AtomicU64,
    bar: Option<ProgressBar>,
    is_quiet: bool,
}

impl Overall {
    fn new(n_items: usize, is_quiet: bool) -> Self {
        let bar = (!is_quiet && std::io::stderr().is_terminal()).then(|| bar(n_items));
        let (n_done, sung_ms, last_line_ms) = (AtomicUsize::new(0), AtomicU64::new(0), AtomicU64::new(0));
        Self { start: Instant::now(), n_items, n_done, sung_ms, last_line_ms, bar, is_quiet }
    }

    /// So much more was sung.
    pub(super) fn add_sung(&self, seconds: f64) {
        self.sung_ms.fetch_add((seconds * 1000.0) as u64, Ordering::Relaxed);
        if self.bar.is_none() && !self.is_quiet && is_due(&self.start, &self.last_line_ms) {
            let (n_done, minutes) = (self.n_done.load(Ordering::Relaxed), self.sung_s() / 60.0);
            // If stderr is closed, nobody wants to know.
            let _ = writeln!(std::io::stderr(), "{n_done} of {} done, {minutes:.1} minutes sung", self.n_items);
        }
    }

    fn sung_s(&self) -> f64 {
        self.sung_ms.load(Ordering::Relaxed) as f64 / 1000.0
    }

    /// Prints a line without disturbing the bar.
    fn print(&self, line: &str, is_error: bool) {
        let write = || {
            // If nobody reads them, the files are written all the same.
            // A name may hold anything, and a line is one.
            let line: String = line.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
            let _ = match is_error {
                true => writeln!(std::io::stderr(), "{line}"),
                false => writeln!(std::io::stdout(), "{line}"),
            };
        };
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    fn count(&self) {
        self.n_done.fetch_add(1, Ordering::Relaxed);
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }
}

impl Drop for Overall {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(n_items: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(n_items as u64), ProgressDrawTarget::stderr());
    match ProgressStyle::with_template("[{bar:40}] {pos} of {len}  {eta}") {
        Ok(style) => bar.with_style(style.progress_chars("=> ")),
        Err(_) => bar,
    }
}

/// How a list is worked through.
#[derive(Clone, Copy, Debug)]
pub(super) struct Batch {
    /// Recordings at a time.
    pub(super) n_jobs: usize,
    pub(super) is_quiet: bool,
    pub(super) is_for_machines: bool,
}

impl Batch {
    /// Does `work` for each item.
    pub(super) fn run(
        self,
        items: &[Item],
        work: impl Fn(&Item, &Overall) -> anyhow::Result<Outcome> + Sync,
    ) -> anyhow::Result<()> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.n_jobs).build().context("cannot start --jobs")?;
        let overall = Overall::new(items.len(), self.is_quiet || self.is_for_machines);
        let one = |item: &Item| {
            if interrupt::is_asked() {
                return None;
            }
            let outcome = work(item, &overall);
            overall.count();
            if !self.is_for_machines {
                self.tell(item, &outcome, &overall);
            }
            Some(outcome)
        };
        let outcomes: Vec<_> = pool.install(|| items.par_iter().with_max_len(1).map(one).collect());
        let total = Total::new(&outcomes);
        if self.is_for_machines {
            let text = format!("{:#}\n", total.json(items, &outcomes));
            std::io::stdout().write_all(text.as_bytes()).context("cannot write to standard output")?;
        } else if !self.is_quiet {
            overall.print(&total.text(overall.sung_s(), overall.start.elapsed().as_secs_f64()), false);
        }
        total.verdict()
    }

    fn tell(self, item: &Item, outcome: &anyhow::Result<Outcome>, overall: &Overall) {
        let path = item.destinations.after.path().display();
        let line = match outcome {
            Err(error) => return overall.print(&format!("error: {}", on_one_line(error)), true),
            Ok(_) if self.is_quiet => return,
            Ok(Outcome::Written(summary)) => format!("wrote {path}: {}", summary.line()),
            Ok(Outcome::Skipped) => format!("skipped {path}: it was done before"),
            Ok(Outcome::Planned(plan)) => format!("would write {path}: {plan}"),
        };
        overall.print(&line, false);
    }
}

/// How many of everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Total {
    n_written: usize,
    n_skipped: usize,
    n_planned: usize,
    n_failed: usize,
    /// Nothing was begun of these, because the program was asked to end.
    n_left: usize,
}

impl Total {
    fn new(outcomes: &[Option<anyhow::Result<Outcome>>]) -> Self {
        let mut total = Self::default();
        for outcome in outcomes {
            *match outcome {
                None => &mut total.n_left,
                Some(Err(_)) => &mut total.n_failed,
                Some(Ok(Outcome::Written(_))) => &mut total.n_written,
                Some(Ok(Outcome::Skipped)) => &mut total.n_skipped,
                Some(Ok(Outcome::Planned(_))) => &mut total.n_planned,
            } += 1;
        }
        total
    }

    fn n_items(self) -> usize {
        self.n_written + self.n_skipped + self.n_planned + self.n_failed + self.n_left
    }

    fn text(self, sung_s: f64, seconds: f64) -> String {
        let Self { n_written, n_skipped, n_planned, n_failed, n_left } = self;
        let counts = [
            (n_written, "written"),
            (n_skipped, "done before"),
            (n_planned, "to be written"),
            (n_failed, "failed"),
            (n_left, "not begun"),
        ];
        let counts = counts.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}"));
        let speed = match n_written {
            0 => String::new(),
            _ => format!("; {:.1} min of sound in {seconds:.1} s", sung_s / 60.0),
        };
        format!("{} in all: {}{speed}", self.n_items(), counts.collect::<Vec<_>>().join(", "))
    }

    fn json(self, items: &[Item], outcomes: &[Option<anyhow::Result<Outcome>>]) -> Value {
        let each = items.iter().zip(outcomes).map(|(item, outcome)| {
            let mut one = match outcome {
                Some(Ok(Outcome::Written(summary))) => summary.json(),
                _ => Map::new(),
            };
            let path = item.destinations.after.path().to_string_lossy().into_owned();
            one.insert("input".to_owned(), json!(item.input.shown()));
            one.insert("output".to_owned(), json!(path));
            one.insert("outcome".to_owned(), json!(word(outcome.as_ref())));
            if let Some(Err(error)) = outcome {
                one.insert("error".to_owned(), json!(on_one_line(error)));
            }
            Value::from(one)
        });
        let Self { n_written, n_skipped, n_planned, n_failed, n_left } = self;
        json!({
            "schema_version": SCHEMA_VERSION,
            "written": n_written, "skipped": n_skipped, "planned": n_planned, "failed": n_failed, "not_begun": n_left,
            "recordings": each.collect::<Vec<_>>(),
        })
    }

    fn verdict(self) -> anyhow::Result<()> {
        let n_items = self.n_items();
        match self {
            Self { n_left: 1.., .. } => bail!("interrupted; --skip-done goes on where this was"),
            Self { n_failed: 1.., .. } => bail!("{} of {n_items} failed", self.n_failed),
            _ => Ok(()),
        }
    }
}

fn word(outcome: Option<&anyhow::Result<Outcome>>) -> &'static str {
    match outcome {
        None => "not_begun",
        Some(Err(_)) => "failed",
        Some(Ok(Outcome::Written(_))) => "written",
        Some(Ok(Outcome::Skipped)) => "skipped",
        Some(Ok(Outcome::Planned(_))) => "planned",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_names_what_there_was() {
        let total = Total { n_written: 3, n_failed: 1, ..Total::default() };
        assert_eq!(total.text(90.0, 1.25), "4 in all: 3 written, 1 failed; 1.5 min of sound in 1.2 s");
        assert_eq!(Total { n_skipped: 2, ..Total::default() }.text(0.0, 1.0), "2 in all: 2 done before");
        assert!(total.verdict().unwrap_err().to_string().starts_with("1 of 4"));
        assert!(Total { n_left: 1, ..total }.verdict().unwrap_err().to_string().contains("--skip-done"));
        assert!(Total { n_written: 2, ..Total::default() }.verdict().is_ok());
    }
}
