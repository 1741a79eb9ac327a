//! How far notes may be moved.

use crate::settings::Mode;

/// The furthest a note may be moved in each mode, ms: early and late. In Studio a note is known 18 ms before it is due,
/// and what is moved early is known later by as much; in Live, once it sounds.
/// Chosen: in Phrase a third of the latency; further late in Studio the pointer would come to the end of its reach.
pub(super) const fn reach_ms(mode: Mode) -> [f64; 2] {
    match mode {
        Mode::Live => [0.0, 60.0],
        Mode::Studio => [12.0, 100.0],
        Mode::Phrase => [150.0, 150.0],
    }
}

/// The same where the notes are known beforehand from a learned score: then only what sound has come in is a limit.
/// Source: computed from the latency, less what drift displaces by.
pub(super) const fn learned_reach_ms(mode: Mode) -> [f64; 2] {
    match mode {
        Mode::Live => [4.0, 60.0],
        Mode::Studio => [50.0, 100.0],
        Mode::Phrase => [150.0, 150.0],
    }
}
