//! Frames, song position and seed → one [`Gesture`] per hop: what the singer does.
//!
//! In: a [`Moment`] (where in the song), the settings that came in with that audio, and what is known of the audio
//! ahead. Out: the motion of the read pointer, where timing asks it to be, and the gain over one hop. All movement is a
//! pure function of position; timing knows the notes since the last jump. That the pointer itself does not jump when
//! the settings change is the renderer's work.

use crate::analysis::take::TakeStatistics;
use crate::analysis::{Frame, Known, Singer};
use crate::settings::{Mode, Settings};

mod aspiration;
mod body;
pub mod breath;
mod draws;
mod foresight;
mod inhale;
mod level;
mod missing;
pub mod movement;
mod note_pitch;
mod own_breaths;
mod own_vibrato;
pub mod shimmer;
mod timing;

use aspiration::{Aspiration, Breathed, Heard};
use body::{Body, On};
use breath::Noise;
pub use inhale::Inhaled;
use inhale::{Drawn, Inhalations};
use level::{Level, Levels, Life};
use missing::{FORESIGHT_S, Missing};
use movement::{Depth, Depths};
pub use movement::{Motion, Movement};
use note_pitch::{Begun, NotePitch};
use own_vibrato::OwnVibrato;
pub use timing::TimedNote;
use timing::{Displaced, Place, Sung, Timing};

/// One hop of the song, before it is rendered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// Song position of the first sample to render, not necessarily on the hop grid.
    pub position_samples: i64,
    /// Absolute index of that sample.
    pub index: i64,
    /// The song jumped here, or began here.
    pub is_jump: bool,
    /// Where the read pointer is, samples from that position: what is heard now lies there.
    pub pointer_samples: f64,
}

impl Moment {
    /// Absolute index of the input that is heard now.
    fn heard(&self) -> i64 {
        self.index + self.pointer_samples.round() as i64
    }
}

/// A hop of the input that may still lie ahead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ahead<'a> {
    /// What is known of it.
    pub known: Known,
    /// What is known of the singer then.
    pub singer: &'a Singer,
    /// Song position of its first sample.
    pub position_samples: i64,
    /// The settings that it came in with.
    pub settings: Settings,
}

/// What is known of the hop that holds an absolute index; `None` where nothing is known, or no longer.
pub type Lookahead<'a> = dyn Fn(i64) -> Option<Ahead<'a>> + 'a;

/// A value at the start and at the end of a hop of the absolute grid.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Span<T> {
    /// At the hop's first sample.
    pub start: T,
    /// At the next hop's first sample.
    pub end: T,
}

impl<T: std::ops::Add<Output = T>> std::ops::Add for Span<T> {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { start: self.start + other.start, end: self.end + other.end }
    }
}

/// What the singer does in one hop of the absolute grid.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gesture {
    /// Continuous displacement of the read pointer, samples (positive reads later audio), with its slope, samples per
    /// sample: the pitch. Where a hop does not begin as the last one ended, the renderer keeps the pointer where it is.
    pub warp: Span<Motion>,
    /// Displacement that timing asks for on top, samples (positive reads later audio, so sounds earlier), taken up in
    /// steps where they are not heard; 0 asks for none.
    pub shift_samples: f64,
    /// Linear gain of the voice, with the output gain; 0 where it is not listened to.
    pub gain: Span<f32>,
    /// Linear gain of the untouched input that is taken away, with the output gain: what remains is what was added.
    pub taken: Span<f32>,
    /// How much of its brightness the voice loses, `0..=1`: 0 none.
    pub softness: Span<f32>,
    /// Breath in the voice.
    pub aspiration: Noise,
    /// Breath between phrases.
    pub inhalation: Noise,
    /// Linear gain of both: the output gain.
    pub noise_gain: Span<f32>,
    /// Share of the untouched input, `0..=1`: the bypass.
    pub dry: Span<f32>,
    /// The song jumped, or began, here: the pointer goes at once to where it is asked to be.
    pub is_jump: bool,
    /// Gain added at the hop's start by Level Life and shimmer, dB.
    pub moved_db: f32,
    /// The note whose vowel begins here, and when.
    pub note: Option<TimedNote>,
    /// The added inhalation that ends here.
    pub inhaled: Option<Inhaled>,
}

/// Decides hop by hop what the singer does.
#[derive(Clone, Debug)]
pub struct Performer {
    hop_samples: i64,
    sample_rate_hz: f64,
    movement: Movement,
    body: Body,
    missing: Missing,
    /// Absolute index where the note that is sung begins; `None` before the first.
    sung_from: Option<i64>,
    /// How deep each movement is at the end of the last hop.
    depths: Depths,
    pitch: NotePitch,
    own_vibrato: OwnVibrato,
    timing: Timing,
    aspiration: Aspiration,
    inhalations: Inhalations,
    level: Level,
    last: Option<LastHop>,
}

/// What the next hop continues from.
#[derive(Clone, Copy, Debug)]
struct LastHop {
    settings: Settings,
    /// The movement at the end of that hop.
    motion: Motion,
}

impl Performer {
    /// A performer for one mode, whose movement may displace the read pointer by `reach_samples` either way.
    pub fn new(sample_rate_hz: f64, hop_samples: usize, mode: Mode, reach_samples: f64) -> Self {
        let budget_s = (reach_samples / sample_rate_hz).min(mode.movement_budget_ms() / 1000.0);
        Self {
            hop_samples: hop_samples as i64,
            sample_rate_hz,
            movement: Movement::new(sample_rate_hz, budget_s),
            body: Body::new(sample_rate_hz, hop_samples),
            missing: Missing::default(),
            sung_from: None,
            depths: Depths::FULL,
            pitch: NotePitch::new(sample_rate_hz),
            own_vibrato: OwnVibrato::new(sample_rate_hz, hop_samples),
            timing: Timing::new(sample_rate_hz, mode),
            aspiration: Aspiration::new(sample_rate_hz, hop_samples),
            inhalations: Inhalations::new(sample_rate_hz, hop_samples, mode),
            level: Level::new(sample_rate_hz, hop_samples),
            last: None,
        }
    }

    /// Forgets what was done before.
    pub fn reset(&mut self) {
        self.last = None;
        self.level.reset();
        self.forget_song();
    }

    /// Forgets what hangs on the course of the song.
    fn forget_song(&mut self) {
        self.body.reset();
        self.depths = Depths::FULL;
        self.missing.reset();
        self.sung_from = None;
        self.pitch.reset();
        self.own_vibrato.reset();
        self.timing.reset();
        self.aspiration.reset();
        self.inhalations.reset();
    }

    /// What the singer does in the hop that holds `moment`. `ahead` tells what is known of the hop that holds an
    /// absolute index.
    pub fn perform(&mut self, moment: &Moment, settings: &Settings, ahead: &Lookahead<'_>) -> Gesture {
        if moment.is_jump {
            self.forget_song();
        }
        let hop_number = moment.position_samples.div_euclid(self.hop_samples);
        let grid_start = hop_number * self.hop_samples;
        self.movement.set(settings);
        let sung = self.time(moment, settings, ahead);
        if let Some(sung) = &sung {
            self.begin_note(sung, settings, ahead);
        }
        if let Some(end) = self.timing.take_phrase_end() {
            let late_samples = self.timing.late_samples().round() as i64;
            let end_position = moment.position_samples + end - moment.index + late_samples;
            let own_cents = foresight::fall_cents(end, self.sample_rate_hz, ahead);
            self.pitch.end_phrase(moment.position_samples, end_position, own_cents, settings);
        }
        let depths = self.live(moment, grid_start, settings, ahead);
        let own_vibrato = self.own_vibrato.at(moment, settings, ahead);
        let warp = self.warp(moment, grid_start, settings, &depths, sung.is_some()) + own_vibrato;
        let Drawn { noise: inhalation, inhaled } = self.inhale(moment, settings, ahead);
        let heard = Heard { hop_number, index: moment.heard() };
        let state = self.body.state();
        let Breathed { noise: aspiration, softness } = self.aspiration.at(heard, settings, state.on(On::Breath), ahead);
        let life = Life { perturbed: depths.end.jitter.value as f32, deviation: state.on(On::Level) };
        let Levels { voice, taken, noise, dry, moved_db } = self.level.at(moment, grid_start, settings, life, ahead);
        Gesture {
            warp,
            shift_samples: self.timing.shift_samples(settings),
            gain: voice,
            taken,
            softness,
            aspiration,
            inhalation,
            noise_gain: noise,
            dry,
            is_jump: moment.is_jump,
            moved_db,
            note: sung.map(|sung| sung.timed),
            inhaled,
        }
    }

    fn time(&mut self, moment: &Moment, settings: &Settings, ahead: &Lookahead<'_>) -> Option<Sung> {
        let &Moment { position_samples, index, pointer_samples, .. } = moment;
        let place = Place { index, position_samples, pointer_samples };
        let displaced = Displaced { movement: &mut self.movement, depths: &self.depths, pitch: &mut self.pitch };
        self.timing.at(place, settings, displaced, ahead)
    }

    /// A note begins to be sung, perhaps a phrase with it: the movement is another from here on.
    fn begin_note(&mut self, sung: &Sung, settings: &Settings, ahead: &Lookahead<'_>) {
        let &Sung { position, onset, is_phrase_start, .. } = sung;
        let Some(here) = ahead(onset) else { return };
        let last = self.sung_from.replace(onset);
        let last = last.and_then(|last| foresight::course(last, onset, self.sample_rate_hz, ahead));
        let seen = foresight::note(onset, last, self.sample_rate_hz, ahead);
        let begun = Begun {
            position,
            onset_position: here.position_samples,
            is_phrase_start,
            seen,
            is_polyphonic: here.known.frame.is_polyphonic,
        };
        let before = self.displacement_samples(position, settings);
        let take = self.foreseen_take(onset, ahead);
        last.into_iter().for_each(|course| self.missing.end(course));
        self.missing.begin(take, seen.course, settings, is_phrase_start);
        self.body.begin_note(position, is_phrase_start);
        let shares = self.missing.shares(settings);
        self.pitch.begin(&begun, settings, &shares, self.body.state());
        self.level.begin(here.position_samples, settings, if begun.is_polyphonic { 0.0 } else { shares.drift });
        self.depths = self.depths_towards(None, settings);
        let after = self.displacement_samples(position, settings);
        self.timing.displace(before, after, settings);
    }

    /// What all movements together displace at a song position, with their depths as they are, samples.
    fn displacement_samples(&mut self, position: i64, settings: &Settings) -> f64 {
        Displaced { movement: &mut self.movement, depths: &self.depths, pitch: &mut self.pitch }.at(position, settings)
    }

    /// What is known of the take at an absolute index: as late as is known at all in Phrase.
    fn foreseen_take<'a>(&self, index: i64, ahead: &Lookahead<'a>) -> &'a TakeStatistics {
        let later = ahead(index + (FORESIGHT_S * self.sample_rate_hz) as i64).filter(|hop| hop.known.is_decided);
        later.or_else(|| ahead(index)).map_or(&TakeStatistics::UNKNOWN, |hop| &hop.singer.take)
    }

    /// Lives through a hop: how deep each movement is at its start and at its end.
    fn live(&mut self, moment: &Moment, grid_start: i64, settings: &Settings, ahead: &Lookahead<'_>) -> Span<Depths> {
        // Where the note that is sung lies, wherever the pointer is.
        let here = ahead(moment.index - self.timing.late_samples().round() as i64);
        let frame = here.map_or(Frame::SILENCE, |hop| hop.known.frame);
        let voice_db = here.and_then(|hop| hop.singer.take.voice_db);
        self.body.live(&frame, voice_db, grid_start + self.hop_samples, settings.performance);
        // Another singer feels otherwise, and does so at once; and before the first note all that is asked for counts.
        let is_other = |last: LastHop| {
            last.settings.performance != settings.performance || last.settings.only_missing != settings.only_missing
        };
        if moment.is_jump || self.last.is_none_or(is_other) {
            self.depths = self.depths_towards(None, settings);
        }
        let start = self.depths;
        self.depths = self.depths_towards(Some(&start), settings);
        Span { start, end: self.depths }
    }

    /// How deep each movement is to be now, and how fast it got there in a hop, if it went on from what it was.
    fn depths_towards(&self, from: Option<&Depths>, settings: &Settings) -> Depths {
        let (shares, state) = (self.missing.shares(settings), self.body.state());
        let depth = |share: f32, on: On, from: Option<Depth>| {
            let value = f64::from(share * state.on(on));
            Depth { value, slope: from.map_or(0.0, |from| (value - from.value) / self.hop_samples as f64) }
        };
        Depths {
            drift: depth(shares.drift, On::Drift, from.map(|from| from.drift)),
            swing: depth(shares.swing, On::Tremble, from.map(|from| from.swing)),
            flutter: depth(shares.flutter, On::Tremble, from.map(|from| from.flutter)),
            jitter: depth(shares.jitter, On::Jitter, from.map(|from| from.jitter)),
        }
    }

    /// How the read pointer moves over the hop from song position `grid_start` on.
    fn warp(
        &mut self,
        moment: &Moment,
        grid_start: i64,
        settings: &Settings,
        depths: &Span<Depths>,
        is_note: bool,
    ) -> Span<Motion> {
        let goes_on = |last: &LastHop| !moment.is_jump && !is_note && last.settings == *settings;
        let unchanged = self.last.filter(goes_on);
        let start = unchanged.map_or_else(|| self.movement.at(grid_start, &depths.start), |last| last.motion);
        let end = self.movement.at(grid_start + self.hop_samples, &depths.end);
        self.last = Some(LastHop { settings: *settings, motion: end });
        let [start_pitch, end_pitch] =
            [grid_start, grid_start + self.hop_samples].map(|position| self.pitch.at(position, settings));
        Span { start: start + start_pitch, end: end + end_pitch }
    }

    fn inhale(&mut self, moment: &Moment, settings: &Settings, ahead: &Lookahead<'_>) -> Drawn {
        let late_samples = moment.index - moment.heard();
        let place = inhale::Place { index: moment.index, position_samples: moment.position_samples, late_samples };
        let timing = &self.timing;
        self.inhalations.at(place, settings, ahead, &|from| timing.planned_samples(from))
    }
}
