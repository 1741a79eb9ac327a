//! The pitch of a moment, from three periods around it instead of from the whole window.
//!
//! In: the decimated signal around a moment and the pitch that was decided for it. Out: the same pitch, as it is
//! there: a window of 42 ms flattens a vibrato by a tenth and is late or early at every step. The likeness of the
//! stretch to itself one period later is read between its lags. Its ends are faded, because in so few periods the
//! peak of a nearly pure tone would otherwise move with the tone's phase. Source: McLeod & Wyvill, "A smarter way to
//! find pitch", ICMC 2005, §4, with a taper.
//!
//! Where the tract moves fast, between a nasal and a vowel, a formant passes over the strongest harmonic and turns its
//! phase; for some 10 ms so short a stretch then repeats itself up to 80 cents beside the pitch of the folds. Such a
//! moment is measured once more with its weak upper harmonics raised, which do not turn with it, and the middle of
//! all three pitches counts. (Pre-emphasis: Markel & Gray, "Linear Prediction of Speech", 1976, §6.5.)

use crate::dsp::decimate::dot;
use crate::dsp::sinc::{SincTable, TAPS, TAPS_BEFORE};

use super::pitch::{Candidate, MIN_F0_HZ, parabola};

/// Periods looked at, with their neighbours one period later.
const PERIODS: f64 = 3.0;
/// … but no less than this, seconds: shorter stretches of high voices drown in little noise. With 8 ms the drift of a
/// held note was within a fifth of Praat's for 83 % of the notes of the single voices, with this for 87 %; longer ones
/// gain no more and see less of a glide.
const LEAST_S: f64 = 0.0107;
/// The shortest lag compared, samples.
const LEAST_LAG: f64 = 24.0;
/// The pitch lies within this of the one decided, as a ratio of lags: a semitone and a half, less than to any octave.
const REACH: f64 = 0.09;
/// A stretch less like itself than the whole window was, by more than this, says nothing better.
const LEAST_CLARITY_SHARE: f32 = 0.8;
/// How much less clear a peak at the edge of the reach counts: a strong formant makes peaks there nearly as high.
const DISTANCE_COST: f64 = 0.25;
/// A local pitch so near the one decided is believed, cents: on held vowels and in vibrato nearly all are.
const AGREEMENT_CENTS: f32 = 10.0;
/// Upper harmonics are raised by 6 dB per octave from here on, Hz: the fall of sung vowels. At 12 kHz it is the usual
/// coefficient of 0.9.
const EMPHASIS_HZ: f64 = 200.0;
/// With raised harmonics less clear than this, there is more noise than voice among them, and they have no say: in
/// noise 10 dB below the voice they would smear the steps between notes (evaluate).
const LEAST_BRIGHT_CLARITY: f32 = 0.5;
/// The energy changes slowly with the lag, because the taper spans whole periods: it is computed at every so many lags.
const ENERGY_STEP: usize = 8;
/// Lags computed around the one decided: the reach at the lowest pitch refined, and the reader's taps.
const MAX_LAGS: usize = 128;

/// What is compared with what.
struct Stretch {
    /// Periods in a lag.
    n_periods: f64,
    /// Where the peak is looked for, samples.
    lag: f64,
    /// … and how far to either side.
    reach: usize,
    /// The first lag computed, and how many.
    first_lag: usize,
    n_lags: usize,
    /// Samples compared.
    len: usize,
}

impl Stretch {
    /// For a voice of about this period, samples.
    fn new(period: f64, rate_hz: f64) -> Self {
        // The reader needs lags on either side, so a short period is measured by several.
        let n_periods = (LEAST_LAG / period).ceil().max(1.0);
        let lag = n_periods * period;
        let reach = (REACH * lag).ceil() as usize + 1;
        Self {
            n_periods,
            lag,
            reach,
            first_lag: (lag as usize).saturating_sub(reach + TAPS_BEFORE).max(1),
            n_lags: 2 * (reach + TAPS_BEFORE) + 3,
            len: (PERIODS * period).max(LEAST_S * rate_hz).round() as usize,
        }
    }

    /// Samples it takes, with its furthest neighbour.
    fn all_len(&self) -> usize {
        self.len + self.first_lag + self.n_lags
    }
}

/// Finds the pitch of a moment near a known one.
#[derive(Clone)]
pub(super) struct Refiner {
    rate_hz: f64,
    table: SincTable,
    taper: Vec<f32>,
    tapered: Vec<f32>,
    squares: Vec<f32>,
    /// The stretch with its upper harmonics raised.
    bright: Vec<f32>,
    /// Share of the sample before that raising them takes away.
    emphasis: f32,
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
            bright: Vec::new(),
            emphasis: (-std::f64::consts::TAU * EMPHASIS_HZ / rate_hz).exp() as f32,
            likeness: [0.0; MAX_LAGS],
        };
        refiner.squares = vec![0.0; refiner.max_len()];
        refiner.bright = vec![0.0; refiner.max_len()];
        refiner
    }

    /// Samples that the longest stretch takes, with its reach.
    pub(super) fn max_len(&self) -> usize {
        ((PERIODS + 1.0 + 2.0 * REACH) * self.rate_hz / MIN_F0_HZ) as usize + 2 * TAPS
    }

    /// The pitch in the middle of `around`, [`Self::max_len`] samples of which those up to `ahead` behind the middle
    /// have been heard, near `decided`; that itself where too little has been heard for a low voice. Realtime-safe.
    pub(super) fn refine(&mut self, around: &[f32], ahead: usize, decided: Candidate) -> Candidate {
        let stretch = Stretch::new(self.rate_hz / f64::from(decided.f0_hz), self.rate_hz);
        let start = (around.len() / 2).saturating_sub((stretch.len + stretch.lag as usize) / 2);
        let heard_len = (around.len() / 2 + ahead).min(around.len());
        if stretch.n_lags > MAX_LAGS || stretch.len >= self.taper.len() || start + stretch.all_len() > heard_len {
            return decided;
        }
        let around = &around[start..start + stretch.all_len()];
        let near = self.measure(around, &stretch);
        let Some(near) = near.filter(|near| near.clarity >= LEAST_CLARITY_SHARE * decided.clarity) else {
            return decided;
        };
        let f0_hz = if (1200.0 * (near.f0_hz / decided.f0_hz).log2()).abs() > AGREEMENT_CENTS {
            self.mediate(around, &stretch, [near.f0_hz, decided.f0_hz])
        } else {
            near.f0_hz
        };
        Candidate { f0_hz, ..decided }
    }

    /// The middle one of the local pitch, the decided one and that of the upper harmonics; the local one if they are
    /// only noise.
    fn mediate(&mut self, around: &[f32], stretch: &Stretch, [near_hz, decided_hz]: [f32; 2]) -> f32 {
        let mut bright = std::mem::take(&mut self.bright);
        let mut before = around[0];
        for (bright, sample) in bright.iter_mut().zip(around) {
            *bright = sample - self.emphasis * before;
            before = *sample;
        }
        let heard = self.measure(&bright[..around.len()], stretch);
        self.bright = bright;
        match heard.filter(|heard| heard.clarity >= LEAST_BRIGHT_CLARITY) {
            Some(heard) => heard.f0_hz.clamp(near_hz.min(decided_hz), near_hz.max(decided_hz)),
            None => near_hz,
        }
    }

    /// The pitch at which the stretch is most like itself.
    fn measure(&mut self, around: &[f32], stretch: &Stretch) -> Option<Candidate> {
        let Stretch { n_periods, lag, reach, first_lag, n_lags, .. } = *stretch;
        self.compare(around, stretch);
        let centre = lag as usize - first_lag;
        let lags = centre.saturating_sub(reach).max(TAPS_BEFORE)..=(centre + reach).min(n_lags - TAPS_BEFORE - 1);
        // Between whole lags, because a bright vowel has peaks on either side that may stand higher at theirs.
        let is_peak = |lag: &usize| self.likeness[*lag] >= self.likeness[lag - 1].max(self.likeness[lag + 1]);
        let peaks = lags.filter(is_peak).map(|lag| self.peak(lag));
        let score = |peak: &(f64, f32)| {
            let distance = (first_lag as f64 + peak.0 - lag) / reach as f64;
            f64::from(peak.1) - DISTANCE_COST * distance * distance
        };
        let (place, clarity) = peaks.max_by(|a, b| score(a).total_cmp(&score(b)))?;
        Some(Candidate { f0_hz: (n_periods * self.rate_hz / (first_lag as f64 + place)) as f32, clarity })
    }

    /// The tapered likeness of a stretch to those some lags later.
    fn compare(&mut self, around: &[f32], &Stretch { len, first_lag, n_lags, .. }: &Stretch) {
        for (n, (taper, tapered)) in self.taper.iter_mut().zip(&mut self.tapered).take(len).enumerate() {
            *taper = 0.5 - 0.5 * (std::f32::consts::TAU * (n as f32 + 0.5) / len as f32).cos();
            *tapered = *taper * around[n];
        }
        self.squares.iter_mut().zip(around).for_each(|(square, sample)| *square = sample * sample);
        let energy = |lag: usize| dot(&self.taper[..len], &self.squares[first_lag + lag..first_lag + lag + len]);
        let own = dot(&self.taper[..len], &self.squares[..len]);
        let mut next = own + energy(0);
        for from in (0..n_lags).step_by(ENERGY_STEP) {
            let to = (from + ENERGY_STEP).min(n_lags - 1);
            let (here, step) = (next, (to - from).max(1) as f32);
            next = own + energy(to);
            for lag in from..(from + ENERGY_STEP).min(n_lags) {
                let product = dot(&self.tapered[..len], &around[first_lag + lag..first_lag + lag + len]);
                let energy = here + (next - here) * (lag - from) as f32 / step;
                self.likeness[lag] = if energy > 1e-12 { 2.0 * product / energy } else { 0.0 };
            }
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
