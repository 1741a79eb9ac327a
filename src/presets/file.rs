//! One preset's file, read and written.
//!
//! In: a path. Out: a preset, or an error that names the file and what is wrong with it. A file appears under its name
//! only when it is complete, and one that is there is replaced only where the caller says so.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use super::{Preset, PresetError, tidy_name};

/// A larger file is no preset, bytes. Chosen: a preset has less than 2 KiB, and whatever else is there is not read.
const MAX_BYTES: u64 = 64 * 1024;

/// Why a file could not be read or written.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("'{}': {problem}", path.display())]
pub struct FileError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Problem {
    /// The system's own words.
    #[error("{0}")]
    System(String),
    /// A folder, a device or the like.
    #[error("not a file")]
    NoFile,
    /// Too large.
    #[error("no preset: it is larger than {} KiB", MAX_BYTES / 1024)]
    TooLarge,
    /// Not UTF-8.
    #[error("no preset: it is not text")]
    NoText,
    /// It is no preset, or one that cannot be taken.
    #[error(transparent)]
    Preset(#[from] PresetError),
    /// A file of this name is there, and was not to be replaced.
    #[error("it is there already, and nothing was written; choose another name")]
    Exists,
}

impl FileError {
    pub(super) fn new(path: &Path, problem: Problem) -> Self {
        Self { path: path.to_owned(), problem }
    }

    pub(super) fn system(path: &Path, error: &std::io::Error) -> Self {
        Self::new(path, Problem::System(error.to_string()))
    }
}

/// Reads a preset's file; a preset without a name is called as its file is.
pub fn read_file(path: &Path) -> Result<Preset, FileError> {
    let text = read_text(path).map_err(|problem| FileError::new(path, problem))?;
    let mut preset = Preset::read(&text).map_err(|error| FileError::new(path, error.into()))?;
    if preset.name.is_empty() {
        preset.name = tidy_name(&path.file_stem().unwrap_or_default().to_string_lossy());
    }
    Ok(preset)
}

fn read_text(path: &Path) -> Result<String, Problem> {
    let system = |error: std::io::Error| Problem::System(error.to_string());
    // Opening a pipe would wait for ever.
    if !fs::metadata(path).map_err(system)?.is_file() {
        return Err(Problem::NoFile);
    }
    let mut bytes = Vec::new();
    File::open(path).map_err(system)?.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(system)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Problem::TooLarge);
    }
    String::from_utf8(bytes).map_err(|_| Problem::NoText)
}

/// Writes a preset to a file, whose folder is made where it is missing.
pub(super) fn write_file(path: &Path, preset: &Preset, may_replace: bool) -> Result<(), FileError> {
    let failed = |error: &std::io::Error| FileError::system(path, error);
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| FileError::system(folder, &error))?;
    let mut temporary = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(&error))?;
    temporary.write_all(preset.to_toml().as_bytes()).map_err(|error| failed(&error))?;
    temporary.as_file().sync_all().map_err(|error| failed(&error))?;
    let placed = if may_replace { temporary.persist(path) } else { temporary.persist_noclobber(path) };
    match placed {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Err(FileError::new(path, Problem::Exists)),
        Err(error) => Err(failed(&error.error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Values;

    #[test]
    fn only_a_whole_preset_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("huge.toml"), vec![b'#'; MAX_BYTES as usize + 1]).unwrap();
        fs::write(at("binary.toml"), [0xff, 0xfe, 0x00]).unwrap();
        fs::write(at("cut.toml"), "[values]\ndrift = ").unwrap();
        fs::write(at("full.toml"), [b"[values]\n#".to_vec(), vec![b'#'; MAX_BYTES as usize - 10]].concat()).unwrap();
        fs::create_dir(at("folder.toml")).unwrap();
        let problem = |name: &str| read_file(&at(name)).unwrap_err().problem;
        assert_eq!(problem("huge.toml"), Problem::TooLarge);
        assert_eq!(problem("binary.toml"), Problem::NoText);
        assert_eq!(problem("folder.toml"), Problem::NoFile);
        assert!(matches!(problem("cut.toml"), Problem::Preset(PresetError::Syntax(_))));
        assert!(matches!(problem("absent.toml"), Problem::System(_)));
        assert_eq!(read_file(&at("full.toml")).unwrap().name, "full");
        assert!(read_file(&at("huge.toml")).unwrap_err().to_string().contains("huge.toml"));
    }

    #[test]
    fn nothing_is_replaced_by_itself_and_nothing_stays_beside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/one.toml");
        let [one, other] = ["One", "Other"].map(|name| Preset::of(name, &Values::default()));
        write_file(&path, &one, false).unwrap();
        assert_eq!(write_file(&path, &other, false).unwrap_err().problem, Problem::Exists);
        assert_eq!(read_file(&path).unwrap(), one);
        write_file(&path, &other, true).unwrap();
        assert_eq!(read_file(&path).unwrap(), other);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
