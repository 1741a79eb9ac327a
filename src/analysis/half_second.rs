//! What the analysis knew of each half second of a song in an earlier pass.
//!
//! In: [`HalfSecond`]s as the analysis completes them. Out: the same at any place of the song, in any order. What is
//! slow in the analysis (levels of the singer and of the room, which view of a stereo input is heard, polyphony, the
//! take's own statistics) takes seconds to be known from what is heard; known beforehand, it is the same from any
//! start. All of it is kept in whole numbers, so that it is the same in memory and in a file.

use serde::{Deserialize, Serialize};

use super::FLOOR_DB;
use super::agreement::is_same_take;
use super::levels::Thresholds;
use super::take::{TakeStatistics, Vibrato};

/// Half seconds a second. Source: definition.
const PER_S: f64 = 2.0;
/// Levels are kept in steps of this, dB, from [`FLOOR_DB`] on.
/// Chosen: finer than the thresholds' own estimates, and 127 dB in a byte.
const LEVEL_STEP_DB: f32 = 0.5;
/// Parts of a half second that have a print of their own. Chosen: an eighth of a second, a syllable; shorter parts of
/// two takes that are alike differ by chance.
pub(super) const N_PARTS: usize = 4;
/// The level of a part that tells nothing. Source: definition, above all that are kept.
pub(super) const NOT_COMPARED: u8 = u8::MAX;
/// Pitches are kept in steps of this, cents. Chosen: far finer than two takes agree.
const PITCH_STEP_CENTS: f32 = 2.0;
/// Nothing is remembered for longer than so many half seconds: six seconds. Source: computed from the analysis.
const MOST_RUN_UP: u8 = 12;
/// Statistics of the take that are kept. Source: the number of their fields.
const N_STATISTICS: usize = 18;

/// The number of the half second that holds a song position.
pub(crate) fn half_second_at(position_samples: i64, sample_rate_hz: f64) -> i64 {
    (position_samples as f64 * PER_S / sample_rate_hz).floor() as i64
}

/// What was heard in an eighth of a second, roughly: enough to tell whether it is the same take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PartPrint {
    /// Level, in steps; [`NOT_COMPARED`] where its windows were heard in part.
    pub(super) level: u8,
    /// Mean pitch of what is voiced, in steps re 1 Hz.
    pub(super) pitch: u16,
    /// Windows that are voiced.
    pub(super) n_voiced: u8,
}

/// The same of a half second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Print(pub(super) [PartPrint; N_PARTS]);

/// A level in steps.
pub(super) fn level_steps(level_db: f32) -> u8 {
    ((level_db - FLOOR_DB) / LEVEL_STEP_DB).round().clamp(0.0, f32::from(NOT_COMPARED - 1)) as u8
}

/// A level from steps, dBFS.
pub(super) fn level_db(steps: u8) -> f32 {
    FLOOR_DB + LEVEL_STEP_DB * f32::from(steps)
}

/// A pitch in steps.
pub(super) fn pitch_steps(cents: f32) -> u16 {
    (cents / PITCH_STEP_CENTS).round().clamp(0.0, 65_535.0) as u16
}

/// What the analysis knew of a half second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HalfSecond {
    pub(super) print: Print,
    /// The thresholds of [`Thresholds`], in steps.
    thresholds: [u8; 7],
    /// Which view of a stereo input is heard, and whether it is polyphonic.
    pub(super) view: u8,
    pub(super) is_polyphonic: bool,
    /// Half seconds that had been heard before it in one stretch, [`MOST_RUN_UP`] at most.
    run_up: u8,
    /// The statistics of the take, in steps of their own, 0 where there is none.
    statistics: [u16; N_STATISTICS],
}

/// Steps of the statistics, in the order in which they are kept.
/// Chosen: a hundredth of what each usually is; a ratio and a level need a part of a dB.
const STEPS: [f32; N_STATISTICS] =
    [0.01, 0.05, 0.05, 0.05, 0.002, 0.05, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.005, 0.05, 0.001, 0.001, 0.01, 0.01];
/// What is added to a statistic, so that none is negative. Source: the ratios and levels of the analysis, −120 dB at
/// least.
const OFFSETS: [f32; N_STATISTICS] =
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 200.0, 200.0, 200.0, 200.0, 200.0, 200.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];

impl HalfSecond {
    pub(super) fn new(
        print: Print,
        thresholds: &Thresholds,
        view: usize,
        is_polyphonic: bool,
        take: &TakeStatistics,
    ) -> Self {
        let Thresholds { loudest_db, floor_db, vowel_floor_db, high_floor_db, silence_db, pitched_silence_db } =
            *thresholds;
        let [vowel_db, longer_db] = vowel_floor_db;
        let levels_db = [loudest_db, floor_db, vowel_db, longer_db, high_floor_db, silence_db, pitched_silence_db];
        Self {
            print,
            thresholds: levels_db.map(level_steps),
            view: view as u8,
            is_polyphonic,
            run_up: 0,
            statistics: packed(take),
        }
    }

    pub(super) fn thresholds(&self) -> Thresholds {
        let [loudest_db, floor_db, vowel_db, longer_db, high_floor_db, silence_db, pitched_silence_db] =
            self.thresholds.map(level_db);
        let vowel_floor_db = [vowel_db, longer_db];
        Thresholds { loudest_db, floor_db, vowel_floor_db, high_floor_db, silence_db, pitched_silence_db }
    }

    /// The statistics of the take, as they were known a little later.
    pub fn take(&self) -> TakeStatistics {
        unpacked(&self.statistics)
    }

    /// The same half second with the statistics of another.
    #[must_use]
    pub fn with_take_of(self, other: &Self) -> Self {
        Self { statistics: other.statistics, ..self }
    }

    /// Seconds of it that are voiced.
    pub fn voiced_s(&self) -> f32 {
        let n_voiced: u32 = self.print.0.iter().map(|part| u32::from(part.n_voiced)).sum();
        n_voiced as f32 * super::grid::WINDOW_S
    }

    /// The same half second, of which so many half seconds had been heard before it in one stretch.
    #[must_use]
    pub fn with_run_up(self, run_up: u8) -> Self {
        Self { run_up: run_up.min(MOST_RUN_UP), ..self }
    }

    /// Whether this is to be kept instead of what is known: another take always is; of the same take that which was
    /// heard with as much before it, because what is slow takes seconds to be known.
    pub fn replaces(&self, known: &Self) -> bool {
        self.run_up >= known.run_up || !is_same_take(self, known)
    }
}

fn packed(take: &TakeStatistics) -> [u16; N_STATISTICS] {
    let TakeStatistics {
        held_s,
        drift_cents,
        vibrato_band_cents,
        flutter_cents,
        jitter_percent,
        vibrato,
        scoop_cents,
        hnr_db,
        noise_db,
        voice_db,
    } = *take;
    let hnr = |band: usize| hnr_db.map(|hnr_db| hnr_db[band]);
    let of_vibrato = |part: fn(Vibrato) -> f32| vibrato.map(part);
    let values = [
        Some(held_s),
        drift_cents,
        vibrato_band_cents,
        flutter_cents,
        jitter_percent,
        scoop_cents,
        hnr(0),
        hnr(1),
        hnr(2),
        hnr(3),
        noise_db,
        voice_db,
        of_vibrato(|vibrato| vibrato.rate_hz),
        of_vibrato(|vibrato| vibrato.extent_cents),
        of_vibrato(|vibrato| vibrato.rate_variation),
        of_vibrato(|vibrato| vibrato.extent_variation),
        of_vibrato(|vibrato| vibrato.cycles_s),
        of_vibrato(|vibrato| vibrato.settled_s),
    ];
    std::array::from_fn(|k| {
        let value = values[k].filter(|value| value.is_finite());
        value.map_or(0, |value| 1 + ((value + OFFSETS[k]) / STEPS[k]).round().clamp(0.0, 65_534.0) as u16)
    })
}

fn unpacked(steps: &[u16; N_STATISTICS]) -> TakeStatistics {
    let value = |k: usize| steps[k].checked_sub(1).map(|n| STEPS[k] * f32::from(n) - OFFSETS[k]);
    let or_zero = |k: usize| value(k).unwrap_or_default();
    TakeStatistics {
        held_s: or_zero(0),
        drift_cents: value(1),
        vibrato_band_cents: value(2),
        flutter_cents: value(3),
        jitter_percent: value(4),
        scoop_cents: value(5),
        hnr_db: value(6).map(|low_db| [low_db, or_zero(7), or_zero(8), or_zero(9)]),
        noise_db: value(10),
        voice_db: value(11),
        vibrato: value(12).map(|rate_hz| Vibrato {
            rate_hz,
            extent_cents: or_zero(13),
            rate_variation: or_zero(14),
            extent_variation: or_zero(15),
            cycles_s: or_zero(16),
            settled_s: or_zero(17),
        }),
    }
}

/// Half seconds of a song by their numbers, as far as they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HalfSeconds(Vec<(i64, HalfSecond)>);

impl HalfSeconds {
    /// In any order; of two with one number the later counts.
    pub fn new(mut all: Vec<(i64, HalfSecond)>) -> Self {
        // The sort is stable, and the last of equal ones is kept.
        all.reverse();
        all.sort_by_key(|(number, _)| *number);
        all.dedup_by_key(|(number, _)| *number);
        Self(all)
    }

    /// What is known of a half second.
    pub fn get(&self, number: i64) -> Option<&HalfSecond> {
        let index = self.0.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        self.0.get(index).map(|(_, half_second)| half_second)
    }

    /// All, in the order of the song.
    pub fn iter(&self) -> impl Iterator<Item = (i64, &HalfSecond)> + Clone {
        self.0.iter().map(|(number, half_second)| (*number, half_second))
    }

    /// Whether they are in the order of the song, as they are when they come from [`Self::new`].
    pub fn is_in_order(&self) -> bool {
        self.0.windows(2).all(|pair| pair[0].0 < pair[1].0)
    }

    /// How many are known.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A half second of which only the print is known.
#[cfg(test)]
pub(super) fn of_print(print: Print) -> HalfSecond {
    HalfSecond::new(print, &Thresholds { silence_db: -60.0, ..Thresholds::NONE }, 0, false, &TakeStatistics::UNKNOWN)
}

/// A half second of sound of which so many windows were voiced, in a take of these statistics.
#[cfg(test)]
pub(crate) fn sung_half_second(n_voiced: u8, take: &TakeStatistics) -> HalfSecond {
    let silent = PartPrint { level: level_steps(-20.0), pitch: 0, n_voiced: 0 };
    let print = Print([PartPrint { n_voiced, ..silent }, silent, silent, silent]);
    HalfSecond::new(print, &Thresholds { silence_db: -60.0, ..Thresholds::NONE }, 0, false, take)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back_to_within_a_step() {
        let vibrato = Vibrato { rate_hz: 5.53, extent_cents: 41.2, rate_variation: 0.063, ..Vibrato::default() };
        let take = TakeStatistics {
            held_s: 2.31,
            drift_cents: Some(7.77),
            hnr_db: Some([12.3, -4.5, 3.0, 0.0]),
            noise_db: Some(-37.1),
            voice_db: Some(-23.4),
            vibrato: Some(vibrato),
            ..TakeStatistics::UNKNOWN
        };
        let thresholds = Thresholds { loudest_db: -3.2, silence_db: -51.1, ..Thresholds::NONE };
        let kept = HalfSecond::new(Print::default(), &thresholds, 1, true, &take);
        let back = kept.take();
        for (k, (before, after)) in packed(&take).into_iter().zip(packed(&back)).enumerate() {
            assert_eq!(before, after, "statistic {k}");
        }
        let near = |a: Option<f32>, b: Option<f32>| a.zip(b).is_some_and(|(a, b)| (a - b).abs() < 0.06);
        assert!(near(back.drift_cents, take.drift_cents) && near(back.noise_db, take.noise_db), "{back:?}");
        assert!(back.hnr_db.is_some_and(|hnr_db| (hnr_db[1] + 4.5).abs() < 0.06) && back.scoop_cents.is_none());
        assert!(back.vibrato.is_some_and(|back| (back.rate_hz - 5.53).abs() < 0.006));
        let floors = kept.thresholds();
        assert!((floors.loudest_db + 3.2).abs() < 0.3 && (floors.silence_db + 51.1).abs() < 0.3, "{floors:?}");
    }

    #[test]
    fn of_a_half_second_that_is_told_twice_the_later_counts() {
        let of_view = |view| {
            let (print, take) = (Print::default(), TakeStatistics::UNKNOWN);
            HalfSecond::new(print, &Thresholds::NONE, view, false, &take)
        };
        let all = HalfSeconds::new(vec![(7, of_view(0)), (-2, of_view(0)), (7, of_view(1))]);
        assert!(all.len() == 2 && all.is_in_order());
        assert_eq!(all.get(7).map(|half_second| half_second.view), Some(1));
        assert!(all.get(6).is_none() && all.get(-2).is_some());
    }

    #[test]
    fn half_seconds_are_counted_from_the_songs_beginning() {
        assert_eq!([-1, 0, 23_999, 24_000].map(|position| half_second_at(position, 48_000.0)), [-1, 0, 0, 1]);
    }

    #[test]
    fn of_a_half_second_it_is_known_how_much_was_sung_and_which_is_better() {
        let at = |level_db: f32| PartPrint { level: level_steps(level_db), pitch: 0, n_voiced: 20 };
        let of = |level_db: f32| of_print(Print([level_db, -20.0, -20.0, -20.0].map(at)));
        assert!((of(-20.0).voiced_s() - 0.427).abs() < 0.001, "{}", of(-20.0).voiced_s());
        // Of the same take that is better which was heard with more before it; another take is newer.
        let run_up = |level_db: f32, run_up: u8| of(level_db).with_run_up(run_up);
        assert!(run_up(-20.0, 3).replaces(&run_up(-20.0, 3)) && !run_up(-20.0, 2).replaces(&run_up(-20.0, 3)));
        assert!(run_up(-20.0, 12).replaces(&run_up(-20.0, 90)), "six seconds are enough");
        assert!(run_up(-40.0, 0).replaces(&run_up(-20.0, 3)));
        let take = TakeStatistics { held_s: 2.0, scoop_cents: Some(30.0), ..TakeStatistics::UNKNOWN };
        let other = HalfSecond::new(Print::default(), &Thresholds::NONE, 0, false, &take);
        let with = of(-50.0).with_take_of(&other);
        assert!(with.take() == other.take() && with.print == of(-50.0).print);
        assert_eq!(pitch_steps(9440.0) - pitch_steps(9400.0), 20);
        assert!(!HalfSeconds(vec![(1, with), (1, other)]).is_in_order());
    }
}
