//! Whether what is heard is the take that a score was learned from.
//!
//! In: the level and the strongest pitch of each window. Out: a [`Print`] of each half second, for a score that is
//! being learned; and whether what is heard agrees with what was learned. Both are known at once and the same in every
//! mode. A take that was edited, moved or exchanged differs in level or in pitch within an eighth of a second. It is
//! taken to agree again after two seconds of sound that do, or half a second and a silence; nothing that was not
//! compared disagrees. Where a song begins or jumps, an eighth of a second is not compared whose windows reach into
//! what was not heard; nor is one that was heard in another view of a stereo input, or in both.

use super::grid::{SLOW_HZ, WINDOW_VALUES};
use super::half_second::{HalfSecond, N_PARTS, NOT_COMPARED, PartPrint, Print, level_db, level_steps, pitch_steps};
use super::pitch::Candidate;

/// Eighths of a second a second. Source: definition.
const PARTS_PER_S: f64 = 2.0 * N_PARTS as f64;
/// The levels of one eighth of a second agree if they differ by no more than this, dB.
/// Chosen: dither, a fade or a little noise in it changes less; another syllable more, at one of its eighths.
const MOST_LEVEL_DB: f32 = 3.0;
/// Levels so little above the room's, dB, agree; the room itself counts as at least the first and at most the second,
/// dBFS. Chosen: breaths of the take must stand out, and the room is never twice the same.
const ABOVE_FLOOR_DB: f32 = 6.0;
const LEAST_LEVEL_DB: [f32; 2] = [-90.0, -50.0];
/// Mean pitches of an eighth of a second agree if they differ by no more than this, in steps of two cents: 40 cents.
/// Chosen: a take that was put in tune is another take; a share of an unsteady window is not.
const MOST_PITCH_STEPS: u16 = 20;
/// Voiced windows of an eighth of a second agree if they differ by no more than this: 0.06 s.
/// Chosen: a little noise changes how clear the edges of voicing are.
const MOST_VOICED: u8 = 12;
/// The pitch of fewer voiced windows is not compared: 0.08 s. Chosen: a mean over an onset is not steady.
const LEAST_VOICED: u8 = 15;
/// Clearer windows are voiced. Chosen: where there is a choice of pitches, two takes that are alike differ by chance.
const VOICED_CLARITY: f32 = 0.8;
/// So many windows of the grid lie in the longest window that is analysed, 0.059 s, and one more.
/// Source: computed from `pitch.rs`.
const N_FILLING: usize = 12;
/// Prints that are kept: of two seconds. Source: computed, a verdict waits for less.
const N_KEPT: usize = 4 * N_PARTS;
/// So many eighths of a second that sound must agree in a row until a take that differed is the learned one again: two
/// seconds. Chosen: longer than two takes agree by chance.
const N_AGREEING: u32 = 16;
/// The same where a silence follows that agrees too: half a second. Chosen: the end of an edited phrase; with less a
/// silence alone would do, which is the same in every song.
const N_BEFORE_SILENCE: u32 = 4;

/// Sums over an eighth of a second.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    number: i64,
    /// It was heard from its first window on.
    is_whole: bool,
    /// None of its windows begins before the song began or jumped.
    is_filled: bool,
    /// The view of the input that it was heard in; `None` if that changed.
    view: Option<u8>,
    power: f64,
    n: u32,
    cents: f64,
    n_voiced: u32,
}

/// The print of a part that was heard.
#[derive(Clone, Copy, Debug)]
struct Kept {
    number: i64,
    view: Option<u8>,
    print: PartPrint,
}

/// Makes prints of what is heard and compares them with those of a score.
#[derive(Clone, Debug, Default)]
pub(super) struct Agreement {
    last_window: Option<i64>,
    /// Windows since the song began or jumped.
    n_windows: usize,
    part: Part,
    /// The last prints, by the number of each modulo how many there are.
    kept: [Option<Kept>; N_KEPT],
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

    /// Takes in the level of the window of a number, heard in a view of the input, and its strongest pitch, if it has
    /// one; `known` gives what was learned of a half second by its number.
    pub(super) fn hear<'a>(
        &mut self,
        window: i64,
        view: u8,
        level_db: f32,
        strongest: Option<Candidate>,
        known: impl Fn(i64) -> Option<&'a HalfSecond>,
    ) {
        let goes_on = self.last_window.replace(window) == Some(window - 1);
        let number = part_of(window);
        if !goes_on {
            // At a jump another part of the song begins, which may agree.
            (self.doubted, self.n_windows) = (None, 0);
        }
        if !goes_on || number != self.part.number {
            if goes_on && self.part.is_whole {
                self.complete(known);
            }
            let is_filled = self.n_windows >= N_FILLING;
            let is_whole = part_of(window - 1) != number;
            self.part = Part { number, is_whole, is_filled, view: Some(view), ..Part::default() };
        }
        self.part.view = self.part.view.filter(|heard| *heard == view);
        self.n_windows = self.n_windows.saturating_add(1);
        let part = &mut self.part;
        (part.power, part.n) = (part.power + 10_f64.powf(f64::from(level_db) / 10.0), part.n + 1);
        let is_voiced = |strongest: &Candidate| strongest.clarity >= VOICED_CLARITY && level_db >= LEAST_LEVEL_DB[0];
        if let Some(strongest) = strongest.filter(is_voiced) {
            part.cents += f64::from(1200.0 * strongest.f0_hz.log2());
            part.n_voiced += 1;
        }
    }

    fn complete<'a>(&mut self, known: impl Fn(i64) -> Option<&'a HalfSecond>) {
        let Part { number, is_filled, view, power, n, cents, n_voiced, .. } = self.part;
        let level = level_steps((10.0 * (power / f64::from(n.max(1))).log10()) as f32);
        let heard = PartPrint {
            level: if is_filled { level } else { NOT_COMPARED },
            pitch: if n_voiced == 0 { 0 } else { pitch_steps((cents / f64::from(n_voiced)) as f32) },
            n_voiced: n_voiced.min(255) as u8,
        };
        self.kept[slot(number)] = Some(Kept { number, view, print: heard });
        let n_parts = N_PARTS as i64;
        let Some(half_second) = known(number.div_euclid(n_parts)) else { return };
        let learned = half_second.print.0[number.rem_euclid(n_parts) as usize];
        if view != Some(half_second.view) || !is_compared(&heard, &learned) {
            return;
        }
        let agrees = alike(&heard, &learned, half_second);
        let is_silent = agrees && level_db(heard.level) < half_second.thresholds().silence_db;
        self.doubted = match self.doubted {
            _ if !agrees => Some(0),
            // Silence is like any other; but behind what agreed it is where a phrase is over.
            Some(n) if is_silent => Some(n).filter(|n| *n < N_BEFORE_SILENCE),
            Some(n) => Some(n + 1).filter(|n| *n < N_AGREEING),
            None => None,
        };
    }

    /// The print of one of the last half seconds, if it was heard as a whole, for comparing what is heard in a view of
    /// the input.
    pub(super) fn print_of(&self, half_second: i64, view: u8) -> Option<Print> {
        let mut print = Print::default();
        for (k, part) in print.0.iter_mut().enumerate() {
            let number = half_second * N_PARTS as i64 + k as i64;
            let kept = self.kept[slot(number)].filter(|kept| kept.number == number)?;
            let is_comparable = kept.view == Some(view);
            *part = if is_comparable { kept.print } else { PartPrint { level: NOT_COMPARED, ..kept.print } };
        }
        Some(print)
    }
}

/// Whether two half seconds are the same take's.
pub(super) fn is_same_take(here: &HalfSecond, known: &HalfSecond) -> bool {
    let mut parts = here.print.0.iter().zip(&known.print.0).filter(|_| here.view == known.view);
    parts.all(|(here, part)| !is_compared(here, part) || alike(here, part, known))
}

/// Whether of an eighth of a second both are known.
fn is_compared(heard: &PartPrint, learned: &PartPrint) -> bool {
    heard.level != NOT_COMPARED && learned.level != NOT_COMPARED
}

/// Whether an eighth of a second is that of a half second that was learned.
fn alike(heard: &PartPrint, learned: &PartPrint, half_second: &HalfSecond) -> bool {
    let is_polyphonic = half_second.is_polyphonic;
    // The room is never twice the same.
    let least_db = (half_second.thresholds().floor_db + ABOVE_FLOOR_DB).clamp(LEAST_LEVEL_DB[0], LEAST_LEVEL_DB[1]);
    let [heard_db, learned_db] = [heard, learned].map(|part| level_db(part.level).max(least_db));
    if (heard_db - learned_db).abs() > MOST_LEVEL_DB {
        return false;
    }
    // Of several voices now one is the strongest and now another.
    let has_pitch = !is_polyphonic && heard.n_voiced.min(learned.n_voiced) >= LEAST_VOICED;
    let is_voiced_alike = is_polyphonic || heard.n_voiced.abs_diff(learned.n_voiced) <= MOST_VOICED;
    is_voiced_alike && (!has_pitch || heard.pitch.abs_diff(learned.pitch) <= MOST_PITCH_STEPS)
}

/// The number of the eighth of a second in which a window ends.
fn part_of(window: i64) -> i64 {
    ((window * WINDOW_VALUES as i64 - 1) as f64 * PARTS_PER_S / SLOW_HZ).floor() as i64
}

/// Where the print of a part is kept.
fn slot(part: i64) -> usize {
    part.rem_euclid(N_KEPT as i64) as usize
}

#[cfg(test)]
mod tests {
    use super::super::half_second::{HalfSeconds, of_print};
    use super::*;

    /// Windows of a take whose level and pitch are told by the second.
    fn hear(
        agreement: &mut Agreement,
        windows: std::ops::Range<i64>,
        take: impl Fn(f64) -> (f32, f32),
        song: &HalfSeconds,
    ) {
        for window in windows {
            let (level_db, f0_hz) = take(window as f64 * WINDOW_VALUES as f64 / SLOW_HZ);
            let strongest = (f0_hz > 0.0).then_some(Candidate { f0_hz, clarity: 0.95 });
            agreement.hear(window, 0, level_db, strongest, |number| song.get(number));
        }
    }

    fn sung(time_s: f64) -> (f32, f32) {
        if time_s % 2.0 < 1.5 {
            (-20.0 - 3.0 * (time_s % 1.5) as f32, 220.0 + 20.0 * time_s as f32)
        } else {
            (-90.0, 100.0)
        }
    }

    fn song() -> HalfSeconds {
        learned(sung, false)
    }

    #[test]
    fn a_take_agrees_with_itself_from_any_start_and_another_does_not() {
        let song = song();
        for start in [1, 57, 200] {
            let mut agreement = Agreement::default();
            hear(&mut agreement, start..560, sung, &song);
            assert!(agreement.holds());
        }
        for (name, other) in [
            ("louder", &(|time_s| (sung(time_s).0 + 6.0, sung(time_s).1)) as &dyn Fn(f64) -> (f32, f32)),
            ("higher", &|time_s| (sung(time_s).0, 1.06 * sung(time_s).1)),
            ("later", &|time_s| sung(time_s - 0.75)),
        ] {
            let mut agreement = Agreement::default();
            hear(&mut agreement, 1..200, other, &song);
            assert!(!agreement.holds(), "{name}");
        }
    }

    #[test]
    fn behind_an_edit_it_agrees_again_from_a_silence_on() {
        let song = song();
        let mut agreement = Agreement::default();
        let edited = |time_s: f64| if (0.5..0.9).contains(&time_s) { (-40.0, 330.0) } else { sung(time_s) };
        hear(&mut agreement, 1..270, edited, &song);
        assert!(!agreement.holds(), "until the phrase is over");
        hear(&mut agreement, 270..380, edited, &song);
        assert!(agreement.holds(), "a silence that agrees");
    }

    /// What is learned of four seconds of a take.
    fn learned(take: impl Fn(f64) -> (f32, f32), is_polyphonic: bool) -> HalfSeconds {
        let mut agreement = Agreement::default();
        let mut all = Vec::new();
        for half_second in 0..8 {
            let windows = half_second * 94 + 1..(half_second + 1) * 94 + 1;
            hear(&mut agreement, windows, &take, &HalfSeconds::default());
            let known = |print| {
                let mut known = of_print(print);
                known.is_polyphonic = is_polyphonic;
                known
            };
            all.extend(agreement.print_of(half_second - 1, 0).map(|print| (half_second - 1, known(print))));
        }
        assert!(all.len() >= 6, "{} half seconds", all.len());
        HalfSeconds::new(all)
    }

    #[test]
    fn an_eighth_of_a_second_that_was_heard_in_part_is_not_compared() {
        // It is loud in the first half of each.
        let halves = |time_s: f64| (if (16.0 * time_s) as i64 % 2 == 0 { -20.0 } else { -50.0 }, 220.0);
        let song = learned(halves, false);
        let mut agreement = Agreement::default();
        for (from, to) in [(12, 60), (36, 90), (130, 160), (50, 200), (199, 300)] {
            for window in from..to {
                hear(&mut agreement, window..window + 1, halves, &song);
                assert!(agreement.holds(), "from {from}, at {window}");
            }
        }
    }

    #[test]
    fn what_reaches_into_what_was_not_heard_is_not_compared_and_is_not_kept_for_comparing() {
        let steady = |_: f64| (-20.0, 220.0);
        let song = learned(steady, false);
        for start in 1..=48 {
            // Where the stream begins its windows are not yet filled.
            let filling = |time_s: f64| {
                let n = time_s * SLOW_HZ / WINDOW_VALUES as f64 - f64::from(start);
                if n < 11.5 { (-40.0, 0.0) } else { steady(time_s) }
            };
            let mut agreement = Agreement::default();
            for window in start..start + 200 {
                hear(&mut agreement, i64::from(window)..i64::from(window) + 1, filling, &song);
                assert!(agreement.holds(), "from {start}, at {window}");
            }
            // Half second 1 is whole if it begins behind the start; of half second 0 it tells what was filled.
            let print = agreement.print_of(1, 0).expect("it was heard");
            let kept = super::super::half_second::of_print(print);
            assert!(is_same_take(&kept, song.get(1).expect("learned")), "from {start}: {print:?}");
            let mut again = Agreement::default();
            let song = HalfSeconds::new(vec![(1, kept)]);
            hear(&mut again, 1..300, steady, &song);
            assert!(again.holds(), "from {start}: {print:?}");
        }
    }

    #[test]
    fn what_was_heard_in_another_view_of_the_input_is_not_compared() {
        // The other view is quieter, and was heard from 0.7 to 1.2 s; what is kept is for the first.
        let at = |window: i64| window as f64 * WINDOW_VALUES as f64 / SLOW_HZ;
        let hear = |agreement: &mut Agreement, window: i64, view: u8, song: &HalfSeconds| {
            let strongest = Candidate { f0_hz: 220.0, clarity: 0.95 };
            let level_db = if view == 0 { -20.0 } else { -45.0 };
            agreement.hear(window, view, level_db, Some(strongest), |number| song.get(number));
        };
        let (mut learning, mut all) = (Agreement::default(), Vec::new());
        for window in 1..400 {
            hear(&mut learning, window, u8::from((0.7..1.2).contains(&at(window))), &HalfSeconds::default());
            let last = (at(window) / 0.5) as i64 - 1;
            all.extend(learning.print_of(last, 0).filter(|_| window % 94 == 20).map(|print| (last, of_print(print))));
        }
        let song = HalfSeconds::new(all);
        let compared = |number: i64| song.get(number).map(|half| half.print.0.map(|part| part.level != NOT_COMPARED));
        // Parts of the second half second begin at 0.5, 0.625, 0.75 and 0.875 s.
        assert_eq!(compared(1), Some([true, false, false, false]));
        assert_eq!(compared(2), Some([false, false, true, true]));
        let mut agreement = Agreement::default();
        (1..300).for_each(|window| hear(&mut agreement, window, 0, &song));
        assert!(agreement.holds());
        (300..400).for_each(|window| hear(&mut agreement, window, 1, &song));
        assert!(agreement.holds(), "what is heard in the other view says nothing");
        let [mut other, known] = [learned(|_| (-45.0, 220.0), false), learned(|_| (-20.0, 220.0), false)]
            .map(|song| *song.get(2).expect("it was heard"));
        assert!(!is_same_take(&other, &known));
        other.view = 1;
        assert!(is_same_take(&other, &known));
    }

    #[test]
    fn without_a_silence_it_agrees_again_after_two_seconds_that_do() {
        let steady = |_: f64| (-20.0, 220.0);
        let song = learned(steady, false);
        let mut agreement = Agreement::default();
        let edited = |time_s: f64| if time_s < 0.6 { (-40.0, 220.0) } else { steady(time_s) };
        let holds = |window: i64| {
            hear(&mut agreement, window..window + 1, edited, &song);
            agreement.holds()
        };
        let verdicts: Vec<bool> = (1..600).map(holds).collect();
        let last = verdicts.iter().rposition(|holds| !holds).expect("an edit") as f64 + 1.0;
        // The last eighth of a second that differs ends at 0.625 s.
        let seconds = last * WINDOW_VALUES as f64 / SLOW_HZ;
        assert!((seconds - 2.625).abs() < 0.01, "{seconds}");
    }

    #[test]
    fn of_several_voices_and_of_what_is_unclear_or_quiet_no_pitch_is_compared() {
        let at = |level_db: f32, f0_hz: f32| move |_: f64| (level_db, f0_hz);
        let agrees = |song: &HalfSeconds, level_db: f32, clarity: f32| {
            let mut agreement = Agreement::default();
            for window in 1..200 {
                let strongest = Candidate { f0_hz: 330.0, clarity };
                agreement.hear(window, 0, level_db, Some(strongest), |number| song.get(number));
            }
            agreement.holds()
        };
        assert!(agrees(&learned(at(-20.0, 220.0), true), -20.0, 0.95));
        assert!(!agrees(&learned(at(-20.0, 220.0), false), -20.0, 0.95));
        assert!(agrees(&learned(at(-95.0, 220.0), false), -95.0, 0.95));
        // A voice is not the same as sound of its level without a pitch; of two that have none, none differs.
        assert!(!agrees(&learned(at(-20.0, 220.0), false), -20.0, 0.5));
        assert!(agrees(&learned(at(-20.0, 0.0), false), -20.0, 0.5));
    }

    #[test]
    fn a_print_tells_level_and_pitch_of_the_windows_that_end_in_it() {
        let song = learned(|_| (-20.0, 220.0), false);
        let part = song.get(2).expect("it was heard").print.0[1];
        assert!((level_db(part.level) + 20.0).abs() < 0.3 && (23..=24).contains(&part.n_voiced), "{part:?}");
        assert_eq!(part.pitch, pitch_steps(1200.0 * 220_f32.log2()));
        // Window 375 ends at two seconds: all of it is heard before.
        assert_eq!([375, 376].map(part_of), [15, 16]);
    }
}
