//! Where near a given distance a sound repeats itself: normalized cross-correlation of the samples themselves.
//!
//! In: a stretch of the history and the lags to compare. Out: the lag with the highest correlation, and that
//! correlation. In a voice the lag is found to about a ten-thousandth of a sample: the correlation of band-limited
//! signals is band-limited in the lag, so between whole samples it is the polynomial through eleven of them. The
//! channels' sum is compared, so they share one decision. At rates above 64 kHz samples are skipped: what a voice has
//! above 24 kHz does not change its period. Sources: Verhelst & Roelands, "An overlap-add technique based on waveform
//! similarity (WSOLA)", ICASSP 1993, for the idea; Berrut & Trefethen, "Barycentric Lagrange interpolation", SIAM
//! Review 46, 2004.

use crate::dsp::dot::dot_exact;
use crate::dsp::history::History;

/// Lags on either side of the best that the polynomial goes through. Chosen: finds the lag to about a ten-thousandth of
/// a sample; more cost time, fewer are less exact.
const WING: usize = 5;
/// The polynomial's nodes. Source: computed from [`WING`].
const NODES: usize = 2 * WING + 1;
/// Values compared, at most. Source: computed from 1.25 periods of 50 Hz at 64 kHz.
const MOST_VALUES: usize = 1600;
/// Lags compared, at most. Chosen: holds every search of the splicer; it only bounds memory and time.
const MOST_LAGS: usize = 512;
/// Lags on either side that are compared, at least. Chosen: a peak has both its sides even at the lowest rates; more
/// would admit a neighbouring period of high voices.
const LEAST_HALF_RANGE: i64 = 2;
/// Mean power below which there is nothing to compare. Chosen: −140 dBFS; larger refuses steps in very quiet voices,
/// smaller compares rounding noise.
const LEAST_POWER: f64 = 1e-14;

/// Samples to compare with those at a lag.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    /// Absolute index of the first.
    pub(super) first: i64,
    /// Number of samples.
    pub(super) len: usize,
}

/// The best lag.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Match {
    /// Samples from the stretch to its counterpart.
    pub(super) lag_samples: f64,
    /// Normalized cross-correlation, `-1..=1`.
    pub(super) correlation: f64,
}

/// The channels' difference is compared where it has more than so many times the energy of their sum. Chosen: detects
/// opposite polarity; smaller would take wide stereo for it, larger would miss some.
const MOST_SUM: f64 = 2.0;
/// Values smaller than this become zero. Chosen: −240 dBFS; products of smaller values would be denormal numbers, which
/// are slow.
const SILENCE: f32 = 1e-12;

/// Compares stretches of the history.
#[derive(Clone, Debug)]
pub(super) struct Search {
    /// Samples per value compared.
    stride: usize,
    fixed: Vec<f32>,
    moved: Vec<f32>,
}

impl Search {
    /// Allocates.
    pub(super) fn new(hop_samples: usize) -> Self {
        let stride = (hop_samples / 64).max(1);
        Self {
            stride,
            fixed: Vec::with_capacity(MOST_VALUES),
            moved: Vec::with_capacity(MOST_VALUES + MOST_LAGS + NODES),
        }
    }

    /// How far around the stretch and its counterpart samples are read when the lag is uncertain by `range_samples`.
    pub(super) fn margin_samples(&self, range_samples: f64) -> i64 {
        (self.half_range(range_samples) + WING as i64 + 1) * self.stride as i64
    }

    fn half_range(&self, range_samples: f64) -> i64 {
        let half = (range_samples / self.stride as f64).ceil() as i64;
        half.clamp(LEAST_HALF_RANGE, MOST_LAGS as i64 / 2 - 1)
    }

    /// The lag within `range_samples` of `lag_samples` at which the stretch repeats itself best, to a fraction of a
    /// sample; `None` if that is at the end of the range, or there is nothing to compare. Realtime-safe.
    pub(super) fn repetition(
        &mut self,
        history: &History,
        stretch: Stretch,
        lag_samples: f64,
        range_samples: f64,
    ) -> Option<Match> {
        let middle = (lag_samples / self.stride as f64).round() as i64;
        let half = self.half_range(range_samples);
        let first_lag = middle - half - WING as i64;
        let n_lags = (2 * half + 1) as usize + 2 * WING;
        self.gather(history, stretch, first_lag, n_lags);
        let inner = WING..n_lags - WING;
        let (best, _) = self.best_whole(inner.clone())?;
        if best == inner.start || best + 1 == inner.end {
            return None;
        }
        let (fraction, correlation) = self.between(best)?;
        let lag_samples = ((first_lag + best as i64) as f64 + fraction) * self.stride as f64;
        Some(Match { lag_samples, correlation })
    }

    /// The whole lag from `lags_samples.0` to `lags_samples.1` at which the stretch is most alike; `None` if there is
    /// none between, or there is nothing to compare. Realtime-safe.
    pub(super) fn likeness(&mut self, history: &History, stretch: Stretch, lags_samples: (f64, f64)) -> Option<Match> {
        let stride = self.stride as f64;
        let first_lag = (lags_samples.0 / stride).ceil() as i64;
        let last_lag = (lags_samples.1 / stride).floor() as i64;
        let n_lags = usize::try_from(last_lag - first_lag + 1).ok().filter(|n_lags| *n_lags > 0)?.min(MOST_LAGS);
        self.gather(history, stretch, first_lag, n_lags);
        let (best, correlation) = self.best_whole(0..n_lags)?;
        Some(Match { lag_samples: (first_lag + best as i64) as f64 * stride, correlation })
    }

    /// Takes the stretch and the samples from `first_lag` values after it on, and removes their common mean, because an
    /// offset correlates everywhere. For channels of opposite polarity the difference is taken.
    fn gather(&mut self, history: &History, stretch: Stretch, first_lag: i64, n_lags: usize) {
        let n_values = (stretch.len / self.stride).min(MOST_VALUES);
        let stride = self.stride;
        let sum = |is_difference: bool, first: i64, n_values: usize, sums: &mut Vec<f32>| {
            debug_assert!(history.holds(first, (n_values - 1) * stride + 1), "{first} is not within reach");
            sums.clear();
            sums.resize(n_values, 0.0);
            for channel in 0..history.n_channels() {
                let samples = history.window(channel, first, (n_values - 1) * stride + 1);
                let sign = if is_difference && channel % 2 == 1 { -1.0 } else { 1.0 };
                sums.iter_mut().zip(samples.iter().step_by(stride)).for_each(|(sum, sample)| *sum += sign * sample);
            }
        };
        sum(true, stretch.first, n_values, &mut self.fixed);
        let difference_energy = energy(&self.fixed);
        sum(false, stretch.first, n_values, &mut self.fixed);
        let is_difference = history.n_channels() > 1 && difference_energy > MOST_SUM * energy(&self.fixed);
        if is_difference {
            sum(true, stretch.first, n_values, &mut self.fixed);
        }
        sum(is_difference, stretch.first + first_lag * stride as i64, n_values + n_lags - 1, &mut self.moved);
        let n_all = (self.fixed.len() + self.moved.len()) as f32;
        let mean = (self.fixed.iter().sum::<f32>() + self.moved.iter().sum::<f32>()) / n_all;
        for value in self.fixed.iter_mut().chain(&mut self.moved) {
            *value -= mean;
            *value = if value.abs() < SILENCE { 0.0 } else { *value };
        }
    }

    /// The whole lag with the highest correlation, of `lags` of the gathered values, and that correlation.
    fn best_whole(&self, lags: std::ops::Range<usize>) -> Option<(usize, f64)> {
        let n = self.fixed.len();
        let own_energy = energy(&self.fixed);
        let mut there_energy = energy(&self.moved[lags.start..lags.start + n]);
        let mut best = None;
        for lag in lags {
            if own_energy.min(there_energy) > LEAST_POWER * n as f64 {
                let product = f64::from(dot(&self.fixed, &self.moved[lag..lag + n]));
                let correlation = product / (own_energy * there_energy).sqrt();
                if best.is_none_or(|(_, most)| correlation > most) {
                    best = Some((lag, correlation));
                }
            }
            there_energy += self.moved.get(lag + n).map_or(0.0, square) - square(&self.moved[lag]);
        }
        best
    }

    /// The fraction of a value by which the peak is off `best`, `-1..=1`, and the correlation there.
    fn between(&self, best: usize) -> Option<(f64, f64)> {
        let n = self.fixed.len();
        let own_energy = energy(&self.fixed);
        let mut products = [0.0; NODES];
        let mut energies = [0.0; NODES];
        for node in 0..NODES {
            let there = &self.moved[best - WING + node..][..n];
            products[node] = dot_exact(&self.fixed, there);
            energies[node] = energy(there);
        }
        let at = |x: f64| {
            let [product, energy] = interpolated(x, [&products, &energies]);
            product / (own_energy * energy.max(LEAST_POWER)).sqrt()
        };
        // The vertex of a parabola, twice: the second time the parabola is so narrow that it fits the peak.
        let mut fraction = 0.0;
        for width in [0.3, 0.03] {
            let [left, middle, right] = [-width, 0.0, width].map(|x| at(fraction + x));
            let curvature = left - 2.0 * middle + right;
            if curvature >= 0.0 {
                return None;
            }
            fraction = (fraction + 0.5 * width * (left - right) / curvature).clamp(-1.0, 1.0);
        }
        Some((fraction, at(fraction)))
    }
}

/// The values at `x` of the polynomials through the nodes −[`WING`] to [`WING`].
fn interpolated(x: f64, values: [&[f64; NODES]; 2]) -> [f64; 2] {
    let mut weight_sum = 0.0;
    let mut sums = [0.0; 2];
    // Binomial coefficients of alternating sign.
    let mut coefficient = 1.0;
    for node in 0..NODES {
        let distance = x - (node as f64 - WING as f64);
        if distance == 0.0 {
            return values.map(|values| values[node]);
        }
        let weight = coefficient / distance;
        weight_sum += weight;
        sums.iter_mut().zip(values).for_each(|(sum, values)| *sum += weight * values[node]);
        coefficient *= -((NODES - 1 - node) as f64) / (node + 1) as f64;
    }
    sums.map(|sum| sum / weight_sum)
}

fn square(value: &f32) -> f64 {
    f64::from(*value) * f64::from(*value)
}

fn energy(values: &[f32]) -> f64 {
    dot_exact(values, values)
}

/// Independent running sums let the compiler use vector registers. Their order is fixed, so the result is the same to
/// the bit. Chosen: eight single-precision values fill one 256-bit register.
const LANES: usize = 8;

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (a, b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a.zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    rest + sums.iter().sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(n_samples: i64, sample: impl Fn(f64) -> f64) -> History {
        let mut history = History::new(1, n_samples as usize);
        let samples: Vec<f32> = (0..n_samples).map(|n| sample(n as f64) as f32).collect();
        history.write_all(0, 0, &samples, |sample| sample);
        history
    }

    /// Twelve harmonics that fall by 12 dB an octave, and an offset that must not matter.
    fn voice(period_samples: f64) -> impl Fn(f64) -> f64 {
        move |n| {
            let harmonic = |k: f64| (std::f64::consts::TAU * k * n / period_samples + k * k).sin() / (k * k);
            0.2 + 0.3 * (1..=12).map(|k| harmonic(f64::from(k))).sum::<f64>()
        }
    }

    #[test]
    fn where_no_distance_lies_between_none_is_found() {
        let history = history(2000, |n| (n * n * 0.37).sin());
        let stretch = Stretch { first: 800, len: 48 };
        for lags in [(16.0, 15.2), (16.3, 16.7), (-15.2, -16.0), (20.0, 3.0)] {
            assert_eq!(Search::new(64).likeness(&history, stretch, lags), None, "{lags:?}");
        }
    }

    #[test]
    fn a_period_is_found_to_a_fraction_of_a_thousandth_of_a_sample() {
        for period in [60.3, 109.09, 218.18, 436.36, 685.7] {
            let history = history(8000, voice(period));
            let stretch = Stretch { first: 3000, len: (1.25 * period) as usize };
            for n_periods in [-2.0, 1.0, 3.0] {
                let lag = n_periods * period;
                let found = Search::new(64).repetition(&history, stretch, lag + 0.02 * period, 0.06 * period);
                let found = found.expect("a voice repeats itself");
                let error = (found.lag_samples - lag).abs();
                println!("{n_periods} periods of {period} samples: {error:.6} samples off");
                assert!(error < 5e-4 && found.correlation > 0.999_999, "{found:?}");
            }
        }
    }

    #[test]
    fn neither_noise_nor_silence_nor_a_slope_repeats_itself() {
        let hash = |n: f64| (n * 12.9898).sin() * 43_758.545_3;
        let noise = history(8000, |n| hash(n) - hash(n).floor() - 0.5);
        let silence = history(8000, |_| 0.25);
        let slope = history(8000, |n| 1e-4 * n);
        let stretch = Stretch { first: 3000, len: 300 };
        let mut search = Search::new(64);
        assert!(search.repetition(&noise, stretch, 240.0, 14.0).is_none_or(|found| found.correlation < 0.5));
        assert_eq!(search.repetition(&silence, stretch, 240.0, 14.0), None);
        assert_eq!(search.repetition(&slope, stretch, 240.0, 14.0), None);
    }

    #[test]
    fn what_is_most_alike_is_found_in_noise() {
        let hash = |n: f64| (n * 12.9898).sin() * 43_758.545_3;
        let noise = |n: f64| hash(n) - hash(n).floor() - 0.5;
        // The same noise again after 233 samples.
        let history = history(8000, |n| noise(n % 233.0));
        let found = Search::new(64).likeness(&history, Stretch { first: 3000, len: 288 }, (96.0, 288.0));
        let found = found.expect("there is noise");
        assert_eq!(found.lag_samples, 233.0);
        assert!(found.correlation > 0.999);
    }
}
