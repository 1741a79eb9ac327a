//! A record of what was done in a hop, for plots, lists and the editor.
//!
//! In: the hop, its gesture, the movement of the read pointer. Out: a [`HopTrace`].

use super::hops::Hop;
use crate::analysis::Frame;
use crate::dsp::units::CENT;
use crate::gesture::{EmptyRest, Gesture, Inhaled, TimedNote};
use crate::render::{Steered, Step};

/// A record of what was done in one hop.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HopTrace {
    /// Song position of the first sample rendered in this hop.
    pub position_samples: i64,
    /// Pitch movement added at the hop's start, cents.
    pub pitch_cents: f32,
    /// Displacement of the read pointer at the hop's start, after any step there, ms; positive reads later audio, so
    /// sounds earlier.
    pub displacement_ms: f32,
    /// How much further the pointer should move to be where timing asks it to be, ms; 0 where all timing is done.
    pub undone_ms: f32,
    /// The step taken at the hop's start.
    pub step: Option<Step>,
    /// A step was due here, but the voice did not repeat itself well enough.
    pub is_step_refused: bool,
    /// Level movement added at the hop's start (Level Life and shimmer), dB, without the output gain.
    pub gain_db: f32,
    /// The note whose vowel begins in this hop, with its planned and its realized time.
    pub note: Option<TimedNote>,
    /// Level of the breath added to the voice at the hop's end, dBFS rms; `None` where there is none.
    pub aspiration_db: Option<f32>,
    /// Level of an added inhalation at the hop's end, dBFS rms; `None` where there is none.
    pub inhalation_db: Option<f32>,
    /// The added inhalation that ends in this hop.
    pub inhaled: Option<Inhaled>,
    /// The rest without any whose end has come into sight.
    pub empty_rest: Option<EmptyRest>,
    /// The analysis of this hop.
    pub frame: Frame,
}

impl HopTrace {
    /// The record of a hop that was rendered with a gesture.
    pub(super) fn new(hop: &Hop, gesture: &Gesture, steered: &Steered, sample_rate_hz: f64) -> Self {
        let ms = |samples: f64| (samples / sample_rate_hz * 1000.0) as f32;
        Self {
            position_samples: hop.position_samples,
            pitch_cents: ((1.0 + steered.start.slope).ln() / CENT) as f32,
            displacement_ms: ms(steered.start.displacement_samples),
            undone_ms: ms(steered.undone_samples),
            step: steered.step,
            is_step_refused: steered.is_step_refused,
            gain_db: gesture.moved_db,
            note: gesture.note,
            aspiration_db: level_db(gesture.aspiration.rms.end),
            inhalation_db: level_db(gesture.inhalation.rms.end),
            inhaled: gesture.inhaled,
            empty_rest: gesture.empty_rest,
            frame: hop.frame,
        }
    }
}

/// The level of noise, dBFS; `None` where there is none.
fn level_db(rms: f32) -> Option<f32> {
    (rms > 0.0).then(|| 20.0 * rms.log10())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_of_breath_is_that_of_its_rms_and_no_breath_has_none() {
        let near = |rms: f32, wanted_db: f32| level_db(rms).is_some_and(|db| (db - wanted_db).abs() < 0.01);
        assert!(near(0.1, -20.0) && near(0.5, -6.02) && near(2.0, 6.02));
        assert_eq!(level_db(0.0), None);
    }
}
