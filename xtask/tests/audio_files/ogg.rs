//! OGG Vorbis: what is lost in the middle is told or filled, and what was joined is read to the end.
//!
//! The file is 1.6 s of the demo vocal at 16 kHz, in pages of 128 ms, as libvorbis encodes it.

use xtask::audio_file::Faults;

use crate::files::{OnFile, read_as, read_in_pieces, refused};

const VOICE: &[u8] = include_bytes!("../fixtures/voice.ogg");
const N_SAMPLES: usize = 25_600;
/// A packet lasts 128 or 1024 samples, and overlaps with the next.
const LONGEST_PACKET: usize = 1024;

/// The file with a page in its middle overwritten, and the time of that page in samples.
fn with_a_damaged_page() -> (Vec<u8>, std::ops::Range<usize>) {
    let starts: Vec<usize> = (0..VOICE.len()).filter(|at| VOICE[*at..].starts_with(b"OggS")).collect();
    let granule =
        |page: usize| u64::from_le_bytes(VOICE[starts[page] + 6..][..8].try_into().expect("eight bytes")) as usize;
    let page = starts.len() / 2;
    let mut damaged = VOICE.to_vec();
    damaged[starts[page] + 60..starts[page] + 120].fill(0x55);
    (damaged, granule(page - 1)..granule(page))
}

#[test]
fn it_is_as_long_as_it_says() {
    assert_eq!(read_as("voice.ogg", VOICE).expect("samples").n_samples(), N_SAMPLES);
}

#[test]
fn a_damaged_page_is_refused_by_its_place() {
    let (damaged, lost) = with_a_damaged_page();
    let reason = refused("voice.ogg", &damaged);
    let place = reason.split_once("damaged in the page before sample ").and_then(|(_, rest)| rest.split(' ').next());
    let place: usize = place.and_then(|place| place.parse().ok()).unwrap_or_else(|| panic!("no place: {reason}"));
    // The page behind the lost one is read before it is noticed.
    assert!((lost.start..=lost.end).contains(&place), "{place} of {lost:?}");
}

#[test]
fn leniently_a_damaged_page_is_silent_and_what_follows_is_in_its_place() {
    let (damaged, lost) = with_a_damaged_page();
    let whole = read_as("voice.ogg", VOICE).expect("samples");
    let file = OnFile::new("voice.ogg", &damaged);
    let read = read_in_pieces(file.path(), Faults::Silence, 4096).expect("silence");
    assert!(read.tells("silence"), "{:?}", read.remarks);
    assert_eq!(read.n_samples(), N_SAMPLES);
    let (found, wanted) = (&read.channels[0], &whole.channels[0]);
    assert_eq!(found[..lost.start - LONGEST_PACKET], wanted[..lost.start - LONGEST_PACKET]);
    // From the second page behind it on everything is where it was.
    let behind = lost.end + lost.len() + LONGEST_PACKET;
    assert_eq!(found[behind..], wanted[behind..]);
    let silent = found[lost.start..behind].iter().filter(|sample| **sample == 0.0).count();
    assert!((lost.len()..=lost.len() + LONGEST_PACKET).contains(&silent), "{silent} samples are silent");
}

#[test]
fn joined_files_are_read_one_behind_the_other() {
    let one = read_as("voice.ogg", VOICE).expect("samples");
    // A stream has a number of its own, and each page a checksum: that of the second file is another one.
    let two = read_as("two.ogg", &[VOICE, &renumbered()].concat()).expect("samples");
    assert_eq!(two.channels[0], [&one.channels[0][..], &one.channels[0]].concat());
}

/// The file as a stream of another number.
fn renumbered() -> Vec<u8> {
    let mut file = VOICE.to_vec();
    let starts: Vec<usize> = (0..VOICE.len()).filter(|at| VOICE[*at..].starts_with(b"OggS")).collect();
    let ends = starts[1..].iter().copied().chain([VOICE.len()]);
    for (start, end) in starts.iter().copied().zip(ends) {
        let page = &mut file[start..end];
        page[14..18].copy_from_slice(&[1, 2, 3, 4]);
        page[22..26].fill(0);
        let checksum = checksum(page);
        page[22..26].copy_from_slice(&checksum.to_le_bytes());
    }
    file
}

/// Source: RFC 3533, section 6: the polynomial 0x04c11db7, from 0 on, without reflection.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0_u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 24, |sum, _| (sum << 1) ^ if sum >> 31 == 1 { 0x04c1_1db7 } else { 0 })
    })
}
