//! Are machines' songs brought into the human range?
//!
//! In: the statistics of machines' songs after rendering. Out: for each statistic the share inside the human range, and
//! the median.

use std::collections::BTreeMap;

use con_anima::params::Values;
use xtask::measure::numbers::median;

use super::ranges::{self, CENTRED, JUDGED, Ranges};
use super::reference::{Statistics, values};
use super::renders::Performance;
use super::session::Session;
use crate::report::{Cell, Column, Section};

/// Target for the share inside the human range, percent, by each statistic. Chosen: as a goal; people themselves are
/// inside it in 80 of 100, by its definition.
pub(super) const LEAST_INSIDE_PERCENT: f64 = 85.0;

const COLUMNS: &[Column] = &[
    Column { name: "n", decimals: 0 },
    Column { name: "inside %", decimals: 1 },
    Column { name: "median", decimals: 3 },
    Column { name: "human p10", decimals: 3 },
    Column { name: "p50", decimals: 3 },
    Column { name: "p90", decimals: 3 },
];

/// Sings and measures every machine's song.
pub(super) fn sections(session: &Session, values: &Values) -> anyhow::Result<Vec<Section>> {
    let performances = session.performances(values, super::renders::Song::is_machine)?;
    let measured = session.measured(&performances)?;
    let title = format!(
        "Machines: {} performances, their share inside the human range, their median, and the human middle half \
         (estimated from p10 to p90); outside by song",
        performances.len()
    );
    Ok(vec![section(title, &session.ranges, &performances, &measured)])
}

/// A row for each statistic.
pub(super) fn section(
    title: String,
    ranges: &Ranges,
    performances: &[Performance<'_>],
    measured: &[Statistics],
) -> Section {
    let mut section = Section::new(title, COLUMNS);
    for id in ranges::all() {
        let range = ranges.of(id);
        let values = values(measured, id);
        let inside_percent = range.share_inside(&values).map(|share| 100.0 * share);
        let is_judged = JUDGED.contains(&id);
        let inside = match is_judged {
            true => Cell::at_least(inside_percent, LEAST_INSIDE_PERCENT),
            false => Cell::plain(inside_percent),
        };
        let middle = match CENTRED.contains(&id) {
            true => Cell::between(median(&values), range.middle_half()),
            false => Cell::plain(median(&values)),
        };
        let human = [range.p10, range.p50, range.p90].map(Cell::plain);
        let cells = [Cell::plain(values.len() as f64), inside, middle].into_iter().chain(human);
        let songs = performances.iter().map(|performance| performance.song.name.as_str());
        let outside = songs.zip(measured).filter_map(|(song, statistics)| Some((song, statistics.get(id)?)));
        let outside = outside.filter(|(_, value)| !range.contains(*value));
        section.push(id, cells.collect::<Vec<_>>()).remark = by_song(outside);
    }
    section
}

/// The values by song, three digits each: "synth_a 3.45 12.1, synth_b 0.02".
fn by_song<'a>(values: impl Iterator<Item = (&'a str, f64)>) -> String {
    let mut songs: BTreeMap<&str, String> = BTreeMap::new();
    for (song, value) in values {
        let digits = if value.abs() < 10.0 { 2 } else { 1 };
        *songs.entry(song).or_default() += &format!(" {value:.digits$}");
    }
    songs.iter().map(|(song, values)| format!("{song}{values}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_outside_is_listed_by_song() {
        assert_eq!(by_song([("b", 0.123), ("a", 12.34), ("b", -5.0)].into_iter()), "a 12.3, b 0.12 -5.00");
        assert_eq!(by_song([].into_iter()), "");
    }
}
