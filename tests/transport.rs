//! A host's transport: wherever it starts, stops, loops or locates, the engine is there from the first sample on, and
//! the same bar sounds the same.
//!
//! A host is a script of stretches. What is checked is heard from outside: the song positions of the hops that are
//! rendered, and the samples that come out, to the bit.

mod common;
#[path = "common/script.rs"]
mod script;

use con_anima::engine::{Engine, HopTrace, SongPosition};
use con_anima::settings::{Mode, Settings};
use proptest::prelude::*;
use script::{Stretch, Track, assert_obeyed, host};

/// Nothing that was heard longer ago than this is heard any more (docs/design.md §2, invariant 9), seconds.
const HORIZON_S: f64 = 8.0;
/// In Live a note is timed when it sounds already, so the way of the read pointer is forgotten in a long rest only: the
/// demo's is so far behind the bar, seconds.
const LIVE_HORIZON_S: f64 = 13.0;
/// Where the song starts once more, the pointer fades from where it was, and breath is bounded by the voice's peaks of
/// the last hops, seconds.
const FADE_S: f64 = 0.03;
/// Where in the song the bar begins that is listened to, seconds: in the middle of a vowel.
const BAR_S: f64 = 7.7;

/// From which lap on a loop sounds the same, `None` if it never does.
fn laps(track: &Track, mode: Mode, lap_s: f64, n_laps: usize) -> Option<usize> {
    let script = vec![track.play(3.1, lap_s); n_laps + 1];
    let heard = host(track, mode, 441, &script);
    assert_obeyed(track, mode, &script, &heard);
    let len = track.samples(lap_s);
    let is_same = |lap: usize| heard.bits(lap * len, len) == heard.bits((lap + 1) * len, len);
    let last_other = (0..n_laps - 1).rev().find(|lap| !is_same(*lap));
    last_other.map_or(Some(1), |lap| Some(lap + 2).filter(|lap| *lap < n_laps))
}

/// Seconds behind its beginning from which on a bar of `bar_s` sounds as from a fresh start, after each of `befores`.
fn settles_s<const N: usize>(track: &Track, mode: Mode, bar_s: f64, befores: [Vec<Stretch>; N]) -> [f64; N] {
    let bar = track.play(BAR_S, bar_s);
    let fresh = host(track, mode, 441, &[bar]);
    befores.map(|before| {
        let script = [&before[..], &[bar]].concat();
        let heard = host(track, mode, 441, &script);
        assert_obeyed(track, mode, &script, &heard);
        let from = before.iter().map(|stretch| stretch.len()).sum();
        heard.same_from(from, &fresh, 0, bar.len()) as f64 / track.rate_hz
    })
}

/// Stopped in the bar, and nine seconds of silence.
fn stopped(track: &Track) -> Vec<Stretch> {
    vec![track.play(BAR_S, 3.3), Stretch::Rest { len: track.samples(9.0) }]
}

/// Stopped in the bar, and somebody sang.
fn rehearsed(track: &Track) -> Vec<Stretch> {
    vec![track.play(BAR_S, 1.2), Stretch::Rehearse { from: track.position(1.0), len: track.samples(5.0) }]
}

/// Elsewhere in the song.
fn located(track: &Track) -> Vec<Stretch> {
    vec![track.play(19.0, 4.4)]
}

/// In the bar itself.
fn repeated(track: &Track) -> Vec<Stretch> {
    vec![track.play(BAR_S, 6.6)]
}

fn assert_loops(rate_hz: f64, n_channels: usize, lap_s: f64) {
    let track = Track::new(rate_hz, n_channels);
    for mode in Mode::ALL {
        let same_from = laps(&track, mode, lap_s, 4);
        assert!(same_from.is_some_and(|lap| lap <= 3), "{mode:?}, {rate_hz} Hz: laps of {lap_s} s from {same_from:?}");
    }
}

#[test]
fn laps_sound_the_same_at_44_khz() {
    assert_loops(44_100.0, 1, 8.0);
    assert_loops(44_100.0, 2, 4.0);
}

#[test]
fn laps_sound_the_same_at_48_khz() {
    assert_loops(48_000.0, 2, 4.0);
}

#[test]
fn laps_sound_the_same_at_96_khz() {
    assert_loops(96_000.0, 1, 4.0);
}

#[test]
fn a_song_that_stood_still_starts_as_a_fresh_one() {
    for (rate_hz, n_channels) in [(44_100.0, 2), (96_000.0, 1)] {
        let track = Track::new(rate_hz, n_channels);
        for mode in Mode::ALL {
            let [settled_s] = settles_s(&track, mode, 2.5, [stopped(&track)]);
            assert!(settled_s < FADE_S, "{mode:?}, {rate_hz} Hz × {n_channels}: after {settled_s} s");
        }
    }
}

#[test]
fn a_start_where_the_engine_has_run_to_is_a_start() {
    let track = Track::new(44_100.0, 1);
    for mode in Mode::ALL {
        // While it stands still the engine runs on: exactly to where the bar begins.
        let rest = Stretch::Rest { len: track.samples(3.0) };
        let from = track.position(BAR_S) - rest.len() as i64 - track.position(2.0);
        let before = vec![Stretch::Play { from, len: track.samples(2.0) }, rest];
        let [settled_s] = settles_s(&track, mode, 2.5, [before]);
        assert!(settled_s < FADE_S, "{mode:?}: after {settled_s} s");
    }
}

#[test]
fn behind_the_horizon_a_bar_sounds_the_same_whatever_came_before() {
    let track = Track::new(44_100.0, 1);
    for (mode, horizon_s) in [(Mode::Live, LIVE_HORIZON_S), (Mode::Studio, HORIZON_S), (Mode::Phrase, HORIZON_S)] {
        let befores = [rehearsed, located, repeated].map(|before| before(&track));
        let settled_s = settles_s(&track, mode, horizon_s + 1.0, befores);
        assert!(settled_s.iter().all(|settled_s| *settled_s <= horizon_s), "{mode:?}: after {settled_s:?} s");
    }
}

/// Jumps to and fro in stretches of so many samples.
fn to_and_fro(n_jumps: usize, len: usize) -> Vec<Stretch> {
    let from = |jump: usize| (jump * 7_919_317 % 1_000_003) as i64 - 300_000;
    (0..n_jumps).map(|jump| Stretch::Play { from: from(jump), len }).collect()
}

#[test]
fn a_jump_every_ten_milliseconds_is_always_made() {
    // At 65.6 kHz a hop lasts nearly two milliseconds.
    for rate_hz in [8_000.0, 44_100.0, 65_600.0, 384_000.0] {
        let track = Track { rate_hz, channels: vec![vec![0.1; 1000]] };
        for mode in Mode::ALL {
            let script = to_and_fro(250, track.samples(0.01));
            assert_obeyed(&track, mode, &script, &host(&track, mode, usize::MAX, &script));
        }
    }
}

#[test]
fn a_host_that_jumps_all_the_time_is_obeyed_as_soon_as_it_keeps_still() {
    for (rate_hz, n_jumps) in [(8_000.0, 20_000), (48_000.0, 50_000), (384_000.0, 300_000)] {
        for mode in Mode::ALL {
            let mut engine = Engine::new(rate_hz, 1, mode).unwrap();
            let mut tell = |position: i64, block: &mut [f32]| {
                let mut last = None;
                let mut observe = |hop: &HopTrace| last = Some(hop.position_samples);
                engine.process(&mut [block], &Settings::NEUTRAL, SongPosition::At(position), &mut observe);
                last
            };
            for jump in 0..n_jumps {
                tell((jump * 7_919_317) % 1_000_003, &mut [0.5]);
            }
            let still = 5_000_000;
            let (patience, latency) = ((0.01 * rate_hz) as i64, i64::from(mode.latency_samples(rate_hz)));
            let mut n_checked = 0;
            for at in (0..2 * patience + latency).step_by(16) {
                let hop = tell(still + at, &mut [0.5; 16]);
                // The block renders what came in a latency before it.
                let rendered = at - latency;
                if let Some(hop) = hop.filter(|_| rendered >= patience) {
                    assert!((rendered..rendered + 16).contains(&(hop - still)), "{mode:?}, {rate_hz} Hz, {at}: {hop}");
                    n_checked += 1;
                }
            }
            assert!(n_checked > 2, "{mode:?}, {rate_hz} Hz");
        }
    }
}

#[test]
fn a_jump_that_has_to_wait_is_made_where_it_would_be_in_any_block_size() {
    let positions = |last_block: usize| {
        let mut engine = Engine::new(48_000.0, 1, Mode::Live).unwrap();
        let mut positions = Vec::new();
        let mut play = |position: i64, len: usize| {
            let position = SongPosition::At(position);
            let mut observe = |hop: &HopTrace| positions.push(hop.position_samples);
            engine.process(&mut [&mut vec![0.1; len]], &Settings::NEUTRAL, position, &mut observe);
        };
        play(0, 4800);
        play(50_000, 48);
        (0..9600 / last_block).for_each(|block| play(90_000 + (block * last_block) as i64, last_block));
        assert_eq!(engine.position_samples(), 99_600);
        positions
    };
    let expected = positions(9600);
    assert!(expected.contains(&90_560) && !expected.contains(&50_560), "within ten milliseconds: {expected:?}");
    assert!([1, 50, 96, 480].into_iter().all(|block| positions(block) == expected));
}

#[test]
fn a_jump_without_samples_is_made_with_the_next() {
    let mut engine = Engine::new(48_000.0, 1, Mode::Live).unwrap();
    let mut positions = Vec::new();
    for (position, len) in [(0, 960), (50_000, 0), (50_000, 960)] {
        let mut block = vec![0.1; len];
        let position = SongPosition::At(position);
        engine
            .process(&mut [&mut block], &Settings::NEUTRAL, position, &mut |hop| positions.push(hop.position_samples));
    }
    assert!(positions.contains(&50_000), "{positions:?}");
    assert_eq!(engine.position_samples(), 50_960);
}

fn modes() -> impl Strategy<Value = Mode> {
    prop_oneof![Just(Mode::Live), Just(Mode::Studio), Just(Mode::Phrase)]
}

/// Somewhere in the song, for up to a second, playing, still, or still with somebody singing.
fn stretches(rate_hz: f64) -> impl Strategy<Value = Stretch> {
    let longest = rate_hz as usize;
    prop_oneof![
        4 => (-1_000_000_i64..1_000_000, 1..longest).prop_map(|(from, len)| Stretch::Play { from, len }),
        1 => (1..longest).prop_map(|len| Stretch::Rest { len }),
        1 => (-1_000_000_i64..1_000_000, 1..longest).prop_map(|(from, len)| Stretch::Rehearse { from, len }),
    ]
}

prop_compose! {
    fn wanderings()(rate_hz in prop_oneof![Just(8_000.0), Just(16_000.0), Just(44_100.0)])(
        rate_hz in Just(rate_hz), before in proptest::collection::vec(stretches(rate_hz), 1..9),
    ) -> (f64, Vec<Stretch>) {
        (rate_hz, before)
    }
}

/// Six seconds of notes of a second, none like the one before, and half a second of rest behind each: there everything
/// comes home that is forgotten.
fn rested(rate_hz: f64) -> Vec<f32> {
    let note = |f0_hz: f64| {
        let (voice, octave) = (common::tone(f0_hz, rate_hz, 1.0), common::tone(2.0 * f0_hz, rate_hz, 1.0));
        let mut note: Vec<f32> = voice.iter().zip(octave).map(|(voice, octave)| 0.5 * voice + 0.2 * octave).collect();
        note.resize(note.len() * 3 / 2, 0.0);
        note
    };
    [196.0, 247.0, 165.0, 220.0].into_iter().flat_map(note).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn wherever_it_has_been_a_song_comes_to_sound_the_same(
        (rate_hz, before) in wanderings(), mode in modes(), block in 1_usize..3000, from in -1_000_000_i64..1_000_000,
    ) {
        let track = Track { rate_hz, channels: vec![rested(rate_hz)] };
        let bar = Stretch::Play { from, len: track.samples(HORIZON_S + 0.5) };
        let script = [&before[..], &[bar]].concat();
        let heard = host(&track, mode, block, &script);
        let expected = host(&track, mode, 512, &[bar]);
        let start = before.iter().map(|stretch| stretch.len()).sum();
        let settled_s = heard.same_from(start, &expected, 0, bar.len()) as f64 / rate_hz;
        prop_assert!(settled_s <= HORIZON_S, "{settled_s} s");
    }
}

#[test]
#[ignore = "all combinations, as a table: by hand, with --nocapture"]
fn every_combination() {
    for rate_hz in [44_100.0, 48_000.0, 96_000.0] {
        for n_channels in [1, 2] {
            let track = Track::new(rate_hz, n_channels);
            for mode in Mode::ALL {
                let laps = [(4.0, 6), (8.0, 4)].map(|(lap_s, n_laps)| laps(&track, mode, lap_s, n_laps));
                let befores = [stopped, rehearsed, located, repeated].map(|before| before(&track));
                let [stopped, rehearsed, located, repeated] = settles_s(&track, mode, LIVE_HORIZON_S + 1.0, befores);
                println!(
                    "{rate_hz} Hz × {n_channels}, {mode:?}: laps of 4 and 8 s from {laps:?}; stopped {stopped:.2}, \
                     rehearsed {rehearsed:.2}, located {located:.2}, repeated {repeated:.2} s",
                );
            }
        }
    }
}
