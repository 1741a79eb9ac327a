//! How fast the engine is: × real time and share of one core, per module and whole. `cargo xtask bench`.
#![allow(missing_docs, clippy::print_stdout, clippy::disallowed_methods, reason = "a bench prints and has a clock")]

use std::hint::black_box;
use std::time::Instant;

use con_anima::analysis::{Analyzer, Heard};
use con_anima::demo::{Voice, Vowel, sing_vowel};
use con_anima::dsp::history::History;
use con_anima::dsp::motion::Span;
use con_anima::dsp::noise::{Performance, Stream, noise_run};
use con_anima::engine::{Engine, HopTrace, SongPosition};
use con_anima::gesture::Gesture;
use con_anima::performance::{Moment, Performer};
use con_anima::render::{Reach, Renderer, Run, Start};
use con_anima::settings::{Mode, Settings};

/// Seconds of audio per measurement.
const SECONDS: f64 = 10.0;
/// Measurements per figure; the fastest counts, because other work on the machine only ever slows one down.
const REPEATS: usize = 7;

const ALL_ON: Settings = Settings {
    amount: 1.0,
    only_missing: 1.0,
    drift_cents: 9.8,
    tremble_cents: 8.5,
    intonation_cents: 18.5,
    scoop_cents: 50.0,
    vibrato_cents: 30.0,
    vibrato_life: 0.5,
    level_db: 1.0,
    jitter_percent: 0.3,
    shimmer_db: 0.2,
    timing_ms: 10.0,
    memory: 0.8,
    breath_hnr_db: 20.0,
    breath_tone_db: 1.0,
    breath_keep_db: -3.0,
    inhale_db: -33.0,
    inhale_chance: 1.0,
    ..Settings::NEUTRAL
};
const WITHOUT_BREATH: Settings = Settings {
    breath_hnr_db: f32::INFINITY,
    breath_keep_db: 0.0,
    inhale_db: f32::NEG_INFINITY,
    inhale_chance: 0.0,
    ..ALL_ON
};

fn main() {
    println!("{:<44}{:>14}{:>16}", "", "× real time", "% of one core");
    modules();
    for rate_hz in [44_100.0, 48_000.0, 96_000.0, 192_000.0] {
        for block in [16, 64, 256, 1024, 4096] {
            whole(&format!("whole engine, {rate_hz} Hz, mono, {block}"), rate_hz, 1, block, Mode::Studio, ALL_ON);
        }
    }
    whole("whole engine, 48000 Hz, mono, 256, no breath", 48_000.0, 1, 256, Mode::Studio, WITHOUT_BREATH);
    whole("whole engine, 48000 Hz, stereo, 256", 48_000.0, 2, 256, Mode::Studio, ALL_ON);
    whole("whole engine, 48000 Hz, mono, 256, Live", 48_000.0, 1, 256, Mode::Live, ALL_ON);
    whole("whole engine, 48000 Hz, mono, 256, Phrase", 48_000.0, 1, 256, Mode::Phrase, ALL_ON);
    whole("whole engine, 48000 Hz, mono, 256, neutral", 48_000.0, 1, 256, Mode::Studio, Settings::NEUTRAL);
    automated();
    any_input();
    worst_block("humanized", &voice(48_000.0), |engine, block| run(engine, &mut [block], &ALL_ON));
    [33_000.0, 48_000.0, 150_000.0].into_iter().for_each(worst_steps);
}

fn measure(name: &str, mut run: impl FnMut()) {
    let mut seconds = f64::INFINITY;
    for _ in 0..REPEATS {
        let start = Instant::now();
        run();
        seconds = seconds.min(start.elapsed().as_secs_f64());
    }
    println!("{name:<44}{:>14.0}{:>16.4}", SECONDS / seconds, 100.0 * seconds / SECONDS);
}

fn voice(rate_hz: f64) -> Vec<f32> {
    let n_samples = (SECONDS * rate_hz) as usize;
    let at = |n: usize| n as f64 / rate_hz * 220.0 * std::f64::consts::TAU;
    (0..n_samples).map(|n| (0.2 * at(n).sin() + 0.1 * (2.0 * at(n)).sin()) as f32).collect()
}

fn whole(name: &str, rate_hz: f64, n_channels: usize, block: usize, mode: Mode, settings: Settings) {
    let input = voice(rate_hz);
    let mut buffers = vec![vec![0.0; block]; n_channels];
    let mut engine = Engine::new(rate_hz, n_channels, mode).expect("valid");
    measure(name, || {
        for block in input.chunks_exact(block) {
            buffers.iter_mut().for_each(|buffer| buffer.copy_from_slice(block));
            let mut channels = buffers.iter_mut().map(Vec::as_mut_slice);
            let (first, second) = (channels.next(), channels.next());
            match (first, second) {
                (Some(left), Some(right)) => run(&mut engine, &mut [left, right], &settings),
                (Some(mono), None) => run(&mut engine, &mut [mono], &settings),
                _ => {}
            }
        }
        black_box(&buffers);
    });
}

fn run(engine: &mut Engine, channels: &mut [&mut [f32]], settings: &Settings) {
    engine.process(channels, settings, SongPosition::FreeRunning, &mut |_| ());
}

/// What each kind of input costs, as a ratio to a voice with its harmonics: none may cost more than 1.2 times as much.
fn any_input() {
    const RATE_HZ: f64 = 48_000.0;
    let n_samples = (SECONDS * RATE_HZ) as usize;
    let mut noise = vec![0.0; n_samples];
    noise_run(Performance { seed: 1, take: 1 }, Stream::DemoConsonant, 0, 0, &mut noise);
    let sung = sing_vowel(Voice::Woman, Vowel::Ah, |_| 220.0, SECONDS, RATE_HZ).samples;
    let voice_s = seconds_for(&sung);
    println!("{:<44}{:>14}", "input, 48000 Hz, mono, 256", "× a voice");
    let show = |name: &str, sample: &dyn Fn(usize) -> f64| {
        let input: Vec<f32> = (0..n_samples).map(|n| sample(n) as f32).collect();
        println!("{name:<44}{:>14.2}", seconds_for(&input) / voice_s);
    };
    for exponent in [0, -2, -4, -6, -8, -10, -12, -14, -16, -18, -20, -22, -24, -26, -28, -30, -34, -38] {
        let gain = 10_f64.powi(exponent);
        show(&format!("white noise, amplitude 1e{exponent}"), &|n| gain * noise[n]);
    }
    show("noise that decays by 60 dB a second", &|n| 10_f64.powf(-3.0 * n as f64 / RATE_HZ) * noise[n]);
    show("noise that decays by 200 dB a second", &|n| 10_f64.powf(-10.0 * (n as f64 / RATE_HZ % 4.0)) * noise[n]);
    show("silence", &|_| 0.0);
    show("an offset of 0.5", &|_| 0.5);
    show("a click a second", &|n| if n % 48_000 == 0 { 1.0 } else { 0.0 });
    show("rests of every second half second", &|n| if n % 48_000 < 24_000 { f64::from(sung[n]) } else { 0.0 });
    show("the same with a hiss at −50 dBFS", &|n| {
        0.003 * noise[n] + if n % 48_000 < 24_000 { f64::from(sung[n]) } else { 0.0 }
    });
}

/// The fastest of several runs through a new engine.
fn seconds_for(input: &[f32]) -> f64 {
    let mut fastest_s = f64::INFINITY;
    let mut buffer = [0.0; 256];
    for _ in 0..REPEATS {
        let mut engine = Engine::new(48_000.0, 1, Mode::Studio).expect("valid");
        let start = Instant::now();
        for block in input.chunks_exact(buffer.len()) {
            buffer.copy_from_slice(block);
            run(&mut engine, &mut [&mut buffer], &ALL_ON);
        }
        black_box(&buffer);
        fastest_s = fastest_s.min(start.elapsed().as_secs_f64());
    }
    fastest_s
}

/// Humanize moving in every hop: the amplitudes are computed anew each time.
fn automated() {
    let input = voice(48_000.0);
    let mut engine = Engine::new(48_000.0, 1, Mode::Live).expect("valid");
    let mut buffer = [0.0; 64];
    measure("whole engine, 48000 Hz, mono, 64, automated", || {
        for (k, block) in input.chunks_exact(64).enumerate() {
            buffer.copy_from_slice(block);
            let settings = Settings { amount: (k % 1000) as f32 / 1000.0, ..ALL_ON };
            run(&mut engine, &mut [&mut buffer], &settings);
        }
        black_box(&buffer);
    });
}

/// The dearest block of 16 samples, as a share of the time it lasts. Each block's own fastest run counts, so that
/// only what the engine does there remains.
fn worst_block(name: &str, input: &[f32], mut process: impl FnMut(&mut Engine, &mut [f32])) {
    const BLOCK: usize = 16;
    const RATE_HZ: f64 = 48_000.0;
    let mut seconds = vec![f64::INFINITY; input.len() / BLOCK];
    let mut buffer = [0.0; BLOCK];
    for _ in 0..REPEATS {
        let mut engine = Engine::new(RATE_HZ, 1, Mode::Studio).expect("valid");
        for (seconds, block) in seconds.iter_mut().zip(input.chunks_exact(BLOCK)) {
            buffer.copy_from_slice(block);
            let start = Instant::now();
            process(&mut engine, &mut buffer);
            *seconds = seconds.min(start.elapsed().as_secs_f64());
            black_box(&buffer);
        }
    }
    let worst_s = seconds.iter().copied().fold(0.0, f64::max);
    let share = 100.0 * worst_s * RATE_HZ / BLOCK as f64;
    println!(
        "worst block of {BLOCK} samples at 48000 Hz, {name}: {:.1} µs, {share:.1} % of its deadline",
        1e6 * worst_s
    );
}

/// Timing that asks for another place as often as steps are allowed, on a voice of this pitch: 220 Hz read at another
/// rate.
fn worst_steps(rate_hz: f64) {
    let name = format!("stepping at {:.0} Hz", 220.0 * 48_000.0 / rate_hz);
    let mut n_hops = 0;
    let mut n_steps = 0;
    worst_block(&name, &voice(rate_hz), |engine, block| {
        let mut drive = |moment: &Moment| {
            n_hops += 1;
            let shift_samples = if n_hops / 30 % 2 == 0 { 700.0 } else { -700.0 };
            let gain = Span { start: 1.0, end: 1.0 };
            Gesture { shift_samples, gain, is_jump: moment.is_jump, ..Gesture::default() }
        };
        let mut observe = |hop: &HopTrace| n_steps += usize::from(hop.step.is_some());
        engine.process_driven(&mut [block], SongPosition::FreeRunning, &mut drive, &mut observe);
    });
    println!("    {} steps in {SECONDS} s", n_steps / REPEATS);
}

fn modules() {
    const RATE_HZ: f64 = 48_000.0;
    const HOP: usize = 64;
    let input = voice(RATE_HZ);
    let n_hops = input.len() / HOP;
    let mut history = History::new(1, input.len());
    history.write_all(0, 0, &input, |sample| sample);
    let first = |hop: usize| (hop * HOP) as i64;

    let mut analyzer = Analyzer::new(RATE_HZ, Mode::Phrase.latency_samples(RATE_HZ) as usize);
    measure("analysis", || {
        for hop in 0..n_hops {
            let heard = Heard { first: first(hop), position_samples: first(hop), len: HOP };
            black_box(analyzer.hear(&history, heard, None));
        }
    });
    let mut performer = Performer::new(RATE_HZ, HOP, Mode::Studio, 4000.0);
    let moment = |hop| Moment { position_samples: first(hop), index: first(hop), is_jump: false, pointer_samples: 0.0 };
    measure("performance", || {
        for hop in 0..n_hops {
            black_box(performer.perform(&moment(hop), &ALL_ON, &|_| None));
        }
    });
    let gestures: Vec<_> = (0..n_hops).map(|hop| performer.perform(&moment(hop), &ALL_ON, &|_| None)).collect();
    let mut renderer = Renderer::new(RATE_HZ, HOP, 1, Reach { behind_samples: 4000.0, ahead_samples: 4000.0 });
    let mut out = [0.0; HOP];
    measure("render", || {
        for (hop, gesture) in gestures.iter().enumerate() {
            renderer.begin(*gesture, Start { first: first(hop), offset: 0 }, &history, &|_| None);
            renderer.render(&history, Run { first: first(hop), offset: 0, len: HOP }, &mut [&mut out], 0);
            black_box(&out);
        }
    });
}
