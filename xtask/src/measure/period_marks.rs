//! Where each period of the voice begins, to a fraction of a sample.
//!
//! In: mono samples and the pitch around them. Out: for each voiced run the times of its period marks. It starts at the
//! strongest sample near the middle of the run; the next mark is where one period of the waveform correlates best with
//! the period around this mark, and so on to both ends. This is waveform matching, as in Praat's "To PointProcess
//! (periodic, cc)" by its manual (Boersma & Weenink), whose limits are used; the code is our own.

use std::ops::Range;

use con_anima::dsp::dot::dot_f64;

use super::numbers::running_sums;
use super::track::{HOP_S, Track, hz_of_cents};

/// The least distance of the next mark, periods. Source: Praat's manual, "To PointProcess (periodic, cc)".
const LEAST_DISTANCE: f64 = 0.8;
/// The largest distance of the next mark, periods. Source: Praat's manual, "To PointProcess (periodic, cc)".
const MOST_DISTANCE: f64 = 1.25;
/// A match with a lower normalized correlation is no period. Source: Praat's manual, "To PointProcess (periodic, cc)".
const LEAST_CORRELATION: f64 = 0.3;
/// Nor is one whose peak is below this share of the recording's peak. Source: Praat's manual, "To PointProcess
/// (periodic, cc)".
const LEAST_PEAK_SHARE: f64 = 0.01;

/// Mono samples without their mean.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Waveform {
    /// Full scale at 1.
    pub(super) samples: Vec<f32>,
    /// Samples per second.
    pub(super) rate_hz: f64,
    /// Time in the file of the first sample.
    pub(super) start_s: f64,
}

impl Waveform {
    /// The position of a time in the file, in samples and a fraction.
    pub(super) fn place(&self, time_s: f64) -> f64 {
        (time_s - self.start_s) * self.rate_hz
    }
}

/// The marks of each voiced run, in seconds into the file. The track has its short gaps bridged.
pub(super) fn period_marks(waveform: &Waveform, track: &Track) -> Vec<(Range<usize>, Vec<f64>)> {
    let least_peak = LEAST_PEAK_SHARE * peak(&waveform.samples);
    let marks = |run: Range<usize>| {
        let bounds_s = [run.start, run.end - 1].map(|hop| track.time_s(hop));
        (run, Walk { waveform, track, bounds_s, least_peak }.marks())
    };
    track.voiced_runs().into_iter().map(marks).collect()
}

/// The size of the largest sample; of none it is 0.
pub(super) fn peak(samples: &[f32]) -> f64 {
    f64::from(samples.iter().fold(0.0, |peak, sample| sample.abs().max(peak)))
}

/// The search through one voiced run.
struct Walk<'a> {
    waveform: &'a Waveform,
    track: &'a Track,
    bounds_s: [f64; 2],
    least_peak: f64,
}

impl Walk<'_> {
    fn marks(&self) -> Vec<f64> {
        let middle_s = 0.5 * (self.bounds_s[0] + self.bounds_s[1]);
        let Some(first_s) = self.period_s(middle_s).and_then(|period_s| self.strongest_s(middle_s, period_s)) else {
            return Vec::new();
        };
        let mut marks = self.towards(first_s, -1.0);
        marks.reverse();
        marks.push(first_s);
        marks.extend(self.towards(first_s, 1.0));
        marks
    }

    /// The period that the track gives for a time.
    fn period_s(&self, time_s: f64) -> Option<f64> {
        let place = (time_s - self.track.start_s) / HOP_S;
        let hop = place.floor().max(0.0) as usize;
        let [below, above] = [hop, hop + 1].map(|hop| self.track.cents.get(hop).copied().flatten());
        let cents = match (below, above) {
            (Some(below), Some(above)) => below + (above - below) * (place - hop as f64),
            (below, above) => below.or(above)?,
        };
        Some(1.0 / hz_of_cents(cents))
    }

    /// The strongest sample within one period around a time.
    fn strongest_s(&self, middle_s: f64, period_s: f64) -> Option<f64> {
        let [start, end] = [-0.5, 0.5].map(|side| self.sample_at(middle_s + side * period_s));
        let size = |k: &usize| self.waveform.samples[*k].abs();
        let strongest = (start..end).max_by(|a, b| size(a).total_cmp(&size(b)))?;
        Some(self.waveform.start_s + strongest as f64 / self.waveform.rate_hz)
    }

    fn sample_at(&self, time_s: f64) -> usize {
        (self.waveform.place(time_s).round().max(0.0) as usize).min(self.waveform.samples.len())
    }

    /// The marks from one mark on, later (1) or earlier (−1), to the end of the run.
    fn towards(&self, first_s: f64, direction: f64) -> Vec<f64> {
        let mut marks = Vec::new();
        let mut mark_s = first_s;
        while let Some(period_s) = self.period_s(mark_s) {
            let found = self.best_match(mark_s, period_s, direction);
            mark_s = found.as_ref().map_or(mark_s + direction * period_s, |found| found.at_s);
            if mark_s < self.bounds_s[0] || mark_s > self.bounds_s[1] {
                break;
            }
            let is_period = |found: &Match| found.correlation > LEAST_CORRELATION && found.peak > self.least_peak;
            marks.extend(found.filter(is_period).map(|found| found.at_s));
        }
        marks
    }

    /// Where one period of the waveform correlates best with the period around a mark.
    fn best_match(&self, mark_s: f64, period_s: f64, direction: f64) -> Option<Match> {
        let rate_hz = self.waveform.rate_hz;
        let n = (period_s * rate_hz).round() as usize;
        let start = self.waveform.place(mark_s - 0.5 * period_s).round() as i64;
        let [least, most] = [LEAST_DISTANCE, MOST_DISTANCE].map(|share| (share * period_s * rate_hz) as i64);
        let shifts: Vec<i64> = (least - 1..=most + 1).map(|shift| shift * direction as i64).collect();
        let around = Stretch::new(self.waveform, [start, start + shifts[shifts.len() - 1]], n);
        let original = around.window(start)?;
        let compare = |shift: &i64| around.window(start + shift).map_or(0.0, |window| original.correlation(&window));
        let correlations: Vec<f64> = shifts.iter().map(compare).collect();
        let is_peak = |k: &usize| correlations[*k] >= correlations[k - 1] && correlations[*k] >= correlations[k + 1];
        let best = (1..shifts.len() - 1)
            .filter(is_peak)
            .max_by(|a, b| correlations[*a].total_cmp(&correlations[*b]))
            .filter(|best| correlations[*best] > 0.0)?;
        let (left, middle, right) = (correlations[best - 1], correlations[best], correlations[best + 1]);
        let curvature = 2.0 * middle - left - right;
        let beyond = if curvature > 0.0 { 0.5 * (right - left) / curvature } else { 0.0 };
        let shift = (shifts[best].abs() as f64 + beyond) * direction;
        let peak = around.window(start + shifts[best])?.peak();
        Some(Match { at_s: mark_s + shift / rate_hz, correlation: middle, peak })
    }
}

struct Match {
    at_s: f64,
    correlation: f64,
    peak: f64,
}

/// The samples that all windows of a search lie in.
struct Stretch {
    /// Number of the first.
    first: i64,
    samples: Vec<f64>,
    /// The sums of the first 0, 1 and more squares.
    squares: Vec<f64>,
    window_len: usize,
}

impl Stretch {
    /// For windows of `n` samples from two places on and between them, as far as the waveform reaches.
    fn new(waveform: &Waveform, places: [i64; 2], n: usize) -> Self {
        let len = waveform.samples.len() as i64;
        let [from, until] = [places[0].min(places[1]), places[0].max(places[1]) + n as i64];
        let (from, until) = (from.clamp(0, len), until.clamp(0, len));
        let samples = waveform.samples[from as usize..until as usize].iter();
        let samples: Vec<f64> = samples.copied().map(f64::from).collect();
        let squares = running_sums(samples.iter().map(|sample| sample * sample));
        Self { first: from, squares, samples, window_len: n }
    }

    fn window(&self, start: i64) -> Option<Window<'_>> {
        let at = usize::try_from(start - self.first).ok()?;
        let samples = self.samples.get(at..at + self.window_len)?;
        Some(Window { samples, energy: (self.squares[at + self.window_len] - self.squares[at]).max(0.0) })
    }
}

/// Samples, and the sum of their squares.
struct Window<'a> {
    samples: &'a [f64],
    energy: f64,
}

impl Window<'_> {
    fn correlation(&self, other: &Self) -> f64 {
        let size = (self.energy * other.energy).sqrt();
        if size > 0.0 { dot_f64(self.samples, other.samples) / size } else { 0.0 }
    }

    /// The size of the largest sample.
    fn peak(&self) -> f64 {
        self.samples.iter().fold(0.0, |peak, sample| sample.abs().max(peak))
    }
}
