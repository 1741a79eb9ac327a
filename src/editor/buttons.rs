//! Buttons: a choice of a few names side by side, a switch, and a push button that is on only while it is held.
//!
//! In: a rectangle, a parameter, the pointer. Out: the control drawn, one gesture for each click or press.

use egui::{Align2, Color32, CursorIcon, Rect, Response, Sense, Stroke, StrokeKind, Ui};
use nice_plug::prelude::{BoolParam, IntParam, Param};

use super::control_id;
use super::hand::Hand;
use super::theme::{self, Scale};
use crate::params::{Hosted, Parameter};

/// The shortest press, seconds. Chosen: a host reads parameters once per block, and 8192 samples at 44.1 kHz are 0.19
/// s; shorter might be missed, longer delays the next press.
const LEAST_PRESS_S: f64 = 0.25;

/// A parameter that is one of a few names.
pub(super) struct Segments<'a> {
    /// The parameter.
    pub param: &'a Hosted<IntParam>,
    /// Its choices by their indices.
    pub names: [&'static str; 3],
    /// Every choice except the first is unusual and is drawn as a warning.
    pub warns: bool,
    /// Window points per design point.
    pub scale: Scale,
}

impl Segments<'_> {
    /// Draws the choices across `rect`, each as wide as its name asks for, and lets the pointer choose.
    pub(super) fn show(&self, ui: &mut Ui, rect: Rect, hand: &Hand) {
        let id = control_id(self.param.listed.id);
        let corner = self.scale.points(5.0);
        ui.painter().rect_filled(rect, corner, theme::PANEL);
        let frame = ui.interact(rect, id, Sense::hover());
        let chosen = self.param.unmodulated_plain_value();
        for ((index, name), segment) in (0_i32..).zip(self.names).zip(self.places(ui, rect)) {
            let response = ui.interact(segment, id.with(name), Sense::click());
            let is_chosen = index == chosen;
            let is_alarming = is_chosen && self.warns && index > 0;
            let (ground, ink) = match (is_alarming, is_chosen, response.hovered()) {
                (true, ..) => (theme::ALERT, theme::ON_ACCENT),
                (_, true, _) => (theme::RAISED_HOVERED, theme::ACCENT),
                (_, _, true) => (theme::RAISED, theme::TEXT),
                _ => (theme::PANEL, theme::TEXT),
            };
            ui.painter().rect_filled(segment, corner - self.scale.points(1.0), ground);
            ui.painter().text(segment.center(), Align2::CENTER_CENTER, name, self.scale.font(13.5), ink);
            if explained(response, self.param.listed).clicked() && !is_chosen {
                hand.put(self.param, index);
            }
        }
        explained(frame, self.param.listed);
    }

    fn places(&self, ui: &Ui, rect: Rect) -> [Rect; 3] {
        let font = self.scale.font(13.5);
        let width = |name: &str| ui.painter().layout_no_wrap(name.to_owned(), font.clone(), theme::TEXT).size().x;
        let widths = self.names.map(width);
        let margin = (rect.width() - widths.iter().sum::<f32>()) / widths.len() as f32;
        let mut left = rect.left();
        widths.map(|width| {
            let segment = Rect::from_x_y_ranges(left..=left + width + margin, rect.y_range());
            left = segment.right();
            segment.shrink(self.scale.points(2.0))
        })
    }
}

/// A switch that is on only while it is held.
pub(super) struct PushButton<'a> {
    /// The parameter.
    pub param: &'a Hosted<BoolParam>,
    /// Window points per design point.
    pub scale: Scale,
}

impl PushButton<'_> {
    /// Draws the button in `rect`; a press is one gesture, which switches on at its beginning and off at its end.
    pub(super) fn show(&self, ui: &mut Ui, rect: Rect, hand: &Hand) {
        let listed = self.param.listed;
        // To egui a long press is no click, but a drag.
        let response = ui.interact(rect, control_id(listed.id), Sense::click_and_drag());
        let is_on = self.press(ui, &response, hand) || self.param.unmodulated_plain_value();
        let corner = self.scale.points(5.0);
        let (ground, ink) = match (is_on, response.hovered()) {
            (true, _) => (theme::BREATH, theme::ON_ACCENT),
            (false, true) => (theme::RAISED_HOVERED, theme::TEXT),
            (false, false) => (theme::RAISED, theme::TEXT),
        };
        ui.painter().rect_filled(rect, corner, ground);
        ui.painter().rect_stroke(rect, corner, Stroke::new(1.0, theme::LINE), StrokeKind::Inside);
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, listed.name, self.scale.font(13.5), ink);
        let response = response.on_hover_cursor(CursorIcon::PointingHand);
        if !is_on {
            theme::explain_above(&response, listed.hint, self.scale.points(6.0));
        }
    }

    /// Begins and ends the gesture. Returns whether it goes on.
    fn press(&self, ui: &Ui, response: &Response, hand: &Hand) -> bool {
        let param = self.param;
        let id = response.id.with("pressed-since");
        let now_s = ui.input(|input| input.time);
        let since_s: Option<f64> = ui.data(|data| data.get_temp(id));
        let is_down = response.is_pointer_button_down_on();
        match since_s {
            // Both ends of a short click may come in one frame.
            None if is_down || response.clicked() => {
                hand.begin(param);
                hand.set(param, true);
                ui.data_mut(|data| data.insert_temp(id, now_s));
                true
            }
            Some(since_s) if !is_down && now_s - since_s >= LEAST_PRESS_S => {
                hand.set(param, false);
                hand.end(param);
                ui.data_mut(|data| data.remove::<f64>(id));
                false
            }
            since_s => since_s.is_some(),
        }
    }
}

/// A switch that stays where it is put, in this color while it is on.
pub(super) fn toggle(ui: &mut Ui, rect: Rect, param: &Hosted<BoolParam>, on: Color32, hand: &Hand, scale: Scale) {
    let response = ui.interact(rect, control_id(param.listed.id), Sense::click());
    let is_on = param.unmodulated_plain_value();
    let corner = scale.points(5.0);
    let color = match (is_on, response.hovered()) {
        (true, _) => on,
        (false, true) => theme::RAISED_HOVERED,
        (false, false) => theme::PANEL,
    };
    ui.painter().rect_filled(rect, corner, color);
    ui.painter().rect_stroke(rect, corner, Stroke::new(1.0, theme::LINE), StrokeKind::Inside);
    let color = if is_on { theme::ON_ACCENT } else { theme::TEXT };
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, param.listed.name, scale.font(13.5), color);
    if explained(response, param.listed).clicked() {
        hand.put(param, !is_on);
    }
}

fn explained(response: Response, listed: &Parameter) -> Response {
    response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(listed.hint)
}
