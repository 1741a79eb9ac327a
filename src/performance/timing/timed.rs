//! A note with the time at which it is to be sung.

use crate::plan::Spread;
use crate::score::Note;
use crate::settings::Settings;

/// When a note is to be sung.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timed {
    /// Its number and what is known of it; `None` as long as it is not known where it begins.
    pub(super) note: Option<(usize, Note)>,
    /// Song position where the vowel before it ends.
    pub(super) vowel_end: i64,
    /// Song position whose cell of the bar decides.
    pub(super) position: i64,
    /// The share of a deviation that the take lacks there.
    pub(super) share: f32,
    /// What the draws of the song's notes come to, if they are known beforehand.
    pub(super) spread: Option<Spread>,
    pub(super) late: Late,
    /// The settings that it is timed with, and whether they are those that were drawn over it.
    pub(super) settings: Settings,
    pub(super) is_settled: bool,
}

/// How much later than in the input something is to be sung.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in super::super) struct Late {
    pub(in super::super) ms: f64,
    pub(in super::super) samples: i64,
}

impl Timed {
    /// Where its vowel begins in the input.
    pub(super) fn onset(&self) -> Option<i64> {
        self.note.map(|(_, note)| note.onset)
    }
}

/// A note that begins to be sung.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in super::super) struct Sung {
    pub(in super::super) number: usize,
    pub(in super::super) note: Note,
    /// How much later than in the input it is planned.
    pub(in super::super) late: Late,
}
