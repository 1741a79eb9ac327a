//! What a singer does with the pitch of each note: where it is centred, how it leans, how it begins, swings and ends.
//!
//! In: a note that begins, what is foreseen of it, the settings over it. Out: a displacement of the read pointer over
//! the note, closed in time, so that it can be had at any place ahead. A note's pitch is its own only for a while:
//! singers hear themselves and come back. What displacement is left when the next note begins is taken up by that
//! note's step. All chance is a function of the place in the bar, and neighbours never weigh the same. Sources: DESIGN
//! §3 and §6; VOICE.md.

mod gestures;
mod tuning;
pub(super) mod vibrato;

use super::body::{On, State};
use super::draws::Draws;
use super::foresight::Seen;
use super::missing::Shares;
use super::movement::{CENT, Motion};
use crate::dsp::noise::{Performance, Stream};
use crate::settings::Settings;
use gestures::{Fall, Gestures};
use tuning::Tuning;
use vibrato::{Life, Vibrato};

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
/// Where Scoop stands for singers' habits: the other gestures of beginnings and ends go with it, cents.
const USUAL_SCOOP_CENTS: f64 = 50.0;

/// How often a leap, up or down, goes beyond its note, from how far on, cents, and by which part of it (Saitou et al.,
/// VOICE.md: 13 %), at most so many cents. Chance and limits are decisions.
const OVERSHOOTS: f64 = 0.6;
const OVERSHOT_CENTS: f64 = 150.0;
const OVERSHOOT_SHARE: f64 = 0.13;
const MOST_OVERSHOOT_CENTS: f64 = 35.0;
/// Overshoots differ by these factors.
const OVERSHOOT_FACTORS: [f64; 2] = [0.4, 1.2];

/// How often a phrase ends with a fall, how far, cents, and for how long, seconds. Decisions.
const FALLS: f64 = 0.4;
const FALL_CENTS: [f64; 2] = [20.0, 60.0];
const FALL_TIMES_S: [f64; 2] = [0.09, 0.2];
/// A fall of less time is none.
const LEAST_FALL_S: f64 = 0.06;

/// Vibrato begins so long into a note, seconds.
const VIBRATO_DELAYS_S: [f64; 2] = [0.3, 0.55];
/// Its depth differs from note to note by these factors.
const VIBRATO_FACTORS: [f64; 2] = [0.88, 1.12];

/// Parts of a sixteenth that have gestures of their own: no two notes share one.
const CELLS_PER_SIXTEENTH: f64 = 4.0;

/// What is drawn by chance for a note.
#[derive(Clone, Copy, Debug)]
#[repr(u32)]
enum Draw {
    /// And the one behind it, as all that is unlike that of the note before.
    Offset = 0,
    Lean = 4,
    IsBack = 6,
    IsScooped = 12,
    Scoop = 13,
    VibratoDelay = 16,
    VibratoPhase = 17,
    VibratoDepth = 18,
    IsOvershot = 20,
    Overshoot = 21,
    IsFallen = 24,
    Fall = 25,
    FallTime = 26,
    ScoopTime = 27,
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
    /// What is seen of it.
    pub(super) seen: Seen,
    /// Several voices sound: none is moved on its own.
    pub(super) is_polyphonic: bool,
}

/// A note that is sung.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sung {
    /// Song position where it begins in the output.
    position: i64,
    gestures: Gestures,
    vibrato: Vibrato,
    /// How much of scoops and their like is missing in the take.
    scoop_share: f64,
    draws: Draws,
}

/// The pitch of the note that is sung.
#[derive(Clone, Debug)]
pub(super) struct NotePitch {
    sample_rate_hz: f64,
    life: Life,
    performance: Performance,
    sung: Option<Sung>,
    /// Where the last scoop was, and the place in the bar of the phrase that began before.
    last_scoop: Option<i64>,
    last_phrase: Option<Draws>,
}

impl NotePitch {
    pub(super) fn new(sample_rate_hz: f64) -> Self {
        Self {
            sample_rate_hz,
            life: Life::new(sample_rate_hz),
            performance: Performance::default(),
            sung: None,
            last_scoop: None,
            last_phrase: None,
        }
    }

    /// Forgets the note: the song jumps.
    pub(super) fn reset(&mut self) {
        (self.sung, self.last_scoop, self.last_phrase) = (None, None, None);
    }

    /// A note begins. Realtime-safe.
    pub(super) fn begin(&mut self, begun: &Begun, settings: &Settings, shares: &Shares, body: &State) {
        self.performance = settings.performance;
        let onset_s = begun.onset_position as f64 / self.sample_rate_hz;
        let draws = Draws::at(Stream::NotePitch, settings, onset_s, CELLS_PER_SIXTEENTH);
        let (gestures, vibrato) = match begun.is_polyphonic {
            true => Default::default(),
            false => (self.gestures(begun, draws, settings, shares, body), vibrato(draws, settings, shares, body)),
        };
        if begun.is_phrase_start {
            self.last_phrase = Some(draws);
        }
        let scoop_share = if begun.is_polyphonic { 0.0 } else { f64::from(shares.scoop) };
        self.sung = Some(Sung { position: begun.position, gestures, vibrato, scoop_share, draws });
    }

    fn gestures(
        &mut self,
        begun: &Begun,
        draws: Draws,
        settings: &Settings,
        shares: &Shares,
        body: &State,
    ) -> Gestures {
        let from_cents = self.kept_cents(begun);
        let intonation_cents = f64::from(settings.intonation_cents);
        let tuning = Tuning {
            draws,
            before: self.sung.map(|sung| sung.draws),
            from: from_cents.filter(|_| intonation_cents > 0.0).map(|cents| cents / intonation_cents),
            length_s: begun.seen.length_s,
            body: f64::from(body.on(On::Pitch)),
        };
        let (offset, lean) = tuning.offset_and_lean();
        Gestures {
            offset_cents: f64::from(shares.intonation) * intonation_cents * offset,
            from_cents: from_cents.unwrap_or(0.0),
            lean: tuning.lean(f64::from(shares.drift) * intonation_cents * lean),
            scoop_cents: f64::from(shares.scoop * body.on(On::Scoop)) * self.scoop_cents(begun, draws, settings),
            scoop_s: draws.between(Draw::ScoopTime as u32, SCOOP_TIMES_S),
            overshoot_cents: f64::from(shares.scoop * body.on(On::Scoop)) * overshoot_cents(begun, draws, settings),
            fall: Fall::default(),
        }
    }

    /// How far off the note before is where one at the same pitch begins, cents; `None` where another pitch is reached,
    /// or a phrase begins, or that is not known.
    fn kept_cents(&self, begun: &Begun) -> Option<f64> {
        let is_same = begun.seen.step_cents.is_some_and(|step_cents| step_cents.abs() < tuning::SAME_PITCH_CENTS);
        let last = self.sung.filter(|_| is_same && !begun.is_phrase_start)?;
        Some(last.gestures.off_cents((begun.position - last.position) as f64 / self.sample_rate_hz))
    }

    /// How far below its pitch a note begins, if it does.
    fn scoop_cents(&mut self, begun: &Begun, draws: Draws, settings: &Settings) -> f64 {
        let chance = match begun.is_phrase_start {
            true => PHRASE_SCOOPS,
            false if begun.seen.leap_cents > LEAP_CENTS => LEAP_SCOOPS,
            false => 0.0,
        };
        let pause = (SCOOP_PAUSE_S * self.sample_rate_hz) as i64;
        let is_free = self.last_scoop.is_none_or(|last| begun.position - last > pause);
        if !is_free || draws.unit(Draw::IsScooped as u32) >= chance {
            return 0.0;
        }
        self.last_scoop = Some(begun.position);
        let [least, most] = SCOOP_FACTORS;
        let weight = draws.unlike(Draw::Scoop as u32, self.last_phrase);
        f64::from(settings.scoop_cents) * (least + (most - least) * weight)
    }

    /// A phrase ends at a song position in the output; `own_cents` is how far the take itself falls there, cents. From
    /// `position` on there may be more. Realtime-safe.
    pub(super) fn end_phrase(&mut self, position: i64, end: i64, own_cents: f64, settings: &Settings) {
        let Some(Sung { position: start, scoop_share, draws, .. }) = self.sung else { return };
        let seconds = |samples: i64| samples as f64 / self.sample_rate_hz;
        let length_s = draws.between(Draw::FallTime as u32, FALL_TIMES_S).min(seconds(end - position.max(start)));
        let wanted_cents = draws.between(Draw::Fall as u32, FALL_CENTS) - own_cents.max(0.0);
        if draws.unit(Draw::IsFallen as u32) >= FALLS || length_s < LEAST_FALL_S || wanted_cents <= 0.0 {
            return;
        }
        let cents = scoop_share * habit(settings) * wanted_cents;
        let from_s = seconds(end - start) - length_s;
        if let Some(sung) = &mut self.sung {
            sung.gestures.fall = Fall { cents, from_s, seconds: length_s };
        }
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
        let (glide_cents_s, glide_cents) = sung.gestures.at(age_s);
        let (swing_cents_s, swing_cents) = self.life.at(&sung.vibrato, age_s, self.performance, position);
        let scale = f64::from(settings.amount) * CENT;
        Motion {
            displacement_samples: scale * (glide_cents_s + swing_cents_s) * self.sample_rate_hz,
            slope: scale * (glide_cents + swing_cents),
        }
    }
}

/// How much of singers' habits about beginnings and ends is asked for: 1 where Scoop is as usual.
fn habit(settings: &Settings) -> f64 {
    f64::from(settings.scoop_cents) / USUAL_SCOOP_CENTS
}

/// How far beyond its pitch a note goes first, cents, in the direction of the leap.
fn overshoot_cents(begun: &Begun, draws: Draws, settings: &Settings) -> f64 {
    let is_leap = begun.seen.leap_cents.abs() > OVERSHOT_CENTS && !begun.is_phrase_start;
    let Some(own_cents) = begun.seen.overshoot_cents.filter(|_| is_leap) else { return 0.0 };
    if draws.unit(Draw::IsOvershot as u32) >= OVERSHOOTS {
        return 0.0;
    }
    let wanted_cents = (OVERSHOOT_SHARE * begun.seen.leap_cents.abs()).min(MOST_OVERSHOOT_CENTS);
    let wanted_cents = wanted_cents * draws.between(Draw::Overshoot as u32, OVERSHOOT_FACTORS);
    habit(settings) * (wanted_cents - own_cents.max(0.0)).max(0.0).copysign(begun.seen.leap_cents)
}

fn vibrato(draws: Draws, settings: &Settings, shares: &Shares, body: &State) -> Vibrato {
    let factor = body.on(On::VibratoDepth) * draws.between(Draw::VibratoDepth as u32, VIBRATO_FACTORS) as f32;
    Vibrato {
        cents: f64::from(shares.vibrato * factor * settings.vibrato_cents),
        rate_hz: f64::from(body.on(On::VibratoRate) * settings.vibrato_rate_hz),
        life: f64::from(settings.vibrato_life),
        delay_s: draws.between(Draw::VibratoDelay as u32, VIBRATO_DELAYS_S),
        phase: draws.unit(Draw::VibratoPhase as u32),
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
        Begun { position, onset_position: position, is_phrase_start: true, seen: Seen::default(), is_polyphonic: false }
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
            let gestures = pitch.sung.expect("begun").gestures;
            squares += gestures.offset_cents.powi(2) / 400.0;
            n_scoops += u32::from(gestures.scoop_cents > 0.0);
            assert!(gestures.scoop_cents == 0.0 || (20.0..80.0).contains(&gestures.scoop_cents));
        }
        assert!((9.0..12.5).contains(&f64::sqrt(squares)), "{}", squares.sqrt());
        assert!((170..270).contains(&n_scoops), "{n_scoops} of 400");
        let again = Begun { is_phrase_start: false, ..begun(96_000 * 400) };
        pitch.begin(&again, &plain, &Shares::ALL, &State::default());
        assert_eq!(pitch.sung.expect("begun").gestures.scoop_cents, 0.0, "no scoop without a rest or a leap");
    }

    #[test]
    fn a_repeated_note_goes_on_from_where_the_last_has_got_to() {
        let plain = Settings { vibrato_cents: 0.0, scoop_cents: 0.0, ..SETTINGS };
        let mut pitch = NotePitch::new(48_000.0);
        let mut step_cents = |step_cents: Option<f64>, is_phrase_start: bool| {
            let seen = Seen { step_cents, length_s: Some(0.4), ..Seen::default() };
            let mut step = |k: i64| {
                let at = 96_000 * k;
                pitch.begin(&begun(at), &plain, &Shares::ALL, &State::default());
                let before = pitch.at(at + 19_200, &plain).slope;
                let again = Begun { seen, is_phrase_start, ..begun(at + 19_200) };
                pitch.begin(&again, &plain, &Shares::ALL, &State::default());
                (pitch.at(at + 24_000, &plain).slope - before) / CENT
            };
            ((0..200).map(|k| step(k).powi(2)).sum::<f64>() / 200.0).sqrt()
        };
        let repeated = step_cents(Some(3.0), false);
        let others = [step_cents(Some(200.0), false), step_cents(None, false), step_cents(Some(3.0), true)];
        assert!(others.into_iter().all(|other| repeated < 0.65 * other), "{repeated} of {others:?} cents");
    }
}
