//! The notes and syllables that are sung, and the demo melody.
//!
//! In: nothing. Out: [`demo_song`]: four phrases on the grid of 96 beats per minute. Melody and nonsense lyric are the
//! project's own. It has every fault of a lifeless vocal on purpose: pitch in steps, onsets on the grid, long notes
//! that hold still.

use super::phoneme::{Consonant, Voice, Vowel};

/// A sung note: one syllable on one pitch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Note {
    /// Onset of the vowel, in seconds; the consonant comes before it.
    pub onset_s: f64,
    /// From the vowel onset to the end of the vowel, in seconds; shortened where the next syllable needs the time.
    pub duration_s: f64,
    /// Pitch as a MIDI note number; 69 is 440 Hz, fractions are cents. Sung between 20 and 2000 Hz.
    pub midi: f64,
    /// What comes before the vowel.
    pub onset_consonant: Consonant,
    /// The vowel that the note is sung on.
    pub vowel: Vowel,
    /// Whether the voice continues from the note before, gliding for 20 ms, if the two are adjacent.
    pub is_legato: bool,
}

/// Notes in order, one voice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Song {
    /// Whose tract sings.
    pub voice: Voice,
    /// Beats per minute.
    pub tempo_bpm: f64,
    /// The notes; those that are not finite or have no length are left out, the rest is sung in order of onset.
    pub notes: Vec<Note>,
    /// The length of the song, in seconds, at most 600.
    pub duration_s: f64,
}

impl Note {
    /// The pitch in hertz, limited to what the singer can sing.
    pub fn f0_hz(&self) -> f64 {
        super::truth::singable_hz(440.0 * ((self.midi - 69.0) / 12.0).exp2())
    }

    /// The end of the vowel, in seconds.
    pub fn end_s(&self) -> f64 {
        self.onset_s + self.duration_s
    }
}

/// Beats per minute. Chosen: a middle tempo with notes both short and long.
const TEMPO_BPM: f64 = 96.0;
/// Beats before the first vowel. Chosen: room for its consonant and for a host's pre-roll.
const LEAD_IN_BEATS: f64 = 1.0;
/// Beats in a phrase. Source: definition (two bars of four).
const PHRASE_BEATS: f64 = 8.0;
/// Beats after the last phrase. Chosen: room for a reverb or a host's loop.
const TAIL_BEATS: f64 = 1.0;

/// A syllable of the lyric: consonant, vowel, MIDI note, beats.
type Sung = (Consonant, Vowel, f64, f64);

/// The demo vocal: 21.25 s, four phrases between C4 and D5, with rests of more than 400 ms between them.
///
/// ```
/// let song = con_anima::demo::demo_song();
/// let beats = song.notes[1].onset_s * song.tempo_bpm / 60.0;
/// assert_eq!(beats, 2.0);
/// ```
pub fn demo_song() -> Song {
    let beat_s = 60.0 / TEMPO_BPM;
    let mut notes = Vec::new();
    for (phrase, syllables) in PHRASES.iter().enumerate() {
        let mut beat = LEAD_IN_BEATS + PHRASE_BEATS * phrase as f64;
        for (index, &(onset_consonant, vowel, midi, beats)) in syllables.iter().enumerate() {
            let (onset_s, duration_s) = (beat * beat_s, beats * beat_s);
            notes.push(Note { onset_s, duration_s, midi, onset_consonant, vowel, is_legato: index > 0 });
            beat += beats;
        }
    }
    let beats = LEAD_IN_BEATS + PHRASE_BEATS * PHRASES.len() as f64 + TAIL_BEATS;
    Song { voice: Voice::Woman, tempo_bpm: TEMPO_BPM, notes, duration_s: beats * beat_s }
}

const PHRASES: [&[Sung]; 4] = {
    use Consonant::{B, D, F, G, H, K, L, M, N, None, P, R, S, Sh, T, W, Y};
    use Vowel::{Ae, Ah, Ee, Eh, Ih, Oh, Oo, Uh};
    [
        &[
            (S, Oh, 65.0, 1.0),
            (L, Ah, 67.0, 0.5),
            (M, Ee, 69.0, 0.5),
            (N, Ah, 72.0, 1.5),
            (T, Eh, 70.0, 0.5),
            (L, Oo, 69.0, 1.0),
            (None, Oo, 67.0, 2.0),
        ],
        &[
            (Sh, Ee, 69.0, 1.0),
            (M, Eh, 70.0, 0.5),
            (K, Oh, 72.0, 0.5),
            (N, Oh, 74.0, 1.5),
            (R, Ih, 72.0, 0.5),
            (F, Ah, 69.0, 1.0),
            (L, Ah, 72.0, 2.0),
        ],
        &[
            (H, Ae, 74.0, 1.0),
            (Y, Oo, 72.0, 0.5),
            (D, Uh, 70.0, 0.5),
            (P, Ah, 69.0, 1.0),
            (S, Ih, 67.0, 0.5),
            (N, Oh, 65.0, 0.5),
            (M, Oo, 64.0, 1.0),
            (W, Eh, 67.0, 2.0),
        ],
        &[
            (None, Ah, 65.0, 1.0),
            (B, Ee, 69.0, 0.5),
            (G, Oh, 67.0, 0.5),
            (T, Ah, 70.0, 1.0),
            (H, Eh, 69.0, 0.5),
            (M, Ee, 67.0, 0.5),
            (Sh, Oh, 64.0, 0.5),
            (None, Oo, 67.0, 0.5),
            (N, Ah, 65.0, 3.0),
        ],
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stands_on_the_grid_with_rests_between_phrases() {
        let song = demo_song();
        assert!((20.0..=25.0).contains(&song.duration_s));
        for pair in song.notes.windows(2) {
            let half_beats = pair[1].onset_s * song.tempo_bpm / 30.0;
            assert!((half_beats - half_beats.round()).abs() < 1e-9);
            let rest_s = pair[1].onset_s - pair[0].end_s();
            assert!(if pair[1].is_legato { rest_s.abs() < 1e-9 } else { rest_s >= 0.6 }, "rest of {rest_s} s");
        }
    }

    #[test]
    fn pitch_is_in_equal_temperament_and_bounded() {
        let note = |midi| Note { midi, ..demo_song().notes[0] };
        assert_eq!(note(69.0).f0_hz(), 440.0);
        assert!((note(60.0).f0_hz() - 261.625_565_3).abs() < 1e-6);
        assert_eq!([note(-500.0).f0_hz(), note(f64::INFINITY).f0_hz(), note(f64::NAN).f0_hz()], [20.0, 2000.0, 20.0]);
    }
}
