//! A pitch track on the grid that all statistics are defined on: one pitch every 5 ms.
//!
//! In: frames of the engine's analysis, or an external table of times and frequencies. Out: cents above MIDI note 0 per
//! hop, `None` where unvoiced or, on request, where the voice is too soft to be held. Points are resampled by a
//! straight line fitted under a triangular window as wide as the coarser of both grids: linear interpolation between
//! coarse points, an average of dense ones that loses 3 % at 20 Hz.

use std::ops::Range;

use anyhow::{Context, ensure};
use con_anima::engine::HopTrace;

use super::listening::hop_samples;
use super::numbers::{median, percentile};
use super::period_marks::{Waveform, peak};

/// Time between two pitches, seconds; fine enough for movement at 20 Hz. Source: the reference statistics
/// (docs/voice.md, "Tools").
pub(super) const HOP_S: f64 = 0.005;

/// Gaps in voicing up to this long are bridged, hops. Chosen: 20 ms, a period or two that a tracker missed; longer
/// bridges consonants.
const MOST_BRIDGED_HOPS: usize = 4;

/// Anything below this share of the recording's peak is silence: the closure of a consonant and reverberation have a
/// pitch, but are no part of a held note. Source: Praat's silence threshold, as in the reference statistics.
const SILENCE_PEAK_SHARE: f64 = 0.03;
/// The lowest pitch expected is this share of the pitch below which 15 % of all hops are. Source: the reference
/// statistics (docs/voice.md, "Tools").
const LOWEST_SHARE: f64 = 0.6;
/// The lowest pitch expected is within these limits, Hz. Source: the reference statistics (docs/voice.md, "Tools").
const LOWEST_HZ: [f64; 2] = [55.0, 400.0];

/// Pitches on the grid. Hop `k` is at `start_s + k * HOP_S`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Track {
    /// Time in the file of the first hop.
    pub(super) start_s: f64,
    /// Cents above MIDI note 0.
    pub(super) cents: Vec<Option<f64>>,
}

/// A frequency in cents above MIDI note 0.
pub(super) fn cents_of_hz(hz: f64) -> f64 {
    6900.0 + 1200.0 * (hz / 440.0).log2()
}

/// The reverse of [`cents_of_hz`].
pub(super) fn hz_of_cents(cents: f64) -> f64 {
    440.0 * ((cents - 6900.0) / 1200.0).exp2()
}

impl Track {
    /// The engine's pitch. A frame's pitch is that of the middle of its hop.
    pub(super) fn of_hops(hops: &[HopTrace], sample_rate_hz: f64, times_s: Range<f64>) -> Self {
        let half_hop = 0.5 * hop_samples(hops) as f64;
        let time_s = |hop: &HopTrace| (hop.position_samples as f64 + half_hop) / sample_rate_hz;
        let point = |hop: &HopTrace| (time_s(hop), f64::from(hop.frame.f0_hz));
        Self::resampled(&hops.iter().map(point).collect::<Vec<_>>(), times_s)
    }

    /// A track from a table with the columns `time_s,f0_hz`; further columns are ignored, 0 Hz is unvoiced.
    pub(super) fn parse(text: &str, times_s: Range<f64>) -> anyhow::Result<Self> {
        let mut reader = crate::table::reader(text);
        let mut points = Vec::new();
        for record in reader.records() {
            let record = record?;
            if points.is_empty() && record.get(0) == Some("time_s") {
                continue;
            }
            let line = record.position().map_or(0, csv::Position::line);
            let number = |column: usize| {
                let field = record.get(column).with_context(|| format!("line {line}: it takes time_s,f0_hz"))?;
                let number = field.parse().ok().filter(|number: &f64| number.is_finite());
                number.with_context(|| format!("line {line}: '{field}' is no number"))
            };
            let (time_s, f0_hz) = (number(0)?, number(1)?);
            ensure!(f0_hz >= 0.0, "line {line}: {f0_hz} Hz is no pitch; where nothing is voiced it is 0");
            points.push((time_s, f0_hz));
        }
        ensure!(!points.is_empty(), "there are no pitches in it");
        ensure!(points.is_sorted_by(|a, b| a.0 < b.0), "its times must rise from line to line");
        Ok(Self::resampled(&points, times_s))
    }

    /// Points (seconds, Hz or 0), by rising time, on the grid.
    fn resampled(points: &[(f64, f64)], times_s: Range<f64>) -> Self {
        let steps: Vec<f64> = points.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
        let step_s = median(&steps).unwrap_or(HOP_S);
        // Slightly wider than the grid, so that rounding excludes no point that is on it.
        let reach_s = step_s.max(HOP_S) * (1.0 + 1e-9);
        let start_s = times_s.start + phase_s(points, step_s, times_s.start);
        let n_hops = ((times_s.end - start_s) / HOP_S).ceil().max(0.0) as usize;
        let pitch_at = |k: usize| {
            let time_s = start_s + k as f64 * HOP_S;
            let first = points.partition_point(|point| point.0 <= time_s - reach_s);
            let near = points[first..].iter().take_while(|point| point.0 < time_s + reach_s);
            let weighted = near.map(|(at_s, hz)| (at_s - time_s, *hz, 1.0 - (at_s - time_s).abs() / reach_s));
            let weighted: Vec<_> = weighted.collect();
            let all: f64 = weighted.iter().map(|(.., weight)| weight).sum();
            let voiced = weighted.into_iter().filter(|(_, hz, _)| *hz > 0.0);
            let voiced: Vec<_> = voiced.map(|(from_s, hz, weight)| (from_s, cents_of_hz(hz), weight)).collect();
            let voiced_weight: f64 = voiced.iter().map(|(.., weight)| weight).sum();
            (voiced_weight > 0.5 * all).then(|| line_at_zero(&voiced))
        };
        Self { start_s, cents: (0..n_hops).map(pitch_at).collect() }
    }

    /// The same, unvoiced where no sample within a period of the lowest pitch exceeds the silence threshold.
    pub(super) fn audible(mut self, waveform: &Waveform) -> Self {
        let Some(low_cents) = percentile(&self.voiced_cents(), 0.15) else { return self };
        let lowest_hz = (LOWEST_SHARE * hz_of_cents(low_cents)).clamp(LOWEST_HZ[0], LOWEST_HZ[1]);
        let least_peak = SILENCE_PEAK_SHARE * peak(&waveform.samples);
        for hop in 0..self.cents.len() {
            let time_s = self.time_s(hop);
            let [first, end] = [-0.5, 0.5].map(|side| (waveform.place(time_s + side / lowest_hz).max(0.0)) as usize);
            let end = (end + 1).min(waveform.samples.len());
            if peak(&waveform.samples[first.min(end)..end]) < least_peak {
                self.cents[hop] = None;
            }
        }
        self
    }

    /// The time of a hop in the file.
    pub(super) fn time_s(&self, hop: usize) -> f64 {
        self.start_s + hop as f64 * HOP_S
    }

    /// All pitches where something is voiced.
    pub(super) fn voiced_cents(&self) -> Vec<f64> {
        self.cents.iter().flatten().copied().collect()
    }

    /// The stretches of voiced hops.
    pub(super) fn voiced_runs(&self) -> Vec<Range<usize>> {
        let mut start = 0;
        let stretches = self.cents.chunk_by(|a, b| a.is_some() == b.is_some()).map(|stretch| {
            start += stretch.len();
            start - stretch.len()..start
        });
        stretches.filter(|run| self.cents[run.start].is_some()).collect()
    }

    /// The same with short gaps in voicing filled by straight lines.
    pub(super) fn bridged(&self) -> Self {
        let mut bridged = self.clone();
        for pair in self.voiced_runs().windows(2) {
            let (before, after) = (pair[0].end - 1, pair[1].start);
            if after - before - 1 > MOST_BRIDGED_HOPS {
                continue;
            }
            if let (Some(from), Some(to)) = (self.cents[before], self.cents[after]) {
                let step = (to - from) / (after - before) as f64;
                (before + 1..after).for_each(|hop| bridged.cents[hop] = Some(from + step * (hop - before) as f64));
            }
        }
        bridged
    }
}

/// How much later than `start_s` the first hop is. A track that has a point every 5 ms keeps its own times, because
/// every interpolation weakens flutter.
fn phase_s(points: &[(f64, f64)], step_s: f64, start_s: f64) -> f64 {
    let is_like_ours = (step_s / HOP_S - 1.0).abs() < 0.01;
    points.first().filter(|_| is_like_ours).map_or(0.0, |point| (point.0 - start_s).rem_euclid(HOP_S))
}

/// The value at zero of the straight line that fits best through points (x, y, weight).
fn line_at_zero(points: &[(f64, f64, f64)]) -> f64 {
    let sum = |term: &dyn Fn(f64, f64) -> f64| points.iter().map(|(x, y, weight)| weight * term(*x, *y)).sum::<f64>();
    let weight = sum(&|_, _| 1.0);
    let (mean_x, mean_y) = (sum(&|x, _| x) / weight, sum(&|_, y| y) / weight);
    let square = sum(&|x, _| (x - mean_x).powi(2));
    let slope = if square > 0.0 { sum(&|x, y| (x - mean_x) * (y - mean_y)) / square } else { 0.0 };
    mean_y - slope * mean_x
}

#[cfg(test)]
impl Track {
    /// A voice that is never silent: its pitch in cents at each time from 0 on.
    pub(super) fn sung(duration_s: f64, cents: impl Fn(f64) -> f64) -> Self {
        let n_hops = (duration_s / HOP_S).round() as usize;
        Self { start_s: 0.0, cents: (0..n_hops).map(|hop| Some(cents(hop as f64 * HOP_S))).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(step_s: f64, n: usize, hz: impl Fn(f64) -> f64) -> String {
        (0..n).map(|k| format!("{:.6},{:.4}\n", k as f64 * step_s, hz(k as f64 * step_s))).collect()
    }

    #[test]
    fn a_track_on_the_grid_is_taken_as_it_is() {
        let hz = |time_s: f64| if time_s < 0.0525 { 0.0 } else { 220.0 + time_s };
        let track = Track::parse(&("time_s,f0_hz\n".to_owned() + &table(HOP_S, 100, hz)), 0.0..0.5).expect("a track");
        assert_eq!((track.cents.len(), track.voiced_runs().len()), (100, 1));
        assert_eq!(track.voiced_runs()[0], 11..100);
        let worst = (11..100).map(|k| (track.cents[k].unwrap_or(0.0) - cents_of_hz(hz(track.time_s(k)))).abs());
        assert!(worst.fold(0.0, f64::max) < 1e-3);
    }

    #[test]
    fn a_track_between_the_grid_keeps_its_times_and_pitches() {
        // Praat begins somewhere between two hops, and a pitch that alternates from hop to hop must not be smoothed.
        let flutter = |k: u32| 220.0 + f64::from(k % 2);
        let text: String = (0..100).map(|k| format!("{:.6},{}\n", 0.0217 + f64::from(k) * HOP_S, flutter(k))).collect();
        let track = Track::parse(&text, 0.1..0.5).expect("a track");
        assert!((track.start_s - 0.1017).abs() < 1e-6 && (track.time_s(track.cents.len() - 1) - 0.4967).abs() < 1e-6);
        for (hop, cents) in track.cents.iter().enumerate() {
            let truth = cents_of_hz(flutter(hop as u32 + 16));
            assert!(cents.is_some_and(|cents| (cents - truth).abs() < 1e-4), "hop {hop}");
        }
    }

    #[test]
    fn any_grid_shows_a_slow_glide_as_it_is() {
        for step_s in [0.001_333, 0.004, 0.011_6] {
            let text = table(step_s, (1.0 / step_s) as usize, |time_s| 200.0 * time_s.exp2());
            let track = Track::parse(&text, 0.0..1.0).expect("a track");
            for k in 10..190 {
                let truth = cents_of_hz(200.0) + 1200.0 * track.time_s(k);
                assert!(track.cents[k].is_some_and(|cents| (cents - truth).abs() < 0.1), "{step_s}, hop {k}");
            }
        }
    }

    #[test]
    fn short_gaps_are_bridged_and_long_ones_are_not() {
        let hz =
            |time_s: f64| if (0.1..0.119).contains(&time_s) || (0.3..0.324).contains(&time_s) { 0.0 } else { 300.0 };
        let track = Track::parse(&table(HOP_S, 100, hz), 0.0..0.5).expect("a track");
        assert_eq!(track.voiced_runs().len(), 3);
        assert_eq!(track.bridged().voiced_runs(), [0..60, 65..100]);
    }

    #[test]
    fn what_is_31_db_below_the_peak_is_silence() {
        let rate_hz = 8000.0;
        // 30 dB below the peak for half a second, then 31.
        let gain = |time_s: f64| match time_s {
            ..0.5 => 0.8,
            ..1.0 => 0.8 * 10_f64.powf(-1.5),
            _ => 0.8 * 10_f64.powf(-1.55),
        };
        let at = |n: u32| f64::from(n) / rate_hz;
        let sample = |n: u32| (gain(at(n)) * (std::f64::consts::TAU * 200.0 * at(n)).sin()) as f32;
        let waveform = Waveform { samples: (0..12_000).map(sample).collect(), rate_hz, start_s: 0.25 };
        let mut track = Track::sung(1.5, |_| cents_of_hz(200.0));
        track.start_s = 0.25;
        let audible = track.clone().audible(&waveform);
        let runs = audible.voiced_runs();
        // The louder part is included up to half a period of 120 Hz: 4 ms.
        assert!(runs.len() == 1 && runs[0].start == 0 && (200..=202).contains(&runs[0].end), "{runs:?}");
        let silent = Track { cents: vec![None; 300], ..track };
        assert_eq!(silent.clone().audible(&waveform), silent);
    }

    #[test]
    fn what_was_heard_in_a_hop_stands_at_its_middle() {
        let hop = |k: i64| {
            let f0_hz = 200.0 * (((k as f64 + 0.5) * 64.0 / 48_000.0) as f32).exp2();
            let frame = con_anima::analysis::Frame { f0_hz, ..con_anima::analysis::Frame::SILENCE };
            HopTrace { position_samples: k * 64, frame, ..HopTrace::default() }
        };
        let hops: Vec<HopTrace> = (0..750).map(hop).collect();
        let track = Track::of_hops(&hops, 48_000.0, 0.0..1.0);
        for k in 10..190 {
            let truth = cents_of_hz(200.0) + 1200.0 * track.time_s(k);
            assert!(track.cents[k].is_some_and(|cents| (cents - truth).abs() < 0.05), "hop {k}");
        }
    }

    #[test]
    fn tables_that_are_none() {
        for (text, culprit) in [
            ("0,220\n0.005,high\n", "line 2: 'high'"),
            ("0.1\n", "line 1"),
            ("time_s,f0_hz\n", "no pitches"),
            ("time_s,f0_hz\n0,220\n1,-5\n", "line 3: -5 Hz"),
            ("0.1,220\n0.1,220\n", "rise"),
        ] {
            let error = Track::parse(text, 0.0..1.0).expect_err(text).to_string();
            assert!(error.contains(culprit), "{error}");
        }
    }
}
