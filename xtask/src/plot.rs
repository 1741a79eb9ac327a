//! A picture of a bounce: the pitch before and after, the movement that was added, the breath, and how far notes were
//! moved.
//!
//! In: a recording and its rendering. Out: an SVG, 1200 × 820, with a background of its own, so that it is readable on
//! light and dark pages. The upper panel shows cents from the note that is sung, each note by its name, so that a
//! movement of ten cents is visible in a melody of an octave; the others show what the engine reports.
//!
//! The SVG is written directly: plotters' SVG back end rounds coordinates to whole pixels, which turns a drift into
//! stairs.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use con_anima::offline::Rendered;

use crate::audio_file::Recording;
use crate::plot::notes::Note;
use crate::plot::panel::Panel;
use crate::plot::svg::Svg;
use crate::progress::Progress;

mod breath;
pub(crate) mod heard;
mod note_axis;
mod notes;
mod panel;
mod pitch;
mod pixels;
pub(crate) mod song;
mod svg;
mod timing;

pub(crate) use svg::escaped;

/// The layout, pixels. Chosen: larger panels show more detail and leave the others less room.
const WIDTH: f64 = 1200.0;
const HEIGHT: f64 = 820.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = WIDTH - 28.0;
const PITCH_TOP: f64 = 110.0;
const PITCH_BOTTOM: f64 = 400.0;
const MOVEMENT_TOP: f64 = 432.0;
const MOVEMENT_BOTTOM: f64 = 524.0;
const BREATH_TOP: f64 = 568.0;
const BREATH_BOTTOM: f64 = 628.0;
const TIMING_TOP: f64 = 674.0;
const TIMING_BOTTOM: f64 = 770.0;

const BACKGROUND: &str = "#fcfbf8";
const FRAME: &str = "#e3dfd6";
const INK: &str = "#2b2a27";
const FAINT_INK: &str = "#78746b";
const BEFORE: &str = "#3f78b5";
const AFTER: &str = "#e0541b";
const BREATH: &str = "#2a8c8c";

/// A curve further from its note than this is interrupted, cents. Chosen: larger draws slides across the picture,
/// smaller cuts wide movement.
const MOST_JUMP_CENTS: f64 = 60.0;

/// The longest line of settings, characters. Chosen: a longer one would leave the picture in a font as wide as DejaVu
/// Sans.
const MOST_LINE_CHARS: usize = 170;
/// Lines of settings at most. Chosen: more would run into the names of the notes.
const MOST_LINES: usize = 3;

/// The range shows this share of all pitches; the rest are the slides between notes. Chosen: larger makes the movement
/// smaller, smaller cuts it.
const SHOWN_SHARE: f64 = 0.96;

/// The least distance of two note names, pixels. Chosen: closer ones would touch.
const LEAST_NAME_DISTANCE: f64 = 30.0;

/// A picture as the file of this name holds it: in pixels if that ends in .png, else the SVG itself.
pub(crate) fn encoded(svg: &str, path: &Path) -> anyhow::Result<Vec<u8>> {
    let is_png = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png"));
    if is_png { pixels::png(svg) } else { Ok(svg.as_bytes().to_vec()) }
}

/// The pitch of a recording before and after, cents above MIDI note 0, `None` where there is none.
pub(crate) struct Pitches {
    before: Vec<Option<f64>>,
    after: Vec<Option<f64>>,
    hop_s: f64,
}

impl Pitches {
    /// Measures both.
    pub(crate) fn new(recording: &Recording, rendered: &Rendered, is_for_machines: bool) -> Self {
        let rate_hz = f64::from(recording.sample_rate_hz);
        let duration_s = recording.n_samples() as f64 / rate_hz;
        let hop_s = pitch::hop_s(duration_s);
        let progress = Progress::new("listening", 2 * pitch::n_hops(duration_s), is_for_machines);
        let n_done = AtomicUsize::new(0);
        let measure = |channels: &[Vec<f32>]| {
            pitch::measure(channels, rate_hz, hop_s, |_| progress.show(n_done.fetch_add(1, Ordering::Relaxed)))
        };
        // Both at a time: a short recording's take a good part of the time that its rendering does.
        let (before, after) = rayon::join(|| measure(&recording.channels), || measure(&rendered.channels));
        Self { before, after, hop_s }
    }
}

/// Draws the picture. `start_samples` is the song position of the first sample, `title` a name and a line of settings.
pub(crate) fn draw(
    recording: &Recording,
    rendered: &Rendered,
    pitches: &Pitches,
    start_samples: i64,
    title: &(String, String),
) -> String {
    let rate_hz = f64::from(recording.sample_rate_hz);
    let start_s = start_samples as f64 / rate_hz;
    let duration_s = recording.n_samples() as f64 / rate_hz;
    let Pitches { before, after, hop_s } = pitches;
    let hop_s = *hop_s;
    let notes = notes::notes(before, hop_s);
    let times_s = start_s..start_s + duration_s;
    let notes_after = as_sung(&notes, rendered, rate_hz, start_s, hop_s);
    let curves = [from_notes(before, &notes), from_notes(after, &notes_after)];

    let mut svg = Svg::new(WIDTH, HEIGHT);
    svg.rectangle((0.5, 0.5), (WIDTH - 1.0, HEIGHT - 1.0), 12.0, BACKGROUND, FRAME);
    head(&mut svg, title);
    let half_range = round_up(percentile(curves.iter().flatten().flatten(), SHOWN_SHARE).clamp(30.0, 200.0), 10.0);
    let panel = Panel::new((LEFT, PITCH_TOP), (RIGHT, PITCH_BOTTOM), times_s.clone(), half_range);
    panel.frame(&mut svg, "cents from the note", false);
    name_notes(&mut svg, &panel, &notes, start_s, hop_s);
    // The curve before is wider, so that it is seen where both are one.
    for (curve, notes, colour, width) in [(&curves[0], &notes, BEFORE, 3.4), (&curves[1], &notes_after, AFTER, 1.4)] {
        let inside: Vec<_> = curve.iter().map(|cents| cents.filter(|cents| cents.abs() <= half_range)).collect();
        for run in runs(&inside, notes) {
            let points: Vec<_> = run.map(|(k, cents)| panel.place(start_s + k as f64 * hop_s, cents)).collect();
            svg.curve(&points, colour, width);
        }
    }
    let n_outside = curves.iter().flatten().flatten().filter(|cents| cents.abs() > half_range).count();
    if n_outside > 0 {
        let words = format!("{n_outside} pitches lie outside this axis");
        svg.text((RIGHT, PITCH_BOTTOM + 16.0), "end", 12.0, INK, &words);
    }
    movement(&mut svg, rendered, rate_hz, times_s.clone());
    breath::draw(&mut svg, &rendered.hops, rate_hz, times_s.clone());
    timing::draw(&mut svg, &rendered.hops, rate_hz, times_s);
    svg.finish()
}

fn head(svg: &mut Svg, (name, settings): &(String, String)) {
    let name = svg::escaped(&shortened(name, 70));
    svg.text((LEFT, 31.0), "start", 19.0, INK, &format!("<tspan font-weight=\"600\">{name}</tspan>"));
    for (index, line) in in_lines(settings, MOST_LINE_CHARS, MOST_LINES).into_iter().enumerate() {
        let line = svg::escaped(&shortened(line, MOST_LINE_CHARS));
        svg.text((LEFT, 51.0 + 15.5 * index as f64), "start", 12.0, FAINT_INK, &line);
    }
    for (x, colour, label) in [(RIGHT - 168.0, BEFORE, "before"), (RIGHT - 72.0, AFTER, "after")] {
        svg.curve(&[(x, 26.0), (x + 26.0, 26.0)], colour, 3.0);
        svg.text((x + 34.0, 31.0), "start", 15.0, INK, label);
    }
}

/// The settings broken between two of them, each line but the last as long as possible.
fn in_lines(settings: &str, most_chars: usize, most_lines: usize) -> Vec<&str> {
    const BETWEEN: &str = " · ";
    let fits = |line: &str| line.chars().count() <= most_chars;
    let (mut lines, mut rest) = (Vec::new(), settings);
    while lines.len() + 1 < most_lines
        && !fits(rest)
        && let Some(at) = rest.rmatch_indices(BETWEEN).map(|(at, _)| at).find(|at| fits(&rest[..*at]))
    {
        lines.push(&rest[..at]);
        rest = &rest[at + BETWEEN.len()..];
    }
    lines.push(rest);
    lines
}

fn shortened(text: &str, most_chars: usize) -> String {
    match text.char_indices().nth(most_chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn name_notes(svg: &mut Svg, panel: &Panel, notes: &[Option<Note>], start_s: f64, hop_s: f64) {
    let mut right_most = f64::NEG_INFINITY;
    for run in notes::runs(notes) {
        let middle_s = start_s + (run.start + run.end) as f64 / 2.0 * hop_s;
        let (x, _) = panel.place(middle_s, 0.0);
        if let Some(note) = notes[run.start].filter(|_| x - right_most >= LEAST_NAME_DISTANCE) {
            svg.text((x, PITCH_TOP - 8.0), "middle", 12.5, FAINT_INK, &note.name());
            right_most = x;
        }
    }
}

/// The pitch that the engine reports to have added.
fn movement(svg: &mut Svg, rendered: &Rendered, rate_hz: f64, times_s: std::ops::Range<f64>) {
    let hops = rendered.hops.iter().map(|hop| (hop.position_samples as f64 / rate_hz, f64::from(hop.pitch_cents)));
    let inside: Vec<_> = hops.filter(|(time_s, _)| times_s.contains(time_s)).collect();
    let most = inside.iter().fold(0.0_f64, |most, (_, cents)| most.max(cents.abs()));
    let half_range = round_up(most.max(5.0), 5.0);
    let panel = Panel::new((LEFT, MOVEMENT_TOP), (RIGHT, MOVEMENT_BOTTOM), times_s, half_range);
    panel.frame(svg, "cents added", false);
    let points: Vec<_> = inside.iter().map(|&(time_s, cents)| panel.place(time_s, cents)).collect();
    let points = panel::thinned(&points);
    let (_, zero) = panel.place(0.0, 0.0);
    svg.area(&points, zero, AFTER, 0.16);
    svg.curve(&points, AFTER, 1.4);
}

/// The note heard at each time of the output, including its timing.
fn as_sung(notes: &[Option<Note>], rendered: &Rendered, rate_hz: f64, start_s: f64, hop_s: f64) -> Vec<Option<Note>> {
    let mut hops = rendered.hops.iter().peekable();
    let mut displacement_s = 0.0;
    let mut note_at = |k: usize| {
        let time_s = start_s + k as f64 * hop_s;
        while let Some(hop) = hops.next_if(|hop| hop.position_samples as f64 / rate_hz <= time_s) {
            displacement_s = f64::from(hop.displacement_ms) / 1000.0;
        }
        let heard = k as f64 + displacement_s / hop_s;
        notes.get(heard.round().max(0.0) as usize).copied().flatten()
    };
    (0..notes.len()).map(&mut note_at).collect()
}

/// Each pitch relative to the note at that time.
fn from_notes(pitch: &[Option<f64>], notes: &[Option<Note>]) -> Vec<Option<f64>> {
    pitch.iter().zip(notes).map(|(pitch, note)| Some(pitch.as_ref()? - note.as_ref()?.cents())).collect()
}

/// Unbroken stretches of a curve as (hop, cents): one note, no gap, no jump.
fn runs<'a>(curve: &'a [Option<f64>], notes: &[Option<Note>]) -> Vec<impl Iterator<Item = (usize, f64)> + 'a> {
    let is_joined = |k: usize| match (curve[k - 1], curve[k]) {
        (Some(a), Some(b)) => (a - b).abs() <= MOST_JUMP_CENTS && notes[k - 1] == notes[k],
        _ => false,
    };
    let mut starts: Vec<usize> = (0..curve.len()).filter(|&k| k == 0 || !is_joined(k)).collect();
    starts.push(curve.len());
    let run = |bounds: &[usize]| {
        let first = bounds[0];
        curve[first..bounds[1]].iter().enumerate().filter_map(move |(k, cents)| Some((first + k, (*cents)?)))
    };
    starts.windows(2).map(run).collect()
}

fn percentile<'a>(values: impl Iterator<Item = &'a f64>, share: f64) -> f64 {
    let mut sizes: Vec<f64> = values.map(|value| value.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    sizes.get((sizes.len() as f64 * share) as usize).copied().unwrap_or(0.0)
}

fn round_up(value: f64, step: f64) -> f64 {
    (value / step).ceil() * step
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::choice::of_a_file;

    #[test]
    fn a_curve_breaks_at_gaps_and_jumps_and_new_notes() {
        let [a, b] = [57, 58].map(|semitone| Some(Note(semitone)));
        let curve = [Some(0.0), Some(1.0), None, Some(2.0), Some(90.0), Some(91.0), Some(-9.0)];
        let notes = [a, a, a, a, a, a, b];
        let runs: Vec<Vec<_>> = runs(&curve, &notes).into_iter().map(Iterator::collect).collect();
        let lengths: Vec<usize> = runs.iter().map(Vec::len).filter(|n| *n > 0).collect();
        assert_eq!(lengths, [2, 1, 2, 1]);
        assert_eq!(runs[0], [(0, 0.0), (1, 1.0)]);
    }

    /// A melody of plain tones as a recording, and the same melody moved by so many cents as its rendering.
    fn melody(hop_samples: i64, movement_cents: impl Fn(f64) -> f64) -> (Recording, Rendered) {
        let rate_hz = 48_000.0;
        let sung = |movement_cents: &dyn Fn(f64) -> f64| {
            let mut phase = 0.0;
            let sample = |n: usize| {
                let time_s = n as f64 / rate_hz;
                let semitone = f64::from([57, 60, 64, 62, 65, 57][(time_s / 0.7) as usize % 6]);
                let pitch_cents = semitone * 100.0 + movement_cents(time_s);
                phase += 440.0 * 2.0_f64.powf((pitch_cents - 6900.0) / 1200.0) / rate_hz;
                let level = ((time_s % 0.7) / 0.02).min((0.62 - time_s % 0.7) / 0.05).clamp(0.0, 1.0);
                let tone = |k: u32| (std::f64::consts::TAU * phase * f64::from(k)).sin() / f64::from(k * k);
                (0.2 * level * (1..9).map(tone).sum::<f64>()) as f32
            };
            vec![(0..(rate_hz * 4.2) as usize).map(sample).collect()]
        };
        let hop = |k: i64| con_anima::engine::HopTrace {
            position_samples: k * hop_samples,
            pitch_cents: movement_cents((k * hop_samples) as f64 / rate_hz) as f32,
            ..Default::default()
        };
        let hops = (-3..(rate_hz * 4.5) as i64 / hop_samples).map(hop).collect();
        let rendered = Rendered { channels: sung(&movement_cents), hops, n_bad_samples: 0 };
        let channels = sung(&|_| 0.0);
        (Recording { channels, sample_rate_hz: 48_000, depth: crate::wav_write::Depth::Int24 }, rendered)
    }

    #[test]
    fn settings_break_between_two_of_them() {
        let settings = "Drift 12 cents · Take 1 · Seed 2";
        assert_eq!(in_lines(settings, 40, 3), [settings]);
        assert_eq!(in_lines(settings, 28, 3), ["Drift 12 cents · Take 1", "Seed 2"]);
        assert_eq!(in_lines(settings, 14, 3), ["Drift 12 cents", "Take 1", "Seed 2"]);
        assert_eq!(in_lines(settings, 14, 2), ["Drift 12 cents", "Take 1 · Seed 2"]);
        assert_eq!(in_lines("a preset's long name", 8, 3), ["a preset's long name"]);
    }

    #[test]
    fn every_value_fits_the_picture_at_once_with_as_many_digits_as_there_can_be() {
        // A switch out of the ordinary may cost the line its end.
        let named = of_a_file().filter(|parameter| !["breathe", "listen", "bypass"].contains(&parameter.id));
        let wordy = named.map(|parameter| {
            let value = if parameter.min < 0.0 { parameter.min } else { parameter.max };
            let value = parameter.text(parameter.rounded(value * 0.8889));
            format!("{} {value} {}", parameter.name, parameter.unit).trim_end().to_owned()
        });
        let settings = format!("trained-singer · {} · 96.5 BPM", wordy.collect::<Vec<_>>().join(" · "));
        let lines = in_lines(&settings, MOST_LINE_CHARS, MOST_LINES);
        assert!(lines.iter().all(|line| line.chars().count() <= MOST_LINE_CHARS), "{lines:#?}");
    }

    #[test]
    fn a_picture_names_the_notes_and_shows_both_curves() {
        let (recording, rendered) = melody(64, |time_s| 12.0 * (time_s * 7.0).sin());
        let title = ("lead <1>.wav".to_owned(), "natural".to_owned());
        let pitches = Pitches::new(&recording, &rendered, true);
        let svg = draw(&recording, &rendered, &pitches, 0, &title);
        for part in ["lead &lt;1&gt;.wav", "natural", ">A3<", ">C4<", ">E4<", ">D4<", ">F4<", "before", "after"] {
            assert!(svg.contains(part), "{part}");
        }
        // Six notes, the mark in the legend; after has its movement and the timing's legend, too.
        let n_curves = |colour: &str| svg.matches(&format!("stroke=\"{colour}\"")).count();
        assert_eq!((n_curves(BEFORE), n_curves(AFTER)), (7, 9));
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "all places are numbers");
    }

    #[test]
    fn a_note_is_looked_for_when_it_is_sung() {
        let [a, b] = [57, 59].map(|semitone| Some(Note(semitone)));
        let displacement_ms = |k: i64| if k < 300 { -20.0 } else { 10.0 };
        let hop = |k: i64| con_anima::engine::HopTrace {
            position_samples: k,
            displacement_ms: displacement_ms(k),
            ..Default::default()
        };
        let rendered = Rendered { channels: Vec::new(), hops: (100..600).map(hop).collect(), n_bad_samples: 0 };
        // A hop of 10 ms; the song is at 0.1 s where the file begins.
        let notes = [vec![a; 10], vec![b; 20], vec![a; 3]].concat();
        let sung = as_sung(&notes, &rendered, 1000.0, 0.1, 0.01);
        assert_eq!(sung, [vec![a; 12], vec![b; 17], vec![a; 3], vec![None]].concat());
    }

    #[test]
    fn nothing_to_show_is_no_trouble() {
        let title = (String::new(), String::new());
        for (n_samples, sample_rate_hz) in [(1, 8_000), (1, 384_000), (50_000, 44_100)] {
            let channels = vec![vec![0.0; n_samples]; 3];
            let rendered = Rendered { channels: channels.clone(), hops: Vec::new(), n_bad_samples: 0 };
            let recording = Recording { channels, sample_rate_hz, depth: crate::wav_write::Depth::Int16 };
            for start_samples in [0, -7, 384_000_000_000_000] {
                let pitches = Pitches::new(&recording, &rendered, true);
                let svg = draw(&recording, &rendered, &pitches, start_samples, &title);
                assert!(svg.ends_with("</svg>\n") && !svg.contains("NaN"));
            }
        }
    }
}
