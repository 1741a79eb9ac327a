//! What the window says of what is heard: whether there has been no pitch for long, and how much of the song was as it
//! was learned.
//!
//! In: every hop. Out: the latest of both. A jump of the song begins anew.

use crate::engine::HopTrace;

/// So much sound without any pitch is said, seconds. Chosen: longer than any consonant, breath or rest with a room's
/// noise; longer says it later.
const NO_PITCH_S: f64 = 4.0;
/// So long behind a start it is not counted what was as learned, seconds. Chosen: by then it has been compared; longer
/// leaves out more of a short song.
const COMPARED_S: f64 = 3.0;
/// A larger step of the song position is a jump, seconds. Chosen: more than a stalled window loses.
const JUMP_S: f64 = 0.25;

/// What was heard since the song began to play, or has jumped.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Hearing {
    /// The latest hop was as it was learned.
    pub(super) is_as_learned: bool,
    last_samples: Option<i64>,
    played_s: f64,
    unpitched_s: f64,
    compared_s: f64,
    learned_s: f64,
}

impl Hearing {
    /// Takes in a hop.
    pub(super) fn push(&mut self, hop: &HopTrace, sample_rate_hz: f64) {
        let last_samples = self.last_samples.unwrap_or(hop.position_samples);
        let step_s = (hop.position_samples - last_samples) as f64 / sample_rate_hz.max(1.0);
        if !(0.0..JUMP_S).contains(&step_s) {
            *self = Self::default();
        } else {
            self.count(hop, step_s);
        }
        self.last_samples = Some(hop.position_samples);
        self.is_as_learned = hop.frame.is_as_learned;
    }

    fn count(&mut self, hop: &HopTrace, step_s: f64) {
        let frame = &hop.frame;
        self.played_s += step_s;
        if frame.f0_hz > 0.0 {
            self.unpitched_s = 0.0;
        } else if frame.level_db > frame.silence_db {
            self.unpitched_s += step_s;
        }
        if self.played_s > COMPARED_S {
            self.compared_s += step_s;
            self.learned_s += if frame.is_as_learned { step_s } else { 0.0 };
        }
    }

    /// Whether what sounds has had no pitch for long.
    pub(super) fn has_no_pitch(&self) -> bool {
        self.unpitched_s >= NO_PITCH_S
    }

    /// How much of what was heard was as learned, whole percent: 100 only for all of it. `None` before it was compared.
    pub(super) fn learned_percent(&self) -> Option<u32> {
        let is_all = self.learned_s == self.compared_s;
        let percent = (100.0 * self.learned_s / self.compared_s) as u32;
        (self.compared_s > 0.0).then_some(if is_all { 100 } else { percent.min(99) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Frame;

    const RATE_HZ: f64 = 48_000.0;

    /// So many seconds of this, from a song position on.
    fn hear(hearing: &mut Hearing, from_s: f64, seconds: f64, frame: Frame) {
        for hop in 0..(seconds * RATE_HZ) as i64 / 64 {
            let position_samples = (from_s * RATE_HZ) as i64 + 64 * hop;
            hearing.push(&HopTrace { position_samples, frame, ..HopTrace::default() }, RATE_HZ);
        }
    }

    const NOISE: Frame = Frame { level_db: -30.0, silence_db: -60.0, ..Frame::SILENCE };
    const VOICE: Frame = Frame { f0_hz: 220.0, ..NOISE };

    #[test]
    fn only_sound_without_pitch_is_said_to_have_none() {
        let mut hearing = Hearing::default();
        hear(&mut hearing, 0.0, 10.0, Frame::SILENCE);
        assert!(!hearing.has_no_pitch(), "silence is silence");
        hear(&mut hearing, 10.0, 3.0, NOISE);
        assert!(!hearing.has_no_pitch());
        hear(&mut hearing, 13.0, 1.5, NOISE);
        assert!(hearing.has_no_pitch());
        hear(&mut hearing, 14.5, 0.1, VOICE);
        assert!(!hearing.has_no_pitch());
    }

    #[test]
    fn what_was_as_learned_is_counted_since_the_song_began_to_play() {
        let mut hearing = Hearing::default();
        let known = Frame { is_as_learned: true, ..VOICE };
        hear(&mut hearing, 0.0, 2.9, VOICE);
        assert_eq!(hearing.learned_percent(), None, "not compared yet");
        hear(&mut hearing, 2.9, 6.1, known);
        assert_eq!(hearing.learned_percent(), Some(100));
        hear(&mut hearing, 9.0, 2.0, VOICE);
        assert!((73..=76).contains(&hearing.learned_percent().expect("compared")), "{hearing:?}");
        hear(&mut hearing, 60.0, 1.0, known);
        assert_eq!((hearing.learned_percent(), hearing.is_as_learned), (None, true), "a jump begins anew");
    }
}
