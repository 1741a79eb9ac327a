//! How well a pitch track agrees with a reference.
//!
//! In: pairs of reference and detected f0, 0 where unvoiced. Out: gross error, fine error and voicing. The measures are
//! those of melody extraction: Poliner et al., "Melody transcription from music audio", IEEE TASLP 15, 2007.

use super::track::Track;

/// An f0 this far from the reference is a gross error, cents: half a semitone, where the wrong note becomes the nearer
/// one. Source: Poliner et al. 2007.
const GROSS_CENTS: f64 = 50.0;

/// The largest delay that is searched, either way, seconds. Chosen: several times what smoothing over a hop or window
/// could cause.
const FURTHEST_LAG_S: f64 = 0.04;

/// The grid of that search, seconds. Chosen: finer than a hop.
const LAG_STEP_S: f64 = 0.000_1;

/// The true and the detected f0 at one moment, Hz, 0 where unvoiced.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    /// The reference.
    pub(super) true_hz: f64,
    /// The analysis.
    pub(super) heard_hz: f64,
}

/// Totals over all points of a recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct PitchScore {
    n_missed: usize,
    n_false: usize,
    n_unvoiced: usize,
    n_gross: usize,
    /// Sizes of the errors that are not gross, cents.
    fine_cents: Vec<f64>,
}

impl FromIterator<Point> for PitchScore {
    fn from_iter<I: IntoIterator<Item = Point>>(points: I) -> Self {
        let mut score = Self::default();
        for Point { true_hz, heard_hz } in points {
            match (true_hz > 0.0, heard_hz > 0.0) {
                (true, false) => score.n_missed += 1,
                (false, true) => score.n_false += 1,
                (false, false) => score.n_unvoiced += 1,
                (true, true) => match distance_cents(true_hz, heard_hz) {
                    cents if cents > GROSS_CENTS => score.n_gross += 1,
                    cents => score.fine_cents.push(cents),
                },
            }
        }
        score
    }
}

impl PitchScore {
    fn n_voiced_in_both(&self) -> usize {
        self.n_gross + self.fine_cents.len()
    }

    /// The share of gross errors among the points that both call voiced.
    pub(super) fn gross_percent(&self) -> Option<f64> {
        percent(self.n_gross, self.n_voiced_in_both())
    }

    /// The median size of the errors that are not gross.
    pub(super) fn fine_cents(&self) -> Option<f64> {
        median(self.fine_cents.clone())
    }

    /// The share of the voiced points that were not detected as voiced.
    pub(super) fn missed_percent(&self) -> Option<f64> {
        percent(self.n_missed, self.n_missed + self.n_voiced_in_both())
    }

    /// The share of the unvoiced points that were detected as voiced.
    pub(super) fn false_percent(&self) -> Option<f64> {
        percent(self.n_false, self.n_false + self.n_unvoiced)
    }

    /// The share of points on whose voicing both agree.
    pub(super) fn voicing_agreement_percent(&self) -> Option<f64> {
        let n_agreed = self.n_unvoiced + self.n_voiced_in_both();
        percent(n_agreed, n_agreed + self.n_missed + self.n_false)
    }

    /// The harmonic mean of precision and recall of "voiced".
    pub(super) fn voicing_f1(&self) -> Option<f64> {
        let n_both = 2 * self.n_voiced_in_both();
        share(n_both, n_both + self.n_missed + self.n_false)
    }
}

/// The delay of the detected pitch, ms: the shift at which the errors are smallest on average; none where nothing was
/// detected. All gross errors count alike, so that octave errors do not decide it.
pub(super) fn lag_ms(track: &Track, true_hz: impl Fn(f64) -> Option<f64>) -> Option<f64> {
    let heard: Vec<(f64, f64)> = track.timed().map(|(time_s, frame)| (time_s, f64::from(frame.f0_hz))).collect();
    let mean_error_cents = |lag_s: f64| {
        let voiced = heard.iter().filter(|(_, heard_hz)| *heard_hz > 0.0);
        let errors = voiced.filter_map(|&(time_s, heard_hz)| Some(distance_cents(true_hz(time_s - lag_s)?, heard_hz)));
        let (sum, n) = errors.fold((0.0, 0), |(sum, n), cents| (sum + cents.min(GROSS_CENTS), n + 1));
        (n > 0).then(|| sum / f64::from(n))
    };
    let n_steps = (FURTHEST_LAG_S / LAG_STEP_S).round() as i32;
    let lags_s = (-n_steps..=n_steps).map(|k| f64::from(k) * LAG_STEP_S);
    let errors = lags_s.filter_map(|lag_s| Some((mean_error_cents(lag_s)?, lag_s)));
    errors.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, lag_s)| 1000.0 * lag_s)
}

/// The size of an interval.
pub(super) fn distance_cents(a_hz: f64, b_hz: f64) -> f64 {
    (1200.0 * (a_hz / b_hz).log2()).abs()
}

/// A share of a whole; none if the whole is 0.
pub(super) fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// A share of a whole, in percent; none if the whole is 0.
pub(super) fn percent(part: usize, whole: usize) -> Option<f64> {
    share(part, whole).map(|share| 100.0 * share)
}

/// The median, the upper of two; none of no values.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use con_anima::analysis::Frame;

    use super::*;

    fn score(pairs: &[(f64, f64)]) -> PitchScore {
        pairs.iter().map(|&(true_hz, heard_hz)| Point { true_hz, heard_hz }).collect()
    }

    fn cents_up(hz: f64, cents: f64) -> f64 {
        hz * (cents / 1200.0).exp2()
    }

    #[test]
    fn each_kind_of_error_is_counted_where_it_belongs() {
        let octave = (220.0, 440.0);
        let flat = (220.0, cents_up(220.0, -10.0));
        let sharp = (220.0, cents_up(220.0, 30.0));
        let score = score(&[octave, flat, sharp, (220.0, 220.0), (220.0, 0.0), (0.0, 220.0), (0.0, 0.0), (0.0, 0.0)]);
        assert_eq!(score.gross_percent(), Some(25.0));
        assert!((score.fine_cents().expect("three errors") - 10.0).abs() < 1e-9);
        assert_eq!(score.missed_percent(), Some(20.0));
        assert!((score.false_percent().expect("three unvoiced") - 100.0 / 3.0).abs() < 1e-9);
        assert_eq!(score.voicing_agreement_percent(), Some(75.0));
        assert_eq!(score.voicing_f1(), Some(0.8));
    }

    #[test]
    fn half_a_semitone_is_where_an_error_becomes_gross() {
        assert_eq!(score(&[(100.0, cents_up(100.0, 49.9))]).gross_percent(), Some(0.0));
        assert_eq!(score(&[(100.0, cents_up(100.0, -50.1))]).gross_percent(), Some(100.0));
    }

    #[test]
    fn deafness_is_not_accuracy() {
        let deaf = score(&[(220.0, 0.0), (0.0, 0.0)]);
        assert_eq!((deaf.gross_percent(), deaf.fine_cents(), deaf.voicing_f1()), (None, None, Some(0.0)));
    }

    #[test]
    fn a_late_track_shows_its_lag() {
        let glide = |time_s: f64| 220.0 * (0.1 * (9.0 * time_s).sin()).exp2();
        for late_ms in [-7.5, 0.0, 0.4, 12.0] {
            let heard_hz = |k: i32| glide((f64::from(k) + 0.5) * 0.001 - late_ms / 1000.0) as f32;
            let frames = (0..2000).map(|k| Frame { f0_hz: heard_hz(k), ..Frame::SILENCE }).collect();
            let track = Track { hop_s: 0.001, frames };
            let lag_ms = lag_ms(&track, |time_s| Some(glide(time_s))).expect("voiced");
            assert!((lag_ms - late_ms).abs() < 0.11, "{lag_ms} for {late_ms}");
        }
    }
}
