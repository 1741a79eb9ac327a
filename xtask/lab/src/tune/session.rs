//! The resources of a run: the songs, the ranges, the tools, and a folder of its own.
//!
//! In: the command line. Out: songs in memory, scripts that exist, performances rendered and measured. What is missing
//! is reported before anything is rendered.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use con_anima::offline::Rendered;
use con_anima::params::Values;
use xtask::progress::Progress;
use xtask::{audio_file, workspace};

use super::ranges::Ranges;
use super::reference::{self, Statistics};
use super::renders::{self, Performance, Song};
use super::script::Script;
use super::tools::{Found, Tools};
use super::{Tune, demo, own, parallel};
use crate::material;

/// The ranges of human singers, within the workspace.
const RANGES: &str = "docs/human_ranges.tsv";

/// The resources that all questions share.
pub(super) struct Session {
    /// In the order of the material.
    pub(super) songs: Vec<Song>,
    /// The ranges of human takes.
    pub(super) ranges: Ranges,
    n_seeds: u32,
    n_jobs: usize,
    is_for_machines: bool,
    /// `None` where the engine's own analysis measures.
    tools: Option<Tools>,
    folder: PathBuf,
    /// Held for the whole run: two runs would write the same files.
    _lock: File,
}

impl Session {
    /// Reads the material, or sings the demo songs, and finds the tools.
    pub(super) fn new(tune: &Tune) -> anyhow::Result<Self> {
        let home = workspace::target_folder().join("tune");
        let folder = home.join("renders");
        let tools = Found::new(tune)?;
        let ranges = Ranges::read(&workspace::root().join(RANGES))?;
        let mut songs = tune.material.as_deref().map_or_else(|| Ok(demo::songs(&folder)), songs)?;
        if tune.learn {
            songs.iter_mut().try_for_each(Song::learn)?;
        }
        if tune.takes {
            let names: Vec<&str> = songs.iter().map(|song| song.name.as_str()).collect();
            ensure!(names.contains(&tune.file()), "--file '{}' is none of {}", tune.file(), names.join(", "));
        }
        let lock = locked(&home)?;
        let tools = tools.map(|found| found.ready(&home.join("venv"))).transpose()?;
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make '{}'", folder.display()))?;
        if tune.material.is_none() {
            demo::write(&songs)?;
        }
        Ok(Self {
            songs,
            ranges,
            n_seeds: tune.seeds,
            n_jobs: tune.jobs as usize,
            is_for_machines: tune.json,
            tools,
            folder,
            _lock: lock,
        })
    }

    /// The song of this name.
    pub(super) fn song(&self, name: &str) -> anyhow::Result<&Song> {
        self.songs.iter().find(|song| song.name == name).with_context(|| format!("there is no song '{name}'"))
    }

    /// A script among the tools.
    pub(super) fn script(&self, name: &str) -> anyhow::Result<Script> {
        let tools = self.tools.as_ref().with_context(|| format!("'{name}' is a program in a folder, --tools DIR"))?;
        Ok(tools.script(name))
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
    fn sing<T: Send>(
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
        let recorded = self.sing(performances, |performance, rendered| {
            Ok((renders::write(&self.folder, performance, rendered)?, make(rendered)))
        })?;
        Ok(recorded.into_iter().unzip())
    }

    /// The statistics of files, in their order: by the reference program if it is there.
    pub(super) fn statistics(&self, files: &[PathBuf]) -> anyhow::Result<Vec<Statistics>> {
        let bar = self.progress("measuring", files.len());
        let progress = |n_done| bar.show(n_done);
        match &self.tools {
            Some(tools) => reference::statistics(&tools.script(reference::SCRIPT), files, self.n_jobs, progress),
            None => own::statistics(files, self.n_jobs, progress),
        }
    }

    /// The statistics of performances, in their order.
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
            songs.push(Song { name: entry.name, path: entry.path, singer, recording, score: None });
        }
    }
    ensure!(!songs.is_empty(), "nobody sings alone in '{}'", folder.display());
    Ok(songs)
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
