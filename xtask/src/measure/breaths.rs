//! Breaths between phrases.
//!
//! In: the engine's phases. Out: each inhalation's time, length and level.

use std::ops::Range;

use con_anima::analysis::Phase;
use con_anima::engine::HopTrace;

use super::listening::hop_samples;

/// Silences up to this long inside a breath are bridged, seconds. Chosen: longer joins separate breaths, shorter splits
/// one.
const MOST_GAP_S: f64 = 0.03;
/// Shorter ones are noises of the mouth, seconds. Source: the reference statistics (docs/voice.md, "Tools"), which ask
/// for 130 ms of level; the detector shortens it at both ends.
const LEAST_DURATION_S: f64 = 0.1;

/// An inhalation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Breath {
    /// Its time in the file.
    pub(crate) times_s: Range<f64>,
    /// Its level, dBFS rms.
    pub(crate) level_db: f64,
}

impl Breath {
    /// How long it is.
    pub(crate) fn duration_s(&self) -> f64 {
        self.times_s.end - self.times_s.start
    }
}

/// All breaths of a recording.
pub(crate) fn breaths(hops: &[HopTrace], sample_rate_hz: f64) -> Vec<Breath> {
    let time_s = |hop: &HopTrace| hop.position_samples as f64 / sample_rate_hz;
    let hop_s = hop_samples(hops) as f64 / sample_rate_hz;
    let mut spans: Vec<Range<f64>> = Vec::new();
    for hop in hops.iter().filter(|hop| hop.frame.phase == Phase::Breath) {
        let (start_s, end_s) = (time_s(hop), time_s(hop) + hop_s);
        match spans.last_mut() {
            Some(last) if start_s - last.end <= MOST_GAP_S => last.end = end_s,
            _ => spans.push(start_s..end_s),
        }
    }
    let breath = |times_s: Range<f64>| {
        let first_from = |at_s: f64| hops.partition_point(|hop| time_s(hop) < at_s);
        let inside = &hops[first_from(times_s.start)..first_from(times_s.end)];
        let powers: Vec<f64> = inside.iter().map(|hop| 10.0_f64.powf(f64::from(hop.frame.level_db) / 10.0)).collect();
        Breath { times_s, level_db: 10.0 * super::numbers::mean(&powers).log10() }
    };
    spans.into_iter().map(breath).filter(|breath| breath.duration_s() >= LEAST_DURATION_S).collect()
}

#[cfg(test)]
mod tests {
    use con_anima::analysis::Frame;

    use super::*;

    #[test]
    fn breaths_are_counted_once_and_clicks_are_not() {
        let hop = |k: i64| {
            let time_s = k as f64 * 0.001;
            let is_breath =
                (0.2..0.3).contains(&time_s) || (0.32..0.5).contains(&time_s) || (0.8..0.85).contains(&time_s);
            let phase = if is_breath { Phase::Breath } else { Phase::Vowel };
            let frame = Frame { phase, level_db: if is_breath { -40.0 } else { -12.0 }, ..Frame::SILENCE };
            HopTrace { position_samples: k * 48, frame, ..Default::default() }
        };
        let breaths = breaths(&(0..1000).map(hop).collect::<Vec<_>>(), 48_000.0);
        assert_eq!(breaths.len(), 1);
        assert!((breaths[0].duration_s() - 0.3).abs() < 0.002 && (breaths[0].times_s.start - 0.2).abs() < 0.002);
        assert!((-40.0..-20.0).contains(&breaths[0].level_db));
    }
}
