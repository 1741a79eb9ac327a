//! Hostile files: whatever the bytes, there is a result or a reason, in bounded time and memory.

use xtask::audio_file::Faults;

use crate::files::{OnFile, chunk, format_chunk, mp3, read_in_pieces, riff, tones, wav_16};

/// Numbers without a pattern, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below
    }
}

/// Small files of several kinds.
fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let carried = riff(&[
        chunk(b"bext", &[1; 700]),
        format_chunk(1, 2, 48_000, 24),
        chunk(b"LIST", &[&b"INFO"[..], &chunk(b"INAM", b"Song\0")].concat()),
        chunk(b"data", &[7; 600]),
        chunk(b"cue ", &[0; 28]),
    ]);
    let sizes = [&300_u64.to_le_bytes()[..], &64_u64.to_le_bytes(), &[0; 12]].concat();
    let mut rf64 = riff(&[chunk(b"ds64", &sizes), format_chunk(3, 1, 48_000, 32), chunk(b"data", &[0; 64])]);
    rf64[..8].copy_from_slice(b"RF64\xff\xff\xff\xff");
    let comm = b"COMM\0\0\0\x12\0\x01\0\0\0\x40\0\x10\x40\x0e\xbb\x80\0\0\0\0\0\0SSND\0\0\0\x88\0\0\0\0\0\0\0\0";
    let aiff = [&b"FORM\0\0\0\xb6AIFF"[..], comm, &[3; 128]].concat();
    let moov = b"\0\0\0\x14ftypM4A \0\0\0\0M4A \0\0\0\x20moov\0\0\0\x18mvhd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01";
    vec![
        ("carried.wav", carried),
        ("long.wav", rf64),
        ("plain.wav", wav_16(1, &tones(200))),
        ("in.mp3", mp3(4, Some((576, 300)))),
        ("in.aiff", aiff),
        ("in.m4a", moov.to_vec()),
    ]
}

/// Changes some bytes, cuts, doubles or enlarges numbers.
fn mutated(file: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut file = file.to_vec();
    for _ in 0..=numbers.next(4) {
        let at = numbers.next(file.len().min(256));
        match numbers.next(6) {
            0 => file[at] = numbers.next(256) as u8,
            1 => file[at] ^= 1 << numbers.next(8),
            2 => file.truncate(at + 1),
            3 => {
                let end = file.len().min(at + 4);
                file[at..end].fill(0xff);
            }
            4 => {
                let end = file.len().min(at + 1 + numbers.next(16));
                file.drain(at..end);
            }
            _ => {
                let part = file[at..file.len().min(at + 40)].to_vec();
                file.splice(at..at, part);
            }
        }
        if file.is_empty() {
            file.push(0);
        }
    }
    file
}

#[test]
fn mutated_files_give_samples_or_a_reason() {
    let mut numbers = Numbers(2026);
    let (mut n_read, mut n_refused) = (0, 0);
    for round in 0..150 {
        for (name, seed) in seeds() {
            let bytes = mutated(&seed, &mut numbers);
            let file = OnFile::new(name, &bytes);
            let faults = if round % 2 == 0 { Faults::Refuse } else { Faults::Silence };
            match read_in_pieces(file.path(), faults, 4096) {
                Ok(read) => {
                    // Nothing here holds more than a few thousand samples, and silence is bounded.
                    assert!(read.n_samples() < 10_000_000, "{name} {round}: {}", read.n_samples());
                    n_read += 1;
                }
                Err(error) => {
                    let error = format!("{error:#}");
                    assert!(error.contains(name) && !error.contains('\n'), "{name} {round}: {error}");
                    n_refused += 1;
                }
            }
        }
    }
    assert!(n_read > 100 && n_refused > 100, "{n_read} are read, {n_refused} refused: both should be tried");
}

#[test]
fn sizes_that_no_file_has_take_no_memory() {
    for size in [0x7f00_0000_u32, 0xfff0_0000, 0xffff_ffff] {
        let mut huge = chunk(b"iXML", b"x");
        huge[4..8].copy_from_slice(&size.to_le_bytes());
        let file = riff(&[huge, format_chunk(1, 1, 48_000, 16), chunk(b"data", &[0; 64])]);
        let error =
            format!("{:#}", read_in_pieces(OnFile::new("in.wav", &file).path(), Faults::Refuse, 99).expect_err(""));
        assert!(error.contains("'iXML' promises"), "{error}");
    }
}
