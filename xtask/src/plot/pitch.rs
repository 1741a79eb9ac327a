//! The pitch of a recording over time, for pictures.
//!
//! In: `[channel][sample]` at any rate. Out: cents above MIDI note 0 per hop, `None` where unvoiced. McLeod & Wyvill,
//! "A Smarter Way to Find Pitch", ICMC 2005: once over a wide window at a low rate, which finds the period, and once
//! more around that period over a few periods at the full rate, which measures it locally.
//!
//! The `pitch-detection` crate is not used: its 0.3 leaves half the energy in its normalisation (`m_of_tau` removes
//! samples at one end only), which moves a steady tone of 196 Hz by 3 cents and misses voices below 110 Hz.

use std::ops::Range;
use std::sync::Arc;

use con_anima::dsp::dot::dot_exact;
use fourier::{Complex64, ComplexToReal, RealToComplex};

/// Length of the wide window, seconds. Chosen: some periods of the lowest voice; longer flattens vibrato.
const WINDOW_S: f64 = 0.040;

/// Length of the local window, periods. Chosen: longer flattens vibrato, shorter is disturbed by noise.
const FINE_PERIODS: f64 = 3.0;
/// Its least length, seconds. Chosen: several periods of high voices; longer flattens vibrato.
const LEAST_FINE_S: f64 = 0.014;

/// The rate of the first search, Hz. Chosen: enough to find the period; higher costs time.
const COARSE_RATE_HZ: f64 = 12_000.0;

/// The range of singing, Hz. Chosen: wider finds more octave errors.
const VOICE_HZ: Range<f64> = 55.0..1400.0;

/// The least clarity of a voiced window, 0 to 1. Chosen: larger leaves gaps, smaller shows noise.
const LEAST_CLARITY: f64 = 0.8;

/// The first peak this close to the highest is the period; later ones are its multiples. Source: McLeod & Wyvill 2005,
/// §5.
const PEAK_SHARE: f64 = 0.9;

/// The least power of a window relative to the loudest. Chosen: 40 dB below it; smaller shows reverberation.
const LEAST_POWER_RATIO: f64 = 1e-4;

/// Below this mean square even the loudest window is silence. Chosen: −80 dBFS.
const LEAST_POWER: f64 = 1e-8;

/// Hops at most. Chosen: no picture can show more.
const MOST_HOPS: f64 = 4000.0;

/// The time between two pitches: 5 ms, or more in a long file.
pub(super) fn hop_s(duration_s: f64) -> f64 {
    (duration_s / MOST_HOPS).max(0.005)
}

/// The number of pitches that [`measure`] gives for a file of this length.
pub(super) fn n_hops(duration_s: f64) -> usize {
    (duration_s / hop_s(duration_s)) as usize + 1
}

/// The pitch at every multiple of `hop_s`. `progress` is called with the number done.
pub(super) fn measure(
    channels: &[Vec<f32>],
    sample_rate_hz: f64,
    hop_s: f64,
    progress: impl Fn(usize),
) -> Vec<Option<f64>> {
    let fine = Signal::averaged(channels, sample_rate_hz, 48_000.0);
    let coarse = Signal::averaged(channels, sample_rate_hz, COARSE_RATE_HZ);
    let hops = 0..(channels[0].len() as f64 / sample_rate_hz / hop_s) as usize + 1;
    let mut window = Vec::new();
    let power = |k: usize| {
        coarse.read(k as f64 * hop_s, WINDOW_S, &mut window);
        window.iter().map(|x| x * x).sum::<f64>() / window.len() as f64
    };
    let powers: Vec<f64> = hops.clone().map(power).collect();
    let least_power = (powers.iter().copied().fold(0.0, f64::max) * LEAST_POWER_RATIO).max(LEAST_POWER);
    let (mut rough_search, mut fine_search) = (RoughSearch::new(coarse.rate_hz), FineSearch::default());
    let pitch_at = |k: usize| {
        progress(k);
        let time_s = k as f64 * hop_s;
        let is_audible = powers[k] >= least_power;
        let rough_s = is_audible.then(|| rough_search.period_s(&coarse, time_s)).flatten()?;
        let period_s = fine_search.period_s(&fine, time_s, rough_s)?;
        Some(6900.0 - 1200.0 * (period_s * 440.0).log2())
    };
    let pitch: Vec<_> = hops.map(pitch_at).collect();
    without_edges(&pitch, (WINDOW_S / 2.0 / hop_s) as usize)
}

/// Removes the hops this close to an end of voicing, where a window also contains silence.
fn without_edges(pitch: &[Option<f64>], n_hops: usize) -> Vec<Option<f64>> {
    let is_inside = |k: usize| {
        let around = k.checked_sub(n_hops).and_then(|first| pitch.get(first..=k + n_hops));
        around.is_some_and(|around| around.iter().all(Option::is_some))
    };
    (0..pitch.len()).map(|k| pitch[k].filter(|_| is_inside(k))).collect()
}

/// The sum of all channels at a lower rate, computed where it is looked at: a picture of a long recording looks at
/// little of it.
struct Signal<'a> {
    channels: &'a [Vec<f32>],
    /// Neighbours that are averaged to one sample.
    n_neighbours: usize,
    rate_hz: f64,
}

impl<'a> Signal<'a> {
    /// At a rate near, but not below, the one wanted.
    fn averaged(channels: &'a [Vec<f32>], rate_hz: f64, wanted_hz: f64) -> Self {
        let n_neighbours = ((rate_hz / wanted_hz) as usize).max(1);
        Self { channels, n_neighbours, rate_hz: rate_hz / n_neighbours as f64 }
    }

    /// Replaces what is in `window` by the samples around a time; before the first and behind the last is silence.
    fn read(&self, centre_s: f64, duration_s: f64, window: &mut Vec<f64>) {
        let n_samples = (duration_s * self.rate_hz).round() as i64;
        let first = (centre_s * self.rate_hz).round() as i64 - n_samples / 2;
        window.clear();
        window.extend((first..first + n_samples).map(|at| self.sample(at)));
    }

    fn sample(&self, at: i64) -> f64 {
        let Ok(first) = usize::try_from(at * self.n_neighbours as i64) else { return 0.0 };
        let last = first + self.n_neighbours;
        let neighbours = |channel: &'a Vec<f32>| &channel[first.min(channel.len())..last.min(channel.len())];
        let finite = |sample: &f32| if sample.is_finite() { f64::from(*sample) } else { 0.0 };
        self.channels.iter().flat_map(neighbours).map(finite).sum::<f64>() / self.n_neighbours as f64
    }
}

/// Finds the period roughly, in a wide window.
struct RoughSearch {
    forward: Arc<dyn RealToComplex<f64>>,
    inverse: Arc<dyn ComplexToReal<f64>>,
    window: Vec<f64>,
    padded: Vec<f64>,
    spectrum: Vec<Complex64>,
    /// The NSDF of the window at each lag: 1 if it repeats, 0 if it has nothing in common.
    likenesses: Vec<f64>,
    rate_hz: f64,
}

impl RoughSearch {
    fn new(rate_hz: f64) -> Self {
        let n_lags = (rate_hz / VOICE_HZ.start).ceil() as usize + 2;
        let len = ((WINDOW_S * rate_hz) as usize + 1 + n_lags).next_power_of_two();
        let (forward, inverse) = (fourier::forward_f64(len), fourier::inverse_f64(len));
        let (padded, spectrum) = (forward.make_input_vec(), forward.make_output_vec());
        Self { forward, inverse, window: Vec::new(), padded, spectrum, likenesses: vec![0.0; n_lags], rate_hz }
    }

    /// Compares the window with itself.
    fn compare(&mut self) {
        let window = &self.window;
        self.padded[..window.len()].copy_from_slice(window);
        self.padded[window.len()..].fill(0.0);
        // The lengths were made to fit in `new`; a failure would leave the last window's result.
        let _ = self.forward.process(&mut self.padded, &mut self.spectrum);
        self.spectrum.iter_mut().for_each(|bin| *bin = Complex64::new(bin.norm_sqr(), 0.0));
        let _ = self.inverse.process(&mut self.spectrum, &mut self.padded);
        let scale = 2.0 / self.padded.len() as f64;
        let mut energy = 2.0 * window.iter().map(|x| x * x).sum::<f64>();
        let least = 1e-12 * energy;
        let ends = window.iter().zip(window.iter().rev());
        for ((likeness, correlation), (start, end)) in self.likenesses.iter_mut().zip(&self.padded).zip(ends) {
            *likeness = if energy > least { scale * correlation / energy } else { 0.0 };
            energy -= start * start + end * end;
        }
    }

    /// The period, in seconds; `None` if the signal is not periodic there.
    fn period_s(&mut self, signal: &Signal<'_>, time_s: f64) -> Option<f64> {
        signal.read(time_s, WINDOW_S, &mut self.window);
        self.compare();
        let likenesses = &self.likenesses;
        let mut lobes = Vec::new();
        let mut first = 0;
        for lobe in likenesses.chunk_by(|a, b| (*a > 0.0) == (*b > 0.0)) {
            let lags = first..first + lobe.len();
            first = lags.end;
            // The first lobe belongs to lag 0, and the last may be cut off before its peak.
            if lobe[0] > 0.0 && lags.start > 0 && lags.end < likenesses.len() {
                lobes.push(lags.max_by(|a, b| likenesses[*a].total_cmp(&likenesses[*b]))?);
            }
        }
        let highest = lobes.iter().map(|lag| likenesses[*lag]).fold(0.0, f64::max);
        let least = LEAST_CLARITY.max(PEAK_SHARE * highest);
        let lag = lobes.into_iter().find(|lag| likenesses[*lag] >= least)?;
        let period_s = (lag as f64 + peak_offset(likenesses, lag)) / self.rate_hz;
        VOICE_HZ.contains(&(1.0 / period_s)).then_some(period_s)
    }
}

/// Measures the period near a rough one. The window's ends are tapered: without that, the peak of a nearly pure tone
/// depends on the tone's phase in a window of few periods, by 7 cents on the demo's 'oo'.
#[derive(Default)]
struct FineSearch {
    window: Vec<f64>,
    taper: Vec<f64>,
    tapered: Vec<f64>,
    squares: Vec<f64>,
    likenesses: Vec<f64>,
}

impl FineSearch {
    /// The period, in seconds.
    fn period_s(&mut self, signal: &Signal<'_>, time_s: f64, rough_s: f64) -> Option<f64> {
        signal.read(time_s, (FINE_PERIODS * rough_s).clamp(LEAST_FINE_S, WINDOW_S), &mut self.window);
        let rough = rough_s * signal.rate_hz;
        let first = (rough * 0.95).floor() as usize - 1;
        let last = ((rough * 1.05).ceil() as usize + 1).min(self.window.len() - 2);
        self.compare(first..last + 1);
        let likenesses = &self.likenesses;
        let best = (0..likenesses.len()).max_by(|a, b| likenesses[*a].total_cmp(&likenesses[*b]))?;
        let is_peak = best > 0 && best + 1 < likenesses.len() && likenesses[best] >= LEAST_CLARITY;
        is_peak.then(|| ((first + best) as f64 + peak_offset(likenesses, best)) / signal.rate_hz)
    }

    /// The tapered likeness at each of some lags, by as many pairs of samples as the longest lag leaves.
    fn compare(&mut self, lags: Range<usize>) {
        let window = &self.window;
        let n_pairs = window.len().saturating_sub(lags.end - 1);
        if self.taper.len() != n_pairs {
            let step = std::f64::consts::TAU / n_pairs as f64;
            let (turn, mut phase) = (Complex64::cis(step), Complex64::cis(0.5 * step));
            self.taper.resize(n_pairs, 0.0);
            // Turn by turn, because so many cosines would take longer than all the rest.
            for weight in &mut self.taper {
                *weight = 0.5 - 0.5 * phase.re;
                phase *= turn;
            }
        }
        self.tapered.clear();
        self.tapered.extend(self.taper.iter().zip(window).map(|(weight, x)| weight * x));
        self.squares.clear();
        self.squares.extend(window.iter().map(|x| x * x));
        let own = dot_exact(&self.taper, &self.squares);
        self.likenesses.clear();
        for lag in lags {
            let energy = own + dot_exact(&self.taper, &self.squares[lag..]);
            let product = dot_exact(&self.tapered, &window[lag..]);
            self.likenesses.push(if energy > 0.0 { 2.0 * product / energy } else { 0.0 });
        }
    }
}

/// The vertex of the parabola through a peak and its neighbours, relative to the peak.
fn peak_offset(values: &[f64], peak: usize) -> f64 {
    let (left, middle, right) = (values[peak - 1], values[peak], values[peak + 1]);
    let curvature = left - 2.0 * middle + right;
    if curvature < 0.0 { (0.5 * (left - right) / curvature).clamp(-1.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    /// A sawtooth-like voice whose pitch swings by `depth_cents` six times a second; the truth comes with it.
    fn voice(rate_hz: f64, note_hz: f64, depth_cents: f64) -> (Vec<f32>, impl Fn(f64) -> f64) {
        let truth =
            move |time_s: f64| 6900.0 + 1200.0 * (note_hz / 440.0).log2() + depth_cents * (time_s * 6.0 * TAU).sin();
        let mut phase = 0.0;
        let samples = (0..rate_hz as usize)
            .map(|n| {
                phase += 440.0 * 2.0_f64.powf((truth(n as f64 / rate_hz) - 6900.0) / 1200.0) / rate_hz;
                let harmonics = (1..12).take_while(|k| f64::from(*k) * note_hz < 0.4 * rate_hz);
                harmonics.map(|k| 0.2 * (phase * f64::from(k) * TAU).sin() / f64::from(k)).sum::<f64>() as f32
            })
            .collect();
        (samples, truth)
    }

    fn worst_error_cents(rate_hz: f64, note_hz: f64, depth_cents: f64) -> f64 {
        let (samples, truth) = voice(rate_hz, note_hz, depth_cents);
        let pitch = measure(&[samples], rate_hz, 0.005, |_| ());
        // The first and the last windows reach into the silence outside.
        let inner = &pitch[10..pitch.len() - 10];
        let error = |(k, pitch): (usize, &Option<f64>)| {
            pitch.map_or(f64::INFINITY, |pitch| (pitch - truth((k + 10) as f64 * 0.005)).abs())
        };
        inner.iter().enumerate().map(error).fold(0.0, f64::max)
    }

    #[test]
    fn a_pure_tone_is_measured_as_well_as_a_bright_one() {
        let tone: Vec<f32> = (0..48_000).map(|n| (f64::from(n) * 523.25 / 48_000.0 * TAU).sin() as f32).collect();
        let pitch = measure(&[tone], 48_000.0, 0.005, |_| ());
        let truth = 6900.0 + 1200.0 * (523.25_f64 / 440.0).log2();
        assert!(pitch[10..180].iter().all(|pitch| pitch.is_some_and(|pitch| (pitch - truth).abs() < 0.5)));
    }

    #[test]
    fn a_steady_voice_is_measured_within_half_a_cent() {
        for (rate_hz, note_hz) in [(44_100.0, 82.4), (48_000.0, 196.0), (44_100.0, 523.3), (96_000.0, 880.0)] {
            let error = worst_error_cents(rate_hz, note_hz, 0.0);
            assert!(error < 0.5, "{note_hz} Hz at {rate_hz} Hz: {error} cents");
        }
    }

    #[test]
    fn a_movement_is_followed() {
        // The error is the movement within the window, which is longest for the lowest voice.
        for (note_hz, depth_cents, most_cents) in [(110.0, 12.0, 1.8), (220.0, 12.0, 1.0), (440.0, 50.0, 2.0)] {
            let error = worst_error_cents(48_000.0, note_hz, depth_cents);
            assert!(error < most_cents, "{note_hz} Hz: {error} cents");
        }
    }

    #[test]
    fn silence_and_noise_have_no_pitch() {
        let mut state = 1_u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state) / f64::from(u32::MAX) - 0.5
        };
        let noise: Vec<f32> = (0..24_000).map(|_| noise() as f32).collect();
        for signal in [vec![0.0; 24_000], noise] {
            let pitch = measure(&[signal], 48_000.0, 0.005, |_| ());
            let n_voiced = pitch.iter().flatten().count();
            assert!(n_voiced <= 2, "{n_voiced} of {} hops", pitch.len());
        }
    }

    #[test]
    fn the_shortest_recordings_and_the_widest_rates_are_no_trouble() {
        for (n_samples, rate_hz) in [(1, 8_000.0), (1, 384_000.0), (100, 384_000.0), (7, 44_100.0)] {
            assert_eq!(measure(&[vec![0.5; n_samples]], rate_hz, 0.005, |_| ()).iter().flatten().count(), 0);
        }
    }
}
