//! Hours of a host that does whatever it likes: seeks, loops, changes of mode, automation, blocks of all sizes.
//!
//! Debug assertions are on, so a read of a sample that is not there yet, or no longer, stops the test. The whole ten
//! hours take minutes and run by hand: `cargo nextest run --cargo-profile soak --test soak --run-ignored all`.

use con_anima::demo::{demo_song, sing};
use con_anima::dsp::noise::Performance;
use con_anima::engine::{Engine, SongPosition};
use con_anima::settings::{Listen, Mode, Settings, Tempo};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Random numbers of a host's whims.
struct Whims(ChaCha8Rng);

impl Whims {
    fn unit(&mut self) -> f32 {
        self.0.next_u32() as f32 / u32::MAX as f32
    }

    fn below(&mut self, n: usize) -> usize {
        self.0.next_u32() as usize % n
    }

    fn is(&mut self, chance: f32) -> bool {
        self.unit() < chance
    }

    fn settings(&mut self) -> Settings {
        Settings {
            amount: if self.is(0.2) { 0.0 } else { 1.5 * self.unit() },
            only_missing: self.unit(),
            intonation_cents: 30.0 * self.unit(),
            scoop_cents: 200.0 * self.unit(),
            vibrato_cents: if self.is(0.5) { 0.0 } else { 100.0 * self.unit() },
            vibrato_rate_hz: 3.0 + 6.0 * self.unit(),
            vibrato_life: self.unit(),
            level_db: 6.0 * self.unit(),
            drift_cents: 50.0 * self.unit(),
            tremble_cents: 20.0 * self.unit(),
            jitter_percent: 3.0 * self.unit(),
            shimmer_db: 2.0 * self.unit(),
            timing_ms: if self.is(0.2) { 0.0 } else { 60.0 * self.unit() },
            feel_ms: 80.0 * self.unit() - 40.0,
            memory: self.unit(),
            breath_hnr_db: if self.is(0.3) { f32::INFINITY } else { 12.0 + 33.0 * self.unit() },
            breath_tone_db: 24.0 * self.unit() - 12.0,
            breath_keep_db: if self.is(0.5) { 0.0 } else { 36.0 * self.unit() - 24.0 },
            inhale_db: if self.is(0.3) { f32::NEG_INFINITY } else { -60.0 * self.unit() },
            inhale_chance: self.unit(),
            is_breathe_asked: self.is(0.3),
            listen: if self.is(0.6) { Listen::Output } else { Listen::ALL[self.below(3)] },
            performance: Performance { seed: self.below(9999) as u32, take: 1 + self.below(99) as u32 },
            tempo: Tempo::through(f64::from(40.0 + 200.0 * self.unit()), 0.0, 0.0).unwrap_or(Tempo::UNKNOWN),
            output_db: 48.0 * self.unit() - 24.0,
            is_bypassed: self.is(0.1),
        }
    }

    fn block(&mut self) -> usize {
        let longest = [16, 64, 512, 4096][self.below(4)];
        1 + self.below(longest)
    }
}

/// Material that is a song, noise, a chord and silence in turns, with faults in it.
fn material(rate_hz: f64, whims: &mut Whims) -> Vec<f32> {
    let mut material = sing(&demo_song(), rate_hz).samples;
    let n_voice = material.len();
    material.extend((0..n_voice / 4).map(|_| whims.unit() - 0.5));
    material.extend((0..n_voice / 4).map(|n| {
        let partial = |hz: f64| (n as f64 * hz / rate_hz * std::f64::consts::TAU).sin() as f32;
        0.2 * (partial(220.0) + partial(277.2) + partial(329.6))
    }));
    material.extend((0..n_voice / 8).map(|_| 0.0));
    for fault in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 3e38, 1e-40] {
        let at = whims.below(material.len());
        material[at] = fault;
    }
    material
}

/// Lets a host play for so many seconds; every sample that comes out must be a number of sensible size.
/// Returns how many steps and notes there were.
fn play(rate_hz: f64, n_channels: usize, seconds: f64, seed: u64) -> (u64, u64) {
    let mut whims = Whims(ChaCha8Rng::seed_from_u64(seed));
    let material = material(rate_hz, &mut whims);
    let mut engine = Engine::new(rate_hz, n_channels, Mode::Studio).expect("a valid rate");
    let (mut at, mut settings, mut left) = (0_usize, whims.settings(), (seconds * rate_hz) as i64);
    let (mut n_steps, mut n_notes) = (0_u64, 0_u64);
    let mut loop_of: Option<(usize, usize)> = None;
    while left > 0 {
        let block = whims.block();
        if whims.is(0.002) {
            at = whims.below(material.len());
            loop_of = whims.is(0.3).then(|| (at, at + 200 + whims.below(rate_hz as usize)));
        }
        if let Some((start, end)) = loop_of {
            at = if at >= end { start } else { at };
        }
        if whims.is(0.0002) {
            engine.set_mode(Mode::ALL[whims.below(3)]);
        }
        if whims.is(0.02) {
            settings = whims.settings();
        }
        let samples = |channel: usize| -> Vec<f32> {
            (at..at + block).map(|n| material[(n + 977 * channel) % material.len()]).collect()
        };
        let mut channels: Vec<Vec<f32>> = (0..n_channels).map(samples).collect();
        let mut slices: Vec<&mut [f32]> = channels.iter_mut().map(Vec::as_mut_slice).collect();
        let position = if whims.is(0.01) { SongPosition::FreeRunning } else { SongPosition::At(at as i64) };
        engine.process(&mut slices, &settings, position, &mut |hop| {
            n_steps += u64::from(hop.step.is_some());
            n_notes += u64::from(hop.note.is_some());
        });
        for sample in channels.iter().flatten() {
            assert!(sample.abs() <= 100.0, "{sample} at {at} of {rate_hz} Hz, seed {seed}");
        }
        (at, left) = (at + block, left - block as i64);
    }
    (n_steps, n_notes)
}

#[test]
fn minutes_of_a_restless_host_are_survived() {
    for (rate_hz, n_channels, seconds) in [(48_000.0, 1, 60.0), (8_000.0, 2, 120.0), (96_000.0, 1, 20.0)] {
        let (n_steps, n_notes) = play(rate_hz, n_channels, seconds, 1);
        assert!(n_steps > 0 && n_notes > 0, "{rate_hz} Hz: {n_steps} steps, {n_notes} notes");
    }
}

#[test]
#[ignore = "ten hours of audio take minutes: by hand, in the soak profile"]
fn ten_hours_of_a_restless_host_are_survived() {
    let hours = [(48_000.0, 1, 4.0), (44_100.0, 2, 1.0), (16_000.0, 1, 2.5), (8_000.0, 1, 2.0), (96_000.0, 1, 0.5)];
    for (rate_hz, n_channels, hours) in hours {
        let (n_steps, n_notes) = play(rate_hz, n_channels, 3600.0 * hours, 7);
        println!("{rate_hz} Hz, {n_channels} channels, {hours} h: {n_steps} steps, {n_notes} notes");
    }
}
