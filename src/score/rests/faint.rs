//! Breaths that are fainter than anything that is sung.
//!
//! In: the level of a rest, hop by hop, and how loud the voice is. Out: whether a breath of the take is heard in it.

use super::PAST_S;

/// Sound without pitch that lasts as long as this in a rest is a breath of the take, or something else that an
/// inhalation would double, seconds. Consonants that stand apart are shorter.
/// Source: docs/voice.md, inhalations last 160 ms and more.
pub(super) const LEAST_OWN_BREATH_S: f64 = 0.11;
/// A rest's own floor, and what stands out of it, are means over so long, seconds.
/// Chosen: noise then varies by 1 dB; longer, and a breath's edges are lost.
pub(super) const FLOOR_SMOOTH_S: f64 = 0.048;
/// Breaths may be fainter than anything that is sung. What stands out of a rest's own floor by so much, dB, for as long
/// as that, and is no further below the voice than the second, dB, is one too. Source: docs/design.md §5, breaths lie
/// 18 to 45 dB below the phrase. Measured: what a vocoder leaves in rests lies 49 dB below the voice; with 60 no
/// inhalation was added to such takes.
const FAINT_ABOVE_FLOOR_DB: f32 = 8.0;
const FAINT_BELOW_VOICE_DB: f32 = 47.0;
/// How loud a voice is taken to be that was not heard yet, dBFS rms. Chosen: as recordings usually are; softer takes a
/// file's own noise before the first phrase for a breath, louder misses breaths there.
const USUAL_VOICE_DB: f32 = -20.0;
/// A rest's floor is the least of the last one to two of these, seconds.
/// Source: computed, half of [`PAST_S`], so that nothing older counts.
const FLOOR_BLOCK_S: f64 = PAST_S / 2.0;

/// The least level of a breath of the take where the voice is so loud, dBFS; where no voice was heard yet, of one that
/// is as loud as usual.
pub(super) fn least_breath_db(voice_db: Option<f32>) -> f32 {
    voice_db.unwrap_or(USUAL_VOICE_DB) - FAINT_BELOW_VOICE_DB
}

/// Follows the level of one rest.
#[derive(Clone, Debug)]
pub(super) struct Faint {
    floor_block_samples: i64,
    least_breath_samples: i64,
    floor: RestFloor,
    /// Song position since which something stands out of the floor.
    start: Option<i64>,
}

impl Faint {
    pub(super) fn new(sample_rate_hz: f64) -> Self {
        let samples = |seconds: f64| (seconds * sample_rate_hz) as i64;
        let [floor_block_samples, least_breath_samples] = [FLOOR_BLOCK_S, LEAST_OWN_BREATH_S].map(samples);
        Self { floor_block_samples, least_breath_samples, floor: RestFloor::NONE, start: None }
    }

    /// Another rest begins.
    pub(super) fn reset(&mut self) {
        (self.floor, self.start) = (RestFloor::NONE, None);
    }

    /// Where what stands out of the floor now began, if something does: from here on it is part of something louder.
    pub(super) fn take_start(&mut self) -> Option<i64> {
        self.start.take()
    }

    /// Hears the mean level up to song position `at`, dBFS, where the voice is so loud, dBFS, if that is known. Returns
    /// whether a breath ends here.
    pub(super) fn hear(&mut self, at: i64, level_db: f32, voice_db: Option<f32>) -> bool {
        self.floor.hear(at.div_euclid(self.floor_block_samples), level_db);
        if level_db >= least_breath_db(voice_db).max(self.floor.db() + FAINT_ABOVE_FLOOR_DB) {
            self.start.get_or_insert(at);
            return false;
        }
        self.start.take().is_some_and(|start| at - start >= self.least_breath_samples)
    }
}

/// The quietest of a rest, dBFS, by blocks of the song's time line.
#[derive(Clone, Copy, Debug)]
struct RestFloor {
    block: i64,
    /// In this block and in the one before.
    least_db: [f32; 2],
}

impl RestFloor {
    const NONE: Self = Self { block: 0, least_db: [f32::INFINITY; 2] };

    fn hear(&mut self, block: i64, level_db: f32) {
        if block != self.block {
            let before_db = if block == self.block + 1 { self.least_db[0] } else { f32::INFINITY };
            *self = Self { block, least_db: [f32::INFINITY, before_db] };
        }
        self.least_db[0] = self.least_db[0].min(level_db);
    }

    fn db(&self) -> f32 {
        self.least_db[0].min(self.least_db[1])
    }
}
