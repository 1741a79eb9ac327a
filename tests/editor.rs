//! The editor without a window: every parameter can be reached, and every gesture the host sees has one begin and one
//! end.
#![cfg(feature = "editor")]
#![allow(unsafe_code, reason = "the framework lets a host be imitated only through a trait of unsafe methods")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use con_anima::editor::{Panel, control_id};
use con_anima::params::{PARAMETERS, VoiceParams};
use egui::{Event, Id, Key, Modifiers, MouseWheelUnit, PointerButton, Pos2, RawInput, Rect, Vec2, pos2, vec2};
use nice_plug::context::gui::GuiContextInner;
use nice_plug::params::internals::ParamPtr;
use nice_plug::prelude::{ParamSetter, PluginApi, PluginState};

/// What a host is told, by parameter name.
#[derive(Clone, Debug, PartialEq)]
enum Call {
    Begin(String),
    Set(String),
    End(String),
}

/// A host that takes every value at once.
struct Host(Sender<Call>);

impl Host {
    fn tell(&self, call: impl Fn(String) -> Call, param: ParamPtr) {
        // SAFETY: The parameters live in the rig, which outlives its host.
        let name = unsafe { param.name() }.to_owned();
        self.0.send(call(name)).expect("the rig listens");
    }
}

impl GuiContextInner for Host {
    fn plugin_api(&self) -> PluginApi {
        PluginApi::Clap
    }

    unsafe fn raw_begin_set_parameter(&self, param: ParamPtr) {
        self.tell(Call::Begin, param);
    }

    unsafe fn raw_set_parameter_normalized(&self, param: ParamPtr, normalized: f32) {
        // SAFETY: As in `tell`.
        unsafe { param._internal_set_normalized_value(normalized) };
        self.tell(Call::Set, param);
    }

    unsafe fn raw_end_set_parameter(&self, param: ParamPtr) {
        self.tell(Call::End, param);
    }

    fn get_state(&self) -> PluginState {
        PluginState { version: String::new(), params: BTreeMap::new(), fields: BTreeMap::new() }
    }

    fn set_state(&self, _state: PluginState) {}

    fn request_restart(&self) {}
}

/// A panel, a hand and a host.
struct Rig {
    params: Arc<VoiceParams>,
    panel: Panel,
    ctx: egui::Context,
    host: Host,
    calls: Receiver<Call>,
    size: Vec2,
    time_s: f64,
    modifiers: Modifiers,
    keeps_keys: bool,
}

impl Rig {
    fn new(size: Vec2) -> Self {
        let (sender, calls) = channel();
        let mut rig = Self {
            params: Arc::default(),
            panel: Panel::default(),
            ctx: egui::Context::default(),
            host: Host(sender),
            calls,
            size,
            time_s: 0.0,
            modifiers: Modifiers::NONE,
            keeps_keys: false,
        };
        // Widgets can be hit from the second frame on.
        rig.frame(vec![]);
        rig.frame(vec![]);
        rig
    }

    fn frame(&mut self, mut events: Vec<Event>) {
        self.time_s += 0.02;
        events.insert(0, Event::ModifiersChanged(self.modifiers));
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, self.size)),
            time: Some(self.time_s),
            events,
            ..RawInput::default()
        };
        let (panel, params, host) = (&mut self.panel, &self.params, &self.host);
        let keeps_keys = &mut self.keeps_keys;
        let mut output = self.ctx.run_ui(input, |ui| *keeps_keys = panel.show(ui, params, &ParamSetter::new(host)));
        // Nothing is drawn here, and egui insists that somebody takes the textures.
        output.textures_delta.clear();
    }

    fn rest(&mut self) {
        (0..40).for_each(|_| self.frame(vec![]));
    }

    fn rect(&self, id: Id) -> Option<Rect> {
        self.ctx.read_response(id).map(|response| response.rect)
    }

    fn button(&self, at: Pos2, pressed: bool) -> Event {
        Event::PointerButton { pos: at, button: PointerButton::Primary, pressed, modifiers: self.modifiers }
    }

    fn click(&mut self, at: Pos2) {
        self.frame(vec![Event::PointerMoved(at)]);
        self.frame(vec![self.button(at, true)]);
        self.frame(vec![self.button(at, false)]);
        self.frame(vec![]);
    }

    fn click_on(&mut self, id: Id) {
        let at = self.rect(id).expect("the widget is on the panel").center();
        self.click(at);
    }

    fn key(&mut self, key: Key) {
        let press =
            |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers: Modifiers::NONE };
        self.frame(vec![press(true)]);
        self.frame(vec![press(false)]);
    }

    fn type_into(&mut self, id: Id, text: &str, last: Key) {
        self.click_on(id);
        self.frame(vec![]);
        assert!(self.keeps_keys, "the keys go to the host while a value is typed");
        self.frame(vec![Event::Text(text.to_owned())]);
        self.key(last);
        assert!(!self.keeps_keys, "the keys stay with the panel after typing");
    }

    fn calls(&self) -> Vec<Call> {
        self.calls.try_iter().collect()
    }

    /// The calls so far are one gesture on this parameter; returns how often it was set.
    fn assert_one_gesture(&self, name: &str) -> usize {
        let calls = self.calls();
        let name = name.to_owned();
        assert_eq!(calls.first(), Some(&Call::Begin(name.clone())), "{calls:?}");
        assert_eq!(calls.last(), Some(&Call::End(name.clone())), "{calls:?}");
        let sets = &calls[1..calls.len() - 1];
        assert!(sets.iter().all(|call| *call == Call::Set(name.clone())), "{calls:?}");
        sets.len()
    }
}

/// A place on a dial where no value stands.
fn grip(rig: &Rig, id: &str) -> Pos2 {
    let dial = rig.rect(control_id(id)).expect("the knob is on the panel");
    pos2(dial.center().x, dial.top() + 0.12 * dial.height())
}

#[test]
fn every_parameter_can_be_reached_in_every_size() {
    for size in [vec2(760.0, 460.0), vec2(900.0, 560.0), vec2(1400.0, 900.0)] {
        let rig = Rig::new(size);
        let window = Rect::from_min_size(Pos2::ZERO, size);
        for parameter in &PARAMETERS {
            let rect = rig.rect(control_id(parameter.id));
            let rect = rect.unwrap_or_else(|| panic!("no control for '{}'", parameter.id));
            assert!(window.contains_rect(rect) && rect.width() >= 20.0, "{}: {rect:?} in {size:?}", parameter.id);
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
