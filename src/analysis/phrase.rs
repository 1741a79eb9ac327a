//! The part of a phrase that a moment belongs to: silence, breath, consonant or vowel.
//!
//! In: the windows around a moment; the pitch of those after it may be undecided. Out: its [`Phase`]. Unvoiced sound is
//! a consonant, unless it has the length, spectrum and level of an inhalation between sung phrases (docs/design.md §5:
//! 120–800 ms, −45…−18 dB re the phrase, most of it between 1 and 5 kHz).

use super::Phase;
use super::grid::{WINDOW_S, windows};
use super::levels::Thresholds;
use super::window::{AIR_AGE, Window, Windows};

/// The shortest inhalation, seconds. Source: docs/design.md §5.
const LEAST_BREATH_S: f32 = 0.12;
/// The longest inhalation, seconds. Source: docs/design.md §5.
const MOST_BREATH_S: f32 = 0.8;
/// Its level re the loudest of the voice, dB. Source: docs/design.md §5 (−45…−18 re the phrase; the loudest 5 ms are 5
/// dB above that).
const BREATH_LEVEL_DB: std::ops::Range<f32> = -50.0..-23.0;
/// The largest share of an inhalation's energy above 5 kHz, dB; sibilants have most of theirs there. Measured: by
/// `cargo lab evaluate`, with this and the next the reference's breaths in the two human takes pass and the
/// synthesizers' consonants do not.
const MOST_HIGH_SHARE_DB: f32 = -1.5;
/// The least share of an inhalation's energy in the vowel band, dB; rumble and hiss have less. Measured: by `cargo lab
/// evaluate`, together with [`MOST_HIGH_SHARE_DB`].
const LEAST_VOWEL_SHARE_DB: f32 = -14.0;
/// The shortest gap between phrases, seconds; a shorter one holds a consonant. Source: docs/design.md §5.
pub const LEAST_GAP_S: f32 = 0.18;
/// Noise that runs into the voice without a pause and is shorter than this is the release of a consonant, seconds;
/// after so short an inhalation there would be a pause. Source: docs/voice.md, "Further reference values" (consonants
/// lead by up to 150 ms).
const LEAST_JOINED_BREATH_S: f32 = 0.15;
/// Windows whose mean power decides whether something is heard. Chosen: two periods of the lowest voices; more blurs
/// edges, fewer follows single periods.
const SMOOTH_WINDOWS: usize = windows(0.027);
/// A breath stands above the floor in the vowel band by this, dB, in means over 48 and over 123 ms. Measured: noise
/// alone reaches 2 and 1 dB for moments, because the floor is where it is quietest.
const AIR_ABOVE_FLOOR_DB: [f32; 2] = [2.5, 1.2];
/// What stands further above the floor is no faint breath, dB. Chosen: larger treats clear breaths as faint, smaller
/// misses faint ones.
const MOST_FAINT_DB: f32 = 6.0;
/// The mean level of a breath is so far above the noise floor, dB. Source: docs/design.md §5; what is nearer to the
/// floor is the room, and a gain on it would be heard as pumping.
const LEAST_ABOVE_FLOOR_DB: f32 = 6.0;
/// How far the mean of a noise is above its floor, dB. Chosen: larger takes more of the noise from a breath's level,
/// smaller counts noise as breath.
const NOISE_ABOVE_FLOOR_DB: f32 = 0.7;
/// The least share of the vowel band in the power of the faintest breaths, dB. Chosen: larger finds fewer faint
/// breaths, smaller takes more noise for them.
const AIR_SHARE_DB: f32 = -6.0;
/// Less power than this is zero. Chosen: −120 dBFS, far below any noise; it only keeps the logarithm finite.
const LEAST_POWER: f32 = 1e-12;
/// Within this time on either side there must be singing, seconds; otherwise the sound is whispering that pauses.
/// Chosen: longer takes pauses of whispering for breaths, shorter misses breaths in long rests.
const SINGING_WITHIN_S: f32 = 1.0;
/// How much singing there must be, seconds. Chosen: whispered formants are taken for voice for moments; longer misses
/// breaths beside short notes.
const LEAST_SINGING_S: f32 = 0.2;

/// The phase of the window of age `age`.
pub(super) fn phase(windows: &Windows, age: usize) -> Phase {
    let Some(window) = windows.get(age) else { return Phase::Silence };
    if window.pitch.is_some() {
        Phase::Vowel
    } else if is_breath(windows, age) {
        Phase::Breath
    } else if !is_heard(windows, age) {
        Phase::Silence
    } else {
        Phase::Consonant
    }
}

/// Whether something is heard around a window, by its mean power: the level of noise near the threshold crosses it all
/// the time.
fn is_heard(windows: &Windows, age: usize) -> bool {
    let around = age.saturating_sub(SMOOTH_WINDOWS / 2)..=age + SMOOTH_WINDOWS / 2;
    let powers = around.filter_map(|age| windows.get(age)).map(|window| window.power);
    let threshold_db = windows.get(age).map_or(0.0, |window| window.thresholds.silence_db);
    powers.sum::<f32>() / SMOOTH_WINDOWS as f32 >= power(threshold_db)
}

/// Whether the unvoiced stretch around a window is an inhalation.
fn is_breath(windows: &Windows, age: usize) -> bool {
    let is_clear = |windows: &Windows, age: usize| air_db(windows, age)[0] >= AIR_ABOVE_FLOOR_DB[0];
    let is_faint = |windows: &Windows, age: usize| air_db(windows, age)[1] >= AIR_ABOVE_FLOOR_DB[1];
    // A longer mean finds what is barely above the noise; of a clear breath it would find more than there is.
    is_breath_between(windows, age, is_clear).is_some_and(|(oldest, newest)| {
        sounds_like_breath(windows, oldest, newest) && is_singing_near(windows, oldest, newest)
    }) || is_breath_between(windows, age, is_faint).is_some_and(|(oldest, newest)| {
        (newest..=oldest).all(|age| air_db(windows, age)[0] < MOST_FAINT_DB)
            && sounds_like_breath(windows, oldest, newest)
            && is_singing_near(windows, oldest, newest)
    })
}

/// The oldest and the newest window of the stretch of breath noise around a window, if it is as long as an inhalation
/// and in a gap between phrases.
fn is_breath_between(
    windows: &Windows,
    age: usize,
    is_air: impl Fn(&Windows, usize) -> bool,
) -> Option<(usize, usize)> {
    if !is_air(windows, age) {
        return None;
    }
    let (oldest, newest) = stretch(windows, age, is_air);
    let duration_s = (oldest - newest + 1) as f32 * WINDOW_S;
    let (gap_oldest, gap_newest) = stretch(windows, age, |windows, age| !is_voiced(windows, age));
    let gap_s = (gap_oldest - gap_newest + 1) as f32 * WINDOW_S;
    let is_joined = newest.checked_sub(1).is_some_and(|after| is_voiced(windows, after));
    let is_breath = (LEAST_BREATH_S..=MOST_BREATH_S).contains(&duration_s)
        && gap_s >= LEAST_GAP_S
        && (duration_s >= LEAST_JOINED_BREATH_S || !is_joined);
    is_breath.then_some((oldest, newest))
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
    let Thresholds { loudest_db, floor_db, vowel_floor_db, high_floor_db, .. } =
        windows.get(newest).map_or_else(Thresholds::default, |window| window.thresholds);
    let is_above_floor = mean(|window| window.power) >= power(floor_db + LEAST_ABOVE_FLOOR_DB);
    // The background noise is not part of it.
    let without = |power_with: f32, floor_db: f32| power_with - power(floor_db + NOISE_ABOVE_FLOOR_DB);
    let whole = without(mean(|window| window.power), floor_db).max(LEAST_POWER);
    let share_db = |part: f32| 10.0 * (part.max(LEAST_POWER) / whole).log10();
    is_above_floor
        && BREATH_LEVEL_DB.contains(&(10.0 * whole.log10() - loudest_db))
        && share_db(without(mean(|window| window.high_power), high_floor_db)) <= MOST_HIGH_SHARE_DB
        && share_db(without(mean(|window| window.vowel_power), vowel_floor_db[0])) >= LEAST_VOWEL_SHARE_DB
}

/// Whether enough is sung on either side.
fn is_singing_near(windows: &Windows, oldest: usize, newest: usize) -> bool {
    let within = (SINGING_WITHIN_S / WINDOW_S) as usize;
    let least = (LEAST_SINGING_S / WINDOW_S) as usize;
    let before = (oldest..oldest + within).filter(|&age| is_voiced(windows, age)).count();
    let after = (newest.saturating_sub(within)..newest).filter(|&age| is_voiced(windows, age)).count();
    before.max(after) >= least
}

/// How far an unvoiced window stands above the background noise, dB, as measured when all the windows of its means had
/// come in.
fn air_db(windows: &Windows, age: usize) -> [f32; 2] {
    match windows.get(age) {
        Some(window) if age >= AIR_AGE && !is_voiced(windows, age) => window.air_db,
        _ => measured_air_db(windows, age),
    }
}

/// The same in the vowel band, dB, by shorter and by longer means; 0 if it is too faint to be a breath.
pub(super) fn measured_air_db(windows: &Windows, age: usize) -> [f32; 2] {
    let Some(Thresholds { loudest_db, vowel_floor_db, .. }) = windows.get(age).map(|window| window.thresholds) else {
        return [0.0; 2];
    };
    if is_voiced(windows, age) {
        return [0.0; 2];
    }
    let least_db = loudest_db + BREATH_LEVEL_DB.start + AIR_SHARE_DB;
    let powers = windows.vowel_powers(age);
    std::array::from_fn(|mean| {
        let level_db = 10.0 * powers[mean].max(LEAST_POWER).log10();
        if level_db < least_db { 0.0 } else { level_db - vowel_floor_db[mean] }
    })
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

    /// The phase in the middle of a noise between two notes, with silence around it.
    fn phase_of_noise(noise_s: f32, pause_before_s: f32, pause_after_s: f32) -> Phase {
        let mut windows = Windows::new();
        let mut push = |duration_s: f32, level_db: f32, is_sung: bool| {
            let pitch = is_sung.then(Candidate::default);
            let window = Window {
                level_db,
                vowel_power: 0.5 * power(level_db),
                high_db: level_db - 10.0,
                thresholds: Thresholds { loudest_db: -15.0, silence_db: -70.0, ..Thresholds::default() },
                pitch,
                is_decided: true,
                ..Window::default()
            };
            for _ in 0..(duration_s / WINDOW_S).round() as usize {
                windows.push(window);
                let air_db = measured_air_db(&windows, AIR_AGE);
                windows.get_mut(AIR_AGE).into_iter().for_each(|window| window.air_db = air_db);
            }
        };
        push(0.4, -20.0, true);
        push(pause_before_s, -100.0, false);
        push(noise_s, -50.0, false);
        push(pause_after_s, -100.0, false);
        push(0.3, -20.0, true);
        phase(&windows, ((0.3 + pause_after_s + noise_s / 2.0) / WINDOW_S) as usize)
    }

    #[test]
    fn a_short_noise_that_runs_into_the_voice_is_a_consonant() {
        assert_eq!(phase_of_noise(0.13, 0.1, 0.0), Phase::Consonant);
        assert_eq!(phase_of_noise(0.13, 0.1, 0.05), Phase::Breath);
        assert_eq!(phase_of_noise(0.25, 0.1, 0.0), Phase::Breath);
        assert_eq!(phase_of_noise(0.13, 0.0, 0.1), Phase::Breath, "it may follow the voice at once");
    }
}
