//! The answer.

use std::borrow::Cow;

use crate::{
    ChannelId, Class, Code, Day, FactKey, Fault, Level, LocalityId, Mode, Param, PolicyId, ProvisionId, Span, Subject,
    Term, Text,
};

/// The policy name under which the host itself decides.
pub const HOST: &str = "host";

/// Which policy and rule decided something; the host's guardrails are policy [`HOST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct By<'a> {
    /// The policy.
    pub policy: &'a str,
    /// Its rule.
    pub rule: &'a str,
}

/// Words that stand in the ruleset: a whole list of it as it is, or some of them.
#[derive(Clone, Debug)]
pub enum List<'a, T> {
    /// A list of the ruleset.
    Whole(&'a [T]),
    /// Words of the ruleset one by one.
    Some(Vec<&'a T>),
}

impl<'a, T> List<'a, T> {
    /// Each word.
    pub fn iter(&self) -> impl Iterator<Item = &'a T> {
        let (whole, some) = match self {
            Self::Whole(list) => (*list, &[][..]),
            Self::Some(list) => (&[][..], list.as_slice()),
        };
        whole.iter().chain(some.iter().copied())
    }

    /// True when there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl<'a, T: PartialEq> List<'a, T> {
    /// Adds the words that are not there yet.
    pub(crate) fn join(&mut self, more: &Self) {
        let mut new = more.iter().filter(|word| !self.iter().any(|own| own == *word)).peekable();
        if new.peek().is_some() {
            let joined = self.iter().chain(new).collect();
            *self = Self::Some(joined);
        }
    }
}

impl<T> Default for List<'_, T> {
    fn default() -> Self {
        Self::Whole(&[])
    }
}

impl<T: PartialEq> PartialEq for List<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<T: Eq> Eq for List<'_, T> {}

/// What stands behind a part of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground<'a> {
    /// Who decided it.
    pub by: By<'a>,
    /// The articles it rests on, all in force on the day.
    pub basis: List<'a, ProvisionId>,
    /// Why, for the parties.
    pub why: Cow<'a, Text>,
    /// The facts it rests on.
    pub evidence: List<'a, FactKey>,
}

/// Whether the engine shows a way or hands over to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The steps are the way.
    Route,
    /// A person decides; the referral says why.
    Refer,
}

impl Outcome {
    /// The word used in JSON, in records and in figures.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Refer => "refer",
        }
    }
}

/// By when a step is due.
#[derive(Clone, Debug, PartialEq)]
pub struct StepDue {
    /// The term, if it is one.
    pub term: Option<Term>,
    /// The day, if it can be known already.
    pub on: Option<Day>,
}

/// One step on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct Step<'a> {
    /// Where.
    pub channel: &'a ChannelId,
    /// What it does.
    pub class: Class,
    /// Who within the channel.
    pub body: Option<Code>,
    /// What the people there must be able to do.
    pub skills: Vec<Code>,
    /// It takes place only if every party agrees.
    pub needs_consent: bool,
    /// It costs the parties nothing.
    pub free: bool,
    /// By when.
    pub due: Option<StepDue>,
    /// What must come first.
    pub after: Vec<&'a ChannelId>,
    /// Preference within the class.
    pub weight: i16,
    /// Who offered it, and why.
    pub ground: Ground<'a>,
    /// Fields that another policy decided, with that policy.
    pub decided: Vec<(&'static str, By<'a>)>,
}

/// A channel closed to this dispute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excluded<'a> {
    /// Which.
    pub channel: &'a ChannelId,
    /// Who closed it, and why.
    pub ground: Ground<'a>,
}

/// What must come before what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Precondition<'a> {
    /// What comes first.
    pub first: &'a ChannelId,
    /// What is closed until then.
    pub before: &'a ChannelId,
    /// Who said so, and why.
    pub ground: Ground<'a>,
}

/// What somebody must do.
#[derive(Clone, Debug, PartialEq)]
pub struct Duty<'a> {
    /// What.
    pub code: Code,
    /// Who.
    pub bearer: Option<Code>,
    /// Details.
    pub params: Vec<Param>,
    /// A person confirms it before anything happens (H11).
    pub needs_person: bool,
    /// Who imposed it, and why.
    pub ground: Ground<'a>,
}

/// A time limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Clock<'a> {
    /// Which.
    pub code: Code,
    /// The day it runs from.
    pub start: Day,
    /// How long.
    pub span: Span,
    /// Its last day.
    pub ends: Day,
    /// False when the last day rests on holidays that nobody has published or checked.
    pub verified: bool,
    /// Days before the end at which to warn.
    pub warn: Vec<u16>,
    /// Who started it, and why.
    pub ground: Ground<'a>,
}

/// Something to watch or prevent.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal<'a> {
    /// What.
    pub code: Code,
    /// How urgent.
    pub level: Level,
    /// About what.
    pub subject: Subject,
    /// What to do.
    pub measures: Vec<Code>,
    /// Who answers for it.
    pub responsible: Option<Code>,
    /// The day by which they must act.
    pub handle_by: Option<Day>,
    /// The day it lapses.
    pub expires: Day,
    /// Who raised it, and why.
    pub ground: Ground<'a>,
}

/// Why a person decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referral<'a> {
    /// Why, as a code.
    pub code: Code,
    /// Why, for the parties.
    pub text: Cow<'a, Text>,
    /// Who asked for a person.
    pub by: By<'a>,
}

/// What a guardrail did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Put something in.
    Added,
    /// Took something out.
    Removed,
    /// Cut something to its limit.
    Clamped,
    /// Put something in another place.
    Reordered,
    /// Handed something to a person.
    Held,
    /// Filled an empty text.
    Filled,
}

impl Action {
    /// The word used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Clamped => "clamped",
            Self::Reordered => "reordered",
            Self::Held => "held",
            Self::Filled => "filled",
        }
    }
}

/// A guardrail that acted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Correction<'a> {
    /// Which, such as `H01`.
    pub guardrail: &'static str,
    /// What it did.
    pub action: Action,
    /// To what.
    pub what: String,
    /// Whose claim it corrected.
    pub by: Option<By<'a>>,
}

/// What one policy said.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked<'a> {
    /// Which.
    pub policy: &'a PolicyId,
    /// `id@version` of its plugin.
    pub plugin: &'a str,
    /// Digest of its component.
    pub digest: &'a str,
    /// Whether its answer counts.
    pub mode: Mode,
    /// Number of findings, or the fault.
    pub answer: Result<usize, Fault>,
    /// Fuel burnt.
    pub fuel: u64,
}

/// Why a policy of the chain was not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skipped {
    /// Its target does not cover the case.
    Target,
    /// It is not in force on the day.
    Validity,
    /// It serves another purpose.
    Purpose,
    /// It is switched off.
    Off,
}

/// What became of one finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Fate<'a> {
    /// Whose.
    pub by: By<'a>,
    /// The claim in a few words, such as `offer labour_mediation`.
    pub claim: String,
    /// What became of it, such as `kept` or `removed by H02`.
    pub fate: String,
}

/// How the decision came about; only when asked for.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Explanation<'a> {
    /// The localities asked, from the root down.
    pub chain: &'a [LocalityId],
    /// Policies of the chain that were not asked.
    pub skipped: Vec<(&'a PolicyId, Skipped)>,
    /// Every finding and what became of it.
    pub fates: Vec<Fate<'a>>,
    /// Every policy's diary.
    pub diary: Vec<(&'a PolicyId, Vec<String>)>,
}

/// Where a dispute goes next, by when, with which duties, clocks, rights and warnings, and why.
///
/// It borrows what stands in the ruleset and in the question: a decision copies no word that it only repeats, and
/// threads that decide side by side share no count of who holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision<'a> {
    /// The caller's reference of the case.
    pub case: Option<&'a str>,
    /// The ruleset that decided.
    pub ruleset: &'a str,
    /// The day whose law applied.
    pub as_of: Day,
    /// A way, or a person.
    pub outcome: Outcome,
    /// The way, in order.
    pub steps: Vec<Step<'a>>,
    /// Channels closed to this dispute.
    pub excluded: Vec<Excluded<'a>>,
    /// What must come before what.
    pub preconditions: Vec<Precondition<'a>>,
    /// What somebody must do.
    pub duties: Vec<Duty<'a>>,
    /// Time limits.
    pub clocks: Vec<Clock<'a>>,
    /// What to watch or prevent.
    pub signals: Vec<Signal<'a>>,
    /// The parties' rights.
    pub rights: &'a [Code],
    /// Why a person decides.
    pub referral: Option<Referral<'a>>,
    /// Guardrails that acted.
    pub corrections: Vec<Correction<'a>>,
    /// Every policy that was asked.
    pub asked: Vec<Asked<'a>>,
    /// How it came about, when asked for.
    pub explanation: Option<Explanation<'a>>,
}
