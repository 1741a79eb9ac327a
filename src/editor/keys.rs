//! Whose the keys are: the window's while something is typed in it, the host's otherwise.
//!
//! In: whether something is typed, and whether the pointer has pressed or let go. Out: on X11, which keys are sent to
//! the window, and the keyboard's focus. On other systems the adapter hands on to the host what the window does not
//! use.
//!
//! X11 sends a key to the window under the pointer if that asks for keys and lies inside the one that has the focus,
//! and a window that has the focus gets all of them. baseview's window asks for keys from the beginning, and the
//! adapter takes the focus at each click. So here the window asks for keys only while something is typed, and hands the
//! focus back to the host's window otherwise.

use nice_plug_egui::baseview::WindowContext;

/// The keys of one open window.
#[derive(Default)]
pub(super) struct Keys {
    #[cfg(target_os = "linux")]
    x11: Option<x11::Window>,
}

impl Keys {
    /// The keys of this window. Where its system cannot be reached, they stay where the system sends them.
    #[cfg(target_os = "linux")]
    pub(super) fn of(window: &WindowContext) -> Self {
        Self { x11: x11::Window::of(window) }
    }

    /// Lets the window have the keys while something is typed, and the host otherwise. `has_clicked` tells that the
    /// pointer has pressed or let go since the last frame.
    #[cfg(target_os = "linux")]
    pub(super) fn follow(&mut self, window: &WindowContext, is_typing: bool, has_clicked: bool) {
        let Some(x11) = &mut self.x11 else { return };
        // A window that is about to be closed answers with errors, and then it does not matter whose the keys are.
        let _ = x11.follow(is_typing, has_clicked);
        if is_typing && !window.has_focus() {
            let _ = window.focus();
        }
    }

    /// As above: here the adapter does it.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn of(_window: &WindowContext) -> Self {
        Self::default()
    }

    /// As above: here the adapter does it.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn follow(&mut self, _window: &WindowContext, _is_typing: bool, _has_clicked: bool) {}
}

#[cfg(target_os = "linux")]
mod x11 {
    use nice_plug_egui::baseview::{PlatformHandle, WindowContext};
    use raw_window_handle::{HasDisplayHandle, HasWindowHandle, RawDisplayHandle, RawWindowHandle};
    use x11rb::CURRENT_TIME;
    use x11rb::errors::ReplyError;
    use x11rb::protocol::xproto::{AtomEnum, ChangeWindowAttributesAux, ConnectionExt, EventMask, InputFocus};
    use x11rb::xcb_ffi::XCBConnection;

    /// More windows than this do not lie around one. Chosen: far more than any host nests.
    const MAX_DEPTH: usize = 32;

    /// The window as the X server knows it.
    pub(super) struct Window {
        connection: XCBConnection,
        id: u32,
        /// Whether the window was last told to ask for keys; `None` before.
        asks_for_keys: Option<bool>,
        /// Keeps the connection open; dropped behind it.
        _handle: PlatformHandle,
    }

    impl Window {
        /// By the connection of the window's own event loop: what a window asks for is asked for by a connection.
        pub(super) fn of(window: &WindowContext) -> Option<Self> {
            let handle = window.platform_handle();
            let RawWindowHandle::Xcb(xcb) = handle.window_handle().ok()?.as_raw() else { return None };
            let id = xcb.window.get();
            let RawDisplayHandle::Xcb(display) = handle.display_handle().ok()?.as_raw() else { return None };
            let raw = display.connection?.as_ptr();
            // SAFETY: the connection is open as long as the handle lives, which is dropped behind it, and is not closed
            // by this one.
            #[allow(unsafe_code, reason = "the event loop's own connection is known as a pointer only")]
            let connection = unsafe { XCBConnection::from_raw_xcb_connection(raw, false) }.ok()?;
            Some(Self { connection, id, asks_for_keys: None, _handle: handle })
        }

        pub(super) fn follow(&mut self, is_typing: bool, has_clicked: bool) -> Result<(), ReplyError> {
            let is_new = self.asks_for_keys != Some(is_typing);
            if is_new {
                self.ask_for_keys(is_typing)?;
                self.asks_for_keys = Some(is_typing);
            }
            if !is_typing && (is_new || has_clicked) { self.hand_focus_back() } else { Ok(()) }
        }

        fn ask_for_keys(&self, asks: bool) -> Result<(), ReplyError> {
            let keys = EventMask::KEY_PRESS | EventMask::KEY_RELEASE;
            let others = self.connection.get_window_attributes(self.id)?.reply()?.your_event_mask.remove(keys);
            let mask = if asks { others | keys } else { others };
            let change = ChangeWindowAttributesAux::new().event_mask(mask);
            self.connection.change_window_attributes(self.id, &change)?.check()
        }

        /// Gives the focus to the host's window, if this one has it.
        fn hand_focus_back(&self) -> Result<(), ReplyError> {
            if self.connection.get_input_focus()?.reply()?.focus != self.id {
                return Ok(());
            }
            match self.window_of_host()? {
                Some(host) => self.connection.set_input_focus(InputFocus::PARENT, host, CURRENT_TIME)?.check(),
                None => Ok(()),
            }
        }

        /// The window around this one that the window manager manages; without a manager the outermost one. `None`
        /// where this one stands alone.
        fn window_of_host(&self) -> Result<Option<u32>, ReplyError> {
            let state = self.connection.intern_atom(true, b"WM_STATE")?.reply()?.atom;
            let mut outermost = None;
            let mut at = self.id;
            for _ in 0..MAX_DEPTH {
                let tree = self.connection.query_tree(at)?.reply()?;
                if tree.parent == tree.root || tree.parent == x11rb::NONE {
                    break;
                }
                at = tree.parent;
                outermost = Some(at);
                let is_managed = state != x11rb::NONE && {
                    let property = self.connection.get_property(false, at, state, AtomEnum::ANY, 0, 0)?.reply()?;
                    property.type_ != x11rb::NONE
                };
                if is_managed {
                    break;
                }
            }
            Ok(outermost)
        }
    }
}
