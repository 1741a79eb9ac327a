//! The voice source: the derivative of the glottal flow after Liljencrants and Fant, free of aliasing.
//!
//! In: the phase of the vibration and its f0. Out: the flow derivative (which includes the radiation at the lips). With
//! time counted in periods the pulse has one Fourier series, which the LF formula gives in closed form; summing only
//! the harmonics below the band limit makes any f0 at any rate exact, where sampling the pulse would alias. Sources:
//! Fant, Liljencrants & Lin, "A four-parameter model of glottal flow", STL-QPSR 4/1985; Fant, "The LF-model revisited",
//! STL-QPSR 2-3/1995, eqs. 2 to 4 for Rd; Clenshaw, "A note on the summation of Chebyshev series", Math. Tables Aids
//! Comput. 9, 1955.

use std::f64::consts::{PI, TAU};

/// The shape parameter of the pulse: 0.3 is pressed, 1.0 normal, 2.7 breathy (Fant 1995). Measured: by comparing the
/// long-term spectrum with those of a sung recording and of a statistical singing synthesizer.
const RD: f64 = 0.8;
/// Harmonics at most. Source: computed from 20 kHz at 20 Hz.
const HARMONICS: usize = 1000;
/// The highest frequency generated, in hertz. Chosen: the limit of hearing; lower is duller, higher is not heard.
const BAND_LIMIT_HZ: f64 = 20_000.0;
/// The highest frequency generated, as a share of the sample rate. Chosen: just below the half, above which it would
/// alias.
const BAND_LIMIT_PER_RATE: f64 = 0.49;
/// Where the fade-out below the band limit begins, as a share of it. Chosen: a harmonic that a glide carries over the
/// limit fades over two semitones and more, so that its end is not heard; lower is duller, higher is abrupt.
const FADE_START: f64 = 0.88;
/// Samples summed side by side. Chosen: fills the vector registers.
const LANES: usize = 8;

/// The source, with its coefficients for the f0 of the moment.
pub(super) struct Glottis {
    /// Cosine and sine amplitude of every harmonic, the first at index 0.
    series: Vec<[f64; 2]>,
    /// The part of `series` below the band limit, faded towards it.
    limited: Vec<[f64; 2]>,
    limited_f0_hz: f64,
    band_limit_hz: f64,
}

impl Glottis {
    /// A source for a sample rate in hertz.
    pub(super) fn new(sample_rate_hz: f64) -> Self {
        let band_limit_hz = BAND_LIMIT_HZ.min(BAND_LIMIT_PER_RATE * sample_rate_hz);
        let series = Pulse::from_rd(RD).fourier_series(HARMONICS);
        Self { limited: Vec::with_capacity(series.len()), series, limited_f0_hz: 0.0, band_limit_hz }
    }

    /// Writes the flow derivative at each phase (in periods) into `out`; `f0_hz` decides how many harmonics fit.
    pub(super) fn fill(&mut self, f0_hz: f64, phases: &[f64], out: &mut [f64]) {
        self.limit_band(f0_hz);
        for (phases, out) in phases.chunks(LANES).zip(out.chunks_mut(LANES)) {
            let mut lanes = [0.0; LANES];
            lanes[..phases.len()].copy_from_slice(phases);
            out.copy_from_slice(&sum_series(&self.limited, lanes)[..out.len()]);
        }
    }

    fn limit_band(&mut self, f0_hz: f64) {
        if f0_hz == self.limited_f0_hz {
            return;
        }
        self.limited_f0_hz = f0_hz;
        let limit_hz = self.band_limit_hz;
        let gain = |harmonic: usize| {
            let position = (harmonic + 1) as f64 * f0_hz / limit_hz;
            let faded = ((position - FADE_START) / (1.0 - FADE_START)).clamp(0.0, 1.0);
            0.5 + 0.5 * (PI * faded).cos()
        };
        self.limited.clear();
        let fitting = (limit_hz / f0_hz) as usize;
        let kept = self.series.iter().take(fitting).enumerate();
        self.limited.extend(kept.map(|(index, [cosine, sine])| [cosine * gain(index), sine * gain(index)]));
    }
}

/// The mean power of each of the source's first harmonics.
pub(super) fn harmonic_powers(count: usize) -> Vec<f64> {
    let series = Pulse::from_rd(RD).fourier_series(count);
    series.into_iter().map(|[cosine, sine]| 0.5 * (cosine * cosine + sine * sine)).collect()
}

/// Clenshaw's sum of a trigonometric series at several phases (in periods) at once.
fn sum_series(series: &[[f64; 2]], phases: [f64; LANES]) -> [f64; LANES] {
    let angles = phases.map(|phase| (TAU * phase).sin_cos());
    let doubled = angles.map(|(_, cosine)| 2.0 * cosine);
    let mut cosines = [[0.0; LANES]; 2];
    let mut sines = [[0.0; LANES]; 2];
    for &[cosine, sine] in series.iter().rev() {
        for lane in 0..LANES {
            let next = cosine + doubled[lane] * cosines[0][lane] - cosines[1][lane];
            cosines[1][lane] = cosines[0][lane];
            cosines[0][lane] = next;
            let next = sine + doubled[lane] * sines[0][lane] - sines[1][lane];
            sines[1][lane] = sines[0][lane];
            sines[0][lane] = next;
        }
    }
    std::array::from_fn(|lane| {
        let (sine, cosine) = angles[lane];
        cosines[0][lane] * cosine - cosines[1][lane] + sines[0][lane] * sine
    })
}

/// One LF pulse, with the period as the unit of time and the excitation Ee = 1.
struct Pulse {
    /// Instant of the excitation (te).
    excitation: f64,
    /// Time constant of the return phase (Ta).
    return_time: f64,
    /// Decay rate of the return phase (epsilon).
    return_rate: f64,
    /// Growth rate of the open phase (alpha).
    growth: f64,
    /// Angular frequency of the open phase (omega g).
    swing: f64,
}

impl Pulse {
    /// The pulse for a shape parameter (Fant 1995, eqs. 2 to 4).
    fn from_rd(rd: f64) -> Self {
        let ra = (-1.0 + 4.8 * rd) / 100.0;
        let rk = (22.4 + 11.8 * rd) / 100.0;
        let rg = rk / (4.0 * (0.11 * rd / (0.5 + 1.2 * rk) - ra));
        let peak = 1.0 / (2.0 * rg);
        let excitation = peak * (1.0 + rk);
        // The return phase has to end at zero; the equation is solved by fixed-point iteration, which converges
        // quickly.
        let return_rate = (0..60).fold(1.0 / ra, |rate, _| (1.0 - (-rate * (1.0 - excitation)).exp()) / ra);
        let mut pulse = Self { excitation, return_time: ra, return_rate, growth: 0.0, swing: PI / peak };
        pulse.balance();
        pulse
    }

    /// Finds the growth rate for which the flow returns to where it began: the pulse must have no mean.
    fn balance(&mut self) {
        // The bracket contains the solution for all 0.3 <= Rd <= 2.7; the mean falls as growth rises.
        let (mut low, mut high) = (-20.0, 60.0);
        for _ in 0..80 {
            self.growth = 0.5 * (low + high);
            if self.spectrum(0.0).re > 0.0 { low = self.growth } else { high = self.growth }
        }
    }

    /// The Fourier transform of one pulse at a frequency in cycles per period.
    fn spectrum(&self, frequency: f64) -> Complex {
        let omega = TAU * frequency;
        let (sine, cosine) = (self.swing * self.excitation).sin_cos();
        // The open phase, integrated by parts: exp(growth t) sin(swing t), scaled to -1 at the excitation.
        let s = Complex { re: self.growth, im: -omega };
        let at_excitation = s.times(sine).plus(-self.swing * cosine).multiply(Complex::turn(-omega * self.excitation));
        let start = self.swing * (-self.growth * self.excitation).exp();
        let open = at_excitation.plus(start).divide(s.multiply(s).plus(self.swing.powi(2))).times(-1.0 / sine);
        // The return phase: a decaying exponential minus the level it has at the end of the period.
        let rest = 1.0 - self.excitation;
        let rate = Complex { re: self.return_rate, im: omega };
        let end_level = (-self.return_rate * rest).exp();
        let decay = Complex::turn(-omega * rest).times(-end_level).plus(1.0).divide(rate);
        let level = match omega {
            0.0 => Complex { re: rest, im: 0.0 },
            _ => Complex::turn(-omega * rest).times(-1.0).plus(1.0).divide(Complex { re: 0.0, im: omega }),
        };
        let tail = decay.minus(level.times(end_level)).multiply(Complex::turn(-omega * self.excitation));
        open.minus(tail.times(1.0 / (self.return_rate * self.return_time)))
    }

    /// Cosine and sine amplitude of the first harmonics.
    fn fourier_series(&self, count: usize) -> Vec<[f64; 2]> {
        let line = |harmonic| self.spectrum(harmonic as f64);
        (1..=count).map(line).map(|spectrum| [2.0 * spectrum.re, -2.0 * spectrum.im]).collect()
    }
}

/// Complex numbers, as far as the LF formula needs them.
#[derive(Clone, Copy)]
struct Complex {
    re: f64,
    im: f64,
}

impl Complex {
    fn turn(angle: f64) -> Self {
        Self { re: angle.cos(), im: angle.sin() }
    }

    fn plus(self, real: f64) -> Self {
        Self { re: self.re + real, im: self.im }
    }

    fn times(self, real: f64) -> Self {
        Self { re: self.re * real, im: self.im * real }
    }

    fn minus(self, other: Self) -> Self {
        Self { re: self.re - other.re, im: self.im - other.im }
    }

    fn multiply(self, other: Self) -> Self {
        Self { re: self.re * other.re - self.im * other.im, im: self.re * other.im + self.im * other.re }
    }

    fn divide(self, other: Self) -> Self {
        let conjugate = Self { re: other.re, im: -other.im };
        self.multiply(conjugate).times(1.0 / (other.re * other.re + other.im * other.im))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The LF formula itself, to hold the series against.
    fn lf(pulse: &Pulse, time: f64) -> f64 {
        let rest = 1.0 - pulse.excitation;
        if time < pulse.excitation {
            let scale = -1.0 / (pulse.swing * pulse.excitation).sin();
            return scale * (pulse.growth * (time - pulse.excitation)).exp() * (pulse.swing * time).sin();
        }
        let decay = (-pulse.return_rate * (time - pulse.excitation)).exp() - (-pulse.return_rate * rest).exp();
        -decay / (pulse.return_rate * pulse.return_time)
    }

    #[test]
    fn the_series_sums_to_the_lf_formula() {
        for rd in [0.5, 1.0, 2.0] {
            let pulse = Pulse::from_rd(rd);
            let series = pulse.fourier_series(4000);
            let phases = [0.05, 0.2, 0.4, 0.5, 0.7, 0.8, 0.9, 0.97];
            for (phase, value) in phases.into_iter().zip(sum_series(&series, phases)) {
                let expected = lf(&pulse, phase);
                assert!((value - expected).abs() < 2e-3, "Rd {rd}, phase {phase}: {value} and not {expected}");
            }
        }
    }

    #[test]
    fn the_pulse_excites_at_minus_one_and_returns_its_flow() {
        let pulse = Pulse::from_rd(RD);
        assert!((lf(&pulse, pulse.excitation) + 1.0).abs() < 1e-9);
        let flow: f64 = (0..100_000).map(|step| lf(&pulse, (f64::from(step) + 0.5) * 1e-5) * 1e-5).sum();
        assert!(flow.abs() < 1e-6, "net flow {flow}");
    }

    #[test]
    fn nothing_is_made_above_the_band_limit() {
        let mut glottis = Glottis::new(8000.0);
        glottis.limit_band(1000.0);
        assert_eq!(glottis.limited.len(), 3);
        let mut wide = Glottis::new(384_000.0);
        wide.limit_band(1000.0);
        assert!(wide.limited.len() <= 20 && wide.limited[18][0].abs() < wide.series[18][0].abs());
    }
}
