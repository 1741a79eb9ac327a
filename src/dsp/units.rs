//! Units of the voice in terms of samples and amplitudes.

use std::f64::consts::LN_2;

/// The slope of a displacement that raises the pitch by one cent, to first order: at 50 cents it is 1.4 % off.
/// Source: definition, 2^(1/1200) − 1.
pub const CENT: f64 = LN_2 / 1200.0;

/// The amplitude ratio of a level difference, dB.
pub fn amplitude(db: f32) -> f32 {
    10_f32.powf(db / 20.0)
}

/// A pitch on a logarithmic scale, cents re 1 Hz.
pub fn cents(hz: f32) -> f64 {
    1200.0 * f64::from(hz).log2()
}
