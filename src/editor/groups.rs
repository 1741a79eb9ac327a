//! The groups of controls below the stage.
//!
//! In: the [`Areas`], the parameters. Out: every group with its knobs and buttons drawn, gestures of the hand.

use egui::{Align2, Rect, Ui, pos2, vec2};
use nice_plug::prelude::FloatParam;

use super::areas::Areas;
use super::buttons::PushButton;
use super::hand::Hand;
use super::knob::{CELL, GRAND, Knob, KnobLook, PLAIN};
use super::meter::{self, Meter};
use super::stepper::Stepper;
use super::theme::{self, Scale};
use crate::params::{Hosted, VoiceParams};

/// From a group's upper edge to its controls, design points. Chosen: room for the group's name; larger leaves the
/// controls less room.
const BELOW_CAPTION: f32 = 36.0;
/// From a group's controls to its lower edge, design points. Chosen: larger leaves the controls less room.
const ABOVE_EDGE: f32 = 10.0;

/// What all groups of controls need.
pub(super) struct Groups<'a> {
    pub(super) hand: &'a Hand<'a>,
    pub(super) areas: Areas,
    pub(super) scale: Scale,
}

impl Groups<'_> {
    /// Draws all groups and lets the pointer set their controls.
    pub(super) fn show(&self, ui: &mut Ui, input: &mut Meter, output: &mut Meter) {
        let VoiceParams { drift, tremble, intonation, scoop, vibrato, vibrato_rate, vibrato_life, .. } =
            self.hand.params;
        let VoiceParams { jitter, shimmer, level, timing, feel, memory, .. } = self.hand.params;
        self.humanize(ui);
        self.row(ui, self.areas.pitch, "Pitch", 0, [drift, tremble, intonation, scoop]);
        self.row(ui, self.areas.vibrato, "Vibrato", 4, [vibrato, vibrato_rate, vibrato_life]);
        self.row(ui, self.areas.voice, "Voice", 7, [jitter, shimmer, level]);
        self.breath(ui);
        self.row(ui, self.areas.timing, "Timing", 7, [timing, feel, memory]);
        self.performance(ui);
        self.output(ui, input, output);
    }

    /// The Humanize knob, and below it the one for what counts as missing.
    fn humanize(&self, ui: &mut Ui) {
        self.ground(ui, self.areas.humanize);
        let inner = self.areas.humanize.shrink2(self.scale.points(1.0) * vec2(16.0, 10.0));
        // In line with the knobs of the lower row.
        let small = Rect::from_x_y_ranges(inner.x_range(), self.inside(self.areas.breath).y_range());
        let grand = inner.with_max_y(small.top());
        self.knob(ui, grand, &self.hand.params.amount, GRAND);
        self.knob(ui, small, &self.hand.params.only_missing, CELL);
    }

    /// Knobs side by side, from column `first` of the grid on.
    fn row<const N: usize>(&self, ui: &mut Ui, rect: Rect, name: &str, first: usize, knobs: [&Hosted<FloatParam>; N]) {
        let inner = self.group(ui, rect, name);
        for (param, column) in knobs.into_iter().zip(first..) {
            // Beside Vibrato, its rate is just Rate.
            let full = param.listed.name;
            let rest = |other: &&Hosted<FloatParam>| full.strip_prefix(other.listed.name)?.strip_prefix(' ');
            let name = knobs.iter().find_map(rest).unwrap_or(full);
            let knob = Knob { name, param, look: CELL, scale: self.scale };
            knob.show(ui, self.cell(inner, column, column), self.hand);
        }
    }

    /// The breath in the voice, inhalations with their button, and the take's own breaths.
    fn breath(&self, ui: &mut Ui) {
        let VoiceParams { breath, breath_tone, breath_keep, inhale, inhale_every, .. } = self.hand.params;
        self.row(ui, self.areas.breath, "Breath", 0, [breath, breath_tone, inhale, inhale_every]);
        let inner = self.inside(self.areas.breath);
        let button = self.cell(inner, 4, 5);
        let size = vec2(button.width().min(self.scale.points(116.0)), self.scale.points(30.0));
        let button = Rect::from_center_size(button.center(), size);
        PushButton { param: &self.hand.params.breathe, scale: self.scale }.show(ui, button, self.hand);
        self.knob(ui, self.cell(inner, 6, 6), breath_keep, CELL);
    }

    fn performance(&self, ui: &mut Ui) {
        let inner = self.group(ui, self.areas.performance, "Performance");
        let scale = self.scale;
        let inner = inner.shrink2(vec2(scale.points(4.0), 0.0));
        let inner = inner.with_max_x(inner.right().min(inner.left() + scale.points(180.0)));
        let (seed, take) = inner.split_top_bottom_at_fraction(0.5);
        let params = self.hand.params;
        let behind_name = Some(params.identity.seed());
        Stepper { param: &params.seed, behind_name, has_dice: true, scale }.show(ui, seed, self.hand);
        Stepper { param: &params.take, behind_name: None, has_dice: false, scale }.show(ui, take, self.hand);
    }

    fn output(&self, ui: &mut Ui, input: &mut Meter, output: &mut Meter) {
        let inner = self.group(ui, self.areas.output, "Output");
        let (left, right) = inner.split_left_right_at_fraction(0.45);
        // The meters need no name above them.
        let right = right.with_min_y(self.areas.output.top() + self.scale.points(11.0));
        self.knob(ui, left, &self.hand.params.output, PLAIN);
        let scale = self.scale;
        let width = right.width() / 3.0;
        let strip = |index: f32| {
            right.with_min_x(right.left() + index * width).with_max_x(right.left() + (index + 1.0) * width)
        };
        input.show(ui, strip(0.0), "In", "Input peak in dBFS. Click to forget a clip.", scale);
        meter::ruler(ui, strip(1.0), scale);
        output.show(ui, strip(2.0), "Out", "Output peak in dBFS. Click to forget a clip.", scale);
    }

    fn knob(&self, ui: &mut Ui, rect: Rect, param: &Hosted<FloatParam>, look: KnobLook) {
        Knob { name: param.listed.name, param, look, scale: self.scale }.show(ui, rect, self.hand);
    }

    /// `inner` between the left edge of one column of the grid and the right edge of another.
    fn cell(&self, inner: Rect, first: usize, last: usize) -> Rect {
        let columns = &self.areas.columns;
        inner.with_min_x(columns[first].left()).with_max_x(columns[last].right())
    }

    fn ground(&self, ui: &Ui, rect: Rect) {
        ui.painter().rect_filled(rect, self.scale.corner(), theme::PANEL);
    }

    /// Draws a group's background and name and returns the room inside.
    fn group(&self, ui: &Ui, rect: Rect, name: &str) -> Rect {
        self.ground(ui, rect);
        let inset = self.scale.points(12.0);
        let at = pos2(rect.left() + inset, rect.top() + inset);
        theme::caption(ui.painter(), at, Align2::LEFT_TOP, name, self.scale.font(11.0), theme::DIM);
        self.inside(rect)
    }

    /// The room for a group's controls.
    fn inside(&self, rect: Rect) -> Rect {
        let [top, bottom] =
            [rect.top() + self.scale.points(BELOW_CAPTION), rect.bottom() - self.scale.points(ABOVE_EDGE)];
        rect.shrink2(vec2(self.scale.points(8.0), 0.0)).with_min_y(top).with_max_y(bottom)
    }
}
