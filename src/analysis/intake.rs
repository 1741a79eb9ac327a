//! Prepares the input for the analysis: one voice at fixed rates, without offset and rumble.
//!
//! In: complete hops of all channels. Out: a fine signal of 24 kHz (or the input's own rate where that is lower) for
//! level and timbre, a slow one of 12 kHz for pitch, and the windows of the slow one's grid as they end. Both hold two
//! views of a stereo input, half-sum and half-difference, so that a voice is analysed at any polarity of its channels;
//! the view that was louder over the last seconds is used.

use crate::dsp::high_pass::HighPass;
use crate::dsp::history::History;
use crate::dsp::resample::{Place, Resampler};

use super::Heard;
use super::blocks::Blocks;
use super::grid::{SLOW_HZ, WINDOW_VALUES, fine_hz};
use super::stream::{N_VIEWS, Stream};

/// Half seconds over which the louder view is determined, a count. Chosen: as long as levels are remembered; more
/// follow a change later, fewer switch more often.
const N_BLOCKS: usize = 8;
/// The half-difference is used where it has more than so many times the power of the half-sum. Chosen: for uncorrelated
/// channels both are equally loud, and a wide mix must not switch its view; larger misses partly inverted voices.
const MOST_SUM: f64 = 2.0;

/// How long unfiltered values are kept, seconds. Chosen: more than from the middle of a pitch window to its end, for
/// which they are read.
const RAW_S: f64 = 0.06;
/// Smaller values are nothing: their squares would be denormal numbers, which cost many times a voice's.
/// Measured: `cargo bench --bench engine`, noise of 1e-22 to 1e-28 cost 1.25 times a voice without this.
const SILENCE: f32 = 1e-15;

/// Values of the fine signal that are filtered together. Chosen: those of a hop at any rate; fewer cost time in loops,
/// more need more stack.
const PIECE_VALUES: usize = 64;

/// Consecutive values of the fine signal that have just been computed.
#[derive(Clone, Copy)]
struct Piece {
    first: Place,
    len: usize,
    n_views: usize,
    /// Absolute index of song position 0.
    origin: i64,
}

/// Values of both views, `[view][value]`.
type Values = [[f32; PIECE_VALUES]; N_VIEWS];

/// Filters and resamples the input.
#[derive(Clone)]
pub(super) struct Intake {
    to_fine: Resampler,
    to_slow: Resampler,
    high_passes: [HighPass; N_VIEWS],
    /// The piece being taken in: unfiltered and filtered values of the fine signal, and what it adds to the slow one.
    raw_piece: Values,
    filtered_piece: Values,
    slow_piece: Values,
    /// One channel of it.
    scratch: [f32; PIECE_VALUES],
    /// Values for level and timbre, without offset and rumble.
    pub(super) fine: Stream,
    /// The same with offset and rumble.
    raw: Stream,
    /// Values for pitch.
    pub(super) slow: Stream,
    powers: Blocks<[f64; N_VIEWS], N_BLOCKS>,
    view: usize,
    /// The view that was louder over the last seconds.
    louder_view: usize,
    /// What the high-pass removed from the newest value, in each view.
    offsets: [f32; N_VIEWS],
    /// Mean power of the newest hop.
    power: f32,
    /// Absolute index of the first sample taken in.
    first_index: Option<i64>,
}

impl Intake {
    /// Keeps `capacity_s` seconds. Allocates.
    pub(super) fn new(sample_rate_hz: f64, capacity_s: f64) -> Self {
        let fine_hz = fine_hz(sample_rate_hz);
        let to_fine = Resampler::new(sample_rate_hz, fine_hz);
        let to_slow = Resampler::new(fine_hz, SLOW_HZ);
        let fine_step = to_fine.step();
        let stream = |step: f64| Stream::new(step, (capacity_s * sample_rate_hz / step).ceil() as usize);
        Self {
            high_passes: std::array::from_fn(|_| HighPass::new(fine_hz)),
            raw_piece: [[0.0; PIECE_VALUES]; N_VIEWS],
            filtered_piece: [[0.0; PIECE_VALUES]; N_VIEWS],
            slow_piece: [[0.0; PIECE_VALUES]; N_VIEWS],
            scratch: [0.0; PIECE_VALUES],
            fine: stream(fine_step),
            // Only the values around the newest window are read.
            raw: Stream::new(fine_step, (RAW_S * fine_hz).ceil() as usize),
            slow: stream(fine_step * to_slow.step()),
            powers: Blocks::new(),
            view: 0,
            louder_view: 0,
            offsets: [0.0; N_VIEWS],
            power: 0.0,
            first_index: None,
            to_fine,
            to_slow,
        }
    }

    pub(super) fn reset(&mut self) {
        self.high_passes.iter_mut().for_each(HighPass::reset);
        [&mut self.fine, &mut self.raw, &mut self.slow].into_iter().for_each(Stream::reset);
        self.powers.reset();
        (self.view, self.louder_view) = (0, 0);
        (self.offsets, self.power, self.first_index) = ([0.0; N_VIEWS], 0.0, None);
    }

    /// Takes in a complete hop. Returns the number of the window that ends in it, if one does: where so many windows
    /// have gone by since song position 0. A hop is shorter than a window. `view` is used instead of the louder one.
    pub(super) fn hear(&mut self, history: &History, heard: Heard, view: Option<usize>) -> Option<i64> {
        let origin = heard.first - heard.position_samples;
        let first = *self.first_index.get_or_insert(heard.first);
        let (_, before) = self.to_fine.reach();
        // Values before the first sample do not belong to the song.
        let fresh = heard.position_samples..heard.position_samples + heard.len as i64;
        let (mut due, mut n_due) = self.to_fine.due(fresh);
        while n_due > 0 && origin + due.whole < first + before {
            (due, n_due) = (self.to_fine.later(due, 1), n_due - 1);
        }
        let n_values = n_due;
        let n_views = history.n_channels().min(N_VIEWS);
        let mut ended = None;
        let (mut filtered_power, mut raw_power) = ([0.0_f64; N_VIEWS], [0.0_f64; N_VIEWS]);
        while n_due > 0 {
            let piece = Piece { first: due, len: n_due.min(PIECE_VALUES), n_views, origin };
            self.resample(history, &piece);
            for view in 0..n_views {
                let raw = &self.raw_piece[view][..piece.len];
                let filtered = &mut self.filtered_piece[view][..piece.len];
                self.high_passes[view].filter(due.number, raw, filtered);
                filtered_power[view] = power(filtered_power[view], filtered);
                raw_power[view] = power(raw_power[view], raw);
            }
            ended = self.keep(&piece).or(ended);
            (due, n_due) = (self.to_fine.later(due, piece.len), n_due - piece.len);
        }
        if n_values > 0 {
            if n_views > 1 {
                self.choose_view(heard.position_samples, filtered_power, view.map(|view| view.min(n_views - 1)));
            }
            self.power = (filtered_power[self.view].min(raw_power[self.view]) / n_values as f64) as f32;
        }
        ended
    }

    /// Computes the values of a piece, unfiltered.
    fn resample(&mut self, history: &History, piece: &Piece) {
        let Piece { first, len, n_views, origin } = *piece;
        let (_, before) = self.to_fine.reach();
        let (start, span) = (origin + first.whole - before, self.to_fine.span(first, len));
        let n_channels = history.n_channels();
        self.raw_piece.iter_mut().for_each(|raw| raw[..len].fill(0.0));
        for channel in 0..n_channels {
            let values = &mut self.scratch[..len];
            self.to_fine.values(first, history.window(channel, start, span), values);
            let [sum, difference] = &mut self.raw_piece;
            sum.iter_mut().zip(&*values).for_each(|(sum, value)| *sum += value);
            if n_channels > 1 {
                difference.iter_mut().zip(values).for_each(|(difference, value)| *difference += sign(channel) * *value);
            }
        }
        // Of one channel or two this is exact, and a division takes longer.
        let share = 1.0 / n_channels as f32;
        let audible = |value: f32| if value.abs() < SILENCE { 0.0 } else { value };
        for raw in &mut self.raw_piece[..n_views] {
            raw[..len].iter_mut().for_each(|value| *value = audible(share * *value));
        }
    }

    /// Keeps a piece of the fine signal, and the values of the slow one that can now be computed. Returns the number of
    /// the window that ends with them, if one does.
    fn keep(&mut self, piece: &Piece) -> Option<i64> {
        let Piece { first, len, n_views, origin } = *piece;
        let last = self.to_fine.later(first, len - 1);
        let [raw, filtered] =
            [&self.raw_piece, &self.filtered_piece].map(|views| views.each_ref().map(|view| &view[..len]));
        let index = (origin + last.whole) as f64 + self.to_fine.after_whole(last);
        self.raw.push_all(last.number, index, &raw[..n_views]);
        self.fine.push_all(last.number, index, &filtered[..n_views]);
        self.offsets = std::array::from_fn(|view| raw[view][len - 1] - filtered[view][len - 1]);
        let (mut due, mut n_due) = self.to_slow.due(first.number..last.number + 1);
        let mut ended = None;
        while n_due > 0 {
            // The values up to the end of the window.
            let n_left = WINDOW_VALUES - due.number.rem_euclid(WINDOW_VALUES as i64) as usize;
            let n_values = n_due.min(n_left);
            self.keep_slow(due, n_values, n_views, (last.number, index));
            if n_values == n_left {
                self.slow.mark_window();
                ended = Some((due.number + n_values as i64).div_euclid(WINDOW_VALUES as i64));
            }
            (due, n_due) = (self.to_slow.later(due, n_values), n_due - n_values);
        }
        ended
    }

    /// Keeps consecutive values of the slow signal. The fine one's newest value is known by its number and index.
    fn keep_slow(&mut self, first: Place, n_values: usize, n_views: usize, (fine_number, fine_index): (i64, f64)) {
        let (_, before) = self.to_slow.reach();
        let span = self.to_slow.span(first, n_values);
        for (view, slow) in self.slow_piece.iter_mut().enumerate().take(n_views) {
            let fine = self.fine.starting_at(view, first.whole - before, span);
            self.to_slow.values(first, fine, &mut slow[..n_values]);
        }
        let last = self.to_slow.later(first, n_values - 1);
        let behind = (fine_number - last.whole) as f64 - self.to_slow.after_whole(last);
        let slow = self.slow_piece.each_ref().map(|view| &view[..n_values]);
        self.slow.push_all(last.number, fine_index - behind * self.fine.step(), &slow[..n_views]);
    }

    /// Selects the view that was louder over the last seconds.
    fn choose_view(&mut self, position: i64, powers: [f64; N_VIEWS], view: Option<usize>) {
        let slow_position = (position as f64 / self.slow.step()).floor() as i64;
        let block = self.powers.at(slow_position, [0.0; N_VIEWS]);
        block.iter_mut().zip(powers).for_each(|(sum, power)| *sum += power);
        let sum = |view: usize| self.powers.iter().map(|block| block[view]).sum::<f64>();
        self.louder_view = usize::from(sum(1) > MOST_SUM * sum(0));
        self.view = view.unwrap_or(self.louder_view).min(N_VIEWS - 1);
        [&mut self.fine, &mut self.raw, &mut self.slow].into_iter().for_each(|stream| stream.set_view(self.view));
    }

    /// Absolute index of the position so many values of the slow signal before the end of the window that has just
    /// ended.
    pub(super) fn index_before_end(&self, n_values: usize) -> i64 {
        self.slow.index_before_end(n_values).round() as i64
    }

    /// The view that is heard.
    pub(super) fn view(&self) -> usize {
        self.view
    }

    /// The view that was louder over the last seconds.
    pub(super) fn louder_view(&self) -> usize {
        self.louder_view
    }

    /// Mean power of the newest hop, without offset and rumble.
    pub(super) fn hop_power(&self) -> f32 {
        self.power
    }

    /// Mean power of `len` values of the fine signal around absolute index `middle`. Where a voice ends abruptly the
    /// high-pass still rings and the unfiltered signal is quieter than the filtered one: then the unfiltered one
    /// counts.
    pub(super) fn power_around(&self, middle: i64, len: usize) -> [f32; 2] {
        let power = |stream: &Stream| {
            let values = stream.around(middle, len);
            crate::dsp::dot::dot(values, values) / len as f32
        };
        let filtered = power(&self.fine);
        [filtered.min(power(&self.raw)), filtered]
    }

    /// Offset and rumble of a channel's samples at the end of the newest hop.
    pub(super) fn offset(&self, channel: usize) -> f32 {
        self.offsets[0] + sign(channel) * self.offsets[1]
    }
}

/// A sum of squares, and those of `values`.
fn power(sum: f64, values: &[f32]) -> f64 {
    values.iter().fold(sum, |sum, value| sum + f64::from(*value).powi(2))
}

/// The sign of a channel in the half-difference.
fn sign(channel: usize) -> f32 {
    if channel.is_multiple_of(2) { 1.0 } else { -1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hears channels hop by hop from a song position on.
    fn heard(channels: &[Vec<f32>], rate_hz: f64, position: i64) -> Intake {
        let n = channels[0].len();
        let mut history = History::new(channels.len(), n);
        for (channel, samples) in channels.iter().enumerate() {
            history.write_all(channel, 0, samples, |sample| sample);
        }
        let mut intake = Intake::new(rate_hz, 0.5);
        for first in (0..n as i64).step_by(64) {
            intake.hear(&history, Heard { first, position_samples: position + first, len: 64 }, None);
        }
        intake
    }

    fn loudest(values: &[f32]) -> usize {
        (0..values.len()).max_by(|a, b| values[*a].abs().total_cmp(&values[*b].abs())).unwrap_or(0)
    }

    #[test]
    fn what_is_heard_lies_where_it_came_in_at_every_rate() {
        for (rate_hz, position) in [(22_050.0, 77), (44_100.0, -3), (48_000.0, 0), (96_000.0, 12_345), (384_000.0, 1)] {
            let n = ((0.25 * rate_hz) as usize).next_multiple_of(64);
            // A click of a quarter millisecond, in the middle of the stretch that is kept.
            let (at, width) = (n as i64 * 3 / 4, (0.000_25 * rate_hz) as i64);
            let click: Vec<f32> = (0..n as i64).map(|k| if (k - at).abs() <= width / 2 { 1.0 } else { 0.0 }).collect();
            let intake = heard(&[click], rate_hz, position);
            for (name, stream) in [("fine", &intake.fine), ("slow", &intake.slow)] {
                let around = stream.around(at, 33);
                let found = loudest(around) as i64;
                assert!((found - 16).abs() <= 3, "{name} at {rate_hz} Hz: {found}");
                // Its centre must be there to within a value, to which it is rounded.
                let weights: Vec<f64> = around[12..21].iter().map(|value| f64::from(*value).max(0.0)).collect();
                let sum: f64 = weights.iter().sum();
                let centre = (0..).zip(&weights).map(|(k, weight)| f64::from(k) * weight).sum::<f64>() / sum - 4.0;
                assert!(centre.abs() < 1.0, "{name} at {rate_hz} Hz: {centre}");
            }
        }
    }

    #[test]
    fn the_louder_of_half_sum_and_half_difference_is_heard() {
        let tone = |gain: f32| (0..9600).map(|n| gain * (n as f32 * 0.05).sin()).collect::<Vec<_>>();
        for (left, right, loudness) in [(0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0.5, 0.0, 0.25), (0.0, 0.5, 0.25)] {
            let intake = heard(&[tone(left), tone(right)], 48_000.0, 0);
            let peak = intake.slow.around(7200, 400).iter().fold(0.0_f32, |peak, value| peak.max(value.abs()));
            assert!((peak - loudness).abs() < 0.02, "{left} {right}: {peak}");
        }
        // By their share alone, however loud or quiet all is: the difference must have twice the power.
        for gain in [1e-4, 1.0, 1e4] {
            for (right, view) in [(-0.7, 1), (-0.2, 1), (-0.1, 0), (0.5, 0)] {
                let intake = heard(&[tone(gain), tone(gain * right)], 48_000.0, 0);
                assert_eq!(intake.louder_view(), view, "{gain} {right}");
            }
        }
    }
}
