//! `cargo xtask bench`: the engine's speed.

use std::process::Command;

use anyhow::{Context, bail};

use crate::workspace;

/// Measure the engine's speed
#[derive(clap::Args)]
#[command(after_help = "Example:\n  cargo xtask bench -- --quick")]
pub(crate) struct Bench {
    /// Passed on to `cargo bench --bench engine`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARG")]
    args: Vec<String>,
}

impl Bench {
    /// Runs the benchmark and waits for it.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let mut command = Command::new("cargo");
        command.args(["bench", "--bench", "engine"]).args(self.args).current_dir(workspace::root());
        let status = command.status().context("cannot run 'cargo bench'")?;
        if !status.success() {
            bail!("'cargo bench --bench engine' failed: {status}");
        }
        Ok(())
    }
}
