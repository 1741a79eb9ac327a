//! The scenes as a session holds them: a list of those that there are, with a format number.
//!
//! In: what a session holds. Out: all of the scenes, or why none can be taken. A value that is missing has its default,
//! so that a session of an earlier version is understood; one that this version does not know is left out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{N_SCENES, Scene, Scenes, sound_of, tidy_scene_name};
use crate::params::{PARAMETERS, Values};

/// The format that is written; what is read may be this or an earlier one.
const FORMAT_NUMBER: u32 = 1;

/// Why scenes were not taken.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SceneError {
    /// A later version wrote them.
    #[error("scenes of format {0}, and this version of Con Anima reads format {FORMAT_NUMBER}; a later one reads it")]
    Later(u32),
    /// There is no such place.
    #[error("there is no scene {0}; they are numbered from 1 to {N_SCENES}")]
    NoPlace(usize),
    /// Two scenes stand at one place.
    #[error("there are two scenes {0}")]
    Twice(usize),
    /// A value is outside its parameter's range.
    #[error("in scene {place}, '{id}' cannot be {value}")]
    NoValue {
        /// The scene's place.
        place: usize,
        /// The parameter's id.
        id: String,
        /// The value.
        value: f32,
    },
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Written {
    format: u32,
    scenes: Vec<WrittenScene>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct WrittenScene {
    place: usize,
    name: String,
    values: BTreeMap<String, f32>,
}

impl From<Scenes> for Written {
    fn from(scenes: Scenes) -> Self {
        let sound = |values: &Values| {
            let sound = PARAMETERS.iter().filter(|listed| listed.is_sound());
            sound.filter_map(|listed| Some((listed.id.to_owned(), values.get(listed.id)?))).collect()
        };
        let written = |place| {
            let scene: &Scene = scenes.get(place)?;
            Some(WrittenScene { place, name: scene.name.clone(), values: sound(&scene.values) })
        };
        Self { format: FORMAT_NUMBER, scenes: (1..=N_SCENES).filter_map(written).collect() }
    }
}

impl TryFrom<Written> for Scenes {
    type Error = SceneError;

    fn try_from(written: Written) -> Result<Self, SceneError> {
        if written.format > FORMAT_NUMBER {
            return Err(SceneError::Later(written.format));
        }
        let mut scenes = Self::default();
        for WrittenScene { place, name, values } in written.scenes {
            if !(1..=N_SCENES).contains(&place) {
                return Err(SceneError::NoPlace(place));
            }
            if scenes.get(place).is_some() {
                return Err(SceneError::Twice(place));
            }
            let values = read(place, &values)?;
            scenes.put(place, Some(Scene { name: tidy_scene_name(&name), values }));
        }
        Ok(scenes)
    }
}

fn read(place: usize, by_id: &BTreeMap<String, f32>) -> Result<Values, SceneError> {
    let mut values = Values::default();
    for (id, value) in by_id.iter().filter(|(id, _)| values_know(id)) {
        let refused = |_| SceneError::NoValue { place, id: id.clone(), value: *value };
        values.set(id, f64::from(*value)).map_err(refused)?;
    }
    Ok(sound_of(&values))
}

fn values_know(id: &str) -> bool {
    PARAMETERS.iter().any(|listed| listed.id == id && listed.is_sound())
}

#[cfg(test)]
mod tests {
    use nice_plug::params::persist::{deserialize_field, serialize_field};

    use super::super::tests::verse_and_chorus;
    use super::*;

    #[test]
    fn scenes_come_back_as_they_were() {
        for scenes in [Scenes::default(), verse_and_chorus()] {
            let text = serialize_field(&scenes).expect("text");
            assert_eq!(deserialize_field::<Scenes>(&text).expect("scenes"), scenes);
        }
    }

    #[test]
    fn scenes_that_cannot_be_are_refused_by_name() {
        let one = |place: &str, value: &str| format!(r#"{{"place":{place},"name":"","values":{{"drift":{value}}}}}"#);
        let all = |format: u32, scenes: &str| format!(r#"{{"format":{format},"scenes":[{scenes}]}}"#);
        let two = [one("3", "1"), one("3", "2")].join(",");
        let cases = [
            (all(2, ""), "format 2"),
            (all(1, &one("0", "1")), "no scene 0"),
            (all(1, &one("9", "1")), "no scene 9"),
            (all(1, &one("1", "51")), "'drift' cannot be 51"),
            (all(1, &two), "two scenes 3"),
            (all(1, "7"), "expected struct"),
            ("[]".to_owned(), "invalid length"),
        ];
        for (text, said) in cases {
            let refusal = deserialize_field::<Scenes>(&text).expect_err("no scenes").to_string();
            assert!(refusal.contains(said), "{text}: {refusal}");
        }
    }

    #[test]
    fn what_a_scene_lacks_has_its_default_and_what_is_not_known_is_left_out() {
        let text = r#"{"format":1,"scenes":[{"place":4,"name":"Ah","values":{"drift":3.0,"sparkle":9.0,"take":5.0}}]}"#;
        let scenes: Scenes = deserialize_field(text).expect("scenes");
        let scene = scenes.get(4).expect("it is there");
        let value = |id: &str| scene.values.get(id);
        assert_eq!((value("drift"), value("tremble"), value("take")), (Some(3.0), Some(8.5), Some(1.0)));
    }
}
