//! The audio in progress, hop by hop: each hop keeps its song position, settings and frame until it is rendered.
//!
//! In: input runs with their song position and settings. Out: the hop to be rendered, and the analysis around it. A hop
//! ends where the absolute grid says so, or where the song position jumps.

use super::jumps::LEAST_APART_HOPS;
use crate::analysis::take::TakeStatistics;
use crate::analysis::{Frame, Heard, Known, Singer, Verdict};
use crate::score::Ahead;
use crate::settings::Settings;

/// A piece of audio that shares settings: one hop of the absolute grid, or the part of one before or after a jump.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hop {
    /// Absolute index of its first sample in the stream, regardless of jumps.
    pub(super) first: i64,
    /// Samples taken in so far.
    pub(super) len: usize,
    /// Song position of its first sample.
    pub(super) position_samples: i64,
    /// The song position jumped, or the song began, here.
    pub(super) is_jump: bool,
    /// The settings when its first sample came in.
    pub(super) settings: Settings,
    /// Its frame, once it is complete.
    pub(super) frame: Frame,
    /// Number of its entry in `singers`, once that is final.
    singer: usize,
    /// The provisional frame and singer of when its last sample came in.
    foretold: (Frame, usize),
    /// Absolute index up to which the input had come in when its verdict came.
    decided_at: Option<i64>,
}

impl Hop {
    fn end(&self) -> i64 {
        self.first + self.len as i64
    }
}

/// A ring of hops, from those being taken in to those being rendered.
#[derive(Clone, Debug)]
pub(super) struct Hops {
    ring: Vec<Hop>,
    /// What is known of the singer, one entry for each verdict: it is large, and the same in several hops. A power of
    /// two of them, because a division for each hop that is asked for takes long.
    singers: Vec<Singer>,
    /// Number of the newest entry; 0 stands for none.
    newest_singer: usize,
    hop_samples: usize,
    /// Place in the ring of the newest hop.
    newest_slot: usize,
    /// Number of hops begun since the last reset; the newest hop has this number less one.
    n_begun: usize,
    /// Number of the hop being rendered.
    rendering: usize,
    /// Number of the hop of the last jump, among those rendered: earlier hops belong to another place in the song.
    jumped: usize,
    is_open: bool,
}

impl Hops {
    /// Room for the last `span_samples` of audio, with the largest possible number of jumps in it. Allocates.
    pub(super) fn new(hop_samples: usize, span_samples: usize) -> Self {
        let silence = Hop {
            first: 0,
            len: 0,
            position_samples: 0,
            is_jump: false,
            settings: Settings::NEUTRAL,
            frame: Frame::SILENCE,
            singer: 0,
            foretold: (Frame::SILENCE, 0),
            decided_at: None,
        };
        let n_whole = span_samples.div_ceil(hop_samples);
        // Each jump cuts a hop in two.
        let n_cut = n_whole.div_ceil(LEAST_APART_HOPS);
        let capacity = n_whole + n_cut + SPARE_HOPS;
        Self {
            ring: vec![silence; capacity],
            // Verdicts come with windows, which are longer than two hops.
            singers: vec![Singer::default(); (capacity / 2).next_power_of_two()],
            newest_singer: 0,
            hop_samples,
            newest_slot: 0,
            n_begun: 0,
            rendering: 0,
            jumped: 0,
            is_open: false,
        }
    }

    pub(super) fn reset(&mut self) {
        self.n_begun = 0;
        self.newest_singer = 0;
        self.rendering = 0;
        self.jumped = 0;
        self.is_open = false;
    }

    /// Ends the hop being taken in, whatever its length.
    pub(super) fn cut(&mut self) {
        self.is_open = false;
    }

    /// Whether the next sample begins a hop.
    pub(super) fn needs_begin(&self) -> bool {
        !self.is_open
    }

    /// Begins a hop.
    pub(super) fn begin(&mut self, first: i64, position_samples: i64, is_jump: bool, settings: Settings) {
        debug_assert!(self.n_begun - self.rendering < self.ring.len(), "a hop yet to be rendered is written over");
        self.newest_slot = if self.newest_slot + 1 < self.ring.len() { self.newest_slot + 1 } else { 0 };
        let hop = &mut self.ring[self.newest_slot];
        (hop.first, hop.len, hop.position_samples, hop.is_jump) = (first, 0, position_samples, is_jump);
        (hop.settings, hop.decided_at) = (settings, None);
        (hop.frame, hop.singer) = (Frame::SILENCE, 0);
        hop.foretold = (hop.frame, hop.singer);
        self.n_begun += 1;
        self.is_open = true;
    }

    /// Samples that still fit into the newest hop.
    pub(super) fn room(&self) -> usize {
        let hop = self.newest();
        let offset = hop.position_samples.rem_euclid(self.hop_samples as i64) as usize;
        self.hop_samples - offset - hop.len
    }

    /// Takes `len` samples into the newest hop. Returns whether that completes it.
    pub(super) fn extend(&mut self, len: usize) -> bool {
        self.ring[self.newest_slot].len += len;
        self.is_open = self.room() > 0;
        !self.is_open
    }

    /// Nothing is known of the singer from here on.
    pub(super) fn forget_singer(&mut self) {
        self.learn_of_singer(Singer::default());
    }

    fn learn_of_singer(&mut self, singer: Singer) {
        self.newest_singer += 1;
        let slot = self.newest_singer & (self.singers.len() - 1);
        self.singers[slot] = singer;
    }

    /// Stores the newest hop's frame, and what is known of the singer if that has changed.
    pub(super) fn set_heard(&mut self, frame: Frame, singer: Option<&Singer>) {
        singer.into_iter().for_each(|singer| self.learn_of_singer(*singer));
        let singer = self.newest_singer;
        let hop = &mut self.ring[self.newest_slot];
        (hop.frame, hop.singer) = (frame, singer);
        hop.foretold = (frame, singer);
    }

    /// The newest hop as the analysis sees it.
    pub(super) fn newest_heard(&self) -> Heard {
        let Hop { first, position_samples, len, .. } = *self.newest();
        Heard { first, position_samples, len }
    }

    /// Writes a verdict, whose singer is the newest, into the hops that it covers, including those already rendered.
    pub(super) fn complete(&mut self, verdict: &Verdict) {
        let now = self.newest().end();
        let Verdict { from_index, to_index, .. } = *verdict;
        // Hops are in order: from the one that holds the verdict's end back to its beginning.
        let last = self.holding(to_index).map_or(self.n_begun - 1, |(number, _)| number);
        for number in (self.n_begun.saturating_sub(self.ring.len())..=last).rev() {
            let slot = self.slot(number);
            let hop = &mut self.ring[slot];
            let middle = hop.first + hop.len as i64 / 2;
            if middle <= from_index {
                break;
            }
            if middle <= to_index {
                verdict.complete(hop.first, hop.len, &mut hop.frame);
                hop.singer = self.newest_singer;
                hop.decided_at = Some(now);
            }
        }
    }

    /// The hop that holds the sample of absolute index `index`, which never decreases between calls. `None` before the
    /// first hop.
    pub(super) fn render_from(&mut self, index: i64) -> Option<(usize, &Hop)> {
        while self.rendering < self.n_begun && self.hop(self.rendering).end() <= index {
            self.rendering += 1;
        }
        let number = self.rendering;
        if number < self.n_begun && self.hop(number).is_jump {
            self.jumped = number;
        }
        (number < self.n_begun).then(|| (number, self.hop(number)))
    }

    /// What is rendered next begins at absolute index `index`, earlier or later than by itself.
    pub(super) fn rewind(&mut self, index: i64) {
        let oldest = self.n_begun.saturating_sub(self.ring.len());
        self.rendering = self.search(index, oldest).unwrap_or(self.n_begun);
        self.jumped = self.rendering;
    }

    /// What is known of the hop that holds the sample of absolute index `index`, when the input before `until` has come
    /// in. A large block may know more, which must not be used: anything decided later is given as it was
    /// provisionally. `None` where nothing is known, or no longer, and before the jump that led to the hop being
    /// rendered: the output must not depend on where the song came from.
    pub(super) fn ahead(&self, index: i64, until: i64) -> Option<Ahead<'_>> {
        let (number, hop) = self.holding(index).filter(|(number, _)| *number >= self.jumped)?;
        let is_known = hop.first <= index && hop.end() <= until && (number + 1 < self.n_begun || !self.is_open);
        let is_decided = hop.decided_at.is_some_and(|at| at <= until);
        let (frame, singer) = if is_decided { (&hop.frame, hop.singer) } else { (&hop.foretold.0, hop.foretold.1) };
        let singer = self.singer(singer);
        let known = Known { end: hop.end(), frame: *frame, is_decided };
        is_known.then_some(Ahead { known, singer, position_samples: hop.position_samples, settings: &hop.settings })
    }

    /// The hop that holds an absolute index, or the first after it, with its number. `None` after the newest.
    fn holding(&self, index: i64) -> Option<(usize, &Hop)> {
        // Most hops are whole, so it is probably where it would be if all were.
        let newest = self.n_begun.checked_sub(1)?;
        // Divided by a power of two, by shifting: this is asked for some hundred hops in each hop.
        let back = (self.newest().first - index + self.hop_samples as i64 - 1) >> self.hop_samples.trailing_zeros();
        let back = back.max(0) as usize;
        if back <= newest && back < self.ring.len() {
            let hop = self.hop_of_age(back);
            if (hop.first..hop.end()).contains(&index) {
                return Some((newest - back, hop));
            }
        }
        let number = self.search(index, self.n_begun.saturating_sub(self.ring.len()))?;
        Some((number, self.hop(number)))
    }

    /// The same, for hops of any length.
    fn search(&self, index: i64, oldest: usize) -> Option<usize> {
        let (mut low, mut high) = (oldest, self.n_begun);
        // The first hop that ends after the index, by bisection.
        while low < high {
            let middle = low.midpoint(high);
            if self.hop(middle).end() <= index { low = middle + 1 } else { high = middle }
        }
        (low < self.n_begun).then_some(low)
    }

    /// What is known of the singer in the hop being rendered; `None` before the first.
    pub(super) fn rendered_singer(&self) -> Option<&Singer> {
        (self.rendering < self.n_begun).then(|| self.singer(self.hop(self.rendering).singer))
    }

    /// An entry of `singers` by its number; 0, or one that is no longer kept, gives the empty one.
    fn singer(&self, number: usize) -> &Singer {
        const NOBODY: &Singer = &Singer { envelope: None, take: TakeStatistics::UNKNOWN };
        let is_kept = number > 0 && self.newest_singer - number < self.singers.len();
        if is_kept { &self.singers[number & (self.singers.len() - 1)] } else { NOBODY }
    }

    fn newest(&self) -> &Hop {
        &self.ring[self.newest_slot]
    }

    fn hop(&self, number: usize) -> &Hop {
        &self.ring[self.slot(number)]
    }

    /// The hop that began so many hops before the newest.
    fn hop_of_age(&self, age: usize) -> &Hop {
        &self.ring[self.slot_of_age(age)]
    }

    fn slot(&self, number: usize) -> usize {
        self.slot_of_age(self.n_begun - 1 - number)
    }

    /// Place in the ring of a hop that is still there; of others, of one that took its place.
    fn slot_of_age(&self, age: usize) -> usize {
        match self.newest_slot.checked_sub(age) {
            Some(slot) => slot,
            None => (self.newest_slot + self.ring.len()).saturating_sub(age),
        }
    }
}

/// Hops beyond the computed need. Chosen: room for rounding at both ends; more only costs memory.
const SPARE_HOPS: usize = 64;

/// The smallest power of two that is at least 1 ms.
pub(super) fn hop_samples(sample_rate_hz: f64) -> usize {
    ((sample_rate_hz / 1000.0).ceil() as usize).next_power_of_two()
}
