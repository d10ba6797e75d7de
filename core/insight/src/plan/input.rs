//! What a plan is asked of: waiting cases, stations and people, and how the question is put.

use std::collections::BTreeSet;

use maple_kernel::{Code, Day, KindId, LocalityId, Pattern};

/// Waiting cases in one plan, at most.
pub const CASES_COUNT_MAX: usize = 5_000;
/// People in one plan, at most.
pub const PEOPLE_COUNT_MAX: usize = 1_000;
/// Stations in one plan, at most.
pub const STATIONS_COUNT_MAX: usize = 1_000;
/// Words in one list of a case or a person (skills, languages, kinds, conflicts, parties, leave), at most.
pub const WORDS_COUNT_MAX: usize = 1_000;
/// Length of an id, at most.
pub const ID_BYTES_MAX: usize = 128;
/// Cases that one person may be set to have open at a time, at most; one at least.
pub const CAPACITY_CASES_MAX: u16 = 500;
/// Cases that one person may already have open, at most.
pub const OPEN_CASES_MAX: u16 = 2_000;
/// Days from one closing to the next, at most; one at least.
pub const CADENCE_DAYS_MAX: u16 = 365;
/// Days that a plan looks ahead, at most.
pub const HORIZON_DAYS_MAX: u16 = 365;
/// Cases above the capacity of one person, at most.
pub const OVERLOAD_CASES_MAX: u16 = 10;
/// Days that one case may take, at most.
pub const CASE_DAYS_MAX: u16 = 1_000;
/// Days that the statutory day of a case may lie before the day of the plan, at most.
pub const DUE_AGE_DAYS_MAX: u16 = 3_650;
/// Greatest weight of a case; the least is one.
pub const WEIGHT_MAX: u8 = 10;

/// The cases that wait.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Demand {
    /// In any order; no id twice.
    pub cases: Vec<Waiting>,
}

/// A case that nobody has begun.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// Its id.
    pub id: String,
    /// Where it arose.
    pub locality: LocalityId,
    /// What it is about.
    pub kind: KindId,
    /// Languages that one person must speak, all of them.
    pub languages: BTreeSet<Code>,
    /// Skills that one person must have, all of them.
    pub skills: BTreeSet<Code>,
    /// The first day on which it can be taken up; a day before today counts as today.
    pub earliest: Day,
    /// The last day of its statutory clock; without one it is never late.
    pub due: Option<Day>,
    /// Days from being taken up to what the clock asks for: 0 where the clock asks for a beginning.
    pub days: u16,
    /// How much a day of lateness weighs, 1 to [`WEIGHT_MAX`].
    pub weight: u8,
    /// Organisations that are parties, by reference; with the case's own id, what a conflict of interest may name.
    pub parties: BTreeSet<String>,
    /// Who has it by the plan in force. A person who is not in the roster any more is allowed here.
    pub present: Option<String>,
}

/// Who there is to take cases up.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Roster {
    /// In any order; no id twice.
    pub stations: Vec<Station>,
    /// In any order; no id twice.
    pub people: Vec<Mediator>,
}

/// A place where people work. Its level is the depth of its locality.
#[derive(Clone, Debug, PartialEq)]
pub struct Station {
    /// Its id.
    pub id: String,
    /// It serves this locality and everything below it.
    pub locality: LocalityId,
}

/// A person who takes cases up, by a pseudonymous id.
#[derive(Clone, Debug, PartialEq)]
pub struct Mediator {
    /// The id; never a name.
    pub id: String,
    /// The id of the station.
    pub station: String,
    /// What the person can do.
    pub skills: BTreeSet<Code>,
    /// What the person speaks.
    pub languages: BTreeSet<Code>,
    /// Kinds that the person takes, such as `labour.wage` or `labour.*`; an empty list covers everything.
    pub kinds: Vec<Pattern>,
    /// Cases that the person can have open at a time, 1 to [`CAPACITY_CASES_MAX`].
    pub capacity: u16,
    /// Cases that the person can be given in one plan.
    pub plan_max: Option<u16>,
    /// Cases that the person has open today, none of them among the waiting ones.
    pub open: u16,
    /// Days from one closing to the next, 1 to [`CADENCE_DAYS_MAX`].
    pub cadence_days: u16,
    /// Days on which the person takes nothing up.
    pub leave: Vec<Leave>,
    /// Cases and organisations that the person must have nothing to do with.
    pub conflicts: BTreeSet<String>,
}

/// A run of days, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leave {
    /// The first day.
    pub first: Day,
    /// The last day.
    pub last: Day,
}

/// How the question is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The day of the plan.
    pub today: Day,
    /// Days after today on which a case may still be taken up, 0 to [`HORIZON_DAYS_MAX`].
    pub horizon_days: u16,
    /// Cases above their capacity that each person may be given, 0 to [`OVERLOAD_CASES_MAX`].
    pub overload_max: u16,
}
