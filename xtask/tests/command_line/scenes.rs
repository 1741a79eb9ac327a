//! Scenes on the command line: they sound as the same values given one by one, and what is wrong is named.

use crate::studio::{Studio, chunk, noise, short_wav, wav};

/// A quiet verse, and a chorus with its depth and level of its own.
const SCENES: &str = "[[scenes]]\nname = \"Verse\"\n[scenes.values]\namount = 20\ndrift = 4\n\n\
                      [[scenes]]\nname = \"Chorus\"\n[scenes.values]\namount = 120\ndrift = 24\n";

/// Two depths alone.
const LEVELS: &str = "[[scenes]]\nname = 'Low'\n[scenes.values]\namount = 20\n\
                      [[scenes]]\nname = 'High'\n[scenes.values]\namount = 120\n";

fn studio() -> Studio {
    Studio::new().with("in.wav", wav(1, 1, 48_000, 16, &noise(96_000))).with("song.toml", SCENES)
}

/// The samples of a bounce with these options.
fn sung(studio: &Studio, options: &[&str]) -> Vec<u8> {
    studio.bounced(&[&["in.wav", "-o", "out.wav", "--force"], options].concat());
    chunk(&studio.bytes("out.wav"), "data")
}

#[test]
fn a_scene_sounds_as_its_values_and_between_two_as_values_between() {
    let studio = studio();
    for (position, amount, drift) in [("1", 20, 4), ("1.5", 70, 14), ("2", 120, 24), ("8", 120, 24)] {
        let scene = sung(&studio, &["--scenes", "song.toml", "--set", &format!("scene={position}")]);
        let drift = format!("drift={drift}");
        let values = sung(&studio, &["--amount", &amount.to_string(), "--set", &drift]);
        assert!(scene == values, "scene {position}");
    }
    let numbered = sung(&studio, &["--scenes", "song.toml", "--set", "scene=1.5"]);
    for words in ["Verse -> Chorus", "verse → 2 Chorus, 50 %", "1 → chorus, 50,0 %"] {
        let named = sung(&studio, &["--scenes", "song.toml", "--set", &format!("scene={words}")]);
        assert!(named == numbered, "{words}");
    }
    let off = sung(&studio, &["--scenes", "song.toml", "--set", "scene=off"]);
    assert!(off == sung(&studio, &[]));
}

#[test]
fn an_automated_position_goes_from_scene_to_scene_as_automated_values_do() {
    let studio = studio()
        .with("scene.csv", "0,scene,1\n1,scene,2\n")
        .with("held.csv", "0,scene,1,hold\n0.5,scene,2,hold\n")
        .with("song.csv", "0,Verse,scene low\n0.5,Chorus,Scene High\n")
        .with("named.csv", "0,scene,low,hold\n0.5,scene,High,hold\n")
        .with("steps.csv", "0,amount,20,hold\n0.5,amount,120,hold\n")
        .with("level.toml", LEVELS);
    let moved = sung(&studio, &["--scenes", "level.toml", "--automation", "scene.csv"]);
    assert!(moved != sung(&studio, &["--scenes", "level.toml", "--set", "scene=1"]));
    assert!(moved != sung(&studio, &["--scenes", "level.toml", "--set", "scene=2"]));
    let stepped = sung(&studio, &["--scenes", "level.toml", "--automation", "held.csv"]);
    assert!(stepped == sung(&studio, &["--automation", "steps.csv"]), "to the bit");
    assert!(stepped == sung(&studio, &["--scenes", "level.toml", "--automation", "named.csv"]), "by their names");
    assert!(stepped == sung(&studio, &["--scenes", "level.toml", "--sections", "song.csv"]), "in sections, too");
}

#[test]
fn the_file_and_the_summary_say_which_scenes() {
    let studio = Studio::new().with("in.wav", short_wav()).with("song.toml", SCENES);
    let text = studio.bounced(&["in.wav", "-o", "out.wav", "--scenes", "song.toml", "--set", "scene=1.5"]);
    assert!(text.contains("scenes song.toml") && text.contains("Scene 1.5"), "{text}");
    let list = String::from_utf8_lossy(&chunk(&studio.bytes("out.wav"), "LIST")).into_owned();
    assert!(list.contains("scene=1.5 ") && list.contains("scenes=song.toml"), "{list}");
}

#[test]
fn scenes_that_cannot_be_used_are_named_and_nothing_is_written() {
    let studio = Studio::new()
        .with("in.wav", short_wav())
        .with("moves.csv", "0,scene,1\n")
        .with("far.toml", "[[scenes]]\n[scenes.values]\namount = 1000\n")
        .with("preset.toml", "[values]\namount = 10\n")
        .with("song.toml", SCENES);
    let cases: [(&[&str], &[&str]); 7] = [
        (&["--set", "scene=2"], &["'scene'", "--scenes"]),
        (&["--automation", "moves.csv"], &["'scene'", "--scenes"]),
        (&["--scenes", "far.toml"], &["far.toml", "scene 1", "amount", "150"]),
        (&["--scenes", "preset.toml"], &["preset.toml", "'values'", "[[scenes]]"]),
        (&["--scenes", "absent.toml"], &["absent.toml"]),
        (&["--scenes", "song.toml", "--set", "scene=9"], &["scene=9", "8"]),
        (&["--scenes", "song.toml", "--set", "scene=Bridge"], &["scene=Bridge"]),
    ];
    for (options, culprits) in cases {
        studio.refused(&[&["in.wav"], options].concat(), culprits);
    }
    studio.refused(&["in.wav", "--scenes", "song.toml", "-o", "song.toml", "--force"], &["song.toml"]);
}
