//! Where notes begin: each with its consonants, and whether it can be moved in silence.
//!
//! In: what was heard, hop by hop, as it is decided. Out: onsets, in order, and where vowels end. What is moved with a
//! note begins with the consonants, or the breath, right before its vowel; what is aligned to the beat is the vowel
//! (docs/voice.md). A voice that is held for long is given a new beginning now and then, at places that depend on the
//! song position alone, so that no plan reaches further back than [`super::PAST_S`].

use super::{Ahead, CONTINUED_S, PAST_S, View};
use crate::analysis::{LEAST_GAP_S, Onset, Phase};

/// Consonants before a vowel last no longer than this, seconds. What began earlier belongs to something else.
/// Source: docs/voice.md, 30 to 150 ms, in clusters twice that, and a breath that goes over into them.
const MOST_UNIT_S: f64 = 0.6;
/// A note that has been held for less goes on as it is where others are continued, seconds.
/// Source: computed, so that no note is older than [`PAST_S`].
pub(super) const LEAST_HELD_S: f64 = PAST_S - CONTINUED_S;

/// Where a note begins. Places are song positions, samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Begun {
    pub(super) onset: i64,
    pub(super) kind: Onset,
    pub(super) unit_start: i64,
    pub(super) silence_start: i64,
    pub(super) is_phrase_start: bool,
    pub(super) is_continued: bool,
    pub(super) is_polyphonic: bool,
}

/// What is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Found {
    /// A note begins.
    Note(Begun),
    /// A vowel ends here, or what is looked at begins with silence: another note will come.
    VowelEnd(i64),
}

/// What has been going on up to the last hop looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Going {
    Silence,
    /// Consonants or a breath.
    Unvoiced,
    Voice,
}

/// Finds notes.
#[derive(Clone, Debug)]
pub(super) struct NoteFinder {
    gap_samples: i64,
    longest_unit_samples: i64,
    past_samples: i64,
    continued_samples: i64,
    least_held_samples: i64,
    /// The next hop to look at.
    next: Option<i64>,
    going: Going,
    /// Where the last silence begins and where it ended, as far as it has.
    silence: [i64; 2],
    /// Where what precedes the next vowel begins, if something does.
    unit_start: Option<i64>,
    /// Where the voice that is heard began, or the last note in it.
    held_since: i64,
    is_phrase_start: bool,
    /// Nothing has been looked at since the song began, or jumped.
    is_fresh: bool,
}

impl NoteFinder {
    pub(super) fn new(sample_rate_hz: f64) -> Self {
        let samples = |seconds: f64| (seconds * sample_rate_hz).round() as i64;
        Self {
            gap_samples: samples(f64::from(LEAST_GAP_S)),
            longest_unit_samples: samples(MOST_UNIT_S),
            past_samples: samples(PAST_S),
            continued_samples: samples(CONTINUED_S),
            least_held_samples: samples(LEAST_HELD_S),
            next: None,
            going: Going::Silence,
            silence: [i64::MIN / 2; 2],
            unit_start: None,
            held_since: 0,
            is_phrase_start: true,
            is_fresh: true,
        }
    }

    pub(super) fn reset(&mut self) {
        (self.next, self.going, self.is_fresh) = (None, Going::Silence, true);
        (self.silence, self.unit_start, self.is_phrase_start) = ([i64::MIN / 2; 2], None, true);
    }

    /// Looks at what has been decided since the last call, when the hop at song position `now` is about to be sung.
    /// Returns what is found next, if there is anything; to be called until there is not. Realtime-safe.
    pub(super) fn find(&mut self, now: i64, view: &View<'_, '_>) -> Option<Found> {
        loop {
            // What lies behind and was never decided, around a jump of the song, is passed over.
            let at = *self.next.get_or_insert(now);
            let hop = view.at(at).filter(|hop| hop.known.is_decided || at < now)?;
            self.next = Some(view.end(&hop));
            if let Some(found) = self.hear(at, view.end(&hop), &hop) {
                return Some(found);
            }
        }
    }

    /// Looks at a hop from one song position to another.
    fn hear(&mut self, at: i64, end: i64, hop: &Ahead<'_>) -> Option<Found> {
        let going = match hop.known.frame.phase {
            Phase::Silence => Going::Silence,
            Phase::Breath | Phase::Consonant => Going::Unvoiced,
            Phase::Vowel => Going::Voice,
        };
        let before = std::mem::replace(&mut self.going, going);
        let is_fresh = std::mem::take(&mut self.is_fresh);
        if is_fresh && going == Going::Silence {
            self.silence = [at, end];
            return Some(Found::VowelEnd(at));
        }
        if is_fresh {
            // Where in its phrase this lies is not known.
            self.is_phrase_start = false;
        }
        match (before, going) {
            (Going::Silence, Going::Silence) => self.silence[1] = end,
            (_, Going::Silence) => self.silence = [at, end],
            (Going::Silence, Going::Unvoiced | Going::Voice) => {
                self.unit_start = Some(at);
                self.is_phrase_start |= !is_fresh && self.silence[1] - self.silence[0] >= self.gap_samples;
            }
            (Going::Voice, Going::Unvoiced) => self.unit_start = Some(at),
            (Going::Unvoiced | Going::Voice, _) => {}
        }
        if before == Going::Voice && going != Going::Voice {
            return Some(Found::VowelEnd(at));
        }
        if before != Going::Voice && going == Going::Voice {
            self.held_since = at;
        }
        self.onset(at, before, hop).or_else(|| self.continuation(at, end, hop)).map(Found::Note)
    }

    /// The note that begins in a hop of the take.
    fn onset(&mut self, at: i64, before: Going, hop: &Ahead<'_>) -> Option<Begun> {
        // In Live mode no onset is ever decided in time: there a note begins where a voice is heard first.
        let is_late = !hop.known.is_decided && before != Going::Voice && self.going == Going::Voice;
        let kind = hop.known.frame.onset.or(is_late.then_some(Onset::Voicing))?;
        // A note that begins while the voice goes on brings nothing along.
        let unit_start = self.unit_start.take().filter(|start| at - start <= self.longest_unit_samples).unwrap_or(at);
        let is_from_silence = unit_start == self.silence[1];
        let silence_start = if is_from_silence { self.silence[0].max(at - self.past_samples) } else { unit_start };
        self.held_since = at;
        Some(Begun {
            onset: at,
            kind,
            unit_start,
            silence_start,
            is_phrase_start: std::mem::take(&mut self.is_phrase_start),
            is_continued: false,
            is_polyphonic: hop.known.frame.is_polyphonic,
        })
    }

    /// The note as which a held voice goes on in a hop.
    fn continuation(&mut self, at: i64, end: i64, hop: &Ahead<'_>) -> Option<Begun> {
        let is_place = (at - 1).div_euclid(self.continued_samples) != (end - 1).div_euclid(self.continued_samples);
        if self.going != Going::Voice || !is_place || at - self.held_since < self.least_held_samples {
            return None;
        }
        self.held_since = at;
        Some(Begun {
            onset: at,
            kind: Onset::Legato,
            unit_start: at,
            silence_start: at,
            is_phrase_start: false,
            is_continued: true,
            is_polyphonic: hop.known.frame.is_polyphonic,
        })
    }
}
