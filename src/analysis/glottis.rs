//! The phase of the vocal folds' vibration at a moment.
//!
//! In: the slow signal around a moment, and its f0. Out: the fraction of a period that has passed since the folds last
//! closed. The closure excites the vocal tract, most of all its upper resonances, which decay within the period. So the
//! power of the signal, with its spectral tilt removed, rises and falls with the vibration and is highest just after
//! the closure. The phase of that modulation at f0, over a few periods, is the phase looked for. Unlike the waveform's
//! shape it depends neither on the recording's polarity nor on phase shifts of the fundamental by microphones and
//! filters. Sources: Ananthapadmanabha & Yegnanarayana, "Epoch extraction from linear prediction residual for
//! identification of closed glottis interval", IEEE ASSP 27, 1979, for the excitation; Naylor et al., "Estimation of
//! glottal closure instants in voiced speech using the DYPSA algorithm", IEEE TASLP 15, 2007, for energy as its mark.

use std::f32::consts::TAU;

use super::grid::{WINDOW_S, windows};
use super::stream::Stream;

/// Periods in the analysed stretch. Chosen: with three, the taper has a third of the modulation's frequency, so one
/// rotating phasor gives both; more blur moving pitch, fewer are less sure.
const PERIODS: f32 = 3.0;
/// The lowest voice, Hz; a lower one is treated as this one. Source: docs/design.md §5.
const MIN_F0_HZ: f32 = 60.0;
/// Delay from the closure to the middle of the power's rise and fall: propagation through the tract and the decay of
/// the first resonances, seconds. Measured: on the demo singer's vowels it is 1 to 1.4 ms at 70 Hz, 0.5 to 0.9 ms at
/// 200 Hz, where the next closure ends the decay, and 0.2 to 0.9 ms at 400 Hz; the value is in the middle of these.
const DELAY_S: f32 = 0.0009;
/// The longest such delay, as a fraction of a period. Measured: on the demo singer's vowels of 200 and 400 Hz, as for
/// [`DELAY_S`].
const MOST_DELAY: f32 = 0.16;
/// Windows between two measurements. Chosen: in 21 ms a pitch error of 0.1 % is an error of 0.004 periods at 200 Hz;
/// longer lets it grow, shorter costs time.
const WINDOWS_PER_PHASE: i64 = windows(0.021) as i64;
/// Its place among the windows, half way between those with the other measurements. Source: computed from
/// [`WINDOWS_PER_PHASE`].
const PHASE_AT: i64 = WINDOWS_PER_PHASE / 2;
/// Samples taken at once. Chosen: fills the vector registers.
const LANES: usize = 8;

/// Finds the phase of the glottal vibration.
#[derive(Clone, Debug)]
pub(super) struct Glottis {
    rate_hz: f32,
}

impl Glottis {
    /// For a slow signal of this rate.
    pub(super) fn new(rate_hz: f64) -> Self {
        Self { rate_hz: rate_hz as f32 }
    }

    /// Samples in the longest stretch, with what the second difference and whole lanes need.
    pub(super) fn max_len(&self) -> usize {
        (PERIODS * self.rate_hz / MIN_F0_HZ) as usize + LANES + 4
    }

    /// The fraction of a period since the closure at the middle of `around` ([`Self::max_len`] samples), `0..1`; for a
    /// pure tone, which shows no closure, it is arbitrary. Realtime-safe.
    pub(super) fn phase(&self, around: &[f32], f0_hz: f32) -> f32 {
        let f0_hz = f0_hz.max(MIN_F0_HZ);
        let half_len = 0.5 * PERIODS * self.rate_hz / f0_hz;
        let middle = around.len() / 2;
        let first = middle - (half_len as usize).min(middle - 1);
        let n_lanes = (2 * (middle - first) + 1).div_ceil(LANES).min((around.len() - first - 1) / LANES);
        // The taper turns by this per sample, from −π to π over the stretch.
        let turn = TAU / (2.0 * half_len);
        let mut lanes: [[f32; 2]; LANES] = std::array::from_fn(|lane| {
            let (sine, cosine) = (turn * (first as f32 + lane as f32 - middle as f32)).sin_cos();
            [cosine, sine]
        });
        let (step_sine, step_cosine) = (turn * LANES as f32).sin_cos();
        let mut sums = [[0.0_f32; 2]; LANES];
        for block in 0..n_lanes {
            let at = first + block * LANES;
            let (left, here, right) = (&around[at - 1..], &around[at..], &around[at + 1..]);
            for lane in 0..LANES {
                let [cosine, sine] = lanes[lane];
                let bright = right[lane] - 2.0 * here[lane] + left[lane];
                let power = (0.5 + 0.5 * cosine) * bright * bright;
                // The threefold angle.
                sums[lane][0] += power * cosine * (4.0 * cosine * cosine - 3.0);
                sums[lane][1] += power * sine * (3.0 - 4.0 * sine * sine);
                lanes[lane] = [cosine * step_cosine - sine * step_sine, sine * step_cosine + cosine * step_sine];
            }
        }
        let [cosine, sine] = sums.iter().fold([0.0, 0.0], |sum, lane| [sum[0] + lane[0], sum[1] + lane[1]]);
        wrapped((DELAY_S * f0_hz).min(MOST_DELAY) - sine.atan2(cosine) / TAU)
    }
}

/// The vocal folds' vibration from one window to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Turn {
    /// Fraction of a period since they closed, at the later window, `0..1`.
    pub phase: f32,
    /// Periods from the earlier window to the later.
    pub periods: f32,
}

impl Turn {
    /// The phase at `share` of the way back from the later window to the earlier.
    pub fn phase_before(&self, share: f32) -> f32 {
        wrapped(self.phase - self.periods * share)
    }
}

/// Follows the phase from window to window: measured at intervals, integrated from the pitch in between.
#[derive(Clone, Debug)]
pub(super) struct PhaseFollower {
    glottis: Glottis,
    /// Phase and pitch of the window before, if that was voiced.
    last: Option<(f32, f32)>,
}

impl PhaseFollower {
    /// For a slow signal of this rate.
    pub(super) fn new(rate_hz: f64) -> Self {
        Self { glottis: Glottis::new(rate_hz), last: None }
    }

    pub(super) fn reset(&mut self) {
        self.last = None;
    }

    /// The phase in the next window; where the voice has just ended, the extrapolated one. The slow signal `ahead`
    /// values after the window's middle is known; `number` counts windows on the absolute grid.
    pub(super) fn follow(&mut self, f0_hz: Option<f32>, number: i64, slow: &Stream, ahead: usize) -> Turn {
        let last = self.last.take();
        let Some(f0_hz) = f0_hz else {
            let (phase, last_hz) = last.unwrap_or_default();
            let periods = last_hz * WINDOW_S;
            return Turn { phase: wrapped(phase + periods), periods };
        };
        let (last_phase, last_hz) = last.unwrap_or((0.0, f0_hz));
        let expected = 0.5 * (f0_hz + last_hz) * WINDOW_S;
        let is_due = last.is_none() || number.rem_euclid(WINDOWS_PER_PHASE) == PHASE_AT;
        let phase = if is_due { self.measure(f0_hz, slow, ahead) } else { wrapped(last_phase + expected) };
        self.last = Some((phase, f0_hz));
        // The measured phase is approached by turning a little faster or slower, never by a jump.
        let correction = wrapped(phase - last_phase - expected + 0.5) - 0.5;
        Turn { phase, periods: if last.is_some() { expected + correction } else { expected } }
    }

    fn measure(&self, f0_hz: f32, slow: &Stream, ahead: usize) -> f32 {
        let len = self.glottis.max_len();
        // Of a low voice in Live mode too little is known after the middle: then it is measured a little earlier.
        let needed = (0.5 * PERIODS * self.glottis.rate_hz / f0_hz.max(MIN_F0_HZ)) as usize + LANES;
        let early = needed.saturating_sub(ahead);
        let phase = self.glottis.phase(slow.centred(ahead + early, len), f0_hz);
        wrapped(phase + early as f32 / self.glottis.rate_hz * f0_hz)
    }
}

/// A phase in periods, wrapped into `0..1`.
fn wrapped(phase: f32) -> f32 {
    let phase = phase - phase.floor();
    // A value that rounds up to 1 becomes 0, and so does NaN.
    if phase < 1.0 { phase } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::{Voice, Vowel, sing_vowel};

    /// Where in the demo singer's period the folds close: the LF pulse of Rd 0.8 has its excitation there.
    const EXCITATION: f64 = 0.591;

    #[test]
    fn the_closure_is_found_within_a_tenth_of_a_period_or_a_fifth_of_a_short_one() {
        for rate_hz in [11_025.0, 12_000.0] {
            let glottis = Glottis::new(rate_hz);
            for (f0_hz, vowel) in [70.0, 100.0, 140.0, 200.0, 280.0, 400.0]
                .into_iter()
                .flat_map(|f0_hz| [Vowel::Ah, Vowel::Ee, Vowel::Oo].map(|vowel| (f0_hz, vowel)))
            {
                let take = sing_vowel(Voice::Woman, vowel, move |_| f0_hz, 0.6, rate_hz);
                for middle in (0..20).map(|k| (0.3 * rate_hz) as usize + 13 * k) {
                    let around = &take.samples[middle - glottis.max_len() / 2..][..glottis.max_len()];
                    let truth = middle as f64 / rate_hz * f0_hz - EXCITATION;
                    let error = (f64::from(glottis.phase(around, f0_hz as f32)) - truth + 0.5).rem_euclid(1.0) - 0.5;
                    let most = if f0_hz < 250.0 { 0.1 } else { 0.21 };
                    assert!(error.abs() <= most, "{error} at {f0_hz} Hz, {vowel:?}");
                }
            }
        }
    }

    #[test]
    fn polarity_and_loudness_do_not_matter() {
        let glottis = Glottis::new(12_000.0);
        let take = sing_vowel(Voice::Man, Vowel::Eh, |_| 110.0, 0.4, 12_000.0);
        let around = &take.samples[2000..][..glottis.max_len()];
        let flipped: Vec<f32> = around.iter().map(|sample| -0.01 * sample).collect();
        assert!((glottis.phase(around, 110.0) - glottis.phase(&flipped, 110.0)).abs() < 1e-3);
    }

    #[test]
    fn whatever_comes_in_the_phase_is_one() {
        let glottis = Glottis::new(12_000.0);
        for sample in [0.0, 1e9, -1e9, 1e-30] {
            for f0_hz in [1.0, 60.0, 1100.0, 5000.0] {
                assert!((0.0..1.0).contains(&glottis.phase(&vec![sample; glottis.max_len()], f0_hz)));
            }
        }
    }
}
