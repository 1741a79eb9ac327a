//! Statistics of timing.
//!
//! In: notes, and the number of refused steps. Out: how far notes were to be moved and how far they were, as mean and
//! deviation, and how many were sung as planned.

use serde_json::{Value, json};

use super::events::{Event, Note, only_notes};
use crate::measure::numbers::{mean, standard_deviation};
use crate::words::counted;

/// Figures of a whole bounce.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Account {
    n_notes: usize,
    planned: Spread,
    realized: Spread,
    n_as_planned: usize,
    n_refused: usize,
}

/// How late notes are, ms.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Spread {
    mean_ms: f64,
    sd_ms: f64,
}

impl Account {
    /// Of a file's events, with the number of steps that were refused.
    pub(super) fn new(events: &[Event], n_refused: usize) -> Self {
        let notes: Vec<&Note> = only_notes(events).collect();
        let spread = |late_ms: fn(&Note) -> f64| {
            let late_ms: Vec<f64> = notes.iter().map(|note| late_ms(note)).collect();
            Spread { mean_ms: mean(&late_ms), sd_ms: standard_deviation(&late_ms) }
        };
        Self {
            n_notes: notes.len(),
            planned: spread(|note| note.planned_ms),
            realized: spread(|note| note.realized_ms),
            n_as_planned: notes.iter().filter(|note| note.is_as_planned()).count(),
            n_refused,
        }
    }

    /// One line for a person.
    pub(super) fn text(&self) -> String {
        let Self { n_notes, planned, realized, n_as_planned, n_refused } = self;
        let steps = counted(*n_refused as u64, "step");
        match n_notes {
            0 => "timing: no notes to place".to_owned(),
            _ if *planned == Spread::default() => {
                format!("timing: none asked for; {n_notes} notes sung {}", realized.text())
            }
            _ => format!(
                "timing: {n_notes} notes planned {}, sung {}, {n_as_planned} as planned; {steps} refused",
                planned.text(),
                realized.text()
            ),
        }
    }

    /// The same for a machine.
    pub(super) fn json(&self) -> Value {
        let known = |value: f64| if self.n_notes > 0 { Value::from(value) } else { Value::Null };
        json!({
            "notes": self.n_notes,
            "planned_mean_ms": known(self.planned.mean_ms),
            "planned_sd_ms": known(self.planned.sd_ms),
            "realized_mean_ms": known(self.realized.mean_ms),
            "realized_sd_ms": known(self.realized.sd_ms),
            "as_planned": self.n_as_planned,
            "refused_steps": self.n_refused,
        })
    }
}

impl Spread {
    fn text(&self) -> String {
        let side = if self.mean_ms < 0.0 { "early" } else { "late" };
        format!("{:.1} ± {:.1} ms {side}", self.mean_ms.abs(), self.sd_ms)
    }
}
