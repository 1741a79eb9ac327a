//! A signal at another rate, on a grid that is the song's: value number `n` is at song position `n · in / out`.
//!
//! In: windows of the signal. Out: its low-passed value at any position of the grid, flat to 0.35 of the lower rate.
//! The filter is a Kaiser-windowed sinc (Oppenheim & Schafer, "Discrete-Time Signal Processing", 3rd ed., §7.5.3), with
//! one set of taps for each position between two samples that the grid needs. Because positions are counted from song
//! position 0, the values are the same from any start, and a time measured in them is the same at every sample rate.

use std::ops::Range;

use super::dot::{LANES, Lanes, dot_lanes};
use super::sinc::kaiser_window;

/// Filter length in samples of the lower rate, to either side. Chosen: with β 6 the transition is from 0.35 to 0.65 of
/// the lower rate; longer makes it narrower and costs time and latency.
const HALF_LENGTH: f64 = 6.0;
/// Kaiser's β. Chosen: 60 dB of stop band, where an alias cannot move a pitch estimate; larger suppresses more and
/// widens the transition.
const KAISER_BETA: f64 = 6.0;
/// Sets of taps at most. Rates whose ratio needs more (47 999 Hz has 24 000) get the nearest set below. Chosen: half a
/// step at 24 kHz is 20 ns, an error of −64 dB at 5 kHz; more costs memory, fewer raises that error.
const MAX_PHASES: i64 = 1024;

/// A value of the grid and its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its number on the grid.
    pub number: i64,
    /// The sample at its position, or the one just before.
    pub whole: i64,
    /// How far its position is after that sample, in parts of which a sample has as many as the grid's ratio of rates
    /// has below the line.
    parts: i64,
}

/// Low-passes a signal and reads it at the positions of a grid.
#[derive(Clone, Debug)]
pub struct Resampler {
    /// Samples per value, as a fraction in lowest terms.
    samples: i64,
    values: i64,
    /// Samples read on either side of a position; 0 if every value is a sample.
    half: usize,
    n_phases: i64,
    /// `[phase][2 · half / LANES]`
    taps: Vec<Lanes>,
}

impl Resampler {
    /// From one rate to another, each rounded to whole hertz. Allocates.
    pub fn new(in_hz: f64, out_hz: f64) -> Self {
        let [samples, values] = [in_hz, out_hz].map(|rate_hz| rate_hz.round().max(1.0) as i64);
        let divisor = greatest_common_divisor(samples, values);
        let (samples, values) = (samples / divisor, values / divisor);
        if samples == values {
            return Self { samples, values, half: 0, n_phases: 1, taps: Vec::new() };
        }
        let cutoff = (values as f64 / samples as f64).min(1.0);
        let half = ((HALF_LENGTH / cutoff).ceil() as usize).next_multiple_of(LANES / 2);
        let n_phases = values.min(MAX_PHASES);
        let taps = (0..n_phases).flat_map(|phase| taps(phase as f64 / n_phases as f64, half, cutoff));
        let taps: Vec<f32> = taps.collect();
        let taps = taps.as_chunks::<LANES>().0.iter().map(Lanes::new).collect();
        Self { samples, values, half, n_phases, taps }
    }

    /// Samples per value.
    pub fn step(&self) -> f64 {
        self.samples as f64 / self.values as f64
    }

    /// How far the position of a value is after [`Place::whole`], samples.
    pub fn after_whole(&self, place: Place) -> f64 {
        place.parts as f64 / self.values as f64
    }

    /// The first of the values that can be computed once the samples in `fresh` have come in, and could not be before,
    /// and how many they are.
    pub fn due(&self, fresh: Range<i64>) -> (Place, usize) {
        let half = self.half as i64;
        let first = self.first_from(fresh.start - half);
        let behind = self.first_from(fresh.end - half);
        (first, (behind.number - first.number) as usize)
    }

    /// The value so many after another.
    pub fn later(&self, place: Place, n_values: usize) -> Place {
        let parts = place.parts + n_values as i64 * self.samples;
        Place {
            number: place.number + n_values as i64,
            whole: place.whole + parts / self.values,
            parts: parts % self.values,
        }
    }

    /// The first value whose position is not before song position `from`.
    fn first_from(&self, from: i64) -> Place {
        let (samples, values) = (self.samples, self.values);
        let narrow = || {
            let number = from.checked_mul(values)?.checked_add(samples - 1)?.div_euclid(samples);
            let position = number.checked_mul(samples)?;
            Some(Place { number, whole: position.div_euclid(values), parts: position.rem_euclid(values) })
        };
        // Song positions of 2^52 samples times a rate exceed 64 bits.
        let wide = || {
            let (samples, values) = (i128::from(samples), i128::from(values));
            let number = (i128::from(from) * values + samples - 1).div_euclid(samples);
            let position = number * samples;
            Place {
                number: number as i64,
                whole: position.div_euclid(values) as i64,
                parts: position.rem_euclid(values) as i64,
            }
        };
        narrow().unwrap_or_else(wide)
    }

    /// How many samples a value is made of, and how far the first is before [`Place::whole`].
    pub fn reach(&self) -> (usize, i64) {
        (2 * self.half.max(1) - usize::from(self.half == 0), self.half.max(1) as i64 - 1)
    }

    /// Samples from which so many consecutive values, the first of which is `first`, are made.
    pub fn span(&self, first: Place, n_values: usize) -> usize {
        let (len, _) = self.reach();
        let last = self.later(first, n_values.saturating_sub(1));
        (last.whole - first.whole) as usize + len
    }

    /// Consecutive values, the first of which is `first`: as many as `out` has room for, from as many `samples` as
    /// [`Self::span`] says. Realtime-safe.
    pub fn values(&self, first: Place, samples: &[f32], out: &mut [f32]) {
        match 2 * self.half / LANES {
            0 => self.each_place(first, out, |start, _| samples[start]),
            // As many as there are where the rate falls to no less than half: known when it is compiled, it takes half
            // of the time.
            3 => self.each_place(first, out, |start, phase| {
                let taps: &[Lanes; 3] = self.taps[3 * phase..].first_chunk().expect("every set of taps is whole");
                dot_lanes(taps, &samples[start..][..3 * LANES])
            }),
            n_lanes => self.each_place(first, out, |start, phase| {
                dot_lanes(&self.taps[phase * n_lanes..][..n_lanes], &samples[start..][..n_lanes * LANES])
            }),
        }
    }

    /// Fills `out` with what `value` makes of each value's first sample and its set of taps.
    #[inline(always)]
    fn each_place(&self, first: Place, out: &mut [f32], value: impl Fn(usize, usize) -> f32) {
        let (mut start, mut parts) = (0, first.parts);
        // Divisions are slow: each of them is done once.
        let (whole_step, parts_step) = ((self.samples / self.values) as usize, self.samples % self.values);
        for out in out {
            // Where there are more positions between two samples than sets of taps, the nearest set below is taken.
            let phase = if self.n_phases == self.values { parts } else { parts * self.n_phases / self.values };
            *out = value(start, phase as usize);
            (start, parts) = (start + whole_step, parts + parts_step);
            if parts >= self.values {
                (start, parts) = (start + 1, parts - self.values);
            }
        }
    }
}

/// The taps for a position `fraction` of a sample after the middle sample.
fn taps(fraction: f64, half: usize, cutoff: f64) -> Vec<f32> {
    let tap = |index: usize| {
        let x = index as f64 - (half as f64 - 1.0) - fraction;
        let angle = std::f64::consts::PI * x * cutoff;
        let sinc = if angle == 0.0 { 1.0 } else { angle.sin() / angle };
        sinc * kaiser_window(x / half as f64, KAISER_BETA)
    };
    let taps: Vec<f64> = (0..2 * half).map(tap).collect();
    let sum: f64 = taps.iter().sum();
    taps.iter().map(|tap| (tap / sum) as f32).collect()
}

fn greatest_common_divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES_HZ: [f64; 10] =
        [8000.0, 16_000.0, 22_050.0, 32_000.0, 44_100.0, 47_999.0, 48_000.0, 64_000.0, 96_000.0, 384_000.0];

    /// A tone at a song position, samples.
    fn tone(position: f64, f_hz: f64, rate_hz: f64) -> f32 {
        (std::f64::consts::TAU * f_hz * position / rate_hz).sin() as f32
    }

    /// All values of `out_hz` that a tone between two positions gives, with their numbers, `block` samples at a time.
    fn values(resampler: &Resampler, f_hz: f64, rate_hz: f64, range: Range<i64>, block: usize) -> Vec<(i64, f32)> {
        let (_, before) = resampler.reach();
        let mut found = Vec::new();
        for start in range.clone().step_by(block) {
            let (place, n_values) = resampler.due(start..(start + block as i64).min(range.end));
            let span = resampler.span(place, n_values) as i64;
            let first = place.whole - before;
            let samples: Vec<f32> = (first..first + span).map(|at| tone(at as f64, f_hz, rate_hz)).collect();
            let mut values = vec![0.0; n_values];
            resampler.values(place, &samples, &mut values);
            found.extend((place.number..).zip(values));
        }
        found
    }

    #[test]
    fn a_tone_comes_out_where_it_is_at_every_rate() {
        for rate_hz in RATES_HZ {
            let resampler = Resampler::new(rate_hz, 12_000.0);
            for f_hz in [100.0, 1000.0, 2600.0] {
                for (number, value) in values(&resampler, f_hz, rate_hz, -500..5000, 64) {
                    let wanted = tone(number as f64, f_hz, 12_000.0);
                    assert!((value - wanted).abs() < 2e-3, "{value} for {wanted}: {f_hz} Hz at {rate_hz}");
                }
            }
        }
    }

    #[test]
    fn what_lies_above_the_lower_rate_does_not_come_back() {
        for rate_hz in [32_000.0, 44_100.0, 96_000.0] {
            let resampler = Resampler::new(rate_hz, 12_000.0);
            let found = values(&resampler, 9000.0, rate_hz, 0..5000, 64);
            assert!(found.iter().all(|(_, value)| value.abs() < 2e-3), "{rate_hz}");
        }
    }

    #[test]
    fn every_value_comes_once_whatever_the_blocks_and_the_start() {
        for rate_hz in RATES_HZ {
            let resampler = Resampler::new(rate_hz, 24_000.0_f64.min(rate_hz));
            let whole = values(&resampler, 440.0, rate_hz, -1000..3000, 4000);
            assert!(whole.windows(2).all(|pair| pair[1].0 == pair[0].0 + 1), "{rate_hz}");
            assert_eq!(whole, values(&resampler, 440.0, rate_hz, -1000..3000, 7), "{rate_hz}");
            let later = values(&resampler, 440.0, rate_hz, 500..3000, 64);
            assert_eq!(later, whole[whole.len() - later.len()..], "{rate_hz}");
        }
    }

    #[test]
    fn a_position_of_many_years_does_no_harm() {
        let resampler = Resampler::new(384_000.0, 24_000.0);
        let far = 1_i64 << 52;
        assert_eq!(resampler.due(far..far + 64).1, 4);
        assert_eq!(resampler.due(-far..-far + 64).1, 4);
    }
}
