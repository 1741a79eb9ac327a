//! `cargo xtask bundle`: CLAP and VST3 bundles, by the framework's own bundler.

use std::fs;
use std::path::Path;

use anyhow::Context;

use crate::workspace;

/// Where the VST3 bundle is, in the target folder.
pub(crate) const VST3_BUNDLE: &str = "bundled/Con Anima.vst3";

/// Build the plugin and bundle it as CLAP and VST3 into target/bundled
#[derive(clap::Args)]
#[command(after_help = "Example:\n  cargo xtask bundle con_anima --release")]
pub(crate) struct Bundle {
    /// The package, then whatever `cargo build` takes
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true, value_name = "PACKAGE | OPTION")]
    args: Vec<String>,
}

impl Bundle {
    /// Bundles the plugin as a user gets it.
    pub(crate) fn release() -> Self {
        Self { args: ["con_anima", "--release"].map(str::to_owned).to_vec() }
    }

    /// Builds and bundles.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        nice_plug_xtask::main_with_args("cargo xtask", std::iter::once("bundle".to_owned()).chain(self.args))?;
        describe(&workspace::target_folder().join(VST3_BUNDLE))
    }
}

/// Writes what hosts read without loading the library, if there is a bundle.
fn describe(bundle: &Path) -> anyhow::Result<()> {
    if !bundle.is_dir() {
        return Ok(());
    }
    let folder = bundle.join("Contents/Resources");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create '{}'", folder.display()))?;
    let path = folder.join("moduleinfo.json");
    fs::write(&path, con_anima::plugin::module_info()).with_context(|| format!("cannot write '{}'", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_is_described_in_json_and_none_is_made() {
        let folder = std::env::temp_dir().join(format!("con_anima_bundle_{}", std::process::id()));
        let bundle = folder.join("Con Anima.vst3");
        describe(&bundle).expect("nothing to do");
        assert!(!bundle.exists());
        fs::create_dir_all(&bundle).expect("it can be made");
        describe(&bundle).expect("it can be written");
        let text = fs::read_to_string(bundle.join("Contents/Resources/moduleinfo.json")).expect("it is there");
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(json["Classes"][0]["Name"], "Con Anima");
        fs::remove_dir_all(&folder).expect("it can be deleted");
    }
}
