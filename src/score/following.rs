//! Where in a learned score the song is, and whether what is heard is that song.
//!
//! In: the hops that come in, each of which tells whether what is heard agrees with the score. Out: the notes and rests
//! that come next, so long before they are due that every mode plans them alike.

use std::sync::Arc;

use super::{LearnedScore, Note, Profile, Rest, View};
use crate::settings::{Settings, Tempo};

/// Notes and rests are told so long before they begin or end, seconds.
/// Source: computed, as long as Phrase sees ahead, less a few hops: there the settings drawn over them are known.
const TOLD_S: f64 = 0.6;
/// A note that was told as it was heard may lie so far from where it was learned, seconds.
/// Source: docs/design.md §5, two onsets lie further apart.
const SAME_S: f64 = 0.08;
/// Where the song begins or jumps, notes so long before are told too, seconds: they may still be about to be sung.
/// Source: `performance/timing.rs`, no note is moved further.
const LATE_S: f64 = 0.2;
/// So many notes more are told there: what is sung, and what it came from. Source: definition.
const N_SUNG: usize = 2;

/// A place in a learned score.
#[derive(Clone, Debug)]
pub(super) struct Following {
    sample_rate_hz: f64,
    score: Option<Arc<LearnedScore>>,
    /// Song position where the next hop will come in.
    next: Option<i64>,
    /// The newest hop agrees with the score.
    is_confirmed: bool,
    newest_settings: Option<Settings>,
    /// Index of the next note that is to be told; `None` before the first.
    note: Option<usize>,
    /// Notes up to this song position were told as they were heard.
    passed: i64,
    /// Where the note begins that was told last as it was learned.
    told: Option<i64>,
    /// Where the rest ends that was told last.
    rest: Option<i64>,
}

impl Following {
    pub(super) fn new(sample_rate_hz: f64) -> Self {
        Self {
            sample_rate_hz,
            score: None,
            next: None,
            is_confirmed: false,
            newest_settings: None,
            note: None,
            passed: i64::MIN,
            told: None,
            rest: None,
        }
    }

    /// Begins to follow another score, or none. Returns the one before.
    pub(super) fn set_score(&mut self, score: Option<Arc<LearnedScore>>) -> Option<Arc<LearnedScore>> {
        // Whether it agrees is known with the next hop that comes in.
        (self.note, self.rest, self.is_confirmed) = (None, None, false);
        std::mem::replace(&mut self.score, score)
    }

    /// The song begins or jumps.
    pub(super) fn reset(&mut self) {
        (self.next, self.is_confirmed, self.newest_settings) = (None, false, None);
        (self.note, self.passed, self.told, self.rest) = (None, i64::MIN, None, None);
    }

    fn samples(&self, seconds: f64) -> i64 {
        (seconds * self.sample_rate_hz) as i64
    }

    /// Follows the hops that have come in, when the one at song position `now` is about to be sung.
    pub(super) fn follow(&mut self, now: i64, view: &View<'_, '_>) {
        let mut at = *self.next.get_or_insert(now);
        while let Some(hop) = view.at(at) {
            (self.is_confirmed, self.newest_settings) = (hop.known.frame.is_as_learned, Some(hop.settings));
            at = view.end(&hop);
        }
        self.next = Some(at);
    }

    /// Whether what is heard agrees with the score.
    pub(super) fn is_confirmed(&self) -> bool {
        self.is_confirmed && self.score.is_some()
    }

    /// The score, if what is heard agrees with it.
    pub(super) fn confirmed_score(&self) -> Option<&LearnedScore> {
        self.score.as_deref().filter(|_| self.is_confirmed)
    }

    /// Whether the score tells what is at a song position.
    pub(super) fn knows(&self, position: i64) -> bool {
        self.confirmed_score().is_some_and(|score| score.is_known(position))
    }

    pub(super) fn newest_settings(&self) -> Option<Settings> {
        self.newest_settings
    }

    /// Whether a note that is heard at a song position was told as it was learned.
    pub(super) fn has_told(&self, onset: i64) -> bool {
        self.told.is_some_and(|told| (told - onset).abs() < self.samples(SAME_S))
    }

    /// The song position up to which hops have come in.
    pub(super) fn heard_until(&self) -> i64 {
        self.next.unwrap_or(i64::MIN)
    }

    /// A note was told as it was heard.
    pub(super) fn pass(&mut self, onset: i64) {
        self.passed = onset + self.samples(SAME_S);
    }

    /// The next note that is to be told when the hop at song position `now` is about to be sung, with its index.
    pub(super) fn next_note(&mut self, now: i64) -> Option<(usize, Note)> {
        let score = self.confirmed_score()?;
        let late = now - self.samples(LATE_S);
        let first = || (score.first_behind(late).saturating_sub(N_SUNG), i64::MIN);
        // Behind a stretch that did not agree, what was to be sung in it is passed over.
        let (mut index, earliest) = self.note.map_or_else(first, |index| (index, late));
        let note = loop {
            let note = score.note(index)?;
            if note.onset > now + self.samples(TOLD_S) {
                break None;
            }
            index += 1;
            if note.onset > self.passed.max(earliest) && score.is_known(note.onset) {
                break Some((index - 1, note));
            }
        };
        self.note = Some(index);
        if let Some((_, note)) = note {
            (self.passed, self.told) = (self.passed.max(note.onset), Some(note.onset));
        }
        note
    }

    /// The next rest that is to be told when the hop at song position `now` is about to be sung.
    pub(super) fn next_rest(&mut self, now: i64) -> Option<Rest> {
        let rest = self.confirmed_score()?.rest_behind(self.rest.unwrap_or(now).max(now))?;
        if rest.end > now + self.samples(TOLD_S) || !self.knows(rest.end) {
            return None;
        }
        self.rest = Some(rest.end);
        Some(rest)
    }

    /// A note of the score by its index.
    pub(super) fn note(&self, index: usize) -> Option<Note> {
        self.score.as_ref()?.note(index)
    }

    /// What the score knows of the take where a note begins.
    pub(super) fn profile(&self, index: usize, tempo: &Tempo) -> Option<Profile> {
        Some(self.score.as_ref()?.profile(index, tempo))
    }
}
