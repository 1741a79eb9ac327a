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
    pub fn sum(self) -> f32 {
        sum_of(self.0[0] + self.0[1])
    }

    /// The sum that is `share` of the way from this one's to another's.
    #[inline(always)]
    pub fn sum_towards(self, other: Self, share: f32) -> f32 {
        let [here, there] = [self, other].map(|sums| sums.0[0] + sums.0[1]);
        sum_of(here + f32x4::splat(share) * (there - here))
    }
}

#[inline(always)]
fn sum_of(sums: f32x4) -> f32 {
    let [a, b, c, d] = sums.to_array();
    (a + b) + (c + d)
}

/// So many values in vector registers.
#[derive(Clone, Copy, Debug)]
pub struct Lanes([f32x4; 2]);

impl Lanes {
    /// The values of a slice of [`LANES`].
    #[inline(always)]
    pub fn new(values: &[f32; LANES]) -> Self {
        // As two arrays, because of single values the compiler puts registers together from what it has loaded before.
        let (halves, _) = values.as_chunks::<{ LANES / 2 }>();
        Self([f32x4::new(halves[0]), f32x4::new(halves[1])])
    }
}

/// The inner product, as far as both are long.
#[inline]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let len = a.len().min(b.len());
    let (a, b) = (&a[..len], &b[..len]);
    let ((a_chunks, a_rest), (b_chunks, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = RunningSums::ZERO;
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        sums.add(Lanes::new(a), Lanes::new(b));
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    rest + sums.sum()
}

/// The inner product in double precision of values of either precision, as far as both are long.
pub fn dot_exact<T: Copy + Into<f64>>(a: &[T], b: &[T]) -> f64 {
    let len = a.len().min(b.len());
    let ((a, a_rest), (b, b_rest)) = (a[..len].as_chunks::<LANES>(), b[..len].as_chunks::<LANES>());
    let mut sums = [0.0_f64; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane].into() * b[lane].into();
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| (*a).into() * (*b).into()).sum();
    rest + sums.iter().sum::<f64>()
}

/// The inner product with values that are kept in the shape of vector registers, as far as both are long.
#[inline]
pub fn dot_lanes(a: &[Lanes], b: &[f32]) -> f32 {
    let mut sums = RunningSums::ZERO;
    for (a, b) in a.iter().zip(b.as_chunks::<LANES>().0) {
        sums.add(*a, Lanes::new(b));
    }
    sums.sum()
}

/// Stretches that [`dots`] compares at once. Chosen: their running sums fill half of the vector registers.
pub const STRETCHES: usize = 4;

/// The inner products of `a` with the [`STRETCHES`] stretches of `b` that begin at its first value, its second and so
/// on; where `b` is too short for one, the values that it lacks are zero. Each is what [`dot`] gives to the bit, in
/// little more than half of the time.
pub fn dots(a: &[f32], b: &[f32]) -> [f32; STRETCHES] {
    if b.len() + 1 < a.len() + STRETCHES {
        return std::array::from_fn(|first| dot(a, b.get(first..).unwrap_or_default()));
    }
    let (a_chunks, a_rest) = a.as_chunks::<LANES>();
    let n_chunks = a_chunks.len();
    let stretches: [&[[f32; LANES]]; STRETCHES] =
        std::array::from_fn(|first| &b[first..].as_chunks::<LANES>().0[..n_chunks]);
    let mut sums = [RunningSums::ZERO; STRETCHES];
    for (at, a) in a_chunks.iter().enumerate() {
        let a = Lanes::new(a);
        for (sums, stretch) in sums.iter_mut().zip(stretches) {
            sums.add(a, Lanes::new(&stretch[at]));
        }
    }
    let b_rest = &b[a.len() - a_rest.len()..];
    let mut rests = [0.0; STRETCHES];
    for (first, rest) in rests.iter_mut().enumerate() {
        *rest = a_rest.iter().zip(&b_rest[first..]).map(|(a, b)| a * b).sum();
    }
    std::array::from_fn(|first| rests[first] + sums[first].sum())
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
            let [a_f64, b_f64] = [&a, &b].map(|values| values.iter().copied().map(f64::from).collect::<Vec<_>>());
            for exact in [dot_exact(&a_f64, &b_f64), dot_exact(&a, &b)] {
                assert!((exact - wanted).abs() < 1e-12, "{len}");
            }
            let longer: Vec<f32> = b.iter().copied().chain([5.0; 9]).collect();
            assert_eq!(
                [dot(&a, &longer), dot(&longer, &a)],
                [dot(&a, &b); 2],
                "what one has beyond the other is left out"
            );
        }
    }

    #[test]
    fn several_stretches_at_once_give_what_each_gives() {
        let value = |k: usize, turn: f32| (k as f32 * turn).sin();
        for (a_len, b_len) in [(0, 0), (1, 1), (5, 8), (8, 10), (8, 11), (24, 40), (61, 61), (61, 63), (61, 64)] {
            let [a, b] =
                [(a_len, 0.7), (b_len, 1.9)].map(|(len, turn)| (0..len).map(|k| value(k, turn)).collect::<Vec<_>>());
            let each: [f32; STRETCHES] = std::array::from_fn(|first| dot(&a, b.get(first..).unwrap_or_default()));
            assert_eq!(dots(&a, &b), each, "{a_len} {b_len}");
        }
    }
}
