//! Breath: makes the noise that the performer asks for, places it in the stereo image, and limits it.
//!
//! In: the gesture of each hop, the voice as it sounds. Out: the voice, a little softer in the highs, with breath in
//! it. One noise is made for all channels and is panned as the voice is. Whatever the input, breath raises no sample
//! far beyond the voice's own peaks.

use crate::dsp::history::History;
use crate::dsp::noise::Stream;
use crate::gesture::Gesture;
use crate::gesture::{Noise, SEGMENT_LEAD_HOPS};

use super::{CHUNK, Run, Start, mix};

mod colours;
mod pulse;
mod shaper;

use shaper::Shaper;

/// Hops whose peaks limit the noise that goes with a voice. Chosen: 21 ms, more than a period of 60 Hz; fewer would
/// miss peaks of low voices, more follow a falling level later.
const PEAK_HOPS: usize = 16;
/// How far voice and breath together may exceed the voice's peaks, a factor. Chosen: 0.9 dB; larger lets breath clip
/// sooner, smaller takes noise away at the peaks.
const LOUD_ROOM: f32 = 1.11;
/// The same for soft voices, a factor: it holds as long as the sum stays below [`SOFT_MOST`]. Chosen: 6 dB is room
/// enough for the noise of a near whisper; smaller would limit it.
const SOFT_ROOM: f32 = 2.0;
/// Up to this sample value a soft voice may have the larger room. Chosen: a little below full scale; larger risks
/// clipping, smaller limits the breath of louder voices more.
const SOFT_MOST: f32 = 0.9;
/// Hops of the voice from which its place among the channels is measured, anew for every segment. Chosen: two periods
/// of 95 Hz; more follow a moving voice later, fewer make the image unsteady.
const IMAGE_HOPS: usize = 16;
/// Above this a breathy voice loses brightness, Hz. Chosen: where its harmonics begin to give way to noise; lower makes
/// the voice darker, higher takes away less.
const SOFT_ABOVE_HZ: f64 = 2000.0;

/// One channel.
#[derive(Clone, Debug, Default)]
struct Channel {
    /// State of the low-pass at [`SOFT_ABOVE_HZ`]; `None` before the voice was made softer.
    low: Option<f64>,
    /// This channel's share of the noise, at the start and at the end of the hop.
    weight: [f32; 2],
    /// The voice's largest sample in each of the last hops, and in this one.
    peaks: [f32; PEAK_HOPS],
    peak: f32,
    /// The largest sample value that voice and breath together may reach.
    most: f32,
}

/// Makes breath and mixes it into the voice.
#[derive(Clone, Debug)]
pub(super) struct Breath {
    aspiration: Shaper,
    inhalation: Shaper,
    channels: Vec<Channel>,
    hop_samples: usize,
    per_hop: f32,
    low_share: f64,
    is_soft: bool,
}

/// The noise of a chunk, for all channels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Air {
    aspiration: Option<[f32; CHUNK]>,
    inhalation: Option<[f32; CHUNK]>,
}

impl Breath {
    /// Allocates.
    pub(super) fn new(sample_rate_hz: f64, hop_samples: usize, n_channels: usize) -> Self {
        Self {
            aspiration: Shaper::new(Stream::Aspiration, sample_rate_hz, hop_samples),
            inhalation: Shaper::new(Stream::InhaleAir, sample_rate_hz, hop_samples),
            channels: vec![Channel { weight: [1.0; 2], ..Channel::default() }; n_channels],
            hop_samples,
            per_hop: 1.0 / hop_samples as f32,
            low_share: 1.0 - (-std::f64::consts::TAU * SOFT_ABOVE_HZ / sample_rate_hz).exp(),
            is_soft: false,
        }
    }

    pub(super) fn reset(&mut self) {
        self.aspiration.reset();
        self.inhalation.reset();
        self.channels.fill(Channel { weight: [1.0; 2], ..Channel::default() });
        self.is_soft = false;
    }

    /// Starts the next hop with its gesture; `heard` is the absolute index of the input at the pointer's position.
    pub(super) fn begin(&mut self, gesture: &Gesture, start: Start, heard: i64, history: &History) {
        let segment = start.first - start.offset as i64 + SEGMENT_LEAD_HOPS * self.hop_samples as i64;
        for (shaper, noise) in
            [(&mut self.aspiration, &gesture.aspiration), (&mut self.inhalation, &gesture.inhalation)]
        {
            if let Some(shape) = &noise.shape {
                shaper.shape(shape, segment, start.first);
            }
        }
        self.is_soft = gesture.softness.start != 0.0 || gesture.softness.end != 0.0;
        for channel in &mut self.channels {
            channel.low = channel.low.filter(|_| self.is_soft);
            channel.peaks.rotate_right(1);
            channel.peaks[0] = std::mem::take(&mut channel.peak);
            channel.most = most(channel.peaks.iter().copied().fold(0.0, f32::max));
            channel.weight[0] = channel.weight[1];
        }
        if self.channels.len() > 1 && gesture.aspiration.shape.is_some() {
            self.find_image(heard, history);
        }
    }

    /// Measures where the voice is among the channels. A silent voice leaves the image as it was.
    fn find_image(&mut self, heard: i64, history: &History) {
        let len = IMAGE_HOPS * self.hop_samples;
        let first = heard - len as i64;
        if !history.holds(first, len) {
            return;
        }
        // In double precision no square of a sample is a denormal number.
        let square = |sample: &f32| f64::from(*sample) * f64::from(*sample);
        let power = |channel| history.window(channel, first, len).iter().map(square).sum::<f64>();
        let mean = (0..self.channels.len()).map(power).sum::<f64>() / self.channels.len() as f64;
        if mean > 0.0 && mean.is_finite() {
            for (number, channel) in self.channels.iter_mut().enumerate() {
                channel.weight[1] = (power(number) / mean).sqrt() as f32;
            }
        }
    }

    /// Whether breath changes anything in this run.
    pub(super) fn is_silent(&self, run: Run) -> bool {
        let is_ready = self.aspiration.is_ready(run.first) || self.inhalation.is_ready(run.first);
        !self.is_soft && !is_ready
    }

    /// The noise of at most [`CHUNK`] samples; each sample can be taken once.
    pub(super) fn air(&mut self, gesture: &Gesture, run: Run) -> Air {
        let per_hop = self.per_hop;
        let take = |shaper: &mut Shaper, noise: &Noise| {
            if !shaper.is_ready(run.first) {
                return None;
            }
            let mut air = [0.0; CHUNK];
            shaper.take(run.first, &mut air[..run.len]);
            for (step, air) in air.iter_mut().enumerate().take(run.len) {
                let rms = mix(noise.rms.start, noise.rms.end, run.place(step) as f32 * per_hop);
                *air = (*air * rms).clamp(-noise.most, noise.most);
            }
            (!noise.is_silent()).then_some(air)
        };
        Air {
            aspiration: take(&mut self.aspiration, &gesture.aspiration),
            inhalation: take(&mut self.inhalation, &gesture.inhalation),
        }
    }

    /// Makes the voice of a channel softer, before its gain.
    pub(super) fn soften(&mut self, gesture: &Gesture, number: usize, run: Run, voice: &mut [f32]) {
        let channel = &mut self.channels[number];
        channel.peak = voice.iter().fold(channel.peak, |peak, sample| peak.max(sample.abs()));
        if !self.is_soft {
            return;
        }
        // The low-pass starts from the first sample, and no softening is asked for there yet.
        let mut low = channel.low.or(voice.first().map(|sample| f64::from(*sample))).unwrap_or(0.0);
        for (step, sample) in voice.iter_mut().enumerate() {
            let softness = mix(gesture.softness.start, gesture.softness.end, run.place(step) as f32 * self.per_hop);
            low += self.low_share * (f64::from(*sample) - low);
            *sample -= softness * (*sample - low as f32);
        }
        channel.low = Some(low);
    }

    /// The breath to be added to a channel whose voice is `voice`, before the output gain.
    pub(super) fn breath(&self, air: &Air, number: usize, run: Run, voice: &[f32]) -> Option<[f32; CHUNK]> {
        if air.aspiration.is_none() && air.inhalation.is_none() {
            return None;
        }
        let channel = &self.channels[number];
        let [from, to] = channel.weight;
        let mut breath = [0.0; CHUNK];
        let mut most = [channel.most; CHUNK];
        for air in [&air.aspiration, &air.inhalation].into_iter().flatten() {
            for (step, (breath, air)) in breath.iter_mut().zip(air).enumerate().take(run.len) {
                *breath += mix(from, to, run.place(step) as f32 * self.per_hop) * air;
            }
        }
        if let Some(air) = &air.inhalation {
            // An inhalation has limits of its own, because no voice sounds there.
            most.iter_mut().zip(air).for_each(|(most, air)| *most = most.max(to.max(from) * air.abs()));
        }
        for ((breath, most), voice) in breath.iter_mut().zip(most).zip(voice) {
            let most = most.max(voice.abs());
            *breath = breath.clamp(-most - voice, most - voice);
        }
        Some(breath)
    }
}

/// The largest sample value that a voice with this peak may reach with its breath.
fn most(peak: f32) -> f32 {
    (LOUD_ROOM * peak).max((SOFT_ROOM * peak).min(SOFT_MOST))
}
