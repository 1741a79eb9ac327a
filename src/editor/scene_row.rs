//! The row of scenes: the knobs and eight places side by side, below them a rail on which the position moves, and the
//! position in words.
//!
//! In: a rectangle, the hand. Out: the row drawn. A click on a scene goes there, on an empty place captures what is
//! heard; the rail is dragged; the words can be typed over; a right click captures, names, puts on the knobs and
//! empties.

use egui::{Align2, CursorIcon, Id, Rect, Response, Sense, Stroke, Ui, pos2, vec2};
use nice_plug::prelude::Param;

use super::hand::Hand;
use super::menu::menu;
use super::theme::{self, Scale};
use super::type_in::{self, PAD, Words, words_field};
use super::{control_id, hold};
use crate::params::{N_SCENES, Scene};
use crate::presets::scenes_to_toml;

/// Widths, design points: of the row's name, of the place of the knobs, and of the words. Chosen: the places of the
/// scenes take what is left.
const NAME: f32 = 52.0;
const KNOBS: f32 = 46.0;
const WORDS: f32 = 178.0;
/// Heights of a place and of the rail, design points. Chosen: as high as other buttons, and as low as can be hit.
const PLACE: f32 = 25.0;
const RAIL: f32 = 11.0;
/// Between places, design points. Chosen: they are seen as one row.
const NEAR: f32 = 3.0;
/// So near to the middle of a place a drag stands at it, design points. Chosen: a scene is met without care, and most
/// of the way between two is free.
const SNAP: f32 = 5.0;

/// The row, with the middle of each place.
struct Row<'a, 'b> {
    hand: &'a Hand<'b>,
    /// The knobs', then those of the scenes.
    places: [Rect; N_SCENES + 1],
    scale: Scale,
}

/// Draws the row in `rect`.
pub(super) fn scene_row(ui: &mut Ui, rect: Rect, hand: &Hand, scale: Scale) {
    let [name, words, near] = [NAME, WORDS, NEAR].map(|points| scale.points(points));
    let band = rect.with_max_y(rect.top() + scale.points(PLACE));
    ui.painter().text(band.left_center(), Align2::LEFT_CENTER, "Scene", scale.font(13.0), theme::DIM);
    let strip = band.with_min_x(band.left() + name).with_max_x(band.right() - words);
    let knobs = strip.with_max_x(strip.left() + scale.points(KNOBS));
    let width = (strip.right() - knobs.right()) / N_SCENES as f32;
    let places = std::array::from_fn(|place| {
        let left = knobs.right() + width * (place.max(1) - 1) as f32;
        let whole = if place == 0 { knobs } else { strip.with_min_x(left).with_max_x(left + width) };
        whole.with_max_x(whole.right() - near)
    });
    let row = Row { hand, places, scale };
    row.knobs(ui);
    for place in 1..=N_SCENES {
        row.place(ui, place);
    }
    let rail = strip.with_min_y(strip.bottom()).with_max_y(strip.bottom() + scale.points(RAIL));
    row.rail(ui, rail);
    row.words(ui, band.with_min_x(band.right() - words + scale.points(8.0)));
}

/// The control of one place, 0 being the knobs.
fn place_id(place: usize) -> Id {
    control_id("scene").with(("place", place))
}

/// The field for a scene's name.
fn name_id(place: usize) -> Id {
    control_id("scene").with(("name", place))
}

impl Row<'_, '_> {
    fn position(&self) -> f32 {
        self.hand.params.scene.unmodulated_plain_value()
    }

    fn go(&self, place: usize) {
        if self.position() != place as f32 {
            self.hand.put(&self.hand.params.scene, place as f32);
        }
    }

    /// The place of the knobs.
    fn knobs(&self, ui: &mut Ui) {
        let rect = self.places[0];
        let response = ui.interact(rect, place_id(0), Sense::click()).on_hover_cursor(CursorIcon::PointingHand);
        self.ground(ui, &response, 0, true);
        let ink = if self.position() == 0.0 { theme::ACCENT } else { theme::TEXT };
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, "Off", self.scale.font(13.0), ink);
        if response.on_hover_text("The knobs are heard as they are, and no scene.").clicked() {
            self.go(0);
        }
    }

    /// The place of a scene, from 1 on.
    fn place(&self, ui: &mut Ui, place: usize) {
        let rect = self.places[place];
        let scene = self.hand.scenes.get(place);
        let response = ui.interact(rect, place_id(place), Sense::click()).on_hover_cursor(CursorIcon::PointingHand);
        self.ground(ui, &response, place, scene.is_some());
        if self.is_named(ui, place) {
            return;
        }
        self.label(ui, place, scene);
        if response.clicked() {
            match scene {
                Some(_) => self.go(place),
                None => self.capture(ui, place),
            }
        }
        self.menu(ui, &response, place, scene);
        response.on_hover_text(match scene {
            Some(scene) => format!("{}Click to hear it. A right click captures it again, names, clears.", said(scene)),
            None => "Empty. Click to capture what is heard as a scene.".to_owned(),
        });
    }

    /// Captures what is heard, and asks for a name.
    fn capture(&self, ui: &Ui, place: usize) {
        self.hand.capture(place);
        type_in::begin_words(ui.ctx(), name_id(place), String::new());
    }

    fn ground(&self, ui: &Ui, response: &Response, place: usize, is_filled: bool) {
        let is_at = self.position() == place as f32;
        let color = match (is_filled, is_at || response.hovered()) {
            (_, true) => theme::RAISED_HOVERED,
            (true, false) => theme::RAISED,
            (false, false) => theme::PANEL,
        };
        ui.painter().rect_filled(response.rect, self.scale.points(5.0), color);
    }

    fn label(&self, ui: &Ui, place: usize, scene: Option<&Scene>) {
        let rect = self.places[place];
        let font = self.scale.font(13.0);
        let ink = match scene {
            Some(_) if self.position() == place as f32 => theme::ACCENT,
            Some(_) => theme::TEXT,
            None => theme::DIM,
        };
        let words = scene.map_or_else(|| place.to_string(), |scene| format!("{place} {}", scene.name));
        let shown = theme::cut(ui.painter(), words.trim_end(), font.clone(), rect.width() - self.scale.points(8.0));
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, shown, font, ink);
    }

    /// Shows the field for the name while it is typed; returns whether it is.
    fn is_named(&self, ui: &mut Ui, place: usize) -> bool {
        if !type_in::is_open(ui.ctx(), name_id(place)) {
            return false;
        }
        let field = self.places[place].shrink2(vec2(self.scale.points(4.0), self.scale.points(2.0)));
        match words_field(ui, field, name_id(place), self.scale.font(13.0)) {
            Words::Given(name) | Words::Left(name) => self.hand.name_scene(place, &name),
            Words::Open | Words::Dropped => (),
        }
        true
    }

    fn menu(&self, ui: &Ui, response: &Response, place: usize, scene: Option<&Scene>) {
        let is_filled = scene.is_some();
        let entries = [
            ("Capture what is heard", true),
            ("Rename\u{2026}", is_filled),
            ("Put on the knobs", is_filled),
            ("Clear", is_filled),
            ("Copy all as text", !self.hand.scenes.is_empty()),
        ];
        match menu(response, entries, self.scale) {
            Some(0) if !is_filled => self.capture(ui, place),
            Some(0) => self.hand.capture(place),
            Some(1) => {
                let name = scene.map(|scene| scene.name.clone()).unwrap_or_default();
                type_in::begin_words(ui.ctx(), name_id(place), name);
            }
            Some(2) => self.hand.put_scene_on_knobs(place),
            Some(3) => self.hand.clear_scene(place),
            Some(_) => ui.ctx().copy_text(scenes_to_toml(&self.hand.scenes)),
            None => (),
        }
    }

    /// The way from the knobs to the last scene, with the position on it; it can be dragged.
    fn rail(&self, ui: &mut Ui, rect: Rect) {
        let listed = self.hand.params.scene.listed;
        let response = ui.interact(rect, control_id(listed.id), Sense::click_and_drag());
        let response = response.on_hover_cursor(CursorIcon::ResizeHorizontal);
        self.drag(ui, &response);
        let y = rect.center().y;
        let ends = [0, N_SCENES].map(|place| pos2(self.places[place].center().x, y));
        ui.painter().line_segment(ends, Stroke::new(self.scale.points(2.0), theme::LINE));
        for place in 0..=N_SCENES {
            let is_filled = place == 0 || self.hand.scenes.get(place).is_some();
            let color = if is_filled { theme::DIM } else { theme::LINE };
            let at = pos2(self.places[place].center().x, y);
            ui.painter().circle_filled(at, self.scale.points(2.4), color);
        }
        let radius = self.scale.points(if response.hovered() || response.dragged() { 5.0 } else { 4.2 });
        let color = if self.position() > 0.0 { theme::ACCENT } else { theme::TEXT };
        ui.painter().circle_filled(pos2(self.x_of(self.position()), y), radius, color);
        let heard = self.hand.params.scene.modulated_plain_value();
        if heard != self.position() {
            let at = pos2(self.x_of(heard), y);
            ui.painter().circle_stroke(at, radius, Stroke::new(self.scale.points(1.3), theme::TEXT));
        }
        if !response.dragged() {
            response.on_hover_text(listed.hint);
        }
    }

    /// One gesture from press to release; a double click is another one, to the knobs.
    fn drag(&self, ui: &Ui, response: &Response) {
        let param = &self.hand.params.scene;
        let id = response.id.with("dragged");
        let is_begun: bool = ui.data(|data| data.get_temp(id)).unwrap_or_default();
        // From the press on, wherever on the rail it is.
        let is_dragged = response.is_pointer_button_down_on() && ui.input(|input| input.pointer.primary_down());
        if is_dragged != is_begun {
            ui.data_mut(|data| data.insert_temp(id, is_dragged));
            if is_dragged { self.hand.begin(param) } else { self.hand.end(param) }
        }
        if is_dragged && let Some(pointer) = response.interact_pointer_pos() {
            let position = param.listed.rounded(self.position_at(pointer.x));
            if position != self.position() {
                self.hand.set(param, position);
            }
        }
        if response.double_clicked() {
            self.go(0);
        }
        let n_steps = if response.contains_pointer() { hold::whole_notches(ui, id.with("wheel")) } else { 0 };
        if n_steps != 0 {
            let place = (self.position() + n_steps as f32).round().clamp(0.0, N_SCENES as f32);
            self.go(place as usize);
        }
    }

    fn x_of(&self, position: f32) -> f32 {
        let below = (position.max(0.0) as usize).min(N_SCENES);
        let above = (below + 1).min(N_SCENES);
        let [from, to] = [below, above].map(|place| self.places[place].center().x);
        from + (to - from) * (position - below as f32)
    }

    /// The position at a place on the rail; near a scene it is that scene.
    fn position_at(&self, x: f32) -> f32 {
        let middle = |place: usize| self.places[place].center().x;
        let snap = self.scale.points(SNAP);
        if let Some(place) = (0..=N_SCENES).find(|place| (middle(*place) - x).abs() < snap) {
            return place as f32;
        }
        let above = (1..N_SCENES).find(|place| x < middle(*place)).unwrap_or(N_SCENES);
        let [from, to] = [middle(above - 1), middle(above)];
        (above as f32 - 1.0 + (x - from) / (to - from)).clamp(0.0, N_SCENES as f32)
    }

    /// The position in words, which can be typed over.
    fn words(&self, ui: &mut Ui, rect: Rect) {
        let param = &self.hand.params.scene;
        let id = control_id(param.listed.id).with("value");
        let font = self.scale.font(13.0);
        // The window's font has no arrow.
        let words = self.hand.scenes.text(param.listed, self.position()).replace('\u{2192}', "\u{203a}");
        if type_in::is_open(ui.ctx(), id) {
            match words_field(ui, rect, id, font) {
                Words::Given(typed) | Words::Left(typed) => self.take(ui, id, &typed),
                Words::Open | Words::Dropped => (),
            }
            return;
        }
        let response = ui.interact(rect, id, Sense::click()).on_hover_cursor(CursorIcon::Text);
        if response.hovered() {
            ui.painter().rect_filled(rect, 3.0, theme::RAISED);
        }
        let ink = if self.position() > 0.0 && !self.hand.scenes.is_empty() { theme::ACCENT } else { theme::DIM };
        let ink = theme::mix(ink, theme::ALERT, type_in::alert_share(ui, id));
        let shown = theme::cut(ui.painter(), &words, font.clone(), rect.width() - 2.0 * PAD);
        let at = rect.left_center() + vec2(PAD, 0.0);
        ui.painter().text(at, Align2::LEFT_CENTER, shown, font, ink);
        if response.clicked() {
            type_in::begin_words(ui.ctx(), id, words);
        }
        response.on_hover_text("Where it is among the scenes. Click to type a number, a name, or 2 > 3, 25 %.");
    }

    fn take(&self, ui: &Ui, id: Id, typed: &str) {
        let param = &self.hand.params.scene;
        match self.hand.scenes.typed(param.listed, typed) {
            Some(position) => self.hand.put(param, position),
            None => type_in::refuse(ui, id, format!("there is no scene '{typed}'; it takes a number, a name, or Off")),
        }
    }
}

/// A scene's name as the beginning of a sentence; names are cut in the row.
fn said(scene: &Scene) -> String {
    if scene.name.is_empty() { String::new() } else { format!("{}. ", scene.name) }
}
