//! The jitter of the voice: how much the lengths of neighbouring periods differ.
//!
//! In: a stretch of the signal and its f0. Out: the jitter of a few periods in its middle. Each period is the lag at
//! which the signal is most like itself one period on, measured from the end of the period before. A glide or vibrato
//! would be taken for jitter; so second differences are used, which a straight line does not have. Sources: Praat's
//! manual, "Voice 2. Jitter", for the measure; Titze & Liang, "Comparison of F0 extraction methods for high-precision
//! voice perturbation measurements", JSHR 36, 1993, for waveform matching.

use crate::dsp::dot::dot;

use super::pitch::parabola;

/// Periods measured, each by comparing it with the next. Chosen: more are surer and need a longer steady stretch.
const N_PERIODS: usize = 6;
/// The share of a period that is compared, from just before the closure of the folds on: what rings there was excited
/// by that closure alone. Measured: with whole periods, which ring from two closures, less than half of the demo
/// singer's jitter was found; with this share 0.8 to 1.0 of it; with a third of the period 0.9 to 1.1, but noise
/// disturbs so short a stretch more.
const COMPARED: f32 = 0.5;
/// How far before the closure the compared part begins, as a share of the period. Chosen: the error of the phase;
/// larger includes the ringing of the closure before.
const LEAD: f32 = 0.05;
/// A period may differ from the mean by this share of it. Source: docs/voice.md, "Human against machine" (up to 0.6 %
/// in healthy voices; this is ten times as much).
const REACH: f32 = 0.06;
/// A period less like the next than this has no length, because noise decides. Chosen: larger measures fewer periods,
/// smaller measures noise.
const LEAST_LIKENESS: f32 = 0.7;
/// A shorter period, in samples, cannot be read finely enough. Chosen: at 24 kHz, voices above 600 Hz; smaller measures
/// interpolation errors.
const LEAST_PERIOD: f32 = 40.0;
/// A longer period, in samples, is not measured. Chosen: below 57 Hz at 24 kHz, which is creaky voice; larger costs
/// more.
const MOST_PERIOD: f32 = 420.0;

/// Samples needed for a period of so many.
pub(super) fn stretch_len(period: f32) -> usize {
    ((N_PERIODS as f32 + 2.0) * period * (1.0 + REACH)) as usize + 8
}

/// Whether periods of so many samples can be measured.
pub(super) fn can_tell(period: f32) -> bool {
    (LEAST_PERIOD..=MOST_PERIOD).contains(&period)
}

/// The mean difference of neighbouring periods in `stretch`, % of their mean, as if each differed from the trend
/// independently (Praat's local jitter of a steady tone). `period` is their length, samples, which [`can_tell`] allows;
/// `phase` is the fraction of a period since the folds closed, at the middle of the stretch. `None` where it cannot be
/// measured. Realtime-safe.
pub(super) fn jitter_percent(stretch: &[f32], period: f32, phase: f32) -> Option<f32> {
    if stretch.len() < stretch_len(period) {
        return None;
    }
    let mut periods = [0.0; N_PERIODS];
    let closure = 0.5 * stretch.len() as f32 - (phase + LEAD) * period;
    let mut at = closure - ((closure - 2.0) / period).floor() * period;
    for length in &mut periods {
        *length = period_from(stretch, at as usize, period)?;
        at += *length;
    }
    let mean = periods.iter().sum::<f32>() / N_PERIODS as f32;
    let second = |three: &[f32]| (three[0] - 2.0 * three[1] + three[2]).abs();
    let difference = periods.windows(3).map(second).sum::<f32>() / (N_PERIODS - 2) as f32;
    // Of independent lengths the second difference has three times the variance of the first.
    Some(100.0 * difference / 3_f32.sqrt() / mean)
}

/// The length of the period that begins at `start`, samples.
fn period_from(stretch: &[f32], start: usize, period: f32) -> Option<f32> {
    let len = (COMPARED * period) as usize;
    let reach = (REACH * period).ceil() as usize;
    let here = &stretch[start..start + len];
    let own = dot(here, here);
    let likeness = |lag: usize| {
        let later = &stretch[start + lag..start + lag + len];
        2.0 * dot(here, later) / (own + dot(later, later)).max(f32::MIN_POSITIVE)
    };
    let whole = period as usize;
    let lags = whole - reach..=whole + 1 + reach;
    let mut around = [0.0; 3];
    let mut best = (0.0, 0.0);
    for lag in lags {
        around = [around[1], around[2], likeness(lag)];
        if around[1] > best.1 && around[1] >= around[0] && around[1] > around[2] {
            let (shift, height) = parabola(around);
            best = (lag as f32 - 1.0 + shift as f32, height);
        }
    }
    (best.1 >= LEAST_LIKENESS).then_some(best.0)
}

#[cfg(test)]
mod tests {
    use super::super::glottis::Glottis;
    use super::*;
    use crate::demo::{Voice, Vowel, sing_vowel};
    use crate::dsp::noise::{Performance, Stream, noise_run};

    const RATE_HZ: f64 = 24_000.0;

    /// The measured jitter of a voice whose periods differ at random, % sd each, and its true jitter; medians of many.
    fn found_and_true(f0_hz: f64, sd_percent: f64, swing_cents: f64) -> (f32, f32) {
        let mut noise = vec![0.0; 4000];
        noise_run(Performance { seed: 3, take: 1 }, Stream::Jitter, 0, 0, &mut noise);
        let periods = noise.clone();
        let curve = move |time_s: f64| {
            let period = ((time_s * f0_hz + 0.409) as usize).min(3999);
            let swing = swing_cents * (std::f64::consts::TAU * 5.5 * time_s).sin();
            f0_hz * (swing / 1200.0).exp2() * (1.0 + 0.01 * sd_percent * periods[period])
        };
        let take = sing_vowel(Voice::Man, Vowel::Ah, curve, 4.0, RATE_HZ);
        let period = (RATE_HZ / f0_hz) as f32;
        let glottis = Glottis::new(RATE_HZ);
        let found: Vec<f32> = (0..70)
            .filter_map(|k| {
                let len = stretch_len(period);
                let middle = 12_000 + 1000 * k;
                let around = &take.samples[middle - len / 2..][..len];
                let few_periods = &take.samples[middle - glottis.max_len() / 2..][..glottis.max_len()];
                jitter_percent(around, period, glottis.phase(few_periods, f0_hz as f32))
            })
            .collect();
        assert!(found.len() > 60, "{} of 70 at {f0_hz} Hz", found.len());
        let differences: Vec<f64> = noise.windows(2).map(|pair| (pair[1] - pair[0]).abs() * sd_percent).collect();
        let mean = |values: &[f64]| (values.iter().sum::<f64>() / values.len() as f64) as f32;
        (found.iter().sum::<f32>() / found.len() as f32, mean(&differences))
    }

    #[test]
    fn jitter_is_found_and_a_vibrato_is_none() {
        for f0_hz in [75.0, 110.0, 220.0, 400.0, 560.0] {
            for (sd_percent, swing_cents) in [(0.0, 0.0), (0.0, 60.0), (0.3, 0.0), (0.3, 60.0), (1.0, 0.0)] {
                let (found, truth) = found_and_true(f0_hz, sd_percent, swing_cents);
                println!("{f0_hz} Hz, {swing_cents} c: {found:.3} % for {truth:.3} %");
                // The curvature within three periods: 0.7 % of one at 75 Hz.
                let bent = 0.003 + 28.0 * swing_cents / (f0_hz * f0_hz);
                assert!(truth > 0.0 || f64::from(found) < bent, "{found} at {f0_hz} Hz");
                assert!(truth == 0.0 || swing_cents > 0.0 || (0.7..1.3).contains(&(found / truth)), "{found} {truth}");
            }
        }
    }
}
