//! The files that a bounce writes: first temporary files, which are all renamed at the end.
//!
//! In: paths from the command line, contents. Out: complete files, or none.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use tempfile::NamedTempFile;

use super::Bounce;
use super::events::Format;
use crate::workspace;

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
    /// The list of events, and its format.
    pub(super) events: Option<(Destination, Format)>,
}

impl Destinations {
    /// Finds the places and refuses those that cannot or must not be written.
    pub(super) fn new(bounce: &Bounce) -> anyhow::Result<Self> {
        let given = |path: &PathBuf| Destination { path: path.clone(), may_replace: bounce.force };
        // A name without a known format is refused below, together with all names.
        let events = bounce.events.as_ref().map(|path| (given(path), Format::of(path).unwrap_or_default()));
        let destinations = match &bounce.input {
            None => {
                let folder = workspace::target_folder().join("bounce");
                std::fs::create_dir_all(&folder).with_context(|| format!("cannot make '{}'", folder.display()))?;
                let own = |name: &str| Destination { path: folder.join(name), may_replace: true };
                Self {
                    before: Some(own("demo_before.wav")),
                    after: bounce.output.as_ref().map_or_else(|| own("demo_after.wav"), given),
                    plot: Some(bounce.plot.as_ref().map_or_else(|| own("demo_pitch.svg"), given)),
                    events,
                }
            }
            Some(input) => Self {
                before: None,
                after: given(&bounce.output.clone().unwrap_or_else(|| beside(input))),
                plot: bounce.plot.as_ref().map(given),
                events,
            },
        };
        destinations.check(bounce)?;
        Ok(destinations)
    }

    fn check(&self, bounce: &Bounce) -> anyhow::Result<()> {
        let preset = bounce.preset.as_ref().map(PathBuf::from);
        let sources: Vec<&Path> = [&bounce.input, &bounce.automation, &bounce.scenes, &bounce.score, &preset]
            .into_iter()
            .flatten()
            .map(PathBuf::as_path)
            .collect();
        let wavs = self.before.iter().chain([&self.after]).map(|wav| (wav, &["wav"][..]));
        let plots = self.plot.iter().map(|plot| (plot, &["svg"][..]));
        let events = self.events.iter().map(|(events, _)| (events, &Format::EXTENSIONS[..]));
        let all: Vec<_> = wavs.chain(plots).chain(events).collect();
        for (index, (destination, extensions)) in all.iter().enumerate() {
            destination.check(extensions, &sources)?;
            let is_twice = all[..index].iter().any(|(other, _)| is_same(&other.path, &destination.path));
            ensure!(!is_twice, "cannot write '{}' twice", destination.path.display());
        }
        Ok(())
    }
}

impl Destination {
    /// A file that can be written, has this extension and is none of `sources`.
    pub fn new(path: &Path, may_replace: bool, extension: &str, sources: &[&Path]) -> anyhow::Result<Self> {
        let destination = Self { path: path.to_owned(), may_replace };
        destination.check(&[extension], sources).map(|()| destination)
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

fn beside(input: &Path) -> PathBuf {
    let mut name = input.file_stem().unwrap_or_default().to_owned();
    name.push("_con_anima.wav");
    input.with_file_name(name)
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
        let mut temporary = new_file(folder_of(&destination.path)).with_context(context)?;
        fill(temporary.as_file_mut()).with_context(context)?;
        self.0.push((temporary, destination.clone()));
        Ok(())
    }

    /// Gives every file its name and returns the names.
    pub fn publish(self) -> anyhow::Result<Vec<PathBuf>> {
        let publish_one = |(temporary, destination): (NamedTempFile, Destination)| {
            let path = destination.path;
            let named = match destination.may_replace {
                true => temporary.persist(&path),
                false => temporary.persist_noclobber(&path),
            };
            named.map_err(|error| error.error).with_context(|| format!("cannot write '{}'", path.display()))?;
            Ok(path)
        };
        self.0.into_iter().map(publish_one).collect()
    }
}

fn new_file(folder: &Path) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".con_anima_");
    #[cfg(unix)]
    {
        // A user's own files are readable as their umask says; temporary files are private by default.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}
