//! The only implementation of the framework's `Plugin`: a host drives the [`Engine`], and nothing else happens here.
//!
//! In: host blocks, transport, parameters. Out: the engine's samples, its latency, a monitor feed for the editor.
//! Differences between hosts are dealt with here: latency by plugin API, transports that give no position, positions
//! that are off by rounding.

use std::sync::Arc;

use nice_plug::prelude::*;
use parking_lot::Mutex;

use crate::engine::{Engine, MAX_RATE_HZ, MIN_RATE_HZ, SongPosition};
use crate::monitor::{MonitorReader, MonitorWriter, PeakHold, Snapshot, monitor, peak_db};
use crate::params::{Clock, HostParams, SceneReader, VoiceParams, admit};
use crate::settings::{Mode, Settings, Tempo};

mod clap_export;
mod learning;
mod module_info;
mod remote_pages;
mod vst3_export;
pub use learning::Task;
use learning::{Background, Learning, Moment};
pub use module_info::module_info;

/// Positions that differ from the expected one by no more than this are the host's rounding (from seconds or beats),
/// not a jump. Chosen: 0.04 ms at 384 kHz; larger misses short jumps, smaller takes rounding for jumps.
const ROUNDING_SAMPLES: u64 = 16;

/// Where the project is kept, from Cargo.toml: the address that hosts show. Empty as long as none is given there.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// Con Anima as a host sees it.
pub struct ConAnima {
    params: Arc<VoiceParams>,
    scenes: SceneReader,
    engine: Option<Engine>,
    /// Whether the one input channel has to be copied to the second output.
    is_mono_to_stereo: bool,
    sample_rate_hz: f32,
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
        newest::remember(&params);
        let (learning, background) = Learning::new(params.song.clone());
        Self {
            #[cfg(feature = "editor")]
            presence: crate::editor::Presence::default(),
            scenes: params.scenes.reader(),
            params,
            learning,
            background: Some(background),
            engine: None,
            is_mono_to_stereo: false,
            sample_rate_hz: 0.0,
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
    const URL: &'static str = REPOSITORY;
    const EMAIL: &'static str = "";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] = &[layout(2, 2), layout(1, 1), layout(1, 2)];
    const SAMPLE_ACCURATE_AUTOMATION: bool = true;

    #[cfg(feature = "editor")]
    type Editor = crate::editor::VoiceEditor;
    #[cfg(not(feature = "editor"))]
    type Editor = ();
    type SysExMessage = ();
    type BackgroundTask = Task;

    fn params(&self) -> Arc<dyn Params> {
        Arc::new(HostParams(self.params.clone()))
    }

    fn filter_state(state: &mut PluginState) {
        admit(state);
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
        let n_channels = |count: Option<NonZeroU32>| count.map_or(1, NonZeroU32::get) as usize;
        let n_outputs = n_channels(audio_io_layout.main_output_channels);
        self.is_mono_to_stereo = n_channels(audio_io_layout.main_input_channels) < n_outputs;
        self.sample_rate_hz = buffer_config.sample_rate;
        self.asked_mode = None;
        let values = self.params.values();
        // At a rate outside the engine's range there is none, and the sound passes as it is.
        self.engine = Engine::new(f64::from(buffer_config.sample_rate), n_outputs, values.mode()).ok();
        if let Some(engine) = &mut self.engine {
            self.learning.activate(engine, n_outputs, values.is_learning());
        }
        let latency_samples = self.engine.as_ref().map_or(0, Engine::latency_samples);
        self.params.daw.tell_latency(latency_samples);
        // Plugin hosts are told by the exports, which need no restart for it.
        if context.plugin_api() == PluginApi::Standalone {
            context.set_latency_samples(latency_samples);
        }
        true
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
        let channels = buffer.as_slice();
        if self.is_mono_to_stereo {
            copy_first(channels);
        }
        let Some(engine) = &mut self.engine else {
            if is_watched {
                self.monitor.publish(Snapshot {
                    sample_rate_hz: self.sample_rate_hz,
                    is_passing: true,
                    ..Snapshot::default()
                });
            }
            return ProcessStatus::KeepAlive;
        };
        let values = self.params.values();
        follow_mode(engine, values.mode(), &mut self.asked_mode, &self.params, context);
        let clock = values.clock().unwrap_or_else(|| self.params.daw.clock());
        let lead_samples = if clock == Clock::Playhead { i64::from(engine.latency_samples()) } else { 0 };
        engine.apply_settings_at_output(clock == Clock::Playhead);
        let transport = context.transport();
        let is_position_told = transport.pos_samples().is_some();
        let position = song_position(transport, engine.position_samples(), lead_samples, &mut self.told_position);
        self.tempo = tempo(transport, position, engine.position_samples(), lead_samples, self.tempo);
        let settings = Settings { tempo: self.tempo, ..self.params.settings(self.scenes.read()) };
        let (is_playing, is_wanted) = (self.told_position.is_some(), values.is_learning());
        let moment = Moment { is_wanted, is_playing, position_samples: position.sample(engine.position_samples()) };
        engine.use_score(is_playing);
        self.learning.follow(engine, channels, moment, |task| context.execute_background(task));
        if is_watched {
            let input_peak = peak(channels);
            engine.process(channels, &settings, position, &mut |hop| self.monitor.push(*hop));
            let snapshot = self.meters.snapshot(engine, input_peak, channels);
            self.monitor.publish(Snapshot { is_position_told, ..snapshot });
        } else {
            engine.process(channels, &settings, position, &mut |_| ());
        }
        // The singer may breathe in where nothing comes in any more.
        ProcessStatus::KeepAlive
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
    const CLAP_MANUAL_URL: Option<&'static str> =
        if REPOSITORY.is_empty() { None } else { Some(concat!(env!("CARGO_PKG_REPOSITORY"), "#readme")) };
    const CLAP_SUPPORT_URL: Option<&'static str> =
        if REPOSITORY.is_empty() { None } else { Some(concat!(env!("CARGO_PKG_REPOSITORY"), "/issues")) };
    const CLAP_FEATURES: &'static [ClapFeature] =
        &[ClapFeature::AudioEffect, ClapFeature::Stereo, ClapFeature::Mono, ClapFeature::PitchShifter];

    fn remote_controls(&self, context: &mut impl RemoteControlsContext) {
        remote_pages::tell(&self.params, context);
    }
}

impl Vst3Plugin for ConAnima {
    const VST3_CLASS_ID: [u8; 16] = *b"ConAnimaVocals01";
    const VST3_SUBCATEGORIES: &'static [Vst3SubCategory] = &[Vst3SubCategory::Fx, Vst3SubCategory::PitchShift];
}

const fn layout(n_inputs: u32, n_outputs: u32) -> AudioIOLayout {
    AudioIOLayout {
        main_input_channels: NonZeroU32::new(n_inputs),
        main_output_channels: NonZeroU32::new(n_outputs),
        aux_input_ports: &[],
        aux_output_ports: &[],
        names: PortNames::const_default(),
    }
}

/// Makes a changed mode take effect. CLAP forbids a new latency outside activation, so the host is asked to restart,
/// once for each change; elsewhere the engine changes over at once, and the host is told.
fn follow_mode(
    engine: &mut Engine,
    mode: Mode,
    asked: &mut Option<Mode>,
    params: &VoiceParams,
    context: &mut impl ProcessContext<ConAnima>,
) {
    if context.plugin_api() == PluginApi::Clap {
        // A mode that is changed back before the restart needs no request.
        let wanted = Some(mode).filter(|mode| *mode != engine.mode());
        if std::mem::replace(asked, wanted) != wanted && wanted.is_some() {
            context.request_restart();
        }
    } else if mode != engine.mode() {
        engine.set_mode(mode);
        let latency_samples = mode.latency_samples(engine.sample_rate_hz());
        params.daw.tell_latency(latency_samples);
        match context.plugin_api() {
            PluginApi::Standalone => context.set_latency_samples(latency_samples),
            PluginApi::Clap | PluginApi::Vst3 => context.request_restart(),
        }
    }
}

/// The host's beat grid; if the host gives none, it is guessed. A stopped song keeps its last grid, and differences
/// from block to block that are no larger than those of positions are rounding, too.
fn tempo(
    transport: &Transport,
    position: SongPosition,
    expected_samples: i64,
    lead_samples: i64,
    last: Tempo,
) -> Tempo {
    if !transport.playing {
        return last;
    }
    let goes_on = position == SongPosition::FreeRunning;
    let rate_hz = f64::from(transport.sample_rate);
    // The beats are those of the position that the host tells.
    let position_s = (position.sample(expected_samples) - lead_samples) as f64 / rate_hz;
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
///
/// `lead_samples` is how much later in the song the audio is than the position that the host tells.
fn song_position(
    transport: &Transport,
    expected_samples: i64,
    lead_samples: i64,
    told: &mut Option<i64>,
) -> SongPosition {
    let position = if transport.playing { transport.pos_samples() } else { None };
    let position = position.map(|position| position.saturating_add(lead_samples));
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

/// Copies the first channel to all others.
fn copy_first(channels: &mut [&mut [f32]]) {
    if let Some((first, others)) = channels.split_first_mut() {
        others.iter_mut().for_each(|other| other.copy_from_slice(first));
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
            ..Snapshot::default()
        }
    }
}

/// Hands the parameters of a new instance to the export that had it made by the framework.
mod newest {
    use std::sync::Arc;

    use parking_lot::Mutex;

    use crate::params::VoiceParams;

    static MAKING: Mutex<()> = Mutex::new(());
    static NEWEST: Mutex<Option<Arc<VoiceParams>>> = Mutex::new(None);

    /// Called by each new instance.
    pub(super) fn remember(params: &Arc<VoiceParams>) {
        *NEWEST.lock() = Some(params.clone());
    }

    /// Has an instance made, and returns it with its parameters. Two exports may do so at the same time.
    pub(super) fn made<T>(make: impl FnOnce() -> T) -> (T, Arc<VoiceParams>) {
        let _only_one = MAKING.lock();
        let made = make();
        (made, NEWEST.lock().take().unwrap_or_default())
    }
}

/// The latency in a mode at a sample rate, samples: none at a rate at which the sound passes as it is.
fn latency_samples(sample_rate_hz: f64, mode: Mode) -> u32 {
    if is_rate_possible(sample_rate_hz) { mode.latency_samples(sample_rate_hz) } else { 0 }
}

fn is_rate_possible(sample_rate_hz: f64) -> bool {
    (MIN_RATE_HZ..=MAX_RATE_HZ).contains(&sample_rate_hz)
}
