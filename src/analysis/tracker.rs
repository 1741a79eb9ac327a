//! Decides which candidate is the pitch, and whether there is one: the cheapest path through the candidates of many
//! windows (Viterbi).
//!
//! In: the candidates of each window, as they come. Out: for the window `lookahead` windows ago, its pitch or none. The
//! path pays for weak candidates, for octave jumps and for changes of voicing; with a look-ahead of 0 it is the causal
//! answer. Source: Boersma, "Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio
//! of a sampled sound", IFA Proceedings 17, 1993, §3, with McLeod's clarity for the strength of a candidate.

use super::grid::windows;
use super::pitch::{Candidate, Candidates, MAX_CANDIDATES};

/// Windows that a decision may wait for, at most. Chosen: longer is surer at unclear onsets and leaves less of the
/// latency for planning.
pub(super) const MAX_LOOKAHEAD: usize = windows(0.3413);
/// States of a window: its candidates, and unvoiced. Source: computed from [`MAX_CANDIDATES`].
const STATES: usize = MAX_CANDIDATES + 1;
/// The unvoiced state. Source: computed from [`MAX_CANDIDATES`].
const UNVOICED: usize = MAX_CANDIDATES;

/// Cost of a jump by an octave from window to window (Boersma: 0.35 at 10 ms). Chosen: larger follows true octave leaps
/// later, smaller makes more octave errors.
const JUMP_COST: f32 = 0.5;
/// Cost of a change of voicing (Boersma: 0.14 at 10 ms). Measured: by `cargo lab evaluate`, at half the step, and with
/// windows that hold both sides of a legato step, 0.3 keeps voicing through it and costs nothing at true edges.
const VOICING_COST: f32 = 0.3;
/// The clarity at which voiced and unvoiced cost the same. Chosen: larger loses weak voices, smaller finds voices in
/// noise.
const UNVOICED_CLARITY: f32 = 0.64;

/// The tracker's state for one window.
#[derive(Clone, Copy, Debug, Default)]
struct Column {
    candidates: Candidates,
    /// The predecessor on each state's best path.
    from: [u8; STATES],
}

/// Follows the pitch.
#[derive(Clone, Debug)]
pub(super) struct Tracker {
    columns: [Column; MAX_LOOKAHEAD + 1],
    costs: [f32; STATES],
    n_seen: usize,
    lookahead: usize,
}

impl Tracker {
    /// A tracker whose decisions are `lookahead` windows late.
    pub(super) fn new(lookahead: usize) -> Self {
        Self {
            columns: [Column::default(); MAX_LOOKAHEAD + 1],
            costs: [0.0; STATES],
            n_seen: 0,
            lookahead: lookahead.min(MAX_LOOKAHEAD),
        }
    }

    /// Forgets everything.
    pub(super) fn reset(&mut self) {
        *self = Self::new(self.lookahead);
    }

    /// Takes in the next window; silence has no candidates. Returns the decision on the window `lookahead` windows
    /// before it: its pitch, or none. Realtime-safe.
    pub(super) fn follow(&mut self, candidates: &Candidates) -> Option<Candidate> {
        let previous = self.column(0).candidates;
        let mut column = Column { candidates: *candidates, ..Column::default() };
        let mut costs = [f32::INFINITY; STATES];
        for (state, (cost, from)) in costs.iter_mut().zip(&mut column.from).enumerate() {
            let Some(local) = local_cost(candidates, state) else { continue };
            for (before, cost_before) in self.costs.iter().enumerate() {
                let through = cost_before + local + change_cost(&previous, before, candidates, state);
                if through < *cost {
                    (*cost, *from) = (through, before as u8);
                }
            }
        }
        // Only differences matter; subtracting the least keeps the numbers small and lets any history be forgotten.
        let least = costs.iter().copied().fold(f32::INFINITY, f32::min);
        self.costs = costs.map(|cost| cost - least);
        self.n_seen += 1;
        let slot = self.n_seen % self.columns.len();
        self.columns[slot] = column;
        self.decide()
    }

    /// Traces the best path back.
    fn decide(&self) -> Option<Candidate> {
        let mut state = (0..STATES).min_by(|a, b| self.costs[*a].total_cmp(&self.costs[*b])).unwrap_or(UNVOICED);
        let back = self.lookahead.min(self.n_seen - 1);
        for age in 0..back {
            state = usize::from(self.column(age).from[state]);
        }
        if back < self.lookahead || state == UNVOICED { None } else { Some(self.column(back).candidates[state]) }
    }

    /// The column of the window `age` windows ago.
    fn column(&self, age: usize) -> &Column {
        &self.columns[(self.n_seen + self.columns.len() - age) % self.columns.len()]
    }
}

/// Cost of being in a state, or `None` if there is no such candidate.
fn local_cost(candidates: &Candidates, state: usize) -> Option<f32> {
    if state == UNVOICED {
        return Some(-UNVOICED_CLARITY);
    }
    let candidate = candidates[state];
    (candidate.clarity > 0.0).then(|| -candidate.strength())
}

fn change_cost(previous: &Candidates, before: usize, candidates: &Candidates, state: usize) -> f32 {
    match (before == UNVOICED, state == UNVOICED) {
        (true, true) => 0.0,
        (false, false) => {
            let (from, to) = (previous[before], candidates[state]);
            if from.clarity > 0.0 { JUMP_COST * (to.f0_hz / from.f0_hz).log2().abs() } else { f32::INFINITY }
        }
        _ => VOICING_COST,
    }
}
