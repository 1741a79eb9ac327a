//! Bytes of uncompressed samples as floats.
//!
//! In: interleaved little-endian values. Out: `[channel][sample]`, full scale at 1: whole numbers of `b` bits are
//! `value / 2^(b - 1)`, floats are themselves. Source of the two laws: ITU-T G.711 (1988), tables 1 and 2.

use super::wave_format::Encoding;

/// Appends to each channel what `bytes` hold, whole samples of all channels.
pub(super) fn push(bytes: &[u8], encoding: Encoding, into: &mut [Vec<f32>]) {
    match encoding {
        Encoding::Unsigned8 => push_each(bytes, into, |[byte]| (f32::from(byte) - 128.0) / 128.0),
        Encoding::Int(2) => push_each(bytes, into, |b| f32::from(i16::from_le_bytes(b)) / 32_768.0),
        Encoding::Int(3) => push_each(bytes, into, |[a, b, c]| whole(i32::from_le_bytes([0, a, b, c]))),
        Encoding::Int(_) => push_each(bytes, into, |b| whole(i32::from_le_bytes(b))),
        Encoding::Float32 => push_each(bytes, into, f32::from_le_bytes),
        Encoding::Float64 => push_each(bytes, into, |b| f64::from_le_bytes(b) as f32),
        Encoding::ALaw => push_each(bytes, into, |[byte]| a_law(byte)),
        Encoding::MuLaw => push_each(bytes, into, |[byte]| mu_law(byte)),
    }
}

fn push_each<const N: usize>(bytes: &[u8], into: &mut [Vec<f32>], value: impl Fn([u8; N]) -> f32) {
    let n_channels = into.len();
    let (values, _) = bytes.as_chunks::<N>();
    if let [channel] = into {
        channel.extend(values.iter().map(|bytes| value(*bytes)));
        return;
    }
    for (index, channel) in into.iter_mut().enumerate() {
        channel.extend(values.iter().skip(index).step_by(n_channels).map(|bytes| value(*bytes)));
    }
}

/// A number whose full scale is 32 bits. In double precision, because 24 of them may be valid at any place.
fn whole(value: i32) -> f32 {
    (f64::from(value) / 2_147_483_648.0) as f32
}

/// 13 bits, of which the code has sign, a power of two and four digits; every second bit is inverted.
fn a_law(code: u8) -> f32 {
    let code = code ^ 0x55;
    let (power, digits) = (code >> 4 & 7, i32::from(code & 15) << 4 | 8);
    let size = if power == 0 { digits } else { (digits + 0x100) << (power - 1) };
    (if code & 0x80 == 0 { -size } else { size }) as f32 / 32_768.0
}

/// 14 bits, stored inverted; the power begins at an offset of 33 steps.
fn mu_law(code: u8) -> f32 {
    let code = !code;
    let size = ((i32::from(code & 15) << 3 | 0x84) << (code >> 4 & 7)) - 0x84;
    (if code & 0x80 == 0 { size } else { -size }) as f32 / 32_768.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], encoding: Encoding) -> Vec<f32> {
        let mut channels = [Vec::new()];
        push(bytes, encoding, &mut channels);
        channels[0].clone()
    }

    #[test]
    fn full_scale_and_the_smallest_step_are_where_they_belong() {
        assert_eq!(decoded(&[0, 128, 129, 255], Encoding::Unsigned8), [-1.0, 0.0, 1.0 / 128.0, 127.0 / 128.0]);
        assert_eq!(decoded(&[0, 0x80, 1, 0], Encoding::Int(2)), [-1.0, 1.0 / 32_768.0]);
        assert_eq!(decoded(&[0, 0, 0x80, 1, 0, 0], Encoding::Int(3)), [-1.0, 1.0 / 8_388_608.0]);
        assert_eq!(decoded(&[0, 1, 0, 0], Encoding::Int(4)), [1.0 / 8_388_608.0]);
        assert_eq!(decoded(&0.1_f64.to_le_bytes(), Encoding::Float64), [0.1]);
        assert_eq!(decoded(&f32::MIN_POSITIVE.to_le_bytes(), Encoding::Float32), [f32::MIN_POSITIVE]);
    }

    /// ITU-T G.711, tables 1a and 2a: the largest values, at 13 and 14 bits, and those beside zero.
    #[test]
    fn the_two_laws_are_those_of_the_tables() {
        let at_16_bits = |encoding, code| (decoded(&[code], encoding)[0] * 32_768.0) as i32;
        let a_law = |code| at_16_bits(Encoding::ALaw, code);
        assert_eq!([a_law(0xaa), a_law(0x2a), a_law(0xd5), a_law(0x55)], [4032 * 8, -4032 * 8, 8, -8]);
        let mu_law = |code| at_16_bits(Encoding::MuLaw, code);
        assert_eq!([mu_law(0x80), mu_law(0x00), mu_law(0xff), mu_law(0xfe)], [8031 * 4, -8031 * 4, 0, 8]);
    }

    #[test]
    fn channels_are_taken_apart() {
        let mut channels = [Vec::new(), Vec::new(), Vec::new()];
        push(&[128, 192, 64, 0, 128, 128], Encoding::Unsigned8, &mut channels);
        assert_eq!(channels, [vec![0.0, -1.0], vec![0.5, 0.0], vec![-0.5, 0.0]]);
    }
}
