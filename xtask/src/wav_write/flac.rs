//! A FLAC file on its way to the disk.
//!
//! In: interleaved whole numbers. Out: a file whose comments are written last, into room that is left at its beginning.
//! Source: RFC 9639, sections 8 (blocks) and 8.6 (Vorbis comment).

use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::sync::Arc;

use anyhow::{Context, ensure};
use flac_codec::encode::{FlacSampleWriter, Options};
use parking_lot::Mutex;

use super::{Done, MOST_COMMENT_BYTES, Packing, Spec};
use crate::audio_file::Metadata;

/// Where the second block begins: behind the magic number and STREAMINFO with its header. Source: RFC 9639, section 8.
const ROOM_AT: u64 = 42;

/// The largest block, bytes. Source: RFC 9639, section 8.1: its length has 24 bits.
const MOST_BLOCK_BYTES: usize = (1 << 24) - 1;

/// The longest name of the program, bytes. Chosen: longer than any.
const MOST_SOFTWARE_BYTES: usize = 256;

/// Types of blocks, and the bit of the last one. Source: RFC 9639, section 8.1.
const PADDING: u8 = 1;
const VORBIS_COMMENT: u8 = 4;
const LAST: u8 = 0x80;

/// A file with its header, to which samples are appended.
pub(super) struct FlacFile<W: Write + Seek> {
    file: Shared<W>,
    encoder: FlacSampleWriter<Shared<W>>,
    tags: Vec<(String, String)>,
    homeless: Vec<String>,
    n_room_bytes: usize,
}

impl<W: Write + Seek> FlacFile<W> {
    pub(super) fn new(file: W, spec: &Spec, metadata: &Metadata) -> anyhow::Result<Self> {
        let (tags, homeless) = metadata.as_tags();
        let tag_bytes: usize = tags.iter().map(|(name, text)| name.len() + text.len() + 8).sum();
        // Our own comments: what was done, and the program twice.
        let n_room_bytes = tag_bytes + MOST_COMMENT_BYTES + 3 * MOST_SOFTWARE_BYTES;
        ensure!(n_room_bytes <= MOST_BLOCK_BYTES, "its tags are too large for a FLAC file: {tag_bytes} bytes");
        let file = Shared(Arc::new(Mutex::new(BufWriter::new(file))));
        let options = match spec.packing {
            Packing::Small => Options::default(),
            Packing::Fast => Options::fast(),
        };
        let options = options.no_seektable().padding(n_room_bytes as u32);
        let options = options.map_err(|_| anyhow::anyhow!("its tags are too large for a FLAC file"))?;
        let n_channels = u8::try_from(spec.n_channels)?;
        let encoder = FlacSampleWriter::new(
            file.clone(),
            options,
            spec.sample_rate_hz,
            u32::from(spec.depth.bits()),
            n_channels,
            None,
        );
        let encoder = encoder.map_err(failed)?;
        Ok(Self { file, encoder, tags, homeless, n_room_bytes })
    }

    /// Appends interleaved samples.
    pub(super) fn write(&mut self, steps: &[i32]) -> anyhow::Result<()> {
        self.encoder.write(steps).map_err(failed)
    }

    /// Completes the header, writes the comments, and says what the file has no place for.
    pub(super) fn finish(self, done: &Done) -> anyhow::Result<Vec<String>> {
        self.encoder.finalize().map_err(failed)?;
        let comment = vorbis_comment(&self.tags, done);
        let rest = self.n_room_bytes.checked_sub(comment.len() + 4).context("its comments are too large")?;
        let mut blocks = block(VORBIS_COMMENT, &comment);
        blocks.extend(block(PADDING | LAST, &vec![0; rest]));
        let mut file = self.file.0.lock();
        file.seek(SeekFrom::Start(ROOM_AT))?;
        file.write_all(&blocks)?;
        file.flush()?;
        let homeless = self.homeless.join(", ");
        Ok(if homeless.is_empty() { Vec::new() } else { vec![format!("a FLAC file has no place for: {homeless}")] })
    }
}

/// The reason of the encoder, without its own words where it is the disk.
fn failed(error: flac_codec::Error) -> anyhow::Error {
    match error {
        flac_codec::Error::Io(error) => error.into(),
        other => anyhow::anyhow!("the FLAC encoder refuses: {other}"),
    }
}

fn block(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u32).to_be_bytes();
    [&[kind, length[1], length[2], length[3]], body].concat()
}

/// The program as the vendor, then fields, each with its length. Source: Xiph.Org, "Ogg Vorbis I format specification:
/// comment field and header specification"; RFC 9639, section 8.6.
fn vorbis_comment(tags: &[(String, String)], done: &Done) -> Vec<u8> {
    let software = &done.software[..done.software.floor_char_boundary(MOST_SOFTWARE_BYTES)];
    let own = [("ENCODER", software.to_owned()), ("COMMENT", done.line())];
    let own = own.iter().map(|(name, text)| (*name, text));
    let fields = tags.iter().map(|(name, text)| (name.as_str(), text)).chain(own);
    let fields: Vec<String> = fields.map(|(name, text)| format!("{name}={text}")).collect();
    let mut body = (software.len() as u32).to_le_bytes().to_vec();
    body.extend(software.as_bytes());
    body.extend((fields.len() as u32).to_le_bytes());
    for field in &fields {
        body.extend((field.len() as u32).to_le_bytes());
        body.extend(field.as_bytes());
    }
    body
}

/// A file that the encoder writes to and that is written to afterwards.
struct Shared<W: Write + Seek>(Arc<Mutex<BufWriter<W>>>);

impl<W: Write + Seek> Clone for Shared<W> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<W: Write + Seek> Write for Shared<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.lock().flush()
    }
}

impl<W: Write + Seek> Seek for Shared<W> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.lock().seek(to)
    }
}
