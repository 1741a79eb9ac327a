//! A part of a file, read as if it were a file.
//!
//! In: a file and a range of its bytes. Out: a reader that begins and ends with the range, for the decoders as well.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::ops::Range;

use symphonia::core::io::MediaSource;

/// Bytes `range` of a file.
pub(super) struct Window {
    file: BufReader<File>,
    range: Range<u64>,
    /// The place of the next byte, counted from the beginning of the range.
    at: u64,
}

impl Window {
    /// Begins at the first byte of the range, which must lie within the file.
    pub(super) fn new(file: File, range: Range<u64>) -> std::io::Result<Self> {
        let mut window = Self { file: BufReader::new(file), range, at: 0 };
        window.seek(SeekFrom::Start(0))?;
        Ok(window)
    }

    /// Bytes in the range.
    pub(super) fn n_bytes(&self) -> u64 {
        self.range.end - self.range.start
    }
}

impl Read for Window {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let rest = self.n_bytes().saturating_sub(self.at);
        let most = usize::try_from(rest).unwrap_or(usize::MAX).min(into.len());
        let n_read = self.file.read(&mut into[..most])?;
        self.at += n_read as u64;
        Ok(n_read)
    }
}

impl Seek for Window {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.n_bytes().checked_add_signed(by),
        };
        let invalid = || std::io::Error::from(std::io::ErrorKind::InvalidInput);
        let target = target.ok_or_else(invalid)?;
        let place = self.range.start.checked_add(target).ok_or_else(invalid)?;
        // Relative, so that what was read ahead is not thrown away at every small step.
        let by = i64::try_from(place).ok().zip(i64::try_from(self.file.stream_position()?).ok());
        let (place, now) = by.ok_or_else(invalid)?;
        self.file.seek_relative(place - now)?;
        self.at = target;
        Ok(target)
    }
}

impl MediaSource for Window {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.n_bytes())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_window_shows_its_range_and_nothing_else() {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(b"0123456789").expect("written");
        let mut window = Window::new(file, 3..7).expect("a window");
        let mut all = String::new();
        window.read_to_string(&mut all).expect("text");
        assert_eq!(all, "3456");
        assert_eq!(window.seek(SeekFrom::End(-3)).expect("within"), 1);
        let mut two = [0; 2];
        window.read_exact(&mut two).expect("two bytes");
        assert_eq!(&two, b"45");
        assert!(window.seek(SeekFrom::Current(-4)).is_err());
    }
}
