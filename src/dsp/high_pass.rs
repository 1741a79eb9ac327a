//! A high-pass that keeps an offset (DC) and rumble out of everything that is measured.
//!
//! In: a signal, value by value, with each value's number on the song's grid. Out: the same without what is below about
//! 60 Hz. It is a Butterworth filter of order 6 (Oppenheim & Schafer, "Discrete-Time Signal Processing", 3rd ed., §7.3
//! and appendix B): 30 Hz loses 36 dB, 20 Hz 57 dB, a bass voice at 80 Hz 0.8 dB. A recursive filter never forgets its
//! past entirely, so two filters take turns: each is reset once a second at a fixed place of the grid, and its output
//! is used only when it has run for half a second. By then nothing from before the reset is left, so the output does
//! not depend on where playback started.

use std::f64::consts::TAU;

/// Where the filter is 3 dB down, Hz. Chosen: the lowest pitch that is looked for; higher weakens bass voices, lower
/// lets rumble through.
const CORNER_HZ: f64 = 60.0;
/// Quality of each pair of poles of a Butterworth filter of order 6. Source: Oppenheim & Schafer, "Discrete-Time Signal
/// Processing", 3rd ed., appendix B.
const QUALITIES: [f64; 3] = [0.517_638, std::f64::consts::FRAC_1_SQRT_2, 1.931_852];
/// How long each filter is used before the other takes over, seconds; it has run for as long before. Chosen: its own
/// transient has then fallen by more than 400 dB; shorter leaves a trace of what came before, longer remembers more of
/// it.
const TURN_S: f64 = 0.5;
/// Anything smaller becomes zero. Chosen: the square of anything smaller is a denormal number in single precision,
/// which is slow; far larger would cut off quiet sound.
const SILENCE: f64 = 1e-15;

/// Filters that take turns. Source: this module's description.
const N_FILTERS: usize = 2;

/// One pair of poles of both filters, in transposed direct form II. Both compute in step, which fills a vector
/// register.
#[derive(Clone, Copy, Debug, Default)]
struct Section {
    b0: f64,
    b1: f64,
    a1: f64,
    a2: f64,
    state: [[f64; N_FILTERS]; 2],
}

impl Section {
    fn new(quality: f64, rate_hz: f64) -> Self {
        let w = TAU * CORNER_HZ / rate_hz;
        let alpha = w.sin() / (2.0 * quality);
        let a0 = 1.0 + alpha;
        let b0 = 0.5 * (1.0 + w.cos()) / a0;
        Self { b0, b1: -2.0 * b0, a1: -2.0 * w.cos() / a0, a2: (1.0 - alpha) / a0, ..Self::default() }
    }

    #[inline]
    fn next(&mut self, x: [f64; N_FILTERS]) -> [f64; N_FILTERS] {
        let [first, second] = &mut self.state;
        std::array::from_fn(|filter| {
            let y = self.b0 * x[filter] + first[filter];
            first[filter] = self.b1 * x[filter] - self.a1 * y + second[filter];
            second[filter] = self.b0 * x[filter] - self.a2 * y;
            y
        })
    }
}

/// Two filters that take turns.
#[derive(Clone, Debug)]
pub struct HighPass {
    sections: [Section; QUALITIES.len()],
    /// The first value since each filter's reset, which is subtracted from all: an offset present from the start makes
    /// no step.
    origins: [Option<f64>; N_FILTERS],
    turn_values: i64,
    /// The half second of the grid in which the last value was.
    turn: Option<i64>,
}

impl HighPass {
    /// For a signal of this rate.
    pub fn new(rate_hz: f64) -> Self {
        Self {
            sections: QUALITIES.map(|quality| Section::new(quality, rate_hz)),
            origins: [None; N_FILTERS],
            turn_values: (TURN_S * rate_hz).round() as i64,
            turn: None,
        }
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        self.turn = None;
        (0..N_FILTERS).for_each(|filter| self.begin(filter));
    }

    fn begin(&mut self, filter: usize) {
        self.origins[filter] = None;
        self.sections.iter_mut().flat_map(|section| &mut section.state).for_each(|state| state[filter] = 0.0);
    }

    /// Filters values of consecutive numbers on the grid, the first of which is `number`, into `out`, as many.
    /// Realtime-safe.
    pub fn filter(&mut self, number: i64, values: &[f32], out: &mut [f32]) {
        let (mut number, mut done) = (number, 0);
        while done < values.len() {
            let turn = number.div_euclid(self.turn_values);
            let heard = self.take_turn(turn);
            let until = values.len().min(done + ((turn + 1) * self.turn_values - number) as usize);
            let origins = self.origins.map(|origin| origin.unwrap_or(f64::from(values[done])));
            self.origins = origins.map(Some);
            for (value, out) in values[done..until].iter().zip(&mut out[done..until]) {
                let value = origins.map(|origin| f64::from(*value) - origin);
                let filtered = self.sections.iter_mut().fold(value, |value, section| section.next(value))[heard];
                *out = if filtered.abs() < SILENCE { 0.0 } else { filtered as f32 };
            }
            number += (until - done) as i64;
            done = until;
        }
    }

    /// Begins a half second of the grid, if it is another one. Returns which filter is used in it.
    fn take_turn(&mut self, turn: i64) -> usize {
        let begins = turn.rem_euclid(N_FILTERS as i64) as usize;
        if self.turn.is_some_and(|last| last != turn) {
            self.begin(begins);
        }
        self.turn = Some(turn);
        N_FILTERS - 1 - begins
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: f64 = 24_000.0;

    /// By how much a tone comes out weaker, dB: the curve of a Butterworth filter after the bilinear transform.
    fn loss_db(f_hz: f64) -> f64 {
        let warped = |hz: f64| (std::f64::consts::PI * hz / RATE_HZ).tan();
        10.0 * (1.0 + (warped(CORNER_HZ) / warped(f_hz)).powi(4 * QUALITIES.len() as i32)).log10()
    }

    fn filtered(signal: impl Fn(i64) -> f64, numbers: std::ops::Range<i64>) -> Vec<f32> {
        let values: Vec<f32> = numbers.clone().map(|number| signal(number) as f32).collect();
        let mut out = vec![0.0; values.len()];
        HighPass::new(RATE_HZ).filter(numbers.start, &values, &mut out);
        out
    }

    fn rms(values: &[f32]) -> f64 {
        (values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
    }

    #[test]
    fn voices_pass_rumble_and_offsets_do_not() {
        for f_hz in [10.0, 20.0, 30.0, 60.0, 80.0, 110.0, 440.0] {
            let tone = |n: i64| 0.5_f64.sqrt() * 2.0 * (TAU * f_hz * n as f64 / RATE_HZ).sin();
            let out = filtered(|n| 0.3 + tone(n), -7000..60_000);
            let found_db = -20.0 * rms(&out[30_000..]).log10();
            assert!((found_db - loss_db(f_hz)).abs() < 0.2, "{found_db} dB at {f_hz} Hz");
        }
        assert!(filtered(|_| 0.3, 100..50_000).iter().all(|value| value.abs() < 1e-6));
    }

    #[test]
    fn a_second_later_nothing_of_before_is_left() {
        let signal = |n: i64| 0.2 + (n as f64 * 0.37).sin() * (n as f64 * 0.001).cos();
        let long = filtered(signal, -100_000..60_000);
        for first in [-50_000, -3, 0, 1, 11_999, 12_000] {
            let short = filtered(signal, first..60_000);
            let same = (24_000..short.len()).all(|k| short[k] == long[(first + 100_000) as usize + k]);
            assert!(same, "from {first}");
        }
    }

    #[test]
    fn pieces_of_any_length_give_the_same() {
        let whole = filtered(|n| (n as f64 * 0.37).sin(), -30_000..30_000);
        let mut high_pass = HighPass::new(RATE_HZ);
        let (mut number, mut pieces) = (-30_000, Vec::new());
        for len in [1, 7, 12_000, 5, 30_000, 17_987] {
            let values: Vec<f32> = (number..number + len).map(|n| (n as f64 * 0.37).sin() as f32).collect();
            let at = pieces.len();
            pieces.resize(at + values.len(), 0.0);
            high_pass.filter(number, &values, &mut pieces[at..]);
            number += len;
        }
        assert_eq!(pieces, whole);
    }

    #[test]
    fn whatever_comes_in_no_denormal_number_goes_out() {
        for gain in [1e9, 1.0, 1e-14, 1e-20, 1e-38] {
            let out = filtered(|n| if n < 3000 { gain * (n as f64 * 0.3).sin() } else { 0.0 }, 0..60_000);
            assert!(out.iter().all(|value| *value == 0.0 || value.abs() >= 1e-15), "{gain}");
        }
    }
}
