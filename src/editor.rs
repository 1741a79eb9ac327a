//! The plugin's window: one panel that shows what is added to the voice and lets the user set how much.
//!
//! In: [`MonitorReader`] (levels and hops), [`VoiceParams`] and the presets. Out: parameter gestures through the host,
//! and files of presets. The panel is drawn by functions of `(&mut Ui, rect, hand)`, so that tests need no window.

use std::sync::Arc;
use std::time::Duration;

use nice_plug::context::gui::GuiContext;
use nice_plug_egui::baseview::{HandlerError, WindowSize};
use nice_plug_egui::{Frame, KeyCapture, NiceEguiApp};

use crate::monitor::MonitorReader;
use crate::params::{Extent, VoiceParams};
use crate::presets::{Library, user_folder};

mod theme;
mod window;
mod keys;
mod history;
mod hand;
mod sounds;
mod desk;
mod hold;
mod type_in;
mod menu;
mod knob;
mod stepper;
mod buttons;
mod clock;
mod learn_row;
mod notice;
mod browser;
mod preset_row;
mod scene_steps;
mod scene_row;
mod header;
mod meter;
mod trace;
mod range;
mod plot;
mod hearing;
mod note_lane;
mod breath_lane;
mod stage_view;
mod areas;
mod groups;
mod panel;

pub use desk::Desk;
pub use menu::entry_id;
pub use panel::{Panel, control_id};
pub use window::{Presence, VoiceEditor};

/// Time between two frames. Chosen: about 60 frames a second, as smooth as most screens can show; shorter costs time,
/// longer is jerky.
const FRAME_INTERVAL: Duration = Duration::from_millis(16);

/// The same while nothing moves; what the pointer and the keys do is drawn at once all the same. Chosen: so long a host
/// that begins to play waits at most; shorter costs time.
const REST_INTERVAL: Duration = Duration::from_millis(450);

/// The monitor is kept from window to window. Only the thread of the open window takes the lock, so it never waits.
type SharedReader = Arc<parking_lot::Mutex<MonitorReader>>;

/// History and presets are kept from window to window in the same way.
type SharedDesk = Arc<parking_lot::Mutex<Desk>>;

/// The editor of a plugin with these parameters; `presence` tells the audio thread whether its window is open.
pub fn create(params: Arc<VoiceParams>, monitor: MonitorReader, presence: Presence) -> VoiceEditor {
    let desk = Desk::new(Library::new(user_folder()));
    VoiceEditor::new(
        params,
        Arc::new(parking_lot::Mutex::new(monitor)),
        Arc::new(parking_lot::Mutex::new(desk)),
        presence,
    )
}

/// The content of an open window.
pub struct EditorApp {
    params: Arc<VoiceParams>,
    reader: SharedReader,
    desk: SharedDesk,
    panel: Panel,
    host: Option<GuiContext>,
    keys: keys::Keys,
    _visit: window::Visit,
}

impl EditorApp {
    fn new(params: Arc<VoiceParams>, reader: SharedReader, desk: SharedDesk, visit: window::Visit) -> Self {
        Self { params, reader, desk, panel: Panel::default(), host: None, keys: keys::Keys::default(), _visit: visit }
    }
}

impl NiceEguiApp for EditorApp {
    fn build(&mut self, ctx: egui::Context, host: GuiContext, frame: &mut Frame) -> Result<(), HandlerError> {
        theme::install(&ctx);
        frame.set_key_capture(KeyCapture::IgnoreAll);
        self.keys = keys::Keys::of(frame.baseview_window());
        self.host = Some(host);
        Ok(())
    }

    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut Frame) {
        let Some(host) = &self.host else { return };
        self.panel.listen(&mut self.reader.lock(), ui);
        // The keyboard belongs to the host (its space bar starts the song) unless a value is being typed.
        let is_typing = self.panel.show(ui, &self.params, &mut self.desk.lock(), &host.param_setter());
        frame.set_key_capture(if is_typing { KeyCapture::CaptureAll } else { KeyCapture::IgnoreAll });
        let has_clicked = ui.input(|input| input.pointer.any_pressed() || input.pointer.any_released());
        self.keys.follow(frame.baseview_window(), is_typing, has_clicked);
        ui.ctx().request_repaint_after(if self.panel.is_at_rest() { REST_INTERVAL } else { FRAME_INTERVAL });
    }

    fn resized(&mut self, new_size: WindowSize) {
        let size = egui::vec2(new_size.logical.width as f32, new_size.logical.height as f32);
        self.params.editor_size.store(Extent { width: size.x.round() as u32, height: size.y.round() as u32 });
    }
}
