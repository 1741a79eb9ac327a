//! Plans of real Fourier transforms.
//!
//! In: a length. Out: a plan that computes without allocation. `realfft` is generic, so all its algorithms are compiled
//! anew into every crate that asks it for a plan, which takes some twenty seconds each time. Here that is done once, for
//! the engine, the command line and all tests.

use std::sync::Arc;

use realfft::RealFftPlanner;
pub use realfft::num_complex::{Complex32, Complex64};
pub use realfft::{ComplexToReal, RealToComplex};

/// The transform of `len` single-precision samples, which must be more than 0. Allocates.
pub fn forward(len: usize) -> Arc<dyn RealToComplex<f32>> {
    RealFftPlanner::new().plan_fft_forward(len)
}

/// The way back to `len` single-precision samples; they come out `len` times too large. Allocates.
pub fn inverse(len: usize) -> Arc<dyn ComplexToReal<f32>> {
    RealFftPlanner::new().plan_fft_inverse(len)
}

/// [`forward`] in double precision.
pub fn forward_f64(len: usize) -> Arc<dyn RealToComplex<f64>> {
    RealFftPlanner::new().plan_fft_forward(len)
}

/// [`inverse`] in double precision.
pub fn inverse_f64(len: usize) -> Arc<dyn ComplexToReal<f64>> {
    RealFftPlanner::new().plan_fft_inverse(len)
}
