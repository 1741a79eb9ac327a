//! Everything known of each moment, kept for as long as decisions about it may wait.
//!
//! In: one [`Window`] per pitch estimate. Out: any of the last [`CAPACITY`], by age.

use super::FLOOR_DB;
use super::glottis::Turn;
use super::grid::windows;
use super::levels::{Level, Thresholds};
use super::pitch::Candidate;

/// Windows kept. Chosen: more than decisions look back at, a second of singing before the longest breath; more only
/// costs memory.
const CAPACITY: usize = windows(1.365);

/// Windows on either side of one that its loudness covers. Chosen: 27 ms in all, two periods of 75 Hz; more blurs
/// edges, fewer follows single periods.
const LOUDNESS_REACH: usize = windows(0.0107);

/// Windows on either side of one whose mean power in the vowel band separates breath from noise, for the shorter and
/// the longer mean. Chosen: 48 and 123 ms in all, so that the power of noise 2 kHz wide varies by 0.4 and 0.3 dB;
/// longer varies less and finds short breaths less well.
const NOISE_REACHES: [usize; 2] = [windows(0.021), windows(0.059)];
/// Windows that must have followed one until those means are known. Source: computed from [`NOISE_REACHES`].
pub(super) const AIR_AGE: usize = NOISE_REACHES[1];
/// Sound without a pitch for this long may be background noise, because no consonant lasts as long, windows. Source:
/// docs/voice.md, "Further reference values" (30–150 ms).
const LEAST_NOISE: usize = windows(0.15);
/// Less clear sound has no pitch as far as the noise floor is concerned. Chosen: larger counts voices as noise, smaller
/// finds less noise.
const NOISE_CLARITY: f32 = 0.6;

/// Provisional voicing: clearer than whispered formants, less clear than steady voices; the final decision is the
/// tracker's, at 0.64 with context. Source: docs/design.md §5 (on above 0.8).
const LIKELY_VOICED: f32 = 0.8;

/// One moment of the input.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Window {
    /// Absolute index of its middle, samples.
    pub(super) middle: i64,
    /// Level of the 5 ms around its middle from 60 Hz to 10 kHz, dBFS.
    pub(super) level_db: f32,
    /// Mean power in the band of vowels, 0.5–2.5 kHz, of those 5 ms.
    pub(super) vowel_power: f32,
    /// Level above the band of the slow signal, about 5 kHz, of those 5 ms, dBFS.
    pub(super) high_db: f32,
    /// The powers of these two levels, once it is among [`Windows`]: many means are formed of them.
    pub(super) power: f32,
    pub(super) high_power: f32,
    /// The thresholds from the levels of the last seconds.
    pub(super) thresholds: Thresholds,
    /// Clarity of the clearest candidate: a provisional measure of voicing.
    pub(super) best_clarity: f32,
    /// The whole stretch of its level is inside the song.
    pub(super) is_whole: bool,
    /// The strongest candidate has the pitch of the mains' hum.
    pub(super) is_hum: bool,
    /// The pitch, once it is decided.
    pub(super) pitch: Option<Candidate>,
    /// The vocal folds' vibration from the window before to this one.
    pub(super) turn: Turn,
    /// How far it stands above the noise in the vowel band, dB, by shorter and longer means; known once it is
    /// [`AIR_AGE`] old.
    pub(super) air_db: [f32; 2],
    /// Whether it is final.
    pub(super) is_decided: bool,
}

impl Window {
    /// Whether it is so clear that it will be voiced once it is final.
    pub(super) fn is_likely_voiced(&self) -> bool {
        self.best_clarity >= LIKELY_VOICED
    }

    /// Whether it has no sung pitch.
    fn is_noise(&self) -> bool {
        self.best_clarity < NOISE_CLARITY || self.is_hum
    }

    /// Whether it is voiced, or will be once it is final.
    pub(super) fn is_voiced(&self) -> bool {
        self.pitch.is_some() || (self.is_likely_voiced() && self.is_heard() && !self.is_decided)
    }

    /// Whether something is audible.
    pub(super) fn is_heard(&self) -> bool {
        let Thresholds { silence_db, pitched_silence_db, .. } = self.thresholds;
        self.level_db >= if self.is_likely_voiced() && !self.is_hum { pitched_silence_db } else { silence_db }
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
        let power = |level_db: f32| 10_f32.powf(level_db / 10.0);
        let (power, high_power) = (power(window.level_db), power(window.high_db));
        self.ring[self.n_seen % CAPACITY] = Window { power, high_power, ..window };
        self.n_seen += 1;
    }

    /// The number of windows kept.
    pub(super) fn len(&self) -> usize {
        self.n_seen.min(CAPACITY)
    }

    /// The window of an age: 0 is the newest.
    pub(super) fn get(&self, age: usize) -> Option<&Window> {
        (age < self.len()).then(|| &self.ring[(self.n_seen - 1 - age) % CAPACITY])
    }

    /// Rms of the windows around one of an age, as far as they exist, dBFS: more than a period of any voice.
    pub(super) fn loudness_db(&self, age: usize) -> f32 {
        let around = age.saturating_sub(LOUDNESS_REACH)..=age + LOUDNESS_REACH;
        let (mut power, mut n) = (0.0, 0.0_f32);
        for window in around.filter_map(|age| self.get(age)) {
            power += window.power;
            n += 1.0;
        }
        (10.0 * (power / n.max(1.0)).log10()).max(FLOOR_DB)
    }

    /// Mean power, by some measure of it, of the windows around one of an age, as far as they exist and are not
    /// separated from it by a voice.
    fn mean_power(&self, age: usize, reach: usize, power: impl Fn(&Window) -> f32) -> f32 {
        let noise = |age: &usize| self.get(*age).filter(|window| !window.is_voiced());
        let older = (age..=age + reach).map_while(|age| noise(&age));
        let newer = (age.saturating_sub(reach)..age).rev().map_while(|age| noise(&age));
        let (sum, n) = older.chain(newer).fold((0.0, 0.0_f32), |(sum, n), window| (sum + power(window), n + 1.0));
        sum / n.max(1.0)
    }

    /// Mean power in the vowel band around an unvoiced window of an age, over a shorter and a longer time.
    pub(super) fn vowel_powers(&self, age: usize) -> [f32; 2] {
        NOISE_REACHES.map(|reach| self.mean_power(age, reach, |window| window.vowel_power))
    }

    /// The levels of the newest window.
    pub(super) fn newest_level(&self) -> Level {
        let mean = |reach: usize, power: fn(&Window) -> f32| {
            let windows = (0..=2 * reach).filter_map(|age| self.get(age)).filter(|window| window.is_whole);
            let powers = windows.map(power);
            let (sum, n) = powers.fold((0.0, 0.0_f32), |(sum, n), power| (sum + power, n + 1.0));
            (10.0 * (sum / n.max(1.0)).log10()).max(FLOOR_DB)
        };
        Level {
            level_db: self.get(0).map_or(FLOOR_DB, |window| window.level_db),
            smooth_db: mean(LOUDNESS_REACH, |window| window.power),
            vowel_db: NOISE_REACHES.map(|reach| mean(reach, |window| window.vowel_power)),
            high_db: mean(NOISE_REACHES[0], |window| window.high_power),
            is_noise: (0..LEAST_NOISE).all(|age| self.get(age).is_some_and(Window::is_noise)),
        }
    }

    /// The same, mutable.
    pub(super) fn get_mut(&mut self, age: usize) -> Option<&mut Window> {
        let slot = self.n_seen.checked_sub(1 + age)? % CAPACITY;
        (age < self.len()).then(|| &mut self.ring[slot])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The level of windows with these clarities, each at −30 dBFS.
    fn level_of(clarities: impl Iterator<Item = f32>, is_hum: bool) -> Level {
        let mut windows = Windows::new();
        for best_clarity in clarities {
            let window = Window { level_db: -30.0, vowel_power: 1e-4, high_db: -50.0, best_clarity, is_hum, ..WHOLE };
            windows.push(window);
        }
        windows.newest_level()
    }

    const WHOLE: Window = Window {
        middle: 0,
        level_db: FLOOR_DB,
        vowel_power: 0.0,
        high_db: FLOOR_DB,
        power: 0.0,
        high_power: 0.0,
        thresholds: Thresholds::NONE,
        best_clarity: 0.0,
        is_whole: true,
        is_hum: false,
        pitch: None,
        turn: Turn { phase: 0.0, periods: 0.0 },
        air_db: [0.0; 2],
        is_decided: false,
    };

    #[test]
    fn noise_is_what_has_had_no_pitch_for_longer_than_a_consonant() {
        let clear_since = |n: usize| (0..60).map(move |k| if k < 60 - n { 0.9 } else { 0.2 });
        assert!(!level_of(clear_since(10), false).is_noise, "a consonant");
        assert!(level_of(clear_since(40), false).is_noise, "a rest");
        assert!(!level_of(clear_since(0), false).is_noise && level_of(clear_since(0), true).is_noise, "a voice, a hum");
    }

    #[test]
    fn means_are_those_of_whole_windows() {
        let level = level_of((0..60).map(|_| 0.2), false);
        let near = |found: f32, wanted: f32| (found - wanted).abs() < 0.01;
        assert!(near(level.level_db, -30.0) && near(level.smooth_db, -30.0) && near(level.high_db, -50.0));
        assert!(level.vowel_db.into_iter().all(|vowel_db| near(vowel_db, -40.0)));
        let mut windows = Windows::new();
        windows.push(Window { level_db: -120.0, is_whole: false, ..WHOLE });
        windows.push(Window { level_db: -30.0, ..WHOLE });
        assert!(near(windows.newest_level().smooth_db, -30.0), "half a window is no silence");
    }

    #[test]
    fn a_clear_pitch_is_heard_where_noise_is_not() {
        let thresholds = Thresholds { silence_db: -30.0, pitched_silence_db: -45.0, ..Thresholds::NONE };
        let is_heard = |best_clarity: f32, is_hum: bool| {
            Window { level_db: -40.0, thresholds, best_clarity, is_hum, ..WHOLE }.is_heard()
        };
        assert!(is_heard(0.9, false) && !is_heard(0.5, false) && !is_heard(0.9, true));
    }
}
