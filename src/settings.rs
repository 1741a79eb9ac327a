//! What the engine is asked to do: plain values in plain units, the same for plugin, bounce, tests and benches.
//!
//! The parameters become [`Settings`] in one place (`params::Values::settings`). Each hop of audio carries the settings
//! that held when it came in, so a change drawn at bar 9 is heard at bar 9 whatever the latency.

use crate::dsp::noise::Performance;

/// How much look-ahead, and so latency, the engine may use. Fixed while audio runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// At most 10 ms: to sing or play through.
    Live,
    /// At most 90 ms: to mix with.
    #[default]
    Studio,
    /// At most 650 ms: to bounce with, sees a phrase coming.
    Phrase,
}

impl Mode {
    /// All modes, from the shortest latency to the longest.
    pub const ALL: [Self; 3] = [Self::Live, Self::Studio, Self::Phrase];

    /// The latency in whole samples, never more than the mode's limit in milliseconds.
    pub fn latency_samples(self, sample_rate_hz: f64) -> u32 {
        (self.latency_limit_ms() * sample_rate_hz / 1000.0).floor() as u32
    }

    /// The limit that `latency_samples` fills, in milliseconds.
    pub fn latency_limit_ms(self) -> f64 {
        match self {
            Self::Live => 10.0,
            Self::Studio => 90.0,
            Self::Phrase => 650.0,
        }
    }

    /// The mode's share of its latency that pitch movement may displace the read pointer by, in milliseconds each way.
    ///
    /// Live gives it everything; the other modes give all that Drift 50 at Humanize 100 % can ask for and keep the rest
    /// for timing.
    pub fn movement_budget_ms(self) -> f64 {
        match self {
            Self::Live => f64::INFINITY,
            Self::Studio | Self::Phrase => 60.0,
        }
    }
}

/// What to do, in plain units. Depths are literal at an amount of 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Humanize, linear: 0 leaves the input as it is, 1 gives the depths below, at most 1.5.
    pub amount: f32,
    /// Slow pitch movement, rms cents between 0.3 and 3.5 Hz.
    pub drift_cents: f32,
    /// Fast pitch movement, rms cents between 3.5 and 30 Hz.
    pub tremble_cents: f32,
    /// Period-to-period movement as local jitter, percent of the period, for a voice near 220 Hz.
    pub jitter_percent: f32,
    /// Period-to-period level movement as local shimmer, dB, for a voice near 220 Hz.
    pub shimmer_db: f32,
    /// Who sings, and which performance of theirs this is.
    pub performance: Performance,
    /// Gain after everything, dB.
    pub output_db: f32,
    /// Pass the input on, delayed by the same latency.
    pub is_bypassed: bool,
}

impl Settings {
    /// Nothing added, unity gain: the output is the input, delayed.
    pub const NEUTRAL: Self = Self {
        amount: 0.0,
        drift_cents: 0.0,
        tremble_cents: 0.0,
        jitter_percent: 0.0,
        shimmer_db: 0.0,
        performance: Performance { seed: 1, take: 1 },
        output_db: 0.0,
        is_bypassed: false,
    };
}

impl Default for Settings {
    fn default() -> Self {
        Self::NEUTRAL
    }
}
