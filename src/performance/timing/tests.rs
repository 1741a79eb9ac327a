//! When steps are asked for, and how far.

use super::*;

/// What is asked of the pointer where the movements have displaced 100 samples when a note begins.
fn asked(settings: &Settings) -> f64 {
    let mut timing = Timing::new(48_000.0, Mode::Phrase);
    timing.begin(100.0, settings);
    assert!(settings.amount > 0.0 || timing.shift_samples == 0.0);
    timing.shift_samples(settings)
}

#[test]
fn notes_are_left_where_the_movements_put_them_unless_somebody_asks_for_their_place() {
    let moved = Settings { amount: 1.0, drift_cents: 8.0, tremble_cents: 2.0, ..Settings::NEUTRAL };
    assert_eq!(asked(&moved), 0.0);
    for placed in [
        Settings { timing_ms: 10.0, ..moved },
        Settings { feel_ms: -5.0, ..moved },
        Settings { intonation_cents: 5.0, ..moved },
        Settings { scoop_cents: 30.0, ..moved },
        Settings { vibrato_cents: 20.0, ..moved },
    ] {
        assert_eq!(asked(&placed), -100.0);
        assert_eq!(asked(&Settings { amount: 0.0, ..placed }), 0.0);
    }
}

#[test]
fn a_step_is_due_in_the_silence_before_a_note_or_in_the_end_of_the_one_before() {
    let timed = |onset: i64, silence: [i64; 2], late_samples: i64| Timed {
        note: Some((0, Note { silence_start: silence[0], unit_start: silence[1], ..Note::at(onset, Onset::Vowel) })),
        position: onset,
        share: 1.0,
        spread: None,
        late: Late { ms: 0.0, samples: late_samples },
        settings: Settings::NEUTRAL,
        is_settled: true,
    };
    let mut timing = Timing::new(48_000.0, Mode::Phrase);
    assert_eq!(timing.due(&timed(24_000, [10_000, 20_000], 100)), 10_480);
    // No silence, or one that is too short for the step: 60 ms before, and the sooner the larger the step.
    assert_eq!(timing.due(&timed(24_000, [24_000, 24_000], 100)), 24_000 - 2880 - 300);
    assert_eq!(timing.due(&timed(24_000, [23_000, 24_000], -200)), 23_000 - 2880 - 600);
    // What is sung now is late itself, and is sung for 40 ms at least.
    timing.sung = Some(timed(20_000, [20_000, 20_000], 50));
    assert_eq!(timing.due(&timed(24_000, [24_000, 24_000], 50)), 20_000 + 1920 + 50);
}
