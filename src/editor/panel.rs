//! The whole panel: where everything stands.
//!
//! In: the window's rectangle, the parameters, what the monitor says. Out: all parts drawn, gestures through the
//! setter.

use egui::{Align2, Id, Rect, Sense, Ui, ViewportCommand, pos2, vec2};
use nice_plug::prelude::{FloatParam, ParamSetter};

use super::buttons::PushButton;
use super::header::header;
use super::knob::{GRAND, Knob, KnobLook, PLAIN, ROW};
use super::meter::{self, Meter};
use super::stage_view::{Sound, Stage};
use super::stepper::Stepper;
use super::theme::{self, Scale};
use super::trace::Trace;
use super::type_in::keep_keys_for_typing;
use crate::monitor::{MonitorReader, SILENCE_DB, Snapshot};
use crate::params::{VoiceParams, parameter};

/// The widget that a parameter is set with; every parameter has one, which a test holds.
pub fn control_id(id: &str) -> Id {
    Id::unique(("con-anima-control", id))
}

/// What the panel remembers from frame to frame. It starts afresh with each window.
#[derive(Default)]
pub struct Panel {
    snapshot: Snapshot,
    trace: Trace,
    stage: Stage,
    input: Meter,
    output: Meter,
}

impl Panel {
    /// Takes what the audio thread has said since the last frame.
    pub fn listen(&mut self, reader: &mut MonitorReader, ui: &Ui) {
        let elapsed_s = ui.input(|input| input.unstable_dt).clamp(0.0, 0.25);
        self.snapshot = reader.snapshot();
        self.trace.set_rate(self.snapshot.sample_rate_hz, self.snapshot.hops_per_s);
        let mut has_new_hops = false;
        while let Some(hop) = reader.next_hop() {
            self.trace.push(hop);
            has_new_hops = true;
        }
        self.stage.advance(&self.trace, has_new_hops, elapsed_s);
        // A host that has stopped leaves its last block's peaks standing.
        let is_stale = self.stage.is_waiting();
        let peak_db = |peak_db: f32| if is_stale { SILENCE_DB } else { peak_db };
        self.input.follow(peak_db(self.snapshot.input_peak_db), elapsed_s);
        self.output.follow(peak_db(self.snapshot.output_peak_db), elapsed_s);
    }

    /// Draws the panel over the whole window and lets the user turn everything.
    ///
    /// Returns whether a value is being typed: only then the keys are the panel's and not the host's.
    pub fn show(&mut self, ui: &mut Ui, params: &VoiceParams, setter: &ParamSetter) -> bool {
        let window = ui.ctx().content_rect();
        let scale = Scale::fitting(window.size());
        ui.painter().rect_filled(window, 0.0, theme::GROUND);
        let areas = Areas::of(window, scale);
        header(ui, areas.header, params, setter, &self.snapshot, scale);
        let sound = Sound::of(params);
        self.stage.show(ui, areas.stage, &mut self.trace, sound, scale);
        let controls = Controls { params, setter, scale };
        let [humanize, movement, timing, breath, performance, output] = areas.groups;
        controls.humanize(ui, humanize);
        let VoiceParams { drift, tremble, jitter, shimmer, .. } = params;
        let knobs = [("drift", drift), ("tremble", tremble), ("jitter", jitter), ("shimmer", shimmer)];
        controls.stack(ui, movement, "Movement", knobs);
        let knobs = [("timing", &params.timing), ("feel", &params.feel), ("memory", &params.memory)];
        controls.stack(ui, timing, "Timing", knobs);
        controls.breath(ui, breath);
        controls.performance(ui, performance);
        controls.output(ui, output, &mut self.input, &mut self.output);
        resize_grip(ui, window, scale);
        keep_keys_for_typing(ui.ctx())
    }
}

/// Where the parts stand.
struct Areas {
    header: Rect,
    stage: Rect,
    groups: [Rect; 6],
}

impl Areas {
    fn of(window: Rect, scale: Scale) -> Self {
        let gap = scale.points(10.0);
        let inner = window.shrink2(vec2(scale.points(18.0), 0.0));
        let header = inner.with_max_y(inner.top() + scale.points(56.0));
        let bottom = inner.bottom() - scale.points(18.0);
        let row = inner.with_max_y(bottom).with_min_y(bottom - scale.points(208.0));
        let stage = inner.with_min_y(header.bottom()).with_max_y(row.top() - gap);
        let shares = [0.154, 0.134, 0.134, 0.283, 0.141, 0.154];
        let room = row.width() - gap * (shares.len() - 1) as f32;
        let mut left = row.left();
        let groups = shares.map(|share| {
            let group = row.with_min_x(left).with_max_x(left + share * room);
            left = group.right() + gap;
            group
        });
        Self { header, stage, groups }
    }
}

/// What all groups of controls need.
struct Controls<'a> {
    params: &'a VoiceParams,
    setter: &'a ParamSetter<'a>,
    scale: Scale,
}

impl Controls<'_> {
    fn humanize(&self, ui: &mut Ui, rect: Rect) {
        self.ground(ui, rect);
        let inner = rect.shrink(self.scale.points(12.0));
        self.knob(ui, inner, "amount", &self.params.amount, GRAND);
    }

    /// Knobs one above the other.
    fn stack<const N: usize>(&self, ui: &mut Ui, rect: Rect, name: &str, knobs: [(&'static str, &FloatParam); N]) {
        let inner = self.group(ui, rect, name);
        for ((id, param), row) in knobs.into_iter().zip(rows::<N>(inner)) {
            self.knob(ui, row, id, param, ROW);
        }
    }

    /// On the left the breath in the voice and that of the take, on the right inhalations.
    fn breath(&self, ui: &mut Ui, rect: Rect) {
        let inner = self.group(ui, rect, "Breath");
        let (left, right) = inner.split_left_right_at_fraction(0.57);
        let VoiceParams { breath, breath_tone, breath_keep, inhale, inhale_every, .. } = self.params;
        let knobs = [("breath", breath), ("breath_tone", breath_tone), ("breath_keep", breath_keep)];
        for ((id, param), row) in knobs.into_iter().zip(rows::<3>(left)) {
            self.knob(ui, row, id, param, ROW);
        }
        let [level, chance, button] = rows(right);
        self.knob(ui, level, "inhale", inhale, ROW);
        self.knob(ui, chance, "inhale_every", inhale_every, ROW);
        let button = Rect::from_center_size(button.center(), vec2(button.width(), self.scale.points(28.0)));
        PushButton { id: "breathe", param: &self.params.breathe, scale: self.scale }.show(ui, button, self.setter);
    }

    fn performance(&self, ui: &mut Ui, rect: Rect) {
        let inner = self.group(ui, rect, "Performance");
        let block = vec2(inner.width().min(self.scale.points(180.0)), self.scale.points(52.0));
        let [seed, take] = rows(inner).map(|row| Align2::LEFT_CENTER.align_size_within_rect(block, row));
        let scale = self.scale;
        Stepper { id: "seed", param: &self.params.seed, has_dice: true, scale }.show(ui, seed, self.setter);
        Stepper { id: "take", param: &self.params.take, has_dice: false, scale }.show(ui, take, self.setter);
    }

    fn output(&self, ui: &mut Ui, rect: Rect, input: &mut Meter, output: &mut Meter) {
        let inner = self.group(ui, rect, "Output");
        // The numbers above the meters may stand a little closer to the edge than a knob.
        let inner = inner.with_max_x(inner.right() + self.scale.points(4.0));
        let (left, right) = inner.split_left_right_at_fraction(0.43);
        self.knob(ui, left, "output", &self.params.output, PLAIN);
        let scale = self.scale;
        let width = right.width() / 3.0;
        let strip = |index: f32| {
            right.with_min_x(right.left() + index * width).with_max_x(right.left() + (index + 1.0) * width)
        };
        input.show(ui, strip(0.0), "In", "Input peak in dBFS. Click to forget a clip.", scale);
        meter::ruler(ui, strip(1.0), scale);
        output.show(ui, strip(2.0), "Out", "Output peak in dBFS. Click to forget a clip.", scale);
    }

    fn knob(&self, ui: &mut Ui, rect: Rect, id: &'static str, param: &FloatParam, look: KnobLook) {
        let name = match id {
            // Their group says the rest.
            "breath_tone" => "Tone",
            "inhale_every" => "Chance",
            _ => parameter(id).map_or("", |listed| listed.name),
        };
        Knob { id, name, param, look, scale: self.scale }.show(ui, rect, self.setter);
    }

    fn ground(&self, ui: &Ui, rect: Rect) {
        ui.painter().rect_filled(rect, self.scale.corner(), theme::PANEL);
    }

    /// Draws a group's ground and name and returns the room inside.
    fn group(&self, ui: &Ui, rect: Rect, name: &str) -> Rect {
        self.ground(ui, rect);
        let inset = self.scale.points(12.0);
        let at = pos2(rect.left() + inset, rect.top() + inset);
        theme::caption(ui.painter(), at, Align2::LEFT_TOP, name, self.scale.font(11.0), theme::DIM);
        let [top, bottom] = [rect.top() + self.scale.points(34.0), rect.bottom() - self.scale.points(9.0)];
        rect.shrink2(vec2(inset, 0.0)).with_min_y(top).with_max_y(bottom)
    }
}

/// `rect` cut into rows of one height.
fn rows<const N: usize>(rect: Rect) -> [Rect; N] {
    let height = rect.height() / N as f32;
    std::array::from_fn(|index| {
        let top = rect.top() + index as f32 * height;
        rect.with_min_y(top).with_max_y(top + height)
    })
}

/// A corner to pull at, for hosts that draw no frame of their own that could be pulled.
fn resize_grip(ui: &Ui, window: Rect, scale: Scale) {
    let side = scale.points(16.0);
    let rect = Rect::from_min_max(window.max - vec2(side, side), window.max);
    let response = ui.interact(rect, Id::unique("con-anima-grip"), Sense::drag());
    let color = if response.hovered() || response.dragged() { theme::TEXT } else { theme::LINE };
    for reach in [5.0, 9.0] {
        let (reach, edge) = (scale.points(reach), scale.points(3.0));
        let corner = window.max - vec2(edge, edge);
        let stroke = egui::Stroke::new(scale.points(1.2), color);
        ui.painter().line_segment([corner - vec2(reach, 0.0), corner - vec2(0.0, reach)], stroke);
    }
    if let Some(pointer) = response.interact_pointer_pos()
        && response.dragged()
    {
        let size = pointer.to_vec2().max(theme::MIN_SIZE).round();
        ui.ctx().send_viewport_cmd(ViewportCommand::InnerSize(size));
    }
    response.on_hover_cursor(egui::CursorIcon::ResizeSouthEast);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_neither_overlap_nor_leave_the_window() {
        for size in [theme::MIN_SIZE, theme::DESIGN_SIZE, vec2(1400.0, 900.0), vec2(3000.0, 600.0), vec2(800.0, 2000.0)]
        {
            let window = Rect::from_min_size(pos2(0.0, 0.0), size);
            let areas = Areas::of(window, Scale::fitting(size));
            let mut parts = vec![areas.header, areas.stage];
            parts.extend(areas.groups);
            for (index, part) in parts.iter().enumerate() {
                assert!(window.contains_rect(*part) && part.is_positive(), "{size:?}: {part:?}");
                assert!(parts[index + 1..].iter().all(|other| !other.intersect(*part).is_positive()), "{size:?}");
            }
            assert!(areas.stage.height() > 0.3 * size.y, "{size:?}: {:?}", areas.stage);
        }
    }
}
