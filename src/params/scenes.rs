//! Scenes: eight named snapshots of the sound, and one position that moves between them.
//!
//! In: the plain values of a moment, among them the position. Out: the values that are heard. Position 0 is the knobs,
//! 1 to 8 are the scenes, and between two of them the sound is a mixture of both. An empty place is passed over: the
//! mixture is that of the nearest places on both sides which hold something. Behind the last scene that one goes on.
//!
//! A scene holds what a preset holds: the sound, and nothing that belongs to the session. This is the only place where
//! a position becomes values, for the plugin, the window and the command line.

mod bank;
mod kept;
mod words;

pub use bank::{SceneBank, SceneReader};
pub use kept::SceneError;

use serde::{Deserialize, Serialize};

use super::{Kind, PARAMETERS, Parameter, Values};

/// How many scenes there are. Source: definition, the range of the parameter `scene`.
pub const N_SCENES: usize = 8;

/// The longest name of a scene, characters. Chosen: more has no room in the window, nor in a host's lane.
pub const MAX_SCENE_NAME_CHARS: usize = 24;

/// A snapshot of the sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// As a person reads it; may be empty.
    pub name: String,
    /// The values of the sound; those of the session are at their defaults and are not used.
    pub values: Values,
}

/// The eight scenes, counted from 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "kept::Written", into = "kept::Written")]
pub struct Scenes([Option<Scene>; N_SCENES]);

impl Scenes {
    /// The scene at a place from 1 on; `None` where the place is empty, or where there is no such place.
    pub fn get(&self, place: usize) -> Option<&Scene> {
        self.0.get(place.checked_sub(1)?)?.as_ref()
    }

    /// Whether no place holds a scene.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    /// Puts the sound of `values` at a place from 1 on, under the name that it has there. Where there is no such place
    /// nothing is done.
    pub fn capture(&mut self, place: usize, values: &Values) {
        let name = self.get(place).map(|scene| scene.name.clone()).unwrap_or_default();
        self.put(place, Some(Scene { name, values: sound_of(values) }));
    }

    /// Names the scene at a place, if there is one. Line breaks become spaces, and what is too long is cut.
    pub fn rename(&mut self, place: usize, name: &str) {
        if let Some(scene) = self.get(place).cloned() {
            self.put(place, Some(Scene { name: tidy_scene_name(name), ..scene }));
        }
    }

    /// Empties a place.
    pub fn clear(&mut self, place: usize) {
        self.put(place, None);
    }

    fn put(&mut self, place: usize, scene: Option<Scene>) {
        if let Some(at) = place.checked_sub(1).and_then(|index| self.0.get_mut(index)) {
            *at = scene;
        }
    }

    /// Whether only scenes are heard at a position, and the knobs not at all.
    pub fn hide_knobs(&self, position: f32) -> bool {
        Between::at(position, |place| self.get(place).is_some()).from > 0
    }

    /// The values alone, as the audio thread has them.
    pub fn values(&self) -> SceneValues {
        SceneValues(std::array::from_fn(|index| self.0[index].as_ref().map(|scene| scene.values)))
    }
}

/// A name without line breaks, in one room with others, and not too long for it.
pub fn tidy_scene_name(name: &str) -> String {
    super::tidy_words(name, MAX_SCENE_NAME_CHARS)
}

/// The sound of `values`, with the session's values at their defaults.
fn sound_of(values: &Values) -> Values {
    Values::from_plain(|listed| {
        let value = values.get(listed.id).filter(|_| listed.is_sound());
        listed.rounded(listed.nearest(value.unwrap_or(listed.default)))
    })
}

/// The scenes' values without their names: plain, so that the audio thread can hold them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SceneValues([Option<Values>; N_SCENES]);

impl SceneValues {
    /// What is heard of `knobs`, at the position among them. Total and realtime-safe.
    pub fn resolved(&self, knobs: &Values) -> Values {
        let between = Between::at(knobs.scene_position(), |place| self.at(place).is_some());
        if between.is_knobs() {
            return *knobs;
        }
        let [from, to] = [between.from, between.to].map(|place| self.at(place).unwrap_or(knobs));
        let mut heard = *knobs;
        for (index, listed) in PARAMETERS.iter().enumerate().filter(|(_, listed)| listed.is_sound()) {
            heard.0[index] = mixed(listed, [from.0[index], to.0[index]], between.share);
        }
        heard
    }

    fn at(&self, place: usize) -> Option<&Values> {
        self.0.get(place.checked_sub(1)?)?.as_ref()
    }
}

/// A mixture of two values of a parameter, on its grid of steps; of choices and whole numbers the nearer one.
fn mixed(listed: &Parameter, [from, to]: [f32; 2], share: f32) -> f32 {
    match listed.kind {
        _ if share == 0.0 || from == to => from,
        Kind::Continuous { .. } | Kind::Position { .. } => {
            listed.rounded((from + (to - from) * share).clamp(from.min(to), from.max(to)))
        }
        Kind::Whole { .. } | Kind::Switch | Kind::Choice(_) => {
            if share < 0.5 {
                from
            } else {
                to
            }
        }
    }
}

/// Where a position lies: between two places that hold something, of which 0 is the knobs.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Between {
    from: usize,
    to: usize,
    /// How far it is from the one to the other, `0..1`; 0 at the first, or where both are the same.
    share: f32,
}

impl Between {
    fn at(position: f32, is_filled: impl Fn(usize) -> bool) -> Self {
        let (below, above) = (position.floor() as usize, position.ceil() as usize);
        let from = (1..=below).rev().find(|place| is_filled(*place)).unwrap_or(0);
        let to = (above..=N_SCENES).find(|place| *place > 0 && is_filled(*place)).filter(|to| *to > from);
        let Some(to) = to else { return Self { from, to: from, share: 0.0 } };
        Self { from, to, share: (position - from as f32) / (to - from) as f32 }
    }

    fn is_knobs(self) -> bool {
        self.from == 0 && self.share == 0.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::params::parameter;

    pub(super) fn values(changes: &[(&str, f64)]) -> Values {
        let mut values = Values::default();
        changes.iter().for_each(|(id, value)| values.set(id, *value).expect("it lies in its range"));
        values
    }

    /// Scene 2 has a Humanize of 40 %, scene 5 one of 100 %.
    pub(super) fn verse_and_chorus() -> Scenes {
        let mut scenes = Scenes::default();
        for (place, amount, name) in [(2, 40.0, "Verse"), (5, 100.0, "Chorus")] {
            scenes.capture(place, &values(&[("amount", amount), ("seed", 7.0), ("output", -6.0)]));
            scenes.rename(place, name);
        }
        scenes
    }

    fn amount_at(scenes: &Scenes, position: f64) -> f32 {
        let heard = scenes.values().resolved(&values(&[("amount", 10.0), ("scene", position)]));
        heard.get("amount").expect("it is listed")
    }

    #[test]
    fn a_whole_number_is_its_scene_and_between_two_the_sound_is_a_mixture() {
        let scenes = verse_and_chorus();
        let expected = [(0.0, 10.0), (1.0, 25.0), (2.0, 40.0), (3.5, 70.0), (5.0, 100.0)];
        for (position, amount) in expected {
            assert_eq!(amount_at(&scenes, position), amount, "at {position}");
        }
    }

    #[test]
    fn empty_places_are_passed_over_and_the_last_scene_goes_on() {
        let scenes = verse_and_chorus();
        for (position, amount) in [(3.0, 60.0), (4.0, 80.0), (6.0, 100.0), (7.3, 100.0), (8.0, 100.0)] {
            assert_eq!(amount_at(&scenes, position), amount, "at {position}");
        }
        assert_eq!(amount_at(&Scenes::default(), 5.0), 10.0, "without scenes the knobs are heard");
    }

    #[test]
    fn what_belongs_to_the_session_is_in_no_scene() {
        let knobs = values(&[("scene", 2.0), ("seed", 3.0), ("take", 4.0), ("output", -1.0), ("mode", 2.0)]);
        let heard = verse_and_chorus().values().resolved(&knobs);
        for listed in PARAMETERS.iter().filter(|listed| !listed.is_sound()) {
            assert_eq!(heard.get(listed.id), knobs.get(listed.id), "{}", listed.id);
        }
        assert!(
            ["listen", "clock", "learn", "bypass", "breathe", "scene"]
                .iter()
                .all(|id| { parameter(id).is_some_and(|listed| !listed.is_sound()) })
        );
    }

    #[test]
    fn choices_and_whole_numbers_switch_half_way() {
        let [listen, take, drift] = ["listen", "take", "drift"].map(|id| parameter(id).expect("listed"));
        assert_eq!([0.0, 0.49, 0.5, 0.9].map(|share| mixed(listen, [0.0, 2.0], share)), [0.0, 0.0, 2.0, 2.0]);
        assert_eq!([0.49, 0.5].map(|share| mixed(take, [9.0, 4.0], share)), [9.0, 4.0]);
        assert_eq!(mixed(drift, [10.0, 20.0], 0.25), 12.5);
    }

    #[test]
    fn places_that_do_not_exist_hold_nothing() {
        let mut scenes = Scenes::default();
        for place in [0, 9, usize::MAX] {
            scenes.capture(place, &Values::default());
            assert!(scenes.get(place).is_none());
        }
        assert!(scenes.is_empty());
    }

    proptest! {
        /// What is heard is captured, and its scene sounds the same, to the bit.
        #[test]
        fn a_captured_mixture_is_heard_again_to_the_bit(hundredths in 0_u32..=800, drift in 0.0_f64..50.0) {
            let mut scenes = verse_and_chorus();
            let position = f64::from(hundredths) / 100.0;
            let knobs = values(&[("scene", position), ("drift", drift)]);
            let heard = scenes.values().resolved(&knobs);
            scenes.capture(8, &heard);
            let again = scenes.values().resolved(&values(&[("scene", 8.0)]));
            for listed in PARAMETERS.iter().filter(|listed| listed.is_sound()) {
                let bits = |values: &Values| values.get(listed.id).map(f32::to_bits);
                prop_assert_eq!(bits(&again), bits(&heard), "{}", listed.id);
            }
        }

        /// No position, however wild, leads out of the range between the neighbours.
        #[test]
        fn every_position_gives_values_in_range(position in any::<f32>()) {
            let mut knobs = Values::default();
            knobs.0[super::super::index("scene").expect("listed")] = position;
            let heard = verse_and_chorus().values().resolved(&knobs);
            prop_assert!((40.0..=100.0).contains(&heard.get("amount").expect("listed")));
        }
    }
}
