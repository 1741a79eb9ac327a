//! Which part of an MP4 file's audio is meant to be heard.
//!
//! In: the `moov` box. Out: ranges of decoded samples, and the silence before them. An AAC encoder begins with silence
//! of its own, and the file's edit list says how much to skip. The decoder ignores it, so without this an AAC recording
//! would be late by 20 to 50 ms. Source: ISO/IEC 14496-12, §8.6.6. Edits are followed where they take the media in its
//! own order, at its own speed, with nothing empty but the beginning.

use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

mod heard;

pub(super) use heard::Heard;

/// The largest index that is read, bytes. Chosen: more than any recording's; it only bounds memory.
const MOST_INDEX_BYTES: u64 = 1 << 28;

/// The longest silence before the sound, seconds. Chosen: a film's audio may begin late, but a damaged number must not
/// fill a disk.
const LONGEST_LEAD_S: u64 = 3600;

/// Edits of one list that are followed, a count. Chosen: editors write a few, and this bounds the work.
const MOST_EDITS: usize = 10_000;

/// What an MP4 file says about what is heard of it.
#[derive(Debug, PartialEq)]
pub(super) enum Audible {
    /// There is no edit list.
    Unknown,
    /// These samples are.
    Parts(Heard),
    /// Something that is not followed here.
    NotUnderstood,
}

/// The samples to keep, at the rate of the audio.
pub(super) fn audible(file: &mut (impl Read + Seek), sample_rate_hz: u32) -> Audible {
    movie_box(file).and_then(|movie| in_movie(&movie, sample_rate_hz)).unwrap_or(Audible::Unknown)
}

fn in_movie(movie: &[u8], sample_rate_hz: u32) -> Option<Audible> {
    let movie_scale = time_scale(child(movie, b"mvhd")?)?;
    let is_audio = |track: &&[u8]| {
        let handler = child(track, b"mdia").and_then(|media| child(media, b"hdlr"));
        handler.and_then(|handler| handler.get(8..12)) == Some(b"soun")
    };
    let track = children(movie).filter(|(kind, _)| kind == b"trak").map(|(_, body)| body).find(is_audio)?;
    let media_scale = time_scale(child(child(track, b"mdia")?, b"mdhd")?)?;
    let list = child(child(track, b"edts")?, b"elst")?;
    let samples = |time: u64, scale: u32| (time as f64 * f64::from(sample_rate_hz) / f64::from(scale)).round() as u64;
    let (mut lead_samples, mut ranges) = (0, Vec::<Range<u64>>::new());
    for Edit { duration, start, is_at_speed } in edits(list)? {
        let n_samples = samples(duration, movie_scale);
        match start {
            _ if !is_at_speed => return Some(Audible::NotUnderstood),
            None if ranges.is_empty() => lead_samples += n_samples,
            None => return Some(Audible::NotUnderstood),
            Some(start) => {
                let start = samples(start, media_scale);
                // A duration of zero means everything from the start on.
                let end = if n_samples == 0 { u64::MAX } else { start.saturating_add(n_samples) };
                if ranges.last().is_some_and(|last| start < last.end) {
                    return Some(Audible::NotUnderstood);
                }
                ranges.push(start..end);
            }
        }
    }
    let is_sensible = !ranges.is_empty() && lead_samples <= LONGEST_LEAD_S * u64::from(sample_rate_hz);
    Some(if is_sensible { Audible::Parts(Heard { lead_samples, ranges }) } else { Audible::NotUnderstood })
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
            // The size is not believed: memory grows only as far as the file goes.
            let mut body = Vec::new();
            file.by_ref().take(body_bytes.min(MOST_INDEX_BYTES)).read_to_end(&mut body).ok()?;
            return (body.len() as u64 == body_bytes).then_some(body);
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

/// One entry of an edit list.
struct Edit {
    /// In units of the movie.
    duration: u64,
    /// In units of the media; `None` for an empty edit, which is silence.
    start: Option<u64>,
    is_at_speed: bool,
}

fn edits(list: &[u8]) -> Option<Vec<Edit>> {
    let n_edits = (number(list, 4)? as usize).min(MOST_EDITS);
    let wide = |at: usize| Some(u64::from(number(list, at)?) << 32 | u64::from(number(list, at + 4)?));
    let is_short = list.first()? == &0;
    let edit = |index: usize| {
        let at = 8 + index * if is_short { 12 } else { 20 };
        let (duration, start, speed_at) = if is_short {
            let start = number(list, at + 4)?;
            (u64::from(number(list, at)?), Some(u64::from(start)).filter(|_| start != u32::MAX), at + 8)
        } else {
            (wide(at)?, Some(wide(at + 8)?).filter(|start| *start != u64::MAX), at + 16)
        };
        // A fixed-point number of 16 and 16 bits; some writers leave it empty.
        let is_at_speed = matches!(number(list, speed_at)?, 0x1_0000 | 0);
        Some(Edit { duration, start, is_at_speed })
    };
    (0..n_edits).map(edit).collect()
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

    fn of(file: Vec<u8>) -> Audible {
        audible(&mut Cursor::new(file), 48_000)
    }

    fn parts(lead_samples: u64, ranges: &[(u64, u64)]) -> Audible {
        let ranges = ranges.iter().map(|(start, end)| *start..*end).collect();
        Audible::Parts(Heard { lead_samples, ranges })
    }

    #[test]
    fn one_edit_is_a_range_of_samples() {
        let all = |start| parts(0, &[(start, u64::MAX)]);
        assert_eq!(of(file(b"soun", &[0, 1, 3010, 1024, 0x1_0000])), parts(0, &[(1024, 1024 + 144_480)]));
        assert_eq!(of(file(b"soun", &[0, 1, 0, 2112, 0x1_0000])), all(2112));
        assert_eq!(of(file(b"soun", &[0x100_0000, 1, 0, 500, 0, 24_000, 0])), parts(0, &[(24_000, 48_000)]));
    }

    #[test]
    fn an_empty_edit_at_the_beginning_is_silence() {
        let two = [0, 2, 500, u32::MAX, 0x1_0000, 1000, 1024, 0x1_0000];
        assert_eq!(of(file(b"soun", &two)), parts(24_000, &[(1024, 49_024)]));
    }

    #[test]
    fn edits_in_the_media_s_own_order_are_followed() {
        let two = [0, 2, 1000, 1024, 0x1_0000, 500, 96_000, 0x1_0000];
        assert_eq!(of(file(b"soun", &two)), parts(0, &[(1024, 49_024), (96_000, 120_000)]));
    }

    #[test]
    fn what_is_not_followed_says_so() {
        let backwards = [0, 2, 1000, 96_000, 0x1_0000, 500, 0, 0x1_0000];
        let slow = [0, 1, 1000, 0, 0x8000];
        let empty = [0, 1, 3010, u32::MAX, 0x1_0000];
        for edits in [&backwards[..], &slow, &empty] {
            assert_eq!(of(file(b"soun", edits)), Audible::NotUnderstood);
        }
    }

    #[test]
    fn a_file_that_ends_early_or_has_no_sound_says_nothing() {
        assert_eq!(of(file(b"vide", &[0, 1, 3010, 1024, 0x1_0000])), Audible::Unknown);
        let whole = file(b"soun", &[0, 1, 3010, 1024, 0x1_0000]);
        for n_bytes in 0..whole.len() {
            assert_eq!(of(whole[..n_bytes].to_vec()), Audible::Unknown);
        }
    }
}
