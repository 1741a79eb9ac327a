//! What can be seen of a note when it begins: how it is reached, how long it lasts, what the take does with it itself.
//!
//! In: what is known of the audio ahead. Out: pitches compared. In Phrase half a second lies ahead, in Studio some
//! hundredths, in Live nothing; what is not seen is `None`.

use super::Lookahead;

/// A leap is seen from the pitch so long before a note begins, seconds: a consonant may lie between; …
const BEFORE_S: f64 = 0.06;
/// … to that so long behind, where a glide has come to its end, or, where no more is seen, the second.
const AFTER_S: [f64; 2] = [0.1, 0.015];
/// An overshoot is furthest out after the first (VOICE.md: second order, ω 34.8 rad/s, ζ 0.54), and over after the
/// second, seconds.
const OVERSHOOT_S: [f64; 2] = [0.107, 0.28];
/// A note's movement is looked at from so long behind its beginning to so long before its end, seconds: consonants and
/// glides pull at both (the reference statistics leave out as much) …
const HEAD_S: f64 = 0.08;
const TAIL_S: f64 = 0.05;
/// … if that is no shorter than this, seconds, …
const LEAST_SEEN_S: f64 = 0.12;
/// … and so often, seconds, over so long before its end at most, seconds: more lies too far back to be known when the
/// next note begins.
const EVERY_S: f64 = 0.005;
const MOST_SEEN_S: f64 = 0.4;
/// As often as that goes into it.
const MOST_PLACES: usize = 96;
/// A note is centred between where this part of it lies below and above: a vibrato need not be seen for whole cycles,
/// and what is left of glides does not count.
const BEYOND: f64 = 0.1;
/// Its movement is that of means over this many places, 30 ms: what is faster is flutter, which machines have, too.
/// Without it the jumps of diphones, 4 to 5 cents, passed for life.
const SMOOTHED_PLACES: usize = 6;
/// A fall is seen from so long before a phrase's end to so long before it, seconds: the very end creaks.
const FALL_S: [f64; 2] = [0.2, 0.03];

/// What is seen of a note.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Seen {
    /// How far it lies above the note before, cents; 0 where the voice does not go on from that.
    pub(super) leap_cents: f64,
    /// The same, also where a consonant lies between; `None` where it is not known.
    pub(super) step_cents: Option<f64>,
    /// By how much the take itself goes beyond it first, in the direction of the leap, cents.
    pub(super) overshoot_cents: Option<f64>,
    /// How long it lasts, seconds; `None` for longer than can be seen.
    pub(super) length_s: Option<f64>,
    /// Where its pitch lies behind its head, and how far it moves.
    pub(super) course: Option<Course>,
}

/// The pitch of a note between its head and its tail.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Course {
    /// Where it is centred, cents re 1 Hz.
    pub(super) centre_cents: f64,
    /// How far it lies from its mean, but for flutter, cents rms.
    pub(super) movement_cents: f64,
}

/// What is seen of the note whose vowel begins at an absolute index, behind one that went like `last`.
pub(super) fn note(onset: i64, last: Option<Course>, sample_rate_hz: f64, ahead: &Lookahead<'_>) -> Seen {
    let pitch = |after_s: f64| pitch_cents(onset + (after_s * sample_rate_hz) as i64, ahead);
    let reached = AFTER_S.into_iter().find_map(pitch);
    let difference = |(before, after): (f64, f64)| after - before;
    let leap_cents = pitch(-BEFORE_S).zip(reached).map(difference);
    let (end, is_end) = end(onset, ahead);
    let length_s = is_end.then(|| (end - onset) as f64 / sample_rate_hz);
    let [peak_s, settled_s] = OVERSHOOT_S;
    let is_whole = length_s.is_none_or(|length_s| length_s > settled_s);
    let overshoot = pitch(peak_s).zip(pitch(settled_s)).filter(|_| is_whole);
    let overshoot_cents = overshoot.map(|(peak, settled)| (peak - settled) * leap_cents.unwrap_or(0.0).signum());
    let course = course(onset, end, sample_rate_hz, ahead);
    let centres = last.zip(course).map(|(last, course)| (last.centre_cents, course.centre_cents));
    let step_cents = centres.map(difference).or(leap_cents);
    Seen { leap_cents: leap_cents.unwrap_or(0.0), step_cents, overshoot_cents, length_s, course }
}

/// By how much the take itself falls where a phrase ends, at an absolute index, cents; 0 where that is not known.
pub(super) fn fall_cents(end: i64, sample_rate_hz: f64, ahead: &Lookahead<'_>) -> f64 {
    let [before, last] = FALL_S.map(|before_s| pitch_cents(end - (before_s * sample_rate_hz) as i64, ahead));
    before.zip(last).map_or(0.0, |(before, last)| before - last)
}

/// The pitch at an absolute index, cents re 1 Hz; `None` where nothing is voiced or known.
fn pitch_cents(index: i64, ahead: &Lookahead<'_>) -> Option<f64> {
    let f0_hz = ahead(index).map_or(0.0, |hop| f64::from(hop.known.frame.f0_hz));
    (f0_hz > 0.0).then(|| 1200.0 * f0_hz.log2())
}

/// As far as can be seen of the note that begins at an absolute index, and whether it ends there.
fn end(onset: i64, ahead: &Lookahead<'_>) -> (i64, bool) {
    let mut at = onset;
    while let Some(hop) = ahead(at).filter(|hop| hop.known.is_decided) {
        let frame = hop.known.frame;
        if at > onset && (frame.f0_hz == 0.0 || frame.onset.is_some()) {
            return (at, true);
        }
        at = hop.known.end;
    }
    (at, false)
}

/// The pitch of a note between its head and its tail, from one absolute index to another, as late as that is; `None`
/// where too little is seen.
pub(super) fn course(onset: i64, end: i64, sample_rate_hz: f64, ahead: &Lookahead<'_>) -> Option<Course> {
    let samples = |seconds: f64| (seconds * sample_rate_hz) as i64;
    let (from, until) = (onset + samples(HEAD_S), end - samples(TAIL_S));
    if until - from < samples(LEAST_SEEN_S) {
        return None;
    }
    let from = from.max(until - samples(MOST_SEEN_S));
    let places = (from..until).step_by(samples(EVERY_S).max(1) as usize);
    let (mut pitches, mut n) = ([0.0; MOST_PLACES], 0);
    for (pitch, cents) in pitches.iter_mut().zip(places.filter_map(|at| pitch_cents(at, ahead))) {
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
    // Around the first, so that nothing is lost.
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
    use super::*;

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
