//! The statistics as text and as JSON.
//!
//! In: a recording's name and its [`Voice`]. Out: a table that compares each value with human takes, or one JSON object
//! on one line. What cannot be measured is `-` or null.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::statistics::STATISTICS;
use super::voice::Voice;
use crate::words::counted;

/// A table with human takes beside the values; it says how many samples had no valid value.
pub(super) fn table(name: &str, voice: &Voice, n_bad_samples: u64) -> String {
    let mut table = format!("{name}: {:.2} s\n", voice.duration_s);
    // Writing to a string cannot fail.
    let _ = writeln!(table, "  {:16} {:>8}  {:>6} {:>6} {:>6}  {:7}", "", "value", "p10", "human", "p90", "");
    for statistic in &STATISTICS {
        let value = (statistic.value)(voice);
        let [low, middle, high] = statistic.human.map_or([None; 3], |human| human.map(Some)).map(in_short);
        let mark = place(value, statistic.human);
        let (id, value, meaning) = (statistic.id, in_short(value), statistic.meaning);
        let _ = writeln!(table, "  {id:16} {value:>8}  {low:>6} {middle:>6} {high:>6}  {mark:7} {meaning}");
    }
    if n_bad_samples > 0 {
        let _ = writeln!(table, "  {} of no valid value, measured as silence", counted(n_bad_samples, "sample"));
    }
    table
}

/// The most important values in a line.
pub(super) fn caption(voice: &Voice) -> String {
    let value = |id: &str| {
        let statistic = STATISTICS.iter().find(|statistic| statistic.id == id);
        in_short(statistic.and_then(|statistic| (statistic.value)(voice)))
    };
    let [notes, drift, vibrato, flutter] = ["n_notes", "drift_c", "vib_band_c", "flutter_c"].map(value);
    let [intonation, jitter, breaths] = ["inton_sd_c", "jitter_loc", "breaths_per_min"].map(value);
    format!(
        "{notes} held notes · drift {drift}, 4–8 Hz {vibrato}, flutter {flutter} cents rms · intonation {intonation} \
         cents sd · jitter {jitter} % · {breaths} breaths per minute"
    )
}

/// Three digits, which is more than repeated measurements agree on.
pub(crate) fn in_short(value: Option<f64>) -> String {
    let digits = |value: f64| match value.abs() {
        100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        _ => 3,
    };
    match value {
        // A whole number is a count or a limit.
        Some(value) if value.fract() == 0.0 => format!("{value:.0}"),
        Some(value) => format!("{value:.*}", digits(value)),
        None => "-".to_owned(),
    }
}

/// The position of a value among human takes.
fn place(value: Option<f64>, human: Option<[f64; 3]>) -> &'static str {
    match (value, human) {
        (Some(value), Some([low, _, _])) if value < low => "below",
        (Some(value), Some([_, _, high])) if value > high => "above",
        (Some(_), Some(_)) => "inside",
        _ => "",
    }
}

/// One line of JSON, with more about the file if there is any.
pub(super) fn json_line(name: &str, voice: &Voice, n_bad_samples: u64, more: Option<Value>) -> String {
    let mut object = Map::new();
    object.insert("file".to_owned(), Value::from(name));
    object.insert("seconds".to_owned(), number(Some(voice.duration_s)));
    object.insert("bad_samples".to_owned(), Value::from(n_bad_samples));
    for statistic in &STATISTICS {
        object.insert(statistic.id.to_owned(), number((statistic.value)(voice)));
    }
    if let Some(Value::Object(more)) = more {
        object.extend(more);
    }
    Value::Object(object).to_string() + "\n"
}

/// Six digits are more than any statistic is accurate to.
fn number(value: Option<f64>) -> Value {
    let rounded = value.and_then(|value| format!("{value:.5e}").parse::<f64>().ok());
    rounded.map_or(Value::Null, Value::from)
}
