//! WAVs of every kind, whole.

use std::io::Write;

use xtask::audio_file::{self, Faults, OnDisk, Source};
use xtask::wav_write::Depth;

use crate::files::{OnFile, chunk, floats, format_chunk, read_as, read_in_pieces, refused, riff, tones, wav_16};

#[test]
fn every_depth_is_read_to_the_bit() {
    let steps = [-1.0_f64, -0.5, 0.0, 0.25, 127.0 / 128.0];
    let ints = |bytes: usize| {
        let value = |step: &f64| (step * 2_f64.powi(bytes as i32 * 8 - 1)) as i64;
        steps.iter().flat_map(|step| value(step).to_le_bytes()[..bytes].to_vec()).collect::<Vec<u8>>()
    };
    let unsigned = steps.iter().map(|step| (step * 128.0 + 128.0) as u8).collect();
    let cases = [
        (1, 8, unsigned, Depth::Int16),
        (1, 16, ints(2), Depth::Int16),
        (1, 24, ints(3), Depth::Int24),
        (1, 32, ints(4), Depth::Float32),
        (3, 32, steps.iter().flat_map(|step| (*step as f32).to_le_bytes()).collect(), Depth::Float32),
        (3, 64, steps.iter().flat_map(|step| step.to_le_bytes()).collect(), Depth::Float32),
    ];
    for (tag, bits, data, depth) in cases {
        let file = riff(&[format_chunk(tag, 1, 48_000, bits), chunk(b"data", &data)]);
        let read = read_as("in.wav", &file).expect("a WAV");
        assert_eq!(read.channels, [steps.map(|step| step as f32)], "{tag} {bits}");
        assert_eq!((read.shape.depth, read.shape.n_samples), (depth, Some(5)));
        let is_told = !read.remarks.is_empty();
        assert_eq!(is_told, [(1, 8), (1, 32), (3, 64)].contains(&(tag, bits)), "{tag} {bits}: {:?}", read.remarks);
    }
}

#[test]
fn the_size_of_pieces_makes_no_difference() {
    let samples = tones(30_000);
    let file = OnFile::new("in.wav", &wav_16(3, &samples));
    let expected: Vec<Vec<f32>> = (0..3).map(|n| floats(&samples).into_iter().skip(n).step_by(3).collect()).collect();
    for piece in [1, 7, 999, 10_000, usize::MAX] {
        assert!(read_in_pieces(file.path(), Faults::Refuse, piece).expect("a WAV").channels == expected, "{piece}");
    }
    assert!(audio_file::read(file.path()).expect("a WAV").channels == expected);
}

#[test]
fn a_wrong_extension_and_tags_in_front_do_not_matter() {
    let samples = tones(2000);
    let tagged = [&b"ID3\x04\0\0\0\0\0\x03abc"[..], &wav_16(1, &samples)].concat();
    for (name, bytes) in [("in.mp3", wav_16(1, &samples)), ("in", wav_16(1, &samples)), ("in.wav", tagged)] {
        assert_eq!(read_as(name, &bytes).expect("a WAV").channels, [floats(&samples)], "{name}");
    }
}

#[test]
fn more_channels_than_speakers_have_positions_are_read() {
    let samples = tones(40 * 100);
    let read = read_as("in.wav", &wav_16(40, &samples)).expect("a WAV");
    assert_eq!((read.channels.len(), read.n_samples()), (40, 100));
}

#[test]
fn a_pipe_is_read_like_a_file() {
    let samples = tones(50_000);
    let copy = audio_file::spool(wav_16(1, &samples).as_slice()).expect("a copy");
    for _ in 0..2 {
        let read = read_in_pieces(copy.path(), Faults::Refuse, 4096).expect("a WAV");
        assert_eq!(read.channels, [floats(&samples)]);
    }
}

#[test]
#[cfg(unix)]
fn a_named_pipe_is_opened_like_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo runs").success());
    let samples = tones(50_000);
    let file = OnFile::new("in.wav", &wav_16(1, &samples));
    let mut writer = std::process::Command::new("cp").arg(file.path()).arg(&path).spawn().expect("cp runs");
    let recording = audio_file::read(&path).expect("a WAV");
    assert!(writer.wait().expect("cp ends").success());
    assert_eq!(recording.channels, [floats(&samples)]);
    assert!(matches!(OnDisk::of(folder.path()), Err(error) if format!("{error:#}").contains("folder")));
}

/// The file has holes, so it takes no room on the disk.
#[test]
#[cfg(unix)]
fn sizes_that_wrapped_beyond_4_gib_lose_no_sample() {
    use std::io::{Seek, SeekFrom};
    let header = [&b"RIFF\0\0\0\0WAVE"[..], &format_chunk(1, 1, 48_000, 16), b"data", &1000_u32.to_le_bytes()].concat();
    let file = OnFile::new("in.wav", &header);
    let n_bytes = (1_u64 << 32) + 1000;
    for behind in [Vec::new(), chunk(b"LIST", b"INFO")] {
        let mut long = std::fs::OpenOptions::new().write(true).open(file.path()).expect("the file");
        long.set_len(header.len() as u64 + n_bytes).expect("holes");
        long.seek(SeekFrom::End(0)).expect("its end");
        long.write_all(&behind).expect("a chunk");
        let source = Source::open(file.path(), Faults::Refuse).expect("a WAV");
        assert_eq!(source.shape().n_samples, Some(n_bytes / 2));
        assert!(source.remarks()[0].contains("counts 500 samples"), "{:?}", source.remarks());
    }
}

#[test]
fn what_is_refused_names_the_file_and_what_it_is() {
    let opus = [&b"OggS\0\x02"[..], &[0; 22], b"OpusHead\x01\x01", &[0; 400]].concat();
    let mp3_inside = riff(&[format_chunk(0x55, 1, 48_000, 16), chunk(b"data", &[1; 64])]);
    let cases = [
        ("in.opus", opus, "it is an Opus file, which is not read; convert it to WAV or FLAC"),
        ("in.wav", b"RIFF\x10\0\0\0AVI LIST\0\0\0\0".to_vec(), "AVI"),
        ("in.au", b".snd\0\0\0\x18\xff\xff\xff\xff\0\0\0\x03".to_vec(), "an AU file"),
        ("in.wav", mp3_inside, "MP3"),
        ("in.flac", b"fLaC\0\0\0\x22nothing more than this".to_vec(), "FLAC"),
        ("in.aiff", b"FORM\0\0\0\x04AIFFCOMM".to_vec(), "AIFF"),
        ("in.mka", b"\x1a\x45\xdf\xa3\x80".repeat(9), "Matroska"),
        ("in.m4a", b"\0\0\0\x14ftypM4A \0\0\0\0M4A \0\0\0\x08free".to_vec(), "MP4"),
        ("in.txt", b"words and words\n".repeat(99), "no format that is read"),
    ];
    for (name, bytes, words) in cases {
        let error = refused(name, &bytes);
        assert!(error.contains(name) && error.contains(words), "{name}: {error}");
        assert!(!error.contains("malformed") && !error.contains("unsupported feature"), "{error}");
    }
}
