//! clap-validator and pluginval, where a path to them is given.
//!
//! In: the bundles, and the environment. Out: what the validators find is an error; one that is not there is skipped,
//! and that is said.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use anyhow::ensure;

use super::say;
use crate::workspace;

/// A program that checks a bundle.
struct Validator {
    /// The environment variable that is its path.
    variable: &'static str,
    name: &'static str,
    address: &'static str,
    /// What comes before the bundle.
    args: &'static [&'static str],
    bundle: &'static str,
}

const VALIDATORS: [Validator; 2] = [
    Validator {
        variable: "CLAP_VALIDATOR",
        name: "clap-validator",
        address: "https://github.com/free-audio/clap-validator",
        args: &["validate"],
        bundle: "Con Anima.clap",
    },
    // Strictness 10 is the highest. Its tests of the window need a screen, and are for a person's eyes anyway.
    Validator {
        variable: "PLUGINVAL",
        name: "pluginval",
        address: "https://github.com/Tracktion/pluginval",
        args: &["--strictness-level", "10", "--skip-gui-tests", "--validate"],
        bundle: "Con Anima.vst3",
    },
];

/// Runs those that are there on what was bundled.
pub(super) fn run(bundled: &Path, variable: impl Fn(&str) -> Option<OsString>) -> anyhow::Result<()> {
    for validator in &VALIDATORS {
        let Validator { name, address, .. } = validator;
        let Some(program) = variable(validator.variable).filter(|path| !path.is_empty()) else {
            say(&format!("{name} is skipped: set {} to the path of {address}", validator.variable))?;
            continue;
        };
        let program = Path::new(&program);
        let (path, key) = (program.display(), validator.variable);
        ensure!(program.is_file(), "{key} must be the path of {name}, and '{path}' is no file");
        let bundle = bundled.join(validator.bundle);
        ensure!(bundle.exists(), "there is no bundle '{}'", bundle.display());
        workspace::run(Command::new(std::path::absolute(program)?).args(validator.args).arg(bundle))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundled() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        VALIDATORS.iter().for_each(|validator| std::fs::write(folder.path().join(validator.bundle), "").unwrap());
        folder
    }

    #[test]
    fn those_that_are_not_given_are_skipped() {
        assert!(run(bundled().path(), |_| None).is_ok());
        assert!(run(bundled().path(), |_| Some(OsString::new())).is_ok());
    }

    #[test]
    fn one_that_is_not_there_is_named() {
        for validator in &VALIDATORS {
            let given = |name: &str| (name == validator.variable).then(|| OsString::from("/no/such/program"));
            let error = run(bundled().path(), given).expect_err("no program").to_string();
            assert!(error.contains(validator.variable) && error.contains("/no/such/program"), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_one_finds_is_an_error_and_it_is_given_the_bundle() {
        use std::os::unix::fs::PermissionsExt;
        for validator in &VALIDATORS {
            let folder = bundled();
            let program = folder.path().join("program");
            // Content with its own bundle alone.
            let script = "#!/bin/sh\nfor last; do :; done\n[ -e \"$last\" ] && [ \"${last##*/}\" = \"$WANTED\" ]\n";
            std::fs::write(&program, script.replace("$WANTED", validator.bundle)).unwrap();
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
            let given = |name: &str| (name == validator.variable).then(|| program.clone().into_os_string());
            assert!(run(folder.path(), given).is_ok(), "{}", validator.name);
            std::fs::write(&program, "#!/bin/sh\nexit 1\n").unwrap();
            assert!(run(folder.path(), given).is_err(), "{}", validator.name);
        }
    }
}
