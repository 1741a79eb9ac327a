//! Leaves that know nothing of voices: noise, lattices, windows, ramps, rings. Each can be tested alone.

pub mod decimate;
pub mod history;
pub mod lattice;
pub mod noise;
pub mod ramp;
pub mod sinc;
