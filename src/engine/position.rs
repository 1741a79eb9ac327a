//! Where in the song a block begins, and what an engine can be made for.

/// The song position at which a block begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SongPosition {
    /// At this sample of the song.
    At(i64),
    /// At this sample, and the song starts there, even if that is where the last block ended: sound from before, while
    /// the song stood still, does not belong to it.
    StartAt(i64),
    /// Where the last block ended: the host does not say, or is not playing.
    FreeRunning,
}

impl SongPosition {
    /// The sample of the song, where `expected` would follow by itself.
    pub fn sample(self, expected: i64) -> i64 {
        match self {
            Self::At(position) | Self::StartAt(position) => position,
            Self::FreeRunning => expected,
        }
    }
}

/// Why an engine cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// The sample rate is outside the engine's range.
    #[error("the sample rate must lie between {MIN_RATE_HZ} and {MAX_RATE_HZ} Hz, not {0}")]
    SampleRate(f64),
    /// There are no channels.
    #[error("there must be at least one channel")]
    NoChannels,
}

/// The lowest sample rate, Hz. Chosen: telephone speech; below it there are too few harmonics left to analyse.
pub const MIN_RATE_HZ: f64 = 8_000.0;
/// The highest sample rate, Hz. Chosen: the highest in use; higher would need larger rings.
pub const MAX_RATE_HZ: f64 = 384_000.0;
