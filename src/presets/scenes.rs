//! Scenes as TOML, for the command line.
//!
//! In: a list of tables `[[scenes]]`, each with a table of plain values by parameter id, as a preset has it, and if
//! wanted a name and a place. Out: scenes; and the other way round. What a scene does not name has its default.

use std::fmt::Write;

use toml::{Table, Value};

use super::{Preset, PresetError};
use crate::params::{N_SCENES, PARAMETERS, Scenes, parameter};

/// What stands in the table of a scene.
const KEYS: [&str; 3] = ["name", "place", "values"];

/// Reads scenes. Those without a place follow the one before.
///
/// ```
/// let text = "[[scenes]]\nname = 'Verse'\n[scenes.values]\namount = 60\n[[scenes]]\nplace = 4\n[scenes.values]";
/// let scenes = con_anima::presets::read_scenes(text).unwrap();
/// assert_eq!(scenes.get(1).unwrap().values.get("amount"), Some(60.0));
/// assert_eq!(scenes.get(4).unwrap().values.get("amount"), Some(100.0));
/// ```
///
/// # Errors
/// [`PresetError::NotScenes`] if there is no such list, or [`PresetError::InScene`] with the place and what is wrong
/// there.
pub fn read_scenes(text: &str) -> Result<Scenes, PresetError> {
    let document: Table =
        text.parse().map_err(|error: toml::de::Error| PresetError::NotScenes(error.message().to_owned()))?;
    if let Some(key) = document.keys().find(|key| *key != "scenes") {
        return Err(PresetError::NotScenes(format!("'{key}' is none of its keys; it takes [[scenes]]")));
    }
    let listed = document.get("scenes").and_then(Value::as_array).filter(|listed| !listed.is_empty());
    let listed = listed.ok_or_else(|| PresetError::NotScenes("it has no [[scenes]]".to_owned()))?;
    let mut scenes = Scenes::default();
    let mut place = 0;
    for scene in listed {
        let table = scene.as_table().ok_or_else(|| PresetError::NotScenes("a scene must be a table".to_owned()))?;
        place = place_of(table, place + 1).and_then(|place| free(&scenes, place))?;
        let preset = scene_of(table).map_err(|error| in_scene(place, error.to_string()))?;
        scenes.capture(place, &preset.values());
        scenes.rename(place, &preset.name);
    }
    Ok(scenes)
}

/// Scenes as text that [`read_scenes`] reads as the same.
pub fn scenes_to_toml(scenes: &Scenes) -> String {
    let mut text = String::new();
    for (place, scene) in (1..=N_SCENES).filter_map(|place| Some((place, scenes.get(place)?))) {
        // Quoted and escaped by the crate that reads it. Writing to a string does not fail.
        let name = Value::String(scene.name.clone());
        let _ = writeln!(text, "[[scenes]]\nplace = {place}\nname = {name}\n\n[scenes.values]");
        for listed in PARAMETERS.iter().filter(|listed| listed.is_sound()) {
            let value = listed.text(scene.values.get(listed.id).unwrap_or(listed.default));
            let _ = writeln!(text, "{} = {value}", listed.id);
        }
        text.push('\n');
    }
    text
}

fn in_scene(place: usize, problem: String) -> PresetError {
    PresetError::InScene { place, problem }
}

/// The place that a scene names, or the next one.
fn place_of(table: &Table, next: usize) -> Result<usize, PresetError> {
    match table.get("place") {
        None => Ok(next),
        Some(Value::Integer(place)) if *place >= 0 => Ok(usize::try_from(*place).unwrap_or(usize::MAX)),
        Some(other) => Err(in_scene(next, format!("'place' must be a number from 1 to {N_SCENES}, not {other}"))),
    }
}

fn free(scenes: &Scenes, place: usize) -> Result<usize, PresetError> {
    if !(1..=N_SCENES).contains(&place) {
        return Err(in_scene(place, format!("there are scenes 1 to {N_SCENES} only")));
    }
    if scenes.get(place).is_some() {
        return Err(in_scene(place, "there are two of them".to_owned()));
    }
    Ok(place)
}

/// A scene's table is a preset's, and is read as one.
fn scene_of(table: &Table) -> Result<Preset, PresetError> {
    if let Some(key) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(PresetError::NotScenes(format!("'{key}' is none of a scene's keys: {}", KEYS.join(", "))));
    }
    let preset = Preset::read(&table.to_string())?;
    match preset.named.iter().find(|id| !parameter(id).is_some_and(|listed| listed.is_sound())) {
        Some(id) => Err(PresetError::NotScenes(format!("'{id}' belongs to the session, and no scene holds it"))),
        None => Ok(preset),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Values;

    #[test]
    fn what_is_written_reads_back_as_the_same() {
        let mut values = Values::default();
        values.set("drift", 12.34).unwrap();
        values.set("inhale", -41.5).unwrap();
        let mut scenes = Scenes::default();
        for (place, name) in [(2, "Say \"Ah\" \\ 'ö' #1"), (3, ""), (8, "Last")] {
            scenes.capture(place, &values);
            scenes.rename(place, name);
        }
        assert_eq!(read_scenes(&scenes_to_toml(&scenes)).unwrap(), scenes);
    }

    #[test]
    fn scenes_follow_one_another_and_may_say_their_place() {
        let one = |keys: &str| format!("[[scenes]]\n{keys}\n[scenes.values]\namount = 50\n");
        let text = [one("name = 'A'"), one("place = 6\nname = 'B'"), one("name = 'C'")].concat();
        let scenes = read_scenes(&text).unwrap();
        let names = (1..=N_SCENES).map(|place| scenes.get(place).map_or("", |scene| scene.name.as_str()));
        assert_eq!(names.collect::<Vec<_>>(), ["A", "", "", "", "", "B", "C", ""]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_scene() {
        let cases = [
            ("amount = 3", "'amount' is none of its keys; it takes [[scenes]]"),
            ("", "it has no [[scenes]]"),
            ("scenes = [3]", "must be a table"),
            ("[[scenes]", "unclosed"),
            ("[[scenes]]\nname = 'A'", "scene 1: not a preset: there is no [values] table"),
            ("[[scenes]]\nplace = 9\n[scenes.values]", "scene 9: there are scenes 1 to 8 only"),
            ("[[scenes]]\nplace = 'x'\n[scenes.values]", "scene 1: 'place' must be a number from 1 to 8, not \"x\""),
            (
                "[[scenes]]\nplace = 2\n[scenes.values]\n[[scenes]]\nplace = 2\n[scenes.values]",
                "scene 2: there are two",
            ),
            ("[[scenes]]\n[scenes.values]\n[[scenes]]\n[scenes.values]\ndrift = 99", "scene 2: 'drift' must lie"),
            ("[[scenes]]\n[scenes.values]\nseed = 3", "scene 1: not scenes: 'seed' belongs to the session"),
            ("[[scenes]]\ncolour = 3\n[scenes.values]", "'colour' is none of a scene's keys: name, place, values"),
        ];
        for (text, said) in cases {
            let refusal = read_scenes(text).unwrap_err().to_string();
            assert!(refusal.contains(said), "{text:?} gave {refusal:?}");
        }
    }
}
