//! Are people's takes left as they are?
//!
//! In: the statistics of people's songs, before and after. Out: how much each statistic is changed, by song and over
//! all, whether it leaves the human range, and how far notes are moved.

use con_anima::engine::HopTrace;
use con_anima::params::Values;
use xtask::measure::numbers::{median, standard_deviation};

use super::ranges::{self, Range};
use super::reference::{Statistics, values};
use super::renders::{Performance, Song};
use super::session::Session;
use crate::report::{Cell, Column, Section};

/// Target for the change of a statistic that is at or above the human median, where nothing is missing, percent.
/// Chosen: as a goal; smaller asks for people to be left untouched.
const MOST_CHANGE_PERCENT: f64 = 15.0;

/// Target for the movement of a person's notes, ms sd. Chosen: as a goal; smaller asks for their timing to be left
/// untouched.
const MOST_TIMING_SD_MS: f64 = 3.0;

const SONG_COLUMNS: &[Column] = &[
    Column { name: "dry", decimals: 3 },
    Column { name: "median", decimals: 3 },
    Column { name: "largest change %", decimals: 1 },
    Column { name: "left the range", decimals: 0 },
];

const ALL_COLUMNS: &[Column] = &[
    Column { name: "n", decimals: 0 },
    Column { name: "at the human median", decimals: 0 },
    Column { name: "of them within 15 %", decimals: 0 },
    Column { name: "largest change %", decimals: 1 },
    Column { name: "left the range", decimals: 0 },
];

const TIMING_COLUMNS: &[Column] =
    &[Column { name: "notes", decimals: 0 }, Column { name: "moved by, ms sd", decimals: 2 }];

/// Sings and measures every person's song.
pub(super) fn sections(session: &Session, values: &Values) -> anyhow::Result<Vec<Section>> {
    let performances = session.performances(values, Song::is_person)?;
    let (files, late_ms) = session.record(&performances, |rendered| late_ms(&rendered.hops))?;
    let songs: Vec<&Song> = session.songs.iter().filter(|song| song.is_person()).collect();
    let dry_files: Vec<_> = songs.iter().map(|song| song.path.clone()).collect();
    let dry = session.statistics(&dry_files)?;
    let wet = session.statistics(&files)?;
    let of_song = |song: &Song| {
        let wet = performances.iter().zip(&wet).filter(|(performance, _)| performance.song.name == song.name);
        wet.map(|(_, wet)| wet.clone()).collect::<Vec<_>>()
    };
    let changes: Vec<Change> = songs
        .iter()
        .zip(&dry)
        .flat_map(|(song, dry)| {
            let wet = of_song(song);
            ranges::all().filter_map(move |id| Change::new(song, id, session.ranges.of(id), dry, &wet))
        })
        .collect();
    Ok(vec![over_all(&changes), by_song(&changes), timing(&performances, &late_ms)])
}

/// How late each note was sung, ms.
fn late_ms(hops: &[HopTrace]) -> Vec<f64> {
    hops.iter().filter_map(|hop| Some(f64::from(hop.note?.realized_ms))).collect()
}

/// The change of one statistic of one song, in its performances.
#[derive(Clone, Debug, PartialEq)]
struct Change {
    song: String,
    id: &'static str,
    range: Range,
    dry: f64,
    wet: Vec<f64>,
}

impl Change {
    /// `None` where the song lacked it before.
    fn new(song: &Song, id: &'static str, range: Range, dry: &Statistics, wet: &[Statistics]) -> Option<Self> {
        Some(Self { song: song.name.clone(), id, range, dry: dry.get(id)?, wet: values(wet, id) })
    }

    /// Change from the dry value, percent of it; infinite where that was 0 and is not now.
    fn percents(&self) -> impl Iterator<Item = f64> {
        let percent = |wet: &f64| if *wet == self.dry { 0.0 } else { 100.0 * (wet - self.dry) / self.dry.abs() };
        self.wet.iter().map(percent)
    }

    /// Whether nothing is missing: half of all people have no more.
    fn is_at_median(&self) -> bool {
        self.dry >= self.range.p50
    }

    fn largest_percent(&self) -> Option<f64> {
        self.percents().map(f64::abs).reduce(f64::max)
    }

    fn n_within(&self) -> usize {
        self.percents().filter(|percent| percent.abs() <= MOST_CHANGE_PERCENT).count()
    }

    /// How many performances were outside the human range, where the song was inside.
    fn n_left(&self) -> usize {
        let n_outside = self.wet.iter().filter(|wet| !self.range.contains(**wet)).count();
        if self.range.contains(self.dry) { n_outside } else { 0 }
    }
}

fn by_song(changes: &[Change]) -> Section {
    let mut section = Section::new("People, by song; change of each performance in percent", SONG_COLUMNS);
    for change in changes {
        let largest = match change.is_at_median() {
            true => Cell::at_most(change.largest_percent(), MOST_CHANGE_PERCENT),
            false => Cell::plain(change.largest_percent()),
        };
        let left = match change.range.contains(change.dry) {
            true => Cell::at_most(change.n_left() as f64, 0.0),
            false => Cell::EMPTY,
        };
        let cells = [Cell::plain(change.dry), Cell::plain(median(&change.wet)), largest, left];
        let percents: Vec<String> = change.percents().map(|percent| format!("{percent:+.1}")).collect();
        section.push(&format!("{} {}", change.song, change.id), cells).remark = percents.join(" ");
    }
    section
}

fn over_all(changes: &[Change]) -> Section {
    let n_songs = changes.iter().map(|change| &change.song).collect::<std::collections::BTreeSet<_>>().len();
    let title = format!("People: {n_songs} songs, performances that are changed, of those that need nothing");
    let mut section = Section::new(title, ALL_COLUMNS);
    for id in ranges::all() {
        let of_id = || changes.iter().filter(|change| change.id == id);
        let at_median = || of_id().filter(|change| change.is_at_median());
        let count = |count: usize| Cell::plain(count as f64);
        let cells = [
            count(of_id().map(|change| change.wet.len()).sum()),
            count(at_median().map(|change| change.wet.len()).sum()),
            count(at_median().map(Change::n_within).sum()),
            Cell::plain(at_median().filter_map(Change::largest_percent).reduce(f64::max)),
            count(of_id().map(Change::n_left).sum()),
        ];
        section.push(id, cells);
    }
    section
}

fn timing(performances: &[Performance<'_>], late_ms: &[Vec<f64>]) -> Section {
    let mut section = Section::new("People: how far notes are moved", TIMING_COLUMNS);
    for (performance, late_ms) in performances.iter().zip(late_ms) {
        let sd_ms = (!late_ms.is_empty()).then(|| standard_deviation(late_ms));
        let cells = [Cell::plain(late_ms.len() as f64), Cell::at_most(sd_ms, MOST_TIMING_SD_MS)];
        section.push(&format!("{} {}", performance.song.name, performance.which()), cells);
    }
    section
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(dry: f64, wet: &[f64]) -> Change {
        let range = Range { p10: 5.0, p50: 8.0, p90: 12.0 };
        Change { song: "a".to_owned(), id: "drift_c", range, dry, wet: wet.to_vec() }
    }

    #[test]
    fn change_is_relative_to_what_was_there() {
        let change = change(10.0, &[11.0, 8.0, 12.5]);
        assert_eq!(change.percents().collect::<Vec<_>>(), [10.0, -20.0, 25.0]);
        assert_eq!((change.largest_percent(), change.n_within(), change.n_left()), (Some(25.0), 1, 1));
        // A slope below 0 that becomes flatter has risen.
        let slope = Change { range: Range { p10: -8.0, p50: -6.0, p90: -4.0 }, ..self::change(-5.0, &[-4.5]) };
        assert_eq!(slope.percents().collect::<Vec<_>>(), [10.0]);
        assert!(slope.is_at_median());
        assert_eq!(self::change(0.0, &[0.0, 0.1]).percents().collect::<Vec<_>>(), [0.0, f64::INFINITY]);
    }

    #[test]
    fn what_was_outside_cannot_leave_and_what_lacks_something_may_gain() {
        assert_eq!(change(4.0, &[13.0]).n_left(), 0);
        assert_eq!(change(5.0, &[4.9, 5.0, 13.0]).n_left(), 2);
        let text = |change| crate::report::Report { sections: vec![by_song(&[change])], left_out: Vec::new() }.text();
        assert!(text(change(7.9, &[11.0])).contains("1 of 1 targets reached"), "{}", text(change(7.9, &[11.0])));
        assert!(text(change(8.0, &[11.0])).contains("1 of 2 targets reached"), "{}", text(change(8.0, &[11.0])));
    }
}
