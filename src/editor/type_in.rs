//! A value that can be read, clicked and typed over, and a field for words.
//!
//! In: a parameter and the text that shows its value. Out: the value that was typed, limited to the parameter's range.
//! Enter, Tab and a click elsewhere take it, Escape does not; text that is no value flashes red, changes nothing, and
//! why is kept for the window to say.
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
    /// What stood there before.
    first: String,
    is_new: bool,
}

/// The look of a value while it is not being typed.
pub(super) struct ValueLook<'a> {
    /// The value as text, with its unit; a second line is typed behind the first.
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
            Edit::Confirmed(typing) => taken(ui, listed, id, &typing.text),
            // What was typed is taken, too, if something was.
            Edit::Left(typing) if typing.text != typing.first => taken(ui, listed, id, &typing.text),
            Edit::Open | Edit::Left(_) | Edit::Dropped => None,
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
        begin_words(ui.ctx(), id, look.text.replace('\n', " "));
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
    /// A click elsewhere or Tab ended it, when this stood there.
    Left(String),
    /// Escape ended it, or nothing was typed.
    Dropped,
}

/// Opens a field for words, with these selected.
pub(super) fn begin_words(ctx: &Context, id: Id, text: String) {
    let first = text.clone();
    ctx.data_mut(|data| data.insert_temp(typing_id(), Typing { id, text, first, is_new: true }));
}

/// Shows a field for words that was opened.
pub(super) fn words_field(ui: &mut Ui, rect: Rect, id: Id, font: FontId) -> Words {
    let Some(typing) = typing(ui.ctx()).filter(|typing| typing.id == id) else { return Words::Dropped };
    match edit(ui, rect, typing, font, Align2::LEFT_CENTER) {
        Edit::Open => Words::Open,
        Edit::Confirmed(typing) => Words::Given(typing.text),
        Edit::Left(typing) if typing.text != typing.first => Words::Left(typing.text),
        Edit::Left(_) | Edit::Dropped => Words::Dropped,
    }
}

/// Whether this field is open.
pub(super) fn is_open(ctx: &Context, id: Id) -> bool {
    typing(ctx).is_some_and(|typing| typing.id == id)
}

/// Closes whatever field is open.
pub(super) fn stop_typing(ctx: &Context) {
    ctx.data_mut(|data| data.remove::<Typing>(typing_id()));
}

/// What has become of a field.
enum Edit {
    Open,
    /// Enter confirmed it.
    Confirmed(Typing),
    /// A click elsewhere or Tab ended it.
    Left(Typing),
    /// Escape ended it.
    Dropped,
}

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
        let [is_confirmed, is_dropped] = [Key::Enter, Key::Escape].map(|key| ui.input(|input| input.key_pressed(key)));
        return match (is_confirmed, is_dropped) {
            (true, _) => Edit::Confirmed(typing),
            (false, true) => Edit::Dropped,
            (false, false) => Edit::Left(typing),
        };
    }
    ui.data_mut(|data| data.insert_temp(typing_id(), typing));
    Edit::Open
}

/// The value that a text means for the field `id`; where it means none, why is kept.
pub(super) fn taken(ui: &Ui, listed: &Parameter, id: Id, text: &str) -> Option<f32> {
    let value = listed.typed(text);
    if let Err(problem) = &value {
        refuse(ui, id, problem.to_string());
    }
    value.ok()
}

/// Lets the field `id` glow, and keeps why.
pub(super) fn refuse(ui: &Ui, id: Id, problem: String) {
    let now_s = ui.input(|input| input.time);
    ui.data_mut(|data| {
        data.insert_temp(id.with("refused"), now_s);
        data.insert_temp(refusal_id(), problem);
    });
}

/// Why a value was refused since this was asked last.
pub(super) fn take_refusal(ctx: &Context) -> Option<String> {
    ctx.data_mut(|data| data.remove_temp(refusal_id()))
}

fn refusal_id() -> Id {
    Id::unique("con-anima-refusal")
}

/// How much a field glows in which something was refused, `0..=1`.
pub(super) fn alert_share(ui: &Ui, id: Id) -> f32 {
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
