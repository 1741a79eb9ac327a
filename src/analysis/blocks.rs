//! A memory of the last seconds in blocks of half a second; whole blocks are forgotten.
//!
//! In: song positions, in values of the slow signal. Out: a value for each of the last half seconds that were heard.
//! Blocks begin on the absolute grid, so some seconds after any start they hold the same as in a render from the song's
//! beginning; and also where the song position jumps back. After a jump the blocks from before it are kept: they come
//! from the same recording.

use super::grid::SLOW_HZ;

/// Length of a block, in values: half a second. Chosen: shorter forgets more smoothly and needs more memory.
const BLOCK_VALUES: i64 = SLOW_HZ as i64 / 2;

/// One value for each of the last `N` half seconds that had one.
#[derive(Clone, Debug)]
pub(super) struct Blocks<T, const N: usize> {
    /// The newest first.
    blocks: [Option<T>; N],
    /// The last song position.
    last: Option<i64>,
}

impl<T: Copy, const N: usize> Blocks<T, N> {
    pub(super) fn new() -> Self {
        Self { blocks: [None; N], last: None }
    }

    pub(super) fn reset(&mut self) {
        *self = Self::new();
    }

    /// Whether a new block begins at a song position, or at one that has been passed over.
    pub(super) fn begins_at(&self, position: i64) -> bool {
        self.last
            .is_none_or(|last| position < last || position.div_euclid(BLOCK_VALUES) != last.div_euclid(BLOCK_VALUES))
    }

    /// The value of the block that a song position belongs to; `fresh` if the block begins.
    pub(super) fn at(&mut self, position: i64, fresh: T) -> &mut T {
        if self.begins_at(position) {
            self.blocks.rotate_right(1);
            self.blocks[0] = None;
        }
        self.last = Some(position);
        self.blocks[0].get_or_insert(fresh)
    }

    /// All blocks, the newest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> + Clone {
        self.blocks.iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds up positions in steps, each in its half second.
    fn hear<const N: usize>(blocks: &mut Blocks<i64, N>, positions: std::ops::Range<i64>) {
        positions.step_by(1200).for_each(|position| *blocks.at(position, 0) += position);
    }

    fn kept<const N: usize>(blocks: &Blocks<i64, N>) -> Vec<i64> {
        blocks.iter().copied().collect()
    }

    #[test]
    fn the_last_half_seconds_are_kept_and_no_others() {
        let mut blocks = Blocks::<i64, 3>::new();
        hear(&mut blocks, 0..60_000);
        assert_eq!(kept(&blocks), [54_000, 48_000, 42_000].map(|first| 5 * first + 12_000));
    }

    #[test]
    fn behind_a_jump_back_what_was_heard_before_is_still_known_for_as_long() {
        let mut blocks = Blocks::<i64, 3>::new();
        hear(&mut blocks, 42_000..60_000);
        hear(&mut blocks, 1200..6000);
        assert_eq!(kept(&blocks), [1200 + 2400 + 3600 + 4800, 5 * 54_000 + 12_000, 5 * 48_000 + 12_000]);
        hear(&mut blocks, 6000..18_000);
        assert_eq!(kept(&blocks).len(), 3, "and then forgotten");
        assert_eq!(kept(&blocks)[1], 5 * 6000 + 12_000);
    }

    #[test]
    fn laps_of_a_short_loop_are_remembered_alike() {
        let mut blocks = Blocks::<i64, 4>::new();
        let mut lap = || {
            hear(&mut blocks, 2400..4800);
            kept(&blocks)
        };
        let laps: Vec<_> = (0..9).map(|_| lap()).collect();
        assert_eq!(laps[4], laps[8], "nothing is added up for ever");
    }
}
