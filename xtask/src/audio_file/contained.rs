//! Panics of decoders become errors: some panic at damaged files.
//!
//! In: a call of a decoder. Out: its result, or nothing if it panicked; then nothing is printed.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static IS_CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// Calls a decoder. Only the calling thread's panics are kept quiet; those of others are reported as ever.
pub(super) fn contained<T>(call: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let report = take_hook();
        set_hook(Box::new(move |panic| {
            if !IS_CONTAINED.get() {
                report(panic);
            }
        }));
    });
    let was_contained = IS_CONTAINED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(call));
    IS_CONTAINED.set(was_contained);
    result.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_nothing_and_a_result_is_itself() {
        assert_eq!(contained(|| 3), Some(3));
        assert_eq!(contained(|| [1, 2][std::hint::black_box(2)]), None);
    }
}
