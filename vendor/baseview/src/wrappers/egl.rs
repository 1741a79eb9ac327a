use crate::platform::gl::GlCreationFailedError;
use libloading::Library;
use std::ffi::{c_void, CStr};
use std::rc::Rc;

mod bound_api;
mod config;
mod context;
mod display;
mod error;
mod extensions;
mod surface;
mod sys;

use sys::Functions;

use crate::wrappers::egl::extensions::Extensions;
pub use bound_api::BoundApi;
pub use config::EglConfig;
pub use context::EglContext;
pub use display::{EglDisplay, EglVersion};
pub use error::EglError;
pub use surface::EglSurface;
pub use sys::MissingSymbolError;

struct EglInner {
    _library: Library,
    functions: Functions,
}

/// Con Anima: what Mesa keeps for the whole process is lost when it is unloaded, and made again with the next window, so
/// that the library stays once it is loaded.
unsafe fn open_for_good(name: &str) -> Result<Library, libloading::Error> {
    use libloading::os::unix;
    /// Of `<dlfcn.h>` on Linux.
    const RTLD_NODELETE: std::ffi::c_int = 0x1000;
    let flags = unix::RTLD_LAZY | unix::RTLD_LOCAL | RTLD_NODELETE;
    Ok(unsafe { unix::Library::open(Some(name), flags) }?.into())
}

#[derive(Clone)]
pub struct Egl {
    inner: Rc<EglInner>,
}

impl Egl {
    pub fn open() -> Result<Self, GlCreationFailedError> {
        let library = unsafe { open_for_good("libEGL.so.1").or_else(|_| open_for_good("libEGL.so")) }?;

        let functions = unsafe { Functions::load_from(&library)? };

        Ok(Self { inner: Rc::new(EglInner { _library: library, functions }) })
    }

    pub fn with_opengl<T>(&self, handler: impl FnOnce(&BoundApi) -> T) -> Result<T, EglError> {
        let api = BoundApi::new(self)?;
        Ok(handler(&api))
    }

    pub fn query_client_extensions(&self) -> Extensions {
        Extensions::new(self)
    }

    pub fn get_proc_address(&self, proc_name: &CStr) -> *const c_void {
        unsafe { (self.inner.functions.eglGetProcAddress)(proc_name.as_ptr()) }
    }
}
