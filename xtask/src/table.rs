//! Tables as a spreadsheet or a person writes them.

/// A reader of comma-separated lines without a header of its own: spaces, short lines and `#` comments are no trouble.
pub(crate) fn reader(text: &str) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes())
}
