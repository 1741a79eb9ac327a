//! Tables with named columns.
//!
//! In: text. Out: readers of its lines, numbers of columns.

use anyhow::Context;

/// A reader of lines separated by tabs, with a header and without quotes.
pub(crate) fn tabbed<R: std::io::Read>(text: R) -> csv::Reader<R> {
    csv::ReaderBuilder::new().delimiter(b'\t').quoting(false).flexible(true).from_reader(text)
}

/// The number of the column with this name.
pub(crate) fn column(headers: &csv::StringRecord, name: &str) -> anyhow::Result<usize> {
    headers.iter().position(|header| header == name).with_context(|| format!("it has no column '{name}'"))
}
