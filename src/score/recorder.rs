//! Writes a score down while the song plays, to be learned.
//!
//! In: the hops of a song as a [`Transcriber`] with the look-ahead of Phrase reads them, and the half seconds that the
//! analysis completes; in one pass or in several, from anywhere. Out: a [`LearnedScore`]. All memory is taken before;
//! of what is heard again the better is kept ([`HalfSecond::replaces`]).

use super::packed::{PackedNote, PackedRest};
use super::{Found, LearnedScore, Lookahead, Note, Rest, Transcriber};
use crate::analysis::{HalfSecond, HalfSeconds, half_second_at};

/// The longest song, half seconds: two hours. What lies further apart is forgotten.
/// Chosen: longer than any song, and than most sessions.
const N_HALF_SECONDS: usize = 2 * 2 * 3600;
/// The most notes. Source: computed, four a second over two hours and some that were heard twice.
const N_NOTES: usize = 34_000;
/// The most rests. Source: computed, one each two seconds.
const N_RESTS: usize = 4_000;
/// The level of a phrase is known so long behind its beginning, seconds. Source: `rests.rs`, with a little room.
const LEVEL_KNOWN_S: f64 = 1.1;

/// Half seconds that may wait until they are kept. Source: computed from the look-ahead of Phrase and the longest note,
/// which goes on as another after six seconds.
const N_COMPLETED: usize = 16;

/// A note that ends so shortly before the song stops may go on, seconds. Chosen: what is decided where nothing follows
/// may be off by as much.
const NEAR_S: f64 = 0.1;

/// A half second, and in which pass it was heard.
#[derive(Clone, Copy, Debug)]
struct Heard {
    number: i64,
    pass: u32,
    known: HalfSecond,
}

/// Something that was heard in a pass.
#[derive(Clone, Copy, Debug)]
struct Passed<T> {
    pass: u32,
    what: T,
}

/// Writes a score down.
#[derive(Debug)]
pub struct Recorder {
    sample_rate_hz: f64,
    hop_samples: i64,
    transcriber: Transcriber,
    pass: u32,
    /// By their numbers modulo how many there may be.
    half_seconds: Vec<Option<Heard>>,
    n_half_seconds: usize,
    /// Those that are complete and have not been sung yet, the newest first.
    completed: [Option<(i64, HalfSecond)>; N_COMPLETED],
    last_completed: Option<i64>,
    /// The half second that was sung first since the song began or jumped.
    first: Option<i64>,
    /// Half seconds that have been heard since the song began or jumped.
    run_up: u8,
    /// Where the song stopped; `None` while it plays.
    end: Option<i64>,
    /// It is over there.
    is_over: bool,
    notes: Vec<Passed<PackedNote>>,
    rests: Vec<Passed<PackedRest>>,
    /// The note that goes on, with its number.
    open: Option<(usize, Note)>,
    /// The rest whose phrase has just begun.
    begun: Option<Rest>,
}

impl Recorder {
    /// Nothing is written yet. Allocates; nothing after it does.
    pub fn new(sample_rate_hz: f64, hop_samples: usize) -> Self {
        Self {
            sample_rate_hz,
            hop_samples: hop_samples as i64,
            transcriber: Transcriber::new(sample_rate_hz, hop_samples),
            pass: 0,
            half_seconds: vec![None; N_HALF_SECONDS],
            n_half_seconds: 0,
            completed: [None; N_COMPLETED],
            last_completed: None,
            first: None,
            run_up: 0,
            end: None,
            is_over: false,
            notes: Vec::with_capacity(N_NOTES),
            rests: Vec::with_capacity(N_RESTS),
            open: None,
            begun: None,
        }
    }

    /// The song begins or jumps where its position 0 has absolute index `origin`. Realtime-safe.
    pub fn begin_song(&mut self, origin: i64) {
        self.transcriber.reset(origin);
        self.pass += 1;
        (self.open, self.begun, self.first) = (None, None, None);
        (self.run_up, self.completed) = (0, [None; N_COMPLETED]);
    }

    /// The song plays, or plays again. Realtime-safe.
    pub fn play(&mut self) {
        self.end = None;
    }

    /// The song stops at a position: what is heard behind it is no part of it. Unless that is where the song is over, a
    /// note that sounds there goes on, and is not known. Realtime-safe.
    pub fn stop(&mut self, position: i64, is_over: bool) {
        (self.end, self.is_over) = (Some(position), is_over);
    }

    /// Writes down what is found when the hop at song position `now` would be sung. Realtime-safe.
    pub fn hear(&mut self, now: i64, ahead: &Lookahead<'_>) {
        self.keep_completed(half_second_at(now, self.sample_rate_hz));
        while let Some(found) = self.transcriber.find(now, ahead) {
            self.close(ahead);
            if let Found::Note(number) = found {
                self.open = self.transcriber.note(number, ahead).map(|note| (number, note));
            }
        }
        if let Some((number, note)) = &mut self.open
            && note.leap_cents == 0.0
            && now <= note.onset
        {
            // How it is reached is seen a little behind its beginning, and no longer known at its end.
            let is_last = now + self.hop_samples > note.onset;
            if is_last || self.transcriber.leap_cents(*number, ahead) != 0.0 {
                *note = self.transcriber.note(*number, ahead).unwrap_or(*note);
            }
        }
        while let Some(rest) = self.transcriber.find_rest(now, ahead) {
            self.close_rest();
            self.begun = Some(rest);
        }
        self.hear_phrase(now);
    }

    /// The note that went on has ended.
    fn close(&mut self, ahead: &Lookahead<'_>) {
        let Some((number, begun)) = self.open.take() else { return };
        let Some(ended) = self.transcriber.note(number, ahead) else { return };
        let goes_on = |stop: &i64| !self.is_over && ended.end.is_none_or(|end| end >= stop - self.near_samples());
        if self.end.is_some_and(|stop| goes_on(&stop)) {
            self.end = self.end.min(Some(ended.onset));
            return;
        }
        let course = ended.course.or(begun.course);
        let note = PackedNote::new(&Note { leap_cents: begun.leap_cents, course, ..ended });
        let (half_seconds, rate_hz) = (&self.half_seconds, self.sample_rate_hz);
        push(&mut self.notes, Passed { pass: self.pass, what: note }, |note| {
            pass_of_last(half_seconds, half_second_at(note.onset(), rate_hz))
        });
    }

    fn near_samples(&self) -> i64 {
        (NEAR_S * self.sample_rate_hz) as i64
    }

    /// Follows the level of the phrase that has begun, as long as it says how loud the phrase is.
    fn hear_phrase(&mut self, now: i64) {
        let incoming = self.transcriber.incoming();
        let Some(rest) = &mut self.begun else { return };
        rest.voice_db = incoming.voice_db.or(rest.voice_db);
        if now >= rest.voice + (LEVEL_KNOWN_S * self.sample_rate_hz) as i64 || incoming.silence_start > rest.voice {
            self.close_rest();
        }
    }

    fn close_rest(&mut self) {
        let Some(rest) = self.begun.take() else { return };
        let (half_seconds, rate_hz) = (&self.half_seconds, self.sample_rate_hz);
        push(&mut self.rests, Passed { pass: self.pass, what: PackedRest::new(&rest) }, |rest| {
            pass_of_last(half_seconds, half_second_at(rest.end(), rate_hz))
        });
    }

    /// Takes in the half second that the analysis has completed last. Realtime-safe.
    pub fn complete(&mut self, completed: Option<(i64, HalfSecond)>) {
        let number = completed.map(|(number, _)| number);
        if number.is_some() && self.last_completed != number {
            self.last_completed = number;
            self.completed.rotate_right(1);
            self.completed[0] = completed;
        }
    }

    /// Keeps the half seconds that have been sung when the one of this number is, as far as no note of theirs goes on:
    /// only then it is certain that the song did not jump or stop in it.
    fn keep_completed(&mut self, now: i64) {
        let first = *self.first.get_or_insert(now);
        let open = self.open.map_or(i64::MAX, |(_, note)| half_second_at(note.onset, self.sample_rate_hz));
        // Where it is over, a part of a half second is all there is of it.
        let until = |end: i64| match self.is_over {
            true => half_second_at(end - 1, self.sample_rate_hz) + 1,
            false => half_second_at(end, self.sample_rate_hz),
        };
        let end = self.end.map_or(i64::MAX, until);
        for k in (0..N_COMPLETED).rev() {
            // What lies behind the last sound that came in is no part of the song.
            let is_over = |(number, _): &mut (i64, HalfSecond)| (first..now.min(open).min(end)).contains(number);
            if let Some((number, known)) = self.completed[k].take_if(is_over) {
                self.keep(number, known);
            }
        }
    }

    fn keep(&mut self, number: i64, known: HalfSecond) {
        let known = known.with_run_up(self.run_up);
        self.run_up = self.run_up.saturating_add(1);
        if self.get(number).is_some_and(|before| !known.replaces(&before.known)) {
            return;
        }
        let slot = &mut self.half_seconds[slot_of(number)];
        self.n_half_seconds += usize::from(slot.is_none());
        *slot = Some(Heard { number, pass: self.pass, known });
    }

    /// How much of the song has been heard, seconds.
    pub fn known_s(&self) -> f64 {
        0.5 * self.n_half_seconds as f64
    }

    /// What has been learned so far.
    pub fn score(&self) -> LearnedScore {
        let heard = || self.half_seconds.iter().flatten();
        let later = |heard: &Heard| self.get(heard.number + 2).or_else(|| self.get(heard.number + 1));
        // The statistics of the take are those of the seconds before: a second later they are those around.
        let half_seconds = heard().map(|heard| {
            let take = later(heard).map_or(heard.known, |later| later.known);
            (heard.number, heard.known.with_take_of(&take))
        });
        let half_seconds = HalfSeconds::new(half_seconds.collect());
        let was_heard = |position: i64, pass: u32| {
            pass_of_last(&self.half_seconds, half_second_at(position, self.sample_rate_hz)) == Some(pass)
        };
        let notes = self.notes.iter().filter(|note| was_heard(note.what.onset(), note.pass)).map(|note| note.what);
        let rests = self.rests.iter().filter(|rest| was_heard(rest.what.end(), rest.pass)).map(|rest| rest.what);
        LearnedScore::new(self.sample_rate_hz, half_seconds, notes.collect(), rests.collect())
    }

    fn get(&self, number: i64) -> Option<&Heard> {
        self.half_seconds[slot_of(number)].as_ref().filter(|heard| heard.number == number)
    }
}

fn slot_of(number: i64) -> usize {
    number.rem_euclid(N_HALF_SECONDS as i64) as usize
}

/// The pass in which a half second was heard last.
fn pass_of_last(half_seconds: &[Option<Heard>], number: i64) -> Option<u32> {
    half_seconds[slot_of(number)].filter(|heard| heard.number == number).map(|heard| heard.pass)
}

/// Adds to a list that must not grow; where it is full what was heard again since is left out, and if that is nothing,
/// the new is.
fn push<T>(list: &mut Vec<Passed<T>>, new: Passed<T>, pass_of: impl Fn(&T) -> Option<u32>) {
    if list.len() == list.capacity() {
        list.retain(|passed| passed.pass == new.pass || pass_of(&passed.what) == Some(passed.pass));
    }
    if list.len() < list.capacity() {
        list.push(new);
    }
}
