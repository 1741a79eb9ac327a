//! `cargo xtask bundle`: CLAP and VST3 bundles, by the framework's own bundler.

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
        nice_plug_xtask::main_with_args("cargo xtask", std::iter::once("bundle".to_owned()).chain(self.args))
    }
}
