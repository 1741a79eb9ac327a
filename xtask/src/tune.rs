//! `cargo xtask tune`: what settings do to voices, by measurement.
//!
//! In: settings, and a folder with recordings, the ranges of human singers and the reference tools, which share no code
//! with the engine. Out: tables with goals: machines brought into the human range, people left as they are, takes that
//! differ, a common state behind all movements, quality kept. A missed goal is a finding, not a failure: the exit
//! status is 0. The recordings go through the engine's own offline renderer, as for a bounce.

use std::io::Write;
use std::path::PathBuf;

use anyhow::ensure;

use crate::choice::Choice;
use crate::report::{Report, Section};
use crate::tune::session::Session;
use crate::tune::trial::Trial;

mod parallel;
mod renders;
mod ranges;
mod reference;
mod session;
mod machine;
mod human;
mod trial;
mod takes;
mod state;
mod quality;

/// Measure what settings do to voices, on recordings and by the reference statistics
///
/// Sings every machine's and every person's song of the material with a few seeds and says which share of the machines
/// is brought into the human range, and how much the people are changed. --takes, --state and --quality ask other
/// questions instead; several may be asked.
///
/// Settings: a preset, then --take and --mode, then --set; the later wins.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Tune {
    /// A folder with material/ (MANIFEST.tsv, audio/, human_ranges.tsv) and tools/ (voice_stats.py, quality.py)
    /// [default: ../shared, beside the workspace]
    #[arg(long, value_name = "DIR")]
    material: Option<PathBuf>,
    /// A factory preset, or a TOML file with a [values] table
    #[arg(long, value_name = "NAME|FILE.toml")]
    preset: Option<String>,
    /// Any parameter by its id, in plain units or by name; may be repeated
    #[arg(long, value_name = "ID=VALUE")]
    set: Vec<String>,
    /// Which performance of each singer
    #[arg(long, value_name = "N", allow_negative_numbers = true, conflicts_with_all = ["takes", "state"])]
    take: Option<String>,
    /// How far it may look ahead: live, studio or phrase [default: phrase, unless the preset names one]
    #[arg(long, value_name = "MODE")]
    mode: Option<String>,
    /// How many singers: seeds 1 to N
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=99))]
    seeds: u32,
    /// Give a parameter each of these values in turn, and compare what becomes of the machines
    #[arg(long = "try", value_name = "ID=V1,V2,…", conflicts_with_all = ["takes", "state", "quality"])]
    trial: Option<String>,
    /// How much takes 1 to 20 of one song differ, and which share is human
    #[arg(long)]
    takes: bool,
    /// Whether loudness, breath, note age and pitch move together, in takes 1 to 99 of one song
    #[arg(long)]
    state: bool,
    /// What it costs in quality, by models of listeners: some minutes
    #[arg(long)]
    quality: bool,
    /// The song for --takes and --state
    #[arg(long, value_name = "NAME", default_value = "synth_sinsyq_f_twinkle")]
    file: String,
    /// A Python that has what tools/requirements.txt asks for [default: one of its own, made in target/tune/venv]
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
    /// How many renders and measurements run at a time
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=64))]
    jobs: u32,
    /// Print one JSON object instead of tables
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "Examples:
  cargo xtask tune
  cargo xtask tune --preset natural --set timing=0
  cargo xtask tune --try drift=10,12,14 --set tremble=8
  cargo xtask tune --takes --state --file synth_csound_bass_fixedvib
  cargo xtask tune --quality --json > quality.json";

/// Parameters that a run sets itself.
const GIVEN: [(&str, &str); 2] = [("seed", "--seeds gives them"), ("take", "--take names it")];

impl Tune {
    /// Sings, measures and prints.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let options = [("take", &self.take), ("mode", &self.mode)];
        let choice = Choice::new(self.preset.as_deref(), &options, &self.set)?;
        let trial = self.trial.as_deref().map(|text| Trial::parse(text, &choice.values)).transpose()?;
        for (id, instead) in GIVEN {
            let is_named = |text: &String| text.split_once('=').is_some_and(|(named, _)| named.trim() == id);
            let is_given = self.set.iter().chain(&self.trial).any(is_named);
            ensure!(!is_given, "'{id}' is no value to set or try here: {instead}");
        }
        let session = Session::new(self)?;
        let report = Report { sections: self.sections(&session, &choice, trial.as_ref())? };
        let text = if self.json { format!("{:#}\n", report.json()) } else { report.text() };
        Ok(std::io::stdout().write_all(text.as_bytes())?)
    }

    fn sections(&self, session: &Session, choice: &Choice, trial: Option<&Trial>) -> anyhow::Result<Vec<Section>> {
        let values = &choice.values;
        if let Some(trial) = trial {
            return trial.sections(session);
        }
        if !self.takes && !self.state && !self.quality {
            let mut sections = machine::sections(session, values)?;
            sections.extend(human::sections(session, values)?);
            return Ok(sections);
        }
        let mut sections = Vec::new();
        if self.takes {
            sections.extend(takes::sections(session, values, &self.file)?);
        }
        if self.state {
            sections.push(state::section(session, values, &self.file)?);
        }
        if self.quality {
            sections.extend(quality::sections(session, values)?);
        }
        Ok(sections)
    }
}
