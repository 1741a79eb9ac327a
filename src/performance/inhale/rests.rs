//! The rests ahead, seen as early as can be: by level at once, and by whether something with a pitch is heard.
//!
//! In: hops as they come in, decided or not. Out: rests as they open and as a phrase behind them is seen. To breathe in
//! before a phrase one must know of it half a second ahead, long before a verdict on its pitch; what can be told at
//! once is enough to know a voice from a breath.

use crate::analysis::Frame;
use crate::performance::{Ahead, Lookahead};

/// Levels are means over so long, seconds: a period of 90 Hz.
const SMOOTH_S: f64 = 0.0107;
/// A rest's own floor, and what stands out of it, are means over so long, seconds: noise then varies by 1 dB.
const FLOOR_SMOOTH_S: f64 = 0.048;
/// Hops that are longer than any of these means: a count, because a hop lasts a millisecond at least.
const MOST_SMOOTH_HOPS: usize = 50;
/// What is heard for less than this is a click, seconds.
const LEAST_SOUND_S: f64 = 0.015;
/// … and what is not heard for less than this is no pause, seconds.
const LEAST_PAUSE_S: f64 = 0.020;
/// Sound without pitch that lasts as long as this in a rest is a breath of the take (VOICE.md: 160 ms and more), or
/// something else that an inhalation would double, seconds. Consonants that stand apart are shorter.
const LEAST_OWN_BREATH_S: f64 = 0.11;
/// Breaths may be fainter than anything that is sung. What stands out of a rest's own floor by so much, dB, as long as
/// that, and is no further below the phrase than this, dB, is one too (the limits of the reference statistics).
const FAINT_ABOVE_FLOOR_DB: f32 = 8.0;
const FAINT_BELOW_PHRASE_DB: f32 = 60.0;
/// … and so long if it goes over into the voice: consonants lead by 30 to 150 ms (VOICE.md).
const MOST_CONSONANT_S: f64 = 0.16;
/// A pitch is seen so long after it is heard, seconds: half a pitch window.
const PITCH_DELAY_S: f64 = 0.021;
/// A phrase's loudness is known once so much of it has been sung, seconds.
const LEAST_PHRASE_S: f64 = 0.15;

/// A rest that a phrase ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rest {
    /// Absolute index where the voice before it ended.
    pub(super) voice_end: i64,
    /// Absolute index where its last silence begins: behind a breath of the take, if there is one.
    pub(super) start: i64,
    /// Absolute index where the phrase begins that ends it, with its consonants.
    pub(super) end: i64,
    /// The same as a song position.
    pub(super) end_position: i64,
    /// Absolute index where that phrase is voiced first.
    pub(super) voice: i64,
    /// Something was heard in it: the take breathes itself.
    pub(super) has_own_breath: bool,
    /// How long the phrase before it was, samples; `None` if none is known.
    pub(super) phrase_samples: Option<i64>,
}

/// A stretch of sound.
#[derive(Clone, Copy, Debug)]
struct Sound {
    start: i64,
    start_position: i64,
    /// Where it is voiced first.
    voice: Option<i64>,
    /// Where it was heard last.
    end: i64,
    /// Its loudest mean, dBFS.
    loudest_db: f32,
}

/// Follows what comes in.
#[derive(Clone, Debug)]
pub(super) struct Rests {
    least_sound: i64,
    least_pause: i64,
    least_own_breath: i64,
    most_consonant: i64,
    pitch_delay: i64,
    floor_smooth: i64,
    least_phrase: f64,
    /// Absolute index of the next hop to look at.
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
    /// Absolute index of the first hop looked at.
    first: i64,
    /// The quietest in the silence that lasts, dBFS, and since where something faint stands out of it.
    floor_db: f32,
    faint_from: Option<i64>,
    has_own_breath: bool,
    had_own_breath: bool,
    /// Where the phrase began that was sung last, once it is over.
    phrase_start: Option<i64>,
    phrase_samples: Option<i64>,
    /// Energy and number of voiced samples of the phrase sung last.
    power: (f64, f64),
    /// What [`Self::phrase_db`] was before it.
    last_db: Option<f32>,
}

impl Rests {
    pub(super) fn new(sample_rate_hz: f64, hop_samples: usize) -> Self {
        let samples = |seconds: f64| (seconds * sample_rate_hz) as i64;
        Self {
            least_sound: samples(LEAST_SOUND_S),
            least_pause: samples(LEAST_PAUSE_S),
            least_own_breath: samples(LEAST_OWN_BREATH_S),
            most_consonant: samples(MOST_CONSONANT_S),
            pitch_delay: samples(PITCH_DELAY_S),
            floor_smooth: samples(FLOOR_SMOOTH_S),
            least_phrase: LEAST_PHRASE_S * sample_rate_hz,
            next: None,
            sound: None,
            silence_start: 0,
            voice_end: 0,
            powers: [0.0; MOST_SMOOTH_HOPS],
            n_smooth: [SMOOTH_S, FLOOR_SMOOTH_S].map(|smooth_s| {
                ((smooth_s * sample_rate_hz / hop_samples as f64).round() as usize).clamp(1, MOST_SMOOTH_HOPS)
            }),
            first: 0,
            floor_db: f32::INFINITY,
            faint_from: None,
            has_own_breath: false,
            had_own_breath: false,
            phrase_start: None,
            phrase_samples: None,
            power: (0.0, 0.0),
            last_db: None,
        }
    }

    pub(super) fn reset(&mut self) {
        (self.next, self.sound, self.silence_start, self.voice_end) = (None, None, 0, 0);
        (self.powers, self.floor_db, self.faint_from) = ([0.0; MOST_SMOOTH_HOPS], f32::INFINITY, None);
        (self.has_own_breath, self.had_own_breath) = (false, false);
        (self.phrase_start, self.phrase_samples) = (None, None);
        (self.power, self.last_db) = ((0.0, 0.0), None);
    }

    /// The rms of the voice in the phrase heard last, or in the one before as long as that has only begun, dBFS.
    pub(super) fn phrase_db(&self) -> Option<f32> {
        let (energy, n) = self.power;
        let has_begun = n > if self.last_db.is_some() { self.least_phrase } else { 0.0 };
        if has_begun { Some((10.0 * (energy / n).log10()) as f32) } else { self.last_db }
    }

    /// For how long it has been silent where hops come in, and since where; `None` while something sounds or before the
    /// first phrase.
    pub(super) fn silence(&self) -> Option<(i64, i64)> {
        let next = self.next.filter(|_| self.sound.is_none() && self.phrase_samples.is_some())?;
        Some((self.silence_start, next - self.silence_start))
    }

    /// How long the phrase was that was sung last, samples; `None` before the first is over.
    pub(super) fn phrase_samples(&self) -> Option<i64> {
        self.phrase_samples
    }

    /// Whether it is silent from an absolute index to where hops come in.
    pub(super) fn is_silent_since(&self, index: i64) -> bool {
        self.sound_start().is_none() && self.silence_start <= index
    }

    /// Absolute index where what sounds now began, where hops come in.
    pub(super) fn sound_start(&self) -> Option<i64> {
        self.sound.map(|sound| sound.start)
    }

    /// Whether the take breathed in the last rest that is over, or in this one.
    pub(super) fn breathes(&self) -> bool {
        self.has_own_breath || self.had_own_breath
    }

    /// Looks at the next hops that have come in, if there are any, when the one at absolute index `now` is about to be
    /// sung; to be called until nothing comes. Returns a rest that is seen to end. Realtime-safe.
    pub(super) fn find(&mut self, now: i64, ahead: &Lookahead<'_>) -> Option<Rest> {
        loop {
            if self.next.is_none() {
                (self.next, self.silence_start, self.voice_end, self.first) = (Some(now), now, now, now);
            }
            let at = self.next?;
            let hop = ahead(at)?;
            self.next = Some(hop.known.end);
            if let Some(rest) = self.hear(at, &hop) {
                return Some(rest);
            }
        }
    }

    fn hear(&mut self, at: i64, hop: &Ahead<'_>) -> Option<Rest> {
        let frame = &hop.known.frame;
        self.powers.rotate_right(1);
        self.powers[0] = 10_f32.powf(frame.level_db / 10.0);
        let [level_db, smooth_db] = self.n_smooth.map(|n| {
            let power = self.powers[..n].iter().sum::<f32>() / n as f32;
            (10.0 * power.log10()).max(Frame::SILENCE.level_db)
        });
        if level_db < frame.silence_db {
            self.hear_silence(at, hop.known.end, smooth_db, frame.silence_db);
            return None;
        }
        // What grows out of the floor belongs to what it grows into.
        let start = self.faint_from.take().unwrap_or(at);
        let fresh = Sound {
            start,
            start_position: hop.position_samples - (at - start),
            voice: None,
            end: at,
            loudest_db: level_db,
        };
        let sound = self.sound.get_or_insert(fresh);
        sound.end = hop.known.end;
        sound.loudest_db = sound.loudest_db.max(level_db);
        if !frame.is_voice_likely || frame.is_polyphonic {
            return None;
        }
        let is_first = sound.voice.is_none();
        let voice = *sound.voice.get_or_insert((hop.known.end - self.pitch_delay).max(sound.start));
        let sound = *sound;
        let rest = is_first.then(|| self.begin_voice(&sound, voice));
        let n = (hop.known.end - at) as f64;
        self.power.0 += n * 10_f64.powf(f64::from(frame.level_db) / 10.0);
        self.power.1 += n;
        rest
    }

    /// Nothing, or something faint, is heard from absolute index `at` to `end`; `level_db` is the mean over the longer
    /// time, and below `silence_db` nothing is sung.
    fn hear_silence(&mut self, at: i64, end: i64, level_db: f32, silence_db: f32) {
        if let Some(sound) = self.sound.take_if(|sound| end - sound.end >= self.least_pause) {
            self.end_sound(&sound, silence_db);
        }
        if at - self.first < self.floor_smooth {
            return;
        }
        self.floor_db = self.floor_db.min(level_db);
        let least_db = self.phrase_db().map_or(f32::MIN, |phrase_db| phrase_db - FAINT_BELOW_PHRASE_DB);
        if level_db >= least_db.max(self.floor_db + FAINT_ABOVE_FLOOR_DB) {
            self.faint_from.get_or_insert(at);
        } else if let Some(from) = self.faint_from.take() {
            self.has_own_breath |= at - from >= self.least_own_breath;
        }
    }

    /// Something sounded and is over; below `silence_db` nothing is sung, as is known by now.
    fn end_sound(&mut self, sound: &Sound, silence_db: f32) {
        let end = sound.end;
        (self.floor_db, self.faint_from) = (f32::INFINITY, None);
        let len = end - sound.start;
        if sound.voice.is_some() {
            self.phrase_samples = self.phrase_start.map(|start| end - start);
            (self.has_own_breath, self.voice_end) = (false, end);
        } else if len < self.least_sound || sound.loudest_db < silence_db {
            // A click, or the room, of which not enough was known.
            return;
        } else if len >= self.least_own_breath {
            self.has_own_breath = true;
        }
        self.silence_start = end;
    }

    /// A voice is heard for the first time since it was silent.
    fn begin_voice(&mut self, sound: &Sound, voice: i64) -> Rest {
        let rest = Rest {
            voice_end: self.voice_end,
            start: self.silence_start,
            end: sound.start,
            end_position: sound.start_position,
            voice,
            has_own_breath: self.has_own_breath || voice - sound.start > self.most_consonant,
            phrase_samples: self.phrase_samples,
        };
        self.has_own_breath = rest.has_own_breath;
        rest
    }

    /// A phrase begins with a rest that was just found: from here on loudness is its own.
    pub(super) fn begin_phrase(&mut self, rest: &Rest) {
        self.phrase_start = Some(rest.end);
        self.had_own_breath = rest.has_own_breath;
        self.last_db = self.phrase_db();
        self.power = (0.0, 0.0);
    }
}
