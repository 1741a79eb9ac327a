//! The pitch of a moment, from three periods around it instead of from the whole window.
//!
//! In: the decimated signal around a moment and the pitch that was decided for it. Out: the same pitch, as it is
//! there: a window of 42 ms flattens a vibrato by a tenth and is late or early at every step. The likeness of the
//! stretch to itself one period later is read between its lags. Its ends are faded, because in so few periods the
//! peak of a nearly pure tone would otherwise move with the tone's phase. Source: McLeod & Wyvill, "A smarter way to
//! find pitch", ICMC 2005, §4, with a taper.

use crate::dsp::decimate::dot;
use crate::dsp::sinc::{SincTable, TAPS, TAPS_BEFORE};

use super::pitch::{Candidate, MIN_F0_HZ, parabola};

/// Periods looked at, with their neighbours one period later.
const PERIODS: f64 = 3.0;
/// … but no less than this, seconds: shorter stretches of high voices drown in little noise.
const LEAST_S: f64 = 0.008;
/// The shortest lag compared, samples.
const LEAST_LAG: f64 = 24.0;
/// The pitch lies within this of the one decided, as a ratio of lags: a semitone and a half, less than to any octave.
const REACH: f64 = 0.09;
/// A stretch less like itself than the whole window was, by more than this, says nothing better.
const LEAST_CLARITY_SHARE: f32 = 0.8;
/// How much less clear a peak at the edge of the reach counts: a strong formant makes peaks there nearly as high.
const DISTANCE_COST: f64 = 0.25;
/// Lags computed around the one decided: the reach at the lowest pitch refined, and the reader's taps.
const MAX_LAGS: usize = 128;

/// Finds the pitch of a moment near a known one.
#[derive(Clone)]
pub(super) struct Refiner {
    rate_hz: f64,
    table: SincTable,
    taper: Vec<f32>,
    tapered: Vec<f32>,
    squares: Vec<f32>,
    likeness: [f32; MAX_LAGS],
}

impl Refiner {
    /// For a decimated signal of this rate. Allocates.
    pub(super) fn new(rate_hz: f64) -> Self {
        let longest = (PERIODS * rate_hz / MIN_F0_HZ).ceil() as usize;
        let mut refiner = Self {
            rate_hz,
            table: SincTable::new(),
            taper: vec![0.0; longest + 1],
            tapered: vec![0.0; longest + 1],
            squares: Vec::new(),
            likeness: [0.0; MAX_LAGS],
        };
        refiner.squares = vec![0.0; refiner.max_len()];
        refiner
    }

    /// Samples that the longest stretch takes, with its reach.
    pub(super) fn max_len(&self) -> usize {
        ((PERIODS + 1.0 + 2.0 * REACH) * self.rate_hz / MIN_F0_HZ) as usize + 2 * TAPS
    }

    /// The pitch in the middle of `around`, [`Self::max_len`] samples of which those up to `ahead` behind the middle
    /// have been heard, near `decided`; that itself where too little has been heard for a low voice. Realtime-safe.
    pub(super) fn refine(&mut self, around: &[f32], ahead: usize, decided: Candidate) -> Candidate {
        let period = self.rate_hz / f64::from(decided.f0_hz);
        // The reader needs lags on either side, so a short period is measured by several.
        let n_periods = (LEAST_LAG / period).ceil().max(1.0);
        let lag = n_periods * period;
        let reach = (REACH * lag).ceil() as usize + 1;
        let first_lag = (lag as usize).saturating_sub(reach + TAPS_BEFORE).max(1);
        let n_lags = 2 * (reach + TAPS_BEFORE) + 3;
        let len = (PERIODS * period).max(LEAST_S * self.rate_hz).round() as usize;
        let start = (around.len() / 2).saturating_sub((len + lag as usize) / 2);
        let heard_len = (around.len() / 2 + ahead).min(around.len());
        if n_lags > MAX_LAGS || len >= self.taper.len() || start + len + first_lag + n_lags > heard_len {
            return decided;
        }
        self.compare(&around[start..], len, first_lag, n_lags);
        let centre = lag as usize - first_lag;
        let lags = centre.saturating_sub(reach).max(TAPS_BEFORE)..=(centre + reach).min(n_lags - TAPS_BEFORE - 1);
        // Between whole lags, because a bright vowel has peaks on either side that may stand higher at theirs.
        let is_peak = |lag: &usize| self.likeness[*lag] >= self.likeness[lag - 1].max(self.likeness[lag + 1]);
        let peaks = lags.filter(is_peak).map(|lag| self.peak(lag));
        let score = |peak: &(f64, f32)| {
            let distance = (first_lag as f64 + peak.0 - lag) / reach as f64;
            f64::from(peak.1) - DISTANCE_COST * distance * distance
        };
        let Some((place, clarity)) = peaks.max_by(|a, b| score(a).total_cmp(&score(b))) else { return decided };
        if clarity < LEAST_CLARITY_SHARE * decided.clarity {
            return decided;
        }
        Candidate { f0_hz: (n_periods * self.rate_hz / (first_lag as f64 + place)) as f32, ..decided }
    }

    /// The tapered likeness of `len` samples to those some lags later.
    fn compare(&mut self, stretch: &[f32], len: usize, first_lag: usize, n_lags: usize) {
        for (n, (taper, tapered)) in self.taper.iter_mut().zip(&mut self.tapered).take(len).enumerate() {
            *taper = 0.5 - 0.5 * (std::f32::consts::TAU * (n as f32 + 0.5) / len as f32).cos();
            *tapered = *taper * stretch[n];
        }
        self.squares.iter_mut().zip(stretch).for_each(|(square, sample)| *square = sample * sample);
        let own = dot(&self.taper[..len], &self.squares[..len]);
        for lag in 0..n_lags {
            let later = first_lag + lag..first_lag + lag + len;
            let product = dot(&self.tapered[..len], &stretch[later.clone()]);
            let energy = own + dot(&self.taper[..len], &self.squares[later]);
            self.likeness[lag] = if energy > 1e-12 { 2.0 * product / energy } else { 0.0 };
        }
        // The reader's last taps may reach beyond: nothing of the last moment may be left there.
        self.likeness[n_lags..].fill(0.0);
    }

    fn peak(&self, lag: usize) -> (f64, f32) {
        const STEP: f64 = 0.25;
        let (rough, _) = parabola([self.likeness[lag - 1], self.likeness[lag], self.likeness[lag + 1]]);
        let middle = lag as f64 + rough;
        let (shift, height) = parabola([-STEP, 0.0, STEP].map(|step| self.between(middle + step)));
        (middle + shift * STEP, height)
    }

    fn between(&self, lag: f64) -> f32 {
        let whole = lag as usize;
        let first = (whole + 1).saturating_sub(TAPS_BEFORE).min(MAX_LAGS - TAPS);
        self.table.place(lag - whole as f64).read(&self.likeness[first..first + TAPS])
    }
}
