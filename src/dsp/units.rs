//! Units of the voice in terms of samples and amplitudes.

use std::f64::consts::LN_2;

/// The slope of a displacement that raises the pitch by one cent, to first order: at 50 cents it is 1.4 % off.
/// Source: definition, 2^(1/1200) − 1.
pub const CENT: f64 = LN_2 / 1200.0;

/// Mean absolute value of a normal variable of unit variance. Source: definition, √(2/π). Differences of a lattice add
/// up enough numbers to be near that: the jitter that comes out is 3 % off (tests/movement.rs).
pub const MEAN_ABSOLUTE: f64 = 0.797_884_560_802_865_4;

/// The amplitude ratio of a level difference, dB.
pub fn amplitude(db: f32) -> f32 {
    10_f32.powf(db / 20.0)
}

/// A pitch on a logarithmic scale, cents re 1 Hz.
pub fn cents(hz: f32) -> f64 {
    1200.0 * f64::from(hz).log2()
}
