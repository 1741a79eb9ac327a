//! The window around the panel: its size, whether it is open, and the interface to the host.
//!
//! In: the persisted size, the host's request to open. Out: an open window, its size kept in the session. The adapter
//! keeps its own size and reads it before a session is loaded, so each opening gets a window of the size that is stored
//! at that time.

use std::cell::RefCell;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use egui::Vec2;
use nice_plug::context::gui::GuiContext;
use nice_plug::editor::dpi::{LogicalSize, NativeSize, Size};
use nice_plug::editor::{HostMethods, SpawnedEditor};
use nice_plug::prelude::{Editor, ParentWindowHandle, ResizeHint};
use nice_plug_egui::{EguiEditorHandle, EguiEditorState, EguiNiceSettings, RepaintNotifier, create_egui_editor};

use super::{EditorApp, SharedDesk, SharedReader, theme};
use crate::params::{Extent, VoiceParams};

/// Whether a window is open, for the audio thread, which feeds the monitor only then.
///
/// A count, because a host may open the next window before the last one is closed.
#[derive(Clone, Debug, Default)]
pub struct Presence(Arc<AtomicUsize>);

impl Presence {
    /// Whether a window is open. Realtime-safe.
    pub fn is_open(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }

    fn enter(&self) -> Visit {
        self.0.fetch_add(1, Ordering::Relaxed);
        Visit(self.clone())
    }
}

/// One open window; it ends when this is dropped.
pub(super) struct Visit(Presence);

impl Drop for Visit {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The editor as a host sees it.
pub struct VoiceEditor {
    params: Arc<VoiceParams>,
    reader: SharedReader,
    desk: SharedDesk,
    presence: Presence,
    window: RefCell<Arc<EguiEditorState>>,
}

impl VoiceEditor {
    pub(super) fn new(params: Arc<VoiceParams>, reader: SharedReader, desk: SharedDesk, presence: Presence) -> Self {
        let window = RefCell::new(window_state(params.editor_size.load()));
        Self { params, reader, desk, presence, window }
    }
}

impl Editor for VoiceEditor {
    type Handle = EguiEditorHandle;

    fn spawn(
        &self,
        parent: Option<ParentWindowHandle>,
        wait_for_parent: bool,
        fallback_scale_factor: Option<f64>,
        gui_context: GuiContext,
        host: Option<HostMethods>,
    ) -> Result<SpawnedEditor<Self::Handle>, Box<dyn Error>> {
        let window = window_state(self.params.editor_size.load());
        let app = EditorApp::new(self.params.clone(), self.reader.clone(), self.desk.clone(), self.presence.enter());
        let settings = EguiNiceSettings::new().with_tile("Con Anima").with_resize_hint(self.resize_hint());
        let editor = create_egui_editor(window.clone(), RepaintNotifier::new(), settings, app)
            .ok_or("the adapter made no editor")?;
        self.window.replace(window);
        editor.spawn(parent, wait_for_parent, fallback_scale_factor, gui_context, host)
    }

    fn size(&self) -> NativeSize<u32> {
        let window = self.window.borrow();
        let (logical, physical) = (window.logical_size(), window.physical_size());
        if window.is_open() {
            return NativeSize::from_logical_or_physical(logical.cast(), physical);
        }
        // A session loaded since the last opening may have another size; the scale factor is that of the last window.
        let scale_factor = f64::from(physical.width) / f64::from(logical.width);
        NativeSize::from_size(logical_size(self.params.editor_size.load()), scale_factor)
    }

    fn resize_hint(&self) -> ResizeHint {
        let Vec2 { x: width, y: height } = theme::MIN_SIZE;
        ResizeHint::resizable().with_min_logical_size(LogicalSize { width, height })
    }
}

fn window_state(extent: Extent) -> Arc<EguiEditorState> {
    EguiEditorState::from_size(logical_size(extent), 1.0)
}

fn logical_size(extent: Extent) -> Size {
    LogicalSize::new(extent.width, extent.height).into()
}

#[cfg(test)]
mod tests {
    use nice_plug::prelude::Params;

    use super::*;

    #[test]
    fn a_session_keeps_the_size_and_the_next_window_has_it() {
        let (saved, loaded) = (VoiceParams::default(), Arc::new(VoiceParams::default()));
        let (_, reader) = crate::monitor::monitor();
        let editor = super::super::create(loaded.clone(), reader, Presence::default());
        assert_eq!(editor.size(), NativeSize::new(1176, 698));
        saved.editor_size.store(Extent { width: 1234, height: 700 });
        loaded.deserialize_fields(&saved.serialize_fields());
        assert_eq!(editor.size(), NativeSize::new(1234, 700));
    }

    #[test]
    fn the_audio_thread_is_told_while_any_window_is_open() {
        let presence = Presence::default();
        let first = presence.enter();
        let second = presence.enter();
        drop(first);
        assert!(presence.is_open());
        drop(second);
        assert!(!presence.is_open());
    }
}
