//! The built library in a real CLAP host: what it declares, that its latency is true, that it sounds as the bounce
//! does.

mod common;
#[path = "common/clap_host.rs"]
mod clap_host;

use std::collections::HashSet;
use std::sync::mpsc;
use std::thread;

use clack_extensions::params::ParamInfoFlags;
use clap_host::{Change, Hosted, Run, Stretch, Told, load};
use common::{bits, offline, phrases};
use con_anima::demo::{demo_song, sing};
use con_anima::offline::Options;
use con_anima::params::{PARAMETERS, Values};
use con_anima::settings::{Mode, Settings, Tempo};

const RATE_HZ: f64 = 48_000.0;

fn stereo() -> Vec<Vec<f32>> {
    vec![phrases(220.0, RATE_HZ, 3.0), phrases(331.0, RATE_HZ, 3.0)]
}

/// What the offline renderer gives for the same audio, with the host's latency in front.
fn rendered(input: &[Vec<f32>], start: i64, mode: Mode, values_at: impl Fn(i64) -> Values) -> Vec<Vec<f32>> {
    rendered_in(Tempo::UNKNOWN, input, start, mode, values_at)
}

/// The same at a tempo that the host tells.
fn rendered_in(
    tempo: Tempo,
    input: &[Vec<f32>],
    start: i64,
    mode: Mode,
    values_at: impl Fn(i64) -> Values,
) -> Vec<Vec<f32>> {
    let options = Options { sample_rate_hz: RATE_HZ, mode, start_samples: start, block_samples: 512 };
    let settings_at = |position| Settings { tempo, ..values_at(position).settings() };
    offline(input, &options, settings_at)
}

#[test]
fn it_declares_stereo_ports_and_the_listed_parameters() {
    let mut hosted = Hosted::new();
    assert_eq!((hosted.port_channels(true), hosted.port_channels(false)), (vec![2], vec![2]));
    let parameters = hosted.parameters();
    let names: Vec<&str> = parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    assert_eq!(names, PARAMETERS.map(|parameter| parameter.name));
    // The host knows parameters by a 31-bit hash of their id.
    assert_eq!(parameters.iter().map(|parameter| parameter.id).collect::<HashSet<_>>().len(), PARAMETERS.len());
    for parameter in &parameters {
        let name = parameter.name.as_str();
        let has = |flag| parameter.flags.contains(flag);
        assert_eq!(has(ParamInfoFlags::IS_AUTOMATABLE), !["Mode", "Learn", "Host Clock"].contains(&name), "{name}");
        let between = ["Seed", "Take", "Bypass", "Listen", "Breathe", "Mode", "Learn", "Host Clock"];
        assert_eq!(has(ParamInfoFlags::IS_MODULATABLE), !between.contains(&name), "{name}");
        assert_eq!(has(ParamInfoFlags::IS_STEPPED), between.contains(&name), "{name}");
        assert_eq!(has(ParamInfoFlags::IS_ENUM), ["Listen", "Mode", "Host Clock"].contains(&name), "{name}");
        assert_eq!(has(ParamInfoFlags::IS_BYPASS), name == "Bypass");
        assert!(!parameter.module.is_empty(), "{name} stands in a group");
    }
    for parameter in PARAMETERS {
        let shown = hosted.text(parameter.name, hosted_default(&parameters, parameter.name));
        let expected = format!("{} {}", parameter.text(parameter.default), parameter.unit);
        assert_eq!(shown, expected.trim_end(), "{}", parameter.id);
        assert!(hosted.read(parameter.name, &shown).is_some(), "{} takes its own '{shown}' back", parameter.id);
    }
}

fn hosted_default(parameters: &[clap_host::HostedParameter], name: &str) -> f64 {
    parameters.iter().find(|parameter| parameter.name == name).expect("listed").default
}

#[test]
fn the_reported_latency_is_the_true_one_in_every_mode() {
    for (index, mode) in Mode::ALL.into_iter().enumerate() {
        let mut hosted = Hosted::new();
        hosted.set("Mode", index as f64);
        hosted.set("Humanize", 0.0);
        let mut click = vec![vec![0.0; 48_000]; 2];
        click[0][100] = 1.0;
        click[1][100] = 1.0;
        let output = hosted.run(
            &click,
            &Run { sample_rate_hz: RATE_HZ, block: 480, start: Some(0), tempo: Some(120.0), first_beat: None },
            &[],
        );
        let arrived = output[0].iter().position(|&sample| sample == 1.0).unwrap();
        assert_eq!(arrived - 100, mode.latency_samples(RATE_HZ) as usize, "{mode:?}");
        assert_eq!(hosted.latency(), mode.latency_samples(RATE_HZ), "{mode:?}");
    }
}

#[test]
fn it_sounds_as_the_bounce_does() {
    let input = stereo();
    let start = 123_456;
    let expected = bits(&rendered(&input, start, Mode::Studio, |_| Values::default()));
    for block in [1, 64, 480, 1000] {
        let run = Run { sample_rate_hz: RATE_HZ, block, start: Some(start), tempo: Some(120.0), first_beat: None };
        assert!(bits(&Hosted::new().run(&input, &run, &[])) == expected, "block {block}");
    }
    assert!(expected != bits(&rendered(&input, 0, Mode::Studio, |_| Values::default())), "the position matters");
}

/// The song's first sample is no bar line: there may be a count-in.
const FIRST_BEAT: f64 = 2.75;

#[test]
fn its_notes_follow_the_hosts_beats() {
    let input = vec![sing(&demo_song(), RATE_HZ).samples[..400_000].to_vec(); 2];
    let start = 654_321;
    let sung = |tempo: Tempo| {
        let settings = Settings { tempo, ..Values::default().settings() };
        let options = Options { sample_rate_hz: RATE_HZ, mode: Mode::Studio, start_samples: start, block_samples: 512 };
        bits(&offline(&input, &options, |_| settings))
    };
    let expected = sung(Tempo::through(97.3, FIRST_BEAT, 0.0).expect("a tempo"));
    for block in [64, 441, 4096] {
        let run =
            Run { sample_rate_hz: RATE_HZ, block, start: Some(start), tempo: Some(97.3), first_beat: Some(FIRST_BEAT) };
        assert!(bits(&Hosted::new().run(&input, &run, &[])) == expected, "block {block}");
    }
    assert!(expected != sung(Tempo::UNKNOWN), "the tempo matters");
}

#[test]
fn a_host_without_transport_runs_from_zero() {
    let input = stereo();
    let expected = bits(&rendered(&input, 0, Mode::Studio, |_| Values::default()));
    let run = Run { sample_rate_hz: RATE_HZ, block: 256, start: None, tempo: None, first_beat: None };
    assert!(bits(&Hosted::new().run(&input, &run, &[])) == expected);
    // Nor does one that never plays, and says so.
    let still = Stretch { len: input[0].len(), told: Told::Stopped(0) };
    assert!(bits(&Hosted::new().run_along(&input, &run, &[still], &[])) == expected);
}

#[test]
fn automation_lands_on_its_sample_at_any_block_size() {
    let input = stereo();
    let mut hosted = Hosted::new();
    let (output, amount) = (hosted.parameter("Output").id, hosted.parameter("Humanize").id);
    // Values that the host's scale and the parameter's steps meet exactly.
    let changes: [Change; 3] = [(19_200, output, 0.25), (32_000, amount, 0.0), (70_400, output, 0.5)];
    let values_at = |position: i64| {
        let mut values = Values::default();
        let output_db = if (19_200..70_400).contains(&position) { -12.0 } else { 0.0 };
        values.set("output", output_db).unwrap();
        values.set("amount", if position < 32_000 { 100.0 } else { 0.0 }).unwrap();
        values
    };
    for (block, tempo) in [(96, Some(120.0)), (480, Some(97.3)), (4096, Some(120.0)), (480, None), (4096, None)] {
        // A host that tells its tempo, and not its place in beats, is taken to begin with a beat.
        let beats = tempo.and_then(|tempo| Tempo::through(tempo, 0.0, 0.0)).unwrap_or(Tempo::UNKNOWN);
        let expected = bits(&rendered_in(beats, &input, 0, Mode::Studio, values_at));
        let run = Run { sample_rate_hz: RATE_HZ, block, start: Some(0), tempo, first_beat: None };
        assert!(bits(&Hosted::new().run(&input, &run, &changes)) == expected, "block {block}, tempo {tempo:?}");
    }
}

#[test]
fn state_survives_a_round_trip() {
    let mut hosted = Hosted::new();
    for (name, value) in [("Drift", 0.9), ("Seed", 4321.0), ("Take", 17.0), ("Mode", 2.0), ("Bypass", 1.0)] {
        hosted.set(name, value);
    }
    let saved = hosted.save();
    let mut other = Hosted::new();
    assert!(other.load(&saved));
    for parameter in PARAMETERS {
        assert_eq!(hosted.value(parameter.name), other.value(parameter.name), "{}", parameter.id);
    }
    assert_eq!(saved, other.save());
    assert_eq!(other.text("Mode", 2.0), "Phrase");
    assert!(!other.load(b"not a session"), "garbage is refused");
    assert!((other.value("Seed") - 4321.0).abs() < 1e-3, "and changes nothing");
}

#[test]
fn a_changed_mode_asks_for_one_restart_and_then_has_its_latency() {
    let mut hosted = Hosted::new();
    let mode = hosted.parameter("Mode").id;
    let [live, studio, phrase] = [0.0, 1.0, 2.0];
    let input = vec![vec![0.0; 9600]; 2];
    let run = Run { sample_rate_hz: RATE_HZ, block: 480, start: Some(0), tempo: Some(120.0), first_beat: None };
    hosted.run(&input, &run, &[]);
    assert_eq!(hosted.take_restart_requests(), 0, "the first latency needs none");
    assert_eq!(hosted.latency(), Mode::Studio.latency_samples(RATE_HZ));
    hosted.run(&input, &run, &[(960, mode, live)]);
    assert_eq!(hosted.take_restart_requests(), 1, "once, in however many blocks");
    hosted.run(&input, &run, &[]);
    assert_eq!((hosted.take_restart_requests(), hosted.take_latency_changes()), (0, 1));
    assert_eq!(hosted.latency(), Mode::Live.latency_samples(RATE_HZ));
    for (moves, n_requests) in [
        // To another and on to a third.
        (vec![(960, mode, studio), (4000, mode, phrase)], 2),
        // From that back and forth: what is as it was needs no restart.
        (vec![(960, mode, live), (2000, mode, phrase), (4000, mode, live), (7000, mode, phrase)], 2),
    ] {
        hosted.run(&input, &run, &moves);
        assert_eq!(hosted.take_restart_requests(), n_requests, "{moves:?}");
        hosted.run(&input, &run, &[]);
        assert_eq!(hosted.take_restart_requests(), 0, "{moves:?}");
    }
    assert_eq!(hosted.latency(), Mode::Phrase.latency_samples(RATE_HZ));
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a host has threads")]
fn a_thread_that_called_it_may_end_when_it_is_unloaded() {
    // As a thread ends, the system tidies up what the plugin has left with it: by code that must still be there.
    let (other_made, wait_for_other) = mpsc::channel();
    let (called, wait_for_call) = mpsc::channel();
    let (unloaded, wait_for_unloading) = mpsc::channel();
    let caller = thread::spawn(move || {
        wait_for_other.recv().unwrap();
        drop(Hosted::new());
        called.send(()).unwrap();
        wait_for_unloading.recv().unwrap();
    });
    // The last instance has threads to end, and what is left of those pins the library as long as its own thread lives.
    let last = thread::spawn(move || {
        let hosted = Hosted::new();
        other_made.send(()).unwrap();
        wait_for_call.recv().unwrap();
        drop(hosted);
    });
    last.join().unwrap();
    // Now nothing does.
    thread::spawn(|| drop(load())).join().unwrap();
    unloaded.send(()).unwrap();
    caller.join().unwrap();
}
