//! What kind of file it is, by its first bytes: the extension is not believed.
//!
//! In: a file. Out: where a WAV begins in it, or the name of what a decoder is to be found for. What is not read is
//! refused by its name, so that nobody has to guess why. Sources: the formats' own specifications, for their magic
//! numbers.

use std::io::{Read, Seek, SeekFrom};

use anyhow::{bail, ensure};

/// What to read a file as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// RIFF, RF64 or BW64 with audio in it, which begins at this byte.
    Wave {
        /// Bytes before it: tags.
        at: u64,
    },
    /// What a decoder is looked for, by its name if the first bytes tell it.
    Other(Option<&'static str>),
}

/// Bytes that are looked at. Chosen: an Ogg page header and the identification behind it.
const HEAD_BYTES: usize = 512;

/// ID3v2 tags in front of a file that are skipped, a count. Chosen: files with more than one are rare already.
const MOST_TAGS: usize = 8;

/// Place of the magic number, magic number, name: what is not read.
const NOT_READ: [(usize, &[u8], &str); 25] = [
    (0, b"RIFX", "a RIFX file (a WAV with its bytes in reverse order)"),
    (0, b"riff\x2e\x91\xcf\x11", "a Wave64 file (.w64)"),
    (0, b".snd", "an AU file"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "a Windows Media file"),
    (0, b"#!AMR", "an AMR file"),
    (0, b"DSD ", "a DSF file (DSD)"),
    (0, b"FRM8", "a DSDIFF file (DSD)"),
    (0, b"MPCK", "a Musepack file"),
    (0, b"MP+", "a Musepack file"),
    (0, b"MAC ", "a Monkey's Audio file"),
    (0, b"wvpk", "a WavPack file"),
    (0, b"TTA", "a True Audio file"),
    (0, b"tBaK", "a TAK file"),
    (0, b"OFR ", "an OptimFROG file"),
    (0, b"\x0b\x77", "an AC-3 file"),
    (0, b"\x7f\xfe\x80\x01", "a DTS file"),
    (0, b".ra\xfd", "a RealAudio file"),
    (0, b".RMF", "a RealMedia file"),
    (0, b"FLV\x01", "a Flash video file"),
    (0, b"MThd", "a MIDI file"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"\x1f\x8b\x08", "a gzip archive"),
    (0, b"%PDF", "a PDF document"),
    (0, b"\x89PNG", "a picture"),
    (0, b"\xff\xd8\xff\xe0", "a picture"),
];

/// Place of the magic number, magic number, name: what a decoder is there for.
const READ: [(usize, &[u8], &str); 7] = [
    (0, b"fLaC", "FLAC"),
    (0, b"OggS", "OGG"),
    (4, b"ftyp", "MP4"),
    (0, b"caff", "CAF"),
    (8, b"AIFF", "AIFF"),
    (8, b"AIFC", "AIFF"),
    (0, b"\x1a\x45\xdf\xa3", "Matroska"),
];

/// Looks at the beginning of a file, behind tags that stand in front of it.
pub(super) fn kind(file: &mut (impl Read + Seek)) -> anyhow::Result<Kind> {
    let (at, head) = behind_tags(file)?;
    let has = |&(place, magic, _): &(usize, &[u8], &str)| head.get(place..).is_some_and(|at| at.starts_with(magic));
    if let Some((.., name)) = NOT_READ.iter().find(|entry| has(entry)) {
        return not_read(name);
    }
    if [&b"RIFF"[..], b"RF64", b"BW64"].iter().any(|magic| head.starts_with(magic)) {
        let form = head.get(8..12).unwrap_or_default();
        ensure!(form.len() == 4, "the WAV file ends in its header, after {} bytes", head.len());
        if form == b"AVI " {
            return not_read("an AVI video file");
        }
        let form = String::from_utf8_lossy(form);
        ensure!(form == "WAVE", "it is a RIFF file of the type '{}', which holds no audio", form.escape_debug());
        return Ok(Kind::Wave { at });
    }
    if head.starts_with(b"OggS") {
        let holds = |name: &[u8]| head.windows(name.len()).any(|window| window == name);
        for (magic, name) in [(&b"OpusHead"[..], "an Opus file"), (b"Speex   ", "a Speex file")] {
            if holds(magic) {
                return not_read(name);
            }
        }
    }
    Ok(Kind::Other(READ.iter().find(|entry| has(entry)).map(|(.., name)| *name)))
}

fn not_read<T>(name: &str) -> anyhow::Result<T> {
    bail!("it is {name}, which is not read; convert it to WAV or FLAC")
}

/// Where the file begins behind ID3v2 tags, and its first bytes there.
fn behind_tags(file: &mut (impl Read + Seek)) -> anyhow::Result<(u64, Vec<u8>)> {
    let mut at = 0;
    let mut head = head_at(file, at)?;
    for _ in 0..MOST_TAGS {
        let Some(n_bytes) = id3_bytes(&head) else { break };
        at += n_bytes;
        head = head_at(file, at)?;
    }
    Ok((at, head))
}

/// The length of an ID3v2 tag with its header and footer. Source: ID3v2.4, section 3.1; its size has 7 bits a byte.
pub(super) fn id3_bytes(head: &[u8]) -> Option<u64> {
    let header = head.get(..10).filter(|header| header.starts_with(b"ID3") && header[6..].iter().all(|b| *b < 0x80))?;
    let size = header[6..].iter().fold(0, |size, byte| size << 7 | u64::from(*byte));
    Some(size + if header[5] & 0x10 == 0 { 10 } else { 20 })
}

fn head_at(file: &mut (impl Read + Seek), at: u64) -> std::io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(at))?;
    let mut head = Vec::new();
    file.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    Ok(head)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn of(bytes: &[u8]) -> anyhow::Result<Kind> {
        kind(&mut Cursor::new(bytes))
    }

    #[test]
    fn what_is_not_read_is_refused_by_its_name() {
        let opus = [&b"OggS\0\x02"[..], &[0; 22], b"OpusHead\x01\x01"].concat();
        let cases = [
            (&opus[..], "an Opus file"),
            (b"RIFF\x04\0\0\0AVI ", "an AVI video"),
            (b"RIFX\0\0\0\x04WAVE", "RIFX"),
            (b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb", "Wave64"),
            (b".snd\0\0\0\x18", "an AU file"),
            (b"wvpk\0\0\0\0", "WavPack"),
            (b"MThd\0\0\0\x06", "MIDI"),
        ];
        for (bytes, name) in cases {
            let error = of(bytes).expect_err(name).to_string();
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn a_wave_is_found_behind_tags() {
        let tag = b"ID3\x04\0\0\0\0\0\x03abc";
        let wave = b"RF64\xff\xff\xff\xffWAVEds64";
        assert_eq!(of(wave).expect("a WAV"), Kind::Wave { at: 0 });
        assert_eq!(of(&[&tag[..], tag, wave].concat()).expect("a WAV"), Kind::Wave { at: 26 });
        assert_eq!(of(&[&tag[..], b"\xff\xfb\x90\x00"].concat()).expect("maybe an MP3"), Kind::Other(None));
    }

    #[test]
    fn a_tag_that_leads_nowhere_leaves_nothing() {
        assert_eq!(of(b"ID3\x04\0\0\x7f\x7f\x7f\x7f").expect("nothing known"), Kind::Other(None));
    }
}
