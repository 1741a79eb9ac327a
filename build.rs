//! How the plugin's library is linked.

use std::env::var;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // A host's thread that has called the plugin calls it once more as it ends: the standard library keeps what belongs
    // to a thread under a key (`pthread_key_create`) whose destructor lies in this very library. A host that unloaded
    // the plugin before would crash, so on ELF systems the library says that it stays (DF_1_NODELETE). Elsewhere the
    // standard library does not do so.
    let is_elf = var("CARGO_CFG_UNIX").is_ok() && var("CARGO_CFG_TARGET_VENDOR").as_deref() != Ok("apple");
    if is_elf {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
