//! Reads compressed audio, packet by packet.
//!
//! In: a part of a file that a decoder is there for. Out: floats, a piece at a time; memory is bounded by a packet and
//! by the index that some containers have. What an encoder put before and behind the sound is left out where the file
//! says how much that is. Damage is refused with its place, or becomes silence of the same length.

use std::ops::Range;

use anyhow::{Context, bail, ensure};
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatReader, Track, TrackType};
use symphonia::core::packet::Packet;
use symphonia::core::units::Duration;

use super::codec_names;
use super::contained::contained;
use super::edit_list::Heard;
use super::opened::Opened;
use super::{Faults, Pieces};
use crate::words::counted;

/// Damaged stretches in a row that are bridged, a count. Chosen: behind more than these nothing
/// whole comes.
const MOST_DAMAGED_IN_A_ROW: u64 = 100;

/// The longest gap that is filled, seconds. Chosen: longer than a scratch, and so little that a damaged number does not
/// fill a disk.
const LONGEST_GAP_S: u64 = 60;

/// The most samples that an encoder adds at the end. Source: the LAME tag, whose padding has 12 bits, and a frame of
/// 1152.
const MOST_PADDING_SAMPLES: u64 = 4095 + 1152;

/// Samples of the largest packet of any format that is read. Source: RFC 9639, section 5: 65535 samples a frame.
const LARGEST_PACKET_SAMPLES: u64 = 65_535;

/// What packets tell of their place in the sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Times {
    /// The sample that they begin with.
    Exact,
    /// The same, but behind a page that was lost only from the second page on: symphonia counts the first as if it
    /// followed the last one that was whole.
    ExactFromTheNextPageOn,
    /// Nothing that could be relied on.
    Vague,
}

/// One stream of packets.
pub(super) struct Packets {
    reader: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: Track,
    faults: Faults,
    n_channels: usize,
    pub(super) sample_rate_hz: u32,
    /// What the file truthfully says it holds, before edits.
    promised_samples: Option<u64>,
    /// What packets tell of their place.
    times: Times,
    /// Which decoded samples are heard; all if there is no edit list.
    heard: Option<Heard>,
    /// `[channel][sample]` of the last packet.
    packet: Vec<Vec<f32>>,
    /// Samples of `packet` that are still to be handed out.
    ready: Range<usize>,
    /// Zeros to hand out before `packet`.
    owed_silence_samples: u64,
    /// What packets say of the first one.
    first_sample: u64,
    n_decoded: u64,
    n_damaged: u64,
    n_damaged_in_a_row: u64,
    /// Samples that come behind those that the file counts.
    n_uncounted: u64,
    n_joined: u64,
    has_ended: bool,
}

impl Packets {
    /// Begins to read; decodes as much as is needed to know the number of channels.
    pub(super) fn new(opened: Opened, faults: Faults) -> anyhow::Result<Self> {
        let mut packets = Self {
            decoder: opened.decoder,
            track: opened.track,
            faults,
            n_channels: 0,
            sample_rate_hz: opened.sample_rate_hz,
            promised_samples: opened.promised_samples,
            times: opened.times,
            owed_silence_samples: opened.heard.as_ref().map_or(0, |heard| heard.lead_samples),
            heard: opened.heard,
            reader: opened.reader,
            packet: Vec::new(),
            ready: 0..0,
            first_sample: 0,
            n_decoded: 0,
            n_damaged: 0,
            n_damaged_in_a_row: 0,
            n_uncounted: 0,
            n_joined: 0,
            has_ended: false,
        };
        while packets.ready.is_empty() && !packets.has_ended {
            packets.advance()?;
        }
        packets.n_channels = packets.packet.len();
        ensure!(packets.n_channels > 0, "there are no samples in it");
        Ok(packets)
    }

    /// What to do with damage.
    pub(super) fn faults(&self) -> Faults {
        self.faults
    }

    /// Channels.
    pub(super) fn n_channels(&self) -> usize {
        self.n_channels
    }

    /// Samples that will be heard, if the file says it.
    pub(super) fn n_heard_samples(&self) -> Option<u64> {
        let promised = self.promised_samples?;
        Some(self.heard.as_ref().map_or(promised, |heard| heard.n_samples(promised)))
    }

    /// Decodes the next packet, or notices the end.
    fn advance(&mut self) -> anyhow::Result<()> {
        let next = contained(|| self.reader.next_packet());
        match next {
            Some(Ok(Some(packet))) if packet.track_id != self.track.id => Ok(()),
            Some(Ok(Some(packet))) => self.decode(&packet),
            Some(Ok(None)) => self.end(false),
            Some(Err(Error::IoError(error))) if error.kind() == std::io::ErrorKind::UnexpectedEof => self.end(true),
            Some(Err(Error::IoError(error))) => Err(error.into()),
            Some(Err(Error::ResetRequired)) => self.next_joined(),
            Some(Err(_)) | None => {
                self.damaged(Duration::ZERO)?;
                ensure!(self.n_damaged_in_a_row < MOST_DAMAGED_IN_A_ROW, "it is damaged after {}", self.place());
                Ok(())
            }
        }
    }

    fn decode(&mut self, packet: &Packet) -> anyhow::Result<()> {
        if self.times != Times::Vague {
            self.bridge(packet.pts.get())?;
        }
        let decoded = contained(|| self.decoder.decode(packet).map(|_| ()));
        if !matches!(decoded, Some(Ok(()))) {
            return self.damaged(packet.dur);
        }
        let decoded = self.decoder.last_decoded();
        let (rate_hz, n_samples) = (decoded.spec().rate(), decoded.frames());
        decoded.copy_to_vecs_planar(&mut self.packet);
        // What was handed out stood in the packet before this one.
        self.ready = 0..0;
        let is_same_shape = self.n_channels == 0 || self.packet.len() == self.n_channels;
        let place = self.place();
        ensure!(is_same_shape && rate_hz == self.sample_rate_hz, "its channels or sample rate change after {place}");
        self.n_damaged_in_a_row = 0;
        if n_samples == 0 {
            let begins = u64::try_from(packet.pts.get()).unwrap_or(0);
            let n_beyond = self.promised_samples.map_or(0, |promised| begins.saturating_sub(promised));
            self.n_uncounted = self.n_uncounted.max(n_beyond);
            return Ok(());
        }
        self.hear(n_samples);
        Ok(())
    }

    /// Takes of the decoded packet what is to be heard.
    fn hear(&mut self, n_samples: usize) {
        let first = self.n_decoded;
        self.n_decoded += n_samples as u64;
        self.ready = 0..n_samples;
        if let Some(heard) = &self.heard {
            self.ready = heard.keep(first, &mut self.packet);
        }
    }

    /// Fills a gap before the sample that a packet begins with.
    fn bridge(&mut self, begins: i64) -> anyhow::Result<()> {
        let begins = u64::try_from(begins).unwrap_or(0);
        if self.n_decoded == 0 && self.n_damaged == 0 && self.promised_samples.is_none() {
            // What was cut out of a longer stream goes on counting.
            self.first_sample = begins;
        }
        let gap = begins.saturating_sub(self.first_sample + self.n_decoded);
        if gap == 0 {
            return Ok(());
        }
        let side = if self.times == Times::Exact { "after" } else { "in the page before" };
        ensure!(self.faults == Faults::Silence, "it is damaged {side} {}", self.place());
        let is_bridgeable = gap <= LONGEST_GAP_S * u64::from(self.sample_rate_hz);
        ensure!(is_bridgeable, "it is damaged after {}, for {gap} samples: too many to be silent", self.place());
        self.n_damaged += 1;
        self.owe(gap);
        Ok(())
    }

    /// Refuses damage, or lets it be silent.
    fn damaged(&mut self, duration: Duration) -> anyhow::Result<()> {
        ensure!(self.faults == Faults::Silence, "it is damaged after {}", self.place());
        self.n_damaged += 1;
        self.n_damaged_in_a_row += 1;
        // Where packets tell their time, the next one says how much is missing.
        if self.times == Times::Vague {
            let base = self.track.time_base;
            let ticks = duration.get() as f64 * f64::from(self.sample_rate_hz);
            let n_samples = base.map_or(0.0, |base| ticks * f64::from(base.numer.get()) / f64::from(base.denom.get()));
            self.owe((n_samples.round() as u64).min(LARGEST_PACKET_SAMPLES));
        }
        Ok(())
    }

    fn owe(&mut self, n_samples: u64) {
        let first = self.n_decoded;
        self.n_decoded += n_samples;
        let heard = self.heard.as_ref();
        self.owed_silence_samples += heard.map_or(n_samples, |heard| heard.n_between(first..first + n_samples));
    }

    fn end(&mut self, is_cut_off: bool) -> anyhow::Result<()> {
        self.has_ended = true;
        match self.promised_samples {
            Some(promised) if self.n_decoded < promised && self.n_joined == 0 => {
                let lacks = promised - self.n_decoded;
                let is_last_packet = lacks <= LARGEST_PACKET_SAMPLES && self.n_decoded > 0;
                if self.faults == Faults::Silence && is_last_packet {
                    self.n_damaged += 1;
                    self.owe(lacks);
                    return Ok(());
                }
                bail!("the file is cut off: it promises {promised} samples and holds {}", self.n_decoded)
            }
            None if is_cut_off && self.faults == Faults::Refuse => bail!("the file is cut off after {}", self.place()),
            _ => Ok(()),
        }
    }

    /// An Ogg file may be followed by another one: it begins with headers of its own.
    fn next_joined(&mut self) -> anyhow::Result<()> {
        let track = self.reader.default_track(TrackType::Audio).context("the stream that is joined holds no audio")?;
        let audio = track.codec_params.as_ref().and_then(|parameters| parameters.audio());
        let audio = audio.context("the stream that is joined is in no known format")?;
        let decoder = symphonia::default::get_codecs().make_audio_decoder(audio, &AudioDecoderOptions::default());
        self.decoder = decoder.map_err(|_| anyhow::anyhow!(codec_names::not_read(audio.codec)))?;
        self.track = track.clone();
        self.n_joined += 1;
        self.promised_samples = None;
        Ok(())
    }

    fn place(&self) -> String {
        let seconds = self.n_decoded as f64 / f64::from(self.sample_rate_hz);
        format!("sample {} ({seconds:.3} s)", self.n_decoded)
    }

    /// Hands out silence that is owed, then the packet.
    fn hand_out(&mut self, into: &mut [Vec<f32>], most_samples: usize) -> usize {
        // What is owed comes before the packet that was decoded behind it.
        let silence = usize::try_from(self.owed_silence_samples).unwrap_or(usize::MAX).min(most_samples);
        let n_packet = self.ready.len().min(most_samples - silence);
        let taken = self.ready.start..self.ready.start + n_packet;
        for (index, channel) in into.iter_mut().enumerate() {
            channel.resize(channel.len() + silence, 0.0);
            if let Some(packet) = self.packet.get(index) {
                channel.extend_from_slice(&packet[taken.clone()]);
            }
        }
        self.owed_silence_samples -= silence as u64;
        self.ready.start = taken.end;
        silence + n_packet
    }
}

impl Pieces for Packets {
    fn read(&mut self, into: &mut [Vec<f32>], most_samples: usize) -> anyhow::Result<usize> {
        loop {
            let n = self.hand_out(into, most_samples);
            if n > 0 || self.has_ended {
                return Ok(n);
            }
            self.advance()?;
        }
    }

    fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if self.n_joined > 0 {
            let n_files = self.n_joined + 1;
            remarks.push(format!("{n_files} OGG files are joined: they are read one behind the other"));
        }
        if self.n_damaged > 0 {
            remarks.push(format!("{} became silence", counted(self.n_damaged, "damaged frame")));
        }
        if self.n_uncounted > MOST_PADDING_SAMPLES {
            let n = self.n_uncounted;
            remarks.push(format!("the file goes on behind the samples that it counts: about {n} are not read"));
        }
        remarks
    }
}
