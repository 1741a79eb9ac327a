//! A song's sections: how much of everything there is in verse and chorus.
//!
//! In: a table of `time_s,name,amount`, or the markers of a MIDI file or of a WAV, whose names end in the amount, as
//! "Chorus 80", or in a scene, as "Chorus scene 2". Out: movements of Humanize, or from scene to scene, that hold until
//! the next section, and a MIDI file's tempos.

use std::path::Path;

use anyhow::{Context, ensure};
use con_anima::settings::Tempo;
use midly::{MetaMessage, Smf, Timing, TrackEventKind};

use crate::audio_file::{Faults, Source};
use crate::automation::{Automation, InNumbers};

/// The parameters that sections set.
const AMOUNT: &str = "amount";
const SCENE: &str = "scene";

/// The sections of a song, and how fast it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sections {
    /// Humanize at any time.
    pub(crate) moves: Automation,
    /// The song's tempos, if the file tells any.
    pub(crate) tempos: Option<TempoMap>,
}

/// One section.
#[derive(Clone, Debug, PartialEq)]
struct Section {
    time_s: f64,
    name: String,
    amount: String,
}

impl Sections {
    /// Reads a file; its name says what it is.
    pub(crate) fn read(path: &Path, in_numbers: &InNumbers<'_>) -> anyhow::Result<Self> {
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let read = || match extension.as_str() {
            "mid" | "midi" => Self::of_midi(&std::fs::read(path)?, in_numbers),
            "wav" | "wave" | "bwf" => Self::of_wav(path, in_numbers),
            _ => Self::of_table(&std::fs::read_to_string(path)?, in_numbers),
        };
        read().with_context(|| format!("cannot use sections '{}'", path.display()))
    }

    fn of_table(text: &str, in_numbers: &InNumbers<'_>) -> anyhow::Result<Self> {
        let mut sections = Vec::new();
        let mut is_first = true;
        for record in crate::table::reader(text).records() {
            let record = record?;
            let is_header = std::mem::take(&mut is_first) && record.get(0) == Some("time_s");
            let line = record.position().map_or(0, csv::Position::line);
            let fields: Vec<&str> = record.iter().collect();
            match fields[..] {
                _ if is_header => {}
                [time, name, amount] => {
                    let time_s = time.parse().ok().filter(|time_s: &f64| time_s.is_finite());
                    let time_s = time_s.with_context(|| format!("line {line}: '{time}' is no time in seconds"))?;
                    sections.push(Section { time_s, name: name.to_owned(), amount: amount.to_owned() });
                }
                _ => anyhow::bail!("line {line}: a section is time_s,name,amount, not {} columns", fields.len()),
            }
        }
        Ok(Self { moves: moves(&sections, in_numbers)?, tempos: None })
    }

    fn of_midi(bytes: &[u8], in_numbers: &InNumbers<'_>) -> anyhow::Result<Self> {
        let song = Smf::parse(bytes).context("it is no MIDI file")?;
        let Timing::Metrical(ticks_per_beat) = song.header.timing else {
            anyhow::bail!("its time is counted in frames, not in beats");
        };
        let (mut tempos, mut markers) = (Vec::new(), Vec::new());
        for track in &song.tracks {
            let mut tick = 0_u64;
            for event in track {
                tick += u64::from(event.delta.as_int());
                match event.kind {
                    TrackEventKind::Meta(MetaMessage::Tempo(us_per_beat)) => {
                        tempos.push((tick, f64::from(us_per_beat.as_int()) / 1e6));
                    }
                    TrackEventKind::Meta(MetaMessage::Marker(name)) => {
                        markers.push((tick, String::from_utf8_lossy(name).trim().to_owned()));
                    }
                    _ => {}
                }
            }
        }
        let map = TempoMap::new(f64::from(ticks_per_beat.as_int()), &tempos)?;
        let sections: Vec<Section> =
            markers.into_iter().map(|(tick, name)| section(map.time_s(tick as f64), name)).collect::<Result<_, _>>()?;
        Ok(Self { moves: moves(&sections, in_numbers)?, tempos: (!tempos.is_empty()).then_some(map) })
    }

    fn of_wav(path: &Path, in_numbers: &InNumbers<'_>) -> anyhow::Result<Self> {
        let source = Source::open(path, Faults::Refuse)?;
        let rate_hz = f64::from(source.shape().sample_rate_hz);
        let markers = source.shape().metadata.markers();
        ensure!(!markers.is_empty(), "it has no markers");
        let named = |(sample, name): (u64, String)| section(sample as f64 / rate_hz, name);
        Ok(Self {
            moves: moves(&markers.into_iter().map(named).collect::<Result<Vec<_>, _>>()?, in_numbers)?,
            tempos: None,
        })
    }
}

/// The section that a marker begins: the last word of its name is the amount.
fn section(time_s: f64, name: String) -> anyhow::Result<Section> {
    let mut words = name.rsplit(char::is_whitespace).filter(|word| !word.is_empty());
    let (last, before) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    ensure!(
        last.trim_end_matches('%').parse::<f64>().is_ok(),
        "the marker '{name}' at {time_s:.3} s says no amount: let its name end in one, as 'Chorus 80', or in a \
         scene, as 'Chorus scene 2'"
    );
    let amount = if before.eq_ignore_ascii_case(SCENE) { format!("{SCENE} {last}") } else { last.to_owned() };
    Ok(Section { time_s, name, amount })
}

/// The parameter that a section sets, and its value.
fn set_by(amount: &str) -> (&'static str, &str) {
    let scene = amount.get(..SCENE.len()).filter(|start| start.eq_ignore_ascii_case(SCENE));
    match scene {
        Some(_) => (SCENE, amount[SCENE.len()..].trim()),
        None => (AMOUNT, amount.trim_end_matches('%').trim()),
    }
}

/// Humanize and scenes as the sections have them.
fn moves(sections: &[Section], in_numbers: &InNumbers<'_>) -> anyhow::Result<Automation> {
    let mut moves = Automation::default();
    for Section { time_s, name, amount } in sections {
        let (id, value) = set_by(amount);
        moves
            .hold(*time_s, id, &in_numbers(id, value))
            .with_context(|| format!("section '{name}' at {time_s:.3} s"))?;
    }
    moves.checked()
}

/// Where the beats of a song are whose tempo changes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TempoMap {
    ticks_per_beat: f64,
    /// In order of time, the first at the song's beginning.
    changes: Vec<Change>,
}

/// From here on the song is so fast.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Change {
    time_s: f64,
    beats: f64,
    s_per_beat: f64,
}

/// The tempo of a MIDI file until it tells one. Source: Standard MIDI Files 1.0, "Set Tempo": 120 beats per minute.
const DEFAULT_S_PER_BEAT: f64 = 0.5;

impl TempoMap {
    /// Of ticks and seconds per beat from there on.
    fn new(ticks_per_beat: f64, tempos: &[(u64, f64)]) -> anyhow::Result<Self> {
        ensure!(ticks_per_beat > 0.0, "it has no ticks in a beat");
        ensure!(tempos.iter().all(|(_, s_per_beat)| *s_per_beat > 0.0), "one of its tempos is no number to count by");
        let mut tempos = tempos.to_vec();
        tempos.sort_by_key(|(tick, _)| *tick);
        let mut map = Self { ticks_per_beat, changes: Vec::new() };
        map.changes.push(Change { time_s: 0.0, beats: 0.0, s_per_beat: DEFAULT_S_PER_BEAT });
        for (tick, s_per_beat) in tempos {
            let change = Change { time_s: map.time_s(tick as f64), beats: tick as f64 / ticks_per_beat, s_per_beat };
            // Of several at one place the last holds.
            map.changes.retain(|before| before.beats < change.beats);
            map.changes.push(change);
        }
        Ok(map)
    }

    /// Seconds from the song's beginning.
    fn time_s(&self, tick: f64) -> f64 {
        let beats = tick / self.ticks_per_beat;
        let index = self.changes.partition_point(|change| change.beats <= beats).saturating_sub(1);
        let Change { time_s, beats: from, s_per_beat } = self.changes[index];
        time_s + (beats - from) * s_per_beat
    }

    /// The tempo at a song position, seconds.
    pub(crate) fn tempo_at(&self, position_s: f64) -> Tempo {
        let index = self.changes.partition_point(|change| change.time_s <= position_s).saturating_sub(1);
        let Change { time_s, beats, s_per_beat } = self.changes[index];
        Tempo::through(60.0 / s_per_beat, beats, time_s).unwrap_or(Tempo::UNKNOWN)
    }
}

#[cfg(test)]
mod tests {
    use con_anima::params::Values;
    use midly::num::{u15, u24, u28};
    use midly::{Format, Header, TrackEvent};

    use super::*;
    use crate::automation::as_written;

    fn amount_at(sections: &Sections, time_s: f64) -> f32 {
        sections.moves.values_at(time_s, &Values::default()).get(AMOUNT).expect("known")
    }

    #[test]
    fn a_section_holds_until_the_next() {
        let sections =
            Sections::of_table("time_s,name,amount\n0,Verse,50\n12.5,Chorus,110%\n", &as_written).expect("good");
        let amounts = [-3.0, 0.0, 12.499, 12.5, 99.0].map(|time_s| amount_at(&sections, time_s));
        assert_eq!(amounts, [50.0, 50.0, 50.0, 110.0, 110.0]);
    }

    #[test]
    fn a_section_may_name_a_scene() {
        let sections = Sections::of_table("0,Verse,scene 1\n12,Chorus,Scene 2.5\n", &as_written).expect("good");
        let at = |time_s| sections.moves.values_at(time_s, &Values::default()).get(SCENE).expect("known");
        assert_eq!([at(0.0), at(12.0)], [1.0, 2.5]);
        let marker = section(3.0, "Last chorus  scene 2".to_owned()).expect("good");
        assert_eq!(set_by(&marker.amount), (SCENE, "2"));
    }

    fn midi(events: &[(u32, MetaMessage<'_>)]) -> Vec<u8> {
        let mut track: Vec<TrackEvent<'_>> = Vec::new();
        for (delta, message) in events {
            track.push(TrackEvent { delta: u28::new(*delta), kind: TrackEventKind::Meta(*message) });
        }
        track.push(TrackEvent { delta: u28::new(0), kind: TrackEventKind::Meta(MetaMessage::EndOfTrack) });
        let header = Header::new(Format::SingleTrack, Timing::Metrical(u15::new(480)));
        let mut bytes = Vec::new();
        Smf { header, tracks: vec![track] }.write_std(&mut bytes).expect("memory takes everything");
        bytes
    }

    #[test]
    fn markers_lie_where_the_tempos_of_their_file_put_them() {
        // Four beats at 120, then 60 beats per minute: the second marker is 4 × 0.5 + 2 × 1 s from the beginning.
        let bytes = midi(&[
            (0, MetaMessage::Marker(b"Verse 40")),
            (4 * 480, MetaMessage::Tempo(u24::new(1_000_000))),
            (2 * 480, MetaMessage::Marker(b"Last chorus 120%")),
        ]);
        let sections = Sections::of_midi(&bytes, &as_written).expect("good");
        assert_eq!([3.999, 4.0].map(|time_s| amount_at(&sections, time_s)), [40.0, 120.0]);
        let tempos = sections.tempos.expect("it has one");
        let [slow, fast] = [5.0, 1.0].map(|time_s| tempos.tempo_at(time_s));
        assert_eq!((fast.beats_per_s, slow.beats_per_s), (2.0, 1.0));
        assert!((slow.beats(4.0) - 6.0).abs() < 1e-9 && (fast.beats(1.0) - 2.0).abs() < 1e-9);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let refusal = |sections: anyhow::Result<Sections>| format!("{:#}", sections.expect_err("bad"));
        let table = |text: &str| refusal(Sections::of_table(text, &as_written));
        for (text, part) in [
            ("0,Verse", "2 columns"),
            ("x,Verse,50", "'x' is no time"),
            ("0,Verse,200", "150"),
            ("0,Verse,loud", "Verse"),
            ("", "no points"),
        ] {
            assert!(table(text).contains(part), "{text}: {}", table(text));
        }
        assert!(refusal(Sections::of_midi(b"no", &as_written)).contains("no MIDI file"));
        let nameless = refusal(Sections::of_midi(&midi(&[(0, MetaMessage::Marker(b"Chorus"))]), &as_written));
        assert!(nameless.contains("'Chorus' at 0.000 s") && nameless.contains("Chorus 80"), "{nameless}");
    }
}
