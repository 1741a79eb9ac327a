//! The copy of the workspace that is mutated: the workspace itself is never touched.
//!
//! In: the workspace as it is, uncommitted changes included. Out: the same under `target/mutants/tree`, with a target
//! folder of its own whose dependencies come from the workspace's where that has them.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::list::Mutant;
use crate::workspace;

/// Folders of the workspace that no build uses.
const LEFT_OUT: [&str; 3] = [".git", "target", "__pycache__"];
/// Crates of the workspace: their builds there may be from other sources.
const OWN_CRATES: [&str; 3] = ["con_anima", "xtask", "lab"];

/// The copy.
#[derive(Debug)]
pub(super) struct Tree {
    /// Where it is.
    pub(super) folder: PathBuf,
    /// Its target folder.
    pub(super) build_folder: PathBuf,
}

/// The folder for everything about mutants.
pub(super) fn home() -> PathBuf {
    workspace::target_folder().join("mutants")
}

impl Tree {
    /// Makes the copy, or brings it up to date: unchanged files are not written, so that they are not rebuilt.
    pub(super) fn up_to_date() -> anyhow::Result<Self> {
        let (folder, build_folder) = (home().join("tree"), home().join("build"));
        mirror(&workspace::root(), &folder, &workspace::target_folder())?;
        let built = workspace::target_folder().join("debug");
        if !build_folder.exists() && built.exists() {
            seed(&built, &build_folder.join("debug"))?;
        }
        Ok(Self { folder, build_folder })
    }

    /// Applies a mutant to the copy, runs `judge`, and removes the mutant again.
    pub(super) fn with<T>(&self, mutant: &Mutant, judge: impl FnOnce() -> T) -> anyhow::Result<T> {
        let path = self.folder.join(&mutant.file);
        let original = fs::read_to_string(&path).with_context(|| format!("cannot read '{}'", path.display()))?;
        write(&path, mutant.apply(&original)?.as_bytes())?;
        let judged = judge();
        write(&path, original.as_bytes())?;
        Ok(judged)
    }
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write '{}'", path.display()))
}

fn names(folder: &Path) -> anyhow::Result<Vec<std::ffi::OsString>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list '{}'", folder.display()))?;
    entries.map(|entry| Ok(entry?.file_name())).collect()
}

/// Makes `to` hold the same as `from`, except what is left out.
fn mirror(from: &Path, to: &Path, target_folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot make '{}'", to.display()))?;
    let is_taken =
        |name: &OsStr| !LEFT_OUT.iter().any(|left_out| name == *left_out) && from.join(name) != target_folder;
    let wanted: Vec<_> = names(from)?.into_iter().filter(|name| is_taken(name)).collect();
    for name in names(to)?.iter().filter(|name| !wanted.contains(name)) {
        let gone = to.join(name);
        let removed = if gone.is_dir() { fs::remove_dir_all(&gone) } else { fs::remove_file(&gone) };
        removed.with_context(|| format!("cannot remove '{}'", gone.display()))?;
    }
    for name in &wanted {
        let (source, copy) = (from.join(name), to.join(name));
        if source.is_dir() {
            mirror(&source, &copy, target_folder)?;
            continue;
        }
        let bytes = fs::read(&source).with_context(|| format!("cannot read '{}'", source.display()))?;
        if fs::read(&copy).ok().as_ref() != Some(&bytes) {
            write(&copy, &bytes)?;
        }
    }
    Ok(())
}

/// Gives a new target folder the dependencies that the workspace has already built, which saves minutes. Libraries are
/// linked, because they are never written to; the rest is copied with its times, which cargo uses to see what is up to
/// date.
fn seed(built: &Path, to: &Path) -> anyhow::Result<()> {
    for folder in [".fingerprint", "build", "deps"] {
        seed_folder(&built.join(folder), &to.join(folder))?;
    }
    Ok(())
}

fn seed_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot make '{}'", to.display()))?;
    for name in names(from).unwrap_or_default() {
        let (source, copy) = (from.join(&name), to.join(&name));
        if is_own(&name.to_string_lossy()) {
            continue;
        }
        if source.is_dir() {
            seed_folder(&source, &copy)?;
        } else if !is_program_of_tests(&source) {
            seed_file(&source, &copy).with_context(|| format!("cannot copy '{}'", source.display()))?;
        }
    }
    Ok(())
}

fn seed_file(source: &Path, copy: &Path) -> std::io::Result<()> {
    let is_library = source.extension().is_some_and(|kind| kind == "rlib" || kind == "rmeta" || kind == "so");
    if is_library && fs::hard_link(source, copy).is_ok() {
        return Ok(());
    }
    fs::copy(source, copy)?;
    fs::File::options().append(true).open(copy)?.set_modified(fs::metadata(source)?.modified()?)
}

/// Whether a file or folder of a target folder was made from the workspace's own sources.
fn is_own(name: &str) -> bool {
    let name = name.strip_prefix("lib").unwrap_or(name);
    OWN_CRATES.iter().any(|own| name.strip_prefix(own).is_some_and(|rest| rest.starts_with(['-', '.'])))
}

/// Programs in `deps` are tests, and large.
fn is_program_of_tests(path: &Path) -> bool {
    path.extension().is_none() && path.parent().is_some_and(|folder| folder.ends_with("deps"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_holds_what_the_workspace_holds_and_unchanged_files_keep_their_time() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(from.join("src/inner")).unwrap();
        fs::create_dir_all(from.join("target")).unwrap();
        fs::create_dir_all(from.join("built")).unwrap();
        for file in ["src/inner/a.rs", "src/b.rs", "target/c", "built/d"] {
            fs::write(from.join(file), file).unwrap();
        }
        mirror(&from, &to, &from.join("built")).unwrap();
        assert_eq!(fs::read_to_string(to.join("src/inner/a.rs")).unwrap(), "src/inner/a.rs");
        assert!(!to.join("target").exists() && !to.join("built").exists());
        let time = |file: &str| fs::metadata(to.join(file)).unwrap().modified().unwrap();
        let before = time("src/b.rs");
        fs::remove_dir_all(from.join("src/inner")).unwrap();
        fs::write(from.join("src/e.rs"), "new").unwrap();
        mirror(&from, &to, &from.join("built")).unwrap();
        assert_eq!(time("src/b.rs"), before);
        assert!(to.join("src/e.rs").exists() && !to.join("src/inner").exists());
    }

    #[test]
    fn own_crates_are_told_from_dependencies() {
        for name in ["con_anima-0123", "libcon_anima-0123.rlib", "libcon_anima.so", "libxtask-45.rlib", "lab-67"] {
            assert!(is_own(name), "{name}");
        }
        assert!(!is_own("librealfft-01.rlib") && !is_own("libc-12") && !is_own("con_anima_else-1"));
    }

    #[test]
    fn a_change_is_in_the_copy_while_it_is_judged_and_no_longer() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.rs"), "one\ntwo\n").unwrap();
        let tree = Tree { folder: folder.path().to_owned(), build_folder: PathBuf::new() };
        let list = r#"[{"file": "a.rs", "name": "a.rs:2:1: replace two", "replacement": "2",
            "span": {"start": {"line": 2, "column": 1}, "end": {"line": 2, "column": 4}}}]"#;
        let mutants = super::super::list::parse(list).unwrap();
        let read = || fs::read_to_string(folder.path().join("a.rs")).unwrap();
        assert_eq!(tree.with(&mutants[0], read).unwrap(), "one\n2\n");
        assert_eq!(read(), "one\ntwo\n");
    }
}
