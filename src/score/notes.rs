//! Where notes begin: each with its consonants, and whether it can be moved in silence.
//!
//! In: what was heard, hop by hop, as it is decided. Out: onsets, in order, and where vowels end. What is moved with a
//! note begins with the consonants, or the breath, right before its vowel; what is aligned to the beat is the vowel
//! (docs/voice.md). A voice that is held for long is given a new beginning now and then, at places that depend on the
//! song position alone, so that no plan reaches further back than [`super::PAST_S`].

use super::{Ahead, CONTINUED_S, Found, Note, PAST_S, View};
use crate::analysis::{LEAST_GAP_S, Onset, Phase};

/// Consonants before a vowel last no longer than this, seconds. What began earlier belongs to something else.
/// Source: docs/voice.md, 30 to 150 ms, in clusters twice that, and a breath that goes over into them.
const MOST_UNIT_S: f64 = 0.6;
/// A note that has been held for less goes on as it is where others are continued, seconds.
/// Source: computed, so that no note is older than [`PAST_S`].
pub(super) const LEAST_HELD_S: f64 = PAST_S - CONTINUED_S;

/// So long behind the last voice nothing of it is performed any more, seconds.
/// Chosen: longer than a pause within a song's line; the longer, the later the same is sung behind every start.
/// Measured: twelve recordings as heard; with two seconds 106 of 117 starts were the same from 8 s on, with one 110.
const FORGOTTEN_S: f64 = 1.0;

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
    forgotten_samples: i64,
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
    /// Where a voice was heard last, or the song began or jumped.
    voice_end: i64,
    second_samples: i64,
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
            forgotten_samples: samples(FORGOTTEN_S),
            continued_samples: samples(CONTINUED_S),
            least_held_samples: samples(LEAST_HELD_S),
            next: None,
            going: Going::Silence,
            silence: [i64::MIN / 2; 2],
            unit_start: None,
            held_since: 0,
            voice_end: 0,
            second_samples: samples(1.0),
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
    pub(super) fn find(&mut self, now: i64, view: &View<'_, '_>) -> Option<Found<Note>> {
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
    fn hear(&mut self, at: i64, end: i64, hop: &Ahead<'_>) -> Option<Found<Note>> {
        let going = match hop.known.frame.phase {
            Phase::Silence => Going::Silence,
            Phase::Breath | Phase::Consonant => Going::Unvoiced,
            Phase::Vowel => Going::Voice,
        };
        let before = std::mem::replace(&mut self.going, going);
        let is_fresh = std::mem::take(&mut self.is_fresh);
        if is_fresh || going == Going::Voice {
            self.voice_end = end;
        }
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
        if going != Going::Voice && is_place(at, end, self.second_samples) {
            return self.aged(at);
        }
        if before != Going::Voice && going == Going::Voice {
            self.held_since = at;
        }
        self.onset(at, before, hop).or_else(|| self.continuation(at, end, hop)).map(Found::Note)
    }

    /// What is so old where nothing is voiced that it is renewed, so that from any start the same is known.
    fn aged(&self, at: i64) -> Option<Found<Note>> {
        if at - self.voice_end >= self.forgotten_samples {
            return Some(Found::Forgotten(at));
        }
        let is_rest = self.going == Going::Silence && at - self.silence[0] >= self.gap_samples;
        is_rest.then_some(Found::VowelEnd(at))
    }

    /// The note that begins in a hop of the take.
    fn onset(&mut self, at: i64, before: Going, hop: &Ahead<'_>) -> Option<Note> {
        // In Live mode no onset is ever decided in time: there a note begins where a voice is heard first.
        let is_late = !hop.known.is_decided && before != Going::Voice && self.going == Going::Voice;
        let kind = hop.known.frame.onset.or(is_late.then_some(Onset::Voicing))?;
        // A note that begins while the voice goes on brings nothing along.
        let unit_start = self.unit_start.take().filter(|start| at - start <= self.longest_unit_samples).unwrap_or(at);
        let is_from_silence = unit_start == self.silence[1];
        let silence_start = if is_from_silence { self.silence[0].max(at - self.forgotten_samples) } else { unit_start };
        self.held_since = at;
        Some(Note {
            unit_start,
            silence_start,
            is_phrase_start: std::mem::take(&mut self.is_phrase_start),
            is_polyphonic: hop.known.frame.is_polyphonic,
            ..Note::at(at, kind)
        })
    }

    /// The note as which a held voice goes on in a hop.
    fn continuation(&mut self, at: i64, end: i64, hop: &Ahead<'_>) -> Option<Note> {
        let is_place = is_place(at, end, self.continued_samples);
        if self.going != Going::Voice || !is_place || at - self.held_since < self.least_held_samples {
            return None;
        }
        self.held_since = at;
        let is_polyphonic = hop.known.frame.is_polyphonic;
        Some(Note { is_continued: true, is_polyphonic, ..Note::at(at, Onset::Legato) })
    }
}

/// Whether a multiple of so many samples lies in the hop from one song position to another.
pub(super) fn is_place(at: i64, end: i64, every_samples: i64) -> bool {
    (at - 1).div_euclid(every_samples) != (end - 1).div_euclid(every_samples)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{Frame, Known, Singer};
    use crate::settings::Settings;

    const RATE_HZ: f64 = 48_000.0;
    const HOP: i64 = 64;

    /// What is found in a take of so many seconds, whose phase and onset at a time are told, from a start on.
    fn found(start_s: f64, until_s: f64, heard: &dyn Fn(f64) -> (Phase, Option<Onset>)) -> Vec<Found<Note>> {
        let singer = Singer::default();
        let hop = |index: i64| {
            let first = index.div_euclid(HOP) * HOP;
            let (phase, onset) = heard(first as f64 / RATE_HZ);
            let known = Known { end: first + HOP, frame: Frame { phase, onset, ..Frame::SILENCE }, is_decided: true };
            let is_there = (0..(until_s * RATE_HZ) as i64).contains(&index);
            is_there.then_some(Ahead { known, singer: &singer, position_samples: first, settings: &Settings::NEUTRAL })
        };
        let view = View { origin: 0, sample_rate_hz: RATE_HZ, ahead: &hop };
        let mut finder = NoteFinder::new(RATE_HZ);
        let start = (start_s * RATE_HZ) as i64 / HOP * HOP;
        std::iter::from_fn(|| finder.find(start, &view)).collect()
    }

    fn notes(found: &[Found<Note>]) -> Vec<Note> {
        found.iter().filter_map(|found| if let Found::Note(note) = found { Some(*note) } else { None }).collect()
    }

    fn seconds(position: i64) -> f64 {
        position as f64 / RATE_HZ
    }

    /// An onset in the hop that holds a time.
    fn at(time_s: f64, place_s: f64, kind: Onset) -> Option<Onset> {
        (time_s <= place_s && place_s < time_s + HOP as f64 / RATE_HZ).then_some(kind)
    }

    #[test]
    fn a_note_brings_its_consonant_along_and_the_silence_before_it() {
        // A rest of half a second, 80 ms of consonant, a vowel; a stop of 60 ms, 40 ms of consonant, a vowel.
        let heard = |time_s: f64| match time_s {
            t if t < 0.5 => (Phase::Silence, None),
            t if t < 0.58 => (Phase::Consonant, None),
            t if t < 1.2 => (Phase::Vowel, at(t, 0.581, Onset::Voicing)),
            t if t < 1.26 => (Phase::Silence, None),
            t if t < 1.3 => (Phase::Consonant, None),
            t => (Phase::Vowel, at(t, 1.301, Onset::Voicing)),
        };
        let notes = notes(&found(0.0, 2.0, &heard));
        assert_eq!(notes.len(), 2);
        for (note, [onset_s, unit_s, silence_s]) in notes.iter().zip([[0.58, 0.5, 0.0], [1.3, 1.26, 1.2]]) {
            let near = |position: i64, time_s: f64| (seconds(position) - time_s).abs() < 0.003;
            assert!(near(note.onset, onset_s) && near(note.unit_start, unit_s), "{note:?}");
            assert!(near(note.silence_start, silence_s), "{note:?}");
        }
        assert!(notes[0].is_phrase_start && !notes[1].is_phrase_start, "a stop is no rest");
    }

    #[test]
    fn a_held_voice_goes_on_at_the_same_places_from_any_start() {
        let heard = |time_s: f64| (Phase::Vowel, at(time_s, 1.0, Onset::Legato));
        let places = |start_s: f64| -> Vec<f64> {
            let notes = notes(&found(start_s, 21.0, &heard));
            notes.iter().filter(|note| note.is_continued).map(|note| seconds(note.onset)).collect()
        };
        let whole = places(0.0);
        assert_eq!(whole.len(), 5, "{whole:?}");
        for (place_s, expected_s) in whole.iter().zip([4.0, 8.0, 12.0, 16.0, 20.0]) {
            assert!((place_s - expected_s).abs() < 0.002, "{whole:?}");
        }
        // Behind a start too little of a note is known to end it.
        assert_eq!(places(6.5), whole[2..]);
        assert_eq!(places(5.5), whole[1..]);
    }

    #[test]
    fn where_it_begins_in_the_middle_of_a_voice_no_phrase_begins() {
        let heard = |time_s: f64| (Phase::Vowel, at(time_s, 2.0, Onset::Legato));
        let notes = notes(&found(1.5, 3.0, &heard));
        assert!(notes.len() == 1 && !notes[0].is_phrase_start, "{notes:?}");
    }

    #[test]
    fn in_a_rest_what_is_foretold_is_renewed_each_second_until_it_is_forgotten_and_in_a_stop_it_is_not() {
        let ends = |end_s: f64, silence_s: f64| -> [Vec<f64>; 2] {
            let heard = |time_s: f64| match time_s {
                t if (end_s..end_s + silence_s).contains(&t) => (Phase::Silence, None),
                t => (Phase::Vowel, at(t, 0.301, Onset::Voicing).or(at(t, end_s + silence_s, Onset::Voicing))),
            };
            let (mut ends, mut forgotten) = (Vec::new(), Vec::new());
            for found in found(0.0, 6.0, &heard) {
                match found {
                    Found::VowelEnd(at) => ends.push(seconds(at)),
                    Found::Forgotten(at) => forgotten.push(seconds(at)),
                    Found::Note(_) => {}
                }
            }
            [ends, forgotten]
        };
        let is_near = |end_s: f64, silence_s: f64, expected_s: [&[f64]; 2]| {
            let places = ends(end_s, silence_s);
            let is_near = |places: &[f64], expected_s: &[f64]| {
                places.len() == expected_s.len() && places.iter().zip(expected_s).all(|(at, s)| (at - s).abs() < 0.002)
            };
            let are_near = places.iter().zip(expected_s).all(|(places, expected_s)| is_near(places, expected_s));
            assert!(are_near, "{places:?} for {expected_s:?}");
        };
        // Only a rest is renewed, and only once it is long enough to be one.
        is_near(0.9, 0.12, [&[0.9], &[]]);
        is_near(1.4, 1.1, [&[1.4, 2.0], &[]]);
        is_near(1.4, 1.7, [&[1.4, 2.0], &[3.0]]);
        is_near(0.9, 3.7, [&[0.9], &[2.0, 3.0, 4.0]]);
    }
}
