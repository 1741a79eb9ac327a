//! The command line as a command of a shell, and its manual.

use std::process::Command;

use crate::studio::Studio;

#[test]
fn every_shell_gets_a_command_and_what_completes_it() {
    let studio = Studio::new();
    for (shell, definition) in [
        ("bash", "conanima() {"),
        ("zsh", "conanima() {"),
        ("fish", "function conanima"),
        ("powershell", "function conanima {"),
    ] {
        let script = studio.done(&["completions", shell]);
        assert!(script.starts_with(definition) && script.contains("--package xtask"), "{shell}");
        for word in ["bounce", "out-dir", "recursive", "whisper-asmr", "phrase"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    let unknown = studio.run(&["completions", "csh"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("bash, zsh, fish or powershell"));
}

#[test]
fn bash_completes_commands_and_options() {
    let studio = Studio::new();
    let script = studio.done(&["completions", "bash"]);
    let complete = |words: &str| {
        let asked = format!(
            "{script}\nCOMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n\
             eval \"$(complete -p conanima | sed 's/.* -F \\([^ ]*\\) .*/\\1/') conanima \
             ${{COMP_WORDS[$COMP_CWORD]}} ${{COMP_WORDS[$COMP_CWORD-1]}}\"\necho \"${{COMPREPLY[@]}}\""
        );
        Command::new("bash").args(["-c", &asked]).output()
    };
    let Ok(commands) = complete("conanima bo") else { return };
    assert_eq!(String::from_utf8_lossy(&commands.stdout).trim(), "bounce", "{commands:?}");
    let options = complete("conanima bounce --pre").expect("bash is there");
    assert_eq!(String::from_utf8_lossy(&options.stdout).trim(), "--preset", "{options:?}");
    for (words, wanted) in [
        ("conanima bounce --preset hard", "hard-tune-loosen"),
        ("conanima bounce --mode p", "phrase"),
        ("conanima bounce --dither of", "off"),
        ("conanima warp --mode l", "live"),
        ("conanima completions f", "fish"),
    ] {
        let values = complete(words).expect("bash is there");
        assert_eq!(String::from_utf8_lossy(&values.stdout).trim(), wanted, "{words}: {values:?}");
    }
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let studio = Studio::new();
    std::fs::create_dir(studio.path("man1")).expect("a folder");
    studio.done(&["man", "man1"]);
    let page = String::from_utf8(studio.bytes("man1/conanima-bounce.1")).expect("text");
    assert!(page.contains("conanima") && page.contains("skip\\-done"), "{page}");
    for name in ["conanima.1", "conanima-learn.1", "conanima-measure.1"] {
        assert!(studio.path("man1").join(name).exists(), "{name}");
    }
    studio.refuses(&["man", "absent"], &["absent", "folder"]);
}

#[test]
fn the_help_of_a_bounce_names_the_presets() {
    let help = Studio::new().done(&["bounce", "-h"]);
    for preset in con_anima::presets::FACTORY {
        assert!(help.contains(preset.name), "{}", preset.name);
    }
}
