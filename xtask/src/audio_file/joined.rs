//! Files that were joined, one behind the other, as `cat a.mp3 b.mp3 > ab.mp3` does.
//!
//! In: an MP3 or FLAC file. Out: where each of the joined files begins, and a reader that goes from one to the next. A
//! decoder would end with the first, because its header counts only its own samples.

use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::PathBuf;

use anyhow::{Context, ensure};

use super::kind::id3_bytes;
use super::packets::Packets;
use super::{Faults, Pieces, opened};

/// Bytes that are searched at once. Chosen: few calls to the system.
const SEARCH_BYTES: usize = 1 << 20;

/// Bytes around a mark that tell whether it is one: the longest side information, and a tag before it. Source: ISO/IEC
/// 11172-3, section 2.4.1.
const AROUND_BYTES: usize = 64;

/// From the beginning of an MP3 frame to its info tag: a header of 4 bytes, and the side information of stereo, of mono
/// or MPEG-2 stereo, and of MPEG-2 mono. Source: ISO/IEC 11172-3 and 13818-3, "side information".
const INFO_TAG_PLACES: [usize; 3] = [36, 21, 13];

/// How far the first frame may stand behind the tags of its file, bytes. Chosen: some leave a block of zeros there.
const MOST_LEADING_BYTES: u64 = 64 << 10;

/// What the beginning of a file looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// An MP3 frame with an info tag.
    Mp3,
    /// FLAC's magic number and the header of its first block.
    Flac,
}

impl Mark {
    /// Where a file begins whose mark is at `at` of `bytes`; `None` if it only looks like one.
    fn beginning(self, bytes: &[u8], at: usize) -> Option<usize> {
        let rest = &bytes[at..];
        match self {
            Self::Flac => rest.starts_with(b"fLaC\0\0\0\x22").then_some(at),
            Self::Mp3 => {
                let is_tag = rest.starts_with(b"Xing") || rest.starts_with(b"Info");
                let places = INFO_TAG_PLACES.iter().filter_map(|place| at.checked_sub(*place));
                places.filter(|_| is_tag).find(|start| is_info_frame(&bytes[*start..at]))
            }
        }
    }
}

/// Whether bytes up to an info tag are an MP3 header of layer III and empty side information behind a checksum.
fn is_info_frame(head: &[u8]) -> bool {
    let is_header = head[0] == 0xff && head[1] & 0xe6 == 0xe2 && head[2] >> 4 != 0xf && head[2] & 0x0c != 0x0c;
    is_header && head[6..].iter().all(|byte| *byte == 0)
}

/// The parts of a file, `range` if it is a single one. The first begins with the range, whatever is there.
pub(super) fn parts(file: &mut (impl Read + Seek), mark: Mark, range: Range<u64>) -> std::io::Result<Vec<Range<u64>>> {
    let mut starts = vec![range.start];
    file.seek(SeekFrom::Start(range.start))?;
    let (mut bytes, mut bytes_at) = (Vec::new(), range.start);
    let mut tag = 0..0;
    loop {
        let n_before = bytes.len();
        file.by_ref().take(SEARCH_BYTES as u64).read_to_end(&mut bytes)?;
        let is_last = bytes.len() == n_before;
        let n_searched = if is_last { bytes.len() } else { bytes.len().saturating_sub(AROUND_BYTES) };
        for at in 0..n_searched {
            if !matches!(bytes[at], b'X' | b'I' | b'f') {
                continue;
            }
            if let Some(n_bytes) = id3_bytes(&bytes[at..]) {
                tag = bytes_at + at as u64..bytes_at + at as u64 + n_bytes;
            }
            if let Some(start) = mark.beginning(&bytes, at) {
                let start = bytes_at + start as u64;
                starts.push(if tag.end == start { tag.start } else { start });
            }
        }
        if is_last {
            break;
        }
        // The end is kept, because a frame begins before its mark.
        let n_done = n_searched.saturating_sub(AROUND_BYTES);
        bytes.drain(..n_done);
        bytes_at += n_done as u64;
    }
    starts.sort_unstable();
    let is_first_marked = starts.get(1) == Some(&range.start);
    starts.dedup();
    // The mark of the first file itself, behind what is no tag.
    if !is_first_marked && starts.get(1).is_some_and(|second| is_of_the_first(file, range.start, *second)) {
        starts.remove(1);
    }
    let ends = starts[1..].iter().copied().chain([range.end]);
    Ok(starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect())
}

fn is_of_the_first(file: &mut (impl Read + Seek), start: u64, second: u64) -> bool {
    let mut at = start;
    let mut head = [0; 10];
    while file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut head)).is_ok()
        && let Some(n_bytes) = id3_bytes(&head)
        && at < second
    {
        at += n_bytes;
    }
    second.saturating_sub(at) <= MOST_LEADING_BYTES
}

/// Reads joined files one behind the other.
pub(super) struct Joined {
    path: PathBuf,
    name: Option<&'static str>,
    faults: Faults,
    n_parts: usize,
    left: std::vec::IntoIter<Range<u64>>,
    part: Packets,
    n_read: u64,
    remarks: Vec<String>,
}

impl Joined {
    /// Goes on behind `first` with the parts that are left.
    pub(super) fn new(path: PathBuf, name: Option<&'static str>, first: Packets, left: Vec<Range<u64>>) -> Self {
        let (n_parts, faults) = (left.len() + 1, first.faults());
        let left = left.into_iter();
        Self { path, name, faults, n_parts, left, part: first, n_read: 0, remarks: Vec::new() }
    }

    fn next_part(&mut self, range: Range<u64>) -> anyhow::Result<()> {
        let place = self.n_read;
        let opened = opened::open(&self.path, range, self.name)
            .with_context(|| format!("the file that is joined after sample {place} does not read"))?;
        self.remarks.extend(self.part.remarks());
        self.remarks.extend(opened.remarks.iter().cloned());
        let next = Packets::new(opened, self.faults)?;
        let is_same = next.n_channels() == self.part.n_channels() && next.sample_rate_hz == self.part.sample_rate_hz;
        ensure!(is_same, "its channels or sample rate change after sample {place}");
        self.part = next;
        Ok(())
    }
}

impl Pieces for Joined {
    fn read(&mut self, into: &mut [Vec<f32>], most_samples: usize) -> anyhow::Result<usize> {
        loop {
            let n = self.part.read(into, most_samples)?;
            self.n_read += n as u64;
            if n > 0 {
                return Ok(n);
            }
            let Some(range) = self.left.next() else { return Ok(0) };
            self.next_part(range)?;
        }
    }

    fn remarks(&self) -> Vec<String> {
        let n = self.n_parts;
        let joined = format!("{n} files are joined: they are read one behind the other");
        [vec![joined], self.remarks.clone(), self.part.remarks()].concat()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// What looks like an MP3 file: a frame with an info tag, and others.
    fn mp3(place: usize, n_bytes: usize) -> Vec<u8> {
        let mut file = vec![0; place];
        file[..4].copy_from_slice(b"\xff\xfb\x90\x64");
        file.extend(b"Info\0\0\0\x0f");
        file.resize(n_bytes, 0x55);
        file
    }

    fn found(file: &[u8], mark: Mark) -> Vec<(u64, u64)> {
        let parts = parts(&mut Cursor::new(file), mark, 0..file.len() as u64).expect("memory reads");
        parts.into_iter().map(|part| (part.start, part.end)).collect()
    }

    #[test]
    fn every_joined_file_is_found_wherever_it_stands() {
        for n_first in [417, SEARCH_BYTES - 30, SEARCH_BYTES, SEARCH_BYTES + 13, 2 * SEARCH_BYTES + 40] {
            let file = [mp3(36, n_first), mp3(21, 500), mp3(13, 100)].concat();
            let (n, all) = (n_first as u64, file.len() as u64);
            assert_eq!(found(&file, Mark::Mp3), [(0, n), (n, n + 500), (n + 500, all)]);
        }
    }

    #[test]
    fn a_tag_between_files_belongs_to_the_second() {
        let tag = b"ID3\x04\0\0\0\0\0\x03abc";
        let first = [&tag[..], &mp3(36, 70_000)].concat();
        let file = [&first[..], tag, &mp3(36, 500)].concat();
        let n = first.len() as u64;
        assert_eq!(found(&file, Mark::Mp3), [(0, n), (n, file.len() as u64)]);
    }

    #[test]
    fn a_single_file_is_one_part() {
        let file = [&b"ID3\x04\0\0\0\0\0\x03abc"[..], &mp3(36, 5000)].concat();
        assert_eq!(found(&file, Mark::Mp3), [(0, file.len() as u64)]);
        assert_eq!(found(&[0x55; 300], Mark::Mp3), [(0, 300)]);
        let text = b"Xing Info fLaC".repeat(5000);
        assert_eq!(found(&text, Mark::Mp3).len(), 1);
    }

    #[test]
    fn a_mark_behind_what_is_no_tag_is_the_first_file_s_own() {
        let file = [&[0; 2000][..], &mp3(36, 5000)].concat();
        assert_eq!(found(&file, Mark::Mp3), [(0, file.len() as u64)]);
    }

    #[test]
    fn flac_files_are_found_by_their_first_block() {
        let one = [&b"fLaC\0\0\0\x22"[..], &[9; 70_000]].concat();
        let n = one.len() as u64;
        assert_eq!(found(&[&one[..], &one].concat(), Mark::Flac), [(0, n), (n, 2 * n)]);
    }
}
