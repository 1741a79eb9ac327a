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
/// A fall is seen from so long before a phrase's end to so long before it, seconds: the very end creaks.
const FALL_S: [f64; 2] = [0.2, 0.03];

/// What is seen of a note.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Seen {
    /// How far it lies above the note before, cents; 0 where that is not known.
    pub(super) leap_cents: f64,
    /// By how much the take itself goes beyond it first, in the direction of the leap, cents.
    pub(super) overshoot_cents: Option<f64>,
    /// How long it lasts, seconds; `None` for longer than can be seen.
    pub(super) length_s: Option<f64>,
}

/// What is seen of the note whose vowel begins at an absolute index.
pub(super) fn note(onset: i64, sample_rate_hz: f64, ahead: &Lookahead<'_>) -> Seen {
    let pitch = |after_s: f64| pitch_cents(onset + (after_s * sample_rate_hz) as i64, ahead);
    let reached = AFTER_S.into_iter().find_map(pitch);
    let leap_cents = pitch(-BEFORE_S).zip(reached).map_or(0.0, |(before, after)| after - before);
    let length_s = length_samples(onset, ahead).map(|length| length as f64 / sample_rate_hz);
    let [peak_s, settled_s] = OVERSHOOT_S;
    let is_whole = length_s.is_none_or(|length_s| length_s > settled_s);
    let overshoot = pitch(peak_s).zip(pitch(settled_s)).filter(|_| is_whole);
    let overshoot_cents = overshoot.map(|(peak, settled)| (peak - settled) * leap_cents.signum());
    Seen { leap_cents, overshoot_cents, length_s }
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

/// How long the voice stays on the note that begins at an absolute index, samples.
fn length_samples(onset: i64, ahead: &Lookahead<'_>) -> Option<i64> {
    let mut at = ahead(onset)?.known.end;
    loop {
        let hop = ahead(at).filter(|hop| hop.known.is_decided)?;
        if hop.known.frame.f0_hz == 0.0 || hop.known.frame.onset.is_some() {
            return Some(at - onset);
        }
        at = hop.known.end;
    }
}
