//! `cargo lab tune`: what settings do to voices, by measurement.
//!
//! In: settings, and on request a folder with recordings and the reference programs, which share no code with the
//! engine. Out: tables with goals: machines brought into the human range (docs/human_ranges.tsv), people left as they
//! are, takes that differ, quality kept. Songs go through the engine's own offline renderer, as for a bounce. Without
//! recordings the demo singer is the machine, without the programs the engine's own analysis measures.

use std::io::Write;
use std::path::PathBuf;

use anyhow::ensure;
use xtask::choice::Choice;

use crate::material;
use crate::report::{Report, Section};
use crate::tune::renders::Song;
use crate::tune::session::Session;
use crate::tune::trial::Trial;

mod parallel;
mod script;
mod renders;
mod demo;
mod ranges;
mod reference;
mod own;
mod tools;
mod session;
mod machine;
mod human;
mod trial;
mod takes;
mod quality;

/// Measure what settings do to voices, by statistics that people's are known of
///
/// Sings every machine's and every person's song of the material with a few seeds and says which share of the machines
/// is brought into the human range, and how much the people are changed. Without --material the demo singer is the only
/// machine. What is left out for that is named. --takes and --quality ask other questions instead; both may be asked.
///
/// Settings: a preset, then --take and --mode, then --set; the later wins.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Tune {
    /// Recordings of machines and people: a folder with MANIFEST.tsv and audio/ [default: the demo singer's songs]
    #[arg(long, value_name = "DIR")]
    material: Option<PathBuf>,
    /// Programs that share no code with the engine: a folder with voice_stats.py, quality.py and requirements.txt
    /// [default: measured as `cargo xtask measure` does]
    #[arg(long, value_name = "DIR")]
    tools: Option<PathBuf>,
    /// A factory preset, or a TOML file with a [values] table
    #[arg(long, value_name = "NAME|FILE.toml")]
    preset: Option<String>,
    /// Any parameter by its id, in plain units or by name; may be repeated
    #[arg(long, value_name = "ID=VALUE")]
    set: Vec<String>,
    /// Which performance of each singer
    #[arg(long, value_name = "N", allow_negative_numbers = true, conflicts_with = "takes")]
    take: Option<String>,
    /// How far it may look ahead: live, studio or phrase [default: phrase, unless the preset names one]
    #[arg(long, value_name = "MODE")]
    mode: Option<String>,
    /// Learn each song first, as a bounce does, yes or no
    #[arg(long, value_name = "yes|no", default_value = "yes", value_parser = xtask::choice::yes_or_no,
        action = clap::ArgAction::Set)]
    learn: bool,
    /// How many singers: seeds 1 to N
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=99))]
    seeds: u32,
    /// Give a parameter each of these values in turn, and compare what becomes of the machines
    #[arg(long = "try", value_name = "ID=V1,V2,…", conflicts_with_all = ["takes", "quality"])]
    trial: Option<String>,
    /// How much takes 1 to 20 of one song differ, and which share is human
    #[arg(long)]
    takes: bool,
    /// What it costs in quality, by models of listeners: some minutes
    #[arg(long, requires = "tools")]
    quality: bool,
    /// The song for --takes [default: synth_sinsyq_f_twinkle of the material, otherwise demo_woman]
    #[arg(long, value_name = "NAME")]
    file: Option<String>,
    /// A Python that has what the tools' requirements.txt asks for [default: one of its own, in target/tune/venv]
    #[arg(long, value_name = "PATH", requires = "tools")]
    python: Option<PathBuf>,
    /// How many renders and measurements run at a time
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=64))]
    jobs: u32,
    /// Print one JSON object instead of tables
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "Examples:
  cargo lab tune
  cargo lab tune --preset natural --set timing=0
  cargo lab tune --try drift=10,12,14 --set tremble=8
  cargo lab tune --takes --file demo_man
  cargo lab tune --material recordings --tools tools --quality --json > quality.json";

/// The song of the material that takes are compared on.
const FIRST_OF_MATERIAL: &str = "synth_sinsyq_f_twinkle";

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
        let report = Report { sections: self.sections(&session, &choice, trial.as_ref())?, left_out: self.left_out() };
        let text = if self.json { format!("{:#}\n", report.json()) } else { report.text() };
        Ok(std::io::stdout().write_all(text.as_bytes())?)
    }

    fn sections(&self, session: &Session, choice: &Choice, trial: Option<&Trial>) -> anyhow::Result<Vec<Section>> {
        let values = &choice.values;
        if let Some(trial) = trial {
            return trial.sections(session);
        }
        let mut sections = Vec::new();
        let has = |is_wanted: fn(&Song) -> bool| session.songs.iter().any(is_wanted);
        if self.is_default() && has(Song::is_machine) {
            sections.extend(machine::sections(session, values)?);
        }
        if self.is_default() && has(Song::is_person) {
            sections.extend(human::sections(session, values)?);
        }
        if self.takes {
            sections.extend(takes::sections(session, values, self.file())?);
        }
        if self.quality {
            sections.extend(quality::sections(session, values)?);
        }
        Ok(sections)
    }

    /// Whether the first question is asked: machines and people.
    fn is_default(&self) -> bool {
        self.trial.is_none() && !self.takes && !self.quality
    }

    /// The song that takes are compared on.
    fn file(&self) -> &str {
        let first = if self.material.is_some() { FIRST_OF_MATERIAL } else { demo::FIRST };
        self.file.as_deref().unwrap_or(first)
    }

    /// What is not asked without recordings, and not measured without the programs.
    fn left_out(&self) -> Vec<String> {
        let questions: &[&str] = if self.material.is_some() {
            &[]
        } else if self.trial.is_some() {
            &["machines but the demo singer"]
        } else if self.takes && !self.quality {
            &["takes of recordings"]
        } else {
            &["machines but the demo singer", "people"]
        };
        let reference = "the reference statistics, in whose place `cargo xtask measure`'s are: it takes a folder with \
                         their program, --tools DIR";
        let questions = questions.iter().map(|question| format!("{question}: {}", material::NEEDED));
        questions.chain(self.tools.is_none().then(|| reference.to_owned())).collect()
    }
}
