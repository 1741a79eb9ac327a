//! Factory presets, and presets from text: a TOML table of plain values by parameter id.
//!
//! What a preset does not name keeps its default. Mode, seed, take, output and bypass belong to the session rather than
//! to the sound; presets may name them, the factory's do not.

use crate::params::{ParamError, Values};

/// A factory preset.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// As a person picks it, in lower case with hyphens.
    pub name: &'static str,
    source: &'static str,
}

/// The factory presets, from the least to the most.
pub const FACTORY: [Preset; 4] = [
    Preset { name: "trained-singer", source: include_str!("../presets/trained-singer.toml") },
    Preset { name: "natural", source: include_str!("../presets/natural.toml") },
    Preset { name: "intimate", source: include_str!("../presets/intimate.toml") },
    Preset { name: "unsteady", source: include_str!("../presets/unsteady.toml") },
];

/// Why a preset was not taken.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PresetError {
    /// Not TOML.
    #[error("not a preset: {0}")]
    Syntax(String),
    /// The `[values]` table is missing.
    #[error("not a preset: there is no [values] table of parameter ids and plain values")]
    NoValues,
    /// A value is neither a number, a string nor a truth value; the type of what stands there.
    #[error("'{id}' must be a number, a name or a truth value, not a {value}")]
    NotPlain {
        /// The parameter's id.
        id: String,
        /// What stands there.
        value: String,
    },
    /// A parameter would not take its value.
    #[error(transparent)]
    Param(#[from] ParamError),
    /// No factory preset has this name.
    #[error("there is no preset '{name}'; there are: {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// All names, separated by commas.
        known: String,
    },
}

/// The factory preset of this name as values, everything else at its default.
pub fn factory(name: &str) -> Result<Values, PresetError> {
    let preset = FACTORY.iter().find(|preset| preset.name == name);
    let preset = preset.ok_or_else(|| PresetError::Unknown {
        name: name.to_owned(),
        known: FACTORY.map(|preset| preset.name).join(", "),
    })?;
    parse(preset.source)
}

/// Reads a preset's text.
///
/// ```
/// let values = con_anima::presets::parse("[values]\ndrift = 20\nmode = 'Live'").unwrap();
/// assert_eq!(values.get("drift"), Some(20.0));
/// ```
pub fn parse(text: &str) -> Result<Values, PresetError> {
    let document: toml::Table =
        text.parse().map_err(|error: toml::de::Error| PresetError::Syntax(error.message().to_owned()))?;
    let table = document.get("values").and_then(toml::Value::as_table).ok_or(PresetError::NoValues)?;
    let mut values = Values::default();
    for (id, value) in table {
        match value {
            toml::Value::Integer(number) => values.set(id, *number as f64)?,
            toml::Value::Float(number) => values.set(id, *number)?,
            toml::Value::Boolean(is_on) => values.set(id, f64::from(u8::from(*is_on)))?,
            toml::Value::String(text) => values.set_text(id, text)?,
            other => return Err(PresetError::NotPlain { id: id.clone(), value: other.type_str().to_owned() }),
        }
    }
    Ok(values)
}
