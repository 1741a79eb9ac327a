//! The middle of the top row: the loaded preset with its neighbours, saving, the two compared sounds, undo and redo.
//!
//! In: a rectangle, the hand, the library. Out: the row drawn; clicks become whole steps of the hand, or open the
//! browser.

use egui::{Align2, CursorIcon, Painter, Rect, Response, Sense, Stroke, Ui, pos2, vec2};

use super::browser::Browser;
use super::control_id;
use super::hand::Hand;
use super::theme::{self, Scale};
use crate::presets::Library;

/// Widths of the row's parts, design points. Chosen: a name of forty letters is cut, one of twenty-five is not; signs
/// are as wide as they are high.
const NAME: f32 = 236.0;
const SIGN: f32 = 28.0;
const WORD: f32 = 54.0;
const SLOT: f32 = 32.0;
const COPY: f32 = 66.0;
/// Between parts that belong together and those that do not, design points. Chosen: the eye sees three groups.
const NEAR: f32 = 4.0;
const APART: f32 = 24.0;

/// Draws the row in the middle of `rect`.
pub(super) fn preset_row(
    ui: &mut Ui,
    rect: Rect,
    hand: &Hand,
    library: &mut Library,
    browser: &mut Browser,
    scale: Scale,
) {
    let widths =
        [SIGN, NEAR, NAME, NEAR, SIGN, NEAR, WORD, APART, SLOT, 0.0, SLOT, NEAR, COPY, APART, SIGN, NEAR, SIGN];
    let width = scale.points(widths.iter().sum());
    let mut left = (rect.center().x - width / 2.0).max(rect.left());
    let [back, _, name, _, forth, _, save, _, a, _, b, _, copy, _, undo, _, redo] = widths.map(|width| {
        let part = rect.with_min_x(left).with_max_x(left + scale.points(width));
        left = part.right();
        part
    });
    for (part, salt, step, hint) in
        [(back, "back", -1, "The preset before this one."), (forth, "forth", 1, "The next preset.")]
    {
        let response = button(ui, part, salt, true, hint, scale);
        chevron(ui.painter(), part, step as f32, scale, theme::TEXT);
        if response.clicked() {
            go(hand, library, step);
        }
    }
    plate(ui, name, hand, library, browser, scale);
    let is_modified = hand.loaded().1;
    let response = button(ui, save, "save", is_modified, "Keeps this sound as a preset of yours.", scale);
    word(ui, save, "Save", is_modified, scale);
    if response.clicked() {
        browser.save(ui, hand, library, name.union(save));
    }
    compared(ui, [a, b, copy], hand, scale);
    for ((part, salt, side), step) in [(undo, "undo", -1.0), (redo, "redo", 1.0)].into_iter().zip(hand.names_of_steps())
    {
        let word = if side < 0.0 { "Undo" } else { "Redo" };
        let hint =
            step.as_ref().map_or_else(|| format!("Nothing to {}.", word.to_lowercase()), |s| format!("{word} {s}"));
        let response = button(ui, part, salt, step.is_some(), &hint, scale);
        turn_back(ui.painter(), part, side, scale, ink(step.is_some()));
        match response.clicked() {
            true if side < 0.0 => hand.undo(),
            true => hand.redo(),
            false => (),
        }
    }
}

/// Loads the preset so many places further, around the end of the list.
fn go(hand: &Hand, library: &Library, step: i32) {
    let n_presets = library.all().count() as i32;
    let name = hand.loaded().0;
    let at = library.all().position(|preset| preset.name == name).map(|at| at as i32);
    // From a preset that is not in the list the first one or the last one is next.
    let next = at.map_or(if step > 0 { 0 } else { n_presets - 1 }, |at| at + step);
    if let Some(preset) = library.all().nth(next.rem_euclid(n_presets) as usize) {
        hand.load(preset);
    }
}

/// The name of what is loaded, which opens the browser.
fn plate(ui: &mut Ui, rect: Rect, hand: &Hand, library: &mut Library, browser: &mut Browser, scale: Scale) {
    let response = ui.interact(rect, control_id("preset"), Sense::click()).on_hover_cursor(CursorIcon::PointingHand);
    let is_lit = response.hovered() || browser.is_open();
    ui.painter().rect_filled(rect, scale.points(5.0), if is_lit { theme::RAISED_HOVERED } else { theme::RAISED });
    let (name, is_modified) = hand.loaded();
    let inset = scale.points(10.0);
    let room = rect.width() - 2.0 * inset - scale.points(if is_modified { 34.0 } else { 22.0 });
    let shown = theme::cut(ui.painter(), &name, scale.font(14.0), room);
    let at = pos2(rect.left() + inset, rect.center().y);
    let drawn = ui.painter().text(at, Align2::LEFT_CENTER, shown, scale.font(14.0), theme::TEXT);
    if is_modified {
        let at = pos2(drawn.right() + scale.points(4.0), rect.center().y);
        ui.painter().text(at, Align2::LEFT_CENTER, "*", scale.font(14.0), theme::ACCENT);
    }
    let caret = Rect::from_center_size(pos2(rect.right() - inset - scale.points(3.0), rect.center().y), vec2(8.0, 8.0));
    let stroke = Stroke::new(scale.points(1.5), theme::DIM);
    let low = caret.center() + vec2(0.0, scale.points(2.0));
    for side in [-1.0, 1.0] {
        ui.painter().line_segment([low, low + scale.points(1.0) * vec2(4.0 * side, -4.0)], stroke);
    }
    if response.clicked() {
        browser.toggle(ui, library, rect);
    }
    if !browser.is_open() {
        let changed = if is_modified { " It was changed since; undo, or load it again." } else { "" };
        response.on_hover_text(format!("The preset that is loaded.{changed} Click to choose another."));
    }
}

/// The two sounds that are compared, and a button that makes them the same.
fn compared(ui: &mut Ui, [a, b, copy]: [Rect; 3], hand: &Hand, scale: Scale) {
    let is_b = hand.params.slots.load().is_b;
    ui.painter().rect_filled(a.union(b), scale.points(5.0), theme::PANEL);
    for (rect, name, is_heard) in [(a, "A", !is_b), (b, "B", is_b)] {
        let response = ui.interact(rect, control_id("slot").with(name), Sense::click());
        let response = response.on_hover_cursor(CursorIcon::PointingHand);
        let (ground, ink) = match (is_heard, response.hovered()) {
            (true, _) => (theme::RAISED_HOVERED, theme::ACCENT),
            (false, true) => (theme::RAISED, theme::TEXT),
            (false, false) => (theme::PANEL, theme::TEXT),
        };
        ui.painter().rect_filled(rect.shrink(scale.points(2.0)), scale.points(4.0), ground);
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, name, scale.font(13.5), ink);
        let hint = "Two sounds to compare: change one, and the other stays as it was.";
        if response.on_hover_text(hint).clicked() && !is_heard {
            hand.switch();
        }
    }
    let [from, to] = if is_b { ["B", "A"] } else { ["A", "B"] };
    let is_useful = hand.differs_from_other();
    let hint = format!("Makes {to} the same as {from}, which is heard.");
    let response = button(ui, copy, "copy", is_useful, &hint, scale);
    from_to(ui.painter(), copy, [from, to], scale, ink(is_useful));
    if response.clicked() && is_useful {
        hand.copy_to_other();
    }
}

/// The ground of a button; without use it does not light up.
fn button(ui: &mut Ui, rect: Rect, salt: &str, is_useful: bool, hint: &str, scale: Scale) -> Response {
    let response = ui.interact(rect, control_id("presets").with(salt), Sense::click());
    let ground = match (is_useful, response.is_pointer_button_down_on(), response.hovered()) {
        (false, ..) => theme::PANEL,
        (true, true, _) => theme::LINE,
        (true, false, true) => theme::RAISED_HOVERED,
        (true, false, false) => theme::RAISED,
    };
    ui.painter().rect_filled(rect, scale.points(5.0), ground);
    let response = if is_useful { response.on_hover_cursor(CursorIcon::PointingHand) } else { response };
    response.on_hover_text(hint)
}

fn ink(is_useful: bool) -> egui::Color32 {
    if is_useful { theme::TEXT } else { theme::DIM }
}

fn word(ui: &Ui, rect: Rect, text: &str, is_useful: bool, scale: Scale) {
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, text, scale.font(13.0), ink(is_useful));
}

/// Two letters and an arrow between them.
fn from_to(painter: &Painter, rect: Rect, letters: [&str; 2], scale: Scale, color: egui::Color32) {
    let unit = scale.points(1.0);
    for (letter, side) in letters.into_iter().zip([-1.0, 1.0]) {
        let at = rect.center() + unit * vec2(18.0 * side, 0.0);
        painter.text(at, Align2::CENTER_CENTER, letter, scale.font(13.0), color);
    }
    let stroke = Stroke::new(scale.points(1.5), color);
    let tip = rect.center() + unit * vec2(7.0, 0.0);
    painter.line_segment([tip - unit * vec2(14.0, 0.0), tip], stroke);
    for up in [-1.0, 1.0] {
        painter.line_segment([tip + unit * vec2(-4.0, 4.0 * up), tip], stroke);
    }
}

fn chevron(painter: &Painter, rect: Rect, side: f32, scale: Scale, color: egui::Color32) {
    let tip = rect.center() + vec2(side * scale.points(3.0), 0.0);
    for up in [-1.0, 1.0] {
        let end = tip + scale.points(1.0) * vec2(-6.0 * side, 6.0 * up);
        painter.line_segment([end, tip], Stroke::new(scale.points(1.8), color));
    }
}

/// An arrow that turns back to the left (`side` below 0) or to the right.
fn turn_back(painter: &Painter, rect: Rect, side: f32, scale: Scale, color: egui::Color32) {
    let stroke = Stroke::new(scale.points(1.7), color);
    let unit = scale.points(1.0);
    let at = |x: f32, y: f32| rect.center() + unit * vec2(x * side, y);
    // From the head along the top and around the far end.
    let radius = 4.2;
    let bow = (0..=12).map(|index| {
        let angle = std::f32::consts::PI * (index as f32 / 12.0 - 0.5);
        at(-1.5 - radius * angle.cos(), 1.2 + radius * angle.sin())
    });
    let line: Vec<_> = std::iter::once(at(6.5, 1.2 - radius)).chain(bow).chain([at(2.5, 1.2 + radius)]).collect();
    painter.line(line, stroke);
    for up in [-1.0, 1.0] {
        painter.line_segment([at(6.5, 1.2 - radius), at(3.0, 1.2 - radius + 3.4 * up)], stroke);
    }
}
