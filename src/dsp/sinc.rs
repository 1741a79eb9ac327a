//! Band-limited reading between samples: a polyphase table of a Kaiser-windowed sinc.
//!
//! In: a window of [`TAPS`] samples and a fraction of a sample. Out: the value in between. 32 taps with β 9 and 256
//! phases, linear between phases, keep THD+N of moved tones below −96 dB (`tests/warp.rs`), and lower on voices, whose
//! spectrum falls with frequency. Phase 0 is an exact delta and every phase has unit gain at DC. Source: Oppenheim &
//! Schafer, "Discrete-Time Signal Processing", 3rd ed., §7.5.3 (Kaiser window); Smith, "Digital Audio Resampling",
//! CCRMA, for the interpolated table.

use std::f64::consts::PI;
use std::sync::LazyLock;

use super::dot::{LANES, Lanes, RunningSums};

/// Samples that one value is made of. Source: docs/design.md §3.
pub const TAPS: usize = 32;
/// Samples of the window at or before the position read; the rest are after it. Source: computed from [`TAPS`].
pub const TAPS_BEFORE: usize = TAPS / 2;
/// Samples after the position read that must exist. Source: computed from [`TAPS`].
pub const TAPS_AFTER: usize = TAPS / 2;

/// Positions between two samples that the table has. Source: docs/design.md §3.
const PHASES: usize = 256;
/// Kaiser's β: by Kaiser's formula 90 dB of stop band; `tests/warp.rs` holds THD+N below −96 dB. Source: docs/design.md
/// §3.
const KAISER_BETA: f64 = 9.0;

/// The weights of one phase, in the shape of vector registers: they need not be loaded before they are multiplied.
type Weights = [Lanes; TAPS / LANES];

/// `[phase]`, one more than [`PHASES`] so that the last has a right neighbour. It is computed once, by the first that
/// needs it, and is the same for all.
static TABLE: LazyLock<Box<[Weights; PHASES + 1]>> = LazyLock::new(|| {
    let mut table = Box::new([[Lanes::new(&[0.0; LANES]); TAPS / LANES]; PHASES + 1]);
    table.iter_mut().enumerate().for_each(|(phase, row)| *row = weights(phase as f64 / PHASES as f64));
    table
});

/// The polyphase table, as it is read: without waiting for anyone.
#[derive(Clone, Copy, Debug)]
pub struct SincTable {
    phases: &'static [Weights; PHASES + 1],
}

impl Default for SincTable {
    fn default() -> Self {
        Self::new()
    }
}

impl SincTable {
    /// The table. Allocates the first time.
    pub fn new() -> Self {
        Self { phases: &TABLE }
    }

    /// The table's place for a position `fraction` (`0.0..1.0`) after the sample at `window[TAPS_BEFORE - 1]`.
    #[inline]
    pub fn place(&self, fraction: f64) -> Place {
        let place = fraction * PHASES as f64;
        // A conversion to fewer bits takes fewer instructions.
        let phase = (place as u32).min(PHASES as u32 - 1);
        let [left, right] = [phase as usize, phase as usize + 1].map(|phase| &self.phases[phase]);
        Place { left, right, between: (place - f64::from(phase)) as f32 }
    }
}

/// A fractional position between two phases of the table, good for every channel.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    left: &'static Weights,
    right: &'static Weights,
    between: f32,
}

impl Place {
    /// The value at this position of `window`, [`TAPS`] samples.
    #[inline]
    pub fn read(&self, window: &[f32]) -> f32 {
        let Some(window) = window.first_chunk::<TAPS>() else {
            debug_assert!(false, "a window of {} samples", window.len());
            return 0.0;
        };
        let (mut left_sums, mut right_sums) = (RunningSums::ZERO, RunningSums::ZERO);
        for ((left, right), samples) in self.left.iter().zip(self.right).zip(window.as_chunks::<LANES>().0) {
            let samples = Lanes::new(samples);
            left_sums.add(*left, samples);
            right_sums.add(*right, samples);
        }
        left_sums.sum_towards(right_sums, self.between)
    }
}

fn weights(fraction: f64) -> Weights {
    let tap_weight = |tap: usize| {
        let x = tap as f64 - (TAPS_BEFORE as f64 - 1.0) - fraction;
        // An exact delta where the position is a sample: sin(kπ) is not exactly zero in floating point.
        if x.fract() == 0.0 {
            if x == 0.0 { 1.0 } else { 0.0 }
        } else {
            (PI * x).sin() / (PI * x) * kaiser_window(x / (TAPS as f64 / 2.0), KAISER_BETA)
        }
    };
    let taps: [f64; TAPS] = std::array::from_fn(tap_weight);
    let sum: f64 = taps.iter().sum();
    let weights = taps.map(|tap| (tap / sum) as f32);
    let mut lanes = weights.as_chunks::<LANES>().0.iter().map(Lanes::new);
    std::array::from_fn(|_| lanes.next().expect("the taps are whole lanes"))
}

/// The Kaiser window at `x` of its half length (`-1.0..=1.0`), 1 in the middle.
pub fn kaiser_window(x: f64, beta: f64) -> f64 {
    if x.abs() >= 1.0 { 0.0 } else { bessel_i0(beta * (1.0 - x * x).sqrt()) / bessel_i0(beta) }
}

/// The modified Bessel function of order zero, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..64 {
        term *= quarter / f64::from(k * k);
        if sum + term == sum {
            break;
        }
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_place_is_that_sample() {
        let window: [f32; TAPS] = std::array::from_fn(|tap| (tap as f32 * 1.7).sin());
        assert_eq!(SincTable::new().place(0.0).read(&window), window[TAPS_BEFORE - 1]);
    }

    #[test]
    fn direct_current_passes_at_unit_gain_everywhere() {
        let table = SincTable::new();
        for step in 0..1000 {
            let value = table.place(f64::from(step) / 1000.0).read(&[1.0; TAPS]);
            assert!((value - 1.0).abs() < 1e-6, "{value} at {step}");
        }
    }

    #[test]
    fn a_sine_is_read_between_its_samples() {
        let table = SincTable::new();
        for frequency in [0.01, 0.1, 0.25, 0.33] {
            for step in 1..97 {
                let fraction = f64::from(step) / 97.0;
                let sine = |n: f64| (2.0 * PI * frequency * n + 0.3).sin();
                let window: [f32; TAPS] = std::array::from_fn(|tap| sine(tap as f64) as f32);
                let error = f64::from(table.place(fraction).read(&window)) - sine(15.0 + fraction);
                assert!(error.abs() < 3e-5, "{error} at {frequency} of the rate, {fraction}");
            }
        }
    }
}
