//! What the hand does with scenes: captures, names and empties them. Each is a step that can be undone.
//!
//! In: places from 1 on, the sound that is heard. Out: scenes of the instance, steps of the [`Hand`].

use super::hand::Hand;
use crate::params::{Scenes, parameter};

impl Hand<'_> {
    /// Makes what is heard the scene at this place.
    pub(super) fn capture(&self, place: usize) {
        let heard = self.heard();
        self.change_scenes(&format!("capture of scene {place}"), |scenes| scenes.capture(place, &heard));
    }

    /// Names a scene.
    pub(super) fn name_scene(&self, place: usize, name: &str) {
        self.change_scenes(&format!("name of scene {place}"), |scenes| scenes.rename(place, name));
    }

    /// Empties a place.
    pub(super) fn clear_scene(&self, place: usize) {
        self.change_scenes(&format!("clearing of scene {place}"), |scenes| scenes.clear(place));
    }

    /// Puts a scene's sound on the knobs, and lets them be heard.
    pub(super) fn put_scene_on_knobs(&self, place: usize) {
        let kept = self.kept();
        let Some(scene) = kept.scenes.get(place) else { return };
        let values = scene.values;
        let sound = |id: &'static str| match parameter(id) {
            Some(listed) if listed.is_sound() => values.get(id),
            _ => (id == "scene").then_some(0.0),
        };
        self.put_sound(&format!("scene {place} on the knobs"), sound, kept.clone());
    }

    fn change_scenes(&self, name: &str, change: impl FnOnce(&mut Scenes)) {
        let mut kept = self.kept();
        change(&mut kept.scenes);
        self.put_sound(name, |_| None, kept);
    }
}
