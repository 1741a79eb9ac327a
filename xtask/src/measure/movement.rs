//! How the pitch moves inside a held note, and how the note begins.
//!
//! In: a held note. Out: its centre, the size of its movements by speed, its vibrato, its onset; `None` where the note
//! is too short. Bands and least lengths are those of the reference statistics: drift is below, vibrato within and
//! flutter above the rates of intended vibrato (Prame 1994: 5.3 to 6.6 Hz).

use std::ops::Range;

use super::held::Held;
use super::numbers::{median, median_of_five, moving_mean, slope, standard_deviation};
use super::spectrum::Spectrum;
use super::track::{HOP_S, Track};

/// The band of drift, Hz. Source: docs/voice.md, "Human against machine".
const DRIFT_HZ: Range<f64> = 0.3..3.0;
/// The band of vibrato, Hz. Source: docs/voice.md, "Human against machine".
const VIBRATO_HZ: Range<f64> = 4.0..8.0;
/// The band of flutter, Hz. Source: docs/voice.md, "Human against machine".
const FLUTTER_HZ: Range<f64> = 8.0..20.0;
/// Bands for the slope of the spectrum, Hz, without vibrato, which would bend the line. Source: the reference
/// statistics (docs/voice.md, "Tools").
const SLOPE_HZ: [Range<f64>; 2] = [1.0..4.0, 8.0..20.0];

/// The shortest note with a drift, seconds: about one slow cycle. Source: the reference statistics (docs/voice.md,
/// "Tools").
const LEAST_DRIFT_S: f64 = 0.6;
/// The shortest note with a vibrato, seconds: two cycles. Source: the reference statistics (docs/voice.md, "Tools").
const LEAST_VIBRATO_S: f64 = 0.45;
/// The shortest note with power in the vibrato band, seconds: one cycle and a half. Source: the reference statistics
/// (docs/voice.md, "Tools").
const LEAST_BAND_S: f64 = 0.35;

/// Where the strongest movement is looked for, Hz; vibrato is inside [`VIBRATO_HZ`]. Source: the reference statistics
/// (docs/voice.md, "Tools").
const PEAK_HZ: Range<f64> = 3.0..10.0;
/// Width of a peak to either side, Hz: the Hann window over half a second. Source: the reference statistics
/// (docs/voice.md, "Tools").
const PEAK_REACH_HZ: f64 = 1.2;
/// A smaller extent is no vibrato, cents. Source: the reference statistics (docs/voice.md, "Tools").
const LEAST_EXTENT_CENTS: f64 = 12.0;
/// Vibrato has more than this share of all movement above 1 Hz. Source: the reference statistics (docs/voice.md,
/// "Tools").
const LEAST_VIBRATO_SHARE: f64 = 0.5;

/// A single hop this far from its neighbours is a tracking error, cents. Source: the reference statistics
/// (docs/voice.md, "Tools").
const MOST_OUTLIER_CENTS: f64 = 60.0;

/// A note that begins later in its voiced run comes from another note, hops: 150 ms. Source: the reference statistics
/// (docs/voice.md, "Tools").
const MOST_ONSET_HOPS: usize = 30;
/// The start of the voice is read from so many hops: 30 ms. Source: the reference statistics (docs/voice.md, "Tools").
const START_HOPS: usize = 6;
/// A start further away belongs to another note or another octave, cents. Source: the reference statistics
/// (docs/voice.md, "Tools").
const MOST_SCOOP_CENTS: f64 = 700.0;
/// The scoop has settled when it is this near, cents. Source: docs/voice.md, "Human against machine".
const SETTLED_CENTS: f64 = 30.0;
/// It must settle within so many hops: 0.4 s. Source: the reference statistics (docs/voice.md, "Tools").
const MOST_SETTLING_HOPS: usize = 80;

/// The movement of the pitch in one note.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Movement {
    /// The median pitch, cents above MIDI note 0.
    pub(super) centre_cents: f64,
    /// Standard deviation of the pitch.
    pub(super) deviation_cents: f64,
    /// Slope of the note as a whole.
    pub(super) trend_cents_per_s: Option<f64>,
    /// Rms from 0.3 to 3 Hz.
    pub(super) drift_cents: Option<f64>,
    /// Rms from 4 to 8 Hz, vibrato or not.
    pub(super) vibrato_band_cents: Option<f64>,
    /// Rms from 8 to 20 Hz.
    pub(super) flutter_cents: Option<f64>,
    /// Slope of the movement's spectrum.
    pub(super) slope_db_per_octave: Option<f64>,
    /// Outer `None` if the note is too short to show vibrato, inner `None` if it has none.
    pub(super) vibrato: Option<Option<Vibrato>>,
    /// The beginning of the note.
    pub(super) scoop: Option<Scoop>,
}

/// A regular movement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Vibrato {
    /// Cycles per second.
    pub(super) rate_hz: f64,
    /// From the middle to either side.
    pub(super) extent_cents: f64,
}

/// How the voice reaches its note.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scoop {
    /// Where it starts, relative to the note.
    pub(super) start_cents: f64,
    /// Time until it is near the note; `None` if that takes too long.
    pub(super) settling_s: Option<f64>,
}

impl Movement {
    /// The movement of a held note in its track.
    pub(super) fn new(note: &Held, track: &Track) -> Self {
        let core = core(note);
        let centre_cents = median(&core).unwrap_or(0.0);
        let curve: Vec<f64> = core.iter().map(|cents| cents - centre_cents).collect();
        let timed: Vec<_> = curve.iter().enumerate().map(|(k, cents)| (k as f64 * HOP_S, *cents)).collect();
        let spectrum = Spectrum::new(&curve);
        // Lengths are whole hops; half a hop more keeps rounding from deciding.
        let duration_s = (curve.len() as f64 + 0.5) * HOP_S;
        let rms = |band_hz, least_s| (duration_s >= least_s).then(|| spectrum.rms(band_hz));
        Self {
            centre_cents,
            deviation_cents: standard_deviation(&curve),
            trend_cents_per_s: slope(&timed).map(f64::abs),
            drift_cents: rms(&DRIFT_HZ, LEAST_DRIFT_S),
            vibrato_band_cents: rms(&VIBRATO_HZ, LEAST_BAND_S),
            flutter_cents: rms(&FLUTTER_HZ, LEAST_BAND_S),
            slope_db_per_octave: spectrum.slope_db_per_octave(&SLOPE_HZ).filter(|_| duration_s >= LEAST_DRIFT_S),
            vibrato: (duration_s >= LEAST_VIBRATO_S).then(|| vibrato(&spectrum)),
            scoop: scoop(note, track, centre_cents),
        }
    }
}

/// The note without its ends and without errors of single hops.
fn core(note: &Held) -> Vec<f64> {
    let margin = note.margin_hops();
    let core = &note.cents[margin..note.cents.len() - margin];
    let steady = median_of_five(core);
    let is_outlier = |(cents, steady): (&f64, &f64)| (cents - steady).abs() > MOST_OUTLIER_CENTS;
    core.iter().zip(&steady).map(|pair| if is_outlier(pair) { *pair.1 } else { *pair.0 }).collect()
}

fn vibrato(spectrum: &Spectrum) -> Option<Vibrato> {
    let rate_hz = spectrum.peak_hz(&PEAK_HZ)?;
    let peak_hz = (rate_hz - PEAK_REACH_HZ).max(PEAK_HZ.start)..rate_hz + PEAK_REACH_HZ;
    let power = spectrum.power(&peak_hz);
    let extent_cents = (2.0 * power).sqrt();
    let is_vibrato = VIBRATO_HZ.contains(&rate_hz)
        && extent_cents > LEAST_EXTENT_CENTS
        && power > LEAST_VIBRATO_SHARE * spectrum.power(&(1.0..20.0));
    is_vibrato.then_some(Vibrato { rate_hz, extent_cents })
}

fn scoop(note: &Held, track: &Track, centre_cents: f64) -> Option<Scoop> {
    let run_start = note.run.start;
    if note.hops.start - run_start > MOST_ONSET_HOPS {
        return None;
    }
    let from_centre = |hops: Range<usize>| -> Vec<f64> {
        track.cents[hops].iter().flatten().map(|cents| cents - centre_cents).collect()
    };
    let start_cents = median(&from_centre(run_start..run_start + START_HOPS))?;
    let way = from_centre(run_start..note.hops.end.min(run_start + MOST_SETTLING_HOPS));
    let settled = moving_mean(&way, 1).iter().position(|cents| cents.abs() < SETTLED_CENTS);
    let scoop = Scoop { start_cents, settling_s: settled.map(|hops| hops as f64 * HOP_S) };
    (start_cents.abs() < MOST_SCOOP_CENTS).then_some(scoop)
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::super::held::held_notes;
    use super::*;

    /// The movement found in a single note whose pitch moves like this around 6000 cents.
    fn movement(duration_s: f64, cents: impl Fn(f64) -> f64) -> Movement {
        let track = Track::sung(duration_s, |time_s| 6000.0 + cents(time_s));
        let notes = held_notes(&track);
        assert_eq!(notes.len(), 1);
        Movement::new(&notes[0], &track)
    }

    fn sine(rms: f64, hz: f64) -> impl Fn(f64) -> f64 {
        move |time_s| rms * 2.0_f64.sqrt() * (TAU * hz * time_s + 0.4).sin()
    }

    #[test]
    fn a_slow_movement_is_drift() {
        for duration_s in [2.3, 3.1, 4.0, 7.7] {
            let found = movement(duration_s, sine(10.0, 1.0));
            let drift_cents = found.drift_cents.expect("a long note");
            assert!((9.0..10.5).contains(&drift_cents), "{duration_s} s: {drift_cents}");
            assert!(found.vibrato_band_cents.is_some_and(|cents| cents < 0.1) && found.vibrato == Some(None));
        }
    }

    #[test]
    fn a_regular_movement_is_vibrato_by_rate_and_extent() {
        for (rate_hz, extent_cents) in [(5.5, 40.0), (4.6, 25.0), (6.6, 70.0)] {
            let found = movement(2.0, sine(extent_cents / 2.0_f64.sqrt(), rate_hz));
            let vibrato = found.vibrato.flatten().expect("vibrato");
            assert!((vibrato.rate_hz - rate_hz).abs() < 0.1, "{vibrato:?}");
            assert!((vibrato.extent_cents / extent_cents - 1.0).abs() < 0.03, "{vibrato:?}");
            assert!(found.drift_cents.is_some_and(|cents| cents < 0.02 * extent_cents));
            assert!((found.deviation_cents * 2.0_f64.sqrt() / extent_cents - 1.0).abs() < 0.05);
        }
    }

    #[test]
    fn a_fast_movement_is_flutter() {
        let found = movement(1.5, sine(4.0, 12.0));
        assert!(found.flutter_cents.is_some_and(|cents| (cents - 4.0).abs() < 0.2));
        assert!(found.drift_cents.is_some_and(|cents| cents < 0.05) && found.vibrato == Some(None));
    }

    #[test]
    fn a_glide_is_a_trend_and_the_spectrum_falls_as_it_was_made() {
        let found = movement(0.8, |time_s| 50.0 * time_s);
        assert!(found.trend_cents_per_s.is_some_and(|trend| (trend - 50.0).abs() < 0.01));
        // Many sines whose powers fall by 6.02 dB per octave.
        let cents = |time_s: f64| {
            (1..120).map(|k| f64::from(k) * 0.21).map(|hz| 6.0 / hz * (TAU * hz * time_s + hz * hz * 9.0).sin()).sum()
        };
        let slope = movement(9.0, cents).slope_db_per_octave.expect("a long note");
        assert!((slope + 6.02).abs() < 1.0, "{slope}");
    }

    #[test]
    fn short_notes_say_no_more_than_they_can() {
        let found = movement(0.3, |_| 0.0);
        let nothing = [found.drift_cents, found.flutter_cents, found.vibrato_band_cents, found.slope_db_per_octave];
        assert_eq!((nothing, found.vibrato), ([None; 4], None));
        assert_eq!((found.centre_cents, found.deviation_cents), (6000.0, 0.0));
    }

    #[test]
    fn a_scoop_is_read_with_its_sign_and_its_time() {
        for start_cents in [-80.0, -120.0, 60.0] {
            let found = movement(1.0, |time_s| start_cents * (-time_s / 0.05).exp());
            let scoop = found.scoop.expect("the voice starts here");
            // Read over the first 30 ms, so in the middle of them.
            let read_cents = start_cents * (-0.25_f64).exp();
            assert!((scoop.start_cents - read_cents).abs() < 3.0, "{scoop:?}");
            let settling_s = 0.05 * (start_cents.abs() / SETTLED_CENTS).ln();
            assert!(scoop.settling_s.is_some_and(|found_s| (found_s - settling_s).abs() < 0.006), "{scoop:?}");
        }
    }

    #[test]
    fn an_error_of_one_hop_is_passed_over() {
        let found = movement(1.0, |time_s| if (time_s - 0.5).abs() < 0.002 { 190.0 } else { 0.0 });
        assert_eq!((found.deviation_cents, found.flutter_cents), (0.0, Some(0.0)));
    }
}
