//! Notes and rests as a learned score keeps them: in whole numbers, so that they are the same in memory and in a file.

use serde::{Deserialize, Serialize};

use super::{Course, Note, Rest};
use crate::analysis::Onset;

/// Centres of notes are kept in steps of this, cents re 1 Hz. Chosen: finer than any note is centred, and the highest
/// voice fits into two bytes.
const CENTRE_STEP_CENTS: f64 = 0.2;
/// Movements of notes, cents. Chosen: a hundredth of what people move by.
const MOVEMENT_STEP_CENTS: f64 = 0.05;
/// Leaps, cents. Chosen: a leap counts from 250 cents on.
const LEAP_STEP_CENTS: f64 = 1.0;
/// Levels of phrases, dB re full scale, below it. Chosen: finer than any is heard.
const LEVEL_STEP_DB: f32 = 0.01;

/// A note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PackedNote {
    onset: i64,
    /// Samples that belong to it before its onset, and of silence before those.
    unit: u32,
    silence: u32,
    /// One more than its length, samples; 0 where its end is not known.
    len: u32,
    flags: u8,
    leap: i16,
    /// One more than its centre in steps, or 0, and its movement.
    centre: u16,
    movement: u16,
}

/// Flags of a note: how it begins is in the lowest two bits. Source: definition.
const IS_PHRASE_START: u8 = 4;
/// Source: definition.
const IS_CONTINUED: u8 = 8;
/// Source: definition.
const IS_POLYPHONIC: u8 = 16;

fn kind_number(kind: Onset) -> u8 {
    match kind {
        Onset::Voicing => 0,
        Onset::Vowel => 1,
        Onset::Legato => 2,
    }
}

impl PackedNote {
    pub(super) fn new(note: &Note) -> Self {
        let length = |from: i64, to: i64| u32::try_from(to - from).unwrap_or(0);
        let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
        let centre = |course: Course| 1 + steps(course.centre_cents, CENTRE_STEP_CENTS).min(u16::MAX - 1);
        Self {
            onset: note.onset,
            unit: length(note.unit_start, note.onset),
            silence: length(note.silence_start, note.unit_start),
            len: note.end.map_or(0, |end| length(note.onset, end).saturating_add(1)),
            flags: kind_number(note.kind)
                | flag(note.is_phrase_start, IS_PHRASE_START)
                | flag(note.is_continued, IS_CONTINUED)
                | flag(note.is_polyphonic, IS_POLYPHONIC),
            leap: (note.leap_cents / LEAP_STEP_CENTS).round() as i16,
            centre: note.course.map_or(0, centre),
            movement: note.course.map_or(0, |course| steps(course.movement_cents, MOVEMENT_STEP_CENTS)),
        }
    }

    pub(super) fn unpacked(&self) -> Note {
        let unit_start = self.onset - i64::from(self.unit);
        Note {
            onset: self.onset,
            kind: match self.flags & 3 {
                0 => Onset::Voicing,
                1 => Onset::Vowel,
                _ => Onset::Legato,
            },
            unit_start,
            silence_start: unit_start - i64::from(self.silence),
            is_phrase_start: self.flags & IS_PHRASE_START != 0,
            is_continued: self.is_continued(),
            is_polyphonic: self.flags & IS_POLYPHONIC != 0,
            end: self.len.checked_sub(1).map(|len| self.onset + i64::from(len)),
            leap_cents: LEAP_STEP_CENTS * f64::from(self.leap),
            course: self.centre.checked_sub(1).map(|centre| Course {
                centre_cents: CENTRE_STEP_CENTS * f64::from(centre),
                movement_cents: MOVEMENT_STEP_CENTS * f64::from(self.movement),
            }),
        }
    }

    pub(super) fn onset(&self) -> i64 {
        self.onset
    }

    pub(super) fn is_continued(&self) -> bool {
        self.flags & IS_CONTINUED != 0
    }

    /// The same note in samples of another rate, so many times theirs.
    pub(super) fn scaled(&self, ratio: f64) -> Self {
        let scaled = |samples: u32| (f64::from(samples) * ratio).round() as u32;
        let onset = (self.onset as f64 * ratio).round() as i64;
        Self { onset, unit: scaled(self.unit), silence: scaled(self.silence), len: scaled(self.len), ..*self }
    }
}

fn steps(value: f64, step: f64) -> u16 {
    (value / step).round().clamp(0.0, f64::from(u16::MAX)) as u16
}

/// A rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PackedRest {
    end: i64,
    /// Samples from where the voice before it ended, and from where its last silence begins, to its end; and from
    /// there to the voice.
    after_voice: u32,
    silence: u32,
    to_voice: u32,
    has_own_breath: bool,
    /// One more than the length of the phrase before, samples, or 0.
    phrase: u32,
    /// One more than the level of the phrase behind it, in steps below full scale, or 0.
    voice: u16,
}

impl PackedRest {
    pub(super) fn new(rest: &Rest) -> Self {
        let length = |from: i64, to: i64| u32::try_from(to - from).unwrap_or(0);
        Self {
            end: rest.end,
            after_voice: length(rest.voice_end, rest.end),
            silence: length(rest.start, rest.end),
            to_voice: length(rest.end, rest.voice),
            has_own_breath: rest.has_own_breath,
            phrase: rest.phrase_samples.map_or(0, |len| length(-1, len)),
            voice: rest.voice_db.map_or(0, |db| 1 + steps(f64::from(-db), f64::from(LEVEL_STEP_DB)).min(u16::MAX - 1)),
        }
    }

    pub(super) fn unpacked(&self) -> Rest {
        Rest {
            voice_end: self.end - i64::from(self.after_voice),
            start: self.end - i64::from(self.silence),
            end: self.end,
            voice: self.end + i64::from(self.to_voice),
            has_own_breath: self.has_own_breath,
            phrase_samples: self.phrase.checked_sub(1).map(i64::from),
            voice_db: self.voice.checked_sub(1).map(|steps| -LEVEL_STEP_DB * f32::from(steps)),
            is_learned: true,
        }
    }

    pub(super) fn end(&self) -> i64 {
        self.end
    }

    /// The same rest in samples of another rate, so many times theirs.
    pub(super) fn scaled(&self, ratio: f64) -> Self {
        let scaled = |samples: u32| (f64::from(samples) * ratio).round() as u32;
        Self {
            end: (self.end as f64 * ratio).round() as i64,
            after_voice: scaled(self.after_voice),
            silence: scaled(self.silence),
            to_voice: scaled(self.to_voice),
            phrase: scaled(self.phrase),
            ..*self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_comes_back_as_it_was_put_in() {
        let note = Note {
            onset: -4321,
            kind: Onset::Vowel,
            unit_start: -6000,
            silence_start: -9000,
            is_phrase_start: true,
            is_continued: false,
            is_polyphonic: true,
            end: Some(20_000),
            leap_cents: -701.0,
            course: Some(Course { centre_cents: 9000.2, movement_cents: 4.35 }),
        };
        let back = PackedNote::new(&note).unpacked();
        assert_eq!(Note { course: None, ..back }, Note { course: None, ..note });
        let course = back.course.expect("it has one");
        assert!((course.centre_cents - 9000.2).abs() < 1e-6 && (course.movement_cents - 4.35).abs() < 1e-6);
        let open = Note { end: None, course: None, kind: Onset::Legato, is_continued: true, ..note };
        assert_eq!(PackedNote::new(&open).unpacked(), open);
        assert_eq!(PackedNote::new(&back), PackedNote::new(&note), "packing again changes nothing");
    }

    #[test]
    fn a_rest_comes_back_as_it_was_put_in() {
        let rest = Rest {
            voice_end: 100,
            start: 5000,
            end: 30_000,
            voice: 31_500,
            has_own_breath: true,
            phrase_samples: Some(96_000),
            voice_db: Some(-23.5),
            is_learned: true,
        };
        let back = PackedRest::new(&rest).unpacked();
        assert!((back.voice_db.expect("it has one") + 23.5).abs() < 1e-4);
        assert_eq!(Rest { voice_db: None, ..back }, Rest { voice_db: None, ..rest });
        let first = Rest { phrase_samples: None, voice_db: None, ..rest };
        assert_eq!(PackedRest::new(&first).unpacked(), first);
        let doubled = PackedRest::new(&first).scaled(2.0).unpacked();
        assert_eq!((doubled.end, doubled.voice_end, doubled.voice), (60_000, 200, 63_000));
    }
}
