//! The inner product.

use wide::f32x4;

/// Values that are multiplied in one step. Chosen: two vector registers of four single-precision values, which are
/// added up independently of one another.
pub const LANES: usize = 8;

/// Eight running sums. Their order is fixed, so the result is the same to the bit on every machine.
#[derive(Clone, Copy)]
pub struct RunningSums([f32x4; 2]);

impl RunningSums {
    /// Nothing yet.
    pub const ZERO: Self = Self([f32x4::ZERO; 2]);

    /// Adds the products of [`LANES`] values.
    #[inline(always)]
    pub fn add(&mut self, a: Lanes, b: Lanes) {
        self.0[0] += a.0[0] * b.0[0];
        self.0[1] += a.0[1] * b.0[1];
    }

    /// Their sum.
    #[inline(always)]
    pub fn sum(self) -> [f32; 2] {
        let [a, b, c, d] = (self.0[0] + self.0[1]).to_array();
        [a + b, c + d]
    }
}

/// So many values in vector registers.
#[derive(Clone, Copy)]
pub struct Lanes([f32x4; 2]);

impl Lanes {
    /// The values of a slice of [`LANES`].
    #[inline(always)]
    pub fn new(values: &[f32; LANES]) -> Self {
        let [a, b, c, d, e, f, g, h] = *values;
        Self([f32x4::new([a, b, c, d]), f32x4::new([e, f, g, h])])
    }
}

/// The inner product, as far as both are long.
#[inline]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a_chunks, a_rest), (b_chunks, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = RunningSums::ZERO;
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        sums.add(Lanes::new(a), Lanes::new(b));
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    let [low, high] = sums.sum();
    rest + low + high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_sum_of_the_products_at_every_length() {
        let value = |k: usize, turn: f32| (k as f32 * turn).sin();
        for len in 0..70 {
            let [a, b] = [0.7, 1.9].map(|turn| (0..len).map(|k| value(k, turn)).collect::<Vec<_>>());
            let wanted: f64 = a.iter().zip(&b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            assert!((f64::from(dot(&a, &b)) - wanted).abs() < 1e-5, "{len}");
        }
    }
}
