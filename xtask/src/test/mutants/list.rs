//! The list of mutants, and which of them a seed selects.
//!
//! In: the output of `cargo mutants --list --json`. Out: mutants, and an order that depends on the seed.

use anyhow::{Context, ensure};
use serde_json::Value;

/// One wrong change of the code: a range of a file, and its replacement.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mutant {
    /// Its path in the workspace, with slashes.
    pub(super) file: String,
    /// First position that is replaced.
    pub(super) start: Place,
    /// First position after it.
    pub(super) end: Place,
    pub(super) replacement: String,
    /// The change as cargo-mutants describes it, without the place.
    pub(super) description: String,
}

/// Line and column of a character in a file, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// Reads the list.
pub(super) fn parse(json: &str) -> anyhow::Result<Vec<Mutant>> {
    let list: Vec<Value> = serde_json::from_str(json).context("cargo-mutants' list is no JSON array")?;
    list.iter().map(|entry| mutant(entry).with_context(|| format!("cargo-mutants' list holds: {entry}"))).collect()
}

fn mutant(entry: &Value) -> anyhow::Result<Mutant> {
    let text = |key: &str| entry[key].as_str().map(str::to_owned).with_context(|| format!("there is no '{key}'"));
    let place = |end: &str| -> anyhow::Result<Place> {
        let number = |key: &str| entry["span"][end][key].as_u64().and_then(|number| usize::try_from(number).ok());
        let (line, column) = number("line").zip(number("column")).context("it has no place in its file")?;
        Ok(Place { line, column })
    };
    // The name is "FILE:LINE:COLUMN: what is changed".
    let name = text("name")?;
    let description = name.splitn(2, ": ").last().unwrap_or(&name).to_owned();
    Ok(Mutant {
        file: text("file")?,
        start: place("start")?,
        end: place("end")?,
        replacement: text("replacement")?,
        description,
    })
}

impl Mutant {
    /// The file's text with the change in it.
    pub(super) fn apply(&self, text: &str) -> anyhow::Result<String> {
        let (start, end) = (offset(text, self.start), offset(text, self.end));
        let (start, end) = start.zip(end).with_context(|| format!("'{}' has no such place", self.file))?;
        ensure!(start <= end, "'{}': the change ends before it begins", self.file);
        Ok(format!("{}{}{}", &text[..start], self.replacement, &text[end..]))
    }
}

/// The byte offset of a position in a text.
fn offset(text: &str, place: Place) -> Option<usize> {
    let line_start = match place.line.checked_sub(2) {
        None => 0,
        Some(breaks_before) => text.match_indices('\n').nth(breaks_before)?.0 + 1,
    };
    let line = text[line_start..].split('\n').next()?;
    let column = place.column.checked_sub(1)?;
    let at = line.char_indices().map(|(at, _)| at).chain([line.len()]).nth(column)?;
    Some(line_start + at)
}

/// Puts the mutants in an order that depends on the seed alone: the first of them are the sample.
pub(super) fn shuffle(mutants: &mut [Mutant], seed: u64) {
    let mut state = seed;
    for last in (1..mutants.len()).rev() {
        // Fisher and Yates; the remainder's bias is one part in 2^50 for some thousands of mutants.
        mutants.swap(last, (split_mix(&mut state) % (last as u64 + 1)) as usize);
    }
}

/// SplitMix64 (Steele, Lea & Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"[{
        "package": "con_anima", "file": "src/engine.rs", "function": {"function_name": "clean"},
        "span": {"start": {"line": 2, "column": 11}, "end": {"line": 2, "column": 12}},
        "name": "src/engine.rs:2:11: replace < with > in clean", "replacement": ">", "genre": "BinaryOperator"
    }]"#;

    #[test]
    fn a_listed_mutant_is_read_and_applied_where_it_belongs() {
        let [mutant] = &parse(LIST).unwrap()[..] else { panic!("one mutant is listed") };
        assert_eq!((mutant.file.as_str(), mutant.start.line), ("src/engine.rs", 2));
        assert_eq!(mutant.description, "replace < with > in clean");
        // Columns are characters, and a minus sign or a dash has several bytes.
        let text = "fn clean() {\n    if −a < b { c < d }\n}\n";
        assert_eq!(mutant.apply(text).unwrap(), "fn clean() {\n    if −a > b { c < d }\n}\n");
        assert!(mutant.apply("one line").is_err());
    }

    #[test]
    fn a_replaced_body_may_span_lines() {
        let [mutant] = &parse(LIST).unwrap()[..] else { panic!("one mutant is listed") };
        let (start, end) = (Place { line: 1, column: 3 }, Place { line: 3, column: 1 });
        let mutant = Mutant { start, end, replacement: "0".to_owned(), ..mutant.clone() };
        assert_eq!(mutant.apply("ab cd\nef\ngh").unwrap(), "ab0gh");
    }

    #[test]
    fn what_is_no_list_says_so() {
        assert!(parse("{}").is_err());
        let error = format!("{:#}", parse(r#"[{"file": "src/engine.rs"}]"#).unwrap_err());
        assert!(error.contains("there is no 'name'"), "{error}");
    }

    fn order(seed: u64) -> Vec<usize> {
        let [one] = &parse(LIST).unwrap()[..] else { panic!("one mutant is listed") };
        let numbered = |line| Mutant { start: Place { line, column: 1 }, ..one.clone() };
        let mut mutants: Vec<Mutant> = (0..500).map(numbered).collect();
        shuffle(&mut mutants, seed);
        mutants.iter().map(|mutant| mutant.start.line).collect()
    }

    #[test]
    fn a_seed_always_picks_the_same_and_another_seed_others() {
        let first = order(1);
        assert_eq!(first, order(1));
        let mut sorted = first.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..500).collect::<Vec<_>>(), "each comes once");
        for seed in [0, 2, 3, u64::MAX] {
            let other = order(seed);
            let shared = first[..50].iter().filter(|line| other[..50].contains(line)).count();
            assert!(shared < 15, "seeds 1 and {seed} share {shared} of 50, by chance 5");
        }
    }
}
