//! `cargo xtask test --daw`: the plugin in Ardour, without Ardour's window.
//!
//! In: the VST3 bundle. Out, for each mode: a session with the demo vocal on a track, Con Anima on it and Humanize
//! automated over three sections; two exports that must be equal to the bit, and be the vocal itself where Humanize is
//! 0 %; and what tells the export from the bounce with the same settings. Everything is below target/daw.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use con_anima::params::{Values, parameter};
use con_anima::settings::Mode;

use super::{say, steps, system_packages};
use crate::bundle::VST3_BUNDLE;
use crate::demo::demo_vocal;
use crate::install::copy_all;
use crate::wav_write::{self, Depth};
use crate::{audio_file, workspace};

mod ardour;
mod compare;
mod session_file;
mod state;
use ardour::Ardour;
use compare::{Difference, delay};
use session_file::{CHANNEL_FILES, SessionFile};

/// Humanize by song seconds, each until the next. Chosen: three sections of the demo vocal that begin with a beat,
/// because Ardour keeps automation on a grid of beats; the middle one shows how late the audio is.
const SECTIONS: [(u32, f32); 3] = [(0, 100.0), (8, 0.0), (14, 140.0)];

/// Where Humanize has long been 0 %, seconds. Chosen: behind the longest latency twice, and to the section's end.
const UNTOUCHED_S: (f64, f64) = (9.5, 13.0);

/// The song's tempo unless another is asked for, beats per minute. Chosen: Ardour tells beats rounded to 1/1920. At 48
/// kHz that is eight samples here, which its blocks and our latencies are multiples of, so that nothing is rounded; at
/// 120 it is 12.5, and the plugin's grid of beats lies up to as much beside the bounce's.
pub(super) const TEMPO_BPM: f64 = 187.5;

/// From here on the export must be the bounce, seconds: a host may start the plugin before the song, or while the
/// song's first sound is under way. Source: README.md, how soon a song repeats as it is heard.
const REPEATS_S: f64 = 8.0;

/// So long behind a step of the automation a host that moves its parameters with the playhead may differ from the
/// bounce, seconds: when a note is planned ahead, that host has not told the step yet. Measured: 2.6 s in Phrase, none
/// in the other modes (`cargo xtask test --daw`).
const PLANNED_S: f64 = 4.0;

/// Silence in front of the vocal unless another is asked for, seconds. Chosen: Ardour tells the plugin that the song
/// stands still while it feeds it the song's first sound, for as long as the latency; longer than that nothing sounds.
pub(super) const LEAD_S: f64 = 2.0;

/// The second channel against the first, so that they cannot be mistaken. Chosen: halving is exact.
const RIGHT_GAIN: f32 = 0.5;

/// What to test.
pub(super) struct Daw<'a> {
    /// A VST3 that is built already; else the release bundle is made.
    pub(super) bundle: Option<&'a Path>,
    /// The song's, beats per minute.
    pub(super) tempo_bpm: f64,
    /// Silence in front of the vocal, seconds.
    pub(super) lead_s: f64,
    /// `ID=VALUE`, for the plugin and the bounce.
    pub(super) set: &'a [String],
    /// `ID=VALUE` for the plugin alone: a parameter, or a field that the session keeps.
    pub(super) plugin_set: &'a [String],
}

/// The vocal, as it lies on Ardour's track.
struct Vocal {
    channels: Vec<Vec<f32>>,
    sample_rate_hz: u32,
    wav: PathBuf,
    automation: PathBuf,
}

impl Daw<'_> {
    /// Tests all modes.
    pub(super) fn run(&self) -> anyhow::Result<()> {
        // What was asked for in vain is known before anything is built.
        self.values(Mode::Studio)?;
        system_packages::require_ardour()?;
        let folder = workspace::target_folder().join("daw");
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("cannot delete '{}'", folder.display()))?;
        }
        let ardour = Ardour::find(folder.join("home"))?;
        let bundle = match self.bundle {
            Some(bundle) => std::path::absolute(bundle)?,
            None => {
                steps::release_bundle()?;
                workspace::target_folder().join(VST3_BUNDLE)
            }
        };
        ensure!(bundle.is_dir(), "there is no bundle '{}'", bundle.display());
        let installed = ardour.plugins().join("Con Anima.vst3");
        copy(&bundle, &installed)?;
        ardour.scan(&installed)?;
        let vocal = Vocal::sing(&folder, self.lead_s)?;
        say(&format!("{} with '{}'", ardour.name(), bundle.display()))?;
        for mode in Mode::ALL {
            self.test(&ardour, &vocal, mode, &folder).with_context(|| format!("in mode {mode:?}"))?;
        }
        Ok(())
    }

    fn test(&self, ardour: &Ardour, vocal: &Vocal, mode: Mode, folder: &Path) -> anyhow::Result<()> {
        let (values, fields) = self.values(mode)?;
        let folder = folder.join(format!("{mode:?}").to_lowercase());
        let session = folder.join("session");
        fs::create_dir_all(&folder).with_context(|| format!("cannot create '{}'", folder.display()))?;
        self.make_session(ardour, vocal, &session, &folder.join("session.log"))?;
        finish_session(vocal, &session, &values, &fields)?;
        let exports = ["export_1.wav", "export_2.wav"].map(|name| folder.join(name));
        let [first, second] = exports.each_ref().map(|export| {
            ardour.export(&session, vocal.sample_rate_hz, export)?;
            Ok::<_, anyhow::Error>(audio_file::read(export)?.channels)
        });
        let (first, second) = (first?, second?);
        let rate_hz = vocal.sample_rate_hz;
        let between = Difference::new(&first, &second);
        say(&format!("{mode:?}: export against export: {}", between.text(rate_hz)))?;
        ensure!(between.is_none(), "two exports of one session differ");
        let latency = mode.latency_samples(f64::from(rate_hz)) as usize;
        let [start, end] = [UNTOUCHED_S.0, UNTOUCHED_S.1].map(|time_s| (time_s * f64::from(rate_hz)) as usize);
        for (channel, (output, input)) in first.iter().zip(&vocal.channels).enumerate() {
            let late = delay(output, input, start..end, 2 * latency);
            let late =
                late.with_context(|| format!("at Humanize 0 % channel {channel} is not the input to the bit"))?;
            say(&format!("{mode:?}: channel {channel}: Ardour leaves {late} of {latency} samples of latency"))?;
            ensure!(late == 0, "Ardour does not compensate the latency");
        }
        let is_untouched = Difference::new(&first, &vocal.channels).is_none();
        ensure!(!is_untouched, "the plugin did nothing: its automation or its state did not arrive");
        self.against_the_bounce(vocal, mode, &first, &folder)
    }

    /// Has Ardour make a session with the plugin and its automation.
    fn make_session(&self, ardour: &Ardour, vocal: &Vocal, session: &Path, log: &Path) -> anyhow::Result<()> {
        let rate_hz = vocal.sample_rate_hz;
        let points = SECTIONS.iter().map(|(time_s, percent)| format!("{}={percent}", time_s * rate_hz));
        let song = [session.to_string_lossy().into_owned(), rate_hz.to_string(), self.tempo_bpm.to_string()];
        let args: Vec<String> = song.into_iter().chain(points).collect();
        let script = workspace::root().join("xtask/src/test/daw/session.lua");
        let said = ardour.lua(&script, &args, log)?;
        ensure!(said.lines().any(|line| line == "done"), "the session was not finished; see '{}'", log.display());
        Ok(())
    }

    /// Says how the export differs from the bounce: with the song position that the audio has in the song, and with the
    /// one that a host tells whose clock is the playhead's, which is behind the audio by the latency. With one of them
    /// it must be the bounce, but for its beginning.
    fn against_the_bounce(&self, vocal: &Vocal, mode: Mode, export: &[Vec<f32>], folder: &Path) -> anyhow::Result<()> {
        let rate_hz = vocal.sample_rate_hz;
        let latency_samples = mode.latency_samples(f64::from(rate_hz));
        let latency_s = f64::from(latency_samples) / f64::from(rate_hz);
        let mut verdict = None;
        for (name, clock, late_samples) in
            [("bounce", "clock with the audio", 0), ("bounce_playhead", "clock with the playhead", latency_samples)]
        {
            let wav = folder.join(format!("{name}.wav"));
            self.bounce(vocal, mode, if late_samples == 0 { 0.0 } else { -latency_s }, &wav)?;
            let bounced = audio_file::read(&wav)?.channels;
            let difference = Difference::new(export, &bounced);
            say(&format!("{mode:?}: export against the bounce, {clock}: {}", difference.text(rate_hz)))?;
            let apart = [export, &bounced].map(|channels| apart_from_steps(channels, rate_hz));
            let last_s =
                Difference::new(&apart[0], &apart[1]).places.map_or(0.0, |(_, last)| last as f64 / f64::from(rate_hz));
            if last_s < REPEATS_S {
                verdict = verdict.or(Some((late_samples, last_s)));
            }
        }
        let (late_samples, from_s) = verdict.with_context(|| {
            format!("the export is not the bounce from {REPEATS_S} s on, wherever the host's clock is")
        })?;
        ensure!(late_samples == 0, "the plugin is late by its latency: it does not know Ardour's clock");
        say(&format!(
            "{mode:?}: positions and automation come {late_samples} samples late; from {from_s:.3} s on the export is \
             the bounce to the bit\n"
        ))
    }

    fn bounce(&self, vocal: &Vocal, mode: Mode, start_s: f64, wav: &Path) -> anyhow::Result<()> {
        let mut bounce = Command::new(std::env::current_exe().context("cannot find this program's own path")?);
        // The plugin has not learned either.
        bounce.args(["bounce", "--learn", "no", "--bits", "32f", "--force", "--json"]);
        bounce.arg("--tempo").arg(self.tempo_bpm.to_string());
        bounce.arg("--mode").arg(format!("{mode:?}")).arg("--start-seconds").arg(start_s.to_string());
        bounce.arg("--automation").arg(&vocal.automation).arg("--output").arg(wav).arg(&vocal.wav);
        self.set.iter().for_each(|set| {
            bounce.arg("--set").arg(set);
        });
        let done = bounce.output().context("cannot run the bounce")?;
        ensure!(done.status.success(), "the bounce failed: {}", String::from_utf8_lossy(&done.stderr).trim());
        Ok(())
    }

    /// What the plugin's state is to hold: values of parameters, and fields.
    fn values(&self, mode: Mode) -> anyhow::Result<(Values, Vec<(String, String)>)> {
        let mut values = Values::default();
        let mut fields = Vec::new();
        values.set_text("mode", &format!("{mode:?}"))?;
        for (option, assignment) in
            self.set.iter().map(|set| ("--set", set)).chain(self.plugin_set.iter().map(|set| ("--plugin-set", set)))
        {
            let wrong = || format!("cannot use {option} '{assignment}'");
            let (id, value) = assignment.split_once('=').context("it takes ID=VALUE").with_context(wrong)?;
            if option == "--plugin-set" && parameter(id).is_none() {
                fields.push((id.to_owned(), value.to_owned()));
            } else {
                values.set_text(id, value).with_context(wrong)?;
            }
        }
        values.set_text("amount", &SECTIONS[0].1.to_string())?;
        Ok((values, fields))
    }
}

impl Vocal {
    /// The demo vocal in both channels, as a file for the bounce, and the sections as its automation.
    fn sing(folder: &Path, lead_s: f64) -> anyhow::Result<Self> {
        let sung = demo_vocal();
        let mut left = vec![0.0; (lead_s * f64::from(sung.sample_rate_hz)) as usize];
        left.extend(&sung.channels[0]);
        let right = left.iter().map(|sample| RIGHT_GAIN * sample).collect();
        let channels = vec![left, right];
        let (wav, automation) = (folder.join("vocal.wav"), folder.join("humanize.csv"));
        write_wav(&wav, &channels, sung.sample_rate_hz)?;
        let points: String =
            SECTIONS.iter().map(|(time_s, percent)| format!("{time_s},amount,{percent},hold\n")).collect();
        fs::write(&automation, points).with_context(|| format!("cannot write '{}'", automation.display()))?;
        Ok(Self { channels, sample_rate_hz: sung.sample_rate_hz, wav, automation })
    }
}

/// Puts the vocal and the plugin's state into the session.
fn finish_session(vocal: &Vocal, session: &Path, values: &Values, fields: &[(String, String)]) -> anyhow::Result<()> {
    let audio = session.join("interchange/session/audiofiles");
    fs::create_dir_all(&audio).with_context(|| format!("cannot create '{}'", audio.display()))?;
    for (name, channel) in CHANNEL_FILES.iter().zip(&vocal.channels) {
        write_wav(&audio.join(name), std::slice::from_ref(channel), vocal.sample_rate_hz)?;
    }
    let path = session.join("session.ardour");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read '{}'", path.display()))?;
    let mut file = SessionFile(text);
    file.add_audio(vocal.channels[0].len(), vocal.sample_rate_hz)?;
    file.leave_samples_alone()?;
    let state = state::with_values(&file.plugin_state()?, values, fields)?;
    file.set_plugin_state(&state)?;
    fs::write(&path, file.0).with_context(|| format!("cannot write '{}'", path.display()))
}

fn copy(bundle: &Path, to: &Path) -> anyhow::Result<()> {
    let copied = fs::create_dir_all(to.parent().unwrap_or(to)).and_then(|()| copy_all(bundle, to));
    copied.with_context(|| format!("cannot copy '{}' to '{}'", bundle.display(), to.display()))
}

fn write_wav(path: &Path, channels: &[Vec<f32>], rate_hz: u32) -> anyhow::Result<()> {
    let write = || wav_write::write(fs::File::create(path)?, channels, rate_hz, Depth::Float32, "demo vocal");
    write().map(|_| ()).with_context(|| format!("cannot write '{}'", path.display()))
}

/// The channels, silent where the automation has stepped shortly before.
fn apart_from_steps(channels: &[Vec<f32>], rate_hz: u32) -> Vec<Vec<f32>> {
    let mut channels = channels.to_vec();
    for (step_s, _) in &SECTIONS[1..] {
        let start = (step_s * rate_hz) as usize;
        let end = start + (PLANNED_S * f64::from(rate_hz)) as usize;
        for channel in &mut channels {
            let len = channel.len();
            channel[start.min(len)..end.min(len)].fill(0.0);
        }
    }
    channels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(set: &[&str], plugin_set: &[&str]) -> anyhow::Result<(Values, Vec<(String, String)>)> {
        let [set, plugin_set] =
            [set, plugin_set].map(|all| all.iter().map(|&text| text.to_owned()).collect::<Vec<_>>());
        Daw { bundle: None, tempo_bpm: TEMPO_BPM, lead_s: LEAD_S, set: &set, plugin_set: &plugin_set }
            .values(Mode::Phrase)
    }

    #[test]
    fn the_state_has_the_mode_the_first_section_and_what_was_asked_for() {
        let (found, fields) = values(&["timing=25"], &["seed=7", "song=\"\""]).expect("known ids");
        let value = |id| found.get(id).expect("a known id");
        assert_eq!([value("mode"), value("amount"), value("timing"), value("seed")], [2.0, SECTIONS[0].1, 25.0, 7.0]);
        assert_eq!(fields, [("song".to_owned(), "\"\"".to_owned())]);
    }

    #[test]
    fn what_cannot_be_set_is_refused_before_anything_is_built() {
        for (set, named) in [("timing", "ID=VALUE"), ("timing=61", "61"), ("tming=6", "tming")] {
            let error = format!("{:#}", values(&[set], &[]).expect_err("wrong"));
            assert!(error.contains("--set") && error.contains(named), "{error}");
        }
    }

    #[test]
    fn the_sections_begin_with_beats_that_ardour_keeps_exactly() {
        for (time_s, _) in SECTIONS {
            // 1920 parts of a beat.
            assert_eq!((f64::from(time_s) * TEMPO_BPM / 60.0 * 1920.0).fract(), 0.0, "{time_s} s");
        }
    }
}
