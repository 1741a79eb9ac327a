//! The course of the period in a stretch: its length in the middle, and its rate of change.
//!
//! In: a stretch and a rough period. Out: the stretch one period later, read along the refined course of the period.
//! The later copy is aligned to the earlier one by Gauss–Newton least squares on its delay and the delay's slope.
//! Source: Lucas & Kanade, "An iterative image registration technique", IJCAI 1981, in one dimension.

use crate::dsp::sinc::{SincTable, TAPS, TAPS_AFTER, TAPS_BEFORE};

/// Samples that a stretch must have beyond what is compared and a period: the interpolator's taps, and some for the
/// warp. Chosen: the warp of the largest slope fits; larger only needs a longer stretch.
pub(super) const MARGIN: usize = TAPS + 16;

/// Samples that the search reads with one delay. Chosen: fills the vector registers; larger makes the delay coarser.
const BLOCK: usize = 8;
/// Steps of the search. Chosen: enough for a period that is 1 % off; more cost time.
const STEPS: usize = 3;
/// The refined period may differ from the rough one by this share of it. Chosen: three times what the search must
/// correct; larger could reach a neighbouring peak.
const MOST_OFF: f32 = 0.03;
/// The period may change by this much per sample. Chosen: 30 semitones per second at 60 Hz; larger lets noise bend the
/// warp, smaller takes fast glides for noise.
const MOST_SLOPE: f32 = 0.03;

/// Refines and reads.
#[derive(Clone)]
pub(super) struct Warp {
    table: SincTable,
}

/// The delay to the next period: its length in the middle of what is compared, samples, and its change per sample.
#[derive(Clone, Copy, Debug)]
struct Course {
    delay: f32,
    slope: f32,
}

impl Course {
    /// The delay at one of the samples that are compared.
    fn at(self, index: f32, compared: usize) -> f32 {
        self.delay + self.slope * off_middle(index, compared)
    }
}

fn off_middle(index: f32, compared: usize) -> f32 {
    index - 0.5 * (compared as f32 - 1.0)
}

impl Warp {
    /// Allocates.
    pub(super) fn new() -> Self {
        Self { table: SincTable::new() }
    }

    /// Writes into `later` what follows one period after the samples of `stretch` from `MARGIN / 2` on. `stretch` must
    /// reach a `period` and half a [`MARGIN`] further; where it ends too early, its last samples are read.
    pub(super) fn read(&self, stretch: &[f32], period: f32, later: &mut [f32]) {
        let mut course = Course { delay: period, slope: 0.0 };
        for _ in 0..STEPS {
            course = refined(course, stretch, later.len());
            course.delay = course.delay.clamp((1.0 - MOST_OFF) * period, (1.0 + MOST_OFF) * period);
            course.slope = course.slope.clamp(-MOST_SLOPE, MOST_SLOPE);
        }
        // Each sample has a delay of its own: steps of the delay, however small, would be noise in a quiet highest
        // band.
        let compared = later.len();
        for (index, out) in later.iter_mut().enumerate() {
            let (whole, fraction) = place(course.at(index as f32, compared), stretch, index);
            let start = whole + 1 - TAPS_BEFORE;
            *out = self.table.place(f64::from(fraction)).read(&stretch[start..start + TAPS]);
        }
    }
}

/// The position in the stretch of the copy of a sample, and of a block from there on: a whole sample, whose neighbours
/// can all be read, and a fraction.
fn place(delay: f32, stretch: &[f32], index: usize) -> (usize, f32) {
    let place = (MARGIN / 2 + index) as f32 + delay;
    let last = stretch.len() - TAPS_AFTER - BLOCK;
    let whole = (place.max(0.0) as usize).clamp(TAPS_BEFORE, last);
    (whole, (place - whole as f32).clamp(0.0, 1.0))
}

/// One step of the search. It interpolates linearly between samples, which is wrong only where the voice has little
/// power.
fn refined(course: Course, stretch: &[f32], compared: usize) -> Course {
    let (mut pulls, mut stiffness) = ([0.0_f32; 2], [0.0_f32; 3]);
    for first in (0..compared.saturating_sub(BLOCK - 1)).step_by(BLOCK) {
        let middle = first as f32 + 0.5 * (BLOCK as f32 - 1.0);
        let (whole, fraction) = place(course.at(middle, compared), stretch, first);
        let earlier = &stretch[MARGIN / 2 + first..][..BLOCK];
        let later = &stretch[whole..][..=BLOCK];
        let (mut pull, mut square) = (0.0, 0.0);
        for index in 0..BLOCK {
            let rise = later[index + 1] - later[index];
            pull += rise * (earlier[index] - later[index] - fraction * rise);
            square += rise * rise;
        }
        // In units of the whole length, so that both unknowns are of similar size.
        let off = off_middle(middle, compared) / compared as f32;
        pulls = [pulls[0] + pull, pulls[1] + off * pull];
        stiffness = [stiffness[0] + square, stiffness[1] + off * square, stiffness[2] + off * off * square];
    }
    let determinant = stiffness[0] * stiffness[2] - stiffness[1] * stiffness[1];
    if determinant <= 1e-6 * stiffness[0] * stiffness[0] {
        return course;
    }
    let delay = (stiffness[2] * pulls[0] - stiffness[1] * pulls[1]) / determinant;
    let slope = (stiffness[0] * pulls[1] - stiffness[1] * pulls[0]) / determinant;
    Course { delay: course.delay + delay, slope: course.slope + slope / compared as f32 }
}
