//! When the song position jumps: the engine follows the host as soon as there is room for another jump.
//!
//! In: the position that each block gives, and the position that would follow by itself. Out: the jumps to make. Each
//! jump cuts a hop in two, and the ring of hops has a fixed length, so jumps are at least [`LEAST_APART_HOPS`] apart.
//! If a host jumps more often, the jump is made that much later, to where the host is by then, so that the engine is
//! never left at a wrong position.

use super::SongPosition;

/// Jumps are at least so many whole hops apart. Chosen: 8 ms at most at any rate, so that one in every 10 ms is always
/// made; more delays fast jumps, fewer needs a longer ring.
pub(super) const LEAST_APART_HOPS: usize = 4;
/// Song positions beyond this are clamped. Chosen: 2^52 samples are 370 years at 384 kHz, and exact in floating point.
const MAX_POSITION: i64 = 1 << 52;

/// A jump of the song position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Jump {
    /// How much later in the song the next sample is than it would be by itself.
    pub(super) ahead_samples: i64,
    /// The song starts there: sound from before does not belong to it.
    pub(super) is_start: bool,
}

/// Keeps the jump that the host asks for until it is made.
#[derive(Clone, Debug)]
pub(super) struct Jumps {
    apart_samples: i64,
    wanted: Option<Jump>,
    /// Absolute index from which on there is room for another jump.
    free_from: i64,
}

impl Jumps {
    pub(super) fn new(hop_samples: usize) -> Self {
        Self { apart_samples: (LEAST_APART_HOPS * hop_samples) as i64, wanted: None, free_from: 0 }
    }

    pub(super) fn reset(&mut self) {
        (self.wanted, self.free_from) = (None, 0);
    }

    /// Takes in the position of a block that would begin at song position `expected` by itself.
    pub(super) fn tell(&mut self, position: SongPosition, expected: i64) {
        let (position, is_start) = match position {
            SongPosition::At(position) => (position, false),
            SongPosition::StartAt(position) => (position, true),
            SongPosition::FreeRunning => return,
        };
        let ahead_samples = position.clamp(-MAX_POSITION, MAX_POSITION) - expected;
        let is_start = is_start || self.wanted.is_some_and(|jump| jump.is_start);
        self.wanted = (ahead_samples != 0 || is_start).then_some(Jump { ahead_samples, is_start });
    }

    /// The jump to make before the sample of absolute index `index`.
    pub(super) fn take(&mut self, index: i64) -> Option<Jump> {
        let is_free = self.is_free(index);
        let jump = self.wanted.take_if(|_| is_free)?;
        self.has_cut(index);
        Some(jump)
    }

    /// Whether a hop may be cut before the sample of absolute index `index`.
    pub(super) fn is_free(&self, index: i64) -> bool {
        index >= self.free_from
    }

    /// A hop was cut there; before any audio there is none to cut.
    pub(super) fn has_cut(&mut self, index: i64) {
        if index > 0 {
            self.free_from = index + self.apart_samples;
        }
    }

    /// How many samples may come in until a waiting jump can be made, at absolute index `index`.
    pub(super) fn wait_samples(&self, index: i64) -> usize {
        self.wanted.map_or(usize::MAX, |_| (self.free_from - index).max(1) as usize)
    }

    /// How far the host is ahead of the engine, samples: 0 unless a jump is waiting.
    pub(super) fn ahead_samples(&self) -> i64 {
        self.wanted.map_or(0, |jump| jump.ahead_samples)
    }
}
