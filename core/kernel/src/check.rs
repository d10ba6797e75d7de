//! What a policy's answer must hold to be read at all: known words, declared rules, derived facts of the right type.

use crate::{
    Channel, Claim, Code, FactKey, FactType, Facts, Finding, Guardrails, LocalityId, Policy, Scope, Selector, Subject,
    Value, WordList,
    evaluate::{Rule, Said, Voice},
    index::Index,
};

/// The locality that stands for all, for channels that exist everywhere.
const EVERYWHERE: &str = "*";

/// True when the channel exists in the tree below `root`.
pub(crate) fn exists_in(channel: &Channel, root: Option<&LocalityId>) -> bool {
    channel.within.as_str() == EVERYWHERE
        || root.is_some_and(|root| {
            let (within, root) = (channel.within.as_str(), root.as_str());
            root == within || root.strip_prefix(within).is_some_and(|rest| rest.starts_with('/'))
        })
}

/// Reads findings in the words of a ruleset and of one jurisdiction in it.
pub(crate) struct Reader<'a> {
    pub(crate) index: &'a Index,
    pub(crate) root: Option<&'a LocalityId>,
}

impl<'a> Reader<'a> {
    /// A finding of a rule, or the first word in it that the ruleset does not have.
    pub(crate) fn read(&self, policy: &Policy, rule: Rule<'a>, finding: Finding) -> Result<Said<'a>, String> {
        if let Some(reason) = finding.reason.as_ref().filter(|reason| !policy.reasons.contains_key(*reason)) {
            return Err(format!("rule `{}`: reason `{reason}` has no text", finding.rule));
        }
        if let Some(problem) = self.claim(&finding.claim) {
            return Err(format!("rule `{}`: {problem}", finding.rule));
        }
        let known = |key: &FactKey| self.index.fact_key(key.as_str()).ok_or_else(|| key.clone());
        let evidence = finding.evidence.iter().map(known).collect::<Result<_, _>>();
        match evidence {
            Ok(evidence) => Ok(Said { finding, rule, evidence }),
            Err(key) => Err(format!("rule `{}`: unknown fact `{key}` as evidence", finding.rule)),
        }
    }

    fn claim(&self, claim: &Claim) -> Option<String> {
        match claim {
            Claim::Offer { channel, body, skills, .. } => self
                .channel(channel.as_str())
                .or_else(|| self.words(WordList::Body, body.as_ref()))
                .or_else(|| self.words(WordList::Skill, skills)),
            Claim::Prefer { channel, .. } | Claim::Forbid(Selector::Channel(channel)) => self.channel(channel.as_str()),
            Claim::Forbid(Selector::Class(_)) | Claim::Derive { .. } => None,
            Claim::RequireFirst { first, before } => {
                self.channel(first.as_str()).or_else(|| self.channel(before.as_str()))
            }
            Claim::Duty { code, bearer, .. } => {
                self.words(WordList::Duty, [code]).or_else(|| self.words(WordList::Bearer, bearer.as_ref()))
            }
            Claim::Clock { code, .. } => self.words(WordList::Clock, [code]),
            Claim::Signal { code, subject, measures, responsible, .. } => self
                .words(WordList::Signal, [code])
                .or_else(|| self.words(WordList::Measure, measures))
                .or_else(|| self.words(WordList::Bearer, responsible.as_ref()))
                .or_else(|| match subject {
                    Subject::Organisation(role) => self.words(WordList::Role, [role]),
                    _ => None,
                }),
            Claim::Refer(code) => self.words(WordList::Referral, [code]),
        }
    }

    fn channel(&self, id: &str) -> Option<String> {
        match self.index.channel(id) {
            None => Some(format!("unknown channel `{id}`")),
            Some(channel) if !exists_in(channel, self.root) => Some(format!("channel `{id}` does not exist here")),
            Some(_) => None,
        }
    }

    fn words<'c>(&self, list: WordList, codes: impl IntoIterator<Item = &'c Code>) -> Option<String> {
        let unknown = codes.into_iter().find(|code| self.index.word(list, code.as_str()).is_none())?;
        Some(format!("unknown {} `{unknown}`", list.as_str()))
    }
}

/// True when the value is one that the fact may take.
#[must_use]
pub(crate) fn fits(kind: &FactType, value: &Value) -> bool {
    match (kind, value) {
        (FactType::Text(words), Value::Text(text)) => words.is_empty() || words.contains(text),
        (FactType::Words(words), Value::Words(list)) => words.is_empty() || list.iter().all(|w| words.contains(w)),
        #[expect(clippy::cast_precision_loss, reason = "bounds of counts are far below 2^53")]
        (FactType::Count { min, max }, Value::Number(n)) => n.fract() == 0.0 && (*min as f64..=*max as f64).contains(n),
        (FactType::Money { max }, Value::Money(minor)) => (0..=*max).contains(minor),
        (FactType::Flag, Value::Flag(_)) | (FactType::Day, Value::Day(_)) => true,
        _ => false,
    }
}

/// The guardrail that keeps a policy from deriving this fact, if one does: it is none that policies set, the host's own
/// guardrails look at it, or a trusted policy that was asked before has said it.
pub(crate) fn underivable<'v, 'a: 'v>(
    (index, guardrails): (&Index, &Guardrails),
    policy: &Policy,
    (key, value): (&FactKey, &Value),
    mut before: impl Iterator<Item = &'v Voice<'a>>,
) -> Option<&'static str> {
    if !index.fact(key.as_str()).is_some_and(|def| def.scope == Scope::Derived && fits(&def.kind, value)) {
        return Some("H06");
    }
    let says = |said: &Said<'_>| matches!(&said.finding.claim, Claim::Derive { key: own, .. } if own == key);
    let mut kept = || guardrails.look_at(key) || before.any(|v| v.policy.trusted && v.said.iter().any(says));
    (!policy.trusted && kept()).then_some("H09")
}

/// Lays what the last voice derived over the facts that later policies see; true when it derived something.
pub(crate) fn derive(index: &Index, guardrails: &Guardrails, voices: &[Voice<'_>], facts: &mut Facts) -> bool {
    let Some((voice, before)) = voices.split_last() else { return false };
    let mut derived = false;
    for said in &voice.said {
        if let Claim::Derive { key, value } = &said.finding.claim
            && underivable((index, guardrails), voice.policy, (key, value), before.iter()).is_none()
        {
            facts.set(key.clone(), value.clone());
            derived = true;
        }
    }
    derived
}
