//! The plugin's state as Ardour keeps it: the preset format of VST3 around what the plugin saved.
//!
//! In: the bytes, and values. Out: bytes with these values. Ardour lists automatable parameters only; the others, such
//! as Mode, are in here alone.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use con_anima::params::{Kind, PARAMETERS, Values, seal};
use serde_json::{Map, Value, json};

/// Header: 'VST3', a version, 32 characters of class id, the place of the list. Source: "VST 3 Preset File Format",
/// Steinberg's VST 3 documentation.
const LIST_PLACE: usize = 40;
const HEADER_BYTES: usize = 48;
/// The list: 'List' and how many entries; an entry is four characters of name, a place and a length. Source: as above.
const LIST_HEADER_BYTES: usize = 8;
const ENTRY_BYTES: usize = 20;

/// The saved state with `values`, and with `fields` that the session keeps beside them.
pub(super) fn with_values(preset: &[u8], values: &Values, fields: &[(String, String)]) -> anyhow::Result<Vec<u8>> {
    let saved = component(preset).context("Ardour saved no VST3 preset for the plugin")?;
    let mut state: Value = serde_json::from_slice(saved).context("the plugin's state is no JSON")?;
    let params = object(&mut state, "params")?;
    for parameter in PARAMETERS {
        let value = values.get(parameter.id).unwrap_or(parameter.default);
        ensure!(params.contains_key(parameter.id), "the plugin's state has no '{}'; is the bundle old?", parameter.id);
        let typed = match parameter.kind {
            Kind::Continuous { .. } | Kind::Position { .. } => json!({ "f32": value }),
            Kind::Switch => json!({ "bool": value >= 0.5 }),
            // Whole numbers, and choices by their index.
            _ => json!({ "i32": value as i32 }),
        };
        params.insert(parameter.id.to_owned(), typed);
    }
    let kept = object(&mut state, "fields")?;
    for (name, value) in fields {
        ensure!(kept.contains_key(name), "the plugin keeps no field '{name}'; it keeps {:?}", keys(kept));
        kept.insert(name.clone(), Value::String(value.clone()));
    }
    // The plugin takes a state only if it is sealed.
    let text = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
    let mut sealed: BTreeMap<String, String> = kept.iter().filter_map(text).collect();
    seal(&mut sealed, values);
    *kept = sealed.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
    Ok(preset_of(&preset[..LIST_PLACE], state.to_string().as_bytes()))
}

fn keys(map: &Map<String, Value>) -> Vec<&String> {
    map.keys().collect()
}

fn object<'a>(state: &'a mut Value, name: &str) -> anyhow::Result<&'a mut Map<String, Value>> {
    let part = state.get_mut(name).and_then(Value::as_object_mut);
    part.with_context(|| format!("the plugin's state has no '{name}'"))
}

/// What the plugin's processor has saved: the part of the list that is called 'Comp'.
fn component(preset: &[u8]) -> Option<&[u8]> {
    let number = |at: usize| Some(i64::from_le_bytes(preset.get(at..at + 8)?.try_into().ok()?) as usize);
    let list = number(LIST_PLACE)?;
    preset.get(list..).filter(|rest| rest.starts_with(b"List"))?;
    let mut entries = (list + LIST_HEADER_BYTES..preset.len()).step_by(ENTRY_BYTES);
    let comp = entries.find(|&at| preset.get(at..at + 4) == Some(b"Comp"))?;
    let (start, len) = (number(comp + 4)?, number(comp + 12)?);
    preset.get(start..start.checked_add(len)?)
}

/// A preset with one part.
fn preset_of(header: &[u8], component: &[u8]) -> Vec<u8> {
    let list_place = (HEADER_BYTES + component.len()) as i64;
    let mut preset = header.to_vec();
    preset.extend(list_place.to_le_bytes());
    preset.extend(component);
    preset.extend(b"List");
    preset.extend(1_i32.to_le_bytes());
    preset.extend(b"Comp");
    preset.extend((HEADER_BYTES as i64).to_le_bytes());
    preset.extend((component.len() as i64).to_le_bytes());
    preset
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved() -> Vec<u8> {
        let params: Map<String, Value> =
            PARAMETERS.iter().map(|parameter| (parameter.id.to_owned(), json!({ "i32": 0 }))).collect();
        let state = json!({ "version": "0", "params": params, "fields": { "song": "\"\"" } });
        let mut header = b"VST3".to_vec();
        header.extend(1_i32.to_le_bytes());
        header.extend(b"0123456789ABCDEF0123456789ABCDEF");
        preset_of(&header, state.to_string().as_bytes())
    }

    #[test]
    fn values_and_fields_are_put_in_and_the_rest_stays() {
        let mut values = Values::default();
        values.set_text("mode", "Phrase").expect("a mode");
        values.set_text("drift", "12.5").expect("a drift");
        let changed = with_values(&saved(), &values, &[("song".to_owned(), "\"x\"".to_owned())]).expect("a state");
        assert_eq!(changed[..LIST_PLACE], saved()[..LIST_PLACE]);
        let state: Value = serde_json::from_slice(component(&changed).expect("a part")).expect("JSON");
        assert_eq!(state["params"]["mode"], json!({ "i32": 2 }));
        assert_eq!(state["params"]["drift"], json!({ "f32": 12.5 }));
        assert_eq!(state["params"]["learn"], json!({ "bool": false }));
        assert_eq!(state["fields"]["values"].as_str().map(|values| values.contains("\"drift\":12.5")), Some(true));
        assert_eq!((&state["version"], &state["fields"]["song"]), (&json!("0"), &json!("\"x\"")));
    }

    #[test]
    fn what_the_plugin_does_not_have_is_refused() {
        let unknown = [("colour".to_owned(), "1".to_owned())];
        let error = with_values(&saved(), &Values::default(), &unknown).expect_err("no such field").to_string();
        assert!(error.contains("colour") && error.contains("song"), "{error}");
        for damaged in [&saved()[..60], b"VST3".as_slice()] {
            assert!(with_values(damaged, &Values::default(), &[]).is_err());
        }
    }
}
