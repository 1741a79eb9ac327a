//! The singer behind the notes: one body that moves pitch, breath, level and vibrato together.
//!
//! In: how loud the take is, its notes and phrases, chance. Out: what the state of the body does to each movement.
//! Three things make up that state, and a fourth goes with each note: how much effort is made, how much breath is
//! spent, how far attention has wandered, how fresh the note is. What each does is in one table, [`influences`], with
//! the reason. None of it reaches further back than the phrase. Source: DESIGN §6.

use super::movement::Depth;
use crate::analysis::Frame;
use crate::dsp::lattice::{self, Lattice};
use crate::dsp::noise::{Performance, Stream};

/// So much louder than usual is an effort of one, dB: twice the pressure below the folds is 9 dB (Titze & Sundberg,
/// "Vocal intensity in speakers and singers", JASA 91, 1992).
const EFFORT_DB: f32 = 6.0;
/// The greatest effort, either way.
const MOST_EFFORT: f32 = 1.25;
/// Effort is the mean over so long, seconds: a syllable's beginning. A decision.
const EFFORT_S: f64 = 0.13;
/// … and wanders by so much of its own, rms, so many times a second: a few times in a phrase. Decisions.
const EFFORT_LIFE: f64 = 0.2;
const EFFORT_LIFE_HZ: f64 = 0.4;
/// So much singing spends a breath, seconds: phrases last 3 to 8 (VOICE.md: 6 to 15 breaths a minute) and leave a rest.
const BREATH_S: f32 = 10.0;
/// A phrase's middle: as much of the breath is spent there as knobs are literal for.
const USUALLY_SPENT: f32 = 0.3;
/// How often attention wanders, numbers per second: it comes back about every five seconds. A decision.
const ATTENTION_HZ: f64 = 0.4;
/// A note is fresh for so long, seconds, less and less: singers begin in tune, and wander as it goes on. A decision.
const FRESH_S: f32 = 1.2;
/// Hops over which the mean of effort goes: as many as there are at most (a hop lasts a millisecond or more).
const MOST_EFFORT_HOPS: usize = 136;

/// What the body moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum On {
    /// Depth of the drift, as a factor.
    Drift,
    /// Depth of the tremble, as a factor.
    Tremble,
    /// Depth of jitter and shimmer, as a factor.
    Jitter,
    /// Depth of added vibrato, as a factor.
    VibratoDepth,
    /// Rate of added vibrato, as a factor.
    VibratoRate,
    /// Breath in the voice, dB.
    Breath,
    /// Level, in standard deviations of what Level Life asks for.
    Level,
    /// Where a note is centred, in standard deviations of what Intonation asks for.
    Pitch,
    /// Depth of scoops, as a factor.
    Scoop,
    /// Spread of timing, as a factor.
    Timing,
}

/// The most of a movement that there may be.
const MOST: f32 = Depth::MOST as f32;

/// What moves what, and why: by each unit of effort, breath spent, inattention and freshness, by each unit more of the
/// effort that is the singer's own, and as far as all of them together may go. Directions are those of the sources;
/// sizes are decisions, small enough for the knobs to stay literal on average.
#[rustfmt::skip]
const fn influences(on: On) -> ([f32; 5], [f32; 2]) {
    match on {
        // Support steadies a tone, a spent breath does not; who listens corrects. That a note begins in tune and
        // wanders later (DESIGN §6) is its lean: with less drift at its beginning besides, long notes had more than
        // short ones.
        On::Drift => ([-0.12, 0.25, 0.1, 0.0, 0.0], [0.3, MOST]),
        // Muscles tremble when they tire; a new tone has their whole attention.
        On::Tremble => ([-0.08, 0.3, 0.05, -0.15, 0.0], [0.5, MOST]),
        // Periods are less alike in soft voices (Orlikoff & Kahane, "Influence of mean sound pressure level on jitter
        // and shimmer measures", J. Voice 5, 1991), and as a tone begins.
        On::Jitter => ([-0.2, 0.2, 0.0, 0.2, 0.0], [0.5, MOST]),
        // Louder singing swings wider, and a little faster; tired singing less (Prame, JASA 96, 1994, and 102, 1997).
        On::VibratoDepth => ([0.2, -0.2, -0.1, 0.0, 0.0], [0.5, 1.5]),
        On::VibratoRate => ([0.02, 0.03, 0.0, 0.0, 0.0], [0.94, 1.06]),
        // Louder folds close more firmly (Klatt & Klatt, JASA 87, 1990); at the end of a breath they close less.
        On::Breath => ([-2.4, 1.5, 0.3, 0.0, 0.0], [-4.0, 4.0]),
        // Less breath, less pressure, less sound. Effort is loudness already, but for the singer's own: twice the
        // pressure, 9 dB, would be far above a knob of 0.4 dB, so this goes with the knob as all else.
        On::Level => ([0.0, -0.8, -0.2, 0.0, 2.0], [-1.0, 1.0]),
        // Pressure raises pitch by 2 to 6 Hz for each cmH2O (Titze, "On the relation between subglottal pressure and
        // fundamental frequency in phonation", JASA 85, 1989), which singers make up for, not quite; phrases end flat.
        On::Pitch => ([0.2, -0.5, 0.0, 0.0, 0.0], [-0.6, 0.6]),
        // Who does not listen slides …
        On::Scoop => ([0.1, 0.0, 0.2, 0.0, 0.0], [0.6, 1.4]),
        // … and comes in when they come in.
        On::Timing => ([0.0, 0.0, 0.25, 0.0, 0.0], [0.6, 1.4]),
    }
}

/// How the body is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct State {
    /// 0 as usual, 1 much.
    effort: f32,
    /// How much more of the breath is spent than in the middle of a phrase, as a share of it.
    spent: f32,
    /// 0 as usual; rms 1.
    inattention: f32,
    /// 1 as a note begins, then falling to 0.
    fresh: f32,
    /// The part of effort that is the singer's own: nothing in the take tells of it.
    own_effort: f32,
}

impl State {
    /// What this state does.
    pub(super) fn on(&self, on: On) -> f32 {
        let (by, [least, most]) = influences(on);
        let usual = if matches!(on, On::Breath | On::Level | On::Pitch) { 0.0 } else { 1.0 };
        let state = [self.effort, self.spent, self.inattention, self.fresh, self.own_effort];
        let sum: f32 = by.iter().zip(state).map(|(by, state)| by * state).sum();
        (usual + sum).clamp(least, most)
    }
}

/// How far attention wanders in the course of a song.
#[derive(Clone, Debug)]
pub(super) struct Attention {
    sample_rate_hz: f64,
    lattice: Lattice,
}

impl Attention {
    pub(super) fn new(sample_rate_hz: f64) -> Self {
        Self { sample_rate_hz, lattice: Lattice::new(Stream::Body, 1, ATTENTION_HZ) }
    }

    /// How far it has wandered at a song position: 0 as usual, rms 1. Realtime-safe.
    fn wandered(&mut self, who: Performance, position: i64) -> f32 {
        (self.lattice.at(who, position, self.sample_rate_hz).value / lattice::RMS) as f32
    }

    /// The body at a song position as far as it is known long before: only how attentive it is.
    pub(super) fn foreseen(&mut self, who: Performance, position: i64) -> State {
        State { inattention: self.wandered(who, position), ..State::default() }
    }
}

/// The body of the singer.
#[derive(Clone, Debug)]
pub(super) struct Body {
    sample_rate_hz: f64,
    effort_life: Lattice,
    attention: Attention,
    /// How much louder than usual each of the last hops was, hundredths of a dB, so that their sum is exact.
    louder: [i32; MOST_EFFORT_HOPS],
    n_hops: usize,
    next: usize,
    sum: i32,
    /// Song positions where the phrase and the note began; `None` before the first.
    phrase: Option<i64>,
    note: Option<i64>,
    state: State,
}

impl Body {
    pub(super) fn new(sample_rate_hz: f64, hop_samples: usize) -> Self {
        let hop_s = hop_samples as f64 / sample_rate_hz;
        Self {
            sample_rate_hz,
            effort_life: Lattice::new(Stream::Body, 0, EFFORT_LIFE_HZ),
            attention: Attention::new(sample_rate_hz),
            louder: [0; MOST_EFFORT_HOPS],
            n_hops: ((EFFORT_S / hop_s).ceil() as usize).min(MOST_EFFORT_HOPS),
            next: 0,
            sum: 0,
            phrase: None,
            note: None,
            state: State::default(),
        }
    }

    /// Forgets the phrase: the song jumps.
    pub(super) fn reset(&mut self) {
        self.louder.fill(0);
        (self.next, self.sum) = (0, 0);
        (self.phrase, self.note, self.state) = (None, None, State::default());
    }

    /// A note begins at a song position, perhaps a phrase with it: then the singer has breathed in.
    pub(super) fn begin_note(&mut self, position: i64, is_phrase_start: bool) {
        self.note = Some(position);
        if is_phrase_start {
            self.phrase = Some(position);
        }
        self.age(position);
    }

    /// Lives through a hop that ends at a song position. `voice_db` is how loud the voice usually is, dBFS.
    /// Realtime-safe.
    pub(super) fn live(&mut self, frame: &Frame, voice_db: Option<f32>, position: i64, who: Performance) {
        let louder_db = voice_db.map_or(0.0, |voice_db| frame.loudness_db - voice_db);
        let most_db = MOST_EFFORT * EFFORT_DB;
        let louder = (100.0 * louder_db.clamp(-most_db, most_db)).round() as i32;
        self.sum += louder - std::mem::replace(&mut self.louder[self.next], louder);
        self.next = (self.next + 1) % self.n_hops;
        let mean_db = self.sum as f32 / (100.0 * self.n_hops as f32);
        let life = EFFORT_LIFE / lattice::RMS * self.effort_life.at(who, position, self.sample_rate_hz).value;
        self.state.own_effort = life as f32;
        self.state.effort = (mean_db / EFFORT_DB + self.state.own_effort).clamp(-MOST_EFFORT, MOST_EFFORT);
        self.state.inattention = self.attention.wandered(who, position);
        self.age(position);
    }

    /// Notes and phrases grow old, up to a song position.
    fn age(&mut self, position: i64) {
        let since_s = |start: i64| ((position - start).max(0) as f64 / self.sample_rate_hz) as f32;
        self.state.spent = self.phrase.map_or(0.0, |start| (since_s(start) / BREATH_S).min(1.0) - USUALLY_SPENT);
        self.state.fresh = self.note.map_or(0.0, |start| (1.0 - since_s(start) / FRESH_S).max(0.0).powi(2));
    }

    /// How the body is now.
    pub(super) fn state(&self) -> &State {
        &self.state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHO: Performance = Performance { seed: 1, take: 1 };
    const HOP: i64 = 64;

    fn sung(loudness_db: f32) -> Frame {
        Frame { f0_hz: 220.0, loudness_db, ..Frame::SILENCE }
    }

    /// Sings on for a while.
    fn sing(body: &mut Body, from_s: f64, until_s: f64, loudness_db: f32) {
        let hop = |seconds: f64| (seconds * 48_000.0) as i64 / HOP;
        for hop in hop(from_s)..hop(until_s) {
            body.live(&sung(loudness_db), Some(-20.0), (hop + 1) * HOP, WHO);
        }
    }

    #[test]
    fn a_body_at_rest_leaves_the_knobs_alone() {
        let rest = State::default();
        for factor in [On::Drift, On::Tremble, On::Jitter, On::VibratoDepth, On::VibratoRate, On::Scoop, On::Timing] {
            assert_eq!(rest.on(factor), 1.0, "{factor:?}");
        }
        for deviation in [On::Breath, On::Level, On::Pitch] {
            assert_eq!(rest.on(deviation), 0.0, "{deviation:?}");
        }
    }

    #[test]
    fn loud_is_less_breathy_and_the_end_of_a_breath_more() {
        let after = |seconds, loudness_db| {
            let mut body = Body::new(48_000.0, HOP as usize);
            body.begin_note(0, true);
            sing(&mut body, 0.0, seconds, loudness_db);
            *body.state()
        };
        let (soft, loud) = (after(1.0, -26.0), after(1.0, -14.0));
        assert!(loud.on(On::Breath) < soft.on(On::Breath) - 3.0);
        assert!(loud.on(On::VibratoDepth) > soft.on(On::VibratoDepth) + 0.2);
        let (early, late) = (after(1.0, -20.0), after(8.0, -20.0));
        assert!(late.spent > early.spent + 0.6);
        let flatter = |on| State { spent: late.spent, ..early }.on(on) - early.on(on);
        assert!(flatter(On::Breath) > 0.5 && flatter(On::Pitch) < -0.2 && flatter(On::Level) < -0.3);
    }

    #[test]
    fn an_effort_of_ones_own_is_louder_and_less_breathy() {
        let mut body = Body::new(48_000.0, HOP as usize);
        body.begin_note(0, true);
        let points: Vec<(f32, f32)> = (0..200)
            .map(|k| {
                sing(&mut body, 0.5 * f64::from(k), 0.5 * f64::from(k + 1), -20.0);
                let state = State { spent: 0.0, inattention: 0.0, fresh: 0.0, ..*body.state() };
                (state.on(On::Level), state.on(On::Breath))
            })
            .collect();
        assert!(points.iter().all(|(louder, breathier)| louder * breathier <= 0.0));
        let rms = (points.iter().map(|(louder, _)| louder * louder).sum::<f32>() / 200.0).sqrt();
        assert!((0.3..0.5).contains(&rms), "{rms}");
    }

    #[test]
    fn notes_begin_steadier_than_they_go_on_and_phrases_with_a_new_breath() {
        let mut body = Body::new(48_000.0, HOP as usize);
        body.begin_note(0, true);
        sing(&mut body, 0.0, 2.0, -20.0);
        let before = *body.state();
        body.begin_note(96_000, false);
        assert!(body.state().on(On::Tremble) < before.on(On::Tremble) - 0.13);
        assert_eq!(body.state().spent, before.spent);
        body.begin_note(96_000, true);
        assert!(body.state().spent < before.spent);
    }

    #[test]
    fn what_was_sung_before_is_forgotten_to_the_bit() {
        let live = |before_db: f32| {
            let mut body = Body::new(48_000.0, HOP as usize);
            body.begin_note(0, true);
            sing(&mut body, 0.0, 3.0, before_db);
            body.begin_note(144_000, true);
            sing(&mut body, 3.0, 3.2, -19.3);
            *body.state()
        };
        assert_eq!(live(-12.0), live(-33.7));
    }
}
