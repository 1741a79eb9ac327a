//! What a script cannot do in Ardour: an audio file on the track, and a parameter that is not automatable.
//!
//! In: the text of a session that `session.lua` has made. Out: the same with a stereo region at the beginning, with a
//! range to export that is as long, with no fades, and with another state of the plugin.

use anyhow::{Context, ensure};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// Numbers for what is put in, above all that a small session has. Chosen: far above the few hundred that Ardour gives
/// out for one track.
const FIRST_ID: u32 = 90_001;

/// Names of the files of the region's channels, in the session's folder of audio files.
pub(super) const CHANNEL_FILES: [&str; 2] = ["vocal-L.wav", "vocal-R.wav"];

/// The session's text, to be changed piece by piece.
pub(super) struct SessionFile(pub(super) String);

impl SessionFile {
    /// Puts the region of so many samples at the song's beginning, and makes it the range that is exported.
    pub(super) fn add_audio(&mut self, n_samples: usize, rate_hz: u32) -> anyhow::Result<()> {
        let per_second: u64 = self.attribute("TempoMap", "superclocks-per-second")?.parse()?;
        let units_per_sample = per_second / u64::from(rate_hz);
        ensure!(units_per_sample * u64::from(rate_hz) == per_second, "Ardour does not count {rate_hz} Hz exactly");
        let length = n_samples as u64 * units_per_sample;
        let [left, right, region, range, next] = std::array::from_fn(|n| FIRST_ID + n as u32);
        let sources: String = CHANNEL_FILES
            .iter()
            .zip([left, right])
            .map(|(name, id)| {
                format!(r#"<Source name="{name}" type="audio" flags="" id="{id}" channel="0" origin="" gain="1"/>"#)
            })
            .collect();
        self.replace("<Sources/>", &format!("<Sources>{sources}</Sources>"))?;
        let location = format!(
            r#"<Location id="{range}" name="session" start="a0" end="a{length}" flags="IsSessionRange" locked="0"/>"#
        );
        self.replace("<Locations/>", &format!("<Locations>{location}</Locations>"))?;
        let whole = format!(
            concat!(
                r#"<Region name="vocal" id="{region}" type="audio" muted="0" opaque="1" locked="0" automatic="0" "#,
                r#"whole-file="0" start="a0" length="a{length}@a0" sync-position="a0" ancestral-start="a0" "#,
                r#"ancestral-length="a0@a0" stretch="1" shift="1" layering-index="0" envelope-active="0" "#,
                r#"default-fade-in="0" default-fade-out="0" fade-in-active="0" fade-out-active="0" "#,
                r#"scale-amplitude="1" first-edit="nothing" channels="2" source-0="{left}" source-1="{right}" "#,
                r#"master-source-0="{left}" master-source-1="{right}"/>"#
            ),
            region = region,
            length = length,
            left = left,
            right = right
        );
        let playlist = self.element("Playlist")?;
        let open = playlist.strip_suffix("/>").context("the track is not empty")?;
        self.replace(&playlist.clone(), &format!("{open}>{whole}</Playlist>"))?;
        let counter = self.attribute("Session", "id-counter")?;
        self.replace(&format!(r#"id-counter="{counter}""#), &format!(r#"id-counter="{next}""#))
    }

    /// Samples leave as they come out of the plugin: no fades, no panners.
    pub(super) fn leave_samples_alone(&mut self) -> anyhow::Result<()> {
        for fades in ["use-region-fades", "use-transport-fades"] {
            let option = |value| format!(r#"<Option name="{fades}" value="{value}"/>"#);
            self.replace(&option(1), &option(0))?;
        }
        self.0 = self.0.replace(r#"<PannerShell bypassed="0""#, r#"<PannerShell bypassed="1""#);
        Ok(())
    }

    /// The plugin's state, in VST3's preset format.
    pub(super) fn plugin_state(&self) -> anyhow::Result<Vec<u8>> {
        BASE64_STANDARD.decode(self.chunk()?).context("the plugin's state in Ardour's session is no base64")
    }

    /// Puts another state in its place.
    pub(super) fn set_plugin_state(&mut self, preset: &[u8]) -> anyhow::Result<()> {
        let chunk = self.chunk()?.to_owned();
        self.replace(&chunk, &BASE64_STANDARD.encode(preset))
    }

    fn chunk(&self) -> anyhow::Result<&str> {
        let (_, rest) = self.0.split_once("<chunk>").context("there is no state of a plugin in Ardour's session")?;
        let (chunk, _) = rest.split_once("</chunk>").context("the plugin's state in Ardour's session has no end")?;
        Ok(chunk)
    }

    /// The first element of this name, up to the end of its tag.
    fn element(&self, name: &str) -> anyhow::Result<String> {
        let start = self.0.find(&format!("<{name} ")).with_context(|| format!("Ardour's session has no '{name}'"))?;
        let end = self.0[start..].find('>').with_context(|| format!("'{name}' in Ardour's session has no end"))?;
        Ok(self.0[start..=start + end].to_owned())
    }

    fn attribute(&self, element: &str, name: &str) -> anyhow::Result<String> {
        let text = self.element(element)?;
        let (_, rest) = text
            .split_once(&format!(r#" {name}=""#))
            .with_context(|| format!("'{element}' in Ardour's session has no '{name}'"))?;
        let (value, _) = rest.split_once('"').with_context(|| format!("'{name}' in Ardour's session has no end"))?;
        Ok(value.to_owned())
    }

    /// Ardour writes some things in one way only; where it does not, this is no session as is known here.
    fn replace(&mut self, old: &str, new: &str) -> anyhow::Result<()> {
        let shown = &old[..old.floor_char_boundary(80)];
        ensure!(self.0.matches(old).count() == 1, "Ardour's session must hold '{shown}' once");
        self.0 = self.0.replacen(old, new, 1);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAVED: &str = concat!(
        r#"<Session version="7002" name="session" sample-rate="48000" id-counter="250">"#,
        r#"<Option name="use-region-fades" value="1"/><Option name="use-transport-fades" value="1"/>"#,
        r#"<Sources/><Locations/><chunk>AAEC</chunk><PannerShell bypassed="0" x="1"/>"#,
        r#"<Playlist id="183" name="vocal" type="audio"/><TempoMap superclocks-per-second="282240000"/></Session>"#
    );

    #[test]
    fn the_region_is_as_long_as_the_audio_and_is_exported() {
        let mut session = SessionFile(SAVED.to_owned());
        session.add_audio(96_000, 48_000).expect("a session");
        session.leave_samples_alone().expect("a session");
        // 5880 units of time to a sample.
        for part in [r#"length="a564480000@a0""#, r#"end="a564480000""#, "vocal-R.wav", r#"bypassed="1""#] {
            assert!(session.0.contains(part), "{part}: {}", session.0);
        }
        let region = session.0.find("<Region").expect("a region");
        assert!(session.0.find("<Playlist").expect("open") < region, "in the playlist");
        assert!(region < session.0.find("</Playlist>").expect("closed"));
        assert!(!session.0.contains(r#"fades" value="1""#) && session.0.contains(r#"id-counter="90005""#));
        let again = session.add_audio(96_000, 48_000).expect_err("the track is not empty").to_string();
        assert!(again.contains("once"), "{again}");
    }

    #[test]
    fn a_state_that_is_put_in_is_read_back() {
        let mut session = SessionFile(SAVED.to_owned());
        assert_eq!(session.plugin_state().expect("a state"), [0, 1, 2]);
        session.set_plugin_state(b"another").expect("a state");
        assert_eq!(session.plugin_state().expect("a state"), b"another");
        let error = SessionFile("<Session/>".to_owned()).plugin_state().expect_err("no plugin").to_string();
        assert!(error.contains("no state"), "{error}");
    }
}
