//! The presets in a CLAP host's own browser: the factory's, which are in the plugin, and the user's, which are files.
//!
//! In: a host that looks for presets. Out: where they are, and what each is called and for.

use std::ffi::{CStr, CString, c_char, c_void};
use std::path::Path;

use clap_sys::factory::preset_discovery::{
    CLAP_PRESET_DISCOVERY_FACTORY_ID, CLAP_PRESET_DISCOVERY_FACTORY_ID_COMPAT,
    CLAP_PRESET_DISCOVERY_IS_FACTORY_CONTENT, CLAP_PRESET_DISCOVERY_IS_USER_CONTENT,
    CLAP_PRESET_DISCOVERY_LOCATION_FILE, CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN, clap_preset_discovery_factory,
    clap_preset_discovery_filetype, clap_preset_discovery_indexer, clap_preset_discovery_location,
    clap_preset_discovery_metadata_receiver, clap_preset_discovery_provider, clap_preset_discovery_provider_descriptor,
};
use clap_sys::universal_plugin_id::clap_universal_plugin_id;
use clap_sys::version::CLAP_VERSION;

use crate::presets::{FACTORY, Preset, read_file, user_folder};

/// As [`super::ConAnima`] is known to CLAP hosts.
const PLUGIN_ID: &CStr = c"audio.con-anima.con-anima";
const PROVIDER_ID: &CStr = c"audio.con-anima.presets";
const VENDOR: &CStr = c"Con Anima";

static FACTORY_OF_PROVIDERS: clap_preset_discovery_factory =
    clap_preset_discovery_factory { count: Some(count), get_descriptor: Some(get_descriptor), create: Some(create) };

static DESCRIPTOR: clap_preset_discovery_provider_descriptor = clap_preset_discovery_provider_descriptor {
    clap_version: CLAP_VERSION,
    id: PROVIDER_ID.as_ptr(),
    name: VENDOR.as_ptr(),
    vendor: VENDOR.as_ptr(),
};

/// The factory of providers, if this is its id.
pub(super) fn factory(id: &CStr) -> Option<*const c_void> {
    let is_asked = id == CLAP_PRESET_DISCOVERY_FACTORY_ID || id == CLAP_PRESET_DISCOVERY_FACTORY_ID_COMPAT;
    is_asked.then_some((&raw const FACTORY_OF_PROVIDERS).cast())
}

/// A provider, and the host's end of it.
struct Provider {
    /// What the host holds; its data is this.
    provider: clap_preset_discovery_provider,
    indexer: *const clap_preset_discovery_indexer,
}

unsafe extern "C" fn count(_factory: *const clap_preset_discovery_factory) -> u32 {
    1
}

unsafe extern "C" fn get_descriptor(
    _factory: *const clap_preset_discovery_factory,
    index: u32,
) -> *const clap_preset_discovery_provider_descriptor {
    if index == 0 { &raw const DESCRIPTOR } else { std::ptr::null() }
}

unsafe extern "C" fn create(
    _factory: *const clap_preset_discovery_factory,
    indexer: *const clap_preset_discovery_indexer,
    id: *const c_char,
) -> *const clap_preset_discovery_provider {
    // SAFETY: the host gives a C string, or nothing.
    if indexer.is_null() || id.is_null() || unsafe { CStr::from_ptr(id) } != PROVIDER_ID {
        return std::ptr::null();
    }
    let provider = clap_preset_discovery_provider {
        desc: &raw const DESCRIPTOR,
        provider_data: std::ptr::null_mut(),
        init: Some(init),
        destroy: Some(destroy),
        get_metadata: Some(get_metadata),
        get_extension: Some(get_extension),
    };
    let made = Box::leak(Box::new(Provider { provider, indexer }));
    made.provider.provider_data = std::ptr::from_mut(made).cast();
    &raw const made.provider
}

unsafe extern "C" fn destroy(provider: *const clap_preset_discovery_provider) {
    // SAFETY: made by `create`, and destroyed once.
    drop(unsafe { Box::from_raw((*provider).provider_data.cast::<Provider>()) });
}

unsafe extern "C" fn get_extension(
    _provider: *const clap_preset_discovery_provider,
    _id: *const c_char,
) -> *const c_void {
    std::ptr::null()
}

/// Tells the host where presets are.
unsafe extern "C" fn init(provider: *const clap_preset_discovery_provider) -> bool {
    // SAFETY: made by `create`; the indexer lives as long as its providers.
    let indexer = unsafe { (*(*provider).provider_data.cast::<Provider>()).indexer };
    // SAFETY: as above.
    let (Some(declare_filetype), Some(declare_location)) =
        (unsafe { ((*indexer).declare_filetype, (*indexer).declare_location) })
    else {
        return false;
    };
    let inside = clap_preset_discovery_location {
        flags: CLAP_PRESET_DISCOVERY_IS_FACTORY_CONTENT,
        name: c"Con Anima".as_ptr(),
        kind: CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN,
        location: std::ptr::null(),
    };
    // SAFETY: the host copies what it is told.
    if !unsafe { declare_location(indexer, &raw const inside) } {
        return false;
    }
    let folder = user_folder().filter(|folder| folder.is_dir());
    let Some(folder) = folder.and_then(|folder| CString::new(folder.to_string_lossy().into_owned()).ok()) else {
        return true;
    };
    let filetype = clap_preset_discovery_filetype {
        name: c"Con Anima preset".as_ptr(),
        description: c"Values of Con Anima's parameters".as_ptr(),
        file_extension: c"toml".as_ptr(),
    };
    let outside = clap_preset_discovery_location {
        flags: CLAP_PRESET_DISCOVERY_IS_USER_CONTENT,
        name: c"Yours".as_ptr(),
        kind: CLAP_PRESET_DISCOVERY_LOCATION_FILE,
        location: folder.as_ptr(),
    };
    // SAFETY: the host copies what it is told.
    unsafe { declare_filetype(indexer, &raw const filetype) && declare_location(indexer, &raw const outside) }
}

/// Tells the host of the presets at one place.
unsafe extern "C" fn get_metadata(
    _provider: *const clap_preset_discovery_provider,
    kind: u32,
    location: *const c_char,
    receiver: *const clap_preset_discovery_metadata_receiver,
) -> bool {
    if receiver.is_null() {
        return false;
    }
    if kind == CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN {
        return FACTORY.iter().all(|preset| {
            let (Ok(read), Ok(key)) = (preset.read(), CString::new(preset.name)) else { return false };
            // SAFETY: the host's receiver lives for this call.
            unsafe { tell(receiver, &read, Some(&key)) }
        });
    }
    if location.is_null() {
        return false;
    }
    // SAFETY: the host gives a C string.
    let path = unsafe { CStr::from_ptr(location) }.to_string_lossy().into_owned();
    match read_file(Path::new(&path)) {
        // SAFETY: the host's receiver lives for this call.
        Ok(preset) => unsafe { tell(receiver, &preset, None) },
        Err(error) => {
            // SAFETY: as above.
            if let (Some(on_error), Ok(words)) = (unsafe { (*receiver).on_error }, CString::new(error.to_string())) {
                // SAFETY: the host copies what it is told.
                unsafe { on_error(receiver, 0, words.as_ptr()) };
            }
            false
        }
    }
}

/// Tells the host of one preset; one without a key is alone in its file.
unsafe fn tell(receiver: *const clap_preset_discovery_metadata_receiver, preset: &Preset, key: Option<&CStr>) -> bool {
    let words = [&preset.name, &preset.hint, &preset.purpose].map(|words| CString::new(words.as_str()));
    let [Ok(name), Ok(hint), Ok(purpose)] = words else { return false };
    // SAFETY: the host's receiver lives for this call, and the host copies what it is told.
    unsafe {
        let host = &*receiver;
        let Some(begin_preset) = host.begin_preset else { return false };
        if !begin_preset(receiver, name.as_ptr(), key.map_or(std::ptr::null(), CStr::as_ptr)) {
            return false;
        }
        let id = clap_universal_plugin_id { abi: c"clap".as_ptr(), id: PLUGIN_ID.as_ptr() };
        host.add_plugin_id.into_iter().for_each(|add| add(receiver, &raw const id));
        host.set_description.into_iter().for_each(|set| set(receiver, hint.as_ptr()));
        if let Some(add_extra_info) = host.add_extra_info {
            add_extra_info(receiver, c"purpose".as_ptr(), purpose.as_ptr());
        }
        if key.is_some() {
            host.set_flags.into_iter().for_each(|set| set(receiver, CLAP_PRESET_DISCOVERY_IS_FACTORY_CONTENT));
            host.add_creator.into_iter().for_each(|add| add(receiver, VENDOR.as_ptr()));
        }
    }
    true
}
