//! How loud the singer is and how loud the room, from the last four seconds.
//!
//! In: the level of each window, with its place on the song's time line, and whether something with a pitch is in it.
//! Out: the loudest level, noise floors and the thresholds below which nothing is sung. A floor is a low percentile: a
//! minimum would be the luckiest 5 ms of a noise. Levels are counted per half second of the absolute grid and forgotten
//! after four: so four seconds behind any start they are what a render from the beginning has; and from the first
//! window on they are known as far as the past is.

use super::FLOOR_DB;
use super::blocks::Blocks;
use super::grid::windows;

/// Half seconds remembered: a count, because that is how they are forgotten.
const N_BLOCKS: usize = 8;

/// What is sung lies above this, dBFS. The quietest take of the material sings at −40 and breathes at −74; −65 here
/// lost its breaths.
const LEAST_VOICE_DB: f32 = -80.0;
/// What is sung lies no further than this below the loudest, dB: the far end of the breaths in VOICE.md, −39 re the
/// voice, and the 5 dB by which the loudest 5 ms lie above it.
const VOICE_RANGE_DB: f32 = 45.0;
/// What is sung stands out of the noise by this, dB: twice its amplitude. A decision; voicing of all sung files stays
/// at 97 % and more with it (evaluate).
const ABOVE_FLOOR_DB: f32 = 6.0;
/// A floor closer than this to the loudest is no floor but singing without a pause, dB, unless noise is heard that is
/// as loud.
const LEAST_DYNAMICS_DB: f32 = 30.0;
/// A floor of noise is no closer to the loudest than this, dB.
const LEAST_NOISE_DYNAMICS_DB: f32 = 20.0;
/// Noise that varies by less than this between its quietest and the loudest that is heard at all is steady, dB: it is
/// the room before anything is sung, and not whispering, which pauses.
const STEADY_NOISE_DB: f32 = 10.0;
/// A room is no louder than this, dBFS: noise that is louder is what somebody wants to hear.
const MOST_ROOM_DB: f32 = -40.0;
/// What has a pitch is no floor closer than this, dB: a phrase that dies away after a loud one is still sung.
const LEAST_PITCHED_DYNAMICS_DB: f32 = 40.0;
/// Less noise than this tells nothing, windows.
const LEAST_NOISE: usize = windows(0.25);

/// The part of all windows that lies below a floor: 40 ms of the past, of means over 27 ms and more.
const FLOOR_SHARE: f32 = 0.01;
/// The part of what may be noise that lies below its level: breaths and whispering make up much of it.
const NOISE_SHARE: f32 = 0.05;
/// Levels are counted in steps of a decibel, from the least on.
const STEP_DB: f32 = 1.0;
const N_STEPS: usize = 140;

/// How many windows had a level in each step.
type Counts = [u16; N_STEPS];

/// What is heard in one window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    /// Its own level, dBFS.
    pub(super) level_db: f32,
    /// The mean over the last windows, dBFS.
    pub(super) smooth_db: f32,
    /// The mean over the last windows in the band of vowels, and over some more of them, dBFS.
    pub(super) vowel_db: [f32; 2],
    /// The mean over the last windows above 5 kHz, dBFS.
    pub(super) high_db: f32,
    /// Nothing with a pitch has been heard for longer than a consonant.
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
}

/// What the levels of the last four seconds come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Thresholds {
    /// The loudest level, dBFS; −120 if nothing was heard.
    pub(super) loudest_db: f32,
    /// The noise floor, dBFS; a guess where the singer has not paused.
    pub(super) floor_db: f32,
    /// The noise floor in the band of vowels, of shorter and of longer means, dBFS.
    pub(super) vowel_floor_db: [f32; 2],
    /// The noise floor above 5 kHz, dBFS.
    pub(super) high_floor_db: f32,
    /// Below this nothing is sung that has no clear pitch, dBFS.
    pub(super) silence_db: f32,
    /// Below this nothing is sung that has a clear pitch, dBFS: noise has none.
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
    thresholds: Thresholds,
}

impl Levels {
    pub(super) fn new() -> Self {
        Self { blocks: Blocks::new(), thresholds: Thresholds::default() }
    }

    pub(super) fn reset(&mut self) {
        self.blocks.reset();
        self.thresholds = Thresholds::default();
    }

    /// Takes in what is heard in a window at a song position, in values of the slow signal.
    pub(super) fn hear(&mut self, position: i64, level: Level) {
        let block = self.blocks.at(position, Block::NONE);
        block.loudest_db = block.loudest_db.max(level.level_db);
        block.all[step(level.smooth_db)] += 1;
        block.noise[step(level.smooth_db)] += u16::from(level.is_noise);
        block.vowel.iter_mut().zip(level.vowel_db).for_each(|(vowel, level_db)| vowel[step(level_db)] += 1);
        block.high[step(level.high_db)] += 1;
        self.thresholds = self.current();
    }

    /// What the levels come to.
    pub(super) fn thresholds(&self) -> Thresholds {
        self.thresholds
    }

    fn current(&self) -> Thresholds {
        let loudest_db = self.blocks.iter().map(|block| block.loudest_db).fold(FLOOR_DB, f32::max);
        let floor = |counts| self.percentile_db(counts, FLOOR_SHARE, 1).unwrap_or(FLOOR_DB);
        let quietest_db = floor(|block| &block.all);
        let noise_db = self.percentile_db(|block| &block.noise, NOISE_SHARE, LEAST_NOISE).unwrap_or(FLOOR_DB);
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
            vowel_floor_db: [floor(|block| &block.vowel[0]), floor(|block| &block.vowel[1])],
            high_floor_db: floor(|block| &block.high),
            silence_db: silence_db(floor_db),
            pitched_silence_db: silence_db(quietest_db.min(loudest_db - LEAST_PITCHED_DYNAMICS_DB)),
        }
    }

    /// The level below which a share of the windows that are counted lies, dBFS; `None` if they are too few.
    fn percentile_db(&self, counts: fn(&Block) -> &Counts, share: f32, least: usize) -> Option<f32> {
        let mut sums = [0_u32; N_STEPS];
        for block in self.blocks.iter() {
            sums.iter_mut().zip(counts(block)).for_each(|(sum, n)| *sum += u32::from(*n));
        }
        let n_all = sums.iter().sum::<u32>();
        if (n_all as usize) < least {
            return None;
        }
        let wanted = share * n_all as f32;
        let mut n_below = 0.0;
        for (step, n) in sums.into_iter().enumerate().filter(|(_, n)| *n > 0) {
            if n_below + n as f32 >= wanted {
                return Some(FLOOR_DB + STEP_DB * (step as f32 + (wanted - n_below) / n as f32));
            }
            n_below += n as f32;
        }
        None
    }
}

/// The step that a level is counted in.
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
        // Whispering goes up and down, and loud noise is what somebody wants to hear.
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
