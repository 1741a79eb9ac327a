//! Where a note is centred, and how it leans.
//!
//! In: what is drawn for a note and the one before, how far off it comes from, how long it is foreseen to last. Out:
//! both for each cent of intonation, and the lean as a gesture. Most notes begin nearer to their pitch than they end;
//! one at the pitch of the note before goes on from where that has got to. Source: DESIGN §6.

use super::Draw;
use super::gestures::Lean;
use crate::performance::draws::Draws;

/// How far notes lean to either side, for each cent of intonation. Found by rendering machines' songs (`xtask tune`):
/// with 0.9 their slopes over whole notes were 17 cents/s at the median, with this 27 (VOICE.md: singers 14 to 86,
/// trained ones 34).
const LEAN_PER_CENT: f64 = 1.9;
/// … times this where the note's length is foreseen, and times this where it is not, which is where it is long: with
/// the same for both, long notes had a half more drift than short ones (`xtask tune`).
const FORESEEN_LEAN: f64 = 1.05;
const UNFORESEEN_LEAN: f64 = 0.82;
/// So much of a lean lies on the far side of the centre where the length is not foreseen: most of those notes end
/// before the lean is half over, and without this they began further off than they ended (`xtask tune --state`). With
/// half of it the centres of a tenor's long notes lay 26 to 28 cents apart, sd (VOICE.md: singers' 10 to 24).
const UNFORESEEN_OUTWARD: f64 = 0.4;
/// Leans differ by these factors. No note is without: people's seldom are (VOICE.md), and machines' all were.
const LEAN_FACTORS: [f64; 2] = [0.6, 1.3];
/// So many notes lean back: they begin off, and come to be in tune. All others begin nearer, and wander (DESIGN §6).
const LEANS_BACK: f64 = 0.15;
/// Notes shorter than this lean less, longer ones no further, seconds.
const FULL_LEAN_S: f64 = 0.4;
/// The lengths over which notes lean, seconds; the last also where the length is not foreseen: with 0.9 notes of two
/// seconds did not lean at all, with 1.5 those moved more than shorter ones (`xtask tune`).
const LEAN_TIMES_S: [f64; 2] = [0.2, 1.9];

/// The furthest that a note's beginning and end lie off, for each cent of intonation, unless it is centred further off.
/// A decision: 39 cents at the default, 45 late in a long note; without it a note of the demo slid by a hundred.
const MOST_OFF: f64 = 2.3;

/// A note at the pitch of the one before lies no further from it, cents, and keeps so much of where that has got to:
/// nobody aims again who is there. Without it the two of a repeated note were up to 75 cents apart, one beginning in
/// tune where the other had wandered off; and no phrase begins with what was before.
pub(super) const SAME_PITCH_CENTS: f64 = 60.0;
const KEPT: f64 = 0.8;
/// However often a note is repeated, it is centred no further off, for each cent of intonation: no further than chance
/// takes any note.
const MOST_KEPT: f64 = 2.0;

/// What decides on a note's tuning.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tuning {
    /// What is drawn for it and for the note before.
    pub(super) draws: Draws,
    pub(super) before: Option<Draws>,
    /// How far off the note at the same pitch has got to, for each cent of intonation; `None` behind any other.
    pub(super) from: Option<f64>,
    /// How long it is foreseen to last, seconds.
    pub(super) length_s: Option<f64>,
    /// How far off the body is, standard deviations.
    pub(super) body: f64,
}

impl Tuning {
    /// Where a note is centred and how far it leans up, both for each cent of intonation.
    pub(super) fn offset_and_lean(&self) -> (f64, f64) {
        let Self { draws, before, body, .. } = *self;
        let drawn = draws.deviation(Draw::Offset as u32, before) + body;
        let [least, most] = LEAN_FACTORS;
        let lean = LEAN_PER_CENT * (least + (most - least) * draws.unlike(Draw::Lean as u32, before));
        // What lies far off leans little: neither its beginning nor its end may lie much further.
        let leaning = |offset: f64| lean.min((MOST_OFF - offset.abs()).max(LEAN_PER_CENT * least));
        if let Some(from) = self.from {
            let offset = KEPT * from + (1.0 - KEPT * KEPT).sqrt() * drawn;
            let offset = offset.clamp(-MOST_KEPT, MOST_KEPT);
            // Its beginning is where it comes from, or near.
            return (offset, leaning(offset).copysign(offset - from));
        }
        // From where it is in tune, mostly, to where it is off.
        let is_back = draws.unit(Draw::IsBack as u32) < LEANS_BACK;
        (drawn, leaning(drawn).copysign(if is_back { -drawn } else { drawn }))
    }

    /// A lean of so many cents over what is foreseen of the note.
    pub(super) fn lean(&self, cents: f64) -> Lean {
        let (factor, outward) = match self.length_s {
            Some(_) => (FORESEEN_LEAN, 0.0),
            None => (UNFORESEEN_LEAN, UNFORESEEN_OUTWARD),
        };
        let [shortest_s, longest_s] = LEAN_TIMES_S;
        let seconds = self.length_s.unwrap_or(longest_s).clamp(shortest_s, longest_s);
        Lean { cents: factor * cents * (seconds / FULL_LEAN_S).min(1.0), outward, seconds }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::noise::Stream;
    use crate::performance::note_pitch::gestures::Gestures;
    use crate::settings::Settings;

    /// Size of the pitch soon after a note's beginning and shortly before its end, mean over many notes, cents.
    fn beginning_and_end(length_s: f64, is_foreseen: bool) -> [f64; 2] {
        let draws = |k: u32| Draws::at(Stream::NotePitch, &Settings::NEUTRAL, f64::from(k), 4.0);
        let note = |k: u32| {
            let length_s = is_foreseen.then_some(length_s);
            let tuning = Tuning { draws: draws(k), before: Some(draws(k - 1)), from: None, length_s, body: 0.0 };
            let (offset, lean) = tuning.offset_and_lean();
            Gestures { offset_cents: 17.0 * offset, lean: tuning.lean(17.0 * lean), ..Gestures::default() }
        };
        let notes: Vec<Gestures> = (1..=400).map(note).collect();
        [0.2 * length_s, 0.95 * length_s]
            .map(|age_s| notes.iter().map(|note| note.at(age_s).1.abs()).sum::<f64>() / 400.0)
    }

    #[test]
    fn notes_wander_off_whether_or_not_their_length_is_foreseen() {
        // A little longer than is foreseen they end where their lean is half over, about as far off as they began.
        let lengths = [(0.3, true, 1.5), (0.45, true, 1.5), (0.7, false, 0.75), (1.0, false, 1.2), (1.9, false, 1.5)];
        for (length_s, is_foreseen, least) in lengths {
            let [beginning, end] = beginning_and_end(length_s, is_foreseen);
            println!("{length_s} s, foreseen {is_foreseen}: {beginning:.1} to {end:.1} cents");
            assert!(end > least * beginning && end < 40.0, "{length_s} s: {beginning} to {end} cents");
        }
    }
}
