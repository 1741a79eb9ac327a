//! Held notes: voiced, at one pitch, for a quarter of a second or more.
//!
//! In: a pitch track with short gaps bridged. Out: held notes, without the glides that lead into and out of them.
//! Vibrato is averaged out over one of its cycles; what is left moves only where the note changes. All thresholds are
//! those of the reference statistics, so that results compare.

use std::ops::Range;

use super::numbers::{median, median_of_five, moving_mean, running_sums};
use super::track::{HOP_S, Track};

/// Shorter voiced runs hold no note, hops: 0.2 s. Source: the reference statistics (docs/voice.md, "Tools").
const LEAST_RUN_HOPS: usize = 40;
/// Shorter notes are not held, hops: 0.25 s. Source: the reference statistics (docs/voice.md, "Tools").
const LEAST_NOTE_HOPS: usize = 50;
/// Half of one cycle of slow vibrato, hops: ± 0.1 s. Source: the reference statistics (docs/voice.md, "Tools").
const SMOOTHING_REACH_HOPS: usize = 20;

/// A note changes where the means of so many hops after and before, 180 ms each, differ by more than a step. Source:
/// the reference statistics (docs/voice.md, "Tools").
const STEP_REACH_HOPS: usize = 36;
/// Size of a step, cents: more than vibrato leaves in those means, less than a semitone. Source: the reference
/// statistics (docs/voice.md, "Tools").
const LEAST_STEP_CENTS: f64 = 60.0;
/// Of the steps within so many hops the largest is the change: 80 ms. Source: the reference statistics (docs/voice.md,
/// "Tools").
const STEP_DISTANCE_HOPS: usize = 16;
/// So many hops at either end of a run are too few for a mean. Source: the reference statistics (docs/voice.md,
/// "Tools").
const STEP_MARGIN_HOPS: usize = 10;
/// Length of a change to either side, hops: 40 ms. Source: the reference statistics (docs/voice.md, "Tools").
const CHANGE_HOPS: usize = 8;

/// A slow glide becomes another note when it is so far from the note's mean so far, cents. Source: the reference
/// statistics (docs/voice.md, "Tools").
const MOST_DEPARTURE_CENTS: f64 = 70.0;
/// That mean covers at most so many hops: 0.2 s. Source: the reference statistics (docs/voice.md, "Tools").
const MOST_MEAN_HOPS: usize = 40;
/// A step this near explains the departure, hops: 0.1 s. Source: the reference statistics (docs/voice.md, "Tools").
const DEPARTURE_DISTANCE_HOPS: usize = 20;

/// Faster movement at an end of a note is a glide to or from it, cents per second. Source: the reference statistics
/// (docs/voice.md, "Tools").
const MOST_GLIDE_CENTS_PER_S: f64 = 350.0;
/// The share of a note that must be within [`MOST_DISTANCE_CENTS`] of its median. Source: the reference statistics
/// (docs/voice.md, "Tools").
const LEAST_INNER_SHARE: f64 = 0.9;
/// That distance, cents: trackers jump by octaves. Source: the reference statistics (docs/voice.md, "Tools").
const MOST_DISTANCE_CENTS: f64 = 250.0;

/// A held note.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Held {
    /// Its hops in the track.
    pub(super) hops: Range<usize>,
    /// The voiced run it is part of.
    pub(super) run: Range<usize>,
    /// Its pitch hop by hop, cents.
    pub(super) cents: Vec<f64>,
}

impl Held {
    /// Hops that its ends may still disturb: 50 ms, in a short note 10 ms.
    pub(super) fn margin_hops(&self) -> usize {
        if self.cents.len() >= 70 { 10 } else { 2 }
    }
}

/// All held notes of a track.
pub(super) fn held_notes(track: &Track) -> Vec<Held> {
    let runs = track.voiced_runs().into_iter().filter(|run| run.len() >= LEAST_RUN_HOPS);
    runs.flat_map(|run| notes_of_run(track, &run)).collect()
}

fn notes_of_run(track: &Track, run: &Range<usize>) -> Vec<Held> {
    let cents: Vec<f64> = track.cents[run.clone()].iter().flatten().copied().collect();
    let steady = median_of_five(&cents);
    let changes = changes(&steady);
    let smooth = smoothed(&cents);
    let hops = segments(&smoothed(&steady), &changes).into_iter().map(|segment| trimmed(segment, &changes, &smooth));
    let is_note = |hops: &Range<usize>| hops.len() >= LEAST_NOTE_HOPS && is_one_pitch(&cents[hops.clone()]);
    let held = |hops: Range<usize>| Held {
        cents: cents[hops.clone()].to_vec(),
        hops: run.start + hops.start..run.start + hops.end,
        run: run.clone(),
    };
    hops.filter(is_note).map(held).collect()
}

fn smoothed(cents: &[f64]) -> Vec<f64> {
    moving_mean(cents, SMOOTHING_REACH_HOPS.min((cents.len() - 1) / 2))
}

/// The hops at which one note changes to the next.
fn changes(cents: &[f64]) -> Vec<usize> {
    let sums = running_sums(cents.iter().copied());
    let mean = |hops: Range<usize>| (sums[hops.end] - sums[hops.start]) / hops.len() as f64;
    let step = |k: usize| {
        if k < STEP_MARGIN_HOPS || k + STEP_MARGIN_HOPS >= cents.len() {
            return 0.0;
        }
        let (start, end) = (k.saturating_sub(STEP_REACH_HOPS), (k + STEP_REACH_HOPS).min(cents.len()));
        (mean(k..end) - mean(start..k)).abs()
    };
    let steps: Vec<f64> = (0..cents.len()).map(step).collect();
    let is_largest = |k: usize| {
        let near = k.saturating_sub(STEP_DISTANCE_HOPS)..(k + STEP_DISTANCE_HOPS + 1).min(steps.len());
        steps[near].iter().all(|other| *other <= steps[k])
    };
    (0..steps.len()).filter(|&k| steps[k] > LEAST_STEP_CENTS && is_largest(k)).collect()
}

/// Cuts a run at its changes, and where a glide has moved too far.
fn segments(smooth: &[f64], changes: &[usize]) -> Vec<Range<usize>> {
    let mut segments = Vec::new();
    let mut start = 0;
    let mut mean = smooth[0];
    for (k, pitch) in smooth.iter().enumerate().skip(1) {
        let is_near_change = || changes.iter().any(|change| change.abs_diff(k) <= DEPARTURE_DISTANCE_HOPS);
        let is_gone = (pitch - mean).abs() > MOST_DEPARTURE_CENTS && !is_near_change();
        if changes.contains(&k) || is_gone {
            segments.push(start..k);
            (start, mean) = (k, *pitch);
        } else {
            mean += (pitch - mean) / (k - start + 1).min(MOST_MEAN_HOPS) as f64;
        }
    }
    segments.push(start..smooth.len());
    segments
}

/// A segment without the glides at its ends.
fn trimmed(segment: Range<usize>, changes: &[usize], smooth: &[f64]) -> Range<usize> {
    let Range { mut start, mut end } = segment.clone();
    if changes.contains(&start) {
        start = end.min(start + CHANGE_HOPS);
    }
    if changes.contains(&end) {
        end = start.max(end - CHANGE_HOPS);
    }
    let is_glide = |k: usize| {
        let (before, after) = (k.saturating_sub(1), (k + 1).min(smooth.len() - 1));
        (smooth[after] - smooth[before]).abs() > MOST_GLIDE_CENTS_PER_S * (after - before) as f64 * HOP_S
    };
    while start + 1 < end && is_glide(start) {
        start += 1;
    }
    while start + 1 < end && is_glide(end - 1) {
        end -= 1;
    }
    start..end
}

fn is_one_pitch(cents: &[f64]) -> bool {
    let Some(middle) = median(cents) else { return false };
    let n_inner = cents.iter().filter(|pitch| (*pitch - middle).abs() < MOST_DISTANCE_CENTS).count();
    n_inner as f64 >= LEAST_INNER_SHARE * cents.len() as f64
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    fn centres(track: &Track) -> Vec<f64> {
        let middle = |note: &Held| median(&note.cents).map_or(0.0, f64::round);
        held_notes(track).iter().map(middle).collect()
    }

    #[test]
    fn a_legato_scale_is_cut_into_its_notes() {
        let scale = [5700.0, 5900.0, 6000.0, 6200.0, 5700.0];
        for note_s in [0.5, 0.7, 0.9] {
            let track = Track::sung(note_s * 5.0, |time_s| scale[((time_s / note_s) as usize).min(4)]);
            assert_eq!(centres(&track), scale, "{note_s} s each");
        }
    }

    #[test]
    fn deep_vibrato_is_one_note() {
        for (rate_hz, extent_cents) in [(4.5, 60.0), (5.5, 80.0), (6.5, 120.0)] {
            let track = Track::sung(2.0, |time_s| 6000.0 + extent_cents * (TAU * rate_hz * time_s).sin());
            let notes = held_notes(&track);
            assert_eq!(notes.len(), 1, "{rate_hz} Hz");
            assert!(notes[0].hops.len() > 340, "{rate_hz} Hz: {:?}", notes[0].hops);
        }
    }

    #[test]
    fn glides_and_snatches_are_no_notes() {
        let glide = Track::sung(1.0, |time_s| 5000.0 + 1200.0 * time_s);
        assert_eq!(centres(&glide), [0.0; 0]);
        assert_eq!(centres(&Track::sung(0.24, |_| 6000.0)), [0.0; 0]);
        let mut two = Track::sung(2.0, |_| 6000.0);
        two.cents[150..170].fill(None);
        assert_eq!(held_notes(&two).iter().map(|note| note.hops.clone()).collect::<Vec<_>>(), [0..150, 170..400]);
    }

    #[test]
    fn a_glide_into_a_note_is_not_held() {
        let track = Track::sung(1.3, |time_s| 6000.0 - 1500.0 * (0.2 - time_s).max(0.0));
        let notes = held_notes(&track);
        assert!(notes.len() == 1 && notes[0].hops.start > 20 && notes[0].run == (0..260), "{:?}", notes[0].hops);
    }
}
