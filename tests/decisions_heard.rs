//! One decision each of the analysis, by what is heard of sung material.

mod common;
#[path = "common/sung.rs"]
mod sung;

use std::f64::consts::TAU;

use con_anima::analysis::Phase;
use con_anima::demo::{Voice, Vowel, sing_vowel};
use con_anima::engine::HopTrace;
use con_anima::settings::Mode;
use sung::{HOP, RATE_HZ, alone, db, heard, level_db, mean, power, rendered, rms, seconds, song};

fn middle_s(hop: &HopTrace) -> f64 {
    seconds(hop.position_samples) + 0.5 * HOP as f64 / RATE_HZ
}

fn sung_at(f0_hz: f64, seconds: f64) -> Vec<f32> {
    sing_vowel(Voice::Woman, Vowel::Ah, move |_| f0_hz, seconds, RATE_HZ).samples
}

#[test]
fn a_few_uneven_periods_are_no_jump_by_an_octave() {
    for f0_hz in [165.0, 330.0] {
        // Every second period is softer, for 50 ms in each quarter of a second.
        let uneven = |n: usize| {
            let time_s = n as f64 / RATE_HZ;
            let depth = if time_s % 0.25 < 0.05 { 0.35 } else { 0.0 };
            (1.0 + depth * (TAU * 0.5 * f0_hz * time_s).sin()) as f32
        };
        let voice: Vec<f32> = sung_at(f0_hz, 3.0).iter().enumerate().map(|(n, sample)| uneven(n) * sample).collect();
        let hops = heard(&voice);
        let inner: Vec<_> = hops.iter().filter(|hop| (0.2..2.8).contains(&middle_s(hop))).collect();
        let far = |hop: &&&HopTrace| (f64::from(hop.frame.f0_hz) / f0_hz).log2().abs() > 0.4;
        let n_far = inner.iter().filter(far).count();
        println!("{f0_hz} Hz: {n_far} of {} hops", inner.len());
        assert!(n_far == 0, "{f0_hz} Hz: {n_far} of {}", inner.len());
    }
}

#[test]
fn loudness_grows_from_hop_to_hop_where_the_voice_grows() {
    // From −60 to 0 dB in a third of a second, and back, over and over.
    let gain_db = |time_s: f64| 90.0 * ((time_s % 1.0) - 0.5).abs() - 45.0;
    let voice: Vec<f32> = (0..)
        .zip(sung_at(440.0, 4.0))
        .map(|(n, sample)| sample * 10_f64.powf(gain_db(seconds(n)) / 20.0) as f32)
        .collect();
    for mode in [Mode::Studio, Mode::Phrase] {
        let hops = rendered(&voice, mode, alone(&[("amount", 0.0)])).hops;
        let mut backwards = 0;
        for pair in hops.windows(2).filter(|pair| (0.6..3.4).contains(&middle_s(&pair[0]))) {
            let at_s = middle_s(&pair[0]) % 0.5;
            if !(0.06..0.44).contains(&at_s) {
                continue;
            }
            let is_growing = middle_s(&pair[0]) % 1.0 > 0.5;
            let step_db = pair[1].frame.loudness_db - pair[0].frame.loudness_db;
            backwards += u32::from(if is_growing { step_db < -0.02 } else { step_db > 0.02 });
        }
        let error_db: Vec<f64> = hops
            .iter()
            .filter(|hop| (0.6..3.4).contains(&middle_s(hop)) && (0.06..0.44).contains(&(middle_s(hop) % 0.5)))
            .map(|hop| {
                let around = middle_s(hop) - 0.0135..middle_s(hop) + 0.0135;
                f64::from(hop.frame.loudness_db) - level_db(&voice, &around)
            })
            .collect();
        println!("{mode:?}: {backwards} steps backwards, {:.2} ± {:.2} dB off", mean(&error_db), rms(&error_db));
        assert!(backwards == 0 && rms(&error_db) < 0.8, "{mode:?}: {backwards}");
    }
}

#[test]
fn levels_and_floors_are_those_of_the_sound() {
    let noise = common::vowel::random(3).map(|uniform| (3.46e-3 * (uniform - 0.5)) as f32);
    let mut voice = sung_at(220.0, 1.5);
    voice.resize(voice.len() + 48_000, 0.0);
    let voice: Vec<f32> =
        voice.iter().chain(&voice).chain(&voice).zip(noise).map(|(voice, noise)| voice + noise).collect();
    let hops = heard(&voice);
    // Rumble below the voice does not count, and turns what is left of each hop a little.
    let loud = hops.iter().map(|hop| (hop.frame.level_db, hop.position_samples as usize));
    let loud = loud
        .filter(|(_, at)| *at + HOP < voice.len())
        .map(|(found_db, at)| (found_db, db(power(&voice[at..at + HOP]))));
    let errors_db: Vec<f64> =
        loud.filter(|(_, db)| *db > -40.0).map(|(found_db, db)| f64::from(found_db) - db).collect();
    println!("{:.2} ± {:.2} dB off", mean(&errors_db), rms(&errors_db));
    assert!(errors_db.len() > 2000 && mean(&errors_db).abs() < 0.5 && rms(&errors_db) < 1.5);
    // Uniform noise of this width has −60 dBFS.
    let floors: Vec<f64> =
        hops.iter().filter(|hop| middle_s(hop) > 3.0).map(|hop| f64::from(hop.frame.noise_floor_db)).collect();
    println!("{:.1} dB", mean(&floors));
    assert!((-80.0..-55.0).contains(&mean(&floors)), "{}", mean(&floors));
    let is_silent = |hop: &&HopTrace| (1.7..2.4).contains(&middle_s(hop)) || (4.2..4.9).contains(&middle_s(hop));
    assert!(hops.iter().filter(is_silent).all(|hop| hop.frame.phase == Phase::Silence && hop.frame.f0_hz == 0.0));
}

#[test]
fn phases_are_those_of_the_song() {
    let take = song();
    let hops = heard(&take.samples);
    let (mut n, mut right) = ([0; 3], [0; 3]);
    for hop in &hops {
        let at_s = middle_s(hop);
        let is_far = |spans: &[con_anima::demo::Span], margin_s: f64| {
            spans.iter().all(|span| at_s < span.start_s - margin_s || at_s > span.end_s + margin_s)
        };
        let is_within = |spans: &[con_anima::demo::Span], margin_s: f64| {
            spans.iter().any(|span| at_s > span.start_s + margin_s && at_s < span.end_s - margin_s)
        };
        let (expected, kind) = if is_within(&take.truth.voiced, 0.02) {
            (Phase::Vowel, 0)
        } else if is_within(&take.truth.sounding, 0.02) && is_far(&take.truth.voiced, 0.02) {
            (Phase::Consonant, 1)
        } else if is_within(&take.truth.gaps, 0.1) {
            (Phase::Silence, 2)
        } else {
            continue;
        };
        n[kind] += 1;
        right[kind] += u32::from(hop.frame.phase == expected);
    }
    println!("vowel, consonant, silence: {right:?} of {n:?}");
    for (n, right) in n.iter().zip(right) {
        assert!(*n > 100 && right * 100 >= n * 95, "{right} of {n}");
    }
}

#[test]
fn the_share_of_noise_in_a_voice_is_heard_by_band() {
    let voice = sung_at(220.0, 3.0);
    let hnr_db = |noise_db: f64| -> Vec<f64> {
        let scale = 10_f64.powf(noise_db / 20.0) * 3.46;
        let noise = common::vowel::random(5).map(|uniform| (scale * (uniform - 0.5)) as f32);
        let noisy: Vec<f32> = voice.iter().zip(noise).map(|(voice, noise)| voice + noise).collect();
        let found = heard(&noisy).into_iter().filter(|hop| (1.0..2.5).contains(&middle_s(hop)));
        let found: Vec<[f32; 4]> = found.filter_map(|hop| hop.frame.hnr_db).collect();
        assert!(found.len() > 900, "{}", found.len());
        (0..4).map(|band| mean(&found.iter().map(|hnr| f64::from(hnr[band])).collect::<Vec<_>>())).collect()
    };
    let (soft, loud) = (hnr_db(-62.0), hnr_db(-50.0));
    println!("{soft:.1?} {loud:.1?}");
    for (soft, loud) in soft.iter().zip(&loud).take(3) {
        assert!((5.0..16.0).contains(&(soft - loud)), "{soft} {loud}");
    }
    assert!(soft[0] > soft[2], "white noise hides weak harmonics first: {soft:?}");
}
