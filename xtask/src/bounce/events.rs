//! The notes, breaths and empty rests of a bounce, in order of time.
//!
//! In: what the engine reports, and the hops around it. Out: [`Event`]s, and a list of them written as a table (CSV),
//! as objects (JSON) or as notes and markers that a DAW can show against the audio (MIDI).

use std::path::Path;

use con_anima::analysis::Onset;
use con_anima::gesture::Reason;
use serde_json::{Map, Value};

mod breaths;
mod midi;
mod notes;
mod table;

pub(super) use breaths::{added_breath, empty_rest};
pub(super) use midi::Score;
pub(super) use notes::Song;
pub(super) use table::rows;

/// A note or a breath.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Event {
    /// A note is sung.
    Note(Note),
    /// The singer breathes in.
    Breath(Breath),
    /// The singer could breathe in, and does not.
    Rest(Rest),
}

impl Event {
    /// When it begins on the song's time line, seconds.
    pub(super) fn song_s(&self) -> f64 {
        match self {
            Self::Note(note) => note.song_s,
            Self::Breath(breath) => breath.song_s,
            Self::Rest(rest) => rest.song_s,
        }
    }
}

/// A rest without an inhalation. Its place is that in the input; file times are seconds from the first sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rest {
    /// The voice ends there, file time.
    pub(super) start_s: f64,
    /// The phrase behind it begins there, file time.
    pub(super) end_s: f64,
    /// The voice ends there on the song's time line, seconds.
    pub(super) song_s: f64,
    /// Why it has none.
    pub(super) reason: Reason,
}

/// The origin of a breath.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BreathKind {
    /// Added where the singer would have taken one.
    Added,
    /// Added where it was asked for.
    ByHand,
    /// The take's own.
    Own,
}

/// An inhalation. Its place is that in the output if it was added, that in the input if the take has it; file times are
/// seconds from the first sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Breath {
    /// Its origin.
    pub(super) kind: BreathKind,
    /// It begins there, file time.
    pub(super) start_s: f64,
    /// It ends there, file time.
    pub(super) end_s: f64,
    /// It begins there in the output, file time.
    pub(super) sung_s: f64,
    /// It begins there on the song's time line, seconds.
    pub(super) song_s: f64,
    /// Its level over its whole length, dBFS rms; that of the take's own in the input.
    pub(super) level_db: f64,
}

impl Breath {
    /// How long it is, seconds.
    pub(super) fn duration_s(&self) -> f64 {
        self.end_s - self.start_s
    }
}

/// A note in the input and as it was sung. File times are seconds from the first sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Note {
    /// Its vowel begins there in the input, file time.
    pub(super) onset_s: f64,
    /// It ends there in the input, file time: with its voice, at the latest with the next note.
    pub(super) end_s: f64,
    /// Its vowel begins there in the output, file time: before 0 if it was to be sung before the file begins.
    pub(super) sung_s: f64,
    /// It ends there in the output, file time.
    pub(super) sung_end_s: f64,
    /// Its onset in the input on the song's time line, seconds.
    pub(super) song_s: f64,
    /// How much later than in the input it was to be sung, ms.
    pub(super) planned_ms: f64,
    /// How much later it was sung, ms.
    pub(super) realized_ms: f64,
    /// How it begins.
    pub(super) kind: Onset,
    /// Median pitch in the input, Hz; `None` where none was detected.
    pub(super) f0_hz: Option<f64>,
    /// Median level in the input, dBFS rms; `None` where no pitch was detected.
    pub(super) level_db: Option<f64>,
    /// How exactly the note can follow its plan, ms: see [`Note::is_as_planned`].
    pub(super) tolerance_ms: f64,
}

/// How far from its plan a note after a rest may be sung, ms. Chosen: a step in silence is exact except for drift on
/// the way; larger accepts real misses.
const SILENCE_TOLERANCE_MS: f64 = 2.0;

impl Note {
    /// The key of its pitch, 0 to 127; 69 is A4, 440 Hz.
    pub(super) fn midi_note(&self) -> Option<u8> {
        let f0_hz = self.f0_hz?;
        Some((69.0 + 12.0 * (f0_hz / 440.0).log2()).round().clamp(0.0, 127.0) as u8)
    }

    /// How long it lasts in the input, seconds.
    pub(super) fn duration_s(&self) -> f64 {
        self.end_s - self.onset_s
    }

    /// Whether it was sung when it was planned: after a rest within 2 ms, and where the voice continues within half a
    /// period, because a voice is moved by whole periods.
    pub(super) fn is_as_planned(&self) -> bool {
        (self.realized_ms - self.planned_ms).abs() <= self.tolerance_ms
    }
}

/// The notes among events.
pub(super) fn only_notes(events: &[Event]) -> impl Iterator<Item = &Note> {
    events.iter().filter_map(|event| if let Event::Note(note) = event { Some(note) } else { None })
}

/// The breaths among events.
pub(super) fn only_breaths(events: &[Event]) -> impl Iterator<Item = &Breath> {
    events.iter().filter_map(|event| if let Event::Breath(breath) = event { Some(breath) } else { None })
}

/// The file format of a list of events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Format {
    #[default]
    Csv,
    Json,
    Midi,
}

impl Format {
    /// The file name extensions.
    pub(super) const EXTENSIONS: [&str; 3] = ["csv", "json", "mid"];

    /// The format for a file name.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        let index = Self::EXTENSIONS.iter().position(|known| *known == extension)?;
        Some([Self::Csv, Self::Json, Self::Midi][index])
    }
}

/// The contents of a file of events. `settings` are the bounce's settings for JSON, `score` those for MIDI.
pub(super) fn file(
    events: &[Event],
    format: Format,
    settings: Map<String, Value>,
    score: &Score,
) -> anyhow::Result<Vec<u8>> {
    match format {
        Format::Csv => table::csv(events),
        Format::Json => Ok(table::json(events, settings)),
        Format::Midi => midi::file(only_notes(events), only_breaths(events), score),
    }
}
