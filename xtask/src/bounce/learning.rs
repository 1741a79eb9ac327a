//! The learned score of a bounce: where it comes from, and where what was heard was another take.
//!
//! In: the recording, or a score's file. Out: a score, and an account of how it was used.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, ensure};
use con_anima::engine::HopTrace;
use con_anima::offline::{self, Options};
use con_anima::score::LearnedScore;
use serde_json::{Value, json};

use crate::audio_file::Recording;
use crate::progress::Progress;

/// The largest file that may be a score, bytes. Chosen: far more than two hours of notes; anything larger is something
/// else.
const MOST_BYTES: u64 = 16 << 20;

/// Reads a score from a file.
pub(crate) fn read(path: &Path) -> anyhow::Result<LearnedScore> {
    let read = || {
        let size = std::fs::metadata(path)?.len();
        ensure!(size <= MOST_BYTES, "it has {size} bytes, and a score has no more than {MOST_BYTES}");
        Ok(LearnedScore::from_bytes(&std::fs::read(path)?)?)
    };
    read().with_context(|| format!("cannot use score '{}'", path.display()))
}

/// Learns a recording.
pub(crate) fn learn(recording: &Recording, options: &Options, is_quiet: bool) -> anyhow::Result<LearnedScore> {
    let progress = Progress::new("learning", recording.n_samples(), is_quiet);
    Ok(offline::learn(&recording.channels, options, |n_done| progress.show(n_done))?)
}

/// How a score was used.
#[derive(Clone, Debug)]
pub(super) struct Account {
    checksum: u32,
    n_notes: usize,
    n_rests: usize,
    known_s: f64,
    /// Where it is known and what was heard did not agree, seconds.
    differing_s: f64,
}

impl Account {
    pub(super) fn new(score: &Arc<LearnedScore>, hops: &[HopTrace], sample_rate_hz: f64) -> Self {
        let [n_notes, n_rests] = score.counts();
        let differs = |hop: &HopTrace| !hop.frame.is_as_learned && score.is_known(hop.position_samples);
        let n_samples = |hops: &[HopTrace]| hops[1].position_samples - hops[0].position_samples;
        let differing = hops.windows(2).filter(|hops| differs(&hops[0])).map(n_samples).sum::<i64>();
        Self {
            checksum: score.checksum(),
            n_notes,
            n_rests,
            known_s: score.known_s(),
            differing_s: differing as f64 / sample_rate_hz,
        }
    }

    /// One line for people.
    pub(super) fn text(account: Option<&Self>) -> String {
        let Some(Self { n_notes, n_rests, known_s, differing_s, .. }) = account else {
            return "learned: nothing, so each note is sung as it is heard".to_owned();
        };
        let differing = match *differing_s {
            s if s >= 0.1 => format!("; {s:.1} s were another take than the score's and sung as heard"),
            _ => String::new(),
        };
        format!("learned: {n_notes} notes and {n_rests} rests in {known_s:.1} s{differing}")
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "checksum": format!("{:08x}", self.checksum),
            "notes": self.n_notes,
            "rests": self.n_rests,
            "known_s": self.known_s,
            "differing_s": self.differing_s,
        })
    }

    /// The score's checksum, for metadata.
    pub(super) fn comment(&self) -> String {
        format!("score={:08x}", self.checksum)
    }
}
