//! Whether what is heard is the take that a score was learned from.
//!
//! In: the power of each hop, the strongest pitch of each window. Out: a [`Print`] of each half second, for a score that
//! is being learned; and whether what is heard agrees with what was learned. Both are known at once and the same in
//! every mode. A take that was edited, moved or exchanged differs in level within an eighth of a second, or in pitch
//! within a half second. It is taken to agree again from a silence on that agrees, or after two seconds that do; nothing
//! that was not compared disagrees.

use super::half_second::{HalfSecond, N_PARTS, Print, level_db, level_steps, pitch_steps};
use super::pitch::Candidate;

/// Eighths of a second a second. Source: definition.
const PARTS_PER_S: f64 = 2.0 * N_PARTS as f64;
/// The levels of one eighth of a second agree if they differ by no more than this, dB.
/// Chosen: dither, a fade or a little noise in it changes less; another syllable more, at one of its eighths.
const MOST_LEVEL_DB: f32 = 3.0;
/// Levels below this agree, dBFS. Chosen: a recording's room, which is never twice the same.
const LEAST_LEVEL_DB: f32 = -60.0;
/// Mean pitches of a half second agree if they differ by no more than this, in steps of two cents: 40 cents.
/// Chosen: a take that was put in tune is another take; a share of an unsteady window is not.
const MOST_PITCH_STEPS: u16 = 20;
/// Voiced windows of a half second agree if they differ by no more than this: 0.12 s.
/// Chosen: a little noise changes how clear the edges of voicing are.
const MOST_VOICED: u8 = 22;
/// The pitch of fewer voiced windows is not compared: 0.1 s. Chosen: a mean over an onset is not steady.
const LEAST_VOICED: u8 = 19;
/// Clearer windows are voiced. Chosen: where there is a choice of pitches, two takes that are alike differ by chance.
const VOICED_CLARITY: f32 = 0.8;
/// Prints that are kept. Source: computed, more half seconds than a verdict waits for.
const N_PRINTS: usize = 4;
/// So many eighths of a second in a row agree until a take that differed is the learned one again: two seconds.
/// Chosen: longer than two takes agree by chance.
const N_AGREEING: u32 = 16;

/// Power over an eighth of a second.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    number: i64,
    /// It was heard from its beginning on.
    is_whole: bool,
    energy: f64,
    n_samples: i64,
}

/// Pitch over a half second.
#[derive(Clone, Copy, Debug, Default)]
struct Voiced {
    number: i64,
    is_whole: bool,
    cents: f64,
    n: u32,
}

/// Makes prints of what is heard and compares them with those of a score.
#[derive(Clone, Debug, Default)]
pub(super) struct Agreement {
    /// Song position where the next hop begins if the song goes on.
    next_position: Option<i64>,
    /// The first half second that has been heard from its beginning on since the song began or jumped.
    whole_from: i64,
    part: Part,
    /// Levels of the last two half seconds' parts, by the number of each part modulo their number.
    levels: [Option<(i64, u8)>; 4 * N_PARTS],
    voiced: Voiced,
    /// Of the last half seconds, the newest first.
    prints: [Option<(i64, Print)>; N_PRINTS],
    /// For how many parts it has agreed since it did not; `None` while it agrees.
    doubted: Option<u32>,
}

impl Agreement {
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    /// Whether what is heard agrees, as far as it was compared.
    pub(super) fn holds(&self) -> bool {
        self.doubted.is_none()
    }

    /// Takes in a hop of so much mean power; `known` gives what was learned of a half second by its number.
    pub(super) fn hear<'a>(
        &mut self,
        position_samples: i64,
        len: usize,
        power: f32,
        sample_rate_hz: f64,
        known: impl Fn(i64) -> Option<&'a HalfSecond>,
    ) {
        let part_at = |position: i64| (position as f64 * PARTS_PER_S / sample_rate_hz).floor() as i64;
        let number = part_at(position_samples);
        let goes_on = self.next_position == Some(position_samples);
        self.next_position = Some(position_samples + len as i64);
        if !goes_on {
            // At a jump another part of the song begins, which may agree.
            (self.doubted, self.voiced.is_whole) = (None, false);
            let is_whole = part_at(position_samples - 1) != number;
            self.part = Part { number, is_whole, ..Part::default() };
            let first_whole = number + i64::from(!is_whole);
            self.whole_from = -(-first_whole).div_euclid(N_PARTS as i64);
        } else if number != self.part.number {
            if self.part.is_whole {
                self.complete_part(known);
            }
            self.part = Part { number, is_whole: true, ..Part::default() };
        }
        self.part.energy += f64::from(power) * len as f64;
        self.part.n_samples += len as i64;
    }

    fn complete_part<'a>(&mut self, known: impl Fn(i64) -> Option<&'a HalfSecond>) {
        let Part { number, energy, n_samples, .. } = self.part;
        let heard = level_steps((10.0 * (energy / n_samples.max(1) as f64).log10()) as f32);
        self.levels[slot(number)] = Some((number, heard));
        let n_parts = N_PARTS as i64;
        let Some(half_second) = known(number.div_euclid(n_parts)) else { return };
        let learned = half_second.print.levels[number.rem_euclid(n_parts) as usize];
        let [heard_db, learned_db] = [heard, learned].map(|steps| level_db(steps).max(LEAST_LEVEL_DB));
        let agrees = (heard_db - learned_db).abs() <= MOST_LEVEL_DB;
        self.judge(agrees, agrees && heard_db < half_second.thresholds().silence_db);
    }

    /// Takes in the level of a window that ends in a half second, and its strongest pitch, if it has one.
    pub(super) fn hear_pitch<'a>(
        &mut self,
        half_second: i64,
        level_db: f32,
        strongest: Option<Candidate>,
        known: impl Fn(i64) -> Option<&'a HalfSecond>,
    ) {
        if half_second != self.voiced.number {
            let goes_on = half_second == self.voiced.number + 1;
            if let Some((number, print)) = self.print().filter(|_| goes_on && self.voiced.is_whole) {
                known(number).into_iter().for_each(|learned| self.compare_pitch(&print, learned));
                self.prints.rotate_right(1);
                self.prints[0] = Some((number, print));
            }
            let is_whole = goes_on || half_second >= self.whole_from;
            self.voiced = Voiced { number: half_second, is_whole, ..Voiced::default() };
        }
        let is_voiced = |strongest: &Candidate| strongest.clarity >= VOICED_CLARITY && level_db >= LEAST_LEVEL_DB;
        if let Some(strongest) = strongest.filter(is_voiced) {
            self.voiced.cents += f64::from(1200.0 * strongest.f0_hz.log2());
            self.voiced.n += 1;
        }
    }

    /// The print of one of the last half seconds, if it was heard as a whole.
    pub(super) fn print_of(&self, half_second: i64) -> Option<Print> {
        self.prints.iter().flatten().find(|(number, _)| *number == half_second).map(|(_, print)| *print)
    }

    /// The print of the half second whose pitch has been taken in, if its levels are known.
    fn print(&self) -> Option<(i64, Print)> {
        let Voiced { number, cents, n, .. } = self.voiced;
        let mut levels = [0; N_PARTS];
        for (k, level) in levels.iter_mut().enumerate() {
            let part = number * N_PARTS as i64 + k as i64;
            *level = self.levels[slot(part)].filter(|(number, _)| *number == part)?.1;
        }
        let pitch = pitch_steps((cents / f64::from(n.max(1))) as f32);
        Some((number, Print { levels, pitch, n_voiced: n.min(255) as u8 }))
    }

    fn compare_pitch(&mut self, heard: &Print, learned: &HalfSecond) {
        // Of several voices now one is the clearest and now another.
        let is_compared = !learned.is_polyphonic;
        let learned = learned.print;
        let is_voiced = is_compared && heard.n_voiced.min(learned.n_voiced) >= LEAST_VOICED;
        let agrees = !is_compared
            || heard.n_voiced.abs_diff(learned.n_voiced) <= MOST_VOICED
                && (!is_voiced || heard.pitch.abs_diff(learned.pitch) <= MOST_PITCH_STEPS);
        if !agrees {
            self.judge(false, false);
        }
    }

    fn judge(&mut self, agrees: bool, is_silent: bool) {
        self.doubted = match self.doubted {
            _ if !agrees => Some(0),
            Some(n) if !is_silent && n + 1 < N_AGREEING => Some(n + 1),
            _ => None,
        };
    }
}

/// Where the level of a part is kept.
fn slot(part: i64) -> usize {
    part.rem_euclid(4 * N_PARTS as i64) as usize
}
