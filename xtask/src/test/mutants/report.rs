//! The results of the mutants: a table, JSON, and whether enough were noticed.
//!
//! In: the outcome of each mutant. Out: text.

use serde_json::{Value, json};

use super::list::Mutant;

/// The outcome of one mutant.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// A test failed: its program and name.
    Caught(String),
    /// A test program did not end in many times its usual time: that counts as noticed.
    TimedOut(String),
    /// Every test that concerns it passed.
    Survived,
    /// It does not build, and does not count.
    Unbuildable,
}

/// A mutant, its outcome, and how long that took.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Judged {
    pub(super) mutant: Mutant,
    pub(super) outcome: Outcome,
    pub(super) seconds: f64,
}

impl Judged {
    /// One line, as it is judged.
    pub(super) fn line(&self) -> String {
        let word = match &self.outcome {
            Outcome::Caught(_) => "caught",
            Outcome::TimedOut(_) => "timed out",
            Outcome::Survived => "SURVIVED",
            Outcome::Unbuildable => "unbuildable",
        };
        let by = match &self.outcome {
            Outcome::Caught(by) | Outcome::TimedOut(by) => format!("  [{by}]"),
            Outcome::Survived | Outcome::Unbuildable => String::new(),
        };
        format!("{word:<11}{:>7.1} s  {}{by}", self.seconds, self.place())
    }

    fn place(&self) -> String {
        let Mutant { file, start, description, .. } = &self.mutant;
        format!("{file}:{}:{}: {description}", start.line, start.column)
    }

    fn json(&self) -> Value {
        let Mutant { file, start, replacement, description, .. } = &self.mutant;
        let (outcome, by) = match &self.outcome {
            Outcome::Caught(by) => ("caught", Some(by)),
            Outcome::TimedOut(by) => ("timed_out", Some(by)),
            Outcome::Survived => ("survived", None),
            Outcome::Unbuildable => ("unbuildable", None),
        };
        json!({
            "file": file, "line": start.line, "column": start.column, "description": description,
            "replacement": replacement, "outcome": outcome, "by": by, "seconds": self.seconds,
        })
    }
}

/// The sample as a whole.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Summary {
    pub(super) tried: usize,
    /// Mutants that build.
    pub(super) counted: usize,
    /// Mutants that a test noticed, by failing or by hanging.
    pub(super) caught: usize,
}

impl Summary {
    pub(super) fn new(judged: &[Judged]) -> Self {
        let count = |is_wanted: fn(&Outcome) -> bool| judged.iter().filter(|one| is_wanted(&one.outcome)).count();
        Self {
            tried: judged.len(),
            counted: count(|outcome| *outcome != Outcome::Unbuildable),
            caught: count(|outcome| matches!(outcome, Outcome::Caught(_) | Outcome::TimedOut(_))),
        }
    }

    /// The share of those that count, percent; `None` where none does.
    pub(super) fn caught_percent(&self) -> Option<f64> {
        (self.counted > 0).then(|| 100.0 * self.caught as f64 / self.counted as f64)
    }
}

/// The table at the end.
pub(super) fn table(judged: &[Judged], n_listed: usize) -> String {
    let summary = Summary::new(judged);
    let percent = summary.caught_percent().map_or_else(|| "–".to_owned(), |percent| format!("{percent:.1} %"));
    let mut table = format!(
        "mutants           {n_listed}\ntried             {}\nunbuildable       {}\ncounted           {}\n\
         caught            {} ({percent})\n",
        summary.tried,
        summary.tried - summary.counted,
        summary.counted,
        summary.caught,
    );
    let survivors: Vec<_> = judged.iter().filter(|one| one.outcome == Outcome::Survived).collect();
    table += &format!("survived          {}\n", survivors.len());
    survivors.iter().for_each(|one| table += &format!("  {}\n", one.place()));
    table
}

/// Everything, for machines.
pub(super) fn json(judged: &[Judged], seed: u64, budget_minutes: f64, n_listed: usize) -> Value {
    let summary = Summary::new(judged);
    json!({
        "seed": seed, "budget_minutes": budget_minutes, "listed": n_listed, "tried": summary.tried,
        "counted": summary.counted, "caught": summary.caught, "caught_percent": summary.caught_percent(),
        "mutants": judged.iter().map(Judged::json).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::list::Place;
    use super::*;

    fn judged(outcome: Outcome) -> Judged {
        let place = Place { line: 7, column: 3 };
        let mutant = Mutant {
            file: "src/engine.rs".to_owned(),
            start: place,
            end: place,
            replacement: "+".to_owned(),
            description: "replace - with + in clean".to_owned(),
        };
        Judged { mutant, outcome, seconds: 12.0 }
    }

    #[test]
    fn what_does_not_build_counts_for_nothing_and_what_does_not_end_is_caught() {
        let all = [
            judged(Outcome::Caught("hearing: a".to_owned())),
            judged(Outcome::TimedOut("hearing".to_owned())),
            judged(Outcome::Unbuildable),
            judged(Outcome::Survived),
        ];
        let summary = Summary::new(&all);
        assert_eq!(summary, Summary { tried: 4, counted: 3, caught: 2 });
        assert!((summary.caught_percent().unwrap() - 66.7).abs() < 0.1);
        assert_eq!(Summary::new(&all[2..3]).caught_percent(), None);
        let table = table(&all, 5000);
        assert!(table.contains("src/engine.rs:7:3: replace - with + in clean"), "{table}");
        let json = json(&all, 1, 30.0, 5000);
        assert_eq!((&json["caught"], &json["mutants"][3]["outcome"]), (&2.into(), &"survived".into()));
    }
}
