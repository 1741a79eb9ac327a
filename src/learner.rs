//! Learns a song while it plays: the very same analysis, always with the look-ahead of Phrase, and nothing is sung.
//!
//! In: blocks of any size with their song positions, as the [`Engine`] takes them. Out: a [`LearnedScore`]. What is
//! learned does not depend on the blocks' sizes, nor on the mode that plays meanwhile.

use crate::engine::{ConfigError, Engine, HopTrace, SongPosition};
use crate::performance::Moment;
use crate::score::{LearnedScore, Lookahead, Recorder};
use crate::settings::Mode;

/// Samples that are taken in at once. Source: computed, less than half a second at every rate, so that none of those
/// that the analysis completes is missed.
const CHUNK_SAMPLES: usize = 1024;

/// Silence behind a song, so that its last half second is decided on, seconds. Source: computed, the look-ahead of
/// Phrase and two half seconds.
const BEHIND_S: f64 = 1.7;

/// Learns a song.
pub struct Learner {
    engine: Engine,
    recorder: Recorder,
    /// `[channel][sample]`: the input is copied, because it is still to be heard.
    chunk: Vec<Vec<f32>>,
}

impl Learner {
    /// A learner that has heard nothing. Allocates, for two hours of song; nothing after it does.
    ///
    /// # Errors
    /// As [`Engine::new`].
    pub fn new(sample_rate_hz: f64, n_channels: usize) -> Result<Self, ConfigError> {
        let engine = Engine::new(sample_rate_hz, n_channels, Mode::Phrase)?;
        let recorder = Recorder::new(sample_rate_hz, engine.hop_samples());
        Ok(Self { engine, recorder, chunk: vec![vec![0.0; CHUNK_SAMPLES]; n_channels] })
    }

    /// Takes in one block, `[channel][sample]`. Realtime-safe.
    pub fn hear(&mut self, channels: &[impl AsRef<[f32]>], position: SongPosition) {
        self.hear_and_observe(channels, position, &mut |_| ());
    }

    /// The same; `observe` is called with the analysis of each hop, once it is final. Realtime-safe.
    pub fn hear_and_observe(
        &mut self,
        channels: &[impl AsRef<[f32]>],
        position: SongPosition,
        observe: &mut impl FnMut(&HopTrace),
    ) {
        self.recorder.play();
        let n_samples = channels.iter().map(|channel| channel.as_ref().len()).min().unwrap_or(0);
        let mut position = position;
        for from in (0..n_samples).step_by(CHUNK_SAMPLES) {
            let len = CHUNK_SAMPLES.min(n_samples - from);
            for (copy, channel) in self.chunk.iter_mut().zip(channels) {
                copy[..len].copy_from_slice(&channel.as_ref()[from..from + len]);
            }
            self.hear_chunk(len, position, observe);
            position = SongPosition::FreeRunning;
        }
    }

    /// The song stops, and if that is so, is over: what is decided late is then decided. Realtime-safe.
    pub fn end(&mut self, is_over: bool) {
        self.end_and_observe(is_over, &mut |_| ());
    }

    /// The same; `observe` is called with the analysis of the last hops, and of the silence that is heard behind them.
    /// Realtime-safe.
    pub fn end_and_observe(&mut self, is_over: bool, observe: &mut impl FnMut(&HopTrace)) {
        self.recorder.stop(self.engine.position_samples(), is_over);
        let n_samples = (BEHIND_S * self.engine.sample_rate_hz()) as usize;
        for from in (0..n_samples).step_by(CHUNK_SAMPLES) {
            let len = CHUNK_SAMPLES.min(n_samples - from);
            self.chunk.iter_mut().for_each(|copy| copy[..len].fill(0.0));
            self.hear_chunk(len, SongPosition::FreeRunning, observe);
        }
    }

    fn hear_chunk(&mut self, len: usize, position: SongPosition, observe: &mut impl FnMut(&HopTrace)) {
        let recorder = &mut self.recorder;
        let mut hear = |moment: &Moment, ahead: &Lookahead<'_>| {
            if moment.is_jump {
                recorder.begin_song(moment.index - moment.position_samples);
            }
            recorder.hear(moment.position_samples, ahead);
        };
        let engine = &mut self.engine;
        match self.chunk.as_mut_slice() {
            [mono] => engine.listen(&mut [&mut mono[..len]], position, &mut hear, observe),
            [left, right] => {
                engine.listen(&mut [&mut left[..len], &mut right[..len]], position, &mut hear, observe);
            }
            many => {
                // More channels are possible offline only, where this may allocate.
                let mut slices: Vec<&mut [f32]> = many.iter_mut().map(|copy| &mut copy[..len]).collect();
                engine.listen(&mut slices, position, &mut hear, observe);
            }
        }
        self.recorder.complete(self.engine.completed_half_second());
    }

    /// How much of the song has been heard, seconds.
    pub fn known_s(&self) -> f64 {
        self.recorder.known_s()
    }

    /// What has been learned so far. Allocates.
    pub fn score(&self) -> LearnedScore {
        self.recorder.score()
    }
}
