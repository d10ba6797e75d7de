//! Which rows can meet in one case, without looking at each pair of ten thousand.

use std::collections::BTreeSet;

use super::{
    formula::{Hull, Var},
    space::Space,
};

/// How many pairs of one table are compared.
pub(crate) const PAIRS_MAX: usize = 20_000_000;

/// Every pair of hulls that meet, each once, the lower number first, as long as `see` wants more; false when there
/// were more than [`PAIRS_MAX`] to look at.
///
/// A line sweeps along the variable that keeps the most hulls apart.
pub(crate) fn meeting(hulls: &[&Hull], space: &Space<'_>, mut see: impl FnMut(usize, usize) -> bool) -> bool {
    let vars: BTreeSet<Var> = hulls.iter().flat_map(|hull| hull.domains.keys().copied()).collect();
    let spread = vars.into_iter().map(|var| reaches(hulls, var, space)).min_by_key(|reaches| cost(reaches));
    let Some(reaches) = spread else {
        return sweep(&hulls.iter().enumerate().map(|(at, _)| (0, 0, at)).collect::<Vec<_>>(), hulls, &mut see);
    };
    sweep(&reaches, hulls, &mut see)
}

/// First and last number of a variable in each hull, sorted; unknown is one less than the least.
fn reaches(hulls: &[&Hull], var: Var, space: &Space<'_>) -> Vec<(i64, i64, usize)> {
    let (least, most) = space.domain(var);
    let unknown = least.saturating_sub(1);
    let reach = |(at, hull): (usize, &&Hull)| match hull.domains.get(&var) {
        None => (unknown, most, at),
        Some(domain) => {
            let first = if domain.unknown { unknown } else { domain.set.first().unwrap_or(unknown) };
            (first, domain.set.last().unwrap_or(unknown), at)
        }
    };
    let mut all: Vec<_> = hulls.iter().enumerate().map(reach).collect();
    all.sort_unstable();
    all
}

/// How many pairs overlap along the line.
fn cost(reaches: &[(i64, i64, usize)]) -> usize {
    let after = |(at, (_, last, _)): (usize, &(i64, i64, usize))| {
        reaches.partition_point(|(first, ..)| first <= last).saturating_sub(at + 1)
    };
    reaches.iter().enumerate().map(after).sum()
}

fn sweep(reaches: &[(i64, i64, usize)], hulls: &[&Hull], see: &mut impl FnMut(usize, usize) -> bool) -> bool {
    let mut looked = 0_usize;
    for (at, (_, last, a)) in reaches.iter().enumerate() {
        for (first, _, b) in reaches.iter().skip(at + 1) {
            if first > last {
                break;
            }
            looked += 1;
            if looked > PAIRS_MAX {
                return false;
            }
            let (Some(x), Some(y)) = (hulls.get(*a), hulls.get(*b)) else { continue };
            if x.meets(y) && !see(*a.min(b), *a.max(b)) {
                return true;
            }
        }
    }
    true
}
