//! Frames, song position and seed → one [`Gesture`] per hop: what the singer does.
//!
//! In: a [`Moment`] (where in the song, what is heard around it) and the settings that came in with that audio. Out:
//! the displacement of the read pointer and the gain over one hop. All movement is a pure function of position; the
//! only state is what keeps changes of the settings inaudible, and it ends in silence or within seconds.

use crate::dsp::ramp::Ramp;
use crate::settings::{Mode, Settings};

mod continuity;
pub mod movement;
pub mod shimmer;

use continuity::Continuity;
pub use movement::{Motion, Movement};
use shimmer::Shimmer;

/// How long output gain and bypass take to follow: long enough for no click, short enough to sit on the beat.
const FOLLOW_MS: f64 = 10.0;

/// One hop of the song, before it is rendered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// Song position of the first sample to render, not necessarily on the hop grid.
    pub position_samples: i64,
    /// The song jumped here, or began here.
    pub is_jump: bool,
    /// Nothing can be heard wherever the read pointer is or may go in this hop.
    pub is_quiet: bool,
}

/// A value at the start and at the end of a hop of the absolute grid.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Span<T> {
    /// At the hop's first sample.
    pub start: T,
    /// At the next hop's first sample.
    pub end: T,
}

/// What the singer does in one hop of the absolute grid.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gesture {
    /// Displacement of the read pointer, samples (positive reads later audio), with its slope, samples per sample.
    pub warp: Span<Motion>,
    /// Linear gain, with the output gain.
    pub gain: Span<f32>,
    /// Share of the untouched input, `0..=1`: the bypass.
    pub dry: Span<f32>,
    /// The read pointer jumps at the start of this hop and must be cross-faded.
    pub is_splice: bool,
    /// Gain added by shimmer at the hop's start, dB.
    pub shimmer_db: f32,
}

/// Decides hop by hop what the singer does.
#[derive(Clone, Debug)]
pub struct Performer {
    hop_samples: i64,
    movement: Movement,
    shimmer: Shimmer,
    continuity: Continuity,
    output: Ramp,
    bypass: Ramp,
    last: Option<LastHop>,
}

/// What the next hop continues from.
#[derive(Clone, Copy, Debug)]
struct LastHop {
    settings: Settings,
    /// The movement alone, at the end of that hop.
    target: Motion,
    /// Linear gain at the end of that hop.
    gain: f32,
}

impl Performer {
    /// A performer for one mode. `reach_samples` is how far the read pointer may be displaced either way.
    pub fn new(sample_rate_hz: f64, hop_samples: usize, mode: Mode, reach_samples: f64) -> Self {
        let follow_hops = (FOLLOW_MS / 1000.0 * sample_rate_hz / hop_samples as f64).ceil() as u32;
        let budget_s = (reach_samples / sample_rate_hz).min(mode.movement_budget_ms() / 1000.0);
        Self {
            hop_samples: hop_samples as i64,
            movement: Movement::new(sample_rate_hz, budget_s),
            shimmer: Shimmer::new(sample_rate_hz),
            continuity: Continuity::new(sample_rate_hz, hop_samples, reach_samples),
            output: Ramp::new(1.0, follow_hops),
            bypass: Ramp::new(0.0, follow_hops),
            last: None,
        }
    }

    /// Forgets what was done before.
    pub fn reset(&mut self) {
        self.last = None;
        self.continuity.reset();
    }

    /// Whether the read pointer is somewhere else than the settings ask for, on its way there.
    pub fn is_settling(&self) -> bool {
        self.continuity.is_settling()
    }

    /// How far from its own place the read pointer is, or may be asked to go, samples either way.
    pub fn pointer_reach_samples(&self) -> f64 {
        self.movement.bound_samples().max(self.continuity.pointer_samples().abs())
    }

    /// What the singer does in the hop that holds `moment`.
    pub fn perform(&mut self, moment: &Moment, settings: &Settings) -> Gesture {
        let grid_start = moment.position_samples.div_euclid(self.hop_samples) * self.hop_samples;
        let is_first = self.last.is_none();
        let unchanged = self.last.filter(|last| !moment.is_jump && last.settings == *settings);
        self.movement.set(settings);
        let target_start = match unchanged {
            Some(last) => last.target,
            None => self.movement.at(grid_start),
        };
        let target = Span { start: target_start, end: self.movement.at(grid_start + self.hop_samples) };
        let is_splice = self.resolve(moment, unchanged.is_some(), target_start) && !is_first;
        let warp = self.continuity.follow(target);
        let shimmer_db = self.shimmer.at_db(settings, grid_start);
        let gain = self.gain(moment, settings, grid_start);
        self.last = Some(LastHop { settings: *settings, target: target.end, gain: gain.end });
        Gesture { warp, gain, dry: self.dry(settings, is_first), is_splice, shimmer_db }
    }

    /// Takes up or lets go of the distance between where the pointer is and where it should be. Returns whether the
    /// pointer jumps.
    fn resolve(&mut self, moment: &Moment, is_unchanged: bool, target_start: Motion) -> bool {
        if moment.is_jump {
            return self.continuity.jump(target_start);
        }
        if !is_unchanged {
            self.continuity.hold(target_start);
        }
        moment.is_quiet && self.continuity.is_settling() && self.continuity.jump(target_start)
    }

    fn gain(&mut self, moment: &Moment, settings: &Settings, grid_start: i64) -> Span<f32> {
        let target = decibels_to_gain(settings.output_db);
        let last = self.last.filter(|_| !moment.is_jump);
        if self.last.is_none() {
            self.output.snap(target);
        }
        let start_output = self.output.value();
        let end_output = self.output.advance(target);
        let shimmer = |shimmer: &mut Shimmer, position| decibels_to_gain(shimmer.at_db(settings, position));
        let start = match last {
            Some(last) => last.gain,
            None => start_output * shimmer(&mut self.shimmer, grid_start),
        };
        Span { start, end: end_output * shimmer(&mut self.shimmer, grid_start + self.hop_samples) }
    }

    fn dry(&mut self, settings: &Settings, is_first: bool) -> Span<f32> {
        let target = if settings.is_bypassed { 1.0 } else { 0.0 };
        if is_first {
            self.bypass.snap(target);
        }
        Span { start: self.bypass.value(), end: self.bypass.advance(target) }
    }
}

fn decibels_to_gain(db: f32) -> f32 {
    // Exactly 1 at 0 dB, so that an untouched signal stays bit-exact.
    if db == 0.0 { 1.0 } else { 10_f32.powf(db / 20.0) }
}
