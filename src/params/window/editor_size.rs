//! The editor's size, which a session keeps among the parameters.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use crate::params::persisted::persisted;

/// What a session holds beyond this is not a size. Chosen: larger than any screen.
const MAX_POINTS: u32 = 8192;

/// The window's size in logical points, as a session holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// Logical points.
    pub width: u32,
    /// Logical points.
    pub height: u32,
}

impl Extent {
    /// What the editor is drawn for.
    pub const DESIGN: Self = Self { width: 1176, height: 698 };
    /// The smallest at which everything can be read.
    pub const MIN: Self = Self { width: 960, height: 570 };

    fn clamped(self) -> Self {
        let Self { width, height } = self;
        Self { width: width.clamp(Self::MIN.width, MAX_POINTS), height: height.clamp(Self::MIN.height, MAX_POINTS) }
    }
}

/// The size to open with, kept in the session. Both halves change at once, whoever writes.
#[derive(Debug)]
pub struct EditorSize(AtomicU64);

impl Default for EditorSize {
    fn default() -> Self {
        let size = Self(AtomicU64::new(0));
        size.store(Extent::DESIGN);
        size
    }
}

impl EditorSize {
    /// The size to open with.
    pub fn load(&self) -> Extent {
        let packed = self.0.load(Ordering::Relaxed);
        Extent { width: (packed >> 32) as u32, height: packed as u32 }
    }

    /// Keeps a size for the next opening, no smaller than the smallest.
    pub fn store(&self, extent: Extent) {
        let Extent { width, height } = extent.clamped();
        self.0.store(u64::from(width) << 32 | u64::from(height), Ordering::Relaxed);
    }
}

persisted!(EditorSize as Extent: load, store);

#[cfg(test)]
mod tests {
    use nice_plug::params::persist::PersistentField;

    use super::*;

    #[test]
    fn a_broken_session_cannot_make_an_unusable_window() {
        let size = EditorSize::default();
        size.set(Extent { width: 0, height: u32::MAX });
        assert_eq!(size.load(), Extent { width: 960, height: 8192 });
    }
}
