//! Analyses the input hop by hop, and makes final decisions on each moment as late as the latency allows.
//!
//! In: complete hops in the history. Out: each hop's own level at once, and verdicts on the hops before it. Every 5.33
//! ms of the song, at any sample rate, a window of 42 ms of the slow signal ends and gives pitch candidates; the
//! tracker decides among them some windows later; everything else about a moment is decided together with its pitch.
//! Nothing is remembered for longer than six seconds: levels and polyphony for four, the take's own statistics for less
//! than six.

use crate::dsp::dot::dot;
use crate::dsp::history::History;

use super::agreement::Agreement;
use super::bands::VowelBand;
use super::glottis::PhaseFollower;
use super::grid::{SLOW_HZ, WINDOW_S, WINDOW_VALUES, fine_hz};
use super::half_second::{HalfSecond, HalfSeconds, half_second_at};
use super::intake::Intake;
use super::levels::Levels;
use super::mains::is_hum_pitch;
use super::noise_share::NoiseShare;
use super::onset::OnsetFinder;
use super::pitch::{Candidate, Candidates, PitchFinder, strongest};
use super::polyphony::Polyphony;
use super::refine::Refiner;
use super::take::{Instant, Take};
use super::timbre::{Moment, Timbre};
use super::tracker::{MAX_LOOKAHEAD, Tracker};
use super::window::{AIR_AGE, Window, Windows};
use super::{FLOOR_DB, Frame, Heard, Onset, Singer, Verdict, onset, phrase};

/// Peaks below this count as silence, dBFS. Chosen: a jump of the read pointer with a short crossfade is inaudible
/// there, and the noise floor of a clean recording is below it; higher makes jumps audible, lower finds fewer places
/// for them.
const QUIET_PEAK_DB: f32 = -60.0;

/// The share of the latency that decisions wait for, if that is more than onsets need; the rest is left for planning.
/// Chosen: in Phrase the longest look-ahead then leaves 0.28 s, in Studio the need of the onsets leaves 18 ms; larger
/// makes decisions surer and leaves less room for timing.
const WAITED_SHARE: f64 = 0.6;
/// The largest delay between the last value of a window and the time it is known, seconds. Source: computed from a hop
/// of 2 ms, in which the window ends, and the filters before it.
const INTAKE_DELAY_S: f64 = 0.0035;

/// The analysis of one stream of audio.
#[derive(Clone)]
pub struct Analyzer {
    sample_rate_hz: f64,
    intake: Intake,
    /// Values of the fine signal in a window.
    fine_window_len: usize,
    /// Measurements on the fine signal, which has the upper bands.
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
    agreement: Agreement,
    /// The half second that was completed last.
    completed: Option<(i64, HalfSecond)>,
    /// The half second on which the last verdict came.
    decided_half_second: Option<i64>,
    /// Windows that a verdict waits for.
    lookahead: usize,
    /// Windows that the pitch decision waits for: fewer, because a verdict uses the pitch around its moment.
    pitch_age: usize,
    latest: Option<Verdict>,
}

impl Analyzer {
    /// An analyzer whose decisions may be `latency_samples` late. Allocates.
    pub fn new(sample_rate_hz: f64, latency_samples: usize) -> Self {
        let finder = PitchFinder::new(SLOW_HZ);
        let polyphony = Polyphony::new(finder.window_len());
        let longest = polyphony.window_len().max(finder.window_len());
        let kept_s = (longest + (MAX_LOOKAHEAD + 4) * WINDOW_VALUES) as f64 / SLOW_HZ;
        let fine_hz = fine_hz(sample_rate_hz);
        let mut analyzer = Self {
            sample_rate_hz,
            intake: Intake::new(sample_rate_hz, kept_s),
            fine_window_len: (f64::from(WINDOW_S) * fine_hz).round() as usize,
            timbre: Timbre::new(fine_hz),
            hnr_db: None,
            noise_share: NoiseShare::new(),
            folds: PhaseFollower::new(SLOW_HZ),
            take: Take::new(),
            finder,
            tracker: Tracker::new(0),
            refiner: Refiner::new(SLOW_HZ),
            vowel_band: VowelBand::new(SLOW_HZ),
            levels: Levels::new(),
            windows: Windows::new(),
            onsets: OnsetFinder::new(),
            polyphony,
            quiet_samples: 0,
            agreement: Agreement::default(),
            completed: None,
            decided_half_second: None,
            lookahead: 0,
            pitch_age: 0,
            latest: None,
        };
        analyzer.set_lookahead(latency_samples);
        analyzer
    }

    /// Sets the look-ahead to as many windows as a latency allows, and forgets everything. Realtime-safe.
    pub fn set_lookahead(&mut self, latency_samples: usize) {
        // A verdict covers the stretch between two windows, and must come before that stretch's first hop is rendered.
        let window_s = f64::from(WINDOW_S);
        let pitch_delay_s = (self.finder.window_len() / 2) as f64 / SLOW_HZ;
        let spare_s = latency_samples as f64 / self.sample_rate_hz - pitch_delay_s - INTAKE_DELAY_S - 2.0 * window_s;
        let spare_windows = (spare_s / window_s).max(0.0) as usize;
        // Waiting less than possible leaves time for planning, as long as onsets have what they need.
        let wanted = (WAITED_SHARE * spare_windows as f64) as usize;
        self.lookahead = wanted.max(onset::WINDOWS_AHEAD).min(spare_windows).min(MAX_LOOKAHEAD);
        let ahead = self.lookahead.min(onset::WINDOWS_AHEAD).max(self.lookahead / 2);
        self.pitch_age = self.lookahead - ahead;
        self.tracker = Tracker::new(self.pitch_age);
        self.reset();
    }

    /// Forgets everything. Realtime-safe.
    pub fn reset(&mut self) {
        self.intake.reset();
        self.tracker.reset();
        self.levels.reset();
        self.windows.reset();
        self.onsets.reset();
        self.polyphony.reset();
        self.timbre.reset();
        self.hnr_db = None;
        self.folds.reset();
        self.take.reset();
        self.agreement.reset();
        (self.quiet_samples, self.latest) = (0, None);
        (self.completed, self.decided_half_second) = (None, None);
    }

    /// Takes in one complete hop. Returns its provisional frame, and perhaps a verdict on hops before it. What is
    /// slow is taken from `song`, where an earlier pass knew it and what is heard agrees. Realtime-safe.
    pub fn hear(&mut self, history: &History, heard: Heard, song: Option<&HalfSeconds>) -> (Frame, Option<&Verdict>) {
        let learned = Learned { song, is_confirmed: self.agreement.holds() };
        let here = learned.get(half_second_at(heard.position_samples, self.sample_rate_hz));
        let ended = self.intake.hear(history, heard, here.map(|here| usize::from(here.view)));
        self.hear_quiet(history, heard);
        let verdict = ended.and_then(|number| self.hear_window(number, &learned));
        let newest = self.windows.get(0).copied().unwrap_or_default();
        let mut frame = Frame {
            level_db: decibels(self.intake.hop_power()),
            quiet_samples: self.quiet_samples,
            silence_db: here.map_or(self.levels.thresholds(), HalfSecond::thresholds).silence_db,
            is_as_learned: here.is_some() && self.agreement.holds(),
            is_voice_likely: newest.is_likely_voiced() && newest.is_heard(),
            ..Frame::SILENCE
        };
        let is_new = verdict.is_some();
        self.latest = verdict.or(self.latest.take());
        if let Some(latest) = &self.latest {
            // Until its own verdict comes, a hop continues the latest known state.
            latest.foretell(heard.first, &mut frame);
        }
        (frame, self.latest.as_ref().filter(|_| is_new))
    }

    /// The half second of the song that was completed last, by its number: known as late as verdicts are, and only
    /// if it was heard as a whole.
    pub fn completed(&self) -> Option<(i64, HalfSecond)> {
        self.completed
    }

    /// What is known of the singer so far.
    pub fn singer(&self) -> Singer {
        self.latest.map(|latest| latest.singer).unwrap_or_default()
    }

    /// Counts the samples since the signal was last loud, after removing offset and rumble.
    fn hear_quiet(&mut self, history: &History, heard: Heard) {
        let quiet_peak = 10_f32.powf(QUIET_PEAK_DB / 20.0);
        let loud = |channel| {
            let offset = self.intake.offset(channel);
            let is_loud = |sample: &f32| sample.abs().min((sample - offset).abs()) >= quiet_peak;
            history.window(channel, heard.first, heard.len).iter().rposition(is_loud)
        };
        self.quiet_samples = match (0..history.n_channels()).filter_map(loud).max() {
            Some(at) => (heard.len - 1 - at) as u32,
            None => self.quiet_samples.saturating_add(heard.len as u32),
        };
    }

    /// Analyses the window that has just ended, and decides on the one whose look-ahead is now complete.
    fn hear_window(&mut self, number: i64, learned: &Learned<'_>) -> Option<Verdict> {
        let slow = &self.intake.slow;
        let candidates = self.finder.find(slow.newest(self.finder.window_len()));
        self.polyphony.hear(number, slow.newest(self.polyphony.window_len()), &candidates);
        let strongest = strongest(&candidates).copied();
        let window = self.hear_levels(number, self.measure(&candidates, strongest), learned);
        let told = |number| learned.told(number);
        self.agreement.hear(number, self.intake.view() as u8, window.level_db, strongest, told);
        // Silence has no candidates: it also resets the tracker.
        let candidates = if window.is_heard() { candidates } else { Candidates::default() };
        let pitch = self.tracker.follow(&candidates);
        let pitch = pitch.map(|pitch| self.refine(pitch));
        self.complete_window(pitch, number - self.pitch_age as i64)?;
        if self.windows.len() <= self.lookahead {
            return None;
        }
        let verdict = self.decide(number - self.lookahead as i64, learned);
        self.complete_half_second(number - self.lookahead as i64);
        Some(verdict)
    }

    /// Keeps what is known of the half second before that of a window on which a verdict has come, once it is over.
    fn complete_half_second(&mut self, number: i64) {
        let here = half_second_of(number);
        let last = self.decided_half_second.replace(here).filter(|last| *last == here - 1);
        let (view, is_polyphonic) = (self.intake.louder_view(), self.polyphony.is_polyphonic());
        let print = |last| Some((last, self.agreement.print_of(last, view as u8)?));
        let Some((last, print)) = last.and_then(print) else { return };
        let thresholds = self.levels.thresholds();
        let half_second = HalfSecond::new(print, &thresholds, view, is_polyphonic, &self.take.statistics());
        self.completed = Some((last, half_second));
    }

    /// Stores the pitch just decided and everything that depends on it. `None` as long as there is no such window.
    fn complete_window(&mut self, pitch: Option<Candidate>, number: i64) -> Option<()> {
        let f0_hz = pitch.map(|pitch| pitch.f0_hz);
        let age = self.pitch_age;
        let turn = self.folds.follow(f0_hz, number, &self.intake.slow, self.known_behind(age));
        let decided = self.windows.get_mut(age)?;
        (decided.pitch, decided.turn, decided.is_decided) = (pitch, turn, true);
        let moment = Moment { number, middle: decided.middle, f0_hz, is_heard: decided.is_heard() };
        self.timbre.hear_envelope(&moment, &self.intake.fine);
        Some(())
    }

    /// How many values of the slow signal are known after the middle of a window of an age.
    fn known_behind(&self, age: usize) -> usize {
        self.finder.window_len() / 2 + age * WINDOW_VALUES
    }

    /// The pitch just decided, measured again in the middle of its window.
    fn refine(&mut self, pitch: Candidate) -> Candidate {
        let len = self.refiner.max_len();
        let ahead = self.known_behind(self.pitch_age);
        self.refiner.refine(self.intake.slow.centred(ahead, len), ahead, pitch)
    }

    /// Everything about a window that needs no context.
    fn measure(&self, candidates: &Candidates, strongest: Option<Candidate>) -> Window {
        let middle = self.intake.index_before_end(self.finder.window_len() / 2);
        let [power_all, power_fine] = self.intake.power_around(middle, self.fine_window_len);
        let extra = self.vowel_band.extra_len();
        let slow = self.intake.slow.centred(self.finder.window_len() / 2, WINDOW_VALUES + extra);
        let middle_of_slow = &slow[extra / 2..extra / 2 + WINDOW_VALUES];
        let power_low = dot(middle_of_slow, middle_of_slow) / WINDOW_VALUES as f32;
        let best_clarity = candidates.iter().map(|candidate| candidate.clarity).fold(0.0, f32::max);
        Window {
            middle,
            level_db: decibels(power_all),
            vowel_power: self.vowel_band.power(slow),
            high_db: decibels(power_fine - power_low),
            best_clarity,
            is_whole: self.intake.slow.n_until_window() >= (self.finder.window_len() + WINDOW_VALUES) / 2,
            is_hum: strongest.is_some_and(|strongest| is_hum_pitch(strongest.f0_hz)),
            ..Window::default()
        }
    }

    /// Stores a window, with its level among those of the last seconds.
    fn hear_levels(&mut self, number: i64, window: Window, learned: &Learned<'_>) -> Window {
        self.windows.push(window);
        if window.is_whole {
            self.levels.hear(number * WINDOW_VALUES as i64, self.windows.newest_level());
        }
        let known = learned.get(half_second_of(number));
        let window = Window { thresholds: known.map_or(self.levels.thresholds(), HalfSecond::thresholds), ..window };
        self.windows.get_mut(0).into_iter().for_each(|newest| newest.thresholds = window.thresholds);
        let air_db = phrase::measured_air_db(&self.windows, AIR_AGE);
        self.windows.get_mut(AIR_AGE).into_iter().for_each(|window| window.air_db = air_db);
        window
    }

    /// The verdict on the stretch that ends at the window of the verdict's age.
    fn decide(&mut self, number: i64, learned: &Learned<'_>) -> Verdict {
        let age = self.lookahead;
        let here = self.windows.get(age).copied().unwrap_or_default();
        let before = self.windows.get(age + 1).copied();
        let onset = self.onsets.find(&self.windows, age);
        let known = learned.get(half_second_of(number));
        let window_samples = (f64::from(WINDOW_S) * self.sample_rate_hz) as i64;
        Verdict {
            from_index: before.map_or(here.middle - window_samples, |before| before.middle),
            to_index: here.middle,
            from: before.and_then(|before| before.pitch),
            to: here.pitch,
            turn: here.turn,
            loudness_db: [age + 1, age].map(|age| self.windows.loudness_db(age)),
            phase: phrase::phase(&self.windows, age),
            onset,
            singer: self.describe(&here, number, onset, known),
            hnr_db: self.hnr_db,
            noise_floor_db: known.map_or(self.levels.thresholds(), HalfSecond::thresholds).floor_db,
            is_polyphonic: known.map_or_else(|| self.polyphony.is_polyphonic(), |known| known.is_polyphonic),
        }
    }

    /// What is known of the singer at a window.
    fn describe(&mut self, here: &Window, number: i64, onset: Option<Onset>, known: Option<&HalfSecond>) -> Singer {
        let f0_hz = here.pitch.map(|pitch| pitch.f0_hz);
        let moment = Moment { number, middle: here.middle, f0_hz, is_heard: here.is_heard() };
        let hnr_db = self.timbre.hnr_db(&moment, &self.intake.fine);
        self.hnr_db = hnr_db.unwrap_or(self.hnr_db);
        let envelope = self.timbre.envelope_at(here.middle);
        let noise_db = |hnr_db: [f32; 4]| envelope.map(|envelope| self.noise_share.level_db(&envelope, &hnr_db));
        self.take.hear(&Instant {
            number,
            f0_hz,
            loudness_db: self.windows.loudness_db(self.lookahead),
            onset,
            hnr_db: hnr_db.flatten(),
            noise_db: hnr_db.flatten().and_then(noise_db),
            jitter_percent: self.timbre.jitter_percent(&moment, here.turn.phase, &self.intake.fine),
        });
        Singer { envelope, take: known.map_or_else(|| self.take.statistics(), HalfSecond::take) }
    }
}

/// What an earlier pass knew of the song.
struct Learned<'a> {
    song: Option<&'a HalfSeconds>,
    /// What is heard agrees with it.
    is_confirmed: bool,
}

impl<'a> Learned<'a> {
    /// What it knew of a half second.
    fn told(&self, half_second: i64) -> Option<&'a HalfSecond> {
        self.song?.get(half_second)
    }

    /// The same, where it is to be used.
    fn get(&self, half_second: i64) -> Option<&'a HalfSecond> {
        self.told(half_second).filter(|_| self.is_confirmed)
    }
}

/// The number of the half second in which a window ends.
fn half_second_of(window: i64) -> i64 {
    half_second_at(window * WINDOW_VALUES as i64 - 1, SLOW_HZ)
}

fn decibels(power: f32) -> f32 {
    (10.0 * power.log10()).max(FLOOR_DB)
}
