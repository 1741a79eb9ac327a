//! A recording that is played again and again, for the standalone program's `--play`.
//!
//! In: a recording of one or two channels. Out: blocks of it, each with the song position of its first sample. The
//! block in which the recording ends is filled up with silence, so that every sample has the position that is told.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};

use crate::audio_file::{self, Recording};

/// A recording and how far it has been played.
#[derive(Clone, Debug)]
pub struct Playback {
    recording: Recording,
    next: usize,
}

impl Playback {
    /// Reads the file.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let playback = audio_file::read(path).and_then(Self::new);
        playback.with_context(|| format!("cannot play '{}'", path.display()))
    }

    fn new(recording: Recording) -> anyhow::Result<Self> {
        let n_channels = recording.channels.len();
        ensure!((1..=2).contains(&n_channels), "it must have one channel or two, not {n_channels}");
        Ok(Self { recording, next: 0 })
    }

    /// The recording's samples per second, the only rate at which it can be played.
    pub fn sample_rate_hz(&self) -> u32 {
        self.recording.sample_rate_hz
    }

    /// Writes the next samples into a block and returns the song position of its first. One channel goes to both; two
    /// become their mean where the block has one. Realtime-safe.
    pub fn fill(&mut self, block: &mut [&mut [f32]]) -> i64 {
        let first = self.next;
        let n_samples = block.first().map_or(0, |channel| channel.len());
        let n_left = (self.recording.n_samples() - first).min(n_samples);
        let n_channels = block.len();
        for (index, channel) in block.iter_mut().enumerate() {
            let (sounding, silent) = channel.split_at_mut(n_left);
            for (n, sample) in sounding.iter_mut().enumerate() {
                *sample = self.sample(first + n, index, n_channels);
            }
            silent.fill(0.0);
        }
        self.next = if first + n_samples >= self.recording.n_samples() { 0 } else { first + n_samples };
        first as i64
    }

    fn sample(&self, n: usize, index: usize, n_channels: usize) -> f32 {
        match self.recording.channels.as_slice() {
            [left, right] if n_channels == 1 => 0.5 * (left[n] + right[n]),
            channels => channels[index.min(channels.len() - 1)][n],
        }
    }
}

/// What the program was asked to play, and the arguments that are the framework's.
#[derive(Debug, Default, PartialEq)]
pub struct Arguments {
    /// The file behind `--play`.
    pub file: Option<PathBuf>,
    /// Everything else, the program's name included.
    pub others: Vec<String>,
}

impl Arguments {
    /// Takes `--play FILE` or `--play=FILE` out.
    pub fn new(arguments: impl IntoIterator<Item = String>) -> anyhow::Result<Self> {
        let mut found = Self::default();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let file = match argument.strip_prefix("--play") {
                Some("") => arguments.next().context("--play takes the name of a file")?,
                Some(rest) if rest.starts_with('=') => rest[1..].to_owned(),
                _ => {
                    found.others.push(argument);
                    continue;
                }
            };
            if found.file.replace(file.into()).is_some() {
                bail!("--play can be given once");
            }
        }
        Ok(found)
    }

    /// Has the program run at the file's rate unless it was asked for another.
    pub fn default_rate(&mut self, sample_rate_hz: u32) {
        let is_rate = |argument: &String| argument.starts_with("--sample-rate") || argument.starts_with("-r");
        if !self.others.iter().any(is_rate) {
            self.others.extend(["--sample-rate".to_owned(), sample_rate_hz.to_string()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wav_write::Depth;

    fn playback(channels: Vec<Vec<f32>>) -> Playback {
        Playback::new(Recording { channels, sample_rate_hz: 44_100, depth: Depth::Int24 }).expect("one or two channels")
    }

    fn blocks(playback: &mut Playback, n_channels: usize, n_samples: usize, n: usize) -> Vec<(i64, Vec<Vec<f32>>)> {
        let next = |_| {
            let mut block = vec![vec![9.0; n_samples]; n_channels];
            let mut channels: Vec<&mut [f32]> = block.iter_mut().map(Vec::as_mut_slice).collect();
            (playback.fill(&mut channels), block)
        };
        (0..n).map(next).collect()
    }

    #[test]
    fn it_begins_again_with_a_block_and_every_sample_has_its_position() {
        let mut played = playback(vec![vec![1.0, 2.0, 3.0, 4.0, 5.0]]);
        let expected = [(0, [1.0, 2.0]), (2, [3.0, 4.0]), (4, [5.0, 0.0]), (0, [1.0, 2.0])];
        let expected = expected.map(|(position, samples)| (position, vec![samples.to_vec()]));
        assert_eq!(blocks(&mut played, 1, 2, 4), expected);
        let mut played = playback(vec![vec![1.0, 2.0]]);
        let whole = (0, vec![vec![1.0, 2.0]]);
        assert_eq!(blocks(&mut played, 1, 2, 2), [whole.clone(), whole], "no silent block where it ends with one");
    }

    #[test]
    fn one_channel_goes_to_both_and_two_become_one() {
        assert_eq!(blocks(&mut playback(vec![vec![1.0]]), 2, 1, 1), [(0, vec![vec![1.0], vec![1.0]])]);
        let two = vec![vec![1.0], vec![0.5]];
        assert_eq!(blocks(&mut playback(two.clone()), 2, 1, 1), [(0, two.clone())]);
        assert_eq!(blocks(&mut playback(two), 1, 1, 1), [(0, vec![vec![0.75]])]);
    }

    #[test]
    fn three_channels_are_refused() {
        let recording = Recording { channels: vec![vec![0.0]; 3], sample_rate_hz: 48_000, depth: Depth::Int24 };
        let error = Playback::new(recording).expect_err("three channels").to_string();
        assert!(error.contains("not 3"), "{error}");
    }

    #[test]
    fn the_file_is_taken_out_of_the_arguments_and_its_rate_is_the_default() {
        let read = |arguments: &[&str]| Arguments::new(arguments.iter().map(|&argument| argument.to_owned()));
        for arguments in [
            ["program", "--play", "lead.wav", "-b", "dummy"].as_slice(),
            &["program", "-b", "dummy", "--play=lead.wav"],
        ] {
            let mut found = read(arguments).expect("a file");
            assert_eq!(found.file, Some("lead.wav".into()));
            assert_eq!(found.others, ["program", "-b", "dummy"]);
            found.default_rate(44_100);
            assert_eq!(found.others[3..], ["--sample-rate", "44100"]);
        }
        for rate in [["-r", "96000"].as_slice(), &["--sample-rate", "96000"], &["--sample-rate=96000"], &["-r96000"]] {
            let mut found = read(rate).expect("no file");
            found.default_rate(44_100);
            assert_eq!((found.file, found.others), (None, rate.iter().map(|&text| text.to_owned()).collect()));
        }
        for wrong in [["--play"].as_slice(), &["--play", "a.wav", "--play", "b.wav"]] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
