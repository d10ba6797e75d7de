//! The month's return of people's mediation: disputes and agreements by class of committee, by source and by kind.
//!
//! INVARIANT: the rows of each section add up to the total, since whatever says nothing is counted in a row of its own.

use std::collections::BTreeMap;

use crate::life::{Committee, words};

words! {
    /// Where a dispute came from, as the return counts it.
    ReturnSource {
        /// A party asked for mediation.
        Application = "application",
        /// The committee offered it by itself.
        Initiative = "initiative",
        /// A court sent it.
        Court = "court",
        /// A procuratorate sent it.
        Procuratorate = "procuratorate",
        /// The police sent it.
        Police = "police",
        /// An office for petitions sent it.
        Petition = "petition",
        /// Another authority sent it.
        Authority = "authority",
        /// Something else.
        Other = "other",
    }
}

/// The eighteen kinds of the return, as `stat` of a kind names them, with English names.
pub const RETURN_KINDS: [(&str, &str); 18] = [
    ("婚姻家庭", "Marriage and family"),
    ("邻里", "Neighbours"),
    ("房屋宅基地", "Housing and homesteads"),
    ("合同", "Contracts"),
    ("生产经营", "Production and business"),
    ("损害赔偿", "Damages"),
    ("山林土地", "Forests and land"),
    ("征地拆迁", "Expropriation and demolition"),
    ("环境污染", "Pollution"),
    ("拖欠农民工工资", "Wages of migrant workers"),
    ("其他劳动争议", "Other labour disputes"),
    ("旅游", "Tourism"),
    ("电子商务", "Online trade"),
    ("其他消费", "Other consumption"),
    ("医疗", "Medical"),
    ("道路交通事故", "Road accidents"),
    ("物业", "Property management"),
    ("其他", "Other"),
];

/// What is counted in one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReturnCounts {
    /// Disputes that came in the month.
    pub registered: i64,
    /// Mediations that ended in the month.
    pub concluded: i64,
    /// Of these, by word of mouth agreed.
    pub oral: i64,
    /// Of these, in writing agreed.
    pub written: i64,
}

impl ReturnCounts {
    /// Mediations that ended with an agreement.
    #[must_use]
    pub const fn agreements(&self) -> i64 {
        self.oral + self.written
    }

    fn add(&mut self, more: &Self) {
        self.registered += more.registered;
        self.concluded += more.concluded;
        self.oral += more.oral;
        self.written += more.written;
    }
}

/// Counts of disputes that have these in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnGroup {
    /// The kind.
    pub kind: String,
    /// The source.
    pub source: String,
    /// The class of the committee, where it is known.
    pub committee: Option<Committee>,
    /// The counts.
    pub counts: ReturnCounts,
}

/// The return of a place and a month.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Return {
    /// All of it.
    pub total: ReturnCounts,
    /// By class of committee, in their order; last what says nothing.
    pub committees: Vec<(Option<Committee>, ReturnCounts)>,
    /// By source.
    pub sources: Vec<(Option<ReturnSource>, ReturnCounts)>,
    /// By kind: the place in [`RETURN_KINDS`].
    pub kinds: Vec<(Option<usize>, ReturnCounts)>,
}

impl Return {
    /// The return of groups; `stat` says as what a kind and a source count, if as anything.
    #[must_use]
    pub fn of(
        groups: &[ReturnGroup],
        kind: impl Fn(&str) -> Option<usize>,
        source: impl Fn(&str) -> Option<ReturnSource>,
    ) -> Self {
        let mut total = ReturnCounts::default();
        let mut committees = rows(Committee::ALL.iter().copied());
        let mut sources = rows(ReturnSource::ALL.iter().copied());
        let mut kinds = rows(0..RETURN_KINDS.len());
        for group in groups {
            total.add(&group.counts);
            committees.entry(At(group.committee)).or_default().add(&group.counts);
            sources.entry(At(source(&group.source))).or_default().add(&group.counts);
            kinds.entry(At(kind(&group.kind).filter(|at| *at < RETURN_KINDS.len()))).or_default().add(&group.counts);
        }
        Self { total, committees: listed(committees), sources: listed(sources), kinds: listed(kinds) }
    }
}

/// What says something stands before what says nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
struct At<T>(Option<T>);

impl<T: Ord> Ord for At<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.is_none().cmp(&other.0.is_none()).then_with(|| self.0.cmp(&other.0))
    }
}

impl<T: Ord> PartialOrd for At<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

type Rows<T> = BTreeMap<At<T>, ReturnCounts>;

fn rows<T: Ord>(all: impl Iterator<Item = T>) -> Rows<T> {
    all.map(Some).chain([None]).map(|one| (At(one), ReturnCounts::default())).collect()
}

fn listed<T>(rows: Rows<T>) -> Vec<(Option<T>, ReturnCounts)> {
    rows.into_iter().map(|(At(one), counts)| (one, counts)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_section_adds_up_to_the_total_and_says_what_is_not_stated() {
        let counts = |registered, concluded, oral, written| ReturnCounts { registered, concluded, oral, written };
        let group = |kind: &str, source: &str, committee, counts| ReturnGroup {
            kind: kind.to_owned(),
            source: source.to_owned(),
            committee,
            counts,
        };
        let groups = [
            group("family.divorce", "counter", Some(Committee::Village), counts(5, 4, 1, 2)),
            group("family.divorce", "police_110", None, counts(2, 1, 0, 1)),
            group("family.violence", "unstated", Some(Committee::Industry), counts(1, 0, 0, 0)),
        ];
        let made = Return::of(
            &groups,
            |kind| (kind == "family.divorce").then_some(0),
            |source| match source {
                "counter" => Some(ReturnSource::Application),
                "police_110" => Some(ReturnSource::Police),
                _ => None,
            },
        );
        assert_eq!(made.total, counts(8, 5, 1, 3));
        assert_eq!(made.total.agreements(), 4);
        assert_eq!((made.committees.len(), made.sources.len(), made.kinds.len()), (7, 9, 19));
        let sum = |rows: Vec<ReturnCounts>| {
            rows.iter().fold(ReturnCounts::default(), |mut sum, one| {
                sum.add(one);
                sum
            })
        };
        assert_eq!(sum(made.committees.iter().map(|row| row.1).collect()), made.total);
        assert_eq!(sum(made.sources.iter().map(|row| row.1).collect()), made.total);
        assert_eq!(sum(made.kinds.iter().map(|row| row.1).collect()), made.total);
        assert_eq!(made.committees.last(), Some(&(None, counts(2, 1, 0, 1))));
        assert_eq!(made.kinds.last(), Some(&(None, counts(1, 0, 0, 0))));
        assert_eq!(made.sources.first(), Some(&(Some(ReturnSource::Application), counts(5, 4, 1, 2))));
    }
}
