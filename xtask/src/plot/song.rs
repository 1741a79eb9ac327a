//! The melody before and after, on an axis of note names, as wide as the song is long.
//!
//! In: pitch before and after, as the engine hears it. Out: an SVG for a page that scrolls. Bars are drawn where the
//! tempo is known, four beats each, because no file tells its time signature.

use std::ops::Range;

use super::note_axis::range_cents;
use super::notes::Note;
use super::panel::{multiples, round_step, thinned};
use super::svg::Svg;
use super::{AFTER, BACKGROUND, BEFORE, FAINT_INK, FRAME, INK, MOST_JUMP_CENTS};

/// The scale, pixels in a second. Chosen: a vibrato of 6 Hz is 13 pixels long; larger makes long songs unwieldy.
const SECOND_WIDTH: f64 = 80.0;
/// The widest picture, pixels. Chosen: browsers draw no wider one.
const MOST_WIDTH: f64 = 30_000.0;
/// The narrowest one, pixels. Chosen: as wide as the page.
const LEAST_WIDTH: f64 = 1160.0;
const HEIGHT: f64 = 420.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = HEIGHT - 34.0;
const LEFT: f64 = 52.0;

/// Beats in a bar where nobody says how many. Chosen: the most common.
const BEATS_PER_BAR: f64 = 4.0;
/// The least distance of two labels below, pixels. Chosen: closer ones would touch.
const LEAST_LABEL_DISTANCE: f64 = 46.0;

/// The pitch before and after, cents above MIDI note 0 at each hop, `None` where there is none.
pub(crate) struct Melody {
    pub(crate) before: Vec<Option<f64>>,
    pub(crate) after: Vec<Option<f64>>,
    /// From one pitch to the next, seconds.
    pub(crate) hop_s: f64,
}

/// Draws the melody. `start_s` is the song position of the file's first sample; `beats_at` tells the beats gone by at a
/// song position, if the tempo is known.
pub(crate) fn draw(melody: &Melody, start_s: f64, beats_at: Option<&dyn Fn(f64) -> f64>) -> String {
    let duration_s = melody.before.len().max(melody.after.len()) as f64 * melody.hop_s;
    let width = (LEFT + duration_s * SECOND_WIDTH + 20.0).clamp(LEAST_WIDTH, MOST_WIDTH);
    let times_s = start_s..start_s + duration_s.max(melody.hop_s);
    let pitches = || melody.before.iter().chain(&melody.after).flatten().copied();
    let range = range_cents(pitches());
    let n_outside = pitches().filter(|cents| !range.contains(cents)).count();
    let scale = (BOTTOM - TOP) / (range.end - range.start);
    let y = |cents: f64| BOTTOM - (cents - range.start) * scale;
    let x = |time_s: f64| LEFT + (time_s - times_s.start) / (times_s.end - times_s.start) * (width - LEFT - 20.0);
    let mut svg = Svg::new(width, HEIGHT);
    svg.rectangle((0.5, 0.5), (width - 1.0, HEIGHT - 1.0), 12.0, BACKGROUND, FRAME);
    for note in multiples(100.0, &range).iter().map(|cents| Note((cents / 100.0).round() as i32)) {
        if !note.name().contains('♯') {
            svg.line((LEFT, y(note.cents())), (width - 20.0, y(note.cents())), FRAME, 1.0);
            svg.text((LEFT - 8.0, y(note.cents()) + 4.0), "end", 12.0, FAINT_INK, &note.name());
        }
    }
    upright_lines(&mut svg, &times_s, &x, beats_at);
    // The curve before is wider, so that it is seen where both are one.
    for (curve, colour, width) in [(&melody.before, BEFORE, 3.4), (&melody.after, AFTER, 1.5)] {
        for run in runs(curve, &range) {
            let points: Vec<_> =
                run.iter().map(|&(hop, cents)| (x(times_s.start + hop as f64 * melody.hop_s), y(cents))).collect();
            svg.curve(&thinned(&points), colour, width);
        }
    }
    if n_outside > 0 {
        let note = format!("{n_outside} pitches lie outside this axis");
        svg.text((LEFT + 8.0, TOP + 14.0), "start", 12.0, INK, &note);
    }
    svg.finish()
}

fn upright_lines(svg: &mut Svg, times_s: &Range<f64>, x: &dyn Fn(f64) -> f64, beats_at: Option<&dyn Fn(f64) -> f64>) {
    let places: Vec<(f64, String)> = match beats_at {
        Some(beats_at) => bars(times_s, beats_at).map(|(time_s, bar)| (time_s, format!("bar {bar}"))).collect(),
        None => {
            // No more than a hundred multiples are drawn, and a second is as near as labels may be.
            let step_s = round_step((times_s.end - times_s.start) / 99.0).max(1.0);
            multiples(step_s, times_s).into_iter().map(|time_s| (time_s, format!("{time_s} s"))).collect()
        }
    };
    let mut right_most = f64::NEG_INFINITY;
    for (time_s, label) in places {
        let x = x(time_s);
        svg.line((x, TOP), (x, BOTTOM), FRAME, 1.0);
        if x - right_most >= LEAST_LABEL_DISTANCE {
            svg.text((x, BOTTOM + 20.0), "middle", 12.0, FAINT_INK, &label);
            right_most = x;
        }
    }
}

/// The bars that begin in a span of time, counted from 1 at the song's beginning.
fn bars<'a>(times_s: &Range<f64>, beats_at: &'a dyn Fn(f64) -> f64) -> impl Iterator<Item = (f64, i64)> + use<'a> {
    let Range { start, end } = times_s.clone();
    let first = (beats_at(start) / BEATS_PER_BAR).ceil() as i64;
    let last = (beats_at(end) / BEATS_PER_BAR).floor() as i64;
    (first..=last).map(move |bar| (time_of(bar as f64 * BEATS_PER_BAR, start..end, beats_at), bar + 1))
}

/// When so many beats have gone by, by bisection: beats only grow with time.
fn time_of(beats: f64, within_s: Range<f64>, beats_at: &dyn Fn(f64) -> f64) -> f64 {
    let Range { mut start, mut end } = within_s;
    // Sixty halvings of a day are shorter than any sample.
    for _ in 0..60 {
        let middle = (start + end) / 2.0;
        if beats_at(middle) < beats { start = middle } else { end = middle }
    }
    end
}

/// Unbroken stretches of a curve inside the axis, as (hop, cents).
fn runs(curve: &[Option<f64>], range: &Range<f64>) -> Vec<Vec<(usize, f64)>> {
    let inside = curve.iter().enumerate().filter_map(|(hop, cents)| Some((hop, (*cents)?)));
    let inside: Vec<(usize, f64)> = inside.filter(|(_, cents)| range.contains(cents)).collect();
    let is_joined = |a: &(usize, f64), b: &(usize, f64)| b.0 == a.0 + 1 && (a.1 - b.1).abs() <= MOST_JUMP_CENTS;
    inside.chunk_by(is_joined).map(<[_]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn melody(cents: impl Fn(usize) -> f64) -> Melody {
        let curve: Vec<Option<f64>> = (0..400).map(|hop| Some(cents(hop))).collect();
        Melody { before: curve.clone(), after: curve, hop_s: 0.01 }
    }

    #[test]
    fn bars_lie_where_the_beats_are() {
        let beats = |time_s: f64| 2.0 * time_s + 1.0;
        let bars: Vec<_> = bars(&(0.0..6.0), &beats).collect();
        let near =
            |bar: usize, (time_s, number): (f64, i64)| (bars[bar].0 - time_s).abs() < 1e-9 && bars[bar].1 == number;
        assert!(bars.len() == 3 && near(0, (1.5, 2)) && near(1, (3.5, 3)) && near(2, (5.5, 4)), "{bars:?}");
    }

    #[test]
    fn both_curves_are_drawn_and_bars_where_there_is_a_tempo() {
        let steady = melody(|_| 5700.0);
        let plain = draw(&steady, 0.0, None);
        assert!(plain.contains(BEFORE) && plain.contains(AFTER) && plain.contains("3 s") && plain.contains(">A3<"));
        let with_bars = draw(&steady, 0.0, Some(&|time_s| 2.0 * time_s));
        assert!(with_bars.contains("bar 1") && with_bars.contains("bar 2") && !with_bars.contains("3 s"));
    }

    #[test]
    fn a_long_song_has_its_seconds_to_the_end() {
        let long = Melody { before: vec![Some(5700.0); 30_000], after: vec![None; 30_000], hop_s: 0.01 };
        let svg = draw(&long, 0.0, None);
        assert!(svg.contains("295 s") && svg.contains("5 s"));
    }

    #[test]
    fn an_axis_that_cuts_says_so() {
        let one_error = melody(|hop| if hop == 7 { 9900.0 } else { 5700.0 });
        assert!(draw(&one_error, 0.0, None).contains("2 pitches lie outside"));
        assert!(!draw(&melody(|_| 5700.0), 0.0, None).contains("outside"));
    }
}
