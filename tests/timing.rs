//! When notes are sung: planned and realized, and what stays exact.

mod common;

use con_anima::demo::{demo_song, sing};
use con_anima::dsp::noise::Performance;
use con_anima::offline::{Options, Rendered, render};
use con_anima::performance::TimedNote;
use con_anima::settings::{Mode, Settings};

const RATE_HZ: f64 = 48_000.0;
const TIMED: Settings = Settings { amount: 1.0, timing_ms: 20.0, memory: 0.8, ..Settings::NEUTRAL };

fn timed(samples: &[f32], mode: Mode, settings: Settings) -> (Rendered, Vec<TimedNote>) {
    let options = Options { sample_rate_hz: RATE_HZ, mode, start_samples: 0, block_samples: 512 };
    let rendered = render(&[samples.to_vec()], &options, |_| settings, |_| ()).expect("valid options");
    let notes = rendered.hops.iter().filter_map(|hop| hop.note).collect();
    (rendered, notes)
}

#[test]
fn every_note_is_sung_when_it_was_planned() {
    let take = sing(&demo_song(), RATE_HZ);
    for mode in Mode::ALL {
        let (rendered, notes) = timed(&take.samples, mode, TIMED);
        for note in &notes {
            println!(
                "{mode:?} {:.3} {:?} {:.2} {:.2}",
                note.onset_position_samples as f64 / RATE_HZ,
                note.kind,
                note.planned_ms,
                note.realized_ms
            );
        }
        let steps: Vec<_> = rendered.hops.iter().filter_map(|hop| hop.step).collect();
        println!(
            "{mode:?}: {} notes of {}, {} steps, {} refusals",
            notes.len(),
            take.truth.notes.len(),
            steps.len(),
            rendered.hops.iter().filter(|hop| hop.is_step_refused).count()
        );
    }
}
