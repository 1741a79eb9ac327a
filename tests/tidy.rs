//! Conventions are executed, not hoped for: who may use what, and how long things may be.

#![allow(clippy::unwrap_used, reason = "a test may fail wherever it is")]

use std::fs;
use std::path::{Path, PathBuf};

const MAX_FILE_LINES: usize = 400;
const MAX_LINE_CHARS: usize = 120;

/// For each part of the crate: the parts it may use besides itself.
const MAY_USE: [(&str, &[&str]); 18] = [
    ("dsp", &[]),
    ("settings", &["dsp"]),
    ("analysis", &["dsp", "settings"]),
    ("score", &["dsp", "settings", "analysis"]),
    ("plan", &["dsp", "settings", "analysis", "score"]),
    ("gesture", &["dsp", "analysis"]),
    ("breath_timbre", &["dsp", "analysis", "gesture"]),
    ("performance", &["dsp", "settings", "analysis", "score", "plan", "gesture", "breath_timbre"]),
    ("render", &["dsp", "analysis", "gesture"]),
    ("engine", &["dsp", "settings", "analysis", "score", "gesture", "performance", "render"]),
    ("learner", &["engine", "performance", "score", "settings"]),
    ("params", &["dsp", "settings", "score"]),
    ("presets", &["params"]),
    ("offline", &["dsp", "engine", "gesture", "learner", "performance", "score", "settings"]),
    ("demo", &["dsp"]),
    ("monitor", &["engine"]),
    ("plugin", &["engine", "learner", "monitor", "params", "presets", "score", "settings", "editor"]),
    ("editor", &["analysis", "engine", "monitor", "params", "presets", "settings"]),
];

/// Parts that run on the audio thread, and what they must not know.
const PURE: [&str; 11] = [
    "dsp",
    "settings",
    "analysis",
    "score",
    "plan",
    "gesture",
    "breath_timbre",
    "performance",
    "render",
    "engine",
    "learner",
];
const IMPURE: [&str; 14] = [
    "nice_plug",
    "egui",
    "std::fs",
    "std::io",
    "std::time",
    "std::thread",
    "std::env",
    "std::process",
    "std::net",
    "Mutex",
    "RwLock",
    "RefCell",
    "println!",
    "thread_local",
];

/// Folders whose tuned constants must say where their numbers come from, with the files beside them of the same name.
const TUNED: [&str; 17] = [
    "src/analysis",
    "src/dsp",
    "src/render",
    "src/demo",
    "src/engine",
    "src/score",
    "src/plan",
    "src/performance",
    "src/breath_timbre",
    "src/params",
    "src/presets",
    "src/settings",
    "src/editor",
    "src/monitor",
    "src/plugin",
    "xtask/src",
    "xtask/lab/src",
];

/// What the comment of a tuned constant must hold: a publication or a document of the project; a measurement; or a
/// decision, with what it changes.
const ORIGINS: [&str; 3] = ["Source:", "Measured:", "Chosen:"];

/// Types of tuned constants, together with arrays, tuples and ranges of them.
const NUMERIC: [&str; 14] = [
    "f32",
    "f64",
    "usize",
    "u8",
    "u16",
    "u32",
    "u64",
    "i32",
    "i64",
    "std",
    "ops",
    "Range",
    "RangeInclusive",
    "Duration",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All Rust files below a folder of the project.
fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}

fn all_files() -> Vec<PathBuf> {
    ["src", "tests", "benches", "xtask/src", "xtask/tests", "xtask/lab/src", "xtask/lab/tests"]
        .into_iter()
        .filter(|folder| root().join(folder).exists())
        .flat_map(rust_files)
        .collect()
}

/// The part of the crate that a file in `src` belongs to: its first folder, or its own name.
fn part(path: &Path) -> String {
    let inner = path.strip_prefix(root().join("src")).unwrap();
    let first = inner.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// A file's code without comments and without its unit tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]").next().unwrap();
    text.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n")
}

#[test]
fn parts_use_only_what_flows_into_them() {
    let mut wrong = Vec::new();
    for path in rust_files("src") {
        let part = part(&path);
        if part == "lib" {
            continue;
        }
        let (_, allowed) = MAY_USE.iter().find(|(name, _)| *name == part).unwrap_or_else(|| panic!("{part} is new"));
        let code = code(&path);
        for used in code.split("crate::").skip(1) {
            let used: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if used != part && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{}: {part} must not use {used}", path.display()));
            }
        }
        let impure = IMPURE.iter().filter(|word| PURE.contains(&part.as_str()) && code.contains(**word));
        wrong.extend(impure.map(|word| format!("{}: {part} must not know {word}", path.display())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_and_lines_stay_short() {
    let mut wrong = Vec::new();
    for path in all_files() {
        let text = fs::read_to_string(&path).unwrap();
        if text.lines().count() > MAX_FILE_LINES {
            wrong.push(format!("{}: {} lines", path.display(), text.lines().count()));
        }
        for (number, line) in text.lines().enumerate().filter(|(_, line)| line.chars().count() > MAX_LINE_CHARS) {
            wrong.push(format!("{}:{}: {} characters", path.display(), number + 1, line.chars().count()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn modules_stand_beside_their_folders_and_say_what_they_are() {
    for path in all_files() {
        let is_common = path.ends_with("tests/common/mod.rs");
        assert!(is_common || !path.ends_with("mod.rs"), "{}: name it after its module", path.display());
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//!"), "{}: begins with what it is for", path.display());
        let marker = concat!("TO", "DO");
        assert!(!text.contains(marker), "{}: {marker}", path.display());
    }
}

#[test]
fn every_dependency_says_why() {
    for manifest in ["Cargo.toml", "xtask/Cargo.toml", "xtask/lab/Cargo.toml"] {
        let text = fs::read_to_string(root().join(manifest)).unwrap();
        let mut is_dependencies = false;
        let mut has_reason = false;
        for line in text.lines() {
            if line.starts_with('[') {
                is_dependencies = line.contains("dependencies");
            } else if is_dependencies && line.contains('=') {
                // One reason may cover the lines that follow it directly.
                assert!(has_reason, "{manifest}: say above '{line}' what it is for");
            } else {
                has_reason = line.starts_with('#');
            }
        }
    }
}

/// In the analysis, times are given in seconds and become windows in one place. A constant that is a whole number must
/// be no time, and say so: its comment has the word "count".
#[test]
fn no_constant_of_the_analysis_counts_windows_by_hand() {
    let is_time = |name: &str| {
        [
            "WINDOW", "HOP", "LOOK", "REACH", "AGE", "SIDE", "GLIDE", "HEAD", "TAIL", "BLOCKS", "LEAST", "MOST",
            "CAPACITY",
        ]
        .iter()
        .any(|word| name.contains(word))
    };
    let mut wrong = Vec::new();
    for path in rust_files("src/analysis").into_iter().chain([root().join("src/analysis.rs")]) {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let mut comment = String::new();
        for line in code.lines().map(str::trim) {
            if line.starts_with("///") {
                comment += line;
                continue;
            }
            let constant = line.split_once("const ").and_then(|(_, rest)| rest.split_once(':'));
            if let Some((name, value)) = constant {
                let (kind, value) = value.split_once('=').unwrap_or((value, ""));
                let is_whole = ["usize", "u32", "i64"].iter().any(|whole| kind.contains(whole));
                let is_literal = value.trim_start().starts_with(|first: char| first.is_ascii_digit());
                if is_whole && is_literal && is_time(name) && !comment.contains("count") {
                    wrong.push(format!("{}: {name} ={value}", path.display()));
                }
            }
            comment.clear();
        }
    }
    assert!(wrong.is_empty(), "in seconds, by grid::windows, or a count that says so:\n{}", wrong.join("\n"));
}

/// The name of the constant that a line declares, and what follows it: type and value.
fn constant(line: &str) -> Option<(&str, &str)> {
    let (before, item) = line.split_once("const ")?;
    let (name, rest) = item.split_once(": ")?;
    let is_item = before.is_empty() || before == "pub " || (before.starts_with("pub(") && before.ends_with(") "));
    let is_constant = name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    (is_item && is_constant).then_some((name, rest))
}

/// Whether a constant is a number that somebody chose. Exempt are text, structures and colours, by their type; the
/// values 0 and 1; and what has no digit, such as the length of another constant.
fn is_tuned(kind: &str, value: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    // Names in capitals are lengths of arrays, as are digits.
    let mut words = kind.split(|c| !is_word(c)).filter(|word| !word.is_empty());
    let is_numeric = words.all(|word| NUMERIC.contains(&word) || word == word.to_uppercase());
    let mut words = value.split(|c| !is_word(c));
    let has_digit = words.any(|word| word.starts_with(|first: char| first.is_ascii_digit()));
    is_numeric && has_digit && !value.contains('"') && !["0;", "1;"].contains(&value)
}

/// Constants that follow each other without comments of their own share the comment above the first.
#[test]
fn every_tuned_constant_names_its_origin() {
    let beside = TUNED.iter().map(|folder| root().join(format!("{folder}.rs")));
    let inside = TUNED.into_iter().filter(|folder| root().join(folder).is_dir()).flat_map(rust_files);
    let mut wrong = Vec::new();
    for path in inside.chain(beside.filter(|path| path.exists())) {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let mut comment = String::new();
        let mut is_used = false;
        let mut lines = code.lines().map(str::trim).enumerate();
        while let Some((number, line)) = lines.next() {
            if line.starts_with("//") {
                if std::mem::take(&mut is_used) {
                    comment.clear();
                }
                comment += line;
            } else if let Some((name, rest)) = constant(line) {
                let mut rest = rest.to_owned();
                while !rest.ends_with(';') {
                    rest.push(' ');
                    rest.push_str(lines.next().unwrap().1);
                }
                let (kind, value) = rest.split_once('=').unwrap();
                if is_tuned(kind, value.trim()) && !ORIGINS.iter().any(|origin| comment.contains(origin)) {
                    wrong.push(format!("{}:{}: {name}", path.display(), number + 1));
                }
                is_used = true;
            } else if !line.starts_with("#[") {
                comment.clear();
            }
        }
    }
    assert!(wrong.is_empty(), "say 'Source:', 'Measured:' or 'Chosen:' above\n{}", wrong.join("\n"));
}
