//! Songs, and performances of them.
//!
//! In: a song of the material, settings, a seed or a take. Out: the output of the engine's offline renderer, on request
//! as a WAV of 24 bits.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use con_anima::offline::{self, Rendered};
use con_anima::params::Values;
use con_anima::score::LearnedScore;
use con_anima::settings::Mode;
use xtask::audio_file::Recording;
use xtask::bounce::outputs::{Destination, Outputs};
use xtask::choice;
use xtask::wav_write::{self, Depth};

use crate::material::{Entry, Kind, Origin};

/// The host block to imitate, samples. Chosen: any, because the sound does not depend on it.
const BLOCK_SAMPLES: usize = 4096;

/// Who sings, which decides what is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Singer {
    /// A synthesizer, or a person corrected like one: is it brought into the human range?
    Machine,
    /// A person: are they left as they are?
    Person,
}

/// Who sings in a recording; `None` where nothing is asked: in speech, whispers, choirs and mixes, and in notes that
/// were sampled from a singer, which move like a person's inside, and like a machine's from one to the next.
pub(super) fn singer(entry: &Entry) -> Option<Singer> {
    match (entry.kind, entry.origin) {
        (Kind::Solo, Origin::Person) => Some(Singer::Person),
        (Kind::Solo, Origin::Machine | Origin::Corrected) => Some(Singer::Machine),
        (Kind::Solo, Origin::Sampled) | (Kind::Speech | Kind::Whisper | Kind::Many, _) => None,
    }
}

/// A recording to be rendered.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Song {
    /// Its file's name without folder and ending.
    pub(super) name: String,
    /// Its file.
    pub(super) path: PathBuf,
    /// Who sings.
    pub(super) singer: Singer,
    /// Its samples.
    pub(super) recording: Recording,
    /// What was learned of it; `None` where it is sung as it is heard.
    pub(super) score: Option<Arc<LearnedScore>>,
}

impl Song {
    /// Learns the song, as a bounce does.
    pub(super) fn learn(&mut self) -> anyhow::Result<()> {
        let options = options(&self.recording, Mode::Phrase);
        let score = offline::learn(&self.recording.channels, &options, |_| ());
        self.score = Some(Arc::new(score.with_context(|| format!("cannot learn '{}'", self.path.display()))?));
        Ok(())
    }

    pub(super) fn is_machine(&self) -> bool {
        self.singer == Singer::Machine
    }

    pub(super) fn is_person(&self) -> bool {
        self.singer == Singer::Person
    }
}

fn options(recording: &Recording, mode: Mode) -> offline::Options {
    let sample_rate_hz = f64::from(recording.sample_rate_hz);
    offline::Options { sample_rate_hz, mode, start_samples: 0, block_samples: BLOCK_SAMPLES }
}

/// A song with all settings, including seed and take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Performance<'a> {
    /// The song.
    pub(super) song: &'a Song,
    values: Values,
    /// What distinguishes it from the other performances of the song: a parameter and its value.
    which: (&'static str, u32),
}

impl<'a> Performance<'a> {
    /// A song with these settings, but another seed or take.
    pub(super) fn new(song: &'a Song, values: &Values, id: &'static str, number: u32) -> anyhow::Result<Self> {
        let mut values = *values;
        values.set(id, f64::from(number))?;
        Ok(Self { song, values, which: (id, number) })
    }

    /// "seed 3".
    pub(super) fn which(&self) -> String {
        let (id, number) = self.which;
        format!("{id} {number}")
    }

    /// Renders it.
    pub(super) fn render(&self) -> anyhow::Result<Rendered> {
        let Song { recording, path, score, .. } = self.song;
        let options = options(recording, self.values.mode());
        let settings = self.values.settings();
        let rendered = match score {
            Some(score) => offline::render_learned(&recording.channels, &options, score, |_| settings, |_| ()),
            None => offline::render(&recording.channels, &options, |_| settings, |_| ()),
        };
        rendered.with_context(|| format!("cannot humanize '{}'", path.display()))
    }
}

/// Writes a performance into a folder and returns the file's path.
pub(super) fn write(folder: &Path, performance: &Performance<'_>, rendered: &Rendered) -> anyhow::Result<PathBuf> {
    let Performance { song, values, which: (id, number) } = performance;
    let path = folder.join(format!("{}.{id}{number}.wav", song.name));
    let comment = choice::listed(values).collect::<Vec<_>>().join(" ");
    write_wav(&path, &rendered.channels, song.recording.sample_rate_hz, &comment, &[&song.path])?;
    Ok(path)
}

/// Writes a WAV of 24 bits that says how it was made. It must be none of `sources`.
pub(super) fn write_wav(
    path: &Path,
    channels: &[Vec<f32>],
    sample_rate_hz: u32,
    comment: &str,
    sources: &[&Path],
) -> anyhow::Result<()> {
    let destination = Destination::new(path, true, &["wav"], sources)?;
    let mut outputs = Outputs::default();
    outputs.add(&destination, |file| {
        wav_write::write(file, channels, sample_rate_hz, Depth::Int24, comment).map(|_| ())
    })?;
    outputs.publish().map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_and_people_are_asked_about_and_nobody_else() {
        let entry = |kind, origin| Entry { name: String::new(), path: PathBuf::new(), kind, origin };
        let singer_of = |kind, origin| singer(&entry(kind, origin));
        assert_eq!(singer_of(Kind::Solo, Origin::Person), Some(Singer::Person));
        assert_eq!(singer_of(Kind::Solo, Origin::Corrected), Some(Singer::Machine));
        assert_eq!(singer_of(Kind::Solo, Origin::Machine), Some(Singer::Machine));
        assert_eq!(singer_of(Kind::Solo, Origin::Sampled), None);
        assert!([Kind::Speech, Kind::Whisper, Kind::Many].into_iter().all(|kind| {
            [Origin::Person, Origin::Corrected, Origin::Machine].iter().all(|origin| singer_of(kind, *origin).is_none())
        }));
    }

    #[test]
    fn a_performance_has_its_own_seed_and_is_written_under_it() {
        let recording = Recording { channels: vec![vec![0.0; 4800]], sample_rate_hz: 48_000, depth: Depth::Int16 };
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("song.flac");
        let song = Song { name: "song".to_owned(), path, singer: Singer::Machine, recording, score: None };
        let performance = Performance::new(&song, &Values::default(), "seed", 7).expect("a seed");
        assert_eq!((performance.values.get("seed"), performance.which()), (Some(7.0), "seed 7".to_owned()));
        let rendered = performance.render().expect("a good rate");
        let written = write(folder.path(), &performance, &rendered).expect("a folder that takes files");
        assert_eq!(written, folder.path().join("song.seed7.wav"));
        let read = xtask::audio_file::read(&written).expect("a WAV");
        assert_eq!((read.n_samples(), read.depth), (4800, Depth::Int24));
        assert!(Performance::new(&song, &Values::default(), "take", 100).is_err());
    }
}
