//! The menu behind a right click, and the one that every value has: type, copy, paste, reset.
//!
//! In: the response of what was clicked, the entries. Out: the entry that was chosen. What was copied is text with its
//! unit: the system's clipboard gets it, and it is kept for all windows of the process, because the adapter does not
//! read the clipboard but for a key.

use egui::{Align2, CursorIcon, Id, Popup, PopupCloseBehavior, Response, Sense, Ui, vec2};
use parking_lot::Mutex;

use super::theme::{self, Scale};
use super::type_in;
use crate::params::Parameter;

/// Sizes of an entry, design points. Chosen: as high as the buttons, and wide enough for the longest entry.
const ENTRY: [f32; 2] = [168.0, 25.0];

/// What was copied last in any window of this process.
static COPIED: Mutex<Option<String>> = Mutex::new(None);

/// The id of an entry in the menu of a control, for tests.
pub fn entry_id(control: Id, entry: &str) -> Id {
    control.with(("menu", entry))
}

/// Shows the entries where `response` was clicked with the right button, those that are of use lit. Returns the one
/// that is chosen in this frame.
pub(super) fn menu<const N: usize>(response: &Response, entries: [(&str, bool); N], scale: Scale) -> Option<usize> {
    let mut chosen = None;
    Popup::context_menu(response).close_behavior(PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
        ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
        for (index, (entry, is_useful)) in entries.into_iter().enumerate() {
            if line(ui, entry_id(response.id, entry), entry, is_useful, scale) {
                chosen = Some(index);
                ui.close();
            }
        }
    });
    chosen
}

/// One entry; returns whether it is chosen.
fn line(ui: &mut Ui, id: Id, entry: &str, is_useful: bool, scale: Scale) -> bool {
    let [width, height] = ENTRY.map(|points| scale.points(points));
    let (rect, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
    let response = ui.interact(rect, id, Sense::click());
    if is_useful && response.hovered() {
        ui.painter().rect_filled(rect, scale.points(4.0), theme::RAISED_HOVERED);
        ui.ctx().set_cursor_icon(CursorIcon::PointingHand);
    }
    let at = rect.left_center() + vec2(scale.points(8.0), 0.0);
    let color = if is_useful { theme::TEXT } else { theme::DIM };
    ui.painter().text(at, Align2::LEFT_CENTER, entry, scale.font(13.0), color);
    is_useful && response.clicked()
}

/// What the menu of a value asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Pick {
    /// This value.
    Value(f32),
    /// The default.
    Default,
}

/// The menu of a value that reads `text`; `field` is where it can be typed.
pub(super) fn value_menu(
    ui: &Ui,
    response: &Response,
    listed: &Parameter,
    (field, text): (Id, &str),
    scale: Scale,
) -> Option<Pick> {
    let copied = COPIED.lock().clone();
    let entries =
        [("Type a value\u{2026}", true), ("Copy", true), ("Paste", copied.is_some()), ("Reset to default", true)];
    match menu(response, entries, scale)? {
        0 => type_in::begin_words(ui.ctx(), field, text.to_owned()),
        1 => {
            ui.ctx().copy_text(text.to_owned());
            *COPIED.lock() = Some(text.to_owned());
        }
        2 => return type_in::taken(ui, listed, field, &copied?).map(Pick::Value),
        _ => return Some(Pick::Default),
    }
    None
}
