//! The references of a folder's recordings.
//!
//! In: a folder with `reference/NAME.f0.csv` (time_s, praat_hz, world_hz) and `scores/NAME.json`. Out: the reference
//! pitch of a recording and its notes.

use std::path::Path;

use anyhow::{Context, ensure};

use super::pitch_score::distance_cents;

/// The reference pitch of a moment on which two trackers agree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ReferencePitch {
    /// From the start of the recording, seconds.
    pub(super) time_s: f64,
    /// 0 where unvoiced.
    pub(super) f0_hz: f64,
}

/// Time between two values of the reference tracks, seconds. Source: the reference files.
pub(super) const REFERENCE_HOP_S: f64 = 0.005;

/// Two trackers agree on a pitch when they are this close, cents. Chosen: within it neither has another note or octave.
const AGREEMENT_CENTS: f64 = 50.0;

/// The moments at which both reference trackers agree; where they do not, neither counts as truth.
pub(super) fn agreed_pitch(folder: &Path, name: &str) -> anyhow::Result<Vec<ReferencePitch>> {
    let path = folder.join("reference").join(format!("{name}.f0.csv"));
    let read = || agreed(csv::Reader::from_path(&path)?);
    read().with_context(|| format!("cannot read '{}'", path.display()))
}

fn agreed(mut table: csv::Reader<impl std::io::Read>) -> anyhow::Result<Vec<ReferencePitch>> {
    let mut agreed = Vec::new();
    for record in table.records() {
        let record = record?;
        let field = |index: usize| record.get(index).and_then(|field| field.trim().parse::<f64>().ok());
        let line = record.position().map_or(0, csv::Position::line);
        let [time_s, a_hz, b_hz] = match [field(0), field(1), field(2)] {
            [Some(time_s), Some(a_hz), Some(b_hz)] => [time_s, a_hz, b_hz],
            _ => anyhow::bail!("line {line} is not a time and two pitches"),
        };
        let f0_hz = match (a_hz > 0.0, b_hz > 0.0) {
            (false, false) => 0.0,
            (true, true) if distance_cents(a_hz, b_hz) <= AGREEMENT_CENTS => (a_hz * b_hz).sqrt(),
            _ => continue,
        };
        agreed.push(ReferencePitch { time_s, f0_hz });
    }
    ensure!(!agreed.is_empty(), "the two trackers agree nowhere in it");
    Ok(agreed)
}

/// A note of a score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Note {
    /// From the start of the recording, seconds.
    pub(super) onset_s: f64,
    /// To the end of its time in the score, seconds.
    pub(super) duration_s: f64,
    /// Its pitch, Hz.
    pub(super) f0_hz: f64,
}

/// The score that a recording was made from.
pub(super) fn notes(folder: &Path, name: &str) -> anyhow::Result<Vec<Note>> {
    let path = folder.join("scores").join(format!("{name}.json"));
    let read = || parsed_notes(&std::fs::read_to_string(&path)?);
    read().with_context(|| format!("cannot read '{}'", path.display()))
}

fn parsed_notes(text: &str) -> anyhow::Result<Vec<Note>> {
    let score: serde_json::Value = serde_json::from_str(text)?;
    let notes = score["notes"].as_array().context("it has no notes")?;
    let parsed = notes.iter().enumerate().map(|(index, note)| {
        let number = |key: &str| note[key].as_f64().with_context(|| format!("note {} has no {key}", index + 1));
        let f0_hz = 440.0 * ((number("midi")? - 69.0) / 12.0).exp2();
        Ok(Note { onset_s: number("onset_ms")? / 1000.0, duration_s: number("dur_ms")? / 1000.0, f0_hz })
    });
    parsed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_agreement_is_truth() {
        let table = "time_s,praat_hz,world_hz\n0,0,0\n0.005,220,0\n0.01,0,220\n0.015,220,440\n0.02,200,202\n";
        let agreed = agreed(csv::Reader::from_reader(table.as_bytes())).expect("a good table");
        let times_s: Vec<f64> = agreed.iter().map(|point| point.time_s).collect();
        assert_eq!(times_s, [0.0, 0.02]);
        assert_eq!(agreed[0].f0_hz, 0.0);
        assert!((200.0..202.0).contains(&agreed[1].f0_hz));
    }

    #[test]
    fn a_score_is_read_in_seconds_and_hertz() {
        let notes = parsed_notes(r#"{"notes": [{"onset_ms": 500, "dur_ms": 250.0, "midi": 81}]}"#).expect("a score");
        assert_eq!(notes, [Note { onset_s: 0.5, duration_s: 0.25, f0_hz: 880.0 }]);
        let refusal = parsed_notes(r#"{"notes": [{"onset_ms": 500, "midi": 81}]}"#).expect_err("no length");
        assert!(format!("{refusal:#}").contains("note 1 has no dur_ms"));
    }

    #[test]
    fn a_table_that_is_none_is_refused() {
        for (table, culprit) in [("a,b,c\n0,x,1\n", "line 2"), ("a,b,c\n0,100,0\n", "agree nowhere")] {
            let refusal = agreed(csv::Reader::from_reader(table.as_bytes())).expect_err("no reference");
            assert!(format!("{refusal:#}").contains(culprit), "{refusal:#}");
        }
    }
}
