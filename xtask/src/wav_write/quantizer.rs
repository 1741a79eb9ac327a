//! Floats as stored samples.
//!
//! In: `[channel][sample]`, full scale at 1. Out: interleaved steps, or their bytes; how many had to be clipped. Source
//! of the dither: Lipshitz, Wannamaker, Vanderkooy, "Quantization and Dither: A Theoretical Survey", JAES 40 (1992):
//! noise of triangular distribution, two steps wide, leaves an error whose mean and power do not depend on the sound.

use std::ops::Range;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::{Depth, Dither, Spec};

/// Which of all noises dithers. Chosen: any number, but always the same, so that equal bounces are equal.
const DITHER_SEED: u64 = 1;

/// Rounds samples, and counts what does not fit.
pub(super) struct Quantizer {
    depth: Depth,
    generator: Option<ChaCha8Rng>,
    /// Two random numbers of 32 bits for each sample of a piece.
    noise: Vec<u8>,
    interleaved: Vec<f32>,
    steps: Vec<i32>,
    bytes: Vec<u8>,
    n_clipped: u64,
}

impl Quantizer {
    pub(super) fn new(spec: &Spec) -> Self {
        let is_dithered = spec.dither == Dither::Triangular && spec.depth == Depth::Int16;
        let generator = is_dithered.then(|| ChaCha8Rng::seed_from_u64(DITHER_SEED));
        let (noise, bytes, steps, interleaved) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { depth: spec.depth, generator, noise, interleaved, steps, bytes, n_clipped: 0 }
    }

    /// Samples of all channels that were clipped so far.
    pub(super) fn n_clipped(&self) -> u64 {
        self.n_clipped
    }

    /// Samples `piece` of all channels as whole numbers of the depth.
    pub(super) fn steps(&mut self, channels: &[Vec<f32>], piece: Range<usize>) -> &[i32] {
        let samples = interleaved(channels, piece, &mut self.interleaved);
        self.steps.resize(samples.len(), 0);
        let bits = self.depth.bits();
        let steps = self.steps.iter_mut().zip(samples);
        let mut n_clipped = 0;
        let mut store = |step: &mut i32, (whole, is_clipped): (i32, bool)| {
            *step = whole;
            n_clipped += u32::from(is_clipped);
        };
        match &mut self.generator {
            Some(generator) => {
                // Noise goes to samples in the file's order, so the size of pieces makes no difference.
                self.noise.resize(8 * samples.len(), 0);
                generator.fill_bytes(&mut self.noise);
                let (noise, _) = self.noise.as_chunks();
                steps.zip(noise).for_each(|((step, sample), noise)| {
                    store(step, dithered(*sample, bits, triangular(*noise)));
                });
            }
            None => steps.for_each(|(step, sample)| store(step, quantized(*sample, bits))),
        }
        self.n_clipped += u64::from(n_clipped);
        &self.steps
    }

    /// All samples as they are once they are stored, `[channel][sample]`.
    pub(super) fn stored(&mut self, channels: &[Vec<f32>]) -> Vec<Vec<f32>> {
        if self.depth == Depth::Float32 {
            return channels.to_vec();
        }
        let full_scale = (1_u32 << (self.depth.bits() - 1)) as f32;
        let steps = self.steps(channels, 0..channels.first().map_or(0, Vec::len));
        let channel = |number: usize| {
            let steps = steps.iter().skip(number).step_by(channels.len());
            // Exact: a step has no more digits than such a number.
            steps.map(|step| *step as f32 / full_scale).collect()
        };
        (0..channels.len()).map(channel).collect()
    }

    /// Samples `piece` of all channels as a WAV stores them.
    pub(super) fn bytes(&mut self, channels: &[Vec<f32>], piece: Range<usize>) -> &[u8] {
        self.bytes.clear();
        if self.depth == Depth::Float32 {
            let samples = interleaved(channels, piece, &mut self.interleaved);
            self.bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
            return &self.bytes;
        }
        self.steps(channels, piece);
        match self.depth.bytes() {
            2 => lowest_bytes::<2>(&self.steps, &mut self.bytes),
            3 => lowest_bytes::<3>(&self.steps, &mut self.bytes),
            _ => lowest_bytes::<4>(&self.steps, &mut self.bytes),
        }
        &self.bytes
    }
}

/// Samples `piece` of all channels in the order of a file; `room` is where they are put together.
fn interleaved<'a>(channels: &'a [Vec<f32>], piece: Range<usize>, room: &'a mut Vec<f32>) -> &'a [f32] {
    if let [channel] = channels {
        return &channel[piece];
    }
    room.resize(channels.len() * piece.len(), 0.0);
    for (number, channel) in channels.iter().enumerate() {
        let places = room.iter_mut().skip(number).step_by(channels.len());
        places.zip(&channel[piece.clone()]).for_each(|(place, sample)| *place = *sample);
    }
    room
}

/// The `N` lowest bytes of each step, the lowest first, at the end of `bytes`.
fn lowest_bytes<const N: usize>(steps: &[i32], bytes: &mut Vec<u8>) {
    let before = bytes.len();
    bytes.resize(before + N * steps.len(), 0);
    for (bytes, step) in bytes[before..].as_chunks_mut::<N>().0.iter_mut().zip(steps) {
        bytes.copy_from_slice(&step.to_le_bytes()[..N]);
    }
}

/// The sum of two even distributions, each one step wide, around zero, from two random numbers of 32 bits.
fn triangular(noise: [u8; 8]) -> f64 {
    let both = u64::from_le_bytes(noise);
    (f64::from(both as u32) - f64::from((both >> 32) as u32)) / (f64::from(u32::MAX) + 1.0)
}

/// The nearest step of a whole-number depth, halves away from zero, and whether it had to be clipped.
#[inline(always)]
fn quantized(sample: f32, bits: u16) -> (i32, bool) {
    let full_scale = f64::from(1_u32 << (bits - 1));
    nearest(f64::from(sample) * full_scale, full_scale)
}

/// The same with noise, in steps. What lies on a step already was not changed, or is silence: there is no error to
/// spread.
#[inline(always)]
fn dithered(sample: f32, bits: u16, noise: f64) -> (i32, bool) {
    let full_scale = f64::from(1_u32 << (bits - 1));
    let exact = f64::from(sample) * full_scale;
    let is_step = (exact + WHOLE) - WHOLE == exact;
    nearest(if is_step { exact } else { exact + noise }, full_scale)
}

/// 1.5 · 2^52: in a sum with it the lowest 32 bits are those of the whole number nearest to the other summand, as an
/// `i32`. Source: IEEE 754, the format of double precision. `round` is a library call on baseline x86-64, and `as i32`
/// takes care of numbers that cannot come here.
const WHOLE: f64 = 6_755_399_441_055_744.0;

/// The whole number nearest to `value`, halves away from zero, within ± `full_scale`, and whether it was beyond. What
/// is no number is silence.
#[inline(always)]
fn nearest(value: f64, full_scale: f64) -> (i32, bool) {
    let value = if value.is_nan() { 0.0 } else { value };
    let size = value.abs().clamp(0.0, full_scale);
    // Halves go to the even number here.
    let even = (size + WHOLE) - WHOLE;
    let whole = if even - size == -0.5 { even + 1.0 } else { even };
    let within = whole.copysign(value).clamp(-full_scale, full_scale - 1.0);
    let is_beyond = value >= full_scale - 0.5 || value <= -full_scale - 0.5;
    ((within + WHOLE).to_bits() as i32, is_beyond)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wav_write::{Container, Packing};

    fn spec() -> Spec {
        Spec {
            n_channels: 1,
            sample_rate_hz: 48_000,
            depth: Depth::Int16,
            container: Container::Wav,
            packing: Packing::Small,
            dither: Dither::Triangular,
            n_samples: None,
        }
    }

    fn dithered(samples: &[f32], piece: usize) -> Vec<i32> {
        let mut quantizer = Quantizer::new(&spec());
        let channels = [samples.to_vec()];
        let pieces = (0..samples.len()).step_by(piece).map(|start| start..samples.len().min(start + piece));
        pieces.flat_map(|piece| quantizer.steps(&channels, piece).to_vec()).collect()
    }

    #[test]
    fn every_16_bit_step_comes_back() {
        for step in i16::MIN..=i16::MAX {
            assert_eq!(quantized(f32::from(step) / 32_768.0, 16), (i32::from(step), false));
        }
    }

    #[test]
    fn every_24_bit_step_comes_back() {
        for step in (-8_388_608..8_388_608).step_by(251).chain([8_388_607]) {
            assert_eq!(quantized(step as f32 / 8_388_608.0, 24), (step, false));
        }
    }

    #[test]
    fn halves_round_away_from_zero_and_full_scale_clips() {
        assert_eq!(quantized(0.5 / 32_768.0, 16), (1, false));
        assert_eq!(quantized(-0.5 / 32_768.0, 16), (-1, false));
        assert_eq!(quantized(1.0, 16), (32_767, true));
        assert_eq!(quantized(-1.0, 16), (-32_768, false));
        assert_eq!(quantized(-1.5, 24), (-8_388_608, true));
        assert_eq!(quantized(f32::INFINITY, 24), (8_388_607, true));
        assert_eq!(quantized(f32::NAN, 24), (0, false));
        assert_eq!([1.0, -1.0].map(|sample| quantized(sample, 32)), [(i32::MAX, true), (i32::MIN, false)]);
    }

    /// The noise is that of single random numbers in their order, so that a bounce at 16 bits stays as it was.
    #[test]
    fn noise_is_drawn_in_the_order_of_the_file() {
        let mut generator = ChaCha8Rng::seed_from_u64(DITHER_SEED);
        let mut draw = || f64::from(generator.next_u32()) / 4_294_967_296.0;
        let samples = [0.3, -0.4, 7.2];
        let expected = samples.map(|sample: f32| (f64::from(sample) + (draw() - draw())).round() as i32);
        assert_eq!(dithered(&samples.map(|sample| sample / 32_768.0), 2), expected);
    }

    /// A level between two steps is lost without dither; with it, the mean of many is that level, and the error's power
    /// is a quarter of a step, whatever the level.
    #[test]
    fn dither_keeps_what_is_smaller_than_a_step() {
        for level in [0.01, 0.2, 0.5, 0.8] {
            let steps = dithered(&vec![level / 32_768.0; 200_000], 999);
            let errors = steps.iter().map(|step| f64::from(*step) - f64::from(level));
            let mean = errors.clone().sum::<f64>() / 200_000.0;
            let power = errors.map(|error| error * error).sum::<f64>() / 200_000.0;
            assert!(mean.abs() < 0.005 && (power - 0.25).abs() < 0.01, "{level}: {mean} {power}");
            assert!(steps.iter().all(|step| (-1..=2).contains(step)));
        }
    }

    #[test]
    fn what_was_not_changed_is_not_dithered() {
        let samples: Vec<f32> = (-900..900).map(|step| step as f32 / 32_768.0).collect();
        assert_eq!(dithered(&samples, 1000), (-900..900).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_stored_is_what_a_file_gives_back() {
        let channels = [vec![0.3_f32 / 32_768.0, 0.5, -7.4], vec![1.5, f32::NAN, -0.1]];
        for (depth, largest) in [(Depth::Int16, 32_767.0 / 32_768.0), (Depth::Int24, 8_388_607.0 / 8_388_608.0)] {
            let spec = Spec { n_channels: 2, depth, ..spec() };
            let stored = Quantizer::new(&spec).stored(&channels);
            let steps = Quantizer::new(&spec).steps(&channels, 0..3).to_vec();
            let expected = |number: usize| steps.iter().skip(number).step_by(2).map(|step| *step as f32);
            for (number, channel) in stored.iter().enumerate() {
                let full_scale = (1 << (depth.bits() - 1)) as f32;
                assert!(channel.iter().map(|sample| sample * full_scale).eq(expected(number)), "{stored:?}");
            }
            assert_eq!((stored[0][2], stored[1][0], stored[1][1]), (-1.0, largest, 0.0));
        }
        let float = Spec { n_channels: 2, depth: Depth::Float32, ..spec() };
        assert_eq!(Quantizer::new(&float).stored(&channels[..1]), channels[..1]);
    }

    #[test]
    fn dither_repeats_at_any_size_of_pieces() {
        let samples: Vec<f32> = (0..1000).map(|n| n as f32 / 3e7).collect();
        assert_eq!(dithered(&samples, 1000), dithered(&samples, 7));
    }
}
