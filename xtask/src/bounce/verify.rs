//! What was written, read again.
//!
//! In: a file. Out: the SHA-256 of its samples as they are stored: little-endian and interleaved, of as many bits as
//! the file has. It is what `ffmpeg -i FILE -c:a pcm_s24le -f hash -hash sha256 -` prints for a file of 24 bits, so
//! that other programs can confirm it.

use std::path::Path;

use con_anima::offline::Options;
use sha2::{Digest, Sha256};

use super::input::{Input, hexadecimal};
use crate::audio_file::Faults;
use crate::wav_write::Depth;

/// The checksum of a file's samples.
pub(super) fn samples_checksum(path: &Path, options: &Options) -> anyhow::Result<String> {
    let mut samples = Input::File(path.to_owned()).open(Faults::Refuse)?;
    let depth = samples.shape().depth;
    let mut sum = Sha256::new();
    let mut bytes = Vec::new();
    samples.each_piece(options, |piece, _| {
        bytes.clear();
        for n in 0..piece.first().map_or(0, Vec::len) {
            piece.iter().for_each(|channel| push(&mut bytes, channel[n], depth));
        }
        sum.update(&bytes);
        Ok(())
    })?;
    Ok(hexadecimal(&sum.finalize()))
}

fn push(bytes: &mut Vec<u8>, sample: f32, depth: Depth) {
    let step = |bits: u32| (f64::from(sample) * f64::from(1_u32 << (bits - 1))) as i32;
    match depth {
        Depth::Int16 => bytes.extend_from_slice(&step(16).to_le_bytes()[..2]),
        Depth::Int24 => bytes.extend_from_slice(&step(24).to_le_bytes()[..3]),
        Depth::Float32 => bytes.extend_from_slice(&sample.to_le_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_summed_up_as_they_are_stored() {
        let stored = |sample, depth| {
            let mut bytes = Vec::new();
            push(&mut bytes, sample, depth);
            bytes
        };
        assert_eq!(stored(-0.5, Depth::Int16), [0, 0xc0]);
        assert_eq!(stored(1.0 / 8_388_608.0, Depth::Int24), [1, 0, 0]);
        assert_eq!(stored(1.0, Depth::Float32), [0, 0, 0x80, 0x3f]);
    }
}
