//! The audio thread never allocates: every call of the engine runs under an allocator that aborts when asked.

mod common;

use assert_no_alloc::{AllocDisabler, assert_no_alloc};
use common::phrases;
use common::vowel::{Vowel, random};
use con_anima::dsp::motion::{Motion, Span};
use con_anima::dsp::noise::Performance;
use con_anima::engine::{Engine, SongPosition};
use con_anima::gesture::Gesture;
use con_anima::performance::Moment;
use con_anima::render::StepKind;
use con_anima::settings::{Listen, Mode, Settings, Tempo};

#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

#[test]
fn ten_seconds_of_everything_allocate_nothing() {
    for (rate_hz, block) in [(48_000.0, 64), (44_100.0, 333), (96_000.0, 1), (8_000.0, 8192)] {
        let mut left = phrases(220.0, rate_hz, 10.0);
        let mut right = phrases(331.0, rate_hz, 10.0);
        let mut engine = Engine::new(rate_hz, 2, Mode::Studio).unwrap();
        let mut n_hops = 0;
        // What happens every so many seconds, whatever the block size.
        let every = |k: usize, seconds: f64| ((k + 1) * block) % ((seconds * rate_hz) as usize) < block;
        assert_no_alloc(|| {
            for (k, (left, right)) in left.chunks_mut(block).zip(right.chunks_mut(block)).enumerate() {
                let position = match every(k, 0.3) {
                    true => SongPosition::At((k * 1717) as i64 - 20_000),
                    false => SongPosition::FreeRunning,
                };
                if every(k, 2.5) {
                    engine.set_mode(Mode::ALL[k % 3]);
                }
                if every(k, 3.9) {
                    engine.reset();
                }
                left[0] = if k.is_multiple_of(7) { f32::NAN } else { left[0] };
                engine.process(&mut [left, right], &automated(k), position, &mut |_| n_hops += 1);
            }
        });
        assert!(n_hops > 0);
    }
}

#[test]
fn a_host_that_jumps_all_the_time_allocates_nothing() {
    for (rate_hz, block) in [(8_000.0, 1), (48_000.0, 7), (384_000.0, 100)] {
        let mut samples = phrases(220.0, rate_hz, 3.0);
        let mut engine = Engine::new(rate_hz, 1, Mode::Phrase).unwrap();
        assert_no_alloc(|| {
            for (k, block) in samples.chunks_mut(block).enumerate() {
                let place = (k * 7_919_317 % 1_000_003) as i64;
                let position = if k % 5 == 0 { SongPosition::StartAt(place) } else { SongPosition::At(place) };
                engine.process(&mut [block], &automated(k), position, &mut |_| ());
            }
        });
    }
}

#[test]
fn steps_of_every_kind_allocate_nothing() {
    for (rate_hz, block) in [(48_000.0, 64), (192_000.0, 333), (8_000.0, 16)] {
        // A low voice, silence, noise.
        let mut samples = Vowel::new(70.0, rate_hz).samples(3 * rate_hz as usize);
        samples.resize(4 * rate_hz as usize, 0.0);
        samples.extend(random(1).take(4 * rate_hz as usize).map(|uniform| (0.2 * uniform - 0.1) as f32));
        let mut engine = Engine::new(rate_hz, 1, Mode::Studio).unwrap();
        let hop_samples = engine.hop_samples() as f64;
        // 70 cents for ever, and another place every 200 hops.
        let slope = (70.0_f64 / 1200.0).exp2() - 1.0;
        let (mut displacement_samples, mut n_hops) = (0.0, 0_u32);
        let mut n_steps = [0; 3];
        assert_no_alloc(|| {
            for block in samples.chunks_mut(block) {
                let mut drive = |moment: &Moment| {
                    let start = Motion { displacement_samples, slope };
                    displacement_samples += slope * hop_samples;
                    n_hops += 1;
                    let asked_samples = 0.02 * rate_hz * if n_hops / 200 % 2 == 0 { 1.0 } else { -1.0 };
                    Gesture {
                        warp: Span { start, end: Motion { displacement_samples, slope } },
                        shift_samples: asked_samples - start.displacement_samples,
                        gain: Span { start: 1.0, end: 1.0 },
                        is_jump: moment.is_jump,
                        ..Gesture::default()
                    }
                };
                engine.process_driven(&mut [block], SongPosition::FreeRunning, &mut drive, &mut |hop| {
                    for (n, kind) in n_steps.iter_mut().zip([StepKind::Periods, StepKind::Silence, StepKind::Noise]) {
                        *n += u32::from(hop.step.is_some_and(|step| step.kind == kind));
                    }
                });
            }
        });
        assert!(n_steps.iter().all(|n| *n >= 3), "{n_steps:?} at {rate_hz} Hz");
    }
}

fn automated(k: usize) -> Settings {
    Settings {
        amount: (k % 30) as f32 / 20.0,
        only_missing: (k % 3) as f32 / 2.0,
        intonation_cents: (k % 31) as f32,
        scoop_cents: (k % 201) as f32,
        vibrato_cents: (k % 101) as f32,
        vibrato_rate_hz: 3.0 + (k % 7) as f32,
        vibrato_life: (k % 5) as f32 / 4.0,
        level_db: (k % 7) as f32,
        drift_cents: (k % 50) as f32,
        tremble_cents: (k % 21) as f32,
        jitter_percent: (k % 4) as f32,
        shimmer_db: (k % 3) as f32,
        timing_ms: (k % 61) as f32,
        feel_ms: (k % 81) as f32 - 40.0,
        memory: (k % 11) as f32 / 10.0,
        breath_hnr_db: if k.is_multiple_of(5) { f32::INFINITY } else { 12.0 + (k % 33) as f32 },
        breath_tone_db: (k % 25) as f32 - 12.0,
        breath_keep_db: (k % 37) as f32 - 24.0,
        inhale_db: if k.is_multiple_of(7) { f32::NEG_INFINITY } else { -(k as f32 % 60.0) },
        inhale_chance: (k % 3) as f32 / 2.0,
        is_breathe_asked: k % 50 > 40,
        listen: Listen::ALL[k / 100 % 3],
        tempo: Tempo::through(60.0 + (k % 120) as f64, 0.0, 0.0).unwrap_or(Tempo::UNKNOWN),
        performance: Performance { seed: (k / 40) as u32, take: 1 + (k / 90 % 99) as u32 },
        output_db: (k % 12) as f32,
        is_bypassed: k % 97 > 80,
    }
}
