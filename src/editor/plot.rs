//! The drawing of the stage: axes, the voice's silhouette, the movement.
//!
//! In: [`Column`]s of the trace and the [`Axes`] they are drawn on. Out: shapes. The tessellator anti-aliases lines
//! only, so every edge of a mesh is covered by a line or fades out.

use egui::{Align2, Color32, Mesh, Painter, Pos2, Rect, Shape, Stroke, pos2, remap, vec2};

use super::theme::{self, Scale};
use super::trace::{Column, Trace, WINDOW_S};

/// The share of the half height for the marked range; the rest is room for overshoot while the range grows. Chosen:
/// larger shows movement larger and leaves less room.
const RANGE_SHARE: f32 = 0.84;
/// The level at the foot of the silhouette, dBFS rms. Chosen: lower shows quieter sound and less detail.
const FLOOR_DB: f32 = -60.0;

/// The transformation from cents and elapsed samples to the window.
pub(super) struct Axes {
    /// Where the plot is in the window.
    pub plot: Rect,
    /// The time at its right edge, on the trace's time axis.
    pub head_samples: f64,
    /// Samples of the time axis in a second.
    pub rate_hz: f64,
    /// Cents from the middle to the outer mark.
    pub range_cents: f32,
}

impl Axes {
    /// The horizontal position of a moment of the time axis.
    pub(super) fn x(&self, elapsed_samples: f64) -> f32 {
        let behind_s = (self.head_samples - elapsed_samples) / self.rate_hz;
        self.plot.right() - (behind_s / WINDOW_S) as f32 * self.plot.width()
    }

    fn y(&self, cents: f32) -> f32 {
        self.plot.center().y - cents / self.range_cents * RANGE_SHARE * self.plot.height() / 2.0
    }

    fn point(&self, column: &Column, cents: f32) -> Pos2 {
        pos2(self.x(column.elapsed_samples), self.y(cents))
    }
}

/// Runs of columns that are connected by lines.
fn runs(columns: &[Column]) -> impl Iterator<Item = &[Column]> {
    columns.chunk_by(|_, next| !next.begins_run)
}

/// The parts of a run in which something is sung.
fn sung(run: &[Column]) -> impl Iterator<Item = &[Column]> {
    run.chunk_by(|one, next| one.is_sung == next.is_sung).filter(|part| part[0].is_sung)
}

/// A band between two lines, each with its colour.
pub(super) fn band(ends: impl Iterator<Item = [Pos2; 2]>, colors: [Color32; 2]) -> Shape {
    let mut mesh = Mesh::default();
    for [one, other] in ends {
        let next = mesh.vertices.len() as u32;
        mesh.colored_vertex(one, colors[0]);
        mesh.colored_vertex(other, colors[1]);
        if next > 0 {
            mesh.add_triangle(next - 2, next - 1, next);
            mesh.add_triangle(next - 1, next, next + 1);
        }
    }
    mesh.into()
}

/// The input level, mirrored about the middle like a waveform.
pub(super) fn draw_voice(painter: &Painter, columns: &[Column], axes: &Axes) {
    let middle_y = axes.plot.center().y;
    for run in runs(columns) {
        let half_height = |column: &Column| {
            let share = remap(column.level_db.clamp(FLOOR_DB, 0.0), FLOOR_DB..=0.0, 0.0..=1.0);
            share.powf(1.5) * 0.5 * axes.plot.height()
        };
        for side in [-1.0, 1.0] {
            let ends = run.iter().map(|column| {
                let x = axes.x(column.elapsed_samples);
                [pos2(x, middle_y), pos2(x, middle_y + side * half_height(column))]
            });
            painter.add(band(ends, [theme::VOICE, theme::VOICE.gamma_multiply(0.75)]));
        }
    }
}

pub(super) fn draw_movement(painter: &Painter, columns: &[Column], axes: &Axes, color: Color32, scale: Scale) {
    let zero_y = axes.y(0.0);
    for run in runs(columns).flat_map(sung) {
        let to_zero = run.iter().map(|column| {
            let at = axes.point(column, column.cents[1]);
            [at, pos2(at.x, zero_y)]
        });
        painter.add(band(to_zero, [color.gamma_multiply(0.38), color.gamma_multiply(0.05)]));
        let extremes = run.iter().map(|column| [0, 2].map(|end| axes.point(column, column.cents[end])));
        painter.add(band(extremes, [color.gamma_multiply(0.35); 2]));
        let line = run.iter().map(|column| axes.point(column, column.cents[1])).collect();
        painter.line(line, Stroke::new(scale.points(1.8), color));
    }
}

/// Fades the left edge out.
pub(super) fn fade_past(painter: &Painter, rect: Rect, scale: Scale) {
    let past = rect.with_max_x(rect.left() + scale.points(48.0));
    let ends = [past.left(), past.right()].map(|x| [past.top(), past.bottom()].map(|y| pos2(x, y)));
    let mut mesh = Mesh::default();
    for ([top, bottom], color) in ends.into_iter().zip([theme::STAGE, Color32::TRANSPARENT]) {
        mesh.colored_vertex(top, color);
        mesh.colored_vertex(bottom, color);
    }
    mesh.add_triangle(0, 1, 2);
    mesh.add_triangle(1, 2, 3);
    painter.add(mesh);
}

/// The mark of the present.
pub(super) fn draw_head(painter: &Painter, columns: &[Column], axes: &Axes, color: Color32, scale: Scale) {
    if let Some(last) = columns.iter().rev().find(|column| column.elapsed_samples <= axes.head_samples) {
        let cents = if last.is_sung { last.cents[1] } else { 0.0 };
        let at = pos2(axes.plot.right(), axes.y(cents));
        painter.circle_filled(at, scale.points(6.0), color.gamma_multiply(0.25));
        painter.circle_filled(at, scale.points(3.0), color);
    }
}

pub(super) fn draw_cents_axis(painter: &Painter, axes: &Axes, marked_cents: f32, scale: Scale) {
    for share in [-1.0, -0.5, 0.0, 0.5, 1.0] {
        let cents = share * marked_cents;
        let y = axes.y(cents);
        let color = if share == 0.0 { theme::LINE } else { theme::GRID };
        painter.hline(axes.plot.x_range(), y, Stroke::new(1.0, color));
        let at = pos2(axes.plot.left() - scale.points(8.0), y);
        painter.text(at, Align2::RIGHT_CENTER, axis_text(cents), scale.font(11.5), theme::DIM);
    }
}

/// A plate with words, side by side, above `lane` and around `x`.
pub(super) fn draw_plate(painter: &Painter, lane: Rect, x: f32, words: &[(String, Color32)], scale: Scale) {
    let font = scale.font(13.0);
    let words = words.iter().map(|(text, color)| (painter.layout_no_wrap(text.clone(), font.clone(), *color), *color));
    let words: Vec<_> = words.collect();
    let gap = scale.points(5.0);
    let pad = vec2(scale.points(7.0), scale.points(3.0));
    let width = words.iter().map(|(galley, _)| galley.size().x + gap).sum::<f32>() - gap;
    let height = words.iter().map(|(galley, _)| galley.size().y).fold(0.0, f32::max);
    let size = vec2(width, height) + 2.0 * pad;
    let left = (x - size.x / 2.0).min(lane.right() - size.x).max(lane.left());
    let bottom = lane.top() - scale.points(4.0);
    let plate = Rect::from_min_size(pos2(left, bottom - size.y), size);
    painter.rect_filled(plate, scale.points(4.0), theme::RAISED);
    let mut at = plate.min + pad;
    for (galley, color) in words {
        let width = galley.size().x;
        painter.galley(at, galley, color);
        at.x += width + gap;
    }
}

/// The song's seconds, from the foot of the stage's content to the foot of the stage.
pub(super) fn draw_seconds(painter: &Painter, trace: &Trace, axes: &Axes, foot_ys: [f32; 2], scale: Scale) {
    let [tick_y, bottom_y] = foot_ys;
    let label_y = bottom_y - scale.points(5.0);
    for (elapsed_samples, second) in trace.seconds() {
        let x = axes.x(elapsed_samples);
        if !axes.plot.x_range().contains(x) {
            continue;
        }
        painter.vline(x, tick_y..=tick_y + scale.points(4.0), Stroke::new(1.0, theme::DIM));
        painter.text(pos2(x, label_y), Align2::CENTER_BOTTOM, clock_text(second), scale.font(11.0), theme::DIM);
    }
}

fn clock_text(second: i64) -> String {
    let sign = if second < 0 { "\u{2212}" } else { "" };
    format!("{sign}{}:{:02}", second.abs() / 60, second.abs() % 60)
}

fn axis_text(cents: f32) -> String {
    match cents {
        0.0 => "0".to_owned(),
        negative if negative < 0.0 => format!("\u{2212}{}", -negative),
        positive => format!("+{positive}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_labelled_as_a_person_writes_them() {
        assert_eq!([clock_text(61), clock_text(-1)], ["1:01", "\u{2212}0:01"]);
        assert_eq!([axis_text(-2.5), axis_text(0.0), axis_text(20.0)], ["\u{2212}2.5", "0", "+20"]);
    }
}
