//! The rows at the top: name and bypass around the presets; and below, the choice of what to listen to, the learned
//! song, a lamp for broken input, and the mode with its latency.
//!
//! In: rectangles, the hand, the latest snapshot. Out: the rows drawn, one gesture for each click.

use egui::{Align2, Painter, Rect, Sense, Ui, pos2, vec2};

use super::buttons::{Segments, toggle};
use super::clock::clock;
use super::control_id;
use super::hand::Hand;
use super::hearing::Hearing;
use super::learn_row::learn_row;
use super::theme::{self, Scale};
use crate::monitor::Snapshot;
use crate::params::{LISTEN_NAMES, MODE_NAMES};

/// The height of everything in both rows, design points. Chosen: larger is easier to hit and leaves the stage less.
const HEIGHT: f32 = 28.0;

/// Draws name and bypass in `rect`; returns the room between them.
pub(super) fn header(ui: &mut Ui, rect: Rect, hand: &Hand, scale: Scale) -> Rect {
    let title = title(ui.painter(), rect, scale);
    let row = Rect::from_center_size(rect.center(), vec2(rect.width(), scale.points(HEIGHT)));
    let bypass = row.with_min_x(row.right() - scale.points(78.0));
    toggle(ui, bypass, &hand.params.bypass, theme::ALERT, hand, scale);
    row.with_min_x(title.right() + scale.points(16.0)).with_max_x(bypass.left() - scale.points(16.0))
}

/// Draws the row below the header in `rect`.
pub(super) fn tools(ui: &mut Ui, rect: Rect, hand: &Hand, snapshot: &Snapshot, hearing: &Hearing, scale: Scale) {
    let params = hand.params;
    let row = rect.with_max_y(rect.top() + scale.points(HEIGHT));
    let listen_at = row.left_center();
    let name = ui.painter().text(listen_at, Align2::LEFT_CENTER, "Listen", scale.font(13.0), theme::DIM);
    let left = name.right() + scale.points(10.0);
    let listen_rect = row.with_min_x(left).with_max_x(left + scale.points(272.0));
    Segments { param: &params.listen, names: LISTEN_NAMES, warns: true, scale }.show(ui, listen_rect, hand);
    let learn_rect = row.with_min_x(listen_rect.right() + scale.points(16.0));
    learn_row(ui, learn_rect, hand, hearing, scale);

    let modes_rect = row.with_min_x(row.right() - scale.points(216.0));
    Segments { param: &params.mode, names: MODE_NAMES, warns: false, scale }.show(ui, modes_rect, hand);

    let latency_at = pos2(modes_rect.left() - scale.points(12.0), row.center().y);
    let latency = clock(ui, latency_at, hand, snapshot, scale);
    if snapshot.n_bad_samples > 0 {
        let side = scale.points(18.0);
        let at = pos2(latency.left() - scale.points(14.0) - side / 2.0, row.center().y);
        lamp(ui, Rect::from_center_size(at, vec2(side, side)), snapshot.n_bad_samples);
    }
}

fn title(painter: &Painter, rect: Rect, scale: Scale) -> Rect {
    let spacing = scale.points(1.4);
    let font = scale.font(23.0);
    let con =
        theme::spaced_text(painter, rect.left_center(), Align2::LEFT_CENTER, "Con", font.clone(), theme::DIM, spacing);
    let anima_at = pos2(con.right() + scale.points(7.0), rect.center().y);
    theme::spaced_text(painter, anima_at, Align2::LEFT_CENTER, "Anima", font, theme::TEXT, spacing)
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
