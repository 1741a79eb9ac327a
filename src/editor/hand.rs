//! The hand that sets parameters: every gesture goes to the host and into the history here, and nowhere else.
//!
//! In: begin, values and end of a gesture, or a whole sound. Out: [`ParamSetter`] calls, steps of the [`History`].

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use nice_plug::prelude::{Param, ParamSetter};

use super::history::{Change, History, Kept, Step};
use crate::params::{Hosted, Scenes, Settable, Values, Visitor, VoiceParams};

/// A hand in one frame.
pub(super) struct Hand<'a> {
    /// What it sets.
    pub(super) params: &'a VoiceParams,
    /// The scenes at the frame's beginning.
    pub(super) scenes: Scenes,
    /// What was heard then, where it was not the knobs.
    of_scenes: Option<Values>,
    /// A knob was turned that is not heard.
    is_unheard: Cell<bool>,
    setter: &'a ParamSetter<'a>,
    history: RefCell<&'a mut History>,
}

impl<'a> Hand<'a> {
    pub(super) fn new(params: &'a VoiceParams, setter: &'a ParamSetter<'a>, history: &'a mut History) -> Self {
        let scenes = params.scenes.load();
        let is_heard = params.scene.unmodulated_plain_value() > 0.0 && !scenes.is_empty();
        let of_scenes = is_heard.then(|| scenes.values().resolved(&values_set(params)));
        Self { params, scenes, of_scenes, is_unheard: Cell::new(false), setter, history: RefCell::new(history) }
    }

    /// Begins a gesture.
    pub(super) fn begin<P: Settable>(&self, param: &Hosted<P>) {
        let listed = param.listed;
        self.is_unheard.set(self.is_unheard.get() || listed.is_sound() && self.is_only_a_scene_heard());
        self.history.borrow_mut().begin(listed.id, listed.name, P::number(param.unmodulated_plain_value()));
        self.setter.begin_set_parameter::<P>(param);
    }

    /// Sets a value within a gesture.
    pub(super) fn set<P: Settable>(&self, param: &Hosted<P>, value: P::Plain) {
        let number = P::number(value);
        self.history.borrow_mut().set(param.listed.id, number);
        self.setter.set_parameter::<P>(param, P::plain_of(number));
    }

    /// Ends a gesture.
    pub(super) fn end<P: Settable>(&self, param: &Hosted<P>) {
        self.setter.end_set_parameter::<P>(param);
        self.history.borrow_mut().end(param.listed.id);
    }

    /// A whole gesture: one value, set at once.
    pub(super) fn put<P: Settable>(&self, param: &Hosted<P>, value: P::Plain) {
        self.begin(param);
        self.set(param, value);
        self.end(param);
    }

    /// Puts a whole sound as one step, and what is kept beside it. Values that are as they should be are not set.
    pub(super) fn put_sound(&self, name: &str, sound: impl Fn(&'static str) -> Option<f32>, kept: Kept) {
        let before = self.kept();
        let changes = self.send(sound);
        self.keep(&kept);
        if !changes.is_empty() || before != kept {
            let step = Step { name: name.to_owned(), changes, kept: Some([before, kept]) };
            self.history.borrow_mut().push(step);
        }
    }

    /// What is kept beside the parameters.
    pub(super) fn kept(&self) -> Kept {
        Kept { compared: self.params.slots.load(), scenes: self.params.scenes.load() }
    }

    fn keep(&self, kept: &Kept) {
        self.params.slots.store(kept.compared.clone());
        self.params.scenes.store(kept.scenes.clone());
    }

    /// The plain values that are heard: the knobs', or those of scenes, without what a host modulates.
    pub(super) fn heard(&self) -> Values {
        self.params.scenes.load().values().resolved(&values_set(self.params))
    }

    /// The same at the frame's beginning; `None` where it was the knobs.
    pub(super) fn of_scenes(&self) -> Option<&Values> {
        self.of_scenes.as_ref()
    }

    /// Whether the knobs have no part in what is heard.
    pub(super) fn is_only_a_scene_heard(&self) -> bool {
        self.scenes.hide_knobs(self.params.scene.unmodulated_plain_value())
    }

    /// Whether a knob was turned in this frame that is not heard.
    pub(super) fn was_unheard(&self) -> bool {
        self.is_unheard.get()
    }

    /// Takes the last step back.
    pub(super) fn undo(&self) {
        let step = self.history.borrow_mut().undo();
        self.go(step, 0, |change| change.before);
    }

    /// Does the step again that was taken back last.
    pub(super) fn redo(&self) {
        let step = self.history.borrow_mut().redo();
        self.go(step, 1, |change| change.after);
    }

    /// What would be undone and what redone.
    pub(super) fn names_of_steps(&self) -> [Option<String>; 2] {
        let history = self.history.borrow();
        [history.last_done(), history.last_undone()].map(|name| name.map(str::to_owned))
    }

    fn go(&self, step: Option<Step>, end: usize, value: fn(&Change) -> f32) {
        let Some(step) = step else { return };
        self.send(|id| step.changes.iter().find(|change| change.id == id).map(value));
        if let Some(kept) = step.kept {
            self.keep(&kept[end]);
        }
    }

    /// Tells the host every value that is to be another than it is; returns what was changed.
    fn send(&self, sound: impl Fn(&'static str) -> Option<f32>) -> Vec<Change> {
        let mut sending = Sending { setter: self.setter, sound, changes: Vec::new() };
        self.params.visit(&mut sending);
        sending.changes
    }
}

/// Sets what is to be another value than it is.
struct Sending<'a, S> {
    setter: &'a ParamSetter<'a>,
    sound: S,
    changes: Vec<Change>,
}

impl<S: Fn(&'static str) -> Option<f32>> Visitor for Sending<'_, S> {
    fn visit<P: Settable>(&mut self, param: &Hosted<P>) {
        let listed = param.listed;
        let Some(value) = (self.sound)(listed.id) else { return };
        let (before, after) = (P::number(param.unmodulated_plain_value()), listed.rounded(value));
        if is_near(before, after, listed.step) {
            return;
        }
        self.setter.begin_set_parameter::<P>(param);
        self.setter.set_parameter::<P>(param, P::plain_of(after));
        self.setter.end_set_parameter::<P>(param);
        self.changes.push(Change { id: listed.id, before, after });
    }
}

/// Whether two values are the same one on a parameter's grid.
pub(super) fn is_near(one: f32, other: f32, step: f32) -> bool {
    (one - other).abs() < 0.5 * step
}

/// The plain values as they are set, without what a host modulates.
pub(super) fn values_set(params: &VoiceParams) -> Values {
    let mut reading = Reading(BTreeMap::new());
    params.visit(&mut reading);
    Values::from_plain(|parameter| reading.0.get(parameter.id).copied().unwrap_or(parameter.default))
}

struct Reading(BTreeMap<&'static str, f32>);

impl Visitor for Reading {
    fn visit<P: Settable>(&mut self, param: &Hosted<P>) {
        self.0.insert(param.listed.id, P::number(param.unmodulated_plain_value()));
    }
}
