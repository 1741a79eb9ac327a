//! Reads a recording from a file: WAV, AIFF, CAF, FLAC, MP3, OGG Vorbis, AAC, ALAC, Matroska.
//!
//! In: a path. Out: samples as the file has them, a piece at a time ([`Source`]) or all at once ([`read`]): floats bit
//! for bit, integers of up to 24 bits as `value / 2^(bits - 1)`, so that writing them back at the same depth is exact.
//! A file that ends early is an error, not a shorter recording. What is odd about a file but does no harm is told in
//! remarks; what it carries besides samples goes with them as [`Metadata`].

use std::fs::File;
use std::path::Path;

use anyhow::{Context, ensure};
use symphonia::core::formats::well_known::{FORMAT_ID_FLAC, FORMAT_ID_MP3, FORMAT_ID_OGG};
use tempfile::NamedTempFile;

use crate::wav_write::Depth;
use joined::{Joined, Mark};
use kind::Kind;
use opened::Opened;
use packets::Packets;
use wave::Wave;
use window::Window;

mod codec_names;
mod contained;
mod edit_list;
mod joined;
mod kind;
mod markers;
mod metadata;
mod opened;
mod packets;
mod pcm;
mod riff;
mod spool;
mod tags;
mod unkept;
mod wave;
mod wave_format;
mod window;

pub(crate) use metadata::InfoEntry;
pub use metadata::Metadata;
pub use spool::{OnDisk, spool};

/// Sample rates that the engine runs at, Hz. Source: the engine's own limits.
const SAMPLE_RATES_HZ: std::ops::RangeInclusive<u32> = 8_000..=384_000;

/// Samples that [`read`] asks for at once. Chosen: a second or so.
const PIECE_SAMPLES: usize = 1 << 16;

/// Samples and how they were stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// `[channel][sample]`, full scale at 1.
    pub channels: Vec<Vec<f32>>,
    /// Samples per second of each channel.
    pub sample_rate_hz: u32,
    /// The depth at which writing it loses nothing; 24 bits for lossy formats.
    pub depth: Depth,
}

impl Recording {
    /// Samples of each channel.
    pub fn n_samples(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }
}

/// What to do where compressed audio is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Faults {
    /// Refuse the file and name the place.
    Refuse,
    /// Put silence of the same length there, and count it in the remarks.
    Silence,
}

/// What is known of a file before its samples are read.
#[derive(Clone, Debug)]
pub struct SourceShape {
    /// Channels.
    pub n_channels: usize,
    /// Samples per second of each channel.
    pub sample_rate_hz: u32,
    /// The depth at which writing it loses nothing; 24 bits for lossy formats, 16 for 8 bits, which it holds exactly.
    pub depth: Depth,
    /// Samples of each channel, where the file says it truthfully.
    pub n_samples: Option<u64>,
    /// What the file carries besides samples.
    pub metadata: Metadata,
}

/// A file that is read in pieces. Memory does not grow with its length.
pub struct Source {
    name: String,
    shape: SourceShape,
    pieces: Box<dyn Pieces + Send>,
    /// What was to be said before the first sample.
    remarks: Vec<String>,
    n_read: u64,
    /// The copy of a pipe vanishes with the source.
    _copy: Option<NamedTempFile>,
}

/// What hands out samples. An end is an end: behind it comes nothing.
trait Pieces {
    /// Appends up to `most_samples` to each channel and says how many.
    fn read(&mut self, into: &mut [Vec<f32>], most_samples: usize) -> anyhow::Result<usize>;

    /// What people must be told, complete after the end.
    fn remarks(&self) -> Vec<String>;
}

impl Source {
    /// Opens a file at its beginning; `-` is standard input, and a pipe is copied to the disk first. To read one twice,
    /// make it an [`OnDisk`].
    ///
    /// # Errors
    ///
    /// What is not read is refused by name, with the file's own.
    pub fn open(path: &Path, faults: Faults) -> anyhow::Result<Self> {
        let on_disk = OnDisk::of(path)?;
        let mut source = Self::open_named(on_disk.path(), spool::name(path), faults)?;
        if let OnDisk::Copy(file) = on_disk {
            source._copy = Some(file);
        }
        Ok(source)
    }

    /// Opens a file that people know by another name than its path: the copy of a pipe.
    ///
    /// # Errors
    ///
    /// As [`Source::open`].
    pub(crate) fn open_named(path: &Path, name: String, faults: Faults) -> anyhow::Result<Self> {
        let mut source = Self::begin(path, faults).with_context(|| format!("cannot read '{name}'"))?;
        source.name = name;
        Ok(source)
    }

    fn begin(path: &Path, faults: Faults) -> anyhow::Result<Self> {
        let mut file = File::open(path)?;
        let n_bytes = file.metadata()?.len();
        match kind::kind(&mut file)? {
            Kind::Wave { at } => Self::wave(path, at, n_bytes, faults),
            Kind::Other(name) => {
                let whole = 0..n_bytes;
                let opened =
                    opened::open(path, whole.clone(), name).map_err(|error| unkept::explain(&mut file, error))?;
                let mark = match opened.format {
                    FORMAT_ID_MP3 => Some(Mark::Mp3),
                    FORMAT_ID_FLAC => Some(Mark::Flac),
                    _ => None,
                };
                let parts = mark.map(|mark| joined::parts(&mut file, mark, whole)).transpose()?.unwrap_or_default();
                let mut source = match parts.as_slice() {
                    [first, left @ ..] if !left.is_empty() => {
                        let opened = opened::open(path, first.clone(), name)?;
                        Self::compressed(opened, faults, Some((path, name, left.to_vec())))?
                    }
                    _ => Self::compressed(opened, faults, None)?,
                };
                source.remarks.extend(unkept::chunks(&mut file, name)?);
                Ok(source)
            }
        }
    }

    fn wave(path: &Path, at: u64, n_bytes: u64, faults: Faults) -> anyhow::Result<Self> {
        let mut window = Window::new(File::open(path)?, at..n_bytes)?;
        let layout = riff::layout(&mut window)?;
        let format = layout.format;
        let sample_rate_hz = checked_rate(format.sample_rate_hz)?;
        let Some(encoding) = format.encoding else {
            let mut source = Self::compressed(opened::open(path, at..n_bytes, Some("WAV"))?, faults, None)?;
            source.shape.metadata = layout.metadata;
            return Ok(source);
        };
        let n_samples = (layout.data.end - layout.data.start) / format.block_bytes as u64;
        let mut remarks = layout.remarks;
        remarks.extend(format.remark().map(str::to_owned));
        let shape = SourceShape {
            n_channels: format.n_channels,
            sample_rate_hz,
            depth: format.depth,
            n_samples: Some(n_samples),
            metadata: layout.metadata,
        };
        let wave = Wave::new(window, layout.data, encoding, format.block_bytes, remarks)?;
        Ok(Self::new(shape, Box::new(wave), Vec::new()))
    }

    fn compressed(opened: Opened, faults: Faults, joined: Option<JoinedParts<'_>>) -> anyhow::Result<Self> {
        let (depth, remarks, metadata) = (opened.depth, opened.remarks.clone(), opened.metadata.clone());
        // Others may be joined behind an Ogg file, which is known only when they come.
        let is_open = joined.is_some() || opened.format == FORMAT_ID_OGG;
        let packets = Packets::new(opened, faults)?;
        let shape = SourceShape {
            n_channels: packets.n_channels(),
            sample_rate_hz: packets.sample_rate_hz,
            depth,
            n_samples: packets.n_heard_samples().filter(|_| !is_open),
            metadata,
        };
        let pieces: Box<dyn Pieces + Send> = match joined {
            Some((path, name, left)) => Box::new(Joined::new(path.to_owned(), name, packets, left)),
            None => Box::new(packets),
        };
        Ok(Self::new(shape, pieces, remarks))
    }

    fn new(shape: SourceShape, pieces: Box<dyn Pieces + Send>, mut remarks: Vec<String>) -> Self {
        if !shape.metadata.left_out.is_empty() {
            remarks.push(format!("not kept: {}", shape.metadata.left_out.join(", ")));
        }
        Self { name: String::new(), shape, pieces, remarks, n_read: 0, _copy: None }
    }

    /// What is known before reading.
    pub fn shape(&self) -> &SourceShape {
        &self.shape
    }

    /// Clears each channel of `into` and fills it with 1 to `most_samples` samples; returns how many, 0 at the end.
    ///
    /// # Errors
    ///
    /// Where the file ends early or is damaged, with the place; where there are no samples in it.
    pub fn read(&mut self, into: &mut [Vec<f32>], most_samples: usize) -> anyhow::Result<usize> {
        let (n_given, n_channels) = (into.len(), self.shape.n_channels);
        ensure!(n_given == n_channels, "{n_given} channels are given for the {n_channels} of '{}'", self.name);
        into.iter_mut().for_each(Vec::clear);
        let read = self.pieces.read(into, most_samples.max(1)).and_then(|n_samples| {
            ensure!(n_samples > 0 || self.n_read > 0, "there are no samples in it");
            Ok(n_samples)
        });
        let n_samples = read.with_context(|| format!("cannot read '{}'", self.name))?;
        self.n_read += n_samples as u64;
        Ok(n_samples)
    }

    /// What people must be told about the file; complete once its end was read.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = [self.remarks.clone(), self.pieces.remarks()].concat();
        let mut seen = std::collections::HashSet::new();
        remarks.retain(|remark| seen.insert(remark.clone()));
        remarks
    }
}

/// Where files that are joined behind the first are: the path, what they are, their bytes.
type JoinedParts<'a> = (&'a Path, Option<&'static str>, Vec<std::ops::Range<u64>>);

/// Reads a whole file, or standard input where the path is `-`. Damage is refused.
///
/// # Errors
///
/// As [`Source::open`] and [`Source::read`].
pub fn read(path: &Path) -> anyhow::Result<Recording> {
    let mut source = Source::open(path, Faults::Refuse)?;
    let SourceShape { n_channels, sample_rate_hz, depth, .. } = *source.shape();
    let mut channels = vec![Vec::new(); n_channels];
    let mut piece = channels.clone();
    while source.read(&mut piece, PIECE_SAMPLES)? > 0 {
        channels.iter_mut().zip(&piece).for_each(|(channel, piece)| channel.extend_from_slice(piece));
    }
    Ok(Recording { channels, sample_rate_hz, depth })
}

fn checked_rate(rate_hz: u32) -> anyhow::Result<u32> {
    let (min, max) = (SAMPLE_RATES_HZ.start(), SAMPLE_RATES_HZ.end());
    ensure!(SAMPLE_RATES_HZ.contains(&rate_hz), "its sample rate must lie between {min} and {max} Hz, not {rate_hz}");
    Ok(rate_hz)
}
