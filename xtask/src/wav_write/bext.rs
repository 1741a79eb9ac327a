//! The `bext` chunk of a Broadcast Wave: what it keeps, and the line that this program adds to its history.
//!
//! In: a chunk of the source. Out: the same with its time reference, without what was measured of the old samples, and
//! with room for a line of coding history. Sources: EBU Tech 3285 v2 (the chunk); EBU R98 (the line).

use super::{Depth, Spec};

/// Where the chunk's fields are, bytes. Source: EBU Tech 3285 v2, section 2.3.
const VERSION_AT: usize = 346;
const UMID_AT: usize = 348;
const LOUDNESS_AT: usize = 412;
const RESERVED_AT: usize = 422;
const HISTORY_AT: usize = 602;

/// A loudness that is not given. Source: EBU Tech 3285 v2, section 2.3.
const NO_LOUDNESS: i16 = 0x7fff;

/// Room for our line, bytes. Chosen: longer than its fixed part and some declared edits; the rest stays zero.
const LINE_BYTES: usize = 256;

/// A chunk to write, and where in it the line belongs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bext {
    pub(super) body: Vec<u8>,
    /// Where the line begins; `None` if the chunk is too short to have a history.
    pub(super) line_at: Option<usize>,
}

/// The chunk to write instead of a source's. The identity of the material (UMID) and its loudness were those of other
/// samples, so they are left open.
pub(super) fn prepared(body: &[u8]) -> Bext {
    let mut body = body.to_vec();
    if body.len() < HISTORY_AT {
        return Bext { body, line_at: None };
    }
    let version = u16::from_le_bytes([body[VERSION_AT], body[VERSION_AT + 1]]);
    if version >= 1 {
        body[UMID_AT..LOUDNESS_AT].fill(0);
    }
    if version >= 2 {
        let fields = body[LOUDNESS_AT..RESERVED_AT].chunks_exact_mut(2);
        fields.for_each(|field| field.copy_from_slice(&NO_LOUDNESS.to_le_bytes()));
    }
    let history_end = body.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1).max(HISTORY_AT);
    body.truncate(history_end);
    if history_end > HISTORY_AT && !body.ends_with(b"\n") {
        body.extend_from_slice(b"\r\n");
    }
    let line_at = body.len();
    body.resize(line_at + LINE_BYTES, 0);
    Bext { body, line_at: Some(line_at) }
}

/// Our line: coding, sampling frequency, word length, mode, and in free text the program and what it did.
pub(super) fn line(spec: &Spec, software: &str, edits: &[String]) -> Vec<u8> {
    let mode = match spec.n_channels {
        1 => ",M=mono",
        2 => ",M=stereo",
        _ => "",
    };
    let float = if spec.depth == Depth::Float32 { "; floating point" } else { "" };
    let edits: String = edits.iter().map(|edit| format!("; {edit}")).collect();
    let text = format!("{software}{float}{edits}");
    // A comma would begin the next field, and a field is ASCII on one line.
    let is_plain = |c: char| c.is_ascii() && !c.is_ascii_control() && c != ',';
    let text: String = text.chars().map(|c| if is_plain(c) { c } else { ' ' }).collect();
    let mut line = format!("A=PCM,F={},W={}{mode},T={text}", spec.sample_rate_hz, spec.depth.bits()).into_bytes();
    line.truncate(LINE_BYTES - 2);
    line.extend_from_slice(b"\r\n");
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wav_write::{Container, Dither, Packing};

    fn chunk(version: u16, history: &[u8]) -> Vec<u8> {
        let mut body = vec![b'a'; HISTORY_AT];
        body[VERSION_AT..UMID_AT].copy_from_slice(&version.to_le_bytes());
        body.extend_from_slice(history);
        body
    }

    fn spec(n_channels: usize, depth: Depth) -> Spec {
        let (container, dither) = (Container::Wav, Dither::Off);
        Spec { n_channels, sample_rate_hz: 48_000, depth, container, packing: Packing::Small, dither, n_samples: None }
    }

    #[test]
    fn everything_but_identity_and_loudness_is_kept() {
        let before = chunk(2, b"A=PCM,F=44100,W=16,M=mono,T=tape\0\0\0");
        let after = prepared(&before);
        assert_eq!(after.body[..VERSION_AT], before[..VERSION_AT]);
        assert!(after.body[UMID_AT..LOUDNESS_AT].iter().all(|byte| *byte == 0));
        assert_eq!(after.body[LOUDNESS_AT..LOUDNESS_AT + 4], [0xff, 0x7f, 0xff, 0x7f]);
        assert_eq!(after.body[RESERVED_AT..HISTORY_AT], before[RESERVED_AT..HISTORY_AT]);
        assert_eq!(after.line_at, Some(HISTORY_AT + b"A=PCM,F=44100,W=16,M=mono,T=tape\r\n".len()));
    }

    #[test]
    fn a_version_without_identity_or_loudness_keeps_these_bytes() {
        let before = chunk(0, b"");
        assert_eq!(prepared(&before).body[..HISTORY_AT], before[..]);
        let before = chunk(1, b"");
        assert_eq!(prepared(&before).body[LOUDNESS_AT..HISTORY_AT], before[LOUDNESS_AT..]);
    }

    #[test]
    fn repeated_bounces_add_a_line_each_and_no_more() {
        let mut body = chunk(1, b"");
        for n in 1..=3 {
            let next = prepared(&body);
            body = next.body;
            let line = line(&spec(1, Depth::Int24), "Con Anima", &[]);
            let at = next.line_at.expect("a history");
            body[at..at + line.len()].copy_from_slice(&line);
            assert_eq!(body[HISTORY_AT..].iter().filter(|byte| **byte == b'\n').count(), n);
        }
        assert!(body.len() < HISTORY_AT + 2 * LINE_BYTES);
    }

    #[test]
    fn a_line_has_the_fields_of_r98() {
        let text = |line: Vec<u8>| String::from_utf8(line).expect("ASCII");
        let stereo = text(line(&spec(2, Depth::Int24), "Con Anima 0.2.0", &["humanized, by 50 %".to_owned()]));
        assert_eq!(stereo, "A=PCM,F=48000,W=24,M=stereo,T=Con Anima 0.2.0; humanized  by 50 %\r\n");
        let six = text(line(&spec(6, Depth::Float32), "é", &[]));
        assert_eq!(six, "A=PCM,F=48000,W=32,T= ; floating point\r\n");
        assert_eq!(line(&spec(2, Depth::Int16), &"x".repeat(999), &[]).len(), LINE_BYTES);
    }
}
