//! What a session holds of an instance, and whether it may be trusted.
//!
//! In: the state that a host gives back. Out: the same, complete and checked, or nothing of it: a damaged or foreign
//! state, or one of a later version, changes no value, and the reason is kept for the window.
//!
//! Con Anima 0.1 wrote the parameters as the framework does, without a check. Since then all values stand once more in
//! a field of their own, and a checksum covers it and the other fields: so no moment between two readings of a moving
//! parameter can spoil it, and no changed byte is taken for a value.

use std::collections::BTreeMap;

use nice_plug::params::persist::{deserialize_field, serialize_field};
use nice_plug::plugin::{ParamValue, PluginState};

use super::{Kind, OWN_SEED, PARAMETERS, Parameter, Scenes, Values, parameter};

/// The fields that the check itself needs.
const VALUES: &str = "values";
const FORMAT: &str = "format";
const CHECKSUM: &str = "checksum";
/// Why a state was refused: only ever on the way from the check to the instance.
pub(super) const PROBLEM: &str = "problem";
/// The field of the learned song, and that of the instance's own seed.
const SONG: &str = "song";
const IDENTITY: &str = "identity";
/// The field of the scenes, and what it holds where there are none.
const SCENES: &str = "scenes";
const NO_SCENES: &str = r#"{"format":1,"scenes":[]}"#;

/// The format that is written; what is read may be this or an earlier one.
const FORMAT_NUMBER: u32 = 1;
/// The version whose states have no check.
const UNCHECKED_VERSION: &str = "0.1.0";
/// The seed of an instance of that version that a state does not tell. Source: that version's default.
const UNCHECKED_SEED: f32 = 1.0;

/// Adds the values, the format and the checksum to the fields of an instance.
pub fn seal(fields: &mut BTreeMap<String, String>, values: &Values) {
    let by_id: BTreeMap<&str, f32> =
        PARAMETERS.iter().map(|listed| (listed.id, values.get(listed.id).unwrap_or(listed.default))).collect();
    // Strings and numbers can always be written.
    fields.insert(VALUES.to_owned(), serialize_field(&by_id).unwrap_or_default());
    fields.insert(FORMAT.to_owned(), FORMAT_NUMBER.to_string());
    fields.insert(CHECKSUM.to_owned(), format!("{:08x}", checksum(fields)));
}

/// The checksum of all fields but its own.
fn checksum(fields: &BTreeMap<String, String>) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for (name, content) in fields.iter().filter(|(name, _)| *name != CHECKSUM) {
        for text in [name, content] {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
    }
    hasher.finalize()
}

/// Makes a state complete, or empties it but for the reason why it is refused.
pub fn admit(state: &mut PluginState) {
    let values = if state.fields.contains_key(CHECKSUM) { checked(state) } else { unchecked(state) };
    match values.and_then(|values| has_good_scenes(state).map(|()| values)) {
        Ok(values) => {
            let plain = |listed: &Parameter| (listed.id.to_owned(), framework_value(listed, &values));
            state.params = PARAMETERS.iter().map(plain).collect();
            state.fields.entry(SONG.to_owned()).or_insert_with(|| "\"\"".to_owned());
            state.fields.entry(SCENES.to_owned()).or_insert_with(|| NO_SCENES.to_owned());
        }
        Err(problem) => {
            state.params.clear();
            state.fields.clear();
            state.fields.insert(PROBLEM.to_owned(), problem);
        }
    }
}

/// The framework leaves a field alone that it cannot read; then half of the state would be of another session.
fn has_good_scenes(state: &PluginState) -> Result<(), String> {
    let Some(field) = state.fields.get(SCENES) else { return Ok(()) };
    let refused = |error| format!("the session's scenes cannot be used: {error}; the settings from before are kept");
    deserialize_field::<Scenes>(field).map(drop).map_err(refused)
}

fn framework_value(listed: &Parameter, values: &Values) -> ParamValue {
    let value = values.get(listed.id).unwrap_or(listed.default);
    match listed.kind {
        Kind::Continuous { .. } | Kind::Position { .. } => ParamValue::F32(value),
        Kind::Whole { .. } | Kind::Choice(_) => ParamValue::I32(value as i32),
        Kind::Switch => ParamValue::Bool(value >= 0.5),
    }
}

/// The values of a state with a checksum.
fn checked(state: &PluginState) -> Result<Values, String> {
    let damaged = || "the session's settings are damaged; those from before are kept".to_owned();
    let field = |name| state.fields.get(name).ok_or_else(damaged);
    let format: u32 = field(FORMAT)?.parse().map_err(|_| damaged())?;
    if format > FORMAT_NUMBER {
        let version = &state.version;
        return Err(format!(
            "the session's settings are of Con Anima {version}, a later one; those from before are kept"
        ));
    }
    if *field(CHECKSUM)? != format!("{:08x}", checksum(&state.fields)) {
        return Err(damaged());
    }
    let by_id: BTreeMap<String, f32> = deserialize_field(field(VALUES)?).map_err(|_| damaged())?;
    // What a state lacks has its default, also where it had another value before.
    Ok(Values::from_plain(|listed| listed.nearest(by_id.get(listed.id).copied().unwrap_or(listed.default))))
}

/// The values of a state of 0.1. It has no check, so everything in it must be as that version wrote it.
fn unchecked(state: &mut PluginState) -> Result<Values, String> {
    let foreign = || "the session's settings are not Con Anima's, or damaged; those from before are kept".to_owned();
    if state.version != UNCHECKED_VERSION || state.params.is_empty() {
        return Err(foreign());
    }
    let mut values = Values::from_plain(|listed| match listed.id {
        "seed" => UNCHECKED_SEED,
        _ => listed.rounded(listed.default),
    });
    for (id, value) in &state.params {
        let listed = parameter(id).ok_or_else(foreign)?;
        let value = match (listed.kind, value) {
            (Kind::Continuous { .. } | Kind::Position { .. }, ParamValue::F32(value)) => f64::from(*value),
            (Kind::Whole { .. } | Kind::Choice(_), ParamValue::I32(value)) => f64::from(*value),
            (Kind::Switch, ParamValue::Bool(is_on)) => f64::from(u8::from(*is_on)),
            _ => return Err(foreign()),
        };
        values.set(id, value).map_err(|_| foreign())?;
    }
    if values.get("seed") == Some(OWN_SEED) {
        // Then a singer like any other, now the instance's own.
        state.fields.insert(IDENTITY.to_owned(), "0".to_owned());
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use nice_plug::prelude::Params;
    use proptest::prelude::*;

    use super::super::HostParams;
    use super::*;

    /// The state as the framework writes it.
    fn state(values: &Values) -> PluginState {
        let mut fields = BTreeMap::from([(SONG.to_owned(), "\"\"".to_owned())]);
        seal(&mut fields, values);
        let params = PARAMETERS.iter().map(|listed| (listed.id.to_owned(), framework_value(listed, values))).collect();
        PluginState { version: "0.2.0".to_owned(), params, fields }
    }

    fn values_of(state: &PluginState) -> Values {
        Values::from_plain(|listed| match &state.params[listed.id] {
            ParamValue::F32(value) => *value,
            ParamValue::I32(value) => *value as f32,
            ParamValue::Bool(is_on) => f32::from(u8::from(*is_on)),
            ParamValue::String(_) => f32::NAN,
        })
    }

    fn unusual() -> Values {
        let mut values = Values::default();
        for (id, value) in [("drift", 12.34), ("seed", 0.0), ("mode", 2.0), ("bypass", 1.0), ("feel", -7.0)] {
            values.set(id, value).expect("it lies in its range");
        }
        values
    }

    #[test]
    fn a_state_comes_back_as_it_was() {
        let mut again = state(&unusual());
        admit(&mut again);
        assert_eq!(values_of(&again), unusual());
        assert!(!again.fields.contains_key(PROBLEM));
    }

    #[test]
    fn what_a_state_lacks_has_its_default() {
        let mut fields = BTreeMap::new();
        fields.insert(VALUES.to_owned(), "{\"drift\":3.0}".to_owned());
        fields.insert(FORMAT.to_owned(), "1".to_owned());
        fields.insert(CHECKSUM.to_owned(), format!("{:08x}", checksum(&fields)));
        let mut short = PluginState { version: "0.2.0".to_owned(), params: BTreeMap::new(), fields };
        admit(&mut short);
        let values = values_of(&short);
        assert_eq!((values.get("drift"), values.get("seed"), values.get("take")), (Some(3.0), Some(0.0), Some(1.0)));
        assert_eq!(short.fields[SONG], "\"\"", "a song from before does not stay");
    }

    #[test]
    fn a_state_without_scenes_has_none_and_one_whose_scenes_are_damaged_is_refused_whole() {
        let mut older = state(&unusual());
        admit(&mut older);
        assert_eq!(deserialize_field::<Scenes>(&older.fields[SCENES]).expect("scenes"), Scenes::default());
        for (scenes, said) in [("{}", "missing field"), (r#"{"format":2,"scenes":[]}"#, "a later one reads it")] {
            let mut wrong = state(&unusual());
            wrong.fields.insert(SCENES.to_owned(), scenes.to_owned());
            seal(&mut wrong.fields, &unusual());
            admit(&mut wrong);
            assert!(wrong.params.is_empty() && wrong.fields[PROBLEM].contains(said), "{:?}", wrong.fields);
        }
    }

    #[test]
    fn a_later_version_is_refused_by_its_name() {
        let mut later = state(&unusual());
        later.fields.insert(FORMAT.to_owned(), "2".to_owned());
        later.version = "7.8.9".to_owned();
        admit(&mut later);
        assert!(later.params.is_empty() && later.fields[PROBLEM].contains("7.8.9"), "{:?}", later.fields);
    }

    #[test]
    fn a_state_of_the_first_version_is_taken_if_everything_in_it_is_right() {
        let params = BTreeMap::from([
            ("drift".to_owned(), ParamValue::F32(3.0)),
            ("seed".to_owned(), ParamValue::I32(0)),
            ("bypass".to_owned(), ParamValue::Bool(true)),
        ]);
        let first = PluginState { version: "0.1.0".to_owned(), params, fields: BTreeMap::new() };
        let mut taken = first.clone();
        admit(&mut taken);
        let values = values_of(&taken);
        assert_eq!((values.get("drift"), values.get("bypass")), (Some(3.0), Some(1.0)));
        assert_eq!(taken.fields[IDENTITY], "0", "seed 0 was a singer like any other");
        let wrongs: [(&str, ParamValue); 4] = [
            ("drift", ParamValue::F32(1e9)),
            ("drift", ParamValue::Bool(true)),
            ("seed", ParamValue::I32(-1)),
            ("loudness", ParamValue::F32(1.0)),
        ];
        for (id, value) in wrongs {
            let mut wrong = first.clone();
            wrong.params.insert(id.to_owned(), value);
            admit(&mut wrong);
            assert!(wrong.params.is_empty() && wrong.fields.len() == 1, "{id}");
        }
    }

    #[test]
    fn a_refused_state_changes_nothing_and_is_said() {
        let params = HostParams::default();
        let before = params.0.values();
        let mut foreign = PluginState { version: "9".to_owned(), params: BTreeMap::new(), fields: BTreeMap::new() };
        admit(&mut foreign);
        params.deserialize_fields(&foreign.fields);
        assert_eq!(params.0.values(), before);
        assert!(params.0.song.problem().is_some_and(|problem| problem.contains("not Con Anima's")));
        let mut good = state(&unusual());
        admit(&mut good);
        params.deserialize_fields(&good.fields);
        assert_eq!(params.0.song.problem(), None, "the next good state takes the words away");
    }

    proptest! {
        /// Whatever byte of the values or of a field is another one, nothing of the state is taken.
        #[test]
        fn no_changed_byte_is_taken_for_a_value(place in any::<prop::sample::Index>(), other in any::<u8>()) {
            let mut changed = state(&unusual());
            let name = [VALUES, SONG, FORMAT, CHECKSUM][place.index(4)];
            let mut bytes = changed.fields[name].clone().into_bytes();
            let at = place.index(bytes.len());
            prop_assume!(bytes[at] != other && other.is_ascii());
            bytes[at] = other;
            changed.fields.insert(name.to_owned(), String::from_utf8(bytes).expect("it is ASCII"));
            admit(&mut changed);
            prop_assert!(changed.params.is_empty() && changed.fields.contains_key(PROBLEM));
        }
    }
}
