//! Listens to the input hop by hop, and decides on each moment as late as the latency allows.
//!
//! In: complete hops in the history. Out: each hop's own level at once, and verdicts on the hops before it. Every
//! fourth hop a window of 42 ms of the decimated signal gives pitch candidates; the tracker decides among them some
//! windows later; what else is known of a moment is decided with its pitch. Nothing is remembered for longer than
//! six seconds: levels and chords for four, what the take has of its own for less than six.

use crate::dsp::decimate::dot;
use crate::dsp::history::History;

use super::bands::VowelBand;
use super::glottis::{PhaseFollower, Turn};
use super::levels::Levels;
use super::noise_share::NoiseShare;
use super::onset::OnsetFinder;
use super::pitch::{Candidate, Candidates, PitchFinder};
use super::polyphony::Polyphony;
use super::refine::Refiner;
use super::stream::Stream;
use super::take::{Instant, Take};
use super::timbre::{Moment, Timbre};
use super::tracker::{MAX_LOOKAHEAD, Tracker};
use super::window::{Window, Windows};
use super::{FLOOR_DB, Frame, Heard, Onset, Singer, Verdict, onset, phrase};

/// Peaks below this count as silence, dBFS. A jump of the read pointer with a short crossfade is inaudible there, and
/// the noise floor of a clean recording lies below it.
const QUIET_PEAK_DB: f32 = -60.0;

/// The share of the latency that decisions wait for, if that is more than onsets need: the rest is for what is planned
/// on them. In Phrase the longest look-ahead then leaves 0.28 s, in Studio what onsets need leaves 18 ms.
const WAITED_SHARE: f64 = 0.6;
/// Hops per window: 5.3 ms at 48 kHz.
const HOPS_PER_WINDOW: usize = 4;

/// Listens to the input.
#[derive(Clone)]
pub struct Analyzer {
    sample_rate_hz: f64,
    hop_samples: usize,
    /// The decimated signal.
    slow: Stream,
    /// What is measured on the signal at twice that rate, which has the upper bands.
    timbre: Timbre,
    hnr_db: Option<[f32; 4]>,
    noise_share: NoiseShare,
    folds: PhaseFollower,
    take: Take,
    finder: PitchFinder,
    tracker: Tracker,
    refiner: Refiner,
    vowel_band: VowelBand,
    levels: Levels,
    windows: Windows,
    onsets: OnsetFinder,
    polyphony: Polyphony,
    quiet_samples: u32,
    /// Windows that a verdict waits for.
    lookahead: usize,
    /// Windows that the decision on a pitch waits for: fewer, because a verdict looks at the pitch around it.
    pitch_age: usize,
    latest: Option<Verdict>,
}

impl Analyzer {
    /// An analyzer that may decide `latency_samples` late. Allocates.
    pub fn new(sample_rate_hz: f64, hop_samples: usize, latency_samples: usize) -> Self {
        let factor = (hop_samples / 16).max(1);
        let slow_rate_hz = sample_rate_hz / factor as f64;
        let fine_factor = (factor / 2).max(1);
        let finder = PitchFinder::new(slow_rate_hz);
        let window_samples = hop_samples * HOPS_PER_WINDOW;
        let window_s = window_samples as f64 / sample_rate_hz;
        let polyphony = Polyphony::new(sample_rate_hz, window_samples, factor, finder.window_len());
        let longest = polyphony.window_len().max(finder.window_len());
        let mut analyzer = Self {
            sample_rate_hz,
            hop_samples,
            slow: Stream::new(factor, longest + (MAX_LOOKAHEAD + 4) * window_samples / factor),
            timbre: Timbre::new(
                sample_rate_hz,
                fine_factor,
                2 * longest + (MAX_LOOKAHEAD + 4) * window_samples / fine_factor,
            ),
            hnr_db: None,
            noise_share: NoiseShare::new(),
            folds: PhaseFollower::new(slow_rate_hz, window_s),
            take: Take::new(sample_rate_hz, window_samples),
            finder,
            tracker: Tracker::new(0),
            refiner: Refiner::new(slow_rate_hz),
            vowel_band: VowelBand::new(slow_rate_hz),
            levels: Levels::new(sample_rate_hz),
            windows: Windows::new(),
            onsets: OnsetFinder::new(window_s as f32),
            polyphony,
            quiet_samples: 0,
            lookahead: 0,
            pitch_age: 0,
            latest: None,
        };
        analyzer.set_lookahead(latency_samples);
        analyzer
    }

    /// Lets decisions wait for as many windows as a latency allows, and forgets everything. Realtime-safe.
    pub fn set_lookahead(&mut self, latency_samples: usize) {
        // A verdict speaks of the stretch between two windows, and must come before its first hop is rendered.
        let spare = latency_samples.saturating_sub(self.window_delay_samples() + 2 * self.window_samples());
        let spare_windows = spare / self.window_samples();
        // What is decided sooner than it must be lets timing plan: as much as onsets can do without.
        let wanted = (WAITED_SHARE * spare_windows as f64) as usize;
        self.lookahead = wanted.max(onset::WINDOWS_AHEAD).min(spare_windows).min(MAX_LOOKAHEAD);
        let ahead = self.lookahead.min(onset::WINDOWS_AHEAD).max(self.lookahead / 2);
        self.pitch_age = self.lookahead - ahead;
        self.tracker = Tracker::new(self.pitch_age);
        self.reset();
    }

    /// Forgets everything. Realtime-safe.
    pub fn reset(&mut self) {
        self.slow.reset();
        self.tracker.reset();
        self.levels.reset();
        self.windows.reset();
        self.onsets.reset();
        self.polyphony.reset();
        self.timbre.reset();
        self.hnr_db = None;
        self.folds.reset();
        self.take.reset();
        (self.quiet_samples, self.latest) = (0, None);
    }

    fn window_samples(&self) -> usize {
        self.hop_samples * HOPS_PER_WINDOW
    }

    /// How far the middle of a pitch window lies behind its end, samples.
    fn window_delay_samples(&self) -> usize {
        self.finder.window_len() * self.slow.factor() / 2 + self.slow.delay_samples()
    }

    /// Hears one complete hop. Returns its frame, as far as it is known, and perhaps a verdict on hops before it.
    /// Realtime-safe.
    pub fn hear(&mut self, history: &History, heard: Heard) -> (Frame, Option<Verdict>) {
        self.hear_quiet(history, heard);
        self.slow.hear(history, heard);
        self.timbre.hear(history, heard);
        let end_position = heard.position_samples + heard.len as i64;
        let is_window_due = end_position.rem_euclid(self.window_samples() as i64) == 0;
        let verdict =
            if is_window_due { self.hear_window(history, heard.first + heard.len as i64, end_position) } else { None };
        let level_db = decibels(power(history, heard.first, heard.len));
        let newest = self.windows.get(0).copied().unwrap_or_default();
        let mut frame = Frame {
            level_db,
            quiet_samples: self.quiet_samples,
            silence_db: self.levels.silence_db(),
            is_voice_likely: newest.is_likely_voiced() && newest.is_heard(),
            ..Frame::SILENCE
        };
        if let Some(latest) = verdict.or(self.latest) {
            // Until its own verdict comes, a hop is taken for what was heard last.
            latest.foretell(heard.first, &mut frame);
            self.latest = Some(latest);
        }
        (frame, verdict)
    }

    /// What is known of the singer so far.
    pub fn singer(&self) -> Singer {
        self.latest.map(|latest| latest.singer).unwrap_or_default()
    }

    fn hear_quiet(&mut self, history: &History, heard: Heard) {
        let quiet_peak = 10_f32.powf(QUIET_PEAK_DB / 20.0);
        let loud = |channel| {
            history.window(channel, heard.first, heard.len).iter().rposition(|sample| sample.abs() >= quiet_peak)
        };
        self.quiet_samples = match (0..history.n_channels()).filter_map(loud).max() {
            Some(at) => (heard.len - 1 - at) as u32,
            None => self.quiet_samples.saturating_add(heard.len as u32),
        };
    }

    /// Looks at the newest window, which ends before absolute index `end`, and decides on the one whose turn it is.
    fn hear_window(&mut self, history: &History, end: i64, end_position: i64) -> Option<Verdict> {
        let window_len = self.finder.window_len();
        let candidates = self.finder.find(self.slow.newest(window_len));
        let heard_len = self.polyphony.window_len();
        self.polyphony.hear(end_position, self.slow.newest(heard_len), &candidates);
        let window = self.measure(history, end, end_position, &candidates);
        self.windows.push(window);
        // Silence has no candidates: it also makes the tracker forget.
        let candidates = if window.is_heard() { candidates } else { Candidates::default() };
        let pitch = self.tracker.follow(&candidates);
        let pitch = pitch.map(|pitch| self.refine(pitch));
        let number = end_position / self.window_samples() as i64;
        self.complete_window(pitch, number - self.pitch_age as i64, end)?;
        (self.windows.len() > self.lookahead).then(|| self.decide(number - self.lookahead as i64, end))
    }

    /// Writes down the pitch just decided and what hangs on it. `None` as long as there is no such window.
    fn complete_window(&mut self, pitch: Option<Candidate>, number: i64, end: i64) -> Option<()> {
        let f0_hz = pitch.map(|pitch| pitch.f0_hz);
        let age = self.pitch_age;
        let turn = self.folds.follow(f0_hz, number, &self.slow, self.known_behind(age));
        let decided = self.windows.get_mut(age)?;
        (decided.pitch, decided.turn, decided.is_decided) = (pitch, turn, true);
        let moment = Moment { number, middle: decided.middle, f0_hz, is_heard: decided.is_heard() };
        self.timbre.hear_envelope(&moment, end);
        Some(())
    }

    /// How much of the decimated signal is known behind the middle of a window of an age, values.
    fn known_behind(&self, age: usize) -> usize {
        self.finder.window_len() / 2 + age * self.window_samples() / self.slow.factor()
    }

    /// The pitch just decided, as it is in the middle of its window.
    fn refine(&mut self, pitch: Candidate) -> Candidate {
        let len = self.refiner.max_len();
        let ahead = self.known_behind(self.pitch_age);
        self.refiner.refine(self.slow.centred(ahead, len), ahead, pitch)
    }

    /// Everything about a window that needs no context.
    fn measure(&mut self, history: &History, end: i64, end_position: i64, candidates: &Candidates) -> Window {
        let middle = end - self.window_delay_samples() as i64;
        let around = self.window_samples();
        let power_all = power(history, middle - around as i64 / 2, around);
        let (slow_len, extra) = (around / self.slow.factor(), self.vowel_band.extra_len());
        let slow = self.slow.centred(self.finder.window_len() / 2, slow_len + extra);
        let middle_of_slow = &slow[extra / 2..extra / 2 + slow_len];
        let power_low = dot(middle_of_slow, middle_of_slow) / slow_len as f32;
        let level_db = decibels(power_all);
        self.levels.hear(end_position, level_db);
        Window {
            middle,
            level_db,
            offset: mean(history, middle - around as i64 / 2, around),
            vowel_power: self.vowel_band.power(slow),
            high_db: decibels(power_all - power_low),
            silence_db: self.levels.silence_db(),
            loudest_db: self.levels.loudest_db(),
            best_clarity: candidates.iter().map(|candidate| candidate.clarity).fold(0.0, f32::max),
            pitch: None,
            turn: Turn::default(),
            is_decided: false,
        }
    }

    /// The verdict on the stretch before the window of the age that verdicts wait for, the input up to `end` known.
    fn decide(&mut self, number: i64, end: i64) -> Verdict {
        let age = self.lookahead;
        let window_s = (self.window_samples() as f64 / self.sample_rate_hz) as f32;
        let here = self.windows.get(age).copied().unwrap_or_default();
        let before = self.windows.get(age + 1).copied();
        let onset = self.onsets.find(&self.windows, age);
        Verdict {
            from_index: before.map_or(here.middle - self.window_samples() as i64, |before| before.middle),
            to_index: here.middle,
            from: before.and_then(|before| before.pitch),
            to: here.pitch,
            turn: here.turn,
            loudness_db: [age + 1, age].map(|age| self.windows.loudness_db(age)),
            phase: phrase::phase(&self.windows, age, window_s),
            onset,
            singer: self.describe(&here, number, onset, end),
            hnr_db: self.hnr_db,
            noise_floor_db: self.levels.floor_db(),
            is_polyphonic: self.polyphony.is_polyphonic(),
        }
    }

    /// What is known of the singer at a window.
    fn describe(&mut self, here: &Window, number: i64, onset: Option<Onset>, end: i64) -> Singer {
        let f0_hz = here.pitch.map(|pitch| pitch.f0_hz);
        let moment = Moment { number, middle: here.middle, f0_hz, is_heard: here.is_heard() };
        let hnr_db = self.timbre.hnr_db(&moment, end);
        self.hnr_db = hnr_db.unwrap_or(self.hnr_db);
        let envelope = self.timbre.envelope_at(here.middle);
        let noise_db = |hnr_db: [f32; 4]| envelope.map(|envelope| self.noise_share.level_db(&envelope, &hnr_db));
        self.take.hear(&Instant {
            position_samples: number * self.window_samples() as i64,
            f0_hz,
            loudness_db: self.windows.loudness_db(self.lookahead),
            onset,
            hnr_db: hnr_db.flatten(),
            noise_db: hnr_db.flatten().and_then(noise_db),
            jitter_percent: self.timbre.jitter_percent(&moment, here.turn.phase, end),
        });
        Singer { envelope, take: self.take.statistics() }
    }
}

/// Mean power over all channels.
fn power(history: &History, first: i64, len: usize) -> f32 {
    let channel_power = |channel| {
        let samples = history.window(channel, first, len);
        dot(samples, samples)
    };
    let sum: f32 = (0..history.n_channels()).map(channel_power).sum();
    sum / (len * history.n_channels()).max(1) as f32
}

/// Mean over all channels.
fn mean(history: &History, first: i64, len: usize) -> f32 {
    let sum: f32 =
        (0..history.n_channels()).map(|channel| history.window(channel, first, len).iter().sum::<f32>()).sum();
    sum / (len * history.n_channels()).max(1) as f32
}

fn decibels(power: f32) -> f32 {
    (10.0 * power.log10()).max(FLOOR_DB)
}
