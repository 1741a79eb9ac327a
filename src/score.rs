//! What is sung where: notes, rests and what the take has of its own, written down from what is heard.
//!
//! In: hops as they become known, on the way from the input to the output, and perhaps a [`LearnedScore`]. Out: a
//! [`Note`] for each note, a [`Rest`] before each phrase, and the [`Profile`] of the take at a note. This is the only
//! place that finds them: timing, pitch, breath, the lists of events and the editor read what stands here. Nothing
//! reaches further back than [`PAST_S`]: what began earlier counts as so old, so that the same bar is written down
//! alike from any start.

mod course;
mod following;
mod grid;
mod learned;
mod notes;
mod packed;
mod pitch_line;
mod recorder;
mod rests;
mod transcriber;
mod turn;
mod whole_take;

pub use course::Course;
#[cfg(test)]
pub(crate) use learned::tests::score_of;
pub use learned::{LearnedScore, ScoreError};
pub use pitch_line::PitchLine;
#[cfg(test)]
pub(crate) use pitch_line::tests as line;
pub use recorder::Recorder;
pub use rests::Incoming;
pub use transcriber::Transcriber;
pub use turn::Turn;

use crate::analysis::take::TakeStatistics;
use crate::analysis::{Known, Onset, Singer};
use crate::dsp::units::cents;
use crate::settings::Settings;

/// How far back anything that is decided may reach, seconds.
/// Chosen: together with the two seconds in which a held note's last step is given back, a bar sounds the same eight
/// seconds behind any start (docs/design.md §2, invariant 9).
pub const PAST_S: f64 = 6.0;

/// A held voice goes on as another note where the song position is a multiple of this, seconds, if it has been held
/// for long enough that no note is older than [`PAST_S`].
/// Chosen: less would cut notes that people sing, more would leave too little time to forget them.
const CONTINUED_S: f64 = 4.0;
/// Cents from one line of the notes' grid to the next. Source: definition.
const SEMITONE_CENTS: f64 = 100.0;

/// A hop of the input that may still lie ahead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ahead<'a> {
    /// What is known of it.
    pub known: Known,
    /// What is known of the singer then.
    pub singer: &'a Singer,
    /// Song position of its first sample.
    pub position_samples: i64,
    /// The settings that it came in with.
    pub settings: &'a Settings,
}

/// What is known of the hop that holds an absolute index; `None` where nothing is known, or no longer.
pub type Lookahead<'a> = dyn Fn(i64) -> Option<Ahead<'a>> + 'a;

/// The hops around a place of the song, by song position, as far as they belong to the same stretch of it: behind a
/// jump lies another place.
#[derive(Clone, Copy)]
pub(crate) struct View<'view, 'a> {
    /// Absolute index of song position 0.
    pub(crate) origin: i64,
    pub(crate) sample_rate_hz: f64,
    pub(crate) ahead: &'view Lookahead<'a>,
}

impl<'a> View<'_, 'a> {
    /// What is known of the hop that holds a song position.
    pub(crate) fn at(&self, position: i64) -> Option<Ahead<'a>> {
        let hop = (self.ahead)(position + self.origin)?;
        (hop.position_samples..hop.known.end - self.origin).contains(&position).then_some(hop)
    }

    /// The same of what is decided.
    pub(crate) fn decided_at(&self, position: i64) -> Option<Ahead<'a>> {
        self.at(position).filter(|hop| hop.known.is_decided)
    }

    /// The song position behind a hop.
    fn end(&self, hop: &Ahead<'_>) -> i64 {
        hop.known.end - self.origin
    }

    /// A time in samples.
    pub(crate) fn samples(&self, seconds: f64) -> i64 {
        (seconds * self.sample_rate_hz) as i64
    }

    /// The final pitch at a song position, cents re 1 Hz; `None` where nothing is voiced, or decided yet.
    fn decided_pitch_cents(&self, position: i64) -> Option<f64> {
        self.decided_at(position).and_then(|_| self.pitch_cents(position))
    }

    /// The pitch at a song position, cents re 1 Hz; `None` where nothing is voiced or known.
    fn pitch_cents(&self, position: i64) -> Option<f64> {
        let f0_hz = self.at(position).map_or(0.0, |hop| hop.known.frame.f0_hz);
        (f0_hz > 0.0).then(|| cents(f0_hz))
    }
}

/// A note, from the beginning of its vowel. Places are song positions, samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Note {
    /// Where its vowel begins: what listeners align to the beat (docs/voice.md).
    pub onset: i64,
    /// How it begins.
    pub kind: Onset,
    /// Where the consonants or the breath right before it begin: they are moved with it.
    pub unit_start: i64,
    /// Where the silence right before those begins; the same as `unit_start` if there is none.
    pub silence_start: i64,
    /// A phrase begins with it.
    pub is_phrase_start: bool,
    /// A held voice goes on: no note begins here in the take, but a plan does.
    pub is_continued: bool,
    /// Several voices sound: none is moved on its own.
    pub is_polyphonic: bool,
    /// Where its vowel ends; `None` as long as no end is in sight.
    pub end: Option<i64>,
    /// How far it lies above what the voice comes from without a pause, cents; 0 where it begins anew.
    pub leap_cents: f64,
    /// Its pitch, as far as it is known.
    pub course: Option<Course>,
}

impl Note {
    /// A note that begins at a song position and brings nothing along, of which no more is known.
    pub const fn at(onset: i64, kind: Onset) -> Self {
        Self {
            onset,
            kind,
            unit_start: onset,
            silence_start: onset,
            is_phrase_start: false,
            is_continued: false,
            is_polyphonic: false,
            end: None,
            leap_cents: 0.0,
            course: None,
        }
    }
}

/// What is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Found<N = usize> {
    /// A note begins: this one, or that of this number.
    Note(N),
    /// A vowel ends at this song position, or what is looked at begins with silence, or is silent still: another note
    /// will come.
    VowelEnd(i64),
    /// Nothing was voiced for so long before this song position that what was sung before is forgotten; another note
    /// will come.
    Forgotten(i64),
}

/// A rest that a phrase ends. Places are song positions, samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rest {
    /// Where the voice before it ended.
    pub voice_end: i64,
    /// Where its last silence begins: behind a breath of the take, if there is one.
    pub start: i64,
    /// Where the phrase begins that ends it, with its consonants.
    pub end: i64,
    /// Where that phrase is voiced first.
    pub voice: i64,
    /// Something was heard in it: the take breathes itself.
    pub has_own_breath: bool,
    /// How long the phrase before it was, samples, [`PAST_S`] at most; `None` if none is known.
    pub phrase_samples: Option<i64>,
    /// How loud the phrase is that ends it, dBFS rms, if that is known.
    pub voice_db: Option<f32>,
    /// It was learned: it is known before its end comes in.
    pub is_learned: bool,
}

/// What is known of the take when a note begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Profile {
    /// What its last seconds had of their own.
    pub take: TakeStatistics,
    /// How far the notes of the past lie off semitones, wherever the take's own lie, cents sd.
    pub off_pitch: Deviation,
    /// How far they lie off sixteenths, wherever the take's own lie, sixteenths sd.
    pub off_beat: Deviation,
    /// The pitch of the note before, as far as it is known.
    pub before: Option<Course>,
}

impl Profile {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self {
        take: TakeStatistics::UNKNOWN,
        off_pitch: Deviation::UNKNOWN,
        off_beat: Deviation::UNKNOWN,
        before: None,
    };
}

/// A standard deviation, and of how many it is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Deviation {
    /// In the unit of what deviates.
    pub sd: f32,
    /// How many notes it was measured on.
    pub n_notes: usize,
}

impl Deviation {
    /// Of no note.
    pub const UNKNOWN: Self = Self { sd: 0.0, n_notes: 0 };

    /// The deviation of at least so many notes.
    pub fn of(self, least_notes: usize) -> Option<f32> {
        (self.n_notes >= least_notes).then_some(self.sd)
    }
}
