//! A progress bar on the terminal.
//!
//! In: a number of steps. Out: the bar, on stderr.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on stderr that vanishes when dropped; none when stderr is not a terminal or the output is for machines.
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar of `n_steps` steps with a name in front.
    pub fn new(name: &'static str, n_steps: usize, is_for_machines: bool) -> Self {
        let is_hidden = is_for_machines || !std::io::stderr().is_terminal();
        let target = if is_hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(n_steps as u64), target).with_message(name);
        if let Ok(style) = ProgressStyle::with_template("{msg:>10} [{bar:40}] {percent:>3} %  {eta}") {
            bar.set_style(style.progress_chars("=> "));
        }
        Self(bar)
    }

    /// Shows that so many steps are done.
    pub fn show(&self, n_done: usize) {
        self.0.set_position(n_done as u64);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
