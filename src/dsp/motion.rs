//! How something moves: where it is, how fast, and both over a stretch of time.

/// A displacement of the read pointer and its slope.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Motion {
    /// Displacement, samples.
    pub displacement_samples: f64,
    /// Its change per sample: the pitch ratio less 1.
    pub slope: f64,
}

impl std::ops::Add for Motion {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            displacement_samples: self.displacement_samples + other.displacement_samples,
            slope: self.slope + other.slope,
        }
    }
}

/// A value at the start and at the end of a hop of the absolute grid.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Span<T> {
    /// At the hop's first sample.
    pub start: T,
    /// At the next hop's first sample.
    pub end: T,
}

impl<T: std::ops::Add<Output = T>> std::ops::Add for Span<T> {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { start: self.start + other.start, end: self.end + other.end }
    }
}
