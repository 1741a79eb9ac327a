//! How far notes were moved: an arrow for each, from its place in the input to where it is sung, late to the right.
//!
//! In: hop traces. Out: a panel over song time. On the picture's own time scale a step of ten milliseconds in a song
//! would be less than a pixel, so arrows have a scale of their own, which the legend shows. Notes that follow one
//! another stand in different rows, so that their arrows do not run into each other.

use std::ops::Range;

use con_anima::engine::HopTrace;
use con_anima::gesture::TimedNote;

use super::panel::Panel;
use super::svg::Svg;
use super::{AFTER, BEFORE, FAINT_INK, INK, LEFT, RIGHT, TIMING_BOTTOM, TIMING_TOP};

/// The length of the longest arrow, pixels. Chosen: longer ones run into their neighbours in the same row, shorter ones
/// cannot be told apart.
const LONGEST: f64 = 40.0;
/// The longest arrow stands for as many milliseconds at least. Chosen: less would exaggerate the timing of a quantized
/// voice.
const LEAST_RANGE_MS: f64 = 10.0;
/// Of these times the legend shows the longest that is no longer than the longest arrow, ms. Chosen: round numbers.
const SHOWN_MS: [f64; 4] = [100.0, 50.0, 20.0, 10.0];
/// Rows that notes take in turn. Chosen: as many as have room for the point of an arrow.
const ROWS: usize = 6;
/// Half the height of the line that marks the plan, pixels. Chosen: high enough to be seen beside the arrow.
const PLAN_REACH: f64 = 4.5;

/// Draws the panel and its legend.
pub(super) fn draw(svg: &mut Svg, hops: &[HopTrace], rate_hz: f64, times_s: Range<f64>) {
    let time_s = |note: &TimedNote| note.onset_position_samples as f64 / rate_hz;
    let notes: Vec<TimedNote> = hops.iter().filter_map(|hop| hop.note).collect();
    let inside: Vec<_> = notes.iter().filter(|note| times_s.contains(&time_s(note))).collect();
    let most_ms = |note: &&TimedNote| note.planned_ms.abs().max(note.realized_ms.abs());
    let most_ms = f64::from(inside.iter().map(most_ms).fold(0.0, f32::max)).max(LEAST_RANGE_MS);
    let per_ms = LONGEST / most_ms;
    let panel = Panel::new((LEFT, TIMING_TOP), (RIGHT, TIMING_BOTTOM), times_s.clone(), 1.0);
    panel.rows(svg, "notes");
    for (number, note) in inside.into_iter().enumerate() {
        let (x, _) = panel.place(time_s(note), 0.0);
        let y = TIMING_TOP + (TIMING_BOTTOM - TIMING_TOP) * ((number % ROWS) as f64 + 0.5) / ROWS as f64;
        let at = |late_ms: f32| x + per_ms * f64::from(late_ms);
        svg.line((at(note.planned_ms), y - PLAN_REACH), (at(note.planned_ms), y + PLAN_REACH), INK, 1.2);
        svg.arrow(y, (x, at(note.realized_ms)), AFTER);
        svg.dot((x, y), 2.2, BEFORE);
    }
    legend(svg, per_ms);
}

fn legend(svg: &mut Svg, per_ms: f64) {
    let y = TIMING_TOP - 16.0;
    svg.text((LEFT, y + 4.5), "start", 13.0, INK, "each note:");
    let mut x = LEFT + 84.0;
    svg.dot((x, y), 2.6, BEFORE);
    svg.text((x + 9.0, y + 4.5), "start", 13.0, FAINT_INK, "as it came in");
    x += 112.0;
    let shown_ms = SHOWN_MS.into_iter().find(|ms| ms * per_ms <= LONGEST).unwrap_or(LEAST_RANGE_MS);
    svg.arrow(y, (x, x + per_ms * shown_ms), AFTER);
    x += per_ms * shown_ms + 9.0;
    svg.text((x, y + 4.5), "start", 13.0, FAINT_INK, &format!("as it is sung, here {shown_ms} ms late"));
    x += 226.0;
    svg.line((x, y - PLAN_REACH), (x, y + PLAN_REACH), INK, 1.2);
    svg.text((x + 9.0, y + 4.5), "start", 13.0, FAINT_INK, "as planned");
}

#[cfg(test)]
mod tests {
    use con_anima::analysis::Onset;

    use super::*;

    fn drawn(notes: &[(i64, f32)]) -> String {
        let note = |&(onset_position_samples, realized_ms): &(i64, f32)| {
            Some(TimedNote { onset_position_samples, kind: Onset::Legato, planned_ms: 0.0, realized_ms })
        };
        let hop = |at: &(i64, f32)| HopTrace { position_samples: at.0, note: note(at), ..Default::default() };
        let hops: Vec<_> = notes.iter().map(hop).collect();
        let mut svg = Svg::new(100.0, 100.0);
        draw(&mut svg, &hops, 1000.0, 0.0..1.0);
        svg.finish()
    }

    #[test]
    fn each_note_has_an_arrow_to_the_right_if_it_is_late() {
        // The second is outside the times shown, the last was not moved.
        let (with, without) = (drawn(&[(100, 10.0), (5000, 90.0), (300, -20.0), (200, 0.0)]), drawn(&[]));
        let count = |svg: &str, part: &str| svg.matches(part).count();
        assert_eq!(count(&with, "<circle") - count(&without, "<circle"), 3);
        let x = |at: f64| LEFT + at * (RIGHT - LEFT);
        for end in [x(0.1) + 0.5 * LONGEST, x(0.3) - LONGEST, x(0.2)] {
            assert_eq!(count(&with, &format!("L{end:.2} ")), 1, "a point at {end}: {with}");
        }
        assert!(!with.contains("NaN"));
    }

    #[test]
    fn the_legend_shows_a_round_time_to_scale() {
        for (most_ms, shown) in [(3.0, "10 ms"), (18.0, "10 ms"), (20.0, "20 ms"), (47.0, "20 ms"), (80.0, "50 ms")] {
            assert!(drawn(&[(100, most_ms)]).contains(&format!("here {shown} late")), "{most_ms}");
        }
    }
}
