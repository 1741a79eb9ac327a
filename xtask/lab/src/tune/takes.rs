//! Do takes of one song differ, and is each of them human?
//!
//! In: takes 1 to 20 of a song. Out: the share inside the human range, statistic by statistic and in all at once, and
//! how much of the added pitch two takes have in common.

use con_anima::engine::HopTrace;
use con_anima::params::Values;
use xtask::measure::numbers::{correlation, mean};

use super::machine;
use super::ranges::{JUDGED, Ranges};
use super::reference::Statistics;
use super::renders::Performance;
use super::session::Session;
use crate::report::{Cell, Column, Section};

/// The number of takes. Chosen: enough to compare many pairs; more takes longer.
const N_TAKES: u32 = 20;

/// Target for the largest correlation of two takes. Chosen: they then have no more than a tenth of their movement in
/// common (0.3 squared); larger lets doubles sound alike.
const MOST_CORRELATION: f64 = 0.3;

const COLUMNS: &[Column] = &[
    Column { name: "takes", decimals: 0 },
    Column { name: "human in all %", decimals: 0 },
    Column { name: "largest correlation", decimals: 3 },
    Column { name: "mean", decimals: 3 },
];

/// Renders and measures all takes.
pub(super) fn sections(session: &Session, values: &Values, name: &str) -> anyhow::Result<Vec<Section>> {
    let song = session.song(name)?;
    let takes = (1..=N_TAKES).map(|take| Performance::new(song, values, "take", take));
    let takes: Vec<Performance<'_>> = takes.collect::<anyhow::Result<_>>()?;
    let (files, pitches) = session.record(&takes, |rendered| voiced_pitch(&rendered.hops))?;
    let measured = session.statistics(&files)?;
    let title = format!("{name}: takes inside the human range, and what two takes share of the added pitch");
    let mut differ = Section::new(title, COLUMNS);
    let correlations = pairwise(&pitches);
    let cells = [
        Cell::plain(takes.len() as f64),
        Cell::plain(100.0 * n_human(&session.ranges, &measured) as f64 / takes.len() as f64),
        Cell::at_most(correlations.iter().copied().reduce(f64::max), MOST_CORRELATION),
        Cell::plain((!correlations.is_empty()).then(|| mean(&correlations))),
    ];
    differ.push("takes", cells);
    let title = format!("{name}: takes 1 to {N_TAKES}, share inside the human range");
    Ok(vec![machine::section(title, &session.ranges, &takes, &measured), differ])
}

/// The number of takes with every judged statistic inside the human range, as far as it can be measured: few notes have
/// a drift.
fn n_human(ranges: &Ranges, measured: &[Statistics]) -> usize {
    let is_inside = |statistics: &Statistics, id| statistics.get(id).is_none_or(|value| ranges.of(id).contains(value));
    measured.iter().filter(|statistics| JUDGED.into_iter().all(|id| is_inside(statistics, id))).count()
}

/// The added pitch of each hop, cents; `None` where unvoiced. The analysis is the same in all takes.
fn voiced_pitch(hops: &[HopTrace]) -> Vec<Option<f64>> {
    hops.iter().map(|hop| (hop.frame.f0_hz > 0.0).then(|| f64::from(hop.pitch_cents))).collect()
}

/// The magnitude of the correlation of each pair, over the moments that both have.
fn pairwise(pitches: &[Vec<Option<f64>>]) -> Vec<f64> {
    let size = |one: &Vec<Option<f64>>, other: &Vec<Option<f64>>| {
        let points: Vec<(f64, f64)> =
            one.iter().zip(other).filter_map(|(one, other)| Some((*one)?).zip(*other)).collect();
        Some(correlation(&points)?.abs())
    };
    let pairs = pitches.iter().enumerate().flat_map(|(k, one)| pitches[k + 1..].iter().map(move |other| (one, other)));
    pairs.filter_map(|(one, other)| size(one, other)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_two_takes_are_compared_where_both_are_voiced() {
        let take = |sign: f64, phase: f64| -> Vec<Option<f64>> {
            (0..1000).map(|k| (k % 10 != 0).then(|| sign * (f64::from(k) * 0.1 + phase).sin())).collect()
        };
        let quarter = std::f64::consts::FRAC_PI_2;
        let sizes = pairwise(&[take(1.0, 0.0), take(-3.0, 0.0), take(1.0, quarter)]);
        assert_eq!(sizes.len(), 3);
        assert!((sizes[0] - 1.0).abs() < 1e-9 && sizes[1] < 0.02 && sizes[2] < 0.02, "{sizes:?}");
        assert!(pairwise(&[take(1.0, 0.0), vec![None; 1000]]).is_empty());
    }
}
