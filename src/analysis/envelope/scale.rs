//! The scale on which the envelope's frequencies are evenly spaced, and interpolation between evenly spaced values.
//!
//! In: frequencies, Hz, or four neighbouring values. Out: critical bands, or the value between. Sources: Glasberg &
//! Moore, "Derivation of auditory filter shapes from notched-noise data", Hearing Research 47, 1990, eq. 4; Catmull &
//! Rom, "A class of local interpolating splines", 1974.

/// Critical bands per decade at high frequencies. Source: Glasberg & Moore 1990, eq. 4.
const ERBS_PER_DECADE: f32 = 21.4;
/// Growth of a critical band with frequency, per Hz. Source: Glasberg & Moore 1990, eq. 4, for frequencies in hertz.
const ERB_PER_HZ: f32 = 0.00437;

/// The number of critical bands below a frequency.
pub(super) fn erb_rate(frequency_hz: f32) -> f32 {
    ERBS_PER_DECADE * (1.0 + ERB_PER_HZ * frequency_hz).log10()
}

/// The frequency below which there are so many critical bands, Hz.
pub(super) fn frequency_hz(erb_rate: f32) -> f32 {
    (10.0_f32.powf(erb_rate / ERBS_PER_DECADE) - 1.0) / ERB_PER_HZ
}

/// The cubic through the middle two of four values, at `x` (`0..=1`) between them.
pub(super) fn cubic([before, left, right, after]: [f32; 4], x: f32) -> f32 {
    let slope = 0.5 * (right - before);
    let curve = before - 2.5 * left + 2.0 * right - 0.5 * after;
    let bend = 1.5 * (left - right) + 0.5 * (after - before);
    left + x * (slope + x * (curve + x * bend))
}
