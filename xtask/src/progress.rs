//! How far work has come.
//!
//! In: a number of steps. Out: a bar on a terminal, or a plain line each ten seconds where stderr is none.

#![allow(clippy::disallowed_methods, reason = "the time between two lines is for people, no sound depends on it")]

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The time between two lines, ms. Chosen: a log keeps every line, and a person waits so long without worry.
const BETWEEN_LINES_MS: u64 = 10_000;

/// What is shown on stderr; a bar vanishes when dropped.
pub struct Progress {
    name: &'static str,
    n_steps: usize,
    shown: Shown,
}

enum Shown {
    Nothing,
    Bar(ProgressBar),
    Lines { start: Instant, last_ms: AtomicU64 },
}

impl Progress {
    /// `n_steps` steps with a name in front; nothing is shown when the output is for machines.
    pub fn new(name: &'static str, n_steps: usize, is_for_machines: bool) -> Self {
        let shown = match (is_for_machines, std::io::stderr().is_terminal()) {
            (true, _) => Shown::Nothing,
            (false, true) => Shown::Bar(bar(name, n_steps)),
            (false, false) => Shown::Lines { start: Instant::now(), last_ms: AtomicU64::new(0) },
        };
        Self { name, n_steps, shown }
    }

    /// Shows that so many steps are done.
    pub fn show(&self, n_done: usize) {
        match &self.shown {
            Shown::Nothing => {}
            Shown::Bar(bar) => bar.set_position(n_done as u64),
            Shown::Lines { start, last_ms } if is_due(start, last_ms) => {
                // If stderr is closed, nobody wants to know.
                let _ = writeln!(std::io::stderr(), "{}", line(self.name, n_done, self.n_steps));
            }
            Shown::Lines { .. } => {}
        }
    }
}

/// Whether it is time for another line, to whoever asks first.
pub(crate) fn is_due(start: &Instant, last_ms: &AtomicU64) -> bool {
    let now_ms = start.elapsed().as_millis() as u64;
    let before_ms = last_ms.load(Ordering::Relaxed);
    let is_first = || last_ms.compare_exchange(before_ms, now_ms, Ordering::Relaxed, Ordering::Relaxed).is_ok();
    now_ms >= before_ms + BETWEEN_LINES_MS && is_first()
}

fn bar(name: &'static str, n_steps: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(n_steps as u64), ProgressDrawTarget::stderr()).with_message(name);
    match ProgressStyle::with_template("{msg:>10} [{bar:40}] {percent:>3} %  {eta}") {
        Ok(style) => bar.with_style(style.progress_chars("=> ")),
        Err(_) => bar,
    }
}

fn line(name: &str, n_done: usize, n_steps: usize) -> String {
    format!("{name}: {} %", n_done * 100 / n_steps.max(1))
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_much_is_done() {
        assert_eq!(line("singing", 17, 50), "singing: 34 %");
        assert_eq!(line("singing", 0, 0), "singing: 0 %");
    }
}
