//! One panel of a plot: values around zero, cents or milliseconds, over song time.
//!
//! In: ranges, values. Out: shapes.

use std::ops::Range;

use super::svg::Svg;
use super::{FAINT_INK, INK};

const GRID: &str = "#ece8df";
/// The least distance of two labels, pixels. Chosen: closer ones would touch.
const LEAST_LINE_DISTANCE: f64 = 27.0;
const ZERO_LINE: &str = "#b9b4a8";

/// A rectangle that shows times as x and values as y.
pub(super) struct Panel {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
    times_s: Range<f64>,
    half_range: f64,
}

impl Panel {
    /// With these corners in pixels, for these times and for values up to so far above and below zero.
    pub(super) fn new(
        (left, top): (f64, f64),
        (right, bottom): (f64, f64),
        times_s: Range<f64>,
        half_range: f64,
    ) -> Self {
        Self { left, top, right, bottom, times_s, half_range }
    }

    /// The place of a value in the picture; values outside the range are at its edge.
    pub(super) fn place(&self, time_s: f64, value: f64) -> (f64, f64) {
        let across = (time_s - self.times_s.start) / (self.times_s.end - self.times_s.start);
        let up = (value / self.half_range).clamp(-1.0, 1.0);
        let middle = (self.top + self.bottom) / 2.0;
        (self.left + across * (self.right - self.left), middle - up * (self.bottom - self.top) / 2.0)
    }

    /// Grid, scales and labels; the time scale only where it is asked for.
    pub(super) fn frame(&self, svg: &mut Svg, label: &str, has_times: bool) {
        self.time_lines(svg, has_times);
        let lines_wanted = (self.bottom - self.top) / LEAST_LINE_DISTANCE;
        let values = -self.half_range..self.half_range * 1.000_1;
        // Of a step beyond the range only zero would be seen; the round one from two fifths of it on is within it.
        let wanted = round_step(2.0 * self.half_range / lines_wanted);
        let step = if wanted <= self.half_range { wanted } else { round_step(0.4 * self.half_range) };
        for value in multiples(step, &values) {
            let (colour, width) = if value == 0.0 { (ZERO_LINE, 1.2) } else { (GRID, 1.0) };
            let sign = if value > 0.0 { "+" } else { "" };
            self.line(svg, value, &format!("{sign}{value}"), colour, width);
        }
        self.name(svg, label);
    }

    /// The same with lines at given values, each with its number; the lower edge is a line, too.
    pub(super) fn frame_with(&self, svg: &mut Svg, label: &str, lines: &[(f64, f64)]) {
        self.time_lines(svg, false);
        for (value, number) in lines {
            self.line(svg, *value, &number.to_string(), GRID, 1.0);
        }
        svg.line((self.left, self.bottom), (self.right, self.bottom), ZERO_LINE, 1.2);
        self.name(svg, label);
    }

    /// The lines of time and the panel's name, for what stands in rows.
    pub(super) fn rows(&self, svg: &mut Svg, label: &str) {
        self.time_lines(svg, true);
        svg.line((self.left, self.bottom), (self.right, self.bottom), ZERO_LINE, 1.2);
        self.name(svg, label);
    }

    fn time_lines(&self, svg: &mut Svg, has_times: bool) {
        let duration_s = self.times_s.end - self.times_s.start;
        let time_step_s = round_step(duration_s / 12.0);
        for time_s in multiples(time_step_s, &self.times_s) {
            let (x, _) = self.place(time_s, 0.0);
            svg.line((x, self.top), (x, self.bottom), GRID, 1.0);
            if has_times {
                let digits = (-time_step_s.log10()).ceil().max(0.0) as usize;
                svg.text((x, self.bottom + 19.0), "middle", 13.0, FAINT_INK, &format!("{time_s:.digits$} s"));
            }
        }
    }

    fn line(&self, svg: &mut Svg, value: f64, text: &str, colour: &str, width: f64) {
        let (_, y) = self.place(self.times_s.start, value);
        svg.line((self.left, y), (self.right, y), colour, width);
        svg.text((self.left - 9.0, y + 4.5), "end", 13.0, FAINT_INK, &text.replace('-', "−"));
    }

    fn name(&self, svg: &mut Svg, label: &str) {
        svg.upright_text((self.left - 52.0, (self.top + self.bottom) / 2.0), 13.0, INK, label);
    }
}

/// All multiples of `step` within a range.
pub(super) fn multiples(step: f64, range: &Range<f64>) -> Vec<f64> {
    // A song position of 10⁹ s leaves few bits for the fraction, so the number of lines is limited, not only the value.
    let first = (range.start / step).ceil();
    let multiples = (0..100).map(|k| (first + f64::from(k)) * step);
    // Adding zero turns −0 into 0.
    multiples.take_while(|value| range.contains(value)).map(|value| value + 0.0).collect()
}

/// The smallest of 1, 2, 5, 10, 20 and so on (or 0.5, 0.2 and so on) that is no smaller than `least`.
pub(super) fn round_step(least: f64) -> f64 {
    let power = 10.0_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| *step >= least * 0.999).unwrap_or(least)
}

/// Of the points that share a pixel column only the highest and the lowest, in their order.
pub(super) fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let columns = points.chunk_by(|a, b| a.0.floor() == b.0.floor());
    let extremes = columns.flat_map(|column| {
        let by_height = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let mut ends: Vec<_> =
            [column.iter().min_by(by_height), column.iter().max_by(by_height)].into_iter().flatten().copied().collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        ends.dedup();
        ends
    });
    extremes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        for (least, step) in [(0.09, 0.1), (0.13, 0.2), (1.0, 1.0), (3.1, 5.0), (26.0, 50.0), (80.0, 100.0)] {
            assert!((round_step(least) - step).abs() < 1e-9, "{least} gave {}", round_step(least));
        }
    }

    #[test]
    fn every_scale_has_numbers_on_both_sides_of_zero() {
        for half_range in (1..60).map(|k| 5.0 * f64::from(k)) {
            let mut svg = Svg::new(300.0, 100.0);
            Panel::new((100.0, 0.0), (300.0, 92.0), 0.0..1.0, half_range).frame(&mut svg, "", false);
            let svg = svg.finish();
            let numbers = [">+", ">−", ">0<"].map(|sign| svg.matches(sign).count());
            assert!(numbers[0] > 0 && numbers[0] == numbers[1] && numbers[2] == 1, "±{half_range}: {numbers:?}");
        }
    }

    #[test]
    fn zero_is_a_multiple_without_a_sign() {
        let multiples = multiples(5.0, &(-10.0..10.001));
        assert_eq!(multiples, [-10.0, -5.0, 0.0, 5.0, 10.0]);
        assert!(multiples[2].is_sign_positive());
    }

    #[test]
    fn thinning_keeps_each_columns_extremes() {
        let points = [(0.1, 5.0), (0.2, 9.0), (0.3, 1.0), (0.9, 4.0), (1.5, 7.0)];
        assert_eq!(thinned(&points), [(0.2, 9.0), (0.3, 1.0), (1.5, 7.0)]);
    }

    #[test]
    fn values_stand_where_they_belong() {
        let panel = Panel::new((100.0, 0.0), (300.0, 100.0), 10.0..20.0, 50.0);
        assert_eq!(panel.place(15.0, 0.0), (200.0, 50.0));
        assert_eq!(panel.place(10.0, 25.0), (100.0, 25.0));
        assert_eq!(panel.place(20.0, -80.0), (300.0, 100.0));
    }
}
