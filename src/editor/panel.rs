//! The whole panel, from frame to frame.
//!
//! In: the window's rectangle, the parameters, the monitor's data. Out: all parts drawn, gestures through the setter.

use egui::{Id, Rect, Sense, Ui, ViewportCommand, vec2};
use nice_plug::prelude::ParamSetter;

use super::areas::Areas;
use super::browser::Browser;
use super::desk::Desk;
use super::groups::Groups;
use super::hand::Hand;
use super::header::{header, tools};
use super::hearing::Hearing;
use super::meter::Meter;
use super::notice::{Notice, show_notice};
use super::preset_row::preset_row;
use super::scene_row::scene_row;
use super::stage_view::{Sound, Stage};
use super::theme::{self, Scale};
use super::trace::Trace;
use super::type_in::{keep_keys_for_typing, take_refusal};
use crate::monitor::{MonitorReader, SILENCE_DB, Snapshot};
use crate::params::VoiceParams;

/// The id of the widget that sets a parameter; a test checks that every parameter has one.
pub fn control_id(id: &str) -> Id {
    Id::unique(("con-anima-control", id))
}

/// What is said where a knob is turned while only a scene is heard.
const UNHEARD: &str = "A scene is heard, and not the knobs. To change it, put it on the knobs by a right click on it, \
                       and capture it again; Off lets the knobs be heard.";

/// The panel's state from frame to frame. It is new with each window.
#[derive(Default)]
pub struct Panel {
    snapshot: Snapshot,
    hearing: Hearing,
    trace: Trace,
    stage: Stage,
    input: Meter,
    output: Meter,
    browser: Browser,
}

impl Panel {
    /// Takes in what the audio thread has sent since the last frame.
    pub fn listen(&mut self, reader: &mut MonitorReader, ui: &Ui) {
        let elapsed_s = ui.input(|input| input.unstable_dt).clamp(0.0, 0.25);
        self.snapshot = reader.snapshot();
        self.trace.set_rate(self.snapshot.sample_rate_hz, self.snapshot.hops_per_s);
        let mut has_new_hops = false;
        while let Some(hop) = reader.next_hop() {
            self.trace.push(hop);
            self.hearing.push(&hop, f64::from(self.snapshot.sample_rate_hz));
            has_new_hops = true;
        }
        self.stage.advance(&self.trace, has_new_hops, elapsed_s);
        // A host that has stopped leaves the peaks of its last block in the snapshot.
        let is_stale = self.stage.is_waiting();
        let peak_db = |peak_db: f32| if is_stale { SILENCE_DB } else { peak_db };
        self.input.follow(peak_db(self.snapshot.input_peak_db), elapsed_s);
        self.output.follow(peak_db(self.snapshot.output_peak_db), elapsed_s);
    }

    /// Whether nothing moves by itself: the host has stopped for some time.
    pub fn is_at_rest(&self) -> bool {
        self.stage.is_at_rest()
    }

    /// Draws the panel over the whole window and lets the user turn everything.
    ///
    /// Returns whether a value is being typed: only then the keys are the panel's and not the host's.
    pub fn show(&mut self, ui: &mut Ui, params: &VoiceParams, desk: &mut Desk, setter: &ParamSetter) -> bool {
        desk.refresh(params);
        let Desk { history, library, .. } = desk;
        let hand = &Hand::new(params, setter, history);
        let window = ui.ctx().content_rect();
        let scale = Scale::fitting(window.size());
        ui.painter().rect_filled(window, 0.0, theme::GROUND);
        let areas = Areas::of(window, scale);
        let presets = header(ui, areas.header, hand, scale);
        preset_row(ui, presets, hand, library, &mut self.browser, scale);
        tools(ui, areas.tools, hand, &self.snapshot, &self.hearing, scale);
        scene_row(ui, areas.scenes, hand, scale);
        let sound = Sound::of(params, self.hearing.has_no_pitch());
        self.stage.show(ui, areas.stage, &mut self.trace, sound, scale);
        let groups = Groups { hand, areas, scale };
        groups.show(ui, &mut self.input, &mut self.output);
        resize_grip(ui, window, scale);
        let browser = self.browser.show(ui, hand, library, scale);
        if let Some(refusal) = take_refusal(ui.ctx()) {
            self.browser.notice = Some(Notice::passing(refusal));
        }
        if hand.was_unheard() {
            self.browser.notice = Some(Notice::passing(UNHEARD.to_owned()));
        }
        // Where the browser is open, below it.
        let notice_top = browser.map_or(areas.stage.top(), |browser| browser.bottom());
        show_notice(ui, areas.stage.with_min_y(notice_top), &mut self.browser.notice, scale);
        keep_keys_for_typing(ui.ctx())
    }
}

/// A corner for resizing, for hosts whose windows cannot be resized at their frame.
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
