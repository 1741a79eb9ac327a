//! The scores, for a person and for a machine.
//!
//! In: sections of rows of cells. Out: a table in which each cell shows value, target and verdict, or one JSON object.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

/// What a value must reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Target {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
}

impl Target {
    fn text(self) -> String {
        match self {
            Self::AtMost(most) => format!("<={most}"),
            Self::AtLeast(least) => format!(">={least}"),
        }
    }
}

/// One measure of one recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cell {
    /// None where the measure does not apply, or found nothing to measure.
    pub(super) value: Option<f64>,
    /// None where the value only informs.
    pub(super) target: Option<Target>,
}

impl Cell {
    /// The measure does not apply here.
    pub(super) const EMPTY: Self = Self { value: None, target: None };

    /// A value that only informs.
    pub(super) fn plain(value: impl Into<Option<f64>>) -> Self {
        Self { value: value.into(), target: None }
    }

    /// A value that must not be larger.
    pub(super) fn at_most(value: impl Into<Option<f64>>, most: f64) -> Self {
        Self { value: value.into(), target: Some(Target::AtMost(most)) }
    }

    /// A value that must not be smaller.
    pub(super) fn at_least(value: impl Into<Option<f64>>, least: f64) -> Self {
        Self { value: value.into(), target: Some(Target::AtLeast(least)) }
    }

    /// Whether the target is reached; a value that could not be measured reaches none.
    fn passes(self) -> Option<bool> {
        self.target.map(|target| match (self.value, target) {
            (Some(value), Target::AtMost(most)) => value <= most,
            (Some(value), Target::AtLeast(least)) => value >= least,
            (None, _) => false,
        })
    }

    fn text(self, decimals: usize) -> String {
        let value = match (self.value, self.target) {
            (Some(value), _) => format!("{value:.decimals$}"),
            (None, Some(_)) => "none".to_owned(),
            (None, None) => String::new(),
        };
        let target = self.target.map_or(String::new(), Target::text);
        let verdict = self.passes().map_or("", |passes| if passes { "pass" } else { "MISS" });
        format!("{value:>8} {target:<6} {verdict:<4}")
    }
}

/// The characters of a cell: value, target and verdict.
const CELL_CHARS: usize = 20;

/// One recording.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    /// What was listened to.
    pub(super) name: String,
    /// One for each column of the section.
    pub(super) cells: Vec<Cell>,
    /// Where in the recording, where that says more than a number.
    pub(super) times_s: Vec<f64>,
}

/// What a column shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Column {
    /// With its unit, as JSON calls it too.
    pub(super) name: &'static str,
    /// How many decimals are worth reading.
    pub(super) decimals: usize,
}

/// One question asked of several recordings.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Section {
    /// The question.
    pub(super) title: &'static str,
    /// What is measured.
    pub(super) columns: &'static [Column],
    /// In the order they were listened to.
    pub(super) rows: Vec<Row>,
}

impl Section {
    /// No recording yet.
    pub(super) const fn new(title: &'static str, columns: &'static [Column]) -> Self {
        Self { title, columns, rows: Vec::new() }
    }

    /// Adds a recording.
    pub(super) fn push(&mut self, name: &str, cells: impl Into<Vec<Cell>>) {
        self.push_timed(name, cells, Vec::new());
    }

    /// Adds a recording, and where in it what was counted lies.
    pub(super) fn push_timed(&mut self, name: &str, cells: impl Into<Vec<Cell>>, times_s: Vec<f64>) {
        let cells = cells.into();
        debug_assert_eq!(cells.len(), self.columns.len(), "a cell for each column of '{}'", self.title);
        self.rows.push(Row { name: name.to_owned(), cells, times_s });
    }
}

/// All sections.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Report {
    /// In the order to be read.
    pub(super) sections: Vec<Section>,
}

impl Report {
    /// Targets reached, and targets in all.
    fn n_passed_of(&self) -> (usize, usize) {
        let cells = self.sections.iter().flat_map(|section| &section.rows).flat_map(|row| &row.cells);
        let verdicts: Vec<bool> = cells.filter_map(|cell| cell.passes()).collect();
        (verdicts.iter().filter(|passes| **passes).count(), verdicts.len())
    }

    /// A table by section, and a line that counts.
    pub(super) fn text(&self) -> String {
        let rows = || self.sections.iter().flat_map(|section| &section.rows);
        let name_chars = rows().map(|row| row.name.chars().count()).max().unwrap_or(0);
        let mut text = String::new();
        for section in self.sections.iter().filter(|section| !section.rows.is_empty()) {
            let headings: String =
                section.columns.iter().map(|column| format!("  {:>CELL_CHARS$}", column.name)).collect();
            let _ = writeln!(text, "{}\n{:name_chars$}{}", section.title, "", headings.trim_end());
            for row in &section.rows {
                let cells = row.cells.iter().zip(section.columns);
                let cells: String = cells.map(|(cell, column)| format!("  {}", cell.text(column.decimals))).collect();
                let times: String = row.times_s.iter().map(|time_s| format!(" {time_s:.2}")).collect();
                let line = format!("{:name_chars$}{cells}{times}", row.name);
                let _ = writeln!(text, "{}", line.trim_end());
            }
            text.push('\n');
        }
        let (n_passed, n_targets) = self.n_passed_of();
        let _ = writeln!(text, "{n_passed} of {n_targets} targets reached, {} missed", n_targets - n_passed);
        text
    }

    /// The same as one object.
    pub(super) fn json(&self) -> Value {
        let (n_passed, n_targets) = self.n_passed_of();
        json!({
            "sections": self.sections.iter().map(section_json).collect::<Vec<_>>(),
            "targets": n_targets,
            "passed": n_passed,
            "missed": n_targets - n_passed,
        })
    }
}

fn section_json(section: &Section) -> Value {
    let rows = section.rows.iter().map(|row| {
        let cells = section.columns.iter().zip(&row.cells).filter(|(_, cell)| **cell != Cell::EMPTY);
        let cells = cells.map(|(column, cell)| {
            let target = cell.target.map(Target::text);
            (column.name.to_owned(), json!({"value": cell.value, "target": target, "passes": cell.passes()}))
        });
        json!({"name": row.name, "measures": Map::from_iter(cells), "times_s": row.times_s})
    });
    json!({"title": section.title, "rows": rows.collect::<Vec<_>>()})
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[Column { name: "error %", decimals: 2 }, Column { name: "F1", decimals: 3 }];

    fn report(error_percent: Option<f64>, f1: f64) -> Report {
        let mut section = Section::new("Pitch", COLUMNS);
        section.push("a vowel", [Cell::at_most(error_percent, 0.5), Cell::at_least(f1, 0.97)]);
        section.push("a hum", [Cell::EMPTY, Cell::plain(0.5)]);
        Report { sections: vec![section] }
    }

    #[test]
    fn a_target_itself_is_reached_and_just_beyond_is_missed() {
        assert_eq!(report(Some(0.5), 0.97).n_passed_of(), (2, 2));
        assert_eq!(report(Some(0.501), 0.969).n_passed_of(), (0, 2));
        assert_eq!(report(None, 1.0).n_passed_of(), (1, 2), "nothing measured is a miss");
        assert_eq!(report(Some(f64::NAN), 1.0).n_passed_of(), (1, 2), "no number is a miss");
    }

    #[test]
    fn each_row_shows_value_target_and_verdict() {
        let text = report(Some(0.754), 0.98).text();
        let row = text.lines().find(|line| line.starts_with("a vowel")).expect("the row");
        let words: Vec<&str> = row.split_whitespace().skip(2).collect();
        assert_eq!(words, ["0.75", "<=0.5", "MISS", "0.980", ">=0.97", "pass"]);
        assert!(text.ends_with("1 of 2 targets reached, 1 missed\n"), "{text}");
    }

    #[test]
    fn a_machine_gets_the_same() {
        let json = report(Some(0.754), 0.98).json();
        assert_eq!((&json["targets"], &json["missed"]), (&Value::from(2), &Value::from(1)));
        let row = &json["sections"][0]["rows"][0];
        assert_eq!(row["measures"]["error %"], json!({"value": 0.754, "target": "<=0.5", "passes": false}));
        assert!(json["sections"][0]["rows"][1]["measures"].get("error %").is_none(), "what does not apply is left out");
    }
}
