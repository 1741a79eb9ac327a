//! Events as CSV and JSON: the same fields under the same names.
//!
//! In: events. Out: CSV with a header, or JSON with the bounce's settings. Unknown values are empty, or null.

use con_anima::analysis::Onset;
use con_anima::gesture::Reason;
use serde_json::{Map, Value, json};

use super::{Breath, BreathKind, Event, Note, Rest};

/// The names of all fields, in the order of a table.
const FIELDS: [&str; 11] = [
    "time_s",
    "song_s",
    "sung_s",
    "event",
    "kind",
    "planned_ms",
    "realized_ms",
    "duration_s",
    "f0_hz",
    "midi_note",
    "level_db",
];

/// The whole table.
pub(super) fn csv(events: &[Event]) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows(events) {
        writer.write_record(row)?;
    }
    Ok(writer.into_inner()?)
}

/// The names of all fields, and then a row for each event.
pub(in crate::bounce) fn rows(events: &[Event]) -> impl Iterator<Item = Vec<String>> {
    let text = |value: Value| match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let header = FIELDS.map(str::to_owned).to_vec();
    [header].into_iter().chain(events.iter().map(move |event| values(event).map(text).to_vec()))
}

/// Everything as one object.
pub(super) fn json(events: &[Event], mut settings: Map<String, Value>) -> Vec<u8> {
    let object = |event| Value::from_iter(FIELDS.into_iter().zip(values(event)));
    settings.insert("events".to_owned(), events.iter().map(object).collect());
    format!("{:#}\n", Value::from(settings)).into_bytes()
}

/// One value for each of [`FIELDS`].
fn values(event: &Event) -> [Value; 11] {
    match event {
        Event::Note(note) => of_note(note),
        Event::Breath(breath) => of_breath(breath),
        Event::Rest(rest) => of_rest(rest),
    }
}

fn of_breath(breath: &Breath) -> [Value; 11] {
    [
        json!(rounded(breath.start_s, 6)),
        json!(rounded(breath.song_s, 6)),
        json!(rounded(breath.sung_s, 6)),
        json!("breath"),
        json!(whose(breath.kind)),
        Value::Null,
        Value::Null,
        json!(rounded(breath.duration_s(), 6)),
        Value::Null,
        Value::Null,
        json!(rounded(breath.level_db, 2)),
    ]
}

fn of_rest(rest: &Rest) -> [Value; 11] {
    [
        json!(rounded(rest.start_s, 6)),
        json!(rounded(rest.song_s, 6)),
        Value::Null,
        json!("rest"),
        json!(why(rest.reason)),
        Value::Null,
        Value::Null,
        json!(rounded(rest.end_s - rest.start_s, 6)),
        Value::Null,
        Value::Null,
        Value::Null,
    ]
}

/// Why a rest has no inhalation, in a word or two.
fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::Off => "off",
        Reason::OwnBreath => "own_breath",
        Reason::Chance => "chance",
        Reason::NoRoom => "no_room",
        Reason::NothingSung => "nothing_sung",
        Reason::Busy => "busy",
    }
}

fn whose(kind: BreathKind) -> &'static str {
    match kind {
        BreathKind::Added => "added",
        BreathKind::ByHand => "by_hand",
        BreathKind::Own => "own",
    }
}

fn of_note(note: &Note) -> [Value; 11] {
    [
        json!(rounded(note.onset_s, 6)),
        json!(rounded(note.song_s, 6)),
        json!(rounded(note.sung_s, 6)),
        json!("note"),
        json!(kind_name(note.kind)),
        json!(rounded(note.planned_ms, 3)),
        json!(rounded(note.realized_ms, 3)),
        json!(rounded(note.duration_s(), 6)),
        json!(note.f0_hz.map(|f0_hz| rounded(f0_hz, 3))),
        json!(note.midi_note()),
        json!(note.level_db.map(|level_db| rounded(level_db, 2))),
    ]
}

/// The value with as many digits as are meaningful.
fn rounded(value: f64, digits: i32) -> f64 {
    let steps = 10.0_f64.powi(digits);
    // Adding zero turns −0 into 0.
    (value * steps).round() / steps + 0.0
}

fn kind_name(kind: Onset) -> &'static str {
    match kind {
        Onset::Voicing => "voicing",
        Onset::Vowel => "vowel",
        Onset::Legato => "legato",
    }
}
