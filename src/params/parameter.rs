//! What one parameter is: its range, its unit, how its values are written, and why one is refused.

/// How a parameter moves between its ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Any value. `skew` below 1 gives the low end more of the knob's travel.
    Continuous {
        /// Exponent of the knob's travel.
        skew: f32,
    },
    /// A place in a row of numbered ones, or between two of them.
    Position {
        /// What 0 is called, where no place is meant.
        zero: &'static str,
    },
    /// Whole numbers.
    Whole {
        /// What 0 is called, where it is no number.
        zero: Option<&'static str>,
    },
    /// Off (0) or on (1).
    Switch,
    /// One of these, by its index.
    Choice(&'static [&'static str]),
}

/// What a host may do with a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It can be automated and modulated.
    Automated,
    /// It can be automated, but not modulated: between two of its values there is nothing.
    Stepped,
    /// Only a person sets it: it changes the latency.
    Latency,
    /// Only a person sets it, and only in a host: files have no such thing.
    Session,
    /// The host's own bypass switches it, too; only a [`Kind::Switch`] can be this.
    Bypass,
}

impl Kind {
    /// Whether there is something between two of its values.
    pub fn is_continuous(&self) -> bool {
        matches!(self, Self::Continuous { .. } | Self::Position { .. })
    }
}

/// What belongs to the session and not to the sound: no preset and no scene holds it.
const OF_SESSION: [&str; 10] =
    ["breathe", "listen", "seed", "take", "mode", "output", "bypass", "learn", "clock", "scene"];

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
    /// The group that it stands in, in the window and in hosts.
    pub group: &'static str,
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
    #[error("'{id}' must lie between {min} and {max}{}{unit}, not {value}", if unit.is_empty() { "" } else { " " })]
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
    /// Whether it is a part of the sound, which presets and scenes hold, and not of the session.
    pub fn is_sound(&self) -> bool {
        !OF_SESSION.contains(&self.id)
    }

    /// `value` as this parameter can hold it, or why it cannot.
    pub fn check(&self, value: f64) -> Result<f32, ParamError> {
        let Self { id, min, max, unit, .. } = *self;
        if !(f64::from(min)..=f64::from(max)).contains(&value) {
            return Err(ParamError::OutOfRange { id, value, min, max, unit });
        }
        if !self.kind.is_continuous() && value.fract() != 0.0 {
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
    pub(super) fn nearest(&self, value: f32) -> f32 {
        if value.is_nan() { self.rounded(self.default) } else { value.clamp(self.min, self.max) }
    }

    /// The plain value as a person reads it, without the unit: no more digits than the step has, no trailing zeros.
    pub fn text(&self, value: f32) -> String {
        match self.kind {
            Kind::Choice(names) => names.get(value as usize).copied().unwrap_or("?").to_owned(),
            Kind::Switch => if value >= 0.5 { "On" } else { "Off" }.to_owned(),
            Kind::Whole { zero: Some(name) } | Kind::Position { zero: name } if value == 0.0 => name.to_owned(),
            Kind::Continuous { .. } | Kind::Position { .. } | Kind::Whole { .. } => {
                let digits = (-self.step.log10()).round().max(0.0) as usize;
                let text = format!("{value:.digits$}");
                let text = if digits > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
                if text == "-0" { "0".to_owned() } else { text.to_owned() }
            }
        }
    }

    /// Reads a value as it stands in a file or on a command line: a number in the range, or the name of a choice or
    /// switch position, in any case.
    pub fn parse(&self, text: &str) -> Result<f32, ParamError> {
        let trimmed = text.trim();
        if let Some(value) = self.named(trimmed) {
            return Ok(value);
        }
        match trimmed.parse::<f64>() {
            Ok(value) => self.check(value),
            Err(_) => Err(self.not_a_value(text)),
        }
    }

    /// The value that has this name, in any case.
    pub(super) fn named(&self, name: &str) -> Option<f32> {
        let names: &[&str] = match &self.kind {
            Kind::Choice(names) => names,
            Kind::Switch => &["off", "on"],
            Kind::Whole { zero } => zero.as_slice(),
            Kind::Position { zero } => std::slice::from_ref(zero),
            Kind::Continuous { .. } => &[],
        };
        names.iter().position(|known| known.eq_ignore_ascii_case(name)).map(|index| index as f32)
    }

    /// The plain value as a person reads it, with the unit.
    pub fn text_with_unit(&self, value: f32) -> String {
        let text = self.text(value);
        if self.unit.is_empty() { text } else { format!("{text} {}", self.unit) }
    }

    pub(super) fn not_a_value(&self, text: &str) -> ParamError {
        ParamError::NotAValue { id: self.id, text: text.to_owned(), expected: self.expected() }
    }

    fn expected(&self) -> String {
        match self.kind {
            Kind::Choice(names) => format!("one of {}", names.join(", ")),
            Kind::Switch => "on or off".to_owned(),
            Kind::Continuous { .. } | Kind::Position { .. } | Kind::Whole { .. } => {
                format!("a number between {} and {} {}", self.min, self.max, self.unit).trim_end().to_owned()
            }
        }
    }
}
