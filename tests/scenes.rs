//! Scenes in a real CLAP host: they sound as offline to the bit and at their sample, a session brings them back, and
//! the host shows them by name.

mod common;
#[path = "common/clap_host.rs"]
mod clap_host;

use clap_host::{Change, Hosted, Run};
use common::{bits, offline};
use con_anima::demo::{demo_song, sing};
use con_anima::offline::Options;
use con_anima::params::{HostParams, Scenes, Values, VoiceParams};
use con_anima::presets::{factory, read_scenes, scenes_to_toml};
use con_anima::settings::Mode;
use nice_plug::params::persist::serialize_field;
use nice_plug::prelude::{Params, PluginState};

const RATE_HZ: f64 = 48_000.0;

fn voice() -> Vec<Vec<f32>> {
    vec![sing(&demo_song(), RATE_HZ).samples[..288_000].to_vec(); 2]
}

fn playing(block: usize) -> Run {
    Run { sample_rate_hz: RATE_HZ, block, start: Some(0), tempo: Some(120.0), first_beat: None }
}

/// A calm verse, nothing at 2, a lively chorus.
fn verse_and_chorus() -> Scenes {
    let mut scenes = Scenes::default();
    for (place, preset, name) in [(1, "breathy-verse", "Verse"), (3, "big-chorus", "Chorus")] {
        scenes.capture(place, &factory(preset).expect("it is there"));
        scenes.rename(place, name);
    }
    scenes
}

/// The state of an instance that sings as files do, with these scenes, as a CLAP host keeps it.
fn state(scenes: &Scenes) -> Vec<u8> {
    let params = std::sync::Arc::new(VoiceParams::default());
    params.scenes.store(scenes.clone());
    let mut fields = params.serialize_fields();
    con_anima::params::seal(&mut fields, &Values::default());
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let text = serialize_field(&PluginState { version, params: Default::default(), fields }).expect("a state");
    [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
}

fn plugin_with(scenes: &Scenes) -> Hosted {
    let mut plugin = Hosted::new();
    assert!(plugin.load(&state(scenes)));
    plugin
}

/// What is heard with the position moved so, to the bit.
fn expected(input: &[Vec<f32>], scenes: &Scenes, position_at: impl Fn(i64) -> f32) -> Vec<Vec<u32>> {
    let scenes = scenes.values();
    let settings_at = |sample: i64| {
        let mut values = Values::default();
        values.set("scene", f64::from(position_at(sample))).expect("it lies in its range");
        scenes.resolved(&values).settings()
    };
    let options = Options { sample_rate_hz: RATE_HZ, mode: Mode::Studio, start_samples: 0, block_samples: 512 };
    bits(&offline(input, &options, settings_at))
}

#[test]
fn a_position_sounds_in_the_plugin_as_offline_to_the_bit() {
    let (input, scenes) = (voice(), verse_and_chorus());
    let mut plugin = plugin_with(&scenes);
    let mut heard = Vec::new();
    for position in [0.0, 1.0, 1.75, 2.0, 3.0, 8.0] {
        plugin.set("Scene", f64::from(position) / 8.0);
        heard.push(bits(&plugin.run(&input, &playing(480), &[])));
        assert!(heard.last() == Some(&expected(&input, &scenes, |_| position)), "at {position}");
    }
    assert!((0..5).all(|one| (one + 1..5).all(|other| heard[one] != heard[other])), "each is heard");
    assert!(heard[4] == heard[5], "the last scene goes on");
}

#[test]
fn a_moved_position_lands_on_its_sample_at_any_block_size() {
    let (input, scenes) = (voice(), verse_and_chorus());
    let steps = [(0, 1.0), (60_160, 2.5), (131_200, 3.0), (200_000, 0.0)];
    let position_at =
        |sample: i64| steps.iter().rev().find(|(at, _)| sample >= *at).map_or(0.0, |(_, position)| *position);
    let expected = expected(&input, &scenes, position_at);
    let mut plugin = plugin_with(&scenes);
    let id = plugin.parameter("Scene").id;
    let changes = steps.map(|(at, position)| -> Change { (at as usize, id, f64::from(position) / 8.0) });
    for block in [64, 441, 4096] {
        assert!(bits(&plugin.run(&input, &playing(block), &changes)) == expected, "block {block}");
    }
}

#[test]
fn a_session_brings_its_scenes_back_and_one_without_has_none() {
    let (input, scenes) = (voice(), verse_and_chorus());
    let mut saved = plugin_with(&scenes);
    saved.set("Scene", 3.0 / 8.0);
    let kept = saved.save();
    let without = Hosted::new().save();
    let mut other = Hosted::new();
    assert!(other.load(&kept));
    assert_eq!(other.save(), kept);
    let sung = bits(&other.run(&input, &playing(480), &[]));
    assert!(sung == expected(&input, &scenes, |_| 3.0));
    assert!(other.load(&without));
    other.set("Scene", 3.0 / 8.0);
    let sung = bits(&other.run(&input, &playing(480), &[]));
    assert!(sung == expected(&input, &Scenes::default(), |_| 0.0), "without scenes the knobs are heard");
}

#[test]
fn a_session_from_before_there_were_scenes_sounds_as_it_did() {
    // Written by Con Anima 0.2.0 before it had scenes, in a CLAP host: Drift at 7.5 cents, Take 4, seed 1.
    let before = include_bytes!("fixtures/state_0_2_without_scenes.clap-state");
    let mut values = Values::default();
    for (id, value) in [("drift", 7.5), ("take", 4.0)] {
        values.set(id, value).expect("it lies in its range");
    }
    let input = voice();
    let mut plugin = plugin_with(&verse_and_chorus());
    plugin.set("Scene", 1.0);
    assert!(plugin.load(before));
    let options = Options { sample_rate_hz: RATE_HZ, mode: Mode::Studio, start_samples: 0, block_samples: 512 };
    let expected = bits(&offline(&input, &options, |_| values.settings()));
    assert!(bits(&plugin.run(&input, &playing(480), &[])) == expected);
}

#[test]
fn a_host_shows_positions_by_name_and_reads_them_back() {
    let mut plugin = plugin_with(&verse_and_chorus());
    let expected =
        [(0.0, "Off"), (1.0, "1 Verse"), (2.0, "1 \u{2192} 3, 50 %"), (3.0, "3 Chorus"), (8.0, "8 as 3 Chorus")];
    for (position, words) in expected {
        assert_eq!(plugin.text("Scene", position / 8.0), words);
        assert!((plugin.read("Scene", words).expect(words) - position / 8.0).abs() < 1e-6, "{words}");
    }
    assert!((plugin.read("Scene", "chorus").expect("a name") - 3.0 / 8.0).abs() < 1e-6);
    assert_eq!(plugin.read("Scene", "bridge"), None);
}

#[test]
fn scenes_that_were_written_to_a_file_are_the_same_scenes() {
    let scenes = verse_and_chorus();
    assert_eq!(read_scenes(&scenes_to_toml(&scenes)).expect("scenes").values(), scenes.values());
}

#[test]
fn a_damaged_list_of_scenes_changes_nothing_of_a_session() {
    let params = HostParams::default();
    params.0.scenes.store(verse_and_chorus());
    let mut fields = HostParams::default().serialize_fields();
    fields.insert("scenes".to_owned(), r#"{"format":1,"scenes":[{"place":9}]}"#.to_owned());
    con_anima::params::seal(&mut fields, &Values::default());
    let mut state = PluginState { version: "0.2.0".to_owned(), params: Default::default(), fields };
    con_anima::params::admit(&mut state);
    assert!(state.params.is_empty(), "no value is taken");
    params.deserialize_fields(&state.fields);
    assert_eq!(params.0.scenes.load(), verse_and_chorus());
    assert!(params.0.song.problem().is_some_and(|problem| problem.contains("scenes")));
}
