//! The notes ahead: where each begins, with its consonants, and whether it can be moved in silence.
//!
//! In: what was heard, hop by hop, as it is decided. Out: notes, in order. What is moved with a note begins with the
//! consonants, or the breath, right before its vowel; what is aligned to the beat is the vowel (VOICE.md).

use super::super::{Ahead, Lookahead};
use crate::analysis::{LEAST_GAP_S, Onset, Phase};

/// Consonants before a vowel last no longer than this, seconds: 30–150 ms (VOICE.md), in clusters twice that, and a
/// breath that goes over into them. What began earlier belongs to something else.
const MOST_UNIT_S: f64 = 0.6;

/// A note that has been heard and not yet sung.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Note {
    /// Absolute index of its vowel's beginning.
    pub(super) onset: i64,
    /// The same on the song's time line.
    pub(super) onset_position: i64,
    /// How it begins.
    pub(super) kind: Onset,
    /// Absolute index where what must be moved with it begins.
    pub(super) unit_start: i64,
    /// Absolute index where the silence right before that begins; the same if there is none.
    pub(super) silence_start: i64,
    /// A phrase begins with it.
    pub(super) is_phrase_start: bool,
}

/// What is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Found {
    /// A note begins.
    Note(Note),
    /// A vowel ends here, on the song's time line, or what is looked at begins with a rest: another note will come.
    VowelEnd(i64),
    /// A phrase has ended, at this absolute index: the rest behind it is long enough.
    PhraseEnd(i64),
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
    /// Absolute index of the next hop to look at.
    next: Option<i64>,
    going: Going,
    /// Where the last silence begins and where it ended, as far as it has.
    silence: [i64; 2],
    longest_unit_samples: i64,
    /// Where what precedes the next vowel begins, if something does.
    unit_start: Option<i64>,
    is_phrase_start: bool,
    /// Nothing has been looked at since the song began, or jumped.
    is_fresh: bool,
}

impl NoteFinder {
    pub(super) fn new(sample_rate_hz: f64) -> Self {
        Self {
            gap_samples: (f64::from(LEAST_GAP_S) * sample_rate_hz) as i64,
            next: None,
            going: Going::Silence,
            silence: [i64::MIN / 2; 2],
            unit_start: None,
            longest_unit_samples: (MOST_UNIT_S * sample_rate_hz) as i64,
            is_phrase_start: true,
            is_fresh: true,
        }
    }

    pub(super) fn reset(&mut self) {
        (self.next, self.going, self.is_fresh) = (None, Going::Silence, true);
        (self.silence, self.unit_start, self.is_phrase_start) = ([i64::MIN / 2; 2], None, true);
    }

    /// Looks at what has been decided since the last call, when the hop at absolute index `now` is about to be sung.
    /// Returns what is found next, if there is anything; to be called until there is not. Realtime-safe.
    pub(super) fn find(&mut self, now: i64, ahead: &Lookahead<'_>) -> Option<Found> {
        loop {
            // What lies behind and was never decided, around a jump of the song, is passed over.
            let at = *self.next.get_or_insert(now);
            let hop = ahead(at).filter(|hop| hop.known.is_decided || at < now)?;
            self.next = Some(hop.known.end);
            if let Some(found) = self.hear(at, &hop) {
                return Some(found);
            }
        }
    }

    fn hear(&mut self, at: i64, hop: &Ahead<'_>) -> Option<Found> {
        let going = match hop.known.frame.phase {
            Phase::Silence => Going::Silence,
            Phase::Breath | Phase::Consonant => Going::Unvoiced,
            Phase::Vowel => Going::Voice,
        };
        let before = std::mem::replace(&mut self.going, going);
        if std::mem::take(&mut self.is_fresh) && going == Going::Silence {
            self.silence = [at, hop.known.end];
            return Some(Found::VowelEnd(hop.position_samples));
        }
        match (before, going) {
            (Going::Silence, Going::Silence) => {
                let [start, before_end] = self.silence;
                self.silence[1] = hop.known.end;
                let is_gap = |end: i64| end - start >= self.gap_samples;
                if is_gap(hop.known.end) && !is_gap(before_end) {
                    return Some(Found::PhraseEnd(start));
                }
            }
            (_, Going::Silence) => self.silence = [at, hop.known.end],
            (Going::Silence, _) => {
                self.unit_start = Some(at);
                self.is_phrase_start |= self.silence[1] - self.silence[0] >= self.gap_samples;
            }
            (Going::Voice, Going::Unvoiced) => self.unit_start = Some(at),
            _ => {}
        }
        if before == Going::Voice && going != Going::Voice {
            return Some(Found::VowelEnd(hop.position_samples));
        }
        // In Live mode no onset is ever decided in time: there a note begins where a voice is heard first.
        let is_late = !hop.known.is_decided && before != Going::Voice && going == Going::Voice;
        let kind = hop.known.frame.onset.or(is_late.then_some(Onset::Voicing))?;
        // A note that begins while the voice goes on brings nothing along.
        let unit_start = self.unit_start.take().filter(|start| at - start <= self.longest_unit_samples).unwrap_or(at);
        let is_from_silence = unit_start == self.silence[1];
        Some(Found::Note(Note {
            onset: at,
            onset_position: hop.position_samples,
            kind,
            unit_start,
            silence_start: if is_from_silence { self.silence[0] } else { unit_start },
            is_phrase_start: std::mem::take(&mut self.is_phrase_start),
        }))
    }
}
