//! How the vocal folds let breath through while they vibrate, and how much softer their own sound becomes with it.
//!
//! In: the voice's pitch and phase, the ratio of noise to voice. Out: the modulation of the noise, the loss of
//! brightness.
//! Sources: docs/design.md §7; Klatt & Klatt, "Analysis, synthesis, and perception of voice quality variations among
//! female and male talkers", JASA 87, 1990, for the softer source.

use crate::analysis::Frame;
use crate::dsp::units::amplitude;
use crate::gesture::Pulse;

/// Pulsed up to the first f0, not above the second, Hz: higher up the ear hears no pulses and the tract has no time to
/// fade between them. Source: docs/design.md §7, unmodulated above 500 Hz.
const PULSED_HZ: [f32; 2] = [430.0, 500.0];
/// Share of the noise that the folds' vibration lets through in pulses, in a low and in a high voice, and where those
/// lie, Hz. Measured: `tests/breath.rs`, the noise above 3 kHz is then modulated at f0 by 0.5 to 0.8 of its mean from
/// 80 to 400 Hz, because the tract rings on between short periods.
const PULSE_DEPTHS: [f32; 2] = [0.85, 0.95];
const PULSE_DEPTHS_HZ: [f32; 2] = [150.0, 280.0];

/// At this ratio the source loses most of its brightness, dB. Source: docs/design.md §7, 12 dB is near a whisper.
const SOFTEST_HNR_DB: f32 = 12.0;
/// What it loses there, dB above 2 kHz. Chosen: a small part of what breathy voices lose (10 dB and more), because what
/// comes in may have lost it already.
const SOFTEST_DB: f32 = 3.0;

/// How the folds' vibration in a hop, told by its first sample, lets noise through; `None` where it does not, or where
/// several voices sound.
pub fn pulse(frame: &Frame, sample_s: f32) -> Option<Pulse> {
    let [pulsed_hz, steady_hz] = PULSED_HZ;
    let share = 1.0 - ((frame.f0_hz - pulsed_hz) / (steady_hz - pulsed_hz)).clamp(0.0, 1.0);
    let [low_hz, high_hz] = PULSE_DEPTHS_HZ;
    let depth = PULSE_DEPTHS[0]
        + (PULSE_DEPTHS[1] - PULSE_DEPTHS[0]) * ((frame.f0_hz - low_hz) / (high_hz - low_hz)).clamp(0.0, 1.0);
    let is_pulsed = frame.f0_hz > 0.0 && !frame.is_polyphonic && share > 0.0;
    is_pulsed.then_some(Pulse {
        phase: frame.glottal_phase,
        turns_per_sample: frame.f0_hz * sample_s,
        depth: depth * share,
    })
}

/// How much of its brightness the source loses with so much noise added, linear.
pub fn softness(noise_per_voice: f32) -> f32 {
    let softer_db = (SOFTEST_DB * noise_per_voice / amplitude(-SOFTEST_HNR_DB)).min(SOFTEST_DB);
    1.0 - amplitude(-softer_db)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breath_pulses_with_the_voice_and_no_more_where_it_is_high() {
        let pulse_at = |f0_hz: f32| pulse(&Frame { f0_hz, glottal_phase: 0.3, ..Frame::SILENCE }, 1.0 / 48_000.0);
        let depth = |f0_hz| pulse_at(f0_hz).map_or(0.0, |pulse| pulse.depth);
        let turns = pulse_at(240.0).map(|pulse| (pulse.phase, pulse.turns_per_sample));
        assert_eq!(turns, Some((0.3, 240.0 / 48_000.0)));
        assert_eq!([100.0, 150.0, 280.0, 420.0].map(depth), [0.85, 0.85, 0.95, 0.95]);
        // Half way between the last pitch with pulses and the first without.
        assert!((depth(465.0) - 0.475).abs() < 1e-4 && depth(500.0) == 0.0 && depth(0.0) == 0.0, "{}", depth(465.0));
        assert_eq!(pulse(&Frame { f0_hz: 200.0, is_polyphonic: true, ..Frame::SILENCE }, 1e-5), None);
    }
}
