//! What chance comes to over a learned song, reckoned once for each choice of settings.

use crate::plan::Spread;

/// The spread of what all notes of the song draw, and what it depends on.
#[derive(Clone, Debug)]
pub(super) struct SongSpread<K> {
    known: Option<(K, Spread)>,
}

impl<K: PartialEq> SongSpread<K> {
    /// Nothing is known yet.
    pub(super) const fn new() -> Self {
        Self { known: None }
    }

    /// Another song is known, or none.
    pub(super) fn forget(&mut self) {
        self.known = None;
    }

    /// The spread for settings: reckoned only where they are others than last time. Realtime-safe if `spread` is.
    pub(super) fn of(&mut self, key: K, spread: impl FnOnce(&K) -> Spread) -> Spread {
        if let Some((_, known)) = self.known.as_ref().filter(|(last, _)| *last == key) {
            return *known;
        }
        let found = spread(&key);
        self.known = Some((key, found));
        found
    }
}
