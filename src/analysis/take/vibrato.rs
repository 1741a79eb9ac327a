//! Vibrato of the take: its rate, extent and regularity.
//!
//! In: the part of the pitch that is as fast as vibrato, window by window. Out: its cycles, and their means and
//! variation. A cycle is measured between zero crossings, so that each has its own rate and extent; a spectrum shows
//! only their mean. Source: Prame, "Measurements of the vibrato rate of ten singers", JASA 96, 1994, who measures
//! cycles too.

use std::f32::consts::PI;
use std::ops::Range;

use super::{FLUTTER_REACH, SWING_REACH};

/// Rates of singers' vibrato, Hz, with room on either side. Source: docs/voice.md, "Further reference values" (5.3–6.6;
/// the knob goes from 3 to 9).
const RATE_HZ: Range<f32> = 3.0..9.5;
/// Less is no vibrato, cents. Source: the limit of the reference statistics, 12, less what one cycle may fall short of
/// the mean.
const LEAST_EXTENT_CENTS: f32 = 9.0;
/// How many half cycles must follow each other before they count; irregular movement seldom has as many. Those before
/// the last of them give the rate alone: a vibrato often grows in them, which is no irregularity. Chosen: more misses
/// short vibratos, fewer finds vibrato in irregular movement.
const LEAST_HALF_CYCLES: u32 = 4;
/// The largest ratio of the durations of neighbouring half cycles. Chosen: larger finds vibrato in irregular movement,
/// smaller misses irregular vibrato.
const MOST_RATIO: f32 = 1.8;
/// The least share of the held singing that its cycles must fill, otherwise they are chance. Chosen: larger misses late
/// vibrato, smaller finds it by chance.
const LEAST_SHARE: f32 = 0.3;

/// A regular movement.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Vibrato {
    /// Cycles per second, mean.
    pub rate_hz: f32,
    /// From the middle to either side, cents, mean.
    pub extent_cents: f32,
    /// Standard deviation of the rate from cycle to cycle, as a share of its mean.
    pub rate_variation: f32,
    /// Standard deviation of the extent from cycle to cycle, as a share of its mean.
    pub extent_variation: f32,
    /// Duration of all its cycles, seconds: the rate is measured on these.
    pub cycles_s: f32,
    /// Duration of the cycles after it has grown, seconds: the extent is measured on these.
    pub settled_s: f32,
}

/// In so long a vibrato shows half of how it varies, as a variance, seconds: so few cycles that are alike do not make a
/// machine.
/// Measured: 0.5 for the rate and 0.9 for the depth of 60 irregular vibratos.
const HALF_SEEN_S: f32 = 0.7;

/// How much a vibrato varies, of which so much was read in so many seconds.
pub fn whole_variation(read: f32, seen_s: f32) -> f32 {
    read * (1.0 + HALF_SEEN_S / seen_s).sqrt()
}

impl Vibrato {
    /// Means and variation of the cycles in `held_s` seconds of held singing; `None` if they are too few.
    pub(super) fn of(sums: impl Iterator<Item = Sums>, held_s: f32) -> Option<Self> {
        let sum = sums.fold(Sums::default(), Sums::plus);
        if sum.n < 2.0 || sum.seconds < LEAST_SHARE * held_s {
            return None;
        }
        let (rate_hz, extent_cents) = (sum.rate / sum.n, sum.extent / sum.n_settled);
        let variation = |squares: f32, n: f32, mean: f32| (squares / n / mean.powi(2) - 1.0).max(0.0).sqrt();
        Some(Self {
            rate_hz,
            extent_cents,
            rate_variation: variation(sum.rate_squares, sum.n, rate_hz),
            extent_variation: variation(sum.extent_squares, sum.n_settled, extent_cents),
            cycles_s: sum.seconds,
            settled_s: sum.settled_s,
        })
    }
}

/// One cycle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cycle {
    rate_hz: f32,
    extent_cents: f32,
}

/// Sums over cycles.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    n: f32,
    seconds: f32,
    rate: f32,
    rate_squares: f32,
    n_settled: f32,
    settled_s: f32,
    extent: f32,
    extent_squares: f32,
}

impl Sums {
    /// Cycles come at every half cycle, so each counts with half of its time. One that has not settled has no extent.
    fn add(&mut self, cycle: Cycle, is_settled: bool) {
        let Cycle { rate_hz, extent_cents } = cycle;
        self.n += 1.0;
        self.seconds += 0.5 / rate_hz;
        self.rate += rate_hz;
        self.rate_squares += rate_hz * rate_hz;
        if is_settled {
            self.n_settled += 1.0;
            self.settled_s += 0.5 / rate_hz;
            self.extent += extent_cents;
            self.extent_squares += extent_cents * extent_cents;
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            n: self.n + other.n,
            seconds: self.seconds + other.seconds,
            rate: self.rate + other.rate,
            rate_squares: self.rate_squares + other.rate_squares,
            n_settled: self.n_settled + other.n_settled,
            settled_s: self.settled_s + other.settled_s,
            extent: self.extent + other.extent,
            extent_squares: self.extent_squares + other.extent_squares,
        }
    }
}

/// From one zero crossing to the next.
#[derive(Clone, Copy, Debug)]
struct HalfCycle {
    windows: f32,
    extent_cents: f32,
}

/// Finds cycles as they end.
#[derive(Clone, Debug)]
pub(super) struct CycleFinder {
    window_s: f32,
    last_cents: Option<f32>,
    /// Windows since the last zero crossing; `None` before the first, or when it is longer ago than any half cycle.
    since_crossing: Option<f32>,
    peak_cents: f32,
    before: Option<HalfCycle>,
    n_in_row: u32,
    /// Cycles of the current row while it is too short to count.
    waiting: Sums,
}

impl CycleFinder {
    pub(super) fn new(window_s: f32) -> Self {
        Self {
            window_s,
            last_cents: None,
            since_crossing: None,
            peak_cents: 0.0,
            before: None,
            n_in_row: 0,
            waiting: Sums::default(),
        }
    }

    /// Forgets the note.
    pub(super) fn reset(&mut self) {
        *self = Self::new(self.window_s);
    }

    /// Takes in the next window of a note. Returns the cycles found there.
    pub(super) fn hear(&mut self, cents: f32) -> Option<Sums> {
        let last_cents = self.last_cents.replace(cents)?;
        self.since_crossing = self.since_crossing.map(|windows| windows + 1.0);
        self.peak_cents = self.peak_cents.max(cents.abs());
        if (last_cents < 0.0) == (cents < 0.0) {
            self.give_up_if_too_long();
            return None;
        }
        // Time since the crossing, by linear interpolation.
        let ago = cents / (cents - last_cents);
        let half =
            self.since_crossing.map(|windows| HalfCycle { windows: windows - ago, extent_cents: self.peak_cents });
        (self.since_crossing, self.peak_cents) = (Some(ago), cents.abs());
        self.end_half_cycle(half)
    }

    fn give_up_if_too_long(&mut self) {
        let longest = 0.5 / (RATE_HZ.start * self.window_s);
        if self.since_crossing.is_some_and(|windows| windows > longest) {
            *self = Self { last_cents: self.last_cents, ..Self::new(self.window_s) };
        }
    }

    fn end_half_cycle(&mut self, half: Option<HalfCycle>) -> Option<Sums> {
        let before = std::mem::replace(&mut self.before, half);
        let (half, before) = (half?, before?);
        let rate_hz = 1.0 / ((half.windows + before.windows) * self.window_s);
        // The gain of the moving means for a movement of this rate.
        let gain = kept(rate_hz * self.window_s, FLUTTER_REACH) - kept(rate_hz * self.window_s, SWING_REACH);
        let cycle = Cycle { rate_hz, extent_cents: 0.5 * (half.extent_cents + before.extent_cents) / gain };
        let ratio = (half.windows / before.windows).max(before.windows / half.windows);
        let is_regular = RATE_HZ.contains(&rate_hz) && cycle.extent_cents >= LEAST_EXTENT_CENTS && ratio <= MOST_RATIO;
        self.n_in_row = if is_regular { self.n_in_row.saturating_add(1).min(LEAST_HALF_CYCLES) } else { 0 };
        if !is_regular {
            self.waiting = Sums::default();
            return None;
        }
        self.waiting.add(cycle, self.n_in_row >= LEAST_HALF_CYCLES);
        (self.n_in_row >= LEAST_HALF_CYCLES).then(|| std::mem::take(&mut self.waiting))
    }
}

/// The gain of a moving mean over `2 * reach + 1` windows for a sine of so many cycles per window.
fn kept(cycles: f32, reach: usize) -> f32 {
    let n = (2 * reach + 1) as f32;
    (PI * cycles * n).sin() / (n * (PI * cycles).sin())
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use super::*;
    use crate::analysis::grid::WINDOW_S;

    /// The cycles that are found in a swing.
    fn cycles(swing: impl Iterator<Item = f32>) -> Sums {
        let mut finder = CycleFinder::new(WINDOW_S);
        swing.filter_map(|cents| finder.hear(cents)).fold(Sums::default(), Sums::plus)
    }

    /// The cycles of a pitch that moves for some seconds.
    fn cycles_of(seconds: f32, cents: impl Fn(f32) -> f32) -> Sums {
        let mean = |middle: usize, reach: usize| {
            let around = middle - reach..=middle + reach;
            around.map(|k| cents(k as f32 * WINDOW_S)).sum::<f32>() / (2 * reach + 1) as f32
        };
        let windows = SWING_REACH..SWING_REACH + (seconds / WINDOW_S) as usize;
        cycles(windows.map(|k| mean(k, FLUTTER_REACH) - mean(k, SWING_REACH)))
    }

    fn read(seconds: f32, cents: impl Fn(f32) -> f32) -> Option<Vibrato> {
        Vibrato::of(std::iter::once(cycles_of(seconds, cents)), seconds)
    }

    /// Half cycles of these lengths, windows.
    fn halves(lens: &[usize]) -> impl Iterator<Item = f32> {
        lens.iter().enumerate().flat_map(|(n, len)| {
            let sign = if n % 2 == 0 { 40.0 } else { -40.0 };
            (0..*len).map(move |k| sign * (PI * (k as f32 + 0.5) / *len as f32).sin())
        })
    }

    fn sine(extent_cents: f32, rate_hz: f32) -> impl Fn(f32) -> f32 {
        move |time_s| extent_cents * (TAU * rate_hz * time_s).sin()
    }

    fn near(read: f32, wanted: f32, by: f32) -> bool {
        (read - wanted).abs() < by
    }

    #[test]
    fn a_regular_vibrato_is_read_as_it_is() {
        for (rate_hz, extent_cents) in [(4.0, 60.0), (5.5, 40.0), (7.0, 15.0)] {
            let read = read(4.0, sine(extent_cents, rate_hz)).expect("a vibrato");
            assert!(near(read.rate_hz, rate_hz, 0.01 * rate_hz), "{read:?}");
            assert!(near(read.extent_cents, extent_cents, 0.015 * extent_cents), "{read:?}");
            assert!(read.rate_variation < 0.02 && read.extent_variation < 0.02, "{read:?}");
            // Two cycles at its ends are not seen as a whole, and three half cycles more have not settled.
            assert!((4.0 - 2.0 / rate_hz..4.0).contains(&read.cycles_s), "{read:?}");
            assert!(near(read.cycles_s - read.settled_s, 1.5 / rate_hz, 0.01), "{read:?}");
        }
    }

    #[test]
    fn a_vibrato_that_wanders_is_read_as_irregular() {
        let wander = |time_s: f32| (0.5 * TAU * time_s).sin();
        let read_deep = read(8.0, |time_s| (1.0 + 0.3 * wander(time_s)) * sine(40.0, 5.5)(time_s)).expect("a vibrato");
        assert!(near(read_deep.extent_variation, 0.21, 0.03) && read_deep.rate_variation < 0.02, "{read_deep:?}");
        let fast = |time_s: f32| sine(40.0, 5.5)(time_s - 0.1 / (0.5 * TAU) * (0.5 * TAU * time_s).cos());
        let read_fast = read(8.0, fast).expect("a vibrato");
        assert!(near(read_fast.rate_variation, 0.071, 0.01) && read_fast.extent_variation < 0.05, "{read_fast:?}");
        assert!(near(read_fast.rate_hz, 5.5, 0.1) && near(read_deep.extent_cents, 40.0, 2.0));
    }

    #[test]
    fn what_is_too_slow_too_fast_or_too_small_is_no_vibrato() {
        for (rate_hz, extent_cents) in [(2.5, 60.0), (11.0, 60.0), (5.5, 6.0)] {
            assert_eq!(read(4.0, sine(extent_cents, rate_hz)), None, "{rate_hz} Hz");
        }
        assert!(read(4.0, sine(12.0, 5.5)).is_some());
    }

    #[test]
    fn half_cycles_that_differ_by_more_than_singers_do_are_none() {
        let found = |lens: [usize; 2]| cycles(halves(&lens.repeat(20))).n;
        assert!([[12, 18], [18, 12]].map(found).iter().all(|n| *n >= 36.0));
        assert_eq!([[10, 22], [22, 10]].map(found), [0.0; 2]);
    }

    #[test]
    fn a_swing_that_touches_its_middle_crosses_it_once() {
        // Triangles of 32 windows, which are exactly 0 at their middles.
        let triangle = |k: i32| 8.0 * (8 - ((k + 8) % 32 - 16).abs()) as f32;
        let found = cycles((1..=320).map(triangle));
        assert!(found.n == 18.0 && near(found.rate / found.n, 1.0 / (32.0 * WINDOW_S), 0.01), "{found:?}");
    }

    #[test]
    fn half_cycles_wait_until_enough_are_in_a_row() {
        let mut finder = CycleFinder::new(WINDOW_S);
        let swing = (0..160).map(|k| 40.0 * (TAU * (k as f32 + 0.5) / 32.0).sin());
        let found: Vec<f32> = swing.filter_map(|cents| finder.hear(cents)).map(|found| found.n).collect();
        assert_eq!(found, [4.0, 1.0, 1.0, 1.0]);
        // Half a cycle that is slower than any singer's begins another row, though the whole one would not be too slow.
        let slow_one = [[25; 6].as_slice(), &[34], &[25; 7]].concat();
        assert_eq!([cycles(halves(&[25; 14])).n, cycles(halves(&slow_one)).n], [11.0, 9.0]);
    }

    #[test]
    fn a_few_cycles_in_long_singing_are_chance() {
        let two_seconds = cycles_of(2.0, sine(40.0, 5.5));
        let of = |n: usize, held_s: f32| Vibrato::of(std::iter::repeat_n(two_seconds, n), held_s);
        assert!(of(1, 4.0).is_some() && of(1, 10.0).is_none() && of(0, 0.0).is_none());
        let [once, twice] = [of(1, 4.0), of(2, 4.0)].map(|read| read.expect("a vibrato"));
        assert!(near(twice.cycles_s, 2.0 * once.cycles_s, 0.01) && near(twice.settled_s, 2.0 * once.settled_s, 0.01));
        assert!(near(twice.rate_hz, once.rate_hz, 0.01) && near(twice.extent_cents, once.extent_cents, 0.1));
    }

    #[test]
    fn a_short_vibrato_varies_more_than_it_shows() {
        let [seen, long] = [HALF_SEEN_S, 1000.0].map(|seen_s| whole_variation(0.2, seen_s));
        assert!(near(seen.powi(2), 2.0 * 0.04, 1e-4) && near(long, 0.2, 1e-3));
    }
}
