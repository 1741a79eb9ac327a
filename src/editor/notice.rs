//! A message over the stage: what was done with a preset, or why it was not.
//!
//! In: words. Out: a plate that goes away by itself, or where something went wrong, once it is clicked.

use egui::{Align2, Area, Id, Order, Rect, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

use super::theme::{self, Scale};

/// Good news stays for so long, seconds. Chosen: long enough to be read twice.
const STAY_S: f64 = 5.0;

/// A message.
#[derive(Clone, Debug)]
pub(super) struct Notice {
    text: String,
    is_problem: bool,
    /// When it was first shown.
    since_s: Option<f64>,
}

impl Notice {
    /// What was done, or what went wrong.
    pub(super) fn of<E: ToString>(outcome: Result<String, E>) -> Self {
        let is_problem = outcome.is_err();
        let text = outcome.unwrap_or_else(|problem| problem.to_string());
        // An error begins in lower case, because it follows others on the command line.
        let mut letters = text.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        Self { text: first.chain(letters).collect(), is_problem, since_s: None }
    }
}

impl Notice {
    /// Words that go away by themselves.
    pub(super) fn passing(words: String) -> Self {
        Self::of(Ok::<_, String>(words))
    }
}

/// Shows the message at the upper edge of `stage`, as long as there is one.
pub(super) fn show_notice(ui: &Ui, stage: Rect, notice: &mut Option<Notice>, scale: Scale) {
    let Some(shown) = notice else { return };
    let now_s = ui.input(|input| input.time);
    let since_s = *shown.since_s.get_or_insert(now_s);
    if !shown.is_problem && now_s - since_s > STAY_S {
        *notice = None;
        return;
    }
    let inset = scale.points(12.0);
    let room = (0.8 * stage.width()).min(scale.points(640.0));
    let color = if shown.is_problem { theme::ALERT } else { theme::TEXT };
    let cross = if shown.is_problem { "\u{d7}" } else { "" };
    let galley = ui.painter().layout(shown.text.clone(), scale.font(13.0), color, room);
    let size = galley.size() + vec2(2.0 * inset + scale.points(16.0), inset);
    let top_left = pos2(stage.center().x - size.x / 2.0, stage.top() + scale.points(10.0));
    let area = Area::new(Id::unique("con-anima-notice")).order(Order::Tooltip).fixed_pos(top_left).constrain(false);
    let is_clicked = area.fade_in(false).show(ui.ctx(), |ui| {
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        ui.painter().rect_filled(rect, scale.corner(), theme::GROUND);
        ui.painter().rect_stroke(rect, scale.corner(), Stroke::new(1.0, color), StrokeKind::Inside);
        ui.painter().galley(rect.min + vec2(inset, inset / 2.0), galley, color);
        let at = pos2(rect.right() - inset, rect.top() + inset / 2.0);
        ui.painter().text(at, Align2::RIGHT_TOP, cross, scale.font(14.0), theme::DIM);
        response.clicked()
    });
    if is_clicked.inner {
        *notice = None;
    }
}
