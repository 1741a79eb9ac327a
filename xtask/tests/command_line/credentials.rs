//! What a file says of where it comes from: declared by its user, and signed.

use std::process::{Command, Output};

use crate::studio::{Studio, chunk, chunks, short_wav};

const CERTIFICATES: &str = include_str!("../fixtures/credentials/certificates.pem");
const KEY: &str = include_str!("../fixtures/credentials/key.pem");

/// Another key of the same kind.
const OTHER_KEY: &str = include_str!("../fixtures/credentials/other_key.pem");

fn studio() -> Studio {
    Studio::new()
        .with("in.wav", short_wav())
        .with("certificates.pem", CERTIFICATES)
        .with("key.pem", KEY)
        .with("other.pem", OTHER_KEY)
}

/// A bounce whose Python environment is kept from test to test.
fn bounce(studio: &Studio, args: &[&str]) -> Output {
    let mut command = Command::new(crate::PROGRAM);
    command.arg("bounce").args(args).current_dir(studio.path("")).env("CARGO_TARGET_DIR", env!("CARGO_TARGET_TMPDIR"));
    command.output().expect("the command line runs")
}

fn bounced(studio: &Studio, args: &[&str]) -> String {
    let output = bounce(studio, args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn what_was_done_is_signed_and_nothing_else_of_the_file_changes() {
    let studio = studio();
    let signing = ["--credentials", "certificates.pem", "key.pem", "--synthetic-voice", "ai"];
    studio.bounced(&["in.wav", "-o", "plain.wav", "--synthetic-voice", "ai"]);
    let said = bounced(&studio, &[&["in.wav", "-o", "out.wav"], &signing[..]].concat());
    assert!(said.contains("signed: Content Credentials of 'Test signer' (es256), read back and valid\n"), "{said}");
    let (plain, signed) = (studio.bytes("plain.wav"), studio.bytes("out.wav"));
    assert_eq!(chunk(&signed, "data"), chunk(&plain, "data"));
    let names = |file: &[u8]| chunks(file).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(&signed), [names(&plain), vec!["C2PA".to_owned()]].concat());
    let credentials = chunk(&signed, "C2PA");
    for told in
        ["c2pa.opened", "c2pa.edited", "trainedAlgorithmicMedia", "humanized by Con Anima", "amount=100", "in.wav"]
    {
        assert!(contains(&credentials, told), "{told}");
    }

    // They are those of the old samples: a bounce of a bounce has them as its source's, or not at all.
    let said = studio.bounced(&["out.wav", "-o", "again.wav"]);
    assert!(said.contains("not kept: its Content Credentials"), "{said}");
    assert!(!names(&studio.bytes("again.wav")).contains(&"C2PA".to_owned()));
    let report = bounced(&studio, &[&["out.wav", "-o", "twice.flac", "--json"], &signing[..]].concat());
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    let expected = serde_json::json!({ "signer": "Test signer", "algorithm": "es256", "source_is_read": true });
    assert_eq!(report["credentials"], expected);
    let twice = studio.bytes("twice.flac");
    assert!(contains(&twice, "out.wav") && contains(&twice, "in.wav"), "the chain goes back to the first");
    assert!(studio.bounced(&["twice.flac", "-o", "read.wav"]).contains("wrote read.wav"));

    // A rerun that asks for a signature finds that the file without one is another.
    let skipping = ["in.wav", "-o", "plain.wav", "--synthetic-voice", "ai", "--skip-done"];
    assert!(bounced(&studio, &skipping).contains("skipped"));
    let output = bounce(&studio, &[&skipping[..], &signing[..3]].concat());
    assert!(!output.status.success());
    assert!(
        bounced(&studio, &[&["in.wav", "-o", "out.wav", "--skip-done"], &signing[..]].concat()).contains("skipped")
    );

    // Through a pipe there is no name: it has that of the recording.
    let piped = bounce(&studio, &[&["in.wav", "-o", "-"], &signing[..]].concat());
    let credentials = chunk(&piped.stdout, "C2PA");
    assert!(piped.status.success() && contains(&credentials, "in.wav"));

    // A key that is not the certificate's signs nothing, and nothing is left behind.
    let before = studio.names();
    let output = bounce(&studio, &["in.wav", "-o", "bad.wav", "--credentials", "certificates.pem", "other.pem"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && told.contains("bad.wav"), "{told}");
    assert_eq!(studio.names(), before);
}

#[test]
fn a_synthetic_voice_is_declared_in_the_file() {
    let studio = studio();
    for (how, declared) in [("ai", "the voice is synthetic, made by AI"), ("other", "the voice is synthetic")] {
        studio.bounced(&["in.wav", "-o", "out.wav", "--force", "--synthetic-voice", how]);
        let list = String::from_utf8_lossy(&chunk(&studio.bytes("out.wav"), "LIST")).into_owned();
        assert!(list.contains(&format!("humanized by Con Anima; {declared}")), "{list}");
        assert!(list.contains(&format!("synthetic_voice={how}")), "{list}");
    }
}

#[test]
fn what_cannot_sign_is_refused_before_anything_is_done() {
    let studio = studio().with("empty.pem", "").with("key_of_old.pem", "-----BEGIN EC PRIVATE KEY-----\n");
    for (certificate, key, culprits) in [
        ("absent.pem", "key.pem", ["certificate", "absent.pem"]),
        ("key.pem", "key.pem", ["key.pem", "BEGIN CERTIFICATE"]),
        ("certificates.pem", "empty.pem", ["empty.pem", "BEGIN PRIVATE KEY"]),
        ("certificates.pem", "key_of_old.pem", ["key_of_old.pem", "openssl pkcs8"]),
    ] {
        studio.refused(&["in.wav", "--credentials", certificate, key], &culprits);
    }
}
