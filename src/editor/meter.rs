//! A peak meter in dBFS: rises at once, falls slowly, holds its peak, remembers that it clipped.
//!
//! In: block peaks in dBFS and the time between two looks. Out: the ballistics in [`Meter`], and the meter drawn.

use egui::{Align2, Id, Rect, Sense, Stroke, Ui, pos2, remap_clamp};

use super::theme::{self, Scale};
use crate::monitor::SILENCE_DB;

/// The meter's lower end, dBFS. Chosen: lower shows quieter sound and less detail.
const BOTTOM_DB: f32 = -60.0;
/// The meter's upper end, dBFS. Chosen: higher shows how far a level exceeds full scale, and less detail.
const TOP_DB: f32 = 6.0;
/// Fall of the bar, dB per second. Source: IEC 60268-10, type I meters.
const FALL_DB_PER_S: f32 = 12.0;
/// How long a peak is held, seconds. Chosen: long enough to be read; longer hides the next one.
const HOLD_S: f32 = 1.5;

/// The state of a meter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Meter {
    level_db: f32,
    held_db: f32,
    held_for_s: f32,
    is_clipped: bool,
}

impl Default for Meter {
    fn default() -> Self {
        Self { level_db: SILENCE_DB, held_db: SILENCE_DB, held_for_s: 0.0, is_clipped: false }
    }
}

impl Meter {
    /// Takes in the latest peak, `elapsed_s` after the one before.
    pub(super) fn follow(&mut self, peak_db: f32, elapsed_s: f32) {
        let fall_db = FALL_DB_PER_S * elapsed_s;
        self.level_db = peak_db.max(self.level_db - fall_db).max(SILENCE_DB);
        self.held_for_s += elapsed_s;
        if self.level_db >= self.held_db {
            self.held_db = self.level_db;
            self.held_for_s = 0.0;
        } else if self.held_for_s > HOLD_S {
            self.held_db = (self.held_db - 2.0 * fall_db).max(self.level_db);
        }
        self.is_clipped |= peak_db > 0.0;
    }

    /// Draws the meter in `rect`; a click resets the clipping.
    pub(super) fn show(&mut self, ui: &mut Ui, rect: Rect, name: &'static str, hint: &str, scale: Scale) {
        let response = ui.interact(rect, Id::unique(("con-anima-meter", name)), Sense::click());
        if response.clicked() {
            *self = Self::default();
        }
        let text_height = scale.points(18.0);
        let bar = rect.with_min_y(rect.top() + text_height).with_max_y(rect.bottom() - text_height);
        let bar = Rect::from_center_size(bar.center(), egui::vec2(scale.points(11.0), bar.height()));
        let color = if self.is_clipped { theme::ALERT } else { theme::DIM };
        let painter = ui.painter();
        painter.text(rect.center_top(), Align2::CENTER_TOP, level_text(self.held_db), scale.font(11.5), color);
        painter.text(rect.center_bottom(), Align2::CENTER_BOTTOM, name, scale.font(12.5), theme::DIM);
        self.draw(ui, bar, scale);
        response.on_hover_text(hint);
    }

    fn draw(&self, ui: &Ui, bar: Rect, scale: Scale) {
        let painter = ui.painter();
        let corner = scale.points(2.0);
        painter.rect_filled(bar, corner, theme::STAGE);
        let level_y = height_of(self.level_db, bar);
        painter.rect_filled(bar.with_min_y(level_y), corner, theme::ACCENT.gamma_multiply(0.85));
        let full_y = height_of(0.0, bar);
        if level_y < full_y {
            painter.rect_filled(bar.with_min_y(level_y).with_max_y(full_y), corner, theme::ALERT);
        }
        painter.hline(bar.x_range().expand(scale.points(2.0)), full_y, Stroke::new(1.0, theme::DIM));
        if self.held_db > BOTTOM_DB {
            let color = if self.held_db > 0.0 { theme::ALERT } else { theme::TEXT };
            painter.hline(bar.x_range(), height_of(self.held_db, bar), Stroke::new(scale.points(1.5), color));
        }
    }
}

/// The labelled marks between two meters, in dBFS.
pub(super) fn ruler(ui: &Ui, rect: Rect, scale: Scale) {
    let text_height = scale.points(18.0);
    let bar = rect.with_min_y(rect.top() + text_height).with_max_y(rect.bottom() - text_height);
    for mark_db in [0_i8, -12, -24, -36, -48] {
        let at = pos2(rect.center().x, height_of(f32::from(mark_db), bar));
        let text = mark_db.unsigned_abs().to_string();
        ui.painter().text(at, Align2::CENTER_CENTER, text, scale.font(10.5), theme::DIM);
    }
}

fn height_of(level_db: f32, bar: Rect) -> f32 {
    remap_clamp(level_db, BOTTOM_DB..=TOP_DB, bar.bottom()..=bar.top())
}

fn level_text(level_db: f32) -> String {
    match level_db {
        silent if silent < BOTTOM_DB => "\u{2212}\u{221e}".to_owned(),
        negative if negative < -0.05 => format!("\u{2212}{:.1}", -negative),
        positive if positive > 0.05 => format!("+{positive:.1}"),
        _ => "0.0".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rises_at_once_falls_slowly_and_holds_the_peak() {
        let mut meter = Meter::default();
        meter.follow(-6.0, 0.02);
        assert_eq!((meter.level_db, meter.held_db), (-6.0, -6.0));
        for _ in 0..50 {
            meter.follow(SILENCE_DB, 0.02);
        }
        assert!((meter.level_db - (-18.0)).abs() < 0.01, "{meter:?}");
        assert_eq!(meter.held_db, -6.0);
        for _ in 0..600 {
            meter.follow(SILENCE_DB, 0.02);
        }
        assert_eq!((meter.held_db, meter.is_clipped), (SILENCE_DB, false));
    }

    #[test]
    fn clipping_is_remembered() {
        let mut meter = Meter::default();
        meter.follow(0.1, 0.02);
        meter.follow(-40.0, 10.0);
        assert!(meter.is_clipped);
    }
}
