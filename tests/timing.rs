//! When notes are sung: as planned, by whole notes, the same every time, and nothing else is touched.

mod common;

use std::sync::Arc;

use con_anima::analysis::Phase;
use con_anima::demo::{demo_song, sing};
use con_anima::dsp::noise::Performance;
use con_anima::engine::HopTrace;
use con_anima::gesture::TimedNote;
use con_anima::offline::{Options, Rendered, learn, render, render_learned};
use con_anima::settings::{Mode, Settings, Tempo};

const RATE_HZ: f64 = 48_000.0;
const TIMED: Settings = Settings { amount: 1.0, timing_ms: 20.0, memory: 0.8, ..Settings::NEUTRAL };
const FULL: Settings = Settings { drift_cents: 12.0, tremble_cents: 6.0, jitter_percent: 0.3, ..TIMED };

fn options(mode: Mode) -> Options {
    Options { sample_rate_hz: RATE_HZ, mode, start_samples: 0, block_samples: 512 }
}

fn song() -> Vec<f32> {
    sing(&demo_song(), RATE_HZ).samples
}

fn timed(samples: &[f32], options: &Options, settings: Settings) -> (Rendered, Vec<TimedNote>) {
    let rendered = render(&[samples.to_vec()], options, |_| settings, |_| ()).expect("valid options");
    let notes = rendered.hops.iter().filter_map(|hop| hop.note).collect();
    (rendered, notes)
}

fn miss_ms(note: &TimedNote) -> f32 {
    (note.realized_ms - note.planned_ms).abs()
}

#[test]
fn every_note_is_sung_when_it_was_planned() {
    let song = song();
    let n_sung = sing(&demo_song(), RATE_HZ).truth.notes.len();
    for (mode, least_share) in [(Mode::Phrase, 0.97), (Mode::Studio, 0.75)] {
        for settings in [TIMED, FULL] {
            let mut notes = Vec::new();
            for take in 1..=4 {
                let performance = Performance { seed: 1, take };
                let (_, found) = timed(&song, &options(mode), Settings { performance, ..settings });
                assert!(found.len() + 2 >= n_sung && found.len() <= n_sung + 1, "{} of {n_sung}", found.len());
                notes.extend(found);
            }
            // The song lies at 150 to 330 Hz: half a period is 1.5 to 3.3 ms.
            let placed = notes.iter().filter(|note| miss_ms(note) <= 3.3).count() as f64 / notes.len() as f64;
            let square = |note: &TimedNote| f64::from(note.planned_ms).powi(2);
            let planned_ms = (notes.iter().map(square).sum::<f64>() / notes.len() as f64).sqrt();
            println!("{mode:?}: {:.1} % of {} notes placed, {planned_ms:.1} ms planned", 100.0 * placed, notes.len());
            assert!(placed >= least_share, "{mode:?}: {placed}");
            assert!(mode == Mode::Studio || (14.0..26.0).contains(&planned_ms));
        }
    }
}

#[test]
fn of_a_large_timing_only_what_there_is_room_for_is_planned() {
    let song = song();
    let score = Arc::new(learn(std::slice::from_ref(&song), &options(Mode::Phrase), |_| ()).expect("valid options"));
    let (mut n_notes, mut n_placed, mut squares) = (0, 0, 0.0);
    for seed in 1..=5 {
        let settings = Settings { timing_ms: 40.0, performance: Performance { seed, take: 1 }, ..FULL };
        let rendered =
            render_learned(std::slice::from_ref(&song), &options(Mode::Phrase), &score, |_| settings, |_| ());
        for note in rendered.expect("valid options").hops.iter().filter_map(|hop| hop.note) {
            n_notes += 1;
            n_placed += usize::from(miss_ms(&note) <= 3.3);
            squares += f64::from(note.planned_ms).powi(2);
        }
    }
    let (placed, planned_ms) = (n_placed as f64 / f64::from(n_notes), (squares / f64::from(n_notes)).sqrt());
    println!("{:.1} % of {n_notes} notes placed, {planned_ms:.1} ms planned", 100.0 * placed);
    assert!(placed >= 0.98 && (36.0..44.0).contains(&planned_ms), "{placed}, {planned_ms} ms");
}

#[test]
fn live_is_never_early() {
    let (rendered, notes) = timed(&song(), &options(Mode::Live), TIMED);
    assert!(notes.len() >= 10 && notes.iter().any(|note| note.realized_ms > 2.0), "{notes:?}");
    assert!(rendered.hops.iter().all(|hop| hop.displacement_ms <= 1e-6));
}

#[test]
fn feel_moves_all_notes() {
    let settings = Settings { timing_ms: 0.0, feel_ms: 15.0, ..TIMED };
    let (_, notes) = timed(&song(), &options(Mode::Phrase), settings);
    assert!(notes.iter().all(|note| note.planned_ms == 15.0));
    let placed = notes.iter().filter(|note| miss_ms(note) <= 3.3).count();
    assert!(placed + 2 >= notes.len(), "{placed} of {}", notes.len());
}

#[test]
fn without_timing_nothing_is_moved_and_at_zero_humanize_nothing_is_changed() {
    let song = song();
    for settings in [Settings { timing_ms: 0.0, ..TIMED }, Settings { amount: 0.0, feel_ms: 20.0, ..FULL }] {
        let (rendered, notes) = timed(&song, &options(Mode::Phrase), settings);
        assert_eq!(rendered.channels[0], song);
        assert!(!notes.is_empty() && notes.iter().all(|note| (note.planned_ms, note.realized_ms) == (0.0, 0.0)));
    }
}

/// Displacement of the pointer at each hop of the *input*, by what the output read of it.
fn displacements_ms(hops: &[HopTrace], n_hops: usize) -> Vec<Vec<f32>> {
    let mut read = vec![Vec::new(); n_hops];
    for hop in hops {
        let place = hop.position_samples as f64 + f64::from(hop.displacement_ms) / 1000.0 * RATE_HZ;
        if let Some(at) = read.get_mut((place / 64.0).floor().max(0.0) as usize) {
            at.push(hop.displacement_ms);
        }
    }
    read
}

#[test]
fn consonants_are_moved_and_not_stretched() {
    let song = song();
    for mode in [Mode::Studio, Mode::Phrase] {
        let (rendered, _) = timed(&song, &options(mode), Settings { timing_ms: 40.0, ..TIMED });
        let read = displacements_ms(&rendered.hops, rendered.hops.len() + 64);
        let is_consonant = |hop: &HopTrace| hop.frame.phase == Phase::Consonant;
        let mut at = 0;
        let mut n_consonants = 0;
        for stretch in rendered.hops.chunk_by(|a, b| is_consonant(a) == is_consonant(b)) {
            if is_consonant(&stretch[0]) && stretch.len() > 8 {
                n_consonants += 1;
                // A hop at either end may be shared with what is no consonant.
                let inner = read[at + 1..at + stretch.len() - 1].iter().flatten();
                let (least, most) =
                    inner.fold((f32::INFINITY, f32::NEG_INFINITY), |(least, most), ms| (least.min(*ms), most.max(*ms)));
                assert!(most - least <= 3.0, "{mode:?}: {} ms at hop {at}", most - least);
            }
            at += stretch.len();
        }
        assert!(n_consonants >= 8, "{n_consonants}");
    }
}

#[test]
fn the_same_is_sung_at_any_block_size_and_in_both_channels() {
    let song = &song()[..480_000];
    for mode in Mode::ALL {
        let settings_at = |position: i64| Settings { amount: 0.5 + (position / 64 % 1500) as f32 / 1500.0, ..FULL };
        let sung = |block_samples: usize, channels: &[Vec<f32>]| {
            let options = Options { block_samples, start_samples: 12_345, ..options(mode) };
            render(channels, &options, settings_at, |_| ()).expect("valid options")
        };
        let reference = sung(512, &[song.to_vec()]);
        for block_samples in [1, 17, 333, 4096] {
            let other = sung(block_samples, &[song.to_vec()]);
            assert_eq!(reference.channels, other.channels, "{mode:?}, blocks of {block_samples}");
            assert!(reference.hops.iter().map(|hop| hop.note).eq(other.hops.iter().map(|hop| hop.note)));
        }
        let stereo = sung(512, &[song.to_vec(), song.to_vec()]);
        assert_eq!(stereo.channels[0], stereo.channels[1]);
    }
}

#[test]
fn from_the_second_phrase_gap_on_it_does_not_matter_where_the_render_began() {
    let song = song();
    for mode in Mode::ALL {
        let sung = |first: usize| {
            let options = Options { start_samples: first as i64, ..options(mode) };
            timed(&song[first..], &options, FULL).0.channels.remove(0)
        };
        let whole = sung(0);
        // The song's phrases are parted at 4.7, 9.7 and 14.7 s.
        for first in [90_000, 200_001] {
            let part = sung(first);
            let second_gap = if first < 220_000 { 14 * 48_000 } else { 18 * 48_000 };
            let differing = (second_gap..song.len()).find(|&n| whole[n] != part[n - first]);
            assert_eq!(differing, None, "{mode:?} from {first}");
        }
    }
}

#[test]
fn seeds_takes_and_tempo_make_other_performances_and_knobs_do_not() {
    let song = song();
    let planned = |settings: Settings| -> Vec<f32> {
        timed(&song, &options(Mode::Phrase), settings).1.iter().map(|note| note.planned_ms).collect()
    };
    let reference = planned(TIMED);
    for performance in [Performance { seed: 2, take: 1 }, Performance { seed: 1, take: 2 }] {
        assert_ne!(planned(Settings { performance, ..TIMED }), reference);
    }
    let tempo = Tempo::through(97.0, 0.0, 0.0).expect("a tempo");
    assert_ne!(planned(Settings { tempo, ..TIMED }), reference);
    let [once, twice] = [4.0, 8.0].map(|timing_ms| planned(Settings { timing_ms, drift_cents: 5.0, ..TIMED }));
    assert!(twice.iter().zip(&once).all(|(twice, once)| (twice - 2.0 * once).abs() < 1e-4));
}

#[test]
fn a_tempo_counts_from_where_the_host_is() {
    let at_bar_nine = Tempo::through(120.0, 32.0, 16.0).expect("a tempo");
    assert_eq!(at_bar_nine, Tempo::UNKNOWN);
    let drifting = Tempo::through(120.0, 32.0 + 3e-9, 16.0).expect("a tempo");
    assert_eq!(drifting, at_bar_nine);
    for bad in [f64::NAN, 0.0, -3.0, f64::INFINITY] {
        assert_eq!(Tempo::through(bad, 0.0, 0.0), None);
    }
}

#[test]
fn what_is_drawn_over_a_note_holds_for_it() {
    let song = song();
    // Drawn in the rest between the first two phrases, behind the last vowel and before the next note at 5.6 s.
    let settings_at = |position: i64| Settings {
        timing_ms: 0.0,
        feel_ms: if position < (5.3 * RATE_HZ) as i64 { 4.0 } else { 10.0 },
        ..TIMED
    };
    for mode in [Mode::Studio, Mode::Phrase] {
        let rendered = render(std::slice::from_ref(&song), &options(mode), settings_at, |_| ()).expect("valid options");
        for note in rendered.hops.iter().filter_map(|hop| hop.note) {
            let planned_ms = if note.onset_position_samples < (5.3 * RATE_HZ) as i64 { 4.0 } else { 10.0 };
            assert_eq!(note.planned_ms, planned_ms, "{mode:?}: {note:?}");
        }
    }
}
