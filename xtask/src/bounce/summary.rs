//! The summary of a bounce, for its metadata, as text and as JSON.
//!
//! In: settings and results. Out: text.

use std::path::PathBuf;

use con_anima::offline::Options;
use con_anima::params::{Kind, Values};
use con_anima::score::LearnedScore;
use con_anima::settings::Listen;
use serde_json::{Map, Value, json};

use super::asked::Asked;
use super::gather::{Figures, Gathered};
use super::input::Input;
use super::{breaths, learning, timing};
use crate::audio_file::SourceShape;
use crate::choice;
use crate::credentials::Signed;
use crate::wav_write::Depth;
use crate::words::counted;

/// Parameters that a caption names only where they are not at their default.
const QUIET: [&str; 11] = [
    "only_missing",
    "vibrato_rate",
    "vibrato_life",
    "feel",
    "breath_tone",
    "breathe",
    "breath_keep",
    "listen",
    "output",
    "bypass",
    "scene",
];

/// The version of the summary for machines: raised when a key changes its meaning or goes.
pub(super) const SCHEMA_VERSION: u32 = 1;

/// The settings and results of a bounce.
#[derive(Clone, Debug)]
pub(super) struct Summary {
    source: String,
    preset: Option<String>,
    automation: Option<String>,
    scenes: Option<String>,
    values: Values,
    words: Vec<String>,
    score_word: Option<String>,
    sample_rate_hz: u32,
    n_channels: usize,
    /// Samples of each channel.
    pub(super) n_samples: u64,
    /// Input samples that were no numbers.
    pub(super) n_bad: u64,
    figures: Figures,
    tempo_bpm: Option<f64>,
    timing: timing::Account,
    breaths: breaths::Account,
    learned: Option<learning::Account>,
    /// Song position of the first sample.
    pub(super) start_samples: i64,
    /// How samples are stored.
    pub(super) depth: Depth,
    /// Samples clipped to full scale.
    pub(super) n_clipped: u64,
    /// The SHA-256 of the input's file.
    pub(super) input_checksum: Option<String>,
    /// What people must be told of the input.
    pub(super) remarks: Vec<String>,
    /// The SHA-256 of the samples that were read back from the output.
    pub(super) output_checksum: Option<String>,
    /// The signature in the output.
    pub(super) signed: Option<Signed>,
    /// The files, once they have their names.
    pub(super) written: Vec<PathBuf>,
}

impl Summary {
    /// The summary before anything is rendered.
    pub(super) fn new(asked: &Asked, input: &Input, shape: &SourceShape, options: &Options) -> Self {
        Self {
            source: input.name(),
            preset: asked.choice.preset.clone(),
            automation: asked.automation(),
            scenes: asked.scenes().map(str::to_owned),
            values: asked.choice.values,
            words: asked.words(),
            score_word: None,
            sample_rate_hz: shape.sample_rate_hz,
            n_channels: shape.n_channels,
            n_samples: 0,
            n_bad: 0,
            figures: Figures::default(),
            tempo_bpm: asked.tempo_bpm,
            timing: timing::Account::default(),
            breaths: breaths::Account::default(),
            learned: None,
            start_samples: options.start_samples,
            depth: shape.depth,
            n_clipped: 0,
            input_checksum: None,
            remarks: Vec::new(),
            output_checksum: None,
            signed: None,
            written: Vec::new(),
        }
    }

    /// The score that is sung by. One that was learned here is not told by what was asked for.
    pub(super) fn set_score(&mut self, score: Option<&LearnedScore>, is_learned_here: bool) {
        self.score_word = score.filter(|_| is_learned_here).map(learning::word);
    }

    /// Everything that happened.
    pub(super) fn set_gathered(&mut self, gathered: &Gathered, score: Option<&LearnedScore>) {
        let Gathered { events, figures, .. } = gathered;
        let differing_s = figures.differing_samples as f64 / f64::from(self.sample_rate_hz);
        self.figures = *figures;
        self.timing = timing::Account::new(events, figures.n_refused);
        self.breaths = breaths::Account::new(events, figures.aspiration_db(), self.duration_s());
        self.learned = score.map(|score| learning::Account::new(score, differing_s));
    }

    fn start_s(&self) -> f64 {
        self.start_samples as f64 / f64::from(self.sample_rate_hz)
    }

    fn duration_s(&self) -> f64 {
        self.n_samples as f64 / f64::from(self.sample_rate_hz)
    }

    /// One line for the file's metadata. It has no block size and no path, so that files that sound alike are equal.
    pub(super) fn comment(&self) -> String {
        let input = self.input_checksum.iter().map(|checksum| input_word(checksum));
        let words = self.words.iter().cloned().chain(input).chain(self.score_word.clone());
        words.collect::<Vec<_>>().join(" ")
    }

    /// The settings as text.
    pub(super) fn caption(&self) -> String {
        let preset = self.preset.iter().cloned();
        let is_shown = |id| !QUIET.contains(&id) || self.values.get(id) != Values::default().get(id);
        let values = choice::of_a_file().filter(|parameter| is_shown(parameter.id)).map(|parameter| {
            let value = self.values.get(parameter.id).unwrap_or(parameter.default);
            format!("{} {} {}", parameter.name, parameter.text(value), parameter.unit).trim_end().to_owned()
        });
        let automation = self.automation.iter().map(|automation| format!("automation {automation}"));
        let tempo = self.tempo_bpm.iter().map(|bpm| format!("{bpm} BPM"));
        let scenes = self.scenes.iter().map(|scenes| format!("scenes {scenes}"));
        preset.chain(values).chain(tempo).chain(automation).chain(scenes).collect::<Vec<_>>().join(" · ")
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let mut lines: Vec<String> = self.written.iter().map(|path| format!("wrote {}", path.display())).collect();
        lines.push(format!("  {}", self.file_line()));
        lines.push(format!("  {}", self.caption()));
        lines.push(format!(
            "  added: {:.1} cents rms of pitch, at most {:.1} ms of time",
            self.figures.pitch_movement_cents(),
            self.figures.largest_displacement_ms
        ));
        lines.push(format!("  {}", self.timing.text()));
        lines.push(format!("  {}", self.breaths.text()));
        lines.push(format!("  {}", learning::Account::text(self.learned.as_ref())));
        if self.values.settings().listen != Listen::Output {
            lines.push("  this is not the voice: 'listen' lets only a part of it through".to_owned());
        }
        if self.n_clipped > 0 {
            let clipped = counted(self.n_clipped, "sample");
            lines.push(format!("  {clipped} clipped at full scale: lower it with --set output=-3"));
        }
        if self.n_bad > 0 {
            lines.push(format!("  {} of no valid value became silence", counted(self.n_bad, "sample")));
        }
        lines.extend(self.remarks.iter().map(|remark| format!("  {remark}")));
        lines.extend(self.signed.iter().map(|signed| format!("  {}", signed.text())));
        lines.extend(self.output_checksum.iter().map(|sum| format!("  read back: sha256 {sum}")));
        lines.join("\n") + "\n"
    }

    /// Every setting by its name, and the checksums that tell recording and score.
    pub(super) fn named_settings(&self) -> Vec<(String, String)> {
        let values = choice::of_a_file().map(|parameter| {
            let value = self.values.get(parameter.id).unwrap_or(parameter.default);
            (parameter.name.to_owned(), format!("{} {}", parameter.text(value), parameter.unit).trim_end().to_owned())
        });
        let others = [
            ("Preset", self.preset.clone()),
            ("Automation", self.automation.clone()),
            ("Scenes", self.scenes.clone()),
            ("Tempo", self.tempo_bpm.map(|bpm| format!("{bpm} BPM"))),
            ("Song position", Some(format!("{} s", self.start_s()))),
            ("Score", self.learned.as_ref().map(learning::Account::checksum)),
            ("Input, sha256", self.input_checksum.as_ref().map(|sum| sum[..16].to_owned())),
        ];
        let others = others.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        values.chain(others).collect()
    }

    /// The recording and its shape.
    pub(super) fn file_line(&self) -> String {
        let channels = if self.n_channels == 1 { "mono".to_owned() } else { format!("{} channels", self.n_channels) };
        let (duration_s, rate_hz, bits) = (self.duration_s(), self.sample_rate_hz, self.depth.name());
        format!("{}: {duration_s:.2} s, {channels}, {rate_hz} Hz, {bits} bit", self.source)
    }

    /// One line of a list: how long it is, and what must be known.
    pub(super) fn line(&self) -> String {
        let clipped =
            (self.n_clipped > 0).then(|| format!("{} clipped at full scale", counted(self.n_clipped, "sample")));
        let bad = (self.n_bad > 0).then(|| format!("{} of no valid value", counted(self.n_bad, "sample")));
        let sum = self.output_checksum.as_ref().map(|sum| format!("sha256 {sum}"));
        let signed = self.signed.as_ref().map(|signed| format!("signed by '{}'", signed.signer));
        let remarks = self.remarks.iter().cloned().chain(clipped).chain(bad).chain(signed).chain(sum);
        [format!("{:.2} s", self.duration_s())].into_iter().chain(remarks).collect::<Vec<_>>().join("; ")
    }

    /// The settings as JSON, except how and where the file was written.
    pub(super) fn settings(&self) -> Map<String, Value> {
        let values = choice::of_a_file().map(|parameter| {
            let value = self.values.get(parameter.id).unwrap_or(parameter.default);
            let text = parameter.text(value);
            // Parsed from the text, because a 32-bit float would print more digits.
            let number = text.parse::<f64>().map(Value::from);
            let value = match parameter.kind {
                Kind::Choice(_) => Value::from(text),
                Kind::Switch => Value::from(value >= 0.5),
                Kind::Continuous { .. } | Kind::Position { .. } | Kind::Whole { .. } => {
                    number.unwrap_or(Value::from(text))
                }
            };
            (parameter.id.to_owned(), value)
        });
        let settings = [
            ("source", json!(self.source)),
            ("preset", json!(self.preset)),
            ("automation", json!(self.automation)),
            ("scenes", json!(self.scenes)),
            ("values", Map::from_iter(values).into()),
            ("tempo_bpm", json!(self.tempo_bpm)),
            ("start_samples", json!(self.start_samples)),
            ("start_s", json!(self.start_s())),
            ("samples", json!(self.n_samples)),
            ("duration_s", json!(self.duration_s())),
            ("channels", json!(self.n_channels)),
            ("sample_rate_hz", json!(self.sample_rate_hz)),
        ];
        settings.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }

    /// For machines.
    pub(super) fn json(&self) -> Map<String, Value> {
        let mut summary = self.settings();
        let written: Vec<_> = self.written.iter().map(|path| path.to_string_lossy()).collect();
        let outcome = [
            ("written", json!(written)),
            ("input_sha256", json!(self.input_checksum)),
            ("samples_sha256", json!(self.output_checksum)),
            ("credentials", json!(self.signed.as_ref().map(Signed::json))),
            ("remarks", json!(self.remarks)),
            ("bits", json!(self.depth.name())),
            ("clipped_samples", json!(self.n_clipped)),
            ("bad_samples", json!(self.n_bad)),
            ("pitch_movement_rms_cents", json!(self.figures.pitch_movement_cents())),
            ("largest_displacement_ms", json!(self.figures.largest_displacement_ms)),
            ("timing", self.timing.json()),
            ("breath", self.breaths.json()),
            ("learned", json!(self.learned.as_ref().map(learning::Account::json))),
        ];
        summary.extend(outcome.map(|(key, value)| (key.to_owned(), value)));
        summary
    }
}

/// The input's checksum, for metadata.
pub(super) fn input_word(checksum: &str) -> String {
    format!("input={checksum}")
}
