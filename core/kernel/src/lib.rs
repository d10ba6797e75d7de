//! One dispute and one ruleset in, one decision out.
//!
//! The kernel reads nothing and waits for nothing: no files, no clock, no network, no database, no serialisation.
//! The day is a fact of the question. What policies say is put together in `combine`, and what no policy may break
//! is kept in `guardrails`; every correction is written into the [`Decision`].

mod calendar;
mod case;
mod check;
mod combine;
mod decision;
mod evaluate;
mod explain;
mod guardrails;
mod ids;
mod index;
mod reason;
mod ruleset;
mod steps;
mod verdict;
mod vocabulary;

pub use calendar::{Calendar, DAY_YEAR_MAX, DAY_YEAR_MIN, Day, End, SPAN_COUNT_MAX, Span, Unit};
pub use case::{Case, Facts, Party, PartyType, Purposes, Question, Value};
pub use combine::SIGNAL_DAYS_MAX;
pub use decision::{
    Action, Asked, By, Clock, Correction, Decision, Duty, Excluded, Explanation, Fate, Ground, HOST, List, Outcome,
    Precondition, Referral, Signal, Skipped, Step, StepDue,
};
pub use evaluate::{Listener, evaluate, evaluate_heard, evaluate_within};
pub use explain::{Asking, Evidence, Told, Unmet, claim_name, unmet, walk};
pub use guardrails::CONSENT;
pub use ids::{ChannelId, Code, FactKey, KindId, LocalityId, PolicyId, ProvisionId, RuleId};
pub use ruleset::{
    Court, Floor, Guardrails, LOCALITY_DEPTH_MAX, Locality, Mode, Participation, Pattern, Policy, Replaces, Ruleset,
    Safety, Stop, Target,
};
pub use verdict::{
    Assess, Assessment, CaseFile, Claim, Complaint, Configured, Descriptor, Due, Fault, FaultKind, Finding, Level,
    Limits, Param, PartyFile, PluginInfo, Plugins, RuleInfo, Selector, Setting, Setup, SetupError, Subject, Term,
    Verdict,
};
pub use vocabulary::{
    Aggregate, Channel, Class, ClockKind, CountOf, Counted, FactDef, FactType, Group, Implied, Provision, Scope, Tally,
    Text, Vocabulary, Window, Word, WordList,
};
