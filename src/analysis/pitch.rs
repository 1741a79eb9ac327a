//! Fundamental frequency candidates of one window, by the McLeod pitch method.
//!
//! In: a window of the slow signal. Out: the lags at which it repeats itself, with how well it does (0 to 1). The
//! normalised square difference function (NSDF) is computed from the autocorrelation. Source: McLeod & Wyvill,
//! "A smarter way to find pitch", ICMC 2005, §3–5. The tracker decides over several windows which candidate is the
//! pitch.

use crate::dsp::autocorrelation::Autocorrelation;
use crate::dsp::dot::dot_exact;
use crate::dsp::sinc::{SincTable, TAPS, TAPS_BEFORE};

/// The lowest pitch looked for, Hz. Source: docs/design.md §5.
pub const MIN_F0_HZ: f64 = 60.0;
/// The highest pitch looked for, Hz: that of the whistle register. Source: docs/design.md §5.
pub const MAX_F0_HZ: f64 = 1700.0;
/// Candidates are found up to here, Hz, so that a higher tone is not taken for its octave below. Chosen: higher needs
/// finer lags, lower takes more whistles and hiss for voices.
const HEARD_TO_HZ: f64 = 4000.0;
/// Candidates kept per window. Chosen: more cost time in the tracker, fewer may lose the true one.
pub const MAX_CANDIDATES: usize = 6;

/// Length of the window, seconds. Chosen: two and a half periods of the lowest pitch; longer flattens vibrato and
/// steps, shorter misses low voices.
const WINDOW_S: f64 = 0.042;
/// Lower peaks are noise. Chosen: larger loses weak voices, smaller costs time in the tracker.
const MIN_CLARITY: f32 = 0.25;

/// A voice repeats itself for as long as this, seconds. Chosen: nine periods of a resonance at 900 Hz; longer rejects
/// fast glides, shorter accepts whispered formants.
const SUSTAIN_S: f64 = 0.010;
/// That is required above this only, Hz; lower voices may move further in ten milliseconds. Measured: on the test
/// material whispered formants were taken for voices of 845 Hz and more.
const SUSTAIN_ABOVE_HZ: f32 = 700.0;
/// The clarity that a voice may lose in that time. Measured: by `cargo lab evaluate`, with 0.15 a voice at 918 Hz that
/// glides by 1400 cents a second was missed; with this it is found, and the whispered files stay unvoiced.
const SUSTAIN_SLACK: f32 = 0.35;

/// A lag at which the window repeats itself.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Candidate {
    /// Frequency, Hz.
    pub f0_hz: f32,
    /// Height of the NSDF's peak: 1 for perfect repetition.
    pub clarity: f32,
}

impl Candidate {
    /// Clarity less a cost for a low pitch, because every multiple of the true period repeats as well as it does.
    /// Boersma's octave cost is 0.01 (IFA Proceedings 17, 1993, eq. 24); the peaks of the NSDF do not fall with the lag
    /// as those of his function do, so it must be higher here.
    pub fn strength(&self) -> f32 {
        if self.clarity <= 0.0 {
            return 0.0;
        }
        let bonus = |f0_hz: f32| OCTAVE_COST * (f0_hz / MIN_F0_HZ as f32).log2();
        self.clarity + if self.f0_hz < WHISTLE_HZ { bonus(self.f0_hz) } else { bonus(0.5 * self.f0_hz) + WHISTLE_BONUS }
    }
}

/// How much clearer a candidate an octave lower must be. Measured: on the test material from 0.01 to 0.08; below 0.02
/// sopranos fell by an octave, above 0.04 the bass rose by one.
const OCTAVE_COST: f32 = 0.025;

/// The range's upper end is raised by this factor, so that a tone at its edge is inside despite rounding. Chosen: 3.5
/// cents; larger only widens the range.
const EDGE: f64 = 1.002;

/// From here on, Hz, a voice has hardly any harmonics, and its octave below repeats as well as it does. Chosen: lower
/// takes formants of lower voices for pitches, higher takes whistles for their octave below.
const WHISTLE_HZ: f32 = 1100.0;
/// How much such a candidate is preferred to its octave below. Measured: with the full octave cost, espeak's female
/// voice lost 3 % of her vowels to formants, because a formant of a lower voice may be in this range too.
const WHISTLE_BONUS: f32 = 0.006;
/// A whistle repeats itself as well at all multiples of its period up to here, seconds. Chosen: two periods of a voice
/// at 400 Hz; longer rejects moving whistles, shorter accepts formants.
const REPEATED_S: f64 = 0.005;
/// The clarity that a moving whistle may lose meanwhile. Chosen: a vibrato of 100 cents loses 0.05; larger accepts
/// formants.
const REPEATED_SLACK: f32 = 0.1;

/// Candidates in the order of their lags, shortest first; unused ones have clarity 0.
pub type Candidates = [Candidate; MAX_CANDIDATES];

/// The strongest of some candidates.
pub(super) fn strongest(candidates: &[Candidate]) -> Option<&Candidate> {
    let strengths = candidates.iter().map(|candidate| (candidate, candidate.strength()));
    strengths.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(candidate, _)| candidate)
}

/// Finds candidates.
#[derive(Clone)]
pub struct PitchFinder {
    rate_hz: f64,
    window: usize,
    min_lag: usize,
    max_lag: usize,
    autocorrelation: Autocorrelation,
    correlation: Vec<f32>,
    /// Twice the mean energy of both parts of the window, for each lag.
    energies: Vec<f64>,
    /// Peaks near whole lags that this window was asked for already.
    peaks: Vec<Option<(f64, f32)>>,
    /// The function from lag −[`TAPS`] on; it is even.
    mirrored: Vec<f32>,
    table: SincTable,
}

impl PitchFinder {
    /// For a slow signal of this rate. Allocates.
    pub fn new(rate_hz: f64) -> Self {
        let window = (WINDOW_S * rate_hz).round() as usize;
        let max_lag = (rate_hz / MIN_F0_HZ).ceil() as usize + 1;
        let fft_len = good_fft_len(window + max_lag + TAPS + 1);
        Self {
            rate_hz,
            window,
            min_lag: (rate_hz / HEARD_TO_HZ).floor() as usize,
            max_lag,
            autocorrelation: Autocorrelation::new(fft_len),
            correlation: vec![0.0; max_lag + 1 + TAPS],
            energies: vec![0.0; max_lag + 1 + TAPS],
            peaks: vec![None; max_lag + 1],
            mirrored: vec![0.0; max_lag + 1 + 2 * TAPS],
            table: SincTable::new(),
        }
    }

    /// Samples of the slow signal in one window.
    pub fn window_len(&self) -> usize {
        self.window
    }

    /// The candidates of `window`, [`Self::window_len`] samples. Realtime-safe.
    pub fn find(&mut self, window: &[f32]) -> Candidates {
        debug_assert_eq!(window.len(), self.window);
        self.compute_nsdf(window);
        let mut candidates = self.pick();
        self.weaken_resonance(&mut candidates);
        within_range(candidates)
    }

    fn compute_nsdf(&mut self, window: &[f32]) {
        self.autocorrelation.compute(window, &mut self.correlation);
        // m(τ): the energies of both parts, from which one sample at each end is taken away per lag. What does not
        // depend on the lag before, the squares and the divisions, is computed by itself, several lags at a time.
        for ((taken, start), end) in self.energies.iter_mut().zip(window).zip(window.iter().rev()) {
            *taken = square(*start) + square(*end);
        }
        let mut energy = 2.0 * dot_exact(window, window);
        for kept in &mut self.energies {
            energy -= std::mem::replace(kept, energy);
        }
        let values = self.mirrored[TAPS..].iter_mut();
        for ((value, correlation), energy) in values.zip(&self.correlation).zip(&self.energies) {
            let likeness = if *energy > 1e-20 { 2.0 * f64::from(*correlation) / energy } else { 0.0 };
            *value = likeness.clamp(-1.0, 1.0) as f32;
        }
        let (before, from_zero) = self.mirrored.split_at_mut(TAPS);
        before.iter_mut().rev().zip(&from_zero[1..]).for_each(|(before, value)| *before = *value);
    }

    /// The function at a whole lag.
    fn nsdf(&self, lag: usize) -> f32 {
        self.mirrored[TAPS + lag]
    }

    /// The function at a whole lag, with its neighbours.
    #[inline]
    fn around(&self, lag: usize) -> [f32; 3] {
        let around = self.mirrored[TAPS + lag - 1..].first_chunk();
        around.copied().unwrap_or_default()
    }

    fn pick(&mut self) -> Candidates {
        self.peaks.fill(None);
        let mut found = Candidates::default();
        let mut n_found = 0;
        // Peaks before the first zero crossing belong to lag 0.
        let from_zero = &self.mirrored[TAPS..];
        let crossing = from_zero[..=self.max_lag].iter().position(|value| *value <= 0.0).unwrap_or(self.max_lag);
        for lag in crossing.max(self.min_lag).max(1)..=self.max_lag {
            let [before, here, after] = self.around(lag);
            if here < before || here <= after || here < MIN_CLARITY {
                continue;
            }
            let peak = self.refined(lag);
            let peak = if peak.f0_hz < WHISTLE_HZ { peak } else { self.repeated(peak) };
            if n_found < MAX_CANDIDATES {
                found[n_found] = peak;
                n_found += 1;
            } else if let Some(weakest) = weakest(&found).filter(|&at| found[at].strength() < peak.strength()) {
                found[weakest..].rotate_left(1);
                found[MAX_CANDIDATES - 1] = peak;
            }
        }
        found
    }

    /// The peak near `lag`. Its frequency comes from the furthest clear multiple of the lag: the error is divided by
    /// the number of periods.
    fn refined(&mut self, lag: usize) -> Candidate {
        let (place, clarity) = self.peak(lag);
        let mut period = place;
        let mut multiple = 2.0;
        while (multiple * period) as usize + 2 < self.max_lag.min(self.window / 2) {
            let near = (multiple * period).round() as usize;
            let best = (near - 1..=near + 1).max_by(|a, b| self.nsdf(*a).total_cmp(&self.nsdf(*b))).unwrap_or(near);
            let is_peak = self.nsdf(best) >= self.nsdf(best - 1) && self.nsdf(best) >= self.nsdf(best + 1);
            if !is_peak || self.nsdf(best) < 0.9 * clarity {
                break;
            }
            period = self.peak(best).0 / multiple;
            multiple += 1.0;
        }
        Candidate { f0_hz: (self.rate_hz / period) as f32, clarity: clarity.min(1.0) }
    }

    /// A candidate with the clarity of the least clear of its multiples: a whistle repeats itself as well after every
    /// period, a formant of a lower voice only after each period of that voice.
    fn repeated(&self, candidate: Candidate) -> Candidate {
        let period = self.rate_hz / f64::from(candidate.f0_hz);
        let n_periods = (REPEATED_S * f64::from(candidate.f0_hz)) as usize;
        let likeness = (2..=n_periods).map(|n| self.between(n as f64 * period));
        let least = likeness.fold(candidate.clarity, f32::min).max(0.0) + REPEATED_SLACK;
        Candidate { clarity: candidate.clarity.min(least), ..candidate }
    }

    /// Lowers all candidates' clarity by what the strongest one lacks in repeating itself for as long as a voice does.
    ///
    /// A resonance excited by noise, such as a whispered formant, repeats itself once or twice as clearly as a high
    /// voice does, but not for longer.
    fn weaken_resonance(&self, candidates: &mut Candidates) {
        let strongest = strongest(candidates);
        let Some(&Candidate { f0_hz, clarity }) = strongest.filter(|strongest| strongest.f0_hz >= SUSTAIN_ABOVE_HZ)
        else {
            return;
        };
        let n_periods = (SUSTAIN_S * f64::from(f0_hz)).floor();
        let sustained = self.between(n_periods * self.rate_hz / f64::from(f0_hz));
        let lack = (clarity - sustained - SUSTAIN_SLACK).max(0.0);
        candidates.iter_mut().for_each(|candidate| candidate.clarity = (candidate.clarity - lack).max(0.0));
    }

    /// Position and height of the peak near a whole lag. A bright voice has such sharp peaks that a parabola through
    /// whole lags misses up to a tenth of the height of one between them, and the octave below wins. So the function is
    /// interpolated between its lags, and the parabola is fitted to closer points.
    fn peak(&mut self, lag: usize) -> (f64, f32) {
        // Every multiple of a candidate's lag is asked for, and is a candidate itself.
        let known = self.peaks[lag];
        let peak = known.unwrap_or_else(|| self.peak_between(lag));
        self.peaks[lag] = Some(peak);
        peak
    }

    fn peak_between(&self, lag: usize) -> (f64, f32) {
        /// Distance of those points, lags. Chosen: a quarter of a lag fits the peaks of bright voices; larger misses
        /// their height.
        const STEP: f64 = 0.25;
        let (rough, _) = parabola(self.around(lag));
        let middle = lag as f64 + rough;
        let around = [-STEP, 0.0, STEP].map(|step| self.between(middle + step));
        let (shift, height) = parabola(around);
        (middle + shift * STEP, height)
    }

    /// The function between its whole lags.
    fn between(&self, lag: f64) -> f32 {
        let whole = lag as usize;
        let first = TAPS + whole + 1 - TAPS_BEFORE;
        self.table.place(lag - whole as f64).read(&self.mirrored[first..first + TAPS])
    }
}

fn square(sample: f32) -> f64 {
    f64::from(sample) * f64::from(sample)
}

/// Where, in steps from the middle, the parabola through three values is highest, and how high.
pub(super) fn parabola(values: [f32; 3]) -> (f64, f32) {
    let [left, here, right] = values.map(f64::from);
    let curvature = left - 2.0 * here + right;
    let shift = if curvature < 0.0 { (0.5 * (left - right) / curvature).clamp(-1.0, 1.0) } else { 0.0 };
    (shift, (here - 0.25 * (left - right) * shift) as f32)
}

/// The candidates that a singer can produce. None if the clearest is above the range: its octaves below would be taken
/// for pitches.
fn within_range(mut candidates: Candidates) -> Candidates {
    let is_within = |candidate: &Candidate| f64::from(candidate.f0_hz) <= MAX_F0_HZ * EDGE;
    if strongest(&candidates).is_none_or(|strongest| !is_within(strongest)) {
        return Candidates::default();
    }
    candidates.iter_mut().filter(|candidate| !is_within(candidate)).for_each(|out| *out = Candidate::default());
    candidates
}

fn weakest(candidates: &Candidates) -> Option<usize> {
    let strengths = candidates.iter().map(Candidate::strength).enumerate();
    strengths.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| at)
}

/// The smallest length of at least `min_len` with only the factors 2 and 3, for which the FFT is fast.
pub(super) fn good_fft_len(min_len: usize) -> usize {
    let next_power = min_len.next_power_of_two();
    if next_power / 4 * 3 >= min_len { next_power / 4 * 3 } else { next_power }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_tone_is_clear_however_high_it_is() {
        const RATE_HZ: f64 = 12_000.0;
        for f0_hz in [110.0, 440.0, 770.0, 1040.0, 1570.0] {
            let mut finder = PitchFinder::new(RATE_HZ);
            let turn = |n: usize| std::f64::consts::TAU * f0_hz * n as f64 / RATE_HZ;
            let tone: Vec<f32> =
                (0..finder.window_len()).map(|n| (turn(n).sin() + 0.5 * (2.0 * turn(n)).sin()) as f32).collect();
            let candidates = finder.find(&tone);
            let strongest = strongest(&candidates).expect("candidates");
            let Candidate { f0_hz: found_hz, clarity } = *strongest;
            let error_cents = 1200.0 * (f64::from(found_hz) / f0_hz).log2();
            println!("{error_cents:.3} cents at {f0_hz} Hz");
            // A single period of the highest would be some cents off: the furthest clear one is divided by its number.
            assert!(error_cents.abs() < 1.0 && clarity > 0.9, "{strongest:?} at {f0_hz} Hz");
        }
    }

    #[test]
    fn a_window_is_heard_alike_whatever_was_heard_before() {
        const RATE_HZ: f64 = 12_000.0;
        let mut finder = PitchFinder::new(RATE_HZ);
        let len = finder.window_len();
        let voice = |f0_hz: f64| {
            let turn = move |n: usize| std::f64::consts::TAU * f0_hz * n as f64 / RATE_HZ;
            (0..len).map(|n| (turn(n).sin() + 0.7 * (3.0 * turn(n)).sin()) as f32).collect::<Vec<_>>()
        };
        for f0_hz in [110.0, 111.0, 222.0, 300.0, 301.0, 900.0, 110.5] {
            assert_eq!(finder.find(&voice(f0_hz)), PitchFinder::new(RATE_HZ).find(&voice(f0_hz)), "{f0_hz} Hz");
        }
    }
}
