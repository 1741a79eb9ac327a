//! One parameter with several values, one after the other.
//!
//! In: "ID=V1,V2,…" from the command line, and the other values. Out: the statistics of the machines' songs with each.

use anyhow::Context;
use con_anima::params::Values;
use xtask::measure::numbers::{mean, median};

use super::ranges::{self, JUDGED, Range, Ranges};
use super::reference::{Statistics, values};
use super::renders::Song;
use super::session::Session;
use crate::report::{Cell, Column, Section};

/// The sets of values to be tried, with a name for each.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Trial(Vec<(String, Values)>);

/// The statistics in the order of [`ranges::all`], the judged ones first.
const SHARE_COLUMNS: &[Column] = &[
    Column { name: "drift_c", decimals: 0 },
    Column { name: "note_trend_c_s", decimals: 0 },
    Column { name: "dev_sd_c", decimals: 0 },
    Column { name: "vib_band_c", decimals: 0 },
    Column { name: "flutter_c", decimals: 0 },
    Column { name: "slow_slope", decimals: 0 },
    Column { name: "inton_sd_c", decimals: 0 },
    Column { name: "flat_frac", decimals: 0 },
    Column { name: "mean", decimals: 1 },
    Column { name: "scoop_abs_c", decimals: 0 },
    Column { name: "jitter_loc", decimals: 0 },
    Column { name: "am_slow_db", decimals: 0 },
];

const MEDIAN_COLUMNS: &[Column] = &[
    Column { name: "drift_c", decimals: 2 },
    Column { name: "note_trend_c_s", decimals: 1 },
    Column { name: "dev_sd_c", decimals: 1 },
    Column { name: "vib_band_c", decimals: 2 },
    Column { name: "flutter_c", decimals: 2 },
    Column { name: "slow_slope", decimals: 2 },
    Column { name: "inton_sd_c", decimals: 1 },
    Column { name: "flat_frac", decimals: 2 },
    Column { name: "scoop_abs_c", decimals: 1 },
    Column { name: "jitter_loc", decimals: 2 },
    Column { name: "am_slow_db", decimals: 2 },
];

impl Trial {
    /// Reads "ID=V1,V2,…"; all other parameters are as in `values`.
    pub(super) fn parse(text: &str, values: &Values) -> anyhow::Result<Self> {
        let parse = || {
            let (id, list) = text.split_once('=').context("it takes ID=V1,V2,…")?;
            let id = id.trim();
            let rows = list.split(',').map(|value| {
                let mut values = *values;
                values.set_text(id, value.trim())?;
                Ok((format!("{id}={}", value.trim()), values))
            });
            anyhow::Ok(Self(rows.collect::<anyhow::Result<_>>()?))
        };
        parse().with_context(|| format!("cannot use --try '{text}'"))
    }

    /// Renders and measures the machines' songs with each value.
    pub(super) fn sections(&self, session: &Session) -> anyhow::Result<Vec<Section>> {
        let mut measured = Vec::new();
        for (name, values) in &self.0 {
            measured.push((name.as_str(), session.measured(&session.performances(values, Song::is_machine)?)?));
        }
        Ok(vec![shares(&session.ranges, &measured), medians(&session.ranges, &measured)])
    }
}

/// The name of a set of values, and the statistics with it.
type Tried<'a> = (&'a str, Vec<Statistics>);

fn shares(ranges: &Ranges, tried: &[Tried<'_>]) -> Section {
    let mut section = Section::new("Machines: share inside the human range, percent", SHARE_COLUMNS);
    for (name, measured) in tried {
        let percent = |id| Some(100.0 * ranges.of(id).share_inside(&values(measured, id))?);
        let judged: Vec<f64> = JUDGED.into_iter().filter_map(percent).collect();
        let mut cells: Vec<Cell> = ranges::all().map(|id| Cell::plain(percent(id))).collect();
        cells.insert(JUDGED.len(), Cell::plain(mean(&judged)));
        section.push(name, cells);
    }
    section
}

fn medians(ranges: &Ranges, tried: &[Tried<'_>]) -> Section {
    let mut section = Section::new("Machines: median, and people's", MEDIAN_COLUMNS);
    for (name, measured) in tried {
        section.push(name, ranges::all().map(|id| Cell::plain(median(&values(measured, id)))).collect::<Vec<_>>());
    }
    for (index, name) in ["human p10", "human p50", "human p90"].into_iter().enumerate() {
        let percentiles = ranges::all().map(|id| ranges.of(id)).map(|Range { p10, p50, p90 }| [p10, p50, p90]);
        section.push(name, percentiles.map(|percentiles| Cell::plain(percentiles[index])).collect::<Vec<_>>());
    }
    section
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_is_a_row_for_each_value() {
        let mut values = Values::default();
        values.set("tremble", 9.0).expect("a value in range");
        let Trial(rows) = Trial::parse("drift= 8,10.5 ", &values).expect("two values");
        let names: Vec<&str> = rows.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["drift=8", "drift=10.5"]);
        assert!(rows.iter().all(|(_, values)| values.get("tremble") == Some(9.0)));
        assert_eq!([0, 1].map(|row| rows[row].1.get("drift")), [Some(8.0), Some(10.5)]);
        for (text, culprit) in [
            ("drift", "ID=V1,V2"),
            ("drft=1", "drft"),
            ("drift=8,,9", "--try 'drift=8,,9'"),
            ("drift=8,99", "99"),
            ("mode=live,slow", "slow"),
        ] {
            let refusal = format!("{:#}", Trial::parse(text, &values).expect_err("no trial"));
            assert!(refusal.contains(culprit), "{refusal}");
        }
    }

    #[test]
    fn columns_are_the_statistics_in_their_order() {
        assert!(ranges::all().eq(MEDIAN_COLUMNS.iter().map(|column| column.name)));
        let shares: Vec<&str> = SHARE_COLUMNS.iter().map(|column| column.name).filter(|name| *name != "mean").collect();
        assert!(ranges::all().eq(shares));
        assert_eq!(SHARE_COLUMNS[JUDGED.len()].name, "mean");
    }
}
