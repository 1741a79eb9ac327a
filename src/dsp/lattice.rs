//! Band-limited random curves with random access: cubic B-splines through random numbers on a lattice in time.
//!
//! In: a position on the song's time line. Out: the curve's value and slope there. The curve is a pure function of
//! (performance, stream, octave, position): nothing integrates, nothing depends on where playback began. It is smooth
//! (two continuous derivatives) and bounded, and its spectrum is known: `sinc⁸(f/R)/R` times that of the numbers.
//! Source: Unser, "Splines: a perfect fit for signal and image processing", IEEE SPM 16(6), 1999, §"B-splines"; Perlin,
//! "An image synthesizer", SIGGRAPH 1985, for lattice noise.

use super::noise::{Performance, Stream, noise};

/// The largest value that a curve through free numbers reaches: they are uniform in ±√3, and the splines sum to one.
/// Source: definition.
pub const BOUND: f64 = 1.732_050_807_568_877_2;

/// The rms of such a curve at any rate: the splines average numbers of unit variance. Source: computed from
/// [`autocorrelation`] at 0.
pub const RMS: f64 = 0.69;

/// A curve's value and slope at one place.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// The value, within ±[`Lattice::bound`].
    pub value: f64,
    /// Its rate of change, per second.
    pub slope_per_s: f64,
}

/// The largest value of a curve through even numbers. Source: computed from the spread.
const EVEN_BOUND: f64 = 1.0 + EVEN_SPREAD;
/// Even numbers differ in size by up to this share, so that no two swings are alike. Chosen: larger makes swings less
/// alike and the movement less steady, 0 makes them all the same size.
const EVEN_SPREAD: f64 = 0.15;
/// The value of an even number between two of the same sign, as a share of them. Source: computed from the condition
/// that the squares of the two steps beside it add up to what they do between numbers of different signs, `2·(1 − x)² =
/// 2²`.
const EVEN_MIDDLE: f64 = 1.0 - std::f64::consts::SQRT_2;

/// The kind of random numbers that a curve goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Numbers {
    /// Independent numbers.
    Free,
    /// Numbers chosen so that the two steps around any odd cell are together as large as around any other.
    Even,
}

impl Numbers {
    /// The numbers' power density at one frequency relative to that of independent numbers of unit variance; `turn` is
    /// `2πf/R`.
    ///
    /// It is the Fourier series of the numbers' correlation, without their small differences in size. At even cells
    /// signs are free; at odd cells they are free only where the neighbours differ, which half of them do. So the
    /// variance is `1/2 + (1 + x²)/4`, the covariance of neighbours `x/2` and of numbers two cells apart `x²/8`, with x
    /// = [`EVEN_MIDDLE`].
    fn density(self, turn: f64) -> f64 {
        let x = EVEN_MIDDLE;
        match self {
            Self::Free => 1.0,
            Self::Even => 0.75 + x * x / 4.0 + x * turn.cos() + x * x / 4.0 * (2.0 * turn).cos(),
        }
    }
}

/// One octave of random movement.
#[derive(Clone, Debug)]
pub struct Lattice {
    stream: Stream,
    numbers: Numbers,
    octave: u32,
    rate_hz: f64,
    /// The last two: the curve is read where it goes on, and in between somewhere ahead. The latest first.
    memos: [Option<Memo>; 2],
}

/// The four numbers around a position asked for. It is a cache of what [`noise`] gives and changes no result.
#[derive(Clone, Copy, Debug)]
struct Memo {
    performance: Performance,
    cell: i64,
    numbers: [f64; 4],
}

impl Lattice {
    /// A curve through `rate_hz` independent numbers a second. `octave` distinguishes the lattices of one stream.
    pub fn new(stream: Stream, octave: u32, rate_hz: f64) -> Self {
        Self { stream, numbers: Numbers::Free, octave, rate_hz, memos: [None; 2] }
    }

    /// The same through numbers that keep the curve moving: independent numbers sometimes all but stand still, and
    /// sometimes run one way for several cells. At four numbers a second, the slope's rms over one second varies by 20
    /// % from place to place, against 29 % with independent numbers; in notes of one second, in the drift band, by 17 %
    /// against 50 %. (Both are computed.)
    pub fn even(stream: Stream, octave: u32, rate_hz: f64) -> Self {
        Self { numbers: Numbers::Even, ..Self::new(stream, octave, rate_hz) }
    }

    /// The largest value that the curve reaches.
    pub fn bound(&self) -> f64 {
        match self.numbers {
            Numbers::Free => BOUND,
            Numbers::Even => EVEN_BOUND,
        }
    }

    /// Numbers per second.
    pub fn rate_hz(&self) -> f64 {
        self.rate_hz
    }

    /// The curve of `performance` at a song position. Realtime-safe.
    pub fn at(&mut self, performance: Performance, position_samples: i64, sample_rate_hz: f64) -> Point {
        let place = position_samples as f64 * self.rate_hz / sample_rate_hz;
        let cell = place.floor();
        let numbers = self.numbers(performance, cell as i64);
        spline(&numbers, place - cell, self.rate_hz)
    }

    fn numbers(&mut self, performance: Performance, cell: i64) -> [f64; 4] {
        let of = |memo: Option<Memo>, cell: i64| {
            memo.filter(|memo| memo.performance == performance && memo.cell == cell).map(|memo| memo.numbers)
        };
        if let Some(numbers) = of(self.memos[0], cell) {
            return numbers;
        }
        let number = |at: i64| self.number(performance, at);
        let [latest, earlier] = self.memos;
        // The curve goes on where it was read last, or earlier.
        let (numbers, kept) = if let Some(numbers) = of(earlier, cell) {
            (numbers, latest)
        } else if let Some([_, b, c, d]) = of(latest, cell - 1) {
            ([b, c, d, number(cell + 2)], earlier)
        } else if let Some([_, b, c, d]) = of(earlier, cell - 1) {
            ([b, c, d, number(cell + 2)], latest)
        } else {
            ([number(cell - 1), number(cell), number(cell + 1), number(cell + 2)], latest)
        };
        self.memos = [Some(Memo { performance, cell, numbers }), kept];
        numbers
    }

    fn number(&self, performance: Performance, cell: i64) -> f64 {
        let free = |cell: i64| noise(performance, self.stream, self.octave, cell);
        let here = free(cell);
        if self.numbers == Numbers::Free {
            return BOUND * here;
        }
        // The sign is one bit of the number, the size the next ones.
        let size = 1.0 + EVEN_SPREAD * (4.0 * here.abs() % 2.0 - 1.0);
        if cell % 2 == 0 {
            return size.copysign(here);
        }
        let [before, after] = [cell - 1, cell + 1].map(|cell| free(cell).signum());
        if before == after { EVEN_MIDDLE * before * size } else { size.copysign(here) }
    }

    /// Variance of the curve's slope within a band, per s².
    ///
    /// The one-sided spectrum of a curve is `2·sinc⁸(f/R)/R` (a cubic B-spline is four boxes convolved) times that of
    /// its numbers; the spectrum of its slope is that times `(2πf)²`. It is integrated by the trapezoidal rule.
    pub fn slope_variance_in_band(&self, band_hz: std::ops::Range<f64>) -> f64 {
        /// Steps of the integration. Chosen: exact to 1e-5 here; more costs time, fewer costs accuracy.
        const STEPS: u32 = 2000;
        let density = |f_hz: f64| {
            let x = std::f64::consts::PI * f_hz / self.rate_hz;
            let sinc = if x == 0.0 { 1.0 } else { x.sin() / x };
            let curve = self.numbers.density(2.0 * x) * 2.0 * sinc.powi(8) / self.rate_hz;
            (2.0 * std::f64::consts::PI * f_hz).powi(2) * curve
        };
        let step_hz = (band_hz.end - band_hz.start) / f64::from(STEPS);
        let inner: f64 = (1..STEPS).map(|step| density(band_hz.start + f64::from(step) * step_hz)).sum();
        (inner + (density(band_hz.start) + density(band_hz.end)) / 2.0) * step_hz
    }
}

/// The cubic B-spline through `numbers` (cells −1 to 2) at `u` in `0.0..1.0` of cell 0.
fn spline(numbers: &[f64; 4], u: f64, rate_hz: f64) -> Point {
    let v = 1.0 - u;
    let weights = [v * v * v, (3.0 * u - 6.0) * u * u + 4.0, (3.0 * v - 6.0) * v * v + 4.0, u * u * u];
    let slopes = [-3.0 * v * v, (9.0 * u - 12.0) * u, (12.0 - 9.0 * v) * v, 3.0 * u * u];
    let dot = |weights: [f64; 4]| numbers.iter().zip(weights).map(|(number, weight)| number * weight).sum::<f64>();
    Point { value: dot(weights) / 6.0, slope_per_s: dot(slopes) / 6.0 * rate_hz }
}

/// Correlation of a curve through free numbers with itself, `cells` lattice cells apart (not normalised: 0.479 at 0,
/// the variance).
///
/// It is the B-spline of degree 7, because correlating a cubic B-spline with itself convolves eight boxes.
pub fn autocorrelation(cells: f64) -> f64 {
    /// The coefficients of `(1 − z)⁸`, without their signs. Source: definition.
    const BINOMIAL_8: [f64; 9] = [1.0, 8.0, 28.0, 56.0, 70.0, 56.0, 28.0, 8.0, 1.0];
    /// 7!. Source: definition.
    const FACTORIAL_7: f64 = 5040.0;
    let term = |(k, binomial): (usize, f64)| {
        let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
        sign * binomial * (cells.abs() + 4.0 - k as f64).max(0.0).powi(7)
    };
    BINOMIAL_8.into_iter().enumerate().map(term).sum::<f64>() / FACTORIAL_7
}

#[cfg(test)]
mod tests {
    use super::*;

    const SINGER: Performance = Performance { seed: 3, take: 1 };
    const RATE_HZ: f64 = 48_000.0;

    fn curve(positions: impl Iterator<Item = i64>) -> Vec<Point> {
        let mut lattice = Lattice::new(Stream::Drift, 2, 4.0);
        positions.map(|position| lattice.at(SINGER, position, RATE_HZ)).collect()
    }

    #[test]
    fn the_order_of_asking_does_not_matter() {
        let forward = curve((-2000..2000).map(|k| k * 97));
        let mut backward = curve((-2000..2000).rev().map(|k| k * 97));
        backward.reverse();
        assert_eq!(forward, backward);
    }

    #[test]
    fn places_read_in_turns_are_as_if_each_were_read_alone() {
        let ahead = |k: i64| k * 997 + 30_000 + 12_000 * (k / 50 % 3);
        let (mut both, mut here, mut there) =
            (Lattice::even(Stream::Drift, 2, 4.0), curve_of(|k| k * 997), curve_of(ahead));
        for k in 0..400 {
            assert_eq!(both.at(SINGER, k * 997, RATE_HZ), here(k), "{k}");
            if k % 3 == 0 {
                assert_eq!(both.at(SINGER, ahead(k), RATE_HZ), there(k), "ahead of {k}");
            }
            let other = Performance { take: 2, ..SINGER };
            assert_ne!(both.at(other, k * 997, RATE_HZ), here(k), "{k} in another take");
        }
    }

    /// A curve that is made anew for each place.
    fn curve_of(place: impl Fn(i64) -> i64) -> impl FnMut(i64) -> Point {
        move |k| Lattice::even(Stream::Drift, 2, 4.0).at(SINGER, place(k), RATE_HZ)
    }

    #[test]
    fn the_slope_is_the_derivative() {
        let points = curve(0..20_000);
        for pair in points.windows(3) {
            let measured = (pair[2].value - pair[0].value) * RATE_HZ / 2.0;
            assert!((measured - pair[1].slope_per_s).abs() < 1e-3, "{measured} {pair:?}");
        }
    }

    #[test]
    fn moments_bound_and_correlation_are_the_splines() {
        let points = curve((0..400_000).map(|k| k * 600));
        let n = points.len() as f64;
        let mean = points.iter().map(|point| point.value).sum::<f64>() / n;
        let correlation = |lag: usize| {
            points.iter().zip(&points[lag..]).map(|(a, b)| a.value * b.value).sum::<f64>() / (n - lag as f64)
        };
        assert!(mean.abs() < 0.02, "{mean}");
        assert!(points.iter().all(|point| point.value.abs() <= BOUND));
        // 600 samples are a twentieth of a cell at 4 Hz.
        for (lag, cells) in [(0, 0.0), (10, 0.5), (20, 1.0), (40, 2.0), (80, 4.0)] {
            let (measured, expected) = (correlation(lag), autocorrelation(cells));
            assert!((measured - expected).abs() < 0.015, "{measured} {expected} at {cells} cells");
        }
        let slope = points.iter().map(|point| point.slope_per_s.powi(2)).sum::<f64>() / n;
        let expected = Lattice::new(Stream::Drift, 2, 4.0).slope_variance_in_band(0.0..60.0);
        assert!((slope / expected - 1.0).abs() < 0.03, "{slope} {expected}");
    }

    #[test]
    fn even_numbers_keep_a_curve_moving() {
        let rms_over_a_second = |mut lattice: Lattice| -> Vec<f64> {
            let mut squares = |from: i64| {
                let places = (from..from + 48_000).step_by(480);
                places.map(|at| lattice.at(SINGER, at, RATE_HZ).slope_per_s.powi(2)).sum::<f64>() / 100.0
            };
            (0..2000).map(|k| squares(k * 120_000).sqrt()).collect()
        };
        let spread = |found: &[f64]| {
            let n = found.len() as f64;
            let mean = found.iter().sum::<f64>() / n;
            (found.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt() / mean
        };
        let (free, even) = (Lattice::new(Stream::Drift, 2, 4.0), Lattice::even(Stream::Drift, 2, 4.0));
        let expected = even.slope_variance_in_band(0.0..60.0);
        let (free, even) = (rms_over_a_second(free), rms_over_a_second(even));
        assert!(spread(&even) < 0.7 * spread(&free), "{} of {}", spread(&even), spread(&free));
        let variance = even.iter().map(|x| x * x).sum::<f64>() / even.len() as f64;
        assert!((variance / expected - 1.0).abs() < 0.05, "{variance} and {expected}");
    }

    #[test]
    fn even_curves_stay_within_their_bound() {
        let mut lattice = Lattice::even(Stream::Drift, 2, 4.0);
        let far = (0..400_000).map(|k| lattice.at(SINGER, k * 600, RATE_HZ).value.abs()).fold(0.0, f64::max);
        assert!((0.9 * EVEN_BOUND..=EVEN_BOUND).contains(&far), "{far}");
    }
}
