//! The analysis against the demo singer, whose truth is exact.
//!
//! In: a mode. Out: scores of pitch and voicing on steady and gliding vowels over the range of singers, and on the demo
//! song, each clean and in white noise. Every vowel is followed by a rest, so that false voicing can show.

use con_anima::demo::{Span, Take, Truth, Voice, Vowel, demo_song, sing, sing_vowel};
use con_anima::dsp::noise::{Performance, Stream, noise_run};
use con_anima::settings::Mode;

use super::onset_score::SungNote;
use super::pitch_score::{PitchScore, Point, distance_cents, lag_ms};
use super::track::Track;
use crate::report::{Cell, Column, Section};

/// The name of the demo song.
pub(super) const DEMO_SONG: &str = "demo song";

/// Sample rate, Hz. Chosen: what most sessions run at.
const RATE_HZ: f64 = 48_000.0;

/// Pitches, Hz. Chosen: from a bass's low notes to a soprano's high ones.
const PITCHES_HZ: [f64; 9] = [80.0, 110.0, 160.0, 220.0, 330.0, 440.0, 660.0, 880.0, 1000.0];

/// The man sings below this, the woman from it on, Hz. Chosen: a woman's formants fit the higher pitches.
const LOWEST_WOMAN_HZ: f64 = 200.0;

/// A vowel with high, one with low and one with far-apart first formants, on which octave errors depend.
const VOWELS: [Vowel; 3] = [Vowel::Ah, Vowel::Oo, Vowel::Ee];

/// Length of a vowel, seconds. Chosen: longer takes more time and scores more frames.
const VOWEL_S: f64 = 1.0;
/// Length of the rest after it, seconds. Chosen: long enough for the voice to end and the analysis to settle.
const REST_S: f64 = 0.5;

/// Extent of a glide to either side, cents. Chosen: it stays within 60 to 1100 Hz for all pitches.
const GLIDE_CENTS: f64 = 150.0;

/// Rate of a glide, Hz. Chosen: 1.4 cents per ms at most, as in a portamento of a minor third in 200 ms.
const GLIDE_HZ: f64 = 1.5;

/// Frames nearer than this to the start or end of voicing are not scored, seconds. Chosen: the vowel rises in 40 ms and
/// falls in 80, and its outermost 20 ms, 6 and 16 dB down and more, are masked by the noise.
const EDGE_S: f64 = 0.02;

/// The pitch is in a step where it moves by more than [`STEP_CENTS`] within this time, seconds; steps are counted apart
/// and have no target. Chosen: the length of the song's glides between notes, a few periods, of which half belong to
/// either note.
const STEP_S: f64 = 0.02;
/// The size of such a movement, cents. Chosen: a semitone.
const STEP_CENTS: f64 = 100.0;

const COLUMNS: &[Column] = &[
    Column { name: "gross error %", decimals: 2 },
    Column { name: "fine error cents", decimals: 2 },
    Column { name: "voicing F1", decimals: 3 },
    Column { name: "missed voicing %", decimals: 2 },
    Column { name: "false voicing %", decimals: 2 },
    Column { name: "gross in steps %", decimals: 1 },
    Column { name: "lag ms", decimals: 1 },
];

/// Target for the fine error, cents. Chosen: as a goal of the analysis.
const FINE_CENTS: f64 = 3.0;
/// Target for the F1 of voicing. Chosen: as a goal of the analysis.
const VOICING_F1: f64 = 0.97;

/// White noise that is added to a take.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Noise {
    name: &'static str,
    /// Level of the voice over the noise's, dB; none without noise.
    snr_db: Option<f64>,
    /// Target for gross errors, percent.
    gross_percent: f64,
}

const NOISES: [Noise; 3] = [
    Noise { name: "clean", snr_db: None, gross_percent: 0.2 },
    Noise { name: "20 dB", snr_db: Some(20.0), gross_percent: 0.5 },
    Noise { name: "10 dB", snr_db: Some(10.0), gross_percent: 1.0 },
];

/// One recording with its truth: takes one after the other, with rests after them.
struct Sung {
    name: String,
    samples: Vec<f32>,
    /// The start of each take, seconds, and its truth.
    truths: Vec<(f64, Truth)>,
    is_glide: bool,
}

impl Sung {
    fn new(name: String, takes: Vec<Take>, is_glide: bool) -> Self {
        let mut sung = Self { name, samples: Vec::new(), truths: Vec::new(), is_glide };
        for take in takes {
            sung.truths.push((sung.samples.len() as f64 / RATE_HZ, take.truth));
            sung.samples.extend(take.samples);
            sung.samples.resize(sung.samples.len() + (REST_S * RATE_HZ) as usize, 0.0);
        }
        sung
    }

    fn f0_hz(&self, time_s: f64) -> Option<f64> {
        let n_begun = self.truths.partition_point(|(start_s, _)| *start_s <= time_s);
        let (start_s, truth) = self.truths.get(n_begun.checked_sub(1)?)?;
        truth.f0_hz(time_s - start_s)
    }

    fn voiced(&self) -> impl Iterator<Item = Span> {
        let moved = |start_s: f64, span: &Span| Span { start_s: start_s + span.start_s, end_s: start_s + span.end_s };
        self.truths.iter().flat_map(move |(start_s, truth)| truth.voiced.iter().map(move |span| moved(*start_s, span)))
    }

    /// Whether the voice neither starts nor ends nearby.
    fn is_settled(&self, time_s: f64) -> bool {
        self.voiced().all(|span| [span.start_s, span.end_s].iter().all(|edge_s| (time_s - edge_s).abs() >= EDGE_S))
    }

    /// Whether the voice is between two notes rather than on one.
    fn is_step(&self, time_s: f64) -> bool {
        let ends_hz = [-0.5, 0.5].map(|side| self.f0_hz(time_s + side * STEP_S));
        matches!(ends_hz, [Some(before_hz), Some(after_hz)] if distance_cents(before_hz, after_hz) > STEP_CENTS)
    }

    fn heard_through(&self, noise: Noise) -> Vec<f32> {
        let Some(snr_db) = noise.snr_db else { return self.samples.clone() };
        let is_voiced: Vec<&[f32]> = self.voiced().map(|span| self.slice(span)).collect();
        let n_voiced: usize = is_voiced.iter().map(|samples| samples.len()).sum();
        let sum_of_squares: f64 = is_voiced.concat().iter().map(|sample| f64::from(*sample).powi(2)).sum();
        let voice_rms = (sum_of_squares / n_voiced.max(1) as f64).sqrt();
        // Numbers that are uniform in −1..1 have an rms of 1/√3.
        let gain = voice_rms * 10_f64.powf(-snr_db / 20.0) * 3_f64.sqrt();
        let mut white = vec![0.0; self.samples.len()];
        let source = Performance { seed: 1, take: 1 };
        noise_run(source, Stream::DemoConsonant, 0, 0, &mut white);
        self.samples.iter().zip(white).map(|(sample, white)| sample + (gain * white) as f32).collect()
    }

    fn slice(&self, span: Span) -> &[f32] {
        let place = |time_s: f64| ((time_s * RATE_HZ) as usize).min(self.samples.len());
        &self.samples[place(span.start_s)..place(span.end_s)]
    }
}

/// Scores pitch and voicing on the recordings that `is_wanted` selects by name; `progress` is called after each.
pub(super) fn pitch(
    mode: Mode,
    is_wanted: &dyn Fn(&str) -> bool,
    progress: &mut dyn FnMut(),
) -> anyhow::Result<Section> {
    let mut section = Section::new("Pitch and voicing of the demo singer", COLUMNS);
    for program in program() {
        let sung = program();
        for noise in NOISES {
            let name = format!("{}, {}", sung.name, noise.name);
            if is_wanted(&name) {
                let track = Track::listen(&[sung.heard_through(noise)], RATE_HZ, mode)?;
                section.push(&name, cells(&sung, &track, noise));
            }
            progress();
        }
    }
    Ok(section)
}

/// The number of recordings that [`pitch`] scores.
pub(super) fn n_recordings() -> usize {
    program().count() * NOISES.len()
}

/// The analysis of the demo song, and its notes.
pub(super) fn demo_song_heard(mode: Mode) -> anyhow::Result<(Track, Vec<SungNote>)> {
    let take = sing(&demo_song(), RATE_HZ);
    let track = Track::listen(&[take.samples], RATE_HZ, mode)?;
    let notes = take.truth.notes.iter().map(|note| SungNote {
        onset_s: note.onset_s,
        end_s: note.end_s,
        begins_s: [note.onset_s; 2],
        is_optional: false,
    });
    Ok((track, notes.collect()))
}

fn cells(sung: &Sung, track: &Track, noise: Noise) -> Vec<Cell> {
    let settled: Vec<(f64, Point)> = track
        .timed()
        .filter(|(time_s, _)| sung.is_settled(*time_s))
        .map(|(time_s, frame)| {
            let true_hz = sung.f0_hz(time_s).unwrap_or(0.0);
            (time_s, Point { true_hz, heard_hz: f64::from(frame.f0_hz) })
        })
        .collect();
    let score: PitchScore = settled.iter().map(|(_, point)| *point).collect();
    let [notes, steps] = [false, true].map(|are_steps| {
        let of_kind = settled.iter().filter(|(time_s, _)| sung.is_step(*time_s) == are_steps);
        of_kind.map(|(_, point)| *point).collect::<PitchScore>()
    });
    let lag = if sung.is_glide { Cell::plain(lag_ms(track, |time_s| sung.f0_hz(time_s))) } else { Cell::EMPTY };
    vec![
        Cell::at_most(notes.gross_percent(), noise.gross_percent),
        Cell::at_most(notes.fine_cents(), FINE_CENTS),
        Cell::at_least(score.voicing_f1(), VOICING_F1),
        Cell::plain(score.missed_percent()),
        Cell::plain(score.false_percent()),
        Cell::plain(steps.gross_percent()),
        lag,
    ]
}

/// The recordings, each made when it is needed.
fn program() -> impl Iterator<Item = Box<dyn Fn() -> Sung>> {
    let vowels = PITCHES_HZ.into_iter().flat_map(|f0_hz| [false, true].map(|is_glide| (f0_hz, is_glide)));
    let vowels =
        vowels.map(|(f0_hz, is_glide)| Box::new(move || sung_vowels(f0_hz, is_glide)) as Box<dyn Fn() -> Sung>);
    let song = || Sung::new(DEMO_SONG.to_owned(), vec![sing(&demo_song(), RATE_HZ)], false);
    vowels.chain([Box::new(song) as Box<dyn Fn() -> Sung>])
}

fn sung_vowels(f0_hz: f64, is_glide: bool) -> Sung {
    let voice = if f0_hz < LOWEST_WOMAN_HZ { Voice::Man } else { Voice::Woman };
    let swing_cents = if is_glide { GLIDE_CENTS } else { 0.0 };
    let curve_hz = move |time_s: f64| {
        let phase = std::f64::consts::TAU * GLIDE_HZ * time_s;
        f0_hz * (swing_cents / 1200.0 * phase.sin()).exp2()
    };
    let takes = VOWELS.map(|vowel| sing_vowel(voice, vowel, curve_hz, VOWEL_S, RATE_HZ));
    let kind = if is_glide { "glide" } else { "steady" };
    Sung::new(format!("{kind} {f0_hz} Hz"), takes.into(), is_glide)
}

#[cfg(test)]
mod tests {
    use con_anima::analysis::Frame;

    use super::*;

    /// The track of an analysis that is always right, but late.
    fn oracle(sung: &Sung, late_s: f64) -> Track {
        let hop_s = 64.0 / RATE_HZ;
        let n_hops = sung.samples.len() / 64;
        let f0_hz = |k: usize| sung.f0_hz((k as f64 + 0.5) * hop_s - late_s).unwrap_or(0.0) as f32;
        Track { hop_s, frames: (0..n_hops).map(|k| Frame { f0_hz: f0_hz(k), ..Frame::SILENCE }).collect() }
    }

    #[test]
    fn an_oracle_reaches_all_targets_and_a_late_one_shows_it() {
        let sung = sung_vowels(1000.0, true);
        let values = |late_s: f64| {
            cells(&sung, &oracle(&sung, late_s), NOISES[0]).iter().map(|cell| cell.value).collect::<Vec<_>>()
        };
        let [gross, fine, f1, missed, wrong, steps, lag] = values(0.0)[..] else { panic!("seven cells") };
        assert_eq!([gross, f1, missed, wrong, lag], [Some(0.0), Some(1.0), Some(0.0), Some(0.0), Some(0.0)]);
        assert_eq!(steps, None, "a glide is no step");
        assert!(fine.expect("it is voiced") < 0.01);
        let [_, fine, f1, _, _, _, lag] = values(0.03)[..] else { panic!("seven cells") };
        assert!((lag.expect("it is voiced") - 30.0).abs() < 0.11, "{lag:?}");
        assert!(fine.expect("it is voiced") > 10.0 && f1.expect("it is voiced") < 0.99, "{fine:?} {f1:?}");
    }

    #[test]
    fn a_late_step_is_no_fault_of_the_notes() {
        let sung = Sung::new(DEMO_SONG.to_owned(), vec![sing(&demo_song(), RATE_HZ)], false);
        let gross = |late_s: f64| {
            let cells = cells(&sung, &oracle(&sung, late_s), NOISES[0]);
            [cells[0].value, cells[5].value].map(|value| value.expect("it has notes and steps"))
        };
        assert_eq!(gross(0.0), [0.0, 0.0]);
        let [notes_percent, steps_percent] = gross(0.01);
        assert!(notes_percent < 2.0 && steps_percent > 50.0, "{notes_percent} {steps_percent}");
    }

    #[test]
    fn glides_stay_within_the_range_of_singers() {
        for f0_hz in PITCHES_HZ {
            let sung = sung_vowels(f0_hz, true);
            let all_hz = (0..200).filter_map(|k| sung.f0_hz(f64::from(k) * 0.005));
            assert!(all_hz.into_iter().all(|hz| (60.0..=1100.0).contains(&hz)), "{f0_hz} Hz");
        }
    }

    #[test]
    fn noise_has_the_level_it_is_named_for() {
        let sung = sung_vowels(220.0, false);
        let heard = sung.heard_through(NOISES[2]);
        let rms = |samples: &[f32]| {
            (samples.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / samples.len() as f64).sqrt()
        };
        // The first vowel fills the first second, and only noise the half second after it.
        let voice: Vec<f64> = sung.voiced().map(|span| rms(sung.slice(span))).collect();
        let voice_rms = (voice.iter().map(|rms| rms.powi(2)).sum::<f64>() / voice.len() as f64).sqrt();
        let snr_db = 20.0 * (voice_rms / rms(&heard[60_000..72_000])).log10();
        assert!((snr_db - 10.0).abs() < 0.2, "{snr_db}");
    }
}
