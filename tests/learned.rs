//! A learned song: the same score however it was learned, and sung alike from any start and in every mode.
#![allow(clippy::print_stdout, reason = "what is measured, for whoever looks at a failure")]

mod common;
#[path = "common/sung.rs"]
mod sung;

use std::sync::Arc;

use con_anima::demo::{Voice, Vowel, sing_vowel};
use con_anima::engine::{HopTrace, SongPosition};
use con_anima::learner::Learner;
use con_anima::offline::{Options, Rendered, learn, render, render_learned};
use con_anima::score::{LearnedScore, ScoreError};
use con_anima::settings::{Mode, Settings};
use sung::{RATE_HZ, settings, short_song, song};

fn options(mode: Mode, start: usize) -> Options {
    Options { sample_rate_hz: RATE_HZ, mode, start_samples: start as i64, block_samples: 512 }
}

fn learned(samples: &[f32]) -> Arc<LearnedScore> {
    Arc::new(learn(&[samples.to_vec()], &options(Mode::Phrase, 0), |_| ()).expect("valid options"))
}

fn sung_from(start: usize, samples: &[f32], mode: Mode, score: &Arc<LearnedScore>, settings: Settings) -> Rendered {
    let channels = [samples[start..].to_vec()];
    render_learned(&channels, &options(mode, start), score, |_| settings, |_| ()).expect("valid options")
}

/// Onset and planned lateness of each note, samples and ms.
fn planned(rendered: &Rendered) -> Vec<(i64, f32)> {
    let notes = rendered.hops.iter().filter_map(|hop| hop.note);
    notes.map(|note| (note.onset_position_samples, note.planned_ms)).collect()
}

/// Hears a song in blocks of these lengths, again and again.
fn heard_in_blocks(samples: &[f32], lengths: &[usize], passes: usize) -> LearnedScore {
    let mut learner = Learner::new(RATE_HZ, 1).expect("a valid rate");
    for _ in 0..passes {
        let (mut samples, mut at) = (samples.to_vec(), 0);
        for length in lengths.iter().cycle() {
            let end = (at + length).min(samples.len());
            learner.hear(&[&mut samples[at..end]], SongPosition::At(at as i64));
            at = end;
            if at == samples.len() {
                break;
            }
        }
        learner.end(true);
    }
    learner.score()
}

#[test]
fn however_a_song_is_heard_the_score_is_the_same() {
    let song = short_song().samples;
    let whole = learned(&song);
    let [n_notes, n_rests] = whole.counts();
    assert!(n_notes > 10 && n_rests >= 1 && whole.known_s() > 10.5, "{n_notes} {n_rests} {}", whole.known_s());
    assert!(*whole == heard_in_blocks(&song, &[1, 333, 4096, 17], 1), "in other blocks");
    let twice = heard_in_blocks(&song, &[512], 2);
    assert!(twice.counts() == whole.counts() && twice.onsets_s().eq(whole.onsets_s()), "heard twice");
}

#[test]
fn what_is_heard_in_parts_becomes_the_whole() {
    let song = short_song().samples;
    let whole = learned(&song);
    // The parts overlap, so that the second knows its beginning as the whole does.
    let middle = 5 * RATE_HZ as usize;
    let first = learned(&song[..middle + RATE_HZ as usize]);
    let from = middle - 4 * RATE_HZ as usize;
    let second = learn(&[song[from..].to_vec()], &options(Mode::Phrase, from), |_| ()).expect("valid options");
    let both = first.with(&second);
    assert_eq!(both.half_seconds().len(), whole.half_seconds().len());
    let [n_notes, n_rests] = whole.counts();
    let [n_both, n_both_rests] = both.counts();
    assert!(n_notes.abs_diff(n_both) <= 1 && n_rests == n_both_rests, "{:?} {:?}", whole.counts(), both.counts());
}

#[test]
fn a_score_survives_as_bytes_and_what_is_damaged_is_refused() {
    let score = learned(&short_song().samples);
    let bytes = score.to_bytes();
    assert!((bytes.len() as f64) < 273.0 * score.known_s(), "four minutes are to fit into 64 KiB: {}", bytes.len());
    assert!(LearnedScore::from_bytes(&bytes) == Ok((*score).clone()));
    assert_eq!(LearnedScore::from_bytes(b"RIFF"), Err(ScoreError::NotAScore));
    let mut newer = bytes.clone();
    newer[8] = 200;
    assert_eq!(LearnedScore::from_bytes(&newer), Err(ScoreError::Version(200)));
    for at in (9..bytes.len()).step_by(7) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        assert_eq!(LearnedScore::from_bytes(&damaged), Err(ScoreError::Damaged), "byte {at}");
        assert!(LearnedScore::from_bytes(&bytes[..at]).is_err(), "cut at {at}");
    }
    let twice = score.at_rate(2.0 * RATE_HZ);
    assert_eq!((twice.counts(), twice.known_s()), (score.counts(), score.known_s()));
    assert!(twice.at_rate(RATE_HZ) == *score);
}

#[test]
fn a_learned_song_repeats_from_a_second_on() {
    let song = song().samples;
    let score = learned(&song);
    for mode in Mode::ALL {
        let whole = sung_from(0, &song, mode, &score, settings(&[])).channels.remove(0);
        let settled_s = [1.7, 4.21, 7.7, 13.3].map(|start_s: f64| {
            let start = (start_s * RATE_HZ) as usize;
            let cut = sung_from(start, &song, mode, &score, settings(&[])).channels.remove(0);
            let mut same = whole[start..].iter().zip(&cut).map(|(a, b)| a.to_bits() == b.to_bits());
            same.rposition(|is_same| !is_same).map_or(0, |at| at + 1) as f64 / RATE_HZ
        });
        println!("{mode:?}: after {settled_s:.2?} s");
        assert!(settled_s.iter().all(|settled_s| *settled_s <= 1.0), "{mode:?}: {settled_s:?}");
    }
}

#[test]
fn wherever_in_a_note_it_is_started_a_learned_song_is_that_song() {
    let song = song().samples;
    let score = learned(&song);
    for start in (0..64).map(|k| (0.5 * RATE_HZ) as usize + 7001 * k) {
        let rendered = sung_from(start, &song[..start + RATE_HZ as usize], Mode::Live, &score, settings(&[]));
        let differs = rendered.hops.iter().find(|hop| !hop.frame.is_as_learned);
        assert!(differs.is_none(), "from {start}: {:?}", differs.map(|hop| hop.position_samples));
    }
}

#[test]
fn every_mode_plans_a_learned_song_alike() {
    let song = song().samples;
    let score = learned(&song);
    let at = |mode, changes: &[(&str, f64)]| sung_from(0, &song, mode, &score, settings(changes));
    // Live and Studio cannot sing much earlier than they hear.
    let late = [("feel", 30.0)];
    let phrase = planned(&at(Mode::Phrase, &late));
    assert!(phrase.len() > 20);
    for mode in [Mode::Live, Mode::Studio] {
        let other = planned(&at(mode, &late));
        let n_alike = phrase.iter().filter(|note| other.contains(note)).count();
        assert!(10 * n_alike >= 9 * phrase.len(), "{mode:?}: {n_alike} of {}", phrase.len());
    }
    let inhaled = |mode| {
        let rendered = at(mode, &[("inhale_every", 100.0)]);
        let inhaled: Vec<i64> =
            rendered.hops.iter().filter_map(|hop| hop.inhaled).map(|i| i.start_position_samples).collect();
        inhaled
    };
    let [live, studio, phrase] = Mode::ALL.map(inhaled);
    assert!(phrase.len() >= 3 && live.len() == phrase.len() && studio.len() == phrase.len(), "{live:?} {phrase:?}");
}

#[test]
fn a_learned_note_is_timed_by_what_is_drawn_over_it() {
    let song = song().samples;
    let score = learned(&song);
    let timed = [0.0, 20.0].map(|timing_ms| settings(&[("timing", timing_ms), ("only_missing", 0.0)]));
    let step = (5.0 * RATE_HZ) as i64;
    for mode in Mode::ALL {
        let all = |settings_at: &dyn Fn(i64) -> Settings| {
            let channels = [song.clone()];
            let rendered = render_learned(&channels, &options(mode, 0), &score, settings_at, |_| ());
            planned(&rendered.expect("valid options"))
        };
        let [still, moved] = timed.map(|settings| all(&move |_| settings));
        let stepped = all(&|position| timed[usize::from(position >= step)]);
        assert_eq!(stepped.len(), still.len());
        for (note, (still, moved)) in stepped.iter().zip(still.iter().zip(&moved)) {
            // In Live the place of a note is asked for before it is heard.
            let is_open = mode == Mode::Live && (0..(0.2 * RATE_HZ) as i64).contains(&(note.0 - step));
            let wanted = if note.0 < step { still } else { moved };
            assert!(is_open || note == wanted, "{mode:?}: {note:?} for {wanted:?}");
        }
        assert!(moved.iter().any(|(onset, ms)| *onset >= step && ms.abs() > 3.0));
    }
}

#[test]
fn over_a_learned_song_timing_is_literal() {
    let song = song().samples;
    let score = learned(&song);
    for (timing_ms, feel_ms, seed) in [(10.0, 0.0, 3.0), (20.0, 5.0, 4.0)] {
        let changes = [("timing", timing_ms), ("feel", feel_ms), ("seed", seed), ("only_missing", 0.0)];
        let planned = planned(&sung_from(0, &song, Mode::Phrase, &score, settings(&changes)));
        let late: Vec<f64> = planned.iter().map(|(_, ms)| f64::from(*ms)).collect();
        let mean = late.iter().sum::<f64>() / late.len() as f64;
        let sd = (late.iter().map(|ms| (ms - mean).powi(2)).sum::<f64>() / late.len() as f64).sqrt();
        println!("{mean:.2} ± {sd:.2} ms");
        assert!((mean - feel_ms).abs() < 1.0 && (sd / timing_ms - 1.0).abs() < 0.1, "{mean} ± {sd} ms");
    }
}

#[test]
fn where_the_take_was_edited_it_is_sung_as_heard() {
    let song = song().samples;
    let score = learned(&song);
    // Half a second in the middle of a phrase is exchanged for another voice.
    let edit = (4.0 * RATE_HZ) as usize..(5.0 * RATE_HZ) as usize;
    let other = sing_vowel(Voice::Man, Vowel::Ee, |_| 131.0, 1.0, RATE_HZ).samples;
    let mut edited = song.clone();
    edited[edit.clone()].copy_from_slice(&other[..edit.len()]);
    let is_learned = |samples: &[f32]| {
        let rendered = sung_from(0, samples, Mode::Phrase, &score, settings(&[]));
        let share = |from_s: f64, to_s: f64| {
            let within = |hop: &&HopTrace| (from_s..to_s).contains(&(hop.position_samples as f64 / RATE_HZ));
            let hops: Vec<_> = rendered.hops.iter().filter(within).collect();
            hops.iter().filter(|hop| hop.frame.is_as_learned).count() as f64 / hops.len() as f64
        };
        [share(0.0, 3.9), share(4.2, 5.0), share(10.0, 20.0)]
    };
    assert_eq!(is_learned(&song), [1.0; 3]);
    let edited = is_learned(&edited);
    assert!(edited[0] == 1.0 && edited[1] == 0.0 && edited[2] == 1.0, "{edited:?}");
    // Another take of nothing it knows.
    let foreign: Vec<f32> = song.iter().rev().copied().collect();
    let foreign = is_learned(&foreign);
    assert!(foreign[1] < 0.2 && foreign[2] < 0.2, "{foreign:?}");
}

#[test]
fn what_a_take_lacks_is_known_from_its_first_note_on() {
    // A voice with as much breath as is asked for: unlearned, more is added until that is known.
    let tone = sing_vowel(Voice::Woman, Vowel::Ah, |_| 220.0, 6.0, RATE_HZ).samples;
    let noisy: Vec<f32> = {
        let mut random = common::vowel::random(7);
        tone.iter().map(|sample| sample + 0.02 * (2.0 * random.next().unwrap_or(0.5) as f32 - 1.0)).collect()
    };
    let breath = settings(&[("listen", 1.0), ("inhale", -60.0)]);
    let score = learned(&noisy);
    let first_second = |rendered: &Rendered| {
        let power: f64 = rendered.channels[0][..48_000].iter().map(|s| f64::from(*s).powi(2)).sum();
        10.0 * (power / 48_000.0 + 1e-12).log10()
    };
    let heard =
        render(std::slice::from_ref(&noisy), &options(Mode::Studio, 0), |_| breath, |_| ()).expect("valid options");
    let learned = sung_from(0, &noisy, Mode::Studio, &score, breath);
    let [heard_db, learned_db] = [&heard, &learned].map(first_second);
    println!("breath in the first second: {heard_db:.1} dB heard, {learned_db:.1} dB learned");
    assert!(learned_db < heard_db - 6.0, "{heard_db} {learned_db}");
}

#[test]
fn a_part_that_is_heard_again_takes_nothing_from_what_is_known() {
    let song = song().samples;
    let whole = learned(&song);
    let mut known = (*whole).clone();
    for (from_s, until_s) in [(1.03, 2.5), (6.2, 7.7), (9.9, 10.3), (13.0, 14.6)] {
        let [from, until] = [from_s, until_s].map(|at: f64| (at * RATE_HZ) as usize);
        let mut learner = Learner::new(RATE_HZ, 1).expect("a valid rate");
        let mut part = song[from..until].to_vec();
        learner.hear(&[&mut part], SongPosition::At(from as i64));
        learner.end(false);
        known = known.with(&learner.score());
    }
    assert!(known == *whole, "what was heard with less before it, or cut off, is known better");
    // Another take replaces what was known of it, as far as it was heard.
    let other = sing_vowel(Voice::Man, Vowel::Ee, |_| 131.0, 4.0, RATE_HZ).samples;
    let mut learner = Learner::new(RATE_HZ, 1).expect("a valid rate");
    learner.hear(&[&mut other.clone()], SongPosition::At(2 * RATE_HZ as i64));
    learner.end(true);
    let replaced = whole.with(&learner.score());
    assert!(replaced != *whole && replaced.known_s() == whole.known_s());
    // What was learned at another rate is the same song.
    let twice = whole.with(&learner.score().at_rate(2.0 * RATE_HZ));
    assert!(twice.known_s() == whole.known_s() && twice.sample_rate_hz() == RATE_HZ);
}
