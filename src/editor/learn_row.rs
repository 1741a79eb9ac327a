//! The song's part of the header: the switch that learns it, how much of it is known, and a button that forgets it.
//!
//! In: a rectangle, the parameters, how much of what is heard was learned. Out: the row drawn, one gesture for a click
//! on the switch. The song itself is no parameter: like the window's size it is kept in the session beside them.

use egui::{Align2, Color32, CursorIcon, Rect, Sense, Ui, pos2};

use super::buttons::toggle;
use super::control_id;
use super::hand::Hand;
use super::hearing::Hearing;
use super::theme::{self, Scale};
use crate::params::Song;

/// So long a second click forgets the song, seconds. Chosen: time to read, and not by accident later.
const SURE_S: f64 = 4.0;

/// Draws the row in `rect`.
pub(super) fn learn_row(ui: &mut Ui, rect: Rect, hand: &Hand, hearing: &Hearing, scale: Scale) {
    let switch = rect.with_max_x(rect.left() + scale.points(56.0));
    let params = hand.params;
    toggle(ui, switch, &params.learn, theme::ACCENT, hand, scale);
    let Status { text, color, hint } = status(&params.song, hearing);
    let at = pos2(switch.right() + scale.points(8.0), rect.center().y);
    let drawn = ui.painter().text(at, Align2::LEFT_CENTER, text, scale.font(13.0), color);
    ui.interact(drawn, control_id("song"), Sense::hover()).on_hover_text(hint);
    if params.song.known_s() > 0.0 {
        forget(ui, pos2(drawn.right() + scale.points(7.0), rect.center().y), &params.song, scale);
    }
}

/// What is said of the song.
struct Status {
    text: String,
    color: Color32,
    hint: String,
}

fn status(song: &Song, hearing: &Hearing) -> Status {
    let (learning_s, known_s) = (song.learning_s(), song.known_s());
    let of = |text: String, color, hint: &str| Status { text, color, hint: hint.to_owned() };
    if learning_s > 0.0 {
        return of(
            format!("heard {}", minutes(learning_s)),
            theme::ACCENT,
            "What was heard is known when the song stops, or when Learn is switched off.",
        );
    }
    if let Some(problem) = song.problem() {
        let what = if song.is_refused() { "session refused" } else { "song lost" };
        return of(what.to_owned(), theme::ALERT, &problem);
    }
    if known_s == 0.0 {
        return of("song unknown".to_owned(), theme::DIM, "Each note is sung as it is heard.");
    }
    let known = format!("knows {}", minutes(known_s));
    let percent = hearing.learned_percent().unwrap_or(100);
    if hearing.is_as_learned && percent < 100 {
        let hint = format!(
            "So much of what was heard since the song began to play here is the learned song. The rest was not \
             learned, was edited or moved since, and is sung as it is heard. It {known}."
        );
        return of(format!("learned {percent} %"), theme::TEXT, &hint);
    }
    if hearing.is_as_learned {
        return of(known, theme::TEXT, "What is heard is the learned song: it is sung alike from any start.");
    }
    let hint = "What is heard here was not learned, was edited or moved since, or the song stands still: it is sung \
                as it is heard. To change that, learn it again.";
    of("as heard".to_owned(), theme::DIM, &format!("{known} of the song. {hint}"))
}

fn minutes(seconds: f64) -> String {
    let seconds = seconds as u64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// A cross that forgets the song at its second click.
fn forget(ui: &mut Ui, at: egui::Pos2, song: &Song, scale: Scale) {
    let id = control_id("forget");
    let now_s = ui.input(|input| input.time);
    let is_asked = ui.data(|data| data.get_temp::<f64>(id)).is_some_and(|asked_s| now_s - asked_s < SURE_S);
    let (text, color) = if is_asked { ("sure?", theme::ALERT) } else { ("\u{d7}", theme::DIM) };
    let drawn = ui.painter().text(at, Align2::LEFT_CENTER, text, scale.font(13.0), color);
    let response = ui.interact(drawn.expand(scale.points(3.0)), id, Sense::click());
    let response = response
        .on_hover_cursor(CursorIcon::PointingHand)
        .on_hover_text("Forgets the learned song, at a second click.");
    if response.clicked() && is_asked {
        song.forget();
        ui.data_mut(|data| data.remove::<f64>(id));
    } else if response.clicked() {
        ui.data_mut(|data| data.insert_temp(id, now_s));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_said_in_minutes() {
        assert_eq!([0.0, 59.9, 61.0, 754.5].map(minutes), ["0:00", "0:59", "1:01", "12:34"]);
        assert_eq!(status(&Song::default(), &Hearing::default()).text, "song unknown");
    }
}
