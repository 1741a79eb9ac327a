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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::sung_half_second;

    /// Of half seconds that are voiced in so many windows.
    fn take(half_seconds: &[(u8, TakeStatistics)]) -> TakeStatistics {
        let known = half_seconds.iter().map(|(n_voiced, take)| sung_half_second(*n_voiced, take));
        whole_take(&HalfSeconds::new((0..).zip(known).collect()))
    }

    fn near(value: Option<f32>, wanted: f32) -> bool {
        value.is_some_and(|value| (value - wanted).abs() < 0.03)
    }

    #[test]
    fn what_was_sung_for_longer_counts_for_more() {
        let of = |cents: f32, percent: f32, voice_db: f32| TakeStatistics {
            drift_cents: Some(cents),
            jitter_percent: Some(percent),
            voice_db: Some(voice_db),
            ..TakeStatistics::UNKNOWN
        };
        let unsung = of(100.0, 9.0, 0.0);
        let whole = take(&[(90, of(4.0, 1.0, -20.0)), (0, unsung), (30, of(8.0, 2.0, -10.0)), (40, unknown())]);
        assert!(near(whole.drift_cents, 28_f32.sqrt()) && near(whole.jitter_percent, 1.25), "{whole:?}");
        assert!(
            near(whole.voice_db, 10.0 * 0.0325_f32.log10()) && near(Some(whole.held_s), 160.0 / 187.5),
            "{whole:?}"
        );
        assert!(whole.noise_db.is_none() && take(&[(0, unsung)]).jitter_percent.is_none());
    }

    #[test]
    fn a_take_has_a_vibrato_where_half_of_what_is_sung_has_one() {
        let swinging = TakeStatistics { vibrato: Some(Vibrato { rate_hz: 5.5, ..Vibrato::default() }), ..unknown() };
        assert!(near(take(&[(60, swinging), (60, unknown())]).vibrato.map(|vibrato| vibrato.rate_hz), 5.5));
        assert_eq!(take(&[(60, swinging), (62, unknown())]).vibrato, None);
        assert!(take(&[(20, swinging), (20, swinging), (30, unknown())]).vibrato.is_some());
    }

    fn unknown() -> TakeStatistics {
        TakeStatistics::UNKNOWN
    }
}
