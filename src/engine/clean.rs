//! Samples that can be computed with.

use crate::dsp::history::History;

/// Larger input (+180 dBFS) is a fault, as NaN is, and is silenced. Chosen: sums of larger values would overflow; no
/// sound comes near it.
pub const MAX_SAMPLE: f32 = 1e9;
/// Smaller input (−600 dBFS) becomes zero, so that no denormal number goes out. Chosen: just above the denormal
/// numbers, so that no real signal is changed; code that multiplies samples with one another has higher limits of its
/// own.
const MIN_SAMPLE: f32 = 1e-30;

/// Stores samples of a channel from absolute index `first` on, cleaned. Returns how many were a fault. Realtime-safe.
pub(super) fn write_clean(history: &mut History, channel: usize, first: i64, samples: &[f32]) -> u64 {
    let mut n_bad = 0;
    if are_clean(samples) {
        history.write_all(channel, first, samples, |sample| sample);
    } else {
        history.write_all(channel, first, samples, |sample| {
            let (sample, is_bad) = clean(sample);
            n_bad += u64::from(is_bad);
            sample
        });
    }
    n_bad
}

/// Whether all samples can be computed with as they are.
fn are_clean(samples: &[f32]) -> bool {
    // Without an early end, so that many are compared at once.
    samples.iter().fold(true, |are_clean, sample| {
        let magnitude = sample.abs();
        are_clean & ((magnitude >= MIN_SAMPLE) | (magnitude == 0.0)) & (magnitude <= MAX_SAMPLE)
    })
}

/// The sample if it can be computed with, otherwise zero, and whether it was a fault.
fn clean(sample: f32) -> (f32, bool) {
    let magnitude = sample.abs();
    // NaN is outside the range.
    if (MIN_SAMPLE..=MAX_SAMPLE).contains(&magnitude) {
        (sample, false)
    } else if magnitude < MIN_SAMPLE {
        // The sign of zero is kept, so that untouched files stay the same to the bit.
        (0.0_f32.copysign(sample), false)
    } else {
        (0.0, true)
    }
}
