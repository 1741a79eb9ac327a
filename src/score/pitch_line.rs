//! The take's own pitch around the place that is heard, with its integral.
//!
//! In: what is known of the hops ahead, each taken in once, when its pitch is decided. Out: which note a hop belongs
//! to, and the pitch summed up to any place. Sums run in whole thousandths of a cent, so that their differences are the
//! same wherever the sums began. Hops are counted from the beginning of the song.

use std::ops::Range;

use super::notes::{LEAST_HELD_S, is_place};
use super::{Ahead, CONTINUED_S, Lookahead};
use crate::analysis::take::Vibrato;
use crate::dsp::units::cents;

/// Hops kept. Source: computed, with a hop of a millisecond the most that a mode knows ahead, 0.28 s and what timing
/// and drift hold the pointer back, 0.21 s, and a cycle of the slowest vibrato behind.
const CAPACITY: usize = 1024;
/// Sums are counted in thousandths of a cent. Chosen: exact over an hour, and far finer than any pitch is known.
const RESOLUTION: f64 = 1000.0;
/// Where the pitch moves by more than this from hop to hop it has leapt, cents. Chosen: the widest vibrato moves by 6.
const MOST_STEP_CENTS: f64 = 30.0;

/// One hop of the take.
#[derive(Clone, Copy, Debug, Default)]
struct Point {
    /// Sum of all pitches before this hop, thousandths of a cent.
    sum_before: i64,
    /// Hops since the note began; `None` where there is no single pitch.
    in_note: Option<u32>,
}

/// The pitch of the hops around the one that is heard.
#[derive(Clone, Debug)]
pub struct PitchLine {
    hop_samples: i64,
    continued_samples: i64,
    least_held_samples: i64,
    ring: [Point; CAPACITY],
    /// The hops that were taken in.
    known: Range<i64>,
    is_begun: bool,
    sum: i64,
    last_cents: Option<f64>,
    vibrato: Option<Vibrato>,
}

impl PitchLine {
    /// Nothing is known yet.
    pub fn new(sample_rate_hz: f64, hop_samples: i64) -> Self {
        let ring = [Point::default(); CAPACITY];
        let samples = |seconds: f64| (seconds * sample_rate_hz).round() as i64;
        let [continued_samples, least_held_samples] = [CONTINUED_S, LEAST_HELD_S].map(samples);
        Self {
            hop_samples,
            continued_samples,
            least_held_samples,
            ring,
            known: 0..0,
            is_begun: false,
            sum: 0,
            last_cents: None,
            vibrato: None,
        }
    }

    /// Forgets everything: the song jumps.
    pub fn reset(&mut self) {
        let (known, vibrato) = (0..0, None);
        (self.known, self.is_begun, self.sum, self.last_cents, self.vibrato) = (known, false, 0, None, vibrato);
    }

    /// Takes in what is decided by now. Song position 0 lies at absolute index `origin`, and `from` is the first whole
    /// hop since the song jumped.
    pub fn read(&mut self, origin: i64, from: i64, ahead: &Lookahead<'_>) {
        if !self.is_begun {
            (self.known, self.is_begun) = (from..from, true);
        }
        while let Some(hop) = ahead(origin + self.known.end * self.hop_samples) {
            // Another jump may come ahead: behind it lies another place of the song.
            if !hop.known.is_decided || hop.position_samples != self.known.end * self.hop_samples {
                return;
            }
            self.push(&hop);
        }
    }

    fn push(&mut self, hop: &Ahead<'_>) {
        let number = self.known.end;
        let frame = &hop.known.frame;
        let cents = (frame.f0_hz > 0.0 && !frame.is_polyphonic).then(|| cents(frame.f0_hz));
        let is_on = |last: f64| cents.is_some_and(|cents| (cents - last).abs() < MOST_STEP_CENTS);
        let goes_on = frame.onset.is_none() && self.last_cents.is_some_and(is_on);
        // A held voice is parted as its notes are ([`super::notes`]).
        let at = number * self.hop_samples;
        let is_place = is_place(at, at + self.hop_samples, self.continued_samples);
        let is_held = |held: &u32| (i64::from(*held) + 1) * self.hop_samples >= self.least_held_samples;
        let before = self.point(number - 1).and_then(|point| point.in_note).filter(|_| goes_on);
        let before = before.filter(|before| !(is_place && is_held(before)));
        let in_note = cents.map(|_| before.map_or(0, |before| before.saturating_add(1)));
        self.ring[number.rem_euclid(CAPACITY as i64) as usize] = Point { sum_before: self.sum, in_note };
        self.sum += cents.map_or(0, |cents| (cents * RESOLUTION).round() as i64);
        self.last_cents = cents;
        self.vibrato = hop.singer.take.vibrato;
        self.known.end += 1;
    }

    /// The hop behind the last that is known.
    pub fn end(&self) -> i64 {
        self.known.end
    }

    /// What the take's vibrato was like when the last known hop was sung.
    pub fn vibrato(&self) -> Option<Vibrato> {
        self.vibrato
    }

    fn point(&self, number: i64) -> Option<Point> {
        let is_kept = self.known.contains(&number) && number >= self.known.end - CAPACITY as i64;
        is_kept.then(|| self.ring[number.rem_euclid(CAPACITY as i64) as usize])
    }

    /// Where the note began that a hop belongs to; `None` if it belongs to none, or is not known.
    pub fn note_at(&self, number: i64) -> Option<i64> {
        self.point(number)?.in_note.map(|in_note| number - i64::from(in_note))
    }

    /// The pitch summed from the beginning of hop `origin` to `offset_hops` behind that (or before it), cents times
    /// hops. `None` where it is not known.
    pub fn sum_cents(&self, origin: i64, offset_hops: f64) -> Option<f64> {
        let whole = offset_hops.floor();
        let number = origin + whole as i64;
        let here = self.point(number)?.sum_before;
        let next = self.point(number + 1).map_or(self.sum, |point| point.sum_before);
        let whole_sum = (here - self.point(origin)?.sum_before) as f64;
        Some((whole_sum + (offset_hops - whole) * (next - here) as f64) / RESOLUTION)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::analysis::{Frame, Known, Singer};
    use crate::settings::Settings;

    pub(crate) const HOP_SAMPLES: i64 = 64;

    /// A line that has heard these hops, which begin with hop `first`; `None` is a rest.
    pub(crate) fn heard(first: i64, cents: &[Option<f64>]) -> PitchLine {
        let singer = Singer::default();
        let mut line = PitchLine::new(48_000.0, HOP_SAMPLES);
        line.read(0, first, &|index| {
            let number = index / HOP_SAMPLES;
            let cents = cents.get((number - first) as usize)?;
            let f0_hz = cents.map_or(0.0, |cents| (cents / 1200.0).exp2() as f32);
            let frame = Frame { f0_hz, ..Frame::SILENCE };
            let known = Known { end: index + HOP_SAMPLES, frame, is_decided: true };
            Some(Ahead { known, singer: &singer, position_samples: index, settings: &Settings::NEUTRAL })
        });
        line
    }

    #[test]
    fn notes_are_parted_by_rests_and_leaps() {
        let mut cents = vec![Some(9000.0); 100];
        cents[40] = None;
        (70..100).for_each(|hop| cents[hop] = Some(9200.0 + hop as f64));
        let line = heard(-20, &cents);
        let notes = [-21, -20, 19, 20, 21, 49, 50, 79, 80].map(|hop| line.note_at(hop));
        assert_eq!(notes, [None, Some(-20), Some(-20), None, Some(21), Some(21), Some(50), Some(50), None]);
        assert_eq!(line.end(), 80);
    }

    #[test]
    fn sums_are_those_of_the_pitch_wherever_they_begin_and_of_the_last_hops_only() {
        let pitch = |hop: i64| Some(9000.0 + (hop % 17) as f64);
        let line = |first: i64| heard(first, &(first..3000).map(pitch).collect::<Vec<_>>());
        let (long, short) = (line(0), line(2800));
        assert_eq!(long.sum_cents(2890, -30.25), short.sum_cents(2890, -30.25));
        let sum = long.sum_cents(2890, 10.5).expect("within reach");
        let expected: f64 = (2890..2900).filter_map(pitch).sum::<f64>() + 0.5 * pitch(2900).expect("sung");
        assert!((sum - expected).abs() < 0.1, "{sum} {expected}");
        assert!(long.sum_cents(2890, 200.0).is_none() && long.note_at(3000 - CAPACITY as i64 - 1).is_none());
    }
}
