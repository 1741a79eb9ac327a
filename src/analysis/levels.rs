//! Level of the singer and of the room, from the last four seconds.
//!
//! In: the level of each window, with its song position, and whether something with a pitch is in it. Out: the loudest
//! level, noise floors and the thresholds below which nothing is sung. A floor is a low percentile: a minimum would be
//! the quietest 5 ms of a noise by chance. Levels are counted per half second of the absolute grid and forgotten after
//! four seconds; so four seconds after any start they equal those of a render from the song's beginning. From the first
//! window on the thresholds use whatever past there is.

use super::FLOOR_DB;
use super::blocks::Blocks;
use super::grid::windows;

/// Half seconds remembered: a count, because whole blocks are forgotten. Chosen: more are steadier and follow a change
/// of level later.
const N_BLOCKS: usize = 8;

/// Anything sung is above this, dBFS. Measured: the quietest take of the test material sings at −40 and breathes at
/// −74; with −65 its breaths were lost.
const LEAST_VOICE_DB: f32 = -80.0;
/// Anything sung is at most this far below the loudest level, dB. Source: docs/voice.md, "Human against machine"
/// (breaths down to −39 dB re the voice; the loudest 5 ms are 5 dB above it).
const VOICE_RANGE_DB: f32 = 45.0;
/// Anything sung stands above the noise by this, dB: twice its amplitude. Measured: by `cargo lab evaluate`, voicing of
/// all sung files stays at 97 % and more with it.
const ABOVE_FLOOR_DB: f32 = 6.0;
/// A floor closer than this to the loudest level is continuous singing and no floor, dB, unless noise as loud is heard.
/// Chosen: larger misses floors in noisy recordings, smaller takes quiet singing for noise.
const LEAST_DYNAMICS_DB: f32 = 30.0;
/// A floor of noise is at least this far below the loudest level, dB. Chosen: larger misses loud noise, smaller takes
/// loud breathing for the floor.
const LEAST_NOISE_DYNAMICS_DB: f32 = 20.0;
/// Noise that varies by less than this between its quietest and the loudest level heard is steady, dB: it is the room
/// before anything is sung, and not whispering, which pauses. Chosen: larger takes whispering for the room, smaller
/// takes a fluctuating room for whispering.
const STEADY_NOISE_DB: f32 = 10.0;
/// A room is no louder than this, dBFS; louder noise is part of the music. Chosen: larger would suppress wanted noise,
/// smaller would treat a noisy room as sound.
const MOST_ROOM_DB: f32 = -40.0;
/// The threshold for sound with a pitch is at least this far below the loudest level, dB. Chosen: a phrase that fades
/// after a loud one is still sung; smaller would cut it off, larger would admit faint residues with a pitch.
const LEAST_PITCHED_DYNAMICS_DB: f32 = 40.0;
/// Less noise than this says nothing, windows. Chosen: longer finds the floor later, shorter finds it in a consonant.
const LEAST_NOISE: usize = windows(0.25);

/// The share of all windows below a floor. Chosen: 40 ms of the past, of means over 27 ms and more; larger raises the
/// floor into quiet singing, smaller approaches a minimum.
const FLOOR_SHARE: f32 = 0.01;
/// The share of the possible noise windows below its level. Chosen: breaths and whispering make up much of them; larger
/// takes these for the floor.
const NOISE_SHARE: f32 = 0.05;
/// Levels are counted in steps of this, from the least on, dB. Chosen: larger makes the floors coarser, smaller needs
/// more memory.
const STEP_DB: f32 = 1.0;
/// Number of those steps. Source: computed from a range of 140 dB above [`FLOOR_DB`].
const N_STEPS: usize = 140;

/// Number of windows with a level in each step.
type Counts = [u16; N_STEPS];

/// Levels of one window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    /// Its own level, dBFS.
    pub(super) level_db: f32,
    /// The mean over the last windows, dBFS.
    pub(super) smooth_db: f32,
    /// The mean over the last windows in the vowel band, and over a few more of them, dBFS.
    pub(super) vowel_db: [f32; 2],
    /// The mean over the last windows above 5 kHz, dBFS.
    pub(super) high_db: f32,
    /// Nothing with a pitch was detected for longer than a consonant lasts.
    pub(super) is_noise: bool,
}

/// Levels of half a second.
#[derive(Clone, Copy, Debug)]
struct Block {
    loudest_db: f32,
    all: Counts,
    noise: Counts,
    vowel: [Counts; 2],
    high: Counts,
}

impl Block {
    const NONE: Self = {
        const NO_COUNTS: Counts = [0; N_STEPS];
        Self { loudest_db: FLOOR_DB, all: NO_COUNTS, noise: NO_COUNTS, vowel: [NO_COUNTS; 2], high: NO_COUNTS }
    };

    fn add(&mut self, level: &Level) {
        self.loudest_db = self.loudest_db.max(level.level_db);
        self.all[step(level.smooth_db)] += 1;
        self.noise[step(level.smooth_db)] += u16::from(level.is_noise);
        self.vowel.iter_mut().zip(level.vowel_db).for_each(|(vowel, level_db)| vowel[step(level_db)] += 1);
        self.high[step(level.high_db)] += 1;
    }

    /// Both together.
    fn with(mut self, other: &Self) -> Self {
        self.loudest_db = self.loudest_db.max(other.loudest_db);
        let [low, high] = &mut self.vowel;
        let counts = [&mut self.all, &mut self.noise, low, high, &mut self.high];
        let others = [&other.all, &other.noise, &other.vowel[0], &other.vowel[1], &other.high];
        for (counts, others) in counts.into_iter().zip(others) {
            counts.iter_mut().zip(others).for_each(|(count, other)| *count += other);
        }
        self
    }
}

/// The thresholds that follow from the levels of the last four seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Thresholds {
    /// The loudest level, dBFS; −120 if nothing was heard.
    pub(super) loudest_db: f32,
    /// The noise floor, dBFS; an estimate where the singer has not paused.
    pub(super) floor_db: f32,
    /// The noise floor in the vowel band, of shorter and of longer means, dBFS.
    pub(super) vowel_floor_db: [f32; 2],
    /// The noise floor above 5 kHz, dBFS.
    pub(super) high_floor_db: f32,
    /// Level below which nothing without a clear pitch is sung, dBFS.
    pub(super) silence_db: f32,
    /// Level below which nothing with a clear pitch is sung, dBFS; it is lower, because noise has no pitch.
    pub(super) pitched_silence_db: f32,
}

impl Thresholds {
    /// Nothing was heard.
    pub(super) const NONE: Self = Self {
        loudest_db: FLOOR_DB,
        floor_db: FLOOR_DB,
        vowel_floor_db: [FLOOR_DB; 2],
        high_floor_db: FLOOR_DB,
        silence_db: LEAST_VOICE_DB,
        pitched_silence_db: LEAST_VOICE_DB,
    };
}

impl Default for Thresholds {
    fn default() -> Self {
        Self::NONE
    }
}

/// The levels of the last four seconds.
#[derive(Clone, Debug)]
pub(super) struct Levels {
    blocks: Blocks<Block, N_BLOCKS>,
    /// All blocks together, which is much faster to keep than to add up for each window.
    total: Block,
    thresholds: Thresholds,
}

impl Levels {
    pub(super) fn new() -> Self {
        Self { blocks: Blocks::new(), total: Block::NONE, thresholds: Thresholds::default() }
    }

    pub(super) fn reset(&mut self) {
        self.blocks.reset();
        self.total = Block::NONE;
        self.thresholds = Thresholds::default();
    }

    /// Takes in the levels of a window at a song position, in values of the slow signal.
    pub(super) fn hear(&mut self, position: i64, level: Level) {
        let forgets = self.blocks.begins_at(position);
        self.blocks.at(position, Block::NONE).add(&level);
        if forgets {
            self.total = self.blocks.iter().fold(Block::NONE, |total, block| total.with(block));
        } else {
            self.total.add(&level);
        }
        self.thresholds = self.current();
    }

    /// The thresholds that follow from the levels.
    pub(super) fn thresholds(&self) -> Thresholds {
        self.thresholds
    }

    fn current(&self) -> Thresholds {
        let Block { loudest_db, all, noise, vowel, high } = &self.total;
        let loudest_db = *loudest_db;
        let floor = |counts| percentile_db(counts, FLOOR_SHARE, 1).unwrap_or(FLOOR_DB);
        let quietest_db = floor(all);
        let noise_db = percentile_db(noise, NOISE_SHARE, LEAST_NOISE).unwrap_or(FLOOR_DB);
        let most_db = loudest_db - LEAST_DYNAMICS_DB;
        let is_steady = (FLOOR_DB..MOST_ROOM_DB).contains(&noise_db) && loudest_db - noise_db < STEADY_NOISE_DB;
        let least_dynamics_db = if is_steady { 0.0 } else { LEAST_NOISE_DYNAMICS_DB };
        let most_noise_db = noise_db.min(loudest_db - least_dynamics_db).max(most_db);
        let floor_db = quietest_db.min(most_noise_db).max(FLOOR_DB);
        let silence_db =
            |floor_db: f32| (floor_db + ABOVE_FLOOR_DB).max(loudest_db - VOICE_RANGE_DB).max(LEAST_VOICE_DB);
        Thresholds {
            loudest_db,
            floor_db,
            vowel_floor_db: vowel.each_ref().map(floor),
            high_floor_db: floor(high),
            silence_db: silence_db(floor_db),
            pitched_silence_db: silence_db(quietest_db.min(loudest_db - LEAST_PITCHED_DYNAMICS_DB)),
        }
    }
}

/// The level below which a share of the counted windows is, dBFS; `None` if they are fewer than `least`.
fn percentile_db(counts: &Counts, share: f32, least: usize) -> Option<f32> {
    let n_all = counts.iter().map(|n| u32::from(*n)).sum::<u32>();
    if (n_all as usize) < least {
        return None;
    }
    let wanted = share * n_all as f32;
    let mut n_below = 0.0;
    for (step, n) in counts.iter().enumerate().filter(|(_, n)| **n > 0) {
        let n = f32::from(*n);
        if n_below + n >= wanted {
            return Some(FLOOR_DB + STEP_DB * (step as f32 + (wanted - n_below) / n));
        }
        n_below += n;
    }
    None
}

/// The step in which a level is counted.
fn step(level_db: f32) -> usize {
    (((level_db - FLOOR_DB) / STEP_DB).max(0.0) as usize).min(N_STEPS - 1)
}

#[cfg(test)]
mod tests {
    use super::super::grid::WINDOW_VALUES;
    use super::*;

    /// Windows of the song, each with a level.
    fn hear(levels: &mut Levels, windows: std::ops::Range<i64>, level_db: impl Fn(i64) -> f32, is_noise: bool) {
        for k in windows {
            let level_db = level_db(k);
            let level = Level { level_db, smooth_db: level_db, vowel_db: [level_db; 2], high_db: level_db, is_noise };
            levels.hear(k * WINDOW_VALUES as i64, level);
        }
    }

    #[test]
    fn four_seconds_later_nothing_of_before_is_left() {
        let (mut long, mut short) = (Levels::new(), Levels::new());
        hear(&mut long, 0..1000, |_| -3.0, true);
        for levels in [&mut long, &mut short] {
            hear(levels, 1000..2000, |k| -40.0 - (k % 7) as f32, true);
        }
        assert_eq!(long.thresholds(), short.thresholds());
    }

    #[test]
    fn singing_without_a_pause_is_not_its_own_noise_floor() {
        let mut levels = Levels::new();
        hear(&mut levels, 0..500, |_| -20.0, false);
        assert!(levels.thresholds().silence_db < -40.0);
    }

    #[test]
    fn a_few_lucky_windows_do_not_lower_the_floor() {
        let mut levels = Levels::new();
        hear(&mut levels, 0..300, |_| -10.0, false);
        hear(&mut levels, 300..600, |k| if k % 150 == 0 { -90.0 } else { -60.0 }, true);
        let floor_db = levels.thresholds().floor_db;
        assert!((-60.0..=-59.0).contains(&floor_db), "{floor_db}");
    }

    #[test]
    fn noise_near_the_voice_is_the_floor_and_a_clear_pitch_within_it_is_heard() {
        let mut levels = Levels::new();
        hear(&mut levels, 0..300, |_| -10.0, false);
        hear(&mut levels, 300..400, |_| -32.0, true);
        let Thresholds { floor_db, silence_db, pitched_silence_db, .. } = levels.thresholds();
        assert!((-32.0..=-31.0).contains(&floor_db) && silence_db > -27.0, "{floor_db} {silence_db}");
        assert!(pitched_silence_db < -33.0, "{pitched_silence_db}");
    }

    #[test]
    fn a_steady_room_is_the_floor_before_anybody_sings_and_what_is_loud_or_pauses_is_not() {
        let floor_db = |level_db: &dyn Fn(i64) -> f32| {
            let mut levels = Levels::new();
            hear(&mut levels, 0..150, level_db, true);
            levels.thresholds().floor_db
        };
        let room_db = floor_db(&|k| -60.0 + (k % 5) as f32);
        assert!((-60.0..=-59.0).contains(&room_db), "{room_db}");
        // The level of whispering rises and falls, and loud steady noise is part of the music.
        let whispered_db = floor_db(&|k| -45.0 + (k % 15) as f32);
        assert!((whispered_db - (-31.0 - LEAST_NOISE_DYNAMICS_DB)).abs() < 0.1, "{whispered_db}");
        assert!(floor_db(&|_| -10.0) <= -10.0 - LEAST_NOISE_DYNAMICS_DB);
    }

    #[test]
    fn a_phrase_that_dies_away_is_sung_to_its_end() {
        let mut levels = Levels::new();
        hear(&mut levels, 0..300, |_| -8.0, false);
        hear(&mut levels, 300..600, |k| -8.0 - 0.1 * (k - 300) as f32, false);
        let Thresholds { silence_db, pitched_silence_db, .. } = levels.thresholds();
        assert!(pitched_silence_db < -40.0 && silence_db < -30.0, "{pitched_silence_db} {silence_db}");
        // A room is below any voice, also a clear one.
        hear(&mut levels, 600..900, |_| -50.0, true);
        assert!(levels.thresholds().pitched_silence_db > -46.0, "{:?}", levels.thresholds());
    }

    #[test]
    fn the_floor_is_known_from_the_first_window_on() {
        let mut levels = Levels::new();
        hear(&mut levels, 0..1, |_| -70.0, true);
        hear(&mut levels, 1..30, |_| -15.0, false);
        assert!((-70.0..=-69.0).contains(&levels.thresholds().floor_db));
    }
}
