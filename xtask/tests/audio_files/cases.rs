//! Files that failed once, where they are at hand: a folder `shared/cases` beside the project's.

use std::path::{Path, PathBuf};

use xtask::audio_file::Faults;

use crate::files::{Read, read_in_pieces};

/// The case's input; says so and skips where there is none.
fn case(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/cases").join(name);
    let found = std::fs::read_dir(folder).ok().and_then(|entries| {
        let inputs = entries.filter_map(Result::ok).map(|entry| entry.path());
        inputs.into_iter().find(|path| path.file_stem().is_some_and(|stem| stem == "in"))
    });
    if found.is_none() {
        use std::io::Write;
        let _ = writeln!(std::io::stderr(), "skipped: there is no case {name} at hand");
    }
    found
}

fn read(name: &str) -> Option<Read> {
    let path = case(name)?;
    Some(read_in_pieces(&path, Faults::Refuse, 4096).unwrap_or_else(|error| panic!("{name}: {error:#}")))
}

#[test]
fn sizes_that_were_left_open_or_wrong_lose_no_sample() {
    let cases = [
        ("W01", "left open"),
        ("W02", "left open"),
        ("W17", "goes on"),
        ("W35", "left open"),
        ("W37", "left open"),
        ("W03", ""),
        ("W39", ""),
        ("W12", ""),
        ("W13", ""),
        ("C17", ""),
    ];
    let mut first: Option<Vec<Vec<f32>>> = None;
    for (name, told) in cases {
        let Some(read) = read(name) else { continue };
        assert_eq!(read.n_samples(), 72_000, "{name}");
        assert_eq!(read.remarks.is_empty(), told.is_empty(), "{name}: {:?}", read.remarks);
        assert!(told.is_empty() || read.tells(told), "{name}: {:?}", read.remarks);
        let first = first.get_or_insert_with(|| read.channels.clone());
        assert!(*first == read.channels, "{name}: the same samples as in the others");
    }
}

#[test]
fn a_last_sample_that_lacks_a_byte_is_left_out() {
    let Some(read) = read("W40") else { return };
    assert!(read.n_samples() == 71_999 && read.tells("lacks a byte"), "{:?}", read.remarks);
}

#[test]
fn compressed_files_are_whole_and_say_what_is_not_known() {
    if let Some(read) = read("C18") {
        assert_eq!(read.n_samples(), 72_000, "Matroska");
    }
    if let Some(read) = read("L04") {
        assert!(read.tells("alignment is not known"), "{:?}", read.remarks);
    }
    if let Some(read) = read("L11") {
        assert!(read.tells("2 files are joined"), "{:?}", read.remarks);
    }
    if let Some(read) = read("L15") {
        assert!(read.tells("alignment is not known"), "{:?}", read.remarks);
    }
}

#[test]
fn what_a_broadcast_wave_carries_is_taken_along() {
    let Some(read) = read("M01") else { return };
    let carried = format!("{:?}", read.shape.metadata);
    assert_eq!(read.n_samples(), 72_000);
    for id in ["bext", "iXML", "cue ", "smpl", "_PMX"] {
        let id: Vec<u8> = id.bytes().collect();
        assert!(carried.contains(&format!("id: {id:?}")), "{carried}");
    }
}
