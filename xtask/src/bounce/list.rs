//! What a bounce is to read and to write.
//!
//! In: files, folders, standard input or nothing; where to write. Out: a list of recordings, each with its takes and
//! destinations, in the order of their names, so that it is the same on every machine.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use con_anima::params::parameter;

use super::events::Format;
use super::input::Input;
use super::outputs::{Destination, Destinations, PLOT_EXTENSIONS};
use super::{Bounce, Folders};
use crate::workspace;

/// Files in a folder are taken for recordings by these extensions. Source: what the reader can read, and what it
/// refuses by name.
const EXTENSIONS: [&str; 19] = [
    "wav", "wave", "bwf", "rf64", "w64", "aif", "aiff", "aifc", "flac", "mp3", "ogg", "oga", "opus", "m4a", "mp4",
    "aac", "caf", "au", "mka",
];

/// What is added to a recording's name.
const MARK: &str = "_con_anima";

/// One recording, sung once.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) input: Input,
    /// Which performance, where several are asked for.
    pub(super) take: Option<u32>,
    pub(super) destinations: Destinations,
    /// The folder to be made for them.
    made_folder: Option<PathBuf>,
}

/// Everything that is to be done.
#[derive(Debug)]
pub(super) struct List {
    pub(super) items: Vec<Item>,
    /// Whether it is a list, even if of one: then each gets a line, and one that fails keeps no other from its turn.
    pub(super) is_batch: bool,
}

/// A recording that was found, and its folder below the one that was named.
struct Found {
    path: PathBuf,
    below: PathBuf,
}

impl List {
    /// Whether more than one recording is asked for, or could be.
    pub(super) fn is_batch(bounce: &Bounce) -> bool {
        let Folders { out_dir, takes, shard, .. } = &bounce.folders;
        let names_folder = bounce.inputs.iter().any(|input| input.is_dir());
        bounce.inputs.len() > 1 || names_folder || *takes > 1 || out_dir.is_some() || shard.is_some()
    }

    /// Finds what is to be done.
    pub(super) fn new(bounce: &Bounce) -> anyhow::Result<Self> {
        let is_batch = Self::is_batch(bounce);
        match &bounce.inputs[..] {
            [] => {
                ensure!(!is_batch, "several takes, or an output folder, need a recording: name it");
                Ok(Self { items: vec![demo(bounce)?], is_batch })
            }
            [pipe] if pipe == Path::new("-") => {
                ensure!(!is_batch, "standard input is one recording, sung once: write it with -o");
                let input = Input::of(pipe)?;
                let output = bounce.output.clone().context("a recording from standard input needs -o")?;
                Ok(Self { items: vec![one(bounce, input, output)], is_batch })
            }
            [path] if !is_batch => {
                let output = bounce.output.clone().unwrap_or_else(|| path.with_file_name(name(bounce, path, None)));
                Ok(Self { items: vec![one(bounce, Input::of(path)?, output)], is_batch })
            }
            inputs => Ok(Self { items: batch(bounce, inputs)?, is_batch }),
        }
    }
}

impl Item {
    /// Makes the folder of its output, where the list says which.
    pub(super) fn make_folder(&self) -> anyhow::Result<()> {
        let Some(folder) = self.made_folder.as_ref() else { return Ok(()) };
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make '{}'", folder.display()))
    }
}

/// Folders that a list will make, inner ones before those that they are in.
pub(super) fn missing_folders(items: &[Item]) -> Vec<PathBuf> {
    let folders = items.iter().filter_map(|item| item.made_folder.as_deref());
    let missing = folders.flat_map(|folder| folder.ancestors().take_while(|folder| !folder.exists()));
    let mut missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
    missing.sort();
    missing.dedup();
    missing.reverse();
    missing
}

/// Removes those of them that nothing was written to.
pub(super) fn remove_empty(folders: &[PathBuf]) {
    for folder in folders {
        // A folder that holds anything is not removed, and of one that was not made there is nothing to remove.
        let _ = std::fs::remove_dir(folder);
    }
}

/// The demo vocal, whose outputs replace those of the bounce before.
fn demo(bounce: &Bounce) -> anyhow::Result<Item> {
    let folder = workspace::target_folder().join("bounce");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make '{}'", folder.display()))?;
    let own = |name: &str| Destination::unchecked(folder.join(name), true);
    let given = |path: &PathBuf| Destination::unchecked(path.clone(), bounce.force);
    let destinations = Destinations {
        before: Some(own("demo_before.wav")),
        after: bounce.output.as_ref().map_or_else(|| own("demo_after.wav"), given),
        plot: Some(bounce.plot.as_ref().map_or_else(|| own("demo_pitch.svg"), given)),
        report: bounce.report.as_ref().map(given),
        events: events(bounce, bounce.events.clone()),
    };
    Ok(Item { input: Input::Demo(Arc::new(crate::demo::demo_vocal())), take: None, destinations, made_folder: None })
}

fn one(bounce: &Bounce, input: Input, output: PathBuf) -> Item {
    let destinations = Destinations {
        before: None,
        after: Destination::unchecked(output, bounce.force),
        plot: bounce.plot.as_ref().map(|path| Destination::unchecked(path.clone(), bounce.force)),
        report: bounce.report.as_ref().map(|path| Destination::unchecked(path.clone(), bounce.force)),
        events: events(bounce, bounce.events.clone()),
    };
    Item { input, take: None, destinations, made_folder: None }
}

/// A name without a known format is refused later, together with all names.
fn events(bounce: &Bounce, path: Option<PathBuf>) -> Option<(Destination, Format)> {
    path.map(|path| {
        let format = Format::of(&path).unwrap_or_default();
        (Destination::unchecked(path, bounce.force), format)
    })
}

/// Many files, or many takes.
fn batch(bounce: &Bounce, inputs: &[PathBuf]) -> anyhow::Result<Vec<Item>> {
    let Folders { takes, shard, .. } = &bounce.folders;
    ensure!(bounce.output.is_none(), "-o names one file; several recordings or takes are written to --out-dir");
    let mut found = Vec::new();
    for input in inputs {
        ensure!(input != Path::new("-"), "standard input cannot be one of several recordings");
        found.extend(recordings(input, bounce.folders.recursive)?);
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    // One file under several names, or named twice, is one recording.
    let mut known = BTreeSet::new();
    found.retain(|found| known.insert(found.path.canonicalize().unwrap_or_else(|_| found.path.clone())));
    let first_take = first_take(bounce)?;
    let mut items = Vec::new();
    let mut taken: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    let picked = found.into_iter().enumerate().filter(|(index, _)| shard.is_none_or(|shard| shard.has(*index)));
    for (_, found) in picked {
        for take in (0..*takes).map(|index| (*takes > 1).then_some(first_take.saturating_add(index))) {
            let item = found.item(bounce, take)?;
            let output = item.destinations.after.path();
            if let Some(other) = taken.insert(output.to_owned(), found.path.clone()) {
                bail!(
                    "'{}' and '{}' would both be written to '{}': rename one of them, or leave it out",
                    other.display(),
                    found.path.display(),
                    output.display()
                );
            }
            items.push(item);
        }
    }
    Ok(items)
}

impl Found {
    fn item(&self, bounce: &Bounce, take: Option<u32>) -> anyhow::Result<Item> {
        let folder = match &bounce.folders.out_dir {
            Some(folder) => folder.join(&self.below),
            None => self.path.parent().unwrap_or(Path::new("")).to_owned(),
        };
        let after = folder.join(name(bounce, &self.path, take));
        let beside = |kind: &Option<PathBuf>, kinds: &[&str], option: &str| {
            kind.as_ref().map(|kind| beside(&after, kind, kinds, option)).transpose()
        };
        let plot = beside(&bounce.plot, &PLOT_EXTENSIONS, "--plot")?;
        let report = beside(&bounce.report, &["html"], "--report")?;
        let listed = beside(&bounce.events, &Format::EXTENSIONS, "--events")?;
        let destinations = Destinations {
            before: None,
            plot: plot.map(|path| Destination::unchecked(path, bounce.force)),
            report: report.map(|path| Destination::unchecked(path, bounce.force)),
            events: events(bounce, listed),
            after: Destination::unchecked(after, bounce.force),
        };
        let made_folder = bounce.folders.out_dir.as_ref().map(|_| folder);
        Ok(Item { input: Input::File(self.path.clone()), take, destinations, made_folder })
    }
}

/// The first of several takes; there must be as many as are asked for.
fn first_take(bounce: &Bounce) -> anyhow::Result<u32> {
    let n_takes = bounce.folders.takes;
    let Some(text) = Some(bounce.sound.take.as_deref().unwrap_or("1")).filter(|_| n_takes > 1) else { return Ok(1) };
    let first: Option<u32> = text.trim().parse().ok();
    let first = first.with_context(|| format!("--takes counts from --take on, and '{text}' is no whole number"))?;
    let last = parameter("take").map_or(u32::MAX, |take| take.max as u32);
    ensure!(
        first.saturating_add(n_takes - 1) <= last,
        "--takes {n_takes} from take {first} on goes beyond take {last}"
    );
    Ok(first)
}

/// Where a picture or a list of an output lies: of several only the kind can be named.
fn beside(output: &Path, kind: &Path, kinds: &[&str], option: &str) -> anyhow::Result<PathBuf> {
    let kind = kind.to_string_lossy();
    let is_known = kinds.contains(&kind.as_ref());
    ensure!(
        is_known,
        "with --out-dir, or several recordings or takes, {option} takes only a kind, {}, not '{kind}'",
        kinds.join(", ")
    );
    Ok(output.with_extension(kind.as_ref()))
}

/// The name of an output.
fn name(bounce: &Bounce, input: &Path, take: Option<u32>) -> OsString {
    // A name need not be text.
    let mut name = input.file_stem().unwrap_or_default().to_owned();
    let take = take.map(|take| format!("_take{take}")).unwrap_or_default();
    name.push(format!("{MARK}{take}.{}", bounce.format.extension()));
    name
}

/// The recordings that an argument names: itself, or those in a folder.
fn recordings(input: &Path, is_recursive: bool) -> anyhow::Result<Vec<Found>> {
    if !input.is_dir() {
        return Ok(vec![Found { path: input.to_owned(), below: PathBuf::new() }]);
    }
    let mut found = Vec::new();
    look(input, Path::new(""), is_recursive, &mut found)
        .with_context(|| format!("cannot look through '{}'", input.display()))?;
    if found.is_empty() {
        let deeper = if is_recursive { "" } else { "; --recursive looks in folders below, too" };
        bail!("there is no recording in '{}'{deeper}", input.display());
    }
    Ok(found)
}

fn look(folder: &Path, below: &Path, is_recursive: bool, found: &mut Vec<Found>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        if name.to_string_lossy().starts_with('.') {
            continue;
        }
        // A link to a folder could lead back to where it is.
        if entry.file_type()?.is_dir() {
            if is_recursive {
                look(&path, &below.join(name), is_recursive, found)?;
            }
        } else if is_recording(&path) && path.is_file() {
            found.push(Found { path, below: below.to_owned() });
        }
    }
    Ok(())
}

/// Whether a file in a folder is a recording, and none that was made of one.
fn is_recording(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default().to_ascii_lowercase();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let is_own = stem.rsplit_once(MARK).is_some_and(|(_, rest)| {
        rest.is_empty() || rest.strip_prefix("_take").is_some_and(|take| take.parse::<u32>().is_ok())
    });
    EXTENSIONS.contains(&extension.as_str()) && !is_own
}

/// One of several parts of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shard {
    /// Counted from 0.
    part: usize,
    n_parts: usize,
}

impl Shard {
    /// Reads `K/N`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let numbers =
            text.split_once('/').and_then(|(part, n_parts)| Some((part.parse().ok()?, n_parts.parse().ok()?)));
        match numbers {
            Some((part, n_parts)) if (1..=n_parts).contains(&part) => Ok(Self { part: part - 1, n_parts }),
            _ => Err("it takes K/N, the Kth of N parts, as 1/4".to_owned()),
        }
    }

    fn has(self, index: usize) -> bool {
        index % self.n_parts == self.part
    }
}
