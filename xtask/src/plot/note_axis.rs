//! The range of an axis of note names.
//!
//! In: pitches in cents above MIDI note 0. Out: the range that shows them.

use std::ops::Range;

/// The least range of the axis, cents. Chosen: less than an octave would exaggerate the movement of a steady voice.
const LEAST_RANGE_CENTS: f64 = 1200.0;
/// Room above the highest and below the lowest pitch, cents. Chosen: larger makes the curve smaller.
const MARGIN_CENTS: f64 = 150.0;
/// The share of pitches at either end that the axis does not follow, because single ones are errors. Chosen: larger
/// cuts high notes off.
const STRAY_SHARE: f64 = 0.01;
/// The middle of the axis where there is no pitch, cents. Chosen: A3, in the middle of most voices.
const MIDDLE_CENTS: f64 = 5700.0;

/// From below the lowest to above the highest pitch, without single errors of the tracker.
pub(super) fn range_cents(pitches: impl Iterator<Item = f64>) -> Range<f64> {
    let mut sorted: Vec<f64> = pitches.collect();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| sorted.get((sorted.len() as f64 * share) as usize).copied();
    let (low, high) = at(STRAY_SHARE).zip(at(1.0 - STRAY_SHARE)).unwrap_or((MIDDLE_CENTS, MIDDLE_CENTS));
    let missing = (LEAST_RANGE_CENTS - (high - low) - 2.0 * MARGIN_CENTS).max(0.0) / 2.0;
    low - MARGIN_CENTS - missing..high + MARGIN_CENTS + missing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_follows_the_melody_and_no_single_error() {
        assert_eq!(range_cents(std::iter::empty()), 5100.0..6300.0);
        assert_eq!(range_cents([6000.0; 50].into_iter()), 5400.0..6600.0);
        let wide = (0..1000).map(|k| if k == 7 { 100.0 } else { 5000.0 + 2.0 * f64::from(k) });
        let range = range_cents(wide);
        assert!((4840.0..4880.0).contains(&range.start) && (7110.0..7150.0).contains(&range.end), "{range:?}");
    }
}
