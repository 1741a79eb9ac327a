//! The only implementation of the framework's `Plugin`: a host drives the [`Engine`], and nothing else happens here.
//!
//! In: host blocks, transport, parameters. Out: the engine's samples, its latency, a monitor feed for the editor.
//! Differences between hosts are dealt with here: latency by plugin API, transports that give no position, positions
//! that are off by rounding.

use std::sync::Arc;

use nice_plug::prelude::*;
use parking_lot::Mutex;

use crate::engine::{Engine, SongPosition};
use crate::monitor::{MonitorReader, MonitorWriter, PeakHold, Snapshot, monitor, peak_db};
use crate::params::VoiceParams;
use crate::settings::{Mode, Settings, Tempo};

mod learning;
pub use learning::Task;
use learning::{Background, Learning, Moment};

/// Positions that differ from the expected one by no more than this are the host's rounding (from seconds or beats),
/// not a jump. Chosen: 0.04 ms at 384 kHz; larger misses short jumps, smaller takes rounding for jumps.
const ROUNDING_SAMPLES: u64 = 16;

/// Con Anima as a host sees it.
pub struct ConAnima {
    params: Arc<VoiceParams>,
    engine: Option<Engine>,
    /// The position that the host gave last; `None` while it does not play, or gives none.
    told_position: Option<i64>,
    /// The mode that the host has been asked to restart for.
    asked_mode: Option<Mode>,
    /// The host's last beat grid.
    tempo: Tempo,
    learning: Learning,
    /// The background's end of it, until that takes it.
    background: Option<Mutex<Background>>,
    monitor: MonitorWriter,
    meters: Meters,
    #[cfg_attr(not(feature = "editor"), allow(dead_code, reason = "only the editor reads the monitor"))]
    monitor_reader: Option<MonitorReader>,
    #[cfg(feature = "editor")]
    presence: crate::editor::Presence,
}

impl Default for ConAnima {
    fn default() -> Self {
        let (monitor, monitor_reader) = monitor();
        let params = Arc::new(VoiceParams::default());
        let (learning, background) = Learning::new(params.song.clone());
        Self {
            #[cfg(feature = "editor")]
            presence: crate::editor::Presence::default(),
            params,
            learning,
            background: Some(background),
            engine: None,
            told_position: None,
            asked_mode: None,
            tempo: Tempo::UNKNOWN,
            monitor,
            meters: Meters::default(),
            monitor_reader: Some(monitor_reader),
        }
    }
}

impl Plugin for ConAnima {
    const NAME: &'static str = "Con Anima";
    const VENDOR: &'static str = "Con Anima";
    const URL: &'static str = "";
    const EMAIL: &'static str = "";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] = &[layout(2), layout(1)];
    const SAMPLE_ACCURATE_AUTOMATION: bool = true;

    #[cfg(feature = "editor")]
    type Editor = crate::editor::VoiceEditor;
    #[cfg(not(feature = "editor"))]
    type Editor = ();
    type SysExMessage = ();
    type BackgroundTask = Task;

    fn params(&self) -> Arc<dyn Params> {
        self.params.clone()
    }

    fn task_executor(&mut self) -> TaskExecutor<Self> {
        let background = self.background.take();
        Box::new(move |task| background.iter().for_each(|background| background.lock().run(task)))
    }

    #[cfg(feature = "editor")]
    fn editor(&mut self, _async_executor: AsyncExecutor<Self>) -> Option<Self::Editor> {
        let reader = self.monitor_reader.take()?;
        Some(crate::editor::create(self.params.clone(), reader, self.presence.clone()))
    }

    fn activate(
        &mut self,
        audio_io_layout: &AudioIOLayout,
        buffer_config: &BufferConfig,
        context: &mut impl ActivateContext<Self>,
    ) -> bool {
        let n_channels = audio_io_layout.main_input_channels.map_or(1, NonZeroU32::get) as usize;
        let mode = self.params.values().mode();
        match Engine::new(f64::from(buffer_config.sample_rate), n_channels, mode) {
            Ok(mut engine) => {
                context.set_latency_samples(engine.latency_samples());
                self.learning.activate(&mut engine, n_channels, self.params.values().is_learning());
                self.engine = Some(engine);
                self.asked_mode = None;
                true
            }
            Err(error) => {
                nice_error!("cannot start: {error}");
                false
            }
        }
    }

    fn deactivate(&mut self) {
        self.learning.deactivate();
    }

    fn reset(&mut self) {
        if let Some(engine) = &mut self.engine {
            engine.reset();
        }
        self.told_position = None;
    }

    fn process(
        &mut self,
        buffer: &mut Buffer,
        _aux: &mut AuxiliaryBuffers,
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        let is_watched = self.is_watched();
        let Some(engine) = &mut self.engine else { return ProcessStatus::Error("processing before activation") };
        let values = self.params.values();
        follow_mode(engine, values.mode(), &mut self.asked_mode, context);
        let position = song_position(context.transport(), engine.position_samples(), &mut self.told_position);
        self.tempo = tempo(context.transport(), position, engine.position_samples(), self.tempo);
        let settings = Settings { tempo: self.tempo, ..values.settings() };
        let channels = buffer.as_slice();
        let (is_playing, is_wanted) = (self.told_position.is_some(), values.is_learning());
        let moment = Moment { is_wanted, is_playing, position_samples: position.sample(engine.position_samples()) };
        engine.use_score(is_playing);
        self.learning.follow(engine, channels, moment, |task| context.execute_background(task));
        if !is_watched {
            engine.process(channels, &settings, position, &mut |_| ());
            return ProcessStatus::Tail(engine.latency_samples());
        }
        let input_peak = peak(channels);
        engine.process(channels, &settings, position, &mut |hop| self.monitor.push(*hop));
        self.monitor.publish(self.meters.snapshot(engine, input_peak, channels));
        ProcessStatus::Tail(engine.latency_samples())
    }
}

impl ConAnima {
    #[cfg(feature = "editor")]
    fn is_watched(&self) -> bool {
        self.presence.is_open()
    }

    #[cfg(not(feature = "editor"))]
    fn is_watched(&self) -> bool {
        false
    }
}

impl ClapPlugin for ConAnima {
    const CLAP_ID: &'static str = "audio.con-anima.con-anima";
    const CLAP_DESCRIPTION: Option<&'static str> = Some("Breath, micro-pitch and timing for vocals that have none");
    const CLAP_MANUAL_URL: Option<&'static str> = None;
    const CLAP_SUPPORT_URL: Option<&'static str> = None;
    const CLAP_FEATURES: &'static [ClapFeature] =
        &[ClapFeature::AudioEffect, ClapFeature::Stereo, ClapFeature::Mono, ClapFeature::PitchShifter];
}

impl Vst3Plugin for ConAnima {
    const VST3_CLASS_ID: [u8; 16] = *b"ConAnimaVocals01";
    const VST3_SUBCATEGORIES: &'static [Vst3SubCategory] = &[Vst3SubCategory::Fx, Vst3SubCategory::PitchShift];
}

const fn layout(n_channels: u32) -> AudioIOLayout {
    AudioIOLayout {
        main_input_channels: NonZeroU32::new(n_channels),
        main_output_channels: NonZeroU32::new(n_channels),
        aux_input_ports: &[],
        aux_output_ports: &[],
        names: PortNames::const_default(),
    }
}

/// Makes a changed mode take effect. CLAP forbids a new latency outside activation, so the host is asked to restart,
/// once for each change; VST3 hosts may keep the old latency after such a request, so there it is set at once.
fn follow_mode(engine: &mut Engine, mode: Mode, asked: &mut Option<Mode>, context: &mut impl ProcessContext<ConAnima>) {
    if context.plugin_api() != PluginApi::Clap {
        if mode != engine.mode() {
            engine.set_mode(mode);
            context.set_latency_samples(engine.latency_samples());
        }
        return;
    }
    // A mode that is changed back before the restart needs no request.
    let wanted = Some(mode).filter(|mode| *mode != engine.mode());
    if std::mem::replace(asked, wanted) != wanted && wanted.is_some() {
        context.request_restart();
    }
}

/// The host's beat grid; if the host gives none, it is guessed. A stopped song keeps its last grid, and differences
/// from block to block that are no larger than those of positions are rounding, too.
fn tempo(transport: &Transport, position: SongPosition, expected_samples: i64, last: Tempo) -> Tempo {
    if !transport.playing {
        return last;
    }
    let goes_on = position == SongPosition::FreeRunning;
    let rate_hz = f64::from(transport.sample_rate);
    let position_s = position.sample(expected_samples) as f64 / rate_hz;
    let told = transport.tempo.zip(transport.pos_beats());
    let told = told.and_then(|(tempo, beats)| Tempo::through(tempo, beats, position_s)).unwrap_or(Tempo::UNKNOWN);
    let rounding_beats = ROUNDING_SAMPLES as f64 / rate_hz * told.beats_per_s;
    let is_same =
        told.beats_per_s == last.beats_per_s && (told.origin_beats - last.origin_beats).abs() <= rounding_beats;
    if goes_on && is_same { last } else { told }
}

/// A playing transport gives the position; if it is stopped, or gives none, the engine runs on by itself. When it plays
/// after standing still the song starts, wherever the engine has run to meanwhile.
///
/// When the framework cuts a CLAP block at an automation point and the host gives no tempo, it repeats the position of
/// the block's start (nice-plug 0.4.2, `wrapper/clap/wrapper.rs`); so a repeated position without a tempo is ignored.
fn song_position(transport: &Transport, expected_samples: i64, told: &mut Option<i64>) -> SongPosition {
    let position = if transport.playing { transport.pos_samples() } else { None };
    let last = std::mem::replace(told, position);
    let is_repeated = transport.tempo.is_none() && position == last;
    match (position, last) {
        (Some(samples), None) => SongPosition::StartAt(samples),
        (Some(samples), Some(_)) if !is_repeated && samples.abs_diff(expected_samples) > ROUNDING_SAMPLES => {
            SongPosition::At(samples)
        }
        _ => SongPosition::FreeRunning,
    }
}

fn peak(channels: &[&mut [f32]]) -> f32 {
    channels.iter().flat_map(|channel| channel.iter()).fold(0.0, |peak, sample| peak.max(sample.abs()))
}

/// The peaks that the editor's meters show.
#[derive(Default)]
struct Meters {
    input: PeakHold,
    output: PeakHold,
}

impl Meters {
    fn snapshot(&mut self, engine: &Engine, input_peak: f32, output: &[&mut [f32]]) -> Snapshot {
        let n_samples = output.first().map_or(0, |channel| channel.len());
        let rate_hz = engine.sample_rate_hz();
        Snapshot {
            input_peak_db: peak_db(self.input.hold(input_peak, n_samples, rate_hz)),
            output_peak_db: peak_db(self.output.hold(peak(output), n_samples, rate_hz)),
            n_bad_samples: engine.n_bad_samples(),
            latency_samples: engine.latency_samples(),
            sample_rate_hz: rate_hz as f32,
            hops_per_s: (rate_hz / engine.hop_samples() as f64) as f32,
        }
    }
}

nice_export_clap!(ConAnima);
nice_export_vst3!(ConAnima);
