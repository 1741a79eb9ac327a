//! `cargo xtask bounce`: humanizes a file as the plugin would.
//!
//! In: a recording, or none for the demo vocal; settings from a preset, options and automation. Out: a WAV as long as
//! the recording and aligned with it to the sample, on request a plot and a summary. Everything that can be refused is
//! refused before anything is computed, and nothing is written until everything is ready.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, ensure};
use con_anima::engine::HopTrace;
use con_anima::gesture::TimedNote;
use con_anima::offline::{self, Rendered};
use con_anima::score::LearnedScore;
use con_anima::settings::{Settings, Tempo};

use crate::audio_file::{self, Recording};
use crate::automation::Automation;
use crate::bounce::events::{Event, Score};
use crate::bounce::outputs::{Destinations, Outputs};
use crate::bounce::summary::Summary;
use crate::choice::{self, Choice};
use crate::plot;
use crate::progress::Progress;
use crate::wav_write::{self, Depth, Shape};

mod breaths;
mod events;
pub(crate) mod learning;
pub mod outputs;
mod scenes;
mod summary;
mod timing;

/// The furthest song position in either direction, seconds. Chosen: as a sample number it is exact in floating point at
/// every rate.
const FURTHEST_START_S: f64 = 1e9;

/// Tempos, beats per minute. Chosen: those that hosts have.
const TEMPOS_BPM: RangeInclusive<f64> = 20.0..=999.0;

/// Humanize a recording, or the demo vocal
///
/// The output is as long as the input and aligned with it to the sample. Without IN the demo vocal is sung and
/// target/bounce/ receives demo_before.wav, demo_after.wav and demo_pitch.svg.
///
/// Settings: a preset, then --amount, --seed, --take and --mode, then --set, then --automation; the later wins.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Bounce {
    /// WAV, AIFF, FLAC, MP3, OGG Vorbis or AAC; any channels, 8 to 384 kHz [default: the demo vocal]
    #[arg(value_name = "IN")]
    input: Option<PathBuf>,
    /// The WAV to write [default: IN's name with _con_anima.wav, beside it]
    #[arg(short, long, value_name = "OUT.wav")]
    output: Option<PathBuf>,
    /// A factory preset, or a TOML file with a [values] table
    #[arg(long, value_name = "NAME|FILE.toml")]
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
    /// Host block size to imitate, samples; the output does not depend on it
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
    block: u32,
    /// How to store samples [default: as IN does, 24 for lossy files and the demo]
    #[arg(long, value_enum, hide_possible_values = true, value_name = "16|24|32f")]
    bits: Option<Depth>,
    /// Moving parameters: time_s,id,value[,linear|hold] lines, in song seconds; time_s,breathe,on breathes in there
    #[arg(long, value_name = "FILE.csv")]
    automation: Option<PathBuf>,
    /// Scenes for --set scene=N and for automation: a TOML file of [[scenes]], each with a name and [scenes.values]
    #[arg(long, value_name = "FILE.toml")]
    scenes: Option<PathBuf>,
    /// Learn the whole recording first, yes or no; with no, each note is sung as it is heard, as in a plugin that has
    /// not learned
    #[arg(long, value_name = "yes|no", default_value = "yes", value_parser = choice::yes_or_no,
        action = clap::ArgAction::Set, conflicts_with = "score")]
    learn: bool,
    /// A score that was learned before, of a longer song for example, instead of a first pass
    #[arg(long, value_name = "SONG.score")]
    score: Option<PathBuf>,
    /// Draw the pitch before and after, how far notes were moved, and the breaths
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
    /// List every note, when it was to be sung and when it was, and every breath
    #[arg(long, value_name = "FILE.csv|.json|.mid")]
    events: Option<PathBuf>,
    /// Print a summary for machines, and nothing else
    #[arg(long)]
    json: bool,
    /// Replace existing outputs; never an input
    #[arg(long)]
    force: bool,
}

const EXAMPLES: &str = "Examples:
  cargo xtask bounce
  cargo xtask bounce lead.wav --preset intimate --plot lead.svg
  cargo xtask bounce lead.wav -o double.wav --take 2 --amount 130 --set tremble=8
  cargo xtask bounce chorus.flac --start-seconds 61.5 --automation moves.csv --bits 24
  cargo xtask bounce lead.wav --tempo 96 --set timing=20 --events lead.mid";

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
        let options = [("amount", &self.amount), ("seed", &self.seed), ("take", &self.take), ("mode", &self.mode)];
        let choice = Choice::new(self.preset.as_deref(), &options, &self.set)?;
        let tempo = self.tempo()?;
        let automation = self.automation()?;
        let scenes = scenes::read(self.scenes.as_deref(), &choice.values, automation.as_ref())?;
        let given_score = self.score.as_deref().map(learning::read).transpose()?;
        let destinations = Destinations::new(self)?;
        let recording = match &self.input {
            Some(path) => audio_file::read(path)?,
            None => crate::demo::demo_vocal(),
        };
        let depth = self.bits.unwrap_or(recording.depth);
        wav_write::check_shape(Shape::of(&recording, depth))?;
        let start_samples = start_samples(self.start_seconds, recording.sample_rate_hz)?;
        let rate_hz = f64::from(recording.sample_rate_hz);
        let settings_at = |position_samples: i64| {
            let values = automation.as_ref().map_or(choice.values, |automation| {
                automation.values_at(position_samples as f64 / rate_hz, &choice.values)
            });
            Settings { tempo, ..scenes.resolved(&values).settings() }
        };
        let options = self.options(&recording, &choice, start_samples);
        let score = match given_score {
            None if self.learn => Some(learning::learn(&recording, &options, self.json)?),
            given => given,
        };
        let score = score.map(|score| Arc::new(score).shared_at_rate(rate_hz));
        let rendered = self.render(&recording, &options, score.as_ref(), settings_at)?;
        let events = events::events(&rendered.hops, rate_hz, start_samples);
        let mut summary = Summary::new(self, &choice, &recording, &rendered, start_samples, depth);
        summary.timing = timing::Account::new(&events, &rendered.hops);
        summary.breaths = breaths::Account::new(&events, &rendered.hops, recording.n_samples() as f64 / rate_hz);
        summary.learned = score.map(|score| learning::Account::new(&score, &rendered.hops, rate_hz));
        self.write(&destinations, &recording, &rendered, &events, &mut summary)?;
        summary.print(self.json)
    }

    fn tempo(&self) -> anyhow::Result<Tempo> {
        let Some(bpm) = self.tempo else { return Ok(Tempo::UNKNOWN) };
        let (least, most) = (TEMPOS_BPM.start(), TEMPOS_BPM.end());
        ensure!(TEMPOS_BPM.contains(&bpm), "--tempo must lie between {least} and {most} beats per minute, not {bpm}");
        Tempo::through(bpm, 0.0, 0.0).context("--tempo cannot be counted by")
    }

    fn automation(&self) -> anyhow::Result<Option<Automation>> {
        let Some(path) = &self.automation else { return Ok(None) };
        let read = || Automation::parse(&std::fs::read_to_string(path)?);
        read().map(Some).with_context(|| format!("cannot use automation '{}'", path.display()))
    }

    fn options(&self, recording: &Recording, choice: &Choice, start_samples: i64) -> offline::Options {
        offline::Options {
            sample_rate_hz: f64::from(recording.sample_rate_hz),
            mode: choice.values.mode(),
            start_samples,
            block_samples: self.block as usize,
        }
    }

    fn render(
        &self,
        recording: &Recording,
        options: &offline::Options,
        score: Option<&Arc<LearnedScore>>,
        settings_at: impl Fn(i64) -> Settings,
    ) -> anyhow::Result<Rendered> {
        let progress = Progress::new("singing", recording.n_samples(), self.json);
        let show = |n_done| progress.show(n_done);
        let rendered = match score {
            Some(score) => offline::render_learned(&recording.channels, options, score, &settings_at, show),
            None => offline::render(&recording.channels, options, &settings_at, show),
        };
        let mut rendered = rendered.with_context(|| format!("cannot humanize '{}'", self.source_name()))?;
        let is_bypassed = |hop: &&mut HopTrace| settings_at(hop.position_samples).is_bypassed;
        rendered.hops.iter_mut().filter(is_bypassed).for_each(leave_untouched);
        Ok(rendered)
    }

    fn write(
        &self,
        destinations: &Destinations,
        recording: &Recording,
        rendered: &Rendered,
        events: &[Event],
        summary: &mut Summary,
    ) -> anyhow::Result<()> {
        let mut outputs = Outputs::default();
        let rate_hz = recording.sample_rate_hz;
        if let Some(before) = &destinations.before {
            let comment = format!("{}, untouched", self.source_name());
            outputs.add(before, |file| {
                wav_write::write(file, &recording.channels, rate_hz, summary.depth, &comment).map(|_| ())
            })?;
        }
        outputs.add(&destinations.after, |file| {
            let comment = summary.comment();
            summary.n_clipped = wav_write::write(file, &rendered.channels, rate_hz, summary.depth, &comment)?;
            Ok(())
        })?;
        if let Some(path) = &destinations.plot {
            let title = (self.source_name(), summary.caption());
            let picture = plot::draw(recording, rendered, summary.start_samples, &title, self.json);
            outputs.add(path, |file| Ok(std::io::Write::write_all(file, picture.as_bytes())?))?;
        }
        if let Some((destination, format)) = &destinations.events {
            let score = self.score(summary);
            outputs.add(destination, |file| {
                let bytes = events::file(events, *format, summary.settings(), &score)?;
                Ok(std::io::Write::write_all(file, &bytes)?)
            })?;
        }
        summary.written = outputs.publish()?;
        Ok(())
    }

    /// Name, description and tempo of the MIDI file.
    fn score(&self, summary: &Summary) -> Score {
        Score {
            name: format!("{}, sung by Con Anima", self.source_name()),
            text: format!("Notes as Con Anima {} sang them: {}", env!("CARGO_PKG_VERSION"), summary.comment()),
            tempo_bpm: self.tempo,
        }
    }

    /// The input's name without its folder, so that equal bounces are equal wherever they are made.
    fn source_name(&self) -> String {
        let name = self.input.as_ref().and_then(|path| path.file_name());
        name.map_or_else(|| "demo vocal".to_owned(), |name| name.to_string_lossy().into_owned())
    }
}

/// Removes what the engine reports of a hop whose input is passed through: none of it is audible.
fn leave_untouched(hop: &mut HopTrace) {
    let note = hop.note.map(|note| TimedNote { planned_ms: 0.0, realized_ms: 0.0, ..note });
    *hop = HopTrace { position_samples: hop.position_samples, frame: hop.frame, note, ..HopTrace::default() };
}
