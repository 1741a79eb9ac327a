//! The parameter values for a recording: from a preset, then from the options of their own, then from `--set`.
//!
//! In: arguments of the command line. Out: a plain value for each parameter, or an error that names the bad argument.

use std::path::Path;

use anyhow::{Context, ensure};
use con_anima::params::{PARAMETERS, Parameter, Role, Values};
use con_anima::presets;

/// The values before automation.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// A plain value for each parameter.
    pub values: Values,
    /// The preset's name, or its file's without the folder.
    pub preset: Option<String>,
}

impl Choice {
    /// Takes the later argument for each parameter. `options` are those of the command line, with the parameter they
    /// set.
    pub fn new(preset: Option<&str>, options: &[(&str, &Option<String>)], set: &[String]) -> anyhow::Result<Self> {
        let (mut values, preset, names_mode) = match preset {
            Some(preset) => load(preset).with_context(|| format!("cannot use preset '{preset}'"))?,
            None => (Values::default(), None, false),
        };
        if !names_mode {
            // A bounce can wait for the longest look-ahead, a new plugin instance should not.
            values.set_text("mode", "Phrase")?;
        }
        for (id, value) in options.iter().filter_map(|(id, value)| Some((id, value.as_ref()?))) {
            values.set_text(id, value).with_context(|| format!("cannot use --{id} '{value}'"))?;
        }
        for assignment in set {
            let set = |values: &mut Values| {
                let (id, value) = assignment.split_once('=').context("it takes ID=VALUE")?;
                anyhow::Ok(values.set_text(id.trim(), value)?)
            };
            set(&mut values).with_context(|| format!("cannot use --set '{assignment}'"))?;
        }
        let is_breathing = values.settings().is_breathe_asked;
        ensure!(!is_breathing, "'breathe' is a moment and no setting; place it with --automation, as 12.5,breathe,on");
        if values.shared_seed().is_none() {
            // A file has no instance with a singer of its own.
            values.set_text("seed", &Values::default().settings().performance.seed.to_string())?;
        }
        ensure!(
            !values.is_learning(),
            "'learn' is a switch of the plugin; here a song is learned by itself, see bounce --help"
        );
        ensure!(values.clock().is_none(), "'clock' says what a host sends; here there is none");
        Ok(Self { values, preset })
    }
}

/// The parameters that say something of a file: those of a plugin in a session do not.
pub fn of_a_file() -> impl Iterator<Item = &'static Parameter> {
    PARAMETERS.iter().filter(|parameter| parameter.role != Role::Session)
}

/// All values of a file as `id=value`, in the order of the parameters.
pub fn listed(values: &Values) -> impl Iterator<Item = String> {
    of_a_file().map(|parameter| {
        let value = values.get(parameter.id).unwrap_or(parameter.default);
        format!("{}={}", parameter.id, parameter.text(value))
    })
}

/// A preset's values and name, and whether it names a mode.
fn load(preset: &str) -> anyhow::Result<(Values, Option<String>, bool)> {
    let path = Path::new(preset);
    if path.extension().is_none_or(|extension| !extension.eq_ignore_ascii_case("toml")) {
        return Ok((presets::factory(preset)?, Some(preset.to_owned()), false));
    }
    // The error above names the file already.
    let read = presets::read_file(path).map_err(|error| error.problem)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok((read.values(), name, read.names("mode")))
}

/// Reads an option that is yes or no.
pub fn yes_or_no(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("it must be yes or no".to_owned()),
    }
}

/// Reads an option that is on or off.
pub fn on_or_off(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("it must be on or off".to_owned()),
    }
}
