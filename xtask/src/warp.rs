//! `cargo xtask warp`: moves a recording along an explicit pitch curve, and timing if given.
//!
//! In: a recording; curves as mono float WAVs with a value per sample of it: cents, milliseconds. Out: a WAV as long as
//! the recording and aligned with it, made by the same engine as a bounce, with the curves instead of the performer. It
//! shows the quality of the renderer alone.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use con_anima::engine::HopTrace;
use con_anima::offline::{self, Rendered};
use con_anima::render::StepKind;
use con_anima::settings::Mode;
use serde_json::{Value, json};

use crate::audio_file::{self, Recording};
use crate::bounce::outputs::{Destination, Outputs};
use crate::progress::Progress;
use crate::wav_write::{self, Depth, Shape};

/// The most pitch either way, cents. Chosen: what steps of 12 ms in 30 ms can make up for, with a third to spare;
/// larger could not be followed.
const MOST_CENTS: f32 = 400.0;
/// The latest a sound may be, ms. Source: the length of audio that the engine keeps.
const MOST_LATE_MS: f32 = 500.0;
/// The earliest a sound may be, as a share of the mode's latency. Chosen: the rest is for the interpolator and the time
/// until the next step.
const EARLY_SHARE: f32 = 0.75;

/// Move a recording along explicit curves of pitch and timing
///
/// The output is as long as the input and aligned with it to the sample. Pitch is one displaced read pointer; what it
/// moves the pointer by is stepped back by whole periods of the voice, and in silence.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Warp {
    /// WAV, AIFF, FLAC, MP3, OGG Vorbis or AAC; any channels, 8 to 384 kHz
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// The WAV to write
    #[arg(value_name = "OUT.wav")]
    output: PathBuf,
    /// Pitch: a mono float WAV, one value in cents per sample of IN
    #[arg(long, value_name = "CURVE.wav")]
    cents: PathBuf,
    /// Timing: a mono float WAV, one value in ms per sample of IN, positive sounds later; looked up where IN is heard
    #[arg(long, value_name = "SHIFT.wav")]
    shift: Option<PathBuf>,
    /// How far it may look ahead: live, studio or phrase
    #[arg(long, value_name = "MODE", default_value = "studio", value_parser = mode)]
    mode: Mode,
    /// Host block size to imitate, samples; the output does not depend on it
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
    block: u32,
    /// How to store samples [default: as IN does, 24 for lossy files]
    #[arg(long, value_enum, hide_possible_values = true, value_name = "16|24|32f")]
    bits: Option<Depth>,
    /// Print a summary for machines, and nothing else
    #[arg(long)]
    json: bool,
    /// Replace an existing output; never an input
    #[arg(long)]
    force: bool,
}

const EXAMPLES: &str = "Example:
  cargo xtask warp lead.wav moved.wav --cents curve.wav --shift late.wav --json";

fn mode(name: &str) -> Result<Mode, String> {
    match name.to_ascii_lowercase().as_str() {
        "live" => Ok(Mode::Live),
        "studio" => Ok(Mode::Studio),
        "phrase" => Ok(Mode::Phrase),
        _ => Err("it must be live, studio or phrase".to_owned()),
    }
}

impl Warp {
    /// Reads, moves, writes and reports.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let sources: Vec<&Path> = [Some(&self.input), Some(&self.cents), self.shift.as_ref()]
            .into_iter()
            .flatten()
            .map(PathBuf::as_path)
            .collect();
        let destination = Destination::new(&self.output, self.force, &["wav"], &sources)?;
        let recording = audio_file::read(&self.input)?;
        let depth = self.bits.unwrap_or(recording.depth);
        wav_write::check_shape(Shape::of(&recording, depth))?;
        let cents = self.curve(&self.cents, &recording, "cents", (-MOST_CENTS, MOST_CENTS))?;
        let early_ms = -EARLY_SHARE * self.mode.latency_limit_ms() as f32;
        let shift_ms = match &self.shift {
            Some(path) => self.curve(path, &recording, "ms", (early_ms, MOST_LATE_MS))?,
            None => Vec::new(),
        };
        let rendered = self.render(&recording, &cents, &shift_ms)?;
        let mut outputs = Outputs::default();
        let mut n_clipped = 0;
        outputs.add(&destination, |file| {
            let (channels, rate_hz) = (&rendered.channels, recording.sample_rate_hz);
            n_clipped = wav_write::write(file, channels, rate_hz, depth, &self.comment())?;
            Ok(())
        })?;
        outputs.publish()?;
        self.print(&recording, &rendered, n_clipped)
    }

    /// Reads a curve, which must fit the recording.
    fn curve(
        &self,
        path: &Path,
        recording: &Recording,
        unit: &str,
        (least, most): (f32, f32),
    ) -> anyhow::Result<Vec<f32>> {
        let check = |curve: Recording| {
            let (n_samples, rate_hz) = (recording.n_samples(), recording.sample_rate_hz);
            let n_channels = curve.channels.len();
            ensure!(n_channels == 1, "a curve has one channel, not {n_channels}");
            ensure!(curve.depth == Depth::Float32, "a curve is stored as 32-bit floats, in {unit}");
            ensure!(
                curve.sample_rate_hz == rate_hz,
                "its sample rate must be the input's {rate_hz} Hz, not {}",
                curve.sample_rate_hz
            );
            let n_values = curve.n_samples();
            ensure!(
                n_values == n_samples,
                "it must have a value for each of the input's {n_samples} samples, not {n_values}"
            );
            let values = curve.channels.into_iter().next().unwrap_or_default();
            let wrong = (0..).zip(&values).find(|(_, value)| !(least..=most).contains(*value));
            match wrong {
                Some((at, value)) => {
                    anyhow::bail!(
                        "its values must lie between {least} and {most} {unit}, not {value} as at sample {at}"
                    )
                }
                None => Ok(values),
            }
        };
        audio_file::read(path)
            .and_then(|curve| check(curve).with_context(|| format!("cannot use '{}'", path.display())))
    }

    fn render(&self, recording: &Recording, cents: &[f32], shift_ms: &[f32]) -> anyhow::Result<Rendered> {
        let options = offline::Options {
            sample_rate_hz: f64::from(recording.sample_rate_hz),
            mode: self.mode,
            start_samples: 0,
            block_samples: self.block as usize,
        };
        let progress = Progress::new("moving", recording.n_samples(), self.json);
        let rendered = offline::warp(&recording.channels, &options, cents, shift_ms, |n_done| progress.show(n_done));
        rendered.with_context(|| format!("cannot move '{}'", self.input.display()))
    }

    /// One line for the file's metadata. It has no folder and no block size, so that files that sound alike are equal.
    fn comment(&self) -> String {
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let shift = self.shift.iter().map(|path| format!(" shift={}", name(path))).collect::<String>();
        format!("{} moved along cents={}{shift} mode={}", name(&self.input), name(&self.cents), self.mode_name())
    }

    fn mode_name(&self) -> &'static str {
        match self.mode {
            Mode::Live => "live",
            Mode::Studio => "studio",
            Mode::Phrase => "phrase",
        }
    }

    fn print(&self, recording: &Recording, rendered: &Rendered, n_clipped: u64) -> anyhow::Result<()> {
        let n_samples = recording.n_samples();
        let rate_hz = f64::from(recording.sample_rate_hz);
        let inside = 0..n_samples as i64;
        let hops: Vec<_> = rendered.hops.iter().filter(|hop| inside.contains(&hop.position_samples)).collect();
        let n_steps = |kind| hops.iter().filter(|hop| hop.step.is_some_and(|step| step.kind == kind)).count();
        let [silence, periods, noise] = [StepKind::Silence, StepKind::Periods, StepKind::Noise].map(n_steps);
        let refused = hops.iter().filter(|hop| hop.is_step_refused).count();
        let largest = |value: fn(&HopTrace) -> f32| hops.iter().fold(0.0, |most: f32, hop| most.max(value(hop).abs()));
        let undone_ms = largest(|hop| hop.undone_ms);
        let text = if self.json {
            let summary = json!({
                "source": self.input.to_string_lossy(),
                "written": [self.output.to_string_lossy()],
                "mode": self.mode_name(),
                "samples": n_samples,
                "channels": recording.channels.len(),
                "sample_rate_hz": recording.sample_rate_hz,
                "steps": { "in_silence": silence, "by_periods": periods, "in_noise": noise },
                "refused_steps": refused,
                "largest_undone_ms": undone_ms,
                "largest_displacement_ms": largest(|hop| hop.displacement_ms),
                "clipped_samples": n_clipped,
                "bad_samples": rendered.n_bad_samples,
                "each_step": hops.iter().filter_map(|hop| step_json(hop, rate_hz)).collect::<Vec<_>>(),
            });
            format!("{summary:#}\n")
        } else {
            format!(
                "wrote {}\n\
                 {} steps: {silence} in silence, {periods} by whole periods, {noise} in noise; {refused} refused\n\
                 at most {undone_ms:.2} ms from where it should be\n",
                self.output.display(),
                silence + periods + noise
            )
        };
        Ok(std::io::stdout().write_all(text.as_bytes())?)
    }
}

/// The pointer's step in a hop: time, reason, size and correlation of the two positions.
fn step_json(hop: &HopTrace, rate_hz: f64) -> Option<Value> {
    let step = hop.step?;
    let kind = match step.kind {
        StepKind::Jump => "jump",
        StepKind::Silence => "in_silence",
        StepKind::Periods => "by_periods",
        StepKind::Noise => "in_noise",
    };
    Some(json!({
        "time_s": hop.position_samples as f64 / rate_hz,
        "kind": kind,
        "size_ms": step.size_samples / rate_hz * 1000.0,
        "correlation": step.correlation,
    }))
}
