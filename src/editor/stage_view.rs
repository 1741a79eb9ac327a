//! The stage: the voice as a silhouette, over it the pitch movement that is added, below it the notes' timing and the
//! breath.
//!
//! In: the [`Trace`], the time between two frames. Out: the stage drawn, scrolling smoothly however unevenly hops
//! arrive.

use egui::{Align2, Painter, Rect, Ui, pos2, vec2};

use super::breath_lane::BreathLane;
use super::note_lane::{NoteLane, RANGES_MS, largest_ms};
use super::plot::{Axes, draw_cents_axis, draw_head, draw_movement, draw_seconds, draw_voice, fade_past};
use super::range::AxisRange;
use super::theme::{self, Scale};
use super::trace::{Column, Trace};
use crate::engine::HopTrace;
use crate::params::VoiceParams;
use crate::settings::Listen;

/// Cents from the middle to the marked edge; the smallest that holds the movement is shown. Chosen: doubling steps from
/// less than the default movement to more than any.
const RANGES_CENTS: [f32; 7] = [10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0];
/// How far the drawing is behind the newest hop, seconds. Chosen: bridges late blocks; shorter stutters, longer lags
/// behind the sound.
const LAG_S: f64 = 0.04;
/// A larger distance is made up for by a jump, seconds. Chosen: catching up would look like fast-forward; larger does
/// that more often, smaller jumps more often.
const CATCH_UP_S: f64 = 0.3;
/// Without hops for this long, the host counts as not processing, seconds. Chosen: longer than any block; longer
/// notices later.
const IDLE_S: f32 = 0.5;
/// So long afterwards the meters have fallen, seconds. Source: computed from their speed and range.
const FALL_S: f32 = 5.0;
/// Time between two changes of a number, seconds. Chosen: faster changes cannot be read, slower ones lag behind.
const READOUT_S: f32 = 0.12;

/// The sound that is output at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sound {
    /// The input as it is.
    Bypassed,
    /// The output, or a part of it.
    Part(Listen),
    /// The output, of something that has had no pitch for long.
    Unpitched,
}

impl Sound {
    /// The sound that these parameters select.
    pub(super) fn of(params: &VoiceParams, has_no_pitch: bool) -> Self {
        match params.values().settings().listen {
            _ if params.bypass.value() => Self::Bypassed,
            Listen::Output if has_no_pitch => Self::Unpitched,
            listen => Self::Part(listen),
        }
    }

    /// The warning to show; `None` where the whole voice is heard.
    fn warning(self) -> Option<&'static str> {
        match self {
            Self::Bypassed => Some("bypassed"),
            Self::Part(Listen::Output) | Self::Unpitched => None,
            Self::Part(Listen::Breath) => Some("only the added breath is heard"),
            Self::Part(Listen::Added) => Some("only what is added is heard"),
        }
    }
}

/// The stage's state from frame to frame.
#[derive(Debug)]
pub(super) struct Stage {
    head_samples: f64,
    idle_s: f32,
    range_cents: AxisRange,
    range_ms: AxisRange,
    readout: HopTrace,
    readout_age_s: f32,
}

impl Default for Stage {
    fn default() -> Self {
        Self {
            head_samples: 0.0,
            idle_s: IDLE_S,
            range_cents: AxisRange::of(&RANGES_CENTS),
            range_ms: AxisRange::of(&RANGES_MS),
            readout: HopTrace::default(),
            readout_age_s: 0.0,
        }
    }
}

impl Stage {
    /// Advances by one frame; `has_new_hops` since the last one.
    pub(super) fn advance(&mut self, trace: &Trace, has_new_hops: bool, elapsed_s: f32) {
        self.idle_s = if has_new_hops { 0.0 } else { self.idle_s + elapsed_s };
        self.readout_age_s += elapsed_s;
        let Some((newest_samples, hop)) = trace.newest() else { return };
        if self.readout_age_s > READOUT_S {
            (self.readout, self.readout_age_s) = (hop, 0.0);
        }
        let rate_hz = trace.sample_rate_hz();
        let elapsed_s = f64::from(elapsed_s);
        if !self.is_waiting() {
            self.head_samples += elapsed_s * rate_hz;
        }
        let behind_samples = newest_samples - LAG_S * rate_hz - self.head_samples;
        let is_far = behind_samples.abs() > CATCH_UP_S * rate_hz;
        self.head_samples += behind_samples * if is_far { 1.0 } else { (4.0 * elapsed_s).min(1.0) };
        self.head_samples = self.head_samples.min(newest_samples);
    }

    /// Whether no hops arrive.
    pub(super) fn is_waiting(&self) -> bool {
        self.idle_s >= IDLE_S
    }

    /// Whether no hops have arrived for so long that nothing moves any more, the meters neither.
    pub(super) fn is_at_rest(&self) -> bool {
        self.idle_s >= IDLE_S + FALL_S
    }

    /// Draws the stage in `rect`.
    pub(super) fn show(&mut self, ui: &Ui, rect: Rect, trace: &mut Trace, sound: Sound, scale: Scale) {
        ui.painter().rect_filled(rect, scale.corner(), theme::STAGE);
        let painter = ui.painter_at(rect);
        let [plot, lane_rect, breath_rect] = areas(rect, scale);
        let rate_hz = trace.sample_rate_hz();
        let elapsed_s = ui.input(|input| input.stable_dt).min(0.1);
        self.range_ms.fit(largest_ms(trace.notes()), elapsed_s);
        let columns = trace.columns(self.head_samples, plot.width() as usize);
        self.range_cents.fit(largest_cents(columns), elapsed_s);
        let axes = Axes { plot, head_samples: self.head_samples, rate_hz, range_cents: self.range_cents.drawn() };
        let lane = NoteLane { axes: &axes, rect: lane_rect, range: &self.range_ms, scale };
        let breath_lane = BreathLane { axes: &axes, rect: breath_rect, scale };

        let is_idle = sound == Sound::Bypassed || self.is_waiting();
        // When idle, breath keeps some of its colour, to be distinguished from the take's own.
        let [color, breath_color] = match is_idle {
            true => [theme::DIM, theme::mix(theme::DIM, theme::BREATH, 0.55)],
            false => [theme::ACCENT, theme::BREATH],
        };
        let room = plot.with_min_y(plot.top() - scale.points(20.0)).with_max_y(lane_rect.top());
        let voice = painter.with_clip_rect(room);
        draw_voice(&voice, columns, &axes);
        draw_cents_axis(&painter, &axes, self.range_cents.marked(), scale);
        draw_movement(&voice, columns, &axes, color, scale);
        draw_head(&painter, columns, &axes, color, scale);
        breath_lane.draw(&painter, columns, breath_color);
        lane.draw(&painter, trace.notes(), color);
        fade_past(&painter, plot.union(breath_rect), scale);
        lane.name(&painter);
        breath_lane.name(ui, &painter);
        draw_seconds(&painter, trace, &axes, [breath_rect.bottom(), rect.bottom()], scale);
        let at = pos2(rect.left() + scale.points(12.0), top_row_y(rect, scale));
        let font = scale.font(11.0);
        let caption = theme::caption(&painter, at, Align2::LEFT_CENTER, "Added pitch, cents", font, theme::DIM);
        lane.key(ui, &painter, caption.right_center() + vec2(scale.points(26.0), 0.0), color);
        self.readouts(&painter, rect, sound, scale);
        lane.explain(ui, &painter, trace.notes());
        breath_lane.explain(ui, &painter, trace.breaths());
    }

    fn readouts(&self, painter: &Painter, rect: Rect, sound: Sound, scale: Scale) {
        let (at, font) = (pos2(rect.right() - scale.points(18.0), top_row_y(rect, scale)), scale.font(13.0));
        if let Some(warning) = sound.warning() {
            painter.text(at, Align2::RIGHT_CENTER, warning, font, theme::ALERT);
        } else if self.is_waiting() {
            painter.text(at, Align2::RIGHT_CENTER, "waiting for audio", font, theme::DIM);
        } else if sound == Sound::Unpitched {
            painter.text(at, Align2::RIGHT_CENTER, "no pitch: only breath is added", font, theme::DIM);
        } else if self.readout.frame.is_polyphonic {
            let words = "several voices: timing and breath held back";
            painter.text(at, Align2::RIGHT_CENTER, words, font, theme::DIM);
        } else {
            let displacement = displacement_text(self.readout.displacement_ms);
            painter.text(at, Align2::RIGHT_CENTER, displacement, font.clone(), theme::DIM);
            let at = at - vec2(scale.points(96.0), 0.0);
            painter.text(at, Align2::RIGHT_CENTER, cents_text(self.readout.pitch_cents), font, theme::TEXT);
        }
    }
}

/// The middle of the row of captions and readouts.
fn top_row_y(rect: Rect, scale: Scale) -> f32 {
    rect.top() + scale.points(18.0)
}

/// The plot of the movement, below it the lane of notes, below that the lane of breath.
fn areas(rect: Rect, scale: Scale) -> [Rect; 3] {
    let mut inner = rect;
    inner.min += scale.points(1.0) * vec2(58.0, 30.0);
    inner.max -= scale.points(1.0) * vec2(18.0, 24.0);
    let breath = inner.with_min_y(inner.bottom() - scale.points(34.0));
    let notes = inner.with_max_y(breath.top() - scale.points(2.0)).with_min_y(breath.top() - scale.points(26.0));
    [inner.with_max_y(notes.top() - scale.points(4.0)), notes, breath]
}

fn largest_cents(columns: &[Column]) -> f32 {
    columns.iter().fold(0.0, |largest, column| column.cents[2].max(-column.cents[0]).max(largest))
}

fn cents_text(cents: f32) -> String {
    let sign = if cents < 0.0 { "\u{2212}" } else { "+" };
    format!("{sign}{:.1} cents", cents.abs())
}

/// Positive displacement reads later audio, so the sound comes early.
fn displacement_text(displacement_ms: f32) -> String {
    let direction = if displacement_ms >= 0.0 { "early" } else { "late" };
    format!("{:.1} ms {direction}", displacement_ms.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readouts_read_as_a_person_writes_them() {
        assert_eq!(cents_text(-3.06), "\u{2212}3.1 cents");
        assert_eq!([displacement_text(1.26), displacement_text(-0.5)], ["1.3 ms early", "0.5 ms late"]);
    }

    #[test]
    fn the_drawing_follows_uneven_blocks_smoothly_and_stops_with_them() {
        let (mut trace, mut stage) = (Trace::default(), Stage::default());
        let mut position_samples = 0;
        let mut steps = Vec::new();
        for frame in 0..600 {
            // Blocks of 2048 samples arrive every second or third frame of 16 ms.
            let is_block_due = i64::from(frame) * 768 >= position_samples;
            for _ in 0..if is_block_due { 32 } else { 0 } {
                trace.push(HopTrace { position_samples, ..HopTrace::default() });
                position_samples += 64;
            }
            let before_samples = stage.head_samples;
            stage.advance(&trace, is_block_due, 0.016);
            steps.push(stage.head_samples - before_samples);
        }
        assert!(steps[100..].iter().all(|step| (300.0..1300.0).contains(step)), "{steps:?}");
        (0..200).for_each(|_| stage.advance(&trace, false, 0.016));
        let stood_samples = stage.head_samples;
        stage.advance(&trace, false, 0.016);
        assert!(stage.is_waiting() && (stage.head_samples - stood_samples).abs() < 1.0);
    }
}
