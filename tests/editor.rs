//! The editor without a window: every parameter can be reached and read, every gesture the host sees has one begin and
//! one end, and the stage shows what was done.
#![cfg(feature = "editor")]

#[path = "common/panel_rig.rs"]
mod panel_rig;

use con_anima::analysis::Onset;
use con_anima::editor::control_id;
use con_anima::params::{Kind, PARAMETERS};
use con_anima::performance::TimedNote;
use egui::epaint::TextShape;
use egui::{Event, Key, Modifiers, MouseWheelUnit, Pos2, Rect, Shape, Vec2, pos2, vec2};
use panel_rig::Rig;

/// A place on a dial where no value stands.
fn grip(rig: &Rig, id: &str) -> Pos2 {
    let dial = rig.rect(control_id(id)).expect("the knob is on the panel");
    pos2(dial.center().x, dial.top() + 0.12 * dial.height())
}

const SIZES: [Vec2; 4] = [vec2(760.0, 460.0), vec2(900.0, 560.0), vec2(1400.0, 900.0), vec2(800.0, 1200.0)];

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
            let field = if matches!(parameter.kind, Kind::Continuous { .. }) { id.with("value") } else { id };
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
    let mut rig = Rig::new(vec2(900.0, 560.0));
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
    let mut rig = Rig::new(vec2(900.0, 560.0));
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
    assert!(rig.params.drift.value() > 12.0);
}

#[test]
fn a_double_click_and_a_control_click_reset() {
    let mut rig = Rig::new(vec2(900.0, 560.0));
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
        assert_eq!((rig.params.shimmer.value(), rig.assert_one_gesture("Shimmer")), (0.2, 1));
        rig.modifiers = Modifiers::NONE;
    }
}

#[test]
fn typing_changes_a_value_only_when_it_makes_sense_and_is_confirmed() {
    let mut rig = Rig::new(vec2(900.0, 560.0));
    rig.type_into(control_id("amount").with("value"), "999", Key::Enter);
    assert_eq!((rig.params.amount.value(), rig.assert_one_gesture("Humanize")), (150.0, 1));
    rig.type_into(control_id("seed"), "4711", Key::Enter);
    assert_eq!((rig.params.seed.value(), rig.assert_one_gesture("Seed")), (4711, 1));
    rig.type_into(control_id("amount").with("value"), "20", Key::Escape);
    rig.type_into(control_id("amount").with("value"), "rather more", Key::Enter);
    assert_eq!((rig.params.amount.value(), rig.calls()), (150.0, vec![]));
}

#[test]
fn buttons_are_one_gesture_each() {
    let mut rig = Rig::new(vec2(900.0, 560.0));
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
fn the_space_bar_stays_with_the_host() {
    let mut rig = Rig::new(vec2(900.0, 560.0));
    rig.click(grip(&rig, "jitter"));
    for key in [Key::Tab, Key::Tab, Key::Space, Key::Enter, Key::ArrowUp] {
        rig.key(key);
        assert!(!rig.keeps_keys && rig.ctx.memory(|memory| memory.focused()).is_none(), "{key:?}");
    }
    assert_eq!(rig.calls(), vec![]);
}

#[test]
fn the_knobs_of_timing_are_dragged_typed_and_reset() {
    let mut rig = Rig::new(vec2(900.0, 560.0));
    for (id, name, typed, value, default) in [
        ("timing", "Timing", "22,5 ms", 22.5, 10.0),
        ("feel", "Feel", "-12.5", -12.5, 0.0),
        ("memory", "Memory", "40 %", 40.0, 80.0),
    ] {
        let params = rig.params.clone();
        let now = || params.values().get(id).expect("it is a parameter");
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
    let mut rig = Rig::new(vec2(900.0, 560.0));
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
    let mut rig = Rig::new(vec2(900.0, 560.0));
    rig.play(4, &[late(1.0, 8.0, 7.3), late(3.0, -9.0, -8.2)]);
    let [_, first, second] = arrows(&rig)[..] else { panic!("{:?}", arrows(&rig)) };
    for (at, words, other) in [
        (first[0], ["7.3 ms late", "(planned 8.0)"], "8.2 ms early"),
        (second[0] - vec2(3.0, 60.0), ["8.2 ms early", "(planned 9.0)"], "7.3 ms late"),
    ] {
        rig.frame(vec![Event::PointerMoved(at)]);
        assert!(words.iter().all(|words| rig.says(words)) && !rig.says(other), "{words:?}");
    }
    for away in [first[0].lerp(second[0], 0.5), pos2(first[0].x, 540.0)] {
        rig.frame(vec![Event::PointerMoved(away)]);
        assert!(!rig.says("7.3 ms late") && !rig.says("8.2 ms early"));
    }
}
