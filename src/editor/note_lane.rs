//! The lane of notes below the movement: where each note was in the input, in which direction it was moved, and how
//! far.
//!
//! In: the [`SungNote`]s of the trace and the [`Axes`] of the stage. Out: a mark at each onset, an arrow from there
//! where timing was asked for, and the numbers of the note under the pointer. Arrows have a scale of their own: at that
//! of the stage, 7 ms would be a single point. A key above the stage says how long they are.

use egui::{Align2, Color32, Id, Painter, Pos2, Rect, Sense, Shape, Stroke, Ui, pos2, vec2};

use super::plot::{Axes, draw_plate};
use super::range::AxisRange;
use super::theme::{self, Scale};
use super::trace::SungNote;

/// Milliseconds at the full length of an arrow. Source: computed from what is planned at most: 2.5 times a timing of 10
/// or 20 ms fits in 30 and 60, the furthest move in any mode, 150 ms, in the last.
pub(super) const RANGES_MS: [f32; 6] = [10.0, 20.0, 30.0, 60.0, 100.0, 160.0];
/// The full length of an arrow, design points. Chosen: about the distance of notes 0.3 s apart; longer overlaps the
/// next note.
const ARROW_POINTS: f32 = 40.0;
/// The head of an arrow, design points. Chosen: larger is clearer and hides short arrows.
const HEAD_POINTS: f32 = 6.5;
/// A shorter arrow is not drawn, design points. Chosen: it could not be distinguished from its mark.
const LEAST_POINTS: f32 = 1.5;
/// The explanation of the lane.
const KEY_HINT: &str = "Each mark below is where a note begins in the input. Its arrow leads to where it is sung: \
                        left is earlier, right is later. Point at a note for the numbers.";
/// The pointer selects the nearest note up to this distance, design points. Chosen: larger is easier to hit and less
/// exact.
const GRASP_POINTS: f32 = 18.0;

/// Where the notes are drawn, and the scale of their arrows.
pub(super) struct NoteLane<'a> {
    /// The axes of the stage.
    pub axes: &'a Axes,
    /// The lane, as wide as the plot and below it.
    pub rect: Rect,
    /// Milliseconds at the full length of an arrow.
    pub range: &'a AxisRange,
    /// Window points per design point.
    pub scale: Scale,
}

impl NoteLane<'_> {
    /// Draws `notes`, each of which has been sung.
    pub(super) fn draw(&self, painter: &Painter, notes: impl Iterator<Item = SungNote>, color: Color32) {
        painter.hline(self.rect.x_range(), self.rect.top(), Stroke::new(1.0, theme::GRID));
        // An early note near the left edge must not be drawn over the lane's name.
        let painter = &painter.with_clip_rect(painter.clip_rect().with_min_x(self.rect.left()));
        for note in notes {
            let x = self.axes.x(note.onset_samples);
            if self.rect.x_range().contains(x) {
                self.mark(painter, x, theme::mix(theme::LINE, theme::DIM, 0.35));
                self.arrow(painter, &note, color);
            }
        }
    }

    /// Writes the lane's name beside it, where the movement's axis has its numbers.
    pub(super) fn name(&self, painter: &Painter) {
        let at = pos2(self.rect.left() - self.scale.points(8.0), self.rect.center().y);
        painter.text(at, Align2::RIGHT_CENTER, "Notes", self.scale.font(11.5), theme::DIM);
    }

    /// Explains to the right of `at` what an arrow means.
    pub(super) fn key(&self, ui: &Ui, painter: &Painter, at: Pos2, color: Color32) {
        let half_height = self.scale.points(5.0);
        painter.vline(at.x, at.y - half_height..=at.y + half_height, Stroke::new(self.scale.points(1.3), theme::DIM));
        let tip = at + vec2(self.scale.points(ARROW_POINTS), 0.0);
        draw_arrow(painter, [at, tip], color, self.scale);
        let text_at = tip + vec2(self.scale.points(8.0), 0.0);
        let text = format!("{:.0} ms late", self.range.marked());
        let text = painter.text(text_at, Align2::LEFT_CENTER, text, self.scale.font(12.0), theme::DIM);
        let key = text.with_min_x(at.x).expand(self.scale.points(3.0));
        ui.interact(key, Id::unique("con-anima-key"), Sense::hover()).on_hover_text(KEY_HINT);
    }

    /// Shows what was done with the note under the pointer.
    pub(super) fn explain(&self, ui: &Ui, painter: &Painter, notes: impl Iterator<Item = SungNote>) {
        let field = self.axes.plot.union(self.rect);
        let Some(pointer) = ui.input(|input| input.pointer.hover_pos()).filter(|at| field.contains(*at)) else {
            return;
        };
        let distance = |note: &SungNote| (self.axes.x(note.onset_samples) - pointer.x).abs();
        let in_reach = notes.filter(|note| distance(note) <= self.scale.points(GRASP_POINTS));
        let Some(note) = in_reach.min_by(|one, other| distance(one).total_cmp(&distance(other))) else { return };
        let x = self.axes.x(note.onset_samples);
        painter.vline(x, self.axes.plot.top()..=self.rect.bottom(), Stroke::new(1.0, theme::DIM));
        self.arrow(painter, &note, theme::TEXT);
        let [sung, planned] = texts(&note);
        let words = [(sung, theme::TEXT), (planned, theme::DIM)];
        draw_plate(painter, self.rect, x, &words, self.scale);
    }

    fn mark(&self, painter: &Painter, x: f32, color: Color32) {
        painter.vline(
            x,
            self.rect.y_range().shrink(self.scale.points(3.0)),
            Stroke::new(self.scale.points(1.3), color),
        );
    }

    /// From where a note was to where it was sung; nothing where its time was not changed.
    fn arrow(&self, painter: &Painter, note: &SungNote, color: Color32) {
        if note.planned_ms == 0.0 {
            return;
        }
        let from = pos2(self.axes.x(note.onset_samples), self.rect.center().y);
        // A late note's arrow is drawn only as far as the song has come.
        let tip_x = (from.x + self.length(note.sung_ms)).min(self.axes.plot.right());
        draw_arrow(painter, [from, pos2(tip_x, from.y)], color, self.scale);
    }

    /// Window points, positive to the right: late.
    fn length(&self, late_ms: f32) -> f32 {
        late_ms / self.range.drawn() * self.scale.points(ARROW_POINTS)
    }
}

/// The largest distance that has an arrow, ms.
pub(super) fn largest_ms(notes: impl Iterator<Item = SungNote>) -> f32 {
    notes.filter(|note| note.planned_ms != 0.0).fold(0.0, |largest, note| note.sung_ms.abs().max(largest))
}

/// A horizontal arrow; a short one is all head.
fn draw_arrow(painter: &Painter, [from, tip]: [Pos2; 2], color: Color32, scale: Scale) {
    let length = tip.x - from.x;
    if length.abs() < scale.points(LEAST_POINTS) {
        return;
    }
    let head = length.signum() * length.abs().min(scale.points(HEAD_POINTS));
    let neck = tip - vec2(head, 0.0);
    painter.line_segment([from, neck], Stroke::new(scale.points(2.2), color));
    let half_height = vec2(0.0, scale.points(0.62 * HEAD_POINTS));
    painter.add(Shape::convex_polygon(vec![tip, neck + half_height, neck - half_height], color, Stroke::NONE));
}

/// When a note was sung and when it was to be sung, in words.
fn texts(note: &SungNote) -> [String; 2] {
    let planned_ms = note.planned_ms.abs();
    let is_other_way = note.planned_ms != 0.0 && direction(note.planned_ms) != direction(note.sung_ms);
    let planned = match is_other_way {
        true => format!("(planned {planned_ms:.1} {})", direction(note.planned_ms)),
        false => format!("(planned {planned_ms:.1})"),
    };
    [format!("{:.1} ms {}", note.sung_ms.abs(), direction(note.sung_ms)), planned]
}

fn direction(late_ms: f32) -> &'static str {
    if late_ms < 0.0 { "early" } else { "late" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(sung_ms: f32, planned_ms: f32) -> SungNote {
        SungNote { onset_samples: 0.0, planned_ms, sung_ms }
    }

    #[test]
    fn what_was_done_reads_as_a_person_writes_it() {
        assert_eq!(texts(&note(7.3, 8.0)), ["7.3 ms late", "(planned 8.0)"]);
        assert_eq!(texts(&note(-12.04, -12.0)), ["12.0 ms early", "(planned 12.0)"]);
        assert_eq!(texts(&note(0.4, -1.0)), ["0.4 ms late", "(planned 1.0 early)"]);
        assert_eq!(texts(&note(-0.3, 0.0)), ["0.3 ms early", "(planned 0.0)"]);
    }

    #[test]
    fn notes_that_timing_leaves_alone_do_not_stretch_the_scale() {
        assert_eq!(largest_ms([note(-12.0, -11.0), note(90.0, 0.0), note(3.0, 4.0)].into_iter()), 12.0);
    }
}
