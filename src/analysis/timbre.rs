//! Measurements at longer intervals, on a finer stream than the pitch: envelope, harmonics-to-noise ratio, jitter.
//!
//! In: the fine signal, and which moments were decided to be voiced. Out: each measure for the moments after it. Each
//! has its own windows of the absolute grid, so that no two are measured in the same hop, which limits the cost of a
//! short block.

use super::envelope::{Envelope, EnvelopeFinder};
use super::grid::windows;
use super::harmonicity::HarmonicityFinder;
use super::jitter;
use super::stream::Stream;
use super::tracker::MAX_LOOKAHEAD;

/// Windows between two measurements of the harmonics-to-noise ratio. Breathiness changes no faster than the syllables.
/// Measured: by `cargo xtask bench`, one measurement costs as much as all else in five windows.
const WINDOWS_PER_HNR: i64 = windows(0.085) as i64;
/// Windows between two measurements of jitter. Source: computed from [`WINDOWS_PER_HNR`].
const WINDOWS_PER_JITTER: i64 = WINDOWS_PER_HNR;
/// Their place, half way between the measurements of the ratio. Source: computed from [`WINDOWS_PER_JITTER`].
const JITTER_AT: i64 = WINDOWS_PER_JITTER / 2;
/// Windows between two measurements of the envelope, which is interpolated in between: within 43 ms the tongue may move
/// from vowel to vowel. Measured: by `cargo xtask bench`, one costs two thirds of all else in a window.
const WINDOWS_PER_ENVELOPE: i64 = windows(0.043) as i64;
/// Their place among the windows. Source: computed from [`WINDOWS_PER_ENVELOPE`].
const ENVELOPE_AT: i64 = WINDOWS_PER_ENVELOPE / 2;
/// Envelopes kept, from the newest to the one before the oldest verdict. Source: computed from the longest look-ahead.
const N_ENVELOPES: usize = MAX_LOOKAHEAD / WINDOWS_PER_ENVELOPE as usize + 2;

/// A moment whose pitch is final.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// Its window's number on the absolute grid.
    pub(super) number: i64,
    /// Absolute index of its middle, samples.
    pub(super) middle: i64,
    /// Pitch, Hz.
    pub(super) f0_hz: Option<f32>,
    /// Whether anything is audible.
    pub(super) is_heard: bool,
}

/// An envelope and the absolute index it belongs to; `None` in silence.
type Placed = (i64, Option<Envelope>);

/// The measurements on the finer stream.
#[derive(Clone)]
pub(super) struct Timbre {
    rate_hz: f64,
    harmonicity: HarmonicityFinder,
    finder: EnvelopeFinder,
    /// The newest first.
    envelopes: [Placed; N_ENVELOPES],
}

impl Timbre {
    /// For a fine signal of this rate. Allocates.
    pub(super) fn new(rate_hz: f64) -> Self {
        Self {
            rate_hz,
            harmonicity: HarmonicityFinder::new(rate_hz),
            finder: EnvelopeFinder::new(rate_hz),
            envelopes: [(i64::MIN, None); N_ENVELOPES],
        }
    }

    pub(super) fn reset(&mut self) {
        self.envelopes = [(i64::MIN, None); N_ENVELOPES];
    }

    /// The harmonics-to-noise ratio by band at a moment, dB, if it is due there; the inner `None` where unvoiced.
    pub(super) fn hnr_db(&mut self, moment: &Moment, fine: &Stream) -> Option<Option<[f32; 4]>> {
        let measure = |f0_hz: f32| {
            let stretch = fine.around(moment.middle, self.harmonicity.stretch_len(f0_hz));
            self.harmonicity.find(stretch, f0_hz)
        };
        (moment.number.rem_euclid(WINDOWS_PER_HNR) == 0).then(|| moment.f0_hz.map(measure))
    }

    /// The jitter at a moment, %, if it is due there and can be measured; `phase` is the glottal phase.
    pub(super) fn jitter_percent(&self, moment: &Moment, phase: f32, fine: &Stream) -> Option<f32> {
        let period = (self.rate_hz / f64::from(moment.f0_hz?)) as f32;
        let is_due = moment.number.rem_euclid(WINDOWS_PER_JITTER) == JITTER_AT;
        let stretch = |period| fine.around(moment.middle, jitter::stretch_len(period));
        (is_due && jitter::can_tell(period)).then(|| jitter::jitter_percent(stretch(period), period, phase)).flatten()
    }

    /// Measures the envelope at a moment, if it is due there.
    pub(super) fn hear_envelope(&mut self, moment: &Moment, fine: &Stream) {
        if moment.number.rem_euclid(WINDOWS_PER_ENVELOPE) != ENVELOPE_AT {
            return;
        }
        let stretch = fine.around(moment.middle, self.finder.stretch_len());
        let envelope = moment.is_heard.then(|| self.finder.find(stretch, moment.f0_hz.unwrap_or(0.0)));
        self.envelopes.rotate_right(1);
        self.envelopes[0] = (moment.middle, envelope);
    }

    /// The envelope at absolute index `middle`, interpolated between the measurements around it, or the nearer one
    /// where only that is known.
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

#[cfg(test)]
mod tests {
    use super::super::envelope::BANDS;
    use super::*;

    #[test]
    fn between_two_measurements_an_envelope_goes_evenly_from_one_to_the_other() {
        let mut timbre = Timbre::new(24_000.0);
        let level = |db: f32| Some(Envelope { levels_db: [db; BANDS] });
        (timbre.envelopes[1], timbre.envelopes[0]) = ((1000, level(-30.0)), (2000, level(-10.0)));
        let db_at = |timbre: &Timbre, middle| timbre.envelope_at(middle).map(|envelope| envelope.levels_db[3]);
        for (middle, expected_db) in [(1000, -30.0), (1250, -25.0), (1500, -20.0), (1900, -12.0), (2000, -10.0)] {
            let found_db = db_at(&timbre, middle);
            assert!(found_db.is_some_and(|db| (db - expected_db).abs() < 1e-3), "{middle}: {found_db:?}");
        }
        assert_eq!(db_at(&timbre, 2500), Some(-10.0), "and stays there as long as nothing else is known");
        timbre.envelopes[0].1 = None;
        assert_eq!(db_at(&timbre, 1500), Some(-30.0), "at the edge of silence the nearer one counts");
    }
}
