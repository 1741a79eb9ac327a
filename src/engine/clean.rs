//! Samples that can be computed with.

/// Larger input (+180 dBFS) is a fault, as NaN is, and is silenced. Chosen: sums of larger values would overflow; no
/// sound comes near it.
const MAX_SAMPLE: f32 = 1e9;
/// Smaller input (−600 dBFS) becomes zero, so that no denormal number goes out. Chosen: just above the denormal
/// numbers, so that no real signal is changed; code that multiplies samples with one another has higher limits of its
/// own.
const MIN_SAMPLE: f32 = 1e-30;
/// The sample if it can be computed with, otherwise zero, and whether it was a fault.
pub(super) fn clean(sample: f32) -> (f32, bool) {
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
