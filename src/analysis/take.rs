//! Statistics of the take itself: how its pitch moves, how its notes begin, how much noise it has.
//!
//! In: each moment's final pitch, and at intervals its jitter and its harmonics-to-noise ratio. Out: [`TakeStatistics`]
//! of the last seconds, so that only what is missing need be added. Movement is separated by speed with moving means
//! inside held notes, which need no filter state: a mean over 0.14 s is free of vibrato, one over 50 ms of jitter. Sums
//! are kept per half second of the absolute grid and forgotten after two and a half; with the second that a mean covers
//! and a few cycles of vibrato, nothing is remembered for longer than five.

mod track;
mod vibrato;

use std::f32::consts::PI;

use super::Onset;
use super::blocks::Blocks;
use super::grid::{WINDOW_S, WINDOW_VALUES, windows};
use track::Track;
use vibrato::CycleFinder;
pub use vibrato::{Vibrato, whole_variation};

/// Half seconds remembered: a count, because whole blocks are forgotten. Chosen: more is steadier and follows a change
/// later; with six a bar came to sound the same a little after eight seconds.
const N_BLOCKS: usize = 5;

/// Windows on either side of one whose mean is its note's centre. Chosen: movement slower than half a cycle in that
/// time belongs to the note; more counts slower movement as drift.
const CENTRE_REACH: usize = windows(0.5);
/// Windows on either side whose mean, taken three times, is free of vibrato. Chosen: 144 ms in all, one cycle at 6.9
/// Hz; more loses fast drift, fewer leaves vibrato.
const DRIFT_REACH: usize = windows(0.069);
/// Windows between those three means. Chosen: a ninth of a movement of 5 Hz is left, half of one of 3 Hz, nearly all of
/// one of 1.5 Hz.
const DRIFT_STEP: usize = windows(0.048);
/// Windows on either side whose mean is subtracted to leave vibrato and anything faster. Chosen: 197 ms in all, one
/// cycle at 5.1 Hz; more keeps slower movement.
const SWING_REACH: usize = windows(0.096);
/// Windows on either side whose mean is free of anything faster than vibrato. Chosen: 48 ms in all, 3 dB down at 9 Hz;
/// more weakens fast vibrato.
const FLUTTER_REACH: usize = windows(0.021);
/// What a vibrato leaves in the drift because the note's centre is seldom a mean of whole cycles. Measured: of a
/// synthesizer's vibrato of 5.5 Hz (csound's bass) an eighth is left in all, of which the means explain a fifteenth.
const CENTRE_LEAK: f32 = 0.1;
/// The rate assumed for movement at vibrato's speed that is no vibrato, Hz. Source: docs/voice.md, "Further reference
/// values" (a singer's vibrato).
const USUAL_SWING_HZ: f32 = 5.5;
/// Windows after a note's onset that belong to its scoop. Source: docs/voice.md, "Human against machine" (it settles in
/// 10–40 ms), with room.
const NOTE_HEAD: usize = windows(0.1);
/// Windows before a note's end that belong to what follows. Chosen: longer measures less of short notes, shorter counts
/// glides as drift.
const NOTE_TAIL: usize = windows(0.05);
/// A pitch further from its own mean over vibrato is a tracking error, cents. Chosen: larger admits errors, smaller
/// cuts wide vibrato.
const MOST_DEVIATION_CENTS: f32 = 250.0;
/// A mean over vibrato further from the note's centre belongs to another note, cents. Source: the limit of the
/// reference statistics and of `cargo xtask measure`.
const MOST_DRIFT_CENTS: f32 = 70.0;
/// Where that mean moves as fast as this the voice glides from note to note. Source: the limit of the reference
/// statistics and of `cargo xtask measure`.
const MOST_GLIDE_CENTS_PER_S: f32 = 350.0;
/// Windows on either side between whose means that speed is measured. Chosen: longer misses short glides, shorter finds
/// vibrato.
const GLIDE_STEP: usize = windows(0.053);
/// Windows that must have followed one until it is known whether the voice glides there. Source: computed from the two
/// means' reach.
const GLIDE_AGE: usize = SWING_REACH + GLIDE_STEP;
/// Less held singing gives no statistics, seconds. Chosen: longer knows the take later, shorter is less sure.
const LEAST_HELD_S: f32 = 0.4;

/// Windows after the start of voicing in which its first pitch is measured. Chosen: early enough for scoops, late
/// enough to have a pitch.
const SCOOP_START: std::ops::Range<usize> = windows(0.005)..windows(0.032);
/// Windows after the start of voicing in which its settled pitch is measured. Chosen: after any scoop, and still in the
/// first note.
const SCOOP_SETTLED: std::ops::Range<usize> = windows(0.15)..windows(0.4);
/// A start further away belongs to a consonant, another note or another octave, cents. Source: docs/voice.md, "Human
/// against machine" (up to 80 in nine of ten notes), with room.
const MOST_SCOOP_CENTS: f32 = 300.0;
/// A settled part whose halves differ by more than this is no note, cents. Chosen: larger admits glides, smaller loses
/// wide vibrato.
const MOST_UNSETTLED_CENTS: f32 = 40.0;

/// Statistics of the last two and a half seconds of the take. `None` where there was too little to measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TakeStatistics {
    /// Length of the held singing that the movements were measured on, seconds.
    pub held_s: f32,
    /// Slow movement inside notes, up to 3 Hz, cents rms, without what a vibrato leaves there.
    pub drift_cents: Option<f32>,
    /// Movement at the speed of vibrato, about 3–9 Hz, regular or not, cents rms.
    pub vibrato_band_cents: Option<f32>,
    /// Faster movement than vibrato, from 9 Hz on, cents rms.
    pub flutter_cents: Option<f32>,
    /// Difference of neighbouring periods' lengths, free of any glide, % of the period.
    pub jitter_percent: Option<f32>,
    /// Regular movement; `None` also where there is none.
    pub vibrato: Option<Vibrato>,
    /// Distance from the note's pitch at the start of voicing after a rest, cents, mean magnitude.
    pub scoop_cents: Option<f32>,
    /// Harmonics-to-noise ratio in 0–1, 1–3, 3–6 and 6–10 kHz, mean, dB.
    pub hnr_db: Option<[f32; 4]>,
    /// Power of the noise re the voice's, mean, dB.
    pub noise_db: Option<f32>,
    /// Level of the voice, dBFS rms.
    pub voice_db: Option<f32>,
}

impl TakeStatistics {
    /// The statistics before anything was sung.
    pub const UNKNOWN: Self = Self {
        held_s: 0.0,
        drift_cents: None,
        vibrato_band_cents: None,
        flutter_cents: None,
        jitter_percent: None,
        vibrato: None,
        scoop_cents: None,
        hnr_db: None,
        noise_db: None,
        voice_db: None,
    };
}

impl Default for TakeStatistics {
    fn default() -> Self {
        Self::UNKNOWN
    }
}

/// One moment of the take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instant {
    /// Number of its window.
    pub(super) number: i64,
    /// Final pitch, Hz.
    pub(super) f0_hz: Option<f32>,
    /// Rms over 27 ms around, dBFS.
    pub(super) loudness_db: f32,
    /// A note begins here.
    pub(super) onset: Option<Onset>,
    /// Harmonics-to-noise ratio by band, dB, if it was measured here.
    pub(super) hnr_db: Option<[f32; 4]>,
    /// Power of the noise re the voice's, dB, if it was measured here.
    pub(super) noise_db: Option<f32>,
    /// Difference of neighbouring periods, % of one, if it was measured here.
    pub(super) jitter_percent: Option<f32>,
}

/// A running mean: a sum and a count.
#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    sum: f32,
    n: f32,
}

impl Mean {
    fn add(&mut self, value: f32) {
        self.sum += value;
        self.n += 1.0;
    }

    /// The mean, if there are at least `least` numbers.
    fn of(means: impl Iterator<Item = Self>, least: f32) -> Option<f32> {
        let (sum, n) = means.fold((0.0, 0.0), |(sum, n), mean| (sum + mean.sum, n + mean.n));
        (n >= least).then(|| sum / n)
    }
}

/// Sums over half a second.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    drift_squares: Mean,
    vibrato_squares: Mean,
    flutter_squares: Mean,
    jitter: Mean,
    scoop: Mean,
    hnr_db: [Mean; 4],
    noise_db: Mean,
    voice_power: Mean,
    cycles: vibrato::Sums,
}

/// Keeps the statistics of the last seconds.
#[derive(Clone, Debug)]
pub(super) struct Take {
    track: Track,
    cycles: CycleFinder,
    blocks: Blocks<Sums, N_BLOCKS>,
    last_number: i64,
    statistics: TakeStatistics,
}

impl Take {
    /// Allocates.
    pub(super) fn new() -> Self {
        Self {
            track: Track::new(),
            cycles: CycleFinder::new(WINDOW_S),
            blocks: Blocks::new(),
            last_number: 0,
            statistics: TakeStatistics::default(),
        }
    }

    pub(super) fn reset(&mut self) {
        self.track.reset();
        self.cycles.reset();
        self.blocks.reset();
        self.statistics = TakeStatistics::default();
    }

    /// Takes in the next window. Realtime-safe.
    pub(super) fn hear(&mut self, instant: &Instant) {
        let is_jump = instant.number != self.last_number + 1;
        let position = instant.number * WINDOW_VALUES as i64;
        if self.blocks.begins_at(position) {
            // An unfinished half second depends on where the render began; a finished one does not.
            self.statistics = self.current();
        }
        self.last_number = instant.number;
        let cents = instant.f0_hz.map(|f0_hz| 1200.0 * f0_hz.log2());
        self.track.push(cents, instant.onset.is_some(), is_jump);
        let is_glide = self.is_glide();
        self.track.settle(GLIDE_AGE, is_glide);
        let jitter_percent = instant.jitter_percent.filter(|_| self.is_holding());
        let sums = self.blocks.at(position, Sums::default());
        if let Some(hnr_db) = instant.hnr_db {
            sums.hnr_db.iter_mut().zip(hnr_db).for_each(|(mean, band_db)| mean.add(band_db));
        }
        if instant.f0_hz.is_some() {
            sums.voice_power.add(10_f32.powf(instant.loudness_db / 10.0));
        }
        instant.noise_db.into_iter().for_each(|noise_db| sums.noise_db.add(noise_db));
        jitter_percent.into_iter().for_each(|jitter_percent| sums.jitter.add(jitter_percent));
        scoop_cents(&self.track).into_iter().for_each(|cents| sums.scoop.add(cents.abs()));
        let Some(moment) = Movement::at(&self.track) else { return self.cycles.reset() };
        sums.drift_squares.add(moment.drift_cents.powi(2));
        sums.vibrato_squares.add(moment.swing_cents.powi(2));
        sums.flutter_squares.add(moment.flutter_cents.powi(2));
        if let Some(cycles) = self.cycles.hear(moment.swing_cents) {
            sums.cycles = sums.cycles.plus(cycles);
        }
    }

    /// The statistics of the last seconds.
    pub(super) fn statistics(&self) -> TakeStatistics {
        self.statistics
    }

    /// Whether a note has been held up to now, as far as that is known.
    fn is_holding(&self) -> bool {
        let is_held = self.track.note_around(GLIDE_AGE, 0).is_some_and(|note| note.oldest >= GLIDE_AGE + NOTE_HEAD);
        is_held && self.track.in_run(0).is_some() && self.track.last_beginning(GLIDE_AGE).is_none()
    }

    /// Whether the voice glides at the window [`GLIDE_AGE`] ago.
    fn is_glide(&self) -> bool {
        let is_voiced = self.track.in_run(0).is_some_and(|age| age >= 2 * GLIDE_AGE);
        let mean = |age: usize| self.track.mean_cents(age + SWING_REACH, age - SWING_REACH);
        let most_cents = MOST_GLIDE_CENTS_PER_S * 2.0 * GLIDE_STEP as f32 * WINDOW_S;
        is_voiced && (mean(SWING_REACH) - mean(SWING_REACH + 2 * GLIDE_STEP)).abs() > most_cents
    }

    /// The gain of the drift's means for a movement of so many cycles a second.
    fn drift_response(&self, rate_hz: f32) -> f32 {
        let half_turn = PI * rate_hz * WINDOW_S;
        let n_windows = (2 * DRIFT_REACH + 1) as f32;
        let mean = (n_windows * half_turn).sin() / (n_windows * half_turn.sin());
        mean * (1.0 + 2.0 * (2.0 * DRIFT_STEP as f32 * half_turn).cos()) / 3.0
    }

    fn current(&self) -> TakeStatistics {
        let mean = |part: fn(&Sums) -> Mean, least| Mean::of(self.blocks.iter().map(part), least);
        let rms = |part| mean(part, LEAST_HELD_S / WINDOW_S).map(f32::sqrt);
        let hnr_db = |band: usize| Mean::of(self.blocks.iter().map(|sums| sums.hnr_db[band]), 4.0);
        let n_windows: f32 = self.blocks.iter().map(|sums| sums.drift_squares.n).sum();
        let vibrato = Vibrato::of(self.blocks.iter().map(|sums| sums.cycles), n_windows * WINDOW_S);
        let vibrato_band_cents = rms(|sums| sums.vibrato_squares);
        let leak = self.drift_response(vibrato.map_or(USUAL_SWING_HZ, |vibrato| vibrato.rate_hz)).hypot(CENTRE_LEAK);
        let leaked_cents = leak * vibrato_band_cents.unwrap_or_default();
        let own_cents = |cents: f32| (cents.powi(2) - leaked_cents.powi(2)).max(0.0).sqrt();
        let drift_cents = rms(|sums| sums.drift_squares).map(own_cents);
        TakeStatistics {
            held_s: n_windows * WINDOW_S,
            drift_cents,
            vibrato_band_cents,
            flutter_cents: rms(|sums| sums.flutter_squares),
            jitter_percent: mean(|sums| sums.jitter, 4.0),
            vibrato,
            scoop_cents: mean(|sums| sums.scoop, 1.0),
            hnr_db: hnr_db(0).map(|_| std::array::from_fn(|band| hnr_db(band).unwrap_or_default())),
            noise_db: mean(|sums| sums.noise_db, 4.0),
            voice_db: mean(|sums| sums.voice_power, 1.0).map(|power| 10.0 * power.log10()),
        }
    }
}

/// Movement of the pitch at one moment inside a held note, by speed.
struct Movement {
    drift_cents: f32,
    swing_cents: f32,
    flutter_cents: f32,
}

impl Movement {
    /// That of the window [`CENTRE_REACH`] ago, because what follows must be known.
    fn at(track: &Track) -> Option<Self> {
        let note = track.note_around(CENTRE_REACH, CENTRE_REACH)?;
        let (oldest, newest) = (note.oldest.checked_sub(NOTE_HEAD)?, note.newest + NOTE_TAIL);
        let mean = |age: usize, reach: usize| {
            (age + reach <= oldest && age - reach >= newest).then(|| track.mean_cents(age + reach, age - reach))
        };
        let drift = |age| mean(age, DRIFT_REACH);
        let slow = (drift(CENTRE_REACH - DRIFT_STEP)? + drift(CENTRE_REACH)? + drift(CENTRE_REACH + DRIFT_STEP)?) / 3.0;
        let (swing, fast) = (mean(CENTRE_REACH, SWING_REACH)?, mean(CENTRE_REACH, FLUTTER_REACH)?);
        let centre = track.mean_cents(oldest.min(2 * CENTRE_REACH), newest);
        let here = track.mean_cents(CENTRE_REACH, CENTRE_REACH);
        let is_held = (slow - centre).abs() < MOST_DRIFT_CENTS && (here - slow).abs() < MOST_DEVIATION_CENTS;
        is_held.then_some(Self { drift_cents: slow - centre, swing_cents: fast - swing, flutter_cents: here - fast })
    }
}

/// How far from its note's pitch a voiced run began, cents, at the moment when that is known; below the note is
/// negative.
fn scoop_cents(track: &Track) -> Option<f32> {
    let age = SCOOP_SETTLED.end;
    let start = track.in_run(0).filter(|start| *start == age)?;
    let mean = |windows: std::ops::Range<usize>| track.mean_cents(start - windows.start, start + 1 - windows.end);
    // Anything that begins in the settled part is another note.
    let is_one_note = track.last_beginning(age - SCOOP_SETTLED.start).is_none();
    let middle = usize::midpoint(SCOOP_SETTLED.start, SCOOP_SETTLED.end);
    let unsettled_cents = mean(middle..SCOOP_SETTLED.end) - mean(SCOOP_SETTLED.start..middle);
    let cents = mean(SCOOP_START) - mean(SCOOP_SETTLED);
    let is_scoop = unsettled_cents.abs() < MOST_UNSETTLED_CENTS && cents.abs() < MOST_SCOOP_CENTS;
    (is_one_note && is_scoop).then_some(cents)
}
