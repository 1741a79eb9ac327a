//! The tags of compressed files.
//!
//! In: what a reader found in a file's headers. Out: Vorbis comments, and how much an encoder of Apple put around the
//! sound. Sources: Xiph.Org, "Ogg Vorbis I format specification: comment field"; the names of other formats are
//! translated by the reader.

use symphonia::core::formats::FormatReader;
use symphonia::core::meta::{MetadataContainer, RawValue, StandardTag, Tag};

use super::edit_list::Heard;
use super::metadata::Metadata;

/// The longest text that is carried, bytes. Chosen: longer than any lyrics.
const MOST_TEXT_BYTES: usize = 64 << 10;

/// Carries the tags over, and returns what iTunes says about the audio's beginning and length.
pub(super) fn take(reader: &mut dyn FormatReader, metadata: &mut Metadata) -> Option<Heard> {
    if reader.chapters().is_some() {
        metadata.leave_out("chapters".to_owned());
    }
    if !reader.attachments().is_empty() {
        metadata.leave_out("attachments".to_owned());
    }
    let mut gap = None;
    let mut log = reader.metadata();
    loop {
        if let Some(revision) = log.current() {
            let is_vorbis = ["vorbis", "flac"].iter().any(|name| revision.info.short_name.contains(name));
            let per_track = revision.per_track.iter().map(|track| &track.metadata);
            for container in std::iter::once(&revision.media).chain(per_track) {
                take_container(container, is_vorbis, metadata);
                gap = gap.or_else(|| container.tags.iter().find_map(itunes_gap));
            }
        }
        if log.pop().is_none() {
            break;
        }
    }
    gap
}

fn take_container(container: &MetadataContainer, is_vorbis: bool, metadata: &mut Metadata) {
    if !container.visuals.is_empty() {
        metadata.leave_out("pictures".to_owned());
    }
    for tag in &container.tags {
        let text = text(&tag.raw.value).filter(|text| text.len() <= MOST_TEXT_BYTES);
        let name = match &tag.std {
            _ if is_vorbis => Some(tag.raw.key.as_str()),
            Some(standard) => name(standard),
            None => None,
        };
        if let (Some(name), Some(text)) = (name, text) {
            metadata.take_tag(name, &text);
        }
    }
}

fn text(value: &RawValue) -> Option<String> {
    match value {
        RawValue::String(text) => Some(text.trim_end_matches('\0').to_owned()),
        RawValue::StringList(texts) => Some(texts.join("; ")),
        RawValue::UnsignedInt(number) => Some(number.to_string()),
        RawValue::SignedInt(number) => Some(number.to_string()),
        RawValue::Float(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The Vorbis comment of a tag whose meaning is known and that concerns the work, not these samples.
fn name(tag: &StandardTag) -> Option<&'static str> {
    Some(match tag {
        StandardTag::TrackTitle(_) => "TITLE",
        StandardTag::Artist(_) => "ARTIST",
        StandardTag::Album(_) => "ALBUM",
        StandardTag::AlbumArtist(_) => "ALBUMARTIST",
        StandardTag::RecordingDate(_) | StandardTag::ReleaseDate(_) => "DATE",
        StandardTag::RecordingYear(_) | StandardTag::ReleaseYear(_) => "DATE",
        StandardTag::Genre(_) => "GENRE",
        StandardTag::TrackNumber(_) => "TRACKNUMBER",
        StandardTag::DiscNumber(_) => "DISCNUMBER",
        StandardTag::Composer(_) => "COMPOSER",
        StandardTag::Conductor(_) => "CONDUCTOR",
        StandardTag::Lyricist(_) => "LYRICIST",
        StandardTag::Lyrics(_) => "LYRICS",
        StandardTag::Performer(_) => "PERFORMER",
        StandardTag::Producer(_) => "PRODUCER",
        StandardTag::Engineer(_) => "ENGINEER",
        StandardTag::Copyright(_) => "COPYRIGHT",
        StandardTag::Language(_) => "LANGUAGE",
        StandardTag::Label(_) => "ORGANIZATION",
        StandardTag::IdentIsrc(_) => "ISRC",
        StandardTag::Bpm(_) => "BPM",
        StandardTag::InitialKey(_) => "INITIALKEY",
        StandardTag::Subject(_) => "SUBJECT",
        StandardTag::Keywords(_) => "KEYWORDS",
        StandardTag::Version(_) => "VERSION",
        _ => return None,
    })
}

/// Four numbers in hexadecimal: a zero, the samples before the sound, those behind it, and those of it.
fn itunes_gap(tag: &Tag) -> Option<Heard> {
    let text = text(&tag.raw.value).filter(|_| tag.raw.key.ends_with("iTunSMPB"))?;
    let numbers: Vec<u64> = text.split_whitespace().map_while(|word| u64::from_str_radix(word, 16).ok()).collect();
    let &[_, delay, _, n_samples, ..] = numbers.as_slice() else { return None };
    Heard::one(delay..delay.checked_add(n_samples)?)
}

#[cfg(test)]
mod tests {
    use symphonia::core::meta::RawTag;

    use super::*;

    #[test]
    fn itunes_says_where_the_sound_begins_and_how_long_it_is() {
        let gap = |text: &str| itunes_gap(&Tag::new(RawTag::new("----:com.apple.iTunes:iTunSMPB", text)));
        let heard = gap(" 00000000 00000840 000001CA 00000000000031F6 00000000 00000000").expect("a gap");
        assert_eq!(heard.n_samples(1 << 20), 0x31f6);
        assert_eq!(heard.n_between(0..0x841), 1);
        assert!(gap("00000000 00000840").is_none());
        assert!(gap("nonsense").is_none());
    }
}
