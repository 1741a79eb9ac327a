//! Writes a WAV or FLAC file, in pieces.
//!
//! In: `[channel][sample]` floats, a piece at a time, what the source carried, and what was done. Out: a file whose
//! samples are rounded to the nearest step of the depth, halves away from zero, so that what was read at a depth comes
//! back exactly; with [`Dither::Triangular`] at 16 bits, noise of its own is added before. What a source carried is
//! kept, and the file says how it was made. Identical calls write identical bytes: no time, no path.

use std::io::{Seek, Write};

use anyhow::{Context, ensure};

use crate::audio_file::{Metadata, Recording};
use flac::FlacFile;
use quantizer::Quantizer;
use wav::WavFile;

mod bext;
mod flac;
mod info_chunk;
mod quantizer;
mod wav;

/// How a sample is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Depth {
    /// Whole numbers of 16 bits.
    #[value(name = "16")]
    Int16,
    /// Whole numbers of 24 bits.
    #[value(name = "24")]
    Int24,
    /// Floating point of 32 bits.
    #[value(name = "32f")]
    Float32,
}

impl Depth {
    /// As the command line names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Int16 => "16",
            Self::Int24 => "24",
            Self::Float32 => "32f",
        }
    }

    fn bits(self) -> u16 {
        match self {
            Self::Int16 => 16,
            Self::Int24 => 24,
            Self::Float32 => 32,
        }
    }

    fn bytes(self) -> usize {
        usize::from(self.bits() / 8)
    }
}

/// The kind of file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Container {
    /// WAV; RF64 where it would exceed 4 GiB.
    #[default]
    Wav,
    /// FLAC: whole numbers, up to 8 channels.
    Flac,
}

/// Noise that makes the error of rounding to 16 bits independent of the sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dither {
    /// None: what was read at a depth comes back exactly.
    #[default]
    Off,
    /// Of triangular distribution, two steps wide, the same in every run; at 16 bits only, because at 24 the sound
    /// itself is noise enough; and only where a sample lies between two steps, so that what was not changed is not.
    Triangular,
}

/// How much a FLAC file is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packing {
    /// As far as linear prediction of a usual order gets it.
    #[default]
    Small,
    /// In two thirds of the time; an eighth larger.
    Fast,
}

/// What a file is to be, before anything is written.
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
    /// How much it is compressed, if it is.
    pub packing: Packing,
    /// Whether rounding is dithered.
    pub dither: Dither,
    /// Samples of each channel if that is known; then no room is left for the longer header of an RF64 where none is
    /// needed, and more than these are an error.
    pub n_samples: Option<u64>,
}

impl Spec {
    /// Bytes of the samples as a WAV stores them, if their number is known.
    pub(crate) fn n_bytes(&self) -> Option<u64> {
        Some(self.n_samples? * (self.n_channels * self.depth.bytes()) as u64)
    }

    /// Says why such a file cannot be.
    ///
    /// # Errors
    ///
    /// Numbers that do not fit the header, and floats or too many channels in FLAC.
    pub fn check(&self) -> anyhow::Result<()> {
        let (n_channels, rate_hz) = (self.n_channels, self.sample_rate_hz);
        ensure!(n_channels > 0, "a file needs a channel");
        match self.container {
            Container::Wav => {
                let block_bytes = n_channels as u64 * self.depth.bytes() as u64;
                let is_possible = block_bytes <= u64::from(u16::MAX)
                    && block_bytes.saturating_mul(u64::from(rate_hz)) <= u64::from(u32::MAX);
                ensure!(is_possible, "a WAV file cannot hold {n_channels} channels at {rate_hz} Hz");
            }
            Container::Flac => {
                ensure!(self.depth != Depth::Float32, "a FLAC file holds whole numbers: use --bits 16 or 24, or a WAV");
                ensure!(n_channels <= 8, "a FLAC file holds up to 8 channels, not {n_channels}: write a WAV");
                ensure!((1..1 << 20).contains(&rate_hz), "a FLAC file cannot have a sample rate of {rate_hz} Hz");
            }
        }
        Ok(())
    }
}

/// What is said in a file about how it was made.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// The program and its version; [`software`] for this one.
    pub software: String,
    /// What was done, for people and for a later run: each a line.
    pub comment: Vec<String>,
    /// Edits to be declared, each in a few words: `humanized by Con Anima`. They are in the comment, and in the coding
    /// history of a `bext` chunk.
    pub edits: Vec<String>,
}

impl Done {
    /// Comment and edits as one line, no longer than what is kept.
    fn line(&self) -> String {
        let lines = self.comment.iter().chain(&self.edits).map(String::as_str);
        let mut line = lines.collect::<Vec<_>>().join("; ");
        line.truncate(line.floor_char_boundary(MOST_COMMENT_BYTES));
        line
    }
}

/// This program and its version.
pub fn software() -> String {
    format!("Con Anima {}", env!("CARGO_PKG_VERSION"))
}

/// What came of writing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finished {
    /// Samples of all channels that exceeded full scale and were clipped to it.
    pub n_clipped: u64,
    /// Samples of each channel.
    pub n_samples: u64,
    /// What of the source's metadata the file has no place for.
    pub remarks: Vec<String>,
}

/// The longest comment that is kept, bytes. Chosen: longer than any summary.
const MOST_COMMENT_BYTES: usize = 8 * 1024;

/// Samples that are converted at once. Chosen: little memory, few calls.
const PIECE_SAMPLES: usize = 1 << 14;

/// A file that is written in pieces. Memory does not grow with its length. A file that is not finished is not valid.
pub struct Writer<W: Write + Seek> {
    file: Encoder<W>,
    spec: Spec,
    quantizer: Quantizer,
    n_samples: u64,
}

/// Tells what samples are once they are stored: given the same, in the same order, as a [`Writer`].
pub(crate) struct Rounding(Quantizer);

impl Rounding {
    /// As a file of this kind stores them.
    pub(crate) fn new(spec: &Spec) -> Self {
        Self(Quantizer::new(spec))
    }

    /// The samples, `[channel][sample]`, that are read back.
    pub(crate) fn stored(&mut self, channels: &[Vec<f32>]) -> Vec<Vec<f32>> {
        self.0.stored(channels)
    }
}

enum Encoder<W: Write + Seek> {
    Wav(Box<WavFile<W>>),
    Flac(Box<FlacFile<W>>),
}

impl<W: Write + Seek> Writer<W> {
    /// Begins an empty file, at its first byte, with what its source carried.
    ///
    /// # Errors
    ///
    /// Where such a file cannot be, or cannot be written.
    pub fn new(file: W, spec: &Spec, metadata: &Metadata) -> anyhow::Result<Self> {
        spec.check()?;
        let file = match spec.container {
            Container::Wav => Encoder::Wav(Box::new(WavFile::new(file, spec, metadata)?)),
            Container::Flac => Encoder::Flac(Box::new(FlacFile::new(file, spec, metadata)?)),
        };
        Ok(Self { file, spec: *spec, quantizer: Quantizer::new(spec), n_samples: 0 })
    }

    /// Appends samples, `[channel][sample]`, all channels of one length.
    ///
    /// # Errors
    ///
    /// Where channels or lengths are not those announced, or the disk is full.
    pub fn write(&mut self, channels: &[Vec<f32>]) -> anyhow::Result<()> {
        let n = channels.first().map_or(0, Vec::len);
        let is_even = channels.len() == self.spec.n_channels && channels.iter().all(|channel| channel.len() == n);
        ensure!(is_even, "{} channels of unequal length for {}", channels.len(), self.spec.n_channels);
        self.n_samples += n as u64;
        let is_announced = self.spec.n_samples.is_none_or(|most| self.n_samples <= most);
        ensure!(is_announced, "more than the {:?} samples that were announced", self.spec.n_samples);
        for start in (0..n).step_by(PIECE_SAMPLES) {
            let piece = start..n.min(start + PIECE_SAMPLES);
            match &mut self.file {
                Encoder::Wav(file) => file.write(self.quantizer.bytes(channels, piece))?,
                Encoder::Flac(file) => file.write(self.quantizer.steps(channels, piece))?,
            }
        }
        Ok(())
    }

    /// Writes what was done and completes the header.
    ///
    /// # Errors
    ///
    /// Where the disk is full.
    pub fn finish(self, done: &Done) -> anyhow::Result<Finished> {
        let remarks = match self.file {
            Encoder::Wav(file) => file.finish(self.n_samples, done)?,
            Encoder::Flac(file) => file.finish(done)?,
        };
        Ok(Finished { n_clipped: self.quantizer.n_clipped(), n_samples: self.n_samples, remarks })
    }
}

/// The format and size of a file, before anything is computed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Channels.
    pub(crate) n_channels: usize,
    /// Samples of each channel.
    pub(crate) n_samples: usize,
    /// Samples per second.
    pub(crate) sample_rate_hz: u32,
    /// The sample format.
    pub(crate) depth: Depth,
}

impl Shape {
    /// The shape of a recording at a depth.
    pub(crate) fn of(recording: &Recording, depth: Depth) -> Self {
        Self {
            n_channels: recording.channels.len(),
            n_samples: recording.n_samples(),
            sample_rate_hz: recording.sample_rate_hz,
            depth,
        }
    }

    fn spec(self) -> Spec {
        Spec {
            n_channels: self.n_channels,
            sample_rate_hz: self.sample_rate_hz,
            depth: self.depth,
            container: Container::Wav,
            packing: Packing::Small,
            dither: Dither::Off,
            n_samples: Some(self.n_samples as u64),
        }
    }
}

/// Says why a file of this shape cannot be a WAV.
pub(crate) fn check_shape(shape: Shape) -> anyhow::Result<()> {
    shape.spec().check()
}

/// Writes `channels` (`[channel][sample]`, all of one length) as a WAV and returns how many samples were clipped to
/// full scale.
///
/// # Errors
///
/// As those of [`Writer`].
pub fn write<W: Write + Seek>(
    file: W,
    channels: &[Vec<f32>],
    sample_rate_hz: u32,
    depth: Depth,
    comment: &str,
) -> anyhow::Result<u64> {
    let n_samples = channels.first().context("there are no channels to write")?.len();
    let shape = Shape { n_channels: channels.len(), n_samples, sample_rate_hz, depth };
    let mut writer = Writer::new(file, &shape.spec(), &Metadata::default())?;
    writer.write(channels)?;
    let done = Done { software: software(), comment: vec![comment.to_owned()], edits: Vec::new() };
    Ok(writer.finish(&done)?.n_clipped)
}

#[cfg(test)]
mod tests;
