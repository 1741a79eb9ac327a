//! How loud each part of what is heard is: the voice, the breath added to it, the input itself.
//!
//! In: the settings, and where a hop lies. Out: gains over the hop. Shimmer and the take's own breaths ride on the
//! voice alone; the output gain is everybody's; what is listened to comes and goes without a click.

use super::Moment;
use super::own_breaths::OwnBreaths;
use super::shimmer::Shimmer;
use crate::dsp::lattice::{self, Lattice};
use crate::dsp::motion::Span;
use crate::dsp::noise::Stream;
use crate::dsp::ramp::Ramp;
use crate::dsp::units::amplitude;
use crate::plan::NotePlan;
use crate::score::Lookahead;
use crate::settings::{Listen, Settings};

/// How long output gain, bypass and the choice of what is heard take to follow, ms.
/// Chosen: long enough for no click, short enough to sit on the beat.
const FOLLOW_MS: f64 = 10.0;

/// How long a note takes to its level, ms.
/// Chosen: an attack; shorter, and a voice that goes on jumps.
const NOTE_FOLLOW_MS: f64 = 60.0;
/// How much of the deviation a note swells by besides, and how many times a second it may turn.
/// Source: docs/voice.md, singers' level moves slowly by 0.4 dB.
const SWELL_SHARE: f32 = 0.4;
const SWELL_HZ: f64 = 2.0;
/// A note's own level and its swell together go no further, standard deviations.
/// Chosen: 12 dB where Level Life is all the way up; without a limit a voice came out 30 dB louder than it was.
const MOST_DEVIATION: f32 = 2.0;

/// Linear gains in a hop.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Levels {
    /// Of the voice.
    pub(super) voice: Span<f32>,
    /// Of the input that is taken away.
    pub(super) taken: Span<f32>,
    /// Of breath.
    pub(super) noise: Span<f32>,
    /// Share of the untouched input, `0..=1`.
    pub(super) dry: Span<f32>,
    /// What Level Life and shimmer add to the voice at the hop's start, dB.
    pub(super) moved_db: f32,
}

/// Decides on levels.
#[derive(Clone, Debug)]
pub(super) struct Level {
    hop_samples: i64,
    sample_rate_hz: f64,
    shimmer: Shimmer,
    swell: Lattice,
    /// How far the note that is sung lies off its level, standard deviations, and how much of that is missing.
    note: f32,
    life_share: f32,
    /// The way to both.
    note_level: Ramp,
    note_share: Ramp,
    life_end_db: f32,
    own_breaths: OwnBreaths,
    output: Ramp,
    voice_share: Ramp,
    taken_share: Ramp,
    bypass: Ramp,
    /// The voice's gain at the end of the last hop; `None` before the first.
    voice: Option<f32>,
}

impl Level {
    pub(super) fn new(sample_rate_hz: f64, hop_samples: usize) -> Self {
        let in_hops = |ms: f64| (ms / 1000.0 * sample_rate_hz / hop_samples as f64).ceil() as u32;
        let [hops, note_hops] = [FOLLOW_MS, NOTE_FOLLOW_MS].map(in_hops);
        Self {
            hop_samples: hop_samples as i64,
            sample_rate_hz,
            shimmer: Shimmer::new(sample_rate_hz),
            swell: Lattice::new(Stream::NoteLevel, 3, SWELL_HZ),
            note: 0.0,
            note_level: Ramp::new(0.0, note_hops),
            note_share: Ramp::new(0.0, note_hops),
            life_share: 0.0,
            life_end_db: 0.0,
            own_breaths: OwnBreaths::new(sample_rate_hz, hop_samples),
            output: Ramp::new(1.0, hops),
            voice_share: Ramp::new(1.0, hops),
            taken_share: Ramp::new(0.0, hops),
            bypass: Ramp::new(0.0, hops),
            voice: None,
        }
    }

    /// A note begins: it is sung a little louder or softer.
    pub(super) fn begin(&mut self, plan: &NotePlan) {
        (self.note, self.life_share) = (plan.level, plan.level_share);
    }

    /// No note has been sung for long.
    pub(super) fn forget_note(&mut self) {
        (self.note, self.life_share) = (0.0, 0.0);
    }

    /// The level of the note that is sung, dB: its own, and how it swells.
    fn life_db(&mut self, position: i64, settings: &Settings) -> f32 {
        let (note, share) = (self.note_level.advance(self.note), self.note_share.advance(self.life_share));
        let depth_db = settings.amount * settings.level_db * share;
        if depth_db == 0.0 {
            return 0.0;
        }
        let swell = self.swell.at(settings.performance, position, self.sample_rate_hz).value;
        let swell = SWELL_SHARE * (swell / lattice::RMS) as f32;
        depth_db * (note + swell).clamp(-MOST_DEVIATION, MOST_DEVIATION)
    }

    /// Forgets what was before; a song begins next.
    pub(super) fn reset(&mut self) {
        self.voice = None;
    }

    /// The song begins or jumps: forgets what depends on the song position. The notes that were sung there begin after
    /// this.
    pub(super) fn begin_song(&mut self) {
        (self.note, self.life_share, self.life_end_db) = (0.0, 0.0, 0.0);
        self.note_level.snap(0.0);
        self.note_share.snap(0.0);
        self.own_breaths.reset();
    }

    /// The levels in the hop of the grid from song position `grid_start` on, where `perturbed` of what is asked for of
    /// shimmer is missing in the take. Realtime-safe.
    pub(super) fn at(
        &mut self,
        moment: &Moment,
        grid_start: i64,
        settings: &Settings,
        perturbed: f32,
        ahead: &Lookahead<'_>,
    ) -> Levels {
        let (voice_share, taken_share) = match settings.listen {
            Listen::Output => (1.0, 0.0),
            Listen::Breath => (0.0, 0.0),
            Listen::Added => (1.0, 1.0),
        };
        let is_first = self.voice.is_none();
        let follow = |ramp: &mut Ramp, target| {
            if is_first {
                ramp.snap(target);
            }
            Span { start: ramp.value(), end: ramp.advance(target) }
        };
        let output = follow(&mut self.output, amplitude(settings.output_db));
        let voice_share = follow(&mut self.voice_share, voice_share);
        let taken_share = follow(&mut self.taken_share, taken_share);
        let dry = follow(&mut self.bypass, if settings.is_bypassed { 1.0 } else { 0.0 });
        let own_db = self.own_breaths.at(moment.heard(), settings, ahead);
        let life_start_db = self.life_end_db;
        self.life_end_db = self.life_db(grid_start + self.hop_samples, settings);
        let [shimmer_db, later_db] = [grid_start, grid_start + self.hop_samples]
            .map(|position| perturbed * self.shimmer.at_db(settings, position));
        let end = output.end * voice_share.end * amplitude(own_db.end + self.life_end_db + later_db);
        let start = match self.voice.replace(end) {
            Some(last) if !moment.is_jump => last,
            _ => output.start * voice_share.start * amplitude(own_db.start + life_start_db + shimmer_db),
        };
        let taken = Span { start: output.start * taken_share.start, end: output.end * taken_share.end };
        Levels { voice: Span { start, end }, taken, noise: output, dry, moved_db: life_start_db + shimmer_db }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_much_comes_together_a_voice_stays_near_its_level() {
        let settings = Settings { amount: 1.0, level_db: 6.0, ..Settings::NEUTRAL };
        let mut level = Level::new(48_000.0, 64);
        (level.note, level.life_share) = (2.0, 1.0);
        let louder_db: Vec<f32> = (0..4000_i64).map(|k| level.life_db(64 * 20 * k, &settings)).collect();
        assert_eq!(louder_db.iter().copied().fold(f32::MIN, f32::max), 12.0);
        assert!(louder_db[200..].iter().all(|db| (6.0..=12.0).contains(db)));
    }

    #[test]
    fn the_gain_goes_on_from_hop_to_hop_and_begins_anew_where_the_song_jumps() {
        let settings = Settings { amount: 1.0, level_db: 6.0, ..Settings::NEUTRAL };
        let mut level = Level::new(48_000.0, 64);
        let hop = |level: &mut Level, k: i64, is_jump: bool| {
            let moment = Moment { position_samples: 64 * k, index: 64 * k, is_jump, pointer_samples: 0.0 };
            if is_jump {
                level.begin_song();
            }
            level.at(&moment, 64 * k, &settings, 0.0, &|_| None).voice
        };
        let mut last = hop(&mut level, 0, true);
        assert_eq!(last.start, 1.0);
        // A note that is louder by some 6 dB.
        (level.note, level.life_share) = (1.0, 1.0);
        for k in 1..100 {
            let next = hop(&mut level, k, false);
            assert!(next.start == last.end && (next.end / next.start).ln().abs() < 0.1, "{last:?} {next:?}");
            last = next;
        }
        assert!(last.end > 1.3, "{last:?}");
        let behind = hop(&mut level, 5000, true);
        assert!(behind.start == 1.0, "{last:?} {behind:?}");
    }
}
