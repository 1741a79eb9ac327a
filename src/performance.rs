//! What the singer does, hop by hop: the plan at a song position.
//!
//! In: a hop's place in the song, the settings that came in with that audio, and what is known of the audio around and
//! ahead. Out: the motion of the read pointer, where timing asks it to be, gains and breath over one hop. The score is
//! written here as the song goes by, plans are made of it, and movement is a pure function of position and plan. That
//! the pointer itself does not jump when a plan changes is the renderer's work.

mod aspiration;
mod giving_back;
mod inhale;
mod level;
pub mod movement;
mod note_pitch;
mod own_breaths;
mod own_vibrato;
pub mod shimmer;
mod song_spread;
mod timing;
mod vibrato;

use std::sync::Arc;

use crate::dsp::motion::{Motion, Span};
use crate::gesture::{Gesture, TimedNote};
use crate::plan::{self, Chance, NotePlan, Shares, Spread};
use crate::score::{LearnedScore, Lookahead, Transcriber, View};
use crate::settings::{Mode, Settings};
use aspiration::{Aspiration, Breathed, Heard};
use inhale::{Drawn, Inhalations};
use level::{Level, Levels};
use movement::{Depths, Movement};
use note_pitch::NotePitch;
use own_vibrato::OwnVibrato;
use song_spread::SongSpread;
use timing::{Sung, Timing};

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

/// Decides hop by hop what the singer does.
#[derive(Clone, Debug)]
pub struct Performer {
    hop_samples: i64,
    sample_rate_hz: f64,
    transcriber: Transcriber,
    movement: Movement,
    /// How much of each movement is made over the note that is sung; `None` before the first.
    shares: Option<Shares>,
    pitch: NotePitch,
    /// What the centres of the learned song's notes come to.
    offsets: SongSpread<Chance>,
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
            transcriber: Transcriber::new(sample_rate_hz, hop_samples),
            movement: Movement::new(sample_rate_hz, budget_s),
            shares: None,
            pitch: NotePitch::new(sample_rate_hz),
            offsets: SongSpread::new(),
            own_vibrato: OwnVibrato::new(sample_rate_hz, hop_samples),
            timing: Timing::new(sample_rate_hz, hop_samples, mode),
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
        self.begin_song(0);
    }

    /// Gives the performer a learned score, or none. Realtime-safe.
    pub fn set_score(&mut self, score: Option<Arc<LearnedScore>>) {
        // The engine keeps another reference, so nothing is freed here.
        self.transcriber.set_score(score);
        self.timing.forget_score();
        self.offsets.forget();
    }

    /// The song begins or jumps where its position 0 has absolute index `origin`.
    fn begin_song(&mut self, origin: i64) {
        self.transcriber.reset(origin);
        self.shares = None;
        self.pitch.reset();
        self.own_vibrato.reset();
        self.timing.reset();
        self.aspiration.reset();
        self.inhalations.reset();
        self.level.begin_song();
    }

    /// What the singer does in the hop that holds `moment`. `ahead` tells what is known of the hop that holds an
    /// absolute index.
    pub fn perform(&mut self, moment: &Moment, settings: &Settings, ahead: &Lookahead<'_>) -> Gesture {
        if moment.is_jump {
            self.begin_song(moment.index - moment.position_samples);
        }
        let hop_number = moment.position_samples.div_euclid(self.hop_samples);
        let grid_start = hop_number * self.hop_samples;
        self.movement.set(settings);
        let note = self.time(moment, settings, ahead);
        let own_vibrato = self.own_vibrato.at(moment, self.timing.late_samples(), settings, ahead);
        let goes_on = !moment.is_jump && note.is_none();
        let warp = self.warp(grid_start, settings, goes_on) + own_vibrato;
        let Drawn { noise: inhalation, inhaled, empty } = self.inhale(moment, settings, ahead);
        let heard = Heard { hop_number, index: moment.heard() };
        let Breathed { noise: aspiration, softness } = self.aspiration.at(heard, settings, ahead);
        let perturbed = depths(self.shares, settings).jitter as f32;
        let origin = moment.index - moment.position_samples;
        let view = View { origin, sample_rate_hz: self.sample_rate_hz, ahead };
        let Levels { voice, taken, noise, dry, moved_db } =
            self.level.at(moment, grid_start, settings, perturbed, ahead);
        Gesture {
            warp,
            shift_samples: self.timing.shift_samples(settings),
            settling_cents: giving_back::cents(heard.index - origin, self.timing.learned_notes(), view),
            gain: voice,
            taken,
            softness,
            aspiration,
            inhalation,
            noise_gain: noise,
            dry,
            is_jump: moment.is_jump,
            moved_db,
            note: note.flatten(),
            inhaled,
            empty_rest: empty,
        }
    }

    /// Plans when notes are sung. Returns the note that begins in this hop, if one does, and of it what was planned; of
    /// a held voice that goes on, nothing.
    fn time(&mut self, moment: &Moment, settings: &Settings, ahead: &Lookahead<'_>) -> Option<Option<TimedNote>> {
        let now = moment.position_samples;
        if self.timing.plan(now, &mut self.transcriber, settings, ahead) {
            self.shares = None;
            self.pitch.reset();
            self.level.forget_note();
        }
        let mut sung = self.sing(now, settings, ahead);
        // At a jump into a learned song the notes that were sung before it begin where they began.
        while moment.is_jump && self.timing.is_due(now) {
            sung = self.sing(now, settings, ahead).or(sung);
        }
        self.timing.let_go(now);
        sung.map(|Sung { note, late, .. }| {
            let timed = TimedNote {
                onset_position_samples: note.onset,
                kind: note.kind,
                planned_ms: late.ms as f32,
                realized_ms: (-moment.pointer_samples / self.sample_rate_hz * 1000.0) as f32,
            };
            let is_before = moment.is_jump && note.onset + late.samples < now;
            Some(timed).filter(|_| !note.is_continued && !is_before)
        })
    }

    /// Begins the note that is due at song position `now`, if one is, and asks for the next.
    fn sing(&mut self, now: i64, settings: &Settings, ahead: &Lookahead<'_>) -> Option<Sung> {
        let sung = self.timing.sing(now);
        if let Some(sung) = &sung {
            self.begin_note(sung, settings, ahead);
        }
        let depths = depths(self.shares, settings);
        let (movement, pitch) = (&mut self.movement, &mut self.pitch);
        self.timing.ask(now, settings, |position| {
            movement.at(position, &depths).displacement_samples + pitch.at(position, settings).displacement_samples
        });
        sung
    }

    /// A note begins to be sung: the movement is another from here on.
    fn begin_note(&mut self, sung: &Sung, settings: &Settings, ahead: &Lookahead<'_>) {
        let Sung { number, note, late } = sung;
        let note = self.transcriber.note(*number, ahead).unwrap_or(*note);
        let profile = self.transcriber.profile(*number, note.onset, Some(&note), &settings.tempo, ahead);
        let before = self.transcriber.before(*number);
        let offsets = self.offsets(*number, settings);
        let plan = NotePlan::new(&note, before.as_ref(), &profile, offsets, settings, self.sample_rate_hz);
        let position = note.onset + late.samples;
        self.shares = Some(plan.shares);
        self.pitch.begin(position, plan.pitch);
        self.level.begin(&plan);
        let displaced = self.movement.at(position, &depths(self.shares, settings)).displacement_samples;
        self.timing.begin(displaced, settings);
    }

    /// What the centres of the learned song's notes come to, if a note was learned.
    fn offsets(&mut self, number: usize, settings: &Settings) -> Spread {
        let score = self.transcriber.score().filter(|_| self.transcriber.is_note_learned(number));
        let Some(score) = score else { return Spread::UNIT };
        self.offsets.of(Chance::of(settings), |chance| plan::offsets(score, chance))
    }

    /// How the read pointer moves over the hop from song position `grid_start` on.
    fn warp(&mut self, grid_start: i64, settings: &Settings, goes_on: bool) -> Span<Motion> {
        let depths = depths(self.shares, settings);
        let unchanged = self.last.filter(|last| goes_on && last.settings == *settings);
        let start = unchanged.map_or_else(|| self.movement.at(grid_start, &depths), |last| last.motion);
        let end = self.movement.at(grid_start + self.hop_samples, &depths);
        self.last = Some(LastHop { settings: *settings, motion: end });
        let [start_pitch, end_pitch] =
            [grid_start, grid_start + self.hop_samples].map(|position| self.pitch.at(position, settings));
        Span { start: start + start_pitch, end: end + end_pitch }
    }

    fn inhale(&mut self, moment: &Moment, settings: &Settings, ahead: &Lookahead<'_>) -> Drawn {
        let place = inhale::Place { position: moment.position_samples, late_samples: self.timing.late_samples() };
        let timing = &self.timing;
        let lateness = |from| timing.planned_samples(from);
        self.inhalations.at(place, settings, &mut self.transcriber, ahead, &lateness)
    }
}

/// How much of each movement is made over a note that lacks so much; before the first, as of an unknown take.
fn depths(shares: Option<Shares>, settings: &Settings) -> Depths {
    let Shares { drift, swing, flutter, jitter, .. } = shares.unwrap_or_else(|| Shares::unknown(settings));
    let [drift, swing, flutter, jitter] = [drift, swing, flutter, jitter].map(f64::from);
    Depths { drift, swing, flutter, jitter }
}
