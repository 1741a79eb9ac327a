//! What came of a rest: an inhalation, or none and why.
//!
//! In: decisions about rests. Out: plain values for lists of events and the editor.

/// An inhalation that was added.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inhaled {
    /// Song position of its beginning in the output, samples.
    pub start_position_samples: i64,
    /// Song position of its end in the output, samples.
    pub end_position_samples: i64,
    /// Its level, dBFS rms over its whole length.
    pub level_db: f32,
    /// It was asked for by hand (`breathe`).
    pub is_by_hand: bool,
}

/// A rest that could hold an inhalation and has none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EmptyRest {
    /// Song position where the voice ends before it, samples.
    pub start_position_samples: i64,
    /// Song position where the phrase behind it begins, samples.
    pub end_position_samples: i64,
    /// Why it has none.
    pub reason: Reason,
}

/// Why a rest has no inhalation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Inhale is off, or Humanize at 0 %.
    Off,
    /// The take breathes itself there.
    OwnBreath,
    /// Inhale Chance left it out.
    Chance,
    /// There is no room for one, in the rest or within the look-ahead.
    NoRoom,
    /// Nothing has been sung before it that would need one.
    NothingSung,
    /// Another is under way.
    Busy,
}
