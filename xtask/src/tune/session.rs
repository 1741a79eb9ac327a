//! The resources of a run: the material, the ranges, the tools, and a folder of its own.
//!
//! In: the command line. Out: songs in memory, scripts that exist, performances rendered and measured. What is missing
//! is reported before anything is rendered.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};
use con_anima::offline::Rendered;
use con_anima::params::Values;

use super::ranges::Ranges;
use super::reference::{self, Statistics};
use super::renders::{self, Performance, Song};
use super::{Tune, parallel};
use crate::progress::Progress;
use crate::python::{self, Script};
use crate::{audio_file, material, workspace};

/// The resources that all questions share.
pub(super) struct Session {
    /// In the order of the material.
    pub(super) songs: Vec<Song>,
    /// The ranges of human takes.
    pub(super) ranges: Ranges,
    n_seeds: u32,
    n_jobs: usize,
    is_for_machines: bool,
    tools: PathBuf,
    python: PathBuf,
    folder: PathBuf,
    /// Held for the whole run: two runs would write the same files.
    _lock: File,
}

impl Session {
    /// Reads the material and finds the tools.
    pub(super) fn new(tune: &Tune) -> anyhow::Result<Self> {
        let shared = match &tune.material {
            Some(folder) => std::path::absolute(folder)?,
            None => workspace::root().join("../shared"),
        };
        let tools = shared.join("tools");
        for script in [Some(reference::SCRIPT), tune.quality.then_some(super::quality::SCRIPT)].into_iter().flatten() {
            let path = tools.join(script);
            ensure!(path.is_file(), "there is no '{}': --material takes a folder that has it", path.display());
        }
        let material = shared.join("material");
        let ranges = Ranges::read(&material.join("human_ranges.tsv"))?;
        let songs = songs(&material)?;
        let is_asked = tune.takes || tune.state;
        let is_there = songs.iter().any(|song| song.name == tune.file);
        ensure!(!is_asked || is_there, "--file '{}' is none of the songs in '{}'", tune.file, material.display());
        let given = tune.python.as_deref().map(runnable).transpose()?;
        let folder = workspace::target_folder().join("tune");
        let lock = locked(&folder)?;
        let own = || python::environment(&folder.join("venv"), &tools.join("requirements.txt"));
        let python = given.map_or_else(own, Ok)?;
        Ok(Self {
            songs,
            ranges,
            n_seeds: tune.seeds,
            n_jobs: tune.jobs as usize,
            is_for_machines: tune.json,
            tools,
            python,
            folder: folder.join("renders"),
            _lock: lock,
        })
    }

    /// The song of this name.
    pub(super) fn song(&self, name: &str) -> anyhow::Result<&Song> {
        self.songs.iter().find(|song| song.name == name).with_context(|| format!("there is no song '{name}'"))
    }

    /// A script among the tools.
    pub(super) fn script(&self, name: &str) -> Script {
        Script { python: self.python.clone(), path: self.tools.join(name) }
    }

    /// A progress bar with so many steps.
    pub(super) fn progress(&self, name: &'static str, n_steps: usize) -> Progress {
        Progress::new(name, n_steps, self.is_for_machines)
    }

    /// Some songs, each with every seed.
    pub(super) fn performances(
        &self,
        values: &Values,
        is_wanted: impl Fn(&Song) -> bool,
    ) -> anyhow::Result<Vec<Performance<'_>>> {
        let songs = self.songs.iter().filter(|song| is_wanted(song));
        let pairs = songs.flat_map(|song| (1..=self.n_seeds).map(move |seed| (song, seed)));
        pairs.map(|(song, seed)| Performance::new(song, values, "seed", seed)).collect()
    }

    /// Renders each performance and returns the results.
    pub(super) fn sing<T: Send>(
        &self,
        performances: &[Performance<'_>],
        make: impl Fn(&Performance<'_>, &Rendered) -> anyhow::Result<T> + Sync,
    ) -> anyhow::Result<Vec<T>> {
        let bar = self.progress("singing", performances.len());
        let sing = |performance: &Performance<'_>| make(performance, &performance.render()?);
        parallel::map(performances, self.n_jobs, sing, |n_done| bar.show(n_done)).into_iter().collect()
    }

    /// Renders into files, and returns their paths and the results.
    pub(super) fn record<T: Send>(
        &self,
        performances: &[Performance<'_>],
        make: impl Fn(&Rendered) -> T + Sync,
    ) -> anyhow::Result<(Vec<PathBuf>, Vec<T>)> {
        std::fs::create_dir_all(&self.folder).with_context(|| format!("cannot make '{}'", self.folder.display()))?;
        let recorded = self.sing(performances, |performance, rendered| {
            Ok((renders::write(&self.folder, performance, rendered)?, make(rendered)))
        })?;
        Ok(recorded.into_iter().unzip())
    }

    /// The reference statistics of files, in their order.
    pub(super) fn statistics(&self, files: &[PathBuf]) -> anyhow::Result<Vec<Statistics>> {
        let bar = self.progress("measuring", files.len());
        reference::statistics(&self.script(reference::SCRIPT), files, self.n_jobs, |n_done| bar.show(n_done))
    }

    /// The reference statistics of performances, in their order.
    pub(super) fn measured(&self, performances: &[Performance<'_>]) -> anyhow::Result<Vec<Statistics>> {
        self.statistics(&self.record(performances, |_| ())?.0)
    }
}

/// Every recording with a single singing voice that a question is asked of.
fn songs(folder: &Path) -> anyhow::Result<Vec<Song>> {
    let mut songs = Vec::new();
    for entry in material::entries(folder)? {
        if let Some(singer) = renders::singer(&entry) {
            let recording = audio_file::read(&entry.path)?;
            songs.push(Song { name: entry.name, path: entry.path, singer, recording });
        }
    }
    ensure!(!songs.is_empty(), "nobody sings alone in '{}'", folder.display());
    Ok(songs)
}

/// An interpreter that starts; otherwise an error.
fn runnable(python: &Path) -> anyhow::Result<PathBuf> {
    let nothing = Command::new(python).args(["-c", ""]).stdin(Stdio::null()).output();
    let nothing = nothing.with_context(|| format!("cannot run '{}'", python.display()))?;
    ensure!(nothing.status.success(), "'{}' runs no Python: it ended with {}", python.display(), nothing.status);
    Ok(python.to_owned())
}

fn locked(folder: &Path) -> anyhow::Result<File> {
    let path = folder.join("lock");
    let lock = std::fs::create_dir_all(folder).and_then(|()| File::create(&path));
    let lock = lock.with_context(|| format!("cannot make '{}'", path.display()))?;
    match lock.try_lock() {
        Err(TryLockError::WouldBlock) => bail!("another run is at work in '{}'", folder.display()),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("cannot lock '{}'", path.display())),
        Ok(()) => Ok(lock),
    }
}
