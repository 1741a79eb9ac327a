//! How an inhalation swells and ends.
//!
//! In: when it begins and is to end, where in it one is. Out: its amplitude, 0 to 1. It rises slowly and ends quickly
//! (docs/design.md §7); its end may still move until it comes, because only then it is known when the phrase begins.

/// It ends within this, seconds. Source: docs/design.md §7.
const END_S: f64 = 0.040;
/// It ends in no less than this, seconds, where the voice comes unforeseen. Chosen: shorter is a click.
const LEAST_END_S: f64 = 0.008;

/// How slowly it begins: the power of a quarter of a sine. Chosen: at 2 the first fifth of it would not be heard.
const RISE_POWER: f64 = 1.4;

/// The swelling of one inhalation. Places are song positions of the output.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Contour {
    start: i64,
    rise_samples: f64,
    end_from: i64,
    end: i64,
}

impl Contour {
    /// From `start` to `end`; rises over the given share of that.
    pub(super) fn new(start: i64, end: i64, rise_share: f64, sample_rate_hz: f64) -> Self {
        let rise_samples = (end - start) as f64 * rise_share;
        Self { start, rise_samples, end_from: end - (END_S * sample_rate_hz) as i64, end }
    }

    pub(super) fn start(&self) -> i64 {
        self.start
    }

    pub(super) fn end(&self) -> i64 {
        self.end
    }

    /// Whether it still rises at an index.
    pub(super) fn is_rising(&self, index: i64) -> bool {
        ((index - self.start) as f64) < self.rise_samples
    }

    /// Lets it end elsewhere, if it is not ending yet at `now`; it takes at least a few ms to end.
    pub(super) fn end_at(&mut self, end: i64, now: i64, sample_rate_hz: f64) {
        if now < self.end_from {
            self.end = end.max(now + (LEAST_END_S * sample_rate_hz) as i64);
            self.end_from = (self.end - (END_S * sample_rate_hz) as i64).max(now);
        }
    }

    /// Lets it end no later than `end`, or as soon as can be.
    pub(super) fn cut(&mut self, end: i64, now: i64, sample_rate_hz: f64) {
        if end < self.end {
            self.end_at(end, now, sample_rate_hz);
        }
    }

    /// Its amplitude at an index.
    pub(super) fn at(&self, index: i64) -> f64 {
        if !(self.start..self.end).contains(&index) {
            return 0.0;
        }
        let eased = |share: f64, power: f64| (std::f64::consts::FRAC_PI_2 * share.clamp(0.0, 1.0)).sin().powf(power);
        let rise = eased((index - self.start) as f64 / self.rise_samples.max(1.0), RISE_POWER);
        let left = (self.end - index) as f64 / (self.end - self.end_from).max(1) as f64;
        rise * eased(left, 2.0)
    }

    /// The rms of its amplitude.
    pub(super) fn rms(&self) -> f64 {
        // Chosen: 64 places are exact to a hundredth of a dB.
        const N: i64 = 64;
        let len = self.end - self.start;
        let square = |k: i64| self.at(self.start + (2 * k + 1) * len / (2 * N)).powi(2);
        ((0..N).map(square).sum::<f64>() / N as f64).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: f64 = 48_000.0;

    #[test]
    fn it_rises_slowly_and_ends_in_forty_ms() {
        let contour = Contour::new(1000, 21_000, 0.6, RATE_HZ);
        assert_eq!((contour.at(1000), contour.at(21_000)), (0.0, 0.0));
        assert!(contour.at(7000) < 0.65 && contour.at(14_000) > 0.99);
        assert!(contour.at(21_000 - 1920) > 0.99 && (contour.at(21_000 - 960) - 0.5).abs() < 0.01);
        let steps = (1000..21_000).map(|at| (contour.at(at + 1) - contour.at(at)).abs());
        assert!(steps.fold(0.0, f64::max) < 1e-3);
    }

    #[test]
    fn an_end_may_move_until_it_comes() {
        let mut contour = Contour::new(0, 20_000, 0.6, RATE_HZ);
        let before = contour.at(15_000);
        contour.end_at(24_000, 15_000, RATE_HZ);
        assert_eq!((contour.end(), contour.at(15_000)), (24_000, before));
        contour.cut(15_100, 15_000, RATE_HZ);
        assert_eq!(contour.end(), 15_384, "in no less than 8 ms");
        contour.end_at(30_000, 15_200, RATE_HZ);
        assert_eq!(contour.end(), 15_384, "not any more");
    }
}
