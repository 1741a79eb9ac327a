//! Presets in a CLAP host's own browser, pages for its controllers, and a mono track with a stereo output.

mod common;
#[path = "common/clap_host.rs"]
mod clap_host;

use std::ffi::CStr;

use clack_extensions::audio_ports_config::{AudioPortsConfigBuffer, PluginAudioPortsConfig};
use clack_extensions::preset_discovery::prelude::*;
use clack_host::prelude::*;
use clack_host::utils::{Timestamp, UniversalPluginId};
use clap_host::{Hosted, Run, load};
use con_anima::params::PARAMETERS;
use con_anima::presets::{self, FACTORY};

/// A host that looks where presets are.
#[derive(Default)]
struct Indexer {
    n_locations: usize,
}

impl IndexerImpl for Indexer {
    fn declare_filetype(&mut self, _file_type: FileType) -> Result<(), HostError> {
        Ok(())
    }

    fn declare_location(&mut self, _location: LocationInfo) -> Result<(), HostError> {
        self.n_locations += 1;
        Ok(())
    }

    fn declare_soundpack(&mut self, _soundpack: Soundpack) -> Result<(), HostError> {
        Ok(())
    }
}

/// A host that is told of presets: their names, keys and descriptions.
#[derive(Default)]
struct Receiver {
    presets: Vec<[String; 3]>,
    errors: Vec<String>,
}

fn words(text: Option<&CStr>) -> String {
    text.map(|text| text.to_string_lossy().into_owned()).unwrap_or_default()
}

impl MetadataReceiverImpl for Receiver {
    fn on_error(&mut self, _code: i32, message: Option<&CStr>) {
        self.errors.push(words(message));
    }

    fn begin_preset(&mut self, name: Option<&CStr>, key: Option<&CStr>) -> Result<(), HostError> {
        self.presets.push([words(name), words(key), String::new()]);
        Ok(())
    }

    fn add_plugin_id(&mut self, id: UniversalPluginId) {
        assert_eq!(id.id, c"audio.con-anima.con-anima");
    }

    fn set_soundpack_id(&mut self, _id: &CStr) {}

    fn set_flags(&mut self, flags: Flags) {
        assert!(flags.contains(Flags::IS_FACTORY_CONTENT));
    }

    fn add_creator(&mut self, _creator: &CStr) {}

    fn set_description(&mut self, description: &CStr) {
        self.presets.last_mut().expect("a preset was begun")[2] = words(Some(description));
    }

    fn set_timestamps(&mut self, _made: Option<Timestamp>, _changed: Option<Timestamp>) {}

    fn add_feature(&mut self, _feature: &CStr) {}

    fn add_extra_info(&mut self, _key: &CStr, _value: &CStr) {}
}

#[test]
fn a_host_finds_the_presets_and_what_they_are_for() {
    let entry = load();
    let info = HostInfo::new("Con Anima tests", "Con Anima", "", "1").expect("no zero bytes");
    let factory: PresetDiscoveryFactory = entry.get_factory().expect("presets can be discovered");
    assert_eq!(factory.provider_count(), 1);
    let descriptor = factory.get_provider_descriptor(0).expect("there is one");
    let id = descriptor.id().expect("it has an id");
    let mut provider = Provider::instantiate(Indexer::default(), &entry, id, &info).expect("it can be made");
    assert!(provider.indexer().n_locations >= 1);
    let mut receiver = Receiver::default();
    provider.get_metadata(Location::Plugin, &mut receiver);
    let keys: Vec<&str> = receiver.presets.iter().map(|preset| preset[1].as_str()).collect();
    assert_eq!(keys, FACTORY.map(|preset| preset.name));
    assert!(receiver.presets.iter().all(|[name, _, hint]| !name.is_empty() && !hint.is_empty()));
    // A file that is no preset is said to be none.
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("broken.toml");
    std::fs::write(&path, "drift = 1").expect("it is written");
    let path = std::ffi::CString::new(path.to_string_lossy().into_owned()).expect("no zero bytes");
    provider.get_metadata(Location::File { path: &path }, &mut receiver);
    assert!(receiver.errors.len() == 1 && receiver.errors[0].contains("broken.toml"), "{:?}", receiver.errors);
}

#[test]
fn a_preset_from_the_hosts_browser_is_the_sound_and_not_the_session() {
    let mut hosted = Hosted::fresh("A host");
    hosted.set("Seed", 4321.0);
    hosted.set("Mode", 2.0);
    let load: PluginPresetLoad = hosted.instance.plugin_handle().get_extension().expect("presets can be loaded");
    let handle = hosted.instance.plugin_handle();
    load.load_from_location(&handle, Location::Plugin, Some(c"breathy-verse")).expect("it is there");
    let wanted = presets::factory("breathy-verse").expect("it is there");
    for parameter in &PARAMETERS {
        let value = hosted.value(parameter.name);
        let text = match parameter.id {
            "seed" => "4321".to_owned(),
            "mode" => "Phrase".to_owned(),
            id => parameter.text_with_unit(wanted.get(id).expect("it is listed")),
        };
        assert_eq!(hosted.text(parameter.name, value), text, "{}", parameter.id);
    }
    let before = hosted.save();
    let handle = hosted.instance.plugin_handle();
    assert!(load.load_from_location(&handle, Location::Plugin, Some(c"shouting")).is_err());
    assert_eq!(hosted.save(), before);
}

#[test]
fn a_mono_track_may_have_a_stereo_output() {
    let mut hosted = Hosted::new();
    hosted.set("Humanize", 0.0);
    let config: PluginAudioPortsConfig = hosted.instance.plugin_handle().get_extension().expect("it has choices");
    let handle = hosted.instance.plugin_handle();
    let mut buffer = AudioPortsConfigBuffer::new();
    let ids: Vec<ClapId> =
        (0..config.count(&handle)).filter_map(|index| Some(config.get(&handle, index, &mut buffer)?.id)).collect();
    assert_eq!(ids.len(), 3, "stereo, mono, and mono to stereo");
    config.select(&handle, ids[2]).expect("it is offered");
    assert_eq!((hosted.port_channels(true), hosted.port_channels(false)), (vec![1], vec![2]));
    let input = vec![common::phrases(220.0, 48_000.0, 1.0)];
    let run = Run { sample_rate_hz: 48_000.0, block: 480, start: Some(0), tempo: Some(120.0), first_beat: None };
    let output = hosted.run(&input, &run, &[]);
    for channel in &output {
        assert_eq!(channel[4320..], input[0][..input[0].len() - 4320]);
    }
}
