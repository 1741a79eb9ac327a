//! A recording, or a part of one, and the engine's analysis of it.
//!
//! In: a path and seconds. Out: mono samples and one hop trace per hop of the engine's offline renderer with the
//! longest look-ahead and neutral settings. Times and song positions are those of the file.

use std::ops::Range;
use std::path::Path;

use anyhow::{Context, ensure};
use con_anima::engine::HopTrace;
use con_anima::offline;
use con_anima::settings::{Mode, Settings};

use super::period_marks::Waveform;
use crate::audio_file::{self, Recording};
use crate::progress::Progress;

/// Block size, samples. Chosen: as hosts have it; the result does not depend on it.
const BLOCK_SAMPLES: usize = 4096;
/// Samples heard at a time. Chosen: keeps a progress bar moving; the result does not depend on it.
const PIECE_SAMPLES: usize = 16_384;

/// Samples and hops of the same time.
pub(super) struct Listening {
    /// The mean of all channels, without its own mean.
    pub(super) waveform: Waveform,
    /// The engine's analysis.
    pub(super) hops: Vec<HopTrace>,
}

impl Listening {
    /// Reads the part of a file between two times and analyses it.
    pub(super) fn new(path: &Path, bounds_s: [Option<f64>; 2], is_for_machines: bool) -> anyhow::Result<Self> {
        let recording = audio_file::read(path)?;
        Self::of(&recording, bounds_s, is_for_machines).with_context(|| format!("cannot measure '{}'", path.display()))
    }

    /// Analyses the part of a recording between two times.
    pub(super) fn of(recording: &Recording, bounds_s: [Option<f64>; 2], is_for_machines: bool) -> anyhow::Result<Self> {
        let samples = part(recording, bounds_s)?;
        let progress = Progress::new("listening", samples.len(), is_for_machines);
        let channels: Vec<&[f32]> = recording.channels.iter().map(|channel| &channel[samples.clone()]).collect();
        let rate_hz = f64::from(recording.sample_rate_hz);
        let mut listener = Listener::new(rate_hz, channels.len(), samples.start as i64)?;
        for first in (0..samples.len()).step_by(PIECE_SAMPLES) {
            let until = (first + PIECE_SAMPLES).min(samples.len());
            listener.hear(channels.iter().map(|channel| channel[first..until].to_vec()).collect());
            progress.show(until);
        }
        Ok(Self {
            waveform: Waveform {
                samples: mono(channels.iter().map(|channel| channel.to_vec()).collect()),
                rate_hz,
                start_s: samples.start as f64 / rate_hz,
            },
            hops: listener.end(),
        })
    }

    /// A whole recording whose analysis is known, as a bounce has it.
    pub(super) fn heard(recording: Recording, mut hops: Vec<HopTrace>) -> Self {
        let first_samples = hops.iter().map(|hop| hop.position_samples).find(|position| *position >= 0).unwrap_or(0);
        let n_samples = recording.n_samples() as i64;
        hops.retain(|hop| (first_samples..n_samples).contains(&hop.position_samples));
        let rate_hz = f64::from(recording.sample_rate_hz);
        Self { waveform: Waveform { samples: mono(recording.channels), rate_hz, start_s: 0.0 }, hops }
    }

    /// The part's start and end in the file.
    pub(super) fn times_s(&self) -> Range<f64> {
        let start_s = self.waveform.start_s;
        start_s..start_s + self.waveform.samples.len() as f64 / self.waveform.rate_hz
    }
}

/// The engine, listening to a recording piece by piece.
pub(crate) struct Listener {
    renderer: offline::Renderer,
    n_channels: usize,
    hops: Vec<HopTrace>,
    /// Song position of the first sample, and of the one behind the last.
    bounds: Range<i64>,
}

impl Listener {
    /// For channels whose first sample is at a song position.
    pub(crate) fn new(sample_rate_hz: f64, n_channels: usize, start_samples: i64) -> anyhow::Result<Self> {
        let options =
            offline::Options { sample_rate_hz, mode: Mode::Phrase, start_samples, block_samples: BLOCK_SAMPLES };
        let renderer = offline::Renderer::new(&options, n_channels, None)?;
        Ok(Self { renderer, n_channels, hops: Vec::new(), bounds: start_samples..start_samples })
    }

    /// Hears a piece, `[channel][sample]`.
    pub(crate) fn hear(&mut self, mut piece: Vec<Vec<f32>>) {
        self.bounds.end += piece.first().map_or(0, Vec::len) as i64;
        let hops = &mut self.hops;
        self.renderer.render(&mut piece, &|_| Settings::NEUTRAL, &mut |hop| hops.push(*hop));
    }

    /// What was heard: all hops that begin in the recording.
    pub(crate) fn end(mut self) -> Vec<HopTrace> {
        let hops = &mut self.hops;
        let mut rest = vec![Vec::new(); self.n_channels];
        self.renderer.finish(&mut rest, &|_| Settings::NEUTRAL, &mut |hop| hops.push(*hop));
        self.hops.retain(|hop| self.bounds.contains(&hop.position_samples));
        self.hops
    }
}

/// The numbers of the samples between two times.
fn part(recording: &Recording, bounds_s: [Option<f64>; 2]) -> anyhow::Result<Range<usize>> {
    let n_samples = recording.n_samples();
    let rate_hz = f64::from(recording.sample_rate_hz);
    let [start, end] = bounds_s.map(|time_s| time_s.map(|time_s| ((time_s * rate_hz) as usize).min(n_samples)));
    let (start, end) = (start.unwrap_or(0), end.unwrap_or(n_samples));
    let duration_s = n_samples as f64 / rate_hz;
    ensure!(start < end, "nothing lies between those times: it is {duration_s:.2} s long");
    Ok(start..end)
}

/// The mean of all channels, without its own mean; in the place of the first of them, because recordings may be long.
fn mono(channels: Vec<Vec<f32>>) -> Vec<f32> {
    let mut channels = channels.into_iter();
    let mut mono = channels.next().unwrap_or_default();
    let others: Vec<Vec<f32>> = channels.collect();
    let finite = |sample: f32| if sample.is_finite() { f64::from(sample) } else { 0.0 };
    let n_channels = (1 + others.len()) as f64;
    let mut sum = 0.0;
    for (k, sample) in mono.iter_mut().enumerate() {
        let all = finite(*sample) + others.iter().map(|channel| finite(channel[k])).sum::<f64>();
        *sample = (all / n_channels) as f32;
        sum += f64::from(*sample);
    }
    let mean = sum / mono.len().max(1) as f64;
    mono.iter_mut().for_each(|sample| *sample = (f64::from(*sample) - mean) as f32);
    mono
}
