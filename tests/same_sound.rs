//! The same settings sound as they did: sung material, measured half second by half second, beside what was written
//! down when it was last changed on purpose.
//!
//! A session must sound tomorrow as it does today. Other tests hold what a movement should be; this one notices that it
//! has changed at all, and by how much. Where a change is wanted, run it with `CON_ANIMA_WRITE=1`, look at what changed
//! in tests/fixtures/same_sound.tsv, and say it in CHANGELOG.md in a line that begins with "Sound".
#![allow(clippy::print_stdout, reason = "what is measured, for whoever looks at a failure")]

mod common;
#[path = "common/sung.rs"]
mod sung;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use con_anima::analysis::Phase;
use con_anima::demo::{Song, demo_song, sing};
use con_anima::engine::HopTrace;
use con_anima::offline::{Options, learn, render, render_learned};
use con_anima::settings::{Mode, Settings};
use sung::{db, mean, power, settings};

/// What is measured in a half second, and how far it may lie off on another processor, whose sums round differently:
/// some five times what it did on one without vector registers beyond SSE.
const COLUMNS: [(&str, f64); 20] = [
    ("level_db", 0.005),
    ("pattern_1", 0.003),
    ("pattern_2", 0.003),
    ("pitch_cents", 0.002),
    ("displacement_ms", 0.001),
    ("gain_db", 0.001),
    ("aspiration_db", 0.005),
    ("inhalation_db", 0.005),
    ("f0_cents", 0.01),
    ("clarity", 0.0003),
    ("heard_db", 0.005),
    ("silence_db", 0.005),
    ("floor_db", 0.005),
    ("hnr_1_db", 0.01),
    ("hnr_2_db", 0.01),
    ("hnr_3_db", 0.01),
    ("glottal_phase", 0.001),
    ("vowel", 0.005),
    ("breath", 0.005),
    ("n_onsets", 0.01),
];
/// So many of all half seconds may be others altogether, because one decision fell differently there, percent.
const MOST_OTHERS_PERCENT: f64 = 2.0;

type Row = [f64; COLUMNS.len()];

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/same_sound.tsv")
}

/// The demo song's first two phrases at a rate.
fn song(rate_hz: f64) -> Vec<f32> {
    sing(&first_phrases(), rate_hz).samples
}

fn first_phrases() -> Song {
    let mut song = demo_song();
    song.notes.retain(|note| note.onset_s < 10.0);
    song.duration_s = 11.2;
    song
}

/// Two voices at once, a fourth apart.
fn two_voices(rate_hz: f64) -> Vec<f32> {
    let mut second = first_phrases();
    second.notes.iter_mut().for_each(|note| note.midi -= 5.0);
    let second = sing(&second, rate_hz).samples;
    song(rate_hz).iter().zip(second).map(|(a, b)| 0.5 * (a + b)).collect()
}

/// How a piece is sung.
struct Case {
    name: &'static str,
    rate_hz: f64,
    mode: Mode,
    is_learned: bool,
    settings: Settings,
    samples: Vec<f32>,
}

fn cases() -> Vec<Case> {
    let added = [("listen", 2.0), ("inhale_every", 100.0)];
    let vibrato = [("listen", 2.0), ("vibrato", 25.0), ("breath_keep", -9.0), ("only_missing", 0.0)];
    let breath = [("listen", 1.0), ("breath", 60.0), ("breath_tone", 3.0), ("inhale_every", 100.0)];
    let case = |name, rate_hz, mode, is_learned, changes: &[(&str, f64)], samples: Vec<f32>| Case {
        name,
        rate_hz,
        mode,
        is_learned,
        settings: settings(changes),
        samples,
    };
    let as_heard = song(48_000.0);
    // A take that somebody has sung: with vibrato, breath and a timing of its own.
    let lively = sung::sound(&as_heard, settings(&[("vibrato", 40.0), ("seed", 7.0), ("amount", 150.0)]));
    vec![
        case("live", 48_000.0, Mode::Live, false, &added, as_heard.clone()),
        case("studio", 48_000.0, Mode::Studio, false, &added, as_heard.clone()),
        case("phrase", 44_100.0, Mode::Phrase, false, &added, song(44_100.0)),
        case("learned", 48_000.0, Mode::Phrase, true, &added, as_heard.clone()),
        case("learned_live", 48_000.0, Mode::Live, true, &[("listen", 2.0)], as_heard.clone()),
        case("all_of_it", 48_000.0, Mode::Studio, false, &vibrato, lively.clone()),
        case("lively", 48_000.0, Mode::Phrase, false, &added, lively),
        case("breath", 48_000.0, Mode::Phrase, false, &breath, as_heard),
        case("two_voices", 32_000.0, Mode::Studio, false, &added, two_voices(32_000.0)),
    ]
}

/// Each half second of what comes out of a case.
fn rows(case: &Case) -> Vec<Row> {
    let options = Options { sample_rate_hz: case.rate_hz, mode: case.mode, start_samples: 0, block_samples: 512 };
    let channels = [case.samples.clone()];
    let rendered = match case.is_learned {
        true => {
            let score = Arc::new(learn(&channels, &options, |_| ()).expect("valid options"));
            render_learned(&channels, &options, &score, |_| case.settings, |_| ())
        }
        false => render(&channels, &options, |_| case.settings, |_| ()),
    };
    let rendered = rendered.expect("valid options");
    let len = (0.5 * case.rate_hz) as usize;
    let hop_at = |at: usize| rendered.hops.partition_point(|hop| hop.position_samples < at as i64);
    let row = |n: usize| {
        let (from, to) = (n * len, (n + 1) * len);
        row(&rendered.channels[0][from..to], &rendered.hops[hop_at(from)..hop_at(to)])
    };
    (0..case.samples.len() / len).map(row).collect()
}

fn row(samples: &[f32], hops: &[HopTrace]) -> Row {
    let level_db = db(power(samples)).max(-120.0);
    let mean_of = |value: &dyn Fn(&HopTrace) -> Option<f64>| {
        let values: Vec<f64> = hops.iter().filter_map(value).collect();
        if values.is_empty() { 0.0 } else { mean(&values) }
    };
    let of_voice = |hop: &HopTrace, value: f64| (hop.frame.f0_hz > 0.0).then_some(value);
    let share = |is: &dyn Fn(&HopTrace) -> bool| mean_of(&|hop| Some(f64::from(u8::from(is(hop)))));
    let hnr = |band: usize| mean_of(&|hop| hop.frame.hnr_db.map(|bands| f64::from(bands[band])));
    [
        level_db,
        pattern(samples, 1, level_db),
        pattern(samples, 2, level_db),
        mean_of(&|hop| Some(f64::from(hop.pitch_cents))),
        mean_of(&|hop| Some(f64::from(hop.displacement_ms))),
        mean_of(&|hop| Some(f64::from(hop.gain_db))),
        mean_of(&|hop| hop.aspiration_db.map(f64::from)),
        mean_of(&|hop| hop.inhalation_db.map(f64::from)),
        mean_of(&|hop| of_voice(hop, 1200.0 * (f64::from(hop.frame.f0_hz) / 100.0).log2())),
        mean_of(&|hop| of_voice(hop, f64::from(hop.frame.clarity))),
        mean_of(&|hop| Some(f64::from(hop.frame.level_db.max(hop.frame.loudness_db)))),
        mean_of(&|hop| Some(f64::from(hop.frame.silence_db))),
        mean_of(&|hop| Some(f64::from(hop.frame.noise_floor_db))),
        hnr(0),
        hnr(1),
        hnr(2),
        mean_of(&|hop| of_voice(hop, f64::from((std::f32::consts::TAU * hop.frame.glottal_phase).cos()))),
        share(&|hop| hop.frame.phase == Phase::Vowel),
        share(&|hop| hop.frame.phase == Phase::Breath),
        hops.iter().filter(|hop| hop.frame.onset.is_some()).count() as f64,
    ]
}

/// How much of a fixed pattern without order is in the samples, standard deviations: any change of the sound by one
/// part in a hundred changes it as much.
fn pattern(samples: &[f32], number: u64, level_db: f64) -> f64 {
    if level_db <= -110.0 {
        return 0.0;
    }
    let mut state = number;
    let mut sign = || {
        // Source: Steele et al., "Fast splittable pseudorandom number generators", OOPSLA 2014.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        if (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 63 == 0 { 1.0 } else { -1.0 }
    };
    let sum: f64 = samples.iter().map(|sample| sign() * f64::from(*sample)).sum();
    sum / (10_f64.powf(level_db / 20.0) * (samples.len() as f64).sqrt())
}

fn table(rows: &[(&'static str, Vec<Row>)]) -> String {
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    let mut text = format!("case\tat_s\t{}\n", names.join("\t"));
    for (name, rows) in rows {
        for (n, row) in rows.iter().enumerate() {
            let _ = write!(text, "{name}\t{}", 0.5 * n as f64);
            row.iter().for_each(|value| {
                let _ = write!(text, "\t{value:.4}");
            });
            text.push('\n');
        }
    }
    text
}

#[test]
fn the_same_settings_sound_as_they_did() {
    let rows: Vec<(&str, Vec<Row>)> = cases().iter().map(|case| (case.name, rows(case))).collect();
    let (found, path) = (table(&rows), fixture());
    if std::env::var_os("CON_ANIMA_WRITE").is_some() {
        std::fs::write(&path, &found).expect("the fixture can be written");
    }
    let expected = std::fs::read_to_string(&path).expect("the fixture is there");
    assert_eq!(found.lines().count(), expected.lines().count(), "other cases");
    let mut n_others = 0;
    for (found, expected) in found.lines().zip(expected.lines()).skip(1) {
        let [found, expected] = [found, expected].map(|line| line.split('\t').collect::<Vec<_>>());
        let number = |text: &str| text.parse::<f64>().expect("a number");
        let is_same = |k: &usize| (number(found[k + 2]) - number(expected[k + 2])).abs() <= COLUMNS[*k].1;
        let others: Vec<usize> = (0..COLUMNS.len()).filter(|k| !is_same(k)).collect();
        n_others += usize::from(!others.is_empty());
        for k in others {
            println!("{} at {} s: {} {} for {}", found[0], found[1], COLUMNS[k].0, found[k + 2], expected[k + 2]);
        }
    }
    let percent = 100.0 * n_others as f64 / (found.lines().count() - 1) as f64;
    println!("{n_others} half seconds, {percent:.1} %, are others");
    assert!(percent <= MOST_OTHERS_PERCENT, "{percent:.1} % of the half seconds sound otherwise; see this file's head");
}
