//! The decoded samples that are heard.
//!
//! In: ranges of samples, and packets. Out: what of each packet is kept.

use std::ops::Range;

/// Silence, then ranges of decoded samples, in order and apart from one another.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Heard {
    /// Samples of silence before everything.
    pub(in super::super) lead_samples: u64,
    pub(super) ranges: Vec<Range<u64>>,
}

impl Heard {
    /// One range, if it holds anything.
    pub(in super::super) fn one(range: Range<u64>) -> Option<Self> {
        (!range.is_empty()).then(|| Self { lead_samples: 0, ranges: vec![range] })
    }

    /// How many of samples `part` are heard.
    pub(in super::super) fn n_between(&self, part: Range<u64>) -> u64 {
        let within = |range: &Range<u64>| range.end.min(part.end).saturating_sub(range.start.max(part.start));
        self.ranges.iter().map(within).sum()
    }

    /// How many samples are heard of a file of `n_samples`, the silence included.
    pub(in super::super) fn n_samples(&self, n_samples: u64) -> u64 {
        self.lead_samples + self.n_between(0..n_samples)
    }

    /// Leaves in a packet, which begins with sample `first`, what is heard, and says where it stands.
    pub(in super::super) fn keep(&self, first: u64, packet: &mut [Vec<f32>]) -> Range<usize> {
        let n_samples = packet.first().map_or(0, Vec::len);
        let last = first + n_samples as u64;
        // Both ends lie within the packet, so they fit.
        let within = |range: &Range<u64>| {
            let (start, end) = (range.start.clamp(first, last), range.end.clamp(first, last));
            (start - first) as usize..(end - first) as usize
        };
        let kept: Vec<_> = self.ranges.iter().map(within).filter(|range| !range.is_empty()).collect();
        if let [only] = kept.as_slice() {
            return only.clone();
        }
        for channel in packet.iter_mut() {
            *channel = kept.iter().flat_map(|range| channel[range.clone()].iter().copied()).collect();
        }
        0..packet.first().map_or(0, Vec::len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_keeps_what_its_ranges_hold() {
        let heard = Heard { lead_samples: 5, ranges: vec![2..4, 7..9] };
        let kept = |first: u64, n: usize| {
            let mut packet = vec![(0..n).map(|n| (first as usize + n) as f32).collect::<Vec<f32>>()];
            let range = heard.keep(first, &mut packet);
            packet[0][range].to_vec()
        };
        assert_eq!(kept(0, 3), [2.0]);
        assert_eq!(kept(0, 10), [2.0, 3.0, 7.0, 8.0]);
        assert!(kept(4, 3).is_empty());
        assert_eq!(kept(8, 5), [8.0]);
        assert_eq!(heard.n_samples(8), 5 + 3);
    }
}
