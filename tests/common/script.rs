//! A host as a script of stretches: it plays, locates, stops, while somebody sings or not.
#![allow(unreachable_pub, missing_docs, reason = "test code")]

use con_anima::demo::{demo_song, sing};
use con_anima::engine::{Engine, SongPosition};
use con_anima::params::Values;
use con_anima::settings::Mode;

use crate::common;

/// What a host does for a while.
#[derive(Clone, Copy, Debug)]
pub enum Stretch {
    /// It plays so many samples from a song position on; what it plays before that goes on there, or it locates.
    Play { from: i64, len: usize },
    /// It stands still for so many samples, in which the input is silent.
    Rest { len: usize },
    /// It stands still while somebody sings live: the song from a position on.
    Rehearse { from: i64, len: usize },
}

impl Stretch {
    pub fn len(self) -> usize {
        match self {
            Self::Play { len, .. } | Self::Rest { len } | Self::Rehearse { len, .. } => len,
        }
    }
}

/// A song that a host plays, over and over.
pub struct Track {
    pub rate_hz: f64,
    pub channels: Vec<Vec<f32>>,
}

impl Track {
    pub fn new(rate_hz: f64, n_channels: usize) -> Self {
        let voice = sing(&demo_song(), rate_hz).samples;
        let softer = voice.iter().map(|sample| 0.7 * sample).collect();
        let channels = [voice, softer].into_iter().take(n_channels).collect();
        Self { rate_hz, channels }
    }

    pub fn samples(&self, seconds: f64) -> usize {
        (seconds * self.rate_hz) as usize
    }

    pub fn position(&self, seconds: f64) -> i64 {
        self.samples(seconds) as i64
    }

    pub fn engine(&self, mode: Mode) -> Engine {
        Engine::new(self.rate_hz, self.channels.len(), mode).expect("a valid rate")
    }

    pub fn play(&self, from_s: f64, seconds: f64) -> Stretch {
        Stretch::Play { from: self.position(from_s), len: self.samples(seconds) }
    }

    /// The input in a stretch, from `at` samples behind its beginning on.
    pub fn input(&self, stretch: Stretch, at: usize, len: usize) -> Vec<Vec<f32>> {
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
pub struct Heard {
    /// `[channel][sample]`, from the first input sample's output on.
    pub channels: Vec<Vec<f32>>,
    /// The song positions of the hops rendered.
    pub positions: Vec<i64>,
}

impl Heard {
    pub fn bits(&self, from: usize, len: usize) -> Vec<Vec<u32>> {
        common::bits(&self.channels.iter().map(|channel| channel[from..from + len].to_vec()).collect::<Vec<_>>())
    }

    /// From how many samples on, of `len`, what is heard at `from` is what is heard in `other` at `from_other`.
    pub fn same_from(&self, from: usize, other: &Self, from_other: usize, len: usize) -> usize {
        let (ours, theirs) = (self.bits(from, len), other.bits(from_other, len));
        let last_difference = |(ours, theirs): (&Vec<u32>, &Vec<u32>)| {
            ours.iter().zip(theirs).rposition(|(ours, theirs)| ours != theirs).map_or(0, |at| at + 1)
        };
        ours.iter().zip(&theirs).map(last_difference).max().unwrap_or(0)
    }
}

/// Plays a script through an engine, in blocks of at most `block` samples, and as much silence as brings out the rest.
pub fn host(track: &Track, mode: Mode, block: usize, script: &[Stretch]) -> Heard {
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
pub fn expected_positions(hop_samples: i64, script: &[Stretch]) -> Vec<i64> {
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

pub fn assert_obeyed(track: &Track, mode: Mode, script: &[Stretch], heard: &Heard) {
    let expected = expected_positions(track.engine(mode).hop_samples() as i64, script);
    let wrong = expected.iter().zip(&heard.positions).position(|(expected, found)| expected != found);
    assert!(wrong.is_none() && heard.positions.len() >= expected.len(), "{mode:?}: hop {wrong:?} of {script:?}");
}
