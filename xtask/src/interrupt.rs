//! Ctrl-C and a request to end (SIGTERM): what is being written vanishes.
//!
//! In: signals. Out: an error at the next piece of work, so that temporary files are removed on the way out.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::bail;

static IS_ASKED: AtomicBool = AtomicBool::new(false);

/// From now on a signal does not end the program at once; the second one does. Where signals cannot be caught, the
/// first does as before.
pub(crate) fn catch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // A second handler of another library would be an error, and then that library decides.
        let _ = ctrlc::set_handler(|| {
            // Whoever asks twice does not want to wait, for a pipe that nobody writes to, for example.
            if IS_ASKED.swap(true, Ordering::Relaxed) {
                std::process::exit(1);
            }
        });
    });
}

/// Whether the program was asked to end.
pub(crate) fn is_asked() -> bool {
    IS_ASKED.load(Ordering::Relaxed)
}

/// An error once the program was asked to end.
pub(crate) fn check() -> anyhow::Result<()> {
    if is_asked() {
        bail!("interrupted");
    }
    Ok(())
}
