//! Where the samples of a bounce come from.
//!
//! In: a path, standard input, or nothing for the demo vocal. Out: pieces of samples, as often as they are needed: once
//! to learn the song and once to sing it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use con_anima::offline::Options;
use sha2::{Digest, Sha256};

use crate::audio_file::{Faults, Metadata, OnDisk, Recording, Source, SourceShape};
use crate::interrupt;

/// Bytes that are read at a time where a file is only summed up. Chosen: more takes memory, fewer takes calls.
const CHUNK_BYTES: usize = 1 << 16;

/// One recording.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    /// The demo vocal.
    Demo(Arc<Recording>),
    /// A file.
    File(PathBuf),
    /// What came in through a pipe, which can be read only once, in a temporary file that vanishes with the last of
    /// these.
    Piped { copy: Arc<OnDisk>, name: String },
}

/// A recording that is being read.
pub(crate) enum Samples {
    Memory { recording: Arc<Recording>, shape: SourceShape, at: usize },
    File(Source),
}

impl Input {
    /// That of a path: `-` is standard input, and a pipe is read now.
    pub(crate) fn of(path: &Path) -> anyhow::Result<Self> {
        let is_stdin = path == Path::new("-");
        if !is_stdin && path.metadata().is_ok_and(|file| file.is_file() || file.is_dir()) {
            return Ok(Self::File(path.to_owned()));
        }
        let name = match is_stdin {
            true => "standard input".to_owned(),
            false => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        };
        Ok(Self::Piped { copy: Arc::new(OnDisk::of(path)?), name })
    }

    /// Its name without its folder, so that equal bounces are equal wherever they are made.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Demo(_) => "demo vocal".to_owned(),
            Self::Piped { name, .. } => name.clone(),
            Self::File(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        }
    }

    /// Its path, for messages; where it has none, its name.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Demo(_) | Self::Piped { .. } => self.name(),
        }
    }

    /// The file that holds it.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::Demo(_) => None,
            Self::File(path) => Some(path),
            Self::Piped { copy, .. } => Some(copy.path()),
        }
    }

    /// Begins to read it from the start.
    pub(crate) fn open(&self, faults: Faults) -> anyhow::Result<Samples> {
        match self {
            Self::Demo(recording) => Ok(Samples::in_memory(recording)),
            Self::File(path) => Ok(Samples::File(Source::open(path, faults)?)),
            Self::Piped { copy, name } => Ok(Samples::File(Source::open_named(copy.path(), name.clone(), faults)?)),
        }
    }

    /// The SHA-256 of the file's bytes, so that a bounce says of which recording it is; `None` for the demo vocal.
    pub(crate) fn checksum(&self) -> anyhow::Result<Option<String>> {
        let Some(path) = self.path() else { return Ok(None) };
        let sum = || {
            let mut file = std::fs::File::open(path)?;
            let mut sum = Sha256::new();
            let mut chunk = vec![0; CHUNK_BYTES];
            loop {
                interrupt::check()?;
                match std::io::Read::read(&mut file, &mut chunk)? {
                    0 => return anyhow::Ok(hexadecimal(&sum.finalize())),
                    n_bytes => sum.update(&chunk[..n_bytes]),
                }
            }
        };
        sum().map(Some).with_context(|| format!("cannot read '{}'", self.shown()))
    }
}

/// Bytes as digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Samples {
    fn in_memory(recording: &Arc<Recording>) -> Self {
        let shape = SourceShape {
            n_channels: recording.channels.len(),
            sample_rate_hz: recording.sample_rate_hz,
            depth: recording.depth,
            n_samples: Some(recording.n_samples() as u64),
            metadata: Metadata::default(),
        };
        Self::Memory { recording: Arc::clone(recording), shape, at: 0 }
    }

    /// What it holds.
    pub(crate) fn shape(&self) -> &SourceShape {
        match self {
            Self::Memory { shape, .. } => shape,
            Self::File(source) => source.shape(),
        }
    }

    /// What people must be told of the file; complete once everything is read.
    pub(crate) fn remarks(&self) -> Vec<String> {
        match self {
            Self::Memory { .. } => Vec::new(),
            Self::File(source) => source.remarks(),
        }
    }

    /// Calls `take` with each piece, `[channel][sample]`, and the number of samples before it. A signal to end is an
    /// error.
    pub(crate) fn each_piece(
        &mut self,
        options: &Options,
        mut take: impl FnMut(&mut [Vec<f32>], u64) -> anyhow::Result<()>,
    ) -> anyhow::Result<u64> {
        let mut piece = vec![Vec::new(); self.shape().n_channels];
        let mut n_samples = 0;
        loop {
            interrupt::check()?;
            let n_read = self.read(&mut piece, options.piece_samples())?;
            if n_read == 0 {
                return Ok(n_samples);
            }
            take(&mut piece, n_samples)?;
            n_samples += n_read as u64;
        }
    }

    /// Fills each channel with up to so many samples; 0 at the end.
    pub(crate) fn read(&mut self, piece: &mut [Vec<f32>], most_samples: usize) -> anyhow::Result<usize> {
        match self {
            Self::File(source) => source.read(piece, most_samples),
            Self::Memory { recording, at, .. } => {
                let until = recording.n_samples().min(*at + most_samples);
                for (samples, channel) in piece.iter_mut().zip(&recording.channels) {
                    samples.clear();
                    samples.extend_from_slice(&channel[*at..until]);
                }
                Ok(until - std::mem::replace(at, until))
            }
        }
    }
}
