//! `cargo xtask learn`: learns a song, so that every part of it is sung alike wherever playback starts.
//!
//! In: a recording. Out: its notes, rests and the statistics of the take as a file, which `bounce --score` reads. It is
//! the same score that the plugin learns while a host plays the recording at the same song position.

use std::io::Write;
use std::path::PathBuf;

use con_anima::offline;
use con_anima::settings::Mode;
use serde_json::json;

use crate::audio_file::Faults;
use crate::bounce::input::Input;
use crate::bounce::learning;
use crate::bounce::outputs::{Destination, Outputs};
use crate::interrupt;
use crate::progress::Progress;

/// Learn a song: its notes, its rests and what the take has of its own
///
/// A bounce learns by itself, so this is for a part of a song that is to sound as it does in the whole song:
/// learn the whole, then bounce the part with --score and --start-seconds.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Learn {
    /// WAV, AIFF, FLAC, MP3, OGG Vorbis or AAC; any channels, 8 to 384 kHz
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// The score to write
    #[arg(short, long, value_name = "SONG.score")]
    output: PathBuf,
    /// Song position of the first sample, seconds
    #[arg(long, value_name = "S", default_value_t = 0.0, allow_negative_numbers = true)]
    start_seconds: f64,
    /// Print a summary for machines, and nothing else
    #[arg(long)]
    json: bool,
    /// Replace an existing score
    #[arg(long)]
    force: bool,
}

const EXAMPLES: &str = "Example:
  cargo xtask learn song.wav -o song.score
  cargo xtask bounce chorus.wav --start-seconds 61.5 --score song.score";

impl Learn {
    /// Reads, learns, writes and reports.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let destination = Destination::new(&self.output, self.force, &["score"], &[&self.input])?;
        interrupt::catch();
        let mut samples = Input::File(self.input.clone()).open(Faults::Refuse)?;
        let (sample_rate_hz, n_samples) = (samples.shape().sample_rate_hz, samples.shape().n_samples);
        let options = offline::Options {
            sample_rate_hz: f64::from(sample_rate_hz),
            mode: Mode::Phrase,
            start_samples: crate::bounce::start_samples(self.start_seconds, sample_rate_hz)?,
            block_samples: 512,
        };
        let progress = Progress::new("learning", n_samples.unwrap_or(0) as usize, self.json || n_samples.is_none());
        let score = learning::learn(&mut samples, &options, &progress, &mut |_| ())?;
        let bytes = score.to_bytes();
        let mut outputs = Outputs::default();
        outputs.add(&destination, |file| Ok(file.write_all(&bytes)?))?;
        outputs.publish()?;
        let ([n_notes, n_rests], known_s) = (score.counts(), score.known_s());
        let contents = learning::contents([n_notes, n_rests], known_s);
        let text = if self.json {
            let summary = json!({
                "written": self.output.to_string_lossy(),
                "notes": n_notes,
                "rests": n_rests,
                "known_s": known_s,
                "bytes": bytes.len(),
                "checksum": format!("{:08x}", score.checksum()),
            });
            format!("{summary:#}\n")
        } else {
            let path = self.output.display();
            format!("wrote {path}\n  {contents}, {} bytes\n", bytes.len())
        };
        Ok(std::io::stdout().write_all(text.as_bytes())?)
    }
}
