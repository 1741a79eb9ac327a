//! Samples → one [`Frame`] per hop.
//!
//! In: clean samples of all channels, hop by hop. Out: at each hop's end a provisional frame, and later, as late as the
//! mode's latency allows, a [`Verdict`]: the final pitch, phase of the phrase and note onset of the hops it covers.

mod agreement;
mod analyzer;
mod bands;
mod blocks;
pub mod envelope;
pub mod glottis;
mod grid;
mod half_second;
pub mod harmonicity;
mod intake;
mod jitter;
mod levels;
mod mains;
mod noise_share;
mod onset;
mod phrase;
mod partials;
pub mod pitch;
mod polyphony;
mod refine;
mod stream;
pub mod take;
mod timbre;
mod tracker;
mod window;

pub use analyzer::Analyzer;
use envelope::Envelope;
use glottis::Turn;
pub(crate) use half_second::half_second_at;
#[cfg(test)]
pub(crate) use half_second::sung_half_second;
pub use half_second::{HalfSecond, HalfSeconds};
pub use phrase::LEAST_GAP_S;
use pitch::Candidate;
use take::TakeStatistics;

/// The part of a phrase that a moment belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Nothing is audible.
    #[default]
    Silence,
    /// An inhalation.
    Breath,
    /// Unvoiced sound: a consonant, or whispering.
    Consonant,
    /// Voiced sound: a vowel, or a voiced consonant.
    Vowel,
}

/// The kind of a note onset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Onset {
    /// Voicing begins.
    Voicing,
    /// The vowel's band rises after a voiced consonant.
    Vowel,
    /// The pitch steps while voicing continues.
    Legato,
}

/// The analysis of one hop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// Rms over the hop from 60 Hz to 10 kHz, of the channels' half-sum or half-difference, whichever is the louder,
    /// dBFS (a full-scale square wave is 0); −120 at least.
    pub level_db: f32,
    /// Level of the background noise, dBFS rms; −120 at least.
    pub noise_floor_db: f32,
    /// Number of samples, up to the end of this hop, since the threshold of silence was last reached.
    pub quiet_samples: u32,
    /// Level below which nothing is sung, dBFS rms; known at once.
    pub silence_db: f32,
    /// Something with a pitch was detected half a pitch window (21 ms) before this hop's end; provisional, known at
    /// once.
    pub is_voice_likely: bool,
    /// Rms over the surrounding 27 ms, dBFS: does not follow the single periods of the voice.
    pub loudness_db: f32,
    /// Fundamental frequency, Hz; 0 where unvoiced.
    pub f0_hz: f32,
    /// How well the signal repeats itself from period to period, `0..=1`, also where it is unvoiced.
    pub clarity: f32,
    /// Several voices or instruments at once: no single pitch can be trusted.
    pub is_polyphonic: bool,
    /// What is heard agrees with the learned score, as far as that was compared when the hop came in; known at once.
    pub is_as_learned: bool,
    /// The part of a phrase that this is.
    pub phase: Phase,
    /// A note begins in this hop.
    pub onset: Option<Onset>,
    /// Harmonics-to-noise ratio in 0–1, 1–3, 3–6 and 6–10 kHz, dB, measured every 85 ms; `None` where unvoiced.
    pub hnr_db: Option<[f32; 4]>,
    /// Phase of the vocal folds' vibration at the hop's first sample, as a fraction of a period since they last closed,
    /// `0..1`; 0 where unvoiced.
    pub glottal_phase: f32,
}

impl Frame {
    /// The frame of silence.
    pub const SILENCE: Self = Self {
        level_db: FLOOR_DB,
        noise_floor_db: FLOOR_DB,
        quiet_samples: 0,
        silence_db: FLOOR_DB,
        is_voice_likely: false,
        loudness_db: FLOOR_DB,
        f0_hz: 0.0,
        clarity: 0.0,
        is_polyphonic: false,
        is_as_learned: false,
        phase: Phase::Silence,
        onset: None,
        hnr_db: None,
        glottal_phase: 0.0,
    };
}

impl Default for Frame {
    fn default() -> Self {
        Self::SILENCE
    }
}

/// The lowest level that is reported, dBFS. Chosen: far below any noise floor; it only stands for silence.
const FLOOR_DB: f32 = -120.0;

/// What is known of the singer at a moment, apart from the [`Frame`]: it is larger, and changes more slowly.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Singer {
    /// The spectral envelope, interpolated between measurements every 43 ms; the nearest one at the edges of silence,
    /// `None` within silence.
    pub envelope: Option<Envelope>,
    /// Statistics of the last seconds of the take itself.
    pub take: TakeStatistics,
}

/// A complete hop of the input, whose samples are in the history.
#[derive(Clone, Copy, Debug)]
pub struct Heard {
    /// Absolute index of its first sample.
    pub first: i64,
    /// Song position of its first sample.
    pub position_samples: i64,
    /// Number of samples; fewer than a hop of the grid where the song jumps.
    pub len: usize,
}

/// What is known of the hop that holds an index, at the time when another hop is about to be rendered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Known {
    /// Absolute index after its last sample.
    pub end: i64,
    /// Its frame; until the hop is final, only levels and quiet are certain.
    pub frame: Frame,
    /// Its verdict has come: the frame is final.
    pub is_decided: bool,
}

/// The final decision about the stretch between the middles of two windows in the past.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// Absolute index of the earlier moment, samples.
    pub from_index: i64,
    /// Absolute index of the later moment, samples.
    pub to_index: i64,
    /// The pitch at the earlier moment.
    pub from: Option<Candidate>,
    /// The pitch at the later moment.
    pub to: Option<Candidate>,
    /// The vocal folds' vibration from the earlier moment to the later.
    pub turn: Turn,
    /// The part of a phrase that the stretch belongs to.
    pub phase: Phase,
    /// What is known of the singer.
    pub singer: Singer,
    /// The onset of a note at the later moment.
    pub onset: Option<Onset>,
    /// Loudness at the earlier and at the later moment, dBFS.
    pub loudness_db: [f32; 2],
    /// Harmonics-to-noise ratio by band, dB, at the last voiced moment at which it was measured; `None` if unvoiced.
    pub hnr_db: Option<[f32; 4]>,
    /// The noise floor, dBFS.
    pub noise_floor_db: f32,
    /// Several voices or instruments at once.
    pub is_polyphonic: bool,
}

impl Verdict {
    /// Writes what is known of the hop of `len` samples from absolute index `first` on into its frame.
    pub fn complete(&self, first: i64, len: usize, frame: &mut Frame) {
        let middle = first + len as i64 / 2;
        let share = (middle - self.from_index) as f32 / (self.to_index - self.from_index).max(1) as f32;
        let nearest = if share < 0.5 { self.from } else { self.to };
        frame.f0_hz = match (self.from, self.to, nearest) {
            (_, _, None) => 0.0,
            (Some(from), Some(to), _) if from.f0_hz == to.f0_hz => to.f0_hz,
            // The pitch between the two moments is interpolated on a logarithmic scale.
            (Some(from), Some(to), _) => from.f0_hz * (share * (to.f0_hz / from.f0_hz).ln()).exp(),
            (_, _, Some(nearest)) => nearest.f0_hz,
        };
        let [from_db, to_db] = self.loudness_db;
        frame.loudness_db = from_db + share.clamp(0.0, 1.0) * (to_db - from_db);
        // The last hop that this verdict covers: the next hop's middle is after it.
        let is_last = middle + len as i64 > self.to_index;
        frame.onset = self.onset.filter(|_| is_last);
        self.write_state(nearest, first, frame);
    }

    /// Writes into a frame what does not change within the stretch, where the pitch is `nearest`.
    fn write_state(&self, nearest: Option<Candidate>, first: i64, frame: &mut Frame) {
        frame.glottal_phase = nearest.map_or(0.0, |_| self.glottal_phase(first));
        frame.clarity = nearest.map_or(0.0, |nearest| nearest.clarity);
        frame.hnr_db = self.hnr_db.filter(|_| nearest.is_some());
        frame.phase = match (self.phase, nearest) {
            (_, Some(_)) => Phase::Vowel,
            (Phase::Vowel, None) => Phase::Consonant,
            (phase, None) => phase,
        };
        frame.noise_floor_db = self.noise_floor_db;
        frame.is_polyphonic = self.is_polyphonic;
    }

    /// The glottal phase, as a fraction of a period, at absolute index `at`; after the stretch it is extrapolated.
    fn glottal_phase(&self, at: i64) -> f32 {
        let length = (self.to_index - self.from_index).max(1);
        self.turn.phase_before((self.to_index - at) as f32 / length as f32)
    }

    /// Writes the latest known state into the provisional frame of a hop from `first` on.
    fn foretell(&self, first: i64, frame: &mut Frame) {
        frame.f0_hz = self.to.map_or(0.0, |to| to.f0_hz);
        frame.loudness_db = self.loudness_db[1];
        frame.onset = None;
        self.write_state(self.to, first, frame);
    }
}
