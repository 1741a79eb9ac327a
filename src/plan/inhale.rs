//! How a singer breathes in before a phrase: how long, how loud, how soon before the voice.
//!
//! In: the place in the bar, the phrase before, the room that a rest leaves. Out: an [`InhalePlan`] in plain numbers.
//! Sources: docs/design.md §7, docs/voice.md.

use super::draws::{Chance, Draws};
use crate::dsp::noise::Stream;
use crate::settings::Settings;

/// The shortest and the longest, seconds.
/// Source: docs/design.md §7, 150 to 800 ms, as they are heard.
const DURATIONS_S: [f64; 2] = [0.17, 0.8];
/// Half of them would be longer than this, seconds, if no rest and no look-ahead were too short.
/// Measured: `cargo xtask measure`; then 420 ms are heard where there is room, to 20 dB below their loudest.
const MEDIAN_DURATION_S: f64 = 0.54;
/// Spread of the duration's logarithm.
/// Source: docs/voice.md, 0.44 over all singers; one singer is steadier.
const DURATION_SPREAD: f64 = 0.22;
/// A phrase so long, seconds, needs no longer and no shorter breath than usual; the breath follows its length by this
/// power, within these factors.
/// Chosen: a phrase of twice the length takes 15 % more time; people's breaths follow more loosely.
const USUAL_PHRASE_S: f64 = 3.0;
const PHRASE_POWER: f64 = 0.2;
const PHRASE_FACTORS: [f64; 2] = [0.8, 1.25];

/// A rest with room for the first only has none, one with room for the second as often as is asked for, seconds.
/// Chosen: nobody snatches breath at every comma.
const ROOMS_S: [f64; 2] = [0.2, 0.34];

/// Time between its end and the phrase's beginning, seconds; most are near the first.
/// Source: docs/design.md §7, 30 to 120 ms.
const PAUSES_S: [f64; 2] = [0.03, 0.11];

/// Spread of their level, dB, and the furthest that chance takes it.
/// Chosen: two breaths of a phrase differ audibly, and none stands out.
const LEVEL_SPREAD_DB: f64 = 1.2;
const MOST_LEVEL_DB: f64 = 2.5;
/// One in a hurry is louder by the first for each halving of its duration, dB, against the second, seconds.
/// Chosen: the same air in less time is 6 dB; a quarter of that keeps the knob literal for most rests.
const HURRY_DB: f64 = 1.5;
const USUAL_DURATION_S: f64 = 0.38;
/// What is left out at either end as unheard makes the rest louder by so much, dB.
/// Measured: `cargo xtask measure` on breaths of known levels.
const HEARD_DB: f64 = 0.5;

/// Share of its duration over which it rises: the least and the most.
/// Source: docs/design.md §7, it rises slowly and ends quickly.
const RISE_SHARES: [f64; 2] = [0.5, 0.7];
/// How far its resonances lie from where they usually are, each time anew, as a share.
/// Chosen: half of what the tongue moves them by between two vowels.
const COLOUR_SPREAD: f64 = 0.04;

/// What is drawn by chance for an inhalation.
#[derive(Clone, Copy, Debug)]
#[repr(u32)]
enum Draw {
    IsWanted = 0,
    Duration = 1,
    Level = 4,
    Pause = 7,
    Rise = 8,
    Colour = 9,
}

/// An inhalation before the phrase at a place, as it would be with room enough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InhalePlan {
    /// Its length, seconds.
    pub duration_s: f64,
    /// Time between its end and the phrase, seconds.
    pub pause_s: f64,
    /// The share of its length over which it rises.
    pub rise_share: f64,
    /// By how much its resonances lie higher than where they usually are, as a factor.
    pub colour_scale: f32,
    /// Where chance puts its level, dB re what is asked for.
    level_db: f64,
    /// Where chance puts this rest among all, `0..1`.
    rank: f64,
}

impl InhalePlan {
    /// At a song position, seconds, behind a phrase of so many, if that is known.
    pub fn at(position_s: f64, phrase_s: Option<f64>, settings: &Settings) -> Self {
        let draws = Draws::at(Stream::Inhale, &Chance::of(settings), position_s, 1.0);
        let [least, most] = PHRASE_FACTORS;
        let need = (phrase_s.unwrap_or(USUAL_PHRASE_S) / USUAL_PHRASE_S).powf(PHRASE_POWER).clamp(least, most);
        let spread = (DURATION_SPREAD * draws.normal(Draw::Duration as u32)).exp();
        let [shortest_s, longest_s] = DURATIONS_S;
        let [least_s, most_s] = PAUSES_S;
        Self {
            duration_s: (MEDIAN_DURATION_S * need * spread).clamp(shortest_s, longest_s),
            // Squared, because most are near the least.
            pause_s: least_s + (most_s - least_s) * draws.unit(Draw::Pause as u32).powi(2),
            rise_share: draws.between(Draw::Rise as u32, RISE_SHARES),
            colour_scale: draws.between(Draw::Colour as u32, [1.0 - COLOUR_SPREAD, 1.0 + COLOUR_SPREAD]) as f32,
            level_db: LEVEL_SPREAD_DB * draws.normal(Draw::Level as u32),
            rank: draws.unit(Draw::IsWanted as u32),
        }
    }

    /// Whether the singer breathes in at all, who does in such a share of rests, where there is room for so many
    /// seconds.
    pub fn is_wanted(&self, share: f64, room_s: f64) -> bool {
        let [least_s, usual_s] = ROOMS_S;
        self.rank < share * ((room_s - least_s) / (usual_s - least_s)).clamp(0.0, 1.0)
    }

    /// How much louder than asked for one of so many seconds is over its length, dB.
    pub fn more_db(&self, duration_s: f64) -> f64 {
        let hurry_db = HURRY_DB * (USUAL_DURATION_S / duration_s).log2();
        (self.level_db + hurry_db).clamp(-MOST_LEVEL_DB, MOST_LEVEL_DB) - HEARD_DB
    }
}

/// Whether one of so many seconds is any.
pub fn is_long_enough(duration_s: f64) -> bool {
    duration_s >= DURATIONS_S[0]
}

/// The longest time between an inhalation's end and the phrase, seconds. Source: computed.
pub const LONGEST_PAUSE_S: f64 = PAUSES_S[1];
