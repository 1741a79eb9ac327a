//! Makes a file of what can be read only once: standard input, a pipe.
//!
//! In: a reader or a path. Out: a path that can be read as often as needed. What has to be copied goes to the disk, in
//! the folder for temporary files, and vanishes when the value is dropped; memory does not grow.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use tempfile::NamedTempFile;

/// Bytes that are copied at once. Chosen: few calls to the system.
const COPIED_BYTES: usize = 1 << 18;

/// Copies all that a reader gives into a temporary file, which vanishes when it is dropped.
///
/// # Errors
///
/// Where nothing can be read, or the disk is full.
pub fn spool(mut reader: impl Read) -> anyhow::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix("con_anima_").tempfile()?;
    let mut piece = vec![0; COPIED_BYTES];
    loop {
        match reader.read(&mut piece) {
            Ok(0) => break,
            Ok(n) => {
                file.write_all(&piece[..n]).context("what comes in does not fit the folder for temporary files")?
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => (),
            Err(error) => return Err(error.into()),
        }
    }
    file.flush()?;
    Ok(file)
}

/// A recording that can be read as often as needed.
#[derive(Debug)]
pub enum OnDisk {
    /// It was a file.
    File(PathBuf),
    /// It was copied, and the copy vanishes with this value.
    Copy(NamedTempFile),
}

impl OnDisk {
    /// Takes a path as the command line has it: `-` is standard input, pipes are copied, files stay where they are.
    ///
    /// # Errors
    ///
    /// What is neither file nor pipe, or is empty, is refused.
    pub fn of(path: &Path) -> anyhow::Result<Self> {
        let taken = if path == Path::new("-") { spool(std::io::stdin().lock()).map(Self::Copy) } else { at(path) };
        taken.and_then(Self::not_empty).with_context(|| format!("cannot read '{}'", name(path)))
    }

    /// Where it is now.
    pub fn path(&self) -> &Path {
        match self {
            Self::File(path) => path,
            Self::Copy(file) => file.path(),
        }
    }

    fn not_empty(self) -> anyhow::Result<Self> {
        ensure!(self.path().metadata()?.len() > 0, "the file is empty");
        Ok(self)
    }
}

/// What people call this path.
pub(super) fn name(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() }
}

fn at(path: &Path) -> anyhow::Result<OnDisk> {
    let metadata = path.metadata()?;
    ensure!(!metadata.is_dir(), "it is a folder, not a recording");
    if metadata.is_file() {
        return Ok(OnDisk::File(path.to_owned()));
    }
    #[cfg(unix)]
    if std::os::unix::fs::FileTypeExt::is_fifo(&metadata.file_type()) {
        return Ok(OnDisk::Copy(spool(File::open(path)?)?));
    }
    bail!("it is neither a file nor a pipe")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a byte at a time, and is interrupted before each.
    struct Halting(Vec<u8>, bool);

    impl Read for Halting {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(std::io::ErrorKind::Interrupted.into());
            }
            into[0] = self.0.pop().unwrap_or_default();
            Ok(usize::from(into[0] != 0))
        }
    }

    #[test]
    fn what_a_reader_gives_is_all_there_and_vanishes_with_the_value() {
        let file = spool(Halting(b"cba".to_vec(), false)).expect("a copy");
        assert_eq!(std::fs::read(file.path()).expect("its bytes"), b"abc");
        let path = file.path().to_owned();
        drop(file);
        assert!(!path.exists());
    }

    #[test]
    fn a_folder_and_an_empty_file_are_refused_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = format!("{:#}", OnDisk::of(folder.path()).expect_err("a folder"));
        assert!(error.contains("folder, not a recording"), "{error}");
        let path = folder.path().join("empty.wav");
        File::create(&path).expect("a file");
        let error = format!("{:#}", OnDisk::of(&path).expect_err("nothing in it"));
        assert!(error.contains("empty.wav") && error.contains("the file is empty"), "{error}");
    }

    #[test]
    #[cfg(unix)]
    fn a_pipe_is_copied_to_where_it_can_be_read_twice() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo runs");
        assert!(made.success());
        let file = folder.path().join("file");
        std::fs::write(&file, b"samples").expect("a file");
        let mut writer = std::process::Command::new("cp").arg(&file).arg(&path).spawn().expect("cp runs");
        let copy = OnDisk::of(&path).expect("a copy");
        assert!(writer.wait().expect("cp ends").success());
        for _ in 0..2 {
            assert_eq!(std::fs::read(copy.path()).expect("its bytes"), b"samples");
        }
    }
}
