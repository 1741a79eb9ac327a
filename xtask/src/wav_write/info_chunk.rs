//! The LIST/INFO chunk after a WAV's samples.
//!
//! In: entries, a finished WAV file. Out: the file with the chunk, and its RIFF length corrected: hound writes only the
//! format and data chunks. Chunks begin at even offsets; each length excludes its padding. Source: Multimedia
//! Programming Interface and Data Specifications 1.0, 1991, "LIST" and "INFO".

use std::io::{Seek, SeekFrom, Write};

/// A LIST/INFO chunk of these entries, whole and of even length.
pub(super) fn bytes(entries: &[([u8; 4], &str)]) -> Vec<u8> {
    let mut list = b"INFO".to_vec();
    for (id, text) in entries {
        // A text ends with a zero byte, so it cannot contain one; and it is one line.
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        push_chunk(&mut list, *id, &[text.as_bytes(), &[0]].concat());
    }
    let mut chunk = Vec::with_capacity(list.len() + 8);
    push_chunk(&mut chunk, *b"LIST", &list);
    chunk
}

fn push_chunk(into: &mut Vec<u8>, id: [u8; 4], body: &[u8]) {
    into.extend_from_slice(&id);
    into.extend_from_slice(&(body.len() as u32).to_le_bytes());
    into.extend_from_slice(body);
    if body.len() % 2 == 1 {
        into.push(0);
    }
}

/// Appends a chunk to a RIFF file that ends with its last chunk's body, and corrects the RIFF length.
pub(super) fn append(file: &mut (impl Write + Seek), chunk: &[u8]) -> std::io::Result<()> {
    if file.seek(SeekFrom::End(0))? % 2 == 1 {
        file.write_all(&[0])?;
    }
    file.write_all(chunk)?;
    let riff_bytes = u32::try_from(file.stream_position()? - 8).map_err(std::io::Error::other)?;
    file.seek(SeekFrom::Start(4))?;
    file.write_all(&riff_bytes.to_le_bytes())?;
    file.flush()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn lengths_leave_padding_out_and_chunks_start_even() {
        let chunk = bytes(&[(*b"ISFT", "ab"), (*b"ICMT", "abc")]);
        assert_eq!(chunk, b"LIST\x1c\0\0\0INFOISFT\x03\0\0\0ab\0\0ICMT\x04\0\0\0abc\0");
    }

    #[test]
    fn a_text_stays_one_line() {
        assert_eq!(&bytes(&[(*b"ICMT", "a\nb\0c")])[20..], b"a b c\0");
    }

    #[test]
    fn appending_pads_an_odd_file_and_corrects_the_riff_length() {
        for n_data in 0..4_usize {
            let mut file = Cursor::new(b"RIFF\0\0\0\0WAVEdata".to_vec());
            file.get_mut().extend_from_slice(&(n_data as u32).to_le_bytes());
            file.get_mut().extend(std::iter::repeat_n(7, n_data));
            append(&mut file, b"LIST\x04\0\0\0INFO").expect("memory takes everything");
            let file = file.into_inner();
            assert_eq!(u32::from_le_bytes(file[4..8].try_into().expect("4 bytes")) as usize, file.len() - 8);
            assert_eq!(&file[20 + n_data.next_multiple_of(2)..], b"LIST\x04\0\0\0INFO");
        }
    }
}
