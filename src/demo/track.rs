//! A control value over time: keys joined by smooth ramps.
//!
//! In: keys in order of time. Out: the value at any time. Between two keys the value moves along a smoothstep, whose
//! slope is zero at both ends, so that neither formants nor levels have corners that could be heard as clicks.

/// Values that can be interpolated.
pub(super) trait Mix: Copy + PartialEq {
    /// The value `amount` (0 to 1) of the way from `self` to `other`.
    fn mix(self, other: Self, amount: f64) -> Self;
}

impl Mix for f64 {
    fn mix(self, other: Self, amount: f64) -> Self {
        self + (other - self) * amount
    }
}

/// A frequency, which moves along the logarithmic scale of pitch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Hertz(pub(super) f64);

impl Mix for Hertz {
    fn mix(self, other: Self, amount: f64) -> Self {
        Self(self.0 * (other.0 / self.0).powf(amount))
    }
}

/// A value over time; constant before the first key and after the last.
#[derive(Clone)]
pub(super) struct Track<T> {
    keys: Vec<(f64, T)>,
    before: T,
}

impl<T: Mix> Track<T> {
    /// A track that is `value` at all times until keys are set.
    pub(super) fn constant(value: T) -> Self {
        Self { keys: Vec::new(), before: value }
    }

    /// Sets a key. One before the last key is moved onto it: where phonemes are crowded the later one wins, possibly by
    /// a jump, and time never runs backwards.
    pub(super) fn key(&mut self, time_s: f64, value: T) {
        let earliest_s = self.keys.last().map_or(f64::NEG_INFINITY, |&(last_s, _)| last_s);
        self.keys.push((time_s.max(earliest_s), value));
    }

    /// Sets a key at each time (in seconds) of a list.
    pub(super) fn keys<const N: usize>(&mut self, keys: [(f64, T); N]) {
        keys.into_iter().for_each(|(time_s, value)| self.key(time_s, value));
    }

    /// Jumps to `value` at `time_s`, holding the value before until then.
    pub(super) fn jump(&mut self, time_s: f64, value: T) {
        let held = self.last();
        self.keys([(time_s, held), (time_s, value)]);
    }

    /// The value that the track ends with.
    pub(super) fn last(&self) -> T {
        self.keys.last().map_or(self.before, |&(_, value)| value)
    }

    /// The value at `time_s`.
    pub(super) fn at(&self, time_s: f64) -> T {
        let next = self.keys.partition_point(|&(key_s, _)| key_s <= time_s);
        let Some(&(start_s, start)) = next.checked_sub(1).and_then(|last| self.keys.get(last)) else {
            return self.keys.first().map_or(self.before, |&(_, value)| value);
        };
        let Some(&(end_s, end)) = self.keys.get(next) else { return start };
        // Equal keys give exactly that value, so that a held note is constant to the last bit.
        if start == end {
            return start;
        }
        let x = (time_s - start_s) / (end_s - start_s);
        start.mix(end, x * x * (3.0 - 2.0 * x))
    }
}

impl Track<f64> {
    /// The stretches, as start and end in seconds, in which the value is above zero.
    pub(super) fn active_spans(&self) -> Vec<(f64, f64)> {
        let mut spans: Vec<(f64, f64)> = Vec::new();
        for pair in self.keys.windows(2) {
            let ((start_s, start), (end_s, end)) = (pair[0], pair[1]);
            if end_s <= start_s || (start <= 0.0 && end <= 0.0) {
                continue;
            }
            match spans.last_mut() {
                Some(last) if last.1 >= start_s => last.1 = end_s,
                _ => spans.push((start_s, end_s)),
            }
        }
        spans
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_through_its_keys_and_holds_outside() {
        let mut track = Track::constant(7.0);
        assert_eq!(track.at(3.0), 7.0);
        track.keys([(1.0, 2.0), (2.0, 4.0)]);
        assert_eq!(
            [track.at(0.0), track.at(1.0), track.at(1.5), track.at(2.0), track.at(9.0)],
            [2.0, 2.0, 3.0, 4.0, 4.0]
        );
    }

    #[test]
    fn a_jump_has_no_ramp_and_a_late_key_moves_forward() {
        let mut track = Track::constant(0.0);
        track.key(0.0, 1.0);
        track.jump(5.0, 2.0);
        assert_eq!([track.at(4.999), track.at(5.0)], [1.0, 2.0]);
        track.key(4.0, 3.0);
        assert_eq!(track.at(5.0), 3.0);
    }

    #[test]
    fn finds_where_it_is_active() {
        let mut track = Track::constant(0.0);
        track.keys([(1.0, 0.0), (1.1, 1.0), (2.0, 1.0), (2.1, 0.0), (3.0, 0.0), (3.5, 0.5), (4.0, 0.0)]);
        assert_eq!(track.active_spans(), [(1.0, 2.1), (3.0, 4.0)]);
    }
}
