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
/// Windows over which a vibrato leaves no step, because it swings up and down once: 192 ms.
const SWING_SIDE: usize = 36;
/// Windows for which a note that is sung straight holds and no swing does: 75 ms, most of half a swing.
const STRAIGHT_SIDE: usize = 14;
/// … and how far it may move meanwhile, as a share of the step. Half a swing comes back by half.
const STRAIGHT_SPREAD_SHARE: f32 = 0.3;
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
        return (!opens_further(windows, age)).then_some(Onset::Vowel);
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

/// Whether what opens here is but a consonant: soon the vowel band rises once more, above all it has reached till then.
fn opens_further(windows: &Windows, age: usize) -> bool {
    let mut loudest = 0.0_f32;
    for later in (age.saturating_sub(CONSONANT_WINDOWS)..age.saturating_sub(2)).rev() {
        loudest = loudest.max(mean_vowel_power(windows, later + 1));
        let opened = mean_vowel_power(windows, later.saturating_sub(RISE_WINDOWS - 1));
        let is_voiced = windows.get(later).is_some_and(Window::is_likely_voiced);
        if is_voiced && is_opening(windows, later) && opened >= loudest * 10_f32.powf(LEAST_RISE_DB / 10.0) {
            return true;
        }
    }
    false
}

/// Whether the vowel band rises here, faster than just before and just after.
fn is_opening(windows: &Windows, age: usize) -> bool {
    let rise_db = |age: usize| rise_db(windows, age);
    rise_db(age) >= LEAST_RISE_DB && rise_db(age) >= rise_db(age + 1) && (age == 0 || rise_db(age) > rise_db(age - 1))
}

/// By how much the vowel band is louder in the 21 ms from here on than in those before. Shorter stretches than a period
/// of a low voice would rise with every period.
fn rise_db(windows: &Windows, age: usize) -> f32 {
    let after = mean_vowel_power(windows, age.saturating_sub(RISE_WINDOWS - 1));
    let before = mean_vowel_power(windows, age + 1);
    10.0 * ((after + 1e-12) / (before + 1e-12)).log10()
}

/// Mean power of the vowel band in the 21 ms up to a window.
fn mean_vowel_power(windows: &Windows, newest: usize) -> f32 {
    let powers = (newest..newest + RISE_WINDOWS).filter_map(|age| windows.get(age)).map(|window| window.vowel_power);
    powers.sum::<f32>() / RISE_WINDOWS as f32
}

/// Whether the pitch holds on both sides of here, at different heights, and moves nowhere near as fast as here.
fn is_step(windows: &Windows, age: usize) -> bool {
    let Some(newest) = age.checked_sub(WINDOWS_AHEAD) else { return false };
    let (Some(after), Some(before)) =
        (held_cents(windows, newest, STEP_SIDE), held_cents(windows, age + STEP_GLIDE / 2, STEP_SIDE))
    else {
        return false;
    };
    let step_cents = (after.0 - before.0).abs();
    let most_spread_cents = MOST_SPREAD_SHARE * step_cents;
    step_cents >= LEAST_STEP_CENTS
        && before.1.max(after.1) < most_spread_cents
        && is_fastest(windows, age)
        && (is_straight(windows, age, step_cents) || outlasts_swing(windows, age, after.0 - before.0))
}

/// Whether both sides hold longer than the turn of a vibrato does.
fn is_straight(windows: &Windows, age: usize, step_cents: f32) -> bool {
    let spread = |newest: usize, len: usize| held_cents(windows, newest, len).map(|(_, spread_cents)| spread_cents);
    let Some(oldest) = age.checked_sub(STEP_GLIDE / 2) else { return false };
    let newest = oldest.saturating_sub(STRAIGHT_SIDE);
    let (after, before) = (spread(newest, oldest - newest), spread(age + STEP_GLIDE / 2, STRAIGHT_SIDE));
    after.zip(before).is_some_and(|(after, before)| after.max(before) < STRAIGHT_SPREAD_SHARE * step_cents)
}

/// Whether a step is there over a whole swing of a vibrato on either side, or as much of it as is sung and known.
fn outlasts_swing(windows: &Windows, age: usize, step_cents: f32) -> bool {
    let mean = |cents: &mut dyn Iterator<Item = f32>| {
        let (sum, n) = cents.fold((0.0, 0), |(sum, n), cents| (sum + cents, n + 1));
        sum / n.max(1) as f32
    };
    let known = |age: usize| windows.get(age).and_then(cents);
    let after = mean(&mut (age.saturating_sub(SWING_SIDE)..age).rev().map_while(known));
    let before = mean(&mut (age + 1..age + 1 + SWING_SIDE).map_while(known));
    (after - before) * step_cents.signum() >= LEAST_STEP_CENTS
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

/// Middle and spread of the pitch in `len` windows from an age on backwards, cents; `None` where one is unvoiced.
fn held_cents(windows: &Windows, newest: usize, len: usize) -> Option<(f32, f32)> {
    let (mut least, mut most) = (f32::INFINITY, f32::NEG_INFINITY);
    for age in newest..newest + len {
        let cents = windows.get(age).and_then(cents)?;
        least = least.min(cents);
        most = most.max(cents);
    }
    Some(((least + most) / 2.0, most - least))
}
