//! The scenes of a bounce.
//!
//! In: the file that `--scenes` names, positions among its scenes in words, the values before automation, the
//! automation. Out: the scenes, positions as numbers, or an error that names the file; a position among scenes that are
//! not there is refused.

use std::path::Path;

use anyhow::{Context, ensure};
use con_anima::params::{Scenes, Values, parameter};
use con_anima::presets::read_scenes;

use crate::automation::Automation;

/// The parameter that is a position among scenes.
const ID: &str = "scene";

/// The scenes of a file; none without one.
pub(super) fn read(path: Option<&Path>) -> anyhow::Result<Option<Scenes>> {
    let Some(path) = path else { return Ok(None) };
    let read = || anyhow::Ok(read_scenes(&std::fs::read_to_string(path)?)?);
    read().map(Some).with_context(|| format!("cannot use scenes '{}'", path.display()))
}

/// The text of a parameter's value, where a position is told by scenes' names its number.
pub(super) fn in_numbers(scenes: Option<&Scenes>, id: &str, text: &str) -> String {
    // A number is taken as it is, so that one beyond the last place is refused and not bent.
    let is_told_by_name = id.trim() == ID && text.trim().parse::<f64>().is_err();
    let position = || scenes?.typed(parameter(ID)?, text);
    let position = if is_told_by_name { position() } else { None };
    position.map_or(text.to_owned(), |position| position.to_string())
}

/// The same for an option `ID=VALUE`.
pub(super) fn assigned_in_numbers(scenes: Option<&Scenes>, assignment: &str) -> String {
    let Some((id, text)) = assignment.split_once('=') else { return assignment.to_owned() };
    format!("{id}={}", in_numbers(scenes, id, text))
}

/// Whether there are scenes where one is asked for.
pub(super) fn check(scenes: Option<&Scenes>, values: &Values, automation: Option<&Automation>) -> anyhow::Result<()> {
    let is_moved = automation.is_some_and(|automation| automation.moves(ID));
    let is_asked = is_moved || values.scene_position() != 0.0;
    ensure!(scenes.is_some() || !is_asked, "'scene' needs scenes; give a file of them with --scenes");
    Ok(())
}
