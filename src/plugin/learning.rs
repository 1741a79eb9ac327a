//! Learning between the audio thread and the plugin's background thread.
//!
//! In: the song's blocks, whether it plays, whether it is to be learned. Out: the engine gets the score that the
//! session knows. Memory is taken and freed in the background, where scores are made, too; the two ends send each other
//! boxes through rings without a lock.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::engine::{Engine, SongPosition};
use crate::learner::Learner;
use crate::params::Song;
use crate::score::LearnedScore;

/// Messages that may wait either way. Chosen: never more than two are under way.
const N_MESSAGES: usize = 8;

/// Work for the background.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Task {
    /// Make a learner.
    Prepare {
        /// Sample rate of the host, Hz.
        sample_rate_hz: f64,
        /// Channels of the host.
        n_channels: usize,
        /// Since when audio runs.
        activation: u32,
    },
    /// Hand the score over, in samples of this rate.
    HandOver {
        /// Sample rate of the host, Hz.
        sample_rate_hz: f64,
        /// Since when audio runs.
        activation: u32,
    },
    /// Take back what the audio thread has sent.
    Collect,
}

/// From the audio thread: what was learned, or what is no longer used.
enum Returned {
    Learned(Box<Learner>, Since),
    Learner(Box<Learner>),
    Score(Option<Arc<LearnedScore>>),
}

/// To the audio thread: what was made for an activation, which may be over.
enum Handed {
    Learner(Box<Learner>, u32),
    Score(Option<Arc<LearnedScore>>, u32),
}

/// The version of the song when a learner began: if it was forgotten or another session was loaded meanwhile, what was
/// learned does not belong to it.
type Since = u32;

/// The background's end.
pub(super) struct Background {
    song: Song,
    returned: rtrb::Consumer<Returned>,
    handed: rtrb::Producer<Handed>,
}

impl Background {
    /// Does a task. The ring has room for more than is ever under way; what it could not hold would be dropped here.
    pub(super) fn run(&mut self, task: Task) {
        match task {
            Task::Prepare { sample_rate_hz, n_channels, activation } => {
                if let Ok(learner) = Learner::new(sample_rate_hz, n_channels) {
                    let _ = self.handed.push(Handed::Learner(Box::new(learner), activation));
                }
            }
            Task::HandOver { sample_rate_hz, activation } => {
                let score = self.song.score().map(|score| score.shared_at_rate(sample_rate_hz));
                let _ = self.handed.push(Handed::Score(score, activation));
            }
            Task::Collect => {
                while let Ok(returned) = self.returned.pop() {
                    match returned {
                        Returned::Learned(mut learner, since) => finish(&mut learner, since, &self.song),
                        Returned::Learner(learner) => drop(learner),
                        Returned::Score(score) => drop(score),
                    }
                }
            }
        }
    }
}

/// Adds what was learned to the song, if it is still the same.
fn finish(learner: &mut Learner, since: Since, song: &Song) {
    learner.end(false);
    if song.version() == since {
        song.learn(&learner.score());
    }
    song.tell_learning_s(0.0);
}

/// The audio thread's end.
pub(super) struct Learning {
    song: Song,
    to_background: rtrb::Producer<Returned>,
    from_background: rtrb::Consumer<Handed>,
    learner: Option<(Box<Learner>, Since)>,
    /// Samples since a learner was asked for; `None` if none is awaited.
    awaited: Option<usize>,
    /// The version of the song that the engine has, or that was asked for last.
    version: u32,
    /// Counts how often audio began to run.
    activation: u32,
    was_playing: bool,
}

/// What has not come after so many samples is asked for again. Chosen: seconds at any rate, far longer than a learner
/// takes to be made.
const PATIENCE_SAMPLES: usize = 1 << 18;

/// What the host does in a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// The song is to be learned.
    pub(super) is_wanted: bool,
    /// The song plays and tells its position.
    pub(super) is_playing: bool,
    /// Song position of the block's first sample.
    pub(super) position_samples: i64,
}

impl Learning {
    /// The two ends for a song; the background's is behind a lock that only it takes.
    pub(super) fn new(song: Song) -> (Self, Mutex<Background>) {
        let (to_background, returned) = rtrb::RingBuffer::new(N_MESSAGES);
        let (handed, from_background) = rtrb::RingBuffer::new(N_MESSAGES);
        let background = Background { song: song.clone(), returned, handed };
        let version = song.version();
        let learning = Self {
            song,
            to_background,
            from_background,
            learner: None,
            awaited: None,
            version,
            activation: 0,
            was_playing: false,
        };
        (learning, Mutex::new(background))
    }

    /// Before audio runs: the engine gets the song's score, and a learner is made if one is wanted. Allocates.
    pub(super) fn activate(&mut self, engine: &mut Engine, n_channels: usize, is_wanted: bool) {
        let rate_hz = engine.sample_rate_hz();
        // What was made for the last activation, or comes late, is of no use.
        while self.from_background.pop().is_ok() {}
        (self.activation, self.version) = (self.activation.wrapping_add(1), self.song.version());
        engine.set_score(self.song.score().map(|score| score.shared_at_rate(rate_hz)));
        let learner = is_wanted.then(|| Learner::new(rate_hz, n_channels).ok()).flatten();
        self.learner = learner.map(|learner| (Box::new(learner), self.version));
        (self.awaited, self.was_playing) = (None, false);
    }

    /// When audio has run: what was learned is kept. Allocates.
    pub(super) fn deactivate(&mut self) {
        if let Some((mut learner, since)) = self.learner.take() {
            finish(&mut learner, since, &self.song);
        }
    }

    /// Takes in a block, before it is processed. `run` does a task in the background. Realtime-safe.
    pub(super) fn follow(
        &mut self,
        engine: &mut Engine,
        channels: &[&mut [f32]],
        moment: Moment,
        mut run: impl FnMut(Task),
    ) {
        let (sample_rate_hz, activation) = (engine.sample_rate_hz(), self.activation);
        while let Ok(handed) = self.from_background.pop() {
            self.take_in(handed, engine, &mut run);
        }
        let version = self.song.version();
        if version != self.version {
            self.version = version;
            run(Task::HandOver { sample_rate_hz, activation });
        }
        let n_samples = channels.first().map_or(0, |channel| channel.len());
        self.awaited = self.awaited.map(|awaited| awaited + n_samples).filter(|awaited| *awaited < PATIENCE_SAMPLES);
        if moment.is_wanted && self.learner.is_none() && self.awaited.is_none() {
            self.awaited = Some(0);
            run(Task::Prepare { sample_rate_hz, n_channels: channels.len(), activation });
        }
        let has_stopped = std::mem::replace(&mut self.was_playing, moment.is_playing) && !moment.is_playing;
        if !moment.is_wanted || has_stopped {
            if let Some((learner, since)) = self.learner.take() {
                self.give_back(Returned::Learned(learner, since), &mut run);
            }
        } else if let Some((learner, _)) = self.learner.as_mut().filter(|_| moment.is_playing) {
            learner.hear(channels, SongPosition::At(moment.position_samples));
            self.song.tell_learning_s(learner.known_s());
        }
    }

    /// Takes in what the background has made, if it was made for this activation.
    fn take_in(&mut self, handed: Handed, engine: &mut Engine, run: &mut impl FnMut(Task)) {
        let unused = match handed {
            Handed::Learner(learner, activation) if activation == self.activation && self.learner.is_none() => {
                (self.learner, self.awaited) = (Some((learner, self.song.version())), None);
                return;
            }
            Handed::Score(score, activation) if activation == self.activation => {
                Returned::Score(engine.set_score(score))
            }
            Handed::Learner(learner, _) => Returned::Learner(learner),
            Handed::Score(score, _) => Returned::Score(score),
        };
        self.give_back(unused, run);
    }

    /// Sends to the background what must not be freed here.
    fn give_back(&mut self, returned: Returned, run: &mut impl FnMut(Task)) {
        if let Err(rtrb::PushError::Full(returned)) = self.to_background.push(returned) {
            // The background has not run for eight messages: nothing better can be done than to keep the memory.
            std::mem::forget(returned);
        }
        run(Task::Collect);
    }
}
