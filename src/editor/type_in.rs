//! A value that can be read, clicked and typed over, and a field for words.
//!
//! In: a parameter and the text that shows its value. Out: the value that was typed, limited to the parameter's range.
//! Units may be typed or left out, and a comma counts as a decimal point; invalid text flashes red and changes nothing.
//! Of all fields one can be typed into at a time.

use egui::text::{CCursor, CCursorRange};
use egui::{Align2, Color32, Context, CursorIcon, FontId, Frame, Id, Key, Margin, Rect, Sense, TextEdit, Ui, vec2};

use super::theme;
use crate::params::Parameter;

/// How long a refused value glows, seconds. Chosen: long enough to be noticed.
const FLASH_S: f64 = 0.7;

/// The one field that is being typed into.
#[derive(Clone)]
struct Typing {
    id: Id,
    text: String,
    is_new: bool,
}

/// The look of a value while it is not being typed.
pub(super) struct ValueLook<'a> {
    /// The value as text, with its unit.
    pub text: &'a str,
    /// Its font.
    pub font: FontId,
    /// Its colour.
    pub color: Color32,
    /// Its alignment in its rectangle.
    pub align: Align2,
}

/// Room beside a value, points. Chosen: enough for the edge of its background.
pub(super) const PAD: f32 = 3.0;

/// Shows a value in `rect`; a click opens it for typing. Returns what was typed once Enter confirms it.
pub(super) fn value_field(ui: &mut Ui, rect: Rect, id: Id, listed: &Parameter, look: ValueLook) -> Option<f32> {
    let typing = typing(ui.ctx()).filter(|typing| typing.id == id);
    match typing {
        Some(typing) => match edit(ui, rect, typing, look.font, look.align) {
            Edit::Confirmed(typing) => confirmed(ui, listed, &typing),
            Edit::Open | Edit::Dropped => None,
        },
        None => {
            show(ui, rect, id, listed, &look);
            None
        }
    }
}

fn show(ui: &Ui, rect: Rect, id: Id, listed: &Parameter, look: &ValueLook) {
    let response = ui.interact(rect, id, Sense::click()).on_hover_cursor(CursorIcon::Text);
    if response.clicked() && !ui.input(|input| input.modifiers.command) {
        let text = look.text.to_owned();
        ui.data_mut(|data| data.insert_temp(typing_id(), Typing { id, text, is_new: true }));
    }
    if response.hovered() {
        ui.painter().rect_filled(rect, 3.0, theme::RAISED);
    }
    let color = theme::mix(look.color, theme::ALERT, alert_share(ui, id));
    let at = look.align.pos_in_rect(&rect.shrink2(vec2(PAD, 0.0)));
    ui.painter().text(at, look.align, look.text, look.font.clone(), color);
    theme::explain_above(&response, listed.hint, rect.height());
}

/// What has become of a field for words.
pub(super) enum Words {
    /// It is still being typed into.
    Open,
    /// Enter confirmed this.
    Given(String),
    /// Escape or a click elsewhere ended it.
    Dropped,
}

/// Opens a field for words, with these selected.
pub(super) fn begin_words(ctx: &Context, id: Id, text: String) {
    ctx.data_mut(|data| data.insert_temp(typing_id(), Typing { id, text, is_new: true }));
}

/// Shows a field for words that was opened.
pub(super) fn words_field(ui: &mut Ui, rect: Rect, id: Id, font: FontId) -> Words {
    let Some(typing) = typing(ui.ctx()).filter(|typing| typing.id == id) else { return Words::Dropped };
    match edit(ui, rect, typing, font, Align2::LEFT_CENTER) {
        Edit::Open => Words::Open,
        Edit::Confirmed(typing) => Words::Given(typing.text),
        Edit::Dropped => Words::Dropped,
    }
}

/// Closes whatever field is open.
pub(super) fn stop_typing(ctx: &Context) {
    ctx.data_mut(|data| data.remove::<Typing>(typing_id()));
}

/// What has become of a field.
enum Edit {
    Open,
    Confirmed(Typing),
    Dropped,
}

/// Enter confirms; Escape or a click elsewhere leaves everything as it was.
fn edit(ui: &mut Ui, rect: Rect, mut typing: Typing, font: FontId, align: Align2) -> Edit {
    let field_id = typing.id.with("field");
    let room = rect.shrink2(vec2(PAD, 0.0));
    ui.painter().rect_filled(rect, 3.0, theme::STAGE);
    let field = TextEdit::singleline(&mut typing.text)
        .id(field_id)
        .font(font)
        .frame(Frame::NONE)
        .margin(Margin::ZERO)
        .align(align)
        .min_size(vec2(0.0, room.height()))
        .desired_width(room.width());
    let mut output = ui.scope_builder(egui::UiBuilder::new().max_rect(room), |ui| field.show(ui)).inner;
    if typing.is_new {
        typing.is_new = false;
        output.response.request_focus();
        let everything = CCursorRange::two(CCursor::new(0), CCursor::new(typing.text.chars().count()));
        output.state.cursor.set_char_range(Some(everything));
        output.state.store(ui.ctx(), field_id);
    } else if !output.response.has_focus() {
        stop_typing(ui.ctx());
        let is_confirmed = ui.input(|input| input.key_pressed(Key::Enter));
        return if is_confirmed { Edit::Confirmed(typing) } else { Edit::Dropped };
    }
    ui.data_mut(|data| data.insert_temp(typing_id(), typing));
    Edit::Open
}

fn confirmed(ui: &Ui, listed: &Parameter, typing: &Typing) -> Option<f32> {
    let value = listed.typed(&typing.text).ok();
    if value.is_none() {
        let now_s = ui.input(|input| input.time);
        ui.data_mut(|data| data.insert_temp(typing.id.with("refused"), now_s));
    }
    value
}

fn alert_share(ui: &Ui, id: Id) -> f32 {
    let refused_s: Option<f64> = ui.data(|data| data.get_temp(id.with("refused")));
    refused_s.map_or(0.0, |refused_s| 1.0 - (ui.input(|input| input.time) - refused_s) / FLASH_S).max(0.0) as f32
}

/// Takes the keyboard away from everything but a field that is being typed into; returns whether there is one.
pub(super) fn keep_keys_for_typing(ctx: &Context) -> bool {
    let field_id = typing(ctx).map(|typing| typing.id.with("field"));
    if let Some(focused) = ctx.memory(|memory| memory.focused())
        && Some(focused) != field_id
    {
        ctx.memory_mut(|memory| memory.surrender_focus(focused));
    }
    field_id.is_some()
}

fn typing(ctx: &Context) -> Option<Typing> {
    ctx.data(|data| data.get_temp(typing_id()))
}

fn typing_id() -> Id {
    Id::unique("con-anima-typing")
}
