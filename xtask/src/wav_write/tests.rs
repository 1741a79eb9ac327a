//! Files that were written, read by the book.

use std::io::Cursor;

use super::*;

fn spec(n_channels: usize, depth: Depth) -> Spec {
    let (container, dither) = (Container::Wav, Dither::Off);
    Spec { n_channels, sample_rate_hz: 48_000, depth, container, packing: Packing::Small, dither, n_samples: None }
}

fn samples(n_channels: usize, n: usize) -> Vec<Vec<f32>> {
    let value = |channel: usize, n: usize| ((n * 31 + channel * 7) % 251) as f32 / 256.0 - 0.5;
    (0..n_channels).map(|channel| (0..n).map(|n| value(channel, n)).collect()).collect()
}

fn done() -> Done {
    Done {
        software: "Con Anima 1".to_owned(),
        comment: vec!["amount=1".to_owned()],
        edits: vec!["humanized".to_owned()],
    }
}

/// Writes in pieces of `piece` samples.
fn written(spec: &Spec, metadata: &Metadata, channels: &[Vec<f32>], piece: usize) -> (Vec<u8>, Finished) {
    let mut file = Cursor::new(Vec::new());
    let mut writer = Writer::new(&mut file, spec, metadata).expect("a file can be");
    for start in (0..channels[0].len()).step_by(piece) {
        let end = channels[0].len().min(start + piece);
        let piece: Vec<_> = channels.iter().map(|channel| channel[start..end].to_vec()).collect();
        writer.write(&piece).expect("memory takes everything");
    }
    let finished = writer.finish(&done()).expect("complete");
    (file.into_inner(), finished)
}

fn long(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("4 bytes"))
}

/// Names, places and sizes of the chunks; sizes of RF64 are taken from `ds64`.
fn chunks(file: &[u8]) -> Vec<(String, usize, usize)> {
    let (mut chunks, mut at, mut data_bytes) = (Vec::new(), 12, None);
    while at < file.len() {
        let name = String::from_utf8_lossy(&file[at..at + 4]).into_owned();
        let mut size = long(file, at + 4) as usize;
        if name == "ds64" {
            data_bytes = Some(long(file, at + 16) as usize);
        }
        if name == "data" && size == u32::MAX as usize {
            size = data_bytes.expect("a ds64 chunk");
        }
        chunks.push((name, at + 8, size));
        at += 8 + size.next_multiple_of(2);
    }
    assert_eq!(at, file.len(), "the last chunk ends with the file");
    chunks
}

fn body<'a>(file: &'a [u8], name: &str) -> &'a [u8] {
    let (_, at, size) = chunks(file).into_iter().find(|(id, ..)| id == name).unwrap_or_else(|| panic!("no {name}"));
    &file[at..at + size]
}

#[test]
fn the_size_of_pieces_makes_no_difference() {
    for depth in [Depth::Int16, Depth::Int24, Depth::Float32] {
        for dither in [Dither::Off, Dither::Triangular] {
            let spec = Spec { dither, ..spec(3, depth) };
            let channels = samples(3, 1001);
            let whole = written(&spec, &Metadata::default(), &channels, 1001);
            assert!(whole == written(&spec, &Metadata::default(), &channels, 7), "{depth:?} {dither:?}");
        }
    }
}

#[test]
fn a_header_that_is_not_told_a_length_has_room_for_a_longer_one() {
    let names = |n_samples| {
        let (file, _) = written(&Spec { n_samples, ..spec(1, Depth::Int16) }, &Metadata::default(), &samples(1, 9), 9);
        assert_eq!(long(&file, 4) as usize, file.len() - 8);
        chunks(&file).into_iter().map(|(name, ..)| name).collect::<Vec<_>>()
    };
    assert_eq!(names(None), ["JUNK", "fmt ", "data", "LIST"]);
    assert_eq!(names(Some(9)), ["fmt ", "data", "LIST"]);
    assert_eq!(names(Some(u64::MAX)), ["JUNK", "fmt ", "data", "LIST"]);
}

#[test]
fn a_file_beyond_the_limit_becomes_an_rf64() {
    for depth in [Depth::Int16, Depth::Float32] {
        let mut file = Cursor::new(Vec::new());
        let mut wav = WavFile::with_limit(&mut file, &spec(1, depth), &Metadata::default(), 1000).expect("a file");
        let data = vec![0x55; 500 * depth.bytes()];
        wav.write(&data).expect("written");
        wav.finish(500, &done()).expect("complete");
        let file = file.into_inner();
        assert_eq!(&file[..12], b"RF64\xff\xff\xff\xffWAVE");
        let ds64 = body(&file, "ds64");
        let wide = |at: usize| u64::from_le_bytes(ds64[at..at + 8].try_into().expect("8 bytes"));
        assert_eq!([wide(0), wide(8), wide(16)], [file.len() as u64 - 8, data.len() as u64, 500]);
        assert_eq!(chunks(&file)[0].1, 20, "ds64 is the first chunk");
        assert_eq!(body(&file, "data"), data);
    }
}

#[test]
fn more_than_was_announced_is_refused() {
    let spec = Spec { n_samples: Some(5), ..spec(1, Depth::Int16) };
    let mut writer = Writer::new(Cursor::new(Vec::new()), &spec, &Metadata::default()).expect("a file");
    writer.write(&samples(1, 5)).expect("as announced");
    assert!(writer.write(&samples(1, 1)).is_err());
}

#[test]
fn channels_that_do_not_fit_are_refused() {
    let mut writer =
        Writer::new(Cursor::new(Vec::new()), &spec(2, Depth::Int16), &Metadata::default()).expect("a file");
    assert!(writer.write(&samples(1, 5)).is_err());
    assert!(writer.write(&[vec![0.0; 5], vec![0.0; 4]]).is_err());
}

#[test]
fn chunks_of_the_source_stand_before_the_samples_and_tags_behind() {
    let mut metadata = Metadata::default();
    metadata.channel_mask = Some(0x3);
    let bext = [&[b'b'; 338][..], &[1, 2, 3, 4, 5, 6, 7, 8], &[1, 0], &[0; 254], b"A=PCM,F=44100\r\n"].concat();
    metadata.take_chunk(*b"bext", bext.clone());
    metadata.take_chunk(*b"iXML", b"<BWFXML/>".to_vec());
    metadata.take_chunk(*b"cue ", vec![0; 4]);
    metadata.take_chunk(*b"LIST", b"INFOIART\x05\0\0\0Anna\0\0ISFT\x02\0\0\0X\0".to_vec());
    let (file, finished) = written(&spec(2, Depth::Int16), &metadata, &samples(2, 100), 10);
    let names: Vec<_> = chunks(&file).into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names, ["JUNK", "fmt ", "bext", "iXML", "cue ", "data", "LIST"]);
    assert_eq!(body(&file, "iXML"), b"<BWFXML/>");
    assert_eq!(body(&file, "bext")[338..346], bext[338..346], "the time reference");
    let history = String::from_utf8_lossy(&body(&file, "bext")[602..]).into_owned();
    let expected = "A=PCM,F=44100\r\nA=PCM,F=48000,W=16,M=stereo,T=Con Anima 1; humanized\r\n";
    assert_eq!(history.trim_end_matches('\0'), expected);
    let list = String::from_utf8_lossy(body(&file, "LIST")).into_owned();
    assert!(list.contains("Con Anima 1\0") && list.contains("amount=1; humanized\0") && list.contains("Anna\0"));
    assert!(!list.contains("ISFT\x02"), "{list:?}");
    assert_eq!(long(body(&file, "fmt "), 20), 3, "speaker positions");
    assert!(finished.remarks.is_empty());
}

#[test]
fn what_has_no_place_is_told() {
    let mut metadata = Metadata::default();
    metadata.take_tag("BPM", "96");
    metadata.take_chunk(*b"cue ", vec![0; 4]);
    let (_, finished) = written(&spec(1, Depth::Int16), &metadata, &samples(1, 9), 9);
    assert!(finished.remarks[0].contains("BPM"), "{:?}", finished.remarks);
    let flac = Spec { container: Container::Flac, ..spec(1, Depth::Int16) };
    let (_, finished) = written(&flac, &metadata, &samples(1, 9), 9);
    assert!(finished.remarks[0].contains("cue") && !finished.remarks[0].contains("BPM"), "{:?}", finished.remarks);
}

#[test]
fn what_exceeds_full_scale_is_counted_over_all_pieces() {
    let (_, finished) = written(&spec(1, Depth::Int16), &Metadata::default(), &[vec![2.0; 40_000]], 33_000);
    assert_eq!((finished.n_clipped, finished.n_samples), (40_000, 40_000));
}

#[test]
fn files_that_cannot_be_are_refused_before_anything_is_written() {
    let flac = |n_channels, depth| Spec { container: Container::Flac, ..spec(n_channels, depth) };
    let cases = [
        (spec(20_000, Depth::Float32), "20000 channels"),
        (spec(0, Depth::Int16), "a channel"),
        (flac(1, Depth::Float32), "whole numbers"),
        (flac(9, Depth::Int16), "8 channels"),
    ];
    for (spec, reason) in cases {
        let error = spec.check().expect_err(reason).to_string();
        assert!(error.contains(reason), "{error}");
    }
}
