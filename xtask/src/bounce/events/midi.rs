//! Notes and breaths as a standard MIDI file, to be shown in a DAW against the audio.
//!
//! In: notes, breaths and a tempo. Out: a file of format 0 with one track, which begins at the bounce's first sample:
//! put both at one place. A note is at the time when it is sung, on the key nearest to its pitch, with a velocity from
//! its level; notes without a pitch have no key and are left out. A breath is a marker at the time when it begins to be
//! heard.

use anyhow::Context;
use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};

use super::{Breath, BreathKind, Note};

/// Beats per minute of a file without a tempo. Source: the MIDI file standard.
const DEFAULT_BPM: f64 = 120.0;

/// Ticks of the time grid in a beat. Chosen: 0.13 ms at 120 beats per minute and 0.8 ms at 20, finer than the hops in
/// which notes are found.
const TICKS_PER_BEAT: u16 = 3840;

/// Level of a voice that reaches full scale, where it is loudest, dBFS rms. Measured: in the 27 recordings of the
/// public test material the peak is 5 to 15 dB, in the median 10 dB, above the level that 2 % of all tenths of a second
/// reach.
const FULL_LEVEL_DB: f64 = -10.0;

/// A track's name, description and tempo.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::bounce) struct Score {
    /// Its name.
    pub(in crate::bounce) name: String,
    /// Its description.
    pub(in crate::bounce) text: String,
    /// Beats per minute; `None` for 120.
    pub(in crate::bounce) tempo_bpm: Option<f64>,
}

/// The whole file.
pub(super) fn file<'a>(
    notes: impl Iterator<Item = &'a Note>,
    breaths: impl Iterator<Item = &'a Breath>,
    score: &Score,
) -> anyhow::Result<Vec<u8>> {
    let us_per_beat = (60e6 / score.tempo_bpm.unwrap_or(DEFAULT_BPM)).round();
    let ticks_per_s = 1e6 / us_per_beat * f64::from(TICKS_PER_BEAT);
    let mut track = vec![
        meta(MetaMessage::TrackName(score.name.as_bytes())),
        meta(MetaMessage::Text(score.text.as_bytes())),
        meta(MetaMessage::Tempo(u24::new(us_per_beat as u32))),
    ];
    let mut now = 0;
    let channel = u4::new(0);
    let sung = messages(notes, ticks_per_s);
    let sung = sung.into_iter().map(|(tick, message)| (tick, TrackEventKind::Midi { channel, message }));
    let mut events: Vec<(u64, TrackEventKind<'_>)> = markers(breaths, ticks_per_s).chain(sung).collect();
    events.sort_by_key(|(tick, _)| *tick);
    for (tick, kind) in events {
        let wait = u32::try_from(tick - now).ok().and_then(u28::try_from);
        let delta = wait.context("a rest is longer than a MIDI file can say at this tempo")?;
        track.push(TrackEvent { delta, kind });
        now = tick;
    }
    track.push(meta(MetaMessage::EndOfTrack));
    let header = Header::new(Format::SingleTrack, Timing::Metrical(u15::new(TICKS_PER_BEAT)));
    let mut file = Vec::new();
    Smf { header, tracks: vec![track] }.write_std(&mut file)?;
    Ok(file)
}

fn meta(message: MetaMessage) -> TrackEvent {
    TrackEvent { delta: u28::new(0), kind: TrackEventKind::Meta(message) }
}

/// A marker for each breath, by its tick from the file's beginning.
fn markers<'a>(
    breaths: impl Iterator<Item = &'a Breath>,
    ticks_per_s: f64,
) -> impl Iterator<Item = (u64, TrackEventKind<'static>)> {
    breaths.map(move |breath| {
        let text: &[u8] = match breath.kind {
            BreathKind::Added | BreathKind::ByHand => b"breath",
            BreathKind::Own => b"own breath",
        };
        (tick(breath.sung_s, ticks_per_s), TrackEventKind::Meta(MetaMessage::Marker(text)))
    })
}

fn tick(time_s: f64, ticks_per_s: f64) -> u64 {
    (time_s * ticks_per_s).round().max(0.0) as u64
}

/// Note-on and note-off messages by their ticks from the file's beginning. The singer sings one note at a time, so each
/// ends before the next begins.
fn messages<'a>(notes: impl Iterator<Item = &'a Note>, ticks_per_s: f64) -> Vec<(u64, MidiMessage)> {
    let tick = |time_s: f64| tick(time_s, ticks_per_s);
    let mut messages: Vec<(u64, MidiMessage)> = Vec::new();
    for note in notes {
        let Some((key, level_db)) = note.midi_note().map(u7::new).zip(note.level_db) else { continue };
        let mut start = tick(note.sung_s);
        if let [.., (last_start, _), (last_end, _)] = &mut messages[..] {
            start = start.max(*last_start + 1);
            *last_end = start.min(*last_end);
        }
        let end = tick(note.sung_end_s).max(start + 1);
        messages.push((start, MidiMessage::NoteOn { key, vel: u7::new(velocity(level_db)) }));
        messages.push((end, MidiMessage::NoteOff { key, vel: u7::new(0) }));
    }
    messages
}

/// The velocity of a level, by the inverse of the usual curve of 40 dB for a tenth of the velocity (General MIDI 2,
/// SoundFont 2.04).
fn velocity(level_db: f64) -> u8 {
    (127.0 * 10.0_f64.powf((level_db - FULL_LEVEL_DB) / 40.0)).round().clamp(1.0, 127.0) as u8
}

#[cfg(test)]
mod tests {
    use con_anima::analysis::Onset;

    use super::*;

    fn note(sung_s: f64, sung_end_s: f64, f0_hz: Option<f64>) -> Note {
        Note {
            onset_s: sung_s,
            end_s: sung_end_s,
            sung_s,
            sung_end_s,
            song_s: sung_s,
            planned_ms: 0.0,
            realized_ms: 0.0,
            kind: Onset::Voicing,
            f0_hz,
            level_db: Some(-20.0),
            tolerance_ms: 2.0,
        }
    }

    fn spans(notes: &[Note]) -> Vec<(u64, u64)> {
        let messages = messages(notes.iter(), 1000.0);
        messages.chunks(2).map(|pair| (pair[0].0, pair[1].0)).collect()
    }

    #[test]
    fn one_note_sounds_at_a_time_and_none_before_the_file() {
        let a = Some(440.0);
        let notes = [note(-0.03, 0.5, a), note(0.4, 0.6, a), note(0.6, 0.6, a), note(0.7, 0.8, None)];
        assert_eq!(spans(&notes), [(0, 400), (400, 600), (600, 601)]);
    }

    #[test]
    fn a_breath_is_a_marker_among_the_notes_where_it_is_heard() {
        let breath = |kind, sung_s| Breath { kind, start_s: sung_s, end_s: 9.0, sung_s, song_s: 0.0, level_db: -50.0 };
        let breaths = [breath(BreathKind::Own, 1.0), breath(BreathKind::Added, -0.1), breath(BreathKind::ByHand, 3.0)];
        let notes = [note(0.5, 0.8, Some(440.0)), note(2.0, 4.0, Some(440.0))];
        let score = Score { name: String::new(), text: String::new(), tempo_bpm: Some(60.0) };
        let bytes = file(notes.iter(), breaths.iter(), &score).expect("it can be written");
        let mut now = 0;
        let mut told = Vec::new();
        for event in &Smf::parse(&bytes).expect("a good file").tracks[0] {
            now += event.delta.as_int();
            let what = match event.kind {
                TrackEventKind::Meta(MetaMessage::Marker(text)) => String::from_utf8_lossy(text).into_owned(),
                TrackEventKind::Midi { message: MidiMessage::NoteOn { .. }, .. } => "on".to_owned(),
                TrackEventKind::Midi { message: MidiMessage::NoteOff { .. }, .. } => "off".to_owned(),
                _ => continue,
            };
            told.push((now, what));
        }
        let beat = |share: f64| (share * f64::from(TICKS_PER_BEAT)) as u32;
        let expected = [
            (0.0, "breath"),
            (0.5, "on"),
            (0.8, "off"),
            (1.0, "own breath"),
            (2.0, "on"),
            (3.0, "breath"),
            (4.0, "off"),
        ];
        assert_eq!(told, expected.map(|(share, what)| (beat(share), what.to_owned())));
    }

    #[test]
    fn louder_is_stronger_within_what_midi_has() {
        assert_eq!([-200.0, -50.0, -30.0, -10.0, 20.0].map(velocity), [1, 13, 40, 127, 127]);
    }

    #[test]
    fn a_rest_that_no_file_can_say_is_refused() {
        let score = Score { name: String::new(), text: String::new(), tempo_bpm: Some(999.0) };
        let refusal = file([note(9000.0, 9001.0, Some(220.0))].iter(), [].iter(), &score).expect_err("too long");
        assert!(refusal.to_string().contains("rest"), "{refusal}");
    }
}
