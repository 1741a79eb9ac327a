//! When steps are asked for, and how far.

use super::*;

/// What is asked of the pointer where the movements have displaced 100 samples when a note begins.
fn asked(settings: &Settings) -> f64 {
    let mut timing = Timing::new(48_000.0, 64, Mode::Phrase);
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

/// A note with a silence before it.
fn note(onset: i64, [silence_start, unit_start]: [i64; 2]) -> Note {
    Note { silence_start, unit_start, ..Note::at(onset, Onset::Vowel) }
}

fn timed(note: Note, late_samples: i64) -> Timed {
    Timed {
        note: Some((0, note)),
        vowel_end: note.silence_start,
        position: note.onset,
        share: 1.0,
        spread: None,
        late: Late { ms: 0.0, samples: late_samples },
        settings: Settings::NEUTRAL,
        is_settled: true,
    }
}

#[test]
fn a_step_is_due_in_the_silence_before_a_note_or_in_the_end_of_the_one_before() {
    let mut timing = Timing::new(48_000.0, 64, Mode::Phrase);
    assert_eq!(timing.due(&note(24_000, [10_000, 20_000]), 10_000, 100), 10_480);
    // No silence, or one that is too short for the step: 60 ms before the vowel's end, and the sooner the larger the
    // step.
    assert_eq!(timing.due(&note(24_000, [24_000, 24_000]), 24_000, 100), 24_000 - 2880 - 300);
    assert_eq!(timing.due(&note(24_000, [23_000, 24_000]), 21_000, 200), 21_000 - 2880 - 600);
    // What is sung now is late itself, and is sung for 40 ms at least.
    timing.sung = Some(timed(note(20_000, [20_000, 20_000]), 50));
    assert_eq!(timing.due(&note(24_000, [24_000, 24_000]), 24_000, 0), 20_000 + 1920 + 50);
}

#[test]
fn what_the_movements_have_displaced_is_part_of_the_step() {
    // The note is planned where the one before is, and a held vowel's drift has displaced 30 ms.
    let displaced_samples = -1440.0;
    let settings = Settings { amount: 1.0, timing_ms: 10.0, ..Settings::NEUTRAL };
    let mut timing = Timing::new(48_000.0, 64, Mode::Phrase);
    timing.sung = Some(timed(note(20_000, [20_000, 20_000]), 0));
    (timing.waiting[0], timing.n_waiting) = (Some(timed(note(96_000, [96_000, 96_000]), 0)), 1);
    let due = (20_000..96_000).find(|now| {
        timing.ask(*now, &settings, |_| displaced_samples);
        timing.shift_samples != 0.0
    });
    let due = due.expect("it is asked for") - (96_000 - 2880 - 3 * 1440);
    assert!((0..8 * 64).contains(&due) && timing.shift_samples == 1440.0, "{due} samples late");
}

#[test]
fn a_learned_note_that_is_long_over_moves_nothing_any_more() {
    let held = Note { end: Some(30_000), ..note(24_000, [20_000, 22_000]) };
    let let_go = |sung: Timed, asked: Option<Timed>, now: i64| {
        let mut timing = Timing::new(48_000.0, 64, Mode::Phrase);
        (timing.sung, timing.asked, timing.shift_samples) = (Some(sung), asked, -500.0);
        timing.let_go(now);
        (timing.shift_samples == 0.0, timing.late_samples() == 0)
    };
    let learned = Timed { spread: Some(Spread::UNIT), ..timed(held, 500) };
    // It ends 500 samples later than in the input, and is let go of a second behind that.
    assert_eq!(let_go(learned, None, 78_499), (false, false));
    assert_eq!(let_go(learned, None, 78_500), (true, true));
    // The next has been asked for; what is only heard is forgotten by the transcriber; no end is known.
    assert_eq!(let_go(learned, Some(timed(held, 0)), 90_000), (false, false));
    assert_eq!(let_go(timed(held, 500), None, 90_000), (false, false));
    let endless = Timed { spread: Some(Spread::UNIT), ..timed(note(24_000, [20_000, 22_000]), 500) };
    assert_eq!(let_go(endless, None, 90_000), (false, false));
}
