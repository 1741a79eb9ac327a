//! What two renderings of one song have in common.
//!
//! In: `[channel][sample]`. Out: where they differ and by how much.

/// How two renderings differ, sample by sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Difference {
    /// Positions at which a channel differs.
    pub(super) n_samples: usize,
    /// The first of them and the last.
    pub(super) places: Option<(usize, usize)>,
    /// Power of the difference against that of the second rendering, dB.
    pub(super) residual_db: f64,
}

impl Difference {
    /// Of two renderings; those of unequal length differ in what the shorter one lacks. Zeros of either sign are equal,
    /// because a host's mixer knows only one.
    pub(super) fn new(a: &[Vec<f32>], b: &[Vec<f32>]) -> Self {
        let n_samples = a.iter().chain(b).map(Vec::len).max().unwrap_or(0);
        let n_channels = a.len().max(b.len());
        let sample = |channels: &[Vec<f32>], channel: usize, n: usize| channels.get(channel)?.get(n).copied();
        let mut found = Self { n_samples: 0, places: None, residual_db: f64::NEG_INFINITY };
        let (mut error, mut power) = (0.0, 0.0);
        for n in 0..n_samples {
            let pairs = (0..n_channels).map(|channel| (sample(a, channel, n), sample(b, channel, n)));
            let mut is_different = false;
            for (a, b) in pairs {
                is_different |= a != b;
                let [a, b] = [a, b].map(|sample| f64::from(sample.unwrap_or(0.0)));
                error += (a - b).powi(2);
                power += b.powi(2);
            }
            if is_different {
                found.n_samples += 1;
                found.places = Some((found.places.map_or(n, |(first, _)| first), n));
            }
        }
        if error > 0.0 {
            found.residual_db = 10.0 * (error / power).log10();
        }
        found
    }

    /// Whether there is none.
    pub(super) fn is_none(&self) -> bool {
        self.places.is_none()
    }

    /// For a person.
    pub(super) fn text(&self, rate_hz: u32) -> String {
        let Some((first, last)) = self.places else { return "0 samples differ".to_owned() };
        let [first_s, last_s] = [first, last].map(|n| n as f64 / f64::from(rate_hz));
        format!(
            "{} samples differ, from {first} ({first_s:.3} s) to {last} ({last_s:.3} s); residual {:.1} dB",
            self.n_samples, self.residual_db
        )
    }
}

/// How many samples later a passage of `input` comes in `output`, to the bit; `None` where it does not come within
/// `most` samples to either side.
pub(super) fn delay(output: &[f32], input: &[f32], passage: std::ops::Range<usize>, most: usize) -> Option<i64> {
    let wanted = input.get(passage.clone())?;
    let found = |delay: &i64| {
        let start = usize::try_from(passage.start as i64 + delay).ok();
        start.and_then(|start| output.get(start..start + wanted.len())) == Some(wanted)
    };
    let most = most as i64;
    // The nearest first.
    (0..=most).flat_map(|distance| [distance, -distance]).find(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_difference_are_found_in_any_channel() {
        let a = vec![vec![0.0, 1.0, 0.0, 0.0], vec![0.0, 0.0, 0.0, 0.0]];
        let mut b = a.clone();
        assert!(Difference::new(&a, &b).is_none());
        b[0][1] = 0.9;
        b[1][2] = 0.1;
        let found = Difference::new(&b, &a);
        assert_eq!((found.n_samples, found.places), (2, Some((1, 2))));
        // 0.01 and 0.01 of 1.
        assert!((found.residual_db + 16.99).abs() < 0.01, "{}", found.residual_db);
    }

    #[test]
    fn missing_samples_and_nan_differ_and_zeros_of_either_sign_do_not() {
        assert!(Difference::new(&[vec![0.0]], &[vec![-0.0]]).is_none());
        assert!(!Difference::new(&[vec![f32::NAN]], &[vec![f32::NAN]]).is_none());
        assert_eq!(Difference::new(&[vec![1.0, 0.0]], &[vec![1.0]]).places, Some((1, 1)));
        assert_eq!(Difference::new(&[vec![1.0], vec![1.0]], &[vec![1.0]]).places, Some((0, 0)));
    }

    #[test]
    fn a_delay_is_found_to_either_side_and_not_beyond() {
        let input: Vec<f32> = (0..100).map(|n| (n as f32 * 1.7).sin()).collect();
        for shift in [0_i64, 3, -7] {
            let output: Vec<f32> = (0..100)
                .map(|n| usize::try_from(n - shift).ok().and_then(|n| input.get(n)).map_or(0.0, |&x| x))
                .collect();
            assert_eq!(delay(&output, &input, 40..60, 10), Some(shift));
            assert_eq!(delay(&output, &input, 40..60, 2), (shift == 0).then_some(0));
        }
        assert_eq!(delay(&input, &input, 90..120, 10), None, "there is no such passage");
    }
}
