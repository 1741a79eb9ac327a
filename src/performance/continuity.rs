//! Keeps the read pointer continuous when the settings change, at a pitch too small to matter.
//!
//! In: the displacement that the settings ask for, hop by hop. Out: the displacement to use. When the settings
//! change, the movement asked for is suddenly elsewhere: 10 ms away after a step of Humanize. The pitch movement
//! itself starts at once, but the distance is carried along as a residual and given back slowly: a residual that
//! shrinks is itself a constant pitch offset, so its speed is limited to [`SETTLE_LIMIT_CENTS`]. In silence it is
//! dropped at once. (DESIGN §3 asks for at most 5 cents while voiced; a slewed amount would need seconds to take
//! effect, this takes effect at once.)

use super::Span;
use super::movement::{CENT, Motion};

/// The fastest a residual is given back, cents of pitch offset. Below the 5 cents of DESIGN §3, with room for rounding.
const SETTLE_LIMIT_CENTS: f64 = 4.0;
/// The slowest, so that the residual ends in finite time: far below the just-noticeable 4 cents.
const SETTLE_FLOOR_CENTS: f64 = 0.1;
/// Between those limits the residual falls with this time constant, which rounds the end of the offset.
const SETTLE_TIME_S: f64 = 0.5;

/// The way back to where the settings ask the pointer to be.
#[derive(Clone, Debug)]
pub(super) struct Continuity {
    hop_samples: f64,
    settle_share: f64,
    settle_limit_samples: f64,
    settle_floor_samples: f64,
    reach_samples: f64,
    residual_samples: f64,
    /// Where the last hop ended, samples.
    pointer_samples: f64,
}

impl Continuity {
    pub(super) fn new(sample_rate_hz: f64, hop_samples: usize, reach_samples: f64) -> Self {
        let hop_samples = hop_samples as f64;
        Self {
            hop_samples,
            settle_share: hop_samples / (SETTLE_TIME_S * sample_rate_hz),
            settle_limit_samples: SETTLE_LIMIT_CENTS * CENT * hop_samples,
            settle_floor_samples: SETTLE_FLOOR_CENTS * CENT * hop_samples,
            reach_samples,
            residual_samples: 0.0,
            pointer_samples: 0.0,
        }
    }

    pub(super) fn reset(&mut self) {
        self.residual_samples = 0.0;
        self.pointer_samples = 0.0;
    }

    pub(super) fn is_settling(&self) -> bool {
        self.residual_samples != 0.0
    }

    /// Where the pointer is, samples from its own place.
    pub(super) fn pointer_samples(&self) -> f64 {
        self.pointer_samples
    }

    /// Stays where the pointer is although the target is now elsewhere.
    pub(super) fn hold(&mut self, target: Motion) {
        self.residual_samples = self.pointer_samples - target.displacement_samples;
    }

    /// Goes to the target at once. Returns whether that moves the pointer.
    pub(super) fn jump(&mut self, target: Motion) -> bool {
        let moves = self.pointer_samples != target.displacement_samples;
        self.residual_samples = 0.0;
        moves
    }

    /// One hop along the target, giving back residual.
    pub(super) fn follow(&mut self, target: Span<Motion>) -> Span<Motion> {
        let before = self.residual_samples;
        let after = self.settled(before);
        let end_samples = target.end.displacement_samples + after;
        let reach = self.reach_samples;
        if end_samples.abs() > reach {
            return self.withhold(target, end_samples.clamp(-reach, reach));
        }
        self.residual_samples = after;
        self.pointer_samples = end_samples;
        let offset = (after - before) / self.hop_samples;
        let moved = |motion: Motion, residual: f64| Motion {
            displacement_samples: motion.displacement_samples + residual,
            slope: motion.slope + offset,
        };
        Span { start: moved(target.start, before), end: moved(target.end, after) }
    }

    /// The pointer stops at the end of its reach: movement is withheld, none is added.
    fn withhold(&mut self, target: Span<Motion>, end_samples: f64) -> Span<Motion> {
        let start_samples = target.start.displacement_samples + self.residual_samples;
        let slope = (end_samples - start_samples) / self.hop_samples;
        self.residual_samples = end_samples - target.end.displacement_samples;
        self.pointer_samples = end_samples;
        let at = |displacement_samples| Motion { displacement_samples, slope };
        Span { start: at(start_samples), end: at(end_samples) }
    }

    fn settled(&self, residual: f64) -> f64 {
        let wanted = residual.abs() * self.settle_share;
        let step = wanted.clamp(self.settle_floor_samples, self.settle_limit_samples);
        if residual.abs() <= step { 0.0 } else { residual - step.copysign(residual) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STILL: Span<Motion> = Span {
        start: Motion { displacement_samples: 0.0, slope: 0.0 },
        end: Motion { displacement_samples: 0.0, slope: 0.0 },
    };

    #[test]
    fn a_residual_is_given_back_within_the_pitch_limit_and_ends() {
        let mut continuity = Continuity::new(48_000.0, 64, 4000.0);
        continuity.hold(Motion { displacement_samples: -480.0, slope: 0.0 });
        let mut hops = 0;
        while continuity.is_settling() {
            let warp = continuity.follow(STILL);
            assert!((warp.start.slope / CENT).abs() <= 4.000_001);
            hops += 1;
            assert!(hops < 6000, "10 ms must be given back within eight seconds");
        }
        assert_eq!(continuity.follow(STILL), STILL);
    }

    #[test]
    fn the_pointer_never_leaves_its_reach() {
        let mut continuity = Continuity::new(48_000.0, 64, 100.0);
        continuity.hold(Motion { displacement_samples: -90.0, slope: 0.0 });
        let far = Motion { displacement_samples: 90.0, slope: 0.5 };
        let warp = continuity.follow(Span { start: STILL.start, end: far });
        assert_eq!(warp.end.displacement_samples, 100.0);
        assert!(warp.end.slope >= 0.0 && warp.end.slope <= far.slope, "withheld, not added");
    }
}
