//! What is wrong with a question: every problem at once.

use std::{collections::BTreeSet, fmt};

use maple_kernel::{Day, LOCALITY_DEPTH_MAX};

use super::input::{
    CADENCE_DAYS_MAX, CAPACITY_CASES_MAX, CASE_DAYS_MAX, CASES_COUNT_MAX, DUE_AGE_DAYS_MAX, Demand, HORIZON_DAYS_MAX,
    ID_BYTES_MAX, Mediator, OPEN_CASES_MAX, OVERLOAD_CASES_MAX, Options, PEOPLE_COUNT_MAX, Roster, STATIONS_COUNT_MAX,
    WEIGHT_MAX, WORDS_COUNT_MAX, Waiting,
};

/// Why there is no plan: every problem of the question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct PlanError {
    /* INVARIANT: not empty. */
    /// Sorted, none twice.
    problems: Vec<Problem>,
}

impl PlanError {
    /// The problems, one at least.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the question for a plan is wrong")?;
        for (at, problem) in self.problems.iter().enumerate() {
            write!(f, "{} {problem}", if at == 0 { ":" } else { ";" })?;
        }
        Ok(())
    }
}

/// Which list of ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// Waiting cases.
    Case,
    /// Stations.
    Station,
    /// People.
    Person,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Case => "case",
            Self::Station => "station",
            Self::Person => "person",
        })
    }
}

/// One problem: what, and the value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Problem {
    /// More than the engine plans for.
    #[error("{count} entries of the type {what}, at most {max}")]
    TooMany {
        /// Of what.
        what: What,
        /// How many there are.
        count: usize,
        /// How many there may be.
        max: usize,
    },
    /// An id that is empty or too long.
    #[error("the id `{id}` of a {what} is empty or longer than {ID_BYTES_MAX} bytes")]
    Id {
        /// Of what.
        what: What,
        /// The id, cut.
        id: String,
    },
    /// An id that comes twice.
    #[error("{what} `{id}` comes twice")]
    Duplicate {
        /// Of what.
        what: What,
        /// The id.
        id: String,
    },
    /// A person of a station that is not there.
    #[error("person `{person}` is of the station `{station}`, which is not there")]
    UnknownStation {
        /// The person.
        person: String,
        /// The station.
        station: String,
    },
    /// A path that is none.
    #[error("`{path}` of the {what} `{id}` is not a locality's path, such as `cn/zhejiang/jinhua/yongkang`")]
    Path {
        /// Of what.
        what: What,
        /// Whose.
        id: String,
        /// The path.
        path: String,
    },
    /// Leave that ends before it begins.
    #[error("leave of person `{person}` ends on {last}, before it begins on {first}")]
    Leave {
        /// The person.
        person: String,
        /// The first day.
        first: Day,
        /// The last day.
        last: Day,
    },
    /// A statutory day that is so long ago that it can hardly be meant.
    #[error("case `{case}` was due on {due}, more than {DUE_AGE_DAYS_MAX} days ago")]
    Due {
        /// The case.
        case: String,
        /// The statutory day.
        due: Day,
    },
    /// A number out of its bounds.
    #[error("`{field}` of the {what} `{id}` is {value}, not {min} to {max}")]
    Bounds {
        /// Of what.
        what: What,
        /// Whose.
        id: String,
        /// Which number.
        field: &'static str,
        /// Its value.
        value: u64,
        /// The least.
        min: u64,
        /// The greatest.
        max: u64,
    },
    /// An option out of its bounds.
    #[error("the option `{field}` is {value}, at most {max}")]
    Option {
        /// Which option.
        field: &'static str,
        /// Its value.
        value: u16,
        /// The greatest.
        max: u16,
    },
}

/// Every problem of a question.
///
/// # Errors
///
/// When there is one at least. Of a question that is too big only that is said.
pub(super) fn check(demand: &Demand, roster: &Roster, options: &Options) -> Result<(), PlanError> {
    let mut found = Found::default();
    found.many(What::Case, demand.cases.len(), CASES_COUNT_MAX);
    found.many(What::Station, roster.stations.len(), STATIONS_COUNT_MAX);
    found.many(What::Person, roster.people.len(), PEOPLE_COUNT_MAX);
    found.option("horizon_days", options.horizon_days, HORIZON_DAYS_MAX);
    found.option("overload_max", options.overload_max, OVERLOAD_CASES_MAX);
    if found.0.iter().all(|problem| matches!(problem, Problem::Option { .. })) {
        found.cases(&demand.cases, options.today);
        found.stations(roster);
        found.people(roster);
    }
    found.end()
}

#[derive(Default)]
struct Found(BTreeSet<Problem>);

impl Found {
    fn end(self) -> Result<(), PlanError> {
        if self.0.is_empty() { Ok(()) } else { Err(PlanError { problems: self.0.into_iter().collect() }) }
    }

    fn many(&mut self, what: What, count: usize, max: usize) {
        if count > max {
            self.0.insert(Problem::TooMany { what, count, max });
        }
    }

    fn option(&mut self, field: &'static str, value: u16, max: u16) {
        if value > max {
            self.0.insert(Problem::Option { field, value, max });
        }
    }

    fn bounds(&mut self, (what, id): (What, &str), field: &'static str, value: u64, (min, max): (u64, u64)) {
        if !(min..=max).contains(&value) {
            self.0.insert(Problem::Bounds { what, id: id.to_owned(), field, value, min, max });
        }
    }

    fn words(&mut self, whose: (What, &str), field: &'static str, count: usize) {
        self.bounds(whose, field, count as u64, (0, WORDS_COUNT_MAX as u64));
    }

    fn ids<'a>(&mut self, what: What, ids: impl Iterator<Item = &'a str>) {
        let mut seen = BTreeSet::new();
        for id in ids {
            if id.is_empty() || id.len() > ID_BYTES_MAX {
                self.0.insert(Problem::Id { what, id: id.chars().take(ID_BYTES_MAX).collect() });
            }
            if !seen.insert(id) {
                self.0.insert(Problem::Duplicate { what, id: id.to_owned() });
            }
        }
    }

    fn path(&mut self, (what, id): (What, &str), path: &str) {
        if !is_path(path) {
            self.0.insert(Problem::Path { what, id: id.to_owned(), path: path.to_owned() });
        }
    }

    fn cases(&mut self, cases: &[Waiting], today: Day) {
        self.ids(What::Case, cases.iter().map(|case| case.id.as_str()));
        for case in cases {
            let whose = (What::Case, case.id.as_str());
            self.path(whose, case.locality.as_str());
            self.bounds(whose, "weight", case.weight.into(), (1, WEIGHT_MAX.into()));
            self.bounds(whose, "days", case.days.into(), (0, CASE_DAYS_MAX.into()));
            let is_old = |due: &Day| today.days_since(*due) > DUE_AGE_DAYS_MAX.into();
            if let Some(due) = case.due.filter(is_old) {
                self.0.insert(Problem::Due { case: case.id.clone(), due });
            }
            self.words(whose, "skills", case.skills.len());
            self.words(whose, "languages", case.languages.len());
            self.words(whose, "parties", case.parties.len());
        }
    }

    fn stations(&mut self, roster: &Roster) {
        self.ids(What::Station, roster.stations.iter().map(|station| station.id.as_str()));
        for station in &roster.stations {
            self.path((What::Station, &station.id), station.locality.as_str());
        }
    }

    fn people(&mut self, roster: &Roster) {
        self.ids(What::Person, roster.people.iter().map(|person| person.id.as_str()));
        let known: BTreeSet<&str> = roster.stations.iter().map(|station| station.id.as_str()).collect();
        for person in &roster.people {
            if !known.contains(person.station.as_str()) {
                let (person, station) = (person.id.clone(), person.station.clone());
                self.0.insert(Problem::UnknownStation { person, station });
            }
            self.person(person);
        }
    }

    fn person(&mut self, person: &Mediator) {
        let whose = (What::Person, person.id.as_str());
        self.bounds(whose, "capacity", person.capacity.into(), (1, CAPACITY_CASES_MAX.into()));
        self.bounds(whose, "open", person.open.into(), (0, OPEN_CASES_MAX.into()));
        self.bounds(whose, "cadence_days", person.cadence_days.into(), (1, CADENCE_DAYS_MAX.into()));
        self.words(whose, "skills", person.skills.len());
        self.words(whose, "languages", person.languages.len());
        self.words(whose, "kinds", person.kinds.len());
        self.words(whose, "conflicts", person.conflicts.len());
        self.words(whose, "leave", person.leave.len());
        for leave in person.leave.iter().filter(|leave| leave.last < leave.first) {
            let (person, first, last) = (person.id.clone(), leave.first, leave.last);
            self.0.insert(Problem::Leave { person, first, last });
        }
    }
}

/// True for lower-case words of letters, digits, `_` and `-` with single slashes between.
fn is_path(path: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
    };
    path.len() <= ID_BYTES_MAX && path.split('/').all(is_word) && path.split('/').count() <= LOCALITY_DEPTH_MAX
}
