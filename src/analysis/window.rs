//! What is known of each moment, kept for as long as decisions about it may wait.
//!
//! In: one [`Window`] per pitch estimate. Out: any of the last [`CAPACITY`], by age.

use super::FLOOR_DB;
use super::glottis::Turn;
use super::pitch::Candidate;

/// Windows kept: a second and a third, longer than any breath.
const CAPACITY: usize = 256;

/// Windows on either side of one that tell how loud it is: 27 ms in all, two periods of 75 Hz.
const LOUDNESS_REACH: usize = 2;

/// Clearer than whispered formants, less clear than steady voices (the tracker decides at 0.64, with context).
const LIKELY_VOICED: f32 = 0.8;

/// One moment of the input, every four hops.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Window {
    /// Absolute index of its middle, samples.
    pub(super) middle: i64,
    /// Level of the 5 ms around its middle over the whole band, dBFS.
    pub(super) level_db: f32,
    /// Mean over those 5 ms and all channels: what is no sound but an offset, over more than a period.
    pub(super) offset: f32,
    /// Mean power in the band of vowels, 0.5–2.5 kHz, of those 5 ms.
    pub(super) vowel_power: f32,
    /// Level above the decimated band, about 5 kHz, of those 5 ms, dBFS.
    pub(super) high_db: f32,
    /// Below this level nothing is sung, dBFS.
    pub(super) silence_db: f32,
    /// The loudest level of the last seconds, dBFS.
    pub(super) loudest_db: f32,
    /// Clarity of the clearest candidate: how voiced it is before anything is decided.
    pub(super) best_clarity: f32,
    /// The pitch, once it is decided.
    pub(super) pitch: Option<Candidate>,
    /// How the vocal folds came here from the window before.
    pub(super) turn: Turn,
    /// Whether it is decided.
    pub(super) is_decided: bool,
}

impl Window {
    /// Whether it is so clear that it will be voiced once that is decided.
    pub(super) fn is_likely_voiced(&self) -> bool {
        self.best_clarity >= LIKELY_VOICED
    }

    /// Whether it is voiced, or will be once that is decided.
    pub(super) fn is_voiced(&self) -> bool {
        self.pitch.is_some() || (self.is_likely_voiced() && self.is_heard() && !self.is_decided)
    }

    /// Whether something is heard.
    pub(super) fn is_heard(&self) -> bool {
        self.level_db >= self.silence_db
    }
}

/// The last windows.
#[derive(Clone, Debug)]
pub(super) struct Windows {
    ring: Vec<Window>,
    n_seen: usize,
}

impl Windows {
    /// Allocates.
    pub(super) fn new() -> Self {
        Self { ring: vec![Window::default(); CAPACITY], n_seen: 0 }
    }

    pub(super) fn reset(&mut self) {
        self.n_seen = 0;
    }

    pub(super) fn push(&mut self, window: Window) {
        self.ring[self.n_seen % CAPACITY] = window;
        self.n_seen += 1;
    }

    /// How many can be asked for.
    pub(super) fn len(&self) -> usize {
        self.n_seen.min(CAPACITY)
    }

    /// The window of an age: 0 is the newest.
    pub(super) fn get(&self, age: usize) -> Option<&Window> {
        (age < self.len()).then(|| &self.ring[(self.n_seen - 1 - age) % CAPACITY])
    }

    /// Rms of the windows around one of an age, as far as they are there, without their offset, dBFS: more than a
    /// period of any voice.
    pub(super) fn loudness_db(&self, age: usize) -> f32 {
        let around = age.saturating_sub(LOUDNESS_REACH)..=age + LOUDNESS_REACH;
        let (mut power, mut offset, mut n) = (0.0, 0.0, 0.0);
        for window in around.filter_map(|age| self.get(age)) {
            power += 10_f32.powf(window.level_db / 10.0);
            offset += window.offset;
            n += 1.0;
        }
        // Rounding may leave less than nothing.
        (10.0 * (power / n - (offset / n).powi(2)).max(0.0).log10()).max(FLOOR_DB)
    }

    /// The same, to complete it.
    pub(super) fn get_mut(&mut self, age: usize) -> Option<&mut Window> {
        let slot = self.n_seen.checked_sub(1 + age)? % CAPACITY;
        (age < self.len()).then(|| &mut self.ring[slot])
    }
}
