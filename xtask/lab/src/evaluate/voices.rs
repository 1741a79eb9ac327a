//! What kind of voice is detected: one or several, with or without pitch, and whether it breathes.
//!
//! In: the frames of a recording and what kind it is. Out: its breaths, and the shares of its sound that are called
//! polyphonic and voiced.

use con_anima::analysis::{Frame, Phase};

use super::pitch_score::percent;
use super::track::Track;
use crate::material::Kind;
use crate::report::{Cell, Column};

/// What is this far below the loud parts does not count as sound, dB. Chosen: the quietest consonants are 30 to 35 dB
/// below vowels.
const SOUNDING_DB: f32 = 40.0;

/// The loud parts are this share of all hops. Chosen: a click or two cannot set the level.
const LOUD_SHARE: f64 = 0.05;

/// Target for solo voices called polyphonic, percent. Chosen: as a goal of the analysis.
const MOST_POLYPHONIC_SOLO_PERCENT: f64 = 2.0;
/// Target for several voices called polyphonic, percent. Chosen: as a goal of the analysis.
const LEAST_POLYPHONIC_PERCENT: f64 = 90.0;
/// Target for whispering called voiced, percent. Chosen: as a goal of the analysis.
const MOST_VOICED_WHISPER_PERCENT: f64 = 2.0;

/// The columns of the table of voices.
pub(super) const COLUMNS: &[Column] =
    &[Column { name: "polyphonic %", decimals: 2 }, Column { name: "voiced %", decimals: 2 }];

/// The columns of the table of breaths; their times follow.
pub(super) const BREATH_COLUMNS: &[Column] = &[Column { name: "breaths", decimals: 0 }];

/// The shares of the sound.
pub(super) fn cells(track: &Track, kind: Kind) -> Vec<Cell> {
    let sounding = sounding(track);
    let share =
        |is_so: fn(&Frame) -> bool| percent(sounding.iter().filter(|frame| is_so(frame)).count(), sounding.len());
    let polyphonic_percent = share(|frame| frame.is_polyphonic);
    let voiced_percent = share(|frame| frame.f0_hz > 0.0);
    let polyphonic = match kind {
        Kind::Many => Cell::at_least(polyphonic_percent, LEAST_POLYPHONIC_PERCENT),
        Kind::Solo | Kind::Speech | Kind::Whisper => Cell::at_most(polyphonic_percent, MOST_POLYPHONIC_SOLO_PERCENT),
    };
    let voiced = match kind {
        Kind::Whisper => Cell::at_most(voiced_percent, MOST_VOICED_WHISPER_PERCENT),
        Kind::Many | Kind::Solo | Kind::Speech => Cell::plain(voiced_percent),
    };
    vec![polyphonic, voiced]
}

/// The number of breaths detected, and when they begin. A machine has none.
pub(super) fn breaths(track: &Track, is_machine: bool) -> (Vec<Cell>, Vec<f64>) {
    let breaths_s = track.stretches(|frame| frame.phase == Phase::Breath);
    let n_breaths = breaths_s.len() as f64;
    let cell = if is_machine { Cell::at_most(n_breaths, 0.0) } else { Cell::plain(n_breaths) };
    (vec![cell], breaths_s.into_iter().map(|breath_s| breath_s.start).collect())
}

fn sounding(track: &Track) -> Vec<&Frame> {
    let mut levels_db: Vec<f32> = track.frames.iter().map(|frame| frame.level_db).collect();
    levels_db.sort_by(|a, b| b.total_cmp(a));
    let loud_db = levels_db.get((LOUD_SHARE * levels_db.len() as f64) as usize).copied().unwrap_or(0.0);
    track.frames.iter().filter(|frame| frame.level_db >= loud_db - SOUNDING_DB).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tenth voiced, a tenth polyphonic, a fifth a breath, the rest silence, and one click.
    fn track() -> Track {
        let frame = |k: usize| match k {
            0 => Frame { level_db: 0.0, ..Frame::SILENCE },
            1..=100 => Frame { level_db: -20.0, f0_hz: 220.0, phase: Phase::Vowel, ..Frame::SILENCE },
            101..=200 => Frame { level_db: -20.0, is_polyphonic: true, phase: Phase::Vowel, ..Frame::SILENCE },
            301..=400 | 501..=600 => Frame { level_db: -59.0, phase: Phase::Breath, ..Frame::SILENCE },
            _ => Frame { level_db: -90.0, ..Frame::SILENCE },
        };
        Track { hop_s: 0.01, frames: (0..1000).map(frame).collect() }
    }

    #[test]
    fn silence_does_not_dilute_what_sounds() {
        let [polyphonic, voiced] = cells(&track(), Kind::Solo)[..] else { panic!("two cells") };
        assert!((polyphonic.value.expect("it sounds") - 100.0 * 100.0 / 401.0).abs() < 1e-9);
        assert_eq!(voiced.value, polyphonic.value);
    }

    #[test]
    fn breaths_are_counted_and_placed() {
        let (cells, times_s) = breaths(&track(), true);
        assert_eq!(cells, [Cell::at_most(2.0, 0.0)]);
        assert!(times_s.iter().zip([3.01, 5.01]).all(|(a, b)| (a - b).abs() < 1e-9), "{times_s:?}");
    }
}
