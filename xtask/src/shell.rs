//! `cargo xtask completions` and `cargo xtask man`: the command line by a name of its own in the shell, completed by
//! the Tab key, and its manual. Both are made of the very definitions that read the options.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use clap::Command;
use clap_complete::Shell;

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
        clap_complete::generate(self.shell, &mut command.bin_name(NAME), NAME, &mut script);
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

impl Man {
    /// Writes a page for the whole, and one for each command.
    pub(crate) fn run(&self, command: Command) -> anyhow::Result<()> {
        let folder = self.folder.display();
        ensure!(self.folder.is_dir(), "'{folder}' is no folder; the pages go into one that is there");
        clap_mangen::generate_to(command.name(NAME).bin_name(NAME), &self.folder)
            .with_context(|| format!("cannot write man pages into '{folder}'"))
    }
}
