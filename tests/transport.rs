//! A host's transport: wherever it starts, stops, loops or locates, the engine is there from the first sample on, and
//! the same bar sounds the same.
//!
//! A host is a script of stretches. What is checked is heard from outside: the song positions of the hops that are
//! rendered, and the samples that come out, to the bit.

mod common;

use con_anima::demo::{demo_song, sing};
use con_anima::engine::{Engine, HopTrace, SongPosition};
use con_anima::params::Values;
use con_anima::settings::{Mode, Settings};
use proptest::prelude::*;

/// Nothing that was heard longer ago than this is heard any more (DESIGN §2, invariant 9), seconds.
const HORIZON_S: f64 = 8.0;

/// What a host does for a while.
#[derive(Clone, Copy, Debug)]
enum Stretch {
    /// It plays so many samples from a song position on; what it plays before that goes on there, or it locates.
    Play { from: i64, len: usize },
    /// It stands still for so many samples, in which the input is silent.
    Rest { len: usize },
    /// It stands still while somebody sings live: the song from a position on.
    Rehearse { from: i64, len: usize },
}

impl Stretch {
    fn len(self) -> usize {
        match self {
            Self::Play { len, .. } | Self::Rest { len } | Self::Rehearse { len, .. } => len,
        }
    }
}

/// A song that a host plays, over and over.
struct Track {
    rate_hz: f64,
    channels: Vec<Vec<f32>>,
}

impl Track {
    fn new(rate_hz: f64, n_channels: usize) -> Self {
        let voice = sing(&demo_song(), rate_hz).samples;
        let softer = voice.iter().map(|sample| 0.7 * sample).collect();
        let channels = [voice, softer].into_iter().take(n_channels).collect();
        Self { rate_hz, channels }
    }

    fn samples(&self, seconds: f64) -> usize {
        (seconds * self.rate_hz) as usize
    }

    fn position(&self, seconds: f64) -> i64 {
        self.samples(seconds) as i64
    }

    fn engine(&self, mode: Mode) -> Engine {
        Engine::new(self.rate_hz, self.channels.len(), mode).unwrap()
    }

    fn play(&self, from_s: f64, seconds: f64) -> Stretch {
        Stretch::Play { from: self.position(from_s), len: self.samples(seconds) }
    }

    /// The input in a stretch, from `at` samples behind its beginning on.
    fn input(&self, stretch: Stretch, at: usize, len: usize) -> Vec<Vec<f32>> {
        let (Stretch::Play { from, .. } | Stretch::Rehearse { from, .. }) = stretch else {
            return vec![vec![0.0; len]; self.channels.len()];
        };
        let sung = |channel: &Vec<f32>| {
            let index = |k: usize| (from + (at + k) as i64).rem_euclid(channel.len() as i64) as usize;
            (0..len).map(|k| channel[index(k)]).collect()
        };
        self.channels.iter().map(sung).collect()
    }
}

/// What came out.
#[derive(Default)]
struct Heard {
    /// `[channel][sample]`, from the first input sample's output on.
    channels: Vec<Vec<f32>>,
    /// The song positions of the hops rendered.
    positions: Vec<i64>,
}

impl Heard {
    fn bits(&self, from: usize, len: usize) -> Vec<Vec<u32>> {
        common::bits(&self.channels.iter().map(|channel| channel[from..from + len].to_vec()).collect::<Vec<_>>())
    }

    /// From how many samples on, of `len`, what is heard at `from` is what is heard in `other` at `from_other`.
    fn same_from(&self, from: usize, other: &Self, from_other: usize, len: usize) -> usize {
        let (ours, theirs) = (self.bits(from, len), other.bits(from_other, len));
        let last_difference = |(ours, theirs): (&Vec<u32>, &Vec<u32>)| {
            ours.iter().zip(theirs).rposition(|(ours, theirs)| ours != theirs).map_or(0, |at| at + 1)
        };
        ours.iter().zip(&theirs).map(last_difference).max().unwrap_or(0)
    }
}

/// Plays a script through an engine, in blocks of at most `block` samples, and as much silence as brings out the rest.
fn host(track: &Track, mode: Mode, block: usize, script: &[Stretch]) -> Heard {
    let mut engine = track.engine(mode);
    let latency = engine.latency_samples() as usize;
    let settings = Values::default().settings();
    let mut heard = Heard { channels: vec![Vec::new(); track.channels.len()], positions: Vec::new() };
    let mut is_playing = false;
    for stretch in script.iter().copied().chain([Stretch::Rest { len: latency }]) {
        let mut at = 0;
        while at < stretch.len() {
            let len = block.min(stretch.len() - at);
            let position = match stretch {
                Stretch::Play { from, .. } if is_playing => SongPosition::At(from + at as i64),
                Stretch::Play { from, .. } => SongPosition::StartAt(from + at as i64),
                Stretch::Rest { .. } | Stretch::Rehearse { .. } => SongPosition::FreeRunning,
            };
            is_playing = position != SongPosition::FreeRunning;
            let mut channels = track.input(stretch, at, len);
            let mut slices: Vec<&mut [f32]> = channels.iter_mut().map(Vec::as_mut_slice).collect();
            engine.process(&mut slices, &settings, position, &mut |hop| heard.positions.push(hop.position_samples));
            heard.channels.iter_mut().zip(channels).for_each(|(all, block)| all.extend(block));
            at += len;
        }
    }
    heard.channels.iter_mut().for_each(|channel| drop(channel.drain(..latency)));
    heard
}

/// Where each hop of a script lies in the song: hops end on the song's own grid, and where it jumps.
fn expected_positions(hop_samples: i64, script: &[Stretch]) -> Vec<i64> {
    let mut positions = Vec::new();
    let (mut next, mut was_playing) = (0, false);
    for stretch in script {
        let (from, is_playing) = match *stretch {
            Stretch::Play { from, .. } => (from, true),
            Stretch::Rest { .. } | Stretch::Rehearse { .. } => (next, false),
        };
        let is_cut = from != next || (is_playing && !was_playing);
        let until = from + stretch.len() as i64;
        let first_on_grid = from + (-from).rem_euclid(hop_samples);
        positions.extend((is_cut && first_on_grid > from).then_some(from));
        positions.extend((first_on_grid..until).step_by(hop_samples as usize));
        (next, was_playing) = (until, is_playing);
    }
    positions
}

fn assert_obeyed(track: &Track, mode: Mode, script: &[Stretch], heard: &Heard) {
    let expected = expected_positions(track.engine(mode).hop_samples() as i64, script);
    let wrong = expected.iter().zip(&heard.positions).position(|(expected, found)| expected != found);
    assert!(wrong.is_none() && heard.positions.len() >= expected.len(), "{mode:?}: hop {wrong:?} of {script:?}");
}

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

/// Seconds behind a start from which on a bar sounds as from a fresh start, after `before`.
fn settles_s(track: &Track, mode: Mode, before: &[Stretch]) -> f64 {
    let bar = track.play(7.7, HORIZON_S + 1.0);
    let fresh = host(track, mode, 441, &[bar]);
    let script = [before, &[bar]].concat();
    let heard = host(track, mode, 441, &script);
    assert_obeyed(track, mode, &script, &heard);
    let from = before.iter().map(|stretch| stretch.len()).sum();
    heard.same_from(from, &fresh, 0, bar.len()) as f64 / track.rate_hz
}

/// After nine seconds of silence at rest.
fn stopped(track: &Track) -> Vec<Stretch> {
    vec![track.play(7.7, 3.3), Stretch::Rest { len: track.samples(9.0) }]
}

/// After somebody sang while the host stood still.
fn rehearsed(track: &Track) -> Vec<Stretch> {
    vec![track.play(7.7, 1.2), Stretch::Rehearse { from: track.position(1.0), len: track.samples(5.0) }]
}

fn located(track: &Track) -> Vec<Stretch> {
    vec![track.play(19.0, 4.4)]
}

/// From the bar itself, played on.
fn repeated(track: &Track) -> Vec<Stretch> {
    vec![track.play(7.7, 6.6)]
}

#[test]
#[ignore = "all combinations, as a table: by hand, with --nocapture"]
fn every_combination() {
    for rate_hz in [44_100.0, 48_000.0, 96_000.0] {
        for n_channels in [1, 2] {
            let track = Track::new(rate_hz, n_channels);
            for mode in Mode::ALL {
                let laps = [(4.0, 6), (8.0, 4)].map(|(lap_s, n_laps)| laps(&track, mode, lap_s, n_laps));
                let [stopped, rehearsed, located, repeated] =
                    [stopped, rehearsed, located, repeated].map(|before| settles_s(&track, mode, &before(&track)));
                println!(
                    "{rate_hz} Hz × {n_channels}, {mode:?}: laps of 4 and 8 s from {laps:?}; stopped {stopped:.2}, \
                     rehearsed {rehearsed:.2}, located {located:.2}, repeated {repeated:.2} s",
                );
            }
        }
    }
}
