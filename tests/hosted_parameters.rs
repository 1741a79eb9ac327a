//! Every parameter of the built plugin does what it does offline, to the bit: no host can tell it from the bounce.
//! Where the host has stopped it keeps its beats.

mod common;
#[path = "common/clap_host.rs"]
mod clap_host;
#[path = "common/sung.rs"]
mod sung;

use clap_host::{Change, Hosted, Run};
use common::bits;
use con_anima::offline::{Options, learn, render_learned};
use con_anima::params::{Kind, PARAMETERS, Parameter, Values};
use con_anima::settings::{Mode, Settings, Tempo};
use sung::{RATE_HZ, alone, rendered, samples_of, song, values};

/// So that life and rate of the vibrato are heard, and every rest has its breath.
const BASE: [(&str, f64); 2] = [("vibrato", 30.0), ("inhale_every", 100.0)];

/// Two phrases and the rests behind them; in the second rest the take breathes itself.
fn breathing_song() -> Vec<Vec<f32>> {
    let song = song().samples;
    let own = rendered(&song, Mode::Phrase, alone(&[("inhale", -25.0), ("inhale_every", 100.0)])).channels.remove(0);
    let samples = [&song[samples_of(&(0.0..9.0))], &own[samples_of(&(9.0..11.4))]].concat();
    vec![samples.clone(), samples.iter().map(|sample| 0.5 * sample).collect()]
}

/// Another value than the one it has, far from it.
fn other_value(parameter: &Parameter, current: f32) -> f32 {
    let Parameter { min, max, .. } = *parameter;
    match parameter.kind {
        Kind::Choice(_) | Kind::Switch => {
            if current < max {
                current + 1.0
            } else {
                min
            }
        }
        Kind::Whole { .. } => 37.0,
        Kind::Continuous { .. } | Kind::Position { .. } => {
            if current - min > max - current {
                min
            } else {
                parameter.rounded(max)
            }
        }
    }
}

fn offline(input: &[Vec<f32>], mode: Mode, settings_at: impl Fn(i64) -> Settings) -> Vec<Vec<u32>> {
    let options = Options { sample_rate_hz: RATE_HZ, mode, start_samples: 0, block_samples: 512 };
    bits(&common::offline(input, &options, settings_at))
}

/// A plain value on the host's scale.
fn host_value(plugin: &mut Hosted, parameter: &Parameter, value: f32) -> f64 {
    plugin.read(parameter.name, &parameter.text(value)).unwrap_or_else(|| panic!("{} takes {value}", parameter.id))
}

/// The plugin with these values.
fn plugin_of(values: &Values) -> Hosted {
    let mut plugin = Hosted::new();
    for parameter in &PARAMETERS {
        let value = host_value(&mut plugin, parameter, values.get(parameter.id).expect("it is listed"));
        plugin.set(parameter.name, value);
    }
    plugin
}

const PLAYING: Run = Run { sample_rate_hz: RATE_HZ, block: 960, start: Some(0), tempo: Some(120.0), first_beat: None };

/// What the plugin gives whose parameters have these values, some of them changed while it runs.
fn hosted(input: &[Vec<f32>], values: &Values, changes: &[(usize, &str, f32)]) -> Vec<Vec<u32>> {
    let mut plugin = plugin_of(values);
    let mut event = |&(at, id, value): &(usize, &str, f32)| -> Change {
        let parameter = con_anima::params::parameter(id).expect("it is listed");
        let value = host_value(&mut plugin, parameter, value);
        (at, plugin.parameter(parameter.name).id, value)
    };
    let changes: Vec<Change> = changes.iter().map(&mut event).collect();
    bits(&plugin.run(input, &PLAYING, &changes))
}

#[test]
fn every_parameter_sounds_as_it_does_offline() {
    let input = breathing_song();
    let base = values(&BASE);
    let usual = offline(&input, base.mode(), |_| base.settings());
    assert!(hosted(&input, &base, &[]) == usual);
    // A position without scenes is not heard; with them: tests/scenes.rs.
    let is_heard = |id: &str| !["breathe", "learn", "clock", "scene"].contains(&id);
    for parameter in PARAMETERS.iter().filter(|parameter| is_heard(parameter.id)) {
        let mut other = base;
        let value = other_value(parameter, base.get(parameter.id).expect("it is listed"));
        other.set(parameter.id, f64::from(value)).expect("it lies in its range");
        let expected = offline(&input, other.mode(), |_| other.settings());
        assert!(expected != usual, "{} at {value} is heard", parameter.id);
        assert!(hosted(&input, &other, &[]) == expected, "{} at {value}", parameter.id);
    }
}

#[test]
fn a_press_of_breathe_sounds_as_it_does_offline() {
    let input = breathing_song();
    let mut base = values(&BASE);
    base.set("inhale", -60.0).expect("it lies in its range");
    let pressed = samples_of(&(4.5..4.6));
    let values_at = |position: i64| {
        let mut values = base;
        let is_on = (pressed.start as i64..pressed.end as i64).contains(&position);
        values.set("breathe", f64::from(u8::from(is_on))).expect("a switch");
        values.settings()
    };
    let expected = offline(&input, base.mode(), values_at);
    assert!(expected != offline(&input, base.mode(), |_| base.settings()), "a press is heard");
    let changes = [(pressed.start, "breathe", 1.0), (pressed.end, "breathe", 0.0)];
    assert!(hosted(&input, &base, &changes) == expected);
}

#[test]
fn a_host_that_has_stopped_keeps_its_beats() {
    let input = breathing_song();
    let (beats_per_minute, first_beat) = (97.3, 2.75);
    let tempo = Tempo::through(beats_per_minute, first_beat, 0.0).expect("a tempo");
    let sung = |tempo: Tempo| {
        let settings = Settings { tempo, ..values(&BASE).settings() };
        offline(&input, Mode::Studio, |_| settings)
    };
    let mut plugin = Hosted::new();
    let inhale_every = plugin.parameter("Inhale Chance").max;
    plugin.set("Inhale Chance", inhale_every);
    let vibrato = plugin.read("Vibrato", "30").expect("it takes a number");
    plugin.set("Vibrato", vibrato);
    let playing = Run {
        sample_rate_hz: RATE_HZ,
        block: 480,
        start: Some(0),
        tempo: Some(beats_per_minute),
        first_beat: Some(first_beat),
    };
    plugin.run(&input, &playing, &[]);
    let stopped = Run { start: None, tempo: None, first_beat: None, ..playing };
    assert!(bits(&plugin.run(&input, &stopped, &[])) == sung(tempo));
    assert!(sung(tempo) != sung(Tempo::UNKNOWN), "the tempo matters");
}

#[test]
fn a_song_learned_in_a_host_is_the_one_learned_offline_and_sung_alike() {
    let mut input = breathing_song();
    // A host that plays to the end of the song goes on a little.
    input.iter_mut().for_each(|channel| channel.resize(12 * RATE_HZ as usize, 0.0));
    let options = Options { sample_rate_hz: RATE_HZ, mode: Mode::Studio, start_samples: 0, block_samples: 512 };
    let score = std::sync::Arc::new(learn(&input, &options, |_| ()).expect("valid options"));
    let mut values = values(&BASE);
    values.set("learn", 1.0).expect("it is a switch");
    let usual = offline(&input, values.mode(), |_| values.settings());
    let mut plugin = plugin_of(&values);
    // While it learns it sings as it hears.
    let learning = bits(&plugin.run(&input, &PLAYING, &[]));
    assert!(learning == usual, "learning changes nothing that is heard");
    let state = plugin.save();
    assert!(state.len() < 16_000, "{} bytes for eleven seconds", state.len());
    let mut other = Hosted::new();
    assert!(other.load(&state));
    let sung = bits(&other.run(&input, &PLAYING, &[]));
    let rendered = render_learned(&input, &options, &score, |_| values.settings(), |_| ()).expect("valid options");
    let latency_samples = Mode::Studio.latency_samples(RATE_HZ) as usize;
    let expected = bits(&rendered.channels);
    assert!(expected != usual, "what is known changes what is sung");
    for (sung, expected) in sung.iter().zip(&expected) {
        assert!(sung[latency_samples..] == expected[..expected.len() - latency_samples], "as offline, to the bit");
    }
}
