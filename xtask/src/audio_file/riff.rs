//! The chunks of a WAV: where its samples are, and what else it carries.
//!
//! In: RIFF, RF64 or BW64. Out: the format, the bytes that are samples, the chunks to carry, and what people must be
//! told. Sizes in headers are checked against the file before they are believed; nothing is allocated by them.
//!
//! How many bytes are samples, by the `data` chunk's size and what the file holds behind its header:
//! - The size fits, and behind it the file ends or another chunk begins: that many.
//! - The size is a mark of streams (0, 0x7FFFFFFF or 0xFFFFFFFF, or up to 64 KiB below) and cannot be meant: all, to
//!   the end of the file or the tags there.
//! - The size fits, but what follows is neither a chunk nor a tag: the size is wrong, as behind 4 GiB, where it wraps.
//!   All samples up to the next chunk at a distance of 4 GiB, or to the end. A rest below 4 KiB, or of zeros below
//!   64 KiB, is not taken for sound.
//! - The size is larger than the file by less than one sample: whole samples.
//! - The size is larger than that: the file is cut off, and refused.
//!
//! The size of the RIFF chunk counts for nothing, because what it says is told by the file's length, and many leave it
//! wrong. Sources: Multimedia Programming Interface 1.0 (1991), "RIFF"; EBU Tech 3306 (RF64); ITU-R BS.2088 (BW64).

use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

use anyhow::{Context, bail, ensure};

use super::metadata::Metadata;
use super::wave_format::{self, WaveFormat};

mod data_end;
mod sizes;

use data_end::DataEnd;
use sizes::Sizes;

/// A WAV without its samples.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) format: WaveFormat,
    /// Bytes of the file that are samples; whole ones where they are not compressed.
    pub(super) data: Range<u64>,
    pub(super) metadata: Metadata,
    pub(super) remarks: Vec<String>,
}

/// The largest `fmt ` chunk, bytes. Chosen: WAVE_FORMAT_EXTENSIBLE has 40, codecs a few hundred at most.
const MOST_FORMAT_BYTES: u64 = 1 << 16;

/// A reader that knows its length, and of which single bytes are asked.
pub(super) struct Bytes<'a, R> {
    file: &'a mut R,
    /// All of them.
    pub(super) n_bytes: u64,
}

impl<R: Read + Seek> Bytes<'_, R> {
    /// Up to `n` bytes from `at` on, fewer at the end of the file.
    pub(super) fn at(&mut self, at: u64, n: usize) -> std::io::Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(at))?;
        let mut bytes = Vec::new();
        self.file.by_ref().take(n as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Name and size of the chunk that begins at a byte; `None` if the file ends before that.
    pub(super) fn header(&mut self, at: u64) -> std::io::Result<Option<([u8; 4], u32)>> {
        let bytes = self.at(at, 8)?;
        let header = bytes.split_first_chunk::<4>().zip(bytes.last_chunk::<4>());
        Ok(header.filter(|_| bytes.len() == 8).map(|((id, _), size)| (*id, u32::from_le_bytes(*size))))
    }

    /// Whether a chunk may begin here: a name of printable letters, and a body that ends with the file at the latest.
    pub(super) fn is_chunk(&mut self, at: u64) -> std::io::Result<bool> {
        let Some((id, size)) = self.header(at)? else { return Ok(false) };
        Ok(is_name(&id) && at + 8 + u64::from(size) <= self.n_bytes)
    }

    /// Where the next chunk begins behind a body. Bodies of odd length are padded, but some programs forget it.
    pub(super) fn behind(&mut self, body_end: u64, size: u64) -> std::io::Result<u64> {
        let is_unpadded = size % 2 == 1 && !self.is_chunk(body_end + 1)? && self.is_chunk(body_end)?;
        Ok(body_end + if is_unpadded { 0 } else { size % 2 })
    }
}

/// Whether these are the letters of a chunk's name.
pub(super) fn is_name(id: &[u8; 4]) -> bool {
    id.iter().all(|byte| (b' '..=b'~').contains(byte)) && id != b"    "
}

/// Reads all headers of a WAV, which begins with the reader.
pub(super) fn layout(file: &mut (impl Read + Seek)) -> anyhow::Result<Layout> {
    let n_bytes = file.seek(SeekFrom::End(0))?;
    let mut walk = Walk {
        bytes: Bytes { file, n_bytes },
        sizes: Sizes::default(),
        format: None,
        data: None,
        metadata: Metadata::default(),
        remarks: Vec::new(),
    };
    walk.chunks()?;
    let format = walk.format.context("it has no 'fmt ' chunk, which says how samples are stored")?;
    let data = walk.data.context("it ends before its samples: there is no 'data' chunk")?;
    let mut metadata = walk.metadata;
    metadata.channel_mask = format.channel_mask;
    Ok(Layout { format, data, metadata, remarks: walk.remarks })
}

struct Walk<'a, R> {
    bytes: Bytes<'a, R>,
    sizes: Sizes,
    format: Option<WaveFormat>,
    data: Option<Range<u64>>,
    metadata: Metadata,
    remarks: Vec<String>,
}

impl<R: Read + Seek> Walk<'_, R> {
    fn chunks(&mut self) -> anyhow::Result<()> {
        // The name and size of the file and its type.
        let mut at = 12;
        while let Some((id, short_size)) = self.bytes.header(at)? {
            let body_at = at + 8;
            if &id == b"data" && self.data.is_none() {
                at = self.samples(body_at, short_size)?;
                continue;
            }
            if self.data.is_some() && !self.goes_on(at, &id)? {
                break;
            }
            let size = self.sizes.of(&id, short_size);
            let end = body_at.saturating_add(size);
            if end > self.bytes.n_bytes {
                self.cut_off_chunk(&id, size, body_at)?;
                break;
            }
            self.chunk(id, body_at, size)?;
            at = self.bytes.behind(end, size)?;
        }
        Ok(())
    }

    /// Whether what stands behind the samples is another chunk of this file.
    fn goes_on(&mut self, at: u64, id: &[u8; 4]) -> anyhow::Result<bool> {
        if [b"RIFF", b"RF64", b"BW64"].contains(&id) {
            self.remarks.push("another WAV is joined to the file's end: only the first is read".to_owned());
            return Ok(false);
        }
        if !is_name(id) || id.starts_with(b"ID3") && !self.bytes.is_chunk(at)? || id.starts_with(b"TAG") {
            return Ok(false);
        }
        Ok(true)
    }

    fn cut_off_chunk(&mut self, id: &[u8; 4], size: u64, body_at: u64) -> anyhow::Result<()> {
        let name = id.escape_ascii();
        let rest = self.bytes.n_bytes - body_at;
        if self.data.is_none() {
            ensure!(is_name(id), "the file is damaged at byte {}: no chunk begins there", body_at - 8);
            bail!("it ends before its samples: its chunk '{name}' promises {size} bytes, and {rest} are left");
        }
        self.remarks.push(format!("its chunk '{name}' is cut off ({rest} of {size} bytes) and is not kept"));
        Ok(())
    }

    /// Reads a chunk that lies within the file and is not the samples.
    fn chunk(&mut self, id: [u8; 4], body_at: u64, size: u64) -> anyhow::Result<()> {
        match &id {
            b"ds64" => self.sizes = Sizes::parse(&self.bytes.at(body_at, size.min(MOST_FORMAT_BYTES) as usize)?),
            b"fmt " if self.format.is_none() => {
                let body = self.bytes.at(body_at, size.min(MOST_FORMAT_BYTES) as usize)?;
                self.format = Some(wave_format::parse(&body)?);
            }
            b"data" => self.metadata.leave_out("a second 'data' chunk".to_owned()),
            // They are a signature of the old samples, with which the new ones would be taken for a forgery.
            b"C2PA" => self.metadata.leave_out("its Content Credentials".to_owned()),
            _ if !Metadata::is_wanted(&id) => (),
            _ if !self.metadata.has_room(size) => {
                let name = id.escape_ascii();
                self.metadata.leave_out(format!("its chunk '{name}', which is too large or one of too many"));
            }
            _ => {
                let body = self.bytes.at(body_at, size as usize)?;
                self.metadata.take_chunk(id, body);
            }
        }
        Ok(())
    }

    /// Finds out which bytes are samples, and where the next chunk begins.
    fn samples(&mut self, start: u64, short_size: u32) -> anyhow::Result<u64> {
        let format =
            self.format.context("its 'data' chunk comes before its 'fmt ' chunk, so its samples have no format")?;
        let size = self.sizes.of(b"data", short_size);
        let block_bytes = if format.encoding.is_some() { format.block_bytes as u64 } else { 1 };
        let found = DataEnd { start, size, short_size, block_bytes }.find(&mut self.bytes)?;
        self.remarks.extend(found.remarks);
        let n_bytes = found.end - start;
        let rest = n_bytes % block_bytes;
        if rest != 0 {
            let lacking = block_bytes - rest;
            let bytes = if lacking == 1 { "a byte".to_owned() } else { format!("{lacking} bytes") };
            self.remarks.push(format!("the last sample lacks {bytes} and is left out"));
        }
        self.data = Some(start..found.end - rest);
        Ok(found.next)
    }
}

#[cfg(test)]
mod tests;
