//! The programs with which constants were found: `cargo lab <command>`.
//!
//! In: arguments. Out: tables or JSON on stdout. A missed target is a finding, not a failure: the exit status is 0.
//! What went wrong is one line on stderr that names the file and the value. Everything runs from the repository alone,
//! on what the demo singer sings; with a folder of recordings more is asked, and without it the report says what was
//! not.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod table;
mod material;
mod report;
mod evaluate;
mod tune;

#[derive(Parser)]
#[command(bin_name = "cargo lab", version, about, arg_required_else_help = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Evaluate(evaluate::Evaluate),
    Tune(tune::Tune),
}

fn main() -> ExitCode {
    xtask::exit_code(match CommandLine::parse().command {
        Command::Evaluate(evaluate) => evaluate.run(),
        Command::Tune(tune) => tune.run(),
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }
}
