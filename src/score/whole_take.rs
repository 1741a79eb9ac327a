//! Statistics of a whole take from those of its half seconds.

use crate::analysis::HalfSeconds;
use crate::analysis::take::{TakeStatistics, Vibrato};

/// What a take has of its own: means of what was known at each half second, weighted by how much was sung in it, rms
/// where they are rms.
pub(super) fn whole_take(half_seconds: &HalfSeconds) -> TakeStatistics {
    let all = || half_seconds.iter().map(|(_, known)| (known.voiced_s(), known.take()));
    let mean = |value: &dyn Fn(&TakeStatistics) -> Option<f32>| weighted(all().map(|(s, take)| (s, value(&take))));
    let rms = |value: &dyn Fn(&TakeStatistics) -> Option<f32>| {
        mean(&|take| value(take).map(|value| value * value)).map(f32::sqrt)
    };
    let power_db = |value: &dyn Fn(&TakeStatistics) -> Option<f32>| {
        mean(&|take| value(take).map(|db| 10_f32.powf(db / 10.0))).map(|power| 10.0 * power.log10())
    };
    let ratio_db = |band: usize| mean(&|take| take.hnr_db.map(|hnr_db| hnr_db[band]));
    TakeStatistics {
        held_s: all().map(|(seconds, _)| seconds).sum(),
        drift_cents: rms(&|take| take.drift_cents),
        vibrato_band_cents: rms(&|take| take.vibrato_band_cents),
        flutter_cents: rms(&|take| take.flutter_cents),
        jitter_percent: mean(&|take| take.jitter_percent),
        vibrato: whole_vibrato(half_seconds),
        scoop_cents: mean(&|take| take.scoop_cents),
        hnr_db: ratio_db(0).map(|_| std::array::from_fn(|band| ratio_db(band).unwrap_or_default())),
        noise_db: mean(&|take| take.noise_db),
        voice_db: power_db(&|take| take.voice_db),
    }
}

/// The vibrato of a take in which half of what is sung, or more, has one.
fn whole_vibrato(half_seconds: &HalfSeconds) -> Option<Vibrato> {
    let all = || half_seconds.iter().map(|(_, known)| (known.voiced_s(), known.take().vibrato));
    let (mut with_s, mut all_s) = (0.0, 0.0);
    for (seconds, vibrato) in all() {
        all_s += seconds;
        with_s += if vibrato.is_some() { seconds } else { 0.0 };
    }
    if with_s < 0.5 * all_s {
        return None;
    }
    let mean = |part: &dyn Fn(Vibrato) -> f32| weighted(all().map(|(s, vibrato)| (s, vibrato.map(part))));
    Some(Vibrato {
        rate_hz: mean(&|vibrato| vibrato.rate_hz)?,
        extent_cents: mean(&|vibrato| vibrato.extent_cents)?,
        rate_variation: mean(&|vibrato| vibrato.rate_variation)?,
        extent_variation: mean(&|vibrato| vibrato.extent_variation)?,
        cycles_s: mean(&|vibrato| vibrato.cycles_s)?,
        settled_s: mean(&|vibrato| vibrato.settled_s)?,
    })
}

/// The mean of values, weighted; `None` of none.
fn weighted(values: impl Iterator<Item = (f32, Option<f32>)>) -> Option<f32> {
    let known = values.filter_map(|(weight, value)| Some((f64::from(weight), f64::from(value?))));
    let (sum, weights) = known.fold((0.0, 0.0), |(sum, all), (weight, value)| (sum + weight * value, all + weight));
    (weights > 0.0).then(|| (sum / weights) as f32)
}
