//! Breath: as much as was asked for, where it was asked for, out of this singer's throat, and never too loud.

mod common;

use common::{options, render_constant};
use con_anima::demo::{Voice, Vowel, demo_song, sing, sing_vowel};
use con_anima::dsp::noise::Performance;
use con_anima::gesture::Inhaled;
use con_anima::offline::{Options, Rendered, render};
use con_anima::settings::{Listen, Mode, Settings};
use fourier::{Complex32, Complex64};

const RATE_HZ: f64 = 48_000.0;
const BREATHING: Settings = Settings { amount: 1.0, inhale_db: -33.0, inhale_chance: 1.0, ..Settings::NEUTRAL };

fn breathy(hnr_db: f32) -> Settings {
    Settings { amount: 1.0, breath_hnr_db: hnr_db, ..Settings::NEUTRAL }
}

fn rendered(samples: &[f32], mode: Mode, settings: Settings) -> Rendered {
    render_constant(&[samples.to_vec()], &options(RATE_HZ, mode), settings)
}

/// The added breath alone.
fn breath_of(samples: &[f32], mode: Mode, settings: Settings) -> Vec<f32> {
    rendered(samples, mode, Settings { listen: Listen::Breath, ..settings }).channels.remove(0)
}

fn vowel(vowel: Vowel, f0_hz: f64, seconds: f64) -> Vec<f32> {
    sing_vowel(Voice::Woman, vowel, move |_| f0_hz, seconds, RATE_HZ).samples
}

fn power(samples: &[f32]) -> f64 {
    samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / samples.len() as f64
}

fn db(power: f64) -> f64 {
    10.0 * power.max(1e-30).log10()
}

/// Only what lies within a band, faded in and out so that none of the rest leaks into it.
fn band(samples: &[f32], band_hz: std::ops::Range<f64>) -> Vec<f32> {
    let (forward, inverse) = (fourier::forward(samples.len()), fourier::inverse(samples.len()));
    let fade = |n: usize| 1.0 - (std::f32::consts::TAU * (n as f32 + 0.5) / samples.len() as f32).cos();
    let mut time: Vec<f32> = samples.iter().enumerate().map(|(n, sample)| fade(n) * sample).collect();
    let mut spectrum = forward.make_output_vec();
    forward.process(&mut time, &mut spectrum).expect("lengths fit");
    for (bin, value) in spectrum.iter_mut().enumerate() {
        let is_within = band_hz.contains(&(bin as f64 * RATE_HZ / samples.len() as f64));
        *value = if is_within { *value / samples.len() as f32 } else { Complex32::default() };
    }
    let last = spectrum.len() - 1;
    (spectrum[0].im, spectrum[last].im) = (0.0, 0.0);
    inverse.process(&mut spectrum, &mut time).expect("lengths fit");
    time
}

/// The middle of two seconds: 0.6 to 1.8 s.
fn middle(samples: &[f32]) -> &[f32] {
    &samples[28_800..86_400]
}

#[test]
fn the_knob_is_the_harmonics_to_noise_ratio() {
    for (sung, f0_hz) in [(Vowel::Ah, 110.0), (Vowel::Ee, 220.0), (Vowel::Oo, 330.0), (Vowel::Ah, 520.0)] {
        let voice = vowel(sung, f0_hz, 2.0);
        for (mode, hnr_db) in [(Mode::Phrase, 12.0), (Mode::Studio, 20.0), (Mode::Live, 25.0), (Mode::Studio, 35.0)] {
            let breath = breath_of(&voice, mode, breathy(hnr_db));
            let found_db = db(power(middle(&voice))) - db(power(middle(&breath)));
            println!("{sung:?} at {f0_hz} Hz, {mode:?}: {found_db:.2} for {hnr_db} dB");
            assert!((found_db - f64::from(hnr_db)).abs() < 1.0, "{found_db} for {hnr_db}: {sung:?}, {f0_hz} Hz");
        }
    }
}

#[test]
fn breath_has_the_voices_own_colour_above_and_nothing_below() {
    for (sung, f0_hz) in [(Vowel::Ah, 220.0), (Vowel::Ee, 110.0), (Vowel::Oo, 165.0)] {
        let voice = vowel(sung, f0_hz, 2.0);
        let breath = breath_of(&voice, Mode::Studio, breathy(20.0));
        let octave =
            |signal: &[f32], centre_hz: f64| db(power(&band(middle(signal), centre_hz / 1.414..centre_hz * 1.414)));
        let differences = [1000.0, 2000.0, 4000.0, 8000.0].map(|hz| octave(&breath, hz) - octave(&voice, hz));
        let mean = differences.iter().sum::<f64>() / 4.0;
        println!("{sung:?}: {:.1?}", differences.map(|difference| difference - mean));
        assert!(differences.iter().all(|difference| (difference - mean).abs() < 4.0), "{sung:?}: {differences:?}");
        let low_db = db(power(&band(middle(&breath), 0.0..500.0))) - db(power(middle(&breath)));
        assert!(low_db < -50.0, "{sung:?}: {low_db} dB below 500 Hz");
    }
}

/// Depth of the modulation at f0 of what lies above 3 kHz, re the mean.
fn modulation(breath: &[f32], f0_hz: f64) -> f64 {
    let high = band(middle(breath), 3000.0..24_000.0);
    let (mut turning, mut mean) = (Complex64::default(), 0.0);
    for (n, sample) in high.iter().enumerate() {
        let size = f64::from(sample.abs());
        turning += Complex64::from_polar(size, -std::f64::consts::TAU * f0_hz * n as f64 / RATE_HZ);
        mean += size;
    }
    2.0 * turning.norm() / mean
}

#[test]
fn it_is_pulsed_by_the_folds_up_to_400_hz() {
    for f0_hz in [80.0, 120.0, 180.0, 270.0, 400.0] {
        let depth = modulation(&breath_of(&vowel(Vowel::Ah, f0_hz, 2.0), Mode::Studio, breathy(15.0)), f0_hz);
        println!("{f0_hz} Hz: {depth:.2}");
        assert!((0.5..0.85).contains(&depth), "{depth} at {f0_hz} Hz");
    }
    let high = modulation(&breath_of(&vowel(Vowel::Ah, 600.0, 2.0), Mode::Studio, breathy(15.0)), 600.0);
    assert!(high < 0.05, "{high}");
}

#[test]
fn a_voice_that_is_breathy_gets_what_is_missing() {
    let voice = vowel(Vowel::Ah, 220.0, 4.0);
    let breath = breath_of(&voice, Mode::Studio, breathy(18.0));
    let once: Vec<f32> = voice.iter().zip(&breath).map(|(voice, breath)| voice + breath).collect();
    let late = |samples: &[f32]| db(power(&samples[100_000..180_000]));
    let second = breath_of(&once, Mode::Studio, breathy(18.0));
    assert!(late(&second) < late(&breath) - 6.0, "{} after {}", late(&second), late(&breath));
    let whisper: Vec<f32> = band(&breath_of(&voice, Mode::Studio, breathy(12.0)), 500.0..20_000.0);
    // Pulsed noise may pass for a voice for a moment.
    let whispered_db = db(power(&breath_of(&whisper, Mode::Studio, breathy(12.0)))) - db(power(&whisper));
    assert!(whispered_db < -30.0, "{whispered_db}");
}

#[test]
fn it_stands_where_the_voice_stands() {
    let voice = vowel(Vowel::Eh, 200.0, 2.0);
    let left: Vec<f32> = voice.iter().map(|sample| 0.9 * sample).collect();
    let right: Vec<f32> = voice.iter().map(|sample| 0.3 * sample).collect();
    let settings = Settings { listen: Listen::Breath, ..breathy(20.0) };
    let breath = render_constant(&[left.clone(), right], &options(RATE_HZ, Mode::Studio), settings).channels;
    let difference_db = db(power(middle(&breath[0]))) - db(power(middle(&breath[1])));
    assert!((difference_db - 9.54).abs() < 0.1, "{difference_db}");
    let one_sided = render_constant(&[left.clone(), vec![0.0; left.len()]], &options(RATE_HZ, Mode::Studio), settings);
    assert!(power(middle(&one_sided.channels[0])) > 0.0 && power(&one_sided.channels[1][4800..]) == 0.0);
}

#[test]
fn what_is_listened_to_adds_up() {
    let song = sing(&demo_song(), RATE_HZ).samples;
    let settings = Settings { drift_cents: 12.0, breath_hnr_db: 20.0, output_db: -3.0, ..BREATHING };
    let [output, added] = [Listen::Output, Listen::Added]
        .map(|listen| rendered(&song, Mode::Phrase, Settings { listen, ..settings }).channels.remove(0));
    let gain = 10_f32.powf(-3.0 / 20.0);
    let worst = output.iter().zip(&added).zip(&song).map(|((output, added), dry)| (output - added - gain * dry).abs());
    assert!(worst.fold(0.0, f32::max) < 1e-6);
    let quiet = rendered(&song, Mode::Phrase, Settings { amount: 0.0, listen: Listen::Added, ..settings });
    assert!(quiet.channels[0].iter().all(|sample| *sample == 0.0), "at 0 % nothing is added");
}

fn inhaled(rendered: &Rendered) -> Vec<Inhaled> {
    rendered.hops.iter().filter_map(|hop| hop.inhaled).collect()
}

fn seconds(position: i64) -> f64 {
    position as f64 / RATE_HZ
}

#[test]
fn inhalations_lie_in_rests_and_end_before_the_voice() {
    let take = sing(&demo_song(), RATE_HZ);
    let mut all = Vec::new();
    for seed in 1..=3 {
        let performance = Performance { seed, take: 1 };
        let settings = Settings { performance, ..BREATHING };
        let rendered = rendered(&take.samples, Mode::Phrase, settings);
        for breath in inhaled(&rendered) {
            let [from_s, to_s] = [breath.start_position_samples, breath.end_position_samples].map(seconds);
            let next_s = take.truth.sounding.iter().map(|sound| sound.start_s).find(|start_s| *start_s > to_s - 0.02);
            let pause_ms = 1000.0 * (next_s.expect("a phrase follows") - to_s);
            println!("seed {seed}: {from_s:.3} to {to_s:.3} s, {pause_ms:.0} ms before, {:.1} dBFS", breath.level_db);
            assert!((0.15..=0.8).contains(&(to_s - from_s)) && (15.0..135.0).contains(&pause_ms), "{breath:?}");
            let is_sung = |time_s: f64| take.truth.voiced.iter().any(|voiced| voiced.contains(time_s));
            assert!(!is_sung(from_s) && !is_sung(0.5 * (from_s + to_s)) && !is_sung(to_s), "{breath:?}");
            all.push(
                breath_of(&take.samples, Mode::Phrase, settings)
                    [breath.start_position_samples as usize..breath.end_position_samples as usize]
                    .to_vec(),
            );
        }
    }
    assert!(all.len() >= 6, "{}", all.len());
    for (index, one) in all.iter().enumerate() {
        assert!(all[index + 1..].iter().all(|other| likeness(one, other) < 0.2));
    }
}

/// The largest correlation at any lag within 10 ms.
fn likeness(a: &[f32], b: &[f32]) -> f64 {
    let norm = ((power(a) * a.len() as f64) * (power(b) * b.len() as f64)).sqrt();
    let at = |lag: usize, a: &[f32], b: &[f32]| {
        a[lag.min(a.len())..].iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>().abs() / norm
    };
    (0..480).map(|lag| at(lag, a, b).max(at(lag, b, a))).fold(0.0, f64::max)
}

#[test]
fn where_the_take_breathes_nothing_is_added() {
    let take = sing(&demo_song(), RATE_HZ);
    let settings = BREATHING;
    let first = inhaled(&rendered(&take.samples, Mode::Phrase, settings));
    // The take's own: what was added, put in by hand.
    let own = rendered(&take.samples, Mode::Phrase, settings).channels.remove(0);
    assert!(!first.is_empty());
    assert_eq!(inhaled(&rendered(&own, Mode::Phrase, settings)), []);
    // Breaths count down to 45 dB below the phrase; what is fainter still is a codec's or a room's (docs/design.md §5).
    let faint: Vec<f32> = take.samples.iter().zip(&own).map(|(dry, own)| dry + 0.25 * (own - dry)).collect();
    assert_eq!(inhaled(&rendered(&faint, Mode::Phrase, settings)), []);
}

#[test]
fn by_hand_one_comes_for_each_press_as_soon_as_the_voice_pauses() {
    let take = sing(&demo_song(), RATE_HZ);
    let voiced: Vec<_> = take.truth.voiced.clone();
    let rest =
        voiced.windows(2).map(|pair| (pair[0].end_s, pair[1].start_s)).find(|(from_s, to_s)| to_s - from_s > 0.5);
    let (from_s, to_s) = rest.expect("the song has rests");
    for (mode, pressed_s) in Mode::ALL.into_iter().flat_map(|mode| [(mode, from_s - 0.2), (mode, from_s + 0.1)]) {
        let settings_at = |position: i64| {
            let is_breathe_asked = (pressed_s..pressed_s + 0.05).contains(&seconds(position));
            Settings { amount: 1.0, is_breathe_asked, ..Settings::NEUTRAL }
        };
        let rendered =
            render(std::slice::from_ref(&take.samples), &options(RATE_HZ, mode), settings_at, |_| ()).unwrap();
        let found = inhaled(&rendered);
        println!("{mode:?}, pressed at {pressed_s:.3}, rest {from_s:.3} to {to_s:.3} s: {found:?}");
        let [breath] = found[..] else { panic!("{mode:?}: {found:?}") };
        let [start_s, end_s] = [breath.start_position_samples, breath.end_position_samples].map(seconds);
        assert!(breath.is_by_hand && start_s > from_s - 0.02 && end_s < to_s + 0.02, "{mode:?}: {breath:?}");
    }
}

#[test]
fn own_breaths_are_ridden_and_nothing_else_is_touched() {
    let take = sing(&demo_song(), RATE_HZ);
    let settings = BREATHING;
    let own = rendered(&take.samples, Mode::Phrase, settings).channels.remove(0);
    let keep = |breath_keep_db: f32| Settings { amount: 1.0, breath_keep_db, ..Settings::NEUTRAL };
    for (mode, least) in [(Mode::Studio, 1), (Mode::Phrase, 3)] {
        let ridden = rendered(&own, mode, keep(-24.0)).channels.remove(0);
        let mut n_softer = 0;
        for breath in inhaled(&rendered(&take.samples, Mode::Phrase, settings)) {
            let (start, end) = (breath.start_position_samples as usize, breath.end_position_samples as usize);
            let change_db = db(power(&ridden[start..end])) - db(power(&own[start..end]));
            n_softer += usize::from(change_db < -10.0);
        }
        println!("{mode:?}: {n_softer} made softer");
        assert!(n_softer >= least, "{mode:?}: {n_softer}");
        let is_breath = |at: usize| take.truth.voiced.iter().all(|voiced| !voiced.contains(seconds(at as i64)));
        let touched =
            ridden.iter().zip(&own).enumerate().filter(|(_, (ridden, own))| ridden.to_bits() != own.to_bits());
        assert!(touched.map(|(at, _)| at).all(is_breath), "{mode:?}");
    }
}

#[test]
fn whatever_comes_in_breath_takes_it_no_further() {
    let tone = common::tone(220.0, RATE_HZ, 1.5);
    let gated = |n: usize| if n % 24_000 < 14_400 { 1.0 } else { 0.0 };
    let inputs: [Vec<f32>; 6] = [
        tone.iter().enumerate().map(|(n, sample)| 2.0 * gated(n) * sample).collect(),
        tone.iter().map(|sample| (40.0 * sample).clamp(-1.0, 1.0)).collect(),
        tone.iter().enumerate().map(|(n, sample)| 0.5 + 0.5 * gated(n) * sample).collect(),
        vec![1.0; 72_000],
        (0..72_000).map(|n| f32::from(u8::from(n == 30_000))).collect(),
        vec![0.0; 72_000],
    ];
    let settings = Settings { breath_hnr_db: 12.0, breath_tone_db: 12.0, inhale_db: 0.0, ..BREATHING };
    for (number, input) in inputs.iter().enumerate() {
        for mode in Mode::ALL {
            let output = rendered(input, mode, settings).channels.remove(0);
            let peak = |samples: &[f32]| samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
            // A voice that leaves room, as one beside an offset does, may use it with its breath.
            let most = if peak(input) > 0.0 { (1.122 * peak(input)).max(0.901) } else { 0.0 };
            assert!(peak(&output) <= most, "{number}, {mode:?}: {} of {}", peak(&output), peak(input));
        }
    }
}

#[test]
fn a_polyphonic_take_is_left_alone() {
    let chord: Vec<f32> = [220.0, 277.2, 329.6]
        .map(|hz| vowel(Vowel::Ah, hz, 3.0))
        .into_iter()
        .reduce(|sum, voice| sum.iter().zip(voice).map(|(sum, voice)| sum + voice).collect())
        .unwrap();
    let breath = breath_of(&chord, Mode::Phrase, Settings { breath_hnr_db: 12.0, ..BREATHING });
    // Until several voices are told from one, a second is let go by.
    assert!(power(&breath[48_000..]) == 0.0, "{}", db(power(&breath[48_000..])));
}

#[test]
fn a_cut_song_breathes_the_same_from_its_second_rest_on() {
    let song = sing(&demo_song(), RATE_HZ).samples;
    let cut = (4.0 * RATE_HZ) as usize + 17;
    let settings = Settings { breath_hnr_db: 20.0, breath_keep_db: -6.0, ..BREATHING };
    for mode in Mode::ALL {
        let whole = rendered(&song, mode, settings).channels.remove(0);
        let options = Options { start_samples: cut as i64, ..options(RATE_HZ, mode) };
        let tail = render_constant(&[song[cut..].to_vec()], &options, settings).channels.remove(0);
        // The rests before and behind the song's second half begin at 5 and at 10 s.
        let from = (11.0 * RATE_HZ) as usize;
        assert!(whole[from..] == tail[from - cut..], "{mode:?}");
        assert!(whole[from..] != song[from..], "something was done");
    }
}
