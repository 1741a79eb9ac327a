//! Which tests judge a mutant, by its part of the crate.
//!
//! In: a file of `src/`. Out: the tests that concern it, beginning with those that are quick and likely to notice.

/// A part of the crate that is mutated, and the tests that concern it.
#[derive(Debug)]
pub(super) struct Part {
    /// Its name: its files are `src/NAME.rs` and those in `src/NAME/`.
    pub(super) name: &'static str,
    /// Rounds of tests by their files' names in `tests/`: the next is built and run where the one before, and the
    /// part's own unit tests before the first, noticed nothing.
    pub(super) rounds: [&'static [&'static str]; 2],
    /// Whether it has code that is compiled only with the window. All other parts are judged without: there is half as
    /// much to compile.
    pub(super) knows_window: bool,
}

/// Every part that is mutated.
pub(super) const PARTS: [Part; 7] = [
    Part {
        name: "analysis",
        rounds: [
            &["same_sound", "hearing", "any_input", "singer", "decisions_heard"],
            &["learned", "notes", "own_vibrato", "breath", "timing", "effects", "engine_contract"],
        ],
        knows_window: false,
    },
    Part {
        name: "score",
        rounds: [
            &["same_sound", "decisions", "repeats", "timing", "effects"],
            &["learned", "breath", "notes", "own_vibrato", "transport", "engine_contract"],
        ],
        knows_window: false,
    },
    Part {
        name: "plan",
        rounds: [
            &["same_sound", "decisions", "effects", "notes", "timing"],
            &["learned", "breath", "repeats", "own_vibrato", "engine_contract"],
        ],
        knows_window: false,
    },
    Part {
        name: "breath_timbre",
        rounds: [&["same_sound", "breath", "effects"], &["decisions_heard", "presets_heard"]],
        knows_window: false,
    },
    Part {
        name: "performance",
        rounds: [
            &["same_sound", "decisions", "effects", "notes", "timing"],
            &["learned", "breath", "own_vibrato", "movement", "repeats", "singer", "splice", "engine_contract"],
        ],
        knows_window: false,
    },
    Part {
        name: "engine",
        rounds: [
            &["same_sound", "engine_contract", "transport", "hearing"],
            &[
                "effects",
                "realtime",
                "mode_change",
                "learned",
                "timing",
                "warp",
                "breath",
                "host_clap",
                "host_transport",
            ],
        ],
        knows_window: false,
    },
    Part {
        name: "params",
        rounds: [&["parameters", "effects"], &["hosted_parameters", "host_clap", "host_session", "scenes"]],
        knows_window: true,
    },
];

/// The part that a file belongs to.
pub(super) fn part_of(file: &str) -> Option<&'static Part> {
    PARTS.iter().find(|part| {
        let rest = file.strip_prefix("src/").and_then(|inner| inner.strip_prefix(part.name));
        rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    })
}

/// All tests that concern a part that knows the window, or one that does not, without repetition.
pub(super) fn all_tests(knows_window: bool) -> Vec<&'static str> {
    let parts = PARTS.iter().filter(|part| part.knows_window == knows_window);
    let mut tests: Vec<&str> = parts.flat_map(|part| part.rounds).flatten().copied().collect();
    tests.sort_unstable();
    tests.dedup();
    tests
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;

    /// All Rust files below a folder, as paths below the workspace with slashes.
    fn rust_files(folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(workspace::root().join(folder)).expect("the folder is there");
        let names = entries
            .map(|entry| entry.expect("it can be read"))
            .map(|entry| (format!("{folder}/{}", entry.file_name().to_string_lossy()), entry.path().is_dir()));
        let below = |(name, is_folder): (String, bool)| if is_folder { rust_files(&name) } else { vec![name] };
        names.flat_map(below).filter(|name| name.ends_with(".rs")).collect()
    }

    #[test]
    fn every_file_of_the_mutated_parts_has_tests_and_no_other_has() {
        let files = rust_files("src");
        assert!(files.contains(&"src/engine/hops.rs".to_owned()));
        for file in files {
            let is_mutated = PARTS.iter().any(|part| file[4..].starts_with(part.name));
            assert_eq!(part_of(&file).is_some(), is_mutated, "{file}");
        }
        assert!(part_of("src/engineer.rs").is_none() && part_of("tests/engine/hops.rs").is_none());
    }

    #[test]
    fn every_test_that_is_named_exists() {
        for test in all_tests(true).into_iter().chain(all_tests(false)) {
            assert!(workspace::root().join(format!("tests/{test}.rs")).exists(), "tests/{test}.rs");
        }
    }

    #[test]
    fn no_part_runs_a_test_twice() {
        for part in &PARTS {
            let [first, second] = part.rounds;
            assert!(first.iter().all(|test| !second.contains(test)), "{}", part.name);
        }
    }
}
