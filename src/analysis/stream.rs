//! A signal that the analysis keeps for some time, on a grid of its own.
//!
//! In: values, each with its number on the song's grid and its position in the input. Out: stretches around any moment
//! of the recent past. A stereo input is kept as two views, the half-sum and the half-difference of its channels, and
//! each stretch is read from one of them.

use crate::dsp::history::History;

/// Views of a stereo input: half-sum and half-difference. Source: definition.
pub(super) const N_VIEWS: usize = 2;

/// Smaller values become zero. Chosen: −180 dBFS; products of smaller values would be denormal numbers, which are slow.
const SILENCE: f32 = 1e-9;

/// A signal at a rate of its own.
#[derive(Clone)]
pub(super) struct Stream {
    values: History,
    /// Input samples per value.
    step: f64,
    n_values: i64,
    /// Number of values at the end of the current window.
    mark: i64,
    newest_number: i64,
    /// Absolute index of the newest value's position in the input.
    newest_index: f64,
    view: usize,
}

impl Stream {
    /// With room for `capacity` values, `step` input samples apart. Allocates.
    pub(super) fn new(step: f64, capacity: usize) -> Self {
        let values = History::new(N_VIEWS, capacity);
        Self { values, step, n_values: 0, mark: 0, newest_number: 0, newest_index: 0.0, view: 0 }
    }

    pub(super) fn reset(&mut self) {
        self.values.clear();
        (self.n_values, self.mark, self.newest_number, self.newest_index, self.view) = (0, 0, 0, 0.0, 0);
    }

    /// Adds values of consecutive numbers on the grid, `[view][value]`, the last of which is `number` at absolute index
    /// `index`. Views that are left out stay silent.
    pub(super) fn push_all(&mut self, number: i64, index: f64, views: &[&[f32]]) {
        for (view, values) in views.iter().enumerate() {
            let audible = |value: f32| if value.abs() < SILENCE { 0.0 } else { value };
            self.values.write_all(view, self.n_values, values, audible);
        }
        self.n_values += views.first().map_or(0, |values| values.len()) as i64;
        (self.newest_number, self.newest_index) = (number, index);
    }

    /// A window ends with the newest value: [`Self::newest`] and [`Self::centred`] count from here.
    pub(super) fn mark_window(&mut self) {
        self.mark = self.n_values;
    }

    /// Stretches are read from this view from now on.
    pub(super) fn set_view(&mut self, view: usize) {
        self.view = view.min(N_VIEWS - 1);
    }

    /// Number of values at the end of the current window.
    pub(super) fn n_until_window(&self) -> usize {
        usize::try_from(self.mark).unwrap_or(0)
    }

    /// Absolute index of the position so many values before the window's end.
    pub(super) fn index_before_end(&self, n_values: usize) -> f64 {
        let behind = (self.n_values - self.mark) as f64 + n_values as f64 - 0.5;
        self.newest_index - behind * self.step
    }

    /// Input samples per value.
    pub(super) fn step(&self) -> f64 {
        self.step
    }

    /// `len` values of a view from a number on the grid on, none of them after the newest.
    pub(super) fn starting_at(&self, view: usize, number: i64, len: usize) -> &[f32] {
        self.values.window(view, self.n_values - 1 - (self.newest_number - number), len)
    }

    /// `len` values around absolute index `middle` of the input; the newest ones where that would reach beyond them.
    pub(super) fn around(&self, middle: i64, len: usize) -> &[f32] {
        let behind = ((self.newest_index - middle as f64) / self.step).round() as i64;
        let first = self.n_values - 1 - behind - (len / 2) as i64;
        self.values.window(self.view, first.min(self.n_values - len as i64), len)
    }

    /// `len` values around the one so many before the window's end. Any after the newest are stale: the caller must not
    /// use them.
    pub(super) fn centred(&self, before_end: usize, len: usize) -> &[f32] {
        self.values.window(self.view, self.mark - (before_end + len / 2) as i64, len)
    }

    /// The last `len` values before the window's end.
    pub(super) fn newest(&self, len: usize) -> &[f32] {
        self.values.window(self.view, self.mark - len as i64, len)
    }
}
