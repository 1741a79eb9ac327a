//! Where each system's hosts look for plugins.
//!
//! In: the system, whose plugins, the environment. Out: a folder for each plugin format. Nothing is read from the disk.

use std::ffi::OsString;

use anyhow::Context;

/// The systems whose folders are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Os {
    Linux,
    Mac,
    Windows,
}

impl Os {
    /// The one that this program was built for; other Unix systems do as Linux does.
    pub(super) const THIS: Self = if cfg!(windows) {
        Self::Windows
    } else if cfg!(target_os = "macos") {
        Self::Mac
    } else {
        Self::Linux
    };
}

/// Who has the plugin: everybody on this computer, or one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    System,
    User,
}

/// What the plugin is bundled as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Vst3,
    Clap,
}

impl Format {
    /// In the order in which they are installed.
    pub(super) const ALL: [Self; 2] = [Self::Vst3, Self::Clap];

    /// What the bundle's name ends in.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Vst3 => "vst3",
            Self::Clap => "clap",
        }
    }
}

/// The folder that a format's specification names for a system. Written as that system writes it, so that it does not
/// matter which one this runs on.
pub(super) fn folder(
    os: Os,
    scope: Scope,
    format: Format,
    variable: impl Fn(&str) -> Option<OsString>,
) -> anyhow::Result<OsString> {
    let base = |name: &str| {
        let value = variable(name).filter(|value| !value.is_empty());
        value.with_context(|| format!("the environment variable {name} is not set; it must name a folder"))
    };
    let (mut folder, inside) = match (os, scope, format) {
        (Os::Linux, Scope::User, Format::Vst3) => (base("HOME")?, "/.vst3"),
        (Os::Linux, Scope::User, Format::Clap) => (base("HOME")?, "/.clap"),
        (Os::Linux, Scope::System, Format::Vst3) => (OsString::new(), "/usr/lib/vst3"),
        (Os::Linux, Scope::System, Format::Clap) => (OsString::new(), "/usr/lib/clap"),
        (Os::Mac, Scope::User, Format::Vst3) => (base("HOME")?, "/Library/Audio/Plug-Ins/VST3"),
        (Os::Mac, Scope::User, Format::Clap) => (base("HOME")?, "/Library/Audio/Plug-Ins/CLAP"),
        (Os::Mac, Scope::System, Format::Vst3) => (OsString::new(), "/Library/Audio/Plug-Ins/VST3"),
        (Os::Mac, Scope::System, Format::Clap) => (OsString::new(), "/Library/Audio/Plug-Ins/CLAP"),
        (Os::Windows, Scope::User, Format::Vst3) => (base("LOCALAPPDATA")?, r"\Programs\Common\VST3"),
        (Os::Windows, Scope::User, Format::Clap) => (base("LOCALAPPDATA")?, r"\Programs\Common\CLAP"),
        (Os::Windows, Scope::System, Format::Vst3) => (base("COMMONPROGRAMFILES")?, r"\VST3"),
        (Os::Windows, Scope::System, Format::Clap) => (base("COMMONPROGRAMFILES")?, r"\CLAP"),
    };
    folder.push(inside);
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str) -> Option<OsString> {
        let value = match name {
            "HOME" => "/home/vera",
            "LOCALAPPDATA" => r"C:\Users\Vera\AppData\Local",
            "COMMONPROGRAMFILES" => r"C:\Program Files\Common Files",
            _ => return None,
        };
        Some(value.into())
    }

    #[test]
    fn each_system_has_its_own_folders() {
        let expected = [
            (Os::Linux, Scope::User, "/home/vera/.vst3", "/home/vera/.clap"),
            (Os::Linux, Scope::System, "/usr/lib/vst3", "/usr/lib/clap"),
            (Os::Mac, Scope::User, "/home/vera/Library/Audio/Plug-Ins/VST3", "/home/vera/Library/Audio/Plug-Ins/CLAP"),
            (Os::Mac, Scope::System, "/Library/Audio/Plug-Ins/VST3", "/Library/Audio/Plug-Ins/CLAP"),
            (
                Os::Windows,
                Scope::User,
                r"C:\Users\Vera\AppData\Local\Programs\Common\VST3",
                r"C:\Users\Vera\AppData\Local\Programs\Common\CLAP",
            ),
            (Os::Windows, Scope::System, r"C:\Program Files\Common Files\VST3", r"C:\Program Files\Common Files\CLAP"),
        ];
        for (os, scope, vst3, clap) in expected {
            for (format, expected) in Format::ALL.into_iter().zip([vst3, clap]) {
                let found = folder(os, scope, format, variable).expect("everything is set");
                assert_eq!(found, expected, "{os:?}, {scope:?}");
            }
        }
    }

    #[test]
    fn a_variable_that_is_missing_is_named() {
        let cases = [
            (Os::Linux, Scope::User, "HOME"),
            (Os::Mac, Scope::User, "HOME"),
            (Os::Windows, Scope::User, "LOCALAPPDATA"),
            (Os::Windows, Scope::System, "COMMONPROGRAMFILES"),
        ];
        for (os, scope, name) in cases {
            for value in [None, Some(OsString::new())] {
                let error = folder(os, scope, Format::Clap, |_| value.clone()).expect_err("nothing is set");
                assert!(error.to_string().contains(name), "{os:?}, {scope:?}: {error}");
            }
        }
        let without = |os| folder(os, Scope::System, Format::Vst3, |_| None);
        assert!(without(Os::Linux).is_ok() && without(Os::Mac).is_ok(), "the system's folders need no variable");
    }
}
