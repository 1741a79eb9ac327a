//! `cargo xtask play`: the plugin with its window and a recording, without a DAW.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;

use crate::workspace::{self, run};
use crate::{demo, wav_write};

/// Play a recording, or the demo vocal, through the plugin and its window, without a DAW
///
/// The file is played in a loop. It is heard by JACK where that runs, else by the system's own audio, which runs at the
/// file's sample rate then. Building it needs pkg-config, libasound2-dev and libjack-jackd2-dev on Debian.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  cargo xtask play lead.wav\n  cargo xtask play lead.wav --tempo 96 --backend alsa")]
pub(crate) struct Play {
    /// WAV, AIFF, FLAC, MP3, OGG Vorbis or AAC; mono or stereo [default: the demo vocal]
    #[arg(value_name = "IN")]
    input: Option<PathBuf>,
    /// Behind IN, for the program: --tempo, --backend, --output-device, --period-size and others
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTION")]
    args: Vec<String>,
}

impl Play {
    /// Builds the program and runs it until its window is closed.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let input = match self.input {
            Some(path) => std::path::absolute(&path).with_context(|| format!("cannot find '{}'", path.display()))?,
            None => demo_file()?,
        };
        let mut command = Command::new("cargo");
        command.args(["run", "--quiet", "--release", "--package", "xtask", "--features", "standalone"]);
        run(command.args(["--bin", "con_anima_standalone", "--", "--play"]).arg(input).args(self.args))
    }
}

/// The demo vocal as a file.
fn demo_file() -> anyhow::Result<PathBuf> {
    let folder = workspace::target_folder().join("play");
    let path = folder.join("demo.wav");
    let write = || {
        let vocal = demo::demo_vocal();
        std::fs::create_dir_all(&folder)?;
        let file = std::fs::File::create(&path)?;
        wav_write::write(file, &vocal.channels, vocal.sample_rate_hz, vocal.depth, "demo vocal, untouched")
    };
    write().with_context(|| format!("cannot write '{}'", path.display()))?;
    Ok(path)
}
