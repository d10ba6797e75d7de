//! Shares with what they are worth: the Wilson score interval.

/// Cases below which a share says little: a warning stands beside it.
pub const CASES_FEW: u64 = 30;
/// Standard normal quantile of 0.975: intervals hold with 95 % confidence.
const Z: f64 = 1.959_963_984_540_054;

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /* INVARIANT: `part` is at most `whole`. */
    part: u64,
    whole: u64,
}

impl Share {
    /// So many of so many; more than all is all.
    #[must_use]
    pub fn new(part: u64, whole: u64) -> Self {
        Self { part: part.min(whole), whole }
    }

    /// How many.
    #[must_use]
    pub const fn part(self) -> u64 {
        self.part
    }

    /// Of how many.
    #[must_use]
    pub const fn whole(self) -> u64 {
        self.whole
    }

    /// The share from 0 to 1; of nothing there is none.
    #[must_use]
    pub fn value(self) -> Option<f64> {
        (self.whole > 0).then(|| float(self.part) / float(self.whole))
    }

    /// The Wilson score interval with 95 % confidence: where the true share lies when the cases are a fair sample.
    ///
    /// E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
    /// Statistical Association 22 (1927), 209–212. It holds for few cases and for shares near 0 and 1, where the usual
    /// interval does not: L. D. Brown, T. T. Cai, A. DasGupta, "Interval estimation for a binomial proportion",
    /// Statistical Science 16 (2001), 101–133.
    #[must_use]
    pub fn wilson(self) -> Option<(f64, f64)> {
        let share = self.value()?;
        let (count, square) = (float(self.whole), Z * Z);
        let scale = 1.0 + square / count;
        let middle = share + square / (2.0 * count);
        let spread = Z * (share * (1.0 - share) / count + square / (4.0 * count * count)).sqrt();
        let low = if self.part == 0 { 0.0 } else { ((middle - spread) / scale).max(0.0) };
        let high = if self.part == self.whole { 1.0 } else { ((middle + spread) / scale).min(1.0) };
        Some((low, high))
    }

    /// True when it is of too few cases to say much.
    #[must_use]
    pub const fn is_of_few(self) -> bool {
        self.whole < CASES_FEW
    }
}

/// A count as a number with a point.
#[expect(clippy::cast_precision_loss, reason = "nobody counts 2^53 cases")]
pub(crate) const fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    /// 15 of 148 is the example of R. G. Newcombe, Statistics in Medicine 17 (1998), 857–872; the others were worked
    /// out by the formula and rounded.
    #[test]
    fn bounds_are_those_of_the_literature() {
        for (part, whole, low, high) in [
            (0, 10, 0.0, 0.2775),
            (1, 10, 0.0179, 0.4042),
            (5, 10, 0.2366, 0.7634),
            (10, 10, 0.7225, 1.0),
            (15, 148, 0.0624, 0.1605),
            (1, 1_000_000, 0.000_000_18, 0.000_005_66),
        ] {
            let (found_low, found_high) = Share::new(part, whole).wilson().unwrap();
            let near = |a: f64, b: f64| (a - b).abs() < 5e-5;
            assert!(near(found_low, low) && near(found_high, high), "{part}/{whole}: {found_low} {found_high}");
        }
    }

    #[test]
    fn few_cases_are_told_and_none_have_no_share() {
        assert_eq!((Share::new(0, 0).value(), Share::new(0, 0).wilson()), (None, None));
        assert!(Share::new(1, CASES_FEW - 1).is_of_few() && !Share::new(1, CASES_FEW).is_of_few());
        assert_eq!(Share::new(5, 3), Share::new(3, 3));
    }

    proptest! {
        #[test]
        fn the_share_lies_within_and_more_cases_narrow_it(part in 0_u64..1_000, more in 0_u64..1_000) {
            let share = Share::new(part, part + more + 1);
            let (low, high) = share.wilson().unwrap();
            let value = share.value().unwrap();
            prop_assert!((0.0..=value).contains(&low) && (value..=1.0).contains(&high));
            let (low_more, high_more) = Share::new(part * 10, (part + more + 1) * 10).wilson().unwrap();
            prop_assert!(high_more - low_more < high - low);
        }

        #[test]
        fn what_is_not_counted_mirrors_what_is(part in 0_u64..1_000, more in 0_u64..1_000) {
            let whole = part + more + 1;
            let (low, high) = Share::new(part, whole).wilson().unwrap();
            let (other_low, other_high) = Share::new(whole - part, whole).wilson().unwrap();
            prop_assert!((low + other_high - 1.0).abs() < 1e-9 && (high + other_low - 1.0).abs() < 1e-9);
        }
    }
}
