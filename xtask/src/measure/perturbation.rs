//! How much one period differs from the next: jitter in length, shimmer in strength.
//!
//! In: period marks. Out: percent of the mean, or `None` where too few periods follow each other. Definitions with
//! their limits from Praat's manual, "Voice 2. Jitter" and "Voice 3. Shimmer" (Boersma & Weenink).

use std::f64::consts::PI;
use std::ops::{Range, RangeInclusive};

use super::numbers::mean;
use super::period_marks::Waveform;

/// Shorter and longer distances are no periods, seconds. Source: Praat's manual, "Voice 2. Jitter".
const PERIODS_S: RangeInclusive<f64> = 0.000_1..=0.02;
/// Neighbours with a larger ratio are not two periods of one voice: a mark was missed. Source: Praat's manual, "Voice
/// 2. Jitter".
const MOST_PERIOD_RATIO: f64 = 1.3;
/// The same for their strengths. Source: Praat's manual, "Voice 3. Shimmer".
const MOST_STRENGTH_RATIO: f64 = 1.6;
/// A period's strength is the rms under a Hann window over this share of the periods on both sides. Source: Praat's
/// manual, "Voice 3. Shimmer".
const STRENGTH_SHARE: f64 = 0.2;

/// Jitter and shimmer of one stretch of voice.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Perturbation {
    /// Mean difference of neighbouring periods, % of the mean period.
    pub(super) jitter_local_percent: Option<f64>,
    /// Mean difference of a period from the mean of the five around it, % of the mean period.
    pub(super) jitter_ppq5_percent: Option<f64>,
    /// Mean difference of neighbouring periods' strengths, % of the mean strength.
    pub(super) shimmer_local_percent: Option<f64>,
}

impl Perturbation {
    /// From the marks of one run that are in a span; both in seconds into the file.
    pub(super) fn new(waveform: &Waveform, marks: &[f64], span_s: &Range<f64>) -> Self {
        let marks: Vec<f64> = marks.iter().copied().filter(|mark| span_s.contains(mark)).collect();
        let periods: Vec<f64> = marks.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let Some(mean_s) = mean_period_s(&periods) else { return Self::default() };
        let percent = |mean_distance_s: f64| 100.0 * mean_distance_s / mean_s;
        Self {
            jitter_local_percent: mean_distance(&periods, 2, |two| (two[0] - two[1]).abs()).map(percent),
            jitter_ppq5_percent: mean_distance(&periods, 5, |five| (five[2] - mean(five)).abs()).map(percent),
            shimmer_local_percent: shimmer_percent(waveform, &marks),
        }
    }
}

/// Whether distances between marks that follow each other are periods of one voice.
fn are_periods(periods: &[f64]) -> bool {
    let ratio = |pair: &[f64]| (pair[0] / pair[1]).max(pair[1] / pair[0]);
    periods.iter().all(|period| PERIODS_S.contains(period))
        && periods.windows(2).all(|pair| ratio(pair) <= MOST_PERIOD_RATIO)
}

/// The mean of all periods that have a valid neighbour.
fn mean_period_s(periods: &[f64]) -> Option<f64> {
    let has_neighbour = |k: usize| {
        let before = k.checked_sub(1).and_then(|before| periods.get(before..=k));
        before.is_some_and(are_periods) || periods.get(k..k + 2).is_some_and(are_periods)
    };
    let valid: Vec<f64> = (0..periods.len()).filter(|&k| has_neighbour(k)).map(|k| periods[k]).collect();
    (!valid.is_empty()).then(|| mean(&valid))
}

/// The mean of a distance over all groups of `n` periods.
fn mean_distance(periods: &[f64], n: usize, distance: impl Fn(&[f64]) -> f64) -> Option<f64> {
    let distances: Vec<f64> = periods.windows(n).filter(|group| are_periods(group)).map(distance).collect();
    (!distances.is_empty()).then(|| mean(&distances))
}

fn shimmer_percent(waveform: &Waveform, marks: &[f64]) -> Option<f64> {
    let around = marks.windows(3).filter(|three| are_periods(&[three[1] - three[0], three[2] - three[1]]));
    let strengths: Vec<(f64, f64)> = around.filter_map(|three| Some((three[1], strength(waveform, three)?))).collect();
    let differences = strengths.windows(2).filter_map(|pair| {
        let [(time_a, a), (time_b, b)] = [pair[0], pair[1]];
        let is_pair = PERIODS_S.contains(&(time_b - time_a)) && (a / b).max(b / a) <= MOST_STRENGTH_RATIO;
        is_pair.then_some((a - b).abs())
    });
    let differences: Vec<f64> = differences.collect();
    let all: Vec<f64> = strengths.iter().map(|(_, strength)| *strength).collect();
    (!differences.is_empty()).then(|| 100.0 * mean(&differences) / mean(&all))
}

/// The rms around the middle one of three marks.
fn strength(waveform: &Waveform, marks: &[f64]) -> Option<f64> {
    let middle = marks[1];
    let reach = [middle - marks[0], marks[2] - middle].map(|period| STRENGTH_SHARE * period);
    let first = waveform.place(middle - reach[0]).ceil().max(0.0) as usize;
    let last = waveform.place(middle + reach[1]).floor().max(0.0) as usize;
    let (mut squares, mut weights) = (0.0, 0.0);
    for (k, sample) in waveform.samples.get(first..=last)?.iter().enumerate() {
        let from_middle = ((first + k) as f64 - waveform.place(middle)) / waveform.rate_hz;
        let weight = 0.5 + 0.5 * (PI * from_middle / reach[usize::from(from_middle > 0.0)]).cos();
        squares += (f64::from(*sample) * weight).powi(2);
        weights += weight * weight;
    }
    // With fewer than three samples there is no window.
    (last >= first + 2 && squares > 0.0).then(|| (squares / weights).sqrt())
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use con_anima::demo::{Voice, Vowel, sing_vowel};

    use super::super::period_marks::period_marks;
    use super::super::track::{HOP_S, Track, cents_of_hz};
    use super::*;

    const RATE_HZ: f64 = 48_000.0;

    /// Numbers around 0 that do not repeat, about 1 rms.
    fn random(k: usize) -> f64 {
        let mut state = (k as u32).wrapping_mul(0x9e37_79b9) ^ 0x85eb_ca6b;
        let mut uniform = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 8) / f64::from(1_u32 << 24) - 0.5
        };
        (0..12).map(|_| uniform()).sum()
    }

    /// A second and a half of damped pulses around 200 Hz, with the starts and strengths of all.
    fn pulses(jitter_ratio: f64, shimmer_ratio: f64) -> (Waveform, Vec<f64>, Vec<f64>) {
        let mut starts = vec![0.01];
        while starts[starts.len() - 1] < 1.45 {
            starts.push(starts[starts.len() - 1] + 0.005 * (1.0 + jitter_ratio * random(starts.len())));
        }
        let strengths: Vec<f64> = (0..starts.len()).map(|k| 1.0 + shimmer_ratio * random(k + 7000)).collect();
        let mut samples = vec![0.0; (1.5 * RATE_HZ) as usize];
        for (start, strength) in starts.iter().zip(&strengths) {
            let first = (start * RATE_HZ).ceil() as usize;
            for (k, sample) in samples[first..].iter_mut().enumerate().take(400) {
                let since_s = (first + k) as f64 / RATE_HZ - start;
                // A soft beginning, so that the pulse is band-limited and its start may lie between two samples.
                let envelope = (since_s * 2000.0).powi(2) * (-since_s * 2000.0).exp();
                *sample += strength * envelope * (TAU * 700.0 * since_s).cos();
            }
        }
        let samples = samples.into_iter().map(|sample: f64| sample as f32).collect();
        (Waveform { samples, rate_hz: RATE_HZ, start_s: 0.0 }, starts, strengths)
    }

    fn measured(waveform: &Waveform, hz: f64) -> Perturbation {
        let duration_s = waveform.samples.len() as f64 / RATE_HZ;
        let track = Track::sung(duration_s, |_| cents_of_hz(hz));
        let marks = period_marks(waveform, &track);
        assert_eq!(marks.len(), 1);
        Perturbation::new(waveform, &marks[0].1, &(0.1..duration_s - 0.1))
    }

    #[test]
    fn jitter_is_found_as_it_was_made() {
        for jitter_ratio in [0.002, 0.005, 0.01] {
            let (waveform, starts, _) = pulses(jitter_ratio, 0.0);
            let periods: Vec<f64> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
            let percent = |distance: Option<f64>| 100.0 * distance.expect("enough periods") / mean(&periods);
            let truth = percent(mean_distance(&periods, 2, |two| (two[0] - two[1]).abs()));
            let truth_ppq5 = percent(mean_distance(&periods, 5, |five| (five[2] - mean(five)).abs()));
            let found = measured(&waveform, 200.0);
            for (found, truth) in [(found.jitter_local_percent, truth), (found.jitter_ppq5_percent, truth_ppq5)] {
                let found = found.expect("a voice");
                assert!((found / truth - 1.0).abs() < 0.1, "{found} % for {truth} %");
            }
        }
    }

    #[test]
    fn shimmer_is_found_as_it_was_made() {
        for shimmer_ratio in [0.02, 0.06] {
            let (waveform, _, strengths) = pulses(0.0, shimmer_ratio);
            let differences: Vec<f64> = strengths.windows(2).map(|pair| (pair[0] - pair[1]).abs()).collect();
            let truth = 100.0 * mean(&differences) / mean(&strengths);
            let found = measured(&waveform, 200.0).shimmer_local_percent.expect("a voice");
            assert!((found / truth - 1.0).abs() < 0.1, "{found} % for {truth} %");
        }
    }

    #[test]
    fn a_machines_vowel_has_next_to_none() {
        for hz in [97.0, 220.0, 523.0] {
            let take = sing_vowel(Voice::Woman, Vowel::Ah, move |_| hz, 1.0, RATE_HZ);
            let found = measured(&Waveform { samples: take.samples, rate_hz: RATE_HZ, start_s: 0.0 }, hz);
            assert!(found.jitter_local_percent.is_some_and(|percent| percent < 0.02), "{hz} Hz: {found:?}");
            assert!(found.shimmer_local_percent.is_some_and(|percent| percent < 0.3), "{hz} Hz: {found:?}");
        }
    }

    #[test]
    fn silence_has_no_periods_and_an_inexact_pitch_does_little_harm() {
        let silence = Waveform { samples: vec![0.0; 48_000], rate_hz: RATE_HZ, start_s: 0.0 };
        assert_eq!(measured(&silence, 200.0), Perturbation::default());
        let unvoiced = Track { start_s: 0.0, cents: vec![None; (1.0 / HOP_S) as usize] };
        assert!(period_marks(&silence, &unvoiced).is_empty());
        // With a track that is off by 3 % the marks still follow the waveform.
        let (waveform, ..) = pulses(0.0, 0.0);
        assert!(measured(&waveform, 206.0).jitter_local_percent.is_some_and(|percent| percent < 0.05));
    }
}
