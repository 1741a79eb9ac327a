//! What a bounce writes and says.

use serde_json::Value;

use crate::studio::{Studio, chunk, noise, short_wav, wav};

fn summary(studio: &Studio, args: &[&str]) -> Value {
    serde_json::from_str(&studio.bounced(&[args, &["--json"]].concat())).expect("JSON and nothing else")
}

#[test]
fn without_an_output_it_stands_beside_the_input() {
    let studio = Studio::new().with("lead.take 3.wav", short_wav());
    let text = studio.bounced(&["lead.take 3.wav"]);
    assert_eq!(studio.names(), ["lead.take 3.wav", "lead.take 3_con_anima.wav"]);
    assert!(text.contains("wrote lead.take 3_con_anima.wav"), "{text}");
    studio.refused(&["lead.take 3.wav"], &["lead.take 3_con_anima.wav", "exists"]);
    studio.bounced(&["lead.take 3.wav", "--force"]);
}

#[test]
fn without_an_input_the_demo_is_sung_and_sung_again() {
    let studio = Studio::new();
    for _ in 0..2 {
        let text = studio.bounced(&[]);
        let folder = studio.path("target/bounce");
        for name in ["demo_before.wav", "demo_after.wav", "demo_pitch.svg"] {
            assert!(folder.join(name).metadata().expect(name).len() > 1000, "{name}");
            assert!(text.contains(name), "{text}");
        }
        assert_eq!(std::fs::read_dir(folder).expect("the folder").count(), 3);
    }
}

#[test]
fn the_later_word_wins() {
    let studio = Studio::new().with("in.wav", short_wav()).with("own.toml", "[values]\namount = 10\nmode = 'Studio'\n");
    let value = |args: &[&str], id: &str| {
        summary(&studio, &[&["in.wav", "-o", "out.wav", "--force"], args].concat())["values"][id].clone()
    };
    assert_eq!(value(&[], "amount"), 100.0);
    assert_eq!(value(&["--preset", "own.toml"], "amount"), 10.0);
    assert_eq!(value(&["--amount", "20", "--preset", "own.toml"], "amount"), 20.0);
    assert_eq!(value(&["--set", "amount=30", "--amount", "20"], "amount"), 30.0);
    assert_eq!(value(&["--set", "amount=30", "--set", "amount=40"], "amount"), 40.0);
    assert_eq!(value(&["--preset", "intimate"], "drift"), 10.5);
    for (args, mode) in [
        (&[][..], "Phrase"),
        (&["--preset", "natural"], "Phrase"),
        (&["--preset", "own.toml"], "Studio"),
        (&["--preset", "own.toml", "--mode", "live"], "Live"),
        (&["--mode", "live", "--set", "mode=studio"], "Studio"),
    ] {
        assert_eq!(value(args, "mode"), mode, "{args:?}");
    }
}

#[test]
fn a_part_of_the_sound_is_not_taken_for_the_voice() {
    let studio = Studio::new().with("in.wav", short_wav());
    for (listen, is_said) in [("output", false), ("breath only", true), ("Added Only", true)] {
        let text = studio.bounced(&["in.wav", "--force", "--set", &format!("listen={listen}")]);
        assert_eq!(text.contains("this is not the voice"), is_said, "{text}");
        assert_eq!(text.contains("Listen"), is_said, "{text}");
        assert!(text.contains("  breath: "), "{text}");
    }
}

#[test]
fn a_machine_gets_the_figures_and_nothing_else() {
    let studio = Studio::new().with("in.wav", wav(1, 2, 8_000, 16, &noise(32_000)));
    let summary = summary(&studio, &["in.wav", "-o", "out.wav", "--start-seconds", "-0.25", "--bits", "24"]);
    let expected = [
        ("channels", Value::from(2)),
        ("samples", Value::from(8_000)),
        ("sample_rate_hz", Value::from(8_000)),
        ("duration_s", Value::from(1.0)),
        ("start_samples", Value::from(-2_000)),
        ("bits", Value::from("24")),
        ("written", Value::from(vec!["out.wav"])),
        ("preset", Value::Null),
    ];
    for (key, value) in expected {
        assert_eq!(summary[key], value, "{key}");
    }
}

#[test]
fn samples_beyond_full_scale_are_clipped_and_counted() {
    let floats = [0.5_f32, 1.5, -1.0, -2.0, 1.0].map(f32::to_le_bytes).concat();
    let studio = Studio::new().with("in.wav", wav(3, 1, 48_000, 32, &floats));
    let at_16 = summary(&studio, &["in.wav", "-o", "16.wav", "--bits", "16", "--amount", "0"]);
    assert_eq!(at_16["clipped_samples"], 3);
    let steps = [16_384_i16, 32_767, -32_768, -32_768, 32_767].map(i16::to_le_bytes).concat();
    assert_eq!(chunk(&studio.bytes("16.wav"), "data"), steps);
    assert_eq!(summary(&studio, &["in.wav", "-o", "32.wav", "--amount", "0"])["clipped_samples"], 0);
    let text = studio.bounced(&["in.wav", "-o", "24.wav", "--bits", "24", "--amount", "0"]);
    assert!(text.contains("3 samples clipped"), "{text}");
}

/// Written so that it holds for any engine: automation that says throughout what an option says is that option.
#[test]
fn automation_overrules_options_in_song_time() {
    let studio = Studio::new()
        .with("in.wav", wav(1, 1, 48_000, 16, &noise(96_000)))
        .with("moves.csv", "0,amount,0,hold\n5,amount,100\n11,bypass,off\n12,bypass,on\n");
    let start = ["in.wav", "--start-seconds", "10"];
    studio.bounced(&[&start[..], &["-o", "plain.wav", "--amount", "100"]].concat());
    studio.bounced(&[&start[..], &["-o", "moved.wav", "--amount", "0", "--automation", "moves.csv"]].concat());
    let [plain, moved] = ["plain.wav", "moved.wav"].map(|name| chunk(&studio.bytes(name), "data"));
    assert!(plain == moved);
}

#[test]
fn a_plot_is_drawn_of_any_file() {
    let studio = Studio::new().with("in.wav", short_wav());
    studio.bounced(&["in.wav", "-o", "out.wav", "--plot", "pitch.svg"]);
    let svg = String::from_utf8(studio.bytes("pitch.svg")).expect("text");
    assert!(svg.starts_with("<svg ") && svg.contains("in.wav") && svg.contains("Humanize 100 %"));
    studio.bounced(&["in.wav", "-o", "again.wav", "--plot", "pitch.png"]);
    assert!(studio.bytes("pitch.png").starts_with(b"\x89PNG\r\n"));
    studio.refused(&["in.wav", "-o", "new.wav", "--plot", "pitch.svg"], &["pitch.svg", "exists"]);
}
