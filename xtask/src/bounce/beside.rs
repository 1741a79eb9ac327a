//! What a page needs of a bounce, made on other cores while the song is learned and sung.
//!
//! In: pieces of the recording before and after, as they come, and what was heard where the song was learned. Out: both
//! as sounds for a browser, and what the engine hears in both. It listens to both alike, whatever mode the song is sung
//! in and whether it was learned: what differs in their statistics is what was done.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

use anyhow::{Context, anyhow};
use con_anima::engine::{HopTrace, MAX_SAMPLE};

use super::learning::Learning;
use crate::audio_file::SourceShape;
use crate::measure::Listener;
use crate::report::{self, Sound};
use crate::wav_write::Done;

/// Pieces that may wait. Chosen: enough to even out their work; more only take memory.
const MOST_WAITING: usize = 4;

/// Which of both a piece is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Before,
    After,
}

/// A piece of one of both, `[channel][sample]`.
type Piece = (Side, Arc<Vec<Vec<f32>>>);

/// Workers: one makes sounds, the others listen.
pub(super) struct Beside {
    sounds: Worker<[Sound; 2]>,
    before: Before,
    after: Worker<Vec<HopTrace>>,
}

/// How it comes to be known what is heard before.
enum Before {
    /// The song is learned, which takes the very same analysis, and the pieces come meanwhile.
    Learned(Vec<HopTrace>),
    /// It is listened to while it is sung.
    Sung(Worker<Vec<HopTrace>>),
}

/// What they have made.
pub(super) struct Made {
    /// The recording before and after.
    pub(super) sounds: [Sound; 2],
    /// What is heard before and after, by song positions.
    pub(super) heard: [Vec<HopTrace>; 2],
}

impl Beside {
    /// Begins, for a recording of this shape whose first sample is at a song position, and which is learned first or
    /// not.
    pub(super) fn new(shape: &SourceShape, start_samples: i64, is_learned: bool) -> anyhow::Result<Self> {
        let (n_channels, sample_rate_hz) = (shape.n_channels, shape.sample_rate_hz);
        let listener = || {
            let listener = Listener::new(f64::from(sample_rate_hz), n_channels, start_samples)?;
            Worker::new(move |pieces| Ok(listened(listener, &pieces)))
        };
        Ok(Self {
            sounds: Worker::new(move |pieces| sounds(&pieces, n_channels, sample_rate_hz))?,
            before: if is_learned { Before::Learned(Vec::new()) } else { Before::Sung(listener()?) },
            after: listener()?,
        })
    }

    /// Takes what comes while the song is learned.
    pub(super) fn learn(&mut self, learning: &Learning<'_>) {
        match (learning, &mut self.before) {
            (Learning::Piece(piece), Before::Learned(_)) => self.sounds.add((Side::Before, cleaned(piece))),
            (Learning::Hop(hop), Before::Learned(heard)) => heard.push(**hop),
            (_, Before::Sung(_)) => (),
        }
    }

    /// Takes a piece that comes while the song is sung; waits where too many are waiting.
    pub(super) fn add(&self, side: Side, piece: &[Vec<f32>]) {
        let listener = match (side, &self.before) {
            (Side::Before, Before::Learned(_)) => return,
            (Side::Before, Before::Sung(listener)) => listener,
            (Side::After, _) => &self.after,
        };
        let piece = cleaned(piece);
        self.sounds.add((side, Arc::clone(&piece)));
        listener.add((side, piece));
    }

    /// Waits until all is made.
    pub(super) fn end(self) -> anyhow::Result<Made> {
        let before = match self.before {
            Before::Learned(heard) => heard,
            Before::Sung(listener) => listener.end()?,
        };
        Ok(Made { sounds: self.sounds.end()?, heard: [before, self.after.end()?] })
    }
}

/// The samples that are heard: what the engine takes for a fault is silence.
fn cleaned(piece: &[Vec<f32>]) -> Arc<Vec<Vec<f32>>> {
    let heard = |sample: &f32| if sample.abs() <= MAX_SAMPLE { *sample } else { 0.0 };
    Arc::new(piece.iter().map(|channel| channel.iter().map(heard).collect()).collect())
}

/// A thread that makes something of all pieces.
struct Worker<T> {
    pieces: SyncSender<Piece>,
    thread: JoinHandle<anyhow::Result<T>>,
}

impl<T: Send + 'static> Worker<T> {
    fn new(work: impl FnOnce(Receiver<Piece>) -> anyhow::Result<T> + Send + 'static) -> anyhow::Result<Self> {
        let (pieces, received) = sync_channel(MOST_WAITING);
        // Not one of the pool's threads: with many recordings at a time each of those may be waiting for one of these.
        let thread = Builder::new().spawn(move || work(received)).context("cannot start a thread for the report")?;
        Ok(Self { pieces, thread })
    }

    fn add(&self, piece: Piece) {
        // A worker that takes no more has failed, and says why at the end.
        let _ = self.pieces.send(piece);
    }

    fn end(self) -> anyhow::Result<T> {
        drop(self.pieces);
        self.thread.join().map_err(|_| anyhow!("the report could not be made"))?
    }
}

fn sounds(pieces: &Receiver<Piece>, n_channels: usize, sample_rate_hz: u32) -> anyhow::Result<[Sound; 2]> {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let mut writers = [
        report::sound(&mut before, n_channels, sample_rate_hz)?,
        report::sound(&mut after, n_channels, sample_rate_hz)?,
    ];
    // Not those that the writer clips: to 16 bits it does so half a step below full scale.
    let mut n_beyond = [0; 2];
    for (side, piece) in pieces {
        let channels = &piece[..piece.len().min(report::MOST_CHANNELS)];
        n_beyond[side as usize] += channels.iter().flatten().filter(|sample| sample.abs() > 1.0).count() as u64;
        writers[side as usize].write(channels)?;
    }
    for writer in writers {
        writer.finish(&Done::default())?;
    }
    Ok([Sound { flac: before, n_beyond: n_beyond[0] }, Sound { flac: after, n_beyond: n_beyond[1] }])
}

fn listened(mut listener: Listener, pieces: &Receiver<Piece>) -> Vec<HopTrace> {
    for (_, piece) in pieces {
        listener.hear(&mut Arc::unwrap_or_clone(piece));
    }
    listener.end()
}
