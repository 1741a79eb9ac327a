//! A bounce as a page: to be heard, to be seen, to be read.
//!
//! In: samples, pictures, settings, events, statistics. Out: one HTML file in which everything is, so that it can be
//! sent and kept: it loads nothing from anywhere.

use std::fmt::Write as _;
use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::audio_file::Metadata;
use crate::measure::{Compared, in_short};
use crate::plot::escaped;
use crate::wav_write::{Container, Depth, Dither, Packing, Spec, Writer, software};
use crate::words::counted;

/// What a page shows.
pub(crate) struct Report<'a> {
    /// The recording's name.
    pub(crate) title: String,
    /// The summary, a line each.
    pub(crate) summary: Vec<String>,
    /// Settings and checksums: names and values.
    pub(crate) settings: Vec<(String, String)>,
    /// Before and after.
    pub(crate) sounds: &'a [Sound; 2],
    /// The melody, as SVG.
    pub(crate) song: String,
    /// Movement, breath and timing, as SVG.
    pub(crate) picture: String,
    /// Notes, breaths and empty rests, a row each, with the header in front.
    pub(crate) events: Vec<Vec<String>>,
    pub(crate) statistics: Vec<Compared>,
}

const STYLE: &str = "
body { margin: 0 auto; max-width: 1200px; padding: 24px 20px 60px; background: #f3f0e9; color: #2b2a27;
  font: 15px/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif; }
h1 { font-size: 26px; margin: 0 0 2px; } h2 { font-size: 17px; margin: 34px 0 8px; }
p { margin: 0 0 4px; } .faint { color: #78746b; }
.players { display: grid; grid-template-columns: 1fr 1fr; gap: 18px; }
.players audio { width: 100%; } .before { color: #3f78b5; } .after { color: #e0541b; }
.wide { overflow-x: auto; } svg { display: block; } .fit svg { width: 100%; height: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
td, th { padding: 3px 12px 3px 0; text-align: right; border-bottom: 1px solid #e3dfd6; font-weight: normal; }
th { color: #78746b; } td:first-child, th:first-child { text-align: left; }
.outside { color: #b3401a; } summary { cursor: pointer; } .columns { columns: 3; column-gap: 30px; }
.columns p { break-inside: avoid; display: flex; justify-content: space-between; border-bottom: 1px solid #e3dfd6; }
@media (max-width: 800px) { .players { grid-template-columns: 1fr; } .columns { columns: 1; } }
";

/// Gives the players what is in the page: were it their address, two sounds of ten minutes would keep Firefox from
/// showing the page for five seconds instead of one. Lets one player continue where the other was when it is stopped,
/// so that both can be compared.
const SCRIPT: &str = "
const players = [...document.querySelectorAll('audio')];
players.forEach((player) => {
  const text = atob(player.nextElementSibling.textContent);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  player.src = URL.createObjectURL(new Blob([bytes], { type: 'audio/flac' }));
});
players.forEach((player, index) => player.addEventListener('play', () => {
  const other = players[1 - index];
  if (!other.paused) { player.currentTime = other.currentTime; other.pause(); }
}));
";

/// The whole page.
pub(crate) fn page(report: &Report<'_>) -> String {
    let title = escaped(&report.title);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title} · Con Anima</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<p class=\"faint\">humanized by {}</p>\n",
        software()
    );
    for line in &report.summary {
        // Writing to a string cannot fail.
        let _ = writeln!(page, "<p>{}</p>", escaped(line));
    }
    page += "<h2>To be heard</h2>\n<div class=\"players\">\n";
    for (name, sound) in ["before", "after"].into_iter().zip(report.sounds) {
        let _ = write!(
            page,
            "<div><p class=\"{name}\">{name}</p><audio controls preload=\"metadata\"></audio>\
             <script type=\"text/plain\">"
        );
        STANDARD.encode_string(&sound.flac, &mut page);
        page += "</script>";
        if sound.n_beyond > 0 {
            let beyond = counted(sound.n_beyond, "sample");
            let _ = write!(page, "<p class=\"faint\">{beyond} beyond full scale: clipped here</p>");
        }
        page += "</div>\n";
    }
    page += "</div>\n<noscript><p>The players need scripts to be allowed.</p></noscript>\n";
    page += "<h2>The melody <span class=\"before\">before</span> and <span class=\"after\">after</span></h2>\n";
    let _ = writeln!(page, "<div class=\"wide\">\n{}</div>", report.song);
    let _ = writeln!(page, "<h2>Movement, breath and timing</h2>\n<div class=\"fit\">\n{}</div>", report.picture);
    statistics(&mut page, &report.statistics);
    events(&mut page, &report.events);
    page += "<h2>Settings</h2>\n<div class=\"columns\">\n";
    for (name, value) in &report.settings {
        let _ = writeln!(page, "<p><span class=\"faint\">{}</span> <span>{}</span></p>", escaped(name), escaped(value));
    }
    let _ = write!(page, "</div>\n<script>{SCRIPT}</script>\n</body>\n</html>\n");
    page
}

/// Channels of a sound. Chosen: browsers play no more as they are meant to be heard.
pub(crate) const MOST_CHANNELS: usize = 2;

/// A recording as browsers play it.
#[derive(Clone, Debug)]
pub(crate) struct Sound {
    /// The file that [`sound`] writes.
    pub(crate) flac: Vec<u8>,
    /// Samples of its channels that were beyond full scale before they were rounded.
    pub(crate) n_beyond: u64,
}

/// A FLAC file of 16 bits with the first [`MOST_CHANNELS`] channels, to be written.
pub(crate) fn sound(
    flac: &mut Vec<u8>,
    n_channels: usize,
    sample_rate_hz: u32,
) -> anyhow::Result<Writer<Cursor<&mut Vec<u8>>>> {
    let spec = Spec {
        n_channels: n_channels.min(MOST_CHANNELS),
        sample_rate_hz,
        depth: Depth::Int16,
        container: Container::Flac,
        packing: Packing::Fast,
        dither: Dither::Triangular,
        n_samples: None,
    };
    Writer::new(Cursor::new(flac), &spec, &Metadata::default())
}

fn statistics(page: &mut String, rows: &[Compared]) {
    *page += "<h2>Beside people</h2>\n<p class=\"faint\">Eight of ten sung takes of people lie between the two numbers \
              at the right (docs/voice.md).</p>\n<table>\n<tr><th></th><th class=\"before\">before</th>\
              <th class=\"after\">after</th><th>people</th></tr>\n";
    let short = |value: Option<f64>| in_short(value).replace('-', "−");
    for Compared { meaning, before, after, human } in rows {
        let cell = |value: &Option<f64>| {
            let is_outside = value.zip(*human).is_some_and(|(value, [low, _, high])| !(low..=high).contains(&value));
            let class = if is_outside { " class=\"outside\"" } else { "" };
            format!("<td{class}>{}</td>", short(*value))
        };
        let people =
            human.map_or_else(String::new, |[low, _, high]| format!("{} to {}", short(Some(low)), short(Some(high))));
        let meaning = escaped(meaning);
        let _ = writeln!(page, "<tr><td>{meaning}</td>{}{}<td>{people}</td></tr>", cell(before), cell(after));
    }
    *page += "</table>\n";
}

fn events(page: &mut String, rows: &[Vec<String>]) {
    let Some((header, rows)) = rows.split_first() else { return };
    let _ = writeln!(
        page,
        "<h2>Notes and breaths</h2>\n<details><summary>{} notes, breaths and rests</summary>\n<table>",
        rows.len()
    );
    let line = |cells: &[String], tag: &str| {
        let cells: String = cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", escaped(cell))).collect();
        format!("<tr>{cells}</tr>\n")
    };
    *page += &line(header, "th");
    rows.iter().for_each(|row| *page += &line(row, "td"));
    *page += "</table>\n</details>\n";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wav_write::Done;

    fn sample() -> String {
        let mut flac = Vec::new();
        let mut writer = sound(&mut flac, 1, 48_000).expect("a sound");
        writer.write(&[vec![0.25; 4800]]).expect("written");
        writer.finish(&Done::default()).expect("complete");
        let sounds = [0, 3].map(|n_beyond| Sound { flac: flac.clone(), n_beyond });
        let compared =
            |value| Compared { meaning: "cents <rms>", before: Some(1.0), after: value, human: Some([5.0, 7.0, 9.0]) };
        let report = Report {
            title: "lead <1>.wav".to_owned(),
            summary: vec!["a & b".to_owned()],
            settings: vec![("Drift".to_owned(), "12 cents".to_owned())],
            sounds: &sounds,
            song: "<svg id=\"song\"></svg>".to_owned(),
            picture: "<svg id=\"picture\"></svg>".to_owned(),
            events: vec![vec!["time_s".to_owned()], vec!["1.5".to_owned()]],
            statistics: vec![compared(Some(6.5)), compared(None)],
        };
        page(&report)
    }

    #[test]
    fn a_page_holds_everything_and_loads_nothing() {
        let page = sample();
        for part in ["lead &lt;1&gt;.wav", "a &amp; b", "id=\"song\"", "id=\"picture\"", "12 cents", "<td>1.5</td>"] {
            assert!(page.contains(part), "{part}");
        }
        // Each player is followed by its sound: the text of "fLaC" is its beginning.
        assert_eq!(page.matches("></audio><script type=\"text/plain\">ZkxhQw").count(), 2);
        assert_eq!(page.matches("clipped").count(), 1, "where samples were");
        assert!(page.contains("3 samples beyond full scale: clipped here"));
        for loaded in ["http:", "https:", "src=\"/", "@import", "url("] {
            assert!(!page.contains(loaded), "{loaded}");
        }
    }

    #[test]
    fn what_lies_outside_people_is_marked() {
        let page = sample();
        assert!(page.contains("<td class=\"outside\">1</td><td>6.50</td><td>5 to 9</td>"));
        assert!(page.contains("<td>−</td>"));
    }
}
