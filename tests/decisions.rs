//! One decision each of the performance, by what it does to the sound, every movement at its default.

mod common;
#[path = "common/sung.rs"]
mod sung;

use std::ops::Range;

use con_anima::demo::Take;
use con_anima::gesture::Inhaled;
use con_anima::settings::{Listen, Mode, Settings};
use sung::{
    alone, db, inhaled, jitter_percent, level_db, mean, notes, onsets_s, planned_ms, power, rendered, rests_s, rms, sd,
    seconds, settings, short_song, song, sound, vowel,
};

/// A voice that is loudest at even seconds and 12 dB softer at odd ones.
fn swell(time_s: f64) -> f32 {
    10_f64.powf(-0.6 * (0.5 - 0.5 * (std::f64::consts::PI * time_s).cos())) as f32
}

#[test]
fn where_the_voice_gets_louder_its_periods_are_no_less_alike() {
    let voice: Vec<f32> = (0..).zip(vowel()).map(|(n, sample)| sample * swell(seconds(n))).collect();
    let mut ratios = Vec::new();
    for seed in 1..=4 {
        let changes = [("jitter", 1.0), ("tremble", 0.0), ("breath", 0.0), ("seed", f64::from(seed))];
        let output = sound(&voice, settings(&changes));
        let jitter = |middles_s: [f64; 2]| {
            mean(&middles_s.map(|middle_s| jitter_percent(&output, &(middle_s - 0.3..middle_s + 0.3))))
        };
        ratios.push(jitter([4.0, 6.0]) / jitter([5.0, 7.0]));
    }
    println!("{ratios:.2?}");
    assert!(mean(&ratios) < 1.08, "{ratios:?}");
}

/// The song's stops: from the middle of the vowel before to its release, by what is silent for less than a rest.
fn closures(take: &Take) -> Vec<Range<f64>> {
    let between = take.truth.sounding.windows(2).map(|pair| pair[0].end_s..pair[1].start_s);
    between.filter(|closure| (0.02..0.2).contains(&(closure.end - closure.start))).collect()
}

#[test]
fn no_breath_swells_before_a_stop_consonant() {
    let take = song();
    let stops = closures(&take);
    assert!(stops.len() >= 4, "{stops:?}");
    for mode in Mode::ALL {
        let changes = [("inhale_every", 100.0), ("inhale", -15.0)];
        let breath = rendered(&take.samples, mode, Settings { listen: Listen::Breath, ..settings(&changes) });
        let breath = &breath.channels[0];
        for stop in &stops {
            // Notes are moved a little, the closure with them.
            let around = stop.start - 0.05..stop.end + 0.03;
            let share_db = |range_s: &Range<f64>| level_db(breath, range_s) - level_db(&take.samples, range_s);
            let voiced = stop.start - 0.3..stop.start - 0.1;
            assert!(
                level_db(breath, &around) < level_db(breath, &voiced) + 4.0 && share_db(&voiced) < -20.0,
                "{mode:?}, {around:?}: {:.1} dB behind {:.1} dB",
                level_db(breath, &around),
                level_db(breath, &voiced)
            );
        }
    }
}

#[test]
fn breaths_come_in_rests_only_and_leave_the_voice_alone() {
    let take = song();
    for mode in Mode::ALL {
        let made =
            rendered(&take.samples, mode, settings(&[("inhale_every", 100.0), ("breath", 0.0), ("listen", 1.0)]));
        let breaths = inhaled(&made);
        assert!(breaths.len() >= 2, "{mode:?}: {breaths:?}");
        let end_s = take.truth.notes.last().expect("it is sung").end_s;
        let is_rest = |at_s: f64| {
            at_s > end_s || take.truth.gaps.iter().any(|rest| (rest.start_s - 0.02..rest.end_s + 0.06).contains(&at_s))
        };
        for one in &breaths {
            let [from_s, to_s] = [one.start_position_samples, one.end_position_samples].map(seconds);
            assert!(is_rest(from_s) && is_rest(to_s) && (0.1..0.85).contains(&(to_s - from_s)), "{mode:?}: {one:?}");
        }
        let loud = made.channels[0].iter().enumerate().filter(|(_, sample)| sample.abs() > 1e-4);
        let stray: Vec<f64> = loud.map(|(at, _)| seconds(at as i64)).filter(|at_s| !is_rest(*at_s)).collect();
        assert!(stray.is_empty(), "{mode:?}: {} samples from {:?} s on", stray.len(), stray.first());
    }
}

#[test]
fn a_loud_voice_is_no_breathier_than_a_soft_one() {
    let voice: Vec<f32> = (0..).zip(vowel()).map(|(n, sample)| sample * swell(seconds(n))).collect();
    let breath = sound(&voice, Settings { listen: Listen::Breath, ..settings(&[]) });
    let hnr_db = |middles_s: [f64; 2]| {
        let around = |middle_s: f64| middle_s - 0.25..middle_s + 0.25;
        mean(&middles_s.map(|middle_s| level_db(&voice, &around(middle_s)) - level_db(&breath, &around(middle_s))))
    };
    let (loud, soft) = (hnr_db([4.0, 6.0]), hnr_db([5.0, 7.0]));
    println!("{loud:.1} dB where it is loud, {soft:.1} dB where it is soft");
    assert!(loud > soft - 0.5, "{loud} {soft}");
}

#[test]
fn a_breath_is_as_loud_as_its_phrase_asks_for() {
    let take = song();
    let softer: Vec<f32> = take.samples.iter().map(|sample| 0.25 * sample).collect();
    let breaths = |samples: &[f32]| inhaled(&rendered(samples, Mode::Phrase, settings(&[("inhale_every", 100.0)])));
    let (loud, soft) = (breaths(&take.samples), breaths(&softer));
    assert!(loud.len() >= 2 && loud.len() == soft.len(), "{loud:?} {soft:?}");
    for (loud, soft) in loud.iter().zip(&soft) {
        assert!((loud.level_db - soft.level_db - 12.04).abs() < 0.3, "{loud:?} {soft:?}");
        assert!((loud.start_position_samples - soft.start_position_samples).abs() < 480);
    }
}

#[test]
fn a_softer_recording_is_sung_alike() {
    let take = song();
    let softer: Vec<f32> = take.samples.iter().map(|sample| 0.125 * sample).collect();
    for mode in [Mode::Live, Mode::Phrase] {
        let [one, other] = [&take.samples, &softer].map(|samples| rendered(samples, mode, settings(&[])));
        let (planned, again) = (planned_ms(&one), planned_ms(&other));
        assert!(planned.len() == again.len() && planned.len() > 10, "{mode:?}: {planned:?} {again:?}");
        let apart = planned.iter().zip(&again).map(|(one, other)| (one - other).abs()).fold(0.0, f64::max);
        let added: Vec<f64> =
            one.hops.iter().zip(&other.hops).map(|(a, b)| f64::from(a.pitch_cents - b.pitch_cents)).collect();
        println!("{mode:?}: {apart:.2} ms at most, {:.2} cents", rms(&added));
        assert!(apart < 2.0 && rms(&added) < 4.0, "{mode:?}: {apart} ms, {} cents", rms(&added));
    }
}

#[test]
fn turning_one_knob_rolls_no_other_dice() {
    let take = short_song();
    let base = rendered(&take.samples, Mode::Phrase, settings(&[]));
    for (id, value) in
        [("drift", 4.0), ("tremble", 2.0), ("jitter", 0.4), ("shimmer", 0.3), ("breath", 60.0), ("level", 1.0)]
    {
        let other = rendered(&take.samples, Mode::Phrase, settings(&[(id, value)]));
        assert_eq!(planned_ms(&base), planned_ms(&other), "{id}");
        // Where a note lies within a period of the voice, a breath may too.
        let (breaths, again) = (inhaled(&base), inhaled(&other));
        assert!(breaths.len() == again.len() && !breaths.is_empty(), "{id}: {breaths:?} {again:?}");
        let apart = |(one, other): (&Inhaled, &Inhaled)| one.start_position_samples - other.start_position_samples;
        assert!(breaths.iter().zip(&again).map(apart).all(|apart| apart.abs() < 480), "{id}: {breaths:?} {again:?}");
    }
    let pitch = |changes: &[(&str, f64)]| {
        let made = rendered(&take.samples, Mode::Phrase, alone(&[&[("tremble", 8.0)], changes].concat()));
        made.hops.iter().map(|hop| hop.pitch_cents).collect::<Vec<_>>()
    };
    let base = pitch(&[]);
    for (id, value) in [("level", 3.0), ("shimmer", 1.0), ("breath", 80.0), ("inhale", -20.0), ("output", -6.0)] {
        assert!(base == pitch(&[(id, value)]), "{id} moves the pitch");
    }
}

#[test]
fn phrases_do_not_end_louder_than_they_go_on() {
    let take = song();
    let mut falls_db = Vec::new();
    for seed in 1..=3 {
        let output = sound(&take.samples, settings(&[("level", 1.5), ("timing", 0.0), ("seed", f64::from(seed))]));
        for rest in rests_s(&take) {
            let change_db = |range_s: Range<f64>| level_db(&output, &range_s) - level_db(&take.samples, &range_s);
            falls_db
                .push(change_db(rest.start - 0.6..rest.start - 0.1) - change_db(rest.start - 3.6..rest.start - 1.6));
        }
    }
    println!("{falls_db:.1?}");
    assert!(mean(&falls_db) < 0.3, "{falls_db:?}");
}

#[test]
fn a_note_goes_on_moving_and_begins_near_its_pitch() {
    // Drift and lean grow with a note; its beginning after the scoop is in tune.
    let take = song();
    let held: Vec<_> = take.truth.notes.iter().filter(|note| note.end_s - note.onset_s > 0.8).copied().collect();
    let (mut early, mut late) = (Vec::new(), Vec::new());
    for seed in 1..=4 {
        let made = rendered(&take.samples, Mode::Phrase, settings(&[("scoop", 0.0), ("seed", f64::from(seed))]));
        for note in &held {
            let cents = |range_s: Range<f64>| {
                let within = made.hops.iter().filter(|hop| range_s.contains(&seconds(hop.position_samples)));
                mean(&within.map(|hop| f64::from(hop.pitch_cents)).collect::<Vec<_>>())
            };
            early.push(cents(note.onset_s + 0.08..note.onset_s + 0.23));
            late.push(cents(note.end_s - 0.3..note.end_s - 0.1));
        }
    }
    println!("{:.1} cents rms early, {:.1} late, {:.1} on average", rms(&early), rms(&late), mean(&late));
    assert!(rms(&early) < 1.25 * rms(&late) && rms(&late) > 4.0, "{} {}", rms(&early), rms(&late));
}

#[test]
fn every_movement_is_heard_at_its_default() {
    let take = short_song();
    let made = |changes: &[(&str, f64)]| rendered(&take.samples, Mode::Phrase, settings(changes));
    let all = made(&[]);
    for (id, off) in [
        ("drift", 0.0),
        ("tremble", 0.0),
        ("intonation", 0.0),
        ("scoop", 0.0),
        ("jitter", 0.0),
        ("timing", 0.0),
        ("breath", 0.0),
        ("inhale", -60.0),
        ("shimmer", 0.0),
        ("level", 0.0),
        ("memory", 0.0),
        ("vibrato", 40.0),
    ] {
        let without = made(&[(id, off)]);
        let apart: Vec<f32> = all.channels[0].iter().zip(&without.channels[0]).map(|(all, one)| all - one).collect();
        let apart_db = db(power(&apart)) - db(power(&take.samples));
        println!("{id}: {apart_db:.0} dB");
        assert!(apart_db > -65.0, "{id}: {apart_db}");
    }
}

#[test]
fn what_is_planned_is_heard() {
    let take = song();
    let notes_s = onsets_s(&take.samples);
    let changes = [("timing", 25.0), ("only_missing", 0.0), ("drift", 0.0), ("scoop", 0.0), ("intonation", 0.0)];
    let made = rendered(&take.samples, Mode::Phrase, settings(&changes));
    let late_ms = sung::lateness_ms(&notes_s, &made.channels[0]);
    let planned = notes(&made);
    assert!(planned.len() >= 25, "{}", planned.len());
    let near =
        late_ms.iter().filter(|late| planned.iter().any(|note| (f64::from(note.planned_ms) - **late).abs() < 4.0));
    let share = near.count() as f64 / late_ms.len() as f64;
    println!("{:.0} % of {} notes", 100.0 * share, late_ms.len());
    assert!(share > 0.9 && sd(&late_ms) > 12.0, "{share}");
}
