//! A rotary knob for a continuous parameter.
//!
//! In: a rectangle, a parameter, the pointer. Out: the knob drawn, gestures sent to the host. Drag up and down, Shift
//! for fine, the wheel, double-click or Ctrl-click for the default, click on the value to type it.

use std::f32::consts::PI;
use std::ops::RangeInclusive;

use egui::{Align2, CursorIcon, Painter, Pos2, Rect, Response, Sense, Stroke, Ui, Vec2, pos2, vec2};
use nice_plug::prelude::{FloatParam, Param};

use super::hand::Hand;
use super::menu::{Pick, value_menu};
use super::theme::{self, Scale};
use super::type_in::{ValueLook, value_field};
use super::{control_id, hold};
use crate::params::{Hosted, Parameter};

/// Where the arc begins, clockwise, in radians from the right. Chosen: at the lower left, as on most knobs.
const ARC_START: f32 = 0.75 * PI;
/// How far the arc goes, clockwise, in radians. Chosen: three quarters of a turn leave a gap at the bottom, as on most
/// knobs.
const ARC_SWEEP: f32 = 1.5 * PI;
/// A smaller modulation is not drawn. Chosen: it could not be seen.
const MODULATION_MIN: f32 = 0.002;

/// The look of a knob, in design points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct KnobLook {
    max_radius: f32,
    arc_width: f32,
    name_size: f32,
    value_size: f32,
    text: TextPlace,
}

/// The place of a knob's name and value.
#[derive(Clone, Copy, Debug, PartialEq)]
enum TextPlace {
    /// Name above, value below.
    Around,
    /// Name above, value inside the dial.
    Inside,
}

/// The look of a single knob.
pub(super) const PLAIN: KnobLook =
    KnobLook { max_radius: 28.0, arc_width: 4.0, name_size: 12.5, value_size: 12.0, text: TextPlace::Around };
/// The look of a knob in a row.
pub(super) const CELL: KnobLook =
    KnobLook { max_radius: 22.0, arc_width: 3.5, name_size: 12.5, value_size: 12.0, text: TextPlace::Around };
/// The look of the Humanize knob.
pub(super) const GRAND: KnobLook =
    KnobLook { max_radius: 76.0, arc_width: 7.0, name_size: 16.0, value_size: 25.0, text: TextPlace::Inside };

/// A knob for one parameter.
pub(super) struct Knob<'a> {
    /// Its name in the window.
    pub name: &'static str,
    /// The parameter.
    pub param: &'a Hosted<FloatParam>,
    /// How it is drawn.
    pub look: KnobLook,
    /// Window points per design point.
    pub scale: Scale,
}

/// The areas of a knob's parts.
struct Areas {
    dial: Rect,
    name_at: Pos2,
    value: Rect,
}

impl Knob<'_> {
    /// Draws the knob in `rect` and lets the pointer turn it.
    pub(super) fn show(&self, ui: &mut Ui, rect: Rect, hand: &Hand) {
        let listed = self.param.listed;
        let Areas { dial, name_at, value } = self.areas(rect);
        let response = ui.interact(dial, control_id(listed.id), Sense::click_and_drag());
        let response = response.on_hover_cursor(CursorIcon::ResizeVertical);
        let is_held = hold::turn(ui, &response, self.param, hand);
        let name_font = self.scale.font(self.look.name_size);
        ui.painter().text(name_at, Align2::CENTER_CENTER, self.name, name_font, theme::TEXT);
        self.draw(ui.painter(), dial, is_held || response.hovered(), self.heard(hand));
        self.menu(ui, &response, hand);
        if !is_held {
            theme::explain_above(&response, listed.hint, 1.8 * (dial.top() - name_at.y));
        }
        self.value(ui, value, hand);
    }

    fn areas(&self, rect: Rect) -> Areas {
        let Self { look, scale, .. } = *self;
        let text_height = scale.points(1.6 * look.name_size);
        let below = if look.text == TextPlace::Inside { 0.0 } else { text_height };
        let room = rect.with_min_y(rect.top() + text_height).with_max_y(rect.bottom() - below);
        let radius = (room.size().min_elem() / 2.0).min(scale.points(look.max_radius));
        let dial = Rect::from_center_size(room.center(), Vec2::splat(2.0 * radius));
        let name_at = pos2(rect.center().x, dial.top() - text_height * 0.62);
        let value = if look.text == TextPlace::Inside {
            Rect::from_center_size(dial.center(), vec2(1.15 * radius, 0.46 * radius))
        } else {
            let center = pos2(rect.center().x, dial.bottom() + text_height * 0.42);
            Rect::from_center_size(center, vec2(rect.width().min(scale.points(84.0)), text_height))
        };
        Areas { dial, name_at, value }
    }

    fn value(&self, ui: &mut Ui, rect: Rect, hand: &Hand) {
        let listed = self.param.listed;
        let number = listed.text(self.param.unmodulated_plain_value()).replace('-', "\u{2212}");
        let text = format!("{number} {}", listed.unit);
        let id = control_id(listed.id).with("value");
        if let Some(response) = ui.ctx().read_response(id) {
            self.menu(ui, &response, hand);
        }
        let font = self.scale.font(self.look.value_size);
        let color = if self.look.text == TextPlace::Inside { theme::TEXT } else { theme::DIM };
        let look = ValueLook { text: text.trim_end(), font, color, align: Align2::CENTER_CENTER };
        if let Some(value) = value_field(ui, rect, id, listed, look) {
            hand.put(self.param, value);
        }
    }

    /// The menu behind a right click on dial or value.
    fn menu(&self, ui: &Ui, response: &Response, hand: &Hand) {
        let listed = self.param.listed;
        let field = control_id(listed.id).with("value");
        let text = listed.text_with_unit(self.param.unmodulated_plain_value());
        match value_menu(ui, response, listed, (field, &text), self.scale) {
            Some(Pick::Value(value)) => hand.put(self.param, value),
            Some(Pick::Default) => hand.put(self.param, self.param.default_plain_value()),
            None => (),
        }
    }

    /// The normalized value that is heard: the knob's with what the host modulates, or where scenes are heard, theirs.
    fn heard(&self, hand: &Hand) -> f32 {
        let listed = self.param.listed;
        match hand.of_scenes().filter(|_| listed.is_sound()).and_then(|values| values.get(listed.id)) {
            Some(value) => self.param.preview_normalized(value),
            None => self.param.modulated_normalized_value(),
        }
    }

    fn draw(&self, painter: &Painter, dial: Rect, is_lit: bool, heard: f32) {
        let width = self.scale.points(self.look.arc_width);
        let (center, radius) = (dial.center(), (dial.width() - width) / 2.0);
        let body_radius = radius - width * 1.3;
        let body_color = if is_lit { theme::RAISED_HOVERED } else { theme::RAISED };
        painter.circle_filled(center, body_radius, body_color);

        let set = self.param.unmodulated_normalized_value();
        let rest = self.param.preview_normalized(rest(self.param.listed));
        arc(painter, center, radius, 0.0..=1.0, Stroke::new(width, theme::LINE));
        arc(painter, center, radius, rest.min(set)..=rest.max(set), Stroke::new(width, theme::ACCENT));
        if (heard - set).abs() > MODULATION_MIN {
            let stroke = Stroke::new(width * 0.45, theme::TEXT);
            arc(painter, center, radius - width * 0.9, set.min(heard)..=set.max(heard), stroke);
        }
        let default = self.param.default_normalized_value();
        let notch = Stroke::new(self.scale.points(1.3), theme::DIM);
        ray(painter, center, radius + width * 0.65..=radius + width * 0.65 + self.scale.points(3.0), default, notch);
        let pointer_from = body_radius * if self.look.text == TextPlace::Inside { 0.8 } else { 0.42 };
        let pointer = Stroke::new(self.scale.points(2.4), theme::TEXT);
        ray(painter, center, pointer_from..=body_radius * 0.95, set, pointer);
    }
}

/// The normalized value from which the arc is drawn: the middle of a range with two sides, otherwise the low end, also
/// for levels up to 0 dB.
fn rest(listed: &Parameter) -> f32 {
    if listed.max > 0.0 { listed.min.max(0.0) } else { listed.min }
}

/// An arc with round ends between two normalized values.
fn arc(painter: &Painter, center: Pos2, radius: f32, range: RangeInclusive<f32>, stroke: Stroke) {
    let (start, end) = range.into_inner();
    if end - start < 1.0e-3 {
        return;
    }
    let n_segments = ((end - start) * 64.0).ceil().max(1.0);
    let at = |index: f32| on_arc(center, radius, start + (end - start) * index / n_segments);
    painter.line((0..=n_segments as usize).map(|index| at(index as f32)).collect(), stroke);
    for end in [at(0.0), at(n_segments)] {
        painter.circle_filled(end, stroke.width / 2.0, stroke.color);
    }
}

/// A short line from the centre outwards at a normalized value.
fn ray(painter: &Painter, center: Pos2, radii: RangeInclusive<f32>, normalized: f32, stroke: Stroke) {
    painter.line_segment([*radii.start(), *radii.end()].map(|radius| on_arc(center, radius, normalized)), stroke);
}

fn on_arc(center: Pos2, radius: f32, normalized: f32) -> Pos2 {
    center + radius * Vec2::angled(ARC_START + ARC_SWEEP * normalized)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::parameter;

    #[test]
    fn arcs_begin_where_nothing_is_set() {
        let expected = [("drift", 0.0), ("feel", 0.0), ("breath_keep", 0.0), ("inhale", -60.0)];
        for (id, value) in expected {
            assert_eq!(rest(parameter(id).unwrap()), value, "{id}");
        }
    }
}
