//! Pitch movement as a displacement of the read pointer: drift, tremble and jitter (DESIGN §3).
//!
//! In: settings and a song position. Out: `e` and `e′`, where the output reads the input at `t + e(t)`, so that the
//! pitch ratio is `1 + e′`. Each movement is a sum of lattice octaves; generated in the position domain it is bounded
//! and needs no history. A mode with little latency keeps the octaves whose bound fits its budget.
//!
//! Each knob is literal in its own band: the octaves are scaled so that the cents rms inside the band is the knob's
//! value, from the known spectrum of a lattice (`lattice::slope_variance_in_band`). How much of that is made here and
//! now is the singer's matter: [`Depths`].

use std::f64::consts::{LN_2, PI};

use crate::dsp::lattice::{self, Lattice};
use crate::dsp::noise::{Performance, Stream};
use crate::settings::Settings;

/// A displacement and how it moves.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Motion {
    /// Displacement, samples.
    pub displacement_samples: f64,
    /// Its change per sample: the pitch ratio less 1.
    pub slope: f64,
}

impl std::ops::Add for Motion {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            displacement_samples: self.displacement_samples + other.displacement_samples,
            slope: self.slope + other.slope,
        }
    }
}

/// How much of one movement is made, as a share of what is asked for, and how fast that changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Depth {
    /// `0..=`[`Depth::MOST`].
    pub value: f64,
    /// Its change per sample.
    pub slope: f64,
}

impl Depth {
    /// The most that may be asked for. A decision: a quarter more than the knob says.
    pub const MOST: f64 = 1.25;
    /// As the knob says.
    pub const FULL: Self = Self { value: 1.0, slope: 0.0 };
}

/// How much of each movement is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Depths {
    /// Of the drift.
    pub drift: Depth,
    /// Of the tremble at the speed of vibrato.
    pub swing: Depth,
    /// Of the faster tremble.
    pub flutter: Depth,
    /// Of the jitter.
    pub jitter: Depth,
}

impl Depths {
    /// As the knobs say.
    pub const FULL: Self = Self { drift: Depth::FULL, swing: Depth::FULL, flutter: Depth::FULL, jitter: Depth::FULL };
}

/// Lattice rates of the drift, Hz: a lattice of rate R has its slope's peak at 0.27 R, so these cover 0.3–3.5 Hz.
const DRIFT_RATES_HZ: [f64; 4] = [1.0, 2.0, 4.0, 8.0];
/// Lattice rates of the tremble, Hz: peaks at 4.3, 8.6 and 17 Hz, so these cover 3.5–30 Hz.
const TREMBLE_RATES_HZ: [f64; 3] = [16.0, 32.0, 64.0];
/// As many of them are as fast as vibrato; the others flutter.
const SWINGING_OCTAVES: usize = 1;
/// Lattice rate of the jitter, Hz (DESIGN §3).
const JITTER_RATE_HZ: f64 = 180.0;

/// The band in which the drift knob is literal, Hz.
const DRIFT_BAND_HZ: std::ops::Range<f64> = 0.3..3.5;
/// The band in which the tremble knob is literal, Hz.
const TREMBLE_BAND_HZ: std::ops::Range<f64> = 3.5..30.0;

/// Cents of octave R fall as R to this power. Found by rendering machines' songs (`xtask tune`): with −0.06, which is
/// f^−1.30 over 0.3–3.5 Hz and the slope of steady sung notes (VOICE.md), their spectra fell by 4.3 dB per octave
/// (people: 4.2 to 8.1, median 6.4); with this and those below by 5.4. Steeper did not help: what moves in a second
/// counts, and slower movement is a lean or an offset.
const DRIFT_TILT: f64 = -0.35;
/// Of the slowest octave of the drift there is only so much. It swings once in several notes: with all of it the drift
/// of one performance of a song was too little, and of the next too much, and two had up to a half of it in common.
const SLOWEST_SHARE: f64 = 0.5;
/// The same for the tremble. With −0.15 it fluttered more than people's voices and swung less; with this both are
/// within what people do.
const TREMBLE_TILT: f64 = -1.15;

/// The pitch at which the jitter knob is literal, Hz: between the means of men and women who sing.
pub const JITTER_REFERENCE_HZ: f64 = 220.0;

/// Mean absolute value of a normal variable of unit variance. The second difference of a lattice adds up enough
/// numbers to be near that: the jitter that comes out is 3 % off (tests/movement.rs).
const MEAN_ABSOLUTE: f64 = 0.797_884_560_802_865_4;

/// Displacement speed of one cent, seconds per second, to first order: at 50 cents it is 1.4 % off.
pub const CENT: f64 = LN_2 / 1200.0;

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
    /// Movement that displaces the pointer by at most `budget_s` seconds either way, at the greatest depth.
    pub fn new(sample_rate_hz: f64, budget_s: f64) -> Self {
        let mut drift_cents = DRIFT_RATES_HZ.map(|rate_hz| rate_hz.powf(DRIFT_TILT));
        drift_cents[0] *= SLOWEST_SHARE;
        let tremble_cents = TREMBLE_RATES_HZ.map(|rate_hz| rate_hz.powf(TREMBLE_TILT));
        Self {
            sample_rate_hz,
            budget_s: budget_s / Depth::MOST,
            drift: Bank::new(Stream::Drift, DRIFT_RATES_HZ, drift_cents, DRIFT_BAND_HZ),
            tremble: Bank::new(Stream::Tremble, TREMBLE_RATES_HZ, tremble_cents, TREMBLE_BAND_HZ),
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
        sum + moved(jitter, self.jitter_s, depths.jitter, rate_hz)
    }
}

/// What a curve of so many seconds' amplitude moves.
fn moved(point: lattice::Point, amplitude_s: f64, depth: Depth, sample_rate_hz: f64) -> Motion {
    let displacement_samples = amplitude_s * point.value * sample_rate_hz;
    Motion {
        displacement_samples: depth.value * displacement_samples,
        slope: depth.value * amplitude_s * point.slope_per_s + depth.slope * displacement_samples,
    }
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

/// Lattice octaves that make one knob's movement.
#[derive(Clone, Debug)]
struct Bank<const N: usize> {
    lattices: [Lattice; N],
    /// Slope rms within the knob's band, per second, of each octave at its relative weight.
    band_slope_variances: [f64; N],
    /// Relative amplitude of each octave.
    weights: [f64; N],
    /// Amplitude of each octave, seconds.
    amplitudes_s: [f64; N],
}

impl<const N: usize> Bank<N> {
    /// Of octaves that make so many cents each, relative to one another.
    fn new(stream: Stream, rates_hz: [f64; N], cents: [f64; N], band_hz: std::ops::Range<f64>) -> Self {
        let mut octave = 0;
        let lattices = rates_hz.map(|rate_hz| {
            octave += 1;
            Lattice::new(stream, octave, rate_hz)
        });
        // A lattice's slope rms grows with its rate, so the amplitude for equal cents falls with it.
        let weights = std::array::from_fn(|octave| cents[octave] / (PI * rates_hz[octave]));
        let mut band_slope_variances =
            rates_hz.map(|rate_hz| lattice::slope_variance_in_band(rate_hz, band_hz.clone()));
        for (variance, weight) in band_slope_variances.iter_mut().zip(weights) {
            *variance *= weight * weight;
        }
        Self { lattices, band_slope_variances, weights, amplitudes_s: [0.0; N] }
    }

    /// Scales the octaves to `cents` rms in the band, with the lowest left out, in part or whole, so that the bound
    /// fits.
    fn set(&mut self, cents: f64, budget_s: f64) {
        let budget_s = budget_s.max(0.0);
        if cents <= 0.0 {
            self.amplitudes_s = [0.0; N];
            return;
        }
        let mut shares = [1.0; N];
        for lowest in 0..N {
            if bound_s(self.amplitudes_s(cents, &shares)) <= budget_s {
                break;
            }
            shares[lowest] = 0.0;
            if lowest + 1 < N && bound_s(self.amplitudes_s(cents, &shares)) <= budget_s {
                shares[lowest] = self.largest_share(cents, shares, lowest, budget_s);
                break;
            }
        }
        self.amplitudes_s = self.amplitudes_s(cents, &shares);
        if shares[N - 1] == 0.0 {
            // Not even the highest octave fits: as much of it as does.
            self.amplitudes_s = [0.0; N];
            self.amplitudes_s[N - 1] = budget_s / lattice::BOUND;
        }
    }

    /// The share of octave `lowest` at which the bound meets the budget, by bisection to 1e-6.
    fn largest_share(&self, cents: f64, mut shares: [f64; N], lowest: usize, budget_s: f64) -> f64 {
        let (mut fits, mut exceeds) = (0.0, 1.0);
        for _ in 0..20 {
            shares[lowest] = (fits + exceeds) / 2.0;
            if bound_s(self.amplitudes_s(cents, &shares)) <= budget_s {
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

    fn bound_s(&self) -> f64 {
        bound_s(self.amplitudes_s)
    }

    fn at(
        &mut self,
        performance: Performance,
        position_samples: i64,
        sample_rate_hz: f64,
        depth: impl Fn(usize) -> Depth,
    ) -> Motion {
        let mut sum = Motion::default();
        for (octave, (lattice, amplitude_s)) in self.lattices.iter_mut().zip(self.amplitudes_s).enumerate() {
            if amplitude_s > 0.0 {
                let point = lattice.at(performance, position_samples, sample_rate_hz);
                sum = sum + moved(point, amplitude_s, depth(octave), sample_rate_hz);
            }
        }
        sum
    }
}

/// The largest displacement of lattices of these amplitudes, seconds.
fn bound_s<const N: usize>(amplitudes_s: [f64; N]) -> f64 {
    lattice::BOUND * amplitudes_s.iter().sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: f64 = 48_000.0;
    const MOST: Depth = Depth { value: Depth::MOST, slope: 0.0 };
    const DEEPEST: Depths = Depths { drift: MOST, swing: MOST, flutter: MOST, jitter: MOST };

    /// Deeper with every sample, by all that is allowed in a tenth of a second.
    fn growing(position: i64) -> Depths {
        let slope = 1.0 / 4800.0;
        let depth = Depth { value: 0.2 + slope * position as f64, slope };
        Depths { drift: depth, swing: depth, flutter: depth, jitter: depth }
    }

    fn settings(drift_cents: f32, amount: f32) -> Settings {
        Settings { amount, drift_cents, tremble_cents: 6.0, jitter_percent: 0.3, ..Settings::NEUTRAL }
    }

    /// The largest displacement that the settings can lead to, samples.
    fn bound_samples(movement: &Movement) -> f64 {
        let lattices_s = movement.drift.bound_s() + movement.tremble.bound_s() + movement.jitter_s * lattice::BOUND;
        Depth::MOST * lattices_s * movement.sample_rate_hz
    }

    #[test]
    fn displacement_never_leaves_its_bound_and_the_bound_never_its_budget() {
        for budget_ms in [0.2, 9.6, 60.0] {
            let mut movement = Movement::new(RATE_HZ, budget_ms / 1000.0);
            for (drift_cents, amount) in [(0.5, 0.1), (12.0, 1.0), (20.0, 1.5), (50.0, 1.5)] {
                movement.set(&settings(drift_cents, amount));
                let bound = bound_samples(&movement);
                assert!(bound <= budget_ms / 1000.0 * RATE_HZ * 1.000_001, "{bound} of {budget_ms} ms");
                let far =
                    (0..40_000).map(|k| movement.at(k * 480, &DEEPEST).displacement_samples.abs()).fold(0.0, f64::max);
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
            let [before, here, after] = [k - 1, k, k + 1].map(|k| movement.at(k, &growing(k)));
            let measured = (after.displacement_samples - before.displacement_samples) / 2.0;
            assert!((measured - here.slope).abs() < 1e-6, "{measured} {}", here.slope);
        }
    }
}
