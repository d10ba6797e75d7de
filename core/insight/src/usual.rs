//! What is usual, and what is not any more.

/// The line above which a count is unusual: the mean of the counts before and so many sample standard deviations (n - 1),
/// rounded down, so that a whole number lies above the line just when it lies above the sum. Nothing of fewer than two.
#[must_use]
pub fn line(counts: &[i64], deviations: u32) -> Option<i64> {
    if counts.len() < 2 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 disputes in a month")]
    let (values, many) = (counts.iter().map(|count| *count as f64), counts.len() as f64);
    let mean = values.clone().sum::<f64>() / many;
    let variance = values.map(|value| (value - mean).powi(2)).sum::<f64>() / (many - 1.0);
    // Where the sum is a whole number but for what a float loses, it is that number.
    let sum = mean + f64::from(deviations) * variance.sqrt();
    #[expect(clippy::cast_possible_truncation, reason = "as above")]
    Some((sum + 1e-9).floor() as i64)
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn the_line_is_the_mean_and_some_deviations() {
        // Known by hand: mean 5, squares 32 over 7.
        let counts = [2, 4, 4, 4, 5, 5, 7, 9];
        for (deviations, wanted) in [(0, 5), (1, 7), (2, 9), (3, 11)] {
            assert_eq!(line(&counts, deviations), Some(wanted), "{deviations}");
        }
        assert_eq!(line(&[3; 12], 3), Some(3));
        assert_eq!(line(&[0; 12], 3), Some(0));
        // 0 and 2 in turn: mean 1, deviation sqrt(12/11).
        assert_eq!(line(&[0, 2, 0, 2, 0, 2, 0, 2, 0, 2, 0, 2], 3), Some(4));
        assert_eq!((line(&[], 3), line(&[7], 3)), (None, None));
    }
}
