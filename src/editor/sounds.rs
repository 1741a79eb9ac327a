//! Whole sounds: presets that are loaded, and the two that are compared.
//!
//! In: presets, the parameters. Out: steps of the [`Hand`], each of which sets many parameters; what is loaded, and
//! whether it was changed since.

use std::collections::BTreeMap;

use super::hand::{Hand, is_near, values_set};
use super::history::Kept;
use crate::params::{Compared, Loaded, PARAMETERS, Scenes, Slot, Values, parameter};
use crate::presets::Preset;

/// The preset that the defaults are.
const DEFAULTS: &str = "Natural";

/// What is not compared: the moment, the ear and the session have it.
const NOT_COMPARED: [&str; 5] = ["breathe", "listen", "mode", "bypass", "learn"];

impl Hand<'_> {
    /// Loads a preset: the whole sound, and the take where the preset names it. The scenes stay, and the knobs are
    /// heard, because what was chosen is meant to be.
    pub(super) fn load(&self, preset: &Preset) {
        let values: BTreeMap<&str, f32> = preset.to_set().chain([("scene", 0.0)]).collect();
        let before = self.kept();
        let compared = Compared { loaded: Some(loaded(preset)), ..before.compared.clone() };
        self.put_sound(&preset.name, |id| values.get(id).copied(), Kept { compared, ..before });
    }

    /// Gives the loaded preset another name.
    pub(super) fn rename(&self, name: &str) {
        let mut compared = self.params.slots.load();
        if let Some(loaded) = &mut compared.loaded {
            name.clone_into(&mut loaded.name);
        }
        self.params.slots.store(compared);
    }

    /// Says that what is heard is this preset, which was just saved.
    pub(super) fn call(&self, preset: &Preset) {
        self.params.slots.store(Compared { loaded: Some(loaded(preset)), ..self.params.slots.load() });
    }

    /// The name of the loaded preset, and whether anything is other than it says.
    pub(super) fn loaded(&self) -> (String, bool) {
        let loaded = self.params.slots.load().loaded;
        let loaded = loaded.unwrap_or_else(|| self::loaded(&Preset::of(DEFAULTS, &Values::default())));
        let now = self.heard();
        let is_other = |(id, value): (&String, &f32)| {
            let Some(parameter) = parameter(id) else { return false };
            now.get(id).is_some_and(|now| !is_near(now, *value, parameter.step))
        };
        let is_modified = loaded.values.iter().any(is_other);
        (loaded.name, is_modified)
    }

    /// What is heard as a preset.
    pub(super) fn as_preset(&self, name: &str) -> Preset {
        Preset::of(name, &self.heard())
    }

    /// Hears the other of the two compared sounds.
    pub(super) fn switch(&self) {
        let Kept { compared: before, scenes: scenes_before } = self.kept();
        let heard = self.slot(&before);
        let other = before.other.unwrap_or_else(|| heard.clone());
        let Slot { values, scenes, loaded } = other;
        let compared = Compared { is_b: !before.is_b, other: Some(heard), loaded };
        let name = if compared.is_b { "A to B" } else { "B to A" };
        // A session from before there were scenes knows of none in the other sound.
        let kept = Kept { compared, scenes: scenes.unwrap_or(scenes_before) };
        self.put_sound(name, |id| values.get(id).copied().filter(|_| !NOT_COMPARED.contains(&id)), kept);
    }

    /// Makes the sound that is not heard the same as the one that is.
    pub(super) fn copy_to_other(&self) {
        let before = self.kept();
        let name = if before.compared.is_b { "copy of B to A" } else { "copy of A to B" };
        let compared = Compared { other: Some(self.slot(&before.compared)), ..before.compared };
        self.put_sound(name, |_| None, Kept { compared, ..before });
    }

    /// Whether the two compared sounds differ.
    pub(super) fn differs_from_other(&self) -> bool {
        let compared = self.params.slots.load();
        let Some(other) = &compared.other else { return false };
        let now = self.slot(&compared);
        let of_other = |scenes: &Scenes| Some(scenes) != now.scenes.as_ref();
        other.scenes.as_ref().is_some_and(of_other)
            || now.values.iter().any(|(id, value)| {
                let step = parameter(id).map_or(0.0, |parameter| parameter.step);
                other.values.get(id).is_some_and(|other| !is_near(*other, *value, step))
            })
    }

    /// What is heard as one of the compared sounds.
    fn slot(&self, compared: &Compared) -> Slot {
        let values = values_set(self.params);
        let ids = PARAMETERS.iter().map(|parameter| parameter.id);
        let compared_ids = ids.filter(|id| !NOT_COMPARED.contains(id));
        let values = compared_ids.filter_map(|id| Some((id.to_owned(), values.get(id)?))).collect();
        Slot { values, scenes: Some(self.params.scenes.load()), loaded: compared.loaded.clone() }
    }
}

fn loaded(preset: &Preset) -> Loaded {
    let values = preset.to_set().map(|(id, value)| (id.to_owned(), value)).collect();
    Loaded { name: preset.name.clone(), values }
}
