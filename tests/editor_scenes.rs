//! The row of scenes and the menus behind a right click, in a window that is not there.
#![cfg(feature = "editor")]

#[path = "common/panel_rig.rs"]
mod panel_rig;

use con_anima::editor::{control_id, entry_id};
use con_anima::params::{Extent, N_SCENES, Values};
use con_anima::presets::{factory, read_file, read_scenes};
use egui::{Event, Id, Key, PointerButton, Pos2, Vec2, vec2};
use panel_rig::{Call, Rig};

const MIN: Vec2 = vec2(Extent::MIN.width as f32, Extent::MIN.height as f32);
const DESIGN: Vec2 = vec2(Extent::DESIGN.width as f32, Extent::DESIGN.height as f32);

fn place(place: usize) -> Id {
    control_id("scene").with(("place", place))
}

fn value(id: &str) -> Id {
    control_id(id).with("value")
}

fn position(rig: &Rig) -> f32 {
    rig.params.scene.value()
}

fn amount_of(rig: &Rig, place: usize) -> Option<f32> {
    rig.params.scenes.load().get(place)?.values.get("amount")
}

fn name_of(rig: &Rig, place: usize) -> String {
    rig.params.scenes.load().get(place).map(|scene| scene.name.clone()).unwrap_or_default()
}

fn says(rig: &Rig, words: &str) -> bool {
    rig.texts().iter().any(|text| text.galley.text().contains(words))
}

fn set(rig: &mut Rig, id: &str, text: &str) {
    rig.type_into(value(id), text, Key::Enter);
    rig.calls();
}

/// Captures what is heard at an empty place and names it.
fn capture(rig: &mut Rig, at: usize, name: &str) {
    rig.click_on(place(at));
    rig.frame(vec![]);
    assert!(rig.keeps_keys, "a name is asked for");
    rig.frame(vec![Event::Text(name.to_owned())]);
    rig.key(Key::Enter);
    rig.frame(vec![]);
    assert!(!rig.keeps_keys);
}

/// Humanize at 40 % is scene 1, at 120 % scene 2.
fn verse_and_chorus(rig: &mut Rig) {
    for (place, amount, name) in [(1, "40", "Verse"), (2, "120", "Chorus")] {
        set(rig, "amount", amount);
        capture(rig, place, name);
    }
    set(rig, "amount", "75");
}

fn right_click(rig: &mut Rig, at: Pos2) {
    rig.frame(vec![Event::PointerMoved(at)]);
    for pressed in [true, false] {
        let (button, modifiers) = (PointerButton::Secondary, rig.modifiers);
        rig.frame(vec![Event::PointerButton { pos: at, button, pressed, modifiers }]);
    }
    // A menu takes its size from its first frame.
    (0..3).for_each(|_| rig.frame(vec![]));
}

fn choose(rig: &mut Rig, control: Id, entry: &str) {
    let at = rig.rect(control).expect("the control is on the panel");
    right_click(rig, Pos2::new(at.center().x, at.top() + 0.3 * at.height()));
    rig.click_on(entry_id(control, entry));
    rig.frame(vec![]);
}

#[test]
fn a_click_on_an_empty_place_captures_what_is_heard_and_asks_for_its_name() {
    let mut rig = Rig::new(DESIGN);
    set(&mut rig, "amount", "40");
    capture(&mut rig, 3, "Verse");
    assert_eq!((amount_of(&rig, 3), name_of(&rig, 3).as_str()), (Some(40.0), "Verse"));
    assert!(says(&rig, "3 Verse") && rig.calls().is_empty(), "no parameter is moved");
    assert_eq!(position(&rig), 0.0);
}

#[test]
fn a_click_on_a_scene_moves_the_position_by_one_gesture() {
    for size in [MIN, DESIGN] {
        let mut rig = Rig::new(size);
        verse_and_chorus(&mut rig);
        rig.click_on(place(2));
        assert_eq!(rig.assert_one_gesture("Scene"), 1);
        assert!(position(&rig) == 2.0 && rig.params.amount.value() == 75.0, "the knobs stay");
        rig.click_on(place(2));
        assert_eq!(rig.calls(), [], "what is so already is not set");
        rig.click_on(place(0));
        assert_eq!(position(&rig), 0.0);
    }
}

#[test]
fn a_drag_on_the_rail_is_one_gesture_and_stands_still_at_scenes() {
    let mut rig = Rig::new(DESIGN);
    verse_and_chorus(&mut rig);
    let rail = rig.rect(control_id("scene")).expect("the rail");
    let middle = |rig: &Rig, at: usize| rig.rect(place(at)).expect("a place").center().x;
    let (from, to) = (middle(&rig, 1), middle(&rig, 2));
    rig.frame(vec![Event::PointerMoved(Pos2::new(from, rail.center().y))]);
    let press = rig.button(Pos2::new(from, rail.center().y), true);
    rig.frame(vec![press]);
    let mut seen = Vec::new();
    for share in [0.02, 0.25, 0.5, 0.75, 0.99] {
        rig.frame(vec![Event::PointerMoved(Pos2::new(from + (to - from) * share, rail.center().y))]);
        seen.push(position(&rig));
    }
    let release = rig.button(Pos2::new(to, rail.center().y), false);
    rig.frame(vec![release]);
    rig.rest();
    assert!(rig.assert_one_gesture("Scene") >= 4);
    let expected = [1.0, 1.25, 1.5, 1.75, 2.0];
    assert!(seen.iter().zip(expected).all(|(seen, expected)| (seen - expected).abs() < 0.02), "{seen:?}");
    assert!(seen[0] == 1.0 && seen[4] == 2.0, "near a scene it is that scene: {seen:?}");
}

#[test]
fn the_position_is_said_in_words_and_can_be_typed_so() {
    let mut rig = Rig::new(DESIGN);
    verse_and_chorus(&mut rig);
    for (typed, position, said) in [
        ("chorus", 2.0, "2 Chorus"),
        ("1.25", 1.25, "1 \u{203a} 2, 25 %"),
        ("verse > chorus, 40 %", 1.4, "1 \u{203a} 2, 40 %"),
        ("8", 8.0, "8 as 2 Chorus"),
    ] {
        rig.type_into(value("scene"), typed, Key::Enter);
        assert!((rig.params.scene.value() - position).abs() < 1e-6 && rig.says(said), "{typed}");
    }
    rig.calls();
    rig.type_into(value("scene"), "bridge", Key::Enter);
    assert!(rig.calls().is_empty() && says(&rig, "There is no scene 'bridge'"));
}

#[test]
fn capturing_again_naming_and_clearing_are_behind_a_right_click_and_can_be_undone() {
    let mut rig = Rig::new(DESIGN);
    verse_and_chorus(&mut rig);
    choose(&mut rig, place(1), "Capture what is heard");
    assert_eq!((amount_of(&rig, 1), name_of(&rig, 1).as_str()), (Some(75.0), "Verse"));
    choose(&mut rig, place(1), "Rename\u{2026}");
    rig.frame(vec![Event::Text("Bridge".to_owned())]);
    rig.key(Key::Enter);
    rig.frame(vec![]);
    assert_eq!(name_of(&rig, 1), "Bridge");
    choose(&mut rig, place(1), "Clear");
    assert_eq!(amount_of(&rig, 1), None);
    let undo = control_id("presets").with("undo");
    let mut states = Vec::new();
    for _ in 0..3 {
        rig.click_on(undo);
        states.push((amount_of(&rig, 1), name_of(&rig, 1)));
    }
    let expected = [(Some(75.0), "Bridge"), (Some(75.0), "Verse"), (Some(40.0), "Verse")];
    assert_eq!(states, expected.map(|(amount, name)| (amount, name.to_owned())));
    for _ in 0..3 {
        rig.click_on(control_id("presets").with("redo"));
    }
    assert_eq!(amount_of(&rig, 1), None);
}

#[test]
fn a_scene_that_is_put_on_the_knobs_is_what_they_are_and_they_are_heard() {
    let mut rig = Rig::new(DESIGN);
    verse_and_chorus(&mut rig);
    rig.click_on(place(2));
    choose(&mut rig, place(1), "Put on the knobs");
    assert_eq!((position(&rig), rig.params.amount.value()), (0.0, 40.0));
    rig.click_on(control_id("presets").with("undo"));
    assert_eq!((position(&rig), rig.params.amount.value()), (2.0, 75.0));
}

#[test]
fn what_is_captured_between_two_scenes_is_their_mixture() {
    let mut rig = Rig::new(DESIGN);
    verse_and_chorus(&mut rig);
    set(&mut rig, "scene", "1.5");
    capture(&mut rig, 4, "Lift");
    assert_eq!(amount_of(&rig, 4), Some(80.0));
}

#[test]
fn a_knob_that_is_not_heard_says_so() {
    let mut rig = Rig::new(DESIGN);
    verse_and_chorus(&mut rig);
    assert!(!says(&rig, "not the knobs"));
    set(&mut rig, "output", "-3");
    set(&mut rig, "scene", "2");
    assert!(!says(&rig, "not the knobs"), "the session's own values are heard");
    set(&mut rig, "drift", "20");
    assert!(says(&rig, "A scene is heard, and not the knobs"));
}

#[test]
fn each_of_the_compared_sounds_has_its_own_scenes() {
    let mut rig = Rig::new(DESIGN);
    let [a, b] = ["A", "B"].map(|name| control_id("slot").with(name));
    capture(&mut rig, 1, "Only of A");
    rig.click_on(b);
    assert_eq!(name_of(&rig, 1), "Only of A", "both begin the same");
    choose(&mut rig, place(1), "Clear");
    rig.click_on(a);
    assert_eq!(name_of(&rig, 1), "Only of A");
    rig.click_on(b);
    assert_eq!(amount_of(&rig, 1), None);
}

#[test]
fn a_preset_leaves_the_scenes_and_is_heard() {
    let mut rig = Rig::new(DESIGN);
    verse_and_chorus(&mut rig);
    rig.click_on(place(2));
    let before = rig.params.scenes.load();
    rig.click_on(control_id("presets").with("forth"));
    assert!(position(&rig) == 0.0 && rig.params.scenes.load() == before);
    rig.click_on(control_id("presets").with("undo"));
    assert_eq!(position(&rig), 2.0);
}

#[test]
fn what_is_saved_as_a_preset_is_what_is_heard() {
    let mut rig = Rig::new(DESIGN);
    verse_and_chorus(&mut rig);
    rig.click_on(place(2));
    assert!(rig.says("*"), "what is heard is not the preset that is loaded");
    rig.click_on(control_id("presets").with("save"));
    rig.frame(vec![]);
    rig.frame(vec![Event::Text("Loud".to_owned())]);
    rig.key(Key::Enter);
    rig.frame(vec![]);
    let file = rig.presets.path().join("Loud.toml");
    let preset = read_file(&file).expect("it was written");
    assert_eq!(preset.values().get("amount"), Some(120.0));
    assert!(!preset.names("scene"));
}

#[test]
fn all_scenes_can_be_copied_as_the_text_that_a_bounce_reads() {
    let mut rig = Rig::new(DESIGN);
    verse_and_chorus(&mut rig);
    choose(&mut rig, place(1), "Copy all as text");
    let copied = rig.copied.clone().expect("something was copied");
    assert_eq!(read_scenes(&copied).expect("scenes"), rig.params.scenes.load());
}

#[test]
fn the_row_holds_all_places_in_every_size() {
    for size in [MIN, DESIGN, vec2(2352.0, 1396.0)] {
        let mut rig = Rig::new(size);
        for at in 1..=N_SCENES {
            capture(&mut rig, at, "MMMMMMMMMMMMMMMMMMMMMMMMMMMM");
        }
        rig.frame(vec![Event::PointerGone]);
        for at in 0..=N_SCENES {
            let rect = rig.rect(place(at)).expect("a place");
            assert!(rect.width() > 30.0 && rect.height() > 16.0, "{at} in {size:?}: {rect:?}");
            let number = at.to_string();
            let written = rig.texts().into_iter().find(|text| text.galley.text().starts_with(&format!("{number} M")));
            if let Some(text) = written {
                let ink = text.galley.mesh_bounds.translate(text.pos.to_vec2());
                assert!(rect.contains_rect(ink), "{at} in {size:?}: {ink:?} in {rect:?}");
            }
        }
        assert_eq!(name_of(&rig, 1).chars().count(), 24);
    }
}

#[test]
fn a_right_click_on_a_knob_types_copies_pastes_and_resets() {
    let mut rig = Rig::new(DESIGN);
    set(&mut rig, "drift", "20");
    for control in [control_id("drift"), value("drift")] {
        choose(&mut rig, control, "Copy");
    }
    assert_eq!(rig.copied.as_deref(), Some("20 cents"));
    assert_eq!(rig.calls(), [], "copying sets nothing");
    choose(&mut rig, control_id("tremble"), "Paste");
    assert_eq!((rig.params.tremble.value(), rig.assert_one_gesture("Tremble")), (20.0, 1));
    choose(&mut rig, control_id("tremble"), "Reset to default");
    assert_eq!((rig.params.tremble.value(), rig.assert_one_gesture("Tremble")), (8.5, 1));
}

#[test]
fn a_pasted_value_of_another_unit_is_refused_in_words() {
    let mut rig = Rig::new(DESIGN);
    choose(&mut rig, control_id("drift"), "Copy");
    choose(&mut rig, control_id("output"), "Paste");
    assert!(rig.calls().is_empty() && says(&rig, "'output' cannot be '9.8 cents'"));
}

#[test]
fn typing_can_be_begun_from_the_menu() {
    let mut rig = Rig::new(DESIGN);
    choose(&mut rig, control_id("drift"), "Type a value\u{2026}");
    rig.frame(vec![]);
    assert!(rig.keeps_keys);
    rig.frame(vec![Event::Text("33".to_owned())]);
    rig.key(Key::Enter);
    rig.frame(vec![]);
    assert_eq!(rig.params.drift.value(), 33.0);
}

#[test]
fn whole_numbers_have_the_menu_too() {
    let mut rig = Rig::new(DESIGN);
    rig.type_into(control_id("take"), "17", Key::Enter);
    rig.calls();
    choose(&mut rig, control_id("take"), "Copy");
    choose(&mut rig, control_id("seed"), "Paste");
    assert_eq!((rig.params.seed.value(), rig.assert_one_gesture("Seed")), (17, 1));
    choose(&mut rig, control_id("take"), "Reset to default");
    assert_eq!(rig.params.take.value(), 1);
}

#[test]
fn the_windows_font_has_every_letter_that_it_draws() {
    let mut rig = Rig::new(DESIGN);
    verse_and_chorus(&mut rig);
    set(&mut rig, "scene", "1.25");
    assert!(says(&rig, "25 %"));
    let texts: Vec<String> = rig.texts().iter().map(|text| text.galley.text().to_owned()).collect();
    let font = egui::FontId::proportional(13.0);
    for line in texts.iter().flat_map(|text| text.lines()) {
        assert!(rig.ctx.fonts_mut(|fonts| fonts.has_glyphs(&font, line.trim())), "{line:?}");
    }
}

#[test]
fn a_new_row_is_empty_and_off() {
    let rig = Rig::new(DESIGN);
    assert!(rig.says("Off") && rig.params.scenes.load().is_empty());
    assert_eq!(Values::default().scene_position(), 0.0);
    assert_eq!(factory("natural").expect("it is there").scene_position(), 0.0);
    assert_eq!(rig.calls(), Vec::<Call>::new());
}
