//! The learned song, which a session keeps among the parameters.
//!
//! In: scores that were learned, or the text that a session holds. Out: the score, and how much of the song is known.
//! No part of this is for the audio thread but [`Song::version`], which tells it that another score is there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nice_plug::params::persist::PersistentField;
use parking_lot::Mutex;

use crate::score::LearnedScore;

/// The learned song of one instance, shared by all that know it.
#[derive(Clone, Debug, Default)]
pub struct Song(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    kept: Mutex<Kept>,
    /// Why the host's session was refused.
    refused: Mutex<Option<String>>,
    /// Counts every change.
    version: AtomicU32,
    /// Half seconds that are known, and that are being learned.
    n_known: AtomicU32,
    n_learning: AtomicU32,
}

/// What is known.
#[derive(Debug, Default)]
struct Kept {
    score: Option<Arc<LearnedScore>>,
    /// The same as a session holds it.
    text: String,
    /// Why the session's song could not be read.
    problem: Option<String>,
}

impl Song {
    /// Changes with every change of the score. Realtime-safe.
    pub fn version(&self) -> u32 {
        self.0.version.load(Ordering::Acquire)
    }

    /// The score.
    pub fn score(&self) -> Option<Arc<LearnedScore>> {
        self.0.kept.lock().score.clone()
    }

    /// Why the session, or its song, could not be read; `None` if it could.
    pub fn problem(&self) -> Option<String> {
        self.0.refused.lock().clone().or_else(|| self.0.kept.lock().problem.clone())
    }

    /// Keeps why the host's session was refused, for whoever shows it, or that it was not; the song stays.
    pub(super) fn set_refused(&self, problem: Option<String>) {
        *self.0.refused.lock() = problem;
    }

    /// Whether the host's last session was refused.
    pub fn is_refused(&self) -> bool {
        self.0.refused.lock().is_some()
    }

    /// How much of the song is known, seconds. Realtime-safe.
    pub fn known_s(&self) -> f64 {
        0.5 * f64::from(self.0.n_known.load(Ordering::Relaxed))
    }

    /// How much has been learned since the song began to play, seconds. Realtime-safe.
    pub fn learning_s(&self) -> f64 {
        0.5 * f64::from(self.0.n_learning.load(Ordering::Relaxed))
    }

    /// Tells how much has been learned since the song began to play, seconds. Realtime-safe.
    pub fn tell_learning_s(&self, seconds: f64) {
        self.0.n_learning.store((2.0 * seconds) as u32, Ordering::Relaxed);
    }

    /// Adds what was learned, in place of what was known of the same parts.
    pub fn learn(&self, newer: &LearnedScore) {
        if newer.half_seconds().is_empty() {
            return;
        }
        let mut kept = self.0.kept.lock();
        let score = kept.score.as_ref().map_or_else(|| newer.clone(), |score| score.with(newer));
        *kept = Kept { text: STANDARD.encode(score.to_bytes()), score: Some(Arc::new(score)), problem: None };
        self.changed(&kept);
    }

    /// Forgets the song.
    pub fn forget(&self) {
        let mut kept = self.0.kept.lock();
        *kept = Kept::default();
        self.changed(&kept);
    }

    fn changed(&self, kept: &Kept) {
        let n_known = kept.score.as_ref().map_or(0, |score| score.half_seconds().len());
        self.0.n_known.store(n_known as u32, Ordering::Relaxed);
        self.0.version.fetch_add(1, Ordering::Release);
    }
}

/// Reads what a session holds.
fn read(text: &str) -> Result<LearnedScore, String> {
    let bytes = STANDARD.decode(text).map_err(|_| "the session's learned song is damaged".to_owned())?;
    LearnedScore::from_bytes(&bytes).map_err(|error| error.to_string())
}

impl PersistentField<'_, String> for Song {
    fn set(&self, text: String) {
        let mut kept = self.0.kept.lock();
        if kept.text == text {
            return;
        }
        let (score, problem) = match read(&text) {
            _ if text.is_empty() => (None, None),
            Ok(score) => (Some(Arc::new(score)), None),
            Err(problem) => (None, Some(problem)),
        };
        // What cannot be read is kept: the version of Con Anima that wrote it can.
        *kept = Kept { score, text, problem };
        self.changed(&kept);
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&String) -> R,
    {
        f(&self.0.kept.lock().text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offline::{self, Options};
    use crate::settings::Mode;

    fn learned() -> LearnedScore {
        let tone: Vec<f32> = (0..72_000).map(|n| 0.3 * (n as f32 * 0.03).sin()).collect();
        let (sample_rate_hz, mode) = (48_000.0, Mode::Studio);
        let options = Options { sample_rate_hz, mode, start_samples: 0, block_samples: 512 };
        offline::learn(&[tone], &options, |_| ()).expect("the options are right")
    }

    #[test]
    fn a_session_gives_back_what_it_was_given() {
        let (song, other) = (Song::default(), Song::default());
        song.learn(&learned());
        assert!(song.known_s() >= 1.0 && song.version() > 0);
        other.set(song.map(Clone::clone));
        assert_eq!(other.score(), song.score());
        let version = other.version();
        other.set(song.map(Clone::clone));
        assert_eq!(other.version(), version, "the same song again changes nothing");
        other.forget();
        assert!(other.score().is_none() && other.known_s() == 0.0 && other.map(String::is_empty));
    }

    #[test]
    fn what_is_no_song_is_refused_and_said() {
        let song = Song::default();
        for text in ["%%%", "aGVsbG8gd29ybGQ="] {
            song.set(text.to_owned());
            assert!(song.score().is_none() && song.problem().is_some(), "{text}");
            assert_eq!(song.map(Clone::clone), text, "whoever wrote it can read it");
        }
        song.set(String::new());
        assert!(song.problem().is_none());
    }
}
