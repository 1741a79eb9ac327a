//! Reads a recording from a file: WAV, AIFF, FLAC, MP3, OGG Vorbis, AAC.
//!
//! In: a path. Out: a [`Recording`] whose samples are the file's own: floats bit for bit, integers of up to 24 bits as
//! `value / 2^(bits - 1)`, so that writing them back at the same depth is exact. A file that ends early is an error,
//! not a shorter recording.

use std::fs::File;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions, well_known as codec};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::well_known::{FORMAT_ID_ADTS, FORMAT_ID_ISOMP4, FORMAT_ID_MP3};
use symphonia::core::formats::{FormatReader, Track, TrackType};
use symphonia::core::io::MediaSourceStream;

use crate::wav_write::Depth;

mod edit_list;
pub mod source;

/// Sample rates that the engine runs at, Hz. Source: the engine's own limits.
const SAMPLE_RATES_HZ: std::ops::RangeInclusive<u32> = 8_000..=384_000;

/// Samples and how they were stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// `[channel][sample]`, full scale at 1.
    pub channels: Vec<Vec<f32>>,
    /// Samples per second of each channel.
    pub sample_rate_hz: u32,
    /// The depth at which writing it loses nothing; 24 bits for lossy formats.
    pub depth: Depth,
}

impl Recording {
    /// Samples of each channel.
    pub fn n_samples(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }
}

/// Reads a whole file.
pub fn read(path: &Path) -> anyhow::Result<Recording> {
    let recording = open(path).and_then(|file| without_panics(|| decode(file, path)));
    recording.with_context(|| format!("cannot read '{}'", path.display()))
}

/// Keeps what comes from a pipe in a temporary file.
pub fn spool(mut reader: impl std::io::Read) -> anyhow::Result<tempfile::TempPath> {
    let mut file = tempfile::NamedTempFile::new()?;
    std::io::copy(&mut reader, file.as_file_mut())?;
    Ok(file.into_temp_path())
}

/// Turns a panic of a decoder into an error: some decoders panic at damaged headers.
fn without_panics<T>(decode: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    let decoded = std::panic::catch_unwind(std::panic::AssertUnwindSafe(decode));
    std::panic::set_hook(hook);
    decoded.unwrap_or_else(|_| bail!("the file is damaged"))
}

fn open(path: &Path) -> anyhow::Result<File> {
    let metadata = path.metadata()?;
    ensure!(!metadata.is_dir(), "it is a folder, not a recording");
    ensure!(metadata.is_file(), "it is not a regular file");
    ensure!(metadata.len() > 0, "the file is empty");
    Ok(File::open(path)?)
}

fn decode(file: File, path: &Path) -> anyhow::Result<Recording> {
    let mut hint = Hint::new();
    if let Some(extension) = path.extension().and_then(|extension| extension.to_str()) {
        hint.with_extension(extension);
    }
    let stream = MediaSourceStream::new(Box::new(file), Default::default());
    let probed = symphonia::default::get_probe().probe(&hint, stream, Default::default(), Default::default());
    let mut reader = probed.map_err(|error| match error {
        Error::DecodeError(what) => anyhow::anyhow!("the file is damaged: {what}"),
        Error::IoError(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => error.into(),
        _ => anyhow::anyhow!("it is no complete WAV, AIFF, FLAC, MP3, OGG Vorbis or AAC file"),
    })?;
    let track = reader.default_track(TrackType::Audio).context("there is no audio in it")?.clone();
    let audio = track.codec_params.as_ref().and_then(|parameters| parameters.audio());
    let audio = audio.context("its audio is in no known format")?;
    let sample_rate_hz = checked_rate(audio)?;
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(audio, &AudioDecoderOptions::default())
        .map_err(|error| anyhow::anyhow!("its audio is in no known format: {error}"))?;
    let mut channels = decode_packets(reader.as_mut(), decoder.as_mut(), &track, sample_rate_hz)?;
    if reader.format_info().format == FORMAT_ID_ISOMP4 {
        let audible = edit_list::audible_samples(File::open(path)?, sample_rate_hz);
        channels.iter_mut().for_each(|channel| keep(channel, audible.clone()));
        ensure!(!channels[0].is_empty(), "its edit list leaves nothing to hear");
    }
    Ok(Recording { channels, sample_rate_hz, depth: depth(audio) })
}

fn keep(channel: &mut Vec<f32>, samples: Option<Range<u64>>) {
    let place = |sample: u64, n: usize| usize::try_from(sample).unwrap_or(n).min(n);
    if let Some(Range { start, end }) = samples {
        channel.truncate(place(end, channel.len()));
        channel.drain(..place(start, channel.len()));
    }
}

fn checked_rate(audio: &AudioCodecParameters) -> anyhow::Result<u32> {
    let rate_hz = audio.sample_rate.context("it does not say its sample rate")?;
    let (min, max) = (SAMPLE_RATES_HZ.start(), SAMPLE_RATES_HZ.end());
    ensure!(SAMPLE_RATES_HZ.contains(&rate_hz), "its sample rate must lie between {min} and {max} Hz, not {rate_hz}");
    Ok(rate_hz)
}

fn decode_packets(
    reader: &mut dyn FormatReader,
    decoder: &mut dyn AudioDecoder,
    track: &Track,
    sample_rate_hz: u32,
) -> anyhow::Result<Vec<Vec<f32>>> {
    let mut channels: Vec<Vec<f32>> = Vec::new();
    let mut packet_channels: Vec<Vec<f32>> = Vec::new();
    let n_found = |channels: &[Vec<f32>]| channels.first().map_or(0, Vec::len);
    let mut is_cut_off = false;
    loop {
        let packet = match reader.next_packet() {
            Ok(Some(packet)) if packet.track_id == track.id => packet,
            Ok(Some(_)) => continue,
            Ok(None) => break,
            Err(Error::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                is_cut_off = true;
                break;
            }
            Err(error) => bail!("it does not decode after sample {}: {error}", n_found(&channels)),
        };
        let decoded = decoder.decode(&packet);
        let decoded = decoded
            .map_err(|error| anyhow::anyhow!("it does not decode after sample {}: {error}", n_found(&channels)))?;
        decoded.copy_to_vecs_planar(&mut packet_channels);
        if channels.is_empty() {
            channels.resize(packet_channels.len(), Vec::new());
        }
        let is_same_shape = packet_channels.len() == channels.len() && decoded.spec().rate() == sample_rate_hz;
        ensure!(is_same_shape, "its channels or sample rate change after sample {}", n_found(&channels));
        channels.iter_mut().zip(&packet_channels).for_each(|(channel, packet)| channel.extend_from_slice(packet));
    }
    check_length(promised_samples(reader, track), n_found(&channels), is_cut_off)?;
    Ok(channels)
}

fn check_length(promised: Option<u64>, n_found: usize, is_cut_off: bool) -> anyhow::Result<()> {
    match promised {
        Some(n_promised) if (n_found as u64) < n_promised => {
            bail!("the file is cut off: it promises {n_promised} samples and holds {n_found}")
        }
        None if is_cut_off => bail!("the file is cut off after sample {n_found}"),
        _ => ensure!(n_found > 0, "there are no samples in it"),
    }
    Ok(())
}

/// The number of samples given in the file; `None` where the reader can only estimate it from the bit rate.
fn promised_samples(reader: &dyn FormatReader, track: &Track) -> Option<u64> {
    match reader.format_info().format {
        FORMAT_ID_MP3 if track.delay.is_none() => None,
        FORMAT_ID_ADTS => None,
        _ => track.num_frames,
    }
}

fn depth(audio: &AudioCodecParameters) -> Depth {
    match (audio.codec, audio.bits_per_sample) {
        (codec::CODEC_ID_MP3 | codec::CODEC_ID_VORBIS | codec::CODEC_ID_AAC, _) => Depth::Int24,
        (codec::CODEC_ID_PCM_ALAW | codec::CODEC_ID_PCM_MULAW, _) => Depth::Int16,
        (_, Some(..=16)) => Depth::Int16,
        (_, Some(17..=24)) => Depth::Int24,
        _ => Depth::Float32,
    }
}
