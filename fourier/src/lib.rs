//! Plans of Fourier transforms.
//!
//! In: a length. Out: a plan that computes without allocation. `realfft` and `rustfft` are generic, so all their
//! algorithms are compiled anew into every crate that asks them for a plan, which takes some twenty seconds each time.
//! Here that is done once, for the engine, the command line and all tests.

use std::sync::Arc;

use realfft::RealFftPlanner;
pub use realfft::num_complex::{Complex32, Complex64};
pub use realfft::{ComplexToReal, RealToComplex};
pub use rustfft::Fft;
use rustfft::FftPlanner;

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

/// The transform of `len` complex single-precision values, which must be more than 0. Allocates.
pub fn complex_forward(len: usize) -> Arc<dyn Fft<f32>> {
    FftPlanner::new().plan_fft_forward(len)
}

/// The way back to `len` complex values; they come out `len` times too large. Allocates.
pub fn complex_inverse(len: usize) -> Arc<dyn Fft<f32>> {
    FftPlanner::new().plan_fft_inverse(len)
}
