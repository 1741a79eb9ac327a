//! A file that is read in pieces. (Stand-in until the streaming reader is merged.)
//!
//! In: a path. Out: samples.

use std::path::Path;

use super::Recording;
use crate::wav_write::Depth;

/// What is done with a corrupt frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Faults {
    /// It is an error.
    Refuse,
    /// It becomes silence.
    Silence,
}

/// Chunks that are carried from reader to writer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata;

impl Metadata {
    /// The program that wrote the file.
    pub fn software(&self) -> Option<&str> {
        None
    }

    /// Places in the file, samples from its beginning, and what they are called.
    pub fn markers(&self) -> Vec<(u64, String)> {
        Vec::new()
    }

    /// The file's comment.
    pub fn comment(&self) -> Option<&str> {
        None
    }
}

/// What a source holds.
#[derive(Clone, Debug)]
pub struct SourceShape {
    /// Channels.
    pub n_channels: usize,
    /// Samples per second.
    pub sample_rate_hz: u32,
    /// The depth at which writing it loses nothing.
    pub depth: Depth,
    /// Samples of each channel, where the file says it truthfully.
    pub n_samples: Option<u64>,
    /// What the file carries beside.
    pub metadata: Metadata,
}

/// A file being read.
pub struct Source {
    recording: Recording,
    shape: SourceShape,
    at: usize,
}

impl Source {
    /// Opens a file.
    pub fn open(path: &Path, _faults: Faults) -> anyhow::Result<Self> {
        let recording = super::read(path)?;
        let shape = SourceShape {
            n_channels: recording.channels.len(),
            sample_rate_hz: recording.sample_rate_hz,
            depth: recording.depth,
            n_samples: Some(recording.n_samples() as u64),
            metadata: Metadata,
        };
        Ok(Self { recording, shape, at: 0 })
    }

    /// What it holds.
    pub fn shape(&self) -> &SourceShape {
        &self.shape
    }

    /// Fills each channel with up to `most_samples`; 0 at the end.
    pub fn read(&mut self, into: &mut [Vec<f32>], most_samples: usize) -> anyhow::Result<usize> {
        let until = self.recording.n_samples().min(self.at + most_samples);
        for (channel, samples) in into.iter_mut().zip(&self.recording.channels) {
            channel.clear();
            channel.extend_from_slice(&samples[self.at..until]);
        }
        let n = until - self.at;
        self.at = until;
        Ok(n)
    }

    /// What people must be told.
    pub fn remarks(&self) -> Vec<String> {
        Vec::new()
    }
}
