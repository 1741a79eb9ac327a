//! What happened in a bounce, gathered while it is rendered.
//!
//! In: hop traces in song order. Out: notes, breaths, empty rests and the figures of the summary. Hops are forgotten as
//! soon as nothing that is still open can need them, so that the length of a file costs no memory.

use std::sync::Arc;

use con_anima::engine::HopTrace;
use con_anima::gesture::TimedNote;
use con_anima::score::LearnedScore;

use super::events::{self, Breath, Event, Note, Rest, Song};

/// What was found is settled each time so many hops have been added. Chosen: more keeps more hops, fewer costs time.
const SETTLED_AFTER_HOPS: usize = 4096;

/// Behind its end a note or a breath is sung completely, seconds. Source: the furthest that a note is moved, 150 ms,
/// and the pointer displaced, 60 ms, with room.
const SUNG_WITHIN_S: f64 = 0.5;

/// Hops are kept no longer, seconds. Chosen: a longer note is described by its last minute; longer takes more memory.
const MOST_KEPT_S: f64 = 60.0;

/// Where a file lies in the song.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Samples in a second.
    pub(super) sample_rate_hz: f64,
    /// Song position of the file's first sample.
    pub(super) start_samples: i64,
}

impl Place {
    /// A song position in seconds of the song.
    pub(super) fn song_s(self, position_samples: i64) -> f64 {
        position_samples as f64 / self.sample_rate_hz
    }

    /// A song position in seconds of the file.
    pub(super) fn file_s(self, position_samples: i64) -> f64 {
        (position_samples - self.start_samples) as f64 / self.sample_rate_hz
    }

    /// The song position nearest to a time in the file.
    pub(super) fn position(self, file_s: f64) -> i64 {
        self.start_samples + (file_s * self.sample_rate_hz).round() as i64
    }
}

/// Everything that is gathered.
#[derive(Debug)]
pub(super) struct Gatherer {
    place: Place,
    score: Option<Arc<LearnedScore>>,
    /// The hops that are still needed.
    hops: Vec<HopTrace>,
    n_unsettled: usize,
    /// Notes without a successor yet, or too near to the last hop, each with the position of the hop that sang it.
    open_notes: Vec<(i64, TimedNote)>,
    /// The take's own breaths up to here are settled, song seconds.
    own_breaths_until_s: f64,
    notes: Vec<Note>,
    breaths: Vec<Breath>,
    rests: Vec<Rest>,
    figures: Figures,
    /// Every hop, where a picture needs them.
    kept: Option<Vec<HopTrace>>,
}

/// Sums over the hops of a file.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Figures {
    /// Hops with a pitch.
    n_voiced: usize,
    /// Of the pitch added in these, cents².
    pitch_square_sum: f64,
    /// Ms.
    pub(super) largest_displacement_ms: f32,
    /// Steps that were due where the voice did not repeat itself well enough.
    pub(super) n_refused: usize,
    aspiration_power_sum: f64,
    n_aspirated: usize,
    /// Where the score is known and what was heard did not agree, samples.
    pub(super) differing_samples: i64,
}

impl Figures {
    /// Of the pitch added to what has one, cents rms: in a rest nothing of it is heard.
    pub(super) fn pitch_movement_cents(&self) -> f64 {
        (self.pitch_square_sum / self.n_voiced.max(1) as f64).sqrt()
    }

    /// Of the breath added to the voice where there is any, dBFS rms.
    pub(super) fn aspiration_db(&self) -> Option<f64> {
        (self.n_aspirated > 0).then(|| 10.0 * (self.aspiration_power_sum / self.n_aspirated as f64).log10())
    }

    fn add(&mut self, hop: &HopTrace, is_inside: bool) {
        if is_inside {
            if hop.frame.f0_hz > 0.0 {
                self.n_voiced += 1;
                self.pitch_square_sum += f64::from(hop.pitch_cents).powi(2);
            }
            self.largest_displacement_ms = self.largest_displacement_ms.max(hop.displacement_ms.abs());
        }
        self.n_refused += usize::from(hop.is_step_refused);
        if let Some(level_db) = hop.aspiration_db {
            self.n_aspirated += 1;
            self.aspiration_power_sum += 10.0_f64.powf(f64::from(level_db) / 10.0);
        }
    }
}

/// What was gathered from a whole file.
#[derive(Debug)]
pub(super) struct Gathered {
    /// In song order.
    pub(super) events: Vec<Event>,
    /// Sums over its hops.
    pub(super) figures: Figures,
    /// Every hop, if they were to be kept.
    pub(super) hops: Vec<HopTrace>,
}

impl Gatherer {
    /// Nothing gathered yet. `keeps_hops` costs memory for each second.
    pub(super) fn new(place: Place, score: Option<Arc<LearnedScore>>, keeps_hops: bool) -> Self {
        Self {
            place,
            score,
            hops: Vec::new(),
            n_unsettled: 0,
            open_notes: Vec::new(),
            own_breaths_until_s: f64::NEG_INFINITY,
            notes: Vec::new(),
            breaths: Vec::new(),
            rests: Vec::new(),
            figures: Figures::default(),
            kept: keeps_hops.then(Vec::new),
        }
    }

    /// Adds the next hop. `n_samples` of the file are known so far: hops behind its end are no part of the figures.
    pub(super) fn add(&mut self, hop: &HopTrace, n_samples: u64) {
        let place = self.place;
        let inside = place.start_samples..place.start_samples.saturating_add(n_samples as i64);
        self.figures.add(hop, inside.contains(&hop.position_samples));
        if let (Some(before), Some(score)) = (self.hops.last(), &self.score)
            && !before.frame.is_as_learned
            && score.is_known(before.position_samples)
        {
            self.figures.differing_samples += hop.position_samples - before.position_samples;
        }
        self.open_notes.extend(hop.note.map(|note| (hop.position_samples, note)));
        self.breaths.extend(hop.inhaled.map(|inhaled| events::added_breath(&inhaled, place)));
        self.rests.extend(hop.empty_rest.map(|rest| events::empty_rest(&rest, place)));
        self.hops.push(*hop);
        if let Some(kept) = &mut self.kept {
            kept.push(*hop);
        }
        self.n_unsettled += 1;
        if self.n_unsettled >= SETTLED_AFTER_HOPS {
            self.n_unsettled = 0;
            self.settle(false);
            self.forget();
        }
    }

    /// Everything, behind the last hop.
    pub(super) fn end(mut self) -> Gathered {
        self.settle(true);
        let notes = self.notes.into_iter().map(Event::Note);
        let breaths = self.breaths.into_iter().map(Event::Breath);
        let rests = self.rests.into_iter().map(Event::Rest);
        let mut events: Vec<Event> = notes.chain(breaths).chain(rests).collect();
        events.sort_by(|one, other| one.song_s().total_cmp(&other.song_s()));
        Gathered { events, figures: self.figures, hops: self.kept.unwrap_or_default() }
    }

    /// Describes what cannot change any more; at the end, all.
    fn settle(&mut self, is_end: bool) {
        let song = Song { hops: &self.hops, place: self.place };
        let settled_until = match is_end {
            true => i64::MAX,
            false => self.last_position() - self.samples(SUNG_WITHIN_S),
        };
        let mut n_settled = 0;
        for (index, (sung_at, note)) in self.open_notes.iter().enumerate() {
            let next = self.open_notes.get(index + 1).map(|(_, next)| next.onset_position_samples);
            if !is_end && next.is_none_or(|next| next > settled_until) {
                break;
            }
            let sung_hop = song.hop_at(*sung_at);
            self.notes.push(song.note(sung_hop, note, next, self.notes.last()));
            n_settled += 1;
        }
        self.open_notes.drain(..n_settled);
        let settled_until_s = settled_until as f64 / self.place.sample_rate_hz;
        for heard in song.own_breaths() {
            let is_new = heard.times_s.start >= self.own_breaths_until_s;
            if is_new && (is_end || heard.times_s.end <= settled_until_s) {
                self.own_breaths_until_s = heard.times_s.end;
                self.breaths.push(song.own(&heard));
            }
        }
    }

    /// Drops the hops that nothing open can need.
    fn forget(&mut self) {
        let song = Song { hops: &self.hops, place: self.place };
        let last = self.last_position();
        let recent = last - self.samples(2.0 * SUNG_WITHIN_S);
        let note = self.open_notes.first().map(|(sung_at, note)| note.onset_position_samples.min(*sung_at));
        let breath = song
            .own_breaths()
            .map(|heard| heard.times_s.start)
            .find(|start_s| *start_s >= self.own_breaths_until_s)
            .map(|start_s| (start_s * self.place.sample_rate_hz) as i64 - self.samples(SUNG_WITHIN_S));
        let first = [note, breath].into_iter().flatten().fold(recent, i64::min).max(last - self.samples(MOST_KEPT_S));
        let n_forgotten = song.hop_at(first);
        self.hops.drain(..n_forgotten);
    }

    fn last_position(&self) -> i64 {
        self.hops.last().map_or(i64::MIN / 2, |hop| hop.position_samples)
    }

    fn samples(&self, seconds: f64) -> i64 {
        (seconds * self.place.sample_rate_hz).round() as i64
    }
}

#[cfg(test)]
pub(super) mod tests {
    use con_anima::analysis::{Frame, Onset, Phase};

    use super::*;

    /// All of a file whose hops these are.
    pub(in crate::bounce) fn gathered(hops: &[HopTrace], sample_rate_hz: f64, start_samples: i64) -> Gathered {
        let mut gatherer = Gatherer::new(Place { sample_rate_hz, start_samples }, None, true);
        hops.iter().for_each(|hop| gatherer.add(hop, u64::MAX >> 1));
        gatherer.end()
    }

    /// The hops of a song in which the same 8 s come again and again, 10 ms each at 1000 Hz: a note of 1 s, and at 4 s
    /// a breath of the take's own; both are sung 50 ms late.
    fn song(n_rounds: i64) -> impl Iterator<Item = HopTrace> {
        (0..800 * n_rounds).map(|k| {
            let frame = match k % 800 {
                100..200 => Frame { f0_hz: 200.0, level_db: -20.0, phase: Phase::Vowel, ..Frame::SILENCE },
                400..430 => Frame { phase: Phase::Breath, level_db: -45.0, ..Frame::SILENCE },
                _ => Frame::SILENCE,
            };
            let note = (k % 800 == 105).then_some(TimedNote {
                onset_position_samples: 10 * (k - 5),
                kind: Onset::Voicing,
                planned_ms: 50.0,
                realized_ms: 50.0,
            });
            HopTrace { position_samples: 10 * k, displacement_ms: -50.0, frame, note, ..HopTrace::default() }
        })
    }

    #[test]
    fn a_long_song_is_described_as_a_short_one_and_its_hops_are_forgotten() {
        let mut gatherer = Gatherer::new(Place { sample_rate_hz: 1000.0, start_samples: 0 }, None, false);
        let mut most_hops = 0;
        for hop in song(200) {
            gatherer.add(&hop, 1_600_000);
            most_hops = most_hops.max(gatherer.hops.len());
        }
        assert!(most_hops < SETTLED_AFTER_HOPS + 2000, "{most_hops} hops were kept");
        let gathered = gatherer.end();
        assert_eq!(gathered.events.len(), 400);
        for (index, event) in gathered.events.iter().enumerate() {
            let start_s = 8.0 * (index / 2) as f64;
            let near = |a: f64, b: f64| assert!((a - start_s - b).abs() < 1e-6, "event {index}: {event:?}");
            match event {
                Event::Note(note) => {
                    near(note.onset_s, 1.0);
                    near(note.end_s, 2.0);
                    near(note.sung_end_s, 2.05);
                    assert_eq!((note.f0_hz, note.level_db), (Some(200.0), Some(-20.0)));
                }
                Event::Breath(breath) => {
                    near(breath.start_s, 4.0);
                    near(breath.end_s, 4.3);
                    near(breath.sung_s, 4.05);
                }
                Event::Rest(_) => panic!("there is no empty rest"),
            }
        }
    }

    #[test]
    fn a_note_without_end_costs_no_more_than_a_minute_of_hops() {
        let mut gatherer = Gatherer::new(Place { sample_rate_hz: 1000.0, start_samples: 0 }, None, false);
        for mut hop in song(100) {
            hop.note = hop.note.filter(|note| note.onset_position_samples == 1000);
            gatherer.add(&hop, 800_000);
            assert!(gatherer.hops.len() <= SETTLED_AFTER_HOPS + (100.0 * MOST_KEPT_S) as usize);
        }
        assert_eq!(gatherer.end().events.len(), 101);
    }

    #[test]
    fn figures_are_of_the_voice_in_the_file_alone() {
        let hop = |k: i64| HopTrace {
            position_samples: 10 * k,
            pitch_cents: match k {
                0..6 => 3.0,
                _ => 50.0,
            },
            frame: Frame { f0_hz: if (6..10).contains(&k) { 0.0 } else { 220.0 }, ..Frame::SILENCE },
            displacement_ms: if k < 10 { -7.0 } else { 90.0 },
            is_step_refused: k == 3,
            aspiration_db: (k < 2).then_some(-60.0),
            ..HopTrace::default()
        };
        let mut gatherer = Gatherer::new(Place { sample_rate_hz: 1000.0, start_samples: 0 }, None, false);
        (-5..20).for_each(|k| gatherer.add(&hop(k), 100));
        let figures = gatherer.end().figures;
        assert_eq!((figures.pitch_movement_cents(), figures.largest_displacement_ms), (3.0, 7.0));
        assert_eq!((figures.n_refused, figures.aspiration_db()), (1, Some(-60.0)));
    }
}
