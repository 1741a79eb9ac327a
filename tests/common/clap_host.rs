//! A small CLAP host: loads the library this build made, runs it block by block, saves and loads its state.
#![allow(unreachable_pub, missing_docs, reason = "test code")]
#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(unsafe_code, reason = "loading a library is unsafe by nature; it is our own, built with this test")]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use clack_extensions::audio_ports::{AudioPortInfoBuffer, PluginAudioPorts};
use clack_extensions::latency::{HostLatency, HostLatencyImpl, PluginLatency};
use clack_extensions::params::{
    HostParams, HostParamsImplMainThread, HostParamsImplShared, ParamClearFlags, ParamInfoBuffer, ParamInfoFlags,
    ParamRescanFlags, PluginParams,
};
use clack_extensions::state::{HostState, HostStateImpl, PluginState};
use clack_host::events::event_types::{ParamValueEvent, TransportEvent, TransportFlags};
use clack_host::events::{EventFlags, EventHeader};
use clack_host::prelude::*;
use clack_host::utils::{BeatTime, SecondsTime};

pub struct Shared {
    n_restart_requests: Arc<AtomicUsize>,
}

impl SharedHandler<'_> for Shared {
    fn request_restart(&self) {
        self.n_restart_requests.fetch_add(1, Ordering::Relaxed);
    }
    fn request_process(&self) {}
    fn request_callback(&self) {}
}

pub struct MainThread {
    n_latency_changes: Arc<AtomicUsize>,
}

impl MainThreadHandler<'_> for MainThread {}

impl HostLatencyImpl for MainThread {
    fn changed(&self) {
        self.n_latency_changes.fetch_add(1, Ordering::Relaxed);
    }
}

impl HostStateImpl for MainThread {
    fn mark_dirty(&self) {}
}

impl HostParamsImplMainThread for MainThread {
    fn rescan(&self, _flags: ParamRescanFlags) {}
    fn clear(&self, _id: ClapId, _flags: ParamClearFlags) {}
}

impl HostParamsImplShared for Shared {
    fn request_flush(&self) {}
}

pub struct TestHost;

impl HostHandlers for TestHost {
    type Shared<'a> = Shared;
    type MainThread<'a> = MainThread;
    type AudioProcessor<'a> = ();

    fn declare_extensions(builder: &mut HostExtensions<Self>, _shared: &Self::Shared<'_>) {
        builder.register::<HostLatency>().register::<HostState>().register::<HostParams>();
    }
}

/// A parameter as the plugin tells the host of it.
#[derive(Clone, Debug, PartialEq)]
pub struct HostedParameter {
    pub id: ClapId,
    pub name: String,
    pub module: String,
    pub max: f64,
    pub default: f64,
    pub flags: ParamInfoFlags,
}

/// A parameter event: at this sample, this value on the host's scale.
pub type Change = (usize, ClapId, f64);

pub struct Hosted {
    pub instance: PluginInstance<TestHost>,
    n_restart_requests: Arc<AtomicUsize>,
    n_latency_changes: Arc<AtomicUsize>,
}

/// The library that this build made: it lies beside the test's own program.
pub fn library() -> PathBuf {
    let name = format!("{}con_anima{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let here = std::env::current_exe().expect("a test has a path");
    here.parent().expect("it lies in a folder").join(name)
}

/// Loads the library, without any instance of the plugin.
pub fn load() -> PluginEntry {
    let path = library();
    // SAFETY: the library is our own, built together with this test.
    unsafe { PluginEntry::load(&path) }.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

impl Hosted {
    /// A plugin that sings as files do, in a host of no particular kind.
    pub fn new() -> Self {
        let mut hosted = Self::fresh("Con Anima tests");
        hosted.set("Seed", 1.0);
        hosted
    }

    /// A plugin as a host of this name gets it.
    pub fn fresh(host: &str) -> Self {
        let entry = load();
        let info = HostInfo::new(host, "Con Anima", "", "1").expect("no zero bytes");
        let n_restart_requests = Arc::new(AtomicUsize::new(0));
        let n_latency_changes = Arc::new(AtomicUsize::new(0));
        let shared = Shared { n_restart_requests: n_restart_requests.clone() };
        let main_thread = MainThread { n_latency_changes: n_latency_changes.clone() };
        let id = c"audio.con-anima.con-anima";
        let instance = PluginInstance::new(|_| shared, |_| main_thread, &entry, id, &info).expect("it starts");
        Self { instance, n_restart_requests, n_latency_changes }
    }

    /// How often the plugin has told of another latency since this was asked last.
    pub fn take_latency_changes(&self) -> usize {
        self.n_latency_changes.swap(0, Ordering::Relaxed)
    }

    /// How often the plugin has asked for a restart since this was asked last.
    pub fn take_restart_requests(&self) -> usize {
        self.n_restart_requests.swap(0, Ordering::Relaxed)
    }

    fn extension<E: clack_host::extensions::Extension<ExtensionSide = clack_host::extensions::PluginExtensionSide>>(
        &mut self,
    ) -> E {
        self.instance.plugin_handle().get_extension().expect("the plugin has this extension")
    }

    pub fn parameters(&mut self) -> Vec<HostedParameter> {
        let params: PluginParams = self.extension();
        let handle = self.instance.plugin_handle();
        let mut buffer = ParamInfoBuffer::new();
        let count = params.count(&handle);
        let info = |index| {
            let info = params.get_info(&handle, index, &mut buffer).expect("the index is below the count");
            HostedParameter {
                id: info.id,
                name: String::from_utf8_lossy(info.name).into_owned(),
                module: String::from_utf8_lossy(info.module).into_owned(),
                max: info.max_value,
                default: info.default_value,
                flags: info.flags,
            }
        };
        (0..count).map(info).collect()
    }

    pub fn parameter(&mut self, name: &str) -> HostedParameter {
        let all = self.parameters();
        all.iter().find(|parameter| parameter.name == name).cloned().unwrap_or_else(|| panic!("{name} in {all:?}"))
    }

    pub fn value(&mut self, name: &str) -> f64 {
        let id = self.parameter(name).id;
        let params: PluginParams = self.extension();
        params.get_value(&self.instance.plugin_handle(), id).expect("the id is known")
    }

    pub fn text(&mut self, name: &str, value: f64) -> String {
        let id = self.parameter(name).id;
        let params: PluginParams = self.extension();
        let mut buffer = [0; 64];
        let handle = self.instance.plugin_handle();
        let text = params.value_to_text(&handle, id, value, &mut buffer).expect("any value has a text");
        String::from_utf8_lossy(text).into_owned()
    }

    pub fn read(&mut self, name: &str, text: &str) -> Option<f64> {
        let id = self.parameter(name).id;
        let params: PluginParams = self.extension();
        let text = std::ffi::CString::new(text).expect("no zero bytes");
        params.text_to_value(&self.instance.plugin_handle(), id, &text)
    }

    pub fn latency(&mut self) -> u32 {
        let latency: PluginLatency = self.extension();
        latency.get(&self.instance.plugin_handle())
    }

    pub fn port_channels(&mut self, is_input: bool) -> Vec<u32> {
        let ports: PluginAudioPorts = self.extension();
        let handle = self.instance.plugin_handle();
        let mut buffer = AudioPortInfoBuffer::new();
        let count = ports.count(&handle, is_input);
        (0..count)
            .map(|index| ports.get(&handle, index, is_input, &mut buffer).expect("exists").channel_count)
            .collect()
    }

    pub fn save(&mut self) -> Vec<u8> {
        let state: PluginState = self.extension();
        let mut bytes = Vec::new();
        state.save(&self.instance.plugin_handle(), &mut bytes).expect("it saves");
        bytes
    }

    pub fn load(&mut self, bytes: &[u8]) -> bool {
        let state: PluginState = self.extension();
        state.load(&self.instance.plugin_handle(), &mut &*bytes).is_ok()
    }

    /// Sets a parameter on the host's scale while the plugin rests.
    pub fn set(&mut self, name: &str, value: f64) {
        let id = self.parameter(name).id;
        let params: PluginParams = self.extension();
        let event = ParamValueEvent::new(0, id, Pckn::match_all(), value);
        let mut handle = self.instance.inactive_plugin_handle().expect("not active");
        let mut out = EventBuffer::new();
        params.flush(&mut handle, &InputEvents::from_buffer(&event), &mut OutputEvents::from_buffer(&mut out));
    }

    /// Runs stereo audio through the plugin as a playing host does.
    pub fn run(&mut self, input: &[Vec<f32>], run: &Run, changes: &[Change]) -> Vec<Vec<f32>> {
        let stretch = Stretch { len: input[0].len(), told: run.start.map_or(Told::Nothing, Told::Playing) };
        self.run_along(input, run, &[stretch], changes)
    }

    /// The same, with a transport that locates, loops and stops: the stretches follow one another in the input.
    pub fn run_along(
        &mut self,
        input: &[Vec<f32>],
        run: &Run,
        stretches: &[Stretch],
        changes: &[Change],
    ) -> Vec<Vec<f32>> {
        let configuration = PluginAudioConfiguration {
            sample_rate: run.sample_rate_hz,
            min_frames_count: 1,
            max_frames_count: run.block as u32,
        };
        let stopped = self.instance.activate(|_, _| (), configuration).expect("it activates");
        let mut processor = stopped.start_processing().expect("it starts");
        let mut output = vec![vec![0.0; input[0].len()]; 2];
        let mut from = 0;
        for stretch in stretches {
            let (start, end) = (from, from + stretch.len);
            while from < end {
                let until = (from + run.block).min(end);
                let transport = stretch.told.transport((from - start) as i64, run);
                process_block(&mut processor, input, &mut output, from..until, transport, changes);
                from = until;
            }
        }
        self.instance.deactivate(processor.stop_processing());
        output
    }
}

/// What a host's transport says at a stretch's beginning.
#[derive(Clone, Copy, Debug)]
pub enum Told {
    /// It plays from this song position on.
    Playing(i64),
    /// It stands still at this song position.
    Stopped(i64),
    /// There is no transport.
    Nothing,
}

impl Told {
    /// What it says so many samples later.
    fn transport(self, later_samples: i64, run: &Run) -> Option<TransportEvent> {
        let seconds = |position: i64| position as f64 / run.sample_rate_hz;
        match self {
            Self::Playing(position) => {
                Some(transport(seconds(position + later_samples), TransportFlags::IS_PLAYING, run))
            }
            Self::Stopped(position) => Some(transport(seconds(position), TransportFlags::empty(), run)),
            Self::Nothing => None,
        }
    }
}

/// A piece of the input through which a transport goes on as it began.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    pub len: usize,
    pub told: Told,
}

/// How a host runs.
pub struct Run {
    pub sample_rate_hz: f64,
    pub block: usize,
    /// Song position of the first sample, if the host is playing.
    pub start: Option<i64>,
    /// Beats per minute, if the host says so.
    pub tempo: Option<f64>,
    /// Beats gone by at song position 0, if the host tells its place in beats.
    pub first_beat: Option<f64>,
}

fn process_block(
    processor: &mut StartedPluginAudioProcessor<TestHost>,
    input: &[Vec<f32>],
    output: &mut [Vec<f32>],
    block: std::ops::Range<usize>,
    transport: Option<TransportEvent>,
    changes: &[Change],
) {
    let mut input: Vec<Vec<f32>> = input.iter().map(|channel| channel[block.clone()].to_vec()).collect();
    let due = |change: &&Change| block.contains(&change.0);
    let event =
        |&(at, id, value): &Change| ParamValueEvent::new((at - block.start) as u32, id, Pckn::match_all(), value);
    let events: Vec<ParamValueEvent> = changes.iter().filter(due).map(event).collect();
    let mut events_out = EventBuffer::new();
    let mut input_ports = AudioPorts::with_capacity(2, 1);
    let mut output_ports = AudioPorts::with_capacity(2, 1);
    let input_audio = input_ports.with_input_buffers([AudioPortBuffer {
        latency: 0,
        channels: AudioPortBufferType::f32_input_only(input.iter_mut().map(InputChannel::variable)),
    }]);
    let mut output_audio = output_ports.with_output_buffers([AudioPortBuffer {
        latency: 0,
        channels: AudioPortBufferType::f32_output_only(output.iter_mut().map(|channel| &mut channel[block.clone()])),
    }]);
    processor
        .process(
            &input_audio,
            &mut output_audio,
            &InputEvents::from_buffer(&events.as_slice()),
            &mut OutputEvents::from_buffer(&mut events_out),
            Some(block.start as u64),
            transport.as_ref(),
        )
        .expect("it processes");
}

fn transport(seconds: f64, is_playing: TransportFlags, run: &Run) -> TransportEvent {
    let tempo = run.tempo;
    let beats = tempo.zip(run.first_beat).map(|(tempo, first_beat)| first_beat + seconds * tempo / 60.0);
    let timeline = TransportFlags::HAS_SECONDS_TIMELINE | is_playing;
    TransportEvent {
        header: EventHeader::new_core(0, EventFlags::empty()),
        flags: timeline
            | if tempo.is_some() { TransportFlags::HAS_TEMPO } else { TransportFlags::empty() }
            | if beats.is_some() { TransportFlags::HAS_BEATS_TIMELINE } else { TransportFlags::empty() },
        song_pos_beats: BeatTime::from_float(beats.unwrap_or(0.0)),
        song_pos_seconds: SecondsTime::from_float(seconds),
        tempo: tempo.unwrap_or(0.0),
        tempo_inc: 0.0,
        loop_start_beats: BeatTime::from_int(0),
        loop_end_beats: BeatTime::from_int(0),
        loop_start_seconds: SecondsTime::from_int(0),
        loop_end_seconds: SecondsTime::from_int(0),
        bar_start: BeatTime::from_int(0),
        bar_number: 0,
        time_signature_numerator: 4,
        time_signature_denominator: 4,
    }
}
