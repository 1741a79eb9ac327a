//! How loud the singer is and how loud the room, from the last four seconds.
//!
//! In: the level of each window, with its place on the song's time line. Out: the loudest and the quietest level, and
//! the threshold below which nothing is sung. Extremes are kept per half second of the absolute grid and forgotten
//! after four: so four seconds behind any start they are what a render from the beginning has.

use super::blocks::Blocks;

/// Half seconds remembered.
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
/// A floor closer than this to the loudest is no floor but singing without a pause, dB.
const LEAST_DYNAMICS_DB: f32 = 30.0;

#[derive(Clone, Copy, Debug)]
struct Extremes {
    loudest_db: f32,
    quietest_db: f32,
}

/// The extremes of the last four seconds.
#[derive(Clone, Debug)]
pub(super) struct Levels {
    blocks: Blocks<Extremes, N_BLOCKS>,
}

impl Levels {
    pub(super) fn new(sample_rate_hz: f64) -> Self {
        Self { blocks: Blocks::new(sample_rate_hz) }
    }

    pub(super) fn reset(&mut self) {
        self.blocks.reset();
    }

    /// Takes in the level of a window at a song position.
    pub(super) fn hear(&mut self, position_samples: i64, level_db: f32) {
        let fresh = Extremes { loudest_db: level_db, quietest_db: level_db };
        let block = self.blocks.at(position_samples, fresh);
        block.loudest_db = block.loudest_db.max(level_db);
        block.quietest_db = block.quietest_db.min(level_db);
    }

    /// The loudest level, dBFS; silence if nothing was heard.
    pub(super) fn loudest_db(&self) -> f32 {
        self.blocks.iter().map(|block| block.loudest_db).fold(super::FLOOR_DB, f32::max)
    }

    /// The noise floor, dBFS: the quietest level, or a guess where the singer has not paused.
    pub(super) fn floor_db(&self) -> f32 {
        let loudest_db = self.loudest_db();
        let guess_db = loudest_db - LEAST_DYNAMICS_DB;
        self.blocks.iter().map(|block| block.quietest_db).fold(guess_db, f32::min).max(super::FLOOR_DB)
    }

    /// Below this nothing is sung, dBFS.
    pub(super) fn silence_db(&self) -> f32 {
        (self.floor_db() + ABOVE_FLOOR_DB).max(self.loudest_db() - VOICE_RANGE_DB).max(LEAST_VOICE_DB)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_seconds_later_nothing_of_before_is_left() {
        let (mut long, mut short) = (Levels::new(48_000.0), Levels::new(48_000.0));
        (0..1000).for_each(|k| long.hear(k * 256, -3.0));
        for k in 1000..2000 {
            long.hear(k * 256, -40.0 - (k % 7) as f32);
            short.hear(k * 256, -40.0 - (k % 7) as f32);
        }
        assert_eq!(long.loudest_db(), short.loudest_db());
        assert_eq!(long.silence_db(), short.silence_db());
    }

    #[test]
    fn singing_without_a_pause_is_not_its_own_noise_floor() {
        let mut levels = Levels::new(48_000.0);
        (0..500).for_each(|k| levels.hear(k * 256, -20.0));
        assert!(levels.silence_db() < -40.0);
    }
}
