//! What is remembered of the last seconds, forgotten half second by half second.
//!
//! In: song positions, in values of the slow signal. Out: the value that belongs to each half second of the absolute
//! grid. Because the grid is the song's, what is remembered some seconds behind any start is what a render from the
//! beginning remembers.

use super::grid::SLOW_HZ;

/// Length of a block: half a second.
const BLOCK_VALUES: i64 = SLOW_HZ as i64 / 2;

/// The half second that a song position lies in.
pub(super) fn block_number(position: i64) -> i64 {
    position.div_euclid(BLOCK_VALUES)
}

/// One value for each of the last `N` half seconds in which there was one.
#[derive(Clone, Debug)]
pub(super) struct Blocks<T, const N: usize> {
    blocks: [Option<(i64, T)>; N],
}

impl<T: Copy, const N: usize> Blocks<T, N> {
    pub(super) fn new() -> Self {
        Self { blocks: [None; N] }
    }

    pub(super) fn reset(&mut self) {
        self.blocks = [None; N];
    }

    /// The value of the half second that a song position lies in, `fresh` if it begins. All that is not of the last
    /// half seconds before it, also after a jump of the song, is forgotten.
    pub(super) fn at(&mut self, position: i64, fresh: T) -> &mut T {
        let number = block_number(position);
        let oldest = number - N as i64 + 1;
        for block in &mut self.blocks {
            *block = block.filter(|(number_of_block, _)| (oldest..=number).contains(number_of_block));
        }
        let slot = &mut self.blocks[number.rem_euclid(N as i64) as usize];
        &mut slot.get_or_insert((number, fresh)).1
    }

    /// All that is remembered, in no order of time.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> + Clone {
        self.blocks.iter().flatten().map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_half_seconds_are_kept_and_no_others() {
        let mut blocks = Blocks::<i64, 3>::new();
        for position in (0..60_000).step_by(1200) {
            *blocks.at(position, 0) += position;
        }
        let mut kept: Vec<i64> = blocks.iter().copied().collect();
        kept.sort_unstable();
        assert_eq!(kept, [42_000, 48_000, 54_000].map(|first| 5 * first + 12_000));
        *blocks.at(-8400, 0) += 1;
        assert_eq!(blocks.iter().copied().collect::<Vec<_>>(), [1], "what lies ahead of a jump back is forgotten");
    }
}
