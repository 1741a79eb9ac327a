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

use super::numbers::mean;
use super::period_marks::Waveform;
use crate::audio_file::{self, Recording};
use crate::progress::Progress;

/// Block size, samples. Chosen: keeps a progress bar moving; the result does not depend on it.
const BLOCK_SAMPLES: usize = 4096;

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
        Self::of(recording, bounds_s, is_for_machines).with_context(|| format!("cannot measure '{}'", path.display()))
    }

    /// Analyses the part of a recording between two times.
    pub(super) fn of(
        mut recording: Recording,
        bounds_s: [Option<f64>; 2],
        is_for_machines: bool,
    ) -> anyhow::Result<Self> {
        let samples = cut(&mut recording, bounds_s)?;
        let options = offline::Options {
            sample_rate_hz: f64::from(recording.sample_rate_hz),
            mode: Mode::Phrase,
            start_samples: samples.start as i64,
            block_samples: BLOCK_SAMPLES,
        };
        let progress = Progress::new("listening", samples.len(), is_for_machines);
        let rendered =
            offline::render(&recording.channels, &options, |_| Settings::NEUTRAL, |n_done| progress.show(n_done))?;
        let is_inside = |hop: &HopTrace| (samples.start as i64..samples.end as i64).contains(&hop.position_samples);
        Ok(Self {
            waveform: Waveform {
                samples: mono(&recording.channels),
                rate_hz: options.sample_rate_hz,
                start_s: samples.start as f64 / options.sample_rate_hz,
            },
            hops: rendered.hops.into_iter().filter(is_inside).collect(),
        })
    }

    /// A whole recording whose analysis is known, as a bounce has it.
    pub(super) fn heard(recording: &Recording, mut hops: Vec<HopTrace>) -> Self {
        let first_samples = hops.iter().map(|hop| hop.position_samples).find(|position| *position >= 0).unwrap_or(0);
        let n_samples = recording.n_samples() as i64;
        hops.retain(|hop| (first_samples..n_samples).contains(&hop.position_samples));
        let rate_hz = f64::from(recording.sample_rate_hz);
        Self { waveform: Waveform { samples: mono(&recording.channels), rate_hz, start_s: 0.0 }, hops }
    }

    /// The part's start and end in the file.
    pub(super) fn times_s(&self) -> Range<f64> {
        let start_s = self.waveform.start_s;
        start_s..start_s + self.waveform.samples.len() as f64 / self.waveform.rate_hz
    }
}

/// Keeps the part between two times; returns its samples' numbers in the file.
fn cut(recording: &mut Recording, bounds_s: [Option<f64>; 2]) -> anyhow::Result<Range<usize>> {
    let n_samples = recording.n_samples();
    let rate_hz = f64::from(recording.sample_rate_hz);
    let [start, end] = bounds_s.map(|time_s| time_s.map(|time_s| ((time_s * rate_hz) as usize).min(n_samples)));
    let (start, end) = (start.unwrap_or(0), end.unwrap_or(n_samples));
    let duration_s = n_samples as f64 / rate_hz;
    ensure!(start < end, "nothing lies between those times: it is {duration_s:.2} s long");
    for channel in &mut recording.channels {
        channel.truncate(end);
        channel.drain(..start);
    }
    Ok(start..end)
}

fn mono(channels: &[Vec<f32>]) -> Vec<f64> {
    let n_samples = channels.first().map_or(0, Vec::len);
    let sample = |channel: &Vec<f32>, k: usize| f64::from(channel[k]);
    let sum = |k: usize| channels.iter().map(|channel| sample(channel, k)).filter(|sample| sample.is_finite()).sum();
    let sums: Vec<f64> = (0..n_samples).map(sum).collect();
    let mean = mean(&sums);
    sums.iter().map(|sum| (sum - mean) / channels.len() as f64).collect()
}
