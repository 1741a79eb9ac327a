//! The notes and breaths that a bounce lists: that they are the song's, that they are reproduced, and that all formats
//! agree.

use con_anima::demo::{Take, demo_song, sing};
use midly::{Format, MetaMessage, MidiMessage, Smf, Timing, TrackEventKind};
use serde_json::Value;

use crate::studio::{Studio, chunk, short_wav, wav};

const RATE_HZ: u32 = 48_000;

fn song() -> Take {
    sing(&demo_song(), f64::from(RATE_HZ))
}

/// A folder with the demo song in it.
fn studio() -> Studio {
    let data: Vec<u8> = song().samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    Studio::new().with("song.wav", wav(3, 1, RATE_HZ, 32, &data))
}

/// What a bounce with these options writes as events.
fn listed(studio: &Studio, name: &str, options: &[&str]) -> Vec<u8> {
    studio.bounced(&[&["song.wav", "-o", "out.wav", "--force", "--events", name], options].concat());
    studio.bytes(name)
}

/// A note's line of the table.
#[derive(Clone, Debug, PartialEq)]
struct Line {
    time_s: f64,
    song_s: f64,
    sung_s: f64,
    planned_ms: f64,
    realized_ms: f64,
    duration_s: f64,
    f0_hz: f64,
    midi_note: u8,
    level_db: f64,
}

fn lines(table: &[u8]) -> Vec<Line> {
    let mut reader = csv::Reader::from_reader(table);
    let header = reader.headers().expect("a header").clone();
    let line = |record: Result<csv::StringRecord, csv::Error>| {
        let record = record.expect("a line with every field");
        let field = |name| header.iter().position(|field| field == name).map(|at| &record[at]).expect("a field");
        let number = |name| field(name).parse().expect("a number");
        if field("event") == "breath" {
            assert!(["added", "by_hand", "own"].contains(&field("kind")), "{record:?}");
            return None;
        }
        if field("event") == "rest" {
            assert!(number("duration_s") >= 0.35 && field("sung_s").is_empty(), "{record:?}");
            return None;
        }
        assert_eq!(field("event"), "note");
        assert!(["voicing", "vowel", "legato"].contains(&field("kind")), "{record:?}");
        Some(Line {
            time_s: number("time_s"),
            song_s: number("song_s"),
            sung_s: number("sung_s"),
            planned_ms: number("planned_ms"),
            realized_ms: number("realized_ms"),
            duration_s: number("duration_s"),
            f0_hz: number("f0_hz"),
            midi_note: field("midi_note").parse().expect("a key"),
            level_db: number("level_db"),
        })
    };
    reader.records().filter_map(line).collect()
}

fn table(studio: &Studio, options: &[&str]) -> Vec<Line> {
    lines(&listed(studio, "notes.csv", options))
}

fn planned_ms(lines: &[Line]) -> Vec<f64> {
    lines.iter().map(|line| line.planned_ms).collect()
}

#[test]
fn every_note_of_the_song_is_listed_in_order() {
    let truth = song().truth.notes;
    let found = table(&studio(), &["--start-seconds", "-1.5", "--set", "timing=25", "--mode", "studio"]);
    let is_near = |a: f64, b: f64| (a - b).abs() <= 0.05;
    let missed = truth.iter().filter(|note| !found.iter().any(|line| is_near(line.time_s, note.onset_s))).count();
    let invented = found.iter().filter(|line| !truth.iter().any(|note| is_near(line.time_s, note.onset_s))).count();
    assert!(missed <= 2 && invented <= 1, "{missed} missed, {invented} invented");
    for line in &found {
        assert!((line.song_s - (line.time_s - 1.5)).abs() < 2e-6, "{line:?}");
        assert!((line.sung_s - (line.time_s + line.realized_ms / 1000.0)).abs() < 2e-6, "{line:?}");
        assert!((-50.0..=100.0).contains(&line.planned_ms), "what Studio may: {line:?}");
        assert!((-40.0..0.0).contains(&line.level_db), "{line:?}");
    }
    for pair in found.windows(2) {
        assert!(pair[0].duration_s > 0.0 && pair[0].time_s + pair[0].duration_s < pair[1].time_s + 1e-5, "{pair:?}");
        assert!(pair[0].sung_s < pair[1].sung_s, "{pair:?}");
    }
}

#[test]
fn pitch_and_length_are_those_of_the_note() {
    let truth = song().truth.notes;
    let found = table(&studio(), &[]);
    let mut n_compared = 0;
    for line in &found {
        let Some(note) = truth.iter().find(|note| (note.onset_s - line.time_s).abs() <= 0.05) else { continue };
        let error_cents = 1200.0 * (line.f0_hz / note.f0_hz).log2();
        assert!(error_cents.abs() < 10.0, "{error_cents} cents: {line:?}");
        assert_eq!(f64::from(line.midi_note), (69.0 + 12.0 * (note.f0_hz / 440.0).log2()).round(), "{line:?}");
        // A voiced consonant behind it, up to 0.15 s, is still its voice.
        let excess_s = line.time_s + line.duration_s - note.end_s;
        assert!((-0.06..0.2).contains(&excess_s), "{excess_s} s too long: {line:?}");
        n_compared += 1;
    }
    assert!(n_compared + 2 >= truth.len(), "{n_compared}");
}

/// How alike two stretches of sound are: 1 if one is the other, louder or softer.
fn likeness(a: &[f32], b: &[f32]) -> f64 {
    let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    product(a, b) / (product(a, a) * product(b, b)).sqrt().max(1e-12)
}

#[test]
fn what_is_heard_there_is_the_note() {
    let (studio, song) = (studio(), song());
    let still = ["drift=0", "tremble=0", "jitter=0", "shimmer=0", "intonation=0", "scoop=0", "level=0", "timing=30"];
    let still = still.map(|value| ["--set", value]).concat();
    let found = table(&studio, &still);
    let data = chunk(&studio.bytes("out.wav"), "data");
    let sung: Vec<f32> = data.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().expect("4 bytes"))).collect();
    let place = |time_s: f64| (time_s * f64::from(RATE_HZ)).round() as usize;
    // Three hundredths of a second from the onset on: some periods, and the beginning, which tells them apart. In a
    // glide up to 40 cents are given back meanwhile, 0.7 ms.
    let likeness = |line: &Line| {
        let heard = &song.samples[place(line.time_s)..][..1440];
        let at = |off: usize| likeness(heard, &sung[place(line.sung_s) + off - 20..][..1440]);
        (0..=40).map(at).fold(0.0, f64::max)
    };
    let likenesses: Vec<f64> = found.iter().map(likeness).collect();
    // In a few notes a step is taken right there.
    let n_alike = likenesses.iter().filter(|likeness| **likeness > 0.95).count();
    assert!(10 * n_alike >= 9 * found.len(), "{n_alike} of {}: {likenesses:?}", found.len());
    assert!(found.iter().filter(|line| line.realized_ms.abs() > 5.0).count() > 20, "they are moved");
}

#[test]
fn a_plan_belongs_to_seed_and_take_and_to_nothing_else() {
    let studio = studio();
    let expected = listed(&studio, "notes.csv", &[]);
    assert!(expected == listed(&studio, "notes.csv", &["--block", "77"]));
    assert!(expected == listed(&studio, "notes.csv", &["--block", "30000", "--seed", "1", "--take", "1"]));
    let expected = planned_ms(&lines(&expected));
    // Depths of another kind re-roll nothing.
    assert_eq!(expected, planned_ms(&table(&studio, &["--set", "drift=0", "--set", "tremble=0"])));
    for other in [&["--take", "2"], &["--seed", "2"]] {
        let other = planned_ms(&table(&studio, other));
        assert_eq!(other.len(), expected.len());
        let n_alike = other.iter().zip(&expected).filter(|(a, b)| a == b).count();
        assert!(n_alike < 3, "{n_alike} of {}", expected.len());
    }
}

#[test]
fn without_timing_nothing_is_planned_and_under_bypass_nothing_is_moved() {
    let studio = studio();
    let untimed = table(&studio, &["--set", "timing=0"]);
    assert!(untimed.iter().all(|line| line.planned_ms == 0.0) && untimed.len() > 28);
    assert!(untimed.iter().any(|line| line.realized_ms != 0.0), "drift moves notes all the same");
    for still in [&["--set", "bypass=on"], &["--amount", "0"]] {
        let lines = table(&studio, still);
        assert!(lines.iter().all(|line| line.realized_ms == 0.0 && line.sung_s == line.time_s), "{still:?}");
        assert_eq!(lines.len(), untimed.len());
    }
}

#[test]
fn the_beat_is_the_tempos() {
    let studio = studio();
    let bounced = |options: &[&str]| {
        let lines = table(&studio, options);
        (lines, chunk(&studio.bytes("out.wav"), "data"))
    };
    let unknown = bounced(&[]);
    assert!(unknown == bounced(&["--tempo", "120"]), "sixteenths last 125 ms");
    let list = String::from_utf8_lossy(&chunk(&studio.bytes("out.wav"), "LIST")).into_owned();
    let said = ["timing=10 ", "feel=0 ", "memory=80 ", "seed=1 ", "take=1 ", "tempo=120"];
    assert!(said.iter().all(|part| list.contains(part)), "{list}");
    let other = bounced(&["--tempo", "97.5"]);
    assert!(planned_ms(&other.0) != planned_ms(&unknown.0) && other.1 != unknown.1);
    // A curve that says what an option says is that option, at any tempo.
    let studio = studio.with("moves.csv", "0,timing,10\n");
    let moved = table(&studio, &["--tempo", "97.5", "--automation", "moves.csv", "--set", "timing=40"]);
    assert_eq!(moved, other.0);
}

#[test]
fn objects_table_and_summary_agree() {
    let studio = studio();
    let options = ["--seed", "7", "--take", "3", "--tempo", "88", "--set", "feel=15"];
    let lines = table(&studio, &options);
    let whole: Value = serde_json::from_slice(&listed(&studio, "notes.json", &options)).expect("one object");
    let events = whole["events"].as_array().expect("a list");
    let [notes, breaths, rests] =
        ["note", "breath", "rest"].map(|what| events.iter().filter(|event| event["event"] == what).collect::<Vec<_>>());
    assert_eq!((notes.len(), notes.len() + breaths.len() + rests.len()), (lines.len(), events.len()));
    for (event, line) in notes.iter().zip(&lines) {
        assert_eq!(event["midi_note"], line.midi_note);
        for (name, value) in [("time_s", line.time_s), ("planned_ms", line.planned_ms), ("f0_hz", line.f0_hz)] {
            assert_eq!(event[name], value, "{name}");
        }
    }
    let args = [&["song.wav", "-o", "out.wav", "--force", "--json"], &options[..]].concat();
    let summary: Value = serde_json::from_str(&studio.bounced(&args)).expect("one object");
    for key in ["source", "values", "tempo_bpm", "start_s", "duration_s", "sample_rate_hz"] {
        assert_eq!(whole[key], summary[key], "{key}");
    }
    let values = &whole["values"];
    assert_eq!((&values["seed"], &values["take"], &values["feel"]), (&7.0.into(), &3.0.into(), &15.0.into()));
    let timing = &summary["timing"];
    assert_eq!(timing["notes"], lines.len());
    for (id, late_ms) in
        [("planned", planned_ms(&lines)), ("realized", lines.iter().map(|line| line.realized_ms).collect())]
    {
        let mean_ms = late_ms.iter().sum::<f64>() / late_ms.len() as f64;
        let squares: f64 = late_ms.iter().map(|late_ms| (late_ms - mean_ms).powi(2)).sum();
        let said = |figure: &str| timing[format!("{id}_{figure}_ms")].as_f64().expect("a number");
        assert!((said("mean") - mean_ms).abs() < 0.01, "{timing}");
        assert!((said("sd") - (squares / late_ms.len() as f64).sqrt()).abs() < 0.01, "{timing}");
    }
    // Within 2 ms of its plan, or half a period of the lowest note, 329.6 Hz, is where a note was meant to be.
    let n_near = lines.iter().filter(|line| (line.realized_ms - line.planned_ms).abs() <= 2.0).count();
    assert!(timing["as_planned"].as_u64().is_some_and(|n| n <= n_near as u64 && n > 0), "{timing}, {n_near}");
}

#[test]
fn a_daw_sees_the_notes_where_they_are_sung() {
    let studio = studio();
    for (bpm, options) in [(120.0, &[][..]), (73.0, &["--tempo", "73", "--set", "timing=30", "--take", "4"])] {
        let lines = table(&studio, options);
        let bytes = listed(&studio, "notes.mid", options);
        let file = Smf::parse(&bytes).expect("a MIDI file");
        let Timing::Metrical(ticks_per_beat) = file.header.timing else { panic!("beats") };
        assert_eq!((file.header.format, file.tracks.len()), (Format::SingleTrack, 1));
        let (mut us_per_beat, mut tick, mut text) = (0, 0, String::new());
        let mut messages = Vec::new();
        for event in &file.tracks[0] {
            tick += u64::from(event.delta.as_int());
            match event.kind {
                TrackEventKind::Meta(MetaMessage::Tempo(tempo)) => us_per_beat = tempo.as_int(),
                TrackEventKind::Meta(MetaMessage::Text(said)) => text += &String::from_utf8_lossy(said),
                TrackEventKind::Midi { message, .. } => {
                    let s_per_tick = f64::from(us_per_beat) / 1e6 / f64::from(ticks_per_beat.as_int());
                    messages.push((tick as f64 * s_per_tick, message));
                }
                _ => {}
            }
        }
        assert!((60e6 / f64::from(us_per_beat) - bpm).abs() < 0.001, "{us_per_beat}");
        assert!(text.contains("Con Anima") && text.contains(" seed=1 "), "{text}");
        assert_eq!(messages.len(), 2 * lines.len());
        let mut end_s = 0.0;
        for (line, pair) in lines.iter().zip(messages.chunks(2)) {
            let [(on_s, MidiMessage::NoteOn { key, vel }), (off_s, MidiMessage::NoteOff { key: off_key, .. })] = pair
            else {
                panic!("{pair:?}")
            };
            assert!((on_s - line.sung_s).abs() < 0.0005 && *on_s >= end_s, "{pair:?} for {line:?}");
            assert_eq!((key.as_int(), off_key.as_int()), (line.midi_note, line.midi_note));
            // Its end is moved, too: by other steps than its beginning.
            assert!((off_s - on_s - line.duration_s).abs() < 0.1 && off_s > on_s, "{pair:?} for {line:?}");
            assert!((30..=127).contains(&vel.as_int()), "{vel} for {} dB", line.level_db);
            end_s = *off_s;
        }
    }
}

/// The demo song with a breath of the singer's own, from 5.06 to 5.42 s: noise around 2.5 kHz, 25 dB below the voice.
fn breathing_studio() -> Studio {
    let mut samples = song().samples;
    let (mut state, mut low, mut band) = (1_u32, 0.0, 0.0);
    for (n, sample) in samples.iter_mut().enumerate() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let white = (state >> 8) as f32 / (1 << 23) as f32 - 1.0;
        // A state-variable filter.
        low += 0.32 * band;
        band += 0.32 * (white - low - 0.8 * band);
        let time_s = n as f32 / RATE_HZ as f32;
        let share = ((time_s - 5.06) / 0.15).min((5.42 - time_s) / 0.04).clamp(0.0, 1.0);
        *sample += 0.016 * share * band;
    }
    let data: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    Studio::new().with("song.wav", wav(3, 1, RATE_HZ, 32, &data))
}

#[test]
fn a_breath_of_the_take_is_an_event_in_every_format() {
    let studio = breathing_studio();
    let options = ["--start-seconds", "60", "--set", "timing=30", "--set", "inhale=-60"];
    let whole: Value = serde_json::from_slice(&listed(&studio, "notes.json", &options)).expect("one object");
    let events = whole["events"].as_array().expect("a list");
    let starts_s: Vec<f64> = events.iter().map(|event| event["song_s"].as_f64().expect("a number")).collect();
    assert!(starts_s.is_sorted(), "{starts_s:?}");
    let breaths: Vec<_> = events.iter().filter(|event| event["event"] == "breath").collect();
    let [breath] = breaths[..] else { panic!("{breaths:?}") };
    let number = |name: &str| breath[name].as_f64().expect("a number");
    assert_eq!(breath["kind"], "own");
    assert!((number("time_s") - 5.06).abs() < 0.06 && (number("time_s") + number("duration_s") - 5.42).abs() < 0.06);
    assert!((number("song_s") - number("time_s") - 60.0).abs() < 1e-5, "{breath}");
    assert!((number("sung_s") - number("time_s")).abs() < 0.2 && (-50.0..-35.0).contains(&number("level_db")));
    for name in ["planned_ms", "realized_ms", "f0_hz", "midi_note"] {
        assert_eq!(breath[name], Value::Null, "{name}");
    }
    let table = listed(&studio, "notes.csv", &options);
    let line = String::from_utf8_lossy(&table).lines().find(|line| line.contains(",breath,")).map(str::to_owned);
    assert!(line.expect("a line").contains(",breath,own,,,"));

    let bytes = listed(&studio, "notes.mid", &options);
    let mut tick = 0;
    let file = Smf::parse(&bytes).expect("a MIDI file");
    let markers = file.tracks[0].iter().filter_map(|event| {
        tick += event.delta.as_int();
        let TrackEventKind::Meta(MetaMessage::Marker(text)) = event.kind else { return None };
        Some((f64::from(tick) / 7680.0, String::from_utf8_lossy(text).into_owned()))
    });
    let markers: Vec<_> = markers.collect();
    assert!(matches!(&markers[..], [(at_s, text)] if (at_s - number("sung_s")).abs() < 0.001 && text == "own breath"));

    let args = [&["song.wav", "-o", "out.wav", "--force", "--json"], &options[..]].concat();
    let summary: Value = serde_json::from_str(&studio.bounced(&args)).expect("one object");
    let per_minute = 60.0 / summary["duration_s"].as_f64().expect("a number");
    assert_eq!((&summary["breath"]["own"], &summary["breath"]["added"]), (&1.into(), &0.into()));
    assert_eq!(summary["breath"]["per_minute"], per_minute);
}

#[test]
fn a_rest_without_a_breath_says_why() {
    let studio = breathing_studio();
    let reasons = |options: &[&str]| -> Vec<String> {
        let whole: Value = serde_json::from_slice(&listed(&studio, "rests.json", options)).expect("one object");
        let events = whole["events"].as_array().expect("a list").iter();
        let rests = events.filter(|event| event["event"] == "rest" && event["song_s"].as_f64() > Some(1.0));
        rests.map(|event| event["kind"].as_str().expect("a word").to_owned()).collect()
    };
    // The song rests behind each of its first three phrases; in the first of these rests the take breathes.
    let of = |mode, set, learn| reasons(&["--set", mode, "--set", set, "--learn", learn]);
    // Learned, every mode knows the rests as Phrase hears them.
    for (mode, learn) in [("mode=phrase", "no"), ("mode=phrase", "yes"), ("mode=live", "yes")] {
        assert_eq!(of(mode, "inhale=-60", learn), ["off", "off", "off"], "{mode} {learn}");
        assert_eq!(of(mode, "inhale_every=0", learn), ["own_breath", "chance", "chance"], "{mode} {learn}");
        assert_eq!(of(mode, "inhale_every=100", learn), ["own_breath"], "{mode} {learn}");
    }
    // Without look-ahead a rest must have been open for a while: the take's breath leaves no room for another. And a
    // take that has breathed in the rest before is taken to breathe in the next.
    for mode in ["mode=live", "mode=studio"] {
        assert_eq!(of(mode, "inhale=-60", "no"), ["own_breath", "off", "off"], "{mode}");
        assert_eq!(of(mode, "inhale_every=0", "no"), ["own_breath", "own_breath", "chance"], "{mode}");
        assert_eq!(of(mode, "inhale_every=100", "no"), ["own_breath", "own_breath"], "{mode}");
    }
}

#[test]
fn tempos_that_are_none() {
    let studio = Studio::new().with("in.wav", short_wav());
    for (bpm, culprit) in [("0", "not 0"), ("NaN", "NaN"), ("-3", "-3"), ("19.9", "19.9"), ("1e3", "1000")] {
        studio.refused(&["in.wav", "--tempo", bpm], &["--tempo", "20", "999", culprit]);
    }
}

#[test]
fn lists_that_cannot_be_written() {
    let studio = Studio::new().with("in.wav", short_wav()).with("moves.csv", "0,drift,1\n").with("mine.csv", "mine");
    let cases: [(&[&str], &[&str]); 6] = [
        (&["--events", "notes.txt"], &["notes.txt", ".csv, .json or .mid"]),
        (&["--events", "notes"], &["'notes'", ".csv, .json or .mid"]),
        (&["--events", "absent/notes.mid"], &["absent/notes.mid"]),
        (&["--events", "mine.csv"], &["mine.csv", "--force"]),
        (&["--automation", "moves.csv", "--events", "moves.csv", "--force"], &["moves.csv", "same file"]),
        (&["-o", "new.wav", "--events", "./in.wav", "--force"], &["in.wav", ".csv, .json or .mid"]),
    ];
    for (options, culprits) in cases {
        studio.refused(&[&["in.wav"], options].concat(), culprits);
    }
    studio.bounced(&["in.wav", "--events", "mine.csv", "--force"]);
    assert_eq!(lines(&studio.bytes("mine.csv")), [], "noise has no notes");
}
