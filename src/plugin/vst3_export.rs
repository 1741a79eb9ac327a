//! The VST3 entry points and factory.
//!
//! In: a host's calls. Out: instances of the [`Component`], which is the framework's with some answers of its own.

#![allow(unsafe_code, reason = "VST3 is a binary interface: pointers and functions as its headers have them")]
#![allow(non_snake_case, reason = "names as VST3 has them")]

use std::ffi::c_void;

use nice_plug::wrapper::setup_logger;
use nice_plug::wrapper::vst3::PluginInfo;
use nice_plug::wrapper::vst3::vst3::Steinberg::{
    FIDString, FUnknown, IPluginFactory, IPluginFactory2, IPluginFactory2Trait, IPluginFactory3, IPluginFactory3Trait,
    IPluginFactoryTrait, PClassInfo, PClassInfo2, PClassInfoW, PFactoryInfo, TUID, int32, kInvalidArgument, kResultOk,
    tresult,
};
use nice_plug::wrapper::vst3::vst3::{Class, ComWrapper};

use super::ConAnima;

mod component;
use component::Component;

/// The library's factory, by the name that VST3 hosts look for.
#[unsafe(no_mangle)]
pub(super) extern "system" fn GetPluginFactory() -> *mut c_void {
    let factory = ComWrapper::new(Factory { info: PluginInfo::for_plugin::<ConAnima>() });
    factory.to_com_ptr::<IPluginFactory>().map_or(std::ptr::null_mut(), |factory| factory.into_raw().cast())
}

/// The library was loaded.
#[unsafe(no_mangle)]
#[cfg(all(target_family = "unix", not(target_os = "macos")))]
pub(super) extern "C" fn ModuleEntry(_library: *mut c_void) -> bool {
    setup_logger::<ConAnima>();
    true
}

/// The library will be unloaded.
#[unsafe(no_mangle)]
#[cfg(all(target_family = "unix", not(target_os = "macos")))]
pub(super) extern "C" fn ModuleExit() -> bool {
    true
}

/// The library was loaded.
#[unsafe(no_mangle)]
#[cfg(target_os = "macos")]
pub(super) extern "C" fn bundleEntry(_library: *mut c_void) -> bool {
    setup_logger::<ConAnima>();
    true
}

/// The library will be unloaded.
#[unsafe(no_mangle)]
#[cfg(target_os = "macos")]
pub(super) extern "C" fn bundleExit() -> bool {
    true
}

/// The library was loaded.
#[unsafe(no_mangle)]
#[cfg(target_os = "windows")]
pub(super) extern "system" fn InitDll() -> bool {
    setup_logger::<ConAnima>();
    true
}

/// The library will be unloaded.
#[unsafe(no_mangle)]
#[cfg(target_os = "windows")]
pub(super) extern "system" fn ExitDll() -> bool {
    true
}

/// Makes instances.
struct Factory {
    info: PluginInfo,
}

impl Class for Factory {
    type Interfaces = (IPluginFactory, IPluginFactory2, IPluginFactory3);
}

impl Factory {
    /// Writes what is asked of the one class where the host points to.
    ///
    /// # Safety
    /// `place` is null or can be written to.
    unsafe fn tell<T>(&self, index: int32, place: *mut T, make: impl Fn(&PluginInfo) -> T) -> tresult {
        if index != 0 || place.is_null() {
            return kInvalidArgument;
        }
        // SAFETY: the caller's.
        unsafe { place.write(make(&self.info)) };
        kResultOk
    }
}

impl IPluginFactoryTrait for Factory {
    unsafe fn getFactoryInfo(&self, info: *mut PFactoryInfo) -> tresult {
        // SAFETY: the host gives a place to write to, or nothing.
        unsafe { self.tell(0, info, PluginInfo::create_factory_info) }
    }

    unsafe fn countClasses(&self) -> int32 {
        1
    }

    unsafe fn getClassInfo(&self, index: int32, info: *mut PClassInfo) -> tresult {
        // SAFETY: the host gives a place to write to, or nothing.
        unsafe { self.tell(index, info, PluginInfo::create_class_info) }
    }

    unsafe fn createInstance(&self, cid: FIDString, iid: FIDString, object: *mut *mut c_void) -> tresult {
        if cid.is_null() || iid.is_null() || object.is_null() {
            return kInvalidArgument;
        }
        // SAFETY: class ids are 16 bytes.
        if unsafe { &*cid.cast::<[u8; 16]>() } != self.info.cid {
            return kInvalidArgument;
        }
        let component = ComWrapper::new(Component::new());
        let Some(unknown) = component.as_com_ref::<FUnknown>() else { return kInvalidArgument };
        let unknown = unknown.as_ptr();
        // SAFETY: the object is alive, and the host gives an interface id and a place for the pointer.
        unsafe { ((*(*unknown).vtbl).queryInterface)(unknown, iid.cast::<TUID>(), object) }
    }
}

impl IPluginFactory2Trait for Factory {
    unsafe fn getClassInfo2(&self, index: int32, info: *mut PClassInfo2) -> tresult {
        // SAFETY: the host gives a place to write to, or nothing.
        unsafe { self.tell(index, info, PluginInfo::create_class_info_2) }
    }
}

impl IPluginFactory3Trait for Factory {
    unsafe fn getClassInfoUnicode(&self, index: int32, info: *mut PClassInfoW) -> tresult {
        // SAFETY: the host gives a place to write to, or nothing.
        unsafe { self.tell(index, info, PluginInfo::create_class_info_unicode) }
    }

    unsafe fn setHostContext(&self, _context: *mut FUnknown) -> tresult {
        kResultOk
    }
}
