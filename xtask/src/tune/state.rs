//! Do loudness, breath, note age and pitch move together?
//!
//! In: takes 1 to 99 of a song. Out: over all voiced hops, whether a louder voice has less breath added to it, and
//! whether a note deviates more the longer it lasts. Pooled like this, the song has as much influence as the singer: a
//! voice with noise of its own gets breath in a few places only, and only long notes have late moments. So the first is
//! also asked of each place in all takes, the second of each note.

use con_anima::engine::HopTrace;
use con_anima::offline::Rendered;
use con_anima::params::Values;

use super::renders::Performance;
use super::session::Session;
use crate::measure::numbers::{correlation, mean, slope};
use crate::report::{Cell, Column, Section};

/// The number of takes. Chosen: all that the parameter has.
const N_TAKES: u32 = 99;

/// Notes are used up to this age, seconds. Chosen: longer notes are too few to compare.
const LONGEST_S: f64 = 3.0;

const COLUMNS: &[Column] = &[
    Column { name: "hops", decimals: 0 },
    Column { name: "correlation", decimals: 3 },
    Column { name: "slope", decimals: 3 },
];

/// Points (x, y) of all hops of a performance.
#[derive(Clone, Debug, Default, PartialEq)]
struct Points {
    /// Output loudness and the level of added breath, dBFS, hop by hop; `None` where there is none.
    breath: Vec<Option<(f64, f64)>>,
    /// Time since the note began, seconds, and the size of the added pitch movement, cents, note by note.
    wander: Vec<Vec<(f64, f64)>>,
}

/// Renders all takes.
pub(super) fn section(session: &Session, values: &Values, name: &str) -> anyhow::Result<Section> {
    let song = session.song(name)?;
    let takes = (1..=N_TAKES).map(|take| Performance::new(song, values, "take", take));
    let takes: Vec<Performance<'_>> = takes.collect::<anyhow::Result<_>>()?;
    let rate_hz = f64::from(song.recording.sample_rate_hz);
    let points = session.sing(&takes, |_, rendered: &Rendered| Ok(Points::of(&rendered.hops, rate_hz)))?;
    let below = |&(loudness_db, breath_db): &(f64, f64)| (loudness_db, breath_db - loudness_db);
    let breath: Vec<(f64, f64)> = points.iter().flat_map(|points| &points.breath).flatten().map(below).collect();
    let places = at_each_place(&points.iter().map(|points| &points.breath[..]).collect::<Vec<_>>());
    let notes: Vec<Vec<(f64, f64)>> = points.into_iter().flat_map(|points| points.wander).collect();
    let title = format!("{name}: what moves together in takes 1 to {N_TAKES}");
    let mut section = Section::new(title, COLUMNS);
    let mut push = |name: &str, points: &[(f64, f64)], cell: fn(Option<f64>) -> Cell| {
        let cells = [Cell::plain(points.len() as f64), cell(correlation(points)), Cell::plain(slope(points))];
        section.push(name, cells);
    };
    // Breath that did not depend on the voice would have a slope of -1: constant, below a louder voice.
    push("breath below the voice by loudness, dB / dB", &breath, |found| Cell::at_most(found, 0.0));
    push("breath by loudness at one place, dB / dB", &around_means(&places), |found| Cell::at_most(found, 0.0));
    push("added pitch by the note's age, cents / s", &notes.concat(), |found| Cell::at_least(found, 0.0));
    push("the same in one note, cents / s", &around_means(&notes), |found| Cell::at_least(found, 0.0));
    Ok(section)
}

impl Points {
    fn of(hops: &[HopTrace], sample_rate_hz: f64) -> Self {
        let mut points = Self::default();
        let mut onset = None;
        for hop in hops {
            if hop.note.is_some() {
                onset = Some(hop.position_samples);
                points.wander.push(Vec::new());
            }
            if hop.frame.f0_hz <= 0.0 {
                continue;
            }
            let loudness_db = f64::from(hop.frame.loudness_db + hop.gain_db);
            points.breath.push(hop.aspiration_db.map(|breath_db| (loudness_db, f64::from(breath_db))));
            let age_s = onset.map(|onset| (hop.position_samples - onset) as f64 / sample_rate_hz);
            if let Some((age_s, note)) = age_s.filter(|age_s| *age_s <= LONGEST_S).zip(points.wander.last_mut()) {
                note.push((age_s, f64::from(hop.pitch_cents.abs())));
            }
        }
        points
    }
}

/// The points of all takes at the same voiced hop, for each where all have one.
fn at_each_place(takes: &[&[Option<(f64, f64)>]]) -> Vec<Vec<(f64, f64)>> {
    let n_places = takes.iter().map(|take| take.len()).min().unwrap_or(0);
    (0..n_places).filter_map(|place| takes.iter().map(|take| take[place]).collect()).collect()
}

/// Points relative to the mean of their own group.
fn around_means(groups: &[Vec<(f64, f64)>]) -> Vec<(f64, f64)> {
    let around = |group: &Vec<(f64, f64)>| -> Vec<(f64, f64)> {
        let mean_of = |part: fn(&(f64, f64)) -> f64| mean(&group.iter().map(part).collect::<Vec<_>>());
        let (mean_x, mean_y) = (mean_of(|point| point.0), mean_of(|point| point.1));
        group.iter().map(|(x, y)| (x - mean_x, y - mean_y)).collect()
    };
    groups.iter().filter(|group| !group.is_empty()).flat_map(around).collect()
}

#[cfg(test)]
mod tests {
    use con_anima::analysis::{Frame, Onset};
    use con_anima::gesture::TimedNote;

    use super::*;

    #[test]
    fn takes_are_compared_at_the_same_place() {
        // A louder and breathier place of the song is the same in both takes; what the singer does is not.
        let one = [Some((1.0, 4.0)), None, Some((11.0, 24.0))];
        let other = [Some((3.0, 2.0)), Some((0.0, 0.0)), Some((13.0, 22.0))];
        let places = at_each_place(&[&one, &other]);
        assert_eq!(around_means(&places), [(-1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, -1.0)]);
        assert!(around_means(&at_each_place(&[])).is_empty());
    }

    #[test]
    fn points_are_voiced_hops_by_loudness_and_by_age() {
        let hop = |k: i64| HopTrace {
            position_samples: k * 100,
            pitch_cents: -2.0 * k as f32,
            aspiration_db: (k != 3).then_some(-50.0),
            note: (k == 2).then_some(TimedNote {
                onset_position_samples: 0,
                kind: Onset::Voicing,
                planned_ms: 0.0,
                realized_ms: 0.0,
            }),
            frame: Frame { f0_hz: if k == 5 { 0.0 } else { 220.0 }, loudness_db: -20.0 - k as f32, ..Frame::SILENCE },
            gain_db: 0.5,
            ..HopTrace::default()
        };
        let hops: Vec<HopTrace> = (0..7).map(hop).collect();
        let points = Points::of(&hops, 200.0);
        let near = |found: f64, truth: f64| (found - truth).abs() < 1e-6;
        let [first, .., last] = &points.breath[..] else { panic!("{:?}", points.breath) };
        assert!(points.breath.len() == 6 && points.breath[3].is_none(), "{:?}", points.breath);
        assert!(first.is_some_and(|point| near(point.0, -19.5) && near(point.1, -50.0)), "{first:?}");
        assert!(last.is_some_and(|point| near(point.0, -25.5) && near(point.1, -50.0)), "{last:?}");
        assert_eq!(points.wander, [[(0.0, 4.0), (0.5, 6.0), (1.0, 8.0), (2.0, 12.0)]]);
        assert_eq!(Points::of(&hops, 20.0).wander[0].len(), 1, "what is older than 3 s is left out");
    }
}
