//! The built command line in a folder of its own, and the files it is given.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder that vanishes with its test.
pub(crate) struct Studio(tempfile::TempDir);

impl Studio {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    /// Where a file of this name lies.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Puts a file there.
    pub(crate) fn with(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.path(name), bytes).expect("a temporary file");
        self
    }

    /// A file's bytes.
    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The names of all files there, hidden ones too.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).expect("the folder is there");
        let mut names: Vec<_> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// The program under test with these arguments, started in the folder; its target folder is `target` there.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(crate::PROGRAM);
        command.args(args).current_dir(self.0.path()).env("CARGO_TARGET_DIR", "target");
        command.output().expect("the command line runs")
    }

    /// The same for `cargo xtask bounce`.
    pub(crate) fn bounce(&self, args: &[&str]) -> Output {
        self.run(&[&["bounce"], args].concat())
    }

    /// A bounce that must succeed; returns its stdout.
    pub(crate) fn bounced(&self, args: &[&str]) -> String {
        self.done(&[&["bounce"], args].concat())
    }

    /// A command that must succeed; returns its stdout.
    pub(crate) fn done(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && stderr.is_empty(), "{args:?}: {stderr}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// A bounce that must be refused.
    pub(crate) fn refused(&self, args: &[&str], culprits: &[&str]) {
        self.refuses(&[&["bounce"], args].concat(), culprits);
    }

    /// A command that must fail with one line that names all of `culprits`, print nothing else and change no file.
    pub(crate) fn refuses(&self, args: &[&str], culprits: &[&str]) {
        let before: Vec<_> = self.names().into_iter().map(|name| (contents(&self.path(&name)), name)).collect();
        let output = self.run(args);
        let stderr = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(1), "{args:?}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{args:?}: {stderr}");
        assert!(stderr.starts_with("error: ") && stderr.ends_with('\n'), "{args:?}: {stderr}");
        for culprit in culprits {
            assert!(stderr.contains(culprit), "{args:?} must name {culprit}: {stderr}");
        }
        assert!(output.stdout.is_empty(), "{args:?}");
        let after: Vec<_> = self.names().into_iter().map(|name| (contents(&self.path(&name)), name)).collect();
        assert_eq!(before, after, "{args:?} must write nothing");
    }
}

fn contents(path: &Path) -> Option<Vec<u8>> {
    std::fs::read(path).ok()
}

/// A WAV file of this format tag and sample data, as written by the book: the tests' own, so that no fault of the
/// writer under test hides one of the reader.
pub(crate) fn wav(format_tag: u16, n_channels: u16, sample_rate_hz: u32, bits: u16, data: &[u8]) -> Vec<u8> {
    let block_bytes = n_channels * bits / 8;
    let mut file = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0".to_vec();
    for field in [format_tag, n_channels] {
        file.extend(field.to_le_bytes());
    }
    file.extend(sample_rate_hz.to_le_bytes());
    file.extend((sample_rate_hz.wrapping_mul(block_bytes.into())).to_le_bytes());
    for field in [block_bytes, bits] {
        file.extend(field.to_le_bytes());
    }
    file.extend(b"data");
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    file.resize(file.len().next_multiple_of(2), 0);
    let riff_bytes = (file.len() as u32 - 8).to_le_bytes();
    file[4..8].copy_from_slice(&riff_bytes);
    file
}

/// A tenth of a second of 16-bit stereo with every kind of value.
pub(crate) fn short_wav() -> Vec<u8> {
    wav(1, 2, 48_000, 16, &noise(19_200))
}

/// Bytes without a pattern.
pub(crate) fn noise(n_bytes: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_u32;
    let mut byte = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 11) as u8
    };
    (0..n_bytes).map(|_| byte()).collect()
}

/// The chunks of a RIFF file; checks that all lengths are right.
pub(crate) fn chunks(file: &[u8]) -> Vec<(String, Vec<u8>)> {
    let length_at = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("4 bytes")) as usize;
    assert_eq!((&file[..4], length_at(4), &file[8..12]), (&b"RIFF"[..], file.len() - 8, &b"WAVE"[..]));
    let mut chunks = Vec::new();
    let mut at = 12;
    while at < file.len() {
        assert_eq!(at % 2, 0, "chunks begin at even places");
        let (id, length) = (String::from_utf8_lossy(&file[at..at + 4]).into_owned(), length_at(at + 4));
        chunks.push((id, file[at + 8..at + 8 + length].to_vec()));
        at += 8 + length.next_multiple_of(2);
    }
    assert_eq!(at, file.len(), "the last chunk ends with the file");
    chunks
}

/// The body of one chunk.
pub(crate) fn chunk(file: &[u8], id: &str) -> Vec<u8> {
    let found = chunks(file).into_iter().find(|(name, _)| name == id);
    found.unwrap_or_else(|| panic!("no chunk {id}")).1
}
