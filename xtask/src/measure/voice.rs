//! All measurements of one recording, before they become statistics.
//!
//! In: samples, the engine's frames, a pitch track. Out: [`Voice`]: level, held notes with their movement and
//! perturbation, breaths.

use std::ops::Range;

use con_anima::engine::HopTrace;

use super::breaths::{Breath, breaths};
use super::held::{Held, held_notes};
use super::movement::Movement;
use super::numbers::{median, percentile};
use super::period_marks::{Waveform, period_marks};
use super::perturbation::Perturbation;
use super::track::Track;

/// Level is measured in pieces of this length, seconds. Source: the reference statistics (docs/voice.md, "Tools").
const LEVEL_S: f64 = 0.010;
/// The lowest level, dBFS. Chosen: far below any noise; it only keeps the value finite.
const LEAST_LEVEL_DB: f64 = -120.0;

/// Periods are measured this far inside a note, seconds. Chosen: larger measures less of short notes, smaller includes
/// their ends.
const PERTURBATION_MARGIN_S: f64 = 0.03;
/// The shortest stretch in which periods are measured, seconds. Chosen: longer measures fewer notes, shorter is less
/// sure.
const LEAST_PERTURBATION_S: f64 = 0.1;

/// The measurements.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Voice {
    /// Length of the measured part, seconds.
    pub(super) duration_s: f64,
    /// Level of the loud parts (95 % of all pieces are below), dBFS rms.
    pub(super) level_db: Option<f64>,
    /// Level of the quiet parts (5 % of all pieces are below), dBFS rms.
    pub(super) floor_db: Option<f64>,
    /// The pitch.
    pub(super) track: Track,
    /// The held notes.
    pub(super) notes: Vec<HeldNote>,
    /// The breaths.
    pub(super) breaths: Vec<Breath>,
}

/// A held note and its measurements.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct HeldNote {
    /// Its time in the file.
    pub(super) times_s: Range<f64>,
    /// How its pitch moves.
    pub(super) movement: Movement,
    /// How its periods differ.
    pub(super) perturbation: Perturbation,
    /// The median harmonics-to-noise ratio in 0–1, 1–3, 3–6 and 6–10 kHz, dB; `None` if the frames have none.
    pub(super) hnr_db: Option<[f64; 4]>,
}

impl HeldNote {
    /// Its length, seconds.
    pub(super) fn duration_s(&self) -> f64 {
        self.times_s.end - self.times_s.start
    }
}

impl Voice {
    /// Measures. Waveform, hops and track are of the same time.
    pub(super) fn new(waveform: &Waveform, hops: &[HopTrace], track: Track) -> Self {
        let levels_db = levels_db(waveform);
        let level_db = |share| percentile(&levels_db, share).filter(|level_db| *level_db > LEAST_LEVEL_DB);
        let bridged = track.bridged();
        let marks = period_marks(waveform, &bridged);
        let frames = Frames { hops, rate_hz: waveform.rate_hz };
        let note = |held: Held| {
            let marks = marks.iter().find(|(run, _)| *run == held.run).map_or(&[][..], |(_, marks)| marks);
            let margin = held.margin_hops();
            let core_s = bridged.time_s(held.hops.start + margin)..bridged.time_s(held.hops.end - margin);
            HeldNote {
                times_s: bridged.time_s(held.hops.start)..bridged.time_s(held.hops.end),
                movement: Movement::new(&held, &bridged),
                perturbation: perturbation(waveform, &bridged, &held, marks),
                hnr_db: frames.hnr_db(core_s),
            }
        };
        Self {
            duration_s: waveform.samples.len() as f64 / waveform.rate_hz,
            level_db: level_db(0.95),
            floor_db: level_db(0.05),
            notes: held_notes(&bridged).into_iter().map(note).collect(),
            breaths: breaths(hops, waveform.rate_hz),
            track,
        }
    }
}

fn levels_db(waveform: &Waveform) -> Vec<f64> {
    let square = |sample: &f32| f64::from(*sample) * f64::from(*sample);
    let mean_square = |samples: &[f32]| samples.iter().map(square).sum::<f64>() / samples.len() as f64;
    let pieces = waveform.samples.chunks_exact((LEVEL_S * waveform.rate_hz) as usize);
    pieces.map(|samples| 10.0 * (mean_square(samples) + 1e-15).log10()).collect()
}

fn perturbation(waveform: &Waveform, track: &Track, held: &Held, marks: &[f64]) -> Perturbation {
    let [start_s, end_s] = [held.hops.start, held.hops.end - 1].map(|hop| track.time_s(hop));
    let span_s = start_s + PERTURBATION_MARGIN_S..end_s - PERTURBATION_MARGIN_S;
    match span_s.end - span_s.start > LEAST_PERTURBATION_S {
        true => Perturbation::new(waveform, marks, &span_s),
        false => Perturbation::default(),
    }
}

/// The frames of a recording with their times.
struct Frames<'a> {
    hops: &'a [HopTrace],
    rate_hz: f64,
}

impl Frames<'_> {
    /// The median of each band over a span of time.
    fn hnr_db(&self, times_s: Range<f64>) -> Option<[f64; 4]> {
        let first_after =
            |time_s: f64| self.hops.partition_point(|hop| (hop.position_samples as f64) < time_s * self.rate_hz);
        let hops = &self.hops[first_after(times_s.start)..first_after(times_s.end)];
        let bands: Vec<[f32; 4]> = hops.iter().filter_map(|hop| hop.frame.hnr_db).collect();
        let median_of = |band: usize| median(&bands.iter().map(|bands| f64::from(bands[band])).collect::<Vec<_>>());
        Some([median_of(0)?, median_of(1)?, median_of(2)?, median_of(3)?])
    }
}
