//! Rule tables as data, for programs that reason about them: what `compile` keeps when [`Options::tables`] asks for it.
//!
//! A condition is what the plugin `decision-table` is given, with types; a fact that is not known makes its condition
//! false, and the negation of it true.
//!
//! [`Options::tables`]: crate::Options::tables

use std::sync::Arc;

use maple_kernel::{ChannelId, Code, Day, FactKey, Level, PolicyId, ProvisionId, RuleId, Selector, Span, Term, Value};

use crate::Spot;

/// One rule table.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The policy that it is.
    pub policy: PolicyId,
    /// Where its rows stand.
    pub spot: Spot,
    /// Set when its author says that every case of its target is answered.
    pub complete: Option<Complete>,
    /// True when its author says that cases without an answer are meant: `complete = false`.
    pub open: bool,
    /// Where its target is written; its own place without one.
    pub target_spot: Spot,
    /// Its rows, in order.
    pub rows: Vec<Row>,
    /// Rows that this form cannot express, written by hand as settings of the plugin.
    pub unread: usize,
}

/// The promise that every case of the target is answered by some row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complete {
    /// Facts of the case that the promise takes as known.
    pub known: Vec<FactKey>,
    /// Where it is written.
    pub spot: Spot,
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its rule; several rows may share one.
    pub rule: RuleId,
    /// Where its id stands.
    pub spot: Spot,
    /// When it speaks.
    pub when: Condition,
    /// Where its condition stands; the row's own place without one.
    pub when_spot: Spot,
    /// First day in force.
    pub from: Option<Day>,
    /// Last day in force.
    pub to: Option<Day>,
    /// The provisions that it cites, its own or its rule's.
    pub basis: Vec<ProvisionId>,
    /// True when it has a reason of its own for the parties.
    pub worded: bool,
    /// What it says.
    pub then: Vec<Effect>,
}

/// What must hold for a row to speak.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// All of these; none is always.
    All(Vec<Condition>),
    /// One of these; none is never.
    Any(Vec<Condition>),
    /// Not this.
    Not(Box<Condition>),
    /// The value is one of these; for a fact of several words, one of them is.
    Is(Subject, Vec<Value>),
    /// The name is one of these, or begins with one that ends in `*`.
    Prefix(Subject, Vec<Arc<str>>),
    /// The value lies within all bounds.
    Range(FactKey, Vec<(Compare, Bound)>),
    /// The day lies so far from the day of the case.
    Age(FactKey, Vec<(Age, Span)>),
    /// The fact is known, or with `false` is not.
    Known(FactKey, bool),
    /// Some party meets this.
    SomeParty(Box<Condition>),
    /// Every party meets this, and there is one.
    EveryParty(Box<Condition>),
}

/// What a condition looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The kind of dispute.
    Kind,
    /// The door.
    Source,
    /// The place.
    Locality,
    /// The role of the party.
    Role,
    /// The type of the party.
    Type,
    /// A fact: of the party inside a condition on parties, else of the case.
    Fact(FactKey),
}

/// How a value is compared with a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// At least.
    Min,
    /// At most.
    Max,
    /// More than.
    Above,
    /// Less than.
    Below,
}

/// What a value is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    /// This value.
    Value(Value),
    /// The value of this fact of the case.
    Fact(FactKey),
}

/// How a day is compared with the day of the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// At least so long ago.
    AgoMin,
    /// At most so long ago.
    AgoMax,
    /// So long a time from that day has not ended, where an end on a day of rest moves to the next working day of the
    /// calendar of the policy's place.
    Running,
    /// Today or at most so far ahead.
    AheadMax,
}

/// The day a clock of a row runs from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Start {
    /// The day of the case.
    Today,
    /// The day it was filed.
    Filed,
    /// A day fact of the case.
    Fact(FactKey),
}

/// What a row says.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// A step is on offer.
    Offer {
        /// Where the dispute can go.
        channel: ChannelId,
        /// Who within the channel.
        body: Option<Code>,
        /// What the people there must be able to do.
        skills: Vec<Code>,
        /// The party fact whose languages are skills, too.
        skills_from: Option<FactKey>,
        /// By when.
        due: Option<Term>,
        /// Preference within the class.
        weight: i16,
        /// Says the step costs money.
        chargeable: bool,
    },
    /// A step on offer moves within its class.
    Prefer {
        /// The channel.
        channel: ChannelId,
        /// How far.
        weight: i16,
    },
    /// One channel must be tried before another.
    RequireFirst {
        /// What comes first.
        first: ChannelId,
        /// What is closed until then.
        before: ChannelId,
    },
    /// A channel, or a class of them, is closed.
    Forbid(Selector),
    /// Somebody must do something.
    Duty {
        /// What.
        code: Code,
        /// Who.
        bearer: Option<Code>,
        /// Details, in order.
        params: Vec<(Code, Value)>,
    },
    /// A time limit runs.
    Clock {
        /// Which.
        code: Code,
        /// The day it runs from.
        start: Start,
        /// How long.
        span: Span,
        /// Whether the first day counts.
        first_day_counts: bool,
        /// Days before the end at which to warn.
        warn: Vec<u16>,
    },
    /// Something to watch.
    Signal {
        /// What.
        code: Code,
        /// How urgent.
        level: Level,
        /// About what, as written.
        subject: Arc<str>,
        /// What to do.
        measures: Vec<Code>,
        /// Who answers for it.
        responsible: Option<Code>,
        /// How soon they must act.
        handle_within: Option<Span>,
    },
    /// A fact for policies asked later.
    Derive {
        /// Its key.
        key: FactKey,
        /// Its value.
        value: Value,
    },
    /// A person decides.
    Refer(Code),
}

impl Effect {
    /// True when it is heard only with law in force behind it.
    #[must_use]
    pub const fn needs_basis(&self) -> bool {
        !matches!(self, Self::Prefer { .. } | Self::Derive { .. } | Self::Refer(_))
    }
}
