//! Building blocks that know nothing of voices: noise, lattices, filters, ramps, rings. Each can be tested alone.

pub mod autocorrelation;
pub mod dot;
pub mod high_pass;
pub mod history;
pub mod lattice;
pub mod motion;
pub mod noise;
pub mod ramp;
pub mod resample;
pub mod sinc;
pub mod units;
