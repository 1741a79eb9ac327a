//! The pitch of the note that is sung, as a displacement of the read pointer.
//!
//! In: the plan of a note when it begins, song positions. Out: pitch and what it has displaced, as closed forms, so
//! that what a note will have displaced by its end is known when it begins. A note's pitch deviates for a while only:
//! singers come back to it. Source: docs/design.md §3.

use std::f64::consts::PI;

use super::vibrato::Life;
use crate::dsp::motion::Motion;
use crate::dsp::units::CENT;
use crate::plan::{Lean, PitchPlan};
use crate::settings::Settings;

/// A note that begins anew reaches its planned offset in this time, seconds.
/// Chosen: within a portamento (docs/voice.md, 25 to 110 ms); longer, and short notes are never where they are planned.
const SETTLE_S: f64 = 0.1;
/// It comes back to its pitch with this time constant, seconds.
/// Chosen: at the default no note of four seconds leaves more than 75 ms behind, and half a second's note loses less
/// than a tenth of its deviation.
const RETURN_S: f64 = 3.0;
/// Behind the length over which it leans, a note comes back with this time constant, seconds.
/// Chosen: no quicker than a lean itself, so that it is not heard as a movement of its own.
const UNLEAN_S: f64 = 1.5;

/// A note that is sung.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sung {
    /// Song position where it begins in the output.
    position: i64,
    plan: PitchPlan,
    /// So far off its pitch it begins, cents.
    from_cents: f64,
}

/// The pitch of the note that is sung.
#[derive(Clone, Debug)]
pub(super) struct NotePitch {
    sample_rate_hz: f64,
    life: Life,
    sung: Option<Sung>,
}

impl NotePitch {
    pub(super) fn new(sample_rate_hz: f64) -> Self {
        Self { sample_rate_hz, life: Life::new(sample_rate_hz), sung: None }
    }

    /// Forgets the note: the song jumps.
    pub(super) fn reset(&mut self) {
        self.sung = None;
    }

    /// A note begins at a song position in the output. Realtime-safe.
    pub(super) fn begin(&mut self, position: i64, plan: PitchPlan) {
        let age_s = |sung: &Sung| (position - sung.position) as f64 / self.sample_rate_hz;
        let last = self.sung.as_ref().filter(|_| plan.goes_on_s.is_some());
        let from_cents = last.map_or(0.0, |sung| off_cents(&sung.plan, age_s(sung)));
        self.sung = Some(Sung { position, plan, from_cents });
    }

    /// Whether anything is displaced.
    pub(super) fn is_moving(settings: &Settings) -> bool {
        let Settings { amount, intonation_cents, scoop_cents, vibrato_cents, .. } = *settings;
        amount > 0.0 && (intonation_cents > 0.0 || scoop_cents > 0.0 || vibrato_cents > 0.0)
    }

    /// The movement at a song position in the output, as long as no other note begins. Realtime-safe.
    pub(super) fn at(&mut self, position: i64, settings: &Settings) -> Motion {
        let Some(sung) = self.sung.filter(|_| settings.amount > 0.0) else { return Motion::default() };
        let age_s = (position - sung.position) as f64 / self.sample_rate_hz;
        if age_s < 0.0 {
            return Motion::default();
        }
        let (cents_s, cents) = sung.at(age_s);
        let (swing_cents_s, swing_cents) = self.life.at(&sung.plan.vibrato, age_s, settings.performance, position);
        let scale = f64::from(settings.amount) * CENT;
        Motion {
            displacement_samples: scale * (cents_s + swing_cents_s) * self.sample_rate_hz,
            slope: scale * (cents + swing_cents),
        }
    }
}

impl Sung {
    /// What has been displaced by a note's age, but for its vibrato, cents times seconds, and the pitch there, cents.
    fn at(&self, age_s: f64) -> (f64, f64) {
        let parts = [held(&self.plan, age_s), lean(&self.plan.lean, age_s), self.settling(age_s), self.scooped(age_s)];
        parts.into_iter().fold((0.0, 0.0), |sum, part| (sum.0 + part.0, sum.1 + part.1))
    }

    /// The way to where the note is centred. What it displaces is counted from its end: behind that it does not matter
    /// where the note came from.
    fn settling(&self, age_s: f64) -> (f64, f64) {
        let settle_s = self.plan.goes_on_s.unwrap_or(SETTLE_S);
        if age_s >= settle_s {
            return (0.0, 0.0);
        }
        let way_cents = off_cents(&self.plan, 0.0) - self.from_cents;
        let turn = PI * age_s / settle_s;
        (0.5 * way_cents * (settle_s - age_s - settle_s / PI * turn.sin()), -0.5 * way_cents * (1.0 + turn.cos()))
    }

    fn scooped(&self, age_s: f64) -> (f64, f64) {
        let PitchPlan { scoop_cents, scoop_s, .. } = self.plan;
        if scoop_cents == 0.0 {
            return (0.0, 0.0);
        }
        let decay = (-age_s / scoop_s).exp();
        (-scoop_cents * scoop_s * (1.0 - decay), -scoop_cents * decay)
    }
}

/// How far off its pitch a note is by an age, but for what belongs to its beginning, cents.
fn off_cents(plan: &PitchPlan, age_s: f64) -> f64 {
    held(plan, age_s).1 + lean(&plan.lean, age_s).1
}

/// Where a note is centred.
fn held(plan: &PitchPlan, age_s: f64) -> (f64, f64) {
    let decay = (-age_s / RETURN_S).exp();
    (plan.offset_cents * RETURN_S * (1.0 - decay), plan.offset_cents * decay)
}

/// The way over its length: half a cosine, which leaves nothing displaced but for what lies on the far side; then back.
fn lean(lean: &Lean, age_s: f64) -> (f64, f64) {
    let Lean { cents, outward, seconds } = *lean;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Vibrato;

    const PLAN: PitchPlan = PitchPlan {
        offset_cents: 20.0,
        lean: Lean { cents: -15.0, outward: 0.4, seconds: 0.6 },
        scoop_cents: 60.0,
        scoop_s: 0.04,
        goes_on_s: None,
        vibrato: Vibrato { cents: 40.0, rate_hz: 5.8, life: 0.5, delay_s: 0.4, phase: 0.3 },
    };
    const SETTINGS: Settings = Settings { amount: 1.0, ..Settings::NEUTRAL };

    #[test]
    fn the_slope_is_that_of_the_displacement() {
        let mut pitch = NotePitch::new(48_000.0);
        for note in 0..20 {
            let start = 48_000 * note + 11;
            pitch.begin(start, PitchPlan { goes_on_s: (note % 2 == 1).then_some(0.3), ..PLAN });
            for at in (start + 1..start + 120_000).step_by(997) {
                let here = pitch.at(at, &SETTINGS);
                let [before, after] = [at - 1, at + 1].map(|at| pitch.at(at, &SETTINGS).displacement_samples);
                let slope = 0.5 * (after - before);
                // A cent is 0.00058.
                assert!((here.slope - slope).abs() < 3e-4, "{} and {slope}", here.slope);
                assert!(here.displacement_samples.abs() < 0.08 * 48_000.0);
            }
        }
    }

    #[test]
    fn a_note_settles_where_it_is_planned_wherever_it_comes_from() {
        let still = PitchPlan { vibrato: Vibrato::default(), scoop_cents: 0.0, ..PLAN };
        let mut pitch = NotePitch::new(48_000.0);
        let mut begun = |before: Option<f64>| {
            pitch.reset();
            before.into_iter().for_each(|offset_cents| pitch.begin(0, PitchPlan { offset_cents, ..still }));
            pitch.begin(24_000, PitchPlan { goes_on_s: Some(0.1), ..still });
            [24_000, 24_000 + 4800, 48_000].map(|at| pitch.at(at, &SETTINGS))
        };
        let [fresh, other] = [None, Some(-30.0)].map(&mut begun);
        assert_ne!(fresh[0], other[0]);
        assert_eq!(fresh[1..], other[1..]);
        assert_eq!(fresh[0].slope, 0.0);
    }

    #[test]
    fn a_legato_step_comes_from_where_the_note_before_has_got_to_by_then() {
        let still = PitchPlan { vibrato: Vibrato::default(), scoop_cents: 0.0, ..PLAN };
        for position in [0, 100_000, 7_000_000] {
            let mut pitch = NotePitch::new(48_000.0);
            pitch.begin(position, still);
            let step = position + 24_000;
            let before = pitch.at(step - 1, &SETTINGS).slope;
            pitch.begin(step, PitchPlan { offset_cents: -30.0, goes_on_s: Some(0.1), ..still });
            let behind = pitch.at(step, &SETTINGS).slope;
            // A fiftieth of a cent.
            assert!((before - behind).abs() < 1.2e-5, "from {before} to {behind} at {position}");
        }
    }

    #[test]
    fn a_lean_leaves_nothing_displaced() {
        let leaning = Lean { cents: 15.0, outward: 0.0, seconds: 0.5 };
        assert!(lean(&leaning, 0.5).0.abs() < 1e-9 && (lean(&leaning, 0.5).1 - 15.0).abs() < 1e-9);
        assert!((lean(&leaning, 0.0).1 + 15.0).abs() < 1e-9);
    }
}
