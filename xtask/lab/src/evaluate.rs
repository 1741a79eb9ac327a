//! `cargo lab evaluate`: how accurate the analysis is.
//!
//! In: the demo singer, whose truth is exact, and on request a folder of recordings with references. Out: a table of
//! scores with their targets. The audio goes through the engine's own offline renderer with Humanize at 0, and the
//! analysis of each hop is compared.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use con_anima::params::Values;
use con_anima::settings::Mode;
use xtask::progress::Progress;

use crate::evaluate::recordings::Recordings;
use crate::material;
use crate::report::Report;

mod track;
mod pitch_score;
mod onset_score;
mod rest_score;
mod voices;
mod references;
mod onset_truth;
mod vowel_truth;
mod singer;
mod recordings;

/// Measure how right the analysis is, against exact truth and references
///
/// Without --material the demo singer is the reference: its pitch, voicing, notes and rests are known exactly. What is
/// asked of recordings only is then left out, and named.
#[derive(clap::Args)]
pub(crate) struct Evaluate {
    /// Recordings to listen to as well: a folder with MANIFEST.tsv, audio/, reference/ and scores/
    #[arg(long, value_name = "DIR")]
    material: Option<PathBuf>,
    /// How far the engine may look ahead: live, studio or phrase
    #[arg(long, value_name = "MODE", default_value = "phrase")]
    mode: String,
    /// Listen only to what has this in its name
    #[arg(long, value_name = "SUBSTRING", default_value = "")]
    only: String,
    /// Print one JSON object instead of tables
    #[arg(long)]
    json: bool,
}

impl Evaluate {
    /// Listens, scores and prints.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let mode = self.mode()?;
        let is_wanted = |name: &str| name.contains(&self.only);
        let mut entries = match &self.material {
            Some(folder) => material::entries(folder)?,
            None => Vec::new(),
        };
        entries.retain(|entry| is_wanted(&entry.name));
        let bar = Progress::new("listening", singer::n_recordings() + entries.len(), self.json);
        let mut n_done = 0;
        let mut progress = || {
            n_done += 1;
            bar.show(n_done);
        };
        let singer = singer::pitch(mode, &is_wanted, &mut progress)?;
        let mut recordings = Recordings::new();
        if is_wanted(singer::DEMO_SONG) {
            recordings.add_demo_song(mode)?;
        }
        for (folder, entry) in self.material.iter().flat_map(|folder| entries.iter().map(move |entry| (folder, entry)))
        {
            recordings.add(folder, entry, mode)?;
            progress();
        }
        drop(bar);
        let left_out = if self.material.is_none() { recordings.left_out() } else { Vec::new() };
        let sections = [singer].into_iter().chain(recordings.into_sections()).collect();
        let report = Report { sections, left_out };
        let is_empty = report.sections.iter().all(|section| section.rows.is_empty());
        ensure!(!is_empty, "--only '{}' is in no name", self.only);
        let text = if self.json { format!("{:#}\n", report.json()) } else { report.text() };
        Ok(std::io::stdout().write_all(text.as_bytes())?)
    }

    fn mode(&self) -> anyhow::Result<Mode> {
        let mut values = Values::default();
        values.set_text("mode", &self.mode).with_context(|| format!("cannot use --mode '{}'", self.mode))?;
        Ok(values.mode())
    }
}
