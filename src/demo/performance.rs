//! The two ways to make the singer sing.
//!
//! In: a song, or a vowel and a pitch curve. Out: a take: samples and truth. The plan is kept as the truth and
//! rendered, and the whole is scaled to one peak, so that every take is as loud as the others at any rate. Source:
//! none; the parts name theirs.

use super::phoneme::{Voice, Vowel, vowel_posture};
use super::plan::{Plan, plan_song};
use super::singer::Singer;
use super::song::Song;
use super::truth::{Span, SungNote, Truth};
use std::sync::Arc;

/// The peak of every take, as an amplitude. Chosen: -6.02 dBFS leaves headroom for whatever is added.
const PEAK: f64 = 0.5;

/// What was sung, and the truth about it.
#[derive(Clone)]
pub struct Take {
    /// The samples, with a peak of -6 dBFS.
    pub samples: Vec<f32>,
    /// Their rate, in hertz.
    pub sample_rate_hz: f64,
    /// Their exact pitch, notes and formants.
    pub truth: Truth,
}

/// Sings a song at a rate of 8 to 384 kHz; any other gives an empty take.
///
/// ```
/// use con_anima::demo::{demo_song, sing};
/// let take = sing(&demo_song(), 16_000.0);
/// let note = take.truth.notes[0];
/// assert_eq!(take.truth.f0_hz(note.steady.start_s), Some(note.f0_hz));
/// ```
pub fn sing(song: &Song, sample_rate_hz: f64) -> Take {
    let (plan, notes) = plan_song(song);
    render(Truth::new(plan, notes), sample_rate_hz)
}

/// Sings one vowel on a pitch curve (time in seconds to hertz, held within 20 to 2000 Hz), voiced from the first sample
/// to the last but for a rise of 40 ms and a fall of 80 ms, at a rate of 8 to 384 kHz.
///
/// ```
/// use con_anima::demo::{Voice, Vowel, sing_vowel};
/// let glide = |time_s: f64| 220.0 * time_s.exp2();
/// let take = sing_vowel(Voice::Woman, Vowel::Ah, glide, 0.5, 48_000.0);
/// assert_eq!((take.samples.len(), take.truth.f0_hz(0.25)), (24_000, Some(glide(0.25))));
/// ```
pub fn sing_vowel(
    voice: Voice,
    vowel: Vowel,
    f0_hz: impl Fn(f64) -> f64 + Send + Sync + 'static,
    duration_s: f64,
    sample_rate_hz: f64,
) -> Take {
    let plan = Plan::vowel(voice, vowel_posture(voice, vowel), duration_s, Arc::new(f0_hz));
    let (end_s, [start, end]) = (plan.duration_s, plan.vowel_steady_s());
    let note = SungNote {
        consonant_onset_s: 0.0,
        onset_s: 0.0,
        end_s,
        f0_hz: plan.f0_hz(0.0),
        vowel,
        is_legato: false,
        steady: Span { start_s: start, end_s: end },
    };
    let notes = if end_s > 0.0 { vec![note] } else { Vec::new() };
    render(Truth::new(plan, notes), sample_rate_hz)
}

fn render(truth: Truth, sample_rate_hz: f64) -> Take {
    let is_known_rate = (8000.0..=384_000.0).contains(&sample_rate_hz);
    debug_assert!(is_known_rate, "a sample rate of {sample_rate_hz} Hz");
    let length = if is_known_rate { (truth.plan.duration_s * sample_rate_hz).round() as usize } else { 0 };
    let mut samples = vec![0.0; length];
    if length > 0 {
        let mut singer = Singer::new(&truth.plan, sample_rate_hz);
        samples.chunks_mut(singer.step_samples()).for_each(|step| singer.render(step));
        let loudest = samples.iter().fold(0.0, |loudest: f64, sample| loudest.max(sample.abs()));
        let gain = if loudest > 0.0 { PEAK / loudest } else { 0.0 };
        samples.iter_mut().for_each(|sample| *sample *= gain);
    }
    Take { samples: samples.into_iter().map(|sample| sample as f32).collect(), sample_rate_hz, truth }
}

#[cfg(test)]
mod tests {
    use super::super::phoneme::formants_hz;
    use super::super::song::demo_song;
    use super::*;
    use std::f64::consts::TAU;

    const RATE_HZ: f64 = 48_000.0;

    /// The complex amplitude at a frequency around a time, through a Blackman-Harris window (side lobes below -92 dB).
    fn line(take: &Take, frequency_hz: f64, middle_s: f64, length_s: f64) -> [f64; 2] {
        let length = (length_s * take.sample_rate_hz) as usize;
        let start = (middle_s * take.sample_rate_hz) as usize - length / 2;
        let window = |x: f64| {
            0.35875 - 0.48829 * (TAU * x).cos() + 0.14128 * (2.0 * TAU * x).cos() - 0.01168 * (3.0 * TAU * x).cos()
        };
        let product = |index: usize| {
            let weight = f64::from(take.samples[start + index]) * window(index as f64 / length as f64) / length as f64;
            let angle = TAU * frequency_hz * (start + index) as f64 / take.sample_rate_hz;
            [weight * angle.cos(), -weight * angle.sin()]
        };
        (0..length).map(product).fold([0.0; 2], |sum, x| [sum[0] + x[0], sum[1] + x[1]])
    }

    fn level_db(take: &Take, frequency_hz: f64, middle_s: f64, length_s: f64) -> f64 {
        let [re, im] = line(take, frequency_hz, middle_s, length_s);
        10.0 * (re * re + im * im + 1e-30).log10()
    }

    /// How far the f0 of a steady stretch is from a truth in hertz, by the turn of the first harmonic within it.
    fn error_cents(take: &Take, true_hz: f64, middle_s: f64, apart_s: f64) -> f64 {
        let [early, late] = [-0.5, 0.5].map(|side| line(take, true_hz, middle_s + side * apart_s, 6.0 / true_hz));
        let turn = (late[1] * early[0] - late[0] * early[1]).atan2(late[0] * early[0] + late[1] * early[1]);
        1200.0 * (1.0 + turn / TAU / apart_s / true_hz).log2()
    }

    #[test]
    fn held_notes_have_their_true_f0() {
        let take = sing(&demo_song(), RATE_HZ);
        for note in take.truth.notes.iter().filter(|note| note.steady.duration_s() > 0.1) {
            let middle_s = 0.5 * (note.steady.start_s + note.steady.end_s);
            assert_eq!(take.truth.f0_hz(middle_s), Some(note.f0_hz));
            let error_cents = error_cents(&take, note.f0_hz, middle_s, 0.05);
            assert!(error_cents.abs() < 0.01, "{note:?}: {error_cents} cents");
        }
    }

    #[test]
    fn a_glide_follows_its_curve() {
        let curve = |time_s: f64| 150.0 * (0.5 * time_s).exp2();
        let take = sing_vowel(Voice::Man, Vowel::Ah, curve, 2.0, RATE_HZ);
        for time_s in [0.5, 1.0, 1.5] {
            assert_eq!(take.truth.f0_hz(time_s), Some(curve(time_s)));
            assert!(error_cents(&take, curve(time_s), time_s, 0.01).abs() < 2.0);
            assert!(error_cents(&take, 1.01 * curve(time_s), time_s, 0.01).abs() > 10.0);
        }
    }

    #[test]
    fn vowels_begin_on_the_grid() {
        let take = sing(&demo_song(), RATE_HZ);
        // A vowel without a consonant after a rest: nothing at all before its onset.
        let onset_samples = (15.625 * RATE_HZ) as usize;
        assert!(take.samples[onset_samples - 4800..=onset_samples].iter().all(|&sample| sample == 0.0));
        assert!(take.samples[onset_samples..onset_samples + 480].iter().any(|&sample| sample.abs() > 1e-3));
        // A vowel after t: its f0 is absent just before and there 16 ms later.
        let levels_db = [2.795, 2.835].map(|time_s| level_db(&take, take.truth.notes[4].f0_hz, time_s, 0.02));
        assert!(levels_db[1] > levels_db[0] + 15.0, "{levels_db:?}");
    }

    #[test]
    fn nothing_lies_between_the_harmonics() {
        // With half a harmonic over to the sample rate, whatever folds back falls midway between two harmonics.
        for (rate_hz, harmonics) in [(48_000.0, 47.5), (8000.0, 7.5), (44_100.0, 72.5)] {
            let f0_hz = rate_hz / harmonics;
            let take = sing_vowel(Voice::Woman, Vowel::Ah, move |_| f0_hz, 0.6, rate_hz);
            let peak_db = level_db(&take, f0_hz, 0.3, 0.1);
            let half = (0.45 * rate_hz / f0_hz) as usize;
            for part in [0.3, 0.5, 0.7] {
                for harmonic in 0..half {
                    let between_hz = (harmonic as f64 + part) * f0_hz;
                    let level_db = level_db(&take, between_hz, 0.3, 0.1) - peak_db;
                    assert!(level_db < -85.0, "{between_hz} Hz at {rate_hz}: {level_db} dB");
                }
            }
        }
    }

    #[test]
    fn formants_stand_where_the_truth_says() {
        for (voice, vowel) in [(Voice::Man, Vowel::Eh), (Voice::Woman, Vowel::Ae), (Voice::Man, Vowel::Uh)] {
            let take = sing_vowel(voice, vowel, |_| 60.0, 0.6, RATE_HZ);
            // The source falls by about 12 dB per octave from 300 Hz on, radiation included; undone, the tract is left.
            let tract_db = |harmonic: usize| {
                let hz = 60.0 * harmonic as f64;
                level_db(&take, hz, 0.3, 0.2) + 10.0 * (1.0 + (hz / 300.0).powi(4)).log10()
            };
            for formant_hz in &formants_hz(voice, vowel, 60.0)[..3] {
                let nearest = (formant_hz / 60.0).round() as usize;
                let near = nearest - 4..=nearest + 4;
                let peak = near.max_by(|&a, &b| tract_db(a).total_cmp(&tract_db(b))).unwrap_or(0);
                assert!((60.0 * peak as f64 - formant_hz).abs() <= 60.0, "{voice:?} {vowel:?}: {formant_hz}, {peak}");
            }
        }
    }

    #[test]
    fn gaps_are_silent_and_long_enough() {
        let take = sing(&demo_song(), RATE_HZ);
        assert_eq!(take.truth.gaps.len(), 5);
        for gap in &take.truth.gaps {
            let from = if gap.start_s > 0.0 { gap.start_s + 0.16 } else { 0.0 };
            let silence = &take.samples[(from * RATE_HZ) as usize..(gap.end_s * RATE_HZ) as usize];
            assert!(gap.duration_s() >= 0.4 && silence.iter().all(|&sample| sample == 0.0), "{gap:?}");
        }
    }

    #[test]
    fn every_rate_gives_the_same_song() {
        for rate_hz in [8000.0, 11_025.0, 22_050.0, 44_100.0, 88_200.0, 192_000.0, 384_000.0] {
            let song = Song { duration_s: 6.0, ..demo_song() };
            let take = sing(&song, rate_hz);
            assert_eq!(take.samples.len(), (6.0 * rate_hz) as usize);
            assert!(take.samples.iter().all(|sample| sample.is_finite()));
            let peak_db = 20.0 * take.samples.iter().fold(0.0_f32, |peak, x| peak.max(x.abs())).log10();
            assert!((-9.0..=-3.0).contains(&peak_db), "{peak_db} dB at {rate_hz} Hz");
            let note = take.truth.notes[3];
            assert!(error_cents(&take, note.f0_hz, note.onset_s + 0.3, 0.05).abs() < 0.01);
        }
    }

    #[test]
    fn every_pitch_and_vowel_can_be_sung() {
        for (vowel, f0_hz) in Vowel::ALL.into_iter().flat_map(|v| [60.0, 250.0, 600.0, 1100.0].map(|f| (v, f))) {
            let take = sing_vowel(Voice::Woman, vowel, move |_| f0_hz, 0.4, 16_000.0);
            let middle = &take.samples[2400..4000];
            let rms = (middle.iter().map(|x| x * x).sum::<f32>() / 1600.0).sqrt();
            assert!(rms > 0.05 && take.truth.formants_hz(0.2)[0] >= f0_hz, "{vowel:?} at {f0_hz} Hz: {rms}");
            assert!(error_cents(&take, f0_hz, 0.2, 0.05).abs() < 0.05);
        }
    }

    #[test]
    fn twice_sung_is_the_same() {
        let song = Song { duration_s: 4.0, ..demo_song() };
        assert_eq!(sing(&song, RATE_HZ).samples, sing(&song, RATE_HZ).samples);
    }

    #[test]
    fn odd_wishes_give_takes_all_the_same() {
        assert!(sing(&Song::default(), RATE_HZ).samples.is_empty());
        let silent = sing(&Song { duration_s: 0.5, ..Song::default() }, RATE_HZ);
        assert_eq!(silent.samples, vec![0.0; 24_000]);
        for duration_s in [f64::NAN, -1.0, 0.0] {
            assert!(sing_vowel(Voice::Woman, Vowel::Ah, |_| 200.0, duration_s, RATE_HZ).samples.is_empty());
        }
        for f0_hz in [f64::NAN, f64::INFINITY, -5.0, 0.0, 1e9] {
            let take = sing_vowel(Voice::Woman, Vowel::Ah, move |_| f0_hz, 0.1, 8000.0);
            assert!(take.samples.iter().all(|sample| sample.is_finite()));
        }
    }
}
