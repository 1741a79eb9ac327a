//! Mains hum: it has a pitch, but nobody sings it.
//!
//! In: a frequency. Out: whether it belongs to hum. The mains frequency is kept to a tenth of a hertz and no key of a
//! piano is within 1.2 Hz of its first multiples, so closeness separates the two.

/// Mains frequencies, Hz. Source: definition.
const MAINS_HZ: [f32; 2] = [50.0, 60.0];
/// Partials of hum are recognized up to here, Hz. Chosen: higher ones are faint, and close to notes; higher would take
/// partials of music for hum.
const HUM_TO_HZ: f32 = 430.0;
/// A partial this close to a multiple is hum, Hz. Chosen: the error of a spectrum of 85 ms beside a voice; larger takes
/// notes for hum, smaller misses hum.
const PARTIAL_TOLERANCE_HZ: f32 = 1.0;
/// A pitch this close to one of the first two multiples is hum, Hz. Chosen: the error of a pitch in noise; larger takes
/// notes for hum, smaller misses hum.
const PITCH_TOLERANCE_HZ: f32 = 0.6;

fn is_near_multiple(f_hz: f32, tolerance_hz: f32) -> bool {
    MAINS_HZ.into_iter().any(|mains_hz| {
        let number = (f_hz / mains_hz).round().max(1.0);
        (f_hz - number * mains_hz).abs() < tolerance_hz
    })
}

/// Whether a partial can be hum.
pub(super) fn is_hum_partial(f_hz: f32) -> bool {
    f_hz < HUM_TO_HZ && is_near_multiple(f_hz, PARTIAL_TOLERANCE_HZ)
}

/// Whether a pitch can be that of hum.
pub(super) fn is_hum_pitch(f0_hz: f32) -> bool {
    f0_hz < 2.0 * MAINS_HZ[1] + PITCH_TOLERANCE_HZ && is_near_multiple(f0_hz, PITCH_TOLERANCE_HZ)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_of_a_piano_hums() {
        for key in 0..88 {
            let f_hz = 27.5 * (key as f32 / 12.0).exp2();
            assert!(!is_hum_pitch(f_hz), "{f_hz}");
            assert!(f_hz > 300.0 || !is_hum_partial(f_hz), "{f_hz}");
        }
        for f_hz in [60.0, 100.2, 119.8] {
            assert!(is_hum_pitch(f_hz) && is_hum_partial(f_hz));
        }
        assert!(is_hum_partial(149.6) && is_hum_partial(350.5) && !is_hum_partial(500.0));
    }
}
