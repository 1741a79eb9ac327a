//! How far from the beat a singer sets a note.
//!
//! In: where in the bar a note begins, how much of a timing of its own the take lacks, the settings over it. Out: how
//! much later than in the input it is to be sung. People's timing does not jitter, it wanders: its spectrum falls with
//! frequency, and listeners prefer that to white deviations (Hennig et al., "The nature and perception of fluctuations
//! in human musical rhythms", PLoS ONE 6, 2011). Octaves of equal weight, each a smooth curve over the cells of the
//! bar, give 1/f; their values are a pure function of the cell.

use super::draws::normal;
use super::spread::{Drawn, Spread};
use crate::dsp::lattice::{self, Lattice};
use crate::dsp::noise::{Performance, Stream};
use crate::score::Note;
use crate::settings::{Settings, Tempo};

/// Cells per point of the octaves' curves: 1, which is white, to 32.
/// Source: docs/design.md §6. Measured: deviations of notes two to eight cells apart have a DFA exponent of 0.9 to 1.0
/// at full memory, and 0.5 without (the test below).
const OCTAVES: usize = 6;
/// The largest deviation, in standard deviations.
/// Source: docs/design.md §6.
const MOST_DEVIATION: f64 = 2.5;

/// So long before a note that begins in sound its step is asked for, seconds, and by so many times the step's size
/// sooner.
/// Chosen: some periods of a low voice and time to wait for some that are alike; the renderer steps by 12 ms in 30.
pub(crate) const LEAD_S: f64 = 0.06;
pub(crate) const LEAD_PER_STEP: f64 = 3.0;
/// It is not asked for sooner behind the note before, seconds.
/// Chosen: that note must have been sung.
pub(crate) const LEAST_AGE_S: f64 = 0.04;
/// A silence that is to hold a step must be longer than it by this, seconds; else the step is asked for before it.
/// Source: computed, two crossfades and the way into it.
pub(crate) const SILENCE_MARGIN_S: f64 = 0.03;
/// So many notes on either side have a say in when one is sung.
/// Chosen: as many as a fast run has in the four seconds that are looked at.
const N_AROUND: usize = 40;

/// What is asked of the times of notes.
#[derive(Clone, Copy, Debug)]
pub struct TimingAsked<'a> {
    /// The share of a deviation that the take lacks, `0..=1`.
    pub share: f32,
    /// What the draws of the song's notes come to.
    pub spread: Spread,
    /// What the user asks for.
    pub settings: &'a Settings,
    /// The furthest that a note may be moved, ms: early and late.
    pub reach_ms: [f64; 2],
    /// Samples per second of the notes' places.
    pub sample_rate_hz: f64,
}

impl TimingAsked<'_> {
    /// How much later than in the input a note at a song position, samples, is to be sung, ms, if nothing is known of
    /// the notes around it. Realtime-safe.
    pub fn alone_ms(&self, position: i64) -> f64 {
        self.wanted_ms(position, self.share)
    }

    /// The same of a note among others: `earlier`, the newest first, and `later`, the next first. A note that comes so
    /// soon behind another that the one before would have to be cut short is not sung that early: both meet halfway
    /// where both are known, otherwise the later one gives way. Realtime-safe.
    pub fn among_ms(
        &self,
        note: &Note,
        earlier: impl Iterator<Item = Note>,
        later: Option<impl Iterator<Item = Note>>,
    ) -> f64 {
        if !is_on(self.settings) {
            return 0.0;
        }
        let wanted_ms = self.wanted_of_ms(note);
        // No two notes are drawn further apart.
        let most_ms = self.reach_ms[0] + self.reach_ms[1];
        // The earliest that the notes before leave room for: the least curve above all of what is wanted.
        let (mut next, mut room_ms, mut earliest_ms) = (*note, 0.0, wanted_ms);
        for before in earlier.take(N_AROUND) {
            room_ms += self.room_ms(&before, &next);
            if room_ms >= most_ms {
                break;
            }
            earliest_ms = earliest_ms.max(self.wanted_of_ms(&before) - room_ms);
            next = before;
        }
        let Some(later) = later else { return earliest_ms };
        // The latest that leaves room for the notes behind: the greatest curve below.
        let (mut before, mut room_ms, mut latest_ms) = (*note, 0.0, wanted_ms);
        for next in later.take(N_AROUND) {
            room_ms += self.room_ms(&before, &next);
            if room_ms >= most_ms {
                break;
            }
            latest_ms = latest_ms.min(self.wanted_of_ms(&next) + room_ms);
            before = next;
        }
        0.5 * (earliest_ms + latest_ms)
    }

    fn wanted_ms(&self, position: i64, share: f32) -> f64 {
        let settings = self.settings;
        if !is_on(settings) {
            return 0.0;
        }
        let position_s = position as f64 / self.sample_rate_hz;
        let deviation = self.spread.normalized(SpreadSettings::of(settings).deviation(position_s), MOST_DEVIATION);
        let wanted_ms = f64::from(share * settings.timing_ms) * deviation + f64::from(settings.feel_ms);
        let [early_ms, late_ms] = self.reach_ms;
        (f64::from(settings.amount) * wanted_ms).clamp(-early_ms, late_ms)
    }

    fn wanted_of_ms(&self, note: &Note) -> f64 {
        self.wanted_ms(note.onset, if is_movable(note) { self.share } else { 0.0 })
    }

    /// By how much the way from a note to the next can be made shorter without cutting anything but a silence or a
    /// third of the vowel, ms.
    fn room_ms(&self, before: &Note, next: &Note) -> f64 {
        let seconds = |samples: i64| samples as f64 / self.sample_rate_hz;
        let silence_s = seconds(next.unit_start - next.silence_start) - SILENCE_MARGIN_S;
        let vowel = vowel_end(before, next) - before.onset;
        let vowel_s = (seconds(vowel) - LEAST_AGE_S - LEAD_S) / LEAD_PER_STEP;
        1000.0 * silence_s.max(vowel_s).max(0.0)
    }
}

/// Where the vowel of a note ends, at the latest where what belongs to the next begins: before that there may be
/// consonants that end a word.
pub fn vowel_end(note: &Note, next: &Note) -> i64 {
    note.end.map_or(next.silence_start, |end| end.min(next.silence_start))
}

/// Whether a note is moved on its own: nobody hears when a held voice goes on, and several voices are not moved one by
/// one.
pub fn is_movable(note: &Note) -> bool {
    !note.is_continued && !note.is_polyphonic
}

/// What the deviations of a song's notes depend on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpreadSettings {
    performance: Performance,
    memory: f32,
    tempo: Tempo,
}

impl SpreadSettings {
    /// Those of these settings.
    pub fn of(settings: &Settings) -> Self {
        let Settings { performance, memory, tempo, .. } = *settings;
        Self { performance, memory, tempo }
    }

    /// What the notes at song positions, seconds, come to. Realtime-safe.
    pub fn spread(&self, positions_s: impl Iterator<Item = f64> + Clone) -> Spread {
        Spread::of(positions_s, |position_s| Drawn { deviation: self.deviation(position_s), weight: 1.0 })
    }

    /// The deviation of a note at a song position, seconds.
    fn deviation(&self, position_s: f64) -> f64 {
        deviation(self.performance, self.tempo.sixteenth(position_s), f64::from(self.memory))
    }
}

/// Whether timing is asked for at all.
pub(super) fn is_on(settings: &Settings) -> bool {
    settings.amount > 0.0 && (settings.timing_ms > 0.0 || settings.feel_ms != 0.0)
}

/// The deviation of a note in a cell: of unit variance, within ±[`MOST_DEVIATION`]. `memory` goes from 0, white, to 1,
/// 1/f.
fn deviation(who: Performance, cell: i64, memory: f64) -> f64 {
    let octave_variance = memory / OCTAVES as f64;
    let white_variance = 1.0 - octave_variance * (OCTAVES - 1) as f64;
    let octave = |k: i32| Lattice::new(Stream::Timing, k as u32, 0.5_f64.powi(k)).at(who, cell, 1.0).value;
    let slow: f64 = (1..OCTAVES as i32).map(octave).sum::<f64>() / lattice::RMS;
    let deviation = octave_variance.sqrt() * slow + white_variance.sqrt() * normal(who, Stream::Timing, 0, cell);
    deviation.clamp(-MOST_DEVIATION, MOST_DEVIATION)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Onset;

    /// Deviations of notes two to eight cells apart.
    fn notes(take: u32, memory: f64, count: usize) -> Vec<f64> {
        let cells = (0..count).scan(0, |cell, k| {
            *cell += [4, 2, 2, 8, 4, 4, 2][k % 7];
            Some(*cell)
        });
        cells.map(|cell| deviation(Performance { seed: 1, take }, cell, memory)).collect()
    }

    /// Rms about the best line of each stretch of the summed deviations.
    fn fluctuation(profile: &[f64], len: usize) -> f64 {
        let x_mean = (len - 1) as f64 / 2.0;
        let x_square: f64 = (0..len).map(|x| (x as f64 - x_mean).powi(2)).sum();
        let stretches = profile.chunks_exact(len);
        let n = stretches.len() as f64;
        let residual = |stretch: &[f64]| {
            let mean = stretch.iter().sum::<f64>() / len as f64;
            let slope = stretch.iter().enumerate().map(|(x, y)| (x as f64 - x_mean) * y).sum::<f64>() / x_square;
            let distance = |(x, y): (usize, &f64)| (y - mean - slope * (x as f64 - x_mean)).powi(2);
            stretch.iter().enumerate().map(distance).sum::<f64>() / len as f64
        };
        (stretches.map(residual).sum::<f64>() / n).sqrt()
    }

    /// The exponent of detrended fluctuation analysis (Peng et al., "Mosaic organization of DNA nucleotides", Phys.
    /// Rev. E 49, 1994) over 4 to 64 notes, mean of many takes.
    fn exponent(memory: f64) -> f64 {
        const LENGTHS: [usize; 5] = [4, 8, 16, 32, 64];
        let takes = 1..=20;
        let n_takes = takes.clone().count() as f64;
        let of_take = |take| {
            let profile: Vec<f64> = notes(take, memory, 512)
                .into_iter()
                .scan(0.0, |sum, deviation| {
                    *sum += deviation;
                    Some(*sum)
                })
                .collect();
            let points = LENGTHS.map(|len| ((len as f64).ln(), fluctuation(&profile, len).ln()));
            let x_mean = points.iter().map(|(x, _)| x).sum::<f64>() / points.len() as f64;
            let rise: f64 = points.iter().map(|(x, y)| (x - x_mean) * y).sum();
            rise / points.iter().map(|(x, _)| (x - x_mean).powi(2)).sum::<f64>()
        };
        takes.map(of_take).sum::<f64>() / n_takes
    }

    #[test]
    fn with_memory_it_is_one_over_f_and_without_it_is_white() {
        let [white, default, full] = [0.0, 0.8, 1.0].map(exponent);
        println!("DFA exponents: {white:.2} without memory, {default:.2} by default, {full:.2} at full memory");
        assert!((white - 0.5).abs() < 0.1 && (full - 0.9).abs() < 0.1, "{white} {full}");
        assert!(white < default && default < full);
    }

    #[test]
    fn its_variance_is_one_and_it_is_bounded() {
        for memory in [0.0, 0.5, 1.0] {
            let all: Vec<f64> = (1..=40).flat_map(|take| notes(take, memory, 400)).collect();
            let mean = all.iter().sum::<f64>() / all.len() as f64;
            let rms = (all.iter().map(|x| x * x).sum::<f64>() / all.len() as f64).sqrt();
            assert!(mean.abs() < 0.05 && (rms - 1.0).abs() < 0.05, "{memory}: mean {mean}, rms {rms}");
            assert!(all.iter().all(|x| x.abs() <= MOST_DEVIATION));
        }
    }

    const RATE_HZ: f64 = 48_000.0;

    fn asked(spread: Spread, settings: &Settings) -> TimingAsked<'_> {
        TimingAsked { share: 1.0, spread, settings, reach_ms: [150.0; 2], sample_rate_hz: RATE_HZ }
    }

    /// Notes in one voice without a pause, so many seconds apart.
    fn run(every_s: f64, count: usize) -> Vec<Note> {
        let onset = |k: usize| (every_s * k as f64 * RATE_HZ) as i64;
        (0..count).map(|k| Note::at(onset(k), Onset::Legato)).collect()
    }

    /// How late each is sung, where the later ones are known and where they are not.
    fn late_ms(notes: &[Note], asked: &TimingAsked<'_>) -> [Vec<f64>; 2] {
        [true, false].map(|are_known| {
            let later = |k: usize| are_known.then(|| notes[k + 1..].iter().copied());
            let late = |k: usize| asked.among_ms(&notes[k], notes[..k].iter().rev().copied(), later(k));
            (0..notes.len()).map(late).collect()
        })
    }

    fn of_seed(seed: u32, timing_ms: f32) -> Settings {
        let performance = Performance { seed, take: 1 };
        Settings { amount: 1.0, timing_ms, feel_ms: 5.0, memory: 0.8, performance, ..Settings::NEUTRAL }
    }

    #[test]
    fn over_a_song_that_is_known_the_knobs_are_literal() {
        for (seed, timing_ms) in (1..=20).zip([10.0, 20.0].into_iter().cycle()) {
            let settings = of_seed(seed, timing_ms);
            let notes = run(0.4, 60);
            let positions_s = notes.iter().map(|note| note.onset as f64 / RATE_HZ);
            let spread = SpreadSettings::of(&settings).spread(positions_s);
            let [late, _] = late_ms(&notes, &asked(spread, &settings));
            let mean = late.iter().sum::<f64>() / late.len() as f64;
            let sd = (late.iter().map(|ms| (ms - mean).powi(2)).sum::<f64>() / late.len() as f64).sqrt();
            assert!((mean - 5.0).abs() < 0.5, "seed {seed}: mean {mean}");
            assert!((sd / f64::from(timing_ms) - 1.0).abs() < 0.05, "seed {seed}: {sd} for {timing_ms}");
        }
    }

    #[test]
    fn no_note_is_sung_so_early_that_the_one_before_must_be_cut_short() {
        // A third of what a note has beside its beginning and the time to wait for a place.
        let mut n_limited = 0;
        for (seed, every_s) in (1..=30).zip([0.25, 0.14, 0.1].into_iter().cycle()) {
            let room_ms = 1000.0 * (every_s - 0.1) / 3.0;
            let settings = of_seed(seed, 40.0);
            let asked = asked(Spread::UNIT, &settings);
            let notes = run(every_s, 40);
            let wanted: Vec<f64> = notes.iter().map(|note| asked.alone_ms(note.onset)).collect();
            let [learned, heard] = late_ms(&notes, &asked);
            for late in [&learned, &heard] {
                let earliest = late.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
                assert!(earliest >= -room_ms - 0.1, "seed {seed}: {earliest}");
            }
            assert!(heard.iter().zip(&wanted).all(|(late, wanted)| late >= wanted));
            let moved_ms = |late: &[f64]| late.iter().zip(&wanted).map(|(late, wanted)| late - wanted).sum::<f64>();
            assert!(moved_ms(&learned).abs() <= 0.75 * moved_ms(&heard), "both give way");
            n_limited += heard.iter().zip(&wanted).filter(|(late, wanted)| late > wanted).count();
        }
        assert!(n_limited > 60, "{n_limited}");
    }

    #[test]
    fn notes_with_silence_between_them_are_sung_as_they_are_drawn() {
        let settings = of_seed(3, 40.0);
        let silent = |note: Note| Note { silence_start: note.onset - 12_000, unit_start: note.onset, ..note };
        let notes: Vec<Note> = run(0.3, 40).into_iter().map(silent).collect();
        let asked = asked(Spread::UNIT, &settings);
        let wanted: Vec<f64> = notes.iter().map(|note| asked.alone_ms(note.onset)).collect();
        assert_eq!(late_ms(&notes, &asked), [wanted.clone(), wanted]);
        // A held voice that goes on, and several voices, are moved by what all notes are: by Feel.
        let still = [Note { is_continued: true, ..notes[5] }, Note { is_polyphonic: true, ..notes[5] }];
        for note in still {
            assert_eq!(asked.among_ms(&note, std::iter::empty(), None::<std::iter::Empty<Note>>), 5.0);
        }
    }

    #[test]
    fn notes_that_lie_together_are_not_torn_apart() {
        let settings = Settings { amount: 1.0, timing_ms: 10.0, memory: 0.8, ..Settings::NEUTRAL };
        let spread = SpreadSettings::of(&settings).spread((0..10).map(|_| 3.0));
        let asked = asked(spread, &settings);
        let late_ms = |position_s: f64| asked.alone_ms((position_s * RATE_HZ) as i64);
        assert_eq!(late_ms(3.0), 0.0);
        // Far from all of them they are not all put as far off as notes may be.
        let others = (0..200).map(|k| late_ms(0.25 * f64::from(k)).abs());
        assert!(others.filter(|late_ms| *late_ms > 24.9).count() < 100);
    }

    #[test]
    fn of_a_very_long_song_some_notes_are_counted_that_are_spread_evenly() {
        let settings = SpreadSettings::of(&Settings { memory: 0.8, ..Settings::NEUTRAL });
        let all = (0..1000).map(|k| 0.5 * f64::from(k));
        assert_eq!(settings.spread(all.clone()), settings.spread(all.step_by(6)));
    }

    #[test]
    fn timing_is_on_where_anything_is_asked_for() {
        let neutral = Settings { amount: 1.0, ..Settings::NEUTRAL };
        let asked = [Settings { timing_ms: 8.0, ..neutral }, Settings { feel_ms: -3.0, ..neutral }];
        assert!(asked.iter().all(is_on) && !is_on(&neutral));
        assert!(asked.iter().all(|settings| !is_on(&Settings { amount: 0.0, ..*settings })));
    }
}
