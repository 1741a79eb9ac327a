//! The demo vocal, for bounces without an input.

use con_anima::demo::{demo_song, sing};

use crate::audio_file::Recording;
use crate::wav_write::Depth;

/// The demo vocal's rate, Hz. Chosen: what most sessions run at.
const SAMPLE_RATE_HZ: u32 = 48_000;

/// The demo vocal as a recording.
pub(crate) fn demo_vocal() -> Recording {
    let take = sing(&demo_song(), f64::from(SAMPLE_RATE_HZ));
    Recording { channels: vec![take.samples], sample_rate_hz: SAMPLE_RATE_HZ, depth: Depth::Int24 }
}
