//! The learned score of a bounce: where it comes from, and where what was heard was another take.
//!
//! In: a recording, or a score's file; what was heard. Out: a score, and an account of how it was used.

use std::path::Path;

use anyhow::{Context, ensure};
use con_anima::engine::{HopTrace, SongPosition};
use con_anima::learner::Learner;
use con_anima::offline::Options;
use con_anima::score::LearnedScore;
use serde_json::{Value, json};

use super::input::Samples;
use crate::progress::Progress;
use crate::words::counted;

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

/// What comes while a song is learned.
pub(crate) enum Learning<'a> {
    /// A piece of the recording, `[channel][sample]`.
    Piece(&'a [Vec<f32>]),
    /// What was heard in a hop, by its song position; also of the silence behind the song.
    Hop(&'a HopTrace),
}

/// Learns a recording from where it is read on. `tell` is given all that comes meanwhile.
pub(crate) fn learn(
    samples: &mut Samples,
    options: &Options,
    progress: &Progress,
    tell: &mut dyn FnMut(Learning<'_>),
) -> anyhow::Result<LearnedScore> {
    let mut learner = Learner::new(options.sample_rate_hz, samples.shape().n_channels)?;
    samples.each_piece(options, |piece, n_before| {
        tell(Learning::Piece(piece));
        let slices: Vec<&[f32]> = piece.iter().map(Vec::as_slice).collect();
        let position = SongPosition::At(options.start_samples.saturating_add_unsigned(n_before));
        learner.hear_and_observe(&slices, position, &mut |hop| tell(Learning::Hop(hop)));
        progress.show(n_before as usize);
        Ok(())
    })?;
    learner.end_and_observe(true, &mut |hop| tell(Learning::Hop(hop)));
    Ok(learner.score())
}

/// A score's checksum, for metadata.
pub(super) fn word(score: &LearnedScore) -> String {
    format!("score={:08x}", score.checksum())
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
    pub(super) fn new(score: &LearnedScore, differing_s: f64) -> Self {
        let [n_notes, n_rests] = score.counts();
        Self { checksum: score.checksum(), n_notes, n_rests, known_s: score.known_s(), differing_s }
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
        format!("learned: {}{differing}", contents([*n_notes, *n_rests], *known_s))
    }

    /// The score's checksum.
    pub(super) fn checksum(&self) -> String {
        format!("{:08x}", self.checksum)
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "checksum": self.checksum(),
            "notes": self.n_notes,
            "rests": self.n_rests,
            "known_s": self.known_s,
            "differing_s": self.differing_s,
        })
    }
}

/// What a score holds, for people.
pub(crate) fn contents([n_notes, n_rests]: [usize; 2], known_s: f64) -> String {
    format!("{} and {} in {known_s:.1} s", counted(n_notes as u64, "note"), counted(n_rests as u64, "rest"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_a_kind_is_no_plural() {
        assert_eq!(contents([31, 4], 21.52), "31 notes and 4 rests in 21.5 s");
        assert_eq!(contents([1, 1], 0.5), "1 note and 1 rest in 0.5 s");
        assert_eq!(contents([0, 0], 3.0), "0 notes and 0 rests in 3.0 s");
    }
}
