//! A WAV file on its way to the disk.
//!
//! In: the bytes of samples. Out: RIFF, or RF64 where sizes exceed 32 bits: then a placeholder at the beginning becomes
//! its `ds64` chunk, so that nothing is moved. Chunks of the source stand before the samples, where programs look for
//! them first; LIST/INFO behind. Sources: Multimedia Programming Interface 1.0 (1991); Microsoft,
//! WAVEFORMATEXTENSIBLE; EBU Tech 3306 (RF64), section 3.

use std::io::{BufWriter, Seek, SeekFrom, Write};

use anyhow::ensure;

use super::bext::{self, Bext};
use super::info_chunk::{bytes as info_bytes, one_line, push_chunk};
use super::{Depth, Done, Spec};
use crate::audio_file::{InfoEntry, Metadata};

/// The largest size that stays a RIFF, bytes. Chosen: sizes of the last 64 KiB below 4 GiB are how streams say that
/// they do not know, and are read so.
const MOST_RIFF_BYTES: u64 = 0xfffe_ffff;

/// The body of a `ds64` chunk without a table, bytes. Source: EBU Tech 3306, section 4.
const DS64_BYTES: usize = 28;

/// The sub-formats of whole numbers and of floats, behind their tag. Source: Microsoft,
/// KSDATAFORMAT_SUBTYPE_WAVEFORMATEX.
const SUBFORMAT_TAIL: [u8; 14] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];

/// Format tags. Source: Microsoft, mmreg.h.
const PCM: u16 = 0x0001;
const IEEE_FLOAT: u16 = 0x0003;
const EXTENSIBLE: u16 = 0xfffe;

/// A file with its header, to which samples are appended.
pub(super) struct WavFile<W: Write + Seek> {
    file: BufWriter<W>,
    spec: Spec,
    /// The entries of LIST INFO that the source has.
    info: Vec<InfoEntry>,
    /// Names of the tags that it has no place for.
    homeless: String,
    /// Where the placeholder for `ds64` begins.
    placeholder_at: Option<u64>,
    /// Where the number of samples of a `fact` chunk is.
    fact_at: Option<u64>,
    /// Where the line of the coding history belongs.
    line_at: Option<u64>,
    /// Where the size of the `data` chunk is.
    data_size_at: u64,
    n_data_bytes: u64,
    most_riff_bytes: u64,
}

impl<W: Write + Seek> WavFile<W> {
    pub(super) fn new(file: W, spec: &Spec, metadata: &Metadata) -> anyhow::Result<Self> {
        Self::with_limit(file, spec, metadata, MOST_RIFF_BYTES)
    }

    /// Begins a file that becomes an RF64 beyond `most_riff_bytes`.
    pub(super) fn with_limit(file: W, spec: &Spec, metadata: &Metadata, most_riff_bytes: u64) -> anyhow::Result<Self> {
        let mut header = b"RIFF\0\0\0\0WAVE".to_vec();
        let block_bytes = (spec.n_channels * spec.depth.bytes()) as u64;
        let carried: u64 = metadata.chunks.iter().map(|chunk| chunk.body.len() as u64 + 16).sum();
        let (info, homeless) = metadata.as_info();
        let info_bytes: u64 = info.iter().map(|(_, text)| text.len() as u64 + 16).sum();
        // Header, history and comment are within this.
        let other_bytes = carried + info_bytes + (64 << 10).min(most_riff_bytes / 2);
        let fits = |n: u64| n.saturating_mul(block_bytes).saturating_add(other_bytes) <= most_riff_bytes;
        let has_room = !spec.n_samples.is_some_and(fits);
        let placeholder_at = has_room.then_some(header.len() as u64);
        if has_room {
            push_chunk(&mut header, *b"JUNK", &[0; DS64_BYTES]);
        }
        push_chunk(&mut header, *b"fmt ", &format(spec, metadata.channel_mask));
        let fact_at = (spec.depth == Depth::Float32).then_some(header.len() as u64 + 8);
        if fact_at.is_some() {
            push_chunk(&mut header, *b"fact", &[0; 4]);
        }
        let line_at = push_carried(&mut header, metadata);
        header.extend_from_slice(b"data\0\0\0\0");
        let mut file = BufWriter::new(file);
        file.write_all(&header)?;
        let (spec, homeless) = (*spec, homeless.join(", "));
        let data_size_at = header.len() as u64 - 4;
        let n_data_bytes = 0;
        Ok(Self {
            file,
            spec,
            info,
            homeless,
            placeholder_at,
            fact_at,
            line_at,
            data_size_at,
            n_data_bytes,
            most_riff_bytes,
        })
    }

    /// Appends bytes of samples.
    pub(super) fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.n_data_bytes += bytes.len() as u64;
        self.file.write_all(bytes)
    }

    /// Appends what was done, completes all sizes, and says what the file has no place for.
    pub(super) fn finish(mut self, n_samples: u64, done: &Done) -> anyhow::Result<Vec<String>> {
        if self.n_data_bytes % 2 == 1 {
            self.file.write_all(&[0])?;
        }
        let own = [(*b"ISFT", one_line(&done.software)), (*b"ICMT", one_line(&done.line()))];
        let info = info_bytes(&[&own[..], &self.info].concat());
        self.file.write_all(&info)?;
        let riff_bytes = self.file.stream_position()? - 8;
        if let Some(at) = self.line_at {
            self.patch(at, &bext::line(&self.spec, &done.software, &done.edits))?;
        }
        self.complete_sizes(riff_bytes, n_samples)?;
        self.file.flush()?;
        let homeless = self.homeless;
        Ok(if homeless.is_empty() {
            Vec::new()
        } else {
            vec![format!("a WAV's INFO list has no place for: {homeless}")]
        })
    }

    fn complete_sizes(&mut self, riff_bytes: u64, n_samples: u64) -> anyhow::Result<()> {
        let short = |size: u64| u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes();
        if let Some(at) = self.fact_at {
            self.patch(at, &short(n_samples))?;
        }
        if riff_bytes <= self.most_riff_bytes {
            self.patch(4, &short(riff_bytes))?;
            return self.patch(self.data_size_at, &short(self.n_data_bytes));
        }
        let Some(placeholder_at) = self.placeholder_at else {
            anyhow::bail!("{} bytes of samples do not fit a WAV whose length was announced", self.n_data_bytes);
        };
        let sizes = [riff_bytes, self.n_data_bytes, n_samples].map(u64::to_le_bytes).concat();
        let mut ds64 = Vec::new();
        push_chunk(&mut ds64, *b"ds64", &[&sizes[..], &[0; 4]].concat());
        ensure!(ds64.len() == DS64_BYTES + 8, "the placeholder does not fit");
        self.patch(placeholder_at, &ds64)?;
        self.patch(0, b"RF64\xff\xff\xff\xff")?;
        self.patch(self.data_size_at, &u32::MAX.to_le_bytes())
    }

    fn patch(&mut self, at: u64, bytes: &[u8]) -> anyhow::Result<()> {
        self.file.seek(SeekFrom::Start(at))?;
        Ok(self.file.write_all(bytes)?)
    }
}

/// Appends the chunks of the source, and says where the line of the coding history belongs.
fn push_carried(header: &mut Vec<u8>, metadata: &Metadata) -> Option<u64> {
    let mut line_at = None;
    for chunk in &metadata.chunks {
        if &chunk.id == b"bext" && line_at.is_none() {
            let Bext { body, line_at: in_body } = bext::prepared(&chunk.body);
            line_at = in_body.map(|at| (header.len() + 8 + at) as u64);
            push_chunk(header, chunk.id, &body);
        } else {
            push_chunk(header, chunk.id, &chunk.body);
        }
    }
    line_at
}

/// The `fmt ` chunk. Whole numbers of 16 bits in one or two channels have the oldest form, which every program reads;
/// everything else is extensible, and so is what had speaker positions.
fn format(spec: &Spec, channel_mask: Option<u32>) -> Vec<u8> {
    let tag = if spec.depth == Depth::Float32 { IEEE_FLOAT } else { PCM };
    let is_plain = spec.depth == Depth::Int16 && spec.n_channels <= 2 && channel_mask.is_none();
    let block_bytes = (spec.n_channels * spec.depth.bytes()) as u16;
    let bits = spec.depth.bits();
    let mut body = if is_plain { tag } else { EXTENSIBLE }.to_le_bytes().to_vec();
    body.extend((spec.n_channels as u16).to_le_bytes());
    body.extend(spec.sample_rate_hz.to_le_bytes());
    body.extend((spec.sample_rate_hz * u32::from(block_bytes)).to_le_bytes());
    body.extend([block_bytes, bits].map(u16::to_le_bytes).concat());
    if !is_plain {
        body.extend([22, bits].map(u16::to_le_bytes).concat());
        body.extend(channel_mask.unwrap_or_else(|| usual_mask(spec.n_channels)).to_le_bytes());
        body.extend([&tag.to_le_bytes()[..], &SUBFORMAT_TAIL].concat());
    }
    body
}

/// Speaker positions where the source names none: those of one and two channels are usual, those of more are not known.
fn usual_mask(n_channels: usize) -> u32 {
    match n_channels {
        1 => 0x4,
        2 => 0x3,
        _ => 0,
    }
}
