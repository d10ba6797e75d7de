//! Sets of whole numbers as sorted intervals: what a fact may be, whatever its type.

/// A set of whole numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Set(/* INVARIANT: sorted, not empty, neither overlapping nor adjacent. */ Vec<(i64, i64)>);

impl Set {
    /// The empty set.
    pub(crate) const fn empty() -> Self {
        Self(Vec::new())
    }

    /// Every number from the first to the last, both included; empty when they stand the wrong way round.
    pub(crate) fn span(first: i64, last: i64) -> Self {
        Self(if first <= last { vec![(first, last)] } else { Vec::new() })
    }

    /// One number.
    pub(crate) fn one(number: i64) -> Self {
        Self::span(number, number)
    }

    /// These intervals, in any order.
    pub(crate) fn of(parts: impl IntoIterator<Item = (i64, i64)>) -> Self {
        let mut parts: Vec<_> = parts.into_iter().filter(|(first, last)| first <= last).collect();
        parts.sort_unstable();
        let mut out: Vec<(i64, i64)> = Vec::with_capacity(parts.len());
        for (first, last) in parts {
            match out.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
                _ => out.push((first, last)),
            }
        }
        Self(out)
    }

    pub(crate) fn intervals(&self) -> &[(i64, i64)] {
        &self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn first(&self) -> Option<i64> {
        self.0.first().map(|(first, _)| *first)
    }

    pub(crate) fn last(&self) -> Option<i64> {
        self.0.last().map(|(_, last)| *last)
    }

    pub(crate) fn union(&self, other: &Self) -> Self {
        Self::of(self.0.iter().chain(&other.0).copied())
    }

    pub(crate) fn intersection(&self, other: &Self) -> Self {
        let (mut a, mut b, mut out) = (self.0.iter().peekable(), other.0.iter().peekable(), Vec::new());
        while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
            let (first, last) = (x.0.max(y.0), x.1.min(y.1));
            if first <= last {
                out.push((first, last));
            }
            if x.1 < y.1 {
                a.next()
            } else {
                b.next()
            };
        }
        Self(out)
    }

    /// What lies within the bounds and not in this set.
    pub(crate) fn without(&self, (first, last): (i64, i64)) -> Self {
        let (mut next, mut out) = (first, Vec::new());
        for (a, b) in &self.0 {
            if *b < next {
                continue;
            }
            if *a > last {
                break;
            }
            if *a > next {
                out.push((next, a - 1));
            }
            if *b >= last {
                return Self(out);
            }
            next = b + 1;
        }
        if next <= last {
            out.push((next, last));
        }
        Self(out)
    }

    pub(crate) fn lies_in(&self, other: &Self) -> bool {
        self.intersection(other) == *self
    }

    pub(crate) fn meets(&self, other: &Self) -> bool {
        let (mut a, mut b) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
            if x.0.max(y.0) <= x.1.min(y.1) {
                return true;
            }
            if x.1 < y.1 {
                a.next()
            } else {
                b.next()
            };
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::Set;

    /// Every set over 0 to 7, one for each byte.
    fn sets() -> impl Iterator<Item = (u8, Set)> {
        (0..=u8::MAX).map(|bits| {
            let set = Set::of((0..8).filter(|at| bits >> at & 1 == 1).map(|at| (at, at)));
            (bits, set)
        })
    }

    fn bits(set: &Set) -> u8 {
        set.intervals().iter().flat_map(|(a, b)| *a..=*b).fold(0, |all, at| all | 1 << at)
    }

    #[test]
    fn sets_do_what_bits_do() {
        for (a, x) in sets() {
            assert_eq!(bits(&x), a);
            assert_eq!(bits(&x.without((0, 7))), !a);
            assert_eq!(x.is_empty(), a == 0);
            for (b, y) in sets().step_by(7) {
                assert_eq!(bits(&x.union(&y)), a | b);
                assert_eq!(bits(&x.intersection(&y)), a & b);
                assert_eq!(x.meets(&y), a & b != 0);
                assert_eq!(x.lies_in(&y), a & !b == 0);
                assert_eq!(x == y, a == b);
            }
        }
    }

    #[test]
    fn edges_of_the_numbers_do_not_overflow() {
        let all = Set::span(i64::MIN, i64::MAX);
        assert!(all.without((i64::MIN, i64::MAX)).is_empty());
        assert_eq!(Set::empty().without((i64::MIN, i64::MAX)), all);
        assert_eq!(all.union(&Set::one(i64::MAX)), all);
    }
}
