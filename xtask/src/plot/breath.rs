//! The level of added inhalations, of the take's own, and of the breath added to the voice.
//!
//! In: hop traces. Out: a panel of levels over song time, as the engine reports them. Added breath is at its time in
//! the output, the take's own at its time in the input.

use std::ops::Range;

use con_anima::analysis::Phase;
use con_anima::engine::HopTrace;

use super::panel::{self, Panel};
use super::svg::Svg;
use super::{BREATH, BREATH_BOTTOM, BREATH_TOP, FAINT_INK, INK, LEFT, RIGHT};

/// Level at the foot and at the top of the panel, dBFS rms. Chosen: from the noise of a quiet room to a breath close to
/// the microphone.
const RANGE_DB: Range<f64> = -80.0..-20.0;
/// The lines that are labelled, dBFS rms. Chosen: evenly spaced in the range.
const LINES_DB: [f64; 3] = [-70.0, -50.0, -30.0];

/// One kind of breath.
struct Kind {
    level_db: fn(&HopTrace) -> Option<f32>,
    colour: &'static str,
    opacity: f64,
    width: f64,
    name: &'static str,
    /// Room for the name in the legend, pixels.
    name_width: f64,
}

/// From the back to the front.
const KINDS: [Kind; 3] = [
    Kind {
        level_db: |hop| hop.aspiration_db,
        colour: BREATH,
        opacity: 0.14,
        width: 0.6,
        name: "added to the voice",
        name_width: 142.0,
    },
    Kind {
        level_db: |hop| (hop.frame.phase == Phase::Breath).then_some(hop.frame.level_db),
        colour: FAINT_INK,
        opacity: 0.28,
        width: 1.2,
        name: "the take's own breaths",
        name_width: 152.0,
    },
    Kind {
        level_db: |hop| hop.inhalation_db,
        colour: BREATH,
        opacity: 0.55,
        width: 1.4,
        name: "added breaths",
        name_width: 102.0,
    },
];

/// Draws the panel and its legend.
pub(super) fn draw(svg: &mut Svg, hops: &[HopTrace], rate_hz: f64, times_s: Range<f64>) {
    let half_range_db = (RANGE_DB.end - RANGE_DB.start) / 2.0;
    let middle_db = RANGE_DB.start + half_range_db;
    let panel = Panel::new((LEFT, BREATH_TOP), (RIGHT, BREATH_BOTTOM), times_s.clone(), half_range_db);
    panel.frame_with(svg, "dBFS rms", &LINES_DB.map(|line_db| (line_db - middle_db, line_db)));
    let inside: Vec<&HopTrace> =
        hops.iter().filter(|hop| times_s.contains(&(hop.position_samples as f64 / rate_hz))).collect();
    for kind in &KINDS {
        let level_db =
            |hop: &HopTrace| (kind.level_db)(hop).map(f64::from).filter(|level_db| *level_db > RANGE_DB.start);
        for stretch in inside.chunk_by(|one, next| level_db(one).is_some() == level_db(next).is_some()) {
            let place = |hop: &&HopTrace| {
                let time_s = hop.position_samples as f64 / rate_hz;
                Some(panel.place(time_s, level_db(hop)? - middle_db))
            };
            let points = panel::thinned(&stretch.iter().filter_map(place).collect::<Vec<_>>());
            svg.area(&points, BREATH_BOTTOM, kind.colour, kind.opacity);
            svg.curve(&points, kind.colour, kind.width);
        }
    }
    legend(svg);
}

fn legend(svg: &mut Svg) {
    let y = BREATH_TOP - 14.0;
    svg.text((LEFT, y + 4.5), "start", 13.0, INK, "breath:");
    let mut x = LEFT + 60.0;
    for Kind { colour, opacity, width, name, name_width, .. } in KINDS.iter().rev() {
        let points = [(x, y - 2.0), (x + 6.0, y - 5.0), (x + 13.0, y - 5.5), (x + 20.0, y - 3.0)];
        svg.area(&points, y + 5.0, colour, *opacity);
        svg.curve(&points, colour, *width);
        svg.text((x + 28.0, y + 4.5), "start", 13.0, FAINT_INK, name);
        x += 40.0 + name_width;
    }
}

#[cfg(test)]
mod tests {
    use con_anima::analysis::Frame;

    use super::*;

    /// Hops of 10 ms at 1000 Hz: breath in the voice, the take's own breath, an added one, and one that is outside.
    fn hops() -> Vec<HopTrace> {
        let hop = |k: i64| {
            let phase = if (40..60).contains(&k) { Phase::Breath } else { Phase::Silence };
            HopTrace {
                position_samples: 10 * k,
                aspiration_db: (k < 30).then_some(-60.0),
                inhalation_db: (70..90).contains(&k).then_some(-40.0).or((k > 110).then_some(-30.0)),
                frame: Frame { phase, level_db: -50.0, ..Frame::SILENCE },
                ..HopTrace::default()
            }
        };
        (0..150).map(hop).collect()
    }

    #[test]
    fn each_kind_is_as_high_as_it_is_loud() {
        let drawn = |hops: &[HopTrace]| {
            let mut svg = Svg::new(100.0, 100.0);
            draw(&mut svg, hops, 1000.0, 0.0..1.0);
            svg.finish()
        };
        let [with, without] = [drawn(&hops()), drawn(&[])];
        let count = |part: &str| with.matches(part).count() - without.matches(part).count();
        assert_eq!((count("fill-opacity"), count("stroke-width")), (3, 3), "{with}");
        let height = BREATH_BOTTOM - BREATH_TOP;
        for (start_s, level_db) in [(0.0, -60.0), (0.4, -50.0), (0.7, -40.0)] {
            let (x, y) = (LEFT + start_s * (RIGHT - LEFT), BREATH_BOTTOM - (level_db + 80.0) / 60.0 * height);
            assert_eq!(count(&format!("\"M{x:.1} {y:.2}L")), 2, "{start_s} s: {with}");
        }
        assert!(!with.contains("NaN"));
    }
}
