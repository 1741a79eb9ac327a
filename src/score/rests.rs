//! Rests, seen as early as can be: by level at once, and by whether something with a pitch is heard.
//!
//! In: hops as they come in, decided or not. Out: rests as a phrase behind them is seen, and what goes on where hops
//! come in. To breathe in before a phrase one must know of it half a second ahead, long before a verdict on its pitch;
//! what can be told at once is enough to know a voice from a breath.

mod faint;

use super::{Ahead, PAST_S, Rest, View};
use crate::analysis::Frame;
use faint::{FLOOR_SMOOTH_S, Faint, LEAST_OWN_BREATH_S, least_breath_db};

/// Levels are means over so long, seconds.
/// Chosen: a period of 90 Hz; shorter, and a low voice falls silent between its pulses.
const SMOOTH_S: f64 = 0.0107;
/// Hops that are longer than any of these means. Source: computed from the shortest hop, a millisecond.
const MOST_SMOOTH_HOPS: usize = 50;
/// What is heard for less than this is a click, seconds.
/// Chosen: shorter than any consonant; longer, and a stop's release is none.
const LEAST_SOUND_S: f64 = 0.015;
/// What is not heard for less than this is no pause, seconds.
/// Chosen: two periods of a low voice; longer, and a short rest is none.
const LEAST_PAUSE_S: f64 = 0.020;
/// What goes over into the voice is a breath if it lasts longer than this, seconds.
/// Source: docs/voice.md, consonants lead by 30 to 150 ms.
const MOST_CONSONANT_S: f64 = 0.16;
/// A pitch is seen so long after it is heard, seconds. Source: computed, half a pitch window.
const PITCH_DELAY_S: f64 = 0.021;
/// A phrase's loudness is known once so much of it has been sung, seconds, and is that of the take once it is as old as
/// the second.
/// Chosen: a syllable; and as much as the take's own statistics need to have followed it.
const COMING_S: [f64; 2] = [0.15, 1.0];
/// A shorter silence is no rest but a stop consonant's closure, seconds.
/// Chosen: closures last up to 150 ms (docs/voice.md), and nobody breathes in less.
const LEAST_REST_S: f64 = 0.2;
/// A stretch of sound. Places are song positions, samples.
#[derive(Clone, Copy, Debug)]
struct Sound {
    start: i64,
    /// Where it is voiced first.
    voice: Option<i64>,
    /// Where it was heard last.
    end: i64,
    /// Its loudest mean, dBFS.
    loudest_db: f32,
}

/// What goes on where hops come in. Places are song positions, samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Incoming {
    /// Where the silence begins that lasts, or the last one.
    pub silence_start: i64,
    /// Where a voice was heard last.
    pub voice_end: i64,
    /// For how long it has been silent; `None` while something sounds, or before the first phrase.
    pub silent_samples: Option<i64>,
    /// Where what sounds now began.
    pub sound_start: Option<i64>,
    /// How long the phrase was that was sung last, [`PAST_S`] at most; `None` before the first is over.
    pub phrase_samples: Option<i64>,
    /// The take breathed in the last rest that is over, or in this one.
    pub has_own_breath: bool,
    /// How loud the voice is, dBFS rms: that of the phrase that has begun, as soon as it is known.
    pub voice_db: Option<f32>,
}

/// Follows what comes in.
#[derive(Clone, Debug)]
pub(super) struct Rests {
    sample_rate_hz: f64,
    /// The next hop to look at.
    next: Option<i64>,
    sound: Option<Sound>,
    /// Where the silence that lasts began, or the last one.
    silence_start: i64,
    /// Where a voice was heard last.
    voice_end: i64,
    /// Powers of the last hops.
    powers: [f32; MOST_SMOOTH_HOPS],
    /// Hops in the means over the shorter and the longer time.
    n_smooth: [usize; 2],
    /// The first hop looked at.
    first: i64,
    faint: Faint,
    /// Where the take's last breath in this rest was heard, if it was.
    breathed_at: Option<i64>,
    had_own_breath: bool,
    /// Where the phrase began that was sung last.
    phrase_start: Option<i64>,
    phrase_samples: Option<i64>,
    /// Energy and number of voiced samples of the phrase that has begun.
    coming: (f64, i64),
    /// How loud the take has been, dBFS.
    take_db: Option<f32>,
}

impl Rests {
    pub(super) fn new(sample_rate_hz: f64, hop_samples: usize) -> Self {
        let hops = |seconds: f64| (seconds * sample_rate_hz / hop_samples as f64).round() as usize;
        Self {
            sample_rate_hz,
            next: None,
            sound: None,
            silence_start: 0,
            voice_end: 0,
            powers: [0.0; MOST_SMOOTH_HOPS],
            n_smooth: [SMOOTH_S, FLOOR_SMOOTH_S].map(|seconds| hops(seconds).clamp(1, MOST_SMOOTH_HOPS)),
            first: 0,
            faint: Faint::new(sample_rate_hz),
            breathed_at: None,
            had_own_breath: false,
            phrase_start: None,
            phrase_samples: None,
            coming: (0.0, 0),
            take_db: None,
        }
    }

    pub(super) fn reset(&mut self) {
        (self.next, self.sound, self.silence_start, self.voice_end) = (None, None, 0, 0);
        self.powers = [0.0; MOST_SMOOTH_HOPS];
        self.faint.reset();
        (self.breathed_at, self.had_own_breath) = (None, false);
        (self.phrase_start, self.phrase_samples) = (None, None);
        (self.coming, self.take_db) = ((0.0, 0), None);
    }

    fn samples(&self, seconds: f64) -> i64 {
        (seconds * self.sample_rate_hz) as i64
    }

    /// What goes on where hops come in.
    pub(super) fn incoming(&self) -> Incoming {
        let next = self.next.filter(|_| self.sound.is_none() && self.phrase_samples.is_some());
        Incoming {
            silence_start: self.silence_start,
            voice_end: self.voice_end,
            silent_samples: next.map(|next| next - self.silence_start),
            sound_start: self.sound.map(|sound| sound.start),
            phrase_samples: self.phrase_samples,
            has_own_breath: self.breathed_at.is_some() || self.had_own_breath,
            voice_db: self.voice_db(),
        }
    }

    /// How loud the voice is, dBFS rms.
    fn voice_db(&self) -> Option<f32> {
        let (energy, n) = self.coming;
        let [least, most] = COMING_S.map(|seconds| self.samples(seconds));
        let has_begun = n > if self.take_db.is_some() { least } else { 0 };
        if has_begun && n < most { Some((10.0 * (energy / n as f64).log10()) as f32) } else { self.take_db }
    }

    /// Looks at the next hops that have come in, if there are any, when the one at song position `now` is about to be
    /// sung; to be called until nothing comes. Returns a rest that is seen to end. Realtime-safe.
    pub(super) fn find(&mut self, now: i64, view: &View<'_, '_>) -> Option<Rest> {
        loop {
            if self.next.is_none() {
                (self.next, self.silence_start, self.voice_end, self.first) = (Some(now), now, now, now);
            }
            let at = self.next?;
            let hop = view.at(at)?;
            let end = view.end(&hop);
            self.next = Some(end);
            if let Some(rest) = self.hear(at, end, &hop) {
                return Some(rest);
            }
        }
    }

    /// Looks at a hop from one song position to another.
    fn hear(&mut self, at: i64, end: i64, hop: &Ahead<'_>) -> Option<Rest> {
        let frame = &hop.known.frame;
        let is_voiced = self.sound.is_some_and(|sound| sound.voice.is_some());
        if !is_voiced && at - self.voice_end >= self.samples(PAST_S) {
            // So old that it is as if nothing had been sung.
            (self.phrase_start, self.phrase_samples, self.coming) = (None, None, (0.0, 0));
            self.had_own_breath = false;
            self.breathed_at = self.breathed_at.filter(|breathed| at - breathed < self.samples(PAST_S));
        }
        self.take_db = hop.singer.take.voice_db;
        self.powers.rotate_right(1);
        self.powers[0] = 10_f32.powf(frame.level_db / 10.0);
        let [level_db, smooth_db] = self.n_smooth.map(|n| {
            let power = self.powers[..n].iter().sum::<f32>() / n as f32;
            (10.0 * power.log10()).max(Frame::SILENCE.level_db)
        });
        // Where levels are not known yet, a file's own noise is above the threshold.
        let is_noise = !frame.is_voice_likely && level_db < least_breath_db(self.voice_db());
        if level_db < frame.silence_db || is_noise {
            self.hear_silence(at, end, smooth_db, frame.silence_db);
            return None;
        }
        // What grows out of the floor belongs to what it grows into.
        let start = self.faint.take_start().unwrap_or(at);
        let sound = self.sound.get_or_insert(Sound { start, voice: None, end: at, loudest_db: level_db });
        sound.end = end;
        sound.loudest_db = sound.loudest_db.max(level_db);
        if !frame.is_voice_likely || frame.is_polyphonic {
            return None;
        }
        let is_first = sound.voice.is_none();
        let voice = (end - (PITCH_DELAY_S * self.sample_rate_hz) as i64).max(sound.start);
        let voice = *sound.voice.get_or_insert(voice);
        let sound = *sound;
        let rest = if is_first { self.begin_voice(&sound, voice) } else { None };
        let (energy, n) = self.coming;
        self.coming = (energy + (end - at) as f64 * 10_f64.powf(f64::from(frame.level_db) / 10.0), n + end - at);
        rest
    }

    /// Nothing, or something faint, is heard from song position `at` to `end`; `level_db` is the mean over the longer
    /// time, and below `silence_db` nothing is sung.
    fn hear_silence(&mut self, at: i64, end: i64, level_db: f32, silence_db: f32) {
        let least_pause = self.samples(LEAST_PAUSE_S);
        if let Some(sound) = self.sound.take_if(|sound| end - sound.end >= least_pause) {
            self.end_sound(&sound, silence_db);
        }
        if at - self.first < self.samples(FLOOR_SMOOTH_S) {
            return;
        }
        if self.faint.hear(at, level_db, self.voice_db()) {
            self.breathed_at = Some(at);
        }
    }

    /// Something sounded and is over; below `silence_db` nothing is sung, as is known by now.
    fn end_sound(&mut self, sound: &Sound, silence_db: f32) {
        let end = sound.end;
        self.faint.reset();
        let len = end - sound.start;
        if sound.voice.is_some() {
            let past = self.samples(PAST_S);
            self.phrase_samples = self.phrase_start.map(|start| (end - start).min(past));
            self.had_own_breath &= self.phrase_samples.is_some_and(|samples| samples < past);
            (self.breathed_at, self.voice_end) = (None, end);
        } else if len < self.samples(LEAST_SOUND_S) || sound.loudest_db < silence_db {
            // A click, or the room, of which not enough was known.
            return;
        } else if len >= self.samples(LEAST_OWN_BREATH_S) {
            self.breathed_at = Some(end);
        }
        self.silence_start = end;
    }

    /// A voice is heard for the first time since it was silent. Returns the rest before it, if that is one.
    fn begin_voice(&mut self, sound: &Sound, voice: i64) -> Option<Rest> {
        if voice - sound.start > self.samples(MOST_CONSONANT_S) {
            self.breathed_at = Some(voice);
        }
        let rest = Rest {
            voice_end: self.voice_end,
            start: self.silence_start,
            end: sound.start,
            voice,
            has_own_breath: self.breathed_at.is_some(),
            phrase_samples: self.phrase_samples,
            voice_db: None,
            is_learned: false,
        };
        if rest.end - rest.voice_end < self.samples(LEAST_REST_S) && rest.phrase_samples.is_some() {
            return None;
        }
        self.phrase_start = Some(rest.end);
        self.had_own_breath = rest.has_own_breath;
        self.coming = (0.0, 0);
        Some(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::take::TakeStatistics;
    use crate::analysis::{Known, Singer};
    use crate::settings::Settings;

    const RATE_HZ: f64 = 48_000.0;
    const HOP: i64 = 64;
    const VOICE_DB: f32 = -20.0;
    const SILENCE_DB: f32 = -60.0;

    /// The level at a time, dBFS, and whether a voice is likely.
    type Heard<'a> = &'a dyn Fn(f64) -> (f32, bool);

    /// Rests of a take whose level and voicing at a time are told, and what goes on in the end.
    fn follow(voice_db: Option<f32>, silence_db: f32, until_s: f64, heard: Heard<'_>) -> (Vec<Rest>, Incoming) {
        let take = TakeStatistics { voice_db, ..TakeStatistics::UNKNOWN };
        let singer = Singer { envelope: None, take };
        let hop = |index: i64| {
            let first = index.div_euclid(HOP) * HOP;
            let (level_db, is_voice_likely) = heard(first as f64 / RATE_HZ);
            let frame = Frame { level_db, is_voice_likely, silence_db, ..Frame::SILENCE };
            let known = Known { end: first + HOP, frame, is_decided: false };
            let is_there = (0..(until_s * RATE_HZ) as i64).contains(&index);
            is_there.then_some(Ahead { known, singer: &singer, position_samples: first, settings: &Settings::NEUTRAL })
        };
        let view = View { origin: 0, sample_rate_hz: RATE_HZ, ahead: &hop };
        let mut rests = Rests::new(RATE_HZ, HOP as usize);
        let found = std::iter::from_fn(|| rests.find(0, &view)).collect();
        (found, rests.incoming())
    }

    fn rests(until_s: f64, heard: Heard<'_>) -> Vec<Rest> {
        follow(Some(VOICE_DB), SILENCE_DB, until_s, heard).0
    }

    /// A phrase from 0.5 s to 2 s, another from 3 s on, and what is heard between them.
    fn between(rest: impl Fn(f64) -> f32) -> Rest {
        let heard = |time_s: f64| match time_s {
            t if t < 0.5 => (-100.0, false),
            t if (2.0..3.0).contains(&t) => (rest(t - 2.0), false),
            _ => (VOICE_DB, true),
        };
        let rests = rests(4.0, &heard);
        assert_eq!(rests.len(), 2, "{rests:?}");
        rests[1]
    }

    #[test]
    fn a_rest_lies_between_phrases_and_knows_how_long_the_first_was() {
        let rest = between(|_| -100.0);
        let seconds = |position: i64| position as f64 / RATE_HZ;
        assert!((seconds(rest.voice_end) - 2.0).abs() < 0.02 && (seconds(rest.end) - 3.0).abs() < 0.02, "{rest:?}");
        assert!(!rest.has_own_breath);
        assert!(rest.phrase_samples.is_some_and(|samples| (seconds(samples) - 1.5).abs() < 0.03), "{rest:?}");
    }

    #[test]
    fn what_stands_out_of_a_rest_like_a_breath_is_one_and_a_residue_is_none() {
        let swell = |time_s: f64, loudest_db: f32, floor_db: f32| {
            if (0.3..0.6).contains(&time_s) { loudest_db } else { floor_db }
        };
        assert!(between(|t| swell(t, -50.0, -100.0)).has_own_breath, "as loud as breaths are");
        assert!(between(|t| swell(t, -63.0, -90.0)).has_own_breath, "fainter than anything that is sung");
        assert!(!between(|t| swell(t, -69.0, -90.0)).has_own_breath, "49 dB below the voice is a residue");
        assert!(!between(|t| swell(t, -63.0, -69.0)).has_own_breath, "so little above its floor is the room");
        assert!(!between(|t| (-40.0 - 120.0 * t as f32).max(-100.0)).has_own_breath, "what dies away is an echo");
    }

    #[test]
    fn before_the_first_phrase_a_files_own_noise_is_no_breath() {
        let has_own_breath = |loudest_db: f32| {
            let swell = |time_s: f64| if (0.4..0.7).contains(&time_s) { loudest_db } else { -90.0 };
            let heard = |time_s: f64| if time_s < 1.0 { (swell(time_s), false) } else { (VOICE_DB, true) };
            follow(None, SILENCE_DB, 2.0, &heard).0[0].has_own_breath
        };
        assert!(has_own_breath(-62.0) && !has_own_breath(-72.0));
    }

    #[test]
    fn noise_that_a_file_begins_with_and_that_passes_the_threshold_is_no_breath() {
        // As long as no room is known, the threshold is at −80 dBFS.
        let rests_after = |noise_db: f32| {
            let heard = |time_s: f64| if time_s < 0.8 { (noise_db, false) } else { (VOICE_DB, true) };
            follow(None, -80.0, 2.0, &heard).0[0]
        };
        let [breath, noise] = [-62.0, -72.0].map(rests_after);
        assert!(breath.has_own_breath && !noise.has_own_breath);
        let ends_s = [breath, noise].map(|rest| rest.end as f64 / RATE_HZ);
        assert!(ends_s[0] < 0.01 && (ends_s[1] - 0.8).abs() < 0.02, "{breath:?} {noise:?}");
    }

    #[test]
    fn a_breath_before_a_long_phrase_tells_nothing_of_the_rest_behind_it() {
        let knows_breath_after = |phrase_s: f64| {
            let heard = |time_s: f64| match time_s {
                t if (1.0..1.3).contains(&t) => (-45.0, false),
                t if t > 1.4 && t < 1.4 + phrase_s => (VOICE_DB, true),
                _ => (-100.0, false),
            };
            follow(Some(VOICE_DB), SILENCE_DB, 1.6 + phrase_s, &heard).1.has_own_breath
        };
        assert!(knows_breath_after(3.0) && !knows_breath_after(6.5));
    }

    #[test]
    fn a_stop_consonant_is_no_rest() {
        let heard = |time_s: f64| {
            let is_stop = (1.5..1.62).contains(&time_s);
            if time_s < 0.5 || is_stop { (-100.0, false) } else { (VOICE_DB, true) }
        };
        assert_eq!(rests(3.0, &heard).len(), 1);
    }
}
