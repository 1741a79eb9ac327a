//! Values as people type them into a host or the window: with a unit or without, in any case, beyond the range or with
//! a decimal comma.
//!
//! In: what was typed. Out: the value that was meant, or that it is none. Files and the command line are read more
//! strictly ([`Parameter::parse`]), so that a slip in them is not taken for something else.

use super::{Kind, ParamError, Parameter};

/// How units are written besides their own name, in lower case.
const UNIT_NAMES: [(&str, &[&str]); 5] = [
    ("cents", &["c", "ct", "cts", "cent", "¢"]),
    ("dB", &["decibel", "decibels"]),
    ("ms", &["msec", "millisecond", "milliseconds"]),
    ("Hz", &["hertz"]),
    ("%", &["percent", "pct"]),
];
/// How a switch is written besides its own names.
const ON: [&str; 3] = ["yes", "true", "1"];
const OFF: [&str; 3] = ["no", "false", "0"];

impl Parameter {
    /// Reads a value as a person types it: the nearest one that the parameter can hold.
    ///
    /// ```
    /// let feel = con_anima::params::parameter("feel").unwrap();
    /// assert_eq!(feel.typed("12,5 MS"), Ok(12.5));
    /// assert_eq!(feel.typed("\u{2212}99"), Ok(-40.0));
    /// ```
    ///
    /// # Errors
    /// [`ParamError::NotAValue`] if the text is neither a number nor a name, or the unit is another one.
    pub fn typed(&self, text: &str) -> Result<f32, ParamError> {
        let plain = text.trim().replace('\u{2212}', "-").to_lowercase();
        let value = self.named(&plain).or_else(|| self.switched(&plain)).or_else(|| self.number(&plain));
        value.map(|value| self.held(value)).ok_or_else(|| self.not_a_value(text))
    }

    /// Other names of on and off; and of a value at which nothing is done.
    fn switched(&self, text: &str) -> Option<f32> {
        match self.kind {
            Kind::Switch if ON.contains(&text) => Some(1.0),
            Kind::Switch if OFF.contains(&text) => Some(0.0),
            // The window shows the number behind the name, too.
            Kind::Whole { zero: Some(name) } if text.starts_with(&name.to_lowercase()) => Some(0.0),
            // A level that is never above that of the voice is off at its lowest.
            Kind::Continuous { .. } if text == "off" => Some(if self.max <= 0.0 { self.min } else { 0.0 }),
            _ => None,
        }
    }

    /// A number with this parameter's unit, or with none.
    fn number(&self, text: &str) -> Option<f32> {
        let is_infinite = ["-inf", "-infinity", "-\u{221e}"].iter().any(|name| text.starts_with(name));
        if is_infinite && self.kind.is_continuous() {
            return Some(self.min);
        }
        let ends = text.find(|letter: char| !(letter.is_ascii_digit() || "+-.,".contains(letter)));
        let (number, unit) = text.split_at(ends.unwrap_or(text.len()));
        if !self.is_unit(unit.trim()) {
            return None;
        }
        let number = self.without_commas(number);
        number.parse::<f32>().ok().filter(|value| value.is_finite())
    }

    fn is_unit(&self, text: &str) -> bool {
        let names = UNIT_NAMES.iter().find(|(unit, _)| *unit == self.unit).map_or(&[][..], |(_, names)| names);
        text.is_empty() || text == self.unit.to_lowercase() || names.contains(&text)
    }

    /// A comma is a decimal point; between the thousands of whole numbers it is nothing.
    fn without_commas(&self, number: &str) -> String {
        let is_whole = !self.kind.is_continuous();
        let is_grouped = number.rsplit_once(',').is_some_and(|(_, digits)| digits.len() == 3);
        number.replace(',', if is_whole && is_grouped { "" } else { "." })
    }

    fn held(&self, value: f32) -> f32 {
        let value = value.clamp(self.min, self.max);
        if self.kind.is_continuous() { self.rounded(value) } else { value.round() }
    }
}

#[cfg(test)]
mod tests {
    use crate::params::{PARAMETERS, parameter};

    fn typed(id: &str, text: &str) -> Option<f32> {
        parameter(id).expect("it is listed").typed(text).ok()
    }

    #[test]
    fn a_number_is_taken_with_or_without_its_unit() {
        for text in ["12.5", " 12.5 cents", "12,5c", "12.5 CENT", "+12.5", "12.5ct", "12.5 ¢"] {
            assert_eq!(typed("drift", text), Some(12.5), "{text}");
        }
        assert_eq!(typed("drift", "7c"), Some(7.0));
        assert_eq!(typed("drift", "7 cent"), Some(7.0));
        assert_eq!(typed("output", "-6 db"), Some(-6.0));
        assert_eq!(typed("output", "\u{2212}6 dB"), Some(-6.0));
        assert_eq!(typed("timing", "12 MS"), Some(12.0));
        assert_eq!(typed("vibrato_rate", "5.5hz"), Some(5.5));
        assert_eq!(typed("drift", "7,5"), Some(7.5));
        assert_eq!(typed("amount", "80 percent"), Some(80.0));
        assert_eq!(typed("seed", "17"), Some(17.0));
        assert_eq!(typed("seed", "1,234"), Some(1234.0));
    }

    #[test]
    fn a_number_outside_the_range_is_the_nearest_inside() {
        assert_eq!(typed("drift", "900"), Some(50.0));
        assert_eq!(typed("take", "0"), Some(1.0));
        assert_eq!(typed("output", "-99 dB"), Some(-24.0));
        assert_eq!(typed("output", "-inf dB"), Some(-24.0));
        assert_eq!(typed("inhale", "-inf"), Some(-60.0));
    }

    #[test]
    fn names_are_taken_in_any_case() {
        assert_eq!(typed("mode", "pHRASE"), Some(2.0));
        assert_eq!(typed("seed", "own"), Some(0.0));
        assert_eq!(typed("seed", "Own 1234"), Some(0.0));
        assert_eq!(typed("clock", "PLAYHEAD"), Some(2.0));
        for (text, value) in
            [("on", 1.0), ("Yes", 1.0), ("TRUE", 1.0), ("1", 1.0), ("Off", 0.0), ("no", 0.0), ("0", 0.0)]
        {
            assert_eq!(typed("bypass", text), Some(value), "{text}");
        }
        assert_eq!(typed("inhale", "off"), Some(-60.0));
        assert_eq!(typed("drift", "off"), Some(0.0));
        assert_eq!(typed("feel", "OFF"), Some(0.0));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "loud", "12 dB", "1.2.3", "-", "nan", "inf", "12 c c", "1e9x"] {
            assert_eq!(typed("drift", text), None, "{text}");
        }
        assert_eq!(typed("seed", "12 %"), None);
        assert_eq!(typed("mode", "fast"), None);
        assert_eq!(typed("take", "-inf"), None);
    }

    #[test]
    fn what_is_shown_can_be_typed() {
        for parameter in &PARAMETERS {
            for value in [parameter.min, parameter.default, parameter.max] {
                let value = parameter.rounded(value);
                assert_eq!(parameter.typed(&parameter.text(value)), Ok(value), "{}", parameter.id);
                assert_eq!(parameter.typed(&parameter.text_with_unit(value)), Ok(value), "{}", parameter.id);
            }
        }
    }
}
