//! What a page needs of a bounce, made on other cores while the song is learned and sung.
//!
//! In: pieces of the recording before and after, as they come. Out: both as sounds for a browser, and what the engine
//! hears in both. It listens to both alike, whatever mode the song is sung in and whether it was learned: what differs
//! in their statistics is what was done.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

use anyhow::{Context, anyhow};
use con_anima::engine::HopTrace;

use crate::audio_file::SourceShape;
use crate::measure::Listener;
use crate::report;
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

/// Three workers: one makes sounds, the others listen, one to each side.
pub(super) struct Beside {
    sounds: Worker<[Vec<u8>; 2]>,
    listening: [Worker<Vec<HopTrace>>; 2],
    /// All pieces of before have come.
    is_before_complete: bool,
}

/// What they have made.
pub(super) struct Made {
    /// The recording before and after as [`report::sound`] makes them.
    pub(super) sounds: [Vec<u8>; 2],
    /// What is heard before and after, by the positions in the file.
    pub(super) heard: [Vec<HopTrace>; 2],
}

impl Beside {
    /// Begins, for a recording of this shape.
    pub(super) fn new(shape: &SourceShape) -> anyhow::Result<Self> {
        let (n_channels, sample_rate_hz) = (shape.n_channels, shape.sample_rate_hz);
        let listener = || Worker::new(move |pieces| listened(&pieces, n_channels, sample_rate_hz));
        Ok(Self {
            sounds: Worker::new(move |pieces| sounds(&pieces, n_channels, sample_rate_hz))?,
            listening: [listener()?, listener()?],
            is_before_complete: false,
        })
    }

    /// All of before has been handed over: what comes of it again is left out.
    pub(super) fn complete_before(&mut self) {
        self.is_before_complete = true;
    }

    /// Hands over a piece; waits where too many are waiting.
    pub(super) fn add(&self, side: Side, piece: &[Vec<f32>]) {
        if side == Side::Before && self.is_before_complete {
            return;
        }
        // What is no number is sung as silence, and heard as that.
        let heard = |sample: &f32| if sample.is_finite() { *sample } else { 0.0 };
        let piece = Arc::new(piece.iter().map(|channel| channel.iter().map(heard).collect()).collect());
        self.sounds.add((side, Arc::clone(&piece)));
        self.listening[side as usize].add((side, piece));
    }

    /// Waits until all is made.
    pub(super) fn end(self) -> anyhow::Result<Made> {
        let [before, after] = self.listening;
        Ok(Made { sounds: self.sounds.end()?, heard: [before.end()?, after.end()?] })
    }
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

fn sounds(pieces: &Receiver<Piece>, n_channels: usize, sample_rate_hz: u32) -> anyhow::Result<[Vec<u8>; 2]> {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let mut writers = [
        report::sound(&mut before, n_channels, sample_rate_hz)?,
        report::sound(&mut after, n_channels, sample_rate_hz)?,
    ];
    for (side, piece) in pieces {
        writers[side as usize].write(&piece[..piece.len().min(report::MOST_CHANNELS)])?;
    }
    for writer in writers {
        writer.finish(&Done::default())?;
    }
    Ok([before, after])
}

fn listened(pieces: &Receiver<Piece>, n_channels: usize, sample_rate_hz: u32) -> anyhow::Result<Vec<HopTrace>> {
    let mut listener = Listener::new(f64::from(sample_rate_hz), n_channels, 0)?;
    for (_, piece) in pieces {
        listener.hear(Arc::unwrap_or_clone(piece));
    }
    Ok(listener.end())
}
