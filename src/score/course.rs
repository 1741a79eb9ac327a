//! How a note is reached and how its pitch goes.
//!
//! In: what is known of the audio around it. Out: pitches compared. In Phrase half a second lies ahead, in Studio some
//! hundredths, in Live nothing; what is not known is `None`.

use super::View;

/// A leap is seen from the pitch so long before a note begins, seconds: a consonant may lie between.
/// Chosen: longer than most voiced consonants; shorter, and a leap over a consonant is none.
const BEFORE_S: f64 = 0.06;
/// A leap is seen to the pitch so long behind the beginning, seconds, where a portamento has come to its end; or, where
/// no more is known, to the second.
/// Source: docs/voice.md, transitions between notes last 25 to 110 ms.
const AFTER_S: [f64; 2] = [0.1, 0.015];
/// A note's movement is looked at from so long behind its beginning, and to so long before its end, seconds: consonants
/// and portamento pull at both.
/// Source: the reference statistics of docs/voice.md leave out as much.
const HEAD_S: f64 = 0.08;
const TAIL_S: f64 = 0.05;
/// A shorter stretch tells nothing of a note, seconds.
/// Chosen: two thirds of a vibrato's cycle; with less, glides count as movement.
const LEAST_SEEN_S: f64 = 0.12;
/// The pitch is looked at so often, seconds.
/// Chosen: once a window of the analysis; more often shows nothing new.
const EVERY_S: f64 = 0.005;
/// The pitch is looked at over so long before a note's end at most, seconds.
/// Chosen: what lies further back is no longer kept when the next note begins.
const MOST_SEEN_S: f64 = 0.4;
/// As often as [`EVERY_S`] goes into [`MOST_SEEN_S`], and some more for rounding. Source: computed.
const MOST_PLACES: usize = 96;
/// A note is centred between where this part of it lies below and above: a vibrato need not be seen for whole cycles,
/// and what is left of glides does not count.
/// Chosen: with the median a vibrato's half cycle moves the centre; with the extremes a glide does.
const BEYOND: f64 = 0.1;
/// Movement is that of means over this many places, 30 ms: what is faster is flutter, which machines have, too.
/// Measured: `cargo lab tune`; without it the jumps of diphones, 4 to 5 cents, passed for a singer's movement.
const SMOOTHED_PLACES: usize = 6;

/// The pitch of a note between its head and its tail.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Course {
    /// Where it is centred, cents re 1 Hz.
    pub centre_cents: f64,
    /// How far it lies from its mean, but for flutter, cents rms.
    pub movement_cents: f64,
}

/// How far the note that begins at a song position lies above what the voice comes from, cents; `None` where it comes
/// from nothing, or too little is known.
pub(super) fn leap_cents(onset: i64, view: &View<'_, '_>) -> Option<f64> {
    let pitch = |after_s: f64| view.decided_pitch_cents(onset + view.samples(after_s));
    let before = pitch(-BEFORE_S)?;
    AFTER_S.into_iter().find_map(pitch).map(|reached| reached - before)
}

/// How far the note that begins at a song position is decided, and whether it ends there.
pub(super) fn known_end(onset: i64, view: &View<'_, '_>) -> (i64, bool) {
    let mut at = onset;
    while let Some(hop) = view.decided_at(at) {
        let frame = hop.known.frame;
        if at > onset && (frame.f0_hz == 0.0 || frame.onset.is_some()) {
            return (at, true);
        }
        at = view.end(&hop);
    }
    (at, false)
}

/// The pitch of a note between its head and its tail, from one song position to another, as late as that is; `None`
/// where too little is known.
pub(super) fn course(onset: i64, end: i64, view: &View<'_, '_>) -> Option<Course> {
    let (from, until) = (onset + view.samples(HEAD_S), end - view.samples(TAIL_S));
    if until - from < view.samples(LEAST_SEEN_S) {
        return None;
    }
    let from = from.max(until - view.samples(MOST_SEEN_S));
    let places = (from..until).step_by(view.samples(EVERY_S).max(1) as usize);
    let (mut pitches, mut n) = ([0.0; MOST_PLACES], 0);
    for (pitch, cents) in pitches.iter_mut().zip(places.filter_map(|at| view.pitch_cents(at))) {
        (*pitch, n) = (cents, n + 1);
    }
    let pitches = &mut pitches[..n];
    if (n as f64) < LEAST_SEEN_S / EVERY_S / 2.0 {
        return None;
    }
    let movement_cents = movement_cents(pitches);
    pitches.sort_unstable_by(f64::total_cmp);
    let n_beyond = (BEYOND * n as f64) as usize;
    let centre_cents = 0.5 * (pitches[n_beyond] + pitches[n - 1 - n_beyond]);
    Some(Course { centre_cents, movement_cents })
}

/// How far pitches in the order of time, cents, lie from their mean, but for what is fast, rms.
fn movement_cents(pitches: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let around = |k: usize| {
        let from = k.saturating_sub(SMOOTHED_PLACES / 2);
        mean(&pitches[from..(k + SMOOTHED_PLACES / 2).min(pitches.len())])
    };
    let (mut sum, mut squares) = (0.0, 0.0);
    // Around the first, so that nothing is lost to rounding.
    let origin = pitches.first().copied().unwrap_or(0.0);
    for k in 0..pitches.len() {
        let cents = around(k) - origin;
        (sum, squares) = (sum + cents, squares + cents * cents);
    }
    let n = pitches.len().max(1) as f64;
    (squares / n - (sum / n).powi(2)).max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::super::Ahead;
    use super::*;
    use crate::analysis::{Frame, Known, Singer};
    use crate::settings::Settings;

    /// What is seen of a take from song position 0 on whose pitch at a time is told, cents re 1 Hz.
    fn seen<T>(cents: &dyn Fn(f64) -> Option<f64>, look: impl FnOnce(&View<'_, '_>) -> T) -> T {
        const RATE_HZ: f64 = 48_000.0;
        const HOP: i64 = 64;
        let singer = Singer::default();
        let hop = |index: i64| {
            let first = index.div_euclid(HOP) * HOP;
            let f0_hz = cents(first as f64 / RATE_HZ).map_or(0.0, |cents| (cents / 1200.0).exp2() as f32);
            let known = Known { end: first + HOP, frame: Frame { f0_hz, ..Frame::SILENCE }, is_decided: true };
            let is_there = (0..(2.0 * RATE_HZ) as i64).contains(&index);
            is_there.then_some(Ahead { known, singer: &singer, position_samples: first, settings: &Settings::NEUTRAL })
        };
        look(&View { origin: 0, sample_rate_hz: RATE_HZ, ahead: &hop })
    }

    #[test]
    fn a_leap_goes_from_the_note_before_to_where_the_glide_ends() {
        // A fifth up at 1 s, in 60 ms; a consonant of 40 ms lies between in the second take, a rest in the third.
        let glide = |t: f64| 9000.0 + 700.0 * ((t - 1.0) / 0.06).clamp(0.0, 1.0);
        let leap = |gap_s: f64| {
            let voiced = move |t: f64| Some(glide(t)).filter(|_| !(1.0 - gap_s..1.0).contains(&t));
            seen(&voiced, |view| leap_cents(48_000, view))
        };
        for gap_s in [0.0, 0.04] {
            assert!(leap(gap_s).is_some_and(|cents| (cents - 700.0).abs() < 1.0), "{gap_s} s: {:?}", leap(gap_s));
        }
        assert_eq!(leap(0.2), None);
    }

    #[test]
    fn a_note_is_centred_between_its_ends_and_known_to_where_it_stops() {
        let sung = |t: f64| (t < 1.5).then_some(9000.0 + if t < 1.06 { -300.0 } else { 0.0 });
        let (end, is_end) = seen(&sung, |view| known_end(48_000, view));
        assert!(is_end && (end - 72_000).abs() <= 64, "{end}");
        let course = seen(&sung, |view| course(48_000, end, view)).expect("long enough");
        assert!((course.centre_cents - 9000.0).abs() < 0.5 && course.movement_cents < 0.5, "{course:?}");
        assert_eq!(seen(&sung, |view| super::course(48_000, 48_000 + 9600, view)), None, "too short to tell");
    }

    #[test]
    fn movement_is_what_is_slow() {
        let course = |cents: &dyn Fn(f64) -> f64| {
            let pitches: Vec<f64> = (0..80).map(|k| 6000.0 + cents(f64::from(k) * EVERY_S)).collect();
            movement_cents(&pitches)
        };
        let swing = |rate_hz: f64| move |time_s: f64| 10.0 * (std::f64::consts::TAU * rate_hz * time_s).sin();
        assert_eq!(course(&|_| 3.0), 0.0);
        assert!((6.5..7.1).contains(&course(&swing(2.5))), "{}", course(&swing(2.5)));
        assert!((4.5..6.5).contains(&course(&swing(12.5))), "{}", course(&swing(12.5)));
        assert!(course(&swing(33.0)) < 1.0, "{}", course(&swing(33.0)));
        // A jump from frame to frame.
        assert!(course(&|time_s| if (time_s / EVERY_S) as i64 % 4 < 2 { 5.0 } else { -5.0 }) < 2.5);
    }
}
