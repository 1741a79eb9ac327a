//! A picture of the analysis of a recording.
//!
//! In: samples, the engine's frames, pitch, held notes and breaths. Out: an SVG, 1600 × 700, in the style of the
//! bounce's: the waveform, the pitch on an axis of note names with onsets and breaths, and two lanes with voicing and
//! phases.

use std::ops::Range;

use con_anima::analysis::{Onset, Phase};
use con_anima::engine::HopTrace;

use super::note_axis::range_cents;
use super::notes::Note;
use super::panel::{multiples, round_step, thinned};
use super::svg::{Svg, escaped};
use super::{AFTER, BACKGROUND, BEFORE, FAINT_INK, FRAME, INK, MOST_JUMP_CENTS, shortened};

/// The layout, pixels. Chosen: larger panels show more detail and leave the others less room.
const WIDTH: f64 = 1600.0;
const HEIGHT: f64 = 700.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = WIDTH - 28.0;
const WAVE: Range<f64> = 84.0..184.0;
const PITCH: Range<f64> = 204.0..588.0;
const VOICED: Range<f64> = 604.0..616.0;
const PHASES: Range<f64> = 624.0..640.0;

const GRID: &str = "#ece8df";
const NOTE: &str = "#f3d3b0";
const BREATH: &str = "#8fc7b8";
const CONSONANT: &str = "#c9a6c9";
const VOWEL: &str = "#9dbbd9";

/// The least distance of two note names, pixels. Chosen: closer ones would touch.
const LEAST_NAME_DISTANCE: f64 = 12.0;

/// Approximate width of a letter of the legend, pixels. Chosen: by eye, so that nothing touches in DejaVu Sans, the
/// widest font.
const LETTER_WIDTH: f64 = 7.8;

/// The data of the picture.
pub(crate) struct Heard<'a> {
    /// A name and a line of figures.
    pub(crate) title: (String, String),
    /// Start and end.
    pub(crate) times_s: Range<f64>,
    /// Mono.
    pub(crate) samples: &'a [f32],
    /// Samples per second.
    pub(crate) sample_rate_hz: f64,
    /// The engine's analysis.
    pub(crate) hops: &'a [HopTrace],
    /// Times, with cents above MIDI note 0 where voiced.
    pub(crate) pitch: Vec<(f64, Option<f64>)>,
    /// The time of each held note, and its median in cents above MIDI note 0.
    pub(crate) notes: Vec<(Range<f64>, f64)>,
    /// The time of each breath.
    pub(crate) breaths: Vec<Range<f64>>,
}

/// Draws the picture.
pub(crate) fn draw(heard: &Heard) -> String {
    let mut svg = Svg::new(WIDTH, HEIGHT);
    svg.rectangle((0.5, 0.5), (WIDTH - 1.0, HEIGHT - 1.0), 12.0, BACKGROUND, FRAME);
    heard.head(&mut svg);
    for breath in &heard.breaths {
        heard.block(&mut svg, breath, &(WAVE.start..PITCH.end), "#e6f1ed");
    }
    heard.time_scale(&mut svg);
    heard.wave(&mut svg);
    heard.pitch(&mut svg);
    heard.lanes(&mut svg);
    svg.finish()
}

impl Heard<'_> {
    fn x(&self, time_s: f64) -> f64 {
        LEFT + (time_s - self.times_s.start) / (self.times_s.end - self.times_s.start) * (RIGHT - LEFT)
    }

    /// Fills a span of time at some height.
    fn block(&self, svg: &mut Svg, times_s: &Range<f64>, height: &Range<f64>, fill: &str) {
        let (left, right) = (self.x(times_s.start), self.x(times_s.end).min(RIGHT));
        svg.rectangle((left, height.start), ((right - left).max(0.5), height.end - height.start), 0.0, fill, "none");
    }

    fn head(&self, svg: &mut Svg) {
        let [name, figures] = [(&self.title.0, 70), (&self.title.1, 200)].map(|(text, n)| escaped(&shortened(text, n)));
        svg.text((LEFT, 34.0), "start", 19.0, INK, &format!("<tspan font-weight=\"600\">{name}</tspan>"));
        svg.text((LEFT, 58.0), "start", 13.5, FAINT_INK, &figures);
        let onsets = [Onset::Voicing, Onset::Vowel, Onset::Legato];
        let lines = onsets.map(|onset| (2.0, onset_colour(onset), onset_name(onset)));
        let areas = [(NOTE, "held note"), (BREATH, "breath"), (CONSONANT, "consonant"), (VOWEL, "vowel")];
        let areas = areas.map(|(colour, label)| (12.0, colour, label));
        let mut x = RIGHT;
        for (width, colour, label) in lines.into_iter().chain(areas).rev() {
            x -= LETTER_WIDTH * label.len() as f64;
            svg.text((x, 34.0), "start", 13.5, INK, label);
            x -= width + 6.0;
            svg.rectangle((x, 23.0), (width, 13.0), 0.0, colour, "none");
            x -= 20.0;
        }
    }

    fn time_scale(&self, svg: &mut Svg) {
        let step_s = round_step((self.times_s.end - self.times_s.start) / 16.0);
        for time_s in multiples(step_s, &self.times_s) {
            let x = self.x(time_s);
            let digits = (-step_s.log10()).ceil().max(0.0) as usize;
            for height in [WAVE, PITCH] {
                svg.line((x, height.start), (x, height.end), GRID, 1.0);
            }
            svg.text((x, PHASES.end + 21.0), "middle", 13.0, FAINT_INK, &format!("{time_s:.digits$} s"));
        }
    }

    /// The highest and the lowest sample of each pixel column.
    fn wave(&self, svg: &mut Svg) {
        let peak = f64::from(self.samples.iter().fold(1e-9_f32, |peak, sample| peak.max(sample.abs())));
        let middle = (WAVE.start + WAVE.end) / 2.0;
        let y = |sample: f64| middle - sample / peak * (WAVE.end - WAVE.start) / 2.0;
        let column_samples = (self.samples.len() as f64 / (RIGHT - LEFT)).max(1.0);
        let columns = (0..).map(|column| (f64::from(column) * column_samples) as usize);
        let starts: Vec<usize> = columns.take_while(|start| *start < self.samples.len()).collect();
        let extreme = |start: &usize, pick: fn(f32, f32) -> f32| {
            let end = (start + column_samples.ceil() as usize).min(self.samples.len());
            let time_s = self.times_s.start + *start as f64 / self.sample_rate_hz;
            (self.x(time_s), y(f64::from(self.samples[*start..end].iter().copied().fold(0.0, pick))))
        };
        for pick in [f32::max, f32::min] {
            let points: Vec<_> = starts.iter().map(|start| extreme(start, pick)).collect();
            svg.area(&points, middle, BEFORE, 0.75);
        }
        // Adding zero turns −0 into 0.
        let peak_db = (20.0 * peak.log10()).round() + 0.0;
        let label = format!("{peak_db} dB").replace('-', "−");
        svg.text((LEFT - 9.0, WAVE.start + 10.0), "end", 13.0, FAINT_INK, &label);
        svg.upright_text((24.0, middle), 13.0, INK, "waveform");
    }

    fn pitch(&self, svg: &mut Svg) {
        let range = range_cents(self.pitch.iter().filter_map(|(_, cents)| *cents));
        let scale = (PITCH.end - PITCH.start) / (range.end - range.start);
        let y = |cents: f64| (PITCH.end - (cents - range.start) * scale).clamp(PITCH.start, PITCH.end);
        let has_all_names = 100.0 * scale >= LEAST_NAME_DISTANCE;
        for note in multiples(100.0, &range).iter().map(|cents| Note((cents / 100.0).round() as i32)) {
            let is_named = note.name().starts_with('C') || has_all_names;
            if is_named && !note.name().contains('♯') {
                svg.line((LEFT, y(note.cents())), (RIGHT, y(note.cents())), GRID, 1.0);
                svg.text((LEFT - 9.0, y(note.cents()) + 4.5), "end", 12.5, FAINT_INK, &note.name());
            }
        }
        for hop in self.hops {
            if let Some(onset) = hop.frame.onset {
                let x = self.x(hop.position_samples as f64 / self.sample_rate_hz);
                svg.line((x, PITCH.start), (x, PITCH.end), onset_colour(onset), 0.9);
            }
        }
        for (times_s, cents) in &self.notes {
            self.block(svg, times_s, &(y(*cents) - 4.0..y(*cents) + 4.0), NOTE);
        }
        let is_joined = |a: &(f64, Option<f64>), b: &(f64, Option<f64>)| match (a.1, b.1) {
            (Some(a), Some(b)) => (a - b).abs() <= MOST_JUMP_CENTS,
            _ => false,
        };
        for run in self.pitch.chunk_by(is_joined) {
            let inside =
                run.iter().filter_map(|(time_s, cents)| Some((time_s, cents.filter(|cents| range.contains(cents))?)));
            let points = inside.map(|(time_s, cents)| (self.x(*time_s), y(cents)));
            svg.curve(&thinned(&points.collect::<Vec<_>>()), INK, 1.5);
        }
        svg.upright_text((24.0, (PITCH.start + PITCH.end) / 2.0), 13.0, INK, "pitch");
    }

    fn lanes(&self, svg: &mut Svg) {
        for (height, label) in [(VOICED, "voiced"), (PHASES, "phase")] {
            svg.rectangle((LEFT, height.start), (RIGHT - LEFT, height.end - height.start), 0.0, GRID, "none");
            svg.text((LEFT - 9.0, height.end - 2.0), "end", 12.5, FAINT_INK, label);
        }
        let time_s = |hops: &[HopTrace]| hops.first().map(|hop| hop.position_samples as f64 / self.sample_rate_hz);
        let mut rest = self.hops;
        for stretch in self.hops.chunk_by(|a, b| a.frame.phase == b.frame.phase) {
            let start_s = time_s(rest);
            rest = &rest[stretch.len()..];
            let colour = stretch.first().and_then(|hop| phase_colour(hop.frame.phase));
            if let (Some(start_s), Some(colour)) = (start_s, colour) {
                self.block(svg, &(start_s..time_s(rest).unwrap_or(self.times_s.end)), &PHASES, colour);
            }
        }
        for run in self.pitch.chunk_by(|a, b| a.1.is_some() == b.1.is_some()) {
            if let [first, .., last] = run
                && first.1.is_some()
            {
                self.block(svg, &(first.0..last.0), &VOICED, VOWEL);
            }
        }
    }
}

fn phase_colour(phase: Phase) -> Option<&'static str> {
    match phase {
        Phase::Silence => None,
        Phase::Breath => Some(BREATH),
        Phase::Consonant => Some(CONSONANT),
        Phase::Vowel => Some(VOWEL),
    }
}

fn onset_colour(onset: Onset) -> &'static str {
    match onset {
        Onset::Voicing => BEFORE,
        Onset::Vowel => AFTER,
        Onset::Legato => "#5f9e3e",
    }
}

fn onset_name(onset: Onset) -> &'static str {
    match onset {
        Onset::Voicing => "voicing onset",
        Onset::Vowel => "vowel onset",
        Onset::Legato => "legato onset",
    }
}

#[cfg(test)]
mod tests {
    use con_anima::analysis::Frame;

    use super::*;

    fn heard<'a>(samples: &'a [f32], hops: &'a [HopTrace], pitch: Vec<(f64, Option<f64>)>) -> Heard<'a> {
        let times_s = 2.0..2.0 + samples.len() as f64 / 48_000.0;
        let title = ("lead <1>.wav".to_owned(), "drift 5".to_owned());
        Heard { title, times_s, samples, sample_rate_hz: 48_000.0, hops, pitch, notes: vec![], breaths: vec![] }
    }

    #[test]
    fn a_picture_shows_names_onsets_phases_and_breaths() {
        let samples: Vec<f32> = (0..48_000).map(|n| (n as f32 * 0.03).sin() * 0.5).collect();
        let hop = |k: i64| {
            let onset = (k == 300).then_some(Onset::Vowel);
            let phase = [Phase::Breath, Phase::Silence, Phase::Vowel][(k / 250) as usize];
            HopTrace {
                position_samples: 96_000 + k * 64,
                frame: Frame { onset, phase, ..Frame::SILENCE },
                ..Default::default()
            }
        };
        let hops: Vec<HopTrace> = (0..750).map(hop).collect();
        let pitch = (0..200).map(|k| (2.0 + f64::from(k) * 0.005, (k > 60).then_some(5720.0))).collect();
        let mut heard = heard(&samples, &hops, pitch);
        heard.breaths.push(2.0..2.3);
        heard.notes.push((2.4..2.9, 5720.0));
        let svg = draw(&heard);
        for part in ["lead &lt;1&gt;.wav", "drift 5", ">A3<", "waveform", "2.5 s", "−6 dB"] {
            assert!(svg.contains(part), "{part}");
        }
        // Each stands in the legend once, and once in the picture.
        assert_eq!([AFTER, BREATH].map(|colour| svg.matches(colour).count()), [2, 2]);
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "all places are numbers");
    }

    #[test]
    fn nothing_heard_is_no_trouble() {
        let svg = draw(&heard(&[0.0; 3], &[], vec![(2.0, None)]));
        assert!(svg.ends_with("</svg>\n") && !svg.contains("NaN"));
    }
}
