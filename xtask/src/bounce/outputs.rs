//! The files that a bounce writes: first temporary files, which are all renamed at the end.
//!
//! In: paths from the command line, contents. Out: complete files, or none.

use std::fs::File;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use tempfile::NamedTempFile;

use super::events::Format;
use crate::wav_write::Container;

/// The extensions of files that a picture can be written to.
pub(crate) const PLOT_EXTENSIONS: [&str; 2] = ["svg", "png"];
/// The extensions of files that sound can be written to.
pub(super) const SOUND_EXTENSIONS: [&str; 2] = ["wav", "flac"];

/// The path that is standard output.
const PIPE: &str = "-";

/// The beginning of the names of files that are not complete.
const UNFINISHED: &str = ".con_anima_";

/// An unfinished file that nobody has locked is one that a killed run left, unless it was made just now: then its lock
/// may be to come. Chosen: far longer than that takes.
const FRESH: Duration = Duration::from_secs(10);

/// One file to write.
#[derive(Clone, Debug, PartialEq)]
pub struct Destination {
    path: PathBuf,
    may_replace: bool,
}

/// All files to write, checked.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Destinations {
    /// The demo vocal as it was.
    pub(super) before: Option<Destination>,
    /// The bounce.
    pub(super) after: Destination,
    /// The plot.
    pub(super) plot: Option<Destination>,
    /// The page.
    pub(super) report: Option<Destination>,
    /// The list of events, and its format.
    pub(super) events: Option<(Destination, Format)>,
}

impl Destinations {
    /// Refuses places that cannot or must not be written. `sources` are the files that are read.
    pub(super) fn check(&self, sources: &[&Path]) -> anyhow::Result<()> {
        let sounds = self.before.iter().chain([&self.after]).map(|sound| (sound, &SOUND_EXTENSIONS[..]));
        let plots = self.plot.iter().map(|plot| (plot, &PLOT_EXTENSIONS[..]));
        let events = self.events.iter().map(|(events, _)| (events, &Format::EXTENSIONS[..]));
        let reports = self.report.iter().map(|report| (report, &["html"][..]));
        let all: Vec<_> = sounds
            .chain(plots)
            .chain(reports)
            .chain(events)
            .filter(|(destination, _)| !destination.is_pipe())
            .collect();
        for (index, (destination, extensions)) in all.iter().enumerate() {
            destination.check(extensions, sources)?;
            let is_twice = all[..index].iter().any(|(other, _)| is_same(&other.path, &destination.path));
            ensure!(!is_twice, "cannot write '{}' twice", destination.path.display());
        }
        Ok(())
    }

    /// The kind of file that is written; a pipe has no name that tells it.
    pub(super) fn container(&self, of_pipe: Container) -> Container {
        match self.after.path.extension() {
            _ if self.after.is_pipe() => of_pipe,
            Some(extension) if extension.eq_ignore_ascii_case("flac") => Container::Flac,
            _ => Container::Wav,
        }
    }

    /// The same, which may replace what an earlier run left: the sound if `with_sound`, and all that is made beside it.
    pub(super) fn replacing(&self, with_sound: bool) -> Self {
        let replacing = |one: &Option<Destination>| one.as_ref().map(Destination::replacing);
        Self {
            before: self.before.clone(),
            after: if with_sound { self.after.replacing() } else { self.after.clone() },
            plot: replacing(&self.plot),
            report: replacing(&self.report),
            events: self.events.as_ref().map(|(events, format)| (events.replacing(), *format)),
        }
    }

    /// Every path that is written to.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        let events = self.events.iter().map(|(events, _)| events);
        let all = self.before.iter().chain([&self.after]).chain(&self.plot).chain(&self.report).chain(events);
        all.map(|destination| destination.path.as_path())
    }
}

impl Destination {
    /// A place that is not checked yet.
    pub(super) fn unchecked(path: PathBuf, may_replace: bool) -> Self {
        Self { path, may_replace }
    }

    /// Whether it is standard output.
    pub(super) fn is_pipe(&self) -> bool {
        self.path == Path::new(PIPE)
    }

    /// Whether the folder it is in exists, or is made by nobody.
    pub(super) fn has_folder(&self) -> bool {
        self.is_pipe() || folder_of(&self.path).is_dir()
    }

    /// The same, which may replace a file of an earlier run.
    pub(super) fn replacing(&self) -> Self {
        Self { may_replace: true, ..self.clone() }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn folder(&self) -> PathBuf {
        if self.is_pipe() { std::env::temp_dir() } else { folder_of(&self.path).to_owned() }
    }

    /// A file that can be written, has one of these extensions and is none of `sources`.
    pub fn new(path: &Path, may_replace: bool, extensions: &[&str], sources: &[&Path]) -> anyhow::Result<Self> {
        let destination = Self { path: path.to_owned(), may_replace };
        destination.check(extensions, sources).map(|()| destination)
    }

    fn check(&self, extensions: &[&str], sources: &[&Path]) -> anyhow::Result<()> {
        self.check_place(extensions, sources).with_context(|| format!("cannot write '{}'", self.path.display()))
    }

    fn check_place(&self, extensions: &[&str], sources: &[&Path]) -> anyhow::Result<()> {
        let is_actual = |extension| self.path.extension().is_some_and(|actual| actual.eq_ignore_ascii_case(extension));
        ensure!(extensions.iter().any(is_actual), "its name must end in {}", listed(extensions));
        if let Some(source) = sources.iter().find(|source| is_same(source, &self.path)) {
            bail!("it is the same file as the input '{}'", source.display());
        }
        // A link that leads nowhere would be replaced too, so it counts.
        if let Ok(metadata) = self.path.symlink_metadata() {
            ensure!(!metadata.is_dir(), "it is a folder");
            ensure!(self.may_replace, "it exists; --force replaces it");
        }
        // Whether a file can be made there is tested by making one, without a name where the system allows that.
        let folder = folder_of(&self.path);
        tempfile::tempfile_in(folder)
            .map(|_| ())
            .with_context(|| format!("no file can be made in '{}'", folder.display()))
    }
}

/// ".a, .b or .c".
fn listed(extensions: &[&str]) -> String {
    match extensions {
        [others @ .., last] if !others.is_empty() => format!(".{} or .{last}", others.join(", .")),
        _ => format!(".{}", extensions.concat()),
    }
}

/// The folder that a path is in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether two paths lead to one file: by device and file number where both exist, so through links of both kinds.
fn is_same(a: &Path, b: &Path) -> bool {
    let place = |path: &Path| Some(folder_of(path).canonicalize().ok()?.join(path.file_name()?));
    same_file::is_same_file(a, b).unwrap_or(false) || place(a).is_some_and(|a| Some(a) == place(b))
}

/// Files that are written but have no name yet. If this is dropped, they vanish.
#[derive(Default)]
pub struct Outputs(Vec<(NamedTempFile, Destination)>);

impl Outputs {
    /// Writes one file without a name, in the folder of its destination.
    pub fn add(
        &mut self,
        destination: &Destination,
        fill: impl FnOnce(&mut File) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let context = || format!("cannot write '{}'", destination.path.display());
        let folder = destination.folder();
        remove_abandoned(&folder);
        let mut temporary = new_file(&folder).with_context(context)?;
        fill(temporary.as_file_mut()).with_context(context)?;
        self.0.push((temporary, destination.clone()));
        Ok(())
    }

    /// Replaces the file that was added last by what `change` makes of it: it reads the first path and writes the
    /// second.
    pub(super) fn change_last<T>(
        &mut self,
        change: impl FnOnce(&Path, &Path) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let (temporary, destination) = self.0.last_mut().context("there is no file yet")?;
        let context = || format!("cannot write '{}'", destination.path.display());
        let changed = new_file(&destination.folder()).with_context(context)?;
        if cfg!(windows) {
            // There a locked file cannot be read by another program. Elsewhere the lock says that it is not abandoned.
            temporary.as_file().unlock().and_then(|()| changed.as_file().unlock()).with_context(context)?;
        }
        let told = change(temporary.path(), changed.path()).with_context(context)?;
        *temporary = changed;
        Ok(told)
    }

    /// Gives every file its name and returns the names.
    pub fn publish(self) -> anyhow::Result<Vec<PathBuf>> {
        let publish_one = |(mut temporary, destination): (NamedTempFile, Destination)| {
            if destination.is_pipe() {
                to_pipe(temporary.as_file_mut()).context("cannot write to standard output")?;
                return Ok(None);
            }
            let path = destination.path;
            let named = match destination.may_replace {
                true => temporary.persist(&path),
                false => temporary.persist_noclobber(&path),
            };
            named.map_err(|error| error.error).with_context(|| format!("cannot write '{}'", path.display()))?;
            Ok(Some(path))
        };
        self.0.into_iter().filter_map(|one| publish_one(one).transpose()).collect()
    }
}

fn new_file(folder: &Path) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED);
    #[cfg(unix)]
    {
        // A user's own files are readable as their umask says; temporary files are private by default.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let temporary = builder.tempfile_in(folder)?;
    // Where a file cannot be locked, it is never taken for an abandoned one either.
    let _ = temporary.as_file().lock();
    Ok(temporary)
}

/// Removes unfinished files that killed runs left in a folder: those that no living run has locked.
fn remove_abandoned(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let unfinished = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(UNFINISHED));
    for path in unfinished.map(|entry| entry.path()) {
        let Ok(file) = File::options().read(true).write(true).open(&path) else { continue };
        let is_fresh = file.metadata().is_ok_and(|metadata| {
            metadata.len() == 0 && metadata.modified().is_ok_and(|time| time.elapsed().is_ok_and(|age| age < FRESH))
        });
        if !is_fresh && file.try_lock().is_ok() {
            // Another run may be quicker.
            let _ = std::fs::remove_file(&path);
        }
    }
}

fn to_pipe(file: &mut File) -> std::io::Result<()> {
    file.rewind()?;
    let mut pipe = std::io::stdout().lock();
    std::io::copy(file, &mut pipe)?;
    pipe.flush()
}
