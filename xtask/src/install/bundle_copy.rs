//! Puts a bundle in the place of an older one, whole, or takes it away.
//!
//! In: a bundle, which is a file or a folder, and the folder it belongs into. Out: the bundle is there, or nothing has
//! changed. The copy is made beside its place and renamed, so that a host never sees half a bundle. Nothing else in the
//! folder is touched.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::TempDir;

/// What the folder beside the bundles is called that holds a copy until it is complete, and the old one until it is
/// deleted. No host looks for plugins there, because nothing in it is named like one.
const STAGING_PREFIX: &str = ".con-anima-";

/// A bundle's place, and a folder beside it that may be written.
pub(super) struct Place {
    folder: PathBuf,
    staging: TempDir,
}

impl Place {
    /// Makes sure that bundles in this folder may be replaced; creates the folder.
    pub(super) fn open(folder: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| refused("create", folder))?;
        let staging = tempfile::Builder::new().prefix(STAGING_PREFIX).tempdir_in(folder);
        Ok(Self { folder: folder.to_owned(), staging: staging.with_context(|| refused("write to", folder))? })
    }

    /// Copies the bundle beside its place.
    pub(super) fn stage(&self, bundle: &Path) -> anyhow::Result<()> {
        let copy = self.staging.path().join("new");
        copy_all(bundle, &copy).with_context(|| format!("cannot copy '{}' to '{}'", bundle.display(), copy.display()))
    }

    /// Puts the copy where it belongs, as `name`. Returns whether an older one was there.
    pub(super) fn replace(self, name: &str) -> anyhow::Result<bool> {
        let place = self.folder.join(name);
        let was_there = self.set_aside(&place)?;
        if let Err(error) = fs::rename(self.staging.path().join("new"), &place) {
            if was_there {
                // The older one is better than none; if this fails too, the error below says what is wrong.
                let _ = fs::rename(self.staging.path().join("old"), &place);
            }
            return Err(error).with_context(|| refused("replace", &place));
        }
        Ok(was_there)
    }

    /// Takes the bundle called `name` away. Returns whether it was there.
    pub(super) fn remove(self, name: &str) -> anyhow::Result<bool> {
        let was_there = self.set_aside(&self.folder.join(name))?;
        let folder = self.folder.clone();
        self.staging.close().with_context(|| refused("delete what was in", &folder))?;
        Ok(was_there)
    }

    fn set_aside(&self, place: &Path) -> anyhow::Result<bool> {
        if !exists(place) {
            return Ok(false);
        }
        fs::rename(place, self.staging.path().join("old")).with_context(|| refused("replace", place))?;
        Ok(true)
    }
}

/// Whether something has this name, be it a link that leads nowhere.
pub(super) fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn refused(what: &str, path: &Path) -> String {
    format!("cannot {what} '{}'", path.display())
}

/// Copies a file, or a folder with everything in it. What a link leads to is copied, not the link.
pub(crate) fn copy_all(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        return fs::copy(from, to).map(|_| ());
    }
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy_all(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}
