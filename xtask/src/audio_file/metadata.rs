//! What a file carries besides samples, on its way from a reader to a writer.
//!
//! In: chunks of a WAV, tags of other formats. Out: what a writer may put into the new file. It is as long as the old
//! one and aligned with it to the sample, so positions in samples stay right (cue, smpl, bext's time reference). What
//! was measured of the old samples does not, and is left out: peaks, pictures of the waveform, checksums.

/// One chunk of a RIFF file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// Its name.
    pub(crate) id: [u8; 4],
    /// Its body, without padding.
    pub(crate) body: Vec<u8>,
}

/// An entry of LIST INFO: its name, and a text whose encoding nobody knows.
pub(crate) type InfoEntry = ([u8; 4], Vec<u8>);

/// What is carried from a reader to a writer: chunks of a WAV, tags of other formats, speaker positions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// Chunks that stay as they are, but for `bext`, in the order of the file. Without the LIST of the type INFO.
    pub(crate) chunks: Vec<Chunk>,
    /// The entries of LIST INFO.
    pub(crate) info: Vec<InfoEntry>,
    /// Names of Vorbis comments and their texts.
    pub(crate) tags: Vec<(String, String)>,
    /// The comment that the writer's own replaces.
    pub(crate) comment: Option<String>,
    /// The program that wrote the file.
    pub(crate) software: Option<String>,
    /// Speaker positions of a WAVE_FORMAT_EXTENSIBLE.
    pub(crate) channel_mask: Option<u32>,
    /// What is in the file and cannot be carried, for a remark.
    pub(crate) left_out: Vec<String>,
    /// Bytes and number of all chunks that were taken.
    n_taken_bytes: u64,
    n_taken: usize,
}

/// Bytes of all chunks that are carried. Chosen: more than any session's; a picture of an album is below 10 MB. What is
/// beyond is left out with a remark, so that memory stays bounded.
const MOST_CARRIED_BYTES: u64 = 64 << 20;

/// Chunks that are carried, and kinds that are named where they are not, counts. Chosen: more than any program writes;
/// they bound the work that a hostile file makes.
const MOST_CHUNKS: usize = 4096;
const MOST_NAMED: usize = 16;

/// Chunks that describe how samples are stored: the writer makes its own.
const OF_THE_CONTAINER: [&[u8; 4]; 12] =
    [b"fmt ", b"data", b"fact", b"ds64", b"JUNK", b"junk", b"PAD ", b"FLLR", b"filr", b"fill", b"slnt", b"wavl"];

/// Chunks of what was measured of the samples: peaks, checksums and pictures of the waveform.
const MEASURED: [&[u8; 4]; 6] = [b"PEAK", b"levl", b"MD5 ", b"LGWV", b"ovwf", b"umid"];

/// INFO entries and the Vorbis comments of the same meaning. Sources: Multimedia Programming Interface 1.0, "INFO list
/// chunk"; Xiph.Org, "Ogg Vorbis I format specification: comment field", and its usual extensions.
const NAMES: [([u8; 4], &str); 15] = [
    (*b"INAM", "TITLE"),
    (*b"IART", "ARTIST"),
    (*b"IPRD", "ALBUM"),
    (*b"ICRD", "DATE"),
    (*b"IGNR", "GENRE"),
    (*b"ITRK", "TRACKNUMBER"),
    (*b"ICOP", "COPYRIGHT"),
    (*b"IMUS", "COMPOSER"),
    (*b"IENG", "ENGINEER"),
    (*b"IPRO", "PRODUCER"),
    (*b"IWRI", "LYRICIST"),
    (*b"ILNG", "LANGUAGE"),
    (*b"ISBJ", "SUBJECT"),
    (*b"IKEY", "KEYWORDS"),
    (*b"ISRF", "SOURCEMEDIA"),
];

/// Entries that are always the writer's own. ISFT names the program, ICMT says what was done.
const OWN_INFO: [[u8; 4]; 2] = [*b"ISFT", *b"ICMT"];

/// Vorbis comments that are the writer's own, or were measured of the samples.
const OWN_TAGS: [&str; 6] = ["ENCODER", "COMMENT", "DESCRIPTION", "REPLAYGAIN", "MP3GAIN", "ACCURATERIP"];

impl Metadata {
    /// Whether a chunk of this name is worth reading its body.
    pub(super) fn is_wanted(id: &[u8; 4]) -> bool {
        !OF_THE_CONTAINER.contains(&id) && !MEASURED.contains(&id)
    }

    /// Whether another chunk of this size still fits.
    pub(super) fn has_room(&self, n_bytes: u64) -> bool {
        self.n_taken_bytes + n_bytes <= MOST_CARRIED_BYTES && self.n_taken < MOST_CHUNKS
    }

    /// The program that wrote the file.
    pub fn software(&self) -> Option<&str> {
        self.software.as_deref()
    }

    /// What the file says of itself.
    pub fn comment(&self) -> Option<&str> {
        self.comment.as_deref()
    }

    /// The file's markers: samples from its beginning, and names.
    pub fn markers(&self) -> Vec<(u64, String)> {
        super::markers::markers(&self.chunks)
    }

    /// Notes what is not carried, by its name.
    pub(super) fn leave_out(&mut self, what: String) {
        if self.left_out.len() < MOST_NAMED && !self.left_out.contains(&what) {
            self.left_out.push(what);
        }
    }

    /// Takes a chunk: the entries of LIST INFO apart, everything else as it is.
    pub(crate) fn take_chunk(&mut self, id: [u8; 4], body: Vec<u8>) {
        self.n_taken_bytes += body.len() as u64;
        self.n_taken += 1;
        match (&id, body.get(..4)) {
            (b"LIST" | b"list", Some(b"INFO")) => {
                let entries = info_entries(&body[4..]);
                let text = |id: [u8; 4]| entries.iter().find(|(other, _)| *other == id).map(|(_, text)| plain(text));
                self.software = text(*b"ISFT").or(self.software.take());
                self.comment = text(*b"ICMT").or(self.comment.take());
                self.info.extend(entries);
            }
            (b"LIST", Some(b"wavl")) => (),
            _ => self.chunks.push(Chunk { id, body }),
        }
    }

    /// Takes a tag by the name of its Vorbis comment, unless it is there already.
    pub(crate) fn take_tag(&mut self, name: &str, text: &str) {
        let tag = (name.to_ascii_uppercase(), text.to_owned());
        match tag.0.as_str() {
            "ENCODER" => self.software = Some(text.to_owned()),
            "COMMENT" | "DESCRIPTION" => self.comment = Some(text.to_owned()),
            _ => {}
        }
        let is_own = OWN_TAGS.iter().any(|own| tag.0.starts_with(own));
        if !is_own && !text.is_empty() && !self.tags.contains(&tag) {
            self.tags.push(tag);
        }
    }

    /// The entries of LIST INFO that are to be in a WAV, and the names of the tags that it has no entry for.
    pub(crate) fn as_info(&self) -> (Vec<InfoEntry>, Vec<&str>) {
        let mut entries: Vec<_> = self.info.iter().filter(|(id, _)| !OWN_INFO.contains(id)).cloned().collect();
        let mut homeless = Vec::new();
        for (name, text) in &self.tags {
            match NAMES.iter().find(|(_, tag)| tag == name) {
                Some((id, _)) if entries.iter().any(|(taken, _)| taken == id) => (),
                Some((id, _)) => entries.push((*id, text.clone().into_bytes())),
                None if homeless.contains(&name.as_str()) => (),
                None => homeless.push(name),
            }
        }
        (entries, homeless)
    }

    /// The Vorbis comments that are to be in a FLAC file, and the names of what it has no place for.
    pub(crate) fn as_tags(&self) -> (Vec<(String, String)>, Vec<String>) {
        let mut tags = self.tags.clone();
        let mut homeless: Vec<String> = self.chunks.iter().map(Chunk::name).collect();
        for (id, text) in self.info.iter().filter(|(id, _)| !OWN_INFO.contains(id)) {
            match NAMES.iter().find(|(known, _)| known == id) {
                Some((_, name)) => tags.push(((*name).to_owned(), plain(text))),
                None => homeless.push(String::from_utf8_lossy(id).trim_end().to_owned()),
            }
        }
        homeless.sort();
        homeless.dedup();
        (tags, homeless)
    }
}

impl Chunk {
    /// Its name for people; of a list its type.
    pub(crate) fn name(&self) -> String {
        let id = if self.id.eq_ignore_ascii_case(b"LIST") { self.body.get(..4).unwrap_or(&self.id) } else { &self.id };
        String::from_utf8_lossy(id).trim_end().escape_debug().to_string()
    }
}

/// A text without the zeros behind it.
fn plain(text: &[u8]) -> String {
    String::from_utf8_lossy(text).trim_end_matches('\0').to_owned()
}

/// The entries of an INFO list, as far as they are whole.
fn info_entries(mut rest: &[u8]) -> Vec<InfoEntry> {
    let mut entries = Vec::new();
    while let Some((id, after)) = rest.split_first_chunk::<4>()
        && let Some((size, after)) = after.split_first_chunk::<4>()
    {
        let size = u32::from_le_bytes(*size) as usize;
        let Some(text) = after.get(..size) else { break };
        let end = text.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        entries.push((*id, text[..end].to_vec()));
        // Padding is not counted, and some leave it out.
        let is_padded = size % 2 == 1 && after.get(size).is_none_or(|byte| *byte == 0);
        rest = after.get(size + usize::from(is_padded)..).unwrap_or_default();
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn info_entries_are_read_with_padding_and_without() {
        let padded = info_entries(b"IART\x03\0\0\0abc\0INAM\x02\0\0\0d\0");
        assert_eq!(padded, [(*b"IART", b"abc".to_vec()), (*b"INAM", b"d".to_vec())]);
        let bare = info_entries(b"IART\x03\0\0\0abcINAM\x02\0\0\0d\0");
        assert_eq!(bare, padded);
        assert_eq!(info_entries(b"IART\xff\xff\xff\xffabc"), []);
    }

    #[test]
    fn tags_become_info_entries_and_what_has_none_is_named() {
        let mut metadata = Metadata::default();
        metadata.take_chunk(*b"LIST", b"INFOIART\x02\0\0\0A\0ICMT\x02\0\0\0B\0".to_vec());
        for (name, text) in [("title", "T"), ("artist", "other"), ("bpm", "96"), ("replaygain_track_gain", "1")] {
            metadata.take_tag(name, text);
        }
        let (entries, homeless) = metadata.as_info();
        assert_eq!(entries, [(*b"IART", b"A".to_vec()), (*b"INAM", b"T".to_vec())]);
        assert_eq!(homeless, ["BPM"]);
    }

    #[test]
    fn what_a_flac_file_has_no_place_for_is_named() {
        let mut metadata = Metadata::default();
        metadata.take_chunk(*b"LIST", b"INFOINAM\x02\0\0\0T\0ITCH\x02\0\0\0B\0".to_vec());
        metadata.take_chunk(*b"LIST", b"adtl".to_vec());
        metadata.take_chunk(*b"cue ", vec![0; 4]);
        let (tags, homeless) = metadata.as_tags();
        assert_eq!(tags, [("TITLE".to_owned(), "T".to_owned())]);
        assert_eq!(homeless, ["ITCH", "adtl", "cue"]);
    }
}
