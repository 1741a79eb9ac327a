//! `cargo xtask completions` and `cargo xtask man`: the command line by a name of its own in the shell, completed by
//! the Tab key, and its manual. Both are made of the very definitions that read the options.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use clap::builder::PossibleValuesParser;
use clap::{Arg, Command};
use clap_complete::Shell;
use con_anima::presets;

use crate::workspace;

/// The name that the shell knows the command line by. cargo's own completion does not ask what `cargo xtask` takes, and
/// `cargo xtask` works in this folder only. Without a hyphen, which clap_complete's script for bash confuses.
const NAME: &str = "conanima";

/// Print what makes `conanima` a command of your shell, in every folder, with completion
///
/// bash: add `source <(cargo xtask completions bash)` to ~/.bashrc; the full path of the project's folder goes before
/// it, as in `source <(cd ~/con_anima && cargo xtask completions bash)`. zsh: the same in ~/.zshrc, behind compinit.
/// fish: `cargo xtask completions fish > ~/.config/fish/conf.d/conanima.fish`. PowerShell: add the output to $PROFILE.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  source <(cargo xtask completions bash)\n  conanima bounce lead.wav --preset <Tab>"
)]
pub(crate) struct Completions {
    /// bash, zsh, fish or powershell
    #[arg(value_name = "SHELL", value_parser = shell)]
    shell: Shell,
}

/// Write the manual as man pages
///
/// `man -l conanima-bounce.1` shows one of them; in a folder `man1` below one of those that `manpath` lists, `man
/// conanima` finds them.
#[derive(clap::Args)]
pub(crate) struct Man {
    /// An existing folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

fn shell(name: &str) -> Result<Shell, String> {
    match name {
        "bash" => Ok(Shell::Bash),
        "zsh" => Ok(Shell::Zsh),
        "fish" => Ok(Shell::Fish),
        "powershell" => Ok(Shell::PowerShell),
        _ => Err("it takes bash, zsh, fish or powershell".to_owned()),
    }
}

impl Completions {
    /// Prints the command and its completion.
    pub(crate) fn run(&self, command: Command) -> anyhow::Result<()> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut with_values(command).bin_name(NAME), NAME, &mut script);
        let mut out = std::io::stdout();
        let written = writeln!(out, "{}\n", self.definition()).and_then(|()| out.write_all(&script));
        written.context("cannot write to stdout")
    }

    /// The command itself: the program as it is now, compiled if the code has changed.
    fn definition(&self) -> String {
        let manifest = workspace::root().join("Cargo.toml").display().to_string();
        let run = |quoted: String, args: &str| {
            format!("cargo run --quiet --release --manifest-path {quoted} --package xtask -- {args}")
        };
        match self.shell {
            Shell::PowerShell => {
                format!("function {NAME} {{ {} }}", run(format!("'{}'", manifest.replace('\'', "''")), "@args"))
            }
            Shell::Fish => {
                let quoted = format!("'{}'", manifest.replace('\\', r"\\").replace('\'', r"\'"));
                format!("function {NAME}\n    {}\nend", run(quoted, "$argv"))
            }
            _ => format!("{NAME}() {{ {}; }}", run(format!("'{}'", manifest.replace('\'', r"'\''")), "\"$@\"")),
        }
    }
}

/// The same command, whose options say which values they take. Only scripts are told: the options themselves read more
/// than those, a preset's file for example, and refuse the rest in words of their own.
fn with_values(command: Command) -> Command {
    let values = |argument: &str| match argument {
        "preset" => presets::FACTORY.map(|preset| preset.name).to_vec(),
        "mode" => vec!["live", "studio", "phrase"],
        "dither" => vec!["on", "off"],
        "learn" => vec!["yes", "no"],
        "shell" => vec!["bash", "zsh", "fish", "powershell"],
        _ => Vec::new(),
    };
    let tell = |argument: Arg| match values(argument.get_id().as_str()) {
        none if none.is_empty() => argument,
        values => argument.value_parser(PossibleValuesParser::new(values)),
    };
    let names: Vec<String> = command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    let told = |command: Command, name: &String| command.mut_subcommand(name, |command| command.mut_args(tell));
    names.iter().fold(command, told)
}

impl Man {
    /// Writes a page for the whole, and one for each command.
    pub(crate) fn run(&self, command: Command) -> anyhow::Result<()> {
        let folder = self.folder.display();
        ensure!(self.folder.is_dir(), "'{folder}' is no folder; the pages go into one that is there");
        clap_mangen::generate_to(command.name(NAME).bin_name(NAME), &self.folder)
            .with_context(|| format!("cannot write man pages into '{folder}'"))
    }
}
