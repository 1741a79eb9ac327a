//! Where the one read pointer is: the motion asked for, plus a base that keeps it continuous.
//!
//! In: the motion that the gesture asks for, hop by hop, the base that timing asks for, and steps. Out: the path of the
//! pointer. When a plan or the settings change, the motion asked for is suddenly elsewhere: 10 ms away after a step of
//! Humanize. The pitch movement itself starts at once, but the base takes up the distance, so that the pointer does not
//! jump. Where the base is not where it is asked to be, steps ([`super::splice`]) bring it near, and what is too little
//! for a step is given back until it is exactly nothing, so that no path is remembered: a base that moves is itself a
//! pitch offset, whose size the gesture tells. At the end of its reach the pointer stops, and the base takes up the
//! motion withheld.

use crate::dsp::motion::{Motion, Span};
use crate::dsp::units::CENT;

/// How far from its own place the pointer may read: no sample that is not yet there, and none that is gone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reach {
    /// The most negative displacement, as a positive number of samples: earlier audio, which sounds later.
    pub behind_samples: f64,
    /// The most positive displacement, samples.
    pub ahead_samples: f64,
}

impl Reach {
    /// The nearest displacement within reach, samples.
    #[inline]
    pub fn clamp(&self, displacement_samples: f64) -> f64 {
        displacement_samples.max(-self.behind_samples).min(self.ahead_samples)
    }
}

/// The read pointer from hop to hop.
#[derive(Clone, Debug)]
pub(super) struct Pointer {
    hop_samples: f64,
    reach: Reach,
    base_samples: f64,
    /// The motion asked for at the end of the last hop, samples.
    motion_end_samples: Option<f64>,
}

impl Pointer {
    pub(super) fn new(hop_samples: usize, reach: Reach) -> Self {
        let hop_samples = hop_samples as f64;
        Self { hop_samples, reach, base_samples: 0.0, motion_end_samples: None }
    }

    pub(super) fn reset(&mut self) {
        self.base_samples = 0.0;
        self.motion_end_samples = None;
    }

    pub(super) fn reach(&self) -> Reach {
        self.reach
    }

    pub(super) fn set_reach(&mut self, reach: Reach) {
        self.reach = reach;
    }

    /// What is added to the motion, samples.
    pub(super) fn base_samples(&self) -> f64 {
        self.base_samples
    }

    /// Stays where the pointer is although the motion asked for is now elsewhere.
    pub(super) fn hold(&mut self, motion: Motion) {
        if let Some(end_samples) = self.motion_end_samples {
            // Exactly nothing where the motion goes on.
            self.base_samples += end_samples - motion.displacement_samples;
        }
    }

    /// Puts the base where it should be.
    pub(super) fn set_base(&mut self, base_samples: f64) {
        self.base_samples = base_samples;
    }

    /// One hop along the motion; the base moves towards where it is asked to be, by a pitch offset of so many cents.
    pub(super) fn follow(&mut self, motion: Span<Motion>, target_samples: f64, settling_cents: f64) -> Span<Motion> {
        self.motion_end_samples = Some(motion.end.displacement_samples);
        let before = self.base_samples;
        let after = self.settled(before, target_samples, settling_cents);
        let end_samples = motion.end.displacement_samples + after;
        let within = self.reach.clamp(end_samples);
        if within != end_samples {
            return self.withhold(motion, within);
        }
        self.base_samples = after;
        let offset = (after - before) / self.hop_samples;
        let moved = |motion: Motion, base_samples: f64| Motion {
            displacement_samples: motion.displacement_samples + base_samples,
            slope: motion.slope + offset,
        };
        Span { start: moved(motion.start, before), end: moved(motion.end, after) }
    }

    /// The pointer stops at the end of its reach: movement is withheld, none is added.
    fn withhold(&mut self, motion: Span<Motion>, end_samples: f64) -> Span<Motion> {
        let start_samples = self.reach.clamp(motion.start.displacement_samples + self.base_samples);
        let slope = (end_samples - start_samples) / self.hop_samples;
        self.base_samples = end_samples - motion.end.displacement_samples;
        let at = |displacement_samples| Motion { displacement_samples, slope };
        Span { start: at(start_samples), end: at(end_samples) }
    }

    /// The base a hop later.
    fn settled(&self, base_samples: f64, target_samples: f64, settling_cents: f64) -> f64 {
        let left_samples = target_samples - base_samples;
        let step = settling_cents * CENT * self.hop_samples;
        if left_samples.abs() <= step { target_samples } else { base_samples + step.copysign(left_samples) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STILL: Span<Motion> = Span {
        start: Motion { displacement_samples: 0.0, slope: 0.0 },
        end: Motion { displacement_samples: 0.0, slope: 0.0 },
    };

    fn pointer(reach_samples: f64) -> Pointer {
        Pointer::new(64, Reach { behind_samples: reach_samples, ahead_samples: reach_samples })
    }

    #[test]
    fn a_base_that_nobody_asked_for_is_given_back_within_the_pitch_limit_and_ends() {
        let mut pointer = pointer(4000.0);
        pointer.set_base(-480.0);
        let mut hops = 0;
        while pointer.base_samples() != 0.0 {
            let path = pointer.follow(STILL, 0.0, 4.0);
            assert!((path.start.slope / CENT).abs() <= 4.000_001);
            hops += 1;
            assert!(hops < 3750, "10 ms must be given back within five seconds");
        }
        assert_eq!(pointer.follow(STILL, 0.0, 4.0), STILL);
    }

    #[test]
    fn a_base_that_is_asked_for_stays() {
        let mut pointer = pointer(4000.0);
        pointer.set_base(-480.0);
        (0..1000).for_each(|_| assert_eq!(pointer.follow(STILL, -480.0, 4.0).end.displacement_samples, -480.0));
    }

    #[test]
    fn the_pointer_stays_where_it_is_when_the_motion_jumps() {
        let mut pointer = pointer(4000.0);
        let at = |displacement_samples| Motion { displacement_samples, slope: 0.001 };
        let before = pointer.follow(Span { start: at(10.0), end: at(20.0) }, 0.0, 4.0);
        pointer.hold(at(-300.0));
        let after = pointer.follow(Span { start: at(-300.0), end: at(-290.0) }, pointer.base_samples(), 4.0);
        assert_eq!((before.end.displacement_samples, after.start.displacement_samples), (20.0, 20.0));
        assert_eq!(after.end.displacement_samples, 30.0);
    }

    #[test]
    fn the_pointer_never_leaves_its_reach() {
        let mut pointer = pointer(100.0);
        pointer.set_base(-90.0);
        let far = Motion { displacement_samples: 190.1, slope: 0.5 };
        let path = pointer.follow(Span { start: STILL.start, end: far }, -90.0, 4.0);
        assert_eq!(path.end.displacement_samples, 100.0);
        assert!(path.end.slope >= 0.0 && path.start.displacement_samples == -90.0, "withheld, not added: {path:?}");
    }
}
