//! The time grid of the analysis: the one place where seconds become windows.
//!
//! In: times in seconds. Out: numbers of windows. At every sample rate the input is analysed as a slow signal of 12
//! kHz, and a window ends at every 64th of its values, counted from song position 0. So a window step is 5.33 ms at
//! every rate, the same notes are found, and a constant in seconds means the same number of windows everywhere.

/// Rate of the signal in which pitch is found, Hz. Chosen: two samples per period at 4.2 kHz, above which harmonics do
/// not help to find a pitch; higher costs time.
pub(super) const SLOW_HZ: f64 = 12_000.0;
/// Values of the slow signal from window to window: the count that all others follow from. Chosen: 5.33 ms; more is
/// coarser in time, fewer costs time.
pub(super) const WINDOW_VALUES: usize = 64;
/// From window to window, seconds. Source: computed from the two above.
pub(super) const WINDOW_S: f32 = WINDOW_VALUES as f32 / SLOW_HZ as f32;

/// The number of windows nearest to a time in seconds.
pub(super) const fn windows(seconds: f32) -> usize {
    (seconds / WINDOW_S + 0.5) as usize
}

/// Rate of the signal in which timbre and level are measured, Hz, at most. Chosen: a voice has little above 10 kHz, and
/// what a recording at a higher rate has there must not change the results; higher costs time.
const FINE_HZ: f64 = 24_000.0;

/// Rate of the signal in which timbre and level are measured, Hz, for an input of `sample_rate_hz`.
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
