//! What is done note by note: notes lie off their pitch as asked, scoops come where singers scoop, vibrato comes late
//! and is never regular, and a take that lives is left alone.

mod common;

use common::{options, render_constant};
use con_anima::demo::{Voice, Vowel, demo_song, sing, sing_vowel};
use con_anima::dsp::noise::Performance;
use con_anima::engine::HopTrace;
use con_anima::offline::Options;
use con_anima::settings::{Mode, Settings};

const RATE_HZ: f64 = 48_000.0;
const PLAIN: Settings = Settings { amount: 1.0, ..Settings::NEUTRAL };

fn hops(samples: &[f32], mode: Mode, settings: Settings) -> Vec<HopTrace> {
    render_constant(&[samples.to_vec()], &options(RATE_HZ, mode), settings).hops
}

fn seconds(hop: &HopTrace) -> f64 {
    hop.position_samples as f64 / RATE_HZ
}

/// Mean pitch added between two times, cents.
fn mean_cents(hops: &[HopTrace], from_s: f64, to_s: f64) -> f64 {
    let within = hops.iter().filter(|hop| (from_s..to_s).contains(&seconds(hop)));
    let (sum, n) = within.fold((0.0, 0.0), |(sum, n), hop| (sum + f64::from(hop.pitch_cents), n + 1.0));
    sum / n
}

fn rms(values: &[f64]) -> f64 {
    (values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64).sqrt()
}

#[test]
fn notes_lie_off_their_pitch_as_far_as_asked() {
    let take = sing(&demo_song(), RATE_HZ);
    let mut offsets = Vec::new();
    for seed in 1..=16 {
        let settings = Settings { intonation_cents: 11.0, performance: Performance { seed, take: 1 }, ..PLAIN };
        let hops = hops(&take.samples, Mode::Phrase, settings);
        let held = take.truth.notes.iter().filter(|note| note.end_s - note.onset_s > 0.3);
        offsets.extend(held.map(|note| mean_cents(&hops, note.onset_s + 0.1, note.end_s - 0.05)));
    }
    println!("{:.1} cents rms over {} notes", rms(&offsets), offsets.len());
    // A note that ends before its lean is over has not come as far as its centre: 11 cents become 9.
    assert!((8.0..14.0).contains(&rms(&offsets)), "{}", rms(&offsets));
}

#[test]
fn phrases_begin_with_scoops_now_and_then_and_always_from_below() {
    let take = sing(&demo_song(), RATE_HZ);
    let starts: Vec<f64> = take.truth.notes.iter().filter(|note| !note.is_legato).map(|note| note.onset_s).collect();
    let (mut n_scoops, mut n) = (0, 0);
    for seed in 1..=12 {
        let settings = Settings { scoop_cents: 50.0, performance: Performance { seed, take: 1 }, ..PLAIN };
        let hops = hops(&take.samples, Mode::Phrase, settings);
        for start_s in &starts {
            let depth = mean_cents(&hops, start_s - 0.005, start_s + 0.02);
            let settled = mean_cents(&hops, start_s + 0.18, start_s + 0.2);
            assert!(depth < 1.0 && settled.abs() < 4.0, "{depth} at {start_s}, settled {settled}");
            n += 1;
            n_scoops += u32::from(depth < -10.0);
        }
    }
    println!("{n_scoops} of {n} notes behind a rest");
    assert!((0.1..0.7).contains(&(f64::from(n_scoops) / f64::from(n))));
}

#[test]
fn vibrato_comes_late_and_is_never_regular() {
    let mut voice = vec![0.0; 24_000];
    voice.extend(sing_vowel(Voice::Woman, Vowel::Ah, |_| 220.0, 6.0, RATE_HZ).samples);
    let mut rates = Vec::new();
    for seed in 1..=5 {
        let settings =
            Settings { vibrato_cents: 40.0, vibrato_life: 0.5, performance: Performance { seed, take: 1 }, ..PLAIN };
        let hops = hops(&voice, Mode::Phrase, settings);
        let early = hops.iter().filter(|hop| seconds(hop) < 0.75).map(|hop| hop.pitch_cents.abs());
        assert_eq!(early.fold(0.0, f32::max), 0.0);
        let late: Vec<f64> = hops
            .iter()
            .filter(|hop| (1.7..6.3).contains(&seconds(hop)))
            .map(|hop| f64::from(hop.pitch_cents))
            .collect();
        assert!((20.0..38.0).contains(&rms(&late)), "{}", rms(&late));
        // From one upward crossing of the middle to the next.
        let crossings: Vec<usize> = (1..late.len()).filter(|at| late[at - 1] < 0.0 && late[*at] >= 0.0).collect();
        let hop_s = 64.0 / RATE_HZ;
        let cycles: Vec<f64> = crossings.windows(2).map(|pair| 1.0 / ((pair[1] - pair[0]) as f64 * hop_s)).collect();
        let mean = cycles.iter().sum::<f64>() / cycles.len() as f64;
        let spread = rms(&cycles.iter().map(|rate| rate - mean).collect::<Vec<_>>()) / mean;
        println!("seed {seed}: {mean:.2} Hz ± {:.1} %", 100.0 * spread);
        assert!((5.3..6.4).contains(&mean) && (0.01..0.12).contains(&spread), "{mean} Hz ± {spread}");
        rates.push(mean);
    }
    assert!(rates.windows(2).any(|pair| pair[0] != pair[1]));
}

#[test]
fn a_take_that_lives_is_left_alone() {
    // A voice that wanders as a singer's does.
    let wander = |time_s: f64| 14.0 * (time_s * 5.1).sin() + 9.0 * (time_s * 11.7).sin() + 9.0 * (time_s * 28.0).sin();
    let alive =
        sing_vowel(Voice::Man, Vowel::Ah, move |time_s| 180.0 * (wander(time_s) / 1200.0).exp2(), 12.0, RATE_HZ);
    let still = sing_vowel(Voice::Man, Vowel::Ah, |_| 180.0, 12.0, RATE_HZ);
    // Six notes, so that shares may change: the same vowel with rests.
    let gated = |samples: &[f32]| -> Vec<f32> {
        let gate = |n: usize| if n % 96_000 < 81_600 { 1.0 } else { 0.0 };
        samples.iter().enumerate().map(|(n, sample)| gate(n) * sample).collect()
    };
    let settings = Settings { only_missing: 1.0, drift_cents: 12.0, tremble_cents: 6.0, ..PLAIN };
    let added = |samples: &[f32], settings: Settings| {
        let hops = hops(&gated(samples), Mode::Phrase, settings);
        rms(&hops.iter().filter(|hop| seconds(hop) > 6.2).map(|hop| f64::from(hop.pitch_cents)).collect::<Vec<_>>())
    };
    let found = [&alive.samples, &still.samples].map(|samples| added(samples, settings));
    println!("added: {:.1} cents to the living, {:.1} to the still", found[0], found[1]);
    assert!(found[0] < 0.4 * found[1] && found[1] > 10.0, "{found:?}");
    let all = added(&alive.samples, Settings { only_missing: 0.0, ..settings });
    assert!((all - found[1]).abs() < 0.25 * found[1], "at 0 % everything is added: {all}");
}

#[test]
fn notes_have_levels_of_their_own_and_a_cut_song_the_same() {
    let song = sing(&demo_song(), RATE_HZ).samples;
    let settings = Settings {
        only_missing: 1.0,
        drift_cents: 12.0,
        intonation_cents: 11.0,
        scoop_cents: 50.0,
        vibrato_cents: 30.0,
        vibrato_life: 0.5,
        level_db: 1.0,
        timing_ms: 10.0,
        memory: 0.8,
        ..PLAIN
    };
    let cut = (4.0 * RATE_HZ) as usize + 17;
    for mode in Mode::ALL {
        let whole = render_constant(std::slice::from_ref(&song), &options(RATE_HZ, mode), settings).channels.remove(0);
        let options = Options { start_samples: cut as i64, ..options(RATE_HZ, mode) };
        let tail = render_constant(&[song[cut..].to_vec()], &options, settings).channels.remove(0);
        let from = (16.0 * RATE_HZ) as usize;
        assert!(whole[from..] == tail[from - cut..], "{mode:?}");
    }
    let only_level = Settings { level_db: 2.0, ..PLAIN };
    let louder =
        render_constant(std::slice::from_ref(&song), &options(RATE_HZ, Mode::Phrase), only_level).channels.remove(0);
    let notes = sing(&demo_song(), RATE_HZ).truth.notes;
    let power = |samples: &[f32]| samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>();
    let changes: Vec<f64> = notes
        .iter()
        .map(|note| (((note.onset_s + 0.08) * RATE_HZ) as usize, (note.end_s * RATE_HZ) as usize))
        .filter(|(from, to)| to > from)
        .map(|(from, to)| 10.0 * (power(&louder[from..to]) / power(&song[from..to])).log10())
        .collect();
    println!("levels change by {:.2} dB rms", rms(&changes));
    assert!((0.9..3.2).contains(&rms(&changes)), "{changes:?}");
}
