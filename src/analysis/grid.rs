//! The analysis' own clock: the one place where seconds become windows.
//!
//! Whatever the sample rate, the input is heard as a slow signal of 12 kHz, and every 64 of its values, counted from
//! song position 0, a window ends. So a window is the same 5.33 ms at every rate, notes are found alike, and a
//! constant that is given in seconds means the same number of windows everywhere.

/// Rate of the signal in which pitch is found, Hz: two samples per period at least of 4.2 kHz, above which no harmonic
/// helps to find one.
pub(super) const SLOW_HZ: f64 = 12_000.0;
/// Values of the slow signal from window to window: the count that all others follow from.
pub(super) const WINDOW_VALUES: usize = 64;
/// From window to window, seconds.
pub(super) const WINDOW_S: f32 = WINDOW_VALUES as f32 / SLOW_HZ as f32;

/// The number of windows nearest to a time in seconds.
pub(super) const fn windows(seconds: f32) -> usize {
    (seconds / WINDOW_S + 0.5) as usize
}

/// Rate of the signal in which timbre and level are measured, Hz, at most: a voice has little above 10 kHz, and what a
/// recording at a higher rate has there must not decide.
const FINE_HZ: f64 = 24_000.0;

/// Rate of the signal in which timbre and level are measured, Hz, for an input of a rate.
pub(super) fn fine_hz(sample_rate_hz: f64) -> f64 {
    FINE_HZ.min(sample_rate_hz)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_become_whole_windows() {
        assert_eq!([0.0, 0.005, 0.021, 0.1, 0.5].map(windows), [0, 1, 4, 19, 94]);
    }
}
