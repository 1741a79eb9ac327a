//! The browser of presets: the factory's by purpose, the user's own, and what can be done with them.
//!
//! In: the library, the hand, clicks and typed names. Out: presets loaded, files saved, renamed, deleted, imported and
//! exported, and a message about each.

use std::path::Path;

use egui::{Align2, Area, Context, CursorIcon, Id, Order, Rect, ScrollArea, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

use super::control_id;
use super::hand::Hand;
use super::notice::Notice;
use super::theme::{self, Scale};
use super::type_in::{Words, begin_words, stop_typing, words_field};
use crate::presets::{Existing, Library, LibraryError, Preset, typed_path};

/// Lines in a column. Chosen: the factory's presets fill three columns, and the smallest window is high enough.
const N_LINES: usize = 10;
/// Factory columns, and one for the user's own. Source: definition.
const N_COLUMNS: usize = 4;
/// A line, a column and the edge around everything, design points. Chosen: the longest factory name fits, and lines can
/// be hit.
const LINE: f32 = 24.0;
const COLUMN: f32 = 196.0;
const EDGE: f32 = 14.0;
/// From a group's name to where the next group may begin, design points. Chosen: groups are told apart at a glance.
const BETWEEN_GROUPS: f32 = 8.0;
/// What is below the lists: a sentence and a row of buttons, design points. Chosen: as high as two lines and air.
const FOOT: f32 = 78.0;
/// So long a second click deletes, seconds. Chosen: time to read, and not by accident later.
const SURE_S: f64 = 4.0;

/// What is being typed, or asked for again.
#[derive(Clone, Debug, Default, PartialEq)]
enum Task {
    #[default]
    None,
    /// A name to save under; the one that a second Enter replaces.
    Save {
        replaces: Option<String>,
    },
    Rename,
    Import,
    Export,
    /// The preset that a second click deletes, and when it was asked for.
    Delete(String, f64),
}

/// The browser of one window.
#[derive(Default)]
pub(super) struct Browser {
    /// The plate that it hangs from, while it is open.
    anchor: Option<Rect>,
    task: Task,
    /// What was done, or went wrong.
    pub(super) notice: Option<Notice>,
}

/// What is under the pointer or was clicked in this frame.
#[derive(Default)]
struct Touched {
    hint: String,
    chosen: Option<Preset>,
}

impl Browser {
    /// Whether it is open.
    pub(super) fn is_open(&self) -> bool {
        self.anchor.is_some()
    }

    /// Opens it below `anchor`, or closes it.
    pub(super) fn toggle(&mut self, ui: &Ui, library: &mut Library, anchor: Rect) {
        if self.is_open() {
            self.close(ui.ctx());
        } else {
            library.scan();
            self.anchor = Some(anchor);
        }
    }

    /// Saves what is heard: over the user's own preset that is loaded, otherwise under a name that is asked for.
    pub(super) fn save(&mut self, ui: &Ui, hand: &Hand, library: &mut Library, anchor: Rect) {
        let (name, _) = hand.loaded();
        library.scan();
        if library.find_own(&name).is_some() {
            let outcome = self.keep(hand, library, &name, Existing::Replace);
            self.tell(outcome);
        } else {
            self.anchor = Some(anchor);
            self.ask_for_name(ui.ctx(), Task::Save { replaces: None }, library.free_name(&name));
        }
    }

    /// Shows it, if it is open; returns where.
    pub(super) fn show(&mut self, ui: &Ui, hand: &Hand, library: &mut Library, scale: Scale) -> Option<Rect> {
        let anchor = self.anchor?;
        let window = ui.ctx().content_rect();
        let size = scale.points(1.0)
            * vec2(N_COLUMNS as f32 * COLUMN + 2.0 * EDGE, N_LINES as f32 * LINE + BETWEEN_GROUPS + FOOT + 2.0 * EDGE);
        let margin = scale.points(8.0);
        let left = (anchor.center().x - size.x / 2.0).clamp(margin, (window.right() - size.x - margin).max(margin));
        let rect = Rect::from_min_size(pos2(left, anchor.bottom() + scale.points(6.0)), size);
        let area = Area::new(Id::unique("con-anima-browser")).order(Order::Foreground).fixed_pos(rect.min);
        area.constrain(false).fade_in(false).show(ui.ctx(), |ui| {
            ui.allocate_exact_size(size, Sense::click());
            ui.painter().rect_filled(rect, scale.corner(), theme::PANEL);
            ui.painter().rect_stroke(rect, scale.corner(), Stroke::new(1.0, theme::LINE), StrokeKind::Inside);
            let inner = rect.shrink(scale.points(EDGE));
            let mut touched = Touched::default();
            self.factory(ui, inner, hand, library, &mut touched, scale);
            self.own(ui, inner, hand, library, &mut touched, scale);
            self.foot(ui, inner, hand, library, &touched.hint, scale);
            if let Some(preset) = touched.chosen {
                hand.load(&preset);
            }
        });
        let pressed = ui.input(|input| input.pointer.any_pressed().then(|| input.pointer.interact_pos()).flatten());
        if pressed.is_some_and(|at| !rect.contains(at) && !anchor.contains(at)) {
            self.close(ui.ctx());
        }
        Some(rect)
    }

    fn close(&mut self, ctx: &Context) {
        self.anchor = None;
        self.task = Task::None;
        stop_typing(ctx);
    }

    /// The factory presets, group by group.
    fn factory(&self, ui: &mut Ui, inner: Rect, hand: &Hand, library: &Library, touched: &mut Touched, scale: Scale) {
        let heard = hand.loaded().0;
        let line = scale.points(LINE);
        let (mut column, mut n_lines, mut top) = (0, 0, inner.top());
        for group in library.factory().chunk_by(|one, next| one.purpose == next.purpose) {
            if n_lines > 0 && n_lines + group.len() + 1 > N_LINES {
                (column, n_lines, top) = (column + 1, 0, inner.top());
            } else if n_lines > 0 {
                top += scale.points(BETWEEN_GROUPS);
            }
            let room = column_of(inner, column, scale);
            caption(ui, pos2(room.left(), top), &group[0].purpose, scale);
            top += line;
            for preset in group {
                let rect = Rect::from_min_size(pos2(room.left(), top), vec2(room.width(), line));
                entry(ui, rect, preset, preset.name == heard, touched, scale);
                top += line;
            }
            n_lines += group.len() + 1;
        }
    }

    /// The user's presets, and how many files could not be read.
    fn own(&mut self, ui: &mut Ui, inner: Rect, hand: &Hand, library: &Library, touched: &mut Touched, scale: Scale) {
        let heard = hand.loaded().0;
        let line = scale.points(LINE);
        let room = column_of(inner, N_COLUMNS - 1, scale);
        caption(ui, room.left_top(), "Yours", scale);
        // Whole lines, so that none is cut.
        let bottom = room.top() + N_LINES as f32 * line;
        let rule = room.left() - scale.points(6.0);
        ui.painter().vline(rule, room.top()..=bottom, Stroke::new(1.0, theme::LINE));
        let mut list = room.with_min_y(room.top() + line).with_max_y(bottom);
        if !library.problems().is_empty() {
            let rect = list.with_min_y(list.bottom() - line);
            list = list.with_max_y(rect.top());
            self.problems(ui, rect, library, scale);
        }
        if library.own().is_empty() {
            let words = "None yet. Save keeps what you hear.";
            let galley = ui.painter().layout(words.to_owned(), scale.font(13.0), theme::DIM, list.width());
            ui.painter().galley(list.min + vec2(scale.points(6.0), scale.points(3.0)), galley, theme::DIM);
        }
        ui.scope_builder(egui::UiBuilder::new().max_rect(list), |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ScrollArea::vertical().auto_shrink(false).show_rows(ui, line, library.own().len(), |ui, rows| {
                for own in &library.own()[rows] {
                    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), line), Sense::hover());
                    entry(ui, rect, &own.preset, own.preset.name == heard, touched, scale);
                }
            });
        });
    }

    fn problems(&mut self, ui: &Ui, rect: Rect, library: &Library, scale: Scale) {
        let problems = library.problems();
        let text = match problems.len() {
            1 => "1 file cannot be read".to_owned(),
            n => format!("{n} files cannot be read"),
        };
        let at = rect.left_center() + vec2(scale.points(6.0), 0.0);
        ui.painter().text(at, Align2::LEFT_CENTER, text, scale.font(13.0), theme::ALERT);
        let response = ui.interact(rect, control_id("presets").with("problems"), Sense::click());
        let words = problems.iter().take(5).map(ToString::to_string).collect::<Vec<_>>().join("\n");
        if response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(&words).clicked() {
            self.notice = Some(Notice::of::<String>(Err(words)));
        }
    }

    /// A sentence about what is under the pointer, and below it the buttons, or a field.
    fn foot(&mut self, ui: &mut Ui, inner: Rect, hand: &Hand, library: &mut Library, hint: &str, scale: Scale) {
        let foot = inner.with_min_y(inner.bottom() - scale.points(FOOT));
        let rule = foot.top() + scale.points(8.0);
        ui.painter().hline(foot.x_range(), rule, Stroke::new(1.0, theme::LINE));
        let buttons = foot.with_min_y(foot.bottom() - scale.points(28.0));
        let sentence = if hint.is_empty() { self.explained(library) } else { hint.to_owned() };
        let at = pos2(foot.left() + scale.points(6.0), (rule + buttons.top()) / 2.0);
        let sentence = theme::cut(ui.painter(), &sentence, scale.font(13.0), foot.width() - scale.points(12.0));
        ui.painter().text(at, Align2::LEFT_CENTER, sentence, scale.font(13.0), theme::DIM);
        let label = match &self.task {
            Task::None | Task::Delete(..) => return self.buttons(ui, buttons, hand, library, scale),
            Task::Save { replaces: Some(_) } => "Replace it?",
            Task::Save { replaces: None } => "Save as",
            Task::Rename => "New name",
            Task::Import => "Import file",
            Task::Export => "Export to file",
        };
        let at = buttons.left_center() + vec2(scale.points(6.0), 0.0);
        let label = ui.painter().text(at, Align2::LEFT_CENTER, label, scale.font(13.0), theme::TEXT);
        let field = buttons.with_min_x(label.right() + scale.points(12.0));
        match words_field(ui, field, field_id(), scale.font(14.0)) {
            Words::Open => (),
            Words::Dropped | Words::Left(_) => self.task = Task::None,
            Words::Given(text) => self.take(ui.ctx(), hand, library, &text),
        }
    }

    fn explained(&self, library: &Library) -> String {
        match &self.task {
            Task::None => library.folder().map_or(String::new(), |folder| format!("Yours are in {}", folder.display())),
            Task::Delete(name, _) => format!("A second click moves {name} to the folder of deleted presets."),
            Task::Save { replaces: Some(name) } => {
                format!("There is {name} already: Enter replaces it, Escape does not.")
            }
            Task::Save { .. } | Task::Rename => {
                "Type a name. Enter keeps it, Escape leaves everything as it is.".to_owned()
            }
            Task::Import => "Type or paste the path of a preset's file; it is copied to yours.".to_owned(),
            Task::Export => "Type or paste a path for the file; it can be read by bounce --preset, too.".to_owned(),
        }
    }

    fn buttons(&mut self, ui: &Ui, rect: Rect, hand: &Hand, library: &mut Library, scale: Scale) {
        let (name, _) = hand.loaded();
        let is_own = library.find_own(&name).is_some();
        let now_s = ui.input(|input| input.time);
        if matches!(self.task, Task::Delete(_, asked_s) if now_s - asked_s > SURE_S) {
            self.task = Task::None;
        }
        let is_sure = matches!(&self.task, Task::Delete(asked, _) if *asked == name);
        let delete = if is_sure { "Sure?" } else { "Delete" };
        let all = [
            ("save as", "Save as\u{2026}", true),
            ("rename", "Rename\u{2026}", is_own),
            ("delete", delete, is_own),
            ("import", "Import\u{2026}", true),
            ("export", "Export\u{2026}", true),
            ("folder", "Open folder", true),
        ];
        let gap = scale.points(6.0);
        let width = (rect.width() - gap * (all.len() as f32 - 1.0)) / all.len() as f32;
        for (index, (salt, word, is_possible)) in all.into_iter().enumerate() {
            let left = rect.left() + index as f32 * (width + gap);
            let button = rect.with_min_x(left).with_max_x(left + width);
            let response = ui.interact(button, control_id("presets").with(salt), Sense::click());
            let is_lit = is_possible && response.hovered();
            let ground = if is_lit { theme::RAISED_HOVERED } else { theme::RAISED };
            let ink = match (is_possible, is_sure && salt == "delete") {
                (false, _) => theme::DIM,
                (true, true) => theme::ACCENT,
                (true, false) => theme::TEXT,
            };
            ui.painter().rect_filled(button, scale.points(5.0), if is_possible { ground } else { theme::PANEL });
            ui.painter().text(button.center(), Align2::CENTER_CENTER, word, scale.font(13.0), ink);
            if is_possible && response.on_hover_cursor(CursorIcon::PointingHand).clicked() {
                self.begin(ui.ctx(), salt, hand, library, now_s);
            }
        }
    }

    /// Begins what a button is for.
    fn begin(&mut self, ctx: &Context, salt: &str, hand: &Hand, library: &mut Library, now_s: f64) {
        let (name, _) = hand.loaded();
        match salt {
            "save as" => self.ask_for_name(ctx, Task::Save { replaces: None }, library.free_name(&name)),
            "rename" => self.ask_for_name(ctx, Task::Rename, name),
            "import" => self.ask_for_name(ctx, Task::Import, String::new()),
            "export" => self.ask_for_name(ctx, Task::Export, format!("~/{name}.toml")),
            "delete" if matches!(&self.task, Task::Delete(asked, _) if *asked == name) => {
                self.task = Task::None;
                let outcome = library.delete(&name);
                self.tell(outcome.map(|path| format!("{name} is deleted; its file is now {}", path.display())));
            }
            "delete" => self.task = Task::Delete(name, now_s),
            _ => {
                let outcome = open_folder(ctx, library);
                outcome.unwrap_or_else(|problem| self.tell(Err(problem)));
            }
        }
    }

    fn ask_for_name(&mut self, ctx: &Context, task: Task, text: String) {
        self.task = task;
        begin_words(ctx, field_id(), text);
    }

    /// Does what the typed text is for.
    fn take(&mut self, ctx: &Context, hand: &Hand, library: &mut Library, text: &str) {
        let outcome = match std::mem::take(&mut self.task) {
            Task::Save { replaces } => {
                let is_sure = replaces.is_some_and(|name| name.to_lowercase() == text.trim().to_lowercase());
                let existing = if is_sure { Existing::Replace } else { Existing::Keep };
                let outcome = self.keep(hand, library, text, existing);
                if let Err(LibraryError::Taken { name, is_factory: false }) = &outcome {
                    let replaces = Some(name.clone());
                    return self.ask_for_name(ctx, Task::Save { replaces }, text.to_owned());
                }
                outcome
            }
            Task::Rename => {
                let from = hand.loaded().0;
                let renamed = library.rename(&from, text);
                renamed.map(|name| {
                    hand.rename(&name);
                    format!("{from} is now called {name}.")
                })
            }
            Task::Import => library.import(&typed_path(text)).map(|name| {
                if let Some(preset) = library.find(&name) {
                    hand.load(preset);
                }
                format!("{name} is one of yours now, and is loaded.")
            }),
            Task::Export => {
                let (name, is_modified) = hand.loaded();
                let found = library.find(&name).filter(|_| !is_modified).cloned();
                let preset = found.unwrap_or_else(|| hand.as_preset(&name));
                Library::export(&preset, &typed_path(text)).map(|path| format!("Written: {}", path.display()))
            }
            Task::None | Task::Delete(..) => return,
        };
        self.tell(outcome);
    }

    fn keep(&self, hand: &Hand, library: &mut Library, name: &str, existing: Existing) -> Result<String, LibraryError> {
        let preset = hand.as_preset(name);
        library.save(&preset, existing)?;
        hand.call(&preset);
        Ok(format!("{} is saved.", preset.name))
    }

    fn tell(&mut self, outcome: Result<String, LibraryError>) {
        self.notice = Some(Notice::of(outcome));
    }
}

fn field_id() -> Id {
    control_id("presets").with("words")
}

fn open_folder(ctx: &Context, library: &Library) -> Result<(), LibraryError> {
    let folder = library.make_folder()?;
    ctx.open_url(egui::OpenUrl::new_tab(Path::display(folder)));
    Ok(())
}

fn column_of(inner: Rect, column: usize, scale: Scale) -> Rect {
    let left = inner.left() + scale.points(COLUMN) * column as f32;
    inner.with_min_x(left).with_max_x(left + scale.points(COLUMN - 8.0))
}

fn caption(ui: &Ui, at: egui::Pos2, text: &str, scale: Scale) {
    let at = at + vec2(scale.points(6.0), scale.points(LINE / 2.0));
    theme::caption(ui.painter(), at, Align2::LEFT_CENTER, text, scale.font(11.0), theme::DIM);
}

/// A preset's line.
fn entry(ui: &Ui, rect: Rect, preset: &Preset, is_loaded: bool, touched: &mut Touched, scale: Scale) {
    let response = ui.interact(rect, control_id("presets").with(("entry", &preset.name)), Sense::click());
    if response.hovered() {
        touched.hint = if preset.hint.is_empty() { preset.name.clone() } else { preset.hint.clone() };
        ui.painter().rect_filled(rect, scale.points(4.0), theme::RAISED);
    }
    let color = if is_loaded { theme::ACCENT } else { theme::TEXT };
    let room = rect.width() - scale.points(10.0);
    let name = theme::cut(ui.painter(), &preset.name, scale.font(13.5), room);
    let at = rect.left_center() + vec2(scale.points(6.0), 0.0);
    ui.painter().text(at, Align2::LEFT_CENTER, name, scale.font(13.5), color);
    if response.on_hover_cursor(CursorIcon::PointingHand).clicked() {
        touched.chosen = Some(preset.clone());
    }
}
