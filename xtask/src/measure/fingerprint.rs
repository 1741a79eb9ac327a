//! The steady artificial lines that decoders of neural networks leave.
//!
//! In: samples. Out: narrow lines of the long-term spectrum that stand above what is around them. Such decoders repeat
//! a pattern at each of their frames, which makes tones at fixed frequencies, whatever is sung. A movement of pitch
//! spreads them: so processing may confuse programs that look for them, and whoever passes a processed voice on should
//! say what it is. Source: Frank & Schönherr, "WaveFake", NeurIPS 2021; Sun et al., "AI-Synthesized Voice Detection
//! Using Neural Vocoder Artifacts", CVPR Workshops 2023, on periodic artefacts of upsampling.

use std::f64::consts::TAU;
use std::fmt::Write;
use std::ops::Range;

use serde_json::{Value, json};

use super::numbers::median;

/// Lines are looked for here, Hz. Source: above most of a voice's power, and below what lossy files cut off.
const BAND_HZ: Range<f64> = 3000.0..16_000.0;
/// The distance of the spectrum's values, Hz, approximately. Chosen: finer shows fainter lines and needs longer files.
const RESOLUTION_HZ: f64 = 3.0;
/// What is around a line is the median of so much to either side, Hz. Chosen: wide beside a line, narrow beside a
/// formant.
const AROUND_HZ: f64 = 90.0;
/// A line stands at least so far above what is around it, dB. Chosen: noise of ten seconds has none.
const LEAST_LINE_DB: f64 = 6.0;

/// One line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    hz: f64,
    /// Above what is around it.
    prominence_db: f64,
}

/// All lines, the strongest first.
pub(super) fn lines(samples: &[f32], rate_hz: f64) -> Vec<Line> {
    let n = ((rate_hz / RESOLUTION_HZ) as usize).next_power_of_two();
    let powers = long_term_spectrum(samples, n);
    let bin_hz = rate_hz / n as f64;
    let bin = |hz: f64| (hz / bin_hz).round() as usize;
    let (first, last) = (bin(BAND_HZ.start), bin(BAND_HZ.end.min(0.45 * rate_hz)));
    let reach = bin(AROUND_HZ).max(4);
    let prominence_db = |at: usize| {
        let around = median(&powers[at - reach..(at + reach + 1).min(powers.len())]).unwrap_or(0.0);
        10.0 * (powers[at] / around.max(f64::MIN_POSITIVE)).log10()
    };
    let is_peak = |at: &usize| powers[*at] > powers[at - 1] && powers[*at] >= powers[at + 1];
    let peaks = (first.max(reach)..last.min(powers.len().saturating_sub(1))).filter(is_peak);
    let mut lines: Vec<Line> = peaks
        .map(|at| Line { hz: at as f64 * bin_hz, prominence_db: prominence_db(at) })
        .filter(|line| line.prominence_db >= LEAST_LINE_DB)
        .collect();
    lines.sort_by(|one, other| other.prominence_db.total_cmp(&one.prominence_db));
    lines
}

/// The mean of the logarithm of the power of each piece: what is steady counts, not what is loud once.
fn long_term_spectrum(samples: &[f32], n: usize) -> Vec<f64> {
    let plan = fourier::forward_f64(n);
    let mut sums = vec![0.0; n / 2 + 1];
    let mut n_pieces = 0.0;
    let (mut windowed, mut spectrum) = (plan.make_input_vec(), plan.make_output_vec());
    for start in (0..(samples.len() + 1).saturating_sub(n)).step_by(n / 2) {
        for (k, value) in windowed.iter_mut().enumerate() {
            *value = f64::from(samples[start + k]) * (0.5 - 0.5 * (TAU * k as f64 / n as f64).cos());
        }
        if windowed.iter().all(|value| *value == 0.0) || plan.process(&mut windowed, &mut spectrum).is_err() {
            continue;
        }
        sums.iter_mut().zip(&spectrum).for_each(|(sum, value)| *sum += value.norm_sqr().max(f64::MIN_POSITIVE).ln());
        n_pieces += 1.0;
    }
    sums.iter().map(|sum| if n_pieces > 0.0 { (sum / n_pieces).exp() } else { 0.0 }).collect()
}

/// A line for people.
pub(super) fn text(lines: &[Line]) -> String {
    let mut text = match lines.first() {
        None => "  steady lines, 3 to 16 kHz: none".to_owned(),
        Some(first) => {
            format!("  steady lines, 3 to 16 kHz: {}, the strongest {:.1} dB", lines.len(), first.prominence_db)
        }
    };
    for line in lines.iter().take(3) {
        // Writing to a string cannot fail.
        let _ = write!(text, " · {:.0} Hz", line.hz);
    }
    text + "\n"
}

/// The same for machines.
pub(super) fn json(lines: &[Line]) -> Value {
    json!({
        "steady_lines": lines.len(),
        "strongest_line_db": lines.first().map(|line| (line.prominence_db * 10.0).round() / 10.0),
        "strongest_line_hz": lines.first().map(|line| line.hz.round()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: f64 = 48_000.0;

    /// Noise with a tone of 6 kHz, 40 dB below it in all, whose pitch moves by so many cents.
    fn noise_with_line(movement_cents: f64) -> Vec<f32> {
        let mut state = 7_u32;
        let mut phase = 0.0_f64;
        let sample = |n: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = f64::from(state >> 8) / 16_777_216.0 - 0.5;
            let cents = movement_cents * (TAU * 0.7 * n as f64 / RATE_HZ).sin();
            phase += TAU * 6000.0 / RATE_HZ * (cents / 1200.0).exp2();
            (0.1 * noise + 0.003 * phase.sin()) as f32
        };
        (0..480_000).map(sample).collect()
    }

    #[test]
    fn a_steady_line_is_found_and_movement_spreads_it() {
        let [steady, moved] = [0.0, 15.0].map(|cents| lines(&noise_with_line(cents), RATE_HZ));
        assert!((steady[0].hz - 6000.0).abs() < 3.0 && steady[0].prominence_db > 15.0, "{:?}", steady[0]);
        let left_db = moved.first().map_or(0.0, |line| line.prominence_db);
        assert!(left_db < steady[0].prominence_db - 8.0, "{left_db}");
        assert!(text(&steady).contains("6000 Hz") || text(&steady).contains("5999 Hz"), "{}", text(&steady));
    }

    #[test]
    fn silence_noise_and_short_files_have_none() {
        assert!(lines(&[], RATE_HZ).is_empty() && lines(&[0.0; 200_000], RATE_HZ).is_empty());
        assert!(lines(&[0.1; 100], 8000.0).is_empty());
        assert_eq!(text(&[]), "  steady lines, 3 to 16 kHz: none\n");
        assert_eq!(json(&[])["strongest_line_db"], Value::Null);
    }
}
