//! What chance comes to in one song.
//!
//! In: what each note of a learned song draws. Out: their mean and spread, by which each is corrected, so that the
//! knobs are literal: a few dozen draws seldom have the mean 0 and the standard deviation 1 of very many.

/// Mean and standard deviation of the deviations that the notes of a song draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    mean: f64,
    sd: f64,
}

/// What a note draws.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawn {
    /// How far off, standard deviations.
    pub deviation: f64,
    /// How much it counts among the notes of the song.
    pub weight: f64,
}

impl Spread {
    /// As of a very long song.
    pub const UNIT: Self = Self { mean: 0.0, sd: 1.0 };

    /// Of what notes draw, each with its weight: of all of them, or where they are very many of some that are spread
    /// evenly. Realtime-safe.
    pub fn of<N>(notes: impl Iterator<Item = N> + Clone, mut drawn: impl FnMut(N) -> Drawn) -> Self {
        let every = notes.clone().count().div_ceil(MOST_COUNTED).max(1);
        let (mut sum, mut squares, mut weights, mut n) = (0.0, 0.0, 0.0, 0);
        for note in notes.step_by(every) {
            let Drawn { deviation, weight } = drawn(note);
            (sum, squares) = (sum + weight * deviation, squares + weight * deviation * deviation);
            (weights, n) = (weights + weight, n + u32::from(weight > 0.0));
        }
        if n < LEAST_COUNTED {
            return Self::UNIT;
        }
        let mean = sum / weights;
        let sd = (squares / weights - mean * mean).max(0.0).sqrt();
        Self { mean, sd: sd.max(LEAST_SPREAD) }
    }

    /// A deviation as a part of the song, no further than `most` standard deviations.
    pub(super) fn normalized(self, deviation: f64, most: f64) -> f64 {
        ((deviation - self.mean) / self.sd).clamp(-most, most)
    }
}

/// Notes that are counted for it. Chosen: their mean and spread differ from those of all by a twentieth of the spread,
/// and all are counted while one note is planned.
const MOST_COUNTED: usize = 192;
/// Fewer notes have no spread of their own. Source: definition.
const LEAST_COUNTED: u32 = 2;
/// It is at least this, so that a few notes that lie together are not torn apart. Chosen: less than half of what it
/// usually is.
const LEAST_SPREAD: f64 = 0.4;
