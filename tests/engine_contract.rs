//! What the engine promises whatever comes in: exactness, repeatability, safety.

mod common;

use common::{bits, options, phrases, render_constant, tone};
use con_anima::dsp::noise::Performance;
use con_anima::engine::{ConfigError, Engine, HopTrace, SongPosition};
use con_anima::offline::{Options, render};
use con_anima::settings::{Listen, Mode, Settings, Tempo};
use proptest::prelude::*;

const ALL_ON: Settings = Settings {
    amount: 1.0,
    drift_cents: 12.0,
    tremble_cents: 6.0,
    jitter_percent: 0.3,
    shimmer_db: 0.2,
    ..Settings::NEUTRAL
};

fn ignore(_: &HopTrace) {}

fn stereo(sample_rate_hz: f64, seconds: f64) -> Vec<Vec<f32>> {
    vec![phrases(220.0, sample_rate_hz, seconds), phrases(331.0, sample_rate_hz, seconds)]
}

fn modes() -> impl Strategy<Value = Mode> {
    prop_oneof![Just(Mode::Live), Just(Mode::Studio), Just(Mode::Phrase)]
}

fn rates_hz() -> impl Strategy<Value = f64> {
    prop_oneof![Just(8_000.0), Just(22_050.0), Just(44_100.0), Just(48_000.0), Just(96_000.0), Just(384_000.0)]
}

prop_compose! {
    /// All that has to do with breath; the rest is neutral.
    fn any_breath()(
        is_off in proptest::bool::weighted(0.2), hnr_db in 12.0_f32..45.0, breath_tone_db in -12.0_f32..12.0,
        breath_keep_db in -24.0_f32..12.0, inhale_db in -60.0_f32..0.0, inhale_chance in 0.0_f32..1.0,
        is_breathe_asked in proptest::bool::ANY,
        listen in prop_oneof![3 => Just(Listen::Output), 1 => Just(Listen::Breath), 1 => Just(Listen::Added)],
    ) -> Settings {
        let breath_hnr_db = if is_off { f32::INFINITY } else { hnr_db };
        Settings { breath_hnr_db, breath_tone_db, breath_keep_db, inhale_db, inhale_chance, is_breathe_asked, listen,
            ..Settings::NEUTRAL }
    }
}

prop_compose! {
    /// All that is chosen note by note; the rest is as `breath`.
    fn any_notes()(
        only_missing in 0.0_f32..1.0, intonation_cents in 0.0_f32..30.0, scoop_cents in 0.0_f32..200.0,
        vibrato_cents in 0.0_f32..100.0, vibrato_rate_hz in 3.0_f32..9.0, vibrato_life in 0.0_f32..1.0,
        level_db in 0.0_f32..6.0, breath in any_breath(),
    ) -> Settings {
        Settings { only_missing, intonation_cents, scoop_cents, vibrato_cents, vibrato_rate_hz, vibrato_life, level_db,
            ..breath }
    }
}

prop_compose! {
    fn any_settings()(
        amount in 0.0_f32..1.5, drift_cents in 0.0_f32..50.0, tremble_cents in 0.0_f32..20.0,
        jitter_percent in 0.0_f32..3.0, shimmer_db in 0.0_f32..2.0,
        (timing_ms, feel_ms) in (0.0_f32..60.0, -40.0_f32..40.0), memory in 0.0_f32..1.0,
        seed in 0_u32..9999, take in 1_u32..99, output_db in -24.0_f32..24.0,
        is_bypassed in proptest::bool::weighted(0.1), beats_per_minute in 20.0..300.0, notes in any_notes(),
    ) -> Settings {
        let tempo = Tempo::through(beats_per_minute, 0.0, 0.0).expect("a tempo");
        let performance = Performance { seed, take };
        Settings { amount, drift_cents, tremble_cents, jitter_percent, shimmer_db, timing_ms, feel_ms, memory, tempo,
            output_db, is_bypassed, performance, ..notes }
    }
}

/// Statistics of the take reach back five and a half seconds, and with them how loud is loud for this voice.
const KNOWN_S: f64 = 6.0;

/// Half a second of rest behind every second that is sung.
fn sung(f0_hz: f64, sample_rate_hz: f64, seconds: f64) -> Vec<f32> {
    let mut samples = tone(f0_hz, sample_rate_hz, seconds);
    let is_rest = |n: usize| n as f64 / sample_rate_hz % 1.5 > 1.0;
    samples.iter_mut().enumerate().for_each(|(n, sample)| *sample *= if is_rest(n) { 0.0 } else { 1.0 });
    samples
}

/// Settings that step to another value every 4000 samples of the song.
fn stepped(list: &[Settings]) -> impl Fn(i64) -> Settings + '_ {
    |position| list[position.div_euclid(4000).rem_euclid(list.len() as i64) as usize]
}

#[test]
fn neutral_is_the_input_bit_for_bit() {
    for rate_hz in [44_100.0, 48_000.0, 96_000.0, 192_000.0] {
        for mode in Mode::ALL {
            for n_channels in [1, 2, 6] {
                let input: Vec<Vec<f32>> =
                    (0..n_channels).map(|c| phrases(110.0 + 37.0 * f64::from(c), rate_hz, 0.9)).collect();
                let settings = Settings { amount: 0.0, ..ALL_ON };
                let output = render_constant(&input, &options(rate_hz, mode), settings).channels;
                assert!(bits(&input) == bits(&output), "{rate_hz} Hz, {mode:?}, {n_channels} channels");
            }
        }
    }
}

#[test]
fn a_cut_file_sounds_the_same_once_the_voice_is_known() {
    for rate_hz in [44_100.0, 48_000.0] {
        let input: Vec<Vec<f32>> = [220.0, 331.0].map(|f0_hz| sung(f0_hz, rate_hz, 12.0)).to_vec();
        let whole = render_constant(&input, &options(rate_hz, Mode::Studio), ALL_ON).channels;
        // Neither a whole number of hops nor of blocks.
        let cut = (2.5 * rate_hz) as usize + 17;
        let tail: Vec<Vec<f32>> = input.iter().map(|channel| channel[cut..].to_vec()).collect();
        let options = Options { start_samples: cut as i64, ..options(rate_hz, Mode::Studio) };
        let rendered = render_constant(&tail, &options, ALL_ON).channels;
        let from = (KNOWN_S * rate_hz) as usize;
        let expected: Vec<Vec<f32>> = whole.iter().map(|channel| channel[cut + from..].to_vec()).collect();
        let found: Vec<Vec<f32>> = rendered.iter().map(|channel| channel[from..].to_vec()).collect();
        assert!(bits(&expected) == bits(&found), "{rate_hz} Hz");
        assert!(bits(&rendered) != bits(&tail), "something was done");
    }
}

#[test]
fn identical_channels_stay_identical() {
    let voice = phrases(220.0, 48_000.0, 3.0);
    let output = render_constant(&[voice.clone(), voice.clone()], &options(48_000.0, Mode::Live), ALL_ON).channels;
    assert!(output[0] == output[1]);
    let mono = render_constant(&[voice], &options(48_000.0, Mode::Live), ALL_ON).channels;
    assert!(output[0] == mono[0]);
}

#[test]
fn another_seed_or_take_is_another_performance() {
    let input = stereo(48_000.0, 2.0);
    let with = |seed, take| {
        let settings = Settings { performance: Performance { seed, take }, ..ALL_ON };
        bits(&render_constant(&input, &options(48_000.0, Mode::Studio), settings).channels)
    };
    assert!(with(1, 1) == with(1, 1));
    assert!(with(1, 1) != with(2, 1));
    assert!(with(1, 1) != with(1, 2));
}

#[test]
fn bad_samples_become_silence_and_the_engine_recovers() {
    let clean = phrases(220.0, 48_000.0, 1.0);
    let mut bad = clean.clone();
    let mut silenced = clean.clone();
    let faults = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, -1e20];
    for (at, fault) in (10_000..).step_by(777).zip(faults) {
        bad[at] = fault;
        silenced[at] = 0.0;
    }
    let rendered = render_constant(&[bad], &options(48_000.0, Mode::Studio), ALL_ON);
    assert_eq!(rendered.n_bad_samples, faults.len() as u64);
    let expected = render_constant(&[silenced], &options(48_000.0, Mode::Studio), ALL_ON);
    assert!(bits(&rendered.channels) == bits(&expected.channels));
}

#[test]
fn silence_denormals_and_full_scale_stay_what_they_are() {
    let render_all = |input: Vec<f32>| render_constant(&[input], &options(48_000.0, Mode::Studio), ALL_ON).channels;
    assert!(render_all(vec![0.0; 20_000])[0].iter().all(|&sample| sample == 0.0));
    let denormal = (0..20_000).map(|n| if n % 2 == 0 { 1e-40 } else { -3e-39 }).collect();
    assert!(render_all(denormal)[0].iter().all(|&sample| sample == 0.0));
    let faint = (0..20_000).map(|n| 1e-29 * (n as f32 * 0.1).sin()).collect();
    assert!(render_all(faint)[0].iter().all(|&sample| sample == 0.0 || sample.abs() >= f32::MIN_POSITIVE));
    let direct = render_all(vec![1.0; 20_000]);
    // Shimmer is the only thing that may touch DC: far within 2 dB at 0.2 dB of depth.
    assert!(direct[0][2000..18_000].iter().all(|&sample| (0.8..1.25).contains(&sample)));
}

#[test]
fn impossible_configurations_are_refused() {
    assert_eq!(Engine::new(0.0, 1, Mode::Live).err(), Some(ConfigError::SampleRate(0.0)));
    assert!(matches!(Engine::new(f64::NAN, 1, Mode::Live), Err(ConfigError::SampleRate(_))));
    assert!(matches!(Engine::new(400_000.0, 1, Mode::Live), Err(ConfigError::SampleRate(_))));
    assert_eq!(Engine::new(48_000.0, 0, Mode::Live).err(), Some(ConfigError::NoChannels));
}

#[test]
fn latency_keeps_its_limit_at_every_rate() {
    for rate_hz in [8_000.0, 11_025.0, 44_100.0, 48_000.0, 384_000.0] {
        for (mode, limit_ms) in [(Mode::Live, 10.0), (Mode::Studio, 90.0), (Mode::Phrase, 650.0)] {
            let latency_ms = f64::from(mode.latency_samples(rate_hz)) / rate_hz * 1000.0;
            assert!(latency_ms <= limit_ms && latency_ms > limit_ms - 0.13, "{latency_ms} {mode:?}");
        }
    }
}

/// Feeds `input` through `engine` as a host does: blocks with positions.
fn feed(engine: &mut Engine, input: &[f32], settings: &Settings, position: SongPosition) -> Vec<f32> {
    let mut output = input.to_vec();
    engine.process(&mut [&mut output], settings, position, &mut ignore);
    output
}

#[test]
fn a_stopped_transport_plays_on_from_where_it_was() {
    let input = phrases(220.0, 48_000.0, 2.0);
    let mut with_positions = Engine::new(48_000.0, 1, Mode::Studio).unwrap();
    let mut free = with_positions.clone();
    for (at, block) in (0..).step_by(480).zip(input.chunks(480)) {
        let told = feed(&mut with_positions, block, &ALL_ON, SongPosition::At(at));
        assert!(told == feed(&mut free, block, &ALL_ON, SongPosition::FreeRunning));
    }
}

#[test]
fn after_a_jump_the_song_sounds_as_it_does_there() {
    let song = sung(220.0, 48_000.0, 12.0);
    let reference = render_constant(std::slice::from_ref(&song), &options(48_000.0, Mode::Studio), ALL_ON).channels;
    let mut engine = Engine::new(48_000.0, 1, Mode::Studio).unwrap();
    let latency = engine.latency_samples() as usize;
    feed(&mut engine, &song[120_000..150_000], &ALL_ON, SongPosition::At(120_000));
    let looped = feed(&mut engine, &song[60_000..], &ALL_ON, SongPosition::At(60_000));
    let settled = (KNOWN_S * 48_000.0) as usize;
    assert!(looped[latency + settled..] == reference[0][60_000 + settled..song.len() - latency]);
}

#[test]
fn a_loop_does_not_click_on_steady_sound() {
    // A tone that fits the loop exactly: only the pointer jumps, the input does not.
    let input = common::tone(200.0, 48_000.0, 2.0);
    let mut engine = Engine::new(48_000.0, 1, Mode::Studio).unwrap();
    let settings = Settings { shimmer_db: 0.0, jitter_percent: 0.0, ..ALL_ON };
    let mut output = Vec::new();
    for _ in 0..10 {
        output.extend(feed(&mut engine, &input[..24_000], &settings, SongPosition::At(480_000)));
    }
    let largest = output[6000..].windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
    // 2π·200/48000·0.5 = 0.0131 for the tone itself; crossfading two phases of it adds up to π/192 of the level.
    assert!(largest < 0.0131 * 1.05 + 0.0164, "{largest}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_block_size_does_not_matter(
        rate_hz in rates_hz(), mode in modes(), list in proptest::collection::vec(any_settings(), 1..4),
        start in -100_000_i64..1_000_000, blocks in proptest::collection::vec(1_usize..9000, 1..5),
    ) {
        let input = stereo(rate_hz, (40_000.0 / rate_hz).min(2.0));
        let at = |block_samples| Options { sample_rate_hz: rate_hz, mode, start_samples: start, block_samples };
        let expected = bits(&render(&input, &at(1 << 20), stepped(&list), |_| ()).unwrap().channels);
        for block_samples in blocks {
            let found = bits(&render(&input, &at(block_samples), stepped(&list), |_| ()).unwrap().channels);
            prop_assert!(expected == found, "block {block_samples}");
        }
    }

    #[test]
    fn single_samples_are_blocks_too(mode in modes(), settings in any_settings()) {
        let input = stereo(48_000.0, 0.3);
        let at = |block_samples| Options { block_samples, ..options(48_000.0, mode) };
        let expected = bits(&render(&input, &at(4096), |_| settings, |_| ()).unwrap().channels);
        prop_assert!(expected == bits(&render(&input, &at(1), |_| settings, |_| ()).unwrap().channels));
    }

    #[test]
    fn reset_is_as_good_as_new(mode in modes(), settings in any_settings(), junk in -1e6_f32..1e6) {
        let input = phrases(150.0, 48_000.0, 0.8);
        let mut new = Engine::new(48_000.0, 1, mode).unwrap();
        let mut used = new.clone();
        feed(&mut used, &vec![junk; 30_011], &settings, SongPosition::At(777_777));
        used.reset();
        let expected = feed(&mut new, &input, &settings, SongPosition::At(99));
        prop_assert!(expected == feed(&mut used, &input, &settings, SongPosition::At(99)));
    }

    #[test]
    fn no_host_can_break_it(
        rate_hz in rates_hz(), mode in modes(),
        calls in proptest::collection::vec(
            (0_usize..3000, any_settings(), proptest::option::of(any::<i64>()), any::<u32>(), modes()), 1..60),
    ) {
        let mut engine = Engine::new(rate_hz, 2, mode).unwrap();
        for (len, settings, position, pattern, mode) in calls {
            // Any bit pattern at all: NaN, infinities, denormals, huge and tiny numbers.
            let garbage = |k: u32| f32::from_bits(pattern.wrapping_mul(k.wrapping_mul(2_654_435_761) | 1));
            let mut left: Vec<f32> = (0..len as u32).map(garbage).collect();
            let mut right: Vec<f32> = left.iter().rev().copied().collect();
            let position = position.map_or(SongPosition::FreeRunning, SongPosition::At);
            if pattern.is_multiple_of(7) {
                engine.set_mode(mode);
            }
            engine.process(&mut [&mut left, &mut right], &settings, position, &mut ignore);
            for sample in left.iter().chain(&right) {
                prop_assert!(sample.is_finite() && (*sample == 0.0 || sample.is_normal()), "{sample}");
            }
        }
    }

    #[test]
    fn a_jump_in_every_sample_is_survived(positions in proptest::collection::vec(any::<i32>(), 5000..6000)) {
        let mut engine = Engine::new(8_000.0, 1, Mode::Phrase).unwrap();
        for position in positions {
            let mut sample = [0.5];
            engine.process(&mut [&mut sample], &ALL_ON, SongPosition::At(i64::from(position)), &mut ignore);
            prop_assert!(sample[0].is_finite());
        }
    }
}
