//! What a singer does with the pitch of each note: where it is centred, how it leans, how it begins, how it swings.
//!
//! In: a note that begins, the settings over it. Out: a displacement of the read pointer over the note, closed in time,
//! so that it can be had at any place ahead. A note's pitch is its own only for a while: singers hear themselves and
//! come back. What displacement is left when the next note begins is taken up by that note's step. All chance is a
//! function of the place in the bar. Sources: DESIGN §3 and §6; VOICE.md.

use std::f64::consts::TAU;

use super::body::{On, State};
use super::draws::Draws;
use super::missing::Shares;
use super::movement::{CENT, Motion};
use crate::dsp::lattice::{self, Lattice};
use crate::dsp::noise::{Performance, Stream};
use crate::settings::Settings;

/// A note is off its pitch this soon after its beginning, seconds: no jump where a voice goes on.
const SETTLE_S: f64 = 0.04;
/// … and on it again with this time constant, seconds. A decision: with it no note leaves more than 40 ms behind, and
/// half a second's note loses a sixth.
const RETURN_S: f64 = 1.5;
/// A note leans for so long before it comes back, seconds: no longer than short notes last. With a second, machines'
/// slopes lay within what singers do in 70 % of renders instead of 60, but a long note of the demo ended 50 cents
/// sharp.
const LEAN_S: f64 = 0.55;
/// A lean begins on the other side of the pitch, as it would be so long after its beginning, seconds.
const LEAN_CENTRE_S: f64 = 0.11;
/// How steeply notes begin to lean, cents per second for each cent of intonation: 100 cents/s of sd at the default are
/// 20 cents where they lean most (VOICE.md: singers' slopes over whole notes 14 to 86 cents/s, trained ones 34).
const LEAN_PER_CENT: f64 = 9.0;
/// The furthest that chance takes offset and lean, in standard deviations.
const MOST_DEVIATION: f64 = 2.2;

/// How often a phrase begins with a scoop, and how often a note an upward leap leads to. Decisions within what singers
/// do: 30 to 70 % of phrase starts.
const PHRASE_SCOOPS: f64 = 0.55;
const LEAP_SCOOPS: f64 = 0.35;
/// An upward leap, cents: more than a whole tone.
const LEAP_CENTS: f64 = 250.0;
/// No scoop so soon after another, seconds.
const SCOOP_PAUSE_S: f64 = 0.7;
/// Times in which a scoop settles, seconds (VOICE.md: 10 to 60 ms).
const SCOOP_TIMES_S: [f64; 2] = [0.025, 0.055];
/// Scoops differ by these factors.
const SCOOP_FACTORS: [f64; 2] = [0.5, 1.35];

/// Vibrato begins so long into a note, seconds, …
const VIBRATO_DELAYS_S: [f64; 2] = [0.3, 0.55];
/// … and grows for so long, seconds.
const VIBRATO_RISE_S: f64 = 0.4;
/// At full life its depth varies by this share, and its rate by this, Hz, both sd (VOICE.md: depth by 10 to 25 %, rate
/// by 4 to 8 %).
const DEPTH_LIFE: f64 = 0.3;
const RATE_LIFE_HZ: f64 = 0.55;
/// How fast depth and phase wander, numbers per second.
const DEPTH_RATE_HZ: f64 = 3.0;
const PHASE_RATE_HZ: f64 = 2.0;
/// Rms of the slope of a lattice's curve at one number a second: √(2/3).
const LATTICE_SLOPE_RMS: f64 = 0.816;

/// Parts of a sixteenth that have gestures of their own: no two notes share one.
const CELLS_PER_SIXTEENTH: f64 = 4.0;

/// What is drawn by chance for a note.
#[derive(Clone, Copy, Debug)]
#[repr(u32)]
enum Draw {
    /// And the two behind it, as all that is normal.
    Offset = 0,
    Lean = 4,
    IsScooped = 12,
    Scoop = 13,
    ScoopTime = 14,
    VibratoDelay = 15,
    VibratoPhase = 16,
}

/// A note that begins to be sung.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Begun {
    /// Song position in the output where it is to begin.
    pub(super) position: i64,
    /// Song position in the input, which decides on chance.
    pub(super) onset_position: i64,
    /// A phrase begins with it.
    pub(super) is_phrase_start: bool,
    /// How far it lies above the note before, cents; 0 where that is not known.
    pub(super) leap_cents: f64,
    /// Several voices sound: none is moved on its own.
    pub(super) is_polyphonic: bool,
}

/// The gestures of a note, in plain units.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Gestures {
    offset_cents: f64,
    lean_cents_per_s: f64,
    scoop_cents: f64,
    scoop_s: f64,
    vibrato_cents: f64,
    vibrato_rate_hz: f64,
    vibrato_life: f64,
    vibrato_delay_s: f64,
    vibrato_phase: f64,
}

/// The pitch of the note that is sung.
#[derive(Clone, Debug)]
pub(super) struct NotePitch {
    sample_rate_hz: f64,
    depth_life: Lattice,
    phase_life: Lattice,
    performance: Performance,
    /// Song position where it begins in the output, and its gestures.
    sung: Option<(i64, Gestures)>,
    last_scoop: Option<i64>,
}

impl NotePitch {
    pub(super) fn new(sample_rate_hz: f64) -> Self {
        Self {
            sample_rate_hz,
            depth_life: Lattice::new(Stream::VibratoLife, 0, DEPTH_RATE_HZ),
            phase_life: Lattice::new(Stream::VibratoLife, 1, PHASE_RATE_HZ),
            performance: Performance::default(),
            sung: None,
            last_scoop: None,
        }
    }

    /// Forgets the note: the song jumps.
    pub(super) fn reset(&mut self) {
        (self.sung, self.last_scoop) = (None, None);
    }

    /// A note begins. Realtime-safe.
    pub(super) fn begin(&mut self, begun: &Begun, settings: &Settings, shares: &Shares, body: &State) {
        self.performance = settings.performance;
        let onset_s = begun.onset_position as f64 / self.sample_rate_hz;
        let draws = Draws::at(Stream::NotePitch, settings, onset_s, CELLS_PER_SIXTEENTH);
        let gestures =
            if begun.is_polyphonic { Gestures::default() } else { self.choose(begun, draws, settings, shares, body) };
        self.sung = Some((begun.position, gestures));
    }

    fn choose(&mut self, begun: &Begun, draws: Draws, settings: &Settings, shares: &Shares, body: &State) -> Gestures {
        let normal = |draw: Draw| draws.normal(draw as u32).clamp(-MOST_DEVIATION, MOST_DEVIATION);
        let between = |draw: Draw, ends: [f64; 2]| draws.between(draw as u32, ends);
        let intonation_cents = f64::from(shares.drift * settings.intonation_cents);
        let chance = match begun.is_phrase_start {
            true => PHRASE_SCOOPS,
            false if begun.leap_cents > LEAP_CENTS => LEAP_SCOOPS,
            false => 0.0,
        };
        let pause = (SCOOP_PAUSE_S * self.sample_rate_hz) as i64;
        let is_free = self.last_scoop.is_none_or(|last| begun.position - last > pause);
        let is_scooped = is_free && draws.unit(Draw::IsScooped as u32) < chance;
        if is_scooped {
            self.last_scoop = Some(begun.position);
        }
        let scoop_cents =
            f64::from(shares.scoop * body.on(On::Scoop) * settings.scoop_cents) * between(Draw::Scoop, SCOOP_FACTORS);
        Gestures {
            offset_cents: intonation_cents * (normal(Draw::Offset) + f64::from(body.on(On::Pitch))),
            lean_cents_per_s: LEAN_PER_CENT * intonation_cents * normal(Draw::Lean),
            scoop_cents: if is_scooped { scoop_cents } else { 0.0 },
            scoop_s: between(Draw::ScoopTime, SCOOP_TIMES_S),
            vibrato_cents: f64::from(shares.vibrato * body.on(On::VibratoDepth) * settings.vibrato_cents),
            vibrato_rate_hz: f64::from(body.on(On::VibratoRate) * settings.vibrato_rate_hz),
            vibrato_life: f64::from(settings.vibrato_life),
            vibrato_delay_s: between(Draw::VibratoDelay, VIBRATO_DELAYS_S),
            vibrato_phase: draws.unit(Draw::VibratoPhase as u32),
        }
    }

    /// Whether anything is displaced.
    pub(super) fn is_moving(settings: &Settings) -> bool {
        let Settings { amount, intonation_cents, scoop_cents, vibrato_cents, .. } = *settings;
        amount > 0.0 && (intonation_cents > 0.0 || scoop_cents > 0.0 || vibrato_cents > 0.0)
    }

    /// The movement at a song position in the output, as long as no other note begins. Realtime-safe.
    pub(super) fn at(&mut self, position: i64, settings: &Settings) -> Motion {
        let Some((start, gestures)) = self.sung.filter(|_| settings.amount > 0.0) else { return Motion::default() };
        let amount = f64::from(settings.amount);
        let age_s = (position - start) as f64 / self.sample_rate_hz;
        if age_s < 0.0 || gestures == Gestures::default() {
            return Motion::default();
        }
        let (mut cents_s, mut cents) = gestures.glide(age_s);
        if gestures.vibrato_cents > 0.0 {
            let (before, after) =
                (self.vibrato(&gestures, position, age_s, -STEP_S), self.vibrato(&gestures, position, age_s, STEP_S));
            cents_s += 0.5 * (before + after);
            cents += (after - before) / (2.0 * STEP_S);
        }
        Motion { displacement_samples: amount * CENT * cents_s * self.sample_rate_hz, slope: amount * CENT * cents }
    }

    /// What vibrato has displaced `step_s` from a place, cents times seconds.
    fn vibrato(&mut self, gestures: &Gestures, position: i64, age_s: f64, step_s: f64) -> f64 {
        let (who, rate_hz) = (self.performance, self.sample_rate_hz);
        let age_s = age_s + step_s - gestures.vibrato_delay_s;
        if age_s <= 0.0 {
            return 0.0;
        }
        let depth = self.depth_life.at(who, position, rate_hz);
        let phase = self.phase_life.at(who, position, rate_hz);
        let rise = (age_s / VIBRATO_RISE_S).min(1.0);
        let rise = rise * rise * (3.0 - 2.0 * rise);
        let wander = RATE_LIFE_HZ / (LATTICE_SLOPE_RMS * PHASE_RATE_HZ) * gestures.vibrato_life;
        let turns = gestures.vibrato_phase
            + gestures.vibrato_rate_hz * age_s
            + wander * (phase.value + phase.slope_per_s * step_s);
        let deeper = DEPTH_LIFE / lattice::RMS * gestures.vibrato_life * (depth.value + depth.slope_per_s * step_s);
        let cents = gestures.vibrato_cents * rise * (1.0 + deeper).max(0.1);
        -cents / (TAU * gestures.vibrato_rate_hz) * (TAU * turns).cos()
    }
}

/// Vibrato's slope is found between two places so far apart, seconds: a hundredth of a cycle.
const STEP_S: f64 = 0.001;

impl Gestures {
    /// What has been displaced by a note's age, cents times seconds, and the pitch there, cents.
    fn glide(&self, age_s: f64) -> (f64, f64) {
        let settled = |time_s: f64| 1.0 - (-age_s / time_s).exp();
        // (1 − e^(−t/a))·e^(−t/b), and its integral.
        let head_s = 1.0 / (1.0 / RETURN_S + 1.0 / SETTLE_S);
        let held = settled(head_s) - settled(RETURN_S);
        let held_s = RETURN_S * settled(RETURN_S) - head_s * settled(head_s);
        // t·e^(−t/c), and its integral.
        let leaned_s = age_s * (-age_s / LEAN_S).exp();
        let leaned_s2 = LEAN_S * (LEAN_S * settled(LEAN_S) - leaned_s);
        let offset_cents = self.offset_cents - LEAN_CENTRE_S * self.lean_cents_per_s;
        let scooped = settled(self.scoop_s.max(1e-3));
        (
            offset_cents * held_s + self.lean_cents_per_s * leaned_s2 - self.scoop_cents * self.scoop_s * scooped,
            offset_cents * held + self.lean_cents_per_s * leaned_s - self.scoop_cents * (1.0 - scooped),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Settings = Settings {
        amount: 1.0,
        intonation_cents: 11.0,
        scoop_cents: 50.0,
        vibrato_cents: 40.0,
        vibrato_life: 0.5,
        ..Settings::NEUTRAL
    };

    fn begun(position: i64) -> Begun {
        Begun { position, onset_position: position, is_phrase_start: true, leap_cents: 0.0, is_polyphonic: false }
    }

    #[test]
    fn the_slope_is_that_of_the_displacement_and_it_begins_at_nothing() {
        let mut pitch = NotePitch::new(48_000.0);
        for note in 0..50 {
            let start = 48_000 * note;
            pitch.begin(&begun(start), &SETTINGS, &Shares::ALL, &State::default());
            assert_eq!(pitch.at(start, &SETTINGS).displacement_samples, 0.0);
            for at in (start + 64..start + 120_000).step_by(997) {
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
    fn notes_spread_as_asked_and_scoops_come_now_and_then() {
        let mut pitch = NotePitch::new(48_000.0);
        let plain = Settings { vibrato_cents: 0.0, ..SETTINGS };
        let (mut squares, mut n_scoops) = (0.0, 0);
        for note in 0..400 {
            pitch.begin(&begun(96_000 * note), &plain, &Shares::ALL, &State::default());
            let gestures = pitch.sung.expect("begun").1;
            squares += gestures.offset_cents.powi(2) / 400.0;
            n_scoops += u32::from(gestures.scoop_cents > 0.0);
            assert!(gestures.scoop_cents == 0.0 || (20.0..80.0).contains(&gestures.scoop_cents));
        }
        assert!((9.0..12.5).contains(&f64::sqrt(squares)), "{}", squares.sqrt());
        assert!((170..270).contains(&n_scoops), "{n_scoops} of 400");
        let again = Begun { is_phrase_start: false, ..begun(96_000 * 400) };
        pitch.begin(&again, &plain, &Shares::ALL, &State::default());
        assert_eq!(pitch.sung.expect("begun").1.scoop_cents, 0.0, "no scoop without a rest or a leap");
    }
}
