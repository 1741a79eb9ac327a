//! Samples → one [`Frame`] per hop.
//!
//! In: clean samples of all channels, run by run. Out: at each hop's end, what was heard in it. So far the level and
//! how long it has been quiet: all that the renderer needs to know where the read pointer may jump unheard.

use crate::dsp::history::History;

/// Peaks below this count as silence, dBFS. A jump of the read pointer with a short crossfade is inaudible there, and
/// the noise floor of a clean recording lies below it.
const QUIET_PEAK_DB: f32 = -60.0;

/// What was heard in one hop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// Rms over the hop and all channels, dBFS (a full-scale square wave is 0); −120 at least.
    pub level_db: f32,
    /// For how many samples, up to the end of this hop, nothing has reached the threshold of silence.
    pub quiet_samples: u32,
}

impl Frame {
    /// Nothing heard yet.
    pub const SILENCE: Self = Self { level_db: FLOOR_DB, quiet_samples: 0 };
}

const FLOOR_DB: f32 = -120.0;

/// Listens to the input, causally.
#[derive(Clone, Debug, Default)]
pub struct Analyzer {
    sum_of_squares: f64,
    n_values: u32,
    quiet_samples: u32,
}

impl Analyzer {
    /// Forgets everything.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Hears `len` samples from absolute index `first` on, which are already in `history`.
    pub fn listen(&mut self, history: &History, first: i64, len: usize) {
        let quiet_peak = 10_f32.powf(QUIET_PEAK_DB / 20.0);
        let mut last_loud = None;
        for channel in 0..history.n_channels() {
            let samples = history.window(channel, first, len);
            // f32 sums of one hop are exact to 1e-5, and the compiler can use vector registers for them.
            self.sum_of_squares += f64::from(samples.iter().map(|sample| sample * sample).sum::<f32>());
            last_loud = last_loud.max(samples.iter().rposition(|sample| sample.abs() >= quiet_peak));
        }
        self.n_values += (len * history.n_channels()) as u32;
        self.quiet_samples = match last_loud {
            Some(at) => (len - 1 - at) as u32,
            None => self.quiet_samples.saturating_add(len as u32),
        };
    }

    /// What was heard since the last frame.
    pub fn frame(&mut self) -> Frame {
        let mean_square = self.sum_of_squares / f64::from(self.n_values.max(1));
        self.sum_of_squares = 0.0;
        self.n_values = 0;
        let level_db = (10.0 * mean_square.log10()) as f32;
        Frame { level_db: level_db.max(FLOOR_DB), quiet_samples: self.quiet_samples }
    }
}
