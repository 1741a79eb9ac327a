//! Carries data from the audio thread to the editor without a lock: the latest levels, and every hop's record.
//!
//! In: the engine's hop traces and the block's peaks. Out: one [`Snapshot`] (latest wins, a triple buffer) and a run of
//! [`HopTrace`]s (every one counts, a ring; when nobody reads, the newest are dropped). Both ends are `Send` and are
//! made as a pair, so neither can be on two threads.

use crate::engine::HopTrace;

/// Hops that the ring holds. Chosen: nearly three seconds at the finest hop rate, so that an editor that stalls for
/// that long loses nothing; more only costs memory.
const RING_HOPS: usize = 4096;

/// The latest levels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Snapshot {
    /// Largest input peak over all channels of the last 50 ms at least, dBFS: longer than an editor's frame, so that
    /// none is missed.
    pub input_peak_db: f32,
    /// The same of the output.
    pub output_peak_db: f32,
    /// Samples that were not finite numbers (or absurdly large) since the last reset, and were silenced.
    pub n_bad_samples: u64,
    /// Latency, samples.
    pub latency_samples: u32,
    /// Sample rate, Hz; 0 before the host has given it.
    pub sample_rate_hz: f32,
    /// Hops in a second.
    pub hops_per_s: f32,
    /// The sound passes as it is: the sample rate is outside the engine's range.
    pub is_passing: bool,
    /// The host tells where in the song it is, or has not been asked yet.
    pub is_position_told: bool,
}

impl Default for Snapshot {
    fn default() -> Self {
        Self {
            input_peak_db: SILENCE_DB,
            output_peak_db: SILENCE_DB,
            n_bad_samples: 0,
            latency_samples: 0,
            sample_rate_hz: 0.0,
            hops_per_s: 0.0,
            is_passing: false,
            is_position_told: true,
        }
    }
}

/// The value that stands for silence, dBFS. Chosen: far below any noise floor.
pub const SILENCE_DB: f32 = -120.0;

/// A peak in dBFS, never below [`SILENCE_DB`].
pub fn peak_db(peak: f32) -> f32 {
    (20.0 * peak.log10()).max(SILENCE_DB)
}

/// The largest peak of the last two windows of 50 ms. Realtime-safe.
#[derive(Clone, Copy, Debug, Default)]
pub struct PeakHold {
    previous: f32,
    current: f32,
    filled_samples: usize,
}

impl PeakHold {
    /// Takes in a block's peak and returns the held one, both linear.
    pub fn hold(&mut self, peak: f32, n_samples: usize, sample_rate_hz: f64) -> f32 {
        /// Length of a window, seconds. Chosen: longer than an editor's frame; shorter may miss a peak, longer holds it
        /// visibly.
        const WINDOW_S: f64 = 0.05;
        self.current = self.current.max(peak);
        let held = self.current.max(self.previous);
        self.filled_samples += n_samples;
        if self.filled_samples as f64 >= WINDOW_S * sample_rate_hz {
            *self = Self { previous: self.current, ..Self::default() };
        }
        held
    }
}

/// The audio thread's end.
pub struct MonitorWriter {
    latest: triple_buffer::Input<Snapshot>,
    hops: rtrb::Producer<HopTrace>,
}

/// The editor's end.
pub struct MonitorReader {
    latest: triple_buffer::Output<Snapshot>,
    hops: rtrb::Consumer<HopTrace>,
}

/// Both ends of a new monitor.
pub fn monitor() -> (MonitorWriter, MonitorReader) {
    let (input, output) = triple_buffer::triple_buffer(&Snapshot::default());
    let (producer, consumer) = rtrb::RingBuffer::new(RING_HOPS);
    (MonitorWriter { latest: input, hops: producer }, MonitorReader { latest: output, hops: consumer })
}

impl MonitorWriter {
    /// Publishes the latest levels. Realtime-safe.
    pub fn publish(&mut self, snapshot: Snapshot) {
        self.latest.write(snapshot);
    }

    /// Adds one hop; dropped when the ring is full. Realtime-safe.
    pub fn push(&mut self, hop: HopTrace) {
        let _ = self.hops.push(hop);
    }
}

impl MonitorReader {
    /// The latest levels.
    pub fn snapshot(&mut self) -> Snapshot {
        *self.latest.read()
    }

    /// The oldest hop not yet read.
    pub fn next_hop(&mut self) -> Option<HopTrace> {
        self.hops.pop().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_peak_is_held_for_at_least_50_ms_and_at_most_100() {
        let mut hold = PeakHold::default();
        let held: Vec<f32> = (0..200).map(|k| hold.hold(if k == 7 { 1.0 } else { 0.1 }, 48, 48_000.0)).collect();
        assert!(held[..7].iter().all(|&peak| peak == 0.1));
        assert!(held[7..57].iter().all(|&peak| peak == 1.0));
        assert!(held[108..].iter().all(|&peak| peak == 0.1));
    }

    #[test]
    fn a_full_ring_drops_the_newest_and_keeps_the_order() {
        let (mut writer, mut reader) = monitor();
        for position_samples in 0..RING_HOPS as i64 + 10 {
            writer.push(HopTrace { position_samples, ..HopTrace::default() });
        }
        let read: Vec<i64> = std::iter::from_fn(|| reader.next_hop()).map(|hop| hop.position_samples).collect();
        assert_eq!(read, (0..RING_HOPS as i64).collect::<Vec<_>>());
    }
}
