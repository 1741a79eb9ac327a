//! Ardour's programs without a window, in a home of their own.
//!
//! In: a folder for everything temporary. Out: a session made by a Lua script, and exports of it. Nothing of the user's
//! own Ardour is read or written: settings, plugin cache and plugins are in the folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

/// Where Debian puts what is no program of a user's.
const LIBRARIES: &str = "/usr/lib";

/// A program that takes longer than this hangs, seconds. Chosen: an export takes five seconds; longer only waits.
const MOST_S: f64 = 300.0;

/// How often a program is asked whether it has ended, milliseconds. Chosen: no one notices it.
const POLL_MS: u64 = 100;

/// Lines of a program's output that an error shows. Chosen: Ardour says what is wrong last, and goes on a little.
const SHOWN_LINES: usize = 6;

/// An installed Ardour.
pub(super) struct Ardour {
    /// With the version's number, as Debian names its folders and programs.
    name: String,
    home: PathBuf,
}

impl Ardour {
    /// Finds the newest; everything temporary goes into `home`.
    pub(super) fn find(home: PathBuf) -> anyhow::Result<Self> {
        let entries = fs::read_dir(LIBRARIES).with_context(|| format!("cannot read '{LIBRARIES}'"))?;
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let newest = names.filter_map(|name| Some((version(&name)?, name))).max();
        let (_, name) = newest.with_context(|| {
            format!("there is no Ardour: '{LIBRARIES}/ardourN/luasession' is missing; install the package 'ardour'")
        })?;
        fs::create_dir_all(&home).with_context(|| format!("cannot create '{}'", home.display()))?;
        Ok(Self { name, home })
    }

    /// As Debian calls it, such as `ardour7`.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Where it looks for VST3 plugins.
    pub(super) fn plugins(&self) -> PathBuf {
        self.home.join(".vst3")
    }

    /// Has it list the plugin; without that it does not look for any.
    pub(super) fn scan(&self, bundle: &Path) -> anyhow::Result<()> {
        // Its list is dated in whole seconds and must not look older than the plugin, which has just been copied.
        std::thread::sleep(Duration::from_secs(1));
        let mut scanner = self.program(format!("{}-vst3-scanner", self.name.trim_end_matches(char::is_numeric)));
        let said = run(scanner.arg("--force").arg(bundle), &self.home.join("scan.log"))?;
        ensure!(
            said.contains("Found Plugin"),
            "Ardour found no plugin in '{}': {}",
            bundle.display(),
            last_lines(&said)
        );
        Ok(())
    }

    /// Runs a Lua script and returns what it said.
    pub(super) fn lua(&self, script: &Path, args: &[String], log: &Path) -> anyhow::Result<String> {
        run(self.program("luasession".to_owned()).arg(script).args(args), log)
    }

    /// Exports the session in `folder` from its beginning to its end, as 32-bit floats.
    pub(super) fn export(&self, folder: &Path, rate_hz: u32, wav: &Path) -> anyhow::Result<()> {
        if wav.exists() {
            fs::remove_file(wav).with_context(|| format!("cannot replace '{}'", wav.display()))?;
        }
        let mut export = self.program(format!("utils/{}-export", self.name));
        export.args(["--bitdepth", "float", "--samplerate"]).arg(rate_hz.to_string()).arg("--output").arg(wav);
        let said = run(export.arg(folder).arg("session"), &wav.with_extension("log"))?;
        ensure!(wav.exists(), "Ardour exported no '{}': {}", wav.display(), last_lines(&said));
        Ok(())
    }

    fn program(&self, path: String) -> Command {
        let libraries = Path::new(LIBRARIES).join(&self.name);
        let mut command = Command::new(libraries.join(path));
        command.env("HOME", &self.home);
        command.env("XDG_CACHE_HOME", self.home.join("cache")).env("XDG_CONFIG_HOME", self.home.join("config"));
        command.env("LD_LIBRARY_PATH", &libraries).env("ARDOUR_DLL_PATH", &libraries);
        command.env("ARDOUR_DATA_PATH", Path::new("/usr/share").join(&self.name));
        command.env("ARDOUR_CONFIG_PATH", Path::new("/etc").join(&self.name));
        command
    }
}

/// The version in the name of a folder that has Ardour's programs.
fn version(name: &str) -> Option<u32> {
    let version = name.strip_prefix("ardour")?.parse().ok()?;
    Path::new(LIBRARIES).join(name).join("luasession").exists().then_some(version)
}

/// Runs a program with its output in a file, and returns that.
fn run(command: &mut Command, log: &Path) -> anyhow::Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let file = File::create(log).with_context(|| format!("cannot write '{}'", log.display()))?;
    let errors = file.try_clone().with_context(|| format!("cannot write '{}'", log.display()))?;
    let mut child = command.stdin(Stdio::null()).stdout(file).stderr(errors).spawn();
    let child = child.as_mut().map_err(|error| anyhow::anyhow!("cannot run '{name}': {error}"))?;
    let start = Instant::now();
    let status = loop {
        match child.try_wait().with_context(|| format!("cannot wait for '{name}'"))? {
            Some(status) => break status,
            None if start.elapsed().as_secs_f64() > MOST_S => {
                child.kill().with_context(|| format!("cannot end '{name}'"))?;
                child.wait().with_context(|| format!("cannot wait for '{name}'"))?;
                bail!("'{name}' has not ended in {MOST_S} s; see '{}'", log.display());
            }
            None => std::thread::sleep(Duration::from_millis(POLL_MS)),
        }
    };
    let said = fs::read(log).with_context(|| format!("cannot read '{}'", log.display()))?;
    let said = String::from_utf8_lossy(&said).into_owned();
    ensure!(status.success(), "'{name}' ended with {status}; see '{}': {}", log.display(), last_lines(&said));
    Ok(said)
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(SHOWN_LINES)..].join("; ")
}
