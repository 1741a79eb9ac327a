//! Writes a WAV file.
//!
//! In: `[channel][sample]` floats, a depth and a line of text. Out: a WAV whose samples are rounded to the nearest step
//! of the depth, halves away from zero, without dither, so that what was read at a depth comes back exactly. After the
//! samples a LIST/INFO chunk says how they were made. Identical calls write identical bytes: no time, no path.

use std::io::{BufWriter, Seek, Write};

use anyhow::{Context, ensure};
use hound::{SampleFormat, WavSpec, WavWriter};

use crate::audio_file::Recording;

mod info_chunk;
pub mod writer;

/// How a sample is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Depth {
    /// Whole numbers of 16 bits.
    #[value(name = "16")]
    Int16,
    /// Whole numbers of 24 bits.
    #[value(name = "24")]
    Int24,
    /// Floating point of 32 bits.
    #[value(name = "32f")]
    Float32,
}

impl Depth {
    /// As the command line names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Int16 => "16",
            Self::Int24 => "24",
            Self::Float32 => "32f",
        }
    }

    fn bits(self) -> u16 {
        match self {
            Self::Int16 => 16,
            Self::Int24 => 24,
            Self::Float32 => 32,
        }
    }

    fn sample_format(self) -> SampleFormat {
        match self {
            Self::Int16 | Self::Int24 => SampleFormat::Int,
            Self::Float32 => SampleFormat::Float,
        }
    }
}

/// The format and size of a file, before anything is computed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Channels.
    pub(crate) n_channels: usize,
    /// Samples of each channel.
    pub(crate) n_samples: usize,
    /// Samples per second.
    pub(crate) sample_rate_hz: u32,
    /// The sample format.
    pub(crate) depth: Depth,
}

impl Shape {
    /// The shape of a recording at a depth.
    pub(crate) fn of(recording: &Recording, depth: Depth) -> Self {
        Self {
            n_channels: recording.channels.len(),
            n_samples: recording.n_samples(),
            sample_rate_hz: recording.sample_rate_hz,
            depth,
        }
    }
}

/// Bytes reserved for all headers and the text. Chosen: more than they take; it only lowers the largest size.
const MOST_EXTRA_BYTES: u64 = 64 * 1024;

/// The longest comment that is kept, bytes. Chosen: longer than any summary.
const MOST_COMMENT_BYTES: usize = 8 * 1024;

/// Says why a file of this shape cannot be a WAV, whose lengths are 32-bit numbers.
pub(crate) fn check_shape(shape: Shape) -> anyhow::Result<()> {
    let bytes_per_position = shape.n_channels as u64 * u64::from(shape.depth.bits() / 8);
    let fits_header = bytes_per_position <= u64::from(u16::MAX)
        && bytes_per_position * u64::from(shape.sample_rate_hz) <= u64::from(u32::MAX);
    ensure!(fits_header, "a WAV file cannot hold {} channels at {} Hz", shape.n_channels, shape.sample_rate_hz);
    let n_bytes = bytes_per_position.saturating_mul(shape.n_samples as u64);
    let most = u64::from(u32::MAX) - MOST_EXTRA_BYTES;
    ensure!(
        n_bytes <= most,
        "{n_bytes} bytes of samples do not fit a WAV file, which ends at 4 GiB: use fewer --bits, or a shorter file"
    );
    Ok(())
}

/// Writes `channels` (`[channel][sample]`, all of one length) and returns how many samples were clipped to full scale.
pub fn write<W: Write + Seek>(
    mut file: W,
    channels: &[Vec<f32>],
    sample_rate_hz: u32,
    depth: Depth,
    comment: &str,
) -> anyhow::Result<u64> {
    let shape = Shape { n_channels: channels.len(), n_samples: channels[0].len(), sample_rate_hz, depth };
    check_shape(shape)?;
    let spec = WavSpec {
        channels: u16::try_from(channels.len()).context("too many channels")?,
        sample_rate: sample_rate_hz,
        bits_per_sample: depth.bits(),
        sample_format: depth.sample_format(),
    };
    let mut writer = WavWriter::new(BufWriter::new(&mut file), spec)?;
    let n_clipped = write_samples(&mut writer, channels, depth)?;
    writer.finalize()?;
    let software = format!("Con Anima {}", env!("CARGO_PKG_VERSION"));
    let comment = &comment[..comment.floor_char_boundary(MOST_COMMENT_BYTES)];
    info_chunk::append(&mut file, &info_chunk::bytes(&[(*b"ISFT", &software), (*b"ICMT", comment)]))?;
    Ok(n_clipped)
}

fn write_samples<W: Write + Seek>(
    writer: &mut WavWriter<W>,
    channels: &[Vec<f32>],
    depth: Depth,
) -> hound::Result<u64> {
    let mut n_clipped = 0;
    for n in 0..channels[0].len() {
        for channel in channels {
            match depth {
                Depth::Float32 => writer.write_sample(channel[n])?,
                Depth::Int16 | Depth::Int24 => {
                    let (step, is_clipped) = quantized(channel[n], depth.bits());
                    writer.write_sample(step)?;
                    n_clipped += u64::from(is_clipped);
                }
            }
        }
    }
    Ok(n_clipped)
}

/// The nearest step of a whole-number depth, and whether it had to be clipped.
fn quantized(sample: f32, bits: u16) -> (i32, bool) {
    let full_scale = f64::from(1_u32 << (bits - 1));
    let step = (f64::from(sample) * full_scale).round();
    let clipped = step.clamp(-full_scale, full_scale - 1.0);
    (clipped as i32, clipped != step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_16_bit_step_comes_back() {
        for step in i16::MIN..=i16::MAX {
            assert_eq!(quantized(f32::from(step) / 32_768.0, 16), (i32::from(step), false));
        }
    }

    #[test]
    fn every_24_bit_step_comes_back() {
        for step in (-8_388_608..8_388_608).step_by(251).chain([8_388_607]) {
            assert_eq!(quantized(step as f32 / 8_388_608.0, 24), (step, false));
        }
    }

    #[test]
    fn halves_round_away_from_zero_and_full_scale_clips() {
        assert_eq!(quantized(0.5 / 32_768.0, 16), (1, false));
        assert_eq!(quantized(-0.5 / 32_768.0, 16), (-1, false));
        assert_eq!(quantized(1.0, 16), (32_767, true));
        assert_eq!(quantized(-1.0, 16), (-32_768, false));
        assert_eq!(quantized(-1.5, 24), (-8_388_608, true));
        assert_eq!(quantized(f32::INFINITY, 24), (8_388_607, true));
    }

    #[test]
    fn a_file_beyond_4_gib_is_refused_before_it_is_made() {
        let shape = |n_samples| Shape { n_channels: 2, n_samples, sample_rate_hz: 48_000, depth: Depth::Float32 };
        assert!(check_shape(shape(500_000_000)).is_ok());
        let error = check_shape(shape(540_000_000)).expect_err("4.3 GB").to_string();
        assert!(error.contains("4 GiB") && error.contains("4320000000"), "{error}");
        assert!(check_shape(Shape { n_channels: 20_000, ..shape(1) }).is_err());
    }
}
