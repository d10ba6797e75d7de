//! The answer.

use std::sync::Arc;

use crate::{
    ChannelId, Class, Code, Day, FactKey, Fault, Level, Mode, Param, PolicyId, ProvisionId, RuleId, Span, Subject,
    Term, Text,
};

/// The policy name under which the host itself decides.
pub const HOST: &str = "host";

/// Which policy and rule decided something; the host's guardrails are policy [`HOST`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct By {
    /// The policy.
    pub policy: PolicyId,
    /// Its rule.
    pub rule: RuleId,
}

/// What stands behind a part of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    /// Who decided it.
    pub by: By,
    /// The articles it rests on, all in force on the day.
    pub basis: Vec<ProvisionId>,
    /// Why, for the parties.
    pub why: Text,
    /// The facts it rests on.
    pub evidence: Vec<FactKey>,
}

/// Whether the engine shows a way or hands over to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The steps are the way.
    Route,
    /// A person decides; the referral says why.
    Refer,
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
pub struct Step {
    /// Where.
    pub channel: ChannelId,
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
    pub after: Vec<ChannelId>,
    /// Preference within the class.
    pub weight: i16,
    /// Who offered it, and why.
    pub ground: Ground,
    /// Fields that another policy decided, with that policy.
    pub decided: Vec<(&'static str, By)>,
}

/// A channel closed to this dispute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excluded {
    /// Which.
    pub channel: ChannelId,
    /// Who closed it, and why.
    pub ground: Ground,
}

/// What must come before what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Precondition {
    /// What comes first.
    pub first: ChannelId,
    /// What is closed until then.
    pub before: ChannelId,
    /// Who said so, and why.
    pub ground: Ground,
}

/// What somebody must do.
#[derive(Clone, Debug, PartialEq)]
pub struct Duty {
    /// What.
    pub code: Code,
    /// Who.
    pub bearer: Option<Code>,
    /// Details.
    pub params: Vec<Param>,
    /// A person confirms it before anything happens (H11).
    pub needs_person: bool,
    /// Who imposed it, and why.
    pub ground: Ground,
}

/// A time limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Clock {
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
    pub ground: Ground,
}

/// Something to watch or prevent.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
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
    pub ground: Ground,
}

/// Why a person decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referral {
    /// Why, as a code.
    pub code: Code,
    /// Why, for the parties.
    pub text: Text,
    /// Who asked for a person.
    pub by: By,
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
pub struct Correction {
    /// Which, such as `H01`.
    pub guardrail: &'static str,
    /// What it did.
    pub action: Action,
    /// To what.
    pub what: String,
    /// Whose claim it corrected.
    pub by: Option<By>,
}

/// What one policy said.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Which.
    pub policy: PolicyId,
    /// `id@version` of its plugin.
    pub plugin: Arc<str>,
    /// Digest of its component.
    pub digest: Arc<str>,
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
pub struct Fate {
    /// Whose.
    pub by: By,
    /// The claim in a few words, such as `offer labour_mediation`.
    pub claim: String,
    /// What became of it, such as `kept` or `removed by H02`.
    pub fate: String,
}

/// How the decision came about; only when asked for.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Explanation {
    /// The localities asked, from the root down.
    pub chain: Vec<crate::LocalityId>,
    /// Policies of the chain that were not asked.
    pub skipped: Vec<(PolicyId, Skipped)>,
    /// Every finding and what became of it.
    pub fates: Vec<Fate>,
    /// Every policy's diary.
    pub diary: Vec<(PolicyId, Vec<String>)>,
}

/// Where a dispute goes next, by when, with which duties, clocks, rights and warnings, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The caller's reference of the case.
    pub case: Option<Arc<str>>,
    /// The ruleset that decided.
    pub ruleset: Arc<str>,
    /// The day whose law applied.
    pub as_of: Day,
    /// A way, or a person.
    pub outcome: Outcome,
    /// The way, in order.
    pub steps: Vec<Step>,
    /// Channels closed to this dispute.
    pub excluded: Vec<Excluded>,
    /// What must come before what.
    pub preconditions: Vec<Precondition>,
    /// What somebody must do.
    pub duties: Vec<Duty>,
    /// Time limits.
    pub clocks: Vec<Clock>,
    /// What to watch or prevent.
    pub signals: Vec<Signal>,
    /// The parties' rights.
    pub rights: Vec<Code>,
    /// Why a person decides.
    pub referral: Option<Referral>,
    /// Guardrails that acted.
    pub corrections: Vec<Correction>,
    /// Every policy that was asked.
    pub asked: Vec<Asked>,
    /// How it came about, when asked for.
    pub explanation: Option<Explanation>,
}
