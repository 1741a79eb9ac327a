//! Presets: the factory's, and the user's own in a folder of theirs.
//!
//! In: TOML, which has a table of plain values by parameter id and says what the preset is for. Out: values; and TOML
//! again, which `bounce --preset` reads. What a preset does not name keeps its default. Mode, seed, take, output and
//! the switches belong to the session rather than to the sound: a file may name them for the command line, but of these
//! the plugin takes only the take from a preset.

mod factory;
mod file;
mod file_name;
mod folder;
mod library;
mod scenes;
mod text;

pub use factory::{FACTORY, Factory};
pub use file::{FileError, Problem, read_file};
pub use folder::{typed_path, user_folder};
pub use library::{Existing, Library, LibraryError, Own};
pub use scenes::{read_scenes, scenes_to_toml};

use crate::params::{PARAMETERS, ParamError, Parameter, Values, tidy_words};

/// The version of the files that are written. Newer ones are refused, because what they say is not known here.
pub const FORMAT: i64 = 1;

/// The longest name, characters. Chosen: more has no room in the window.
pub const MAX_NAME_CHARS: usize = 40;

/// A named sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Preset {
    /// As a person reads it; empty where a file does not say it.
    pub name: String,
    /// The job, by which the browser groups presets.
    pub purpose: String,
    /// A sentence about it.
    pub hint: String,
    /// Everything, with defaults for what is not named.
    values: Values,
    /// The ids that are named.
    named: Vec<&'static str>,
}

/// Why a preset was not taken.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PresetError {
    /// Not TOML.
    #[error("not a preset: {0}")]
    Syntax(String),
    /// A newer version of Con Anima wrote it.
    #[error("its format is {format}, and this version of Con Anima reads format {FORMAT}; a newer version reads it")]
    Newer {
        /// The format that it names.
        format: i64,
    },
    /// A key beside the values is of the wrong kind.
    #[error("'{key}' must be {expected}, not {found}")]
    WrongKind {
        /// The key.
        key: &'static str,
        /// What would be right.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
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
    /// A file is no list of scenes; why.
    #[error("not scenes: {0}")]
    NotScenes(String),
    /// One of a file's scenes cannot be taken.
    #[error("scene {place}: {problem}")]
    InScene {
        /// Its place.
        place: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// No factory preset has this name.
    #[error("there is no preset '{name}'; there are: {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// All names, separated by commas.
        known: String,
    },
}

impl Preset {
    /// The sound of `values` under a name; what belongs to the session is left out.
    pub fn of(name: &str, values: &Values) -> Self {
        let named: Vec<&'static str> = sound().map(|parameter| parameter.id).collect();
        let kept = |parameter: &Parameter| {
            let value = if named.contains(&parameter.id) { values.get(parameter.id) } else { None };
            value.or_else(|| Values::default().get(parameter.id)).unwrap_or(parameter.default)
        };
        let values = Values::from_plain(kept);
        Self { name: tidy_name(name), purpose: String::new(), hint: String::new(), values, named }
    }

    /// Everything, with defaults for what is not named.
    pub fn values(&self) -> Values {
        self.values
    }

    /// Whether the preset itself gives this parameter a value.
    pub fn names(&self, id: &str) -> bool {
        self.named.contains(&id)
    }

    /// What the plugin sets: the whole sound, and the take where the preset names one.
    pub fn to_set(&self) -> impl Iterator<Item = (&'static str, f32)> {
        let take = PARAMETERS.iter().filter(|parameter| parameter.id == "take" && self.names("take"));
        let value = |parameter: &'static Parameter| Some((parameter.id, self.values.get(parameter.id)?));
        sound().chain(take).filter_map(value)
    }
}

/// The parameters that make the sound.
fn sound() -> impl Iterator<Item = &'static Parameter> {
    PARAMETERS.iter().filter(|parameter| parameter.is_sound())
}

/// A name without line breaks, in one room with others, and not too long for it.
pub fn tidy_name(name: &str) -> String {
    tidy_words(name, MAX_NAME_CHARS)
}

/// The factory preset of this name as values, everything else at its default.
pub fn factory(name: &str) -> Result<Values, PresetError> {
    let preset = FACTORY.iter().find(|preset| preset.name == name);
    let preset = preset.ok_or_else(|| PresetError::Unknown {
        name: name.to_owned(),
        known: FACTORY.map(|preset| preset.name).join(", "),
    })?;
    Ok(preset.read()?.values)
}

/// Reads a preset's text as values.
///
/// ```
/// let values = con_anima::presets::parse("[values]\ndrift = 20\nmode = 'Live'").unwrap();
/// assert_eq!(values.get("drift"), Some(20.0));
/// ```
pub fn parse(text: &str) -> Result<Values, PresetError> {
    Ok(Preset::read(text)?.values)
}
