//! When and how the singer breathes in.
//!
//! In: the rests ahead, when the phrase behind one will be sung, the settings. Out: noise, and each inhalation that has
//! ended. With the look-ahead of Phrase an inhalation leads into the phrase it belongs to; without, it begins when a
//! rest is open and makes way when the next sound comes. Each is planned ([`InhalePlan`]) and fitted into what the rest
//! and the look-ahead leave. Where the take breathes itself none is added. By hand one can be placed anywhere the voice
//! pauses. Sources: docs/design.md §7, docs/voice.md.

mod contour;
mod planned;

use std::ops::Range;

use crate::breath_timbre::InhalationColour;
use crate::dsp::lattice::{self, Lattice};
use crate::dsp::motion::Span;
use crate::dsp::noise::Stream;
use crate::dsp::units::amplitude;
use crate::gesture::{EmptyRest, HOPS_PER_SEGMENT, Inhaled, Noise, Reason, SEGMENT_LEAD_HOPS, Shape, is_segment_due};
use crate::plan::{InhalePlan, LONGEST_PAUSE_S, is_long_enough};
use crate::score::{Incoming, Lookahead, Rest, Transcriber};
use crate::settings::{Mode, Settings};
use contour::Contour;
use planned::Planned;

/// Without look-ahead they are shorter.
/// Chosen: nobody knows how long the rest will be, and one that is cut off is heard.
const SHORT_FORM: f64 = 0.75;
/// Time it leaves the phrase before to end, seconds.
/// Chosen: a reverberant end is over; more leaves short rests without.
const AFTER_PHRASE_S: f64 = 0.03;
/// Without look-ahead a rest is taken for one after this time, seconds.
/// Chosen: longer than a stop consonant's closure.
const OPEN_S: f64 = 0.2;
/// A shorter phrase needs no breath after it, seconds.
/// Chosen: a word of one syllable.
const LEAST_PHRASE_S: f64 = 0.4;
/// A shorter rest is not listed as empty, seconds.
/// Source: docs/design.md §6, a rest of 0.35 s can hold a breath.
const LEAST_LISTED_S: f64 = 0.35;
/// By hand: so long it may wait for the voice to pause, seconds.
/// Chosen: a syllable; what is asked for is heard where it was asked for.
const PATIENCE_S: f64 = 1.0;

/// Air never flows evenly: so many times a second it may turn, by so much, dB rms.
/// Chosen: as turbulent as people's inhalations look in a plot of their level.
const FLOW_HZ: f64 = 9.0;
const FLOW_DB: f64 = 1.2;
/// What becomes known of the coming phrase changes the level by so much, dB per second.
/// Chosen: half as fast as an inhalation swells itself.
const MOST_FOLLOWED_DB_PER_S: f32 = 50.0;
/// Level of the phrase, dBFS rms, where nothing has been sung yet.
/// Chosen: a usual vocal track.
const UNKNOWN_PHRASE_DB: f32 = -24.0;

/// Where a hop lies, for an inhalation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Song position of its first sample.
    pub(super) position: i64,
    /// How much later the input is planned to be heard there, samples.
    pub(super) late_samples: i64,
}

/// How much later the phrase is sung whose voice begins at or behind a song position, samples; `None` if that is not
/// planned yet.
pub(super) type Lateness<'a> = dyn Fn(i64) -> Option<i64> + 'a;

/// What an inhalation does in a hop.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Drawn {
    pub(super) noise: Noise,
    pub(super) inhaled: Option<Inhaled>,
    /// The rest without any whose end has come into sight.
    pub(super) empty: Option<EmptyRest>,
}

/// Decides when the singer breathes in.
#[derive(Clone, Debug)]
pub(super) struct Inhalations {
    sample_rate_hz: f64,
    hop_samples: i64,
    is_foreseeing: bool,
    colour: InhalationColour,
    flow: Lattice,
    planned: Option<Planned>,
    /// The rest whose inhalation has been decided on, by a place in it, and why it has none, if it has none.
    decided: Option<(i64, Option<Reason>)>,
    /// The rest seen last.
    last_rest: Option<Rest>,
    /// By hand: song position until which it waits for a pause.
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
            colour: InhalationColour::default(),
            flow: Lattice::new(Stream::InhaleFlow, 0, FLOW_HZ),
            planned: None,
            decided: None,
            last_rest: None,
            asked_until: None,
            was_asked: None,
            rms: 0.0,
        }
    }

    /// Forgets everything: the song jumps.
    pub(super) fn reset(&mut self) {
        (self.planned, self.decided, self.last_rest) = (None, None, None);
        (self.asked_until, self.was_asked) = (None, None);
        self.rms = 0.0;
    }

    /// What an inhalation does in the hop at a place. Realtime-safe.
    pub(super) fn at(
        &mut self,
        place: Place,
        settings: &Settings,
        transcriber: &mut Transcriber,
        ahead: &Lookahead<'_>,
        lateness: &Lateness<'_>,
    ) -> Drawn {
        let mut empty = None;
        while let Some(rest) = transcriber.find_rest(place.position, ahead) {
            self.last_rest = Some(rest);
            if self.is_foreseeing || rest.is_learned {
                // What is drawn over the rest holds for it; of a learned rest the newest may be the nearest.
                let drawn = transcriber.hop_at(rest.end - self.samples(LONGEST_PAUSE_S), ahead);
                let drawn = drawn.map(|hop| *hop.settings).or(transcriber.newest_settings());
                let late_samples = lateness(rest.end).unwrap_or(place.late_samples);
                let reason = if self.is_missing(&rest, transcriber, ahead) {
                    Some(Reason::NothingSung)
                } else {
                    self.foresee(&rest, place, late_samples, &drawn.unwrap_or(*settings))
                };
                self.decided = Some((rest.start, reason));
            }
            // In an open rest it is decided before anything else is heard in it.
            let decided = self.decided.filter(|(start, _)| (rest.voice_end..=rest.start).contains(start));
            let undecided = match rest.phrase_samples {
                _ if rest.has_own_breath => Reason::OwnBreath,
                None => Reason::NothingSung,
                Some(_) => Reason::NoRoom,
            };
            let reason = decided.map_or(Some(undecided), |(_, reason)| reason);
            empty = reason.and_then(|reason| self.empty(&rest, reason)).or(empty);
        }
        let incoming = transcriber.incoming();
        if !self.is_foreseeing && !transcriber.is_learned() {
            self.breathe_in_open_rest(place, &incoming, settings);
        }
        self.by_hand(place, &incoming, settings);
        self.steer(place, &incoming, lateness);
        Drawn { empty, ..self.draw(place, &incoming, settings, transcriber, ahead) }
    }

    /// A rest without an inhalation, if it could hold one.
    fn empty(&self, rest: &Rest, reason: Reason) -> Option<EmptyRest> {
        let Rest { voice_end, end, .. } = *rest;
        (end - voice_end >= self.samples(LEAST_LISTED_S)).then_some(EmptyRest {
            start_position_samples: voice_end,
            end_position_samples: end,
            reason,
        })
    }

    /// Whether the phrase that was learned behind a rest is seen not to come.
    fn is_missing(&self, rest: &Rest, transcriber: &Transcriber, ahead: &Lookahead<'_>) -> bool {
        let voice = transcriber.hop_at(rest.voice + self.samples(COMING_S), ahead).map(|hop| hop.known.frame);
        rest.is_learned && voice.is_some_and(|frame| frame.level_db < frame.silence_db)
    }

    fn samples(&self, seconds: f64) -> i64 {
        (seconds * self.sample_rate_hz) as i64
    }

    fn seconds(&self, samples: i64) -> f64 {
        samples as f64 / self.sample_rate_hz
    }

    /// What is planned for a song position, behind a phrase of so many samples, if that is known.
    fn plan(&self, position: i64, phrase_samples: Option<i64>, settings: &Settings) -> InhalePlan {
        InhalePlan::at(self.seconds(position), phrase_samples.map(|samples| self.seconds(samples)), settings)
    }

    /// Nothing sounds before this many samples from now: noise is told of that much ahead.
    fn least_lead(&self) -> i64 {
        (SEGMENT_LEAD_HOPS + HOPS_PER_SEGMENT) * self.hop_samples
    }

    /// Plans an inhalation before a phrase that has just come into sight and is sung so much later than in the input;
    /// or says why not.
    fn foresee(&mut self, rest: &Rest, place: Place, late_samples: i64, settings: &Settings) -> Option<Reason> {
        let hindrances = [
            (!is_on(settings), Reason::Off),
            (rest.has_own_breath, Reason::OwnBreath),
            (self.planned.is_some(), Reason::Busy),
        ];
        if let Some((_, reason)) = hindrances.into_iter().find(|(is_so, _)| *is_so) {
            return Some(reason);
        }
        let plan = self.plan(rest.end, rest.phrase_samples, settings);
        let end = rest.end + late_samples - self.samples(plan.pause_s);
        let after_phrase = rest.start + place.late_samples + self.samples(AFTER_PHRASE_S);
        let earliest = (place.position + self.least_lead()).max(after_phrase);
        let start = (end - self.samples(plan.duration_s)).max(earliest);
        let room_s = self.seconds(end - earliest);
        if !plan.is_wanted(f64::from(settings.inhale_chance), room_s) {
            return Some(if plan.is_wanted(1.0, room_s) { Reason::Chance } else { Reason::NoRoom });
        }
        self.planned = self.fitted(plan, start..end).map(|planned| Planned { rest: Some(*rest), ..planned });
        Some(Reason::NoRoom).filter(|_| self.planned.is_none())
    }

    /// Without look-ahead: plans one where a rest has been open for a while.
    fn breathe_in_open_rest(&mut self, place: Place, incoming: &Incoming, settings: &Settings) {
        let start = incoming.silence_start;
        let is_open = incoming.silent_samples.is_some_and(|len| len >= self.samples(OPEN_S));
        if !is_open || self.decided.is_some_and(|(decided, _)| decided == incoming.voice_end) || self.planned.is_some()
        {
            return;
        }
        let has_sung = incoming.phrase_samples.is_some_and(|len| len >= self.samples(LEAST_PHRASE_S));
        let plan = self.plan(start, incoming.phrase_samples, settings);
        let hindrances = [
            (!is_on(settings), Reason::Off),
            (incoming.has_own_breath, Reason::OwnBreath),
            (!has_sung, Reason::NothingSung),
            (!plan.is_wanted(f64::from(settings.inhale_chance), f64::INFINITY), Reason::Chance),
        ];
        let reason = hindrances.into_iter().find(|(is_so, _)| *is_so).map(|(_, reason)| reason);
        self.decided = Some((incoming.voice_end, reason));
        if reason.is_none() {
            let earliest = start + place.late_samples + self.samples(OPEN_S);
            let from = earliest.max(place.position + self.least_lead());
            self.planned = self.fitted(plan, from..from + self.samples(SHORT_FORM * plan.duration_s));
            self.decided = Some((incoming.voice_end, Some(Reason::NoRoom).filter(|_| self.planned.is_none())));
        }
    }

    /// Places one by hand, as soon as the voice pauses.
    fn by_hand(&mut self, place: Place, incoming: &Incoming, settings: &Settings) {
        let is_asked = settings.is_breathe_asked && settings.amount > 0.0;
        if self.was_asked.replace(is_asked) == Some(false) && is_asked {
            self.asked_until = Some(place.position + self.samples(PATIENCE_S));
        }
        self.asked_until = self.asked_until.filter(|until| place.position <= *until);
        if self.asked_until.is_none() || self.planned.is_some() {
            return;
        }
        let heard = place.position - place.late_samples;
        let rest = self.last_rest.filter(|rest| (rest.start..rest.end).contains(&heard));
        let is_silent = incoming.sound_start.is_none() && incoming.silence_start <= heard;
        if rest.is_none() && !is_silent {
            return;
        }
        let plan = self.plan(place.position, None, settings);
        let from = place.position + self.least_lead();
        let latest = rest.map_or(i64::MAX, |rest| rest.end + place.late_samples - self.samples(plan.pause_s));
        let until = latest.min(from + self.samples(plan.duration_s));
        self.planned = self.fitted(plan, from..until).map(|planned| Planned { is_by_hand: true, ..planned });
        self.asked_until = self.asked_until.filter(|_| self.planned.is_none());
    }

    /// One that lasts so long, if that is long enough.
    fn fitted(&self, plan: InhalePlan, range: Range<i64>) -> Option<Planned> {
        let duration_s = self.seconds(range.end - range.start);
        if !is_long_enough(duration_s) {
            return None;
        }
        let contour = Contour::new(range.start, range.end, plan.rise_share, self.sample_rate_hz);
        let more_db = plan.more_db(duration_s) - 20.0 * contour.rms().log10();
        let more_db = more_db as f32;
        Some(Planned { plan, contour, more_db, phrase_db: None, is_by_hand: false, rest: None, energy: 0.0 })
    }

    /// Lets the one under way end when the phrase behind it begins.
    fn steer(&mut self, place: Place, incoming: &Incoming, lateness: &Lateness<'_>) {
        let rate_hz = self.sample_rate_hz;
        let last_end = self.last_rest.map(|rest| rest.end);
        let Some(planned) = &mut self.planned else { return };
        let pause = (planned.plan.pause_s * rate_hz) as i64;
        if let Some(rest) = planned.rest {
            let late_samples = lateness(rest.end).unwrap_or(place.late_samples);
            planned.contour.end_at(rest.end + late_samples - pause, place.position, rate_hz);
            return;
        }
        // The sound that ends what has begun, as far as it is seen.
        let ends_it = |start: &i64| start + place.late_samples > planned.contour.start();
        if let Some(sound) = last_end.filter(ends_it).or(incoming.sound_start.filter(ends_it)) {
            planned.contour.cut(sound + place.late_samples - pause, place.position, rate_hz);
        }
    }

    /// The noise of a hop.
    fn draw(
        &mut self,
        place: Place,
        incoming: &Incoming,
        settings: &Settings,
        transcriber: &Transcriber,
        ahead: &Lookahead<'_>,
    ) -> Drawn {
        let start_rms = self.rms;
        let Some(mut planned) = self.planned else { return Drawn::default() };
        let next = place.position + self.hop_samples;
        let flow = self.flow.at(settings.performance, place.position, self.sample_rate_hz).value;
        let phrase_db = self.phrase_db(&mut planned, next, incoming);
        let flow_db = (FLOW_DB / lattice::RMS * flow) as f32;
        let level_db = phrase_db + planned.more_db + inhale_db(settings, planned.is_by_hand) + flow_db;
        self.rms = settings.amount * amplitude(level_db) * planned.contour.at(next) as f32;
        planned.energy += f64::from(self.rms).powi(2) * self.hop_samples as f64;
        let hop_number = place.position.div_euclid(self.hop_samples);
        let is_near = next + self.least_lead() >= planned.contour.start();
        let shape = (is_near && is_segment_due(hop_number))
            .then(|| self.shape(&planned, hop_number, place, settings, transcriber, ahead));
        // No peak of the phrase lies below its rms, so no sample of its breath need lie above.
        let noise = Noise { rms: Span { start: start_rms, end: self.rms }, most: amplitude(phrase_db), shape };
        let is_over = next >= planned.contour.end();
        self.planned = Some(planned).filter(|_| !is_over);
        Drawn { noise, inhaled: Some(planned.inhaled()).filter(|_| is_over && planned.energy > 0.0), empty: None }
    }

    /// The level of the phrase that an inhalation is measured by, dBFS: as long as it rises it follows what is known.
    fn phrase_db(&self, planned: &mut Planned, next: i64, incoming: &Incoming) -> f32 {
        let coming_db = planned.rest.and_then(|rest| rest.voice_db).or(incoming.voice_db);
        let known_db = coming_db.unwrap_or(UNKNOWN_PHRASE_DB);
        let step_db = MOST_FOLLOWED_DB_PER_S * (self.hop_samples as f64 / self.sample_rate_hz) as f32;
        let phrase_db = match planned.phrase_db {
            Some(last_db) if planned.contour.is_rising(next) => known_db.clamp(last_db - step_db, last_db + step_db),
            Some(last_db) => last_db,
            None => known_db,
        };
        if next > planned.contour.start() {
            planned.phrase_db = Some(phrase_db);
        }
        phrase_db
    }

    fn shape(
        &self,
        planned: &Planned,
        hop_number: i64,
        place: Place,
        settings: &Settings,
        transcriber: &Transcriber,
        ahead: &Lookahead<'_>,
    ) -> Shape {
        // The vowel ahead once it is known, before that what was sung last.
        let coming = planned.rest.and_then(|rest| transcriber.hop_at(rest.voice, ahead));
        let coming = coming.filter(|hop| hop.known.is_decided).and_then(|hop| hop.singer.envelope);
        let last =
            || transcriber.hop_at(place.position - place.late_samples, ahead).and_then(|hop| hop.singer.envelope);
        let vowel = coming.or_else(last);
        Shape {
            performance: settings.performance,
            position_samples: (hop_number + SEGMENT_LEAD_HOPS) * self.hop_samples,
            colour: self.colour.before(vowel.as_ref(), planned.plan.colour_scale, settings.breath_tone_db),
            pulse: None,
        }
    }
}

/// So long into the voice of a phrase it is looked whether that comes, seconds.
/// Chosen: a voice is seen before it has its level.
const COMING_S: f64 = 0.04;

/// By hand, where inhalations are off: as by default, dB re the phrase. Source: the default of `src/params.rs`.
const BY_HAND_DB: f32 = -33.0;

fn is_on(settings: &Settings) -> bool {
    settings.amount > 0.0 && settings.inhale_db.is_finite()
}

fn inhale_db(settings: &Settings, is_by_hand: bool) -> f32 {
    if is_by_hand && !settings.inhale_db.is_finite() { BY_HAND_DB } else { settings.inhale_db }
}
