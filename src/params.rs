//! Every parameter, once: id, name, range, default, unit and what it does.
//!
//! [`PARAMETERS`] is the only list. The host sees it through [`VoiceParams`], files and the command line through
//! [`Values`], and both become the engine's [`Settings`] in [`Values::settings`]. Ids are frozen once released.
//!
//! A new parameter is one entry of the list, and the line of [`Values::settings`] that uses it: the compiler warns of
//! an entry that nothing reads.

use nice_plug::prelude::Params;

use crate::dsp::noise::Performance;
use crate::settings::{Listen, Mode, Settings, Tempo};

mod daw;
mod host;
mod identity;
mod parameter;
mod persisted;
mod scenes;
mod session;
mod song;
mod typing;
#[cfg(feature = "editor")]
mod window;
pub use daw::Daw;
use host::OfHost;
pub use host::{HostParams, Hosted};
pub use identity::Identity;
pub use parameter::{Kind, ParamError, Parameter, Role};
pub use scenes::{
    MAX_SCENE_NAME_CHARS, N_SCENES, Scene, SceneBank, SceneError, SceneReader, SceneValues, Scenes, tidy_scene_name,
};
pub use session::{admit, seal};
pub use song::Song;
#[cfg(feature = "editor")]
pub use window::{Compared, EditorSize, Extent, Loaded, Settable, Slot, Slots, Visitor};

/// Exponents of a knob's travel. Chosen: even; and finer at the low end, where a small step changes much.
const LINEAR: f32 = 1.0;
const FINE_LOW: f32 = 0.5;

/// The modes by name, in the order of [`Mode::ALL`].
pub const MODE_NAMES: [&str; 3] = ["Live", "Studio", "Phrase"];

/// What is heard by name, in the order of [`Listen::ALL`].
pub const LISTEN_NAMES: [&str; 3] = ["Output", "Breath Only", "Added Only"];

/// The host's clock by name, in the order of [`Clock`]'s choices.
pub const CLOCK_NAMES: [&str; 3] = ["Automatic", "Audio", "Playhead"];

/// The seed that stands for each instance's own singer. Chosen: the lowest, so that all others can be shared.
const OWN_SEED: f32 = 0.0;
/// The singer of files, which have no instance. Chosen: the seed that instances had before they had their own.
const FILE_SEED: u32 = 1;

// In the order in which hosts list them.
host::parameters! {
    amount { id: "amount", name: "Humanize", min: 0.0, max: 150.0, default: 100.0,
        hint: "How much of everything below is added. At 0 % the input passes untouched.",
        unit: "%", group: "Humanize", step: 0.1, role: Automated, kind: Continuous { skew: LINEAR } }
    only_missing { id: "only_missing", name: "Only What's Missing", min: 0.0, max: 100.0, default: 100.0,
        hint: "At 100 % what the take has of its own is not added again; at 0 % everything is.",
        unit: "%", group: "Humanize", step: 0.1, role: Automated, kind: Continuous { skew: LINEAR } }
    drift { id: "drift", name: "Drift", min: 0.0, max: 50.0, default: 9.8,
        hint: "Slow wandering of the pitch, 0.3 to 3.5 Hz. Singers drift by 5 to 14 cents.",
        unit: "cents", group: "Pitch", step: 0.01, role: Automated, kind: Continuous { skew: FINE_LOW } }
    tremble { id: "tremble", name: "Tremble", min: 0.0, max: 20.0, default: 8.5,
        hint: "Fast unsteadiness of the pitch, 3.5 to 30 Hz: muscle, not vibrato.",
        unit: "cents", group: "Pitch", step: 0.01, role: Automated, kind: Continuous { skew: FINE_LOW } }
    intonation { id: "intonation", name: "Intonation", min: 0.0, max: 30.0, default: 18.5,
        hint: "How far each note lies off its pitch, and how it leans. Trained singers: 11 cents.",
        unit: "cents", group: "Pitch", step: 0.01, role: Automated, kind: Continuous { skew: FINE_LOW } }
    scoop { id: "scoop", name: "Scoop", min: 0.0, max: 200.0, default: 50.0,
        hint: "How far below the note the voice begins after a rest or an upward leap, now and then.",
        unit: "cents", group: "Pitch", step: 0.1, role: Automated, kind: Continuous { skew: FINE_LOW } }
    vibrato { id: "vibrato", name: "Vibrato", min: 0.0, max: 100.0, default: 0.0,
        hint: "Vibrato on held notes, late and never regular. Pop: 20 to 50 cents, opera: 70.",
        unit: "cents", group: "Vibrato", step: 0.1, role: Automated, kind: Continuous { skew: FINE_LOW } }
    vibrato_rate { id: "vibrato_rate", name: "Vibrato Rate", min: 3.0, max: 9.0, default: 5.8,
        hint: "How fast it swings. Singers: 5.3 to 6.6 Hz.",
        unit: "Hz", group: "Vibrato", step: 0.01, role: Automated, kind: Continuous { skew: LINEAR } }
    vibrato_life { id: "vibrato_life", name: "Vibrato Life", min: 0.0, max: 100.0, default: 50.0,
        hint: "How uneven vibrato swings, added or the take's own where it is even: 0 % is a machine's.",
        unit: "%", group: "Vibrato", step: 0.1, role: Automated, kind: Continuous { skew: LINEAR } }
    jitter { id: "jitter", name: "Jitter", min: 0.0, max: 3.0, default: 0.15,
        hint: "How unequal neighbouring periods of the voice are. Steady singers have 0.2 to 0.6 %.",
        unit: "%", group: "Voice", step: 0.001, role: Automated, kind: Continuous { skew: FINE_LOW } }
    timing { id: "timing", name: "Timing", min: 0.0, max: 60.0, default: 10.0,
        hint: "How far notes lie off the beat. Singers to a click lie 28 to 48 ms off; a little is enough.",
        unit: "ms", group: "Timing", step: 0.01, role: Automated, kind: Continuous { skew: FINE_LOW } }
    feel { id: "feel", name: "Feel", min: -40.0, max: 40.0, default: 0.0,
        hint: "Ahead of the beat (below 0) or behind it (above 0). Live can only be late.",
        unit: "ms", group: "Timing", step: 0.01, role: Automated, kind: Continuous { skew: LINEAR } }
    memory { id: "memory", name: "Memory", min: 0.0, max: 100.0, default: 80.0,
        hint: "How much a note's time follows from those before: 0 % is a machine's dice, 100 % people.",
        unit: "%", group: "Timing", step: 0.1, role: Automated, kind: Continuous { skew: LINEAR } }
    breath { id: "breath", name: "Breath", min: 0.0, max: 100.0, default: 35.0,
        hint: "Breath in the voice, added where it lacks: 0 % none, 60 % natural, 100 % near whispering.",
        unit: "%", group: "Breath", step: 0.1, role: Automated, kind: Continuous { skew: LINEAR } }
    breath_tone { id: "breath_tone", name: "Breath Tone", min: -12.0, max: 12.0, default: 0.0,
        hint: "Darker (below 0) or airier (above 0) than the singer's own throat.",
        unit: "dB", group: "Breath", step: 0.01, role: Automated, kind: Continuous { skew: LINEAR } }
    inhale { id: "inhale", name: "Inhale", min: INHALE_OFF_DB, max: 0.0, default: -33.0,
        hint: "How loud the singer breathes in before a phrase, against the phrase. At -60 dB never.",
        unit: "dB", group: "Breath", step: 0.01, role: Automated, kind: Continuous { skew: LINEAR } }
    inhale_every { id: "inhale_every", name: "Inhale Chance", min: 0.0, max: 100.0, default: 70.0,
        hint: "In how many of the rests that are long enough. Where the take breathes itself, nothing is added.",
        unit: "%", group: "Breath", step: 0.1, role: Automated, kind: Continuous { skew: LINEAR } }
    breathe { id: "breathe", name: "Breathe", min: 0.0, max: 1.0, default: 0.0,
        hint: "Breathes in once, here, each time it is switched on; while the voice sounds, as soon as it pauses.",
        unit: "", group: "Breath", step: 1.0, role: Stepped, kind: Switch }
    breath_keep { id: "breath_keep", name: "Own Breaths", min: -24.0, max: 12.0, default: 0.0,
        hint: "Softer or louder breaths of the take itself; nothing else changes.",
        unit: "dB", group: "Breath", step: 0.01, role: Automated, kind: Continuous { skew: LINEAR } }
    shimmer { id: "shimmer", name: "Shimmer", min: 0.0, max: 2.0, default: 0.1,
        hint: "How unequal in level neighbouring periods are. Steady singers have 0.1 to 0.3 dB.",
        unit: "dB", group: "Voice", step: 0.001, role: Automated, kind: Continuous { skew: FINE_LOW } }
    level { id: "level", name: "Level Life", min: 0.0, max: 6.0, default: 0.4,
        hint: "How far each note lies off its level, and how it swells.",
        unit: "dB", group: "Voice", step: 0.01, role: Automated, kind: Continuous { skew: FINE_LOW } }
    listen { id: "listen", name: "Listen", min: 0.0, max: 2.0, default: 0.0,
        hint: "Hear everything, the added breath alone, or all that is added and taken away.",
        unit: "", group: "Session", step: 1.0, role: Stepped, kind: Choice(&LISTEN_NAMES) }
    seed { id: "seed", name: "Seed", min: 0.0, max: 9999.0, default: OWN_SEED,
        hint: "Which singer: this instance's own, or one to share. Same seed, take and bar: same performance.",
        unit: "", group: "Performance", step: 1.0, role: Stepped, kind: Whole { zero: Some("Own") } }
    take { id: "take", name: "Take", min: 1.0, max: 99.0, default: 1.0,
        hint: "Another performance by the same singer: use two for a double.",
        unit: "", group: "Performance", step: 1.0, role: Stepped, kind: Whole { zero: None } }
    mode { id: "mode", name: "Mode", min: 0.0, max: 2.0, default: 1.0,
        hint: "How far it may look ahead: Live 10 ms, Studio 90 ms, Phrase 650 ms of latency. Not automatable.",
        unit: "", group: "Session", step: 1.0, role: Latency, kind: Choice(&MODE_NAMES) }
    output { id: "output", name: "Output", min: -24.0, max: 24.0, default: 0.0,
        hint: "Gain after everything.",
        unit: "dB", group: "Session", step: 0.01, role: Automated, kind: Continuous { skew: LINEAR } }
    bypass { id: "bypass", name: "Bypass", min: 0.0, max: 1.0, default: 0.0,
        hint: "Passes the input on without a jump in time.",
        unit: "", group: "Session", step: 1.0, role: Bypass, kind: Switch }
    learn { id: "learn", name: "Learn", min: 0.0, max: 1.0, default: 0.0,
        hint: "Remembers the song while it plays: what is known is sung alike from any start. Not automatable.",
        unit: "", group: "Session", step: 1.0, role: Session, kind: Switch }
    clock { id: "clock", name: "Host Clock", min: 0.0, max: 2.0, default: 0.0,
        hint: "Whose song position and automation the host sends: the audio's, or the playhead's. Not automatable.",
        unit: "", group: "Session", step: 1.0, role: Session, kind: Choice(&CLOCK_NAMES) }
    // The step is the finest at which all whole numbers are exact.
    scene { id: "scene", name: "Scene", min: 0.0, max: N_SCENES as f32, default: 0.0,
        hint: "Which of eight snapshots of the sound is heard; between two, a mixture. Off: the knobs.",
        unit: "", group: "Scenes", step: 0.01, role: Automated, kind: Position { zero: "Off" } }
}

/// The parameter of this id.
pub fn parameter(id: &str) -> Option<&'static Parameter> {
    PARAMETERS.iter().find(|parameter| parameter.id == id)
}

/// Whose song position and parameter values a host sends with a block of audio.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// Those of the audio in the block.
    #[default]
    Audio,
    /// Those of the playhead, which is the plugin's latency behind the audio.
    Playhead,
}

/// A plain value for each parameter: what a preset, a command line or a moment of automation holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Values([f32; PARAMETERS.len()]);

impl Default for Values {
    fn default() -> Self {
        // On the grid, where a host, a preset and a command line put the same value.
        Self(PARAMETERS.map(|parameter| match parameter.id {
            "seed" => FILE_SEED as f32,
            _ => parameter.rounded(parameter.default),
        }))
    }
}

impl Values {
    /// The values that `plain` gives for each parameter; the caller keeps to the ranges.
    pub fn from_plain(plain: impl Fn(&Parameter) -> f32) -> Self {
        Self(PARAMETERS.map(|parameter| plain(&parameter)))
    }

    /// The plain value of a parameter; `None` if there is no such id.
    pub fn get(&self, id: &str) -> Option<f32> {
        index(id).map(|index| self.0[index])
    }

    /// Sets a parameter to a plain value, or says why not and changes nothing.
    pub fn set(&mut self, id: &str, value: f64) -> Result<(), ParamError> {
        let index = index(id).ok_or_else(|| unknown_id(id))?;
        self.0[index] = PARAMETERS[index].check(value)?;
        Ok(())
    }

    /// Sets a parameter from text, see [`Parameter::parse`].
    pub fn set_text(&mut self, id: &str, text: &str) -> Result<(), ParamError> {
        let index = index(id).ok_or_else(|| unknown_id(id))?;
        self.0[index] = PARAMETERS[index].parse(text)?;
        Ok(())
    }

    /// What the engine is asked to do, at no known tempo. Total: a value outside its range counts as the nearest
    /// inside, NaN as the default.
    pub fn settings(&self) -> Settings {
        let plain = self.named();
        Settings {
            amount: plain.amount / 100.0,
            only_missing: plain.only_missing / 100.0,
            drift_cents: plain.drift,
            tremble_cents: plain.tremble,
            intonation_cents: plain.intonation,
            scoop_cents: plain.scoop,
            vibrato_cents: plain.vibrato,
            vibrato_rate_hz: plain.vibrato_rate,
            vibrato_life: plain.vibrato_life / 100.0,
            level_db: plain.level,
            jitter_percent: plain.jitter,
            shimmer_db: plain.shimmer,
            timing_ms: plain.timing,
            feel_ms: plain.feel,
            memory: plain.memory / 100.0,
            breath_hnr_db: breath_hnr_db(plain.breath),
            breath_tone_db: plain.breath_tone,
            breath_keep_db: plain.breath_keep,
            inhale_db: inhale_db(plain.inhale),
            inhale_chance: plain.inhale_every / 100.0,
            is_breathe_asked: plain.breathe >= 0.5,
            listen: Listen::ALL[plain.listen as usize],
            performance: Performance { seed: self.shared_seed().unwrap_or(FILE_SEED), take: plain.take as u32 },
            tempo: Tempo::UNKNOWN,
            output_db: plain.output,
            is_bypassed: plain.bypass >= 0.5,
        }
    }

    /// The seed, if it is one to be shared; `None` for an instance's own.
    pub fn shared_seed(&self) -> Option<u32> {
        let seed = self.named().seed;
        (seed != OWN_SEED).then_some(seed as u32)
    }

    /// What the host's clock is said to be; `None` where that depends on the host.
    pub fn clock(&self) -> Option<Clock> {
        [None, Some(Clock::Audio), Some(Clock::Playhead)][self.named().clock as usize]
    }

    /// The position among the scenes: 0 the knobs, 1 and more the scenes.
    pub fn scene_position(&self) -> f32 {
        self.named().scene
    }

    /// Whether the song is to be learned while it plays; no part of [`Settings`], which are those of a sound.
    pub fn is_learning(&self) -> bool {
        self.named().learn >= 0.5
    }

    /// The mode, which is no part of [`Settings`] because it is fixed while audio runs.
    pub fn mode(&self) -> Mode {
        Mode::ALL[self.named().mode as usize]
    }
}

/// The lowest value of the level of inhalations, dB: none. Chosen: below any room's floor.
const INHALE_OFF_DB: f32 = -60.0;

/// The harmonics-to-noise ratio at the ends of the breath knob, dB: no less than a clean voice has, and near
/// whispering. Source: docs/design.md §7.
const BREATH_HNR_DB: [f32; 2] = [45.0, 12.0];

fn breath_hnr_db(percent: f32) -> f32 {
    let [least, most] = BREATH_HNR_DB;
    if percent <= 0.0 { f32::INFINITY } else { least + (most - least) * percent / 100.0 }
}

fn inhale_db(db: f32) -> f32 {
    if db <= INHALE_OFF_DB { f32::NEG_INFINITY } else { db }
}

/// Words without line breaks and with one room between them, of at most so many characters.
pub(crate) fn tidy_words(words: &str, max_chars: usize) -> String {
    let words: String = words.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(max_chars).collect::<String>().trim_end().to_owned()
}

fn index(id: &str) -> Option<usize> {
    PARAMETERS.iter().position(|parameter| parameter.id == id)
}

fn unknown_id(id: &str) -> ParamError {
    ParamError::UnknownId { id: id.to_owned(), known: PARAMETERS.map(|parameter| parameter.id).join(", ") }
}
