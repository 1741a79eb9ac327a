//! The two sounds that are compared, A and B, and the preset that is loaded: what a session keeps of them.
//!
//! The sound that is heard is the parameters themselves; here is the other one. Values are kept by id, so that a
//! session of another version is understood as far as it goes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use nice_plug::params::persist::PersistentField;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::params::Scenes;

/// What is compared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Compared {
    /// Whether B is heard.
    pub is_b: bool,
    /// The sound that is not heard; `None` as long as both are the same.
    pub other: Option<Slot>,
    /// The preset that what is heard came from; `None` for the defaults.
    pub loaded: Option<Loaded>,
}

/// A sound.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Slot {
    /// Plain values by parameter id.
    pub values: BTreeMap<String, f32>,
    /// Its scenes; `None` in a session from before there were any.
    pub scenes: Option<Scenes>,
    /// The preset that it came from; `None` for the defaults.
    pub loaded: Option<Loaded>,
}

/// A preset as it was when it was loaded: its file may be changed since, or may not be on this computer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Loaded {
    /// Its name.
    pub name: String,
    /// Plain values by parameter id.
    pub values: BTreeMap<String, f32>,
}

/// What is compared in one instance.
#[derive(Debug, Default)]
pub struct Slots {
    kept: Mutex<Compared>,
    n_sessions: AtomicU32,
}

impl Slots {
    /// What is compared.
    pub fn load(&self) -> Compared {
        self.kept.lock().clone()
    }

    /// Keeps what is compared.
    pub fn store(&self, compared: Compared) {
        *self.kept.lock() = compared;
    }

    /// Counts the sessions that were loaded: with each, all values may be others.
    pub fn n_sessions(&self) -> u32 {
        self.n_sessions.load(Ordering::Relaxed)
    }
}

impl PersistentField<'_, Compared> for Slots {
    fn set(&self, compared: Compared) {
        self.store(compared);
        self.n_sessions.fetch_add(1, Ordering::Relaxed);
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&Compared) -> R,
    {
        f(&self.kept.lock())
    }
}

#[cfg(test)]
mod tests {
    use nice_plug::prelude::Params;

    use super::*;
    use crate::params::VoiceParams;

    #[test]
    fn a_session_gives_back_what_was_compared() {
        let loaded = Loaded { name: "Mine".to_owned(), values: [("drift".to_owned(), 12.34)].into() };
        let values = [("drift".to_owned(), 0.1)].into();
        let other = Slot { values, scenes: Some(Scenes::default()), loaded: Some(loaded.clone()) };
        let compared = Compared { is_b: true, other: Some(other), loaded: Some(loaded) };
        let (saved, opened) = (VoiceParams::default(), VoiceParams::default());
        saved.slots.store(compared.clone());
        opened.deserialize_fields(&saved.serialize_fields());
        assert_eq!((opened.slots.load(), opened.slots.n_sessions()), (compared, 1));
    }

    #[test]
    fn a_session_of_another_version_is_understood_as_far_as_it_goes() {
        let params = VoiceParams::default();
        let fields = [("slots".to_owned(), r#"{"is_b":true,"scene":3}"#.to_owned())];
        params.deserialize_fields(&fields.into());
        assert_eq!(params.slots.load(), Compared { is_b: true, ..Compared::default() });
    }
}
