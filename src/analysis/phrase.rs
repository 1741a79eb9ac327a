//! Where in a phrase a moment lies: silence, breath, consonant or vowel.
//!
//! In: the windows around a moment; those ahead of it may lack a decision on their pitch. Out: its [`Phase`]. What is
//! heard without pitch is a consonant, unless it lasts, sounds and is as loud as an inhalation between sung phrases
//! (VOICE.md: 120–800 ms, −45…−18 dB re the voice, most of it between 1 and 5 kHz).

use super::Phase;
use super::window::{Window, Windows};

/// An inhalation is no shorter than this, seconds (DESIGN §5).
const LEAST_BREATH_S: f32 = 0.12;
/// An inhalation is no longer than this, seconds (DESIGN §5).
const MOST_BREATH_S: f32 = 0.8;
/// Its level re the loudest of the voice, dB (DESIGN §5: −45…−18 re the phrase; the loudest 5 ms lie 5 dB above that).
const BREATH_LEVEL_DB: std::ops::Range<f32> = -50.0..-23.0;
/// A sibilant has most of its energy above 5 kHz, an inhalation below: the share there is at most this, dB. This and
/// the next were set so that the reference's breaths in the two human takes pass and the consonants of the
/// synthesizers do not (evaluate).
const MOST_HIGH_SHARE_DB: f32 = -1.5;
/// The least share of an inhalation's energy in the band of vowels, dB; breath noise fills it, rumble and hiss do not.
const LEAST_VOWEL_SHARE_DB: f32 = -14.0;
/// A gap between phrases is no shorter than this, seconds (DESIGN §5): a shorter one holds a consonant.
pub const LEAST_GAP_S: f32 = 0.18;
/// What runs into the voice without a pause and is shorter than this is the release of a consonant, seconds (VOICE.md:
/// they lead by up to 150 ms). After an inhalation so short the air must first turn round.
const LEAST_JOINED_BREATH_S: f32 = 0.15;
/// Windows whose mean power tells whether something is heard: 27 ms.
const SMOOTH_WINDOWS: usize = 5;
/// Less than −120 dBFS is nothing.
const LEAST_POWER: f32 = 1e-12;
/// Within this time on either side there must be singing, or it is whispering that pauses, seconds.
const SINGING_WITHIN_S: f32 = 1.0;
/// … for as long as this, seconds: whispered formants pass for voice for moments.
const LEAST_SINGING_S: f32 = 0.2;

/// The phase of the window of age `age`.
pub(super) fn phase(windows: &Windows, age: usize, window_s: f32) -> Phase {
    let Some(window) = windows.get(age) else { return Phase::Silence };
    if window.pitch.is_some() {
        Phase::Vowel
    } else if !is_heard(windows, age) {
        Phase::Silence
    } else if is_breath(windows, age, window_s) {
        Phase::Breath
    } else {
        Phase::Consonant
    }
}

/// Whether something is heard around a window. Noise near the threshold crosses it all the time; its mean does not.
fn is_heard(windows: &Windows, age: usize) -> bool {
    let around = age.saturating_sub(SMOOTH_WINDOWS / 2)..=age + SMOOTH_WINDOWS / 2;
    let powers = around.filter_map(|age| windows.get(age)).map(|window| power(window.level_db));
    let threshold_db = windows.get(age).map_or(0.0, |window| window.silence_db);
    powers.sum::<f32>() / SMOOTH_WINDOWS as f32 >= power(threshold_db)
}

/// Whether the unvoiced stretch around a window is an inhalation.
fn is_breath(windows: &Windows, age: usize, window_s: f32) -> bool {
    let (oldest, newest) = stretch(windows, age, is_unvoiced_sound);
    let duration_s = (oldest - newest + 1) as f32 * window_s;
    let (gap_oldest, gap_newest) = stretch(windows, age, |windows, age| !is_voiced(windows, age));
    let gap_s = (gap_oldest - gap_newest + 1) as f32 * window_s;
    (LEAST_BREATH_S..=MOST_BREATH_S).contains(&duration_s)
        && gap_s >= LEAST_GAP_S
        && (duration_s >= LEAST_JOINED_BREATH_S
            || !newest.checked_sub(1).is_some_and(|after| is_voiced(windows, after)))
        && sounds_like_breath(windows, oldest, newest)
        && is_singing_near(windows, oldest, newest, window_s)
}

/// The ages of the oldest and the newest window of the stretch around `age` in which `holds` is true.
fn stretch(windows: &Windows, age: usize, holds: impl Fn(&Windows, usize) -> bool) -> (usize, usize) {
    let oldest = (age..windows.len()).take_while(|&age| holds(windows, age)).last();
    let newest = (0..=age).rev().take_while(|&age| holds(windows, age)).last();
    (oldest.unwrap_or(age), newest.unwrap_or(age))
}

/// Whether level and spectrum of a stretch are those of an inhalation.
fn sounds_like_breath(windows: &Windows, oldest: usize, newest: usize) -> bool {
    let mean = |power_of: fn(&Window) -> f32| {
        let powers = (newest..=oldest).filter_map(|age| windows.get(age)).map(power_of);
        powers.sum::<f32>() / (oldest - newest + 1) as f32
    };
    let whole = mean(|window| power(window.level_db)).max(LEAST_POWER);
    let share_db = |part: f32| 10.0 * (part.max(LEAST_POWER) / whole).log10();
    let loudest_db = windows.get(newest).map_or(0.0, |window| window.loudest_db);
    BREATH_LEVEL_DB.contains(&(10.0 * whole.log10() - loudest_db))
        && share_db(mean(|window| power(window.high_db))) <= MOST_HIGH_SHARE_DB
        && share_db(mean(|window| window.vowel_power)) >= LEAST_VOWEL_SHARE_DB
}

/// Whether enough is sung on either side.
fn is_singing_near(windows: &Windows, oldest: usize, newest: usize, window_s: f32) -> bool {
    let within = (SINGING_WITHIN_S / window_s) as usize;
    let least = (LEAST_SINGING_S / window_s) as usize;
    let before = (oldest..oldest + within).filter(|&age| is_voiced(windows, age)).count();
    let after = (newest.saturating_sub(within)..newest).filter(|&age| is_voiced(windows, age)).count();
    before.max(after) >= least
}

fn is_unvoiced_sound(windows: &Windows, age: usize) -> bool {
    is_heard(windows, age) && !is_voiced(windows, age)
}

fn is_voiced(windows: &Windows, age: usize) -> bool {
    windows.get(age).is_some_and(Window::is_voiced)
}

fn power(level_db: f32) -> f32 {
    10_f32.powf(level_db / 10.0)
}

#[cfg(test)]
mod tests {
    use super::super::pitch::Candidate;
    use super::*;

    const WINDOW_S: f32 = 256.0 / 48_000.0;

    /// The phase in the middle of a noise between two notes, with silence around it.
    fn phase_of_noise(noise_s: f32, pause_before_s: f32, pause_after_s: f32) -> Phase {
        let mut windows = Windows::new();
        let mut push = |duration_s: f32, level_db: f32, is_sung: bool| {
            let pitch = is_sung.then(Candidate::default);
            let window = Window {
                level_db,
                vowel_power: 0.5 * power(level_db),
                high_db: level_db - 10.0,
                silence_db: -70.0,
                loudest_db: -15.0,
                pitch,
                is_decided: true,
                ..Window::default()
            };
            (0..(duration_s / WINDOW_S).round() as usize).for_each(|_| windows.push(window));
        };
        push(0.4, -20.0, true);
        push(pause_before_s, -100.0, false);
        push(noise_s, -50.0, false);
        push(pause_after_s, -100.0, false);
        push(0.3, -20.0, true);
        phase(&windows, ((0.3 + pause_after_s + noise_s / 2.0) / WINDOW_S) as usize, WINDOW_S)
    }

    #[test]
    fn a_short_noise_that_runs_into_the_voice_is_a_consonant() {
        assert_eq!(phase_of_noise(0.13, 0.1, 0.0), Phase::Consonant);
        assert_eq!(phase_of_noise(0.13, 0.1, 0.05), Phase::Breath);
        assert_eq!(phase_of_noise(0.25, 0.1, 0.0), Phase::Breath);
        assert_eq!(phase_of_noise(0.13, 0.0, 0.1), Phase::Breath, "it may follow the voice at once");
    }
}
