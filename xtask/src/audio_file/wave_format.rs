//! The `fmt ` chunk of a WAV: how a sample is stored.
//!
//! In: the chunk's body. Out: an [`Encoding`], channels, rate and the bytes of one sample of all channels. Sources:
//! Multimedia Programming Interface 1.0 (1991), "WAVE"; Microsoft, "WAVEFORMATEXTENSIBLE structure" and its tags.

use anyhow::{bail, ensure};

use crate::wav_write::Depth;

/// How one value is stored, little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// 8 bits around 128.
    Unsigned8,
    /// Signed whole numbers of this many bytes, 2 to 4; fewer valid bits stand at the upper end.
    Int(usize),
    /// IEEE floating point of 32 bits.
    Float32,
    /// IEEE floating point of 64 bits.
    Float64,
    /// ITU-T G.711 A-law.
    ALaw,
    /// ITU-T G.711 µ-law.
    MuLaw,
}

/// What the chunk says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WaveFormat {
    /// `None` where the samples are compressed in a way that a decoder must be found for.
    pub(super) encoding: Option<Encoding>,
    pub(super) n_channels: usize,
    pub(super) sample_rate_hz: u32,
    /// Bytes of one sample of all channels.
    pub(super) block_bytes: usize,
    /// The depth at which writing it loses nothing that can be kept.
    pub(super) depth: Depth,
    /// Speaker positions, from a WAVE_FORMAT_EXTENSIBLE that names any.
    pub(super) channel_mask: Option<u32>,
}

impl WaveFormat {
    /// What people must be told about how the samples are stored.
    pub(super) fn remark(&self) -> Option<&'static str> {
        match self.encoding? {
            Encoding::Unsigned8 => Some("stored at 8 bits: written at 16, which hold each of its values exactly"),
            Encoding::Int(4) if self.depth == Depth::Float32 => {
                Some("stored as whole numbers of 32 bits: read as floating point, which keeps 24 of them")
            }
            Encoding::Float64 => Some("stored as floating point of 64 bits: read as 32"),
            _ => None,
        }
    }
}

/// Format tags. Source: Microsoft, mmreg.h.
const PCM: u16 = 0x0001;
const ADPCM: u16 = 0x0002;
const IEEE_FLOAT: u16 = 0x0003;
const ALAW: u16 = 0x0006;
const MULAW: u16 = 0x0007;
const IMA_ADPCM: u16 = 0x0011;
const EXTENSIBLE: u16 = 0xfffe;

/// What follows the tag in a sub-format. Source: Microsoft, KSDATAFORMAT_SUBTYPE_WAVEFORMATEX; the second is that of
/// ambisonic files, Dobson, "AMB".
const SUBFORMAT_TAILS: [[u8; 14]; 2] = [
    [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71],
    [0, 0, 0x21, 0x07, 0xd3, 0x11, 0x86, 0x44, 0xc8, 0xc1, 0xca, 0, 0, 0],
];

/// Names of codecs that a WAV may hold and that are not read. Source: Microsoft, mmreg.h.
const CODEC_NAMES: [(u16, &str); 12] = [
    (0x0008, "DTS"),
    (0x0031, "GSM 6.10"),
    (0x0040, "G.721 ADPCM"),
    (0x0045, "G.726 ADPCM"),
    (0x0050, "MPEG audio"),
    (0x0055, "MP3"),
    (0x0092, "AC-3"),
    (0x00ff, "AAC"),
    (0x0161, "Windows Media Audio"),
    (0x1610, "AAC"),
    (0x2000, "AC-3"),
    (0xf1ac, "FLAC"),
];

/// Understands a `fmt ` chunk.
pub(super) fn parse(body: &[u8]) -> anyhow::Result<WaveFormat> {
    ensure!(body.len() >= 14, "its 'fmt ' chunk has {} bytes, too few", body.len());
    let short = |at: usize| body.get(at..at + 2).map_or(0, |b| u16::from_le_bytes([b[0], b[1]]));
    let long = |at: usize| u32::from(short(at)) | u32::from(short(at + 2)) << 16;
    let (mut tag, n_channels, bits) = (short(0), usize::from(short(2)), short(14));
    let (mut valid_bits, mut channel_mask) = (bits, None);
    if tag == EXTENSIBLE {
        ensure!(body.len() >= 40, "its extensible 'fmt ' chunk has {} bytes instead of 40", body.len());
        tag = short(24);
        let is_known = SUBFORMAT_TAILS.iter().any(|tail| body[26..40] == tail[..]);
        ensure!(is_known, "its samples are in a format of their own, which is not read; convert it to WAV or FLAC");
        // A size of zero is written by some for "all of them".
        valid_bits = Some(short(18)).filter(|valid| (1..=bits).contains(valid)).unwrap_or(bits);
        channel_mask = Some(long(20)).filter(|mask| *mask != 0);
    }
    ensure!(n_channels > 0, "its header says 0 channels");
    let (encoding, bytes) = encoding(tag, bits, usize::from(short(12)), n_channels)?;
    let depth = match encoding {
        Some(Encoding::Unsigned8 | Encoding::ALaw | Encoding::MuLaw) => Depth::Int16,
        Some(Encoding::Int(_)) if valid_bits <= 16 => Depth::Int16,
        Some(Encoding::Int(_)) if valid_bits <= 24 => Depth::Int24,
        None => Depth::Int16,
        _ => Depth::Float32,
    };
    let block_bytes = bytes * n_channels;
    Ok(WaveFormat { encoding, n_channels, sample_rate_hz: long(4), block_bytes, depth, channel_mask })
}

/// The encoding, and the bytes of one value. Some programs leave the block size wrong: then the bits count.
fn encoding(tag: u16, bits: u16, block: usize, n_channels: usize) -> anyhow::Result<(Option<Encoding>, usize)> {
    let least = usize::from(bits).div_ceil(8);
    let bytes = if block.is_multiple_of(n_channels) && block / n_channels > least { block / n_channels } else { least };
    let encoding = match (tag, bits) {
        (PCM, 1..=8) if bytes == 1 => Encoding::Unsigned8,
        (PCM, 1..=32) if (2..=4).contains(&bytes) => Encoding::Int(bytes),
        (IEEE_FLOAT, 32) => return Ok((Some(Encoding::Float32), 4)),
        (IEEE_FLOAT, 64) => return Ok((Some(Encoding::Float64), 8)),
        (ALAW, _) => return Ok((Some(Encoding::ALaw), 1)),
        (MULAW, _) => return Ok((Some(Encoding::MuLaw), 1)),
        (ADPCM | IMA_ADPCM, _) => return Ok((None, 1)),
        (PCM, _) => bail!("its samples are whole numbers of {bits} bits; 1 to 32 are read"),
        (IEEE_FLOAT, _) => bail!("its samples are floating point of {bits} bits; 32 and 64 are read"),
        _ => {
            let name = CODEC_NAMES.iter().find(|(known, _)| *known == tag).map(|(_, name)| *name);
            let name = name.map_or_else(|| format!("compressed in a way with the number 0x{tag:04x}"), str::to_owned);
            bail!("its samples are {name}, which is not read inside a WAV; convert it to WAV or FLAC")
        }
    };
    Ok((Some(encoding), bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(tag: u16, n_channels: u16, rate_hz: u32, block: u16, bits: u16) -> Vec<u8> {
        let mut body = [tag.to_le_bytes(), n_channels.to_le_bytes()].concat();
        body.extend([rate_hz.to_le_bytes(), (rate_hz * u32::from(block)).to_le_bytes()].concat());
        body.extend([block.to_le_bytes(), bits.to_le_bytes()].concat());
        body
    }

    fn extensible(tag: u16, block: u16, bits: u16, valid_bits: u16, mask: u32) -> Vec<u8> {
        let mut body = body(EXTENSIBLE, 2, 48_000, block, bits);
        body.extend([22_u16.to_le_bytes(), valid_bits.to_le_bytes()].concat());
        body.extend(mask.to_le_bytes());
        body.extend([&tag.to_le_bytes()[..], &SUBFORMAT_TAILS[0]].concat());
        body
    }

    fn read(body: &[u8]) -> (Option<Encoding>, usize, Depth) {
        let format = parse(body).expect("a format");
        (format.encoding, format.block_bytes, format.depth)
    }

    #[test]
    fn every_way_to_store_a_sample_is_told_by_its_numbers() {
        let plain = |tag, block, bits| read(&body(tag, 2, 48_000, block, bits));
        assert_eq!(plain(PCM, 2, 8), (Some(Encoding::Unsigned8), 2, Depth::Int16));
        assert_eq!(plain(PCM, 4, 12), (Some(Encoding::Int(2)), 4, Depth::Int16));
        assert_eq!(plain(PCM, 6, 20), (Some(Encoding::Int(3)), 6, Depth::Int24));
        assert_eq!(plain(PCM, 8, 24), (Some(Encoding::Int(4)), 8, Depth::Int24));
        assert_eq!(plain(PCM, 8, 32), (Some(Encoding::Int(4)), 8, Depth::Float32));
        assert_eq!(plain(IEEE_FLOAT, 8, 32), (Some(Encoding::Float32), 8, Depth::Float32));
        assert_eq!(plain(IEEE_FLOAT, 16, 64), (Some(Encoding::Float64), 16, Depth::Float32));
        assert_eq!(plain(ALAW, 2, 8), (Some(Encoding::ALaw), 2, Depth::Int16));
        assert_eq!(plain(ADPCM, 1024, 4).0, None);
    }

    #[test]
    fn an_extensible_format_says_how_many_bits_are_valid_and_where_speakers_stand() {
        let body = extensible(PCM, 8, 32, 24, 0x3);
        assert_eq!(read(&body), (Some(Encoding::Int(4)), 8, Depth::Int24));
        assert_eq!(parse(&body).expect("a format").channel_mask, Some(3));
        assert_eq!(read(&extensible(PCM, 4, 16, 0, 0)), (Some(Encoding::Int(2)), 4, Depth::Int16));
        assert_eq!(read(&extensible(IEEE_FLOAT, 8, 32, 32, 0)).0, Some(Encoding::Float32));
    }

    #[test]
    fn a_wrong_block_size_does_not_count() {
        assert_eq!(read(&body(PCM, 2, 48_000, 0, 16)), (Some(Encoding::Int(2)), 4, Depth::Int16));
        assert_eq!(read(&body(PCM, 2, 48_000, 3, 24)), (Some(Encoding::Int(3)), 6, Depth::Int24));
    }

    #[test]
    fn what_is_not_read_is_named() {
        let error = |body: &[u8]| parse(body).expect_err("refused").to_string();
        assert!(error(&body(0x55, 2, 48_000, 1, 0)).contains("MP3"));
        assert!(error(&body(0x1234, 2, 48_000, 1, 0)).contains("0x1234"));
        assert!(error(&body(PCM, 0, 48_000, 0, 16)).contains("0 channels"));
        assert!(error(&body(PCM, 1, 48_000, 8, 64)).contains("64 bits"));
        assert!(error(&body(IEEE_FLOAT, 1, 48_000, 2, 16)).contains("16 bits"));
        assert!(error(&body(PCM, 1, 48_000, 2, 16)[..13]).contains("13 bytes"));
    }
}
