//! Vowels made of harmonics of known pitch, amplitude and phase, and how far a moved one is from what it should be.

use std::f64::consts::TAU;

/// A vowel: each harmonic's amplitudes in phase and in quadrature.
#[derive(Clone)]
pub struct Vowel {
    pub f0_hz: f64,
    pub rate_hz: f64,
    harmonics: Vec<(f64, f64)>,
}

/// Formants of an open vowel: frequency and bandwidth, Hz.
const FORMANTS_HZ: [(f64, f64); 4] = [(700.0, 80.0), (1220.0, 90.0), (2600.0, 120.0), (3300.0, 150.0)];
/// No harmonic lies above this, Hz.
const HIGHEST_HZ: f64 = 10_000.0;

impl Vowel {
    /// An "ah" whose loudest harmonics sum to about half of full scale.
    pub fn new(f0_hz: f64, rate_hz: f64) -> Self {
        let n_harmonics = (HIGHEST_HZ.min(0.4 * rate_hz) / f0_hz) as u32;
        let harmonics: Vec<(f64, f64)> = (1..=n_harmonics)
            .map(|k| {
                let k = f64::from(k);
                // The glottis falls by 12 dB an octave, the lips raise by 6.
                (formants(k * f0_hz) / k, 0.37 * k * k)
            })
            .collect();
        let sum: f64 = harmonics.iter().map(|(amplitude, _)| amplitude).sum();
        let scaled =
            |(amplitude, phase): (f64, f64)| (0.7 / sum * amplitude * phase.cos(), 0.7 / sum * amplitude * phase.sin());
        Self { f0_hz, rate_hz, harmonics: harmonics.into_iter().map(scaled).collect() }
    }

    /// The value at a time in samples, and its change per sample.
    pub fn at(&self, time_samples: f64) -> (f64, f64) {
        let turn = TAU * (self.f0_hz * time_samples / self.rate_hz).fract();
        let speed = TAU * self.f0_hz / self.rate_hz;
        let (sin, cos) = turn.sin_cos();
        let (mut value, mut slope) = (0.0, 0.0);
        // Harmonic by harmonic the angle turns once more.
        let (mut sin_k, mut cos_k) = (sin, cos);
        for (k, (in_phase, in_quadrature)) in (1..).zip(&self.harmonics) {
            value += in_phase * sin_k + in_quadrature * cos_k;
            slope += f64::from(k) * speed * (in_phase * cos_k - in_quadrature * sin_k);
            (sin_k, cos_k) = (sin_k * cos + cos_k * sin, cos_k * cos - sin_k * sin);
        }
        (value, slope)
    }

    /// So many samples of it.
    pub fn samples(&self, n_samples: usize) -> Vec<f32> {
        (0..n_samples).map(|n| self.at(n as f64).0 as f32).collect()
    }
}

fn formants(frequency_hz: f64) -> f64 {
    let resonance = |&(centre_hz, width_hz): &(f64, f64)| {
        let real = centre_hz * centre_hz - frequency_hz * frequency_hz;
        centre_hz * centre_hz / real.hypot(width_hz * frequency_hz)
    };
    FORMANTS_HZ.iter().map(resonance).product()
}

/// One stretch of a moved vowel against what it should be.
#[derive(Clone, Copy, Debug)]
pub struct Deviation {
    /// Middle of the stretch, samples.
    pub middle: usize,
    /// How much further along the vowel it is, samples.
    pub ahead_samples: f64,
    /// Power of the ideal signal over that of the difference, dB.
    pub sinad_db: f64,
    pub signal: f64,
    pub residual: f64,
}

/// Compares stretches of `len` samples every `step` with the exact vowel at `n + motion(n)`. A delay, the same over the
/// stretch, and a gain are taken out first: steps of whole periods leave them as they are. Amplitudes and phases of the
/// harmonics are not fitted, so any error of theirs counts.
pub fn deviations(
    samples: &[f32],
    vowel: &Vowel,
    motion: impl Fn(usize) -> f64,
    range: std::ops::Range<usize>,
    (len, step): (usize, usize),
) -> Vec<Deviation> {
    let mut ahead = 0.0;
    let mut found = Vec::new();
    for first in range.clone().step_by(step).take_while(|first| first + len <= range.end) {
        // Twice: the second finds what little the straight line through the first left.
        for pass in 0..2 {
            let (mut ss, mut sd, mut dd, mut sy, mut dy, mut yy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
            for (n, sample) in samples.iter().enumerate().skip(first).take(len) {
                let (s, d) = vowel.at(n as f64 + motion(n) + ahead);
                let y = f64::from(*sample);
                (ss, sd, dd) = (ss + s * s, sd + s * d, dd + d * d);
                (sy, dy, yy) = (sy + s * y, dy + d * y, yy + y * y);
            }
            let determinant = ss * dd - sd * sd;
            let gain = (sy * dd - dy * sd) / determinant;
            let delay = (dy * ss - sy * sd) / determinant;
            if pass == 0 {
                ahead += (delay / gain).clamp(-2.0, 2.0);
                continue;
            }
            // By difference of sums this is good to about −140 dB in double precision.
            let residual = (yy - gain * sy - delay * dy).max(1e-15 * yy);
            let sinad_db = 10.0 * (yy / residual).log10();
            found.push(Deviation { middle: first + len / 2, ahead_samples: ahead, sinad_db, signal: yy, residual });
        }
    }
    found
}

/// SINAD over all stretches together, and of the one in the middle, dB.
pub fn sinad_db(deviations: &[Deviation]) -> (f64, f64) {
    let sum = |part: fn(&Deviation) -> f64| deviations.iter().map(part).sum::<f64>();
    let mut each: Vec<f64> = deviations.iter().map(|deviation| deviation.sinad_db).collect();
    each.sort_by(f64::total_cmp);
    (10.0 * (sum(|d| d.signal) / sum(|d| d.residual)).log10(), each[each.len() / 2])
}

/// Error of the pitch from stretch to stretch, cents rms and at most.
pub fn pitch_error_cents(deviations: &[Deviation]) -> (f64, f64) {
    let errors: Vec<f64> = deviations
        .windows(2)
        .map(|pair| {
            let speed = (pair[1].ahead_samples - pair[0].ahead_samples) / (pair[1].middle - pair[0].middle) as f64;
            1200.0 * (1.0 + speed).log2()
        })
        .collect();
    let rms = (errors.iter().map(|error| error * error).sum::<f64>() / errors.len() as f64).sqrt();
    (rms, errors.iter().fold(0.0, |most: f64, error| most.max(error.abs())))
}

/// Numbers in `0.0..1.0`, the same every time.
pub fn random(seed: u64) -> impl Iterator<Item = f64> {
    // Knuth's 64-bit linear congruential generator; its upper bits are good.
    let mut state = seed;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    })
}
