//! Note onsets: voicing that starts, a vowel that opens after a voiced consonant, a pitch that steps.
//!
//! In: the windows around a moment whose pitch is decided. Out: the kind of onset there, if there is one. Listeners
//! align the *vowel* onset to the beat (docs/voice.md, "Further reference values"), so a vowel that opens soon after
//! voicing began moves the onset there.

use super::Onset;
use super::grid::windows;
use super::window::{Window, Windows};

/// The least time between two onsets, seconds. Source: docs/design.md §5.
const REFRACTORY_S: f32 = 0.08;
/// Windows over which a vowel's energy must rise. Source: docs/design.md §5 (20 ms).
const RISE_WINDOWS: usize = windows(0.021);
/// By how much it must rise, dB. Source: docs/design.md §5.
const LEAST_RISE_DB: f32 = 6.0;
/// How far a pitch must step, cents. Source: docs/design.md §5.
const LEAST_STEP_CENTS: f32 = 80.0;
/// Windows on either side of a step in which the pitch must hold. Chosen: less than the quickest note; longer misses
/// fast notes, shorter finds steps in glides.
const STEP_SIDE: usize = windows(0.027);
/// Windows that the glide of a step may take. Chosen: longer finds steps in slow glides, shorter misses sung steps.
const STEP_GLIDE: usize = windows(0.032);
/// How far a held pitch may move within its side, as a share of the step. Chosen: vibrato stays below it, the step's
/// own glide does not; larger finds more false steps.
const MOST_SPREAD_SHARE: f32 = 0.6;
/// Windows over which vibrato averages out. Chosen: one full cycle; shorter leaves a step of the vibrato itself.
const SWING_SIDE: usize = windows(0.192);
/// Windows for which a note without vibrato holds its pitch and a vibrato does not. Chosen: most of half a cycle;
/// longer misses short notes, shorter takes a turn of the vibrato for a note.
const STRAIGHT_SIDE: usize = windows(0.075);
/// How far the pitch may move meanwhile, as a share of the step. Chosen: half a cycle of vibrato returns by half of it;
/// larger takes vibrato for steps.
const STRAIGHT_SPREAD_SHARE: f32 = 0.3;
/// The longest voiced consonant before its vowel, windows. Source: docs/voice.md, "Further reference values" (it leads
/// by 30–150 ms).
const CONSONANT_WINDOWS: usize = windows(0.15);
/// The shortest voiced consonant, windows: less voicing before the vowel band rises, or between two rises, is none.
/// Chosen: less than two periods; larger ignores short consonants, smaller takes single periods for them.
const LEAST_CONSONANT_WINDOWS: usize = windows(0.016);
/// Windows within which no two notes begin. Source: computed from [`REFRACTORY_S`].
const REFRACTORY_WINDOWS: usize = windows(REFRACTORY_S);

/// Windows of pitch after a moment that are needed to find a step there. Source: computed from the glide and the side
/// of a step.
pub(super) const WINDOWS_AHEAD: usize = STEP_GLIDE / 2 + STEP_SIDE;

/// Finds onsets, one window after the other.
#[derive(Clone, Debug)]
pub(super) struct OnsetFinder {
    since_last: usize,
}

impl OnsetFinder {
    pub(super) fn new() -> Self {
        Self { since_last: REFRACTORY_WINDOWS }
    }

    pub(super) fn reset(&mut self) {
        self.since_last = REFRACTORY_WINDOWS;
    }

    /// The kind of onset in the window of age `age`, if there is one. Ask for each window once, in order.
    pub(super) fn find(&mut self, windows: &Windows, age: usize) -> Option<Onset> {
        self.since_last = self.since_last.saturating_add(1);
        if self.since_last < REFRACTORY_WINDOWS {
            return None;
        }
        let found = onset(windows, age, self.since_last)?;
        self.since_last = 0;
        Some(found)
    }
}

fn onset(windows: &Windows, age: usize, since_last: usize) -> Option<Onset> {
    let here = windows.get(age)?;
    here.pitch?;
    let before = windows.get(age + 1)?;
    if before.pitch.is_some() && is_vowel(windows, age, since_last) {
        return (!opens_further(windows, age, since_last)).then_some(Onset::Vowel);
    }
    let found = match before.pitch {
        None => begins_anew(windows, age).then_some(Onset::Voicing),
        Some(_) => is_step(windows, age).then_some(Onset::Legato),
    };
    found.filter(|_| !vowel_follows(windows, age, since_last))
}

/// Whether voicing that starts here is a new note. It is not if the vowel before went on while its periods were too
/// irregular to have a pitch: then the vowel band was as loud without the pitch as with it, and the pitch is the same.
fn begins_anew(windows: &Windows, age: usize) -> bool {
    let is_unvoiced = |age: &usize| windows.get(*age).is_some_and(|window| window.pitch.is_none());
    let n_unvoiced = (age + 1..=age + CONSONANT_WINDOWS).take_while(is_unvoiced).count();
    let mean_power = |ages: std::ops::Range<usize>| {
        let n = ages.len().max(1) as f32;
        ages.filter_map(|age| windows.get(age)).map(|window| window.vowel_power).sum::<f32>() / n
    };
    let sung = mean_power(age.saturating_sub(2 * RISE_WINDOWS - 1)..age + 1);
    let unsung = mean_power(age + 1..age + 1 + n_unvoiced);
    swing_step_cents(windows, age, n_unvoiced).is_none_or(|step_cents| step_cents.abs() >= LEAST_STEP_CENTS)
        || sung >= unsung * 10_f32.powf(LEAST_RISE_DB / 10.0)
}

/// Whether a vowel opens here, if the last onset was `since_last` windows before.
fn is_vowel(windows: &Windows, age: usize, since_last: usize) -> bool {
    is_opening(windows, age) || is_awaited_swell(windows, age, since_last)
}

/// Whether a vowel opens so soon after this window that it belongs to the same note.
fn vowel_follows(windows: &Windows, age: usize, since_last: usize) -> bool {
    soon_behind(age).any(|later| is_voiced(windows, later) && is_vowel(windows, later, since_last + age - later))
}

/// The ages at which the vowel after a consonant here may open.
fn soon_behind(age: usize) -> impl Iterator<Item = usize> {
    (age.saturating_sub(CONSONANT_WINDOWS)..age.saturating_sub(LEAST_CONSONANT_WINDOWS - 1)).rev()
}

/// Whether the vowel band rises here as the vowel of voicing that began shortly before.
fn is_awaited_swell(windows: &Windows, age: usize, since_last: usize) -> bool {
    let n_voiced = (age + 1..=age + CONSONANT_WINDOWS + 1).take_while(|&age| is_voiced(windows, age)).count();
    (LEAST_CONSONANT_WINDOWS..=CONSONANT_WINDOWS).contains(&n_voiced)
        && since_last > n_voiced
        && begins_anew(windows, age + n_voiced)
        && is_swell(windows, age)
}

fn is_voiced(windows: &Windows, age: usize) -> bool {
    windows.get(age).is_some_and(Window::is_voiced)
}

/// Whether what opens here is only a consonant: soon the vowel band rises once more, above all that it has reached.
fn opens_further(windows: &Windows, age: usize, since_last: usize) -> bool {
    let mut loudest = 0.0_f32;
    soon_behind(age).any(|later| {
        loudest = loudest.max(mean_vowel_power(windows, later + 1));
        let opened = mean_vowel_power(windows, later.saturating_sub(2 * RISE_WINDOWS - 1));
        let is_louder = opened >= loudest * 10_f32.powf(LEAST_RISE_DB / 10.0);
        is_louder && is_voiced(windows, later) && is_vowel(windows, later, since_last + age - later)
    })
}

/// Whether the vowel band rises here as for an opening vowel.
fn is_opening(windows: &Windows, age: usize) -> bool {
    is_fastest_rise(windows, age, 0)
}

/// Whether it rises at least half as fast as that. Alone this is no evidence; after the start of voicing it marks the
/// vowel.
fn is_swell(windows: &Windows, age: usize) -> bool {
    is_fastest_rise(windows, age, RISE_WINDOWS / 2)
}

/// Whether the vowel band rises here, and faster than within 21 ms before and after: the rise fluctuates with the
/// periods of the voice, and one opening would be taken for two.
fn is_fastest_rise(windows: &Windows, age: usize, apart: usize) -> bool {
    let here_db = rise_db(windows, age, apart);
    here_db >= LEAST_RISE_DB
        && (age + 1..=age + RISE_WINDOWS).all(|before| here_db >= rise_db(windows, before, apart))
        && (age.saturating_sub(RISE_WINDOWS)..age).all(|after| here_db > rise_db(windows, after, apart))
}

/// The difference in level of the vowel band between the 21 ms from `apart` windows after this one and the 21 ms up to
/// as many before it. Stretches shorter than a period of a low voice would rise with every period.
fn rise_db(windows: &Windows, age: usize, apart: usize) -> f32 {
    let after = mean_vowel_power(windows, age.saturating_sub(RISE_WINDOWS - 1 + apart));
    let before = mean_vowel_power(windows, age + 1 + apart);
    10.0 * ((after + 1e-12) / (before + 1e-12)).log10()
}

/// Mean power of the vowel band in the 21 ms up to a window.
fn mean_vowel_power(windows: &Windows, newest: usize) -> f32 {
    let powers = (newest..newest + RISE_WINDOWS).filter_map(|age| windows.get(age)).map(|window| window.vowel_power);
    powers.sum::<f32>() / RISE_WINDOWS as f32
}

/// Whether the pitch holds on both sides of this window, at different heights, and moves nowhere near as fast as here.
fn is_step(windows: &Windows, age: usize) -> bool {
    let Some(newest) = age.checked_sub(WINDOWS_AHEAD) else { return false };
    let (Some(after), Some(before)) =
        (held_cents(windows, newest, STEP_SIDE), held_cents(windows, age + STEP_GLIDE / 2, STEP_SIDE))
    else {
        return false;
    };
    let (step_cents, sign) = ((after.0 - before.0).abs(), (after.0 - before.0).signum());
    let most_spread_cents = MOST_SPREAD_SHARE * step_cents;
    let is_step_of_means = |step_cents: f32| step_cents * sign >= LEAST_STEP_CENTS;
    step_cents >= LEAST_STEP_CENTS
        && before.1.max(after.1) < most_spread_cents
        && is_fastest(windows, age)
        && (is_straight(windows, age, step_cents) || swing_step_cents(windows, age, 0).is_some_and(is_step_of_means))
}

/// Whether both sides hold longer than the turn of a vibrato does.
fn is_straight(windows: &Windows, age: usize, step_cents: f32) -> bool {
    let spread = |newest: usize, len: usize| held_cents(windows, newest, len).map(|(_, spread_cents)| spread_cents);
    let Some(oldest) = age.checked_sub(STEP_GLIDE / 2) else { return false };
    let newest = oldest.saturating_sub(STRAIGHT_SIDE);
    let (after, before) = (spread(newest, oldest - newest), spread(age + STEP_GLIDE / 2, STRAIGHT_SIDE));
    after.zip(before).is_some_and(|(after, before)| after.max(before) < STRAIGHT_SPREAD_SHARE * step_cents)
}

/// The mean pitch over a full vibrato cycle from here on, or as much of it as is sung and known, less that over the
/// cycle before here and before `n_unvoiced` windows without pitch, cents; `None` where no pitch is next to those.
fn swing_step_cents(windows: &Windows, age: usize, n_unvoiced: usize) -> Option<f32> {
    let mean_cents = |ages: &mut dyn Iterator<Item = usize>| {
        let known = ages.map_while(|age| windows.get(age).and_then(cents));
        let (sum, n) = known.fold((0.0, 0), |(sum, n), cents| (sum + cents, n + 1));
        (n > 0).then(|| sum / n as f32)
    };
    let before = age + 1 + n_unvoiced;
    let after_cents = mean_cents(&mut (age.saturating_sub(SWING_SIDE - 1)..=age).rev())?;
    Some(after_cents - mean_cents(&mut (before..before + SWING_SIDE))?)
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

/// Middle and spread of the pitch in `len` windows back from an age, cents; `None` where one is unvoiced.
fn held_cents(windows: &Windows, newest: usize, len: usize) -> Option<(f32, f32)> {
    let (mut least, mut most) = (f32::INFINITY, f32::NEG_INFINITY);
    for age in newest..newest + len {
        let cents = windows.get(age).and_then(cents)?;
        least = least.min(cents);
        most = most.max(cents);
    }
    Some(((least + most) / 2.0, most - least))
}

#[cfg(test)]
mod tests {
    use super::super::grid::WINDOW_S;
    use super::super::pitch::Candidate;
    use super::*;

    /// Onsets in a second of windows, each of which has a pitch in cents, if any, and a level of the vowel band in dB.
    fn onsets(sung: impl Fn(f32) -> (Option<f32>, f32)) -> Vec<(f32, Onset)> {
        let mut windows = Windows::new();
        let n_windows = (1.0 / WINDOW_S) as usize;
        for (cents, level_db) in (0..n_windows).map(|k| sung(k as f32 * WINDOW_S)) {
            let pitch = cents.map(|cents| Candidate { f0_hz: 220.0 * (cents / 1200.0).exp2(), ..Candidate::default() });
            let vowel_power = 10_f32.powf(level_db / 10.0);
            windows.push(Window { pitch, vowel_power, is_decided: true, ..Window::default() });
        }
        let mut finder = OnsetFinder::new();
        let found = |age: usize| Some(((n_windows - 1 - age) as f32 * WINDOW_S, finder.find(&windows, age)?));
        (0..n_windows).rev().filter_map(found).collect()
    }

    fn assert_heard(heard: &[(f32, Onset)], expected: &[(f32, Onset)]) {
        let is_so = |((time_s, onset), (at_s, wanted)): (&(f32, Onset), &(f32, Onset))| {
            onset == wanted && (time_s - at_s).abs() < 0.015
        };
        assert!(heard.len() == expected.len() && heard.iter().zip(expected).all(is_so), "{heard:?} for {expected:?}");
    }

    #[test]
    fn a_vowel_is_looked_for_16_to_150_ms_behind_its_consonant() {
        let behind_s = |age: Option<usize>| age.map_or(0.0, |age| (100 - age) as f32 * WINDOW_S);
        assert!((0.014..0.018).contains(&behind_s(soon_behind(100).max())));
        assert!((0.147..0.152).contains(&behind_s(soon_behind(100).min())));
    }

    #[test]
    fn a_vibrato_makes_no_steps_and_hides_none() {
        // Within a vibrato cycle of a true step the means of both sides contain part of the step, so turns of the
        // vibrato there still pass for steps.
        for (rate_hz, by_cents) in [5.0, 5.5, 6.5].into_iter().flat_map(|rate_hz| [(rate_hz, 300.0), (rate_hz, -300.0)])
        {
            let vibrato_cents = |time_s: f32| 80.0 * (std::f32::consts::TAU * rate_hz * time_s).sin();
            assert_heard(&onsets(|time_s| (Some(vibrato_cents(time_s)), -20.0)), &[]);
            let step_cents = |time_s: f32| if time_s < 0.5 { 0.0 } else { by_cents };
            let heard = onsets(|time_s| (Some(step_cents(time_s) + vibrato_cents(time_s)), -20.0));
            let at_step = heard.iter().filter(|(time_s, _)| (time_s - 0.5).abs() < 0.015).count();
            let is_near = |(time_s, _): &(f32, Onset)| (time_s - 0.5).abs() < SWING_SIDE as f32 * WINDOW_S;
            assert!(at_step == 1 && heard.iter().all(is_near), "{heard:?}");
        }
    }

    #[test]
    fn quick_straight_notes_are_steps_though_they_return() {
        let cents = |time_s: f32| if ((time_s / 0.125) as usize).is_multiple_of(2) { 0.0 } else { 200.0 };
        let expected: Vec<_> = (1..8).map(|k| (0.125 * k as f32, Onset::Legato)).collect();
        assert_heard(&onsets(|time_s| (Some(cents(time_s)), -20.0)), &expected);
        // On the way up a note may be quicker.
        let cents = |time_s: f32| 200.0 * [0.5, 0.58].iter().filter(|begin_s| time_s >= **begin_s).count() as f32;
        let heard = onsets(|time_s| (Some(cents(time_s)), -20.0));
        assert_heard(&heard, &[(0.5, Onset::Legato), (0.58, Onset::Legato)]);
    }

    #[test]
    fn a_consonant_that_opens_is_not_the_vowel() {
        // A stop ends at 0.5 s, a lateral follows for 60 or 100 ms, then the vowel, louder by 20 dB.
        for lateral_s in [0.06, 0.1] {
            let level_db = |time_s: f32| match time_s - 0.5 {
                before if before < -0.1 => -20.0,
                before if before < 0.0 => -60.0,
                after if after < lateral_s => -40.0,
                _ => -20.0,
            };
            assert_heard(&onsets(|time_s| (Some(0.0), level_db(time_s))), &[(0.5 + lateral_s, Onset::Vowel)]);
        }
    }

    #[test]
    fn a_vowel_as_loud_as_the_one_before_is_a_note() {
        // Both open after dips: 125 ms apart.
        let is_dip = |time_s: f32| (0.35..0.4).contains(&time_s) || (0.475..0.525).contains(&time_s);
        let heard = onsets(|time_s| (Some(0.0), if is_dip(time_s) { -40.0 } else { -20.0 }));
        assert_heard(&heard, &[(0.4, Onset::Vowel), (0.525, Onset::Vowel)]);
    }

    #[test]
    fn a_vowel_that_swells_behind_voicing_is_where_the_note_begins() {
        // A nasal from 0.4 s on swells by 10 dB between 0.48 and 0.53 s; swelling alone is no note.
        let level_db = |time_s: f32| -30.0 + 10.0 * ((time_s - 0.48) / 0.05).clamp(0.0, 1.0);
        let sung = |time_s: f32| if time_s < 0.4 { (None, -80.0) } else { (Some(0.0), level_db(time_s)) };
        assert_heard(&onsets(sung), &[(0.505, Onset::Vowel)]);
        assert_heard(&onsets(|time_s| (Some(0.0), level_db(time_s))), &[]);
    }

    #[test]
    fn a_vowel_that_loses_its_pitch_for_a_moment_goes_on() {
        let sung = |gap_db: f32, after_cents: f32| {
            onsets(move |time_s| match time_s {
                _ if time_s < 0.5 => (Some(0.0), -20.0),
                _ if time_s < 0.58 => (None, gap_db),
                _ => (Some(after_cents), -20.0),
            })
        };
        assert_heard(&sung(-22.0, 0.0), &[]);
        assert_heard(&sung(-22.0, 200.0), &[(0.58, Onset::Voicing)]);
        assert_heard(&sung(-45.0, 0.0), &[(0.58, Onset::Voicing)]);
    }

    #[test]
    fn voicing_that_returns_is_a_note_where_the_vowel_band_was_softer_or_silent_for_long() {
        let assert_gap = |n_windows: usize, softer_db: f32, is_note: bool| {
            let is_gap = |time_s: f32| (94..94 + n_windows).contains(&((time_s / WINDOW_S).round() as usize));
            let heard = onsets(|time_s| if is_gap(time_s) { (None, -20.0 - softer_db) } else { (Some(0.0), -20.0) });
            let note = ((94 + n_windows) as f32 * WINDOW_S, Onset::Voicing);
            assert_heard(&heard, if is_note { std::slice::from_ref(&note) } else { &[] });
        };
        [1, 2, 15, 25].into_iter().for_each(|n_windows| assert_gap(n_windows, 2.0, false));
        [2, 15, 25].into_iter().for_each(|n_windows| assert_gap(n_windows, 9.0, true));
        assert_gap(40, 2.0, true);
    }

    #[test]
    fn a_vowel_that_lost_its_pitch_may_swell() {
        let sung = |time_s: f32| match time_s {
            _ if (0.3..0.38).contains(&time_s) => (None, -31.0),
            _ => (Some(0.0), -30.0 + 10.0 * ((time_s - 0.46) / 0.05).clamp(0.0, 1.0)),
        };
        assert_heard(&onsets(sung), &[]);
    }

    #[test]
    fn a_voiced_consonant_may_be_as_short_as_two_periods() {
        // Noise at 0.4 s is voiced from 0.5 s on, and three windows later the vowel opens.
        let level_db = |time_s: f32| if time_s < 96.5 * WINDOW_S { -40.0 } else { -20.0 };
        let heard = onsets(|time_s| ((time_s > 93.5 * WINDOW_S).then_some(0.0), level_db(time_s)));
        assert_heard(&heard, &[(97.0 * WINDOW_S, Onset::Vowel)]);
    }

    #[test]
    fn a_note_that_was_told_when_its_voicing_began_is_not_told_again_where_it_swells() {
        // The swell is out of sight when the nasal begins, ten windows before the newest.
        let level_db = |time_s: f32| -30.0 + 10.0 * ((time_s - 0.48) / 0.05).clamp(0.0, 1.0);
        let mut windows = Windows::new();
        let mut finder = OnsetFinder::new();
        let mut found = Vec::new();
        for k in 0..188 {
            let time_s = k as f32 * WINDOW_S;
            let is_sung = time_s >= 0.4;
            let pitch = is_sung.then_some(Candidate { f0_hz: 220.0, clarity: 0.9 });
            let vowel_power = 10_f32.powf(if is_sung { level_db(time_s) / 10.0 } else { -8.0 });
            windows.push(Window { pitch, vowel_power, is_decided: true, ..Window::default() });
            found.extend(finder.find(&windows, 10).map(|onset| (time_s - 10.0 * WINDOW_S, onset)));
        }
        assert_heard(&found, &[(0.4, Onset::Voicing)]);
    }

    #[test]
    fn an_abrupt_opening_is_found_to_the_window() {
        let heard = onsets(|time_s| (Some(0.0), if time_s < 93.5 * WINDOW_S { -40.0 } else { -20.0 }));
        assert!(heard.len() == 1 && (heard[0].0 / WINDOW_S - 94.0).abs() < 0.1, "{heard:?}");
    }
}
