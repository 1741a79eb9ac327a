//! Does one hidden state move all at once?
//!
//! In: takes 1 to 99 of a song. Out: over all voiced hops, whether a louder voice has less breath in it, and whether a
//! note wanders further the longer it lasts.

use con_anima::engine::HopTrace;
use con_anima::offline::Rendered;
use con_anima::params::Values;

use super::renders::Performance;
use super::session::Session;
use crate::measure::numbers::{correlation, mean, slope};
use crate::report::{Cell, Column, Section};

const N_TAKES: u32 = 99;

/// Notes are asked so long, seconds: older ones are too few to compare.
const LONGEST_S: f64 = 3.0;

const COLUMNS: &[Column] = &[
    Column { name: "hops", decimals: 0 },
    Column { name: "correlation", decimals: 3 },
    Column { name: "slope", decimals: 3 },
];

/// Points (x, y) of all hops of a performance.
#[derive(Clone, Debug, Default, PartialEq)]
struct Points {
    /// Loudness around its mean, dB, and the level of added breath below it, dB.
    breath: Vec<(f64, f64)>,
    /// Time since the note began, seconds, and the size of the added pitch, cents.
    wander: Vec<(f64, f64)>,
}

/// Sings all takes.
pub(super) fn section(session: &Session, values: &Values, name: &str) -> anyhow::Result<Section> {
    let song = session.song(name)?;
    let takes = (1..=N_TAKES).map(|take| Performance::new(song, values, "take", take));
    let takes: Vec<Performance<'_>> = takes.collect::<anyhow::Result<_>>()?;
    let rate_hz = f64::from(song.recording.sample_rate_hz);
    let points = session.sing(&takes, |_, rendered: &Rendered| Ok(Points::of(&rendered.hops, rate_hz)))?;
    let pooled = |part: fn(&Points) -> &Vec<(f64, f64)>| points.iter().flat_map(part).copied().collect::<Vec<_>>();
    let (breath, wander) = (pooled(|points| &points.breath), pooled(|points| &points.wander));
    let title = format!("{name}: what moves together in takes 1 to {N_TAKES}");
    let mut section = Section::new(title, COLUMNS);
    let mut push = |name: &str, points: &[(f64, f64)], cell: fn(Option<f64>) -> Cell| {
        let cells = [Cell::plain(points.len() as f64), cell(correlation(points)), Cell::plain(slope(points))];
        section.push(name, cells);
    };
    // Breath that knew nothing of the voice would be at a slope of -1: as loud as ever, below a louder voice.
    push("breath below the voice by loudness, dB / dB", &breath, |found| Cell::at_most(found, 0.0));
    push("added pitch by the note's age, cents / s", &wander, |found| Cell::at_least(found, 0.0));
    Ok(section)
}

impl Points {
    fn of(hops: &[HopTrace], sample_rate_hz: f64) -> Self {
        let mut points = Self::default();
        let mut onset = None;
        for hop in hops {
            if hop.note.is_some() {
                onset = Some(hop.position_samples);
            }
            if hop.frame.f0_hz <= 0.0 {
                continue;
            }
            let loudness_db = f64::from(hop.frame.loudness_db);
            points.breath.extend(hop.aspiration_db.map(|level_db| (loudness_db, f64::from(level_db) - loudness_db)));
            let age_s = onset.map(|onset| (hop.position_samples - onset) as f64 / sample_rate_hz);
            let age_s = age_s.filter(|age_s| *age_s <= LONGEST_S);
            points.wander.extend(age_s.map(|age_s| (age_s, f64::from(hop.pitch_cents.abs()))));
        }
        let mean_db = mean(&points.breath.iter().map(|(loudness_db, _)| *loudness_db).collect::<Vec<_>>());
        points.breath.iter_mut().for_each(|(loudness_db, _)| *loudness_db -= mean_db);
        points
    }
}

#[cfg(test)]
mod tests {
    use con_anima::analysis::{Frame, Onset};
    use con_anima::performance::TimedNote;

    use super::*;

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
            ..HopTrace::default()
        };
        let hops: Vec<HopTrace> = (0..7).map(hop).collect();
        let points = Points::of(&hops, 200.0);
        // Hops 0, 1, 2, 4, 6: 22.6 dB below full scale on average.
        let near = |found: f64, truth: f64| (found - truth).abs() < 1e-9;
        assert_eq!(points.breath.len(), 5);
        assert!(near(points.breath[0].0, 2.6) && near(points.breath[4].1, -24.0), "{:?}", points.breath);
        assert_eq!(points.wander, [(0.0, 4.0), (0.5, 6.0), (1.0, 8.0), (2.0, 12.0)]);
        assert_eq!(Points::of(&hops, 20.0).wander.len(), 1, "what is older than 3 s is left out");
    }
}
