//! The library in folders of its own.

use super::super::PresetError;
use super::*;
use crate::params::Values;

/// An empty folder and its library.
fn library() -> (tempfile::TempDir, Library) {
    let folder = tempfile::tempdir().unwrap();
    let library = Library::new(Some(folder.path().join("presets")));
    (folder, library)
}

fn preset(name: &str, drift: f64) -> Preset {
    let mut values = Values::default();
    values.set("drift", drift).unwrap();
    Preset::of(name, &values)
}

fn drift(library: &Library, name: &str) -> Option<f32> {
    library.find(name).and_then(|preset| preset.values().get("drift"))
}

fn names(library: &Library) -> Vec<&str> {
    library.own().iter().map(|own| own.preset.name.as_str()).collect()
}

#[test]
fn what_is_saved_is_there_for_the_next_instance() {
    let (_folder, mut library) = library();
    library.scan();
    assert!(library.own().is_empty() && library.problems().is_empty(), "a missing folder is an empty one");
    library.save(&preset("Ada / verse", 11.0), Existing::Keep).unwrap();
    library.save(&preset("berta", 12.0), Existing::Keep).unwrap();
    let mut next = Library::new(library.folder().map(Path::to_owned));
    next.scan();
    assert_eq!(names(&next), ["Ada / verse", "berta"]);
    assert_eq!(drift(&next, "ada / VERSE"), Some(11.0));
    assert_eq!(next.own()[0].path.file_name().unwrap(), "Ada _ verse.toml");
}

#[test]
fn nothing_is_replaced_unless_it_is_asked_for() {
    let (_folder, mut library) = library();
    library.save(&preset("Mine", 1.0), Existing::Keep).unwrap();
    let refused = library.save(&preset("MINE", 2.0), Existing::Keep).unwrap_err();
    assert_eq!(refused, LibraryError::Taken { name: "MINE".to_owned(), is_factory: false });
    assert_eq!(drift(&library, "mine"), Some(1.0));
    library.save(&preset("Mine", 3.0), Existing::Replace).unwrap();
    assert_eq!((drift(&library, "Mine"), library.own().len()), (Some(3.0), 1));
    for existing in [Existing::Keep, Existing::Replace] {
        let refused = library.save(&preset("natural lead", 1.0), existing).unwrap_err();
        assert_eq!(refused, LibraryError::Taken { name: "natural lead".to_owned(), is_factory: true });
        assert_eq!(library.save(&preset(" \n ", 1.0), existing), Err(LibraryError::NoName));
    }
    // Two names, one file name.
    library.save(&preset("a/b", 5.0), Existing::Keep).unwrap();
    library.save(&preset("a:b", 6.0), Existing::Keep).unwrap();
    assert_eq!((drift(&library, "a/b"), drift(&library, "a:b")), (Some(5.0), Some(6.0)));
}

#[test]
fn a_preset_gets_another_name_and_keeps_its_sound() {
    let (_folder, mut library) = library();
    library.save(&preset("One", 1.0), Existing::Keep).unwrap();
    library.save(&preset("Two", 2.0), Existing::Keep).unwrap();
    assert!(matches!(library.rename("One", "two"), Err(LibraryError::Taken { is_factory: false, .. })));
    assert!(matches!(library.rename("One", "Extreme"), Err(LibraryError::Taken { is_factory: true, .. })));
    assert_eq!(library.rename("Three", "Four"), Err(LibraryError::Unknown("Three".to_owned())));
    library.rename("One", "ONE").unwrap();
    library.rename("Two", "Zwei").unwrap();
    assert_eq!(names(&library), ["ONE", "Zwei"]);
    assert_eq!((drift(&library, "one"), drift(&library, "zwei")), (Some(1.0), Some(2.0)));
    assert_eq!(fs::read_dir(library.folder().unwrap()).unwrap().count(), 2);
}

#[test]
fn what_is_deleted_can_be_brought_back() {
    let (_folder, mut library) = library();
    for drift in [1.0, 2.0] {
        library.save(&preset("Mine", drift), Existing::Keep).unwrap();
        let now = library.delete("mine").unwrap();
        assert!(library.own().is_empty() && now.parent().unwrap().ends_with(DELETED));
        assert_eq!(read_file(&now).unwrap().values().get("drift"), Some(drift as f32));
    }
    assert_eq!(library.delete("Mine"), Err(LibraryError::Unknown("Mine".to_owned())));
    assert_eq!(library.delete("Natural Lead"), Err(LibraryError::Unknown("Natural Lead".to_owned())));
    let deleted = library.folder().unwrap().join(DELETED);
    let name = library.import(&deleted.join("Mine 2.toml")).unwrap();
    assert_eq!((name.as_str(), drift(&library, "Mine")), ("Mine", Some(2.0)));
}

#[test]
fn a_preset_goes_out_and_comes_back() {
    let (folder, mut library) = library();
    let outside = folder.path().join("Take 1.5");
    let written = Library::export(&preset("Mine", 7.0), &outside).unwrap();
    assert_eq!(written, folder.path().join("Take 1.5.toml"));
    assert!(matches!(
        Library::export(&preset("Mine", 8.0), &outside),
        Err(LibraryError::File(FileError { problem: Problem::Exists, .. }))
    ));
    assert_eq!(library.import(&written).unwrap(), "Mine");
    assert_eq!(library.import(&written).unwrap(), "Mine 2");
    assert_eq!(drift(&library, "Mine 2"), Some(7.0));
    assert_eq!(crate::presets::parse(&fs::read_to_string(&written).unwrap()).unwrap().get("drift"), Some(7.0));
    let named = Library::export(&preset("Mine", 7.0), folder.path()).unwrap();
    assert_eq!(named, folder.path().join("Mine.toml"));
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_stays() {
    let (_folder, mut library) = library();
    library.save(&preset("Good", 1.0), Existing::Keep).unwrap();
    let folder = library.folder().unwrap().to_owned();
    let damaged = [
        ("newer.toml", "format = 9\n[values]".to_owned()),
        ("wild.toml", "[values]\ndrift = 5000".to_owned()),
        ("huge.toml", "#".repeat(70_000)),
    ];
    for (name, text) in &damaged {
        fs::write(folder.join(name), text).unwrap();
    }
    for other in [".hidden.toml", "notes.txt"] {
        fs::write(folder.join(other), "?").unwrap();
    }
    library.scan();
    assert_eq!(names(&library), ["Good"]);
    let said: Vec<String> = library.problems().iter().map(ToString::to_string).collect();
    let words = [("huge.toml", "64 KiB"), ("newer.toml", "format is 9"), ("wild.toml", "between 0 and 50")];
    assert_eq!(said.len(), words.len());
    for ((name, right), said) in words.into_iter().zip(&said) {
        assert!(said.contains(name) && said.contains(right), "{said}");
    }
    for (name, text) in &damaged {
        assert_eq!(&fs::read_to_string(folder.join(name)).unwrap(), text);
        assert!(library.import(&folder.join(name)).is_err());
    }
    // A damaged file's name is not free.
    library.save(&preset("wild", 1.0), Existing::Keep).unwrap();
    assert_eq!(fs::read_to_string(folder.join("wild.toml")).unwrap(), damaged[1].1);
}

#[test]
fn no_two_presets_have_one_name() {
    let (_folder, mut library) = library();
    library.save(&preset("Same", 1.0), Existing::Keep).unwrap();
    let folder = library.folder().unwrap().to_owned();
    fs::copy(folder.join("Same.toml"), folder.join("Same copy.toml")).unwrap();
    fs::write(folder.join("fake.toml"), "name = 'Extreme'\n[values]").unwrap();
    library.scan();
    assert_eq!(names(&library), ["Extreme 2", "Same", "Same 2"]);
    let long = preset(&"x".repeat(60), 1.0);
    library.save(&long, Existing::Keep).unwrap();
    let free = library.free_name(&long.name);
    assert!(free.chars().count() == super::super::MAX_NAME_CHARS && free.ends_with(" 2"), "{free}");
}

#[test]
fn only_so_many_files_are_read() {
    let (_folder, mut library) = library();
    let folder = library.folder().unwrap().to_owned();
    fs::create_dir_all(&folder).unwrap();
    for number in 0..MAX_FILES + 1 {
        fs::write(folder.join(format!("{number:04}.toml")), "[values]").unwrap();
    }
    library.scan();
    assert_eq!((library.own().len(), library.problems().len()), (MAX_FILES, 1));
}

#[test]
fn without_a_folder_there_are_the_factory_presets() {
    let mut library = Library::new(None);
    library.scan();
    assert_eq!(library.all().count(), FACTORY.len());
    assert_eq!(library.save(&preset("Mine", 1.0), Existing::Keep), Err(LibraryError::NoFolder));
    let message = PresetError::Newer { format: 3 }.to_string();
    assert!(message.contains('3') && message.contains("newer version"), "{message}");
}
