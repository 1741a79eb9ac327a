//! `cargo xtask null`: what is left of one file when another is taken away from it.
//!
//! In: two recordings. Out: by how many samples the second is late, the level of what is left, and the first sample
//! that differs. Exit status 0 if nothing is left.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use con_anima::offline::Options;
use con_anima::settings::Mode;
use serde_json::json;

use crate::audio_file::Faults;
use crate::bounce::input::{Input, Samples};
use crate::interrupt;

/// The latency is looked for in so much of the beginning, seconds. Chosen: longer takes more memory and finds it in
/// recordings that begin with a longer silence.
const LOOKED_AT_S: f64 = 30.0;

/// What is left of one file when another is taken away from it
///
/// Finds by how much B is late, up to 5 s either way, and compares it there with A to the last sample. It says whether
/// two bounces, or a DAW's export and a bounce, are the same. What only one of them has, at its beginning or end, is
/// counted and not compared. The exit status is 0 if everything else is equal.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Null {
    /// One recording
    #[arg(value_name = "A")]
    a: PathBuf,
    /// The other; it may begin later or earlier
    #[arg(value_name = "B")]
    b: PathBuf,
    /// By how many samples B is late, instead of looking for it
    #[arg(long, value_name = "SAMPLES", allow_negative_numbers = true)]
    latency: Option<i64>,
    /// Print the result for machines
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "Examples:
  cargo xtask null bounce.wav export.wav
  cargo xtask null lead.wav lead_con_anima.wav --latency 0";

/// The longest latency that is looked for, seconds. Chosen: far more than any plugin's; longer takes more memory.
const MOST_LATENCY_S: f64 = 5.0;

/// Two recordings are one, moved in time, if they correlate so far. Chosen: rounding to 16 bits leaves more.
const LEAST_CORRELATION: f64 = 0.999;
/// If they are not, any latency is a guess, and none is the best if it correlates with so much of the best. Chosen: a
/// tone correlates as well a period later, and what was sung anew is not late.
const NO_LATENCY_SHARE: f64 = 0.5;

/// By how much one recording is late.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Late {
    samples: i64,
    /// Whether the two are one recording there, or it was told.
    is_sure: bool,
}

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Residual {
    n_compared: u64,
    n_differing: u64,
    /// In A, counted from 0.
    first: Option<u64>,
    peak: f64,
    square_sum: f64,
    /// Samples of each channel that the other recording has no partner for: of A and of B.
    n_alone: [u64; 2],
}

impl Null {
    /// Reads, compares and reports.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        interrupt::catch();
        let [a, b] = [&self.a, &self.b].map(|path| Input::File(path.clone()));
        let (shape_a, shape_b) = (a.open(Faults::Refuse)?.shape().clone(), b.open(Faults::Refuse)?.shape().clone());
        let same = (shape_a.sample_rate_hz, shape_a.n_channels) == (shape_b.sample_rate_hz, shape_b.n_channels);
        ensure!(
            same,
            "'{}' has {} channels at {} Hz and '{}' has {} at {} Hz: they cannot be compared",
            a.shown(),
            shape_a.n_channels,
            shape_a.sample_rate_hz,
            b.shown(),
            shape_b.n_channels,
            shape_b.sample_rate_hz
        );
        let options = options(shape_a.sample_rate_hz);
        let late = match self.latency {
            Some(samples) => Late { samples, is_sure: true },
            None => latency(&beginning(&a, &options)?, &beginning(&b, &options)?, options.sample_rate_hz),
        };
        let [skipped_a, skipped_b] = [(-late.samples).max(0), late.samples.max(0)];
        let (mut a, mut b) = (Aligned::new(&a, skipped_a, &options)?, Aligned::new(&b, skipped_b, &options)?);
        let mut residual = compare(&mut a, &mut b, skipped_a as u64)?;
        residual.n_alone[0] += skipped_a as u64;
        residual.n_alone[1] += skipped_b as u64;
        ensure!(
            residual.n_compared > 0,
            "with B {} samples late no sample of one has a partner in the other",
            late.samples
        );
        let rate_hz = options.sample_rate_hz;
        let text = if self.json { residual.json(late) } else { residual.text(late, rate_hz) };
        std::io::stdout().write_all(text.as_bytes()).context("cannot write to standard output")?;
        if residual.n_differing > 0 {
            bail!("{} of {} samples differ", residual.n_differing, residual.n_compared);
        }
        Ok(())
    }
}

fn options(sample_rate_hz: u32) -> Options {
    let sample_rate_hz = f64::from(sample_rate_hz);
    Options { sample_rate_hz, mode: Mode::Live, start_samples: 0, block_samples: 512 }
}

/// The beginning of a recording, all channels added.
fn beginning(input: &Input, options: &Options) -> anyhow::Result<Vec<f32>> {
    let most = (LOOKED_AT_S * options.sample_rate_hz) as usize;
    let mut samples = input.open(Faults::Refuse)?;
    let mut mono = Vec::new();
    let mut piece = vec![Vec::new(); samples.shape().n_channels];
    while mono.len() < most && samples.read(&mut piece, options.piece_samples())? > 0 {
        let n_samples = piece.first().map_or(0, Vec::len);
        mono.extend((0..n_samples).map(|n| piece.iter().map(|channel| channel[n]).sum::<f32>()));
    }
    mono.truncate(most);
    Ok(mono)
}

/// By how many samples `b` is late: where the two correlate most.
fn latency(a: &[f32], b: &[f32], sample_rate_hz: f64) -> Late {
    let most = (MOST_LATENCY_S * sample_rate_hz) as usize;
    let n = (a.len().max(b.len()) + most).next_power_of_two().max(2);
    let (forward, inverse) = (fourier::forward_f64(n), fourier::inverse_f64(n));
    let spectrum = |samples: &[f32]| {
        let mut padded: Vec<f64> = samples.iter().map(|sample| f64::from(*sample)).collect();
        padded.resize(n, 0.0);
        let mut spectrum = forward.make_output_vec();
        // The lengths are the plan's own.
        let _ = forward.process(&mut padded, &mut spectrum);
        spectrum
    };
    let mut cross: Vec<_> = spectrum(a).iter().zip(spectrum(b)).map(|(a, b)| a.conj() * b).collect();
    // What is real by definition must be told so.
    for end in [0, n / 2] {
        cross[end].im = 0.0;
    }
    let mut correlation = inverse.make_output_vec();
    let _ = inverse.process(&mut cross, &mut correlation);
    let lags = (0..=most.min(n / 2 - 1) as i64).flat_map(|lag| [lag, -lag]);
    let at = |lag: i64| correlation[lag.rem_euclid(n as i64) as usize];
    // Of equal ones the nearest to 0 comes first.
    let best = lags.fold(0, |best, lag| if at(lag) > at(best) { lag } else { best });
    let power = |samples: &[f32]| samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>();
    // The transform there and back multiplies by its length.
    let is_sure = at(best) / n as f64 >= LEAST_CORRELATION * overlap_power(a, b, best, power);
    let is_at_zero = !is_sure && at(0) >= NO_LATENCY_SHARE * at(best);
    Late { samples: if is_at_zero { 0 } else { best }, is_sure }
}

/// The geometric mean of the powers of what both have where `b` is so late.
fn overlap_power(a: &[f32], b: &[f32], lag: i64, power: impl Fn(&[f32]) -> f64) -> f64 {
    let [skipped_a, skipped_b] = [(-lag).max(0) as usize, lag.max(0) as usize];
    let (a, b) = (a.get(skipped_a..).unwrap_or_default(), b.get(skipped_b..).unwrap_or_default());
    let n = a.len().min(b.len());
    (power(&a[..n]) * power(&b[..n])).sqrt()
}

/// A recording from a sample on, whose channels are read one block after the other.
struct Aligned {
    samples: Samples,
    piece: Vec<Vec<f32>>,
    at: usize,
    n_skipped: u64,
    piece_samples: usize,
}

impl Aligned {
    fn new(input: &Input, n_skipped: i64, options: &Options) -> anyhow::Result<Self> {
        let samples = input.open(Faults::Refuse)?;
        let piece = vec![Vec::new(); samples.shape().n_channels];
        Ok(Self { samples, piece, at: 0, n_skipped: n_skipped as u64, piece_samples: options.piece_samples() })
    }

    /// What is there from the current place on; empty at the end.
    fn rest(&mut self) -> anyhow::Result<usize> {
        loop {
            let n_left = self.piece.first().map_or(0, Vec::len) - self.at;
            let n_skipped = (n_left as u64).min(self.n_skipped) as usize;
            self.at += n_skipped;
            self.n_skipped -= n_skipped as u64;
            if n_left > n_skipped {
                return Ok(n_left - n_skipped);
            }
            interrupt::check()?;
            self.at = 0;
            if self.samples.read(&mut self.piece, self.piece_samples)? == 0 {
                self.piece.iter_mut().for_each(Vec::clear);
                return Ok(0);
            }
        }
    }
}

impl Aligned {
    /// The number of samples from the current place to the end.
    fn count_rest(&mut self) -> anyhow::Result<u64> {
        let mut n_samples = 0;
        loop {
            match self.rest()? {
                0 => return Ok(n_samples),
                n => {
                    n_samples += n as u64;
                    self.at += n;
                }
            }
        }
    }
}

/// Compares what both have; what only one has is left out.
fn compare(a: &mut Aligned, b: &mut Aligned, first_in_a: u64) -> anyhow::Result<Residual> {
    let mut residual = Residual::default();
    let mut position = first_in_a;
    loop {
        let [n_a, n_b] = [a.rest()?, b.rest()?];
        let n_samples = n_a.min(n_b);
        if n_samples == 0 {
            residual.n_alone = [a.count_rest()?, b.count_rest()?];
            return Ok(residual);
        }
        for n in 0..n_samples {
            let differs = |(one, other): (&Vec<f32>, &Vec<f32>)| f64::from(one[a.at + n]) - f64::from(other[b.at + n]);
            for difference in a.piece.iter().zip(&b.piece).map(differs) {
                residual.add(difference, position);
            }
            position += 1;
        }
        a.at += n_samples;
        b.at += n_samples;
    }
}

impl Residual {
    fn add(&mut self, difference: f64, position: u64) {
        self.n_compared += 1;
        if difference != 0.0 {
            self.n_differing += 1;
            self.first.get_or_insert(position);
            self.peak = self.peak.max(difference.abs());
            self.square_sum += difference * difference;
        }
    }

    fn rms(&self) -> f64 {
        (self.square_sum / self.n_compared.max(1) as f64).sqrt()
    }

    fn text(&self, late: Late, sample_rate_hz: f64) -> String {
        let Self { n_compared, n_differing, first, peak, n_alone: [alone_a, alone_b], .. } = self;
        let Late { samples, is_sure } = late;
        let ms = samples as f64 / sample_rate_hz * 1000.0;
        let doubt = if is_sure { "" } else { ", a guess: at no latency are they one recording" };
        let mut text = format!("B is {samples} samples late ({ms:.2} ms){doubt}\n").replace('-', "−");
        if let Some(first) = first {
            let [peak_db, rms_db] = [*peak, self.rms()].map(|value| 20.0 * value.log10());
            let first_s = *first as f64 / sample_rate_hz;
            text += &format!("{n_differing} of {n_compared} samples differ, first {first} of A ({first_s:.4} s)\n");
            text += &format!("left: peak {peak_db:.1} dBFS, rms {rms_db:.1} dBFS\n").replace(" -", " −");
        } else {
            text += &format!("nothing is left: {n_compared} samples are equal\n");
        }
        if *alone_a + *alone_b > 0 {
            text +=
                &format!("not compared, because the other has none there: {alone_a} samples of A, {alone_b} of B\n");
        }
        text
    }

    fn json(&self, late: Late) -> String {
        let known = |value: f64| (value > 0.0).then(|| 20.0 * value.log10());
        let result = json!({
            "latency_samples": late.samples,
            "is_latency_sure": late.is_sure,
            "compared_samples": self.n_compared,
            "differing_samples": self.n_differing,
            "first_differing_sample": self.first,
            "peak_db": known(self.peak),
            "rms_db": known(self.rms()),
            "only_in_a_samples": self.n_alone[0],
            "only_in_b_samples": self.n_alone[1],
        });
        format!("{result:#}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(n_samples: usize) -> Vec<f32> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 16_777_216.0 - 0.5
        };
        (0..n_samples).map(|_| next()).collect()
    }

    #[test]
    fn a_delay_either_way_is_found_to_the_sample() {
        let song = noise(20_000);
        for late in [0, 1, 700, 4000] {
            let delayed: Vec<f32> = vec![0.0; late].into_iter().chain(song.iter().map(|sample| 0.5 * sample)).collect();
            let found = |samples| Late { samples, is_sure: true };
            assert_eq!(latency(&song, &delayed, 1000.0), found(late as i64));
            assert_eq!(latency(&delayed, &song, 1000.0), found(-(late as i64)));
        }
    }

    #[test]
    fn silence_is_not_late() {
        assert_eq!(latency(&[0.0; 100], &[0.0; 90], 1000.0).samples, 0);
        assert_eq!(latency(&[], &[], 1000.0).samples, 0);
    }

    #[test]
    fn what_was_sung_anew_is_not_late() {
        // A tone of 100 periods whose pitch moves correlates with itself as well some periods away.
        let tone = |cents: f64| -> Vec<f32> {
            let phase = |n: usize| n as f64 * 0.05 + cents * (n as f64 * 0.002).sin();
            (0..12_000).map(|n| phase(n).sin() as f32).collect()
        };
        let found = latency(&tone(0.0), &tone(0.9), 1000.0);
        assert_eq!(found, Late { samples: 0, is_sure: false });
        assert!(Residual { n_compared: 1, ..Residual::default() }.text(found, 1000.0).contains("a guess"));
    }

    #[test]
    fn what_is_left_is_described() {
        let mut residual = Residual::default();
        for (position, difference) in [0.0, 0.0, -0.1, 0.0].into_iter().enumerate() {
            residual.add(difference, position as u64);
        }
        residual.n_alone = [7, 0];
        let text = residual.text(Late { samples: -12, is_sure: true }, 1000.0);
        assert!(
            text.contains("−12 samples late") && text.contains("1 of 4") && text.contains("first 2 of A"),
            "{text}"
        );
        assert!(text.contains("7 samples of A, 0 of B"), "{text}");
        assert!(text.contains("peak −20.0 dBFS, rms −26.0 dBFS"), "{text}");
    }
}
