//! How vibrating vocal folds modulate the noise: two bursts in a period.
//!
//! In: the phase of their vibration. Out: the amplitude of the noise there, of unit mean square. Most air passes while
//! the folds are open; a second burst, short and sharp, comes when they close and the flow is cut off. Source:
//! docs/design.md §7; Hermes, "Synthesis of breathy vowels: some research methods", Speech Communication 10, 1991, for
//! pulsed noise that fuses with the voice.

use crate::gesture::Pulse;

/// Phases in the table of a period. Chosen: with linear interpolation the bursts are smooth; fewer make them angular.
const N_PLACES: usize = 256;
/// Width of the burst of the open phase, a raised cosine, periods. Source: docs/design.md §7.
const OPEN_WIDTH: f32 = 0.6;
/// Its centre, periods after the closure. Chosen: where the folds are widest open; it moves the burst against the
/// voice's own pulse.
const OPEN_CENTRE: f32 = 0.68;
/// Width of the burst at the closure, periods. Source: docs/design.md §7.
const CLOSURE_WIDTH: f32 = 0.15;
/// Height of the burst at the closure relative to the other. Chosen: the open phase has the larger share of the noise;
/// higher makes the noise sharper and more pulsed.
const CLOSURE_HEIGHT: f32 = 0.7;

/// The two bursts over a period.
#[derive(Clone, Debug)]
pub(super) struct Pulses {
    /// The modulated share of the noise, `0..=1`; one entry more, for interpolation.
    bursts: [f32; N_PLACES + 1],
    mean: f32,
    mean_square: f32,
}

impl Pulses {
    pub(super) fn new() -> Self {
        let burst = |place: usize| {
            let phase = place as f32 / N_PLACES as f32;
            bump(phase - OPEN_CENTRE, OPEN_WIDTH).max(CLOSURE_HEIGHT * bump(phase, CLOSURE_WIDTH))
        };
        let bursts: [f32; N_PLACES + 1] = std::array::from_fn(burst);
        let mean = |power: i32| bursts[..N_PLACES].iter().map(|burst| burst.powi(power)).sum::<f32>() / N_PLACES as f32;
        Self { bursts, mean: mean(1), mean_square: mean(2) }
    }

    /// Modulates noise.
    pub(super) fn apply(&self, pulse: &Pulse, noise: &mut [f32]) {
        let steady = 1.0 - pulse.depth;
        let square = steady * steady + 2.0 * steady * pulse.depth * self.mean + pulse.depth.powi(2) * self.mean_square;
        let gain = 1.0 / square.sqrt();
        let (steady, depth) = (gain * steady, gain * pulse.depth);
        let step = pulse.turns_per_sample * N_PLACES as f32;
        let mut place = pulse.phase * N_PLACES as f32;
        for sample in noise {
            let below = (place as u32 as usize).min(N_PLACES - 1);
            let burst = self.bursts[below] + (place - below as f32) * (self.bursts[below + 1] - self.bursts[below]);
            *sample *= steady + depth * burst;
            place += step;
            if place >= N_PLACES as f32 {
                place -= N_PLACES as f32;
            }
        }
    }
}

/// A raised cosine about 0 on a circle of length 1.
fn bump(distance: f32, width: f32) -> f32 {
    let distance = distance - distance.round();
    let angle = std::f32::consts::TAU * distance / width;
    if distance.abs() < 0.5 * width { 0.5 + 0.5 * angle.cos() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pulsing_keeps_the_power() {
        let pulses = Pulses::new();
        for depth in [0.0, 0.3, 0.8, 1.0] {
            let mut ones = vec![1.0; 48_000];
            pulses.apply(&Pulse { phase: 0.3, turns_per_sample: 0.0037, depth }, &mut ones);
            let square = ones.iter().map(|one| one * one).sum::<f32>() / ones.len() as f32;
            assert!((square - 1.0).abs() < 0.01, "{square} at {depth}");
        }
    }

    #[test]
    fn most_air_comes_while_the_folds_stand_open_and_some_as_they_close() {
        let mut period = vec![1.0; 1000];
        Pulses::new().apply(&Pulse { phase: 0.0, turns_per_sample: 0.001, depth: 1.0 }, &mut period);
        let most = period.iter().copied().fold(0.0, f32::max);
        assert_eq!(period.iter().position(|sample| *sample == most).map(|at| at / 20), Some(34));
        assert!(period[0] > 0.5 * most && period[200] == 0.0);
    }
}
