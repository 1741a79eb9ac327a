//! Tables as written by a spreadsheet or by hand.
//!
//! In: text. Out: readers of its lines.

/// A reader of comma-separated lines without a header of its own: spaces, short lines and `#` comments are allowed.
pub(crate) fn reader(text: &str) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes())
}
