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
/// Notes that are heard so far or further from where they were learned were moved, seconds; what the analysis finds in
/// the same take lies within a window. Chosen: more than that.
const MOVED_S: f64 = 0.006;
/// So many in a row that were moved alike, to within the second, seconds, make a take that was moved.
/// Chosen: one may be another note's onset; three are none by chance.
const N_MOVED: usize = 3;
const ALIKE_S: f64 = 0.003;
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
    /// How far the last notes that were heard lie behind where they were learned, samples, the newest first.
    moved: [Option<i64>; N_MOVED],
    /// Index of the next note that is to be told; `None` before the first.
    note: Option<usize>,
    /// Notes before this index had begun where the song began or jumped.
    n_resumed: usize,
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
            moved: [None; N_MOVED],
            note: None,
            n_resumed: 0,
            passed: i64::MIN,
            told: None,
            rest: None,
        }
    }

    /// Begins to follow another score, or none.
    pub(super) fn set_score(&mut self, score: Option<Arc<LearnedScore>>) {
        // Whether it agrees is known with the next hop that comes in.
        (self.note, self.rest, self.is_confirmed, self.moved) = (None, None, false, [None; N_MOVED]);
        self.score = score;
    }

    /// The song begins or jumps.
    pub(super) fn reset(&mut self) {
        (self.next, self.is_confirmed, self.newest_settings) = (None, false, None);
        self.moved = [None; N_MOVED];
        (self.note, self.passed, self.told, self.rest) = (None, i64::MIN, None, None);
    }

    fn samples(&self, seconds: f64) -> i64 {
        (seconds * self.sample_rate_hz) as i64
    }

    /// Follows the hops that have come in, when the one at song position `now` is about to be sung.
    pub(super) fn follow(&mut self, now: i64, view: &View<'_, '_>) {
        let mut at = *self.next.get_or_insert(now);
        while let Some(hop) = view.at(at) {
            (self.is_confirmed, self.newest_settings) = (hop.known.frame.is_as_learned, Some(*hop.settings));
            at = view.end(&hop);
        }
        self.next = Some(at);
    }

    /// Compares the place of a note that is heard, and final, with where it was learned.
    pub(super) fn compare(&mut self, onset: i64) {
        let reach = self.samples(SAME_S);
        let Some(score) = self.score() else { return };
        let note = score.note(score.first_behind(onset - reach));
        let Some(learned) = note.map(|note| note.onset).filter(|learned| (learned - onset).abs() < reach) else {
            return;
        };
        self.moved.rotate_right(1);
        self.moved[0] = Some(onset - learned);
    }

    /// Whether the take lies elsewhere than when it was learned, though it sounds alike.
    fn is_moved(&self) -> bool {
        let moved = self.moved.iter().flatten();
        let (Some(least), Some(most)) = (moved.clone().min(), moved.clone().max()) else { return false };
        let is_far = moved.clone().all(|moved| moved.abs() >= self.samples(MOVED_S));
        moved.count() == N_MOVED && is_far && most - least <= self.samples(ALIKE_S)
    }

    /// Whether what is heard agrees with the score.
    pub(super) fn is_confirmed(&self) -> bool {
        self.confirmed_score().is_some()
    }

    /// The score.
    pub(super) fn score(&self) -> Option<&LearnedScore> {
        self.score.as_deref()
    }

    /// The score, if what is heard agrees with it.
    fn confirmed_score(&self) -> Option<&LearnedScore> {
        self.score().filter(|_| self.is_confirmed && !self.is_moved())
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
        let n_resumed = if self.note.is_some() { self.n_resumed } else { score.first_behind(late) };
        let mut index = self.note.unwrap_or(n_resumed.saturating_sub(N_SUNG));
        let note = loop {
            let note = score.note(index)?;
            if note.onset > now + self.samples(TOLD_S) {
                break None;
            }
            index += 1;
            // Behind a stretch that did not agree, what was to be sung in it is passed over.
            let is_late = index > n_resumed && note.onset <= late;
            if note.onset > self.passed && !is_late && score.is_known(note.onset) {
                break Some((index - 1, note));
            }
        };
        (self.note, self.n_resumed) = (Some(index), n_resumed);
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
        self.score()?.note(index)
    }

    /// What the score knows of the take where a note begins.
    pub(super) fn profile(&self, index: usize, tempo: &Tempo) -> Option<Profile> {
        Some(self.score()?.profile(index, tempo))
    }
}

#[cfg(test)]
mod tests {
    use super::super::learned::tests::{RATE_HZ, score};
    use super::super::{Ahead, Lookahead};
    use super::*;
    use crate::analysis::{Frame, Known, Singer};

    const HOP: i64 = 64;
    /// A tenth of a second, samples.
    const TENTH: i64 = 4800;

    /// Hops up to a song position, which agree with the score where `agrees` says so.
    fn heard(agrees: &dyn Fn(i64) -> bool, to: i64, then: impl FnOnce(&View<'_, '_>)) {
        let singer = Singer::default();
        let ahead = |index: i64| {
            let position_samples = index.div_euclid(HOP) * HOP;
            let frame = Frame { is_as_learned: agrees(position_samples), ..Frame::SILENCE };
            let known = Known { end: position_samples + HOP, frame, is_decided: true };
            (index < to).then_some(Ahead { known, singer: &singer, position_samples, settings: &Settings::NEUTRAL })
        };
        let ahead: &Lookahead<'_> = &ahead;
        then(&View { origin: 0, sample_rate_hz: RATE_HZ, ahead });
    }

    /// Where notes and rests are told from one song position to another, tenths of a second: `(told, of)`.
    fn told(
        following: &mut Following,
        song: std::ops::Range<i64>,
        agrees: &dyn Fn(i64) -> bool,
    ) -> [Vec<(i64, i64)>; 2] {
        let tenth = |position: i64| (position as f64 / TENTH as f64).round() as i64;
        let (mut notes, mut rests) = (Vec::new(), Vec::new());
        for now in (song.start * TENTH..song.end * TENTH).step_by(HOP as usize) {
            heard(agrees, now + HOP, |view| following.follow(now, view));
            while let Some((index, note)) = following.next_note(now) {
                assert_eq!(following.note(index), Some(note));
                notes.push((tenth(now), tenth(note.onset)));
            }
            rests.extend(std::iter::from_fn(|| following.next_rest(now)).map(|rest| (tenth(now), tenth(rest.end))));
        }
        [notes, rests]
    }

    fn following(known: std::ops::Range<i64>) -> Following {
        let mut following = Following::new(RATE_HZ);
        let tenths = |tenths: &[i64]| tenths.iter().map(|tenth| tenth * TENTH).collect::<Vec<_>>();
        following.set_score(Some(Arc::new(score(known, tenths(&[10, 20, 30, 40, 50]), tenths(&[18, 38])))));
        following
    }

    #[test]
    fn what_comes_is_told_once_and_long_before() {
        let [notes, rests] = told(&mut following(0..20), 0..80, &|_| true);
        assert_eq!(notes, [(4, 10), (14, 20), (24, 30), (34, 40), (44, 50)]);
        assert_eq!(rests, [(12, 18), (32, 38)]);
    }

    #[test]
    fn what_the_score_does_not_know_is_not_told() {
        // Half seconds 0 to 5 are known: three seconds.
        let [notes, rests] = told(&mut following(0..6), 0..80, &|_| true);
        assert_eq!((notes, rests), (vec![(4, 10), (14, 20)], vec![(12, 18)]));
    }

    #[test]
    fn where_the_song_begins_what_is_sung_there_is_told_too() {
        let mut following = following(0..20);
        let [notes, rests] = told(&mut following, 41..48, &|_| true);
        // The note at 40 may still be about to be sung; that at 30 is sung, and comes from that at 20.
        assert_eq!(notes, [(41, 20), (41, 30), (41, 40), (44, 50)]);
        assert_eq!(rests, []);
        following.reset();
        assert!(!following.is_confirmed());
        assert_eq!(told(&mut following, 0..6, &|_| true)[0], [(4, 10)]);
    }

    #[test]
    fn what_does_not_agree_is_passed_over() {
        let agrees = |position: i64| !(15 * TENTH..33 * TENTH).contains(&position);
        let [notes, rests] = told(&mut following(0..20), 0..60, &agrees);
        // At 33 the note at 30 has gone by for too long.
        assert_eq!(notes, [(4, 10), (14, 20), (34, 40), (44, 50)]);
        assert_eq!(rests, [(12, 18), (33, 38)]);
        let mut unlearned = Following::new(RATE_HZ);
        assert_eq!(told(&mut unlearned, 0..60, &|_| true), [vec![], vec![]]);
        assert!(!unlearned.is_confirmed() && !unlearned.knows(0));
    }

    #[test]
    fn a_note_that_was_told_as_it_was_heard_is_not_told_again() {
        let mut following = following(0..20);
        told(&mut following, 0..2, &|_| true);
        // A little before where it was learned.
        following.pass(10 * TENTH - TENTH / 2);
        assert_eq!(told(&mut following, 2..20, &|_| true)[0], [(14, 20)]);
        following.pass(20 * TENTH);
        assert_eq!(told(&mut following, 20..30, &|_| true)[0], [(24, 30)]);
        assert!(following.is_confirmed() && following.knows(0) && !following.knows(10 * 24_000 * 2));
    }

    #[test]
    fn a_note_that_is_heard_near_where_it_was_told_is_that_note() {
        let mut following = following(0..20);
        assert!(!following.has_told(10 * TENTH));
        told(&mut following, 0..6, &|_| true);
        let near = [-TENTH / 2, 0, TENTH / 2].map(|off| following.has_told(10 * TENTH + off));
        assert!(
            near.iter().all(|is_told| *is_told) && !following.has_told(9 * TENTH) && !following.has_told(11 * TENTH)
        );
        assert!(!following.has_told(20 * TENTH), "it was not told yet");
    }

    #[test]
    fn a_take_that_was_moved_is_not_the_learned_one() {
        let mut following = following(0..20);
        told(&mut following, 0..2, &|_| true);
        let moved = |following: &mut Following, by: i64| {
            [10, 20, 30].into_iter().for_each(|at| following.compare(at * TENTH + by));
            !following.is_confirmed()
        };
        assert!(!moved(&mut following, TENTH / 50), "within a window");
        assert!(moved(&mut following, TENTH / 8), "12 ms later");
        assert!(!moved(&mut following, 0), "and back");
        assert!(moved(&mut following, -TENTH / 4));
        following.compare(40 * TENTH + TENTH / 3);
        assert!(following.is_confirmed(), "not alike");
    }
}
