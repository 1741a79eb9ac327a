//! The parameters as a host sees them, made from the one list in [`PARAMETERS`](super::PARAMETERS).

use std::sync::Arc;

use nice_plug::prelude::*;

use super::{Kind, Parameter, Values, parameter};

/// The host's parameters. No smoothing here: the engine moves its values itself, the same way in every host and
/// offline.
#[derive(Params)]
#[allow(missing_docs, reason = "each parameter is described once, in PARAMETERS")]
pub struct VoiceParams {
    /// The editor's size, kept in the session.
    #[cfg(feature = "editor")]
    #[persist = "editor-size"]
    pub editor_size: super::EditorSize,
    #[id = "amount"]
    pub amount: FloatParam,
    #[id = "only_missing"]
    pub only_missing: FloatParam,
    #[id = "drift"]
    pub drift: FloatParam,
    #[id = "tremble"]
    pub tremble: FloatParam,
    #[id = "intonation"]
    pub intonation: FloatParam,
    #[id = "scoop"]
    pub scoop: FloatParam,
    #[id = "vibrato"]
    pub vibrato: FloatParam,
    #[id = "vibrato_rate"]
    pub vibrato_rate: FloatParam,
    #[id = "vibrato_life"]
    pub vibrato_life: FloatParam,
    #[id = "jitter"]
    pub jitter: FloatParam,
    #[id = "timing"]
    pub timing: FloatParam,
    #[id = "feel"]
    pub feel: FloatParam,
    #[id = "memory"]
    pub memory: FloatParam,
    #[id = "breath"]
    pub breath: FloatParam,
    #[id = "breath_tone"]
    pub breath_tone: FloatParam,
    #[id = "inhale"]
    pub inhale: FloatParam,
    #[id = "inhale_every"]
    pub inhale_every: FloatParam,
    #[id = "breathe"]
    pub breathe: BoolParam,
    #[id = "breath_keep"]
    pub breath_keep: FloatParam,
    #[id = "shimmer"]
    pub shimmer: FloatParam,
    #[id = "level"]
    pub level: FloatParam,
    #[id = "listen"]
    pub listen: IntParam,
    #[id = "seed"]
    pub seed: IntParam,
    #[id = "take"]
    pub take: IntParam,
    #[id = "mode"]
    pub mode: IntParam,
    #[id = "output"]
    pub output: FloatParam,
    #[id = "bypass"]
    pub bypass: BoolParam,
}

impl Default for VoiceParams {
    fn default() -> Self {
        Self {
            #[cfg(feature = "editor")]
            editor_size: super::EditorSize::default(),
            amount: float("amount"),
            only_missing: float("only_missing"),
            drift: float("drift"),
            tremble: float("tremble"),
            intonation: float("intonation"),
            scoop: float("scoop"),
            vibrato: float("vibrato"),
            vibrato_rate: float("vibrato_rate"),
            vibrato_life: float("vibrato_life"),
            jitter: float("jitter"),
            timing: float("timing"),
            feel: float("feel"),
            memory: float("memory"),
            breath: float("breath"),
            breath_tone: float("breath_tone"),
            inhale: float("inhale"),
            inhale_every: float("inhale_every"),
            breathe: BoolParam::new("Breathe", false),
            breath_keep: float("breath_keep"),
            shimmer: float("shimmer"),
            level: float("level"),
            listen: whole("listen"),
            seed: whole("seed"),
            take: whole("take"),
            mode: whole("mode").non_automatable(),
            output: float("output"),
            bypass: BoolParam::new("Bypass", false).make_bypass(),
        }
    }
}

impl VoiceParams {
    /// The plain values of this moment. Realtime-safe.
    pub fn values(&self) -> Values {
        Values::from_plain(|parameter| match parameter.id {
            "amount" => self.amount.value(),
            "only_missing" => self.only_missing.value(),
            "drift" => self.drift.value(),
            "tremble" => self.tremble.value(),
            "intonation" => self.intonation.value(),
            "scoop" => self.scoop.value(),
            "vibrato" => self.vibrato.value(),
            "vibrato_rate" => self.vibrato_rate.value(),
            "vibrato_life" => self.vibrato_life.value(),
            "jitter" => self.jitter.value(),
            "timing" => self.timing.value(),
            "feel" => self.feel.value(),
            "memory" => self.memory.value(),
            "breath" => self.breath.value(),
            "breath_tone" => self.breath_tone.value(),
            "inhale" => self.inhale.value(),
            "inhale_every" => self.inhale_every.value(),
            "breathe" => f32::from(u8::from(self.breathe.value())),
            "breath_keep" => self.breath_keep.value(),
            "shimmer" => self.shimmer.value(),
            "level" => self.level.value(),
            "listen" => self.listen.value() as f32,
            "seed" => self.seed.value() as f32,
            "take" => self.take.value() as f32,
            "mode" => self.mode.value() as f32,
            "output" => self.output.value(),
            "bypass" => f32::from(u8::from(self.bypass.value())),
            _ => parameter.default,
        })
    }
}

fn listed(id: &str) -> &'static Parameter {
    parameter(id).expect("every field is in PARAMETERS, which a test holds")
}

fn float(id: &str) -> FloatParam {
    let parameter = listed(id);
    let Parameter { min, max, .. } = *parameter;
    let range = match parameter.kind {
        Kind::Continuous { skew } if skew != 1.0 => FloatRange::Skewed { min, max, factor: skew },
        _ => FloatRange::Linear { min, max },
    };
    FloatParam::new(parameter.name, parameter.rounded(parameter.default), range)
        .with_step_size(parameter.step)
        .with_unit(spaced(parameter.unit))
        .with_value_to_string(Arc::new(|value| parameter.text(value)))
        .with_string_to_value(Arc::new(|text| read(parameter, text)))
}

fn whole(id: &str) -> IntParam {
    let parameter = listed(id);
    let range = IntRange::Linear { min: parameter.min as i32, max: parameter.max as i32 };
    IntParam::new(parameter.name, parameter.default as i32, range)
        .with_value_to_string(Arc::new(|value| parameter.text(value as f32)))
        .with_string_to_value(Arc::new(|text| read(parameter, text).map(|value| value as i32)))
}

/// A host hands back what it showed, so the unit may be there.
fn read(parameter: &'static Parameter, text: &str) -> Option<f32> {
    parameter.parse(text.trim().trim_end_matches(parameter.unit)).ok()
}

/// The framework puts the unit right behind the number.
fn spaced(unit: &'static str) -> &'static str {
    match unit {
        "%" => " %",
        "cents" => " cents",
        "dB" => " dB",
        "ms" => " ms",
        "Hz" => " Hz",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::PARAMETERS;

    #[test]
    fn every_unit_stands_apart_from_its_number() {
        for Parameter { id, unit, .. } in PARAMETERS.iter().filter(|parameter| !parameter.unit.is_empty()) {
            assert_eq!(spaced(unit), format!(" {unit}"), "{id}");
        }
    }
}
