//! What does it cost in quality?
//!
//! In: songs before and after. Out: the scores of both by models of listeners: DNSMOS, P.808 and PLCMOS (higher is
//! better), and the similarity of song and performance (ViSQOL) where no note is moved, because that model cannot
//! follow a moved note.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use con_anima::params::Values;
use serde_json::Value;
use xtask::measure::numbers::mean;

use super::renders::{Performance, Song};
use super::session::Session;
use crate::report::{Cell, Column, Section};

/// The script's name in the tools folder.
pub(super) const SCRIPT: &str = "quality.py";

/// The models of quality, as the script names them. PLCMOS varies from run to run by 0.05 a song.
const MODELS: [&str; 3] = ["dnsmos", "p808", "plcmos"];

/// Target for the change of the mean over all songs. Chosen: as a goal; PLCMOS alone varies by as much in a song.
const LEAST_CHANGE: f64 = -0.05;

/// Target for the similarity of a performance whose notes are not moved to its song (1 to 4.75). Chosen: as a goal;
/// higher asks for less change.
const LEAST_LIKENESS: f64 = 4.3;

const MEAN_COLUMNS: &[Column] = &[
    Column { name: "n", decimals: 0 },
    Column { name: "before", decimals: 3 },
    Column { name: "after", decimals: 3 },
    Column { name: "change", decimals: 3 },
];

const SONG_COLUMNS: &[Column] = &[
    Column { name: "DNSMOS change", decimals: 3 },
    Column { name: "P.808 change", decimals: 3 },
    Column { name: "PLCMOS change", decimals: 3 },
    Column { name: "ViSQOL, least", decimals: 3 },
];

/// The models' scores of one performance.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Quality {
    /// Scores of the song and of the performance, by [`MODELS`].
    before_after: [[f64; 2]; 3],
    /// Similarity to the song.
    likeness: f64,
}

impl Quality {
    fn parse(line: &str) -> anyhow::Result<Self> {
        let row: Value = serde_json::from_str(line).context("a line is no JSON object")?;
        let number = |key: String| row[&key].as_f64().with_context(|| format!("a line has no {key}"));
        let mut before_after = [[0.0; 2]; 3];
        for (pair, model) in before_after.iter_mut().zip(MODELS) {
            *pair = [number(format!("{model}_dry"))?, number(format!("{model}_wet"))?];
        }
        Ok(Self { before_after, likeness: number("visqol".to_owned())? })
    }

    fn change(&self, model: usize) -> f64 {
        let [before, after] = self.before_after[model];
        after - before
    }
}

/// Renders every song as it is set, and again with no note moved, and scores both.
pub(super) fn sections(session: &Session, values: &Values) -> anyhow::Result<Vec<Section>> {
    let performances = session.performances(values, |_| true)?;
    let as_set = asked(session, &performances)?;
    let mut unmoved = *values;
    unmoved.set("timing", 0.0)?;
    unmoved.set("feel", 0.0)?;
    let unmoved = asked(session, &session.performances(&unmoved, |_| true)?)?;
    Ok(vec![means(&performances, &as_set), by_song(session, &performances, &as_set, &unmoved)])
}

fn asked(session: &Session, performances: &[Performance<'_>]) -> anyhow::Result<Vec<Quality>> {
    let files = session.record(performances, |_| ())?.0;
    let pairs: Vec<(&PathBuf, &PathBuf)> = performances.iter().map(|one| &one.song.path).zip(&files).collect();
    let args: Vec<OsString> = pairs.iter().flat_map(|(dry, wet)| [(*dry).into(), (*wet).into()]).collect();
    let bar = session.progress("judging", pairs.len());
    let script = session.script(SCRIPT)?;
    let lines = script.lines(&args, |n_done| bar.show(n_done))?;
    // The last lines are the means of all.
    ensure!(lines.len() > pairs.len(), "'{}' judged {} of {} pairs", script.path.display(), lines.len(), pairs.len());
    let parsed = lines.iter().zip(&pairs).map(|(line, (_, wet))| {
        Quality::parse(line).with_context(|| format!("'{}' cannot judge '{}'", script.path.display(), wet.display()))
    });
    parsed.collect()
}

fn means(performances: &[Performance<'_>], judged: &[Quality]) -> Section {
    let mut section = Section::new("Quality before and after, on average", MEAN_COLUMNS);
    type IsWanted = fn(&Song) -> bool;
    let groups: [(&str, IsWanted); 3] =
        [("machines", Song::is_machine), ("people", Song::is_person), ("all", |_| true)];
    for (model, name) in MODELS.into_iter().enumerate() {
        for (group, is_wanted) in groups {
            let judged = performances.iter().zip(judged).filter(|(performance, _)| is_wanted(performance.song));
            let judged: Vec<[f64; 2]> = judged.map(|(_, quality)| quality.before_after[model]).collect();
            let [before, after] = [0, 1].map(|side| mean(&judged.iter().map(|pair| pair[side]).collect::<Vec<_>>()));
            let change = (!judged.is_empty()).then_some(after - before);
            let count = Cell::plain(judged.len() as f64);
            let cells = [count, Cell::plain(before), Cell::plain(after), Cell::at_least(change, LEAST_CHANGE)];
            section.push(&format!("{name}, {group}"), cells);
        }
    }
    section
}

fn by_song(session: &Session, performances: &[Performance<'_>], as_set: &[Quality], unmoved: &[Quality]) -> Section {
    let mut section = Section::new("Quality by song; how like it is, with no note moved", SONG_COLUMNS);
    for song in &session.songs {
        let of_song = |judged: &[Quality]| {
            let judged = performances.iter().zip(judged).filter(|(performance, _)| performance.song.name == song.name);
            judged.map(|(_, quality)| *quality).collect::<Vec<_>>()
        };
        let as_set = of_song(as_set);
        let change = |model| mean(&as_set.iter().map(|quality| quality.change(model)).collect::<Vec<_>>());
        let likeness = of_song(unmoved).iter().map(|quality| quality.likeness).reduce(f64::min);
        let changes = [0, 1, 2].map(|model| Cell::plain(change(model)));
        let cells = changes.into_iter().chain([Cell::at_least(likeness, LEAST_LIKENESS)]);
        section.push(&song.name, cells.collect::<Vec<_>>());
    }
    section
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_each_model_says() {
        let line = r#"{"dry": "a.flac", "wet": "a.wav", "dnsmos_dry": 2.5, "dnsmos_wet": 2.25, "p808_dry": 3,
            "p808_wet": 3.5, "plcmos_dry": 4, "plcmos_wet": 4, "visqol": 4.5}"#;
        let quality = Quality::parse(line).expect("a good line");
        assert_eq!([0, 1, 2].map(|model| quality.change(model)), [-0.25, 0.5, 0.0]);
        assert_eq!(quality.likeness, 4.5);
        let refusal = Quality::parse(&line.replace("p808_wet", "p808")).expect_err("nothing said").to_string();
        assert!(refusal.contains("p808_wet"), "{refusal}");
    }
}
