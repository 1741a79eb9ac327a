//! A recording through the engine in pieces, so that its length costs no memory.
//!
//! In: pieces of samples in order. Out: the same number of samples in all, aligned with the input: the first samples
//! that the engine gives out, which are silence as long as its latency, are left out, and as much silence is fed at the
//! end.

use std::sync::Arc;

use super::{Options, RenderError};
use crate::engine::{Engine, HopTrace, SongPosition};
use crate::score::LearnedScore;
use crate::settings::Settings;

/// What is done with one host block: the engine, its samples, the song position of the first, and who is told of hops.
pub(super) type Drive<'a> = dyn FnMut(&mut Engine, &mut [&mut [f32]], i64, &mut dyn FnMut(&HopTrace)) + 'a;

/// Pieces are at least so long where the caller is free to choose, samples. Chosen: longer takes more memory, shorter
/// costs more calls.
const PIECE_SAMPLES: usize = 16_384;

/// An engine that is given a recording piece by piece.
pub struct Renderer {
    engine: Engine,
    options: Options,
    /// Samples of the input that the engine has been given.
    n_fed: usize,
    /// Samples that are left out before anything is given out.
    n_left_out: usize,
}

impl Renderer {
    /// A renderer of `n_channels` channels, with the score of a song that was learned.
    pub fn new(options: &Options, n_channels: usize, score: Option<&Arc<LearnedScore>>) -> Result<Self, RenderError> {
        if options.block_samples == 0 {
            return Err(RenderError::EmptyBlock);
        }
        let mut engine = Engine::new(options.sample_rate_hz, n_channels, options.mode)?;
        engine.set_score(score.map(|score| score.shared_at_rate(options.sample_rate_hz)));
        let n_left_out = engine.latency_samples() as usize;
        Ok(Self { engine, options: *options, n_fed: 0, n_left_out })
    }

    /// Replaces a piece, `[channel][sample]`, by what comes out meanwhile: fewer samples at first, then as many. The
    /// settings are asked at every hop; `observe` is told of each hop that is rendered.
    pub fn render(
        &mut self,
        piece: &mut [Vec<f32>],
        settings_at: &dyn Fn(i64) -> Settings,
        observe: &mut dyn FnMut(&HopTrace),
    ) {
        let mut drive = |engine: &mut Engine, block: &mut [&mut [f32]], start, observe: &mut dyn FnMut(&HopTrace)| {
            with_settings(engine, block, start, settings_at, observe);
        };
        self.drive(piece, &mut drive, observe);
    }

    /// Replaces what is in `piece` by the last samples.
    pub fn finish(
        &mut self,
        piece: &mut [Vec<f32>],
        settings_at: &dyn Fn(i64) -> Settings,
        observe: &mut dyn FnMut(&HopTrace),
    ) {
        silence(piece, self.engine.latency_samples() as usize);
        self.render(piece, settings_at, observe);
    }

    /// Samples of the engine's hop.
    pub fn hop_samples(&self) -> usize {
        self.engine.hop_samples()
    }

    /// Input samples that were not finite numbers (or absurdly large) and were silenced.
    pub fn n_bad_samples(&self) -> u64 {
        self.engine.n_bad_samples()
    }

    pub(super) fn drive(&mut self, piece: &mut [Vec<f32>], drive: &mut Drive<'_>, observe: &mut dyn FnMut(&HopTrace)) {
        let n_samples = piece.first().map_or(0, Vec::len);
        let mut from = 0;
        while from < n_samples {
            // Blocks begin where a host's would: at multiples of their length from the first sample on.
            let block_samples = self.options.block_samples;
            let until = n_samples.min(from + block_samples - self.n_fed % block_samples);
            let position_samples = self.options.start_samples.saturating_add(self.n_fed as i64);
            let mut slices: Vec<&mut [f32]> = piece.iter_mut().map(|channel| &mut channel[from..until]).collect();
            drive(&mut self.engine, &mut slices, position_samples, observe);
            self.n_fed += until - from;
            from = until;
        }
        let n_left_out = self.n_left_out.min(n_samples);
        self.n_left_out -= n_left_out;
        piece.iter_mut().for_each(|channel| drop(channel.drain(..n_left_out)));
    }

    pub(super) fn drive_end(
        &mut self,
        piece: &mut [Vec<f32>],
        drive: &mut Drive<'_>,
        observe: &mut dyn FnMut(&HopTrace),
    ) {
        silence(piece, self.engine.latency_samples() as usize);
        self.drive(piece, drive, observe);
    }
}

fn silence(piece: &mut [Vec<f32>], n_samples: usize) {
    for channel in piece {
        channel.clear();
        channel.resize(n_samples, 0.0);
    }
}

impl Options {
    /// How long the pieces of a recording should be: whole host blocks.
    pub fn piece_samples(&self) -> usize {
        PIECE_SAMPLES.next_multiple_of(self.block_samples.max(1))
    }
}

/// One host block as a plugin would get it: it is cut where the settings change, as a host cuts at automation points.
fn with_settings(
    engine: &mut Engine,
    block: &mut [&mut [f32]],
    start_samples: i64,
    settings_at: &dyn Fn(i64) -> Settings,
    observe: &mut dyn FnMut(&HopTrace),
) {
    let hop_samples = engine.hop_samples();
    let n_samples = block.first().map_or(0, |channel| channel.len());
    let position = |index: usize| start_samples.saturating_add(index as i64);
    let mut from = 0;
    while from < n_samples {
        let settings = settings_at(position(from));
        let mut until = from;
        while until < n_samples && (until == from || settings_at(position(until)) == settings) {
            until += hop_samples - position(until).rem_euclid(hop_samples as i64) as usize;
        }
        let until = until.min(n_samples);
        let mut slices: Vec<&mut [f32]> = block.iter_mut().map(|channel| &mut channel[from..until]).collect();
        engine.process(&mut slices, &settings, SongPosition::At(position(from)), &mut |hop| observe(hop));
        from = until;
    }
}
