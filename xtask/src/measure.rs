//! `cargo xtask measure`: a voice in numbers, beside those of human takes.
//!
//! In: recordings, or a part of each; on request an external pitch track. Out: a table or one line of JSON per
//! recording, on request the engine's frames as CSV and a picture of the analysis. The pitch is the engine's own
//! analysis, rendered as for a bounce, so this also shows that analysis.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use con_anima::engine::HopTrace;

use crate::audio_file::Recording;
use crate::bounce::outputs::{Destination, Outputs, PLOT_EXTENSIONS};
use crate::measure::listening::Listening;
use crate::measure::statistics::STATISTICS;
use crate::measure::track::Track;
use crate::measure::voice::Voice;
use crate::plot;
use crate::plot::heard::{self, Heard};
use crate::plot::song::Melody;

pub mod numbers;
mod listening;
mod track;
mod held;
mod spectrum;
mod movement;
mod period_marks;
mod perturbation;
pub(crate) mod breaths;
mod voice;
mod statistics;
mod report;
mod fingerprint;
mod frames_csv;

pub(crate) use listening::Listener;
pub(crate) use report::in_short;

/// Measure how human a voice is
///
/// Prints how its pitch moves, how its periods differ, how it breathes, and where human takes lie. Statistics of notes
/// are medians over held notes (a quarter of a second or more at one pitch); - is what cannot be measured.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Measure {
    /// WAV, AIFF, FLAC, MP3, OGG Vorbis or AAC; a voice alone
    #[arg(value_name = "IN", required = true)]
    inputs: Vec<PathBuf>,
    /// Where to begin, seconds into the file
    #[arg(long, value_name = "S")]
    start: Option<f64>,
    /// Where to end, seconds into the file
    #[arg(long, value_name = "S")]
    end: Option<f64>,
    /// Use this pitch track instead of our own: time_s,f0_hz lines, 0 Hz where nothing is voiced
    #[arg(long, value_name = "FILE.csv")]
    f0: Option<PathBuf>,
    /// Write what the engine heard, hop by hop
    #[arg(long, value_name = "FILE.csv")]
    frames: Option<PathBuf>,
    /// Draw waveform, pitch, notes, onsets, breaths and phases
    #[arg(long, value_name = "FILE.svg|.png")]
    plot: Option<PathBuf>,
    /// Print one JSON object per file and line, and nothing else
    #[arg(long)]
    json: bool,
    /// Look for the steady lines that neural decoders leave between 3 and 16 kHz, too
    #[arg(long)]
    fingerprint: bool,
    /// Replace existing outputs; never an input
    #[arg(long)]
    force: bool,
}

const EXAMPLES: &str = "Examples:
  cargo xtask measure lead.wav
  cargo xtask measure lead.wav --start 12 --end 30 --plot lead.svg
  cargo xtask measure takes/*.wav --json > takes.jsonl";

impl Measure {
    /// Reads, listens, measures and reports, file by file.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        self.check_options()?;
        let frames = self.destination(self.frames.as_deref(), &["csv"])?;
        let plot = self.destination(self.plot.as_deref(), &PLOT_EXTENSIONS)?;
        for input in &self.inputs {
            let listening = Listening::new(input, [self.start, self.end], self.json)?;
            let track = self.track(&listening)?;
            let voice = Voice::new(&listening.waveform, &listening.hops, track);
            let name = input.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            let mut outputs = Outputs::default();
            if let Some(frames) = &frames {
                let table = frames_csv::table(&listening.hops, listening.waveform.rate_hz);
                outputs.add(frames, |file| Ok(file.write_all(table.as_bytes())?))?;
            }
            if let Some(destination) = &plot {
                let picture = heard::draw(&heard(&name, &listening, &voice));
                outputs.add(destination, |file| Ok(file.write_all(&plot::encoded(&picture, destination.path())?)?))?;
            }
            outputs.publish()?;
            let lines =
                self.fingerprint.then(|| fingerprint::lines(&listening.waveform.samples, listening.waveform.rate_hz));
            let n_bad = listening.n_bad_samples;
            let text = match self.json {
                true => report::json_line(&name, &voice, n_bad, lines.as_deref().map(fingerprint::json)),
                false => {
                    report::table(&name, &voice, n_bad) + &lines.as_deref().map(fingerprint::text).unwrap_or_default()
                }
            };
            std::io::stdout().write_all(text.as_bytes())?;
        }
        Ok(())
    }

    fn check_options(&self) -> anyhow::Result<()> {
        for (option, value) in [("--start", self.start), ("--end", self.end)] {
            let is_time = value.is_none_or(|time_s| time_s.is_finite() && time_s >= 0.0);
            ensure!(is_time, "{option} takes seconds from 0 on, not {}", value.unwrap_or_default());
        }
        if let (Some(start), Some(end)) = (self.start, self.end) {
            ensure!(start < end, "--start {start} must lie before --end {end}");
        }
        for (option, path) in [("--f0", &self.f0), ("--frames", &self.frames), ("--plot", &self.plot)] {
            let n_inputs = self.inputs.len();
            ensure!(path.is_none() || n_inputs == 1, "{option} takes a single recording, not {n_inputs}");
        }
        Ok(())
    }

    fn destination(&self, path: Option<&Path>, extensions: &[&str]) -> anyhow::Result<Option<Destination>> {
        let sources: Vec<&Path> = self.inputs.iter().chain(&self.f0).map(PathBuf::as_path).collect();
        path.map(|path| Destination::new(path, self.force, extensions, &sources)).transpose()
    }

    fn track(&self, listening: &Listening) -> anyhow::Result<Track> {
        let times_s = listening.times_s();
        let Some(path) = &self.f0 else { return Ok(heard_track(listening)) };
        let read = || Track::parse(&std::fs::read_to_string(path)?, times_s);
        read().with_context(|| format!("cannot use pitch track '{}'", path.display()))
    }
}

/// The statistics of a recording's first seconds by their names, from the engine's own analysis. What could not be
/// measured is missing.
pub fn statistics(recording: &Recording, end_s: f64) -> anyhow::Result<Vec<(&'static str, f64)>> {
    let listening = Listening::of(recording, [None, Some(end_s)], true)?;
    let voice = Voice::new(&listening.waveform, &listening.hops, heard_track(&listening));
    let values = STATISTICS.iter().map(|statistic| (statistic.id, (statistic.value)(&voice)));
    Ok(values.filter_map(|(id, value)| Some((id, value?))).collect())
}

/// A statistic of a recording before and after.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Compared {
    /// Its unit and meaning.
    pub(crate) meaning: &'static str,
    pub(crate) before: Option<f64>,
    pub(crate) after: Option<f64>,
    /// The tenth, fiftieth and ninetieth percentile of human takes.
    pub(crate) human: Option<[f64; 3]>,
}

/// All statistics of two recordings of one song that begin at one position of it, and the pitch of both. Each comes
/// with what the engine heard in it.
pub(crate) fn compare(
    start_samples: i64,
    before: (Recording, Vec<HopTrace>),
    after: (Recording, Vec<HopTrace>),
) -> (Vec<Compared>, Melody) {
    let voice = |(recording, hops)| {
        let listening = Listening::heard(recording, start_samples, hops);
        Voice::new(&listening.waveform, &listening.hops, heard_track(&listening))
    };
    let (before, after) = rayon::join(|| voice(before), || voice(after));
    let compared = STATISTICS.iter().map(|statistic| Compared {
        meaning: statistic.meaning,
        before: (statistic.value)(&before),
        after: (statistic.value)(&after),
        human: statistic.human,
    });
    let compared = compared.collect();
    (compared, Melody { before: before.track.cents, after: after.track.cents, hop_s: track::HOP_S })
}

/// The pitch that the engine heard, where it is loud enough.
fn heard_track(listening: &Listening) -> Track {
    let heard = Track::of_hops(&listening.hops, listening.waveform.rate_hz, listening.times_s());
    heard.audible(&listening.waveform)
}

/// The data of the picture.
fn heard<'a>(name: &str, listening: &'a Listening, voice: &Voice) -> Heard<'a> {
    let track = &voice.track;
    Heard {
        title: (name.to_owned(), report::caption(voice)),
        times_s: listening.times_s(),
        samples: &listening.waveform.samples,
        sample_rate_hz: listening.waveform.rate_hz,
        hops: &listening.hops,
        pitch: track.cents.iter().enumerate().map(|(hop, cents)| (track.time_s(hop), *cents)).collect(),
        notes: voice.notes.iter().map(|note| (note.times_s.clone(), note.movement.centre_cents)).collect(),
        breaths: voice.breaths.iter().map(|breath| breath.times_s.clone()).collect(),
    }
}
