//! Writes down what is sung where, as it becomes known.
//!
//! In: the hops ahead of the one that is about to be sung, and perhaps a learned score. Out: notes by number, with what
//! is known of each; rests; the profile of the take at a note. What is written of a note that is heard is a function of
//! what was heard in the last [`super::PAST_S`], so behind any start the same is written as from the song's beginning.
//! Where what is heard agrees with the learned score, notes, rests and profile are the score's.

use std::sync::Arc;

use super::course::{course, known_end, leap_cents};
use super::following::Following;
use super::grid::deviation;
use super::notes::NoteFinder;
use super::rests::{Incoming, Rests};
use super::{Ahead, Found, LearnedScore, Lookahead, Note, Profile, Rest, SEMITONE_CENTS, View};
use crate::analysis::take::TakeStatistics;
use crate::settings::{Settings, Tempo};

/// Notes kept. Source: computed, more than there are in [`TELLING_S`] and the longest look-ahead, one each 80 ms.
const CAPACITY: usize = 96;
/// So many notes tell how a take is tuned.
/// Chosen: as many as a short phrase has; with more, a singer who strays in one phrase strays in the next.
const N_TELLING: usize = 8;
/// Notes that began longer ago tell nothing of it, seconds. Measured: `tests/repeats.rs`; with five, what was heard
/// right behind a start, not yet as it will be heard, was remembered beyond eight seconds in Live.
const TELLING_S: f64 = 4.0;
/// What is known of the take so much behind a note's beginning is taken into account, seconds, where that much is
/// decided: in Phrase.
/// Chosen: what is decided by then in Phrase; less leaves the first notes of a take unknown.
const FORESIGHT_S: f64 = 0.45;

/// Listens ahead and writes.
#[derive(Clone, Debug)]
pub struct Transcriber {
    sample_rate_hz: f64,
    /// Absolute index of song position 0; another behind each jump.
    origin: i64,
    finder: NoteFinder,
    rests: Rests,
    learned: Following,
    ring: [Option<Written>; CAPACITY],
    n_notes: usize,
}

/// A note as it is written, and its index in the learned score if it was learned.
#[derive(Clone, Copy, Debug)]
struct Written {
    note: Note,
    index: Option<usize>,
}

impl Transcriber {
    /// Nothing is written yet.
    pub fn new(sample_rate_hz: f64, hop_samples: usize) -> Self {
        Self {
            sample_rate_hz,
            origin: 0,
            finder: NoteFinder::new(sample_rate_hz),
            rests: Rests::new(sample_rate_hz, hop_samples),
            learned: Following::new(sample_rate_hz),
            ring: [None; CAPACITY],
            n_notes: 0,
        }
    }

    /// Forgets everything: the song begins or jumps where its position 0 has absolute index `origin`.
    pub fn reset(&mut self, origin: i64) {
        self.origin = origin;
        self.finder.reset();
        self.rests.reset();
        self.learned.reset();
        (self.ring, self.n_notes) = ([None; CAPACITY], 0);
    }

    /// Gives the transcriber a learned score, or none. Realtime-safe as long as somebody else has the one before, too.
    pub fn set_score(&mut self, score: Option<Arc<LearnedScore>>) {
        self.learned.set_score(score);
    }

    fn view<'view, 'a>(&self, ahead: &'view Lookahead<'a>) -> View<'view, 'a> {
        View { origin: self.origin, sample_rate_hz: self.sample_rate_hz, ahead }
    }

    /// Reads what has been decided since the last call, when the hop at song position `now` is about to be sung.
    /// Returns what is found next, if there is anything; to be called until there is not. Realtime-safe.
    pub fn find(&mut self, now: i64, ahead: &Lookahead<'_>) -> Option<Found> {
        let view = self.view(ahead);
        self.learned.follow(now, &view);
        // What is heard is followed everywhere, so that it can take over.
        while let Some(found) = self.finder.find(now, &view) {
            let place = match found {
                Found::Note(note) => note.onset,
                Found::VowelEnd(place) | Found::Forgotten(place) => place,
            };
            let is_told = matches!(found, Found::Note(_)) && self.learned.has_told(place);
            if matches!(found, Found::Note(note) if !note.is_continued) && view.decided_at(place).is_some() {
                self.learned.compare(place);
            }
            if is_told || self.learned.knows(place) {
                continue;
            }
            self.end_note(place, &view);
            return Some(match found {
                Found::VowelEnd(place) => Found::VowelEnd(place),
                Found::Forgotten(place) => Found::Forgotten(place),
                Found::Note(note) => {
                    self.learned.pass(note.onset);
                    Found::Note(self.write(note, None))
                }
            });
        }
        let (index, note) = self.learned.next_note(now)?;
        Some(Found::Note(self.write(note, Some(index))))
    }

    /// Reads the hops that have come in, decided or not, when the one at song position `now` is about to be sung.
    /// Returns a rest that is seen to end; to be called until there is none. Realtime-safe.
    pub fn find_rest(&mut self, now: i64, ahead: &Lookahead<'_>) -> Option<Rest> {
        let view = self.view(ahead);
        while let Some(rest) = self.rests.find(now, &view) {
            if !self.learned.knows(rest.end) {
                return Some(rest);
            }
        }
        self.learned.next_rest(now)
    }

    /// Whether notes and rests are known beforehand from the learned score.
    pub fn is_learned(&self) -> bool {
        self.learned.is_confirmed()
    }

    /// Whether a note that was learned is still believed: what is heard agrees, or did where it begins.
    pub fn is_believed(&self, onset: i64) -> bool {
        self.learned.is_confirmed() || onset < self.learned.heard_until()
    }

    /// The settings of the newest hop that has come in.
    pub fn newest_settings(&self) -> Option<Settings> {
        self.learned.newest_settings()
    }

    /// The learned score, whether what is heard agrees with it or not.
    pub fn score(&self) -> Option<&LearnedScore> {
        self.learned.score()
    }

    /// What goes on where hops come in.
    pub fn incoming(&self) -> Incoming {
        self.rests.incoming()
    }

    fn write(&mut self, note: Note, index: Option<usize>) -> usize {
        let number = self.n_notes;
        self.ring[number % CAPACITY] = Some(Written { note, index });
        self.n_notes += 1;
        number
    }

    /// The newest note ends at a song position: what is known of it is final.
    fn end_note(&mut self, end: i64, view: &View<'_, '_>) {
        let Some(number) = self.n_notes.checked_sub(1) else { return };
        let Some(Written { note, index: None }) = &mut self.ring[number % CAPACITY] else { return };
        if note.end.is_none() {
            note.end = Some(end);
            note.course = course(note.onset, end, view);
        }
    }

    /// What is known of the hop that holds a song position.
    pub fn hop_at<'a>(&self, position: i64, ahead: &Lookahead<'a>) -> Option<Ahead<'a>> {
        self.view(ahead).at(position)
    }

    /// The note of a number, as far as it is known when it begins to be sung.
    pub fn note(&self, number: usize, ahead: &Lookahead<'_>) -> Option<Note> {
        let Written { note, index } = self.written(number)?;
        if index.is_some() {
            return Some(note);
        }
        let view = self.view(ahead);
        let (known_end, is_end) = known_end(note.onset, &view);
        Some(Note {
            end: note.end.or(is_end.then_some(known_end)),
            leap_cents: heard_leap_cents(&note, &view),
            course: course(note.onset, known_end, &view).or(note.course),
            ..note
        })
    }

    /// How far the note of a number lies above what the voice comes from, cents, as far as that is known: its
    /// [`Note::leap_cents`] alone, which takes less time than the whole note.
    pub fn leap_cents(&self, number: usize, ahead: &Lookahead<'_>) -> f64 {
        match self.written(number) {
            Some(Written { note, index: None }) => heard_leap_cents(&note, &self.view(ahead)),
            written => written.map_or(0.0, |written| written.note.leap_cents),
        }
    }

    /// What is written of a note.
    fn written(&self, number: usize) -> Option<Written> {
        (number < self.n_notes && number + CAPACITY >= self.n_notes).then(|| self.ring[number % CAPACITY]).flatten()
    }

    /// Whether the note of a number was learned.
    pub fn is_note_learned(&self, number: usize) -> bool {
        self.written(number).is_some_and(|written| written.index.is_some())
    }

    /// The note before that of a number, if it began within four seconds.
    pub fn before(&self, number: usize) -> Option<Note> {
        self.earlier(number).next()
    }

    /// The notes before that of a number that began within four seconds before it, the newest first.
    pub fn earlier(&self, number: usize) -> impl Iterator<Item = Note> + use<'_> {
        let here = self.written(number);
        let index = here.and_then(|here| here.index);
        let learned = (0..index.unwrap_or(0)).rev().map_while(|index| self.learned.note(index));
        let earliest = here.map_or(0, |here| here.note.onset - self.telling_samples());
        let heard = here.zip(number.checked_sub(1)).filter(|_| index.is_none_or(|index| index == 0));
        let heard = heard.into_iter().flat_map(move |(here, before)| self.past(before, here.note.onset));
        learned.take_while(move |note| note.onset >= earliest).chain(heard)
    }

    /// The notes behind that of a number that begin within four seconds: of a learned one only.
    pub fn later(&self, number: usize) -> impl Iterator<Item = Note> + use<'_> {
        let learned = self.written(number).and_then(|here| Some((here.index?, here.note.onset)));
        learned.into_iter().flat_map(move |(index, onset)| {
            let latest = onset + self.telling_samples();
            let notes = (index + 1..).map_while(|index| self.learned.note(index));
            notes.take_while(move |note| note.onset <= latest)
        })
    }

    fn telling_samples(&self) -> i64 {
        (TELLING_S * self.sample_rate_hz) as i64
    }

    /// The notes from one of a number back that began within [`TELLING_S`] before a song position, the newest first.
    fn past(&self, number: usize, position: i64) -> impl Iterator<Item = Note> + use<'_> {
        let earliest = position - self.telling_samples();
        let notes = (0..=number).rev().map_while(|number| self.written(number)).map(|written| written.note);
        notes.take_while(move |note| note.onset >= earliest)
    }

    /// What is known of the take where the note of a number begins, at a song position; `note` is that note, if it is
    /// known.
    pub fn profile(
        &self,
        number: usize,
        position: i64,
        note: Option<&Note>,
        tempo: &Tempo,
        ahead: &Lookahead<'_>,
    ) -> Profile {
        let index = self.written(number).and_then(|written| written.index);
        if let Some(profile) = index.and_then(|index| self.learned.profile(index, tempo)) {
            return profile;
        }
        let view = self.view(ahead);
        let earlier = || number.checked_sub(1).into_iter().flat_map(move |before| self.past(before, position));
        let all = || note.copied().into_iter().chain(earlier());
        let pitched = all().filter_map(|note| note.course).take(N_TELLING);
        let timed = all().filter(|note| !note.is_continued).take(N_TELLING);
        let later = view.at(position + view.samples(FORESIGHT_S)).filter(|hop| hop.known.is_decided);
        let take = later.or_else(|| view.at(position)).map_or(TakeStatistics::UNKNOWN, |hop| hop.singer.take);
        Profile {
            take,
            off_pitch: deviation(pitched.map(|course| course.centre_cents / SEMITONE_CENTS)),
            off_beat: deviation(timed.map(|note| tempo.sixteenths(note.onset as f64 / self.sample_rate_hz))),
            before: earlier().find_map(|note| note.course),
        }
    }

    /// The number that the next note will have.
    pub fn n_notes(&self) -> usize {
        self.n_notes
    }
}

/// How far a note that is heard lies above what the voice comes from, cents.
fn heard_leap_cents(note: &Note, view: &View<'_, '_>) -> f64 {
    if note.is_continued { 0.0 } else { leap_cents(note.onset, view).unwrap_or(0.0) }
}

#[cfg(test)]
mod tests {
    use super::super::learned::tests::{RATE_HZ, score_of};
    use super::*;
    use crate::analysis::{Frame, Known, Onset, Singer};

    const HOP: i64 = 64;

    fn samples(seconds: f64) -> i64 {
        (seconds * RATE_HZ) as i64
    }

    #[test]
    fn a_learned_note_tells_how_long_it_is() {
        let note = |onset_s: f64, length_s: f64| {
            let onset = samples(onset_s);
            Note { end: Some(onset + samples(length_s)), ..Note::at(onset, Onset::Voicing) }
        };
        let mut transcriber = Transcriber::new(RATE_HZ, HOP as usize);
        transcriber.set_score(Some(Arc::new(score_of(0..20, [note(1.0, 0.1), note(2.0, 1.5)], []))));
        let singer = Singer::default();
        let frame = Frame { is_as_learned: true, ..Frame::SILENCE };
        let mut told = Vec::new();
        for now in (0..samples(4.0)).step_by(HOP as usize) {
            let ahead = |index: i64| {
                let position_samples = index.div_euclid(HOP) * HOP;
                let known = Known { end: position_samples + HOP, frame, is_decided: true };
                let hop = Ahead { known, singer: &singer, position_samples, settings: &Settings::NEUTRAL };
                (0..now + HOP).contains(&index).then_some(hop)
            };
            while let Some(found) = transcriber.find(now, &ahead) {
                if let Found::Note(number) = found {
                    let note = transcriber.note(number, &ahead).expect("it was just written");
                    told.push(note.end.map(|end| (end - note.onset) as f64 / RATE_HZ));
                }
            }
        }
        let [Some(short), Some(long)] = told[..] else { panic!("{told:?}") };
        assert!((short - 0.1).abs() < 0.01 && (long - 1.5).abs() < 0.01, "{told:?}");
    }
}
