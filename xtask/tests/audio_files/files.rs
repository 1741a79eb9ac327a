//! Files built by the book, and what reading them gives.

use std::path::PathBuf;

use xtask::audio_file::{Faults, Source, SourceShape};

/// A file in a folder that vanishes with it.
pub(crate) struct OnFile(tempfile::TempDir, PathBuf);

impl OnFile {
    /// Puts bytes under a name.
    pub(crate) fn new(name: &str, bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("a temporary file");
        Self(folder, path)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &std::path::Path {
        &self.1
    }

    /// The folder, for other files.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.0.path()
    }
}

/// What a file gave.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) shape: SourceShape,
    /// `[channel][sample]`.
    pub(crate) channels: Vec<Vec<f32>>,
    pub(crate) remarks: Vec<String>,
}

impl Read {
    /// Whether a remark holds these words.
    pub(crate) fn tells(&self, words: &str) -> bool {
        self.remarks.iter().any(|remark| remark.contains(words))
    }

    pub(crate) fn n_samples(&self) -> usize {
        self.channels[0].len()
    }
}

/// Reads a file in pieces of at most `piece` samples; checks the promises of every piece.
pub(crate) fn read_in_pieces(path: &std::path::Path, faults: Faults, piece: usize) -> anyhow::Result<Read> {
    let mut source = Source::open(path, faults)?;
    let shape = source.shape().clone();
    let mut channels = vec![Vec::new(); shape.n_channels];
    // What is in the buffers before does not matter.
    let mut buffers = vec![vec![9.0; 3]; shape.n_channels];
    loop {
        let n = source.read(&mut buffers, piece)?;
        assert!(n <= piece && buffers.iter().all(|buffer| buffer.len() == n), "{n} of {piece}");
        if n == 0 {
            break;
        }
        channels.iter_mut().zip(&buffers).for_each(|(channel, buffer)| channel.extend_from_slice(buffer));
    }
    assert_eq!(source.read(&mut buffers, piece)?, 0, "an end stays an end");
    Ok(Read { shape, channels, remarks: source.remarks() })
}

/// Reads bytes as a file of this name.
pub(crate) fn read_as(name: &str, bytes: &[u8]) -> anyhow::Result<Read> {
    read_in_pieces(OnFile::new(name, bytes).path(), Faults::Refuse, 4096)
}

/// Why bytes are refused, on one line.
pub(crate) fn refused(name: &str, bytes: &[u8]) -> String {
    format!("{:#}", read_as(name, bytes).expect_err("it should be refused"))
}

/// A chunk of a RIFF file with its padding.
pub(crate) fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut chunk = [&id[..], &(body.len() as u32).to_le_bytes(), body].concat();
    chunk.resize(chunk.len().next_multiple_of(2), 0);
    chunk
}

/// A `fmt ` chunk of the oldest form.
pub(crate) fn format_chunk(tag: u16, n_channels: u16, rate_hz: u32, bits: u16) -> Vec<u8> {
    let block_bytes = n_channels * bits / 8;
    let mut body = [tag, n_channels].map(u16::to_le_bytes).concat();
    body.extend([rate_hz, rate_hz * u32::from(block_bytes)].map(u32::to_le_bytes).concat());
    body.extend([block_bytes, bits].map(u16::to_le_bytes).concat());
    chunk(b"fmt ", &body)
}

/// A RIFF file of these chunks.
pub(crate) fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = [&b"WAVE"[..], &chunks.concat()].concat();
    [&b"RIFF"[..], &(body.len() as u32).to_le_bytes(), &body].concat()
}

/// A WAV of 16-bit samples.
pub(crate) fn wav_16(n_channels: u16, samples: &[i16]) -> Vec<u8> {
    let data: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    riff(&[format_chunk(1, n_channels, 48_000, 16), chunk(b"data", &data)])
}

/// Tones without a period of whole samples.
pub(crate) fn tones(n: usize) -> Vec<i16> {
    let tone = |n: usize| (n as f64 * 0.0317).sin() * 9_000.0 + (n as f64 * 0.173).sin() * 4_000.0;
    (0..n).map(|n| tone(n) as i16).collect()
}

/// 16-bit samples as they are read.
pub(crate) fn floats(samples: &[i16]) -> Vec<f32> {
    samples.iter().map(|sample| f32::from(*sample) / 32_768.0).collect()
}

/// An MP3 of silence at 48 kHz: frames of MPEG-1 layer III, 128 kbit/s, stereo, 384 bytes and 1152 samples each. With
/// the delay and the padding of an encoder there is an info tag that tells them.
pub(crate) fn mp3(n_frames: u32, delay_and_padding: Option<(u32, u32)>) -> Vec<u8> {
    let mut frame = vec![0; 384];
    frame[..4].copy_from_slice(b"\xff\xfb\x94\x04");
    let mut file = Vec::new();
    if let Some((delay, padding)) = delay_and_padding {
        let mut tag = frame.clone();
        tag[36..44].copy_from_slice(b"Info\0\0\0\x01");
        tag[44..48].copy_from_slice(&n_frames.to_be_bytes());
        tag[48..57].copy_from_slice(b"LAME3.100");
        let trim = (delay << 12 | padding).to_be_bytes();
        tag[69..72].copy_from_slice(&trim[1..]);
        file.extend(tag);
    }
    file.extend(frame.repeat(n_frames as usize));
    file
}
