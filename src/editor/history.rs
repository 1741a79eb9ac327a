//! Undo and redo.
//!
//! In: the gestures of a hand, from begin to end, and whole sounds that are put. Out: steps, to go back and forth. A
//! step holds what it changed and nothing else, so that going back leaves alone what the host has automated since. What
//! the host changes is no step.

use std::collections::VecDeque;

use crate::params::{Compared, Scenes};

/// So many steps can be undone. Chosen: more than anybody goes back, and a few kilobytes.
const MAX_STEPS: usize = 100;

/// One parameter's part of a step, in plain numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Change {
    pub(super) id: &'static str,
    pub(super) before: f32,
    pub(super) after: f32,
}

/// What a session keeps beside the parameters, and a step may change.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kept {
    /// The two sounds that are compared.
    pub(super) compared: Compared,
    /// The scenes.
    pub(super) scenes: Scenes,
}

/// What is undone at once.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    /// What it was, as a person would say it.
    pub(super) name: String,
    pub(super) changes: Vec<Change>,
    /// Before and after, where the step changed them.
    pub(super) kept: Option<[Kept; 2]>,
}

/// A gesture that has not ended.
#[derive(Clone, Debug)]
struct Open {
    name: &'static str,
    change: Change,
}

/// The steps of one instance.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    done: VecDeque<Step>,
    undone: Vec<Step>,
    open: Vec<Open>,
}

impl History {
    /// A gesture begins on the parameter of this id, which has this value.
    pub(super) fn begin(&mut self, id: &'static str, name: &'static str, value: f32) {
        self.end(id);
        self.open.push(Open { name, change: Change { id, before: value, after: value } });
    }

    /// It sets a value.
    pub(super) fn set(&mut self, id: &'static str, value: f32) {
        if let Some(open) = self.open.iter_mut().find(|open| open.change.id == id) {
            open.change.after = value;
        }
    }

    /// It ends; if anything is other than before, that is a step.
    pub(super) fn end(&mut self, id: &'static str) {
        let Some(index) = self.open.iter().position(|open| open.change.id == id) else { return };
        let Open { name, change } = self.open.remove(index);
        if change.before != change.after {
            self.push(Step { name: name.to_owned(), changes: vec![change], kept: None });
        }
    }

    /// Adds a whole step, and drops what was undone before.
    pub(super) fn push(&mut self, step: Step) {
        self.undone.clear();
        if self.done.len() == MAX_STEPS {
            self.done.pop_front();
        }
        self.done.push_back(step);
    }

    /// Goes a step back; returns the step, whose values from before are to be put.
    pub(super) fn undo(&mut self) -> Option<Step> {
        // What is still going on, such as a turn of the wheel, counts as done.
        while let Some(open) = self.open.first() {
            self.end(open.change.id);
        }
        let step = self.done.pop_back()?;
        self.undone.push(step.clone());
        Some(step)
    }

    /// Goes a step forth; returns the step, whose values from after are to be put.
    pub(super) fn redo(&mut self) -> Option<Step> {
        let step = self.undone.pop()?;
        self.done.push_back(step.clone());
        Some(step)
    }

    /// What would be undone.
    pub(super) fn last_done(&self) -> Option<&str> {
        self.done.back().map(|step| step.name.as_str())
    }

    /// What would be redone.
    pub(super) fn last_undone(&self) -> Option<&str> {
        self.undone.last().map(|step| step.name.as_str())
    }

    /// Forgets everything: another session was loaded.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gesture(history: &mut History, id: &'static str, values: &[f32]) {
        history.begin(id, "Name", values[0]);
        values[1..].iter().for_each(|value| history.set(id, *value));
        history.end(id);
    }

    fn values(step: Option<Step>) -> Vec<(&'static str, f32, f32)> {
        let changes = step.into_iter().flat_map(|step| step.changes);
        changes.map(|change| (change.id, change.before, change.after)).collect()
    }

    #[test]
    fn a_gesture_is_one_step_back_and_forth() {
        let mut history = History::default();
        gesture(&mut history, "drift", &[1.0, 2.0, 3.0]);
        gesture(&mut history, "breath", &[5.0, 6.0]);
        assert_eq!(values(history.undo()), [("breath", 5.0, 6.0)]);
        assert_eq!(values(history.undo()), [("drift", 1.0, 3.0)]);
        assert!(history.undo().is_none());
        assert_eq!(values(history.redo()), [("drift", 1.0, 3.0)]);
        gesture(&mut history, "jitter", &[0.0, 1.0]);
        assert!(history.redo().is_none(), "what is new takes the place of what was undone");
        assert_eq!(values(history.undo()), [("jitter", 0.0, 1.0)]);
        assert_eq!(values(history.undo()), [("drift", 1.0, 3.0)]);
    }

    #[test]
    fn what_changes_nothing_is_no_step() {
        let mut history = History::default();
        gesture(&mut history, "drift", &[1.0]);
        gesture(&mut history, "breathe", &[0.0, 1.0, 0.0]);
        history.set("drift", 4.0);
        history.end("drift");
        assert!(history.undo().is_none());
    }

    #[test]
    fn gestures_may_overlap_and_undo_ends_them() {
        let mut history = History::default();
        history.begin("drift", "Drift", 1.0);
        history.begin("breath", "Breath", 2.0);
        history.set("drift", 3.0);
        history.set("breath", 4.0);
        history.end("breath");
        assert_eq!(values(history.undo()), [("drift", 1.0, 3.0)]);
        history.end("drift");
        assert_eq!(values(history.undo()), [("breath", 2.0, 4.0)]);
        assert_eq!(history.last_undone(), Some("Breath"));
    }

    #[test]
    fn only_so_many_steps_are_kept() {
        let mut history = History::default();
        (0..MAX_STEPS + 20).for_each(|step| gesture(&mut history, "drift", &[step as f32, step as f32 + 1.0]));
        let n_undone = std::iter::from_fn(|| history.undo()).count();
        assert_eq!(n_undone, MAX_STEPS);
        assert_eq!(values(history.redo()), [("drift", 20.0, 21.0)]);
    }
}
