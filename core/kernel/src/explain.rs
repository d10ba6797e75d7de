//! Why each policy was asked or not, and what it said: for explanations only, never on the way to a decision.

use crate::{
    Assessment, CaseFile, Claim, Code, FactKey, Facts, Fault, FaultKind, Finding, Mode, Policy, ProvisionId, Question,
    Ruleset, Text, Value, check, combine,
    evaluate::{Said, Voice, known, read},
    reason::reason,
};

/// One thing that a policy's target asks of a case, and that the case does not have.
#[derive(Clone, Debug, PartialEq)]
pub enum Unmet {
    /// The policy is switched off.
    Off,
    /// It serves another purpose.
    Purpose,
    /// It is not in force on the day.
    Validity,
    /// It covers other kinds.
    Kind,
    /// It leaves the kind out.
    Except,
    /// It covers other doors.
    Source,
    /// A fact must have another value; with the value that it has, if it is known.
    Fact(FactKey, Value, Option<Value>),
}

/// One finding, with what stands behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The finding.
    pub finding: Finding,
    /// Its claim in a few words, as [`crate::Fate::claim`] has it.
    pub claim: String,
    /// True when no lower level may weaken it.
    pub floor: bool,
    /// Why, for the parties.
    pub why: Text,
    /// The articles it cites, and whether each is law on the day.
    pub basis: Vec<(ProvisionId, bool)>,
    /// The facts it rests on, in the order of their keys.
    pub evidence: Vec<Evidence>,
}

/// A fact that a finding rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// Which.
    pub key: FactKey,
    /// Its values, each with the role of the party whose it is, when it is a party's; none when it is not known.
    pub values: Vec<(Option<Code>, Value)>,
}

/// One policy of the chain, and how it went.
pub struct Asking<'r> {
    /// The policy.
    pub policy: &'r Policy,
    /// What keeps it from being asked; empty when it was.
    pub unmet: Vec<Unmet>,
    /// The facts of the case when its turn came, with what the host and the policies before it know.
    pub facts: Facts,
    /// What came back, read as a decision reads it; `None` when it was not asked.
    pub answer: Option<Result<Vec<Told>, Fault>>,
    /// Fuel burnt.
    pub fuel: u64,
    /// The plugin's diary.
    pub diary: Vec<String>,
}

/// Asks every policy of the chain once more, from the root down, and keeps what a decision drops. `ask` puts the
/// question; a caller may measure there how long the answer takes.
///
/// What a policy answers is the same as in the decision, because a policy answers the same file always the same.
pub fn walk<'r>(
    ruleset: &'r Ruleset,
    question: &Question,
    mut ask: impl FnMut(&Policy, &CaseFile<'_>) -> Assessment,
) -> Vec<Asking<'r>> {
    let Some((_, locality)) = ruleset.locality(question.case.locality.as_str()) else { return Vec::new() };
    let mut facts = known(ruleset, locality, question);
    let (mut walked, mut voices) = (Vec::new(), Vec::new());
    for policy in locality.chain.iter().flat_map(|level| ruleset.policies_of(level)) {
        let (unmet, then) = (unmet(policy, question, &facts), facts.clone());
        if !unmet.is_empty() {
            walked.push(Asking { policy, unmet, facts: then, answer: None, fuel: 0, diary: Vec::new() });
            continue;
        }
        if let Some(stop) = &policy.stopped {
            let fault = Fault { kind: FaultKind::Stopped, detail: stop.why.clone() };
            walked.push(Asking { policy, unmet, facts: then, answer: Some(Err(fault)), fuel: 0, diary: Vec::new() });
            continue;
        }
        let file = question.case.file(question.purposes, question.as_of, &facts, &policy.reads);
        let Assessment { answer, fuel, diary } = ask(policy, &file);
        let answer = answer.and_then(|findings| read(ruleset, locality, policy, findings));
        let answer = answer.map(|said| {
            let told: Vec<_> = said.to_vec();
            if policy.mode == Mode::Enforce {
                voices.push(Voice { policy, depth: 0, said });
                check::derive(ruleset.index(), &locality.guardrails, &voices, &mut facts);
            }
            told.into_iter().map(|said| tell(said, policy, ruleset, question, &facts)).collect()
        });
        walked.push(Asking { policy, unmet, facts: then, answer: Some(answer), fuel, diary });
    }
    walked
}

/// Everything that keeps a policy from being asked about a case with these facts; nothing when it is asked.
#[must_use]
pub fn unmet(policy: &Policy, question: &Question, facts: &Facts) -> Vec<Unmet> {
    let (day, case, target) = (question.as_of, &question.case, &policy.target);
    let kind = case.kind.as_str();
    let mut unmet = Vec::new();
    let mut note = |missing: bool, what: Unmet| {
        if missing {
            unmet.push(what);
        }
    };
    note(policy.mode == Mode::Off, Unmet::Off);
    note(!policy.purposes.meet(question.purposes), Unmet::Purpose);
    note(policy.from.is_some_and(|from| day < from) || policy.to.is_some_and(|to| to < day), Unmet::Validity);
    note(!target.kinds.is_empty() && !target.kinds.iter().any(|p| p.covers(kind)), Unmet::Kind);
    note(target.except.iter().any(|p| p.covers(kind)), Unmet::Except);
    note(!target.sources.is_empty() && !target.sources.contains(&case.source), Unmet::Source);
    for (key, wanted) in &target.facts {
        let have = facts.get(key.as_str());
        note(have != Some(wanted), Unmet::Fact(key.clone(), wanted.clone(), have.cloned()));
    }
    unmet
}

fn tell(said: Said<'_>, policy: &Policy, ruleset: &Ruleset, question: &Question, facts: &Facts) -> Told {
    let Said { finding, rule, .. } = said;
    let cited = if finding.basis.is_empty() { &rule.info.basis } else { &finding.basis };
    let in_force = |id| ruleset.index().provision(id, question.as_of).is_some_and(|(_, law)| law);
    let looks = if finding.evidence.is_empty() { &rule.info.reads } else { &finding.evidence };
    let mut keys: Vec<&FactKey> = looks.iter().collect();
    keys.sort();
    keys.dedup();
    Told {
        claim: claim_name(&finding.claim),
        floor: rule.floor,
        why: reason(policy, Some(rule.info), &finding).into_owned(),
        basis: cited.iter().map(|id| (id.clone(), in_force(id))).collect(),
        evidence: keys.into_iter().map(|key| evidence(key, question, facts)).collect(),
        finding,
    }
}

fn evidence(key: &FactKey, question: &Question, facts: &Facts) -> Evidence {
    let own = facts.get(key.as_str()).map(|value| (None, value.clone()));
    let parties = question.case.parties().iter();
    let theirs = parties.filter_map(|p| Some((Some(p.role.clone()), p.facts.get(key.as_str())?.clone())));
    Evidence { key: key.clone(), values: own.into_iter().chain(theirs).collect() }
}

/// A claim in a few words, as decisions name it.
#[must_use]
pub fn claim_name(claim: &Claim) -> String {
    combine::claim_name(claim)
}
