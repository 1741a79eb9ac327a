//! The LIST/INFO chunk of a WAV.
//!
//! In: entries. Out: the chunk. Chunks begin at even offsets; each length excludes its padding. Source: Multimedia
//! Programming Interface and Data Specifications 1.0, 1991, "LIST" and "INFO".

/// A LIST/INFO chunk of these entries, whole and of even length.
pub(super) fn bytes(entries: &[([u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut list = b"INFO".to_vec();
    for (id, text) in entries {
        push_chunk(&mut list, *id, &[text, &[0][..]].concat());
    }
    let mut chunk = Vec::with_capacity(list.len() + 8);
    push_chunk(&mut chunk, *b"LIST", &list);
    chunk
}

/// An entry of our own. A text ends with a zero byte, so it cannot contain one; and it is one line.
pub(super) fn one_line(text: &str) -> Vec<u8> {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().into_bytes()
}

/// Appends a chunk with its padding.
pub(super) fn push_chunk(into: &mut Vec<u8>, id: [u8; 4], body: &[u8]) {
    into.extend_from_slice(&id);
    into.extend_from_slice(&(body.len() as u32).to_le_bytes());
    into.extend_from_slice(body);
    if body.len() % 2 == 1 {
        into.push(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_leave_padding_out_and_chunks_start_even() {
        let chunk = bytes(&[(*b"ISFT", b"ab".to_vec()), (*b"ICMT", b"abc".to_vec())]);
        assert_eq!(chunk, b"LIST\x1c\0\0\0INFOISFT\x03\0\0\0ab\0\0ICMT\x04\0\0\0abc\0");
    }

    #[test]
    fn a_text_stays_one_line() {
        assert_eq!(one_line("a\nb\0c"), b"a b c");
    }
}
