//! The scenes of a bounce.
//!
//! In: the file that `--scenes` names, the values before automation, the automation. Out: the scenes' values, or an
//! error that names the file; a position among scenes that are not there is refused.

use std::path::Path;

use anyhow::{Context, ensure};
use con_anima::params::{SceneValues, Values};
use con_anima::presets::read_scenes;

use crate::automation::Automation;

/// The scenes to sing with: none without a file.
pub(super) fn read(
    path: Option<&Path>,
    values: &Values,
    automation: Option<&Automation>,
) -> anyhow::Result<SceneValues> {
    let Some(path) = path else {
        let is_moved = automation.is_some_and(|automation| automation.moves("scene"));
        ensure!(!is_moved && values.scene_position() == 0.0, "'scene' needs scenes; give a file of them with --scenes");
        return Ok(SceneValues::default());
    };
    let read = || anyhow::Ok(read_scenes(&std::fs::read_to_string(path)?)?.values());
    read().with_context(|| format!("cannot use scenes '{}'", path.display()))
}
