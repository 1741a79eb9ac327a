//! A recording, or a part of one, and the engine's analysis of it.
//!
//! In: a path and seconds. Out: mono samples and one hop trace per hop of the engine's, which only listens, with the
//! longest look-ahead. Times and song positions are those of the file, or of the song where that is known.

use std::ops::Range;
use std::path::Path;

use anyhow::{Context, ensure};
use con_anima::engine::{Engine, HopTrace, MAX_SAMPLE, SongPosition};
use con_anima::settings::Mode;

use super::period_marks::Waveform;
use crate::audio_file::{self, Recording};
use crate::progress::Progress;

/// Samples heard at a time. Chosen: keeps a progress bar moving; the result does not depend on it.
const PIECE_SAMPLES: usize = 16_384;

/// Samples and hops of the same time.
pub(super) struct Listening {
    /// The mean of all channels, without its own mean.
    pub(super) waveform: Waveform,
    /// The engine's analysis.
    pub(super) hops: Vec<HopTrace>,
    /// Samples of all channels that were no numbers, or absurdly large, and are heard as silence.
    pub(super) n_bad_samples: u64,
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
            let mut piece: Vec<Vec<f32>> = channels.iter().map(|channel| channel[first..until].to_vec()).collect();
            listener.hear(&mut piece);
            progress.show(until);
        }
        Ok(Self {
            waveform: Waveform {
                samples: mono(channels.iter().map(|channel| channel.to_vec()).collect()),
                rate_hz,
                start_s: samples.start as f64 / rate_hz,
            },
            n_bad_samples: listener.engine.n_bad_samples(),
            hops: listener.end(),
        })
    }

    /// A whole recording that begins at a song position and whose analysis is known, as a bounce has it; times are
    /// those of the song.
    pub(super) fn heard(recording: Recording, start_samples: i64, mut hops: Vec<HopTrace>) -> Self {
        let end_samples = start_samples.saturating_add_unsigned(recording.n_samples() as u64);
        hops.retain(|hop| (start_samples..end_samples).contains(&hop.position_samples));
        let rate_hz = f64::from(recording.sample_rate_hz);
        let start_s = start_samples as f64 / rate_hz;
        // The bounce has told of these.
        let n_bad_samples = 0;
        Self { waveform: Waveform { samples: mono(recording.channels), rate_hz, start_s }, hops, n_bad_samples }
    }

    /// The part's start and end in the file.
    pub(super) fn times_s(&self) -> Range<f64> {
        let start_s = self.waveform.start_s;
        start_s..start_s + self.waveform.samples.len() as f64 / self.waveform.rate_hz
    }
}

/// The engine, listening to a recording piece by piece.
pub(crate) struct Listener {
    engine: Engine,
    n_channels: usize,
    hops: Vec<HopTrace>,
    /// Song position of the first sample, and of the one behind the last.
    bounds: Range<i64>,
}

impl Listener {
    /// For channels whose first sample is at a song position.
    pub(crate) fn new(sample_rate_hz: f64, n_channels: usize, start_samples: i64) -> anyhow::Result<Self> {
        let engine = Engine::new(sample_rate_hz, n_channels, Mode::Phrase)?;
        Ok(Self { engine, n_channels, hops: Vec::new(), bounds: start_samples..start_samples })
    }

    /// Hears a piece, `[channel][sample]`. What it holds afterwards is of no use.
    pub(crate) fn hear(&mut self, piece: &mut [Vec<f32>]) {
        let position = SongPosition::At(self.bounds.end);
        self.bounds.end = self.bounds.end.saturating_add_unsigned(piece.first().map_or(0, Vec::len) as u64);
        self.listen(piece, position);
    }

    /// What was heard: all hops that begin in the recording.
    pub(crate) fn end(mut self) -> Vec<HopTrace> {
        // What is heard late is heard in silence.
        let mut silence = vec![vec![0.0; self.engine.latency_samples() as usize]; self.n_channels];
        self.listen(&mut silence, SongPosition::FreeRunning);
        self.hops.retain(|hop| self.bounds.contains(&hop.position_samples));
        self.hops
    }

    fn listen(&mut self, piece: &mut [Vec<f32>], position: SongPosition) {
        let hops = &mut self.hops;
        let mut slices: Vec<&mut [f32]> = piece.iter_mut().map(Vec::as_mut_slice).collect();
        self.engine.listen(&mut slices, position, &mut |_, _| (), &mut |hop| hops.push(*hop));
    }
}

/// How long a hop is; 0 where that is not known. The first one may be only the rest of a hop, because they begin at
/// multiples of their length in the song.
pub(super) fn hop_samples(hops: &[HopTrace]) -> i64 {
    let steps = hops.windows(2).take(2).map(|pair| pair[1].position_samples - pair[0].position_samples);
    steps.max().unwrap_or(0)
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
    let heard = |sample: f32| if sample.abs() <= MAX_SAMPLE { f64::from(sample) } else { 0.0 };
    let n_channels = (1 + others.len()) as f64;
    let mut sum = 0.0;
    for (k, sample) in mono.iter_mut().enumerate() {
        let all = heard(*sample) + others.iter().map(|channel| heard(channel[k])).sum::<f64>();
        *sample = (all / n_channels) as f32;
        sum += f64::from(*sample);
    }
    let mean = sum / mono.len().max(1) as f64;
    mono.iter_mut().for_each(|sample| *sample = (f64::from(*sample) - mean) as f32);
    mono
}

#[cfg(test)]
mod tests {
    use super::super::track::{Track, cents_of_hz};
    use super::*;

    #[test]
    fn a_hop_is_known_though_the_first_is_the_rest_of_one() {
        let hops = |positions: &[i64]| -> Vec<HopTrace> {
            positions.iter().map(|&position_samples| HopTrace { position_samples, ..HopTrace::default() }).collect()
        };
        assert_eq!(hop_samples(&hops(&[30, 64, 128, 192])), 64);
        assert_eq!(hop_samples(&hops(&[-64, 0, 64])), 64);
        assert_eq!(hop_samples(&hops(&[5])), 0);
    }

    /// A tone that rises by two octaves in a second is heard where it is, whether a hop begins with it or not.
    #[test]
    fn the_pitch_lies_at_the_same_times_wherever_the_song_begins() {
        let channels = vec![(0..48_000).map(|n| (0.4 * rising(n).0.sin()) as f32).collect::<Vec<_>>()];
        let error_cents = |start_samples: i64| {
            let mut listener = Listener::new(48_000.0, 1, start_samples).expect("a listener");
            listener.hear(&mut channels.clone());
            let hops = listener.end();
            let times_s = start_samples as f64 / 48_000.0..(start_samples + 48_000) as f64 / 48_000.0;
            let track = Track::of_hops(&hops, 48_000.0, times_s.clone());
            let error = |hop: usize| {
                let expected_hz = rising(((track.time_s(hop) - times_s.start) * 48_000.0).round() as i64).1;
                Some(track.cents[hop]? - cents_of_hz(expected_hz))
            };
            let errors: Vec<f64> = (20..80).filter_map(error).collect();
            assert!(errors.len() > 50, "{}", errors.len());
            errors.iter().sum::<f64>() / errors.len() as f64
        };
        let errors = [0, 48_000 * 7 + 37].map(error_cents);
        assert!((errors[1] - errors[0]).abs() < 0.3, "{errors:?} cents: half a hop is 1.6");
    }

    /// The phase and the frequency, in Hz, of a rising tone.
    fn rising(n: i64) -> (f64, f64) {
        let (time_s, octaves_per_s) = (n as f64 / 48_000.0, 2.0);
        let hz = 110.0 * (octaves_per_s * time_s).exp2();
        (std::f64::consts::TAU * hz / (octaves_per_s * std::f64::consts::LN_2), hz)
    }
}
