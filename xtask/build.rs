//! Says on the terminal that the command line is being compiled.
//!
//! `cargo xtask` runs cargo quietly, so that nothing stands between a command and what it prints. In a fresh clone that
//! would mean minutes of silence. A build script runs at the beginning, and again only when it is changed itself or the
//! target folder is new: just when it is to be said. Its output is cargo's, so it writes to the terminal, if there is
//! one.

use std::env::var;
use std::io::Write;

const WORDS: &str = "Con Anima compiles its command line: two to ten minutes, this once.";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if var("PROFILE").as_deref() != Ok("release") {
        return;
    }
    let terminal = if cfg!(windows) { "CONOUT$" } else { "/dev/tty" };
    // Without a terminal, as in a continuous integration, nobody waits.
    if let Ok(mut terminal) = std::fs::OpenOptions::new().write(true).open(terminal) {
        let _ = writeln!(terminal, "{WORDS}");
    }
}
