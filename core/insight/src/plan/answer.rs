//! What a plan says: who takes which case on which day and why, and why a case has nobody.

use std::collections::BTreeMap;

use maple_kernel::{Code, Day, Text};

/// What a plan is judged by; compared from the first field to the last, less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Objective {
    /// Weights of the cases without a place, added up.
    pub unplaced: u64,
    /// Weight times days late, added up; a case without a place counts as if it were taken up on the first day after
    /// the plan, so that of cases of one weight those that are due first have a place.
    pub late: u64,
    /// For each case that is its person's nth above capacity n, added up, so that load is spread.
    pub overload: u64,
    /// Levels between a case's own locality and the station's, added up.
    pub levels: u64,
    /// Cases that do not stay with whom they had.
    pub changes: u64,
    /// Days from the day of the plan until the slot of each case is free, added up.
    pub days: u64,
}

/// A plan: every waiting case is in exactly one of the two lists.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What it came to; no plan for the same question has less.
    pub objective: Objective,
    /* INVARIANT: both sorted by case id. */
    /// Cases with a place.
    pub placements: Vec<Placement>,
    /// Cases without one.
    pub unplaced: Vec<Unplaced>,
}

/// A case and who takes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Placement {
    /// The case.
    pub case: String,
    /// The person.
    pub person: String,
    /// The person's station.
    pub station: String,
    /// The day on which the case is taken up.
    pub day: Day,
    /// Why here; in the order in which the objective is read.
    pub reasons: Vec<Reason>,
}

/// A case that nobody takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Unplaced {
    /// The case.
    pub case: String,
    /// How many people failed at what first; together everybody in the roster.
    pub bars: BTreeMap<Bar, u32>,
}

/// One reason of a placement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nobody else meets every hard constraint.
    OnlyOne,
    /// As many others meet every hard constraint.
    OneOf {
        /// The others.
        others: u32,
    },
    /// In time.
    InTime {
        /// Days left to the statutory day.
        spare_days: u32,
    },
    /// The case has no statutory day.
    NoClock,
    /// After the statutory day: no plan is late by less.
    Late {
        /// By so many days.
        days: u32,
    },
    /// Above the person's capacity: within it more lateness, or no place, was all there was.
    Overload {
        /// Cases above capacity, this one included.
        above: u32,
    },
    /// The station of the case's own locality.
    OwnLocality,
    /// A station further up.
    LevelsUp {
        /// By so many levels.
        levels: u32,
    },
    /// The person has it by the plan in force.
    Kept,
    /// Another person has it by the plan in force.
    Moved {
        /// Who had it.
        from: String,
    },
    /// Nobody had it.
    New,
}

/// What a person fails at, in the order in which it is asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bar {
    /// The person's station is not in the chain of the case's locality.
    Outside,
    /// The person does not take such kinds.
    Kind,
    /// The person lacks a skill; the first one by name.
    Skill(Code),
    /// The person does not speak a language; the first one by name.
    Language(Code),
    /// The person has a conflict of interest.
    Conflict,
    /// The case cannot be taken up before the plan ends.
    Beyond,
    /// The person is on leave until the plan ends.
    Leave,
    /// The person has no slot until the plan ends.
    Full,
    /// The person could take it, and every slot has another case in this plan.
    Taken,
}

impl Reason {
    /// The word for it.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OnlyOne => "only_one",
            Self::OneOf { .. } => "one_of",
            Self::InTime { .. } => "in_time",
            Self::NoClock => "no_clock",
            Self::Late { .. } => "late",
            Self::Overload { .. } => "overload",
            Self::OwnLocality => "own_locality",
            Self::LevelsUp { .. } => "levels_up",
            Self::Kept => "kept",
            Self::Moved { .. } => "moved",
            Self::New => "new",
        }
    }

    /// A sentence.
    #[must_use]
    pub fn text(&self) -> Text {
        let (zh, en) = match self {
            Self::OnlyOne => ("符合全部条件的只有此人".into(), "Nobody else meets every condition".into()),
            Self::OneOf { others } => {
                (format!("另有{others}人符合全部条件"), format!("Others who meet every condition: {others}"))
            }
            Self::InTime { spare_days } => {
                (format!("在法定期限内，余{spare_days}天"), format!("In time; days left: {spare_days}"))
            }
            Self::NoClock => ("无法定期限".into(), "No statutory day".into()),
            Self::Late { days } => (
                format!("超过法定期限{days}天，总体上无更早安排"),
                format!("Late by days: {days}; no plan as a whole is less late"),
            ),
            Self::Overload { above } => {
                (format!("超出本人容量第{above}件"), format!("Above the person's capacity, as number {above}"))
            }
            Self::OwnLocality => ("由本地站点办理".into(), "At the station of its own locality".into()),
            Self::LevelsUp { levels } => (format!("上移{levels}级办理"), format!("Levels up: {levels}")),
            Self::Kept => ("维持原安排".into(), "Stays with the same person".into()),
            Self::Moved { from } => (format!("由{from}转来"), format!("Moved from {from}")),
            Self::New => ("新安排".into(), "Newly placed".into()),
        };
        Text::new(&zh, &en)
    }
}

impl Bar {
    /// The word for it.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Outside => "outside",
            Self::Kind => "kind",
            Self::Skill(_) => "skill",
            Self::Language(_) => "language",
            Self::Conflict => "conflict",
            Self::Beyond => "beyond",
            Self::Leave => "leave",
            Self::Full => "full",
            Self::Taken => "taken",
        }
    }

    /// A sentence about as many people.
    #[must_use]
    pub fn text(&self, people: u32) -> Text {
        let (zh, en) = match self {
            Self::Outside => ("不在本地及上级站点".into(), "at no station of the locality or above it".into()),
            Self::Kind => ("不办理此类纠纷".into(), "do not take this kind".into()),
            Self::Skill(skill) => (format!("不具备技能{skill}"), format!("lack the skill {skill}")),
            Self::Language(language) => (format!("不会语言{language}"), format!("do not speak {language}")),
            Self::Conflict => ("有利益冲突".into(), "have a conflict of interest".into()),
            Self::Beyond => ("案件在计划期内不能开始".into(), "could not begin before the plan ends".into()),
            Self::Leave => ("计划期内休假".into(), "are on leave until the plan ends".into()),
            Self::Full => ("计划期内无空位".into(), "have no slot until the plan ends".into()),
            Self::Taken => ("空位均已安排其他案件".into(), "have every slot taken by other cases of this plan".into()),
        };
        Text::new(&format!("{people}人{zh}"), &format!("{people} {en}"))
    }
}
