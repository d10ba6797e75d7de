//! Where on the ladder a dispute begins.

use maple_guest::{CaseFile, Field, Table, facts};

use crate::{DEPARTMENTS, HARD};

/// Many people from here on.
const PEOPLE_MIN: i64 = 10;
/// More than one department from here on.
const DEPARTMENTS_MIN: i64 = 2;
/// Largest count that a condition may ask for.
const COUNT_MAX: i64 = 1_000_000;

/// Begin at this level when everything said holds.
pub(crate) struct Start {
    level: usize,
    same_village: Option<bool>,
    people_min: Option<i64>,
    departments_min: Option<i64>,
    hard: Option<bool>,
    /// In minor units; more than this.
    amount_over: Option<i64>,
}

impl Start {
    fn at(level: usize) -> Self {
        Self { level, same_village: None, people_min: None, departments_min: None, hard: None, amount_over: None }
    }

    pub(crate) fn level(&self) -> usize {
        self.level
    }

    /// What is not known does not hold: parties are of one village only when that is known.
    pub(crate) fn holds(&self, case: &CaseFile) -> bool {
        self.same_village.is_none_or(|same| case.same_village() == same)
            && self.people_min.is_none_or(|least| case.people().is_some_and(|people| people >= least))
            && self.departments_min.is_none_or(|least| case.count(DEPARTMENTS).is_some_and(|many| many >= least))
            && self.hard.is_none_or(|hard| case.flag(HARD) == hard)
            && self.amount_over.is_none_or(|most| case.money(facts::AMOUNT).is_some_and(|amount| amount > most))
    }

    pub(crate) fn reads(&self) -> impl Iterator<Item = &'static str> + use<> {
        let read = [
            self.same_village.map(|_| facts::SAME_VILLAGE),
            self.people_min.map(|_| facts::PEOPLE),
            self.departments_min.map(|_| DEPARTMENTS),
            self.hard.map(|_| HARD),
            self.amount_over.map(|_| facts::AMOUNT),
        ];
        read.into_iter().flatten()
    }
}

/// The starts that the settings name, or the usual ones.
pub(crate) fn read(field: Field<'_>, bodies: &[&str]) -> Vec<Start> {
    if !field.is_present() {
        return usual(bodies.len());
    }
    field.tables().iter().filter_map(|table| one(table, bodies)).collect()
}

/// Strangers to each other begin at the second level; many people, several departments or a hard case at the last.
fn usual(levels: usize) -> Vec<Start> {
    let last = levels.saturating_sub(1);
    vec![
        Start { same_village: Some(false), ..Start::at(last.min(1)) },
        Start { people_min: Some(PEOPLE_MIN), ..Start::at(last) },
        Start { departments_min: Some(DEPARTMENTS_MIN), ..Start::at(last) },
        Start { hard: Some(true), ..Start::at(last) },
    ]
}

fn one(table: &Table<'_>, bodies: &[&str]) -> Option<Start> {
    let start = Start {
        level: 0,
        same_village: table.get("same-village").flag(),
        people_min: table.get("people-min").count(1..=COUNT_MAX),
        departments_min: table.get("departments-min").count(1..=COUNT_MAX),
        hard: table.get("hard").flag(),
        amount_over: table.get("amount-over").money(),
    };
    if start.reads().next().is_none() {
        table
            .field()
            .complain("has no condition", "say same-village, people-min, departments-min, hard or amount-over");
    }
    let level = table.need("level").word("level of this ladder", |body| bodies.iter().position(|b| *b == body));
    Some(Start { level: level?, ..start })
}
