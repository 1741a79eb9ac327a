//! The range of an axis: grows at once with its content, shrinks only after a margin, and glides from one to the other.
//!
//! In: the largest visible value, frame by frame. Out: the round value to mark, and the one to draw with.

/// A smaller range is taken only once the content fills less than this share of it. Chosen: larger lets the axis change
/// often, smaller keeps it too large.
const SHRINK_SHARE: f32 = 0.8;
/// Speed of the glide to a new range, per second. Chosen: larger is more abrupt, smaller lags behind.
const GLIDE_PER_S: f32 = 7.0;

/// The range of one axis, in the axis' unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct AxisRange {
    choices: &'static [f32],
    marked: f32,
    drawn: f32,
}

impl AxisRange {
    /// An axis that shows one of these ranges, the second one at first. They must ascend, and be at least two.
    pub(super) const fn of(choices: &'static [f32]) -> Self {
        Self { choices, marked: choices[1], drawn: choices[1] }
    }

    /// Takes the smallest range that holds `largest`; the present one is kept until a smaller one holds it with the
    /// margin.
    pub(super) fn fit(&mut self, largest: f32, elapsed_s: f32) {
        let share = |range: f32| if range < self.marked { SHRINK_SHARE } else { 1.0 };
        let fitting = self.choices.iter().find(|range| largest <= **range * share(**range));
        self.marked = fitting.or(self.choices.last()).copied().unwrap_or(self.marked);
        self.drawn += (self.marked - self.drawn) * (1.0 - (-GLIDE_PER_S * elapsed_s).exp());
    }

    /// The round value to mark.
    pub(super) fn marked(&self) -> f32 {
        self.marked
    }

    /// The value at the range's end as it is drawn now.
    pub(super) fn drawn(&self) -> f32 {
        self.drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_grows_at_once_and_shrinks_reluctantly() {
        let marked = |largest, before| {
            let mut range = AxisRange { marked: before, ..AxisRange::of(&[10.0, 20.0, 40.0]) };
            range.fit(largest, 0.0);
            range.marked()
        };
        assert_eq!(marked(10.5, 10.0), 20.0);
        assert_eq!(marked(9.5, 20.0), 20.0);
        assert_eq!(marked(7.5, 20.0), 10.0);
        assert_eq!(marked(2000.0, 20.0), 40.0);
    }

    #[test]
    fn the_drawing_glides_to_what_is_marked() {
        let mut range = AxisRange::of(&[10.0, 20.0, 40.0]);
        range.fit(30.0, 0.016);
        assert!((20.1..30.0).contains(&range.drawn()), "{range:?}");
        (0..100).for_each(|_| range.fit(30.0, 0.016));
        assert!((range.drawn() - 40.0).abs() < 0.01, "{range:?}");
    }
}
