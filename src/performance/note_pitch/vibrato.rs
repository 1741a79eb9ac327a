//! Vibrato that is added to a note: late, growing, never regular.
//!
//! In: how deep and how fast it is to be, the note's age. Out: pitch and what it has displaced, as a closed form but
//! for how it lives: depth and phase wander with the song. Source: VOICE.md (Prame, JASA 96, 1994, and 102, 1997).

use std::f64::consts::TAU;

use crate::dsp::lattice::{self, Lattice};
use crate::dsp::noise::{Performance, Stream};

/// It grows for so long, seconds.
const RISE_S: f64 = 0.4;
/// At full life its depth varies by this share, and its rate by this, Hz, both sd (VOICE.md: depth by 10 to 25 %, rate
/// by 4 to 8 %).
pub(in crate::performance) const DEPTH_LIFE: f64 = 0.26;
pub(in crate::performance) const RATE_LIFE_HZ: f64 = 0.56;
/// How fast depth and phase wander, numbers per second.
const DEPTH_RATE_HZ: f64 = 3.0;
const PHASE_RATE_HZ: f64 = 2.0;
/// Rms of the slope of a lattice's curve at one number a second: √(2/3).
pub(in crate::performance) const LATTICE_SLOPE_RMS: f64 = 0.816;
/// Its slope is found between two places so far apart, seconds: a hundredth of a cycle.
const STEP_S: f64 = 0.001;

/// The vibrato of a note.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Vibrato {
    pub(super) cents: f64,
    pub(super) rate_hz: f64,
    /// How irregular it is, `0..=1`.
    pub(super) life: f64,
    /// So long into the note it begins, seconds.
    pub(super) delay_s: f64,
    /// Part of a cycle where it begins.
    pub(super) phase: f64,
}

/// How vibrato lives in the course of a song.
#[derive(Clone, Debug)]
pub(super) struct Life {
    sample_rate_hz: f64,
    depth: Lattice,
    phase: Lattice,
}

impl Life {
    pub(super) fn new(sample_rate_hz: f64) -> Self {
        Self {
            sample_rate_hz,
            depth: Lattice::new(Stream::VibratoLife, 0, DEPTH_RATE_HZ),
            phase: Lattice::new(Stream::VibratoLife, 1, PHASE_RATE_HZ),
        }
    }

    /// What a note's vibrato has displaced at its age, at a song position, cents times seconds, and the pitch, cents.
    pub(super) fn at(&mut self, vibrato: &Vibrato, age_s: f64, who: Performance, position: i64) -> (f64, f64) {
        if vibrato.cents <= 0.0 || age_s + STEP_S <= vibrato.delay_s {
            return (0.0, 0.0);
        }
        let depth = self.depth.at(who, position, self.sample_rate_hz);
        let phase = self.phase.at(who, position, self.sample_rate_hz);
        let [before, after] = [-STEP_S, STEP_S].map(|step_s| vibrato.displaced(age_s, step_s, depth, phase));
        (0.5 * (before + after), (after - before) / (2.0 * STEP_S))
    }
}

impl Vibrato {
    /// What has been displaced `step_s` from a place, cents times seconds.
    fn displaced(&self, age_s: f64, step_s: f64, depth: lattice::Point, phase: lattice::Point) -> f64 {
        let age_s = age_s + step_s - self.delay_s;
        if age_s <= 0.0 {
            return 0.0;
        }
        let rise = (age_s / RISE_S).min(1.0);
        let rise = rise * rise * (3.0 - 2.0 * rise);
        let wander = RATE_LIFE_HZ / (LATTICE_SLOPE_RMS * PHASE_RATE_HZ) * self.life;
        let turns = self.phase + self.rate_hz * age_s + wander * (phase.value + phase.slope_per_s * step_s);
        let deeper = DEPTH_LIFE / lattice::RMS * self.life * (depth.value + depth.slope_per_s * step_s);
        let cents = self.cents * rise * (1.0 + deeper).max(0.1);
        -cents / (TAU * self.rate_hz) * (TAU * turns).cos()
    }
}
