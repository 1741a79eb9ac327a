//! How a singer breathes in: how long, how loud, how soon before the voice.
//!
//! In: draws at a place in the bar, the phrase before, the room that a rest leaves. Out: durations, levels, pauses.
//! Sources: DESIGN §7, VOICE.md.

use crate::performance::draws::Draws;

/// What is drawn by chance for an inhalation.
#[derive(Clone, Copy, Debug)]
#[repr(u32)]
enum Draw {
    IsWanted = 0,
    /// And the two behind it, as all that is normal.
    Duration = 1,
    Level = 4,
    Pause = 7,
    Rise = 8,
    Colour = 9,
}

/// The shortest and the longest, seconds (DESIGN §7: 150 to 800 ms, as they are heard).
const DURATIONS_S: [f64; 2] = [0.17, 0.8];
/// Half of them would be longer than this, seconds, if no rest and no look-ahead were too short: then 420 ms are heard
/// where there is room (DESIGN §7; measured 20 dB below their loudest).
const MEDIAN_DURATION_S: f64 = 0.54;
/// Spread of the logarithm (VOICE.md: 196 to 606 ms from the tenth to the ninetieth part is 0.44, of all singers; one
/// singer is steadier).
const DURATION_SPREAD: f64 = 0.22;
/// A phrase so long, seconds, needs no longer and no shorter breath than usual; …
const USUAL_PHRASE_S: f64 = 3.0;
/// … breath follows its length by this power, …
const PHRASE_POWER: f64 = 0.2;
/// … within these.
const PHRASE_FACTORS: [f64; 2] = [0.8, 1.25];

/// A rest with room for the first only has none, one with room for the second as often as is asked for, seconds: nobody
/// snatches breath at every comma.
const ROOMS_S: [f64; 2] = [0.2, 0.34];

/// Time between its end and the phrase's beginning, seconds (DESIGN §7: 30 to 120 ms; most are nearer to the first).
const PAUSES_S: [f64; 2] = [0.03, 0.11];

/// Spread of their level, dB, and the furthest that chance takes it.
const LEVEL_SPREAD_DB: f64 = 1.2;
const MOST_LEVEL_DB: f64 = 2.5;
/// One in a hurry is louder by this for each halving of its duration, dB: the same air in less time …
const HURRY_DB: f64 = 1.5;
/// … against this, seconds: so rests and look-ahead leave them on average.
const USUAL_DURATION_S: f64 = 0.38;
/// What is left out at either end as unheard makes the rest louder by so much, dB.
const HEARD_DB: f64 = 0.5;

/// Share of its duration over which it rises: the least and the most.
const RISE_SHARES: [f64; 2] = [0.5, 0.7];
/// How far its resonances lie from where they usually are, each time anew, as a share.
const COLOUR_SPREAD: f64 = 0.04;

/// How long the singer would like to breathe in after a phrase of so many seconds, if that is known, seconds.
pub(super) fn duration_s(draws: Draws, phrase_s: Option<f64>) -> f64 {
    let [least, most] = PHRASE_FACTORS;
    let need = (phrase_s.unwrap_or(USUAL_PHRASE_S) / USUAL_PHRASE_S).powf(PHRASE_POWER).clamp(least, most);
    let [shortest, longest] = DURATIONS_S;
    (MEDIAN_DURATION_S * need * (DURATION_SPREAD * draws.normal(Draw::Duration as u32)).exp()).clamp(shortest, longest)
}

/// Whether one of so many seconds is any.
pub(super) fn is_long_enough(duration_s: f64) -> bool {
    duration_s >= DURATIONS_S[0]
}

/// Whether the singer breathes in at all, who does in such a share of rests.
pub(super) fn is_wanted(draws: Draws, share: f64) -> bool {
    draws.unit(Draw::IsWanted as u32) < share
}

/// How likely one is where there is room for so many seconds, `0..=1`.
pub(super) fn likelihood(room_s: f64) -> f64 {
    let [least, usual] = ROOMS_S;
    ((room_s - least) / (usual - least)).clamp(0.0, 1.0)
}

/// By how much its resonances lie higher than where they usually are, as a factor.
pub(super) fn colour_scale(draws: Draws) -> f32 {
    draws.between(Draw::Colour as u32, [1.0 - COLOUR_SPREAD, 1.0 + COLOUR_SPREAD]) as f32
}

/// Time between its end and the phrase, seconds.
pub(super) fn pause_s(draws: Draws) -> f64 {
    let [least, most] = PAUSES_S;
    // Squared, because most are near the least.
    least + (most - least) * draws.unit(Draw::Pause as u32).powi(2)
}

/// The longest that may be.
pub(super) fn longest_pause_s() -> f64 {
    PAUSES_S[1]
}

/// The share of it over which it rises.
pub(super) fn rise_share(draws: Draws) -> f64 {
    draws.between(Draw::Rise as u32, RISE_SHARES)
}

/// How much louder than asked for one of so many seconds is over its length, dB.
pub(super) fn more_db(draws: Draws, duration_s: f64) -> f64 {
    let hurry_db = HURRY_DB * (USUAL_DURATION_S / duration_s).log2();
    (LEVEL_SPREAD_DB * draws.normal(Draw::Level as u32) + hurry_db).clamp(-MOST_LEVEL_DB, MOST_LEVEL_DB) - HEARD_DB
}
