//! The user's own presets: a folder of TOML files.
//!
//! In: a folder, names, presets. Out: the list, and whatever was wrong with a file. Nothing is lost: a preset that is
//! deleted goes to the folder `deleted` inside, one that is there is replaced only on demand, and a file that cannot be
//! read stays where it is and is named.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::file::{FileError, Problem, read_file, write_file};
use super::file_name::file_stem;
use super::{FACTORY, Preset, tidy_name};

/// Beyond so many files nothing more is read. Chosen: more than anybody keeps, and read in well under a second.
const MAX_FILES: usize = 1000;
/// The folder for what was deleted.
const DELETED: &str = "deleted";
/// The extension of a preset's file.
const EXTENSION: &str = "toml";

/// Whether a preset of the same name may be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and that is an error.
    Keep,
    /// It is replaced.
    Replace,
}

/// Why the library did not do as asked.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LibraryError {
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The system knows no folder for presets.
    #[error("there is no folder for presets here; the variable CON_ANIMA_PRESETS can name one")]
    NoFolder,
    /// A name without a letter.
    #[error("a preset needs a name")]
    NoName,
    /// Another preset has this name.
    #[error("there is a preset '{name}' already; choose another name")]
    Taken {
        /// The name.
        name: String,
        /// It is the factory's, and cannot be replaced.
        is_factory: bool,
    },
    /// No own preset has this name.
    #[error("there is no preset '{0}' of yours")]
    Unknown(String),
}

/// One of the user's presets.
#[derive(Clone, Debug, PartialEq)]
pub struct Own {
    /// The preset; no two have the same name.
    pub preset: Preset,
    /// Its file.
    pub path: PathBuf,
}

/// All presets: the factory's and the user's.
#[derive(Clone, Debug)]
pub struct Library {
    folder: Option<PathBuf>,
    factory: Vec<Preset>,
    own: Vec<Own>,
    problems: Vec<FileError>,
}

impl Library {
    /// The library of a folder, which need not exist. Nothing is read yet.
    pub fn new(folder: Option<PathBuf>) -> Self {
        let factory = FACTORY.iter().filter_map(|preset| preset.read().ok()).collect();
        Self { folder, factory, own: Vec::new(), problems: Vec::new() }
    }

    /// Where the user's presets are.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Makes the folder, if it is not there.
    pub fn make_folder(&self) -> Result<&Path, LibraryError> {
        let folder = self.folder().ok_or(LibraryError::NoFolder)?;
        fs::create_dir_all(folder).map_err(|error| FileError::system(folder, &error))?;
        Ok(folder)
    }

    /// The factory presets, those of one purpose beside each other.
    pub fn factory(&self) -> &[Preset] {
        &self.factory
    }

    /// The user's presets by name, as they were when the folder was last read.
    pub fn own(&self) -> &[Own] {
        &self.own
    }

    /// The files that could not be read.
    pub fn problems(&self) -> &[FileError] {
        &self.problems
    }

    /// All presets in the order of the browser.
    pub fn all(&self) -> impl Iterator<Item = &Preset> {
        self.factory.iter().chain(self.own.iter().map(|own| &own.preset))
    }

    /// The preset of this name, in any case.
    pub fn find(&self, name: &str) -> Option<&Preset> {
        self.all().find(|preset| is_same(&preset.name, name))
    }

    /// The user's preset of this name, in any case.
    pub fn find_own(&self, name: &str) -> Option<&Own> {
        self.own.iter().find(|own| is_same(&own.preset.name, name))
    }

    /// Reads the folder.
    pub fn scan(&mut self) {
        self.own.clear();
        self.problems.clear();
        let Some(folder) = self.folder.clone() else { return };
        let mut paths = match files(&folder) {
            Ok(paths) => paths,
            Err(problem) => {
                self.problems.push(problem);
                return;
            }
        };
        // In one order everywhere, so that of two with one name the same one keeps it.
        paths.sort();
        if let Some(first) = paths.get(MAX_FILES) {
            let words = format!("there are more than {MAX_FILES} presets; from this one on they are left out");
            self.problems.push(FileError::new(first, Problem::System(words)));
        }
        for path in paths.into_iter().take(MAX_FILES) {
            match read_file(&path) {
                Ok(mut preset) => {
                    preset.name = self.free_name(&preset.name);
                    self.own.push(Own { preset, path });
                }
                Err(problem) => self.problems.push(problem),
            }
        }
        self.own.sort_by_cached_key(|own| own.preset.name.to_lowercase());
    }

    /// Saves a preset among the user's.
    pub fn save(&mut self, preset: &Preset, existing: Existing) -> Result<(), LibraryError> {
        let folder = self.folder.clone().ok_or(LibraryError::NoFolder)?;
        let name = tidy_name(&preset.name);
        if name.is_empty() {
            return Err(LibraryError::NoName);
        }
        self.scan();
        let taken = |is_factory| LibraryError::Taken { name: name.clone(), is_factory };
        if self.factory.iter().any(|factory| is_same(&factory.name, &name)) {
            return Err(taken(true));
        }
        let preset = Preset { name: name.clone(), ..preset.clone() };
        match self.find_own(&name) {
            Some(_) if existing == Existing::Keep => return Err(taken(false)),
            Some(own) => write_file(&own.path, &preset, true)?,
            None => write_file(&free_path(&folder, &file_stem(&name)), &preset, false)?,
        }
        self.scan();
        Ok(())
    }

    /// Gives one of the user's presets another name; returns it as it is kept.
    pub fn rename(&mut self, from: &str, to: &str) -> Result<String, LibraryError> {
        let folder = self.folder.clone().ok_or(LibraryError::NoFolder)?;
        let name = tidy_name(to);
        if name.is_empty() {
            return Err(LibraryError::NoName);
        }
        self.scan();
        let own = self.find_own(from).ok_or_else(|| LibraryError::Unknown(from.to_owned()))?.clone();
        let is_other = |preset: &&Preset| is_same(&preset.name, &name) && !is_same(&preset.name, from);
        if self.all().any(|preset| is_other(&preset)) {
            let is_factory = self.factory.iter().any(|preset| is_other(&preset));
            return Err(LibraryError::Taken { name, is_factory });
        }
        let preset = Preset { name: name.clone(), ..own.preset };
        if is_same(&file_stem(&name), &file_stem(from)) {
            // On some systems both names are one file.
            write_file(&own.path, &preset, true)?;
        } else {
            write_file(&free_path(&folder, &file_stem(&name)), &preset, false)?;
            fs::remove_file(&own.path).map_err(|error| FileError::system(&own.path, &error))?;
        }
        self.scan();
        Ok(name)
    }

    /// Moves one of the user's presets to the folder of deleted ones; returns where it is now.
    pub fn delete(&mut self, name: &str) -> Result<PathBuf, LibraryError> {
        let folder = self.folder.clone().ok_or(LibraryError::NoFolder)?;
        let own = self.find_own(name).ok_or_else(|| LibraryError::Unknown(name.to_owned()))?.clone();
        let deleted = folder.join(DELETED);
        fs::create_dir_all(&deleted).map_err(|error| FileError::system(&deleted, &error))?;
        let target = free_path(&deleted, &own.path.file_stem().unwrap_or_default().to_string_lossy());
        fs::rename(&own.path, &target).map_err(|error| FileError::system(&own.path, &error))?;
        self.scan();
        Ok(target)
    }

    /// Copies a file from anywhere among the user's presets; returns the name that it has here.
    pub fn import(&mut self, path: &Path) -> Result<String, LibraryError> {
        self.scan();
        let mut preset = read_file(path)?;
        preset.name = self.free_name(&preset.name);
        self.save(&preset, Existing::Keep)?;
        Ok(preset.name)
    }

    /// Writes a preset to a new file anywhere, or to a file of its name in a folder; returns where it is.
    pub fn export(preset: &Preset, path: &Path) -> Result<PathBuf, LibraryError> {
        let named = if path.is_dir() { path.join(file_stem(&preset.name)) } else { path.to_owned() };
        let has_extension = named.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(EXTENSION));
        // The extension is appended, because a dot in a name is no extension.
        let target = if has_extension { named } else { with_extension(&named) };
        write_file(&target, preset, false)?;
        Ok(target)
    }

    /// This name, or with the first number behind it that makes it free.
    pub fn free_name(&self, name: &str) -> String {
        let name = tidy_name(name);
        let name = if name.is_empty() { "Preset".to_owned() } else { name };
        let taken: HashSet<String> = self.all().map(|preset| preset.name.to_lowercase()).collect();
        let mut free = name.clone();
        let mut number = 2;
        while taken.contains(&free.to_lowercase()) {
            let end = format!(" {number}");
            let n_kept = super::MAX_NAME_CHARS - end.len();
            free = name.chars().take(n_kept).collect::<String>().trim_end().to_owned() + &end;
            number += 1;
        }
        free
    }
}

fn is_same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

fn with_extension(path: &Path) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(".");
    path.push(EXTENSION);
    path.into()
}

/// A file of this name that is not there yet.
fn free_path(folder: &Path, stem: &str) -> PathBuf {
    let numbered = (2..).map(|number| format!("{stem} {number}"));
    let mut paths = std::iter::once(stem.to_owned()).chain(numbered).map(|stem| with_extension(&folder.join(stem)));
    paths.find(|path| fs::symlink_metadata(path).is_err()).unwrap_or_else(|| with_extension(&folder.join(stem)))
}

/// The presets' files in a folder; none, if there is no folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(FileError::system(folder, &error)),
    };
    let is_preset = |path: &PathBuf| {
        let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        !is_hidden && path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(EXTENSION))
    };
    Ok(entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_preset).collect())
}

#[cfg(test)]
#[path = "library/tests.rs"]
mod tests;
