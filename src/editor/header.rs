//! The top row: name, mode with its latency, bypass, and a lamp for broken input.
//!
//! In: a rectangle, the parameters, the latest snapshot. Out: the row drawn, one gesture for each click.

use egui::{Align2, CursorIcon, Painter, Rect, Response, Sense, Stroke, StrokeKind, Ui, pos2, vec2};
use nice_plug::prelude::{Param, ParamSetter};

use super::theme::{self, Scale};
use super::{control_id, hold};
use crate::monitor::Snapshot;
use crate::params::{MODE_NAMES, VoiceParams, parameter};

/// Draws the header in `rect`.
pub(super) fn header(
    ui: &mut Ui,
    rect: Rect,
    params: &VoiceParams,
    setter: &ParamSetter,
    snapshot: &Snapshot,
    scale: Scale,
) {
    title(ui.painter(), rect, scale);
    let button_height = scale.points(28.0);
    let row = Rect::from_center_size(rect.center(), vec2(rect.width(), button_height));
    let bypass_rect = row.with_min_x(row.right() - scale.points(78.0));
    bypass(ui, bypass_rect, params, setter, scale);

    let modes_right = bypass_rect.left() - scale.points(14.0);
    let modes_rect = row.with_max_x(modes_right).with_min_x(modes_right - scale.points(216.0));
    modes(ui, modes_rect, params, setter, scale);

    let latency_at = pos2(modes_rect.left() - scale.points(12.0), row.center().y);
    let text = latency_text(snapshot);
    let latency = ui.painter().text(latency_at, Align2::RIGHT_CENTER, text, scale.font(13.0), theme::DIM);
    if snapshot.n_bad_samples > 0 {
        let side = scale.points(18.0);
        let at = pos2(latency.left() - scale.points(14.0) - side / 2.0, row.center().y);
        lamp(ui, Rect::from_center_size(at, vec2(side, side)), snapshot.n_bad_samples);
    }
}

fn title(painter: &Painter, rect: Rect, scale: Scale) {
    let spacing = scale.points(1.4);
    let font = scale.font(23.0);
    let con =
        theme::spaced_text(painter, rect.left_center(), Align2::LEFT_CENTER, "Con", font.clone(), theme::DIM, spacing);
    let anima_at = pos2(con.right() + scale.points(7.0), rect.center().y);
    theme::spaced_text(painter, anima_at, Align2::LEFT_CENTER, "Anima", font, theme::TEXT, spacing);
}

/// What the host delays the track by.
fn latency_text(snapshot: &Snapshot) -> String {
    if snapshot.sample_rate_hz <= 0.0 {
        return "latency \u{2013}".to_owned();
    }
    let latency_ms = snapshot.latency_samples as f32 / snapshot.sample_rate_hz * 1000.0;
    format!("latency {latency_ms:.0} ms")
}

fn modes(ui: &mut Ui, rect: Rect, params: &VoiceParams, setter: &ParamSetter, scale: Scale) {
    let id = control_id("mode");
    let corner = scale.points(5.0);
    ui.painter().rect_filled(rect, corner, theme::PANEL);
    let frame = ui.interact(rect, id, Sense::hover());
    let chosen = params.mode.unmodulated_plain_value();
    let width = rect.width() / MODE_NAMES.len() as f32;
    for (index, name) in (0_i32..).zip(MODE_NAMES) {
        let left = rect.left() + width * index as f32;
        let segment = Rect::from_x_y_ranges(left..=left + width, rect.y_range()).shrink(scale.points(2.0));
        let response = ui.interact(segment, id.with(name), Sense::click());
        let is_chosen = index == chosen;
        if is_chosen || response.hovered() {
            let color = if is_chosen { theme::RAISED_HOVERED } else { theme::RAISED };
            ui.painter().rect_filled(segment, corner - scale.points(1.0), color);
        }
        let color = if is_chosen { theme::ACCENT } else { theme::TEXT };
        ui.painter().text(segment.center(), Align2::CENTER_CENTER, name, scale.font(13.5), color);
        let response = explained(response, "mode");
        if response.clicked() && !is_chosen {
            hold::put(&params.mode, setter, index);
        }
    }
    explained(frame, "mode");
}

fn bypass(ui: &mut Ui, rect: Rect, params: &VoiceParams, setter: &ParamSetter, scale: Scale) {
    let response = ui.interact(rect, control_id("bypass"), Sense::click());
    let is_on = params.bypass.unmodulated_plain_value();
    let corner = scale.points(5.0);
    let color = match (is_on, response.hovered()) {
        (true, _) => theme::ALERT,
        (false, true) => theme::RAISED_HOVERED,
        (false, false) => theme::PANEL,
    };
    ui.painter().rect_filled(rect, corner, color);
    ui.painter().rect_stroke(rect, corner, Stroke::new(1.0, theme::LINE), StrokeKind::Inside);
    let color = if is_on { theme::ON_ACCENT } else { theme::TEXT };
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, "Bypass", scale.font(13.5), color);
    if explained(response, "bypass").clicked() {
        hold::put(&params.bypass, setter, !is_on);
    }
}

fn explained(response: Response, id: &str) -> Response {
    let hint = parameter(id).map_or("", |listed| listed.hint);
    response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(hint)
}

fn lamp(ui: &mut Ui, rect: Rect, n_bad_samples: u64) {
    let response = ui.interact(rect, control_id("lamp"), Sense::hover());
    let radius = rect.width() / 2.0;
    ui.painter().circle_filled(rect.center(), radius, theme::ALERT.gamma_multiply(0.25));
    ui.painter().circle_filled(rect.center(), radius * 0.5, theme::ALERT);
    response.on_hover_text(format!(
        "Broken input: {n_bad_samples} samples were not usable numbers and were silenced. \
         Look at the plugin before this one."
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latency_is_said_in_milliseconds_once_it_is_known() {
        let known = Snapshot { latency_samples: 4320, sample_rate_hz: 48_000.0, ..Snapshot::default() };
        assert_eq!(latency_text(&known), "latency 90 ms");
        assert_eq!(latency_text(&Snapshot::default()), "latency \u{2013}");
    }
}
