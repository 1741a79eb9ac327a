//! The statistics: their names, definitions and units, and the ranges of human takes.
//!
//! In: a [`Voice`]. Out: a number per statistic, `None` where it cannot be measured. Names and definitions are those of
//! the reference statistics, an independent program on Praat and WORLD; human ranges are its p10, p50 and p90 of 24
//! human sung takes (docs/voice.md, "Human against machine"). A statistic of notes is the median over notes, weighted
//! by their lengths.

use std::f64::consts::TAU;

use super::movement::{Scoop, Vibrato};
use super::numbers::{mean, median, weighted_median};
use super::track::hz_of_cents;
use super::voice::{HeldNote, Voice};

/// A note is flat when its pitch deviates by less than this from its median, cents rms. Source: docs/voice.md, "Human
/// against machine".
const FLAT_CENTS: f64 = 3.0;
/// The least number of notes from which their grid is found. Source: the reference statistics (docs/voice.md, "Tools").
const LEAST_NOTES_FOR_GRID: usize = 4;

/// One row of the report.
pub(super) struct Statistic {
    /// Its name for machines.
    pub(super) id: &'static str,
    /// Its unit and meaning.
    pub(super) meaning: &'static str,
    /// The tenth, fiftieth and ninetieth percentile of human takes.
    pub(super) human: Option<[f64; 3]>,
    /// How it is computed.
    pub(super) value: fn(&Voice) -> Option<f64>,
}

const fn statistic(
    id: &'static str,
    meaning: &'static str,
    human: Option<[f64; 3]>,
    value: fn(&Voice) -> Option<f64>,
) -> Statistic {
    Statistic { id, meaning, human, value }
}

/// All statistics, in the order of the report.
pub(super) const STATISTICS: [Statistic; 31] = [
    statistic("level_dbfs", "dBFS, the loud parts", None, |voice| voice.level_db),
    statistic("floor_rel_db", "dB, the quiet parts below them", Some([-57.0, -46.1, -25.5]), |voice| {
        Some(voice.floor_db? - voice.level_db?)
    }),
    statistic("voiced_frac", "share of the time with pitch", Some([0.652, 0.749, 0.946]), voiced_frac),
    statistic("f0_med_hz", "Hz, median pitch", None, |voice| median(&voice.track.voiced_cents()).map(hz_of_cents)),
    statistic("n_notes", "held notes", None, |voice| Some(voice.notes.len() as f64)),
    statistic("note_len_s", "s, median length of held notes", Some([0.351, 0.484, 0.758]), |voice| {
        median(&each(voice, |note| Some(note.duration_s())))
    }),
    statistic("dev_sd_c", "cents sd around the note", Some([11.9, 18.6, 47.8]), |voice| {
        by_length(voice, |note| Some(note.movement.deviation_cents))
    }),
    statistic("drift_c", "cents rms, 0.3 to 3 Hz", Some([5.37, 7.39, 13.5]), |voice| {
        by_length(voice, |note| note.movement.drift_cents)
    }),
    statistic("vib_band_c", "cents rms, 4 to 8 Hz", Some([3.23, 7.38, 41.8]), |voice| {
        by_length(voice, |note| note.movement.vibrato_band_cents)
    }),
    statistic("flutter_c", "cents rms, 8 to 20 Hz", Some([1.84, 3.37, 14.9]), |voice| {
        by_length(voice, |note| note.movement.flutter_cents)
    }),
    statistic("slow_slope", "dB per octave, spectrum of the movement", Some([-8.13, -6.38, -4.18]), |voice| {
        by_length(voice, |note| note.movement.slope_db_per_octave)
    }),
    statistic("note_trend_c_s", "cents per second, slope of notes", Some([13.9, 50.1, 86.4]), |voice| {
        by_length(voice, |note| note.movement.trend_cents_per_s)
    }),
    statistic("flat_frac", "share of notes flatter than 3 cents sd", Some([0.0, 0.0, 0.0]), |voice| {
        share(voice, |note| Some(note.movement.deviation_cents < FLAT_CENTS))
    }),
    statistic("vib_frac", "share of notes with vibrato", Some([0.0, 0.1, 1.0]), |voice| {
        share(voice, |note| note.movement.vibrato.map(|vibrato| vibrato.is_some()))
    }),
    statistic("vib_rate_hz", "Hz, vibrato", Some([4.30, 5.27, 6.35]), |voice| {
        median(&each(voice, |note| vibrato(note).map(|vibrato| vibrato.rate_hz)))
    }),
    statistic("vib_extent_c", "cents to either side, vibrato", Some([14.9, 27.8, 69.3]), |voice| {
        median(&each(voice, |note| vibrato(note).map(|vibrato| vibrato.extent_cents)))
    }),
    statistic("scoop_abs_c", "cents, onset from the note", Some([21.3, 54.0, 78.9]), |voice| {
        median(&each(voice, |note| scoop(note).map(|scoop| scoop.start_cents.abs())))
    }),
    statistic("scoop_c", "cents, the same with its sign", Some([-29.1, 17.4, 56.5]), |voice| {
        median(&each(voice, |note| scoop(note).map(|scoop| scoop.start_cents)))
    }),
    statistic("scoop_ms", "ms until within 30 cents", Some([10.0, 20.0, 40.0]), |voice| {
        median(&each(voice, |note| Some(scoop(note)?.settling_s? * 1000.0)))
    }),
    statistic("inton_sd_c", "cents sd of notes around the grid", Some([10.3, 19.8, 24.2]), |voice| {
        grid(voice).map(|grid| grid.deviation_cents)
    }),
    statistic("tune_offset_c", "cents, the grid from A = 440 Hz", None, |voice| {
        grid(voice).map(|grid| grid.offset_cents)
    }),
    statistic("jitter_loc", "%, period to period", Some([0.229, 0.376, 0.585]), |voice| {
        by_length(voice, |note| note.perturbation.jitter_local_percent)
    }),
    statistic("jitter_ppq5", "%, period against five", Some([0.121, 0.182, 0.336]), |voice| {
        by_length(voice, |note| note.perturbation.jitter_ppq5_percent)
    }),
    statistic("shimmer_loc", "%, strength from period to period", Some([1.60, 2.55, 5.50]), |voice| {
        by_length(voice, |note| note.perturbation.shimmer_local_percent)
    }),
    statistic("hnr_0_1k", "dB, harmonics to noise, 0 to 1 kHz", Some([19.3, 27.6, 34.2]), |voice| hnr_db(voice, 0)),
    statistic("hnr_1_3k", "dB, harmonics to noise, 1 to 3 kHz", Some([7.87, 13.6, 22.7]), |voice| hnr_db(voice, 1)),
    statistic("hnr_3_6k", "dB, harmonics to noise, 3 to 6 kHz", Some([-3.64, 4.22, 14.2]), |voice| hnr_db(voice, 2)),
    statistic("hnr_6_10k", "dB, harmonics to noise, 6 to 10 kHz", Some([-9.06, -5.66, 2.46]), |voice| hnr_db(voice, 3)),
    statistic("breaths_per_min", "inhalations per minute", Some([0.0, 5.54, 15.0]), |voice| {
        (voice.duration_s > 0.0).then(|| voice.breaths.len() as f64 * 60.0 / voice.duration_s)
    }),
    statistic("breath_dur_s", "s, median length of breaths", Some([0.161, 0.280, 0.464]), |voice| {
        median(&voice.breaths.iter().map(|breath| breath.duration_s()).collect::<Vec<_>>())
    }),
    statistic("breath_rel_db", "dB, breaths below the voice", Some([-38.6, -30.4, -25.5]), |voice| {
        let level_db = median(&voice.breaths.iter().map(|breath| breath.level_db).collect::<Vec<_>>())?;
        Some(level_db - voice.level_db?)
    }),
];

fn voiced_frac(voice: &Voice) -> Option<f64> {
    let n_hops = voice.track.cents.len();
    (n_hops > 0).then(|| voice.track.voiced_cents().len() as f64 / n_hops as f64)
}

fn each(voice: &Voice, value: impl Fn(&HeldNote) -> Option<f64>) -> Vec<f64> {
    voice.notes.iter().filter_map(value).collect()
}

fn by_length(voice: &Voice, value: impl Fn(&HeldNote) -> Option<f64>) -> Option<f64> {
    weighted_median(voice.notes.iter().filter_map(|note| Some((value(note)?, note.duration_s()))))
}

fn share(voice: &Voice, is_so: impl Fn(&HeldNote) -> Option<bool>) -> Option<f64> {
    let answers = each(voice, |note| is_so(note).map(|is_so| f64::from(u8::from(is_so))));
    (!answers.is_empty()).then(|| mean(&answers))
}

fn vibrato(note: &HeldNote) -> Option<Vibrato> {
    note.movement.vibrato.flatten()
}

fn scoop(note: &HeldNote) -> Option<Scoop> {
    note.movement.scoop
}

fn hnr_db(voice: &Voice, band: usize) -> Option<f64> {
    by_length(voice, |note| note.hnr_db.map(|bands| bands[band]))
}

/// The semitone grid that fits best.
struct Grid {
    offset_cents: f64,
    deviation_cents: f64,
}

/// Its offset is the circular mean of all note centres modulo a semitone, so that it does not depend on where they
/// wrap.
fn grid(voice: &Voice) -> Option<Grid> {
    let centres = voice.notes.iter().map(|note| (note.movement.centre_cents, note.duration_s()));
    let centres: Vec<(f64, f64)> = centres.filter(|_| voice.notes.len() >= LEAST_NOTES_FOR_GRID).collect();
    let weight: f64 = centres.iter().map(|(_, weight)| weight).sum();
    let (sin, cos) = centres.iter().fold((0.0, 0.0), |(sin, cos), (cents, weight)| {
        let angle = cents / 100.0 * TAU;
        (sin + weight * angle.sin(), cos + weight * angle.cos())
    });
    let offset_cents = sin.atan2(cos) / TAU * 100.0;
    let from_grid = |cents: f64| (cents - offset_cents + 50.0).rem_euclid(100.0) - 50.0;
    let squares: f64 = centres.iter().map(|(cents, weight)| weight * from_grid(*cents).powi(2)).sum();
    (weight > 0.0).then(|| Grid { offset_cents, deviation_cents: (squares / weight).sqrt() })
}

#[cfg(test)]
mod tests {
    use con_anima::analysis::{Frame, Phase};
    use con_anima::engine::HopTrace;

    use super::super::period_marks::Waveform;
    use super::super::track::Track;
    use super::*;

    fn value(voice: &Voice, id: &str) -> Option<f64> {
        let statistic = STATISTICS.iter().find(|statistic| statistic.id == id).expect("a statistic");
        (statistic.value)(voice)
    }

    /// Ten notes of a scale, each so far from the grid, and the grid so far from A = 440 Hz.
    fn scale(from_grid_cents: [f64; 10], offset_cents: f64) -> Voice {
        let steps = [0.0, 200.0, 400.0, 500.0, 700.0, 900.0, 1100.0, 1200.0, 700.0, 0.0];
        let cents = |time_s: f64| {
            let note = ((time_s / 0.5) as usize).min(9);
            5700.0 + steps[note] + from_grid_cents[note] + offset_cents
        };
        let waveform = Waveform { samples: vec![0.0; 5 * 48_000], rate_hz: 48_000.0, start_s: 0.0 };
        Voice::new(&waveform, &[], Track::sung(5.0, cents))
    }

    #[test]
    fn intonation_is_read_from_the_steps_of_a_scale() {
        let from_grid_cents = [12.0, -20.0, 5.0, 18.0, -9.0, -14.0, 22.0, -3.0, 7.0, -18.0];
        let truth = (from_grid_cents.iter().map(|cents| cents * cents).sum::<f64>() / 10.0).sqrt();
        for offset_cents in [0.0, 31.0, -48.0] {
            let voice = scale(from_grid_cents, offset_cents);
            assert_eq!(value(&voice, "n_notes"), Some(10.0));
            let found = value(&voice, "inton_sd_c").expect("ten notes");
            assert!((found - truth).abs() < 1.0, "{found} for {truth}");
            let offset = value(&voice, "tune_offset_c").expect("ten notes");
            assert!((offset - offset_cents).abs() < 2.0, "{offset} for {offset_cents}");
        }
        assert!(value(&scale([0.0; 10], 17.0), "inton_sd_c").is_some_and(|cents| cents < 0.01));
        assert_eq!(value(&scale([0.0; 10], 0.0), "flat_frac"), Some(1.0));
    }

    #[test]
    fn what_cannot_be_measured_is_none() {
        let silence = Waveform { samples: vec![0.0; 4800], rate_hz: 48_000.0, start_s: 0.0 };
        let voice = Voice::new(&silence, &[], Track { start_s: 0.0, cents: vec![None; 20] });
        let known = ["voiced_frac", "n_notes", "breaths_per_min"];
        for statistic in &STATISTICS {
            let expected = known.contains(&statistic.id).then_some(0.0);
            assert_eq!((statistic.value)(&voice), expected, "{}", statistic.id);
        }
        let nothing = Waveform { samples: Vec::new(), rate_hz: 8000.0, start_s: 0.0 };
        let voice = Voice::new(&nothing, &[], Track { start_s: 0.0, cents: Vec::new() });
        assert!(STATISTICS.iter().all(|statistic| (statistic.value)(&voice).is_none_or(|value| value == 0.0)));
    }

    #[test]
    fn what_the_frames_say_is_summed_up() {
        let hop = |k: i64| {
            let time_s = k as f64 * 64.0 / 48_000.0;
            let is_breath = (0.1..0.4).contains(&time_s);
            let frame = Frame {
                phase: if is_breath { Phase::Breath } else { Phase::Vowel },
                level_db: if is_breath { -43.0 } else { -13.0 },
                hnr_db: (time_s > 0.6).then_some([30.0, 20.0, 10.0, 1.0]),
                ..Frame::SILENCE
            };
            HopTrace { position_samples: k * 64, frame, ..Default::default() }
        };
        let hops: Vec<HopTrace> = (0..2250).map(hop).collect();
        let sample = |k: usize| if k < 24_000 { 0.0 } else { (0.31 * (k as f64 * 0.0288).sin()) as f32 };
        let waveform = Waveform { samples: (0..144_000).map(sample).collect(), rate_hz: 48_000.0, start_s: 0.0 };
        let voice = Voice::new(&waveform, &hops, Track::sung(3.0, |_| 5700.0));
        assert_eq!(value(&voice, "breaths_per_min"), Some(20.0));
        assert!(value(&voice, "breath_dur_s").is_some_and(|duration_s| (duration_s - 0.3).abs() < 0.003));
        assert!(value(&voice, "breath_rel_db").is_some_and(|level_db| (level_db + 29.8).abs() < 0.5));
        assert_eq!([0, 3].map(|band| hnr_db(&voice, band)), [Some(30.0), Some(1.0)]);
    }

    #[test]
    fn human_takes_lie_in_order_and_names_are_no_two_alike() {
        for (index, statistic) in STATISTICS.iter().enumerate() {
            assert!(statistic.human.is_none_or(|human| human.is_sorted()), "{}", statistic.id);
            assert!(STATISTICS[..index].iter().all(|other| other.id != statistic.id), "{}", statistic.id);
        }
    }
}
