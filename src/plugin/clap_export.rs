//! The CLAP entry point, and what CLAP knows that the framework does not tell.
//!
//! In: a host's calls. Out: the framework's answers, with five amended: what a host may do with each parameter, values
//! with a space before their unit, the latency without a restart after the first activation, an endless tail, and that
//! a state was refused. Besides, presets are there for the host's own browser. The framework's instance is handed out
//! as it is; only its `get_extension`, `activate` and `destroy` lead through here. What the amended answers need of an
//! instance is kept in a table by its address, which only the host's main thread reads.

#![allow(unsafe_code, reason = "CLAP is a C interface: pointers and functions as its header has them")]

use std::collections::HashMap;
use std::ffi::{CStr, CString, c_char, c_void};
use std::sync::{Arc, LazyLock, OnceLock};

use clap_sys::entry::clap_plugin_entry;
use clap_sys::ext::latency::{CLAP_EXT_LATENCY, clap_host_latency, clap_plugin_latency};
use clap_sys::ext::params::{
    CLAP_EXT_PARAMS, CLAP_PARAM_IS_AUTOMATABLE, CLAP_PARAM_IS_ENUM, CLAP_PARAM_IS_MODULATABLE, clap_param_info,
    clap_param_info_flags, clap_plugin_params,
};
use clap_sys::ext::preset_load::{CLAP_EXT_PRESET_LOAD, CLAP_EXT_PRESET_LOAD_COMPAT, clap_plugin_preset_load};
use clap_sys::ext::state::{CLAP_EXT_STATE, clap_plugin_state};
use clap_sys::ext::tail::{CLAP_EXT_TAIL, clap_plugin_tail};
use clap_sys::factory::plugin_factory::{CLAP_PLUGIN_FACTORY_ID, clap_plugin_factory};
use clap_sys::host::clap_host;
use clap_sys::plugin::{clap_plugin, clap_plugin_descriptor};
use clap_sys::stream::clap_istream;
use clap_sys::version::CLAP_VERSION;
use nice_plug::wrapper::clap::{PluginDescriptor, Wrapper};
use nice_plug::wrapper::setup_logger;
use parking_lot::Mutex;

use super::{ConAnima, newest};

mod discovery;
mod loading;
use crate::params::{Kind, PARAMETERS, Parameter, Role, VoiceParams};

/// The library's entry point, by the name that CLAP hosts look for.
#[unsafe(no_mangle)]
#[used]
#[allow(non_upper_case_globals, reason = "hosts look for this name")]
pub(super) static clap_entry: clap_plugin_entry = clap_plugin_entry {
    clap_version: CLAP_VERSION,
    init: Some(init),
    deinit: Some(deinit),
    get_factory: Some(get_factory),
};

static FACTORY: clap_plugin_factory = clap_plugin_factory {
    get_plugin_count: Some(get_plugin_count),
    get_plugin_descriptor: Some(get_plugin_descriptor),
    create_plugin: Some(create_plugin),
};

static DESCRIPTOR: LazyLock<PluginDescriptor> = LazyLock::new(PluginDescriptor::for_plugin::<ConAnima>);

/// The framework's functions, the same for every instance.
#[derive(Clone, Copy)]
struct Framework {
    get_extension: unsafe extern "C" fn(*const clap_plugin, *const c_char) -> *const c_void,
    activate: unsafe extern "C" fn(*const clap_plugin, f64, u32, u32) -> bool,
    destroy: unsafe extern "C" fn(*const clap_plugin),
}

static FRAMEWORK: OnceLock<Framework> = OnceLock::new();
static FRAMEWORK_STATE: OnceLock<clap_plugin_state> = OnceLock::new();
static STATE: OnceLock<clap_plugin_state> = OnceLock::new();
static FRAMEWORK_PARAMS: OnceLock<clap_plugin_params> = OnceLock::new();
static PARAMS: OnceLock<clap_plugin_params> = OnceLock::new();
static LATENCY: clap_plugin_latency = clap_plugin_latency { get: Some(latency) };
static PRESET_LOAD: clap_plugin_preset_load = clap_plugin_preset_load { from_location: Some(from_location) };
static TAIL: clap_plugin_tail = clap_plugin_tail { get: Some(tail) };

/// What is known of an instance besides what the framework keeps.
struct Instance {
    params: Arc<VoiceParams>,
    host: *const clap_host,
    /// The latency that the host was told last.
    told_latency: Option<u32>,
}

// SAFETY: the host's pointer is only used on the host's main thread, as CLAP asks for.
unsafe impl Send for Instance {}

/// All instances, by the address of what the host holds.
static INSTANCES: LazyLock<Mutex<HashMap<usize, Instance>>> = LazyLock::new(Mutex::default);

unsafe extern "C" fn init(_path: *const c_char) -> bool {
    setup_logger::<ConAnima>();
    true
}

unsafe extern "C" fn deinit() {}

unsafe extern "C" fn get_factory(id: *const c_char) -> *const c_void {
    if id.is_null() {
        return std::ptr::null();
    }
    // SAFETY: the host gives a C string.
    let id = unsafe { CStr::from_ptr(id) };
    if id == CLAP_PLUGIN_FACTORY_ID {
        return (&raw const FACTORY).cast();
    }
    discovery::factory(id).unwrap_or(std::ptr::null())
}

unsafe extern "C" fn get_plugin_count(_factory: *const clap_plugin_factory) -> u32 {
    1
}

unsafe extern "C" fn get_plugin_descriptor(
    _factory: *const clap_plugin_factory,
    index: u32,
) -> *const clap_plugin_descriptor {
    if index == 0 { DESCRIPTOR.clap_plugin_descriptor() } else { std::ptr::null() }
}

unsafe extern "C" fn create_plugin(
    _factory: *const clap_plugin_factory,
    host: *const clap_host,
    id: *const c_char,
) -> *const clap_plugin {
    // SAFETY: the host gives a C string, or nothing.
    if host.is_null() || id.is_null() || unsafe { CStr::from_ptr(id) } != DESCRIPTOR.clap_id() {
        return std::ptr::null();
    }
    // SAFETY: the host's pointer stays valid as long as its plugins do; the count that is leaked here is taken back by
    // the framework's `destroy`.
    let (plugin, params) =
        newest::made(|| unsafe { (*Arc::into_raw(Wrapper::<ConAnima>::new(host))).clap_plugin.as_ptr() });
    // SAFETY: the host gives a C string, or nothing.
    let name = unsafe { (*host).name.as_ref().map(|name| CStr::from_ptr(name).to_string_lossy()) };
    params.daw.tell_name(name.as_deref().unwrap_or_default());
    // SAFETY: nobody else holds the new instance yet, and its functions are set once.
    let plugin = unsafe { &mut *plugin };
    let (Some(get_extension), Some(activate), Some(destroy)) = (plugin.get_extension, plugin.activate, plugin.destroy)
    else {
        return plugin;
    };
    FRAMEWORK.get_or_init(|| Framework { get_extension, activate, destroy });
    plugin.get_extension = Some(amended_extension);
    plugin.activate = Some(amended_activate);
    plugin.destroy = Some(amended_destroy);
    INSTANCES.lock().insert(std::ptr::from_ref(plugin).addr(), Instance { params, host, told_latency: None });
    plugin
}

unsafe extern "C" fn amended_destroy(plugin: *const clap_plugin) {
    INSTANCES.lock().remove(&plugin.addr());
    if let Some(framework) = FRAMEWORK.get() {
        // SAFETY: called as the host calls it, with the framework's own instance.
        unsafe { (framework.destroy)(plugin) };
    }
}

/// Tells the host of another latency than before, where CLAP asks for it: while the plugin is activated.
unsafe extern "C" fn amended_activate(plugin: *const clap_plugin, rate_hz: f64, least: u32, most: u32) -> bool {
    let Some(framework) = FRAMEWORK.get() else { return false };
    // SAFETY: called as the host calls it, with the framework's own instance.
    let is_active = unsafe { (framework.activate)(plugin, rate_hz, least, most) };
    let mut instances = INSTANCES.lock();
    if let (true, Some(instance)) = (is_active, instances.get_mut(&plugin.addr())) {
        let latency_samples = instance.params.daw.latency_samples();
        let last = instance.told_latency.replace(latency_samples);
        let host = instance.host;
        drop(instances);
        if last.is_some_and(|last| last != latency_samples) {
            // SAFETY: the host's pointer is valid, and this is its main thread.
            unsafe { tell_latency_changed(host) };
        }
    }
    is_active
}

unsafe fn tell_latency_changed(host: *const clap_host) {
    // SAFETY: the host's functions take the host's pointer.
    unsafe {
        let Some(get_extension) = (*host).get_extension else { return };
        let extension: *const clap_host_latency = get_extension(host, CLAP_EXT_LATENCY.as_ptr()).cast();
        if let Some(changed) = extension.as_ref().and_then(|extension| extension.changed) {
            changed(host);
        }
    }
}

unsafe extern "C" fn amended_extension(plugin: *const clap_plugin, id: *const c_char) -> *const c_void {
    let Some(framework) = FRAMEWORK.get() else { return std::ptr::null() };
    // SAFETY: called as the host calls it, with the framework's own instance.
    let original = unsafe { (framework.get_extension)(plugin, id) };
    if id.is_null() {
        return original;
    }
    // SAFETY: the host gives a C string.
    let id = unsafe { CStr::from_ptr(id) };
    if id == CLAP_EXT_PRESET_LOAD || id == CLAP_EXT_PRESET_LOAD_COMPAT {
        return (&raw const PRESET_LOAD).cast();
    }
    if original.is_null() {
        return original;
    }
    if id == CLAP_EXT_PARAMS {
        // SAFETY: by its id this is what the framework gives.
        let original = FRAMEWORK_PARAMS.get_or_init(|| unsafe { *original.cast::<clap_plugin_params>() });
        let amended = PARAMS.get_or_init(|| clap_plugin_params {
            get_info: Some(get_info),
            value_to_text: Some(value_to_text),
            ..*original
        });
        return std::ptr::from_ref(amended).cast();
    }
    if id == CLAP_EXT_STATE {
        // SAFETY: by its id this is what the framework gives.
        let original = FRAMEWORK_STATE.get_or_init(|| unsafe { *original.cast::<clap_plugin_state>() });
        let amended = STATE.get_or_init(|| clap_plugin_state { load: Some(load), ..*original });
        return std::ptr::from_ref(amended).cast();
    }
    if id == CLAP_EXT_LATENCY {
        return (&raw const LATENCY).cast();
    }
    if id == CLAP_EXT_TAIL {
        return (&raw const TAIL).cast();
    }
    original
}

unsafe extern "C" fn latency(plugin: *const clap_plugin) -> u32 {
    INSTANCES.lock().get(&plugin.addr()).map_or(0, |instance| instance.params.daw.latency_samples())
}

/// Whether the state could be read and was not refused.
unsafe extern "C" fn load(plugin: *const clap_plugin, stream: *const clap_istream) -> bool {
    let Some(original) = FRAMEWORK_STATE.get().and_then(|state| state.load) else { return false };
    // SAFETY: called as the host calls it.
    let is_read = unsafe { original(plugin, stream) };
    let is_refused = |instance: &Instance| instance.params.song.is_refused();
    is_read && !INSTANCES.lock().get(&plugin.addr()).is_some_and(is_refused)
}

/// Loads a preset that the host's browser has.
unsafe extern "C" fn from_location(
    plugin: *const clap_plugin,
    kind: u32,
    location: *const c_char,
    key: *const c_char,
) -> bool {
    let instance = INSTANCES.lock().get(&plugin.addr()).map(|instance| (instance.params.clone(), instance.host));
    let (Some((params, host)), Some(framework)) = (instance, FRAMEWORK.get()) else { return false };
    // SAFETY: the host gives C strings, or nothing.
    let [place, name] = [location, key].map(|text| (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }));
    let outcome = loading::read(kind, place, name).and_then(|preset| {
        let state = loading::state(&params, &preset).ok_or("the preset cannot be taken")?;
        let mut stream = loading::Stream::of(&state);
        let raw = stream.raw();
        // SAFETY: as the host would load it, with the framework's own instance.
        let extension = unsafe { (framework.get_extension)(plugin, CLAP_EXT_STATE.as_ptr()) };
        // SAFETY: by its id this is what the framework gives.
        let load = unsafe { extension.cast::<clap_plugin_state>().as_ref() }.and_then(|state| state.load);
        // SAFETY: the stream lives longer than the call.
        let is_loaded = load.is_some_and(|load| unsafe { load(plugin, &raw const raw) });
        if is_loaded { Ok(()) } else { Err("the preset was not loaded".to_owned()) }
    });
    let words = outcome.as_ref().err().and_then(|words| CString::new(words.as_str()).ok()).unwrap_or_default();
    // SAFETY: the host's own pointers, on its main thread.
    unsafe { loading::tell(host, (kind, location, key), outcome.as_ref().map(|_| ()).map_err(|_| words.as_c_str())) };
    outcome.is_ok()
}

/// Endless: the singer may breathe in where nothing comes in any more.
unsafe extern "C" fn tail(_plugin: *const clap_plugin) -> u32 {
    u32::MAX
}

/// What a host may do with a parameter.
fn flags(listed: &Parameter) -> clap_param_info_flags {
    let by_role = match listed.role {
        Role::Automated => CLAP_PARAM_IS_AUTOMATABLE | CLAP_PARAM_IS_MODULATABLE,
        Role::Stepped | Role::Bypass => CLAP_PARAM_IS_AUTOMATABLE,
        Role::Latency | Role::Session => 0,
    };
    let by_kind = match listed.kind {
        Kind::Choice(_) => CLAP_PARAM_IS_ENUM,
        Kind::Continuous { .. } | Kind::Position { .. } | Kind::Whole { .. } | Kind::Switch => 0,
    };
    by_role | by_kind
}

unsafe extern "C" fn get_info(plugin: *const clap_plugin, index: u32, info: *mut clap_param_info) -> bool {
    let Some(listed) = PARAMETERS.get(index as usize) else { return false };
    let Some(original) = FRAMEWORK_PARAMS.get().and_then(|params| params.get_info) else { return false };
    // SAFETY: called as the host calls it; the framework fills what the host points to.
    unsafe {
        if !original(plugin, index, info) {
            return false;
        }
        let decided = CLAP_PARAM_IS_AUTOMATABLE | CLAP_PARAM_IS_MODULATABLE | CLAP_PARAM_IS_ENUM;
        (*info).flags = (*info).flags & !decided | flags(listed);
    }
    true
}

/// The framework's text, with a space before the unit.
unsafe extern "C" fn value_to_text(
    plugin: *const clap_plugin,
    id: u32,
    value: f64,
    text: *mut c_char,
    capacity: u32,
) -> bool {
    let Some(original) = FRAMEWORK_PARAMS.get().and_then(|params| params.value_to_text) else { return false };
    // SAFETY: called as the host calls it; what is written back is no longer than the room that the host gives.
    unsafe {
        if capacity == 0 || !original(plugin, id, value, text, capacity) {
            return false;
        }
        let plain = CStr::from_ptr(text).to_string_lossy().into_owned();
        let Ok(spaced) = CString::new(with_space(&plain)) else { return true };
        let bytes = spaced.as_bytes_with_nul();
        if bytes.len() <= capacity as usize {
            std::ptr::copy_nonoverlapping(bytes.as_ptr().cast(), text, bytes.len());
        }
    }
    true
}

/// A number and the unit behind it, apart.
fn with_space(text: &str) -> String {
    let ends = text.rfind(|letter: char| letter.is_ascii_digit()).map_or(0, |last| last + 1);
    let (number, unit) = text.split_at(ends);
    // Scenes are shown by names, which may hold digits.
    let is_joined = number.parse::<f64>().is_ok() && !unit.is_empty() && !unit.starts_with(' ');
    if is_joined { format!("{number} {unit}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_stand_apart_from_numbers() {
        assert_eq!(with_space("-9.8cents"), "-9.8 cents");
        assert_eq!(with_space("100%"), "100 %");
        assert_eq!(with_space("Phrase"), "Phrase");
        assert_eq!(with_space("12"), "12");
        assert_eq!(with_space("1 Verse"), "1 Verse");
        assert_eq!(with_space("3 Take2b"), "3 Take2b");
    }
}
