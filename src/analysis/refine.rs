//! The pitch of a moment, from three periods around it instead of from the whole window.
//!
//! In: the slow signal around a moment and the pitch that was decided for it. Out: the same pitch, measured locally: a
//! window of 42 ms flattens a vibrato by a tenth and displaces every step. The stretch's correlation with itself one
//! period later is interpolated between lags. The stretch's ends are tapered, because in so few periods the peak of a
//! nearly pure tone would otherwise depend on the tone's phase. Source: McLeod & Wyvill, "A smarter way to find pitch",
//! ICMC 2005, §4, with a taper.
//!
//! Where the vocal tract moves fast, between a nasal and a vowel, a formant passes the strongest harmonic and turns its
//! phase; for some 10 ms so short a stretch then repeats itself up to 80 cents off the pitch of the folds. There the
//! pitch is measured once more with the weak upper harmonics raised, whose phase does not turn with it, and the median
//! of all three pitches is used. Source of the raising, pre-emphasis: Markel & Gray, "Linear Prediction of Speech",
//! 1976.

mod taper;

use crate::dsp::dot::{STRETCHES, dot, dots};
use crate::dsp::sinc::{SincTable, TAPS, TAPS_BEFORE};

use super::pitch::{Candidate, MIN_F0_HZ, parabola};
use taper::Taper;

/// Periods in the stretch, each compared with the next. Chosen: more flatten vibrato, fewer are disturbed by noise.
const PERIODS: f64 = 3.0;
/// The shortest stretch, seconds: short stretches of high voices are disturbed by little noise. Measured: by `cargo lab
/// evaluate`, with noise 10 dB below a voice of 440 Hz the error was 1.2 cents with 8 ms and is 0.9 with this; longer
/// stretches smooth steps more.
const LEAST_S: f64 = 0.0107;
/// The shortest lag compared, samples. Chosen: the interpolation needs lags on either side; larger compares over more
/// periods.
const LEAST_LAG: f64 = 24.0;
/// The pitch is within this of the one decided, as a ratio of lags. Chosen: a semitone and a half, less than to any
/// octave; larger may find another peak, smaller misses steps.
const REACH: f64 = 0.09;
/// A stretch whose clarity is less than this share of the whole window's gives no better pitch. Chosen: larger keeps
/// more of the window's pitch, smaller trusts noisy stretches.
const LEAST_CLARITY_SHARE: f32 = 0.8;
/// How much a peak at the edge of the reach is devalued. Chosen: a strong formant makes peaks there nearly as high;
/// larger holds back true steps.
const DISTANCE_COST: f64 = 0.25;
/// A local pitch this close to the one decided is accepted, cents. Measured: of the demo song's notes 1.8 % were wrong
/// by more than 20 cents when it always was; 1.4 % are with 20, 1.0 % with 10, 0.9 % with 7 and less, at no cost in
/// held vowels.
const AGREEMENT_CENTS: f32 = 5.0;
/// Upper harmonics are raised by 6 dB per octave from here on, Hz: the usual coefficient of 0.9 at 12 kHz. Source:
/// Markel & Gray, "Linear Prediction of Speech", 1976.
const EMPHASIS_HZ: f64 = 200.0;
/// Raised harmonics less clear than this are ignored, because they are more noise than voice. Measured: by `cargo lab
/// evaluate`, in noise 10 dB below the voice they would smear the steps between notes.
const LEAST_BRIGHT_CLARITY: f32 = 0.5;
/// Lags computed around the one decided, at most. Source: computed from the reach at the lowest pitch refined, and the
/// interpolator's taps: 73. A lower pitch has a stretch that is longer than the taper.
const MAX_LAGS: usize = 128;

/// Which samples are compared with which.
struct Stretch {
    /// Periods in a lag.
    n_periods: f64,
    /// Centre of the search for the peak, samples.
    lag: f64,
    /// Its range to either side, samples.
    reach: usize,
    /// The first lag computed.
    first_lag: usize,
    n_lags: usize,
    /// Samples compared.
    len: usize,
}

impl Stretch {
    /// For a voice of about this period, samples.
    fn new(period: f64, rate_hz: f64) -> Self {
        // The interpolator needs lags on either side, so a short period is measured over several periods.
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

    /// Samples needed, with the furthest lag.
    fn all_len(&self) -> usize {
        self.len + self.first_lag + self.n_lags
    }
}

/// Finds the pitch of a moment near a known one.
#[derive(Clone)]
pub(super) struct Refiner {
    rate_hz: f64,
    table: SincTable,
    taper: Taper,
    tapered: Vec<f32>,
    squares: Vec<f32>,
    /// The stretch with its upper harmonics raised.
    bright: Vec<f32>,
    /// The pre-emphasis coefficient: the share of the sample before that is subtracted.
    emphasis: f32,
    likeness: [f32; MAX_LAGS],
}

impl Refiner {
    /// For a slow signal of this rate. Allocates.
    pub(super) fn new(rate_hz: f64) -> Self {
        let longest = (PERIODS * rate_hz / MIN_F0_HZ).ceil() as usize;
        let mut refiner = Self {
            rate_hz,
            table: SincTable::new(),
            taper: Taper::new(longest + 1),
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

    /// Samples in the longest stretch, with its reach.
    pub(super) fn max_len(&self) -> usize {
        ((PERIODS + 1.0 + 2.0 * REACH) * self.rate_hz / MIN_F0_HZ) as usize + 2 * TAPS
    }

    /// The pitch in the middle of `around` ([`Self::max_len`] samples, known up to `ahead` after the middle), near
    /// `decided`; `decided` itself where too little is known for a low voice. Realtime-safe.
    pub(super) fn refine(&mut self, around: &[f32], ahead: usize, decided: Candidate) -> Candidate {
        let stretch = Stretch::new(self.rate_hz / f64::from(decided.f0_hz), self.rate_hz);
        let start = (around.len() / 2).saturating_sub((stretch.len + stretch.lag as usize) / 2);
        let heard_len = (around.len() / 2 + ahead).min(around.len());
        if stretch.len >= self.taper.max_len() || start + stretch.all_len() > heard_len {
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

    /// The median of the local pitch, the decided one and that of the upper harmonics; the local one if those are only
    /// noise.
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
            Some(heard) => heard.f0_hz.max(near_hz.min(decided_hz)).min(near_hz.max(decided_hz)),
            None => near_hz,
        }
    }

    /// The pitch at which the stretch is most like itself.
    fn measure(&mut self, around: &[f32], stretch: &Stretch) -> Option<Candidate> {
        let Stretch { n_periods, lag, reach, first_lag, n_lags, .. } = *stretch;
        self.compare(around, stretch);
        let centre = lag as usize - first_lag;
        let lags = centre.saturating_sub(reach).max(TAPS_BEFORE)..=(centre + reach).min(n_lags - TAPS_BEFORE - 1);
        // Between whole lags, because the sharp peak of a bright vowel may be lower at whole lags than neighbouring
        // peaks.
        let is_peak = |lag: &usize| self.likeness[*lag] >= self.likeness[lag - 1].max(self.likeness[lag + 1]);
        let peaks = lags.filter(is_peak).map(|lag| self.peak(lag));
        let score = |peak: &(f64, f32)| {
            let distance = (first_lag as f64 + peak.0 - lag) / reach as f64;
            f64::from(peak.1) - DISTANCE_COST * distance * distance
        };
        let (place, clarity) = peaks.max_by(|a, b| score(a).total_cmp(&score(b)))?;
        Some(Candidate { f0_hz: (n_periods * self.rate_hz / (first_lag as f64 + place)) as f32, clarity })
    }

    /// The tapered correlation of a stretch with those some lags later.
    fn compare(&mut self, around: &[f32], &Stretch { len, first_lag, n_lags, .. }: &Stretch) {
        self.taper.shape(len);
        let tapered = &mut self.tapered[..len];
        tapered.iter_mut().zip(self.taper.weights().iter().zip(around)).for_each(|(tapered, (weight, sample))| {
            *tapered = weight * sample;
        });
        self.squares.iter_mut().zip(around).for_each(|(square, sample)| *square = sample * sample);
        let own = dot(self.taper.weights(), &self.squares[..len]);
        let mut power = self.taper.power(&self.squares[first_lag..around.len()]);
        let later = &around[first_lag..];
        for (group, likeness) in self.likeness[..n_lags].chunks_mut(STRETCHES).enumerate() {
            let products = dots(&self.tapered[..len], &later[group * STRETCHES..]);
            for (likeness, product) in likeness.iter_mut().zip(products) {
                let energy = own + power.now();
                *likeness = if energy > 1e-12 { 2.0 * product / energy } else { 0.0 };
                power.advance();
            }
        }
        // The interpolator's last taps may reach beyond: no values of the last call may be left there.
        self.likeness[n_lags..].fill(0.0);
    }

    fn peak(&self, lag: usize) -> (f64, f32) {
        /// Distance of the points that the parabola is fitted to, lags. Chosen: a quarter of a lag fits the peaks of
        /// bright voices.
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

#[cfg(test)]
mod tests {
    use std::f64::consts::{PI, TAU};

    use super::*;
    use crate::dsp::noise::{Performance, Stream as NoiseStream, noise_run};

    const RATE_HZ: f64 = 12_000.0;
    const VOICE_HZ: f64 = 392.0;
    const MIDDLE_S: f64 = 0.1;

    /// Nine harmonics falling by 6 dB per octave, the second one 12 dB stronger, as a formant makes it: `phase` is the
    /// voice's in periods, `turn` the lead of the second harmonic's phase, radians.
    fn voice(phase: impl Fn(f64) -> f64, turn: impl Fn(f64) -> f64) -> Vec<f32> {
        let at = |n: i32| {
            let time_s = f64::from(n) / RATE_HZ;
            let harmonic = |k: i32| {
                let (gain, turn) = if k == 2 { (4.0, turn(time_s)) } else { (1.0, 0.0) };
                gain / f64::from(k) * (f64::from(k) * TAU * phase(time_s) + turn).sin()
            };
            (0.1 * (1..10).map(harmonic).sum::<f64>()) as f32
        };
        (0..(2.0 * MIDDLE_S * RATE_HZ) as i32).map(at).collect()
    }

    /// The pitch at a time, when so much was decided.
    fn refined_hz(samples: &[f32], time_s: f64, decided_hz: f64) -> f64 {
        refined_ahead_hz(samples, time_s, decided_hz, samples.len())
    }

    /// The same, where so many samples behind that time are known.
    fn refined_ahead_hz(samples: &[f32], time_s: f64, decided_hz: f64, ahead: usize) -> f64 {
        let mut refiner = Refiner::new(RATE_HZ);
        let len = refiner.max_len();
        let start = (time_s * RATE_HZ).round() as usize - len / 2;
        let decided = Candidate { f0_hz: decided_hz as f32, clarity: 0.9 };
        f64::from(refiner.refine(&samples[start..start + len], ahead, decided).f0_hz)
    }

    fn cents(heard_hz: f64, true_hz: f64) -> f64 {
        1200.0 * (heard_hz / true_hz).log2()
    }

    /// From 0 to 1 in 20 ms around the middle.
    fn rise(time_s: f64) -> f64 {
        0.5 - 0.5 * (PI * ((time_s - MIDDLE_S) / 0.02 + 0.5).clamp(0.0, 1.0)).cos()
    }

    #[test]
    fn a_formant_that_passes_a_harmonic_is_not_followed() {
        for turn in [-0.6 * PI, 0.6 * PI] {
            let samples = voice(|time_s| VOICE_HZ * time_s, |time_s| turn * rise(time_s));
            let mut furthest_cents = 0.0_f64;
            for ms in -25..=25 {
                let time_s = MIDDLE_S + 0.001 * f64::from(ms);
                // A long window shows a fraction of it.
                let decided_hz = VOICE_HZ * (turn.signum() * 12.0 / 1200.0).exp2();
                let heard_cents = cents(refined_hz(&samples, time_s, decided_hz), VOICE_HZ);
                furthest_cents = furthest_cents.max(heard_cents.abs());
            }
            assert!(furthest_cents < 25.0, "{furthest_cents}");
        }
    }

    #[test]
    fn low_voices_are_refined_too() {
        for voice_hz in [61.0, 65.0, 70.0, 98.0, 220.0] {
            let samples = voice(|time_s| voice_hz * time_s, |_| 0.0);
            for decided_cents in [-30.0, 30.0] {
                let decided_hz = voice_hz * (decided_cents / 1200.0_f64).exp2();
                let heard_cents = cents(refined_hz(&samples, MIDDLE_S, decided_hz), voice_hz);
                assert!(heard_cents.abs() < 3.0, "{heard_cents} cents off {voice_hz} Hz");
            }
        }
    }

    #[test]
    fn a_strong_formant_does_not_draw_the_pitch_to_its_next_cycle() {
        // The fifteenth harmonic is so strong that the voice repeats itself nearly as well one of its cycles sooner or
        // later: a semitone off, within reach.
        let voice_hz = 100.0;
        let turns = |n: i32| TAU * voice_hz * f64::from(n) / RATE_HZ;
        let at = |n: i32| (0.1 * (turns(n).sin() + 3.0 * (15.0 * turns(n)).sin())) as f32;
        let samples: Vec<f32> = (0..(2.0 * MIDDLE_S * RATE_HZ) as i32).map(at).collect();
        for decided_cents in [-20.0, 0.0, 20.0] {
            let decided_hz = voice_hz * (decided_cents / 1200.0_f64).exp2();
            let heard_cents = cents(refined_hz(&samples, MIDDLE_S, decided_hz), voice_hz);
            assert!(heard_cents.abs() < 2.0, "{heard_cents} cents, {decided_cents} decided");
        }
    }

    #[test]
    fn a_step_is_as_sharp_as_it_is_sung() {
        let step_cents = 200.0;
        let f0_hz = |time_s: f64| VOICE_HZ * (step_cents / 1200.0 * rise(time_s)).exp2();
        let phases: Vec<f64> = (0..96_000)
            .scan(0.0, |phase, n| {
                *phase += f0_hz((f64::from(n) + 0.5) / 480_000.0) / 480_000.0;
                Some(*phase)
            })
            .collect();
        let samples = voice(|time_s| phases[((time_s * 480_000.0) as usize).max(1) - 1], |_| 0.0);
        for ms in -25..=25 {
            let time_s = MIDDLE_S + 0.001 * f64::from(ms);
            // The result of a window of 42 ms.
            let decided_cents = step_cents * (0.5 + f64::from(ms) / 42.0).clamp(0.0, 1.0);
            let heard_hz = refined_hz(&samples, time_s, VOICE_HZ * (decided_cents / 1200.0).exp2());
            let error_cents = cents(heard_hz, f0_hz(time_s));
            assert!(error_cents.abs() < 20.0, "{error_cents} at {ms} ms");
        }
    }

    #[test]
    fn harmonics_that_drown_in_noise_have_no_say() {
        let samples = voice(|time_s| VOICE_HZ * time_s, |_| 0.0);
        let power = samples.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / samples.len() as f64;
        let mut noise = vec![0.0; samples.len()];
        let mut squares = Vec::new();
        for take in 1..=4 {
            noise_run(Performance { seed: 3, take }, NoiseStream::DemoConsonant, 0, 0, &mut noise);
            // Uniform numbers have a third of the power of their peak: 8 dB below the voice.
            let gain = (3.0 * power * 10_f64.powf(-0.8)).sqrt();
            let noisy: Vec<f32> = samples.iter().zip(&noise).map(|(x, n)| x + (gain * n) as f32).collect();
            for (ms, decided_cents) in (-40..=40).flat_map(|ms| [(ms, -40.0), (ms, 40.0)]) {
                let decided_hz = VOICE_HZ * (decided_cents / 1200.0_f64).exp2();
                let heard_hz = refined_hz(&noisy, MIDDLE_S + 0.001 * f64::from(ms), decided_hz);
                squares.push(cents(heard_hz, VOICE_HZ).powi(2));
            }
        }
        // If they had, what was decided would be the middle of three more often: 23 cents.
        let rms_cents = (squares.iter().sum::<f64>() / squares.len() as f64).sqrt();
        assert!(rms_cents < 17.0, "{rms_cents}");
    }

    #[test]
    fn what_is_not_known_yet_has_no_say() {
        let (sung_hz, decided_hz) = (80.0, 81.0);
        let samples = voice(|time_s| sung_hz * time_s, |_| 0.0);
        let refined = refined_hz(&samples, MIDDLE_S, decided_hz);
        let mut n_refined = 0;
        for ahead in (0..450).step_by(10) {
            let mut known = samples.clone();
            known[(MIDDLE_S * RATE_HZ) as usize + ahead..].fill(0.0);
            let heard_hz = refined_ahead_hz(&known, MIDDLE_S, decided_hz, ahead);
            assert!(heard_hz == refined || heard_hz == decided_hz, "{heard_hz} Hz with {ahead} samples");
            n_refined += usize::from(heard_hz == refined);
        }
        assert!((1..45).contains(&n_refined), "{n_refined}");
    }
}
