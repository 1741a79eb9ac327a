//! The factory presets, in the order in which the browser shows them: by purpose, and within a purpose by job.

use super::{Preset, PresetError};

/// A factory preset.
#[derive(Clone, Copy, Debug)]
pub struct Factory {
    /// Its name on the command line, in lower case with hyphens.
    pub name: &'static str,
    source: &'static str,
}

/// Takes each preset's text from its file.
macro_rules! factory {
    ($($name:literal)*) => {
        /// All factory presets.
        pub const FACTORY: [Factory; [$($name),*].len()] =
            [$(Factory { name: $name, source: include_str!(concat!("../../presets/", $name, ".toml")) }),*];
    };
}

factory! {
    "natural-lead"
    "breathy-verse"
    "big-chorus"
    "rap-pocket"
    "whisper-asmr"
    "synth-voice-warm-up"
    "ai-stem-repair"
    "hard-tune-loosen"
    "behind-the-beat"
    "pushing"
    "double-l"
    "double-r"
    "choir-member"
    "safe-for-stacks"
    "nervous"
    "extreme"
    "natural"
    "trained-singer"
    "intimate"
    "unsteady"
}

impl Factory {
    /// The preset.
    pub fn read(&self) -> Result<Preset, PresetError> {
        Preset::read(self.source)
    }
}
