//! Explicit pitch and timing in the performer's place, for measuring what the renderer makes of them.
//!
//! In: a curve of cents and one of milliseconds, a value per sample each. Out: the gesture of any hop. The pitch is
//! integrated to a motion whose knots, at the hops, have exact slopes and displacements; that motion may go on for
//! ever, so the shift asked for is always that from the input's own place, and the renderer steps back what the pitch
//! has moved.

use crate::dsp::motion::{Motion, Span};
use crate::gesture::Gesture;
use crate::performance::Moment;

/// Gestures from curves.
#[derive(Clone, Debug)]
pub struct Curves<'curves> {
    hop_samples: i64,
    /// The motion at each hop of the absolute grid from that of the first sample on.
    knots: Vec<Motion>,
    /// Of the first sample.
    start: i64,
    shift_ms: &'curves [f32],
    samples_per_ms: f64,
    /// The last song position that was read: the shift asked for is never one gone by, or a late one would repeat for
    /// ever what it is read from.
    furthest: i64,
}

impl<'curves> Curves<'curves> {
    /// Curves that begin at song position `start`: `cents` of pitch by the position of the output, `shift_ms` (positive
    /// sounds later) by the position of the input that is heard. Behind its end a pitch is none, a shift stays.
    pub fn new(cents: &[f32], shift_ms: &'curves [f32], start: i64, sample_rate_hz: f64, hop_samples: usize) -> Self {
        let slope = |position: i64| {
            let cents = usize::try_from(position - start).ok().and_then(|at| cents.get(at)).copied();
            cents.map_or(0.0, |cents| (f64::from(cents) / 1200.0).exp2() - 1.0)
        };
        let hop = hop_samples as i64;
        let first = start.div_euclid(hop) * hop;
        let n_knots = (start - first + cents.len() as i64) / hop + 2;
        let mut knots = Vec::with_capacity(n_knots as usize);
        let mut displacement_samples = 0.0;
        for knot in (first..).step_by(hop_samples).take(n_knots as usize) {
            knots.push(Motion { displacement_samples, slope: slope(knot) });
            displacement_samples += (knot..knot + hop).map(slope).sum::<f64>();
        }
        let samples_per_ms = sample_rate_hz / 1000.0;
        Self { hop_samples: hop, knots, start, shift_ms, samples_per_ms, furthest: start }
    }

    /// What the curves ask for in the hop that holds `moment`.
    pub fn gesture(&mut self, moment: &Moment) -> Gesture {
        let hop = moment.position_samples.div_euclid(self.hop_samples) - self.start.div_euclid(self.hop_samples);
        let warp = Span { start: self.knot(hop), end: self.knot(hop + 1) };
        let source = moment.position_samples + moment.pointer_samples.round() as i64;
        self.furthest = if moment.is_jump { source } else { self.furthest.max(source) };
        let shift_samples = -self.shift_ms_at(self.furthest) * self.samples_per_ms - warp.start.displacement_samples;
        Gesture {
            warp,
            shift_samples,
            gain: Span { start: 1.0, end: 1.0 },
            is_jump: moment.is_jump,
            ..Gesture::default()
        }
    }

    fn knot(&self, hop: i64) -> Motion {
        let last = self.knots.len() as i64 - 1;
        self.knots[hop.clamp(0, last) as usize]
    }

    fn shift_ms_at(&self, position: i64) -> f64 {
        let last = self.shift_ms.len() as i64 - 1;
        self.shift_ms.get((position - self.start).clamp(0, last.max(0)) as usize).map_or(0.0, |ms| f64::from(*ms))
    }
}
