//! When each note is sung: what is planned is asked of the renderer at the right moment.
//!
//! In: the notes ahead, the settings they came in with. Out: the displacement that timing asks for, and each note as it
//! begins to be sung. A note has one deviation, that of its vowel. It is asked for before what belongs to the note
//! begins, so that consonants and breaths are moved and never stretched: in the silence before it, or else at the end
//! of the note before, where the renderer steps by whole periods. What the movements will have displaced by then is
//! taken up in the same step. All of it follows the plan, not the read pointer, which may be a little behind.

mod timed;

use timed::Timed;
pub(super) use timed::{Late, Sung};

use super::note_pitch::NotePitch;
use super::song_spread::SongSpread;
use crate::analysis::Onset;
use crate::plan::{
    self, LEAD_PER_STEP, LEAD_S, LEAST_AGE_S, SILENCE_MARGIN_S, Spread, SpreadSettings, TimingAsked, is_movable,
};
use crate::score::{Found, Lookahead, Note, Transcriber};
use crate::settings::{Mode, Settings};

/// So far into a silence a step is asked for, seconds.
/// Chosen: the note before may still ring.
const INTO_SILENCE_S: f64 = 0.01;
/// What the movements displace by the beginning of the next note is reckoned with up to this, seconds.
/// Chosen: more than they displace in a held note at the defaults; larger only takes time.
const MOST_DISPLACED_S: f64 = 0.05;
/// So many hops of the song lie between two looks at what they will have displaced.
/// Chosen: 8 to 16 ms, a few periods; fewer take time.
const HOPS_PER_LOOK: i64 = 8;

/// So long behind its end a learned note moves nothing any more, seconds: what follows without one, a whisper, is where
/// it was. Source: `score/notes.rs`, what is heard is forgotten then.
const LET_GO_S: f64 = 1.0;

/// Notes that may wait at once. Source: computed, one each 80 ms in the longest look-ahead.
const N_WAITING: usize = 16;

/// Decides when notes are sung.
#[derive(Clone, Debug)]
pub(super) struct Timing {
    sample_rate_hz: f64,
    hop_samples: i64,
    reach_ms: [f64; 2],
    learned_reach_ms: [f64; 2],
    /// What the draws of the learned song's notes come to.
    spread: SongSpread<SpreadSettings>,
    /// Whether a note's time is settled where the vowel before it ends: the note itself is known too late.
    is_foretold: bool,
    /// Notes whose time is settled and not yet asked for.
    waiting: [Option<Timed>; N_WAITING],
    n_waiting: usize,
    /// The note whose time has been asked for and that has not been sung.
    asked: Option<Timed>,
    /// The note that is sung.
    sung: Option<Timed>,
    shift_samples: f64,
}

impl Timing {
    pub(super) fn new(sample_rate_hz: f64, hop_samples: usize, mode: Mode) -> Self {
        Self {
            sample_rate_hz,
            hop_samples: hop_samples as i64,
            reach_ms: mode.timing_reach_ms(),
            learned_reach_ms: mode.learned_timing_reach_ms(),
            spread: SongSpread::new(),
            is_foretold: mode != Mode::Phrase,
            waiting: [None; N_WAITING],
            n_waiting: 0,
            asked: None,
            sung: None,
            shift_samples: 0.0,
        }
    }

    /// Forgets all notes: the song jumps, or nothing has been sung for long.
    pub(super) fn reset(&mut self) {
        (self.n_waiting, self.asked, self.sung, self.shift_samples) = (0, None, None, 0.0);
    }

    /// Another learned score holds, or none.
    pub(super) fn forget_score(&mut self) {
        self.spread.forget();
    }

    /// Settles the times of what the transcriber has found by song position `now`. Returns whether what was sung before
    /// is forgotten. Realtime-safe.
    pub(super) fn plan(
        &mut self,
        now: i64,
        transcriber: &mut Transcriber,
        settings: &Settings,
        ahead: &Lookahead<'_>,
    ) -> bool {
        let mut has_forgotten = false;
        self.settle(transcriber, settings, ahead);
        while self.n_waiting < N_WAITING {
            let Some(found) = transcriber.find(now, ahead) else { break };
            let timed = match found {
                Found::VowelEnd(position) | Found::Forgotten(position) => {
                    if matches!(found, Found::Forgotten(_)) {
                        self.reset();
                        has_forgotten = true;
                    }
                    self.is_foretold.then(|| self.foretold(position, transcriber, settings, ahead))
                }
                Found::Note(number) => self.timed(number, transcriber, settings, ahead),
            };
            let Some(timed) = timed else { continue };
            self.waiting[self.n_waiting] = Some(timed);
            self.n_waiting += 1;
        }
        has_forgotten
    }

    /// Times the note that will come behind a place where a vowel has ended.
    fn foretold(
        &mut self,
        position: i64,
        transcriber: &Transcriber,
        settings: &Settings,
        ahead: &Lookahead<'_>,
    ) -> Timed {
        self.take_foretold();
        let number = transcriber.n_notes();
        let profile = transcriber.profile(number, position, None, &settings.tempo, ahead);
        let share = plan::timing_share(&profile, None, settings);
        let late = self.late(self.asked_of(share, None, settings).alone_ms(position));
        Timed {
            note: None,
            vowel_end: position,
            position,
            share,
            spread: None,
            late,
            settings: *settings,
            is_settled: true,
        }
    }

    /// Times a note that was found.
    fn timed(
        &mut self,
        number: usize,
        transcriber: &Transcriber,
        settings: &Settings,
        ahead: &Lookahead<'_>,
    ) -> Option<Timed> {
        let note = transcriber.note(number, ahead)?;
        let foretold = self.take_foretold();
        // The settings are those drawn over the note; what was foretold decides on the rest.
        let (settings, is_settled) = drawn_over(&note, transcriber, settings, ahead);
        let is_learned = transcriber.is_note_learned(number);
        // What was foretold is a note that begins anew.
        let is_new = !is_learned && !note.is_polyphonic && note.kind != Onset::Legato;
        let foretold = foretold.filter(|_| is_new);
        let (position, share) = foretold.map_or_else(
            || (note.onset, self.share(number, &note, transcriber, &settings, ahead)),
            |foretold| (foretold.position, foretold.share),
        );
        let spread = is_learned.then(|| self.spread(transcriber, &settings));
        let vowel_end = transcriber.before(number).map_or(note.silence_start, |before| plan::vowel_end(&before, &note));
        let timed = Timed {
            note: Some((number, note)),
            vowel_end,
            position,
            share,
            spread,
            late: Late::default(),
            settings,
            is_settled,
        };
        Some(Timed { late: self.late_of(&timed, number, &note, transcriber), ..timed })
    }

    /// Times those again of which it is not known yet what was drawn over them, and leaves out what was learned of
    /// another take.
    fn settle(&mut self, transcriber: &Transcriber, settings: &Settings, ahead: &Lookahead<'_>) {
        let is_believed =
            |timed: &Timed| timed.spread.is_none() || timed.onset().is_none_or(|onset| transcriber.is_believed(onset));
        let mut n_kept = 0;
        for k in 0..self.n_waiting {
            let Some(timed) = self.waiting[k].filter(is_believed) else { continue };
            self.waiting[n_kept] = Some(self.settled(timed, transcriber, settings, ahead));
            n_kept += 1;
        }
        self.n_waiting = n_kept;
        if let Some(asked) = self.asked.filter(|asked| !asked.is_settled) {
            let settled = self.settled(asked, transcriber, settings, ahead);
            // What has been asked for changes by as much as the note does.
            self.shift_samples += (asked.late.samples - settled.late.samples) as f64;
            self.asked = Some(settled);
        }
    }

    /// The same note with what is drawn over it, as far as that is known by now.
    fn settled(
        &mut self,
        timed: Timed,
        transcriber: &Transcriber,
        settings: &Settings,
        ahead: &Lookahead<'_>,
    ) -> Timed {
        let Some((number, note)) = timed.note.filter(|_| !timed.is_settled) else { return timed };
        let (settings, is_settled) = drawn_over(&note, transcriber, settings, ahead);
        if settings == timed.settings {
            return Timed { is_settled, ..timed };
        }
        let share = self.share(number, &note, transcriber, &settings, ahead);
        let spread = timed.spread.map(|_| self.spread(transcriber, &settings));
        let timed = Timed { share, spread, settings, is_settled, ..timed };
        Timed { late: self.late_of(&timed, number, &note, transcriber), ..timed }
    }

    /// The share of a deviation that the take lacks at a note.
    fn share(
        &self,
        number: usize,
        note: &Note,
        transcriber: &Transcriber,
        settings: &Settings,
        ahead: &Lookahead<'_>,
    ) -> f32 {
        if !is_movable(note) {
            return 0.0;
        }
        let profile = transcriber.profile(number, note.onset, Some(note), &settings.tempo, ahead);
        plan::timing_share(&profile, note.course, settings)
    }

    /// What the draws of the learned song's notes come to.
    fn spread(&mut self, transcriber: &Transcriber, settings: &Settings) -> Spread {
        let of_song = |key: &SpreadSettings| transcriber.score().map(|score| key.spread(score.onsets_s()));
        self.spread.of(SpreadSettings::of(settings), |key| of_song(key).unwrap_or(Spread::UNIT))
    }

    /// What was foretold of the note that is now known.
    fn take_foretold(&mut self) -> Option<Timed> {
        let is_foretold = |timed: &mut Timed| timed.note.is_none();
        match self.n_waiting.checked_sub(1) {
            Some(newest) => {
                let foretold = self.waiting[newest].take_if(is_foretold)?;
                self.n_waiting = newest;
                Some(foretold)
            }
            None => self.asked.take_if(is_foretold),
        }
    }

    /// Whether a note that was asked for is to be sung at song position `now` of the output, or before.
    pub(super) fn is_due(&self, now: i64) -> bool {
        self.asked.is_some_and(|asked| asked.onset().is_some_and(|onset| now >= onset + asked.late.samples))
    }

    /// The note that begins to be sung at song position `now` of the output, if one does. Realtime-safe.
    pub(super) fn sing(&mut self, now: i64) -> Option<Sung> {
        let asked = self.asked.filter(|_| self.is_due(now))?;
        let (number, note) = asked.note?;
        (self.asked, self.sung) = (None, Some(asked));
        Some(Sung { number, note, late: asked.late })
    }

    /// Lets go of a learned note that has long been over at song position `now` of the output. Realtime-safe.
    pub(super) fn let_go(&mut self, now: i64) {
        let end = |sung: Timed| Some(sung.spread.and(sung.note)?.1.end? + sung.late.samples + self.samples(LET_GO_S));
        if self.asked.is_none() && self.sung.and_then(end).is_some_and(|end| now >= end) {
            (self.sung, self.shift_samples) = (None, 0.0);
        }
    }

    /// Asks for the notes that are due at song position `now` of the output. `displaced` tells what the movements will
    /// have displaced at a song position, samples. Realtime-safe.
    pub(super) fn ask(&mut self, now: i64, settings: &Settings, mut displaced: impl FnMut(i64) -> f64) {
        while let Some(next) = self.waiting[0].filter(|_| self.n_waiting > 0) {
            if self.asked.is_some_and(|asked| asked.note.is_some()) {
                // One after the other.
                return;
            }
            let sung_at = next.onset().unwrap_or(now) + next.late.samples;
            let wanted_samples = || shift_samples(next.late.samples, displaced(sung_at), settings);
            let Some(shift_samples) = self.due_shift(now, &next, wanted_samples) else { return };
            self.waiting.rotate_left(1);
            self.n_waiting -= 1;
            self.asked = Some(next);
            self.shift_samples = shift_samples;
        }
    }

    /// A note has begun, at whose beginning the drift and what goes with it displace so many samples: they are taken
    /// out of the shift. The note's own pitch has displaced nothing yet.
    pub(super) fn begin(&mut self, displaced_samples: f64, settings: &Settings) {
        self.shift_samples = shift_samples(self.late_samples(), displaced_samples, settings);
    }

    /// The displacement that is asked for, samples.
    pub(super) fn shift_samples(&self, settings: &Settings) -> f64 {
        if settings.amount > 0.0 { self.shift_samples } else { 0.0 }
    }

    /// How much later than in the input the note that is sung was planned, samples; 0 before the first.
    pub(super) fn late_samples(&self) -> i64 {
        self.sung.map_or(0, |sung| sung.late.samples)
    }

    /// The displacement to be asked for at song position `now` of the output for a note that waits, samples, if its
    /// step is due. `wanted_samples` tells it, which takes time: it is asked now and then where that may decide.
    fn due_shift(&self, now: i64, next: &Timed, wanted_samples: impl FnOnce() -> f64) -> Option<f64> {
        let Some((_, note)) = &next.note else { return Some(wanted_samples()) };
        let due = |step_samples| self.due(note, next.vowel_end, step_samples);
        if now >= due(0) {
            return Some(wanted_samples());
        }
        let planned_samples = (next.late.samples - self.late_samples()).abs();
        let may_be_due = now >= due(planned_samples + self.samples(MOST_DISPLACED_S));
        if !may_be_due || now.div_euclid(self.hop_samples).rem_euclid(HOPS_PER_LOOK) != 0 {
            return None;
        }
        let wanted_samples = wanted_samples();
        let step_samples = (wanted_samples - self.shift_samples).abs() as i64;
        (now >= due(step_samples)).then_some(wanted_samples)
    }

    /// Song position of the output from which on a note's step of such a size may be taken, if the vowel before it ends
    /// at a song position.
    fn due(&self, note: &Note, vowel_end: i64, step_samples: i64) -> i64 {
        let silence = note.unit_start - note.silence_start;
        let due = if silence >= step_samples + self.samples(SILENCE_MARGIN_S) {
            note.silence_start + self.samples(INTO_SILENCE_S)
        } else {
            vowel_end - self.samples(LEAD_S) - (LEAD_PER_STEP * step_samples as f64) as i64
        };
        let sung = self.sung.and_then(|sung| sung.onset());
        sung.map_or(due, |onset| due.max(onset + self.samples(LEAST_AGE_S))) + self.late_samples()
    }

    /// The learned notes that are sung or will be.
    pub(super) fn learned_notes(&self) -> impl Iterator<Item = Note> + use<'_> {
        let timed = self.sung.iter().chain(&self.asked).chain(self.waiting[..self.n_waiting].iter().flatten());
        timed.filter(|timed| timed.spread.is_some()).filter_map(|timed| timed.note).map(|(_, note)| note)
    }

    fn samples(&self, seconds: f64) -> i64 {
        (seconds * self.sample_rate_hz) as i64
    }

    /// How much later than in the input the next note is planned to be sung whose vowel begins at or behind a song
    /// position, samples; `None` if none is planned.
    pub(super) fn planned_samples(&self, from: i64) -> Option<i64> {
        let mut timed = self.asked.iter().chain(self.waiting[..self.n_waiting].iter().flatten());
        timed.find(|timed| timed.onset().is_some_and(|onset| onset >= from)).map(|timed| timed.late.samples)
    }

    /// How late a note that is known is sung. Where its time was foretold nothing is known of its neighbours in time.
    fn late_of(&self, timed: &Timed, number: usize, note: &Note, transcriber: &Transcriber) -> Late {
        let asked = self.asked_of(timed.share, timed.spread, &timed.settings);
        self.late(match timed.spread {
            Some(_) => asked.among_ms(note, transcriber.earlier(number), Some(transcriber.later(number))),
            None if self.is_foretold => asked.alone_ms(timed.position),
            None => asked.among_ms(note, transcriber.earlier(number), None::<std::iter::Empty<Note>>),
        })
    }

    fn asked_of<'a>(&self, share: f32, spread: Option<Spread>, settings: &'a Settings) -> TimingAsked<'a> {
        let reach_ms = if spread.is_some() { self.learned_reach_ms } else { self.reach_ms };
        let spread = spread.unwrap_or(Spread::UNIT);
        TimingAsked { share, spread, settings, reach_ms, sample_rate_hz: self.sample_rate_hz }
    }

    fn late(&self, ms: f64) -> Late {
        Late { ms, samples: (ms / 1000.0 * self.sample_rate_hz).round() as i64 }
    }
}

/// The settings that came in with the note, and whether they are known: a learned note is known before, and until it
/// comes in the newest settings are the nearest.
fn drawn_over(note: &Note, transcriber: &Transcriber, settings: &Settings, ahead: &Lookahead<'_>) -> (Settings, bool) {
    let drawn = transcriber.hop_at(note.onset, ahead).map(|hop| *hop.settings);
    (drawn.or(transcriber.newest_settings()).unwrap_or(*settings), drawn.is_some())
}

/// What is asked of the pointer for a note that is so late, where the movements have displaced so much. Where nobody
/// asks notes to be anywhere, they are left where the movements put them.
fn shift_samples(late_samples: i64, displaced_samples: f64, settings: &Settings) -> f64 {
    let is_placed = plan::is_timed(settings) || NotePitch::is_moving(settings);
    if is_placed { -late_samples as f64 - displaced_samples } else { 0.0 }
}

#[cfg(test)]
mod tests;
