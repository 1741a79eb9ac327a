//! What is measured now and then, on a finer stream than the pitch: envelope, harmonics-to-noise ratio, jitter.
//!
//! In: complete hops, and which moments were decided to be voiced. Out: each measure for the moments after it. Each has
//! its own windows of the absolute grid, so that no two fall on one hop and a short block never pays for both.

use crate::dsp::history::History;

use super::Heard;
use super::envelope::{Envelope, EnvelopeFinder};
use super::harmonicity::HarmonicityFinder;
use super::jitter;
use super::stream::Stream;
use super::tracker::MAX_LOOKAHEAD;

/// Windows between two measurements of the harmonics-to-noise ratio: 85 ms. Breathiness changes no faster than the
/// syllable, and one measurement costs as much as five windows do otherwise (bench).
const WINDOWS_PER_HNR: i64 = 16;
/// … between two of jitter, half way between those of the ratio.
const WINDOWS_PER_JITTER: i64 = 16;
const JITTER_AT: i64 = 8;
/// … between two of the envelope: 43 ms, within which a tongue may move from vowel to vowel; in between it is
/// interpolated. One costs two thirds of a window (bench).
const WINDOWS_PER_ENVELOPE: i64 = 8;
const ENVELOPE_AT: i64 = 4;
/// Envelopes kept: from the one just measured to the one before the oldest verdict.
const N_ENVELOPES: usize = MAX_LOOKAHEAD / WINDOWS_PER_ENVELOPE as usize + 2;

/// A moment whose pitch is decided.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// Its window's number on the absolute grid.
    pub(super) number: i64,
    /// Absolute index of its middle, samples.
    pub(super) middle: i64,
    /// Pitch, Hz.
    pub(super) f0_hz: Option<f32>,
    /// Whether anything is heard.
    pub(super) is_heard: bool,
}

/// An envelope and the absolute index it belongs to; `None` where nothing was heard.
type Placed = (i64, Option<Envelope>);

/// Measures on the finer stream.
#[derive(Clone)]
pub(super) struct Timbre {
    rate_hz: f64,
    fine: Stream,
    harmonicity: HarmonicityFinder,
    finder: EnvelopeFinder,
    /// The newest first.
    envelopes: [Placed; N_ENVELOPES],
}

impl Timbre {
    /// For every `factor`-th sample, of which `capacity` are kept. Allocates.
    pub(super) fn new(sample_rate_hz: f64, factor: usize, capacity: usize) -> Self {
        let rate_hz = sample_rate_hz / factor as f64;
        Self {
            rate_hz,
            fine: Stream::new(factor, capacity),
            harmonicity: HarmonicityFinder::new(rate_hz),
            finder: EnvelopeFinder::new(rate_hz),
            envelopes: [(i64::MIN, None); N_ENVELOPES],
        }
    }

    pub(super) fn reset(&mut self) {
        self.fine.reset();
        self.envelopes = [(i64::MIN, None); N_ENVELOPES];
    }

    /// Takes in a complete hop.
    pub(super) fn hear(&mut self, history: &History, heard: Heard) {
        self.fine.hear(history, heard);
    }

    /// The harmonics-to-noise ratio by band at a moment, dB, if it is to be measured there; then `None` within where
    /// it is unvoiced. The input up to `end` is known.
    pub(super) fn hnr_db(&mut self, moment: &Moment, end: i64) -> Option<Option<[f32; 4]>> {
        let measure = |f0_hz: f32| {
            let stretch = self.fine.around(moment.middle, end, self.harmonicity.stretch_len(f0_hz));
            self.harmonicity.find(stretch, f0_hz)
        };
        (moment.number.rem_euclid(WINDOWS_PER_HNR) == 0).then(|| moment.f0_hz.map(measure))
    }

    /// The jitter at a moment, %, if it is to be measured there and can be; `phase` is that of the vocal folds.
    pub(super) fn jitter_percent(&self, moment: &Moment, phase: f32, end: i64) -> Option<f32> {
        let period = (self.rate_hz / f64::from(moment.f0_hz?)) as f32;
        let is_due = moment.number.rem_euclid(WINDOWS_PER_JITTER) == JITTER_AT;
        let stretch = |period| self.fine.around(moment.middle, end, jitter::stretch_len(period));
        (is_due && jitter::can_tell(period)).then(|| jitter::jitter_percent(stretch(period), period, phase)).flatten()
    }

    /// Measures the envelope at a moment, if its turn has come.
    pub(super) fn hear_envelope(&mut self, moment: &Moment, end: i64) {
        if moment.number.rem_euclid(WINDOWS_PER_ENVELOPE) != ENVELOPE_AT {
            return;
        }
        let stretch = self.fine.around(moment.middle, end, self.finder.stretch_len());
        let envelope = moment.is_heard.then(|| self.finder.find(stretch, moment.f0_hz.unwrap_or(0.0)));
        self.envelopes.rotate_right(1);
        self.envelopes[0] = (moment.middle, envelope);
    }

    /// The envelope at absolute index `middle`: between the two measured around it, or the nearer one where only that
    /// is known.
    pub(super) fn envelope_at(&self, middle: i64) -> Option<Envelope> {
        let later = self.envelopes.iter().rposition(|(at, _)| *at >= middle);
        let (to, from) = match later {
            Some(later) => (self.envelopes[later], self.envelopes.get(later + 1).copied()),
            None => (self.envelopes[0], None),
        };
        match (from.and_then(|(at, envelope)| Some((at, envelope?))), to.1) {
            (Some((from_at, from)), Some(envelope)) => {
                let share = (middle - from_at) as f32 / (to.0 - from_at).max(1) as f32;
                Some(from.towards(&envelope, share.clamp(0.0, 1.0)))
            }
            (Some((_, from)), None) => Some(from),
            (None, envelope) => envelope,
        }
    }
}
