//! How a take's own pitch swings around a place.
//!
//! In: the pitch of a note, summed up. Out: the swing there and a quarter of a cycle later, from which it can be
//! foretold as long as it is regular.

use super::PitchLine;

/// How the pitch swings at a place: integrals, cents times hops.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Turn {
    /// Of the swing itself.
    pub swing: f64,
    /// A quarter of a cycle later.
    pub ahead: f64,
}

impl Turn {
    /// Around a place so many hops behind the hop of number `origin`, whose swing lasts twice `half_hops`; `None` where
    /// not all of it is known.
    pub fn around(line: &PitchLine, origin: i64, centre_hops: f64, half_hops: f64) -> Option<Self> {
        let sum = |offset: f64| line.sum_cents(origin, centre_hops + offset * half_hops);
        let [first, second, middle, third, last] = [sum(-1.0)?, sum(-0.5)?, sum(0.0)?, sum(0.5)?, sum(1.0)?];
        // In both a constant pitch cancels, and one that moves evenly moves neither.
        let swing = (2.0 * middle - first - last) / 4.0;
        Some(Self { swing, ahead: (third - second - 0.5 * (last - first)) / 2.0 })
    }

    /// The same so many radians later.
    #[must_use]
    pub fn turned(self, angle: f64) -> Self {
        if angle == 0.0 {
            return self;
        }
        let (sin, cos) = angle.sin_cos();
        Self { swing: self.swing * cos + self.ahead * sin, ahead: self.ahead * cos - self.swing * sin }
    }
}
