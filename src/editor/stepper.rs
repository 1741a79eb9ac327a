//! A whole number with a button on each side, and dice.
//!
//! In: a rectangle, a whole-number parameter, the pointer. Out: the row drawn, one gesture for each step. The wheel
//! steps too, a click on the number types it, Ctrl-click sets the default.

use std::hash::{BuildHasher, Hasher, RandomState};

use egui::{Align2, CursorIcon, Painter, Rect, Response, Sense, Stroke, Ui, Vec2, pos2, vec2};
use nice_plug::prelude::{IntParam, Param};

use super::hand::Hand;
use super::menu::{Pick, value_menu};
use super::theme::{self, Scale};
use super::type_in::{ValueLook, value_field};
use super::{control_id, hold};
use crate::params::Hosted;

/// A whole-number parameter in one row.
pub(super) struct Stepper<'a> {
    /// The parameter.
    pub param: &'a Hosted<IntParam>,
    /// What stands behind the number's name, where it has one.
    pub behind_name: Option<u32>,
    /// Whether the row ends with dice.
    pub has_dice: bool,
    /// Window points per design point.
    pub scale: Scale,
}

impl Stepper<'_> {
    /// Draws the row in the middle of `rect`, its name on the left, and lets the pointer step it.
    pub(super) fn show(&self, ui: &mut Ui, rect: Rect, hand: &Hand) {
        let listed = self.param.listed;
        let side = self.scale.points(23.0);
        let font = self.scale.font(12.5);
        ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, listed.name, font, theme::TEXT);

        // The place of the dice stays empty where there are none, so that rows line up.
        let row = Rect::from_center_size(rect.center(), vec2(rect.width(), side));
        let row = row.with_min_x(rect.left() + self.scale.points(35.0));
        let row = row.with_max_x(rect.right() - side - self.scale.points(5.0));
        let id = control_id(listed.id);
        let value = self.param.unmodulated_plain_value();
        for (salt, step, at_x) in [("less", -1, row.left()), ("more", 1, row.right() - side)] {
            let button = Rect::from_min_size(pos2(at_x, row.top()), Vec2::splat(side));
            let response = ui.interact(button, id.with(salt), Sense::click());
            press_look(ui, &response, self.scale);
            sign(ui.painter(), button, step > 0, self.scale);
            if response.clicked() {
                self.put(hand, value.saturating_add(step));
            }
        }
        let field = Rect::from_x_y_ranges(row.left() + side..=row.right() - side, row.y_range()).shrink(1.0);
        self.value(ui, field, hand);
        if self.has_dice {
            self.dice(ui, Rect::from_min_size(pos2(rect.right() - side, row.top()), Vec2::splat(side)), hand);
        }
    }

    fn value(&self, ui: &mut Ui, field: Rect, hand: &Hand) {
        let listed = self.param.listed;
        let id = control_id(listed.id);
        let value = self.param.unmodulated_plain_value();
        let name = listed.text(value as f32);
        // There is no room between the buttons for both in one line.
        let (text, size) = match self.behind_name.filter(|_| value == 0) {
            Some(number) => (format!("{name}\n{number}"), 10.0),
            None => (name, 14.0),
        };
        let font = self.scale.font(size);
        let look = ValueLook { text: &text, font, color: theme::TEXT, align: Align2::CENTER_CENTER };
        if let Some(typed) = value_field(ui, field, id, listed, look) {
            self.put(hand, typed as i32);
        }
        let Some(response) = ui.ctx().read_response(id) else { return };
        match value_menu(ui, &response, listed, (id, &text.replace('\n', " ")), self.scale) {
            Some(Pick::Value(value)) => self.put(hand, value as i32),
            Some(Pick::Default) => self.put(hand, self.param.default_plain_value()),
            None => (),
        }
        if response.clicked() && ui.input(|input| input.modifiers.command) {
            self.put(hand, self.param.default_plain_value());
        }
        let n_steps = if response.contains_pointer() { hold::whole_notches(ui, id.with("wheel")) } else { 0 };
        if n_steps != 0 {
            self.put(hand, value.saturating_add(n_steps));
        }
    }

    /// Another singer: any seed but the present one.
    fn dice(&self, ui: &mut Ui, rect: Rect, hand: &Hand) {
        let response = ui.interact(rect, control_id(self.param.listed.id).with("dice"), Sense::click());
        press_look(ui, &response, self.scale);
        draw_dice(ui.painter(), rect.shrink(self.scale.points(6.0)), response.is_pointer_button_down_on());
        if response.on_hover_text("Another singer: rolls a new seed.").clicked() {
            // Steps of 1 to n - 1 from the present seed, wrapping around: never the same one again, and not Own.
            let n_seeds = self.param.listed.max as u64;
            let present = self.param.unmodulated_plain_value().max(1) as u64 - 1;
            let step = 1 + chance() % (n_seeds - 1);
            self.put(hand, 1 + ((present + step) % n_seeds) as i32);
        }
    }

    fn put(&self, hand: &Hand, value: i32) {
        let listed = self.param.listed;
        let value = value.clamp(listed.min as i32, listed.max as i32);
        if value != self.param.unmodulated_plain_value() {
            hand.put(self.param, value);
        }
    }
}

/// An unpredictable number: the hasher's keys are random numbers of the system. The result becomes a parameter that the
/// host stores, so a performance stays repeatable.
fn chance() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// The background of a button.
fn press_look(ui: &Ui, response: &Response, scale: Scale) {
    let color = match (response.is_pointer_button_down_on(), response.hovered()) {
        (true, _) => theme::LINE,
        (_, true) => theme::RAISED_HOVERED,
        _ => theme::RAISED,
    };
    ui.painter().rect_filled(response.rect, scale.points(4.0), color);
    if response.hovered() {
        ui.ctx().set_cursor_icon(CursorIcon::PointingHand);
    }
}

fn sign(painter: &Painter, rect: Rect, is_plus: bool, scale: Scale) {
    let arm = scale.points(4.5);
    let stroke = Stroke::new(scale.points(1.6), theme::TEXT);
    let center = rect.center();
    painter.line_segment([center - vec2(arm, 0.0), center + vec2(arm, 0.0)], stroke);
    if is_plus {
        painter.line_segment([center - vec2(0.0, arm), center + vec2(0.0, arm)], stroke);
    }
}

/// A die showing five; pressed, it lights up.
fn draw_dice(painter: &Painter, rect: Rect, is_pressed: bool) {
    let color = if is_pressed { theme::TEXT } else { theme::ACCENT };
    painter.rect_stroke(rect, rect.width() * 0.22, Stroke::new(rect.width() * 0.1, color), egui::StrokeKind::Middle);
    let reach = rect.width() * 0.25;
    for (x, y) in [(-1.0, -1.0), (1.0, -1.0), (0.0, 0.0), (-1.0, 1.0), (1.0, 1.0)] {
        painter.circle_filled(rect.center() + reach * vec2(x, y), rect.width() * 0.09, color);
    }
}
