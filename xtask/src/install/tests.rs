//! Installing in a home of its own, with bundles that hold no plugin.

use std::ffi::OsString;
use std::fs;

use tempfile::TempDir;

use super::*;

/// A user's home, and what was bundled.
struct Computer {
    home: TempDir,
    bundled: TempDir,
}

const INSTALL: Install = Install { system: false, uninstall: false, dry_run: false };
const UNINSTALL: Install = Install { system: false, uninstall: true, dry_run: false };

impl Computer {
    fn new() -> Self {
        Self { home: TempDir::new().unwrap(), bundled: TempDir::new().unwrap() }
    }

    /// The VST3 is a folder and the CLAP a file, as on Linux and Windows.
    fn bundle(&self, content: &str, files: &[&str]) {
        let vst3 = self.bundled.path().join("Con Anima.vst3");
        if vst3.exists() {
            fs::remove_dir_all(&vst3).unwrap();
        }
        for file in files {
            let path = vst3.join("Contents").join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        fs::write(self.bundled.path().join("Con Anima.clap"), content).unwrap();
    }

    fn targets(&self, install: &Install) -> Vec<Target> {
        let home = OsString::from(self.home.path());
        install.targets(self.bundled.path(), |_| Some(home.clone())).unwrap()
    }

    fn run(&self, install: &Install) -> anyhow::Result<Vec<String>> {
        install.apply(&self.targets(install), || Ok(()))
    }

    fn place(&self, format: Format) -> PathBuf {
        let targets = self.targets(&INSTALL);
        let index = Format::ALL.iter().position(|other| *other == format).unwrap();
        targets[index].folder.join(&targets[index].name)
    }

    /// Everything in the home, sorted.
    fn contents(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.home.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                found.push(path.strip_prefix(self.home.path()).unwrap().to_string_lossy().into_owned());
                if path.is_dir() {
                    folders.push(path);
                }
            }
        }
        found.sort();
        found
    }
}

#[test]
fn an_older_copy_is_replaced_whole_and_nothing_else_is_touched() {
    let computer = Computer::new();
    computer.bundle("old", &["lib/Con Anima.so", "Resources/gone.txt"]);
    let first = computer.run(&INSTALL).unwrap();
    assert!(first.len() == 2 && first.iter().all(|line| line.starts_with("installed")), "{first:?}");
    let other = computer.place(Format::Vst3).with_file_name("Other.vst3");
    fs::write(&other, "someone else's").unwrap();
    let before = computer.contents();

    computer.bundle("new", &["lib/Con Anima.so"]);
    let second = computer.run(&INSTALL).unwrap();
    assert!(second.len() == 2 && second.iter().all(|line| line.starts_with("replaced")), "{second:?}");
    let vst3 = computer.place(Format::Vst3);
    assert_eq!(fs::read_to_string(vst3.join("Contents/lib/Con Anima.so")).unwrap(), "new");
    assert!(!vst3.join("Contents/Resources").exists(), "a file that the new bundle lacks is gone");
    assert_eq!(fs::read_to_string(computer.place(Format::Clap)).unwrap(), "new");
    assert_eq!(fs::read_to_string(other).unwrap(), "someone else's");
    let gone = before.iter().filter(|path| !path.contains("Resources")).cloned().collect::<Vec<_>>();
    assert_eq!(computer.contents(), gone, "no copy is left beside");
}

#[test]
fn only_bundles_of_our_name_are_removed() {
    let computer = Computer::new();
    computer.bundle("content", &["lib/Con Anima.so"]);
    computer.run(&INSTALL).unwrap();
    let others = [
        computer.place(Format::Vst3).with_file_name("Con Anima 2.vst3"),
        computer.place(Format::Clap).with_file_name("Other.clap"),
    ];
    others.iter().for_each(|other| fs::write(other, "someone else's").unwrap());
    let removed = computer.run(&UNINSTALL).unwrap();
    assert!(removed.len() == 2 && removed.iter().all(|line| line.starts_with("removed")), "{removed:?}");
    assert!(!exists(&computer.place(Format::Vst3)) && !exists(&computer.place(Format::Clap)));
    assert!(others.iter().all(|other| fs::read_to_string(other).unwrap() == "someone else's"));
    assert_eq!(computer.contents().len(), 4, "two folders with one file each: {:?}", computer.contents());

    let again = computer.run(&UNINSTALL).unwrap();
    assert!(again.iter().all(|line| line.starts_with("nothing to remove")), "{again:?}");
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let computer = Computer::new();
    computer.bundle("content", &["lib/Con Anima.so"]);
    let said = |install: Install, was_there: &str| {
        let dry = Install { dry_run: true, ..install };
        let lines = dry.apply(&computer.targets(&dry), || panic!("nothing is built")).unwrap();
        assert!(lines.len() == 2 && lines.iter().all(|line| line.starts_with(was_there)), "{lines:?}");
    };
    said(INSTALL, "would install");
    said(UNINSTALL, "would remove nothing");
    assert!(computer.contents().is_empty(), "{:?}", computer.contents());
    computer.run(&INSTALL).unwrap();
    let installed = computer.contents();
    said(INSTALL, "would replace");
    said(UNINSTALL, "would remove '");
    assert_eq!(computer.contents(), installed);
}

#[test]
fn a_bundle_that_is_missing_leaves_what_is_there() {
    let computer = Computer::new();
    computer.bundle("old", &["lib/Con Anima.so"]);
    computer.run(&INSTALL).unwrap();
    let installed = computer.contents();
    fs::remove_file(computer.bundled.path().join("Con Anima.clap")).unwrap();
    let error = computer.run(&INSTALL).expect_err("there is no CLAP");
    assert!(error.to_string().contains("Con Anima.clap"), "{error}");
    assert_eq!(computer.contents(), installed);
    let failed = INSTALL.apply(&computer.targets(&INSTALL), || anyhow::bail!("it does not build"));
    assert_eq!(failed.expect_err("it does not build").to_string(), "it does not build");
    assert_eq!(computer.contents(), installed);
}

#[test]
fn a_copy_for_all_users_is_pointed_out() {
    let computer = Computer::new();
    computer.bundle("content", &["lib/Con Anima.so"]);
    let other = computer.home.path().join("of the system.vst3");
    fs::write(&other, "older").unwrap();
    let mut targets = computer.targets(&INSTALL);
    targets[0].elsewhere = Some(other);
    let lines = INSTALL.apply(&targets, || Ok(())).unwrap();
    assert!(lines.len() == 3 && lines[2].contains("of the system.vst3"), "{lines:?}");
}

#[cfg(unix)]
#[test]
fn a_link_is_replaced_and_what_it_leads_to_stays() {
    let computer = Computer::new();
    computer.bundle("new", &["lib/Con Anima.so"]);
    let own_build = computer.home.path().join("build");
    fs::create_dir(&own_build).unwrap();
    fs::write(own_build.join("Con Anima.so"), "own").unwrap();
    let place = computer.place(Format::Vst3);
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(&own_build, &place).unwrap();
    computer.run(&INSTALL).unwrap();
    assert!(!fs::symlink_metadata(&place).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(place.join("Contents/lib/Con Anima.so")).unwrap(), "new");
    assert_eq!(fs::read_to_string(own_build.join("Con Anima.so")).unwrap(), "own");
}

#[test]
fn a_refusal_says_who_may() {
    let refused = || {
        let error = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        anyhow::Error::from(error).context("cannot write to '/usr/lib/vst3'")
    };
    let system = Install { system: true, ..INSTALL };
    let text = format!("{:#}", system.with_advice(refused()));
    assert!(text.contains("administrator") && text.contains("/usr/lib/vst3"), "{text}");
    let other = anyhow::Error::from(std::io::Error::from(std::io::ErrorKind::StorageFull));
    let text = format!("{:#}", system.with_advice(other));
    assert!(!text.contains("administrator"), "{text}");
}
