//! What a host keeps of the plugin, in a real CLAP host: each instance's own singer, states that come back to the bit,
//! states that are refused, and the clock that the host sends.

mod common;
#[path = "common/clap_host.rs"]
mod clap_host;

use clap_host::{Change, Hosted, Run};
use common::bits;
use con_anima::demo::{demo_song, sing};
use con_anima::offline::Options;
use con_anima::params::{PARAMETERS, Values};
use con_anima::settings::{Mode, Settings};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

const RATE_HZ: f64 = 48_000.0;

fn voice(seconds: f64) -> Vec<Vec<f32>> {
    vec![sing(&demo_song(), RATE_HZ).samples[..(seconds * RATE_HZ) as usize].to_vec(); 2]
}

fn playing_from(start: i64) -> Run {
    Run { sample_rate_hz: RATE_HZ, block: 480, start: Some(start), tempo: Some(120.0), first_beat: None }
}

fn offline(input: &[Vec<f32>], mode: Mode, settings_at: impl Fn(i64) -> Settings) -> Vec<Vec<f32>> {
    let options = Options { sample_rate_hz: RATE_HZ, mode, start_samples: 0, block_samples: 512 };
    common::offline(input, &options, settings_at)
}

#[test]
fn each_new_instance_has_a_singer_of_its_own_that_a_session_brings_back() {
    let input = voice(4.0);
    let mut first = Hosted::fresh("A host");
    let seed = first.value("Seed");
    assert_eq!(first.text("Seed", seed), "Own");
    let sung = bits(&first.run(&input, &playing_from(0), &[]));
    assert!(sung == bits(&first.run(&input, &playing_from(0), &[])), "exported again");
    let mut other = Hosted::fresh("A host");
    assert!(sung != bits(&other.run(&input, &playing_from(0), &[])), "two instances sing alike");
    let saved = first.save();
    assert!(other.load(&saved));
    assert_eq!(other.save(), saved);
    assert!(sung == bits(&other.run(&input, &playing_from(0), &[])), "reopened");
    // A seed that is shared on purpose, and back.
    other.set("Seed", 1.0);
    assert!(
        bits(&offline(&input, Mode::Studio, |_| Values::default().settings()))
            == bits(&other.run(&input, &playing_from(0), &[]))
    );
    other.set("Seed", 0.0);
    assert!(sung == bits(&other.run(&input, &playing_from(0), &[])), "the singer is never drawn again");
}

#[test]
fn a_session_of_the_first_version_sounds_as_it_did() {
    // Written by Con Anima 0.1.0 in a CLAP host, with these values and all others at that version's defaults.
    let first = include_bytes!("fixtures/state_0_1.clap-state");
    let mut values = Values::default();
    let told = [("drift", 7.5), ("take", 3.0), ("timing", 0.0), ("breath", 60.0), ("mode", 0.0), ("output", -3.0)];
    for (id, value) in told.into_iter().chain([("intonation", 9.0), ("seed", 1.0)]) {
        values.set(id, value).expect("it lies in its range");
    }
    let mut hosted = Hosted::fresh("A host");
    assert!(hosted.load(first));
    for parameter in &PARAMETERS {
        let value = hosted.value(parameter.name);
        let wanted = parameter.text_with_unit(values.get(parameter.id).expect("it is listed"));
        assert_eq!(hosted.text(parameter.name, value), wanted, "{}", parameter.id);
    }
    let input = voice(4.0);
    let expected = offline(&input, Mode::Live, |_| values.settings());
    assert!(bits(&hosted.run(&input, &playing_from(0), &[])) == bits(&expected));
}

/// All values as the host is told them.
fn values_of(hosted: &mut Hosted) -> Vec<f64> {
    PARAMETERS.iter().map(|parameter| hosted.value(parameter.name)).collect()
}

/// A state with one thing about it changed.
fn mutated(saved: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    (0_usize..4, any::<prop::sample::Index>(), any::<u8>()).prop_map(move |(kind, place, byte)| {
        let mut bytes = saved.clone();
        let at = place.index(bytes.len());
        match kind {
            0 => bytes[at] = byte,
            1 => bytes[at] ^= 1 << (byte % 8),
            2 => bytes.truncate(at),
            _ => bytes.insert(at, byte),
        }
        bytes
    })
}

#[test]
fn no_damaged_state_changes_anything() {
    let mut saved = Hosted::new();
    for (name, value) in [("Drift", 0.25), ("Seed", 4321.0), ("Take", 17.0), ("Mode", 2.0), ("Bypass", 1.0)] {
        saved.set(name, value);
    }
    let (state, held) = (saved.save(), values_of(&mut saved));
    let mut hosted = Hosted::new();
    hosted.set("Drift", 0.75);
    let before = values_of(&mut hosted);
    let usual = hosted.save();
    let hosted = std::cell::RefCell::new(hosted);
    let check = |bytes: Vec<u8>| {
        let mut hosted = hosted.borrow_mut();
        let is_loaded = hosted.load(&bytes);
        // What does not matter to the state may be changed: then it is the same state.
        let expected = if is_loaded { &held } else { &before };
        prop_assert_eq!(&values_of(&mut hosted), expected, "{:?}", String::from_utf8_lossy(&bytes));
        prop_assert!(hosted.load(&usual));
        Ok(())
    };
    let mut runner = TestRunner::new(Config { cases: 1000, failure_persistence: None, ..Config::default() });
    runner.run(&mutated(state), check).expect("no damaged state changes anything");
    for foreign in [&b""[..], b"{}", b"\x02\0\0\0\0\0\0\0{}", &[255; 64], &usual[8..]] {
        assert!(!hosted.borrow_mut().load(foreign), "{foreign:?}");
    }
    assert_eq!(values_of(&mut hosted.borrow_mut()), before);
}

/// What comes out of a host that tells the playhead's position and moves its automation with the playhead: both are the
/// plugin's latency behind the audio that comes in.
fn from_a_playhead_host(name: &str, clock: Option<&str>, input: &[Vec<f32>], amount: &[(usize, f64)]) -> Vec<Vec<f32>> {
    let mut hosted = Hosted::fresh(name);
    hosted.set("Seed", 1.0);
    if let Some(clock) = clock {
        let value = hosted.read("Host Clock", clock).expect("a clock");
        hosted.set("Host Clock", value);
    }
    let latency = Mode::Studio.latency_samples(RATE_HZ) as usize;
    let id = hosted.parameter("Humanize").id;
    let changes: Vec<Change> = amount.iter().map(|(at, value)| (at + latency, id, *value)).collect();
    hosted.run(input, &playing_from(-(latency as i64)), &changes)
}

#[test]
fn a_host_that_sends_the_playheads_clock_sounds_as_others_do() {
    let input = voice(6.0);
    let expected = bits(&offline(&input, Mode::Studio, |_| Values::default().settings()));
    for (host, clock) in [("Ardour", None), ("Ardour", Some("playhead")), ("Another", Some("Playhead"))] {
        assert!(bits(&from_a_playhead_host(host, clock, &input, &[])) == expected, "{host} {clock:?}");
    }
    assert!(bits(&from_a_playhead_host("Ardour", Some("Audio"), &input, &[])) != expected);
    assert!(bits(&from_a_playhead_host("Another", None, &input, &[])) != expected);
}

#[test]
fn the_playheads_automation_lands_where_it_was_drawn() {
    let input = voice(6.0);
    // Off between these samples of the song, which are no borders of blocks.
    let off = 96_123..192_345;
    let host_amount = |percent: f64| percent / 150.0;
    let steps = [(0, host_amount(100.0)), (off.start, 0.0), (off.end, host_amount(100.0))];
    let output = from_a_playhead_host("Ardour", None, &input, &steps);
    let latency = Mode::Studio.latency_samples(RATE_HZ) as usize;
    let is_untouched = |song: usize| output[0][song + latency] == input[0][song];
    // The pointer may end its last movement where the song goes on untouched.
    let hop = 64;
    let touched_before = (off.start - 4800..off.start).filter(|song| !is_untouched(*song)).count();
    assert!(touched_before > 4000, "before it is sung: {touched_before}");
    let last_touched = (off.start..off.end).rev().find(|song| !is_untouched(*song)).expect("it fades");
    assert!(last_touched < off.end - 48_000, "off after {} samples", last_touched - off.start);
    let touched_after = (off.end + hop..off.end + 9600).filter(|song| !is_untouched(*song)).count();
    assert!(touched_after > 7000, "behind it is sung: {touched_after}");
    assert!((off.end - 4800..off.end).all(is_untouched), "until there");
}

#[test]
fn outside_the_engines_rates_the_sound_passes() {
    for sample_rate_hz in [1234.5678, 768_000.0] {
        let mut hosted = Hosted::new();
        let input = vec![(0..4000).map(|n| (n as f32 * 0.1).sin()).collect::<Vec<f32>>(); 2];
        let run = Run { sample_rate_hz, block: 333, start: Some(0), tempo: Some(120.0), first_beat: None };
        assert_eq!(hosted.run(&input, &run, &[]), input, "at {sample_rate_hz} Hz");
        assert_eq!(hosted.latency(), 0);
    }
}
