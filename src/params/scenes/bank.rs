//! The scenes of one instance of the plugin, which a session keeps among the parameters.
//!
//! In: scenes from the window or a session. Out: the same for both, and their values for the audio thread by way of a
//! triple buffer, so that it neither locks nor waits.

use std::sync::Arc;

use parking_lot::Mutex;
use triple_buffer::{Input, Output};

use super::{SceneValues, Scenes};
use crate::params::persisted::persisted;

/// The scenes of one instance, shared by all that know them.
#[derive(Clone)]
pub struct SceneBank(Arc<Mutex<Kept>>);

struct Kept {
    scenes: Scenes,
    writer: Input<SceneValues>,
    /// The other end, until the audio thread takes it.
    reader: Option<Output<SceneValues>>,
}

impl Default for SceneBank {
    fn default() -> Self {
        let (writer, reader) = triple_buffer::triple_buffer(&SceneValues::default());
        Self(Arc::new(Mutex::new(Kept { scenes: Scenes::default(), writer, reader: Some(reader) })))
    }
}

impl SceneBank {
    /// The scenes of this moment.
    pub fn load(&self) -> Scenes {
        self.0.lock().scenes.clone()
    }

    /// Keeps these scenes, and hands their values to the audio thread.
    pub fn store(&self, scenes: Scenes) {
        let mut kept = self.0.lock();
        kept.writer.write(scenes.values());
        kept.scenes = scenes;
    }

    /// The audio thread's end. There is one; whoever asks again gets one that never hears of a change.
    pub fn reader(&self) -> SceneReader {
        let mut kept = self.0.lock();
        let values = kept.scenes.values();
        SceneReader(kept.reader.take().unwrap_or_else(|| triple_buffer::triple_buffer(&values).1))
    }
}

persisted!(SceneBank as Scenes: load, store);

/// The audio thread's end of a [`SceneBank`].
pub struct SceneReader(Output<SceneValues>);

impl SceneReader {
    /// The scenes' values of this moment. Realtime-safe.
    pub fn read(&mut self) -> &SceneValues {
        self.0.read()
    }
}

#[cfg(test)]
mod tests {
    use nice_plug::prelude::Params;

    use super::super::tests::verse_and_chorus;
    use super::*;
    use crate::params::VoiceParams;

    #[test]
    fn the_audio_thread_has_what_was_stored_last() {
        let bank = SceneBank::default();
        let mut reader = bank.reader();
        assert_eq!(*reader.read(), SceneValues::default());
        bank.store(Scenes::default());
        bank.store(verse_and_chorus());
        assert_eq!(*reader.read(), verse_and_chorus().values());
    }

    #[test]
    fn a_session_gives_back_its_scenes() {
        let (saved, opened) = (VoiceParams::default(), VoiceParams::default());
        let mut reader = opened.scenes.reader();
        saved.scenes.store(verse_and_chorus());
        opened.deserialize_fields(&saved.serialize_fields());
        assert_eq!(opened.scenes.load(), verse_and_chorus());
        assert_eq!(*reader.read(), verse_and_chorus().values());
    }
}
