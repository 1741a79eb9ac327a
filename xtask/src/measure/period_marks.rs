//! Where each period of the voice begins, to a fraction of a sample.
//!
//! In: mono samples and the pitch around them. Out: for each voiced run the times of its period marks. It starts at the
//! strongest sample near the middle of the run; the next mark is where one period of the waveform correlates best with
//! the period around this mark, and so on to both ends. This is waveform matching, as in Praat's "To PointProcess
//! (periodic, cc)" by its manual (Boersma & Weenink), whose limits are used; the code is our own.

use std::ops::Range;

use con_anima::dsp::dot::{STRETCHES, dot_exact, dots};

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
        let window_len = (period_s * rate_hz).round() as usize;
        let start = self.waveform.place(mark_s - 0.5 * period_s).round() as i64;
        let shift = |share: f64| (share * period_s * rate_hz) as i64;
        let (least, most) = (shift(LEAST_DISTANCE) - 1, shift(MOST_DISTANCE) + 1);
        let places = if direction > 0.0 { start + least..start + most + 1 } else { start - most..start - least + 1 };
        let search = Search::new(&self.waveform.samples, start, window_len, places)?;
        // Single precision finds the peak, double precision says where between samples it is.
        let near = search.highest()?;
        let mut correlations = [-1, 0, 1].map(|beside| (near + beside, search.correlation(near + beside)));
        let [left, middle, right] = correlations.map(|(_, correlation)| correlation);
        if left > middle {
            correlations = [(near - 2, search.correlation(near - 2)), correlations[0], correlations[1]];
        } else if right > middle {
            correlations = [correlations[1], correlations[2], (near + 2, search.correlation(near + 2))];
        }
        let [(_, left), (best, middle), (_, right)] = correlations;
        let curvature = 2.0 * middle - left - right;
        let beyond = if curvature > 0.0 { 0.5 * (right - left) / curvature } else { 0.0 };
        let at_s = mark_s + ((best - start) as f64 + beyond) / rate_hz;
        let peak = peak(search.window(best)?);
        (middle > 0.0).then_some(Match { at_s, correlation: middle, peak })
    }
}

struct Match {
    at_s: f64,
    correlation: f64,
    peak: f64,
}

/// A window, and those that it is compared with.
struct Search<'a> {
    samples: &'a [f32],
    original: &'a [f32],
    own_energy: f64,
    /// Where in the waveform those that are compared begin, as far as they have as many samples.
    places: Range<usize>,
    /// The sums of the first 0, 1 and more squares from the first place on.
    squares: Vec<f64>,
}

impl<'a> Search<'a> {
    /// `None` where the window is not within the waveform, or none of the places.
    fn new(samples: &'a [f32], start: i64, window_len: usize, places: Range<i64>) -> Option<Self> {
        let start = usize::try_from(start).ok()?;
        let original = samples.get(start..start + window_len)?;
        let n_windows = (samples.len() - window_len + 1) as i64;
        let [first, until] = [places.start, places.end].map(|place| place.clamp(0, n_windows) as usize);
        let stretch = samples.get(first..(first < until).then_some(until + window_len - 1)?)?;
        let squares = running_sums(stretch.iter().map(|sample| f64::from(*sample) * f64::from(*sample)));
        Some(Self { samples, original, own_energy: dot_exact(original, original), places: first..until, squares })
    }

    /// The samples of the window at a place.
    fn window(&self, place: i64) -> Option<&'a [f32]> {
        let place = usize::try_from(place).ok().filter(|place| self.places.contains(place))?;
        self.samples.get(place..place + self.original.len())
    }

    /// The sum of the squares of a window.
    fn energy(&self, place: usize) -> f64 {
        let first = place - self.places.start;
        (self.squares[first + self.original.len()] - self.squares[first]).max(0.0)
    }

    /// The normalized correlation with the window at a place; 0 where there is none.
    fn correlation(&self, place: i64) -> f64 {
        let Some(window) = self.window(place) else { return 0.0 };
        let size = (self.own_energy * self.energy(place as usize)).sqrt();
        if size > 0.0 { dot_exact(self.original, window) / size } else { 0.0 }
    }

    /// The place, between others, of the highest peak of the correlation, in single precision.
    fn highest(&self) -> Option<i64> {
        let mut likenesses = Vec::with_capacity(self.places.len() + STRETCHES);
        for first in self.places.clone().step_by(STRETCHES) {
            likenesses.extend(dots(self.original, &self.samples[first..]).map(f64::from));
        }
        for (place, likeness) in self.places.clone().zip(&mut likenesses) {
            let energy = self.energy(place);
            // The square of the correlation with its sign, less what is the same for all.
            *likeness = if energy > 0.0 { *likeness * likeness.abs() / energy } else { 0.0 };
        }
        let is_peak = |k: &usize| likenesses[*k] >= likenesses[k - 1] && likenesses[*k] >= likenesses[k + 1];
        let inner = 1..self.places.len().saturating_sub(1);
        let highest = inner.filter(is_peak).max_by(|a, b| likenesses[*a].total_cmp(&likenesses[*b]))?;
        Some((self.places.start + highest) as i64)
    }
}
