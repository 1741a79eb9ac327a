//! Samples + gestures → samples.
//!
//! In: clean input samples by absolute index, one [`Gesture`] per hop. Out: each output sample is the input at the
//! gesture's displaced place, times its gain, mixed with the untouched input under bypass. A displacement of zero
//! passes the samples bit for bit. All channels share one pointer, so stereo stays phase-coherent.

use crate::dsp::history::History;
use crate::performance::Gesture;

pub mod warp;
use warp::{Path, Reader};

/// Output smaller than this becomes zero, so that no denormal number leaves, whatever the host's floating-point mode.
const FLUSH_BELOW: f32 = 1e-30;
/// Samples rendered at a time: keeps the compiler's vectors full and the scratch space on the stack.
const CHUNK: usize = 64;
/// Length of the crossfade when the pointer jumps, seconds: a few periods of a middle voice. With it a loop over a
/// steady tone adds no step beyond the fade's own slope (tests/engine_contract.rs).
const SPLICE_S: f64 = 0.004;

/// Turns gestures into sound.
#[derive(Clone, Debug)]
pub struct Renderer {
    reader: Reader,
    gesture: Gesture,
    path: Path,
    hop_samples: usize,
    /// One over the hop's samples: exact, because they are a power of two.
    per_hop: f64,
    splice: Splice,
    /// Displacement right behind the last sample rendered.
    pointer_samples: f64,
}

/// The crossfade from where the pointer was.
#[derive(Clone, Copy, Debug, Default)]
struct Splice {
    length_samples: usize,
    left_samples: usize,
    /// Displacement that is faded out, samples.
    from_samples: f64,
}

/// Which samples to render: `len` from absolute index `first`, whose first lies `offset` samples into its hop.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Absolute index of the first sample.
    pub first: i64,
    /// Where in the hop of the absolute grid it lies, samples.
    pub offset: usize,
    /// Number of samples.
    pub len: usize,
}

impl Renderer {
    /// A renderer whose pointer rests.
    pub fn new(sample_rate_hz: f64, hop_samples: usize) -> Self {
        Self {
            reader: Reader::default(),
            gesture: Gesture::default(),
            path: Path::default(),
            hop_samples,
            per_hop: 1.0 / hop_samples as f64,
            splice: Splice { length_samples: (SPLICE_S * sample_rate_hz).ceil() as usize, ..Splice::default() },
            pointer_samples: 0.0,
        }
    }

    /// Forgets the gesture and any crossfade.
    pub fn reset(&mut self) {
        self.gesture = Gesture::default();
        self.path = Path::default();
        self.splice.left_samples = 0;
        self.pointer_samples = 0.0;
    }

    /// Takes up the gesture of the next hop.
    pub fn begin(&mut self, gesture: Gesture) {
        if gesture.is_splice {
            self.splice.left_samples = self.splice.length_samples;
            self.splice.from_samples = self.pointer_samples;
        }
        self.gesture = gesture;
        self.path = Path::new(gesture.warp, self.hop_samples);
    }

    /// Renders one run, which lies within the hop of the current gesture, into `out` (`[channel][sample]`) from `at`
    /// on.
    pub fn render(&mut self, history: &History, run: Run, out: &mut [&mut [f32]], at: usize) {
        self.pointer_samples = self.path.at((run.offset + run.len) as f64 * self.per_hop);
        if self.is_untouched() {
            self.splice.left_samples = self.splice.left_samples.saturating_sub(run.len);
            for (channel, out) in out.iter_mut().enumerate() {
                out[at..at + run.len].copy_from_slice(history.window(channel, run.first, run.len));
            }
            return;
        }
        let mut done = 0;
        while done < run.len {
            let len = (run.len - done).min(CHUNK);
            let chunk = Run { first: run.first + done as i64, offset: run.offset + done, len };
            for (channel, out) in out.iter_mut().enumerate() {
                self.render_chunk(history, channel, chunk, &mut out[at + done..at + done + len]);
            }
            self.splice.left_samples = self.splice.left_samples.saturating_sub(len);
            done += len;
        }
    }

    /// Whether this hop passes the input on bit for bit.
    fn is_untouched(&self) -> bool {
        let Gesture { gain, dry, .. } = self.gesture;
        let is_dry = dry.start == 1.0 && dry.end == 1.0;
        let is_wet_and_neutral = self.path.is_zero()
            && self.splice.left_samples == 0
            && (gain.start, gain.end) == (1.0, 1.0)
            && (dry.start, dry.end) == (0.0, 0.0);
        is_dry || is_wet_and_neutral
    }

    /// One channel of at most [`CHUNK`] samples.
    fn render_chunk(&self, history: &History, channel: usize, run: Run, out: &mut [f32]) {
        let time = |step: usize| (run.offset + step) as f64 * self.per_hop;
        let mut displacements = [0.0; CHUNK];
        for (step, displacement) in displacements.iter_mut().enumerate().take(run.len) {
            *displacement = self.path.at(time(step));
        }
        for ((index, out), displacement) in (run.first..).zip(&mut *out).zip(displacements) {
            *out = self.reader.read(history, channel, index, displacement);
        }
        self.fade_out_old_pointer(history, channel, run, out);
        let Gesture { gain, dry, .. } = self.gesture;
        for (step, out) in out.iter_mut().enumerate() {
            *out *= mix(gain.start, gain.end, time(step) as f32);
        }
        if (dry.start, dry.end) != (0.0, 0.0) {
            let untouched = history.window(channel, run.first, run.len);
            for ((step, out), untouched) in out.iter_mut().enumerate().zip(untouched) {
                *out = mix(*out, *untouched, mix(dry.start, dry.end, time(step) as f32));
            }
        }
        out.iter_mut().filter(|out| out.abs() < FLUSH_BELOW).for_each(|out| *out = 0.0);
    }

    /// Mixes in what the pointer would have read had it not jumped.
    fn fade_out_old_pointer(&self, history: &History, channel: usize, run: Run, out: &mut [f32]) {
        for (step, out) in out.iter_mut().enumerate().take(self.splice.left_samples) {
            let index = run.first + step as i64;
            let old = self.reader.read(history, channel, index, self.splice.from_samples);
            *out = mix(*out, old, self.splice.old_share(self.splice.left_samples - step));
        }
    }
}

impl Splice {
    /// Share of the old pointer, a raised cosine from 1 to 0: equal in sum, because both places hold the same voice.
    fn old_share(&self, left_samples: usize) -> f32 {
        let left = (left_samples as f64 - 0.5) / self.length_samples as f64;
        (0.5 - 0.5 * (std::f64::consts::PI * left).cos()) as f32
    }
}

fn mix(start: f32, end: f32, share: f32) -> f32 {
    start + share * (end - start)
}
