//! The built command line, from the outside: arguments in, files and text and exit status out.

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_xtask");

mod studio;
mod bounce;
mod events;
mod credentials;
mod exactness;
mod refusals;
mod scenes;
mod measure;
mod warp;
mod install;
mod folders;
mod shell;
