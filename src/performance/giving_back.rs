//! How fast the read pointer is given back what no step takes up.
//!
//! In: what is known of the audio around the place that is heard, and the notes around it. Out: a pitch deviation that
//! is not heard. In a held note it is small. Where the pitch glides, and where there is none, it is larger, so that
//! what is undone in one note is seldom handed on to the next.

use std::f64::consts::PI;

use crate::analysis::{Frame, Onset, Phase};
use crate::dsp::units;
use crate::score::{Note, View};

/// In a held note, cents.
/// Source: docs/design.md §2, invariant 9; below the just-noticeable difference.
const HELD_CENTS: f64 = 4.0;
/// In a glide, cents. Chosen: a fifth of what the pitch moves by itself in a whole tone's, and less of all others.
/// Measured: `cargo lab tune`, the statistics of pitch are the same but for what seeds differ by.
const GLIDE_CENTS: f64 = 40.0;
/// From the first on a change of pitch is a glide, and from the second on as much as can be is given back, cents.
/// Chosen: a semitone, which a wide vibrato moves, too, in the time that is looked at; and a whole tone.
const LEAP_CENTS: [f64; 2] = [100.0, 200.0];
/// The pitch is compared so long before and behind the place that is heard, seconds.
/// Source: docs/voice.md, transitions between notes last 25 to 110 ms.
const BEFORE_S: f64 = 0.04;
const BEHIND_S: f64 = 0.02;
/// Where not as much is decided, what was decided up to so long before that, seconds.
/// Chosen: modes that decide late then compare up to 20 ms before the place; with more, a glide that is over counts.
const STALE_S: f64 = 0.04;
/// A learned note that is reached from another makes a glide so far to either side of its onset, seconds, and fades in
/// and out in as much again. Source: docs/voice.md, as above.
const GLIDE_S: f64 = 0.02;
/// Without a pitch, cents: sibilants and breaths are shifted by as much in frequency.
/// Source: Kewley-Port & Watson, "Formant-frequency discrimination for isolated English vowels", JASA 95, 1994:
/// formants are told apart from 1.5 % on, 26 cents.
const UNPITCHED_CENTS: f64 = 24.0;
/// Only so long behind a voice, seconds: a whisper that goes on would be heard to move.
/// Chosen: a cluster of consonants.
const UNPITCHED_S: f64 = 0.2;
/// What repeats itself more clearly has a pitch, though none was found. Chosen: half as clear as a voice.
const UNPITCHED_CLARITY: f32 = 0.5;

/// A place in the input, by its song position.
struct Place<'view, 'a> {
    position: i64,
    view: View<'view, 'a>,
}

/// What may be given back where a song position of the input is heard, around which these notes were learned, cents.
pub(super) fn cents(position: i64, notes: impl Iterator<Item = Note>, view: View<'_, '_>) -> f64 {
    let place = Place { position, view };
    let known = notes.map(|note| place.glide_cents(&note)).fold(0.0, f64::max);
    place.heard_cents().max(of_glide(known))
}

fn of_glide(glide_cents: f64) -> f64 {
    let [from, full] = LEAP_CENTS;
    HELD_CENTS + (GLIDE_CENTS - HELD_CENTS) * ((glide_cents - from) / (full - from)).clamp(0.0, 1.0)
}

impl Place<'_, '_> {
    /// By what is heard here.
    fn heard_cents(&self) -> f64 {
        let Some(behind) = self.decided(BEHIND_S) else { return HELD_CENTS };
        if behind.f0_hz > 0.0 {
            let before = self.decided(-BEFORE_S).filter(|before| before.f0_hz > 0.0);
            let glide = |before: Frame| (units::cents(behind.f0_hz) - units::cents(before.f0_hz)).abs();
            return of_glide(before.map_or(0.0, glide));
        }
        let has_no_pitch = is_unpitched(&behind) && self.decided(0.0).is_some_and(|here| is_unpitched(&here));
        let is_voiced = |part: f64| self.decided(-part * UNPITCHED_S).is_some_and(|frame| frame.f0_hz > 0.0);
        let is_consonant = has_no_pitch && [0.25, 0.5, 0.75, 1.0].into_iter().any(is_voiced);
        if is_consonant { UNPITCHED_CENTS } else { HELD_CENTS }
    }

    /// What is decided so many seconds from here, or a little before that.
    fn decided(&self, from_here_s: f64) -> Option<Frame> {
        // Chosen: a window of the analysis.
        const STEP_S: f64 = 0.005;
        let at = |back: i32| self.position + self.view.samples(from_here_s - f64::from(back) * STEP_S);
        let mut decided = (0..=(STALE_S / STEP_S) as i32).filter_map(|back| self.view.decided_at(at(back)));
        decided.next().map(|hop| hop.known.frame)
    }

    /// How far the voice glides to a note, where this place is in the midst of it, cents.
    fn glide_cents(&self, note: &Note) -> f64 {
        let distance_s = (self.position - note.onset).abs() as f64 / self.view.sample_rate_hz;
        let faded = ((distance_s - GLIDE_S) / GLIDE_S).clamp(0.0, 1.0);
        let is_glide = note.kind == Onset::Legato;
        if is_glide { note.leap_cents.abs() * (0.5 + 0.5 * (PI * faded).cos()) } else { 0.0 }
    }
}

fn is_unpitched(frame: &Frame) -> bool {
    let is_noise = frame.f0_hz == 0.0 && frame.clarity < UNPITCHED_CLARITY;
    is_noise && !frame.is_polyphonic && frame.phase != Phase::Vowel
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{Known, Singer};
    use crate::score::Ahead;
    use crate::settings::Settings;

    const RATE_HZ: f64 = 48_000.0;
    const HOP: i64 = 64;
    const VOWEL: Frame = Frame { phase: Phase::Vowel, f0_hz: 220.0, clarity: 0.95, ..Frame::SILENCE };

    /// What may be given back at the second 1, where frames are told by the second and decided up to one.
    fn at_one(frame: impl Fn(f64) -> Frame, decided_s: f64, notes: &[Note]) -> f64 {
        let singer = Singer::default();
        let ahead = |index: i64| {
            let first = index.div_euclid(HOP) * HOP;
            let time_s = first as f64 / RATE_HZ;
            let known = Known { end: first + HOP, frame: frame(time_s), is_decided: time_s <= decided_s };
            Some(Ahead { known, singer: &singer, position_samples: first, settings: &Settings::NEUTRAL })
        };
        cents(48_000, notes.iter().copied(), View { origin: 0, sample_rate_hz: RATE_HZ, ahead: &ahead })
    }

    fn sung(cents: f64) -> Frame {
        Frame { f0_hz: VOWEL.f0_hz * (cents / 1200.0).exp2() as f32, ..VOWEL }
    }

    #[test]
    fn in_a_held_note_it_is_four_cents_also_with_a_singers_vibrato() {
        assert_eq!(at_one(|_| VOWEL, 2.0, &[]), HELD_CENTS);
        for phase in 0..12 {
            let turn = f64::from(phase) / 12.0;
            let vibrato = |time_s: f64| sung(50.0 * (std::f64::consts::TAU * (6.0 * time_s + turn)).sin());
            assert_eq!(at_one(vibrato, 2.0, &[]), HELD_CENTS, "at {turn} of a cycle");
        }
        // A note that begins anew is no glide, and nothing that is far off.
        let far = Note { leap_cents: 700.0, ..Note::at(48_000 + 2500, Onset::Legato) };
        let anew = Note { leap_cents: 700.0, ..Note::at(48_000, Onset::Voicing) };
        assert_eq!(at_one(|_| VOWEL, 2.0, &[far, anew]), HELD_CENTS);
    }

    #[test]
    fn a_glide_hides_a_fifth_of_a_whole_tone() {
        let glide = |of_cents: f64| move |time_s: f64| sung(of_cents * ((time_s - 0.96) / 0.06).clamp(0.0, 1.0));
        for (of_cents, given_back) in [(90.0, HELD_CENTS), (150.0, 22.0), (-210.0, GLIDE_CENTS), (500.0, GLIDE_CENTS)] {
            let found = at_one(glide(of_cents), 2.0, &[]);
            assert!((found - given_back).abs() < 1.0, "{of_cents} cents: {found}");
        }
        // What is decided a little before will do; what is not decided says nothing.
        assert!(at_one(glide(300.0), 0.99, &[]) > 20.0);
        assert_eq!(at_one(glide(300.0), 0.9, &[]), HELD_CENTS);
    }

    #[test]
    fn what_was_heard_before_a_jump_of_the_song_is_not_compared() {
        let singer = Singer::default();
        let ahead = |index: i64| {
            let first = index.div_euclid(HOP) * HOP;
            // Up to here another pitch was heard, at another place of the song.
            let is_before = first < 48_000 - 960;
            let frame = sung(if is_before { 700.0 } else { 0.0 });
            let known = Known { end: first + HOP, frame, is_decided: true };
            let position_samples = if is_before { first + 480_000 } else { first };
            Some(Ahead { known, singer: &singer, position_samples, settings: &Settings::NEUTRAL })
        };
        let view = View { origin: 0, sample_rate_hz: RATE_HZ, ahead: &ahead };
        assert_eq!(cents(48_000, std::iter::empty(), view), HELD_CENTS);
    }

    #[test]
    fn where_nothing_is_decided_a_learned_leap_tells_of_a_glide() {
        let leap = |off: i64, leap_cents: f64| {
            at_one(|_| VOWEL, 0.0, &[Note { leap_cents, ..Note::at(48_000 + off, Onset::Legato) }])
        };
        assert_eq!([0, 900, -900].map(|off| leap(off, -300.0)), [GLIDE_CENTS; 3]);
        let fading = [1200, 1400, 1600, 1900].map(|off| leap(off, 200.0));
        assert!(fading.is_sorted_by(|a, b| a >= b) && fading[1] < 30.0 && fading[3] < 5.0, "{fading:?}");
        assert_eq!(leap(0, 80.0), HELD_CENTS);
    }

    #[test]
    fn a_consonant_has_no_pitch_and_what_merely_was_not_found_has() {
        let noise = Frame { phase: Phase::Consonant, f0_hz: 0.0, clarity: 0.2, ..VOWEL };
        let behind_voice = |noise: Frame| move |time_s: f64| if time_s < 0.9 { VOWEL } else { noise };
        assert_eq!(at_one(behind_voice(noise), 2.0, &[]), UNPITCHED_CENTS);
        assert_eq!(at_one(behind_voice(noise), 0.89, &[]), HELD_CENTS, "not decided");
        assert_eq!(at_one(|_| noise, 2.0, &[]), HELD_CENTS, "a whisper");
        for tonal in [
            Frame { clarity: 0.8, ..noise },
            Frame { is_polyphonic: true, ..noise },
            Frame { phase: Phase::Vowel, ..noise },
        ] {
            assert_eq!(at_one(behind_voice(tonal), 2.0, &[]), HELD_CENTS, "{tonal:?}");
        }
        // Its vowel is still heard, or already.
        assert_eq!(at_one(|time_s| if time_s < 1.01 { VOWEL } else { noise }, 2.0, &[]), HELD_CENTS);
        assert_eq!(at_one(|time_s| if time_s < 1.01 { noise } else { VOWEL }, 2.0, &[]), HELD_CENTS);
    }
}
