//! The look of the editor: colours, sizes and the few ways in which text is set.
//!
//! In: the window's size. Out: colours as constants, a [`Scale`] that turns design points into window points, egui's
//! style. A dark, warm, low-contrast ground with one accent; the tests hold every text colour to a contrast of 4.5 to
//! 1.

use egui::epaint::text::{LayoutJob, TextFormat};
use egui::{
    Align2, Color32, Context, CornerRadius, FontId, Painter, Pos2, Rect, RectAlign, Response, Stroke, Theme, Tooltip,
    Vec2, pos2, vec2,
};

use crate::params::Extent;

/// Behind everything.
pub(super) const GROUND: Color32 = Color32::from_rgb(0x1e, 0x1a, 0x17);
/// A group of controls.
pub(super) const PANEL: Color32 = Color32::from_rgb(0x29, 0x24, 0x20);
/// Something to press, and a knob's body.
pub(super) const RAISED: Color32 = Color32::from_rgb(0x38, 0x31, 0x2b);
/// The same under the pointer.
pub(super) const RAISED_HOVERED: Color32 = Color32::from_rgb(0x45, 0x3c, 0x34);
/// Where the trace and the meters are drawn.
pub(super) const STAGE: Color32 = Color32::from_rgb(0x15, 0x12, 0x10);
/// Rules and empty tracks.
pub(super) const LINE: Color32 = Color32::from_rgb(0x43, 0x3a, 0x33);
/// The fainter rules of the stage.
pub(super) const GRID: Color32 = Color32::from_rgb(0x2a, 0x24, 0x20);
/// Values and names.
pub(super) const TEXT: Color32 = Color32::from_rgb(0xef, 0xe6, 0xdb);
/// Captions, units and axes.
pub(super) const DIM: Color32 = Color32::from_rgb(0xb8, 0xaa, 0x9b);
/// What the plugin adds, and what the user has set.
pub(super) const ACCENT: Color32 = Color32::from_rgb(0xf0, 0xa5, 0x68);
/// The breath that is added: a cool colour, beside the warm accent of the movement.
pub(super) const BREATH: Color32 = Color32::from_rgb(0x8e, 0xc2, 0xc4);
/// Text on the accent.
pub(super) const ON_ACCENT: Color32 = Color32::from_rgb(0x22, 0x18, 0x10);
/// The voice that comes in.
pub(super) const VOICE: Color32 = Color32::from_rgb(0x45, 0x3b, 0x34);
/// Clipped, refused or broken.
pub(super) const ALERT: Color32 = Color32::from_rgb(0xf5, 0x7a, 0x62);

/// The size that the layout is designed for, in points.
pub(super) const DESIGN_SIZE: Vec2 = vec2(Extent::DESIGN.width as f32, Extent::DESIGN.height as f32);
/// The smallest window in which every text can be read, in points.
pub(super) const MIN_SIZE: Vec2 = vec2(Extent::MIN.width as f32, Extent::MIN.height as f32);

/// Window points per design point. In steps, because each font size costs a place in the glyph atlas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale(f32);

impl Scale {
    /// Steps of the scale per unit. Chosen: finer steps fit better and fill the glyph atlas with more font sizes.
    const STEPS: f32 = 16.0;

    /// The scale at which the design fits a window of this size.
    pub(super) fn fitting(window_size: Vec2) -> Self {
        let ratio = (window_size / DESIGN_SIZE).min_elem().clamp(0.75, 3.0);
        Self((ratio * Self::STEPS).floor() / Self::STEPS)
    }

    /// `design_points` in this window.
    pub(super) fn points(self, design_points: f32) -> f32 {
        self.0 * design_points
    }

    /// A font of this size; small windows shrink text less than the rest, so that it stays readable.
    pub(super) fn font(self, design_points: f32) -> FontId {
        FontId::proportional(design_points * self.0.max(0.875))
    }

    /// Corners of a group.
    pub(super) fn corner(self) -> CornerRadius {
        CornerRadius::same(self.points(7.0) as u8)
    }
}

/// Gives egui's own parts (tooltips, text fields) the same look, and keeps it from reacting to keys.
pub(super) fn install(ctx: &Context) {
    ctx.set_theme(Theme::Dark);
    ctx.options_mut(|options| options.zoom_with_keyboard = false);
    ctx.all_styles_mut(|style| {
        let visuals = &mut style.visuals;
        visuals.panel_fill = GROUND;
        visuals.window_fill = RAISED;
        visuals.window_stroke = Stroke::new(1.0, LINE);
        visuals.override_text_color = Some(TEXT);
        visuals.extreme_bg_color = STAGE;
        visuals.selection.bg_fill = ACCENT.gamma_multiply(0.4);
        visuals.selection.stroke = Stroke::new(1.0, ACCENT);
        style.spacing.tooltip_width = 260.0;
        style.interaction.tooltip_delay = 0.6;
        style.interaction.selectable_labels = false;
    });
}

/// Draws `text` in letterspaced capitals, for the names of groups, and returns its rectangle.
pub(super) fn caption(painter: &Painter, at: Pos2, anchor: Align2, text: &str, font: FontId, color: Color32) -> Rect {
    let spacing = font.size * 0.12;
    spaced_text(painter, at, anchor, &text.to_uppercase(), font, color, spacing)
}

/// Draws `text` with `spacing` points between the letters and returns its rectangle.
pub(super) fn spaced_text(
    painter: &Painter,
    at: Pos2,
    anchor: Align2,
    text: &str,
    font: FontId,
    color: Color32,
    spacing: f32,
) -> Rect {
    let format = TextFormat { font_id: font, color, extra_letter_spacing: spacing, ..TextFormat::default() };
    let galley = painter.layout_job(LayoutJob::single_section(text.to_owned(), format));
    let rect = anchor.anchor_size(at, galley.size());
    painter.galley(pos2(rect.left(), rect.top()), galley, color);
    rect
}

/// `text`, or as much of its beginning as `width` points hold, and an ellipsis.
pub(super) fn cut(painter: &Painter, text: &str, font: FontId, width: f32) -> String {
    let is_fitting = |text: &str| painter.layout_no_wrap(text.to_owned(), font.clone(), TEXT).size().x <= width;
    if is_fitting(text) {
        return text.to_owned();
    }
    let ends = text.char_indices().map(|(end, _)| format!("{}\u{2026}", text[..end].trim_end()));
    ends.take_while(|cut| is_fitting(cut)).last().unwrap_or_default()
}

/// Shows a control's explanation above it, so that the value below stays visible. `gap` points clear the control's
/// name.
pub(super) fn explain_above(response: &Response, text: &str, gap: f32) {
    let mut tooltip = Tooltip::for_enabled(response).gap(gap);
    tooltip.popup = tooltip.popup.align(RectAlign::TOP).align_alternatives(&[RectAlign::BOTTOM]);
    tooltip.show(|ui| ui.label(text));
}

/// Between `from` and `to`: 0 is `from`, 1 is `to`.
pub(super) fn mix(from: Color32, to: Color32, share: f32) -> Color32 {
    from.lerp_to_gamma(to, share.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance and contrast as WCAG 2.1 defines them.
    fn contrast(one: Color32, other: Color32) -> f32 {
        let luminance = |color: Color32| {
            let linear = egui::Rgba::from(color);
            0.2126 * linear.r() + 0.7152 * linear.g() + 0.0722 * linear.b()
        };
        let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
        one.max(other) / one.min(other)
    }

    #[test]
    fn every_text_can_be_read() {
        for ground in [GROUND, PANEL, RAISED, RAISED_HOVERED, STAGE, VOICE] {
            for text in [TEXT, DIM, ACCENT] {
                assert!(contrast(text, ground) >= 4.5, "{text:?} on {ground:?}: {}", contrast(text, ground));
            }
        }
        for ground in [GROUND, PANEL, STAGE] {
            assert!(contrast(ALERT, ground) >= 4.5, "{}", contrast(ALERT, ground));
        }
        for ground in [ACCENT, ALERT, BREATH] {
            assert!(contrast(ON_ACCENT, ground) >= 4.5, "{ground:?}: {}", contrast(ON_ACCENT, ground));
        }
    }

    #[test]
    fn the_design_fits_its_own_size_and_grows_with_the_window() {
        assert_eq!(Scale::fitting(DESIGN_SIZE), Scale(1.0));
        assert!(Scale::fitting(MIN_SIZE).points(1.0) * DESIGN_SIZE.x <= MIN_SIZE.x);
        assert!(Scale::fitting(DESIGN_SIZE * 2.0).points(1.0) == 2.0);
    }
}
