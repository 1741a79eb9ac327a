//! The editor without a window: every parameter can be reached and read, every gesture the host sees has one begin and
//! one end, and the stage shows what was done.
#![cfg(feature = "editor")]

#[path = "common/panel_rig.rs"]
mod panel_rig;

use con_anima::analysis::{Frame, Onset, Phase};
use con_anima::editor::control_id;
use con_anima::engine::HopTrace;
use con_anima::gesture::{Inhaled, TimedNote};
use con_anima::params::{Extent, Kind, PARAMETERS, parameter};
use egui::epaint::TextShape;
use egui::{Event, Id, Key, Modifiers, MouseWheelUnit, Pos2, Rect, Shape, Vec2, pos2, vec2};
use panel_rig::{Call, Rig};

/// A place on a dial where no value stands.
fn grip(rig: &Rig, id: &str) -> Pos2 {
    let dial = rig.rect(control_id(id)).expect("the knob is on the panel");
    pos2(dial.center().x, dial.top() + 0.12 * dial.height())
}

const MIN: Vec2 = size(Extent::MIN);
const DESIGN: Vec2 = size(Extent::DESIGN);
const SIZES: [Vec2; 4] = [MIN, DESIGN, vec2(1600.0, 1000.0), vec2(970.0, 1300.0)];

const fn size(extent: Extent) -> Vec2 {
    vec2(extent.width as f32, extent.height as f32)
}

#[test]
fn every_parameter_can_be_reached_in_every_size() {
    for size in SIZES {
        let rig = Rig::new(size);
        let window = Rect::from_min_size(Pos2::ZERO, size);
        let control = |id| rig.rect(control_id(id)).unwrap_or_else(|| panic!("no control for '{id}'"));
        for (index, parameter) in PARAMETERS.iter().enumerate() {
            let rect = control(parameter.id);
            assert!(window.contains_rect(rect) && rect.width() >= 20.0, "{}: {rect:?} in {size:?}", parameter.id);
            for other in &PARAMETERS[index + 1..] {
                let shared = rect.intersect(control(other.id));
                assert!(!shared.is_positive(), "{} and {} share {shared:?} in {size:?}", parameter.id, other.id);
            }
        }
    }
}

#[test]
fn every_text_can_be_read_in_every_size_whatever_the_values() {
    for size in SIZES {
        let mut rig = Rig::new(size);
        let window = Rect::from_min_size(Pos2::ZERO, size);
        for parameter in &PARAMETERS {
            // As many digits as there can be, and a sign where there can be one.
            let value = match parameter.kind {
                Kind::Continuous { .. } if parameter.min < 0.0 => parameter.min * 0.999 + 11.11 * parameter.step,
                _ => parameter.max * 0.8889,
            };
            let id = control_id(parameter.id);
            let field = if parameter.kind.is_continuous() { id.with("value") } else { id };
            if !matches!(parameter.kind, Kind::Switch | Kind::Choice(_)) {
                rig.type_into(field, &parameter.text(parameter.rounded(value)), Key::Enter);
            }
        }
        rig.frame(vec![Event::PointerGone]);
        rig.play(4, &[late(1.0, 120.0, 120.0)]);
        let texts = rig.texts();
        assert!(texts.len() > 40, "{}", texts.len());
        let edges: Vec<Rect> = rig
            .shapes
            .iter()
            .filter_map(|shape| if let Shape::Rect(shape) = shape { Some(shape.rect) } else { None })
            .collect();
        let ink = |text: &TextShape| text.galley.mesh_bounds.translate(text.pos.to_vec2());
        for (index, text) in texts.iter().enumerate() {
            assert!(window.contains_rect(ink(text)), "{:?} in {size:?}", text.galley.text());
            for edge in &edges {
                let is_crossed = edge.intersects(ink(text)) && !edge.contains_rect(ink(text));
                assert!(!is_crossed, "{:?} crosses the edge of {edge:?} in {size:?}", text.galley.text());
            }
            for other in &texts[index + 1..] {
                let is_apart = !ink(text).expand(1.0).intersect(ink(other).expand(1.0)).is_positive();
                assert!(is_apart, "{:?} and {:?} in {size:?}", text.galley.text(), other.galley.text());
            }
        }
    }
}

#[test]
fn a_drag_is_one_gesture_and_shift_makes_it_fine() {
    let mut rig = Rig::new(DESIGN);
    let mut travels = Vec::new();
    for is_fine in [false, true] {
        rig.modifiers.shift = is_fine;
        let before = rig.params.amount.value();
        let start = grip(&rig, "amount");
        rig.frame(vec![Event::PointerMoved(start)]);
        rig.frame(vec![rig.button(start, true)]);
        for step in 1..=20 {
            rig.frame(vec![Event::PointerMoved(start + vec2(0.0, 4.0 * step as f32))]);
        }
        let end = start + vec2(0.0, 80.0);
        rig.frame(vec![rig.button(end, false)]);
        rig.rest();
        assert!(rig.assert_one_gesture("Humanize") > 5);
        travels.push(before - rig.params.amount.value());
    }
    assert!(travels[0] > 40.0 && (travels[0] / travels[1] - 10.0).abs() < 1.0, "{travels:?}");
}

#[test]
fn a_run_of_wheel_notches_is_one_gesture() {
    let mut rig = Rig::new(DESIGN);
    let at = grip(&rig, "drift");
    rig.frame(vec![Event::PointerMoved(at)]);
    rig.frame(vec![]);
    for _ in 0..5 {
        rig.frame(vec![Event::MouseWheel {
            unit: MouseWheelUnit::Line,
            delta: vec2(0.0, 1.0),
            modifiers: Modifiers::NONE,
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Unknown,
        }]);
    }
    rig.rest();
    assert_eq!(rig.assert_one_gesture("Drift"), 5);
    assert!(rig.params.drift.value() > 9.8);
}

#[test]
fn a_double_click_and_a_control_click_reset() {
    let mut rig = Rig::new(DESIGN);
    for with_control in [false, true] {
        rig.type_into(control_id("shimmer").with("value"), "1.5 dB", Key::Enter);
        assert_eq!(rig.assert_one_gesture("Shimmer"), 1);
        assert!((rig.params.shimmer.value() - 1.5).abs() < 1.0e-6);
        rig.rest();
        rig.modifiers.command = with_control;
        rig.modifiers.ctrl = with_control;
        for _ in 0..if with_control { 1 } else { 2 } {
            rig.click(grip(&rig, "shimmer"));
        }
        rig.rest();
        assert_eq!((rig.params.shimmer.value(), rig.assert_one_gesture("Shimmer")), (0.1, 1));
        rig.modifiers = Modifiers::NONE;
    }
}

#[test]
fn typing_changes_a_value_unless_it_makes_no_sense_or_escape_ends_it() {
    let mut rig = Rig::new(DESIGN);
    rig.type_into(control_id("amount").with("value"), "999", Key::Enter);
    assert_eq!((rig.params.amount.value(), rig.assert_one_gesture("Humanize")), (150.0, 1));
    rig.type_into(control_id("seed"), "4711", Key::Enter);
    assert_eq!((rig.params.seed.value(), rig.assert_one_gesture("Seed")), (4711, 1));
    rig.type_into(control_id("amount").with("value"), "20", Key::Escape);
    rig.type_into(control_id("amount").with("value"), "rather more", Key::Enter);
    assert_eq!((rig.params.amount.value(), rig.calls()), (150.0, vec![]));
    assert!(rig.says("'amount' cannot be 'rather more'; it takes a number between 0 and 150 %"));
    // Tab takes it, and so does a click elsewhere.
    rig.type_into(control_id("drift").with("value"), "20", Key::Tab);
    assert_eq!((rig.params.drift.value(), rig.assert_one_gesture("Drift")), (20.0, 1));
    rig.click_on(control_id("scoop").with("value"));
    rig.frame(vec![]);
    rig.frame(vec![Event::Text("77".to_owned())]);
    rig.click(pos2(0.5 * DESIGN.x, 200.0));
    rig.frame(vec![]);
    assert_eq!((rig.params.scoop.value(), rig.assert_one_gesture("Scoop")), (77.0, 1));
    // A value that was only looked at is not set again.
    rig.click_on(control_id("scoop").with("value"));
    rig.frame(vec![]);
    rig.click(pos2(0.5 * DESIGN.x, 200.0));
    rig.frame(vec![]);
    assert_eq!((rig.keeps_keys, rig.calls()), (false, vec![]));
}

#[test]
fn buttons_are_one_gesture_each() {
    let mut rig = Rig::new(DESIGN);
    rig.click_on(control_id("take").with("more"));
    assert_eq!((rig.params.take.value(), rig.assert_one_gesture("Take")), (2, 1));
    rig.click_on(control_id("mode").with("Phrase"));
    assert_eq!((rig.params.mode.value(), rig.assert_one_gesture("Mode")), (2, 1));
    rig.click_on(control_id("bypass"));
    assert_eq!((rig.params.bypass.value(), rig.assert_one_gesture("Bypass")), (true, 1));
    for _ in 0..20 {
        let before = rig.params.seed.value();
        rig.click_on(control_id("seed").with("dice"));
        assert_eq!(rig.assert_one_gesture("Seed"), 1);
        assert!(rig.params.seed.value() != before && (0..=9999).contains(&rig.params.seed.value()));
    }
}

#[test]
fn breathing_is_one_gesture_on_while_pressed_and_long_enough_for_any_block() {
    let mut rig = Rig::new(DESIGN);
    let at = rig.rect(control_id("breathe")).expect("the button is on the panel").center();
    // A frame is 20 ms; 8192 samples at 44.1 kHz are 186 ms.
    for (n_frames_held, least_frames) in [(1, 10), (60, 59)] {
        rig.frame(vec![Event::PointerMoved(at)]);
        rig.frame(vec![rig.button(at, true)]);
        let begun = ["Begin", "Set"].map(|_| "Breathe".to_owned());
        assert_eq!(rig.calls(), [Call::Begin(begun[0].clone()), Call::Set(begun[1].clone())]);
        let mut n_frames_on = 0;
        for frame in 1..=80 {
            let events = if frame == n_frames_held { vec![rig.button(at, false)] } else { vec![] };
            rig.frame(events);
            n_frames_on += usize::from(rig.params.breathe.value());
        }
        assert!((least_frames..least_frames + 6).contains(&n_frames_on), "{n_frames_on} frames");
        let name = "Breathe".to_owned();
        assert_eq!(rig.calls(), [Call::Set(name.clone()), Call::End(name)]);
    }
}

#[test]
fn what_is_listened_to_is_plain_to_see() {
    for size in SIZES {
        let mut rig = Rig::new(size);
        rig.play(1, &[]);
        let is_warned = |rig: &Rig| rig.texts().iter().any(|text| text.galley.text().contains("is heard"));
        assert!(!is_warned(&rig));
        for (name, index, is_part) in [("Breath Only", 1, true), ("Added Only", 2, true), ("Output", 0, false)] {
            rig.click_on(control_id("listen").with(name));
            assert_eq!((rig.params.listen.value(), rig.assert_one_gesture("Listen")), (index, 1));
            rig.frame(vec![Event::PointerGone]);
            rig.play(1, &[]);
            assert_eq!(is_warned(&rig), is_part, "{name} in {size:?}");
        }
    }
}

#[test]
fn the_space_bar_stays_with_the_host() {
    let mut rig = Rig::new(DESIGN);
    rig.click(grip(&rig, "jitter"));
    for key in [Key::Tab, Key::Tab, Key::Space, Key::Enter, Key::ArrowUp] {
        rig.key(key);
        assert!(!rig.keeps_keys && rig.ctx.memory(|memory| memory.focused()).is_none(), "{key:?}");
    }
    assert_eq!(rig.calls(), vec![]);
}

#[test]
fn knobs_are_dragged_typed_and_reset() {
    let mut rig = Rig::new(DESIGN);
    for (id, name, typed, value, default) in [
        ("timing", "Timing", "22,5 ms", 22.5, 10.0),
        ("feel", "Feel", "-12.5", -12.5, 0.0),
        ("memory", "Memory", "40 %", 40.0, 80.0),
        ("only_missing", "Only What's Missing", "40", 40.0, 100.0),
        ("intonation", "Intonation", "7.25 cents", 7.25, 18.5),
        ("scoop", "Scoop", "120", 120.0, 50.0),
        ("vibrato", "Vibrato", "35,5 cents", 35.5, 0.0),
        ("vibrato_rate", "Vibrato Rate", "5.2 Hz", 5.2, 5.8),
        ("vibrato_life", "Vibrato Life", "20 %", 20.0, 50.0),
        ("level", "Level Life", "2.5 dB", 2.5, 0.4),
    ] {
        let params = rig.params.clone();
        let now = || params.values().get(id).expect("it is a parameter");
        let [value, default] = [value, default].map(|value| parameter(id).expect("listed").rounded(value));
        rig.type_into(control_id(id).with("value"), typed, Key::Enter);
        assert_eq!((now(), rig.assert_one_gesture(name)), (value, 1));
        let start = grip(&rig, id);
        rig.frame(vec![Event::PointerMoved(start)]);
        rig.frame(vec![rig.button(start, true)]);
        for step in 1..=8 {
            rig.frame(vec![Event::PointerMoved(start - vec2(0.0, 4.0 * step as f32))]);
        }
        rig.frame(vec![rig.button(start - vec2(0.0, 32.0), false)]);
        rig.rest();
        assert!(rig.assert_one_gesture(name) > 2 && now() > value, "{name}: {}", now());
        (0..2).for_each(|_| rig.click(grip(&rig, id)));
        rig.rest();
        assert_eq!((now(), rig.assert_one_gesture(name)), (default, 1));
    }
}

#[test]
fn the_arc_of_feel_begins_in_the_middle() {
    let mut rig = Rig::new(DESIGN);
    let dial = rig.rect(control_id("feel")).expect("the knob is on the panel");
    for (typed, is_on_its_side) in [("-20", Some(-1.0)), ("20", Some(1.0)), ("0", None)] {
        rig.type_into(control_id("feel").with("value"), typed, Key::Enter);
        // The track goes all the way round; what is set lies on one side.
        let arcs = rig.paths().filter(|path| path.points.iter().all(|point| dial.contains(*point)));
        let sides: Vec<[f32; 2]> = arcs
            .map(|arc| arc.points.iter().map(|point| point.x - dial.center().x))
            .map(|xs| [xs.clone().fold(f32::MAX, f32::min), xs.fold(f32::MIN, f32::max)])
            .collect();
        let one_sided = sides.iter().filter(|[left, right]| *left > -0.1 || *right < 0.1);
        let seen: Vec<f32> = one_sided.map(|[left, right]| (left + right).signum()).collect();
        assert_eq!(seen, is_on_its_side.into_iter().collect::<Vec<_>>(), "Feel {typed}: {sides:?}");
    }
}

fn late(onset_s: f64, planned_ms: f32, realized_ms: f32) -> TimedNote {
    let onset_position_samples = (onset_s * 48_000.0) as i64;
    TimedNote { onset_position_samples, kind: Onset::Voicing, planned_ms, realized_ms }
}

/// Tail and tip of each arrow, from left to right and from the top down.
fn arrows(rig: &Rig) -> Vec<[Pos2; 2]> {
    let heads = rig.paths().filter(|path| path.closed && path.points.len() == 3);
    let mut arrows: Vec<[Pos2; 2]> = heads
        .map(|head| {
            let tip = head.points[0];
            let neck = pos2(head.points[1].x, tip.y);
            let shaft = rig.lines().find(|line| line[1].distance(neck) < 0.01);
            [shaft.expect("an arrow has a shaft")[0], tip]
        })
        .collect();
    arrows.sort_by(|one, other| (one[0].y, one[0].x).partial_cmp(&(other[0].y, other[0].x)).expect("no NaN"));
    arrows
}

#[test]
fn arrows_lead_from_where_notes_were_to_where_they_are_sung() {
    for size in SIZES {
        let mut rig = Rig::new(size);
        rig.play(4, &[late(1.0, 20.0, 16.0), late(2.0, -9.0, -8.0), late(3.0, 0.0, 0.4)]);
        let arrows = arrows(&rig);
        let [key, first, second] = arrows[..] else { panic!("{arrows:?} in {size:?}") };
        let crosses = |line: &[Pos2; 2]| line[0].x == line[1].x && (line[0].y..line[1].y).contains(&first[0].y);
        let mut marks: Vec<f32> = rig.lines().filter(crosses).map(|line| line[0].x).collect();
        marks.sort_by(f32::total_cmp);
        let [one, two, three] = marks[..] else { panic!("{marks:?} in {size:?}") };
        assert!(((two - one) - (three - two)).abs() < 0.5, "notes of equal distance: {marks:?}");
        assert!((first[0].x - one).abs() < 0.1 && (second[0].x - two).abs() < 0.1, "{first:?}, {second:?}: {marks:?}");
        let lengths = [first, second, key].map(|[tail, tip]| tip.x - tail.x);
        assert!(lengths[0] > 3.0 && (lengths[0] / lengths[1] + 2.0).abs() < 0.05, "{lengths:?}");
        assert!((lengths[0] / lengths[2] - 16.0 / 20.0).abs() < 0.02 && rig.says("20 ms late"), "{lengths:?}");
    }
}

#[test]
fn the_note_under_the_pointer_is_told_in_numbers() {
    let mut rig = Rig::new(DESIGN);
    rig.play(4, &[late(1.0, 8.0, 7.3), late(3.0, -9.0, -8.2)]);
    let [_, first, second] = arrows(&rig)[..] else { panic!("{:?}", arrows(&rig)) };
    for (at, words, other) in [
        (first[0], ["7.3 ms late", "(planned 8.0)"], "8.2 ms early"),
        (second[0] - vec2(3.0, 60.0), ["8.2 ms early", "(planned 9.0)"], "7.3 ms late"),
    ] {
        rig.frame(vec![Event::PointerMoved(at)]);
        assert!(words.iter().all(|words| rig.says(words)) && !rig.says(other), "{words:?}");
    }
    for away in [first[0].lerp(second[0], 0.5), pos2(first[0].x, 600.0)] {
        rig.frame(vec![Event::PointerMoved(away)]);
        assert!(!rig.says("7.3 ms late") && !rig.says("8.2 ms early"));
    }
}

/// Four seconds in which the take breathes in, half a second from 1 s on, and a breath of a second is added from 2 s
/// on; from 3 s on there is breath in the voice.
fn breathing(position_samples: i64) -> HopTrace {
    let is_in = |from: i64, until: i64| (from..until).contains(&position_samples);
    let phase = if is_in(48_000, 72_000) { Phase::Breath } else { Phase::Silence };
    let inhaled =
        Inhaled { start_position_samples: 96_000, end_position_samples: 144_000, level_db: -48.7, is_by_hand: false };
    HopTrace {
        frame: Frame { phase, level_db: -45.0, ..Frame::SILENCE },
        inhalation_db: is_in(96_000, 144_000).then_some(-50.0),
        aspiration_db: is_in(144_000, 192_000).then_some(-60.0),
        inhaled: is_in(143_936, 144_000).then_some(inhaled),
        ..HopTrace::default()
    }
}

#[test]
fn breath_lies_where_it_is_heard_each_kind_as_high_as_it_is_loud() {
    for size in SIZES {
        let mut rig = Rig::new(size);
        rig.play_hops(4, breathing);
        let lane_y = rig.rect(Id::unique("con-anima-breath-lane")).expect("the lane has a name").center().y;
        let mut shapes: Vec<Rect> = rig
            .meshes()
            .map(|mesh| mesh.calc_bounds())
            .filter(|bounds| bounds.bottom() > lane_y && bounds.height() < 80.0 && bounds.width() > 20.0)
            .collect();
        shapes.sort_by(|one, other| one.left().total_cmp(&other.left()));
        let [own, added, veil] = shapes[..] else { panic!("{shapes:?} in {size:?}") };
        let second = added.width();
        assert!((own.width() / second - 0.5).abs() < 0.02, "{shapes:?} in {size:?}");
        assert!(((added.left() - own.left()) / second - 1.0).abs() < 0.02, "{shapes:?} in {size:?}");
        assert!(((veil.left() - added.left()) / second - 1.0).abs() < 0.02, "{shapes:?} in {size:?}");
        // 35, 30 and 20 dB above the foot of the lane.
        for (shape, share) in [(own, 35.0 / 20.0), (added, 30.0 / 20.0)] {
            assert!((shape.height() / veil.height() - share).abs() < 0.02, "{shapes:?} in {size:?}");
        }
        let words = "1.00 s of breath, \u{2212}48.7 dBFS";
        for (at, is_told) in [(added.center(), true), (own.center(), false), (veil.center(), false)] {
            rig.frame(vec![Event::PointerMoved(at)]);
            assert_eq!(rig.says(words), is_told, "{at:?} in {size:?}");
        }
    }
}
