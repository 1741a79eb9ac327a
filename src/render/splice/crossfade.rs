//! The crossfade from where the pointer was to where it is.
//!
//! In: how far the pointer stepped, over how many samples to fade, how alike the two places are. Out: the shares of
//! both, sample by sample. A raised cosine; where the two places are unlike, both shares are raised so that the power
//! stays: two independent noises of equal power would lose 3 dB in the middle.

/// A crossfade under way, or over.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Crossfade {
    length_samples: usize,
    left_samples: usize,
    offset_samples: f64,
    correlation: f64,
}

impl Crossfade {
    /// From a pointer that lies `offset_samples` from the new one, over `length_samples`, between sounds of this
    /// correlation (`0..=1`; less counts as none).
    pub(crate) fn new(offset_samples: f64, length_samples: usize, correlation: f64) -> Self {
        let correlation = correlation.clamp(0.0, 1.0);
        Self { length_samples, left_samples: length_samples, offset_samples, correlation }
    }

    /// Where the old pointer lies, samples from the new one.
    pub(crate) fn offset_samples(&self) -> f64 {
        self.offset_samples
    }

    /// Samples still to fade.
    pub(crate) fn left_samples(&self) -> usize {
        self.left_samples
    }

    /// So many samples are rendered.
    pub(crate) fn pass(&mut self, n_samples: usize) {
        self.left_samples = self.left_samples.saturating_sub(n_samples);
    }

    /// Shares of the new and the old pointer, `step` samples from now.
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
