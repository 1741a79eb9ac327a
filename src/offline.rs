//! A whole recording through the very same [`Engine`] that the plugin runs, without a host.
//!
//! In: channels of samples, the settings at each song position. Out: as many samples, aligned with the input to the
//! sample: the engine's latency is fed with silence behind the input and cut off in front.

use std::ops::Range;
use std::sync::Arc;

use crate::engine::{ConfigError, Engine, HopTrace, SongPosition};
use crate::learner::Learner;
use crate::score::LearnedScore;
use crate::settings::{Mode, Settings};

pub mod curves;
use curves::Curves;

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
    run(channels, options, None, &mut progress, |engine, padded, block, observe| {
        process_block(engine, padded, block, options, &settings_at, observe);
    })
}

/// Renders as [`render`] does, with a learned score of the song: [`learn`] makes one.
pub fn render_learned(
    channels: &[Vec<f32>],
    options: &Options,
    score: &Arc<LearnedScore>,
    settings_at: impl Fn(i64) -> Settings,
    mut progress: impl FnMut(usize),
) -> Result<Rendered, RenderError> {
    let score = score.shared_at_rate(options.sample_rate_hz);
    run(channels, options, Some(score), &mut progress, |engine, padded, block, observe| {
        process_block(engine, padded, block, options, &settings_at, observe);
    })
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
    let mut curves: Option<Curves<'_>> = None;
    run(channels, options, None, &mut progress, |engine, padded, block, observe| {
        let start = options.start_samples;
        let curves = curves
            .get_or_insert_with(|| Curves::new(cents, shift_ms, start, options.sample_rate_hz, engine.hop_samples()));
        let position = SongPosition::At(start.saturating_add(block.start as i64));
        let mut slices: Vec<&mut [f32]> = padded.iter_mut().map(|channel| &mut channel[block.clone()]).collect();
        engine.process_driven(&mut slices, position, &mut |moment| curves.gesture(moment), &mut |hop| {
            observe(hop);
        });
    })
}

/// Feeds the engine block by block, and cuts off its latency.
fn run(
    channels: &[Vec<f32>],
    options: &Options,
    score: Option<Arc<LearnedScore>>,
    progress: &mut impl FnMut(usize),
    mut process: impl FnMut(&mut Engine, &mut [Vec<f32>], Range<usize>, &mut dyn FnMut(&HopTrace)),
) -> Result<Rendered, RenderError> {
    let n_samples = checked_length(channels, options)?;
    let mut engine = Engine::new(options.sample_rate_hz, channels.len(), options.mode)?;
    engine.set_score(score);
    let latency_samples = engine.latency_samples() as usize;
    let mut padded = padded(channels, latency_samples);
    let mut hops = Vec::with_capacity((n_samples + latency_samples) / engine.hop_samples() + 2);
    let mut done = 0;
    while done < n_samples + latency_samples {
        let block = options.block_samples.min(n_samples + latency_samples - done);
        process(&mut engine, &mut padded, done..done + block, &mut |hop| hops.push(*hop));
        done += block;
        progress(done.saturating_sub(latency_samples));
    }
    let channels = padded.into_iter().map(|channel| channel[latency_samples..].to_vec()).collect();
    Ok(Rendered { channels, hops, n_bad_samples: engine.n_bad_samples() })
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

fn padded(channels: &[Vec<f32>], n_zeros: usize) -> Vec<Vec<f32>> {
    let pad = |channel: &Vec<f32>| {
        let mut padded = Vec::with_capacity(channel.len() + n_zeros);
        padded.extend_from_slice(channel);
        padded.resize(channel.len() + n_zeros, 0.0);
        padded
    };
    channels.iter().map(pad).collect()
}

/// Gives the engine one block, cut where the settings change, as a host cuts it at automation points.
fn process_block(
    engine: &mut Engine,
    padded: &mut [Vec<f32>],
    block: Range<usize>,
    options: &Options,
    settings_at: &impl Fn(i64) -> Settings,
    observe: &mut dyn FnMut(&HopTrace),
) {
    let hop_samples = engine.hop_samples();
    let position = |index: usize| options.start_samples.saturating_add(index as i64);
    let mut from = block.start;
    while from < block.end {
        let settings = settings_at(position(from));
        let mut until = from;
        while until < block.end && (until == from || settings_at(position(until)) == settings) {
            until += hop_samples - position(until).rem_euclid(hop_samples as i64) as usize;
        }
        let until = until.min(block.end);
        let mut slices: Vec<&mut [f32]> = padded.iter_mut().map(|channel| &mut channel[from..until]).collect();
        engine.process(&mut slices, &settings, SongPosition::At(position(from)), &mut |hop| observe(hop));
        from = until;
    }
}
