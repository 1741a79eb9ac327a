//! The recent past of a signal, one ring for all channels, readable as contiguous windows.
//!
//! In: runs of samples by absolute index. Out: any window of the last [`History::capacity_samples`]. Each ring is
//! stored twice, end to end, so that every window is one plain slice.

/// `[channel]` rings of samples addressed by absolute index.
#[derive(Clone, Debug)]
pub struct History {
    rings: Vec<Vec<f32>>,
    capacity: usize,
    /// Absolute index of the sample after the newest; `None` before the first.
    next: Option<i64>,
}

impl History {
    /// Filled with silence, for at least `min_capacity_samples`. Allocates.
    pub fn new(n_channels: usize, min_capacity_samples: usize) -> Self {
        let capacity = min_capacity_samples.next_power_of_two();
        Self { rings: vec![vec![0.0; 2 * capacity]; n_channels], capacity, next: None }
    }

    /// Sets everything to silence.
    pub fn clear(&mut self) {
        self.rings.iter_mut().for_each(|ring| ring.fill(0.0));
        self.next = None;
    }

    /// How many samples back a window may reach.
    pub fn capacity_samples(&self) -> usize {
        self.capacity
    }

    /// Number of channels.
    pub fn n_channels(&self) -> usize {
        self.rings.len()
    }

    /// Stores what `sample` makes of each of `samples`, from absolute index `first` on; at most the capacity.
    #[inline]
    pub fn write_all(&mut self, channel: usize, first: i64, samples: &[f32], mut sample: impl FnMut(f32) -> f32) {
        debug_assert!(samples.len() <= self.capacity);
        let at = self.slot(first);
        let (before, behind) = samples.split_at(samples.len().min(self.capacity - at));
        let (once, again) = self.rings[channel].split_at_mut(self.capacity);
        for (at, samples) in [(at, before), (0, behind)] {
            let stored = &mut once[at..at + samples.len()];
            stored.iter_mut().zip(samples).for_each(|(stored, new)| *stored = sample(*new));
            again[at..at + samples.len()].copy_from_slice(stored);
        }
        if !samples.is_empty() {
            self.next = Some(first + samples.len() as i64);
        }
    }

    /// Whether `len` samples from absolute index `first` on have come in and are still there.
    pub fn holds(&self, first: i64, len: usize) -> bool {
        self.next.is_none_or(|next| first + len as i64 <= next && first >= next - self.capacity as i64)
    }

    /// `len` samples from absolute index `first` on; `len` is at most the capacity.
    #[inline]
    pub fn window(&self, channel: usize, first: i64, len: usize) -> &[f32] {
        debug_assert!(len <= self.capacity);
        let at = self.slot(first);
        &self.rings[channel][at..at + len]
    }

    #[inline]
    fn slot(&self, index: i64) -> usize {
        // The capacity is a power of two, so this is the remainder, also for negative indices.
        index as usize & (self.capacity - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_cross_the_seam_and_negative_indices() {
        let mut history = History::new(1, 16);
        for index in -40..40 {
            history.write_all(0, index, &[index as f32], |sample| sample);
            let first = index - 15;
            if first >= -40 {
                let expected: Vec<f32> = (first..=index).map(|i| i as f32).collect();
                assert_eq!(history.window(0, first, 16), expected);
            }
        }
    }

    #[test]
    fn many_at_once_are_stored_as_one_by_one() {
        let samples: Vec<f32> = (0..11).map(|k| k as f32).collect();
        for first in -20..20 {
            let [mut one_by_one, mut at_once] = [History::new(2, 16), History::new(2, 16)];
            (first..)
                .zip(&samples)
                .for_each(|(index, sample)| one_by_one.write_all(1, index, &[*sample], |sample| -sample));
            at_once.write_all(1, first, &samples, |sample| -sample);
            let kept = |history: &History| (history.rings.clone(), history.next);
            assert_eq!(kept(&at_once), kept(&one_by_one), "from {first}");
        }
    }

    #[test]
    fn it_knows_what_it_holds() {
        let mut history = History::new(1, 16);
        (0..40).for_each(|index| history.write_all(0, index, &[1.0], |sample| sample));
        assert!(history.holds(24, 16) && history.holds(39, 1));
        assert!(!history.holds(23, 1), "gone");
        assert!(!history.holds(39, 2), "not yet there");
    }
}
