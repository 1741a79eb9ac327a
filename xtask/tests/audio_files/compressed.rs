//! Compressed files: their length, their alignment, and files that were joined.

use std::fs::File;

use xtask::audio_file::Faults;
use xtask::wav_write::{Container, Depth, Dither, Done, Packing, Spec, Writer, software};

use crate::files::{OnFile, floats, mp3, read_as, read_in_pieces, tones};

/// A FLAC file of these samples, of one channel.
fn flac(samples: &[i16]) -> Vec<u8> {
    let spec = Spec {
        n_channels: 1,
        sample_rate_hz: 48_000,
        depth: Depth::Int16,
        container: Container::Flac,
        packing: Packing::Small,
        dither: Dither::Off,
        n_samples: None,
    };
    let file = OnFile::new("made.flac", b"");
    let mut writer =
        Writer::new(File::create(file.path()).expect("a file"), &spec, &Default::default()).expect("it can be");
    writer.write(&[floats(samples)]).expect("written");
    writer.finish(&Done { software: software(), ..Done::default() }).expect("complete");
    std::fs::read(file.path()).expect("its bytes")
}

#[test]
fn an_info_tag_says_what_of_an_mp3_is_heard() {
    let read = read_as("in.mp3", &mp3(10, Some((576, 1000)))).expect("an MP3");
    let n = 11_520 - 576 - 1000;
    assert_eq!((read.n_samples(), read.shape.n_samples), (n, Some(n as u64)));
    assert!(read.remarks.is_empty(), "{:?}", read.remarks);
}

#[test]
fn frames_that_are_padding_as_a_whole_are_left_out() {
    let read = read_as("in.mp3", &mp3(50, Some((576, 4000)))).expect("an MP3");
    assert_eq!(read.n_samples(), 57_600 - 576 - 4000);
    assert!(read.remarks.is_empty(), "{:?}", read.remarks);
}

#[test]
fn an_mp3_without_an_info_tag_tells_that_its_alignment_is_not_known() {
    let read = read_as("in.mp3", &mp3(10, None)).expect("an MP3");
    assert_eq!((read.n_samples(), read.shape.n_samples), (11_520, None));
    assert!(read.tells("alignment is not known: MP3 without an info tag"), "{:?}", read.remarks);
}

#[test]
fn an_mp3_that_is_called_a_wav_is_read() {
    assert_eq!(read_as("in.wav", &mp3(10, Some((576, 1000)))).expect("an MP3").n_samples(), 9944);
}

#[test]
fn joined_mp3_files_are_read_one_behind_the_other() {
    let joined = [mp3(30, Some((576, 1000))), mp3(10, Some((576, 900))), mp3(20, Some((576, 600)))].concat();
    let read = read_as("in.mp3", &joined).expect("MP3 files");
    let expected: i32 = [(30, 1000), (10, 900), (20, 600)].map(|(n, padding)| n * 1152 - 576 - padding).iter().sum();
    assert_eq!(read.n_samples(), expected as usize);
    assert!(read.tells("3 files are joined"), "{:?}", read.remarks);
    assert_eq!(read.shape.n_samples, None);
}

#[test]
fn joined_flac_files_are_read_one_behind_the_other() {
    let samples = tones(60_000);
    let (first, second) = samples.split_at(45_000);
    let joined = [flac(first), flac(second)].concat();
    let read = read_as("in.flac", &joined).expect("FLAC files");
    assert!(read.channels == [floats(&samples)]);
    assert!(read.tells("2 files are joined"), "{:?}", read.remarks);
}

#[test]
fn frames_behind_those_that_the_info_tag_counts_are_told() {
    let file = [mp3(20, Some((576, 1000))), mp3(30, None)].concat();
    let read = read_as("in.mp3", &file).expect("an MP3");
    assert_eq!(read.n_samples(), 20 * 1152 - 576 - 1000);
    assert!(read.tells("goes on behind the samples that it counts"), "{:?}", read.remarks);
}

#[test]
fn a_cut_off_file_is_refused_with_what_it_promises() {
    let file = mp3(50, Some((576, 1000)));
    let error = format!("{:#}", read_as("in.mp3", &file[..file.len() / 2]).expect_err("cut off"));
    assert!(error.contains("cut off") && error.contains("56024"), "{error}");
    let file = flac(&tones(60_000));
    let error = format!("{:#}", read_as("in.flac", &file[..file.len() - 9000]).expect_err("cut off"));
    assert!(error.contains("in.flac") && error.contains("promises 60000"), "{error}");
}

/// Bytes in the middle of a file are overwritten. Frames of an encoder of the test are 4096 samples.
#[test]
fn damage_is_refused_with_its_place_or_becomes_silence_of_the_same_length() {
    let samples = tones(60_000);
    let mut file = flac(&samples);
    let middle = file.len() * 2 / 3;
    file[middle..middle + 40].fill(0x33);
    let file = OnFile::new("in.flac", &file);
    let error = format!("{:#}", read_in_pieces(file.path(), Faults::Refuse, 4096).expect_err("damaged"));
    assert!(error.contains("damaged after sample"), "{error}");
    let read = read_in_pieces(file.path(), Faults::Silence, 4096).expect("silence");
    assert_eq!(read.n_samples(), 60_000);
    let expected = floats(&samples);
    let wrong: Vec<usize> = (0..60_000).filter(|n| read.channels[0][*n] != expected[*n]).collect();
    let (first, last) = (wrong[0], wrong[wrong.len() - 1]);
    assert!(last - first < 2 * 4096, "{first} to {last}");
    assert!(wrong.iter().all(|n| read.channels[0][*n] == 0.0));
    assert!(read.tells("damaged frame") && read.tells("became silence"), "{:?}", read.remarks);
}
