//! Many recordings: folders, takes, parts of a list, what was done before.

use con_anima::demo::{demo_song, sing};

use super::studio::{Studio, chunk, short_wav, wav};

/// A folder `stems` with two recordings, a third one a folder deeper, and files that are none.
fn stems() -> Studio {
    let studio = Studio::new();
    for folder in ["stems", "stems/deep"] {
        std::fs::create_dir(studio.path(folder)).expect("a folder");
    }
    studio
        .with("stems/b.wav", short_wav())
        .with("stems/a.wav", short_wav())
        .with("stems/deep/c.wav", short_wav())
        .with("stems/notes.txt", "no sound")
        .with("stems/._a.wav", "what a Mac leaves on other disks")
}

/// A tone of 16 bits at 48 kHz, mono.
fn tone(n_samples: usize) -> Vec<u8> {
    let sample = |n: usize| (8000.0 * (n as f64 * 0.03).sin()) as i16;
    let samples: Vec<u8> = (0..n_samples).flat_map(|n| sample(n).to_le_bytes()).collect();
    wav(1, 1, 48_000, 16, &samples)
}

fn exists(studio: &Studio, names: &[&str]) -> Vec<bool> {
    names.iter().map(|name| studio.path(name).exists()).collect()
}

#[test]
fn a_folder_is_sung_file_by_file_and_what_came_of_it_is_not_sung_again() {
    let studio = stems();
    let said = studio.bounced(&["stems", "--jobs", "2"]);
    assert!(said.contains("2 in all: 2 written"), "{said}");
    assert_eq!(said.lines().filter(|line| line.starts_with("wrote ")).count(), 2, "{said}");
    assert_eq!(exists(&studio, &["stems/a_con_anima.wav", "stems/deep/c_con_anima.wav"]), [true, false]);
    let again = studio.bounced(&["stems", "--force"]);
    assert!(again.contains("2 in all: 2 written"), "{again}");
}

#[test]
fn an_output_folder_has_the_folders_of_the_input() {
    let studio = stems();
    studio.bounced(&["stems", "--recursive", "--out-dir", "sung", "--events", "csv", "--quiet"]);
    let names = ["sung/a_con_anima.wav", "sung/b_con_anima.csv", "sung/deep/c_con_anima.wav"];
    assert_eq!(exists(&studio, &names), [true; 3]);
    // Each is what it is alone.
    studio.bounced(&["stems/a.wav", "-o", "alone.wav"]);
    assert_eq!(studio.bytes("alone.wav"), studio.bytes("sung/a_con_anima.wav"));
}

#[test]
fn a_folder_that_nothing_was_written_to_does_not_stay() {
    let studio = Studio::new().with("in.wav", short_wav()).with("bad.wav", "no sound").with("worse.wav", "none either");
    std::fs::create_dir(studio.path("own")).expect("a folder");
    for inputs in [&["bad.wav"][..], &["bad.wav", "worse.wav"]] {
        let output = studio.bounce(&[inputs, &["--out-dir", "own/new/deep"]].concat());
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(exists(&studio, &["own", "own/new"]), [true, false], "{inputs:?}");
    }
    let output = studio.bounce(&["bad.wav", "in.wav", "--out-dir", "own/new/deep"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(studio.path("own/new/deep/in_con_anima.wav").exists());
}

#[test]
fn takes_count_from_the_first_one_on() {
    let studio = Studio::new().with("in.wav", short_wav());
    studio.bounced(&["in.wav", "--takes", "2", "--take", "5", "--set", "drift=40"]);
    assert_eq!(studio.names(), ["in.wav", "in_con_anima_take5.wav", "in_con_anima_take6.wav"]);
    studio.bounced(&["in.wav", "--take", "6", "--set", "drift=40", "-o", "six.wav"]);
    assert_eq!(studio.bytes("six.wav"), studio.bytes("in_con_anima_take6.wav"));
}

#[test]
fn what_was_done_before_is_done_again_only_where_something_changed() {
    let studio = stems();
    let run = |more: &[&str]| studio.bounced(&[&["stems", "--out-dir", "sung", "--skip-done"], more].concat());
    assert!(run(&[]).contains("2 in all: 2 written"));
    assert!(run(&[]).contains("2 in all: 2 done before"));
    std::fs::remove_file(studio.path("sung/a_con_anima.wav")).expect("it is there");
    assert!(run(&[]).contains("1 written, 1 done before"));
    // Another recording of the same name.
    let mut other = short_wav();
    *other.last_mut().expect("samples") ^= 1;
    std::fs::write(studio.path("stems/b.wav"), other).expect("a file");
    assert!(run(&["--force"]).contains("1 written, 1 done before"));
    assert!(run(&["--force", "--amount", "50"]).contains("2 in all: 2 written"));
    assert!(run(&["--force", "--amount", "50", "--bits", "24"]).contains("2 in all: 2 written"));
    let moves = Studio::new().with("moves.csv", "0,drift,1\n").with("other.csv", "0,drift,2\n");
    let [path, other] = ["moves.csv", "other.csv"].map(|name| moves.path(name).display().to_string());
    assert!(run(&["--force", "--automation", &path]).contains("2 written"));
    assert!(run(&["--force", "--automation", &path]).contains("2 done before"));
    std::fs::copy(other, path.clone()).expect("a copy");
    assert!(run(&["--force", "--automation", &path]).contains("2 written"));
}

#[test]
fn what_an_earlier_run_left_unfinished_is_finished() {
    let studio = stems();
    let run = |more: &[&str]| studio.bounced(&[&["stems", "--out-dir", "sung", "--skip-done"], more].concat());
    assert!(run(&["--events", "csv"]).contains("2 in all: 2 written"));
    std::fs::remove_file(studio.path("sung/a_con_anima.csv")).expect("it is there");
    std::fs::remove_file(studio.path("sung/b_con_anima.wav")).expect("it is there");
    assert!(run(&["--events", "csv"]).contains("2 in all: 2 written"));
    assert!(run(&["--events", "csv"]).contains("2 done before"));
    // What is damaged is not taken for done, and not replaced without a word.
    let whole = studio.bytes("sung/a_con_anima.wav");
    std::fs::write(studio.path("sung/a_con_anima.wav"), &whole[..whole.len() / 2]).expect("a file");
    let output = studio.bounce(&["stems", "--out-dir", "sung", "--skip-done", "--events", "csv"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && errors.contains("damaged") && errors.contains("--force"), "{errors}");
}

#[cfg(unix)]
#[test]
fn a_folder_may_hold_anything() {
    use std::os::unix::ffi::OsStrExt;

    let studio = stems();
    let made = std::process::Command::new("mkfifo").arg(studio.path("stems/pipe.wav")).status().expect("mkfifo runs");
    assert!(made.success());
    std::os::unix::fs::symlink("a.wav", studio.path("stems/link.wav")).expect("a link");
    std::os::unix::fs::symlink("nowhere.wav", studio.path("stems/dangling.wav")).expect("a link");
    for byte in [0xfe_u8, 0xff] {
        let name = std::ffi::OsStr::from_bytes(&[b"stems/q".as_slice(), &[byte], b".wav"].concat()).to_owned();
        std::fs::write(studio.path("").join(name), short_wav()).expect("a file");
    }
    let said = studio.bounced(&["stems", "--out-dir", "sung"]);
    assert!(said.contains("4 in all: 4 written"), "{said}");
    let sung = studio.path("sung").join(std::ffi::OsStr::from_bytes(b"q\xff_con_anima.wav"));
    assert!(sung.exists());
}

#[test]
fn one_that_fails_keeps_no_other_from_its_turn() {
    let studio = stems().with("stems/aa.wav", "no WAV at all");
    let output = studio.bounce(&["stems", "--out-dir", "sung"]);
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("3 in all: 2 written, 1 failed"), "{said}");
    assert!(errors.lines().count() == 2 && errors.starts_with("error: ") && errors.contains("aa.wav"), "{errors}");
    assert_eq!(exists(&studio, &["sung/b_con_anima.wav", "sung/aa_con_anima.wav"]), [true, false]);

    let output = studio.bounce(&["stems", "--out-dir", "sung", "--skip-done", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!([&json["schema_version"], &json["skipped"], &json["failed"]], [1, 2, 1]);
    let failed = json["recordings"].as_array().expect("a list").iter().find(|one| one["outcome"] == "failed");
    let failed = failed.expect("one failed");
    assert!(failed["error"].as_str().is_some_and(|error| error.contains("aa.wav")), "{failed}");
}

#[test]
fn parts_of_a_list_make_the_whole_and_share_nothing() {
    let studio = stems();
    for part in ["1/2", "2/2"] {
        studio.bounced(&["stems", "--recursive", "--out-dir", "sung", "--shard", part]);
    }
    let names = ["sung/a_con_anima.wav", "sung/b_con_anima.wav", "sung/deep/c_con_anima.wav"];
    assert_eq!(exists(&studio, &names), [true; 3]);
    for wrong in ["0/2", "3/2", "1", "a/b"] {
        assert_eq!(studio.bounce(&["stems", "--shard", wrong]).status.code(), Some(2), "{wrong}");
    }
}

#[test]
fn a_dry_run_says_what_would_be_and_writes_nothing() {
    let studio = stems();
    let before = studio.names();
    let said = studio.bounced(&["stems", "--recursive", "--out-dir", "sung", "--dry-run"]);
    assert!(said.contains("3 in all: 3 to be written") && said.contains("would write"), "{said}");
    assert!(said.contains("a.wav: ") && said.contains(" Hz, "), "{said}");
    assert_eq!(studio.names(), before);
}

#[test]
fn what_cannot_be_a_list_is_refused_before_anything_is_written() {
    let studio = stems().with("in.wav", short_wav());
    std::fs::create_dir(studio.path("empty")).expect("a folder");
    std::fs::create_dir(studio.path("twice")).expect("a folder");
    let studio = studio.with("twice/in.wav", short_wav());
    studio.refused(&["stems", "-o", "out.wav"], &["-o", "--out-dir"]);
    studio.refused(&["empty"], &["no recording", "empty", "--recursive"]);
    studio.refused(&["stems", "--plot", "all.svg"], &["--plot", "svg", "all.svg"]);
    studio.refused(&["in.wav", "twice/in.wav", "--out-dir", "sung"], &["in_con_anima.wav", "twice/in.wav", "rename"]);
    studio.refused(&["in.wav", "-o", "-", "--verify"], &["--verify"]);
    studio.refused(&["--takes", "2"], &["recording"]);
    studio.refused(&["stems", "-"], &["standard input"]);
    studio.refused(&["in.wav", "--takes", "90", "--take", "20"], &["--takes 90", "20", "99"]);
}

#[test]
fn a_recording_goes_through_pipes_as_through_files() {
    use std::io::Write;
    use std::process::{Command, Stdio};

    let studio = Studio::new().with("in.wav", short_wav());
    studio.bounced(&["in.wav", "-o", "out.wav"]);
    let mut child = Command::new(crate::PROGRAM)
        .args(["bounce", "-", "-o", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command line runs");
    child.stdin.take().expect("a pipe").write_all(&short_wav()).expect("it is read");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stdout, studio.bytes("out.wav"));
    let flac = studio.bounce(&["in.wav", "-o", "-", "--format", "flac"]);
    assert_eq!(&flac.stdout[..4], b"fLaC");
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_read_once_for_both_passes() {
    let studio = Studio::new().with("in.wav", short_wav());
    let pipe = studio.path("pipe.wav");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs");
    assert!(made.success());
    std::thread::scope(|scope| {
        scope.spawn(|| std::fs::write(&pipe, short_wav()).expect("it is read"));
        studio.bounced(&["pipe.wav", "-o", "out.wav"]);
    });
    studio.bounced(&["in.wav", "-o", "same.wav"]);
    assert_eq!(studio.bytes("out.wav"), studio.bytes("same.wav"));
}

#[test]
fn verifying_sums_up_what_was_written() {
    let studio = Studio::new().with("in.wav", short_wav());
    let said = studio.bounced(&["in.wav", "-o", "out.wav", "--amount", "0", "--verify"]);
    let sum = said.lines().find_map(|line| line.trim().strip_prefix("read back: sha256 ")).expect("a checksum");
    // Nothing was changed, so the samples are those of the input, which stand behind its header of 44 bytes.
    use sha2::Digest;
    let expected: String = sha2::Sha256::digest(&short_wav()[44..]).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(sum, expected);
}

#[cfg(unix)]
#[test]
fn a_run_that_is_asked_to_end_leaves_nothing_and_the_next_removes_what_a_killed_one_left() {
    use std::process::{Command, Stdio};
    use std::time::Duration;

    let studio = Studio::new().with("in.wav", tone(48_000 * 300));
    let begin = || {
        let mut child = Command::new(crate::PROGRAM)
            .args(["bounce", "in.wav", "-o", "out.wav", "--learn", "no"])
            .current_dir(studio.path(""))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command line runs");
        while !studio.names().iter().any(|name| name.starts_with(".con_anima_")) {
            assert!(child.try_wait().expect("it can be asked").is_none(), "it ended before it wrote");
            std::thread::sleep(Duration::from_millis(5));
        }
        // Long enough that something is in the file.
        std::thread::sleep(Duration::from_millis(300));
        child
    };
    let child = begin();
    let asked = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill runs");
    assert!(asked.success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("interrupted"));
    assert_eq!(studio.names(), ["in.wav"]);

    let mut child = begin();
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    assert_eq!(studio.names().len(), 2, "killed, it had no time to tidy up");
    let studio = studio.with("short.wav", short_wav());
    studio.bounced(&["short.wav", "-o", "out.wav"]);
    assert_eq!(studio.names(), ["in.wav", "out.wav", "short.wav"]);
}

#[test]
fn the_residual_of_two_files_is_found_whatever_their_latency() {
    let studio = Studio::new().with("in.wav", tone(48_000));
    studio.bounced(&["in.wav", "-o", "same.wav", "--amount", "0"]);
    let said = studio.done(&["null", "in.wav", "same.wav"]);
    assert!(said.contains("0 samples late") && said.contains("48000 samples are equal"), "{said}");
    studio.bounced(&["in.wav", "-o", "sung.wav", "--amount", "150", "--set", "drift=40"]);
    let output = studio.run(&["null", "in.wav", "sung.wav", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(json["differing_samples"].as_u64().is_some_and(|n| n > 1000), "{json}");
    let studio = studio.with("cut.wav", tone(40_000));
    let said = studio.done(&["null", "in.wav", "cut.wav"]);
    assert!(said.contains("40000 samples are equal") && said.contains("8000 samples of A, 0 of B"), "{said}");
    studio.refuses(&["null", "in.wav", "in.wav", "--latency", "48000"], &["48000", "partner"]);
}

#[test]
fn sections_are_the_automation_that_holds_humanize_in_each() {
    let studio = Studio::new()
        .with("in.wav", tone(96_000))
        .with("song.csv", "time_s,name,amount\n0,Verse,0\n1,Chorus,120%\n")
        .with("moves.csv", "0,amount,0,hold\n1,amount,120,hold\n");
    let settings = ["--set", "drift=40", "--tempo", "90"];
    studio.bounced(&[&["in.wav", "-o", "sections.wav", "--sections", "song.csv"], &settings[..]].concat());
    studio.bounced(&[&["in.wav", "-o", "moves.wav", "--automation", "moves.csv"], &settings[..]].concat());
    let [sections, moves] = ["sections.wav", "moves.wav"].map(|name| chunk(&studio.bytes(name), "data"));
    assert!(sections == moves);
    let untouched = chunk(&tone(96_000), "data");
    assert!(sections[..90_000] == untouched[..90_000] && sections[100_000..] != untouched[100_000..]);
    studio.refused(&["in.wav", "-o", "x.wav", "--sections", "song.csv", "--automation", "moves.csv"], &["amount"]);
}

#[test]
fn a_report_is_one_page_with_everything_in_it() {
    let studio = Studio::new().with("in.wav", tone(96_000));
    studio.bounced(&["in.wav", "-o", "out.wav", "--report", "out.html", "--tempo", "120"]);
    let page = String::from_utf8(studio.bytes("out.html")).expect("text");
    for part in
        ["in.wav", "<script type=\"text/plain\">ZkxhQw", "bar 1", "<svg", "Drift", "cents rms, 0.3 to 3 Hz", "Seed"]
    {
        assert!(page.contains(part), "{part}");
    }
    // Names of XML are the only addresses.
    let addresses = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!addresses.contains("http"), "it loads nothing");
    studio.refused(&["in.wav", "-o", "x.wav", "--report", "out.pdf"], &["out.pdf", ".html"]);
}

/// The numbers of a page's statistics: before and after, as they are printed.
fn statistics(page: &str) -> Vec<[String; 2]> {
    let cells = |row: &str| {
        let cells = row.split("</td>").map(|cell| cell.rsplit('>').next().unwrap_or_default().to_owned());
        cells.collect::<Vec<_>>()
    };
    let table = page.split("<h2>Beside people</h2>").nth(1).and_then(|rest| rest.split("</table>").next());
    let rows = table.expect("a table").split("<tr><td>").skip(1).map(cells);
    rows.map(|cells| [cells[1].clone(), cells[2].clone()]).collect()
}

#[test]
fn what_was_not_changed_is_measured_alike_before_and_after() {
    let song = sing(&demo_song(), 48_000.0).samples;
    let song = song.iter().take(6 * 48_000).flat_map(|sample| ((sample * 32_768.0) as i16).to_le_bytes());
    let song: Vec<u8> = song.collect();
    let studio = Studio::new().with("in.wav", wav(1, 1, 48_000, 16, &song));
    let page = |args: &[&str]| {
        studio.bounced(&[&["in.wav", "-o", "out.wav", "--force", "--report", "out.html"], args].concat());
        String::from_utf8(studio.bytes("out.html")).expect("text")
    };
    for args in [&["--mode", "live"][..], &["--start-seconds", "61.5"], &["--learn", "no"]] {
        let page = page(&[&["--amount", "0"], args].concat());
        let rows = statistics(&page);
        assert!(!page.contains("clipped here"));
        assert!(rows.len() > 20 && rows.iter().filter(|[before, _]| before != "−").count() > 15, "{rows:?}");
        for [before, after] in rows {
            assert_eq!(before, after, "{args:?}");
        }
    }
    // What is measured is what the file holds: no louder than full scale, but for floats. These the player clips, and
    // the page says so.
    let level_db = |page: &str| -> f64 { statistics(page)[0][1].replace('−', "-").parse().expect("a level") };
    let [clipped, finer, float] = ["16", "24", "32f"].map(|bits| page(&["--set", "output=24", "--bits", bits]));
    assert!(level_db(&clipped) < 0.0 && level_db(&float) > 0.0, "{} {}", level_db(&clipped), level_db(&float));
    let told = |page: &String| page.matches("clipped here").count();
    assert_eq!([&clipped, &finer, &float].map(told), [0, 0, 1]);
}
