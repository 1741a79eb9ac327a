//! The parameters and presets that sessions, files and the README refer to.

mod common;

use con_anima::params::{Kind, PARAMETERS, ParamError, Values, VoiceParams, parameter};
use con_anima::presets::{self, FACTORY, PresetError};
use con_anima::settings::Mode;

/// Sessions refer to parameters by these ids and plain ranges, hosts by their order.
#[test]
fn ids_and_ranges_are_frozen() {
    let listed = PARAMETERS.map(|p| format!("{} {}..{} = {}", p.id, p.min, p.max, p.default));
    let frozen = [
        "amount 0..150 = 100",
        "only_missing 0..100 = 100",
        "drift 0..50 = 9.8",
        "tremble 0..20 = 8.5",
        "intonation 0..30 = 18.5",
        "scoop 0..200 = 50",
        "vibrato 0..100 = 0",
        "vibrato_rate 3..9 = 5.8",
        "vibrato_life 0..100 = 50",
        "jitter 0..3 = 0.15",
        "timing 0..60 = 10",
        "feel -40..40 = 0",
        "memory 0..100 = 80",
        "breath 0..100 = 35",
        "breath_tone -12..12 = 0",
        "inhale -60..0 = -33",
        "inhale_every 0..100 = 70",
        "breathe 0..1 = 0",
        "breath_keep -24..12 = 0",
        "shimmer 0..2 = 0.1",
        "level 0..6 = 0.4",
        "listen 0..2 = 0",
        "seed 0..9999 = 0",
        "take 1..99 = 1",
        "mode 0..2 = 1",
        "output -24..24 = 0",
        "bypass 0..1 = 0",
        "learn 0..1 = 0",
        "clock 0..2 = 0",
        "scene 0..8 = 0",
    ];
    let advice = "Sessions, presets and automation of released versions refer to these. A new parameter goes to the \
                  end, here too. If an id, a range or a default has changed, take the change back, or migrate old \
                  states in src/params/session.rs, raise its format number, and test with a state that the old \
                  version wrote.";
    assert_eq!(listed[..], frozen[..], "{advice}");
}

#[test]
fn the_readme_table_is_the_list() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    for p in PARAMETERS {
        let range = match p.kind {
            Kind::Choice(names) => names.join(" / "),
            Kind::Switch => "off / on".to_owned(),
            Kind::Continuous { .. } | Kind::Position { .. } | Kind::Whole { .. } => format!("{} – {}", p.min, p.max),
        };
        let default = match p.kind {
            Kind::Choice(_) => p.text(p.default),
            Kind::Switch => p.text(p.default).to_lowercase(),
            Kind::Continuous { .. } | Kind::Position { .. } | Kind::Whole { .. } => {
                format!("{} {}", p.text(p.default), p.unit).trim_end().to_owned()
            }
        };
        let row = format!("| `{}` | {} | {range} | {default} |", p.id, p.name);
        assert!(readme.contains(&row), "README.md lacks: {row}");
    }
}

#[test]
fn a_new_instance_holds_the_listed_defaults() {
    let mut new = VoiceParams::default().values();
    assert_eq!(new.shared_seed(), None, "each instance has its own singer");
    new.set_text("seed", "1").unwrap();
    assert_eq!(new, Values::default(), "files are sung by the first");
    let settings = Values::default().settings();
    assert_eq!((settings.amount, settings.drift_cents, settings.is_bypassed), (1.0, 9.8, false));
    assert_eq!(Values::default().mode(), Mode::Studio);
    for p in PARAMETERS {
        let mut typed = Values::default();
        typed.set_text(p.id, &p.text(Values::default().get(p.id).unwrap())).unwrap();
        assert_eq!(typed, Values::default(), "{}: the default that is typed is the default", p.id);
    }
}

#[test]
fn values_are_checked_and_nothing_changes_when_they_are_wrong() {
    let mut values = Values::default();
    assert!(matches!(values.set("drfit", 1.0), Err(ParamError::UnknownId { .. })));
    assert!(matches!(values.set("drift", 51.0), Err(ParamError::OutOfRange { .. })));
    assert!(matches!(values.set("drift", f64::NAN), Err(ParamError::OutOfRange { .. })));
    assert!(matches!(values.set("take", 1.5), Err(ParamError::NotWhole { .. })));
    assert!(matches!(values.set_text("mode", "fast"), Err(ParamError::NotAValue { .. })));
    assert_eq!(values, Values::default());
    values.set_text("mode", "live").unwrap();
    values.set_text("bypass", "ON").unwrap();
    assert_eq!((values.mode(), values.settings().is_bypassed), (Mode::Live, true));
}

#[test]
fn an_unknown_id_is_answered_with_the_known_ones() {
    let message = Values::default().set("reverb", 1.0).unwrap_err().to_string();
    assert!(message.contains("'reverb'") && message.contains("drift") && !message.contains('\n'), "{message}");
}

#[test]
fn wild_values_become_safe_settings() {
    for wild in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30, -1e30] {
        let settings = Values::from_plain(|_| wild).settings();
        assert!(settings.amount.is_finite() && settings.drift_cents.is_finite() && settings.output_db.is_finite());
        assert!((1..=99).contains(&settings.performance.take));
    }
}

#[test]
fn text_and_value_are_inverse_on_the_grid_of_steps() {
    for p in PARAMETERS {
        for share in 0..=200 {
            let value = p.rounded(p.min + (p.max - p.min) * share as f32 / 200.0).clamp(p.min, p.max);
            let value = if p.kind.is_continuous() { value } else { value.round() };
            assert_eq!(p.parse(&p.text(value)), Ok(value), "{} {}", p.id, p.text(value));
        }
    }
}

/// Command lines refer to these names.
#[test]
fn factory_presets_are_frozen() {
    let frozen = [
        "natural-lead",
        "breathy-verse",
        "big-chorus",
        "rap-pocket",
        "whisper-asmr",
        "synth-voice-warm-up",
        "ai-stem-repair",
        "hard-tune-loosen",
        "behind-the-beat",
        "pushing",
        "double-l",
        "double-r",
        "choir-member",
        "safe-for-stacks",
        "nervous",
        "extreme",
        "natural",
        "trained-singer",
        "intimate",
        "unsteady",
    ];
    assert_eq!(FACTORY.map(|preset| preset.name), frozen);
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    for name in frozen {
        assert!(readme.contains(&format!("`{name}`")), "README.md lacks {name}");
    }
}

#[test]
fn every_factory_preset_loads_and_differs() {
    let loaded = FACTORY.map(|preset| preset.read().unwrap());
    let mut purposes: Vec<&str> = loaded.iter().map(|preset| preset.purpose.as_str()).collect();
    for (index, preset) in loaded.iter().enumerate() {
        let name = FACTORY[index].name;
        let words = preset.name.to_lowercase().replace(|letter: char| !letter.is_ascii_alphanumeric(), " ");
        assert_eq!(words.split_whitespace().collect::<Vec<_>>().join("-"), name);
        let settings = preset.values().settings();
        let is_twin = |other: &presets::Preset| other.values().settings() == settings;
        assert!(!loaded[..index].iter().any(is_twin), "{name} is another preset's twin");
        assert!(preset.hint.ends_with('.') && !preset.purpose.is_empty(), "{name}");
        for id in ["mode", "seed", "output", "bypass", "learn", "listen", "breathe", "scene"] {
            assert!(!preset.names(id), "{name} names {id}, which is the session's");
        }
        assert_eq!(preset.names("take"), name.starts_with("double-"), "{name}");
    }
    purposes.dedup();
    let in_groups: std::collections::BTreeSet<&str> = purposes.iter().copied().collect();
    assert_eq!(purposes.len(), in_groups.len(), "those of one purpose stand together: {purposes:?}");
    assert_eq!(presets::factory("natural").unwrap(), Values::default());
}

#[test]
fn a_wrong_preset_says_what_is_wrong() {
    assert!(matches!(presets::parse("drift = 1"), Err(PresetError::NoValues)));
    assert!(matches!(presets::parse("[values"), Err(PresetError::Syntax(_))));
    assert!(matches!(presets::parse("[values]\ndrift = [1]"), Err(PresetError::NotPlain { .. })));
    assert!(matches!(presets::parse("[values]\nwarble = 1"), Err(PresetError::Param(_))));
    assert!(matches!(presets::factory("loud"), Err(PresetError::Unknown { .. })));
    assert!(parameter("drift").is_some());
}
