//! The whole pipeline, on one screen: host blocks in, humanized blocks out, [`Engine::latency_samples`] later.
//!
//! In: blocks of any size, the settings and the song position at each block's start. Out: the same number of samples in
//! place. Inside, every decision falls on the absolute hop grid of the song, so the output is the same at any block
//! size and from any start. The engine knows no host, window, file, clock or thread; `process` never allocates, locks
//! or panics.

use std::ops::Range;
use std::sync::Arc;

use crate::analysis::{Analyzer, HalfSecond, Singer};
use crate::dsp::history::History;
use crate::dsp::motion::Span;
use crate::dsp::sinc::TAPS;
use crate::gesture::Gesture;
use crate::performance::{Moment, Performer};
use crate::render::{Renderer, Run, Start};
use crate::score::{LearnedScore, Lookahead};
use crate::settings::{Mode, Settings};

mod clean;
mod hops;
mod jumps;
mod mode_change;
mod position;
mod trace;
pub use clean::MAX_SAMPLE;
use clean::write_clean;
use hops::{Hops, hop_samples};
use jumps::Jumps;
use mode_change::{ModeChange, reach};
pub use position::{ConfigError, MAX_RATE_HZ, MIN_RATE_HZ, SongPosition};
pub use trace::HopTrace;

/// How far behind the pointer the performance looks back, seconds. Source: computed, the note before's end and room.
const LOOK_BACK_S: f64 = 0.5;

/// The whole pipeline for one stream of audio.
#[derive(Clone)]
pub struct Engine {
    sample_rate_hz: f64,
    mode: Mode,
    hop_samples: usize,
    history: History,
    hops: Hops,
    jumps: Jumps,
    mode_change: ModeChange,
    analyzer: Analyzer,
    performer: Performer,
    renderer: Renderer,
    score: Option<Arc<LearnedScore>>,
    is_score_used: bool,
    /// Absolute index of the next input sample since the last reset.
    next_index: i64,
    /// Song position of the next input sample.
    next_position: i64,
    /// Absolute index from which on the song is sung: what came in before passes as it is.
    sung_from: i64,
    /// The settings that hold for what is given out now; `None` where they come with the input that they hold for.
    settings_now: Option<Settings>,
    /// Number of the hop whose gesture the renderer follows.
    rendered_hop: Option<usize>,
    n_bad_samples: u64,
}

impl Engine {
    /// An engine at rest, at song position 0. Allocates; nothing after it does.
    ///
    /// # Errors
    /// If the rate is outside [`MIN_RATE_HZ`]…[`MAX_RATE_HZ`] or there is no channel.
    pub fn new(sample_rate_hz: f64, n_channels: usize, mode: Mode) -> Result<Self, ConfigError> {
        if !(MIN_RATE_HZ..=MAX_RATE_HZ).contains(&sample_rate_hz) {
            return Err(ConfigError::SampleRate(sample_rate_hz));
        }
        if n_channels == 0 {
            return Err(ConfigError::NoChannels);
        }
        let hop_samples = hop_samples(sample_rate_hz);
        // The rings are sized for the longest mode, so that a change of mode allocates nothing: its latency ahead and
        // as much behind, the interpolator's taps and the chunk being written; the ring of hops also what the
        // performance looks back at.
        let longest = Mode::Phrase.latency_samples(sample_rate_hz) as usize;
        let look_back = (LOOK_BACK_S * sample_rate_hz) as usize;
        Ok(Self {
            sample_rate_hz,
            mode,
            hop_samples,
            history: History::new(n_channels, 2 * longest + TAPS + hop_samples),
            hops: Hops::new(hop_samples, 2 * longest + look_back),
            jumps: Jumps::new(hop_samples),
            mode_change: ModeChange::new(sample_rate_hz),
            analyzer: Analyzer::new(sample_rate_hz, mode.latency_samples(sample_rate_hz) as usize),
            performer: performer(sample_rate_hz, hop_samples, mode),
            renderer: Renderer::new(sample_rate_hz, hop_samples, n_channels, reach(sample_rate_hz, mode)),
            score: None,
            is_score_used: true,
            next_index: 0,
            next_position: 0,
            sung_from: 0,
            settings_now: None,
            rendered_hop: None,
            n_bad_samples: 0,
        })
    }

    /// Forgets all audio and starts again at song position 0. Realtime-safe.
    pub fn reset(&mut self) {
        if let Some(mode) = self.mode_change.reset() {
            self.adopt(mode);
        }
        self.history.clear();
        self.hops.reset();
        self.jumps.reset();
        self.analyzer.reset();
        self.performer.reset();
        self.renderer.reset();
        self.next_index = 0;
        self.next_position = 0;
        self.sung_from = 0;
        self.rendered_hop = None;
        self.n_bad_samples = 0;
    }

    /// Changes the mode, and with it the latency: the sound fades out, and in again at the new latency, first as it
    /// came in and then, once the analysis has begun anew, as it is sung. Realtime-safe.
    pub fn set_mode(&mut self, mode: Mode) {
        if mode != self.mode() {
            self.mode_change.ask(mode);
        }
    }

    /// Whether settings hold for what is given out at the time they come, as with a host that moves them with its
    /// playhead; otherwise, and at first, they hold for the input that they come with. Realtime-safe.
    pub fn apply_settings_at_output(&mut self, is_at_output: bool) {
        self.settings_now = is_at_output.then(|| self.settings_now.unwrap_or_default());
    }

    /// Uses a learned score of the song, in samples of this engine's rate, or none; one of another rate is not used.
    /// Returns the score it had, to be dropped where that may take time. Realtime-safe.
    pub fn set_score(&mut self, score: Option<Arc<LearnedScore>>) -> Option<Arc<LearnedScore>> {
        let score = score.filter(|score| score.sample_rate_hz() == self.sample_rate_hz);
        self.performer.set_score(score.clone());
        std::mem::replace(&mut self.score, score)
    }

    /// Whether the score holds for what comes in now: not while the song stands still. Realtime-safe.
    pub fn use_score(&mut self, is_used: bool) {
        self.is_score_used = is_used;
    }

    /// The half second of the song that was completed last, by its number, for a score that is learned.
    pub fn completed_half_second(&self) -> Option<(i64, HalfSecond)> {
        self.analyzer.completed()
    }

    /// The mode, or the one that a change under way leads to.
    pub fn mode(&self) -> Mode {
        self.mode_change.wanted().unwrap_or(self.mode)
    }

    /// How much later than the input the output is, samples. Depends on mode and sample rate alone.
    pub fn latency_samples(&self) -> u32 {
        self.mode.latency_samples(self.sample_rate_hz)
    }

    /// Samples per hop: a power of two of 1 to 2 ms, so that settings land within that time of where they were drawn.
    pub fn hop_samples(&self) -> usize {
        self.hop_samples
    }

    /// The sample rate, Hz.
    pub fn sample_rate_hz(&self) -> f64 {
        self.sample_rate_hz
    }

    /// Song position of the next input sample, if the song continues from what the host last said.
    pub fn position_samples(&self) -> i64 {
        self.next_position + self.jumps.ahead_samples()
    }

    /// Number of input samples since the last reset that were not finite or absurdly large, and were silenced.
    pub fn n_bad_samples(&self) -> u64 {
        self.n_bad_samples
    }

    /// What is known of the singer in the last rendered hop.
    pub fn singer(&self) -> Singer {
        self.hops.rendered_singer().copied().unwrap_or_default()
    }

    /// Processes one block in place: `[channel][sample]`, as many channels as the engine was made for, all of one
    /// length.
    ///
    /// `settings` apply to the hops that begin in this block. `observe` is called with each hop as it is rendered.
    /// Realtime-safe.
    pub fn process(
        &mut self,
        channels: &mut [&mut [f32]],
        settings: &Settings,
        position: SongPosition,
        observe: &mut impl FnMut(&HopTrace),
    ) {
        self.run(channels, settings, position, &mut Performer::perform, observe);
    }

    /// The same with gestures from outside, to measure the renderer: `drive` is called instead of the performer.
    pub fn process_driven(
        &mut self,
        channels: &mut [&mut [f32]],
        position: SongPosition,
        drive: &mut impl FnMut(&Moment) -> Gesture,
        observe: &mut impl FnMut(&HopTrace),
    ) {
        let mut decide = |_: &mut Performer, moment: &Moment, _: &Settings, _: &Lookahead<'_>| drive(moment);
        self.run(channels, &Settings::NEUTRAL, position, &mut decide, observe);
    }

    /// Takes in one block, and only delays it: `listen` is called when a hop would be sung, and `observe` with what is
    /// known of it then. Realtime-safe.
    pub fn listen(
        &mut self,
        channels: &mut [&mut [f32]],
        position: SongPosition,
        listen: &mut impl FnMut(&Moment, &Lookahead<'_>),
        observe: &mut impl FnMut(&HopTrace),
    ) {
        let mut decide = |_: &mut Performer, moment: &Moment, _: &Settings, ahead: &Lookahead<'_>| {
            listen(moment, ahead);
            Gesture { dry: Span { start: 1.0, end: 1.0 }, ..Gesture::default() }
        };
        self.run(channels, &Settings::NEUTRAL, position, &mut decide, observe);
    }

    fn run(
        &mut self,
        channels: &mut [&mut [f32]],
        settings: &Settings,
        position: SongPosition,
        decide: &mut Decide<'_>,
        observe: &mut impl FnMut(&HopTrace),
    ) {
        let n_samples = channels.iter().map(|channel| channel.len()).min().unwrap_or(0);
        if channels.len() != self.history.n_channels() {
            debug_assert!(false, "{} channels for an engine of {}", channels.len(), self.history.n_channels());
            channels.iter_mut().for_each(|channel| channel.fill(0.0));
            return;
        }
        self.jumps.tell(position, self.next_position);
        self.settings_now = self.settings_now.map(|_| *settings);
        let mut at = 0;
        while at < n_samples {
            self.change_mode();
            let is_jump = self.jump() || self.next_index == self.sung_from;
            if self.hops.needs_begin() {
                self.hops.begin(self.next_index, self.next_position, is_jump, *settings);
            }
            let waits = [self.jumps.wait_samples(self.next_index), self.mode_change.wait_samples()];
            let len = waits.into_iter().fold(self.hops.room().min(n_samples - at), usize::min);
            self.take_in(channels, at, len);
            self.give_out(channels, at..at + len, decide, observe);
            self.mode_change.fade(channels, at..at + len);
            at += len;
        }
    }

    /// Moves to the song position of the next sample. Returns whether the song jumps there.
    fn jump(&mut self) -> bool {
        let Some(jump) = self.jumps.take(self.next_index) else { return false };
        self.next_position += jump.ahead_samples;
        self.hops.cut();
        if jump.is_start && self.next_index > 0 {
            self.analyzer.reset();
            self.hops.forget_singer();
        }
        true
    }

    /// Works in another mode from the next sample on, if that is asked for and the sound has faded out.
    fn change_mode(&mut self) {
        let is_free = self.jumps.is_free(self.next_index);
        let Some(mode) = self.mode_change.take(is_free, self.next_index == 0) else { return };
        self.adopt(mode);
        self.hops.cut();
        self.hops.forget_singer();
        self.hops.rewind(self.next_index - i64::from(self.latency_samples()));
        self.jumps.has_cut(self.next_index);
        self.rendered_hop = None;
        self.sung_from = self.next_index;
    }

    /// Makes everything that depends on the mode anew.
    fn adopt(&mut self, mode: Mode) {
        self.mode = mode;
        self.performer = performer(self.sample_rate_hz, self.hop_samples, mode);
        self.performer.set_score(self.score.clone());
        self.analyzer.set_lookahead(self.latency_samples() as usize);
        self.renderer.reset();
        self.renderer.set_reach(reach(self.sample_rate_hz, mode));
    }

    /// Stores `len` input samples, cleaned, and analyses them.
    fn take_in(&mut self, channels: &[&mut [f32]], at: usize, len: usize) {
        for (channel, samples) in channels.iter().enumerate() {
            let samples = &samples[at..at + len];
            self.n_bad_samples += write_clean(&mut self.history, channel, self.next_index, samples);
        }
        if self.hops.extend(len) {
            self.hear();
        }
        self.next_index += len as i64;
        self.next_position += len as i64;
    }

    /// Analyses the hop that is now complete.
    fn hear(&mut self) {
        let heard = self.hops.newest_heard();
        let score = self.score.as_deref().filter(|_| self.is_score_used);
        let song = score.map(LearnedScore::half_seconds);
        let (frame, verdict) = self.analyzer.hear(&self.history, heard, song);
        self.hops.set_heard(frame, verdict.map(|verdict| &verdict.singer));
        if let Some(verdict) = verdict {
            self.hops.complete(verdict);
        }
    }

    /// Renders the output samples that are due now into `due` of the block, hop by hop.
    fn give_out(
        &mut self,
        channels: &mut [&mut [f32]],
        due: Range<usize>,
        decide: &mut Decide<'_>,
        observe: &mut impl FnMut(&HopTrace),
    ) {
        let latency = i64::from(self.latency_samples());
        let mut first = self.next_index - due.len() as i64 - latency;
        let until = self.next_index - latency;
        // Before the first input sample there is silence, which belongs to no hop.
        let n_silent = (-first).clamp(0, due.len() as i64) as usize;
        channels.iter_mut().for_each(|channel| channel[due.start..due.start + n_silent].fill(0.0));
        first += n_silent as i64;
        while first < until {
            let Some(run) = self.next_run(first, until, decide, observe) else { return };
            self.renderer.render(&self.history, run, channels, due.end - (until - first) as usize);
            first += run.len as i64;
        }
    }

    /// The run from absolute index `first` to the end of its hop, but not beyond `until`; its gesture is the
    /// renderer's.
    fn next_run(
        &mut self,
        first: i64,
        until: i64,
        decide: &mut Decide<'_>,
        observe: &mut impl FnMut(&HopTrace),
    ) -> Option<Run> {
        let (number, hop) = self.hops.render_from(first)?;
        let into = (first - hop.first) as usize;
        let offset = (hop.position_samples + into as i64).rem_euclid(self.hop_samples as i64) as usize;
        let run = Run { first, offset, len: ((until - first) as usize).min(hop.len - into) };
        if self.rendered_hop != Some(number) {
            self.rendered_hop = Some(number);
            let hop = *hop;
            self.perform(&hop, first, decide, observe);
        }
        Some(run)
    }

    /// Decides the gesture of `hop`, whose first sample to render is at absolute index `first`.
    fn perform(&mut self, hop: &hops::Hop, first: i64, decide: &mut Decide<'_>, observe: &mut impl FnMut(&HopTrace)) {
        let moment = Moment {
            position_samples: hop.position_samples,
            index: first,
            is_jump: hop.is_jump,
            // After a jump the pointer's old displacement is meaningless: it goes straight to its target.
            pointer_samples: if hop.is_jump { 0.0 } else { self.renderer.pointer_samples() },
        };
        // Only what is known at every block size may be used: the input up to the sample whose output is due.
        let until = first + i64::from(self.latency_samples()) + 1;
        let settings = self.settings_now.as_ref().unwrap_or(&hop.settings);
        let gesture = if hop.first < self.sung_from {
            mode_change::passing(settings)
        } else {
            decide(&mut self.performer, &moment, settings, &|index| self.hops.ahead(index, until))
        };
        let offset = hop.position_samples.rem_euclid(self.hop_samples as i64) as usize;
        let known_at = |index| self.hops.ahead(index, until).map(|ahead| ahead.known);
        let steered = self.renderer.begin(gesture, Start { first, offset }, &self.history, &known_at);
        observe(&HopTrace::new(hop, &gesture, &steered, self.sample_rate_hz));
    }
}

/// Decides the gesture of a hop: the performer, or a caller in its place.
type Decide<'a> = dyn FnMut(&mut Performer, &Moment, &Settings, &Lookahead<'_>) -> Gesture + 'a;

fn performer(sample_rate_hz: f64, hop_samples: usize, mode: Mode) -> Performer {
    Performer::new(sample_rate_hz, hop_samples, mode, reach(sample_rate_hz, mode).ahead_samples)
}
