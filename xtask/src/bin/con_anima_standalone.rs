//! The plugin as a program with its own window; with `--play FILE` a recording is its input, played in a loop.
//!
//! In: the framework's arguments and a file. Out: a window and sound. The plugin is the same one that hosts load. Where
//! it is given a file, its input and its transport come from there, whatever the audio backend gives.

use std::io::Write;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use con_anima::plugin::{ConAnima, Task};
use nice_plug::context::process::SendEventError;
use nice_plug::prelude::*;
use xtask::playback::{Arguments, Playback};

/// What is to be played. The framework makes the plugin itself and hands it nothing, so it is kept here.
static PLAYBACK: OnceLock<Playback> = OnceLock::new();

fn main() -> ExitCode {
    match arguments().map(nice_export_standalone_with_args::<Player, _>) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => xtask::exit_code(Err(error)),
    }
}

/// Reads the file, and returns the arguments that are the framework's.
fn arguments() -> anyhow::Result<Vec<String>> {
    let mut arguments = Arguments::new(std::env::args())?;
    if arguments.others.iter().any(|argument| argument == "--help" || argument == "-h") {
        writeln!(
            std::io::stdout(),
            "--play FILE: a recording as the input, in a loop; its sample rate is the default\n"
        )?;
    }
    if let Some(file) = &arguments.file {
        let playback = Playback::open(file)?;
        arguments.default_rate(playback.sample_rate_hz());
        PLAYBACK.get_or_init(|| playback);
    }
    Ok(arguments.others)
}

/// The plugin, and the recording that is its input.
struct Player {
    plugin: ConAnima,
    playback: Option<Playback>,
}

impl Default for Player {
    fn default() -> Self {
        Self { plugin: ConAnima::default(), playback: PLAYBACK.get().cloned() }
    }
}

impl Plugin for Player {
    const NAME: &'static str = ConAnima::NAME;
    const VENDOR: &'static str = ConAnima::VENDOR;
    const URL: &'static str = ConAnima::URL;
    const EMAIL: &'static str = ConAnima::EMAIL;
    const VERSION: &'static str = ConAnima::VERSION;
    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] = ConAnima::AUDIO_IO_LAYOUTS;
    const SAMPLE_ACCURATE_AUTOMATION: bool = ConAnima::SAMPLE_ACCURATE_AUTOMATION;

    type Editor = <ConAnima as Plugin>::Editor;
    type SysExMessage = ();
    type BackgroundTask = Task;

    fn params(&self) -> Arc<dyn Params> {
        self.plugin.params()
    }

    fn task_executor(&mut self) -> TaskExecutor<Self> {
        self.plugin.task_executor()
    }

    fn editor(&mut self, executor: AsyncExecutor<Self>) -> Option<Self::Editor> {
        let on_screen = executor.clone();
        let background = Arc::new(move |task| executor.execute_background(task));
        self.plugin.editor(AsyncExecutor::new(background, Arc::new(move |task| on_screen.execute_gui(task))))
    }

    fn activate(
        &mut self,
        layout: &AudioIOLayout,
        config: &BufferConfig,
        context: &mut impl ActivateContext<Self>,
    ) -> bool {
        if let Some(playback) = &self.playback {
            let (file_hz, device_hz) = (playback.sample_rate_hz(), config.sample_rate);
            if f64::from(file_hz) != f64::from(device_hz) {
                nice_error!(
                    "the file has {file_hz} Hz and the audio runs at {device_hz} Hz; give --sample-rate {file_hz}, set \
                     JACK to it, or convert the file"
                );
                return false;
            }
        }
        self.plugin.activate(layout, config, &mut Activating(context))
    }

    fn reset(&mut self) {
        self.plugin.reset();
    }

    fn process(
        &mut self,
        buffer: &mut Buffer,
        aux: &mut AuxiliaryBuffers,
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        let transport = self.playback.as_mut().map(|playback| {
            let told = context.transport();
            let mut transport = Transport::new(told.sample_rate);
            transport.playing = true;
            transport.tempo = told.tempo;
            transport.time_sig_numerator = told.time_sig_numerator;
            transport.time_sig_denominator = told.time_sig_denominator;
            transport.pos_samples = Some(playback.fill(buffer.as_slice()));
            transport
        });
        self.plugin.process(buffer, aux, &mut Processing { context, transport })
    }

    fn deactivate(&mut self) {
        self.plugin.deactivate();
    }
}

/// The framework's context, as the plugin inside asks for it.
struct Activating<'a, C>(&'a mut C);

impl<C: ActivateContext<Player>> ActivateContext<ConAnima> for Activating<'_, C> {
    fn plugin_api(&self) -> PluginApi {
        self.0.plugin_api()
    }

    fn execute(&self, task: Task) {
        self.0.execute(task);
    }

    fn set_latency_samples(&self, samples: u32) {
        self.0.set_latency_samples(samples);
    }

    fn set_current_voice_capacity(&self, capacity: u32) {
        self.0.set_current_voice_capacity(capacity);
    }
}

/// The framework's context with the recording's transport.
struct Processing<'a, C> {
    context: &'a mut C,
    transport: Option<Transport>,
}

impl<C: ProcessContext<Player>> ProcessContext<ConAnima> for Processing<'_, C> {
    fn plugin_api(&self) -> PluginApi {
        self.context.plugin_api()
    }

    fn execute_background(&self, task: Task) {
        self.context.execute_background(task);
    }

    fn execute_gui(&self, task: Task) {
        self.context.execute_gui(task);
    }

    fn transport(&self) -> &Transport {
        self.transport.as_ref().unwrap_or_else(|| self.context.transport())
    }

    fn next_event(&mut self) -> Option<PluginNoteEvent<ConAnima>> {
        self.context.next_event()
    }

    fn try_send_event(
        &mut self,
        event: PluginNoteEvent<ConAnima>,
    ) -> Result<(), (PluginNoteEvent<ConAnima>, SendEventError)> {
        self.context.try_send_event(event)
    }

    fn set_latency_samples(&self, samples: u32) {
        self.context.set_latency_samples(samples);
    }

    fn request_restart(&self) {
        self.context.request_restart();
    }

    fn set_current_voice_capacity(&self, capacity: u32) {
        self.context.set_current_voice_capacity(capacity);
    }
}
