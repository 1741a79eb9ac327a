//! What a bounce must not change: samples at an amount of zero, bytes from one run to the next.

use crate::studio::{Studio, chunk, chunks, noise, short_wav, wav};

/// Any float but subnormals and zeros of either sign, which an engine may flush, and what is no number.
fn float_noise(n: usize) -> Vec<u8> {
    let bits = noise(n * 4);
    let floats = bits.chunks_exact(4).map(|bytes| {
        let mantissa = u32::from_le_bytes([bytes[0], bytes[1], bytes[2] & 0x7f, 0]);
        let exponent = 127 - u32::from(bytes[3] % 40);
        f32::from_bits(u32::from(bytes[3] & 0x80) << 24 | exponent << 23 | mantissa)
    });
    floats.flat_map(f32::to_le_bytes).collect()
}

#[test]
fn an_untouched_recording_comes_back_bit_for_bit_at_every_depth() {
    let cases = [
        ("16 mono", wav(1, 1, 44_100, 16, &noise(8_000))),
        ("16 six channels", wav(1, 6, 48_000, 16, &noise(12_000))),
        ("24 mono, odd", wav(1, 1, 48_000, 24, &noise(3 * 4_001))),
        ("24 stereo", wav(1, 2, 8_000, 24, &noise(12_000))),
        ("32f mono", wav(3, 1, 96_000, 32, &float_noise(4_000))),
        ("32f stereo", wav(3, 2, 384_000, 32, &float_noise(4_000))),
    ];
    for (name, file) in cases {
        for mode in ["live", "studio", "phrase"] {
            let studio = Studio::new().with("in.wav", &file);
            studio.bounced(&["in.wav", "-o", "out.wav", "--amount", "0", "--mode", mode]);
            let out = studio.bytes("out.wav");
            assert!(chunk(&out, "data") == chunk(&file, "data"), "{name}, {mode}");
            assert_eq!(chunk(&out, "fmt ")[2..8], chunk(&file, "fmt ")[2..8], "{name}: channels and rate");
        }
    }
}

#[test]
fn a_bounce_of_a_bounce_at_zero_is_the_bounce() {
    let studio = Studio::new().with("in.wav", wav(1, 3, 48_000, 24, &noise(9_000)));
    studio.bounced(&["in.wav", "-o", "one.wav", "--amount", "0"]);
    studio.bounced(&["one.wav", "-o", "two.wav", "--amount", "0"]);
    let [one, two] = ["one.wav", "two.wav"].map(|name| studio.bytes(name));
    // Only the checksum of the input is another one.
    assert!(chunk(&one, "data") == chunk(&two, "data") && one.len() == two.len());
}

#[test]
fn integers_become_floats_by_their_full_scale() {
    let studio = Studio::new().with("in.wav", wav(1, 1, 48_000, 16, &[0x00, 0x80, 0xff, 0x7f, 0x01, 0x00]));
    studio.bounced(&["in.wav", "-o", "out.wav", "--amount", "0", "--bits", "32f"]);
    let data = chunk(&studio.bytes("out.wav"), "data");
    let floats: Vec<f32> = data.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().expect("4 bytes"))).collect();
    assert_eq!(floats, [-1.0, 32_767.0 / 32_768.0, 1.0 / 32_768.0]);
}

#[test]
fn the_same_command_writes_the_same_bytes_and_the_block_size_does_not_matter() {
    let studio = Studio::new().with("in.wav", short_wav()).with("moves.csv", "0,drift,5\n0.1,drift,40\n");
    let outputs = [("a.wav", "a.svg", "512"), ("b.wav", "b.svg", "512"), ("c.wav", "c.svg", "1")];
    for (wav, svg, block) in outputs {
        let fixed = ["in.wav", "--automation", "moves.csv", "--start-seconds", "-0.3", "--seed", "7"];
        studio.bounced(&[&fixed[..], &["-o", wav, "--plot", svg, "--block", block]].concat());
    }
    for (wav, svg, _) in &outputs[1..] {
        assert!(studio.bytes("a.wav") == studio.bytes(wav), "{wav}");
        assert!(studio.bytes("a.svg") == studio.bytes(svg), "{svg}");
    }
}

#[test]
fn the_file_says_what_was_done() {
    let studio = Studio::new()
        .with("in.wav", short_wav())
        .with("own.toml", "[values]\ndrift = 20\nmode = 'Live'\n")
        .with("moves.csv", "0,tremble,3\n");
    let options = ["--preset", "own.toml", "--amount", "50", "--set", "output=-6", "--automation", "moves.csv"];
    studio.bounced(&[&["in.wav", "-o", "out.wav", "--start-seconds", "1.5"], &options[..]].concat());
    let file = studio.bytes("out.wav");
    let names: Vec<_> = chunks(&file).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["fmt ", "data", "LIST"]);
    let list = String::from_utf8_lossy(&chunk(&file, "LIST")).into_owned();
    assert!(list.starts_with("INFOISFT") && list.contains("Con Anima ") && list.contains("ICMT"), "{list}");
    let said = [
        "amount=50 ",
        "drift=20 ",
        "mode=Live ",
        "output=-6 ",
        "start_s=1.5 ",
        "preset=own.toml ",
        "automation=moves.csv",
    ];
    assert!(said.iter().all(|part| list.contains(part)), "{list}");
}
