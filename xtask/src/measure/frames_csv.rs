//! The engine's frames as a table.
//!
//! In: hop traces. Out: CSV with a header, one line per hop, in the order of time. Empty fields are `None`.

use std::fmt::Write;

use con_anima::analysis::{Onset, Phase};
use con_anima::engine::HopTrace;

const HEADER: &str = "time_s,level_db,noise_floor_db,quiet_samples,f0_hz,clarity,is_polyphonic,phase,onset,\
                      hnr_0_1k_db,hnr_1_3k_db,hnr_3_6k_db,hnr_6_10k_db,glottal_phase,\
                      silence_db,is_voice_likely,loudness_db";

/// The whole table. A hop's time is that of its first sample.
pub(super) fn table(hops: &[HopTrace], sample_rate_hz: f64) -> String {
    let mut table = format!("{HEADER}\n");
    for hop in hops {
        let frame = &hop.frame;
        let time_s = hop.position_samples as f64 / sample_rate_hz;
        let onset = frame.onset.map_or("", onset_name);
        let hnr_db = match frame.hnr_db {
            Some(bands) => bands.map(|band_db| format!("{band_db:.2}")),
            None => Default::default(),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            table,
            "{time_s:.6},{:.2},{:.2},{},{:.4},{:.4},{},{},{onset},{},{:.4},{:.2},{},{:.2}",
            frame.level_db,
            frame.noise_floor_db,
            frame.quiet_samples,
            frame.f0_hz,
            frame.clarity,
            u8::from(frame.is_polyphonic),
            phase_name(frame.phase),
            hnr_db.join(","),
            frame.glottal_phase,
            frame.silence_db,
            u8::from(frame.is_voice_likely),
            frame.loudness_db,
        );
    }
    table
}

/// A phase in one word.
fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Silence => "silence",
        Phase::Breath => "breath",
        Phase::Consonant => "consonant",
        Phase::Vowel => "vowel",
    }
}

/// An onset in one word.
fn onset_name(onset: Onset) -> &'static str {
    match onset {
        Onset::Voicing => "voicing",
        Onset::Vowel => "vowel",
        Onset::Legato => "legato",
    }
}

#[cfg(test)]
mod tests {
    use con_anima::analysis::Frame;

    use super::*;

    #[test]
    fn a_line_holds_every_field() {
        let frame = Frame {
            level_db: -12.345,
            noise_floor_db: -70.0,
            quiet_samples: 3,
            f0_hz: 220.5,
            clarity: 0.98,
            is_as_learned: false,
            is_polyphonic: true,
            phase: Phase::Vowel,
            onset: Some(Onset::Legato),
            hnr_db: Some([30.0, 20.0, 10.0, -1.5]),
            glottal_phase: 0.25,
            silence_db: -60.0,
            is_voice_likely: true,
            loudness_db: -11.5,
        };
        let hop = |position_samples, frame| HopTrace { position_samples, frame, ..Default::default() };
        let table = table(&[hop(64, frame), hop(128, Frame::SILENCE)], 48_000.0);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(
            lines[1],
            "0.001333,-12.35,-70.00,3,220.5000,0.9800,1,vowel,legato,30.00,20.00,10.00,-1.50,0.2500,-60.00,1,-11.50"
        );
        assert_eq!(lines[2], "0.002667,-120.00,-120.00,0,0.0000,0.0000,0,silence,,,,,,0.0000,-120.00,0,-120.00");
        assert!(lines.iter().all(|line| line.split(',').count() == 17));
    }
}
