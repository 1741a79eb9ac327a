//! `cargo xtask install`: the plugin where the system's hosts look for it.
//!
//! In: the bundles that `bundle con_anima --release` makes. Out: a copy of each in the folder of its format, or, with
//! `--uninstall`, none. A line for each bundle says what was done.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use crate::bundle::Bundle;
use crate::workspace;

mod places;
mod bundle_copy;
pub(crate) use bundle_copy::copy_all;
use bundle_copy::{Place, exists};
use places::{Format, Os, Scope};

/// The bundles' name in bundler.toml.
const NAME: &str = "Con Anima";

/// Build the plugin and put VST3 and CLAP where hosts look for plugins
///
/// An older copy is replaced as a whole, and nothing else is touched. Close the DAW first, or let it scan its plugins
/// again afterwards.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  cargo xtask install\n  cargo xtask install --uninstall")]
pub(crate) struct Install {
    /// For all users of this computer; an administrator must do that
    #[arg(long)]
    system: bool,
    /// Take the plugin away again
    #[arg(long)]
    uninstall: bool,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
}

/// One bundle and where it belongs.
struct Target {
    bundle: PathBuf,
    name: String,
    folder: PathBuf,
    /// Where the other scope has it.
    elsewhere: Option<PathBuf>,
}

impl Install {
    /// Builds, then copies; or removes.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let bundled = workspace::target_folder().join("bundled");
        let targets = self.targets(&bundled, |name| std::env::var_os(name))?;
        let build = || Bundle::release().run();
        let done = self.apply(&targets, build).map_err(|error| self.with_advice(error))?;
        let mut stdout = std::io::stdout();
        done.iter().try_for_each(|line| writeln!(stdout, "{line}")).context("cannot write to stdout")
    }

    fn targets(
        &self,
        bundled: &Path,
        variable: impl Fn(&str) -> Option<std::ffi::OsString>,
    ) -> anyhow::Result<Vec<Target>> {
        let (scope, other) = if self.system { (Scope::System, Scope::User) } else { (Scope::User, Scope::System) };
        let target = |format: Format| {
            let name = format!("{NAME}.{}", format.extension());
            let folder = places::folder(Os::THIS, scope, format, &variable)?.into();
            // Without the other scope's variables there is nothing to look for.
            let elsewhere = places::folder(Os::THIS, other, format, &variable).ok();
            let elsewhere = elsewhere.map(|folder| Path::new(&folder).join(&name));
            Ok(Target { bundle: bundled.join(&name), name, folder, elsewhere })
        };
        Format::ALL.into_iter().map(target).collect()
    }

    /// Does it, and returns the lines that say so.
    fn apply(&self, targets: &[Target], build: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<Vec<String>> {
        if self.dry_run {
            return Ok(targets.iter().map(|target| self.intention(target)).collect());
        }
        if self.uninstall {
            return targets.iter().map(remove).collect();
        }
        // Whether they may be written is known before minutes are spent on building.
        let places = targets.iter().map(|target| Place::open(&target.folder)).collect::<anyhow::Result<Vec<_>>>()?;
        build()?;
        for (target, place) in targets.iter().zip(&places) {
            ensure!(target.bundle.exists(), "building made no '{}'", target.bundle.display());
            place.stage(&target.bundle)?;
        }
        let mut lines = Vec::new();
        for (target, place) in targets.iter().zip(places) {
            let was_there = place.replace(&target.name)?;
            let what = if was_there { "replaced" } else { "installed" };
            lines.push(format!("{what} '{}'", target.folder.join(&target.name).display()));
        }
        let elsewhere = targets.iter().filter_map(|target| target.elsewhere.as_ref()).filter(|path| exists(path));
        lines.extend(elsewhere.map(|path| format!("note: there is another copy, '{}'", path.display())));
        Ok(lines)
    }

    fn intention(&self, target: &Target) -> String {
        let path = target.folder.join(&target.name);
        match (self.uninstall, exists(&path)) {
            (true, true) => format!("would remove '{}'", path.display()),
            (true, false) => format!("would remove nothing: there is no '{}'", path.display()),
            (false, true) => format!("would replace '{}'", path.display()),
            (false, false) => format!("would install '{}'", path.display()),
        }
    }

    /// What helps where the system refuses.
    fn with_advice(&self, error: anyhow::Error) -> anyhow::Error {
        let cause = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        let is_refused = cause == Some(std::io::ErrorKind::PermissionDenied);
        match (is_refused, self.system, cfg!(windows)) {
            (false, ..) => error,
            (true, true, true) => error.context("use an administrator's command line, and close the DAW"),
            (true, true, false) => {
                let uninstall = if self.uninstall { " --uninstall" } else { "" };
                let command = format!("sudo env \"PATH=$PATH\" cargo xtask install --system{uninstall}");
                error.context(format!("an administrator may: {command}"))
            }
            (true, false, true) => error.context("close the DAW, which may hold the plugin open"),
            (true, false, false) => error.context("the folder is not yours; an administrator can change that"),
        }
    }
}

fn remove(target: &Target) -> anyhow::Result<String> {
    let path = target.folder.join(&target.name);
    if !exists(&path) {
        return Ok(format!("nothing to remove: there is no '{}'", path.display()));
    }
    Place::open(&target.folder)?.remove(&target.name)?;
    Ok(format!("removed '{}'", path.display()))
}

#[cfg(test)]
mod tests;
