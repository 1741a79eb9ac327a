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

    /// The furthest a note may be moved, ms: early and late. In Studio a note is known 18 ms before it is due, and what
    /// is moved early is known later by as much; in Live, once it sounds. In Phrase it is a third of the latency;
    /// further late in Studio the pointer would come to the end of its reach.
    pub fn timing_reach_ms(self) -> [f64; 2] {
        match self {
            Self::Live => [0.0, 60.0],
            Self::Studio => [12.0, 100.0],
            Self::Phrase => [150.0, 150.0],
        }
    }

    /// The same where the notes are known beforehand from a learned score: then only what sound has come in is a limit,
    /// the latency less what drift displaces by.
    pub fn learned_timing_reach_ms(self) -> [f64; 2] {
        match self {
            Self::Live => [4.0, 60.0],
            Self::Studio => [50.0, 100.0],
            Self::Phrase => [150.0, 150.0],
        }
    }
}

/// Where the beats of the song lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tempo {
    /// Beats (quarter notes) per second.
    pub beats_per_s: f64,
    /// Beats gone by at song position 0.
    pub origin_beats: f64,
}

impl Tempo {
    /// Without one, sixteenth notes are taken to last 125 ms (docs/design.md §6).
    pub const UNKNOWN: Self = Self { beats_per_s: 2.0, origin_beats: 0.0 };

    /// That of a song which is at `beats` at song position `position_s`, seconds, at so many beats per minute. `None`
    /// if those are no numbers to count by.
    pub fn through(beats_per_minute: f64, beats: f64, position_s: f64) -> Option<Self> {
        let beats_per_s = beats_per_minute / 60.0;
        let origin_beats = beats - position_s * beats_per_s;
        // A host tells its place anew with every block, rounded differently each time.
        let origin_beats = (origin_beats * ORIGIN_STEPS_PER_BEAT).round() / ORIGIN_STEPS_PER_BEAT;
        // Most songs begin with a sixteenth, and the place of some hosts is so coarse that it would be another one from
        // each start.
        let sixteenth = (origin_beats * SIXTEENTHS_PER_BEAT).round() / SIXTEENTHS_PER_BEAT;
        let is_sixteenth = (origin_beats - sixteenth).abs() <= COARSEST_BEATS;
        let origin_beats = if is_sixteenth { sixteenth } else { origin_beats };
        let is_sound = beats_per_s > 0.0 && beats_per_s.is_finite() && origin_beats.is_finite();
        is_sound.then_some(Self { beats_per_s, origin_beats })
    }

    /// Beats gone by at a song position, seconds.
    pub fn beats(&self, position_s: f64) -> f64 {
        self.origin_beats + position_s * self.beats_per_s
    }

    /// Sixteenth notes gone by at a song position, seconds.
    pub fn sixteenths(&self, position_s: f64) -> f64 {
        self.beats(position_s) * SIXTEENTHS_PER_BEAT
    }

    /// How long a sixteenth note lasts, ms.
    pub fn sixteenth_ms(&self) -> f32 {
        (1000.0 / (self.beats_per_s * SIXTEENTHS_PER_BEAT)) as f32
    }

    /// The sixteenth note nearest to a song position, seconds, counted from the first beat.
    pub fn sixteenth(&self, position_s: f64) -> i64 {
        self.cell(position_s, 1.0)
    }

    /// The nearest of so many even parts of a sixteenth.
    pub fn cell(&self, position_s: f64, per_sixteenth: f64) -> i64 {
        (self.sixteenths(position_s) * per_sixteenth + 0.5 + BORDER_SIXTEENTHS).floor() as i64
    }
}

/// Sixteenth notes per beat. Source: definition, docs/design.md §6.
const SIXTEENTHS_PER_BEAT: f64 = 4.0;
/// Notes lie on hops, and a grid's lines may too: so that no rounding decides, a border lies a little off, in
/// sixteenths. Chosen: far less than a hop.
const BORDER_SIXTEENTHS: f64 = 1e-6;

/// A host's beats are rounded to this part of one. Chosen: ten microseconds, far less than a hop, far more than a host
/// rounds by.
const ORIGIN_STEPS_PER_BEAT: f64 = 50_000.0;

/// The coarsest steps in which a host tells its place, beats. Source: Ardour's, 1920 to a beat.
const COARSEST_BEATS: f64 = 1.0 / 1920.0;

/// What is heard: everything, or a part of it to judge by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Listen {
    /// The voice with all that is added.
    #[default]
    Output,
    /// The breath that is added, alone.
    Breath,
    /// The difference from the input: all that is added, and what was taken away for it.
    Added,
}

impl Listen {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Output, Self::Breath, Self::Added];
}

/// What to do, in plain units. Depths are literal at an amount of 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Humanize, linear: 0 leaves the input as it is, 1 gives the depths below, at most 1.5.
    pub amount: f32,
    /// How much of what the take has of its own counts, `0..=1`: at 1 only what is missing is added, at 0 everything.
    pub only_missing: f32,
    /// Slow pitch movement, rms cents between 0.3 and 3.5 Hz.
    pub drift_cents: f32,
    /// Fast pitch movement, rms cents between 3.5 and 30 Hz.
    pub tremble_cents: f32,
    /// How far each note lies off its pitch, cents sd; its slope inside the note goes with it.
    pub intonation_cents: f32,
    /// How far below its pitch a note begins where singers scoop, cents, typically.
    pub scoop_cents: f32,
    /// Vibrato added to held notes, cents from its middle to its peak.
    pub vibrato_cents: f32,
    /// Its rate, Hz.
    pub vibrato_rate_hz: f32,
    /// How irregular it is, `0..=1`.
    pub vibrato_life: f32,
    /// How far each note lies off its level, dB sd.
    pub level_db: f32,
    /// Period-to-period movement as local jitter, percent of the period, for a voice near 220 Hz.
    pub jitter_percent: f32,
    /// Period-to-period level movement as local shimmer, dB, for a voice near 220 Hz.
    pub shimmer_db: f32,
    /// How far notes lie off the beat, ms sd.
    pub timing_ms: f32,
    /// How much later than the beat the notes lie on average, ms; negative is earlier.
    pub feel_ms: f32,
    /// How much a note's time has to do with that of those before: 0 nothing (white), 1 as in people (1/f).
    pub memory: f32,
    /// The harmonics-to-noise ratio that breath brings the voice down to, dB; infinite adds none.
    pub breath_hnr_db: f32,
    /// How much brighter added breath is than the voice, dB between 1 and 8 kHz; negative is darker.
    pub breath_tone_db: f32,
    /// Gain of the breaths that the take has, dB.
    pub breath_keep_db: f32,
    /// Level of added inhalations, dB re the phrase, both rms; minus infinity adds none.
    pub inhale_db: f32,
    /// The share of the rests which could hold one that have an inhalation, `0..=1`.
    pub inhale_chance: f32,
    /// The singer is asked to breathe in: each change from `false` to `true` places one inhalation.
    pub is_breathe_asked: bool,
    /// What is heard.
    pub listen: Listen,
    /// Who sings, and which performance of theirs this is.
    pub performance: Performance,
    /// Where the beats are.
    pub tempo: Tempo,
    /// Gain after everything, dB.
    pub output_db: f32,
    /// Pass the input on, delayed by the same latency.
    pub is_bypassed: bool,
}

impl Settings {
    /// Nothing added, unity gain: the output is the input, delayed.
    pub const NEUTRAL: Self = Self {
        amount: 0.0,
        only_missing: 0.0,
        drift_cents: 0.0,
        tremble_cents: 0.0,
        intonation_cents: 0.0,
        scoop_cents: 0.0,
        vibrato_cents: 0.0,
        vibrato_rate_hz: 5.8,
        vibrato_life: 0.0,
        level_db: 0.0,
        jitter_percent: 0.0,
        shimmer_db: 0.0,
        timing_ms: 0.0,
        feel_ms: 0.0,
        memory: 0.0,
        breath_hnr_db: f32::INFINITY,
        breath_tone_db: 0.0,
        breath_keep_db: 0.0,
        inhale_db: f32::NEG_INFINITY,
        inhale_chance: 0.0,
        is_breathe_asked: false,
        listen: Listen::Output,
        performance: Performance { seed: 1, take: 1 },
        tempo: Tempo::UNKNOWN,
        output_db: 0.0,
        is_bypassed: false,
    };
}

impl Default for Settings {
    fn default() -> Self {
        Self::NEUTRAL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_tells_its_place_coarsely_has_the_same_beats_from_any_start() {
        for beats_per_minute in [97.3, 120.0, 174.0] {
            for block in 0..1000 {
                let position_s = f64::from(block * 512 + 17) / 48_000.0;
                let beats = (position_s * beats_per_minute / 60.0 * 1920.0).round() / 1920.0;
                let tempo = Tempo::through(beats_per_minute, beats, position_s).expect("a tempo");
                assert_eq!(tempo.origin_beats, 0.0, "{beats_per_minute} at {position_s}");
            }
        }
        let between = Tempo::through(120.0, 0.1, 0.0).expect("a tempo");
        assert!((between.origin_beats - 0.1).abs() < 1e-4, "a song that begins elsewhere stays there");
    }
}
