//! From notes to control curves.
//!
//! In: a [`Song`]. Out: a [`Plan`]: pitch, posture and the levels of voice and noise over time. Both the rendering and
//! the truth are read from these curves. Source: Klatt, JASA 67, 1980, for synthesis from parameter tracks. Rise and
//! fall times: those of a plain singing synthesizer, from its spectrograms.

use super::consonant::NoiseBand;
use super::phoneme::{Voice, Vowel, vowel_posture};
use super::song::{Note, Song};
use super::syllable::{CLOSING_S, Syllable};
use super::track::{Hertz, Track};
use super::tract::Posture;
use super::truth::{PitchCurve, SungNote, singable_hz};

/// Rise of a vowel without a consonant, seconds. Measured: from the spectrograms of a plain singing synthesizer.
pub(super) const ATTACK_S: f64 = 0.040;
/// Fall of the last vowel of a phrase, seconds. Measured: from the spectrograms of a plain singing synthesizer.
const RELEASE_S: f64 = 0.080;
/// The longest take, seconds. Chosen: fits in memory at any rate.
const LONGEST_S: f64 = 600.0;

/// Everything that the singer does.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) voice: Voice,
    pub(super) duration_s: f64,
    /// Level of the voice relative to an even vowel, amplitude of the breath at the glottis, and of the noise in the
    /// mouth.
    pub(super) voicing: Track<f64>,
    pub(super) aspiration: Track<f64>,
    pub(super) frication: Track<f64>,
    /// The bands of the noise in the mouth, and from when on each applies.
    pub(super) places: Vec<(f64, &'static [NoiseBand])>,
    /// Posture of the tract before the pitch raises it.
    pub(super) posture: Track<Posture>,
    pub(super) pitch: Track<Hertz>,
    /// Replaces `pitch` if present.
    curve: Option<PitchCurve>,
}

impl Plan {
    fn silent(voice: Voice, duration_s: f64, posture: Posture) -> Self {
        Self {
            voice,
            duration_s: if duration_s.is_nan() { 0.0 } else { duration_s.clamp(0.0, LONGEST_S) },
            voicing: Track::constant(0.0),
            aspiration: Track::constant(0.0),
            frication: Track::constant(0.0),
            places: Vec::new(),
            posture: Track::constant(posture),
            pitch: Track::constant(Hertz(0.0)),
            curve: None,
        }
    }

    /// A plan for one vowel, from the first sample to the last, on a pitch curve.
    pub(super) fn vowel(voice: Voice, posture: Posture, duration_s: f64, curve: PitchCurve) -> Self {
        let mut plan = Self { curve: Some(curve), ..Self::silent(voice, duration_s, posture) };
        let [full_s, falling_s] = plan.vowel_steady_s();
        plan.voicing.keys([(0.0, 0.0), (full_s, 1.0), (falling_s, 1.0), (plan.duration_s, 0.0)]);
        plan
    }

    /// The part of a plan for one vowel in which nothing changes, in seconds.
    pub(super) fn vowel_steady_s(&self) -> [f64; 2] {
        [ATTACK_S.min(0.3 * self.duration_s), self.duration_s - RELEASE_S.min(0.3 * self.duration_s)]
    }

    /// The f0 of the folds, in hertz, also where they do not vibrate.
    pub(super) fn f0_hz(&self, time_s: f64) -> f64 {
        singable_hz(self.curve.as_ref().map_or_else(|| self.pitch.at(time_s).0, |curve| curve(time_s)))
    }

    /// The posture at a time, as sung at the f0 of that time.
    pub(super) fn posture_at(&self, time_s: f64) -> Posture {
        self.posture.at(time_s).at_pitch(self.f0_hz(time_s))
    }
}

/// Plans a song; also says how each note was sung.
pub(super) fn plan_song(song: &Song) -> (Plan, Vec<SungNote>) {
    let is_sung = |note: &&Note| {
        [note.onset_s, note.duration_s, note.midi].iter().all(|value| value.is_finite()) && note.duration_s > 0.0
    };
    let mut notes: Vec<Note> = song.notes.iter().filter(is_sung).copied().collect();
    notes.sort_by(|a, b| a.onset_s.total_cmp(&b.onset_s));
    let rest = vowel_posture(song.voice, Vowel::Uh);
    let mut plan = Plan::silent(song.voice, song.duration_s, rest);
    let mut sung: Vec<SungNote> = Vec::with_capacity(notes.len());
    for (index, note) in notes.iter().enumerate() {
        let previous = index.checked_sub(1).map(|previous| &notes[previous]);
        let syllable = Syllable::new(song.voice, note, previous);
        if let (Some(last), false) = (sung.last_mut(), syllable.is_joined) {
            release(&mut plan, last, syllable.start_s);
        }
        syllable.keys(&mut plan);
        if let Some(last) = sung.last_mut() {
            last.end_s = last.end_s.min(syllable.start_s);
            last.steady.end_s = last.steady.end_s.min(syllable.start_s - CLOSING_S).max(last.steady.start_s);
        }
        sung.push(syllable.sung());
    }
    if let Some(last) = sung.last_mut() {
        release(&mut plan, last, f64::INFINITY);
    }
    (plan, sung)
}

/// Ends a vowel in silence, by `latest_s` at the latest.
fn release(plan: &mut Plan, note: &mut SungNote, latest_s: f64) {
    note.end_s = note.end_s.min(latest_s);
    let start_s = note.end_s - RELEASE_S.min(0.5 * (note.end_s - note.onset_s));
    plan.voicing.keys([(start_s, plan.voicing.last()), (note.end_s, 0.0)]);
    note.steady.end_s = start_s.max(note.steady.start_s);
}

#[cfg(test)]
mod tests {
    use super::super::phoneme::{Consonant, formants_hz};
    use super::super::song::demo_song;
    use super::*;

    fn note(onset_s: f64, duration_s: f64) -> Note {
        let (onset_consonant, vowel) = (Consonant::S, Vowel::Eh);
        Note { onset_s, duration_s, midi: 60.0, onset_consonant, vowel, is_legato: true }
    }

    fn song(notes: Vec<Note>) -> Song {
        Song { notes, duration_s: 10.0, ..Song::default() }
    }

    #[test]
    fn everything_stands_still_where_it_says_so() {
        let song = demo_song();
        let (plan, sung) = plan_song(&song);
        assert_eq!(sung.len(), song.notes.len());
        for note in sung {
            assert!(note.steady.duration_s() > 0.05, "{note:?}");
            for step in 0..=20 {
                let time_s = note.steady.start_s + note.steady.duration_s() * f64::from(step) / 20.0;
                assert_eq!(plan.f0_hz(time_s), note.f0_hz, "{note:?} at {time_s}");
                assert_eq!(plan.voicing.at(time_s), 1.0, "{note:?} at {time_s}");
                let formants_hz = formants_hz(song.voice, note.vowel, plan.f0_hz(time_s));
                assert_eq!(plan.posture_at(time_s).formants_hz, formants_hz, "{note:?} at {time_s}");
            }
        }
    }

    #[test]
    fn the_next_consonant_shortens_a_vowel() {
        let (_, sung) = plan_song(&song(vec![note(1.0, 1.0), note(2.0, 1.0), note(5.0, 1.0)]));
        assert_eq!([sung[0].end_s, sung[1].end_s], [sung[1].consonant_onset_s, 3.0]);
        assert_eq!(sung.iter().map(|note| note.is_legato).collect::<Vec<_>>(), [false, true, false]);
    }

    #[test]
    fn impossible_notes_are_left_out_and_crowded_ones_sung_in_order() {
        let nonsense = [note(f64::NAN, 1.0), note(1.0, -1.0), note(1.0, f64::INFINITY), note(2.0, 0.0)];
        assert_eq!(plan_song(&song(nonsense.to_vec())).1, []);
        let (plan, sung) = plan_song(&song(vec![note(1.001, 3.0), note(1.0, 3.0), note(1.0, 3.0), note(-2.0, 9.0)]));
        assert_eq!(sung.iter().map(|note| note.onset_s).collect::<Vec<_>>(), [-2.0, 1.0, 1.0, 1.001]);
        for step in 0..100_000 {
            let posture = plan.posture_at(f64::from(step) * 1e-4);
            assert!(posture.formants_hz.iter().all(|hz| hz.is_finite()) && posture.formants_hz.is_sorted());
        }
    }
}
