//! Presets, the two compared sounds, undo and redo in a window that is not there: what is clicked is what the host is
//! told, and what is in the folder.
#![cfg(feature = "editor")]

#[path = "common/panel_rig.rs"]
mod panel_rig;

use std::fs;
use std::path::PathBuf;

use con_anima::editor::control_id;
use con_anima::params::{Extent, Values, VoiceParams, parameter};
use con_anima::presets::{FACTORY, Preset, read_file};
use egui::epaint::TextShape;
use egui::{Event, Id, Key, Pos2, Rect, Shape, Vec2, vec2};
use nice_plug::prelude::ParamSetter;
use panel_rig::{Call, Rig};

const MIN: Vec2 = vec2(Extent::MIN.width as f32, Extent::MIN.height as f32);
const DESIGN: Vec2 = vec2(Extent::DESIGN.width as f32, Extent::DESIGN.height as f32);

fn part(salt: &str) -> Id {
    control_id("presets").with(salt)
}

fn entry(name: &str) -> Id {
    control_id("presets").with(("entry", &name.to_owned()))
}

fn factory(name: &str) -> Preset {
    FACTORY.iter().find(|preset| preset.name == name).expect("it is listed").read().expect("it is a preset")
}

/// Whether every value of the preset's sound is set.
fn sounds_like(rig: &Rig, preset: &Preset) -> bool {
    preset.to_set().all(|(id, value)| (now(rig, id) - value).abs() < 0.5 * parameter(id).expect("listed").step)
}

fn now(rig: &Rig, id: &str) -> f32 {
    rig.params.values().get(id).expect("it is a parameter")
}

fn open(rig: &mut Rig) {
    rig.click_on(control_id("preset"));
    rig.frame(vec![]);
}

fn choose(rig: &mut Rig, name: &str) {
    open(rig);
    rig.click_on(entry(name));
    rig.click_on(control_id("preset"));
}

/// Types over the words that are selected.
fn type_words(rig: &mut Rig, text: &str) {
    rig.frame(vec![]);
    assert!(rig.keeps_keys, "a name is being typed");
    rig.frame(vec![Event::Text(text.to_owned())]);
    rig.key(Key::Enter);
    rig.frame(vec![]);
}

fn set(rig: &mut Rig, id: &str, text: &str) {
    let value = control_id(id).with("value");
    let field = if rig.rect(value).is_some() { value } else { control_id(id) };
    rig.type_into(field, text, Key::Enter);
    rig.calls();
}

fn says(rig: &Rig, words: &str) -> bool {
    rig.texts().iter().any(|text| text.galley.text().contains(words))
}

fn files(rig: &Rig) -> Vec<String> {
    let entries = fs::read_dir(rig.presets.path()).expect("the folder is there");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// The values of a new instance, which has its own seed.
fn new_instance() -> Values {
    VoiceParams::default().values()
}

#[test]
fn a_preset_is_loaded_by_one_gesture_for_each_value_it_changes() {
    let mut rig = Rig::new(DESIGN);
    set(&mut rig, "seed", "7");
    choose(&mut rig, "Breathy Verse");
    let preset = factory("breathy-verse");
    assert!(sounds_like(&rig, &preset) && now(&rig, "seed") == 7.0 && rig.says("Breathy Verse"));
    let calls = rig.calls();
    let changed = preset.to_set().filter(|(id, value)| Values::default().get(id) != Some(*value)).count();
    assert_eq!(calls.len(), 3 * changed);
    for gesture in calls.chunks(3) {
        let [Call::Begin(begun), Call::Set(set), Call::End(ended)] = gesture else { panic!("{gesture:?}") };
        assert!(begun == set && set == ended, "{gesture:?}");
    }
    choose(&mut rig, "Breathy Verse");
    assert_eq!(rig.calls(), [], "what is so already is not set");
}

#[test]
fn the_take_changes_only_where_the_preset_is_another_take() {
    let mut rig = Rig::new(DESIGN);
    rig.click_on(control_id("take").with("more"));
    choose(&mut rig, "Big Chorus");
    assert_eq!(now(&rig, "take"), 2.0);
    choose(&mut rig, "Double R");
    assert_eq!(now(&rig, "take"), 3.0);
}

#[test]
fn the_arrows_go_through_all_presets_and_around() {
    let mut rig = Rig::new(DESIGN);
    assert!(rig.says("Natural"), "a new instance is the preset of the defaults");
    let natural = FACTORY.iter().position(|preset| preset.name == "natural").expect("listed");
    for step in 1..=FACTORY.len() {
        rig.click_on(part("forth"));
        let preset = FACTORY[(natural + step) % FACTORY.len()].read().expect("a preset");
        assert!(rig.says(&preset.name) && sounds_like(&rig, &preset), "{}", preset.name);
    }
    rig.click_on(part("back"));
    assert!(rig.says(&FACTORY[natural - 1].read().expect("a preset").name));
}

#[test]
fn what_was_changed_is_marked_until_it_is_as_before() {
    let mut rig = Rig::new(DESIGN);
    assert!(!rig.says("*"));
    set(&mut rig, "drift", "20");
    assert!(rig.says("*"));
    set(&mut rig, "drift", "9.8");
    assert!(!rig.says("*"));
    set(&mut rig, "output", "-6");
    set(&mut rig, "seed", "12");
    assert!(!rig.says("*"), "the session's own values are no part of a preset");
}

#[test]
fn a_sound_is_saved_changed_renamed_and_deleted() {
    let mut rig = Rig::new(DESIGN);
    set(&mut rig, "drift", "20");
    rig.click_on(part("save"));
    type_words(&mut rig, "Ada / verse");
    assert!(rig.says("Ada / verse is saved.") && !rig.says("*"));
    let path = rig.presets.path().join("Ada _ verse.toml");
    assert_eq!(read_file(&path).expect("written").values().get("drift"), Some(20.0));

    set(&mut rig, "drift", "30");
    assert!(rig.says("*"));
    rig.click_on(part("save"));
    assert!(!rig.says("*"), "an own preset is saved without a question");
    assert_eq!(read_file(&path).expect("written").values().get("drift"), Some(30.0));

    open(&mut rig);
    rig.click_on(part("rename"));
    type_words(&mut rig, "Berta");
    assert!(rig.says("Berta") && files(&rig) == ["Berta.toml"], "{:?}", files(&rig));

    rig.click_on(part("delete"));
    assert_eq!(files(&rig), ["Berta.toml"], "one click deletes nothing");
    rig.click_on(part("delete"));
    assert_eq!(files(&rig), ["deleted"]);
    assert!(rig.presets.path().join("deleted/Berta.toml").exists());
    assert_eq!(now(&rig, "drift"), 30.0, "the sound stays");
}

#[test]
fn a_name_that_is_there_is_asked_for_again() {
    let mut rig = Rig::new(DESIGN);
    rig.click_on(part("save"));
    type_words(&mut rig, "Mine");
    set(&mut rig, "drift", "33");
    open(&mut rig);
    rig.click_on(part("save as"));
    type_words(&mut rig, "mine");
    assert!(says(&rig, "Replace it?") && rig.keeps_keys);
    let drift = |rig: &Rig| read_file(&rig.presets.path().join("Mine.toml")).expect("there").values().get("drift");
    assert_eq!(drift(&rig), Some(parameter("drift").expect("listed").rounded(9.8)));
    rig.key(Key::Enter);
    rig.frame(vec![]);
    assert_eq!(drift(&rig), Some(33.0));
    rig.click_on(part("save as"));
    type_words(&mut rig, "Extreme");
    assert!(says(&rig, "There is a preset 'Extreme' already"));
    assert_eq!(files(&rig), ["Mine.toml"]);
}

#[test]
fn presets_come_in_and_go_out_as_files() {
    let mut rig = Rig::new(DESIGN);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let text = |path: PathBuf| path.display().to_string();
    fs::write(elsewhere.path().join("theirs.toml"), "name = 'Theirs'\n[values]\ndrift = 13\n").expect("written");
    fs::write(elsewhere.path().join("newer.toml"), "format = 7\n[values]\n").expect("written");
    open(&mut rig);
    rig.click_on(part("import"));
    type_words(&mut rig, &text(elsewhere.path().join("theirs.toml")));
    assert_eq!((now(&rig, "drift"), files(&rig)), (13.0, vec!["Theirs.toml".to_owned()]));
    rig.click_on(part("import"));
    type_words(&mut rig, &text(elsewhere.path().join("newer.toml")));
    assert!(says(&rig, "newer.toml") && says(&rig, "its format is 7"));
    assert_eq!(files(&rig), ["Theirs.toml"]);
    rig.click_on(part("export"));
    type_words(&mut rig, &text(elsewhere.path().join("mine")));
    let written = read_file(&elsewhere.path().join("mine.toml")).expect("written");
    assert_eq!((written.name.as_str(), written.values().get("drift")), ("Theirs", Some(13.0)));
}

#[test]
fn damaged_files_are_told_and_stay() {
    let mut rig = Rig::new(DESIGN);
    let broken = rig.presets.path().join("broken.toml");
    fs::write(&broken, "[values]\ndrift = 5000\n").expect("written");
    open(&mut rig);
    assert!(says(&rig, "1 file cannot be read"));
    rig.click_on(part("problems"));
    rig.frame(vec![Event::PointerGone]);
    rig.frame(vec![]);
    assert!(says(&rig, "broken.toml") && says(&rig, "5000"));
    assert_eq!(fs::read_to_string(broken).expect("there"), "[values]\ndrift = 5000\n");
}

/// Every text of the last frame lies in the window, and none on another of its own layer.
fn assert_readable(rig: &Rig, size: Vec2, layer: Rect) {
    let window = Rect::from_min_size(Pos2::ZERO, size);
    let ink = |text: &TextShape| text.galley.mesh_bounds.translate(text.pos.to_vec2());
    let plate = rig.shapes.iter().rposition(|shape| matches!(shape, Shape::Rect(rect) if rect.rect == layer));
    let texts: Vec<&TextShape> = rig.shapes[plate.expect("the browser has a ground")..]
        .iter()
        .filter_map(|shape| if let Shape::Text(text) = shape { Some(text) } else { None })
        .collect();
    assert!(texts.len() > 30, "{}", texts.len());
    for (index, text) in texts.iter().enumerate() {
        assert!(window.contains_rect(ink(text)), "{:?} in {size:?}", text.galley.text());
        for other in &texts[index + 1..] {
            let is_apart = !ink(text).intersect(ink(other)).is_positive();
            assert!(is_apart, "{:?} and {:?} in {size:?}", text.galley.text(), other.galley.text());
        }
    }
}

#[test]
fn the_browser_can_be_read_in_every_size() {
    for size in [MIN, DESIGN, vec2(1600.0, 1000.0)] {
        let mut rig = Rig::new(size);
        for number in 0..30 {
            let preset = Preset::of(&format!("{number} {}", "W".repeat(40)), &Values::default());
            fs::write(rig.presets.path().join(format!("{number}.toml")), preset.to_toml()).expect("written");
        }
        fs::write(rig.presets.path().join("broken.toml"), "?").expect("written");
        open(&mut rig);
        rig.frame(vec![Event::PointerGone]);
        let mut ground = rig.shapes.iter().filter_map(|shape| match shape {
            Shape::Rect(rect) if rect.rect.width() > 0.5 * size.x && rect.rect.height() > 0.3 * size.y => {
                Some(rect.rect)
            }
            _ => None,
        });
        let ground = ground.next_back().expect("the browser has a ground");
        assert!(Rect::from_min_size(Pos2::ZERO, size).contains_rect(ground), "{ground:?} in {size:?}");
        assert_readable(&rig, size, ground);
        // What lies below is not hit through it.
        let below = rig.rect(control_id("amount")).expect("a knob");
        if ground.contains(below.center()) {
            rig.click(below.center());
            assert_eq!(rig.calls(), []);
        }
    }
}

#[test]
fn one_step_back_and_forth_for_each_gesture() {
    let mut rig = Rig::new(DESIGN);
    rig.click_on(part("undo"));
    assert_eq!(rig.calls(), [], "there is nothing to undo");
    set(&mut rig, "drift", "20");
    choose(&mut rig, "Extreme");
    rig.click_on(control_id("take").with("more"));
    rig.calls();

    rig.click_on(part("undo"));
    assert_eq!((now(&rig, "take"), rig.assert_one_gesture("Take")), (1.0, 1));
    rig.click_on(part("undo"));
    assert!(now(&rig, "drift") == 20.0 && rig.says("Natural") && rig.says("*"));
    rig.click_on(part("undo"));
    assert!(rig.params.values() == new_instance() && !rig.says("*"));
    for _ in 0..3 {
        rig.click_on(part("redo"));
    }
    assert!(sounds_like(&rig, &factory("extreme")) && rig.says("Extreme") && now(&rig, "take") == 2.0);
}

#[test]
fn steps_outlive_the_window() {
    let mut rig = Rig::new(DESIGN);
    set(&mut rig, "drift", "20");
    rig.reopen();
    rig.click_on(part("undo"));
    assert_eq!(rig.params.values(), new_instance());
}

#[test]
fn a_drag_is_one_step() {
    let mut rig = Rig::new(DESIGN);
    let dial = rig.rect(control_id("amount")).expect("a knob");
    let start = Pos2::new(dial.center().x, dial.top() + 0.12 * dial.height());
    rig.frame(vec![Event::PointerMoved(start)]);
    rig.frame(vec![rig.button(start, true)]);
    for step in 1..=10 {
        rig.frame(vec![Event::PointerMoved(start + vec2(0.0, 4.0 * step as f32))]);
    }
    rig.frame(vec![rig.button(start + vec2(0.0, 40.0), false)]);
    rig.rest();
    assert!(now(&rig, "amount") < 90.0);
    rig.click_on(part("undo"));
    assert_eq!(now(&rig, "amount"), 100.0);
}

#[test]
fn what_the_host_automates_is_no_step_and_is_left_alone() {
    let mut rig = Rig::new(DESIGN);
    set(&mut rig, "drift", "20");
    rig.automate(|params, setter: &ParamSetter| setter.set_parameter(&*params.breath, 77.0));
    rig.frame(vec![]);
    rig.calls();
    rig.click_on(part("undo"));
    assert_eq!(rig.assert_one_gesture("Drift"), 1);
    assert_eq!((now(&rig, "drift"), now(&rig, "breath")), (Values::default().get("drift").expect("listed"), 77.0));
    rig.click_on(part("undo"));
    assert_eq!(rig.calls(), []);
}

#[test]
fn two_sounds_are_compared_and_kept_in_the_session() {
    use nice_plug::prelude::Params;
    let mut rig = Rig::new(DESIGN);
    let slot = |name: &str| control_id("slot").with(name);
    rig.click_on(slot("B"));
    assert_eq!(rig.calls(), [], "at first both are the same");
    choose(&mut rig, "Extreme");
    rig.click_on(slot("A"));
    assert!(rig.params.values() == new_instance() && rig.says("Natural"));
    rig.click_on(slot("B"));
    assert!(sounds_like(&rig, &factory("extreme")) && rig.says("Extreme"));
    rig.click_on(slot("A"));

    let mut opened = Rig::new(DESIGN);
    set(&mut opened, "drift", "44");
    opened.params.deserialize_fields(&rig.params.serialize_fields());
    opened.frame(vec![]);
    opened.click_on(part("undo"));
    assert_eq!(now(&opened, "drift"), 44.0, "steps of another session are forgotten");
    opened.click_on(slot("B"));
    assert!(sounds_like(&opened, &factory("extreme")) && opened.says("Extreme"));

    rig.click_on(part("copy"));
    rig.click_on(slot("B"));
    assert_eq!(rig.params.values(), new_instance());
    for _ in 0..2 {
        rig.click_on(part("undo"));
    }
    rig.click_on(slot("B"));
    assert!(sounds_like(&rig, &factory("extreme")), "a copy can be undone");
}
