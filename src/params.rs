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

mod host;
mod song;
#[cfg(feature = "editor")]
mod window;
pub use host::Hosted;
use host::OfHost;
pub use song::Song;
#[cfg(feature = "editor")]
pub use window::{Compared, EditorSize, Extent, Loaded, Settable, Slot, Slots, Visitor};

/// How a parameter moves between its ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Any value. `skew` below 1 gives the low end more of the knob's travel.
    Continuous {
        /// Exponent of the knob's travel.
        skew: f32,
    },
    /// Whole numbers.
    Whole,
    /// Off (0) or on (1).
    Switch,
    /// One of these, by its index.
    Choice(&'static [&'static str]),
}

/// What a host may do with a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It can be automated.
    Automated,
    /// Only a person sets it.
    Fixed,
    /// The host's own bypass switches it, too; only a [`Kind::Switch`] can be this.
    Bypass,
}

/// One parameter in plain units.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Frozen: sessions, presets and command lines refer to it.
    pub id: &'static str,
    /// As a host shows it.
    pub name: &'static str,
    /// Smallest plain value.
    pub min: f32,
    /// Largest plain value.
    pub max: f32,
    /// Plain value of a new instance.
    pub default: f32,
    /// Unit of the plain value, as shown behind it.
    pub unit: &'static str,
    /// The unit with a space before it, for the framework, which puts it right behind the number.
    spaced_unit: &'static str,
    /// Plain values are rounded to multiples of this, so that a value reads the same in a session, a preset and a
    /// bounce.
    pub step: f32,
    /// What a host may do with it.
    pub role: Role,
    /// How it moves.
    pub kind: Kind,
    /// One sentence for a person who meets the knob for the first time.
    pub hint: &'static str,
}

/// Exponents of a knob's travel. Chosen: even; and finer at the low end, where a small step changes much.
const LINEAR: f32 = 1.0;
const FINE_LOW: f32 = 0.5;

/// The modes by name, in the order of [`Mode::ALL`].
pub const MODE_NAMES: [&str; 3] = ["Live", "Studio", "Phrase"];

/// What is heard by name, in the order of [`Listen::ALL`].
pub const LISTEN_NAMES: [&str; 3] = ["Output", "Breath Only", "Added Only"];

// In the order in which hosts list them.
host::parameters! {
    amount { id: "amount", name: "Humanize", min: 0.0, max: 150.0, default: 100.0,
        hint: "How much of everything below is added. At 0 % the input passes untouched.",
        unit: "%", step: 0.1, role: Automated, kind: Continuous { skew: LINEAR } }
    only_missing { id: "only_missing", name: "Only What's Missing", min: 0.0, max: 100.0, default: 100.0,
        hint: "At 100 % what the take has of its own is not added again; at 0 % everything is.",
        unit: "%", step: 0.1, role: Automated, kind: Continuous { skew: LINEAR } }
    drift { id: "drift", name: "Drift", min: 0.0, max: 50.0, default: 9.8,
        hint: "Slow wandering of the pitch, 0.3 to 3.5 Hz. Singers drift by 5 to 14 cents.",
        unit: "cents", step: 0.01, role: Automated, kind: Continuous { skew: FINE_LOW } }
    tremble { id: "tremble", name: "Tremble", min: 0.0, max: 20.0, default: 8.5,
        hint: "Fast unsteadiness of the pitch, 3.5 to 30 Hz: muscle, not vibrato.",
        unit: "cents", step: 0.01, role: Automated, kind: Continuous { skew: FINE_LOW } }
    intonation { id: "intonation", name: "Intonation", min: 0.0, max: 30.0, default: 18.5,
        hint: "How far each note lies off its pitch, and how it leans. Trained singers: 11 cents.",
        unit: "cents", step: 0.01, role: Automated, kind: Continuous { skew: FINE_LOW } }
    scoop { id: "scoop", name: "Scoop", min: 0.0, max: 200.0, default: 50.0,
        hint: "How far below the note the voice begins after a rest or an upward leap, now and then.",
        unit: "cents", step: 0.1, role: Automated, kind: Continuous { skew: FINE_LOW } }
    vibrato { id: "vibrato", name: "Vibrato", min: 0.0, max: 100.0, default: 0.0,
        hint: "Vibrato on held notes, late and never regular. Pop: 20 to 50 cents, opera: 70.",
        unit: "cents", step: 0.1, role: Automated, kind: Continuous { skew: FINE_LOW } }
    vibrato_rate { id: "vibrato_rate", name: "Vibrato Rate", min: 3.0, max: 9.0, default: 5.8,
        hint: "How fast it swings. Singers: 5.3 to 6.6 Hz.",
        unit: "Hz", step: 0.01, role: Automated, kind: Continuous { skew: LINEAR } }
    vibrato_life { id: "vibrato_life", name: "Vibrato Life", min: 0.0, max: 100.0, default: 50.0,
        hint: "How uneven vibrato swings, added or the take's own where it is even: 0 % is a machine's.",
        unit: "%", step: 0.1, role: Automated, kind: Continuous { skew: LINEAR } }
    jitter { id: "jitter", name: "Jitter", min: 0.0, max: 3.0, default: 0.15,
        hint: "How unequal neighbouring periods of the voice are. Steady singers have 0.2 to 0.6 %.",
        unit: "%", step: 0.001, role: Automated, kind: Continuous { skew: FINE_LOW } }
    timing { id: "timing", name: "Timing", min: 0.0, max: 60.0, default: 10.0,
        hint: "How far notes lie off the beat. Singers to a click lie 28 to 48 ms off; a little is enough.",
        unit: "ms", step: 0.01, role: Automated, kind: Continuous { skew: FINE_LOW } }
    feel { id: "feel", name: "Feel", min: -40.0, max: 40.0, default: 0.0,
        hint: "Ahead of the beat (below 0) or behind it (above 0). Live can only be late.",
        unit: "ms", step: 0.01, role: Automated, kind: Continuous { skew: LINEAR } }
    memory { id: "memory", name: "Memory", min: 0.0, max: 100.0, default: 80.0,
        hint: "How much a note's time follows from those before: 0 % is a machine's dice, 100 % people.",
        unit: "%", step: 0.1, role: Automated, kind: Continuous { skew: LINEAR } }
    breath { id: "breath", name: "Breath", min: 0.0, max: 100.0, default: 35.0,
        hint: "Breath in the voice, added where it lacks: 0 % none, 60 % natural, 100 % near whispering.",
        unit: "%", step: 0.1, role: Automated, kind: Continuous { skew: LINEAR } }
    breath_tone { id: "breath_tone", name: "Breath Tone", min: -12.0, max: 12.0, default: 0.0,
        hint: "Darker (below 0) or airier (above 0) than the singer's own throat.",
        unit: "dB", step: 0.01, role: Automated, kind: Continuous { skew: LINEAR } }
    inhale { id: "inhale", name: "Inhale", min: INHALE_OFF_DB, max: 0.0, default: -33.0,
        hint: "How loud the singer breathes in before a phrase, against the phrase. At -60 dB never.",
        unit: "dB", step: 0.01, role: Automated, kind: Continuous { skew: LINEAR } }
    inhale_every { id: "inhale_every", name: "Inhale Chance", min: 0.0, max: 100.0, default: 70.0,
        hint: "In how many of the rests that are long enough. Where the take breathes itself, nothing is added.",
        unit: "%", step: 0.1, role: Automated, kind: Continuous { skew: LINEAR } }
    breathe { id: "breathe", name: "Breathe", min: 0.0, max: 1.0, default: 0.0,
        hint: "Breathes in once, here, each time it is switched on; while the voice sounds, as soon as it pauses.",
        unit: "", step: 1.0, role: Automated, kind: Switch }
    breath_keep { id: "breath_keep", name: "Own Breaths", min: -24.0, max: 12.0, default: 0.0,
        hint: "Softer or louder breaths of the take itself; nothing else changes.",
        unit: "dB", step: 0.01, role: Automated, kind: Continuous { skew: LINEAR } }
    shimmer { id: "shimmer", name: "Shimmer", min: 0.0, max: 2.0, default: 0.1,
        hint: "How unequal in level neighbouring periods are. Steady singers have 0.1 to 0.3 dB.",
        unit: "dB", step: 0.001, role: Automated, kind: Continuous { skew: FINE_LOW } }
    level { id: "level", name: "Level Life", min: 0.0, max: 6.0, default: 0.4,
        hint: "How far each note lies off its level, and how it swells.",
        unit: "dB", step: 0.01, role: Automated, kind: Continuous { skew: FINE_LOW } }
    listen { id: "listen", name: "Listen", min: 0.0, max: 2.0, default: 0.0,
        hint: "Hear everything, the added breath alone, or all that is added and taken away.",
        unit: "", step: 1.0, role: Automated, kind: Choice(&LISTEN_NAMES) }
    seed { id: "seed", name: "Seed", min: 0.0, max: 9999.0, default: 1.0,
        hint: "Which singer. The same seed, take and bar always give the same performance.",
        unit: "", step: 1.0, role: Automated, kind: Whole }
    take { id: "take", name: "Take", min: 1.0, max: 99.0, default: 1.0,
        hint: "Another performance by the same singer: use two for a double.",
        unit: "", step: 1.0, role: Automated, kind: Whole }
    mode { id: "mode", name: "Mode", min: 0.0, max: 2.0, default: 1.0,
        hint: "How far it may look ahead: Live 10 ms, Studio 90 ms, Phrase 650 ms of latency. Not automatable.",
        unit: "", step: 1.0, role: Fixed, kind: Choice(&MODE_NAMES) }
    output { id: "output", name: "Output", min: -24.0, max: 24.0, default: 0.0,
        hint: "Gain after everything.",
        unit: "dB", step: 0.01, role: Automated, kind: Continuous { skew: LINEAR } }
    bypass { id: "bypass", name: "Bypass", min: 0.0, max: 1.0, default: 0.0,
        hint: "Passes the input on without a jump in time.",
        unit: "", step: 1.0, role: Bypass, kind: Switch }
    learn { id: "learn", name: "Learn", min: 0.0, max: 1.0, default: 0.0,
        hint: "Remembers the song while it plays: what is known is sung alike from any start. Not automatable.",
        unit: "", step: 1.0, role: Fixed, kind: Switch }
}

/// The parameter of this id.
pub fn parameter(id: &str) -> Option<&'static Parameter> {
    PARAMETERS.iter().find(|parameter| parameter.id == id)
}

/// Why a value was not taken.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ParamError {
    /// No parameter has this id.
    #[error("there is no parameter '{id}'; there are: {known}")]
    UnknownId {
        /// The id asked for.
        id: String,
        /// All ids, separated by commas.
        known: String,
    },
    /// The value is outside the parameter's range.
    #[error("'{id}' must lie between {min} and {max} {unit}, not {value}")]
    OutOfRange {
        /// The parameter's id.
        id: &'static str,
        /// The value given.
        value: f64,
        /// Smallest plain value.
        min: f32,
        /// Largest plain value.
        max: f32,
        /// The parameter's unit.
        unit: &'static str,
    },
    /// The parameter takes whole numbers only.
    #[error("'{id}' must be a whole number between {min} and {max}, not {value}")]
    NotWhole {
        /// The parameter's id.
        id: &'static str,
        /// The value given.
        value: f64,
        /// Smallest plain value.
        min: f32,
        /// Largest plain value.
        max: f32,
    },
    /// Neither a number nor one of the parameter's names.
    #[error("'{id}' cannot be '{text}'; it takes {expected}")]
    NotAValue {
        /// The parameter's id.
        id: &'static str,
        /// The text given.
        text: String,
        /// What would be right.
        expected: String,
    },
}

impl Parameter {
    /// `value` as this parameter can hold it, or why it cannot.
    pub fn check(&self, value: f64) -> Result<f32, ParamError> {
        let Self { id, min, max, unit, .. } = *self;
        if !(f64::from(min)..=f64::from(max)).contains(&value) {
            return Err(ParamError::OutOfRange { id, value, min, max, unit });
        }
        if !matches!(self.kind, Kind::Continuous { .. }) && value.fract() != 0.0 {
            return Err(ParamError::NotWhole { id, value, min, max });
        }
        Ok(self.rounded(value as f32))
    }

    /// The nearest value on the parameter's grid of steps, within its range.
    pub fn rounded(&self, value: f32) -> f32 {
        // As the framework rounds, so that both arrive at the same bits.
        ((value / self.step).round() * self.step).clamp(self.min, self.max)
    }

    /// `value`, or the nearest inside the range; the default for NaN.
    fn nearest(&self, value: f32) -> f32 {
        if value.is_nan() { self.rounded(self.default) } else { value.clamp(self.min, self.max) }
    }

    /// The plain value as a person reads it, without the unit: no more digits than the step has, no trailing zeros.
    pub fn text(&self, value: f32) -> String {
        match self.kind {
            Kind::Choice(names) => names.get(value as usize).copied().unwrap_or("?").to_owned(),
            Kind::Switch => if value >= 0.5 { "On" } else { "Off" }.to_owned(),
            Kind::Continuous { .. } | Kind::Whole => {
                let digits = (-self.step.log10()).round().max(0.0) as usize;
                let text = format!("{value:.digits$}");
                let text = if digits > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
                if text == "-0" { "0".to_owned() } else { text.to_owned() }
            }
        }
    }

    /// Reads a value as a person writes it: a number, or the name of a choice or switch position, in any case.
    pub fn parse(&self, text: &str) -> Result<f32, ParamError> {
        let trimmed = text.trim();
        let names: &[&str] = match self.kind {
            Kind::Choice(names) => names,
            Kind::Switch => &["off", "on"],
            Kind::Continuous { .. } | Kind::Whole => &[],
        };
        if let Some(index) = names.iter().position(|name| name.eq_ignore_ascii_case(trimmed)) {
            return Ok(index as f32);
        }
        match trimmed.parse::<f64>() {
            Ok(value) => self.check(value),
            Err(_) => Err(ParamError::NotAValue { id: self.id, text: text.to_owned(), expected: self.expected() }),
        }
    }

    fn expected(&self) -> String {
        match self.kind {
            Kind::Choice(names) => format!("one of {}", names.join(", ")),
            Kind::Switch => "on or off".to_owned(),
            Kind::Continuous { .. } | Kind::Whole => {
                format!("a number between {} and {} {}", self.min, self.max, self.unit).trim_end().to_owned()
            }
        }
    }
}

/// A plain value for each parameter: what a preset, a command line or a moment of automation holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Values([f32; PARAMETERS.len()]);

impl Default for Values {
    fn default() -> Self {
        // On the grid, where a host, a preset and a command line put the same value.
        Self(PARAMETERS.map(|parameter| parameter.rounded(parameter.default)))
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
            performance: Performance { seed: plain.seed as u32, take: plain.take as u32 },
            tempo: Tempo::UNKNOWN,
            output_db: plain.output,
            is_bypassed: plain.bypass >= 0.5,
        }
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

fn index(id: &str) -> Option<usize> {
    PARAMETERS.iter().position(|parameter| parameter.id == id)
}

fn unknown_id(id: &str) -> ParamError {
    ParamError::UnknownId { id: id.to_owned(), known: PARAMETERS.map(|parameter| parameter.id).join(", ") }
}
