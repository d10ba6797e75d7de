//! The words that cases, policies and decisions are made of.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{ChannelId, Code, FactKey, Facts, KindId, LocalityId, Party, PartyType, Pattern, ProvisionId, Span};

/// A text in both languages of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Chinese.
    pub zh: Arc<str>,
    /// English.
    pub en: Arc<str>,
}

impl Text {
    /// A text.
    #[must_use]
    pub fn new(zh: &str, en: &str) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::new("", "")
    }
}

/// What a channel does to a dispute. The order is the order of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Keeps somebody safe.
    Protective,
    /// Runs beside the others and decides nothing between the parties.
    Parallel,
    /// Helps the parties agree: mediation in all its forms; by consent only.
    Facilitative,
    /// The law wants it before the court.
    Precondition,
    /// Decides.
    Adjudicative,
    /// Tells or helps.
    Informative,
}

impl Class {
    /// All classes in the order of steps.
    pub const ALL: [Self; 6] = [
        Self::Protective,
        Self::Parallel,
        Self::Facilitative,
        Self::Precondition,
        Self::Adjudicative,
        Self::Informative,
    ];

    /// The word used in JSON, TOML and WIT.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Protective => "protective",
            Self::Parallel => "parallel",
            Self::Facilitative => "facilitative",
            Self::Precondition => "precondition",
            Self::Adjudicative => "adjudicative",
            Self::Informative => "informative",
        }
    }

    /// The class of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == word)
    }
}

/// A place a dispute can go.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    /// What it does.
    pub class: Class,
    /// Its name.
    pub title: Text,
    /// The tree of localities it exists in, such as `cn`.
    pub within: LocalityId,
    /// Free by law: no policy can charge for it.
    pub free: bool,
    /// Parties may be bound to attend (never to settle) where participation is `attendance_required`.
    pub attendance: bool,
    /// Of an adjudicative channel: false where it only gives force to what was agreed or decided elsewhere.
    pub decides: bool,
    /// The longest the law lets it take.
    pub max: Option<Span>,
    /// The law behind fee and time.
    pub basis: Vec<ProvisionId>,
}

/// Whose fact it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Of the dispute.
    Case,
    /// Of one party.
    Party,
    /// Of the locality: a figure such as a threshold; never sent by a caller.
    Locality,
    /// Set by policies for later policies; never sent by a caller.
    Derived,
    /// Counted by the host over what happened before; never sent by a caller.
    Context,
}

/// What disputes have in common that are counted together. Never a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// The organisation that they are about.
    Organisation,
    /// The place that they are about.
    Place,
    /// The project that they are about.
    Project,
    /// The station that has them.
    Station,
    /// The kind, in one locality and below.
    Kind,
    /// Nothing: what happened in the dispute itself is counted.
    Case,
}

impl Group {
    /// All groups.
    pub const ALL: [Self; 6] = [Self::Organisation, Self::Place, Self::Project, Self::Station, Self::Kind, Self::Case];

    /// The word used in JSON and TOML.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Organisation => "organisation",
            Self::Place => "place",
            Self::Project => "project",
            Self::Station => "station",
            Self::Kind => "kind",
            Self::Case => "case",
        }
    }
}

/// A count over what happened before, which the host makes for a case and policies read as a fact.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// The fact.
    pub key: FactKey,
    /// What is counted together.
    pub group: Group,
    /// What is counted.
    pub of: Tally,
    /// Disputes of these kinds; all of them where none is named.
    pub kinds: Vec<Pattern>,
}

/// How far a count looks back from the case's own moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// So many days.
    Days(u32),
    /// To the beginning of the calendar month.
    Month,
}

/// What a count counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tally {
    /// Disputes that came.
    Cases {
        /// How far back.
        window: Window,
        /// Only those that are not closed.
        open: bool,
    },
    /// Disputes that went to court, for the first time each.
    Suits {
        /// How many days back.
        days: u32,
    },
    /// Disputes of a calendar month that would be unusual: the mean of the whole months before and so many standard
    /// deviations, rounded down.
    Line {
        /// How many months before.
        months: u32,
        /// How many standard deviations.
        deviations: u32,
    },
    /// Disputes that the station has to do now.
    Desk,
    /// Disputes that the station's mediators can have open at a time, those on leave left out.
    Capacity,
    /// Mediators of the station that have more open than they can have.
    Overloaded,
    /// Disputes that were given to the station and nobody took up for more than so many days.
    Waiting {
        /// How many days.
        days: u32,
    },
    /// Calls about the dispute, the one that it came by included.
    Calls {
        /// How many days back.
        days: u32,
    },
    /// Steps of mediation after a party had refused it.
    RefusalsBroken,
    /// Ends after the last day that the law gave.
    DeadlinesMissed,
    /// Agreements after which the dispute went to court.
    Relapses,
}

/// What values a fact takes.
#[derive(Clone, Debug, PartialEq)]
pub enum FactType {
    /// One of these words; with no words, any code of `[a-z0-9_]`.
    Text(Vec<Arc<str>>),
    /// A whole number within these bounds.
    Count {
        /// Least.
        min: i64,
        /// Most.
        max: i64,
    },
    /// Yes or no.
    Flag,
    /// A day.
    Day,
    /// Some of these words.
    Words(Vec<Arc<str>>),
    /// An exact amount of the locality's currency, in minor units, at most this much.
    Money {
        /// Most, in minor units.
        max: i64,
    },
}

/// What is counted among the parties of a case, so that a group that is listed need not be told as a number, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Whom.
    pub of: CountOf,
    /// In which roles.
    pub roles: Vec<Code>,
}

/// Whom a count is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountOf {
    /// All parties in the roles together.
    Parties,
    /// The natural persons of one of the roles, of the one that has the most: a side of the dispute.
    Side,
}

impl Counted {
    /// How many the parties hold.
    #[must_use]
    pub fn among(&self, parties: &[Party]) -> usize {
        let counts = |party: &&Party| match self.of {
            CountOf::Parties => true,
            CountOf::Side => party.kind == PartyType::Natural,
        };
        let of_role = |role: &Code| parties.iter().filter(|party| party.role == *role).filter(counts).count();
        let roles = self.roles.iter().map(of_role);
        match self.of {
            CountOf::Parties => roles.sum(),
            CountOf::Side => roles.max().unwrap_or(0),
        }
    }
}

/// What makes a flag known without being said: who gives the day of something says that it happened.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Implied {
    /// Days of the case; any of them is enough, whatever the flag itself says.
    pub days: Vec<FactKey>,
    /// Only in disputes of these kinds; in all of them where none is named.
    pub kinds: Vec<Pattern>,
}

impl Implied {
    /// True when a case of this kind with these facts tells a day that makes the flag known.
    pub(crate) fn holds(&self, kind: &str, facts: &Facts) -> bool {
        self.days.iter().any(|day| facts.get(day.as_str()).is_some())
            && (self.kinds.is_empty() || self.kinds.iter().any(|pattern| pattern.covers(kind)))
    }
}

/// A fact that may be known.
#[derive(Clone, Debug, PartialEq)]
pub struct FactDef {
    /// What values it takes.
    pub kind: FactType,
    /// Whose it is.
    pub scope: Scope,
    /// Of a count: what is counted among the parties. At least so many are known; one is no group and says nothing.
    pub counted: Option<Counted>,
    /// Of a flag of the case: the days that make it known.
    pub implied: Option<Implied>,
    /// Of a day: it tells what happened, so it is never later than the day asked about.
    pub past: bool,
    /// Of a fact of a party: only a party of this type has it.
    pub only: Option<PartyType>,
    /// What its words are called; not every word need have a name.
    pub labels: BTreeMap<Arc<str>, Text>,
    /// What it means.
    pub title: Text,
}

/// Lists of words that claims may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WordList {
    /// Duties.
    Duty,
    /// Who bears a duty or answers for a signal.
    Bearer,
    /// Signals.
    Signal,
    /// Measures.
    Measure,
    /// Clocks.
    Clock,
    /// Skills; an entry ending in `*` stands for a family, such as `lang_*`.
    Skill,
    /// Bodies within a channel.
    Body,
    /// Events that a term runs from.
    Event,
    /// Reasons for referring to a person.
    Referral,
    /// Parameters of reasons and duties.
    Param,
    /// Doors a case comes through.
    Source,
    /// Roles of parties.
    Role,
    /// Rights.
    Right,
}

impl WordList {
    /// The word for one entry of the list, as used in `words.toml` and in messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Duty => "duty",
            Self::Bearer => "bearer",
            Self::Signal => "signal",
            Self::Measure => "measure",
            Self::Clock => "clock",
            Self::Skill => "skill",
            Self::Body => "body",
            Self::Event => "event",
            Self::Referral => "referral",
            Self::Param => "param",
            Self::Source => "source",
            Self::Role => "role",
            Self::Right => "right",
        }
    }
}

/// How a clock may be changed by a lower level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockKind {
    /// A party's time to act: neither shorter nor longer than the law says.
    Limitation,
    /// An authority's time to act: never longer.
    Service,
}

/// What is known of a word.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// What it means.
    pub title: Text,
    /// A duty that weighs on somebody: a person confirms it before anything happens (H11).
    pub adverse: bool,
    /// A duty that binds to take part, or warns or punishes whoever does not: never where participation is by free will
    /// (H02).
    pub attendance: bool,
    /// For clocks: how it may be changed.
    pub clock: Option<ClockKind>,
    /// For clocks: the longest the law allows.
    pub max: Option<Span>,
}

/// One article of law.
#[derive(Clone, Debug, PartialEq)]
pub struct Provision {
    /// The law's name.
    pub law: Text,
    /// The article, as cited.
    pub article: Arc<str>,
    /// First day in force.
    pub from: crate::Day,
    /// Last day in force, if it ended.
    pub to: Option<crate::Day>,
    /// What it says, in our own words.
    pub summary: Text,
    /// Where it was read.
    pub source: Arc<str>,
    /// Whether somebody compared it with the official text.
    pub verified: bool,
}

impl Provision {
    /// True on days when it is law.
    #[must_use]
    pub fn in_force(&self, day: crate::Day) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }
}

/// All words of a ruleset.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Vocabulary {
    /// Facts by key.
    pub facts: BTreeMap<FactKey, FactDef>,
    /// Keys that are refused from every caller (`never` of `policies/facts.toml`).
    pub never: BTreeSet<FactKey>,
    /// Dispute kinds.
    pub kinds: BTreeMap<KindId, Text>,
    /// Channels.
    pub channels: BTreeMap<ChannelId, Channel>,
    /// Every other word.
    pub words: BTreeMap<WordList, BTreeMap<Code, Word>>,
    /// Articles of law.
    pub provisions: BTreeMap<ProvisionId, Provision>,
    /// Counts that the host makes, in the order of their keys.
    pub aggregates: Vec<Aggregate>,
}

impl FactDef {
    /// A fact of which nothing more is said than its values, whose it is and what it means.
    #[must_use]
    pub const fn plain(kind: FactType, scope: Scope, title: Text) -> Self {
        Self { kind, scope, counted: None, implied: None, past: false, only: None, labels: BTreeMap::new(), title }
    }
}

impl Vocabulary {
    /// A word of a list; families such as `lang_*` stand for each of their members.
    #[must_use]
    pub fn word(&self, list: WordList, code: &str) -> Option<&Word> {
        let words = self.words.get(&list)?;
        words.get(code).or_else(|| {
            words
                .iter()
                .find(|(w, _)| w.as_str().strip_suffix('*').is_some_and(|p| code.starts_with(p)))
                .map(|(_, w)| w)
        })
    }
}
