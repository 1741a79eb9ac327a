//! The crossfade from the pointer's old position to its new one.
//!
//! In: how far the pointer stepped, over how many samples to fade, the correlation of the two positions. Out: the gains
//! of both, sample by sample. It is a raised cosine; where the two positions are unlike, both gains are raised so that
//! the power stays the same: two independent noises of equal power would lose 3 dB in the middle.

/// A crossfade, in progress or finished.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Crossfade {
    length_samples: usize,
    left_samples: usize,
    offset_samples: f64,
    correlation: f64,
}

impl Crossfade {
    /// From a pointer that is `offset_samples` from the new one, over `length_samples`, between sounds of this
    /// correlation (`0..=1`; less counts as none).
    pub(crate) fn new(offset_samples: f64, length_samples: usize, correlation: f64) -> Self {
        let correlation = correlation.clamp(0.0, 1.0);
        Self { length_samples, left_samples: length_samples, offset_samples, correlation }
    }

    /// The old pointer's offset from the new one, samples.
    pub(crate) fn offset_samples(&self) -> f64 {
        self.offset_samples
    }

    /// Samples still to fade.
    pub(crate) fn left_samples(&self) -> usize {
        self.left_samples
    }

    /// Advances by so many rendered samples.
    pub(crate) fn pass(&mut self, n_samples: usize) {
        self.left_samples = self.left_samples.saturating_sub(n_samples);
    }

    /// Gains of the new and the old pointer, `step` samples from now.
    pub(crate) fn shares(&self, step: usize) -> [f32; 2] {
        let left = ((self.left_samples - step) as f64 - 0.5) / self.length_samples as f64;
        let old = 0.5 - 0.5 * (std::f64::consts::PI * left).cos();
        let new = 1.0 - old;
        let gain = 1.0 / (1.0 - 2.0 * (1.0 - self.correlation) * old * new).sqrt();
        [(gain * new) as f32, (gain * old) as f32]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_go_from_old_to_new_and_keep_the_power() {
        for correlation in [-0.5, 0.0, 0.7, 1.0] {
            let fade = Crossfade::new(3.0, 200, correlation);
            let alike = correlation.max(0.0);
            let mut last = 0.0;
            for step in 0..200 {
                let [new, old] = fade.shares(step).map(f64::from);
                assert!((new * new + old * old + 2.0 * alike * new * old - 1.0).abs() < 1e-6, "{step}");
                assert!(new >= last, "{step}");
                last = new;
            }
            assert!(fade.shares(0)[0] < 1e-4 && fade.shares(199)[1] < 1e-4);
        }
    }
}
