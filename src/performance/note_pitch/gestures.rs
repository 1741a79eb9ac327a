//! The gestures of a note as closed forms: pitch and what it has displaced, at any age.
//!
//! In: what was chosen for a note, its age. Out: cents, and cents times seconds. Nothing is summed up, so what a note
//! will have displaced by its end is known when it begins. Where known, the source of each shape stands beside it.

use std::f64::consts::{PI, TAU};

/// A note is off its pitch this soon after its beginning, seconds: no jump where a voice goes on.
const SETTLE_S: f64 = 0.04;
/// … and on it again with this time constant, seconds: singers hear themselves, and come back. A decision:
/// at the default no note of four seconds leaves more than 75 ms behind, and half a second's note loses less than a
/// tenth on the whole.
const RETURN_S: f64 = 3.0;
/// Behind the length it was foreseen to have, a lean comes back with this time constant, seconds. A decision.
const UNLEAN_S: f64 = 1.5;
/// An overshoot has come and gone after so long, seconds: twice the time in which the second-order system of Saitou et
/// al. (ω 34.8 rad/s, ζ 0.54; VOICE.md) comes to its peak.
const OVERSHOOT_S: f64 = 0.214;
/// Behind its end a fall is taken back in so long, seconds: nothing sounds there but its echo.
const UNFALL_S: f64 = 0.06;

/// The fall that ends a phrase.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Fall {
    pub(super) cents: f64,
    /// The note's age where it begins, and how long it lasts, seconds.
    pub(super) from_s: f64,
    pub(super) seconds: f64,
}

/// The way a note goes over its length.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Lean {
    /// It begins so much below its centre and ends so much above it …
    pub(super) cents: f64,
    /// … but for this part of that, by which it begins nearer and ends further off.
    pub(super) outward: f64,
    /// The length it is foreseen to have, as far as it leans, seconds.
    pub(super) seconds: f64,
}

impl Lean {
    /// What has been displaced by a note's age, cents times seconds, and the pitch there, cents: half a cosine, which
    /// leaves nothing displaced but for what lies on the far side; then back.
    fn at(&self, age_s: f64) -> (f64, f64) {
        let Self { cents, outward, seconds } = *self;
        if cents == 0.0 {
            return (0.0, 0.0);
        }
        let behind_s = age_s - seconds;
        if behind_s <= 0.0 {
            let turn = PI * age_s / seconds;
            return (cents * (outward * age_s - seconds / PI * turn.sin()), cents * (outward - turn.cos()));
        }
        let end_cents = cents * (1.0 + outward);
        let decay = (-behind_s / UNLEAN_S).exp();
        (
            cents * outward * seconds + end_cents * (2.0 * UNLEAN_S - (2.0 * UNLEAN_S + behind_s) * decay),
            end_cents * (1.0 + behind_s / UNLEAN_S) * decay,
        )
    }
}

/// The gestures of a note, but for its vibrato, in plain units.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Gestures {
    /// Where it is centred.
    pub(super) offset_cents: f64,
    /// So far off it comes from: the end of a note at the same pitch.
    pub(super) from_cents: f64,
    /// How it moves over its length.
    pub(super) lean: Lean,
    /// So far below it begins, and settles with this time constant.
    pub(super) scoop_cents: f64,
    pub(super) scoop_s: f64,
    /// So far beyond its pitch it goes first, behind a leap.
    pub(super) overshoot_cents: f64,
    pub(super) fall: Fall,
}

impl Gestures {
    /// What has been displaced by a note's age, cents times seconds, and the pitch there, cents.
    pub(super) fn at(&self, age_s: f64) -> (f64, f64) {
        let parts =
            [self.held(age_s), self.lean.at(age_s), self.scooped(age_s), self.overshot(age_s), self.fallen(age_s)];
        parts.into_iter().fold((0.0, 0.0), |sum, part| (sum.0 + part.0, sum.1 + part.1))
    }

    /// How far off the note is by an age, but for what belongs to its beginning and its end, cents.
    pub(super) fn off_cents(&self, age_s: f64) -> f64 {
        self.held(age_s).1 + self.lean.at(age_s).1
    }

    /// The centre, and the way from where the voice was to where the note begins.
    fn held(&self, age_s: f64) -> (f64, f64) {
        let decay = |time_s: f64| (-age_s / time_s).exp();
        let start_cents = self.offset_cents + self.lean.at(0.0).1 - self.from_cents;
        (
            self.offset_cents * RETURN_S * (1.0 - decay(RETURN_S)) - start_cents * SETTLE_S * (1.0 - decay(SETTLE_S)),
            self.offset_cents * decay(RETURN_S) - start_cents * decay(SETTLE_S),
        )
    }

    fn scooped(&self, age_s: f64) -> (f64, f64) {
        if self.scoop_cents == 0.0 {
            return (0.0, 0.0);
        }
        let decay = (-age_s / self.scoop_s).exp();
        (-self.scoop_cents * self.scoop_s * (1.0 - decay), -self.scoop_cents * decay)
    }

    fn overshot(&self, age_s: f64) -> (f64, f64) {
        let turn = TAU * (age_s / OVERSHOOT_S).min(1.0);
        let sum_s = OVERSHOOT_S / TAU * (turn - turn.sin());
        (0.5 * self.overshoot_cents * sum_s, 0.5 * self.overshoot_cents * (1.0 - turn.cos()))
    }

    fn fallen(&self, age_s: f64) -> (f64, f64) {
        let Fall { cents, from_s, seconds } = self.fall;
        if cents == 0.0 || age_s <= from_s {
            return (0.0, 0.0);
        }
        // Half a cosine down, another back up.
        let part = |since_s: f64, over_s: f64| {
            let turn = PI * (since_s / over_s).min(1.0);
            (0.5 * over_s / PI * (turn - turn.sin()), 0.5 * (1.0 - turn.cos()))
        };
        let down = part(age_s - from_s, seconds);
        let behind_s = age_s - from_s - seconds;
        if behind_s <= 0.0 {
            return (-cents * down.0, -cents * down.1);
        }
        let up = part(behind_s, UNFALL_S);
        (-cents * (down.0 + behind_s.min(UNFALL_S) - up.0), -cents * (1.0 - up.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Gestures = Gestures {
        offset_cents: 20.0,
        from_cents: -10.0,
        lean: Lean { cents: -15.0, outward: 0.4, seconds: 0.6 },
        scoop_cents: 60.0,
        scoop_s: 0.04,
        overshoot_cents: 30.0,
        fall: Fall { cents: 50.0, from_s: 0.9, seconds: 0.15 },
    };

    #[test]
    fn the_pitch_is_the_slope_of_what_it_displaces() {
        assert_eq!(ALL.at(0.0).0, 0.0);
        for age in 1..2000 {
            let age_s = f64::from(age) / 1000.0;
            let slope = (ALL.at(age_s + 1e-5).0 - ALL.at(age_s - 1e-5).0) / 2e-5;
            assert!((slope - ALL.at(age_s).1).abs() < 0.05, "{age_s} s: {slope} and {}", ALL.at(age_s).1);
        }
    }

    #[test]
    fn a_lean_leaves_nothing_and_a_fall_is_taken_back() {
        let lean = Lean { cents: 15.0, outward: 0.0, seconds: 0.5 };
        let lean = Gestures { lean, ..Gestures::default() };
        // What is left is the way to where it begins.
        assert!((lean.at(0.5).0 - 15.0 * SETTLE_S).abs() < 0.01 && (lean.at(0.5).1 - 15.0).abs() < 0.01);
        let fall = Gestures { fall: ALL.fall, ..Gestures::default() };
        assert!((fall.at(1.05).1 + 50.0).abs() < 0.01 && fall.at(1.2).1.abs() < 0.01 && fall.at(0.9).1 == 0.0);
    }

    #[test]
    fn an_overshoot_goes_beyond_and_comes_back() {
        let overshoot = Gestures { overshoot_cents: 30.0, ..Gestures::default() };
        assert!((overshoot.at(0.107).1 - 30.0).abs() < 0.01);
        assert!(overshoot.at(0.0).1 == 0.0 && overshoot.at(0.25).1.abs() < 1e-9);
    }
}
