//! The lane of breath below the notes: the level of the take's own breaths, of added inhalations, and of the breath
//! added to the voice.
//!
//! In: the [`Column`]s and [`AddedBreath`]s of the trace, the [`Axes`] of the stage. Out: a shape of level over time
//! for each, and the numbers of the inhalation under the pointer. The lane has a scale of its own: breath is 30 dB and
//! more below the voice, where the silhouette above is hardly visible.

use egui::{Align2, Color32, Id, Painter, Rect, Sense, Stroke, Ui, pos2, remap_clamp};

use super::plot::{Axes, band, draw_plate};
use super::theme::{self, Scale};
use super::trace::{AddedBreath, Breath, Column};

/// Level at the foot and at the top of the lane, dBFS rms. Chosen: from the noise of a quiet room to a breath close to
/// the microphone; wider makes differences smaller.
const RANGE_DB: [f32; 2] = [-80.0, -20.0];
/// The pointer selects the nearest inhalation up to this distance, design points. Chosen: larger is easier to hit and
/// less exact.
const GRASP_POINTS: f32 = 8.0;
/// The explanation of the lane.
const HINT: &str = "How loud breath is. Blue shapes are breaths that are added, the thin veil is breath added to the \
                    voice, and grey shapes are the take's own breaths. Point at an added breath for the numbers.";

/// Where breath is drawn.
pub(super) struct BreathLane<'a> {
    /// The axes of the stage.
    pub axes: &'a Axes,
    /// The lane, as wide as the plot.
    pub rect: Rect,
    /// Window points per design point.
    pub scale: Scale,
}

impl BreathLane<'_> {
    /// Draws all breath, the added one in `color`.
    pub(super) fn draw(&self, painter: &Painter, columns: &[Column], color: Color32) {
        painter.hline(self.rect.x_range(), self.rect.top(), Stroke::new(1.0, theme::GRID));
        painter.hline(self.rect.x_range(), self.rect.bottom(), Stroke::new(1.0, theme::GRID));
        let painter = painter.with_clip_rect(self.rect);
        self.shape(&painter, columns, |breath| breath.aspiration_db, color.gamma_multiply(0.35), [0.6, 0.25]);
        self.shape(&painter, columns, |breath| breath.own_db, theme::DIM, [0.38, 0.12]);
        self.shape(&painter, columns, |breath| breath.inhalation_db, color, [0.7, 0.25]);
    }

    /// Writes the lane's name beside it.
    pub(super) fn name(&self, ui: &Ui, painter: &Painter) {
        let at = pos2(self.rect.left() - self.scale.points(8.0), self.rect.center().y);
        let name = painter.text(at, Align2::RIGHT_CENTER, "Breath", self.scale.font(11.5), theme::DIM);
        let id = Id::unique("con-anima-breath-lane");
        ui.interact(name.expand(self.scale.points(3.0)), id, Sense::hover()).on_hover_text(HINT);
    }

    /// Shows length and level of the added breath under the pointer.
    pub(super) fn explain(&self, ui: &Ui, painter: &Painter, breaths: impl Iterator<Item = AddedBreath>) {
        let Some(pointer) = ui.input(|input| input.pointer.hover_pos()).filter(|at| self.rect.contains(*at)) else {
            return;
        };
        let distance = |breath: &AddedBreath| {
            let [start_x, end_x] = breath.span_samples.map(|at| self.axes.x(at));
            (start_x - pointer.x).max(pointer.x - end_x).max(0.0)
        };
        let in_reach = breaths.filter(|breath| distance(breath) <= self.scale.points(GRASP_POINTS));
        let Some(breath) = in_reach.min_by(|one, other| distance(one).total_cmp(&distance(other))) else { return };
        let [start_x, end_x] = breath.span_samples.map(|at| self.axes.x(at));
        for x in [start_x, end_x] {
            painter.vline(x, self.rect.y_range(), Stroke::new(1.0, theme::DIM));
        }
        let words = [(text(&breath, self.axes.rate_hz), theme::TEXT)];
        draw_plate(painter, self.rect, (start_x + end_x) / 2.0, &words, self.scale);
    }

    /// One kind of breath wherever it is above the foot: an outline, and below it a fill that fades by `shares`.
    fn shape(
        &self,
        painter: &Painter,
        columns: &[Column],
        level_db: fn(&Breath) -> f32,
        color: Color32,
        shares: [f32; 2],
    ) {
        let is_there = |column: &Column| level_db(&column.breath) > RANGE_DB[0];
        let stretches = columns.chunk_by(|one, next| is_there(one) == is_there(next) && !next.begins_run);
        for stretch in stretches.filter(|stretch| is_there(&stretch[0])) {
            let edge: Vec<_> = stretch
                .iter()
                .map(|column| pos2(self.axes.x(column.elapsed_samples), self.y(level_db(&column.breath))))
                .collect();
            let to_foot = edge.iter().map(|at| [*at, pos2(at.x, self.rect.bottom())]);
            painter.add(band(to_foot, shares.map(|share| color.gamma_multiply(share))));
            painter.line(edge, Stroke::new(self.scale.points(1.2), color));
        }
    }

    fn y(&self, level_db: f32) -> f32 {
        remap_clamp(level_db, RANGE_DB[0]..=RANGE_DB[1], self.rect.bottom()..=self.rect.top())
    }
}

/// An added breath in words.
fn text(breath: &AddedBreath, rate_hz: f64) -> String {
    let [start, end] = breath.span_samples;
    let by_hand = if breath.is_by_hand { ", by hand" } else { "" };
    let level_db = format!("{:.1}", breath.level_db).replace('-', "\u{2212}");
    format!("{:.2} s of breath, {level_db} dBFS{by_hand}", (end - start) / rate_hz)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_added_breath_reads_as_a_person_writes_it() {
        let breath = AddedBreath { span_samples: [48_000.0, 68_160.0], level_db: -53.26, is_by_hand: false };
        assert_eq!(text(&breath, 48_000.0), "0.42 s of breath, \u{2212}53.3 dBFS");
        let by_hand = AddedBreath { is_by_hand: true, ..breath };
        assert_eq!(text(&by_hand, 48_000.0), "0.42 s of breath, \u{2212}53.3 dBFS, by hand");
    }
}
