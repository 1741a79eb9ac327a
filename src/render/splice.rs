//! When the read pointer steps, and how far: timing is stepped where it is not heard, never ramped (DESIGN §3).
//!
//! In: how far the pointer is from where it is asked to be, at a hop's start, and what was heard around it. Out: a
//! step, or none. In silence the pointer goes straight to its place. In a vowel it steps by whole periods, where the
//! voice repeats itself. A consonant, a sibilant, a breath is moved and never stretched: no step falls into it, unless
//! the pointer comes to the end of its reach. Several voices at once have no period: their steps wait for silence, and
//! at the end of the reach their motion is withheld.

use crate::analysis::{Frame, Known, Phase};
use crate::dsp::history::History;
use crate::dsp::sinc::{TAPS, TAPS_AFTER, TAPS_BEFORE};

pub(super) mod crossfade;
mod search;

use super::pointer::Reach;
use search::{Search, Stretch};

/// Length of the crossfade when the pointer jumps, seconds: a few periods of a middle voice. With it a loop over a
/// steady tone adds no step beyond the fade's own slope (tests/engine_contract.rs).
const JUMP_FADE_S: f64 = 0.004;
/// In silence a place that moves is followed in steps of at least this, seconds: a fade now and then, not always.
const LEAST_SILENT_STEP_S: f64 = 0.001;

/// The longest crossfade in a voice and in noise, seconds, and the longest in periods (DESIGN §3): two glottal pulses
/// must not be heard side by side.
const MOST_FADE_S: f64 = 0.006;
const MOST_FADE_PERIODS: f64 = 0.8;
/// The shortest in a voice, seconds: of high voices several periods. On sung recordings anything up to 6 ms leaves
/// jitter and harmonicity alike (Praat); a shorter fade thins out the breath, which is not periodic, for less time.
const LEAST_FADE_S: f64 = 0.0025;
/// What is compared is at least this long, seconds, and at least so many periods: a whole one and the fade's sides.
const LEAST_STRETCH_S: f64 = 0.005;
const LEAST_STRETCH_PERIODS: f64 = 1.25;
/// How uncertain the period is, in periods (DESIGN §3).
const PERIOD_RANGE: f64 = 0.06;
/// A step is worth its fade if it comes nearer by this share of a period: a place that trembles is not stepped after.
const LEAST_GAIN_PERIODS: f64 = 0.05;
/// Below this correlation a voice does not repeat itself (DESIGN §3).
const LEAST_CORRELATION: f64 = 0.6;
/// A step of no haste waits for a place that repeats itself this well: held vowels do at 0.998 (median of sung
/// recordings), what does not is a glide, a consonant near, a creak …
const GOOD_CORRELATION: f64 = 0.97;
/// … and is content with less the further the pointer is from its place, down to the least at this many periods. With
/// it the least correlation stepped at in the two singers of VOICE.md is 0.81; no step comes later by more than 0.5 ms
/// of displacement.
const HASTE_PERIODS: f64 = 1.0;
/// Lower voices are taken for this one, Hz.
const LOWEST_HZ: f64 = 50.0;
/// A pitch decided longer ago than this says nothing of now, seconds.
const MOST_STALE_S: f64 = 0.05;
/// The largest step at once, seconds, but for a single period, and how long it is rested, in steps: 12 ms in 30 ms
/// (DESIGN §3).
const MOST_STEP_S: f64 = 0.012;
const REST_PER_STEP: f64 = 2.5;
/// Hops until a refused step is tried again: 5 ms, about a period.
const RETRY_HOPS: i64 = 4;

/// Steps in noise, seconds: long enough to be rid of the fade's own length in a few, short enough to stay a detail.
const NOISE_STEP_S: (f64, f64) = (0.002, 0.006);
/// The end of the pointer's reach: this far from it, seconds, or a share of it if that is less.
const REACH_END_S: f64 = 0.01;
const REACH_END_SHARE: f64 = 0.25;

/// Why the pointer stepped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// The song jumped.
    Jump,
    /// Nothing was heard.
    Silence,
    /// By whole periods of a voice.
    Periods,
    /// In noise, because the pointer came to the end of its reach.
    Noise,
}

/// A step of the read pointer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Why.
    pub kind: StepKind,
    /// How far, samples; positive reads later audio.
    pub size_samples: f64,
    /// How alike the two places were, by their normalized cross-correlation, `-1..=1`; 1 where it was not looked at.
    pub correlation: f32,
}

/// Where things stand at a hop's start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Situation {
    /// Absolute index of the hop's first sample.
    pub(super) first: i64,
    /// Where the pointer is, samples from there.
    pub(super) pointer_samples: f64,
    /// How much further it is asked to be.
    pub(super) undone_samples: f64,
    /// What timing asks for.
    pub(super) shift_samples: f64,
    /// How far the pointer may go.
    pub(super) reach: Reach,
}

/// What to do at a hop's start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Decision {
    /// Nothing is due, or this is no place for it.
    Wait,
    /// A step is due, but there is time to find a better place.
    Defer,
    /// A step is due, but the places are too unlike.
    Refuse,
    /// Step.
    Take(Plan),
}

/// A step to take now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Plan {
    pub(super) kind: StepKind,
    pub(super) size_samples: f64,
    pub(super) fade_samples: usize,
    /// How alike the two places are, `-1..=1`.
    pub(super) correlation: f64,
}

/// Decides on steps.
#[derive(Clone, Debug)]
pub(super) struct Splicer {
    sample_rate_hz: f64,
    hop_samples: i64,
    jump_fade_samples: usize,
    search: Search,
    /// Absolute index before which no step is taken.
    rest_until: i64,
    /// What timing asked for a hop ago.
    last_shift_samples: f64,
}

impl Splicer {
    /// Allocates.
    pub(super) fn new(sample_rate_hz: f64, hop_samples: usize) -> Self {
        Self {
            sample_rate_hz,
            hop_samples: hop_samples as i64,
            jump_fade_samples: (JUMP_FADE_S * sample_rate_hz).ceil() as usize,
            search: Search::new(hop_samples),
            rest_until: 0,
            last_shift_samples: 0.0,
        }
    }

    pub(super) fn reset(&mut self) {
        self.rest_until = 0;
        self.last_shift_samples = 0.0;
    }

    /// The pointer jumps at absolute index `first`. Returns the samples to fade over.
    pub(super) fn jump(&mut self, first: i64) -> usize {
        self.rest_until = first + self.jump_fade_samples as i64;
        self.jump_fade_samples
    }

    /// Whether, and how far, to step at the start of a hop. `history` has every sample within reach of it.
    /// Realtime-safe.
    pub(super) fn decide(
        &mut self,
        now: &Situation,
        history: &History,
        known_at: &impl Fn(i64) -> Option<Known>,
    ) -> Decision {
        let is_still = self.last_shift_samples == now.shift_samples;
        self.last_shift_samples = now.shift_samples;
        if now.undone_samples == 0.0 || now.first < self.rest_until {
            return Decision::Wait;
        }
        let decision = match self.in_silence(now, is_still, known_at) {
            Some(plan) => Decision::Take(plan),
            None => self.in_sound(now, history, known_at),
        };
        self.rest_until = now.first
            + match decision {
                Decision::Wait => 0,
                Decision::Defer | Decision::Refuse => RETRY_HOPS * self.hop_samples,
                Decision::Take(plan) if plan.kind == StepKind::Silence => plan.fade_samples as i64,
                Decision::Take(plan) => {
                    (plan.fade_samples as i64).max((REST_PER_STEP * plan.size_samples.abs()).ceil() as i64)
                }
            };
        decision
    }

    fn samples(&self, seconds: f64) -> f64 {
        seconds * self.sample_rate_hz
    }

    /// A step to the very place, if nothing can be heard here nor there while it is faded.
    fn in_silence(&self, now: &Situation, is_still: bool, known_at: &impl Fn(i64) -> Option<Known>) -> Option<Plan> {
        let target_samples = now.reach.clamp(now.pointer_samples + now.undone_samples);
        let size_samples = target_samples - now.pointer_samples;
        let is_whole = (size_samples - now.undone_samples).abs() < 1.0;
        let is_due = size_samples.abs() >= self.samples(LEAST_SILENT_STEP_S) || (is_still && is_whole);
        let is_quiet_at = |displacement_samples: f64| {
            let from = now.first + displacement_samples.floor() as i64 - TAPS_BEFORE as i64;
            is_quiet(from, from + (self.jump_fade_samples + TAPS) as i64, known_at)
        };
        if !is_due || !is_quiet_at(now.pointer_samples) || !is_quiet_at(target_samples) {
            return None;
        }
        let (kind, fade_samples) = (StepKind::Silence, self.jump_fade_samples);
        Some(Plan { kind, size_samples, fade_samples, correlation: 1.0 })
    }

    /// A step where something is heard, by what it is.
    fn in_sound(&mut self, now: &Situation, history: &History, known_at: &impl Fn(i64) -> Option<Known>) -> Decision {
        match self.frame_at(now, known_at) {
            Some(frame) if frame.is_polyphonic => Decision::Wait,
            Some(frame) if frame.f0_hz > 0.0 => self.in_voice(now, f64::from(frame.f0_hz), history, known_at),
            _ if self.is_at_end_of_reach(now) => self.in_noise(now, history),
            _ => Decision::Wait,
        }
    }

    /// The last frame that is decided, up to the pointer's place. In Live none ever is in time: there it is what was
    /// taken for it when it came in.
    fn frame_at(&self, now: &Situation, known_at: &impl Fn(i64) -> Option<Known>) -> Option<Frame> {
        let here = now.place(now.pointer_samples);
        let oldest = here.min(now.first) - self.samples(MOST_STALE_S) as i64;
        let mut provisional = None;
        for known in (oldest..=here).rev().step_by(self.hop_samples as usize).filter_map(known_at) {
            if known.is_decided {
                return Some(known.frame);
            }
            provisional = provisional.or(Some(known.frame));
        }
        provisional
    }

    /// A step by whole periods, if the voice repeats itself at that distance.
    fn in_voice(
        &mut self,
        now: &Situation,
        f0_hz: f64,
        history: &History,
        known_at: &impl Fn(i64) -> Option<Known>,
    ) -> Decision {
        let period_samples = self.sample_rate_hz / f0_hz.max(LOWEST_HZ);
        let fade_samples =
            (MOST_FADE_PERIODS * period_samples).clamp(self.samples(LEAST_FADE_S), self.samples(MOST_FADE_S)).round();
        let Some(lag_samples) = self.whole_periods(now, period_samples) else { return Decision::Wait };
        let (here, there) = (now.place(now.pointer_samples), now.place(now.pointer_samples + lag_samples));
        if !self.is_voiced_between(here.min(there), here.max(there) + fade_samples as i64, known_at) {
            return Decision::Wait;
        }
        let len = (LEAST_STRETCH_PERIODS * period_samples).max(self.samples(LEAST_STRETCH_S)) as usize;
        let range_samples = PERIOD_RANGE * period_samples;
        let margin = self.search.margin_samples(range_samples);
        let stretch = now.stretch(fade_samples / 2.0, len, lag_samples, margin);
        match self.search.repetition(history, stretch, lag_samples, range_samples) {
            Some(found) if found.correlation >= LEAST_CORRELATION => {
                if found.correlation < wanted_correlation(now.undone_samples.abs() / period_samples) {
                    return Decision::Defer;
                }
                Decision::Take(Plan {
                    kind: StepKind::Periods,
                    size_samples: found.lag_samples,
                    fade_samples: fade_samples as usize,
                    correlation: found.correlation,
                })
            }
            _ => Decision::Refuse,
        }
    }

    /// The whole number of periods nearest to what is undone, as far as one step and the reach allow, samples.
    fn whole_periods(&self, now: &Situation, period_samples: f64) -> Option<f64> {
        let nearest = (now.undone_samples.abs() / period_samples + 0.5 - LEAST_GAIN_PERIODS / 2.0).floor();
        let most = (self.samples(MOST_STEP_S) / period_samples).floor().max(1.0);
        let mut n_periods = nearest.min(most);
        while n_periods >= 1.0 {
            let lag_samples = (n_periods * period_samples).copysign(now.undone_samples);
            let end_samples = now.pointer_samples + lag_samples * (1.0 + PERIOD_RANGE);
            if now.reach.clamp(end_samples) == end_samples {
                return Some(lag_samples);
            }
            n_periods -= 1.0;
        }
        None
    }

    /// Whether there is a voice all the way from one absolute index to another, as far as that is decided.
    fn is_voiced_between(&self, from: i64, until: i64, known_at: &impl Fn(i64) -> Option<Known>) -> bool {
        let mut at = from;
        while at < until {
            let known = known_at(at);
            if known.is_some_and(|known| known.is_decided && known.frame.f0_hz == 0.0) {
                return false;
            }
            at = known.map_or(at + self.hop_samples, |known| known.end);
        }
        true
    }

    /// Whether the pointer is about to stop at the end of its reach although it is asked to be further inside.
    fn is_at_end_of_reach(&self, now: &Situation) -> bool {
        let Reach { behind_samples, ahead_samples } = now.reach;
        let near = |reach_samples: f64| self.samples(REACH_END_S).min(REACH_END_SHARE * reach_samples);
        if now.undone_samples < 0.0 {
            now.pointer_samples > ahead_samples - near(ahead_samples)
        } else {
            now.pointer_samples < near(behind_samples) - behind_samples
        }
    }

    /// A small step to where noise is most alike.
    fn in_noise(&mut self, now: &Situation, history: &History) -> Decision {
        let (least, most) = (self.samples(NOISE_STEP_S.0), self.samples(NOISE_STEP_S.1).min(now.undone_samples.abs()));
        let lags = if now.undone_samples < 0.0 { (-most, -least) } else { (least, most) };
        let fade_samples = self.samples(MOST_FADE_S).round();
        let stretch = now.stretch(fade_samples / 2.0, fade_samples as usize, lags.0.max(lags.1).max(0.0), 0);
        match self.search.likeness(history, stretch, lags) {
            Some(found) => Decision::Take(Plan {
                kind: StepKind::Noise,
                size_samples: found.lag_samples,
                fade_samples: fade_samples as usize,
                correlation: found.correlation,
            }),
            None => Decision::Wait,
        }
    }
}

impl Situation {
    /// The absolute index that lies there.
    fn place(&self, displacement_samples: f64) -> i64 {
        self.first + displacement_samples.floor() as i64
    }

    /// `len` samples around the pointer's place `ahead_samples` from now, or as near to it as they, their like
    /// `lag_samples` from them and `margin_samples` around it are there.
    fn stretch(&self, ahead_samples: f64, len: usize, lag_samples: f64, margin_samples: i64) -> Stretch {
        let lag = lag_samples.round() as i64;
        let centred = self.place(self.pointer_samples + ahead_samples) - len as i64 / 2;
        let newest = self.first + self.reach.ahead_samples as i64 + TAPS_AFTER as i64;
        let oldest = self.first - self.reach.behind_samples as i64 - TAPS_BEFORE as i64;
        let latest = newest - len as i64 - (lag + margin_samples).max(0);
        let earliest = oldest - (lag - margin_samples).min(0);
        Stretch { first: centred.min(latest).max(earliest), len }
    }
}

/// How alike two places must be when the pointer is so many periods from its own.
fn wanted_correlation(undone_periods: f64) -> f64 {
    let haste = (undone_periods - 0.5) / (HASTE_PERIODS - 0.5);
    GOOD_CORRELATION - (GOOD_CORRELATION - LEAST_CORRELATION) * haste.clamp(0.0, 1.0)
}

/// Whether nothing is heard from absolute index `from` until `until`, as far as that is known.
fn is_quiet(from: i64, until: i64, known_at: &impl Fn(i64) -> Option<Known>) -> bool {
    // Before the first sample there was silence.
    let mut at = from.max(0);
    while at < until {
        let Some(known) = known_at(at) else { return at > from.max(0) };
        let is_quiet = known.end - i64::from(known.frame.quiet_samples) <= at;
        let is_silent = known.is_decided && known.frame.phase == Phase::Silence;
        if !(is_quiet || is_silent) {
            return false;
        }
        at = known.end;
    }
    true
}
