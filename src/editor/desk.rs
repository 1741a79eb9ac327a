//! What an instance keeps beside its parameters, from window to window: the history and the presets.

use super::history::History;
use crate::params::VoiceParams;
use crate::presets::Library;

/// The history of an instance, and its library of presets.
#[derive(Debug)]
pub struct Desk {
    pub(super) history: History,
    pub(super) library: Library,
    /// The folder has been read.
    is_read: bool,
    /// The session that the history belongs to.
    n_sessions: u32,
}

impl Desk {
    /// A desk with these presets. The folder is read when the first window is shown.
    pub fn new(library: Library) -> Self {
        Self { history: History::default(), library, is_read: false, n_sessions: 0 }
    }

    /// Takes in what has changed since the last frame: steps from before a session was loaded make no sense in it.
    pub(super) fn refresh(&mut self, params: &VoiceParams) {
        if !std::mem::replace(&mut self.is_read, true) {
            self.library.scan();
        }
        let n_sessions = params.slots.n_sessions();
        if std::mem::replace(&mut self.n_sessions, n_sessions) != n_sessions {
            self.history.forget();
        }
    }
}
