//! What the window says of the host and of what is heard, in a window that is not there.
#![cfg(feature = "editor")]

#[path = "common/panel_rig.rs"]
mod panel_rig;

use con_anima::analysis::{Frame, Phase};
use con_anima::editor::control_id;
use con_anima::engine::HopTrace;
use con_anima::offline::{Options, learn};
use con_anima::params::Extent;
use con_anima::settings::Mode;
use egui::{Vec2, vec2};
use panel_rig::Rig;

const DESIGN: Vec2 = vec2(Extent::DESIGN.width as f32, Extent::DESIGN.height as f32);
const MIN: Vec2 = vec2(Extent::MIN.width as f32, Extent::MIN.height as f32);

/// Something sounds.
const NOISE: Frame = Frame { level_db: -30.0, silence_db: -60.0, phase: Phase::Vowel, ..Frame::SILENCE };
/// And has a pitch.
const VOICE: Frame = Frame { f0_hz: 220.0, ..NOISE };

fn says(rig: &Rig, words: &str) -> bool {
    rig.texts().iter().any(|text| text.galley.text().contains(words))
}

/// Plays so many seconds of this, and is looked at while it plays.
fn hear(rig: &mut Rig, seconds: i64, frame_at: impl Fn(f64) -> Frame) {
    rig.play_along(seconds, |position_samples| HopTrace {
        frame: frame_at(position_samples as f64 / 48_000.0),
        ..HopTrace::default()
    });
}

#[test]
fn a_host_that_tells_no_position_is_said_where_else_its_clock_is() {
    for size in [MIN, DESIGN] {
        let mut rig = Rig::new(size);
        hear(&mut rig, 1, |_| VOICE);
        assert!(says(&rig, "(audio clock)") && !says(&rig, "position unknown"));
        rig.is_position_told = false;
        hear(&mut rig, 1, |_| VOICE);
        assert!(says(&rig, "latency 90 ms \u{b7} position unknown") && !says(&rig, "clock"));
    }
}

#[test]
fn sound_without_a_pitch_for_long_is_said() {
    let mut rig = Rig::new(DESIGN);
    hear(&mut rig, 3, |_| NOISE);
    assert!(!says(&rig, "no pitch"), "a breath has none either");
    hear(&mut rig, 6, |_| NOISE);
    assert!(says(&rig, "no pitch: only breath is added"));
    hear(&mut rig, 6, |_| VOICE);
    assert!(!says(&rig, "no pitch") && says(&rig, "cents"));
}

#[test]
fn how_much_of_the_song_is_as_it_was_learned_is_said_in_percent() {
    let mut rig = Rig::new(DESIGN);
    let tone: Vec<f32> = (0..240_000).map(|n| 0.3 * (n as f32 * 0.03).sin()).collect();
    let options = Options { sample_rate_hz: 48_000.0, mode: Mode::Studio, start_samples: 0, block_samples: 512 };
    rig.params.song.learn(&learn(&[tone], &options, |_| ()).expect("valid options"));
    let learned = Frame { is_as_learned: true, ..VOICE };
    hear(&mut rig, 8, |_| learned);
    assert!(says(&rig, "knows 0:0") && !says(&rig, "learned"));
    // Of the five seconds behind the first three, two are another take.
    hear(&mut rig, 8, |song_s| if (4.0..6.0).contains(&song_s) { VOICE } else { learned });
    assert!(says(&rig, "learned 59 %") || says(&rig, "learned 60 %"));
    hear(&mut rig, 5, |_| VOICE);
    assert!(says(&rig, "as heard"));
}

#[test]
fn the_own_singers_number_stands_between_its_buttons() {
    for size in [MIN, DESIGN, 2.0 * DESIGN] {
        let mut rig = Rig::new(size);
        rig.rest();
        let [less, more] =
            ["less", "more"].map(|salt| rig.rect(control_id("seed").with(salt)).expect("a button beside the seed"));
        let texts = rig.texts();
        let is_own = |text: &str| text.strip_prefix("Own\n").is_some_and(|number| number.parse::<u32>().is_ok());
        let own = texts.iter().find(|text| is_own(text.galley.text())).expect("the own singer's number");
        let rect = own.visual_bounding_rect();
        assert!(less.right() <= rect.left() && rect.right() <= more.left(), "{less:?} {rect:?} {more:?} at {size:?}");
        assert!(rect.height() > 2.0 * 7.0, "and can be read: {rect:?}");
    }
}
