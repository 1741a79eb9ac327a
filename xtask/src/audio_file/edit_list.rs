//! Which part of an MP4 file's audio is meant to be heard.
//!
//! In: the `moov` box. Out: a range of decoded samples. An AAC encoder begins with silence of its own, and the file's
//! edit list says how much to skip. The decoder ignores it, so without this an AAC recording would be late by 20 to 50
//! ms. Source: ISO/IEC 14496-12, §8.6.6; one edit is understood, several are ignored.

use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

/// The largest index that is read, bytes. Chosen: more than any recording's; it only bounds memory.
const MOST_INDEX_BYTES: u64 = 1 << 28;

/// The samples to keep, at the rate of the audio; `None` if the file does not say.
pub(super) fn audible_samples(mut file: impl Read + Seek, sample_rate_hz: u32) -> Option<Range<u64>> {
    let movie = movie_box(&mut file)?;
    let movie_scale = time_scale(child(&movie, b"mvhd")?)?;
    let is_audio = |track: &&[u8]| {
        let handler = child(track, b"mdia").and_then(|media| child(media, b"hdlr"));
        handler.and_then(|handler| handler.get(8..12)) == Some(b"soun")
    };
    let track = children(&movie).filter(|(kind, _)| kind == b"trak").map(|(_, body)| body).find(is_audio)?;
    let media_scale = time_scale(child(child(track, b"mdia")?, b"mdhd")?)?;
    let (duration, start) = only_edit(child(child(track, b"edts")?, b"elst")?)?;
    let samples = |time: u64, scale: u32| time as f64 * f64::from(sample_rate_hz) / f64::from(scale);
    let start_samples = samples(start, media_scale).round() as u64;
    let n_samples = samples(duration, movie_scale).round() as u64;
    // A duration of zero means everything from the start on.
    let stop_samples = if n_samples == 0 { u64::MAX } else { start_samples.saturating_add(n_samples) };
    Some(start_samples..stop_samples)
}

/// The body of the file's `moov` box.
fn movie_box(file: &mut (impl Read + Seek)) -> Option<Vec<u8>> {
    let mut at = 0_u64;
    loop {
        file.seek(SeekFrom::Start(at)).ok()?;
        let mut header = [0; 16];
        file.read_exact(&mut header[..8]).ok()?;
        let short = u64::from(number(&header, 0)?);
        let (header_bytes, size) = if short == 1 {
            file.read_exact(&mut header[8..]).ok()?;
            (16, u64::from(number(&header, 8)?) << 32 | u64::from(number(&header, 12)?))
        } else {
            (8, short)
        };
        let body_bytes = size.checked_sub(header_bytes)?;
        if &header[4..8] == b"moov" {
            let mut body = vec![0; usize::try_from(body_bytes.min(MOST_INDEX_BYTES)).ok()?];
            return file.read_exact(&mut body).ok().map(|()| body);
        }
        at = at.checked_add(size)?;
    }
}

/// The boxes within a box, as kind and body.
fn children(body: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = body;
    std::iter::from_fn(move || {
        let size = number(rest, 0)? as usize;
        let kind = rest.get(4..8)?.try_into().ok()?;
        let body = rest.get(8..size)?;
        rest = &rest[size..];
        Some((kind, body))
    })
}

fn child<'a>(body: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    children(body).find(|(actual, _)| actual == kind).map(|(_, body)| body)
}

/// Units per second of a header box whose times are of 32 bits (version 0) or 64.
fn time_scale(header: &[u8]) -> Option<u32> {
    let scale = number(header, if header.first()? == &0 { 12 } else { 20 })?;
    (scale > 0).then_some(scale)
}

/// Duration and start of the edit list's only edit.
fn only_edit(list: &[u8]) -> Option<(u64, u64)> {
    let is_single = number(list, 4)? == 1;
    let wide = |at: usize| Some(u64::from(number(list, at)?) << 32 | u64::from(number(list, at + 4)?));
    let (duration, start, is_empty) = if list.first()? == &0 {
        (u64::from(number(list, 8)?), u64::from(number(list, 12)?), number(list, 12)? == u32::MAX)
    } else {
        (wide(8)?, wide(16)?, wide(16)? == u64::MAX)
    };
    (is_single && !is_empty).then_some((duration, start))
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&(body.len() as u32 + 8).to_be_bytes(), &kind[..], body].concat()
    }

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    fn file(handler: &[u8; 4], edits: &[u32]) -> Vec<u8> {
        let handler = boxed(b"hdlr", &[&[0; 8], &handler[..], &[0; 12]].concat());
        let media = boxed(b"mdia", &[boxed(b"mdhd", &words(&[0, 0, 0, 48_000, 9, 0])), handler].concat());
        let list = boxed(b"edts", &boxed(b"elst", &words(edits)));
        let track = boxed(b"trak", &[list, media].concat());
        let movie = boxed(b"moov", &[boxed(b"mvhd", &words(&[0, 0, 0, 1000, 9])), track].concat());
        [boxed(b"ftyp", b"M4A "), boxed(b"mdat", &[0; 33]), movie].concat()
    }

    #[test]
    fn one_edit_is_a_range_of_samples() {
        let range = |file: Vec<u8>| audible_samples(Cursor::new(file), 48_000);
        assert_eq!(range(file(b"soun", &[0, 1, 3010, 1024, 0x1_0000])), Some(1024..1024 + 144_480));
        assert_eq!(range(file(b"soun", &[0, 1, 0, 2112, 0x1_0000])), Some(2112..u64::MAX));
        assert_eq!(range(file(b"soun", &[0x100_0000, 1, 0, 500, 0, 24_000, 0])), Some(24_000..48_000));
    }

    #[test]
    fn what_is_not_understood_is_left_alone() {
        let range = |file: Vec<u8>| audible_samples(Cursor::new(file), 48_000);
        assert_eq!(range(file(b"vide", &[0, 1, 3010, 1024, 0x1_0000])), None);
        assert_eq!(range(file(b"soun", &[0, 2, 3010, 1024, 0x1_0000, 1, 1, 0x1_0000])), None);
        assert_eq!(range(file(b"soun", &[0, 1, 3010, u32::MAX, 0x1_0000])), None);
        let whole = file(b"soun", &[0, 1, 3010, 1024, 0x1_0000]);
        for n_bytes in 0..whole.len() {
            assert_eq!(range(whole[..n_bytes].to_vec()), None);
        }
    }
}
