//! From a note to keys on the control tracks.
//!
//! In: a note and the one before. Out: keys on the tracks of a [`Plan`]. Every syllable sets its keys around the vowel
//! onset, whose time is fixed; the consonant takes its time from the note before. Source: Klatt, JASA 67, 1980, for
//! transitions between targets; their times (40 to 80 ms is usual) were set by comparing spectrograms of sung
//! syllables.

use super::consonant::{Articulation, Manner, articulation};
use super::phoneme::{Voice, closed_posture, edge_posture, vowel_posture};
use super::plan::{ATTACK_S, Plan};
use super::song::Note;
use super::track::Hertz;
use super::tract::Posture;
use super::truth::{Span, SungNote};

/// Pitch glide between legato notes, which ends at the vowel onset, seconds. Chosen: as short as synthesizers'; longer
/// sounds sung.
const GLIDE_S: f64 = 0.020;
/// Formant transition from a consonant to the vowel, seconds. Measured: by comparing spectrograms of sung syllables
/// (Klatt 1980: 40 to 80 ms).
const OPENING_S: f64 = 0.055;
/// Formant transition from the vowel to a consonant, seconds. Measured: by comparing spectrograms of sung syllables
/// (Klatt 1980: 40 to 80 ms).
pub(super) const CLOSING_S: f64 = 0.045;
/// Rise and fall of the voice at a voiceless consonant, seconds. Measured: by comparing spectrograms of sung syllables.
const VOICE_SWITCH_S: f64 = 0.016;
/// A silence shorter than this between legato notes is sung through, seconds. Chosen: as long as a legato glide; longer
/// joins separate notes.
const JOIN_S: f64 = 0.020;
/// Level of the breath through the tract, dB. Measured: by comparing spectrograms with sung recordings.
const BREATH_DB: f64 = -24.0;

/// A note about to be planned.
pub(super) struct Syllable<'a> {
    note: &'a Note,
    articulation: Articulation,
    /// Start of the consonant, seconds.
    pub(super) start_s: f64,
    /// The share of its natural length that the consonant gets.
    haste: f64,
    /// Whether the voice continues from the note before.
    pub(super) is_joined: bool,
    vowel: Posture,
    closed: Posture,
    opening: Posture,
    /// The vowel before, and its posture when it closes to this consonant; after a silence both are this note's own.
    last_vowel: Posture,
    closing: Posture,
}

impl<'a> Syllable<'a> {
    /// A note of a voice, and the note before.
    pub(super) fn new(voice: Voice, note: &'a Note, previous: Option<&Note>) -> Self {
        let articulation = articulation(note.onset_consonant);
        let room_s = previous.map_or(f64::INFINITY, |previous| 0.5 * (note.onset_s - previous.onset_s));
        let length_s = articulation.duration_s.min(room_s);
        let start_s = note.onset_s - length_s;
        let joined = previous.filter(|previous| note.is_legato && previous.end_s() >= start_s - JOIN_S);
        let vowel = vowel_posture(voice, note.vowel);
        let last_vowel = joined.map_or(vowel, |previous| vowel_posture(voice, previous.vowel));
        Self {
            note,
            articulation,
            start_s,
            haste: if articulation.duration_s > 0.0 { length_s / articulation.duration_s } else { 1.0 },
            is_joined: joined.is_some(),
            vowel,
            closed: closed_posture(voice, note.onset_consonant, vowel),
            opening: edge_posture(voice, note.onset_consonant, vowel),
            last_vowel,
            closing: edge_posture(voice, note.onset_consonant, last_vowel),
        }
    }

    /// How the note is sung, if no other follows.
    pub(super) fn sung(&self) -> SungNote {
        let (onset_s, end_s) = (self.note.onset_s, self.note.end_s());
        let steady = Span { start_s: onset_s + OPENING_S, end_s: end_s.max(onset_s + OPENING_S) };
        SungNote {
            consonant_onset_s: self.start_s,
            onset_s,
            end_s,
            f0_hz: self.note.f0_hz(),
            vowel: self.note.vowel,
            is_legato: self.is_joined,
            steady,
        }
    }

    /// Sets the keys of the note.
    pub(super) fn keys(&self, plan: &mut Plan) {
        let f0 = Hertz(self.note.f0_hz());
        if self.is_joined {
            plan.pitch.keys([(self.note.onset_s - GLIDE_S, plan.pitch.last()), (self.note.onset_s, f0)]);
        } else {
            plan.pitch.jump(self.start_s, f0);
            plan.posture.jump(self.start_s, self.closed);
        }
        match self.articulation.manner {
            Manner::Absent => self.bare_vowel(plan),
            Manner::Sonorant { is_abrupt } => self.sonorant(plan, is_abrupt),
            Manner::Breath => self.breath(plan),
            Manner::Fricative => self.fricative(plan),
            Manner::Plosive { voice_delay_s, is_voiced } => self.plosive(plan, voice_delay_s * self.haste, is_voiced),
        }
        plan.posture.key(self.note.onset_s + OPENING_S, self.vowel);
    }

    fn bare_vowel(&self, plan: &mut Plan) {
        let onset_s = self.note.onset_s;
        if self.is_joined {
            plan.posture.key(onset_s - 0.5 * CLOSING_S, self.last_vowel);
        } else {
            plan.voicing.keys([(onset_s, 0.0), (onset_s + ATTACK_S, 1.0)]);
        }
    }

    fn sonorant(&self, plan: &mut Plan, is_abrupt: bool) {
        let (start_s, onset_s) = (self.start_s, self.note.onset_s);
        // A closure opens within some 20 ms, and only then do the formants move; an approximant has no such step.
        let step_s = if is_abrupt { 0.010 } else { 0.015 };
        if self.is_joined {
            plan.posture.keys([(start_s - CLOSING_S, self.last_vowel), (start_s - step_s, self.closing)]);
            plan.voicing.key(start_s - step_s, plan.voicing.last());
        } else {
            plan.voicing.key(start_s, 0.0);
        }
        let level = from_db(self.articulation.voice_db);
        let full_s = start_s + if self.is_joined { step_s } else { ATTACK_S };
        plan.voicing.keys([(full_s, level), (onset_s - step_s, level), (onset_s + step_s, 1.0)]);
        plan.posture.keys([(start_s + step_s, self.closed), (onset_s - step_s, self.closed)]);
        if is_abrupt {
            plan.posture.key(onset_s + step_s, self.opening);
        }
    }

    fn breath(&self, plan: &mut Plan) {
        let (start_s, onset_s) = (self.start_s, self.note.onset_s);
        self.stop_voice(plan);
        plan.posture.keys([(onset_s - 0.030 * self.haste, self.closed)]);
        self.aspirate(plan, [start_s, start_s + 0.040 * self.haste], from_db(BREATH_DB));
    }

    fn fricative(&self, plan: &mut Plan) {
        let (start_s, onset_s) = (self.start_s, self.note.onset_s);
        self.stop_voice(plan);
        plan.posture.key(onset_s - 0.010, self.opening);
        let level = from_db(self.articulation.noise_db);
        let (rise_s, fall_s) = (0.045 * self.haste, 0.030 * self.haste);
        plan.places.push((start_s, self.articulation.bands));
        plan.frication.keys([(start_s, 0.0), (start_s + rise_s, level), (onset_s - fall_s, level)]);
        plan.frication.key(onset_s + 0.004, 0.0);
        self.start_voice(plan);
    }

    fn plosive(&self, plan: &mut Plan, voice_delay_s: f64, is_voiced: bool) {
        let burst_s = self.note.onset_s - voice_delay_s;
        self.stop_voice(plan);
        if is_voiced {
            // Voicing continues during the closure until the pressure above the folds has risen too far.
            let level = from_db(self.articulation.voice_db);
            let closed_s = self.start_s + VOICE_SWITCH_S;
            plan.voicing.keys([(closed_s, level), (burst_s - 0.010, level), (burst_s, 0.0)]);
            plan.posture.keys([(closed_s, self.closed), (burst_s - 0.004, self.closed)]);
            self.start_voice(plan);
        } else {
            self.aspirate(plan, [burst_s, burst_s + 0.006], from_db(BREATH_DB - 3.0));
        }
        plan.posture.key(burst_s, self.opening);
        let level = from_db(self.articulation.noise_db);
        plan.places.push((burst_s, self.articulation.bands));
        plan.frication.keys([(burst_s, 0.0), (burst_s + 0.001, level), (burst_s + 0.004, 0.6 * level)]);
        plan.frication.key(burst_s + if is_voiced { 0.010 } else { 0.020 }, 0.0);
    }

    /// Closes the vowel before, if there is one, and starts this one's voice at the onset.
    fn stop_voice(&self, plan: &mut Plan) {
        if self.is_joined {
            plan.posture.keys([(self.start_s - CLOSING_S, self.last_vowel), (self.start_s, self.closing)]);
            plan.voicing.keys([(self.start_s - VOICE_SWITCH_S, plan.voicing.last()), (self.start_s, 0.0)]);
        } else {
            plan.voicing.key(self.start_s, 0.0);
        }
    }

    fn start_voice(&self, plan: &mut Plan) {
        plan.voicing.keys([(self.note.onset_s, 0.0), (self.note.onset_s + VOICE_SWITCH_S, 1.0)]);
    }

    /// Breath that rises between two times and is replaced by the voice at the vowel onset.
    fn aspirate(&self, plan: &mut Plan, rise_s: [f64; 2], level: f64) {
        let onset_s = self.note.onset_s;
        plan.aspiration.keys([(rise_s[0], 0.0), (rise_s[1], level), (onset_s, level), (onset_s + 0.020, 0.0)]);
        self.start_voice(plan);
    }
}

fn from_db(level_db: f64) -> f64 {
    10_f64.powf(level_db / 20.0)
}

#[cfg(test)]
mod tests {
    use super::super::phoneme::{Consonant, Vowel};
    use super::super::plan::plan_song;
    use super::super::song::Song;
    use super::*;

    /// The plan of two joined syllables, the second with the consonant and its vowel onset at 1 s.
    fn planned(onset_consonant: Consonant) -> Plan {
        let first = Note {
            onset_s: 0.5,
            duration_s: 0.5,
            midi: 60.0,
            onset_consonant: Consonant::None,
            vowel: Vowel::Ah,
            is_legato: false,
        };
        let second = Note { onset_s: 1.0, midi: 64.0, onset_consonant, vowel: Vowel::Ee, is_legato: true, ..first };
        plan_song(&Song { notes: vec![first, second], duration_s: 2.0, ..Song::default() }).0
    }

    #[test]
    fn voiceless_consonants_start_the_voice_at_the_vowel_onset() {
        use Consonant::{F, H, K, P, S, Sh, T};
        for consonant in [S, Sh, F, H, P, T, K] {
            let plan = planned(consonant);
            assert_eq!(plan.voicing.at(1.0), 0.0, "{consonant:?}");
            assert!(plan.voicing.at(1.001) > 0.0, "{consonant:?}");
            assert_eq!(plan.voicing.at(1.0 + VOICE_SWITCH_S), 1.0, "{consonant:?}");
            assert!(plan.aspiration.at(0.99) + plan.frication.at(0.99) > 0.0, "{consonant:?}");
        }
    }

    #[test]
    fn voiced_consonants_keep_the_voice() {
        use Consonant::{L, M, N, None, R, W, Y};
        for consonant in [None, M, N, L, R, W, Y] {
            let plan = planned(consonant);
            assert_eq!(plan.voicing.active_spans().len(), 1, "{consonant:?}");
            assert_eq!(plan.frication.last(), 0.0);
        }
    }

    #[test]
    fn the_pitch_arrives_with_the_vowel() {
        for consonant in Consonant::ALL {
            let plan = planned(consonant);
            let semitones = |time_s: f64| 12.0 * (plan.f0_hz(time_s) / 440.0).log2() + 69.0;
            let [before, midway, after] = [1.0 - GLIDE_S, 1.0 - 0.5 * GLIDE_S, 1.0].map(semitones);
            assert!((before - 60.0).abs() < 1e-9 && (midway - 62.0).abs() < 1e-9 && (after - 64.0).abs() < 1e-9);
        }
    }

    #[test]
    fn formants_leave_the_consonant_at_the_onset_and_arrive_in_time() {
        for consonant in [Consonant::L, Consonant::M, Consonant::D, Consonant::S] {
            let plan = planned(consonant);
            let f2_hz = |time_s| plan.posture_at(time_s).formants_hz[1];
            assert!(f2_hz(1.0) < f2_hz(1.0 + OPENING_S) - 300.0, "{consonant:?}: {}", f2_hz(1.0));
            assert_eq!(f2_hz(1.0 + OPENING_S), f2_hz(1.2), "{consonant:?}");
        }
    }
}
