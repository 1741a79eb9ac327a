//! Tables as written by a spreadsheet or by hand.
//!
//! In: text. Out: readers of its lines.

use anyhow::Context;

/// A reader of comma-separated lines without a header of its own: spaces, short lines and `#` comments are allowed.
pub(crate) fn reader(text: &str) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes())
}

/// A reader of lines separated by tabs, with a header and without quotes.
pub(crate) fn tabbed<R: std::io::Read>(text: R) -> csv::Reader<R> {
    csv::ReaderBuilder::new().delimiter(b'\t').quoting(false).flexible(true).from_reader(text)
}

/// The number of the column with this name.
pub(crate) fn column(headers: &csv::StringRecord, name: &str) -> anyhow::Result<usize> {
    headers.iter().position(|header| header == name).with_context(|| format!("it has no column '{name}'"))
}
