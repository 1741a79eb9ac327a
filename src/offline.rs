//! A whole recording through the very same [`Engine`] that the plugin runs, without a host.
//!
//! In: channels of samples, at once or in pieces, and the settings at each song position. Out: as many samples, aligned
//! with the input to the sample.

use std::sync::Arc;

use crate::engine::{ConfigError, Engine, HopTrace, SongPosition};
use crate::learner::Learner;
use crate::score::LearnedScore;
use crate::settings::{Mode, Settings};

pub mod curves;
mod renderer;

use curves::Curves;
pub use renderer::Renderer;

/// How to drive the engine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Sample rate of the input, Hz.
    pub sample_rate_hz: f64,
    /// How much look-ahead the engine may use.
    pub mode: Mode,
    /// Song position of the first sample, samples.
    pub start_samples: i64,
    /// Host block size to imitate, samples. The output does not depend on it.
    pub block_samples: usize,
}

/// What came out.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// `[channel][sample]`, the input's shape.
    pub channels: Vec<Vec<f32>>,
    /// The movement of each hop, in song order.
    pub hops: Vec<HopTrace>,
    /// Input samples that were not finite numbers (or absurdly large) and were silenced.
    pub n_bad_samples: u64,
}

/// Why nothing was rendered.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RenderError {
    /// The engine cannot run so.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The channels are not of one length.
    #[error(
        "all channels must be of one length, but channel {channel} has {actual} samples and channel 1 has {expected}"
    )]
    RaggedChannels {
        /// Counted from 1.
        channel: usize,
        /// Its length.
        actual: usize,
        /// The first channel's length.
        expected: usize,
    },
    /// Zero is no block size.
    #[error("the block size must be at least 1 sample")]
    EmptyBlock,
}

/// Renders `channels` (`[channel][sample]`) with the settings that `settings_at` gives for a song position.
///
/// `settings_at` is asked at every hop, as a host with sample-accurate automation would send it. `progress` is told
/// now and then how many samples of the input are done.
///
/// ```
/// use con_anima::{offline, settings::{Mode, Settings}};
/// let tone: Vec<f32> = (0..4800).map(|n| (n as f32 * 0.03).sin()).collect();
/// let options =
///     offline::Options { sample_rate_hz: 48_000.0, mode: Mode::Studio, start_samples: 0, block_samples: 512 };
/// let settings = Settings { amount: 1.0, drift_cents: 12.0, ..Settings::NEUTRAL };
/// let rendered = offline::render(&[tone.clone()], &options, |_| settings, |_| ()).unwrap();
/// assert_eq!(rendered.channels[0].len(), tone.len());
/// ```
pub fn render(
    channels: &[Vec<f32>],
    options: &Options,
    settings_at: impl Fn(i64) -> Settings,
    mut progress: impl FnMut(usize),
) -> Result<Rendered, RenderError> {
    render_whole(channels, options, None, &settings_at, &mut progress)
}

/// Renders as [`render`] does, with a learned score of the song: [`learn`] makes one.
pub fn render_learned(
    channels: &[Vec<f32>],
    options: &Options,
    score: &Arc<LearnedScore>,
    settings_at: impl Fn(i64) -> Settings,
    mut progress: impl FnMut(usize),
) -> Result<Rendered, RenderError> {
    render_whole(channels, options, Some(score), &settings_at, &mut progress)
}

/// Learns the song that a recording is: the same score that the plugin learns while a host plays it from beginning to
/// end. The mode in `options` plays no part.
pub fn learn(
    channels: &[Vec<f32>],
    options: &Options,
    mut progress: impl FnMut(usize),
) -> Result<LearnedScore, RenderError> {
    let n_samples = checked_length(channels, options)?;
    let mut learner = Learner::new(options.sample_rate_hz, channels.len())?;
    for from in (0..n_samples).step_by(options.block_samples) {
        let until = (from + options.block_samples).min(n_samples);
        let slices: Vec<&[f32]> = channels.iter().map(|channel| &channel[from..until]).collect();
        learner.hear(&slices, SongPosition::At(options.start_samples.saturating_add(from as i64)));
        progress(until);
    }
    learner.end(true);
    Ok(learner.score())
}

/// Moves `channels` along explicit curves, a value per sample each: `cents` of pitch by the place in the output,
/// `shift_ms` (positive sounds later) by the place in the input that is heard.
pub fn warp(
    channels: &[Vec<f32>],
    options: &Options,
    cents: &[f32],
    shift_ms: &[f32],
    mut progress: impl FnMut(usize),
) -> Result<Rendered, RenderError> {
    checked_length(channels, options)?;
    let mut renderer = Renderer::new(options, channels.len(), None)?;
    let (start, rate_hz) = (options.start_samples, options.sample_rate_hz);
    let mut curves = Curves::new(cents, shift_ms, start, rate_hz, renderer.hop_samples());
    let mut whole = Whole::new(channels);
    let mut drive =
        |engine: &mut Engine, block: &mut [&mut [f32]], position_samples: i64, observe: &mut dyn FnMut(&HopTrace)| {
            let position = SongPosition::At(position_samples);
            engine.process_driven(block, position, &mut |moment| curves.gesture(moment), &mut |hop| observe(hop));
        };
    whole.each_piece(options, &mut progress, |piece, is_end, observe| match is_end {
        false => renderer.drive(piece, &mut drive, observe),
        true => renderer.drive_end(piece, &mut drive, observe),
    });
    Ok(whole.rendered(renderer.n_bad_samples()))
}

fn render_whole(
    channels: &[Vec<f32>],
    options: &Options,
    score: Option<&Arc<LearnedScore>>,
    settings_at: &dyn Fn(i64) -> Settings,
    progress: &mut dyn FnMut(usize),
) -> Result<Rendered, RenderError> {
    checked_length(channels, options)?;
    let mut renderer = Renderer::new(options, channels.len(), score)?;
    let mut whole = Whole::new(channels);
    whole.each_piece(options, progress, |piece, is_end, observe| match is_end {
        false => renderer.render(piece, settings_at, observe),
        true => renderer.finish(piece, settings_at, observe),
    });
    Ok(whole.rendered(renderer.n_bad_samples()))
}

/// A recording in memory, and what came out of it so far.
struct Whole<'a> {
    input: &'a [Vec<f32>],
    output: Vec<Vec<f32>>,
    hops: Vec<HopTrace>,
}

impl<'a> Whole<'a> {
    fn new(input: &'a [Vec<f32>]) -> Self {
        let output = input.iter().map(|channel| Vec::with_capacity(channel.len())).collect();
        Self { input, output, hops: Vec::new() }
    }

    /// Calls `render` with each piece in turn, and at the end with none; what it leaves there is put out.
    fn each_piece(
        &mut self,
        options: &Options,
        progress: &mut dyn FnMut(usize),
        mut render: impl FnMut(&mut [Vec<f32>], bool, &mut dyn FnMut(&HopTrace)),
    ) {
        let n_samples = self.input.first().map_or(0, Vec::len);
        let mut piece = vec![Vec::new(); self.input.len()];
        let starts = (0..n_samples).step_by(options.piece_samples()).map(Some);
        for start in starts.chain([None]) {
            let range = start.map_or(0..0, |start| start..n_samples.min(start + options.piece_samples()));
            for (samples, channel) in piece.iter_mut().zip(self.input) {
                samples.clear();
                samples.extend_from_slice(&channel[range.clone()]);
            }
            render(&mut piece, start.is_none(), &mut |hop| self.hops.push(*hop));
            for (samples, channel) in piece.iter().zip(&mut self.output) {
                channel.extend_from_slice(samples);
            }
            progress(self.output.first().map_or(0, Vec::len));
        }
    }

    fn rendered(self, n_bad_samples: u64) -> Rendered {
        Rendered { channels: self.output, hops: self.hops, n_bad_samples }
    }
}

fn checked_length(channels: &[Vec<f32>], options: &Options) -> Result<usize, RenderError> {
    if options.block_samples == 0 {
        return Err(RenderError::EmptyBlock);
    }
    let expected = channels.first().map_or(0, Vec::len);
    match channels.iter().position(|channel| channel.len() != expected) {
        Some(index) => Err(RenderError::RaggedChannels { channel: index + 1, actual: channels[index].len(), expected }),
        None => Ok(expected),
    }
}
