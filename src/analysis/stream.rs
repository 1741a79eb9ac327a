//! A decimated copy of the input that grows hop by hop.
//!
//! In: complete hops. Out: stretches around any moment of the recent past, in the copy's own samples. Values are
//! taken at whole multiples of the factor on the song's time line, so they are the same from any start.

use crate::dsp::decimate::Decimator;
use crate::dsp::history::History;

use super::Heard;

/// The input at a lower rate.
#[derive(Clone)]
pub(super) struct Stream {
    decimator: Decimator,
    values: History,
    n_values: i64,
}

impl Stream {
    /// One of `factor` samples, with room for `capacity` values. Allocates.
    pub(super) fn new(factor: usize, capacity: usize) -> Self {
        Self { decimator: Decimator::new(factor), values: History::new(1, capacity), n_values: 0 }
    }

    pub(super) fn reset(&mut self) {
        self.values.clear();
        self.n_values = 0;
    }

    /// Adds the values that fall into a hop.
    pub(super) fn hear(&mut self, history: &History, heard: Heard) {
        let factor = self.decimator.factor();
        // Values end where the sample behind is a multiple of the factor.
        let first_step = factor - 1 - heard.position_samples.rem_euclid(factor as i64) as usize;
        for step in (first_step..heard.len).step_by(factor) {
            self.values.write(0, self.n_values, self.decimator.value(history, heard.first + step as i64));
            self.n_values += 1;
        }
    }

    /// `len` values around absolute input index `middle`, when the input up to `end` has been heard; the newest where
    /// that would reach beyond them.
    pub(super) fn around(&self, middle: i64, end: i64, len: usize) -> &[f32] {
        let behind = (end - 1 - self.decimator.delay_samples() as i64 - middle) / self.decimator.factor() as i64;
        let first = self.n_values - 1 - behind - (len / 2) as i64;
        self.values.window(0, first.min(self.n_values - len as i64), len)
    }

    /// `len` values around the one so many before the end. What lies beyond the newest is old: the caller must not
    /// use it.
    pub(super) fn centred(&self, before_end: usize, len: usize) -> &[f32] {
        self.values.window(0, self.n_values - (before_end + len / 2) as i64, len)
    }

    /// The newest `len` values.
    pub(super) fn newest(&self, len: usize) -> &[f32] {
        self.values.window(0, self.n_values - len as i64, len)
    }

    /// Samples of the input per value.
    pub(super) fn factor(&self) -> usize {
        self.decimator.factor()
    }

    /// How much older than the newest input sample a value is, samples.
    pub(super) fn delay_samples(&self) -> usize {
        self.decimator.delay_samples()
    }
}
