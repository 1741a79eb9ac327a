//! Where the samples of a WAV end.
//!
//! In: the size that the `data` chunk says, and the file. Out: the end, where the next chunk begins, and what people
//! must be told. The rules are those of the parent module.

use std::io::{Read, Seek};

use anyhow::ensure;

use super::{Bytes, is_name};

/// Sizes that streams write because they do not know: these, and up to this many bytes below, for a header's share.
/// Source: FFmpeg, SoX, GStreamer, ALSA's arecord, as they write WAV to a pipe.
const MARKS_BYTES: [u64; 3] = [0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
const HEADER_SHARE_BYTES: u64 = 1 << 16;

/// Sizes of 64 bits that no file has, so that they are marks as well. Chosen: a thousand times the largest disk.
const LEAST_IMPOSSIBLE_BYTES: u64 = 1 << 56;

/// What is behind the samples and shorter is not taken for sound. Chosen: longer than what programs leave behind, and
/// less than a tenth of a second at 48 kHz and 16 bits; the remark tells it.
const LEAST_SOUND_BYTES: u64 = 4 << 10;

/// Zeros behind the samples that fill a block of a disk. Chosen: the largest blocks in use.
const MOST_FILLING_BYTES: u64 = 64 << 10;

/// Bytes at the end of a file in which chunks are searched where no size says where they begin. Chosen: more than most
/// write; what is larger is rather a picture, and then is heard as noise, as in other programs.
const MOST_LAST_BYTES: u64 = 256 << 10;

/// Chunks behind the samples that are followed to believe them, a count. Chosen: more than programs write.
const MOST_FOLLOWED: usize = 64;

/// The question.
pub(super) struct DataEnd {
    /// The first byte of samples.
    pub(super) start: u64,
    /// What the headers say.
    pub(super) size: u64,
    /// What the chunk's own header says.
    pub(super) short_size: u32,
    /// Bytes of one sample of all channels.
    pub(super) block_bytes: u64,
}

/// The answer.
pub(super) struct Found {
    pub(super) end: u64,
    /// Where the next chunk begins, if there is one.
    pub(super) next: u64,
    pub(super) remarks: Vec<String>,
}

impl DataEnd {
    /// Looks behind the size that is told.
    pub(super) fn find<R: Read + Seek>(&self, bytes: &mut Bytes<'_, R>) -> anyhow::Result<Found> {
        let available = bytes.n_bytes - self.start;
        if self.size > available || self.size == u64::from(u32::MAX) {
            if self.is_mark() {
                return Ok(self.to_the_end(bytes, Self::open_remark())?);
            }
            let lacks = self.size - available;
            let (promised, found) = (self.size / self.block_bytes, available / self.block_bytes);
            ensure!(lacks < self.block_bytes, "the file is cut off: it promises {promised} samples and holds {found}");
            return Ok(Found { end: bytes.n_bytes, next: bytes.n_bytes, remarks: Vec::new() });
        }
        let end = self.start + self.size;
        if let Some(next) = self.boundary(bytes, end)? {
            return Ok(Found { end, next, remarks: Vec::new() });
        }
        if self.size == 0 {
            return Ok(self.to_the_end(bytes, Self::open_remark())?);
        }
        self.beyond(bytes, end)
    }

    fn open_remark() -> String {
        "the header's size was left open, as by a stream: read to the end of the file".to_owned()
    }

    fn is_mark(&self) -> bool {
        let is_near = |mark: &u64| (mark.saturating_sub(HEADER_SHARE_BYTES)..=*mark).contains(&self.size);
        let is_long = self.short_size == u32::MAX && self.size >= LEAST_IMPOSSIBLE_BYTES;
        MARKS_BYTES.iter().any(is_near) || is_long
    }

    /// The size is wrong: the file goes on with what is no chunk.
    fn beyond<R: Read + Seek>(&self, bytes: &mut Bytes<'_, R>, end: u64) -> anyhow::Result<Found> {
        let counted = self.size / self.block_bytes;
        let wrong = |end: u64| {
            let n_samples = (end - self.start) / self.block_bytes;
            format!("the header counts {counted} samples, but the file goes on: {n_samples} are read")
        };
        let mut wrapped = end.saturating_add(1 << 32);
        while wrapped <= bytes.n_bytes {
            if let Some(next) = self.boundary(bytes, wrapped)? {
                return Ok(Found { end: wrapped, next, remarks: vec![wrong(wrapped)] });
            }
            wrapped += 1 << 32;
        }
        let rest = tags_at(bytes)?.saturating_sub(end);
        let is_filling = rest <= MOST_FILLING_BYTES && bytes.at(end, rest as usize)?.iter().all(|byte| *byte == 0);
        if is_filling || rest < LEAST_SOUND_BYTES {
            let remarks = match is_filling {
                true => Vec::new(),
                false => vec![format!("{rest} bytes behind its samples are not understood, and left out")],
            };
            return Ok(Found { end, next: bytes.n_bytes, remarks });
        }
        let mut found = self.to_the_end(bytes, String::new())?;
        found.remarks = vec![wrong(found.end)];
        Ok(found)
    }

    fn to_the_end<R: Read + Seek>(&self, bytes: &mut Bytes<'_, R>, remark: String) -> std::io::Result<Found> {
        if let Some(end) = last_chunks_at(bytes, self.start)? {
            return Ok(Found { end, next: end, remarks: vec![remark] });
        }
        let end = tags_at(bytes)?.max(self.start);
        Ok(Found { end, next: bytes.n_bytes, remarks: vec![remark] })
    }

    /// Whether samples may end here: where the next chunk begins, the end of the file, or a tag.
    fn boundary<R: Read + Seek>(&self, bytes: &mut Bytes<'_, R>, end: u64) -> std::io::Result<Option<u64>> {
        let next = bytes.behind(end, self.size)?;
        if next >= bytes.n_bytes || is_chain(bytes, next)? {
            return Ok(Some(next));
        }
        let is_tag = |head: &[u8]| [&b"ID3"[..], b"TAG", b"APETAGEX"].iter().any(|tag| head.starts_with(tag));
        Ok((is_tag(&bytes.at(end, 8)?) || is_tag(&bytes.at(next, 8)?)).then_some(bytes.n_bytes))
    }
}

/// Whether chunks follow one another from here to the end of the file, or to a tag, or to a last one that is cut off.
fn is_chain<R: Read + Seek>(bytes: &mut Bytes<'_, R>, start: u64) -> std::io::Result<bool> {
    let mut at = start;
    for n_followed in 0..MOST_FOLLOWED {
        let Some((id, size)) = bytes.header(at)? else { return Ok(n_followed > 0) };
        if !is_name(&id) {
            // Whatever is behind the last chunk, at least one was there.
            return Ok(n_followed > 0);
        }
        let end = at + 8 + u64::from(size);
        if end > bytes.n_bytes {
            return Ok(n_followed > 0 || is_usual(&id));
        }
        at = bytes.behind(end, u64::from(size))?;
    }
    Ok(true)
}

/// Where chunks begin that end exactly with the file, behind samples whose size is not known.
fn last_chunks_at<R: Read + Seek>(bytes: &mut Bytes<'_, R>, start: u64) -> std::io::Result<Option<u64>> {
    let first = bytes.n_bytes.saturating_sub(MOST_LAST_BYTES).max(start);
    let last = bytes.at(first, MOST_LAST_BYTES as usize)?;
    let names = last.windows(4).enumerate().filter(|(_, name)| name.first_chunk().is_some_and(is_usual));
    for (n, _) in names.take(MOST_FOLLOWED) {
        let mut at = first + n as u64;
        for _ in 0..MOST_FOLLOWED {
            let Some((id, size)) = bytes.header(at)?.filter(|(id, _)| is_name(id)) else { break };
            let end = at + 8 + u64::from(size);
            at = bytes.behind(end, u64::from(size))?;
            // The last byte of padding is forgotten by many.
            let is_end = at.abs_diff(bytes.n_bytes) <= u64::from(size % 2) && end <= bytes.n_bytes;
            if is_end && is_usual(&id) {
                return Ok(Some(first + n as u64));
            }
        }
    }
    Ok(None)
}

/// Chunks that are believed although they are cut off. Source: EBU Tech 3285 and 3306, and what DAWs write.
fn is_usual(id: &[u8; 4]) -> bool {
    [
        b"LIST", b"list", b"bext", b"iXML", b"cue ", b"smpl", b"inst", b"acid", b"id3 ", b"ID3 ", b"JUNK", b"junk",
        b"PAD ", b"fact", b"PEAK", b"_PMX", b"axml", b"chna", b"cart", b"RIFF", b"RF64", b"FLLR", b"LGWV", b"ResU",
    ]
    .contains(&id)
}

/// Where tags at the very end begin: APEv2, ID3v1. Sources: APEv2 specification, "APE Tags Header"; ID3v1.
fn tags_at<R: Read + Seek>(bytes: &mut Bytes<'_, R>) -> std::io::Result<u64> {
    let mut end = bytes.n_bytes;
    if end >= 128 && bytes.at(end - 128, 3)? == b"TAG" {
        end -= 128;
    }
    if end >= 32 {
        let footer = bytes.at(end - 32, 32)?;
        if footer.starts_with(b"APETAGEX") {
            let number = |at: usize| u64::from(u32::from_le_bytes([0, 1, 2, 3].map(|n| footer[at + n])));
            let has_header = number(20) >> 31 == 1;
            end = end.saturating_sub(number(12) + if has_header { 32 } else { 0 });
        }
    }
    Ok(end)
}
