//! How far notes were moved: an arrow for each, from its time in the input to the time when it is sung.
//!
//! In: hop traces. Out: a panel of milliseconds over song time, where late is up. On the picture's own time scale a
//! step of ten milliseconds in a song would be less than a pixel, so arrows are vertical, with a scale of their own.

use std::ops::Range;

use con_anima::engine::HopTrace;
use con_anima::gesture::TimedNote;

use super::panel::Panel;
use super::svg::Svg;
use super::{AFTER, BEFORE, FAINT_INK, INK, LEFT, RIGHT, TIMING_BOTTOM, TIMING_TOP, round_up};

/// The least range of the panel, ms. Chosen: less would exaggerate the timing of a quantized voice.
const LEAST_RANGE_MS: f64 = 10.0;
/// Half the width of the line that marks the plan, pixels. Chosen: wide enough to be seen beside the arrow.
const PLAN_REACH: f64 = 4.5;

/// Draws the panel and its legend.
pub(super) fn draw(svg: &mut Svg, hops: &[HopTrace], rate_hz: f64, times_s: Range<f64>) {
    let time_s = |note: &TimedNote| note.onset_position_samples as f64 / rate_hz;
    let notes: Vec<TimedNote> = hops.iter().filter_map(|hop| hop.note).collect();
    let inside: Vec<_> = notes.iter().filter(|note| times_s.contains(&time_s(note))).collect();
    let most_ms = |note: &&TimedNote| note.planned_ms.abs().max(note.realized_ms.abs());
    let most_ms = inside.iter().map(most_ms).fold(0.0, f32::max);
    let half_range_ms = round_up(f64::from(most_ms).max(LEAST_RANGE_MS), 5.0);
    let panel = Panel::new((LEFT, TIMING_TOP), (RIGHT, TIMING_BOTTOM), times_s.clone(), half_range_ms);
    panel.frame(svg, "ms late", true);
    for note in inside {
        let place = |late_ms: f32| panel.place(time_s(note), f64::from(late_ms));
        let ((x, planned), (_, came_in), (_, sung)) = (place(note.planned_ms), place(0.0), place(note.realized_ms));
        svg.dot((x, came_in), 2.2, BEFORE);
        svg.line((x - PLAN_REACH, planned), (x + PLAN_REACH, planned), INK, 1.2);
        svg.arrow(x, (came_in, sung), AFTER);
    }
    legend(svg);
}

fn legend(svg: &mut Svg) {
    let y = TIMING_TOP - 16.0;
    svg.text((LEFT, y + 4.5), "start", 13.0, INK, "each note:");
    let mut x = LEFT + 84.0;
    svg.dot((x, y), 2.6, BEFORE);
    svg.text((x + 9.0, y + 4.5), "start", 13.0, FAINT_INK, "as it came in");
    x += 112.0;
    svg.arrow(x, (y + 7.0, y - 7.0), AFTER);
    svg.text((x + 9.0, y + 4.5), "start", 13.0, FAINT_INK, "as it is sung, up is late");
    x += 182.0;
    svg.line((x - PLAN_REACH, y), (x + PLAN_REACH, y), INK, 1.2);
    svg.text((x + 11.0, y + 4.5), "start", 13.0, FAINT_INK, "as planned");
}

#[cfg(test)]
mod tests {
    use con_anima::analysis::Onset;

    use super::*;

    #[test]
    fn each_note_has_an_arrow_up_if_it_is_late() {
        let note = |onset_position_samples, realized_ms| {
            Some(TimedNote { onset_position_samples, kind: Onset::Legato, planned_ms: 0.0, realized_ms })
        };
        let hop = |position_samples, note| HopTrace { position_samples, note, ..Default::default() };
        // The second is outside the times shown, the last was not moved.
        let hops = [(100, 10.0), (5000, 90.0), (300, -10.0), (200, 0.0)].map(|(at, ms)| hop(at, note(at, ms)));
        let drawn = |hops: &[HopTrace]| {
            let mut svg = Svg::new(100.0, 100.0);
            draw(&mut svg, hops, 1000.0, 0.0..1.0);
            svg.finish()
        };
        let [with, without] = [drawn(&hops), drawn(&[])];
        let count = |svg: &str, part: &str| svg.matches(part).count();
        assert_eq!(count(&with, "<circle") - count(&without, "<circle"), 3);
        let middle = (TIMING_TOP + TIMING_BOTTOM) / 2.0;
        for end in [TIMING_TOP, TIMING_BOTTOM, middle] {
            assert_eq!(count(&with, &format!(" {end:.2}Z\"")), 1, "a point at {end}: {with}");
        }
        assert!(!with.contains("NaN"));
    }
}
