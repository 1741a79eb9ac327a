//! Whether several voices or instruments sound at once, so that no single pitch can be trusted.
//!
//! In: the slow signal and its pitch candidates, window by window. Out: a flag for the last seconds. A chord shows in
//! one of two ways. Either there are steady partials that are neither harmonics of the pitch nor half way between them
//! (where a growl has its own). Or the pitch is the common fundamental of the chord, far below its notes, and then many
//! of its harmonics are missing, which never happens in the smooth spectrum of one voice, unless the whole repeats
//! itself very well: then it is one voice whose pulses alternate. Partials must have been at the same frequency one
//! window before (those of noise and speech were not) and must not fade (those of reverberation do). Shares are kept
//! per half second of the absolute grid.

use super::blocks::Blocks;
use super::grid::{SLOW_HZ, WINDOW_S, WINDOW_VALUES, windows};
use super::mains::is_hum_partial;
use super::partials::{Partial, Partials, Spectrum};
use super::pitch::{Candidate, Candidates, strongest};

/// Windows from one look to the next. Chosen: more often costs time and shows nothing new.
const WINDOWS_PER_LOOK: i64 = windows(0.021) as i64;
/// From look to look, seconds. Source: computed from [`WINDOWS_PER_LOOK`].
const LOOK_S: f32 = WINDOWS_PER_LOOK as f32 * WINDOW_S;
/// Looks remembered, a count. Chosen: two windows of the spectrum that do not overlap are four looks apart, and the
/// pitch window is two looks from their middle.
const N_LOOKS: usize = 8;

/// Half seconds remembered: a count, because whole blocks are forgotten; with the looks less than four seconds. Chosen:
/// more is surer and follows a change later.
const N_BLOCKS: usize = 7;

/// A weaker pitch is none. Source: computed from the tracker's `UNVOICED_CLARITY`, which it equals.
const VOICED_STRENGTH: f32 = 0.64;
/// The pitch may move by this factor within a look; a step or an octave error moves further. Chosen: larger compares
/// unlike moments, smaller skips fast glides.
const MOST_MOVING: f32 = 1.15;
/// Partials belong to the pitch if they are within this share of their frequency of a harmonic: vibrato moves them so
/// far between two looks. Measured: with half as much more, the mix with the softest band loses a tenth of its share.
const HARMONIC_TOLERANCE: f32 = 0.01;
/// And if they are within so many bins. Chosen: a peak on the flank of another is displaced as far; larger misses
/// foreign partials.
const HARMONIC_TOLERANCE_BINS: f32 = 0.9;

/// A partial is steady if it has moved by this share at most: a tenth of a tone. Measured: with twice as much, the
/// peaks of whispering are steady by chance.
const STEADY_TOLERANCE: f32 = 0.006;
/// Or if it has moved by this at most, Hz. Measured: as [`STEADY_TOLERANCE`].
const STEADY_TOLERANCE_HZ: f32 = 3.0;
/// The power ratio by which it may have fallen: 2 dB. Chosen: a note's tail in a hall of two seconds falls by 2.5 dB
/// within a window; larger takes reverberation for voices.
const MOST_FADING: f32 = 1.6;
/// The power ratio by which it may have risen: 20 dB. Chosen: smaller misses notes that begin, larger compares with
/// noise.
const MOST_RISING: f32 = 100.0;
/// The share of foreign partials, by amplitude, from which a look is polyphonic: a second voice 24 dB below the first.
/// Measured: 0.04 to 0.1 separate the recordings; the bleed of a choir 30 dB below a voice stays below it.
const FOREIGN_SHARE: f32 = 0.06;
/// The same where no pitch is found, so that no partial belongs to a known voice. Chosen: larger misses chords, smaller
/// finds them in noise.
const FOREIGN_SHARE_WITHOUT_PITCH: f32 = 0.1;

/// A signal that repeats itself as well as this comes from one source. Measured: a growl's alternating pulses have 0.98
/// to 1; chords of people and of samplers reach 0.98 and 0.9 in one look of twenty.
const ONE_SOURCE_CLARITY: f32 = 0.98;

/// Only a pitch below this can be the common fundamental of a chord, Hz. Chosen: higher would test high voices, which
/// have few harmonics.
const HIGHEST_COMMON_HZ: f32 = 180.0;
/// How far two harmonics are below both their neighbours, on average, from which a look is polyphonic, dB. Measured: of
/// low pitches, single voices have 3 in the median and 5 in one look of ten, the quartet 20 in the median and 12 in
/// nine of ten.
const MISSING_DB: f32 = 6.0;

/// Quieter looks are silence, rms. Chosen: −70 dBFS; larger ignores quiet chords, smaller counts noise.
const LEAST_AMPLITUDE: f32 = 3e-4;
/// Less sound than this, at the loudest level, is no evidence, seconds. Chosen: longer decides later, shorter by
/// chance.
const LEAST_EVIDENCE_S: f32 = 0.43;
/// The share of polyphonic looks, by their amplitude, from which the last seconds are polyphonic. Measured: of the
/// recordings, single voices reach 0.1 (speech, and singing in a hall); the softest band behind a singer falls to 0.2,
/// choirs to 0.4.
const POLYPHONIC_SHARE: f32 = 0.16;

#[derive(Clone, Copy, Debug, Default)]
struct Block {
    /// Sum of the amplitudes of all looks.
    heard: f32,
    /// Sum of the amplitudes of the polyphonic looks.
    polyphonic: f32,
    loudest: f32,
}

/// Result of one look.
#[derive(Clone, Copy, Debug)]
struct Look {
    partials: Partials,
    pitch: Option<Candidate>,
}

/// Detects chords.
#[derive(Clone)]
pub(super) struct Polyphony {
    spectrum: Spectrum,
    /// Looks from the start of the spectrum's window to its end.
    looks_per_window: usize,
    /// Looks from the middle of the spectrum's window to the middle of the pitch's.
    pitch_ahead: usize,
    /// The latest first.
    looks: [Look; N_LOOKS],
    n_looks: usize,
    blocks: Blocks<Block, N_BLOCKS>,
}

impl Polyphony {
    /// For pitch windows of so many values of the slow signal. Allocates.
    pub(super) fn new(pitch_len: usize) -> Self {
        let spectrum = Spectrum::new(SLOW_HZ);
        let look_len = WINDOW_VALUES * WINDOWS_PER_LOOK as usize;
        let ahead_len = (spectrum.window_len() / 2).saturating_sub(pitch_len / 2);
        Self {
            looks_per_window: spectrum.window_len().div_ceil(look_len).min(N_LOOKS - 1),
            pitch_ahead: ((ahead_len + look_len / 2) / look_len).min((N_LOOKS - 1) / 2),
            spectrum,
            looks: [Look { partials: Partials::NONE, pitch: None }; N_LOOKS],
            n_looks: 0,
            blocks: Blocks::new(),
        }
    }

    /// Samples of the slow signal that [`Self::hear`] needs.
    pub(super) fn window_len(&self) -> usize {
        self.spectrum.window_len()
    }

    pub(super) fn reset(&mut self) {
        self.n_looks = 0;
        self.blocks.reset();
    }

    /// Takes in a window of a number: the end of the slow signal up to there, and the candidates for its pitch.
    /// Realtime-safe.
    pub(super) fn hear(&mut self, number: i64, slow: &[f32], candidates: &Candidates) {
        if number.rem_euclid(WINDOWS_PER_LOOK) != 0 {
            return;
        }
        self.spectrum.look(slow);
        let pitch = strongest(candidates).copied().filter(|best| best.strength() >= VOICED_STRENGTH);
        self.looks.rotate_right(1);
        self.looks[0] = Look { partials: self.spectrum.partials(), pitch };
        self.n_looks += 1;
        let amplitude = self.spectrum.amplitude();
        if self.n_looks > self.looks_per_window && amplitude >= LEAST_AMPLITUDE {
            let is_polyphonic = self.is_look_polyphonic();
            self.count(number * WINDOW_VALUES as i64, amplitude, is_polyphonic);
        }
    }

    /// Whether the last seconds are polyphonic.
    pub(super) fn is_polyphonic(&self) -> bool {
        let blocks = self.blocks.iter();
        let sum = |part: fn(&Block) -> f32| blocks.clone().map(part).sum::<f32>();
        let loudest = blocks.clone().map(|block| block.loudest).fold(0.0, f32::max);
        let heard = sum(|block| block.heard).max(LEAST_EVIDENCE_S / LOOK_S * loudest);
        heard > 0.0 && sum(|block| block.polyphonic) >= POLYPHONIC_SHARE * heard
    }

    fn count(&mut self, position: i64, amplitude: f32, is_polyphonic: bool) {
        let block = self.blocks.at(position, Block::default());
        block.heard += amplitude;
        block.polyphonic += if is_polyphonic { amplitude } else { 0.0 };
        block.loudest = block.loudest.max(amplitude);
    }

    fn is_look_polyphonic(&self) -> bool {
        let Some(pitch) = self.looks[self.pitch_ahead].pitch else {
            return self.foreign_share(|_| true) >= FOREIGN_SHARE_WITHOUT_PITCH;
        };
        // If the pitch is an octave too low for the voice, it is so in all looks around.
        let octave = if self.spectrum.is_subharmonic(pitch.f0_hz) { 2.0 } else { 1.0 };
        let f0_hz = octave * pitch.f0_hz;
        let around = self.looks[..=2 * self.pitch_ahead].iter().filter_map(|look| look.pitch);
        let (low_hz, high_hz) = around
            .map(|pitch| octave * pitch.f0_hz)
            .fold((f0_hz, f0_hz), |(low, high), f0_hz| (low.min(f0_hz), high.max(f0_hz)));
        let slack_hz = HARMONIC_TOLERANCE_BINS * self.spectrum.bin_hz();
        let is_beside = |f_hz: f32, part: f32| {
            let number = (f_hz * part / f0_hz).round().max(1.0) / part;
            f_hz < number * low_hz * (1.0 - HARMONIC_TOLERANCE) - slack_hz
                || f_hz > number * high_hz * (1.0 + HARMONIC_TOLERANCE) + slack_hz
        };
        let is_foreign = |f_hz: f32| is_beside(f_hz, 1.0) && is_beside(f_hz, 2.0);
        let is_steady = high_hz <= MOST_MOVING * low_hz;
        let is_one_source = pitch.clarity >= ONE_SOURCE_CLARITY;
        is_steady && self.foreign_share(is_foreign) >= FOREIGN_SHARE
            || f0_hz < HIGHEST_COMMON_HZ && !is_one_source && self.spectrum.missing_db(f0_hz) >= MISSING_DB
    }

    /// The share of the partials, by amplitude, that are steady and foreign; those of mains hum are left out.
    fn foreign_share(&self, is_foreign: impl Fn(f32) -> bool) -> f32 {
        let partials = self.looks[0].partials.as_slice();
        let before = self.looks[self.looks_per_window].partials.as_slice();
        let all: f32 = partials.iter().map(|partial| partial.power.sqrt()).sum();
        let stays = |now: &Partial| {
            let reach_hz = (STEADY_TOLERANCE * now.f_hz).max(STEADY_TOLERANCE_HZ);
            let near = |then: &&Partial| (then.f_hz - now.f_hz).abs() < reach_hz;
            let lives = |then: &Partial| then.power < MOST_FADING * now.power && then.power * MOST_RISING > now.power;
            before.iter().filter(near).any(lives)
        };
        let counts = |partial: &&Partial| is_foreign(partial.f_hz) && !is_hum_partial(partial.f_hz) && stays(partial);
        let foreign: f32 = partials.iter().filter(counts).map(|partial| partial.power.sqrt()).sum();
        if all > 0.0 { foreign / all } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::pitch::PitchFinder;
    use crate::demo::{Voice, Vowel, sing_vowel};
    use crate::dsp::noise::{Performance, Stream, noise_run};

    const RATE_HZ: f64 = 12_000.0;
    const WINDOW: usize = 64;

    fn voice(f0_hz: impl Fn(f64) -> f64 + Send + Sync + 'static) -> Vec<f32> {
        sing_vowel(Voice::Woman, Vowel::Ah, f0_hz, 3.0, RATE_HZ).samples
    }

    /// Notes without a gap, with vibrato.
    fn melody(time_s: f64) -> f64 {
        let note = [0.0, 4.0, 2.0, 5.0, -1.0][(time_s / 0.4) as usize % 5];
        220.0 * ((note + 0.4 * (std::f64::consts::TAU * 5.5 * time_s).sin()) / 12.0_f64).exp2()
    }

    fn bass() -> Vec<f32> {
        (0..36_000).map(|n| 0.12 * (n as f32 * 98.0 / 12_000.0 * std::f32::consts::TAU).sin()).collect()
    }

    fn noise() -> Vec<f32> {
        let mut white = vec![0.0; 36_000];
        noise_run(Performance { seed: 1, take: 1 }, Stream::DemoConsonant, 0, 0, &mut white);
        white.into_iter().map(|sample| sample as f32).collect()
    }

    fn mixed(parts: &[Vec<f32>]) -> Vec<f32> {
        (0..parts[0].len()).map(|n| parts.iter().map(|part| part[n]).sum()).collect()
    }

    /// The flag after each window from `first` on.
    fn flags(samples: &[f32], first: usize) -> Vec<bool> {
        let mut finder = PitchFinder::new(RATE_HZ);
        let mut polyphony = Polyphony::new(finder.window_len());
        let hear = |end: usize| {
            let candidates = finder.find(&samples[end - finder.window_len()..end]);
            polyphony.hear((end / WINDOW) as i64, &samples[end - polyphony.window_len()..end], &candidates);
            polyphony.is_polyphonic()
        };
        let ends = (first + 1024..=samples.len()).filter(|end| end % WINDOW == 0);
        ends.map(hear).collect()
    }

    /// The share of windows flagged as polyphonic, of those after the first second.
    fn share(samples: &[f32]) -> f64 {
        let flags = flags(samples, 0);
        let later = &flags[RATE_HZ as usize / WINDOW - 16..];
        later.iter().filter(|is_polyphonic| **is_polyphonic).count() as f64 / later.len() as f64
    }

    #[test]
    fn a_chord_that_has_only_begun_says_nothing_however_loud_it_is() {
        let chord = mixed(&[voice(|_| 220.0), voice(|_| 277.2)]);
        for gain in [1.0, 0.05] {
            let begun: Vec<f32> = chord[..12_000].iter().map(|sample| gain * sample).collect();
            let first = flags(&begun, 0).iter().position(|is_polyphonic| *is_polyphonic).expect("a chord");
            let first_s = first as f32 * WINDOW_S;
            // Two windows of the spectrum, less the first of those of the pitch, and a sixth of the evidence.
            assert!((0.21..0.3).contains(&first_s), "{first_s}");
        }
    }

    #[test]
    fn chords_are_polyphonic_and_their_voices_are_not() {
        let [root, third, fifth] = [220.0, 277.2, 329.6].map(|f0_hz| voice(move |_| f0_hz));
        for alone in [&root, &third, &fifth, &bass(), &voice(melody)] {
            assert_eq!(share(alone), 0.0);
        }
        assert_eq!(share(&mixed(&[root.clone(), third.clone()])), 1.0);
        assert_eq!(share(&mixed(&[root, third, fifth])), 1.0);
        assert_eq!(share(&mixed(&[voice(melody), bass()])), 1.0);
    }

    #[test]
    fn noise_and_echoes_are_no_voices() {
        let sung = voice(melody);
        let power = |samples: &[f32]| samples.iter().map(|x| x * x).sum::<f32>();
        let gain = (0.1 * power(&sung) / power(&noise())).sqrt();
        let hiss = noise().into_iter().map(|sample| gain * sample).collect();
        assert_eq!(share(&mixed(&[sung.clone(), hiss])), 0.0);
        // A hall with a reverberation time of 0.6 seconds.
        let mut echoing = sung;
        (732..echoing.len()).for_each(|n| echoing[n] += 0.5 * echoing[n - 732]);
        assert_eq!(share(&echoing), 0.0);
    }

    #[test]
    fn whispering_is_no_chord() {
        // Two formants of 100 Hz.
        let radius = (-std::f64::consts::PI * 100.0 / RATE_HZ).exp() as f32;
        let mut whispered = noise();
        for f_hz in [700.0, 1100.0] {
            let twice_cos = 2.0 * (std::f64::consts::TAU * f_hz / RATE_HZ).cos() as f32;
            for n in 2..whispered.len() {
                whispered[n] += radius * twice_cos * whispered[n - 1] - radius * radius * whispered[n - 2];
            }
        }
        assert_eq!(share(&whispered.iter().map(|sample| 0.001 * sample).collect::<Vec<_>>()), 0.0);
    }

    #[test]
    fn four_seconds_later_nothing_of_before_is_left() {
        let chord = mixed(&[voice(|_| 220.0), voice(|_| 277.2)]);
        let soft: Vec<f32> = mixed(&[voice(melody), bass()]).iter().map(|sample| 0.02 * sample).collect();
        let song = [&chord[..], &soft, &voice(melody), &chord].concat();
        for first in (WINDOW..36_000).step_by(37 * WINDOW) {
            let (long, short) = (flags(&song, 0), flags(&song, first));
            let n_later = (song.len() - first - 4 * 12_000) / WINDOW;
            assert_eq!(long[long.len() - n_later..], short[short.len() - n_later..], "from {first} on");
        }
    }

    /// Harmonics of these gains.
    fn harmonics(f0_hz: f32, gain: impl Fn(i32) -> f32) -> Vec<f32> {
        let turn = |n: i32, number: i32| (number as f32 * f0_hz * n as f32 / 12_000.0).fract() * std::f32::consts::TAU;
        (0..36_000).map(|n| (1..12).map(|number| 0.05 * gain(number) * turn(n, number).sin()).sum()).collect()
    }

    fn tone(f_hz: f32) -> Vec<f32> {
        harmonics(f_hz, |number| if number == 1 { 1.0 } else { 0.0 })
    }

    #[test]
    fn a_tone_above_or_below_a_harmonic_is_another_voice() {
        for f_hz in [396.0, 484.0] {
            let both = mixed(&[voice(|_| 220.0), tone(f_hz)]);
            assert_eq!(share(&both), 1.0, "{f_hz} Hz");
            assert_eq!(share(&both.iter().map(|sample| 0.02 * sample).collect::<Vec<_>>()), 1.0, "{f_hz} Hz, soft");
        }
    }

    #[test]
    fn a_growl_is_one_voice_and_a_tone_beside_it_another() {
        let growl = |odd: f32| harmonics(110.0, move |number| if number % 2 == 1 { odd } else { 1.0 });
        let hiss: Vec<f32> = noise().into_iter().map(|sample| 0.03 * sample).collect();
        for odd in [0.05, 0.1, 0.3, 0.5] {
            assert_eq!([growl(odd), mixed(&[growl(odd), hiss.clone()])].map(|one| share(&one)), [0.0; 2], "{odd}");
        }
        assert_eq!([(0.1, 301.0), (0.4, 495.0)].map(|(odd, f_hz)| share(&mixed(&[growl(odd), tone(f_hz)]))), [1.0; 2]);
    }

    #[test]
    fn harmonics_that_a_low_pitch_misses_show_a_chord_unless_all_comes_from_one_source() {
        let hiss: Vec<f32> = noise().into_iter().map(|sample| 0.03 * sample).collect();
        let chord = |f0_hz: f32| harmonics(f0_hz, |n| if [4, 5, 6, 8, 10].contains(&n) { 1.0 } else { 0.0 });
        assert_eq!(share(&mixed(&[chord(70.0), hiss.clone()])), 1.0);
        for one in [mixed(&[chord(190.0), hiss.clone()]), mixed(&[harmonics(70.0, |_| 1.0), hiss]), chord(70.0)] {
            assert_eq!(share(&one), 0.0);
        }
    }

    #[test]
    fn looks_are_laid_out_as_the_windows_are() {
        let polyphony = Polyphony::new(PitchFinder::new(RATE_HZ).window_len());
        let look = WINDOW * WINDOWS_PER_LOOK as usize;
        let spectrum = polyphony.window_len();
        assert!(((polyphony.looks_per_window - 1) * look..polyphony.looks_per_window * look).contains(&(spectrum - 1)));
        let between = spectrum / 2 - PitchFinder::new(RATE_HZ).window_len() / 2;
        assert!((polyphony.pitch_ahead * look).abs_diff(between) <= look / 2, "{}", polyphony.pitch_ahead);
    }

    #[test]
    fn behind_a_reset_nothing_of_before_is_left() {
        let chord = mixed(&[voice(|_| 220.0), tone(396.0)]);
        let mut finder = PitchFinder::new(RATE_HZ);
        let hear = |polyphony: &mut Polyphony, finder: &mut PitchFinder| {
            for number in 20..80 {
                let end = number * WINDOW;
                let candidates = finder.find(&chord[end - finder.window_len()..end]);
                polyphony.hear(number as i64, &chord[end - polyphony.window_len()..end], &candidates);
            }
            let blocks = polyphony.blocks.iter();
            (polyphony.n_looks, blocks.map(|block| (block.heard, block.polyphonic)).collect::<Vec<_>>())
        };
        let mut polyphony = Polyphony::new(finder.window_len());
        let once = hear(&mut polyphony, &mut finder);
        polyphony.reset();
        assert!(once == hear(&mut polyphony, &mut finder) && once.0 == 60 / WINDOWS_PER_LOOK as usize, "{once:?}");
    }
}
