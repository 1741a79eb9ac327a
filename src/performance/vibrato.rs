//! Vibrato that is added to a note: late, growing, never regular.
//!
//! In: how deep and how fast it is to be, the note's age, the song position. Out: pitch and what it has displaced.
//! Where in its cycle it is, how deep and how fast, wanders with the song position, so that a held voice that goes on
//! as another note goes on swinging. Source: docs/voice.md (Prame, JASA 96, 1994, and 102, 1997).

use std::f64::consts::TAU;

use crate::dsp::lattice::{self, Lattice};
use crate::dsp::noise::{Performance, Stream};
use crate::plan::Vibrato;

/// It grows for so long, seconds.
/// Source: docs/design.md §3, 0.3 to 0.5 s.
const RISE_S: f64 = 0.4;
/// At full life its depth varies by this share, and its rate by this, Hz, both sd.
/// Source: docs/voice.md, depth by 10 to 25 %, rate by 4 to 8 %.
pub(super) const DEPTH_LIFE: f64 = 0.26;
pub(super) const RATE_LIFE_HZ: f64 = 0.56;
/// How fast depth and phase wander, numbers per second.
/// Chosen: once in two cycles; slower, and neighbouring cycles are alike.
const DEPTH_RATE_HZ: f64 = 3.0;
const PHASE_RATE_HZ: f64 = 2.0;
/// Rms of the slope of a lattice's curve at one number a second. Source: computed, √(2/3).
pub(super) const LATTICE_SLOPE_RMS: f64 = 0.816;
/// Its slope is found between two places so far apart, seconds.
/// Chosen: a hundredth of a cycle, where the error is a thousandth of the slope.
const STEP_S: f64 = 0.001;

/// How vibrato varies in the course of a song.
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

    /// What a note's vibrato displaces at its age, at a song position, cents times seconds, and the pitch, cents.
    pub(super) fn at(&mut self, vibrato: &Vibrato, age_s: f64, who: Performance, position: i64) -> (f64, f64) {
        if vibrato.cents <= 0.0 || age_s + STEP_S <= vibrato.delay_s {
            return (0.0, 0.0);
        }
        let depth = self.depth.at(who, position, self.sample_rate_hz);
        let phase = self.phase.at(who, position, self.sample_rate_hz);
        let turns = vibrato.phase + vibrato.rate_hz * (position as f64 / self.sample_rate_hz);
        let place = |step_s: f64| Place { age_s: age_s + step_s, turns: turns + vibrato.rate_hz * step_s, step_s };
        let [before, after] = [-STEP_S, STEP_S].map(|step_s| displaced(vibrato, &place(step_s), depth, phase));
        (0.5 * (before + after), (after - before) / (2.0 * STEP_S))
    }
}

/// A place in a vibrato, `step_s` from where its depth and phase are known.
struct Place {
    age_s: f64,
    /// Cycles since the song began.
    turns: f64,
    step_s: f64,
}

/// What has been displaced at a place, cents times seconds.
fn displaced(vibrato: &Vibrato, place: &Place, depth: lattice::Point, phase: lattice::Point) -> f64 {
    let age_s = place.age_s - vibrato.delay_s;
    if age_s <= 0.0 {
        return 0.0;
    }
    let rise = (age_s / RISE_S).min(1.0);
    let rise = rise * rise * (3.0 - 2.0 * rise);
    let wander = RATE_LIFE_HZ / (LATTICE_SLOPE_RMS * PHASE_RATE_HZ) * vibrato.life;
    let turns = place.turns + wander * (phase.value + phase.slope_per_s * place.step_s);
    let deeper = DEPTH_LIFE / lattice::RMS * vibrato.life * (depth.value + depth.slope_per_s * place.step_s);
    let cents = vibrato.cents * rise * (1.0 + deeper).max(0.1);
    -cents / (TAU * vibrato.rate_hz) * (TAU * turns).cos()
}
