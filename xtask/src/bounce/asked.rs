//! What a bounce asks for: how every sample is to be sung.
//!
//! In: the command line. Out: settings at any song position, and the same in words for metadata.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, ensure};
use con_anima::offline;
use con_anima::params::SceneValues;
use con_anima::score::LearnedScore;
use con_anima::settings::{Settings, Tempo};

use super::{Sound, TEMPOS_BPM, learning, scenes, start_samples};
use crate::automation::{Automation, InNumbers};
use crate::choice::{self, Choice};
use crate::credentials::Declared;
use crate::sections::{Sections, TempoMap};

/// The option that names scenes.
const SCENES: &str = "scenes";

/// A file whose movements are followed, by its name and a checksum, for metadata.
#[derive(Clone, Debug)]
struct Followed {
    option: &'static str,
    name: String,
    checksum: u32,
}

/// Everything that decides what comes out, except the recording.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// Values and preset.
    pub(super) choice: Choice,
    /// Beats per minute, if told.
    pub(super) tempo_bpm: Option<f64>,
    /// Whether the song is learned first.
    pub(super) learns: bool,
    /// A score that was learned before.
    pub(super) score: Option<Arc<LearnedScore>>,
    /// What the user says of the recordings, and by whom outputs are signed.
    pub(super) declared: Declared,
    tempo: Tempo,
    tempos: Option<TempoMap>,
    moves: Option<Automation>,
    scenes: SceneValues,
    followed: Vec<Followed>,
    start_s: f64,
    block_samples: usize,
    /// The settings, where nothing moves them.
    constant: Option<Settings>,
}

impl Asked {
    /// Reads all files that are named, and refuses what cannot be.
    pub(super) fn new(sound: &Sound, declared: Declared) -> anyhow::Result<Self> {
        let options = [("amount", &sound.amount), ("seed", &sound.seed), ("take", &sound.take), ("mode", &sound.mode)];
        let scenes = scenes::read(sound.scenes.as_deref())?;
        let set = sound.set.iter().map(|assignment| scenes::assigned_in_numbers(scenes.as_ref(), assignment));
        let choice = Choice::new(sound.preset.as_deref(), &options, &set.collect::<Vec<_>>())?;
        let in_numbers = |id: &str, text: &str| scenes::in_numbers(scenes.as_ref(), id, text);
        let automation = sound.automation.as_deref().map(|path| automation(path, &in_numbers)).transpose()?;
        let sections = sound.sections.as_deref().map(|path| Sections::read(path, &in_numbers)).transpose()?;
        let tempos = sections.as_ref().and_then(|sections| sections.tempos.clone());
        ensure!(tempos.is_none() || sound.tempo.is_none(), "--sections tells the song's tempo: leave out --tempo");
        let moves = match (automation, sections.map(|sections| sections.moves)) {
            (Some(automation), Some(sections)) => Some(automation.joined(sections)?),
            (automation, sections) => automation.or(sections),
        };
        scenes::check(scenes.as_ref(), &choice.values, moves.as_ref())?;
        let files = [("automation", &sound.automation), ("sections", &sound.sections), (SCENES, &sound.scenes)];
        let followed = files.into_iter().filter_map(|(option, path)| Some((option, path.as_ref()?)));
        // The limit is the same at every sample rate, and a wrong value is refused before any file is read.
        start_samples(sound.start_seconds, 1)?;
        let asked = Self {
            choice,
            tempo_bpm: sound.tempo,
            declared,
            tempo: sound.tempo.map_or(Ok(Tempo::UNKNOWN), tempo)?,
            learns: sound.learn && sound.score.is_none(),
            score: sound.score.as_deref().map(learning::read).transpose()?.map(Arc::new),
            tempos,
            moves,
            scenes: scenes.map_or_else(SceneValues::default, |scenes| scenes.values()),
            followed: followed.map(|(option, path)| Followed::new(option, path)).collect::<Result<_, _>>()?,
            start_s: sound.start_seconds,
            block_samples: sound.block as usize,
            constant: None,
        };
        Ok(asked.with_constant())
    }

    fn with_constant(mut self) -> Self {
        self.constant = None;
        let is_moved = self.moves.is_some() || self.tempos.is_some();
        self.constant = (!is_moved).then(|| self.moved_settings(0, 1.0));
        self
    }

    /// The same, sung as another performance.
    pub(super) fn with_take(&self, take: u32) -> anyhow::Result<Self> {
        let mut asked = self.clone();
        asked.choice.values.set_text("take", &take.to_string())?;
        Ok(asked.with_constant())
    }

    /// How the engine is driven at a sample rate.
    pub(super) fn options(&self, sample_rate_hz: u32) -> anyhow::Result<offline::Options> {
        Ok(offline::Options {
            sample_rate_hz: f64::from(sample_rate_hz),
            mode: self.choice.values.mode(),
            start_samples: start_samples(self.start_s, sample_rate_hz)?,
            block_samples: self.block_samples,
        })
    }

    /// The settings at a song position. They are asked for at every hop, so those that never change are kept.
    pub(super) fn settings_at(&self, position_samples: i64, sample_rate_hz: f64) -> Settings {
        self.constant.unwrap_or_else(|| self.moved_settings(position_samples, sample_rate_hz))
    }

    fn moved_settings(&self, position_samples: i64, sample_rate_hz: f64) -> Settings {
        let position_s = position_samples as f64 / sample_rate_hz;
        let values = &self.choice.values;
        let values = self.moves.as_ref().map_or(*values, |moves| moves.values_at(position_s, values));
        let tempo = self.tempos.as_ref().map_or(self.tempo, |tempos| tempos.tempo_at(position_s));
        Settings { tempo, ..self.scenes.resolved(&values).settings() }
    }

    /// Whether the song's beats are known.
    pub(super) fn knows_tempo(&self) -> bool {
        self.tempo_bpm.is_some() || self.tempos.is_some()
    }

    /// The names of the files whose movements are followed.
    pub(super) fn automation(&self) -> Option<String> {
        let moving = self.followed.iter().filter(|file| file.option != SCENES);
        let names: Vec<&str> = moving.map(|file| file.name.as_str()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// The name of the file of scenes.
    pub(super) fn scenes(&self) -> Option<&str> {
        self.followed.iter().find(|file| file.option == SCENES).map(|file| file.name.as_str())
    }

    /// As `key=value` words, in a fixed order: equal words mean an equal performance. There is no block size and no
    /// path, because nothing depends on them.
    pub(super) fn words(&self) -> Vec<String> {
        let start = [format!("start_s={}", self.start_s)];
        let tempo = self.tempo_bpm.map(|bpm| format!("tempo={bpm}"));
        let preset = self.choice.preset.as_ref().map(|preset| format!("preset={preset}"));
        let followed = |file: &Followed| format!("{}={}:{:08x}", file.option, file.name, file.checksum);
        let automation = self.followed.iter().map(followed);
        let learned = (!self.learns && self.score.is_none()).then(|| "learn=no".to_owned());
        let score = self.score.as_ref().map(|score| learning::word(score));
        let values = choice::listed(&self.choice.values);
        let words = values.chain(start).chain(tempo).chain(preset).chain(automation).chain(learned).chain(score);
        words.chain(self.declared.words()).collect()
    }
}

impl Followed {
    fn new(option: &'static str, path: &Path) -> anyhow::Result<Self> {
        let bytes = std::fs::read(path).with_context(|| format!("cannot use {option} '{}'", path.display()))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Self { option, name, checksum: crc32fast::hash(&bytes) })
    }
}

fn automation(path: &Path, in_numbers: &InNumbers<'_>) -> anyhow::Result<Automation> {
    let read = || Automation::parse(&std::fs::read_to_string(path)?, in_numbers);
    read().with_context(|| format!("cannot use automation '{}'", path.display()))
}

fn tempo(bpm: f64) -> anyhow::Result<Tempo> {
    let (least, most) = (TEMPOS_BPM.start(), TEMPOS_BPM.end());
    ensure!(TEMPOS_BPM.contains(&bpm), "--tempo must lie between {least} and {most} beats per minute, not {bpm}");
    Tempo::through(bpm, 0.0, 0.0).context("--tempo cannot be counted by")
}

/// The files that a bounce reads beside the recording: no output may be one of them.
pub(super) fn sources(sound: &Sound) -> Vec<PathBuf> {
    let preset = sound.preset.as_ref().map(PathBuf::from);
    [&sound.automation, &sound.sections, &sound.scenes, &sound.score, &preset].into_iter().flatten().cloned().collect()
}
