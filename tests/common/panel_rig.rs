//! A panel without a window, a hand that turns its knobs, a host that hears of it, and audio to be shown.
//!
//! In: what the hand does and what is sung. Out: the host's calls, and the shapes that were drawn.
#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(unreachable_pub, missing_docs, reason = "test code")]
#![allow(unsafe_code, reason = "the framework lets a host be imitated only through a trait of unsafe methods")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use con_anima::analysis::{Frame, Phase};
use con_anima::editor::{Desk, Panel};
use con_anima::engine::HopTrace;
use con_anima::gesture::TimedNote;
use con_anima::monitor::{MonitorReader, MonitorWriter, Snapshot, monitor};
use con_anima::params::VoiceParams;
use con_anima::presets::Library;
use egui::epaint::{PathShape, TextShape};
use egui::{Event, Id, Key, Mesh, Modifiers, PointerButton, Pos2, RawInput, Rect, Shape, Vec2};
use nice_plug::context::gui::GuiContextInner;
use nice_plug::params::internals::ParamPtr;
use nice_plug::prelude::{ParamSetter, PluginApi, PluginState};

/// What a host is told, by parameter name.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
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
pub struct Rig {
    pub params: Arc<VoiceParams>,
    panel: Panel,
    desk: Desk,
    /// Where the user's presets are.
    pub presets: tempfile::TempDir,
    pub ctx: egui::Context,
    host: Host,
    calls: Receiver<Call>,
    size: Vec2,
    time_s: f64,
    pub modifiers: Modifiers,
    pub keeps_keys: bool,
    audio: MonitorWriter,
    monitor: MonitorReader,
    /// What was drawn in the last frame.
    pub shapes: Vec<Shape>,
    /// What was given to the system's clipboard last.
    pub copied: Option<String>,
    /// The host tells where in the song it is.
    pub is_position_told: bool,
}

impl Rig {
    pub fn new(size: Vec2) -> Self {
        let (sender, calls) = channel();
        let (audio, monitor) = monitor();
        let presets = tempfile::tempdir().expect("a folder for presets");
        let mut rig = Self {
            params: Arc::default(),
            panel: Panel::default(),
            desk: Desk::new(Library::new(Some(presets.path().to_owned()))),
            presets,
            ctx: egui::Context::default(),
            host: Host(sender),
            calls,
            size,
            time_s: 0.0,
            modifiers: Modifiers::NONE,
            keeps_keys: false,
            audio,
            monitor,
            shapes: Vec::new(),
            copied: None,
            is_position_told: true,
        };
        // Widgets can be hit from the second frame on.
        rig.frame(vec![]);
        rig.frame(vec![]);
        rig
    }

    pub fn frame(&mut self, mut events: Vec<Event>) {
        self.time_s += 0.02;
        events.insert(0, Event::ModifiersChanged(self.modifiers));
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, self.size)),
            time: Some(self.time_s),
            events,
            ..RawInput::default()
        };
        let (panel, desk, params, host) = (&mut self.panel, &mut self.desk, &self.params, &self.host);
        let (keeps_keys, monitor) = (&mut self.keeps_keys, &mut self.monitor);
        let mut output = self.ctx.run_ui(input, |ui| {
            panel.listen(monitor, ui);
            *keeps_keys = panel.show(ui, params, desk, &ParamSetter::new(host));
        });
        let seen = output.shapes.drain(..).filter(|one| one.clip_rect.intersects(one.shape.visual_bounding_rect()));
        self.shapes = seen.map(|clipped| clipped.shape).collect();
        for command in output.platform_output.commands.drain(..) {
            if let egui::OutputCommand::CopyText(text) = command {
                self.copied = Some(text);
            }
        }
        // Nothing is drawn here, and egui insists that somebody takes the textures.
        output.textures_delta.clear();
    }

    /// Closes the window and opens another one of the same instance.
    pub fn reopen(&mut self) {
        self.panel = Panel::default();
        self.ctx = egui::Context::default();
        self.frame(vec![]);
        self.frame(vec![]);
    }

    /// The host changes parameters without any hand in the window.
    pub fn automate(&mut self, change: impl Fn(&VoiceParams, &ParamSetter)) {
        change(&self.params, &ParamSetter::new(&self.host));
    }

    pub fn rest(&mut self) {
        (0..40).for_each(|_| self.frame(vec![]));
    }

    pub fn rect(&self, id: Id) -> Option<Rect> {
        self.ctx.read_response(id).map(|response| response.rect)
    }

    pub fn button(&self, at: Pos2, pressed: bool) -> Event {
        Event::PointerButton { pos: at, button: PointerButton::Primary, pressed, modifiers: self.modifiers }
    }

    pub fn click(&mut self, at: Pos2) {
        self.frame(vec![Event::PointerMoved(at)]);
        self.frame(vec![self.button(at, true)]);
        self.frame(vec![self.button(at, false)]);
        self.frame(vec![]);
    }

    pub fn click_on(&mut self, id: Id) {
        let at = self.rect(id).expect("the widget is on the panel").center();
        self.click(at);
    }

    pub fn key(&mut self, key: Key) {
        let press =
            |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers: Modifiers::NONE };
        self.frame(vec![press(true)]);
        self.frame(vec![press(false)]);
    }

    pub fn type_into(&mut self, id: Id, text: &str, last: Key) {
        self.click_on(id);
        self.frame(vec![]);
        assert!(self.keeps_keys, "the keys go to the host while a value is typed");
        self.frame(vec![Event::Text(text.to_owned())]);
        self.key(last);
        self.frame(vec![]);
        assert!(!self.keeps_keys, "the keys stay with the panel after typing");
    }

    /// Plays `seconds` of a voice at 48 kHz in which these notes are sung.
    pub fn play(&mut self, seconds: i64, notes: &[TimedNote]) {
        let sung_at = |note: &&TimedNote| note.onset_position_samples + (note.realized_ms * 48.0) as i64;
        self.play_hops(seconds, |position_samples| {
            let note = notes.iter().find(|note| (position_samples..position_samples + 64).contains(&sung_at(note)));
            HopTrace {
                note: note.copied(),
                frame: Frame { level_db: -20.0, phase: Phase::Vowel, ..Frame::SILENCE },
                ..HopTrace::default()
            }
        });
    }

    /// Plays `seconds` at 48 kHz, at each song position the hop that is made up for it.
    pub fn play_hops(&mut self, seconds: i64, hop_at: impl Fn(i64) -> HopTrace) {
        self.play_along(seconds, hop_at);
        self.rest();
    }

    /// The same, and the host has not stopped yet.
    pub fn play_along(&mut self, seconds: i64, hop_at: impl Fn(i64) -> HopTrace) {
        let is_position_told = self.is_position_told;
        let levels = Snapshot { input_peak_db: -12.3, output_peak_db: -12.3, is_position_told, ..Snapshot::default() };
        self.audio.publish(Snapshot { latency_samples: 4320, sample_rate_hz: 48_000.0, hops_per_s: 750.0, ..levels });
        for position_samples in (0..seconds * 48_000).step_by(64) {
            self.audio.push(HopTrace { position_samples, ..hop_at(position_samples) });
            if position_samples % 6400 == 0 {
                self.frame(vec![]);
            }
        }
        self.frame(vec![]);
    }

    pub fn texts(&self) -> Vec<&TextShape> {
        self.shapes.iter().filter_map(|shape| if let Shape::Text(text) = shape { Some(text) } else { None }).collect()
    }

    pub fn says(&self, words: &str) -> bool {
        self.texts().iter().any(|text| text.galley.text() == words)
    }

    pub fn paths(&self) -> impl Iterator<Item = &PathShape> {
        self.shapes.iter().filter_map(|shape| if let Shape::Path(path) = shape { Some(path) } else { None })
    }

    pub fn lines(&self) -> impl Iterator<Item = [Pos2; 2]> {
        let line = |shape: &Shape| if let Shape::LineSegment { points, .. } = shape { Some(*points) } else { None };
        self.shapes.iter().filter_map(line)
    }

    pub fn meshes(&self) -> impl Iterator<Item = &Mesh> {
        self.shapes.iter().filter_map(|shape| if let Shape::Mesh(mesh) = shape { Some(mesh.as_ref()) } else { None })
    }

    pub fn calls(&self) -> Vec<Call> {
        self.calls.try_iter().collect()
    }

    /// The calls so far are one gesture on this parameter; returns how often it was set.
    pub fn assert_one_gesture(&self, name: &str) -> usize {
        let calls = self.calls();
        let name = name.to_owned();
        assert_eq!(calls.first(), Some(&Call::Begin(name.clone())), "{calls:?}");
        assert_eq!(calls.last(), Some(&Call::End(name.clone())), "{calls:?}");
        let sets = &calls[1..calls.len() - 1];
        assert!(sets.iter().all(|call| *call == Call::Set(name.clone())), "{calls:?}");
        sets.len()
    }
}
