//! A file that is written in pieces. (Stand-in until the streaming writer is merged.)
//!
//! In: samples. Out: a WAV.

use std::io::{Seek, Write};

use super::{Depth, write};
use crate::audio_file::source::Metadata;

/// The kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// WAV, or RF64 above 4 GiB.
    Wav,
    /// FLAC.
    Flac,
}

/// What is done before rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dither {
    /// Nothing.
    Off,
    /// Triangular noise.
    Triangular,
}

/// The format of a file.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Channels.
    pub n_channels: usize,
    /// Samples per second.
    pub sample_rate_hz: u32,
    /// How samples are stored.
    pub depth: Depth,
    /// The kind of file.
    pub container: Container,
    /// What is done before rounding.
    pub dither: Dither,
    /// Samples of each channel, if known.
    pub n_samples: Option<u64>,
}

/// What was done.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// The program.
    pub software: String,
    /// One line.
    pub comment: String,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Finished {
    /// Samples clipped to full scale.
    pub n_clipped: u64,
    /// Samples of each channel.
    pub n_samples: u64,
}

/// A file being written.
pub struct Writer<W: Write + Seek> {
    file: W,
    spec: Spec,
    channels: Vec<Vec<f32>>,
}

impl<W: Write + Seek> Writer<W> {
    /// Begins a file.
    pub fn new(file: W, spec: &Spec, _metadata: &Metadata) -> anyhow::Result<Self> {
        Ok(Self { file, spec: *spec, channels: vec![Vec::new(); spec.n_channels] })
    }

    /// Adds samples.
    pub fn write(&mut self, channels: &[Vec<f32>]) -> anyhow::Result<()> {
        for (all, channel) in self.channels.iter_mut().zip(channels) {
            all.extend_from_slice(channel);
        }
        Ok(())
    }

    /// Ends the file.
    pub fn finish(self, done: &Done) -> anyhow::Result<Finished> {
        let n_samples = self.channels.first().map_or(0, Vec::len) as u64;
        let n_clipped = write(self.file, &self.channels, self.spec.sample_rate_hz, self.spec.depth, &done.comment)?;
        Ok(Finished { n_clipped, n_samples })
    }
}
