//! A folder of recordings, and what kind each is.
//!
//! In: a folder with MANIFEST.tsv (columns `file` and `kind` at least). Out: the recordings in its order; their kind is
//! read from the words of `kind`.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use crate::table;

/// The kind of voice: how many, and what they do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One voice that sings.
    Solo,
    /// One voice that speaks.
    Speech,
    /// A voice without pitch.
    Whisper,
    /// Several voices, or a voice among instruments.
    Many,
}

impl Kind {
    /// By the words of the manifest's description.
    fn of(description: &str) -> Self {
        let has = |wanted: &[&str]| has_word(description, wanted);
        if has(&["whispered", "whisper"]) {
            Self::Whisper
        } else if has(&["choir", "quartet", "mix", "polyphonic"]) {
            Self::Many
        } else if has(&["spoken", "speech", "tts"]) {
            Self::Speech
        } else {
            Self::Solo
        }
    }
}

/// Where a recording's movement comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A person, unedited.
    Person,
    /// A person whose pitch or time was quantized afterwards.
    Corrected,
    /// A person's single notes, placed on a grid: inside the notes they move as they were sung.
    Sampled,
    /// A synthesizer.
    Machine,
}

impl Origin {
    /// By the words of the manifest's description.
    fn of(description: &str) -> Self {
        let has = |wanted: &str| has_word(description, &[wanted]);
        match (has("human"), has("hard"), has("sampled")) {
            (true, false, _) => Self::Person,
            (true, true, _) => Self::Corrected,
            (false, _, true) => Self::Sampled,
            (false, _, false) => Self::Machine,
        }
    }
}

fn has_word(description: &str, wanted: &[&str]) -> bool {
    let description = description.to_lowercase();
    description.split(|c: char| !c.is_alphanumeric()).any(|word| wanted.contains(&word))
}

/// One recording of the folder.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// The file's name without folder and ending.
    pub(crate) name: String,
    /// The audio.
    pub(crate) path: PathBuf,
    /// The kind of voice.
    pub(crate) kind: Kind,
    /// Where its movement comes from.
    pub(crate) origin: Origin,
}

impl Entry {
    /// Whether a person sang it, edited or not.
    pub(crate) fn is_human(&self) -> bool {
        matches!(self.origin, Origin::Person | Origin::Corrected)
    }
}

/// What it takes to ask a question that was left out.
pub(crate) const NEEDED: &str = "it takes a folder with recordings, --material DIR";

/// What the manifest lists, in its order.
pub(crate) fn entries(folder: &Path) -> anyhow::Result<Vec<Entry>> {
    let is_there = folder.is_dir();
    ensure!(is_there, "there is no folder '{}': --material takes one with MANIFEST.tsv", folder.display());
    let path = folder.join("MANIFEST.tsv");
    let read = || {
        let mut reader = table::tabbed(std::fs::File::open(&path)?);
        let headers = reader.headers()?.clone();
        let (file, kind) = (table::column(&headers, "file")?, table::column(&headers, "kind")?);
        let entry = |record: csv::StringRecord| {
            let (file, kind) = record.get(file).zip(record.get(kind)).context("a line is too short")?;
            let name = Path::new(file).file_stem().context("a line names no file")?.to_string_lossy().into_owned();
            Ok(Entry { name, path: folder.join(file), kind: Kind::of(kind), origin: Origin::of(kind) })
        };
        let entries: Vec<Entry> = reader.records().map(|record| entry(record?)).collect::<anyhow::Result<_>>()?;
        ensure!(!entries.is_empty(), "it lists no files");
        anyhow::Ok(entries)
    };
    read().with_context(|| format!("cannot read '{}'", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_tell_who_is_heard() {
        let cases = [
            ("human sung male lyrics (Tagalog), a cappella, low level, breaths", Kind::Solo, Origin::Person),
            ("HARD-TUNED + HARD-QUANTIZED human female (WORLD), score 100 bpm", Kind::Solo, Origin::Corrected),
            ("hard auto-tune (autotalent LADSPA) of human female", Kind::Solo, Origin::Corrected),
            ("sampled real female solfege on an exact grid", Kind::Solo, Origin::Sampled),
            ("legato vowel line, bass, machine vibrato 5.5 Hz / 25 c, fixed", Kind::Solo, Origin::Machine),
            ("human SATB quartet, real choir, room", Kind::Many, Origin::Person),
            ("FULL MIX: synthetic female vocal + bass, piano, drums, stereo", Kind::Many, Origin::Machine),
            ("WHISPERED syllables on an exact grid (no F0)", Kind::Whisper, Origin::Machine),
            ("whispered speech", Kind::Whisper, Origin::Machine),
            ("TTS male formant speech", Kind::Speech, Origin::Machine),
            ("human spoken female (read), 16 kHz", Kind::Speech, Origin::Person),
        ];
        for (description, kind, origin) in cases {
            assert_eq!((Kind::of(description), Origin::of(description)), (kind, origin), "{description}");
        }
    }
}
