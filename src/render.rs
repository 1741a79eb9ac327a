//! Samples + gestures → samples.
//!
//! In: clean input samples by absolute index, one [`Gesture`] per hop, and the analysis around it. Out: each output
//! sample is the input at the gesture's displacement, times its gain, mixed with the untouched input under bypass. At
//! displacement zero the samples pass bit for bit. All channels share one read pointer, so stereo stays phase-coherent.

use crate::analysis::Known;
use crate::dsp::history::History;
use crate::dsp::motion::Motion;
use crate::gesture::Gesture;

mod breath;
pub mod warp;
mod pointer;
mod splice;

use breath::{Air, Breath};
use pointer::Pointer;
pub use pointer::Reach;
use splice::crossfade::Crossfade;
use splice::{Decision, Situation, Splicer};
pub use splice::{Step, StepKind};
use warp::{Path, Reader, split};

/// Output smaller than this becomes zero, so that no denormal number leaves, whatever the host's floating-point mode.
/// Chosen: far below any sound and above the denormal numbers; larger would cut off quiet tails.
const FLUSH_BELOW: f32 = 1e-30;
/// Samples rendered at a time. Chosen: fills the vector registers and keeps the scratch space on the stack; larger
/// needs more stack, smaller costs time in loops.
const CHUNK: usize = 64;

/// Turns gestures into sound.
#[derive(Clone, Debug)]
pub struct Renderer {
    reader: Reader,
    gesture: Gesture,
    pointer: Pointer,
    splicer: Splicer,
    crossfade: Crossfade,
    path: Path,
    breath: Breath,
    hop_samples: usize,
    /// One over the hop's samples: exact, because they are a power of two.
    per_hop: f64,
    /// Displacement just after the last sample rendered; `None` before the first.
    pointer_samples: Option<f64>,
}

/// Where rendering begins within a hop.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// Absolute index of the first sample to render.
    pub first: i64,
    /// Position of that sample in its hop of the absolute grid, samples.
    pub offset: usize,
}

/// Which samples to render: `len` from absolute index `first`, which is `offset` samples into its hop.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Absolute index of the first sample.
    pub first: i64,
    /// Its position in its hop of the absolute grid, samples.
    pub offset: usize,
    /// Number of samples.
    pub len: usize,
}

impl Run {
    /// Position of one of its samples in its hop. As a 32-bit number, because 64-bit ones are converted to floating
    /// point one by one.
    #[inline]
    fn place(&self, step: usize) -> i32 {
        (self.offset + step) as i32
    }
}

/// What the read pointer does in a hop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steered {
    /// Its displacement and slope at the hop's start, after any step.
    pub start: Motion,
    /// How much further it should move to be where timing asks it to be, samples.
    pub undone_samples: f64,
    /// The step taken.
    pub step: Option<Step>,
    /// A step was due, but the voice repeated itself well enough nowhere near.
    pub is_step_refused: bool,
}

impl Renderer {
    /// A renderer for so many channels, with the pointer at rest. Allocates.
    pub fn new(sample_rate_hz: f64, hop_samples: usize, n_channels: usize, reach: Reach) -> Self {
        Self {
            reader: Reader::default(),
            gesture: Gesture::default(),
            pointer: Pointer::new(hop_samples, reach),
            splicer: Splicer::new(sample_rate_hz, hop_samples),
            crossfade: Crossfade::default(),
            path: Path::default(),
            breath: Breath::new(sample_rate_hz, hop_samples, n_channels),
            hop_samples,
            per_hop: 1.0 / hop_samples as f64,
            pointer_samples: None,
        }
    }

    /// Forgets the gesture and any crossfade.
    pub fn reset(&mut self) {
        self.gesture = Gesture::default();
        self.pointer.reset();
        self.splicer.reset();
        self.crossfade = Crossfade::default();
        self.path = Path::default();
        self.breath.reset();
        self.pointer_samples = None;
    }

    /// Sets how far the pointer may read from the next hop on. Realtime-safe.
    pub fn set_reach(&mut self, reach: Reach) {
        self.pointer.set_reach(reach);
    }

    /// The pointer's displacement, samples.
    pub fn pointer_samples(&self) -> f64 {
        self.pointer_samples.unwrap_or(0.0)
    }

    /// Starts the next hop with its gesture. `history` has every sample within reach of its start; `known_at` gives
    /// what the analysis knows of the hop that holds an absolute index.
    pub fn begin(
        &mut self,
        gesture: Gesture,
        start: Start,
        history: &History,
        known_at: &impl Fn(i64) -> Option<Known>,
    ) -> Steered {
        let mut is_step_refused = false;
        let step = if gesture.is_jump {
            self.pointer.set_base(gesture.shift_samples);
            None
        } else {
            self.pointer.hold(gesture.warp.start);
            let decision = self.splicer.decide(&self.situation(&gesture, start.first), history, known_at);
            is_step_refused = decision == Decision::Refuse;
            self.step(decision, &gesture)
        };
        let warp = self.pointer.follow(gesture.warp, gesture.shift_samples, gesture.settling_cents);
        self.gesture = gesture;
        self.path = Path::new(warp, self.hop_samples);
        let jump = if gesture.is_jump { self.jump(start) } else { None };
        let heard = start.first + warp.start.displacement_samples.round() as i64;
        self.breath.begin(&gesture, start, heard, history);
        let undone_samples = gesture.shift_samples - self.pointer.base_samples();
        Steered { start: warp.start, undone_samples, step: step.or(jump), is_step_refused }
    }

    fn situation(&self, gesture: &Gesture, first: i64) -> Situation {
        Situation {
            first,
            pointer_samples: gesture.warp.start.displacement_samples + self.pointer.base_samples(),
            undone_samples: gesture.shift_samples - self.pointer.base_samples(),
            shift_samples: gesture.shift_samples,
            reach: self.pointer.reach(),
        }
    }

    /// Carries out the step decided on.
    fn step(&mut self, decision: Decision, gesture: &Gesture) -> Option<Step> {
        let Decision::Take(plan) = decision else { return None };
        let base_samples = self.pointer.base_samples() + plan.size_samples;
        // What remains after a step to the exact target is rounding.
        let is_done = (gesture.shift_samples - base_samples).abs() < ROUNDING_SAMPLES;
        self.pointer.set_base(if is_done { gesture.shift_samples } else { base_samples });
        self.crossfade = Crossfade::new(-plan.size_samples, plan.fade_samples, plan.correlation);
        Some(Step { kind: plan.kind, size_samples: plan.size_samples, correlation: plan.correlation as f32 })
    }

    /// Fades from where the pointer was before the song position jumped.
    fn jump(&mut self, start: Start) -> Option<Step> {
        // Further steps wait meanwhile, also where there is nothing to fade from: then playback continues the same way
        // from every start.
        let fade_samples = self.splicer.jump(start.first);
        let from_samples = self.pointer_samples?;
        let to_samples = self.path.at(start.offset as f64 * self.per_hop);
        let size_samples = to_samples - from_samples;
        if size_samples == 0.0 {
            return None;
        }
        self.crossfade = Crossfade::new(-size_samples, fade_samples, 1.0);
        Some(Step { kind: StepKind::Jump, size_samples, correlation: 1.0 })
    }

    /// Renders one run, which is within the hop of the current gesture, into `out` (`[channel][sample]`) from `at` on.
    pub fn render(&mut self, history: &History, run: Run, out: &mut [&mut [f32]], at: usize) {
        self.pointer_samples = Some(self.path.at((run.offset + run.len) as f64 * self.per_hop));
        if self.is_untouched(run) {
            self.crossfade.pass(run.len);
            for (channel, out) in out.iter_mut().enumerate() {
                out[at..at + run.len].copy_from_slice(history.window(channel, run.first, run.len));
            }
            return;
        }
        let mut done = 0;
        while done < run.len {
            let len = (run.len - done).min(CHUNK);
            let chunk = Run { first: run.first + done as i64, offset: run.offset + done, len };
            let air = self.breath.air(&self.gesture, chunk);
            for (channel, out) in out.iter_mut().enumerate() {
                self.render_chunk(history, channel, chunk, &air, &mut out[at + done..at + done + len]);
            }
            self.crossfade.pass(len);
            done += len;
        }
    }

    /// Whether this hop passes the input on bit for bit.
    fn is_untouched(&self, run: Run) -> bool {
        let Gesture { gain, taken, dry, .. } = self.gesture;
        if !self.breath.is_silent(run) {
            return false;
        }
        let is_dry = dry.start == 1.0 && dry.end == 1.0;
        let is_wet_and_neutral = self.path.is_zero()
            && self.crossfade.left_samples() == 0
            && (gain.start, gain.end, taken.start, taken.end) == (1.0, 1.0, 0.0, 0.0)
            && (dry.start, dry.end) == (0.0, 0.0);
        is_dry || is_wet_and_neutral
    }

    /// One channel of at most [`CHUNK`] samples.
    fn render_chunk(&mut self, history: &History, channel: usize, run: Run, air: &Air, out: &mut [f32]) {
        self.read(history, channel, run, out);
        self.breath.soften(&self.gesture, channel, run, out);
        let Gesture { gain, noise_gain, taken, dry, .. } = self.gesture;
        let share = |step: usize| run.place(step) as f32 * self.per_hop as f32;
        let breath = self.breath.breath(air, channel, run, out);
        for (step, out) in out.iter_mut().enumerate() {
            *out *= mix(gain.start, gain.end, share(step));
        }
        if let Some(breath) = breath {
            for ((step, out), breath) in out.iter_mut().enumerate().zip(breath) {
                *out += breath * mix(noise_gain.start, noise_gain.end, share(step));
            }
        }
        let untouched = history.window(channel, run.first, run.len);
        if (taken.start, taken.end) != (0.0, 0.0) {
            for ((step, out), untouched) in out.iter_mut().enumerate().zip(untouched) {
                *out -= mix(taken.start, taken.end, share(step)) * untouched;
            }
        }
        if (dry.start, dry.end) != (0.0, 0.0) {
            for ((step, out), untouched) in out.iter_mut().enumerate().zip(untouched) {
                // Where only the input is wanted, it is copied: mixing would round it.
                let dry = mix(dry.start, dry.end, share(step));
                *out = if dry == 1.0 { *untouched } else { mix(*out, *untouched, dry) };
            }
        }
        out.iter_mut().filter(|out| out.abs() < FLUSH_BELOW).for_each(|out| *out = 0.0);
    }

    /// The voice at the pointer's position.
    fn read(&self, history: &History, channel: usize, run: Run, out: &mut [f32]) {
        let reach = self.pointer.reach();
        let (mut displacements, mut places) = ([0.0; CHUNK], [(0, 0.0); CHUNK]);
        // In a loop of its own, so that no value waits for where it is read.
        for (step, (displacement, place)) in displacements.iter_mut().zip(&mut places).enumerate().take(run.len) {
            *displacement = self.path.at(f64::from(run.place(step)) * self.per_hop);
            *place = split(reach.clamp(*displacement));
        }
        for ((index, out), (whole, fraction)) in (run.first..).zip(&mut *out).zip(places) {
            *out = self.reader.read_at(history, channel, index + whole, fraction);
        }
        // The crossfade's other side: what the pointer would read had it not stepped, with the same motion.
        for (step, out) in out.iter_mut().enumerate().take(self.crossfade.left_samples()) {
            let displacement = reach.clamp(displacements[step] + self.crossfade.offset_samples());
            let old = self.reader.read(history, channel, run.first + step as i64, displacement);
            let [new_share, old_share] = self.crossfade.shares(step);
            *out = new_share * *out + old_share * old;
        }
    }
}

/// A difference below this is rounding, samples. Chosen: a millionth of a sample is inaudible at any frequency; larger
/// would hide real differences, smaller would leave rounding as a displacement.
const ROUNDING_SAMPLES: f64 = 1e-6;

fn mix(start: f32, end: f32, share: f32) -> f32 {
    start + share * (end - start)
}
