//! Breath in the voice: how much air rushes through the glottis while it sings.
//!
//! In: the frame that is heard, the frames ahead, how loud the voice has been. Out: noise as a share of the voice, so
//! that voice and noise together have the harmonics-to-noise ratio asked for, and how much softer the source becomes
//! with it. What the voice has of its own counts: only what is missing is added. Notes begin and phrases end with more.
//! Sources: docs/design.md §6, §7; Klatt & Klatt, "Analysis, synthesis, and perception of voice quality variations
//! among female and male talkers", JASA 87, 1990, for the softer source that goes with it.

use crate::analysis::{Frame, Phase};
use crate::breath_timbre::{AspirationColour, pulse, softness};
use crate::dsp::motion::Span;
use crate::dsp::ramp::Ramp;
use crate::dsp::units::amplitude;
use crate::gesture::{HOPS_PER_SEGMENT, Noise, Pulse, SEGMENT_LEAD_HOPS, Shape, is_segment_due};
use crate::score::{Ahead, Lookahead};
use crate::settings::Settings;

/// What is voiced for so long is a voice, seconds. Measured: `cargo lab evaluate`, whispered formants were taken for
/// voiced for 80 ms.
const TRUSTED_S: f32 = 0.1;
/// That stretch is looked at in these parts of it. Chosen: four places; fewer may all lie in a whispered formant.
const TRUSTED_AT: [f32; 4] = [1.0, 0.75, 0.5, 0.25];
/// Hops whose loudest bounds what counts as the voice's level: where a voice breaks off, its own level is known before
/// its loudness is. Chosen: 13 ms, a period of 75 Hz; fewer follow the pulses of a low voice.
const BOUND_HOPS: usize = 10;

/// Time in which breath comes and goes with the voice, seconds. Chosen: a few periods; less clicks, more smears.
const FOLLOW_S: f64 = 0.010;
/// A note begins with so much more breath, dB, for so long, seconds: the folds are still closing. Chosen: a plain puff;
/// more is heard as an h.
const ONSET_DB: f32 = 3.0;
const ONSET_S: f32 = 0.06;
/// After so many of those times there is no more of it. Source: computed, 0.02 dB are left.
const MOST_ONSET_AGE: f32 = 5.0;
/// A phrase ends with so much more, dB: the folds open to breathe in. Chosen: as at an onset and a little more;
/// people's ends grow breathy in most phrases.
const END_DB: f32 = 4.0;
/// Segments before its end in which that grows. Chosen: 0.13 s, the end of a syllable.
const END_SEGMENTS: i64 = 12;
/// It is an end if silence lasts for at least so many segments. Chosen: 0.11 s, longer than a stop consonant's closure.
const SILENT_SEGMENTS: i64 = 10;
/// How fast the amount of noise may change while the voice sounds, as a share of what is asked for per second. Chosen:
/// what is known of the take changes in half seconds; faster, and each change is heard.
const RATIO_PER_S: f32 = 2.0;

/// How much breath there is in the voice.
#[derive(Clone, Debug)]
pub(super) struct Aspiration {
    hop_samples: i64,
    hop_s: f32,
    colour: AspirationColour,
    /// Whether there is a voice, 0 to 1.
    voiced: Ramp,
    age_hops: u32,
    levels_db: [f32; BOUND_HOPS],
    /// Noise per voice, both rms, as found last.
    ratio: f32,
    rms: f32,
    softness: f32,
}

/// Where the hop that is rendered lies in the input.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard {
    /// Number of the hop on the absolute grid.
    pub(super) hop_number: i64,
    /// Absolute index of the input that is heard at its start.
    pub(super) index: i64,
}

/// What breath does in a hop.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Breathed {
    pub(super) noise: Noise,
    /// How much of its brightness the source loses, linear: 0 none, 1 all.
    pub(super) softness: Span<f32>,
}

impl Aspiration {
    pub(super) fn new(sample_rate_hz: f64, hop_samples: usize) -> Self {
        let hop_s = hop_samples as f64 / sample_rate_hz;
        Self {
            hop_samples: hop_samples as i64,
            hop_s: hop_s as f32,
            colour: AspirationColour::default(),
            voiced: Ramp::new(0.0, (FOLLOW_S / hop_s).ceil() as u32),
            age_hops: 0,
            levels_db: [Frame::SILENCE.level_db; BOUND_HOPS],
            ratio: 0.0,
            rms: 0.0,
            softness: 0.0,
        }
    }

    /// Forgets the voice: the song jumps.
    pub(super) fn reset(&mut self) {
        self.voiced.snap(0.0);
        self.levels_db = [Frame::SILENCE.level_db; BOUND_HOPS];
        (self.age_hops, self.ratio, self.rms, self.softness) = (0, 0.0, 0.0, 0.0);
    }

    /// How much breath there is in a hop. Realtime-safe.
    pub(super) fn at(&mut self, heard: Heard, settings: &Settings, ahead: &Lookahead<'_>) -> Breathed {
        let is_on = settings.breath_hnr_db.is_finite() && settings.amount > 0.0;
        if !is_on && self.rms == 0.0 && self.softness == 0.0 {
            self.age_hops = 0;
            return Breathed::default();
        }
        let here = ahead(heard.index);
        let frame = here.map_or(Frame::SILENCE, |hop| hop.known.frame);
        let has_sung = here.is_some_and(|hop| hop.singer.take.hnr_db.is_some());
        let is_voiced = is_single_voice(&frame) && (self.rms > 0.0 || has_sung || self.is_trusted(heard, ahead));
        self.age_hops = if is_voiced { self.age_hops.saturating_add(1) } else { 0 };
        let is_due = is_on && is_segment_due(heard.hop_number);
        let shape = here.filter(|_| is_due).and_then(|here| self.shape(heard, &here, settings, ahead));
        if is_due && shape.is_none() && self.rms == 0.0 {
            // Nothing is known of the voice that comes, and how much breath an earlier one had says nothing of it.
            self.ratio = 0.0;
        }
        let voiced = self.voiced.advance(if is_on && is_voiced { 1.0 } else { 0.0 });
        let start = (self.rms, self.softness);
        self.levels_db.rotate_right(1);
        self.levels_db[0] = frame.level_db;
        let loudest_db = self.levels_db.iter().copied().fold(f32::MIN, f32::max);
        // Where the voice ends its level stays known, and breath fades with it.
        let noise_per_voice = settings.amount * voiced * self.ratio;
        self.rms = noise_per_voice * amplitude(frame.loudness_db.min(loudest_db));
        self.softness = softness(noise_per_voice);
        Breathed {
            noise: Noise { rms: Span { start: start.0, end: self.rms }, most: f32::INFINITY, shape },
            softness: Span { start: start.1, end: self.softness },
        }
    }

    /// Whether what seems to be voiced is, where nobody has sung lately: whispered formants pass for a voice for
    /// moments. It is known by staying.
    fn is_trusted(&self, heard: Heard, ahead: &Lookahead<'_>) -> bool {
        let is_voiced_at = |share: f32| {
            let behind = (share * TRUSTED_S / self.hop_s) as i64 * self.hop_samples;
            ahead(heard.index + behind).is_some_and(|hop| hop.known.is_decided && is_single_voice(&hop.known.frame))
        };
        let stays = |direction: f32| TRUSTED_AT.iter().all(|share| is_voiced_at(direction * share));
        stays(-1.0) || stays(1.0)
    }

    /// The segment told of in this hop, and from now on how much noise there is.
    fn shape(&mut self, heard: Heard, here: &Ahead<'_>, settings: &Settings, ahead: &Lookahead<'_>) -> Option<Shape> {
        let middle = heard.index + (SEGMENT_LEAD_HOPS + HOPS_PER_SEGMENT / 2) * self.hop_samples;
        let there = ahead(middle).unwrap_or(*here);
        let envelope = there.singer.envelope.or(here.singer.envelope)?;
        let target = amplitude(self.more_db(heard, ahead) - settings.breath_hnr_db);
        self.follow(missing(target, here.singer.take.noise_db), target);
        let pulse = pulse(&there.known.frame, self.hop_s / self.hop_samples as f32).map(|pulse| {
            // Its phase is that of the hop around the middle; wherever in it the middle lies, half a hop is nothing.
            let back = (HOPS_PER_SEGMENT / 2 * self.hop_samples) as f32 * pulse.turns_per_sample;
            Pulse { phase: (pulse.phase - back).rem_euclid(1.0), ..pulse }
        });
        Some(Shape {
            performance: settings.performance,
            position_samples: (heard.hop_number + SEGMENT_LEAD_HOPS) * self.hop_samples,
            colour: self.colour.of(envelope, settings.breath_tone_db),
            pulse,
        })
    }

    /// Takes up a new ratio: at once where nothing sounds, else no faster than is natural.
    fn follow(&mut self, ratio: f32, target: f32) {
        let most = RATIO_PER_S * target * HOPS_PER_SEGMENT as f32 * self.hop_s;
        let is_free = self.rms == 0.0;
        self.ratio = if is_free { ratio } else { ratio.clamp(self.ratio - most, self.ratio + most) };
    }

    /// How much more breath there is here than inside a note, dB.
    fn more_db(&self, heard: Heard, ahead: &Lookahead<'_>) -> f32 {
        let age = self.age_hops as f32 * self.hop_s / ONSET_S;
        // Exactly nothing in the end: then it is forgotten when the voice began.
        let onset_db = if age < MOST_ONSET_AGE { ONSET_DB * (-age).exp() } else { 0.0 };
        onset_db + self.end_db(heard, ahead)
    }

    /// How much more there is because the phrase ends, dB.
    fn end_db(&self, heard: Heard, ahead: &Lookahead<'_>) -> f32 {
        let is_silent = |segments: i64| {
            let hop = ahead(heard.index + segments * HOPS_PER_SEGMENT * self.hop_samples);
            hop.is_some_and(|hop| hop.known.is_decided && hop.known.frame.phase == Phase::Silence)
        };
        let end = (1..=END_SEGMENTS).find(|segments| is_silent(*segments) && is_silent(segments + SILENT_SEGMENTS));
        end.map_or(0.0, |segments| END_DB * (1.0 - segments as f32 / END_SEGMENTS as f32))
    }
}

/// The noise per voice that is missing where so much is wanted (rms) and so much is there (dB).
fn missing(target: f32, present_db: Option<f32>) -> f32 {
    let present = present_db.map_or(0.0, amplitude);
    (target * target - present * present).max(0.0).sqrt()
}

fn is_single_voice(frame: &Frame) -> bool {
    frame.f0_hz > 0.0 && !frame.is_polyphonic
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_voice_has_of_its_own_is_not_added() {
        let added_db = |wanted_db, present_db| 20.0 * missing(amplitude(wanted_db), present_db).log10();
        assert!((added_db(-20.0, None) + 20.0).abs() < 0.01 && (added_db(-20.0, Some(-40.0)) + 20.04).abs() < 0.01);
        assert!((added_db(-20.0, Some(-23.01)) + 23.01).abs() < 0.02);
        assert_eq!(missing(0.1, Some(-19.0)), 0.0);
    }
}
