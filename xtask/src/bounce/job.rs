//! One recording is humanized.
//!
//! In: a recording, what is asked, where to write. Out: the files, complete or none, and a summary. The recording is
//! read twice, once to learn the song and once to sing it, each time in pieces: a long file takes no more memory than a
//! short one. Only a picture needs it whole.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;

use anyhow::Context;
use con_anima::engine::HopTrace;
use con_anima::gesture::TimedNote;
use con_anima::offline::{Options, Rendered, Renderer};
use con_anima::score::LearnedScore;
use con_anima::settings::Settings;

use super::asked::Asked;
use super::batch::Overall;
use super::beside::{Beside, Made, Side};
use super::events::{self, Event};
use super::gather::{Gathered, Gatherer, Place};
use super::input::Input;
use super::learning::{self, Learning};
use super::outputs::{Destinations, Outputs};
use super::summary::Summary;
use super::verify;
use crate::audio_file::{Faults, Metadata, Recording, SourceShape};
use crate::credentials::{self, Signed, Statement, Synthetic};
use crate::measure;
use crate::plot::{self, Pitches};
use crate::progress::Progress;
use crate::report::{self, Report};
use crate::wav_write::{self, Container, Depth, Dither, Done, Finished, Packing, Rounding, Spec, Writer};

/// How a recording is read and written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Storing {
    /// How samples are stored; `None` as the input does.
    pub(super) depth: Option<Depth>,
    /// The kind of file that goes to a pipe.
    pub(super) container: Container,
    /// What is done before samples of 16 bits are rounded.
    pub(super) dither: Dither,
    /// What is done with damaged frames of the input.
    pub(super) faults: Faults,
    /// Whether what was written is read again, and summed up.
    pub(super) verifies: bool,
}

/// One recording and what becomes of it.
pub(super) struct Job<'a> {
    pub(super) asked: &'a Asked,
    pub(super) input: &'a Input,
    pub(super) destinations: &'a Destinations,
    pub(super) storing: Storing,
    pub(super) reporting: Reporting<'a>,
}

/// Who is told how far a job is.
#[derive(Clone, Copy)]
pub(super) enum Reporting<'a> {
    /// It is the only one.
    Alone { is_quiet: bool },
    /// It is one of a list.
    Among(&'a Overall),
}

impl Reporting<'_> {
    fn progress(self, name: &'static str, shape: &SourceShape) -> Progress {
        let is_hidden = self.is_quiet() || shape.n_samples.is_none();
        Progress::new(name, shape.n_samples.unwrap_or(0) as usize, is_hidden)
    }

    fn add_sung(self, seconds: f64) {
        if let Self::Among(overall) = self {
            overall.add_sung(seconds);
        }
    }

    fn is_quiet(self) -> bool {
        matches!(self, Self::Among(_) | Self::Alone { is_quiet: true })
    }
}

/// What is kept of the samples for a picture.
#[derive(Default)]
struct Kept {
    before: Vec<Vec<f32>>,
    after: Vec<Vec<f32>>,
}

/// The second pass over a recording, in which it is sung.
struct Pass {
    renderer: Renderer,
    gatherer: Gatherer,
    kept: Option<Kept>,
    beside: Option<Beside>,
    rounding: Rounding,
    /// Samples that were read.
    n_samples: u64,
    remarks: Vec<String>,
}

impl Pass {
    /// Replaces a piece by what is sung meanwhile; `n_read` samples of the file are known.
    fn sing(&mut self, piece: &mut [Vec<f32>], is_end: bool, settings_at: &dyn Fn(i64) -> Settings, n_read: u64) {
        let Self { renderer, gatherer, .. } = self;
        let mut gather = |hop: &HopTrace| match settings_at(hop.position_samples).is_bypassed {
            true => gatherer.add(&untouched(hop), n_read),
            false => gatherer.add(hop, n_read),
        };
        match is_end {
            false => renderer.render(piece, settings_at, &mut gather),
            true => renderer.finish(piece, settings_at, &mut gather),
        }
    }

    fn keep(&mut self, side: Side, piece: &[Vec<f32>]) {
        let Some(kept) = &mut self.kept else { return };
        let (channels, piece) = match side {
            Side::Before => (&mut kept.before, piece.to_vec()),
            // As the file holds it.
            Side::After => (&mut kept.after, self.rounding.stored(piece)),
        };
        if let Some(beside) = &self.beside {
            beside.add(side, &piece);
        }
        channels.resize(piece.len(), Vec::new());
        channels.iter_mut().zip(piece).for_each(|(all, samples)| all.extend_from_slice(&samples));
    }
}

impl Job<'_> {
    /// Reads, learns, sings and writes.
    pub(super) fn run(&self) -> anyhow::Result<Summary> {
        let input_checksum = self.input.checksum()?;
        let mut samples = self.input.open(self.storing.faults)?;
        let shape = samples.shape().clone();
        let options = self.asked.options(shape.sample_rate_hz)?;
        if self.asked.declared.credentials.is_some() {
            credentials::check_size(&self.spec(&shape))?;
        }
        let rate_hz = options.sample_rate_hz;
        let is_learned = self.asked.score.is_none() && self.asked.learns;
        let has_report = self.destinations.report.is_some();
        let beside = has_report.then(|| Beside::new(&shape, options.start_samples, is_learned));
        let mut beside = beside.transpose()?;
        let score = if is_learned {
            let progress = self.reporting.progress("learning", &shape);
            let mut tell = |learning: Learning<'_>| beside.iter_mut().for_each(|beside| beside.learn(&learning));
            Some(Arc::new(learning::learn(&mut samples, &options, &progress, &mut tell)?))
        } else {
            self.asked.score.clone()
        };
        let score = score.map(|score| score.shared_at_rate(rate_hz));
        let mut summary = Summary::new(self.asked, self.input, &shape, &options);
        summary.depth = self.storing.depth.unwrap_or(shape.depth);
        summary.input_checksum = input_checksum;
        summary.set_score(score.as_deref(), self.asked.learns);

        let mut outputs = Outputs::default();
        self.write_before(&mut outputs, &shape, &options, &summary)?;
        let mut pass = self.pass(&shape, &options, score.as_ref(), beside)?;
        outputs.add(&self.destinations.after, |file| {
            let finished = self.sing(file, &shape, &options, &mut pass, &summary.comment())?;
            summary.n_clipped = finished.n_clipped;
            summary.remarks = finished.remarks;
            Ok(())
        })?;
        summary.signed = self.sign(&mut outputs, &summary)?;
        summary.n_samples = pass.n_samples;
        summary.n_bad = pass.renderer.n_bad_samples();
        summary.remarks.splice(0..0, pass.remarks);
        let gathered = pass.gatherer.end();
        summary.set_gathered(&gathered, score.as_deref());
        let made = pass.beside.map(Beside::end).transpose()?;
        self.write_rest(&mut outputs, &shape, (gathered, pass.kept, made), &summary)?;
        summary.written = outputs.publish()?;
        let after = &self.destinations.after;
        if self.storing.verifies && !after.is_pipe() {
            let read_back = verify::samples_checksum(after.path(), &options);
            let name = || format!("'{}' is complete, but could not be read back", after.path().display());
            summary.output_checksum = Some(read_back.with_context(name)?);
        }
        Ok(summary)
    }

    /// What would be done, in words.
    pub(super) fn plan(&self) -> anyhow::Result<String> {
        let samples = self.input.open(self.storing.faults)?;
        let shape = samples.shape();
        let mut summary = Summary::new(self.asked, self.input, shape, &self.asked.options(shape.sample_rate_hz)?);
        summary.n_samples = shape.n_samples.unwrap_or(0);
        summary.depth = self.storing.depth.unwrap_or(shape.depth);
        Ok(summary.file_line())
    }

    fn pass(
        &self,
        shape: &SourceShape,
        options: &Options,
        score: Option<&Arc<LearnedScore>>,
        beside: Option<Beside>,
    ) -> anyhow::Result<Pass> {
        let renderer = Renderer::new(options, shape.n_channels, score);
        let place = Place { sample_rate_hz: options.sample_rate_hz, start_samples: options.start_samples };
        let keeps = self.destinations.plot.is_some() || self.destinations.report.is_some();
        Ok(Pass {
            renderer: renderer.with_context(|| format!("cannot humanize '{}'", self.input.shown()))?,
            gatherer: Gatherer::new(place, score.cloned(), keeps),
            kept: keeps.then(Kept::default),
            beside,
            rounding: Rounding::new(&self.spec(shape)),
            n_samples: 0,
            remarks: Vec::new(),
        })
    }

    fn sing(
        &self,
        file: &mut File,
        shape: &SourceShape,
        options: &Options,
        pass: &mut Pass,
        comment: &str,
    ) -> anyhow::Result<Finished> {
        let settings_at = |position: i64| self.asked.settings_at(position, options.sample_rate_hz);
        let progress = self.reporting.progress("singing", shape);
        let mut writer = Writer::new(file, &self.spec(shape), &shape.metadata)?;
        let mut samples = self.input.open(self.storing.faults)?;
        pass.n_samples = samples.each_piece(options, |piece, n_before| {
            let n_read = piece.first().map_or(0, Vec::len) as u64;
            pass.keep(Side::Before, piece);
            pass.sing(piece, false, &settings_at, n_before + n_read);
            pass.keep(Side::After, piece);
            progress.show(n_before as usize);
            self.reporting.add_sung(n_read as f64 / options.sample_rate_hz);
            writer.write(piece)
        })?;
        let mut rest = vec![Vec::new(); shape.n_channels];
        pass.sing(&mut rest, true, &settings_at, pass.n_samples);
        pass.keep(Side::After, &rest);
        writer.write(&rest)?;
        pass.remarks = samples.remarks();
        let declaration = self.asked.declared.synthetic.map(Synthetic::declaration);
        let edits: Vec<&str> = [EDIT].into_iter().chain(declaration).collect();
        writer.finish(&done(comment, &edits, &shape.metadata))
    }

    /// Signs what was sung, if that is asked for.
    fn sign(&self, outputs: &mut Outputs, summary: &Summary) -> anyhow::Result<Option<Signed>> {
        let Some(credentials) = &self.asked.declared.credentials else { return Ok(None) };
        let name = self.destinations.after.path().file_name().unwrap_or_default().to_string_lossy();
        // A pipe has no name.
        let title = if self.destinations.after.is_pipe() { self.input.name() } else { name.into_owned() };
        let statement = Statement {
            container: self.destinations.container(self.storing.container),
            title: &title,
            source: self.input.path(),
            source_name: &self.input.name(),
            synthetic: self.asked.declared.synthetic,
            edit: EDIT,
            settings: &summary.comment(),
        };
        outputs.change_last(|unsigned, signed| credentials.sign(unsigned, signed, &statement)).map(Some)
    }

    fn spec(&self, shape: &SourceShape) -> Spec {
        Spec {
            n_channels: shape.n_channels,
            sample_rate_hz: shape.sample_rate_hz,
            depth: self.storing.depth.unwrap_or(shape.depth),
            container: self.destinations.container(self.storing.container),
            packing: Packing::Small,
            dither: self.storing.dither,
            n_samples: shape.n_samples,
        }
    }

    /// The demo vocal as it was, to compare.
    fn write_before(
        &self,
        outputs: &mut Outputs,
        shape: &SourceShape,
        options: &Options,
        summary: &Summary,
    ) -> anyhow::Result<()> {
        let Some(before) = &self.destinations.before else { return Ok(()) };
        outputs.add(before, |file| {
            let spec =
                Spec { container: Container::Wav, dither: Dither::Off, depth: summary.depth, ..self.spec(shape) };
            let mut writer = Writer::new(file, &spec, &shape.metadata)?;
            self.input.open(self.storing.faults)?.each_piece(options, |piece, _| writer.write(piece))?;
            writer.finish(&done(&format!("{}, untouched", self.input.name()), &[], &shape.metadata)).map(|_| ())
        })
    }

    /// The picture and the list of events.
    fn write_rest(
        &self,
        outputs: &mut Outputs,
        shape: &SourceShape,
        (gathered, kept, made): (Gathered, Option<Kept>, Option<Made>),
        summary: &Summary,
    ) -> anyhow::Result<()> {
        if let Some((destination, format)) = &self.destinations.events {
            outputs.add(destination, |file| {
                let bytes = events::file(&gathered.events, *format, summary.settings(), &self.score(summary))?;
                Ok(file.write_all(&bytes)?)
            })?;
        }
        let Some(Kept { before, after }) = kept else { return Ok(()) };
        let (sample_rate_hz, depth) = (shape.sample_rate_hz, summary.depth);
        let before = Recording { channels: before, sample_rate_hz, depth };
        let Gathered { events, hops, .. } = gathered;
        let rendered = Rendered { channels: after, hops, n_bad_samples: summary.n_bad };
        let pitches = Pitches::new(&before, &rendered, self.reporting.is_quiet());
        let title = (self.input.name(), summary.caption());
        let picture = plot::draw(&before, &rendered, &pitches, summary.start_samples, &title);
        if let Some(destination) = &self.destinations.plot {
            outputs.add(destination, |file| Ok(file.write_all(&plot::encoded(&picture, destination.path())?)?))?;
        }
        if let Some((destination, made)) = self.destinations.report.as_ref().zip(made) {
            let page = self.page(before, rendered, made, picture, &events, summary);
            outputs.add(destination, |file| Ok(file.write_all(page.as_bytes())?))?;
        }
        Ok(())
    }

    fn page(
        &self,
        before: Recording,
        rendered: Rendered,
        made: Made,
        picture: String,
        events: &[Event],
        summary: &Summary,
    ) -> String {
        let rate_hz = f64::from(before.sample_rate_hz);
        let start_s = summary.start_samples as f64 / rate_hz;
        let beats_at = |time_s: f64| self.asked.settings_at((time_s * rate_hz) as i64, rate_hz).tempo.beats(time_s);
        let beats_at: Option<&dyn Fn(f64) -> f64> = if self.asked.knows_tempo() { Some(&beats_at) } else { None };
        let after =
            Recording { channels: rendered.channels, sample_rate_hz: before.sample_rate_hz, depth: before.depth };
        let [heard_before, heard_after] = made.heard;
        let (statistics, melody) =
            measure::compare(summary.start_samples, (before, heard_before), (after, heard_after));
        report::page(&Report {
            title: self.input.name(),
            summary: summary.text().lines().map(|line| line.trim().to_owned()).collect(),
            settings: summary.named_settings(),
            song: plot::song::draw(&melody, start_s, beats_at),
            picture,
            events: events::rows(events).collect(),
            statistics,
            sounds: &made.sounds,
        })
    }

    /// Name, description and tempo of the MIDI file.
    fn score(&self, summary: &Summary) -> events::Score {
        events::Score {
            name: format!("{}, sung by Con Anima", self.input.name()),
            text: format!("Notes as Con Anima {} sang them: {}", env!("CARGO_PKG_VERSION"), summary.comment()),
            tempo_bpm: self.asked.tempo_bpm,
        }
    }
}

/// What is declared of every bounce.
pub(super) const EDIT: &str = "humanized by Con Anima";

/// The words before a comment that the source had.
pub(super) const SOURCE_COMMENT: &str = "comment of the source: ";

/// What the file says of itself. A comment that its source had stands behind ours, unless that was ours, too.
fn done(comment: &str, edits: &[&str], metadata: &Metadata) -> Done {
    let software = wav_write::software();
    let before = metadata.comment().filter(|_| metadata.software() != Some(&software));
    let before = before.map(|before| format!("{SOURCE_COMMENT}{before}"));
    let comment = [comment.to_owned()].into_iter().chain(before).collect();
    Done { software, comment, edits: edits.iter().map(|edit| (*edit).to_owned()).collect() }
}

/// Without what the engine reports of a hop whose input is passed through: none of it is audible.
fn untouched(hop: &HopTrace) -> HopTrace {
    let note = hop.note.map(|note| TimedNote { planned_ms: 0.0, realized_ms: 0.0, ..note });
    HopTrace { position_samples: hop.position_samples, frame: hop.frame, note, ..HopTrace::default() }
}
