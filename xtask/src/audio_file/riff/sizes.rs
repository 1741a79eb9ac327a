//! The sizes of RF64 and BW64, which do not fit 32 bits.
//!
//! In: the `ds64` chunk. Out: the size of any chunk. Source: EBU Tech 3306, section 4.

/// What `ds64` says; nothing in a file that has none.
#[derive(Debug, Default)]
pub(super) struct Sizes {
    data: Option<u64>,
    others: Vec<([u8; 4], u64)>,
}

impl Sizes {
    /// Reads the body of a `ds64` chunk, as far as it goes.
    pub(super) fn parse(body: &[u8]) -> Self {
        let wide = |at: usize| body.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes);
        // Behind the sizes of the file, of the samples and their number is the length of the table.
        let table = body.get(28..).unwrap_or_default().chunks_exact(12);
        let entry = |entry: &[u8]| Some((*entry.first_chunk()?, u64::from_le_bytes(*entry.last_chunk()?)));
        Self { data: wide(8), others: table.filter_map(entry).collect() }
    }

    /// The size of a chunk whose header says `short`.
    pub(super) fn of(&self, id: &[u8; 4], short: u32) -> u64 {
        let other = || self.others.iter().find(|(name, _)| name == id).map(|(_, size)| *size);
        let long = if id == b"data" { self.data } else { other() };
        long.filter(|_| short == u32::MAX).unwrap_or(u64::from(short))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_size_that_stands_for_a_long_one_is_looked_up() {
        let mut body = [1_u64, 5 << 30, 3].map(u64::to_le_bytes).concat();
        body.extend(1_u32.to_le_bytes());
        body.extend(b"big ");
        body.extend((6_u64 << 30).to_le_bytes());
        let sizes = Sizes::parse(&body);
        assert_eq!(sizes.of(b"data", u32::MAX), 5 << 30);
        assert_eq!(sizes.of(b"data", 17), 17);
        assert_eq!(sizes.of(b"big ", u32::MAX), 6 << 30);
        assert_eq!(sizes.of(b"cue ", u32::MAX), u64::from(u32::MAX));
        assert_eq!(Sizes::parse(&body[..9]).of(b"data", u32::MAX), u64::from(u32::MAX));
    }
}
