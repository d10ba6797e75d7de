//! What may be shown: a count of few would tell of the few.

/// The least that is shown; what counts fewer is suppressed.
pub const SHOWN_COUNT_MIN: i64 = 10;

/// Which counts of parts must not be shown beside their sum. Those below [`SHOWN_COUNT_MIN`], none included; and where
/// taking the shown ones from the sum would give one of them away, or a sum of few, the next smallest as well.
#[must_use]
pub fn hidden(parts: &[i64]) -> Vec<bool> {
    let mut hidden: Vec<bool> = parts.iter().map(|count| *count < SHOWN_COUNT_MIN).collect();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|at| (parts.get(*at).copied(), *at));
    for at in order {
        let (mut count, mut sum) = (0, 0);
        for (part, hidden) in parts.iter().zip(&hidden) {
            if *hidden {
                (count, sum) = (count + 1, sum + part);
            }
        }
        if count == 0 || (count > 1 && sum >= SHOWN_COUNT_MIN) {
            break;
        }
        if let Some(hidden) = hidden.get_mut(at) {
            *hidden = true;
        }
    }
    hidden
}
