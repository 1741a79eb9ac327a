//! White noise → noise of a colour, segment by segment.
//!
//! In: the colour, level and pulse of a segment. Out: noise of unit rms at any later position. A segment of white
//! noise, modulated by the vocal folds' pulse, is filtered as a whole in the frequency domain and overlap-added to its
//! neighbours (Stockham, "High-speed convolution and correlation", 1966). The filter's response is no longer than half
//! a segment to either side, so nothing wraps around, and nothing is remembered for longer.

use std::sync::Arc;

use fourier::{Complex32, ComplexToReal, RealToComplex};

use super::colours::Filter;
use super::pulse::Pulses;
use crate::dsp::noise::{Stream, noise_run};
use crate::gesture::{HOPS_PER_SEGMENT, SEGMENT_LEAD_HOPS, Shape};

/// Variance of white noise that is uniform in ±1. Source: definition.
const UNIFORM_VARIANCE: f32 = 1.0 / 3.0;

/// Makes noise with a given spectrum.
#[derive(Clone)]
pub(super) struct Shaper {
    stream: Stream,
    segment_len: usize,
    /// How far the filter reaches to either side, samples.
    reach: usize,
    pulses: Pulses,
    filter: Filter,
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    white: Vec<f64>,
    /// Twice a segment: the segment in the middle, the filter's response to either side.
    block: Vec<f32>,
    spectrum: Vec<Complex32>,
    scratch: Vec<Complex32>,
    /// Noise made so far, by absolute index; a power of two in length.
    ring: Vec<f32>,
    /// Absolute index after the last sample that any segment has reached.
    filled_to: i64,
}

impl Shaper {
    /// A shaper for one kind of breath. Allocates.
    pub(super) fn new(stream: Stream, sample_rate_hz: f64, hop_samples: usize) -> Self {
        let segment_len = HOPS_PER_SEGMENT as usize * hop_samples;
        let block_len = 2 * segment_len;
        let (forward, inverse) = (fourier::forward(block_len), fourier::inverse(block_len));
        let scratch_len = forward.get_scratch_len().max(inverse.get_scratch_len());
        Self {
            stream,
            segment_len,
            reach: SEGMENT_LEAD_HOPS as usize * hop_samples,
            pulses: Pulses::new(),
            filter: Filter::new(sample_rate_hz, block_len),
            spectrum: forward.make_output_vec(),
            scratch: vec![Complex32::default(); scratch_len],
            forward,
            inverse,
            white: vec![0.0; segment_len],
            block: vec![0.0; block_len],
            ring: vec![0.0; 2 * block_len],
            filled_to: i64::MIN,
        }
    }

    /// Forgets all noise.
    pub(super) fn reset(&mut self) {
        self.ring.fill(0.0);
        self.filled_to = i64::MIN;
    }

    /// Makes a segment whose first sample has absolute index `first`, when the sample at `now` is the next to be
    /// played. Realtime-safe.
    pub(super) fn shape(&mut self, shape: &Shape, first: i64, now: i64) {
        noise_run(shape.performance, self.stream, 0, shape.position_samples, &mut self.white);
        let segment = self.reach..self.reach + self.segment_len;
        self.block.fill(0.0);
        for (to, from) in self.block[segment.clone()].iter_mut().zip(&self.white) {
            *to = *from as f32;
        }
        if let Some(pulse) = &shape.pulse {
            self.pulses.apply(pulse, &mut self.block[segment]);
        }
        let response = self.filter.response(&shape.colour);
        // The lengths are those that the plans were made for, so neither can fail.
        let _ = self.forward.process_with_scratch(&mut self.block, &mut self.spectrum, &mut self.scratch);
        self.spectrum.iter_mut().zip(response.amplitudes).for_each(|(bin, amplitude)| *bin *= *amplitude);
        let _ = self.inverse.process_with_scratch(&mut self.spectrum, &mut self.block, &mut self.scratch);
        // The inverse transform is not normalized: it multiplies by the block's length.
        let gain = 1.0 / (self.block.len() as f32 * (UNIFORM_VARIANCE * response.mean_power).sqrt());
        let gain = if gain.is_finite() { gain } else { 0.0 };
        self.add(first - self.reach as i64, gain, now);
    }

    /// Adds the block to the ring, from absolute index `first` on; what is before `now` is dropped.
    fn add(&mut self, first: i64, gain: f32, now: i64) {
        let block = &self.block[usize::try_from(now - first).unwrap_or(0).min(self.block.len())..];
        let at = first.max(now) as usize & (self.ring.len() - 1);
        // The ring is longer than a block, so at most one part of it lies behind the ring's seam.
        let (before, behind) = block.split_at(block.len().min(self.ring.len() - at));
        for (at, samples) in [(at, before), (0, behind)] {
            self.ring[at..].iter_mut().zip(samples).for_each(|(sum, sample)| *sum += gain * sample);
        }
        self.filled_to = first + self.block.len() as i64;
    }

    /// Whether there is any noise at an absolute index or after it.
    pub(super) fn is_ready(&self, index: i64) -> bool {
        index < self.filled_to
    }

    /// Takes the noise from absolute index `first` on; each sample can be taken once. Realtime-safe.
    pub(super) fn take(&mut self, first: i64, out: &mut [f32]) {
        let mask = self.ring.len() - 1;
        for (index, out) in (first..).zip(out) {
            *out = std::mem::take(&mut self.ring[index as usize & mask]);
        }
    }
}

impl std::fmt::Debug for Shaper {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Shaper").field("stream", &self.stream).finish_non_exhaustive()
    }
}
