//! A value that follows its target in straight lines.
//!
//! In: a target, hop by hop. Out: the value at the hop's end.

/// A value that reaches each new target, exactly, within a fixed number of hops.
#[derive(Clone, Copy, Debug)]
pub struct Ramp {
    value: f32,
    target: f32,
    hops_left: u32,
    length_hops: u32,
}

impl Ramp {
    /// Constant at `value`; changes take `length_hops` (at least 1).
    pub fn new(value: f32, length_hops: u32) -> Self {
        Self { value, target: value, hops_left: 0, length_hops: length_hops.max(1) }
    }

    /// Sets the value at once.
    pub fn snap(&mut self, value: f32) {
        *self = Self::new(value, self.length_hops);
    }

    /// The present value.
    pub fn value(&self) -> f32 {
        self.value
    }

    /// Moves one hop towards `target` and returns the value at the hop's end.
    pub fn advance(&mut self, target: f32) -> f32 {
        if target != self.target {
            self.target = target;
            self.hops_left = self.length_hops;
        }
        if self.hops_left > 1 {
            self.value += (self.target - self.value) / self.hops_left as f32;
            self.hops_left -= 1;
        } else {
            self.value = self.target;
            self.hops_left = 0;
        }
        self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_in_equal_steps_and_arrives_exactly() {
        let mut ramp = Ramp::new(0.0, 4);
        let path: Vec<f32> = (0..6).map(|_| ramp.advance(1.0)).collect();
        assert_eq!(path, [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]);
    }

    #[test]
    fn a_new_target_on_the_way_starts_from_where_it_is() {
        let mut ramp = Ramp::new(0.0, 4);
        ramp.advance(1.0);
        assert_eq!(ramp.advance(0.0), 0.1875);
    }
}
