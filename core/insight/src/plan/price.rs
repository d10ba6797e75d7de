//! One number for the objective: a unit of each level costs more than everything below it together.

use maple_kernel::LOCALITY_DEPTH_MAX;

use super::input::{
    CASE_DAYS_MAX, CASES_COUNT_MAX, DUE_AGE_DAYS_MAX, HORIZON_DAYS_MAX, OVERLOAD_CASES_MAX, WEIGHT_MAX,
};

/// Days that one case can be late, at most.
const LATE_DAYS_MAX: i128 = DUE_AGE_DAYS_MAX as i128 + CASE_DAYS_MAX as i128 + HORIZON_DAYS_MAX as i128 + 1;

/// What a unit of each level costs; a day until a slot is free costs 1.
pub(super) struct Prices {
    unplaced: i128,
    late: i128,
    overload: i128,
    levels: i128,
    changes: i128,
}

impl Prices {
    pub(super) const fn new(cases: usize) -> Self {
        let cases = cases as i128;
        let changes = cases * HORIZON_DAYS_MAX as i128 + 1;
        let levels = changes * (cases + 1);
        let overload = levels * (cases * LOCALITY_DEPTH_MAX as i128 + 1);
        let late = overload * (cases * OVERLOAD_CASES_MAX as i128 + 1);
        let unplaced = late * (cases * LATE_DAYS_MAX * WEIGHT_MAX as i128 + 1);
        Self { unplaced, late, overload, levels, changes }
    }

    /// What stands before a case so that those with a lower number go first: more than all there is to pay for one.
    pub(super) const fn toll(&self, number: usize) -> i128 {
        self.unplaced * (WEIGHT_MAX as i128 + 1) * number as i128
    }

    pub(super) fn unplaced(&self, weight: u64) -> i128 {
        self.unplaced * i128::from(weight)
    }

    pub(super) fn late(&self, weight: u64, days: i64) -> i128 {
        self.late * i128::from(weight) * i128::from(days)
    }

    pub(super) fn overload(&self, above: u32) -> i128 {
        self.overload * i128::from(above)
    }

    pub(super) fn levels(&self, levels: u32) -> i128 {
        self.levels * i128::from(levels)
    }

    pub(super) fn changes(&self, changes: u64) -> i128 {
        self.changes * i128::from(changes)
    }

    pub(super) fn days(&self, days: i32) -> i128 {
        i128::from(days)
    }
}

/// All tolls of the greatest question together are a number, and with them whatever else is paid.
const _: () = {
    let prices = Prices::new(CASES_COUNT_MAX);
    let tolls = prices.toll(1).checked_mul((CASES_COUNT_MAX * (CASES_COUNT_MAX + 1) / 2) as i128);
    assert!(tolls.is_some());
};
