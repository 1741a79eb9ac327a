//! The inner product.

/// The inner product, in eight running sums so that the compiler can use vector registers.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    /// Running sums. Chosen: eight single-precision values fill one 256-bit vector register; more only cost registers,
    /// fewer leave it part empty.
    const LANES: usize = 8;
    let mut sums = [0.0_f32; LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    rest + ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]))
}
