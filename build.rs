//! How the plugin's library is linked.

use std::env::var;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // A host's thread that has called the plugin calls it once more when it ends: the standard library keeps what belongs
    // to a thread under a key (`pthread_key_create`) whose destructor lies in this very library. A host that has unloaded
    // the plugin by then would crash, so on ELF systems the library says that it stays (DF_1_NODELETE); macOS keeps what
    // has thread-local variables of its own accord.
    let is_elf = var("CARGO_CFG_UNIX").is_ok() && var("CARGO_CFG_TARGET_VENDOR").as_deref() != Ok("apple");
    if is_elf {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
