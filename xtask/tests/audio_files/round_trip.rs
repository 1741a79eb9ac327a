//! What is read and written again comes back.

use std::fs::File;
use std::path::Path;

use xtask::audio_file::{Faults, Source};
use xtask::wav_write::{Container, Depth, Dither, Done, Finished, Packing, Spec, Writer, software};

use crate::files::{OnFile, chunk, floats, format_chunk, read_in_pieces, riff, tones, wav_16};

/// Copies a file through reader and writer, a piece at a time.
fn copied(from: &Path, to: &Path, container: Container, depth: Option<Depth>) -> Finished {
    let mut source = Source::open(from, Faults::Refuse).expect("a recording");
    let shape = source.shape().clone();
    let spec = Spec {
        n_channels: shape.n_channels,
        sample_rate_hz: shape.sample_rate_hz,
        depth: depth.unwrap_or(shape.depth),
        container,
        packing: Packing::Small,
        dither: Dither::Off,
        n_samples: None,
    };
    let mut writer = Writer::new(File::create(to).expect("a file"), &spec, &shape.metadata).expect("it can be");
    let mut piece = vec![Vec::new(); shape.n_channels];
    while source.read(&mut piece, 1000).expect("a piece") > 0 {
        writer.write(&piece).expect("written");
    }
    let done = Done { software: software(), comment: vec!["amount=0".to_owned()], edits: Vec::new() };
    writer.finish(&done).expect("complete")
}

/// 24-bit steps over the whole range, as floats.
fn steps_24(n: usize) -> Vec<f32> {
    (0..n as i64).map(|n| ((n * 7_919_777) % 16_777_216 - 8_388_608) as f32 / 8_388_608.0).collect()
}

#[test]
fn samples_come_back_from_wav_and_flac_at_16_and_24_bits() {
    let wide: Vec<u8> =
        steps_24(30_001).iter().flat_map(|s| ((s * 8_388_608.0) as i32).to_le_bytes()[..3].to_vec()).collect();
    let files = [wav_16(2, &tones(20_000)), riff(&[format_chunk(1, 1, 96_000, 24), chunk(b"data", &wide)])];
    for file in files {
        let original = OnFile::new("in.wav", &file);
        let before = read_in_pieces(original.path(), Faults::Refuse, 4096).expect("a WAV");
        for (name, container) in [("out.wav", Container::Wav), ("out.flac", Container::Flac)] {
            let path = original.folder().join(name);
            let finished = copied(original.path(), &path, container, None);
            assert_eq!((finished.n_samples, finished.n_clipped), (before.n_samples() as u64, 0));
            let after = read_in_pieces(&path, Faults::Refuse, 4096).expect(name);
            assert!(after.channels == before.channels, "{name}");
            assert_eq!(after.shape.sample_rate_hz, before.shape.sample_rate_hz);
            assert_eq!((after.shape.depth, after.shape.n_samples), (before.shape.depth, Some(finished.n_samples)));
            assert!(after.remarks.is_empty(), "{:?}", after.remarks);
        }
    }
}

#[test]
fn extreme_samples_come_back_from_flac() {
    let ends = [i16::MIN, i16::MAX, 0, -1, i16::MAX, i16::MIN];
    let samples: Vec<i16> = (0..9_999).map(|n| ends[n * n % 6]).collect();
    let original = OnFile::new("in.wav", &wav_16(1, &samples));
    let path = original.folder().join("out.flac");
    copied(original.path(), &path, Container::Flac, None);
    assert!(read_in_pieces(&path, Faults::Refuse, 999).expect("a FLAC file").channels == [floats(&samples)]);
}

#[test]
fn what_a_wav_carries_is_kept_from_copy_to_copy() {
    let bext = [&[b'b'; 338][..], &[1, 2, 3, 4, 5, 6, 7, 8], &[0; 256]].concat();
    let info = [&b"INFO"[..], &chunk(b"INAM", b"Song\0"), &chunk(b"ISFT", b"Other DAW\0")].concat();
    let data: Vec<u8> = tones(1000).iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let file = riff(&[
        chunk(b"bext", &bext),
        chunk(b"iXML", b"<BWFXML/>"),
        format_chunk(1, 1, 48_000, 16),
        chunk(b"data", &data),
        chunk(b"cue ", &[0; 4]),
        chunk(b"smpl", &[3; 36]),
        chunk(b"LIST", b"adtlx"),
        chunk(b"LIST", &info),
        chunk(b"id3 ", b"ID3\x04\0\0\0\0\0\0"),
    ]);
    let original = OnFile::new("in.wav", &file);
    let [once, twice] = ["once.wav", "twice.wav"].map(|name| original.folder().join(name));
    copied(original.path(), &once, Container::Wav, None);
    copied(&once, &twice, Container::Wav, None);
    for path in [once, twice] {
        let bytes = std::fs::read(&path).expect("its bytes");
        let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        for part in [&bext[..346], b"<BWFXML/>", &chunk(b"cue ", &[0; 4]), &chunk(b"smpl", &[3; 36]), b"adtlx"] {
            assert!(holds(part), "{:?}", String::from_utf8_lossy(part));
        }
        assert!(
            holds(b"INAM\x05\0\0\0Song\0") && holds(b"id3 \x0a\0\0\0ID3") && holds(b"A=PCM,F=48000,W=16,M=mono,T=")
        );
        assert!(!holds(b"Other DAW") && holds(software().as_bytes()) && holds(b"amount=0"));
    }
}

#[test]
fn titles_go_from_wav_to_flac_and_back() {
    let info = [&b"INFO"[..], &chunk(b"INAM", b"Song\0"), &chunk(b"IART", b"Anna\0")].concat();
    let file = riff(&[format_chunk(1, 1, 48_000, 16), chunk(b"LIST", &info), chunk(b"data", &[5; 4000])]);
    let original = OnFile::new("in.wav", &file);
    let [flac, wav] = ["a.flac", "b.wav"].map(|name| original.folder().join(name));
    copied(original.path(), &flac, Container::Flac, None);
    copied(&flac, &wav, Container::Wav, None);
    let bytes = std::fs::read(&flac).expect("its bytes");
    let holds = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    assert!(holds(&bytes, b"TITLE=Song") && holds(&bytes, b"ARTIST=Anna") && holds(&bytes, b"COMMENT=amount=0"));
    let bytes = std::fs::read(&wav).expect("its bytes");
    assert!(holds(&bytes, b"INAM\x05\0\0\0Song\0") && holds(&bytes, b"IART\x05\0\0\0Anna\0"));
}

#[test]
fn speaker_positions_are_kept() {
    let mut body = [0xfffe_u16, 2].map(u16::to_le_bytes).concat();
    body.extend([48_000_u32, 192_000].map(u32::to_le_bytes).concat());
    body.extend([4_u16, 16, 22, 16].map(u16::to_le_bytes).concat());
    body.extend(0x600_u32.to_le_bytes());
    body.extend(b"\x01\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71");
    let original = OnFile::new("in.wav", &riff(&[chunk(b"fmt ", &body), chunk(b"data", &[1; 400])]));
    let path = original.folder().join("out.wav");
    copied(original.path(), &path, Container::Wav, None);
    let bytes = std::fs::read(&path).expect("its bytes");
    assert!(bytes.windows(40).any(|window| window == body), "the same format chunk");
}

#[test]
fn an_8_bit_file_comes_back_at_16_bits_value_for_value() {
    let data: Vec<u8> = (0..=255).collect();
    let original = OnFile::new("in.wav", &riff(&[format_chunk(1, 1, 48_000, 8), chunk(b"data", &data)]));
    let path = original.folder().join("out.wav");
    copied(original.path(), &path, Container::Wav, None);
    let after = read_in_pieces(&path, Faults::Refuse, 99).expect("a WAV");
    let expected: Vec<f32> = (-128..128).map(|step| step as f32 / 128.0).collect();
    assert_eq!((after.channels, after.shape.depth), (vec![expected], Depth::Int16));
}
