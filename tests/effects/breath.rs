//! Breath, in the voice and between phrases.

use std::ops::Range;

use con_anima::offline::{Options, render};
use con_anima::settings::{Listen, Mode, Settings};

use crate::sung::{
    HELD_S, RATE_HZ, alone, band, db, inhaled, level_db, power, rendered, rests_s, samples_of, seconds, settings, song,
    sound, vowel,
};

/// The added breath alone.
fn breath(samples: &[f32], changes: &[(&str, f64)]) -> Vec<f32> {
    sound(samples, Settings { listen: Listen::Breath, ..settings(changes) })
}

pub(crate) fn breath_is_in_the_voice() {
    let voice = vowel();
    let hnr_db = |percent: f64| level_db(&voice, &HELD_S) - level_db(&breath(&voice, &[("breath", percent)]), &HELD_S);
    let found = [0.0, 35.0, 60.0, 100.0].map(hnr_db);
    println!("{found:.1?} dB");
    assert!(found[0] > 100.0, "{found:?}");
    for (found, asked) in found[1..].iter().zip([33.5, 25.2, 12.0]) {
        assert!((found - asked).abs() < 3.0, "{found} for {asked}");
    }
    // It is also in what is heard as a whole.
    let [without, with] = [0.0, 100.0].map(|percent| sound(&voice, alone(&[("breath", percent)])));
    let added: Vec<f32> = with.iter().zip(&without).map(|(with, without)| with - without).collect();
    let high_db = |samples: &[f32]| level_db(&band(samples, 1000.0..16_000.0), &HELD_S);
    assert!(high_db(&added) > high_db(&voice) - 20.0, "{} of {}", high_db(&added), high_db(&voice));
}

/// By how much 8 kHz is louder than 1 kHz, octaves around them, dB.
fn tilt_db(samples: &[f32], range_s: &Range<f64>) -> f64 {
    let octave = |centre_hz: f64| level_db(&band(samples, centre_hz / 1.414..centre_hz * 1.414), range_s);
    octave(8000.0) - octave(1000.0)
}

pub(crate) fn breath_tone_tilts_what_is_added() {
    let voice = vowel();
    let tilts = [-12.0, 0.0, 12.0].map(|db| tilt_db(&breath(&voice, &[("breath_tone", db)]), &HELD_S));
    println!("in the voice {tilts:.1?} dB");
    assert!((tilts[1] - tilts[0] - 12.0).abs() < 3.0 && (tilts[2] - tilts[1] - 12.0).abs() < 3.0, "{tilts:?}");
    let take = song();
    let rest = rests_s(&take).remove(0);
    let tilts = [-12.0, 0.0, 12.0].map(|db| {
        let breaths = breath(
            &take.samples[..samples_of(&(0.0..6.5)).end],
            &[("breath_tone", db), ("breath", 0.0), ("inhale_every", 100.0)],
        );
        tilt_db(&breaths, &rest)
    });
    println!("in an inhalation {tilts:.1?} dB");
    assert!((tilts[1] - tilts[0] - 12.0).abs() < 3.5 && (tilts[2] - tilts[1] - 12.0).abs() < 3.5, "{tilts:?}");
}

pub(crate) fn inhale_is_the_level_of_inhalations() {
    let take = song();
    let rests = rests_s(&take);
    let levels = |inhale: f64| -> Vec<f64> {
        let breaths = breath(&take.samples, &[("inhale", inhale), ("breath", 0.0), ("inhale_every", 100.0)]);
        rests.iter().map(|rest| level_db(&breaths, rest)).collect()
    };
    let (softer, louder, none) = (levels(-45.0), levels(-20.0), levels(-60.0));
    println!("{softer:.1?} {louder:.1?} {none:.1?}");
    assert!(none.iter().all(|db| *db < -250.0), "at -60 dB never: {none:?}");
    for (softer, louder) in softer.iter().zip(&louder) {
        assert!((louder - softer - 25.0).abs() < 0.5, "{softer} {louder}");
    }
    // The level is measured against the phrase: where it lasts, this is near what was asked for.
    let phrase_db = level_db(&take.samples, &(1.0..4.0));
    let breaths = inhaled(&rendered(&take.samples, Mode::Phrase, settings(&[("inhale_every", 100.0)])));
    for one in &breaths {
        assert!((-43.0..-23.0).contains(&(f64::from(one.level_db) - phrase_db)), "{one:?} of {phrase_db}");
    }
    assert!(breaths.len() >= 2, "{breaths:?}");
}

pub(crate) fn inhale_chance_is_how_many_rests_have_one() {
    let take = song();
    // The share of the song's rests with one, over so many seeds.
    let share = |mode: Mode, percent: f64, n_seeds: u32| {
        let seeds = (1..=n_seeds).map(|seed| settings(&[("inhale_every", percent), ("seed", f64::from(seed))]));
        let n_breaths: usize = seeds.map(|settings| inhaled(&rendered(&take.samples, mode, settings)).len()).sum();
        n_breaths as f64 / (f64::from(n_seeds) * rests_s(&take).len() as f64)
    };
    for mode in [Mode::Phrase, Mode::Studio] {
        let [none, some, most] = [(0.0, 1), (50.0, 4), (100.0, 1)].map(|(percent, n)| share(mode, percent, n));
        println!("{mode:?}: {none:.2}, {some:.2}, {most:.2} of the rests");
        assert!(none == 0.0 && most >= 0.9 && some > 0.2 * most && some < 0.85 * most, "{mode:?}: {some} {most}");
    }
}

pub(crate) fn breathe_places_one_for_each_press() {
    let take = song();
    let rests = rests_s(&take);
    let pressed =
        |position: i64| rests[..2].iter().any(|rest| (rest.start - 0.1..rest.start).contains(&seconds(position)));
    let [off, on] = [0.0, 1.0].map(|on| alone(&[("breathe", on)]));
    let options = Options { sample_rate_hz: RATE_HZ, mode: Mode::Studio, start_samples: 0, block_samples: 4096 };
    let settings_at = |position| if pressed(position) { on } else { off };
    let made = render(std::slice::from_ref(&take.samples), &options, settings_at, |_| ()).expect("valid options");
    let breaths = inhaled(&made);
    println!("{breaths:?}");
    assert!(breaths.len() == 2 && breaths.iter().all(|one| one.is_by_hand), "{breaths:?}");
    for (rest, one) in rests.iter().zip(&breaths) {
        let added: Vec<f32> = made.channels[0].iter().zip(&take.samples).map(|(made, dry)| made - dry).collect();
        assert!(rest.contains(&seconds(one.start_position_samples)), "{one:?} in {rest:?}");
        assert!(level_db(&added, rest) > -80.0, "{}", level_db(&added, rest));
    }
    // Without any Humanize nothing is done, and nothing is said to have been done.
    let unheard = |position| Settings { amount: 0.0, ..settings_at(position) };
    let passed = render(std::slice::from_ref(&take.samples), &options, unheard, |_| ()).expect("valid options");
    assert!(inhaled(&passed).is_empty() && passed.channels[0] == take.samples);
    // Held down from the beginning it is no press.
    assert!(inhaled(&rendered(&take.samples, Mode::Studio, on)).is_empty());
}

pub(crate) fn own_breaths_alone_change_by_their_gain() {
    let take = song();
    // A take that breathes: what was added is now its own.
    let breathing = alone(&[("inhale", -33.0), ("inhale_every", 100.0)]);
    let own = rendered(&take.samples, Mode::Phrase, breathing);
    let breaths = inhaled(&own);
    let own = &own.channels[0];
    for gain_db in [-24.0, 9.0] {
        let ridden = sound(own, alone(&[("breath_keep", gain_db)]));
        let changes: Vec<f64> = breaths
            .iter()
            .map(|one| {
                let range = one.start_position_samples as usize..one.end_position_samples as usize;
                // Its middle: it comes and goes within.
                let inner = range.start + range.len() / 3..range.end - range.len() / 3;
                db(power(&ridden[inner.clone()])) - db(power(&own[inner]))
            })
            .collect();
        println!("{changes:.1?} dB for {gain_db}");
        let near = changes.iter().filter(|change| (**change - gain_db).abs() < 1.0).count();
        assert!(near + 1 >= changes.len() && near >= 2, "{changes:?} for {gain_db}");
        let is_sung = |at: usize| take.truth.voiced.iter().any(|voiced| voiced.contains(seconds(at as i64)));
        assert!((0..own.len()).filter(|at| is_sung(*at)).all(|at| ridden[at] == own[at]), "{gain_db}");
    }
}
