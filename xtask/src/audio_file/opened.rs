//! Finds the decoder of a compressed file.
//!
//! In: a part of a file, and what its first bytes say it is. Out: a reader and a decoder at its beginning, how long the
//! file says it is, what of it is heard, its tags, and what people must be told about its alignment.

use std::fs::File;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, ensure};
use symphonia::core::codecs::audio::well_known as codec;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::well_known as format;
use symphonia::core::formats::{FormatId, FormatReader, Track, TrackType};
use symphonia::core::io::MediaSourceStream;

use super::contained::contained;
use super::edit_list::{self, Audible, Heard};
use super::metadata::Metadata;
use super::packets::Times;
use super::window::Window;
use super::{codec_names, tags};
use crate::wav_write::Depth;

/// A compressed file before its first packet.
pub(super) struct Opened {
    pub(super) reader: Box<dyn FormatReader>,
    pub(super) decoder: Box<dyn AudioDecoder>,
    pub(super) track: Track,
    pub(super) sample_rate_hz: u32,
    pub(super) promised_samples: Option<u64>,
    pub(super) times: Times,
    pub(super) heard: Option<Heard>,
    pub(super) depth: Depth,
    pub(super) metadata: Metadata,
    /// Whether other files of the same kind may be joined behind it, and which.
    pub(super) format: FormatId,
    pub(super) remarks: Vec<String>,
}

/// Opens bytes `range` of a file; `name` is what its first bytes say it is.
pub(super) fn open(path: &Path, range: Range<u64>, name: Option<&str>) -> anyhow::Result<Opened> {
    let window = Window::new(File::open(path)?, range.clone())?;
    let probed = contained(|| probe(path, window)).context("it is damaged in its headers")?;
    let mut reader = probed.map_err(|error| unopened(error, name))?;
    let format = reader.format_info().format;
    let is_stream = [format::FORMAT_ID_MP3, format::FORMAT_ID_MP2, format::FORMAT_ID_MP1, format::FORMAT_ID_ADTS];
    ensure!(name.is_some() || is_stream.contains(&format) || format == format::FORMAT_ID_WAVE, unknown());
    let track = reader.default_track(TrackType::Audio).context("there is no audio in it")?.clone();
    let audio = track.codec_params.as_ref().and_then(|parameters| parameters.audio());
    let audio = audio.context("its audio is in a format that is not read; convert it to WAV or FLAC")?;
    let decoder = symphonia::default::get_codecs().make_audio_decoder(audio, &AudioDecoderOptions::default());
    let decoder = decoder.map_err(|_| anyhow::anyhow!(codec_names::not_read(audio.codec)))?;
    let sample_rate_hz = super::checked_rate(audio.sample_rate.context("it does not say its sample rate")?)?;
    let mut metadata = Metadata::default();
    let gap = tags::take(reader.as_mut(), &mut metadata);
    let is_audio = |track: &&Track| track.codec_params.as_ref().is_some_and(|parameters| parameters.audio().is_some());
    let n_tracks = reader.tracks().iter().filter(is_audio).count();
    let several = (n_tracks > 1).then(|| format!("it holds {n_tracks} audio tracks: the default one is read"));
    let mut opened = Opened {
        sample_rate_hz,
        promised_samples: promised_samples(format, &track),
        times: match format {
            format::FORMAT_ID_FLAC => Times::Exact,
            format::FORMAT_ID_OGG => Times::ExactFromTheNextPageOn,
            _ => Times::Vague,
        },
        heard: None,
        depth: depth(audio, decoder.codec_params()),
        metadata,
        format,
        remarks: several.into_iter().collect(),
        reader,
        decoder,
        track,
    };
    opened.align(Window::new(File::open(path)?, range)?, gap)?;
    Ok(opened)
}

fn probe(path: &Path, window: Window) -> Result<Box<dyn FormatReader>, Error> {
    let mut hint = Hint::new();
    if let Some(extension) = path.extension().and_then(|extension| extension.to_str()) {
        hint.with_extension(extension);
    }
    let stream = MediaSourceStream::new(Box::new(window), Default::default());
    symphonia::default::get_probe().probe(&hint, stream, Default::default(), Default::default())
}

fn unopened(error: Error, name: Option<&str>) -> anyhow::Error {
    use std::io::ErrorKind::{InvalidInput, UnexpectedEof};
    match (error, name) {
        // The other two come of sizes that lead out of the file.
        (Error::IoError(error), _) if ![UnexpectedEof, InvalidInput].contains(&error.kind()) => error.into(),
        (_, Some(name)) => anyhow::anyhow!("it begins as a file of the format {name}, and its headers are damaged"),
        _ => anyhow::anyhow!(unknown()),
    }
}

fn unknown() -> &'static str {
    "it is in no format that is read (WAV, AIFF, CAF, FLAC, MP3, OGG Vorbis, AAC, ALAC, Matroska)"
}

/// The number of samples given in the file; `None` where the reader can only estimate it, from a bit rate or a duration
/// in milliseconds.
fn promised_samples(format: FormatId, track: &Track) -> Option<u64> {
    match format {
        format::FORMAT_ID_MP3 if track.delay.is_none() => None,
        format::FORMAT_ID_MP1 | format::FORMAT_ID_MP2 | format::FORMAT_ID_ADTS | format::FORMAT_ID_MKV => None,
        // A stream that was not finished counts none.
        _ => track.num_frames.filter(|n| *n > 0),
    }
}

fn depth(audio: &AudioCodecParameters, decoded: &AudioCodecParameters) -> Depth {
    const LOSSY: [AudioCodecId; 5] =
        [codec::CODEC_ID_MP1, codec::CODEC_ID_MP2, codec::CODEC_ID_MP3, codec::CODEC_ID_VORBIS, codec::CODEC_ID_AAC];
    const OF_16_BITS: [AudioCodecId; 4] =
        [codec::CODEC_ID_PCM_ALAW, codec::CODEC_ID_PCM_MULAW, codec::CODEC_ID_ADPCM_MS, codec::CODEC_ID_ADPCM_IMA_WAV];
    if LOSSY.contains(&audio.codec) {
        return Depth::Int24;
    }
    if OF_16_BITS.contains(&audio.codec) {
        return Depth::Int16;
    }
    // Apple's lossless codec has it in its configuration. Source: Apple, "ALACMagicCookieDescription": its sixth byte.
    let is_alac = audio.codec == codec::CODEC_ID_ALAC;
    let configured =
        audio.extra_data.as_ref().and_then(|data| data.get(5)).filter(|_| is_alac).map(|bits| (*bits).into());
    match audio.bits_per_sample.or(decoded.bits_per_sample).or(configured) {
        Some(..=16) => Depth::Int16,
        Some(17..=24) => Depth::Int24,
        _ => Depth::Float32,
    }
}

impl Opened {
    /// Finds out what of the decoded audio is meant to be heard, or says that nobody knows.
    fn align(&mut self, mut window: Window, gap: Option<Heard>) -> anyhow::Result<()> {
        let audio = self.track.codec_params.as_ref().and_then(|parameters| parameters.audio());
        let is_padded = audio.is_some_and(|audio| [codec::CODEC_ID_AAC, codec::CODEC_ID_MP3].contains(&audio.codec));
        match self.format {
            format::FORMAT_ID_MKV if is_padded => self.remark_alignment("Matroska"),
            format::FORMAT_ID_ISOMP4 => {
                self.heard = match (edit_list::audible(&mut window, self.sample_rate_hz), gap) {
                    (Audible::Parts(heard), _) | (Audible::Unknown, Some(heard)) => Some(heard),
                    (Audible::Unknown, None) if is_padded => {
                        self.remark_alignment("MP4 without an edit list");
                        None
                    }
                    (Audible::Unknown, None) => None,
                    (Audible::NotUnderstood, _) => {
                        self.remarks.push("its edit list is not followed: all of its audio is read".to_owned());
                        None
                    }
                };
                let n_heard = self.heard.as_ref().zip(self.promised_samples).map(|(heard, n)| heard.n_samples(n));
                ensure!(n_heard != Some(0), "its edit list leaves nothing to hear");
            }
            format::FORMAT_ID_MP3 if self.track.delay.is_none_or(|delay| delay == 0) => {
                self.remark_alignment("MP3 without an info tag");
            }
            format::FORMAT_ID_MP1 | format::FORMAT_ID_MP2 => self.remark_alignment("an MPEG stream"),
            format::FORMAT_ID_ADTS => self.remark_alignment("a bare AAC stream"),
            _ => (),
        }
        Ok(())
    }

    fn remark_alignment(&mut self, what: &str) {
        self.remarks.push(format!("alignment is not known: {what}; the encoder's silence at the beginning is kept"));
    }
}
