//! The songs that the project makes itself, for runs without recordings.
//!
//! In: a folder. Out: the demo melody, sung by the demo singer as a woman, and an octave lower as a man.

use std::path::Path;

use con_anima::demo::{Voice, demo_song, sing};
use xtask::audio_file::Recording;
use xtask::wav_write::Depth;

use super::renders::{self, Singer, Song};

/// The song that is asked about where only one is.
pub(super) const FIRST: &str = "demo_woman";

/// Each song's name, who sings it, and how much higher than it is written, semitones. Chosen: the range of a tenor.
const SONGS: [(&str, Voice, f64); 2] = [(FIRST, Voice::Woman, 0.0), ("demo_man", Voice::Man, -12.0)];

/// Their rate, Hz. Chosen: what most sessions run at.
const SAMPLE_RATE_HZ: u32 = 48_000;

/// Sings them. Their files are to be in `folder`, but are not written yet.
pub(super) fn songs(folder: &Path) -> Vec<Song> {
    let song = |(name, voice, semitones): (&str, Voice, f64)| {
        let mut song = demo_song();
        song.voice = voice;
        song.notes.iter_mut().for_each(|note| note.midi += semitones);
        let channels = vec![sing(&song, f64::from(SAMPLE_RATE_HZ)).samples];
        Song {
            name: name.to_owned(),
            path: folder.join(format!("{name}.wav")),
            singer: Singer::Machine,
            recording: Recording { channels, sample_rate_hz: SAMPLE_RATE_HZ, depth: Depth::Int24 },
            score: None,
        }
    };
    SONGS.map(song).to_vec()
}

/// Writes them as they are, for programs that read files, and for people to compare.
pub(super) fn write(songs: &[Song]) -> anyhow::Result<()> {
    for Song { path, recording, .. } in songs {
        renders::write_wav(path, &recording.channels, recording.sample_rate_hz, "the demo vocal, untouched", &[])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_man_sings_the_womans_melody_an_octave_lower() {
        let folder = tempfile::tempdir().expect("a folder");
        let songs = songs(folder.path());
        write(&songs).expect("a folder that takes files");
        let pitches_hz = songs.iter().map(|song| {
            let recording = xtask::audio_file::read(&song.path).expect("a WAV");
            assert!(song.is_machine() && recording.n_samples() == song.recording.n_samples());
            let values = xtask::measure::statistics(&recording, 4.0).expect("a voice");
            values.iter().find(|(id, _)| *id == "f0_med_hz").expect("it has a pitch").1
        });
        let [woman_hz, man_hz] = pitches_hz.collect::<Vec<_>>()[..] else { panic!("two songs") };
        assert!((woman_hz / man_hz - 2.0).abs() < 0.01, "{woman_hz} and {man_hz}");
    }
}
