//! The ranges of human singers.
//!
//! In: `docs/human_ranges.tsv` (columns `stat`, `p10`, `p50`, `p90` at least). Out: a [`Range`] per statistic.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail, ensure};

use crate::table;

/// The statistics that a machine's voice is judged by, as the reference statistics name them.
pub(super) const JUDGED: [&str; 8] =
    ["drift_c", "note_trend_c_s", "dev_sd_c", "vib_band_c", "flutter_c", "slow_slope", "inton_sd_c", "flat_frac"];

/// The statistics that are only informative.
pub(super) const INFORMATIVE: [&str; 3] = ["scoop_abs_c", "jitter_loc", "am_slow_db"];

/// The judged statistics whose median must be in the middle half of human takes, because a share inside does not say
/// where inside.
pub(super) const CENTRED: [&str; 4] = ["drift_c", "flutter_c", "slow_slope", "inton_sd_c"];

/// All, in the order to be read.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    JUDGED.into_iter().chain(INFORMATIVE)
}

/// How far a quartile is on the way from the median to the tenth or ninetieth percentile, in a normal distribution.
/// Source: computed from 0.6745 and 1.2816 standard deviations.
const QUARTILE_SHARE: f64 = 0.526;

/// Percentiles of one statistic among human takes, in its unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Range {
    /// The tenth.
    pub(super) p10: f64,
    /// The median.
    pub(super) p50: f64,
    /// The ninetieth.
    pub(super) p90: f64,
}

impl Range {
    /// Whether a value is inside the range, as four human takes in five are.
    pub(super) fn contains(self, value: f64) -> bool {
        (self.p10..=self.p90).contains(&value)
    }

    /// The share (`0..=1`) of values inside; none of no values.
    pub(super) fn share_inside(self, values: &[f64]) -> Option<f64> {
        let n_inside = values.iter().filter(|value| self.contains(**value)).count();
        (!values.is_empty()).then(|| n_inside as f64 / values.len() as f64)
    }

    /// The estimated middle half of human takes: the table has no quartiles. Depths and rates, which are above 0, are
    /// taken as normal in their logarithm; a slope in decibels is a logarithm already.
    pub(super) fn middle_half(self) -> [f64; 2] {
        let Self { p10, p50, p90 } = self;
        [p10, p90].map(|end| match p10 > 0.0 {
            true => p50 * (end / p50).powf(QUARTILE_SHARE),
            false => p50 + (end - p50) * QUARTILE_SHARE,
        })
    }
}

/// The ranges of all statistics.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ranges(BTreeMap<&'static str, Range>);

impl Ranges {
    /// Reads a table, which must have all of them.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let read = || Self::parse(&std::fs::read_to_string(path)?);
        read().with_context(|| format!("cannot read '{}'", path.display()))
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let mut reader = table::tabbed(text.as_bytes());
        let headers = reader.headers()?.clone();
        let [stat, p10, p50, p90] = ["stat", "p10", "p50", "p90"].map(|name| table::column(&headers, name));
        let (stat, numbers) = (stat?, [p10?, p50?, p90?]);
        let mut ranges = BTreeMap::new();
        for record in reader.records() {
            let record = record?;
            let Some(id) = all().find(|id| record.get(stat) == Some(*id)) else { continue };
            let number = |column: usize| record.get(column).and_then(|field| field.trim().parse::<f64>().ok());
            let [Some(p10), Some(p50), Some(p90)] = numbers.map(number) else {
                bail!("'{id}' has no three percentiles");
            };
            ensure!(p10 <= p50 && p50 <= p90, "the percentiles of '{id}' are not in order");
            ranges.insert(id, Range { p10, p50, p90 });
        }
        let missing = all().find(|id| !ranges.contains_key(id));
        ensure!(missing.is_none(), "it has no line '{}'", missing.unwrap_or_default());
        Ok(Self(ranges))
    }

    /// The range of one of [`all`] statistics.
    pub(super) fn of(&self, id: &str) -> Range {
        self.0[id]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREND: Range = Range { p10: 10.0, p50: 40.0, p90: 90.0 };

    /// A table in which every statistic has the values of this line.
    fn table_of(line: &str) -> String {
        all().fold("stat\tn\tp10\tp50\tp90\n".to_owned(), |text, id| text + id + line + "\n")
    }

    #[test]
    fn the_ends_of_a_range_are_inside() {
        assert_eq!(TREND.share_inside(&[9.9, 10.0, 90.0, 90.1]), Some(0.5));
        assert_eq!(TREND.share_inside(&[]), None);
        assert_eq!(Range { p10: 0.0, p50: 0.0, p90: 0.0 }.share_inside(&[0.0, 0.1]), Some(0.5));
    }

    #[test]
    fn the_middle_half_holds_the_middle_half_of_a_normal_distribution() {
        // Percentiles of a normal distribution, half of which is within 0.6745 standard deviations.
        let (mean, sd) = (-6.0, 1.5);
        let slope = Range { p10: mean - 1.2816 * sd, p50: mean, p90: mean + 1.2816 * sd };
        let quartiles = [mean - 0.6745 * sd, mean + 0.6745 * sd];
        let is_near = |found: [f64; 2], true_ends: [f64; 2]| {
            found.iter().zip(true_ends).all(|(found, end)| (found - end).abs() < 1e-3 * end.abs())
        };
        assert!(is_near(slope.middle_half(), quartiles), "{:?}", slope.middle_half());
        // The same in the logarithm.
        let drift = Range { p10: slope.p10.exp(), p50: slope.p50.exp(), p90: slope.p90.exp() };
        assert!(is_near(drift.middle_half(), quartiles.map(f64::exp)), "{:?}", drift.middle_half());
    }

    #[test]
    fn the_projects_own_table_is_good() {
        let table = include_str!("../../../../docs/human_ranges.tsv");
        assert!(Ranges::parse(table).is_ok_and(|ranges| ranges.of("drift_c").p50 == 7.393));
    }

    #[test]
    fn a_table_has_every_statistic() {
        let ranges = Ranges::parse(&table_of("\t24\t10\t40\t90")).expect("a good table");
        assert!(all().all(|id| ranges.of(id) == TREND));
        for (table, culprit) in [
            (table_of("\t24\t10\t40"), "'drift_c' has no three"),
            (table_of("\t24\t50\t40\t90"), "'drift_c' are not in order"),
            (table_of("\t24\t10\t40\t90").replace("flat_frac", "flat"), "no line 'flat_frac'"),
            (table_of("\t24\t10\t40\t90").replace("p50", "median"), "no column 'p50'"),
        ] {
            let refusal = Ranges::parse(&table).expect_err("no ranges").to_string();
            assert!(refusal.contains(culprit), "{refusal}");
        }
    }
}
