//! The plugin as a program with its own window, for working on the editor.

use std::process::ExitCode;

fn main() -> ExitCode {
    if nice_plug::nice_export_standalone::<con_anima::plugin::ConAnima>() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
