//! Randomness as a pure function of (seed, take, stream, position): no generator keeps a state.
//!
//! In: who performs, what the number is for, and a position. Out: a random number. ChaCha is a counter-based generator,
//! so any word of any stream can be computed on its own. Seed and take form the key, a named [`Stream`] picks the
//! ChaCha stream, the position (a lattice cell, a sample, a note) picks the word. Source: Bernstein, "ChaCha, a variant
//! of Salsa20", 2008 (8 rounds, as `rand_chacha` has it); Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
//! SC 2011, for the counter-based idea.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a random number is for. Each purpose has a stream of its own, so adding one does not shift the others and
/// turning one knob changes no other movement. The discriminants never change: saved sessions depend on them; 6, 7
/// and 15 had other purposes once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Stream {
    /// Slow pitch movement.
    Drift = 1,
    /// Fast pitch movement.
    Tremble = 2,
    /// Period-to-period pitch movement.
    Jitter = 3,
    /// Period-to-period level movement.
    Shimmer = 4,
    /// How early or late a note is.
    Timing = 5,
    /// The noise of the breath in the voice.
    Aspiration = 8,
    /// The noise of inhalations.
    InhaleAir = 9,
    /// Time and manner of inhalations.
    Inhale = 10,
    /// How even the air flow of an inhalation is.
    InhaleFlow = 11,
    /// Changes to the pitch of a note.
    NotePitch = 12,
    /// How irregular vibrato is.
    VibratoLife = 13,
    /// How loud a note is.
    NoteLevel = 14,
    /// Consonant noise of the demo singer.
    DemoConsonant = 1001,
}

/// Who performs: the seed is the singer, the take is one performance of theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Performance {
    /// The singer.
    pub seed: u32,
    /// The performance.
    pub take: u32,
}

/// One uniform random number in `[-1, 1)`, white over `position`, independent between performances, streams and
/// octaves.
///
/// `octave` numbers the lattices that share a stream's meaning (0 where there is only one). Any `position` is allowed,
/// negative ones too. Realtime-safe.
///
/// ```
/// use con_anima::dsp::noise::{Performance, Stream, noise};
/// let singer = Performance { seed: 1, take: 1 };
/// assert_eq!(noise(singer, Stream::Drift, 0, -7), noise(singer, Stream::Drift, 0, -7));
/// assert_ne!(noise(singer, Stream::Drift, 0, -7), noise(singer, Stream::Drift, 0, -6));
/// ```
pub fn noise(performance: Performance, stream: Stream, octave: u32, position: i64) -> f64 {
    to_unit(chacha(performance, stream, octave, position).next_u32())
}

/// Fills `out` with the numbers that [`noise`] gives at `position`, `position + 1` and so on. Cheaper than one by one.
pub fn noise_run(performance: Performance, stream: Stream, octave: u32, position: i64, out: &mut [f64]) {
    let mut generator = chacha(performance, stream, octave, position);
    // Word positions wrap at the end of `u64`, where negative positions meet zero, so the run is cut there.
    let until_zero = if position < 0 { position.unsigned_abs() as usize } else { out.len() };
    let (before, after) = out.split_at_mut(until_zero.min(out.len()));
    before.iter_mut().for_each(|value| *value = to_unit(generator.next_u32()));
    generator.set_word_pos(0);
    after.iter_mut().for_each(|value| *value = to_unit(generator.next_u32()));
}

/// The generator whose next word is that of a position, for distributions that are not uniform. Realtime-safe.
pub fn generator(performance: Performance, stream: Stream, octave: u32, position: i64) -> impl Rng {
    chacha(performance, stream, octave, position)
}

fn chacha(performance: Performance, stream: Stream, octave: u32, position: i64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..4].copy_from_slice(&performance.seed.to_le_bytes());
    key[4..8].copy_from_slice(&performance.take.to_le_bytes());
    key[8..24].copy_from_slice(b"con anima noise1");
    let mut generator = ChaCha8Rng::from_seed(key);
    generator.set_stream(u64::from(stream as u32) << 32 | u64::from(octave));
    generator.set_word_pos(u128::from(position as u64));
    generator
}

fn to_unit(word: u32) -> f64 {
    f64::from(word as i32) / 2_f64.powi(31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SINGER: Performance = Performance { seed: 1, take: 1 };

    fn correlation(a: &[f64], b: &[f64]) -> f64 {
        let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
    }

    fn run(performance: Performance, stream: Stream, octave: u32) -> Vec<f64> {
        let mut numbers = vec![0.0; 100_000];
        noise_run(performance, stream, octave, -50_000, &mut numbers);
        numbers
    }

    #[test]
    fn a_run_is_what_single_calls_give_across_zero() {
        let mut numbers = [0.0; 200];
        noise_run(SINGER, Stream::Drift, 1, -100, &mut numbers);
        for (at, number) in (-100..).zip(numbers) {
            assert_eq!(number, noise(SINGER, Stream::Drift, 1, at));
        }
    }

    #[test]
    fn it_is_uniform_and_white() {
        let numbers = run(SINGER, Stream::Drift, 0);
        let mut counts = [0_u32; 20];
        for number in &numbers {
            counts[((number + 1.0) * 10.0) as usize] += 1;
        }
        // χ² with 19 degrees of freedom stays below 43.8 in 999 of 1000 fair draws.
        let chi_squared: f64 = counts.iter().map(|count| (f64::from(*count) - 5000.0).powi(2) / 5000.0).sum();
        assert!(chi_squared < 43.8, "{chi_squared}");
        for lag in [1, 2, 3, 16, 64] {
            // Four standard errors of 100 000 independent pairs.
            let found = correlation(&numbers[lag..], &numbers[..numbers.len() - lag]);
            assert!(found.abs() < 0.0127, "{found} at lag {lag}");
        }
    }

    #[test]
    fn seeds_takes_streams_and_octaves_are_independent() {
        let reference = run(SINGER, Stream::Drift, 0);
        let others = [
            run(Performance { seed: 2, take: 1 }, Stream::Drift, 0),
            run(Performance { seed: 1, take: 2 }, Stream::Drift, 0),
            run(SINGER, Stream::Tremble, 0),
            run(SINGER, Stream::Drift, 1),
        ];
        for other in others {
            let found = correlation(&reference, &other);
            assert!(found.abs() < 0.0127, "{found}");
        }
    }

    /// These numbers are part of what a saved session sounds like: a change here is a change of sound for every user.
    #[test]
    fn the_numbers_are_frozen() {
        let numbers = [-1, 0, 1].map(|at| (noise(SINGER, Stream::Drift, 0, at) * 1e6).round());
        assert_eq!(numbers, FROZEN_MILLIONTHS);
    }

    const FROZEN_MILLIONTHS: [f64; 3] = [141_147.0, -865_970.0, -91_963.0];
}
