//! When each note is sung: a little before the beat or behind it, as a person would.
//!
//! In: the notes ahead, the settings they came in with, where the read pointer is. Out: the displacement that timing
//! asks for, and at each note what was planned and what came of it. A note has one deviation, that of its vowel. It is
//! asked for before what belongs to the note begins, so that consonants and breaths are moved and never stretched: in
//! the silence before it, or else at the end of the note before, where the renderer steps by whole periods. What other
//! movements will have displaced by then is taken up in the same step.

mod notes;
mod series;

use super::Lookahead;
use super::body::{Attention, On};
use super::foresight;
use super::missing::{OwnTime, own_time};
use super::movement::{Depths, Movement};
use super::note_pitch::NotePitch;
use crate::analysis::Onset;
use crate::analysis::take::TakeStatistics;
use crate::settings::{Mode, Settings};
use notes::{Found, Note, NoteFinder};
use series::{Series, linger};

/// The furthest a note may be moved in each mode, ms: early and late. In Phrase a decision. In Studio a note is known
/// 18 ms before it is due, and what is moved early is known later by as much; in Live, when it is over.
const fn reach_ms(mode: Mode) -> [f64; 2] {
    match mode {
        Mode::Live => [0.0, 60.0],
        Mode::Studio => [12.0, 100.0],
        Mode::Phrase => [150.0, 150.0],
    }
}

/// So long before a note that begins in sound its step is asked for, seconds: some periods of a low voice, and time to
/// wait for some that are alike …
const LEAD_S: f64 = 0.06;
/// … and by so many times the step's size sooner: the renderer may step by 12 ms in 30.
const LEAD_PER_STEP: f64 = 3.0;
/// … but not sooner behind the note before, seconds: that must have been sung.
const LEAST_AGE_S: f64 = 0.04;
/// So far into a silence a step is asked for, seconds: the note before may still ring.
const INTO_SILENCE_S: f64 = 0.01;
/// A silence that is to hold a step must be longer than it by this, seconds: two crossfades and the way into it. Else
/// the step is asked for before the silence.
const SILENCE_MARGIN_S: f64 = 0.03;

/// A phrase's last note lingers if at least so much of it is left when its end is known, seconds: time for a period or
/// two.
const LEAST_LINGERING_S: f64 = 0.03;

/// Where notes need not be in time, no more than this is left of what their movements have displaced, seconds. A
/// decision: a soft onset is heard as late from 10 ms on (VOICE.md).
const MOST_LEFT_S: f64 = 0.008;

/// Notes that may wait at once: as many as the shortest refractory time allows in the longest look-ahead.
const N_WAITING: usize = 16;

/// What was planned for a note and what came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimedNote {
    /// Song position of its onset in the input, samples.
    pub onset_position_samples: i64,
    /// How it begins.
    pub kind: Onset,
    /// How much later than in the input it was to be sung, ms.
    pub planned_ms: f32,
    /// How much later it was sung, ms.
    pub realized_ms: f32,
}

/// When a note is to be sung.
#[derive(Clone, Copy, Debug)]
struct Planned {
    /// `None` as long as it is not known where it begins.
    note: Option<Note>,
    /// Song position whose cell of the bar decides, samples.
    position: i64,
    late_ms: f64,
}

/// Decides when notes are sung.
#[derive(Clone, Debug)]
pub(super) struct Timing {
    sample_rate_hz: f64,
    reach_ms: [f64; 2],
    /// Whether a note's time is settled where the vowel before it ends: the note itself is known too late.
    is_foretold: bool,
    finder: NoteFinder,
    series: Series,
    attention: Attention,
    own_time: OwnTime,
    /// The share of deviations that the take lacks.
    share: f32,
    /// Absolute index where the note found last begins.
    last_found: Option<i64>,
    /// Notes whose time is settled and not yet asked for.
    waiting: [Option<Planned>; N_WAITING],
    n_waiting: usize,
    /// The note whose time has been asked for and that has not been sung.
    asked: Option<Planned>,
    /// The note sung last: where its vowel began, and how much later than in the input.
    last: Option<(i64, f64)>,
    phrase_cell: i64,
    /// Absolute index where the phrase ends whose last note is sung, if that has just become known.
    phrase_end: Option<i64>,
    shift_samples: f64,
}

/// A note that begins to be sung. All of it hangs on the note alone, not on how the pointer got there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sung {
    /// What was planned and what came of it.
    pub(super) timed: TimedNote,
    /// Absolute index of its vowel's beginning in the input.
    pub(super) onset: i64,
    /// Song position in the output where it was planned to begin.
    pub(super) position: i64,
    /// A phrase begins with it.
    pub(super) is_phrase_start: bool,
}

/// What else displaces the read pointer.
pub(super) struct Displaced<'a> {
    pub(super) movement: &'a mut Movement,
    /// How deep the movement is now: it changes slowly.
    pub(super) depths: &'a Depths,
    pub(super) pitch: &'a mut NotePitch,
}

impl Displaced<'_> {
    /// The displacement at a song position, samples, as long as no other note begins.
    pub(super) fn at(&mut self, position: i64, settings: &Settings) -> f64 {
        self.movement.at(position, self.depths).displacement_samples
            + self.pitch.at(position, settings).displacement_samples
    }
}

/// Where a hop lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Absolute index of its first sample.
    pub(super) index: i64,
    /// Song position of its first sample.
    pub(super) position_samples: i64,
    /// Where the read pointer is, samples from there.
    pub(super) pointer_samples: f64,
}

impl Timing {
    pub(super) fn new(sample_rate_hz: f64, mode: Mode) -> Self {
        Self {
            sample_rate_hz,
            reach_ms: reach_ms(mode),
            is_foretold: mode != Mode::Phrase,
            finder: NoteFinder::new(sample_rate_hz),
            series: Series::new(),
            attention: Attention::new(sample_rate_hz),
            own_time: OwnTime::default(),
            share: 1.0,
            last_found: None,
            waiting: [None; N_WAITING],
            n_waiting: 0,
            asked: None,
            last: None,
            phrase_cell: 0,
            phrase_end: None,
            shift_samples: 0.0,
        }
    }

    /// Forgets all notes: the song jumps.
    pub(super) fn reset(&mut self) {
        self.finder.reset();
        (self.n_waiting, self.asked, self.last, self.phrase_end) = (0, None, None, None);
        (self.phrase_cell, self.shift_samples) = (0, 0.0);
        (self.own_time, self.share, self.last_found) = (OwnTime::default(), 1.0, None);
    }

    /// Plans notes and asks for them; returns the one that begins to be sung in a hop. Realtime-safe.
    pub(super) fn at(
        &mut self,
        place: Place,
        settings: &Settings,
        mut displaced: Displaced<'_>,
        ahead: &Lookahead<'_>,
    ) -> Option<Sung> {
        let heard_at = place.index + place.pointer_samples.round() as i64;
        while self.n_waiting < N_WAITING {
            let Some(found) = self.finder.find(place.index, ahead) else { break };
            match found {
                Found::PhraseEnd(end) => self.linger(heard_at, end, settings),
                found => self.take_up(found, settings, ahead),
            }
        }
        let sung = self.sing(heard_at, place.pointer_samples);
        while let Some(next) = self.waiting[0].filter(|next| self.n_waiting > 0 && heard_at >= self.due(next)) {
            self.waiting.rotate_left(1);
            self.n_waiting -= 1;
            self.asked = Some(next);
            let late_samples = next.late_ms / 1000.0 * self.sample_rate_hz;
            let onset_position = next.note.map_or(place.position_samples, |note| note.onset_position);
            let sung_at = onset_position + late_samples.round() as i64;
            let is_in_silence = next.note.is_some_and(|note| note.unit_start > note.silence_start);
            if is_displacing(settings) {
                self.shift_samples = -late_samples - displaced.at(sung_at, settings);
            } else if is_in_silence || self.shift_samples.abs() > MOST_LEFT_S * self.sample_rate_hz {
                // Nobody asks notes to be in time: what their movements have left behind is taken back in silence.
                self.shift_samples = 0.0;
            }
        }
        sung
    }

    /// Absolute index where the phrase ends whose last note is sung, once, when that becomes known.
    pub(super) fn take_phrase_end(&mut self) -> Option<i64> {
        self.phrase_end.take()
    }

    /// The displacement that is asked for, samples.
    pub(super) fn shift_samples(&self, settings: &Settings) -> f64 {
        if settings.amount > 0.0 { self.shift_samples } else { 0.0 }
    }

    /// How much later than in the input the note that is sung was planned, samples; 0 before the first.
    pub(super) fn late_samples(&self) -> f64 {
        self.last.map_or(0.0, |(_, late_ms)| late_ms / 1000.0 * self.sample_rate_hz)
    }

    /// A note begins to be sung, and the movement with it is another: at its beginning `before`, then `after`, samples.
    /// The pointer is asked to stay where it is.
    pub(super) fn displace(&mut self, before: f64, after: f64, settings: &Settings) {
        self.shift_samples =
            if is_displacing(settings) { -self.late_samples() - after } else { self.shift_samples + before - after };
    }

    /// Settles the time of what was found.
    fn take_up(&mut self, found: Found, settings: &Settings, ahead: &Lookahead<'_>) {
        let planned = match found {
            Found::VowelEnd(position) if self.is_foretold => {
                Planned { note: None, position, late_ms: self.late_ms(position, settings) }
            }
            Found::VowelEnd(_) | Found::PhraseEnd(_) => return,
            Found::Note(note) => {
                let settings = ahead(note.onset).map_or(*settings, |hop| hop.settings);
                if note.is_phrase_start {
                    self.phrase_cell = self.cell(note.onset_position, &settings);
                }
                self.lack(&note, &settings, ahead);
                // What was foretold decides on the cell; the settings are those drawn over the note.
                let position = self.take_foretold().map_or(note.onset_position, |foretold| foretold.position);
                Planned { note: Some(note), position, late_ms: self.late_ms(position, &settings) }
            }
        };
        self.waiting[self.n_waiting] = Some(planned);
        self.n_waiting += 1;
    }

    /// A note is found: how much of a time of its own the take lacks.
    fn lack(&mut self, note: &Note, settings: &Settings, ahead: &Lookahead<'_>) {
        let last = self.last_found.replace(note.onset).filter(|_| !note.is_phrase_start);
        let last = last.and_then(|onset| foresight::course(onset, note.onset, self.sample_rate_hz, ahead));
        let take = ahead(note.onset).map_or(&TakeStatistics::UNKNOWN, |hop| &hop.singer.take);
        let onset_s = note.onset_position as f64 / self.sample_rate_hz;
        let found = own_time::Found { onset_s, is_phrase_start: note.is_phrase_start, take, last };
        self.share = self.own_time.find(&found, settings);
    }

    /// What was foretold of the note that is now known.
    fn take_foretold(&mut self) -> Option<Planned> {
        let is_foretold = |planned: &mut Planned| planned.note.is_none();
        match self.n_waiting.checked_sub(1) {
            Some(newest) => {
                let foretold = self.waiting[newest].take_if(is_foretold)?;
                self.n_waiting = newest;
                Some(foretold)
            }
            None => self.asked.take_if(is_foretold),
        }
    }

    /// Lets the last note of a phrase, which ends at absolute index `end`, sound a little longer, if it is still being
    /// sung and no other is asked for. The rest behind it gives the time back.
    fn linger(&mut self, heard_at: i64, end: i64, settings: &Settings) {
        let left_s = (end - heard_at) as f64 / self.sample_rate_hz;
        let Some((_, late_ms)) = self.last.filter(|_| self.asked.is_none() && self.n_waiting == 0) else { return };
        if left_s < LEAST_LINGERING_S {
            return;
        }
        self.phrase_end = Some(end);
        let wanted_ms = f64::from(settings.amount * self.share * settings.timing_ms)
            * linger(settings.performance, self.phrase_cell);
        let most_ms = (self.reach_ms[1] - late_ms).max(0.0);
        self.shift_samples -= wanted_ms.min(most_ms) / 1000.0 * self.sample_rate_hz;
    }

    /// The note whose vowel the pointer has reached.
    fn sing(&mut self, heard_at: i64, pointer_samples: f64) -> Option<Sung> {
        let is_reached = |asked: &mut Planned| asked.note.is_some_and(|note| heard_at >= note.onset);
        let Planned { note: Some(note), late_ms, .. } = self.asked.take_if(is_reached)? else { return None };
        self.last = Some((note.onset, late_ms));
        let timed = TimedNote {
            onset_position_samples: note.onset_position,
            kind: note.kind,
            planned_ms: late_ms as f32,
            realized_ms: (-pointer_samples / self.sample_rate_hz * 1000.0) as f32,
        };
        let position = note.onset_position + self.late_samples().round() as i64;
        Some(Sung { timed, onset: note.onset, position, is_phrase_start: note.is_phrase_start })
    }

    /// Absolute index of the input from which on a note's step may be taken.
    fn due(&self, next: &Planned) -> i64 {
        let samples = |seconds: f64| (seconds * self.sample_rate_hz) as i64;
        let Planned { note: Some(note), late_ms, .. } = *next else { return i64::MIN };
        let before_ms = self.asked.map(|asked| asked.late_ms).or(self.last.map(|(_, late_ms)| late_ms));
        let step_s = (late_ms - before_ms.unwrap_or(0.0)).abs() / 1000.0;
        let silence = note.unit_start - note.silence_start;
        let due = if silence >= samples(step_s + SILENCE_MARGIN_S) {
            note.silence_start + samples(INTO_SILENCE_S)
        } else {
            note.silence_start - samples(LEAD_S + LEAD_PER_STEP * step_s)
        };
        // The note before must have been sung.
        let asked_onset = self.asked.and_then(|asked| asked.note).map(|note| note.onset);
        let last_onset = asked_onset.or(self.last.map(|(onset, _)| onset));
        last_onset.map_or(due, |last| due.max(last + samples(LEAST_AGE_S)))
    }

    /// How much later than in the input the next note is planned to be sung whose vowel begins at or behind an absolute
    /// index, samples; `None` if none is planned.
    pub(super) fn planned_samples(&self, from: i64) -> Option<f64> {
        let mut planned = self.asked.iter().chain(self.waiting[..self.n_waiting].iter().flatten());
        let next = planned.find(|planned| planned.note.is_some_and(|note| note.onset >= from));
        next.map(|planned| planned.late_ms / 1000.0 * self.sample_rate_hz)
    }

    /// The cell of the bar that a song position lies in.
    fn cell(&self, position: i64, settings: &Settings) -> i64 {
        settings.tempo.sixteenth(position as f64 / self.sample_rate_hz)
    }

    /// How much later than in the input a note at a song position is to be sung, ms.
    fn late_ms(&mut self, position: i64, settings: &Settings) -> f64 {
        if !is_on(settings) {
            return 0.0;
        }
        let cell = self.cell(position, settings);
        let deviation = self.series.at(settings.performance, cell, self.phrase_cell, f64::from(settings.memory));
        let attention = self.attention.foreseen(settings.performance, position);
        let spread_ms = f64::from(self.share * settings.timing_ms * attention.on(On::Timing));
        let wanted_ms = spread_ms * deviation + f64::from(settings.feel_ms);
        let [early_ms, late_ms] = self.reach_ms;
        (f64::from(settings.amount) * wanted_ms).clamp(-early_ms, late_ms)
    }
}

/// Whether notes are put in their places: each has a time of its own, or a pitch that displaces it.
fn is_displacing(settings: &Settings) -> bool {
    is_on(settings) || NotePitch::is_moving(settings)
}

/// Whether timing is asked for at all.
fn is_on(settings: &Settings) -> bool {
    settings.amount > 0.0 && (settings.timing_ms > 0.0 || settings.feel_ms != 0.0)
}
