//! The questions asked of each recording, and the truth that answers them.
//!
//! In: the demo song, and the recordings of a folder as [`crate::material`] describes it. Out: a section for each
//! question.

use std::path::Path;

use anyhow::Context;
use con_anima::settings::Mode;
use xtask::audio_file;

use super::onset_score::{self, SungNote};
use super::onset_truth::sung_notes;
use super::pitch_score::{PitchScore, Point};
use super::references::{self, ReferencePitch};
use super::track::Track;
use super::vowel_truth::VowelLevel;
use super::{rest_score, singer, voices};
use crate::material::{self, Entry, Kind};
use crate::report::{Cell, Column, Section};

const PITCH_COLUMNS: &[Column] = &[
    Column { name: "gross error %", decimals: 2 },
    Column { name: "fine error cents", decimals: 2 },
    Column { name: "voicing agreed %", decimals: 2 },
    Column { name: "missed voicing %", decimals: 2 },
    Column { name: "false voicing %", decimals: 2 },
];

/// Target for gross errors, percent. Chosen: as a goal of the analysis.
const GROSS_PERCENT: f64 = 1.0;
/// Target for the agreement on voicing, percent. Chosen: as a goal of the analysis.
const VOICING_PERCENT: f64 = 95.0;

/// The recordings that keep to their score, found by looking at onsets of energy, voicing and pitch in all that have
/// one, and whether a repeated pitch without a gap is optional: the csound voices have vowels only, and the sampled
/// notes are cross-faded, so that a repetition leaves only a dip of 2 to 7 dB. People do not keep to a score, and the
/// sampled choir voice rises too slowly to say when its notes begin.
const SCORED: [(&str, bool); 8] = [
    ("synth_sinsyq_f_twinkle", false),
    ("synth_sinsyq_m_sakura", false),
    ("synth_espeak_f_frere", false),
    ("synth_espeak_m_ode", false),
    ("sampled_jennifer_f_twinkle", true),
    ("sampled_chengu_m_frere", true),
    ("synth_csound_tenor_vowels", true),
    ("synth_csound_bass_fixedvib", true),
];

/// A section for each question.
pub(super) struct Recordings {
    pitch: Section,
    onsets: Section,
    rests: Section,
    breaths: Section,
    voices: Section,
}

impl Recordings {
    /// Without any recordings.
    pub(super) fn new() -> Self {
        Self {
            pitch: Section::new("Pitch and voicing of single voices, where Praat and WORLD agree", PITCH_COLUMNS),
            onsets: Section::new("Note onsets, within 30 ms", onset_score::COLUMNS),
            rests: Section::new("Rests of 180 ms and more", rest_score::COLUMNS),
            breaths: Section::new("Breaths, and where they begin in seconds", voices::BREATH_COLUMNS),
            voices: Section::new("Polyphonic and voiced, of what sounds", voices::COLUMNS),
        }
    }

    /// Scores the demo song by its truth.
    pub(super) fn add_demo_song(&mut self, mode: Mode) -> anyhow::Result<()> {
        let (track, notes) = singer::demo_song_heard(mode)?;
        self.add_notes(singer::DEMO_SONG, &track, &notes, None);
        self.add_voices(singer::DEMO_SONG, &track, Kind::Solo, true);
        Ok(())
    }

    /// Scores a recording by its folder's references.
    pub(super) fn add(&mut self, folder: &Path, entry: &Entry, mode: Mode) -> anyhow::Result<()> {
        let recording = audio_file::read(&entry.path)?;
        let track = Track::listen(&recording.channels, f64::from(recording.sample_rate_hz), mode)
            .with_context(|| format!("cannot listen to '{}'", entry.path.display()))?;
        if entry.kind == Kind::Solo {
            let reference = references::agreed_pitch(folder, &entry.name)?;
            self.pitch.push(&entry.name, pitch_cells(&track, &reference));
            if let Some((_, are_repeats_optional)) = SCORED.iter().find(|(name, _)| *name == entry.name) {
                let notes = references::notes(folder, &entry.name)?;
                let vowels = VowelLevel::new(&recording.channels, f64::from(recording.sample_rate_hz));
                let notes = sung_notes(&notes, &reference, Some(&vowels), *are_repeats_optional);
                self.add_notes(&entry.name, &track, &notes, Some(&reference));
            }
        }
        self.add_voices(&entry.name, &track, entry.kind, !entry.is_human());
        Ok(())
    }

    fn add_notes(&mut self, name: &str, track: &Track, notes: &[SungNote], reference: Option<&[ReferencePitch]>) {
        self.onsets.push(name, onset_score::cells(track, notes, reference));
        self.rests.push(name, rest_score::cells(track, notes));
    }

    fn add_voices(&mut self, name: &str, track: &Track, kind: Kind, is_machine: bool) {
        // Among instruments and other voices a breath cannot be identified.
        if kind != Kind::Many {
            let (cells, times_s) = voices::breaths(track, is_machine);
            self.breaths.push(name, cells).times_s = times_s;
        }
        self.voices.push(name, voices::cells(track, kind));
    }

    /// What is not asked where there are no recordings but the demo song.
    pub(super) fn left_out(&self) -> Vec<String> {
        let sections = [&self.pitch, &self.onsets, &self.rests, &self.breaths, &self.voices];
        let rest = |section: &Section| if section.rows.is_empty() { "all" } else { "recordings" };
        sections.map(|section| format!("{}, {}: {}", section.title, rest(section), material::NEEDED)).to_vec()
    }

    /// All sections, in reading order.
    pub(super) fn into_sections(self) -> [Section; 5] {
        [self.pitch, self.onsets, self.rests, self.breaths, self.voices]
    }
}

fn pitch_cells(track: &Track, reference: &[ReferencePitch]) -> Vec<Cell> {
    let points = reference.iter().filter_map(|reference| {
        let heard_hz = f64::from(track.at(reference.time_s)?.f0_hz);
        Some(Point { true_hz: reference.f0_hz, heard_hz })
    });
    let score: PitchScore = points.collect();
    vec![
        Cell::at_most(score.gross_percent(), GROSS_PERCENT),
        Cell::plain(score.fine_cents()),
        Cell::at_least(score.voicing_agreement_percent(), VOICING_PERCENT),
        Cell::plain(score.missed_percent()),
        Cell::plain(score.false_percent()),
    ]
}
