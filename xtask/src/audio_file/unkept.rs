//! What AIFF and CAF files carry that is not kept, and why one of them does not open.
//!
//! In: a file. Out: a remark that names what is lost; a reason that people understand. Sources: Apple, "Audio
//! Interchange File Format: AIFF-C" (1991); Apple, "Core Audio Format Specification 1.0".

use std::io::{Read, Seek, SeekFrom};

/// Chunks that are looked at, a count. Chosen: more than programs write, and it bounds the work.
const MOST_CHUNKS: usize = 1000;

/// The most channels that the decoders have positions for, a count. Source: symphonia, "Channels".
const MOST_CHANNELS: u32 = 26;

/// Chunks of AIFF and CAF with markers, loops and texts.
const LOST: [(&[u8; 4], &str); 11] = [
    (b"MARK", "markers"),
    (b"INST", "instrument"),
    (b"MIDI", "MIDI"),
    (b"COMT", "comments"),
    (b"APPL", "APPL"),
    (b"basc", "loop"),
    (b"mark", "markers"),
    (b"inst", "instrument"),
    (b"midi", "MIDI"),
    (b"regn", "regions"),
    (b"uuid", "uuid"),
];

/// Names the chunks of a file that are not kept.
pub(super) fn chunks(file: &mut (impl Read + Seek), name: Option<&str>) -> std::io::Result<Option<String>> {
    let is_caf = match name {
        Some("CAF") => true,
        Some("AIFF") => false,
        _ => return Ok(None),
    };
    let mut lost: Vec<&str> = Vec::new();
    let mut at = if is_caf { 8 } else { 12 };
    for _ in 0..MOST_CHUNKS {
        let mut header = [0; 12];
        file.seek(SeekFrom::Start(at))?;
        let header = &mut header[..if is_caf { 12 } else { 8 }];
        if file.read_exact(header).is_err() {
            break;
        }
        lost.extend(LOST.iter().filter(|(id, _)| header.starts_with(*id)).map(|(_, name)| *name));
        // A size that is not known yet has all bits set; nothing can follow it.
        let size = header[4..].iter().fold(0, |size, byte| size << 8 | u64::from(*byte));
        let Some(next) = at.checked_add(header.len() as u64).and_then(|body| body.checked_add(size)) else { break };
        at = next + if is_caf { 0 } else { size % 2 };
    }
    lost.dedup();
    Ok((!lost.is_empty()).then(|| format!("not kept: {}", lost.join(", "))))
}

/// Says why a file does not open, where it has too many channels or its size was left open.
pub(super) fn explain(file: &mut (impl Read + Seek), error: anyhow::Error) -> anyhow::Error {
    match n_channels(file) {
        _ if is_open_caf(file) == Some(true) => {
            anyhow::anyhow!(
                "it is a CAF file whose size a stream left open, which is not read; convert it to WAV or FLAC"
            )
        }
        Some(n) if n > MOST_CHANNELS => {
            anyhow::anyhow!("it has {n} channels; {MOST_CHANNELS} are read of such files, and any number of a WAV")
        }
        _ => error,
    }
}

/// Whether this is a CAF file whose `data` chunk has no size yet.
fn is_open_caf(file: &mut (impl Read + Seek)) -> Option<bool> {
    let mut magic = [0; 4];
    file.seek(SeekFrom::Start(0)).ok()?;
    file.read_exact(&mut magic).ok()?;
    let mut at = 8_u64;
    for _ in 0..MOST_CHUNKS {
        let mut header = [0; 12];
        file.seek(SeekFrom::Start(at)).ok()?;
        file.read_exact(&mut header).ok().filter(|()| &magic == b"caff")?;
        let size = u64::from_be_bytes(*header.last_chunk()?);
        if header.starts_with(b"data") {
            return Some(size == u64::MAX);
        }
        at = at.checked_add(size)?.checked_add(12)?;
    }
    None
}

/// The channels that an AIFF or CAF file says it has.
fn n_channels(file: &mut (impl Read + Seek)) -> Option<u32> {
    let mut head = [0; 64];
    file.seek(SeekFrom::Start(0)).ok()?;
    file.read_exact(&mut head).ok()?;
    if head.starts_with(b"caff") {
        // Behind the file's header comes the description: its own header, rate, format, flags, bytes and frames.
        return Some(u32::from_be_bytes(head[44..48].try_into().ok()?));
    }
    if !head.starts_with(b"FORM") {
        return None;
    }
    let mut at = 12;
    for _ in 0..MOST_CHUNKS {
        let mut header = [0; 10];
        file.seek(SeekFrom::Start(at)).ok()?;
        file.read_exact(&mut header).ok()?;
        if header.starts_with(b"COMM") {
            return Some(u32::from(u16::from_be_bytes([header[8], header[9]])));
        }
        let size = u64::from(u32::from_be_bytes([header[4], header[5], header[6], header[7]]));
        at += 8 + size + size % 2;
    }
    None
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn markers_of_an_aiff_are_named() {
        let file = b"FORM\0\0\0\x30AIFFNAME\0\0\0\x01a\0MARK\0\0\0\x02\0\0SSND\0\0\0\x00";
        let remark = chunks(&mut Cursor::new(file), Some("AIFF")).expect("memory reads");
        assert_eq!(remark.as_deref(), Some("not kept: markers"));
        assert_eq!(chunks(&mut Cursor::new(file), Some("FLAC")).expect("memory reads"), None);
    }

    #[test]
    fn a_caf_file_without_a_size_is_refused_for_that() {
        let reason = |size: u64| {
            let file = [&b"caff\0\x01\0\0free\0\0\0\0\0\0\0\x02ab"[..], b"data", &size.to_be_bytes()].concat();
            explain(&mut Cursor::new(file), anyhow::anyhow!("other")).to_string()
        };
        assert!(reason(u64::MAX).contains("CAF file whose size a stream left open"));
        assert_eq!(reason(9), "other");
    }

    #[test]
    fn too_many_channels_are_the_reason_where_they_are() {
        let mut file = b"FORM\0\0\0\x30AIFFCOMM\0\0\0\x12".to_vec();
        file.extend(27_u16.to_be_bytes());
        file.resize(80, 0);
        let reason = |file: &[u8]| explain(&mut Cursor::new(file), anyhow::anyhow!("other")).to_string();
        assert!(reason(&file).contains("27 channels"));
        file[21] = 26;
        assert_eq!(reason(&file), "other");
    }
}
