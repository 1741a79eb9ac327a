//! The averages that the statistics share.
//!
//! In: slices of finite values. Out: one number, or `None` where there is nothing to average.

/// The mean; 0 if there are no values.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The root mean square of the distances from the mean.
pub fn standard_deviation(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / values.len().max(1) as f64).sqrt()
}

/// The value below which a share (`0..=1`) of all values is, interpolated between its neighbours.
pub(super) fn percentile(values: &[f64], share: f64) -> Option<f64> {
    let sorted = sorted(values);
    let place = share * sorted.len().checked_sub(1)? as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    Some(below + (above - below) * place.fract())
}

/// The middle value.
pub fn median(values: &[f64]) -> Option<f64> {
    percentile(values, 0.5)
}

/// The smallest value at which half of all weight is reached, so that a long note counts more than a short one, and an
/// outlier does not matter. Of two notes of one length it is the lower value, whichever length rounding made the
/// larger.
pub(super) fn weighted_median(values: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let mut weighted: Vec<(f64, f64)> = values.filter(|(value, weight)| value.is_finite() && *weight > 0.0).collect();
    weighted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = weighted.iter().map(|(_, weight)| weight).sum::<f64>() * (0.5 - 1e-9);
    let mut reached = 0.0;
    let middle = weighted.iter().find(|(_, weight)| {
        reached += weight;
        reached >= half
    });
    middle.map(|(value, _)| *value)
}

/// The slope of the straight line that fits best through points (x, y).
pub(super) fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let n = points.len() as f64;
    let (sum_x, sum_y) = points.iter().fold((0.0, 0.0), |(sum_x, sum_y), (x, y)| (sum_x + x, sum_y + y));
    let (mean_x, mean_y) = (sum_x / n, sum_y / n);
    let product: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let square: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    (square > 0.0).then(|| product / square)
}

/// Pearson's correlation of points (x, y), -1 to 1; `None` where x or y does not vary.
pub fn correlation(points: &[(f64, f64)]) -> Option<f64> {
    let (x, y): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
    let sd_product = standard_deviation(&x) * standard_deviation(&y);
    let (mean_x, mean_y) = (mean(&x), mean(&y));
    let products: Vec<f64> = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).collect();
    (sd_product > 0.0).then(|| mean(&products) / sd_product)
}

/// Each value replaced by the median of itself and two on either side, fewer at the ends.
pub(super) fn median_of_five(values: &[f64]) -> Vec<f64> {
    let around = |k: usize| sorted(&values[k.saturating_sub(2)..(k + 3).min(values.len())]);
    (0..values.len()).map(around).map(|sorted| sorted[sorted.len() / 2]).collect()
}

/// Each value replaced by the mean of itself and `reach` values on either side, fewer at the ends.
pub(super) fn moving_mean(values: &[f64], reach: usize) -> Vec<f64> {
    let sums = running_sums(values.iter().copied());
    let around = |k: usize| {
        let (start, end) = (k.saturating_sub(reach), (k + reach + 1).min(values.len()));
        (sums[end] - sums[start]) / (end - start) as f64
    };
    (0..values.len()).map(around).collect()
}

/// The sums of the first 0, 1, 2 and more values.
pub(super) fn running_sums(values: impl ExactSizeIterator<Item = f64>) -> Vec<f64> {
    let mut sums = Vec::with_capacity(values.len() + 1);
    let mut sum = 0.0;
    sums.push(sum);
    for value in values {
        sum += value;
        sums.push(sum);
    }
    sums
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_of_a_few_numbers() {
        assert_eq!(median(&[3.0, 1.0, 2.0, 10.0]), Some(2.5));
        assert_eq!(percentile(&[0.0, 10.0], 0.95), Some(9.5));
        assert_eq!((median(&[]), weighted_median(std::iter::empty()), slope(&[(1.0, 2.0)])), (None, None, None));
        assert_eq!(weighted_median([(1.0, 1.0), (9.0, 3.0), (5.0, 1.0)].into_iter()), Some(9.0));
        // 0.3 − 0.2 is a hair less than 0.1.
        assert_eq!(weighted_median([(1.0, 0.3 - 0.2), (9.0, 0.1)].into_iter()), Some(1.0));
        assert_eq!(slope(&[(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]), Some(2.0));
        assert_eq!(standard_deviation(&[1.0, 3.0]), 1.0);
    }

    #[test]
    fn correlation_is_that_of_lines_and_of_nothing() {
        let points = |y: fn(f64) -> f64| (-10..=10).map(|x| (f64::from(x), y(f64::from(x)))).collect::<Vec<_>>();
        let is_near = |found: Option<f64>, truth: f64| found.is_some_and(|found| (found - truth).abs() < 1e-12);
        assert!(is_near(correlation(&points(|x| 3.0 - 2.0 * x)), -1.0));
        assert!(is_near(correlation(&points(|x| x * x)), 0.0));
        // Half of the variance is shared.
        assert!(is_near(correlation(&[(1.0, 2.0), (1.0, 0.0), (-1.0, 0.0), (-1.0, -2.0)]), 0.5_f64.sqrt()));
        assert_eq!((correlation(&points(|_| 4.0)), correlation(&[])), (None, None));
    }

    #[test]
    fn smoothing_keeps_a_line_and_drops_a_spike() {
        let mut line: Vec<f64> = (0..20).map(f64::from).collect();
        assert_eq!(moving_mean(&line, 3)[3..17], line[3..17]);
        line[10] = 500.0;
        assert_eq!(median_of_five(&line)[10], 11.0);
    }
}
