//! Conditions in the form that is reasoned about, and the boxes that most of them are.

use std::collections::BTreeMap;

use maple_kernel::Span;

use super::{set::Set, space::Space};

/// Something that a case leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Var {
    /// The kind of dispute.
    Kind,
    /// The door.
    Source,
    /// The place.
    Place,
    /// The day whose law applies.
    Day,
    /// The role of a party.
    Role,
    /// The type of a party.
    Type,
    /// A fact of the case.
    Fact(u32),
    /// Whether a fact of the case with several words holds this one.
    Word(u32, u32),
    /// A fact of a party.
    Own(u32),
    /// Whether a fact of a party with several words holds this one.
    OwnWord(u32, u32),
}

impl Var {
    /// True for what belongs to one party.
    pub(crate) const fn of_party(self) -> bool {
        matches!(self, Self::Role | Self::Type | Self::Own(_) | Self::OwnWord(..))
    }

    /// True for what may be unknown.
    pub(crate) const fn may_be_unknown(self) -> bool {
        matches!(self, Self::Fact(_) | Self::Own(_))
    }
}

/// A day that moves with the day of the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Shift {
    /// The first day from which so long a time does not end before today.
    Within(Span),
    /// The day after the last from which so long a time has ended by today.
    Past(Span),
    /// The first day from which so long a time has not ended before today, where an end on a day of rest moves as the
    /// calendar with this number has it.
    Running(Span, usize),
    /// Today.
    Today,
    /// The day after so long a time from today.
    Beyond(Span),
}

/// What must hold, over [`Var`]s as whole numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Formula {
    All(Vec<Formula>),
    Any(Vec<Formula>),
    Not(Box<Formula>),
    /// Known.
    Known(Var),
    /// Known and in the set.
    In(Var, Set),
    /// Not before a day that moves; says nothing about being known.
    Since(Var, Shift),
    /// The first is at least the second; says nothing about being known.
    AtLeast(Var, Var),
    /// Some party meets it.
    Some(Box<Formula>),
    /// Every party meets it; every case has a party.
    Every(Box<Formula>),
}

impl Formula {
    pub(crate) fn not(inner: Self) -> Self {
        match inner {
            Self::Not(inner) => *inner,
            inner => Self::Not(Box::new(inner)),
        }
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self::All(vec![self, other])
    }

    /// Calls for this formula and everything inside it.
    pub(crate) fn walk<'f>(&'f self, see: &mut impl FnMut(&'f Self)) {
        see(self);
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.walk(see)),
            Self::Not(inner) | Self::Some(inner) | Self::Every(inner) => inner.walk(see),
            Self::Known(_) | Self::In(..) | Self::Since(..) | Self::AtLeast(..) => {}
        }
    }
}

/// What one variable may be.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Domain {
    pub(crate) unknown: bool,
    pub(crate) set: Set,
}

impl Domain {
    fn intersection(&self, other: &Self) -> Self {
        Self { unknown: self.unknown && other.unknown, set: self.set.intersection(&other.set) }
    }

    fn union(&self, other: &Self) -> Self {
        Self { unknown: self.unknown || other.unknown, set: self.set.union(&other.set) }
    }

    fn is_empty(&self) -> bool {
        !self.unknown && self.set.is_empty()
    }

    fn lies_in(&self, other: &Self) -> bool {
        (!self.unknown || other.unknown) && self.set.lies_in(&other.set)
    }

    fn meets(&self, other: &Self) -> bool {
        self.unknown && other.unknown || self.set.meets(&other.set)
    }
}

/// A product of domains that holds every case of a formula.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hull {
    /// Variables that are not here may be anything.
    pub(crate) domains: BTreeMap<Var, Domain>,
    /// True when the product holds nothing else, too.
    pub(crate) exact: bool,
    /// True when the vocabulary may rule out some of the product.
    pub(crate) tied: bool,
}

impl Hull {
    fn all(exact: bool) -> Self {
        Self { domains: BTreeMap::new(), exact, tied: false }
    }

    /// The smallest product that the shape of a formula shows.
    pub(crate) fn of(formula: &Formula, space: &Space<'_>) -> Self {
        match formula {
            Formula::All(parts) => parts.iter().fold(Self::all(true), |hull, part| hull.and(Self::of(part, space))),
            Formula::Any(parts) => Self::any(parts.iter().map(|part| Self::of(part, space))),
            Formula::Not(inner) => Self::of(inner, space).not(space),
            Formula::Known(var) if !var.of_party() => {
                let (first, last) = space.domain(*var);
                Self::single(*var, Set::span(first, last))
            }
            Formula::In(var, set) if !var.of_party() => Self::single(*var, set.clone()),
            _ => Self::all(false),
        }
    }

    fn single(var: Var, set: Set) -> Self {
        // A word implies that its fact is known, which a product of domains does not say.
        let exact = !matches!(var, Var::Word(..));
        Self { domains: BTreeMap::from([(var, Domain { unknown: false, set })]), exact, tied: false }
    }

    fn and(mut self, other: Self) -> Self {
        for (var, domain) in other.domains {
            let joint = self.domains.get(&var).map_or_else(|| domain.clone(), |own| own.intersection(&domain));
            self.domains.insert(var, joint);
        }
        self.exact &= other.exact;
        self
    }

    fn any(mut parts: impl Iterator<Item = Self>) -> Self {
        let Some(first) = parts.next() else {
            // Nothing holds: say so with a variable that is nothing.
            return Self::single(Var::Kind, Set::empty());
        };
        parts.fold(first, |a, b| {
            let same = a.domains.len() == 1 && b.domains.len() == 1 && a.domains.keys().eq(b.domains.keys());
            let exact = a.exact && b.exact && (same || a.domains == b.domains);
            let both = a.domains.into_iter().filter_map(|(var, own)| Some((var, own.union(b.domains.get(&var)?))));
            Self { domains: both.collect(), exact, tied: false }
        })
    }

    fn not(self, space: &Space<'_>) -> Self {
        if !self.exact {
            return Self::all(false);
        }
        let mut domains = self.domains.into_iter();
        match (domains.next(), domains.next()) {
            (None, _) => Self::any(std::iter::empty()),
            (Some((var, domain)), None) => {
                let set = domain.set.without(space.domain(var));
                let unknown = var.may_be_unknown() && !domain.unknown;
                Self { domains: BTreeMap::from([(var, Domain { unknown, set })]), exact: true, tied: false }
            }
            _ => Self::all(false),
        }
    }

    /// True when no case can be in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.domains.values().any(Domain::is_empty)
    }

    /// False when no case can be in both.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.domains.iter().all(|(var, own)| other.domains.get(var).is_none_or(|theirs| own.meets(theirs)))
    }

    /// True when every case in it is in the other product.
    pub(crate) fn lies_in(&self, other: &Self) -> bool {
        other.domains.iter().all(|(var, theirs)| self.domains.get(var).is_some_and(|own| own.lies_in(theirs)))
    }

    /// True when some case of this product is in none of the others, whatever its day, as one variable alone shows.
    pub(crate) fn escapes(&self, others: &[&Self], space: &Space<'_>) -> bool {
        let shows = |var: &Var| {
            let (first, last) = space.domain(*var);
            let all = Domain { unknown: var.may_be_unknown(), set: Set::span(first, last) };
            let of = |hull: &Self| hull.domains.get(var).unwrap_or(&all).clone();
            let theirs = others.iter().map(|hull| of(hull)).reduce(|a, b| a.union(&b));
            theirs.is_none_or(|theirs| !of(self).lies_in(&theirs))
        };
        // A word of a list hangs together with the list being known, and a day with the law of the day.
        let tells = |var: &&Var| !matches!(var, Var::Day | Var::Word(..));
        self.exact && !self.tied && others.iter().flat_map(|hull| hull.domains.keys()).filter(tells).any(shows)
    }

    /// The product without domains that leave everything open, so that equal products look equal.
    pub(crate) fn settled(mut self, space: &Space<'_>) -> Self {
        self.tied = space.ties(&self);
        self.domains.retain(|var, domain| {
            let (first, last) = space.domain(*var);
            !(domain.set == Set::span(first, last) && (domain.unknown || !var.may_be_unknown()))
        });
        self
    }
}
