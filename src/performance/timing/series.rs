//! How far from the beat a singer sets a note: a series with a memory, as people's timing has.
//!
//! In: where in the bar a note begins, and its phrase. Out: its deviation in standard deviations. Human timing does not
//! jitter, it wanders: its spectrum falls with frequency, and listeners prefer that to white deviations (Hennig et al.,
//! "The nature and perception of fluctuations in human musical rhythms", PLoS ONE 6, 2011). Octaves of equal weight,
//! each a smooth curve over the cells of the bar, give 1/f; their values are a pure function of the cell.

use crate::dsp::lattice::Lattice;
use crate::dsp::noise::{Performance, Stream, noise};

/// Cells per point of the octaves' curves (DESIGN §6: 1 to 32). The first is white. Deviations of notes two to eight
/// cells apart then have a DFA exponent of 0.9 to 1.0 at full memory, and 0.5 without (tests/timing.rs).
const OCTAVES: usize = 6;
/// Rms of a lattice's curve (`dsp::lattice`).
const LATTICE_RMS: f64 = 0.69;
/// The share of the variance that a phrase has as a whole, at full memory, so that its words stay together. A decision.
const PHRASE_SHARE: f64 = 0.2;
/// The largest deviation, in standard deviations (DESIGN §6).
pub(super) const MOST_DEVIATION: f64 = 2.5;

/// The series of deviations.
#[derive(Clone, Debug)]
pub(super) struct Series {
    /// From two cells on.
    octaves: [Lattice; OCTAVES - 1],
}

impl Series {
    pub(super) fn new() -> Self {
        let octave = |k: usize| Lattice::new(Stream::Timing, k as u32 + 1, 0.5_f64.powi(k as i32 + 1));
        Self { octaves: std::array::from_fn(octave) }
    }

    /// The deviation of a note in `cell` whose phrase begins in `phrase_cell`: of unit variance, within
    /// ±[`MOST_DEVIATION`]. `memory` goes from 0, white, to 1, 1/f. Realtime-safe.
    pub(super) fn at(&mut self, who: Performance, cell: i64, phrase_cell: i64, memory: f64) -> f64 {
        let phrase_variance = PHRASE_SHARE * memory;
        let octave_variance = (1.0 - phrase_variance) * memory / OCTAVES as f64;
        let white_variance = 1.0 - phrase_variance - octave_variance * (OCTAVES - 1) as f64;
        let slow: f64 = self.octaves.iter_mut().map(|octave| octave.at(who, cell, 1.0).value / LATTICE_RMS).sum();
        let deviation = octave_variance.sqrt() * slow
            + white_variance.sqrt() * bell(who, Stream::Timing, cell)
            + phrase_variance.sqrt() * bell(who, Stream::TimingPhrase, phrase_cell);
        deviation.clamp(-MOST_DEVIATION, MOST_DEVIATION)
    }
}

/// A number of unit variance, near enough to normal: the sum of three that are uniform.
fn bell(who: Performance, stream: Stream, cell: i64) -> f64 {
    (0..3).map(|k| noise(who, stream, 0, cell.wrapping_mul(3) + k)).sum()
}
