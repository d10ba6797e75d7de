//! Round numbers for axes and classes.

/// Classes of colour on a map.
pub(super) const CLASSES_COUNT: usize = 5;
/// Steps of an axis, at most.
const STEPS_COUNT_MAX: f64 = 5.0;

/// The least of 1, 2, 2.5 and 5 times a power of ten that is at least so much.
pub(super) fn nice(least: f64) -> f64 {
    if !(least.is_finite() && least > 0.0) {
        return 1.0;
    }
    let power = 10_f64.powf(least.log10().floor());
    let fits = |factor: &f64| factor * power >= least * (1.0 - 1e-9);
    [1.0, 2.0, 2.5, 5.0].into_iter().find(fits).unwrap_or(10.0) * power
}

/// An axis from zero that has room for a value: the step, and how many.
pub(super) fn axis(max: f64, most: Option<f64>, whole: bool) -> (f64, usize) {
    let mut step = nice(max / STEPS_COUNT_MAX);
    if whole {
        step = step.max(1.0).ceil();
    }
    let mut count = (max / step).ceil().max(1.0);
    if let Some(most) = most {
        count = count.min((most / step).ceil());
    }
    (step, steps(count))
}

/// Bounds of [`CLASSES_COUNT`] classes of the same width that hold all values.
pub(super) fn classes(values: &[f64], most: Option<f64>, whole: bool) -> Option<(f64, f64)> {
    let min = values.iter().copied().reduce(f64::min)?;
    let max = values.iter().copied().reduce(f64::max)?;
    let count = CLASSES_COUNT as f64;
    let mut step = nice(if max > min { (max - min) / count } else { max.abs() / count });
    if whole {
        step = step.max(1.0).ceil();
    }
    // What begins at a round number may need a wider class to hold the greatest.
    let mut from = (min / step).floor() * step;
    while from + count * step < max * (1.0 - 1e-9) {
        step = nice(step * 1.01);
        from = (min / step).floor() * step;
    }
    if let Some(most) = most.filter(|most| from + count * step > most * (1.0 + 1e-9)) {
        step = step.min(most / count);
        from = (most - count * step).max(0.0);
    }
    Some((from, step))
}

/// The class of a value, from 0.
pub(super) fn class_of(value: f64, from: f64, step: f64) -> usize {
    let at = ((value - from) / step + 1e-9).floor().max(0.0);
    steps(at).min(CLASSES_COUNT - 1)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small number that is not below zero")]
const fn steps(count: f64) -> usize {
    count as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_begin_at_zero_and_hold_the_greatest() {
        for (max, most, whole, wanted) in [
            (0.73, Some(1.0), false, (0.2, 4)),
            (1.0, Some(1.0), false, (0.2, 5)),
            (0.0, None, true, (1.0, 1)),
            (3.0, None, true, (1.0, 3)),
            (137.0, None, true, (50.0, 3)),
            (0.021, Some(1.0), false, (0.005, 5)),
        ] {
            let (step, count) = axis(max, most, whole);
            assert!((step - wanted.0).abs() < 1e-9 && count == wanted.1, "{max}: {step} {count}");
            assert!(step * count as f64 >= max - 1e-9);
        }
    }

    #[test]
    fn classes_hold_all_values() {
        for (values, most, whole) in [
            (vec![0.55, 0.61, 0.78], Some(1.0), false),
            (vec![0.02, 0.99], Some(1.0), false),
            (vec![0.97, 0.995], Some(1.0), false),
            (vec![0.6], Some(1.0), false),
            (vec![1.0], Some(1.0), false),
            (vec![0.0, 0.0], None, false),
            (vec![12.0, 1_480.0, 733.0], None, true),
            (vec![9.9, 10.1, 14.99], None, false),
        ] {
            let (from, step) = classes(&values, most, whole).unwrap();
            for value in &values {
                let class = class_of(*value, from, step);
                let low = from + step * class as f64;
                assert!(low <= value + 1e-9 && *value <= low + step + 1e-9, "{values:?}: {from} {step} {class}");
            }
            assert!(
                from >= 0.0 && most.is_none_or(|most| from + step * 5.0 <= most + 1e-9),
                "{values:?}: {from} {step}"
            );
        }
        assert!(classes(&[], None, false).is_none());
    }
}
