//! The filter that gives noise its spectrum (colour).
//!
//! In: a colour, as power densities at fixed frequencies. Out: amplitudes at the frequencies of a Fourier transform,
//! smoothed so that the filter's response is no longer than a quarter of the transform to either side.

use crate::analysis::envelope::{BANDS, Envelope, frequencies_hz};

/// Below this breath has no power, Hz. Chosen: the vocal tract has no resonance there and microphones' filters cut it;
/// higher takes away low rumble of the breath.
const LOWEST_HZ: f32 = 70.0;
/// Slope of the colour beyond the highest known frequency, dB per octave. Chosen: inhalations and breathy voices fall
/// about so from 8 kHz on; steeper is duller.
const FALL_DB_PER_OCTAVE: f32 = 12.0;
/// The colour ends here, Hz. Chosen: hardly audible above; lower is duller.
const HIGHEST_HZ: f32 = 18_000.0;

/// Bins to either side over which amplitudes are smoothed. Chosen: the smoothing kernel, the transform of a Hann window
/// of half the block's length, is below 0.002 beyond these; fewer would let the response wrap around.
const SMOOTHED_BINS: usize = 7;

/// Where a bin is among the known frequencies.
#[derive(Clone, Copy, Debug)]
struct Place {
    below: usize,
    share: f32,
    /// Attenuation of what is outside the known frequencies, linear.
    gain: f32,
}

/// Turns colours into amplitudes.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    places: Vec<Place>,
    kernel: [f32; 2 * SMOOTHED_BINS + 1],
    /// Amplitudes before smoothing, with room to either side for mirrored ones.
    raw: Vec<f32>,
    smooth: Vec<f32>,
}

/// A filter's amplitudes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Response<'a> {
    /// From 0 to half the sample rate.
    pub(super) amplitudes: &'a [f32],
    /// The factor by which the filter changes the power of white noise.
    pub(super) mean_power: f32,
}

impl Filter {
    /// For transforms of `block_len` samples. Allocates.
    pub(super) fn new(sample_rate_hz: f64, block_len: usize) -> Self {
        let n_bins = block_len / 2 + 1;
        let known_hz = frequencies_hz();
        let place = |bin: usize| place((bin as f64 * sample_rate_hz / block_len as f64) as f32, &known_hz);
        Self {
            places: (0..n_bins).map(place).collect(),
            kernel: std::array::from_fn(|index| kernel(index as f32 - SMOOTHED_BINS as f32)),
            raw: vec![0.0; n_bins + 2 * SMOOTHED_BINS],
            smooth: vec![0.0; n_bins],
        }
    }

    /// The filter of a colour. Realtime-safe.
    pub(super) fn response(&mut self, colour: &Envelope) -> Response<'_> {
        let most_db = colour.levels_db.iter().copied().fold(f32::MIN, f32::max);
        let amplitudes = colour.levels_db.map(|level_db| 10_f32.powf((level_db - most_db) / 20.0));
        let n_bins = self.smooth.len();
        for (raw, place) in self.raw[SMOOTHED_BINS..].iter_mut().zip(&self.places) {
            let [below, above] = [amplitudes[place.below], amplitudes[place.below + 1]];
            *raw = place.gain * (below + place.share * (above - below));
        }
        // The spectrum continues mirrored at both ends.
        for k in 1..=SMOOTHED_BINS.min(n_bins - 1) {
            self.raw[SMOOTHED_BINS - k] = self.raw[SMOOTHED_BINS + k];
            self.raw[SMOOTHED_BINS + n_bins - 1 + k] = self.raw[SMOOTHED_BINS + n_bins - 1 - k];
        }
        // Weight by weight: so all bins are computed side by side.
        self.smooth.fill(0.0);
        for (off, weight) in self.kernel.iter().enumerate() {
            let weighted = self.raw[off..].iter().map(|amplitude| amplitude * weight);
            self.smooth.iter_mut().zip(weighted).for_each(|(smooth, weighted)| *smooth += weighted);
        }
        let ends = 0.5 * (self.smooth[0].powi(2) + self.smooth[n_bins - 1].powi(2));
        let inner: f32 = self.smooth[1..n_bins - 1].iter().map(|amplitude| amplitude * amplitude).sum();
        Response { amplitudes: &self.smooth, mean_power: (ends + inner) / (n_bins - 1) as f32 }
    }
}

/// Where a frequency is among the known ones.
fn place(hz: f32, known_hz: &[f32; BANDS]) -> Place {
    let below = known_hz.iter().rposition(|known| *known <= hz).unwrap_or(0).min(BANDS - 2);
    let share = ((hz - known_hz[below]) / (known_hz[below + 1] - known_hz[below])).clamp(0.0, 1.0);
    let highest_hz = known_hz[BANDS - 1];
    let gain = if !(LOWEST_HZ..=HIGHEST_HZ).contains(&hz) {
        0.0
    } else if hz > highest_hz {
        10_f32.powf(-FALL_DB_PER_OCTAVE * (hz / highest_hz).log2() / 20.0)
    } else {
        1.0
    };
    Place { below, share, gain }
}

/// The transform of a Hann window half as long as the block, at `bins` from its middle; its sum is 1.
fn kernel(bins: f32) -> f32 {
    let x = 0.5 * bins;
    0.25 * (sinc(x) + 0.5 * (sinc(x - 1.0) + sinc(x + 1.0)))
}

fn sinc(x: f32) -> f32 {
    let angle = std::f32::consts::PI * x;
    if angle.abs() < 1e-6 { 1.0 } else { angle.sin() / angle }
}
