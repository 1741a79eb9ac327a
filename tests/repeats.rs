//! The same bar sounds the same from any start: to the bit, with every movement at its default, on sung material and
//! on a legato line without a rest, in all modes.
#![allow(clippy::print_stdout, reason = "what is measured, for whoever looks at a failure")]

mod common;
#[path = "common/sung.rs"]
mod sung;

use std::sync::Arc;

use con_anima::demo::{Voice, Vowel, sing_vowel};
use con_anima::offline::{Options, learn, render, render_learned};
use con_anima::score::LearnedScore;
use con_anima::settings::Mode;
use sung::{RATE_HZ, alone as settings_alone, settings, song};

/// Behind any start the song sounds as from its beginning after so long (docs/design.md §2, invariant 9), seconds: as
/// heard, and learned.
const HORIZONS_S: [f64; 2] = [8.0, 1.0];
/// The same for a low voice that never pauses: what a step by whole periods leaves undone is given back at 4 cents in a
/// held note, half a period of 100 Hz in two seconds.
const LOW_LEGATO_HORIZONS_S: [f64; 2] = [8.0, 1.5];

/// Notes of a legato line that steps and leaps, repeats and holds, without a rest or a consonant.
fn legato(voice: Voice, lowest_hz: f64, lengths_s: [f64; 5]) -> Vec<f32> {
    const STEPS: [f64; 16] = [0.0, 2.0, 4.0, 5.0, 4.0, 2.0, 7.0, 7.5, 5.0, 4.0, 0.0, 9.0, 7.0, 4.0, 2.0, 0.0];
    let step = move |time_s: f64| {
        let (mut at_s, mut note) = (0.0, 0);
        while at_s + lengths_s[note % 5] <= time_s {
            at_s += lengths_s[note % 5];
            note += 1;
        }
        STEPS[note % 16]
    };
    sing_vowel(voice, Vowel::Ah, move |time_s| lowest_hz * (step(time_s) / 12.0).exp2(), 30.0, RATE_HZ).samples
}

/// Of a moving line, and of a run in which no note lasts long enough to give much back.
const MOVING_S: [f64; 5] = [0.5, 0.3, 0.8, 0.4, 1.1];
const RUN_S: [f64; 5] = [0.11, 0.13, 0.1, 0.14, 0.12];

/// One note.
fn held() -> Vec<f32> {
    sing_vowel(Voice::Man, Vowel::Oo, |_| 147.0, 30.0, RATE_HZ).samples
}

/// Two phrases with a rest of twelve seconds between them, in the noise of a room.
fn with_long_rest(room: f32) -> Vec<f32> {
    let song = song().samples;
    let (first, second) = (0..(5.2 * RATE_HZ) as usize, (5.2 * RATE_HZ) as usize..(11.0 * RATE_HZ) as usize);
    let rest = vec![0.0; (12.0 * RATE_HZ) as usize];
    let mut samples = [&song[first], &rest, &song[second]].concat();
    let mut random = common::vowel::random(5);
    samples.iter_mut().for_each(|sample| *sample += room * (2.0 * random.next().unwrap_or(0.5) as f32 - 1.0));
    samples
}

fn output(samples: &[f32], mode: Mode, start_s: f64, score: Option<&Arc<LearnedScore>>) -> Vec<f32> {
    let start = (start_s * RATE_HZ) as usize;
    let options = Options { sample_rate_hz: RATE_HZ, mode, start_samples: start as i64, block_samples: 4096 };
    let channels = [samples[start..].to_vec()];
    let rendered = match score {
        Some(score) => render_learned(&channels, &options, score, |_| settings(&[]), |_| ()),
        None => render(&channels, &options, |_| settings(&[]), |_| ()),
    };
    rendered.expect("valid options").channels.remove(0)
}

fn learned(samples: &[f32]) -> Arc<LearnedScore> {
    let options = Options { sample_rate_hz: RATE_HZ, mode: Mode::Phrase, start_samples: 0, block_samples: 4096 };
    Arc::new(learn(&[samples.to_vec()], &options, |_| ()).expect("valid options"))
}

/// After how many seconds behind each start the song sounds as from its beginning.
fn settled_s(samples: &[f32], mode: Mode, starts_s: &[f64], score: Option<&Arc<LearnedScore>>) -> Vec<f64> {
    let whole = output(samples, mode, 0.0, score);
    let settled = |start_s: &f64| {
        let cut = output(samples, mode, *start_s, score);
        let same = whole[whole.len() - cut.len()..].iter().zip(&cut);
        let last = same.enumerate().rfind(|(_, (a, b))| a.to_bits() != b.to_bits());
        last.map_or(0, |(at, _)| at + 1) as f64 / RATE_HZ
    };
    starts_s.iter().map(settled).collect()
}

/// As heard, and learned, after so many seconds at the latest.
fn assert_repeats(name: &str, samples: &[f32], starts_s: &[f64], [heard_s, learned_s]: [f64; 2]) {
    let score = learned(samples);
    for (score, most_s) in [(None, heard_s), (Some(&score), learned_s)] {
        for mode in Mode::ALL {
            let settled_s = settled_s(samples, mode, starts_s, score);
            println!("{name}, {mode:?}, learned {}: after {settled_s:.2?} s", score.is_some());
            assert!(settled_s.iter().all(|settled_s| *settled_s <= most_s), "{name}, {mode:?}: {settled_s:?}");
        }
    }
}

#[test]
fn a_song_repeats() {
    assert_repeats("song", &song().samples, &[1.7, 4.21, 7.7], HORIZONS_S);
}

#[test]
fn a_womans_legato_line_repeats() {
    assert_repeats("woman's legato", &legato(Voice::Woman, 220.0, MOVING_S), &[3.3, 6.0, 11.77], HORIZONS_S);
}

#[test]
fn a_mans_legato_line_repeats() {
    assert_repeats("man's legato", &legato(Voice::Man, 98.0, MOVING_S), &[3.3, 6.0, 11.77], LOW_LEGATO_HORIZONS_S);
}

#[test]
fn a_run_repeats() {
    assert_repeats("run", &legato(Voice::Woman, 196.0, RUN_S), &[3.3, 6.0, 11.77], HORIZONS_S);
}

#[test]
fn what_no_step_takes_up_is_given_back_unheard() {
    // Timing alone: all other pitch deviation is its.
    let samples = legato(Voice::Man, 98.0, MOVING_S);
    let options = Options { sample_rate_hz: RATE_HZ, mode: Mode::Phrase, start_samples: 0, block_samples: 4096 };
    let timed = settings_alone(&[("timing", 20.0)]);
    let rendered = render(&[samples], &options, |_| timed, |_| ()).expect("valid options");
    let onsets: Vec<f64> =
        std::iter::successors(Some((0, 0.0)), |(note, at_s)| Some((note + 1, at_s + MOVING_S[note % 5])))
            .map(|(_, at_s)| at_s)
            .take_while(|at_s| *at_s < 31.0)
            .collect();
    let mut most_cents = [0.0_f32; 2];
    for hop in rendered.hops.iter().filter(|hop| hop.position_samples > RATE_HZ as i64) {
        let heard_s = hop.position_samples as f64 / RATE_HZ + f64::from(hop.displacement_ms) / 1000.0;
        let is_held = onsets.iter().all(|onset_s| (heard_s - onset_s).abs() > 0.13);
        let most = &mut most_cents[usize::from(!is_held)];
        *most = most.max(hop.pitch_cents.abs());
    }
    let [held_cents, glide_cents] = most_cents;
    println!("given back at {held_cents:.2} cents in held notes, {glide_cents:.2} between them");
    assert!((3.9..4.1).contains(&held_cents) && (20.0..41.0).contains(&glide_cents), "{most_cents:?}");
}

#[test]
fn a_held_note_repeats() {
    assert_repeats("held note", &held(), &[2.0, 5.5, 9.13], HORIZONS_S);
}

#[test]
fn what_follows_a_long_rest_repeats() {
    // What was sung twelve seconds ago is forgotten, as it is behind a start in the rest.
    assert_repeats("long rest in a room", &with_long_rest(0.0015), &[9.3], HORIZONS_S);
}
