//! What a policy may say, and what can go wrong while it says it.

use std::sync::Arc;

use crate::{
    Calendar, Case, ChannelId, Code, Day, FactKey, KindId, LocalityId, PartyType, PolicyId, ProvisionId, Purposes,
    RuleId, Span, Text, Value,
};

/// A case as one policy sees it: only the facts that the policy says it reads.
#[derive(Clone, Debug)]
pub struct CaseFile<'a> {
    /// What is asked.
    pub purposes: Purposes,
    /// Where.
    pub locality: &'a LocalityId,
    /// What about.
    pub kind: &'a KindId,
    /// Through which door it came.
    pub source: &'a Code,
    /// The day whose law applies.
    pub day: Day,
    /// When it came.
    pub filed: Day,
    /// The shared facts of the case, in the order of their keys.
    pub facts: Vec<(&'a FactKey, &'a Value)>,
    /// The parties, in canonical order.
    pub parties: Vec<PartyFile<'a>>,
}

/// A party as one policy sees it.
#[derive(Clone, Debug)]
pub struct PartyFile<'a> {
    /// `applicant`, `respondent`, …
    pub role: &'a Code,
    /// What kind of person in law.
    pub kind: PartyType,
    /// The shared facts of the party.
    pub facts: Vec<(&'a FactKey, &'a Value)>,
}

/// A parameter of a reason or a duty.
pub type Param = (Code, Value);

/// From which event a term runs, and how long.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// How long.
    pub span: Span,
    /// The event, such as `acceptance`.
    pub start: Code,
}

/// By when a step is due.
#[derive(Clone, Debug, PartialEq)]
pub enum Due {
    /// Within a term from an event.
    Within(Term),
    /// On a day.
    On(Day),
}

/// Which channels a claim means.
#[derive(Clone, Debug, PartialEq)]
pub enum Selector {
    /// One channel.
    Channel(ChannelId),
    /// Every channel of a class.
    Class(crate::Class),
}

/// How urgent a signal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// To be noted.
    Blue,
    /// The unit is informed.
    Yellow,
    /// A joint conference.
    Orange,
    /// The leader on duty.
    Red,
}

/// What a signal is about: never a person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The organisation with this role in the case.
    Organisation(Code),
    /// The place of the dispute.
    Place,
    /// The building or investment project.
    Project,
    /// The kind of dispute in this locality.
    Kind,
    /// The station that handles it.
    Station,
    /// The case's own clock.
    OwnCase,
}

/// One claim of a policy.
#[derive(Clone, Debug, PartialEq)]
pub enum Claim {
    /// A step is on offer.
    Offer {
        /// Where the dispute can go.
        channel: ChannelId,
        /// Who within the channel.
        body: Option<Code>,
        /// What the people there must be able to do.
        skills: Vec<Code>,
        /// By when.
        due: Option<Due>,
        /// Preference within the class, [-100, 100].
        weight: i16,
        /// Says the step costs money.
        chargeable: bool,
    },
    /// A channel on offer moves up or down within its class.
    Prefer {
        /// The channel.
        channel: ChannelId,
        /// Preference within the class, [-100, 100].
        weight: i16,
    },
    /// One channel must be tried before another.
    RequireFirst {
        /// What comes first.
        first: ChannelId,
        /// What is closed until then.
        before: ChannelId,
    },
    /// A channel is closed to this dispute.
    Forbid(Selector),
    /// Somebody must do something.
    Duty {
        /// What.
        code: Code,
        /// Who.
        bearer: Option<Code>,
        /// Details.
        params: Vec<Param>,
    },
    /// A time limit runs.
    Clock {
        /// Which.
        code: Code,
        /// The day it runs from; that day is not counted.
        start: Day,
        /// How long.
        span: Span,
        /// Days before the end at which to warn.
        warn: Vec<u16>,
    },
    /// Something to watch or prevent.
    Signal {
        /// What.
        code: Code,
        /// How urgent.
        level: Level,
        /// About what.
        subject: Subject,
        /// What to do.
        measures: Vec<Code>,
        /// Who answers for it.
        responsible: Option<Code>,
        /// How soon they must act.
        handle_within: Option<Span>,
    },
    /// A fact for policies asked later.
    Derive {
        /// Its key, declared as derived in the vocabulary.
        key: FactKey,
        /// Its value.
        value: Value,
    },
    /// A person must decide.
    Refer(Code),
}

/// One claim with the rule, the reason and the law behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The rule that made it.
    pub rule: RuleId,
    /// What it claims.
    pub claim: Claim,
    /// The code of a reason in the descriptor; none for the rule's own summary.
    pub reason: Option<Code>,
    /// What to put into the reason's text.
    pub params: Vec<Param>,
    /// Provisions; empty for the rule's own.
    pub basis: Vec<ProvisionId>,
    /// The facts it rests on; empty for those that the rule looks at.
    pub evidence: Vec<FactKey>,
}

/// Why a policy gave no usable answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// What kind of failure.
    pub kind: FaultKind,
    /// Details for an operator; holds no facts.
    pub detail: Arc<str>,
}

/// The kinds of failure of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// The code trapped: a panic, an access out of bounds, exhausted stack.
    Trap,
    /// The fuel ran out.
    OutOfFuel,
    /// The wall-clock backstop struck.
    Timeout,
    /// The memory limit was reached.
    OutOfMemory,
    /// The answer is too large, malformed or uses words that the vocabulary does not have.
    BadAnswer,
    /// The policy itself declined.
    Refused,
    /// Whoever runs the host stopped the policy; it was not asked.
    Stopped,
}

impl FaultKind {
    /// All kinds.
    pub const ALL: [Self; 7] =
        [Self::Trap, Self::OutOfFuel, Self::Timeout, Self::OutOfMemory, Self::BadAnswer, Self::Refused, Self::Stopped];

    /// The word used in JSON and in logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trap => "trap",
            Self::OutOfFuel => "out_of_fuel",
            Self::Timeout => "timeout",
            Self::OutOfMemory => "out_of_memory",
            Self::BadAnswer => "bad_answer",
            Self::Refused => "refused",
            Self::Stopped => "stopped",
        }
    }
}

/// What came back from one policy for one case.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// The findings, or why there are none.
    pub answer: Result<Vec<Finding>, Fault>,
    /// Fuel burnt; the same for the same case file.
    pub fuel: u64,
    /// The plugin's diary, kept only when the assessor was asked to.
    pub diary: Vec<String>,
}

/// A configured policy, ready to answer. The sandbox implements it; tests may too.
///
/// The same case file must always give the same answer, in any order and on any thread.
pub trait Assess: Send + Sync {
    /// Answers one case. Never panics; every failure is a [`Fault`].
    fn assess(&self, file: &CaseFile<'_>) -> Assessment;
}

/// One node of a policy's settings.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    /// Yes or no.
    Flag(bool),
    /// A finite number.
    Number(f64),
    /// Text.
    Text(Arc<str>),
    /// A day.
    Day(Day),
    /// A list.
    Items(Vec<Setting>),
    /// A table, in the order written.
    Table(Vec<(Arc<str>, Setting)>),
}

/// A rule that a policy says it has.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleInfo {
    /// What it does.
    pub summary: Text,
    /// The law behind it.
    pub basis: Vec<ProvisionId>,
    /// The facts that its conditions look at, known or not, where that can be told.
    pub reads: Vec<FactKey>,
}

/// What a configured plugin says of itself.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Descriptor {
    /// The plugin's id.
    pub id: String,
    /// The plugin's version.
    pub version: String,
    /// What it does.
    pub summary: Text,
    /// The facts it reads.
    pub reads: Vec<FactKey>,
    /// Its rules.
    pub rules: Vec<(RuleId, RuleInfo)>,
    /// The texts of its reasons; `{key}` is replaced by the parameter of that name.
    pub reasons: Vec<(Code, Text)>,
}

/// A problem a plugin has with its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// Where, such as `rules[2].when.amount`.
    pub path: String,
    /// What.
    pub message: String,
    /// The way out.
    pub advice: Option<String>,
}

/// A plugin that the host can configure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginInfo {
    /// The plugin's id.
    pub id: String,
    /// Its version, semver.
    pub version: String,
    /// SHA-256 of the component, `sha256:…`.
    pub digest: Arc<str>,
}

/// Limits on one policy; `None` is the host's default. Each is cut to the host's maximum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Fuel for one evaluation.
    pub fuel: Option<u64>,
    /// Bytes of linear memory.
    pub memory_bytes: Option<u64>,
    /// Wall-clock backstop, milliseconds.
    pub wall_ms: Option<u64>,
    /// Findings in one answer.
    pub findings: Option<u32>,
    /// Bytes of one answer.
    pub answer_bytes: Option<u64>,
    /// Bytes of one case, as it stands in the policy's memory.
    pub case_bytes: Option<u64>,
    /// Elements of one table.
    pub table_elements: Option<u32>,
    /// Tables of one sandbox.
    pub tables: Option<u32>,
    /// Linear memories of one sandbox.
    pub memories: Option<u32>,
    /// Core instances of one sandbox.
    pub instances: Option<u32>,
    /// Bytes of the stack that the policy runs on.
    pub stack_bytes: Option<u64>,
    /// Lines of the diary that are kept, for authors.
    pub diary_lines: Option<u32>,
}

/// What a policy needs to come to life.
#[derive(Clone, Debug)]
pub struct Setup<'a> {
    /// Who asks, for messages.
    pub policy: &'a PolicyId,
    /// Which plugin, by digest.
    pub plugin: &'a str,
    /// The root table of its settings.
    pub settings: &'a Setting,
    /// The calendar of its locality.
    pub calendar: &'a Calendar,
    /// Its limits.
    pub limits: Limits,
}

/// A policy that came to life.
pub struct Configured {
    /// Answers cases.
    pub assessor: Arc<dyn Assess>,
    /// What it says of itself.
    pub descriptor: Descriptor,
}

/// Why a policy did not come to life.
#[derive(Clone, Debug, PartialEq)]
pub enum SetupError {
    /// The plugin refuses its settings.
    Settings(Vec<Complaint>),
    /// The limits do not fit the plugin or the host; the path of each complaint is the limit's key.
    Limits(Vec<Complaint>),
    /// The plugin failed while it was configured.
    Fault(Fault),
}

/// Where plugins come from. The sandbox implements it.
pub trait Plugins: Sync {
    /// The plugins on hand.
    fn list(&self) -> Vec<PluginInfo>;

    /// Takes in the component of a plugin, which is then on hand.
    ///
    /// # Errors
    ///
    /// Why it is not taken, in words.
    fn admit(&self, component: &[u8]) -> Result<PluginInfo, String> {
        Err(format!("a component of {} bytes cannot be taken in here", component.len()))
    }

    /// Lets a component go that was taken in. Policies that were made of it go on.
    fn dismiss(&self, _digest: &str) {}

    /// Configures policies, in parallel where it can; results in the order of the setups.
    fn configure(&self, setups: &[Setup<'_>]) -> Vec<Result<Configured, SetupError>>;

    /// Configures policies that are asked about a few cases and then forgotten. Less may be done now and more for each
    /// case; what they answer is the same.
    fn sketch(&self, setups: &[Setup<'_>]) -> Vec<Result<Configured, SetupError>> {
        self.configure(setups)
    }
}

/// A reading of a case by a policy before anything is combined.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// No finding.
    NotApplicable,
    /// Findings.
    Applies(Vec<Finding>),
    /// No usable answer.
    Indeterminate(Fault),
}

impl Case {
    /// The case as a policy that reads `reads` (sorted) sees it, with `facts` in place of the case's own.
    #[must_use]
    pub fn file<'a>(
        &'a self,
        question: Purposes,
        day: Day,
        facts: &'a crate::Facts,
        reads: &[FactKey],
    ) -> CaseFile<'a> {
        let share = |facts: &'a crate::Facts| {
            facts.iter().filter(|(key, _)| reads.binary_search(key).is_ok()).map(|(k, v)| (k, v)).collect()
        };
        let parties = self.parties().iter().map(|p| share(&p.facts)).collect();
        self.shared(question, day, share(facts), parties)
    }

    /// The case with these facts of it and of its parties.
    pub(crate) fn shared<'a>(
        &'a self,
        purposes: Purposes,
        day: Day,
        facts: Vec<(&'a FactKey, &'a Value)>,
        parties: Vec<Vec<(&'a FactKey, &'a Value)>>,
    ) -> CaseFile<'a> {
        CaseFile {
            purposes,
            locality: &self.locality,
            kind: &self.kind,
            source: &self.source,
            day,
            filed: self.filed,
            facts,
            parties: (self.parties().iter().zip(parties))
                .map(|(p, facts)| PartyFile { role: &p.role, kind: p.kind, facts })
                .collect(),
        }
    }
}
