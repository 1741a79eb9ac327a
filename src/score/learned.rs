//! A song that was learned: all of its notes and rests, and what the analysis knew of each half second.
//!
//! In: what a [`super::Recorder`] wrote down in one pass or several. Out: the notes and rests of any place, in any
//! order, the statistics of the whole take, and all of it as bytes for a session or a file. Times are kept in samples
//! of the recording that it was learned from and told in those of the one that is heard.

use std::ops::RangeInclusive;
use std::sync::Arc;

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
/// Sample rates, Hz. Source: those of the engine.
const RATES_HZ: RangeInclusive<f64> = 8_000.0..=384_000.0;
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearnedScore {
    sample_rate_hz: f64,
    half_seconds: HalfSeconds,
    notes: Vec<PackedNote>,
    rests: Vec<PackedRest>,
    /// Those of the whole take; they follow from the half seconds and are not kept.
    #[serde(skip)]
    take: TakeStatistics,
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
        // Numbers and lists of them can always be written into memory.
        let kept = postcard::to_allocvec(self).unwrap_or_default();
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
        let kept: Self = postcard::from_bytes(kept).map_err(|_| ScoreError::Damaged)?;
        let Self { sample_rate_hz, half_seconds, notes, rests, .. } = kept;
        let is_place = |position: i64| position.abs() <= FURTHEST;
        let places = notes.iter().map(PackedNote::onset).chain(rests.iter().map(PackedRest::end));
        if !half_seconds.is_in_order() || !RATES_HZ.contains(&sample_rate_hz) || !places.into_iter().all(is_place) {
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

    /// The same, shared: nothing is copied where the rate is right.
    #[must_use]
    pub fn shared_at_rate(self: &Arc<Self>, sample_rate_hz: f64) -> Arc<Self> {
        if sample_rate_hz == self.sample_rate_hz { self.clone() } else { Arc::new(self.at_rate(sample_rate_hz)) }
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

    /// Whether the song is known at a position, samples.
    pub fn is_known(&self, position: i64) -> bool {
        self.half_seconds.get(half_second_at(position, self.sample_rate_hz)).is_some()
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
        self.begun().map(|index| self.notes[index].onset() as f64 / self.sample_rate_hz)
    }

    /// The indices of all notes but for held voices that go on.
    pub fn begun(&self) -> impl Iterator<Item = usize> + Clone + '_ {
        (0..self.notes.len()).filter(|index| !self.notes[*index].is_continued())
    }

    /// A note by its index, behind the one before it.
    pub fn note_behind(&self, index: usize) -> (Option<Note>, Option<Note>) {
        (index.checked_sub(1).and_then(|before| self.note(before)), self.note(index))
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

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::analysis::{Onset, sung_half_second};
    use crate::score::Course;

    pub(in super::super) const RATE_HZ: f64 = 48_000.0;
    /// Samples in half a second.
    const HALF: i64 = 24_000;

    fn note(onset: i64) -> Note {
        Note { end: Some(onset + 4800), ..Note::at(onset, Onset::Voicing) }
    }

    fn rest(end: i64) -> Rest {
        Rest {
            voice_end: end - 9600,
            start: end - 9600,
            end,
            voice: end,
            has_own_breath: false,
            phrase_samples: None,
            voice_db: None,
            is_learned: true,
        }
    }

    /// A score of these half seconds, notes and rests.
    pub(in super::super) fn score(
        half_seconds: impl IntoIterator<Item = i64>,
        onsets: impl IntoIterator<Item = i64>,
        ends: impl IntoIterator<Item = i64>,
    ) -> LearnedScore {
        score_of(half_seconds, onsets.into_iter().map(note), ends)
    }

    /// The same with notes as they are given.
    pub(crate) fn score_of(
        half_seconds: impl IntoIterator<Item = i64>,
        notes: impl IntoIterator<Item = Note>,
        ends: impl IntoIterator<Item = i64>,
    ) -> LearnedScore {
        let known = |number| (number, sung_half_second(20, &TakeStatistics::UNKNOWN).with_run_up(5));
        let notes = notes.into_iter().map(|note| PackedNote::new(&note)).collect();
        let rests = ends.into_iter().map(|end| PackedRest::new(&rest(end))).collect();
        LearnedScore::new(RATE_HZ, HalfSeconds::new(half_seconds.into_iter().map(known).collect()), notes, rests)
    }

    fn onsets(score: &LearnedScore) -> Vec<i64> {
        score.notes.iter().map(PackedNote::onset).collect()
    }

    #[test]
    fn a_score_with_one_changed_byte_is_refused_wherever_it_is() {
        let bytes = score(0..4, [5_000, 30_000], [60_000]).to_bytes();
        assert!(LearnedScore::from_bytes(&bytes).is_ok());
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(LearnedScore::from_bytes(&changed).is_err(), "byte {at} of {}", bytes.len());
        }
    }

    #[test]
    fn what_is_newer_replaces_the_same_half_seconds_but_where_less_was_heard_before() {
        let at = |half_second: i64, more: i64| half_second * HALF + more;
        let older = score(0..4, [at(0, 1), at(2, 1), at(3, 1)], [at(1, 1), at(2, 1)]);
        let mut newer = score(2..6, [at(2, 2), at(3, 2), at(5, 2)], [at(3, 2), at(2, 2)]);
        let begin = |newer: &mut LearnedScore, number: i64| {
            let all = newer
                .half_seconds
                .iter()
                .map(|(at, known)| (at, if at == number { known.with_run_up(0) } else { *known }));
            newer.half_seconds = HalfSeconds::new(all.collect());
        };
        let all_new = older.with(&newer);
        assert_eq!(onsets(&all_new), [at(0, 1), at(2, 2), at(3, 2), at(5, 2)]);
        begin(&mut newer, 2);
        let both = older.with(&newer);
        assert_eq!(onsets(&both), [at(0, 1), at(2, 1), at(3, 2), at(5, 2)]);
        assert_eq!(both.rests.iter().map(PackedRest::end).collect::<Vec<_>>(), [at(1, 1), at(2, 1), at(3, 2)]);
        assert_eq!((both.known_s(), both.counts()), (3.0, [4, 3]));
        // Where nothing was known, what began there is better than nothing.
        assert_eq!(onsets(&score(0..1, [], []).with(&newer)), onsets(&newer));
        let slower = newer.at_rate(0.5 * RATE_HZ);
        assert!(onsets(&older.with(&slower)) == onsets(&both) && onsets(&slower)[0] == at(2, 2) / 2);
        assert!(newer.at_rate(RATE_HZ) == newer);
    }

    #[test]
    fn bytes_that_make_no_sense_are_damaged_though_their_checksum_is_right() {
        let read = |score: &LearnedScore| LearnedScore::from_bytes(&score.to_bytes());
        let sound = score(0..2, [5], [7]);
        assert_eq!(read(&sound), Ok(sound.clone()));
        for sample_rate_hz in [0.0, f64::NAN, 1e12] {
            assert_eq!(read(&LearnedScore { sample_rate_hz, ..sound.clone() }), Err(ScoreError::Damaged));
        }
        assert!(read(&score(0..2, [FURTHEST], [-FURTHEST])).is_ok());
        assert_eq!(read(&score(0..2, [FURTHEST + 1], [])), Err(ScoreError::Damaged));
        assert_eq!(read(&score(0..2, [], [-FURTHEST - 1])), Err(ScoreError::Damaged));
    }

    #[test]
    fn a_place_is_found_between_the_notes_and_rests_around_it() {
        let score = score(0..2, [300, 100, 200], [400, 150]);
        assert_eq!([99, 100, 199, 200, 300].map(|at| score.first_behind(at)), [0, 1, 1, 2, 3]);
        assert_eq!([149, 150, 400].map(|at| score.rest_behind(at).map(|rest| rest.end)), [Some(150), Some(400), None]);
        assert!(score.is_known(0) && score.is_known(2 * HALF - 1) && !score.is_known(2 * HALF) && !score.is_known(-1));
    }

    #[test]
    fn notes_around_one_tell_how_it_is_tuned_and_timed() {
        // Forty notes, each a fifth: the first twenty on the grid, the others off it by turns.
        let off = |k: i64| if k < 20 { 0 } else { 600 * (k % 2) };
        let mut all = score(0..40, [], []);
        let course = |k: i64| Course {
            centre_cents: 7000.0 + if k < 20 { 0.0 } else { 20.0 * (k % 2) as f64 },
            movement_cents: 1.0,
        };
        all.notes =
            (0..40).map(|k| PackedNote::new(&Note { course: Some(course(k)), ..note(12_000 * k + off(k)) })).collect();
        let profile = |index: usize| all.profile(index, &Tempo::UNKNOWN);
        let (on, between, off) = (profile(10), profile(19), profile(30));
        assert!(on.off_pitch.sd < 0.002 && on.off_beat.sd < 0.002 && on.off_pitch.n_notes == 17, "{on:?}");
        // 20 cents and 12.5 ms by turns: sixteenths last 125 ms.
        assert!((off.off_pitch.sd - 0.1).abs() < 0.01 && (off.off_beat.sd - 0.05).abs() < 0.005, "{off:?}");
        assert!(between.off_pitch.sd > on.off_pitch.sd && between.off_pitch.sd < off.off_pitch.sd);
        assert_eq!([0, 39].map(|index| profile(index).off_beat.n_notes), [9, 9]);
        assert!(profile(0).before.is_none() && profile(1).before.is_some());
        // A held voice that goes on is no note that was timed.
        all.notes[35] = PackedNote::new(&Note { is_continued: true, ..note(12_000 * 35) });
        assert_eq!(all.profile(39, &Tempo::UNKNOWN).off_beat.n_notes, 8);
        assert!(all.counts() == [39, 0] && all.onsets_s().count() == 39 && all.onsets_s().nth(4) == Some(1.0));
    }
}
