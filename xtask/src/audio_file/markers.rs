//! The markers of a WAV.
//!
//! In: its chunks `cue ` and `LIST adtl`. Out: places and names. Source: Multimedia Programming Interface and Data
//! Specifications 1.0, 1991, "Cue-Points Chunk" and "Associated Data Chunk".

use super::metadata::Chunk;

/// Bytes of a cue point: number, position in a play list, chunk, its start, its block, the sample in that. Source: see
/// above.
const POINT_BYTES: usize = 24;

/// Markers in order of time; one without a name has an empty one.
pub(super) fn markers(chunks: &[Chunk]) -> Vec<(u64, String)> {
    let points = chunks.iter().filter(|chunk| &chunk.id == b"cue ").filter_map(|chunk| chunk.body.get(4..));
    let points = points.flat_map(|points| points.chunks_exact(POINT_BYTES));
    let labels: Vec<(u32, String)> = chunks.iter().flat_map(labels).collect();
    let mut markers: Vec<(u64, String)> = points
        .filter_map(|point| {
            let (number, sample) = (number(point, 0)?, number(point, 20)?);
            let label = labels.iter().find(|(other, _)| *other == number);
            Some((u64::from(sample), label.map(|(_, name)| name.clone()).unwrap_or_default()))
        })
        .collect();
    markers.sort();
    markers
}

/// The names in a list of associated data.
fn labels(chunk: &Chunk) -> Vec<(u32, String)> {
    let mut labels = Vec::new();
    let Some(mut rest) = chunk.body.strip_prefix(b"adtl").filter(|_| chunk.id.eq_ignore_ascii_case(b"LIST")) else {
        return labels;
    };
    while let (Some(id), Some(size)) = (rest.get(..4), number(rest, 4)) {
        let Some(body) = rest.get(8..8 + size as usize) else { break };
        if let (b"labl", Some(point), Some(text)) = (id, number(body, 0), body.get(4..)) {
            let text = String::from_utf8_lossy(text).trim_end_matches('\0').trim().to_owned();
            labels.push((point, text));
        }
        rest = rest.get(8 + (size as usize).next_multiple_of(2)..).unwrap_or_default();
    }
    labels
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_stand_in_order_of_time_with_their_names() {
        let point = |number: u32, sample: u32| {
            [number, 0, u32::from_le_bytes(*b"data"), 0, 0, sample].map(u32::to_le_bytes).concat()
        };
        let cue = [2_u32.to_le_bytes().to_vec(), point(1, 9000), point(7, 50)].concat();
        let label = |number: u32, text: &[u8]| {
            let size = (4 + text.len() as u32).to_le_bytes();
            let pad = vec![0; text.len() % 2];
            [b"labl".to_vec(), size.to_vec(), number.to_le_bytes().to_vec(), text.to_vec(), pad].concat()
        };
        let adtl = [b"adtl".to_vec(), label(1, b"Chorus 80\0"), label(7, b"Verse\0")].concat();
        let chunks = [Chunk { id: *b"cue ", body: cue }, Chunk { id: *b"LIST", body: adtl.clone() }];
        assert_eq!(markers(&chunks), [(50, "Verse".to_owned()), (9000, "Chorus 80".to_owned())]);
        for n_bytes in 0..adtl.len() {
            let cut = Chunk { id: *b"LIST", body: adtl[..n_bytes].to_vec() };
            assert_eq!(markers(&[chunks[0].clone(), cut]).len(), 2);
        }
    }
}
