//! The synthesis loop: source, tract and noise, sample by sample.
//!
//! In: a plan. Out: samples. The phase is the sum of the true f0 at the middle of every sample, in f64, so the pitch of
//! the samples is the pitch of the plan; levels and postures are looked up every sixth of a millisecond and
//! interpolated linearly. Source: Klatt, JASA 67, 1980 (with steps of 5 ms).

use super::consonant::Frication;
use super::glottis::Glottis;
use super::level::Leveller;
use super::plan::Plan;
use super::tract::{Posture, Tract};
use crate::dsp::noise::{Performance, Stream, noise_run};

/// Control steps per second. Chosen: far above any movement of a mouth, so that no step is heard; higher costs time.
const CONTROL_RATE_HZ: f64 = 6000.0;
/// The longest control step, samples. Source: computed from the control rate at 384 kHz.
const LONGEST_STEP_SAMPLES: usize = 64;
/// The rate for which the noise levels were set; at others noise is scaled to the same power per hertz. Source:
/// definition.
const NOISE_RATE_HZ: f64 = 48_000.0;
/// Corner of the low-pass on breath, in hertz. Source: Stevens 1998, ch. 2 (noise from the glottis falls above a few
/// kilohertz).
const BREATH_CORNER_HZ: f64 = 3000.0;
/// Time without a source after which the resonances are set to zero, so that gaps are true zeros, seconds. Chosen: they
/// are then below -150 dB; shorter would cut them off audibly.
const RINGING_S: f64 = 0.150;

/// The state of the singer between control steps.
pub(super) struct Singer<'a> {
    plan: &'a Plan,
    sample_rate_hz: f64,
    step_samples: usize,
    position_samples: usize,
    phase: f64,
    glottis: Glottis,
    tract: Tract,
    frication: Frication,
    /// Number of the plan's places of articulation passed so far.
    places: usize,
    /// State and coefficient of the low-pass on breath.
    breath: [f64; 2],
    leveller: Leveller,
    levels: Levels,
    silent_samples: f64,
}

/// The amplitudes of the three sources at one time.
#[derive(Clone, Copy)]
struct Levels {
    voice: f64,
    breath: f64,
    noise: f64,
}

impl Levels {
    fn are_silent(self) -> bool {
        self.voice == 0.0 && self.breath == 0.0 && self.noise == 0.0
    }
}

impl<'a> Singer<'a> {
    /// A singer with a plan, for a sample rate in hertz.
    pub(super) fn new(plan: &'a Plan, sample_rate_hz: f64) -> Self {
        let step_samples = (sample_rate_hz / CONTROL_RATE_HZ).round().clamp(1.0, LONGEST_STEP_SAMPLES as f64);
        Self {
            plan,
            sample_rate_hz,
            step_samples: step_samples as usize,
            position_samples: 0,
            phase: 0.0,
            glottis: Glottis::new(sample_rate_hz),
            tract: Tract::new(plan.voice, sample_rate_hz),
            frication: Frication::new(&[], sample_rate_hz),
            places: 0,
            breath: [0.0, (-std::f64::consts::TAU * BREATH_CORNER_HZ / sample_rate_hz).exp()],
            leveller: Leveller::new(),
            // Every plan begins in silence or is faded in over one step.
            levels: Levels { voice: 0.0, breath: 0.0, noise: 0.0 },
            silent_samples: 0.0,
        }
    }

    /// The length of a control step.
    pub(super) fn step_samples(&self) -> usize {
        self.step_samples
    }

    /// Renders the next control step, of at most `step_samples`.
    pub(super) fn render(&mut self, out: &mut [f64]) {
        let end_s = (self.position_samples + out.len()) as f64 / self.sample_rate_hz;
        let posture = self.plan.posture_at(end_s);
        let [from, to] = [self.levels, self.levels_at(posture, end_s)];
        self.levels = to;
        let voice = self.voice(out.len(), from.voice > 0.0 || to.voice > 0.0);
        let position_samples = self.position_samples as i64;
        self.position_samples += out.len();
        if from.are_silent() && to.are_silent() {
            self.silent_samples += out.len() as f64;
            if self.silent_samples > RINGING_S * self.sample_rate_hz {
                return self.tract.rest();
            }
        } else {
            self.silent_samples = 0.0;
        }
        self.tract.move_to(posture, out.len());
        self.take_place(end_s);
        let mut noise = [0.0; LONGEST_STEP_SAMPLES];
        let singer = Performance { seed: 0, take: 0 };
        noise_run(singer, Stream::DemoConsonant, 0, position_samples, &mut noise[..out.len()]);
        let noise_gain = (self.sample_rate_hz / NOISE_RATE_HZ).sqrt();
        let length = out.len();
        for (index, out) in out.iter_mut().enumerate() {
            let amount = index as f64 / length as f64;
            let level = |from: f64, to: f64| from + (to - from) * amount;
            let white = noise_gain * noise[index];
            self.breath[0] = white + self.breath[1] * (self.breath[0] - white);
            let glottal = level(from.voice, to.voice) * voice[index] + level(from.breath, to.breath) * self.breath[0];
            *out = self.tract.step(glottal) + self.frication.step(level(from.noise, to.noise) * white);
        }
    }

    fn levels_at(&mut self, posture: Posture, time_s: f64) -> Levels {
        let voicing = self.plan.voicing.at(time_s);
        let voice = match voicing {
            0.0 => 0.0,
            _ => voicing * self.leveller.amplitude(posture, self.plan.f0_hz(time_s)),
        };
        Levels { voice, breath: self.plan.aspiration.at(time_s), noise: self.plan.frication.at(time_s) }
    }

    /// The voice source of one step. The phase advances in silence too, so that it is a function of time alone.
    fn voice(&mut self, length: usize, is_heard: bool) -> [f64; LONGEST_STEP_SAMPLES] {
        let mut phases = [0.0; LONGEST_STEP_SAMPLES];
        let mut f0_hz = 0.0;
        for (index, phase) in phases[..length].iter_mut().enumerate() {
            *phase = self.phase;
            let middle_s = ((self.position_samples + index) as f64 + 0.5) / self.sample_rate_hz;
            f0_hz = self.plan.f0_hz(middle_s);
            self.phase += f0_hz / self.sample_rate_hz;
        }
        self.phase = self.phase.fract();
        let mut voice = [0.0; LONGEST_STEP_SAMPLES];
        if is_heard {
            self.glottis.fill(f0_hz, &phases[..length], &mut voice[..length]);
        }
        voice
    }

    fn take_place(&mut self, time_s: f64) {
        let mut reached = None;
        while let Some(&(_, bands)) = self.plan.places.get(self.places).filter(|&&(start_s, _)| start_s <= time_s) {
            reached = Some(bands);
            self.places += 1;
        }
        if let Some(bands) = reached {
            self.frication = Frication::new(bands, self.sample_rate_hz);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::performance::sing;
    use super::super::song::demo_song;

    #[test]
    fn noise_is_as_loud_at_every_rate_that_holds_it() {
        // The first sound of the demo is an s; the peak of the take is about the same at all rates.
        let level_db = |rate_hz: f64| {
            let samples = sing(&demo_song(), rate_hz).samples;
            let noise = &samples[(0.53 * rate_hz) as usize..(0.60 * rate_hz) as usize];
            10.0 * (noise.iter().map(|sample| sample * sample).sum::<f32>() / noise.len() as f32).log10()
        };
        let reference_db = level_db(48_000.0);
        for rate_hz in [44_100.0, 192_000.0] {
            let difference_db = level_db(rate_hz) - reference_db;
            assert!(difference_db.abs() < 2.0, "{rate_hz} Hz: {difference_db} dB");
        }
    }
}
