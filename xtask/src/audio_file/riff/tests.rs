//! The layout of WAVs as programs write them, rightly and wrongly.

use std::io::Cursor;

use super::*;

/// 12,000 samples of 16-bit mono: a sine, so that no four bytes of it look like a chunk's name.
fn samples() -> Vec<u8> {
    (0..12_000).flat_map(|n| (((f64::from(n) * 0.05).sin() * 9_000.0) as i16).to_le_bytes()).collect()
}

fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut chunk = Vec::new();
    chunk.extend(id);
    chunk.extend((body.len() as u32).to_le_bytes());
    chunk.extend(body);
    chunk.resize(chunk.len().next_multiple_of(2), 0);
    chunk
}

fn format_chunk() -> Vec<u8> {
    chunk(b"fmt ", b"\x01\0\x01\0\x80\xbb\0\0\0\x77\x01\0\x02\0\x10\0")
}

/// A file of these sizes, with `data` behind its header and `behind` behind that.
fn file(magic: &[u8; 4], riff_size: u32, before: &[u8], data_size: u32, data: &[u8], behind: &[u8]) -> Vec<u8> {
    let header = [&magic[..], &riff_size.to_le_bytes(), b"WAVE", before, b"data", &data_size.to_le_bytes()].concat();
    [&header[..], data, behind].concat()
}

/// A file whose sizes are `riff` and `data`.
fn sized(riff: u32, data: u32, behind: &[u8]) -> Vec<u8> {
    file(b"RIFF", riff, &format_chunk(), data, &samples(), behind)
}

fn laid_out(file: &[u8]) -> anyhow::Result<Layout> {
    layout(&mut Cursor::new(file))
}

/// The samples that are found, and the remarks.
fn found(file: &[u8]) -> (usize, Vec<String>) {
    let layout = laid_out(file).expect("a WAV");
    (((layout.data.end - layout.data.start) / 2) as usize, layout.remarks)
}

fn refused(file: &[u8]) -> String {
    laid_out(file).expect_err("refused").to_string()
}

#[test]
fn sizes_that_a_stream_left_open_are_read_to_the_end_and_told() {
    let header = 36;
    for mark in [0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x7fff_f000, 0x7fff_ffff - header, 0xffff_ffff - header] {
        for riff in [0, 0x7fff_ffff, 0xffff_ffff, 24_036] {
            let (n, remarks) = found(&sized(riff, mark, &[]));
            assert_eq!(n, 12_000, "{mark:x}");
            assert!(remarks.iter().any(|remark| remark.contains("left open")), "{remarks:?}");
        }
    }
    let (n, remarks) = found(&sized(0, 0, &[]));
    assert_eq!(n, 12_000);
    assert!(remarks[0].contains("left open"), "{remarks:?}");
}

#[test]
fn a_wrong_size_of_the_whole_file_does_not_matter() {
    for riff in [0, 8, 24_028, 24_036, 24_037, 0xffff_ffff] {
        assert_eq!(found(&sized(riff, 24_000, &[])), (12_000, Vec::new()));
    }
}

#[test]
fn an_empty_file_is_empty_and_not_open() {
    let (n, remarks) = found(&file(b"RIFF", 36, &format_chunk(), 0, &[], &[]));
    assert_eq!((n, remarks.len()), (0, 0));
    let (n, _) = found(&file(b"RIFF", 36, &format_chunk(), 0, &[], &chunk(b"LIST", b"INFO")));
    assert_eq!(n, 0);
}

#[test]
fn a_part_of_the_last_sample_is_left_out_and_told() {
    for size in [24_000, 0xffff_ffff, 0] {
        let mut file = sized(0, size, &[]);
        file.pop();
        let (n, remarks) = found(&file);
        assert_eq!(n, 11_999);
        assert!(remarks.iter().any(|remark| remark.contains("lacks a byte")), "{remarks:?}");
    }
}

#[test]
fn a_file_that_is_cut_off_is_refused_with_what_it_promises() {
    let file = sized(24_036, 24_000, &[]);
    for n_lacking in [2, 3, 1000, 23_000] {
        let error = refused(&file[..file.len() - n_lacking]);
        let n_found = (24_000 - n_lacking) / 2;
        assert!(error.contains("promises 12000 samples") && error.contains(&format!("holds {n_found}")), "{error}");
    }
}

#[test]
fn a_size_that_says_a_part_of_what_is_there_is_told_and_all_is_read() {
    for size in [12_000, 8_000, 2, 17_998] {
        let (n, remarks) = found(&sized(size + 36, size, &[]));
        assert_eq!(n, 12_000, "{size}");
        let told = format!("counts {} samples", size / 2);
        assert!(remarks[0].contains(&told) && remarks[0].contains("12000 are read"), "{remarks:?}");
    }
}

#[test]
fn little_that_nobody_understands_is_no_sound() {
    let (n, remarks) = found(&sized(0, 24_000, &[0x81; 100]));
    assert_eq!(n, 12_000);
    assert!(remarks[0].contains("100 bytes"), "{remarks:?}");
    assert_eq!(found(&sized(0, 24_000, &[0; 20_000])), (12_000, Vec::new()));
}

#[test]
fn tags_at_the_end_are_no_sound() {
    let id3v1 = [&b"TAG"[..], &[b' '; 125]].concat();
    let ape = [&b"APETAGEX"[..], &2000_u32.to_le_bytes().repeat(2), &[0; 16]].concat();
    let ape = [vec![0x80; 2000 - 32], ape].concat();
    let id3v2 = [&b"ID3\x04\0\0\0\0\x40\0"[..], &[0x81; 8192]].concat();
    for tag in [&id3v1, &id3v2] {
        let (n, _) = found(&sized(0, 24_000, tag));
        assert_eq!(n, 12_000);
    }
    for tag in [&id3v1, &ape, &[&ape[..], &id3v1].concat()] {
        for size in [0, 0xffff_ffff] {
            assert_eq!(found(&sized(0, size, tag)).0, 12_000);
        }
    }
}

#[test]
fn chunks_behind_samples_of_an_open_size_are_no_sound() {
    let behind = [chunk(b"iXML", b"<BWFXML/>"), chunk(b"LIST", b"INFOIART\x02\0\0\0A\0")].concat();
    for size in [0, 0xffff_ffff, 0x7fff_f000] {
        let layout = laid_out(&sized(0, size, &behind)).expect("a WAV");
        assert_eq!(layout.data.end - layout.data.start, 24_000, "{size:x}");
        assert_eq!((layout.metadata.chunks.len(), layout.metadata.info.len()), (1, 1));
    }
}

#[test]
fn odd_chunks_are_found_with_padding_and_without() {
    for is_padded in [true, false] {
        let odd = |id: &[u8; 4]| {
            let mut odd = chunk(id, b"abc");
            odd.truncate(if is_padded { 12 } else { 11 });
            odd
        };
        let before = [&odd(b"iXML")[..], &format_chunk(), &odd(b"_PMX")].concat();
        let file = file(b"RIFF", 0, &before, 24_000, &samples(), &[odd(b"acid"), odd(b"cue ")].concat());
        let layout = laid_out(&file).expect("a WAV");
        let names: Vec<_> = layout.metadata.chunks.iter().map(|chunk| (&chunk.id, chunk.body.len())).collect();
        assert_eq!(names, [(b"iXML", 3), (b"_PMX", 3), (b"acid", 3), (b"cue ", 3)]);
        assert_eq!(layout.data.end - layout.data.start, 24_000);
    }
}

#[test]
fn long_sizes_of_rf64_and_bw64_are_read() {
    let ds64 = |data: u64| chunk(b"ds64", &[&[0_u64, data, 0].map(u64::to_le_bytes).concat()[..], &[0; 4]].concat());
    for magic in [b"RF64", b"BW64"] {
        let of = |data: u64| {
            let before = [ds64(data), format_chunk()].concat();
            file(magic, u32::MAX, &before, u32::MAX, &samples(), &chunk(b"LIST", b"INFO"))
        };
        assert_eq!(found(&of(24_000)), (12_000, Vec::new()));
        assert!(refused(&of(48_000)).contains("promises 24000 samples"));
        for open in [0, u64::MAX, i64::MAX as u64] {
            let (_, remarks) = found(&of(open));
            assert!(remarks.iter().any(|remark| remark.contains("left open")), "{open:x}: {remarks:?}");
        }
    }
}

#[test]
fn what_is_carried_leaves_out_what_was_measured_and_what_the_writer_makes() {
    let junk = [chunk(b"JUNK", &[0; 28]), chunk(b"fact", &[0; 4]), chunk(b"PEAK", &[0; 16])].concat();
    let before = [&chunk(b"bext", &[1; 602])[..], &junk, &format_chunk()].concat();
    let info = chunk(b"LIST", &[&b"INFO"[..], &chunk(b"IART", b"Anna\0")].concat());
    let behind = [&info[..], &chunk(b"LIST", b"adtl"), &chunk(b"smpl", &[0; 36]), &chunk(b"levl", &[0; 9])].concat();
    let layout = laid_out(&file(b"RIFF", 0, &before, 24_000, &samples(), &behind)).expect("a WAV");
    let names: Vec<_> = layout.metadata.chunks.iter().map(|chunk| chunk.name()).collect();
    assert_eq!(names, ["bext", "adtl", "smpl"]);
    assert_eq!(layout.metadata.info, [(*b"IART", b"Anna".to_vec())]);
}

#[test]
fn a_chunk_that_is_cut_off_behind_the_samples_is_told() {
    let behind = &chunk(b"LIST", &[7; 50])[..30];
    let (n, remarks) = found(&sized(0, 24_000, behind));
    assert_eq!(n, 12_000);
    assert!(remarks[0].contains("'LIST' is cut off (22 of 50 bytes)"), "{remarks:?}");
}

#[test]
fn another_wav_behind_the_first_is_told() {
    let one = sized(24_036, 24_000, &[]);
    let (n, remarks) = found(&[&one[..], &one].concat());
    assert_eq!(n, 12_000);
    assert!(remarks[0].contains("another WAV"), "{remarks:?}");
}

#[test]
fn files_without_an_order_are_refused_by_what_is_wrong() {
    let data_first = [&b"RIFF\0\0\0\0WAVE"[..], &chunk(b"data", &samples()), &format_chunk()].concat();
    assert!(refused(&data_first).contains("'data' chunk comes before its 'fmt '"));
    assert!(refused(&[b"RIFF\0\0\0\0WAVE", &format_chunk()[..]].concat()).contains("no 'data' chunk"));
    assert!(refused(&[b"RIFF\0\0\0\0WAVE", &chunk(b"iXML", b"")[..]].concat()).contains("no 'fmt ' chunk"));
    let long = [&b"RIFF\0\0\0\0WAVEiXML\xff\0\0\0"[..], &format_chunk()].concat();
    assert!(refused(&long).contains("'iXML' promises 255 bytes"));
    assert!(refused(b"RIFF\0\0\0\0WAVE\0\x80\0\0\xff\xff\0\0ab").contains("byte 12"));
}
