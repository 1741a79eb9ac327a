//! The built programs, from the outside: arguments in, text and exit status out.

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_lab");

#[path = "../../../tests/command_line/studio.rs"]
#[allow(dead_code, reason = "the command line's own tests use all of it")]
mod studio;
mod evaluate;
mod tune;
