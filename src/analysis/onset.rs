//! Where notes begin: voicing that starts, a vowel that opens behind a voiced consonant, a pitch that steps.
//!
//! In: the windows around a moment, its pitch decided. Out: how a note begins there, if one does. The *vowel* onset is
//! what listeners align to the beat (VOICE.md), so a vowel that opens soon after voicing began moves the onset there.

use super::Onset;
use super::window::{Window, Windows};

/// Two notes begin no closer than this, seconds (DESIGN §5).
const REFRACTORY_S: f32 = 0.08;
/// Windows over which a vowel's energy must rise: 21 ms (DESIGN §5: 20 ms).
const RISE_WINDOWS: usize = 4;
/// By how much it must rise, dB (DESIGN §5).
const LEAST_RISE_DB: f32 = 6.0;
/// How far a pitch must step, cents (DESIGN §5).
const LEAST_STEP_CENTS: f32 = 80.0;
/// Windows on either side of a step whose pitch must hold: 27 ms, shorter than the quickest note.
const STEP_SIDE: usize = 5;
/// Windows that a step may take: 32 ms of glide.
const STEP_GLIDE: usize = 6;
/// How far a held pitch may move within its side, as a share of the step: a vibrato may, the step's own glide may not.
const MOST_SPREAD_SHARE: f32 = 0.6;
/// Windows that a voiced consonant before its vowel takes at most: 150 ms (VOICE.md: it leads by 30–150 ms).
const CONSONANT_WINDOWS: usize = 28;

/// Windows ahead of a moment whose pitch must be known to find a step there.
pub(super) const WINDOWS_AHEAD: usize = STEP_GLIDE / 2 + STEP_SIDE;

/// Finds onsets, one window after the other.
#[derive(Clone, Debug)]
pub(super) struct OnsetFinder {
    refractory_windows: usize,
    since_last: usize,
}

impl OnsetFinder {
    pub(super) fn new(window_s: f32) -> Self {
        let refractory_windows = (REFRACTORY_S / window_s).ceil() as usize;
        Self { refractory_windows, since_last: refractory_windows }
    }

    pub(super) fn reset(&mut self) {
        self.since_last = self.refractory_windows;
    }

    /// How a note begins at the window of age `age`. Ask for each window once, in order.
    pub(super) fn find(&mut self, windows: &Windows, age: usize) -> Option<Onset> {
        self.since_last = self.since_last.saturating_add(1);
        if self.since_last < self.refractory_windows {
            return None;
        }
        let found = onset(windows, age)?;
        self.since_last = 0;
        Some(found)
    }
}

fn onset(windows: &Windows, age: usize) -> Option<Onset> {
    let here = windows.get(age)?;
    here.pitch?;
    let before = windows.get(age + 1)?;
    if before.pitch.is_some() && is_opening(windows, age) {
        return Some(Onset::Vowel);
    }
    let found =
        if before.pitch.is_none() { Some(Onset::Voicing) } else { is_step(windows, age).then_some(Onset::Legato) };
    found.filter(|_| !vowel_follows(windows, age))
}

/// Whether a vowel opens so soon behind here that it is the same note's.
fn vowel_follows(windows: &Windows, age: usize) -> bool {
    let is_voiced = |age: usize| windows.get(age).is_some_and(Window::is_likely_voiced);
    (age.saturating_sub(CONSONANT_WINDOWS)..age.saturating_sub(2)).any(|age| is_voiced(age) && is_opening(windows, age))
}

/// Whether the vowel band rises here, faster than just before and just after.
fn is_opening(windows: &Windows, age: usize) -> bool {
    let rise_db = |age: usize| rise_db(windows, age);
    rise_db(age) >= LEAST_RISE_DB && rise_db(age) >= rise_db(age + 1) && (age == 0 || rise_db(age) > rise_db(age - 1))
}

/// By how much the vowel band is louder in the 21 ms from here on than in those before. Shorter stretches than a period
/// of a low voice would rise with every period.
fn rise_db(windows: &Windows, age: usize) -> f32 {
    let mean_power = |newest: usize| {
        let powers =
            (newest..newest + RISE_WINDOWS).filter_map(|age| windows.get(age)).map(|window| window.vowel_power);
        powers.sum::<f32>() / RISE_WINDOWS as f32
    };
    let (after, before) = (mean_power(age.saturating_sub(RISE_WINDOWS - 1)), mean_power(age + 1));
    10.0 * ((after + 1e-12) / (before + 1e-12)).log10()
}

/// Whether the pitch holds on both sides of here, at different heights, and moves nowhere near as fast as here.
fn is_step(windows: &Windows, age: usize) -> bool {
    let Some(newest) = age.checked_sub(WINDOWS_AHEAD) else { return false };
    let (Some(after), Some(before)) = (side_cents(windows, newest), side_cents(windows, age + STEP_GLIDE / 2)) else {
        return false;
    };
    let step_cents = (after.0 - before.0).abs();
    let most_spread_cents = MOST_SPREAD_SHARE * step_cents;
    step_cents >= LEAST_STEP_CENTS && before.1.max(after.1) < most_spread_cents && is_fastest(windows, age)
}

fn is_fastest(windows: &Windows, age: usize) -> bool {
    let speed = |age: usize| {
        let cents = |age: usize| windows.get(age).and_then(cents);
        cents(age).zip(cents(age + 1)).map_or(0.0, |(now, then)| (now - then).abs())
    };
    let around = age.saturating_sub(STEP_GLIDE)..=age + STEP_GLIDE;
    let fastest = around.max_by(|a, b| speed(*a).total_cmp(&speed(*b)));
    fastest == Some(age)
}

fn cents(window: &Window) -> Option<f32> {
    window.pitch.map(|pitch| 1200.0 * pitch.f0_hz.log2())
}

/// Middle and spread of the pitch in the windows from an age on backwards, cents; `None` where one is unvoiced.
fn side_cents(windows: &Windows, newest: usize) -> Option<(f32, f32)> {
    let (mut least, mut most) = (f32::INFINITY, f32::NEG_INFINITY);
    for age in newest..newest + STEP_SIDE {
        let cents = windows.get(age).and_then(cents)?;
        least = least.min(cents);
        most = most.max(cents);
    }
    Some(((least + most) / 2.0, most - least))
}
