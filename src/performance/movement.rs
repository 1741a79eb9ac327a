//! Pitch movement as a displacement of the read pointer: drift, tremble and jitter (docs/design.md §3).
//!
//! In: settings and a song position. Out: `e` and `e′`, where the output reads the input at `t + e(t)`, so that the
//! pitch ratio is `1 + e′`. Each movement is a sum of lattice octaves; generated in the position domain it is bounded
//! and needs no history. Where the latency is short, what lies below the strongest octave is left out first, and then
//! all is scaled, until the bound fits.
//!
//! Each knob is literal in its own band: the octaves are scaled so that the cents rms inside the band is the knob's
//! value, from the known spectrum of a lattice ([`Lattice::slope_variance_in_band`]). How much of that is made here and
//! now is the singer's matter: [`Depths`].

use std::f64::consts::PI;

use crate::dsp::lattice::{self, Lattice};
use crate::dsp::motion::Motion;
use crate::dsp::noise::{Performance, Stream};
use crate::dsp::units::{CENT, MEAN_ABSOLUTE};
use crate::settings::Settings;

/// How much of each movement is made, as a share of what is asked for, `0..=1`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Depths {
    /// Of the drift.
    pub drift: f64,
    /// Of the tremble at the speed of vibrato.
    pub swing: f64,
    /// Of the faster tremble.
    pub flutter: f64,
    /// Of the jitter.
    pub jitter: f64,
}

impl Depths {
    /// As the knobs say.
    pub const FULL: Self = Self { drift: 1.0, swing: 1.0, flutter: 1.0, jitter: 1.0 };
}

/// Lattice rates of the drift, Hz: a lattice of rate R has its slope's peak at 0.27 R, so these cover 0.4–3.5 Hz.
/// Chosen: what is slower is a lean or an offset of the note.
const DRIFT_RATES_HZ: [f64; 3] = [2.0, 4.0, 8.0];
/// Cents of each, relative to one another. Measured: `cargo lab tune`; with as much from 1 Hz on, notes of three
/// quarters of a second had a third less drift than those of two, and one note of a song half as much again as another;
/// what swings about once in a second does so in all of them.
const DRIFT_CENTS: [f64; 3] = [0.3, 1.0, 0.35];
/// Lattice rates of the tremble, Hz. Source: computed, peaks at 4.3, 8.6 and 17 Hz, so these cover 3.5–30 Hz.
const TREMBLE_RATES_HZ: [f64; 3] = [16.0, 32.0, 64.0];
/// As many of them are as fast as vibrato; the others flutter. Source: computed from the rates.
const SWINGING_OCTAVES: usize = 1;
/// Lattice rate of the jitter, Hz. Source: docs/design.md §3.
const JITTER_RATE_HZ: f64 = 180.0;

/// The band in which the drift knob is literal, Hz. Source: docs/design.md §8.
const DRIFT_BAND_HZ: std::ops::Range<f64> = 0.3..3.5;
/// The band in which the tremble knob is literal, Hz. Source: docs/design.md §8.
const TREMBLE_BAND_HZ: std::ops::Range<f64> = 3.5..30.0;

/// Cents of the tremble's octave R fall as R to this power. Measured: `cargo lab tune`; with −0.15 machines' songs
/// fluttered more than people and swung less, with this their spectra fall by 6.2 dB per octave (people: 4.2 to 8.1,
/// median 6.4), with −1.5 long notes' by more than 8.
const TREMBLE_TILT: f64 = -1.25;

/// The pitch at which the jitter knob is literal, Hz. Chosen: between the means of men and women who sing.
pub const JITTER_REFERENCE_HZ: f64 = 220.0;

/// All pitch movement.
#[derive(Clone, Debug)]
pub struct Movement {
    sample_rate_hz: f64,
    budget_s: f64,
    drift: Bank<{ DRIFT_RATES_HZ.len() }>,
    tremble: Bank<{ TREMBLE_RATES_HZ.len() }>,
    jitter: Lattice,
    jitter_s: f64,
    performance: Performance,
    knobs: Option<Knobs>,
}

/// What the amplitudes were computed for.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Knobs {
    amount: f32,
    drift_cents: f32,
    tremble_cents: f32,
    jitter_percent: f32,
}

impl Movement {
    /// Movement that displaces the pointer by at most `budget_s` seconds either way.
    pub fn new(sample_rate_hz: f64, budget_s: f64) -> Self {
        let drift = octaves(DRIFT_RATES_HZ, 2, |octave, rate_hz| Lattice::even(Stream::Drift, octave, rate_hz));
        let tremble = octaves(TREMBLE_RATES_HZ, 1, |octave, rate_hz| Lattice::new(Stream::Tremble, octave, rate_hz));
        let tremble_cents = TREMBLE_RATES_HZ.map(|rate_hz| rate_hz.powf(TREMBLE_TILT));
        Self {
            sample_rate_hz,
            budget_s,
            drift: Bank::new(drift, DRIFT_CENTS, DRIFT_BAND_HZ),
            tremble: Bank::new(tremble, tremble_cents, TREMBLE_BAND_HZ),
            jitter: Lattice::new(Stream::Jitter, 0, JITTER_RATE_HZ),
            jitter_s: 0.0,
            performance: Performance::default(),
            knobs: None,
        }
    }

    /// Takes up new settings. Cheap when the knobs have not moved.
    pub fn set(&mut self, settings: &Settings) {
        self.performance = settings.performance;
        let &Settings { amount, drift_cents, tremble_cents, jitter_percent, .. } = settings;
        let knobs = Knobs { amount, drift_cents, tremble_cents, jitter_percent };
        if self.knobs == Some(knobs) {
            return;
        }
        self.knobs = Some(knobs);
        let amount = f64::from(amount);
        // The fast movements displace little and are served first; the drift takes what is left.
        self.jitter_s = (amount * jitter_amplitude_s(f64::from(jitter_percent))).min(self.budget_s / lattice::BOUND);
        let left_s = self.budget_s - self.jitter_s * lattice::BOUND;
        self.tremble.set(amount * f64::from(tremble_cents), left_s);
        self.drift.set(amount * f64::from(drift_cents), left_s - self.tremble.bound_s());
    }

    /// The movement at a song position, made as deep as it is there. Realtime-safe.
    pub fn at(&mut self, position_samples: i64, depths: &Depths) -> Motion {
        let (who, rate_hz) = (self.performance, self.sample_rate_hz);
        let drift = self.drift.at(who, position_samples, rate_hz, |_| depths.drift);
        let tremble = |octave: usize| if octave < SWINGING_OCTAVES { depths.swing } else { depths.flutter };
        let tremble = self.tremble.at(who, position_samples, rate_hz, tremble);
        let sum = drift + tremble;
        if self.jitter_s == 0.0 {
            return sum;
        }
        let jitter = self.jitter.at(who, position_samples, rate_hz);
        sum + moved(jitter, depths.jitter * self.jitter_s, rate_hz)
    }
}

/// What a curve of so many seconds' amplitude moves.
fn moved(point: lattice::Point, amplitude_s: f64, sample_rate_hz: f64) -> Motion {
    Motion { displacement_samples: amplitude_s * point.value * sample_rate_hz, slope: amplitude_s * point.slope_per_s }
}

/// Amplitude of the jitter lattice, seconds, that makes a voice at [`JITTER_REFERENCE_HZ`] have this local jitter.
///
/// Local jitter is the mean absolute difference of neighbouring periods over the mean period (Praat's definition). The
/// difference of neighbouring periods is the second difference of `e` one period apart, whose variance follows from the
/// lattice's correlation.
fn jitter_amplitude_s(percent: f64) -> f64 {
    let period_s = 1.0 / JITTER_REFERENCE_HZ;
    let correlation = |periods: f64| lattice::autocorrelation(periods * period_s * JITTER_RATE_HZ);
    let variance = 6.0 * correlation(0.0) - 8.0 * correlation(1.0) + 2.0 * correlation(2.0);
    percent / 100.0 * period_s / (MEAN_ABSOLUTE * variance.sqrt())
}

/// Lattices of these rates, told apart by their numbers from `first` on.
fn octaves<const N: usize>(rates_hz: [f64; N], first: u32, lattice: impl Fn(u32, f64) -> Lattice) -> [Lattice; N] {
    std::array::from_fn(|octave| lattice(first + octave as u32, rates_hz[octave]))
}

/// Lattice octaves that make one knob's movement.
#[derive(Clone, Debug)]
struct Bank<const N: usize> {
    lattices: [Lattice; N],
    /// That of which there are most cents.
    strongest: usize,
    /// Slope rms within the knob's band, per second, of each octave at its relative weight.
    band_slope_variances: [f64; N],
    /// Relative amplitude of each octave.
    weights: [f64; N],
    /// Amplitude of each octave, seconds.
    amplitudes_s: [f64; N],
}

impl<const N: usize> Bank<N> {
    /// Of octaves that make so many cents each, relative to one another.
    fn new(lattices: [Lattice; N], cents: [f64; N], band_hz: std::ops::Range<f64>) -> Self {
        // A lattice's slope rms grows with its rate, so the amplitude for equal cents falls with it.
        let weights = std::array::from_fn(|octave| cents[octave] / (PI * lattices[octave].rate_hz()));
        let band_slope_variances = std::array::from_fn(|octave| {
            let weight: f64 = weights[octave];
            lattices[octave].slope_variance_in_band(band_hz.clone()) * weight * weight
        });
        let strongest = (0..N).max_by(|a, b| cents[*a].total_cmp(&cents[*b])).unwrap_or(0);
        Self { lattices, strongest, band_slope_variances, weights, amplitudes_s: [0.0; N] }
    }

    /// Scales the octaves to `cents` rms in the band, those below the strongest left out, in part or whole, so that the
    /// bound fits; where it does not fit even so, there is as much as does.
    fn set(&mut self, cents: f64, budget_s: f64) {
        let budget_s = budget_s.max(0.0);
        let mut shares = [1.0; N];
        for lowest in 0..self.strongest {
            if self.bound_of(self.amplitudes_s(cents, &shares)) <= budget_s {
                break;
            }
            shares[lowest] = 0.0;
            if self.bound_of(self.amplitudes_s(cents, &shares)) <= budget_s {
                shares[lowest] = self.largest_share(cents, shares, lowest, budget_s);
                break;
            }
        }
        let amplitudes_s = self.amplitudes_s(cents, &shares);
        let bound_s = self.bound_of(amplitudes_s);
        let fitting = if bound_s > budget_s { budget_s / bound_s } else { 1.0 };
        self.amplitudes_s = amplitudes_s.map(|amplitude_s| fitting * amplitude_s);
    }

    /// The share of octave `lowest` at which the bound meets the budget, by bisection to 1e-6.
    fn largest_share(&self, cents: f64, mut shares: [f64; N], lowest: usize, budget_s: f64) -> f64 {
        let (mut fits, mut exceeds) = (0.0, 1.0);
        for _ in 0..20 {
            shares[lowest] = (fits + exceeds) / 2.0;
            if self.bound_of(self.amplitudes_s(cents, &shares)) <= budget_s {
                fits = shares[lowest];
            } else {
                exceeds = shares[lowest];
            }
        }
        fits
    }

    /// Amplitudes in seconds for `cents` rms in the band.
    fn amplitudes_s(&self, cents: f64, shares: &[f64; N]) -> [f64; N] {
        let variance: f64 =
            self.band_slope_variances.iter().zip(shares).map(|(variance, share)| variance * share * share).sum();
        let scale = if variance > 0.0 { cents * CENT / variance.sqrt() } else { 0.0 };
        std::array::from_fn(|octave| scale * self.weights[octave] * shares[octave])
    }

    /// The largest displacement, seconds.
    fn bound_s(&self) -> f64 {
        self.bound_of(self.amplitudes_s)
    }

    /// The largest displacement with these amplitudes, seconds.
    fn bound_of(&self, amplitudes_s: [f64; N]) -> f64 {
        self.lattices.iter().zip(amplitudes_s).map(|(lattice, amplitude_s)| lattice.bound() * amplitude_s).sum()
    }

    fn at(
        &mut self,
        performance: Performance,
        position_samples: i64,
        sample_rate_hz: f64,
        depth: impl Fn(usize) -> f64,
    ) -> Motion {
        let mut sum = Motion::default();
        for (octave, (lattice, amplitude_s)) in self.lattices.iter_mut().zip(self.amplitudes_s).enumerate() {
            if amplitude_s > 0.0 {
                let point = lattice.at(performance, position_samples, sample_rate_hz);
                sum = sum + moved(point, depth(octave) * amplitude_s, sample_rate_hz);
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: f64 = 48_000.0;

    fn settings(drift_cents: f32, amount: f32) -> Settings {
        Settings { amount, drift_cents, tremble_cents: 6.0, jitter_percent: 0.3, ..Settings::NEUTRAL }
    }

    /// The largest displacement that the settings can lead to, samples.
    fn bound_samples(movement: &Movement) -> f64 {
        let lattices_s = movement.drift.bound_s() + movement.tremble.bound_s() + movement.jitter_s * lattice::BOUND;
        lattices_s * movement.sample_rate_hz
    }

    #[test]
    fn displacement_never_leaves_its_bound_and_the_bound_never_its_budget() {
        for budget_ms in [0.2, 9.6, 60.0] {
            let mut movement = Movement::new(RATE_HZ, budget_ms / 1000.0);
            for (drift_cents, amount) in [(0.5, 0.1), (12.0, 1.0), (20.0, 1.5), (50.0, 1.5)] {
                movement.set(&settings(drift_cents, amount));
                let bound = bound_samples(&movement);
                assert!(bound <= budget_ms / 1000.0 * RATE_HZ * 1.000_001, "{bound} of {budget_ms} ms");
                let far = (0..40_000)
                    .map(|k| movement.at(k * 480, &Depths::FULL).displacement_samples.abs())
                    .fold(0.0, f64::max);
                assert!(far <= bound, "{far} beyond {bound}");
            }
        }
    }

    #[test]
    fn octaves_leave_gradually_as_the_knob_turns() {
        let mut movement = Movement::new(RATE_HZ, 0.0096);
        let amplitudes = |movement: &mut Movement, drift_cents| {
            movement.set(&settings(drift_cents, 1.0));
            movement.drift.amplitudes_s
        };
        let mut last = amplitudes(&mut movement, 0.0);
        for step in 1..=5000 {
            let next = amplitudes(&mut movement, step as f32 / 100.0);
            for (before, after) in last.iter().zip(next) {
                // A hundredth of a cent moves no octave by more than 40 times its share of the movement.
                assert!((after - before).abs() < 4e-5, "{before} to {after} at {}", step as f32 / 100.0);
            }
            last = next;
        }
    }

    #[test]
    fn the_slope_is_the_derivative() {
        let mut movement = Movement::new(RATE_HZ, 0.06);
        movement.set(&settings(12.0, 1.0));
        for k in 0..2000 {
            let [before, here, after] = [k - 1, k, k + 1].map(|k| movement.at(k, &Depths::FULL));
            let measured = (after.displacement_samples - before.displacement_samples) / 2.0;
            assert!((measured - here.slope).abs() < 1e-6, "{measured} {}", here.slope);
        }
    }
}
