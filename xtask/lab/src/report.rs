//! The scores, as text and as JSON.
//!
//! In: sections of rows of cells, and what could not be asked. Out: a table in which each cell shows value, target and
//! verdict, or one JSON object.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

/// The target of a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Target {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
    /// No less than the first, no more than the second.
    Between(f64, f64),
}

impl Target {
    fn text(self) -> String {
        match self {
            Self::AtMost(most) => format!("<={most}"),
            Self::AtLeast(least) => format!(">={least}"),
            Self::Between(least, most) => format!("{least:.3}..{most:.3}"),
        }
    }
}

/// One measure of one recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cell {
    /// None where the measure does not apply, or there was nothing to measure.
    pub(crate) value: Option<f64>,
    /// None where the value is only informative.
    pub(crate) target: Option<Target>,
}

impl Cell {
    /// The measure does not apply here.
    pub(crate) const EMPTY: Self = Self { value: None, target: None };

    /// A value that is only informative.
    pub(crate) fn plain(value: impl Into<Option<f64>>) -> Self {
        Self { value: value.into(), target: None }
    }

    /// A value that must not be larger.
    pub(crate) fn at_most(value: impl Into<Option<f64>>, most: f64) -> Self {
        Self { value: value.into(), target: Some(Target::AtMost(most)) }
    }

    /// A value that must not be smaller.
    pub(crate) fn at_least(value: impl Into<Option<f64>>, least: f64) -> Self {
        Self { value: value.into(), target: Some(Target::AtLeast(least)) }
    }

    /// A value that must be between two.
    pub(crate) fn between(value: impl Into<Option<f64>>, [least, most]: [f64; 2]) -> Self {
        Self { value: value.into(), target: Some(Target::Between(least, most)) }
    }

    /// Whether the target is reached; a value that could not be measured reaches none.
    fn passes(self) -> Option<bool> {
        self.target.map(|target| match (self.value, target) {
            (Some(value), Target::AtMost(most)) => value <= most,
            (Some(value), Target::AtLeast(least)) => value >= least,
            (Some(value), Target::Between(least, most)) => (least..=most).contains(&value),
            (None, _) => false,
        })
    }

    /// Value, target and verdict; empty where there is none.
    fn texts(self, decimals: usize) -> [String; 3] {
        let value = match (self.value, self.target) {
            (Some(value), _) => format!("{value:.decimals$}"),
            (None, Some(_)) => "none".to_owned(),
            (None, None) => String::new(),
        };
        let target = self.target.map_or(String::new(), Target::text);
        let verdict = self.passes().map_or("", |passes| if passes { "pass" } else { "MISS" });
        [value, target, verdict.to_owned()]
    }
}

/// One recording.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    /// The recording.
    pub(crate) name: String,
    /// One for each column of the section.
    pub(crate) cells: Vec<Cell>,
    /// Times in the recording, where they are more useful than a number.
    pub(crate) times_s: Vec<f64>,
    /// Further remarks.
    pub(crate) remark: String,
}

/// The heading and format of a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Column {
    /// With its unit; also its name in JSON.
    pub(crate) name: &'static str,
    /// Decimals shown.
    pub(crate) decimals: usize,
}

/// One question asked of several recordings.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Section {
    /// The question.
    pub(crate) title: String,
    /// What is measured.
    pub(crate) columns: &'static [Column],
    /// In the order of processing.
    pub(crate) rows: Vec<Row>,
}

impl Section {
    /// A section without recordings.
    pub(crate) fn new(title: impl Into<String>, columns: &'static [Column]) -> Self {
        Self { title: title.into(), columns, rows: Vec::new() }
    }

    /// Adds a recording; its times and its remark may follow.
    pub(crate) fn push(&mut self, name: &str, cells: impl Into<Vec<Cell>>) -> &mut Row {
        let cells = cells.into();
        debug_assert_eq!(cells.len(), self.columns.len(), "a cell for each column of '{}'", self.title);
        let row = Row { name: name.to_owned(), cells, times_s: Vec::new(), remark: String::new() };
        self.rows.push_mut(row)
    }

    /// The headings and then the rows, each column as wide as its texts.
    fn lines(&self, name_chars: usize) -> Vec<String> {
        let mut lines = vec![" ".repeat(name_chars)];
        lines.extend(self.rows.iter().map(|row| format!("{:name_chars$}", row.name)));
        for (index, column) in self.columns.iter().enumerate() {
            let cells: Vec<[String; 3]> = self.rows.iter().map(|row| row.cells[index].texts(column.decimals)).collect();
            let widths = [0, 1, 2].map(|part| cells.iter().map(|cell| n_chars(&cell[part])).max().unwrap_or(0));
            let cells = cells.iter().map(|cell| aligned(cell, widths));
            let column: Vec<String> = std::iter::once(column.name.to_owned()).chain(cells).collect();
            let width = column.iter().map(|text| n_chars(text)).max().unwrap_or(0);
            lines.iter_mut().zip(column).for_each(|(line, text)| *line += &format!("  {text:>width$}"));
        }
        for (line, row) in lines.iter_mut().skip(1).zip(&self.rows) {
            line.extend(row.times_s.iter().map(|time_s| format!(" {time_s:.2}")));
            *line += &format!("  {}", row.remark);
        }
        lines.iter().map(|line| line.trim_end().to_owned()).collect()
    }
}

fn n_chars(text: &str) -> usize {
    text.chars().count()
}

/// A cell whose parts have these widths: numbers to the right, words to the left.
fn aligned([value, target, verdict]: &[String; 3], [value_chars, target_chars, verdict_chars]: [usize; 3]) -> String {
    let value = format!("{value:>value_chars$}");
    let others = [(target, target_chars), (verdict, verdict_chars)].into_iter().filter(|(_, width)| *width > 0);
    others.fold(value, |text, (part, width)| format!("{text} {part:width$}"))
}

/// All sections.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Report {
    /// In reading order.
    pub(crate) sections: Vec<Section>,
    /// What was not asked, and what it takes to ask it.
    pub(crate) left_out: Vec<String>,
}

impl Report {
    /// Targets reached, and targets in all.
    fn n_passed_of(&self) -> (usize, usize) {
        let cells = self.sections.iter().flat_map(|section| &section.rows).flat_map(|row| &row.cells);
        let verdicts: Vec<bool> = cells.filter_map(|cell| cell.passes()).collect();
        (verdicts.iter().filter(|passes| **passes).count(), verdicts.len())
    }

    /// A table for each section, what was left out, and a line with the totals.
    pub(crate) fn text(&self) -> String {
        let rows = || self.sections.iter().flat_map(|section| &section.rows);
        let name_chars = rows().map(|row| n_chars(&row.name)).max().unwrap_or(0);
        let mut text = String::new();
        for section in self.sections.iter().filter(|section| !section.rows.is_empty()) {
            let lines = section.lines(name_chars).join("\n");
            let _ = writeln!(text, "{}\n{lines}", section.title);
            text.push('\n');
        }
        if !self.left_out.is_empty() {
            let _ = writeln!(text, "Left out\n  {}\n", self.left_out.join("\n  "));
        }
        let (n_passed, n_targets) = self.n_passed_of();
        let _ = writeln!(text, "{n_passed} of {n_targets} targets reached, {} missed", n_targets - n_passed);
        text
    }

    /// The same as one object.
    pub(crate) fn json(&self) -> Value {
        let (n_passed, n_targets) = self.n_passed_of();
        json!({
            "sections": self.sections.iter().map(section_json).collect::<Vec<_>>(),
            "targets": n_targets,
            "passed": n_passed,
            "missed": n_targets - n_passed,
            "left_out": self.left_out,
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
        json!({"name": row.name, "measures": Map::from_iter(cells), "times_s": row.times_s, "remark": row.remark})
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
        Report { sections: vec![section], left_out: Vec::new() }
    }

    #[test]
    fn a_target_itself_is_reached_and_just_beyond_is_missed() {
        assert_eq!(report(Some(0.5), 0.97).n_passed_of(), (2, 2));
        assert_eq!(report(Some(0.501), 0.969).n_passed_of(), (0, 2));
        assert_eq!(report(None, 1.0).n_passed_of(), (1, 2), "nothing measured is a miss");
        let between = |value: f64| Cell::between(value, [-8.0, -4.0]).passes();
        assert_eq!([-8.1, -8.0, -4.0, -3.9].map(between), [false, true, true, false].map(Some));
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
    fn columns_are_as_wide_as_they_must_be() {
        let mut report = report(Some(0.754), 0.98);
        report.sections[0].rows[1].remark = "twice".to_owned();
        let text = report.text();
        let lines: Vec<&str> = text.lines().collect();
        let expected = [
            "Pitch",
            "                 error %                 F1",
            "a vowel  0.75 <=0.5 MISS  0.980 >=0.97 pass",
            "a hum                     0.500              twice",
        ];
        assert_eq!(lines[..4], expected, "{text}");
    }

    #[test]
    fn what_was_left_out_stands_between_the_tables_and_the_totals() {
        let left_out = vec!["people".to_owned(), "machines".to_owned()];
        let report = Report { left_out, ..report(Some(0.5), 0.98) };
        let text = report.text();
        assert!(text.ends_with("\n\nLeft out\n  people\n  machines\n\n2 of 2 targets reached, 0 missed\n"), "{text}");
        assert_eq!(report.json()["left_out"], json!(["people", "machines"]));
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
