//! The summary of a bounce, for its metadata, as text and as JSON.
//!
//! In: settings and results. Out: text.

use std::io::Write;
use std::path::PathBuf;

use con_anima::engine::HopTrace;
use con_anima::offline::Rendered;
use con_anima::params::{Kind, Values};
use con_anima::settings::Listen;
use serde_json::{Map, Value, json};

use super::{Bounce, breaths, learning, timing};
use crate::audio_file::Recording;
use crate::choice::{self, Choice};
use crate::wav_write::Depth;

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

/// The settings and results of a bounce.
#[derive(Clone, Debug)]
pub(super) struct Summary {
    source: String,
    preset: Option<String>,
    automation: Option<String>,
    scenes: Option<String>,
    values: Values,
    sample_rate_hz: u32,
    n_channels: usize,
    n_samples: usize,
    n_bad: u64,
    pitch_movement_cents: f64,
    largest_displacement_ms: f32,
    tempo_bpm: Option<f64>,
    /// Statistics of the timing.
    pub(super) timing: timing::Account,
    /// Statistics of the added breath.
    pub(super) breaths: breaths::Account,
    /// The learned score, and how it was used.
    pub(super) learned: Option<learning::Account>,
    /// Song position of the first sample.
    pub(super) start_samples: i64,
    /// How samples are stored.
    pub(super) depth: Depth,
    /// Samples clipped to full scale.
    pub(super) n_clipped: u64,
    /// The files, once they have their names.
    pub(super) written: Vec<PathBuf>,
}

impl Summary {
    /// The summary before anything is written.
    pub(super) fn new(
        bounce: &Bounce,
        choice: &Choice,
        recording: &Recording,
        rendered: &Rendered,
        start_samples: i64,
        depth: Depth,
    ) -> Self {
        let n_samples = recording.n_samples();
        let inside = start_samples..start_samples.saturating_add(n_samples as i64);
        let hops: Vec<&HopTrace> = rendered.hops.iter().filter(|hop| inside.contains(&hop.position_samples)).collect();
        let squares: f64 = hops.iter().map(|hop| f64::from(hop.pitch_cents).powi(2)).sum();
        let name_of = |path: &Option<PathBuf>| Some(path.as_ref()?.file_name()?.to_string_lossy().into_owned());
        Self {
            source: bounce.source_name(),
            preset: choice.preset.clone(),
            automation: name_of(&bounce.automation),
            scenes: name_of(&bounce.scenes),
            values: choice.values,
            sample_rate_hz: recording.sample_rate_hz,
            n_channels: recording.channels.len(),
            n_samples,
            n_bad: rendered.n_bad_samples,
            pitch_movement_cents: (squares / hops.len().max(1) as f64).sqrt(),
            largest_displacement_ms: hops.iter().fold(0.0, |most, hop| hop.displacement_ms.abs().max(most)),
            tempo_bpm: bounce.tempo,
            timing: timing::Account::default(),
            breaths: breaths::Account::default(),
            learned: None,
            start_samples,
            depth,
            n_clipped: 0,
            written: Vec::new(),
        }
    }

    fn start_s(&self) -> f64 {
        self.start_samples as f64 / f64::from(self.sample_rate_hz)
    }

    fn duration_s(&self) -> f64 {
        self.n_samples as f64 / f64::from(self.sample_rate_hz)
    }

    /// One line for the file's metadata. It has no block size and no path, so that files that sound alike are equal.
    pub(super) fn comment(&self) -> String {
        let values = choice::listed(&self.values);
        let start = [format!("start_s={}", self.start_s())];
        let tempo = self.tempo_bpm.iter().map(|bpm| format!("tempo={bpm}"));
        let preset = self.preset.iter().map(|preset| format!("preset={preset}"));
        let automation = self.automation.iter().map(|automation| format!("automation={automation}"));
        let scenes = self.scenes.iter().map(|scenes| format!("scenes={scenes}"));
        let learned = self.learned.iter().map(learning::Account::comment);
        values
            .chain(start)
            .chain(tempo)
            .chain(preset)
            .chain(automation)
            .chain(scenes)
            .chain(learned)
            .collect::<Vec<_>>()
            .join(" ")
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

    /// Prints to stdout.
    pub(super) fn print(&self, is_for_machines: bool) -> anyhow::Result<()> {
        let text = if is_for_machines { format!("{:#}\n", self.json()) } else { self.text() };
        Ok(std::io::stdout().write_all(text.as_bytes())?)
    }

    fn text(&self) -> String {
        let mut lines: Vec<String> = self.written.iter().map(|path| format!("wrote {}", path.display())).collect();
        let channels = if self.n_channels == 1 { "mono".to_owned() } else { format!("{} channels", self.n_channels) };
        let (duration_s, rate_hz, bits) = (self.duration_s(), self.sample_rate_hz, self.depth.name());
        lines.push(format!("  {}: {duration_s:.2} s, {channels}, {rate_hz} Hz, {bits} bit", self.source));
        lines.push(format!("  {}", self.caption()));
        lines.push(format!(
            "  added: {:.1} cents rms of pitch, at most {:.1} ms of time",
            self.pitch_movement_cents, self.largest_displacement_ms
        ));
        lines.push(format!("  {}", self.timing.text()));
        lines.push(format!("  {}", self.breaths.text()));
        lines.push(format!("  {}", learning::Account::text(self.learned.as_ref())));
        if self.values.settings().listen != Listen::Output {
            lines.push("  this is not the voice: 'listen' lets only a part of it through".to_owned());
        }
        if self.n_clipped > 0 {
            let n_clipped = self.n_clipped;
            lines.push(format!("  {n_clipped} samples clipped at full scale: lower it with --set output=-3"));
        }
        if self.n_bad > 0 {
            lines.push(format!("  {} samples were no numbers and became silence", self.n_bad));
        }
        lines.join("\n") + "\n"
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

    fn json(&self) -> Value {
        let mut summary = self.settings();
        let written: Vec<_> = self.written.iter().map(|path| path.to_string_lossy()).collect();
        let outcome = [
            ("written", json!(written)),
            ("bits", json!(self.depth.name())),
            ("clipped_samples", json!(self.n_clipped)),
            ("bad_samples", json!(self.n_bad)),
            ("pitch_movement_rms_cents", json!(self.pitch_movement_cents)),
            ("largest_displacement_ms", json!(self.largest_displacement_ms)),
            ("timing", self.timing.json()),
            ("breath", self.breaths.json()),
            ("learned", json!(self.learned.as_ref().map(learning::Account::json))),
        ];
        summary.extend(outcome.map(|(key, value)| (key.to_owned(), value)));
        summary.into()
    }
}
