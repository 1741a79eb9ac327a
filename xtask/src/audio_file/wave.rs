//! Reads the samples of a WAV in pieces.
//!
//! In: a file and the layout of its chunks. Out: floats, a piece at a time; memory is bounded by the piece.

use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

use anyhow::ensure;

use super::Pieces;
use super::pcm;
use super::wave_format::Encoding;
use super::window::Window;

/// Bytes of one piece. Chosen: few calls to the system, and little against a render's own memory.
const PIECE_BYTES: usize = 1 << 18;

/// The samples of a WAV that are not compressed.
pub(super) struct Wave {
    file: Window,
    encoding: Encoding,
    block_bytes: usize,
    n_bytes_left: u64,
    piece: Vec<u8>,
    remarks: Vec<String>,
}

impl Wave {
    /// Begins at the first sample.
    pub(super) fn new(
        mut file: Window,
        data: Range<u64>,
        encoding: Encoding,
        block_bytes: usize,
        remarks: Vec<String>,
    ) -> std::io::Result<Self> {
        file.seek(SeekFrom::Start(data.start))?;
        Ok(Self { file, encoding, block_bytes, n_bytes_left: data.end - data.start, piece: Vec::new(), remarks })
    }
}

impl Pieces for Wave {
    fn read(&mut self, into: &mut [Vec<f32>], most_samples: usize) -> anyhow::Result<usize> {
        let most = most_samples.min((PIECE_BYTES / self.block_bytes).max(1)).saturating_mul(self.block_bytes);
        let n_bytes = usize::try_from(self.n_bytes_left).unwrap_or(usize::MAX).min(most);
        self.piece.clear();
        self.file.by_ref().take(n_bytes as u64).read_to_end(&mut self.piece)?;
        ensure!(self.piece.len() == n_bytes, "the file became shorter while it was read");
        self.n_bytes_left -= n_bytes as u64;
        pcm::push(&self.piece, self.encoding, into);
        Ok(n_bytes / self.block_bytes)
    }

    fn remarks(&self) -> Vec<String> {
        self.remarks.clone()
    }
}
