//! An inhalation that is planned, or under way.

use super::contour::Contour;
use crate::gesture::Inhaled;
use crate::plan::InhalePlan;
use crate::score::Rest;

/// One that is planned, or under way. Places are song positions of the output, samples.
#[derive(Clone, Copy, Debug)]
pub(super) struct Planned {
    pub(super) plan: InhalePlan,
    pub(super) contour: Contour,
    /// How much louder than asked for its loudest moment is, dB.
    pub(super) more_db: f32,
    /// Level of the phrase, dBFS rms, as it is known since it began.
    pub(super) phrase_db: Option<f32>,
    pub(super) is_by_hand: bool,
    /// The rest that it ends with, as far as that is known.
    pub(super) rest: Option<Rest>,
    /// Energy so far.
    pub(super) energy: f64,
}

impl Planned {
    /// What is told of it when it is over.
    pub(super) fn inhaled(&self) -> Inhaled {
        let [start, end] = [self.contour.start(), self.contour.end()];
        Inhaled {
            start_position_samples: start,
            end_position_samples: end,
            level_db: (10.0 * (self.energy / (end - start).max(1) as f64).log10()) as f32,
            is_by_hand: self.is_by_hand,
        }
    }
}
