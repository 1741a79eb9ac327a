//! Pointer gestures on a knob: exactly one begin and one end for each gesture, whatever the pointer does in between.
//!
//! In: the pointer's events on one control in one frame. Out: gestures of the [`Hand`]. A drag is one, a run of
//! wheel notches is one, a reset and a typed value are one each. The position is kept unrounded, so that slow turns add
//! up.

use egui::{Event, Id, MouseWheelUnit, PointerButton, Response, Ui};
use nice_plug::prelude::{FloatParam, Param};

use super::hand::Hand;
use crate::params::Hosted;

/// Vertical movement from one end of the range to the other, points. Chosen: larger is finer and slower.
const TRAVEL_POINTS: f32 = 220.0;
/// Factor on each movement while Shift is held. Chosen: smaller is finer and slower.
const FINE_RATIO: f32 = 0.1;
/// Movement by one wheel notch, as a share of the range. Chosen: smaller is finer and slower.
const NOTCH_RATIO: f32 = 0.02;
/// Trackpads send points, not notches: this many count as one. Chosen: larger makes trackpads slower.
const NOTCH_POINTS: f32 = 24.0;
/// Time without a wheel event that ends the gesture, seconds. Chosen: longer joins separate turns, shorter splits one.
const WHEEL_REST_S: f64 = 0.35;

/// The gesture in progress; `normalized` is the unrounded position.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Hold {
    #[default]
    Free,
    Dragged {
        normalized: f32,
    },
    Wheeled {
        normalized: f32,
        until_s: f64,
    },
}

/// Turns the pointer's events on `response` into gestures on `param`. Returns whether a gesture is in progress.
pub(super) fn turn(ui: &Ui, response: &Response, param: &Hosted<FloatParam>, hand: &Hand) -> bool {
    let id = response.id.with("hold");
    let before: Hold = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    let mut hold = before;
    if response.double_clicked() || (response.clicked() && ui.input(|input| input.modifiers.command)) {
        let_go(&mut hold, param, hand);
        hand.put(param, param.default_plain_value());
    }
    drag(ui, response, &mut hold, param, hand);
    wheel(ui, response, &mut hold, param, hand);
    if hold != before {
        ui.data_mut(|data| data.insert_temp(id, hold));
    }
    hold != Hold::Free
}

fn drag(ui: &Ui, response: &Response, hold: &mut Hold, param: &Hosted<FloatParam>, hand: &Hand) {
    let is_dragged = response.dragged_by(PointerButton::Primary);
    if is_dragged && !matches!(hold, Hold::Dragged { .. }) {
        let_go(hold, param, hand);
        hand.begin(param);
        *hold = Hold::Dragged { normalized: param.unmodulated_normalized_value() };
    }
    if let Hold::Dragged { normalized } = hold {
        if is_dragged {
            move_by(normalized, -response.drag_delta().y / TRAVEL_POINTS * fineness(ui), param, hand);
        } else {
            let_go(hold, param, hand);
        }
    }
}

fn wheel(ui: &Ui, response: &Response, hold: &mut Hold, param: &Hosted<FloatParam>, hand: &Hand) {
    let now_s = ui.input(|input| input.time);
    let n_notches = if response.hovered() { wheel_notches(ui) } else { 0.0 };
    if n_notches != 0.0 && !matches!(hold, Hold::Dragged { .. }) {
        if *hold == Hold::Free {
            hand.begin(param);
            *hold = Hold::Wheeled { normalized: param.unmodulated_normalized_value(), until_s: now_s };
        }
        if let Hold::Wheeled { normalized, until_s } = hold {
            move_by(normalized, n_notches * NOTCH_RATIO * fineness(ui), param, hand);
            *until_s = now_s + WHEEL_REST_S;
        }
    }
    if matches!(*hold, Hold::Wheeled { until_s, .. } if now_s >= until_s) {
        let_go(hold, param, hand);
    }
}

/// Wheel movement of this frame in notches, up is positive. Shift turns the wheel sideways on some systems.
pub(super) fn wheel_notches(ui: &Ui) -> f32 {
    ui.input(|input| {
        let notches = input.events.iter().map(|event| match event {
            Event::MouseWheel { unit: MouseWheelUnit::Point, delta, .. } => (delta.x + delta.y) / NOTCH_POINTS,
            Event::MouseWheel { delta, .. } => delta.x + delta.y,
            _ => 0.0,
        });
        notches.sum()
    })
}

/// Whole notches of the wheel; the fractions that a trackpad sends are summed under `id`.
pub(super) fn whole_notches(ui: &Ui, id: Id) -> i32 {
    let n_notches = wheel_notches(ui) + ui.data(|data| data.get_temp(id)).unwrap_or(0.0_f32);
    ui.data_mut(|data| data.insert_temp(id, n_notches.fract()));
    n_notches.trunc() as i32
}

fn fineness(ui: &Ui) -> f32 {
    if ui.input(|input| input.modifiers.shift) { FINE_RATIO } else { 1.0 }
}

fn move_by(normalized: &mut f32, distance: f32, param: &Hosted<FloatParam>, hand: &Hand) {
    *normalized = (*normalized + distance).clamp(0.0, 1.0);
    let value = param.preview_plain(*normalized);
    if distance != 0.0 && value != param.unmodulated_plain_value() {
        hand.set(param, value);
    }
}

fn let_go(hold: &mut Hold, param: &Hosted<FloatParam>, hand: &Hand) {
    if *hold != Hold::Free {
        hand.end(param);
        *hold = Hold::Free;
    }
}
