//! When the read pointer steps, and how far: timing is stepped where it is not heard, never ramped (docs/design.md §3).
//!
//! In: how far the pointer is from where it should be, at a hop's start, and the analysis around it. Out: a step, or
//! none. In silence the pointer goes straight to its target. In a vowel it steps by whole periods, where the voice
//! repeats itself. A consonant, a sibilant or a breath is moved and never stretched: no step is taken inside it unless
//! the pointer comes to the end of its reach. Polyphonic input has no period: its steps wait for silence, and at the
//! end of the reach its motion is withheld.

use crate::analysis::{Frame, Known, Phase};
use crate::dsp::history::History;
use crate::dsp::sinc::{TAPS, TAPS_AFTER, TAPS_BEFORE};

pub(super) mod crossfade;
mod search;

use super::pointer::Reach;
use search::{Search, Stretch};

/// Length of the crossfade when the pointer jumps, seconds: a few periods of a middle voice. Measured:
/// `tests/engine_contract.rs` loops over a steady tone and finds no step beyond the fade's own slope.
const JUMP_FADE_S: f64 = 0.004;
/// In silence a moving target is followed in steps of at least this, seconds. Chosen: larger fades less often and is
/// less exact on the way, smaller fades all the time.
const LEAST_SILENT_STEP_S: f64 = 0.001;

/// The longest crossfade in a voice, and every crossfade in noise, seconds. Source: docs/design.md §3.
const MOST_FADE_S: f64 = 0.006;
/// The longest crossfade in a voice, periods: two glottal pulses must not be heard side by side. Source: docs/design.md
/// §3.
const MOST_FADE_PERIODS: f64 = 0.8;
/// The shortest crossfade in a voice, seconds; several periods of a high voice. A short fade weakens the breath noise,
/// which is not periodic, for less time. Measured: on sung recordings Praat found jitter and harmonicity the same for
/// all fades up to 6 ms.
const LEAST_FADE_S: f64 = 0.0025;
/// The compared stretch is at least this long, seconds. Chosen: several periods of a high voice; longer is surer in a
/// steady voice and refuses more in a moving one.
const LEAST_STRETCH_S: f64 = 0.005;
/// The compared stretch has at least so many periods. Chosen: a whole period and what the fade needs to its sides;
/// longer is surer and refuses more.
const LEAST_STRETCH_PERIODS: f64 = 1.25;
/// Uncertainty of the period, in periods: the range of the search. Source: docs/design.md §3.
const PERIOD_RANGE: f64 = 0.06;
/// A step must bring the pointer nearer to its target by this share of a period. Chosen: larger leaves more
/// displacement undone, smaller steps to and fro behind a target that trembles.
const LEAST_GAIN_PERIODS: f64 = 0.05;
/// Below this normalized cross-correlation the voice does not repeat itself, and the step is refused. Source:
/// docs/design.md §3.
const LEAST_CORRELATION: f64 = 0.6;
/// A step that is not urgent waits for a position with at least this correlation. Measured: held vowels of sung
/// recordings have 0.998 (median); what is below 0.97 is a glide, a creak or a consonant nearby.
const GOOD_CORRELATION: f64 = 0.97;
/// The correlation asked for falls with the distance of the pointer from its target, to [`LEAST_CORRELATION`] at this
/// many periods. Measured: in the two singers of docs/voice.md the least correlation stepped at is then 0.81, and no
/// step comes later by more than 0.5 ms of displacement.
const HASTE_PERIODS: f64 = 1.0;
/// Lower voices are treated as this one, Hz. Chosen: below the lowest pitch that is looked for; it bounds the size of
/// the search.
const LOWEST_HZ: f64 = 50.0;
/// A pitch older than this is no longer used, seconds. Chosen: longer steps by periods that may have changed, shorter
/// refuses steps where the analysis is behind.
const MOST_STALE_S: f64 = 0.05;
/// The largest step at once, seconds; a single period may be larger. Source: docs/design.md §3 (12 ms in 30 ms).
const MOST_STEP_S: f64 = 0.012;
/// The pause after a step, as a multiple of its size. Source: docs/design.md §3 (12 ms in 30 ms).
const REST_PER_STEP: f64 = 2.5;
/// Hops until a refused step is tried again. Chosen: 5 ms, about a period; fewer cost time, more step later.
const RETRY_HOPS: i64 = 4;

/// The least and the largest step in noise, seconds. Chosen: long enough to get ahead of the fade in a few steps, short
/// enough to leave the noise unchanged to the ear.
const NOISE_STEP_S: (f64, f64) = (0.002, 0.006);
/// The end of the pointer's reach begins this far from its limit, seconds. Chosen: larger steps into noise sooner,
/// smaller risks that the pointer stops.
const REACH_END_S: f64 = 0.01;
/// The same as a share of the reach; the smaller of the two holds. Chosen: leaves Live, whose reach is short, three
/// quarters of it.
const REACH_END_SHARE: f64 = 0.25;

/// Why the pointer stepped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// The song position jumped.
    Jump,
    /// Nothing was heard at the old nor the new position.
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
    /// The normalized cross-correlation of the two positions, `-1..=1`; 1 where it was not measured.
    pub correlation: f32,
}

/// The state at a hop's start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Situation {
    /// Absolute index of the hop's first sample.
    pub(super) first: i64,
    /// The pointer's displacement, samples.
    pub(super) pointer_samples: f64,
    /// How much further it should move, samples.
    pub(super) undone_samples: f64,
    /// The displacement that timing asks for.
    pub(super) shift_samples: f64,
    /// How far the pointer may go.
    pub(super) reach: Reach,
}

/// What to do at a hop's start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Decision {
    /// No step is due, or none is possible here.
    Wait,
    /// A step is due, but there is time to find a better position.
    Defer,
    /// A step is due, but the two positions are too unlike.
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
    /// The normalized cross-correlation of the two positions, `-1..=1`.
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
    /// The displacement that timing asked for one hop ago.
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

    /// Notes a jump of the pointer at absolute index `first`. Returns the samples to fade over.
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

    /// A step to the exact target, if nothing is heard at the old nor at the new position during the fade.
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

    /// A step in sound, by the kind of sound.
    fn in_sound(&mut self, now: &Situation, history: &History, known_at: &impl Fn(i64) -> Option<Known>) -> Decision {
        match self.frame_at(now, known_at) {
            Some(frame) if frame.is_polyphonic => Decision::Wait,
            Some(frame) if frame.f0_hz > 0.0 => self.in_voice(now, f64::from(frame.f0_hz), history, known_at),
            // A room between phrases is noise that nobody sings: it may be stretched.
            Some(frame) if frame.phase == Phase::Silence && self.is_rest(now, known_at) => self.in_noise(now, history),
            _ if self.is_at_end_of_reach(now) => self.in_noise(now, history),
            _ => Decision::Wait,
        }
    }

    /// Whether nothing is sung where the pointer is nor where it would go, nor during the fade, as far as frames are
    /// known.
    fn is_rest(&self, now: &Situation, known_at: &impl Fn(i64) -> Option<Known>) -> bool {
        if now.undone_samples.abs() < self.samples(NOISE_STEP_S.0) {
            return false;
        }
        let places = [now.pointer_samples, now.pointer_samples + now.undone_samples].map(|at| now.place(at));
        let until = places[0].max(places[1]) + self.samples(MOST_FADE_S) as i64;
        let mut hops = (places[0].min(places[1])..until).step_by(self.hop_samples as usize).filter_map(known_at);
        hops.all(|known| known.frame.phase == Phase::Silence)
    }

    /// The latest final frame up to the pointer's position. In Live no frame is final in time: there it is the
    /// provisional one of when the sound came in.
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

    /// Whether everything between two absolute indices is voiced, as far as frames are final.
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

    /// Whether the pointer is about to stop at the end of its reach although its target is further inside.
    fn is_at_end_of_reach(&self, now: &Situation) -> bool {
        let Reach { behind_samples, ahead_samples } = now.reach;
        let near = |reach_samples: f64| self.samples(REACH_END_S).min(REACH_END_SHARE * reach_samples);
        if now.undone_samples < 0.0 {
            now.pointer_samples > ahead_samples - near(ahead_samples)
        } else {
            now.pointer_samples < near(behind_samples) - behind_samples
        }
    }

    /// A small step to where the noise is most alike.
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
    /// The absolute index at a displacement.
    fn place(&self, displacement_samples: f64) -> i64 {
        self.first + displacement_samples.floor() as i64
    }

    /// `len` samples centred at the pointer's position `ahead_samples` from now. It is moved as far as needed for the
    /// stretch, its counterpart `lag_samples` away and `margin_samples` around that to be available.
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

/// The correlation that is asked for when the pointer is so many periods from its target.
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
