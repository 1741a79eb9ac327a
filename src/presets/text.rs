//! A preset as TOML.
//!
//! In: text, or a preset. Out: the other. What is written reads back as the same preset.

use std::fmt::Write;

use toml::{Table, Value};

use super::{FORMAT, Preset, PresetError, tidy_name};
use crate::params::{PARAMETERS, Values};

impl Preset {
    /// Reads a preset's text.
    pub fn read(text: &str) -> Result<Self, PresetError> {
        let document: Table =
            text.parse().map_err(|error: toml::de::Error| PresetError::Syntax(error.message().to_owned()))?;
        let format = format(&document)?;
        if format > FORMAT {
            return Err(PresetError::Newer { format });
        }
        let table = document.get("values").and_then(Value::as_table).ok_or(PresetError::NoValues)?;
        let mut values = Values::default();
        for (id, value) in table {
            match value {
                Value::Integer(number) => values.set(id, *number as f64)?,
                Value::Float(number) => values.set(id, *number)?,
                Value::Boolean(is_on) => values.set(id, f64::from(u8::from(*is_on)))?,
                Value::String(text) => values.set_text(id, text)?,
                other => return Err(PresetError::NotPlain { id: id.clone(), value: other.type_str().to_owned() }),
            }
        }
        Ok(Self {
            name: tidy_name(&sentence(&document, "name")?),
            purpose: tidy_name(&sentence(&document, "purpose")?),
            hint: sentence(&document, "hint")?,
            values,
            named: PARAMETERS.iter().map(|parameter| parameter.id).filter(|id| table.contains_key(*id)).collect(),
        })
    }

    /// The preset as text: what it names, in the order of the parameters.
    pub fn to_toml(&self) -> String {
        let mut text = format!("format = {FORMAT}\n");
        for (key, words) in [("name", &self.name), ("purpose", &self.purpose), ("hint", &self.hint)] {
            if !words.is_empty() {
                // Quoted and escaped by the crate that reads it.
                let _ = writeln!(text, "{key} = {}", Value::String(words.clone()));
            }
        }
        text += "\n[values]\n";
        for parameter in PARAMETERS.iter().filter(|parameter| self.names(parameter.id)) {
            let value = parameter.text(self.values.get(parameter.id).unwrap_or(parameter.default));
            let is_number = value.parse::<f32>().is_ok();
            let quoted = if is_number { value } else { Value::String(value).to_string() };
            let _ = writeln!(text, "{} = {quoted}", parameter.id);
        }
        text
    }
}

/// The version that a file names; the first one, if it names none.
fn format(document: &Table) -> Result<i64, PresetError> {
    match document.get("format") {
        None => Ok(1),
        Some(Value::Integer(format)) if *format >= 1 => Ok(*format),
        Some(other) => {
            let found = other.as_integer().map_or_else(|| other.type_str().to_owned(), |number| number.to_string());
            Err(PresetError::WrongKind { key: "format", expected: "a whole number from 1 on", found })
        }
    }
}

/// The words of a key; none, if it is missing.
fn sentence(document: &Table, key: &'static str) -> Result<String, PresetError> {
    match document.get(key) {
        None => Ok(String::new()),
        Some(Value::String(words)) => Ok(words.clone()),
        Some(other) => {
            let found = format!("a value of type {}", other.type_str());
            Err(PresetError::WrongKind { key, expected: "text in quotes", found })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_as_the_same() {
        let mut values = Values::default();
        values.set("drift", 12.34).unwrap();
        values.set("inhale", -41.5).unwrap();
        let mut preset = Preset::of("Say \"Ah\" \\ 'ö' #1", &values);
        preset.hint = "Two lines\nand a tab\t.".to_owned();
        assert_eq!(Preset::read(&preset.to_toml()), Ok(preset));
        let of_session = "[values]\nmode = 'Live'\nbypass = true\ntake = 7\n";
        let preset = Preset::read(of_session).unwrap();
        assert_eq!(Preset::read(&preset.to_toml()).as_ref(), Ok(&preset));
        assert!(preset.names("mode") && preset.values().get("take") == Some(7.0));
    }

    #[test]
    fn what_belongs_to_the_session_is_not_saved() {
        let mut values = Values::default();
        for (id, value) in [("seed", 5.0), ("mode", 2.0), ("output", -6.0), ("bypass", 1.0), ("take", 3.0)] {
            values.set(id, value).unwrap();
        }
        let preset = Preset::of("Mine", &values);
        assert_eq!(preset.values(), Values::default());
        assert!(
            preset.to_set().all(|(id, _)| crate::params::parameter(id).is_some_and(|parameter| parameter.is_sound()))
        );
        assert_eq!(Preset::read("[values]\ntake = 2").unwrap().to_set().last(), Some(("take", 2.0)));
    }

    #[test]
    fn a_newer_or_wrong_file_says_what_would_be_right() {
        let said = |text: &str| Preset::read(text).unwrap_err().to_string();
        assert!(said("format = 2\n[values]").contains("format is 2"));
        assert!(said("format = 0\n[values]").contains("from 1 on, not 0"));
        assert!(said("format = 'new'\n[values]").contains("not string"));
        assert!(said("name = 3\n[values]").contains("'name' must be text in quotes"));
        assert!(said("[values]\ndrift = 99").contains("50"));
    }
}
