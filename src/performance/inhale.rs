//! When and how the singer breathes in.
//!
//! In: the rests ahead, when the phrase behind one will be sung, the settings. Out: noise, and each inhalation that has
//! ended. With the look-ahead of Phrase an inhalation leads into the phrase it belongs to; without, it begins when a
//! rest is open and makes way when the next sound comes. Each is as long as the rest and the singer's habit allow, as
//! loud as the phrase asks for, none like another, and all chance is a function of the place in the bar. Where the take
//! breathes itself none is added. By hand one can be had anywhere the voice pauses. Sources: DESIGN §7, VOICE.md.

mod colour;
mod contour;
mod habits;
mod rests;

use std::ops::Range;

use super::breath::{HOPS_PER_SEGMENT, Noise, SEGMENT_LEAD_HOPS, Shape, Tilt, amplitude, is_segment_due};
use super::draws::Draws;
use super::{Lookahead, Span};
use crate::analysis::envelope::Envelope;
use crate::dsp::lattice::{self, Lattice};
use crate::dsp::noise::Stream;
use crate::settings::{Mode, Settings};
use colour::Colouring;
use contour::Contour;
use rests::{Rest, Rests};

/// Without look-ahead they are shorter: nobody knows how long the rest will be.
const SHORT_FORM: f64 = 0.75;
/// Time it leaves the phrase before to end, seconds.
const AFTER_PHRASE_S: f64 = 0.03;
/// Without look-ahead a rest is taken for one after this time, seconds: longer than a stop consonant's closure.
const OPEN_S: f64 = 0.2;
/// A shorter phrase needs no breath after it, seconds.
const LEAST_PHRASE_S: f64 = 0.4;
/// By hand: so long it may wait for the voice to pause, seconds.
const PATIENCE_S: f64 = 1.0;

/// Air never flows evenly: so many times a second it may turn …
const FLOW_HZ: f64 = 9.0;
/// … by this, dB rms.
const FLOW_DB: f64 = 1.2;
/// What is seen of the next phrase changes the level by so much, dB per second: half as fast as it swells itself.
const MOST_FOLLOWED_DB_PER_S: f32 = 50.0;
/// Level of the phrase, dBFS rms, where nothing has been sung yet.
const UNKNOWN_PHRASE_DB: f32 = -24.0;

/// An inhalation that was added.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inhaled {
    /// Song position of its beginning in the output, samples.
    pub start_position_samples: i64,
    /// Song position of its end in the output, samples.
    pub end_position_samples: i64,
    /// Its level, dBFS rms over its whole length.
    pub level_db: f32,
    /// It was asked for by hand (`breathe`).
    pub is_by_hand: bool,
}

/// One that is planned, or under way.
#[derive(Clone, Copy, Debug)]
struct Plan {
    contour: Contour,
    start_position: i64,
    /// How much louder than asked for its loudest moment is, dB.
    more_db: f32,
    /// Level of the phrase, dBFS rms, as it is known since it began.
    phrase_db: Option<f32>,
    scale: f32,
    is_by_hand: bool,
    pause_samples: i64,
    /// The rest that it ends with, as far as that is known.
    rest: Option<Rest>,
    /// Energy so far.
    energy: f64,
}

/// Where a hop lies, for an inhalation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Absolute index of its first sample.
    pub(super) index: i64,
    /// Song position of that sample.
    pub(super) position_samples: i64,
    /// How much later the input is heard there, samples.
    pub(super) late_samples: i64,
}

/// How much later the phrase is sung whose voice begins at or behind an absolute index, samples; `None` if that is not
/// planned yet.
pub(super) type Lateness<'a> = dyn Fn(i64) -> Option<f64> + 'a;

/// What an inhalation does in a hop.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Drawn {
    pub(super) noise: Noise,
    pub(super) inhaled: Option<Inhaled>,
}

/// Decides when the singer breathes in.
#[derive(Clone, Debug)]
pub(super) struct Inhalations {
    sample_rate_hz: f64,
    hop_samples: i64,
    is_foreseeing: bool,
    rests: Rests,
    colouring: Colouring,
    tilt: Tilt,
    flow: Lattice,
    plan: Option<Plan>,
    /// The rest whose inhalation has been decided on, by its beginning.
    decided: Option<i64>,
    /// The rest seen last.
    last_rest: Option<Rest>,
    /// By hand: absolute index until which it waits for a pause.
    asked_until: Option<i64>,
    was_asked: Option<bool>,
    rms: f32,
}

impl Inhalations {
    pub(super) fn new(sample_rate_hz: f64, hop_samples: usize, mode: Mode) -> Self {
        Self {
            sample_rate_hz,
            hop_samples: hop_samples as i64,
            is_foreseeing: mode == Mode::Phrase,
            rests: Rests::new(sample_rate_hz, hop_samples),
            colouring: Colouring::new(),
            tilt: Tilt::new(),
            flow: Lattice::new(Stream::InhaleFlow, 0, FLOW_HZ),
            plan: None,
            decided: None,
            last_rest: None,
            asked_until: None,
            was_asked: None,
            rms: 0.0,
        }
    }

    /// Forgets everything: the song jumps.
    pub(super) fn reset(&mut self) {
        self.rests.reset();
        (self.plan, self.decided, self.last_rest) = (None, None, None);
        (self.asked_until, self.was_asked) = (None, None);
        self.rms = 0.0;
    }

    /// What an inhalation does in the hop at a place. Realtime-safe.
    pub(super) fn at(
        &mut self,
        place: Place,
        settings: &Settings,
        ahead: &Lookahead<'_>,
        lateness: &Lateness<'_>,
    ) -> Drawn {
        while let Some(rest) = self.rests.find(place.index, ahead) {
            if rest.end - rest.voice_end < self.samples(OPEN_S) && rest.phrase_samples.is_some() {
                continue;
            }
            self.rests.begin_phrase(&rest);
            self.last_rest = Some(rest);
            if self.is_foreseeing && self.decided != Some(rest.start) {
                self.decided = Some(rest.start);
                self.foresee(&rest, place, settings, ahead);
            }
        }
        if !self.is_foreseeing {
            self.breathe_in_open_rest(place, settings);
        }
        self.by_hand(place, settings);
        self.steer(place, lateness);
        self.draw(place, settings, ahead)
    }

    fn samples(&self, seconds: f64) -> i64 {
        (seconds * self.sample_rate_hz) as i64
    }

    fn seconds(&self, samples: Option<i64>) -> Option<f64> {
        samples.map(|samples| samples as f64 / self.sample_rate_hz)
    }

    /// Nothing sounds before this many samples from now: noise is told of that much ahead.
    fn least_lead(&self) -> i64 {
        (SEGMENT_LEAD_HOPS + HOPS_PER_SEGMENT) * self.hop_samples
    }

    /// Plans an inhalation before a phrase that has just come into sight.
    fn foresee(&mut self, rest: &Rest, place: Place, settings: &Settings, ahead: &Lookahead<'_>) {
        // What is drawn over the rest holds for it.
        let settings = ahead(rest.end - self.samples(habits::longest_pause_s())).map_or(*settings, |hop| hop.settings);
        if rest.has_own_breath || !is_on(&settings) || self.plan.is_some() {
            return;
        }
        let draws = self.draws(&settings, rest.end_position);
        let end = rest.end + place.late_samples - self.samples(habits::pause_s(draws));
        let earliest =
            (place.index + self.least_lead()).max(rest.start + place.late_samples + self.samples(AFTER_PHRASE_S));
        let wanted = self.samples(habits::duration_s(draws, self.seconds(rest.phrase_samples)));
        let start = (end - wanted).max(earliest);
        let likelihood = habits::likelihood((end - earliest) as f64 / self.sample_rate_hz);
        if habits::is_wanted(draws, f64::from(settings.inhale_chance) * likelihood) {
            self.plan = self.planned(draws, start..end, place).map(|plan| Plan { rest: Some(*rest), ..plan });
        }
    }

    /// Without look-ahead: plans one where a rest has been open for a while.
    fn breathe_in_open_rest(&mut self, place: Place, settings: &Settings) {
        let Some((start, len)) = self.rests.silence() else { return };
        let is_open = len >= self.samples(OPEN_S) && self.decided != Some(start);
        if !is_open || self.plan.is_some() {
            return;
        }
        self.decided = Some(start);
        let draws = self.draws(settings, place.position_samples + start - place.index);
        let is_wanted = is_on(settings) && habits::is_wanted(draws, f64::from(settings.inhale_chance));
        let has_sung = self.rests.phrase_samples().is_some_and(|len| len >= self.samples(LEAST_PHRASE_S));
        if !is_wanted || !has_sung || self.rests.breathes() {
            return;
        }
        let earliest = start + place.late_samples + self.samples(OPEN_S);
        let from = earliest.max(place.index + self.least_lead());
        let duration_s = SHORT_FORM * habits::duration_s(draws, self.seconds(self.rests.phrase_samples()));
        self.plan = self.planned(draws, from..from + self.samples(duration_s), place);
    }

    /// Places one by hand, as soon as the voice pauses.
    fn by_hand(&mut self, place: Place, settings: &Settings) {
        let is_asked = settings.is_breathe_asked && settings.amount > 0.0;
        if self.was_asked.replace(is_asked) == Some(false) && is_asked {
            self.asked_until = Some(place.index + self.samples(PATIENCE_S));
        }
        self.asked_until = self.asked_until.filter(|until| place.index <= *until);
        if self.asked_until.is_none() {
            return;
        }
        let heard = place.index - place.late_samples;
        let rest = self.last_rest.filter(|rest| (rest.start..rest.end).contains(&heard));
        if self.plan.is_some() || (rest.is_none() && !self.rests.is_silent_since(heard)) {
            return;
        }
        let draws = self.draws(settings, place.position_samples);
        let from = place.index + self.least_lead();
        let pause_samples = self.samples(habits::pause_s(draws));
        let latest = rest.map_or(i64::MAX, |rest| rest.end + place.late_samples - pause_samples);
        let until = latest.min(from + self.samples(habits::duration_s(draws, None)));
        self.plan = self.planned(draws, from..until, place).map(|plan| Plan { is_by_hand: true, ..plan });
        self.asked_until = self.asked_until.filter(|_| self.plan.is_none());
    }

    /// One that lasts so long, if that is long enough.
    fn planned(&self, draws: Draws, range: Range<i64>, place: Place) -> Option<Plan> {
        let duration_s = (range.end - range.start) as f64 / self.sample_rate_hz;
        if !habits::is_long_enough(duration_s) {
            return None;
        }
        let contour = Contour::new(range.start, range.end, habits::rise_share(draws), self.sample_rate_hz);
        let more_db = habits::more_db(draws, duration_s) - 20.0 * contour.rms().log10();
        Some(Plan {
            contour,
            start_position: place.position_samples + range.start - place.index,
            more_db: more_db as f32,
            phrase_db: None,
            scale: habits::colour_scale(draws),
            is_by_hand: false,
            pause_samples: self.samples(habits::pause_s(draws)),
            rest: None,
            energy: 0.0,
        })
    }

    /// Lets the one under way end when the phrase behind it begins.
    fn steer(&mut self, place: Place, lateness: &Lateness<'_>) {
        let rate_hz = self.sample_rate_hz;
        let next_sound = self.plan.and_then(|plan| self.next_sound(plan.contour.start(), place));
        let Some(plan) = &mut self.plan else { return };
        if let Some(rest) = plan.rest {
            let late_samples = lateness(rest.end).map_or(place.late_samples, |late| late.round() as i64);
            plan.contour.end_at(rest.end + late_samples - plan.pause_samples, place.index, rate_hz);
        } else if let Some(sound) = next_sound {
            plan.contour.cut(sound + place.late_samples - plan.pause_samples, place.index, rate_hz);
        }
    }

    /// Where the sound begins that ends what began at absolute index `from`, as far as it is seen.
    fn next_sound(&self, from: i64, place: Place) -> Option<i64> {
        let ends_it = |start: &i64| start + place.late_samples > from;
        let rest_end = self.last_rest.map(|rest| rest.end).filter(ends_it);
        rest_end.or(self.rests.sound_start().filter(ends_it))
    }

    /// The noise of a hop.
    fn draw(&mut self, place: Place, settings: &Settings, ahead: &Lookahead<'_>) -> Drawn {
        let start_rms = self.rms;
        let Some(mut plan) = self.plan else { return Drawn::default() };
        let next_index = place.index + self.hop_samples;
        let flow = self.flow.at(settings.performance, place.position_samples, self.sample_rate_hz).value;
        let phrase_db = self.phrase_db_for(&mut plan, next_index);
        let flow_db = (FLOW_DB / lattice::RMS * flow) as f32;
        let level_db = phrase_db + plan.more_db + inhale_db(settings, plan.is_by_hand) + flow_db;
        self.rms = settings.amount * amplitude(level_db) * plan.contour.at(next_index) as f32;
        plan.energy += f64::from(self.rms).powi(2) * self.hop_samples as f64;
        let hop_number = place.position_samples.div_euclid(self.hop_samples);
        let is_near = next_index + self.least_lead() >= plan.contour.start();
        let shape =
            (is_near && is_segment_due(hop_number)).then(|| self.shape(&plan, hop_number, place, settings, ahead));
        // No peak of the phrase lies below its rms, so no sample of its breath need lie above.
        let noise = Noise { rms: Span { start: start_rms, end: self.rms }, most: amplitude(phrase_db), shape };
        let is_over = next_index >= plan.contour.end();
        self.plan = Some(plan).filter(|_| !is_over);
        let inhaled = is_over.then(|| self.inhaled(&plan, place));
        Drawn { noise, inhaled: inhaled.filter(|_| plan.energy > 0.0) }
    }

    /// The level of the phrase that an inhalation is measured by, dBFS: as long as it rises it follows what is seen.
    fn phrase_db_for(&self, plan: &mut Plan, index: i64) -> f32 {
        let seen_db = self.rests.phrase_db().unwrap_or(UNKNOWN_PHRASE_DB);
        let step_db = MOST_FOLLOWED_DB_PER_S * (self.hop_samples as f64 / self.sample_rate_hz) as f32;
        let phrase_db = match plan.phrase_db {
            Some(last_db) if plan.contour.is_rising(index) => seen_db.clamp(last_db - step_db, last_db + step_db),
            Some(last_db) => last_db,
            None => seen_db,
        };
        if index > plan.contour.start() {
            plan.phrase_db = Some(phrase_db);
        }
        phrase_db
    }

    fn shape(&self, plan: &Plan, hop_number: i64, place: Place, settings: &Settings, ahead: &Lookahead<'_>) -> Shape {
        // The vowel ahead once it is known, before that what was sung last.
        let coming = plan.rest.and_then(|rest| ahead(rest.voice)).filter(|hop| hop.known.is_decided);
        let last = || ahead(place.index - place.late_samples).and_then(|hop| hop.singer.envelope);
        let vowel: Option<Envelope> = coming.and_then(|hop| hop.singer.envelope).or_else(last);
        let colour = self.colouring.colour(vowel.as_ref(), plan.scale);
        Shape {
            performance: settings.performance,
            position_samples: (hop_number + SEGMENT_LEAD_HOPS) * self.hop_samples,
            colour: self.tilt.tilted(colour, settings.breath_tone_db),
            pulse: None,
        }
    }

    fn inhaled(&self, plan: &Plan, place: Place) -> Inhaled {
        let len = plan.contour.end() - plan.contour.start();
        Inhaled {
            start_position_samples: plan.start_position,
            end_position_samples: place.position_samples + plan.contour.end() - place.index,
            level_db: (10.0 * (plan.energy / len.max(1) as f64).log10()) as f32,
            is_by_hand: plan.is_by_hand,
        }
    }

    /// Chance at a song position, by the sixteenth note.
    fn draws(&self, settings: &Settings, position: i64) -> Draws {
        Draws::at(Stream::Inhale, settings, position as f64 / self.sample_rate_hz, 1.0)
    }
}

/// By hand, where inhalations are off: as by default, dB re the phrase.
const BY_HAND_DB: f32 = -33.0;

fn is_on(settings: &Settings) -> bool {
    settings.amount > 0.0 && settings.inhale_db.is_finite()
}

fn inhale_db(settings: &Settings, is_by_hand: bool) -> f32 {
    if is_by_hand && !settings.inhale_db.is_finite() { BY_HAND_DB } else { settings.inhale_db }
}
