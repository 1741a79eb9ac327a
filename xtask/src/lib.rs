//! The command line of Con Anima, `cargo xtask <command>`, and what `cargo lab` shares with it.
//!
//! In: arguments. Out: files, text or JSON on stdout, and exit status 0 only on success. What went wrong is one line on
//! stderr that names the file and the value. Nothing here touches sound: [`bounce`], `learn`, `warp` and [`measure`]
//! drive the engine's own offline renderer. Public is what `xtask/lab` uses as well.

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

mod words;
pub mod workspace;
pub mod python;
pub mod audio_file;
pub mod wav_write;
mod credentials;
mod automation;
mod sections;
pub mod choice;
mod demo;
mod interrupt;
pub mod progress;
mod plot;
pub mod bounce;
mod learn;
mod warp;
mod null;
pub mod measure;
mod report;
mod bundle;
mod install;
mod play;
pub mod playback;
mod bench;
mod table;
mod test;
mod overview;
mod shell;

#[derive(Parser)]
#[command(bin_name = "cargo xtask", version, about, arg_required_else_help = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Bounce(Box<bounce::Bounce>),
    Learn(learn::Learn),
    Warp(warp::Warp),
    Null(null::Null),
    Measure(measure::Measure),
    Bundle(bundle::Bundle),
    Install(install::Install),
    Play(play::Play),
    Completions(shell::Completions),
    Man(shell::Man),
    Test(test::Test),
    Bench(bench::Bench),
}

/// Does what the program's arguments ask for.
pub fn main() -> ExitCode {
    let matches = overview::grouped(CommandLine::command()).get_matches();
    let read = CommandLine::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    exit_code(match read.command {
        Command::Bounce(bounce) => bounce.run(),
        Command::Learn(learn) => learn.run(),
        Command::Warp(warp) => warp.run(),
        Command::Null(null) => null.run(),
        Command::Measure(measure) => measure.run(),
        Command::Bundle(bundle) => bundle.run(),
        Command::Install(install) => install.run(),
        Command::Play(play) => play.run(),
        Command::Completions(completions) => completions.run(CommandLine::command()),
        Command::Man(man) => man.run(CommandLine::command()),
        Command::Test(test) => test.run(),
        Command::Bench(bench) => bench.run(),
    })
}

/// The exit status of a program that has done its work, or failed: then the reason is one line on stderr.
pub fn exit_code(done: anyhow::Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If stderr is closed the exit status still tells the failure.
            let _ = writeln!(std::io::stderr(), "error: {}", on_one_line(&error));
            ExitCode::FAILURE
        }
    }
}

fn on_one_line(error: &anyhow::Error) -> String {
    let text = format!("{error:#}");
    let line = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ");
    line.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn an_error_with_line_breaks_becomes_one_line() {
        let error = anyhow::anyhow!("inner\n  detail\n\n").context("outer");
        assert_eq!(on_one_line(&error), "outer: inner; detail");
    }
}
