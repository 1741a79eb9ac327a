//! The envelope of a low voice, and of unvoiced sound, by linear prediction.
//!
//! In: a stretch of the slow signal. Out: levels of the all-pole filter that would shape white noise into it. Sources:
//! Makhoul, "Linear prediction: a tutorial review", Proc. IEEE 63, 1975, §II; Tohkura, Itakura & Hashimoto, "Spectral
//! smoothing technique in PARCOR speech analysis-synthesis", IEEE Trans. ASSP 26, 1978, for the lag window.

use std::f64::consts::{PI, TAU};

use super::{BANDS, Levels};
use crate::dsp::dot::dot_exact;

/// Order per kilohertz of the rate: a pair of poles per 2 kHz of rate models one formant per kilohertz of band, as a
/// male vocal tract has. Source: docs/design.md §5 (22 to 24 at 24 kHz).
const ORDER_PER_KHZ: f64 = 1.0;
/// The highest order. Source: computed from the order at 48 kHz, with room for two more.
const MAX_ORDER: usize = 50;
/// Corner of the pre-emphasis, Hz. Chosen: with it the spectrum of voices is flattest; higher leaves more spectral
/// tilt, lower over-emphasises the highs.
const EMPHASIS_HZ: f64 = 100.0;
/// Standard deviation of the Gaussian by which the lag window widens all spectral lines, Hz. Chosen: larger smooths the
/// formants, smaller lets the envelope lock on harmonics.
const LAG_WINDOW_HZ: f64 = 30.0;
/// Noise added to the stretch, as a share of its power. Chosen: keeps the recursion stable where the band is empty;
/// more would raise the quietest bands of dark voices.
const WHITE_NOISE: f64 = 1e-7;

/// Finds the envelope by linear prediction.
#[derive(Clone)]
pub(super) struct Predictor {
    order: usize,
    emphasis: f32,
    /// Hann. `[stretch_len]`
    window: Vec<f32>,
    /// The stretch, emphasised and windowed. `[stretch_len]`
    emphasised: Vec<f64>,
    /// Weight of each lag, the white noise included. `[order + 1]`
    lag_window: Vec<f64>,
    /// Cosine and sine of each coefficient's phase at each frequency. `[order]`
    turns: Vec<[Levels; 2]>,
    /// Gain of the pre-emphasis at each frequency, dB.
    emphasis_db: Levels,
}

impl Predictor {
    /// For stretches of a length at a rate; levels are wanted at `frequencies_hz`. Allocates.
    pub(super) fn new(rate_hz: f64, stretch_len: usize, frequencies_hz: [f64; BANDS]) -> Self {
        let order = ((ORDER_PER_KHZ * rate_hz / 1000.0).round() as usize).clamp(8, MAX_ORDER);
        let emphasis = (-TAU * EMPHASIS_HZ / rate_hz).exp();
        let hann = |i: usize| 0.5 - 0.5 * (TAU * (i as f64 + 0.5) / stretch_len as f64).cos();
        let lag_weight = |lag: usize| {
            let width = TAU * LAG_WINDOW_HZ * lag as f64 / rate_hz;
            if lag == 0 { 1.0 + WHITE_NOISE } else { (-0.5 * width * width).exp() }
        };
        let turn = |lag: usize| {
            let angles = frequencies_hz.map(|hz| lag as f64 * TAU * hz / rate_hz);
            [angles.map(|angle| angle.cos() as f32), angles.map(|angle| angle.sin() as f32)]
        };
        let emphasis_db = frequencies_hz.map(|hz| {
            let half = (PI * hz / rate_hz).sin();
            (10.0 * ((1.0 - emphasis).powi(2) + 4.0 * emphasis * half * half).log10()) as f32
        });
        Self {
            order,
            emphasis: emphasis as f32,
            window: (0..stretch_len).map(|i| hann(i) as f32).collect(),
            emphasised: vec![0.0; stretch_len],
            lag_window: (0..=order).map(lag_weight).collect(),
            turns: (1..=order).map(turn).collect(),
            emphasis_db,
        }
    }

    /// Power density at the frequencies, dB relative to white sound of the stretch's power. `stretch` peaks at 1.
    pub(super) fn levels_db(&mut self, stretch: &[f32]) -> Levels {
        let power = self.emphasise(stretch);
        let mut correlation = [0.0; MAX_ORDER + 1];
        for (lag, (value, weight)) in correlation.iter_mut().zip(&self.lag_window).enumerate() {
            let later = &self.emphasised[lag..];
            // In double precision: single precision fails the recursion on voices without treble, whose correlations
            // differ by less than its rounding.
            *value = weight * dot_exact(&self.emphasised[..later.len()], later);
        }
        let (coefficients, error) = predict(&correlation[..=self.order]);
        let (mut re, mut im) = ([1.0_f32; BANDS], [0.0_f32; BANDS]);
        for (coefficient, [cosines, sines]) in coefficients.iter().zip(&self.turns) {
            let coefficient = *coefficient as f32;
            re.iter_mut().zip(cosines).for_each(|(sum, cosine)| *sum += coefficient * cosine);
            im.iter_mut().zip(sines).for_each(|(sum, sine)| *sum += coefficient * sine);
        }
        let gain_db = 10.0 * ((error + 1e-30) / (f64::from(power) + 1e-30)).log10() as f32;
        std::array::from_fn(|band| {
            let inverse = re[band] * re[band] + im[band] * im[band];
            gain_db - 10.0 * (inverse + 1e-20).log10() - self.emphasis_db[band]
        })
    }

    /// Emphasises and windows the stretch; returns its windowed power before the emphasis.
    fn emphasise(&mut self, stretch: &[f32]) -> f32 {
        let mut power = 0.0;
        let mut before = stretch.first().copied().unwrap_or(0.0);
        for ((emphasised, &sample), weight) in self.emphasised.iter_mut().zip(stretch).zip(&self.window) {
            power += (weight * sample).powi(2);
            *emphasised = f64::from(weight * (sample - self.emphasis * before));
            before = sample;
        }
        power
    }
}

/// The predictor coefficients after the leading 1, and the power of the residual (Levinson's recursion; Makhoul 1975,
/// §II.C).
fn predict(correlation: &[f64]) -> ([f64; MAX_ORDER], f64) {
    let mut coefficients = [0.0; MAX_ORDER];
    let mut error = correlation[0];
    for order in 0..correlation.len() - 1 {
        if error <= 0.0 {
            break;
        }
        let known = coefficients[..order].iter().zip(correlation[1..=order].iter().rev());
        let reflection = -(correlation[order + 1] + known.map(|(a, r)| a * r).sum::<f64>()) / error;
        let former = coefficients;
        for lag in 0..order {
            coefficients[lag] += reflection * former[order - 1 - lag];
        }
        coefficients[order] = reflection;
        error *= 1.0 - reflection * reflection;
    }
    (coefficients, error.max(0.0))
}
