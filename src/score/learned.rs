//! A song that was learned: all of its notes and rests, and what the analysis knew of each half second.
//!
//! In: what a [`super::Recorder`] wrote down in one pass or several. Out: the notes and rests of any place, in any
//! order, the statistics of the whole take, and all of it as bytes for a session or a file. Times are kept in samples
//! of the recording that it was learned from and told in those of the one that is heard.

use serde::{Deserialize, Serialize};

use super::grid::deviation;
use super::packed::{PackedNote, PackedRest};
use super::whole_take::whole_take;
use super::{Deviation, Note, Profile, Rest, SEMITONE_CENTS};
use crate::analysis::take::TakeStatistics;
use crate::analysis::{HalfSecond, HalfSeconds, half_second_at};
use crate::settings::Tempo;

/// First bytes of a score. Source: definition.
const MAGIC: &[u8; 8] = b"CASCORE\0";
/// The version of what follows. Another one is refused.
const VERSION: u8 = 1;
/// Bytes before the score itself: the magic, the version and a checksum. Source: computed.
const HEAD_BYTES: usize = MAGIC.len() + 1 + 4;
/// Song positions lie within this, samples. Source: those of the engine.
const FURTHEST: i64 = 1 << 52;
/// So many notes before and behind one tell how it is tuned and timed.
/// Chosen: as many as a phrase has; the whole song would take a choir's sinking for a singer's straying.
const N_TELLING: usize = 8;

/// Why bytes are no score.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScoreError {
    /// They are something else.
    #[error("this is no learned score of Con Anima")]
    NotAScore,
    /// Another version of Con Anima wrote them.
    #[error("the score has format {0}, and this version of Con Anima reads format {VERSION}: learn the song again")]
    Version(u8),
    /// They were cut off or changed.
    #[error("the score is damaged: learn the song again")]
    Damaged,
}

/// What is known of a song.
#[derive(Clone, Debug, PartialEq)]
pub struct LearnedScore {
    sample_rate_hz: f64,
    half_seconds: HalfSeconds,
    notes: Vec<PackedNote>,
    rests: Vec<PackedRest>,
    take: TakeStatistics,
}

/// The same as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    sample_rate_hz: f64,
    half_seconds: HalfSeconds,
    notes: Vec<PackedNote>,
    rests: Vec<PackedRest>,
}

impl LearnedScore {
    /// Of notes and rests in any order.
    pub(super) fn new(
        sample_rate_hz: f64,
        half_seconds: HalfSeconds,
        mut notes: Vec<PackedNote>,
        mut rests: Vec<PackedRest>,
    ) -> Self {
        notes.sort_by_key(PackedNote::onset);
        rests.sort_by_key(PackedRest::end);
        let take = whole_take(&half_seconds);
        Self { sample_rate_hz, half_seconds, notes, rests, take }
    }

    /// This score, with what `newer` knows of other parts of the song, of another take, or better.
    #[must_use]
    pub fn with(&self, newer: &Self) -> Self {
        let newer = newer.at_rate(self.sample_rate_hz);
        let is_better = |(number, known): &(i64, &HalfSecond)| {
            self.half_seconds.get(*number).is_none_or(|before| known.replaces(before))
        };
        let is_new = |position: i64| {
            let number = half_second_at(position, self.sample_rate_hz);
            newer.half_seconds.get(number).is_some_and(|known| is_better(&(number, known)))
        };
        let better = newer.half_seconds.iter().filter(is_better);
        let half_seconds = self.half_seconds.iter().chain(better).map(|(number, known)| (number, *known)).collect();
        let notes = newer.notes.iter().filter(|note| is_new(note.onset()));
        let notes = notes.chain(self.notes.iter().filter(|note| !is_new(note.onset()))).copied().collect();
        let rests = newer.rests.iter().filter(|rest| is_new(rest.end()));
        let rests = rests.chain(self.rests.iter().filter(|rest| !is_new(rest.end()))).copied().collect();
        Self::new(self.sample_rate_hz, HalfSeconds::new(half_seconds), notes, rests)
    }

    /// The score as bytes: the same score gives the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Self { sample_rate_hz, half_seconds, notes, rests, .. } = self.clone();
        // Numbers and lists of them can always be written into memory.
        let kept = postcard::to_allocvec(&Kept { sample_rate_hz, half_seconds, notes, rests }).unwrap_or_default();
        let mut bytes = MAGIC.to_vec();
        bytes.push(VERSION);
        bytes.extend(crc32fast::hash(&kept).to_le_bytes());
        bytes.extend(kept);
        bytes
    }

    /// Reads a score from bytes.
    ///
    /// # Errors
    /// If they are no score, of another version, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ScoreError> {
        let version = bytes.strip_prefix(MAGIC.as_slice()).and_then(|rest| rest.first());
        let version = *version.ok_or(ScoreError::NotAScore)?;
        if version != VERSION {
            return Err(ScoreError::Version(version));
        }
        let (head, kept) = bytes.split_at_checked(HEAD_BYTES).ok_or(ScoreError::Damaged)?;
        if head[MAGIC.len() + 1..] != crc32fast::hash(kept).to_le_bytes() {
            return Err(ScoreError::Damaged);
        }
        let kept: Kept = postcard::from_bytes(kept).map_err(|_| ScoreError::Damaged)?;
        let Kept { sample_rate_hz, half_seconds, notes, rests } = kept;
        let is_place = |position: i64| position.abs() <= FURTHEST;
        let places = notes.iter().map(PackedNote::onset).chain(rests.iter().map(PackedRest::end));
        if !half_seconds.is_in_order() || !(1.0..=1e9).contains(&sample_rate_hz) || !places.into_iter().all(is_place) {
            return Err(ScoreError::Damaged);
        }
        Ok(Self::new(sample_rate_hz, half_seconds, notes, rests))
    }

    /// A number that tells scores apart.
    pub fn checksum(&self) -> u32 {
        crc32fast::hash(&self.to_bytes())
    }

    /// The same song in samples of another rate.
    #[must_use]
    pub fn at_rate(&self, sample_rate_hz: f64) -> Self {
        if sample_rate_hz == self.sample_rate_hz {
            return self.clone();
        }
        let ratio = sample_rate_hz / self.sample_rate_hz;
        let notes = self.notes.iter().map(|note| note.scaled(ratio)).collect();
        let rests = self.rests.iter().map(|rest| rest.scaled(ratio)).collect();
        Self { sample_rate_hz, half_seconds: self.half_seconds.clone(), notes, rests, take: self.take }
    }

    /// Sample rate of the recording that it was learned from, Hz.
    pub fn sample_rate_hz(&self) -> f64 {
        self.sample_rate_hz
    }

    /// What the analysis knew, by half seconds.
    pub fn half_seconds(&self) -> &HalfSeconds {
        &self.half_seconds
    }

    /// How much of the song is known, seconds.
    pub fn known_s(&self) -> f64 {
        0.5 * self.half_seconds.len() as f64
    }

    /// Notes, and rests before phrases.
    pub fn counts(&self) -> [usize; 2] {
        [self.notes.iter().filter(|note| !note.is_continued()).count(), self.rests.len()]
    }

    fn half_second(&self, position: i64) -> Option<&HalfSecond> {
        self.half_seconds.get(half_second_at(position, self.sample_rate_hz))
    }

    /// Whether the song is known at a position.
    pub(super) fn is_known(&self, position: i64) -> bool {
        self.half_second(position).is_some()
    }

    /// A note by its index in the order of the song.
    pub(super) fn note(&self, index: usize) -> Option<Note> {
        self.notes.get(index).map(PackedNote::unpacked)
    }

    /// The index of the first note that begins behind a song position.
    pub(super) fn first_behind(&self, position: i64) -> usize {
        self.notes.partition_point(|note| note.onset() <= position)
    }

    /// The first rest that ends behind a song position.
    pub(super) fn rest_behind(&self, position: i64) -> Option<Rest> {
        self.rests.get(self.rests.partition_point(|rest| rest.end() <= position)).map(PackedRest::unpacked)
    }

    /// Song positions of all notes' onsets, seconds, but for held voices that go on.
    pub fn onsets_s(&self) -> impl Iterator<Item = f64> + Clone + '_ {
        let begun = self.notes.iter().filter(|note| !note.is_continued());
        begun.map(|note| note.onset() as f64 / self.sample_rate_hz)
    }

    /// What is known of the take where a note begins.
    pub(super) fn profile(&self, index: usize, tempo: &Tempo) -> Profile {
        let around = index.saturating_sub(N_TELLING)..(index + N_TELLING + 1).min(self.notes.len());
        let notes = || self.notes[around.clone()].iter().map(PackedNote::unpacked);
        let pitched = notes().filter_map(|note| note.course).map(|course| course.centre_cents / SEMITONE_CENTS);
        let timed = notes().filter(|note| !note.is_continued);
        let timed = timed.map(|note| tempo.sixteenths(note.onset as f64 / self.sample_rate_hz));
        let (off_pitch, off_beat): (Deviation, Deviation) = (deviation(pitched), deviation(timed));
        let before = index.checked_sub(1).and_then(|before| self.note(before)).and_then(|note| note.course);
        Profile { take: self.take, off_pitch, off_beat, before }
    }
}
