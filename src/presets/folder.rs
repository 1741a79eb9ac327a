//! Where the user's presets are.
//!
//! In: the system's conventions. Out: a folder: on Linux `~/.config/Con Anima/presets`, on macOS `~/Library/Application
//! Support/Con Anima/presets`, on Windows `%APPDATA%\Con Anima\presets`.

use std::path::PathBuf;

/// The variable that names another folder.
const OVERRIDE: &str = "CON_ANIMA_PRESETS";

/// The folder of the user's presets; `None` where the system knows no place for it.
pub fn user_folder() -> Option<PathBuf> {
    let chosen = std::env::var_os(OVERRIDE).filter(|folder| !folder.is_empty()).map(PathBuf::from);
    chosen.or_else(|| Some(dirs::config_dir()?.join("Con Anima").join("presets")))
}

/// A path as a person types it: `~` is their home, and so is the place of what begins nowhere. Quotation marks around
/// it, as file managers copy them, do not count.
pub fn typed_path(text: &str) -> PathBuf {
    let text = text.trim().trim_matches(['"', '\'']);
    let home = dirs::home_dir().unwrap_or_default();
    match text.strip_prefix('~') {
        Some(rest) => home.join(rest.trim_start_matches(['/', '\\'])),
        None => home.join(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_begin_at_home_unless_they_begin_elsewhere() {
        let home = dirs::home_dir().unwrap_or_default();
        assert_eq!(typed_path(" ~/a b.toml "), home.join("a b.toml"));
        assert_eq!(typed_path("a.toml"), home.join("a.toml"));
        assert_eq!(typed_path("~"), home.join(""));
        let absolute = std::env::temp_dir().join("a.toml");
        assert_eq!(typed_path(&format!("\"{}\"", absolute.display())), absolute);
    }
}
