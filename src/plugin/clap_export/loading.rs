//! A preset that a CLAP host's browser loads: the sound changes, the session's own settings stay.
//!
//! In: a preset's place and key. Out: a state like the present one with the preset's values, which the framework loads
//! as any other, so that host and window learn of it the same way.

use std::ffi::{CStr, c_char, c_void};
use std::path::Path;

use clap_sys::ext::params::{CLAP_EXT_PARAMS, CLAP_PARAM_RESCAN_VALUES, clap_host_params};
use clap_sys::ext::preset_load::{CLAP_EXT_PRESET_LOAD, clap_host_preset_load};
use clap_sys::factory::preset_discovery::CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN;
use clap_sys::host::clap_host;
use clap_sys::stream::clap_istream;
use nice_plug::params::persist::serialize_field;
use nice_plug::plugin::PluginState;
use nice_plug::prelude::Params;

use crate::params::{VoiceParams, seal};
use crate::presets::{FACTORY, Preset, read_file};

/// The preset at a place, by the kind of place, or why there is none.
pub(super) fn read(kind: u32, location: Option<&CStr>, key: Option<&CStr>) -> Result<Preset, String> {
    if kind == CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN {
        let key = key.map(CStr::to_string_lossy).unwrap_or_default();
        let preset = FACTORY.iter().find(|preset| preset.name == key);
        let preset = preset.ok_or_else(|| format!("there is no factory preset '{key}'"))?;
        return preset.read().map_err(|error| error.to_string());
    }
    let path = location.ok_or("there is no place")?.to_string_lossy().into_owned();
    read_file(Path::new(&path)).map_err(|error| error.to_string())
}

/// The state of an instance with a preset's sound, as CLAP keeps it: its length, and its text.
pub(super) fn state(params: &VoiceParams, preset: &Preset) -> Option<Vec<u8>> {
    let mut values = params.values();
    // The scenes stay, and the knobs are heard, because what was chosen is meant to be.
    for (id, value) in preset.to_set().chain([("scene", 0.0)]) {
        values.set(id, f64::from(value)).ok()?;
    }
    let mut fields = params.serialize_fields();
    seal(&mut fields, &values);
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let text = serialize_field(&PluginState { version, params: std::collections::BTreeMap::new(), fields }).ok()?;
    Some([&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat())
}

/// Bytes that are read as a host's stream.
pub(super) struct Stream<'a> {
    left: &'a [u8],
}

impl<'a> Stream<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { left: bytes }
    }

    /// The stream as CLAP has it, as long as this lives.
    pub(super) fn raw(&mut self) -> clap_istream {
        clap_istream { ctx: std::ptr::from_mut(self).cast(), read: Some(read_stream) }
    }
}

unsafe extern "C" fn read_stream(stream: *const clap_istream, buffer: *mut c_void, size: u64) -> i64 {
    // SAFETY: made by `raw`, and the reader gives as much room as it says.
    unsafe {
        let stream = &mut *(*stream).ctx.cast::<Stream<'_>>();
        let (now, later) = stream.left.split_at(stream.left.len().min(usize::try_from(size).unwrap_or(usize::MAX)));
        std::ptr::copy_nonoverlapping(now.as_ptr(), buffer.cast(), now.len());
        stream.left = later;
        now.len() as i64
    }
}

/// Tells the host what came of a preset.
///
/// # Safety
/// The pointers are the host's own, and this is its main thread.
pub(super) unsafe fn tell(
    host: *const clap_host,
    (kind, location, key): (u32, *const c_char, *const c_char),
    outcome: Result<(), &CStr>,
) {
    // SAFETY: the caller's; the host's functions take the host's pointer.
    unsafe {
        let Some(get_extension) = (*host).get_extension else { return };
        let params: *const clap_host_params = get_extension(host, CLAP_EXT_PARAMS.as_ptr()).cast();
        if let (Ok(()), Some(rescan)) = (outcome, params.as_ref().and_then(|params| params.rescan)) {
            rescan(host, CLAP_PARAM_RESCAN_VALUES);
        }
        let presets: *const clap_host_preset_load = get_extension(host, CLAP_EXT_PRESET_LOAD.as_ptr()).cast();
        let Some(presets) = presets.as_ref() else { return };
        match outcome {
            Ok(()) => presets.loaded.into_iter().for_each(|loaded| loaded(host, kind, location, key)),
            Err(words) => {
                presets.on_error.into_iter().for_each(|fail| fail(host, kind, location, key, 0, words.as_ptr()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preset_changes_the_sound_and_leaves_the_session() {
        let params = VoiceParams::default();
        let preset = read(CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN, None, Some(c"breathy-verse")).expect("it is there");
        let bytes = state(&params, &preset).expect("it can be written");
        let mut text = vec![0; bytes.len() + 5];
        let mut stream = Stream::of(&bytes);
        let raw = stream.raw();
        let reader = raw.read.expect("a reader");
        // In two pieces, and beyond the end.
        let lens = [8, text.len()].map(|len| {
            // SAFETY: the room is as large as is said.
            unsafe { reader(&raw const raw, text.as_mut_ptr().cast(), len as u64) }
        });
        assert_eq!(lens, [8, bytes.len() as i64 - 8]);
        let mut state: PluginState =
            nice_plug::params::persist::deserialize_field(&String::from_utf8_lossy(&bytes[8..])).expect("a state");
        crate::params::admit(&mut state);
        assert!(matches!(state.params["breath"], nice_plug::plugin::ParamValue::F32(breath) if breath == 70.0));
        assert!(matches!(state.params["seed"], nice_plug::plugin::ParamValue::I32(0)));
        assert_eq!(state.fields["identity"], params.identity.seed().to_string());
    }

    #[test]
    fn what_is_no_preset_is_refused_in_words() {
        let unknown = read(CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN, None, Some(c"shouting"));
        assert!(unknown.is_err_and(|words| words.contains("'shouting'")));
        assert!(read(0, Some(c"/nowhere/at all.toml"), None).is_err_and(|words| words.contains("at all.toml")));
        assert!(read(0, None, None).is_err());
    }
}
