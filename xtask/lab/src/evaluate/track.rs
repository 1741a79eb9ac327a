//! The engine's analysis of a recording, hop by hop.
//!
//! In: a recording and a mode. Out: one [`Frame`] per hop, on the recording's own time axis. The frames are those that
//! the offline renderer passes on to the performer, so what is scored is what is used.

use std::ops::Range;

use con_anima::analysis::{Frame, Onset};
use con_anima::offline::{self, RenderError};
use con_anima::settings::{Mode, Settings};

/// The host block to imitate, samples. Chosen: any, because the result does not depend on it.
const BLOCK_SAMPLES: usize = 512;

/// The frames of one recording: number `k` describes the hop that begins at `k * hop_s`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Track {
    /// Length of a hop, seconds.
    pub(super) hop_s: f64,
    /// In order of time, without a gap.
    pub(super) frames: Vec<Frame>,
}

impl Track {
    /// Analyses `[channel][sample]`.
    pub(super) fn listen(channels: &[Vec<f32>], sample_rate_hz: f64, mode: Mode) -> Result<Self, RenderError> {
        let options = offline::Options { sample_rate_hz, mode, start_samples: 0, block_samples: BLOCK_SAMPLES };
        let rendered = offline::render(channels, &options, |_| Settings::NEUTRAL, |_| ())?;
        let n_samples = channels.first().map_or(0, Vec::len) as i64;
        let inside = rendered.hops.iter().filter(|hop| (0..n_samples).contains(&hop.position_samples));
        let hops: Vec<_> = inside.map(|hop| (hop.position_samples, hop.frame)).collect();
        let hop_samples = match hops[..] {
            [(first, _), (second, _), ..] => second - first,
            _ => n_samples.max(1),
        };
        let hop_s = hop_samples as f64 / sample_rate_hz;
        Ok(Self { hop_s, frames: hops.into_iter().map(|(_, frame)| frame).collect() })
    }

    /// Each frame with the middle of its hop, seconds.
    pub(super) fn timed(&self) -> impl Iterator<Item = (f64, &Frame)> {
        self.frames.iter().enumerate().map(|(k, frame)| ((k as f64 + 0.5) * self.hop_s, frame))
    }

    /// The frame of the hop that holds a time; none outside the recording.
    pub(super) fn at(&self, time_s: f64) -> Option<&Frame> {
        (time_s >= 0.0).then(|| self.frames.get((time_s / self.hop_s) as usize)).flatten()
    }

    /// The frames whose hop's middle is in a span of seconds.
    pub(super) fn within(&self, span_s: Range<f64>) -> impl Iterator<Item = &Frame> {
        self.timed().filter(move |(time_s, _)| span_s.contains(time_s)).map(|(_, frame)| frame)
    }

    /// The longest spans of seconds in which a condition holds for every frame.
    pub(super) fn stretches(&self, is_so: impl Fn(&Frame) -> bool) -> Vec<Range<f64>> {
        let mut stretches = Vec::new();
        let mut start = None;
        for k in 0..=self.frames.len() {
            let is_inside = self.frames.get(k).is_some_and(&is_so);
            match start {
                None if is_inside => start = Some(k),
                Some(from) if !is_inside => {
                    stretches.push(from as f64 * self.hop_s..k as f64 * self.hop_s);
                    start = None;
                }
                _ => {}
            }
        }
        stretches
    }

    /// Where notes begin and how, seconds.
    pub(super) fn onsets(&self) -> Vec<(f64, Onset)> {
        self.timed().filter_map(|(time_s, frame)| Some((time_s, frame.onset?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(f0_hz: &[f32]) -> Track {
        let frames = f0_hz.iter().map(|&f0_hz| Frame { f0_hz, ..Frame::SILENCE }).collect();
        Track { hop_s: 0.5, frames }
    }

    #[test]
    fn stretches_reach_from_the_first_hop_to_past_the_last() {
        let track = track(&[1.0, 1.0, 0.0, 0.0, 1.0]);
        assert_eq!(track.stretches(|frame| frame.f0_hz > 0.0), [0.0..1.0, 2.0..2.5]);
        assert_eq!(track.stretches(|frame| frame.f0_hz == 0.0), [1.0..2.0]);
        assert_eq!(track.stretches(|frame| frame.f0_hz > 5.0), []);
    }

    #[test]
    fn a_time_finds_the_hop_that_holds_it() {
        let track = track(&[1.0, 2.0, 3.0]);
        let at = |time_s| track.at(time_s).map(|frame| frame.f0_hz);
        assert_eq!(
            [at(-0.1), at(0.0), at(0.49), at(0.5), at(1.49), at(1.5)],
            [None, Some(1.0), Some(1.0), Some(2.0), Some(3.0), None]
        );
        assert_eq!(track.within(0.25..0.75).map(|frame| frame.f0_hz).collect::<Vec<_>>(), [1.0]);
    }

    #[test]
    fn every_hop_of_a_recording_is_heard_once_and_in_place() {
        // A second that is silent in its first half only.
        let samples: Vec<f32> = (0..48_000).map(|n| if n < 24_000 { 0.0 } else { (n as f32 * 0.05).sin() }).collect();
        for mode in Mode::ALL {
            let track = Track::listen(std::slice::from_ref(&samples), 48_000.0, mode).expect("a good rate");
            assert_eq!(track.frames.len(), (1.0 / track.hop_s).round() as usize, "{mode:?}");
            let loud = track.stretches(|frame| frame.level_db > -60.0);
            assert_eq!(loud, [0.5..1.0], "{mode:?}");
        }
    }
}
