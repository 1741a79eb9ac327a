//! `cargo xtask bounce`: humanizes recordings as the plugin would.
//!
//! In: recordings, folders of them, or none for the demo vocal; settings from a preset, options and automation. Out:
//! for each a file as long as the recording and aligned with it to the sample, on request a plot and a list of events,
//! and a summary. Everything that can be refused is refused before anything is computed, and nothing appears until it
//! is complete.

use std::io::Write;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use con_anima::presets;

use crate::audio_file::Faults;
use crate::choice;
use crate::credentials::{Credentials, Declared, Synthetic};
use crate::interrupt;
use crate::wav_write::Depth;
use crate::wav_write::{Container, Dither};
use asked::Asked;
use batch::{Batch, Outcome};
use job::{Job, Reporting, Storing};
use list::{Item, List, Shard};
use summary::SCHEMA_VERSION;

mod asked;
mod batch;
mod beside;
mod breaths;
mod done_before;
mod events;
mod gather;
pub(crate) mod input;
mod job;
pub(crate) mod learning;
mod list;
pub mod outputs;
mod scenes;
mod summary;
mod timing;
mod verify;

/// The furthest song position in either direction, seconds. Chosen: as a sample number it is exact in floating point at
/// every rate.
const FURTHEST_START_S: f64 = 1e9;

/// Tempos, beats per minute. Chosen: those that hosts have.
const TEMPOS_BPM: RangeInclusive<f64> = 20.0..=999.0;

/// Humanize recordings, or the demo vocal
///
/// Each output is as long as its input and aligned with it to the sample. Without IN the demo vocal is sung and
/// target/bounce/ receives demo_before.wav, demo_after.wav and demo_pitch.svg.
///
/// Settings: a preset, then --amount, --seed, --take and --mode, then --set, then --automation; the later wins.
///
/// Exit status: 0 if everything was done, 1 if something was refused or failed, 2 if the options cannot be read.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Bounce {
    /// Recordings (WAV, AIFF, FLAC, MP3, OGG Vorbis or AAC; any channels, 8 to 384 kHz), folders of them, or - for
    /// standard input [default: the demo vocal]
    #[arg(value_name = "IN")]
    inputs: Vec<PathBuf>,
    /// The file to write, .wav or .flac, or - for standard output [default: IN's name with _con_anima.wav, beside it]
    #[arg(short, long, value_name = "OUT.wav")]
    output: Option<PathBuf>,
    #[command(flatten, next_help_heading = "How it is sung")]
    sound: Sound,
    #[command(flatten, next_help_heading = "Many recordings")]
    folders: Folders,
    /// How to store samples [default: as IN does, 24 for lossy files and the demo]
    #[arg(long, value_enum, hide_possible_values = true, value_name = "16|24|32f", help_heading = "Files")]
    bits: Option<Depth>,
    /// The kind of file where none is named
    #[arg(
        long,
        value_enum,
        default_value = "wav",
        hide_possible_values = true,
        value_name = "wav|flac",
        help_heading = "Files"
    )]
    format: Format,
    /// Dither samples of 16 bits that were changed, on or off
    #[arg(long, value_name = "on|off", default_value = "on", value_parser = choice::on_or_off,
        action = clap::ArgAction::Set, help_heading = "Files")]
    dither: bool,
    /// Let damaged frames of a compressed file become silence, and count them
    #[arg(long, help_heading = "Files")]
    lenient: bool,
    /// Draw the pitch before and after, how far notes were moved, and the breaths; of several recordings: svg or png
    #[arg(long, value_name = "FILE.svg|.png", help_heading = "Files")]
    plot: Option<PathBuf>,
    /// A page with both sounds, pictures, notes and statistics, all in one file; of several recordings: html
    #[arg(long, value_name = "FILE.html", help_heading = "Files")]
    report: Option<PathBuf>,
    /// List every note, when it was to be sung and when it was, and every breath; of several recordings only the kind
    #[arg(long, value_name = "FILE.csv|.json|.mid", help_heading = "Files")]
    events: Option<PathBuf>,
    /// Read what was written again, and print the SHA-256 of its samples
    #[arg(long, help_heading = "Files")]
    verify: bool,
    #[command(flatten, next_help_heading = "What is declared")]
    declaring: Declaring,
    /// Replace existing outputs; never an input
    #[arg(long, help_heading = "Files")]
    force: bool,
    /// Print a summary for machines, and nothing else
    #[arg(long)]
    json: bool,
    /// Print errors only
    #[arg(long, conflicts_with = "json")]
    quiet: bool,
}

/// What decides how a recording is sung.
#[derive(clap::Args)]
struct Sound {
    #[arg(long, value_name = "NAME|FILE.toml", help = presets_help())]
    preset: Option<String>,
    /// Any parameter by its id, in plain units or by name; may be repeated, the last word over all options
    #[arg(long, value_name = "ID=VALUE")]
    set: Vec<String>,
    /// Humanize, 0 to 150
    #[arg(long, value_name = "PERCENT", allow_negative_numbers = true)]
    amount: Option<String>,
    /// Which singer
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    seed: Option<String>,
    /// Which performance of theirs
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    take: Option<String>,
    /// How far it may look ahead: live, studio or phrase [default: phrase, unless the preset names one]
    #[arg(long, value_name = "MODE")]
    mode: Option<String>,
    /// Song position of the first sample; the performance depends on it
    #[arg(long, value_name = "S", default_value_t = 0.0, allow_negative_numbers = true)]
    start_seconds: f64,
    /// The song's beats per minute, 20 to 999, from song position 0 on [default: none; sixteenths last 125 ms]
    #[arg(long, value_name = "BPM", allow_negative_numbers = true)]
    tempo: Option<f64>,
    /// Moving parameters: time_s,id,value[,linear|hold] lines, in song seconds; time_s,breathe,on breathes in there
    #[arg(long, value_name = "FILE.csv")]
    automation: Option<PathBuf>,
    /// Scenes for --set scene=NAME (or number) and for automation: a TOML file of [[scenes]], each with a name and
    /// [scenes.values]
    #[arg(long, value_name = "FILE.toml")]
    scenes: Option<PathBuf>,
    /// Humanize by section: time_s,name,amount lines, or the markers of a MIDI file (with its tempos) or a WAV, whose
    /// names end in the amount, as "Chorus 80"
    #[arg(long, value_name = "FILE.csv|.mid|.wav")]
    sections: Option<PathBuf>,
    /// Learn the whole recording first, yes or no; with no, each note is sung as it is heard, as in a plugin that has
    /// not learned
    #[arg(long, value_name = "yes|no", default_value = "yes", value_parser = choice::yes_or_no,
        action = clap::ArgAction::Set, conflicts_with = "score")]
    learn: bool,
    /// A score that was learned before, of a longer song for example, instead of a first pass
    #[arg(long, value_name = "SONG.score")]
    score: Option<PathBuf>,
    /// Host block size to imitate, samples; the output does not depend on it
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
    block: u32,
}

/// How many recordings are worked through.
#[derive(clap::Args)]
struct Folders {
    /// Write there, each file below the folder it has in IN; made where it is missing
    #[arg(long, value_name = "DIR", conflicts_with = "output")]
    out_dir: Option<PathBuf>,
    /// Look in folders within folders, too
    #[arg(long)]
    recursive: bool,
    /// Sing each recording so many times, from --take on, as _take1, _take2 …
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=999))]
    takes: u32,
    /// Recordings at a time [default: as many as the machine has cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Do only the Kth of N parts of all recordings, in the order of their names: each machine another one
    #[arg(long, value_name = "K/N", value_parser = Shard::parse)]
    shard: Option<Shard>,
    /// Leave out recordings that were done before with the same settings by the same version
    #[arg(long)]
    skip_done: bool,
    /// Say what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// What the files say of where they come from.
#[derive(clap::Args)]
struct Declaring {
    /// Say in the file that nobody sang it: ai (a trained model) or other (any other synthesizer)
    #[arg(long, value_enum, hide_possible_values = true, value_name = "ai|other")]
    synthetic_voice: Option<Synthetic>,
    /// Sign what was done, in the file (Content Credentials, C2PA): certificates and their key, both PEM
    #[arg(long, num_args = 2, value_names = ["CERT.pem", "KEY.pem"])]
    credentials: Option<Vec<PathBuf>>,
}

impl Declaring {
    fn read(&self) -> anyhow::Result<Declared> {
        let credentials = match self.credentials.as_deref() {
            Some([certificate, key]) => Some(Credentials::new(certificate, key)?),
            _ => None,
        };
        Ok(Declared { synthetic: self.synthetic_voice, credentials })
    }
}

/// The kinds of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Wav,
    Flac,
}

impl Format {
    fn extension(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Flac => "flac",
        }
    }
}

const EXAMPLES: &str = "Examples:
  cargo xtask bounce
  cargo xtask bounce lead.wav --preset intimate --plot lead.svg
  cargo xtask bounce lead.wav -o double.wav --take 2 --amount 130 --set tremble=8
  cargo xtask bounce chorus.flac --start-seconds 61.5 --automation moves.csv --bits 24
  cargo xtask bounce lead.wav --tempo 96 --set timing=20 --events lead.mid
  cargo xtask bounce stems/ --out-dir sung/ --recursive --skip-done --events csv";

fn presets_help() -> String {
    let names = presets::FACTORY.map(|preset| preset.name).join(", ");
    format!("A factory preset ({names}), or a TOML file with a [values] table")
}

/// The song position of a first sample that is told in seconds.
pub(crate) fn start_samples(start_s: f64, sample_rate_hz: u32) -> anyhow::Result<i64> {
    ensure!(
        start_s.abs() <= FURTHEST_START_S,
        "--start-seconds must lie between -{FURTHEST_START_S} and {FURTHEST_START_S}, not {start_s}"
    );
    Ok((start_s * f64::from(sample_rate_hz)).round() as i64)
}

impl Bounce {
    /// Reads, renders, writes and reports.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        interrupt::catch();
        let done = self.do_all();
        if let (Err(error), true) = (&done, self.json && !self.is_batch()) {
            let report = serde_json::json!({ "schema_version": SCHEMA_VERSION, "error": crate::on_one_line(error) });
            writeln!(std::io::stdout(), "{report:#}")?;
        }
        done
    }

    fn do_all(&self) -> anyhow::Result<()> {
        let asked = Asked::new(&self.sound, self.declaring.read()?)?;
        if asked.declared.credentials.is_some() && !self.folders.dry_run {
            // Before anything is computed.
            Credentials::prepare()?;
        }
        let is_piped = self.output.as_deref() == Some(Path::new("-"));
        ensure!(!(is_piped && self.verify), "--verify reads again what was written, which a pipe does not allow");
        let List { items, is_batch } = List::new(self)?;
        let missing = list::missing_folders(&items);
        let done = self.work_through(&items, is_batch, &asked);
        list::remove_empty(&missing);
        done
    }

    fn work_through(&self, items: &[Item], is_batch: bool, asked: &Asked) -> anyhow::Result<()> {
        if is_batch {
            let n_cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
            let n_jobs = self.folders.jobs.map_or(n_cores, usize::from);
            let batch = Batch { n_jobs, is_quiet: self.quiet, is_for_machines: self.json };
            return batch.run(items, |item, overall| self.work(item, asked, Reporting::Among(overall)));
        }
        for item in items {
            let outcome = self.work(item, asked, Reporting::Alone { is_quiet: self.json || self.quiet })?;
            self.report(item, &outcome)?;
        }
        Ok(())
    }

    fn is_batch(&self) -> bool {
        List::is_batch(self)
    }

    /// One recording.
    fn work(&self, item: &Item, asked: &Asked, reporting: Reporting<'_>) -> anyhow::Result<Outcome> {
        let with_take = item.take.map(|take| asked.with_take(take)).transpose()?;
        let asked = with_take.as_ref().unwrap_or(asked);
        let (input, storing) = (&item.input, self.storing());
        let mut destinations = item.destinations.clone();
        if self.folders.skip_done {
            let is_sung = done_before::is_sung(asked, input, &destinations, &storing)?;
            if is_sung && destinations.paths().all(Path::is_file) {
                return Ok(Outcome::Skipped);
            }
            if is_sung || !destinations.after.path().exists() {
                // What an earlier run left unfinished is done again; of a file that was named by hand nothing is known.
                destinations = if self.is_batch() { destinations.replacing(is_sung) } else { destinations };
            }
        }
        let is_planned_only = self.folders.dry_run;
        if !is_planned_only {
            item.make_folder()?;
        }
        let sources = asked::sources(&self.sound);
        let keys = asked.declared.credentials.as_ref().map(Credentials::sources);
        let sources = sources.iter().chain(keys.iter().flatten()).map(PathBuf::as_path);
        let sources: Vec<&Path> = sources.chain(input.path()).collect();
        // A plan makes no folders, and where there is none nothing is in the way.
        if !is_planned_only || destinations.after.has_folder() {
            let checked = destinations.check(&sources);
            match self.folders.skip_done {
                true => checked.context("it was not done before with these settings, or is damaged")?,
                false => checked?,
            }
        }
        let job = Job { asked, input, destinations: &destinations, storing, reporting };
        Ok(match is_planned_only {
            true => Outcome::Planned(job.plan()?),
            false => Outcome::Written(Box::new(job.run()?)),
        })
    }

    fn storing(&self) -> Storing {
        Storing {
            depth: self.bits,
            container: if self.format == Format::Flac { Container::Flac } else { Container::Wav },
            dither: if self.dither { Dither::Triangular } else { Dither::Off },
            faults: if self.lenient { Faults::Silence } else { Faults::Refuse },
            verifies: self.verify,
        }
    }

    /// Tells what became of the only recording.
    fn report(&self, item: &Item, outcome: &Outcome) -> anyhow::Result<()> {
        let path = item.destinations.after.path().display();
        let text = match outcome {
            _ if self.quiet => return Ok(()),
            Outcome::Written(summary) if self.json => {
                let mut summary = summary.json();
                summary.insert("schema_version".to_owned(), SCHEMA_VERSION.into());
                format!("{:#}\n", serde_json::Value::from(summary))
            }
            Outcome::Written(summary) => summary.text(),
            Outcome::Skipped if self.json => {
                let skipped = serde_json::json!({ "schema_version": SCHEMA_VERSION, "outcome": "skipped" });
                format!("{skipped:#}\n")
            }
            Outcome::Skipped => format!("skipped {path}: it was done before\n"),
            Outcome::Planned(plan) => format!("would write {path}: {plan}\n"),
        };
        // Where the sound goes to standard output, words do not.
        match item.destinations.after.is_pipe() {
            true => std::io::stderr().write_all(text.as_bytes()).context("cannot write to standard error"),
            false => std::io::stdout().write_all(text.as_bytes()).context("cannot write to standard output"),
        }
    }
}
